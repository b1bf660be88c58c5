/* A student with its teacher's own weights has nothing to learn: on ref its loss is that of rounding the
 * targets once to float32. The weights are drawn anew from the stream task-world, in the order that
 * task_depth_teacher.c promises. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/rng.h"
#include "experiments/run/cell_run.h"
#include "experiments/study/expand.h"
#include "tests/support/support.h"

enum { DIM = 6, HIDDEN = 9, DEPTH = 4, MOST = HIDDEN * DIM };

struct teacher {
    double w1[DEPTH][MOST], b1[DEPTH][HIDDEN], w2[DEPTH][MOST], b2[DEPTH][DIM];
    double alpha[DEPTH + 2][DEPTH + 1]; /* [site][source] */
};

static void draw_uniform(struct pl_rng *rng, double *out, int count, int fan_in) {
    for (int k = 0; k < count; k++) out[k] = (2 * pl_rng_uniform(rng) - 1) / sqrt(fan_in);
}

static void draw_attention(struct pl_rng *rng, double *out, int sources, double temperature) {
    double sum = 0;
    for (int k = 0; k < sources; k++) sum += out[k] = exp(pl_rng_normal(rng) / temperature);
    for (int k = 0; k < sources; k++) out[k] /= sum;
}

static void draw(struct teacher *teacher, uint64_t seed, double temperature) {
    struct pl_rng rng;
    pl_rng_init(&rng, seed, "task-world");
    for (int l = 0; l < DEPTH; l++) {
        draw_uniform(&rng, teacher->w1[l], HIDDEN * DIM, DIM);
        draw_uniform(&rng, teacher->b1[l], HIDDEN, DIM);
        draw_uniform(&rng, teacher->w2[l], DIM * HIDDEN, HIDDEN);
        draw_uniform(&rng, teacher->b2[l], DIM, HIDDEN);
        draw_attention(&rng, teacher->alpha[l + 2], l + 2, temperature);
    }
}

/* The teacher's values of the tensor called [name]; NULL: a gain, which is 1. */
static const double *values_of(const struct teacher *teacher, const char *name) {
    int l = 0;
    if (sscanf(name, "residual.fixed.%d", &l) == 1) return teacher->alpha[l];
    if (strncmp(name, "norms.", 6) == 0) return NULL;
    PL_REQUIRE(sscanf(name, "layers.%d.", &l) == 1 && l >= 1 && l <= DEPTH);
    const char *member = strrchr(name, '.') + 1;
    if (strcmp(member, "w1") == 0) return teacher->w1[l - 1];
    if (strcmp(member, "b1") == 0) return teacher->b1[l - 1];
    if (strcmp(member, "w2") == 0) return teacher->w2[l - 1];
    PL_REQUIRE(strcmp(member, "b2") == 0);
    return teacher->b2[l - 1];
}

static enum pl_status give_weights(void *context, const struct pl_job *job) {
    for (int n = 0; n < (int)job->graph.nodes.count; n++) {
        const struct pl_node *node = pl_graph_node(&job->graph, n);
        double ones[MOST];
        if (node->kind != PL_KIND_PARAM) continue;
        for (int k = 0; k < MOST; k++) ones[k] = 1;
        const double *values = values_of(context, node->name);
        pl_program_write(job->program, n, values ? values : ones);
    }
    return PL_OK;
}

/* The losses before the first step, with the teacher's weights or without. */
static void losses(const char *text, const struct teacher *teacher, double out[2]) {
    const struct pl_cell_watch watch = {(void *)teacher, teacher ? give_weights : NULL, NULL};
    struct pl_bound bound;
    struct pl_result result = {0};
    PL_REQUIRE_OK(pl_bound_read(&bound, text));
    PL_REQUIRE_OK(pl_cell_run(&bound, &watch, &result));
    for (size_t k = 0; k < result.metric_count; k++) {
        if (result.metrics[k].step != 0) continue;
        if (strcmp(result.metrics[k].name, "train_loss") == 0) out[0] = result.metrics[k].value;
        if (strcmp(result.metrics[k].name, "test_loss") == 0) out[1] = result.metrics[k].value;
    }
    pl_result_finish(&result);
    pl_bound_finish(&bound);
}

static void check(double temperature, const char *prenorm) {
    char text[700];
    struct pl_experiment experiment;
    struct pl_cells cells;
    struct teacher teacher;
    double own[2], other[2];
    snprintf(
        text, sizeof text,
        "study: own-weights\nbackend: ref\n"
        "model: {width: 6, hidden: 9, depth: 4, prenorm: %s, final_norm: false, embed: none, "
        "head: none}\n"
        "task: {name: depth_teacher, dim: 6, hidden: 9, depth: 4, temperature: %g, prenorm: %s, "
        "samples: 200}\n"
        "train: {steps: 1, lr: 0}\nvariants: [{name: attnres_full, fixed_attn: 1}]\n"
        "seeds: [23]\n",
        prenorm, temperature, prenorm);
    PL_REQUIRE_OK(pl_experiment_load_text(&experiment, "own.yaml", text, strlen(text), NULL, 0));
    PL_REQUIRE_OK(pl_experiment_expand(&cells, &experiment));
    draw(&teacher, 23, temperature);
    losses(pl_cell_text(&cells.items[0], &cells.arena), &teacher, own);
    losses(pl_cell_text(&cells.items[0], &cells.arena), NULL, other);
    printf("  temperature %g, prenorm %s: train %.2g, test %.2g; untaught %.2g\n", temperature,
           prenorm, own[0], own[1], other[1]);
    PL_CHECK(own[0] <= 1e-12 && own[1] <= 1e-12);
    PL_CHECK(other[1] > 1e-3); /* other weights are another function */
    pl_cells_finish(&cells);
    pl_experiment_finish(&experiment);
}

static void test_teacher_student__own_weights_leave_nothing_to_learn(void) {
    static const double temperatures[] = {0.1, 1, 100};
    for (int k = 0; k < 3; k++) {
        check(temperatures[k], "true");
        check(temperatures[k], "false");
    }
}

const struct pl_test pl_suite_teacher_student[] = {
    {"own_weights_leave_nothing_to_learn",
     test_teacher_student__own_weights_leave_nothing_to_learn},
    {0},
};
