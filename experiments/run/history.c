#include "experiments/run/history.h"

#include <string.h>

#include "experiments/study/registration.h"

void pl_history_finish(struct pl_history *history) {
    if (!history) return;
    pl_arena_finish(&history->arena);
    *history = (struct pl_history){0};
}

enum pl_status pl_history_read(struct pl_history *history, struct pl_store *store) {
    PL_TRY(pl_store_records(store, &history->arena, &history->records, &history->count));
    if (!history->digest[0] && history->count > 0)
        strcpy(history->digest, history->records[history->count - 1].digest);
    return PL_OK;
}

bool pl_history_is_recorded(const struct pl_history *history) {
    return history->count > 0 &&
           strcmp(history->records[history->count - 1].digest, history->digest) == 0;
}

size_t pl_history_finished_at_first(const struct pl_history *history) {
    return history->count > 0 ? history->records[0].finished : 0;
}

bool pl_history_is_change(const struct pl_history *history, size_t index) {
    return index > 0 && index < history->count && history->records[index].finished > 0;
}

size_t pl_history_changes(const struct pl_history *history) {
    size_t count = 0;
    for (size_t k = 0; k < history->count; k++) count += pl_history_is_change(history, k);
    return count;
}

static void add_count(struct pl_strbuf *out, size_t start, size_t count, const char *what) {
    if (count == 0) return;
    pl_strbuf_addf(out, "%s%zu %s %s", out->length > start ? ", " : "", count,
                   count == 1 ? "cell" : "cells", what);
}

void pl_history_change_text(const struct pl_history *history, size_t index, struct pl_strbuf *out) {
    const struct pl_store_record *after = &history->records[index], *before = after - 1;
    struct pl_strbuf lines;
    size_t start = out->length;
    pl_strbuf_init(&lines);
    add_count(out, start, after->added, "added");
    add_count(out, start, after->removed, "removed");
    pl_registration_change(&lines, before->statement, after->statement);
    if (lines.length > 0) pl_strbuf_addf(out, "%s%s", out->length > start ? "; " : "", lines.text);
    if (out->length == start) pl_strbuf_add(out, "labels moved from cell to cell");
    pl_strbuf_finish(&lines);
}
