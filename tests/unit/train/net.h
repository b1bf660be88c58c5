/* A small network, data for it, and the same training written a second time, straight from the
 * formulas, in double and with the elementary functions of libm:
 *
 *     pred = W x + b + c + k        W weight, b plain, c connection, k constant
 */
#ifndef PL_TESTS_UNIT_TRAIN_NET_H
#define PL_TESTS_UNIT_TRAIN_NET_H

#include "core/base/rng.h"
#include "core/train/train.h"
#include "tests/support/support.h"

enum { IN = 5, OUT = 3, W = IN * OUT, PARAMS = W + 2 * OUT };

/* ---- the network ---- */

struct net {
    struct pl_graph graph;
    struct pl_network network;
    int param[4]; /* W, b, c, k */
    int pred;
};

static inline void net_init(struct net *net, bool classes) {
    struct pl_graph *g = &net->graph;
    pl_graph_init(g);
    struct pl_network n;
    pl_network_init(&n, g);
    n.width = IN;
    int x = pl_network_feed(&n, PL_FEED_X, IN);
    int target =
        classes ? pl_network_feed(&n, PL_FEED_LABELS, 1) : pl_network_feed(&n, PL_FEED_Y, OUT);
    int weight = pl_network_feed(&n, PL_FEED_WEIGHT, 1);
    int inverse = pl_network_feed(&n, PL_FEED_INVERSE_WEIGHT, 1);
    net->param[0] = pl_param(g, "w", OUT, IN, PL_GROUP_WEIGHT, PL_FILL_VALUE, 0);
    net->param[1] = pl_param(g, "b", OUT, 1, PL_GROUP_PLAIN, PL_FILL_VALUE, 0);
    net->param[2] = pl_param(g, "c", OUT, 1, PL_GROUP_CONNECTION, PL_FILL_VALUE, 0);
    net->param[3] = pl_param(g, "k", OUT, 1, PL_GROUP_CONSTANT, PL_FILL_VALUE, 0);
    int h = pl_matmul(g, net->param[0], x);
    for (int k = 1; k < 4; k++) h = pl_bias(g, h, net->param[k]);
    net->pred = n.output = h;
    n.measure[PL_MEASURE_LOSS] =
        pl_mul(g, classes ? pl_xent(g, h, target, weight) : pl_mse(g, h, target, weight), inverse);
    if (classes) n.measure[PL_MEASURE_ACCURACY] = pl_mul(g, pl_hits(g, h, target, weight), inverse);
    net->network = n;
}

/* ---- data ---- */

static inline void data_init(struct pl_dataset *data, bool classes, long tokens,
                             const size_t count[PL_SPLITS]) {
    struct pl_rng rng;
    pl_rng_init(&rng, 7, "test-data");
    *data = (struct pl_dataset){
        .shape = {PL_INPUT_REAL, classes ? PL_TARGET_CLASS : PL_TARGET_REAL, IN, OUT, tokens}};
    for (int split = 0; split < PL_SPLITS; split++) {
        struct pl_samples *s = &data->split[split];
        if (count[split] == 0) continue;
        PL_REQUIRE_OK(pl_dataset_add(data, (enum pl_split)split, count[split]));
        size_t n = count[split] * (size_t)tokens;
        for (size_t i = 0; i < n * IN; i++) s->x[i] = (float)pl_rng_normal(&rng);
        for (size_t i = 0; !classes && i < n * OUT; i++) s->y[i] = (float)pl_rng_normal(&rng);
        for (size_t i = 0; classes && i < n; i++) s->labels[i] = (int32_t)pl_rng_below(&rng, OUT);
    }
}

/* ---- the second implementation ---- */

struct truth {
    double p[PARAMS], m[PARAMS], v[PARAMS], g[PARAMS]; /* W row by row, b, c */
    double k[OUT];
    int t;
};

static inline void truth_init(struct truth *truth, uint64_t seed) {
    struct pl_rng rng;
    pl_rng_init(&rng, seed, "test-init");
    *truth = (struct truth){.t = 0};
    for (int i = 0; i < PARAMS; i++) truth->p[i] = (float)(0.5 * pl_rng_normal(&rng));
    for (int i = 0; i < OUT; i++) truth->k[i] = 0.25 * i;
}

static inline void truth_predict(const struct truth *truth, const float *x, double *out) {
    for (int r = 0; r < OUT; r++) {
        out[r] = truth->p[W + r] + truth->p[W + OUT + r] + truth->k[r];
        for (int c = 0; c < IN; c++) out[r] += truth->p[r * IN + c] * (double)x[c];
    }
}

/* The term of token [t], and its gradient by the prediction. */
static inline double truth_term(const struct pl_samples *s, size_t t, const double *pred,
                                double *slope) {
    double term = 0;
    if (s->labels) {
        double top = fmax(pred[0], fmax(pred[1], pred[2])), sum = 0;
        for (int r = 0; r < OUT; r++) sum += exp(pred[r] - top);
        for (int r = 0; r < OUT; r++) slope[r] = exp(pred[r] - top) / sum;
        slope[s->labels[t]] -= 1;
        return log(sum) + top - pred[s->labels[t]];
    }
    for (int r = 0; r < OUT; r++) {
        double d = pred[r] - (double)s->y[t * OUT + (size_t)r];
        term += d * d / OUT;
        slope[r] = 2 * d / OUT;
    }
    return term;
}

static inline bool truth_hit(const struct pl_samples *s, size_t t, const double *pred) {
    int best = 0;
    for (int r = 1; r < OUT; r++)
        if (pred[r] > pred[best]) best = r;
    return s->labels && best == s->labels[t];
}

/* Loss (and share of hits) over tokens [which]; their gradient into truth->g. NULL: all, in order. */
static inline double truth_loss(struct truth *truth, const struct pl_dataset *data,
                                enum pl_split split, const uint32_t *which, size_t count,
                                double *accuracy) {
    const struct pl_samples *s = &data->split[split];
    size_t tokens = (size_t)data->shape.tokens;
    double total = 0, loss = 0, hits = 0;
    memset(truth->g, 0, sizeof truth->g);
    for (size_t i = 0; i < count * tokens; i++) {
        size_t t = (which ? which[i / tokens] : i / tokens) * tokens + i % tokens;
        total += s->weight ? (double)s->weight[t] : 1;
    }
    for (size_t i = 0; i < count * tokens; i++) {
        size_t t = (which ? which[i / tokens] : i / tokens) * tokens + i % tokens;
        double share = (s->weight ? (double)s->weight[t] : 1) / total, pred[OUT], slope[OUT];
        truth_predict(truth, s->x + t * IN, pred);
        loss += share * truth_term(s, t, pred, slope);
        hits += truth_hit(s, t, pred) ? share : 0;
        for (int r = 0; r < OUT; r++) {
            for (int c = 0; c < IN; c++)
                truth->g[r * IN + c] += share * slope[r] * (double)s->x[t * IN + (size_t)c];
            truth->g[W + r] += share * slope[r];
            truth->g[W + OUT + r] += share * slope[r];
        }
    }
    if (accuracy) *accuracy = hits;
    return loss;
}

/* One entry's move, as the papers write it. */
static inline void truth_move(struct truth *truth, const struct pl_train_options *o, int i,
                              double rate) {
    double *p = &truth->p[i], *m = &truth->m[i], *v = &truth->v[i], g = truth->g[i];
    if (i >= W + OUT) rate *= o->lr_mult;
    if (o->optimizer == PL_OPTIM_SGD) {
        *m = o->momentum * *m + g;
        *p -= rate * *m;
        return;
    }
    *m = o->beta1 * *m + (1 - o->beta1) * g;
    *v = o->beta2 * *v + (1 - o->beta2) * g * g;
    double mean = *m / (1 - pow(o->beta1, truth->t)), square = *v / (1 - pow(o->beta2, truth->t));
    double decay = o->optimizer == PL_OPTIM_ADAMW && i < W ? rate * o->weight_decay * *p : 0;
    *p -= decay + rate * mean / (sqrt(square) + o->eps);
}

static inline double truth_step(struct truth *truth, const struct pl_train_options *o, double rate,
                                const struct pl_dataset *data, const uint32_t *which,
                                size_t count) {
    double loss = truth_loss(truth, data, PL_TRAIN, which, count, NULL);
    truth->t++;
    for (int i = 0; i < PARAMS; i++) truth_move(truth, o, i, rate);
    return loss;
}

/* ---- a trainer of the network ---- */

struct bench {
    struct net net;
    struct pl_trainer *trainer;
};

static inline const struct pl_backend *backend_named(const char *name) {
    const struct pl_backend *backend;
    PL_REQUIRE_OK(pl_backend_find(&backend, name));
    return backend;
}

/* Starts where [truth] starts. */
static inline void bench_init(struct bench *bench, const struct pl_train_options *options,
                              const char *backend, const struct pl_dataset *data,
                              const struct truth *truth) {
    net_init(&bench->net, data->shape.target == PL_TARGET_CLASS);
    bench->net.graph.sequence = (int)data->shape.tokens;
    PL_REQUIRE_OK(pl_trainer_create(&bench->trainer, &bench->net.network, options,
                                    backend_named(backend), data));
    struct pl_program *program = pl_trainer_program(bench->trainer);
    pl_program_write(program, bench->net.param[0], truth->p);
    pl_program_write(program, bench->net.param[1], truth->p + W);
    pl_program_write(program, bench->net.param[2], truth->p + W + OUT);
    pl_program_write(program, bench->net.param[3], truth->k);
}

static inline void bench_finish(struct bench *bench) {
    pl_trainer_destroy(bench->trainer);
    pl_graph_finish(&bench->net.graph);
}

static inline void bench_params(struct bench *bench, double *p) {
    struct pl_program *program = pl_trainer_program(bench->trainer);
    pl_program_read(program, bench->net.param[0], p);
    pl_program_read(program, bench->net.param[1], p + W);
    pl_program_read(program, bench->net.param[2], p + W + OUT);
}

static inline void bench_grads(struct bench *bench, double *g) {
    struct pl_program *program = pl_trainer_program(bench->trainer);
    const int *grads = bench->net.graph.grads.items;
    pl_program_read(program, grads[bench->net.param[0]], g);
    pl_program_read(program, grads[bench->net.param[1]], g + W);
    pl_program_read(program, grads[bench->net.param[2]], g + W + OUT);
}

static inline void check_params(struct bench *bench, const double *expected, double tolerance) {
    double p[PARAMS], k[OUT];
    bench_params(bench, p);
    pl_program_read(pl_trainer_program(bench->trainer), bench->net.param[3], k);
    for (int i = 0; i < PARAMS; i++) PL_CHECK_NEAR(p[i], expected[i], tolerance);
    for (int i = 0; i < OUT; i++) PL_CHECK(k[i] == 0.25 * i); /* constants never move */
}

/* Options as a study without any says them, but for what matters here. */
static inline struct pl_train_options options_for(int optimizer, double lr, long steps) {
    return (struct pl_train_options){.optimizer = optimizer,
                                     .lr = lr,
                                     .schedule = PL_LR_CONSTANT,
                                     .warmup = -1,
                                     .decay = -1,
                                     .steps = steps,
                                     .momentum = 0.9,
                                     .beta1 = 0.9,
                                     .beta2 = 0.999,
                                     .eps = 1e-8,
                                     .weight_decay = 0.1,
                                     .lr_mult = 1,
                                     .eval_points = 1};
}

#endif
