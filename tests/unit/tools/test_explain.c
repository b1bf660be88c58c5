#include "core/train/schedule.h"
#include "experiments/study/expand.h"
#include "experiments/tools/explain.h"
#include "experiments/tools/replica.h"
#include "tests/support/support.h"

static const char study[] =
    "study: explain\n"
    "model: {width: 4, hidden: 8, depth: 3}\n"
    "task: {name: linear_mix, dim: 4, samples: 20, valid_samples: 4, test_samples: 4}\n"
    "train: {steps: 20, lr: 1e-2}\n"
    "variants: [standard, rescaled, attnres_full]\n"
    "seeds: 2\n";

/* The text of the first cell of [variant] in the study with an override; owned by the caller. */
static char *cell_text(const char *variant, const char *override) {
    struct pl_experiment experiment;
    struct pl_cells cells;
    char *text = NULL;
    PL_REQUIRE_OK(pl_experiment_load_text(&experiment, "explain.yaml", study, strlen(study),
                                          &override, override ? 1 : 0));
    PL_REQUIRE_OK(pl_experiment_expand(&cells, &experiment));
    for (size_t k = cells.count; k-- > 0;)
        if (strcmp(cells.items[k].variant, variant) == 0) {
            pl_free(text);
            text = pl_strdup(pl_cell_text(&cells.items[k], &cells.arena));
        }
    PL_REQUIRE(text != NULL);
    pl_cells_finish(&cells);
    pl_experiment_finish(&experiment);
    return text;
}

struct answer {
    struct pl_explain explain;
    struct pl_strbuf text;
};

static void compare(struct answer *answer, char *a, char *b, double tolerance, long steps) {
    *answer = (struct answer){.explain = {.text = {a, b}, .tolerance = tolerance, .steps = steps}};
    pl_strbuf_init(&answer->text);
    PL_REQUIRE_OK(pl_explain_cells(&answer->explain, &answer->text));
    pl_free(a);
    pl_free(b);
}

/* Where two cells of one variant part whose studies differ in one override. */
static void check(const char *one, const char *other, enum pl_part part, const char *said) {
    struct answer answer;
    compare(&answer, cell_text("attnres_full", one), cell_text("attnres_full", other), 0, 0);
    PL_CHECK_INT(answer.explain.part, part);
    PL_CHECK_INT((long long)answer.explain.settings, 1);
    PL_CHECK(strstr(answer.text.text, said) != NULL);
    if (!strstr(answer.text.text, said)) printf("%s", answer.text.text);
    pl_strbuf_finish(&answer.text);
}

static void test_explain__one_cell_is_the_same(void) {
    struct answer answer;
    compare(&answer, cell_text("attnres_full", NULL), cell_text("attnres_full", NULL), 0, 0);
    PL_CHECK_INT(answer.explain.part, PL_PART_NOWHERE);
    PL_CHECK_INT((long long)answer.explain.settings, 0);
    PL_CHECK(strstr(answer.text.text, "the same: 20 steps") != NULL);
    PL_CHECK(strstr(answer.text.text, "It is one and the same cell") != NULL);
    pl_strbuf_finish(&answer.text);
}

static void test_explain__finds_the_stage(void) {
    check("task.structure=0", "task.structure=0.5", PL_PART_DATA,
          "the target of token 0 in split train");
    check("model.init=uniform_fan_in", "model.init=he_normal", PL_PART_WEIGHTS, "embed.w[0, 0]: ");
    check("model.activation=silu", "model.activation=relu", PL_PART_FORWARD,
          "differs first at the output of layer 1");
    check("train.lr=0.01", "train.lr=0.02", PL_PART_TRAINING, "They part in step 1, the weights");
    check("train.batch=5", "train.batch=6", PL_PART_TRAINING, "step 1, the batch: 5 | 6 samples");
    check("train.fresh=false", "train.fresh=true", PL_PART_TRAINING,
          "step 1, the batch: other samples");
    check("train.eval_points=1", "train.eval_points=7", PL_PART_NOWHERE,
          "no number that was compared does");
}

/* Two schedules part at the first step whose rates differ, which the schedules themselves tell. */
static void test_explain__finds_the_step(void) {
    struct pl_train_options constant = {.lr = 0.01, .steps = 20, .schedule = PL_LR_CONSTANT},
                            falling = constant;
    struct answer answer;
    falling.schedule = PL_LR_WSD;
    falling.decay = 7;
    long expected = 1;
    while (pl_schedule_rate(&constant, expected) == pl_schedule_rate(&falling, expected))
        expected++;
    PL_CHECK(expected > 1 && expected <= 20);
    static const char study_schedule[] = "train.schedule=wsd";
    char *a = cell_text("standard", NULL), *wsd = cell_text("standard", study_schedule);
    /* the lengths of the stages are settings of their own: put them into the text */
    char b[4096];
    char *warmup = strstr(wsd, "train.warmup = "), *decay = strstr(wsd, "train.decay = ");
    PL_REQUIRE(warmup && decay && decay < warmup);
    snprintf(b, sizeof b, "%.*strain.decay = 7%.*strain.warmup = 0%s", (int)(decay - wsd), wsd,
             (int)(warmup - strchr(decay, '\n')), strchr(decay, '\n'), strchr(warmup, '\n'));
    pl_free(wsd);
    compare(&answer, a, pl_strdup(b), 0, 0);
    PL_CHECK_INT(answer.explain.part, PL_PART_TRAINING);
    PL_CHECK_INT(answer.explain.step, expected);
    pl_strbuf_finish(&answer.text);
    compare(&answer, cell_text("standard", NULL), pl_strdup(b), 0, expected - 1);
    PL_CHECK_INT(answer.explain.part, PL_PART_NOWHERE);
    pl_strbuf_finish(&answer.text);
}

static void test_explain__compares_two_networks_by_layer(void) {
    struct answer answer;
    compare(&answer, cell_text("standard", NULL), cell_text("attnres_full", NULL), 0, 0);
    PL_CHECK_INT(answer.explain.part, PL_PART_FORWARD);
    PL_CHECK(strstr(answer.text.text, "only in B: residual.query.2 [4, 1]") != NULL);
    PL_CHECK(strstr(answer.text.text, "differs first at what layer 2 is handed") != NULL);
    pl_strbuf_finish(&answer.text);
    compare(&answer, cell_text("standard", "model.depth=2"), cell_text("standard", NULL), 0, 0);
    PL_CHECK_INT(answer.explain.part, PL_PART_FORWARD);
    PL_CHECK(strstr(answer.text.text, "only in B: norms.3.gain") != NULL);
    PL_CHECK(strstr(answer.text.text, "differs first at the loss") != NULL);
    pl_strbuf_finish(&answer.text);
}

/* The two backends differ in their last bits and agree within float32. */
static void test_explain__compares_backends_within_a_tolerance(void) {
    struct answer answer;
    compare(&answer, cell_text("attnres_full", "backend=ref"), cell_text("attnres_full", NULL), 0,
            0);
    PL_CHECK_INT(answer.explain.part, PL_PART_FORWARD);
    pl_strbuf_finish(&answer.text);
    compare(&answer, cell_text("attnres_full", "backend=ref"), cell_text("attnres_full", NULL),
            1e-4, 5);
    PL_CHECK_INT(answer.explain.part, PL_PART_NOWHERE);
    pl_strbuf_finish(&answer.text);
}

/* A replica is the run: its loss at the first step is what the forward pass gave, and its weights move
 * by the rule of the optimizer. */
static void test_explain__a_replica_is_the_run(void) {
    char *text = cell_text("standard", "train.optimizer=sgd");
    struct pl_replica replica;
    PL_REQUIRE_OK(pl_replica_init(&replica, text));
    int w = pl_graph_find(&replica.job.graph, "layers.1.w1");
    PL_REQUIRE(w != PL_NONE);
    double before[32], after[32], gradient[32];
    pl_replica_weights(&replica, w, before);
    double loss;
    PL_REQUIRE_OK(pl_replica_draw(&replica));
    PL_REQUIRE_OK(pl_replica_step(&replica, &loss));
    pl_replica_weights(&replica, w, after);
    PL_REQUIRE(pl_replica_gradient(&replica, w, gradient));
    double moved = 0;
    for (int k = 0; k < 32; k++) {
        PL_CHECK_NEAR(after[k], before[k] - 0.01 * gradient[k], 1e-6);
        moved += fabs(gradient[k]);
    }
    PL_CHECK(moved > 0);
    pl_replica_finish(&replica);
    pl_free(text);
}

/* Every step of two cells draws the same new samples, or others with another batch. */
static void test_explain__follows_new_samples(void) {
    static const char fresh[] = "train.fresh=true";
    struct answer answer;
    compare(&answer, cell_text("attnres_full", fresh), cell_text("attnres_full", fresh), 0, 0);
    PL_CHECK_INT(answer.explain.part, PL_PART_NOWHERE);
    PL_CHECK(strstr(answer.text.text, "the same: 20 steps") != NULL);
    pl_strbuf_finish(&answer.text);
    compare(&answer, cell_text("standard", fresh), cell_text("attnres_full", fresh), 0, 0);
    PL_CHECK_INT(answer.explain.part, PL_PART_FORWARD);
    pl_strbuf_finish(&answer.text);
}

static void test_explain__bad_cells_are_refused(void) {
    char *good = cell_text("standard", NULL);
    struct pl_explain explain = {.text = {good, "task.name = nothing\n"}};
    struct pl_strbuf out;
    pl_strbuf_init(&out);
    PL_CHECK_FAILS(pl_explain_cells(&explain, &out), PL_ECONFIG, "nothing");
    pl_strbuf_finish(&out);
    pl_free(good);
}

const struct pl_test pl_suite_explain[] = {
    {"one_cell_is_the_same", test_explain__one_cell_is_the_same},
    {"finds_the_stage", test_explain__finds_the_stage},
    {"finds_the_step", test_explain__finds_the_step},
    {"compares_two_networks_by_layer", test_explain__compares_two_networks_by_layer},
    {"compares_backends_within_a_tolerance", test_explain__compares_backends_within_a_tolerance},
    {"follows_new_samples", test_explain__follows_new_samples},
    {"a_replica_is_the_run", test_explain__a_replica_is_the_run},
    {"bad_cells_are_refused", test_explain__bad_cells_are_refused},
    {0}};
