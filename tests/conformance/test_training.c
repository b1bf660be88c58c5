/* Whole training steps: the identities of the papers. */
#include "experiments/tools/conformance_training.h"
#include "tests/support/support.h"

static void tell(const struct pl_conformance *found) {
    if (found->failures) printf("%s", found->text.text);
    PL_CHECK_INT(found->failures, 0);
    PL_CHECK(found->checks > 0);
}

static const struct pl_backend *backend(const char *name) {
    const struct pl_backend *found = NULL;
    PL_REQUIRE_OK(pl_backend_find(&found, name));
    return found;
}

static void test_training__identities_hold_on_every_backend(void) {
    for (int b = 0; pl_backend_here(b); b++) {
        struct pl_conformance found;
        pl_conformance_init(&found);
        pl_conformance_training_identities(&found, pl_backend_here(b));
        tell(&found);
        pl_conformance_finish(&found);
    }
}

/* Sums have an order of their own: two runs give the same bits, and a tile of many tokens as well. */
static void test_training__two_runs_are_one(void) {
    static const char *const runs[][5] = {
        {"variant.name=attnres_full", "variant.query_std=1", NULL},
        {"variant.name=standard", "task.samples=1000", "train.optimizer=sgd", NULL},
    };
    struct pl_training_gap gap;
    for (int b = 0; pl_backend_here(b); b++)
        for (int k = 0; k < 2; k++) {
            const struct pl_training_run run = {pl_backend_here(b), runs[k]};
            PL_REQUIRE_OK(pl_training_compare(&gap, &run, &run, 10));
            PL_CHECK(gap.same);
        }
}

/* ---- what the identities measure, for the network of the published experiment ---- */

#define LIU "model.width=50", "model.hidden=200", "model.depth=10", "task.dim=50"
enum { REF, CPU };
static const char *const places[] = {"ref", "cpu"};
static const char *const samples[] = {"task.samples=16", "task.samples=64"};

static struct pl_training_gap measure(int place, const char *const *first,
                                      const char *const *second) {
    enum { MOST = 12 };
    const char *a[MOST] = {0}, *b[MOST] = {0};
    const char *const host[] = {LIU, samples[place], "model.norm_eps=0"};
    struct pl_training_gap gap;
    size_t count = 0;
    for (; count < sizeof host / sizeof host[0]; count++) a[count] = b[count] = host[count];
    for (size_t k = 0; first[k]; k++) a[count + k] = first[k];
    for (size_t k = 0; second[k]; k++) b[count + k] = second[k];
    PL_REQUIRE_OK(pl_training_compare(&gap, &(struct pl_training_run){backend(places[place]), a},
                                      &(struct pl_training_run){backend(places[place]), b}, 50));
    printf("  %s and %s, %s, on %s: start %.2g, 50 steps %.2g apart\n", first[0], second[0],
           second[1] ? second[1] : "defaults", places[place], gap.start, gap.curve);
    return gap;
}

#define WITH(...) ((const char *const[]){__VA_ARGS__, NULL})

static void test_training__standard_and_rescaled_are_one_at_full_size(void) {
    static const char *const optimizers[] = {"train.optimizer=adam", "train.optimizer=sgd"};
    for (int k = 0; k < 3; k++) { /* sgd on cpu alone, to save time */
        int place = k < 2 ? CPU : REF;
        struct pl_training_bounds bounds = pl_training_bounds(backend(places[place]));
        struct pl_training_gap gap =
            measure(place, WITH("variant.name=standard", optimizers[k % 2]),
                    WITH("variant.name=rescaled", optimizers[k % 2]));
        PL_CHECK(gap.start <= bounds.start);
        PL_CHECK(gap.curve <= bounds.curve);
    }
    PL_CHECK(measure(CPU, WITH("variant.name=standard", "model.final_norm=false"),
                     WITH("variant.name=rescaled", "model.final_norm=false"))
                 .start > 0.01);
}

static void test_training__single_blocks_are_full_attention_at_full_size(void) {
    PL_CHECK(measure(CPU, WITH("variant.name=attnres_full"),
                     WITH("variant.name=attnres_block", "variant.block_size=1"))
                 .same);
}

/* ---- the measure itself ---- */

static void test_training__a_difference_is_seen(void) {
    static const char *const a[] = {"variant.name=standard", NULL};
    static const char *const b[] = {"variant.name=standard", "train.lr=0.00101", NULL};
    struct pl_training_gap gap;
    PL_REQUIRE_OK(pl_training_compare(&gap, &(struct pl_training_run){backend("ref"), a},
                                      &(struct pl_training_run){backend("ref"), a}, 5));
    PL_CHECK(gap.same && gap.start == 0 && gap.curve == 0);
    PL_REQUIRE_OK(pl_training_compare(&gap, &(struct pl_training_run){backend("ref"), a},
                                      &(struct pl_training_run){backend("ref"), b}, 5));
    PL_CHECK(!gap.same && gap.start == 0 && gap.curve > 1e-6);
}

static void test_training__bad_settings_are_a_sentence(void) {
    static const char *const a[] = {"variant.name=standard", NULL};
    static const char *const b[] = {"variant.name=standart", NULL};
    struct pl_training_gap gap;
    PL_CHECK_FAILS(pl_training_compare(&gap, &(struct pl_training_run){backend("ref"), a},
                                       &(struct pl_training_run){backend("ref"), b}, 5),
                   PL_ECONFIG, "did you mean \"standard\"?");
}

const struct pl_test pl_suite_training[] = {
    {"identities_hold_on_every_backend", test_training__identities_hold_on_every_backend},
    {"two_runs_are_one", test_training__two_runs_are_one},
    {"standard_and_rescaled_are_one_at_full_size",
     test_training__standard_and_rescaled_are_one_at_full_size},
    {"single_blocks_are_full_attention_at_full_size",
     test_training__single_blocks_are_full_attention_at_full_size},
    {"a_difference_is_seen", test_training__a_difference_is_seen},
    {"bad_settings_are_a_sentence", test_training__bad_settings_are_a_sentence},
    {0},
};
