/* What the host transformer promises, by every residual variant: gradients by differences, causality, and
 * sequences that depend on nothing else; the identities of docs/variants.md; any size; and what it refuses. */
#include <math.h>
#include <string.h>

#include "core/model/residual.h"
#include "tests/support/support.h"
#include "tests/support/transformer.h"

enum { TOKENS = PL_TOKENS, VOCABULARY = PL_VOCABULARY };

static bool moves(const struct pl_trial *trial, int n) {
    const struct pl_node *node = pl_graph_node(&trial->graph, n);
    return node->kind == PL_KIND_PARAM && node->group != PL_GROUP_CONSTANT &&
           trial->graph.grads.items[n] != PL_NONE;
}

/* One entry of a parameter against the difference of losses. */
static double difference(struct pl_trial *trial, int n, int entry, double step) {
    double *values = pl_trial_read(trial, n), was = values[entry], loss[2];
    for (int side = 0; side < 2; side++) {
        values[entry] = was + (side ? step : -step);
        pl_program_write(trial->program, n, values);
        loss[side] = pl_trial_loss(trial);
    }
    values[entry] = was;
    pl_program_write(trial->program, n, values);
    pl_free(values);
    return (loss[1] - loss[0]) / (2 * step);
}

static void check_gradients(const char *variant, const char *const *family) {
    struct pl_trial *trial = pl_transformer_trial("ref", variant, 3, family);
    pl_transformer_shake(trial);
    trial->weight[3] = 0;
    trial->weight[8] = 0.25F;
    pl_trial_gradient(trial);
    for (int n = 0; n < (int)trial->graph.grads.count; n++) {
        if (!moves(trial, n)) continue;
        const struct pl_node *node = pl_graph_node(&trial->graph, n);
        int size = node->rows * node->cols;
        for (int k = 0; k < 3; k++) {
            int entry = (int)((unsigned)(7 * n + 11 * k) % (unsigned)size);
            pl_trial_gradient(trial);
            double *gradient = pl_trial_read_grad(trial, n), exact = gradient[entry];
            double by_steps = difference(trial, n, entry, 1e-5);
            pl_free(gradient);
            if (fabs(by_steps - exact) <= 1e-8 + 2e-6 * fabs(exact)) continue;
            printf("%s: %s[%d]: %.10g, by differences %.10g\n", variant, node->name, entry, exact,
                   by_steps);
            PL_CHECK(!"gradient");
        }
    }
    pl_trial_destroy(trial);
}

static void test_transformer__gradients_agree_with_differences(void) {
    for (int k = 0; pl_residuals[k]; k++)
        for (int f = 0; f < PL_FAMILIES; f++)
            check_gradients(pl_residuals[k]->name, pl_transformer_families[f]);
}

/* Another token at place j of a sample changes nothing before j, not by a bit. */
static void check_causal(const char *backend, const char *variant, const char *const *family) {
    struct pl_trial *trial = pl_transformer_trial(backend, variant, 2, family);
    pl_transformer_shake(trial);
    double *before = pl_trial_predict(trial);
    for (int j = 1; j < TOKENS; j++) {
        int32_t was = trial->ids[TOKENS + j];
        trial->ids[TOKENS + j] = (was + 1) % VOCABULARY;
        double *after = pl_trial_predict(trial);
        size_t kept = (size_t)(TOKENS + j) * VOCABULARY;
        PL_CHECK(memcmp(before, after, kept * sizeof *after) == 0);
        PL_CHECK(memcmp(before + kept, after + kept, VOCABULARY * sizeof *after) != 0);
        trial->ids[TOKENS + j] = was;
        pl_free(after);
    }
    pl_free(before);
    pl_trial_destroy(trial);
}

static void test_transformer__no_token_hears_of_later_ones(void) {
    for (int k = 0; pl_residuals[k]; k++)
        for (int f = 0; f < PL_FAMILIES; f++) {
            check_causal("ref", pl_residuals[k]->name, pl_transformer_families[f]);
            check_causal("cpu", pl_residuals[k]->name, pl_transformer_families[f]);
        }
}

/* Sample after sample in the other order. */
static void turn_around(int32_t *ids, int samples) {
    for (int n = 0; n < samples / 2; n++)
        for (int t = 0; t < TOKENS; t++) {
            int32_t *a = &ids[n * TOKENS + t], *b = &ids[(samples - 1 - n) * TOKENS + t], swap = *a;
            *a = *b;
            *b = swap;
        }
}

/* A sample alone, and as the third of five, in either order of the others. */
static void check_company(const char *backend, const char *variant, const char *const *family) {
    struct pl_trial *many = pl_transformer_trial(backend, variant, 5, family);
    struct pl_trial *alone = pl_transformer_trial(backend, variant, 1, family);
    memcpy(alone->ids, many->ids + 2 * TOKENS, TOKENS * sizeof *alone->ids);
    double *all = pl_trial_predict(many), *one = pl_trial_predict(alone);
    PL_CHECK(memcmp(one, all + 2 * TOKENS * VOCABULARY, TOKENS * VOCABULARY * sizeof *one) == 0);
    turn_around(many->ids, 5);
    double *turned = pl_trial_predict(many);
    for (size_t n = 0; n < 5; n++)
        PL_CHECK(memcmp(turned + n * TOKENS * VOCABULARY, all + (4 - n) * TOKENS * VOCABULARY,
                        TOKENS * VOCABULARY * sizeof *all) == 0);
    pl_free(all);
    pl_free(one);
    pl_free(turned);
    pl_trial_destroy(many);
    pl_trial_destroy(alone);
}

static void test_transformer__a_sequence_depends_on_no_other(void) {
    for (int k = 0; pl_residuals[k]; k++)
        for (int f = 0; f < PL_FAMILIES; f++) {
            check_company("ref", pl_residuals[k]->name, pl_transformer_families[f]);
            check_company("cpu", pl_residuals[k]->name, pl_transformer_families[f]);
        }
}

/* Both promises again, with each option moved from the first family, on every backend. */
static void test_transformer__options_keep_both_promises(void) {
    static const char *const moves[] = {
        "model.positions=none",
        "model.positions=rope",
        "model.qk_norm=true",
        "model.heads=1",
        "model.heads=8",
        "model.attention_bias=false",
        "model.mlp_bias=false",
        "model.mlp=swiglu",
        "model.head=tied",
        "model.value_residual=first",
        "model.value_residual=mean",
        "model.norm=rmsnorm",
        "model.norm_eps=0.01",
        "model.prenorm=false",
        "model.final_norm=false",
        "model.init=gpt2",
        "model.activation=relu",
        "model.dropout=0.5",
        "variant.score=sigmoid",
        "variant.heads=2",
        "variant.window=1",
    };
    for (size_t k = 0; k < sizeof moves / sizeof moves[0]; k++) {
        const char *const *more =
            PL_TRANSFORMER_MORE("model.norm=layernorm", "model.activation=gelu", moves[k]);
        for (int b = 0; pl_backend_here(b); b++) {
            check_causal(pl_backend_name(pl_backend_here(b)), "attnres_full", more);
            check_company(pl_backend_name(pl_backend_here(b)), "attnres_full", more);
        }
    }
}

/* Of a whole model's training, in elements of a tile that holds one sequence of [tokens]. */
static long scratch(const char *variant, int tokens) {
    char text[32];
    snprintf(text, sizeof text, "task.tokens=%d", tokens);
    struct pl_trial *trial = pl_transformer_trial(
        "cpu", variant, 1,
        (const char *const[]){text, "model.width=8", "model.heads=2", "model.depth=4", NULL});
    long size = (long)trial->plan.size[PL_REGION_SCRATCH];
    PL_CHECK_INT(trial->fit, 1);
    pl_trial_destroy(trial);
    return size;
}

/* No part of it grows with the square: T = 32, 64, .. 256 lie on one line, of every variant. */
static void test_transformer__memory_is_linear_in_tokens(void) {
    for (int k = 0; pl_residuals[k]; k++) {
        const char *variant = pl_residuals[k]->name;
        long least = scratch(variant, 32), step = scratch(variant, 64) - least;
        PL_CHECK(step > 0);
        for (int tokens = 96; tokens <= 256; tokens += 32)
            PL_CHECK_INT(scratch(variant, tokens), least + (tokens / 32 - 1) * step);
    }
}

static double start_loss(const char *variant, const char *const *more) {
    struct pl_trial *trial = pl_transformer_trial("ref", variant, 4, more);
    double loss = pl_trial_loss(trial);
    pl_trial_destroy(trial);
    return loss;
}

static void test_transformer__many_variants_start_as_standard(void) {
    static const char *const more[][8] = {
        {PL_TRANSFORMER, "model.norm_eps=0", "model.norm=layernorm"},
        {PL_TRANSFORMER, "model.norm_eps=0", "model.mlp=swiglu"},
    };
    for (int f = 0; f < 2; f++) {
        double standard = start_loss("standard", more[f]);
        PL_CHECK_NEAR(start_loss("rescaled", more[f]), standard, 1e-12);
        for (int k = 0; pl_residuals[k]; k++)
            if (pl_residuals[k]->flags & PL_RESIDUAL_STARTS_STANDARD)
                PL_CHECK_NEAR(start_loss(pl_residuals[k]->name, more[f]), standard, 1e-12);
    }
}

static void test_transformer__blocks_of_one_layer_are_full(void) {
    struct pl_trial *full =
        pl_transformer_trial("cpu", "attnres_full", 4, PL_TRANSFORMER_MORE("variant.query_std=1"));
    struct pl_trial *block =
        pl_transformer_trial("cpu", "attnres_block", 4,
                             PL_TRANSFORMER_MORE("variant.query_std=1", "variant.block_size=1"));
    double *a = pl_trial_predict(full), *b = pl_trial_predict(block);
    PL_CHECK(memcmp(a, b, 4 * TOKENS * VOCABULARY * sizeof *a) == 0);
    pl_free(a);
    pl_free(b);
    pl_trial_destroy(full);
    pl_trial_destroy(block);
}

/* ---- odd sizes ---- */

static void check_size(const char *tokens, const char *width, const char *heads, size_t samples) {
    static const char *const backends[] = {"ref", "cpu"};
    char text[3][32];
    snprintf(text[0], sizeof text[0], "task.tokens=%s", tokens);
    snprintf(text[1], sizeof text[1], "model.width=%s", width);
    snprintf(text[2], sizeof text[2], "model.heads=%s", heads);
    double loss[2];
    for (int k = 0; k < 2; k++) {
        struct pl_trial *trial = pl_transformer_trial(
            backends[k], "attnres_full", samples,
            (const char *const[]){text[0], text[1], text[2], "model.depth=2", NULL});
        loss[k] = pl_trial_gradient(trial);
        pl_trial_destroy(trial);
    }
    PL_CHECK(isfinite(loss[0]) && loss[0] > 0);
    PL_CHECK_NEAR(loss[1], loss[0], 1e-5);
}

static void test_transformer__any_length_width_and_count_work(void) {
    check_size("1", "4", "4", 1);
    check_size("1", "1", "1", 40);
    check_size("13", "6", "3", 1);
    check_size("13", "6", "6", 9);
    check_size("16", "8", "1", 3);
    check_size("100", "8", "2", 3);
}

/* ---- values ---- */

/* With first, only layer 1 has values of its own; with mean, later ones have. */
static void test_transformer__value_residual_takes_those_of_layer_1(void) {
    struct pl_trial *first = pl_transformer_trial(
        "ref", "standard", 2, PL_TRANSFORMER_MORE("model.value_residual=first"));
    PL_CHECK(pl_graph_find(&first->graph, "layers.1.wv") != PL_NONE);
    PL_CHECK(pl_graph_find(&first->graph, "layers.3.wv") == PL_NONE);
    PL_CHECK(pl_graph_find(&first->graph, "layers.3.bv") == PL_NONE);
    pl_trial_destroy(first);
    struct pl_trial *mean = pl_transformer_trial("ref", "standard", 2,
                                                 PL_TRANSFORMER_MORE("model.value_residual=mean"));
    PL_CHECK(pl_graph_find(&mean->graph, "layers.3.wv") != PL_NONE);
    pl_trial_destroy(mean);
}

/* ---- blocks of two layers ---- */

static int rows_of(const struct pl_trial *trial, const char *name) {
    int node = pl_graph_find(&trial->graph, name);
    return node == PL_NONE ? 0 : pl_graph_node(&trial->graph, node)->rows;
}

/* A block's parameters have the number of its last layer; states are those after blocks. */
static void test_transformer__averages_of_states_count_blocks(void) {
    static const char *const variants[] = {"denseformer", "muddformer_r"};
    for (int k = 0; k < 2; k++) {
        struct pl_trial *trial =
            pl_transformer_trial("ref", variants[k], 1, PL_TRANSFORMER_MORE("model.norm=rmsnorm"));
        PL_CHECK_INT(rows_of(trial, "residual.a.1"), 0);
        PL_CHECK_INT(rows_of(trial, "residual.a.2"), 2);
        PL_CHECK_INT(rows_of(trial, "residual.a.3"), 0);
        PL_CHECK_INT(rows_of(trial, "residual.a.4"), 3);
        size_t formula =
            trial->model.residual->param_count(&trial->model.host, trial->model.options);
        PL_CHECK_INT(pl_graph_param_count(&trial->graph, PL_GROUP_CONNECTION), formula);
        pl_trial_destroy(trial);
    }
}

/* ---- refusals ---- */

static void check_refused(const char *const *settings, const char *part) {
    const struct pl_backend *backend;
    struct pl_trial *trial;
    PL_REQUIRE_OK(pl_backend_find(&backend, "ref"));
    PL_CHECK_FAILS(pl_trial_create(&trial, backend, settings, 1, 2), PL_ECONFIG, part);
}

#define SETTINGS(...)                                                                              \
    ((const char *const[]){"model.kind=transformer", "variant.name=standard", __VA_ARGS__, NULL})

static void test_transformer__contradictions_are_refused(void) {
    check_refused(SETTINGS("model.depth=3", "task.vocabulary=4", "task.classes=4"),
                  "trial: model.depth: the depth is 3");
    check_refused(SETTINGS("model.heads=5", "task.vocabulary=4", "task.classes=4"),
                  "5 heads do not divide the width 32");
    check_refused(
        SETTINGS("model.heads=32", "model.positions=rope", "task.vocabulary=4", "task.classes=4"),
        "positions is rope");
    check_refused(SETTINGS("model.head=tied", "task.vocabulary=4", "task.classes=5"),
                  "model.head is tied");
    check_refused(SETTINGS("model.head=none", "task.vocabulary=4", "task.classes=5"),
                  "model.head is none");
    check_refused(SETTINGS("model.width=8"), "takes tokens");
    check_refused((const char *const[]){"model.kind=mlp", "variant.name=muddformer", NULL},
                  "trial: the variant muddformer hands attention");
    check_refused(
        (const char *const[]){"model.kind=mlp", "variant.name=dca", NULL},
        "hands attention its queries, keys and values apart, and a model of the kind mlp");
    check_refused((const char *const[]){"model.kind=mlp", "variant.name=standard",
                                        "task.vocabulary=4", "task.classes=4", NULL},
                  "one vector a sample");
}

const struct pl_test pl_suite_transformer[] = {
    {"gradients_agree_with_differences", test_transformer__gradients_agree_with_differences},
    {"no_token_hears_of_later_ones", test_transformer__no_token_hears_of_later_ones},
    {"a_sequence_depends_on_no_other", test_transformer__a_sequence_depends_on_no_other},
    {"options_keep_both_promises", test_transformer__options_keep_both_promises},
    {"memory_is_linear_in_tokens", test_transformer__memory_is_linear_in_tokens},
    {"many_variants_start_as_standard", test_transformer__many_variants_start_as_standard},
    {"blocks_of_one_layer_are_full", test_transformer__blocks_of_one_layer_are_full},
    {"any_length_width_and_count_work", test_transformer__any_length_width_and_count_work},
    {"value_residual_takes_those_of_layer_1",
     test_transformer__value_residual_takes_those_of_layer_1},
    {"averages_of_states_count_blocks", test_transformer__averages_of_states_count_blocks},
    {"contradictions_are_refused", test_transformer__contradictions_are_refused},
    {0},
};
