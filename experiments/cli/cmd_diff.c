/* diff: what differs between two studies, in plan and in numbers. */
#include <string.h>

#include "experiments/cli/request.h"
#include "experiments/report/pages.h"

enum { EXIT_OTHER_PLAN = 5, EXIT_OTHER_NUMBERS = 6, SHOWN = 10 };

struct options {
    struct pl_source_flags source;
    bool json, all;
};

static const struct pl_flag flags[] = {
    {"json", 0, NULL, "everything as JSON", PL_SWITCH(struct options, json)},
    {"all", 'a', NULL, "list every cell that differs, not only the worst 10",
     PL_SWITCH(struct options, all)},
    PL_SOURCE_FLAGS(struct options, source),
    {0},
};

/* ---- the two studies ---- */

static enum pl_status print_difference(const struct pl_args *args, const struct pl_ledger *a,
                                       const struct pl_ledger *b, int *exit_status) {
    const struct options *options = args->options;
    struct pl_difference difference;
    PL_TRY(pl_difference_find(&difference, a, b));
    *exit_status = pl_difference_in_plan(&difference) ? EXIT_OTHER_PLAN
                   : difference.metric_count          ? EXIT_OTHER_NUMBERS
                                                      : 0;
    const struct pl_difference_page page = {.a = a,
                                            .b = b,
                                            .difference = &difference,
                                            .names = {args->words[0], args->words[1]},
                                            .most = options->all ? (size_t)-1 : SHOWN,
                                            .exit_status = *exit_status};
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    (options->json ? pl_difference_json : pl_difference_text)(&page, &text);
    enum pl_status status = (options->json ? pl_cli_write : pl_cli_show)(NULL, text.text);
    pl_strbuf_finish(&text);
    pl_difference_finish(&difference);
    return status;
}

/* Overrides are for both, where they are study files: a database has its plan. */
static enum pl_status load(struct pl_ledger *out, const struct pl_args *args, size_t index) {
    const struct options *options = args->options;
    const char *path = args->words[index], *other = args->words[1 - index];
    bool database = pl_path_is_database(path) && !pl_path_is_database(other);
    const struct pl_source_flags none = {.results = options->source.results};
    struct pl_arena arena = {0};
    struct pl_ledger_source source;
    enum pl_status status =
        pl_request_source(&source, path, args->words + 2, database ? 0 : args->word_count - 2,
                          database ? &none : &options->source, &arena);
    if (status == PL_OK) status = pl_ledger_load(out, &source, PL_LEDGER_NEWEST, false);
    pl_arena_finish(&arena);
    return status;
}

static int run(const struct pl_args *args) {
    struct pl_ledger a, b;
    int exit_status = 0;
    bool two = args->word_count >= 2 && !strchr(args->words[1], '=');
    for (size_t k = 2; k < args->word_count; k++) two = two && strchr(args->words[k], '=');
    if (!two)
        return pl_cli_fail(pl_fail(PL_ECONFIG,
                                   "diff needs two studies, each a file or a database, as in "
                                   "plumbline diff before/cells.db after/cells.db; key=value may "
                                   "follow"));
    enum pl_status status = load(&a, args, 0);
    if (status != PL_OK) return pl_cli_fail(status);
    status = load(&b, args, 1);
    if (status == PL_OK) {
        status = print_difference(args, &a, &b, &exit_status);
        pl_ledger_finish(&b);
    }
    pl_ledger_finish(&a);
    return status == PL_OK ? exit_status : pl_cli_fail(status);
}

const struct pl_command pl_command_diff = {
    .name = "diff",
    .summary = "Says what differs between two studies: settings, cells, numbers, verdicts",
    .usage = "A B [key=value ...] [--json] [--all] [--backend NAME] [--results DIR]",
    .details =
        "A and B are study files (with their results in DIR) or databases; key=value and "
        "--backend\n"
        "are for those that are files. Cells are matched by\n"
        "identity, then by label, axes and seed. Numbers are compared to the bit, the newest\n"
        "result of each cell; times are not compared.\n"
        "\nExit status: 0 nothing differs, 5 the plans differ or what is finished of them, 6 only\n"
        "numbers of the same cells differ.\n",
    .examples = "  plumbline diff results/quickstart/cells.db elsewhere/cells.db\n"
                "  plumbline diff quickstart mine.yaml --json\n",
    .flags = flags,
    .options_size = sizeof(struct options),
    .run = run,
};
