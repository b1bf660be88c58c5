/* c_mhc: mHC whose mixing is circulant and bounded over the whole depth (Zwick, "Circulant
 * Hyper-Connections", 2026; contactsebi/circulant-hyper-connections).
 *
 *     res = sum_k c_k Pi^k,   Pi[i][i+1 mod n] = 1           [ c_0 c_1 c_2 ]
 *     c   = (1 - gamma) e_0 + gamma softmax(z)               [ c_2 c_0 c_1 ]     n = 3
 *     z   = alpha_res x phi_res + b_res, n logits            [ c_1 c_2 c_0 ]
 *     gamma = beta / (2 L), beta being the option mixing_budget
 *
 * Rows and columns sum to 1 without iterations. All eigenvalues are at least 1 - 2 gamma in size, so the
 * product over L layers keeps e^(-beta - beta^2/L) of every stream where L >= 2 beta. The rest stands in
 * manifold.h. The paper's code has biases of its own and a mean for the readout; here both are mhc's.
 */
#include "core/model/variants/manifold.h"

static const struct pl_option rows[] = {
    PL_OPTION_INT(struct pl_manifold_options, streams, "4", 1, PL_STREAMS,
                  "copies of the state that are read, mixed and written"),
    PL_OPTION_REAL(
        struct pl_manifold_options, mixing_budget, "4", 0, 1e6,
        "beta, for all layers together: each mixes beta / (2 depth) of its streams, at most 1"),
    PL_MANIFOLD_START_ROW("identity: phi 0, biases near one stream in and out, even mixing; "
                          "random: phi N(0, 0.02^2), biases 0"),
    PL_MANIFOLD_READOUT_ROW,
};

static double gamma_of(const struct pl_host *host, const struct pl_manifold_options *options) {
    return options->mixing_budget / (2 * (double)host->depth);
}

static enum pl_status check(const struct pl_host *host, const void *options, const char **key) {
    double gamma = gamma_of(host, options);
    *key = "variant.mixing_budget";
    if (gamma <= 1) return PL_OK;
    return pl_fail(PL_ECONFIG,
                   "a layer would mix mixing_budget / (2 depth) = %g of its streams, which is more "
                   "than all; choose a budget of at most %ld",
                   gamma, 2 * host->depth);
}

/* Row i has c_{j-i mod n} at j: the last i of c, c_0, then the others. */
static int circulant(struct pl_build *build, int n, int z) {
    struct pl_graph *graph = build->graph;
    double gamma = gamma_of(build->host, build->options);
    int v[PL_STREAMS], parts[3 * PL_STREAMS], count = 0;
    for (int k = 0; k < n; k++) v[k] = pl_view(graph, z, k, 1);
    const struct pl_depth softmax = {PL_SCORE_SOFTMAX, 1, 1};
    int c = pl_depth_weights(graph, &softmax, pl_const(graph, 1), v, NULL, n);
    int mixed = pl_scale(graph, gamma, c);
    int rest = pl_const(graph, 1 - gamma), own = pl_view(graph, mixed, 0, 1);
    int first = pl_bias(graph, own, rest);
    for (int i = 0; i < n; i++) {
        if (i > 0) parts[count++] = pl_view(graph, mixed, n - i, i);
        parts[count++] = first;
        if (i < n - 1) parts[count++] = pl_view(graph, mixed, 1, n - 1 - i);
    }
    return n == 1 ? first : pl_stack(graph, parts, count);
}

static struct pl_manifold describe(const struct pl_manifold_options *options) {
    int n = (int)options->streams;
    return (struct pl_manifold){.matrix = circulant,
                                .n = n,
                                .logits = n,
                                .b_rows = n,
                                .b_cols = 1,
                                .b_step = 1,
                                .flops = 5.0 * n};
}

static const struct pl_manifold_options start = {.describe = describe};

const struct pl_residual pl_residual_c_mhc = {
    .name = "c_mhc",
    PL_MANIFOLD_MEMBER,
    .formula = "mhc with (1 - g) I + g sum_k softmax(z)_k Pi^k in place of Sinkhorn, Pi the cyclic "
               "shift, g = beta / (2 L)",
    .citation = "Zwick 2026, \"Circulant Hyper-Connections\", no arXiv number; code "
                "contactsebi/circulant-hyper-connections",
    .evidence = "[P] [C] [D]",
    .version = 1,
    .options = PL_OPTIONS("variant", rows),
    .check = check,
};
