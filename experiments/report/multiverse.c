/* Three parts: rows (names and units of numbers), JSON, sentences. The axis of readings is the first, so
 * the setting of a point is the point without axis 0.
 */
#include "experiments/report/multiverse.h"

#include <math.h>
#include <string.h>

#include "core/base/math.h"
#include "experiments/report/report_impl.h"

#define NO_AXIS   ((size_t)-1)
#define TOLD_MOST 4 /* settings in the first sentence */

/* ---- rows ---- */

static struct pl_json *make_setting(const void *analysis, const void *item, const void *point) {
    (void)item;
    return pl_axes_json(analysis, *(const size_t *)point, 0); /* without the reading */
}

#define ROW(member, kind, unit, help) PL_ROW(struct pl_specification, member, kind, unit, help)
const struct pl_row pl_specification_rows[] = {
    PL_ROW_MADE_BY(struct pl_specification, entry, "variant", pl_make_variant,
                   "name in the catalogue"),
    PL_ROW_MADE_BY(struct pl_specification, entry, "label", pl_make_label, "of the entry, unique"),
    PL_ROW_MADE_BY(struct pl_specification, point, "axes", make_setting, "without the reading"),
    ROW(readings, PL_ROW_SIZE, PL_UNIT_NONE, "with a verdict"),
    ROW(missing, PL_ROW_SIZE, PL_UNIT_NONE, "readings without two pairs"),
    ROW(diverged, PL_ROW_SIZE, PL_UNIT_NONE, "readings with a diverged run"),
    ROW(better, PL_ROW_SIZE, PL_UNIT_NONE, "readings with that verdict"),
    ROW(better_share, PL_ROW_INTERVAL, PL_UNIT_SHARE, "Wilson's interval of its share"),
    ROW(worse, PL_ROW_SIZE, PL_UNIT_NONE, "readings with that verdict"),
    ROW(worse_share, PL_ROW_INTERVAL, PL_UNIT_SHARE, "Wilson's interval of its share"),
    ROW(equivalent, PL_ROW_SIZE, PL_UNIT_NONE, "readings with that verdict"),
    ROW(equivalent_share, PL_ROW_INTERVAL, PL_UNIT_SHARE, "Wilson's interval of its share"),
    ROW(open, PL_ROW_SIZE, PL_UNIT_NONE, "readings that are inconclusive"),
    ROW(open_share, PL_ROW_INTERVAL, PL_UNIT_SHARE, "Wilson's interval of its share"),
    ROW(count, PL_ROW_SIZE, PL_UNIT_NONE, "readings with an effect"),
    ROW(ratio, PL_ROW_REAL, PL_UNIT_RATIO, "geometric mean over readings"),
    ROW(interval, PL_ROW_INTERVAL, PL_UNIT_RATIO, "t, over readings"),
    PL_ROW_AS("variance", struct pl_specification, shares.variance, PL_ROW_REAL, PL_UNIT_NONE,
              "of log ratios over readings, less that of seeds"),
    PL_ROW_AS("noise", struct pl_specification, shares.noise, PL_ROW_REAL, PL_UNIT_PERCENT,
              "share of seeds in what is seen"),
    {0},
};
#undef ROW

#define ROW(member, kind, unit, help) PL_ROW(struct pl_factor_share, member, kind, unit, help)
const struct pl_row pl_factor_share_rows[] = {
    ROW(factor, PL_ROW_TEXT, PL_UNIT_NONE, "an axis that was sampled"),
    ROW(alone, PL_ROW_REAL, PL_UNIT_PERCENT, "share of the variance that its values explain"),
    ROW(alone_interval, PL_ROW_INTERVAL, PL_UNIT_PERCENT, "jackknife t, over readings"),
    ROW(partner, PL_ROW_TEXT, PL_UNIT_NONE, "factor with which it explains most beyond each alone"),
    ROW(pair, PL_ROW_REAL, PL_UNIT_PERCENT, "that share"),
    ROW(pair_interval, PL_ROW_INTERVAL, PL_UNIT_PERCENT, "jackknife t, over readings"),
    {0},
};
#undef ROW

static const struct pl_share *pair_of(const struct pl_multiverse *multiverse,
                                      const struct pl_specification *item, size_t a, size_t b) {
    size_t factors = multiverse->design->factor_count;
    return &item->shares.pairs[a < b ? a * factors + b : b * factors + a];
}

void pl_multiverse_factor(const struct pl_multiverse *multiverse,
                          const struct pl_specification *specification, size_t factor,
                          struct pl_factor_share *out) {
    const struct pl_design *design = multiverse->design;
    const struct pl_share *alone = &specification->shares.alone[factor];
    *out = (struct pl_factor_share){
        design->factors[factor].key, alone->value, alone->interval, NULL, NAN, pl_interval_none()};
    for (size_t other = 0; other < design->factor_count; other++) {
        if (other == factor) continue;
        const struct pl_share *pair = pair_of(multiverse, specification, factor, other);
        if (isnan(pair->value) || (out->partner && !(pair->value > out->pair))) continue;
        out->partner = design->factors[other].key;
        out->pair = pair->value;
        out->pair_interval = pair->interval;
    }
}

/* ---- json ---- */

static struct pl_json *share_json(const struct pl_share *share) {
    struct pl_json *object = pl_json_object();
    pl_json_set(object, "value", pl_json_real(share->value));
    pl_json_set(object, "interval", pl_interval_json(share->interval));
    return object;
}

static struct pl_json *curve_json(const struct pl_multiverse *multiverse,
                                  const struct pl_specification *item) {
    const struct pl_design *design = multiverse->design;
    const struct pl_axis *readings = &multiverse->told->experiment->axes[0];
    struct pl_json *curve = pl_json_array();
    for (size_t k = 0; k < item->count; k++) {
        size_t r = item->order[k];
        const struct pl_comparison *c = pl_multiverse_comparison(multiverse, item, r);
        struct pl_json *point = pl_json_object(), *choices = pl_json_object();
        for (size_t f = 0; f < design->factor_count; f++) {
            size_t level = design->levels[r * design->factor_count + f];
            pl_json_set(choices, design->factors[f].key,
                        pl_json_text(design->factors[f].values[level]));
        }
        pl_json_set(point, "reading", pl_json_text(readings->values[r]));
        pl_json_set(point, "ratio", pl_json_real(c->ratio));
        pl_json_set(point, "interval", pl_interval_json(c->interval));
        pl_json_set(point, "verdict", pl_json_text(pl_verdict_name(c->verdict)));
        pl_json_set(point, "choices", choices);
        pl_json_append(curve, point);
    }
    return curve;
}

static struct pl_json *item_json(const struct pl_multiverse *multiverse,
                                 const struct pl_specification *item) {
    const struct pl_design *design = multiverse->design;
    struct pl_json *object = pl_rows_json(pl_specification_rows, multiverse->told, item);
    struct pl_json *alone = pl_json_object(), *pairs = pl_json_array();
    for (size_t a = 0; a < design->factor_count; a++) {
        pl_json_set(alone, design->factors[a].key, share_json(&item->shares.alone[a]));
        for (size_t b = a + 1; b < design->factor_count; b++) {
            struct pl_json *pair = share_json(pair_of(multiverse, item, a, b));
            pl_json_set(pair, "first", pl_json_text(design->factors[a].key));
            pl_json_set(pair, "second", pl_json_text(design->factors[b].key));
            pl_json_append(pairs, pair);
        }
    }
    pl_json_set(object, "alone", alone);
    pl_json_set(object, "pairs", pairs);
    pl_json_set(object, "curve", curve_json(multiverse, item));
    return object;
}

struct pl_json *pl_report_multiverse_json(const struct pl_analysis *analysis) {
    struct pl_arena arena = {0};
    struct pl_multiverse multiverse;
    if (!pl_multiverse_make(&multiverse, analysis, &arena)) return pl_json_text(NULL);
    struct pl_json *object = pl_json_object(), *items = pl_json_array();
    for (size_t k = 0; k < multiverse.count; k++)
        pl_json_append(items, item_json(&multiverse, &multiverse.items[k]));
    pl_json_set(object, "count", pl_json_int((int64_t)multiverse.reading_count));
    pl_json_set(object, "specifications", items);
    pl_arena_finish(&arena);
    return object;
}

/* ---- sentences ---- */

void pl_say_multiverse_verdict(struct pl_strbuf *out, const struct pl_analysis *analysis) {
    struct pl_arena arena = {0};
    struct pl_multiverse multiverse;
    size_t told = 0;
    if (!pl_multiverse_make(&multiverse, analysis, &arena)) return;
    const struct pl_experiment *experiment = multiverse.told->experiment;
    for (size_t k = 0; k < multiverse.count; k++) {
        const struct pl_specification *item = &multiverse.items[k];
        const char *at = pl_report_point(multiverse.told, &arena, item->point, 0);
        if (item->readings == 0 || told == TOLD_MOST) continue;
        if (told++ == 0) pl_strbuf_addf(out, "Against %s, over readings", experiment->baseline);
        pl_strbuf_addf(out, "%s%s%s%s%s is better in %zu of %zu (%.0f %%) and worse in %zu",
                       told > 1 ? "; " : ": ", *at ? "at " : "", at, *at ? " " : "",
                       experiment->entries[item->entry].label, item->better, item->readings,
                       100.0 * (double)item->better / (double)item->readings, item->worse);
    }
    pl_strbuf_add(out, told ? (multiverse.count > told ? "; the rest stands below." : ".")
                            : "No reading has enough finished runs for a verdict.");
    pl_arena_finish(&arena);
}

void pl_say_multiverse(struct pl_strbuf *out, const struct pl_multiverse *multiverse) {
    size_t factors = multiverse->design->factor_count;
    pl_strbuf_addf(
        out,
        "%zu readings were drawn from the product of %zu axes; each ran every variant with "
        "the same seeds. A share is one of readings, with Wilson's 95 %% interval, since "
        "the readings are a sample; the mean ratio is the geometric mean over readings, "
        "with a t interval. The axes: ",
        multiverse->reading_count, factors);
    for (size_t f = 0; f < factors; f++) {
        const struct pl_axis *axis = &multiverse->design->factors[f];
        pl_strbuf_addf(out, "%s%s (", f ? ", " : "", axis->key);
        for (size_t v = 0; v < axis->count; v++)
            pl_strbuf_addf(out, "%s%s", v ? ", " : "", axis->values[v]);
        pl_strbuf_add(out, ")");
    }
    pl_strbuf_add(out, ".");
}

void pl_say_shares(struct pl_strbuf *out) {
    pl_strbuf_add(out,
                  "The variance of the log ratio over readings, less what seeds alone explain, and "
                  "the share of it that the values of one choice explain alone, and two choices "
                  "together beyond each alone; with jackknife t intervals over readings. A share "
                  "estimated near 0 may come out below it. Below: mean ratios of the strongest "
                  "choices two by two, with the number of readings.");
}

void pl_say_choices(struct pl_strbuf *out, const struct pl_specification *specification) {
    if (specification->count < PL_SHARES_LEAST) {
        pl_strbuf_addf(out, "%zu readings have an effect; shares need at least %d.",
                       specification->count, PL_SHARES_LEAST);
        return;
    }
    if (!(specification->shares.variance > 0)) {
        pl_strbuf_add(out,
                      "The readings differ no more than seeds alone make them differ, so there "
                      "is nothing that a choice could explain.");
        return;
    }
    pl_strbuf_addf(out,
                   "From reading to reading the ratio varies by a factor of %.3g (one standard "
                   "deviation); seeds are %.0f %% of the variance that is seen.",
                   pl_exp(sqrt(specification->shares.variance)),
                   100.0 * specification->shares.noise);
}

#define STRIP 50 /* columns at most */

/* The readings of column [c] of [columns] in the order of their ratio. */
static void column_of(const struct pl_specification *item, size_t c, size_t columns, size_t *begin,
                      size_t *end) {
    *begin = c * item->count / columns;
    *end = (c + 1) * item->count / columns;
}

void pl_say_strips(struct pl_strbuf *out, const struct pl_multiverse *multiverse,
                   const struct pl_specification *item, size_t most) {
    const struct pl_design *design = multiverse->design;
    size_t columns = item->count < STRIP ? item->count : STRIP, factors = design->factor_count;
    size_t *order, begin, end;
    struct pl_arena arena = {0};
    if (columns < 2) return;
    order = PL_ARENA_ARRAY(&arena, size_t, factors);
    pl_multiverse_rank_factors(multiverse, item, order);
    pl_strbuf_addf(out, "%24s ", "ratio");
    for (size_t c = 0; c < columns; c++) {
        double sum = 0;
        column_of(item, c, columns, &begin, &end);
        for (size_t i = begin; i < end; i++)
            sum += pl_multiverse_comparison(multiverse, item, item->order[i])->mean_difference;
        double ratio = pl_exp(sum / (double)(end - begin));
        pl_strbuf_add(out, ratio * PL_EQUIVALENCE_RATIO < 1 ? "<"
                           : ratio > PL_EQUIVALENCE_RATIO   ? ">"
                                                            : "=");
    }
    pl_strbuf_add(out, "\n");
    for (size_t k = 0; k < factors && k < most; k++) {
        const struct pl_axis *axis = &design->factors[order[k]];
        const char *dot = strrchr(axis->key, '.');
        for (size_t v = 0; v < axis->count; v++) {
            pl_strbuf_addf(out, "%12.12s %11.11s ",
                           v     ? ""
                           : dot ? dot + 1
                                 : axis->key,
                           axis->values[v]);
            for (size_t c = 0; c < columns; c++) {
                size_t have = 0;
                column_of(item, c, columns, &begin, &end);
                for (size_t i = begin; i < end; i++)
                    have += design->levels[item->order[i] * factors + order[k]] == v;
                pl_strbuf_addf(out, "%c", " .:+#"[(4 * have + (end - begin) - 1) / (end - begin)]);
            }
            pl_strbuf_add(out, "\n");
        }
    }
    pl_arena_finish(&arena);
}
