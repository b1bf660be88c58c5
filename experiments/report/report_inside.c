/* The inside of one run for a terminal, 80 columns: the numbers of its last step, by the indices they
 * have.
 *
 *     layer   h_rms   v_rms      lists: a row for each layer (or source), a column a quantity
 *         1   0.727   0.257
 *
 *     mixing                     maps: a row for each layer, a column for each source or head; with many
 *     layer    0     1           a character for each:   7 |:  =@  +|
 *         2  0.25  0.75
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/vec.h"
#include "core/train/probe.h"
#include "experiments/report/report_impl.h"

enum { LINE = 80, NUMBER = 9, NUMBERS_MOST = 11, MAP_MOST = 60 };

/* One quantity: values[layer][source], with one row or column where it lacks that index; NaN: not there. */
struct quantity {
    const char *name;
    bool by_layer, by_source;
    int layers, sources; /* extent: greatest index + 1 */
    double *values;
};

struct quantities {
    struct pl_arena arena;
    struct quantity *items;
    size_t count, capacity;
};

/* ---- from a result ---- */

static int place(int index) {
    return index == PL_NO_INDEX ? 0 : index;
}

static double *value_of(const struct quantity *q, int layer, int source) {
    return &q->values[(size_t)layer * (size_t)q->sources + (size_t)source];
}

static void add_quantity(struct quantities *out, const struct pl_diagnostic *rows, size_t count) {
    struct quantity q = {.name = rows[0].name};
    for (size_t k = 0; k < count; k++) {
        q.by_layer |= rows[k].layer != PL_NO_INDEX;
        q.by_source |= rows[k].source != PL_NO_INDEX;
        if (place(rows[k].layer) >= q.layers) q.layers = place(rows[k].layer) + 1;
        if (place(rows[k].source) >= q.sources) q.sources = place(rows[k].source) + 1;
    }
    size_t size = (size_t)q.layers * (size_t)q.sources;
    q.values = PL_ARENA_ARRAY(&out->arena, double, size);
    for (size_t k = 0; k < size; k++) q.values[k] = NAN;
    for (size_t k = 0; k < count; k++)
        *value_of(&q, place(rows[k].layer), place(rows[k].source)) = rows[k].value;
    PL_VEC_PUSH(out, q);
}

/* ---- lists ---- */

static int extent(const struct quantity *q) {
    return q->by_layer ? q->layers : q->sources;
}

static int width(const struct quantity *q) {
    int length = (int)strlen(q->name);
    return 2 + (length > NUMBER ? length : NUMBER);
}

static bool any_at(const struct quantity *const *list, size_t count, int index) {
    for (size_t k = 0; k < count; k++)
        if (index < extent(list[k]) && !isnan(list[k]->values[index])) return true;
    return false;
}

static void add_list(struct pl_strbuf *out, const struct quantity *const *list, size_t count) {
    int most = 0;
    pl_strbuf_addf(out, "\n%8s", list[0]->by_layer ? "layer" : "source");
    for (size_t k = 0; k < count; k++) {
        pl_strbuf_addf(out, "%*s", width(list[k]), list[k]->name);
        if (extent(list[k]) > most) most = extent(list[k]);
    }
    pl_strbuf_add(out, "\n");
    for (int index = 0; index < most; index++) {
        if (!any_at(list, count, index)) continue;
        pl_strbuf_addf(out, "%8d", index);
        for (size_t k = 0; k < count; k++) {
            char text[32] = "-";
            if (index < extent(list[k]) && !isnan(list[k]->values[index]))
                snprintf(text, sizeof text, "%.4g", list[k]->values[index]);
            pl_strbuf_addf(out, "%*s", width(list[k]), text);
        }
        pl_strbuf_add(out, "\n");
    }
}

/* Those by layer, or those by source: as many side by side as a line holds. */
static void add_lists(struct pl_strbuf *out, const struct quantities *all, bool by_source) {
    const struct quantity *list[LINE / NUMBER];
    size_t count = 0;
    int used = 8;
    for (size_t k = 0; k < all->count; k++) {
        const struct quantity *q = &all->items[k];
        if (q->by_source != by_source || q->by_layer == by_source) continue;
        if (used + width(q) > LINE) {
            add_list(out, list, count);
            count = 0;
            used = 8;
        }
        list[count++] = q;
        used += width(q);
    }
    if (count) add_list(out, list, count);
}

/* ---- maps ---- */

/* A power of ten that brings the greatest number of a map to five characters; mostly 0. */
static int tens_of(const struct quantity *q) {
    double most = 0;
    int tens = 0;
    for (size_t k = 0; k < (size_t)q->layers * (size_t)q->sources; k++)
        if (isfinite(q->values[k]) && fabs(q->values[k]) > most) most = fabs(q->values[k]);
    for (; most > 0 && most < 0.095; most *= 10) tens--;
    for (; most >= 99.5; most /= 10) tens++;
    return tens;
}

/* The mean of the sources that share a character. */
static double mean_of(const struct quantity *q, int layer, int first, int count) {
    double total = 0;
    int known = 0;
    for (int i = first; i < first + count && i < q->sources; i++) {
        double value = *value_of(q, layer, i);
        if (isnan(value)) continue;
        total += value;
        known++;
    }
    return known ? total / known : NAN;
}

static double greatest(const struct quantity *q, int layer, int step) {
    double most = 0;
    for (int i = 0; i < q->sources; i += step) {
        double size = fabs(mean_of(q, layer, i, step));
        if (isfinite(size) && size > most) most = size;
    }
    return most;
}

static char shade(double value, double most) {
    static const char ramp[] = " .:=+*#%@";
    if (isnan(value)) return ' ';
    if (value < -most / 16) return '-';
    int level = most > 0 ? (int)(value / most * 8 + 0.5) : 0;
    return ramp[level < 0 ? 0 : level > 8 ? 8 : level];
}

static void add_map(struct pl_strbuf *out, const struct quantity *q) {
    bool numbers = q->sources <= NUMBERS_MOST;
    int tens = tens_of(q);
    int step = (q->sources + MAP_MOST - 1) / MAP_MOST;
    pl_strbuf_addf(out, "\n  %s, of %s (across) in layer (down)", q->name,
                   pl_probe_second_index(q->name));
    if (numbers && tens) pl_strbuf_addf(out, ", in units of 1e%d", tens);
    if (!numbers && step > 1) pl_strbuf_addf(out, ", %d to a column", step);
    pl_strbuf_addf(out, "\n%8s", "layer");
    if (!numbers)
        pl_strbuf_add(out, "  @ is the size of a row's largest, at its end; - is below 0");
    for (int i = 0; numbers && i < q->sources; i++) pl_strbuf_addf(out, "%6d", i);
    pl_strbuf_add(out, "\n");
    for (int l = 0; l < q->layers; l++) {
        if (isnan(mean_of(q, l, 0, q->sources))) continue;
        pl_strbuf_addf(out, "%8d", l);
        if (numbers) {
            for (int i = 0; i < q->sources; i++) {
                double value = *value_of(q, l, i);
                if (i >= l && isnan(value)) break; /* behind the layer */
                for (int k = 0; k < (tens < 0 ? -tens : tens); k++) value *= tens < 0 ? 10 : 0.1;
                if (isfinite(value))
                    pl_strbuf_addf(out, "%6.2f", value);
                else
                    pl_strbuf_addf(out, "%6s", isnan(value) ? "-" : value > 0 ? "inf" : "-inf");
            }
        } else {
            double most = greatest(q, l, step);
            pl_strbuf_add(out, "  |");
            for (int i = 0; i < q->sources; i += step) {
                char c[2] = {shade(mean_of(q, l, i, step), most), '\0'};
                pl_strbuf_add(out, c);
            }
            pl_strbuf_addf(out, "| %.3g", most);
        }
        pl_strbuf_add(out, "\n");
    }
}

/* ---- the page ---- */

void pl_report_inside(const struct pl_result *result, struct pl_strbuf *out) {
    struct quantities all = {0};
    if (result->diagnostic_count == 0) return;
    long step = result->diagnostics[0].step;
    for (size_t k = 1; k < result->diagnostic_count; k++)
        if (result->diagnostics[k].step > step) step = result->diagnostics[k].step;

    const struct pl_diagnostic *rows = result->diagnostics;
    size_t count = result->diagnostic_count;
    for (size_t first = 0, end; first < count; first = end) {
        for (end = first + 1; end < count && (rows[end].step == rows[first].step &&
                                              strcmp(rows[end].name, rows[first].name) == 0);)
            end++;
        if (rows[first].step == step) add_quantity(&all, rows + first, end - first);
    }

    pl_strbuf_addf(out, "\nDiagnostics after step %ld\n", step);
    for (size_t k = 0; k < all.count; k++)
        if (!all.items[k].by_layer && !all.items[k].by_source)
            pl_strbuf_addf(out, "  %s  %.9g\n", all.items[k].name, all.items[k].values[0]);
    add_lists(out, &all, false);
    add_lists(out, &all, true);
    for (size_t k = 0; k < all.count; k++)
        if (all.items[k].by_layer && all.items[k].by_source) add_map(out, &all.items[k]);
    PL_VEC_FINISH(&all);
    pl_arena_finish(&all.arena);
}
