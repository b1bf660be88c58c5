/* Sentences: what a report says in words. Each function appends one sentence (or the few that belong
 * together) as plain text to [out]; a writer adds the markup of its format and escapes what files say, so
 * text, Markdown and HTML have the same words. Numbers come in as the structs of the evidence, names as
 * they are to be read. To change a sentence, change it here; tests/unit/report/test_sentences.c has each.
 */
#ifndef PL_EXPERIMENTS_REPORT_SENTENCES_H
#define PL_EXPERIMENTS_REPORT_SENTENCES_H

#include "core/base/strbuf.h"
#include "experiments/evidence/analysis.h"
#include "experiments/evidence/noise.h"
#include "experiments/run/history.h"

/* How things that a sentence is about are called. */
struct pl_words {
    const char *label;    /* of the entry */
    const char *baseline; /* its label */
    const char *metric;
    const char *axis;
    const char *rest; /* "model.depth = 4", the values of the other axes; "" for none */
    bool higher;      /* a greater value of the metric is better */
    bool differences; /* it is compared by differences, not ratios */
};

/* ---- the verdict ---- */

/* The answer of a study, in this order: where its main figure goes along an axis of numbers, what holds at
 * each end; the winner, or who is not told apart; crossings that are told; entries worse than guessing.
 * Where there is nothing to rank, why. Numbers have two or three digits; intervals are in the tables. Of a
 * study that selects, what was chosen is told; [axis] is that of its main figure or (size_t)-1. */
void pl_say_verdict(struct pl_strbuf *out, const struct pl_analysis *whole, size_t axis);

/* Parts of it. Why there is nothing to rank; false, and nothing said, where there is. */
bool pl_say_nothing_to_rank(struct pl_strbuf *out, const struct pl_analysis *told);

/* "train.warmup changes nothing: every run has the same test_loss at its 3 values, to the last bit, ... ", a
 * sentence an axis; nothing where all have an effect. */
void pl_say_dead_axes(struct pl_strbuf *out, const struct pl_analysis *told);

/* " train.lr was chosen at the edge of its grid, and a better one may lie beyond: a at 2 of 5 settings." Up to
 * six entries; nothing where the study does not select or nobody is at the edge. */
void pl_say_chosen_at_edge(struct pl_strbuf *out, const struct pl_analysis *whole);

/* "a has 0.64 times the test_loss of b", "the accuracy of a is 0.12 above that of b": better, worse, or not told; [count] entries are compared. The
 * comparison is that of the best other entry at the point; [worse] of them are told to be worse. */
void pl_say_comparison(struct pl_strbuf *out, const struct pl_words *names, size_t count,
                       const struct pl_comparison *best, size_t worse);

/* "On structured data (task.structure = 1) ", "At model.depth = 4 " */
void pl_say_where(struct pl_strbuf *out, const char *axis, const char *value, bool first);

/* "a has the lowest test_loss of 3 over all 5 points, told apart from every other: 0.6 times that of b" */
void pl_say_winner(struct pl_strbuf *out, const struct pl_words *names, size_t count, size_t points,
                   const struct pl_rank *rank, bool baseline, double p);

/* "over all 5 points a, b and c are not told apart"; "of 5 variants a and b may be the best; ..." */
void pl_say_group(struct pl_strbuf *out, const char *const *labels, size_t count, size_t of,
                  size_t points, bool equivalent);

/* " Worse than guessing (the trivial predictor): a at 2 of 5 points, b at 1 of 5 points." Up to six entries;
 * nothing where none is. */
void pl_say_worse_than_trivial(struct pl_strbuf *out, const struct pl_analysis *told);

/* " The test_loss rose again after its least, by a factor of more than 1.1, so stopping earlier would have ended
 * lower: a at 2 of 5 points, up to 3.1 times." Up to six entries; nothing where none is. */
void pl_say_risen(struct pl_strbuf *out, const struct pl_analysis *told);

/* " Seeds fall into two groups, of which a mean says little: a at task.structure = 1, 3 of 8 near 0.011 and 5 near
 * 0.69; and 2 more." Two of them in full; nothing where there are none. */
void pl_say_groups(struct pl_strbuf *out, const struct pl_analysis *told);

/* "a crosses b near task.structure = 0.3"; "c near 0.5" once that has been said. */
void pl_say_place(struct pl_strbuf *out, const struct pl_words *names,
                  const struct pl_crossover *crossover, bool first);

/* ---- what ran ---- */

/* How many cells a study has, and of what. */
struct pl_shape {
    size_t cells, entries, points, seeds;
};
void pl_say_status(struct pl_strbuf *out, const struct pl_shape *shape,
                   const struct pl_tally *tally, const struct pl_words *names);
void pl_say_older(struct pl_strbuf *out, size_t older);
void pl_say_changed_plan(struct pl_strbuf *out);
void pl_say_no_figures(struct pl_strbuf *out, const char *refusal);
void pl_say_nothing_finished(struct pl_strbuf *out);
void pl_say_no_metric(struct pl_strbuf *out, const char *metric);
void pl_say_too_many_plots(struct pl_strbuf *out, size_t plots);

/* ---- tables, each before its numbers ---- */

void pl_say_ranking(struct pl_strbuf *out, const struct pl_words *names,
                    const struct pl_rank *first, size_t points);
/* What p is corrected for (Holm), too. */
void pl_say_comparisons(struct pl_strbuf *out, const struct pl_words *names, size_t others);
/* What ^ beside a p means, and of how many; nothing where no p is at its floor. */
void pl_say_at_floor(struct pl_strbuf *out, const struct pl_analysis *told);
/* What the number of seeds lets one hope for; nothing when there are enough. */
void pl_say_power(struct pl_strbuf *out, size_t seeds, size_t others);
void pl_say_interactions(struct pl_strbuf *out, const struct pl_words *names);
/* "along model.depth, per factor of ten, at ..." */
void pl_say_along(struct pl_strbuf *out, const struct pl_words *names, bool log);
void pl_say_solved(struct pl_strbuf *out, const char *baseline);
void pl_say_crossings(struct pl_strbuf *out);
void pl_say_crossing(struct pl_strbuf *out, const struct pl_words *names,
                     const struct pl_crossover *crossover);
void pl_say_compute(struct pl_strbuf *out, const struct pl_words *names);
void pl_say_law(struct pl_strbuf *out);

/* ---- selection ---- */

/* [by] is the loss that chooses, names->axis what is chosen over. */
void pl_say_selection(struct pl_strbuf *out, const struct pl_words *names, const char *by);
void pl_say_edges(struct pl_strbuf *out);
/* One of them: names->rest is the setting. */
void pl_say_edge(struct pl_strbuf *out, const struct pl_words *names, const char *value);

/* ---- what did not go well; [where] is "a at task.structure = 0.5" ---- */

void pl_say_diverged_rule(struct pl_strbuf *out);
void pl_say_diverged(struct pl_strbuf *out, const char *where, const struct pl_summary *summary,
                     const char *seeds);
void pl_say_failed(struct pl_strbuf *out, const char *where, const struct pl_cell *cell,
                   const char *message);
void pl_say_missing(struct pl_strbuf *out, const char *where, const char *metric,
                    const struct pl_tally *tally);
void pl_say_pending(struct pl_strbuf *out, size_t pending);

/* ---- the foot ---- */

/* What is otherwise where the metric is compared by differences; nothing where it is not. */
void pl_say_by_differences(struct pl_strbuf *out, const struct pl_analysis *told);
/* Unit, intervals, tests, correction by Holm, what the four verdicts mean. */
void pl_say_method(struct pl_strbuf *out);
void pl_say_plan(struct pl_strbuf *out, const struct pl_history *history);
void pl_say_other_metric(struct pl_strbuf *out, const char *told, const char *planned);
/* The change at [index]. */
void pl_say_change(struct pl_strbuf *out, const struct pl_history *history, size_t index);
void pl_say_files(struct pl_strbuf *out, const char *store);

/* ---- noise ---- */

void pl_say_floor(struct pl_strbuf *out, const struct pl_words *names);
void pl_say_seeds_needed(struct pl_strbuf *out, const struct pl_words *names,
                         const struct pl_noise *noise);

#endif
