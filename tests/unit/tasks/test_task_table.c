/* What every task promises, over the table: the same bytes for the same seed, splits and streams
 * that do not hear of each other, new test inputs, a shape that holds. */
#include "tests/unit/tasks/make.h"

static bool is_teacher(const struct pl_task *task) {
    return strstr(task->name, "teacher") != NULL;
}

/* A teacher is a network run in plain loops, so it is kept small here. */
static const char *small(const struct pl_task *task) {
    if (is_teacher(task)) return "dim=4 hidden=6 depth=2 ";
    return pl_option_find(&task->options, "dim") ? "dim=4 " : "";
}

static void made_of(struct made *made, const struct pl_task *task, const char *more,
                    uint64_t seed) {
    char text[200];
    snprintf(text, sizeof text, "%s%s", small(task), more);
    make(made, task->name, text, seed);
}

static size_t input_bytes(const struct pl_data_shape *shape) {
    size_t item = shape->input == PL_INPUT_ID ? sizeof(int32_t) : (size_t)shape->in * sizeof(float);
    return item * (size_t)shape->tokens;
}

static size_t target_bytes(const struct pl_data_shape *shape) {
    bool class = shape->target == PL_TARGET_CLASS;
    return (class ? sizeof(int32_t) : (size_t)shape->out * sizeof(float)) * (size_t)shape->tokens;
}

static const void *inputs(const struct pl_samples *samples) {
    return samples->ids ? (const void *)samples->ids : samples->x;
}

static const void *targets(const struct pl_samples *samples) {
    return samples->labels ? (const void *)samples->labels : samples->y;
}

/* The first [count] samples are the same in both. */
static bool same_start(const struct made *a, const struct made *b, enum pl_split split,
                       size_t count) {
    const struct pl_samples *left = &a->data.split[split], *right = &b->data.split[split];
    if (left->count < count || right->count < count) return false;
    size_t tokens = (size_t)a->data.shape.tokens;
    return memcmp(inputs(left), inputs(right), count * input_bytes(&a->data.shape)) == 0 &&
           memcmp(targets(left), targets(right), count * target_bytes(&a->data.shape)) == 0 &&
           memcmp(left->corrupted, right->corrupted, count * tokens) == 0;
}

static void each(void (*test)(const struct pl_task *task)) {
    for (size_t k = 0; pl_task_at(k); k++) test(pl_task_at(k));
}

static void check_prefix(const struct pl_task *task) {
    struct made few, many;
    made_of(&few, task, "samples=5 valid_samples=700 test_samples=3", 9);
    made_of(&many, task, "samples=600 valid_samples=4 test_samples=550", 9);
    PL_CHECK(same_start(&few, &many, PL_TRAIN, 5));
    PL_CHECK(same_start(&few, &many, PL_VALID, 4));
    PL_CHECK(same_start(&few, &many, PL_TEST, 3));
    if (few.data.split[PL_TEST_CLEAN].count > 0)
        PL_CHECK(same_start(&few, &many, PL_TEST_CLEAN, 3));
    make_finish(&few);
    make_finish(&many);
}

static void test_task_table__a_split_depends_on_no_size(void) {
    each(check_prefix);
}

static void digest(char *out, const struct pl_task *task, uint64_t seed) {
    struct made made;
    made_of(&made, task, "samples=20 valid_samples=10 test_samples=10", seed);
    pl_dataset_digest(&made.data, out);
    make_finish(&made);
}

static void check_seeds(const struct pl_task *task) {
    char first[PL_HASH_TEXT], again[PL_HASH_TEXT], other[PL_HASH_TEXT];
    digest(first, task, 1);
    digest(again, task, 1);
    digest(other, task, 2);
    PL_CHECK_TEXT(again, first);
    bool constant = strcmp(task->name, "null") == 0;
    PL_CHECK((strcmp(first, other) == 0) == constant);
}

static void test_task_table__a_seed_decides_every_byte(void) {
    each(check_seeds);
}

static bool appears(const struct made *made, const char *input, enum pl_split split) {
    size_t bytes = input_bytes(&made->data.shape);
    const char *there = inputs(&made->data.split[split]);
    for (size_t i = 0; i < made->data.split[split].count; i++)
        if (memcmp(there + i * bytes, input, bytes) == 0) return true;
    return false;
}

static void check_leakage(const struct pl_task *task) {
    if (strcmp(task->name, "null") == 0) return; /* says so */
    struct made made;
    made_of(&made, task, "samples=300 valid_samples=200 test_samples=200", 3);
    size_t bytes = input_bytes(&made.data.shape);
    const char *test = inputs(&made.data.split[PL_TEST]);
    const char *valid = inputs(&made.data.split[PL_VALID]);
    for (size_t i = 0; i < 200; i++) {
        PL_CHECK(!appears(&made, test + i * bytes, PL_TRAIN));
        PL_CHECK(!appears(&made, test + i * bytes, PL_VALID));
        PL_CHECK(!appears(&made, valid + i * bytes, PL_TRAIN));
    }
    make_finish(&made);
}

static void test_task_table__no_input_is_in_two_splits(void) {
    each(check_leakage);
}

static void check_shape(const struct pl_task *task) {
    struct made made;
    struct pl_data_shape shape;
    made_of(&made, task, "samples=30 valid_samples=20 test_samples=10", 3);
    task->shape(made.options, &shape);
    PL_CHECK(memcmp(&shape, &made.data.shape, sizeof shape) == 0);
    PL_CHECK_INT(made.data.split[PL_TRAIN].count, 30);
    PL_CHECK_INT(made.data.split[PL_VALID].count, 20);
    PL_CHECK_INT(made.data.split[PL_TEST].count, 10);
    size_t clean = made.data.split[PL_TEST_CLEAN].count;
    PL_CHECK(clean == 10 || clean == 0);
    PL_CHECK(isnan(made.points.best_test) || made.points.trivial >= made.points.best_test);
    PL_CHECK(isnan(made.points.solved) || made.points.solved >= made.points.best_test);
    make_finish(&made);
}

static void test_task_table__shape_and_sizes_hold(void) {
    each(check_shape);
}

static void check_clean(const struct pl_task *task) {
    struct made made;
    made_of(&made, task, "samples=2 valid_samples=2 test_samples=9", 5);
    const struct pl_samples *test = &made.data.split[PL_TEST];
    const struct pl_samples *clean = &made.data.split[PL_TEST_CLEAN];
    size_t tokens = clean->count * (size_t)made.data.shape.tokens;
    if (clean->count > 0)
        PL_CHECK(memcmp(inputs(test), inputs(clean), 9 * input_bytes(&made.data.shape)) == 0);
    for (size_t i = 0; i < tokens; i++) PL_CHECK(clean->corrupted[i] == 0);
    make_finish(&made);
}

static void test_task_table__test_clean_has_the_inputs_of_test(void) {
    each(check_clean);
}

static void check_facts(const struct pl_task *task) {
    const struct pl_task *found = NULL;
    PL_REQUIRE_OK(pl_task_find(&found, task->name));
    PL_CHECK(found == task);
    PL_CHECK(task->version >= 1 && task->summary[0] && task->formula[0] && task->citation);
    PL_CHECK_TEXT(task->options.section, "task");
    PL_CHECK(pl_option_find(&task->options, "structure") != NULL);
    make_fails(task->name, "structure=1.5", "structure", "1.5");
    make_fails(task->name, "samples=0", "samples", "0");
    make_fails(task->name, "sample=3", "sample", "samples");
    if (pl_option_find(&task->options, "dim")) make_fails(task->name, "dim=0", "dim", "0");
}

static void test_task_table__bad_options_are_refused(void) {
    each(check_facts);
}

static void test_task_table__an_unknown_name_is_told_the_nearest(void) {
    const struct pl_task *task = NULL;
    PL_CHECK_FAILS(pl_task_find(&task, "linear_mx"), PL_ECONFIG, "did you mean \"linear_mix\"");
    PL_CHECK(task == NULL);
    PL_CHECK_FAILS(pl_task_find(&task, "weather forecast"), PL_ECONFIG, "there are linear_mix");
    PL_CHECK_FAILS(pl_task_find(&task, ""), PL_ECONFIG, "there is no task");
}

/* Memory that runs out in the middle of generate: a sentence, and an empty data set. */
static void check_memory(const struct pl_task *task) {
    struct made made = {0};
    char text[100];
    snprintf(text, sizeof text, "%ssamples=3 valid_samples=3 test_samples=3", small(task));
    PL_REQUIRE_OK(make_options(&made, task->name, text));
    enum pl_status status = PL_EMEMORY;
    long refused = 0;
    while (status != PL_OK) {
        pl_alloc_fail_after(refused + 1);
        status = task->generate(made.options, 1, &made.data);
        pl_alloc_fail_after(0);
        if (status == PL_OK) break;
        refused++;
        PL_CHECK_INT(status, PL_EMEMORY);
        for (int split = 0; split < PL_SPLITS; split++)
            PL_CHECK_INT(made.data.split[split].count, 0);
    }
    PL_CHECK(refused >= 9); /* the arrays of the data set alone */
    make_finish(&made);
}

static void test_task_table__running_out_of_memory_leaves_nothing(void) {
    for (size_t k = 0; pl_task_at(k); k++)
        if (!is_teacher(pl_task_at(k))) /* these end the worker */
            check_memory(pl_task_at(k));
}

/* One word for one notion: options that are explained alike bear one name, none is a letter, and a word of before
 * names the one of now. */
static void test_task_table__a_notion_has_one_word(void) {
    static const struct {
        const char *task, *old, *now;
    } old[] = {{"modular", "p", "modulus"},    {"modular_sequence", "p", "modulus"},
               {"arithmetic", "p", "modulus"}, {"parity", "n", "bits"},
               {"parity", "k", "subset"},      {"composition", "k", "hops"},
               {"k_hop", "k", "hops"}};
    for (size_t a = 0; pl_task_at(a); a++)
        for (size_t i = 0; i < pl_task_at(a)->options.count; i++) {
            const struct pl_option *one = &pl_task_at(a)->options.rows[i];
            PL_CHECK(strlen(one->name) > 1);
            for (size_t b = 0; b <= a; b++)
                for (size_t j = 0; j < pl_task_at(b)->options.count; j++) {
                    const struct pl_option *other = &pl_task_at(b)->options.rows[j];
                    PL_CHECK(strcmp(one->help, other->help) != 0 ||
                             strcmp(one->name, other->name) == 0);
                }
        }
    for (size_t w = 0; w < sizeof old / sizeof old[0]; w++) {
        const struct pl_task *task;
        PL_REQUIRE_OK(pl_task_find(&task, old[w].task));
        PL_CHECK_TEXT(pl_option_renamed(&task->options, old[w].old), old[w].now);
        PL_CHECK(pl_option_find(&task->options, old[w].old) == NULL);
    }
}

const struct pl_test pl_suite_task_table[] = {
    {"a_split_depends_on_no_size", test_task_table__a_split_depends_on_no_size},
    {"a_seed_decides_every_byte", test_task_table__a_seed_decides_every_byte},
    {"no_input_is_in_two_splits", test_task_table__no_input_is_in_two_splits},
    {"shape_and_sizes_hold", test_task_table__shape_and_sizes_hold},
    {"test_clean_has_the_inputs_of_test", test_task_table__test_clean_has_the_inputs_of_test},
    {"bad_options_are_refused", test_task_table__bad_options_are_refused},
    {"an_unknown_name_is_told_the_nearest", test_task_table__an_unknown_name_is_told_the_nearest},
    {"a_notion_has_one_word", test_task_table__a_notion_has_one_word},
    {"running_out_of_memory_leaves_nothing", test_task_table__running_out_of_memory_leaves_nothing},
    {0},
};
