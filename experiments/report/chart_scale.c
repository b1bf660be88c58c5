#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/math.h"
#include "experiments/report/chart_impl.h"

struct pl_scale pl_scale_empty(bool log) {
    return (struct pl_scale){.log = log, .low = INFINITY, .high = -INFINITY};
}

void pl_scale_take(struct pl_scale *scale, double value) {
    if (!isfinite(value) || (scale->log && value <= 0.0)) return;
    if (value < scale->low) scale->low = value;
    if (value > scale->high) scale->high = value;
}

bool pl_scale_exists(const struct pl_scale *scale) {
    return scale->low <= scale->high;
}

double pl_scale_at(const struct pl_scale *scale, double share) {
    if (!scale->log) return scale->low + share * (scale->high - scale->low);
    double low = pl_log(scale->low), high = pl_log(scale->high);
    return pl_exp(low + share * (high - low));
}

/* A single number is given a range of its own first. */
static void widen(struct pl_scale *scale) {
    if (scale->low < scale->high) return;
    double reach = scale->low == 0.0 ? 1.0 : 0.1 * fabs(scale->low);
    scale->low -= reach;
    scale->high += reach;
}

void pl_scale_pad(struct pl_scale *scale, double before, double after) {
    if (!pl_scale_exists(scale)) *scale = (struct pl_scale){.log = scale->log, .low = 1, .high = 2};
    widen(scale);
    double low = pl_scale_at(scale, -before), high = pl_scale_at(scale, 1.0 + after);
    scale->low = low;
    scale->high = high;
}

/* ----------------------------------------------------------------------------------- ticks */

/* mantissa x 10^exponent, the double nearest to what is written so. */
static double decimal(double mantissa, int exponent) {
    char text[40];
    snprintf(text, sizeof text, "%.15ge%d", mantissa, exponent);
    return strtod(text, NULL);
}

/* The greatest e with 10^e <= value. */
static int exponent_of(double value) {
    int exponent = (int)floor(pl_log(value) / pl_log(10.0));
    while (decimal(1, exponent + 1) <= value) exponent++;
    while (decimal(1, exponent) > value) exponent--;
    return exponent;
}

/* Every multiple of mantissa x 10^exponent. */
static void tick_multiples(struct pl_scale *scale, int mantissa, int exponent) {
    double step = decimal(mantissa, exponent), slack = 1e-9 * (scale->high - scale->low);
    scale->tick_count = 0;
    for (double i = ceil((scale->low - slack) / step); i * step <= scale->high + slack; i++) {
        if (scale->tick_count == PL_TICKS) return;
        scale->ticks[scale->tick_count++] = i == 0 ? 0 : decimal(i * mantissa, exponent);
    }
}

/* Steps of 1, 2 or 5 times a power of ten; a smaller one where less than two fit. */
static void tick_evenly(struct pl_scale *scale, size_t wanted) {
    static const int mantissas[] = {1, 2, 5, 10};
    double raw = 0.75 * (scale->high - scale->low) / (double)wanted;
    int exponent = exponent_of(raw), k = 0;
    while (k < 3 && decimal(mantissas[k], exponent) < raw) k++;
    do tick_multiples(scale, mantissas[k], exponent);
    while (scale->tick_count < 2 && k-- > 0);
}

/* [list]: digits of which each decade gets a tick; only every [every]-th decade. */
static size_t tick_decades(struct pl_scale *scale, const char *list, int every) {
    int first = exponent_of(scale->low), last = exponent_of(scale->high);
    size_t count = 0;
    for (int e = first; e <= last; e++) {
        if (e % every != 0) continue;
        for (const char *digit = list; *digit; digit++) {
            double tick = decimal(*digit - '0', e);
            if (tick < scale->low || tick > scale->high) continue;
            if (count < PL_TICKS) scale->ticks[count] = tick;
            count++;
        }
    }
    scale->tick_count = count < PL_TICKS ? count : PL_TICKS;
    return count;
}

/* The closest that is not too close; where even the closest are few an even spacing serves better. */
static void tick_log(struct pl_scale *scale, size_t wanted) {
    static const char *const lists[] = {"1235", "125", "13", "1"};
    if (scale->high < 3.0 * scale->low) {
        tick_evenly(scale, wanted);
        return;
    }
    if (tick_decades(scale, lists[0], 1) < 3) {
        tick_evenly(scale, wanted);
        return;
    }
    for (size_t k = 0; k < sizeof lists / sizeof lists[0]; k++)
        if (tick_decades(scale, lists[k], 1) <= wanted + 1) return;
    for (int every = 2; tick_decades(scale, "1", every) > wanted + 1;) every++;
}

void pl_scale_tick(struct pl_scale *scale, size_t wanted) {
    if (wanted > PL_TICKS_WANTED) wanted = PL_TICKS_WANTED;
    if (wanted < 2) wanted = 2;
    if (scale->log)
        tick_log(scale, wanted);
    else
        tick_evenly(scale, wanted);
}
