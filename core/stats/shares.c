/* A grouping keeps count, sum and sum of squares a cell, so that leaving one reading out is a change of one
 * cell: the jackknife costs one pass over the cells for each reading. Values are centred first. */
#include "core/stats/shares.h"

#include <math.h>

#include "core/base/alloc.h"
#include "core/stats/distribution.h"

struct cell {
    size_t count;
    double sum, squares;
};

struct grouping {
    struct cell *cells;
    size_t count;
};

struct jackknife {
    const struct pl_effects *effects;
    double *centred;
    size_t n;
};

static void add(struct cell *cell, double y, double sign) {
    cell->count += sign > 0 ? 1 : (size_t)-1;
    cell->sum += sign * y;
    cell->squares += sign * y * y;
}

/* V_cells of the header; NaN without a degree of freedom. */
static double explained(const struct grouping *grouping) {
    struct cell all = {0};
    double between = 0, within = 0;
    size_t filled = 0;
    for (size_t c = 0; c < grouping->count; c++) {
        const struct cell *cell = &grouping->cells[c];
        if (cell->count == 0) continue;
        double part = cell->sum * cell->sum / (double)cell->count;
        filled++;
        between += part;
        within += cell->squares - part;
        all.count += cell->count;
        all.sum += cell->sum;
    }
    if (all.count <= filled) return NAN;
    between -= all.sum * all.sum / (double)all.count;
    double error = within / (double)(all.count - filled);
    return (between - (double)(filled - 1) * error) / (double)all.count;
}

static double spread(const struct cell *all, double variances) {
    double n = (double)all->count;
    return (all->squares - all->sum * all->sum / n) / (n - 1) - variances / n;
}

/* The cell of [reading] among the pairs of levels of [a] and [b]; a factor with itself is its levels. */
static size_t cell_of(const struct pl_effects *effects, size_t reading, size_t a, size_t b) {
    const size_t *levels = effects->levels + reading * effects->factors;
    return a == b ? levels[a] : levels[a] * effects->counts[b] + levels[b];
}

/* Of all readings (last place), and with each left out: V_cells. */
static double *explained_without(const struct jackknife *knife, size_t a, size_t b) {
    const struct pl_effects *effects = knife->effects;
    size_t cells = effects->counts[a] * (a == b ? 1 : effects->counts[b]);
    struct grouping grouping = {pl_alloc_zero(cells, sizeof(struct cell)), cells};
    double *out = pl_alloc_zero(knife->n + 1, sizeof *out);
    for (size_t r = 0; r < knife->n; r++)
        add(&grouping.cells[cell_of(effects, r, a, b)], knife->centred[r], 1);
    out[knife->n] = explained(&grouping);
    for (size_t r = 0; r < knife->n; r++) {
        struct cell *cell = &grouping.cells[cell_of(effects, r, a, b)], kept = *cell;
        add(cell, knife->centred[r], -1);
        out[r] = explained(&grouping);
        *cell = kept;
    }
    pl_free(grouping.cells);
    return out;
}

static double *spread_without(const struct jackknife *knife) {
    const struct pl_effects *effects = knife->effects;
    double *out = pl_alloc_zero(knife->n + 1, sizeof *out), variances = 0;
    struct cell all = {0};
    for (size_t r = 0; r < knife->n; r++) {
        add(&all, knife->centred[r], 1);
        variances += effects->variances[r];
    }
    out[knife->n] = spread(&all, variances);
    for (size_t r = 0; r < knife->n; r++) {
        struct cell kept = all;
        add(&all, knife->centred[r], -1);
        out[r] = spread(&all, variances - effects->variances[r]);
        all = kept;
    }
    return out;
}

/* The share and its interval from the ratios part / whole, of all readings and without each. */
static struct pl_share share_of(const double *part, const double *whole, size_t n,
                                double confidence) {
    struct pl_share out = {part[n] / whole[n], pl_interval_none()};
    double mean = 0, squares = 0;
    for (size_t r = 0; r < n; r++) mean += part[r] / whole[r] / (double)n;
    for (size_t r = 0; r < n; r++) {
        double distance = part[r] / whole[r] - mean;
        squares += distance * distance;
    }
    double half = pl_stats_student_quantile(0.5 + confidence / 2, (double)(n - 1)) *
                  sqrt(squares * (double)(n - 1) / (double)n);
    if (isfinite(half)) out.interval = (struct pl_interval){out.value - half, out.value + half};
    return out;
}

void pl_stats_shares(struct pl_shares *out, const struct pl_effects *effects, double confidence,
                     struct pl_arena *arena) {
    size_t n = effects->readings, factors = effects->factors;
    struct jackknife knife = {effects, pl_alloc_zero(n + 1, sizeof(double)), n};
    double mean = 0;
    *out = (struct pl_shares){.variance = NAN, .noise = NAN};
    out->alone = PL_ARENA_ARRAY(arena, struct pl_share, factors + 1);
    out->pairs = PL_ARENA_ARRAY(arena, struct pl_share, factors * factors + 1);
    for (size_t f = 0; f < factors; f++) out->alone[f] = (struct pl_share){NAN, pl_interval_none()};
    for (size_t p = 0; p < factors * factors; p++)
        out->pairs[p] = (struct pl_share){p / factors < p % factors ? NAN : 0, pl_interval_none()};
    for (size_t r = 0; r < n; r++) mean += effects->values[r] / (double)n;
    for (size_t r = 0; r < n; r++) knife.centred[r] = effects->values[r] - mean;
    double *whole = n < 3 ? NULL : spread_without(&knife);
    if (whole) {
        double noise = 0;
        for (size_t r = 0; r < n; r++) noise += effects->variances[r] / (double)n;
        out->variance = whole[n];
        out->noise = noise / (whole[n] + noise);
    }
    if (n >= PL_SHARES_LEAST && out->variance > 0) {
        double **alone = pl_alloc_zero(factors + 1, sizeof *alone);
        for (size_t f = 0; f < factors; f++) {
            alone[f] = explained_without(&knife, f, f);
            out->alone[f] = share_of(alone[f], whole, n, confidence);
        }
        for (size_t a = 0; a < factors; a++) {
            for (size_t b = a + 1; b < factors; b++) {
                double *both = explained_without(&knife, a, b);
                for (size_t r = 0; r <= n; r++) both[r] -= alone[a][r] + alone[b][r];
                out->pairs[a * factors + b] = share_of(both, whole, n, confidence);
                pl_free(both);
            }
        }
        for (size_t f = 0; f < factors; f++) pl_free(alone[f]);
        pl_free(alone);
    }
    pl_free(whole);
    pl_free(knife.centred);
}
