/* Every optimizer with every schedule, by their tables, in whole training runs. What each must compute
 * is held to second implementations in tests/unit/train. */
#include "core/train/optim.h"
#include "core/train/schedule.h"
#include "experiments/tools/conformance_training.h"
#include "tests/support/support.h"

static const struct pl_backend *ref(void) {
    const struct pl_backend *found = NULL;
    PL_REQUIRE_OK(pl_backend_find(&found, "ref"));
    return found;
}

static struct pl_training_gap compare(const struct pl_backend *where, const char *const *a,
                                      const char *const *b) {
    struct pl_training_gap gap;
    PL_REQUIRE_OK(pl_training_compare(&gap, &(struct pl_training_run){where, a},
                                      &(struct pl_training_run){ref(), b}, 20));
    return gap;
}

/* "train.optimizer=NAME" and "train.schedule=NAME" */
struct choice {
    char optimizer[64], schedule[64];
};

static struct choice choose(const struct pl_optim_rule *optim,
                            const struct pl_schedule_rule *schedule) {
    struct choice choice;
    snprintf(choice.optimizer, sizeof choice.optimizer, "train.optimizer=%s", optim->name);
    snprintf(choice.schedule, sizeof choice.schedule, "train.schedule=%s", schedule->name);
    return choice;
}

typedef void check_pair(const struct choice *choice);

static void every_pair(check_pair *check) {
    for (int o = 0; pl_optim_at(o); o++)
        for (int s = 0; pl_schedule_at(s); s++) {
            struct choice choice = choose(pl_optim_at(o), pl_schedule_at(s));
            check(&choice);
        }
}

static void check_backends(const struct choice *choice) {
    const char *const settings[] = {"variant.name=attnres_full", choice->optimizer,
                                    choice->schedule, "train.steps=20", NULL};
    for (int b = 0; pl_backend_here(b); b++) {
        double apart = compare(pl_backend_here(b), settings, settings).curve;
        PL_CHECK(apart <= 1e-4);
        if (apart > 1e-4)
            printf("  %s, %s: %.2g apart\n", choice->optimizer, choice->schedule, apart);
    }
}

static void test_optimizers__every_backend_follows_ref(void) {
    every_pair(check_backends);
}

/* A rate of 0 leaves the curve flat, another one moves it: both, so that neither is vacuous. */
static void check_rate(const struct choice *choice) {
    const char *const still[] = {"variant.name=standard", choice->optimizer,
                                 choice->schedule,        "train.lr=0",
                                 "train.weight_decay=0",  NULL};
    const char *const slow[] = {"variant.name=standard", choice->optimizer,      choice->schedule,
                                "train.lr=1e-300",       "train.weight_decay=0", NULL};
    const char *const moving[] = {"variant.name=standard", choice->optimizer,      choice->schedule,
                                  "train.lr=0.01",         "train.weight_decay=0", NULL};
    PL_CHECK(compare(ref(), still, slow).same);
    PL_CHECK(compare(ref(), still, moving).curve > 1e-3);
}

static void test_optimizers__the_rate_is_obeyed(void) {
    every_pair(check_rate);
}

/* The tables and the words of the options are the same lists. */
static void test_optimizers__tables_match_the_options(void) {
    const struct pl_option *optimizer = pl_option_find(&pl_train_options, "optimizer");
    const struct pl_option *schedule = pl_option_find(&pl_train_options, "schedule");
    int count = 0;
    for (; pl_optim_at(count); count++)
        PL_CHECK_TEXT(pl_option_word(optimizer, count), pl_optim_at(count)->name);
    PL_CHECK_INT(count, 3);
    for (count = 0; pl_schedule_at(count); count++)
        PL_CHECK_TEXT(pl_option_word(schedule, count), pl_schedule_at(count)->name);
    PL_CHECK_INT(count, 4);
}

const struct pl_test pl_suite_optimizers[] = {
    {"every_backend_follows_ref", test_optimizers__every_backend_follows_ref},
    {"the_rate_is_obeyed", test_optimizers__the_rate_is_obeyed},
    {"tables_match_the_options", test_optimizers__tables_match_the_options},
    {0},
};
