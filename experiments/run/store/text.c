/* The table texts: what many cells share, stored once. A text is found again by its hash. */
#include <stdio.h>
#include <string.h>

#include "experiments/run/store/store_impl.h"

static const char TEXT_FIND[] = "SELECT text FROM texts WHERE hash = ?1";
static const char TEXT_PUT[] = "INSERT INTO texts (hash, content) VALUES (?1, ?2)";

enum pl_status pl_text_share(struct pl_store *store, const char *content, const char *doing,
                             int64_t *out) {
    char hash[PL_HASH_TEXT];
    sqlite3_stmt *statement;
    bool row;
    pl_hash_text(hash, content);
    PL_TRY(pl_sql_ready(store, &statement, TEXT_FIND, doing, "t", hash));
    PL_TRY(pl_sql_next(store, statement, doing, &row));
    *out = row ? sqlite3_column_int64(statement, 0) : 0;
    if (row) {
        pl_sql_reset(statement);
        return PL_OK;
    }
    PL_TRY(pl_sql_run(store, TEXT_PUT, doing, "tt", hash, content));
    *out = sqlite3_last_insert_rowid(store->db);
    return PL_OK;
}

static const char TEXT_GET[] = "SELECT content FROM texts WHERE text = ?1";

enum pl_status pl_text_get(struct pl_store *store, struct pl_texts *texts, int64_t number,
                           const char **out) {
    sqlite3_stmt *statement;
    bool row;
    *out = "";
    if (number == 0) return PL_OK;
    for (size_t k = texts->known.count; k-- > 0;)
        if (texts->known.items[k].number == number) {
            *out = texts->known.items[k].content;
            return PL_OK;
        }
    PL_TRY(pl_sql_ready(store, &statement, TEXT_GET, "reading a text", "i", number));
    PL_TRY(pl_sql_next(store, statement, "reading a text", &row));
    if (!row) return pl_sql_damaged(store, "a text is missing");
    *out = pl_arena_strdup(texts->arena, pl_sql_text(statement, 0));
    pl_sql_reset(statement);
    if (texts->known.count == PL_TEXTS_KNOWN) texts->known.count = 0;
    PL_VEC_PUSH(&texts->known, ((struct pl_text){number, *out}));
    return PL_OK;
}

#define TIME_OPEN "\"finished\":\"*\""

void pl_text_open_time(struct pl_strbuf *out, const char *provenance, char *finished, size_t size) {
    static const char member[] = "\"finished\":\"";
    const char *at = strstr(provenance, member);
    size_t length = at ? strcspn(at + sizeof member - 1, "\"") : size;
    if (length >= size) {
        pl_strbuf_add(out, provenance);
        return;
    }
    at += sizeof member - 1;
    snprintf(finished, size, "%.*s", (int)length, at);
    pl_strbuf_add_bytes(out, provenance, (size_t)(at - provenance));
    pl_strbuf_addf(out, "*%s", at + length);
}

const char *pl_text_fill_time(struct pl_arena *arena, const char *provenance,
                              const char *finished) {
    const char *at = strstr(provenance, TIME_OPEN);
    if (!at) return pl_arena_strdup(arena, provenance);
    return pl_arena_printf(arena, "%.*s\"finished\":\"%s\"%s", (int)(at - provenance), provenance,
                           finished, at + sizeof TIME_OPEN - 1);
}
