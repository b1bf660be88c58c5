/* Cross-layer variants: their formulas written out again by hand, and their identities (VARIANTS.md
 * section 6). Everything runs on ref with eps 0 and without the host's norms unless a test says
 * otherwise, so that magnitudes count. */
#include "core/base/math.h"
#include "experiments/conformance/conformance_residuals.h"
#include "experiments/conformance/trial.h"
#include "tests/support/support.h"

enum { WIDTH = 8, HIDDEN = 12, DEPTH = 6, SAMPLES = 20, MOST = 24 };

#define MORE(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NORMS     "model.prenorm=true", "model.final_norm=true"

static struct pl_trial *trial(const char *const *more) {
    static const char *const host[] = {
        "model.width=8",         "model.hidden=12",     "model.depth=6",
        "model.activation=tanh", "model.norm_eps=0",    "model.embed=none",
        "model.head=none",       "model.prenorm=false", "model.final_norm=false"};
    const struct pl_backend *ref;
    const char *settings[MOST];
    struct pl_trial *out;
    size_t count = 0;
    for (size_t k = 0; k < sizeof host / sizeof host[0]; k++) settings[count++] = host[k];
    while (*more) settings[count++] = *more++;
    settings[count] = NULL;
    PL_REQUIRE_OK(pl_backend_find(&ref, "ref"));
    PL_REQUIRE_OK(pl_trial_create(&out, ref, settings, 11, SAMPLES));
    return out;
}

/* ---- a second implementation ---- */

/* One sample's way through the stack: what each layer read and gave. */
struct net {
    struct pl_trial *trial;
    double **values; /* of every parameter, by node */
    double h[DEPTH + 2][WIDTH], v[DEPTH + 1][WIDTH];
    double x[DEPTH + 1][WIDTH], y[DEPTH + 1][WIDTH]; /* states, where a variant has them */
};

/* h_l of site [l] from v_0 .. v_{l-1}, into net->h[l]. */
typedef void site(struct net *net, int l);

static void net_init(struct net *net, struct pl_trial *trial) {
    size_t count = trial->graph.nodes.count;
    memset(net, 0, sizeof *net);
    net->trial = trial;
    net->values = pl_alloc_zero(count, sizeof *net->values);
    for (int n = 0; n < (int)count; n++)
        if (pl_graph_node(&trial->graph, n)->kind == PL_KIND_PARAM)
            net->values[n] = pl_trial_read(trial, n);
}

static void net_finish(struct net *net) {
    for (size_t n = 0; n < net->trial->graph.nodes.count; n++) pl_free(net->values[n]);
    pl_free(net->values);
}

static const double *named(const struct net *net, const char *name) {
    int node = pl_graph_find(&net->trial->graph, name);
    return node == PL_NONE ? NULL : net->values[node];
}

/* NULL when there is none. */
static const double *get(const struct net *net, const char *before, int l, const char *after) {
    char name[64];
    snprintf(name, sizeof name, "%s.%d%s", before, l, after);
    return named(net, name);
}

static void linear(double *out, const double *w, const double *b, const double *x, int rows,
                   int cols) {
    for (int r = 0; r < rows; r++) {
        out[r] = b ? b[r] : 0;
        for (int c = 0; c < cols; c++) out[r] += w[r * cols + c] * x[c];
    }
}

/* x W with W [rows, cols]. */
static void linear_from_left(double *out, const double *w, const double *x, int rows, int cols) {
    for (int c = 0; c < cols; c++) {
        out[c] = 0;
        for (int r = 0; r < rows; r++) out[c] += x[r] * w[r * cols + c];
    }
}

static double inverse_rms(const double *x, int count) {
    double square = 0;
    for (int c = 0; c < count; c++) square += x[c] * x[c] / count;
    return 1 / sqrt(square);
}

static double sigmoid(double x) {
    return 1 / (1 + pl_exp(-x));
}

static void branch(struct net *net, int l) {
    double hidden[HIDDEN];
    linear(hidden, get(net, "layers", l, ".w1"), get(net, "layers", l, ".b1"), net->h[l], HIDDEN,
           WIDTH);
    for (int k = 0; k < HIDDEN; k++) hidden[k] = pl_tanh(hidden[k]);
    linear(net->v[l], get(net, "layers", l, ".w2"), get(net, "layers", l, ".b2"), hidden, WIDTH,
           HIDDEN);
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
    int block, window, heads, masked; /* masked: this source is left out, if not 0 */
    double temperature;
    bool sigmoid, divide, raw, perhead;
    char state; /* of own queries: 'o'utput, 'i'nput, 's'um */
};
static struct knobs knobs;

/* Sources of site l: sums over blocks, the last one perhaps unfinished. */
static int sources(const struct net *net, int l, double out[][WIDTH]) {
    int size = knobs.block ? knobs.block : 1, count = 1;
    memcpy(out[0], net->v[0], sizeof out[0]);
    for (int i = 1; i < l; i++) {
        if ((i - 1) % size == 0) memset(out[count++], 0, sizeof out[0]);
        for (int c = 0; c < WIDTH; c++) out[count - 1][c] += net->v[i][c];
    }
    return count;
}

static void query(const struct net *net, int l, double *out) {
    double state[WIDTH], own[WIDTH] = {0};
    const double *w = get(net, "residual.query_w", l, ""), *q = get(net, "residual.query", l, "");
    const double *gain = get(net, "residual.key_gain", l, "");
    memcpy(state, knobs.state == 'i' ? net->h[l - 1] : net->v[l - 1], sizeof state);
    if (knobs.state == 's') sum_outputs(net, l, state);
    double r = inverse_rms(state, WIDTH);
    for (int c = 0; c < WIDTH; c++) state[c] *= r;
    if (w) linear(own, w, NULL, state, WIDTH, WIDTH);
    for (int c = 0; c < WIDTH; c++) out[c] = (gain ? gain[c] : 1) * (q[c] + own[c]);
}

/* T16: softmax by a running maximum and sum, source by source; sigmoids as they are. */
struct running {
    double top, total, mix[WIDTH];
};

static void take(struct running *run, double score, const double *v, int first, int end) {
    double weight = knobs.sigmoid ? sigmoid(score) : 1, old = 1;
    if (!knobs.sigmoid) {
        double top = fmax(run->top, score);
        old = pl_exp(run->top - top);
        weight = pl_exp(score - top);
        run->top = top;
    }
    run->total = run->total * old + weight;
    for (int c = first; c < end; c++) run->mix[c] = run->mix[c] * old + weight * v[c];
}

/* A mixture of [count] sources by site l's query, into [out]. */
static void attend(const struct net *net, int l, double (*u)[WIDTH], int count, double *out) {
    int heads = knobs.heads ? knobs.heads : 1, rows = WIDTH / heads;
    double p[WIDTH], temperature = knobs.temperature > 0 ? knobs.temperature : 1;
    query(net, l, p);
    for (int first = 0; first < WIDTH; first += rows) {
        struct running run = {.top = -1e300};
        for (int i = 0; i < count; i++) {
            double r = knobs.perhead ? inverse_rms(u[i] + first, rows) : inverse_rms(u[i], WIDTH);
            double score = 0;
            bool far = knobs.window && i > 0 && i < count - knobs.window;
            if (far || (i > 0 && i == knobs.masked)) continue;
            for (int c = first; c < first + rows; c++)
                score += p[c] * u[i][c] * (knobs.raw ? 1 : r) / temperature;
            take(&run, score, u[i], first, first + rows);
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
    const double *gate = get(net, "residual.gate", l, "");
    int size = knobs.block ? knobs.block : 1;
    sum_outputs(net, l, net->h[l]);
    if (l == 1 || l == DEPTH + 1) return;
    int count = sources(net, (l - 1) / size * size + 1, u);
    attend(net, l, u, count, a);
    for (int c = 0; c < WIDTH; c++) net->h[l][c] += (gate ? gate[0] : 1) * a[c];
}

static void by_delta_sigmoid(struct net *net, int l) {
    double s[WIDTH];
    const double *gate = get(net, "residual.gate", l, "");
    by_delta(net, l);
    sum_outputs(net, l, s);
    for (int c = 0; gate && c < WIDTH; c++)
        net->h[l][c] = s[c] + sigmoid(gate[0]) * (net->h[l][c] - s[c]) / gate[0];
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
    if (l > 1) softmax(get(net, "residual.logit", l, ""), l, knobs.temperature, weights);
    mix(weights, net->v, l, net->h[l]);
}

static void by_denseformer_out(struct net *net, int l) {
    static const double one = 1;
    mix(l > 1 ? get(net, "residual.a", l, "") : &one, net->v, l, net->h[l]);
}

static void by_densenet(struct net *net, int l) {
    if (l == 1) memcpy(net->h[1], net->v[0], sizeof net->h[1]);
    for (int i = 0; l > 1 && i < l; i++) {
        double part[WIDTH];
        char name[32];
        snprintf(name, sizeof name, "residual.w.%d", l);
        linear(part, get(net, name, i, ""), NULL, net->v[i], WIDTH, WIDTH);
        for (int c = 0; c < WIDTH; c++) net->h[l][c] = (i ? net->h[l][c] : 0) + part[c];
    }
}

static void by_densenet_diag(struct net *net, int l) {
    if (l == 1) memcpy(net->h[1], net->v[0], sizeof net->h[1]);
    for (int i = 0; l > 1 && i < l; i++) {
        char name[32];
        snprintf(name, sizeof name, "residual.w.%d", l);
        const double *w = get(net, name, i, "");
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
    const double *a = get(net, "residual.a", l - 1, "");
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
    double r = inverse_rms(net->x[l - 1], WIDTH);
    for (int c = 0; c < WIDTH; c++) u[c] = r * net->x[l - 1][c];
    linear_from_left(inner, get(net, "residual.mudd_w1", l - 1, ""), u, WIDTH, k);
    for (int i = 0; i < k; i++) inner[i] *= 0.5 * (1 + pl_erf(inner[i] * 0.70710678118654752440));
    linear_from_left(w, get(net, "residual.mudd_w2", l - 1, ""), inner, k, l);
    for (int i = 0; i < l; i++) w[i] += get(net, "residual.a", l - 1, "")[i];
    mix(w, net->x, l, net->h[l]);
}

static void by_elmo(struct net *net, int l) {
    double weights[DEPTH + 1];
    sum_outputs(net, l, net->h[l]);
    memcpy(net->x[l - 1], net->h[l], sizeof net->h[l]);
    if (l <= DEPTH) return;
    softmax(named(net, "residual.u"), DEPTH + 1, 1, weights);
    mix(weights, net->x, DEPTH + 1, net->h[l]);
    for (int c = 0; c < WIDTH; c++) net->h[l][c] *= named(net, "residual.c")[0];
}

/* ---- MRLA; width 8 has kernels of 3 ---- */

static void correlate(const double *w, const double *x, double *out) {
    for (int c = 0; c < WIDTH; c++)
        out[c] = (c ? w[0] * x[c - 1] : 0) + w[1] * x[c] + (c + 1 < WIDTH ? w[2] * x[c + 1] : 0);
}

/* s and rms(s) of layer l */
static void mrla_state(const struct net *net, int l, double *s, double *x) {
    for (int c = 0; c < WIDTH; c++) s[c] = net->h[l][c] + net->v[l][c];
    double r = inverse_rms(s, WIDTH);
    for (int c = 0; c < WIDTH; c++) x[c] = r * s[c];
}

/* <q, k_j> of a head's channels over the square root of their number, and val_j */
static double mrla_score(const struct net *net, const double *q, int j, int first, int rows,
                         double *val) {
    double s[WIDTH], x[WIDTH], k[WIDTH], score = 0;
    mrla_state(net, j, s, x);
    correlate(get(net, "residual.conv_k", j, ""), x, k);
    for (int c = first; c < first + rows; c++) {
        score += q[c] * k[c] / sqrt(rows);
        val[c] = get(net, "residual.omega", j, "")[c] * x[c];
    }
    return score;
}

static void by_mrla(struct net *net, int l, bool light) {
    double s[WIDTH], x[WIDTH], q[WIDTH], val[WIDTH];
    int rows = knobs.heads ? WIDTH / knobs.heads : WIDTH, j = l - 1;
    memcpy(net->h[l], net->v[0], sizeof net->h[l]);
    if (l == 1) return;
    mrla_state(net, j, s, x);
    correlate(get(net, "residual.conv_q", j, ""), x, q);
    for (int first = 0; first < WIDTH; first += rows) {
        double total = 0, o[WIDTH] = {0};
        for (int i = light ? j : 1; i <= j; i++) {
            double score = mrla_score(net, q, i, first, rows, val);
            double weight = light ? sigmoid(score) : pl_exp(score);
            total += weight;
            for (int c = first; c < first + rows; c++) o[c] += weight * val[c];
        }
        for (int c = first; c < first + rows; c++) net->h[l][c] = s[c] + o[c] / (light ? 1 : total);
    }
    double r = inverse_rms(net->h[j], WIDTH);
    for (int c = 0; light && c < WIDTH; c++)
        net->h[l][c] += get(net, "residual.lambda", j, "")[c] *
                        get(net, "residual.gain", j, "")[c] * r * net->h[j][c];
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
    net_init(&net, t);
    for (size_t s = 0; s < SAMPLES; s++) {
        for (int c = 0; c < WIDTH; c++) net.v[0][c] = t->x[s * WIDTH + (size_t)c];
        for (int l = 1; l <= DEPTH; l++) by(&net, l), branch(&net, l);
        by(&net, DEPTH + 1);
        for (size_t c = 0; c < WIDTH; c++) {
            apart = fmax(apart, fabs(found[s * WIDTH + c] - net.h[DEPTH + 1][c]));
            top = fmax(top, fabs(net.h[DEPTH + 1][c]));
        }
    }
    if (apart > 1e-12 * top) printf("  %s: %.2g apart\n", what, apart / top);
    PL_CHECK(apart <= 1e-12 * top);
    net_finish(&net);
    pl_free(found);
}

struct by_hand {
    const char *settings[6];
    site *by;
    struct knobs knobs;
};

static void test_residuals_cross__formulas_by_hand(void) {
#define FULL "variant.name=attnres_full"
#define OWN  "variant.query=input"
    static const struct by_hand rows[] = {
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
        {{FULL, OWN, "variant.query_state=sum", "variant.key_gain=false"},
         by_attnres,
         {.state = 's'}},
        {{FULL, OWN, "variant.heads=2", "variant.score=sigmoid", "variant.key_norm=none"},
         by_attnres,
         {.heads = 2, .sigmoid = true, .raw = true}},
        {{"variant.name=attnres_block", "variant.block_size=2"}, by_attnres, {.block = 2}},
        {{"variant.name=attnres_block", "variant.block_size=4", OWN, "variant.window=1"},
         by_attnres,
         {.block = 4, .window = 1}},
        {{"variant.name=mhar"}, by_attnres, {.heads = 4}},
        {{"variant.name=mhar", "variant.block_size=3"}, by_attnres, {.heads = 4, .block = 3}},
        {{"variant.name=delta_attnres"}, by_delta, {0}},
        {{"variant.name=delta_attnres", OWN, "variant.query_state=input"},
         by_delta,
         {.state = 'i'}},
        {{"variant.name=delta_attnres", "variant.gate=scalar"}, by_delta, {0}},
        {{"variant.name=delta_attnres", "variant.gate=sigmoid"}, by_delta_sigmoid, {0}},
        {{"variant.name=delta_attnres_block"}, by_delta, {.block = 2}},
        {{"variant.name=delta_attnres_block", "variant.block_size=3", "variant.score=sigmoid"},
         by_delta,
         {.block = 3, .sigmoid = true}},
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
        {{"variant.name=densenet", "variant.init=normal"}, by_densenet, {0}},
        {{"variant.name=densenet_diag"}, by_densenet_diag, {0}},
        {{"variant.name=muddformer_r"}, by_muddformer, {0}},
        {{"variant.name=elmo_readout"}, by_elmo, {0}},
        {{"variant.name=mrla_base"}, by_mrla_base, {0}},
        {{"variant.name=mrla_base", "variant.head_width=2"}, by_mrla_base, {.heads = 4}},
        {{"variant.name=mrla_light"}, by_mrla_light, {0}},
        {{"variant.name=mrla_light", "variant.head_width=4"}, by_mrla_light, {.heads = 2}},
    };
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        struct pl_trial *t = trial(rows[k].settings);
        knobs = rows[k].knobs;
        pl_trial_perturb(t, 9, 0.4);
        check_by_hand(t, rows[k].by, rows[k].settings[0]);
        pl_trial_destroy(t);
    }
}

/* ---- identities ---- */

static double distance_of(const char *const *a, const char *const *b) {
    struct pl_trial *s = trial(a), *t = trial(b);
    double *x = pl_trial_predict(s), *y = pl_trial_predict(t), gap = 0, top = 0;
    for (size_t k = 0; k < SAMPLES * WIDTH; k++) {
        gap = fmax(gap, fabs(x[k] - y[k]));
        top = fmax(top, fabs(y[k]));
    }
    pl_free(x);
    pl_free(y);
    pl_trial_destroy(s);
    pl_trial_destroy(t);
    return gap / top;
}

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
        PL_CHECK(distance_of(MORE(starts[k][0], starts[k][1]), MORE("variant.name=standard")) <
                 1e-13);
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
    const char *const *standard = MORE("variant.name=standard", NORMS);
    for (size_t k = 0; k < sizeof starts / sizeof starts[0]; k++)
        PL_CHECK(distance_of(MORE(NORMS, starts[k][0], starts[k][1]), standard) < 1e-12);
    static const char *const others[] = {"variant.name=delta_attnres_block",
                                         "variant.name=elmo_readout", "variant.name=mrla_base",
                                         "variant.name=mrla_light"};
    for (size_t k = 0; k < sizeof others / sizeof others[0]; k++)
        PL_CHECK(distance_of(MORE(NORMS, others[k]), standard) > 1e-3);
}

/* The values of a's parameters wherever b has one of the name. */
static void copy_params(struct pl_trial *a, struct pl_trial *b) {
    for (int n = 0; n < (int)b->graph.nodes.count; n++) {
        const struct pl_node *node = pl_graph_node(&b->graph, n);
        if (node->kind != PL_KIND_PARAM) continue;
        int twin = pl_graph_find(&a->graph, node->name);
        PL_REQUIRE(twin != PL_NONE);
        double *values = pl_trial_read(a, twin);
        pl_program_write(b->program, n, values);
        pl_free(values);
    }
}

static void check_same_bits(const char *const *one, const char *const *other) {
    struct pl_trial *a = trial(one), *b = trial(other);
    pl_trial_perturb(a, 5, 0.5);
    copy_params(a, b);
    double *x = pl_trial_predict(a), *y = pl_trial_predict(b);
    PL_CHECK(memcmp(x, y, SAMPLES * WIDTH * sizeof *x) == 0);
    pl_free(x);
    pl_free(y);
    pl_trial_destroy(a);
    pl_trial_destroy(b);
}

/* T3, T5, T6 for this family: one variant at a setting is another, bit for bit. */
static void test_residuals_cross__special_cases_are_the_general_one(void) {
    check_same_bits(MORE("variant.name=attnres_static"), MORE(FULL, "variant.mix=static"));
    check_same_bits(MORE("variant.name=attnres_static"), MORE("variant.name=ancre"));
    check_same_bits(MORE("variant.name=attnres_static", "variant.static_norm=none"),
                    MORE("variant.name=denseformer_out"));
    check_same_bits(MORE("variant.name=mhar"), MORE(FULL, "variant.heads=4"));
    check_same_bits(MORE("variant.name=mhar", "variant.block_size=2"),
                    MORE("variant.name=attnres_block", "variant.block_size=2", "variant.heads=4"));
    check_same_bits(MORE("variant.name=delta_attnres", OWN),
                    MORE("variant.name=delta_attnres_block", "variant.block_size=1", OWN));
    check_same_bits(MORE(FULL, OWN),
                    MORE("variant.name=attnres_block", "variant.block_size=1", OWN));
    check_same_bits(MORE(FULL, "variant.window=6"), MORE(FULL));
    check_same_bits(MORE(FULL, "variant.score=softmax", "variant.sigmoid_norm=true"), MORE(FULL));
}

/* Zero queries without a gate: h_l = (1 + 1/l) S_l. With the readout S, only inner layers differ. */
static void test_residuals_cross__delta_adds_the_average(void) {
    struct pl_trial *t = trial(MORE("variant.name=delta_attnres", "probe.rows=true"));
    int row = t->model.row[4]; /* of site 5 */
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
    for (int k = 0; k < 2; k++) check_same_bits(MORE(FULL, kinds[k]), MORE(FULL));
    for (int k = 0; k < 2; k++) {
        struct pl_trial *t =
            trial(MORE(FULL, kinds[1], k ? "variant.score=sigmoid" : "variant.score=softmax",
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
    struct pl_trial *t =
        trial(MORE(FULL, "probe.masking=drop", "variant.score=sigmoid", "variant.heads=2"));
    knobs = (struct knobs){.masked = 3, .sigmoid = true, .heads = 2};
    pl_trial_perturb(t, 9, 0.4);
    pl_free(predict_masked(t, 3));
    check_by_hand(t, by_attnres, "masked");
    pl_trial_destroy(t);
}

/* Masks are constants: they are no connection parameters and have no gradient. */
static void test_residuals_cross__masks_are_not_trained(void) {
    struct pl_trial *a = trial(MORE(FULL, "probe.masking=drop")), *b = trial(MORE(FULL));
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
                                             MORE("model.width=8", "model.hidden=6",
                                                  "model.depth=4", "model.activation=silu",
                                                  "model.embed=none", "task.out=3", pairs[k][0],
                                                  pairs[k][1], pairs[k][2], pairs[k][3]));
    PL_CHECK_TEXT(found.text.text, "");
    PL_CHECK(found.checks > 0);
    pl_conformance_finish(&found);
}

/* ---- tables ---- */

/* T17: width 8, depth 6, in numbers worked out from the tables of VARIANTS.md section 7. */
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
    };
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        struct pl_trial *t = trial(MORE(rows[k].name, rows[k].option));
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
                        MORE("model.width=8", "variant.name=mrla_base", "variant.head_width=3"), 1,
                        4),
        PL_ECONFIG, "heads of 3 channels do not divide");
    PL_CHECK_FAILS(pl_trial_create(&out, ref, MORE("model.width=6", "variant.name=mhar"), 1, 4),
                   PL_ECONFIG, "4 heads do not divide");
}

const struct pl_test pl_suite_residuals_cross[] = {
    {"formulas_by_hand", test_residuals_cross__formulas_by_hand},
    {"some_start_as_the_plain_sum", test_residuals_cross__some_start_as_the_plain_sum},
    {"some_start_as_one_function", test_residuals_cross__some_start_as_one_function},
    {"special_cases_are_the_general_one", test_residuals_cross__special_cases_are_the_general_one},
    {"delta_adds_the_average", test_residuals_cross__delta_adds_the_average},
    {"masks_take_sources_away", test_residuals_cross__masks_take_sources_away},
    {"masks_may_leave_the_rest", test_residuals_cross__masks_may_leave_the_rest},
    {"masks_are_not_trained", test_residuals_cross__masks_are_not_trained},
    {"gradients_of_pairs_of_options", test_residuals_cross__gradients_of_pairs_of_options},
    {"parameters_are_those_of_the_table", test_residuals_cross__parameters_are_those_of_the_table},
    {"contradictions_are_refused", test_residuals_cross__contradictions_are_refused},
    {0},
};
