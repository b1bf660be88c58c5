/* The verdict of a page: one sentence with its numbers. */
#include <math.h>
#include <string.h>

#include "experiments/report/report_impl.h"

#define CROSSINGS_AT_MOST 3

struct sentence {
    const struct pl_analysis *a;
    struct pl_arena *arena;
    struct pl_strbuf text;
};

static const char *label_of(const struct sentence *s, size_t entry) {
    return s->a->experiment->entries[entry].label;
}

static const struct pl_rank *rank_of(const struct pl_analysis *a, size_t entry) {
    size_t i = 0;
    while (a->ranking[i].entry != entry) i++;
    return &a->ranking[i];
}

static size_t ranked_count(const struct pl_analysis *a) {
    size_t count = 0;
    while (count < a->experiment->entry_count && a->ranking[count].ranked) count++;
    return count;
}

static void add_interval(struct sentence *s, struct pl_interval interval) {
    if (pl_interval_exists(interval))
        pl_strbuf_addf(&s->text, " %s", pl_report_ratio_interval(s->arena, interval));
}

/* "better at 3, worse at 1, inconclusive at 1 of 5 points", or the verdict of the only point. */
static void add_verdicts(struct sentence *s, size_t entry) {
    static const enum pl_verdict order[] = {PL_BETTER, PL_WORSE, PL_EQUIVALENT, PL_INCONCLUSIVE};
    size_t counts[4] = {0}, points = s->a->point_count;
    const char *comma = "";
    for (size_t p = 0; p < points; p++) counts[pl_analysis_comparison(s->a, p, entry)->verdict]++;
    if (points == 1) {
        const struct pl_comparison *c = pl_analysis_comparison(s->a, 0, entry);
        const char *p = pl_report_p(s->arena, c->p_holm);
        pl_strbuf_addf(&s->text, " (%s, p %s%s)", pl_verdict_name(c->verdict),
                       *p == '<' ? "" : "= ", p);
        return;
    }
    pl_strbuf_add(&s->text, ", ");
    for (size_t k = 0; k < 4; k++) {
        if (counts[order[k]] == 0) continue;
        pl_strbuf_addf(&s->text, "%s%s at %zu", comma, pl_verdict_name(order[k]), counts[order[k]]);
        comma = ", ";
    }
    pl_strbuf_addf(&s->text, " of %zu points", points);
}

/* "a ranks first of 4 (mean rank 1.20 [1.00, 1.40])" */
static void add_first(struct sentence *s, const struct pl_rank *first, size_t ranked) {
    pl_strbuf_addf(&s->text, "%s%s ranks first of %zu (mean rank %.2f", label_of(s, first->entry),
                   first->entry == s->a->baseline ? ", the baseline," : "", ranked,
                   first->mean_rank);
    if (pl_interval_exists(first->interval))
        pl_strbuf_addf(&s->text, " [%.2f, %.2f]", first->interval.low, first->interval.high);
    pl_strbuf_add(&s->text, ")");
}

/* Against the baseline; or, where that is first, the next behind it. */
static void add_ratio(struct sentence *s, const struct pl_rank *first) {
    const struct pl_rank *shown = first->entry == s->a->baseline ? &s->a->ranking[1] : first;
    const char *baseline = label_of(s, s->a->baseline), *label = label_of(s, shown->entry);
    const char *ratio = pl_report_ratio(s->arena, shown->ratio);
    if (first->entry == s->a->baseline)
        pl_strbuf_addf(&s->text, ": the %s of %s, which is next, is %s times", s->a->metric, label,
                       ratio);
    else
        pl_strbuf_addf(&s->text, ": its %s is %s times", s->a->metric, ratio);
    if (!shown->median) add_interval(s, shown->ratio_interval);
    pl_strbuf_addf(&s->text, " that of %s", baseline);
    add_verdicts(s, shown->entry);
}

/* "a crosses b at task.structure = 0.3 [0.2, 0.4]", shorter once that has been said. */
static void add_place(struct sentence *s, const struct pl_crossover *c, bool first) {
    pl_strbuf_add(&s->text, label_of(s, c->entry));
    if (first)
        pl_strbuf_addf(&s->text, " crosses %s at %s =", label_of(s, s->a->baseline),
                       s->a->experiment->axes[c->axis].key);
    pl_strbuf_addf(&s->text, "%s %.3g", first ? "" : " at", c->at);
    if (!pl_interval_exists(c->interval)) return;
    if (isinf(c->interval.low))
        pl_strbuf_add(&s->text, " [below the range, ");
    else
        pl_strbuf_addf(&s->text, " [%.3g, ", c->interval.low);
    if (isinf(c->interval.high))
        pl_strbuf_add(&s->text, "above the range]");
    else
        pl_strbuf_addf(&s->text, "%.3g]", c->interval.high);
}

/* Crossings along the axis of the main figure, where that is the only one with a curve. */
static void add_crossings(struct sentence *s) {
    const struct pl_analysis *a = s->a;
    size_t axis = pl_report_main_axis(a), found = 0, curves = 0;
    for (size_t i = 0; i < a->crossover_count; i++) {
        if (a->crossovers[i].axis != axis) continue;
        if (a->crossovers[i].point != 0) return;
        curves++;
        found += a->crossovers[i].found;
    }
    if (curves == 0) return;
    const char *key = a->experiment->axes[axis].key, *baseline = label_of(s, a->baseline);
    if (found == 0) {
        pl_strbuf_addf(&s->text, "; along %s none crosses %s", key, baseline);
        return;
    }
    pl_strbuf_add(&s->text, "; ");
    for (size_t i = 0, shown = 0; i < a->crossover_count && shown < CROSSINGS_AT_MOST; i++) {
        if (a->crossovers[i].axis != axis || !a->crossovers[i].found) continue;
        pl_strbuf_add(&s->text, shown++ ? ", " : "");
        add_place(s, &a->crossovers[i], shown == 1);
    }
    if (found > CROSSINGS_AT_MOST)
        pl_strbuf_addf(&s->text, " and %zu more", found - CROSSINGS_AT_MOST);
}

const char *pl_report_verdict(const struct pl_analysis *told, struct pl_arena *arena) {
    struct sentence s = {.a = told, .arena = arena};
    size_t ranked = ranked_count(told);
    if (told->experiment->entry_count < 2) return "There is one variant, and nothing to compare.";
    if (ranked < 2 || !rank_of(told, told->baseline)->ranked)
        return "None yet: the baseline and another variant must have finished first.";
    pl_strbuf_init(&s.text);
    if (told->tally.pending > 0) pl_strbuf_add(&s.text, "So far ");
    add_first(&s, &told->ranking[0], ranked);
    add_ratio(&s, &told->ranking[0]);
    add_crossings(&s);
    pl_strbuf_add(&s.text, ".");
    const char *text = pl_arena_strdup(arena, s.text.text);
    pl_strbuf_finish(&s.text);
    return text;
}
