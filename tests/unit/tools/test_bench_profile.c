#include "experiments/tools/bench_profile.h"

#include "experiments/tools/bench_subject.h"
#include "tests/support/support.h"

/* 3 tiles of one variant; what runs in a step is known from the model alone. */
static const struct pl_bench_model silu = {"", {16, 64, 3, 300}, "silu", NULL, 0};
static const struct pl_bench_model relu = {"", {16, 64, 3, 300}, "relu", NULL, 0};

static const struct pl_profile_row *row_of(const struct pl_profile *profile, const char *what) {
    for (size_t k = 0; k < profile->row_count; k++)
        if (strcmp(profile->rows[k].what, what) == 0) return &profile->rows[k];
    return NULL;
}

static void test_profile__counts_what_a_step_runs(void) {
    const struct pl_backend *backend;
    struct pl_subject subject;
    struct pl_profile profile;
    struct pl_dataset data;
    PL_REQUIRE_OK(pl_backend_find(&backend, "cpu"));
    PL_REQUIRE_OK(pl_subject_data(&data, &silu.size));
    PL_REQUIRE_OK(pl_subject_init(&subject, &silu, "standard", backend, &data));
    PL_REQUIRE_OK(pl_profile_take(&profile, &subject, 5));
    double tiles = (300 + profile.tile - 1) / profile.tile;
    const struct pl_profile_row *w1 = row_of(&profile, "matmul 64 x 16");
    const struct pl_profile_row *w1_grad = row_of(&profile, "outer 64 x 16");
    PL_REQUIRE(w1 && w1_grad);
    PL_CHECK(w1->calls == 3 * tiles && w1_grad->calls == 3 * tiles); /* a layer and tile */
    PL_CHECK_NEAR(w1->gflop, 2e-9 * 64 * 16 * 3 * tiles * profile.tile, 1e-12);
    PL_CHECK(row_of(&profile, "norm_stats")->calls == 3 * tiles);
    PL_CHECK(!row_of(&profile, "act")); /* is in one call with its product */
    PL_CHECK(row_of(&profile, "mse")->calls == tiles && row_of(&profile, "mse")->gflop == 0);
    double sum = 0;
    for (size_t k = 0; k < profile.row_count; k++) {
        PL_CHECK(profile.rows[k].ms > 0);
        PL_CHECK(k == 0 || profile.rows[k].ms <= profile.rows[k - 1].ms);
        sum += profile.rows[k].ms;
    }
    PL_CHECK(profile.step_ms > 0 && sum > 0);
    pl_profile_finish(&profile);
    pl_subject_finish(&subject);
    pl_dataset_finish(&data);
}

/* 6 a weight and token: even the first layer's input has a gain behind it. */
static void check_flops(const char *variant, double expected) {
    const struct pl_backend *backend;
    struct pl_subject subject;
    struct pl_dataset data;
    PL_REQUIRE_OK(pl_backend_find(&backend, "cpu"));
    PL_REQUIRE_OK(pl_subject_data(&data, &silu.size));
    PL_REQUIRE_OK(pl_subject_init(&subject, &relu, variant, backend, &data));
    PL_CHECK(subject.flops == expected);
    pl_subject_finish(&subject);
    pl_dataset_finish(&data);
}

static void test_profile__useful_flops_are_six_a_weight_and_token(void) {
    check_flops("standard", 6 * 300 * (3 * 2 * 16.0 * 64));
    check_flops("attnres_full", 6 * 300 * (3 * 2 * 16.0 * 64));
}

static void test_profile__a_backend_that_cannot_tell_says_so(void) {
    const struct pl_backend *backend;
    struct pl_subject subject;
    struct pl_profile profile;
    struct pl_dataset data;
    PL_REQUIRE_OK(pl_backend_find(&backend, "ref"));
    PL_REQUIRE_OK(pl_subject_data(&data, &silu.size));
    PL_REQUIRE_OK(pl_subject_init(&subject, &silu, "standard", backend, &data));
    PL_REQUIRE_OK(pl_profile_take(&profile, &subject, 1)); /* a host backend: it can */
    PL_CHECK(row_of(&profile, "adam_step") != NULL);
    pl_profile_finish(&profile);
    pl_subject_finish(&subject);
    if (pl_backend_find(&backend, "opencl") == PL_OK) {
        PL_REQUIRE_OK(pl_subject_init(&subject, &silu, "standard", backend, &data));
        PL_CHECK_FAILS(pl_profile_take(&profile, &subject, 1), PL_EBACKEND, "--verbose");
        pl_profile_finish(&profile);
        pl_subject_finish(&subject);
    }
    pl_dataset_finish(&data);
}

const struct pl_test pl_suite_bench_profile[] = {
    {"counts_what_a_step_runs", test_profile__counts_what_a_step_runs},
    {"useful_flops_are_six_a_weight_and_token",
     test_profile__useful_flops_are_six_a_weight_and_token},
    {"a_backend_that_cannot_tell_says_so", test_profile__a_backend_that_cannot_tell_says_so},
    {0},
};
