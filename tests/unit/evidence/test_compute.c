#include <stdlib.h>

#include "core/base/json.h"
#include "experiments/evidence/analysis.h"
#include "experiments/report/report.h"
#include "tests/unit/evidence/made_study.h"

static const char *const labels[] = {"standard", "thrifty", "lavish"};
static const char *budgets[] = {"400", "100", "1600", "200", "800"}; /* not in order */

/* What entry e does with the compute that [budget] gives it; the entry's step costs [step] FLOPs. */
struct economy {
    double factor[3]; /* of the baseline's compute for the same loss */
    double step[3];
    double floor;  /* of the loss */
    double wobble; /* of seeds, common to all entries */
};

static double budget_of(size_t value) {
    return strtod(budgets[value], NULL);
}

static double law(const struct economy *economy, double flops) {
    return 40.0 * pow(flops, -0.3) + economy->floor;
}

static void make_economy(struct made_study *study, const struct economy *economy) {
    made_study_init(study, labels, 3, 4);
    made_study_axis(study, "train.steps", budgets, 5);
    study->experiment.budget = "train.steps";
    made_study_expand(study);
    for (size_t p = 0; p < 5; p++)
        for (size_t e = 0; e < 3; e++)
            for (size_t s = 0; s < 4; s++) {
                double flops = economy->step[e] * budget_of(p);
                double loss = law(economy, flops * economy->factor[e]) *
                              exp(economy->wobble * ((double)s - 1.5));
                made_study_metric(made_study_done(study, p, e, s, loss), "train_flops", 200, flops);
            }
}

static const struct pl_compute_factor *factor_of(const struct pl_analysis *a, size_t entry,
                                                 size_t value) {
    for (size_t i = 0; i < a->compute->factor_count; i++)
        if (a->compute->factors[i].entry == entry && a->compute->factors[i].value == value)
            return &a->compute->factors[i];
    PL_REQUIRE(false);
    return NULL;
}

static const struct pl_compute_law *law_of(const struct pl_analysis *a, size_t entry) {
    for (size_t i = 0; i < a->compute->law_count; i++)
        if (a->compute->laws[i].entry == entry) return &a->compute->laws[i];
    PL_REQUIRE(false);
    return NULL;
}

/* Power laws without noise: the very factor at each budget, and the greatest budget is out of reach. */
static void test_compute__exact_laws_give_the_exact_factor(void) {
    struct made_study study;
    make_economy(&study, &(struct economy){{1.0, 1.25, 0.8}, {1e6, 1e6, 1e6}, 0.0, 0.1});
    const struct pl_analysis *a = made_study_analyse(&study, NULL);
    PL_REQUIRE(a->compute != NULL);
    for (size_t v = 0; v < 5; v++) {
        const struct pl_compute_factor *more = factor_of(a, 1, v), *less = factor_of(a, 2, v);
        PL_CHECK(more->reached == (budget_of(v) < 1600.0));
        PL_CHECK(less->reached == (budget_of(v) > 100.0));
        if (more->reached) PL_CHECK_NEAR(more->factor, 1.25, 1e-9);
        if (less->reached) PL_CHECK_NEAR(less->factor, 0.8, 1e-9);
        PL_CHECK_NEAR(more->greatest, 1600.0 / budget_of(v), 1e-9);
        PL_CHECK_NEAR(more->least, 100.0 / budget_of(v), 1e-9);
        if (more->reached) PL_CHECK_NEAR(more->interval.low, 1.25, 1e-6);
        if (more->reached) PL_CHECK_NEAR(more->interval.high, 1.25, 1e-6);
        if (more->reached) PL_CHECK(more->support == 1.0);
    }
    PL_CHECK(factor_of(a, 1, 2)->factor == INFINITY && factor_of(a, 2, 1)->factor == 0.0);
    PL_CHECK(!pl_interval_exists(factor_of(a, 1, 2)->interval));
    PL_CHECK_NEAR(factor_of(a, 1, PL_ALL_BUDGETS)->factor, 1.25, 1e-9);
    PL_CHECK_NEAR(factor_of(a, 2, PL_ALL_BUDGETS)->factor, 0.8, 1e-9);
    PL_CHECK_INT((long long)a->compute->factor_count, 12);
    for (size_t e = 0; e < 3; e++) {
        PL_CHECK_NEAR(law_of(a, e)->law.b, 0.3, 1e-10);
        PL_CHECK_NEAR(law_of(a, e)->b.low, 0.3, 1e-9);
        PL_CHECK_NEAR(law_of(a, e)->b.high, 0.3, 1e-9);
        PL_CHECK_INT((long long)law_of(a, e)->budgets, 5);
        PL_CHECK(!law_of(a, e)->supported);
    }
    made_study_finish(&study);
}

/* A step that costs more is paid for: 1.25 times as good a use of 1.1 times the compute. */
static void test_compute__a_dearer_step_counts(void) {
    struct made_study study;
    make_economy(&study, &(struct economy){{1.0, 1.25, 1.0}, {1e6, 1.1e6, 2e6}, 0.0, 0.1});
    const struct pl_analysis *a = made_study_analyse(&study, NULL);
    PL_CHECK_NEAR(factor_of(a, 1, PL_ALL_BUDGETS)->factor, 1.25, 1e-9);
    PL_CHECK_NEAR(factor_of(a, 1, 0)->factor, 1.25, 1e-9);
    PL_CHECK_NEAR(factor_of(a, 2, PL_ALL_BUDGETS)->factor, 1.0, 1e-9);
    PL_CHECK_NEAR(factor_of(a, 2, 0)->greatest, 1600.0 / 800.0, 1e-9);
    made_study_finish(&study);
}

/* The floor of the loss is found where there is one, with intervals that have it. */
static void test_compute__an_offset_is_found(void) {
    struct made_study study;
    make_economy(&study, &(struct economy){{1.0, 1.25, 0.8}, {1e6, 1e6, 1e6}, 0.05, 0.001});
    const struct pl_compute_law *found = law_of(made_study_analyse(&study, NULL), 0);
    PL_CHECK(found->supported);
    PL_CHECK_NEAR(found->offset.c, 0.05, 1e-6);
    PL_CHECK_NEAR(found->offset.b, 0.3, 1e-5);
    PL_CHECK(found->offset_c.low <= found->offset.c && found->offset_c.high >= found->offset.c);
    PL_CHECK(found->law.residual > 1e-3 && found->offset.residual < 1e-7);
    made_study_finish(&study);
}

/* What diverged, is missing or does not say its compute is passed over. */
static void test_compute__holes(void) {
    struct made_study study;
    make_economy(&study, &(struct economy){{1.0, 1.25, 0.8}, {1e6, 1e6, 1e6}, 0.0, 0.1});
    made_study_diverged(&study, 3, 1, 2);                                 /* thrifty at 200 */
    for (size_t s = 0; s < 4; s++) made_study_done(&study, 4, 2, s, 0.1); /* lavish at 800 */
    made_study_failed(&study, 0, 0, 1, "killed");
    const struct pl_analysis *a = made_study_analyse(&study, NULL);
    PL_CHECK_INT((long long)law_of(a, 1)->budgets, 4);
    PL_CHECK_INT((long long)law_of(a, 2)->budgets, 4);
    PL_CHECK_INT((long long)law_of(a, 0)->seeds, 3);
    PL_CHECK_INT((long long)a->compute->factor_count, 8);
    PL_CHECK_NEAR(factor_of(a, 1, 1)->factor, 1.25, 1e-9);
    made_study_finish(&study);
    make_economy(&study, &(struct economy){{1.0, 1.25, 0.8}, {1e6, 1e6, 1e6}, 0.0, 0.1});
    study.experiment.budget = "model.width"; /* a database of another plan */
    PL_CHECK(made_study_analyse(&study, NULL)->compute == NULL);
    made_study_finish(&study);
    made_study_init(&study, labels, 3, 4);
    made_study_axis(&study, "train.steps", budgets, 5);
    study.experiment.budget = "train.steps";
    made_study_expand(&study); /* nothing has run */
    a = made_study_analyse(&study, NULL);
    PL_CHECK(a->compute->factor_count == 0 && a->compute->law_count == 0);
    made_study_finish(&study);
}

static char *write_report(struct made_study *study, const char *format) {
    struct pl_report_input input = {.analysis = made_study_analyse(study, NULL)};
    struct pl_strbuf out;
    pl_strbuf_init(&out);
    PL_REQUIRE_OK(pl_report_write(&input, format, &out));
    return pl_strbuf_take(&out);
}

static void test_compute__reports_tell_it(void) {
    struct made_study study;
    struct pl_json *report;
    make_economy(&study, &(struct economy){{1.0, 1.25, 0.8}, {1e6, 1e6, 1e6}, 0.0, 0.1});
    char *text = write_report(&study, "text");
    PL_CHECK(strstr(text, "Compute for the same loss") != NULL);
    PL_CHECK(strstr(text, "thrifty     all        1.250  [1.250, 1.250]") != NULL);
    PL_CHECK(strstr(text, "thrifty    1600   over 1.000  not reached") != NULL);
    pl_free(text);
    text = write_report(&study, "md");
    PL_CHECK(strstr(text, "| thrifty | all | 1.250 |") != NULL);
    pl_free(text);
    text = write_report(&study, "csv");
    PL_CHECK(strstr(text, ",train_flops,sources\r\n") != NULL);
    pl_free(text);
    text = write_report(&study, "json");
    PL_REQUIRE_OK(pl_json_parse(&report, text, strlen(text)));
    const struct pl_json *compute = pl_json_get(report, "compute");
    const struct pl_json *first = pl_json_at(pl_json_get(compute, "factors"), 0);
    PL_CHECK_TEXT(pl_json_as_text(pl_json_get(compute, "budget"), ""), "train.steps");
    PL_CHECK_INT((long long)pl_json_count(pl_json_get(compute, "factors")), 12);
    PL_CHECK_INT((long long)pl_json_count(pl_json_get(compute, "laws")), 3);
    PL_CHECK_TEXT(pl_json_as_text(pl_json_get(first, "label"), ""), "thrifty");
    PL_CHECK_NEAR(pl_json_as_real(pl_json_get(first, "factor"), NAN), 1.25, 1e-9);
    pl_json_destroy(report);
    pl_free(text);
    made_study_finish(&study);
}

const struct pl_test pl_suite_compute[] = {
    {"exact_laws_give_the_exact_factor", test_compute__exact_laws_give_the_exact_factor},
    {"a_dearer_step_counts", test_compute__a_dearer_step_counts},
    {"an_offset_is_found", test_compute__an_offset_is_found},
    {"holes", test_compute__holes},
    {"reports_tell_it", test_compute__reports_tell_it},
    {0}};
