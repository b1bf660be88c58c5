#include "tasks/split.h"

#include <math.h>
#include <stdio.h>

#define SOLVED_SHARE 0.01 /* of the way from best to trivial */
#define LEAST_GAP    0.01 /* of trivial; below it a score has no meaning either */

static enum pl_status split_draw(const struct pl_split_draw *draw, enum pl_split split,
                                 uint64_t seed, struct pl_dataset *out) {
    static const char *const streams[] = {"data-train", "data-valid", "data-test"};
    bool clean = split == PL_TEST && draw->clean;
    char name[40];
    struct pl_rng rng;
    snprintf(name, sizeof name, "%s", streams[split]);
    if (out->fresh) snprintf(name, sizeof name, "data-fresh/%llu", (unsigned long long)out->fresh);
    pl_rng_init(&rng, seed, name);
    return draw->draw(draw->world, split, &rng, &out->split[split],
                      clean ? &out->split[PL_TEST_CLEAN] : NULL);
}

static enum pl_status splits_add(const struct pl_task_common *common, bool clean,
                                 struct pl_dataset *out) {
    PL_TRY(pl_dataset_add(out, PL_TRAIN, (size_t)common->samples));
    if (out->fresh) return PL_OK;
    PL_TRY(pl_dataset_add(out, PL_VALID, (size_t)common->valid_samples));
    PL_TRY(pl_dataset_add(out, PL_TEST, (size_t)common->test_samples));
    return pl_dataset_add(out, PL_TEST_CLEAN, clean ? (size_t)common->test_samples : 0);
}

static enum pl_status splits_draw(const struct pl_split_draw *draw, uint64_t seed,
                                  struct pl_dataset *out) {
    PL_TRY(split_draw(draw, PL_TRAIN, seed, out));
    if (out->fresh) return PL_OK;
    PL_TRY(split_draw(draw, PL_VALID, seed, out));
    return split_draw(draw, PL_TEST, seed, out);
}

enum pl_status pl_split_generate(const struct pl_split_draw *draw,
                                 const struct pl_task_common *common, uint64_t seed,
                                 struct pl_dataset *out) {
    enum pl_status status = splits_add(common, draw->clean, out);
    for (int split = 0; draw->weights && split < PL_SPLITS && status == PL_OK; split++)
        status = pl_dataset_add_weights(out, (enum pl_split)split);
    if (status == PL_OK) status = splits_draw(draw, seed, out);
    if (status != PL_OK) pl_dataset_finish(out);
    return status;
}

void pl_points_set(struct pl_task_points *out, double trivial, double best) {
    double gap = trivial - best;
    out->trivial = trivial;
    out->best_test = best;
    out->solved = gap > LEAST_GAP * trivial ? best + SOLVED_SHARE * gap : NAN;
}

enum pl_status pl_task_refuse_dial(const struct pl_task_common *common, double only,
                                   const char *why, const char **key) {
    *key = "structure";
    if (common->structure != only)
        return pl_fail(PL_ECONFIG,
                       "structure is %g, but %s, so it takes %g alone; leave structure out, or "
                       "choose a task with a structured and a random part, such as linear_mix",
                       common->structure, why, only);
    *key = "mix";
    if (common->mix != PL_MIX_LINEAR)
        return pl_fail(PL_ECONFIG,
                       "mix is variance, but %s, so there is nothing to mix; leave mix out", why);
    *key = NULL;
    return PL_OK;
}
