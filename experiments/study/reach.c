#include "experiments/study/reach.h"

#include <math.h>

#include "core/base/alloc.h"
#include "core/base/log.h"
#include "core/stats/compare.h"
#include "experiments/study/study.h"

#define SEEDS_MOST 100000

/* With every run on the side of the claim. Equivalence is a t test, a cost is measured in rounds: neither
 * has a least p. Above PL_SIGN_FLIP_EXACT_MAX seeds a two-sided p is (0 + 1) / (resamples + 1) or more. */
static double least_p(const struct pl_claim *claim, size_t seeds) {
    double signs = ldexp(1.0, seeds < 1000 ? -(int)seeds : -1000);
    double drawn = 0.5 / (PL_SIGN_FLIP_RESAMPLES + 1.0), share = 1.0, limit;
    if (seeds > PL_SIGN_FLIP_EXACT_MAX && signs < drawn) signs = drawn;
    switch (claim->kind) {
    case PL_CLAIM_EQUIVALENT:
    case PL_CLAIM_COST:
        return 0.0;
    case PL_CLAIM_DIVERGENCE:
        for (size_t s = 0; s < seeds && share > 0.0; s++) share *= 1.0 - claim->below;
        return share;
    case PL_CLAIM_SHARE: /* every reading on its side; of the rest a few seem to be (judge.h) */
        if (least_p(claim->each, seeds) > PL_READING_ALPHA) return 1.0;
        limit = claim->at_most ? 1.0 - claim->share : claim->share;
        limit += (1.0 - limit) * PL_READING_ALPHA * (claim->at_most ? 2.0 : 1.0);
        for (size_t r = 0; r < claim->readings; r++) share *= limit;
        return share;
    case PL_CLAIM_CROSSOVER:
        return claim->none ? 2.0 * signs : signs;
    case PL_CLAIM_BETTER:
    case PL_CLAIM_ORDER:
    case PL_CLAIM_BOUND:
        break;
    }
    return signs;
}

size_t pl_claim_seeds_needed(const struct pl_claims *claims, size_t index, size_t most) {
    double *p = pl_alloc((claims->count + 1) * sizeof *p);
    size_t seeds = 0;
    do {
        seeds++;
        for (size_t k = 0; k < claims->count; k++) p[k] = least_p(&claims->items[k], seeds);
        pl_stats_holm(p, p, claims->count);
    } while (p[index] > PL_ALPHA && seeds <= most);
    pl_free(p);
    return seeds;
}

static void add_place(struct pl_strbuf *out, struct pl_place place) {
    if (pl_place_commanded(place))
        pl_strbuf_add(out, "command line");
    else
        pl_strbuf_addf(out, "%s:%d:%d", place.file, place.line, place.column);
}

static void warn_of_claim(const struct pl_experiment *experiment, size_t index) {
    const struct pl_claim *claim = &experiment->claims.items[index];
    size_t seeds = experiment->seed_count;
    struct pl_strbuf text;
    if (pl_claim_seeds_needed(&experiment->claims, index, seeds) <= seeds) return;
    size_t needed = pl_claim_seeds_needed(&experiment->claims, index, SEEDS_MOST);
    pl_strbuf_init(&text);
    add_place(&text, claim->place);
    pl_strbuf_addf(&text, ": the claim \"%s\" cannot hold with %zu seed%s, whatever they give",
                   claim->text, seeds, seeds == 1 ? "" : "s");
    if (needed <= SEEDS_MOST)
        pl_strbuf_addf(&text, "; it takes %zu", needed);
    else
        pl_strbuf_addf(&text, "; no number of seeds will do%s",
                       claim->kind == PL_CLAIM_SHARE ? ", but more readings will" : "");
    pl_warn("%s", text.text);
    pl_strbuf_finish(&text);
}

static void warn_of_grid(const struct pl_experiment *experiment) {
    struct pl_strbuf text;
    for (size_t k = 0; k < experiment->axis_count; k++) {
        const struct pl_axis *axis = &experiment->axes[k];
        if (axis->key != experiment->select.over || axis->count > 2) continue;
        pl_strbuf_init(&text);
        add_place(&text, axis->place);
        pl_strbuf_addf(
            &text,
            ": select chooses over %zu value%s of %s, so whichever it chooses lies at an "
            "end of the grid, and a better one may lie beyond; three values or more "
            "have a middle",
            axis->count, axis->count == 1 ? "" : "s", axis->key);
        pl_warn("%s", text.text);
        pl_strbuf_finish(&text);
    }
}

void pl_experiment_warn_of_reach(const struct pl_experiment *experiment) {
    for (size_t k = 0; k < experiment->claims.count; k++) warn_of_claim(experiment, k);
    if (experiment->select.over) warn_of_grid(experiment);
}
