/* diff: what differs between two studies, in plan and in numbers. */
#include <math.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/log.h"
#include "experiments/cli/args.h"
#include "experiments/evidence/difference.h"
#include "experiments/run/catalogue.h"
#include "experiments/study/registration.h"

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

/* The two studies, what differs, and where it is told. */
struct page {
    const struct pl_ledger *a, *b;
    const struct pl_difference *difference;
    const char *names[2];
    size_t most; /* cells to list */
    struct pl_strbuf out;
};

/* ---- text ---- */

static void add_cell(struct pl_strbuf *out, const struct pl_ledger *evidence, size_t index) {
    const struct pl_cell *cell = &evidence->cells.items[index];
    pl_strbuf_addf(out, "%.8s %s", cell->id, cell->label);
    for (size_t k = 0; k < evidence->experiment.axis_count; k++)
        pl_strbuf_addf(out, " %s=%s", evidence->experiment.axes[k].key, cell->axis_values[k]);
    pl_strbuf_addf(out, " seed %llu", (unsigned long long)cell->seed);
}

static void add_rest(struct page *page, size_t count) {
    if (count > page->most)
        pl_strbuf_addf(&page->out, "    and %zu more (--all)\n", count - page->most);
}

static void add_statements(struct page *page) {
    if (!page->difference->statements) return;
    pl_strbuf_add(&page->out, "\nWhat is judged: ");
    pl_registration_change(&page->out, page->difference->statement_a,
                           page->difference->statement_b);
    pl_strbuf_add(&page->out, "\n");
}

static void add_settings(struct page *page) {
    const struct pl_difference *difference = page->difference;
    if (difference->setting_count == 0) return;
    pl_strbuf_addf(&page->out, "\nSettings of %zu cells in the same place (label, axes, seed)\n",
                   difference->moved);
    for (size_t k = 0; k < difference->setting_count; k++) {
        const struct pl_setting_change *row = &difference->settings[k];
        pl_strbuf_addf(&page->out, "    %-24s %s | %s", row->key, row->a, row->b);
        if (row->cells < difference->moved)
            pl_strbuf_addf(&page->out, "   (%zu cells)", row->cells);
        pl_strbuf_add(&page->out, "\n");
    }
}

static void add_alone(struct page *page, int side, const size_t *cells, size_t count) {
    if (count == 0) return;
    pl_strbuf_addf(&page->out, "\nOnly in %c: %zu cells\n", "AB"[side], count);
    for (size_t k = 0; k < count && k < page->most; k++) {
        pl_strbuf_add(&page->out, "    ");
        add_cell(&page->out, side ? page->b : page->a, cells[k]);
        pl_strbuf_add(&page->out, "\n");
    }
    add_rest(page, count);
}

static void add_numbers(struct page *page) {
    const struct pl_difference *difference = page->difference;
    pl_strbuf_addf(&page->out,
                   "\nCells in both: %zu, %zu with the same numbers, %zu with others, %zu finished "
                   "in one alone\n",
                   difference->shared, difference->same, difference->metric_count,
                   difference->unfinished);
    for (size_t k = 0; k < difference->metric_count && k < page->most; k++) {
        const struct pl_metric_change *row = &difference->metrics[k];
        pl_strbuf_add(&page->out, "    ");
        add_cell(&page->out, page->a, row->a);
        pl_strbuf_addf(&page->out, ": %s at step %ld: %.9g | %.9g (%.2g)\n", row->metric, row->step,
                       row->value_a, row->value_b, row->relative);
    }
    add_rest(page, difference->metric_count);
}

static void add_judgements(struct page *page) {
    const struct pl_difference *difference = page->difference;
    struct pl_strbuf *out = &page->out;
    if (!difference->judged) {
        pl_strbuf_add(out, "\nRankings are not compared: the baselines differ, or one study has "
                           "nothing finished\n");
        return;
    }
    if (difference->rank_count) pl_strbuf_add(out, "\nPlaces in the ranking\n");
    for (size_t k = 0; k < difference->rank_count; k++) {
        const struct pl_rank_change *row = &difference->ranks[k];
        pl_strbuf_addf(out, "    %-24s %zu | %zu   (mean rank %.2f | %.2f)\n", row->label,
                       row->place_a, row->place_b, row->rank_a, row->rank_b);
    }
    if (difference->verdict_count) pl_strbuf_add(out, "\nVerdicts\n");
    for (size_t k = 0; k < difference->verdict_count; k++) {
        const struct pl_verdict_change *row = &difference->verdicts[k];
        pl_strbuf_addf(out, "    %s%s%s: %s | %s   (ratio %.3g | %.3g)\n", row->label,
                       *row->point ? " at " : "", row->point, pl_verdict_name(row->a),
                       pl_verdict_name(row->b), row->ratio_a, row->ratio_b);
    }
    if (difference->rank_count + difference->verdict_count == 0)
        pl_strbuf_add(out, "\nThe ranking and every verdict are the same\n");
}

static void add_text(struct page *page) {
    const struct pl_difference *difference = page->difference;
    pl_strbuf_addf(&page->out, "A  %s\nB  %s\n", page->names[0], page->names[1]);
    add_statements(page);
    add_settings(page);
    add_alone(page, 0, difference->only_a, difference->only_a_count);
    add_alone(page, 1, difference->only_b, difference->only_b_count);
    add_numbers(page);
    add_judgements(page);
}

/* ---- json ---- */

static struct pl_json *cell_json(const struct pl_ledger *evidence, size_t index) {
    const struct pl_cell *cell = &evidence->cells.items[index];
    struct pl_json *out = pl_json_object(), *axes = pl_json_object();
    for (size_t k = 0; k < evidence->experiment.axis_count; k++)
        pl_json_set(axes, evidence->experiment.axes[k].key, pl_json_text(cell->axis_values[k]));
    pl_json_set(out, "id", pl_json_text(cell->id));
    pl_json_set(out, "label", pl_json_text(cell->label));
    pl_json_set(out, "axes", axes);
    pl_json_set(out, "seed", pl_json_int((int64_t)cell->seed));
    return out;
}

static struct pl_json *cells_json(const struct pl_ledger *evidence, const size_t *cells,
                                  size_t count) {
    struct pl_json *out = pl_json_array();
    for (size_t k = 0; k < count; k++) pl_json_append(out, cell_json(evidence, cells[k]));
    return out;
}

static void set_pair(struct pl_json *out, struct pl_json *a, struct pl_json *b) {
    pl_json_set(out, "a", a);
    pl_json_set(out, "b", b);
}

static struct pl_json *settings_json(const struct pl_difference *difference) {
    struct pl_json *out = pl_json_array();
    for (size_t k = 0; k < difference->setting_count; k++) {
        const struct pl_setting_change *row = &difference->settings[k];
        struct pl_json *object = pl_json_object();
        pl_json_set(object, "key", pl_json_text(row->key));
        set_pair(object, pl_json_text(row->a), pl_json_text(row->b));
        pl_json_set(object, "cells", pl_json_int((int64_t)row->cells));
        pl_json_append(out, object);
    }
    return out;
}

static struct pl_json *metrics_json(const struct page *page) {
    struct pl_json *out = pl_json_array();
    for (size_t k = 0; k < page->difference->metric_count; k++) {
        const struct pl_metric_change *row = &page->difference->metrics[k];
        struct pl_json *object = cell_json(page->a, row->a);
        pl_json_set(object, "metric", pl_json_text(row->metric));
        pl_json_set(object, "step", pl_json_int(row->step));
        set_pair(object, pl_json_real(row->value_a), pl_json_real(row->value_b));
        pl_json_set(object, "relative", pl_json_real(row->relative));
        pl_json_append(out, object);
    }
    return out;
}

static struct pl_json *ranks_json(const struct pl_difference *difference) {
    struct pl_json *out = pl_json_array();
    for (size_t k = 0; k < difference->rank_count; k++) {
        const struct pl_rank_change *row = &difference->ranks[k];
        struct pl_json *object = pl_json_object(), *ranks = pl_json_object();
        pl_json_set(object, "label", pl_json_text(row->label));
        set_pair(object, pl_json_int((int64_t)row->place_a), pl_json_int((int64_t)row->place_b));
        set_pair(ranks, pl_json_real(row->rank_a), pl_json_real(row->rank_b));
        pl_json_set(object, "mean_rank", ranks);
        pl_json_append(out, object);
    }
    return out;
}

static struct pl_json *verdicts_json(const struct pl_difference *difference) {
    struct pl_json *out = pl_json_array();
    for (size_t k = 0; k < difference->verdict_count; k++) {
        const struct pl_verdict_change *row = &difference->verdicts[k];
        struct pl_json *object = pl_json_object(), *ratios = pl_json_object();
        pl_json_set(object, "label", pl_json_text(row->label));
        pl_json_set(object, "point", pl_json_text(row->point));
        set_pair(object, pl_json_text(pl_verdict_name(row->a)),
                 pl_json_text(pl_verdict_name(row->b)));
        set_pair(ratios, pl_json_real(row->ratio_a), pl_json_real(row->ratio_b));
        pl_json_set(object, "ratio", ratios);
        pl_json_append(out, object);
    }
    return out;
}

static void add_json(struct page *page, int exit_status) {
    const struct pl_difference *difference = page->difference;
    struct pl_json *out = pl_json_object(), *counts = pl_json_object();
    struct pl_json *statements = pl_json_object();
    pl_json_set(out, "schema", pl_json_int(1));
    set_pair(out, pl_json_text(page->names[0]), pl_json_text(page->names[1]));
    pl_json_set(out, "status", pl_json_int(exit_status));
    set_pair(statements, pl_json_text(difference->statement_a),
             pl_json_text(difference->statement_b));
    pl_json_set(out, "statements", statements);
    pl_json_set(out, "settings", settings_json(difference));
    pl_json_set(out, "only_a", cells_json(page->a, difference->only_a, difference->only_a_count));
    pl_json_set(out, "only_b", cells_json(page->b, difference->only_b, difference->only_b_count));
    pl_json_set(counts, "shared", pl_json_int((int64_t)difference->shared));
    pl_json_set(counts, "same", pl_json_int((int64_t)difference->same));
    pl_json_set(counts, "unfinished", pl_json_int((int64_t)difference->unfinished));
    pl_json_set(counts, "other_settings", pl_json_int((int64_t)difference->moved));
    pl_json_set(out, "cells", counts);
    pl_json_set(out, "metrics", metrics_json(page));
    pl_json_set(out, "judged", pl_json_bool(difference->judged));
    pl_json_set(out, "ranking", ranks_json(difference));
    pl_json_set(out, "verdicts", verdicts_json(difference));
    char *text = pl_json_write(out, true);
    pl_strbuf_addf(&page->out, "%s\n", text);
    pl_free(text);
    pl_json_destroy(out);
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
    struct page page = {.a = a,
                        .b = b,
                        .difference = &difference,
                        .names = {args->words[0], args->words[1]},
                        .most = flag(args, "all") ? (size_t)-1 : SHOWN};
    *exit_status = exit_status_of(&difference);
    pl_strbuf_init(&page.out);
    if (flag(args, "json"))
        add_json(&page, *exit_status);
    else
        add_text(&page);
    enum pl_status status = pl_cli_write(NULL, page.out.text);
    pl_strbuf_finish(&page.out);
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
