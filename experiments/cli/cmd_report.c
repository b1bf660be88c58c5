/* report: what a study has shown so far. */
#include <string.h>

#include "core/base/log.h"
#include "experiments/cli/args.h"
#include "experiments/cli/output.h"
#include "experiments/evidence/balance.h"
#include "experiments/report/report.h"

static const struct pl_flag flags[] = {
    {"format", 'f', "NAME", "text (default), md, html, csv, diagnostics, jsonl or json"},
    {"metric", 'm', "NAME",
     "the loss to compare: test_loss (default), train_loss, valid_loss, ..."},
    {"output", 'o', "FILE", "write there instead of stdout"},
    {"figures", 0, "DIR", "where md and html keep their figures (default: DIR/STUDY/figures)"},
    {"results", 0, "DIR", "where results are kept (default: results)"},
    {0},
};

static const char *flag(const struct pl_args *args, const char *name, const char *fallback) {
    const char *value = pl_args_get(args, &pl_command_report, name);
    return value ? value : fallback;
}

static bool is_database(const char *path) {
    size_t length = strlen(path);
    return length > 3 && strcmp(path + length - 3, ".db") == 0;
}

static enum pl_status read_all(struct pl_ledger *out, struct pl_store *store,
                               const struct pl_args *args) {
    PL_TRY(pl_ledger_read(out, store, PL_LEDGER_NEWEST));
    if (!pl_report_wants_diagnostics(flag(args, "format", "text"))) return PL_OK;
    return pl_ledger_diagnostics(out, store);
}

/* From a database alone. */
static enum pl_status gather_database(struct pl_ledger *out, const struct pl_args *args) {
    struct pl_store *store;
    PL_TRY(pl_store_open_file(&store, args->words[0]));
    enum pl_status status = pl_ledger_plan_from(out, store);
    if (status == PL_OK && (status = read_all(out, store, args)) != PL_OK) pl_ledger_finish(out);
    pl_store_close(store);
    return status;
}

static enum pl_status gather_study(struct pl_ledger *out, const struct pl_args *args) {
    const char *results = flag(args, "results", "results");
    struct pl_store *store;
    PL_TRY(pl_ledger_plan(out, args->words[0], args->words + 1, args->word_count - 1));
    enum pl_status status = PL_OK;
    if (!pl_store_exists(results, out->experiment.name)) {
        pl_warn("nothing of %s has run yet; `plumbline run %s` starts it", out->experiment.name,
                args->words[0]);
        return PL_OK;
    }
    status = pl_store_open(&store, results, out->experiment.name, PL_STORE_READ);
    if (status == PL_OK) {
        status = read_all(out, store, args);
        pl_store_close(store);
    }
    if (status != PL_OK) pl_ledger_finish(out);
    return status;
}

static enum pl_status write_report(const struct pl_ledger *evidence, const struct pl_args *args) {
    struct pl_analysis analysis;
    struct pl_strbuf text;
    struct pl_arena arena = {0};
    PL_TRY(pl_analysis_run(&analysis, &evidence->experiment, &evidence->cells, evidence->results,
                           flag(args, "metric", evidence->experiment.metric)));
    const char *output = flag(args, "output", NULL), *figures = flag(args, "figures", NULL);
    struct pl_report_input input = {.analysis = &analysis,
                                    .store = evidence->store,
                                    .version = PL_VERSION,
                                    .history = &evidence->history,
                                    .older = evidence->older,
                                    .missing = evidence->missing};
    input.figures = figures ? figures : pl_output_figures(&arena, evidence->store);
    input.link = pl_output_link(&arena, output, input.figures);
    if (!output) pl_output_look(&input);
    pl_strbuf_init(&text);
    enum pl_status status = pl_report_write(&input, flag(args, "format", "text"), &text);
    if (status == PL_OK) status = pl_cli_write(output, text.text);
    pl_strbuf_finish(&text);
    pl_arena_finish(&arena);
    pl_analysis_finish(&analysis);
    return status;
}

static int run(const struct pl_args *args) {
    struct pl_ledger evidence;
    if (args->word_count == 0)
        return pl_cli_fail(pl_fail(PL_ECONFIG, "report needs a study file or a database"));
    enum pl_status status = is_database(args->words[0]) ? gather_database(&evidence, args)
                                                        : gather_study(&evidence, args);
    if (status != PL_OK) return pl_cli_fail(status);
    if (evidence.older)
        pl_warn(
            "%zu cells come from other numerics (an earlier build, compiler, machine or plug-in); "
            "`plumbline run` computes them again",
            evidence.older);
    pl_balance(&evidence);
    status = write_report(&evidence, args);
    pl_ledger_finish(&evidence);
    return status == PL_OK ? 0 : pl_cli_fail(status);
}

const struct pl_command pl_command_report = {
    .name = "report",
    .summary = "Says what a study has shown: ranking, intervals, comparisons",
    .usage = "STUDY.yaml|DB [key=value ...] [--format NAME] [-o FILE] [--results DIR]",
    .details =
        "Reads finished cells; computes none. The same results give the same bytes. With a\n"
        "database (results/STUDY/cells.db) no study file is needed. md and html have figures,\n"
        "drawn by gnuplot; their numbers and scripts are kept beside them. html is one file that\n"
        "needs no other; md links the figures.\n",
    .examples =
        "  plumbline report configs/quickstart.yaml\n"
        "  plumbline report configs/liu-post1.yaml --metric train_loss --format md -o post1.md\n"
        "  plumbline report configs/quickstart.yaml --format html -o quickstart.html\n"
        "  plumbline report results/quickstart/cells.db --format json\n",
    .flags = flags,
    .run = run,
};
