#include "tasks/labels.h"

#include "core/base/math.h"
#include "tasks/split.h"

static double prior_of(const struct pl_labels *labels, size_t label) {
    return labels->prior ? labels->prior[label] : 1 / (double)labels->classes;
}

static int32_t by_chance(const struct pl_labels *labels, struct pl_rng *rng) {
    if (!labels->prior) return (int32_t)pl_rng_below(rng, labels->classes);
    double left = pl_rng_uniform(rng);
    size_t label = 0, last = labels->classes - 1;
    for (; label < last && left >= labels->prior[label]; label++) left -= labels->prior[label];
    while (label > 0 && labels->prior[label] <= 0) label--; /* rounding led past the last */
    return (int32_t)label;
}

void pl_labels_draw(const struct pl_labels *labels, struct pl_rng *rng, int32_t clean,
                    int32_t *label, uint8_t *corrupted) {
    *corrupted = pl_rng_uniform(rng) >= labels->common->structure;
    int32_t other = by_chance(labels, rng);
    *label = *corrupted ? other : clean;
}

/* p ln p, continued to 0 at 0. */
static double term(double p) {
    return p > 0 ? p * pl_log(p) : 0;
}

void pl_labels_points(const struct pl_labels *labels, struct pl_task_points *out) {
    double s = labels->common->structure, r = 1 - s, trivial = 0, chance = 0, known = 0;
    for (size_t c = 0; c < labels->classes; c++) {
        double q = prior_of(labels, c);
        trivial -= term(q);
        chance += term(r * q);
        known += q * (term(s + r * q) - term(r * q));
    }
    double best = -chance - known;
    if (best < 0 || s >= 1) best = 0;
    pl_points_set(out, trivial, best < trivial ? best : trivial);
}

enum pl_status pl_labels_check(const struct pl_task_common *common, const char **key) {
    *key = "mix";
    if (common->mix != PL_MIX_LINEAR)
        return pl_fail(PL_ECONFIG, "mix is variance, but labels are replaced by random ones, not "
                                   "added to them, so it takes linear alone; leave mix out");
    *key = NULL;
    return PL_OK;
}
