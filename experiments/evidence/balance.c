#include "experiments/evidence/balance.h"

#include <string.h>

/* What there is of one seed. */
struct share {
    size_t cells, finished, pending; /* failed ones are neither */
};

/* ---- saying it ---- */

enum kind { COMPLETE, PARTIAL, UNTOUCHED };

static enum kind kind_of(const struct share *share) {
    if (share->pending == 0) return COMPLETE;
    return share->pending == share->cells ? UNTOUCHED : PARTIAL;
}

/* "3 (1, 2, 3)", at most ten by name. */
static size_t add_seeds(struct pl_strbuf *out, const struct pl_experiment *experiment,
                        const struct share *shares, enum kind kind) {
    struct pl_strbuf names;
    size_t count = 0;
    pl_strbuf_init(&names);
    for (size_t k = 0; k < experiment->seed_count; k++) {
        if (kind_of(&shares[k]) != kind) continue;
        if (count < 10)
            pl_strbuf_addf(&names, "%s%llu", count ? ", " : "",
                           (unsigned long long)experiment->seeds[k]);
        else if (count == 10)
            pl_strbuf_add(&names, ", ...");
        count++;
    }
    pl_strbuf_addf(out, "%zu", count);
    if (count) pl_strbuf_addf(out, " (%s)", names.text);
    pl_strbuf_finish(&names);
    return count;
}

static void say(struct pl_ledger *evidence, const struct share *shares) {
    const struct pl_experiment *experiment = &evidence->experiment;
    struct pl_strbuf text;
    size_t pending = 0;
    for (size_t k = 0; k < experiment->seed_count; k++) pending += shares[k].pending;
    if (pending == 0) return;
    pl_strbuf_init(&text);
    pl_strbuf_addf(&text, "Within the budget of %g hours (limits.hours) %zu %s missing still. ",
                   experiment->hours, pending, pending == 1 ? "cell is" : "cells are");
    pl_strbuf_add(&text, "What is told rests on complete seeds: ");
    add_seeds(&text, experiment, shares, COMPLETE);
    pl_strbuf_add(&text, "; partly done: ");
    add_seeds(&text, experiment, shares, PARTIAL);
    if (evidence->held)
        pl_strbuf_addf(&text, ", of which %zu finished %s held back until the rest is there",
                       evidence->held, evidence->held == 1 ? "cell is" : "cells are");
    pl_strbuf_add(&text, "; not begun: ");
    add_seeds(&text, experiment, shares, UNTOUCHED);
    pl_strbuf_add(&text, ". The next run goes on from here.");
    evidence->missing = pl_strbuf_take(&text);
}

void pl_balance(struct pl_ledger *evidence) {
    if (!(evidence->experiment.hours > 0)) return;
    struct share *shares = pl_alloc_zero(evidence->experiment.seed_count + 1, sizeof *shares);
    evidence->held = 0;
    pl_free(evidence->missing);
    evidence->missing = NULL;

    for (size_t k = 0; k < evidence->cells.count; k++) {
        struct share *share = &shares[evidence->cells.items[k].seed_index];
        enum pl_outcome outcome = evidence->results[k].outcome;
        share->cells++;
        share->finished += pl_outcome_is_finished(outcome);
        share->pending += outcome == PL_PENDING || outcome == PL_RUNNING;
    }

    for (size_t k = 0; k < evidence->cells.count; k++) {
        struct pl_result *result = &evidence->results[k];
        size_t seed = evidence->cells.items[k].seed_index;
        if (shares[seed].pending == 0 || !pl_outcome_is_finished(result->outcome)) continue;
        pl_result_finish(result);
        result->message = result->provenance = "";
        evidence->held++;
    }

    say(evidence, shares);
    pl_free(shares);
}
