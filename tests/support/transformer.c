#include "tests/support/transformer.h"

#include "tests/support/support.h"

enum { MOST_SETTINGS = 32 };

const char *const pl_transformer_families[PL_FAMILIES][16] = {
    {PL_TRANSFORMER, "model.norm=layernorm", "model.activation=gelu"},
    {PL_TRANSFORMER, "model.norm=rmsnorm", "model.mlp=swiglu", "model.head=tied",
     "model.attention_bias=false", "model.mlp_bias=false", "model.value_residual=mean",
     "model.init=gpt2", "model.positions=rope", "model.qk_norm=true"},
};

struct pl_trial *pl_transformer_trial(const char *backend_name, const char *variant, size_t samples,
                                      const char *const *more) {
    const struct pl_backend *backend;
    struct pl_trial *trial;
    char name[64];
    const char *settings[MOST_SETTINGS] = {"model.kind=transformer", "task.vocabulary=7",
                                           "task.classes=7", name};
    size_t count = 4;
    snprintf(name, sizeof name, "variant.name=%s", variant);
    for (; *more && count < MOST_SETTINGS - 1; more++) settings[count++] = *more;
    PL_REQUIRE(!*more);
    PL_REQUIRE_OK(pl_backend_find(&backend, backend_name));
    PL_REQUIRE_OK(pl_trial_create(&trial, backend, settings, 1, samples));
    return trial;
}

void pl_transformer_shake(struct pl_trial *trial) {
    for (int n = 0; n < (int)trial->graph.nodes.count; n++) {
        const struct pl_node *node = pl_graph_node(&trial->graph, n);
        if (node->kind == PL_KIND_PARAM && node->group != PL_GROUP_CONSTANT)
            pl_trial_perturb_one(trial, n, (uint64_t)n, 0.2);
    }
}
