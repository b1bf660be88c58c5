/* report: what a study has shown so far. */
#include <string.h>

#include "core/base/log.h"
#include "experiments/cli/from_reference.h"
#include "experiments/cli/output.h"
#include "experiments/cli/request.h"
#include "experiments/evidence/balance.h"
#include "experiments/report/report.h"

struct options {
    struct pl_source_flags source;
    const char *format, *metric, *output, *figures, *reference;
    bool from_reference;
};

static const char *format_name(size_t k) {
    return pl_report_formats[k].name;
}

static const struct pl_flag flags[] = {
    {"format", 'f', "NAME", "", PL_TEXT(struct options, format, "text"), format_name},
    {"metric", 'm', "NAME", "the loss to compare: test_loss (default), train_loss, valid_loss, ...",
     PL_TEXT(struct options, metric, NULL)},
    {"output", 'o', "FILE", "write there instead of stdout", PL_TEXT(struct options, output, NULL)},
    {"figures", 0, "DIR", "where md and html keep their figures (default: DIR/STUDY/figures)",
     PL_TEXT(struct options, figures, NULL)},
    {"from-reference", 0, NULL,
     "tell what the study's packed reference says (bless --packed), whatever the store has",
     PL_SWITCH(struct options, from_reference)},
    {"reference", 0, "FILE", "that reference (default: where check looks, results/reference/STUDY)",
     PL_TEXT(struct options, reference, NULL)},
    PL_SOURCE_FLAGS(struct options, source),
    {0},
};

static enum pl_status write_report(const struct pl_ledger *ledger, const struct options *options) {
    struct pl_analysis analysis;
    struct pl_arena arena = {0};
    PL_TRY(pl_analysis_run(&analysis, &ledger->experiment, &ledger->cells, ledger->results,
                           options->metric ? options->metric : ledger->experiment.metric));
    struct pl_report_input input = {.analysis = &analysis,
                                    .store = ledger->store,
                                    .version = PL_VERSION,
                                    .history = &ledger->history,
                                    .older = ledger->older,
                                    .missing = ledger->missing};
    input.figures = options->figures ? options->figures : pl_output_figures(&arena, ledger->store);
    if (!input.figures &&
        (options->from_reference || options->reference)) /* where a store would have them */
        input.figures = pl_arena_printf(&arena, "%s/%s/figures", options->source.results,
                                        ledger->experiment.name);
    input.link = pl_output_link(&arena, options->output, input.figures);
    if (!options->output) pl_output_look(&input);
    enum pl_status status = pl_output_report(&input, options->format, options->output);
    pl_arena_finish(&arena);
    pl_analysis_finish(&analysis);
    return status;
}

/* The plan of the study file, with the results of its packed reference. */
static enum pl_status load_reference(struct pl_ledger *out, const struct pl_args *args) {
    const struct options *options = args->options;
    struct pl_arena arena = {0};
    struct pl_ledger_source source;
    *out = (struct pl_ledger){0};
    if (args->word_count == 0)
        return pl_fail(PL_ECONFIG, "report needs a study file or a database");
    enum pl_status status = pl_request_source(&source, args->words[0], args->words + 1,
                                              args->word_count - 1, &options->source, &arena);
    if (status == PL_OK)
        status = pl_ledger_plan(out, source.path, source.overrides, source.override_count);
    if (status == PL_OK) status = pl_cli_from_reference(out, source.path, options->reference);
    if (status != PL_OK) pl_ledger_finish(out);
    pl_arena_finish(&arena);
    return status;
}

static int run(const struct pl_args *args) {
    const struct options *options = args->options;
    struct pl_ledger ledger;
    const char *lacking = NULL;
    bool given = options->from_reference || options->reference;
    enum pl_status status =
        given ? load_reference(&ledger, args)
              : pl_request_load(&ledger, args, &options->source,
                                pl_report_wants_diagnostics(options->format), &lacking);
    if (status != PL_OK) return pl_cli_fail(status);
    if (lacking) pl_warn("%s", lacking);
    if (ledger.older)
        pl_warn("%zu cells come from other numerics (an earlier build, compiler, machine or "
                "plug-in); `plumbline run` computes them again",
                ledger.older);
    pl_balance(&ledger);
    status = write_report(&ledger, options);
    pl_ledger_finish(&ledger);
    return status == PL_OK ? 0 : pl_cli_fail(status);
}

const struct pl_command pl_command_report = {
    .name = "report",
    .summary = "Says what a study has shown: ranking, intervals, comparisons",
    .usage =
        "STUDY.yaml|DB [key=value ...] [--format NAME] [-o FILE] [--backend NAME] [--results DIR]\n"
        "                [--from-reference] [--reference FILE]",
    .details =
        "Reads finished cells; computes none. The same results give the same bytes. With a\n"
        "database (results/STUDY/cells.db) no study file is needed. md and html have figures,\n"
        "drawn by gnuplot; their numbers and scripts are kept beside them. html is one file that\n"
        "needs no other; md links the figures.\n",
    .examples = "  plumbline report quickstart\n"
                "  plumbline report liu-post1 --metric train_loss --format md -o post1.md\n"
                "  plumbline report quickstart --format html -o quickstart.html\n"
                "  plumbline report results/quickstart/cells.db --format json\n"
                "  plumbline report liu-multiverse --from-reference --format html -o m.html\n",
    .flags = flags,
    .options_size = sizeof(struct options),
    .run = run,
};
