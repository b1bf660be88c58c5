/* A claim is read by the rows of its kind, in two steps. First each key of the mapping is read in the
 * order in which it stands, so that the first mistake of the file is the one that is told; a row says
 * which function of claims_keys.c reads the value, and into which member of struct pl_claim. Then the kind's own function
 * settles what no single key knows: defaults, the ends of a crossover, what two keys must not say
 * together. Last, the text is made of the struct, so it is the same however the claim was written.
 */
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "core/config/names.h"
#include "core/config/quote.h"
#include "experiments/study/claims_impl.h"
#include "experiments/study/design.h"

#define TIME_MARGIN 1.05 /* of a ratio of step times: what another day on the same machine shows */
#define KEYS_MOST   8    /* of a kind, with the end */

/* ---- what no single key knows ------------------------------------------------------------- */

static enum pl_status settle_against(struct pl_claim_reader *reader) {
    const struct pl_yaml *than = pl_yaml_get(reader->node, "than");
    const size_t *entries = reader->claim->entries;
    if (!than || entries[0] != entries[1]) return PL_OK;
    return pl_fail_at(than->place, "the claim holds \"%s\" against itself", than->text);
}

/* Unless it says, a cost is held to the baseline's. */
static enum pl_status settle_cost(struct pl_claim_reader *reader) {
    const struct pl_experiment *experiment = reader->experiment;
    struct pl_claim *claim = reader->claim;
    PL_TRY(settle_against(reader));
    claim->selected = false; /* a cost is of the network, not of a run */
    if (claim->entry_count == 1)
        claim->entries[claim->entry_count++] = pl_names_find(
            PL_NAMES(struct pl_entry, label, experiment->entries, experiment->entry_count),
            experiment->baseline);
    if (isnan(claim->margin))
        claim->margin = claim->metric->kind == PL_METRIC_TIME ? TIME_MARGIN : 1.0;
    return PL_OK;
}

/* The greatest value of the axis that is not above [limit] (up: the least that is not below); the
 * axis' own end when there is none. */
static size_t end_value(const struct pl_axis *axis, double limit, bool up) {
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

static enum pl_status settle_crossover(struct pl_claim_reader *reader) {
    struct pl_claim *claim = reader->claim;
    const struct pl_yaml *key = pl_yaml_get(reader->node, "axis");
    const struct pl_axis *axis = &reader->experiment->axes[claim->axis];
    const struct pl_yaml *at = reader->at ? reader->at : pl_yaml_get(reader->node, "at");
    if (pl_yaml_get(at, axis->key))
        return pl_fail_at(key->place,
                          "the claim is about the whole axis %s, and \"at\" names one "
                          "value of it; leave it out there",
                          key->text);
    if (axis->key == reader->experiment->select.over) claim->selected = false;
    claim->low = end_value(axis, reader->low, false);
    claim->high = end_value(axis, reader->high, true);
    return PL_OK;
}

/* Losses and steps are compared as logarithms. */
static void check_limit(struct pl_claim_reader *reader, const char *key, double limit) {
    const struct pl_metric_row *metric = reader->claim->metric;
    if (!metric->ratio || isnan(limit) || limit > 0.0) return;
    pl_claim_set_fault(
        reader, pl_yaml_get(reader->node, key)->place,
        pl_arena_printf(&reader->experiment->arena,
                        "%s is %g, and %s is compared as a ratio; it takes a number above 0", key,
                        limit, metric->name));
}

static enum pl_status settle_bound(struct pl_claim_reader *reader) {
    const struct pl_claim *claim = reader->claim;
    if (isnan(claim->below) && isnan(claim->above))
        return pl_fail_at(claim->place, "a bound takes below, above or both");
    check_limit(reader, "below", claim->below);
    check_limit(reader, "above", claim->above);
    return PL_OK;
}

static enum pl_status read_claim(struct pl_claim_reader *reader);

/* The claim that is held against each reading. What it says of entries, axes and metric is what the claim
 * about the share says. */
static enum pl_status read_each(struct pl_claim_reader *reader, const struct pl_yaml *node,
                                const struct pl_claim_key *key) {
    struct pl_experiment *experiment = reader->experiment;
    const struct pl_yaml *at = pl_yaml_get(reader->node, "at");
    struct pl_claim *each = PL_ARENA_ARRAY(&experiment->arena, struct pl_claim, 1);
    struct pl_claim_reader within = {.experiment = experiment,
                                     .scope = reader->scope,
                                     .node = node,
                                     .at = at,
                                     .claim = each,
                                     .low = -INFINITY,
                                     .high = INFINITY};
    if (!experiment->design)
        return pl_fail_at(node->place,
                          "the claim is about a share of readings, and the study draws none; add "
                          "design: {sample: N}, or let what %s says be a claim of its own",
                          key->name);
    if (at && pl_yaml_get(node, "at"))
        return pl_fail_at(at->place, "at stands in what %s says as well; say it once", key->name);
    PL_TRY(read_claim(&within));
    if (each->kind == PL_CLAIM_SHARE || each->kind == PL_CLAIM_COST)
        return pl_fail_at(node->place, "a claim of the kind %s is about no single reading; %s",
                          pl_claim_kind_name(each->kind),
                          each->kind == PL_CLAIM_COST ? "let it be a claim of its own"
                                                      : "say what holds in each");
    if (each->at[experiment->design->axis] != PL_ANY_VALUE)
        return pl_fail_at(at ? at->place : node->place,
                          "at names one reading, and the claim is about a share of them; choose "
                          "readings by their values, where: {%s: ...}",
                          experiment->design->factors[0].key);
    reader->claim->each = each;
    return PL_OK;
}

static enum pl_status settle_share(struct pl_claim_reader *reader) {
    const struct pl_experiment *experiment = reader->experiment;
    const struct pl_claim own = *reader->claim;
    *reader->claim = *own.each;
    reader->claim->kind = own.kind;
    reader->claim->place = own.place;
    reader->claim->source = own.source;
    reader->claim->each = own.each;
    reader->claim->where = own.where;
    reader->claim->share = own.share;
    reader->claim->at_most = own.at_most;
    for (size_t r = 0; r < experiment->axes[experiment->design->axis].count; r++)
        reader->claim->readings += pl_claim_has_reading(reader->claim, experiment, r);
    if (own.fault) pl_claim_set_fault(reader, own.fault_place, own.fault);
    return PL_OK;
}

/* ---- saying it again ---------------------------------------------------------------------- */

static void say_factor(struct pl_strbuf *out, const char *before, double factor) {
    pl_strbuf_add(out, before);
    pl_strbuf_add_real(out, factor);
    pl_strbuf_add(out, "x");
}

static void say_limits(struct pl_strbuf *out, const char *what, const struct pl_claim *claim) {
    pl_strbuf_addf(out, ": %s", what);
    if (!isnan(claim->above)) pl_strbuf_add(out, " above ");
    if (!isnan(claim->above)) pl_strbuf_add_real(out, claim->above);
    if (!isnan(claim->below)) pl_strbuf_add(out, " below ");
    if (!isnan(claim->below)) pl_strbuf_add_real(out, claim->below);
}

static void say_better(struct pl_strbuf *out, const struct pl_claim *claim,
                       const struct pl_experiment *experiment) {
    (void)experiment;
    if (claim->by > 1.0) say_factor(out, " by ", claim->by);
}

static void say_equivalent(struct pl_strbuf *out, const struct pl_claim *claim,
                           const struct pl_experiment *experiment) {
    (void)experiment;
    say_factor(out, " within ", claim->margin);
}

static void say_crossover(struct pl_strbuf *out, const struct pl_claim *claim,
                          const struct pl_experiment *experiment) {
    const struct pl_axis *axis = &experiment->axes[claim->axis];
    pl_strbuf_addf(out, " along %s", axis->key);
    if (!claim->none)
        pl_strbuf_addf(out, " from %s to %s", axis->values[claim->low], axis->values[claim->high]);
}

static void say_bound(struct pl_strbuf *out, const struct pl_claim *claim,
                      const struct pl_experiment *experiment) {
    (void)experiment;
    say_limits(out, claim->metric->name, claim);
}

static void say_divergence(struct pl_strbuf *out, const struct pl_claim *claim,
                           const struct pl_experiment *experiment) {
    (void)experiment;
    say_limits(out, "share of diverged runs", claim);
}

static void say_cost(struct pl_strbuf *out, const struct pl_claim *claim,
                     const struct pl_experiment *experiment) {
    say_bound(out, claim, experiment);
    pl_strbuf_add(out, "x");
}

/* ---- the kinds of claims ------------------------------------------------------------------ */

static const char pair_only[] = "two", of_readings[] = "readings";
static const enum pl_metric_use results = PL_METRIC_CLAIM, costs = PL_METRIC_COST;

#define MEMBER(name) offsetof(struct pl_claim, name)
#define AT                                                                                         \
    { "at", pl_claim_read_at, false, 0, NULL }
static const struct pl_claim_key at_within = AT;
#define METRIC                                                                                     \
    { "metric", pl_claim_read_metric, false, 0, &results }
#define MARGIN                                                                                     \
    { "margin", pl_claim_read_factor, false, MEMBER(margin), NULL }

/* Each kind bears the name of its first key. */
static const struct kind {
    struct pl_claim_key keys[KEYS_MOST];
    const char *metric; /* unless it says: NULL: none, "": what the study compares */
    enum pl_status (*settle)(struct pl_claim_reader *reader);
    const char *between; /* its labels, in the text */
    const char *never;   /* in place of between for claim->none */
    void (*say)(struct pl_strbuf *out, const struct pl_claim *claim,
                const struct pl_experiment *experiment); /* what follows its labels */
    bool says_metric;                                    /* ... and it is told there */
} kinds[] = {
    [PL_CLAIM_BETTER] = {{{"better", pl_claim_read_label, true, 0, NULL},
                          {"than", pl_claim_read_label, true, 1, NULL},
                          METRIC,
                          {"by", pl_claim_read_factor, false, MEMBER(by), NULL},
                          MARGIN,
                          AT},
                         .metric = "",
                         .settle = settle_against,
                         .between = " better than ",
                         .say = say_better},
    [PL_CLAIM_EQUIVALENT] = {{{"equivalent", pl_claim_read_labels, true, 0, pair_only},
                              METRIC,
                              {"within", pl_claim_read_factor, false, MEMBER(margin), NULL},
                              AT},
                             .metric = "",
                             .between = " equivalent to ",
                             .say = say_equivalent},
    [PL_CLAIM_ORDER] = {{{"order", pl_claim_read_labels, true, 0, NULL}, METRIC, MARGIN, AT},
                        .metric = "",
                        .between = " ahead of "},
    [PL_CLAIM_CROSSOVER] = {{{"crossover", pl_claim_read_labels, true, 0, pair_only},
                             {"axis", pl_claim_read_axis, true, 0, NULL},
                             METRIC,
                             {"in", pl_claim_read_range, false, 0, NULL},
                             MARGIN,
                             AT},
                            .metric = "",
                            .settle = settle_crossover,
                            .between = " crosses ",
                            .never = " never crosses ",
                            .say = say_crossover},
    [PL_CLAIM_BOUND] = {{{"bound", pl_claim_read_label, true, 0, NULL},
                         METRIC,
                         {"below", pl_claim_read_limit, false, MEMBER(below), NULL},
                         {"above", pl_claim_read_limit, false, MEMBER(above), NULL},
                         MARGIN,
                         AT},
                        .metric = "",
                        .settle = settle_bound,
                        .say = say_bound,
                        .says_metric = true},
    [PL_CLAIM_DIVERGENCE] = {{{"divergence", pl_claim_read_label, true, 0, NULL},
                              {"below", pl_claim_read_rate, true, MEMBER(below), NULL},
                              AT},
                             .say = say_divergence},
    [PL_CLAIM_COST] = {{{"cost", pl_claim_read_label, true, 0, NULL},
                        {"below", pl_claim_read_factor, true, MEMBER(below), NULL},
                        {"than", pl_claim_read_label, false, 1, NULL},
                        {"metric", pl_claim_read_metric, false, 0, &costs},
                        MARGIN,
                        AT},
                       .metric = "step_ms",
                       .settle = settle_cost,
                       .between = " / ",
                       .say = say_cost,
                       .says_metric = true},
    [PL_CLAIM_SHARE] = {{{"holds", read_each, true, 0, NULL},
                         {"in", pl_claim_read_share, true, 0, NULL},
                         {"of", pl_claim_read_word, true, 0, of_readings},
                         {"where", pl_claim_read_where, false, 0, NULL},
                         AT},
                        .settle = settle_share},
};

#define KINDS (sizeof kinds / sizeof kinds[0])

bool pl_claim_has_reading(const struct pl_claim *claim, const struct pl_experiment *experiment,
                          size_t reading) {
    const struct pl_design *design = experiment->design;
    for (size_t f = 0; f < design->factor_count; f++)
        if (claim->where[f] != PL_ANY_VALUE &&
            claim->where[f] != design->levels[reading * design->factor_count + f])
            return false;
    return true;
}

const char *pl_claim_kind_name(enum pl_claim_kind kind) {
    return kinds[kind].keys[0].name;
}

static void say_share(struct pl_strbuf *out, const struct pl_claim *claim,
                      const struct pl_design *design) {
    const char *word = " where ";
    pl_strbuf_addf(out, " in %s ", claim->at_most ? "at most" : "at least");
    pl_strbuf_add_real(out, claim->share);
    pl_strbuf_add(out, " of readings");
    for (size_t f = 0; f < design->factor_count; f++) {
        const struct pl_axis *axis = &design->factors[f];
        if (claim->where[f] == PL_ANY_VALUE) continue;
        pl_strbuf_addf(out, "%s%s = %s", word, axis->key, axis->values[claim->where[f]]);
        word = ", ";
    }
}

static const char *text_of(const struct pl_claim_reader *reader) {
    const struct pl_experiment *experiment = reader->experiment;
    const struct pl_claim *claim = reader->claim;
    const struct kind *kind = &kinds[claim->each ? claim->each->kind : claim->kind];
    const char *word = ", at ";
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    for (size_t k = 0; k < claim->entry_count; k++)
        pl_strbuf_addf(&text, "%s%s",
                       k == 0        ? ""
                       : claim->none ? kind->never
                                     : kind->between,
                       experiment->entries[claim->entries[k]].label);
    if (kind->say) kind->say(&text, claim, experiment);
    if (claim->each) say_share(&text, claim, experiment->design);
    for (size_t k = 0; k < experiment->axis_count; k++) {
        const struct pl_axis *axis = &experiment->axes[k];
        if (claim->at[k] == PL_ANY_VALUE) continue;
        pl_strbuf_addf(&text, "%s%s = %s", word, axis->key, axis->values[claim->at[k]]);
        word = ", ";
    }
    if (claim->selected) pl_strbuf_addf(&text, "%sthe chosen %s", word, experiment->select.over);
    if (claim->metric && !kind->says_metric) pl_strbuf_addf(&text, " (%s)", claim->metric->name);
    const char *out = pl_arena_strdup(&reader->experiment->arena, text.text);
    pl_strbuf_finish(&text);
    return out;
}

/* ---- one claim ---------------------------------------------------------------------------- */

/* The kind is the key that names one, wherever in the mapping it stands. */
static enum pl_status find_kind(const struct kind **out, const struct pl_yaml *node) {
    struct pl_names names = PL_NAMES(struct kind, keys[0].name, kinds, KINDS);
    const char *near = NULL;
    struct pl_strbuf text;
    for (size_t k = 0; k < KINDS; k++) {
        *out = &kinds[k];
        if (pl_yaml_get(node, kinds[k].keys[0].name)) return PL_OK;
    }
    for (size_t i = 0; i < node->count && !near; i++)
        near = pl_names_nearest(names, node->keys[i]->text);
    pl_strbuf_init(&text);
    pl_strbuf_add(&text, "the claim has no kind");
    pl_names_hint(names, near, "it takes one of {or}", &text);
    enum pl_status status = pl_fail_at(node->place, "%s", text.text);
    pl_strbuf_finish(&text);
    return status;
}

static enum pl_status read_keys(struct pl_claim_reader *reader, const struct kind *kind) {
    const struct pl_yaml *node = reader->node;
    size_t count = 0;
    while (kind->keys[count].name) count++;
    struct pl_names names = PL_NAMES(struct pl_claim_key, name, kind->keys, count);
    for (size_t i = 0; i < node->count; i++) {
        size_t row = pl_names_find(names, node->keys[i]->text);
        char shown[PL_QUOTED];
        if (row == count)
            return pl_names_fail(names, node->keys[i]->place, node->keys[i]->text, "it has {and}",
                                 "a claim of the kind %s has no key %s", kind->keys[0].name,
                                 pl_quoted(shown, node->keys[i]->text));
        PL_TRY(kind->keys[row].read(reader, node->values[i], &kind->keys[row]));
    }
    for (const struct pl_claim_key *key = kind->keys; key->name; key++) {
        if (key->required && !pl_yaml_get(node, key->name))
            return pl_fail_at(node->place, "a claim of the kind %s needs \"%s\"",
                              kind->keys[0].name, key->name);
    }
    return PL_OK;
}

static enum pl_status read_claim(struct pl_claim_reader *reader) {
    struct pl_experiment *experiment = reader->experiment;
    const struct pl_yaml *node = reader->node;
    const struct kind *kind;
    struct pl_claim *claim = reader->claim;
    if (node->kind != PL_YAML_MAP)
        return pl_fail_at(node->place,
                          "a claim is %s; it takes a mapping, such as {better: A, "
                          "than: B}",
                          pl_yaml_kind_name(node->kind));
    PL_TRY(find_kind(&kind, node));
    const struct pl_yaml *first = pl_yaml_get(node, kind->keys[0].name);
    *claim = (struct pl_claim){.kind = (enum pl_claim_kind)(kind - kinds),
                               .place = node->place,
                               .source = node,
                               .selected = experiment->select.over != NULL,
                               .by = 1.0,
                               .margin = NAN,
                               .below = NAN,
                               .above = NAN};
    claim->entries = PL_ARENA_ARRAY(&experiment->arena, size_t, first->count + 2);
    claim->at = PL_ARENA_ARRAY(&experiment->arena, size_t, experiment->axis_count + 1);
    for (size_t k = 0; k < experiment->axis_count; k++) claim->at[k] = PL_ANY_VALUE;
    size_t factors = experiment->design ? experiment->design->factor_count : 0;
    claim->where = PL_ARENA_ARRAY(&experiment->arena, size_t, factors + 1);
    for (size_t f = 0; f < factors; f++) claim->where[f] = PL_ANY_VALUE;
    PL_TRY(read_keys(reader, kind));
    if (reader->at) PL_TRY(pl_claim_read_at(reader, reader->at, &at_within));
    if (!claim->metric && kind->metric)
        claim->metric = pl_metric_find(*kind->metric        ? kind->metric
                                       : experiment->metric ? experiment->metric
                                                            : PL_METRIC_DEFAULT);
    if (kind->settle) PL_TRY(kind->settle(reader));
    if (isnan(claim->margin)) claim->margin = PL_EQUIVALENCE_RATIO;
    claim->text = text_of(reader);
    return PL_OK;
}

enum pl_status pl_claims_read(struct pl_experiment *experiment, const struct pl_scope *scope,
                              const struct pl_yaml *list) {
    struct pl_claims *out = &experiment->claims;
    *out = (struct pl_claims){0};
    if (!list) return PL_OK;
    out->items = PL_ARENA_ARRAY(&experiment->arena, struct pl_claim, list->count + 1);
    for (size_t k = 0; k < list->count; k++) {
        struct pl_claim_reader reader = {.experiment = experiment,
                                         .scope = scope,
                                         .node = list->values[k],
                                         .claim = &out->items[k],
                                         .low = -INFINITY,
                                         .high = INFINITY};
        PL_TRY(read_claim(&reader));
        out->count++;
    }
    return PL_OK;
}

enum pl_status pl_claims_judgeable(const struct pl_claims *claims) {
    for (size_t k = 0; k < claims->count; k++)
        if (claims->items[k].fault)
            return pl_fail_at(claims->items[k].fault_place, "%s", claims->items[k].fault);
    return PL_OK;
}
