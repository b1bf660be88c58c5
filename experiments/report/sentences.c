/* Sentences, in the order of a page. Words that depend on a count are plural(count, one, many); numbers are
 * written by pl_number_add, so that a sentence and a table show the same digits. */
#include "experiments/report/sentences.h"

#include <math.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/math.h"
#include "core/stats/bootstrap.h"
#include "core/stats/compare.h"
#include "core/stats/power.h"
#include "experiments/report/rows.h"

#define CROSSINGS_AT_MOST 3

static const char *plural(size_t count, const char *one, const char *many) {
    return count == 1 ? one : many;
}

/* ----------------------------------------------------------------------------- the verdict */

#define NAMES_AT_MOST 6

/* Two digits, three near 1 and from 100 up: "0.64", "0.983", "1.09", "12". */
static void add_short(struct pl_strbuf *out, double number) {
    const char *format = number >= 1.0 && number < 1.1  ? "%.2f"
                         : number > 0.9 && number < 1.0 ? "%.3f"
                         : number >= 100                ? "%.3g"
                                                        : "%.2g";
    if (isinf(number))
        pl_strbuf_add(out, "infinitely many");
    else
        pl_strbuf_addf(out, format, number);
}

/* "0.12", of a difference of rates; two digits. */
static void add_apart(struct pl_strbuf *out, double difference) {
    if (isinf(difference))
        pl_strbuf_add(out, "infinitely far");
    else
        pl_strbuf_addf(out, "%.2g", fabs(difference));
}

static const char *side_of(double difference) {
    return difference < 0.0 ? "below" : "above";
}

static void add_p(struct pl_strbuf *out, double p) {
    bool tiny = p < 1e-4; /* "<0.0001" has its own sign */
    pl_strbuf_add(out, tiny ? "p " : "p = ");
    if (tiny)
        pl_number_add(out, PL_UNIT_P, p);
    else
        pl_strbuf_addf(out, "%.2g", p);
}

bool pl_say_nothing_to_rank(struct pl_strbuf *out, const struct pl_analysis *told) {
    const struct pl_experiment *experiment = told->experiment;
    size_t entries = experiment->entry_count, ranked = 0, same = 0;
    bool baseline = false;
    if (entries < 2) {
        pl_strbuf_addf(out, "There is one variant, %s, and nothing to compare it with.",
                       experiment->entries[0].label);
        return true;
    }
    if (told->tally.done == 0 && told->tally.diverged > 0) {
        pl_strbuf_addf(out, "All %zu runs that finished diverged, so nothing can be ranked.",
                       told->tally.diverged);
        return true;
    }
    for (; ranked < entries && told->ranking[ranked].ranked; ranked++)
        baseline |= told->ranking[ranked].entry == told->baseline;
    if (ranked < 2 || !baseline) {
        pl_strbuf_add(out, "None yet: the baseline and another variant must have finished first.");
        return true;
    }
    if (told->ranking[0].blocks == 0) {
        pl_strbuf_add(out, "None yet: no point and seed has been finished by every variant.");
        return true;
    }
    for (size_t k = 0; k < told->pair_count; k++) same += told->pairs[k].same;
    if (same < told->pair_count) return false;
    pl_strbuf_addf(out,
                   "All %zu variants have the same %s in every run, to the last bit: they do the "
                   "same, and nothing can be ranked.",
                   ranked, told->metric);
    return true;
}

void pl_say_comparison(struct pl_strbuf *out, const struct pl_words *names, size_t count,
                       const struct pl_comparison *best, size_t worse) {
    bool told = best->verdict == PL_BETTER || best->verdict == PL_WORSE;
    if (count > 2 && best->verdict != PL_BETTER) {
        pl_strbuf_addf(out,
                       worse + 1 == count ? "every other variant is worse than %s"
                                          : "no variant is told to be better than %s",
                       names->baseline);
        return;
    }
    if (told && names->differences)
        pl_strbuf_addf(out, "the %s of %s is ", names->metric, names->label);
    else if (best->verdict == PL_EQUIVALENT)
        pl_strbuf_addf(out, "%s and %s are equivalent (", names->label, names->baseline);
    else if (!told)
        pl_strbuf_addf(out, "%s is not told from %s (", names->label, names->baseline);
    else
        pl_strbuf_addf(out, "%s has ", names->label);
    if (names->differences && best->ratio == 0.0)
        pl_strbuf_addf(out, "the same mean %s", names->metric);
    else if (names->differences) {
        add_apart(out, best->ratio);
        pl_strbuf_addf(out, " %s %s", side_of(best->ratio), told ? "that of " : "in ");
        pl_strbuf_add(out, told ? names->baseline : names->metric);
    } else {
        add_short(out, best->ratio);
        pl_strbuf_addf(out, " times the %s", names->metric);
        if (told) pl_strbuf_addf(out, " of %s", names->baseline);
    }
    if (best->diverged > 0)
        pl_strbuf_addf(out, "%sthe median of %zu pairs, %zu with a diverged run%s",
                       told ? " (" : ", ", best->n, best->diverged, told ? ")" : "");
    if (!told) pl_strbuf_add(out, ")");
}

void pl_say_where(struct pl_strbuf *out, const char *axis, const char *value, bool first) {
    bool structure = strcmp(axis, "task.structure") == 0;
    if (structure && strcmp(value, "0") == 0)
        pl_strbuf_addf(out, "%s noise (%s = 0) ", first ? "On" : "on", axis);
    else if (structure && strcmp(value, "1") == 0)
        pl_strbuf_addf(out, "%s structured data (%s = 1) ", first ? "On" : "on", axis);
    else
        pl_strbuf_addf(out, "%s %s = %s ", first ? "At" : "at", axis, value);
}

void pl_say_winner(struct pl_strbuf *out, const struct pl_words *names, size_t count, size_t points,
                   const struct pl_rank *rank, bool baseline, double p) {
    pl_strbuf_addf(out, "%s%s has the %s %s of %zu", names->label,
                   baseline ? ", the baseline," : "", names->higher ? "highest" : "lowest",
                   names->metric, count);
    if (points > 1) pl_strbuf_addf(out, " over all %zu points", points);
    if (!baseline && !isnan(rank->ratio)) {
        pl_strbuf_add(out, ", ");
        if (names->differences) {
            add_apart(out, rank->ratio);
            pl_strbuf_addf(out, " %s that of %s", side_of(rank->ratio), names->baseline);
        } else {
            add_short(out, rank->ratio);
            pl_strbuf_addf(out, " times that of %s", names->baseline);
        }
    }
    pl_strbuf_addf(out, ", and is told apart from %s (", count == 2 ? "the other" : "every other");
    add_p(out, p);
    pl_strbuf_add(out, ")");
}

void pl_say_group(struct pl_strbuf *out, const char *const *labels, size_t count, size_t of,
                  size_t points, bool equivalent) {
    if (points > 1) pl_strbuf_addf(out, "over all %zu points ", points);
    if (count < of) pl_strbuf_addf(out, "of %zu variants ", of);

    /* "a", "a and b", "a, b and c", "a, b and 7 more" */
    size_t shown = count > NAMES_AT_MOST ? NAMES_AT_MOST - 1 : count;
    for (size_t i = 0; i < shown; i++)
        pl_strbuf_addf(out, "%s%s", i == 0 ? "" : i + 1 == count ? " and " : ", ", labels[i]);
    if (shown < count) pl_strbuf_addf(out, " and %zu more", count - shown);

    if (count < of) pl_strbuf_add(out, " may be the best; they");
    pl_strbuf_add(out, equivalent ? " are equivalent" : " are not told apart");
}

/* One end of the range of [axis], or the only point. */
static void add_point(struct pl_strbuf *out, const struct pl_analysis *a, size_t point,
                      struct pl_words names) {
    const struct pl_comparison *best = NULL;
    size_t worse = 0, compared = 1;
    for (size_t e = 0; e < a->experiment->entry_count; e++) {
        const struct pl_comparison *c = pl_analysis_comparison(a, point, e);
        if (!c || c->n == 0) continue;
        compared++;
        worse += c->verdict == PL_WORSE;
        bool better = c->verdict == PL_BETTER, leads = best && best->verdict == PL_BETTER;
        if (!best || better > leads || (better == leads && c->middle < best->middle)) best = c;
    }
    if (!best) {
        pl_strbuf_add(out, "nothing can be compared yet");
        return;
    }
    names.label = a->experiment->entries[best->entry].label;
    pl_say_comparison(out, &names, compared, best, worse);
}

/* The winner, or who may be the best. */
static void add_leaders(struct pl_strbuf *out, const struct pl_analysis *a, struct pl_words names) {
    size_t entries = a->experiment->entry_count, ranked = 0, equivalent = 0;
    size_t *members = pl_alloc_zero(entries, sizeof *members);
    const char **labels = pl_alloc_zero(entries, sizeof *labels);
    size_t count = pl_analysis_leaders(a, members), start = out->length;
    const struct pl_rank *rank = a->ranking;
    double p = 0.0;
    for (; ranked < entries && a->ranking[ranked].ranked; ranked++) continue;
    for (size_t i = 0; i < count; i++) labels[i] = a->experiment->entries[members[i]].label;
    while (rank->entry != members[0]) rank++;
    for (size_t k = 0; k < a->pair_count; k++) {
        const struct pl_pair *pair = &a->pairs[k];
        if ((pair->entry == members[0] || pair->other == members[0]) && pair->p > p) p = pair->p;
        for (size_t i = 1; i < count; i++)
            equivalent += pair == pl_analysis_pair(a, members[0], members[i]) &&
                          pair->verdict == PL_EQUIVALENT;
    }
    names.label = labels[0];
    if (count == 1)
        pl_say_winner(out, &names, ranked, a->point_count, rank, members[0] == a->baseline, p);
    else
        pl_say_group(out, labels, count, ranked, a->point_count, equivalent + 1 == count);
    if (count > 1 && (a->point_count > 1 || count < ranked))
        out->text[start] = 'O'; /* "over", "of" begin a sentence */
    pl_free(members);
    pl_free(labels);
}

/* " [0.1, 0.3]"; an end beyond the range is said in words; nothing for no interval. */
static void add_place_interval(struct pl_strbuf *out, struct pl_interval interval) {
    if (!pl_interval_exists(interval)) return;
    pl_strbuf_add(out, " [");
    if (isinf(interval.low))
        pl_strbuf_add(out, "below the range");
    else
        pl_number_add(out, PL_UNIT_NONE, interval.low);
    pl_strbuf_add(out, ", ");
    if (isinf(interval.high))
        pl_strbuf_add(out, "above the range");
    else
        pl_number_add(out, PL_UNIT_NONE, interval.high);
    pl_strbuf_add(out, "]");
}

void pl_say_place(struct pl_strbuf *out, const struct pl_words *names,
                  const struct pl_crossover *crossover, bool first) {
    pl_strbuf_add(out, names->label);
    if (first)
        pl_strbuf_addf(out, " crosses %s near %s = ", names->baseline, names->axis);
    else
        pl_strbuf_add(out, " near ");
    pl_strbuf_addf(out, "%.2g", crossover->at);
}

/* Crossings along [axis], where that axis has one curve an entry. */
static void add_crossings(struct pl_strbuf *out, const struct pl_analysis *a, size_t axis,
                          struct pl_words names) {
    size_t found = 0, shown = 0;
    for (size_t i = 0; i < a->crossover_count; i++) {
        if (a->crossovers[i].axis != axis) continue;
        if (a->crossovers[i].point != 0) return;
        found += a->crossovers[i].told;
    }
    if (found == 0) return;
    names.axis = a->experiment->axes[axis].key;
    pl_strbuf_add(out, "; ");
    for (size_t i = 0; i < a->crossover_count && shown < CROSSINGS_AT_MOST; i++) {
        if (a->crossovers[i].axis != axis || !a->crossovers[i].told) continue;
        names.label = a->experiment->entries[a->crossovers[i].entry].label;
        if (shown > 0) pl_strbuf_add(out, ", ");
        pl_say_place(out, &names, &a->crossovers[i], shown++ == 0);
    }
    if (found > CROSSINGS_AT_MOST) pl_strbuf_addf(out, " and %zu more", found - CROSSINGS_AT_MOST);
}

void pl_say_worse_than_trivial(struct pl_strbuf *out, const struct pl_analysis *told) {
    size_t entries = told->experiment->entry_count, shown = 0;
    for (size_t e = 0; e < entries && shown < NAMES_AT_MOST; e++) {
        size_t worse = 0;
        for (size_t p = 0; p < told->point_count; p++) {
            const struct pl_summary *summary = pl_analysis_summary(told, p, e);
            worse += isfinite(summary->loss) && summary->loss > summary->trivial;
        }
        if (worse == 0) continue;
        pl_strbuf_addf(out, "%s%s",
                       shown++ ? ", " : " Worse than guessing (the trivial predictor): ",
                       told->experiment->entries[e].label);
        if (told->point_count > 1)
            pl_strbuf_addf(out, " at %zu of %zu points", worse, told->point_count);
    }
    if (shown > 0) pl_strbuf_add(out, ".");
}

void pl_say_risen(struct pl_strbuf *out, const struct pl_analysis *told) {
    size_t entries = told->experiment->entry_count, shown = 0;
    for (size_t e = 0; e < entries && shown < NAMES_AT_MOST; e++) {
        size_t risen = 0;
        double most = 0.0;
        for (size_t p = 0; p < told->point_count; p++) {
            double rise = pl_analysis_summary(told, p, e)->rise;
            if (!(rise > PL_RISE_RATIO)) continue;
            risen++;
            if (rise > most) most = rise;
        }
        if (risen == 0) continue;
        if (shown++)
            pl_strbuf_add(out, "; ");
        else
            pl_strbuf_addf(out,
                           " The %s rose again after its least, by a factor of more than %g, so "
                           "stopping earlier would have ended lower: ",
                           told->metric, PL_RISE_RATIO);
        pl_strbuf_add(out, told->experiment->entries[e].label);
        if (told->point_count > 1)
            pl_strbuf_addf(out, " at %zu of %zu points, up to", risen, told->point_count);
        else
            pl_strbuf_add(out, " by");
        pl_strbuf_add(out, " ");
        add_short(out, most);
        pl_strbuf_add(out, " times");
    }
    if (shown > 0) pl_strbuf_add(out, ".");
}

void pl_say_groups(struct pl_strbuf *out, const struct pl_analysis *told) {
    size_t entries = told->experiment->entry_count, shown = 0, more = 0;
    for (size_t e = 0; e < entries; e++)
        for (size_t p = 0; p < told->point_count; p++) {
            const struct pl_groups *groups = &pl_analysis_summary(told, p, e)->groups;
            if (groups->lower == 0) continue;
            if (shown == 2) {
                more++;
                continue;
            }
            pl_strbuf_add(
                out, shown++ ? "; " : " Seeds fall into two groups, of which a mean says little: ");
            pl_strbuf_addf(out, "%s", told->experiment->entries[e].label);
            for (size_t k = 0; k < told->experiment->axis_count; k++)
                pl_strbuf_addf(out, "%s %s = %s", k ? "," : " at", told->experiment->axes[k].key,
                               pl_analysis_axis_value(told, p, k));
            pl_strbuf_addf(out, ", %zu of %zu near %.3g and %zu near %.3g", groups->lower,
                           groups->lower + groups->upper,
                           pl_analysis_shown(told, groups->lower_mean), groups->upper,
                           pl_analysis_shown(told, groups->upper_mean));
        }
    if (more) pl_strbuf_addf(out, "; and %zu more", more);
    if (shown) pl_strbuf_add(out, ".");
}

/* Every run has the same number, to the last bit, at all values of [axis]; false where nothing shows it. */
static bool is_dead(const struct pl_analysis *a, size_t axis) {
    const struct pl_experiment *experiment = a->experiment;
    size_t row = experiment->entry_count * experiment->seed_count, seen = 0;
    for (size_t p = 0; p < a->point_count; p++) {
        size_t first = pl_analysis_point_with(a, p, axis, 0);
        for (size_t k = 0; k < row && first != p; k++) {
            double here = a->logs[p * row + k], there = a->logs[first * row + k];
            if (isnan(here) || isnan(there)) continue;
            if (here != there) return false;
            seen++;
        }
    }
    return seen > 0;
}

void pl_say_dead_axes(struct pl_strbuf *out, const struct pl_analysis *told) {
    for (size_t k = 0; k < told->experiment->axis_count; k++)
        if (is_dead(told, k))
            pl_strbuf_addf(out,
                           "%s changes nothing: every run has the same %s at its %zu values, to "
                           "the last bit, so they are one piece of evidence. ",
                           told->experiment->axes[k].key, told->metric,
                           told->experiment->axes[k].count);
}

void pl_say_chosen_at_edge(struct pl_strbuf *out, const struct pl_analysis *whole) {
    const struct pl_selection *selection = whole->selection;
    size_t entries = whole->experiment->entry_count, shown = 0;
    if (!selection) return;
    for (size_t e = 0; e < entries && shown < NAMES_AT_MOST; e++) {
        size_t edges = 0;
        for (size_t s = 0; s < selection->setting_count; s++)
            edges += selection->choices[s * entries + e].found &&
                     selection->choices[s * entries + e].edge;
        if (edges == 0) continue;
        if (shown++)
            pl_strbuf_add(out, ", ");
        else
            pl_strbuf_addf(out,
                           " %s was chosen at the edge of its grid, and a better one may lie "
                           "beyond: ",
                           whole->experiment->axes[selection->axis].key);
        pl_strbuf_add(out, whole->experiment->entries[e].label);
        if (selection->setting_count > 1)
            pl_strbuf_addf(out, " at %zu of %zu settings", edges, selection->setting_count);
        else
            pl_strbuf_addf(
                out, " (%s)",
                whole->experiment->axes[selection->axis].values[selection->choices[e].value]);
    }
    if (shown > 0) pl_strbuf_add(out, ".");
}

void pl_say_verdict(struct pl_strbuf *out, const struct pl_analysis *whole, size_t axis) {
    const struct pl_analysis *told = whole->selection ? whole->selection->best : whole;
    const struct pl_experiment *experiment = told->experiment;
    struct pl_words names = {.baseline = experiment->entries[told->baseline].label,
                             .metric = told->metric,
                             .higher = told->row->higher,
                             .differences = !told->row->ratio};
    if (pl_say_nothing_to_rank(out, told)) return;
    if (told->tally.pending > 0)
        pl_strbuf_addf(out, "So far, with %zu %s pending: ", told->tally.pending,
                       plural(told->tally.pending, "cell", "cells"));
    pl_say_dead_axes(out, told);
    bool along =
        axis < experiment->axis_count && told->scales[axis].numeric && !is_dead(told, axis);
    if (along && experiment->axes[axis].count == told->point_count && told->point_count > 1) {
        const struct pl_axis *of = &told->experiment->axes[axis];
        for (int end = 0; end < 2; end++) {
            size_t value = told->scales[axis].ascending[end == 0 ? of->count - 1 : 0];
            if (end > 0) pl_strbuf_add(out, "; ");
            pl_say_where(out, of->key, of->values[value], end == 0);
            add_point(out, told, pl_analysis_point_with(told, 0, axis, value), names);
        }
        pl_strbuf_add(out, ". ");
    }
    if (told->point_count == 1 && experiment->entry_count == 2) {
        const struct pl_comparison *only = &told->comparisons[0];
        add_point(out, told, 0, names);
        if (only->verdict != PL_EQUIVALENT) {
            pl_strbuf_add(out, ", ");
            add_p(out, only->p_holm);
        }
    } else
        add_leaders(out, told, names);
    add_crossings(out, told, axis, names);
    pl_strbuf_add(out, ".");
    pl_say_worse_than_trivial(out, told);
    pl_say_risen(out, told);
    pl_say_groups(out, told);
    pl_say_chosen_at_edge(out, whole);
}

/* ------------------------------------------------------------------------------- what ran */

void pl_say_status(struct pl_strbuf *out, const struct pl_shape *shape,
                   const struct pl_tally *tally, const struct pl_words *names) {
    pl_strbuf_addf(out, "%zu %s = %zu %s x %zu %s x %zu %s: ", shape->cells,
                   plural(shape->cells, "cell", "cells"), shape->entries,
                   plural(shape->entries, "variant", "variants"), shape->points,
                   plural(shape->points, "point", "points"), shape->seeds,
                   plural(shape->seeds, "seed", "seeds"));
    pl_strbuf_addf(out,
                   "%zu done, %zu diverged, %zu failed, %zu pending. "
                   "Compared by %s, with %s as the baseline.",
                   tally->done, tally->diverged, tally->failed, tally->pending, names->metric,
                   names->baseline);
}

void pl_say_older(struct pl_strbuf *out, size_t older) {
    pl_strbuf_addf(out,
                   "%zu %s from other numerics (an earlier build, compiler, library or machine); a "
                   "run computes %s again.",
                   older, plural(older, "result comes", "results come"),
                   plural(older, "it", "them"));
}

void pl_say_changed_plan(struct pl_strbuf *out) {
    pl_strbuf_add(out, "The plan was changed after results existed: see \"The plan\" below.");
}

void pl_say_no_figures(struct pl_strbuf *out, const char *refusal) {
    pl_strbuf_addf(out, "Figures are left out, and their numbers stand in tables: %s", refusal);
}

void pl_say_nothing_finished(struct pl_strbuf *out) {
    pl_strbuf_add(out, "No cell is finished yet, so there is nothing to compare: run the study "
                       "first.");
}

void pl_say_no_metric(struct pl_strbuf *out, const char *metric) {
    pl_strbuf_addf(out, "No finished cell reports %s: choose another loss with --metric.", metric);
}

void pl_say_too_many_plots(struct pl_strbuf *out, size_t plots) {
    pl_strbuf_addf(out, "The other axes make %zu plots, too many for a page: use --format html.",
                   plots);
}

/* --------------------------------------------------------------------------------- tables */

void pl_say_ranking(struct pl_strbuf *out, const struct pl_words *names,
                    const struct pl_rank *first, size_t points) {
    pl_strbuf_addf(out,
                   "Mean rank (1 = always the %s) and mean %s to %s over the %zu %s "
                   "(one point, one seed) that every variant finished; intervals over %zu %s. "
                   "Place: what a sign-flip test of all pairs at once leaves open.%s",
                   names->higher ? "highest value" : "lowest loss",
                   names->differences ? "difference" : "ratio", names->baseline, first->blocks,
                   plural(first->blocks, "block", "blocks"), first->seeds,
                   plural(first->seeds, "seed", "seeds"),
                   points > 1 ? " Verdicts are counted over points." : "");
}

void pl_say_comparisons(struct pl_strbuf *out, const struct pl_words *names, size_t others) {
    if (names->differences)
        pl_strbuf_addf(out, "%s (mean) and its difference to %s, paired by seed; %s is better.",
                       names->metric, names->baseline, names->higher ? "above 0" : "below 0");
    else
        pl_strbuf_addf(out,
                       "%s (geometric mean) and its ratio to %s, paired by seed; below 1 is "
                       "better. ! marks a loss above that of the trivial predictor, which looks at "
                       "no input.",
                       names->metric, names->baseline);
    pl_strbuf_addf(out, " p is corrected for the %zu %s of a point.", others,
                   plural(others, "comparison", "comparisons"));
}

void pl_say_at_floor(struct pl_strbuf *out, const struct pl_analysis *told) {
    size_t marked = 0;
    for (size_t i = 0; i < told->comparison_count; i++) marked += told->comparisons[i].at_floor;
    if (marked == 0) return;
    pl_strbuf_addf(out,
                   "^ marks a p at its floor (%zu of %zu): the least that so many pairs can give, "
                   "for all of them agree; more seeds alone could make it smaller.",
                   marked, told->comparison_count);
}

void pl_say_power(struct pl_strbuf *out, size_t seeds, size_t others) {
    size_t needed = pl_stats_seeds_needed(others, PL_ALPHA);
    if (seeds >= needed) return;
    pl_strbuf_addf(out,
                   "%s With %zu %s no difference can reach p <= %g over %zu %s (a sign-flip test "
                   "of n pairs has no p below 2^(1-n)): %zu seeds are needed for a verdict of "
                   "better or worse.",
                   seeds == 1 ? "One seed gives no interval." : "Too few seeds.", seeds,
                   plural(seeds, "seed", "seeds"), PL_ALPHA, others,
                   plural(others, "comparison", "comparisons"), needed);
}

void pl_say_interactions(struct pl_strbuf *out, const struct pl_words *names) {
    pl_strbuf_addf(out,
                   "Does the difference to %s change along an axis? Slope of the paired difference "
                   "of %s%s, fitted seed by seed, with its interval over seeds; below 0 the "
                   "variant gains as the axis grows. p is corrected for the variants of a curve.",
                   names->baseline, names->differences ? names->metric : "log losses",
                   names->differences ? " (baseline less variant)" : "");
}

void pl_say_along(struct pl_strbuf *out, const struct pl_words *names, bool log) {
    pl_strbuf_addf(out, "along %s%s%s%s", names->axis, log ? ", per factor of ten" : "",
                   *names->rest ? ", at " : "", names->rest);
}

void pl_say_solved(struct pl_strbuf *out, const char *baseline) {
    pl_strbuf_addf(
        out,
        "Seeds whose test loss came down to where the task counts as solved, with Wilson's "
        "95 %% interval of their share, and the median of the first evaluated step there; a run "
        "that did not get there counts as later than any step. Difference of shares to %s, paired "
        "by "
        "seed, with Newcombe's 95 %% interval; p of the exact McNemar test, not corrected.",
        baseline);
}

void pl_say_crossings(struct pl_strbuf *out) {
    pl_strbuf_addf(
        out,
        "Where the mean paired difference changes sign, by straight lines between "
        "neighbouring points, with 95 %% intervals: around it, where a t test over seeds "
        "does not tell the difference from 0. A crossing is told when its interval ends "
        "within the range on both sides and some point on each side is told from 0 (p "
        "<= %g over all points of the curve); any other change of sign may be noise.",
        PL_ALPHA);
}

void pl_say_crossing(struct pl_strbuf *out, const struct pl_words *names,
                     const struct pl_crossover *c) {
    const char *before = *names->rest ? " (" : "", *after = *names->rest ? ")" : "";
    if (!c->found) {
        pl_strbuf_addf(out,
                       "%s and %s: no crossing in the range of %s%s%s%s; %s has the %s mean at "
                       "all %zu points.",
                       names->label, names->baseline, names->axis, before, names->rest, after,
                       c->better_before ? names->label : names->baseline,
                       names->higher ? "higher" : "lower", c->points);
        return;
    }
    if (!c->told) {
        pl_strbuf_addf(out, "%s and %s: no crossing is told; the mean changes sign near %s = ",
                       names->label, names->baseline, names->axis);
        pl_number_add(out, PL_UNIT_NONE, c->at);
        add_place_interval(out, c->interval);
        pl_strbuf_addf(out, "%s%s%s.", before, names->rest, after);
        return;
    }
    pl_strbuf_addf(out, "%s crosses %s at %s = ", names->label, names->baseline, names->axis);
    pl_number_add(out, PL_UNIT_NONE, c->at);
    add_place_interval(out, c->interval);
    pl_strbuf_addf(out, "%s%s%s: %s %s below, %s above.", before, names->rest, after,
                   c->better_before != names->higher ? "lower" : "higher",
                   names->differences ? names->metric : "loss",
                   c->better_before != names->higher ? "higher" : "lower");
    if (c->crossings > 1) pl_strbuf_addf(out, " One of %zu crossings of this curve.", c->crossings);
}

void pl_say_compute(struct pl_strbuf *out, const struct pl_words *names) {
    pl_strbuf_addf(out,
                   "How many times the compute of a variant %s needs for the same %s: 1.25 means a "
                   "quarter more. Budgets are those of %s, compute is counted in FLOPs of the "
                   "products of training; between budgets by straight lines in logarithms, and "
                   "over all by one line through them.",
                   names->baseline, names->metric, names->axis);
}

void pl_say_law(struct pl_strbuf *out) {
    pl_strbuf_addf(out,
                   "The law loss = a compute^-b, how far the losses are off it, and the offset of "
                   "loss = a compute^-b + c (%d budgets or more) where its interval lies above 0:",
                   PL_OFFSET_BUDGETS);
}

/* ------------------------------------------------------------------------------- selection */

void pl_say_selection(struct pl_strbuf *out, const struct pl_words *names, const char *by) {
    bool same = strcmp(by, names->metric) == 0;
    pl_strbuf_addf(
        out,
        "For each variant and setting the %s with the least mean log %s over seeds (a diverged run "
        "counts as the worst); what follows is %s of those runs.%s The common best is the one "
        "value with the lowest mean rank over variants. Beside it: the values whose %s is within "
        "%g %% of the least, how many decades they span, and the mean over all values (area under "
        "the curve of logs).",
        names->axis, by, names->metric,
        same ? " Both are the same loss, so the best of several looks better than it is." : "",
        names->metric, 100.0 * (PL_ROBUST_RATIO - 1.0));
}

void pl_say_edges(struct pl_strbuf *out) {
    pl_strbuf_add(out, "Chosen at the edge of the grid, so the best may lie beyond it; extend the "
                       "grid:");
}

void pl_say_edge(struct pl_strbuf *out, const struct pl_words *names, const char *value) {
    pl_strbuf_addf(out, "Warning: %s%s%s chose %s = %s.", names->label, *names->rest ? " at " : "",
                   names->rest, names->axis, value);
}

/* -------------------------------------------------------------------- what did not go well */

void pl_say_diverged_rule(struct pl_strbuf *out) {
    pl_strbuf_add(out, "A diverged run is a result: it takes the worst value in ranks and tests, "
                       "and where one is concerned the loss and the ratio are medians without an "
                       "interval.");
}

void pl_say_diverged(struct pl_strbuf *out, const char *where, const struct pl_summary *summary,
                     const char *seeds) {
    pl_strbuf_addf(out,
                   "Diverged: %s, %zu of %zu finished (seed %s); the rate is %.0f %% [%.0f %%, "
                   "%.0f %%].",
                   where, summary->tally.diverged, summary->tally.diverged + summary->tally.done,
                   seeds, 100.0 * summary->divergence, 100.0 * summary->divergence_interval.low,
                   100.0 * summary->divergence_interval.high);
}

void pl_say_failed(struct pl_strbuf *out, const char *where, const struct pl_cell *cell,
                   const char *message) {
    pl_strbuf_addf(out, "Failed: %s, seed %llu, cell %.8s: %s", where,
                   (unsigned long long)cell->seed, cell->id, message);
}

void pl_say_missing(struct pl_strbuf *out, const char *where, const char *metric,
                    const struct pl_tally *tally) {
    pl_strbuf_addf(out, "No %s: %s, %zu of %zu done.", metric, where, tally->missing, tally->done);
}

void pl_say_pending(struct pl_strbuf *out, size_t pending) {
    pl_strbuf_addf(out,
                   "%zu %s pending; the next run takes up there. Until then the numbers above rest "
                   "on what is finished.",
                   pending, plural(pending, "cell is", "cells are"));
}

/* ------------------------------------------------------------------------------- the foot */

void pl_say_method(struct pl_strbuf *out) {
    pl_strbuf_addf(out,
                   "The unit is the seed, and runs are paired by seed. Losses are compared as "
                   "logarithms. Intervals are %g %% t intervals. p comes from the sign-flip test "
                   "(all sign patterns up to %d pairs, %d drawn above), corrected by Holm within a "
                   "point. better, worse: p <= %g and the whole interval on that side of 1. "
                   "equivalent: the whole interval within 1/%g .. %g. inconclusive: anything else. "
                   "The interval of a crossing is where a t test does not tell the difference from "
                   "0; rates of divergence have Wilson's.",
                   100.0 * PL_CONFIDENCE, PL_SIGN_FLIP_EXACT_MAX, PL_SIGN_FLIP_RESAMPLES, PL_ALPHA,
                   PL_EQUIVALENCE_RATIO, PL_EQUIVALENCE_RATIO);
}

void pl_say_by_differences(struct pl_strbuf *out, const struct pl_analysis *told) {
    if (told->row->ratio) return;
    pl_strbuf_addf(out,
                   "%s may be 0, so it is compared by plain differences: above, 0 stands for the 1 "
                   "of a ratio, and equivalent is within %.4f either way",
                   told->metric, pl_analysis_region());
    if (told->step > pl_analysis_region())
        pl_strbuf_addf(out,
                       " - but never told here, where one sample of one run is %.2g: runs agree "
                       "by coincidence, and more samples are needed",
                       told->step);
    pl_strbuf_add(out, ".");
}

void pl_say_plan(struct pl_strbuf *out, const struct pl_history *history) {
    size_t finished = pl_history_finished_at_first(history);
    pl_strbuf_addf(out,
                   "Plan %.16s (cells, metric, baseline, selection, claims): ", history->digest);
    if (history->count == 0)
        pl_strbuf_add(out, "not recorded, since nothing has run");
    else if (!pl_history_is_recorded(history))
        pl_strbuf_addf(out,
                       "not the one that was run last (%.16s), so this report is of something that "
                       "was not recorded before",
                       history->records[history->count - 1].digest);
    else if (finished > 0)
        pl_strbuf_addf(out, "first recorded when %zu %s finished already", finished,
                       plural(finished, "cell had", "cells had"));
    else if (pl_history_changes(history) > 0)
        pl_strbuf_add(out, "first recorded before any cell ran, and changed since");
    else
        pl_strbuf_add(out, "recorded before the first cell ran");
    pl_strbuf_add(out, ".");
}

void pl_say_other_metric(struct pl_strbuf *out, const char *told, const char *planned) {
    pl_strbuf_addf(out, "This report compares by %s; the plan is to compare by %s.", told, planned);
}

void pl_say_change(struct pl_strbuf *out, const struct pl_history *history, size_t index) {
    size_t finished = history->records[index].finished;
    pl_strbuf_addf(out, "Changed after %zu %s finished: ", finished,
                   plural(finished, "cell had", "cells had"));
    pl_history_change_text(history, index, out);
    pl_strbuf_add(out, ".");
}

void pl_say_files(struct pl_strbuf *out, const char *store) {
    if (store) pl_strbuf_addf(out, "Results: %s. ", store);
    pl_strbuf_add(out, "Every cell: report --format csv. Every number and learning curve: report "
                       "--format json.");
}

/* ---------------------------------------------------------------------------------- noise */

void pl_say_floor(struct pl_strbuf *out, const struct pl_words *names) {
    pl_strbuf_addf(out,
                   "%s against itself under other seeds. Floor: so far apart two means over as "
                   "many seeds each come to lie (95 %%, unpaired). Half : half: the ratio of the "
                   "first half of the seeds to the second, with its interval and p.",
                   names->baseline);
}

void pl_say_seeds_needed(struct pl_strbuf *out, const struct pl_words *names,
                         const struct pl_noise *noise) {
    pl_strbuf_addf(out,
                   "To tell a ratio to %s from 1 with power %g at p <= %g after Holm over %zu %s, "
                   "paired by seed, by the noncentral t distribution at the level %.3g; never "
                   "fewer than the %zu that the sign-flip test needs. Floor: half the width of the "
                   "interval of the pairs there are.",
                   names->baseline, PL_PLANNED_POWER, PL_ALPHA, noise->comparisons,
                   plural(noise->comparisons, "comparison", "comparisons"), noise->level,
                   noise->least);
}
