/* What the dial does to every task of classes: how often a label is replaced, by what, and what the
 * best predictor then reaches. */
#include <stdlib.h>

#include "tests/unit/tasks/make.h"

static const char *const tasks[] = {
    "clusters",       "modular",   "modular op=multiply modulus=101",
    "parity",         "hierarchy", "composition hops=4",
    "parity subset=1"};
enum { TASKS = sizeof tasks / sizeof tasks[0], SAMPLES = 20000, MOST = 101 };

/* [words] is a name and options of its own. */
static void make_at(struct made *made, const char *words, const char *structure, uint64_t seed) {
    char name[40], text[200];
    size_t length = strcspn(words, " ");
    snprintf(name, sizeof name, "%.*s", (int)length, words);
    snprintf(text, sizeof text, "test_samples=%d structure=%s%s", SAMPLES, structure,
             words + length);
    make(made, name, text, seed);
}

/* Distinct inputs of test: from where on the split repeats itself. */
static size_t distinct(const struct made *made) {
    const struct pl_samples *test = &made->data.split[PL_TEST];
    size_t in = (size_t)made->data.shape.in;
    for (size_t i = 1; i < test->count; i++)
        if (memcmp(test->x, test->x + i * in, in * sizeof *test->x) == 0) return i;
    return test->count;
}

static void check_replaced(const char *words, const char *structure) {
    struct made made;
    make_at(&made, words, structure, 8);
    const struct pl_samples *test = &made.data.split[PL_TEST];
    const struct pl_samples *clean = &made.data.split[PL_TEST_CLEAN];
    double s = strtod(structure, NULL), marked = 0, n = (double)distinct(&made);
    for (size_t i = 0; i < (size_t)n; i++) {
        marked += test->corrupted[i];
        PL_CHECK(test->corrupted[i] || test->labels[i] == clean->labels[i]);
    }
    PL_CHECK_NEAR(marked / n, 1 - s, 5 * sqrt(s * (1 - s) / n));
    make_finish(&made);
}

static void test_labels__a_share_of_1_minus_s_is_replaced(void) {
    static const char *const at[] = {"0", "0.3", "0.8", "1"};
    for (int t = 0; t < TASKS; t++)
        for (int k = 0; k < 4; k++) check_replaced(tasks[t], at[k]);
}

/* Lowering s corrupts more samples and changes no label that was corrupted before. */
static void test_labels__the_axis_is_nested(void) {
    for (int t = 0; t < TASKS; t++) {
        struct made low, high;
        make_at(&low, tasks[t], "0.4", 5);
        make_at(&high, tasks[t], "0.7", 5);
        for (int split = 0; split <= PL_TEST; split++) {
            const struct pl_samples *a = &low.data.split[split], *b = &high.data.split[split];
            for (size_t i = 0; i < a->count; i++) {
                PL_CHECK(!b->corrupted[i] || a->corrupted[i]);
                PL_CHECK(!b->corrupted[i] || a->labels[i] == b->labels[i]);
            }
        }
        make_finish(&low);
        make_finish(&high);
    }
}

/* At 0 labels have the marginal of the clean ones and nothing to do with them: the mutual information
 * that a table of counts shows is its bias, (V-1)^2 / 2n, with sd sqrt(2 (V-1)^2) / 2n. */
static void check_chance(const char *words) {
    struct made made;
    make_at(&made, words, "0", 21);
    const struct pl_samples *test = &made.data.split[PL_TEST];
    const struct pl_samples *clean = &made.data.split[PL_TEST_CLEAN];
    double joint[MOST][MOST] = {{0}}, one[MOST] = {0}, other[MOST] = {0}, information = 0;
    size_t n = distinct(&made), classes = (size_t)made.data.shape.out;
    for (size_t i = 0; i < n; i++) {
        joint[clean->labels[i]][test->labels[i]] += 1 / (double)n;
        one[clean->labels[i]] += 1 / (double)n;
        other[test->labels[i]] += 1 / (double)n;
    }
    for (size_t a = 0; a < classes; a++)
        for (size_t b = 0; b < classes; b++)
            if (joint[a][b] > 0) information += joint[a][b] * log(joint[a][b] / one[a] / other[b]);
    double freedom = (double)((classes - 1) * (classes - 1));
    if (n > 5 * (size_t)freedom)
        PL_CHECK(2 * (double)n * information < freedom + 5 * sqrt(2 * freedom));
    for (size_t a = 0; a < classes; a++)
        PL_CHECK(fabs(one[a] - other[a]) < 5 * sqrt((one[a] + other[a]) / (double)n) + 1e-9);
    make_finish(&made);
}

static void test_labels__at_0_they_are_chance_of_the_same_marginal(void) {
    for (int t = 0; t < TASKS; t++) check_chance(tasks[t]);
}

/* The marginal of the rule, by hand: uniform, but for products modulo a prime. */
static double marginal(const struct made *made, const char *words, int32_t label) {
    double p = (double)made->data.shape.out;
    if (!strstr(words, "multiply")) return 1 / p;
    return label == 0 ? (2 * p - 1) / (p * p) : (p - 1) / (p * p);
}

/* On the data, the loss of the predictor that knows the rule: s + (1-s) q for its label. */
static void check_best(const char *words, const char *structure) {
    struct made made;
    make_at(&made, words, structure, 4);
    const struct pl_samples *test = &made.data.split[PL_TEST];
    const struct pl_samples *clean = &made.data.split[PL_TEST_CLEAN];
    double sum = 0, squares = 0, s = strtod(structure, NULL), trivial = 0;
    double n = (double)distinct(&made);
    for (size_t i = 0; i < (size_t)n; i++) {
        bool hit = test->labels[i] == clean->labels[i];
        double loss = -log((hit ? s : 0) + (1 - s) * marginal(&made, words, test->labels[i]));
        sum += loss;
        squares += loss * loss;
    }
    for (int32_t c = 0; c < made.data.shape.out; c++)
        trivial -= marginal(&made, words, c) * log(marginal(&made, words, c));
    double mean = sum / n, error = sqrt((squares / n - mean * mean) / n);
    PL_CHECK(fabs(made.points.best_test - mean) < 5 * error);
    PL_CHECK_NEAR(made.points.trivial, trivial, 1e-12);
    PL_CHECK_NEAR(made.points.solved,
                  made.points.best_test + 0.01 * (made.points.trivial - made.points.best_test),
                  1e-12);
    make_finish(&made);
}

static void test_labels__best_is_what_the_rule_reaches(void) {
    for (int t = 1; t < TASKS; t++) { /* clusters overlap: test_clusters.c */
        check_best(tasks[t], "0.3");
        check_best(tasks[t], "0.8");
    }
}

static void test_labels__points_at_the_ends(void) {
    for (int t = 1; t < TASKS; t++) {
        struct made made;
        make_at(&made, tasks[t], "1", 1);
        PL_CHECK_NEAR(made.points.best_test, 0, 0);
        make_finish(&made);
        make_at(&made, tasks[t], "0", 1);
        PL_CHECK_NEAR(made.points.best_test, made.points.trivial, 1e-14);
        PL_CHECK(isnan(made.points.solved));
        make_finish(&made);
    }
}

/* Samples beyond a pool repeat it, label and mark included. */
static void test_labels__a_split_repeats_itself_beyond_its_pool(void) {
    struct made made;
    make(&made, "composition", "hops=1 structure=0.5 samples=100 test_samples=50", 6);
    for (int split = 0; split < PL_SPLITS; split += 2) { /* 64 inputs: 32 and 16 */
        const struct pl_samples *samples = &made.data.split[split];
        size_t pool = split == PL_TRAIN ? 32 : 16, in = (size_t)made.data.shape.in;
        for (size_t i = 0; i < samples->count; i++) {
            size_t from = i % pool;
            PL_CHECK_INT(samples->labels[i], samples->labels[from]);
            PL_CHECK_INT(samples->corrupted[i], samples->corrupted[from]);
            for (size_t k = 0; k < pool; k++) {
                bool same =
                    memcmp(samples->x + i * in, samples->x + k * in, in * sizeof *samples->x) == 0;
                PL_CHECK(same == (k == from));
            }
        }
    }
    make_finish(&made);
}

static void test_labels__they_are_not_mixed(void) {
    for (int t = 0; t < TASKS; t++) {
        char name[40];
        snprintf(name, sizeof name, "%.*s", (int)strcspn(tasks[t], " "), tasks[t]);
        make_fails(name, "mix=variance", "mix", "leave mix out");
    }
}

const struct pl_test pl_suite_labels[] = {
    {"a_share_of_1_minus_s_is_replaced", test_labels__a_share_of_1_minus_s_is_replaced},
    {"the_axis_is_nested", test_labels__the_axis_is_nested},
    {"at_0_they_are_chance_of_the_same_marginal",
     test_labels__at_0_they_are_chance_of_the_same_marginal},
    {"best_is_what_the_rule_reaches", test_labels__best_is_what_the_rule_reaches},
    {"points_at_the_ends", test_labels__points_at_the_ends},
    {"a_split_repeats_itself_beyond_its_pool", test_labels__a_split_repeats_itself_beyond_its_pool},
    {"they_are_not_mixed", test_labels__they_are_not_mixed},
    {0},
};
