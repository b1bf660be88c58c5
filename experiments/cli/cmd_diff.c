/* diff: what differs between two studies, in plan and in numbers. */
#include "core/base/log.h"
#include "experiments/cli/args.h"
#include "experiments/report/pages.h"
#include "experiments/run/catalogue.h"

enum { EXIT_OTHER_PLAN = 5, EXIT_OTHER_NUMBERS = 6, SHOWN = 10 };

static const struct pl_flag flags[] = {
    {"json", 0, NULL, "everything as JSON"},
    {"all", 'a', NULL, "list every cell that differs, not only the worst 10"},
    {"results", 0, "DIR", "where results are kept (default: results)"},
    {0},
};

static const char *flag(const struct pl_args *args, const char *name) {
    return pl_args_get(args, &pl_command_diff, name);
}

/* ---- the two studies ---- */

static enum pl_status read_store(struct pl_ledger *out, struct pl_store *store) {
    enum pl_status status = pl_ledger_read(out, store, PL_LEDGER_NEWEST);
    if (status != PL_OK) pl_ledger_finish(out);
    return status;
}

static enum pl_status gather(struct pl_ledger *out, const char *path, const char *results) {
    struct pl_store *store = NULL;
    bool database = pl_path_is_database(path);
    if (database) PL_TRY(pl_store_open_file(&store, path));
    enum pl_status status =
        database ? pl_ledger_plan_from(out, store) : pl_ledger_plan(out, path, NULL, 0);
    if (status == PL_OK && !database && pl_store_exists(results, out->experiment.name)) {
        status = pl_store_open(&store, results, out->experiment.name, PL_STORE_READ);
        if (status != PL_OK) pl_ledger_finish(out);
    }
    if (status == PL_OK && store) status = read_store(out, store);
    pl_store_close(store);
    return status;
}

static int exit_status_of(const struct pl_difference *difference) {
    if (pl_difference_in_plan(difference)) return EXIT_OTHER_PLAN;
    return difference->metric_count ? EXIT_OTHER_NUMBERS : 0;
}

static enum pl_status tell(const struct pl_args *args, const struct pl_ledger *a,
                           const struct pl_ledger *b, int *exit_status) {
    struct pl_difference difference;
    PL_TRY(pl_difference_find(&difference, a, b));
    *exit_status = exit_status_of(&difference);
    const struct pl_difference_page page = {.a = a,
                                            .b = b,
                                            .difference = &difference,
                                            .names = {args->words[0], args->words[1]},
                                            .most = flag(args, "all") ? (size_t)-1 : SHOWN,
                                            .exit_status = *exit_status};
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    (flag(args, "json") ? pl_difference_json : pl_difference_text)(&page, &text);
    enum pl_status status = pl_cli_write(NULL, text.text);
    pl_strbuf_finish(&text);
    pl_difference_finish(&difference);
    return status;
}

static int run(const struct pl_args *args) {
    const char *results = flag(args, "results") ? flag(args, "results") : "results";
    struct pl_ledger a, b;
    int exit_status = 0;
    if (args->word_count != 2)
        return pl_cli_fail(pl_fail(PL_ECONFIG,
                                   "diff needs two studies, each a file or a database, as in "
                                   "plumbline diff before/cells.db after/cells.db"));
    enum pl_status status = gather(&a, args->words[0], results);
    if (status != PL_OK) return pl_cli_fail(status);
    status = gather(&b, args->words[1], results);
    if (status == PL_OK) {
        status = tell(args, &a, &b, &exit_status);
        pl_ledger_finish(&b);
    }
    pl_ledger_finish(&a);
    return status == PL_OK ? exit_status : pl_cli_fail(status);
}

const struct pl_command pl_command_diff = {
    .name = "diff",
    .summary = "Says what differs between two studies: settings, cells, numbers, verdicts",
    .usage = "A B [--json] [--all] [--results DIR]",
    .details =
        "A and B are study files (with their results in DIR) or databases. Cells are matched by\n"
        "identity, then by label, axes and seed. Numbers are compared to the bit, the newest\n"
        "result of each cell; times are not compared.\n"
        "\nExit status: 0 nothing differs, 5 the plans differ or what is finished of them, 6 only\n"
        "numbers of the same cells differ.\n",
    .examples = "  plumbline diff results/quickstart/cells.db elsewhere/cells.db\n"
                "  plumbline diff configs/quickstart.yaml mine.yaml --json\n",
    .flags = flags,
    .run = run,
};
