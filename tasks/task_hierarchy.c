/* hierarchy: the random hierarchy model, classes that are written out level by level.
 *
 *     class c in 0 .. v-1
 *     level 1 .. L: each symbol becomes s symbols by one of its m rules, drawn for each place
 *     x = one-hot of the s^L symbols of level L     label = c
 *
 *                       c                      L = 2, s = 2: a class, a rule of two symbols,
 *                  a         b                 and for each of them a rule of two more
 *                a1 a2     b1 b2
 *
 * The rules of a level are the seed's, the same in every place: rule j of symbol y (number
 * y m + j) has the right-hand side of that place in a random order of all v^s tuples, read as a number in
 * base v with its first symbol last. So no two rules have the same right-hand side, reading upwards
 * is unique, and v m <= v^s is asked for. Low-level features are shared by all classes, and
 * what a few leaves say about the class fades with L: it takes L levels of composition.
 *
 * Each of the v m^(1 + s + .. + s^(L-1)) inputs belongs to one split (tasks/finite.h): half of them
 * to train, a quarter to valid, a quarter to test. Where there are more than 2^62, the class and
 * the first rules say which split, and the rest are drawn sample by sample.
 *
 * Points: classes are even, so by tasks/labels.h trivial = ln v, and best = 0 at structure 1.
 */
#include "core/base/rng.h"
#include "tasks/deal.h"
#include "tasks/finite.h"
#include "tasks/task.h"

#define MOST_LEVELS   8
#define MOST_LEAVES   4096
#define MOST_FEATURES 65536

struct hierarchy {
    struct pl_task_common common;
    long levels, children, synonyms, vocabulary; /* L, s, m, v */
};

static const struct pl_option rows[] = {
    PL_TASK_COMMON_ROWS(struct hierarchy),
    PL_OPTION_INT(struct hierarchy, levels, "3", 1, MOST_LEVELS, "levels of rules, L"),
    PL_OPTION_INT(struct hierarchy, children, "2", 2, 8, "symbols on the right of a rule, s"),
    PL_OPTION_INT(struct hierarchy, synonyms, "4", 2, 128, "rules of a symbol, m"),
    PL_OPTION_INT(struct hierarchy, vocabulary, "8", 2, 128,
                  "symbols of each level, and classes, v"),
};

/* base^exponent, or [most] + 1 where that is more. */
static uint64_t power(long base, long exponent, uint64_t most) {
    uint64_t result = 1;
    for (long i = 0; i < exponent && result <= most; i++) result *= (uint64_t)base;
    return result <= most ? result : most + 1;
}

static long leaves_of(const struct hierarchy *own) {
    return (long)power(own->children, own->levels, MOST_LEAVES);
}

/* What a seed decides. */
struct world {
    const struct hierarchy *options;
    struct pl_deal rules[MOST_LEVELS];
    uint64_t inputs; /* those that have a number: classes and first rules */
    long numbered;   /* rules of an input that its number decides */
};

static void world_init(struct world *world, const struct hierarchy *options, struct pl_rng *rng) {
    uint64_t tuples = power(options->vocabulary, options->children, PL_DEAL_MOST);
    uint64_t synonyms = (uint64_t)options->synonyms;
    long rules = 0, places = 1;
    *world = (struct world){.options = options, .inputs = (uint64_t)options->vocabulary};
    for (long l = 0; l < options->levels; l++, places *= options->children) {
        pl_deal_init(&world->rules[l], tuples, rng);
        rules += places;
    }
    while (world->numbered < rules && world->inputs <= PL_DEAL_MOST / synonyms) {
        world->inputs *= synonyms;
        world->numbered++;
    }
}

/* Where the choices of an input come from: its number, then the stream. */
struct choices {
    uint64_t code;
    long numbered; /* left in code */
    struct pl_rng *rng;
};

static uint64_t choose(struct choices *choices, uint64_t count) {
    if (choices->numbered == 0) return pl_rng_below(choices->rng, count);
    uint64_t choice = choices->code % count;
    choices->code /= count;
    choices->numbered--;
    return choice;
}

/* Writes out one level in place, from the last symbol to the first. */
static void expand(const struct world *world, long level, uint8_t *symbols, long count,
                   struct choices *choices) {
    uint64_t synonyms = (uint64_t)world->options->synonyms;
    uint64_t vocabulary = (uint64_t)world->options->vocabulary;
    long children = world->options->children;
    while (count-- > 0) {
        uint64_t rule = symbols[count] * synonyms + choose(choices, synonyms);
        uint64_t tuple = pl_deal_at(&world->rules[level], rule);
        for (long c = 0; c < children; c++, tuple /= vocabulary)
            symbols[count * children + c] = (uint8_t)(tuple % vocabulary);
    }
}

static int32_t show(const void *context, uint64_t code, struct pl_rng *rng, float *x) {
    const struct world *world = context;
    long vocabulary = world->options->vocabulary, count = 1;
    struct choices choices = {.code = code, .numbered = world->numbered + 1, .rng = rng};
    uint8_t symbols[MOST_LEAVES];
    uint64_t class = choose(&choices, (uint64_t)vocabulary);
    symbols[0] = (uint8_t) class;
    for (long l = 0; l < world->options->levels; l++, count *= world->options->children)
        expand(world, l, symbols, count, &choices);
    for (long i = 0; i < count; i++) x[i * vocabulary + symbols[i]] = 1;
    return (int32_t) class;
}

static enum pl_status check_size(const struct hierarchy *own, const char **key) {
    *key = "levels";
    if (leaves_of(own) > MOST_LEAVES)
        return pl_fail(PL_ECONFIG,
                       "levels is %ld, and with %ld children at each an input has more than %d "
                       "symbols; take fewer levels or children",
                       own->levels, own->children, MOST_LEAVES);
    *key = "vocabulary";
    if (leaves_of(own) * own->vocabulary > MOST_FEATURES)
        return pl_fail(PL_ECONFIG,
                       "vocabulary is %ld, and %ld one-hot symbols are then more than %d features; "
                       "take a smaller vocabulary, or fewer levels or children",
                       own->vocabulary, leaves_of(own), MOST_FEATURES);
    *key = NULL;
    return PL_OK;
}

static enum pl_status check(const void *options, const char **key) {
    const struct hierarchy *own = options;
    uint64_t most = power(own->vocabulary, own->children - 1, PL_DEAL_MOST);
    PL_TRY(pl_labels_check(&own->common, key));
    PL_TRY(check_size(own, key));
    *key = "synonyms";
    if ((uint64_t)own->synonyms > most)
        return pl_fail(PL_ECONFIG,
                       "synonyms is %ld, but %ld symbols share the tuples of %ld, which is %llu "
                       "for each; take fewer synonyms, more children or a larger vocabulary",
                       own->synonyms, own->vocabulary, own->children, (unsigned long long)most);
    *key = NULL;
    return PL_OK;
}

static void shape(const void *options, struct pl_data_shape *out) {
    const struct hierarchy *own = options;
    *out = (struct pl_data_shape){PL_INPUT_REAL, PL_TARGET_CLASS, leaves_of(own) * own->vocabulary,
                                  own->vocabulary, 1};
}

static enum pl_status generate(const void *options, uint64_t seed, struct pl_dataset *out) {
    const struct hierarchy *own = options;
    struct pl_rng rng;
    struct world world;
    pl_rng_init(&rng, seed, "task-world");
    world_init(&world, own, &rng);
    struct pl_finite finite = {.labels = {&own->common, (size_t)own->vocabulary, NULL},
                               .inputs = world.inputs,
                               .train_share = 0.5,
                               .show = show,
                               .world = &world};
    shape(options, &finite.shape);
    return pl_finite_generate(&finite, &rng, seed, out);
}

static enum pl_status points(const void *options, uint64_t seed, const struct pl_dataset *data,
                             struct pl_task_points *out) {
    const struct hierarchy *own = options;
    struct pl_labels labels = {&own->common, (size_t)own->vocabulary, NULL};
    (void)seed, (void)data; /* a formula knows better */
    pl_labels_points(&labels, out);
    return PL_OK;
}

const struct pl_task pl_task_hierarchy = {
    .name = "hierarchy",
    .summary = "classes written out by random rules, level by level: compositional data",
    .formula =
        "class -> L levels of rules (v symbols, m rules each, s children) -> one-hot leaves; "
        "leaves -> class",
    .citation = "Cagnetta et al., How deep neural networks learn compositional data: the random "
                "hierarchy model (arXiv 2307.02129)",
    .version = 1,
    .options = PL_OPTIONS("task", rows),
    .options_size = sizeof(struct hierarchy),
    .check = check,
    .shape = shape,
    .generate = generate,
    .points = points,
};
