#include "experiments/check/claim.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/strbuf.h"
#include "experiments/evidence/analysis.h"

#define TIME_MARGIN 1.05 /* of a ratio of step times: what another day on the same machine shows */

/* ---- reading; shape and names were checked when the study was loaded ---- */

static const char *const kinds[] = {"better", "equivalent", "order", "crossover",
                                    "bound",  "divergence", "cost"};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

const char *pl_claim_kind_name(enum pl_claim_kind kind) {
    return kinds[kind];
}

struct reader {
    const struct pl_experiment *experiment;
    struct pl_arena *arena;
    const struct pl_yaml *node;
};

static const char *text_of(const struct reader *reader, const char *key, const char *fallback) {
    const struct pl_yaml *value = pl_yaml_get(reader->node, key);
    return value ? value->text : fallback;
}

/* "1.2x" and "0.5" alike: the x ends the number. */
static double number_of(const struct reader *reader, const char *key, double fallback) {
    const char *text = text_of(reader, key, NULL);
    return text ? strtod(text, NULL) : fallback;
}

static size_t entry_of(const struct pl_experiment *experiment, const char *label) {
    for (size_t k = 0; k < experiment->entry_count; k++)
        if (strcmp(experiment->entries[k].label, label) == 0) return k;
    PL_ASSERT(!"a claim's label was checked");
    return 0;
}

static void add_entry(struct pl_claim *out, const struct reader *reader, const char *label) {
    out->entries[out->entry_count++] = entry_of(reader->experiment, label);
}

static void read_entries(struct pl_claim *out, const struct reader *reader) {
    const struct pl_yaml *first = pl_yaml_get(reader->node, kinds[out->kind]);
    out->entries = PL_ARENA_ARRAY(reader->arena, size_t, first->count + 2);
    if (first->kind == PL_YAML_SCALAR) add_entry(out, reader, first->text);
    for (size_t k = 0; first->kind == PL_YAML_LIST && k < first->count; k++)
        add_entry(out, reader, first->values[k]->text);
    if (out->kind == PL_CLAIM_BETTER) add_entry(out, reader, text_of(reader, "than", NULL));
    if (out->kind == PL_CLAIM_COST)
        add_entry(out, reader, text_of(reader, "than", reader->experiment->baseline));
}

static size_t axis_of(const struct pl_experiment *experiment, const char *key) {
    for (size_t k = 0; k < experiment->axis_count; k++)
        if (strcmp(experiment->axes[k].key, key) == 0) return k;
    PL_ASSERT(!"a claim's axis was checked");
    return 0;
}

/* The same text, or the same number in other words. */
static bool same_value(const char *a, const char *b) {
    char *end_a, *end_b;
    double x = strtod(a, &end_a), y = strtod(b, &end_b);
    if (strcmp(a, b) == 0) return true;
    return end_a != a && !*end_a && end_b != b && !*end_b && x == y;
}

static enum pl_status read_at(struct pl_claim *out, const struct reader *reader) {
    const struct pl_yaml *at = pl_yaml_get(reader->node, "at");
    const struct pl_experiment *experiment = reader->experiment;
    out->at = PL_ARENA_ARRAY(reader->arena, size_t, experiment->axis_count + 1);
    for (size_t k = 0; k < experiment->axis_count; k++) out->at[k] = PL_ANY_VALUE;
    for (size_t k = 0; at && k < at->count; k++) {
        size_t a = axis_of(experiment, at->keys[k]->text), value = 0;
        const struct pl_axis *axis = &experiment->axes[a];
        while (value < axis->count && !same_value(axis->values[value], at->values[k]->text))
            value++;
        if (value == axis->count)
            return pl_fail_at(at->values[k]->place,
                              "this claim is about %s = %s, and the command line gives that axis "
                              "other values; leave the override out, or include the value in it",
                              axis->key, at->values[k]->text);
        out->at[a] = value;
    }
    return PL_OK;
}

/* The greatest value of the axis that is not above [limit] (up: the least that is not below); the
 * axis' own end when there is none. */
static size_t nearest_value(const struct pl_axis *axis, double limit, bool up) {
    double sign = up ? -1 : 1;
    size_t best = PL_ANY_VALUE, end = 0;
    for (size_t k = 0; k < axis->count; k++) {
        double value = strtod(axis->values[k], NULL) * sign;
        double far = strtod(axis->values[end], NULL) * sign;
        if (value < far) end = k;
        if (value > limit * sign) continue;
        if (best == PL_ANY_VALUE || value > strtod(axis->values[best], NULL) * sign) best = k;
    }
    return best == PL_ANY_VALUE ? end : best;
}

static void read_crossover(struct pl_claim *out, const struct reader *reader) {
    const struct pl_yaml *in = pl_yaml_get(reader->node, "in");
    out->axis = axis_of(reader->experiment, text_of(reader, "axis", NULL));
    out->none = in && in->kind == PL_YAML_SCALAR;
    bool range = in && !out->none;
    double low = range ? strtod(in->values[0]->text, NULL) : -INFINITY;
    double high = range ? strtod(in->values[1]->text, NULL) : INFINITY;
    out->low = nearest_value(&reader->experiment->axes[out->axis], low, false);
    out->high = nearest_value(&reader->experiment->axes[out->axis], high, true);
}

static double default_margin(const struct pl_claim *claim) {
    if (claim->kind != PL_CLAIM_COST) return PL_EQUIVALENCE_RATIO;
    return claim->metric->kind == PL_METRIC_TIME ? TIME_MARGIN : 1.0;
}

/* Losses and steps are compared as logarithms. */
static enum pl_status check_limit(const struct pl_claim *claim, const struct reader *reader,
                                  const char *key, double limit) {
    if (claim->kind != PL_CLAIM_BOUND || !claim->metric->ratio) return PL_OK;
    if (isnan(limit) || limit > 0.0) return PL_OK;
    return pl_fail_at(pl_yaml_get(reader->node, key)->place,
                      "%s is %g, and %s is compared as a ratio; it takes a number above 0", key,
                      limit, claim->metric->name);
}

static enum pl_status read_numbers(struct pl_claim *out, const struct reader *reader) {
    const char *metric =
        reader->experiment->metric ? reader->experiment->metric : PL_METRIC_DEFAULT;
    if (out->kind == PL_CLAIM_COST) metric = "step_ms";
    if (out->kind != PL_CLAIM_DIVERGENCE)
        out->metric = pl_metric_find(text_of(reader, "metric", metric));
    out->by = number_of(reader, "by", 1.0);
    out->margin = number_of(reader, "margin", number_of(reader, "within", default_margin(out)));
    out->below = number_of(reader, "below", NAN);
    out->above = number_of(reader, "above", NAN);
    if (out->kind == PL_CLAIM_CROSSOVER) read_crossover(out, reader);
    PL_TRY(check_limit(out, reader, "below", out->below));
    return check_limit(out, reader, "above", out->above);
}

/* ---- saying it again ---- */

static void say_labels(struct pl_strbuf *out, const struct pl_claim *claim,
                       const struct pl_experiment *experiment, const char *between) {
    for (size_t k = 0; k < claim->entry_count; k++)
        pl_strbuf_addf(out, "%s%s", k ? between : "", experiment->entries[claim->entries[k]].label);
}

static void say_factor(struct pl_strbuf *out, const char *before, double factor) {
    pl_strbuf_add(out, before);
    pl_strbuf_add_real(out, factor);
    pl_strbuf_add(out, "x");
}

static void say_limit(struct pl_strbuf *out, const char *word, double limit) {
    if (isnan(limit)) return;
    pl_strbuf_addf(out, " %s ", word);
    pl_strbuf_add_real(out, limit);
}

static void say_crossover(struct pl_strbuf *out, const struct pl_claim *claim,
                          const struct pl_experiment *experiment) {
    const struct pl_axis *axis = &experiment->axes[claim->axis];
    say_labels(out, claim, experiment, claim->none ? " never crosses " : " crosses ");
    pl_strbuf_addf(out, " along %s", axis->key);
    if (!claim->none)
        pl_strbuf_addf(out, " from %s to %s", axis->values[claim->low], axis->values[claim->high]);
}

static void say_kind(struct pl_strbuf *out, const struct pl_claim *claim,
                     const struct pl_experiment *experiment) {
    static const char *const between[KINDS] = {
        " better than ", " equivalent to ", " ahead of ", NULL, "", "", " / "};
    if (claim->kind == PL_CLAIM_CROSSOVER) {
        say_crossover(out, claim, experiment);
        return;
    }
    say_labels(out, claim, experiment, between[claim->kind]);
    if (claim->kind == PL_CLAIM_BETTER && claim->by > 1.0) say_factor(out, " by ", claim->by);
    if (claim->kind == PL_CLAIM_EQUIVALENT) say_factor(out, " within ", claim->margin);
    if (claim->kind == PL_CLAIM_DIVERGENCE) pl_strbuf_add(out, ": share of diverged runs");
    if (claim->kind == PL_CLAIM_BOUND) pl_strbuf_addf(out, ": %s", claim->metric->name);
    if (claim->kind == PL_CLAIM_COST) pl_strbuf_addf(out, ": %s", claim->metric->name);
    say_limit(out, "above", claim->above);
    say_limit(out, "below", claim->below);
    if (claim->kind == PL_CLAIM_COST) pl_strbuf_add(out, "x");
}

static const char *say(const struct pl_claim *claim, const struct reader *reader) {
    const struct pl_experiment *experiment = reader->experiment;
    const char *word = ", at ";
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    say_kind(&text, claim, experiment);
    for (size_t k = 0; k < experiment->axis_count; k++) {
        const struct pl_axis *axis = &experiment->axes[k];
        if (claim->at[k] == PL_ANY_VALUE) continue;
        pl_strbuf_addf(&text, "%s%s = %s", word, axis->key, axis->values[claim->at[k]]);
        word = ", ";
    }
    bool said = claim->kind == PL_CLAIM_BOUND || claim->kind == PL_CLAIM_COST;
    if (claim->metric && !said) pl_strbuf_addf(&text, " (%s)", claim->metric->name);
    const char *out = pl_arena_strdup(reader->arena, text.text);
    pl_strbuf_finish(&text);
    return out;
}

/* ---- all of them ---- */

static enum pl_status read_claim(struct pl_claim *out, const struct reader *reader) {
    int kind = 0;
    while (kind < KINDS && !pl_yaml_get(reader->node, kinds[kind])) kind++;
    PL_ASSERT(kind < KINDS);
    *out = (struct pl_claim){.kind = (enum pl_claim_kind)kind, .place = reader->node->place};
    read_entries(out, reader);
    PL_TRY(read_at(out, reader));
    PL_TRY(read_numbers(out, reader));
    out->text = say(out, reader);
    return PL_OK;
}

enum pl_status pl_claims_read(struct pl_claims *out, const struct pl_experiment *experiment) {
    const struct pl_yaml *claims = experiment->claims;
    enum pl_status status = PL_OK;
    *out = (struct pl_claims){0};
    out->items = PL_ARENA_ARRAY(&out->arena, struct pl_claim, (claims ? claims->count : 0) + 1);
    for (size_t k = 0; claims && k < claims->count && status == PL_OK; k++) {
        const struct reader reader = {experiment, &out->arena, claims->values[k]};
        status = read_claim(&out->items[out->count++], &reader);
    }
    if (status != PL_OK) pl_claims_finish(out);
    return status;
}

void pl_claims_finish(struct pl_claims *claims) {
    pl_arena_finish(&claims->arena);
    *claims = (struct pl_claims){0};
}
