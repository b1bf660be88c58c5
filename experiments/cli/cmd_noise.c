/* noise: what differs when nothing differs, and how many seeds a difference asks for. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/vec.h"
#include "core/config/quote.h"
#include "core/stats/power.h"
#include "experiments/cli/args.h"
#include "experiments/evidence/noise.h"
#include "experiments/report/columns.h"
#include "experiments/run/ledger.h"

#define SCHEMA 1

enum { DIFFERENCES_MOST = 6 };

static const struct pl_flag flags[] = {
    {"difference", 'd', "LIST",
     "ratios to be seen, such as 1.05x,1.2x (default: 1.02x,1.05x,1.1x,1.2x)"},
    {"metric", 'm', "NAME", "the loss: test_loss (default), train_loss, valid_loss, ..."},
    {"json", 0, NULL, "as JSON, with every number (docs/statistics.md)"},
    {"results", 0, "DIR", "where results are kept (default: results)"},
    {0},
};

static const char *flag(const struct pl_args *args, const char *name, const char *fallback) {
    const char *value = pl_args_get(args, &pl_command_noise, name);
    return value ? value : fallback;
}

/* ---- what was asked ------------------------------------------------------------------------ */

struct differences {
    double items[DIFFERENCES_MOST];
    size_t count;
};

/* "1.05x" or "1.05": a ratio above 1. */
static enum pl_status read_difference(struct differences *out, const char *text, size_t length) {
    char copy[32] = "", shown[PL_QUOTED], *end = copy;
    if (length < sizeof copy) memcpy(copy, text, length);
    double ratio = strtod(copy, &end);
    if (*end == 'x') end++;
    if (end == copy || *end || !(ratio > 1.0) || !(ratio <= 1000.0))
        return pl_fail(PL_ECONFIG,
                       "--difference has %s; it takes ratios above 1 and up to 1000, such as "
                       "1.05x,1.2x",
                       pl_quoted(shown, length < sizeof copy ? copy : text));
    if (out->count == DIFFERENCES_MOST)
        return pl_fail(PL_ECONFIG, "--difference has more than %d ratios; ask for fewer at a time",
                       DIFFERENCES_MOST);
    out->items[out->count++] = ratio;
    return PL_OK;
}

static enum pl_status read_differences(struct differences *out, const char *text) {
    *out = (struct differences){{0}, 0};
    for (;;) {
        size_t length = strcspn(text, ",");
        PL_TRY(read_difference(out, text, length));
        if (!text[length]) return PL_OK;
        text += length + 1;
    }
}

static enum pl_status gather(struct pl_ledger *out, const struct pl_args *args) {
    const char *results = flag(args, "results", "results");
    struct pl_store *store;
    PL_TRY(pl_ledger_plan(out, args->words[0], args->words + 1, args->word_count - 1));
    if (!pl_store_exists(results, out->experiment.name)) {
        enum pl_status status = pl_fail(
            PL_ECONFIG,
            "nothing of %s has run yet, and noise is measured on finished cells; `plumbline run "
            "%s` starts it",
            out->experiment.name, args->words[0]);
        pl_ledger_finish(out);
        return status;
    }
    enum pl_status status = pl_store_open(&store, results, out->experiment.name, PL_STORE_READ);
    if (status == PL_OK) {
        status = pl_ledger_read(out, store, PL_LEDGER_NEWEST);
        pl_store_close(store);
    }
    if (status != PL_OK) pl_ledger_finish(out);
    return status;
}

/* ---- for people ---------------------------------------------------------------------------- */

struct page {
    const struct pl_noise *noise;
    struct pl_arena arena;
    struct pl_strbuf *out;
};

static const char *ratio_text(struct page *page, double ratio) {
    return isnan(ratio) ? "-" : pl_arena_printf(&page->arena, "%.3fx", ratio);
}

static const char *number_text(struct page *page, double number) {
    return isnan(number) ? "-" : pl_arena_printf(&page->arena, "%.3g", number);
}

static const char *ends_text(struct page *page, struct pl_interval interval) {
    if (!pl_interval_exists(interval)) return "-";
    return pl_arena_printf(&page->arena, "[%.3g, %.3g]", interval.low, interval.high);
}

static const char *point_text(struct page *page, size_t point) {
    const struct pl_analysis *a = page->noise->analysis;
    const char *text = "";
    for (size_t k = 0; k < a->experiment->axis_count; k++)
        text = pl_arena_printf(&page->arena, "%s%s%s = %s", text, *text ? ", " : "",
                               a->experiment->axes[k].key, pl_analysis_axis_value(a, point, k));
    return *text ? text : "all";
}

static void add_halves(struct page *page) {
    const struct pl_noise *noise = page->noise;
    struct pl_columns table;
    pl_columns_init(&table, 2, 6);
    pl_columns_row(&table,
                   (const char *[]){"at", "seeds", "sd of log loss", "floor", "half : half", "p"});
    for (size_t i = 0; i < noise->analysis->point_count; i++) {
        const struct pl_noise_point *p = &noise->points[i];
        const char *half = isnan(p->ratio) ? "-"
                                           : pl_arena_printf(&page->arena, "%.3f %s", p->ratio,
                                                             ends_text(page, p->interval));
        const char *sd =
            pl_arena_printf(&page->arena, "%s %s%s", number_text(page, p->sd),
                            ends_text(page, p->sd_interval), p->diverged ? " (some diverged)" : "");
        pl_columns_row(&table,
                       (const char *[]){point_text(page, i),
                                        pl_arena_printf(&page->arena, "%zu", p->seeds), sd,
                                        ratio_text(page, p->floor), half, number_text(page, p->p)});
    }
    pl_columns_write(&table, page->out);
    pl_columns_finish(&table);
}

static const char *seeds_text(struct page *page, size_t seeds) {
    return seeds >= PL_NO_SEEDS ? "-" : pl_arena_printf(&page->arena, "%zu", seeds);
}

static void add_row(struct page *page, struct pl_columns *table, const struct pl_noise_row *row) {
    const struct pl_noise *noise = page->noise;
    const char *cells[PL_MOST_COLUMNS];
    size_t n = 0;
    cells[n++] = noise->analysis->experiment->entries[row->entry].label;
    cells[n++] = row->diverged ? pl_arena_printf(&page->arena, "%zu (%zu diverged)", row->pairs,
                                                 row->diverged)
                               : pl_arena_printf(&page->arena, "%zu", row->pairs);
    cells[n++] = pl_arena_printf(&page->arena, "%s %s", number_text(page, row->sd),
                                 ends_text(page, row->sd_interval));
    cells[n++] = ratio_text(page, row->floor);
    for (size_t d = 0; d < noise->difference_count; d++)
        cells[n++] = seeds_text(page, row->seeds[d]);
    pl_columns_row(table, cells);
}

static void add_plan(struct page *page, size_t point) {
    const struct pl_noise *noise = page->noise;
    struct pl_columns table;
    const char *cells[PL_MOST_COLUMNS] = {"variant", "pairs", "sd of difference", "floor"};
    pl_strbuf_addf(page->out, "\n%s\n", point_text(page, point));
    pl_columns_init(&table, 2, 4 + (int)noise->difference_count);
    for (size_t d = 0; d < noise->difference_count; d++)
        cells[4 + d] = pl_arena_printf(&page->arena, "%.4gx", noise->differences[d]);
    pl_columns_row(&table, cells);
    for (size_t i = 0; i < noise->row_count; i++)
        if (noise->rows[i].point == point) add_row(page, &table, &noise->rows[i]);
    pl_columns_write(&table, page->out);
    pl_columns_finish(&table);
}

static void write_text(const struct pl_noise *noise, struct pl_strbuf *out) {
    struct page page = {.noise = noise, .out = out};
    const struct pl_analysis *a = noise->analysis;
    pl_strbuf_addf(out, "%s: noise of %s\n\nA/A\n", a->experiment->name, a->metric);
    pl_columns_paragraph(
        0,
        pl_arena_printf(
            &page.arena,
            "%s against itself under other seeds. Floor: so far apart two means over as "
            "many seeds each come to lie (95 %%, unpaired). Half : half: the ratio of the "
            "first half of the seeds to the second, with its interval and p.",
            a->experiment->baseline),
        out);
    add_halves(&page);
    pl_strbuf_add(out, "\nSeeds needed\n");
    pl_columns_paragraph(0,
                         pl_arena_printf(&page.arena,
                                         "To tell a ratio to %s from 1 with power %g at p <= %g "
                                         "after Holm over %zu %s, paired by "
                                         "seed, by the noncentral t distribution at the level "
                                         "%.3g; never fewer than the %zu that "
                                         "the sign-flip test needs. Floor: half the width of the "
                                         "interval of the pairs there are.",
                                         a->experiment->baseline, PL_PLANNED_POWER, PL_ALPHA,
                                         noise->comparisons,
                                         noise->comparisons == 1 ? "comparison" : "comparisons",
                                         noise->level, noise->least),
                         out);
    for (size_t p = 0; p < a->point_count; p++) add_plan(&page, p);
    pl_arena_finish(&page.arena);
}

/* ---- for programs -------------------------------------------------------------------------- */

static struct pl_json *interval_json(struct pl_interval interval) {
    if (!pl_interval_exists(interval)) return pl_json_text(NULL);
    struct pl_json *ends = pl_json_array();
    pl_json_append(ends, pl_json_real(interval.low));
    pl_json_append(ends, pl_json_real(interval.high));
    return ends;
}

static struct pl_json *axes_json(const struct pl_analysis *a, size_t point) {
    struct pl_json *axes = pl_json_object();
    for (size_t k = 0; k < a->experiment->axis_count; k++) {
        const char *value = pl_analysis_axis_value(a, point, k);
        pl_json_set(axes, a->experiment->axes[k].key,
                    a->scales[k].numeric ? pl_json_real(strtod(value, NULL)) : pl_json_text(value));
    }
    return axes;
}

static struct pl_json *point_json(const struct pl_noise *noise, const struct pl_noise_point *p) {
    struct pl_json *row = pl_json_object();
    pl_json_set(row, "axes", axes_json(noise->analysis, p->point));
    pl_json_set(row, "seeds", pl_json_int((int64_t)p->seeds));
    pl_json_set(row, "diverged", pl_json_int((int64_t)p->diverged));
    pl_json_set(row, "sd", pl_json_real(p->sd));
    pl_json_set(row, "sd_interval", interval_json(p->sd_interval));
    pl_json_set(row, "floor", pl_json_real(p->floor));
    pl_json_set(row, "pairs", pl_json_int((int64_t)p->pairs));
    pl_json_set(row, "ratio", pl_json_real(p->ratio));
    pl_json_set(row, "interval", interval_json(p->interval));
    pl_json_set(row, "p", pl_json_real(p->p));
    return row;
}

static struct pl_json *row_json(const struct pl_noise *noise, const struct pl_noise_row *r) {
    struct pl_json *row = pl_json_object(), *seeds = pl_json_array();
    pl_json_set(row, "label", pl_json_text(noise->analysis->experiment->entries[r->entry].label));
    pl_json_set(row, "axes", axes_json(noise->analysis, r->point));
    pl_json_set(row, "pairs", pl_json_int((int64_t)r->pairs));
    pl_json_set(row, "diverged", pl_json_int((int64_t)r->diverged));
    pl_json_set(row, "sd", pl_json_real(r->sd));
    pl_json_set(row, "sd_interval", interval_json(r->sd_interval));
    pl_json_set(row, "floor", pl_json_real(r->floor));
    for (size_t d = 0; d < noise->difference_count; d++)
        pl_json_append(seeds, r->seeds[d] >= PL_NO_SEEDS ? pl_json_text(NULL)
                                                         : pl_json_int((int64_t)r->seeds[d]));
    pl_json_set(row, "seeds", seeds);
    return row;
}

static void write_json(const struct pl_noise *noise, struct pl_strbuf *out) {
    const struct pl_analysis *a = noise->analysis;
    struct pl_json *object = pl_json_object(), *differences = pl_json_array();
    struct pl_json *points = pl_json_array(), *rows = pl_json_array();
    for (size_t d = 0; d < noise->difference_count; d++)
        pl_json_append(differences, pl_json_real(noise->differences[d]));
    for (size_t p = 0; p < a->point_count; p++)
        pl_json_append(points, point_json(noise, &noise->points[p]));
    for (size_t i = 0; i < noise->row_count; i++)
        pl_json_append(rows, row_json(noise, &noise->rows[i]));
    pl_json_set(object, "schema", pl_json_int(SCHEMA));
    pl_json_set(object, "study", pl_json_text(a->experiment->name));
    pl_json_set(object, "metric", pl_json_text(a->metric));
    pl_json_set(object, "baseline", pl_json_text(a->experiment->baseline));
    pl_json_set(object, "power", pl_json_real(PL_PLANNED_POWER));
    pl_json_set(object, "alpha", pl_json_real(PL_ALPHA));
    pl_json_set(object, "comparisons", pl_json_int((int64_t)noise->comparisons));
    pl_json_set(object, "level", pl_json_real(noise->level));
    pl_json_set(object, "least", pl_json_int((int64_t)noise->least));
    pl_json_set(object, "differences", differences);
    pl_json_set(object, "aa", points);
    pl_json_set(object, "variants", rows);
    char *text = pl_json_write(object, true);
    pl_strbuf_addf(out, "%s\n", text);
    pl_free(text);
    pl_json_destroy(object);
}

/* ---- the command --------------------------------------------------------------------------- */

static enum pl_status write_noise(const struct pl_ledger *evidence, const struct pl_args *args,
                                  const struct differences *differences) {
    struct pl_analysis analysis;
    struct pl_noise noise;
    struct pl_strbuf text;
    PL_TRY(pl_analysis_run(&analysis, &evidence->experiment, &evidence->cells, evidence->results,
                           flag(args, "metric", evidence->experiment.metric)));
    pl_noise_make(&noise, &analysis, differences->items, differences->count);
    pl_strbuf_init(&text);
    if (flag(args, "json", NULL))
        write_json(&noise, &text);
    else
        write_text(&noise, &text);
    enum pl_status status = pl_cli_write(NULL, text.text);
    pl_strbuf_finish(&text);
    pl_noise_finish(&noise);
    pl_analysis_finish(&analysis);
    return status;
}

static int run(const struct pl_args *args) {
    struct pl_ledger evidence;
    struct differences differences;
    if (args->word_count == 0) return pl_cli_fail(pl_fail(PL_ECONFIG, "noise needs a study file"));
    enum pl_status status =
        read_differences(&differences, flag(args, "difference", "1.02x,1.05x,1.1x,1.2x"));
    if (status == PL_OK) status = gather(&evidence, args);
    if (status != PL_OK) return pl_cli_fail(status);
    status = write_noise(&evidence, args, &differences);
    pl_ledger_finish(&evidence);
    return status == PL_OK ? 0 : pl_cli_fail(status);
}

const struct pl_command pl_command_noise = {
    .name = "noise",
    .summary = "Says what differs when nothing differs, and the seeds a difference asks for",
    .usage =
        "STUDY.yaml [key=value ...] [--difference LIST] [--metric NAME] [--json] [--results DIR]",
    .details =
        "Reads finished cells; computes none. The baseline is set against itself under other\n"
        "seeds, and from the spread of each variant's paired differences follow the seeds with\n"
        "which a ratio is told from 1. For more seeds: plumbline run STUDY.yaml seeds=20, and\n"
        "then noise STUDY.yaml seeds=20.\n",
    .examples = "  plumbline noise configs/quickstart.yaml\n"
                "  plumbline noise configs/quickstart.yaml --difference 1.05x,1.5x --json\n",
    .flags = flags,
    .run = run,
};
