#include "core/model/variants/manifold.h"

/* How far from mixing it starts: e^-8 of a share. */
#define APART  (-8)
#define ALPHA  0.01
#define RANDOM 0.02

static struct pl_manifold_state *state_of(struct pl_build *build) {
    return build->state;
}

static bool random_start(struct pl_build *build) {
    return state_of(build)->options->start == PL_MANIFOLD_RANDOM;
}

/* phi [n d, cols], row stream * d + channel */
static int phi(struct pl_build *build, const struct pl_manifold *manifold, const char *what, long l,
               long cols) {
    long rows = manifold->n * build->host->width;
    bool random = random_start(build);
    return pl_residual_param(build, what, l, rows, cols, PL_GROUP_CONNECTION,
                             random ? PL_FILL_NORMAL : PL_FILL_VALUE, random ? RANDOM : 0);
}

/* b [n]: -1, but 1 at stream l mod n, which is thus the one mostly read and written */
static int stream_bias(struct pl_build *build, const struct pl_manifold *manifold, const char *what,
                       long l) {
    int n = manifold->n;
    bool random = random_start(build);
    int b = pl_residual_param(build, what, l, n, 1, PL_GROUP_CONNECTION, PL_FILL_VALUE,
                              random ? 0 : -1);
    if (!random) pl_param_where(build->graph, b, (int)(l % n), n, 1);
    return b;
}

/* sigmoid(alpha x + b) */
static int gate(struct pl_build *build, int alpha, int x, int b) {
    return pl_activate(build->graph, pl_gain(build->graph, alpha, x), b, PL_ACT_SIGMOID);
}

/* res from rows [x] of logits */
static int mixing(struct pl_build *build, const struct pl_manifold *manifold, long l, int x) {
    struct pl_graph *graph = build->graph;
    bool zero = random_start(build) || manifold->b_step == 1;
    int b = pl_residual_param(build, "b_res", l, manifold->b_rows, manifold->b_cols,
                              PL_GROUP_CONNECTION, PL_FILL_VALUE, zero ? 0 : APART);
    if (!zero) pl_param_where(graph, b, 0, manifold->b_step, 0);
    int alpha = pl_streams_scalar(build, "alpha_res", l, ALPHA);
    int z = pl_bias(graph, pl_gain(graph, alpha, x), b);
    if (manifold->matrix) return manifold->matrix(build, manifold->n, z);
    return pl_doubly(graph, manifold->map, manifold->n, manifold->iterations, z);
}

static struct pl_site site_of(struct pl_build *build, const struct pl_manifold *manifold, long l,
                              int h) {
    struct pl_graph *graph = build->graph;
    struct pl_site site = {.mix = PL_NONE};
    int n = manifold->n, w[3], count = 2;
    w[0] = phi(build, manifold, "phi_pre", l, n);
    w[1] = phi(build, manifold, "phi_post", l, n);
    if (manifold->logits) w[count++] = phi(build, manifold, "phi_res", l, manifold->logits);
    int r = pl_norm_stats(graph, h, PL_NORM_RMS, build->host->norm_eps, 1);
    int x = pl_project(graph, h, r, w, count);
    int b_pre = stream_bias(build, manifold, "b_pre", l);
    int b_post = stream_bias(build, manifold, "b_post", l);
    int alpha_pre = pl_streams_scalar(build, "alpha_pre", l, ALPHA);
    int alpha_post = pl_streams_scalar(build, "alpha_post", l, ALPHA);
    site.read = gate(build, alpha_pre, pl_view(graph, x, 0, n), b_pre);
    site.write = pl_scale(graph, 2, gate(build, alpha_post, pl_view(graph, x, n, n), b_post));
    if (manifold->logits)
        site.mix = mixing(build, manifold, l, pl_view(graph, x, 2 * n, manifold->logits));
    return site;
}

void pl_manifold_begin(struct pl_build *build, int e) {
    struct pl_manifold_state *state = state_of(build);
    state->options = build->options;
    state->manifold = state->options->describe(state->options);
    pl_streams_begin(build, &state->streams, e, state->manifold.n, false);
}

int pl_manifold_input(struct pl_build *build, long l, int port) {
    (void)port;
    struct pl_streams *streams = &state_of(build)->streams;
    struct pl_site site = site_of(build, &state_of(build)->manifold, l, streams->h);
    return pl_streams_read(build, streams, l, site);
}

void pl_manifold_output(struct pl_build *build, long l, int y) {
    pl_streams_write(build, &state_of(build)->streams, l, y);
}

int pl_manifold_mix_row(struct pl_build *build, long l) {
    return pl_streams_mix_row(build, &state_of(build)->streams, l);
}

/* Of its own: phi [n d, n], b [n], alpha; used as pre is. */
static int weighted_readout(struct pl_build *build, const struct pl_manifold *manifold,
                            struct pl_streams *streams) {
    struct pl_graph *graph = build->graph;
    long l = build->host->depth + 1;
    int w = phi(build, manifold, "head_phi", l, manifold->n);
    int b = pl_residual_param(build, "head_b", l, manifold->n, 1, PL_GROUP_CONNECTION,
                              PL_FILL_VALUE, 0);
    int alpha = pl_streams_scalar(build, "head_alpha", l, ALPHA);
    int r = pl_norm_stats(graph, streams->h, PL_NORM_RMS, build->host->norm_eps, 1);
    int x = pl_project(graph, streams->h, r, &w, 1);
    return pl_streams_read(build, streams, l, (struct pl_site){gate(build, alpha, x, b)});
}

int pl_manifold_readout(struct pl_build *build) {
    struct pl_manifold_state *state = state_of(build);
    return state->options->readout == PL_MANIFOLD_SIGMOID
               ? weighted_readout(build, &state->manifold, &state->streams)
               : pl_streams_sum(build, &state->streams);
}

size_t pl_manifold_param_count(const struct pl_host *host, const void *opaque) {
    const struct pl_manifold_options *options = opaque;
    struct pl_manifold manifold = options->describe(options);
    size_t n = (size_t)manifold.n, nd = n * (size_t)host->width, R = (size_t)manifold.logits;
    size_t site = nd * (2 * n + R) + 2 * n + R + (R ? 3 : 2);
    size_t head = options->readout == PL_MANIFOLD_SIGMOID ? nd * n + n + 1 : 0;
    return (size_t)host->depth * site + head;
}

double pl_manifold_flops(const struct pl_host *host, const void *opaque, long l) {
    const struct pl_manifold_options *options = opaque;
    struct pl_manifold manifold = options->describe(options);
    double n = manifold.n, d = (double)host->width, R = manifold.logits;
    double mix = R > 0 ? 2 * n * d * (n + 2) : 4 * n * d;
    (void)l;
    return 2 * n * d * (2 * n + R) + manifold.flops + mix + 3 * n * d;
}
