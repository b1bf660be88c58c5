/* The structural fraction from results that are made up, so that the answer is known. */
#include "experiments/evidence/fraction.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/stats/interval.h"
#include "experiments/evidence/analysis.h"
#include "experiments/study/expand.h"
#include "tests/support/support.h"

#define STUDY(task, sweep)                                                                         \
    "study: made\nmodel: {width: 4, depth: 2}\ntask: {" task "}\ntrain: {steps: 1}\n"              \
    "variants: [standard, rescaled]\nsweep: {" sweep "}\nseeds: 3\n"

static const char good[] =
    STUDY("name: clusters, classes: 5", "task.structure: [0, 1], task.samples: [1000, 3000, 2000]");

/* What seed, entry and structure say the fraction is. */
static double made_fraction(const struct pl_cell *cell) {
    return 0.2 + 0.05 * (double)cell->seed * (double)cell->seed +
           (strcmp(cell->label, "rescaled") == 0 ? 0.1 : 0) +
           (strcmp(cell->axis_values[0], "1") == 0 ? 0.15 : 0);
}

static void make(struct pl_ledger *out, const char *text) {
    memset(out, 0, sizeof *out);
    PL_REQUIRE_OK(
        pl_experiment_load_text(&out->experiment, "made.yaml", text, strlen(text), NULL, 0));
    PL_REQUIRE_OK(pl_experiment_expand(&out->cells, &out->experiment));
    out->results = pl_alloc_zero(out->cells.count, sizeof *out->results);
    out->stamps = pl_alloc_zero(out->cells.count, sizeof *out->stamps);
}

/* C = 321 + p log2 V D, hence this loss. */
static void fill(struct pl_ledger *evidence) {
    for (size_t k = 0; k < evidence->cells.count; k++) {
        const struct pl_cell *cell = &evidence->cells.items[k];
        double samples = strtod(cell->axis_values[1], NULL);
        double bits = 321 + made_fraction(cell) * log2(5) * samples;
        evidence->results[k].outcome = PL_DONE;
        pl_result_add(&evidence->results[k], "train_loss", 1, log(5) - bits * log(2) / samples);
    }
}

static void check_row(const struct pl_fraction *row, size_t seeds) {
    double values[3];
    struct pl_cell cell = *row->cell;
    for (cell.seed = 1; cell.seed <= seeds; cell.seed++)
        values[cell.seed - 1] = made_fraction(&cell);
    struct pl_interval expected = pl_stats_t_interval(values, seeds, PL_CONFIDENCE);
    double mean = 0;
    for (size_t k = 0; k < seeds; k++) mean += values[k] / (double)seeds;
    PL_CHECK_INT((long)row->seeds, (long)seeds);
    PL_CHECK_NEAR(row->fraction, mean, 1e-12);
    PL_CHECK_NEAR(row->interval.low, expected.low, 1e-11);
    PL_CHECK_NEAR(row->interval.high, expected.high, 1e-11);
    PL_CHECK_NEAR(row->bits[1], 321 + mean * log2(5) * 3000, 1e-8);
}

static void test_fraction__gives_back_what_was_put_in(void) {
    struct pl_ledger evidence;
    struct pl_fractions found;
    make(&evidence, good);
    fill(&evidence);
    PL_REQUIRE_OK(pl_fractions_find(&found, &evidence, "train_loss"));
    PL_CHECK_INT((long)found.count, 4); /* two entries, two structures */
    PL_CHECK_INT((long)found.size_count, 3);
    for (size_t k = 0; k < found.count; k++) check_row(&found.rows[k], 3);
    pl_fractions_finish(&found);
    pl_ledger_finish(&evidence);
}

static void test_fraction__a_seed_without_every_size_is_left_out(void) {
    struct pl_ledger evidence;
    struct pl_fractions found;
    make(&evidence, good);
    fill(&evidence);
    for (size_t k = 0; k < evidence.cells.count; k++)
        if (evidence.cells.items[k].seed == 3 &&
            strcmp(evidence.cells.items[k].axis_values[1], "2000") == 0)
            evidence.results[k].outcome = PL_DIVERGED;
    PL_REQUIRE_OK(pl_fractions_find(&found, &evidence, "train_loss"));
    for (size_t k = 0; k < found.count; k++) check_row(&found.rows[k], 2);
    pl_fractions_finish(&found);
    PL_REQUIRE_OK(pl_fractions_find(&found, &evidence, "valid_loss"));
    PL_CHECK_INT((long)found.rows[0].seeds, 0); /* nothing known, nothing said */
    PL_CHECK(isnan(found.rows[0].fraction) && !pl_interval_exists(found.rows[0].interval));
    pl_fractions_finish(&found);
    pl_ledger_finish(&evidence);
}

/* Two sizes: the published formula to the letter. */
static void test_fraction__two_sizes_are_the_published_formula(void) {
    const double samples[] = {1000, 2000}, bits[] = {1590.5, 2700.25};
    PL_CHECK_NEAR(pl_fraction_slope(samples, bits, 2, 5),
                  (bits[0] - bits[1]) / (log2(5) * (samples[0] - samples[1])), 1e-14);
}

static void refused(const char *text, const char *sentence) {
    struct pl_ledger evidence;
    struct pl_fractions found;
    make(&evidence, text);
    PL_CHECK_FAILS(pl_fractions_find(&found, &evidence, "train_loss"), PL_ECONFIG, sentence);
    pl_ledger_finish(&evidence);
}

static void test_fraction__studies_without_bits_are_refused(void) {
    refused(STUDY("name: clusters", "task.structure: [0, 1]"), "no axis task.samples");
    refused(STUDY("name: clusters", "task.samples: [1000]"), "no axis task.samples");
    refused(STUDY("name: linear_mix", "task.samples: [1000, 2000]"), "is no classification");
}

const struct pl_test pl_suite_fraction[] = {
    {"gives_back_what_was_put_in", test_fraction__gives_back_what_was_put_in},
    {"a_seed_without_every_size_is_left_out", test_fraction__a_seed_without_every_size_is_left_out},
    {"two_sizes_are_the_published_formula", test_fraction__two_sizes_are_the_published_formula},
    {"studies_without_bits_are_refused", test_fraction__studies_without_bits_are_refused},
    {0},
};
