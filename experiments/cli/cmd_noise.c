/* noise: what differs when nothing differs, and how many seeds a difference asks for. */
#include <stdlib.h>
#include <string.h>

#include "core/config/quote.h"
#include "experiments/cli/request.h"
#include "experiments/evidence/noise.h"
#include "experiments/report/pages.h"

enum { DIFFERENCES_MOST = 6 };

struct options {
    struct pl_source_flags source;
    const char *difference, *metric;
    bool json;
};

static const struct pl_flag flags[] = {
    {"difference", 'd', "LIST", "ratios to be seen, such as 1.05x,1.2x",
     PL_TEXT(struct options, difference, "1.02x,1.05x,1.1x,1.2x")},
    {"metric", 'm', "NAME", "the loss: test_loss (default), train_loss, valid_loss, ...",
     PL_TEXT(struct options, metric, NULL)},
    {"json", 0, NULL, "as JSON, with every number (docs/statistics.md)",
     PL_SWITCH(struct options, json)},
    PL_SOURCE_FLAGS(struct options, source),
    {0},
};

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
    const struct options *options = args->options;
    const char *lacking;
    PL_TRY(pl_request_load(out, args, &options->source, false, &lacking));
    if (!lacking) return PL_OK;
    enum pl_status status = pl_fail(PL_ECONFIG, "%s; noise is measured on finished cells", lacking);
    pl_ledger_finish(out);
    return status;
}

/* ---- the command --------------------------------------------------------------------------- */

static enum pl_status write_noise(const struct pl_ledger *ledger, const struct pl_args *args,
                                  const struct differences *differences) {
    const struct options *options = args->options;
    struct pl_analysis analysis;
    struct pl_noise noise;
    struct pl_strbuf text;
    PL_TRY(pl_analysis_run(&analysis, &ledger->experiment, &ledger->cells, ledger->results,
                           options->metric ? options->metric : ledger->experiment.metric));
    if (!analysis.row->ratio) {
        enum pl_status status = pl_fail(
            PL_ECONFIG,
            "--metric is %s, which is compared by differences, and noise plans for ratios; take a "
            "loss",
            analysis.metric);
        pl_analysis_finish(&analysis);
        return status;
    }
    pl_noise_make(&noise, &analysis, differences->items, differences->count);
    pl_strbuf_init(&text);
    (options->json ? pl_noise_json : pl_noise_text)(&noise, &text);
    enum pl_status status = (options->json ? pl_cli_write : pl_cli_show)(NULL, text.text);
    pl_strbuf_finish(&text);
    pl_noise_finish(&noise);
    pl_analysis_finish(&analysis);
    return status;
}

static int run(const struct pl_args *args) {
    const struct options *options = args->options;
    struct pl_ledger ledger;
    struct differences differences;
    enum pl_status status = read_differences(&differences, options->difference);
    if (status == PL_OK) status = gather(&ledger, args);
    if (status != PL_OK) return pl_cli_fail(status);
    status = write_noise(&ledger, args, &differences);
    pl_ledger_finish(&ledger);
    return status == PL_OK ? 0 : pl_cli_fail(status);
}

const struct pl_command pl_command_noise = {
    .name = "noise",
    .summary = "Says what differs when nothing differs, and the seeds a difference asks for",
    .usage =
        "STUDY.yaml [key=value ...] [--difference LIST] [--metric NAME] [--json] [--backend NAME]\n"
        "                [--results DIR]",
    .details =
        "Reads finished cells; computes none. The baseline is set against itself under other\n"
        "seeds, and from the spread of each variant's paired differences follow the seeds with\n"
        "which a ratio is told from 1. For more seeds: plumbline run STUDY.yaml seeds=20, and\n"
        "then noise STUDY.yaml seeds=20.\n",
    .examples = "  plumbline noise quickstart\n"
                "  plumbline noise quickstart --difference 1.05x,1.5x --json\n",
    .flags = flags,
    .options_size = sizeof(struct options),
    .run = run,
};
