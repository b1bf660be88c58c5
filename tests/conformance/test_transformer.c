/* What the host transformer promises, by every residual variant: gradients by differences, causality, and
 * sequences that depend on nothing else; the identities of docs/variants.md; and a second
 * implementation of its forward pass, written out by hand in double. */
#include <math.h>
#include <string.h>

#include "core/base/math.h"
#include "core/data/batch.h"
#include "core/model/residual.h"
#include "experiments/cell/job.h"
#include "experiments/tools/trial.h"
#include "tests/support/support.h"

enum { TOKENS = 5, VOCABULARY = 7, MOST_SETTINGS = 24 };

/* "key=value" texts: those of every trial here, then [more], ended by NULL. */
static struct pl_trial *make(const char *backend_name, const char *variant, size_t samples,
                             const char *const *more) {
    const struct pl_backend *backend;
    struct pl_trial *trial;
    char name[64];
    const char *settings[MOST_SETTINGS] = {"model.kind=transformer", "task.vocabulary=7",
                                           "task.classes=7"};
    size_t count = 3;
    snprintf(name, sizeof name, "variant.name=%s", variant);
    settings[count++] = name;
    for (; *more; more++) settings[count++] = *more;
    PL_REQUIRE_OK(pl_backend_find(&backend, backend_name));
    PL_REQUIRE_OK(pl_trial_create(&trial, backend, settings, 1, samples));
    return trial;
}

/* The two families of options. */
#define COMMON    "task.tokens=5", "model.width=8", "model.heads=2", "model.depth=4", "model.hidden=12"
#define MORE(...) ((const char *const[]){COMMON, __VA_ARGS__, NULL})

static const char *const families[][16] = {
    {COMMON, "model.norm=layernorm", "model.activation=gelu"},
    {COMMON, "model.norm=rmsnorm", "model.mlp=swiglu", "model.head=tied",
     "model.attention_bias=false", "model.mlp_bias=false", "model.value_residual=mean",
     "model.init=gpt2", "model.positions=rope", "model.qk_norm=true"},
};
enum { FAMILIES = sizeof families / sizeof families[0] };

static bool moves(const struct pl_trial *trial, int n) {
    const struct pl_node *node = pl_graph_node(&trial->graph, n);
    return node->kind == PL_KIND_PARAM && node->group != PL_GROUP_CONSTANT &&
           trial->graph.grads.items[n] != PL_NONE;
}

/* Everything away from the special points where it starts. */
static void shake(struct pl_trial *trial) {
    for (int n = 0; n < (int)trial->graph.nodes.count; n++)
        if (pl_graph_node(&trial->graph, n)->kind == PL_KIND_PARAM &&
            pl_graph_node(&trial->graph, n)->group != PL_GROUP_CONSTANT)
            pl_trial_perturb_one(trial, n, (uint64_t)n, 0.2);
}

/* One entry of a parameter against the difference of losses. */
static double difference(struct pl_trial *trial, int n, int entry, double step) {
    double *values = pl_trial_read(trial, n), was = values[entry], loss[2];
    for (int side = 0; side < 2; side++) {
        values[entry] = was + (side ? step : -step);
        pl_program_write(trial->program, n, values);
        loss[side] = pl_trial_loss(trial);
    }
    values[entry] = was;
    pl_program_write(trial->program, n, values);
    pl_free(values);
    return (loss[1] - loss[0]) / (2 * step);
}

static void check_gradients(const char *variant, const char *const *family) {
    struct pl_trial *trial = make("ref", variant, 3, family);
    shake(trial);
    trial->weight[3] = 0;
    trial->weight[8] = 0.25F;
    pl_trial_gradient(trial);
    for (int n = 0; n < (int)trial->graph.grads.count; n++) {
        if (!moves(trial, n)) continue;
        const struct pl_node *node = pl_graph_node(&trial->graph, n);
        int size = node->rows * node->cols;
        for (int k = 0; k < 3; k++) {
            int entry = (int)((unsigned)(7 * n + 11 * k) % (unsigned)size);
            pl_trial_gradient(trial);
            double *gradient = pl_trial_read_grad(trial, n), exact = gradient[entry];
            double by_steps = difference(trial, n, entry, 1e-5);
            pl_free(gradient);
            if (fabs(by_steps - exact) <= 1e-8 + 2e-6 * fabs(exact)) continue;
            printf("%s: %s[%d]: %.10g, by differences %.10g\n", variant, node->name, entry, exact,
                   by_steps);
            PL_CHECK(!"gradient");
        }
    }
    pl_trial_destroy(trial);
}

static bool has_kinks(const struct pl_residual *variant) {
    return strcmp(variant->name, "dca") == 0; /* a ReLU */
}

static void test_transformer__gradients_agree_with_differences(void) {
    for (int k = 0; pl_residuals[k]; k++)
        for (int f = 0; f < FAMILIES && !has_kinks(pl_residuals[k]); f++)
            check_gradients(pl_residuals[k]->name, families[f]);
}

/* Another token at place j of a sample changes nothing before j, not by a bit. */
static void check_causal(const char *backend, const char *variant, const char *const *family) {
    struct pl_trial *trial = make(backend, variant, 2, family);
    shake(trial);
    double *before = pl_trial_predict(trial);
    for (int j = 1; j < TOKENS; j++) {
        int32_t was = trial->ids[TOKENS + j];
        trial->ids[TOKENS + j] = (was + 1) % VOCABULARY;
        double *after = pl_trial_predict(trial);
        size_t kept = (size_t)(TOKENS + j) * VOCABULARY;
        PL_CHECK(memcmp(before, after, kept * sizeof *after) == 0);
        PL_CHECK(memcmp(before + kept, after + kept, VOCABULARY * sizeof *after) != 0);
        trial->ids[TOKENS + j] = was;
        pl_free(after);
    }
    pl_free(before);
    pl_trial_destroy(trial);
}

static void test_transformer__no_token_hears_of_later_ones(void) {
    for (int k = 0; pl_residuals[k]; k++)
        for (int f = 0; f < FAMILIES; f++) {
            check_causal("ref", pl_residuals[k]->name, families[f]);
            check_causal("cpu", pl_residuals[k]->name, families[f]);
        }
}

/* A sample alone, and as the third of five. */
static void check_company(const char *backend, const char *variant, const char *const *family) {
    struct pl_trial *many = make(backend, variant, 5, family);
    struct pl_trial *alone = make(backend, variant, 1, family);
    memcpy(alone->ids, many->ids + 2 * TOKENS, TOKENS * sizeof *alone->ids);
    double *all = pl_trial_predict(many), *one = pl_trial_predict(alone);
    PL_CHECK(memcmp(one, all + 2 * TOKENS * VOCABULARY, TOKENS * VOCABULARY * sizeof *one) == 0);
    pl_free(all);
    pl_free(one);
    pl_trial_destroy(many);
    pl_trial_destroy(alone);
}

static void test_transformer__a_sequence_depends_on_no_other(void) {
    for (int k = 0; pl_residuals[k]; k++)
        for (int f = 0; f < FAMILIES; f++) {
            check_company("ref", pl_residuals[k]->name, families[f]);
            check_company("cpu", pl_residuals[k]->name, families[f]);
        }
}

static double start_loss(const char *variant, const char *const *more) {
    struct pl_trial *trial = make("ref", variant, 4, more);
    double loss = pl_trial_loss(trial);
    pl_trial_destroy(trial);
    return loss;
}

static void test_transformer__many_variants_start_as_standard(void) {
    static const char *const more[][8] = {
        {COMMON, "model.norm_eps=0", "model.norm=layernorm"},
        {COMMON, "model.norm_eps=0", "model.mlp=swiglu"},
    };
    for (int f = 0; f < 2; f++) {
        double standard = start_loss("standard", more[f]);
        PL_CHECK_NEAR(start_loss("rescaled", more[f]), standard, 1e-12);
        for (int k = 0; pl_residuals[k]; k++)
            if (pl_residuals[k]->flags & PL_RESIDUAL_STARTS_STANDARD)
                PL_CHECK_NEAR(start_loss(pl_residuals[k]->name, more[f]), standard, 1e-12);
    }
}

static void test_transformer__blocks_of_one_layer_are_full(void) {
    struct pl_trial *full = make("cpu", "attnres_full", 4, MORE("variant.query_std=1"));
    struct pl_trial *block =
        make("cpu", "attnres_block", 4, MORE("variant.query_std=1", "variant.block_size=1"));
    double *a = pl_trial_predict(full), *b = pl_trial_predict(block);
    PL_CHECK(memcmp(a, b, 4 * TOKENS * VOCABULARY * sizeof *a) == 0);
    pl_free(a);
    pl_free(b);
    pl_trial_destroy(full);
    pl_trial_destroy(block);
}

/* ---- odd sizes ---- */

static void check_size(const char *tokens, const char *width, const char *heads, size_t samples) {
    static const char *const backends[] = {"ref", "cpu"};
    char text[3][32];
    snprintf(text[0], sizeof text[0], "task.tokens=%s", tokens);
    snprintf(text[1], sizeof text[1], "model.width=%s", width);
    snprintf(text[2], sizeof text[2], "model.heads=%s", heads);
    double loss[2];
    for (int k = 0; k < 2; k++) {
        struct pl_trial *trial =
            make(backends[k], "attnres_full", samples,
                 (const char *const[]){text[0], text[1], text[2], "model.depth=2", NULL});
        loss[k] = pl_trial_gradient(trial);
        pl_trial_destroy(trial);
    }
    PL_CHECK(isfinite(loss[0]) && loss[0] > 0);
    PL_CHECK_NEAR(loss[1], loss[0], 1e-5);
}

static void test_transformer__any_length_width_and_count_work(void) {
    check_size("1", "4", "4", 1);
    check_size("1", "1", "1", 40);
    check_size("13", "6", "3", 1);
    check_size("13", "6", "6", 9);
    check_size("16", "8", "1", 3);
    check_size("100", "8", "2", 3);
}

/* ---- a second implementation ---- */

enum { D = 8, HIDDEN = 12, HEADS = 2, DH = D / HEADS };

struct peer {
    struct pl_trial *trial;
    double h[TOKENS][D]; /* the stream */
};

static double *param(struct peer *peer, const char *format, int l) {
    char name[40];
    snprintf(name, sizeof name, format, l);
    int node = pl_graph_find(&peer->trial->graph, name);
    PL_REQUIRE(node != PL_NONE);
    return pl_trial_read(peer->trial, node);
}

static void norm(struct peer *peer, const char *format, int l, double out[TOKENS][D]) {
    double *gain = param(peer, format, l);
    for (int t = 0; t < TOKENS; t++) {
        double mean = 0, square = 0;
        for (int c = 0; c < D; c++) mean += peer->h[t][c] / D;
        for (int c = 0; c < D; c++) square += pow(peer->h[t][c] - mean, 2) / D;
        for (int c = 0; c < D; c++)
            out[t][c] = gain[c] * (peer->h[t][c] - mean) / sqrt(square + 1e-6);
    }
    pl_free(gain);
}

static void affine(struct peer *peer, const char *which, int l, const double *x, int in, int out,
                   double *y) {
    char w[32], b[32];
    snprintf(w, sizeof w, "layers.%%d.w%s", which);
    snprintf(b, sizeof b, "layers.%%d.b%s", which);
    double *weight = param(peer, w, l), *bias = param(peer, b, l);
    for (int t = 0; t < TOKENS; t++)
        for (int r = 0; r < out; r++) {
            y[t * out + r] = bias[r];
            for (int c = 0; c < in; c++) y[t * out + r] += weight[r * in + c] * x[t * in + c];
        }
    pl_free(weight);
    pl_free(bias);
}

static void attention(struct peer *peer, int l, double u[TOKENS][D], double y[TOKENS][D]) {
    double q[TOKENS][D], k[TOKENS][D], v[TOKENS][D], o[TOKENS][D] = {{0}};
    affine(peer, "q", l, &u[0][0], D, D, &q[0][0]);
    affine(peer, "k", l, &u[0][0], D, D, &k[0][0]);
    affine(peer, "v", l, &u[0][0], D, D, &v[0][0]);
    for (int a = 0; a < HEADS; a++)
        for (int i = 0; i < TOKENS; i++) {
            double p[TOKENS], total = 0;
            for (int j = 0; j <= i; j++) {
                double s = 0;
                for (int c = a * DH; c < (a + 1) * DH; c++) s += q[i][c] * k[j][c];
                total += p[j] = exp(s / sqrt(DH));
            }
            for (int j = 0; j <= i; j++)
                for (int c = a * DH; c < (a + 1) * DH; c++) o[i][c] += p[j] / total * v[j][c];
        }
    affine(peer, "o", l, &o[0][0], D, D, &y[0][0]);
}

static void mlp(struct peer *peer, int l, double u[TOKENS][D], double y[TOKENS][D]) {
    double z[TOKENS * HIDDEN];
    affine(peer, "1", l, &u[0][0], D, HIDDEN, z);
    for (int k = 0; k < TOKENS * HIDDEN; k++) z[k] = z[k] / 2 * (1 + erf(z[k] / sqrt(2)));
    affine(peer, "2", l, z, HIDDEN, D, &y[0][0]);
}

static void embed(struct peer *peer, const int32_t *ids) {
    double *e = param(peer, "embed.w", 0), *p = param(peer, "positions.w", 0);
    for (int t = 0; t < TOKENS; t++)
        for (int c = 0; c < D; c++) peer->h[t][c] = e[ids[t] * D + c] + p[t * D + c];
    pl_free(e);
    pl_free(p);
}

/* standard, layernorm, gelu: from random gains and biases. */
static void test_transformer__agrees_with_a_second_implementation(void) {
    struct peer peer = {make("ref", "standard", 3, families[0])};
    double u[TOKENS][D], y[TOKENS][D];
    shake(peer.trial);
    double *all = pl_trial_predict(peer.trial), *head = param(&peer, "head.w", 0);
    for (int n = 0; n < 3; n++) {
        embed(&peer, peer.trial->ids + n * TOKENS);
        for (int l = 1; l <= 4; l++) {
            norm(&peer, "norms.%d.gain", l, u);
            (l % 2 ? attention : mlp)(&peer, l, u, y);
            for (int t = 0; t < TOKENS; t++)
                for (int c = 0; c < D; c++) peer.h[t][c] += y[t][c];
        }
        norm(&peer, "norms.final.gain", 0, u);
        for (int t = 0; t < TOKENS; t++)
            for (int k = 0; k < VOCABULARY; k++) {
                double logit = 0;
                for (int c = 0; c < D; c++) logit += head[k * D + c] * u[t][c];
                PL_CHECK_NEAR(all[(n * TOKENS + t) * VOCABULARY + k], logit, 1e-12);
            }
    }
    pl_free(all);
    pl_free(head);
    pl_trial_destroy(peer.trial);
}

/* ---- values ---- */

/* With first, only layer 1 has values of its own; with mean, later ones have. */
static void test_transformer__value_residual_takes_those_of_layer_1(void) {
    struct pl_trial *first = make("ref", "standard", 2, MORE("model.value_residual=first"));
    PL_CHECK(pl_graph_find(&first->graph, "layers.1.wv") != PL_NONE);
    PL_CHECK(pl_graph_find(&first->graph, "layers.3.wv") == PL_NONE);
    PL_CHECK(pl_graph_find(&first->graph, "layers.3.bv") == PL_NONE);
    pl_trial_destroy(first);
    struct pl_trial *mean = make("ref", "standard", 2, MORE("model.value_residual=mean"));
    PL_CHECK(pl_graph_find(&mean->graph, "layers.3.wv") != PL_NONE);
    pl_trial_destroy(mean);
}

/* ---- blocks of two layers ---- */

static int rows_of(const struct pl_trial *trial, const char *name) {
    int node = pl_graph_find(&trial->graph, name);
    return node == PL_NONE ? 0 : pl_graph_node(&trial->graph, node)->rows;
}

/* A block's parameters have the number of its last layer; states are those after blocks. */
static void test_transformer__averages_of_states_count_blocks(void) {
    static const char *const variants[] = {"denseformer", "muddformer_r"};
    for (int k = 0; k < 2; k++) {
        struct pl_trial *trial = make("ref", variants[k], 1, MORE("model.norm=rmsnorm"));
        PL_CHECK_INT(rows_of(trial, "residual.a.1"), 0);
        PL_CHECK_INT(rows_of(trial, "residual.a.2"), 2);
        PL_CHECK_INT(rows_of(trial, "residual.a.3"), 0);
        PL_CHECK_INT(rows_of(trial, "residual.a.4"), 3);
        size_t formula =
            trial->model.residual->param_count(&trial->model.host, trial->model.options);
        PL_CHECK_INT(pl_graph_param_count(&trial->graph, PL_GROUP_CONNECTION), formula);
        pl_trial_destroy(trial);
    }
}

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
    struct pl_job job = {.bound = &bound, .tile = way->tile};
    PL_REQUIRE_OK(pl_job_make(&job));
    PL_CHECK((job.network.feed[PL_FEED_ASKED] == PL_NONE) == way->everywhere);
    struct pl_batches batches;
    pl_batches_init(&batches, 20, 7, 3);
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
static void test_transformer__asked_tokens_are_all_that_counts(void) {
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
static void test_transformer__tiles_do_not_show(void) {
    static struct trained narrow, wide;
    train(&narrow, &(const struct way){.backend = "cpu", .more = DROPOUT, .tile = 8});
    train(&wide, &(const struct way){.backend = "cpu", .more = DROPOUT, .tile = 64});
    for (int step = 0; step < STEPS; step++) PL_CHECK(narrow.loss[step] == wide.loss[step]);
    PL_CHECK(memcmp(narrow.weights[1], wide.weights[1], wide.count * sizeof(double)) == 0);
}

static int count_of(const char *more, enum pl_op op) {
    struct pl_trial *trial = make("ref", "standard", 2, MORE("model.dropout=0.1", more));
    int count = 0;
    for (int n = 0; n < (int)trial->graph.nodes.count; n++) {
        const struct pl_node *node = pl_graph_node(&trial->graph, n);
        count += node->kind == PL_KIND_OP && node->op == op;
    }
    pl_trial_destroy(trial);
    return count;
}

/* e, and what each of four layers gives; each has its gradient. Attention weights are attention's own. */
static void test_transformer__residual_dropout_is_that_of_layers(void) {
    PL_CHECK_INT(count_of("model.residual_dropout=true", PL_OP_DROPOUT), 2 * (1 + 4));
    PL_CHECK_INT(count_of("model.residual_dropout=false", PL_OP_DROPOUT), 2);
    PL_CHECK_INT(count_of("model.attention_dropout=true", PL_OP_DROPOUT), 2 * (1 + 4));
}

static double length_of_step(const char *more) {
    static struct trained run;
    double sum = 0;
    train(&run, &(const struct way){.backend = "ref", .more = more});
    for (size_t k = 0; k < run.count; k++) sum += pow(run.weights[1][k] - run.weights[0][k], 2);
    return sqrt(sum);
}

/* Plain descent at rate 1 moves by the gradient, or by what it is clipped to. */
static void test_transformer__clipped_gradients_have_that_length(void) {
#define DESCENT "train.optimizer = sgd\ntrain.momentum = 0\ntrain.lr = 1\n"
    double whole = length_of_step(DESCENT);
    PL_CHECK(whole > 0.1);
    PL_CHECK_NEAR(length_of_step(DESCENT "train.clip = 0.01\n"), 0.01, 1e-9);
    PL_CHECK_NEAR(length_of_step(DESCENT "train.clip = 1000\n"), whole, 1e-12);
}

/* Decay alone moves tables only with decay_embeddings. */
static void test_transformer__decay_of_tables_is_an_option(void) {
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

/* ---- refusals ---- */

static void check_refused(const char *const *settings, const char *part) {
    const struct pl_backend *backend;
    struct pl_trial *trial;
    PL_REQUIRE_OK(pl_backend_find(&backend, "ref"));
    PL_CHECK_FAILS(pl_trial_create(&trial, backend, settings, 1, 2), PL_ECONFIG, part);
}

#define SETTINGS(...)                                                                              \
    ((const char *const[]){"model.kind=transformer", "variant.name=standard", __VA_ARGS__, NULL})

static void test_transformer__contradictions_are_refused(void) {
    check_refused(SETTINGS("model.depth=3", "task.vocabulary=4", "task.classes=4"),
                  "trial: model.depth: the depth is 3");
    check_refused(SETTINGS("model.heads=5", "task.vocabulary=4", "task.classes=4"),
                  "5 heads do not divide the width 32");
    check_refused(
        SETTINGS("model.heads=32", "model.positions=rope", "task.vocabulary=4", "task.classes=4"),
        "positions is rope");
    check_refused(SETTINGS("model.head=tied", "task.vocabulary=4", "task.classes=5"),
                  "model.head is tied");
    check_refused(SETTINGS("model.head=none", "task.vocabulary=4", "task.classes=5"),
                  "model.head is none");
    check_refused(SETTINGS("model.width=8"), "takes tokens");
    check_refused((const char *const[]){"model.kind=mlp", "variant.name=standard",
                                        "task.vocabulary=4", "task.classes=4", NULL},
                  "one vector a sample");
}

const struct pl_test pl_suite_transformer[] = {
    {"gradients_agree_with_differences", test_transformer__gradients_agree_with_differences},
    {"no_token_hears_of_later_ones", test_transformer__no_token_hears_of_later_ones},
    {"a_sequence_depends_on_no_other", test_transformer__a_sequence_depends_on_no_other},
    {"many_variants_start_as_standard", test_transformer__many_variants_start_as_standard},
    {"blocks_of_one_layer_are_full", test_transformer__blocks_of_one_layer_are_full},
    {"any_length_width_and_count_work", test_transformer__any_length_width_and_count_work},
    {"agrees_with_a_second_implementation", test_transformer__agrees_with_a_second_implementation},
    {"value_residual_takes_those_of_layer_1",
     test_transformer__value_residual_takes_those_of_layer_1},
    {"averages_of_states_count_blocks", test_transformer__averages_of_states_count_blocks},
    {"asked_tokens_are_all_that_counts", test_transformer__asked_tokens_are_all_that_counts},
    {"tiles_do_not_show", test_transformer__tiles_do_not_show},
    {"residual_dropout_is_that_of_layers", test_transformer__residual_dropout_is_that_of_layers},
    {"clipped_gradients_have_that_length", test_transformer__clipped_gradients_have_that_length},
    {"decay_of_tables_is_an_option", test_transformer__decay_of_tables_is_an_option},
    {"contradictions_are_refused", test_transformer__contradictions_are_refused},
    {0},
};
