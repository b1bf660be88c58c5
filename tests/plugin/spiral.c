/* spiral: which arm of a spiral a point of the plane lies on.
 *
 *     c uniform in 0 .. V-1    r uniform in [0.2, 1)    x = r (cos 2 pi t, sin 2 pi t),  t = turns r + c / V
 *     label = c with probability s, else uniform in 0 .. V-1
 *
 * r and t follow from x, hence c does: the rule has no error, and the points are those of labels.h with a
 * uniform prior. No line parts the arms once they have turned round.
 *
 * The example of a plug-in: compiled against <plumbline/task.h> alone, and run in CI
 * (tests/e2e/plugin.sh).
 */
#include <plumbline/task.h>

#ifndef INNER
#define INNER                                                                                      \
    0.2 /* radius where the arms begin; CI compiles it with another, to see cells run again */
#endif

struct spiral {
    struct pl_task_common common; /* first */
    long classes;
    double turns;
};

static const struct pl_option rows[] = {
    PL_TASK_COMMON_ROWS(struct spiral),
    PL_OPTION_INT(struct spiral, classes, "3", 2, 64, "arms, V"),
    PL_OPTION_REAL(struct spiral, turns, "1", 0, 100, "how often an arm turns round"),
};

static enum pl_status check(const void *options, const char **key) {
    return pl_labels_check(&((const struct spiral *)options)->common, key);
}

static void shape(const void *options, struct pl_data_shape *out) {
    *out = (struct pl_data_shape){
        PL_INPUT_REAL, PL_TARGET_CLASS, 2, ((const struct spiral *)options)->classes, 1, 0};
}

static enum pl_status draw(const void *world, enum pl_split split, struct pl_rng *rng,
                           struct pl_samples *out, struct pl_samples *clean) {
    const struct spiral *own = world;
    struct pl_labels labels = {&own->common, (size_t)own->classes, NULL};
    (void)split; /* all alike */
    for (size_t n = 0; n < out->count; n++) {
        int32_t arm = (int32_t)pl_rng_below(rng, (uint64_t)own->classes);
        double r = INNER + (1 - INNER) * pl_rng_uniform(rng);
        double t = own->turns * r + (double)arm / (double)own->classes;
        pl_labels_draw(&labels, rng, arm, &out->labels[n], &out->corrupted[n]);
        out->x[2 * n] = (float)(r * pl_cos_turn(t));
        out->x[2 * n + 1] = (float)(r * pl_sin_turn(t));
        if (!clean) continue;
        clean->x[2 * n] = out->x[2 * n];
        clean->x[2 * n + 1] = out->x[2 * n + 1];
        clean->labels[n] = arm;
    }
    return PL_OK;
}

static enum pl_status generate(const void *options, uint64_t seed, struct pl_dataset *out) {
    struct pl_split_draw split = {.draw = draw, .world = options, .clean = true};
    shape(options, &out->shape);
    return pl_split_generate(&split, options, seed, out);
}

static enum pl_status points(const void *options, uint64_t seed, const struct pl_dataset *data,
                             struct pl_task_points *out) {
    const struct spiral *own = options;
    struct pl_labels labels = {&own->common, (size_t)own->classes, NULL};
    (void)seed, (void)data; /* a formula knows better */
    pl_labels_points(&labels, out);
    return PL_OK;
}

const struct pl_task pl_task_spiral = {
    .name = "spiral",
    .summary = "arms of a spiral in the plane",
    .formula = "x = r (cos, sin)(2 pi (turns r + c / V)) -> c, or with probability 1-s any class",
    .citation = "",
    .version = 1,
    .options = PL_OPTIONS("task", rows),
    .options_size = sizeof(struct spiral),
    .check = check,
    .shape = shape,
    .generate = generate,
    .points = points,
};

PL_TASK_PLUGIN(&pl_task_spiral);
