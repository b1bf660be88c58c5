#include "core/base/rng.h"
#include "tests/unit/tasks/make.h"

#define DIM 6

/* Solves a w = b for a symmetric positive a, in place, by elimination; b becomes w. */
static void solve(double a[DIM][DIM], double b[DIM]) {
    for (int k = 0; k < DIM; k++)
        for (int i = k + 1; i < DIM; i++) {
            double f = a[i][k] / a[k][k];
            for (int j = k; j < DIM; j++) a[i][j] -= f * a[k][j];
            b[i] -= f * b[k];
        }
    for (int i = DIM - 1; i >= 0; i--) {
        for (int j = i + 1; j < DIM; j++) b[i] -= a[i][j] * b[j];
        b[i] /= a[i][i];
    }
}

/* The least squares map from inputs to targets: row [i] explains output i. */
static void least_squares(double w[DIM][DIM], const struct pl_samples *samples) {
    for (int i = 0; i < DIM; i++) {
        double a[DIM][DIM] = {{0}};
        memset(w[i], 0, sizeof w[i]);
        for (size_t n = 0; n < samples->count; n++)
            for (int j = 0; j < DIM; j++) {
                double x = (double)samples->x[n * DIM + j];
                for (int k = 0; k < DIM; k++) a[j][k] += x * (double)samples->x[n * DIM + k];
                w[i][j] += x * (double)samples->y[n * DIM + i];
            }
        solve(a, w[i]);
    }
}

static double predicted(double w[DIM][DIM], const struct pl_samples *samples, size_t n, int i) {
    double sum = 0;
    for (int j = 0; j < DIM; j++) sum += w[i][j] * (double)samples->x[n * DIM + j];
    return sum;
}

/* Largest |y - a w x| of a split. */
static double worst_residual(double w[DIM][DIM], const struct pl_samples *samples) {
    double worst = 0;
    for (size_t n = 0; n < samples->count; n++)
        for (int i = 0; i < DIM; i++) {
            double miss = fabs((double)samples->y[n * DIM + i] - predicted(w, samples, n, i));
            if (miss > worst) worst = miss;
        }
    return worst;
}

static void test_linear_mix__one_matrix_explains_every_split_at_structure_1(void) {
    struct made made;
    double w[DIM][DIM];
    make(&made, "linear_mix", "dim=6 samples=200 valid_samples=100 test_samples=100", 4);
    least_squares(w, &made.data.split[PL_TRAIN]);
    for (int split = 0; split < PL_SPLITS; split++)
        PL_CHECK(worst_residual(w, &made.data.split[split]) < 1e-6);
    make_finish(&made);
}

/* W comes row by row from task-world, N(0, 1/d). */
static void test_linear_mix__w_is_the_stream_task_world(void) {
    struct made made;
    struct pl_rng rng;
    double w[DIM][DIM];
    make(&made, "linear_mix", "dim=6 samples=400 valid_samples=1 test_samples=1", 12);
    least_squares(w, &made.data.split[PL_TRAIN]);
    pl_rng_init(&rng, 12, "task-world");
    for (int i = 0; i < DIM; i++)
        for (int j = 0; j < DIM; j++) PL_CHECK_NEAR(w[i][j], pl_rng_normal(&rng) / sqrt(DIM), 1e-6);
    make_finish(&made);
}

/* y(s) = a y(1) + b y(0): the ends of the axis share inputs and noise with all between. */
static void check_axis(const char *mix, double s, double a, double b) {
    struct made ends[2], between;
    char text[200];
    for (int end = 0; end < 2; end++) {
        snprintf(text, sizeof text, "dim=6 mix=%s structure=%d", mix, end);
        make(&ends[end], "linear_mix", text, 8);
    }
    snprintf(text, sizeof text, "dim=6 mix=%s structure=%.17g", mix, s);
    make(&between, "linear_mix", text, 8);
    for (int split = 0; split <= PL_TEST; split++) {
        const struct pl_samples *found = &between.data.split[split];
        const struct pl_samples *full = &ends[1].data.split[split];
        const struct pl_samples *noise = &ends[0].data.split[split];
        PL_CHECK(memcmp(found->x, full->x, found->count * DIM * sizeof(float)) == 0);
        PL_CHECK(memcmp(found->x, noise->x, found->count * DIM * sizeof(float)) == 0);
        for (size_t i = 0; i < found->count * DIM; i++)
            PL_CHECK_NEAR((double)found->y[i], a * (double)full->y[i] + b * (double)noise->y[i],
                          4e-7);
        PL_CHECK(found->corrupted[0] == 1 && noise->corrupted[999] == 1);
        PL_CHECK(full->corrupted[0] == 0);
    }
    for (int end = 0; end < 2; end++) make_finish(&ends[end]);
    make_finish(&between);
}

static void test_linear_mix__the_axis_is_linear_between_its_ends(void) {
    check_axis("linear", 0.3, 0.3, 0.7);
    check_axis("linear", 0.9, 0.9, 0.1);
    check_axis("variance", 0.3, sqrt(0.3), sqrt(0.7));
}

static void test_linear_mix__test_clean_is_test_at_structure_1(void) {
    struct made full, mixed;
    make(&full, "linear_mix", "dim=6 test_samples=700", 8);
    make(&mixed, "linear_mix", "dim=6 test_samples=700 structure=0.2", 8);
    size_t bytes = (size_t)700 * DIM * sizeof(float);
    const struct pl_samples *test = &full.data.split[PL_TEST];
    const struct pl_samples *clean = &mixed.data.split[PL_TEST_CLEAN];
    PL_CHECK(memcmp(clean->x, test->x, bytes) == 0);
    PL_CHECK(memcmp(clean->y, test->y, bytes) == 0);
    PL_CHECK(memcmp(full.data.split[PL_TEST_CLEAN].y, test->y, bytes) == 0);
    make_finish(&full);
    make_finish(&mixed);
}

static double mean_square(const struct pl_samples *samples) {
    double sum = 0;
    for (size_t i = 0; i < samples->count * DIM; i++)
        sum += (double)samples->y[i] * (double)samples->y[i];
    return sum / ((double)samples->count * DIM);
}

/* Mean square of y - a w x, with the true w of the seed. */
static double bayes_loss(const struct made *made, double w[DIM][DIM], double a) {
    const struct pl_samples *train = &made->data.split[PL_TRAIN];
    double sum = 0;
    for (size_t n = 0; n < train->count; n++)
        for (int i = 0; i < DIM; i++) {
            double miss = (double)train->y[n * DIM + i] - a * predicted(w, train, n, i);
            sum += miss * miss;
        }
    return sum / ((double)train->count * DIM);
}

/* 20000 samples of 6 outputs: the relative sd of a mean square of normals is sqrt(2/n), at most
 * sqrt(2/20000) = .01 were the outputs of a sample all one; 5 of them are allowed. */
static void check_points(const char *mix, double s, double a) {
    struct made made, full;
    char text[200];
    double w[DIM][DIM];
    make(&full, "linear_mix", "dim=6", 21);
    least_squares(w, &full.data.split[PL_TRAIN]);
    snprintf(text, sizeof text, "dim=6 samples=20000 mix=%s structure=%.17g", mix, s);
    make(&made, "linear_mix", text, 21);
    double trivial = made.points.trivial, best = made.points.best_test;
    PL_CHECK_NEAR(mean_square(&made.data.split[PL_TRAIN]) / trivial, 1, 0.05);
    PL_CHECK_NEAR(bayes_loss(&made, w, a) / (best > 0 ? best : 1), best > 0 ? 1 : 0, 0.05);
    if (s > 0)
        PL_CHECK_NEAR(made.points.solved, best + 0.01 * (trivial - best), 1e-12);
    else
        PL_CHECK(isnan(made.points.solved));
    make_finish(&made);
    make_finish(&full);
}

static void test_linear_mix__points_are_what_data_shows(void) {
    static const double levels[] = {0, 0.3, 0.5, 1};
    for (int i = 0; i < 4; i++) {
        check_points("linear", levels[i], levels[i]);
        check_points("variance", levels[i], sqrt(levels[i]));
    }
}

/* At the random end a least squares fit has learned noise: on test it is worse than no fit at all by
 * about d / n, and never better than chance allows. */
static void test_linear_mix__a_linear_probe_learns_nothing_at_structure_0(void) {
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct made made;
        double w[DIM][DIM], sum = 0;
        make(&made, "linear_mix", "dim=6 samples=60 test_samples=5000 structure=0", seed);
        least_squares(w, &made.data.split[PL_TRAIN]);
        const struct pl_samples *test = &made.data.split[PL_TEST];
        for (size_t n = 0; n < test->count; n++)
            for (int i = 0; i < DIM; i++) {
                double miss = (double)test->y[n * DIM + i] - predicted(w, test, n, i);
                sum += miss * miss;
            }
        double loss = sum / ((double)test->count * DIM);
        PL_CHECK(loss > made.points.trivial);
        make_finish(&made);
    }
}

static void test_linear_mix__best_is_the_published_square(void) {
    struct made made;
    make(&made, "linear_mix", "structure=0.25", 3);
    PL_CHECK_NEAR(made.points.best_test, 0.5625, 1e-15);
    make_finish(&made);
    make(&made, "linear_mix", "structure=0", 3);
    PL_CHECK_NEAR(made.points.trivial, 1, 1e-15);
    make_finish(&made);
}

static void test_linear_mix__mix_variance_keeps_the_variance(void) {
    struct made full, made;
    make(&full, "linear_mix", "dim=6", 2);
    for (int i = 0; i <= 10; i++) {
        char text[80];
        snprintf(text, sizeof text, "dim=6 mix=variance structure=%.1f samples=20000", i / 10.0);
        make(&made, "linear_mix", text, 2);
        PL_CHECK_NEAR(made.points.trivial, full.points.trivial, 1e-12);
        PL_CHECK_NEAR(mean_square(&made.data.split[PL_TRAIN]) / full.points.trivial, 1, 0.05);
        make_finish(&made);
    }
    make_finish(&full);
}

static void test_linear_mix__scale_is_one_whatever_the_width(void) {
    struct made made;
    make(&made, "linear_mix", "samples=2000", 6); /* v of 2500 entries: sd sqrt(2/2500) = .028 */
    PL_CHECK_NEAR(made.points.trivial, 1, 0.14);
    make_finish(&made);
    make(&made, "linear_mix", "dim=200", 6); /* sd sqrt(2)/200 = .007 */
    PL_CHECK_NEAR(made.points.trivial, 1, 0.035);
    make_finish(&made);
}

const struct pl_test pl_suite_linear_mix[] = {
    {"one_matrix_explains_every_split_at_structure_1",
     test_linear_mix__one_matrix_explains_every_split_at_structure_1},
    {"w_is_the_stream_task_world", test_linear_mix__w_is_the_stream_task_world},
    {"the_axis_is_linear_between_its_ends", test_linear_mix__the_axis_is_linear_between_its_ends},
    {"test_clean_is_test_at_structure_1", test_linear_mix__test_clean_is_test_at_structure_1},
    {"points_are_what_data_shows", test_linear_mix__points_are_what_data_shows},
    {"a_linear_probe_learns_nothing_at_structure_0",
     test_linear_mix__a_linear_probe_learns_nothing_at_structure_0},
    {"best_is_the_published_square", test_linear_mix__best_is_the_published_square},
    {"mix_variance_keeps_the_variance", test_linear_mix__mix_variance_keeps_the_variance},
    {"scale_is_one_whatever_the_width", test_linear_mix__scale_is_one_whatever_the_width},
    {0},
};
