/* A check says in a struct asked which data it wants and gets them in a struct made, generated anew:
 * nothing is kept from one check to the next. Options are bound as a study binds them, so that a
 * refusal is the one that a user would see. */
#include "experiments/tools/conformance_tasks.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/hash.h"
#include "core/base/math.h"
#include "core/base/rng.h"
#include "core/config/settings.h"

/* ---- options and data ------------------------------------------------------------------------- */

/* What a check asks for; zeroed fields take what small() says. */
struct asked {
    const char *structure;   /* NULL: the task's default */
    const char *key, *value; /* one more setting, or NULL */
    long train, test;
    uint64_t seed;
    uint64_t random; /* 0, or where the task's own options are drawn from */
    bool dial;       /* the random options may turn the dial */
};

struct made {
    struct pl_arena arena;
    void *options;
    struct pl_data_shape shape;
    struct pl_dataset data;
};

static void set(struct pl_settings *settings, struct pl_arena *arena, const char *name,
                const char *value) {
    pl_settings_set(settings, pl_arena_printf(arena, "task.%s", name), value,
                    (struct pl_place){"selftest", 0, 0});
}

static void set_long(struct pl_settings *settings, struct pl_arena *arena, const char *name,
                     long value) {
    set(settings, arena, name, pl_arena_printf(arena, "%ld", value));
}

/* A value that [row] accepts, not far from its lowest or its default. */
static const char *random_value(const struct pl_option *row, struct pl_rng *rng,
                                struct pl_arena *arena) {
    enum { NEAR = 10 };
    double from = row->min, to = row->max, usual = strtod(row->dflt, NULL);
    if (row->type == PL_TYPE_BOOL) return pl_rng_below(rng, 2) ? "true" : "false";
    if (row->type == PL_TYPE_CHOICE) {
        uint64_t words = 1;
        for (const char *c = row->choices; *c; c++) words += *c == '|';
        return pl_arena_strdup(arena, pl_option_word(row, (int)pl_rng_below(rng, words)));
    }
    if (row->type == PL_TYPE_REAL) {
        from = fmax(from, usual / 4);
        to = fmin(to, 4 * usual);
        return pl_arena_printf(arena, "%.17g", from + (to - from) * pl_rng_uniform(rng));
    }
    to = fmin(to, from + NEAR);
    return pl_arena_printf(arena, "%.0f",
                           from + (double)pl_rng_below(rng, (uint64_t)(to - from) + 1));
}

/* Sizes are left to the check, texts to the task, which alone knows what they mean; and so is a dial
 * that does not turn. */
static void fill_random(struct pl_settings *out, struct pl_arena *arena, const struct pl_task *task,
                        const struct asked *asked) {
    struct pl_rng rng;
    pl_rng_init(&rng, asked->random, "selftest");
    for (size_t k = 0; k < task->options.count; k++) {
        const struct pl_option *row = &task->options.rows[k];
        const char *value = row->type == PL_TYPE_TEXT ? NULL : random_value(row, &rng, arena);
        if (!value || strstr(row->name, "samples")) continue;
        if (strcmp(row->name, "structure") != 0 || asked->dial) set(out, arena, row->name, value);
    }
}

static void fill_settings(struct pl_settings *out, struct pl_arena *arena,
                          const struct pl_task *task, const struct asked *asked) {
    static const struct {
        const char *name;
        long value;
    } small[] = {{"dim", 8}, {"hidden", 16}, {"depth", 4}, {"length", 16}, {"vocabulary", 16}};
    for (size_t k = 0; k < sizeof small / sizeof small[0]; k++) {
        const struct pl_option *row = pl_option_find(&task->options, small[k].name);
        if (row) set_long(out, arena, row->name, (long)fmax(row->min, (double)small[k].value));
    }
    set_long(out, arena, "samples", asked->train ? asked->train : 40);
    set_long(out, arena, "valid_samples", 24);
    set_long(out, arena, "test_samples", asked->test ? asked->test : 32);
    if (asked->random) fill_random(out, arena, task, asked);
    if (asked->structure) set(out, arena, "structure", asked->structure);
    if (asked->key) set(out, arena, asked->key, asked->value);
}

/* Reads options as a study would; *key is the option that check() refuses, or NULL. */
static enum pl_status bind(struct made *made, const struct pl_task *task, const struct asked *asked,
                           const char **key) {
    struct pl_settings settings = {0};
    *key = NULL;
    fill_settings(&settings, &made->arena, task, asked);
    made->options = pl_arena_alloc(&made->arena, task->options_size);
    enum pl_status status =
        pl_settings_bind(&settings, &task->options, made->options, &made->arena);
    pl_settings_finish(&settings);
    return status == PL_OK ? task->check(made->options, key) : status;
}

static void made_finish(struct made *made) {
    pl_dataset_finish(&made->data);
    pl_arena_finish(&made->arena);
}

static enum pl_status make(struct made *out, const struct pl_task *task,
                           const struct asked *asked) {
    const char *key;
    *out = (struct made){0};
    PL_TRY(bind(out, task, asked, &key));
    task->shape(out->options, &out->shape);
    return task->generate(out->options, asked->seed ? asked->seed : 1, &out->data);
}

/* Makes the data, which must succeed; false, and nothing to finish, when it does not. */
static bool made_init(struct made *made, struct pl_conformance *out, const struct pl_task *task,
                      struct asked asked) {
    enum pl_status status = make(made, task, &asked);
    pl_conformance_check(out, status == PL_OK, "%s: no data: %s", task->name, pl_message());
    if (status != PL_OK) made_finish(made);
    return status == PL_OK;
}

static bool accepts(const struct pl_task *task, const char *structure) {
    struct made made = {0};
    const char *key;
    bool accepted = bind(&made, task, &(const struct asked){.structure = structure}, &key) == PL_OK;
    made_finish(&made);
    return accepted;
}

static const struct pl_task_common *common(const struct made *made) {
    return made->options;
}

static size_t tokens_of(const struct made *made, enum pl_split split) {
    return made->data.split[split].count * (size_t)made->shape.tokens;
}

/* Bytes of a sample's inputs, and where those of sample n begin. */
static size_t input_bytes(const struct made *made) {
    size_t tokens = (size_t)made->shape.tokens;
    return made->shape.input == PL_INPUT_ID ? tokens * sizeof(int32_t)
                                            : tokens * (size_t)made->shape.in * sizeof(float);
}

static const char *input_at(const struct made *made, enum pl_split split, size_t sample) {
    const struct pl_samples *samples = &made->data.split[split];
    const char *base =
        made->shape.input == PL_INPUT_ID ? (const char *)samples->ids : (const char *)samples->x;
    return base + sample * input_bytes(made);
}

static bool constant_inputs(const struct made *made) {
    for (size_t k = 1; k < made->data.split[PL_TRAIN].count; k++)
        if (memcmp(input_at(made, PL_TRAIN, 0), input_at(made, PL_TRAIN, k), input_bytes(made)))
            return false;
    return true;
}

/* ---- shapes ----------------------------------------------------------------------------------- */

static bool all_finite(const float *values, size_t count) {
    for (size_t k = 0; k < count; k++)
        if (!isfinite(values[k])) return false;
    return true;
}

static bool within(const int32_t *values, size_t count, long end) {
    for (size_t k = 0; k < count; k++)
        if (values[k] < 0 || values[k] >= end) return false;
    return true;
}

static void check_arrays(struct pl_conformance *out, const char *where, const struct made *made,
                         enum pl_split split) {
    const struct pl_samples *s = &made->data.split[split];
    const struct pl_data_shape *shape = &made->shape;
    size_t tokens = tokens_of(made, split);
    bool ids = shape->input == PL_INPUT_ID, classes = shape->target == PL_TARGET_CLASS;
    pl_conformance_check(out, (s->ids != NULL) == ids && (s->x != NULL) == !ids,
                         "%s: inputs are not the %s that shape() promises", where,
                         ids ? "ids" : "reals");
    pl_conformance_check(out, (s->labels != NULL) == classes && (s->y != NULL) == !classes,
                         "%s: targets are not the %s that shape() promises", where,
                         classes ? "labels" : "reals");
    pl_conformance_check(out, !s->x || all_finite(s->x, tokens * (size_t)shape->in),
                         "%s: an input is not finite", where);
    pl_conformance_check(out, !s->y || all_finite(s->y, tokens * (size_t)shape->out),
                         "%s: a target is not finite", where);
    pl_conformance_check(out, !s->ids || within(s->ids, tokens, shape->in),
                         "%s: an id is outside 0..%ld", where, shape->in - 1);
    pl_conformance_check(out, !s->labels || within(s->labels, tokens, shape->out),
                         "%s: a label is outside 0..%ld", where, shape->out - 1);
}

static void check_marks(struct pl_conformance *out, const char *where, const struct made *made,
                        enum pl_split split) {
    const struct pl_samples *s = &made->data.split[split];
    size_t tokens = tokens_of(made, split);
    bool valid = true;
    for (size_t k = 0; k < tokens; k++) {
        if (s->weight) valid &= isfinite(s->weight[k]) && s->weight[k] >= 0;
        if (s->corrupted) valid &= s->corrupted[k] <= 1;
    }
    pl_conformance_check(out, valid, "%s: a weight is negative, or a mark is not 0 or 1", where);
    pl_conformance_check(out, pl_dataset_weight(&made->data, split) > 0, "%s: nothing has weight",
                         where);
}

static bool same_shape(const struct pl_data_shape *a, const struct pl_data_shape *b) {
    return a->input == b->input && a->target == b->target && a->in == b->in && a->out == b->out &&
           a->tokens == b->tokens && a->asked == b->asked;
}

static void shapes_of(struct pl_conformance *out, const struct pl_task *task, struct asked asked) {
    struct made made;
    char where[96];
    if (!made_init(&made, out, task, asked)) return;
    const struct pl_data_shape *shape = &made.shape;
    pl_conformance_check(out, same_shape(shape, &made.data.shape),
                         "%s: the data's shape is not what shape() promises", task->name);
    pl_conformance_check(out, shape->in > 0 && shape->out > 0 && shape->tokens > 0,
                         "%s: a size of the shape is not positive", task->name);
    const long counts[PL_SPLITS] = {common(&made)->samples, common(&made)->valid_samples,
                                    common(&made)->test_samples, common(&made)->test_samples};
    for (int split = 0; split < PL_SPLITS; split++) {
        size_t count = made.data.split[split].count;
        snprintf(where, sizeof where, "%s, %s", task->name, pl_split_name((enum pl_split)split));
        pl_conformance_check(
            out, count == (size_t)counts[split] || (split == PL_TEST_CLEAN && count == 0),
            "%s: %zu samples where %ld were asked for", where, count, counts[split]);
        if (count == 0) continue;
        check_arrays(out, where, &made, (enum pl_split)split);
        check_marks(out, where, &made, (enum pl_split)split);
    }
    made_finish(&made);
}

static void check_shapes(struct pl_conformance *out, const struct pl_task *task) {
    shapes_of(out, task, (struct asked){0});
}

/* ---- bytes ------------------------------------------------------------------------------------ */

static bool digest(char *hash, struct pl_conformance *out, const struct pl_task *task,
                   struct asked asked, uint64_t seed, bool *constant) {
    struct made made;
    asked.seed = seed;
    if (!made_init(&made, out, task, asked)) return false;
    pl_dataset_digest(&made.data, hash);
    *constant = constant_inputs(&made);
    made_finish(&made);
    return true;
}

static void bytes_of(struct pl_conformance *out, const struct pl_task *task, struct asked asked) {
    char first[PL_HASH_TEXT], again[PL_HASH_TEXT], other[PL_HASH_TEXT];
    bool constant;
    if (!digest(first, out, task, asked, 1, &constant) ||
        !digest(again, out, task, asked, 1, &constant) ||
        !digest(other, out, task, asked, 2, &constant))
        return;
    pl_conformance_check(out, strcmp(first, again) == 0,
                         "%s: the same options and seed gave other bytes", task->name);
    pl_conformance_check(out, constant || strcmp(first, other) != 0,
                         "%s: seeds 1 and 2 gave the same bytes", task->name);
}

static void check_bytes(struct pl_conformance *out, const struct pl_task *task) {
    bytes_of(out, task, (struct asked){0});
}

/* ---- prefix ----------------------------------------------------------------------------------- */

static bool same_bytes(const void *a, const void *b, size_t bytes) {
    return a && b ? memcmp(a, b, bytes) == 0 : !a && !b;
}

static bool same_prefix(const struct made *a, const struct made *b, enum pl_split split,
                        size_t samples) {
    const struct pl_samples *x = &a->data.split[split], *y = &b->data.split[split];
    size_t n = samples * (size_t)a->shape.tokens;
    size_t in = (size_t)a->shape.in, width = (size_t)a->shape.out;
    return same_bytes(x->x, y->x, n * in * sizeof(float)) &&
           same_bytes(x->ids, y->ids, n * sizeof(int32_t)) &&
           same_bytes(x->y, y->y, n * width * sizeof(float)) &&
           same_bytes(x->labels, y->labels, n * sizeof(int32_t)) &&
           same_bytes(x->weight, y->weight, n * sizeof(float)) &&
           same_bytes(x->corrupted, y->corrupted, n);
}

static void prefix_of(struct pl_conformance *out, const struct pl_task *task, struct asked asked) {
    struct made small, large;
    asked.train = 20, asked.test = 16;
    if (!made_init(&small, out, task, asked)) return;
    asked.train = 51, asked.test = 40;
    if (made_init(&large, out, task, asked)) {
        for (int split = 0; split < PL_SPLITS; split++)
            pl_conformance_check(
                out,
                same_prefix(&small, &large, (enum pl_split)split, small.data.split[split].count),
                "%s: the first samples of %s depend on how many there are", task->name,
                pl_split_name((enum pl_split)split));
        made_finish(&large);
    }
    made_finish(&small);
}

static void check_prefix(struct pl_conformance *out, const struct pl_task *task) {
    prefix_of(out, task, (struct asked){0});
}

/* ---- disjoint --------------------------------------------------------------------------------- */

static size_t shared_inputs(const struct made *made, enum pl_split a, enum pl_split b) {
    size_t found = 0, bytes = input_bytes(made);
    for (size_t k = 0; k < made->data.split[a].count; k++)
        for (size_t m = 0; m < made->data.split[b].count; m++)
            found += memcmp(input_at(made, a, k), input_at(made, b, m), bytes) == 0;
    return found;
}

static void disjoint_of(struct pl_conformance *out, const struct pl_task *task,
                        struct asked asked) {
    static const enum pl_split pairs[][2] = {
        {PL_TRAIN, PL_VALID}, {PL_TRAIN, PL_TEST}, {PL_VALID, PL_TEST}};
    struct made made;
    if (!made_init(&made, out, task, asked)) return;
    for (size_t k = 0; !constant_inputs(&made) && k < sizeof pairs / sizeof pairs[0]; k++) {
        size_t shared = shared_inputs(&made, pairs[k][0], pairs[k][1]);
        pl_conformance_check(out, shared == 0, "%s: %zu inputs of %s occur in %s", task->name,
                             shared, pl_split_name(pairs[k][0]), pl_split_name(pairs[k][1]));
    }
    made_finish(&made);
}

static void check_disjoint(struct pl_conformance *out, const struct pl_task *task) {
    disjoint_of(out, task, (struct asked){.train = 300, .test = 300});
}

/* ---- dial ------------------------------------------------------------------------------------- */

static size_t features_of(const struct made *made) {
    return (size_t)made->shape.in + 1;
}

/* The inputs of a token as reals: a 1 for the intercept, then themselves, or one-hot. The intercept is
 * first, so that an input that never varies is nothing at all beside it. */
static void read_features(const struct made *made, enum pl_split split, size_t token, double *out) {
    const struct pl_samples *s = &made->data.split[split];
    size_t in = (size_t)made->shape.in;
    out[0] = 1;
    for (size_t k = 0; k < in; k++)
        out[1 + k] = s->x ? (double)s->x[token * in + k] : s->ids[token] == (int32_t)k;
}

/* Tokens without weight are not asked: what stands there is not a target. */
static bool is_asked(const struct made *made, enum pl_split split, size_t token) {
    const struct pl_samples *s = &made->data.split[split];
    return !s->weight || s->weight[token] > 0;
}

static double read_target(const struct made *made, enum pl_split split, size_t token,
                          size_t feature) {
    const struct pl_samples *s = &made->data.split[split];
    if (s->y) return s->y[token * (size_t)made->shape.out + feature];
    return s->labels[token] == (int32_t)feature;
}

/* Solves A w = b for each column of b in place; A is symmetric, positive. */
static void solve(double *a, size_t n, double *b, size_t columns) {
    for (size_t p = 0; p < n; p++)
        for (size_t r = p + 1; r < n; r++) {
            double factor = a[r * n + p] / a[p * n + p];
            for (size_t c = p; c < n; c++) a[r * n + c] -= factor * a[p * n + c];
            for (size_t c = 0; c < columns; c++) b[r * columns + c] -= factor * b[p * columns + c];
        }
    for (size_t p = n; p-- > 0;)
        for (size_t c = 0; c < columns; c++) {
            for (size_t k = p + 1; k < n; k++)
                b[p * columns + c] -= a[p * n + k] * b[k * columns + c];
            b[p * columns + c] /= a[p * n + p];
        }
}

/* Least squares on train, with a breath of ridge for inputs that never vary: [features][out]. */
static double *fit(const struct made *made) {
    size_t n = features_of(made), columns = (size_t)made->shape.out;
    double *a = pl_alloc_zero(n * n, sizeof *a), *b = pl_alloc_zero(n * columns, sizeof *b);
    double *x = pl_alloc(n * sizeof *x);
    for (size_t t = 0; t < tokens_of(made, PL_TRAIN); t++) {
        if (!is_asked(made, PL_TRAIN, t)) continue;
        read_features(made, PL_TRAIN, t, x);
        for (size_t r = 0; r < n; r++) {
            for (size_t c = 0; c < n; c++) a[r * n + c] += x[r] * x[c];
            for (size_t c = 0; c < columns; c++)
                b[r * columns + c] += x[r] * read_target(made, PL_TRAIN, t, c);
        }
    }
    for (size_t r = 1; r < n; r++) a[r * n + r] += 1e-6 * (double)tokens_of(made, PL_TRAIN);
    solve(a, n, b, columns);
    pl_free(a);
    pl_free(x);
    return b;
}

static double train_mean(const struct made *made, size_t feature) {
    double sum = 0, count = 0;
    for (size_t t = 0; t < tokens_of(made, PL_TRAIN); t++) {
        if (!is_asked(made, PL_TRAIN, t)) continue;
        sum += read_target(made, PL_TRAIN, t, feature);
        count++;
    }
    return sum / count;
}

/* A mean and its standard error. */
struct mean {
    double sum, squares;
    size_t count;
};

static void mean_add(struct mean *mean, double value) {
    mean->sum += value;
    mean->squares += value * value;
    mean->count++;
}

static double mean_of(const struct mean *mean) {
    return mean->sum / (double)mean->count;
}

static double mean_error(const struct mean *mean) {
    double m = mean_of(mean), n = (double)mean->count;
    return sqrt(fmax(0, mean->squares / n - m * m) / n);
}

/* By how much the fit beats the constant on a token of test, squared error a token. */
static struct mean probe(const struct made *made) {
    size_t n = features_of(made), columns = (size_t)made->shape.out;
    double *weights = fit(made), *x = pl_alloc(n * sizeof *x),
           *guess = pl_alloc(columns * sizeof *x);
    struct mean gain = {0};
    for (size_t c = 0; c < columns; c++) guess[c] = train_mean(made, c);
    for (size_t t = 0; t < tokens_of(made, PL_TEST); t++) {
        double won = 0;
        if (!is_asked(made, PL_TEST, t)) continue;
        read_features(made, PL_TEST, t, x);
        for (size_t c = 0; c < columns; c++) {
            double y = read_target(made, PL_TEST, t, c), p = 0;
            for (size_t k = 0; k < n; k++) p += x[k] * weights[k * columns + c];
            won += (y - guess[c]) * (y - guess[c]) - (y - p) * (y - p);
        }
        mean_add(&gain, won);
    }
    pl_free(weights);
    pl_free(x);
    pl_free(guess);
    return gain;
}

/* The training token whose inputs are nearest; the first of several. */
static size_t nearest(const struct made *made, const double *x, double *y) {
    size_t n = features_of(made), best = 0;
    double least = INFINITY;
    for (size_t t = 0; t < tokens_of(made, PL_TRAIN) && least > 0; t++) {
        double apart = 0;
        if (!is_asked(made, PL_TRAIN, t)) continue;
        read_features(made, PL_TRAIN, t, y);
        for (size_t k = 0; k < n; k++) apart += (x[k] - y[k]) * (x[k] - y[k]);
        if (apart < least) best = t;
        if (apart < least) least = apart;
    }
    return best;
}

/* What a lookup of the nearest training token knows of a token of test: the product of both targets, less
 * their means. Above 0 it knows something, however much of it is noise. */
static struct mean lookup(const struct made *made) {
    size_t n = features_of(made), columns = (size_t)made->shape.out;
    double *x = pl_alloc(n * sizeof *x), *y = pl_alloc(n * sizeof *y);
    double *guess = pl_alloc(columns * sizeof *guess);
    struct mean known = {0};
    for (size_t c = 0; c < columns; c++) guess[c] = train_mean(made, c);
    for (size_t t = 0; t < tokens_of(made, PL_TEST); t++) {
        double product = 0;
        if (!is_asked(made, PL_TEST, t)) continue;
        read_features(made, PL_TEST, t, x);
        size_t found = nearest(made, x, y);
        for (size_t c = 0; c < columns; c++)
            product += (read_target(made, PL_TEST, t, c) - guess[c]) *
                       (read_target(made, PL_TRAIN, found, c) - guess[c]);
        mean_add(&known, product);
    }
    pl_free(x);
    pl_free(y);
    pl_free(guess);
    return known;
}

static void check_random_end(struct pl_conformance *out, const struct pl_task *task) {
    struct made made;
    if (!made_init(&made, out, task, (struct asked){.structure = "0", .train = 500, .test = 500}))
        return;
    struct mean gain = probe(&made);
    pl_conformance_check(
        out, mean_of(&gain) <= 4 * mean_error(&gain) + 1e-12,
        "%s: at structure 0 a linear fit beats the constant on test by %.3g, noise "
        "is %.2g",
        task->name, mean_of(&gain), mean_error(&gain));
    struct mean known = lookup(&made);
    pl_conformance_check(out, mean_of(&known) <= 4 * mean_error(&known) + 1e-12,
                         "%s: at structure 0 a lookup of the nearest training input knows of test: "
                         "%.3g, noise is %.2g",
                         task->name, mean_of(&known), mean_error(&known));
    made_finish(&made);
}

/* The targets of test at structure 1 are the clean ones, and nothing is marked. */
static void check_structured_end(struct pl_conformance *out, const struct pl_task *task) {
    struct made made;
    if (!made_init(&made, out, task, (struct asked){.structure = "1"})) return;
    const struct pl_samples *test = &made.data.split[PL_TEST];
    const struct pl_samples *clean = &made.data.split[PL_TEST_CLEAN];
    size_t marked = 0, tokens = tokens_of(&made, PL_TEST);
    size_t reals = tokens * (size_t)made.shape.out * sizeof(float);
    for (size_t k = 0; test->corrupted && k < tokens; k++) marked += test->corrupted[k];
    pl_conformance_check(out, marked == 0,
                         "%s: %zu test targets are marked corrupted at structure 1", task->name,
                         marked);
    pl_conformance_check(out,
                         clean->count == test->count && same_bytes(test->y, clean->y, reals) &&
                             same_bytes(test->labels, clean->labels, tokens * sizeof(int32_t)),
                         "%s: at structure 1 the targets of test are not those of test_clean",
                         task->name);
    made_finish(&made);
}

static bool same_inputs(const struct made *a, const struct made *b, enum pl_split split) {
    size_t count = a->data.split[split].count;
    if (count != b->data.split[split].count) return false;
    return count == 0 ||
           memcmp(input_at(a, split, 0), input_at(b, split, 0), count * input_bytes(a)) == 0;
}

/* Two points of the dial, or a point and itself. */
static void check_axis(struct pl_conformance *out, const struct pl_task *task, const char *from,
                       const char *to) {
    struct made a, b;
    if (!made_init(&a, out, task, (struct asked){.structure = from})) return;
    if (made_init(&b, out, task, (struct asked){.structure = to})) {
        for (int split = 0; split < PL_SPLITS; split++)
            pl_conformance_check(out, same_inputs(&a, &b, (enum pl_split)split),
                                 "%s: the inputs of %s change between structure %s and %s",
                                 task->name, pl_split_name((enum pl_split)split), from, to);
        pl_conformance_check(
            out, same_prefix(&a, &b, PL_TEST_CLEAN, a.data.split[PL_TEST_CLEAN].count),
            "%s: test_clean changes between structure %s and %s", task->name, from, to);
        made_finish(&b);
    }
    size_t clean = a.data.split[PL_TEST_CLEAN].count;
    pl_conformance_check(
        out,
        clean == 0 || memcmp(input_at(&a, PL_TEST, 0), input_at(&a, PL_TEST_CLEAN, 0),
                             clean * input_bytes(&a)) == 0,
        "%s: test_clean has other inputs than test at structure %s", task->name, from);
    made_finish(&a);
}

static const char *const dial[] = {"0", "0.5", "1"};
enum { DIAL = sizeof dial / sizeof dial[0] };

static void check_dial(struct pl_conformance *out, const struct pl_task *task) {
    const char *last = NULL;
    if (accepts(task, "0")) check_random_end(out, task);
    if (accepts(task, "1")) check_structured_end(out, task);
    for (int k = 0; k < DIAL; k++) {
        if (!accepts(task, dial[k])) continue;
        check_axis(out, task, last ? last : dial[k], dial[k]);
        last = dial[k];
    }
    pl_conformance_check(out, last != NULL, "%s: no structure is accepted, not even 0, 0.5 or 1",
                         task->name);
}

/* ---- points ----------------------------------------------------------------------------------- */

/* The loss on test of the constant that training suggests: the mean, or the frequencies. */
static struct mean constant_loss(const struct made *made) {
    size_t columns = (size_t)made->shape.out, tokens = 0;
    double *guess = pl_alloc(columns * sizeof *guess);
    struct mean loss = {0};
    for (size_t t = 0; t < tokens_of(made, PL_TRAIN); t++) tokens += is_asked(made, PL_TRAIN, t);
    bool classes = made->shape.target == PL_TARGET_CLASS;
    for (size_t c = 0; c < columns; c++) guess[c] = train_mean(made, c);
    for (size_t c = 0; classes && c < columns; c++) /* a class that never occurred is possible */
        guess[c] = (guess[c] * (double)tokens + 0.5) / ((double)tokens + 0.5 * (double)columns);
    for (size_t t = 0; t < tokens_of(made, PL_TEST); t++) {
        double term = 0;
        if (!is_asked(made, PL_TEST, t)) continue;
        for (size_t c = 0; c < columns; c++) {
            double y = read_target(made, PL_TEST, t, c), apart = y - guess[c];
            term += classes ? -y * pl_log(guess[c]) : apart * apart / (double)columns;
        }
        mean_add(&loss, term);
    }
    pl_free(guess);
    return loss;
}

/* The loss on test of the best multiple of the clean targets (regression). */
static struct mean clean_loss(const struct made *made) {
    size_t columns = (size_t)made->shape.out, tokens = tokens_of(made, PL_TEST);
    double cross = 0, square = 0;
    struct mean loss = {0};
    for (size_t k = 0; k < tokens * columns; k++) {
        double clean = made->data.split[PL_TEST_CLEAN].y[k];
        cross += clean * (double)made->data.split[PL_TEST].y[k];
        square += clean * clean;
    }
    double factor = square > 0 ? cross / square : 0;
    for (size_t t = 0; t < tokens; t++) {
        double term = 0;
        for (size_t c = 0; c < columns; c++) {
            double apart =
                read_target(made, PL_TEST, t, c) - factor * read_target(made, PL_TEST_CLEAN, t, c);
            term += apart * apart / (double)columns;
        }
        mean_add(&loss, term);
    }
    return loss;
}

/* A point may be an estimate: 5 % of the trivial loss on top of the noise of the data. */
static void check_point(struct pl_conformance *out, const char *where, const char *what,
                        double point, double trivial, struct mean loss) {
    pl_conformance_check(out,
                         fabs(point - mean_of(&loss)) <= 5 * mean_error(&loss) + 0.05 * trivial,
                         "%s: %s is %.4g, the data say %.4g with error %.2g", where, what, point,
                         mean_of(&loss), mean_error(&loss));
}

static void check_points_at(struct pl_conformance *out, const struct pl_task *task,
                            const char *structure) {
    struct made made;
    struct pl_task_points p;
    char where[96];
    snprintf(where, sizeof where, "%s at structure %s", task->name, structure);
    if (!made_init(&made, out, task,
                   (struct asked){.structure = structure, .train = 2000, .test = 1000}))
        return;
    enum pl_status status = task->points(made.options, 1, &made.data, &p);
    pl_conformance_check(out, status == PL_OK, "%s: no points: %s", where, pl_message());
    if (status == PL_OK) {
        pl_conformance_check(out, isfinite(p.trivial) && p.trivial >= 0,
                             "%s: the trivial loss is %g", where, p.trivial);
        pl_conformance_check(out, isnan(p.best_test) || p.best_test <= p.trivial * (1 + 1e-9),
                             "%s: the best loss %g is above the trivial %g", where, p.best_test,
                             p.trivial);
        pl_conformance_check(
            out, isnan(p.solved) || (p.solved >= p.best_test && p.solved <= p.trivial),
            "%s: solved is %g, not between %g and %g", where, p.solved, p.best_test, p.trivial);
        check_point(out, where, "the trivial loss", p.trivial, p.trivial, constant_loss(&made));
        if (made.data.split[PL_TEST_CLEAN].y && !isnan(p.best_test))
            check_point(out, where, "the best loss", p.best_test, p.trivial, clean_loss(&made));
    }
    made_finish(&made);
}

static void check_points(struct pl_conformance *out, const struct pl_task *task) {
    for (int k = 0; k < DIAL; k++)
        if (accepts(task, dial[k])) check_points_at(out, task, dial[k]);
}

/* ---- refusals --------------------------------------------------------------------------------- */

static void check_refused(struct pl_conformance *out, const struct pl_task *task, const char *key,
                          const char *value) {
    struct made made = {0};
    const char *at_fault;
    enum pl_status status =
        bind(&made, task, &(const struct asked){.key = key, .value = value}, &at_fault);
    pl_conformance_check(out, status == PL_ECONFIG, "%s: %s = %s was not refused", task->name, key,
                         value);
    if (status == PL_ECONFIG)
        pl_conformance_check(out, strstr(pl_message(), key) != NULL,
                             "%s: the complaint about %s = %s does not name it: %s", task->name,
                             key, value, pl_message());
    made_finish(&made);
}

static void check_row(struct pl_conformance *out, const struct pl_task *task,
                      const struct pl_option *row) {
    char text[64];
    if (row->type == PL_TYPE_TEXT) return;
    check_refused(out, task, row->name, "no-such-word");
    if (row->type == PL_TYPE_CHOICE || row->type == PL_TYPE_BOOL) return;
    snprintf(text, sizeof text, "%.17g", row->min - 2 - fabs(row->min));
    check_refused(out, task, row->name, text);
    snprintf(text, sizeof text, "%.17g", row->max + 1 + fabs(row->max));
    check_refused(out, task, row->name, text);
    check_refused(out, task, row->name, "nan");
}

/* Options that contradict each other: whatever check() refuses, it names an option and says why. */
static void check_together(struct pl_conformance *out, const struct pl_task *task) {
    static const char *const mixes[] = {"linear", "variance"};
    for (int k = 0; k < 2 * DIAL; k++) {
        struct made made = {0};
        const char *key;
        enum pl_status status = bind(
            &made, task,
            &(const struct asked){.structure = dial[k / 2], .key = "mix", .value = mixes[k % 2]},
            &key);
        bool named = status == PL_ECONFIG && key && pl_option_find(&task->options, key) &&
                     strlen(pl_message()) > 20;
        pl_conformance_check(out, status == PL_OK || named,
                             "%s: structure %s with mix %s is refused without an option and a "
                             "sentence",
                             task->name, dial[k / 2], mixes[k % 2]);
        made_finish(&made);
    }
}

static void check_refusals(struct pl_conformance *out, const struct pl_task *task) {
    for (size_t r = 0; r < task->options.count; r++) check_row(out, task, &task->options.rows[r]);
    check_refused(out, task, "no_such_option", "1");
    check_together(out, task);
}

/* ---- random options --------------------------------------------------------------------------- */

static void points_of(struct pl_conformance *out, const struct pl_task *task, struct asked asked) {
    struct made made;
    struct pl_task_points p;
    if (!made_init(&made, out, task, asked)) return;
    enum pl_status status = task->points(made.options, 1, &made.data, &p);
    pl_conformance_check(out, status == PL_OK, "%s: no points: %s", task->name, pl_message());
    if (status == PL_OK)
        pl_conformance_check(out,
                             isfinite(p.trivial) && !(p.best_test < 0) &&
                                 !(p.best_test > p.trivial * (1 + 1e-9)) &&
                                 !(p.solved < p.best_test) && !(p.solved > p.trivial),
                             "%s: the points 0 <= %g <= %g <= %g are out of order", task->name,
                             p.best_test, p.solved, p.trivial);
    made_finish(&made);
}

/* Options that do not go together are refused by an option's name and a sentence. */
static bool takes(struct pl_conformance *out, const struct pl_task *task, struct asked asked) {
    struct made made = {0};
    const char *key;
    enum pl_status status = bind(&made, task, &asked, &key);
    bool named = status == PL_ECONFIG && key && pl_option_find(&task->options, key) &&
                 strlen(pl_message()) > 20;
    pl_conformance_check(out, status == PL_OK || named,
                         "%s: random options are refused without an option and a sentence: %s",
                         task->name, pl_message());
    made_finish(&made);
    return status == PL_OK;
}

static void check_random(struct pl_conformance *out, const struct pl_task *task) {
    enum { DRAWS = 40, ENOUGH = 6 };
    struct asked asked = {.dial = accepts(task, "0.5")};
    int taken = 0;
    for (asked.random = 1; asked.random <= DRAWS && taken < ENOUGH; asked.random++) {
        struct asked most = asked; /* the most samples that a check asks for */
        most.train = 300, most.test = 300;
        if (!takes(out, task, most)) continue;
        taken++;
        shapes_of(out, task, asked);
        bytes_of(out, task, asked);
        prefix_of(out, task, asked);
        disjoint_of(out, task, asked);
        points_of(out, task, asked);
    }
    pl_conformance_check(out, taken > 0, "%s: none of %d random sets of options is accepted",
                         task->name, DRAWS);
}

const struct pl_task_check pl_task_checks[] = {
    {"shapes", check_shapes},     {"bytes", check_bytes},   {"prefix", check_prefix},
    {"disjoint", check_disjoint}, {"dial", check_dial},     {"points", check_points},
    {"refusals", check_refusals}, {"random", check_random}, {0},
};
