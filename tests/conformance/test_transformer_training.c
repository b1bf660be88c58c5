/* Transformers as a cell trains them: asked tokens, tiles, dropout, clipping and decay. */
#include <math.h>
#include <string.h>

#include "core/data/batch.h"
#include "experiments/cell/job.h"
#include "tests/support/support.h"
#include "tests/support/transformer.h"

/* ---- training, as a cell does it ---- */

#define CELL                                                                                       \
    "backend = %s\nmodel.depth = 4\nmodel.heads = 2\nmodel.kind = transformer\nmodel.width = 8\n"  \
    "seed = 3\ntask.length = 6\ntask.name = recall\ntask.samples = 20\ntask.test_samples = 5\n"    \
    "task.valid_samples = 5\ntrain.batch = 7\ntrain.steps = 4\nvariant.name = attnres_full\n"

enum { STEPS = 4, WEIGHTS = 4000 };

/* What a run is asked besides CELL. */
struct way {
    const char *backend;
    const char *more; /* canonical lines that sort anywhere */
    bool everywhere;  /* head and loss at every token */
    int tile;         /* 0: the backend's */
    long batch;       /* 0: that of CELL */
};

struct trained {
    double loss[STEPS];
    double weights[2][WEIGHTS]; /* before and after */
    size_t count;
};

static void read_weights(const struct pl_job *job, double *out, size_t *count) {
    *count = 0;
    for (int n = 0; n < (int)job->graph.nodes.count; n++) {
        const struct pl_node *node = pl_graph_node(&job->graph, n);
        if (node->kind != PL_KIND_PARAM || node->group == PL_GROUP_CONSTANT) continue;
        PL_REQUIRE(*count + (size_t)(node->rows * node->cols) <= WEIGHTS);
        pl_program_read(job->program, n, out + *count);
        *count += (size_t)(node->rows * node->cols);
    }
}

static void train(struct trained *out, const struct way *way) {
    struct pl_settings settings = {0};
    struct pl_arena arena = {0};
    struct pl_bound bound;
    char text[1000], *rest = text, *line;
    snprintf(text, sizeof text, CELL "%s", way->backend, way->more);
    while ((line = strtok_r(rest, "\n", &rest)) != NULL) {
        char *value = strstr(line, " = ");
        *value = '\0';
        pl_settings_set(&settings, pl_arena_strdup(&arena, line),
                        pl_arena_strdup(&arena, value + 3), (struct pl_place){"test", 1, 1});
    }
    PL_REQUIRE_OK(pl_bound_make(&bound, &settings, 0));
    if (way->everywhere) bound.io.asked = 0;
    if (way->batch) bound.train.batch = way->batch;
    struct pl_job job = {.bound = &bound, .tile = way->tile};
    PL_REQUIRE_OK(pl_job_make(&job));
    PL_CHECK((job.network.feed[PL_FEED_ASKED] == PL_NONE) == way->everywhere);
    struct pl_batches batches;
    pl_batches_init(&batches, 20, (size_t)bound.train.batch, 3);
    read_weights(&job, out->weights[0], &out->count);
    for (int step = 0; step < STEPS; step++) {
        size_t count;
        const uint32_t *which = pl_batches_next(&batches, &count);
        out->loss[step] = pl_trainer_step(job.trainer, which, count);
        if (step == 0) read_weights(&job, out->weights[1], &out->count);
    }
    pl_batches_finish(&batches);
    pl_job_finish(&job);
    pl_bound_finish(&bound);
    pl_settings_finish(&settings);
    pl_arena_finish(&arena);
}

#define DROPOUT "model.dropout = 0.25\nmodel.attention_dropout = true\n"

/* The head at the asked tokens alone gives the loss of the head everywhere, dropout and all. */
static void test_transformer_training__asked_tokens_are_all_that_counts(void) {
    static struct trained asked, all, cpu;
    train(&asked, &(const struct way){.backend = "ref", .more = DROPOUT});
    train(&all, &(const struct way){.backend = "ref", .more = DROPOUT, .everywhere = true});
    train(&cpu, &(const struct way){.backend = "cpu", .more = DROPOUT});
    for (int step = 0; step < STEPS; step++) {
        PL_CHECK(asked.loss[step] > 0);
        PL_CHECK_NEAR(asked.loss[step], all.loss[step], 1e-12);
        PL_CHECK_NEAR(asked.loss[step], cpu.loss[step], 1e-4);
    }
}

/* Masks come from seed, step and token, so no tile shows in a bit. */
static void test_transformer_training__tiles_do_not_show(void) {
    static struct trained narrow, wide;
    train(&narrow, &(const struct way){.backend = "cpu", .more = DROPOUT, .tile = 8});
    train(&wide, &(const struct way){.backend = "cpu", .more = DROPOUT, .tile = 64});
    for (int step = 0; step < STEPS; step++) PL_CHECK(narrow.loss[step] == wide.loss[step]);
    PL_CHECK(memcmp(narrow.weights[1], wide.weights[1], wide.count * sizeof(double)) == 0);
}

static int count_of(const char *more, enum pl_op op) {
    struct pl_trial *trial =
        pl_transformer_trial("ref", "standard", 2, PL_TRANSFORMER_MORE("model.dropout=0.1", more));
    int count = 0;
    for (int n = 0; n < (int)trial->graph.nodes.count; n++) {
        const struct pl_node *node = pl_graph_node(&trial->graph, n);
        count += node->kind == PL_KIND_OP && node->op == op;
    }
    pl_trial_destroy(trial);
    return count;
}

/* e, and what each of four layers gives; each has its gradient. Attention weights are attention's own. */
static void test_transformer_training__residual_dropout_is_that_of_layers(void) {
    PL_CHECK_INT(count_of("model.residual_dropout=true", PL_OP_DROPOUT), 2 * (1 + 4));
    PL_CHECK_INT(count_of("model.residual_dropout=false", PL_OP_DROPOUT), 2);
    PL_CHECK_INT(count_of("model.attention_dropout=true", PL_OP_DROPOUT), 2 * (1 + 4));
}

/* A batch of more samples than there are is all of them. */
static void test_transformer_training__batches_may_exceed_the_data(void) {
    static struct trained more, all;
    train(&more, &(const struct way){.backend = "cpu", .more = DROPOUT, .batch = 1000});
    train(&all, &(const struct way){.backend = "cpu", .more = DROPOUT, .batch = 20});
    for (int step = 0; step < STEPS; step++) PL_CHECK(more.loss[step] == all.loss[step]);
    PL_CHECK(memcmp(more.weights[1], all.weights[1], all.count * sizeof(double)) == 0);
}

static double length_of_step(const char *more) {
    static struct trained run;
    double sum = 0;
    train(&run, &(const struct way){.backend = "ref", .more = more});
    for (size_t k = 0; k < run.count; k++) sum += pow(run.weights[1][k] - run.weights[0][k], 2);
    return sqrt(sum);
}

/* Plain descent at rate 1 moves by the gradient, or by what it is clipped to. */
static void test_transformer_training__clipped_gradients_have_that_length(void) {
#define DESCENT "train.optimizer = sgd\ntrain.momentum = 0\ntrain.lr = 1\n"
    double whole = length_of_step(DESCENT);
    PL_CHECK(whole > 0.1);
    PL_CHECK_NEAR(length_of_step(DESCENT "train.clip = 0.01\n"), 0.01, 1e-9);
    PL_CHECK_NEAR(length_of_step(DESCENT "train.clip = 1000\n"), whole, 1e-12);
}

/* Decay alone moves tables only with decay_embeddings. */
static void test_transformer_training__decay_of_tables_is_an_option(void) {
    static struct trained with, without;
    train(&with, &(const struct way){.backend = "ref", .more = "train.optimizer = adamw\n"});
    train(&without, &(const struct way){.backend = "ref",
                                        .more = "train.optimizer = adamw\n"
                                                "train.decay_embeddings = false\n"});
    /* embed.w comes first; the token that is never seen has no gradient: 21 tokens, 8 channels */
    size_t differ = 0;
    for (size_t k = 0; k < 21 * 8; k++) differ += with.weights[1][k] != without.weights[1][k];
    PL_CHECK(differ > 150);
}

const struct pl_test pl_suite_transformer_training[] = {
    {"asked_tokens_are_all_that_counts",
     test_transformer_training__asked_tokens_are_all_that_counts},
    {"tiles_do_not_show", test_transformer_training__tiles_do_not_show},
    {"residual_dropout_is_that_of_layers",
     test_transformer_training__residual_dropout_is_that_of_layers},
    {"batches_may_exceed_the_data", test_transformer_training__batches_may_exceed_the_data},
    {"clipped_gradients_have_that_length",
     test_transformer_training__clipped_gradients_have_that_length},
    {"decay_of_tables_is_an_option", test_transformer_training__decay_of_tables_is_an_option},
    {0},
};
