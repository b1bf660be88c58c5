#include "core/model/variants/mrla.h"

#include <math.h>

/* floor((log2 width + 1) / 2), made odd: log2 width >= 2 m - 1 gives m. */
long pl_mrla_kernel(long width) {
    long m = 0;
    while (width >> (2 * m + 1) > 0) m++;
    return m + (m % 2 == 0);
}

static long head_width(const struct pl_host *host, const struct pl_mrla_options *options) {
    long width = 16;
    if (options->head_width > 0) return options->head_width;
    while (host->width % width != 0) width--;
    return width;
}

/* A convolution over channels with a kernel of its own, U(-1, 1)/sqrt(k) at the start. */
static int conv(struct pl_build *build, const char *what, long l, int x) {
    long k = pl_mrla_kernel(build->host->width);
    int w = pl_residual_param(build, what, l, k, 1, PL_GROUP_CONNECTION, PL_FILL_UNIFORM,
                              1 / sqrt((double)k));
    return pl_conv(build->graph, w, x);
}

struct pl_mrla pl_mrla_parts(struct pl_build *build, long l, int y) {
    struct pl_graph *graph = build->graph;
    long d = build->host->width, width = head_width(build->host, build->options);
    struct pl_mrla parts = {.s = pl_add(graph, pl_single(build)->h, y)};
    int r = pl_norm_stats(graph, parts.s, PL_NORM_RMS, build->host->norm_eps, 1);
    int x = pl_norm_apply(graph, parts.s, r, PL_NONE, PL_NORM_RMS);
    parts.q = conv(build, "conv_q", l, x);
    parts.k = conv(build, "conv_k", l, x);
    int omega = pl_residual_param(build, "omega", l, d, 1, PL_GROUP_CONNECTION, PL_FILL_VALUE, 1);
    parts.val = pl_gain(graph, omega, x);
    parts.score = (struct pl_depth){PL_SCORE_SOFTMAX, (int)(d / width), sqrt((double)width)};
    return parts;
}

enum pl_status pl_mrla_check(const struct pl_host *host, const void *options, const char **key) {
    long width = head_width(host, options);
    *key = "variant.head_width";
    if (host->width % width != 0)
        return pl_fail(
            PL_ECONFIG,
            "heads of %ld channels do not divide the width %ld; choose a divisor, or auto", width,
            host->width);
    return PL_OK;
}
