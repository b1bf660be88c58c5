/* The loop counts steps from 1; step 0 is the start. A device may run behind: losses are read, and a loss
 * that was not finite is noticed, every STEPS_UNSEEN steps and before every evaluation, and what was trained
 * after the first such step does not count. Evaluations never change what is trained.
 */
#include "core/train/train.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/train/schedule.h"
#include "core/train/snapshot.h"

/* ---- options ---- */

#define S struct pl_train_options
static const struct pl_option rows[] = {
    PL_OPTION_CHOICE(S, optimizer, "adam", "adam|adamw|sgd", "how parameters move"),
    PL_OPTION_REAL(S, lr, "0.001", 0, 1e12, "learning rate"),
    PL_OPTION_CHOICE(S, schedule, "constant", "constant|cosine|warmup_cosine|wsd",
                     "the learning rate over the steps"),
    PL_OPTION_AUTO_INT(S, warmup, "auto", 0, 100000000,
                       "steps of warm-up (warmup_cosine, wsd); auto is a tenth of the steps"),
    PL_OPTION_AUTO_INT(S, decay, "auto", 0, 100000000,
                       "steps of the final fall (wsd); auto is a fifth of the steps"),
    PL_OPTION_REAL(S, lr_min, "0", 0, 1, "where the schedule ends, as a share of lr"),
    PL_OPTION_INT(S, steps, "300", 1, 100000000, "training steps"),
    PL_OPTION_WORD_INT(
        S, batch, "full", 1, 4294967295.0,
        "samples of a step; full, or more than there are, is the whole training split"),
    PL_OPTION_REAL(S, momentum, "0.9", 0, 1, "momentum (sgd); 0 for none"),
    PL_OPTION_REAL(S, beta1, "0.9", 0, 1, "decay of the first moment (adam, adamw); below 1"),
    PL_OPTION_REAL(S, beta2, "0.999", 0, 1, "decay of the second moment (adam, adamw); below 1"),
    PL_OPTION_REAL(S, eps, "1e-8", 1e-30, 1, "added to the root of the second moment"),
    PL_OPTION_REAL(S, weight_decay, "0.01", 0, 1e6, "decoupled decay of matrices (adamw)"),
    PL_OPTION_REAL(S, lr_mult, "1", 0, 1e12,
                   "rate multiplier of the parameters of a residual variant"),
    PL_OPTION_INT(S, eval_points, "10", 1, 100000000,
                  "evaluations after the start, evenly spread, the last one at the end"),
    {"fresh", PL_TYPE_BOOL, offsetof(S, fresh), "false", 0, 1, NULL,
     "every step trains on samples drawn for it alone; samples of the training split are then only "
     "looked at",
     .later = true},
    {"clip", PL_TYPE_REAL, offsetof(S, clip), "0", 0, 1e12, NULL,
     "gradients are made shorter where their norm over all parameters is above this; 0 is never",
     .later = true},
    {"decay_embeddings", PL_TYPE_BOOL, offsetof(S, decay_embeddings), "true", 0, 1, NULL,
     "weight_decay moves tables of ids and of positions too", .later = true},
};
#undef S

const struct pl_options pl_train_options = PL_OPTIONS("train", rows);

static enum pl_status check_betas(const struct pl_train_options *options, const char **key) {
    const struct {
        const char *key;
        double value;
    } betas[] = {{"beta1", options->beta1}, {"beta2", options->beta2}};
    for (size_t k = 0; k < sizeof betas / sizeof betas[0]; k++) {
        if (betas[k].value < 1) continue;
        *key = betas[k].key;
        return pl_fail(PL_ECONFIG,
                       "%s is %g, but a moment that never forgets cannot be averaged; "
                       "choose a number below 1",
                       *key, betas[k].value);
    }
    return PL_OK;
}

enum pl_status pl_train_check(const struct pl_train_options *options, const char **key) {
    *key = NULL;
    PL_TRY(check_betas(options, key));
    long warmup = pl_schedule_warmup(options), decay = pl_schedule_decay(options);
    if (warmup > options->steps) {
        *key = "warmup";
        return pl_fail(PL_ECONFIG,
                       "a warm-up of %ld steps is longer than the %ld steps of the run; "
                       "shorten warmup or raise steps",
                       warmup, options->steps);
    }
    if (decay > options->steps - warmup) {
        *key = "decay";
        return pl_fail(PL_ECONFIG,
                       "a warm-up of %ld steps and a decay of %ld do not fit into the %ld steps of "
                       "the run; shorten warmup or decay, or raise steps",
                       warmup, decay, options->steps);
    }
    return PL_OK;
}

/* ---- times ---- */

static void times_add(struct pl_times *times, double seconds) {
    long at = times->seen++;
    if (at % times->stride != 0) return;
    if (times->count == PL_TIMES) {
        times->count /= 2;
        times->stride *= 2;
        for (size_t k = 0; k < times->count; k++) times->seconds[k] = times->seconds[2 * k];
        if (at % times->stride != 0) return;
    }
    times->seconds[times->count++] = seconds;
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double times_median(struct pl_times *times) {
    if (times->count == 0) return 0;
    qsort(times->seconds, times->count, sizeof(double), by_value);
    size_t upper = times->count / 2, lower = (times->count - 1) / 2;
    return (times->seconds[lower] + times->seconds[upper]) / 2;
}

/* ---- the run ---- */

enum { STEPS_UNSEEN = 16 }; /* taken before somebody asks whether a loss was not finite */

/* Evaluates every split that there is; the loss of the training split. */
static double record(struct pl_running *run) {
    double loss = NAN;
    for (int split = 0; split < PL_SPLITS; split++) {
        if (run->trainer->feeder.data->split[split].count == 0) continue;
        struct pl_point point = pl_trainer_evaluate(run->trainer, (enum pl_split)split);
        if (split == PL_TRAIN) loss = point.measure[PL_MEASURE_LOSS];
        PL_VEC_PUSH(&run->points, point);
    }
    return loss;
}

/* Steps up to [until], but no more than a few: then the loss of each is known to be finite or not. A
 * device is asked only then. */
static enum pl_status take_steps(struct pl_running *run, long until,
                                 const volatile sig_atomic_t *stop) {
    struct pl_trainer *trainer = run->trainer;
    struct pl_program *program = pl_trainer_program(trainer);
    double start = pl_clock_seconds();
    long first = trainer->step;
    if (until > first + STEPS_UNSEEN) until = first + STEPS_UNSEEN;
    while (trainer->step < until && !(stop && *stop)) {
        size_t count;
        if (trainer->options.fresh) {
            PL_TRY(pl_trainer_advance_fresh(trainer));
            continue;
        }
        const uint32_t *samples = pl_batches_next(&run->batches, &count);
        pl_trainer_advance(trainer, samples, count);
    }
    long bad = pl_optim_first_bad(&trainer->optim, program);
    double seconds = pl_clock_seconds() - start;
    if (trainer->step > first) times_add(&run->times, seconds / (double)(trainer->step - first));
    run->diverged = bad > 0;
    if (bad > 0) trainer->step = bad; /* what came after does not count */
    return pl_program_check(program);
}

/* The k-th evaluation after the start: evenly spread, rounded; never two at one step. */
static long chosen_step(const struct pl_train_options *options, long k) {
    int64_t steps = options->steps, points = options->eval_points;
    if (points > steps) points = steps;
    return (long)((k * steps + points / 2) / points);
}

/* An evaluation, and whoever watches. */
static enum pl_status look(struct pl_running *run, double *loss) {
    struct pl_trainer *trainer = run->trainer;
    *loss = record(run);
    PL_TRY(pl_program_check(pl_trainer_program(trainer)));
    if (!trainer->watch.look) return PL_OK;
    bool last = run->diverged || trainer->step == trainer->options.steps;
    return trainer->watch.look(trainer->watch.ctx, trainer->step, last);
}

/* Hands out the state of the run, when it is time to; [stopped]: at once. */
static void keep(struct pl_running *run, double *last, bool stopped) {
    const struct pl_keep *keep = &run->trainer->keep;
    struct pl_strbuf state;
    double now = pl_clock_seconds();
    if (keep->seconds <= 0 || (now - *last < keep->seconds && !stopped)) return;
    pl_strbuf_init(&state);
    pl_snapshot_write(&state, run);
    keep->save(keep->ctx, state.text, state.length);
    pl_strbuf_finish(&state);
    *last = pl_clock_seconds();
}

/* The first look at a run, or where another one left off. */
static enum pl_status start(struct pl_running *run, double *loss) {
    *loss = NAN;
    run->next = 1;
    if (!run->trainer->resume) return look(run, loss);
    pl_snapshot_read(run, run->trainer->resume);
    run->trainer->resume = NULL;
    return pl_program_check(pl_trainer_program(run->trainer));
}

static enum pl_status run_steps(struct pl_running *run, double trivial,
                                const volatile sig_atomic_t *stop) {
    const struct pl_train_options *options = &run->trainer->options;
    double loss, kept = pl_clock_seconds();
    PL_TRY(start(run, &loss));
    while (run->trainer->step < options->steps && !run->diverged && !(stop && *stop)) {
        PL_TRY(take_steps(run, chosen_step(options, run->next), stop));
        if (run->diverged || run->trainer->step == chosen_step(options, run->next)) {
            PL_TRY(look(run, &loss));
            run->next++;
        }
        if (!run->diverged && run->trainer->step < options->steps) keep(run, &kept, stop && *stop);
    }
    if (run->trainer->step < options->steps && !run->diverged)
        return pl_fail(PL_EINTERRUPT, "training was interrupted after step %ld of %ld",
                       run->trainer->step, options->steps);
    run->diverged |= !isfinite(loss) || (trivial > 0 && loss > 1000 * trivial);
    return PL_OK;
}

enum pl_status pl_train(struct pl_run *out, struct pl_trainer *trainer, uint64_t seed,
                        double trivial, const volatile sig_atomic_t *stop) {
    struct pl_running *run = pl_alloc_zero(1, sizeof *run);
    *out = (struct pl_run){0};
    run->trainer = trainer;
    run->times.stride = 1;
    pl_batches_init(&run->batches, trainer->feeder.data->split[PL_TRAIN].count,
                    (size_t)trainer->options.batch, seed);
    enum pl_status status = run_steps(run, trivial, stop);
    if (status == PL_OK)
        *out = (struct pl_run){run->points.items, run->points.count, run->diverged, trainer->step,
                               1000 * times_median(&run->times)};
    else
        PL_VEC_FINISH(&run->points);
    pl_batches_finish(&run->batches);
    pl_free(run);
    return status;
}

void pl_run_finish(struct pl_run *run) {
    if (!run) return;
    pl_free(run->points);
    *run = (struct pl_run){0};
}
