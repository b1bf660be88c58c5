/* fraction: how much of a study's data is structure, by what its models learn of more and more of it. */
#include <stdio.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/json.h"
#include "experiments/cli/args.h"
#include "experiments/evidence/analysis.h"
#include "experiments/evidence/fraction.h"
#include "experiments/report/columns.h"
#include "experiments/run/catalogue.h"

static const struct pl_flag flags[] = {
    {"json", 0, NULL, "the same as JSON, for programs"},
    {"metric", 'm', "NAME", "the loss that counts the bits (default: train_loss)"},
    {"output", 'o', "FILE", "write there instead of stdout"},
    {"results", 0, "DIR", "where results are kept (default: results)"},
    {0},
};

static const char *flag(const struct pl_args *args, const char *name, const char *fallback) {
    const char *value = pl_args_get(args, &pl_command_fraction, name);
    return value ? value : fallback;
}

/* ---- for people ---- */

static void add_axes(struct pl_strbuf *out, const struct pl_experiment *experiment,
                     const struct pl_fractions *fractions, const struct pl_fraction *row) {
    for (size_t k = 0; k < experiment->axis_count; k++)
        if (k != fractions->axis)
            pl_strbuf_addf(out, "%s%s=%s", out->length ? " " : "", experiment->axes[k].key,
                           row->cell->axis_values[k]);
}

static void add_row(struct pl_columns *table, const struct pl_experiment *experiment,
                    const struct pl_fractions *fractions, const struct pl_fraction *row) {
    char seeds[24], fraction[24], interval[48];
    struct pl_strbuf axes, bits;
    pl_strbuf_init(&axes);
    pl_strbuf_init(&bits);
    add_axes(&axes, experiment, fractions, row);
    for (size_t k = 0; row->seeds && k < fractions->size_count; k++)
        pl_strbuf_addf(&bits, "%s%.0f at %.0f", k ? ", " : "", row->bits[k], fractions->sizes[k]);
    snprintf(seeds, sizeof seeds, "%zu", row->seeds);
    snprintf(fraction, sizeof fraction, "%.3f", row->fraction);
    snprintf(interval, sizeof interval, "[%.3f, %.3f]", row->interval.low, row->interval.high);
    bool known = pl_interval_exists(row->interval);
    pl_columns_row(table,
                   (const char *[]){row->cell->label, axes.text, seeds, row->seeds ? fraction : "-",
                                    known ? interval : "-", row->seeds ? bits.text : "-"});
    pl_strbuf_finish(&axes);
    pl_strbuf_finish(&bits);
}

static void write_text(struct pl_strbuf *out, const struct pl_experiment *experiment,
                       const struct pl_fractions *fractions, const char *metric) {
    struct pl_columns table;
    pl_strbuf_addf(
        out,
        "Structural fraction in study %s: the slope of the bits learned, (ln V - %s) D / "
        "ln 2,\nover D, divided by log2 V. Means over seeds, 95 %% t intervals.\n\n",
        experiment->name, metric);
    pl_columns_init(&table, 2, 6);
    pl_columns_row(&table,
                   (const char *[]){"variant", "setting", "seeds", "p_s", "95 %", "bits learned"});
    for (size_t k = 0; k < fractions->count; k++)
        add_row(&table, experiment, fractions, &fractions->rows[k]);
    pl_columns_write(&table, out);
    pl_columns_finish(&table);
}

/* ---- for programs ---- */

static struct pl_json *row_json(const struct pl_experiment *experiment,
                                const struct pl_fractions *fractions,
                                const struct pl_fraction *row) {
    struct pl_json *object = pl_json_object(), *axes = pl_json_object(), *bits = pl_json_array();
    struct pl_json *ends = pl_json_text(NULL);
    for (size_t k = 0; k < experiment->axis_count; k++)
        if (k != fractions->axis)
            pl_json_set(axes, experiment->axes[k].key, pl_json_text(row->cell->axis_values[k]));
    for (size_t k = 0; k < fractions->size_count; k++)
        pl_json_append(bits, pl_json_real(row->bits[k]));
    if (pl_interval_exists(row->interval)) {
        pl_json_destroy(ends);
        ends = pl_json_array();
        pl_json_append(ends, pl_json_real(row->interval.low));
        pl_json_append(ends, pl_json_real(row->interval.high));
    }
    pl_json_set(object, "variant", pl_json_text(row->cell->variant));
    pl_json_set(object, "label", pl_json_text(row->cell->label));
    pl_json_set(object, "axes", axes);
    pl_json_set(object, "seeds", pl_json_int((int64_t)row->seeds));
    pl_json_set(object, "fraction", pl_json_real(row->fraction));
    pl_json_set(object, "interval", ends);
    pl_json_set(object, "bits", bits);
    return object;
}

static void write_json(struct pl_strbuf *out, const struct pl_experiment *experiment,
                       const struct pl_fractions *fractions, const char *metric) {
    struct pl_json *top = pl_json_object(), *sizes = pl_json_array(), *rows = pl_json_array();
    for (size_t k = 0; k < fractions->size_count; k++)
        pl_json_append(sizes, pl_json_real(fractions->sizes[k]));
    for (size_t k = 0; k < fractions->count; k++)
        pl_json_append(rows, row_json(experiment, fractions, &fractions->rows[k]));
    pl_json_set(top, "schema", pl_json_int(1));
    pl_json_set(top, "study", pl_json_text(experiment->name));
    pl_json_set(top, "metric", pl_json_text(metric));
    pl_json_set(top, "confidence", pl_json_real(PL_CONFIDENCE));
    pl_json_set(top, "samples", sizes);
    pl_json_set(top, "fractions", rows);
    char *text = pl_json_write(top, true);
    pl_strbuf_addf(out, "%s\n", text);
    pl_free(text);
    pl_json_destroy(top);
}

/* ---- the command ---- */

static enum pl_status gather(struct pl_ledger *out, const struct pl_args *args) {
    const char *path = args->words[0], *results = flag(args, "results", "results");
    struct pl_store *store;
    bool database = pl_path_is_database(path);
    if (database) {
        PL_TRY(pl_store_open_file(&store, path));
    } else {
        PL_TRY(pl_ledger_plan(out, path, args->words + 1, args->word_count - 1));
        enum pl_status opened = pl_store_open(&store, results, out->experiment.name, PL_STORE_READ);
        if (opened != PL_OK) pl_ledger_finish(out);
        PL_TRY(opened);
    }
    enum pl_status status = database ? pl_ledger_plan_from(out, store) : PL_OK;
    if (status == PL_OK && (status = pl_ledger_read(out, store, PL_LEDGER_NEWEST)) != PL_OK)
        pl_ledger_finish(out);
    pl_store_close(store);
    return status;
}

static enum pl_status tell(const struct pl_ledger *evidence, const struct pl_args *args) {
    struct pl_fractions fractions;
    struct pl_strbuf text;
    const char *metric = flag(args, "metric", "train_loss");
    PL_TRY(pl_fractions_find(&fractions, evidence, metric));
    pl_strbuf_init(&text);
    (flag(args, "json", NULL) ? write_json : write_text)(&text, &evidence->experiment, &fractions,
                                                         metric);
    enum pl_status status = pl_cli_write(flag(args, "output", NULL), text.text);
    pl_strbuf_finish(&text);
    pl_fractions_finish(&fractions);
    return status;
}

static int run(const struct pl_args *args) {
    struct pl_ledger evidence;
    if (args->word_count == 0)
        return pl_cli_fail(pl_fail(PL_ECONFIG, "fraction needs a study file or a database"));
    enum pl_status status = gather(&evidence, args);
    if (status != PL_OK) return pl_cli_fail(status);
    status = tell(&evidence, args);
    pl_ledger_finish(&evidence);
    return status == PL_OK ? 0 : pl_cli_fail(status);
}

const struct pl_command pl_command_fraction = {
    .name = "fraction",
    .summary = "Estimates how much of a study's data is structure, from two or more sizes",
    .usage = "STUDY.yaml|DB [key=value ...] [--metric NAME] [--json] [-o FILE] [--results DIR]",
    .details =
        "For a study of classification with an axis task.samples. What is structured is learned\n"
        "from any number of samples; what is random fills the model and then stops. So the bits\n"
        "learned, C = (ln V - training loss) D / ln 2, grow with the samples D as the structured\n"
        "share p_s does: p_s = (C1 - C2) / (log2 V (D1 - D2)), or the least-squares slope of more\n"
        "than two sizes. One estimate a seed; the interval is over seeds. It holds when the "
        "random\n"
        "part is more than the model can store at the smallest size.\n",
    .examples = "  plumbline run configs/liu-structural-fraction.yaml\n"
                "  plumbline fraction configs/liu-structural-fraction.yaml\n",
    .flags = flags,
    .run = run,
};
