/* Rows: what the members of a struct are called, once for every writer.
 *
 *     const struct pl_row rows[] = {
 *         PL_ROW_MADE_BY(struct pl_rank, entry, "label", pl_make_label, "unique"),
 *         PL_ROW(struct pl_rank, mean_rank, PL_ROW_REAL, PL_UNIT_RANK, "1 = always the lowest loss"),
 *         {0}};
 *
 *     rows, item ──► pl_rows_json   an object with a member a row
 *                ──► pl_rows_csv    a line with a field a row
 *                ──► pl_row_text    one row as the cell of a table: a pl_column names it and gives it a header
 *
 * A new number of a struct is one row: JSON has it, CSV has it where its struct is written as lines, and a
 * table has it when a column names it.
 */
#ifndef PL_EXPERIMENTS_REPORT_ROWS_H
#define PL_EXPERIMENTS_REPORT_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/arena.h"
#include "core/base/json.h"
#include "core/base/strbuf.h"
#include "core/stats/interval.h"

/* The type of a member. */
enum pl_row_kind {
    PL_ROW_SIZE,     /* size_t */
    PL_ROW_LONG,     /* long */
    PL_ROW_SEED,     /* uint64_t */
    PL_ROW_REAL,     /* double */
    PL_ROW_BOOL,     /* bool */
    PL_ROW_TEXT,     /* const char *; NULL: null */
    PL_ROW_NAME,     /* char[], terminated */
    PL_ROW_INTERVAL, /* struct pl_interval; null when it does not exist */
    PL_ROW_MADE,     /* whatever [make] makes of it */
};

/* How a number is shown to people. JSON and CSV have all its digits. */
enum pl_unit {
    PL_UNIT_NONE,    /* "0.123", three digits */
    PL_UNIT_LOSS,    /* the same; infinite is "diverged" */
    PL_UNIT_RATIO,   /* "1.234" between 0.1 and 10 */
    PL_UNIT_TIMES,   /* "1.234x" */
    PL_UNIT_RANK,    /* "1.25" */
    PL_UNIT_P,       /* "0.0312", "<0.0001" */
    PL_UNIT_SHARE,   /* "0.123", three places */
    PL_UNIT_PERCENT, /* of a share: "12.3 %" */
};

struct pl_row {
    const char *name; /* of the member in JSON, of the column in CSV */
    size_t offset;    /* in the struct */
    enum pl_row_kind kind;
    enum pl_unit unit;
    const char *help; /* what it is; not a sentence */
    /* Of PL_ROW_MADE: the value of [member], which stands at [offset] of [item]. [context] is the
     * writer's; most rows of evidence take the analysis. */
    struct pl_json *(*make)(const void *context, const void *item, const void *member);
};

#define PL_ROW(type, member, kind, unit, help)                                                     \
    { #member, offsetof(type, member), kind, unit, help, NULL }
#define PL_ROW_AS(name, type, member, kind, unit, help)                                            \
    { name, offsetof(type, member), kind, unit, help, NULL }
#define PL_ROW_MADE_BY(type, member, name, make, help)                                             \
    { name, offsetof(type, member), PL_ROW_MADE, PL_UNIT_NONE, help, make }

/* The row [name], which must be there. */
const struct pl_row *pl_row_find(const struct pl_row *rows, const char *name);

/* ---- json ---- */

struct pl_json *pl_row_json(const struct pl_row *row, const void *context, const void *item);

/* Sets a member a row in [object]. */
void pl_rows_set(struct pl_json *object, const struct pl_row *rows, const void *context,
                 const void *item);

/* An object with a member a row; an array with an object for each of [count] items of [size] bytes. */
struct pl_json *pl_rows_json(const struct pl_row *rows, const void *context, const void *item);
struct pl_json *pl_rows_array(const struct pl_row *rows, const void *context, const void *items,
                              size_t count, size_t size);

struct pl_json *pl_interval_json(struct pl_interval interval);

/* Writes [value], with a newline at its end, and destroys it. */
void pl_json_print(struct pl_json *value, bool indented, struct pl_strbuf *out);

/* ---- csv ---- */

/* One value, escaped; a number that is not finite and a null are empty. */
void pl_row_csv(const struct pl_row *row, const void *context, const void *item,
                struct pl_strbuf *out);

/* The names, or the values of [item], with commas between. */
void pl_rows_csv_heading(const struct pl_row *rows, struct pl_strbuf *out);
void pl_rows_csv(const struct pl_row *rows, const void *context, const void *item,
                 struct pl_strbuf *out);

/* ---- for people ---- */

/* "0.123"; "-" for NaN. "[0.1, 0.2]"; "-" for none. */
void pl_number_add(struct pl_strbuf *out, enum pl_unit unit, double number);
void pl_interval_add(struct pl_strbuf *out, enum pl_unit unit, struct pl_interval interval);

/* The same, owned by the arena. */
const char *pl_number_text(struct pl_arena *arena, enum pl_unit unit, double number);
const char *pl_interval_text(struct pl_arena *arena, enum pl_unit unit,
                             struct pl_interval interval);

const char *pl_row_text(const struct pl_row *row, struct pl_arena *arena, const void *context,
                        const void *item);

/* A column of a table. A line of it is told from several structs, items[0], items[1], ...: the row [name] of
 * [rows], of items[item], which may be NULL (""); or what [text] says. */
struct pl_column {
    const char *header;
    char alignment; /* as that of a pl_page_table */
    const struct pl_row *rows;
    const char *name;
    size_t item;
    const char *(*text)(void *context, struct pl_arena *arena, const void *const *items);
};

/* The cells of one line, a text a column. [rows_context] is what make() of the rows is given, [context]
 * what text() of the columns is. */
void pl_columns_cells(const struct pl_column *columns, size_t count, void *context,
                      const void *rows_context, struct pl_arena *arena, const void *const *items,
                      const char **cells);

#endif
