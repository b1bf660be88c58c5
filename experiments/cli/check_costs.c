/* The claims that are about time are measured here and now: steps of two entries in turn, many rounds. */
#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"
#include "core/base/math.h"
#include "experiments/cli/check_looks.h"
#include "experiments/tools/bench_pair.h"

enum { COST_ROUNDS = 40 };

/* A cell of [entry] at the first point that the claim is about. */
static const char *cell_text(const struct pl_claim *claim, const struct pl_table *table,
                             size_t entry, struct pl_arena *arena) {
    size_t point = 0;
    while (!pl_claim_needs(claim, table, point, entry)) point++;
    return pl_cell_text(&table->cells->items[pl_table_cell(table, point, entry, 0)], arena);
}

static double steps_of(const char *text, struct pl_arena *arena) {
    return strtod(pl_cell_setting(text, arena, "train.steps", "1"), NULL);
}

/* Seconds of a whole training: step times, times the steps of each. */
static enum pl_status measure_cost(const struct pl_claim *claim, const struct pl_table *table,
                                   struct pl_arena *arena, struct pl_cost_rounds *out) {
    double *logs = PL_ARENA_ARRAY(arena, double, COST_ROUNDS);
    const char *a = cell_text(claim, table, claim->entries[0], arena);
    const char *b = cell_text(claim, table, claim->entries[1], arena);
    pl_info("measuring %s", claim->text);
    PL_TRY(pl_bench_pair(logs, COST_ROUNDS, a, b));
    if (strcmp(claim->metric->name, "seconds") == 0)
        for (int k = 0; k < COST_ROUNDS; k++)
            logs[k] += pl_log(steps_of(a, arena) / steps_of(b, arena));
    *out = (struct pl_cost_rounds){logs, COST_ROUNDS};
    return PL_OK;
}

enum pl_status pl_check_costs(const struct pl_ledger *ledger, const struct pl_check *check,
                              struct pl_arena *arena, struct pl_cost_rounds **out) {
    struct pl_table table;
    enum pl_status status = PL_OK;
    *out = PL_ARENA_ARRAY(arena, struct pl_cost_rounds, check->claims.count + 1);
    pl_table_make(&table, arena, &ledger->experiment, &ledger->cells, ledger->results);
    for (size_t k = 0; k < check->claims.count && status == PL_OK; k++) {
        const struct pl_claim *claim = &check->claims.items[k];
        if (claim->metric && claim->metric->kind == PL_METRIC_TIME)
            status = measure_cost(claim, &table, arena, &(*out)[k]);
    }
    return status;
}
