/* A cell of one study is paired with a cell of the other by identity, to compare metrics; what is left is
 * paired by place (label, seed, axis values as texts, for the axes of the two may differ), to find settings
 * that changed. For a pairing the cells of one study are sorted by name and those of the other looked up.
 * Every list that comes out has an order of its own that does not depend on the order of cells: the worst
 * metric first, the rest as the first study has them.
 */
#include "experiments/evidence/difference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/vec.h"
#include "core/stats/summary.h"
#include "experiments/study/registration.h"

struct work {
    struct pl_difference *out;
    const struct pl_ledger *a, *b;
    size_t *match; /* of each cell of a: the cell of b in its place, or PL_NO_CELL */
};

/* ---- finding partners ---- */

/* A cell under some name. */
struct named {
    const char *name;
    size_t index;
};

static int by_name(const void *x, const void *y) {
    return strcmp(((const struct named *)x)->name, ((const struct named *)y)->name);
}

static const char *identity_of(const struct pl_ledger *evidence, size_t index,
                               struct pl_arena *arena) {
    (void)arena;
    return evidence->cells.items[index].id;
}

static int by_text(const void *x, const void *y) {
    return strcmp(*(const char *const *)x, *(const char *const *)y);
}

/* "label|seed|axis=value|...", axes in the order of their names. */
static const char *place_of(const struct pl_ledger *evidence, size_t index,
                            struct pl_arena *arena) {
    const struct pl_cell *cell = &evidence->cells.items[index];
    size_t count = evidence->experiment.axis_count;
    const char **axes = PL_ARENA_ARRAY(arena, const char *, count + 1);
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    pl_strbuf_addf(&text, "%s|%llu", cell->label, (unsigned long long)cell->seed);
    for (size_t k = 0; k < count; k++)
        axes[k] = pl_arena_printf(arena, "|%s=%s", evidence->experiment.axes[k].key,
                                  cell->axis_values[k]);
    if (count > 1) qsort(axes, count, sizeof *axes, by_text);
    for (size_t k = 0; k < count; k++) pl_strbuf_add(&text, axes[k]);
    const char *place = pl_arena_strdup(arena, text.text);
    pl_strbuf_finish(&text);
    return place;
}

typedef const char *name_function(const struct pl_ledger *evidence, size_t index,
                                  struct pl_arena *arena);

static struct named *sorted_names(const struct pl_ledger *evidence, name_function *name,
                                  struct pl_arena *arena) {
    struct named *names = PL_ARENA_ARRAY(arena, struct named, evidence->cells.count + 1);
    for (size_t k = 0; k < evidence->cells.count; k++)
        names[k] = (struct named){name(evidence, k, arena), k};
    qsort(names, evidence->cells.count, sizeof *names, by_name);
    return names;
}

/* Gives every cell of a that has no partner yet the one of that name in b, if it is free. */
static void match_by(struct work *work, name_function *name, bool *taken) {
    struct pl_arena arena = {0};
    struct named *names = sorted_names(work->b, name, &arena);
    for (size_t k = 0; k < work->a->cells.count; k++) {
        struct named wanted = {name(work->a, k, &arena), 0};
        if (work->match[k] != PL_NO_CELL) continue;
        const struct named *found =
            bsearch(&wanted, names, work->b->cells.count, sizeof *names, by_name);
        if (!found || taken[found->index]) continue;
        work->match[k] = found->index;
        taken[found->index] = true;
    }
    pl_arena_finish(&arena);
}

static void match_cells(struct work *work) {
    struct pl_difference *out = work->out;
    size_t count_a = work->a->cells.count, count_b = work->b->cells.count;
    bool *taken = PL_ARENA_ARRAY(&out->arena, bool, count_b + 1);
    work->match = PL_ARENA_ARRAY(&out->arena, size_t, count_a + 1);
    for (size_t k = 0; k < count_a; k++) work->match[k] = PL_NO_CELL;
    match_by(work, identity_of, taken);
    match_by(work, place_of, taken);
    out->only_a = PL_ARENA_ARRAY(&out->arena, size_t, count_a + 1);
    out->only_b = PL_ARENA_ARRAY(&out->arena, size_t, count_b + 1);
    for (size_t k = 0; k < count_a; k++)
        if (work->match[k] == PL_NO_CELL) out->only_a[out->only_a_count++] = k;
    for (size_t k = 0; k < count_b; k++)
        if (!taken[k]) out->only_b[out->only_b_count++] = k;
}

/* ---- statements and settings ---- */

static const char *statement_of(const struct pl_ledger *evidence, struct pl_arena *arena) {
    const struct pl_history *history = &evidence->history;
    struct pl_registration registration;
    if (evidence->from_store && history->count > 0)
        return pl_arena_strdup(arena, history->records[history->count - 1].statement);
    pl_registration_make(&registration, &evidence->experiment, &evidence->cells);
    const char *statement = pl_arena_strdup(arena, registration.statement);
    pl_registration_finish(&registration);
    return statement;
}

struct changes {
    PL_VEC(struct pl_setting_change) list;
};

static void add_change(struct changes *changes, struct pl_arena *arena, const char *key,
                       const char *a, const char *b) {
    for (size_t k = 0; k < changes->list.count; k++) {
        struct pl_setting_change *known = &changes->list.items[k];
        if (strcmp(known->key, key) || strcmp(known->a, a) || strcmp(known->b, b)) continue;
        known->cells++;
        return;
    }
    PL_VEC_PUSH(&changes->list,
                (struct pl_setting_change){pl_arena_strdup(arena, key), pl_arena_strdup(arena, a),
                                           pl_arena_strdup(arena, b), 1});
}

static enum pl_status compare_texts(struct work *work, struct changes *changes, const char *a,
                                    const char *b) {
    struct pl_settings left = {0}, right = {0};
    struct pl_arena arena = {0};
    enum pl_status status = pl_settings_read(&left, &arena, a);
    if (status == PL_OK) status = pl_settings_read(&right, &arena, b);
    struct pl_settings_walk walk = {&left, &right, 0, 0};
    const char *key, *here, *there;
    while (status == PL_OK && pl_settings_differ(&walk, &key, &here, &there))
        add_change(changes, &work->out->arena, key, here, there);
    pl_settings_finish(&left);
    pl_settings_finish(&right);
    pl_arena_finish(&arena);
    return status;
}

static enum pl_status find_settings(struct work *work) {
    struct changes changes = {0};
    struct pl_difference *out = work->out;
    enum pl_status status = PL_OK;
    for (size_t k = 0; k < work->a->cells.count && status == PL_OK; k++) {
        if (work->match[k] == PL_NO_CELL) continue;
        const struct pl_cell *a = &work->a->cells.items[k];
        const struct pl_cell *b = &work->b->cells.items[work->match[k]];
        if (strcmp(a->id, b->id) == 0) continue;
        out->moved++;
        status = compare_texts(work, &changes, a->settings, b->settings);
    }
    out->setting_count = changes.list.count;
    if (changes.list.count)
        out->settings = pl_arena_copy(&out->arena, changes.list.items,
                                      changes.list.count * sizeof *changes.list.items);
    PL_VEC_FINISH(&changes.list);
    return status;
}

/* ---- metrics ---- */

static const struct pl_metric *metric_like(const struct pl_result *result, size_t hint,
                                           const struct pl_metric *like) {
    const struct pl_metric *metrics = result->metrics;
    if (hint < result->metric_count && metrics[hint].step == like->step &&
        strcmp(metrics[hint].name, like->name) == 0)
        return &metrics[hint];
    for (size_t k = 0; k < result->metric_count; k++)
        if (metrics[k].step == like->step && strcmp(metrics[k].name, like->name) == 0)
            return &metrics[k];
    return NULL;
}

/* Keeps the worst; of equals the first. */
static void worsen(struct pl_metric_change *worst, const struct pl_metric *metric, double a,
                   double b) {
    double apart = pl_stats_relative(a, b);
    if (!(apart > worst->relative)) return;
    worst->metric = metric->name;
    worst->step = metric->step;
    worst->value_a = a;
    worst->value_b = b;
    worst->relative = apart;
}

static void compare_results(struct pl_metric_change *worst, const struct pl_result *a,
                            const struct pl_result *b) {
    for (size_t k = 0; k < a->metric_count; k++) {
        const struct pl_metric *other = metric_like(b, k, &a->metrics[k]);
        worsen(worst, &a->metrics[k], a->metrics[k].value, other ? other->value : NAN);
    }
    for (size_t k = 0; k < b->metric_count; k++)
        if (!metric_like(a, k, &b->metrics[k]))
            worsen(worst, &b->metrics[k], NAN, b->metrics[k].value);
}

static int worst_first(const void *x, const void *y) {
    const struct pl_metric_change *a = x, *b = y;
    if (a->relative != b->relative) return a->relative > b->relative ? -1 : 1;
    return a->a < b->a ? -1 : a->a > b->a;
}

static void find_metrics(struct work *work) {
    struct pl_difference *out = work->out;
    out->metrics = PL_ARENA_ARRAY(&out->arena, struct pl_metric_change, work->a->cells.count + 1);
    for (size_t k = 0; k < work->a->cells.count; k++) {
        size_t other = work->match[k];
        if (other == PL_NO_CELL ||
            strcmp(work->a->cells.items[k].id, work->b->cells.items[other].id) != 0)
            continue;
        const struct pl_result *a = &work->a->results[k], *b = &work->b->results[other];
        out->shared++;
        out->unfinished += pl_outcome_is_finished(a->outcome) != pl_outcome_is_finished(b->outcome);
        if (!pl_outcome_is_finished(a->outcome) || !pl_outcome_is_finished(b->outcome)) continue;
        struct pl_metric_change worst = {.a = k, .b = other};
        compare_results(&worst, a, b);
        if (worst.metric)
            out->metrics[out->metric_count++] = worst;
        else
            out->same++;
    }
    qsort(out->metrics, out->metric_count, sizeof *out->metrics, worst_first);
}

/* ---- rankings and verdicts ---- */

static size_t place_in(const struct pl_analysis *analysis, const char *label, double *rank) {
    *rank = NAN;
    for (size_t k = 0; k < analysis->experiment->entry_count; k++) {
        const struct pl_rank *row = &analysis->ranking[k];
        if (strcmp(analysis->experiment->entries[row->entry].label, label) != 0) continue;
        *rank = row->mean_rank;
        return row->ranked ? k + 1 : 0;
    }
    return 0;
}

static void compare_rankings(struct pl_difference *out, const struct pl_analysis *a,
                             const struct pl_analysis *b) {
    size_t count = a->experiment->entry_count;
    out->ranks = PL_ARENA_ARRAY(&out->arena, struct pl_rank_change, count + 1);
    for (size_t k = 0; k < count; k++) {
        struct pl_rank_change change = {.label = a->experiment->entries[a->ranking[k].entry].label};
        change.place_a = place_in(a, change.label, &change.rank_a);
        change.place_b = place_in(b, change.label, &change.rank_b);
        if (change.place_a != change.place_b) out->ranks[out->rank_count++] = change;
    }
}

/* "task.structure = 0.5, model.depth = 4", axes in the order of their names. */
static const char *point_text(const struct pl_analysis *analysis, size_t point,
                              struct pl_arena *arena) {
    size_t count = analysis->experiment->axis_count;
    const char **parts = PL_ARENA_ARRAY(arena, const char *, count + 1), *text = "";
    for (size_t k = 0; k < count; k++)
        parts[k] = pl_arena_printf(arena, "%s = %s", analysis->experiment->axes[k].key,
                                   pl_analysis_axis_value(analysis, point, k));
    if (count > 1) qsort(parts, count, sizeof *parts, by_text);
    for (size_t k = 0; k < count; k++)
        text = pl_arena_printf(arena, "%s%s%s", text, k ? ", " : "", parts[k]);
    return text;
}

static const struct pl_comparison *comparison_like(const struct pl_analysis *analysis,
                                                   const char *label, const char *point,
                                                   const char *const *points) {
    for (size_t k = 0; k < analysis->comparison_count; k++) {
        const struct pl_comparison *row = &analysis->comparisons[k];
        if (strcmp(analysis->experiment->entries[row->entry].label, label) == 0 &&
            strcmp(points[row->point], point) == 0)
            return row;
    }
    return NULL;
}

static void compare_verdicts(struct pl_difference *out, const struct pl_analysis *a,
                             const struct pl_analysis *b) {
    const char **points = PL_ARENA_ARRAY(&out->arena, const char *, b->point_count + 1);
    for (size_t p = 0; p < b->point_count; p++) points[p] = point_text(b, p, &out->arena);
    out->verdicts = PL_ARENA_ARRAY(&out->arena, struct pl_verdict_change, a->comparison_count + 1);
    for (size_t k = 0; k < a->comparison_count; k++) {
        const struct pl_comparison *mine = &a->comparisons[k];
        const char *label = a->experiment->entries[mine->entry].label;
        const char *point = point_text(a, mine->point, &out->arena);
        const struct pl_comparison *theirs = comparison_like(b, label, point, points);
        if (!theirs || theirs->verdict == mine->verdict) continue;
        out->verdicts[out->verdict_count++] = (struct pl_verdict_change){
            label, point, mine->verdict, theirs->verdict, mine->ratio, theirs->ratio};
    }
}

/* What a reader of the two reports would see: the chosen runs, where a study selects. */
static const struct pl_analysis *told(const struct pl_analysis *analysis) {
    return analysis->selection ? analysis->selection->best : analysis;
}

static bool anything_done(const struct pl_analysis *analysis) {
    return analysis->tally.done + analysis->tally.diverged > 0;
}

static enum pl_status analyse(struct pl_analysis *out, const struct pl_ledger *evidence) {
    return pl_analysis_run(out, &evidence->experiment, &evidence->cells, evidence->results,
                           evidence->experiment.metric);
}

static enum pl_status find_judgements(struct work *work) {
    struct pl_analysis a, b;
    struct pl_difference *out = work->out;
    if (strcmp(work->a->experiment.baseline, work->b->experiment.baseline) != 0) return PL_OK;
    PL_TRY(analyse(&a, work->a));
    enum pl_status status = analyse(&b, work->b);
    if (status == PL_OK) {
        out->judged = anything_done(&a) && anything_done(&b);
        if (out->judged) {
            compare_rankings(out, told(&a), told(&b));
            compare_verdicts(out, told(&a), told(&b));
        }
        pl_analysis_finish(&b);
    }
    pl_analysis_finish(&a);
    return status;
}

/* ---- the whole ---- */

enum pl_status pl_difference_find(struct pl_difference *out, const struct pl_ledger *a,
                                  const struct pl_ledger *b) {
    struct work work = {.out = out, .a = a, .b = b};
    *out = (struct pl_difference){0};
    out->statement_a = statement_of(a, &out->arena);
    out->statement_b = statement_of(b, &out->arena);
    out->statements = strcmp(out->statement_a, out->statement_b) != 0;
    match_cells(&work);
    enum pl_status status = find_settings(&work);
    if (status == PL_OK) {
        find_metrics(&work);
        status = find_judgements(&work);
    }
    if (status != PL_OK) pl_difference_finish(out);
    return status;
}

void pl_difference_finish(struct pl_difference *difference) {
    if (!difference) return;
    pl_arena_finish(&difference->arena);
    *difference = (struct pl_difference){0};
}

bool pl_difference_in_plan(const struct pl_difference *difference) {
    return difference->statements || difference->moved || difference->only_a_count ||
           difference->only_b_count || difference->unfinished;
}
