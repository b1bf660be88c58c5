/* Single-state variants: their formulas written out again by hand, and their identities
 * (docs/variants.md 6). Everything runs on ref with eps 0 unless a test says otherwise. */
#include "core/base/math.h"
#include "core/base/rng.h"
#include "tests/support/network.h"
#include "tests/support/support.h"

enum { WIDTH = PL_WIDTH, HIDDEN = PL_HIDDEN, DEPTH = PL_DEPTH, OUT = PL_OUT, SAMPLES = PL_SAMPLES };

/* ---- a second implementation ---- */

/* One sample's way through the stack. */
struct net {
    struct pl_by_hand hand;
    double v[DEPTH + 1][WIDTH]; /* e and the layers' outputs */
    double gate[DEPTH + 1][WIDTH];
    double h[WIDTH];
};

static const double *get(const struct net *net, const char *before, int l, const char *after) {
    const double *found = pl_by_hand_get(&net->hand, before, l, after);
    PL_REQUIRE(found != NULL);
    return found;
}

/* gain x / rms(x), or the same of x - mean x; in place. */
static void normalise(const struct net *net, double *x, const double *gain) {
    double mean = 0, square = 0;
    for (int c = 0; c < WIDTH; c++) mean += x[c] / WIDTH;
    if (net->hand.trial->model.host.norm == PL_NORM_RMS) mean = 0;
    for (int c = 0; c < WIDTH; c++) square += (x[c] - mean) * (x[c] - mean) / WIDTH;
    for (int c = 0; c < WIDTH; c++) x[c] = gain[c] * (x[c] - mean) / sqrt(square);
}

static void outer_norm(struct net *net, int l, double *x) {
    normalise(net, x, get(net, "residual.norm", l, ".gain"));
}

/* A variant by hand: the state h after layer [l] gave [y]. The host's norm before the layer, and what
 * is done to its input, are columns of the table below. */
typedef void update(struct net *net, int l, const double *y);

static void by_none(struct net *net, int l, const double *y) {
    (void)l;
    for (int c = 0; c < WIDTH; c++) net->h[c] = y[c];
}

static void by_standard(struct net *net, int l, const double *y) {
    (void)l;
    for (int c = 0; c < WIDTH; c++) net->h[c] += y[c];
}

static void by_rescaled(struct net *net, int l, const double *y) {
    for (int c = 0; c < WIDTH; c++) net->h[c] = (l * net->h[c] + y[c]) / (l + 1);
}

static void by_rezero(struct net *net, int l, const double *y) {
    double alpha = get(net, "residual.alpha", l, "")[0];
    for (int c = 0; c < WIDTH; c++) net->h[c] += alpha * y[c];
}

static void by_layerscale(struct net *net, int l, const double *y) {
    const double *lambda = get(net, "residual.lambda", l, "");
    for (int c = 0; c < WIDTH; c++) net->h[c] += lambda[c] * y[c];
}

/* T9: h_{l+1} from all outputs by the stick-breaking weights, which must sum to 1. */
static void break_sticks(struct net *net, int l) {
    for (int c = 0; c < WIDTH; c++) {
        double h = 0, total = 0, rest = 1;
        for (int i = l; i >= 0; i--) {
            double weight = rest * (i ? net->gate[i][c] : 1);
            h += weight * net->v[i][c];
            total += weight;
            if (i) rest *= 1 - net->gate[i][c];
        }
        PL_CHECK_NEAR(total, 1, 1e-14);
        net->h[c] = h;
    }
}

static void by_highway_vector(struct net *net, int l, const double *y) {
    const double *w = get(net, "residual.gate_w", l, ""), *b = get(net, "residual.gate_b", l, "");
    (void)y;
    for (int c = 0; c < WIDTH; c++) net->gate[l][c] = pl_hand_sigmoid(w[c] * net->h[c] + b[c]);
    break_sticks(net, l);
}

static void by_highway_scalar(struct net *net, int l, const double *y) {
    double z;
    (void)y;
    pl_hand_linear(&z, get(net, "residual.gate_w", l, ""), get(net, "residual.gate_b", l, ""),
                   net->h, 1, WIDTH);
    for (int c = 0; c < WIDTH; c++) net->gate[l][c] = pl_hand_sigmoid(z);
    break_sticks(net, l);
}

static void by_highway_dense(struct net *net, int l, const double *y) {
    double z[WIDTH];
    (void)y;
    pl_hand_linear(z, get(net, "residual.gate_w", l, ""), get(net, "residual.gate_b", l, ""),
                   net->h, WIDTH, WIDTH);
    for (int c = 0; c < WIDTH; c++) net->gate[l][c] = pl_hand_sigmoid(z[c]);
    break_sticks(net, l);
}

static void by_postnorm(struct net *net, int l, const double *y) {
    by_standard(net, l, y);
    outer_norm(net, l, net->h);
}

static void by_sandwich(struct net *net, int l, const double *y) {
    double out[WIDTH];
    memcpy(out, y, sizeof out);
    outer_norm(net, l, out);
    by_standard(net, l, out);
}

static void by_deepnorm(struct net *net, int l, const double *y) {
    double alpha = pow(DEPTH, 0.25);
    for (int c = 0; c < WIDTH; c++) net->h[c] = alpha * net->h[c] + y[c];
    outer_norm(net, l, net->h);
}

static void by_keel(struct net *net, int l, const double *y) {
    double alpha = l <= 2 ? 1 : DEPTH;
    for (int c = 0; c < WIDTH; c++) net->h[c] = alpha * net->h[c] + y[c];
    if (l > 1) outer_norm(net, l, net->h);
}

static void by_laurel_rw(struct net *net, int l, const double *y) {
    const double *w = get(net, "residual.rw", l, "");
    double a = 2 * pl_hand_sigmoid(w[0] - w[1]), b = 2 * pl_hand_sigmoid(w[1] - w[0]);
    for (int c = 0; c < WIDTH; c++) net->h[c] = a * y[c] + b * net->h[c];
}

static void add_low_rank(struct net *net, int l) {
    enum { RANK = 3 };
    double low[RANK], map[WIDTH];
    pl_hand_linear(low, get(net, "residual.lr_b", l, ""), NULL, net->h, RANK, WIDTH);
    pl_hand_linear(map, get(net, "residual.lr_a", l, ""), NULL, low, WIDTH, RANK);
    for (int c = 0; c < WIDTH; c++) net->h[c] += map[c];
}

static void by_laurel_lr(struct net *net, int l, const double *y) {
    add_low_rank(net, l);
    by_standard(net, l, y);
}

static void by_laurel_rw_lr(struct net *net, int l, const double *y) {
    add_low_rank(net, l);
    by_laurel_rw(net, l, y);
}

/* Half of the layers postnorm. */
static void by_mixln(struct net *net, int l, const double *y) {
    by_standard(net, l, y);
    if (l <= DEPTH / 2) outer_norm(net, l, net->h);
}

struct formula {
    const char *variant, *option;
    update *update;
    int first_norm; /* the first layer with the host's norm; DEPTH + 1: none */
    bool final_norm;
    bool by_depth; /* the layer reads its input divided by sqrt(l) */
};

static const struct formula formulas[] = {
    {"none", NULL, by_none, 1, true, false},
    {"standard", NULL, by_standard, 1, true, false},
    {"rescaled", NULL, by_rescaled, 1, true, false},
    {"rezero", NULL, by_rezero, 1, true, false},
    {"rezero", "variant.share=block", by_rezero, 1, true, false},
    {"layerscale", NULL, by_layerscale, 1, true, false},
    {"highway", NULL, by_highway_vector, 1, true, false},
    {"highway", "variant.gate=scalar", by_highway_scalar, 1, true, false},
    {"highway", "variant.gate=dense", by_highway_dense, 1, true, false},
    {"postnorm", NULL, by_postnorm, DEPTH + 1, false, false},
    {"postnorm", "variant.embed_norm=true", by_postnorm, DEPTH + 1, false, false},
    {"sandwich", NULL, by_sandwich, 1, true, false},
    {"sandwich", "variant.embed_norm=true", by_sandwich, 1, true, false},
    {"deepnorm", NULL, by_deepnorm, DEPTH + 1, false, false},
    {"deepnorm", "variant.embed_norm=true", by_deepnorm, DEPTH + 1, false, false},
    {"keel", NULL, by_keel, 1, false, false},
    {"keel", "variant.embed_norm=true", by_keel, 1, false, false},
    {"laurel_rw", NULL, by_laurel_rw, 1, true, false},
    {"laurel_lr", "variant.rank=3", by_laurel_lr, 1, true, false},
    {"laurel_rw_lr", "variant.rank=3", by_laurel_rw_lr, 1, true, false},
    {"mixln", "variant.postnorm_share=0.5", by_mixln, DEPTH / 2 + 1, true, false},
    {"lns", NULL, by_standard, 1, true, true},
};

static void layer(struct net *net, const struct formula *formula, int l) {
    double u[WIDTH];
    memcpy(u, net->h, sizeof u);
    bool norm = net->hand.trial->model.host.prenorm == PL_TRUE && l >= formula->first_norm;
    if (norm) normalise(net, u, get(net, "norms", l, ".gain"));
    for (int c = 0; formula->by_depth && c < WIDTH; c++) u[c] /= sqrt(l);
    pl_hand_branch(&net->hand, l, u, net->v[l]);
    formula->update(net, l, net->v[l]);
}

static void predict(struct net *net, const struct formula *formula, const float *x, double *out) {
    const struct pl_graph *graph = &net->hand.trial->graph;
    bool embed = pl_graph_find(graph, "residual.embed_norm.0.gain") != PL_NONE;
    for (int c = 0; c < WIDTH; c++) net->h[c] = x[c];
    if (embed) normalise(net, net->h, get(net, "residual.embed_norm", 0, ".gain"));
    memcpy(net->v[0], net->h, sizeof net->h);
    for (int l = 1; l <= DEPTH; l++) layer(net, formula, l);
    if (net->hand.trial->model.host.final_norm == PL_TRUE)
        normalise(net, net->h, net->hand.values[pl_graph_find(graph, "norms.final.gain")]);
    pl_hand_linear(out, net->hand.values[pl_graph_find(graph, "head.w")],
                   net->hand.values[pl_graph_find(graph, "head.b")], net->h, OUT, WIDTH);
}

static void check_formula(const struct formula *formula, const char *host) {
    char name[64];
    struct net net;
    snprintf(name, sizeof name, "variant.name=%s", formula->variant);
    struct pl_trial *t =
        pl_test_trial("ref", PL_MORE(name, host, formula->option ? formula->option : host));
    bool wants_final = formula->final_norm && strcmp(host, "model.final_norm=false") != 0;
    PL_CHECK((t->model.host.final_norm == PL_TRUE) == wants_final);
    pl_trial_perturb(t, 3, 0.3);
    pl_by_hand_init(&net.hand, t);
    double *found = pl_trial_predict(t);
    for (int s = 0; s < SAMPLES; s++) {
        double truth[OUT];
        predict(&net, formula, t->x + (size_t)s * WIDTH, truth);
        for (int c = 0; c < OUT; c++) PL_CHECK_NEAR(found[s * OUT + c], truth[c], 1e-12);
    }
    pl_free(found);
    pl_by_hand_finish(&net.hand);
    pl_trial_destroy(t);
}

/* Every connection parameter moved, under every host that a variant may have. */
static void test_residuals_single__formulas_are_those_written_by_hand(void) {
    static const char *const hosts[] = {"model.activation=tanh", "model.prenorm=false",
                                        "model.final_norm=false", "model.norm=layernorm"};
    for (size_t k = 0; k < sizeof formulas / sizeof formulas[0]; k++)
        for (size_t h = 0; h < sizeof hosts / sizeof hosts[0]; h++)
            check_formula(&formulas[k], hosts[h]);
}

/* ---- identities ---- */

static void fill_param(struct pl_trial *t, const char *before, int l, const char *after,
                       double value) {
    char name[64];
    snprintf(name, sizeof name, "%s.%d%s", before, l, after);
    int node = pl_graph_find(&t->graph, name);
    PL_REQUIRE(node != PL_NONE);
    size_t count =
        (size_t)t->graph.nodes.items[node].rows * (size_t)t->graph.nodes.items[node].cols;
    double *values = pl_alloc(count * sizeof *values);
    for (size_t k = 0; k < count; k++) values[k] = value;
    pl_program_write(t->program, node, values);
    pl_free(values);
}

/* T7, with no norm at all, so that magnitudes count. */
static void test_residuals_single__some_start_as_standard(void) {
    const char *const *standard = PL_MORE("variant.name=standard", PL_NO_HOST_NORMS);
    static const char *const variants[] = {"variant.name=rezero", "variant.name=layerscale",
                                           "variant.name=laurel_rw", "variant.name=laurel_lr",
                                           "variant.name=laurel_rw_lr"};
    for (int k = 0; k < 5; k++)
        pl_check_same_bits(
            PL_MORE(variants[k], k < 2 ? "variant.start=1" : "model.depth=6", PL_NO_HOST_NORMS),
            standard, 0);
    PL_CHECK(pl_distance_of(PL_MORE("variant.name=layerscale", PL_NO_HOST_NORMS), standard, 1) >
             1e-3);
    PL_CHECK(pl_distance_of(PL_MORE("variant.name=sandwich", PL_NO_HOST_NORMS), standard, 1) >
             1e-3);
}

/* At rank 1 the map must not start in the one direction that a LayerNorm takes out: B has a gradient. */
static void test_residuals_single__rank_1_can_learn_under_layernorm(void) {
    static const char *const variants[] = {"variant.name=laurel_lr", "variant.name=laurel_rw_lr"};
    for (int k = 0; k < 2; k++) {
        struct pl_trial *t =
            pl_test_trial("ref", PL_MORE(variants[k], "variant.rank=1", "model.norm=layernorm"));
        pl_trial_gradient(t);
        for (int l = 1; l <= DEPTH; l++) {
            char name[32];
            snprintf(name, sizeof name, "residual.lr_b.%d", l);
            double *g = pl_trial_read_grad(t, pl_graph_find(&t->graph, name)), size = 0;
            for (int c = 0; c < WIDTH; c++) size += fabs(g[c]);
            PL_CHECK(size > 1e-6);
            pl_free(g);
        }
        pl_trial_destroy(t);
    }
}

/* T1: gates 1/(l+1) make the running average. */
static void test_residuals_single__constant_gates_average(void) {
    static const char *const gates[] = {"variant.gate=vector", "variant.gate=scalar",
                                        "variant.gate=dense"};
    struct pl_trial *average =
        pl_test_trial("ref", PL_MORE("variant.name=rescaled", PL_NO_HOST_NORMS));
    for (int k = 0; k < 3; k++) {
        struct pl_trial *t =
            pl_test_trial("ref", PL_MORE("variant.name=highway", gates[k], PL_NO_HOST_NORMS));
        for (int l = 1; l <= DEPTH; l++) {
            fill_param(t, "residual.gate_w", l, "", 0);
            fill_param(t, "residual.gate_b", l, "", -pl_log(l));
        }
        PL_CHECK(pl_trial_distance(t, average, 1) < 1e-12);
        pl_trial_destroy(t);
    }
    pl_trial_destroy(average);
}

static void test_residuals_single__a_constant_layerscale_is_rezero(void) {
    PL_CHECK(pl_distance_of(
                 PL_MORE("variant.name=layerscale", "variant.start=0.3", PL_NO_HOST_NORMS),
                 PL_MORE("variant.name=rezero", "variant.start=0.3", PL_NO_HOST_NORMS), 1) == 0);
}

/* At the start the network is Head(Norm(e)), and only alpha, the head and the final gain learn. */
static void test_residuals_single__rezero_starts_by_learning_alpha(void) {
    struct pl_trial *t = pl_test_trial("ref", PL_MORE("variant.name=rezero"));
    pl_trial_gradient(t);
    for (int n = 0; n < (int)t->graph.grads.count; n++) {
        const struct pl_node *node = pl_graph_node(&t->graph, n);
        if (node->kind != PL_KIND_PARAM) continue;
        double *g = pl_trial_read_grad(t, n), size = 0;
        for (int k = 0; k < node->rows * node->cols; k++) size += fabs(g[k]);
        bool inside =
            strncmp(node->name, "layers.", 7) == 0 ||
            (strncmp(node->name, "norms.", 6) == 0 && strcmp(node->name, "norms.final.gain") != 0);
        PL_CHECK(inside ? size == 0 : size > 1e-6);
        pl_free(g);
    }
    pl_trial_destroy(t);
}

/* T10 */
static void test_residuals_single__norms_behind_are_related(void) {
    pl_check_same_bits(PL_MORE("variant.name=deepnorm", "variant.alpha=1", "variant.beta=1"),
                       PL_MORE("variant.name=postnorm"), 0.3);
    static const char *const alphas[] = {"variant.alpha=0.7", "variant.alpha=1", "variant.alpha=6"};
    for (int k = 0; k < 3; k++) {
        const char *const *keel = PL_MORE("variant.name=keel", alphas[k],
                                          "variant.first_block=false", "variant.embed_norm=true");
        const char *const *deepnorm = PL_MORE("variant.name=deepnorm", alphas[k], "variant.beta=1",
                                              "variant.embed_norm=true");
        PL_CHECK(pl_distance_of(keel, deepnorm, 1) < 1e-12);
    }
    PL_CHECK(pl_distance_of(PL_MORE("variant.name=keel"),
                            PL_MORE("variant.name=keel", "variant.first_block=false"), 1) > 1e-3);
    pl_check_same_bits(PL_MORE("variant.name=keel"),
                       PL_MORE("variant.name=keel", "variant.alpha=6"), 0.3);
}

/* The matrices of the layers start at (4 L)^(-1/4) times their usual values, to the last bit of
 * float32; biases, head and everything else as usual. */
static void test_residuals_single__deepnorm_starts_its_layers_small(void) {
    struct pl_trial *deep = pl_test_trial("ref", PL_MORE("variant.name=deepnorm"));
    struct pl_trial *usual = pl_test_trial("ref", PL_MORE("variant.name=postnorm"));
    int matrices = 0;
    for (int n = 0; n < (int)deep->graph.grads.count; n++) {
        const struct pl_node *node = pl_graph_node(&deep->graph, n);
        if (node->kind != PL_KIND_PARAM) continue;
        bool matrix = strncmp(node->name, "layers.", 7) == 0 && node->cols > 1;
        double factor = matrix ? pow(4 * DEPTH, -0.25) : 1;
        double *a = pl_trial_read(deep, n);
        double *b = pl_trial_read(usual, pl_graph_find(&usual->graph, node->name));
        for (int k = 0; k < node->rows * node->cols; k++)
            PL_CHECK(fabs(a[k] - factor * b[k]) <= 0x1p-23 * fabs(a[k]));
        matrices += matrix;
        pl_free(a);
        pl_free(b);
    }
    PL_CHECK(matrices == 2 * DEPTH);
    pl_trial_destroy(deep);
    pl_trial_destroy(usual);
}

/* Outer gains 0: no layer reaches the stream. */
static void test_residuals_single__a_mute_sandwich_is_the_identity(void) {
    struct pl_trial *mute = pl_test_trial("ref", PL_MORE("variant.name=sandwich"));
    struct pl_trial *identity = pl_test_trial("ref", PL_MORE("variant.name=rezero"));
    for (int l = 1; l <= DEPTH; l++) fill_param(mute, "residual.norm", l, ".gain", 0);
    PL_CHECK(pl_trial_distance(mute, identity, 1) == 0);
    pl_trial_destroy(mute);
    pl_trial_destroy(identity);
}

/* At the start each addition has unit RMS: rms(h) grows by at most 1 a layer. */
static void test_residuals_single__a_sandwich_grows_by_one_a_layer(void) {
    struct pl_trial *t =
        pl_test_trial("ref", PL_MORE("variant.name=sandwich", "variant.embed_norm=true",
                                     "model.head=none", "task.out=8", "model.final_norm=false"));
    double *r = pl_trial_predict(t);
    for (int s = 0; s < SAMPLES; s++) {
        double square = 0;
        for (int c = 0; c < WIDTH; c++) square += r[s * WIDTH + c] * r[s * WIDTH + c] / WIDTH;
        PL_CHECK(sqrt(square) <= DEPTH + 1 + 1e-12);
    }
    pl_free(r);
    pl_trial_destroy(t);
}

static void test_residuals_single__mixln_lies_between(void) {
    pl_check_same_bits(PL_MORE("variant.name=mixln", "variant.postnorm_share=0"),
                       PL_MORE("variant.name=standard"), 0.3);
    pl_check_same_bits(
        PL_MORE("variant.name=mixln", "variant.postnorm_share=1", "model.final_norm=false"),
        PL_MORE("variant.name=postnorm"), 0.3);
    PL_CHECK(pl_distance_of(PL_MORE("variant.name=mixln"), PL_MORE("variant.name=standard"), 1) >
             1e-3);
}

/* A share times the depth that should be whole is whole. */
static void test_residuals_single__mixln_counts_its_layers(void) {
    static const struct {
        const char *share, *depth;
        int layers;
    } rows[] = {{"variant.postnorm_share=0.25", "model.depth=10", 2},
                {"variant.postnorm_share=0.29", "model.depth=100", 29},
                {"variant.postnorm_share=0.7", "model.depth=10", 7},
                {"variant.postnorm_share=0.999", "model.depth=10", 9}};
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        struct pl_trial *t =
            pl_test_trial("ref", PL_MORE("variant.name=mixln", rows[k].share, rows[k].depth));
        PL_CHECK(pl_graph_param_count(&t->graph, PL_GROUP_CONNECTION) ==
                 (size_t)rows[k].layers * WIDTH);
        pl_trial_destroy(t);
    }
}

/* F_l(u / sqrt l) is F_l with W1 divided by sqrt l. */
static void test_residuals_single__lns_is_standard_with_smaller_matrices(void) {
    struct pl_trial *scaled = pl_test_trial("ref", PL_MORE("variant.name=lns"));
    struct pl_trial *twin = pl_test_trial("ref", PL_MORE("variant.name=standard"));
    PL_CHECK(pl_trial_distance(scaled, twin, 1) > 1e-3);
    for (int l = 1; l <= DEPTH; l++) {
        char name[32];
        snprintf(name, sizeof name, "layers.%d.w1", l);
        int node = pl_graph_find(&twin->graph, name);
        double *w = pl_trial_read(twin, node);
        for (int k = 0; k < HIDDEN * WIDTH; k++) w[k] /= sqrt(l);
        pl_program_write(twin->program, node, w);
        pl_free(w);
    }
    PL_CHECK(pl_trial_distance(scaled, twin, 1) < 1e-13);
    pl_trial_destroy(scaled);
    pl_trial_destroy(twin);
}

/* Without a residual, one layer that does not look at its input makes every output the same. */
static void test_residuals_single__none_forgets_what_a_layer_drops(void) {
    struct pl_trial *t = pl_test_trial("ref", PL_MORE("variant.name=none", PL_NO_HOST_NORMS));
    fill_param(t, "layers", 3, ".w1", 0);
    double *y = pl_trial_predict(t);
    for (int k = OUT; k < SAMPLES * OUT; k++) PL_CHECK(y[k] == y[k % OUT]);
    pl_free(y);
    pl_trial_destroy(t);
}

/* ---- mixing rows ---- */

/* A variant between feeds: v_0 .. v_L are data, whatever h_l was. */
struct rig {
    struct pl_arena arena;
    struct pl_settings settings;
    struct pl_model model;
    struct pl_graph graph;
    int v[DEPTH + 1], h[DEPTH + 2], again[DEPTH + 2]; /* at l */
};

static void rig_init(struct rig *rig, const char *variant, const char *option) {
    memset(rig, 0, sizeof *rig);
    struct pl_place here = {"rig", 0, 0};
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
}

static void rig_finish(struct rig *rig) {
    pl_graph_finish(&rig->graph);
    pl_settings_finish(&rig->settings);
    pl_arena_finish(&rig->arena);
}

static void rig_build(struct rig *rig) {
    const struct pl_residual *residual = rig->model.residual;
    struct pl_build build = {.graph = &rig->graph,
                             .host = &rig->model.host,
                             .options = rig->model.options,
                             .arena = &rig->arena};
    build.state = pl_arena_alloc(&rig->arena, residual->state_size + 1);
    for (int l = 0; l <= DEPTH; l++) {
        const char *name = pl_arena_printf(&rig->arena, "v.%d", l);
        rig->v[l] = pl_feed_tile(&rig->graph, name, WIDTH, PL_NUMBER);
    }
    residual->begin(&build, rig->v[0]);
    for (int l = 1; l <= DEPTH; l++) {
        rig->h[l] = residual->layer_input(&build, l, 0);
        residual->layer_output(&build, l, rig->v[l]);
    }
    rig->h[DEPTH + 1] = residual->readout(&build);
    PL_REQUIRE(residual->mix_row != NULL);
    for (int l = 1; l <= DEPTH + 1; l++) {
        int row = residual->mix_row(&build, l), rows = pl_graph_node(&rig->graph, row)->rows;
        PL_CHECK(rows % l == 0);
        rig->again[l] = pl_depth_mix(&rig->graph, row, rig->v, l, rows / l);
    }
}

static void draw(struct pl_rng *rng, float *values, size_t count) {
    for (size_t k = 0; k < count; k++) values[k] = (float)pl_rng_normal(rng);
}

static void feed_rig(const struct rig *rig, struct pl_program *program) {
    struct pl_rng rng;
    pl_rng_init(&rng, 4, "rig");
    for (int n = 0; n < (int)rig->graph.nodes.count; n++) {
        const struct pl_node *node = pl_graph_node(&rig->graph, n);
        if (node->kind != PL_KIND_PARAM) continue;
        double *values = pl_alloc((size_t)node->rows * (size_t)node->cols * sizeof *values);
        for (int k = 0; k < node->rows * node->cols; k++) values[k] = pl_rng_normal(&rng);
        pl_program_write(program, n, values);
        pl_free(values);
    }
    pl_program_begin(program, 0);
    for (int l = 0; l <= DEPTH; l++) {
        float data[16 * WIDTH];
        draw(&rng, data, 16 * WIDTH);
        pl_program_gather(program, 0, rig->v[l], data, (struct pl_gather){.count = 16});
    }
}

static void check_rig(struct rig *rig) {
    const struct pl_backend *ref;
    struct pl_program *program;
    struct pl_plan plan;
    int targets[2 * DEPTH + 2];
    PL_REQUIRE_OK(pl_backend_find(&ref, "ref"));
    memcpy(targets, rig->h + 1, (DEPTH + 1) * sizeof *targets);
    memcpy(targets + DEPTH + 1, rig->again + 1, (DEPTH + 1) * sizeof *targets);
    struct pl_pass_spec pass = {"rows", targets, 2 * DEPTH + 2};
    pl_plan_make(&plan, &rig->graph, 16, &pass, 1);
    PL_REQUIRE_OK(pl_program_create(&program, ref, &plan));
    feed_rig(rig, program);
    pl_program_tile(program, 0);
    for (int l = 1; l <= DEPTH + 1; l++) {
        double h[16 * WIDTH], again[16 * WIDTH];
        pl_program_read_tile(program, 0, rig->h[l], h);
        pl_program_read_tile(program, 0, rig->again[l], again);
        for (int k = 0; k < 16 * WIDTH; k++)
            PL_CHECK_NEAR(again[k], h[k], 1e-12 * (1 + fabs(h[k])));
    }
    pl_program_destroy(program);
    pl_plan_finish(&plan);
}

/* T9: the rows give every h_l from the outputs before it, with every parameter drawn at random. */
static void test_residuals_single__mixing_rows_give_every_state(void) {
    static const char *const rows[][2] = {
        {"standard", NULL},   {"rescaled", NULL}, {"rezero", NULL},
        {"layerscale", NULL}, {"highway", NULL},  {"highway", "variant.gate=scalar"},
        {"lns", NULL},        {"none", NULL},     {"highway", "variant.gate=dense"},
        {"laurel_rw", NULL}};
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        struct rig rig;
        rig_init(&rig, rows[k][0], rows[k][1]);
        rig_build(&rig);
        check_rig(&rig);
        rig_finish(&rig);
    }
}

/* ---- tables ---- */

/* T17: width 8, depth 6, in numbers. */
static void test_residuals_single__parameters_are_those_of_the_table(void) {
    static const struct {
        const char *variant, *option;
        size_t count;
    } rows[] = {
        {"none", NULL, 0},
        {"standard", NULL, 0},
        {"rescaled", NULL, 0},
        {"rezero", NULL, 6},
        {"layerscale", NULL, 48},
        {"highway", "variant.gate=scalar", 54},
        {"highway", "variant.gate=vector", 96},
        {"highway", "variant.gate=dense", 432},
        {"postnorm", NULL, 48},
        {"postnorm", "variant.embed_norm=true", 56},
        {"sandwich", NULL, 48},
        {"deepnorm", NULL, 48},
        {"keel", NULL, 40},
        {"keel", "variant.first_block=false", 48},
        {"laurel_rw", NULL, 12},
        {"laurel_lr", NULL, 96},
        {"laurel_lr", "variant.rank=3", 288},
        {"laurel_rw_lr", NULL, 108},
        {"laurel_rw_lr", "variant.rank=3", 300},
        {"mixln", NULL, 8},
        {"lns", NULL, 0},
    };
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        char name[64];
        snprintf(name, sizeof name, "variant.name=%s", rows[k].variant);
        struct pl_trial *t =
            pl_test_trial("ref", PL_MORE(name, rows[k].option ? rows[k].option : "model.depth=6"));
        PL_CHECK(pl_graph_param_count(&t->graph, PL_GROUP_CONNECTION) == rows[k].count);
        pl_trial_destroy(t);
    }
}

/* A_l of LAuReL: 1/sqrt(q d) where row mod q is the column; the rank follows the width. */
static void test_residuals_single__laurel_starts_on_a_diagonal(void) {
    struct pl_trial *t = pl_test_trial("ref", PL_MORE("variant.name=laurel_lr", "variant.rank=3"));
    double *a = pl_trial_read(t, pl_graph_find(&t->graph, "residual.lr_a.2"));
    for (int i = 0; i < WIDTH; i++)
        for (int j = 0; j < 3; j++)
            PL_CHECK(a[i * 3 + j] == (i % 3 == j ? (float)(1 / sqrt(3.0 * WIDTH)) : 0));
    pl_free(a);
    pl_trial_destroy(t);
    static const struct {
        const char *width;
        int rank;
    } rows[] = {{"model.width=4", 1}, {"model.width=24", 3}, {"model.width=256", 16}};
    for (int k = 0; k < 3; k++) {
        t = pl_test_trial("ref", PL_MORE("variant.name=laurel_rw_lr", rows[k].width));
        int node = pl_graph_find(&t->graph, "residual.lr_b.1");
        PL_CHECK(pl_graph_node(&t->graph, node)->rows == rows[k].rank);
        pl_trial_destroy(t);
    }
}

static void check_refused(const char *variant, const char *setting, const char *named) {
    const struct pl_backend *ref;
    struct pl_trial *out;
    PL_REQUIRE_OK(pl_backend_find(&ref, "ref"));
    PL_CHECK_FAILS(pl_trial_create(&out, ref, PL_MORE(variant, setting), 1, 4), PL_ECONFIG, named);
}

/* A norm that a variant brings itself is not to be had twice; the sentence names both. */
static void test_residuals_single__contradictions_are_refused(void) {
    check_refused("variant.name=postnorm", "model.prenorm=true",
                  "model.prenorm is true, but the variant postnorm brings");
    check_refused("variant.name=postnorm", "model.final_norm=true",
                  "model.final_norm is true, but the variant postnorm brings");
    check_refused("variant.name=deepnorm", "model.prenorm=true", "the variant deepnorm brings");
    check_refused("variant.name=deepnorm", "model.final_norm=true", "the variant deepnorm brings");
    check_refused("variant.name=keel", "model.final_norm=true", "the variant keel brings");
}

const struct pl_test pl_suite_residuals_single[] = {
    {"formulas_are_those_written_by_hand",
     test_residuals_single__formulas_are_those_written_by_hand},
    {"some_start_as_standard", test_residuals_single__some_start_as_standard},
    {"rank_1_can_learn_under_layernorm", test_residuals_single__rank_1_can_learn_under_layernorm},
    {"constant_gates_average", test_residuals_single__constant_gates_average},
    {"a_constant_layerscale_is_rezero", test_residuals_single__a_constant_layerscale_is_rezero},
    {"rezero_starts_by_learning_alpha", test_residuals_single__rezero_starts_by_learning_alpha},
    {"norms_behind_are_related", test_residuals_single__norms_behind_are_related},
    {"deepnorm_starts_its_layers_small", test_residuals_single__deepnorm_starts_its_layers_small},
    {"a_mute_sandwich_is_the_identity", test_residuals_single__a_mute_sandwich_is_the_identity},
    {"a_sandwich_grows_by_one_a_layer", test_residuals_single__a_sandwich_grows_by_one_a_layer},
    {"mixln_lies_between", test_residuals_single__mixln_lies_between},
    {"mixln_counts_its_layers", test_residuals_single__mixln_counts_its_layers},
    {"lns_is_standard_with_smaller_matrices",
     test_residuals_single__lns_is_standard_with_smaller_matrices},
    {"none_forgets_what_a_layer_drops", test_residuals_single__none_forgets_what_a_layer_drops},
    {"mixing_rows_give_every_state", test_residuals_single__mixing_rows_give_every_state},
    {"parameters_are_those_of_the_table", test_residuals_single__parameters_are_those_of_the_table},
    {"laurel_starts_on_a_diagonal", test_residuals_single__laurel_starts_on_a_diagonal},
    {"contradictions_are_refused", test_residuals_single__contradictions_are_refused},
    {0},
};
