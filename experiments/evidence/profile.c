#include "experiments/evidence/profile.h"

#include <math.h>
#include <string.h>

#include "core/base/vec.h"

struct values {
    struct pl_profile_value *items;
    size_t count, capacity;
};

static bool is_of(const struct pl_profile_value *value, const struct pl_diagnostic *diagnostic) {
    return value->layer == diagnostic->layer && value->source == diagnostic->source &&
           value->step == diagnostic->step && strcmp(value->name, diagnostic->name) == 0;
}

/* The value that [diagnostic] counts for. Runs of one entry mostly measure the same list in the same
 * order, so it is first looked for at [expected]. */
static struct pl_profile_value *value_of(struct values *values,
                                         const struct pl_diagnostic *diagnostic, size_t expected) {
    if (expected < values->count && is_of(&values->items[expected], diagnostic))
        return &values->items[expected];
    for (size_t k = 0; k < values->count; k++)
        if (is_of(&values->items[k], diagnostic)) return &values->items[k];
    PL_VEC_PUSH(values, (struct pl_profile_value){diagnostic->name, diagnostic->step,
                                                  diagnostic->layer, diagnostic->source, 0, 0});
    return &values->items[values->count - 1];
}

void pl_profile_make(struct pl_profile *out, struct pl_arena *arena,
                     const struct pl_analysis *analysis, size_t point, size_t entry) {
    struct values values = {0};
    for (size_t seed = 0; seed < analysis->experiment->seed_count; seed++) {
        const struct pl_result *result = pl_table_result(&analysis->table, point, entry, seed);
        if (result && result->outcome == PL_DONE) {
            for (size_t k = 0; k < result->diagnostic_count; k++) {
                const struct pl_diagnostic *diagnostic = &result->diagnostics[k];
                struct pl_profile_value *value = value_of(&values, diagnostic, k);
                if (!isfinite(diagnostic->value)) continue;
                value->mean += diagnostic->value; /* a sum, until all are in */
                value->runs++;
            }
        }
    }
    for (size_t k = 0; k < values.count; k++)
        values.items[k].mean =
            values.items[k].runs ? values.items[k].mean / (double)values.items[k].runs : NAN;
    *out = (struct pl_profile){NULL, values.count};
    if (values.count)
        out->values = pl_arena_copy(arena, values.items, values.count * sizeof *values.items);
    PL_VEC_FINISH(&values);
}

long pl_profile_last(const struct pl_profile *profile, const char *name) {
    long last = -1;
    for (size_t k = 0; k < profile->count; k++)
        if (strcmp(profile->values[k].name, name) == 0 && profile->values[k].step > last)
            last = profile->values[k].step;
    return last;
}
