/* The page of `fraction`: the structural share of a study's data, an entry and a setting a line. */
#include <math.h>

#include "experiments/report/columns.h"
#include "experiments/report/pages.h"
#include "experiments/report/rows.h"

/* What make() of the rows and text() of the columns take. */
struct context {
    const struct pl_experiment *experiment;
    const struct pl_fractions *fractions;
};

/* ------------------------------------------------------------------------------------ rows */

static struct pl_json *make_label(const void *context, const void *item, const void *cell) {
    (void)context;
    (void)item;
    return pl_json_text((*(const struct pl_cell *const *)cell)->label);
}

static struct pl_json *make_variant(const void *context, const void *item, const void *cell) {
    (void)context;
    (void)item;
    return pl_json_text((*(const struct pl_cell *const *)cell)->variant);
}

static struct pl_json *make_axes(const void *context, const void *item, const void *cell) {
    const struct context *c = context;
    struct pl_json *axes = pl_json_object();
    (void)item;
    for (size_t k = 0; k < c->experiment->axis_count; k++)
        if (k != c->fractions->axis)
            pl_json_set(axes, c->experiment->axes[k].key,
                        pl_json_text((*(const struct pl_cell *const *)cell)->axis_values[k]));
    return axes;
}

static struct pl_json *make_bits(const void *context, const void *item, const void *bits) {
    const struct context *c = context;
    struct pl_json *array = pl_json_array();
    (void)item;
    for (size_t k = 0; k < c->fractions->size_count; k++)
        pl_json_append(array, pl_json_real((*(double *const *)bits)[k]));
    return array;
}

#define ROW(member, kind, unit, help)  PL_ROW(struct pl_fraction, member, kind, unit, help)
#define MADE(member, name, make, help) PL_ROW_MADE_BY(struct pl_fraction, member, name, make, help)
static const struct pl_row rows[] = {
    MADE(cell, "variant", make_variant, "name in the catalogue"),
    MADE(cell, "label", make_label, "of the entry"),
    MADE(cell, "axes", make_axes, "values of the other axes"),
    ROW(seeds, PL_ROW_SIZE, PL_UNIT_NONE, "with a finished run at every size"),
    ROW(fraction, PL_ROW_REAL, PL_UNIT_SHARE, "p_s, mean over seeds"),
    ROW(interval, PL_ROW_INTERVAL, PL_UNIT_SHARE, "of it, t"),
    MADE(bits, "bits", make_bits, "learned at each size, mean over seeds"),
    {0},
};
#undef MADE
#undef ROW

/* -------------------------------------------------------------------------------- for people */

static const char *setting_text(void *context, struct pl_arena *arena, const void *const *items) {
    const struct context *c = context;
    const struct pl_fraction *row = items[0];
    const char *text = "";
    for (size_t k = 0; k < c->experiment->axis_count; k++)
        if (k != c->fractions->axis)
            text = pl_arena_printf(arena, "%s%s%s=%s", text, *text ? " " : "",
                                   c->experiment->axes[k].key, row->cell->axis_values[k]);
    return text;
}

static const char *bits_text(void *context, struct pl_arena *arena, const void *const *items) {
    const struct context *c = context;
    const struct pl_fraction *row = items[0];
    const char *text = "";
    if (row->seeds == 0) return "-";
    for (size_t k = 0; k < c->fractions->size_count; k++)
        text = pl_arena_printf(arena, "%s%s%.0f at %.0f", text, k ? ", " : "", row->bits[k],
                               c->fractions->sizes[k]);
    return text;
}

static const struct pl_column columns[] = {
    {.header = "variant", .rows = rows, .name = "label"},
    {.header = "setting", .text = setting_text},
    {.header = "seeds", .rows = rows, .name = "seeds"},
    {.header = "p_s", .rows = rows, .name = "fraction"},
    {.header = "95 %", .rows = rows, .name = "interval"},
    {.header = "bits learned", .text = bits_text},
};
enum { COLUMNS = sizeof columns / sizeof columns[0] };

void pl_fractions_text(const struct pl_experiment *experiment, const struct pl_fractions *fractions,
                       const char *metric, struct pl_strbuf *out) {
    struct context context = {experiment, fractions};
    struct pl_columns table;
    struct pl_arena arena = {0};
    pl_strbuf_addf(
        out,
        "Structural fraction in study %s: the slope of the bits learned, (ln V - %s) D / "
        "ln 2,\nover D, divided by log2 V. Means over seeds, 95 %% t intervals.\n\n",
        experiment->name, metric);
    pl_columns_init(&table, 2, COLUMNS);
    pl_columns_headers(&table, columns);
    for (size_t k = 0; k < fractions->count; k++) {
        const char *cells[COLUMNS];
        pl_columns_cells(columns, COLUMNS, &context, &context, &arena,
                         (const void *[]){&fractions->rows[k]}, cells);
        pl_columns_row(&table, cells);
    }
    pl_columns_write(&table, out);
    pl_columns_finish(&table);
    pl_arena_finish(&arena);
}

/* ------------------------------------------------------------------------------ for programs */

void pl_fractions_json(const struct pl_experiment *experiment, const struct pl_fractions *fractions,
                       const char *metric, struct pl_strbuf *out) {
    struct context context = {experiment, fractions};
    struct pl_json *top = pl_json_object(), *sizes = pl_json_array();
    for (size_t k = 0; k < fractions->size_count; k++)
        pl_json_append(sizes, pl_json_real(fractions->sizes[k]));
    pl_json_set(top, "schema", pl_json_int(PL_FRACTIONS_SCHEMA));
    pl_json_set(top, "study", pl_json_text(experiment->name));
    pl_json_set(top, "metric", pl_json_text(metric));
    pl_json_set(top, "confidence", pl_json_real(PL_CONFIDENCE));
    pl_json_set(top, "samples", sizes);
    pl_json_set(
        top, "fractions",
        pl_rows_array(rows, &context, fractions->rows, fractions->count, sizeof *fractions->rows));
    pl_json_print(top, true, out);
}
