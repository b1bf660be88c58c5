/* Multi-state variants: their formulas written out again by hand, and their identities
 * (docs/variants.md 6). Everything runs on ref with eps 0 unless a test says otherwise. */
#include <stdlib.h>

#include "core/base/math.h"
#include "core/base/rng.h"
#include "core/graph/grad.h"
#include "core/model/variants/manifold.h"
#include "tests/support/network.h"
#include "tests/support/support.h"

enum {
    WIDTH = PL_WIDTH,
    HIDDEN = PL_HIDDEN,
    DEPTH = PL_DEPTH,
    OUT = PL_OUT,
    SAMPLES = PL_SAMPLES,
    STREAMS = 8
};

/* ---- a second implementation ---- */

/* One sample's way through the stack. */
struct net {
    struct pl_by_hand hand;
    int n;                    /* streams, parts or columns */
    double h[STREAMS][WIDTH]; /* the state */
    double read[STREAMS * STREAMS], mix[STREAMS * STREAMS], write[STREAMS];
    double u[WIDTH]; /* what the layer read; siamesenorm: its normalised half */
};

static int find_param(struct pl_trial *t, const char *what, int l, const char *after) {
    char name[64];
    snprintf(name, sizeof name, "%s.%d%s", what, l, after);
    int node = pl_graph_find(&t->graph, name);
    PL_REQUIRE(node != PL_NONE);
    return node;
}

static const double *get(const struct net *net, const char *what, int l, const char *after) {
    return net->hand.values[find_param(net->hand.trial, what, l, after)];
}

/* residual.WHAT.l */
static const double *own(const struct net *net, const char *what, int l) {
    char name[48];
    snprintf(name, sizeof name, "residual.%s", what);
    return get(net, name, l, "");
}

static void normalise(double *x, const double *gain) {
    double r = pl_hand_inverse_rms(x, WIDTH);
    for (int c = 0; c < WIDTH; c++) x[c] *= gain[c] * r;
}

static double dot(const double *x, const double *y, int count) {
    double total = 0;
    for (int c = 0; c < count; c++) total += x[c] * y[c];
    return total;
}

/* A variant by hand: what layer l reads (the readout is site DEPTH + 1), the state after it. */
typedef void reading(struct net *net, int l, double *h);
typedef void writing(struct net *net, int l, const double *y);

/* h = sum_j read[j] H_j */
static void read_streams(const struct net *net, double *h) {
    for (int c = 0; c < WIDTH; c++) {
        h[c] = 0;
        for (int j = 0; j < net->n; j++) h[c] += net->read[j] * net->h[j][c];
    }
}

/* H'_k = sum_j mix[k][j] H_j + write[k] y */
static void write_streams(struct net *net, int l, const double *y) {
    double next[STREAMS][WIDTH];
    (void)l;
    for (int k = 0; k < net->n; k++)
        for (int c = 0; c < WIDTH; c++) {
            next[k][c] = net->write[k] * y[c];
            for (int j = 0; j < net->n; j++) next[k][c] += net->mix[k * net->n + j] * net->h[j][c];
        }
    memcpy(net->h, next, sizeof next);
}

/* ---- hyper-connections by hand; mix is kept as [to][from] ---- */

/* tanh(rms(H_j) . column [q] of w), H_j of [width] channels */
static double moved(const struct net *net, const char *w, int l, int j, int q, int cols, int width,
                    bool squash) {
    const double *h = &net->h[0][0] + j * width, *from = own(net, w, l);
    double total = 0;
    for (int c = 0; c < width; c++)
        total += h[c] * from[c * cols + q] * pl_hand_inverse_rms(h, width);
    return squash ? pl_tanh(total) : total;
}

static bool has(const struct net *net, const char *name) {
    return pl_graph_find(&net->hand.trial->graph, name) != PL_NONE;
}

static void hyper_site(struct net *net, int l, int reads, int width, bool squash) {
    int n = net->n;
    bool moves = has(net, "residual.scale_a.1");
    double a = moves ? own(net, "scale_a", l)[0] : 0, b = moves ? own(net, "scale_b", l)[0] : 0;
    for (int j = 0; j < n; j++) {
        for (int q = 0; q < reads; q++)
            net->read[j * reads + q] =
                own(net, "read", l)[j * reads + q] +
                (moves ? a * moved(net, "read_w", l, j, q, reads, width, squash) : 0);
        for (int k = 0; k < n; k++)
            net->mix[k * n + j] = own(net, "mix", l)[j * n + k] +
                                  (moves ? a * moved(net, "mix_w", l, j, k, n, width, squash) : 0);
        net->write[j] = own(net, "write", l)[j] +
                        (moves ? b * moved(net, "write_w", l, j, 0, 1, width, squash) : 0);
    }
}

static void sum_streams(const struct net *net, double *h) {
    for (int c = 0; c < WIDTH; c++) {
        h[c] = 0;
        for (int j = 0; j < net->n; j++) h[c] += net->h[j][c];
    }
}

static void read_hyper(struct net *net, int l, double *h) {
    if (l > DEPTH) {
        sum_streams(net, h);
        return;
    }
    hyper_site(net, l, 1, WIDTH, true);
    read_streams(net, h);
}

static void read_hyper_open(struct net *net, int l, double *h) {
    read_hyper(net, l, h);
    if (l > DEPTH) return;
    hyper_site(net, l, 1, WIDTH, false);
    read_streams(net, h);
}

/* Parts: the state is h itself, in h[0]. */
static void read_parts(struct net *net, int l, double *h) {
    int m = net->n, width = WIDTH / m;
    memcpy(h, net->h[0], WIDTH * sizeof *h);
    if (l > DEPTH) return;
    hyper_site(net, l, m, width, true);
    for (int c = 0; c < WIDTH; c++) {
        h[c] = 0;
        for (int i = 0; i < m; i++)
            h[c] += net->read[i * m + c / width] * net->h[0][i * width + c % width];
    }
}

static void write_parts(struct net *net, int l, const double *y) {
    int m = net->n, width = WIDTH / m;
    double next[WIDTH];
    (void)l;
    for (int c = 0; c < WIDTH; c++) {
        next[c] = net->write[c / width] * y[c];
        for (int i = 0; i < m; i++)
            next[c] += net->mix[c / width * m + i] * net->h[0][i * width + c % width];
    }
    memcpy(net->h[0], next, sizeof next);
}

/* ---- the manifold by hand ---- */

/* alpha (rms(vec H) phi)_q + b_q */
static double logit(const struct net *net, const char *what, int l, int q, int cols) {
    char name[3][32];
    static const char *const parts[] = {"phi", "alpha", "b"};
    bool head = strcmp(what, "head") == 0;
    for (int k = 0; k < 3; k++)
        snprintf(name[k], sizeof name[k], head ? "head_%s" : "%s_%s", parts[k], what);
    const double *phi = own(net, name[0], l);
    double flat[STREAMS * WIDTH], total = 0;
    for (int i = 0; i < net->n * WIDTH; i++) flat[i] = net->h[i / WIDTH][i % WIDTH];
    double r = pl_hand_inverse_rms(flat, net->n * WIDTH);
    for (int i = 0; i < net->n * WIDTH; i++) total += flat[i] * r * phi[i * cols + q];
    return own(net, name[1], l)[0] * total + own(net, name[2], l)[q];
}

/* Columns, then rows, 20 times. */
static void by_sinkhorn(struct net *net, int l) {
    int n = net->n;
    double *m = net->mix;
    for (int k = 0; k < n * n; k++) m[k] = pl_exp(logit(net, "res", l, k, n * n));
    for (int s = 0; s < 20; s++) {
        for (int j = 0; j < n; j++) {
            double sum = 0;
            for (int i = 0; i < n; i++) sum += m[i * n + j];
            for (int i = 0; i < n; i++) m[i * n + j] /= sum;
        }
        for (int i = 0; i < n; i++) {
            double sum = 0;
            for (int j = 0; j < n; j++) sum += m[i * n + j];
            for (int j = 0; j < n; j++) m[i * n + j] /= sum;
        }
    }
}

/* All n^n words in order; those without a repeated letter are the permutations in their order. */
static void by_permutations(struct net *net, int l) {
    int n = net->n, words = 1, count = 0;
    double w[24], total = 0;
    int word[24][4];
    for (int i = 0; i < n; i++) words *= n;
    for (int k = 0; k < words; k++) {
        int seen = 0;
        for (int i = n - 1, rest = k; i >= 0; i--, rest /= n) {
            word[count][i] = rest % n;
            seen |= 1 << rest % n;
        }
        count += seen == (1 << n) - 1;
        if (count == 24) break;
    }
    for (int k = 0; k < count; k++) total += w[k] = pl_exp(logit(net, "res", l, k, count));
    memset(net->mix, 0, sizeof net->mix);
    for (int k = 0; k < count; k++)
        for (int i = 0; i < n; i++) net->mix[i * n + word[k][i]] += w[k] / total;
}

/* A product of one more factor at a time: M x U has U in place of every entry. */
static void by_kronecker(struct net *net, int l) {
    double m[STREAMS * STREAMS] = {1}, next[STREAMS * STREAMS];
    int size = 1;
    for (int f = 0; size < net->n; f++, size *= 2) {
        int logits = 0;
        for (int n = net->n; n > 1; n /= 2) logits += 2;
        double a = pl_exp(logit(net, "res", l, 2 * f, logits));
        double b = pl_exp(logit(net, "res", l, 2 * f + 1, logits)), p = a / (a + b);
        for (int i = 0; i < 2 * size; i++)
            for (int j = 0; j < 2 * size; j++)
                next[i * 2 * size + j] = m[i / 2 * size + j / 2] * (i % 2 == j % 2 ? p : 1 - p);
        memcpy(m, next, sizeof m);
    }
    memcpy(net->mix, m, sizeof m);
}

static void by_identity(struct net *net, int l) {
    (void)l;
    for (int k = 0; k < net->n * net->n; k++) net->mix[k] = k / net->n == k % net->n;
}

/* A share gamma of every stream goes on to the others: k streams on, by softmax(z)_k. */
static void by_shifts(struct net *net, double gamma, int l) {
    int n = net->n;
    double total = 0, w[STREAMS];
    for (int k = 0; k < n; k++) total += w[k] = pl_exp(logit(net, "res", l, k, n));
    for (int i = 0; i < n; i++)
        for (int k = 0; k < n; k++)
            net->mix[i * n + (i + k) % n] = gamma * w[k] / total + (k ? 0 : 1 - gamma);
}

static void by_budget_4(struct net *net, int l) {
    by_shifts(net, 4.0 / (2 * DEPTH), l);
}

static void by_budget_1(struct net *net, int l) {
    by_shifts(net, 1.0 / (2 * DEPTH), l);
}

static void read_manifold(struct net *net, int l, double *h, void (*map)(struct net *, int)) {
    bool head = has(net, "residual.head_phi.7");
    if (l > DEPTH && !head) {
        sum_streams(net, h);
        return;
    }
    for (int j = 0; j < net->n; j++)
        net->read[j] = pl_hand_sigmoid(logit(net, l > DEPTH ? "head" : "pre", l, j, net->n));
    for (int j = 0; l <= DEPTH && j < net->n; j++)
        net->write[j] = 2 * pl_hand_sigmoid(logit(net, "post", l, j, net->n));
    if (l <= DEPTH) map(net, l);
    read_streams(net, h);
}

static void read_mhc(struct net *net, int l, double *h) {
    read_manifold(net, l, h, by_sinkhorn);
}
static void read_mhc_lite(struct net *net, int l, double *h) {
    read_manifold(net, l, h, by_permutations);
}
static void read_kromhc(struct net *net, int l, double *h) {
    read_manifold(net, l, h, by_kronecker);
}
static void read_ihc(struct net *net, int l, double *h) {
    read_manifold(net, l, h, by_identity);
}

static void read_c_mhc(struct net *net, int l, double *h) {
    read_manifold(net, l, h, by_budget_4);
}
static void read_c_mhc_less(struct net *net, int l, double *h) {
    read_manifold(net, l, h, by_budget_1);
}

/* ---- multi-gate residuals by hand; stream j is h[j], of which the first l are there at site l ---- */

static double score(const struct net *net, const char *what, int l, int j) {
    double r = pl_hand_inverse_rms(net->h[j], WIDTH);
    return r * dot(own(net, what, l), net->h[j], WIDTH) / sqrt(WIDTH);
}

static void read_gated(struct net *net, int l, double *h) {
    int n = l < net->n ? l : net->n;
    double total = 0;
    for (int j = 0; j < net->n; j++) net->read[j] = 0;
    for (int j = 0; j < n; j++)
        total += net->read[j] = l == 1 ? 1 : pl_exp(score(net, "read_w", l, j));
    for (int j = 0; j < n; j++) net->read[j] /= total;
    read_streams(net, h);
}

static void write_gated(struct net *net, int l, const double *y) {
    if (l < net->n) {
        memcpy(net->h[l], y, sizeof net->h[l]);
        return;
    }
    for (int j = 0; j < net->n; j++) {
        double gate = pl_hand_sigmoid(score(net, "write_w", l, j) + own(net, "write_b", l)[0]);
        for (int c = 0; c < WIDTH; c++) net->h[j][c] = (1 - gate) * net->h[j][c] + gate * y[c];
    }
}

/* ---- delta learning and siamese norms by hand ---- */

static void read_ddl(struct net *net, int l, double *h) {
    (void)l;
    memcpy(h, net->h[0], WIDTH * sizeof *h);
    memcpy(net->u, h, sizeof net->u);
}

static void read_columns(struct net *net, int l, double *h) {
    memcpy(net->read, own(net, "rho", l), (size_t)net->n * sizeof *net->read);
    read_streams(net, h);
    memcpy(net->u, h, sizeof net->u);
}

static void write_delta(struct net *net, int l, const double *y) {
    double k[WIDTH], size = sqrt(dot(y, y, WIDTH) + 1e-10);
    double z = pl_hand_inverse_rms(net->u, WIDTH) * dot(net->u, own(net, "beta_w", l), WIDTH);
    double beta = 2 * pl_hand_sigmoid(z + own(net, "beta_b", l)[0]);
    for (int c = 0; c < WIDTH; c++) k[c] = y[c] / size;
    for (int j = 0; j < net->n; j++) {
        double at = dot(own(net, "value_w", l) + j * WIDTH, net->u, WIDTH);
        double v = 4 * pl_hand_sigmoid(at + own(net, "value_b", l)[j]);
        double error = v - dot(k, net->h[j], WIDTH);
        for (int c = 0; c < WIDTH; c++) net->h[j][c] += beta * k[c] * error;
    }
}

static void read_siamese(struct net *net, int l, double *h) {
    memcpy(net->u, net->h[0], sizeof net->u);
    memcpy(h, net->h[1], WIDTH * sizeof *h);
    normalise(net->u, get(net, "residual.norm_x", l, ".gain"));
    normalise(h, get(net, "residual.norm_y", l, ".gain"));
    for (int c = 0; c < WIDTH; c++) h[c] += net->u[c];
}

static void write_siamese(struct net *net, int l, const double *y) {
    for (int c = 0; c < WIDTH; c++) {
        net->h[0][c] = net->u[c] + y[c] / sqrt(2 * ceil(l / 2.0));
        net->h[1][c] += y[c];
    }
}

static void write_siamese_flat(struct net *net, int l, const double *y) {
    (void)l;
    for (int c = 0; c < WIDTH; c++) {
        net->h[0][c] = net->u[c] + y[c];
        net->h[1][c] += y[c];
    }
}

/* ---- the two compared ---- */

struct formula {
    const char *variant, *option;
    int n;
    reading *read;
    writing *write;
};

static const struct formula formulas[] = {
    {"siamesenorm", NULL, 2, read_siamese, write_siamese},
    {"siamesenorm", "variant.depth_scale=false", 2, read_siamese, write_siamese_flat},
    {"hyper_connections", NULL, 4, read_hyper, write_streams},
    {"hyper_connections", "variant.streams=3", 3, read_hyper, write_streams},
    {"hyper_connections", "variant.streams=1", 1, read_hyper, write_streams},
    {"hyper_connections", "variant.streams=8", 8, read_hyper, write_streams},
    {"hyper_connections", "variant.dynamic=false", 4, read_hyper, write_streams},
    {"hyper_connections", "variant.tanh=false", 4, read_hyper_open, write_streams},
    {"mhc", NULL, 4, read_mhc, write_streams},
    {"mhc", "variant.streams=1", 1, read_mhc, write_streams},
    {"mhc", "variant.streams=5", 5, read_mhc, write_streams},
    {"mhc", "variant.start=random", 4, read_mhc, write_streams},
    {"mhc", "variant.readout=sigmoid", 4, read_mhc, write_streams},
    {"mhc_lite", NULL, 4, read_mhc_lite, write_streams},
    {"mhc_lite", "variant.streams=3", 3, read_mhc_lite, write_streams},
    {"kromhc", NULL, 4, read_kromhc, write_streams},
    {"kromhc", "variant.streams=8", 8, read_kromhc, write_streams},
    {"kromhc", "variant.streams=2", 2, read_kromhc, write_streams},
    {"ihc", NULL, 4, read_ihc, write_streams},
    {"ihc", "variant.readout=sigmoid", 4, read_ihc, write_streams},
    {"c_mhc", NULL, 4, read_c_mhc, write_streams},
    {"c_mhc", "variant.mixing_budget=1", 4, read_c_mhc_less, write_streams},
    {"c_mhc", "variant.streams=1", 1, read_c_mhc, write_streams},
    {"c_mhc", "variant.streams=5", 5, read_c_mhc, write_streams},
    {"c_mhc", "variant.start=random", 4, read_c_mhc, write_streams},
    {"c_mhc", "variant.readout=sigmoid", 4, read_c_mhc, write_streams},
    {"mgr", NULL, 4, read_gated, write_gated},
    {"mgr", "variant.streams=2", 2, read_gated, write_gated},
    {"mgr", "variant.streams=6", 6, read_gated, write_gated},
    {"mgr", "variant.streams=8", 8, read_gated, write_gated},
    {"frac_connections", NULL, 4, read_parts, write_parts},
    {"frac_connections", "variant.streams=2", 2, read_parts, write_parts},
    {"frac_connections", "variant.dynamic=false", 4, read_parts, write_parts},
    {"ddl", NULL, 1, read_ddl, write_delta},
    {"ddl_expanded", NULL, 4, read_columns, write_delta},
    {"ddl_expanded", "variant.value_width=3", 3, read_columns, write_delta},
};

static void predict(struct net *net, const struct formula *formula, const float *x, double *out) {
    const struct pl_graph *graph = &net->hand.trial->graph;
    double h[WIDTH], y[WIDTH];
    net->n = formula->n;
    for (int j = 0; j < STREAMS; j++)
        for (int c = 0; c < WIDTH; c++) net->h[j][c] = x[c];
    for (int l = 1; l <= DEPTH; l++) {
        formula->read(net, l, h);
        if (net->hand.trial->model.host.prenorm == PL_TRUE)
            normalise(h, get(net, "norms", l, ".gain"));
        pl_hand_branch(&net->hand, l, h, y);
        formula->write(net, l, y);
    }
    formula->read(net, DEPTH + 1, h);
    if (net->hand.trial->model.host.final_norm == PL_TRUE)
        normalise(h, net->hand.values[pl_graph_find(graph, "norms.final.gain")]);
    pl_hand_linear(out, net->hand.values[pl_graph_find(graph, "head.w")],
                   net->hand.values[pl_graph_find(graph, "head.b")], h, OUT, WIDTH);
}

static void check_formula(const struct formula *formula, const char *host) {
    char name[64];
    struct net net;
    snprintf(name, sizeof name, "variant.name=%s", formula->variant);
    struct pl_trial *t =
        pl_test_trial("ref", PL_MORE(name, host, formula->option ? formula->option : host));
    pl_trial_perturb(t, 3, 0.3);
    pl_by_hand_init(&net.hand, t);
    double *found = pl_trial_predict(t);
    for (int s = 0; s < SAMPLES; s++) {
        double truth[OUT];
        predict(&net, formula, t->x + (size_t)s * WIDTH, truth);
        for (int c = 0; c < OUT; c++)
            PL_CHECK_NEAR(found[s * OUT + c], truth[c], 1e-12 * (1 + fabs(truth[c])));
    }
    pl_free(found);
    pl_by_hand_finish(&net.hand);
    pl_trial_destroy(t);
}

static void test_residuals_multi__formulas_are_those_written_by_hand(void) {
    static const char *const hosts[] = {"model.activation=tanh", "model.prenorm=false",
                                        "model.final_norm=false"};
    for (size_t k = 0; k < sizeof formulas / sizeof formulas[0]; k++)
        for (size_t h = 0; h < sizeof hosts / sizeof hosts[0]; h++)
            check_formula(&formulas[k], hosts[h]);
}

/* ---- identities ---- */

/* Entries first, first + step, ... of residual.WHAT.l in every layer l. */
static void fill(struct pl_trial *t, const char *what, int layers, const char *after, int first,
                 int step, double value) {
    char name[48];
    snprintf(name, sizeof name, "residual.%s", what);
    for (int l = 1; l <= layers; l++) {
        int node = find_param(t, name, l, after);
        double *values = pl_trial_read(t, node);
        int count = t->graph.nodes.items[node].rows * t->graph.nodes.items[node].cols;
        for (int k = first; k < count; k += step) values[k] = value;
        pl_program_write(t->program, node, values);
        pl_free(values);
    }
}

#define FILL(t, what, value) fill(t, what, DEPTH, "", 0, 1, value)

/* T7, with no norm at all: one stream, or any number of parts, is the standard residual. */
static void test_residuals_multi__one_stream_is_standard(void) {
    const char *const *standard = PL_MORE("variant.name=standard", PL_NO_HOST_NORMS);
    static const char *const parts[] = {"variant.streams=1", "variant.streams=2",
                                        "variant.streams=4", "variant.streams=8"};
    static const char *const moves[] = {"variant.dynamic=true", "variant.dynamic=false"};
    for (int d = 0; d < 2; d++) {
        PL_CHECK(pl_distance_of(PL_MORE("variant.name=hyper_connections", "variant.streams=1",
                                        moves[d], PL_NO_HOST_NORMS),
                                standard, 1) == 0);
        for (int k = 0; k < 4; k++)
            PL_CHECK(pl_distance_of(PL_MORE("variant.name=frac_connections", parts[k], moves[d],
                                            PL_NO_HOST_NORMS),
                                    standard, 1) == 0);
    }
}

/* T8: every h_l is that of the standard residual, the readout is n times its. */
static void test_residuals_multi__streams_start_as_copies_of_standard(void) {
    for (int n = 1; n <= 8; n++) {
        char text[32];
        snprintf(text, sizeof text, "variant.streams=%d", n);
        PL_CHECK(pl_distance_of(PL_MORE("variant.name=hyper_connections", text, PL_NO_HOST_NORMS,
                                        "model.head=none", "task.out=8"),
                                PL_MORE("variant.name=standard", PL_NO_HOST_NORMS,
                                        "model.head=none", "task.out=8"),
                                n) < 1e-13);
    }
}

/* T8: phi 0, equal biases of reading, even writing, whatever the mixing: under both norms one function
 * with standard, for streams never come to differ. */
static void test_residuals_multi__equal_streams_are_standard(void) {
    static const char *const variants[] = {"variant.name=mhc", "variant.name=mhc_lite",
                                           "variant.name=kromhc", "variant.name=c_mhc",
                                           "variant.name=ihc"};
    struct pl_trial *standard = pl_test_trial("ref", PL_MORE("variant.name=standard"));
    for (int k = 0; k < 5; k++) {
        struct pl_trial *t = pl_test_trial("ref", PL_MORE(variants[k]));
        PL_CHECK(pl_trial_distance(t, standard, 1) > 1e-3);
        if (k < 4) pl_trial_perturb(t, 6, 1);
        FILL(t, "phi_pre", 0);
        FILL(t, "phi_post", 0);
        if (k < 4) FILL(t, "phi_res", 0);
        FILL(t, "b_pre", 0.4);
        FILL(t, "b_post", 0);
        PL_CHECK(pl_trial_distance(t, standard, 1) < 1e-12);
        pl_trial_destroy(t);
    }
    pl_trial_destroy(standard);
}

/* What moves coefficients starts at 0, so dynamic connections start as static ones. */
static void test_residuals_multi__still_coefficients_are_static(void) {
    struct pl_trial *still =
        pl_test_trial("ref", PL_MORE("variant.name=hyper_connections", "variant.dynamic=false"));
    struct pl_trial *moving = pl_test_trial("ref", PL_MORE("variant.name=hyper_connections"));
    pl_trial_perturb(still, 4, 0.5);
    pl_trial_copy_params(still, moving);
    PL_CHECK(pl_trial_distance(still, moving, 1) < 1e-14);
    FILL(moving, "mix_w", 0.2);
    PL_CHECK(pl_trial_distance(still, moving, 1) > 1e-6);
    pl_trial_destroy(still);
    pl_trial_destroy(moving);
}

/* A large diagonal of b_res leaves nothing to mix. */
static void test_residuals_multi__ihc_is_the_limit_of_mhc(void) {
    struct pl_trial *mhc = pl_test_trial("ref", PL_MORE("variant.name=mhc"));
    struct pl_trial *ihc = pl_test_trial("ref", PL_MORE("variant.name=ihc"));
    double gap = 1;
    pl_trial_perturb(mhc, 4, 0.3);
    pl_trial_copy_params(mhc, ihc);
    for (int diagonal = 5; diagonal <= 70; diagonal += 13) {
        fill(mhc, "b_res", DEPTH, "", 0, 5, diagonal);
        double now = pl_trial_distance(mhc, ihc, 1);
        PL_CHECK(now < gap / 100 || now < 1e-15);
        gap = now;
    }
    PL_CHECK(gap < 1e-15);
    pl_trial_destroy(mhc);
    pl_trial_destroy(ihc);
}

/* A budget of 0 leaves nothing to mix. */
static void test_residuals_multi__ihc_is_c_mhc_without_a_budget(void) {
    struct pl_trial *c_mhc =
        pl_test_trial("ref", PL_MORE("variant.name=c_mhc", "variant.mixing_budget=0"));
    struct pl_trial *ihc = pl_test_trial("ref", PL_MORE("variant.name=ihc"));
    pl_trial_perturb(c_mhc, 4, 0.3);
    pl_trial_copy_params(c_mhc, ihc);
    PL_CHECK(pl_trial_distance(c_mhc, ihc, 1) < 1e-15);
    pl_trial_destroy(c_mhc);
    pl_trial_destroy(ihc);
}

/* T11: without X it is standard; without Y and depth scale, the layer's own norm a second time on a
 * normalised input, it is postnorm. */
static void test_residuals_multi__siamese_halves_are_known(void) {
    struct pl_trial *y_only = pl_test_trial("ref", PL_MORE("variant.name=siamesenorm"));
    struct pl_trial *standard = pl_test_trial("ref", PL_MORE("variant.name=standard"));
    fill(y_only, "norm_x", DEPTH + 1, ".gain", 0, 1, 0);
    PL_CHECK(pl_trial_distance(y_only, standard, 1) < 1e-12);
    pl_trial_destroy(y_only);
    pl_trial_destroy(standard);
    struct pl_trial *postnorm =
        pl_test_trial("ref", PL_MORE("variant.name=postnorm", "variant.embed_norm=true"));
    static const char *const prenorms[] = {"model.prenorm=true", "model.prenorm=false"};
    for (int k = 0; k < 2; k++) {
        struct pl_trial *x_only =
            pl_test_trial("ref", PL_MORE("variant.name=siamesenorm", prenorms[k],
                                         "variant.depth_scale=false", "model.final_norm=false"));
        fill(x_only, "norm_y", DEPTH + 1, ".gain", 0, 1, 0);
        PL_CHECK(pl_trial_distance(x_only, postnorm, 1) < 1e-12);
        pl_trial_destroy(x_only);
    }
    pl_trial_destroy(postnorm);
}

/* ---- doubly stochastic maps ---- */

/* Matrices of 64 tokens from logits; and with [g] the gradient of <g, M>. */
enum { TOKENS = 64, MOST_LOGITS = 64 };

struct maps {
    enum pl_doubly kind;
    int n, logits, iterations;
    double z[MOST_LOGITS * TOKENS], m[64 * TOKENS];
};

static void maps_draw(struct maps *maps, double scale, uint64_t seed) {
    struct pl_rng rng;
    pl_rng_init(&rng, seed, "logits");
    for (int k = 0; k < maps->logits * TOKENS; k++)
        maps->z[k] = (float)(scale * pl_rng_normal(&rng));
}

/* M, or with a gradient [g] that comes in, dz. */
static void maps_run(const char *where, const struct maps *maps, const double *g, double *out) {
    const struct pl_backend *backend;
    struct pl_program *program;
    struct pl_graph graph;
    struct pl_plan plan;
    struct pl_attr attr = {.doubly = {maps->kind, maps->n, maps->iterations}};
    float data[MOST_LOGITS * TOKENS];
    PL_REQUIRE_OK(pl_backend_find(&backend, where));
    pl_graph_init(&graph);
    int z = pl_feed_tile(&graph, "z", maps->logits, PL_NUMBER), node;
    int in[] = {pl_feed_tile(&graph, "g", maps->n * maps->n, PL_NUMBER), z};
    node = g ? pl_op(&graph, PL_OP_DOUBLY_GRAD, attr, in, 2)
             : pl_doubly(&graph, maps->kind, maps->n, maps->iterations, z);
    pl_plan_make(&plan, &graph, TOKENS, &(struct pl_pass_spec){"maps", &node, 1}, 1);
    PL_REQUIRE_OK(pl_program_create(&program, backend, &plan));
    pl_program_begin(program, 0);
    for (int f = g ? 0 : 1; f < 2; f++) {
        int rows = pl_graph_node(&graph, in[f])->rows;
        for (int k = 0; k < rows * TOKENS; k++)
            data[k % TOKENS * rows + k / TOKENS] = (float)(f ? maps->z : g)[k];
        pl_program_gather(program, 0, in[f], data, (struct pl_gather){.count = TOKENS});
    }
    pl_program_tile(program, 0);
    pl_program_read_tile(program, 0, node, out);
    pl_program_destroy(program);
    pl_plan_finish(&plan);
    pl_graph_finish(&graph);
}

/* How far the sums of a token's lines are from 1; columns are [n] apart. */
static double line_error(const struct maps *maps, int t, bool columns) {
    int n = maps->n;
    double worst = 0;
    for (int i = 0; i < n; i++) {
        double sum = 0;
        for (int j = 0; j < n; j++) {
            double entry = maps->m[(columns ? j * n + i : i * n + j) * TOKENS + t];
            PL_CHECK(entry >= 0);
            sum += entry;
        }
        worst = fmax(worst, fabs(sum - 1));
    }
    return worst;
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* T12: rows exactly, columns in the median to 1e-6 at 20 iterations and in full with many. */
static void test_residuals_multi__sinkhorn_is_doubly_stochastic(void) {
    for (int n = 1; n <= 8; n++) {
        struct maps maps = {PL_DOUBLY_SINKHORN, n, n * n, 20, {0}, {0}};
        double columns[TOKENS];
        maps_draw(&maps, 1, 5);
        maps_run("ref", &maps, NULL, maps.m);
        for (int t = 0; t < TOKENS; t++) {
            PL_CHECK(line_error(&maps, t, false) < 1e-15);
            columns[t] = line_error(&maps, t, true);
        }
        qsort(columns, TOKENS, sizeof *columns, by_size);
        PL_CHECK(columns[TOKENS / 2] < 1e-6 && columns[TOKENS - 1] < 0.05);
        maps.iterations = 3000;
        maps_run("ref", &maps, NULL, maps.m);
        for (int t = 0; t < TOKENS; t++) PL_CHECK(line_error(&maps, t, true) < 1e-12);
    }
}

static void test_residuals_multi__other_maps_are_doubly_stochastic(void) {
    const struct maps all[] = {{PL_DOUBLY_BIRKHOFF, 1, 1},  {PL_DOUBLY_BIRKHOFF, 2, 2},
                               {PL_DOUBLY_BIRKHOFF, 3, 6},  {PL_DOUBLY_BIRKHOFF, 4, 24},
                               {PL_DOUBLY_KRONECKER, 2, 2}, {PL_DOUBLY_KRONECKER, 4, 4},
                               {PL_DOUBLY_KRONECKER, 8, 6}};
    for (size_t k = 0; k < sizeof all / sizeof all[0]; k++) {
        struct maps maps = all[k];
        maps_draw(&maps, 3, 6);
        maps_run("ref", &maps, NULL, maps.m);
        for (int t = 0; t < TOKENS; t++) {
            PL_CHECK(line_error(&maps, t, false) < 1e-14);
            PL_CHECK(line_error(&maps, t, true) < 1e-14);
        }
    }
}

/* Largest |M x| / |x| over the products of a token's matrix with the next tokens'. */
static double gain_of_products(const struct maps *maps, struct pl_rng *rng) {
    double x[STREAMS], y[STREAMS], worst = 0;
    int n = maps->n;
    for (int j = 0; j < n; j++) x[j] = pl_rng_normal(rng);
    double start = sqrt(dot(x, x, n));
    for (int t = 0; t < TOKENS; t++) {
        for (int i = 0; i < n; i++) {
            y[i] = 0;
            for (int j = 0; j < n; j++) y[i] += maps->m[(i * n + j) * TOKENS + t] * x[j];
        }
        memcpy(x, y, sizeof x);
        worst = fmax(worst, sqrt(dot(x, x, n)) / start);
    }
    return worst;
}

/* Products of doubly stochastic matrices never stretch: what mHC is for. */
static void test_residuals_multi__products_do_not_stretch(void) {
    struct maps maps = {PL_DOUBLY_SINKHORN, 4, 16, 2000, {0}, {0}};
    struct pl_rng rng;
    pl_rng_init(&rng, 1, "vectors");
    maps_draw(&maps, 1, 7);
    maps_run("ref", &maps, NULL, maps.m);
    for (int k = 0; k < 50; k++) PL_CHECK(gain_of_products(&maps, &rng) <= 1 + 1e-12);
}

/* Central differences of <g, M> in entry (k, every token). */
static void differences(const struct maps *maps, const double *g, int k, double *out) {
    struct maps moved = *maps;
    double above[64 * TOKENS], below[64 * TOKENS];
    const double h = 0x1p-10; /* exact in float32 beside 30 */
    for (int t = 0; t < TOKENS; t++) moved.z[k * TOKENS + t] = maps->z[k * TOKENS + t] + h;
    maps_run("ref", &moved, NULL, above);
    for (int t = 0; t < TOKENS; t++) moved.z[k * TOKENS + t] = maps->z[k * TOKENS + t] - h;
    maps_run("ref", &moved, NULL, below);
    for (int t = 0; t < TOKENS; t++) {
        out[t] = 0;
        for (int e = 0; e < maps->n * maps->n; e++)
            out[t] += g[e * TOKENS + t] * (above[e * TOKENS + t] - below[e * TOKENS + t]) / (2 * h);
    }
}

/* Logits of -30, 0 and 30: finite on every backend, and exactly differentiated through every iteration
 * (the error is that of the differences, h^2 / 6 of a third derivative). */
static void test_residuals_multi__sinkhorn_is_stable_at_large_logits(void) {
    struct maps maps = {PL_DOUBLY_SINKHORN, 4, 16, 20, {0}, {0}};
    double g[16 * TOKENS], found[16 * TOKENS], single[16 * TOKENS], truth[TOKENS];
    struct pl_rng rng;
    pl_rng_init(&rng, 8, "logits");
    for (int k = 0; k < 16 * TOKENS; k++) maps.z[k] = 30 * ((int)pl_rng_below(&rng, 3) - 1);
    for (int k = 0; k < 16 * TOKENS; k++) g[k] = (float)pl_rng_normal(&rng);
    maps_run("ref", &maps, NULL, maps.m);
    for (int t = 0; t < TOKENS; t++) PL_CHECK(line_error(&maps, t, false) < 1e-15);
    maps_run("ref", &maps, g, found);
    maps_run("cpu", &maps, g, single);
    for (int k = 0; k < 16; k++) {
        differences(&maps, g, k, truth);
        for (int t = 0; t < TOKENS; t++) {
            PL_CHECK_NEAR(found[k * TOKENS + t], truth[t], 1e-5);
            PL_CHECK_NEAR(single[k * TOKENS + t], found[k * TOKENS + t], 1e-4);
        }
    }
}

static void test_residuals_multi__maps_survive_any_logits(void) {
    static const char *const places[] = {"ref", "cpu"};
    const struct maps all[] = {{PL_DOUBLY_SINKHORN, 4, 16, 20},
                               {PL_DOUBLY_BIRKHOFF, 4, 24, 0},
                               {PL_DOUBLY_KRONECKER, 4, 4, 0}};
    for (int p = 0; p < 2; p++)
        for (int k = 0; k < 3; k++) {
            struct maps maps = all[k];
            double g[16 * TOKENS], out[MOST_LOGITS * TOKENS];
            for (int e = 0; e < 16 * TOKENS; e++) g[e] = e % 7 - 3;
            maps_draw(&maps, 1e6, 9);
            maps_run(places[p], &maps, NULL, maps.m);
            for (int e = 0; e < 16 * TOKENS; e++) PL_CHECK(isfinite(maps.m[e]));
            maps_run(places[p], &maps, g, out);
            for (int e = 0; e < maps.logits * TOKENS; e++) PL_CHECK(isfinite(out[e]));
        }
}

/* Adding a number to a row's logits, or to a column's, changes nothing in the limit. */
static void test_residuals_multi__sinkhorn_ignores_scales_of_lines(void) {
    struct maps maps = {PL_DOUBLY_SINKHORN, 4, 16, 500, {0}, {0}}, moved;
    maps_draw(&maps, 1, 11);
    moved = maps;
    for (int k = 0; k < 16; k++)
        for (int t = 0; t < TOKENS; t++) moved.z[k * TOKENS + t] += (k / 4) * 2 - (k % 4);
    maps_run("ref", &maps, NULL, maps.m);
    maps_run("ref", &moved, NULL, moved.m);
    for (int k = 0; k < 16 * TOKENS; k++) PL_CHECK_NEAR(moved.m[k], maps.m[k], 1e-6);
}

static void test_residuals_multi__permutations_come_in_order(void) {
    int last = -1, out[4];
    pl_permutation(4, 0, out);
    for (int i = 0; i < 4; i++) PL_CHECK(out[i] == i);
    for (int k = 0; k < 24; k++) {
        int seen = 0, word = 0;
        pl_permutation(4, k, out);
        for (int i = 0; i < 4; i++) {
            seen |= 1 << out[i];
            word = 4 * word + out[i];
        }
        PL_CHECK(seen == 15 && word > last);
        last = word;
    }
}

/* ---- a variant between feeds: v_0 .. v_L are data, whatever h_l was ---- */

enum { TILE = 16 };

struct rig {
    struct pl_arena arena;
    struct pl_settings settings;
    struct pl_model model;
    struct pl_graph graph;
    struct pl_plan plan;
    struct pl_program *program;
    int v[DEPTH + 1], h[DEPTH + 2], row[DEPTH + 2]; /* at l; row PL_NONE without mixing rows */
    int mix[DEPTH + 1];                             /* c_mhc: the matrix of layer l, at l */
};

static void rig_describe(struct rig *rig) {
    const struct pl_residual *residual = rig->model.residual;
    struct pl_build build = {.graph = &rig->graph,
                             .host = &rig->model.host,
                             .options = rig->model.options,
                             .arena = &rig->arena};
    build.state = pl_arena_alloc(&rig->arena, residual->state_size + 1);
    for (int l = 0; l <= DEPTH; l++)
        rig->v[l] =
            pl_feed_tile(&rig->graph, pl_arena_printf(&rig->arena, "v.%d", l), WIDTH, PL_NUMBER);
    residual->begin(&build, rig->v[0]);
    for (int l = 1; l <= DEPTH; l++) {
        rig->h[l] = residual->layer_input(&build, l, 0);
        residual->layer_output(&build, l, rig->v[l]);
    }
    rig->h[DEPTH + 1] = residual->readout(&build);
    for (int l = 1; l <= DEPTH + 1; l++)
        rig->row[l] = residual->mix_row ? residual->mix_row(&build, l) : PL_NONE;
    const struct pl_manifold_state *manifold = build.state;
    for (int l = 1; l <= DEPTH; l++)
        rig->mix[l] =
            strcmp(residual->name, "c_mhc") == 0 ? manifold->streams.sites[l].mix : PL_NONE;
}

static void rig_init(struct rig *rig, const char *variant, const char *option) {
    const struct pl_backend *ref;
    struct pl_place here = {"rig", 0, 0};
    int targets[4 * DEPTH + 3], count = 0;
    memset(rig, 0, sizeof *rig);
    pl_settings_set(&rig->settings, "model.width", "8", here);
    pl_settings_set(&rig->settings, "model.depth", "6", here);
    pl_settings_set(&rig->settings, "variant.name", variant, here);
    if (option) {
        const char *equals = strchr(option, '=');
        char *key = pl_arena_strndup(&rig->arena, option, (size_t)(equals - option));
        pl_settings_set(&rig->settings, key, equals + 1, here);
    }
    PL_REQUIRE_OK(pl_model_bind(&rig->model, &rig->settings, &rig->arena));
    pl_graph_init(&rig->graph);
    rig_describe(rig);
    for (int l = 0; l <= DEPTH; l++) targets[count++] = rig->v[l];
    for (int l = 1; l <= DEPTH + 1; l++) targets[count++] = rig->h[l];
    for (int l = 1; l <= DEPTH + 1; l++)
        if (rig->row[l] != PL_NONE) targets[count++] = rig->row[l];
    for (int l = 1; l <= DEPTH; l++)
        if (rig->mix[l] != PL_NONE) targets[count++] = rig->mix[l];
    PL_REQUIRE_OK(pl_backend_find(&ref, "ref"));
    pl_plan_make(&rig->plan, &rig->graph, TILE, &(struct pl_pass_spec){"rig", targets, count}, 1);
    PL_REQUIRE_OK(pl_program_create(&rig->program, ref, &rig->plan));
}

static void rig_finish(struct rig *rig) {
    pl_program_destroy(rig->program);
    pl_plan_finish(&rig->plan);
    pl_graph_finish(&rig->graph);
    pl_settings_finish(&rig->settings);
    pl_arena_finish(&rig->arena);
}

/* Parameters of which the name has [part] become N(0, std^2) + [mean]. */
static void rig_set(struct rig *rig, const char *part, double mean, double std) {
    struct pl_rng rng;
    pl_rng_init(&rng, 4, part);
    for (int n = 0; n < (int)rig->graph.nodes.count; n++) {
        const struct pl_node *node = pl_graph_node(&rig->graph, n);
        if (node->kind != PL_KIND_PARAM || !strstr(node->name, part)) continue;
        double *values = pl_alloc((size_t)node->rows * (size_t)node->cols * sizeof *values);
        for (int k = 0; k < node->rows * node->cols; k++)
            values[k] = mean + std * pl_rng_normal(&rng);
        pl_program_write(rig->program, n, values);
        pl_free(values);
    }
}

static void rig_run(struct rig *rig) {
    struct pl_rng rng;
    pl_rng_init(&rng, 4, "rig");
    pl_program_begin(rig->program, 0);
    for (int l = 0; l <= DEPTH; l++) {
        float data[TILE * WIDTH];
        for (int k = 0; k < TILE * WIDTH; k++) data[k] = (float)pl_rng_normal(&rng);
        pl_program_gather(rig->program, 0, rig->v[l], data, (struct pl_gather){.count = TILE});
    }
    pl_program_tile(rig->program, 0);
}

/* Column [t] of a node; a step-level one has the same for every token. */
static void rig_read(struct rig *rig, int node, int t, double *out) {
    double tile[STREAMS * WIDTH * TILE];
    int rows = pl_graph_node(&rig->graph, node)->rows;
    if (pl_graph_node(&rig->graph, node)->domain == PL_STEP) {
        pl_program_read(rig->program, node, out);
        return;
    }
    pl_program_read_tile(rig->program, 0, node, tile);
    for (int c = 0; c < rows; c++) out[c] = tile[c * TILE + t];
}

/* T9: the rows give every h_l from the outputs before it. */
static void check_rows(struct rig *rig) {
    double v[DEPTH + 1][WIDTH], h[WIDTH], row[DEPTH + 2];
    for (int t = 0; t < TILE; t++) {
        for (int l = 0; l <= DEPTH; l++) rig_read(rig, rig->v[l], t, v[l]);
        for (int l = 1; l <= DEPTH + 1; l++) {
            PL_REQUIRE(pl_graph_node(&rig->graph, rig->row[l])->rows == l);
            rig_read(rig, rig->h[l], t, h);
            rig_read(rig, rig->row[l], t, row);
            for (int c = 0; c < WIDTH; c++) {
                double again = 0;
                for (int i = 0; i < l; i++) again += row[i] * v[i][c];
                PL_CHECK_NEAR(again, h[c], 1e-12 * (1 + fabs(h[c])));
            }
        }
    }
}

static void test_residuals_multi__mixing_rows_give_every_state(void) {
    static const char *const rows[][2] = {{"hyper_connections", NULL},
                                          {"hyper_connections", "variant.dynamic=false"},
                                          {"hyper_connections", "variant.streams=3"},
                                          {"hyper_connections", "variant.streams=1"},
                                          {"mhc", NULL},
                                          {"mhc", "variant.readout=sigmoid"},
                                          {"mhc_lite", NULL},
                                          {"kromhc", NULL},
                                          {"ihc", NULL},
                                          {"ihc", "variant.readout=sigmoid"},
                                          {"c_mhc", NULL},
                                          {"c_mhc", "variant.streams=3"},
                                          {"mgr", NULL},
                                          {"mgr", "variant.streams=2"},
                                          {"mgr", "variant.streams=8"}};
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        struct rig rig;
        rig_init(&rig, rows[k][0], rows[k][1]);
        rig_set(&rig, "residual.", 0, 1);
        rig_run(&rig);
        check_rows(&rig);
        rig_finish(&rig);
    }
}

/* The formula of the papers for static coefficients, as a product of matrices from left to right:
 * M_{i->l} = B_i' A^(i+1) ... A^(l-1) A_m^(l), B_0 all ones. */
static void test_residuals_multi__static_rows_are_the_product_formula(void) {
    enum { N = 4 };
    struct rig rig;
    double row[DEPTH + 2], ones[N] = {1, 1, 1, 1}, A[DEPTH + 1][N * N], B[DEPTH + 1][N];
    rig_init(&rig, "hyper_connections", "variant.dynamic=false");
    rig_set(&rig, "residual.", 0, 1);
    rig_run(&rig);
    for (int l = 1; l <= DEPTH; l++) {
        char name[48];
        snprintf(name, sizeof name, "residual.mix.%d", l);
        pl_program_read(rig.program, pl_graph_find(&rig.graph, name), A[l]);
        snprintf(name, sizeof name, "residual.write.%d", l);
        pl_program_read(rig.program, pl_graph_find(&rig.graph, name), B[l]);
    }
    for (int i = 0; i <= DEPTH; i++) {
        double x[N], next[N];
        memcpy(x, i ? B[i] : ones, sizeof x);
        for (int l = i + 1; l <= DEPTH; l++) {
            for (int k = 0; k < N; k++) {
                next[k] = 0;
                for (int j = 0; j < N; j++) next[k] += x[j] * A[l][j * N + k];
            }
            memcpy(x, next, sizeof x);
        }
        rig_read(&rig, rig.row[DEPTH + 1], 3, row);
        PL_CHECK_NEAR(row[i], dot(x, ones, N), 1e-12 * (1 + fabs(row[i])));
    }
    rig_finish(&rig);
}

/* mHC's composite gain: whatever is drawn, the readout weighs e by n, for every mixing keeps sums. */
static void test_residuals_multi__mixing_keeps_what_is_carried(void) {
    static const char *const variants[] = {"mhc_lite", "kromhc", "ihc", "c_mhc"};
    for (int k = 0; k < 4; k++) {
        struct rig rig;
        double row[DEPTH + 2];
        rig_init(&rig, variants[k], NULL);
        rig_set(&rig, "residual.", 0, 1);
        rig_run(&rig);
        for (int t = 0; t < TILE; t++) {
            rig_read(&rig, rig.row[DEPTH + 1], t, row);
            PL_CHECK_NEAR(row[0], 4, 1e-12);
        }
        rig_finish(&rig);
    }
}

/* The least eigenvalue of a symmetric matrix, by rotations that make it diagonal (Jacobi). */
static double least_eigenvalue(int n, double a[STREAMS][STREAMS]) {
    double least = a[0][0];
    for (int sweep = 0; sweep < 40; sweep++)
        for (int p = 0; p < n; p++)
            for (int q = p + 1; q < n; q++) {
                if (a[p][q] == 0) continue;
                double half = (a[q][q] - a[p][p]) / (2 * a[p][q]);
                double t = (half < 0 ? -1 : 1) / (fabs(half) + sqrt(half * half + 1));
                double c = 1 / sqrt(t * t + 1), s = t * c;
                for (int k = 0; k < n; k++) {
                    double x = a[k][p], y = a[k][q];
                    a[k][p] = c * x - s * y, a[k][q] = s * x + c * y;
                }
                for (int k = 0; k < n; k++) {
                    double x = a[p][k], y = a[q][k];
                    a[p][k] = c * x - s * y, a[q][k] = s * x + c * y;
                }
            }
    for (int k = 1; k < n; k++) least = fmin(least, a[k][k]);
    return least;
}

/* Lines of circulant matrices sum to 1, and no product over the depth shrinks anything below
 * e^(-beta - beta^2/L): logits so large that a layer gives its whole share to one shift. */
static void test_residuals_multi__a_budget_bounds_what_is_mixed(void) {
    enum { N = 4 };
    static const char *const budgets[] = {"variant.mixing_budget=1", "variant.mixing_budget=2",
                                          "variant.mixing_budget=3"};
    for (int b = 0; b < 3; b++) {
        struct rig rig;
        double beta = b + 1, least = 1;
        rig_init(&rig, "c_mhc", budgets[b]);
        rig_set(&rig, "residual.", 0, 1);
        rig_set(&rig, "residual.b_res", 0, 30);
        rig_run(&rig);
        for (int t = 0; t < TILE; t++) {
            double product[N][N] = {{1}, {0, 1}, {0, 0, 1}, {0, 0, 0, 1}}, next[N][N];
            double square[STREAMS][STREAMS];
            for (int l = 1; l <= DEPTH; l++) {
                double m[N * N];
                rig_read(&rig, rig.mix[l], t, m);
                for (int i = 0; i < N; i++) {
                    double row = 0, column = 0;
                    for (int j = 0; j < N; j++) {
                        PL_CHECK(m[i * N + j] >= 0);
                        PL_CHECK(m[i * N + j] == m[(i + 1) % N * N + (j + 1) % N]);
                        row += m[i * N + j], column += m[j * N + i];
                        next[i][j] = 0;
                        for (int k = 0; k < N; k++) next[i][j] += m[i * N + k] * product[k][j];
                    }
                    PL_CHECK_NEAR(row, 1, 4e-16);
                    PL_CHECK_NEAR(column, 1, 4e-16);
                }
                memcpy(product, next, sizeof product);
            }
            for (int i = 0; i < N; i++)
                for (int j = 0; j < N; j++) {
                    square[i][j] = 0;
                    for (int k = 0; k < N; k++) square[i][j] += product[k][i] * product[k][j];
                }
            least = fmin(least, sqrt(least_eigenvalue(N, square)));
        }
        PL_CHECK(least >= pl_exp(-beta - beta * beta / DEPTH));
        PL_CHECK(least < 0.9); /* and something was mixed */
        rig_finish(&rig);
    }
}

static double param_at(struct pl_trial *t, const char *what, int l, int k) {
    char name[48];
    snprintf(name, sizeof name, "residual.%s", what);
    double *values = pl_trial_read(t, find_param(t, name, l, "")), value = values[k];
    pl_free(values);
    return value;
}

/* With w = 0 the read is the mean and streams decay geometrically: by a share g = 1 / (sqrt(M/21) (e^3 + 1)),
 * for the M layers that write, an output counts (1 - g) less at each layer after its own. */
static void test_residuals_multi__gates_start_as_geometric_decay(void) {
    for (int n = 2; n <= 6; n += 2) {
        struct rig rig;
        char option[32], name[32];
        double row[DEPTH + 2], m = DEPTH - n + 1, g = 1 / (sqrt(m / 21) * (pl_exp(3) + 1));
        snprintf(option, sizeof option, "variant.streams=%d", n);
        rig_init(&rig, "mgr", option);
        snprintf(name, sizeof name, "residual.write_b.%d", n);
        double start = rig.graph.nodes.items[pl_graph_find(&rig.graph, name)].fill_a;
        PL_CHECK_NEAR(pl_hand_sigmoid(start), g, 1e-15);
        rig_set(&rig, "residual.", 0, 0);
        rig_set(&rig, "residual.write_b", start, 0);
        rig_run(&rig);
        rig_read(&rig, rig.row[DEPTH + 1], 3, row);
        for (int i = 0; i <= DEPTH; i++) {
            double share = i < n ? 1.0 / n : g;
            for (int l = i < n ? n : i + 1; l <= DEPTH; l++) share *= 1 - g;
            PL_CHECK_NEAR(row[i], share, 1e-15);
        }
        rig_finish(&rig);
    }
    struct pl_trial *deep = pl_test_trial("ref", PL_MORE("variant.name=mgr", "model.depth=24"));
    PL_CHECK_NEAR(param_at(deep, "write_b", 24, 0), -3,
                  1e-6); /* 21 layers write, as in the paper */
    pl_trial_destroy(deep);
}

/* ---- delta learning: h_2 from h_1 and y_1, by beta and v that are the same for every token ---- */

struct delta {
    struct rig rig;
    double h[WIDTH], y[WIDTH], next[WIDTH];
};

static void delta_run(struct delta *delta, double beta_b, double value_b) {
    rig_set(&delta->rig, "residual.", 0, 0);
    rig_set(&delta->rig, "residual.beta_b", beta_b, 0);
    rig_set(&delta->rig, "residual.value_b", value_b, 0);
    rig_run(&delta->rig);
}

static void delta_read(struct delta *delta, int t) {
    rig_read(&delta->rig, delta->rig.h[1], t, delta->h);
    rig_read(&delta->rig, delta->rig.v[1], t, delta->y);
    rig_read(&delta->rig, delta->rig.h[2], t, delta->next);
}

static double along(const struct delta *delta, const double *x) {
    return dot(x, delta->y, WIDTH) / sqrt(dot(delta->y, delta->y, WIDTH));
}

/* T13. beta is 2 pl_hand_sigmoid(b), v is 4 pl_hand_sigmoid(b). */
static void test_residuals_multi__delta_writes_erases_reflects(void) {
    struct delta delta;
    rig_init(&delta.rig, "ddl", NULL);
    for (int t = 0; t < TILE; t++) {
        delta_run(&delta, 0, 0.7);
        delta_read(&delta, t);
        PL_CHECK_NEAR(along(&delta, delta.next), 4 * pl_hand_sigmoid(0.7), 1e-9);
        delta_run(&delta, 60, -60);
        delta_read(&delta, t);
        PL_CHECK_NEAR(dot(delta.next, delta.next, WIDTH), dot(delta.h, delta.h, WIDTH), 1e-9);
        PL_CHECK_NEAR(along(&delta, delta.next), -along(&delta, delta.h), 1e-9);
        delta_run(&delta, -60, 0.7);
        delta_read(&delta, t);
        for (int c = 0; c < WIDTH; c++) PL_CHECK_NEAR(delta.next[c], delta.h[c], 1e-15);
    }
    rig_finish(&delta.rig);
}

/* With beta = 1 and v = k . h + |y| the update is h + y. */
static void test_residuals_multi__delta_can_add(void) {
    struct delta delta;
    int seen = 0;
    rig_init(&delta.rig, "ddl", NULL);
    for (int t = 0; t < TILE; t++) {
        delta_run(&delta, 0, 0);
        delta_read(&delta, t);
        double v = (along(&delta, delta.h) + sqrt(dot(delta.y, delta.y, WIDTH))) / 4;
        if (v <= 0.01 || v >= 0.99) continue;
        delta_run(&delta, 0, pl_log(v / (1 - v)));
        delta_read(&delta, t);
        for (int c = 0; c < WIDTH; c++) PL_CHECK_NEAR(delta.next[c], delta.h[c] + delta.y[c], 1e-9);
        seen++;
    }
    PL_CHECK(seen > 4);
    rig_finish(&delta.rig);
}

/* Equal columns, read by their mean and rewritten alike, stay equal: the expanded form is the simple one. */
static void test_residuals_multi__equal_columns_are_one(void) {
    struct delta one, four;
    rig_init(&one.rig, "ddl", NULL);
    rig_init(&four.rig, "ddl_expanded", NULL);
    delta_run(&one, 0.3, -0.4);
    delta_run(&four, 0.3, -0.4);
    rig_set(&four.rig, "residual.rho", 0.25, 0);
    rig_run(&four.rig);
    for (int l = 1; l <= DEPTH + 1; l++)
        for (int t = 0; t < TILE; t++) {
            rig_read(&one.rig, one.rig.h[l], t, one.h);
            rig_read(&four.rig, four.rig.h[l], t, four.h);
            for (int c = 0; c < WIDTH; c++) PL_CHECK_NEAR(four.h[c], one.h[c], 1e-12);
        }
    rig_finish(&one.rig);
    rig_finish(&four.rig);
}

/* ---- starts, tables, refusals ---- */

static void test_residuals_multi__streams_take_turns(void) {
    struct pl_trial *hyper = pl_test_trial("ref", PL_MORE("variant.name=hyper_connections"));
    struct pl_trial *mhc = pl_test_trial("ref", PL_MORE("variant.name=mhc"));
    struct pl_trial *lite = pl_test_trial("ref", PL_MORE("variant.name=mhc_lite"));
    struct pl_trial *kron = pl_test_trial("ref", PL_MORE("variant.name=kromhc"));
    for (int l = 1; l <= DEPTH; l++) {
        for (int j = 0; j < 4; j++) {
            PL_CHECK(param_at(hyper, "read", l, j) == (j == l % 4));
            PL_CHECK(param_at(mhc, "b_pre", l, j) == (j == l % 4 ? 1 : -1));
            PL_CHECK(param_at(mhc, "b_post", l, j) == (j == l % 4 ? 1 : -1));
            PL_CHECK(param_at(kron, "b_res", l, j) == (j % 2 ? -8 : 0));
        }
        for (int k = 0; k < 16; k++) {
            PL_CHECK(param_at(hyper, "mix", l, k) == (k / 4 == k % 4));
            PL_CHECK(param_at(mhc, "b_res", l, k) == (k / 4 == k % 4 ? 0 : -8));
        }
        for (int k = 0; k < 24; k++) PL_CHECK(param_at(lite, "b_res", l, k) == (k ? -8 : 0));
        PL_CHECK(param_at(mhc, "alpha_res", l, 0) == (float)0.01);
    }
    pl_trial_destroy(hyper);
    pl_trial_destroy(mhc);
    pl_trial_destroy(lite);
    pl_trial_destroy(kron);
}

/* T17: width 8, depth 6, in numbers. */
static void test_residuals_multi__parameters_are_those_of_the_table(void) {
    static const struct {
        const char *variant, *option;
        size_t count;
    } rows[] = {
        {"siamesenorm", NULL, 112},
        {"hyper_connections", "variant.dynamic=false", 144},
        {"hyper_connections", NULL, 6 * (24 + 8 * 6 + 2)},
        {"mhc", NULL, 6 * (96 * 8 + 27)},
        {"mhc", "variant.readout=sigmoid", 6 * (96 * 8 + 27) + 32 * 4 + 5},
        {"mhc_lite", NULL, 6 * (32 * 32 + 24 + 8 + 3)},
        {"kromhc", NULL, 6 * (32 * 12 + 8 + 4 + 3)},
        {"ihc", NULL, 6 * (2 * 16 * 8 + 8 + 2)},
        {"c_mhc", NULL, 6 * (32 * 12 + 12 + 3)},
        {"c_mhc", "variant.readout=sigmoid", 6 * (32 * 12 + 12 + 3) + 32 * 4 + 5},
        {"mgr", NULL, 6 * 8 + 3 * 9},
        {"mgr", "variant.streams=2", 6 * 8 + 5 * 9},
        {"mgr", "variant.streams=8", 6 * 8},
        {"frac_connections", "variant.dynamic=false", 6 * (16 + 16 + 4)},
        {"frac_connections", NULL, 6 * (16 + 16 + 4 + 2 * 9 + 2)},
        {"ddl", NULL, 6 * 18},
        {"ddl_expanded", NULL, 6 * (8 * 5 + 1 + 8) + 4},
    };
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        char name[64];
        snprintf(name, sizeof name, "variant.name=%s", rows[k].variant);
        struct pl_trial *t =
            pl_test_trial("ref", PL_MORE(name, rows[k].option ? rows[k].option : "model.depth=6"));
        PL_CHECK_INT(pl_graph_param_count(&t->graph, PL_GROUP_CONNECTION), rows[k].count);
        pl_trial_destroy(t);
    }
}

static void test_residuals_multi__contradictions_are_refused(void) {
    const struct pl_backend *ref;
    struct pl_trial *out;
    PL_REQUIRE_OK(pl_backend_find(&ref, "ref"));
    PL_CHECK_FAILS(
        pl_trial_create(&out, ref, PL_MORE("model.width=9", "variant.name=frac_connections"), 1, 4),
        PL_ECONFIG, "4 parts do not divide the width 9");
    PL_CHECK_FAILS(
        pl_trial_create(&out, ref, PL_MORE("variant.name=mhc_lite", "variant.streams=5"), 1, 4),
        PL_ECONFIG, "from 1 to 4");
    PL_CHECK_FAILS(pl_trial_create(&out, ref,
                                   PL_MORE("variant.name=c_mhc", "variant.mixing_budget=20.5"), 1,
                                   4),
                   PL_ECONFIG, "choose a budget of at most 20");
    PL_CHECK_FAILS(
        pl_trial_create(&out, ref, PL_MORE("variant.name=mgr", "variant.streams=1"), 1, 4),
        PL_ECONFIG, "from 2 to 8");
}

#define TEST(name)                                                                                 \
    { #name, test_residuals_multi__##name }

const struct pl_test pl_suite_residuals_multi[] = {
    TEST(formulas_are_those_written_by_hand),
    TEST(one_stream_is_standard),
    TEST(streams_start_as_copies_of_standard),
    TEST(equal_streams_are_standard),
    TEST(still_coefficients_are_static),
    TEST(ihc_is_the_limit_of_mhc),
    TEST(ihc_is_c_mhc_without_a_budget),
    TEST(siamese_halves_are_known),
    TEST(sinkhorn_is_doubly_stochastic),
    TEST(other_maps_are_doubly_stochastic),
    TEST(products_do_not_stretch),
    TEST(sinkhorn_is_stable_at_large_logits),
    TEST(maps_survive_any_logits),
    TEST(sinkhorn_ignores_scales_of_lines),
    TEST(permutations_come_in_order),
    TEST(mixing_rows_give_every_state),
    TEST(static_rows_are_the_product_formula),
    TEST(mixing_keeps_what_is_carried),
    TEST(a_budget_bounds_what_is_mixed),
    TEST(gates_start_as_geometric_decay),
    TEST(delta_writes_erases_reflects),
    TEST(delta_can_add),
    TEST(equal_columns_are_one),
    TEST(streams_take_turns),
    TEST(parameters_are_those_of_the_table),
    TEST(contradictions_are_refused),
    {0},
};
