/* A claim is read by the rows of its kind, in two steps. First each key of the mapping is read in the
 * order in which it stands, so that the first mistake of the file is the one that is told; a row says
 * which function reads the value, and into which member of struct pl_claim. Then the kind's own function
 * settles what no single key knows: defaults, the ends of a crossover, what two keys must not say
 * together. Last, the text is made of the struct, so it is the same however the claim was written.
 */
#include "experiments/study/claims.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "core/config/names.h"
#include "core/config/quote.h"
#include "experiments/study/experiment.h"
#include "experiments/study/options.h"
#include "experiments/study/study.h"

#define TIME_MARGIN 1.05 /* of a ratio of step times: what another day on the same machine shows */
#define KEYS_MOST   8    /* of a kind, with the end */

struct reader {
    struct pl_experiment *experiment;
    const struct pl_scope *scope;
    const struct pl_yaml *node;
    struct pl_claim *claim;
    double low, high; /* of `in` */
};

struct key {
    const char *name;
    enum pl_status (*read)(struct reader *reader, const struct pl_yaml *node,
                           const struct key *key);
    bool required;
    size_t offset; /* of the member that a number goes to; for a label its place among entries */
    const void *detail; /* what read needs besides */
};

/* ---- what a key holds --------------------------------------------------------------------- */

static enum pl_status want_scalar(const struct pl_yaml *node, const char *name) {
    if (node->kind == PL_YAML_SCALAR) return PL_OK;
    return pl_fail_at(node->place, "%s is %s; it takes a single value", name,
                      pl_yaml_kind_name(node->kind));
}

/* The row of that name; [what] is "label", "metric", ... */
static enum pl_status find(size_t *out, const struct pl_yaml *node, const char *what,
                           struct pl_names names) {
    char shown[PL_QUOTED];
    *out = pl_names_find(names, node->text);
    if (*out < names.count) return PL_OK;
    return pl_names_fail(names, node->place, node->text,
                         names.count == 1 ? "there is {and}" : "there are {and}",
                         "there is no %s %s", what, pl_quoted(shown, node->text));
}

static enum pl_status read_entry(struct reader *reader, const struct pl_yaml *node,
                                 const char *name, size_t place) {
    const struct pl_experiment *experiment = reader->experiment;
    struct pl_claim *claim = reader->claim;
    PL_TRY(want_scalar(node, name));
    PL_TRY(find(&claim->entries[place], node, "label",
                PL_NAMES(struct pl_entry, label, experiment->entries, experiment->entry_count)));
    if (claim->entry_count <= place) claim->entry_count = place + 1;
    return PL_OK;
}

static enum pl_status read_label(struct reader *reader, const struct pl_yaml *node,
                                 const struct key *key) {
    return read_entry(reader, node, key->name, key->offset);
}

/* Two labels, or as many as there are, none twice. */
static enum pl_status read_labels(struct reader *reader, const struct pl_yaml *node,
                                  const struct key *key) {
    bool pair = key->detail != NULL;
    if (node->kind != PL_YAML_LIST || node->count < 2 || (pair && node->count > 2))
        return pl_fail_at(node->place, "%s takes a list of %s labels", key->name,
                          pair ? "two" : "two or more");
    for (size_t i = 0; i < node->count; i++) {
        PL_TRY(read_entry(reader, node->values[i], key->name, i));
        for (size_t j = 0; j < i; j++) {
            if (reader->claim->entries[j] == reader->claim->entries[i])
                return pl_fail_at(node->values[i]->place, "%s names \"%s\" twice", key->name,
                                  node->values[i]->text);
        }
    }
    return PL_OK;
}

static const char pair_only[] = "two";

static const enum pl_metric_use results = PL_METRIC_CLAIM, costs = PL_METRIC_COST;

static enum pl_status read_metric(struct reader *reader, const struct pl_yaml *node,
                                  const struct key *key) {
    const enum pl_metric_use *use = key->detail;
    const char *room[PL_METRIC_ROWS];
    size_t row;
    PL_TRY(want_scalar(node, key->name));
    PL_TRY(find(&row, node, "metric", pl_metric_names(room, *use)));
    reader->claim->metric = pl_metric_find(node->text);
    return PL_OK;
}

/* A number by a row of its own, so that complaints sound alike everywhere. */
static enum pl_status number(double *out, const struct pl_yaml *node, const char *name,
                             const char *text, double min, double max) {
    const struct pl_option row = {name, PL_TYPE_REAL, 0, "0", min, max, NULL, ""};
    struct pl_arena arena = {0};
    enum pl_status status = pl_option_store(&row, text, out, &arena);
    pl_arena_finish(&arena);
    return status == PL_OK ? PL_OK : pl_fail_at(node->place, "%s", pl_message());
}

static double *member(const struct reader *reader, const struct key *key) {
    return (double *)((char *)reader->claim + key->offset);
}

static enum pl_status read_limit(struct reader *reader, const struct pl_yaml *node,
                                 const struct key *key) {
    PL_TRY(want_scalar(node, key->name));
    return number(member(reader, key), node, key->name, node->text, -1e300, 1e300);
}

static enum pl_status read_rate(struct reader *reader, const struct pl_yaml *node,
                                const struct key *key) {
    PL_TRY(want_scalar(node, key->name));
    return number(member(reader, key), node, key->name, node->text, 0, 1);
}

/* "1.2x": how many times. */
static enum pl_status read_factor(struct reader *reader, const struct pl_yaml *node,
                                  const struct key *key) {
    char shown[PL_QUOTED], digits[32];
    PL_TRY(want_scalar(node, key->name));
    size_t length = strlen(node->text);
    if (length < 2 || length > sizeof digits || node->text[length - 1] != 'x')
        return pl_fail_at(node->place, "%s is %s; it takes a factor of at least 1, such as 1.2x",
                          key->name, pl_quoted(shown, node->text));
    memcpy(digits, node->text, length - 1);
    digits[length - 1] = '\0';
    return number(member(reader, key), node, key->name, digits, 1, 1e9);
}

static enum pl_status find_axis(size_t *out, const struct reader *reader,
                                const struct pl_yaml *node) {
    const struct pl_experiment *experiment = reader->experiment;
    return find(out, node, "axis",
                PL_NAMES(struct pl_axis, key, experiment->axes, experiment->axis_count));
}

static enum pl_status read_axis(struct reader *reader, const struct pl_yaml *node,
                                const struct key *key) {
    PL_TRY(want_scalar(node, key->name));
    PL_TRY(find_axis(&reader->claim->axis, reader, node));
    const struct pl_axis *axis = &reader->experiment->axes[reader->claim->axis];
    for (size_t i = 0; i < axis->count; i++) {
        double value;
        if (axis->choices || number(&value, node, "value", axis->values[i], -1e300, 1e300) != PL_OK)
            return pl_fail_at(node->place,
                              "the axis %s has the value \"%s\", so nothing can cross "
                              "along it; name an axis of numbers",
                              axis->key, axis->values[i]);
    }
    return PL_OK;
}

static enum pl_status read_range(struct reader *reader, const struct pl_yaml *node,
                                 const struct key *key) {
    reader->claim->none = node->kind == PL_YAML_SCALAR && strcmp(node->text, "none") == 0;
    if (reader->claim->none) return PL_OK;
    if (node->kind != PL_YAML_LIST || node->count != 2 || node->values[0]->kind != PL_YAML_SCALAR ||
        node->values[1]->kind != PL_YAML_SCALAR)
        return pl_fail_at(node->place, "%s takes two numbers, [low, high], or none", key->name);
    PL_TRY(number(&reader->low, node->values[0], key->name, node->values[0]->text, -1e300, 1e300));
    PL_TRY(number(&reader->high, node->values[1], key->name, node->values[1]->text, -1e300, 1e300));
    if (reader->low < reader->high) return PL_OK;
    return pl_fail_at(node->place, "%s is empty: its first number is not below its second",
                      key->name);
}

static void set_fault(struct reader *reader, struct pl_place place, const char *fault) {
    if (reader->claim->fault) return;
    reader->claim->fault = fault;
    reader->claim->fault_place = place;
}

/* One value of an axis. An axis from the command line may lack what the file's claims speak of. */
static enum pl_status read_value(struct reader *reader, const struct pl_yaml *key,
                                 const struct pl_yaml *node, size_t index) {
    struct pl_arena *arena = &reader->experiment->arena;
    const struct pl_axis *axis = &reader->experiment->axes[index];
    const struct pl_given given = {key->text, key->place, node->text, node->place};
    const char *text = NULL;
    PL_TRY(want_scalar(node, axis->key));
    if (axis->choices)
        text = node->text;
    else
        PL_TRY(pl_scope_canonical(reader->scope, &given, arena, &text));
    size_t value = pl_names_find(PL_NAME_LIST(axis->values, axis->count), text);
    if (value < axis->count)
        reader->claim->at[index] = value;
    else if (pl_place_commanded(axis->place))
        set_fault(reader, node->place,
                  pl_arena_printf(arena,
                                  "this claim is about %s = %s, and the command line gives that "
                                  "axis other values; leave the override out, or include the "
                                  "value in it",
                                  axis->key, node->text));
    else
        return pl_fail_at(node->place, "the axis %s has no value %s; it has %zu, from %s to %s",
                          axis->key, text, axis->count, axis->values[0],
                          axis->values[axis->count - 1]);
    return PL_OK;
}

static enum pl_status read_at(struct reader *reader, const struct pl_yaml *node,
                              const struct key *key) {
    if (node->kind == PL_YAML_SCALAR &&
        (strcmp(node->text, "selected") == 0 || strcmp(node->text, "all") == 0)) {
        reader->claim->selected = *node->text == 's';
        if (!reader->claim->selected || reader->experiment->select.over) return PL_OK;
        return pl_fail_at(node->place,
                          "%s is selected, and the study selects nothing; add select: "
                          "{over: AXIS}, or leave it out",
                          key->name);
    }
    if (node->kind != PL_YAML_MAP || node->count == 0)
        return pl_fail_at(node->place,
                          "%s takes a mapping from axes to values, such as "
                          "{task.structure: 0}, or selected, or all",
                          key->name);
    for (size_t i = 0; i < node->count; i++) {
        size_t axis;
        PL_TRY(find_axis(&axis, reader, node->keys[i]));
        const struct pl_yaml *value = node->values[i];
        if (reader->experiment->axes[axis].key == reader->experiment->select.over) {
            reader->claim->selected = false;
            if (value->kind == PL_YAML_SCALAR && strcmp(value->text, "all") == 0) continue;
        }
        PL_TRY(read_value(reader, node->keys[i], value, axis));
    }
    return PL_OK;
}

/* ---- what no single key knows ------------------------------------------------------------- */

static enum pl_status settle_against(struct reader *reader) {
    const struct pl_yaml *than = pl_yaml_get(reader->node, "than");
    const size_t *entries = reader->claim->entries;
    if (!than || entries[0] != entries[1]) return PL_OK;
    return pl_fail_at(than->place, "the claim holds \"%s\" against itself", than->text);
}

/* Unless it says, a cost is held to the baseline's. */
static enum pl_status settle_cost(struct reader *reader) {
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

static enum pl_status settle_crossover(struct reader *reader) {
    struct pl_claim *claim = reader->claim;
    const struct pl_yaml *key = pl_yaml_get(reader->node, "axis");
    const struct pl_axis *axis = &reader->experiment->axes[claim->axis];
    if (pl_yaml_get(pl_yaml_get(reader->node, "at"), axis->key))
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
static void check_limit(struct reader *reader, const char *key, double limit) {
    const struct pl_metric_row *metric = reader->claim->metric;
    if (!metric->ratio || isnan(limit) || limit > 0.0) return;
    set_fault(reader, pl_yaml_get(reader->node, key)->place,
              pl_arena_printf(&reader->experiment->arena,
                              "%s is %g, and %s is compared as a ratio; it takes a number above 0",
                              key, limit, metric->name));
}

static enum pl_status settle_bound(struct reader *reader) {
    const struct pl_claim *claim = reader->claim;
    if (isnan(claim->below) && isnan(claim->above))
        return pl_fail_at(claim->place, "a bound takes below, above or both");
    check_limit(reader, "below", claim->below);
    check_limit(reader, "above", claim->above);
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

#define MEMBER(name) offsetof(struct pl_claim, name)
#define AT                                                                                         \
    { "at", read_at, false, 0, NULL }
#define METRIC                                                                                     \
    { "metric", read_metric, false, 0, &results }
#define MARGIN                                                                                     \
    { "margin", read_factor, false, MEMBER(margin), NULL }

/* Each kind bears the name of its first key. */
static const struct kind {
    struct key keys[KEYS_MOST];
    const char *metric; /* unless it says: NULL: none, "": what the study compares */
    enum pl_status (*settle)(struct reader *reader);
    const char *between; /* its labels, in the text */
    const char *never;   /* in place of between for claim->none */
    void (*say)(struct pl_strbuf *out, const struct pl_claim *claim,
                const struct pl_experiment *experiment); /* what follows its labels */
    bool says_metric;                                    /* ... and it is told there */
} kinds[] = {
    [PL_CLAIM_BETTER] = {{{"better", read_label, true, 0, NULL},
                          {"than", read_label, true, 1, NULL},
                          METRIC,
                          {"by", read_factor, false, MEMBER(by), NULL},
                          MARGIN,
                          AT},
                         .metric = "",
                         .settle = settle_against,
                         .between = " better than ",
                         .say = say_better},
    [PL_CLAIM_EQUIVALENT] = {{{"equivalent", read_labels, true, 0, pair_only},
                              METRIC,
                              {"within", read_factor, false, MEMBER(margin), NULL},
                              AT},
                             .metric = "",
                             .between = " equivalent to ",
                             .say = say_equivalent},
    [PL_CLAIM_ORDER] = {{{"order", read_labels, true, 0, NULL}, METRIC, MARGIN, AT},
                        .metric = "",
                        .between = " ahead of "},
    [PL_CLAIM_CROSSOVER] = {{{"crossover", read_labels, true, 0, pair_only},
                             {"axis", read_axis, true, 0, NULL},
                             METRIC,
                             {"in", read_range, false, 0, NULL},
                             MARGIN,
                             AT},
                            .metric = "",
                            .settle = settle_crossover,
                            .between = " crosses ",
                            .never = " never crosses ",
                            .say = say_crossover},
    [PL_CLAIM_BOUND] = {{{"bound", read_label, true, 0, NULL},
                         METRIC,
                         {"below", read_limit, false, MEMBER(below), NULL},
                         {"above", read_limit, false, MEMBER(above), NULL},
                         MARGIN,
                         AT},
                        .metric = "",
                        .settle = settle_bound,
                        .say = say_bound,
                        .says_metric = true},
    [PL_CLAIM_DIVERGENCE] = {{{"divergence", read_label, true, 0, NULL},
                              {"below", read_rate, true, MEMBER(below), NULL},
                              AT},
                             .say = say_divergence},
    [PL_CLAIM_COST] = {{{"cost", read_label, true, 0, NULL},
                        {"below", read_factor, true, MEMBER(below), NULL},
                        {"than", read_label, false, 1, NULL},
                        {"metric", read_metric, false, 0, &costs},
                        MARGIN,
                        AT},
                       .metric = "step_ms",
                       .settle = settle_cost,
                       .between = " / ",
                       .say = say_cost,
                       .says_metric = true},
};

#define KINDS (sizeof kinds / sizeof kinds[0])

const char *pl_claim_kind_name(enum pl_claim_kind kind) {
    return kinds[kind].keys[0].name;
}

static const char *text_of(const struct reader *reader, const struct kind *kind) {
    const struct pl_experiment *experiment = reader->experiment;
    const struct pl_claim *claim = reader->claim;
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

static enum pl_status read_keys(struct reader *reader, const struct kind *kind) {
    const struct pl_yaml *node = reader->node;
    size_t count = 0;
    while (kind->keys[count].name) count++;
    struct pl_names names = PL_NAMES(struct key, name, kind->keys, count);
    for (size_t i = 0; i < node->count; i++) {
        size_t row = pl_names_find(names, node->keys[i]->text);
        char shown[PL_QUOTED];
        if (row == count)
            return pl_names_fail(names, node->keys[i]->place, node->keys[i]->text, "it has {and}",
                                 "a claim of the kind %s has no key %s", kind->keys[0].name,
                                 pl_quoted(shown, node->keys[i]->text));
        PL_TRY(kind->keys[row].read(reader, node->values[i], &kind->keys[row]));
    }
    for (const struct key *key = kind->keys; key->name; key++) {
        if (key->required && !pl_yaml_get(node, key->name))
            return pl_fail_at(node->place, "a claim of the kind %s needs \"%s\"",
                              kind->keys[0].name, key->name);
    }
    return PL_OK;
}

static enum pl_status read_claim(struct reader *reader) {
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
    PL_TRY(read_keys(reader, kind));
    if (!claim->metric && kind->metric)
        claim->metric = pl_metric_find(*kind->metric        ? kind->metric
                                       : experiment->metric ? experiment->metric
                                                            : PL_METRIC_DEFAULT);
    if (kind->settle) PL_TRY(kind->settle(reader));
    if (isnan(claim->margin)) claim->margin = PL_EQUIVALENCE_RATIO;
    claim->text = text_of(reader, kind);
    return PL_OK;
}

enum pl_status pl_claims_read(struct pl_experiment *experiment, const struct pl_scope *scope,
                              const struct pl_yaml *list) {
    struct pl_claims *out = &experiment->claims;
    *out = (struct pl_claims){0};
    if (!list) return PL_OK;
    out->items = PL_ARENA_ARRAY(&experiment->arena, struct pl_claim, list->count + 1);
    for (size_t k = 0; k < list->count; k++) {
        struct reader reader = {.experiment = experiment,
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
