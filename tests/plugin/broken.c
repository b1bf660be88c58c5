/* Plug-ins with one thing wrong each. BROKEN says which:
 *
 *     cc -DBROKEN=API ... broken.c      tests/e2e/plugin.sh has the sentence that each earns
 *
 * -DNO_SYMBOL leaves the plug-in's symbol out; -DREACHES_TOO_FAR uses what the header does not have.
 */
#include <plumbline/task.h>

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    NOTHING,
    /* refused when it is loaded */
    API,
    SIZE,
    NO_TASK,
    TWIN,
    TWICE,
    NAME,
    FUNCTION,
    VERSION,
    SECTION,
    COMMON,
    OFFSET,
    DEFAULT,
    CHOICES,
    REFUSES_ITSELF,
    SHAPE,
    CRASH_LOAD,
    CRASH_SHAPE,
    EXIT_LOAD,
    /* found out later */
    CRASH_GENERATE,
    CRASH_CHECK,
    CRASH_POINTS,
    EXIT_GENERATE,
    ENDLESS,
    WRONG_SHAPE,
    WRONG_LABEL,
    WRONG_ID,
    NOT_FINITE,
    NO_ARRAYS,
    SENTENCE,
};

#ifndef BROKEN
#define BROKEN NOTHING
#endif

struct broken {
    struct pl_task_common common;
    long dim;
};

static const struct pl_option common_rows[] = {
    PL_TASK_COMMON_ROWS(struct broken),
    PL_OPTION_INT(struct broken, dim, "4", 1, 64, "features"),
};
static const struct pl_option offset_rows[] = {
    PL_TASK_COMMON_ROWS(struct broken),
    {"dim", PL_TYPE_INT, sizeof(struct broken), "4", 1, 64, NULL, "features", false},
};
static const struct pl_option default_rows[] = {
    PL_TASK_COMMON_ROWS(struct broken),
    PL_OPTION_INT(struct broken, dim, "0", 1, 64, "features"),
};
static const struct pl_option choice_rows[] = {
    PL_TASK_COMMON_ROWS(struct broken),
    {"dim", PL_TYPE_CHOICE, offsetof(struct broken, dim), "4", 1, 64, NULL, "features", false},
};

static void crash(void) {
    fprintf(stderr, "broken: about to fall\n");
    fflush(stderr);
    raise(SIGSEGV);
}

#if defined(__GNUC__)
__attribute__((constructor)) static void begin(void) {
    if (BROKEN == CRASH_LOAD) crash();
    if (BROKEN == EXIT_LOAD) exit(5);
}
#endif

static enum pl_status check(const void *options, const char **key) {
    const struct pl_task_common *common = options;
    *key = "structure";
    if (BROKEN == CRASH_CHECK && common->structure < 1) crash();
    if (BROKEN == REFUSES_ITSELF) return pl_fail(PL_ECONFIG, "structure is never right");
    *key = NULL;
    return PL_OK;
}

static void shape(const void *options, struct pl_data_shape *out) {
    if (BROKEN == CRASH_SHAPE) crash();
    long in = BROKEN == SHAPE ? 0 : ((const struct broken *)options)->dim;
    *out = (struct pl_data_shape){
        BROKEN == WRONG_ID ? PL_INPUT_ID : PL_INPUT_REAL, PL_TARGET_CLASS, in, 2, 1, 0};
}

static enum pl_status draw(const void *world, enum pl_split split, struct pl_rng *rng,
                           struct pl_samples *out, struct pl_samples *clean) {
    size_t dim = (size_t)((const struct broken *)world)->dim;
    (void)split, (void)clean;
    if (BROKEN == WRONG_ID) out->ids[3] = 4;
    for (size_t n = 0; n < out->count && out->x; n++) {
        for (size_t j = 0; j < dim; j++) out->x[n * dim + j] = (float)pl_rng_normal(rng);
        out->labels[n] = out->x[n * dim] > 0;
    }
    if (BROKEN == WRONG_LABEL) out->labels[3] = 2;
    if (BROKEN == NOT_FINITE) out->x[5] = NAN;
    return PL_OK;
}

/* Seed 2 alone is where things go wrong. */
static enum pl_status generate(const void *options, uint64_t seed, struct pl_dataset *out) {
    struct pl_split_draw split = {.draw = draw, .world = options};
    if (seed == 2 && BROKEN == CRASH_GENERATE) crash();
    if (seed == 2 && BROKEN == EXIT_GENERATE) exit(0);
    while (seed == 2 && BROKEN == ENDLESS) sleep(1);
    if (seed == 2 && BROKEN == SENTENCE) return pl_fail(PL_ECONFIG, "there is no seed 2 today");
    shape(options, &out->shape);
    if (seed == 2 && BROKEN == WRONG_SHAPE) out->shape.in++;
    if (seed == 2 && BROKEN == NO_ARRAYS) return PL_OK;
    return pl_split_generate(&split, options, seed, out);
}

static enum pl_status points(const void *options, uint64_t seed, const struct pl_dataset *data,
                             struct pl_task_points *out) {
    (void)options, (void)data;
    if (seed == 2 && BROKEN == CRASH_POINTS) crash();
    pl_points_set(out, pl_log(2), 0);
    return PL_OK;
}

#define TASK                                                                                       \
    {                                                                                              \
        .name = BROKEN == TWIN   ? "parity"                                                        \
                : BROKEN == NAME ? "Broken Task"                                                   \
                                 : "broken",                                                       \
        .summary = "a task with something wrong", .formula = "x -> x_1 > 0", .citation = "",       \
        .version = BROKEN == VERSION ? 0 : 1,                                                      \
        .options = {BROKEN == SECTION ? "tusk" : "task",                                           \
                    BROKEN == OFFSET    ? offset_rows                                              \
                    : BROKEN == DEFAULT ? default_rows                                             \
                    : BROKEN == CHOICES ? choice_rows                                              \
                    : BROKEN == COMMON  ? common_rows + 1                                          \
                                        : common_rows,                                              \
                    BROKEN == COMMON ? 5 : 6},                                                     \
        .options_size = sizeof(struct broken), .check = check, .shape = shape,                     \
        .generate = BROKEN == FUNCTION ? NULL : generate, .points = points,                        \
    }

extern const struct pl_task pl_task_one, pl_task_two;
const struct pl_task pl_task_one = TASK, pl_task_two = TASK;

#ifdef REACHES_TOO_FAR /* a function of the program that the header does not have */
void pl_graph_init(void *graph);
void (*pl_reach)(void *) = pl_graph_init;
#endif

#ifndef NO_SYMBOL
const struct pl_task_plugin pl_task_plugin = {
    BROKEN == API ? PL_TASK_API + 1 : PL_TASK_API,
    sizeof(struct pl_task) + (BROKEN == SIZE ? 8 : 0),
    BROKEN == NO_TASK ? (const struct pl_task *const[]){NULL}
    : BROKEN == TWICE ? (const struct pl_task *const[]){&pl_task_one, &pl_task_two, NULL}
                      : (const struct pl_task *const[]){&pl_task_one, NULL},
};
#endif
