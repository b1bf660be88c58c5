/* Residual variants: the suite every variant inherits, and the identities of docs/variants.md 6
 * among those that are here. */
#include "core/model/init.h"
#include "experiments/tools/conformance_residuals.h"
#include "tests/support/network.h"
#include "tests/support/support.h"

static const struct pl_backend *backend(const char *name) {
    const struct pl_backend *found = NULL;
    PL_REQUIRE_OK(pl_backend_find(&found, name));
    return found;
}

typedef void suite(struct pl_conformance *conformance, const struct pl_residual *residual);

static void all_variants(suite *check) {
    struct pl_conformance conformance;
    pl_conformance_init(&conformance);
    for (int k = 0; pl_residuals[k]; k++) check(&conformance, pl_residuals[k]);
    PL_CHECK_TEXT(conformance.text.text, "");
    PL_CHECK(conformance.checks > 0);
    pl_conformance_finish(&conformance);
}

static void on_every_backend(struct pl_conformance *conformance,
                             const struct pl_residual *residual) {
    for (int k = 0; pl_backend_here(k); k++)
        if (pl_backend_here(k) != backend("ref"))
            pl_conformance_residual_backend(conformance, residual, pl_backend_here(k));
}

static void test_residuals__rows_mix_outputs_to_inputs(void) {
    all_variants(pl_conformance_residual_rows);
}

static void test_residuals__parameters_are_counted(void) {
    all_variants(pl_conformance_residual_params);
}

static void test_residuals__every_backend_agrees_with_ref(void) {
    all_variants(on_every_backend);
}

/* ---- identities ---- */

enum { SAMPLES = PL_SAMPLES };

#define FULL  "variant.name=attnres_full"
#define BLOCK "variant.name=attnres_block"

/* T1, with no norm at all, so that magnitudes count. */
static void test_residuals__zero_queries_are_the_average(void) {
    const char *const *rescaled = PL_MORE("variant.name=rescaled", PL_NO_HOST_NORMS);
    PL_CHECK(pl_distance_of(PL_MORE("variant.name=attnres_full", PL_NO_HOST_NORMS), rescaled, 1) <
             1e-13);
    PL_CHECK(pl_distance_of(PL_MORE("variant.name=standard", PL_NO_HOST_NORMS), rescaled, 1) >
             1e-3);
}

/* T2: with both norms and eps 0 only the direction of h_l counts. */
static void test_residuals__one_function_under_both_norms(void) {
    static const char *const moves[] = {"variant.query_std=0",   "variant.score=sigmoid",
                                        "variant.mix=static",    "variant.heads=4",
                                        "variant.key_norm=none", "variant.key_gain=false",
                                        "variant.temperature=3"};
    const char *const *standard = PL_MORE("variant.name=standard");
    PL_CHECK(pl_distance_of(PL_MORE("variant.name=rescaled"), standard, 1) < 1e-12);
    for (size_t k = 0; k < sizeof moves / sizeof moves[0]; k++)
        PL_CHECK(pl_distance_of(PL_MORE(FULL, moves[k]), standard, 1) < 1e-12);
    for (int size = 1; size <= 9; size++) {
        char text[40];
        snprintf(text, sizeof text, "variant.block_size=%d", size);
        PL_CHECK(pl_distance_of(PL_MORE(BLOCK, text), standard, 1) < 1e-12);
    }
    PL_CHECK(pl_distance_of(PL_MORE(FULL, "variant.window=2"), standard, 1) > 1e-3);
}

/* The gradients of shared weights agree too (docs/science.md 2). */
static void test_residuals__one_gradient_under_both_norms(void) {
    all_variants(pl_conformance_residual_promise);
}

/* T3, T5, T6: the same function for random queries, bit for bit. */
static void test_residuals__special_cases_are_the_general_one(void) {
    pl_check_same_bits(PL_MORE(FULL), PL_MORE(BLOCK, "variant.block_size=1"), 0.5);
    pl_check_same_bits(PL_MORE(FULL), PL_MORE(FULL, "variant.window=6"), 0.5);
    pl_check_same_bits(PL_MORE(FULL), PL_MORE(FULL, "variant.key_norm=perhead"), 0.5);
}

/* T6, second half: two heads are another function once queries differ from zero. */
static void test_residuals__heads_choose_for_themselves(void) {
    PL_CHECK(pl_distance_of(PL_MORE(FULL, "variant.query_std=1", "variant.heads=2"),
                            PL_MORE(FULL, "variant.query_std=1"), 1) > 1e-3);
}

/* T4 at zero queries: the readout averages b_0 and the ceil(L/S) block sums, and under PreNorm the
 * sums are those of standard. */
static void test_residuals__blocks_follow_their_source_lists(void) {
    for (int size = 1; size <= 9; size++) {
        char text[40];
        snprintf(text, sizeof text, "variant.block_size=%d", size);
        struct pl_trial *a = pl_test_trial(
            "ref", PL_MORE(BLOCK, text, "model.final_norm=false", "model.head=none", "task.out=8"));
        struct pl_trial *b =
            pl_test_trial("ref", PL_MORE("variant.name=standard", "model.final_norm=false",
                                         "model.head=none", "task.out=8"));
        double *x = pl_trial_predict(a), *y = pl_trial_predict(b);
        double blocks = 1 + (double)((6 + size - 1) / size);
        for (size_t k = 0; k < SAMPLES * 8; k++) PL_CHECK_NEAR(x[k], y[k] / blocks, 1e-12);
        pl_free(x);
        pl_free(y);
        pl_trial_destroy(a);
        pl_trial_destroy(b);
    }
}

/* T18: huge queries pick a source; they do not overflow. */
static void test_residuals__huge_queries_stay_finite(void) {
    static const char *const variants[] = {"variant.name=attnres_full",
                                           "variant.name=attnres_block"};
    for (int k = 0; k < 2; k++) {
        struct pl_trial *a = pl_test_trial("cpu", PL_MORE(variants[k]));
        pl_trial_perturb(a, 3, 1000);
        PL_CHECK(isfinite(pl_trial_gradient(a)));
        double *g = pl_trial_read_grad(a, pl_graph_find(&a->graph, "layers.1.w1"));
        for (int c = 0; c < 12 * 8; c++) PL_CHECK(isfinite(g[c]));
        pl_free(g);
        pl_trial_destroy(a);
    }
}

/* The gradient of a query at zero is (1/l) sum_i (g . v_i - g . h) rms(v_i), which does not vanish:
 * zero is not a stuck point. */
static void test_residuals__zero_queries_can_learn(void) {
    struct pl_trial *a = pl_test_trial("ref", PL_MORE(FULL));
    pl_trial_gradient(a);
    for (int l = 2; l <= 7; l++) {
        char name[40];
        snprintf(name, sizeof name, "residual.query.%d", l);
        double *g = pl_trial_read_grad(a, pl_graph_find(&a->graph, name)), size = 0;
        for (int c = 0; c < 8; c++) size += g[c] * g[c];
        PL_CHECK(size > 1e-12);
        pl_free(g);
    }
    pl_trial_destroy(a);
}

static void test_residuals__frozen_queries_have_no_gradient(void) {
    struct pl_trial *a =
        pl_test_trial("ref", PL_MORE(FULL, "variant.freeze_query=true", "variant.query_std=1"));
    PL_CHECK(a->graph.grads.items[pl_graph_find(&a->graph, "residual.query.3")] == PL_NONE);
    PL_CHECK(a->graph.grads.items[pl_graph_find(&a->graph, "residual.key_gain.3")] != PL_NONE);
    pl_trial_destroy(a);
}

/* Frozen random weights are softmax(g/T): positive, they sum to 1, and T sharpens them. */
static void test_residuals__fixed_weights_are_a_softmax(void) {
    double top[2];
    for (int k = 0; k < 2; k++) {
        struct pl_trial *a = pl_test_trial(
            "ref", PL_MORE(FULL, k ? "variant.fixed_attn=0.01" : "variant.fixed_attn=100"));
        double *w = pl_trial_read(a, pl_graph_find(&a->graph, "residual.fixed.6")), sum = 0;
        top[k] = 0;
        for (int i = 0; i < 6; i++) {
            PL_CHECK(w[i] >= 0);
            sum += w[i];
            top[k] = fmax(top[k], w[i]);
        }
        PL_CHECK_NEAR(sum, 1, 1e-6);
        pl_free(w);
        pl_trial_destroy(a);
    }
    PL_CHECK(top[0] < 0.2 && top[1] > 0.9);
}

static void test_residuals__contradictions_are_refused(void) {
    struct pl_trial *out;
    const char *const heads[] = {"model.width=8", "variant.name=attnres_full", "variant.heads=3",
                                 NULL};
    PL_CHECK_FAILS(pl_trial_create(&out, backend("ref"), heads, 1, 4), PL_ECONFIG,
                   "3 heads do not divide");
    const char *const both[] = {"model.width=8", "variant.name=attnres_full", "variant.mix=static",
                                "variant.fixed_attn=1", NULL};
    PL_CHECK_FAILS(pl_trial_create(&out, backend("ref"), both, 1, 4), PL_ECONFIG, "choose one");
    const char *const name[] = {"variant.name=attnres_ful", NULL};
    PL_CHECK_FAILS(pl_trial_create(&out, backend("ref"), name, 1, 4), PL_ECONFIG,
                   "did you mean \"attnres_full\"?");
}

/* By which gradients are compared on one side of a kink alone. At zero queries every source of sparsemax has
 * weight 1/n, so a small move takes none away, and a large one does; softmax never does. */
static void test_residuals__the_support_says_where_kinks_are(void) {
    struct pl_trial *sparse = pl_test_trial("ref", PL_MORE(FULL, "variant.score=sparsemax")),
                    *smooth = pl_test_trial("ref", PL_MORE(FULL));
    PL_CHECK_INT(sparse->kinked_count, sparse->model.host.depth); /* sites 2 .. L+1 */
    PL_CHECK_INT(smooth->kinked_count, 0);
    pl_trial_loss(sparse);
    uint64_t support = sparse->support;
    pl_trial_perturb(sparse, 3, 1e-6);
    pl_trial_loss(sparse);
    PL_CHECK(sparse->support == support);
    pl_trial_perturb(sparse, 3, 10);
    pl_trial_loss(sparse);
    PL_CHECK(sparse->support != support);
    pl_trial_destroy(sparse);
    pl_trial_destroy(smooth);
}

/* ---- one word for one notion (VARIANTS) ---- */

/* The variants that have each word. What `list variants --json` prints are these rows. */
static const struct {
    const char *word, *variants;
} words[] = {
    {"streams", "hyper_connections frac_connections mhc mhc_lite kromhc ihc c_mhc mgr "},
    {"value_width", "ddl_expanded "},
    {"start",
     "rezero layerscale mhc mhc_lite kromhc ihc c_mhc densenet densenet_diag x0_lambda backout "
     "unet_skip "},
    {"readout",
     "attnres_full attnres_block attnres_static mhar lr_attnres mhc mhc_lite kromhc ihc c_mhc "},
    {"heads", "attnres_full attnres_block mhar delta_attnres delta_attnres_block lr_attnres "},
    {"block_size", "attnres_block mhar delta_attnres_block "},
    {"window", "attnres_full attnres_block attnres_static mhar delta_attnres delta_attnres_block "},
    {"rank", "laurel_lr laurel_rw_lr lr_attnres "},
    {"dynamic", "hyper_connections frac_connections "},
    {"score", "attnres_full attnres_block mhar delta_attnres delta_attnres_block "},
    {"temperature",
     "attnres_full attnres_block attnres_static mhar delta_attnres delta_attnres_block ancre "},
};

static void test_residuals__a_notion_has_one_word(void) {
    for (size_t w = 0; w < sizeof words / sizeof words[0]; w++) {
        size_t named = 0, found = 0;
        for (const char *at = words[w].variants; *at; at++) named += *at == ' ';
        for (int k = 0; pl_residuals[k]; k++) {
            char name[64];
            if (!pl_option_find(&pl_residuals[k]->options, words[w].word)) continue;
            snprintf(name, sizeof name, "%s ", pl_residuals[k]->name);
            const char *at = strstr(words[w].variants, name);
            bool here = at && (at == words[w].variants || at[-1] == ' ');
            PL_CHECK(here);
            if (!here) printf("  %s has %s\n", pl_residuals[k]->name, words[w].word);
            found++;
        }
        PL_CHECK_INT((int)found, (int)named);
    }
}

/* Two options that are explained alike bear one name, in whatever variants they are; none is a letter. */
static void test_residuals__no_notion_has_two_words(void) {
    for (int a = 0; pl_residuals[a]; a++)
        for (size_t i = 0; i < pl_residuals[a]->options.count; i++) {
            const struct pl_option *one = &pl_residuals[a]->options.rows[i];
            PL_CHECK(strlen(one->name) > 1);
            for (int b = 0; b <= a; b++)
                for (size_t j = 0; j < pl_residuals[b]->options.count; j++) {
                    const struct pl_option *other = &pl_residuals[b]->options.rows[j];
                    PL_CHECK(strcmp(one->help, other->help) != 0 ||
                             strcmp(one->name, other->name) == 0);
                }
        }
}

/* A word that was used before names the one of now, wherever that one is; and is used no more. */
static void test_residuals__old_words_name_the_new_ones(void) {
    static const struct {
        const char *variant, *old, *now;
    } old[] = {{"mhc", "n", "streams"},         {"frac_connections", "m", "streams"},
               {"kromhc", "k", "streams"},      {"ddl_expanded", "d_v", "value_width"},
               {"densenet", "init", "start"},   {"mhc", "init", "start"},
               {"mhc_lite", "head", "readout"}, {"attnres_full", "n", NULL},
               {"standard", "n", NULL}};
    for (size_t w = 0; w < sizeof old / sizeof old[0]; w++) {
        const struct pl_residual *variant;
        PL_REQUIRE_OK(pl_residual_find(&variant, old[w].variant));
        const char *now = pl_option_renamed(&variant->options, old[w].old);
        PL_CHECK_TEXT(now ? now : "none", old[w].now ? old[w].now : "none");
        PL_CHECK(pl_option_find(&variant->options, old[w].old) == NULL);
    }
}

const struct pl_test pl_suite_residuals[] = {
    {"rows_mix_outputs_to_inputs", test_residuals__rows_mix_outputs_to_inputs},
    {"parameters_are_counted", test_residuals__parameters_are_counted},
    {"every_backend_agrees_with_ref", test_residuals__every_backend_agrees_with_ref},
    {"zero_queries_are_the_average", test_residuals__zero_queries_are_the_average},
    {"one_function_under_both_norms", test_residuals__one_function_under_both_norms},
    {"one_gradient_under_both_norms", test_residuals__one_gradient_under_both_norms},
    {"special_cases_are_the_general_one", test_residuals__special_cases_are_the_general_one},
    {"heads_choose_for_themselves", test_residuals__heads_choose_for_themselves},
    {"blocks_follow_their_source_lists", test_residuals__blocks_follow_their_source_lists},
    {"huge_queries_stay_finite", test_residuals__huge_queries_stay_finite},
    {"zero_queries_can_learn", test_residuals__zero_queries_can_learn},
    {"frozen_queries_have_no_gradient", test_residuals__frozen_queries_have_no_gradient},
    {"fixed_weights_are_a_softmax", test_residuals__fixed_weights_are_a_softmax},
    {"contradictions_are_refused", test_residuals__contradictions_are_refused},
    {"a_notion_has_one_word", test_residuals__a_notion_has_one_word},
    {"no_notion_has_two_words", test_residuals__no_notion_has_two_words},
    {"old_words_name_the_new_ones", test_residuals__old_words_name_the_new_ones},
    {"the_support_says_where_kinks_are", test_residuals__the_support_says_where_kinks_are},
    {0},
};
