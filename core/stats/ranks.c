#include "core/stats/ranks.h"

#include <math.h>

#include "core/base/alloc.h"
#include "core/stats/bootstrap.h"
#include "core/stats/distribution.h"
#include "core/stats/summary.h"

double pl_stats_nemenyi_distance(size_t entries, size_t seeds, double alpha) {
    if (entries < 2 || seeds < 1) return NAN;
    double k = (double)entries, n = (double)seeds;
    return pl_stats_range_quantile(1.0 - alpha, k) / sqrt(2.0) * sqrt(k * (k + 1.0) / (6.0 * n));
}

/* Fills the mean ranks; gives the sum over ties. */
static double rank_seeds(double *mean_ranks, const struct pl_sample *sample) {
    size_t seeds = sample->sizes[0], entries = sample->sizes[1];
    double *ranks = pl_alloc((entries + 1) * sizeof *ranks), ties = 0.0;
    for (size_t e = 0; e < entries; e++) mean_ranks[e] = 0.0;
    for (size_t s = 0; s < seeds; s++) {
        pl_stats_rank(ranks, sample->values + s * entries, entries);
        for (size_t e = 0; e < entries; e++) mean_ranks[e] += ranks[e] / (double)seeds;
        ties += pl_stats_rank_ties(ranks, entries);
    }
    pl_free(ranks);
    return ties;
}

enum pl_status pl_stats_friedman(struct pl_friedman *out, double *mean_ranks,
                                 const struct pl_sample *sample, double alpha) {
    *out = (struct pl_friedman){.statistic = NAN, .p = NAN, .distance = NAN};
    PL_TRY(pl_sample_check(sample, "Friedman's test", PL_SAMPLE_ENTRY, PL_SAMPLE_NONE, true));
    out->seeds = sample->sizes[0];
    out->entries = sample->sizes[1];
    double *means = pl_alloc((out->entries + 1) * sizeof *means);
    double ties = rank_seeds(means, sample);
    for (size_t e = 0; mean_ranks && e < out->entries; e++) mean_ranks[e] = means[e];
    if (out->seeds > 1 && out->entries > 1) {
        double k = (double)out->entries, n = (double)out->seeds, squares = 0.0;
        double kept = 1.0 - ties / (n * k * (k * k - 1.0));
        for (size_t e = 0; e < out->entries; e++) {
            double away = means[e] - 0.5 * (k + 1.0);
            squares += away * away;
        }
        out->statistic = kept > 0.0 ? 12.0 * n / (k * (k + 1.0)) * squares / kept : 0.0;
        out->p = pl_stats_chi_squared_tail(out->statistic, k - 1.0);

        out->distance = pl_stats_nemenyi_distance(out->entries, out->seeds, alpha);
    }
    pl_free(means);
    return PL_OK;
}

/* The mean ranks of one seed over its blocks, entry by entry; [ranks] is room for a block. */
static void seed_ranks(double *out, size_t stride, const struct pl_sample *sample, size_t seed,
                       double *ranks) {
    size_t blocks = sample->sizes[1], entries = sample->sizes[2];
    const double *values = sample->values + seed * blocks * entries;
    for (size_t e = 0; e < entries; e++) out[e * stride + seed] = 0.0;
    for (size_t b = 0; b < blocks; b++) {
        pl_stats_rank(ranks, values + b * entries, entries);
        for (size_t e = 0; e < entries; e++) out[e * stride + seed] += ranks[e] / (double)blocks;
    }
}

enum pl_status pl_stats_mean_rank(double *mean_ranks, struct pl_interval *intervals,
                                  const struct pl_sample *sample, double confidence,
                                  size_t resamples, struct pl_rng *rng) {
    const struct pl_bootstrap how = {pl_statistic_mean, NULL, confidence, resamples};
    PL_TRY(pl_sample_check(sample, "the mean rank", PL_SAMPLE_BLOCK, PL_SAMPLE_ENTRY, true));
    size_t seeds = sample->sizes[0], entries = sample->sizes[2];
    double *means = pl_alloc((seeds + 1) * (entries + 1) * sizeof *means); /* [entry][seed] */
    enum pl_status status = PL_OK;
    for (size_t s = 0; s < seeds; s++) seed_ranks(means, seeds, sample, s, means + seeds * entries);
    for (size_t e = 0; e < entries && status == PL_OK; e++) {
        struct pl_sample of_entry = pl_sample_seeds(means + e * seeds, seeds);
        mean_ranks[e] = pl_stats_mean(of_entry.values, seeds);
        status = pl_stats_bootstrap(&intervals[e], NULL, &of_entry, &how, rng);
    }
    pl_free(means);
    return status;
}
