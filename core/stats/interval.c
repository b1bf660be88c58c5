#include "core/stats/interval.h"

#include <math.h>

#include "core/base/math.h"
#include "core/stats/distribution.h"
#include "core/stats/summary.h"

struct pl_interval pl_interval_none(void) {
    return (struct pl_interval){NAN, NAN};
}

bool pl_interval_exists(struct pl_interval interval) {
    return !isnan(interval.low) && !isnan(interval.high);
}

struct pl_interval pl_interval_exp(struct pl_interval interval) {
    return (struct pl_interval){pl_exp(interval.low), pl_exp(interval.high)};
}

struct pl_interval pl_stats_t_interval(const double *values, size_t count, double confidence) {
    if (count < 2) return pl_interval_none();
    double mean = pl_stats_mean(values, count);
    double t = pl_stats_student_quantile(0.5 + 0.5 * confidence, (double)(count - 1));
    double reach = t * pl_stats_sd(values, count) / sqrt((double)count);
    return (struct pl_interval){mean - reach, mean + reach};
}

struct pl_interval pl_stats_wilson(size_t hits, size_t count, double confidence) {
    if (count == 0) return pl_interval_none();
    double n = (double)count, share = (double)hits / n;
    double z = pl_stats_normal_quantile(0.5 + 0.5 * confidence), square = z * z / n;
    double middle = (share + 0.5 * square) / (1.0 + square);
    double reach = sqrt(square * (share * (1.0 - share) + 0.25 * square)) / (1.0 + square);
    return (struct pl_interval){hits == 0 ? 0.0 : middle - reach,
                                hits == count ? 1.0 : middle + reach};
}
