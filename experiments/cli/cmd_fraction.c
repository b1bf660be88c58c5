/* fraction: how much of a study's data is structure, by what its models learn of more and more of it. */
#include "experiments/cli/request.h"
#include "experiments/evidence/analysis.h"
#include "experiments/evidence/fraction.h"
#include "experiments/report/pages.h"

struct options {
    struct pl_source_flags source;
    const char *metric, *output;
    bool json;
};

static const struct pl_flag flags[] = {
    {"json", 0, NULL, "the same as JSON, for programs", PL_SWITCH(struct options, json)},
    {"metric", 'm', "NAME", "the loss that counts the bits",
     PL_TEXT(struct options, metric, "train_loss")},
    {"output", 'o', "FILE", "write there instead of stdout", PL_TEXT(struct options, output, NULL)},
    PL_SOURCE_FLAGS(struct options, source),
    {0},
};

/* ---- the command ---- */

static enum pl_status gather(struct pl_ledger *out, const struct pl_args *args) {
    const struct options *options = args->options;
    const char *lacking;
    PL_TRY(pl_request_load(out, args, &options->source, false, &lacking));
    if (!lacking) return PL_OK;
    enum pl_status status =
        pl_fail(PL_ECONFIG, "%s; the share is estimated from finished cells", lacking);
    pl_ledger_finish(out);
    return status;
}

static enum pl_status tell(const struct pl_ledger *ledger, const struct pl_args *args) {
    const struct options *options = args->options;
    struct pl_fractions fractions;
    struct pl_strbuf text;
    const char *metric = options->metric;
    PL_TRY(pl_fractions_find(&fractions, ledger, metric));
    pl_strbuf_init(&text);
    (options->json ? pl_fractions_json : pl_fractions_text)(&ledger->experiment, &fractions, metric,
                                                            &text);
    enum pl_status status =
        (options->json ? pl_cli_write : pl_cli_show)(options->output, text.text);
    pl_strbuf_finish(&text);
    pl_fractions_finish(&fractions);
    return status;
}

static int run(const struct pl_args *args) {
    struct pl_ledger ledger;
    enum pl_status status = gather(&ledger, args);
    if (status != PL_OK) return pl_cli_fail(status);
    status = tell(&ledger, args);
    pl_ledger_finish(&ledger);
    return status == PL_OK ? 0 : pl_cli_fail(status);
}

const struct pl_command pl_command_fraction = {
    .name = "fraction",
    .summary = "Estimates how much of a study's data is structure, from two or more sizes",
    .usage = "STUDY.yaml|DB [key=value ...] [--metric NAME] [--json] [-o FILE] [--backend NAME]\n"
             "                [--results DIR]",
    .details =
        "For a study of classification with an axis task.samples. What is structured is learned\n"
        "from any number of samples; what is random fills the model and then stops. So the bits\n"
        "learned, C = (ln V - training loss) D / ln 2, grow with the samples D as the structured\n"
        "share p_s does: p_s = (C1 - C2) / (log2 V (D1 - D2)), or the least-squares slope of more\n"
        "than two sizes. One estimate a seed; the interval is over seeds. It holds when the "
        "random\n"
        "part is more than the model can store at the smallest size.\n",
    .examples = "  plumbline run liu-structural-fraction\n"
                "  plumbline fraction liu-structural-fraction\n",
    .flags = flags,
    .options_size = sizeof(struct options),
    .run = run,
};
