#include "core/train/schedule.h"

#include "tests/support/support.h"

static const double pi = 3.14159265358979323846;

static struct pl_train_options make(int schedule, long steps) {
    return (struct pl_train_options){
        .schedule = schedule, .lr = 0.5, .warmup = -1, .decay = -1, .lr_min = 0.1, .steps = steps};
}

static void test_schedule__constant_is_lr(void) {
    struct pl_train_options o = make(PL_LR_CONSTANT, 7);
    for (long step = 1; step <= 9; step++) PL_CHECK(pl_schedule_rate(&o, step) == 0.5);
}

static void test_schedule__cosine_is_half_a_turn(void) {
    struct pl_train_options o = make(PL_LR_COSINE, 40);
    for (long step = 1; step <= 40; step++) {
        double share = 0.1 + 0.9 * (1 + cos(pi * (double)(step - 1) / 40)) / 2;
        PL_CHECK_NEAR(pl_schedule_rate(&o, step), 0.5 * share, 1e-15);
    }
    PL_CHECK(pl_schedule_rate(&o, 1) == 0.5);
    PL_CHECK_NEAR(pl_schedule_rate(&o, 21), 0.5 * 0.55, 1e-15); /* half way */
    PL_CHECK_NEAR(pl_schedule_rate(&o, 41), 0.05, 1e-15);       /* the floor */
    PL_CHECK_NEAR(pl_schedule_rate(&o, 90), 0.05, 1e-15);       /* and it stays there */
}

static void test_schedule__warmup_cosine_rises_then_falls(void) {
    struct pl_train_options o = make(PL_LR_WARMUP_COSINE, 50);
    o.warmup = 8;
    for (long step = 1; step <= 8; step++)
        PL_CHECK_NEAR(pl_schedule_rate(&o, step), 0.5 * (double)step / 8, 1e-15);
    for (long step = 9; step <= 50; step++) {
        double share = 0.1 + 0.9 * (1 + cos(pi * (double)(step - 9) / 42)) / 2;
        PL_CHECK_NEAR(pl_schedule_rate(&o, step), 0.5 * share, 1e-15);
    }
}

static void test_schedule__wsd_has_three_stages(void) {
    struct pl_train_options o = make(PL_LR_WSD, 100);
    o.warmup = 5;
    o.decay = 20;
    for (long step = 1; step <= 100; step++) {
        double share = step <= 5    ? (double)step / 5
                       : step <= 80 ? 1
                                    : 1 - 0.9 * (double)(step - 81) / 20;
        PL_CHECK_NEAR(pl_schedule_rate(&o, step), 0.5 * share, 1e-15);
    }
}

static void test_schedule__no_stage_is_fine(void) {
    struct pl_train_options o = make(PL_LR_WSD, 10);
    o.warmup = o.decay = 0;
    for (long step = 1; step <= 10; step++) PL_CHECK(pl_schedule_rate(&o, step) == 0.5);
    struct pl_train_options all = make(PL_LR_WARMUP_COSINE, 10);
    all.warmup = 10;
    PL_CHECK(pl_schedule_rate(&all, 10) == 0.5);
    PL_CHECK(isfinite(pl_schedule_rate(&all, 11)));
}

static void test_schedule__auto_is_a_tenth_and_a_fifth(void) {
    struct pl_train_options o = make(PL_LR_WSD, 305);
    PL_CHECK_INT(pl_schedule_warmup(&o), 30);
    PL_CHECK_INT(pl_schedule_decay(&o), 61);
    o.warmup = 300; /* leaves five */
    PL_CHECK_INT(pl_schedule_decay(&o), 5);
    o.schedule = PL_LR_WARMUP_COSINE;
    o.warmup = -1;
    PL_CHECK_INT(pl_schedule_warmup(&o), 30);
    PL_CHECK_INT(pl_schedule_decay(&o), 0);
    o.schedule = PL_LR_COSINE;
    PL_CHECK_INT(pl_schedule_warmup(&o), 0);
}

/* Whatever the schedule: within (0, lr] while it runs with a floor above 0. */
static void test_schedule__rates_stay_in_range(void) {
    for (int schedule = 0; pl_schedule_at(schedule); schedule++)
        for (long steps = 1; steps < 40; steps++) {
            struct pl_train_options o = make(schedule, steps);
            for (long step = 1; step <= steps; step++) {
                double rate = pl_schedule_rate(&o, step);
                PL_CHECK(rate > 0 && rate <= 0.5);
            }
        }
}

static void test_schedule__table_is_in_the_order_of_the_option(void) {
    const struct pl_option *row = pl_option_find(&pl_train_options, "schedule");
    int count = 0;
    for (; pl_schedule_at(count); count++)
        PL_CHECK_TEXT(pl_schedule_at(count)->name, pl_option_word(row, count));
    PL_CHECK_INT(count, 4);
    PL_CHECK_TEXT(pl_schedule_at(PL_LR_WSD)->name, "wsd");
    PL_CHECK(pl_schedule_at(-1) == NULL);
}

const struct pl_test pl_suite_schedule[] = {
    {"constant_is_lr", test_schedule__constant_is_lr},
    {"cosine_is_half_a_turn", test_schedule__cosine_is_half_a_turn},
    {"warmup_cosine_rises_then_falls", test_schedule__warmup_cosine_rises_then_falls},
    {"wsd_has_three_stages", test_schedule__wsd_has_three_stages},
    {"no_stage_is_fine", test_schedule__no_stage_is_fine},
    {"auto_is_a_tenth_and_a_fifth", test_schedule__auto_is_a_tenth_and_a_fifth},
    {"rates_stay_in_range", test_schedule__rates_stay_in_range},
    {"table_is_in_the_order_of_the_option", test_schedule__table_is_in_the_order_of_the_option},
    {0}};
