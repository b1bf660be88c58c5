/* The page of `diff`: what differs between two studies, in plan and in numbers. */
#include <string.h>

#include "core/base/escape.h"
#include "experiments/report/pages.h"
#include "experiments/report/rows.h"
#include "experiments/study/registration.h"

/* ------------------------------------------------------------------------------------ text */

static void add_cell(struct pl_strbuf *out, const struct pl_ledger *evidence, size_t index) {
    const struct pl_cell *cell = &evidence->cells.items[index];
    pl_strbuf_addf(out, "%.8s ", cell->id);
    pl_escape_visible(out, cell->label);
    for (size_t k = 0; k < evidence->experiment.axis_count; k++)
        pl_strbuf_addf(out, " %s=%s", evidence->experiment.axes[k].key, cell->axis_values[k]);
    pl_strbuf_addf(out, " seed %llu", (unsigned long long)cell->seed);
}

static void add_rest(const struct pl_difference_page *page, struct pl_strbuf *out, size_t count) {
    if (count > page->most) pl_strbuf_addf(out, "    and %zu more (--all)\n", count - page->most);
}

static void add_statements(const struct pl_difference_page *page, struct pl_strbuf *out) {
    if (!page->difference->statements) return;
    pl_strbuf_add(out, "\nWhat is judged: ");
    pl_registration_change(out, page->difference->statement_a, page->difference->statement_b);
    pl_strbuf_add(out, "\n");
}

static void add_settings(const struct pl_difference_page *page, struct pl_strbuf *out) {
    const struct pl_difference *difference = page->difference;
    if (difference->setting_count == 0) return;
    pl_strbuf_addf(out, "\nSettings of %zu cells in the same place (label, axes, seed)\n",
                   difference->moved);
    for (size_t k = 0; k < difference->setting_count; k++) {
        const struct pl_setting_change *row = &difference->settings[k];
        pl_strbuf_addf(out, "    %-24s %s | %s", row->key, row->a, row->b);
        if (row->cells < difference->moved) pl_strbuf_addf(out, "   (%zu cells)", row->cells);
        pl_strbuf_add(out, "\n");
    }
}

static void add_alone(const struct pl_difference_page *page, struct pl_strbuf *out, int side,
                      const size_t *cells, size_t count) {
    if (count == 0) return;
    pl_strbuf_addf(out, "\nOnly in %c: %zu cells\n", "AB"[side], count);
    for (size_t k = 0; k < count && k < page->most; k++) {
        pl_strbuf_add(out, "    ");
        add_cell(out, side ? page->b : page->a, cells[k]);
        pl_strbuf_add(out, "\n");
    }
    add_rest(page, out, count);
}

static void add_numbers(const struct pl_difference_page *page, struct pl_strbuf *out) {
    const struct pl_difference *difference = page->difference;
    pl_strbuf_addf(out,
                   "\nCells in both: %zu, %zu with the same numbers, %zu with others, %zu finished "
                   "in one alone\n",
                   difference->shared, difference->same, difference->metric_count,
                   difference->unfinished);
    for (size_t k = 0; k < difference->metric_count && k < page->most; k++) {
        const struct pl_metric_change *row = &difference->metrics[k];
        pl_strbuf_add(out, "    ");
        add_cell(out, page->a, row->a);
        pl_strbuf_addf(out, ": %s at step %ld: %.9g | %.9g (%.2g)\n", row->metric, row->step,
                       row->value_a, row->value_b, row->relative);
    }
    add_rest(page, out, difference->metric_count);
}

static void add_judgements(const struct pl_difference_page *page, struct pl_strbuf *out) {
    const struct pl_difference *difference = page->difference;
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

void pl_difference_text(const struct pl_difference_page *page, struct pl_strbuf *out) {
    const struct pl_difference *difference = page->difference;
    pl_strbuf_addf(out, "A  %s\nB  %s\n", page->names[0], page->names[1]);
    add_statements(page, out);
    add_settings(page, out);
    add_alone(page, out, 0, difference->only_a, difference->only_a_count);
    add_alone(page, out, 1, difference->only_b, difference->only_b_count);
    add_numbers(page, out);
    add_judgements(page, out);
}

/* ------------------------------------------------------------------------------------ json */

#define ROW(name, type, member, kind, help) PL_ROW_AS(name, type, member, kind, PL_UNIT_NONE, help)

static struct pl_json *pair_json(struct pl_json *a, struct pl_json *b) {
    struct pl_json *pair = pl_json_object();
    pl_json_set(pair, "a", a);
    pl_json_set(pair, "b", b);
    return pair;
}

/* make() of these rows takes the study of the cell. */
static struct pl_json *make_cell_axes(const void *ledger, const void *item, const void *values) {
    const struct pl_experiment *experiment = &((const struct pl_ledger *)ledger)->experiment;
    struct pl_json *axes = pl_json_object();
    (void)item;
    for (size_t k = 0; k < experiment->axis_count; k++)
        pl_json_set(axes, experiment->axes[k].key,
                    pl_json_text((*(const char **const *)values)[k]));
    return axes;
}

static const struct pl_row cell_rows[] = {
    ROW("id", struct pl_cell, id, PL_ROW_NAME, "identity"),
    ROW("label", struct pl_cell, label, PL_ROW_TEXT, "of the entry"),
    PL_ROW_MADE_BY(struct pl_cell, axis_values, "axes", make_cell_axes, "value of each axis"),
    ROW("seed", struct pl_cell, seed, PL_ROW_SEED, "of data, start weights and batches"),
    {0},
};

static const struct pl_row setting_rows[] = {
    ROW("key", struct pl_setting_change, key, PL_ROW_TEXT, "the setting"),
    ROW("a", struct pl_setting_change, a, PL_ROW_TEXT, "its value in A"),
    ROW("b", struct pl_setting_change, b, PL_ROW_TEXT, "its value in B"),
    ROW("cells", struct pl_setting_change, cells, PL_ROW_SIZE, "in which it differs"),
    {0},
};

static const struct pl_row metric_rows[] = {
    ROW("metric", struct pl_metric_change, metric, PL_ROW_TEXT, "the worst of the cell"),
    ROW("step", struct pl_metric_change, step, PL_ROW_LONG, "training step"),
    ROW("a", struct pl_metric_change, value_a, PL_ROW_REAL, "its value in A"),
    ROW("b", struct pl_metric_change, value_b, PL_ROW_REAL, "its value in B"),
    ROW("relative", struct pl_metric_change, relative, PL_ROW_REAL, "their difference"),
    {0},
};

static struct pl_json *make_ranks(const void *context, const void *item, const void *member) {
    const struct pl_rank_change *row = item;
    (void)context;
    (void)member;
    return pair_json(pl_json_real(row->rank_a), pl_json_real(row->rank_b));
}

static const struct pl_row rank_rows[] = {
    ROW("label", struct pl_rank_change, label, PL_ROW_TEXT, "of the entry"),
    ROW("a", struct pl_rank_change, place_a, PL_ROW_SIZE, "its place in A; 0: not ranked"),
    ROW("b", struct pl_rank_change, place_b, PL_ROW_SIZE, "its place in B"),
    PL_ROW_MADE_BY(struct pl_rank_change, rank_a, "mean_rank", make_ranks, "of both"),
    {0},
};

static struct pl_json *make_verdict(const void *context, const void *item, const void *verdict) {
    (void)context;
    (void)item;
    return pl_json_text(pl_verdict_name(*(const enum pl_verdict *)verdict));
}

static struct pl_json *make_ratios(const void *context, const void *item, const void *member) {
    const struct pl_verdict_change *row = item;
    (void)context;
    (void)member;
    return pair_json(pl_json_real(row->ratio_a), pl_json_real(row->ratio_b));
}

static const struct pl_row verdict_rows[] = {
    ROW("label", struct pl_verdict_change, label, PL_ROW_TEXT, "of the entry"),
    ROW("point", struct pl_verdict_change, point, PL_ROW_TEXT, "of the axes"),
    PL_ROW_MADE_BY(struct pl_verdict_change, a, "a", make_verdict, "in A"),
    PL_ROW_MADE_BY(struct pl_verdict_change, b, "b", make_verdict, "in B"),
    PL_ROW_MADE_BY(struct pl_verdict_change, ratio_a, "ratio", make_ratios, "of both"),
    {0},
};

static const struct pl_row count_rows[] = {
    ROW("shared", struct pl_difference, shared, PL_ROW_SIZE, "cells of both studies"),
    ROW("same", struct pl_difference, same, PL_ROW_SIZE, "of them, with the same bits"),
    ROW("unfinished", struct pl_difference, unfinished, PL_ROW_SIZE, "finished in one alone"),
    ROW("other_settings", struct pl_difference, moved, PL_ROW_SIZE, "in the same place"),
    {0},
};
#undef ROW

static struct pl_json *cells_json(const struct pl_ledger *ledger, const size_t *cells,
                                  size_t count) {
    struct pl_json *out = pl_json_array();
    for (size_t k = 0; k < count; k++)
        pl_json_append(out, pl_rows_json(cell_rows, ledger, &ledger->cells.items[cells[k]]));
    return out;
}

void pl_difference_json(const struct pl_difference_page *page, struct pl_strbuf *out) {
    const struct pl_difference *d = page->difference;
    struct pl_json *object = pl_json_object(), *metrics = pl_json_array();
    for (size_t k = 0; k < d->metric_count; k++) {
        struct pl_json *row =
            pl_rows_json(cell_rows, page->a, &page->a->cells.items[d->metrics[k].a]);
        pl_rows_set(row, metric_rows, NULL, &d->metrics[k]);
        pl_json_append(metrics, row);
    }
    pl_json_set(object, "schema", pl_json_int(PL_DIFFERENCE_SCHEMA));
    pl_json_set(object, "a", pl_json_text(page->names[0]));
    pl_json_set(object, "b", pl_json_text(page->names[1]));
    pl_json_set(object, "status", pl_json_int(page->exit_status));
    pl_json_set(object, "statements",
                pair_json(pl_json_text(d->statement_a), pl_json_text(d->statement_b)));
    pl_json_set(
        object, "settings",
        pl_rows_array(setting_rows, NULL, d->settings, d->setting_count, sizeof *d->settings));
    pl_json_set(object, "only_a", cells_json(page->a, d->only_a, d->only_a_count));
    pl_json_set(object, "only_b", cells_json(page->b, d->only_b, d->only_b_count));
    pl_json_set(object, "cells", pl_rows_json(count_rows, NULL, d));
    pl_json_set(object, "metrics", metrics);
    pl_json_set(object, "judged", pl_json_bool(d->judged));
    pl_json_set(object, "ranking",
                pl_rows_array(rank_rows, NULL, d->ranks, d->rank_count, sizeof *d->ranks));
    pl_json_set(
        object, "verdicts",
        pl_rows_array(verdict_rows, NULL, d->verdicts, d->verdict_count, sizeof *d->verdicts));
    pl_json_print(object, true, out);
}
