#include "core/train/train.h"

#include <stdlib.h>

#include "core/config/settings.h"
#include "core/data/batch.h"
#include "core/train/schedule.h"
#include "core/train/trainer.h"
#include "tests/unit/train/net.h"

static const char *const backends[] = {"ref", "cpu"};
enum { BACKENDS = sizeof backends / sizeof backends[0] };

static void first_samples(uint32_t *samples, size_t count) {
    for (uint32_t i = 0; i < count; i++) samples[i] = i;
}

static void weigh(struct pl_dataset *data, enum pl_split split, unsigned period) {
    PL_REQUIRE_OK(pl_dataset_add_weights(data, split));
    size_t count = data->split[split].count * (size_t)data->shape.tokens;
    for (size_t t = 0; t < count; t++)
        data->split[split].weight[t] = t % period == 0 ? 0 : 0.5F * (float)(t % period);
}

static bool same_bits(const double *a, const double *b, size_t count) {
    return memcmp(a, b, count * sizeof *a) == 0;
}

/* ---- options ---- */

static void test_train__defaults_bind(void) {
    struct pl_settings none = {0};
    struct pl_arena arena = {0};
    struct pl_train_options o;
    const char *key;
    PL_REQUIRE_OK(pl_settings_bind(&none, &pl_train_options, &o, &arena));
    PL_CHECK_INT(o.optimizer, PL_OPTIM_ADAM);
    PL_CHECK(o.lr == 1e-3 && o.beta1 == 0.9 && o.beta2 == 0.999 && o.eps == 1e-8);
    PL_CHECK(o.lr_mult == 1 && o.momentum == 0.9 && o.weight_decay == 0.01 && o.lr_min == 0);
    PL_CHECK_INT(o.schedule, PL_LR_CONSTANT);
    PL_CHECK_INT(o.warmup, -1);
    PL_CHECK_INT(o.decay, -1);
    PL_CHECK_INT(o.steps, 300);
    PL_CHECK_INT(o.batch, 0);
    PL_CHECK_INT(o.eval_points, 10);
    PL_REQUIRE_OK(pl_train_check(&o, &key));
    PL_CHECK(key == NULL);
    pl_arena_finish(&arena);
}

static void check_refused(const struct pl_train_options *options, const char *key,
                          const char *part) {
    const char *found;
    PL_CHECK_FAILS(pl_train_check(options, &found), PL_ECONFIG, part);
    PL_CHECK_TEXT(found, key);
}

static void test_train__contradictions_name_their_key(void) {
    struct pl_train_options o = options_for(PL_OPTIM_ADAM, 0.1, 10);
    const char *key;
    o.schedule = PL_LR_WSD;
    o.warmup = 11;
    check_refused(&o, "warmup", "warm-up of 11 steps");
    o.warmup = 4;
    o.decay = 7;
    check_refused(&o, "decay", "do not fit into the 10 steps");
    o.decay = 6;
    PL_REQUIRE_OK(pl_train_check(&o, &key));
    o.decay = 7;
    o.schedule = PL_LR_WARMUP_COSINE; /* does not read decay */
    PL_REQUIRE_OK(pl_train_check(&o, &key));
    o.warmup = 400;
    o.schedule = PL_LR_COSINE;
    PL_REQUIRE_OK(pl_train_check(&o, &key));
    o.beta2 = 1;
    check_refused(&o, "beta2", "below 1");
    o.beta1 = 1;
    check_refused(&o, "beta1", "below 1");
}

/* ---- evaluation ---- */

static void check_evaluation(bool classes, long tokens, unsigned period, const char *backend,
                             double tolerance) {
    const size_t sizes[PL_SPLITS] = {100, 33, 64, 1};
    struct pl_train_options o = options_for(PL_OPTIM_ADAM, 0.01, 1);
    struct pl_dataset data;
    struct truth truth;
    struct bench bench;
    data_init(&data, classes, tokens, sizes);
    for (int split = 0; split < PL_SPLITS - 1 && period; split++)
        weigh(&data, (enum pl_split)split, period);
    truth_init(&truth, 9);
    bench_init(&bench, &o, backend, &data, &truth);
    for (int split = 0; split < PL_SPLITS; split++) {
        double accuracy;
        struct pl_point point = pl_trainer_evaluate(bench.trainer, (enum pl_split)split);
        double loss =
            truth_loss(&truth, &data, (enum pl_split)split, NULL, sizes[split], &accuracy);
        PL_CHECK_INT(point.step, 0);
        PL_CHECK_INT(point.split, split);
        PL_CHECK_NEAR(point.measure[PL_MEASURE_LOSS], loss, tolerance);
        if (classes)
            PL_CHECK_NEAR(point.measure[PL_MEASURE_ACCURACY], accuracy, tolerance);
        else
            PL_CHECK(isnan(point.measure[PL_MEASURE_ACCURACY]));
    }
    check_params(&bench, truth.p, 0); /* evaluation changes nothing */
    bench_finish(&bench);
    pl_dataset_finish(&data);
}

/* Samples of three tokens that are predicted as their inputs say. Of those that have weight, the first and
 * the third are right wherever they have it, the second and the fifth once not: exact is 2 / 4. */
static void check_exact(const char *backend, int tile) {
    static const int labels[][3] = {{0, 1, 2}, {0, 2, 2}, {1, 1, 1}, {2, 2, 2}, {0, 0, 0}};
    static const int said[][3] = {{0, 1, 2}, {0, 1, 2}, {1, 1, 0}, {2, 2, 2}, {1, 0, 0}};
    static const float weight[][3] = {{1, 1, 1}, {1, 1, 1}, {1, 1, 0}, {0, 0, 0}, {0.5F, 2, 1}};
    const size_t sizes[PL_SPLITS] = {5, 0, 1, 0};
    struct pl_train_options o = options_for(PL_OPTIM_ADAM, 0.01, 1);
    struct pl_trainer *trainer;
    struct pl_dataset data;
    struct net net;
    data_init(&data, true, 3, sizes);
    PL_REQUIRE_OK(pl_dataset_add_weights(&data, PL_TRAIN));
    struct pl_samples *s = &data.split[PL_TRAIN];
    for (size_t t = 0; t < 15; t++) {
        s->labels[t] = labels[t / 3][t % 3];
        s->weight[t] = weight[t / 3][t % 3];
        for (int c = 0; c < IN; c++) s->x[t * IN + (size_t)c] = c == said[t / 3][t % 3];
    }
    net_init(&net, true);
    net.graph.sequence = net.graph.asked = 3;
    struct pl_network *n = &net.network;
    int samples = pl_network_feed(n, PL_FEED_INVERSE_SAMPLES, 1);
    int exact = pl_exact(&net.graph, net.pred, n->feed[PL_FEED_LABELS], n->feed[PL_FEED_WEIGHT]);
    n->measure[PL_MEASURE_EXACT] = pl_mul(&net.graph, exact, samples);
    n->tile = tile;
    PL_REQUIRE_OK(pl_trainer_create(&trainer, n, &o, backend_named(backend), &data));
    double identity[W] = {0};
    for (int r = 0; r < OUT; r++) identity[r * IN + r] = 1;
    pl_program_write(pl_trainer_program(trainer), net.param[0], identity);
    PL_CHECK(pl_trainer_evaluate(trainer, PL_TRAIN).measure[PL_MEASURE_EXACT] == 0.5);
    double one = pl_trainer_evaluate(trainer, PL_TEST).measure[PL_MEASURE_EXACT];
    PL_CHECK(one == 0 || one == 1);
    pl_trainer_destroy(trainer);
    pl_graph_finish(&net.graph);
    pl_dataset_finish(&data);
}

static void test_train__exact_counts_samples_that_are_right_throughout(void) {
    for (size_t b = 0; b < BACKENDS; b++)
        for (int tile = 0; tile <= 48; tile += 16) check_exact(backends[b], tile);
}

static void test_train__evaluation_is_the_weighted_mean(void) {
    for (int classes = 0; classes < 2; classes++)
        for (long tokens = 1; tokens < 80; tokens = tokens * 3 + 2)
            for (unsigned period = 0; period < 5; period += 4) {
                check_evaluation(classes, tokens, period, "ref", 1e-13);
                check_evaluation(classes, tokens, period, "cpu", 1e-5);
            }
}

static void test_train__an_absent_split_has_no_loss(void) {
    const size_t sizes[PL_SPLITS] = {10};
    struct pl_train_options o = options_for(PL_OPTIM_ADAM, 0.01, 1);
    struct pl_dataset data;
    struct truth truth;
    struct bench bench;
    data_init(&data, false, 1, sizes);
    truth_init(&truth, 9);
    bench_init(&bench, &o, "ref", &data, &truth);
    PL_CHECK(isnan(pl_trainer_evaluate(bench.trainer, PL_VALID).measure[PL_MEASURE_LOSS]));
    bench_finish(&bench);
    pl_dataset_finish(&data);
}

/* ---- tiles and masks ---- */

/* Tiles of whole samples, a multiple of 16 wide with nothing padded, never wider than the backend's
 * but where the fewest samples of that kind are. */
static void test_train__a_tile_holds_whole_samples(void) {
    const size_t sizes[PL_SPLITS] = {100, 20};
    struct pl_train_options o = options_for(PL_OPTIM_ADAM, 0.01, 1);
    struct truth truth;
    truth_init(&truth, 9);
    for (long tokens = 1; tokens < 200; tokens += 7) {
        struct pl_dataset data;
        struct bench bench;
        data_init(&data, false, tokens, sizes);
        bench_init(&bench, &o, "ref", &data, &truth);
        long tile = pl_trainer_plan(bench.trainer)->tokens, samples = bench.trainer->feeder.samples;
        PL_CHECK(tile % PL_ALIGN_ELEMENTS == 0);
        PL_CHECK_INT(tile, samples * tokens);
        PL_CHECK(tile <= 64 || samples == 1 || samples / 2 * tokens % PL_ALIGN_ELEMENTS != 0);
        bench_finish(&bench);
        pl_dataset_finish(&data);
    }
}

/* Ids, positions and the mark for padding go where they belong, in any order of samples. Target y is 1 at
 * the token's number in its sample, and so are its id and its position: each token that is there hits. Where a
 * tile is padded, ids, positions and y are 0, which would hit as well. */
static void test_train__feeds_go_by_meaning(void) {
    enum { T = 7, SAMPLES = 20, NODES = 3 };
    struct pl_dataset data = {.shape = {PL_INPUT_ID, PL_TARGET_REAL, T, T, T}};
    uint32_t order[SAMPLES];
    for (uint32_t k = 0; k < SAMPLES; k++) order[k] = (7 * k + 3) % SAMPLES;
    PL_REQUIRE_OK(pl_dataset_add(&data, PL_TRAIN, SAMPLES));
    for (int k = 0; k < SAMPLES * T; k++) {
        data.split[PL_TRAIN].ids[k] = k % T;
        data.split[PL_TRAIN].y[k * T + k % T] = 1;
    }
    for (int b = 0; pl_backend_here(b); b++) {
        struct pl_graph graph;
        struct pl_feeder feeder = {.data = &data};
        struct pl_network *n = &feeder.network;
        struct pl_program *program;
        struct pl_plan plan;
        pl_graph_init(&graph);
        graph.sequence = T;
        pl_network_init(n, &graph);
        n->width = T;
        n->tile = 20; /* the fewest samples that fill it, 16, and then the rest */
        int ids = pl_network_feed(n, PL_FEED_IDS, 1), y = pl_network_feed(n, PL_FEED_Y, T);
        int position = pl_network_feed(n, PL_FEED_POSITION, 1);
        int present = pl_network_feed(n, PL_FEED_PRESENT, 1);
        int weight = pl_network_feed(n, PL_FEED_WEIGHT, 1);
        int inverse = pl_network_feed(n, PL_FEED_INVERSE_WEIGHT, 1);
        const int sums[NODES] = {pl_hits(&graph, y, ids, present),
                                 pl_hits(&graph, y, position, present),
                                 pl_mul(&graph, pl_hits(&graph, y, position, weight), inverse)};
        const double expected[NODES] = {SAMPLES * T, SAMPLES * T, 1};
        int tile = pl_feeder_tile(&feeder, pl_backend_here(b), SAMPLES);
        PL_CHECK_INT(feeder.samples, 16);
        PL_CHECK_INT(tile, 112);
        pl_plan_make(&plan, &graph, tile, &(struct pl_pass_spec){"count", sums, NODES}, 1);
        PL_CHECK(!plan.passes[0].whole_sequences);
        PL_REQUIRE_OK(pl_program_create(&program, pl_backend_here(b), &plan));
        pl_feeder_init(&feeder, program);
        const struct pl_selection all = {&data.split[PL_TRAIN], order, SAMPLES};
        pl_feeder_run(&feeder, 0, &all, NULL, NULL);
        for (int k = 0; k < NODES; k++)
            PL_CHECK_NEAR(pl_feeder_read(&feeder, sums[k]), expected[k], 1e-6);
        pl_feeder_finish(&feeder);
        pl_program_destroy(program);
        pl_plan_finish(&plan);
        pl_graph_finish(&graph);
    }
    pl_dataset_finish(&data);
}

/* Sequences train as their tokens would one by one. */
static void check_sequences(long tokens) {
    const size_t sizes[PL_SPLITS] = {30};
    struct pl_train_options o = options_for(PL_OPTIM_ADAM, 0.01, 20);
    struct pl_dataset data;
    struct truth truth;
    struct bench bench;
    struct pl_batches batches;
    data_init(&data, true, tokens, sizes);
    weigh(&data, PL_TRAIN, 5);
    truth_init(&truth, 9);
    bench_init(&bench, &o, "ref", &data, &truth);
    pl_batches_init(&batches, 30, 8, 1);
    for (int step = 0; step < 20; step++) {
        size_t count;
        const uint32_t *samples = pl_batches_next(&batches, &count);
        double loss = pl_trainer_step(bench.trainer, samples, count);
        PL_CHECK_NEAR(loss, truth_step(&truth, &o, o.lr, &data, samples, count), 1e-12);
    }
    check_params(&bench, truth.p, 1e-12);
    pl_batches_finish(&batches);
    bench_finish(&bench);
    pl_dataset_finish(&data);
}

static void test_train__sequences_train_as_tokens(void) {
    check_sequences(2);
    check_sequences(7);
    check_sequences(16);
    check_sequences(70);
}

/* Samples of weight 0 beside others: as if they were not there. */
static void test_train__masked_samples_change_nothing(void) {
    const size_t sizes[PL_SPLITS] = {90};
    struct pl_train_options o = options_for(PL_OPTIM_ADAMW, 0.01, 20);
    struct pl_dataset data;
    struct truth truth;
    struct bench with, without;
    uint32_t all[90], kept[90];
    size_t count = 0;
    data_init(&data, false, 1, sizes);
    weigh(&data, PL_TRAIN, 3);
    first_samples(all, 90);
    for (uint32_t i = 0; i < 90; i++) {
        if (data.split[PL_TRAIN].weight[i] != 0)
            kept[count++] = i;
        else
            for (int c = 0; c < OUT; c++) data.split[PL_TRAIN].y[i * OUT + c] = INFINITY;
    }
    truth_init(&truth, 9);
    bench_init(&with, &o, "ref", &data, &truth);
    bench_init(&without, &o, "ref", &data, &truth);
    for (int step = 0; step < 20; step++)
        PL_CHECK_NEAR(pl_trainer_step(with.trainer, all, 90),
                      pl_trainer_step(without.trainer, kept, count), 1e-13);
    double p[PARAMS];
    bench_params(&without, p);
    check_params(&with, p, 1e-12);
    bench_finish(&with);
    bench_finish(&without);
    pl_dataset_finish(&data);
}

/* A tile that is padded gives the bits of a full tile whose further tokens have weight 0. */
static void check_padding(const char *backend, bool classes, size_t count) {
    const size_t sizes[PL_SPLITS] = {200};
    struct pl_train_options o = options_for(PL_OPTIM_SGD, 0.01, 1);
    struct pl_dataset data;
    struct truth truth;
    struct bench padded, full;
    uint32_t samples[200];
    double g[2][PARAMS], p[2][PARAMS];
    data_init(&data, classes, 1, sizes);
    PL_REQUIRE_OK(pl_dataset_add_weights(&data, PL_TRAIN));
    for (size_t i = count; i < 200; i++) data.split[PL_TRAIN].weight[i] = 0;
    first_samples(samples, 200);
    truth_init(&truth, 9);
    bench_init(&padded, &o, backend, &data, &truth);
    bench_init(&full, &o, backend, &data, &truth);
    size_t tile = (size_t)pl_trainer_plan(full.trainer)->tokens;
    PL_REQUIRE(count < tile && tile < 200);
    double loss = pl_trainer_step(padded.trainer, samples, count);
    PL_CHECK(loss == pl_trainer_step(full.trainer, samples, tile));
    PL_CHECK(loss > 0);
    bench_grads(&padded, g[0]);
    bench_grads(&full, g[1]);
    bench_params(&padded, p[0]);
    bench_params(&full, p[1]);
    PL_CHECK(same_bits(g[0], g[1], PARAMS));
    PL_CHECK(same_bits(p[0], p[1], PARAMS));
    bench_finish(&padded);
    bench_finish(&full);
    pl_dataset_finish(&data);
}

static void test_train__padding_leaves_the_bits_alone(void) {
    for (int b = 0; b < BACKENDS; b++)
        for (int classes = 0; classes < 2; classes++)
            for (size_t count = 1; count < 64; count += 3)
                check_padding(backends[b], classes, count);
}

/* The predictions of the first [count] samples, with [given] of them in the tile. */
static void predict(const char *backend, const struct pl_dataset *data, const struct truth *truth,
                    int given, double *out) {
    struct net net;
    struct pl_plan plan;
    struct pl_program *program;
    net_init(&net, false);
    pl_plan_make(&plan, &net.graph, 64, &(struct pl_pass_spec){"predict", &net.pred, 1}, 1);
    PL_REQUIRE_OK(pl_program_create(&program, backend_named(backend), &plan));
    pl_program_write(program, net.param[0], truth->p);
    pl_program_write(program, net.param[1], truth->p + W);
    pl_program_begin(program, 0);
    pl_program_gather(program, 0, net.network.feed[PL_FEED_X], data->split[PL_TRAIN].x,
                      (struct pl_gather){.count = given});
    pl_program_tile(program, 0);
    pl_program_end(program, 0);
    pl_program_read_tile(program, 0, net.pred, out);
    pl_program_destroy(program);
    pl_plan_finish(&plan);
    pl_graph_finish(&net.graph);
}

static void test_train__predictions_do_not_see_their_neighbours(void) {
    const size_t sizes[PL_SPLITS] = {64};
    struct pl_dataset data;
    struct truth truth;
    double full[OUT * 64], part[OUT * 64];
    data_init(&data, false, 1, sizes);
    truth_init(&truth, 9);
    for (int b = 0; b < BACKENDS; b++) {
        predict(backends[b], &data, &truth, 64, full);
        for (int given = 1; given < 64; given++) {
            predict(backends[b], &data, &truth, given, part);
            for (int r = 0; r < OUT; r++)
                PL_CHECK(same_bits(full + r * 64, part + r * 64, (size_t)given));
        }
    }
    pl_dataset_finish(&data);
}

/* ---- the run ---- */

static void check_run(const struct pl_train_options *o, bool classes, const char *backend,
                      double tolerance) {
    const size_t sizes[PL_SPLITS] = {70, 20, 30};
    struct pl_dataset data;
    struct truth truth;
    struct bench bench;
    struct pl_batches batches;
    struct pl_run run;
    data_init(&data, classes, 1, sizes);
    truth_init(&truth, 9);
    bench_init(&bench, o, backend, &data, &truth);
    PL_REQUIRE_OK(pl_train(&run, bench.trainer, 11, 1, NULL));
    PL_CHECK(!run.diverged && run.step_ms > 0);
    PL_CHECK_INT(run.last_step, o->steps);
    pl_batches_init(&batches, 70, (size_t)o->batch, 11);
    size_t at = 0;
    for (long step = 0; step <= o->steps; step++) {
        size_t count;
        if (step > 0) {
            const uint32_t *samples = pl_batches_next(&batches, &count);
            truth_step(&truth, o, pl_schedule_rate(o, step), &data, samples, count);
        }
        for (int split = 0; split < 3 && at < run.count && run.points[at].step == step; split++) {
            double accuracy, loss;
            loss = truth_loss(&truth, &data, (enum pl_split)split, NULL, sizes[split], &accuracy);
            PL_CHECK_INT(run.points[at].split, split);
            PL_CHECK_NEAR(run.points[at].measure[PL_MEASURE_LOSS], loss, tolerance);
            if (classes) PL_CHECK_NEAR(run.points[at].measure[PL_MEASURE_ACCURACY], accuracy, 1e-6);
            at++;
        }
    }
    PL_CHECK_INT(at, run.count);
    PL_CHECK_INT(run.count, 3 * (1 + o->eval_points));
    pl_batches_finish(&batches);
    pl_run_finish(&run);
    bench_finish(&bench);
    pl_dataset_finish(&data);
}

static void test_train__a_run_is_its_steps(void) {
    struct pl_train_options o = options_for(PL_OPTIM_ADAM, 0.01, 40);
    o.eval_points = 5;
    check_run(&o, false, "ref", 1e-12);
    o.batch = 32;
    check_run(&o, false, "ref", 1e-12);
    check_run(&o, true, "ref", 1e-12);
    o.optimizer = PL_OPTIM_SGD;
    o.schedule = PL_LR_WSD;
    check_run(&o, true, "ref", 1e-12);
    check_run(&o, false, "cpu", 1e-4);
}

/* Which steps are evaluated. */
static void check_points(long steps, long points, const long *expected, size_t count) {
    const size_t sizes[PL_SPLITS] = {20};
    struct pl_train_options o = options_for(PL_OPTIM_SGD, 0.001, steps);
    struct pl_dataset data;
    struct truth truth;
    struct bench bench;
    struct pl_run run;
    o.eval_points = points;
    data_init(&data, false, 1, sizes);
    truth_init(&truth, 9);
    bench_init(&bench, &o, "ref", &data, &truth);
    PL_REQUIRE_OK(pl_train(&run, bench.trainer, 1, 1, NULL));
    PL_CHECK_INT(run.count, count);
    for (size_t k = 0; k < run.count && k < count; k++)
        PL_CHECK_INT(run.points[k].step, expected[k]);
    pl_run_finish(&run);
    bench_finish(&bench);
    pl_dataset_finish(&data);
}

static void test_train__evaluations_are_evenly_spread(void) {
    check_points(10, 4, (long[]){0, 3, 5, 8, 10}, 5);
    check_points(10, 1, (long[]){0, 10}, 2);
    check_points(3, 50, (long[]){0, 1, 2, 3}, 4);
    check_points(7, 7, (long[]){0, 1, 2, 3, 4, 5, 6, 7}, 8);
    check_points(8, 7, (long[]){0, 1, 2, 3, 5, 6, 7, 8}, 8);
    check_points(1, 10, (long[]){0, 1}, 2);
    check_points(300, 3, (long[]){0, 100, 200, 300}, 4);
}

static void test_train__a_run_repeats_bit_by_bit(void) {
    const size_t sizes[PL_SPLITS] = {300, 40, 40};
    struct pl_train_options o = options_for(PL_OPTIM_ADAMW, 0.01, 30);
    struct pl_dataset data;
    struct truth truth;
    o.batch = 77;
    o.schedule = PL_LR_WARMUP_COSINE;
    data_init(&data, true, 1, sizes);
    truth_init(&truth, 9);
    for (int b = 0; b < BACKENDS; b++) {
        struct pl_run run[2];
        double p[2][PARAMS];
        for (int k = 0; k < 2; k++) {
            struct bench bench;
            bench_init(&bench, &o, backends[b], &data, &truth);
            PL_REQUIRE_OK(pl_train(&run[k], bench.trainer, 11, 1, NULL));
            bench_params(&bench, p[k]);
            bench_finish(&bench);
        }
        PL_CHECK(same_bits(p[0], p[1], PARAMS));
        PL_CHECK_INT(run[0].count, run[1].count);
        for (size_t k = 0; k < run[0].count && k < run[1].count; k++) {
            PL_CHECK(same_bits(&run[0].points[k].measure[PL_MEASURE_LOSS],
                               &run[1].points[k].measure[PL_MEASURE_LOSS], 1));
            PL_CHECK(same_bits(&run[0].points[k].measure[PL_MEASURE_ACCURACY],
                               &run[1].points[k].measure[PL_MEASURE_ACCURACY], 1));
        }
        for (int k = 0; k < 2; k++) pl_run_finish(&run[k]);
    }
    pl_dataset_finish(&data);
}

/* A run of [steps] at a rate far too large. */
static struct pl_run wild_run(const char *backend, double lr, long steps, double trivial) {
    const size_t sizes[PL_SPLITS] = {100, 20};
    struct pl_train_options o = options_for(PL_OPTIM_SGD, lr, steps);
    struct pl_dataset data;
    struct truth truth;
    struct bench bench;
    struct pl_run run;
    data_init(&data, false, 1, sizes);
    truth_init(&truth, 9);
    bench_init(&bench, &o, backend, &data, &truth);
    PL_REQUIRE_OK(pl_train(&run, bench.trainer, 1, trivial, NULL));
    bench_finish(&bench);
    pl_dataset_finish(&data);
    return run;
}

static void test_train__divergence_is_an_outcome(void) {
    for (int b = 0; b < BACKENDS; b++) {
        struct pl_run run = wild_run(backends[b], 1e6, 300, 1);
        PL_CHECK(run.diverged);
        PL_CHECK(run.last_step > 1 && run.last_step < 100);
        PL_CHECK_INT(run.count, 4); /* two splits at the start, two at the end */
        PL_CHECK_INT(run.points[2].step, run.last_step);
        PL_CHECK_INT(run.points[2].split, PL_TRAIN);
        PL_CHECK_INT(run.points[3].split, PL_VALID);
        PL_CHECK(!isfinite(run.points[2].measure[PL_MEASURE_LOSS]));
        pl_run_finish(&run);
    }
}

/* The same run step by step, each loss read. */
static long first_bad_step(double lr, long steps) {
    const size_t sizes[PL_SPLITS] = {100, 20};
    struct pl_train_options o = options_for(PL_OPTIM_SGD, lr, steps);
    struct pl_dataset data;
    struct truth truth;
    struct bench bench;
    struct pl_batches batches;
    long bad = 0;
    data_init(&data, false, 1, sizes);
    truth_init(&truth, 9);
    bench_init(&bench, &o, "ref", &data, &truth);
    pl_batches_init(&batches, 100, 0, 1);
    for (long step = 1; step <= steps && bad == 0; step++) {
        size_t count;
        const uint32_t *samples = pl_batches_next(&batches, &count);
        if (!isfinite(pl_trainer_step(bench.trainer, samples, count))) bad = step;
    }
    pl_batches_finish(&batches);
    bench_finish(&bench);
    pl_dataset_finish(&data);
    return bad;
}

/* The step told is the first whose loss is not finite, looked at one by one. */
static void test_train__the_step_of_divergence_is_the_first(void) {
    struct pl_run run = wild_run("ref", 1e6, 300, 1);
    PL_CHECK_INT(run.last_step, first_bad_step(1e6, 300));
    PL_CHECK(run.last_step % 16 != 0 && run.last_step != 300);
    pl_run_finish(&run);
}

static void test_train__a_thousand_times_the_trivial_loss_is_divergence(void) {
    struct pl_run run = wild_run("ref", 100, 2, 1);
    double loss = run.points[2].measure[PL_MEASURE_LOSS];
    PL_CHECK(run.diverged && isfinite(loss) && loss > 1000);
    PL_CHECK_INT(run.last_step, 2);
    pl_run_finish(&run);
    run = wild_run("ref", 100, 2, loss / 1000.001);
    PL_CHECK(run.diverged);
    pl_run_finish(&run);
    run = wild_run("ref", 100, 2, loss / 999.999);
    PL_CHECK(!run.diverged);
    pl_run_finish(&run);
}

static void test_train__a_stop_is_an_interrupt(void) {
    const size_t sizes[PL_SPLITS] = {20};
    struct pl_train_options o = options_for(PL_OPTIM_SGD, 0.001, 10);
    volatile sig_atomic_t stop = 1;
    struct pl_dataset data;
    struct truth truth;
    struct bench bench;
    struct pl_run run;
    data_init(&data, false, 1, sizes);
    truth_init(&truth, 9);
    bench_init(&bench, &o, "ref", &data, &truth);
    PL_CHECK_FAILS(pl_train(&run, bench.trainer, 1, 1, &stop), PL_EINTERRUPT, "step 0 of 10");
    PL_CHECK(run.points == NULL && run.count == 0);
    pl_run_finish(&run);
    pl_run_finish(NULL);
    bench_finish(&bench);
    pl_dataset_finish(&data);
}

/* ---- memory ---- */

/* Creates a trainer while the n-th allocation is refused; ends with 10 when that was said by a
 * status, with 11 when all went well (small memory ends the process by itself). */
static void create_short_of_memory(void *context) {
    struct pl_train_options o = options_for(PL_OPTIM_ADAM, 0.01, 10);
    struct net net;
    struct pl_dataset data;
    struct pl_trainer *trainer;
    const struct pl_backend *backend;
    data_init(&data, false, 1, (size_t[PL_SPLITS]){20});
    net_init(&net, false);
    if (pl_backend_find(&backend, "ref") != PL_OK) exit(12);
    pl_alloc_fail_after(*(const long *)context);
    enum pl_status status = pl_trainer_create(&trainer, &net.network, &o, backend, &data);
    pl_alloc_fail_after(0);
    bool right = status == PL_EMEMORY ? trainer == NULL : status == PL_OK && trainer != NULL;
    pl_trainer_destroy(trainer);
    pl_graph_finish(&net.graph);
    pl_dataset_finish(&data);
    exit(!right ? 12 : status == PL_OK ? 11 : 10);
}

static void test_train__a_memory_refusal_is_a_status(void) {
    int by_status = 0, last = 0;
    for (long n = 1; n < 1000 && last != 11; n++) {
        struct pl_apart apart;
        pl_run_apart(&apart, create_short_of_memory, &n);
        last = apart.exit_status;
        PL_CHECK(last == 10 || last == 11 || last == pl_status_exit(PL_EMEMORY));
        by_status += last == 10;
    }
    PL_CHECK_INT(last, 11);
    PL_CHECK_INT(by_status, 4); /* three regions and the kernels' scratch */
}

static void test_train__a_model_beyond_counting_is_refused(void) {
    struct pl_train_options o = options_for(PL_OPTIM_ADAM, 0.01, 10);
    struct net net;
    struct pl_dataset data;
    struct pl_trainer *trainer;
    data_init(&data, false, 1, (size_t[PL_SPLITS]){20});
    net_init(&net, false);
    pl_param(&net.graph, "huge", 1 << 20, 1 << 12, PL_GROUP_WEIGHT, PL_FILL_VALUE, 0);
    PL_CHECK_FAILS(pl_trainer_create(&trainer, &net.network, &o, backend_named("ref"), &data),
                   PL_EMEMORY, "parameters of one kind");
    PL_CHECK(trainer == NULL);
    pl_trainer_destroy(NULL);
    pl_graph_finish(&net.graph);
    pl_dataset_finish(&data);
}

const struct pl_test pl_suite_train[] = {
    {"defaults_bind", test_train__defaults_bind},
    {"contradictions_name_their_key", test_train__contradictions_name_their_key},
    {"exact_counts_samples_that_are_right_throughout",
     test_train__exact_counts_samples_that_are_right_throughout},
    {"evaluation_is_the_weighted_mean", test_train__evaluation_is_the_weighted_mean},
    {"an_absent_split_has_no_loss", test_train__an_absent_split_has_no_loss},
    {"a_tile_holds_whole_samples", test_train__a_tile_holds_whole_samples},
    {"feeds_go_by_meaning", test_train__feeds_go_by_meaning},
    {"sequences_train_as_tokens", test_train__sequences_train_as_tokens},
    {"masked_samples_change_nothing", test_train__masked_samples_change_nothing},
    {"padding_leaves_the_bits_alone", test_train__padding_leaves_the_bits_alone},
    {"predictions_do_not_see_their_neighbours",
     test_train__predictions_do_not_see_their_neighbours},
    {"a_run_is_its_steps", test_train__a_run_is_its_steps},
    {"evaluations_are_evenly_spread", test_train__evaluations_are_evenly_spread},
    {"a_run_repeats_bit_by_bit", test_train__a_run_repeats_bit_by_bit},
    {"divergence_is_an_outcome", test_train__divergence_is_an_outcome},
    {"the_step_of_divergence_is_the_first", test_train__the_step_of_divergence_is_the_first},
    {"a_thousand_times_the_trivial_loss_is_divergence",
     test_train__a_thousand_times_the_trivial_loss_is_divergence},
    {"a_stop_is_an_interrupt", test_train__a_stop_is_an_interrupt},
    {"a_memory_refusal_is_a_status", test_train__a_memory_refusal_is_a_status},
    {"a_model_beyond_counting_is_refused", test_train__a_model_beyond_counting_is_refused},
    {0}};
