#include "experiments/tools/bench.h"

#include "core/base/strbuf.h"
#include "experiments/tools/bench_growth.h"
#include "experiments/tools/bench_memory.h"
#include "tests/support/support.h"

/* ---- what is measured ---- */

static void check_models(const char *text, size_t count, const char *first) {
    struct pl_bench_choice choice;
    PL_REQUIRE_OK(pl_bench_choose(&choice, text, NULL));
    PL_CHECK_INT((long long)choice.model_count, (long long)count);
    PL_CHECK_TEXT(choice.models[0].name, first);
    pl_bench_choice_finish(&choice);
}

static void test_bench__a_model_is_a_part_of_a_name_or_any_size(void) {
    check_models(NULL, 10, "10/40/10/1000 silu");
    check_models("relu", 5, "10/40/10/1000 relu");
    check_models("64/256", 2, "64/256/20/512 silu");
    check_models("64/256/20/512 relu", 1, "64/256/20/512 relu");
    check_models("7/9/3/21", 2, "7/9/3/21 silu");
    check_models("7/9/3/21 relu", 1, "7/9/3/21 relu");
    struct pl_bench_choice choice;
    PL_REQUIRE_OK(pl_bench_choose(&choice, "7/9/3/21 silu", NULL));
    const struct pl_bench_size *size = &choice.models[0].size;
    PL_CHECK(size->width == 7 && size->hidden == 9 && size->depth == 3 && size->tokens == 21);
    pl_bench_choice_finish(&choice);
    const char *const wrong[] = {"7/9/3/21 tanh", "7/9/3/0", "7/9/3/21 silu x", "11/40", "x"};
    for (size_t k = 0; k < sizeof wrong / sizeof wrong[0]; k++)
        PL_CHECK_FAILS(pl_bench_choose(&choice, wrong[k], NULL), PL_ECONFIG, wrong[k]);
}

static void test_bench__transformers_have_names_of_their_own(void) {
    struct pl_bench_choice choice;
    check_models("transformer 7/9/3/21x5", 1, "transformer 7/9/3/21x5");
    PL_REQUIRE_OK(pl_bench_choose(&choice, "transformer 7/9/3/21x5", NULL));
    const struct pl_bench_size *size = &choice.models[0].size;
    PL_CHECK(size->tokens == 21 && size->sequences == 5 && size->depth == 3);
    pl_bench_choice_finish(&choice);
    PL_CHECK_FAILS(pl_bench_choose(&choice, "transformer 7/9/3/21", NULL), PL_ECONFIG, "64x16");
    PL_REQUIRE_OK(pl_bench_choose_transformers(&choice, NULL, NULL));
    PL_CHECK_INT((long long)choice.model_count, 12);
    for (size_t k = 0; k < choice.model_count; k++)
        PL_CHECK(choice.models[k].size.tokens * choice.models[k].size.sequences == 1024);
    pl_bench_choice_finish(&choice);
    PL_REQUIRE_OK(pl_bench_choose_transformers(&choice, "64/256/4/128", NULL));
    PL_CHECK_INT((long long)choice.model_count, 1);
    pl_bench_choice_finish(&choice);
    PL_CHECK_FAILS(pl_bench_choose_transformers(&choice, "20/80", NULL), PL_ECONFIG, "64/256");
}

static void check_variants(const char *text, size_t count, const char *first, const char *last) {
    struct pl_bench_choice choice;
    PL_REQUIRE_OK(pl_bench_choose(&choice, "relu", text));
    PL_CHECK_INT((long long)choice.variant_count, (long long)count);
    PL_CHECK_TEXT(choice.variants[0]->name, first);
    PL_CHECK_TEXT(choice.variants[count - 1]->name, last);
    pl_bench_choice_finish(&choice);
}

static void test_bench__variants_are_names(void) {
    struct pl_bench_choice choice;
    size_t count = 0, all = 0; /* without those that only a transformer can carry */
    for (; pl_residuals[count]; count++) all += !(pl_residuals[count]->flags & PL_RESIDUAL_PORTS4);
    check_variants(NULL, 4, "standard", "attnres_block");
    check_variants("all", all, pl_residuals[0]->name, pl_residuals[count - 1]->name);
    check_variants("attnres_full", 1, "attnres_full", "attnres_full");
    check_variants("attnres_full,rezero,attnres_full", 2, "rezero", "attnres_full");
    PL_CHECK_FAILS(pl_bench_choose(&choice, NULL, "attnres_ful"), PL_ECONFIG, "attnres_full");
    PL_CHECK_FAILS(pl_bench_choose(&choice, NULL, "standard,"), PL_ECONFIG, "or all");
}

static void test_bench__growth_moves_one_thing_at_a_time(void) {
    struct pl_bench_choice choice;
    PL_REQUIRE_OK(pl_bench_choose_growth(&choice, NULL, "standard"));
    for (size_t k = 1; k < choice.model_count; k++) {
        const struct pl_bench_size *a = &choice.models[k - 1].size, *b = &choice.models[k].size;
        PL_CHECK(b->hidden == 4 * b->width);
        if (strcmp(choice.models[k - 1].axis, choice.models[k].axis) != 0) continue;
        PL_CHECK_INT((a->width != b->width) + (a->depth != b->depth) + (a->tokens != b->tokens), 1);
        PL_CHECK(b->width >= a->width && b->depth >= a->depth && b->tokens >= a->tokens);
    }
    pl_bench_choice_finish(&choice);
    PL_REQUIRE_OK(pl_bench_choose_growth(&choice, "tokens", NULL));
    PL_CHECK(choice.models[0].size.tokens == 64);
    PL_CHECK(choice.models[choice.model_count - 1].size.tokens == 8192);
    pl_bench_choice_finish(&choice);
    PL_CHECK_FAILS(pl_bench_choose_growth(&choice, "heads", NULL), PL_ECONFIG, "depth, width");
}

/* ---- what comes out ---- */

static void check_row(const struct pl_json *json, const struct pl_bench_row *row) {
    const double gflops = pl_json_as_real(pl_json_get(json, "gflops"), 0);
    const double peak_share = pl_json_as_real(pl_json_get(json, "share"), 0);
    PL_CHECK_TEXT(pl_json_as_text(pl_json_get(json, "model"), ""), row->model->name);
    PL_CHECK_TEXT(pl_json_as_text(pl_json_get(json, "variant"), ""), row->variant);
    PL_CHECK(pl_json_as_real(pl_json_get(json, "step_ms"), 0) == row->step_ms);
    PL_CHECK(row->step_ms > 0 && row->forward_ms > 0); /* which is longer is for a quiet machine */
    /* 6 a weight and token, and 12 layers of 2 x 16 x 64 */
    PL_CHECK_NEAR(gflops * row->step_ms * 1e6, 6.0 * 96 * 12 * 2 * 16 * 64, 1e-9);
    PL_CHECK(peak_share > 0);
    PL_CHECK(pl_json_as_real(pl_json_get(json, "plan_mb"), 0) > 0);
}

static void test_bench__rows_fit_together(void) {
    struct pl_bench_choice choice;
    struct pl_bench bench;
    struct pl_bench_config config = {.rounds = 2, .choice = &choice};
    PL_REQUIRE_OK(pl_backend_find(&config.backend, "cpu"));
    PL_REQUIRE_OK(pl_bench_choose(&choice, "16/64/12/96 relu", "attnres_full"));
    PL_REQUIRE_OK(pl_bench_run(&bench, &config));
    struct pl_json *json = pl_bench_json(&bench, config.backend);
    const struct pl_json *rows = pl_json_get(json, "rows");
    double peak = pl_json_as_real(pl_json_get(json, "peak_gflops"), 0);
    PL_CHECK_INT(pl_json_as_int(pl_json_get(json, "schema"), 0), PL_BENCH_SCHEMA);
    PL_CHECK_INT((long long)pl_json_count(rows), 2); /* standard comes with it */
    PL_REQUIRE(bench.row_count == 2);
    for (size_t k = 0; k < 2; k++) check_row(pl_json_at(rows, k), &bench.rows[k]);
    const struct pl_bench_row *standard = &bench.rows[0], *full = &bench.rows[1];
    PL_CHECK(standard->ratio == 1 && standard->forward_ratio == 1 && standard->extra_share == 0);
    PL_CHECK_NEAR(full->ratio, full->step_ms / standard->step_ms, 1e-12);
    PL_CHECK_NEAR(full->forward_ratio, full->forward_ms / standard->forward_ms, 1e-12);
    PL_CHECK_NEAR(full->share, full->gflops / peak, 1e-12);
    PL_CHECK_NEAR(full->extra_share, 1 / full->share - 1 / standard->share, 1e-9);
    PL_CHECK(isnan(standard->attention_ms));
    PL_CHECK(isnan(full->rss_mb) && pl_json_is_null(pl_json_get(pl_json_at(rows, 1), "rss_mb")));
    pl_json_destroy(json);
    pl_bench_finish(&bench);
    pl_bench_choice_finish(&choice);
}

/* Multiply-adds of a sequence of a transformer of two blocks, counted one by one as the formulas of docs/hosts.md
 * go; backward each product gives a gradient to both of its factors. */
static double counted_flops(int d, int hidden, int heads, int tokens, int classes) {
    double matrices = 0, pairs = 0, channels = d / heads;
    for (int block = 0; block < 2; block++) {
        for (int which = 0; which < 4; which++) matrices += (double)d * d; /* q, k, v, o */
        matrices += (double)hidden * d + (double)d * hidden;
        for (int a = 0; a < heads; a++)
            for (int i = 0; i < tokens; i++)
                for (int j = 0; j <= i; j++) pairs += channels + channels; /* <q, k>; p v */
    }
    matrices += (double)classes * d;
    return 3 * 2 * (tokens * matrices + pairs);
}

static void test_bench__a_transformer_counts_its_attention(void) {
    struct pl_bench_choice choice;
    struct pl_bench bench;
    struct pl_bench_config config = {.rounds = 1, .choice = &choice};
    PL_REQUIRE_OK(pl_backend_find(&config.backend, "cpu"));
    PL_REQUIRE_OK(pl_bench_choose(&choice, "transformer 16/40/4/13x6", "rescaled"));
    PL_REQUIRE_OK(pl_bench_run(&bench, &config));
    for (size_t k = 0; k < bench.row_count; k++) {
        const struct pl_bench_row *row = &bench.rows[k];
        double flops = 6 * counted_flops(16, 40, 4, 13, 64);
        PL_CHECK_NEAR(row->gflops * row->step_ms * 1e6 / flops, 1, 1e-12);
        PL_CHECK(row->attention_ms > 0);
    }
    pl_bench_finish(&bench);
    pl_bench_choice_finish(&choice);
}

/* A plan of 20 MB is touched by a step, and little else is. */
static void test_bench__memory_is_what_the_plan_says(void) {
    static const struct pl_bench_model large = {"", {512, 2048, 1, 64}, "silu", NULL};
    const struct pl_backend *backend;
    PL_REQUIRE_OK(pl_backend_find(&backend, "cpu"));
    double empty = pl_bench_memory(NULL, NULL, backend);
    double found = pl_bench_memory(&large, "standard", backend) - empty;
    double weights = 4e-6 * 4 * 2 * 512 * 2048; /* float32: weights, gradients, two moments */
    PL_CHECK(empty > 0.5);
    PL_CHECK(found > weights);
#if !defined(__SANITIZE_ADDRESS__)
    PL_CHECK(found < weights + 40);
#endif
    PL_CHECK(isnan(pl_bench_memory(&large, "no-such-variant", backend)));
}

static void test_bench__growth_prints_what_it_says(void) {
    static const struct pl_bench_model models[] = {{"a", {20, 80, 4, 500}, "silu", "depth"},
                                                   {"b", {20, 80, 8, 500}, "silu", "depth"}};
    struct pl_bench_row rows[3] = {{&models[0], "standard", .step_ms = 2, .share = 0.5, .ratio = 1,
                                    .plan_mb = 3, .rss_mb = 12},
                                   {&models[1], "standard", .step_ms = 4, .share = 0.5, .ratio = 1,
                                    .plan_mb = 4, .rss_mb = 14},
                                   {&models[1], "attnres_full", .step_ms = 5, .share = 0.4,
                                    .ratio = 1.25, .plan_mb = 5, .rss_mb = 15.5}};
    const struct pl_bench bench = {.peak_gflops = 50, .empty_mb = 10, .rows = rows, .row_count = 3};
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    pl_growth_write(&bench, &text);
    const char *const lines[] = {
        "\n### depth\n",
        "| 20/80/4/500 | standard | 2.000 | 1000.0 | 0.50 | 1.000 | | 3.00 | 2.00 |",
        "| 20/80/8/500 | standard | 4.000 | 1000.0 | 0.50 | 1.000 | | 4.00 | 4.00 |",
        "| 20/80/8/500 | attnres_full | 5.000 | 1250.0 | 0.40 | 1.250 | 62.50 | 5.00 | 5.50 |"};
    for (size_t k = 0; k < sizeof lines / sizeof lines[0]; k++)
        PL_CHECK(strstr(text.text, lines[k]) != NULL);
    pl_strbuf_finish(&text);
}

const struct pl_test pl_suite_bench[] = {
    {"a_model_is_a_part_of_a_name_or_any_size",
     test_bench__a_model_is_a_part_of_a_name_or_any_size},
    {"transformers_have_names_of_their_own", test_bench__transformers_have_names_of_their_own},
    {"a_transformer_counts_its_attention", test_bench__a_transformer_counts_its_attention},
    {"variants_are_names", test_bench__variants_are_names},
    {"growth_moves_one_thing_at_a_time", test_bench__growth_moves_one_thing_at_a_time},
    {"rows_fit_together", test_bench__rows_fit_together},
    {"memory_is_what_the_plan_says", test_bench__memory_is_what_the_plan_says},
    {"growth_prints_what_it_says", test_bench__growth_prints_what_it_says},
    {0},
};
