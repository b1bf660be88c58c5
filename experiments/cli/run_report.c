#include "experiments/cli/run_report.h"

#include "core/base/log.h"
#include "experiments/cli/args.h"
#include "experiments/cli/output.h"

/* To a file of that path, which is told; NULL: to stdout. */
static enum pl_status write_file(const struct pl_report_input *input, const char *format,
                                 const char *path) {
    enum pl_status status = pl_output_report(input, format, path);
    if (status == PL_OK && path) pl_info("%s", path);
    return status;
}

/* Beside the database as files that look the same everywhere, and then to stdout as the terminal can show
 * it: a reader that goes away there takes nothing else with it. */
enum pl_status pl_run_report(const struct pl_ledger *ledger, const char *metric,
                             const char *results, struct pl_arena *arena) {
    struct pl_analysis analysis;
    const char *folder = pl_arena_printf(arena, "%s/%s", results, ledger->experiment.name);
    PL_TRY(pl_analysis_run(&analysis, &ledger->experiment, &ledger->cells, ledger->results,
                           metric ? metric : ledger->experiment.metric));
    struct pl_report_input plain = {.analysis = &analysis,
                                    .store = ledger->store,
                                    .version = PL_VERSION,
                                    .history = &ledger->history,
                                    .older = ledger->older,
                                    .missing = ledger->missing};
    plain.figures = pl_output_figures(arena, ledger->store);
    struct pl_report_input seen = plain;
    pl_output_look(&seen);
    enum pl_status status =
        write_file(&plain, "text", pl_arena_printf(arena, "%s/report.txt", folder));
    if (status == PL_OK)
        status = write_file(&plain, "csv", pl_arena_printf(arena, "%s/report.csv", folder));
    if (status == PL_OK)
        status = write_file(&plain, "html", pl_arena_printf(arena, "%s/report.html", folder));
    if (status == PL_OK && pl_log_level() < PL_LOG_INFO) /* --quiet: where it is */
        status = pl_cli_write(NULL, pl_arena_printf(arena, "%s/report.txt\n", folder));
    else if (status == PL_OK)
        status = write_file(&seen, "text", NULL);
    pl_analysis_finish(&analysis);
    return status;
}
