/* The suite of experiments/tools/conformance_tasks.h over every task, and over tasks that break one promise
 * each, which it must notice. */
#include "experiments/tools/conformance_tasks.h"
#include "tests/support/support.h"

static void test_tasks__every_task_keeps_its_promises(void) {
    for (size_t t = 0; pl_task_at(t); t++)
        for (const struct pl_task_check *check = pl_task_checks; check->name; check++) {
            struct pl_conformance found;
            pl_conformance_init(&found);
            check->run(&found, pl_task_at(t));
            if (found.failures)
                printf("  %s, %s:\n%s", pl_task_at(t)->name, check->name, found.text.text);
            PL_CHECK_INT(found.failures, 0);
            PL_CHECK(found.checks > 0);
            pl_conformance_finish(&found);
        }
}

/* ---- tasks that break a promise: linear_mix with one thing wrong ---- */

static const struct pl_task *honest(void) {
    const struct pl_task *task = NULL;
    PL_REQUIRE_OK(pl_task_find(&task, "linear_mix"));
    return task;
}

static enum pl_status generate_restless(const void *options, uint64_t seed,
                                        struct pl_dataset *out) {
    static float calls;
    PL_TRY(honest()->generate(options, seed, out));
    out->split[PL_TRAIN].y[0] = calls++;
    return PL_OK;
}

static enum pl_status generate_seedless(const void *options, uint64_t seed,
                                        struct pl_dataset *out) {
    (void)seed;
    return honest()->generate(options, 1, out);
}

static enum pl_status generate_leaking(const void *options, uint64_t seed, struct pl_dataset *out) {
    PL_TRY(honest()->generate(options, seed, out));
    size_t bytes = 3 * (size_t)out->shape.in * sizeof(float);
    memcpy(out->split[PL_TEST].x, out->split[PL_TRAIN].x, bytes);
    memcpy(out->split[PL_TEST_CLEAN].x, out->split[PL_TRAIN].x, bytes);
    return PL_OK;
}

static enum pl_status generate_reversed(const void *options, uint64_t seed,
                                        struct pl_dataset *out) {
    PL_TRY(honest()->generate(options, seed, out));
    struct pl_samples *train = &out->split[PL_TRAIN];
    size_t count = train->count * (size_t)out->shape.in;
    for (size_t k = 0; k < count / 2; k++) {
        float kept = train->x[k];
        train->x[k] = train->x[count - 1 - k];
        train->x[count - 1 - k] = kept;
    }
    return PL_OK;
}

static enum pl_status generate_unfinished(const void *options, uint64_t seed,
                                          struct pl_dataset *out) {
    PL_TRY(honest()->generate(options, seed, out));
    out->split[PL_VALID].y[5] = NAN;
    return PL_OK;
}

/* Structured whatever the dial says. */
static enum pl_status generate_deaf(const void *options, uint64_t seed, struct pl_dataset *out) {
    void *copy = pl_alloc(honest()->options_size);
    memcpy(copy, options, honest()->options_size);
    ((struct pl_task_common *)copy)->structure = 1;
    enum pl_status status = honest()->generate(copy, seed, out);
    pl_free(copy);
    return status;
}

/* A rule that no linear fit sees, whatever the dial says. */
static enum pl_status generate_even(const void *options, uint64_t seed, struct pl_dataset *out) {
    PL_TRY(honest()->generate(options, seed, out));
    for (int split = 0; split < PL_SPLITS; split++)
        for (size_t k = 0; k < out->split[split].count * (size_t)out->shape.out; k++)
            out->split[split].y[k] = fabsf(out->split[split].x[k]);
    return PL_OK;
}

static enum pl_status points_doubled(const void *options, uint64_t seed,
                                     const struct pl_dataset *data, struct pl_task_points *out) {
    PL_TRY(honest()->points(options, seed, data, out));
    out->trivial *= 2;
    return PL_OK;
}

static enum pl_status points_crossed(const void *options, uint64_t seed,
                                     const struct pl_dataset *data, struct pl_task_points *out) {
    PL_TRY(honest()->points(options, seed, data, out));
    out->best_test = 1.1 * out->trivial;
    return PL_OK;
}

static enum pl_status check_mute(const void *options, const char **key) {
    *key = NULL;
    return ((const struct pl_task_common *)options)->mix == PL_MIX_VARIANCE
               ? pl_fail(PL_ECONFIG, "no")
               : PL_OK;
}

static void check_noticed(const char *which, const struct pl_task *task, const char *sentence) {
    struct pl_conformance found;
    pl_conformance_init(&found);
    for (const struct pl_task_check *check = pl_task_checks; check->name; check++)
        if (strcmp(check->name, which) == 0) check->run(&found, task);
    PL_CHECK(found.failures > 0);
    PL_CHECK(strstr(found.text.text, sentence) != NULL);
    if (!strstr(found.text.text, sentence))
        printf("  no \"%s\" in: %s\n", sentence, found.text.text);
    pl_conformance_finish(&found);
}

static void test_tasks__a_broken_promise_is_noticed(void) {
    static const struct {
        const char *check;
        enum pl_status (*generate)(const void *, uint64_t, struct pl_dataset *);
        const char *sentence;
    } broken[] = {
        {"bytes", generate_restless, "same options and seed gave other bytes"},
        {"bytes", generate_seedless, "seeds 1 and 2 gave the same bytes"},
        {"disjoint", generate_leaking, "3 inputs of train occur in test"},
        {"prefix", generate_reversed, "the first samples of train depend on how many"},
        {"shapes", generate_unfinished, "valid: a target is not finite"},
        {"dial", generate_deaf, "a linear fit beats the constant"},
        {"dial", generate_even, "a lookup of the nearest training input knows"},
        {"points", generate_deaf, "the data say"},
    };
    for (size_t k = 0; k < sizeof broken / sizeof broken[0]; k++) {
        struct pl_task task = *honest();
        task.generate = broken[k].generate;
        check_noticed(broken[k].check, &task, broken[k].sentence);
    }
}

static void test_tasks__wrong_points_and_mute_refusals_are_noticed(void) {
    struct pl_task task = *honest();
    task.points = points_doubled;
    check_noticed("points", &task, "the trivial loss is");
    task.points = points_crossed;
    check_noticed("points", &task, "is above the trivial");
    task = *honest();
    task.check = check_mute;
    check_noticed("refusals", &task, "without an option and a sentence");
}

const struct pl_test pl_suite_tasks[] = {
    {"every_task_keeps_its_promises", test_tasks__every_task_keeps_its_promises},
    {"a_broken_promise_is_noticed", test_tasks__a_broken_promise_is_noticed},
    {"wrong_points_and_mute_refusals_are_noticed",
     test_tasks__wrong_points_and_mute_refusals_are_noticed},
    {0},
};
