/* The page of `noise`: what differs when nothing differs, and the seeds that a difference asks for. */
#include "core/stats/compare.h"
#include "core/stats/power.h"
#include "experiments/report/columns.h"
#include "experiments/report/pages.h"
#include "experiments/report/report_impl.h"
#include "experiments/report/rows_evidence.h"
#include "experiments/report/sentences.h"

/* ------------------------------------------------------------------------------------ rows */

/* make() of these rows, and text() of the columns, take the noise. */
static struct pl_json *make_axes(const void *context, const void *item, const void *point) {
    const struct pl_noise *noise = context;
    return pl_make_axes(noise->analysis, item, point);
}

static struct pl_json *make_label(const void *context, const void *item, const void *entry) {
    const struct pl_noise *noise = context;
    return pl_make_label(noise->analysis, item, entry);
}

static struct pl_json *make_seeds(const void *context, const void *item, const void *seeds) {
    const struct pl_noise *noise = context;
    const size_t *needed = *(size_t *const *)seeds;
    struct pl_json *array = pl_json_array();
    (void)item;
    for (size_t d = 0; d < noise->difference_count; d++)
        pl_json_append(array, needed[d] >= PL_NO_SEEDS ? pl_json_text(NULL)
                                                       : pl_json_int((int64_t)needed[d]));
    return array;
}

#define ROW(member, kind, unit, help) PL_ROW(struct pl_noise_point, member, kind, unit, help)
static const struct pl_row point_rows[] = {
    PL_ROW_MADE_BY(struct pl_noise_point, point, "axes", make_axes, "value of each axis"),
    ROW(seeds, PL_ROW_SIZE, PL_UNIT_NONE, "with a finite loss"),
    ROW(diverged, PL_ROW_SIZE, PL_UNIT_NONE, "runs beside them"),
    ROW(sd, PL_ROW_REAL, PL_UNIT_NONE, "of log losses"),
    ROW(sd_interval, PL_ROW_INTERVAL, PL_UNIT_NONE, "of it, chi-squared"),
    ROW(floor, PL_ROW_REAL, PL_UNIT_TIMES, "how far apart two means come to lie"),
    ROW(pairs, PL_ROW_SIZE, PL_UNIT_NONE, "of one half of the seeds against the other"),
    ROW(ratio, PL_ROW_REAL, PL_UNIT_SHARE, "of the halves"),
    ROW(interval, PL_ROW_INTERVAL, PL_UNIT_NONE, "of it"),
    ROW(p, PL_ROW_REAL, PL_UNIT_NONE, "of it"),
    {0},
};
#undef ROW

#define ROW(member, kind, unit, help) PL_ROW(struct pl_noise_row, member, kind, unit, help)
static const struct pl_row entry_rows[] = {
    PL_ROW_MADE_BY(struct pl_noise_row, entry, "label", make_label, "of the entry"),
    PL_ROW_MADE_BY(struct pl_noise_row, point, "axes", make_axes, "value of each axis"),
    ROW(pairs, PL_ROW_SIZE, PL_UNIT_NONE, "of finite losses"),
    ROW(diverged, PL_ROW_SIZE, PL_UNIT_NONE, "pairs left out"),
    ROW(sd, PL_ROW_REAL, PL_UNIT_NONE, "of paired differences of log losses"),
    ROW(sd_interval, PL_ROW_INTERVAL, PL_UNIT_NONE, "of it, chi-squared"),
    ROW(floor, PL_ROW_REAL, PL_UNIT_TIMES, "half the width of the interval of these pairs"),
    PL_ROW_MADE_BY(struct pl_noise_row, seeds, "seeds", make_seeds, "for each difference"),
    {0},
};
#undef ROW

/* -------------------------------------------------------------------------------- for people */

/* "value [interval]" of two rows of an item. */
static const char *with_interval(struct pl_arena *arena, const struct pl_row *rows,
                                 const char *value, const char *interval, const void *item) {
    return pl_arena_printf(arena, "%s %s", pl_row_text(pl_row_find(rows, value), arena, NULL, item),
                           pl_row_text(pl_row_find(rows, interval), arena, NULL, item));
}

static const char *point_text(const struct pl_noise *noise, struct pl_arena *arena, size_t point) {
    const char *text = pl_report_point(noise->analysis, arena, point, (size_t)-1);
    return *text ? text : "all";
}

static const char *at_text(void *context, struct pl_arena *arena, const void *const *items) {
    const struct pl_noise_point *point = items[0];
    return point_text(context, arena, point->point);
}

static const char *point_sd_text(void *context, struct pl_arena *arena, const void *const *items) {
    const struct pl_noise_point *point = items[0];
    (void)context;
    return pl_arena_printf(arena, "%s%s",
                           with_interval(arena, point_rows, "sd", "sd_interval", point),
                           point->diverged ? " (some diverged)" : "");
}

static const char *half_text(void *context, struct pl_arena *arena, const void *const *items) {
    const struct pl_noise_point *point = items[0];
    (void)context;
    if (point->ratio != point->ratio) return "-";
    return with_interval(arena, point_rows, "ratio", "interval", point);
}

static const struct pl_column halves[] = {
    {.header = "at", .text = at_text},
    {.header = "seeds", .rows = point_rows, .name = "seeds"},
    {.header = "sd of log loss", .text = point_sd_text},
    {.header = "floor", .rows = point_rows, .name = "floor"},
    {.header = "half : half", .text = half_text},
    {.header = "p", .rows = point_rows, .name = "p"},
};

static const char *pairs_text(void *context, struct pl_arena *arena, const void *const *items) {
    const struct pl_noise_row *row = items[0];
    (void)context;
    return row->diverged ? pl_arena_printf(arena, "%zu (%zu diverged)", row->pairs, row->diverged)
                         : pl_arena_printf(arena, "%zu", row->pairs);
}

static const char *sd_text(void *context, struct pl_arena *arena, const void *const *items) {
    (void)context;
    return with_interval(arena, entry_rows, "sd", "sd_interval", items[0]);
}

/* A column for each difference asked for stands behind these. */
static const struct pl_column plan[] = {
    {.header = "variant", .rows = entry_rows, .name = "label"},
    {.header = "pairs", .text = pairs_text},
    {.header = "sd of difference", .text = sd_text},
    {.header = "floor", .rows = entry_rows, .name = "floor"},
};

enum { HALVES = sizeof halves / sizeof halves[0], PLAN = sizeof plan / sizeof plan[0] };

static void add_halves(const struct pl_noise *noise, struct pl_arena *arena,
                       struct pl_strbuf *out) {
    struct pl_columns table;
    pl_columns_init(&table, 2, HALVES);
    pl_columns_headers(&table, halves);
    for (size_t i = 0; i < noise->analysis->point_count; i++) {
        const char *cells[HALVES];
        pl_columns_cells(halves, HALVES, (void *)(uintptr_t)noise, noise, arena,
                         (const void *[]){&noise->points[i]}, cells);
        pl_columns_row(&table, cells);
    }
    pl_columns_write(&table, out);
    pl_columns_finish(&table);
}

static void add_plan(const struct pl_noise *noise, size_t point, struct pl_arena *arena,
                     struct pl_strbuf *out) {
    const char *cells[PL_MOST_COLUMNS];
    struct pl_columns table;
    pl_strbuf_addf(out, "\n%s\n", point_text(noise, arena, point));
    pl_columns_init(&table, 2, PLAN + (int)noise->difference_count);
    for (size_t c = 0; c < PLAN; c++) cells[c] = plan[c].header;
    for (size_t d = 0; d < noise->difference_count; d++)
        cells[PLAN + d] = pl_arena_printf(arena, "%.4gx", noise->differences[d]);
    pl_columns_row(&table, cells);
    for (size_t i = 0; i < noise->row_count; i++) {
        const struct pl_noise_row *row = &noise->rows[i];
        if (row->point != point) continue;
        pl_columns_cells(plan, PLAN, NULL, noise, arena, (const void *[]){row}, cells);
        for (size_t d = 0; d < noise->difference_count; d++)
            cells[PLAN + d] =
                row->seeds[d] >= PL_NO_SEEDS ? "-" : pl_arena_printf(arena, "%zu", row->seeds[d]);
        pl_columns_row(&table, cells);
    }
    pl_columns_write(&table, out);
    pl_columns_finish(&table);
}

void pl_noise_text(const struct pl_noise *noise, struct pl_strbuf *out) {
    struct pl_arena arena = {0};
    struct pl_strbuf words;
    const struct pl_analysis *a = noise->analysis;
    const struct pl_words names = {.baseline = a->experiment->baseline};
    pl_strbuf_init(&words);
    pl_strbuf_addf(out, "%s: noise of %s\n\nA/A\n", a->experiment->name, a->metric);
    pl_say_floor(&words, &names);
    pl_columns_paragraph(0, words.text, out);
    add_halves(noise, &arena, out);
    pl_strbuf_add(out, "\nSeeds needed\n");
    pl_strbuf_clear(&words);
    pl_say_seeds_needed(&words, &names, noise);
    pl_columns_paragraph(0, words.text, out);
    pl_strbuf_finish(&words);
    for (size_t p = 0; p < a->point_count; p++) add_plan(noise, p, &arena, out);
    pl_arena_finish(&arena);
}

/* ------------------------------------------------------------------------------ for programs */

void pl_noise_json(const struct pl_noise *noise, struct pl_strbuf *out) {
    const struct pl_analysis *a = noise->analysis;
    struct pl_json *object = pl_json_object(), *differences = pl_json_array();
    for (size_t d = 0; d < noise->difference_count; d++)
        pl_json_append(differences, pl_json_real(noise->differences[d]));
    pl_json_set(object, "schema", pl_json_int(PL_NOISE_SCHEMA));
    pl_json_set(object, "study", pl_json_text(a->experiment->name));
    pl_json_set(object, "metric", pl_json_text(a->metric));
    pl_json_set(object, "baseline", pl_json_text(a->experiment->baseline));
    pl_json_set(object, "power", pl_json_real(PL_PLANNED_POWER));
    pl_json_set(object, "alpha", pl_json_real(PL_ALPHA));
    pl_json_set(object, "comparisons", pl_json_int((int64_t)noise->comparisons));
    pl_json_set(object, "level", pl_json_real(noise->level));
    pl_json_set(object, "least", pl_json_int((int64_t)noise->least));
    pl_json_set(object, "differences", differences);
    pl_json_set(
        object, "aa",
        pl_rows_array(point_rows, noise, noise->points, a->point_count, sizeof *noise->points));
    pl_json_set(
        object, "variants",
        pl_rows_array(entry_rows, noise, noise->rows, noise->row_count, sizeof *noise->rows));
    pl_json_print(object, true, out);
}
