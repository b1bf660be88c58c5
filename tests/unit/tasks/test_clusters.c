#include "core/base/rng.h"
#include "tests/unit/tasks/make.h"

enum { CLASSES = 5, DIM = 10 };

/* Drawn anew from the stream: normal vectors, put on the sphere. */
static void centres_of(double centres[CLASSES][DIM], int classes, uint64_t seed) {
    struct pl_rng rng;
    pl_rng_init(&rng, seed, "task-world");
    for (int c = 0; c < classes; c++) {
        double square = 0;
        for (int j = 0; j < DIM; j++) centres[c][j] = pl_rng_normal(&rng);
        for (int j = 0; j < DIM; j++) square += centres[c][j] * centres[c][j];
        for (int j = 0; j < DIM; j++) centres[c][j] *= sqrt(DIM / square);
    }
}

static double dot(const double *a, const double *b) {
    double sum = 0;
    for (int j = 0; j < DIM; j++) sum += a[j] * b[j];
    return sum;
}

/* The plane through a centre's inside that cuts it off from all others: w = the centre itself. */
static void test_clusters__every_centre_is_cut_off_by_a_plane(void) {
    double centres[CLASSES][DIM];
    for (uint64_t seed = 1; seed <= 50; seed++) {
        centres_of(centres, CLASSES, seed);
        for (int c = 0; c < CLASSES; c++)
            for (int other = 0; other < CLASSES; other++)
                if (other != c)
                    PL_CHECK(dot(centres[c], centres[other]) < dot(centres[c], centres[c]) - 1e-6);
    }
}

/* Around the centre of its class an input is normal with the spread: mean, size, and fourth moment. */
static void test_clusters__inputs_are_normal_around_centres(void) {
    enum { SAMPLES = 20000 };
    double centres[CLASSES][DIM], sum = 0, square = 0, fourth = 0, n = SAMPLES * DIM;
    int count[CLASSES] = {0};
    struct made made;
    make(&made, "clusters", "samples=20000 spread=0.7", 3);
    centres_of(centres, CLASSES, 3);
    const struct pl_samples *train = &made.data.split[PL_TRAIN];
    for (size_t i = 0; i < SAMPLES; i++) {
        count[train->labels[i]]++;
        for (size_t j = 0; j < DIM; j++) {
            double z = ((double)train->x[DIM * i + j] - centres[train->labels[i]][j]) / 0.7;
            sum += z;
            square += z * z;
            fourth += z * z * z * z;
        }
    }
    PL_CHECK_NEAR(sum / n, 0, 5 / sqrt(n));
    PL_CHECK_NEAR(square / n, 1, 5 * sqrt(2 / n));
    PL_CHECK_NEAR(fourth / n, 3, 5 * sqrt(96 / n) / 3);
    for (int c = 0; c < CLASSES; c++) PL_CHECK_NEAR(count[c], 4000, 5 * 56.6 / 4000);
    make_finish(&made);
}

/* Two clusters, D spreads apart: the log odds of the true one are N(D^2/2, D^2), and the best loss
 * is the mean of ln(1 + e^-odds), here by Simpson's rule. */
static double two_clusters(double d) {
    enum { STEPS = 4000 };
    double sum = 0, low = -10, h = 20.0 / STEPS;
    for (int i = 0; i <= STEPS; i++) {
        double t = low + i * h, odds = d * d / 2 + d * t;
        double value = log1p(exp(-odds)) * exp(-t * t / 2) / sqrt(2 * acos(-1));
        sum += value * (i == 0 || i == STEPS ? 1 : i % 2 ? 4 : 2);
    }
    return sum * h / 3;
}

/* The estimate's standard error is at most ln 2 / 128; 4 of it. */
static void test_clusters__best_of_two_is_the_integral(void) {
    static const double spreads[] = {0.3, 1, 2, 4, 20};
    for (int k = 0; k < 5; k++) {
        double centres[CLASSES][DIM], square = 0;
        struct made made;
        char text[60];
        snprintf(text, sizeof text, "classes=2 spread=%g", spreads[k]);
        make(&made, "clusters", text, 8);
        centres_of(centres, 2, 8);
        for (int j = 0; j < DIM; j++)
            square += (centres[0][j] - centres[1][j]) * (centres[0][j] - centres[1][j]);
        PL_CHECK_NEAR(made.points.best_test, two_clusters(sqrt(square) / spreads[k]),
                      4 * log(2) / 128);
        make_finish(&made);
    }
}

/* -ln p of a label by the rule of Bayes, written out. */
static double bayes_loss(double centres[CLASSES][DIM], const float *x, int label, double spread,
                         double s) {
    double density[CLASSES], sum = 0;
    for (int c = 0; c < CLASSES; c++) {
        density[c] = 0;
        for (int j = 0; j < DIM; j++) density[c] += pow((double)x[j] - centres[c][j], 2);
    }
    double own = density[label];
    for (int c = 0; c < CLASSES; c++) sum += exp((own - density[c]) / (2 * spread * spread));
    return -log(s / sum + (1 - s) / CLASSES);
}

/* On 20000 samples of test, with their own error, and the estimate's. */
static void check_bayes(double spread, double s) {
    double centres[CLASSES][DIM], sum = 0, squares = 0, n = 20000;
    struct made made;
    char text[100];
    snprintf(text, sizeof text, "spread=%g structure=%g test_samples=20000", spread, s);
    make(&made, "clusters", text, 31);
    centres_of(centres, CLASSES, 31);
    const struct pl_samples *test = &made.data.split[PL_TEST];
    for (size_t i = 0; i < test->count; i++) {
        double loss = bayes_loss(centres, test->x + DIM * i, test->labels[i], spread, s);
        sum += loss;
        squares += loss * loss;
    }
    double mean = sum / n, error = sqrt((squares / n - mean * mean) / n);
    PL_CHECK_NEAR(mean, made.points.best_test, 4 * (error + log(CLASSES) / 128));
    PL_CHECK_NEAR(made.points.trivial, log(CLASSES), 1e-14);
    make_finish(&made);
}

static void test_clusters__best_is_the_rule_of_bayes_on_data(void) {
    check_bayes(0.3, 1);
    check_bayes(0.3, 0.5);
    check_bayes(1.5, 1);
    check_bayes(1.5, 0.6);
    check_bayes(5, 0.9);
}

/* Clusters that do not overlap: the random labels of tasks/labels.h are all that is lost. */
static void test_clusters__best_without_overlap_is_a_formula(void) {
    struct made made;
    make(&made, "clusters", "spread=0.01 structure=0.5", 1);
    PL_CHECK_NEAR(made.points.best_test, -0.6 * log(0.6) - 0.4 * log(0.1), 1e-12);
    make_finish(&made);
}

/* ---- twin: samples ---- */

/* Structured samples lie where twin: labels has them; a random one is N(0, I), whatever s is; test_clean is
 * test at structure 1. */
static void test_clusters__random_samples_lie_apart(void) {
    struct made half, full, labels;
    double sum = 0, square = 0, n = 0;
    make(&half, "clusters", "twin=samples structure=0.5 test_samples=4000", 8);
    make(&full, "clusters", "twin=samples structure=1 test_samples=4000", 8);
    make(&labels, "clusters", "twin=labels structure=1 test_samples=1", 8);
    const struct pl_samples *test = &half.data.split[PL_TEST], *at_1 = &full.data.split[PL_TEST];
    const struct pl_samples *clean = &half.data.split[PL_TEST_CLEAN];
    for (size_t i = 0; i < test->count; i++) {
        bool same = memcmp(test->x + DIM * i, at_1->x + DIM * i, DIM * sizeof(float)) == 0;
        PL_CHECK(same == !test->corrupted[i]);
        for (size_t j = 0; test->corrupted[i] && j < DIM; j++, n++) {
            sum += (double)test->x[DIM * i + j];
            square += (double)test->x[DIM * i + j] * (double)test->x[DIM * i + j];
        }
    }
    PL_CHECK_NEAR(n / DIM / 4000, 0.5, 5 * sqrt(0.25 / 4000) / 0.5);
    PL_CHECK_NEAR(sum / n, 0, 5 / sqrt(n));
    PL_CHECK_NEAR(square / n, 1, 5 * sqrt(2 / n));
    PL_CHECK(memcmp(clean->x, at_1->x, 4000 * DIM * sizeof(float)) == 0);
    PL_CHECK(memcmp(clean->labels, at_1->labels, 4000 * sizeof(int32_t)) == 0);
    PL_CHECK(memcmp(labels.data.split[PL_TEST].x, at_1->x, DIM * sizeof(float)) == 0);
    make_finish(&half);
    make_finish(&full);
    make_finish(&labels);
}

/* Narrow clusters are told from the rest without doubt: the random share alone is lost, ln V a sample. */
static void test_clusters__best_of_apart_samples_is_their_share(void) {
    struct made made;
    make(&made, "clusters", "twin=samples spread=0.05 structure=0.3", 5);
    PL_CHECK_NEAR(made.points.best_test, 0.7 * log(CLASSES), 5 * log(CLASSES) * sqrt(0.21 / 4096));
    make_finish(&made);
    make(&made, "clusters", "twin=samples spread=0.3 structure=0", 5);
    PL_CHECK_NEAR(made.points.best_test, log(CLASSES), 1e-12);
    make_finish(&made);
}

/* In two dimensions with wide clusters nothing is certain; the rule of Bayes on data, from densities written
 * out anew. */
static void test_clusters__best_of_apart_samples_is_the_rule_of_bayes(void) {
    const double s = 0.6, spread = 0.5, pi = acos(-1);
    double centres[2][2], sum = 0, squares = 0, n = 20000;
    struct pl_rng rng;
    struct made made;
    make(&made, "clusters",
         "twin=samples classes=2 dim=2 spread=0.5 structure=0.6 test_samples=20000", 12);
    pl_rng_init(&rng, 12, "task-world");
    for (int c = 0; c < 2; c++) {
        double a = pl_rng_normal(&rng), b = pl_rng_normal(&rng), size = sqrt(2 / (a * a + b * b));
        centres[c][0] = a * size;
        centres[c][1] = b * size;
    }
    const struct pl_samples *test = &made.data.split[PL_TEST];
    for (size_t i = 0; i < test->count; i++) {
        double x = (double)test->x[2 * i], y = (double)test->x[2 * i + 1], p[2];
        double other = exp(-(x * x + y * y) / 2) / (2 * pi);
        for (int c = 0; c < 2; c++) {
            double apart = pow(x - centres[c][0], 2) + pow(y - centres[c][1], 2);
            p[c] = s * exp(-apart / (2 * spread * spread)) / (2 * pi * spread * spread) +
                   (1 - s) * other;
        }
        double loss = -log(p[test->labels[i]] / (p[0] + p[1]));
        sum += loss;
        squares += loss * loss;
    }
    double mean = sum / n, error = sqrt((squares / n - mean * mean) / n);
    PL_CHECK_NEAR(mean, made.points.best_test, 4 * (error + log(2) / 128));
    make_finish(&made);
}

static void test_clusters__bad_options_are_refused(void) {
    make_fails("clusters", "classes=1", "classes", "2");
    make_fails("clusters", "dim=1", "dim", "2");
    make_fails("clusters", "spread=0", "spread", "0.01");
}

const struct pl_test pl_suite_clusters[] = {
    {"every_centre_is_cut_off_by_a_plane", test_clusters__every_centre_is_cut_off_by_a_plane},
    {"inputs_are_normal_around_centres", test_clusters__inputs_are_normal_around_centres},
    {"best_of_two_is_the_integral", test_clusters__best_of_two_is_the_integral},
    {"best_is_the_rule_of_bayes_on_data", test_clusters__best_is_the_rule_of_bayes_on_data},
    {"best_without_overlap_is_a_formula", test_clusters__best_without_overlap_is_a_formula},
    {"random_samples_lie_apart", test_clusters__random_samples_lie_apart},
    {"best_of_apart_samples_is_their_share", test_clusters__best_of_apart_samples_is_their_share},
    {"best_of_apart_samples_is_the_rule_of_bayes",
     test_clusters__best_of_apart_samples_is_the_rule_of_bayes},
    {"bad_options_are_refused", test_clusters__bad_options_are_refused},
    {0},
};
