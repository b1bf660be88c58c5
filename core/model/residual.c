#include "core/model/residual.h"

#include <string.h>

#include "core/base/fault.h"
#include "core/config/names.h"
#include "core/model/layer.h"

/* Every variant, a row each: residual_NAME.c in variants/ defines pl_residual_NAME. Their order is that of
 * `plumbline list variants`. */
#define RESIDUALS(X)                                                                               \
    X(standard)                                                                                    \
    X(rescaled)                                                                                    \
    X(rezero)                                                                                      \
    X(layerscale)                                                                                  \
    X(highway)                                                                                     \
    X(postnorm)                                                                                    \
    X(sandwich)                                                                                    \
    X(deepnorm)                                                                                    \
    X(keel)                                                                                        \
    X(laurel_rw)                                                                                   \
    X(laurel_lr)                                                                                   \
    X(laurel_rw_lr)                                                                                \
    X(mixln)                                                                                       \
    X(lns)                                                                                         \
    X(none)                                                                                        \
    X(siamesenorm)                                                                                 \
    X(hyper_connections)                                                                           \
    X(mhc)                                                                                         \
    X(mhc_lite)                                                                                    \
    X(kromhc)                                                                                      \
    X(ihc)                                                                                         \
    X(c_mhc)                                                                                       \
    X(frac_connections)                                                                            \
    X(ddl)                                                                                         \
    X(ddl_expanded)                                                                                \
    X(mgr)                                                                                         \
    X(attnres_full)                                                                                \
    X(attnres_block)                                                                               \
    X(attnres_static)                                                                              \
    X(mhar)                                                                                        \
    X(lr_attnres)                                                                                  \
    X(delta_attnres)                                                                               \
    X(delta_attnres_block)                                                                         \
    X(denseformer)                                                                                 \
    X(denseformer_out)                                                                             \
    X(densenet)                                                                                    \
    X(densenet_diag)                                                                               \
    X(mrla_base)                                                                                   \
    X(mrla_light)                                                                                  \
    X(muddformer_r)                                                                                \
    X(muddformer)                                                                                  \
    X(dca)                                                                                         \
    X(ancre)                                                                                       \
    X(elmo_readout)                                                                                \
    X(x0_lambda)                                                                                   \
    X(backout)                                                                                     \
    X(unet_skip)                                                                                   \
    X(accumulator)

#define DECLARE(name) extern const struct pl_residual pl_residual_##name;
RESIDUALS(DECLARE)
#undef DECLARE

#define LIST(name) &pl_residual_##name,
const struct pl_residual *const pl_residuals[] = {RESIDUALS(LIST) NULL};
#undef LIST

enum { VARIANTS = sizeof pl_residuals / sizeof pl_residuals[0] - 1 };

enum pl_status pl_residual_find(const struct pl_residual **out, const char *name) {
    const char *names[VARIANTS];
    *out = NULL;
    for (int k = 0; k < VARIANTS; k++) {
        names[k] = pl_residuals[k]->name;
        if (strcmp(names[k], name) == 0) *out = pl_residuals[k];
    }
    if (*out) return PL_OK;
    return pl_names_fail(PL_NAME_LIST(names, VARIANTS), PL_NO_PLACE, name,
                         "`plumbline list variants` shows all", "no variant is called \"%s\"",
                         name);
}

const char *pl_residual_host(const struct pl_residual *residual) {
    size_t k = 0;
    while (residual->flags & PL_RESIDUAL_PORTS4 && !pl_host_kinds[k]->ports) k++;
    return pl_host_kinds[k]->name;
}

const char *pl_residual_sources(const struct pl_residual *residual,
                                const struct pl_settings *settings) {
    if (!residual->sources) return NULL;
    const char *sources = pl_settings_value(settings, "variant.sources", residual->sources);
    return strcmp(sources, "states") == 0 ? "states" : "outputs";
}

int pl_residual_param(struct pl_build *build, const char *what, long l, long rows, long cols,
                      enum pl_group group, enum pl_fill fill, double a) {
    const char *name = pl_arena_printf(build->arena, "residual.%s.%ld", what, l);
    return pl_param(build->graph, name, (int)rows, (int)cols, group, fill, a);
}

void pl_residual_saw_site(struct pl_build *build, int weights, int mask, int count,
                          const int *from) {
    int heads = pl_graph_node(build->graph, weights)->rows / count;
    pl_network_site(build->network,
                    (struct pl_depth_site){build->site, weights, mask, count, heads, from, false});
}

void pl_residual_saw_streams(struct pl_build *build, int node, int n) {
    if (build->look && n > 1)
        build->network->streams[build->site - 1] = (struct pl_site_streams){node, n};
}

int pl_residual_norm(struct pl_build *build, const char *what, long l, int x) {
    const char *name = pl_arena_printf(build->arena, "residual.%s.%ld.gain", what, l);
    return pl_layer_norm(build->graph, x, name, build->host, PL_GROUP_CONNECTION);
}

int pl_residual_prenorm(struct pl_build *build, long l, int h) {
    if (build->host->prenorm != PL_TRUE) return h;
    if (l == 3 && pl_fault("prenorm_skipped")) return h;
    static const char *const port[PL_PORTS] = {".q", ".k", ".v", ".r"};
    const char *name = pl_arena_printf(build->arena, "norms.%ld.gain%s", l,
                                       build->ports > 1 ? port[build->port] : "");
    return pl_layer_norm(build->graph, h, name, build->host, PL_GROUP_PLAIN);
}
