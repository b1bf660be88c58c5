/* noise: what differs when nothing differs, and how many seeds a difference asks for. */
#include <stdlib.h>
#include <string.h>

#include "core/config/quote.h"
#include "experiments/cli/args.h"
#include "experiments/evidence/noise.h"
#include "experiments/report/pages.h"
#include "experiments/run/ledger.h"

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
    (flag(args, "json", NULL) ? pl_noise_json : pl_noise_text)(&noise, &text);
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
