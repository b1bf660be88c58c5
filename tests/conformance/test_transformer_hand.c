/* Transformers written out again by hand, in double, from the values of their parameters. */
#include <math.h>
#include <string.h>

#include "core/model/residual.h"
#include "tests/support/support.h"
#include "tests/support/transformer.h"

enum { TOKENS = PL_TOKENS, VOCABULARY = PL_VOCABULARY };

enum { D = 8, HIDDEN = 12, HEADS = 2, DH = D / HEADS, L = 4 };

typedef double tokens[TOKENS][D];

/* One sample on its way through the stack. */
struct peer {
    struct pl_trial *trial;
    bool ports;               /* attention reads q, k and v apart */
    int ends;                 /* of dca */
    tokens read[PL_PORTS];    /* q, k, v and residual of the next layer; an MLP reads the last */
    tokens source[L / 2 + 1]; /* states, or outputs, of blocks */
};

static double *param(struct peer *peer, const char *format, int l, const char *port) {
    char name[40];
    snprintf(name, sizeof name, format, l, port);
    int node = pl_graph_find(&peer->trial->graph, name);
    PL_REQUIRE(node != PL_NONE);
    return pl_trial_read(peer->trial, node);
}

/* layernorm */
static void norm(const double *gain, tokens x, tokens out) {
    for (int t = 0; t < TOKENS; t++) {
        double mean = 0, square = 0;
        for (int c = 0; c < D; c++) mean += x[t][c] / D;
        for (int c = 0; c < D; c++) square += pow(x[t][c] - mean, 2) / D;
        for (int c = 0; c < D; c++) out[t][c] = gain[c] * (x[t][c] - mean) / sqrt(square + 1e-6);
    }
}

static void normed(struct peer *peer, const char *format, int l, const char *port, tokens x,
                   tokens out) {
    double *gain = param(peer, format, l, port);
    norm(gain, x, out);
    pl_free(gain);
}

static void affine(struct peer *peer, const char *which, int l, const double *x, int in, int out,
                   double *y) {
    double *weight = param(peer, "layers.%d.w%s", l, which);
    double *bias = param(peer, "layers.%d.b%s", l, which);
    for (int t = 0; t < TOKENS; t++)
        for (int r = 0; r < out; r++) {
            y[t * out + r] = bias[r];
            for (int c = 0; c < in; c++) y[t * out + r] += weight[r * in + c] * x[t * in + c];
        }
    pl_free(weight);
    pl_free(bias);
}

static void attention(struct peer *peer, int l, tokens y) {
    static const char *const ports[] = {".q", ".k", ".v"}, *const names[] = {"q", "k", "v"};
    tokens u, qkv[3], o = {{0}};
    for (int c = 0; c < 3; c++) {
        normed(peer, "norms.%d.gain%s", l, peer->ports ? ports[c] : "", peer->read[c], u);
        affine(peer, names[c], l, &u[0][0], D, D, &qkv[c][0][0]);
    }
    for (int a = 0; a < HEADS; a++)
        for (int i = 0; i < TOKENS; i++) {
            double p[TOKENS], total = 0;
            for (int j = 0; j <= i; j++) {
                double s = 0;
                for (int c = a * DH; c < (a + 1) * DH; c++) s += qkv[0][i][c] * qkv[1][j][c];
                total += p[j] = exp(s / sqrt(DH));
            }
            for (int j = 0; j <= i; j++)
                for (int c = a * DH; c < (a + 1) * DH; c++) o[i][c] += p[j] / total * qkv[2][j][c];
        }
    affine(peer, "o", l, &o[0][0], D, D, &y[0][0]);
}

static void mlp(struct peer *peer, int l, tokens y) {
    tokens u;
    double z[TOKENS * HIDDEN];
    normed(peer, "norms.%d.gain%s", l, "", peer->read[PL_PORT_RESIDUAL], u);
    affine(peer, "1", l, &u[0][0], D, HIDDEN, z);
    for (int k = 0; k < TOKENS * HIDDEN; k++) z[k] = z[k] / 2 * (1 + erf(z[k] / sqrt(2)));
    affine(peer, "2", l, z, HIDDEN, D, &y[0][0]);
}

static void embed(struct peer *peer, const int32_t *ids, tokens y) {
    double *e = param(peer, "embed.w", 0, ""), *p = param(peer, "positions.w", 0, "");
    for (int t = 0; t < TOKENS; t++)
        for (int c = 0; c < D; c++) y[t][c] = e[ids[t] * D + c] + p[t * D + c];
    pl_free(e);
    pl_free(p);
}

/* ---- connections: y of layer l (e for l = 0) to what layer l + 1 reads ---- */

typedef void absorb(struct peer *peer, int l, tokens y);

static void add(tokens to, tokens y) {
    for (int t = 0; t < TOKENS; t++)
        for (int c = 0; c < D; c++) to[t][c] += y[t][c];
}

static void by_standard(struct peer *peer, int l, tokens y) {
    if (l == 0) memset(peer->read, 0, sizeof peer->read);
    for (int port = 0; port < PL_PORTS; port++) add(peer->read[port], y);
}

static void rms(const double *x, double *out) {
    double square = 0;
    for (int c = 0; c < D; c++) square += x[c] * x[c] / D;
    for (int c = 0; c < D; c++) out[c] = x[c] / sqrt(square + 1e-6);
}

/* Weights of [rows] = streams x states from the state x of one token. */
static void mudd_weights(struct peer *peer, int l, const double *x, int k, int rows, double *out) {
    double *w1 = param(peer, "residual.mudd_w1.%d", l, ""), u[D];
    double *w2 = param(peer, "residual.mudd_w2.%d", l, ""),
           *a = param(peer, "residual.a.%d", l, "");
    rms(x, u);
    for (int r = 0; r < rows; r++) out[r] = a[r];
    for (int i = 0; i < k; i++) {
        double z = 0;
        for (int c = 0; c < D; c++) z += u[c] * w1[c * k + i];
        z = z / 2 * (1 + erf(z / sqrt(2)));
        for (int r = 0; r < rows; r++) out[r] += z * w2[i * rows + r];
    }
    pl_free(w1);
    pl_free(w2);
    pl_free(a);
}

static void by_muddformer(struct peer *peer, int l, tokens y) {
    int b = l / 2, states = b + 1, streams = l < L ? PL_PORTS : 1;
    if (l == 0) by_standard(peer, 0, y);
    if (l > 0) add(peer->read[PL_PORT_RESIDUAL], y);
    if (l % 2) return;
    memcpy(peer->source[b], peer->read[PL_PORT_RESIDUAL], sizeof(tokens));
    if (l == 0) return;
    for (int t = 0; t < TOKENS; t++) {
        double w[PL_PORTS * (L / 2 + 1)];
        mudd_weights(peer, l, peer->source[b][t], 4 * states, streams * states, w);
        for (int port = 0; port < PL_PORTS; port++)
            for (int c = 0; c < D; c++) {
                peer->read[port][t][c] = 0;
                for (int j = 0; j < states; j++)
                    peer->read[port][t][c] +=
                        w[(streams > 1 ? port : 0) * states + j] * peer->source[j][t][c];
            }
    }
}

/* What [port] of site l reads: the first and last sources of [count]. */
static void dca_mixture(struct peer *peer, int l, const char *port, int count, tokens out) {
    double *bias = param(peer, "residual.bias.%d%s", l, port);
    double *weight = param(peer, "residual.weight.%d%s", l, port);
    memset(out, 0, sizeof(tokens));
    for (int i = 0, row = 0; i < count; i++) {
        if (i >= peer->ends && i < count - peer->ends) continue;
        for (int t = 0; t < TOKENS; t++) {
            double u[D], score = 0;
            rms(peer->source[i][t], u);
            for (int c = 0; c < D; c++) score += weight[c] * u[c];
            for (int c = 0; c < D; c++)
                out[t][c] += (bias[row * D + c] + fmax(score, 0)) * peer->source[i][t][c];
        }
        row++;
    }
    pl_free(bias);
    pl_free(weight);
}

static void by_dca(struct peer *peer, int l, tokens y) {
    int b = (l + 1) / 2;
    if (l % 2) memset(peer->source[b], 0, sizeof(tokens));
    if (l == 0) memset(peer->source[0], 0, sizeof(tokens));
    add(peer->source[b], y);
    add(peer->read[PL_PORT_RESIDUAL], y);
    if (l % 2) return;
    dca_mixture(peer, l + 1, l < L ? ".q" : "", b + 1, peer->read[PL_PORT_QUERY]);
    memcpy(peer->read[PL_PORT_RESIDUAL], peer->read[PL_PORT_QUERY], sizeof(tokens));
    if (l == L) return;
    dca_mixture(peer, l + 1, ".k", b + 1, peer->read[PL_PORT_KEY]);
    dca_mixture(peer, l + 1, ".v", b + 1, peer->read[PL_PORT_VALUE]);
}

/* ---- the whole ---- */

/* layernorm, gelu, learned positions: logits from random gains, biases and connections. */
static void check_by_hand(const char *variant, const char *more, absorb *connection, int ends) {
    const char *const *family = pl_transformer_families[0];
    const char *settings[20];
    size_t count = 0;
    for (; family[count]; count++) settings[count] = family[count];
    settings[count] = more;
    settings[count + 1] = NULL;
    struct peer peer = {.trial = pl_transformer_trial("ref", variant, 3, settings), .ends = ends};
    peer.ports = peer.trial->model.residual->flags & PL_RESIDUAL_PORTS4;
    pl_transformer_shake(peer.trial);
    double *all = pl_trial_predict(peer.trial), *head = param(&peer, "head.w", 0, "");
    for (int n = 0; n < 3; n++) {
        tokens y;
        embed(&peer, peer.trial->ids + n * TOKENS, y);
        connection(&peer, 0, y);
        for (int l = 1; l <= L; l++) {
            (l % 2 ? attention : mlp)(&peer, l, y);
            connection(&peer, l, y);
        }
        normed(&peer, "norms.final.gain", 0, "", peer.read[PL_PORT_RESIDUAL], y);
        for (int t = 0; t < TOKENS; t++)
            for (int k = 0; k < VOCABULARY; k++) {
                double logit = 0;
                for (int c = 0; c < D; c++) logit += head[k * D + c] * y[t][c];
                PL_CHECK_NEAR(all[(n * TOKENS + t) * VOCABULARY + k], logit, 1e-12);
            }
    }
    pl_free(all);
    pl_free(head);
    pl_trial_destroy(peer.trial);
}

static void test_transformer_hand__agrees_with_a_second_implementation(void) {
    check_by_hand("standard", NULL, by_standard, 0);
    check_by_hand("muddformer", NULL, by_muddformer, 0);
    check_by_hand("dca", NULL, by_dca, 2);
    check_by_hand("dca", "variant.ends=1", by_dca, 1);
}

/* ---- identities of variants with ports ---- */

static double distance(struct pl_trial *a, struct pl_trial *b) {
    double *x = pl_trial_predict(a), *y = pl_trial_predict(b), apart = 0;
    for (int k = 0; k < 3 * TOKENS * VOCABULARY; k++) apart = fmax(apart, fabs(x[k] - y[k]));
    pl_free(x);
    pl_free(y);
    return apart;
}

/* Parameters of the same name; and a gain of three ports from that of one. */
static void take_params(struct pl_trial *from, struct pl_trial *to) {
    for (int n = 0; n < (int)to->graph.nodes.count; n++) {
        const struct pl_node *node = pl_graph_node(&to->graph, n);
        char name[64];
        if (node->kind != PL_KIND_PARAM) continue;
        snprintf(name, sizeof name, "%s", node->name);
        size_t length = strlen(name);
        if (strncmp(name, "norms.", 6) == 0 && name[length - 2] == '.' && name[6] != 'f')
            name[length - 2] = '\0';
        int twin = pl_graph_find(&from->graph, name);
        if (twin == PL_NONE || pl_graph_node(&from->graph, twin)->rows != node->rows) continue;
        double *values = pl_trial_read(from, twin);
        pl_program_write(to->program, n, values);
        pl_free(values);
    }
}

static void write_param(struct pl_trial *trial, const char *name, const double *values) {
    int node = pl_graph_find(&trial->graph, name);
    PL_REQUIRE(node != PL_NONE);
    pl_program_write(trial->program, node, values);
}

/* Four streams with the weights of one: muddformer_r. After block 1 (layer 2) there are 2 states and K is 8,
 * of which muddformer_r has 2; after the last block both have one stream. */
static void test_transformer_hand__four_equal_streams_are_muddformer_r(void) {
    enum { STATES = 2, ONE = STATES, FOUR = 4 * STATES };
    struct pl_trial *one =
        pl_transformer_trial("ref", "muddformer_r", 3, pl_transformer_families[1]);
    struct pl_trial *four =
        pl_transformer_trial("ref", "muddformer", 3, pl_transformer_families[1]);
    struct peer from = {.trial = one};
    double w1[D][FOUR] = {{0}}, w2[FOUR][FOUR] = {{0}}, a[FOUR];
    pl_transformer_shake(one);
    pl_transformer_shake(four);
    PL_CHECK(distance(one, four) > 0.01);
    take_params(one, four);
    double *own_w1 = param(&from, "residual.mudd_w1.%d", 2, "");
    double *own_w2 = param(&from, "residual.mudd_w2.%d", 2, "");
    double *own_a = param(&from, "residual.a.%d", 2, "");
    for (int k = 0; k < ONE; k++)
        for (int c = 0; c < D; c++) w1[c][k] = own_w1[c * ONE + k];
    for (int column = 0; column < FOUR; column++) {
        a[column] = own_a[column % STATES];
        for (int k = 0; k < ONE; k++) w2[k][column] = own_w2[k * STATES + column % STATES];
    }
    write_param(four, "residual.mudd_w1.2", &w1[0][0]);
    write_param(four, "residual.mudd_w2.2", &w2[0][0]);
    write_param(four, "residual.a.2", a);
    PL_CHECK(distance(one, four) < 1e-12);
    pl_free(own_w1);
    pl_free(own_w2);
    pl_free(own_a);
    pl_trial_destroy(one);
    pl_trial_destroy(four);
}

/* bias 1, weight 0 and all sources: the sum that the residual connection keeps. */
static void test_transformer_hand__dca_without_weights_is_standard(void) {
    const char *settings[20];
    size_t count = 0;
    for (; pl_transformer_families[1][count]; count++)
        settings[count] = pl_transformer_families[1][count];
    settings[count] = "variant.ends=9";
    settings[count + 1] = NULL;
    struct pl_trial *standard =
        pl_transformer_trial("ref", "standard", 3, pl_transformer_families[1]);
    struct pl_trial *dca = pl_transformer_trial("ref", "dca", 3, settings);
    pl_transformer_shake(standard);
    take_params(standard, dca);
    PL_CHECK(distance(standard, dca) > 1e-6);
    static const char *const sites[] = {"1.q", "1.k", "1.v", "3.q", "3.k", "3.v", "5"};
    for (int k = 0; k < 7; k++) {
        char name[40];
        snprintf(name, sizeof name, "residual.weight.%s", sites[k]);
        write_param(dca, name, (const double[D]){0});
    }
    PL_CHECK(distance(standard, dca) < 1e-12);
    pl_trial_destroy(standard);
    pl_trial_destroy(dca);
}

const struct pl_test pl_suite_transformer_hand[] = {
    {"agrees_with_a_second_implementation",
     test_transformer_hand__agrees_with_a_second_implementation},
    {"four_equal_streams_are_muddformer_r",
     test_transformer_hand__four_equal_streams_are_muddformer_r},
    {"dca_without_weights_is_standard", test_transformer_hand__dca_without_weights_is_standard},
    {0},
};
