#include "experiments/study/claims.h"

#include <string.h>

#include "core/base/vec.h"
#include "core/config/names.h"
#include "core/config/quote.h"
#include "core/train/metric.h"
#include "experiments/study/study.h"

struct checker {
    const struct pl_experiment *experiment;
    const struct pl_scope *scope;
    const struct pl_yaml *claim;
};

struct field {
    const char *name;
    enum pl_status (*check)(const struct checker *checker, const struct pl_yaml *node,
                            const struct field *field);
    bool required;
    const void *detail; /* what check needs besides */
};

/* ---- what a field holds ------------------------------------------------------------------- */

static enum pl_status want_scalar(const struct pl_yaml *node, const char *name) {
    if (node->kind == PL_YAML_SCALAR) return PL_OK;
    return pl_fail_at(node->place, "%s is %s; it takes a single value", name,
                      pl_yaml_kind_name(node->kind));
}

/* [text] must be one of [names]; [what] is "label", "metric", ... */
static enum pl_status one_of(const struct pl_yaml *node, const char *what, struct pl_names names) {
    char shown[PL_QUOTED];
    if (pl_names_find(names, node->text) < names.count) return PL_OK;
    return pl_names_fail(names, node->place, node->text,
                         names.count == 1 ? "there is {and}" : "there are {and}",
                         "there is no %s %s", what, pl_quoted(shown, node->text));
}

static enum pl_status is_label(const struct checker *checker, const struct pl_yaml *node,
                               const struct field *field) {
    const struct pl_experiment *experiment = checker->experiment;
    PL_TRY(want_scalar(node, field->name));
    return one_of(node, "label",
                  PL_NAMES(struct pl_entry, label, experiment->entries, experiment->entry_count));
}

/* Two labels, or as many as there are, none twice. */
static enum pl_status are_labels(const struct checker *checker, const struct pl_yaml *node,
                                 const struct field *field) {
    bool pair = field->detail != NULL;
    if (node->kind != PL_YAML_LIST || node->count < 2 || (pair && node->count > 2))
        return pl_fail_at(node->place, "%s takes a list of %s labels", field->name,
                          pair ? "two" : "two or more");
    for (size_t i = 0; i < node->count; i++) {
        PL_TRY(is_label(checker, node->values[i], field));
        for (size_t j = 0; j < i; j++) {
            if (strcmp(node->values[j]->text, node->values[i]->text) == 0)
                return pl_fail_at(node->values[i]->place, "%s names \"%s\" twice", field->name,
                                  node->values[i]->text);
        }
    }
    return PL_OK;
}

static const char pair_only[] = "two";

static const enum pl_metric_use losses = PL_METRIC_CLAIM, costs = PL_METRIC_COST;

static enum pl_status is_metric(const struct checker *checker, const struct pl_yaml *node,
                                const struct field *field) {
    const enum pl_metric_use *use = field->detail;
    const char *room[PL_METRIC_ROWS];
    (void)checker;
    PL_TRY(want_scalar(node, field->name));
    return one_of(node, "metric", pl_metric_names(room, *use));
}

/* A number by a row of its own, so that complaints sound alike everywhere. */
static enum pl_status read_number(double *out, const struct pl_yaml *node, const char *name,
                                  const char *text, double min, double max) {
    const struct pl_option row = {name, PL_TYPE_REAL, 0, "0", min, max, NULL, ""};
    struct pl_arena arena = {0};
    enum pl_status status = pl_option_store(&row, text, out, &arena);
    pl_arena_finish(&arena);
    return status == PL_OK ? PL_OK : pl_fail_at(node->place, "%s", pl_message());
}

struct range {
    double min, max;
};
static const struct range any_number = {-1e300, 1e300}, rate = {0, 1};

static enum pl_status is_number(const struct checker *checker, const struct pl_yaml *node,
                                const struct field *field) {
    const struct range *range = field->detail;
    double value;
    (void)checker;
    PL_TRY(want_scalar(node, field->name));
    return read_number(&value, node, field->name, node->text, range->min, range->max);
}

/* "1.2x": how many times. */
static enum pl_status is_factor(const struct checker *checker, const struct pl_yaml *node,
                                const struct field *field) {
    char shown[PL_QUOTED], digits[32];
    double value;
    (void)checker;
    PL_TRY(want_scalar(node, field->name));
    size_t length = strlen(node->text);
    if (length < 2 || length > sizeof digits || node->text[length - 1] != 'x')
        return pl_fail_at(node->place, "%s is %s; it takes a factor of at least 1, such as 1.2x",
                          field->name, pl_quoted(shown, node->text));
    memcpy(digits, node->text, length - 1);
    digits[length - 1] = '\0';
    return read_number(&value, node, field->name, digits, 1, 1e9);
}

static const struct pl_axis *find_axis(const struct pl_experiment *experiment, const char *key) {
    for (size_t i = 0; i < experiment->axis_count; i++) {
        if (strcmp(experiment->axes[i].key, key) == 0) return &experiment->axes[i];
    }
    return NULL;
}

static enum pl_status want_axis(const struct checker *checker, const struct pl_yaml *node) {
    const struct pl_experiment *experiment = checker->experiment;
    return one_of(node, "axis",
                  PL_NAMES(struct pl_axis, key, experiment->axes, experiment->axis_count));
}

static enum pl_status is_axis(const struct checker *checker, const struct pl_yaml *node,
                              const struct field *field) {
    PL_TRY(want_scalar(node, field->name));
    PL_TRY(want_axis(checker, node));
    const struct pl_axis *axis = find_axis(checker->experiment, node->text);
    for (size_t i = 0; i < axis->count; i++) {
        double value;
        if (read_number(&value, node, "value", axis->values[i], -1e300, 1e300) != PL_OK)
            return pl_fail_at(node->place,
                              "the axis %s has the value \"%s\", so nothing can cross "
                              "along it; name an axis of numbers",
                              axis->key, axis->values[i]);
    }
    return PL_OK;
}

static enum pl_status is_range(const struct checker *checker, const struct pl_yaml *node,
                               const struct field *field) {
    double low, high;
    (void)checker;
    if (node->kind == PL_YAML_SCALAR && strcmp(node->text, "none") == 0) return PL_OK;
    if (node->kind != PL_YAML_LIST || node->count != 2 || node->values[0]->kind != PL_YAML_SCALAR ||
        node->values[1]->kind != PL_YAML_SCALAR)
        return pl_fail_at(node->place, "%s takes two numbers, [low, high], or none", field->name);
    PL_TRY(read_number(&low, node->values[0], field->name, node->values[0]->text, -1e300, 1e300));
    PL_TRY(read_number(&high, node->values[1], field->name, node->values[1]->text, -1e300, 1e300));
    if (low < high) return PL_OK;
    return pl_fail_at(node->place, "%s is empty: its first number is not below its second",
                      field->name);
}

/* One value of an axis. An axis from the command line may lack what the file's claims speak of. */
static enum pl_status is_value(const struct checker *checker, const struct pl_yaml *key,
                               const struct pl_yaml *node) {
    const struct pl_axis *axis = find_axis(checker->experiment, key->text);
    struct pl_arena arena = {0};
    const char *text = NULL;
    PL_TRY(want_scalar(node, axis->key));
    const struct pl_given given = {key->text, key->place, node->text, node->place};
    enum pl_status status = pl_scope_canonical(checker->scope, &given, &arena, &text);
    bool found = pl_place_commanded(axis->place);
    for (size_t i = 0; i < axis->count && status == PL_OK && !found; i++)
        found = strcmp(axis->values[i], text) == 0;
    if (status == PL_OK && !found)
        status = pl_fail_at(node->place, "the axis %s has no value %s; it has %zu, from %s to %s",
                            axis->key, text, axis->count, axis->values[0],
                            axis->values[axis->count - 1]);
    pl_arena_finish(&arena);
    return status;
}

static enum pl_status is_point(const struct checker *checker, const struct pl_yaml *node,
                               const struct field *field) {
    if (node->kind != PL_YAML_MAP || node->count == 0)
        return pl_fail_at(node->place,
                          "%s takes a mapping from axes to values, such as "
                          "{task.structure: 0}",
                          field->name);
    for (size_t i = 0; i < node->count; i++) {
        PL_TRY(want_axis(checker, node->keys[i]));
        PL_TRY(is_value(checker, node->keys[i], node->values[i]));
    }
    return PL_OK;
}

/* ---- the kinds of claims ------------------------------------------------------------------ */

#define AT                                                                                         \
    { "at", is_point, false, NULL }
#define METRIC                                                                                     \
    { "metric", is_metric, false, &losses }
#define MARGIN                                                                                     \
    { "margin", is_factor, false, NULL }

static const struct field better[] = {{"better", is_label, true, NULL},
                                      {"than", is_label, true, NULL},
                                      METRIC,
                                      {"by", is_factor, false, NULL},
                                      MARGIN,
                                      AT,
                                      {0}};
static const struct field equivalent[] = {{"equivalent", are_labels, true, pair_only},
                                          METRIC,
                                          {"within", is_factor, false, NULL},
                                          AT,
                                          {0}};
static const struct field order[] = {{"order", are_labels, true, NULL}, METRIC, MARGIN, AT, {0}};
static const struct field crossover[] = {{"crossover", are_labels, true, pair_only},
                                         {"axis", is_axis, true, NULL},
                                         METRIC,
                                         {"in", is_range, false, NULL},
                                         MARGIN,
                                         AT,
                                         {0}};
static const struct field bound[] = {{"bound", is_label, true, NULL},
                                     METRIC,
                                     {"below", is_number, false, &any_number},
                                     {"above", is_number, false, &any_number},
                                     MARGIN,
                                     AT,
                                     {0}};
static const struct field divergence[] = {
    {"divergence", is_label, true, NULL}, {"below", is_number, true, &rate}, AT, {0}};
static const struct field cost[] = {{"cost", is_label, true, NULL},
                                    {"below", is_factor, true, NULL},
                                    {"than", is_label, false, NULL},
                                    {"metric", is_metric, false, &costs},
                                    MARGIN,
                                    AT,
                                    {0}};

/* Each kind bears the name of its first field. */
static const struct field *const kinds[] = {better, equivalent, order, crossover,
                                            bound,  divergence, cost};

#define KINDS (sizeof kinds / sizeof kinds[0])

static const struct field *find_kind(const struct pl_yaml *claim) {
    for (size_t i = 0; i < KINDS; i++) {
        if (pl_yaml_get(claim, kinds[i]->name)) return kinds[i];
    }
    return NULL;
}

static enum pl_status fail_kind(const struct pl_yaml *claim) {
    const char *names[KINDS], *near = NULL;
    struct pl_strbuf text;
    for (size_t i = 0; i < KINDS; i++) names[i] = kinds[i]->name;
    for (size_t i = 0; i < claim->count && !near; i++)
        near = pl_names_nearest(PL_NAME_LIST(names, KINDS), claim->keys[i]->text);
    pl_strbuf_init(&text);
    pl_strbuf_add(&text, "the claim has no kind");
    pl_names_hint(PL_NAME_LIST(names, KINDS), near, "it takes one of {or}", &text);
    enum pl_status status = pl_fail_at(claim->place, "%s", text.text);
    pl_strbuf_finish(&text);
    return status;
}

static const struct field *find_field(const struct field *kind, const char *name) {
    for (; kind->name; kind++) {
        if (strcmp(kind->name, name) == 0) return kind;
    }
    return NULL;
}

static enum pl_status fail_field(const struct field *kind, const struct pl_yaml *key) {
    size_t count = 0;
    char shown[PL_QUOTED];
    while (kind[count].name) count++;
    return pl_names_fail(PL_NAMES(struct field, name, kind, count), key->place, key->text,
                         "it has {and}", "a claim of the kind %s has no key %s", kind->name,
                         pl_quoted(shown, key->text));
}

/* What no single field can know. */
static enum pl_status check_whole(const struct field *kind, const struct pl_yaml *claim) {
    const struct pl_yaml *first = pl_yaml_get(claim, kind->name);
    const struct pl_yaml *than = pl_yaml_get(claim, "than");
    const struct pl_yaml *axis = pl_yaml_get(claim, "axis");
    if (than && strcmp(than->text, first->text) == 0)
        return pl_fail_at(than->place, "the claim holds \"%s\" against itself", first->text);
    if (axis && pl_yaml_get(pl_yaml_get(claim, "at"), axis->text))
        return pl_fail_at(axis->place,
                          "the claim is about the whole axis %s, and \"at\" names one "
                          "value of it; leave it out there",
                          axis->text);
    if (kind == bound && !pl_yaml_get(claim, "below") && !pl_yaml_get(claim, "above"))
        return pl_fail_at(claim->place, "a bound takes below, above or both");
    return PL_OK;
}

static enum pl_status check_claim(const struct checker *checker) {
    const struct pl_yaml *claim = checker->claim;
    if (claim->kind != PL_YAML_MAP)
        return pl_fail_at(claim->place,
                          "a claim is %s; it takes a mapping, such as {better: A, "
                          "than: B}",
                          pl_yaml_kind_name(claim->kind));
    const struct field *kind = find_kind(claim);
    if (!kind) return fail_kind(claim);
    for (size_t i = 0; i < claim->count; i++) {
        const struct field *field = find_field(kind, claim->keys[i]->text);
        if (!field) return fail_field(kind, claim->keys[i]);
        PL_TRY(field->check(checker, claim->values[i], field));
    }
    for (const struct field *field = kind; field->name; field++) {
        if (field->required && !pl_yaml_get(claim, field->name))
            return pl_fail_at(claim->place, "a claim of the kind %s needs \"%s\"", kind->name,
                              field->name);
    }
    return check_whole(kind, claim);
}

enum pl_status pl_claims_check(const struct pl_experiment *experiment,
                               const struct pl_scope *scope) {
    const struct pl_yaml *claims = experiment->claims;
    for (size_t i = 0; claims && i < claims->count; i++) {
        const struct checker checker = {experiment, scope, claims->values[i]};
        PL_TRY(check_claim(&checker));
    }
    return PL_OK;
}
