#include "core/train/schedule.h"

#include "core/base/fault.h"
#include "core/base/math.h"

long pl_schedule_warmup(const struct pl_train_options *options) {
    if (!pl_schedule_at(options->schedule)->warms_up) return 0;
    return options->warmup >= 0 ? options->warmup : options->steps / 10;
}

long pl_schedule_decay(const struct pl_train_options *options) {
    if (!pl_schedule_at(options->schedule)->decays) return 0;
    if (options->decay >= 0) return options->decay;
    long fifth = options->steps / 5, left = options->steps - pl_schedule_warmup(options);
    return fifth < left ? fifth : left;
}

/* ---- stages ---- */

/* How far a stage of [length] steps after step [from] is gone before [step] is taken: 0 .. 1. */
static double gone(long step, long from, long length) {
    double share = (double)(step - 1 - from) / (double)length;
    return share < 1 ? share : 1;
}

/* From 1 down to the floor, as [fall] goes from 1 to 0. */
static double above_floor(const struct pl_train_options *options, double fall) {
    return options->lr_min + (1 - options->lr_min) * fall;
}

/* Half a turn of the cosine over all steps after [from]. */
static double cosine_after(const struct pl_train_options *options, long step, long from) {
    double turns = gone(step, from, options->steps - from) / 2;
    return above_floor(options, (1 + pl_cos_turn(turns)) / 2);
}

/* ---- schedules ---- */

static double constant(const struct pl_train_options *options, long step) {
    (void)options, (void)step;
    return 1;
}

static double cosine(const struct pl_train_options *options, long step) {
    return cosine_after(options, step, 0);
}

static double warmup_cosine(const struct pl_train_options *options, long step) {
    long warmup = pl_schedule_warmup(options);
    return step <= warmup ? (double)step / (double)warmup : cosine_after(options, step, warmup);
}

static double wsd(const struct pl_train_options *options, long step) {
    long warmup = pl_schedule_warmup(options), decay = pl_schedule_decay(options);
    long stable = options->steps - decay;
    if (step <= warmup) return (double)step / (double)warmup;
    return step <= stable ? 1 : above_floor(options, 1 - gone(step, stable, decay));
}

static const struct pl_schedule_rule rules[] = {
    [PL_LR_CONSTANT] = {"constant", "the same rate at every step", false, false, constant},
    [PL_LR_COSINE] = {"cosine", "half a cosine from lr down to lr_min", false, false, cosine},
    [PL_LR_WARMUP_COSINE] = {"warmup_cosine", "a linear rise, then half a cosine down to lr_min",
                             true, false, warmup_cosine},
    [PL_LR_WSD] = {"wsd", "warm-up, stable, decay: a linear rise, lr, a linear fall to lr_min",
                   true, true, wsd},
};
enum { RULES = sizeof rules / sizeof rules[0] };

const struct pl_schedule_rule *pl_schedule_at(int index) {
    return index >= 0 && index < RULES ? &rules[index] : NULL;
}

double pl_schedule_rate(const struct pl_train_options *options, long step) {
    if (pl_fault("schedule")) return options->lr;
    return options->lr * rules[options->schedule].share(options, step);
}
