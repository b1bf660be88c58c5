#include "core/base/strbuf.h"
#include "core/train/trainer.h"
#include "tests/unit/train/net.h"

enum { STEPS = 23, MOST = 100, KEPT = 2 };

/* The states that a run handed out, at every chance. */
struct kept {
    struct pl_strbuf states[MOST];
    size_t count;
};

static void save(void *ctx, const char *state, size_t size) {
    struct kept *kept = ctx;
    PL_REQUIRE(kept->count < MOST);
    pl_strbuf_init(&kept->states[kept->count]);
    pl_strbuf_add_bytes(&kept->states[kept->count++], state, size);
}

static void kept_finish(struct kept *kept) {
    for (size_t k = 0; k < kept->count; k++) pl_strbuf_finish(&kept->states[k]);
}

/* A run of the small network, from the start or (resume) from a state; every number that it gave. */
struct outcome {
    struct pl_run run;
    double params[PARAMS];
};

static void run(struct outcome *out, const struct pl_train_options *options, const char *backend,
                const struct pl_dataset *data, struct kept *kept, const struct pl_strbuf *resume) {
    struct truth truth;
    struct bench bench;
    truth_init(&truth, 3);
    bench_init(&bench, options, backend, data, &truth);
    if (kept) pl_trainer_keep(bench.trainer, (struct pl_keep){1e-12, save, kept});
    if (resume) PL_REQUIRE_OK(pl_trainer_resume(bench.trainer, resume->text, resume->length));
    PL_REQUIRE_OK(pl_train(&out->run, bench.trainer, 11, 1e9, NULL));
    bench_params(&bench, out->params);
    bench_finish(&bench);
}

static bool same_number(double a, double b) {
    return a == b || (isnan(a) && isnan(b));
}

static void check_same(const struct outcome *a, const struct outcome *b) {
    PL_REQUIRE(a->run.count == b->run.count);
    PL_CHECK(memcmp(a->params, b->params, sizeof a->params) == 0);
    PL_CHECK_INT(a->run.last_step, b->run.last_step);
    PL_CHECK_INT(a->run.diverged, b->run.diverged);
    for (size_t k = 0; k < a->run.count; k++) {
        const struct pl_point *x = &a->run.points[k], *y = &b->run.points[k];
        PL_CHECK_INT(x->step, y->step);
        PL_CHECK_INT(x->split, y->split);
        for (int m = 0; m < PL_MEASURES; m++) PL_CHECK(same_number(x->measure[m], y->measure[m]));
    }
}

/* Taken up wherever it was kept, a run gives the same bits as one that never stopped. It is kept at every
 * evaluation but the last, and after so many steps without one. */
static void check_run(const struct pl_train_options *options, const char *backend, bool classes,
                      size_t expected) {
    struct pl_dataset data = {0};
    struct kept kept = {0};
    struct outcome whole, resumed;
    data_init(&data, classes, 2, (const size_t[PL_SPLITS]){30, 6, 6});
    run(&whole, options, backend, &data, &kept, NULL);
    PL_CHECK_INT((long long)kept.count, (long long)expected);
    for (size_t k = 0; k < kept.count; k++) {
        run(&resumed, options, backend, &data, NULL, &kept.states[k]);
        check_same(&whole, &resumed);
        pl_run_finish(&resumed.run);
    }
    pl_run_finish(&whole.run);
    kept_finish(&kept);
    pl_dataset_finish(&data);
}

static void test_snapshot__resumes_with_the_same_bits(void) {
    static const int optimizers[] = {PL_OPTIM_ADAM, PL_OPTIM_ADAMW, PL_OPTIM_SGD};
    static const char *const backends[] = {"ref", "cpu"};
    for (int o = 0; o < 3; o++)
        for (int b = 0; b < 2; b++) {
            struct pl_train_options options = options_for(optimizers[o], 0.05, STEPS);
            options.schedule = o == 1 ? PL_LR_WSD : PL_LR_WARMUP_COSINE;
            options.batch = 7; /* five batches an epoch, the last one short */
            options.lr_mult = 3;
            options.eval_points = 5;
            check_run(&options, backends[b], b == 1, 4);
            options.eval_points = STEPS;
            check_run(&options, backends[b], b == 1, STEPS - 1);
            options.eval_points = 1;
            check_run(&options, backends[b], b == 1, 1);
        }
}

/* Longer than the tables of rates reach that are written at once (core/train/optim.h), and taken up on
 * either side of their end. */
static void test_snapshot__resumes_beyond_a_table(void) {
    struct pl_train_options options = options_for(PL_OPTIM_ADAM, 0.01, 1200);
    options.schedule = PL_LR_COSINE;
    options.eval_points = 2;
    options.batch = 7;
    check_run(&options, "cpu", false, 1200 / 16);
}

/* A state of another run is refused, and the trainer starts as if nothing had been. */
static void test_snapshot__refuses_what_does_not_fit(void) {
    struct pl_train_options options = options_for(PL_OPTIM_ADAM, 0.05, STEPS), other;
    struct pl_dataset data = {0};
    struct kept kept = {0};
    struct outcome whole, again;
    struct truth truth;
    struct bench bench;
    data_init(&data, false, 1, (const size_t[PL_SPLITS]){12, 6});
    options.eval_points = 5;
    run(&whole, &options, "ref", &data, &kept, NULL);
    const struct pl_strbuf *state = &kept.states[KEPT];
    truth_init(&truth, 3);
    bench_init(&bench, &options, "ref", &data, &truth);
    PL_CHECK_FAILS(pl_trainer_resume(bench.trainer, state->text, state->length - 8), PL_ESTORE,
                   "is not one of this run");
    PL_CHECK_FAILS(pl_trainer_resume(bench.trainer, state->text, 5), PL_ESTORE, "5 bytes");
    PL_REQUIRE_OK(pl_train(&again.run, bench.trainer, 11, 1e9, NULL));
    bench_params(&bench, again.params);
    check_same(&whole, &again);
    bench_finish(&bench);
    other = options;
    other.optimizer = PL_OPTIM_SGD; /* fewer moments */
    bench_init(&bench, &other, "ref", &data, &truth);
    PL_CHECK_FAILS(pl_trainer_resume(bench.trainer, state->text, state->length), PL_ESTORE, "");
    bench_finish(&bench);
    other = options;
    other.steps = 14; /* it is over by then */
    bench_init(&bench, &other, "ref", &data, &truth);
    PL_CHECK_FAILS(pl_trainer_resume(bench.trainer, state->text, state->length), PL_ESTORE, "");
    bench_finish(&bench);
    pl_run_finish(&whole.run);
    pl_run_finish(&again.run);
    kept_finish(&kept);
    pl_dataset_finish(&data);
}

const struct pl_test pl_suite_snapshot[] = {
    {"resumes_with_the_same_bits", test_snapshot__resumes_with_the_same_bits},
    {"resumes_beyond_a_table", test_snapshot__resumes_beyond_a_table},
    {"refuses_what_does_not_fit", test_snapshot__refuses_what_does_not_fit},
    {0}};
