#include "core/model/residual.h"

#include <string.h>

#include "core/base/fault.h"
#include "core/model/layer.h"

extern const struct pl_residual pl_residual_standard;
extern const struct pl_residual pl_residual_rescaled;
extern const struct pl_residual pl_residual_rezero;
extern const struct pl_residual pl_residual_layerscale;
extern const struct pl_residual pl_residual_highway;
extern const struct pl_residual pl_residual_postnorm;
extern const struct pl_residual pl_residual_sandwich;
extern const struct pl_residual pl_residual_deepnorm;
extern const struct pl_residual pl_residual_keel;
extern const struct pl_residual pl_residual_laurel_rw;
extern const struct pl_residual pl_residual_laurel_lr;
extern const struct pl_residual pl_residual_laurel_rw_lr;
extern const struct pl_residual pl_residual_mixln;
extern const struct pl_residual pl_residual_lns;
extern const struct pl_residual pl_residual_none;
extern const struct pl_residual pl_residual_siamesenorm;
extern const struct pl_residual pl_residual_hyper_connections;
extern const struct pl_residual pl_residual_mhc;
extern const struct pl_residual pl_residual_mhc_lite;
extern const struct pl_residual pl_residual_kromhc;
extern const struct pl_residual pl_residual_ihc;
extern const struct pl_residual pl_residual_frac_connections;
extern const struct pl_residual pl_residual_ddl;
extern const struct pl_residual pl_residual_ddl_expanded;
extern const struct pl_residual pl_residual_attnres_full;
extern const struct pl_residual pl_residual_attnres_block;
extern const struct pl_residual pl_residual_attnres_static;
extern const struct pl_residual pl_residual_mhar;
extern const struct pl_residual pl_residual_delta_attnres;
extern const struct pl_residual pl_residual_delta_attnres_block;
extern const struct pl_residual pl_residual_denseformer;
extern const struct pl_residual pl_residual_denseformer_out;
extern const struct pl_residual pl_residual_densenet;
extern const struct pl_residual pl_residual_densenet_diag;
extern const struct pl_residual pl_residual_mrla_base;
extern const struct pl_residual pl_residual_mrla_light;
extern const struct pl_residual pl_residual_muddformer_r;
extern const struct pl_residual pl_residual_ancre;
extern const struct pl_residual pl_residual_elmo_readout;

const struct pl_residual *const pl_residuals[] = {
    &pl_residual_standard,
    &pl_residual_rescaled,
    &pl_residual_rezero,
    &pl_residual_layerscale,
    &pl_residual_highway,
    &pl_residual_postnorm,
    &pl_residual_sandwich,
    &pl_residual_deepnorm,
    &pl_residual_keel,
    &pl_residual_laurel_rw,
    &pl_residual_laurel_lr,
    &pl_residual_laurel_rw_lr,
    &pl_residual_mixln,
    &pl_residual_lns,
    &pl_residual_none,
    &pl_residual_siamesenorm,
    &pl_residual_hyper_connections,
    &pl_residual_mhc,
    &pl_residual_mhc_lite,
    &pl_residual_kromhc,
    &pl_residual_ihc,
    &pl_residual_frac_connections,
    &pl_residual_ddl,
    &pl_residual_ddl_expanded,
    &pl_residual_attnres_full,
    &pl_residual_attnres_block,
    &pl_residual_attnres_static,
    &pl_residual_mhar,
    &pl_residual_delta_attnres,
    &pl_residual_delta_attnres_block,
    &pl_residual_denseformer,
    &pl_residual_denseformer_out,
    &pl_residual_densenet,
    &pl_residual_densenet_diag,
    &pl_residual_mrla_base,
    &pl_residual_mrla_light,
    &pl_residual_muddformer_r,
    &pl_residual_ancre,
    &pl_residual_elmo_readout,
    NULL,
};

enum { VARIANTS = sizeof pl_residuals / sizeof pl_residuals[0] - 1 };

enum pl_status pl_residual_find(const struct pl_residual **out, const char *name) {
    const char *names[VARIANTS];
    *out = NULL;
    for (int k = 0; k < VARIANTS; k++) {
        names[k] = pl_residuals[k]->name;
        if (strcmp(names[k], name) == 0) *out = pl_residuals[k];
    }
    if (*out) return PL_OK;
    const char *nearest = pl_nearest(name, names, VARIANTS);
    return pl_fail(
        PL_ECONFIG, "no variant is called \"%s\"%s%s%s; `plumbline list variants` shows all", name,
        nearest ? "; did you mean \"" : "", nearest ? nearest : "", nearest ? "\"?" : "");
}

int pl_residual_param(struct pl_build *build, const char *what, long l, long rows, long cols,
                      enum pl_group group, enum pl_fill fill, double a) {
    const char *name = pl_arena_printf(build->arena, "residual.%s.%ld", what, l);
    return pl_param(build->graph, name, (int)rows, (int)cols, group, fill, a);
}

void pl_residual_saw_site(struct pl_build *build, int weights, int mask, int count,
                          const int *from) {
    int rows = pl_graph_node(build->graph, weights)->rows;
    if (!build->seen) return;
    int *own = PL_ARENA_ARRAY(&build->graph->arena, int, (size_t)count);
    for (int k = 0; k < count; k++) own[k] = from ? from[k] : k;
    PL_VEC_PUSH(&build->seen->sites,
                (struct pl_seen_site){build->site, weights, mask, count, rows / count, own});
}

void pl_residual_saw_streams(struct pl_build *build, int node, int n) {
    if (build->seen && n > 1)
        build->seen->streams[build->site - 1] = (struct pl_seen_streams){node, n};
}

int pl_residual_norm(struct pl_build *build, const char *what, long l, int x) {
    const char *name = pl_arena_printf(build->arena, "residual.%s.%ld.gain", what, l);
    return pl_layer_norm(build->graph, x, name, build->host, PL_GROUP_CONNECTION);
}

int pl_residual_prenorm(struct pl_build *build, long l, int h) {
    if (build->host->prenorm != PL_TRUE) return h;
    if (l == 3 && pl_fault("prenorm_skipped")) return h;
    const char *name = pl_arena_printf(build->arena, "norms.%ld.gain", l);
    return pl_layer_norm(build->graph, h, name, build->host, PL_GROUP_PLAIN);
}
