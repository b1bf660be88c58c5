#include "core/train/optim.h"

#include "core/graph/grad.h"
#include "core/train/trainer.h"
#include "tests/unit/train/net.h"

static const size_t sizes[PL_SPLITS] = {150};

/* 50 steps of minibatches of 40, the fourth of each epoch short, against the second implementation. */
static void check_against_truth(const struct pl_train_options *options, bool classes,
                                const char *backend, double tolerance) {
    struct pl_dataset data;
    struct truth truth;
    struct bench bench;
    struct pl_rng rng;
    data_init(&data, classes, 1, sizes);
    truth_init(&truth, 3);
    bench_init(&bench, options, backend, &data, &truth);
    pl_rng_init(&rng, 5, "test-order");
    uint32_t order[150];
    for (size_t step = 0; step < 50; step++) {
        size_t first = step % 4 * 40, count = first == 120 ? 30 : 40;
        if (first == 0) pl_rng_permutation(&rng, order, 150);
        double loss = pl_trainer_step(bench.trainer, order + first, count);
        double expected = truth_step(&truth, options, options->lr, &data, order + first, count);
        PL_CHECK_NEAR(loss, expected, tolerance);
        check_params(&bench, truth.p, tolerance);
    }
    bench_finish(&bench);
    pl_dataset_finish(&data);
}

static void test_optim__sgd_is_gradient_descent(void) {
    struct pl_train_options o = options_for(PL_OPTIM_SGD, 0.05, 50);
    o.momentum = 0;
    check_against_truth(&o, false, "ref", 1e-12);
}

static void test_optim__momentum_remembers(void) {
    struct pl_train_options o = options_for(PL_OPTIM_SGD, 0.02, 50);
    check_against_truth(&o, false, "ref", 1e-12);
    check_against_truth(&o, true, "ref", 1e-12);
}

static void test_optim__adam_is_the_papers(void) {
    struct pl_train_options o = options_for(PL_OPTIM_ADAM, 0.01, 50);
    check_against_truth(&o, false, "ref", 1e-12);
    check_against_truth(&o, true, "ref", 1e-12);
    o.beta1 = 0.5;
    o.beta2 = 0.9;
    o.eps = 1e-3;
    check_against_truth(&o, false, "ref", 1e-12);
    o.beta1 = o.beta2 = 0;
    check_against_truth(&o, false, "ref", 1e-12);
}

/* A table of seven columns is written anew after every seventh step, and nothing is forgotten. */
static void test_optim__tables_follow_each_other(void) {
    struct pl_train_options o = options_for(PL_OPTIM_ADAM, 0.01, 7);
    check_against_truth(&o, false, "ref", 1e-12);
}

/* From step 30 on, as a run that was saved does: the thirtieth correction, not the first. */
static void test_optim__any_step_may_be_the_first(void) {
    struct pl_train_options o = options_for(PL_OPTIM_ADAM, 0.01, 50);
    struct pl_dataset data;
    struct truth truth;
    struct bench bench;
    data_init(&data, false, 1, sizes);
    truth_init(&truth, 3);
    bench_init(&bench, &o, "ref", &data, &truth);
    struct pl_program *program = pl_trainer_program(bench.trainer);
    struct pl_optim *optim = &bench.trainer->optim;
    double column[4];
    pl_optim_advance(optim, program, 30);
    const uint32_t samples[] = {0, 1};
    bench.trainer->step = 29;
    pl_trainer_step(bench.trainer, samples, 2);
    int pick = pl_graph_node(&bench.net.graph, optim->update[PL_GROUP_WEIGHT].node)->in[2];
    pl_program_read(program, pick, column);
    PL_CHECK_NEAR(column[1], 1 / (1 - pow(0.9, 30)), 1e-13);
    PL_CHECK_NEAR(column[2], 1 / (1 - pow(0.999, 30)), 1e-12);
    bench_finish(&bench);
    pl_dataset_finish(&data);
}

static void test_optim__adamw_is_the_papers(void) {
    struct pl_train_options o = options_for(PL_OPTIM_ADAMW, 0.01, 50);
    check_against_truth(&o, false, "ref", 1e-12);
    o.weight_decay = 3;
    o.lr_mult = 0.3;
    check_against_truth(&o, true, "ref", 1e-12);
}

static void test_optim__lr_mult_is_the_connections(void) {
    for (int optimizer = 0; pl_optim_at(optimizer); optimizer++) {
        struct pl_train_options o = options_for(optimizer, 0.01, 50);
        o.lr_mult = 4;
        check_against_truth(&o, false, "ref", 1e-12);
    }
}

static void test_optim__cpu_keeps_close(void) {
    for (int optimizer = 0; pl_optim_at(optimizer); optimizer++) {
        struct pl_train_options o = options_for(optimizer, 0.01, 50);
        check_against_truth(&o, false, "cpu", 1e-4);
        check_against_truth(&o, true, "cpu", 1e-4);
    }
}

/* A step whose gradient is 0, since every sample weighs nothing. */
static void idle_step(const struct pl_train_options *options, struct truth *truth, double *after) {
    struct pl_dataset data;
    struct bench bench;
    uint32_t samples[150];
    data_init(&data, false, 1, sizes);
    PL_REQUIRE_OK(pl_dataset_add_weights(&data, PL_TRAIN));
    for (uint32_t i = 0; i < 150; i++) {
        data.split[PL_TRAIN].weight[i] = 0;
        samples[i] = i;
    }
    truth_init(truth, 3);
    bench_init(&bench, options, "ref", &data, truth);
    PL_CHECK(pl_trainer_step(bench.trainer, samples, 150) == 0);
    bench_params(&bench, after);
    bench_finish(&bench);
    pl_dataset_finish(&data);
}

static void test_optim__adamw_decays_matrices_alone(void) {
    struct truth truth;
    double after[PARAMS];
    struct pl_train_options o = options_for(PL_OPTIM_ADAMW, 0.01, 1);
    idle_step(&o, &truth, after);
    for (int i = 0; i < W; i++) PL_CHECK_NEAR(after[i], truth.p[i] * (1 - 0.01 * 0.1), 1e-15);
    for (int i = W; i < PARAMS; i++) PL_CHECK(after[i] == truth.p[i]);
}

static void test_optim__without_a_gradient_nothing_moves(void) {
    struct truth truth;
    double after[PARAMS];
    for (int optimizer = 0; pl_optim_at(optimizer); optimizer++) {
        struct pl_train_options o = options_for(optimizer, 0.01, 1);
        o.weight_decay = 0;
        idle_step(&o, &truth, after);
        for (int i = 0; i < PARAMS; i++) PL_CHECK(after[i] == truth.p[i]);
    }
}

/* b and c stand at the same place of the network: same gradient, and lr_mult is all the difference. */
static void test_optim__lr_mult_scales_moves(void) {
    struct pl_dataset data;
    struct truth truth;
    struct bench bench;
    data_init(&data, false, 1, sizes);
    for (int mult = 0; mult < 4; mult++) {
        struct pl_train_options o = options_for(PL_OPTIM_SGD, 0.01, 1);
        double p[PARAMS];
        uint32_t samples[] = {4, 8, 15, 16, 23, 42};
        o.lr_mult = mult;
        truth_init(&truth, 3);
        bench_init(&bench, &o, "ref", &data, &truth);
        for (int step = 0; step < 3; step++) pl_trainer_step(bench.trainer, samples, 6);
        bench_params(&bench, p);
        for (int r = W; r < W + OUT; r++) {
            PL_CHECK(p[r] != truth.p[r]);
            PL_CHECK_NEAR(p[r + OUT] - truth.p[r + OUT], mult * (p[r] - truth.p[r]), 1e-15);
        }
        bench_finish(&bench);
    }
    pl_dataset_finish(&data);
}

static void test_optim__empty_groups_have_no_update(void) {
    struct pl_graph graph;
    pl_graph_init(&graph);
    int x = pl_feed_tile(&graph, "x", 2, PL_NUMBER), y = pl_feed_tile(&graph, "y", 2, PL_NUMBER);
    int weight = pl_feed_tile(&graph, "weight", 1, PL_NUMBER);
    int w = pl_param(&graph, "w", 2, 2, PL_GROUP_WEIGHT, PL_FILL_VALUE, 0);
    int k = pl_param(&graph, "k", 2, 1, PL_GROUP_CONSTANT, PL_FILL_VALUE, 0);
    int loss = pl_mse(&graph, pl_bias(&graph, pl_matmul(&graph, w, x), k), y, weight);
    pl_graph_grad(&graph, loss, NULL, 0);
    struct pl_train_options o = options_for(PL_OPTIM_ADAM, 0.01, 1);
    struct pl_optim optim;
    int targets[PL_OPTIM_TARGETS];
    pl_optim_build(&optim, &graph, &o, loss);
    PL_CHECK_INT(pl_optim_targets(&optim, targets), 2);
    PL_CHECK_INT(targets[0], optim.update[PL_GROUP_WEIGHT].node);
    PL_CHECK_INT(targets[1], optim.tick);
    PL_CHECK_INT(optim.update[PL_GROUP_CONSTANT].node, PL_NONE);
    PL_CHECK(pl_graph_find(&graph, "optim.weight.v") != PL_NONE);
    pl_graph_finish(&graph);
}

static void test_optim__nothing_to_train_is_fine(void) {
    for (int optimizer = 0; pl_optim_at(optimizer); optimizer++) {
        struct pl_train_options o = options_for(optimizer, 0.01, 1);
        struct pl_optim optim;
        struct pl_graph graph;
        int targets[PL_OPTIM_TARGETS];
        pl_graph_init(&graph);
        pl_optim_build(&optim, &graph, &o, pl_const(&graph, 1));
        PL_CHECK_INT(pl_optim_targets(&optim, targets), 1);
        PL_CHECK_INT(targets[0], optim.tick);
        pl_graph_finish(&graph);
    }
}

/* Momentum 0 keeps no moment. */
static void test_optim__moments_are_what_is_needed(void) {
    struct pl_train_options o = options_for(PL_OPTIM_SGD, 0.01, 1);
    PL_CHECK_INT(pl_optim_at(PL_OPTIM_SGD)->moments(&o), 1);
    o.momentum = 0;
    PL_CHECK_INT(pl_optim_at(PL_OPTIM_SGD)->moments(&o), 0);
    PL_CHECK_INT(pl_optim_at(PL_OPTIM_ADAMW)->moments(&o), 2);
}

static void test_optim__table_is_in_the_order_of_the_option(void) {
    const struct pl_option *row = pl_option_find(&pl_train_options, "optimizer");
    int count = 0;
    for (; pl_optim_at(count); count++)
        PL_CHECK_TEXT(pl_optim_at(count)->name, pl_option_word(row, count));
    PL_CHECK_INT(count, 3);
    PL_CHECK_TEXT(pl_optim_at(PL_OPTIM_SGD)->name, "sgd");
    PL_CHECK(pl_optim_at(-1) == NULL);
}

const struct pl_test pl_suite_optim[] = {
    {"sgd_is_gradient_descent", test_optim__sgd_is_gradient_descent},
    {"momentum_remembers", test_optim__momentum_remembers},
    {"adam_is_the_papers", test_optim__adam_is_the_papers},
    {"tables_follow_each_other", test_optim__tables_follow_each_other},
    {"any_step_may_be_the_first", test_optim__any_step_may_be_the_first},
    {"adamw_is_the_papers", test_optim__adamw_is_the_papers},
    {"lr_mult_is_the_connections", test_optim__lr_mult_is_the_connections},
    {"cpu_keeps_close", test_optim__cpu_keeps_close},
    {"adamw_decays_matrices_alone", test_optim__adamw_decays_matrices_alone},
    {"without_a_gradient_nothing_moves", test_optim__without_a_gradient_nothing_moves},
    {"lr_mult_scales_moves", test_optim__lr_mult_scales_moves},
    {"empty_groups_have_no_update", test_optim__empty_groups_have_no_update},
    {"nothing_to_train_is_fine", test_optim__nothing_to_train_is_fine},
    {"moments_are_what_is_needed", test_optim__moments_are_what_is_needed},
    {"table_is_in_the_order_of_the_option", test_optim__table_is_in_the_order_of_the_option},
    {0}};
