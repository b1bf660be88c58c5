/* What is asked of a study: its facts (table meta), its cells in order (cells.position), and the record
 * of every plan that was going to be run (plans).
 *
 * A cell of the present plan has a position; a cell of an earlier plan has none and keeps its row, since
 * its results stay valid. The fact "digest" is that of the present plan's identities: a reader checks it,
 * so that a plan that lost or gained cells is told as damage. The axes are one JSON list of names in meta, and a cell's values are a JSON
 * list of as many texts.
 */
#include "experiments/run/store/store_impl.h"

#include <stdio.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/vec.h"
#include "experiments/study/registration.h"

/* ---- about the study -------------------------------------------------------------------------- */

static const char META_SET[] = "INSERT INTO meta (name, value) VALUES (?1, ?2) "
                               "ON CONFLICT DO UPDATE SET value = excluded.value";

enum pl_status pl_store_meta_set(struct pl_store *store, const char *name, const char *value) {
    const char *doing = "storing facts of the study";
    return pl_sql_run(store, META_SET, doing, "tt", name, value);
}

static const char META_GET[] = "SELECT value FROM meta WHERE name = ?1";

enum pl_status pl_store_meta_get(struct pl_store *store, const char *name, struct pl_arena *arena,
                                 const char **out) {
    sqlite3_stmt *statement;
    bool row;
    *out = NULL;
    PL_TRY(pl_sql_ready(store, &statement, META_GET, "reading facts of the study", "t", name));
    PL_TRY(pl_sql_next(store, statement, "reading facts of the study", &row));
    if (!row) return PL_OK;
    *out = pl_arena_strdup(arena, pl_sql_text(statement, 0));
    pl_sql_reset(statement);
    return PL_OK;
}

/* ---- what is asked ---------------------------------------------------------------------------- */

static char *list_write(const char *const *texts, size_t count) {
    struct pl_json *list = pl_json_array();
    for (size_t i = 0; i < count; i++) pl_json_append(list, pl_json_text(texts[i]));
    char *text = pl_json_write(list, false);
    pl_json_destroy(list);
    return text;
}

/* A list of texts, in [arena]; NULL when [text] is none. */
static const char **list_read(const char *text, struct pl_arena *arena, size_t *count) {
    struct pl_json *list = NULL;
    if (pl_json_parse(&list, text, strlen(text)) != PL_OK) return NULL;
    *count = pl_json_count(list);
    const char **items = PL_ARENA_ARRAY(arena, const char *, *count + 1);
    for (size_t i = 0; i < *count; i++)
        items[i] = pl_arena_strdup(arena, pl_json_as_text(pl_json_at(list, i), ""));
    pl_json_destroy(list);
    return items;
}

static const char PLAN_ADD[] =
    "INSERT INTO cells (id, settings, variant, label, seed, axes, position) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO UPDATE SET "
    "label = excluded.label, axes = excluded.axes, position = excluded.position";

static enum pl_status put_cell(struct pl_store *store, const struct pl_cell *cell,
                               size_t axis_count, size_t position) {
    const char *doing = "storing the plan";
    int64_t settings;
    PL_TRY(pl_text_share(store, cell->settings, doing, &settings));
    char *values = list_write(cell->axis_values, axis_count);
    enum pl_status status =
        pl_sql_run(store, PLAN_ADD, doing, "tittiti", cell->id, settings, cell->variant,
                   cell->label, (int64_t)cell->seed, values, (int64_t)position);
    pl_free(values);
    return status;
}

static const char LAYOUT_GET[] = "SELECT id, label, axes FROM cells WHERE position IS NOT NULL "
                                 "ORDER BY position";

/* Whether the plan that is stored has these very cells in this order, so that nothing is to be written. */
static enum pl_status is_stored(struct pl_store *store, const struct pl_cells *cells,
                                size_t axis_count, bool *out) {
    const char *doing = "reading the plan", *const *written = NULL;
    char *values = NULL;
    sqlite3_stmt *statement;
    size_t count = 0;
    bool row = true;
    *out = true;
    PL_TRY(pl_sql_ready(store, &statement, LAYOUT_GET, doing, ""));
    enum pl_status status = PL_OK;
    while (status == PL_OK && *out) {
        status = pl_sql_next(store, statement, doing, &row);
        if (!row) break;
        const struct pl_cell *cell = &cells->items[count];
        *out = count++ < cells->count;
        if (!*out) break;
        if (!values || cell->axis_values != written) {
            pl_free(values);
            values = list_write(cell->axis_values, axis_count);
            written = cell->axis_values;
        }
        *out = strcmp(pl_sql_text(statement, 0), cell->id) == 0 &&
               strcmp(pl_sql_text(statement, 1), cell->label) == 0 &&
               strcmp(pl_sql_text(statement, 2), values) == 0;
    }
    if (row && status == PL_OK) pl_sql_reset(statement);
    pl_free(values);
    *out = *out && count == cells->count;
    return status;
}

static const char PLAN_CLEAR[] = "UPDATE cells SET position = NULL WHERE position IS NOT NULL";

static enum pl_status put_plan(struct pl_store *store, const struct pl_cells *cells,
                               const struct pl_axis *axes, size_t axis_count) {
    char digest[PL_HASH_TEXT];
    pl_cells_digest(cells, digest);
    PL_TRY(pl_store_meta_set(store, "digest", digest));

    const char **names = pl_alloc_zero(axis_count + 1, sizeof *names);
    for (size_t i = 0; i < axis_count; i++) names[i] = axes[i].key;
    char *text = list_write(names, axis_count);
    enum pl_status status = pl_store_meta_set(store, "axes", text);
    pl_free(text);
    pl_free(names);
    PL_TRY(status);

    bool stored;
    PL_TRY(is_stored(store, cells, axis_count, &stored));
    if (stored) return PL_OK;
    PL_TRY(pl_sql_run(store, PLAN_CLEAR, "storing the plan", ""));
    for (size_t i = 0; i < cells->count; i++)
        PL_TRY(put_cell(store, &cells->items[i], axis_count, i));
    return PL_OK;
}

enum pl_status pl_store_register(struct pl_store *store, const struct pl_cells *cells,
                                 const struct pl_axis *axes, size_t axis_count) {
    PL_TRY(pl_sql_begin(store, PL_SQL_WRITE, "storing the plan"));
    return pl_sql_end(store, put_plan(store, cells, axes, axis_count), "storing the plan");
}

/* ---- plans that were recorded ---- */

static const char RECORD_NEWEST[] = "SELECT digest FROM plans ORDER BY plan DESC LIMIT 1";

static enum pl_status is_newest(struct pl_store *store, const char *digest, bool *out) {
    const char *doing = "recording the plan";
    sqlite3_stmt *statement;
    bool row;
    *out = false;
    PL_TRY(pl_sql_ready(store, &statement, RECORD_NEWEST, doing, ""));
    PL_TRY(pl_sql_next(store, statement, doing, &row));
    if (!row) return PL_OK;
    *out = strcmp(pl_sql_text(statement, 0), digest) == 0;
    pl_sql_reset(statement);
    return PL_OK;
}

static const char PLAN_HAS[] = "SELECT 1 FROM cells WHERE id = ?1 AND position IS NOT NULL";

/* How many of [cells] the present plan has. */
static enum pl_status count_kept(struct pl_store *store, const struct pl_cells *cells,
                                 int64_t *out) {
    const char *doing = "recording the plan";
    sqlite3_stmt *statement;
    bool row;
    *out = 0;
    for (size_t i = 0; i < cells->count; i++) {
        PL_TRY(pl_sql_ready(store, &statement, PLAN_HAS, doing, "t", cells->items[i].id));
        PL_TRY(pl_sql_next(store, statement, doing, &row));
        *out += row;
        if (row) pl_sql_reset(statement);
    }
    return PL_OK;
}

static const char PLAN_COUNTS[] =
    "SELECT (SELECT count(*) FROM cells WHERE position IS NOT NULL), "
    "(SELECT count(DISTINCT cell) FROM runs WHERE outcome IN " PL_FINISHED ")";

static enum pl_status count_plan(struct pl_store *store, int64_t *planned, int64_t *finished) {
    const char *doing = "recording the plan";
    sqlite3_stmt *statement;
    bool row;
    PL_TRY(pl_sql_ready(store, &statement, PLAN_COUNTS, doing, ""));
    PL_TRY(pl_sql_next(store, statement, doing, &row));
    *planned = row ? sqlite3_column_int64(statement, 0) : 0;
    *finished = row ? sqlite3_column_int64(statement, 1) : 0;
    if (row) pl_sql_reset(statement);
    return PL_OK;
}

static const char RECORD_PUT[] =
    "INSERT INTO plans (digest, statement, recorded, cells, added, removed, "
    "finished) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";

static enum pl_status note_plan(struct pl_store *store, const struct pl_registration *registration,
                                const struct pl_cells *cells) {
    const char *doing = "recording the plan";
    int64_t kept, planned, finished, count = (int64_t)cells->count;
    char now[24];
    bool known;
    PL_TRY(is_newest(store, registration->digest, &known));
    if (known) return PL_OK;
    PL_TRY(count_kept(store, cells, &kept));
    PL_TRY(count_plan(store, &planned, &finished));
    pl_clock_wall(now);
    return pl_sql_run(store, RECORD_PUT, doing, "tttiiii", registration->digest,
                      registration->statement, now, count, count - kept, planned - kept, finished);
}

enum pl_status pl_store_note_plan(struct pl_store *store,
                                  const struct pl_registration *registration,
                                  const struct pl_cells *cells) {
    PL_TRY(pl_sql_begin(store, PL_SQL_WRITE, "recording the plan"));
    return pl_sql_end(store, note_plan(store, registration, cells), "recording the plan");
}

static struct pl_store_record read_record(sqlite3_stmt *statement, struct pl_arena *arena) {
    return (struct pl_store_record){
        .digest = pl_arena_strdup(arena, pl_sql_text(statement, 0)),
        .statement = pl_arena_strdup(arena, pl_sql_text(statement, 1)),
        .recorded = pl_arena_strdup(arena, pl_sql_text(statement, 2)),
        .cells = (size_t)sqlite3_column_int64(statement, 3),
        .added = (size_t)sqlite3_column_int64(statement, 4),
        .removed = (size_t)sqlite3_column_int64(statement, 5),
        .finished = (size_t)sqlite3_column_int64(statement, 6),
    };
}

static const char RECORDS_GET[] =
    "SELECT digest, statement, recorded, cells, added, removed, finished "
    "FROM plans ORDER BY plan";

enum pl_status pl_store_records(struct pl_store *store, struct pl_arena *arena,
                                const struct pl_store_record **out, size_t *count) {
    const char *doing = "reading the recorded plans";
    PL_VEC(struct pl_store_record) found = {0};
    sqlite3_stmt *statement;
    enum pl_status status = pl_sql_ready(store, &statement, RECORDS_GET, doing, "");
    bool row = status == PL_OK;
    while (row) {
        status = pl_sql_next(store, statement, doing, &row);
        if (row) PL_VEC_PUSH(&found, read_record(statement, arena));
    }
    *count = status == PL_OK ? found.count : 0;
    *out =
        found.count ? pl_arena_copy(arena, found.items, found.count * sizeof *found.items) : NULL;
    PL_VEC_FINISH(&found);
    return status;
}

/* Cells that are read share what they can: texts, names of entries, and the values of one point, which stand
 * side by side. */
struct reading {
    struct pl_arena *arena;
    struct pl_texts texts;
    PL_VEC(const char *) names;
    char *axes; /* as stored, and read: */
    const char **values;
};

static const char *name_of(struct reading *reading, const char *text) {
    for (size_t k = 0; k < reading->names.count; k++)
        if (strcmp(reading->names.items[k], text) == 0) return reading->names.items[k];
    const char *name = pl_arena_strdup(reading->arena, text);
    PL_VEC_PUSH(&reading->names, name);
    return name;
}

static enum pl_status read_plan_cell(struct pl_store *store, sqlite3_stmt *statement,
                                     struct reading *reading, size_t axis_count,
                                     struct pl_cell *out) {
    const char *axes = pl_sql_text(statement, 5);
    size_t count = axis_count;
    snprintf(out->id, sizeof out->id, "%s", pl_sql_text(statement, 0));
    PL_TRY(pl_text_get(store, &reading->texts, sqlite3_column_int64(statement, 1), &out->settings));
    out->variant = name_of(reading, pl_sql_text(statement, 2));
    out->label = name_of(reading, pl_sql_text(statement, 3));
    out->seed = (uint64_t)sqlite3_column_int64(statement, 4);
    if (!reading->axes || strcmp(reading->axes, axes) != 0) {
        pl_free(reading->axes);
        reading->axes = pl_strdup(axes);
        reading->values = list_read(axes, reading->arena, &count);
    }
    out->axis_values = reading->values;
    if (!out->axis_values || count != axis_count)
        return pl_sql_damaged(store, "a cell whose values are not those of the axes");
    return PL_OK;
}

/* The cells that [sql] gives, in the arena, as in every struct pl_cells. */
static enum pl_status read_cells(struct pl_store *store, const char *sql,
                                 struct pl_store_plan *out) {
    struct pl_arena *arena = &out->cells.arena;
    struct reading reading = {.arena = arena, .texts.arena = arena};
    PL_VEC(struct pl_cell) found = {0};
    sqlite3_stmt *statement;
    enum pl_status status = pl_sql_ready(store, &statement, sql, "reading the plan", "");
    bool row = status == PL_OK;
    while (row) {
        struct pl_cell cell = {0};
        status = pl_sql_next(store, statement, "reading the plan", &row);
        if (!row) break;
        status = read_plan_cell(store, statement, &reading, out->axis_count, &cell);
        PL_VEC_PUSH(&found, cell);
        if (status == PL_OK) continue;
        pl_sql_reset(statement);
        break;
    }
    out->cells.count = found.count;
    if (found.count)
        out->cells.items = pl_arena_copy(arena, found.items, found.count * sizeof *found.items);
    PL_VEC_FINISH(&found);
    PL_VEC_FINISH(&reading.names);
    PL_VEC_FINISH(&reading.texts.known);
    pl_free(reading.axes);
    return status;
}

static const char PLAN_GET[] = "SELECT id, settings, variant, label, seed, axes FROM cells "
                               "WHERE position IS NOT NULL ORDER BY position";

static enum pl_status read_plan(struct pl_store *store, struct pl_store_plan *out) {
    const char *axes, *registered;
    char digest[PL_HASH_TEXT];
    PL_TRY(pl_store_meta_get(store, "axes", &out->cells.arena, &axes));
    PL_TRY(pl_store_meta_get(store, "digest", &out->cells.arena, &registered));
    out->axes = list_read(axes ? axes : "[]", &out->cells.arena, &out->axis_count);
    if (!out->axes) return pl_sql_damaged(store, "the list of axes cannot be read");
    PL_TRY(read_cells(store, PLAN_GET, out));
    pl_cells_digest(&out->cells, digest);
    if (registered && strcmp(registered, digest) != 0)
        return pl_sql_damaged(store, "the cells of the plan are not those that were registered");
    return PL_OK;
}

enum pl_status pl_store_plan(struct pl_store *store, struct pl_store_plan *out) {
    *out = (struct pl_store_plan){0};
    PL_TRY(pl_sql_begin(store, PL_SQL_READ, "reading the plan"));
    enum pl_status status = pl_sql_end(store, read_plan(store, out), "reading the plan");
    if (status != PL_OK) pl_store_plan_finish(out);
    return status;
}

static const char FORMER_GET[] = "SELECT id, settings, variant, label, seed, '[]' FROM cells "
                                 "WHERE position IS NULL ORDER BY id";

enum pl_status pl_store_former(struct pl_store *store, struct pl_store_plan *out) {
    *out = (struct pl_store_plan){0};
    PL_TRY(pl_sql_begin(store, PL_SQL_READ, "reading the plan"));
    enum pl_status status =
        pl_sql_end(store, read_cells(store, FORMER_GET, out), "reading the plan");
    if (status != PL_OK) pl_store_plan_finish(out);
    return status;
}

void pl_store_plan_finish(struct pl_store_plan *plan) {
    if (!plan) return;
    pl_cells_finish(&plan->cells);
    *plan = (struct pl_store_plan){0};
}

static const char LOOKUP[] = "SELECT id FROM cells WHERE substr(id, 1, length(?1)) = ?1 LIMIT 2";

enum pl_status pl_store_lookup(struct pl_store *store, const char *prefix, char id[PL_HASH_TEXT]) {
    const char *doing = "looking for a cell";
    sqlite3_stmt *statement;
    bool row;
    PL_TRY(pl_sql_ready(store, &statement, LOOKUP, doing, "t", prefix));
    PL_TRY(pl_sql_next(store, statement, doing, &row));
    if (!row)
        return pl_fail(PL_ECONFIG,
                       "%s: no cell's identity begins with '%s'; `plumbline report` "
                       "lists them",
                       store->path, prefix);
    snprintf(id, PL_HASH_TEXT, "%s", pl_sql_text(statement, 0));
    PL_TRY(pl_sql_next(store, statement, doing, &row));
    if (!row) return PL_OK;
    pl_sql_reset(statement);
    return pl_fail(PL_ECONFIG,
                   "%s: several cells have an identity that begins with '%s'; give "
                   "more of its digits",
                   store->path, prefix);
}
