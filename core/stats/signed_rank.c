#include "core/stats/signed_rank.h"

#include <math.h>

#include "core/base/alloc.h"
#include "core/stats/distribution.h"
#include "core/stats/summary.h"

/* The differences other than 0: their signs stay in [kept], the ranks of their sizes go to [ranks]. */
static size_t rank_sizes(double *kept, double *ranks, const struct pl_sample *differences) {
    size_t count = 0;
    for (size_t i = 0; i < differences->sizes[0]; i++)
        if (differences->values[i] != 0.0) kept[count++] = differences->values[i];
    double *sizes = pl_alloc((count + 1) * sizeof *sizes);
    for (size_t i = 0; i < count; i++) sizes[i] = fabs(kept[i]);
    pl_stats_rank(ranks, sizes, count);
    pl_free(sizes);
    return count;
}

static double exact_p(const double *ranks, size_t n, double statistic) {
    double patterns[PL_SIGNED_RANK_EXACT_MAX * (PL_SIGNED_RANK_EXACT_MAX + 1) + 1];
    size_t total = n * (n + 1), seen = (size_t)(2.0 * statistic);
    double below = 0.0, above = 0.0;

    /* patterns[w]: how many of the 2^n patterns of signs give 2 W = w. Twice a rank is whole. */
    for (size_t w = 0; w <= total; w++) patterns[w] = w == 0;
    for (size_t i = 0; i < n; i++) {
        size_t step = (size_t)(2.0 * ranks[i]);
        for (size_t w = total; w >= step; w--) patterns[w] += patterns[w - step];
    }

    for (size_t w = 0; w <= total; w++) {
        below += w <= seen ? patterns[w] : 0.0;
        above += w >= seen ? patterns[w] : 0.0;
    }
    double p = ldexp(below < above ? below : above, 1 - (int)n);
    return p < 1.0 ? p : 1.0;
}

static double normal_p(const double *ranks, size_t count, double statistic) {
    double n = (double)count, middle = n * (n + 1.0) / 4.0;
    double variance =
        n * (n + 1.0) * (2.0 * n + 1.0) / 24.0 - pl_stats_rank_ties(ranks, count) / 48.0;
    double away = fabs(statistic - middle) - 0.5;
    return away > 0.0 ? 2.0 * pl_stats_normal_cdf(-away / sqrt(variance)) : 1.0;
}

enum pl_status pl_stats_signed_rank(struct pl_signed_rank *out,
                                    const struct pl_sample *differences) {
    *out = (struct pl_signed_rank){.p = NAN, .statistic = NAN, .exact = true};
    PL_TRY(
        pl_sample_check(differences, "the signed-rank test", PL_SAMPLE_NONE, PL_SAMPLE_NONE, true));
    size_t count = differences->sizes[0];
    if (count == 0) return PL_OK;
    double *kept = pl_alloc(2 * count * sizeof *kept), *ranks = kept + count;
    out->n = rank_sizes(kept, ranks, differences);
    out->statistic = 0.0;
    for (size_t i = 0; i < out->n; i++) out->statistic += kept[i] > 0.0 ? ranks[i] : 0.0;
    out->exact = out->n <= PL_SIGNED_RANK_EXACT_MAX;
    out->p = out->exact ? exact_p(ranks, out->n, out->statistic)
                        : normal_p(ranks, out->n, out->statistic);
    pl_free(kept);
    return PL_OK;
}

enum pl_status pl_stats_hodges_lehmann(double *out, const struct pl_sample *values) {
    *out = NAN;
    PL_TRY(pl_sample_check(values, "the Hodges-Lehmann estimate", PL_SAMPLE_NONE, PL_SAMPLE_NONE,
                           false));
    size_t n = values->sizes[0], count = 0;
    double *means = pl_alloc((n * (n + 1) / 2 + 1) * sizeof *means);
    for (size_t i = 0; i < n; i++)
        for (size_t j = i; j < n; j++)
            means[count++] = 0.5 * values->values[i] + 0.5 * values->values[j];
    *out = pl_stats_median(means, count);
    pl_free(means);
    return PL_OK;
}
