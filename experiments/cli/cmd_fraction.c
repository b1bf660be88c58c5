/* fraction: how much of a study's data is structure, by what its models learn of more and more of it. */
#include "experiments/cli/args.h"
#include "experiments/evidence/analysis.h"
#include "experiments/evidence/fraction.h"
#include "experiments/report/pages.h"
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
    (flag(args, "json", NULL) ? pl_fractions_json : pl_fractions_text)(&evidence->experiment,
                                                                       &fractions, metric, &text);
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
