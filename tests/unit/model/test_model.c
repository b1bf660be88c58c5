/* From settings to a graph: names, places of complaints, and a forward pass written out by hand. */
#include "core/base/hash.h"
#include "core/base/math.h"
#include "core/model/forward.h"
#include "core/model/model.h"
#include "tests/support/support.h"

struct made {
    struct pl_arena arena;
    struct pl_settings settings;
    struct pl_model model;
    struct pl_graph graph;
    struct pl_network network;
};

static enum pl_status bind(struct made *made, const char *const *pairs,
                           const struct pl_model_io *io) {
    memset(made, 0, sizeof *made);
    for (int line = 1; pairs[0]; pairs += 2, line++)
        pl_settings_set(&made->settings, pairs[0], pairs[1], (struct pl_place){"x.yaml", line, 9});
    enum pl_status status = pl_model_bind(&made->model, &made->settings, &made->arena);
    return status == PL_OK && io ? pl_model_fit(&made->model, &made->settings, io) : status;
}

static void finish(struct made *made) {
    pl_graph_finish(&made->graph);
    pl_settings_finish(&made->settings);
    pl_arena_finish(&made->arena);
}

#define PAIRS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void digest(const char *const *pairs, char out[PL_HASH_TEXT]) {
    struct made made;
    struct pl_model_io io = {.in = 4, .out = 3, .classes = false, .tokens = 1};
    PL_REQUIRE_OK(bind(&made, pairs, &io));
    pl_model_build(&made.model, &io, &made.graph, &made.network);
    pl_model_digest(&made.graph, out);
    finish(&made);
}

static void test_model__parameters_bear_the_names_of_the_catalogue(void) {
    static const char *const names[] = {
        "embed.w",     "embed.b",          "norms.1.gain",     "layers.1.w1",
        "layers.1.b1", "layers.2.w2",      "layers.2.b2",      "head.w",
        "head.b",      "norms.final.gain", "residual.query.2", "residual.key_gain.3"};
    struct made made;
    struct pl_model_io io = {.in = 4, .out = 3, .classes = true, .tokens = 1};
    PL_REQUIRE_OK(bind(
        &made, PAIRS("model.depth", "2", "model.width", "5", "variant.name", "attnres_full"), &io));
    pl_model_build(&made.model, &io, &made.graph, &made.network);
    pl_graph_check(&made.graph);
    for (size_t k = 0; k < sizeof names / sizeof names[0]; k++)
        PL_CHECK(pl_graph_find(&made.graph, names[k]) != PL_NONE);
    PL_CHECK(pl_graph_find(&made.graph, "residual.query.1") == PL_NONE);
    PL_CHECK_INT(pl_graph_node(&made.graph, pl_graph_find(&made.graph, "layers.1.w1"))->rows, 20);
    finish(&made);
}

static void test_model__complaints_name_the_place_of_the_setting(void) {
    struct made made;
    struct pl_model_io io = {.in = 4, .out = 3, .classes = false, .tokens = 1};
    PL_REQUIRE_OK(bind(&made, PAIRS("model.width", "4", "model.embed", "none"), NULL));
    PL_CHECK_FAILS(pl_model_fit(&made.model, &made.settings,
                                &(struct pl_model_io){.in = 5, .out = 3, .tokens = 1}),
                   PL_ECONFIG, "x.yaml:2:9: model.embed is none");
    finish(&made);
    PL_CHECK_FAILS(bind(&made, PAIRS("model.width", "4", "model.head", "none"), &io), PL_ECONFIG,
                   "x.yaml:2:9: model.head is none");
    finish(&made);
    PL_CHECK_FAILS(bind(&made, PAIRS("model.widht", "4"), &io), PL_ECONFIG,
                   "did you mean \"width\"");
    finish(&made);
    PL_CHECK_FAILS(bind(&made, PAIRS("variant.name", "attnres"), &io), PL_ECONFIG, "x.yaml:1:9");
    finish(&made);
    PL_CHECK_FAILS(bind(&made, PAIRS("variant.heads", "3", "variant.name", "attnres_full"), &io),
                   PL_ECONFIG, "x.yaml:1:9: variant.heads: 3 heads do not divide the width 32");
    finish(&made);
}

static void test_model__same_graph_same_digest(void) {
    char full[PL_HASH_TEXT], block[PL_HASH_TEXT], other[PL_HASH_TEXT];
    digest(PAIRS("variant.name", "attnres_full"), full);
    digest(PAIRS("variant.block_size", "1", "variant.name", "attnres_block"), block);
    digest(PAIRS("variant.block_size", "2", "variant.name", "attnres_block"), other);
    PL_CHECK_TEXT(full, block);
    PL_CHECK(strcmp(full, other) != 0);
}

/* ---- a network of width 2, hidden 2, depth 1, by hand ---- */

static void fill(void *context, const char *name, long rows, long cols, double *values) {
    (void)context;
    for (long k = 0; k < rows * cols; k++) values[k] = 0.1 * (double)(k + 1);
    if (strcmp(name, "norms.1.gain") == 0) values[0] = values[1] = 2;
}

/* The words of model.kind are the table, in its order, and every kind has the rows that all have. */
static void test_model__hosts_are_the_words_of_kind(void) {
    const struct pl_host_kind *found;
    for (int k = 0; pl_host_kinds[k]; k++) {
        const struct pl_options *options = &pl_host_kinds[k]->options;
        const struct pl_option *kind = pl_option_find(options, "kind");
        PL_CHECK_TEXT(pl_option_word(kind, k), pl_host_kinds[k]->name);
        PL_CHECK(pl_option_find(options, "width") && pl_option_find(options, "final_norm"));
        PL_REQUIRE_OK(pl_host_find(&found, pl_host_kinds[k]->name));
        PL_CHECK(found == pl_host_kinds[k]);
    }
    PL_REQUIRE_OK(pl_host_find(&found, NULL));
    PL_CHECK_TEXT(found->name, "mlp");
    PL_CHECK_FAILS(pl_host_find(&found, "mpl"), PL_ECONFIG, "did you mean \"mlp\"");
}

static void test_model__mlp_takes_one_vector_a_sample(void) {
    static const struct pl_model_io refused[] = {
        {.in = 4, .out = 4, .ids = true, .tokens = 1},
        {.in = 4, .out = 4, .tokens = 2},
    };
    for (int k = 0; k < 2; k++) {
        struct made made;
        PL_CHECK_FAILS(bind(&made, PAIRS("task.name", "sequence"), &refused[k]), PL_ECONFIG,
                       "x.yaml:1:9: the task has sequences or ids");
        finish(&made);
    }
}

/* A number that a graph is built with is part of what it computes. */
static void test_model__constants_count_in_the_digest(void) {
    char digests[2][PL_HASH_TEXT];
    for (int k = 0; k < 2; k++) {
        struct pl_graph graph;
        pl_graph_init(&graph);
        pl_const(&graph, 1 + k);
        pl_model_digest(&graph, digests[k]);
        pl_graph_finish(&graph);
    }
    PL_CHECK(strcmp(digests[0], digests[1]) != 0);
}

static void test_model__forward_is_what_the_formula_says(void) {
    static const struct pl_forward_setting settings[] = {
        {"model.width", "2"},         {"model.hidden", "2"},   {"model.depth", "1"},
        {"model.embed", "none"},      {"model.head", "none"},  {"model.final_norm", "false"},
        {"model.activation", "tanh"}, {"model.norm_eps", "0"}, {"variant.name", "standard"}};
    const float x[2] = {3, 4};
    double y[2], u[2], a[2], rms = sqrt((9.0 + 16.0) / 2);
    PL_REQUIRE_OK(
        pl_forward(settings, sizeof settings / sizeof settings[0], 2, 2, fill, NULL, x, 1, y));
    for (int c = 0; c < 2; c++) u[c] = 2 * x[c] / rms;
    double w[4] = {0.1, 0.2, 0.3, 0.4}, b[2] = {0.1, 0.2};
    for (int c = 0; c < 2; c++) a[c] = pl_tanh(w[2 * c] * u[0] + w[2 * c + 1] * u[1] + b[c]);
    for (int c = 0; c < 2; c++)
        PL_CHECK_NEAR(y[c], x[c] + w[2 * c] * a[0] + w[2 * c + 1] * a[1] + b[c], 1e-14);
}

const struct pl_test pl_suite_model[] = {
    {"parameters_bear_the_names_of_the_catalogue",
     test_model__parameters_bear_the_names_of_the_catalogue},
    {"complaints_name_the_place_of_the_setting",
     test_model__complaints_name_the_place_of_the_setting},
    {"hosts_are_the_words_of_kind", test_model__hosts_are_the_words_of_kind},
    {"mlp_takes_one_vector_a_sample", test_model__mlp_takes_one_vector_a_sample},
    {"same_graph_same_digest", test_model__same_graph_same_digest},
    {"constants_count_in_the_digest", test_model__constants_count_in_the_digest},
    {"forward_is_what_the_formula_says", test_model__forward_is_what_the_formula_says},
    {0},
};
