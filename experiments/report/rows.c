/* A row is read at its offset in the item and takes one of three forms. JSON knows every kind. CSV and the
 * tables for people have forms of their own for the kinds whose JSON is not fit for them (reals, intervals,
 * texts) and write the JSON of every other; so a new kind is a case in pl_row_json, and seldom more. What is
 * not finite is null in JSON, empty in CSV and a word or "-" for people.
 */
#include "experiments/report/rows.h"

#include <math.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/escape.h"

const struct pl_row *pl_row_find(const struct pl_row *rows, const char *name) {
    while (rows->name && strcmp(rows->name, name) != 0) rows++;
    PL_ASSERT(rows->name);
    return rows;
}

static const void *member_of(const struct pl_row *row, const void *item) {
    return (const char *)item + row->offset;
}

/* ------------------------------------------------------------------------------------ json */

struct pl_json *pl_interval_json(struct pl_interval interval) {
    if (!pl_interval_exists(interval)) return pl_json_text(NULL);
    struct pl_json *ends = pl_json_array();
    pl_json_append(ends, pl_json_real(interval.low));
    pl_json_append(ends, pl_json_real(interval.high));
    return ends;
}

struct pl_json *pl_row_json(const struct pl_row *row, const void *context, const void *item) {
    const void *member = member_of(row, item);
    switch (row->kind) {
    case PL_ROW_SIZE:
        return pl_json_int((int64_t) * (const size_t *)member);
    case PL_ROW_LONG:
        return pl_json_int(*(const long *)member);
    case PL_ROW_SEED:
        return pl_json_int((int64_t) * (const uint64_t *)member);
    case PL_ROW_REAL:
        return pl_json_real(*(const double *)member);
    case PL_ROW_BOOL:
        return pl_json_bool(*(const bool *)member);
    case PL_ROW_TEXT:
        return pl_json_text(*(const char *const *)member);
    case PL_ROW_NAME:
        return pl_json_text(member);
    case PL_ROW_INTERVAL:
        return pl_interval_json(*(const struct pl_interval *)member);
    case PL_ROW_MADE:
        return row->make(context, item, member);
    }
    return pl_json_text(NULL);
}

void pl_rows_set(struct pl_json *object, const struct pl_row *rows, const void *context,
                 const void *item) {
    for (; rows->name; rows++) pl_json_set(object, rows->name, pl_row_json(rows, context, item));
}

struct pl_json *pl_rows_json(const struct pl_row *rows, const void *context, const void *item) {
    struct pl_json *object = pl_json_object();
    pl_rows_set(object, rows, context, item);
    return object;
}

struct pl_json *pl_rows_array(const struct pl_row *rows, const void *context, const void *items,
                              size_t count, size_t size) {
    struct pl_json *array = pl_json_array();
    for (size_t k = 0; k < count; k++)
        pl_json_append(array, pl_rows_json(rows, context, (const char *)items + k * size));
    return array;
}

void pl_json_print(struct pl_json *value, bool indented, struct pl_strbuf *out) {
    char *text = pl_json_write(value, indented);
    pl_strbuf_add(out, text);
    pl_strbuf_add(out, "\n");
    pl_free(text);
    pl_json_destroy(value);
}

/* ------------------------------------------------------------------------------------- csv */

void pl_rows_csv_heading(const struct pl_row *rows, struct pl_strbuf *out) {
    for (const struct pl_row *row = rows; row->name; row++) {
        if (row > rows) pl_strbuf_add(out, ",");
        pl_escape_csv(out, row->name);
    }
}

void pl_row_csv(const struct pl_row *row, const void *context, const void *item,
                struct pl_strbuf *out) {
    const void *member = member_of(row, item);
    if (row->kind == PL_ROW_REAL) {
        double value = *(const double *)member;
        if (isfinite(value)) pl_strbuf_add_real(out, value);
    } else if (row->kind == PL_ROW_TEXT) {
        const char *text = *(const char *const *)member;
        pl_escape_csv(out, text ? text : "");
    } else if (row->kind == PL_ROW_NAME) {
        pl_escape_csv(out, member);
    } else {
        struct pl_json *value = pl_row_json(row, context, item);
        char *text = pl_json_write(value, false);
        if (!pl_json_is_null(value)) pl_escape_csv(out, pl_json_as_text(value, text));
        pl_free(text);
        pl_json_destroy(value);
    }
}

void pl_rows_csv(const struct pl_row *rows, const void *context, const void *item,
                 struct pl_strbuf *out) {
    for (const struct pl_row *row = rows; row->name; row++) {
        if (row > rows) pl_strbuf_add(out, ",");
        pl_row_csv(row, context, item, out);
    }
}

/* ------------------------------------------------------------------------------ for people */

void pl_number_add(struct pl_strbuf *out, enum pl_unit unit, double number) {
    static const struct {
        const char *format, *infinite; /* NULL: as the format writes it */
        double scale;
    } units[] = {
        [PL_UNIT_NONE] = {"%.3g", NULL, 1},   [PL_UNIT_LOSS] = {"%.3g", "diverged", 1},
        [PL_UNIT_RATIO] = {"%.3g", "inf", 1}, [PL_UNIT_TIMES] = {"%.3fx", NULL, 1},
        [PL_UNIT_RANK] = {"%.2f", NULL, 1},   [PL_UNIT_P] = {"%.4f", NULL, 1},
        [PL_UNIT_SHARE] = {"%.3f", NULL, 1},  [PL_UNIT_PERCENT] = {"%.1f %%", NULL, 100},
    };
    const char *format = units[unit].format;
    if (unit == PL_UNIT_RATIO && number >= 0.1 && number < 10.0) format = "%.3f";
    if (isnan(number))
        pl_strbuf_add(out, "-");
    else if (isinf(number) && units[unit].infinite)
        pl_strbuf_add(out, units[unit].infinite);
    else if (unit == PL_UNIT_P && number < 1e-4)
        pl_strbuf_add(out, "<0.0001");
    else
        pl_strbuf_addf(out, format, units[unit].scale * number);
}

void pl_interval_add(struct pl_strbuf *out, enum pl_unit unit, struct pl_interval interval) {
    if (!pl_interval_exists(interval)) {
        pl_strbuf_add(out, "-");
        return;
    }
    pl_strbuf_add(out, "[");
    pl_number_add(out, unit, interval.low);
    pl_strbuf_add(out, ", ");
    pl_number_add(out, unit, interval.high);
    pl_strbuf_add(out, "]");
}

static const char *taken(struct pl_arena *arena, struct pl_strbuf *text) {
    const char *copy = pl_arena_strdup(arena, text->text);
    pl_strbuf_finish(text);
    return copy;
}

const char *pl_number_text(struct pl_arena *arena, enum pl_unit unit, double number) {
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    pl_number_add(&text, unit, number);
    return taken(arena, &text);
}

const char *pl_interval_text(struct pl_arena *arena, enum pl_unit unit,
                             struct pl_interval interval) {
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    pl_interval_add(&text, unit, interval);
    return taken(arena, &text);
}

const char *pl_row_text(const struct pl_row *row, struct pl_arena *arena, const void *context,
                        const void *item) {
    const void *member = member_of(row, item);
    if (row->kind == PL_ROW_REAL) return pl_number_text(arena, row->unit, *(const double *)member);
    if (row->kind == PL_ROW_INTERVAL)
        return pl_interval_text(arena, row->unit, *(const struct pl_interval *)member);
    struct pl_json *value = pl_row_json(row, context, item);
    char *text = pl_json_write(value, false);
    const char *copy =
        pl_json_is_null(value) ? "-" : pl_arena_strdup(arena, pl_json_as_text(value, text));
    pl_free(text);
    pl_json_destroy(value);
    return copy;
}

void pl_columns_cells(const struct pl_column *columns, size_t count, void *context,
                      const void *rows_context, struct pl_arena *arena, const void *const *items,
                      const char **cells) {
    for (size_t c = 0; c < count; c++) {
        const struct pl_column *column = &columns[c];
        const void *item = items[column->item];
        cells[c] = column->text ? column->text(context, arena, items)
                   : !item      ? ""
                                : pl_row_text(pl_row_find(column->rows, column->name), arena,
                                              rows_context, item);
    }
}
