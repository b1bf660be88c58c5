/* Sentences: each with structs made by hand, word by word. */
#include <math.h>

#include "core/base/math.h"
#include "experiments/report/sentences.h"
#include "tests/support/support.h"

static const struct pl_words words = {
    .label = "a", .baseline = "b", .metric = "test_loss", .axis = "task.structure", .rest = ""};
static const struct pl_words elsewhere = {.label = "a",
                                          .baseline = "b",
                                          .metric = "test_loss",
                                          .axis = "task.structure",
                                          .rest = "model.depth = 4"};

/* SAYS(expected, function, arguments after the buffer...) */
#define SAYS(expected, function, ...)                                                              \
    do {                                                                                           \
        struct pl_strbuf said;                                                                     \
        pl_strbuf_init(&said);                                                                     \
        function(&said, __VA_ARGS__);                                                              \
        PL_CHECK_TEXT(said.text, expected);                                                        \
        pl_strbuf_finish(&said);                                                                   \
    } while (0)

static void check_holds(void (*say)(struct pl_strbuf *out), const char *part) {
    struct pl_strbuf said;
    pl_strbuf_init(&said);
    say(&said);
    PL_CHECK(strstr(said.text, part) != NULL && said.text[said.length - 1] != '\n');
    pl_strbuf_finish(&said);
}

static const struct pl_rank rank = {.mean_rank = 1.2,
                                    .interval = {1, 1.4},
                                    .ratio = 0.70123,
                                    .ratio_interval = {0.6, 0.8},
                                    .blocks = 12,
                                    .seeds = 1};

static void test_sentences__one_comparison(void) {
    struct pl_comparison c = {.verdict = PL_BETTER, .ratio = 0.64123, .n = 8};
    SAYS("a has 0.64 times the test_loss of b", pl_say_comparison, &words, 2, &c, 0);
    SAYS("a has 0.64 times the test_loss of b", pl_say_comparison, &words, 5, &c, 0);
    c.diverged = 1;
    SAYS("a has 0.64 times the test_loss of b (the median of 8 pairs, 1 with a diverged run)",
         pl_say_comparison, &words, 2, &c, 0);
    c = (struct pl_comparison){.verdict = PL_WORSE, .ratio = 12.34, .n = 8};
    SAYS("a has 12 times the test_loss of b", pl_say_comparison, &words, 2, &c, 1);
    SAYS("every other variant is worse than b", pl_say_comparison, &words, 3, &c, 2);
    SAYS("no variant is told to be better than b", pl_say_comparison, &words, 3, &c, 1);
    c = (struct pl_comparison){.verdict = PL_EQUIVALENT, .ratio = 1.0041, .n = 8};
    SAYS("a and b are equivalent (1.00 times the test_loss)", pl_say_comparison, &words, 2, &c, 0);
    c.verdict = PL_INCONCLUSIVE;
    SAYS("a is not told from b (1.00 times the test_loss)", pl_say_comparison, &words, 2, &c, 0);
}

static void test_sentences__where(void) {
    SAYS("On noise (task.structure = 0) ", pl_say_where, "task.structure", "0", true);
    SAYS("on structured data (task.structure = 1) ", pl_say_where, "task.structure", "1", false);
    SAYS("at task.structure = 0.5 ", pl_say_where, "task.structure", "0.5", false);
    SAYS("At model.depth = 4 ", pl_say_where, "model.depth", "4", true);
}

static void test_sentences__the_winner(void) {
    SAYS(
        "a has the lowest test_loss of 4 over all 5 points, 0.7 times that of b, and is told apart "
        "from every other (p = 0.031)",
        pl_say_winner, &words, 4, 5, &rank, false, 0.03125);
    SAYS("a, the baseline, has the lowest test_loss of 2, and is told apart from the other (p "
         "<0.0001)",
         pl_say_winner, &words, 2, 1, &rank, true, 1e-5);
}

static void test_sentences__who_is_not_told_apart(void) {
    static const char *const labels[] = {"a", "b", "c", "d", "e", "f", "g"};
    SAYS("over all 5 points a, b and c are not told apart", pl_say_group, labels, 3, 3, 5, false);
    SAYS("of 4 variants a and b may be the best; they are equivalent", pl_say_group, labels, 2, 4,
         1, true);
    SAYS("a, b, c, d, e and 2 more are not told apart", pl_say_group, labels, 7, 7, 1, false);
}

static const struct pl_crossover crossing = {.found = true,
                                             .told = true,
                                             .at = 0.3,
                                             .interval = {0.2, INFINITY},
                                             .crossings = 1,
                                             .points = 5,
                                             .better_before = true};

static void test_sentences__where_curves_cross(void) {
    struct pl_crossover several = crossing, none = crossing, untold = crossing;
    several.crossings = 3;
    several.better_before = false;
    several.interval = pl_interval_none();
    none.found = none.told = false;
    untold.told = false;
    SAYS("a crosses b near task.structure = 0.3", pl_say_place, &words, &crossing, true);
    SAYS("a near 0.3", pl_say_place, &words, &several, false);
    SAYS("a crosses b at task.structure = 0.3 [0.2, above the range]: lower loss below, higher "
         "above.",
         pl_say_crossing, &words, &crossing);
    SAYS("a crosses b at task.structure = 0.3 (model.depth = 4): higher loss below, lower above. "
         "One of 3 crossings of this curve.",
         pl_say_crossing, &elsewhere, &several);
    SAYS(
        "a and b: no crossing is told; the mean changes sign near task.structure = 0.3 [0.2, above "
        "the range].",
        pl_say_crossing, &words, &untold);
    SAYS("a and b: no crossing in the range of task.structure; a has the lower mean at all 5 "
         "points.",
         pl_say_crossing, &words, &none);
}

static void test_sentences__what_ran(void) {
    const struct pl_shape shape = {6, 2, 1, 3};
    const struct pl_tally tally = {.done = 3, .diverged = 1, .failed = 2, .pending = 0};
    SAYS("6 cells = 2 variants x 1 point x 3 seeds: 3 done, 1 diverged, 2 failed, 0 pending. "
         "Compared by test_loss, with b as the baseline.",
         pl_say_status, &shape, &tally, &words);
    SAYS("1 result comes from other numerics (an earlier build, compiler, library or machine); a "
         "run computes it again.",
         pl_say_older, 1);
    SAYS("2 results come from other numerics (an earlier build, compiler, library or machine); a "
         "run computes them again.",
         pl_say_older, 2);
    SAYS("No finished cell reports valid_loss: choose another loss with --metric.",
         pl_say_no_metric, "valid_loss");
    SAYS("Figures are left out, and their numbers stand in tables: no gnuplot.", pl_say_no_figures,
         "no gnuplot.");
    SAYS("The other axes make 12 plots, too many for a page: use --format html.",
         pl_say_too_many_plots, 12);
    check_holds(pl_say_nothing_finished, "run the study first.");
    check_holds(pl_say_changed_plan, "changed after results existed");
}

static void test_sentences__what_tables_show(void) {
    SAYS("Mean rank (1 = always the lowest loss) and mean ratio to b over the 12 blocks (one "
         "point, one seed) that every variant finished; intervals over 1 seed. Place: what a "
         "sign-flip test of all pairs at once leaves open. Verdicts are counted over points.",
         pl_say_ranking, &words, &rank, 5);
    SAYS("along task.structure, per factor of ten, at model.depth = 4", pl_say_along, &elsewhere,
         true);
    SAYS("along task.structure", pl_say_along, &words, false);
    check_holds(pl_say_crossings, "any other change of sign may be noise.");
    check_holds(pl_say_law, "(5 budgets or more)");
}

/* Holm's correction is named by the comparisons it runs over. */
static void test_sentences__holm(void) {
    SAYS("test_loss (geometric mean) and its ratio to b, paired by seed; below 1 is better. ! "
         "marks a loss above that of the trivial predictor, which looks at no input. p is "
         "corrected for the 3 comparisons of a point.",
         pl_say_comparisons, &words, 3);
    SAYS("test_loss (geometric mean) and its ratio to b, paired by seed; below 1 is better. ! "
         "marks a loss above that of the trivial predictor, which looks at no input. p is "
         "corrected for the 1 comparison of a point.",
         pl_say_comparisons, &words, 1);
    check_holds(pl_say_method, "corrected by Holm within a point.");
}

static void test_sentences__at_floor(void) {
    struct pl_comparison comparisons[3] = {{.at_floor = false}, {.at_floor = true}};
    struct pl_analysis told = {.comparisons = comparisons, .comparison_count = 3};
    SAYS("^ marks a p at its floor (1 of 3): the least that so many pairs can give, for all of "
         "them agree; more seeds alone could make it smaller.",
         pl_say_at_floor, &told);
    comparisons[1].at_floor = false;
    SAYS("", pl_say_at_floor, &told);
}

/* One comparison needs 6 seeds: 2^(1-6) = .031. */
static void test_sentences__power(void) {
    SAYS("", pl_say_power, 6, 1);
    SAYS("Too few seeds. With 5 seeds no difference can reach p <= 0.05 over 1 comparison (a "
         "sign-flip test of n pairs has no p below 2^(1-n)): 6 seeds are needed for a verdict of "
         "better or worse.",
         pl_say_power, 5, 1);
    SAYS("One seed gives no interval. With 1 seed no difference can reach p <= 0.05 over 2 "
         "comparisons (a sign-flip test of n pairs has no p below 2^(1-n)): 7 seeds are needed "
         "for a verdict of better or worse.",
         pl_say_power, 1, 2);
}

static void test_sentences__compute(void) {
    SAYS("How many times the compute of a variant b needs for the same test_loss: 1.25 means a "
         "quarter more. Budgets are those of task.structure, compute is counted in FLOPs of the "
         "products of training; between budgets by straight lines in logarithms, and over all by "
         "one line through them.",
         pl_say_compute, &words);
}

static void test_sentences__slopes(void) {
    SAYS("Does the difference to b change along an axis? Slope of the paired difference of log "
         "losses, fitted seed by seed, with its interval over seeds; below 0 the variant gains as "
         "the axis grows. p is corrected for the variants of a curve.",
         pl_say_interactions, &words);
}

static void test_sentences__selection(void) {
    static const char same[] = " Both are the same loss, so the best of several looks better";
    for (int k = 0; k < 2; k++) {
        struct pl_strbuf said;
        pl_strbuf_init(&said);
        pl_say_selection(&said, &words, k ? "test_loss" : "valid_loss");
        PL_CHECK(strstr(said.text, k ? "the least mean log test_loss over seeds"
                                     : "the least mean log valid_loss over seeds") != NULL);
        PL_CHECK((strstr(said.text, same) != NULL) == (k == 1));
        pl_strbuf_finish(&said);
    }
    SAYS("Warning: a at model.depth = 4 chose task.structure = 0.1.", pl_say_edge, &elsewhere,
         "0.1");
    SAYS("Warning: a chose task.structure = 0.1.", pl_say_edge, &words, "0.1");
    check_holds(pl_say_edges, "extend the grid:");
}

static void test_sentences__what_went_wrong(void) {
    const struct pl_summary summary = {.tally = {.done = 3, .diverged = 1, .missing = 2},
                                       .divergence = 0.25,
                                       .divergence_interval = {0.05, 0.7}};
    const struct pl_cell cell = {.id = "78b3655f00", .seed = 3};
    SAYS("Diverged: a at x = 1, 1 of 4 finished (seed 2); the rate is 25 % [5 %, 70 %].",
         pl_say_diverged, "a at x = 1", &summary, "2");
    SAYS("Failed: a, seed 3, cell 78b3655f: out of memory", pl_say_failed, "a", &cell,
         "out of memory");
    SAYS("No test_loss: a, 2 of 3 done.", pl_say_missing, "a", "test_loss", &summary.tally);
    SAYS("1 cell is pending; the next run takes up there. Until then the numbers above rest on "
         "what is finished.",
         pl_say_pending, 1);
    check_holds(pl_say_diverged_rule, "medians without an interval.");
}

static void test_sentences__the_plan(void) {
    static const struct pl_store_record records[] = {
        {"0123456789abcdef0", "metric \"test_loss\"\n", "", 0, 9, 0, 0}};
    struct pl_history history = {.records = records, .count = 1};
    snprintf(history.digest, sizeof history.digest, "%s", "0123456789abcdef0");
    SAYS("Plan 0123456789abcdef (cells, metric, baseline, selection, claims): recorded before the "
         "first cell ran.",
         pl_say_plan, &history);
    history.count = 0;
    SAYS("Plan 0123456789abcdef (cells, metric, baseline, selection, claims): not recorded, since "
         "nothing has run.",
         pl_say_plan, &history);
    SAYS("This report compares by test_loss; the plan is to compare by train_loss.",
         pl_say_other_metric, "test_loss", "train_loss");
    SAYS("Results: x.db. Every cell: report --format csv. Every number and learning curve: report "
         "--format json.",
         pl_say_files, "x.db");
}

static void test_sentences__noise(void) {
    const struct pl_noise noise = {.comparisons = 2, .level = 0.025, .least = 7};
    SAYS("To tell a ratio to b from 1 with power 0.8 at p <= 0.05 after Holm over 2 comparisons, "
         "paired by seed, by the noncentral t distribution at the level 0.025; never fewer than "
         "the 7 that the sign-flip test needs. Floor: half the width of the interval of the pairs "
         "there are.",
         pl_say_seeds_needed, &words, &noise);
    struct pl_strbuf said;
    pl_strbuf_init(&said);
    pl_say_floor(&said, &words);
    PL_CHECK(strncmp(said.text, "b against itself under other seeds.", 35) == 0);
    pl_strbuf_finish(&said);
}

/* Two places in full, the others counted; nothing where no seeds fall into groups. */
static void test_sentences__two_groups(void) {
    struct pl_entry entries[] = {{.label = "a"}, {.label = "b"}};
    struct pl_experiment experiment = {.entries = entries, .entry_count = 2};
    struct pl_summary summaries[2] = {{.groups = {3, 5, pl_log(0.01), pl_log(0.69)}}, {.entry = 1}};
    struct pl_analysis told = {.row = pl_metric_find("test_loss"),
                               .experiment = &experiment,
                               .point_count = 1,
                               .summaries = summaries};
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    pl_say_groups(&text, &told);
    PL_CHECK_TEXT(text.text,
                  " Seeds fall into two groups, of which a mean says little: a, 3 of 8 near "
                  "0.01 and 5 near 0.69.");
    pl_strbuf_clear(&text);
    summaries[0].groups.lower = 0;
    pl_say_groups(&text, &told);
    PL_CHECK_TEXT(text.text, "");
    pl_strbuf_finish(&text);
}

const struct pl_test pl_suite_sentences[] = {
    {"two_groups", test_sentences__two_groups},
    {"one_comparison", test_sentences__one_comparison},
    {"where", test_sentences__where},
    {"the_winner", test_sentences__the_winner},
    {"who_is_not_told_apart", test_sentences__who_is_not_told_apart},
    {"where_curves_cross", test_sentences__where_curves_cross},
    {"what_ran", test_sentences__what_ran},
    {"what_tables_show", test_sentences__what_tables_show},
    {"holm", test_sentences__holm},
    {"at_floor", test_sentences__at_floor},
    {"power", test_sentences__power},
    {"compute", test_sentences__compute},
    {"slopes", test_sentences__slopes},
    {"selection", test_sentences__selection},
    {"what_went_wrong", test_sentences__what_went_wrong},
    {"the_plan", test_sentences__the_plan},
    {"noise", test_sentences__noise},
    {0},
};
