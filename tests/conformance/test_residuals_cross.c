/* Cross-layer variants: their formulas written out again by hand, and their identities
 * (docs/variants.md 6). Everything runs on ref with eps 0 and without the host's norms unless a
 * test says otherwise, so that magnitudes count. */
#include "core/base/math.h"
#include "experiments/tools/conformance_residuals.h"
#include "tests/support/network.h"
#include "tests/support/support.h"

enum { WIDTH = PL_WIDTH, DEPTH = PL_DEPTH, SAMPLES = PL_SAMPLES };

/* The common host without head and norms. */
#define BARE(...) PL_MORE("model.head=none", "task.out=8", PL_NO_HOST_NORMS, __VA_ARGS__)
#define NORMS     "model.prenorm=true", "model.final_norm=true"

/* ---- a second implementation ---- */

/* One sample's way through the stack: what each layer read and gave. */
struct net {
    struct pl_by_hand hand;
    double h[DEPTH + 2][WIDTH], v[DEPTH + 1][WIDTH];
    double x[DEPTH + 1][WIDTH], y[DEPTH + 1][WIDTH]; /* states, where a variant has them */
};

/* h_l of site [l] from v_0 .. v_{l-1}, into net->h[l]. */
typedef void site(struct net *net, int l);

/* x W with W [rows, cols]. */
static void linear_from_left(double *out, const double *w, const double *x, int rows, int cols) {
    for (int c = 0; c < cols; c++) {
        out[c] = 0;
        for (int r = 0; r < rows; r++) out[c] += x[r] * w[r * cols + c];
    }
}

static void sum_outputs(const struct net *net, int l, double *out) {
    for (int c = 0; c < WIDTH; c++) {
        out[c] = 0;
        for (int i = 0; i < l; i++) out[c] += net->v[i][c];
    }
}

/* ---- attention over depth ---- */

/* What one test asks of attention; zero is the default of attnres_full. */
struct knobs {
    int block, window, heads, masked; /* masked: this source is left out, if not 0; lr_attnres:
                                         window is the rank */
    double temperature;
    bool sigmoid, divide, raw, perhead;
    bool states, normed, rms; /* sources: states, values: normed, summary: rms */
    int sparse;               /* 1 sparsemax, 2 entmax15: the power of a weight */
    char state;               /* of own queries: 'o'utput, 'i'nput, 's'um */
};
static struct knobs knobs;

/* Sources of site l: sums over blocks, the last one perhaps unfinished. */
static int sources(const struct net *net, int l, double out[][WIDTH]) {
    int size = knobs.block ? knobs.block : 1, count = 1;
    memcpy(out[0], net->v[0], sizeof out[0]);
    for (int i = 1; i < l; i++) {
        bool finished = knobs.rms && (i - 1) / size < (l - 1) / size;
        double square = 1e-6;
        if ((i - 1) % size == 0 && knobs.states) memcpy(out[count], out[count - 1], sizeof out[0]);
        if ((i - 1) % size == 0 && !knobs.states) memset(out[count], 0, sizeof out[0]);
        if ((i - 1) % size == 0) count++;
        for (int c = 0; c < WIDTH; c++) square += net->v[i][c] * net->v[i][c] / WIDTH;
        for (int c = 0; c < WIDTH; c++)
            out[count - 1][c] += net->v[i][c] / (finished ? sqrt(square) : 1);
    }
    return count;
}

static void query(const struct net *net, int l, double *out) {
    double state[WIDTH], own[WIDTH] = {0};
    const double *w = pl_by_hand_get(&net->hand, "residual.query_w", l, ""),
                 *q = pl_by_hand_get(&net->hand, "residual.query", l, "");
    const double *gain = pl_by_hand_get(&net->hand, "residual.key_gain", l, "");
    memcpy(state, knobs.state == 'i' ? net->h[l - 1] : net->v[l - 1], sizeof state);
    if (knobs.state == 's') sum_outputs(net, l, state);
    double r = pl_hand_inverse_rms(state, WIDTH);
    for (int c = 0; c < WIDTH; c++) state[c] *= r;
    if (w) pl_hand_linear(own, w, NULL, state, WIDTH, WIDTH);
    for (int c = 0; c < WIDTH; c++) out[c] = (gain ? gain[c] : 1) * (q[c] + own[c]);
}

/* T16: softmax by a running maximum and sum, source by source; sigmoids as they are. */
struct running {
    double top, total, mix[WIDTH];
};

static void take(struct running *run, double score, const double *v, int first, int end) {
    double weight = knobs.sigmoid ? pl_hand_sigmoid(score) : 1, old = 1;
    if (!knobs.sigmoid) {
        double top = fmax(run->top, score);
        old = pl_exp(run->top - top);
        weight = pl_exp(score - top);
        run->top = top;
    }
    run->total = run->total * old + weight;
    for (int c = first; c < end; c++) run->mix[c] = run->mix[c] * old + weight * v[c];
}

/* Sparsemax and entmax15 by their definition: of the k largest scores, tau solves sum (z - tau)^p = 1, and
 * the support is the k at which tau lies between score k and score k + 1. */
static void sparse(double *z, int count, int power) {
    double sorted[DEPTH + 1], tau = 0;
    for (int i = 0; i < count; i++) sorted[i] = z[i] /= power;
    for (int i = 1; i < count; i++)
        for (int j = i; j > 0 && sorted[j] > sorted[j - 1]; j--) {
            double swap = sorted[j];
            sorted[j] = sorted[j - 1];
            sorted[j - 1] = swap;
        }
    for (int k = 1; k <= count; k++) {
        double mean = 0, spread = 0;
        for (int i = 0; i < k; i++) mean += sorted[i] / k;
        for (int i = 0; i < k; i++) spread += (sorted[i] - mean) * (sorted[i] - mean);
        if (power == 2 && spread > 1) break;
        double t = power == 1 ? mean - 1.0 / k : mean - sqrt((1 - spread) / k);
        if (t < sorted[k - 1]) tau = t;
    }
    for (int i = 0; i < count; i++) {
        double u = fmax(z[i] - tau, 0);
        z[i] = power == 1 ? u : u * u;
    }
}

/* A mixture of [count] sources by site l's query, into [out]. */
static void attend(const struct net *net, int l, double (*u)[WIDTH], int count, double *out) {
    int heads = knobs.heads ? knobs.heads : 1, rows = WIDTH / heads;
    double p[WIDTH], temperature = knobs.temperature > 0 ? knobs.temperature : 1;
    double values[DEPTH + 1][WIDTH], scores[DEPTH + 1] = {0};
    query(net, l, p);
    for (int i = 0; i < count; i++)
        for (int c = 0; c < WIDTH; c++)
            values[i][c] = u[i][c] * (knobs.normed ? pl_hand_inverse_rms(u[i], WIDTH) : 1);
    for (int first = 0; first < WIDTH; first += rows) {
        struct running run = {.top = -1e300};
        for (int i = 0; i < count; i++) {
            double r = knobs.perhead ? pl_hand_inverse_rms(u[i] + first, rows)
                                     : pl_hand_inverse_rms(u[i], WIDTH);
            double score = 0;
            bool far = knobs.window && i > 0 && i < count - knobs.window;
            if (far || (i > 0 && i == knobs.masked)) continue;
            for (int c = first; c < first + rows; c++)
                score += p[c] * u[i][c] * (knobs.raw ? 1 : r) / temperature;
            scores[i] = score;
            take(&run, score, values[i], first, first + rows);
        }
        if (knobs.sparse) {
            sparse(scores, count, knobs.sparse);
            run.total = 1;
            for (int c = first; c < first + rows; c++) {
                run.mix[c] = 0;
                for (int i = 0; i < count; i++) run.mix[c] += scores[i] * values[i][c];
            }
        }
        bool divide = !knobs.sigmoid || knobs.divide;
        for (int c = first; c < first + rows; c++) out[c] = run.mix[c] / (divide ? run.total : 1);
    }
}

static void by_attnres(struct net *net, int l) {
    double u[DEPTH + 1][WIDTH];
    int count = sources(net, l, u);
    if (l == 1)
        memcpy(net->h[1], net->v[0], sizeof net->h[1]);
    else
        attend(net, l, u, count, net->h[l]);
}

/* S_l + g A_l over e and finished blocks. */
static void by_delta(struct net *net, int l) {
    double u[DEPTH + 1][WIDTH], a[WIDTH];
    const double *gate = pl_by_hand_get(&net->hand, "residual.gate", l, "");
    int size = knobs.block ? knobs.block : 1;
    sum_outputs(net, l, net->h[l]);
    if (l == 1 || l == DEPTH + 1) return;
    int count = sources(net, (l - 1) / size * size + 1, u);
    attend(net, l, u, count, a);
    for (int c = 0; c < WIDTH; c++) net->h[l][c] += (gate ? gate[0] : 1) * a[c];
}

static void by_delta_sigmoid(struct net *net, int l) {
    double s[WIDTH];
    const double *gate = pl_by_hand_get(&net->hand, "residual.gate", l, "");
    by_delta(net, l);
    sum_outputs(net, l, s);
    for (int c = 0; gate && c < WIDTH; c++)
        net->h[l][c] = s[c] + pl_hand_sigmoid(gate[0]) * (net->h[l][c] - s[c]) / gate[0];
}

/* Scores of site l from keys of k channels: E v_0, and K a + b of what layers end with. */
static void by_lr_attnres(struct net *net, int l) {
    const struct pl_by_hand *hand = &net->hand;
    int heads = knobs.heads ? knobs.heads : 1, k = knobs.window, rows = WIDTH / heads;
    const double *q = l > 1 ? pl_by_hand_get(hand, "residual.query", l, "") : NULL;
    double keys[DEPTH + 1][WIDTH], weights[DEPTH + 1];
    for (int i = 0; q && i < l; i++) {
        double a[PL_HIDDEN];
        if (i == 0) {
            pl_hand_linear(keys[0], pl_by_hand_named(hand, "residual.key_embed"), NULL, net->v[0],
                           k, WIDTH);
            continue;
        }
        pl_hand_linear(a, pl_by_hand_get(hand, "layers", i, ".w1"),
                       pl_by_hand_get(hand, "layers", i, ".b1"), net->h[i], PL_HIDDEN, WIDTH);
        for (int c = 0; c < PL_HIDDEN; c++) a[c] = pl_tanh(a[c]);
        pl_hand_linear(keys[i], pl_by_hand_get(hand, "residual.key_w", i, ""),
                       pl_by_hand_get(hand, "residual.key_b", i, ""), a, k, PL_HIDDEN);
    }
    for (int c = 0; c < WIDTH; c++) net->h[l][c] = 0;
    for (int head = 0; head < heads; head++) {
        double total = 0;
        int width = k / heads, first = head * width;
        for (int i = 0; i < l; i++) {
            double s = 0, r = q ? pl_hand_inverse_rms(keys[i] + first, width) : 0;
            for (int c = first; q && c < first + width; c++) s += q[c] * keys[i][c] * r;
            total += weights[i] = pl_exp(s / sqrt(width));
        }
        for (int c = head * rows; c < (head + 1) * rows; c++)
            for (int i = 0; i < l; i++) net->h[l][c] += weights[i] / total * net->v[i][c];
    }
}

/* ---- static sums ---- */

static void mix(const double *weights, double (*u)[WIDTH], int count, double *out) {
    for (int c = 0; c < WIDTH; c++) {
        out[c] = 0;
        for (int i = 0; i < count; i++) out[c] += weights[i] * u[i][c];
    }
}

static void softmax(const double *a, int count, double temperature, double *out) {
    double total = 0;
    for (int i = 0; i < count; i++) total += out[i] = pl_exp(a[i] / temperature);
    for (int i = 0; i < count; i++) out[i] /= total;
}

static void by_static(struct net *net, int l) {
    double weights[DEPTH + 1] = {1};
    if (l > 1)
        softmax(pl_by_hand_get(&net->hand, "residual.logit", l, ""), l, knobs.temperature, weights);
    mix(weights, net->v, l, net->h[l]);
}

static void by_denseformer_out(struct net *net, int l) {
    static const double one = 1;
    mix(l > 1 ? pl_by_hand_get(&net->hand, "residual.a", l, "") : &one, net->v, l, net->h[l]);
}

static void by_densenet(struct net *net, int l) {
    if (l == 1) memcpy(net->h[1], net->v[0], sizeof net->h[1]);
    for (int i = 0; l > 1 && i < l; i++) {
        double part[WIDTH];
        char name[32];
        snprintf(name, sizeof name, "residual.w.%d", l);
        pl_hand_linear(part, pl_by_hand_get(&net->hand, name, i, ""), NULL, net->v[i], WIDTH,
                       WIDTH);
        for (int c = 0; c < WIDTH; c++) net->h[l][c] = (i ? net->h[l][c] : 0) + part[c];
    }
}

static void by_densenet_diag(struct net *net, int l) {
    if (l == 1) memcpy(net->h[1], net->v[0], sizeof net->h[1]);
    for (int i = 0; l > 1 && i < l; i++) {
        char name[32];
        snprintf(name, sizeof name, "residual.w.%d", l);
        const double *w = pl_by_hand_get(&net->hand, name, i, "");
        for (int c = 0; c < WIDTH; c++) net->h[l][c] = (i ? net->h[l][c] : 0) + w[c] * net->v[i][c];
    }
}

/* X_{l-1} = h_{l-1} + v_{l-1}, at x[l-1] */
static void keep_state(struct net *net, int l) {
    for (int c = 0; c < WIDTH; c++)
        net->x[l - 1][c] = (l > 1 ? net->h[l - 1][c] : 0) + net->v[l - 1][c];
}

static void by_denseformer(struct net *net, int l) {
    int dilation = knobs.window ? knobs.window : 1, period = knobs.block ? knobs.block : 1;
    keep_state(net, l);
    const double *a = pl_by_hand_get(&net->hand, "residual.a", l - 1, "");
    memcpy(net->h[l], net->x[l - 1], sizeof net->h[l]);
    if (l == 1 || (l - 1) % period != 0) return;
    memset(net->h[l], 0, sizeof net->h[l]);
    for (int j = (l - 1) % dilation; j < l; j += dilation, a++)
        for (int c = 0; c < WIDTH; c++) net->h[l][c] += *a * net->x[j][c];
}

static void by_muddformer(struct net *net, int l) {
    int k = l - 1 == DEPTH ? 4 * l : l;
    double u[WIDTH], inner[4 * (DEPTH + 1)], w[DEPTH + 1];
    keep_state(net, l);
    memcpy(net->h[l], net->x[l - 1], sizeof net->h[l]);
    if (l == 1) return;
    double r = pl_hand_inverse_rms(net->x[l - 1], WIDTH);
    for (int c = 0; c < WIDTH; c++) u[c] = r * net->x[l - 1][c];
    linear_from_left(inner, pl_by_hand_get(&net->hand, "residual.mudd_w1", l - 1, ""), u, WIDTH, k);
    for (int i = 0; i < k; i++) inner[i] *= 0.5 * (1 + pl_erf(inner[i] * 0.70710678118654752440));
    linear_from_left(w, pl_by_hand_get(&net->hand, "residual.mudd_w2", l - 1, ""), inner, k, l);
    for (int i = 0; i < l; i++) w[i] += pl_by_hand_get(&net->hand, "residual.a", l - 1, "")[i];
    mix(w, net->x, l, net->h[l]);
}

static void by_elmo(struct net *net, int l) {
    double weights[DEPTH + 1];
    sum_outputs(net, l, net->h[l]);
    memcpy(net->x[l - 1], net->h[l], sizeof net->h[l]);
    if (l <= DEPTH) return;
    softmax(pl_by_hand_named(&net->hand, "residual.u"), DEPTH + 1, 1, weights);
    mix(weights, net->x, DEPTH + 1, net->h[l]);
    for (int c = 0; c < WIDTH; c++) net->h[l][c] *= pl_by_hand_named(&net->hand, "residual.c")[0];
}

/* ---- connections in deployed use ---- */

static double number_of(const struct net *net, const char *what, int l) {
    char name[32];
    snprintf(name, sizeof name, "residual.%s", what);
    return pl_by_hand_get(&net->hand, name, l, "")[0];
}

/* Every summand by itself: v_i passes the factors of all later layers, and so does each mu_j e. */
static void by_x0_lambda(struct net *net, int l) {
    double weights[DEPTH + 1];
    for (int i = 0; i < l; i++) {
        weights[i] = 1;
        for (int j = i + 1; j < l; j++) weights[i] *= number_of(net, "lambda", j);
    }
    for (int j = 1; j < l; j++) weights[0] += number_of(net, "mu", j) * weights[j];
    mix(weights, net->v, l, net->h[l]);
}

static void by_backout(struct net *net, int l) {
    sum_outputs(net, l, net->h[l]);
    double lambda = pl_by_hand_named(&net->hand, "residual.lambda")[0];
    for (int c = 0; l > DEPTH && c < WIDTH; c++) net->h[l][c] -= lambda * net->h[4][c];
}

/* Layer 4 adds state 3, 5 adds 2, 6 adds 1. */
static void by_unet_skip(struct net *net, int l) {
    static const int partner[DEPTH + 2] = {0, 0, 0, 0, 3, 2, 1, 0};
    for (int c = 0; c < WIDTH; c++) {
        net->h[l][c] = (l > 1 ? net->h[l - 1][c] : 0) + net->v[l - 1][c];
        if (partner[l])
            net->h[l][c] += pl_hand_sigmoid(number_of(net, "gate", l)) * net->h[partner[l]][c];
    }
}

static void by_accumulator(struct net *net, int l) {
    sum_outputs(net, l, net->h[l]);
    for (int k = 1; l > DEPTH && k <= DEPTH; k++)
        for (int c = 0; c < WIDTH; c++) net->h[l][c] += number_of(net, "scale", k) * net->h[k][c];
}

/* ---- MRLA; width 8 has kernels of 3 ---- */

static void correlate(const double *w, const double *x, double *out) {
    for (int c = 0; c < WIDTH; c++)
        out[c] = (c ? w[0] * x[c - 1] : 0) + w[1] * x[c] + (c + 1 < WIDTH ? w[2] * x[c + 1] : 0);
}

/* s and rms(s) of layer l */
static void mrla_state(const struct net *net, int l, double *s, double *x) {
    for (int c = 0; c < WIDTH; c++) s[c] = net->h[l][c] + net->v[l][c];
    double r = pl_hand_inverse_rms(s, WIDTH);
    for (int c = 0; c < WIDTH; c++) x[c] = r * s[c];
}

/* <q, k_j> of a head's channels over the square root of their number, and val_j */
static double mrla_score(const struct net *net, const double *q, int j, int first, int rows,
                         double *val) {
    double s[WIDTH], x[WIDTH], k[WIDTH], score = 0;
    mrla_state(net, j, s, x);
    correlate(pl_by_hand_get(&net->hand, "residual.conv_k", j, ""), x, k);
    for (int c = first; c < first + rows; c++) {
        score += q[c] * k[c] / sqrt(rows);
        val[c] = pl_by_hand_get(&net->hand, "residual.omega", j, "")[c] * x[c];
    }
    return score;
}

static void by_mrla(struct net *net, int l, bool light) {
    double s[WIDTH], x[WIDTH], q[WIDTH], val[WIDTH];
    int rows = knobs.heads ? WIDTH / knobs.heads : WIDTH, j = l - 1;
    memcpy(net->h[l], net->v[0], sizeof net->h[l]);
    if (l == 1) return;
    mrla_state(net, j, s, x);
    correlate(pl_by_hand_get(&net->hand, "residual.conv_q", j, ""), x, q);
    for (int first = 0; first < WIDTH; first += rows) {
        double total = 0, o[WIDTH] = {0};
        for (int i = light ? j : 1; i <= j; i++) {
            double score = mrla_score(net, q, i, first, rows, val);
            double weight = light ? pl_hand_sigmoid(score) : pl_exp(score);
            total += weight;
            for (int c = first; c < first + rows; c++) o[c] += weight * val[c];
        }
        for (int c = first; c < first + rows; c++) net->h[l][c] = s[c] + o[c] / (light ? 1 : total);
    }
    double r = pl_hand_inverse_rms(net->h[j], WIDTH);
    for (int c = 0; light && c < WIDTH; c++)
        net->h[l][c] += pl_by_hand_get(&net->hand, "residual.lambda", j, "")[c] *
                        pl_by_hand_get(&net->hand, "residual.gain", j, "")[c] * r * net->h[j][c];
}

static void by_mrla_base(struct net *net, int l) {
    by_mrla(net, l, false);
}

static void by_mrla_light(struct net *net, int l) {
    by_mrla(net, l, true);
}

/* ---- the program against the hand ---- */

static void check_by_hand(struct pl_trial *t, site *by, const char *what) {
    double *found = pl_trial_predict(t), apart = 0, top = 0;
    struct net net;
    pl_by_hand_init(&net.hand, t);
    for (size_t s = 0; s < SAMPLES; s++) {
        for (int c = 0; c < WIDTH; c++) net.v[0][c] = t->x[s * WIDTH + (size_t)c];
        for (int l = 1; l <= DEPTH; l++)
            by(&net, l), pl_hand_branch(&net.hand, l, net.h[l], net.v[l]);
        by(&net, DEPTH + 1);
        for (size_t c = 0; c < WIDTH; c++) {
            apart = fmax(apart, fabs(found[s * WIDTH + c] - net.h[DEPTH + 1][c]));
            top = fmax(top, fabs(net.h[DEPTH + 1][c]));
        }
    }
    if (apart > 1e-12 * top) printf("  %s: %.2g apart\n", what, apart / top);
    PL_CHECK(apart <= 1e-12 * top);
    pl_by_hand_finish(&net.hand);
    pl_free(found);
}

struct by_hand {
    const char *settings[6];
    site *by;
    struct knobs knobs;
};

#define FULL "variant.name=attnres_full"
#define OWN  "variant.query=input"
static const struct by_hand hand_rows[] = {
    {{FULL}, by_attnres, {0}},
    {{FULL, "variant.temperature=0.4"}, by_attnres, {.temperature = 0.4}},
    {{FULL, "variant.heads=4"}, by_attnres, {.heads = 4}},
    {{FULL, "variant.heads=2", "variant.key_norm=perhead"},
     by_attnres,
     {.heads = 2, .perhead = true}},
    {{FULL, "variant.key_norm=none"}, by_attnres, {.raw = true}},
    {{FULL, "variant.key_gain=false"}, by_attnres, {0}},
    {{FULL, "variant.window=2"}, by_attnres, {.window = 2}},
    {{FULL, "variant.score=sigmoid"}, by_attnres, {.sigmoid = true}},
    {{FULL, "variant.score=sigmoid", "variant.sigmoid_norm=true"},
     by_attnres,
     {.sigmoid = true, .divide = true}},
    {{FULL, OWN}, by_attnres, {.state = 'o'}},
    {{FULL, OWN, "variant.query_state=input"}, by_attnres, {.state = 'i'}},
    {{FULL, OWN, "variant.query_state=sum", "variant.key_gain=false"}, by_attnres, {.state = 's'}},
    {{FULL, OWN, "variant.heads=2", "variant.score=sigmoid", "variant.key_norm=none"},
     by_attnres,
     {.heads = 2, .sigmoid = true, .raw = true}},
    {{FULL, "variant.score=sparsemax"}, by_attnres, {.sparse = 1}},
    {{FULL, "variant.score=sparsemax", "variant.heads=2", "variant.temperature=0.3"},
     by_attnres,
     {.sparse = 1, .heads = 2, .temperature = 0.3}},
    {{FULL, "variant.score=entmax15"}, by_attnres, {.sparse = 2}},
    {{FULL, "variant.score=entmax15", "variant.heads=2", "variant.temperature=0.3"},
     by_attnres,
     {.sparse = 2, .heads = 2, .temperature = 0.3}},
    {{FULL, "variant.sources=states"}, by_attnres, {.states = true}},
    {{FULL, "variant.sources=states", "variant.window=2", OWN, "variant.query_state=sum"},
     by_attnres,
     {.states = true, .window = 2, .state = 's'}},
    {{"variant.name=attnres_block", "variant.sources=states", "variant.block_size=4"},
     by_attnres,
     {.states = true, .block = 4}},
    {{FULL, "variant.values=normed"}, by_attnres, {.normed = true}},
    {{FULL, "variant.values=normed", "variant.heads=2", "variant.key_norm=perhead"},
     by_attnres,
     {.normed = true, .heads = 2, .perhead = true}},
    {{FULL, "variant.values=normed", "variant.key_norm=none"},
     by_attnres,
     {.normed = true, .raw = true}},
    {{"variant.name=attnres_block", "variant.summary=rms", "variant.block_size=2"},
     by_attnres,
     {.rms = true, .block = 2}},
    {{"variant.name=attnres_block", "variant.summary=rms", "variant.block_size=4"},
     by_attnres,
     {.rms = true, .block = 4}},
    {{"variant.name=mhar", "variant.summary=rms"}, by_attnres, {.rms = true, .heads = 4}},
    {{"variant.name=delta_attnres", "variant.values=normed"}, by_delta, {.normed = true}},
    {{"variant.name=delta_attnres_block", "variant.summary=rms"},
     by_delta,
     {.rms = true, .block = 2}},
    {{"variant.name=attnres_block", "variant.block_size=2"}, by_attnres, {.block = 2}},
    {{"variant.name=attnres_block", "variant.block_size=4", OWN, "variant.window=1"},
     by_attnres,
     {.block = 4, .window = 1}},
    {{"variant.name=mhar"}, by_attnres, {.heads = 4}},
    {{"variant.name=mhar", "variant.block_size=3"}, by_attnres, {.heads = 4, .block = 3}},
    {{"variant.name=delta_attnres"}, by_delta, {0}},
    {{"variant.name=delta_attnres", OWN, "variant.query_state=input"}, by_delta, {.state = 'i'}},
    {{"variant.name=delta_attnres", "variant.gate=scalar"}, by_delta, {0}},
    {{"variant.name=delta_attnres", "variant.gate=sigmoid"}, by_delta_sigmoid, {0}},
    {{"variant.name=delta_attnres_block"}, by_delta, {.block = 2}},
    {{"variant.name=delta_attnres_block", "variant.block_size=3", "variant.score=sigmoid"},
     by_delta,
     {.block = 3, .sigmoid = true}},
    {{"variant.name=lr_attnres"}, by_lr_attnres, {.window = 2}},
    {{"variant.name=lr_attnres", "variant.rank=5"}, by_lr_attnres, {.window = 5}},
    {{"variant.name=lr_attnres", "variant.heads=2"}, by_lr_attnres, {.window = 4, .heads = 2}},
    {{"variant.name=lr_attnres", "variant.heads=2", "variant.rank=6"},
     by_lr_attnres,
     {.window = 6, .heads = 2}},
    {{"variant.name=attnres_static"}, by_static, {.temperature = 1}},
    {{"variant.name=ancre", "variant.temperature=0.3"}, by_static, {.temperature = 0.3}},
    {{"variant.name=denseformer_out"}, by_denseformer_out, {0}},
    {{FULL, "variant.mix=static", "variant.static_norm=none"}, by_denseformer_out, {0}},
    {{"variant.name=denseformer"}, by_denseformer, {0}},
    {{"variant.name=denseformer", "variant.dilation=2"}, by_denseformer, {.window = 2}},
    {{"variant.name=denseformer", "variant.dilation=3", "variant.period=2"},
     by_denseformer,
     {.window = 3, .block = 2}},
    {{"variant.name=densenet"}, by_densenet, {0}},
    {{"variant.name=densenet", "variant.start=normal"}, by_densenet, {0}},
    {{"variant.name=densenet_diag"}, by_densenet_diag, {0}},
    {{"variant.name=muddformer_r"}, by_muddformer, {0}},
    {{"variant.name=elmo_readout"}, by_elmo, {0}},
    {{"variant.name=x0_lambda"}, by_x0_lambda, {0}},
    {{"variant.name=x0_lambda", "variant.start=graded"}, by_x0_lambda, {0}},
    {{"variant.name=backout"}, by_backout, {0}},
    {{"variant.name=unet_skip"}, by_unet_skip, {0}},
    {{"variant.name=accumulator"}, by_accumulator, {0}},
    {{"variant.name=mrla_base"}, by_mrla_base, {0}},
    {{"variant.name=mrla_base", "variant.head_width=2"}, by_mrla_base, {.heads = 4}},
    {{"variant.name=mrla_light"}, by_mrla_light, {0}},
    {{"variant.name=mrla_light", "variant.head_width=4"}, by_mrla_light, {.heads = 2}},
};

static void test_residuals_cross__formulas_by_hand(void) {
    for (size_t k = 0; k < sizeof hand_rows / sizeof hand_rows[0]; k++) {
        const char *const *set = hand_rows[k].settings;
        struct pl_trial *t =
            pl_test_trial("ref", BARE(set[0], set[1], set[2], set[3], set[4], set[5]));
        knobs = hand_rows[k].knobs;
        pl_trial_perturb(t, 9, 0.4);
        check_by_hand(t, hand_rows[k].by, hand_rows[k].settings[0]);
        pl_trial_destroy(t);
    }
}

/* ---- identities ---- */

/* T7, without norms: at their start these are the residual connection itself. */
static void test_residuals_cross__some_start_as_the_plain_sum(void) {
    static const char *const starts[][2] = {
        {"variant.name=denseformer"},
        {"variant.name=denseformer", "variant.dilation=2"},
        {"variant.name=denseformer_out"},
        {"variant.name=densenet"},
        {"variant.name=densenet_diag"},
        {"variant.name=delta_attnres", "variant.gate=scalar"},
        {"variant.name=muddformer_r"},
        {"variant.name=delta_attnres_block", "variant.gate=scalar"},
    };
    for (size_t k = 0; k < sizeof starts / sizeof starts[0]; k++)
        PL_CHECK(pl_distance_of(BARE(starts[k][0], starts[k][1]), BARE("variant.name=standard"),
                                1) < 1e-13);
}

/* T2: with both norms, one function; and what is not. */
static void test_residuals_cross__some_start_as_one_function(void) {
    static const char *const starts[][2] = {
        {"variant.name=attnres_static"},
        {"variant.name=ancre"},
        {"variant.name=mhar"},
        {"variant.name=delta_attnres"},
        {"variant.name=attnres_full", "variant.query=input"},
        {"variant.name=attnres_block", "variant.query=input"},
        {"variant.name=attnres_full", "variant.score=sigmoid"},
        {"variant.name=mhar", "variant.block_size=4"},
    };
    const char *const *standard = BARE("variant.name=standard", NORMS);
    for (size_t k = 0; k < sizeof starts / sizeof starts[0]; k++)
        PL_CHECK(pl_distance_of(BARE(NORMS, starts[k][0], starts[k][1]), standard, 1) < 1e-12);
    static const char *const others[] = {"variant.name=delta_attnres_block",
                                         "variant.name=elmo_readout", "variant.name=mrla_base",
                                         "variant.name=mrla_light"};
    for (size_t k = 0; k < sizeof others / sizeof others[0]; k++)
        PL_CHECK(pl_distance_of(BARE(NORMS, others[k]), standard, 1) > 1e-3);
}

/* Without a query, narrow keys give the average, norms or not. */
static void test_residuals_cross__keys_without_a_query_average(void) {
    static const char *const moves[] = {"variant.rank=3", "variant.heads=4"};
    for (int k = 0; k < 2; k++)
        PL_CHECK(pl_distance_of(BARE("variant.name=lr_attnres", moves[k]),
                                BARE("variant.name=rescaled"), 1) < 1e-13);
}

/* T3, T5, T6 for this family: one variant at a setting is another, bit for bit. */
static void test_residuals_cross__special_cases_are_the_general_one(void) {
    pl_check_same_bits(BARE("variant.name=attnres_static"), BARE(FULL, "variant.mix=static"), 0.5);
    pl_check_same_bits(BARE("variant.name=attnres_static"), BARE("variant.name=ancre"), 0.5);
    pl_check_same_bits(BARE("variant.name=attnres_static", "variant.static_norm=none"),
                       BARE("variant.name=denseformer_out"), 0.5);
    pl_check_same_bits(BARE("variant.name=mhar"), BARE(FULL, "variant.heads=4"), 0.5);
    pl_check_same_bits(
        BARE("variant.name=mhar", "variant.block_size=2"),
        BARE("variant.name=attnres_block", "variant.block_size=2", "variant.heads=4"), 0.5);
    pl_check_same_bits(BARE("variant.name=delta_attnres", OWN),
                       BARE("variant.name=delta_attnres_block", "variant.block_size=1", OWN), 0.5);
    pl_check_same_bits(BARE(FULL, OWN),
                       BARE("variant.name=attnres_block", "variant.block_size=1", OWN), 0.5);
    pl_check_same_bits(BARE(FULL, "variant.window=6"), BARE(FULL), 0.5);
    pl_check_same_bits(BARE(FULL, "variant.score=softmax", "variant.sigmoid_norm=true"), BARE(FULL),
                       0.5);
}

/* Sets a parameter of the site [l] from [values]. */
static void set_site(struct pl_trial *t, const char *what, int l, const double *values) {
    char name[40];
    snprintf(name, sizeof name, "residual.%s.%d", what, l);
    int node = pl_graph_find(&t->graph, name);
    PL_REQUIRE(node != PL_NONE);
    pl_program_write(t->program, node, values);
}

#define STATIC_WEIGHTS FULL, "variant.mix=static", "variant.static_norm=none"

/* All weight on the last state is the residual connection; weights a over states are the reversed
 * cumulative sums of a over outputs. */
static void test_residuals_cross__states_are_sums_of_outputs(void) {
    struct pl_trial *states = pl_test_trial("ref", BARE(STATIC_WEIGHTS, "variant.sources=states"));
    struct pl_trial *outputs = pl_test_trial("ref", BARE(STATIC_WEIGHTS));
    struct pl_trial *standard = pl_test_trial("ref", BARE("variant.name=standard"));
    for (int l = 2; l <= DEPTH + 1; l++) {
        double last[DEPTH + 1] = {0};
        last[l - 1] = 1;
        set_site(states, "a", l, last);
    }
    PL_CHECK(pl_trial_distance(states, standard, 1) < 1e-14);
    for (int l = 2; l <= DEPTH + 1; l++) {
        double a[DEPTH + 1], sums[DEPTH + 1];
        for (int i = l - 1; i >= 0; i--) {
            a[i] = 0.3 + 0.1 * ((3 * i + l) % 5);
            sums[i] = a[i] + (i + 1 < l ? sums[i + 1] : 0);
        }
        set_site(states, "a", l, a);
        set_site(outputs, "a", l, sums);
    }
    PL_CHECK(pl_trial_distance(states, outputs, 1) < 1e-13);
    pl_trial_destroy(states);
    pl_trial_destroy(outputs);
    pl_trial_destroy(standard);
}

/* A readout by states without a site is the last state. */
static void test_residuals_cross__the_last_state_is_the_sum(void) {
    pl_check_same_bits(BARE(FULL, "variant.sources=states", "variant.readout=last"),
                       BARE(FULL, "variant.sources=states", "variant.readout=sum"), 0.5);
}

/* values: normed bounds what is read: |h| <= sqrt(d), whatever the outputs are. */
static void test_residuals_cross__normed_values_are_bounded(void) {
    struct pl_trial *t = pl_test_trial("ref", BARE(FULL, "variant.values=normed"));
    pl_trial_perturb(t, 9, 0.4);
    double *r = pl_trial_predict(t);
    for (int s = 0; s < SAMPLES; s++) {
        double square = 0;
        for (int c = 0; c < WIDTH; c++) square += r[s * WIDTH + c] * r[s * WIDTH + c];
        PL_CHECK(square <= WIDTH * (1 + 1e-12));
    }
    pl_free(r);
    pl_trial_destroy(t);
}

/* Scales what layer [l] gives. */
static void scale_layer(struct pl_trial *t, int l, double factor) {
    static const char *const parts[] = {"w2", "b2"};
    for (int k = 0; k < 2; k++) {
        char name[32];
        snprintf(name, sizeof name, "layers.%d.%s", l, parts[k]);
        int node = pl_graph_find(&t->graph, name);
        double *values = pl_trial_read(t, node);
        for (int i = 0; i < pl_graph_node(&t->graph, node)->rows *
                                (int)fmax(1, pl_graph_node(&t->graph, node)->cols);
             i++)
            values[i] *= factor;
        pl_program_write(t->program, node, values);
        pl_free(values);
    }
}

/* With norms on the way, the size of an output is nothing to the sites behind: with `values: normed`
 * exactly, with `summary: rms` once its block is done (eps 1e-6). */
static void test_residuals_cross__sizes_of_outputs_do_not_matter(void) {
    static const struct {
        const char *settings[3];
        int layer;
        double error;
    } rows[] = {
        {{FULL, "variant.values=normed"}, 3, 1e-12},
        {{"variant.name=attnres_block", "variant.summary=rms", "variant.block_size=3"}, 6, 1e-5},
        {{"variant.name=attnres_block", "variant.summary=rms", "variant.block_size=1"}, 2, 1e-5}};
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        const char *const *set = rows[k].settings;
        struct pl_trial *t = pl_test_trial("ref", BARE(set[0], set[1], set[2]));
        struct pl_trial *scaled = pl_test_trial("ref", BARE(set[0], set[1], set[2]));
        pl_trial_perturb(t, 9, 0.4);
        scale_layer(t, rows[k].layer, 10); /* large beside eps */
        pl_trial_copy_params(t, scaled);
        scale_layer(scaled, rows[k].layer, 3);
        PL_CHECK(pl_trial_distance(t, scaled, 1) < rows[k].error);
        pl_trial_destroy(t);
        pl_trial_destroy(scaled);
    }
}

/* Zero queries: all scores are equal, and so are all weights. */
static void test_residuals_cross__equal_scores_share_equally(void) {
    static const char *const scores[] = {"variant.score=sparsemax", "variant.score=entmax15"};
    for (int k = 0; k < 2; k++)
        PL_CHECK(pl_distance_of(BARE(FULL, scores[k]), BARE(FULL), 1) < 1e-13);
}

/* When blocks are sealed, as written tables: the first output of each source that a site has. A source goes
 * on to the output before the next one's first, the last to the output before the site. */
struct seals {
    const char *settings[2];
    int l, count, from[10];
};

static void check_seals(const struct seals *seals) {
    struct pl_trial *t =
        pl_test_trial("ref", BARE("variant.name=attnres_block", "variant.mix=static",
                                  seals->settings[0], seals->settings[1]));
    bool found = false;
    for (size_t k = 0; k < t->network.site_count; k++) {
        const struct pl_depth_site *at = &t->network.sites[k];
        if (at->l != seals->l) continue;
        found = true;
        PL_CHECK_INT(at->count, seals->count);
        for (int i = 0; i < at->count && i < seals->count; i++)
            PL_CHECK_INT(at->from[i], seals->from[i]);
    }
    PL_CHECK(found == (seals->l > 1));
    pl_trial_destroy(t);
}

static void test_residuals_cross__blocks_are_sealed_by_the_table(void) {
    static const struct seals rows[] = {
        {{"model.depth=5", "variant.block_size=2"}, 2, 2, {0, 1}},
        {{"model.depth=5", "variant.block_size=2"}, 3, 2, {0, 1}},
        {{"model.depth=5", "variant.block_size=2"}, 4, 3, {0, 1, 3}},
        {{"model.depth=5", "variant.block_size=2"}, 5, 3, {0, 1, 3}},
        {{"model.depth=5", "variant.block_size=2"}, 6, 4, {0, 1, 3, 5}},
        {{"model.depth=6", "variant.block_size=3"}, 4, 2, {0, 1}},
        {{"model.depth=6", "variant.block_size=3"}, 5, 3, {0, 1, 4}},
        {{"model.depth=6", "variant.block_size=3"}, 7, 3, {0, 1, 4}},
        {{"model.depth=4", "variant.block_size=8"}, 2, 2, {0, 1}},
        {{"model.depth=4", "variant.block_size=8"}, 5, 2, {0, 1}},
    };
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) check_seals(&rows[k]);
}

/* A deployed configuration: 93 blocks of attention and MLP are 186 layers, sealed every 12 blocks, which are
 * 24 layers, and counted from a first source that is the embedding alone. Sites 2 to 187 are 186 reads of at
 * most 9 candidates. */
static void test_residuals_cross__a_deployed_model_is_sealed_by_the_table(void) {
    static const int first[] = {0, 1, 25, 49, 73, 97, 121, 145, 169}; /* output of each source */
    static const int sites[][2] = {{2, 25},   {26, 49},   {50, 73},   {74, 97},
                                   {98, 121}, {122, 145}, {146, 169}, {170, 187}}; /* 2, 3, .. 9 */
    struct pl_trial *t =
        pl_test_trial("ref", BARE("variant.name=attnres_block", "variant.mix=static",
                                  "variant.block_size=24", "model.depth=186"));
    PL_CHECK_INT((long long)t->network.site_count, 186);
    for (size_t k = 0; k < t->network.site_count; k++) {
        const struct pl_depth_site *at = &t->network.sites[k];
        int row = 0;
        while (at->l > sites[row][1]) row++;
        PL_CHECK(at->l >= sites[row][0]);
        PL_CHECK_INT(at->count, row + 2);
        for (int i = 0; i < at->count; i++) PL_CHECK_INT(at->from[i], first[i]);
    }
    pl_trial_destroy(t);
}

/* At these settings the connections in deployed use are the residual connection, bit for bit; else not. */
static void test_residuals_cross__deployed_ones_are_standard_at_0(void) {
    static const char *const same[][3] = {
        {"variant.name=x0_lambda"},
        {"variant.name=backout", "variant.start=0"},
        {"variant.name=unet_skip", "variant.start=-1000"},
        {"variant.name=unet_skip", "variant.start=-1000", "model.depth=5"},
        {"variant.name=accumulator"},
    };
    static const char *const others[][2] = {{"variant.name=x0_lambda", "variant.start=graded"},
                                            {"variant.name=backout"},
                                            {"variant.name=unet_skip"}};
    for (size_t k = 0; k < sizeof same / sizeof same[0]; k++) {
        const char *depth = same[k][2] ? same[k][2] : "model.depth=6";
        pl_check_same_bits(BARE(depth, same[k][0], same[k][1]),
                           BARE(depth, "variant.name=standard"), 0);
    }
    for (size_t k = 0; k < sizeof others / sizeof others[0]; k++)
        PL_CHECK(pl_distance_of(BARE(others[k][0], others[k][1]), BARE("variant.name=standard"),
                                1) > 1e-3);
}

/* The ends of the grades, and what lies between on the line. */
static void test_residuals_cross__x0_lambda_is_graded_by_depth(void) {
    struct pl_trial *t =
        pl_test_trial("ref", BARE("variant.name=x0_lambda", "variant.start=graded"));
    struct pl_by_hand hand;
    pl_by_hand_init(&hand, t);
    static const double lambda[] = {1.15, 1.13, 1.11, 1.09, 1.07, 1.05};
    static const double mu[] = {.2, .17, .14, .11, .08, .05};
    for (int l = 1; l <= DEPTH; l++) {
        PL_CHECK_NEAR(pl_by_hand_get(&hand, "residual.lambda", l, "")[0], lambda[l - 1], 1e-7);
        PL_CHECK_NEAR(pl_by_hand_get(&hand, "residual.mu", l, "")[0], mu[l - 1], 1e-7);
    }
    pl_by_hand_finish(&hand);
    pl_trial_destroy(t);
}

/* Zero queries without a gate: h_l = (1 + 1/l) S_l. With the readout S, only inner layers differ. */
static void test_residuals_cross__delta_adds_the_average(void) {
    struct pl_trial *t =
        pl_test_trial("ref", BARE("variant.name=delta_attnres", "probe.rows=true"));
    int row = t->network.row[4]; /* of site 5 */
    PL_CHECK(pl_graph_node(&t->graph, row)->rows == 5);
    pl_trial_loss(t);
    double error;
    pl_program_read(t->program, t->row_error[4], &error);
    PL_CHECK(error < 1e-24);
    pl_trial_destroy(t);
}

/* ---- masks ---- */

static double *predict_masked(struct pl_trial *t, int source) {
    for (int l = 2; source && l <= DEPTH + 1; l++) {
        char name[40];
        snprintf(name, sizeof name, "residual.mask.%d", l);
        int mask = pl_graph_find(&t->graph, name);
        PL_REQUIRE(mask != PL_NONE);
        double *values = pl_trial_read(t, mask);
        if (source < pl_graph_node(&t->graph, mask)->rows) values[source] = 0;
        pl_program_write(t->program, mask, values);
        pl_free(values);
    }
    return pl_trial_predict(t);
}

/* Nothing masked changes no bit; a masked source with the rest renormalised is attention over the
 * others, as softmax and as sigmoids divided by their sum. */
static void test_residuals_cross__masks_take_sources_away(void) {
    static const char *const kinds[] = {"probe.masking=drop", "probe.masking=renormalise"};
    for (int k = 0; k < 2; k++) pl_check_same_bits(BARE(FULL, kinds[k]), BARE(FULL), 0.5);
    for (int k = 0; k < 2; k++) {
        struct pl_trial *t = pl_test_trial(
            "ref", BARE(FULL, kinds[1], k ? "variant.score=sigmoid" : "variant.score=softmax",
                        "variant.sigmoid_norm=true"));
        knobs = (struct knobs){.masked = 2, .sigmoid = k == 1, .divide = true};
        pl_trial_perturb(t, 9, 0.4);
        pl_free(predict_masked(t, 2));
        check_by_hand(t, by_attnres, "masked");
        pl_trial_destroy(t);
    }
}

/* With the rest left alone, sigmoid weights do not know that a source is gone. */
static void test_residuals_cross__masks_may_leave_the_rest(void) {
    struct pl_trial *t = pl_test_trial(
        "ref", BARE(FULL, "probe.masking=drop", "variant.score=sigmoid", "variant.heads=2"));
    knobs = (struct knobs){.masked = 3, .sigmoid = true, .heads = 2};
    pl_trial_perturb(t, 9, 0.4);
    pl_free(predict_masked(t, 3));
    check_by_hand(t, by_attnres, "masked");
    pl_trial_destroy(t);
}

/* Masks are constants: they are no connection parameters and have no gradient. */
static void test_residuals_cross__masks_are_not_trained(void) {
    struct pl_trial *a = pl_test_trial("ref", BARE(FULL, "probe.masking=drop")),
                    *b = pl_test_trial("ref", BARE(FULL));
    PL_CHECK(a->graph.grads.items[pl_graph_find(&a->graph, "residual.mask.4")] == PL_NONE);
    PL_CHECK(pl_graph_param_count(&a->graph, PL_GROUP_CONNECTION) ==
             pl_graph_param_count(&b->graph, PL_GROUP_CONNECTION));
    pl_trial_destroy(a);
    pl_trial_destroy(b);
}

/* ---- gradients where two options meet ---- */

static void test_residuals_cross__gradients_of_pairs_of_options(void) {
    static const char *const pairs[][4] = {
        {FULL, OWN, "variant.query_state=input", "variant.heads=2"},
        {FULL, OWN, "variant.query_state=sum", "variant.key_norm=none"},
        {FULL, OWN, "variant.score=sigmoid", "variant.sigmoid_norm=true"},
        {FULL, "variant.key_norm=perhead", "variant.heads=4", OWN},
        {FULL, "variant.mix=static", "variant.static_norm=none", "variant.window=2"},
        {FULL, "variant.score=sigmoid", "variant.sigmoid_norm=true", "variant.temperature=0.5"},
        {"variant.name=attnres_block", OWN, "variant.query_state=sum", "variant.window=1"},
        {"variant.name=delta_attnres_block", "variant.gate=sigmoid", "variant.mix=static",
         "variant.block_size=3"},
        {FULL, "probe.masking=renormalise", OWN, "variant.freeze_query=true"},
    };
    struct pl_conformance found;
    pl_conformance_init(&found);
    for (size_t k = 0; k < sizeof pairs / sizeof pairs[0]; k++)
        pl_conformance_residual_gradients_at(&found, pairs[k][0],
                                             PL_MORE("model.width=8", "model.hidden=6",
                                                     "model.depth=4", "model.activation=silu",
                                                     "model.embed=none", "task.out=3", pairs[k][0],
                                                     pairs[k][1], pairs[k][2], pairs[k][3]));
    PL_CHECK_TEXT(found.text.text, "");
    PL_CHECK(found.checks > 0);
    pl_conformance_finish(&found);
}

/* ---- tables ---- */

/* T17: width 8, depth 6, in numbers worked out from the tables of docs/variants.md 7. */
static void test_residuals_cross__parameters_are_those_of_the_table(void) {
    static const struct {
        const char *name, *option;
        size_t count;
    } rows[] = {
        {FULL, NULL, 2 * 8 * 6},
        {FULL, "variant.readout=last", 2 * 8 * 5},
        {FULL, OWN, 2 * 8 * 6 + 8 * 8 * 6},
        {"variant.name=attnres_static", NULL, 7 * 8 / 2 - 1},
        {"variant.name=ancre", NULL, 7 * 8 / 2 - 1},
        {"variant.name=mhar", NULL, 2 * 8 * 6},
        {"variant.name=lr_attnres", NULL, 2 * 8 + 6 * 2 * 13 + 6 * 2},
        {"variant.name=lr_attnres", "variant.readout=last", 2 * 8 + 5 * 2 * 13 + 5 * 2},
        {"variant.name=delta_attnres", NULL, 2 * 8 * 5},
        {"variant.name=delta_attnres", "variant.gate=scalar", 2 * 8 * 5 + 5},
        {"variant.name=delta_attnres_block", NULL, 2 * 8 * 5},
        {"variant.name=denseformer", NULL, 2 + 3 + 4 + 5 + 6 + 7},
        {"variant.name=denseformer", "variant.dilation=2", 1 + 2 + 2 + 3 + 3 + 4},
        {"variant.name=denseformer", "variant.period=3", 4 + 7},
        {"variant.name=denseformer_out", NULL, 7 * 8 / 2 - 1},
        {"variant.name=densenet", NULL, 64 * (7 * 8 / 2) - 64},
        {"variant.name=densenet_diag", NULL, 8 * (7 * 8 / 2) - 8},
        {"variant.name=mrla_base", NULL, 6 * (2 * 3 + 8)},
        {"variant.name=mrla_light", NULL, 6 * (2 * 3 + 3 * 8)},
        {"variant.name=muddformer_r", NULL,
         (8 * 2 + 2 * 2 + 2) + (8 * 3 + 3 * 3 + 3) + (8 * 4 + 4 * 4 + 4) + (8 * 5 + 5 * 5 + 5) +
             (8 * 6 + 6 * 6 + 6) + (8 * 28 + 28 * 7 + 7)},
        {"variant.name=elmo_readout", NULL, 7 + 1},
        {"variant.name=x0_lambda", NULL, 2 * 6},
        {"variant.name=backout", NULL, 1},
        {"variant.name=unet_skip", NULL, 3},
        {"variant.name=unet_skip", "model.depth=5", 3},
        {"variant.name=accumulator", NULL, 6},
    };
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        struct pl_trial *t = pl_test_trial("ref", BARE(rows[k].name, rows[k].option));
        PL_CHECK(pl_graph_param_count(&t->graph, PL_GROUP_CONNECTION) == rows[k].count);
        PL_CHECK(t->model.residual->param_count(&t->model.host, t->model.options) == rows[k].count);
        pl_trial_destroy(t);
    }
}

static void test_residuals_cross__contradictions_are_refused(void) {
    const struct pl_backend *ref;
    struct pl_trial *out;
    PL_REQUIRE_OK(pl_backend_find(&ref, "ref"));
    PL_CHECK_FAILS(
        pl_trial_create(&out, ref,
                        PL_MORE("model.width=8", "variant.name=mrla_base", "variant.head_width=3"),
                        1, 4),
        PL_ECONFIG, "heads of 3 channels do not divide");
    static const char *const keys[][2] = {{"variant.heads=3", "3 heads do not divide the width 8"},
                                          {"variant.rank=5", "2 heads do not divide the rank 5"},
                                          {"variant.rank=2", "at least 4"}};
    for (int k = 0; k < 3; k++)
        PL_CHECK_FAILS(pl_trial_create(&out, ref,
                                       PL_MORE("model.width=8", "variant.name=lr_attnres",
                                               "variant.heads=2", keys[k][0]),
                                       1, 4),
                       PL_ECONFIG, keys[k][1]);
    PL_CHECK_FAILS(pl_trial_create(&out, ref,
                                   PL_MORE("model.width=8", "variant.name=attnres_block",
                                           "variant.summary=rms", "variant.sources=states"),
                                   1, 4),
                   PL_ECONFIG, "choose one");
    PL_CHECK_FAILS(pl_trial_create(&out, ref, PL_MORE("model.width=6", "variant.name=mhar"), 1, 4),
                   PL_ECONFIG, "4 heads do not divide");
}

const struct pl_test pl_suite_residuals_cross[] = {
    {"formulas_by_hand", test_residuals_cross__formulas_by_hand},
    {"some_start_as_the_plain_sum", test_residuals_cross__some_start_as_the_plain_sum},
    {"some_start_as_one_function", test_residuals_cross__some_start_as_one_function},
    {"keys_without_a_query_average", test_residuals_cross__keys_without_a_query_average},
    {"special_cases_are_the_general_one", test_residuals_cross__special_cases_are_the_general_one},
    {"states_are_sums_of_outputs", test_residuals_cross__states_are_sums_of_outputs},
    {"the_last_state_is_the_sum", test_residuals_cross__the_last_state_is_the_sum},
    {"normed_values_are_bounded", test_residuals_cross__normed_values_are_bounded},
    {"sizes_of_outputs_do_not_matter", test_residuals_cross__sizes_of_outputs_do_not_matter},
    {"equal_scores_share_equally", test_residuals_cross__equal_scores_share_equally},
    {"blocks_are_sealed_by_the_table", test_residuals_cross__blocks_are_sealed_by_the_table},
    {"a_deployed_model_is_sealed_by_the_table",
     test_residuals_cross__a_deployed_model_is_sealed_by_the_table},
    {"deployed_ones_are_standard_at_0", test_residuals_cross__deployed_ones_are_standard_at_0},
    {"x0_lambda_is_graded_by_depth", test_residuals_cross__x0_lambda_is_graded_by_depth},
    {"delta_adds_the_average", test_residuals_cross__delta_adds_the_average},
    {"masks_take_sources_away", test_residuals_cross__masks_take_sources_away},
    {"masks_may_leave_the_rest", test_residuals_cross__masks_may_leave_the_rest},
    {"masks_are_not_trained", test_residuals_cross__masks_are_not_trained},
    {"gradients_of_pairs_of_options", test_residuals_cross__gradients_of_pairs_of_options},
    {"parameters_are_those_of_the_table", test_residuals_cross__parameters_are_those_of_the_table},
    {"contradictions_are_refused", test_residuals_cross__contradictions_are_refused},
    {0},
};
