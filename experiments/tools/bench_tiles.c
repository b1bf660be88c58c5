#include "experiments/tools/bench_tiles.h"

#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/stats/summary.h"
#include "experiments/tools/bench_subject.h"

enum { TOKENS = 1008, DEPTH = 20, VARIANTS = 2, WIDTHS = 7, SHAPES = 9 };

static const long shapes[SHAPES] = {8, 10, 16, 20, 32, 50, 64, 128, 256};
static const char *const variants[VARIANTS] = {"standard", "attnres_full"};
static const int widths[WIDTHS] = {64, 80, 144, 176, 256, 336, 512};

/* One shape with each width of a tile. */
struct trial {
    struct pl_subject subjects[WIDTHS][VARIANTS];
    double *ms[WIDTHS][VARIANTS]; /* a measurement a round */
    double score[WIDTHS];         /* product of the medians */
};

static double measure(struct pl_subject *subject) {
    pl_subject_step(subject);
    double start = pl_clock_seconds();
    for (long k = 0; k < subject->steps; k++) pl_subject_step(subject);
    return 1e3 * (pl_clock_seconds() - start) / (double)subject->steps;
}

static enum pl_status trial_init(struct trial *trial, const struct pl_bench_size *size,
                                 const struct pl_bench_config *config,
                                 const struct pl_dataset *data) {
    for (int w = 0; w < WIDTHS; w++)
        for (int v = 0; v < VARIANTS; v++) {
            trial->ms[w][v] = pl_alloc_zero((size_t)config->rounds, sizeof(double));
            const struct pl_bench_model model = {"", *size, "silu", NULL, widths[w]};
            PL_TRY(pl_subject_init(&trial->subjects[w][v], &model, variants[v], config->backend,
                                   data));
        }
    return PL_OK;
}

static void trial_finish(struct trial *trial) {
    for (int w = 0; w < WIDTHS; w++)
        for (int v = 0; v < VARIANTS; v++) {
            pl_subject_finish(&trial->subjects[w][v]);
            pl_free(trial->ms[w][v]);
        }
}

static void trial_run(struct trial *trial, int rounds) {
    for (int round = 0; round < rounds; round++)
        for (int w = 0; w < WIDTHS; w++)
            for (int v = 0; v < VARIANTS; v++)
                trial->ms[w][v][round] = measure(&trial->subjects[w][v]);
    for (int w = 0; w < WIDTHS; w++) {
        trial->score[w] = 1;
        for (int v = 0; v < VARIANTS; v++)
            trial->score[w] *= pl_stats_median(trial->ms[w][v], (size_t)rounds);
    }
}

/* The smallest width whose times are within 3 % of the best; a score is a product of VARIANTS times. */
static int best_of(const double *score) {
    int best = 0, chosen = 0;
    for (int w = 1; w < WIDTHS; w++)
        if (score[w] < score[best]) best = w;
    while (score[chosen] > 1.06 * score[best]) chosen++;
    return chosen;
}

/* Beside the row each width's mean time over that of the chosen one. */
static void print_row(const struct pl_bench_size *size, const struct trial *trial) {
    int best = best_of(trial->score);
    printf("    {%ld, %ld, %d}, //", size->width, size->hidden, widths[best]);
    for (int w = 0; w < WIDTHS; w++)
        printf("  %d x%.2f", widths[w], 1 + (trial->score[w] / trial->score[best] - 1) / VARIANTS);
    printf("\n");
    fflush(stdout);
}

static enum pl_status run_shape(const struct pl_bench_size *size,
                                const struct pl_bench_config *config) {
    struct trial trial;
    struct pl_dataset data;
    memset(&trial, 0, sizeof trial);
    enum pl_status status = pl_subject_data(&data, size);
    if (status == PL_OK) status = trial_init(&trial, size, config, &data);
    if (status == PL_OK) {
        trial_run(&trial, config->rounds);
        print_row(size, &trial);
    }
    trial_finish(&trial);
    pl_dataset_finish(&data);
    return status;
}

enum pl_status pl_tiles_run(const struct pl_bench_config *config) {
    for (int k = 0; k < SHAPES; k++) {
        const struct pl_bench_size size = {shapes[k], 4 * shapes[k], DEPTH, TOKENS};
        PL_TRY(run_shape(&size, config));
    }
    return PL_OK;
}
