#include "experiments/evidence/noise.h"

#include <math.h>
#include <string.h>

#include "core/base/math.h"
#include "core/stats/compare.h"
#include "core/stats/distribution.h"
#include "core/stats/power.h"
#include "core/stats/summary.h"
#include "experiments/evidence/analysis_impl.h"

/* The finite ones of the runs of an entry at a point, less those of another entry (NULL: as they are). */
static size_t gather(const struct pl_analysis *a, size_t point, size_t entry, const size_t *less,
                     double *out, size_t *diverged) {
    const double *logs = a->logs + pl_table_place(&a->table, point, entry, 0);
    const double *others = less ? a->logs + pl_table_place(&a->table, point, *less, 0) : NULL;
    size_t count = 0;
    *diverged = 0;
    for (size_t s = 0; s < a->experiment->seed_count; s++) {
        double other = others ? others[s] : 0.0;
        if (isnan(logs[s]) || isnan(other)) continue;
        if (isinf(logs[s]) || isinf(other))
            ++*diverged;
        else
            out[count++] = logs[s] - other;
    }
    return count;
}

static void measure_point(const struct pl_noise *noise, struct pl_noise_point *out, size_t point,
                          double *room) {
    const struct pl_analysis *a = noise->analysis;
    struct pl_interval none = pl_interval_none();
    *out = (struct pl_noise_point){
        .point = point, .sd = NAN, .sd_interval = none, .floor = NAN, .ratio = NAN, .p = NAN};
    out->interval = none;
    out->seeds = gather(a, point, a->baseline, NULL, room, &out->diverged);
    if (out->seeds < 2) return;
    double n = (double)out->seeds;
    out->sd = pl_stats_sd(room, out->seeds);
    out->sd_interval = pl_stats_sd_interval(out->sd, out->seeds, PL_CONFIDENCE);
    double t = pl_stats_student_quantile(0.5 + 0.5 * PL_CONFIDENCE, 2.0 * n - 2.0);
    out->floor = pl_exp(t * out->sd * sqrt(2.0 / n));

    /* Run k of the first half of the seeds that have a loss against run k of the second half. */
    double *differences = room + a->experiment->seed_count;
    struct pl_rng rng;
    out->pairs = out->seeds / 2;
    for (size_t k = 0; k < out->pairs; k++) differences[k] = room[k] - room[out->pairs + k];
    if (out->pairs < 2) return;
    out->ratio = pl_exp(pl_stats_mean(differences, out->pairs));
    out->interval = pl_interval_exp(pl_stats_t_interval(differences, out->pairs, PL_CONFIDENCE));
    pl_analysis_stream(&rng, noise->analysis, "noise", out->point, noise->analysis->baseline);
    out->p = pl_stats_sign_flip(differences, out->pairs, &rng);
}

static void plan_row(struct pl_noise *noise, struct pl_noise_row *out) {
    out->seeds = PL_ARENA_ARRAY(&noise->arena, size_t, noise->difference_count);
    for (size_t d = 0; d < noise->difference_count; d++) {
        double difference = pl_log(noise->differences[d]);
        out->seeds[d] = PL_NO_SEEDS;
        if (isnan(out->sd)) continue;
        out->seeds[d] = out->sd > 0.0
                            ? pl_stats_t_seeds(difference / out->sd, noise->level, PL_PLANNED_POWER)
                            : 2;
        if (out->seeds[d] < noise->least) out->seeds[d] = noise->least;
    }
}

static void measure_row(struct pl_noise *noise, struct pl_noise_row *out, size_t point,
                        size_t entry, double *room) {
    const struct pl_analysis *a = noise->analysis;
    *out = (struct pl_noise_row){.entry = entry, .point = point, .sd = NAN, .floor = NAN};
    out->pairs = gather(a, point, entry, &a->baseline, room, &out->diverged);
    out->sd_interval = pl_interval_none();
    if (out->pairs >= 2) {
        double n = (double)out->pairs;
        out->sd = pl_stats_sd(room, out->pairs);
        out->sd_interval = pl_stats_sd_interval(out->sd, out->pairs, PL_CONFIDENCE);
        double t = pl_stats_student_quantile(0.5 + 0.5 * PL_CONFIDENCE, n - 1.0);
        out->floor = pl_exp(t * out->sd / sqrt(n));
    }
    plan_row(noise, out);
}

void pl_noise_make(struct pl_noise *out, const struct pl_analysis *analysis,
                   const double *differences, size_t difference_count) {
    const struct pl_analysis *a = analysis->selection ? analysis->selection->best : analysis;
    size_t entries = a->experiment->entry_count, m = entries > 1 ? entries - 1 : 1;
    *out = (struct pl_noise){.analysis = a, .difference_count = difference_count, .comparisons = m};
    out->differences =
        pl_arena_copy(&out->arena, differences, difference_count * sizeof *differences);
    out->level = PL_ALPHA / (double)m;
    out->least = pl_stats_seeds_needed(m, PL_ALPHA);
    out->points = PL_ARENA_ARRAY(&out->arena, struct pl_noise_point, a->point_count);
    out->rows = PL_ARENA_ARRAY(&out->arena, struct pl_noise_row, a->point_count * entries);
    double *room = PL_ARENA_ARRAY(&out->arena, double, 2 * a->experiment->seed_count);
    for (size_t p = 0; p < a->point_count; p++) {
        measure_point(out, &out->points[p], p, room);
        for (size_t e = 0; e < entries; e++)
            if (e != a->baseline) measure_row(out, &out->rows[out->row_count++], p, e, room);
    }
}

void pl_noise_finish(struct pl_noise *noise) {
    if (noise) pl_arena_finish(&noise->arena);
}
