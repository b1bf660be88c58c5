/* What a key of a claim holds: one reader a kind of value. Each fails with the place of the value, or puts it
 * into the claim. Names are resolved here: labels, axes, values of axes, metrics.
 */
#include "experiments/study/claims_impl.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "core/config/names.h"
#include "core/config/quote.h"
#include "experiments/study/design.h"
#include "experiments/study/options.h"
#include "experiments/study/study.h"

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

static enum pl_status read_entry(struct pl_claim_reader *reader, const struct pl_yaml *node,
                                 const char *name, size_t place) {
    const struct pl_experiment *experiment = reader->experiment;
    struct pl_claim *claim = reader->claim;
    PL_TRY(want_scalar(node, name));
    PL_TRY(find(&claim->entries[place], node, "label",
                PL_NAMES(struct pl_entry, label, experiment->entries, experiment->entry_count)));
    if (claim->entry_count <= place) claim->entry_count = place + 1;
    return PL_OK;
}

enum pl_status pl_claim_read_label(struct pl_claim_reader *reader, const struct pl_yaml *node,
                                   const struct pl_claim_key *key) {
    return read_entry(reader, node, key->name, key->offset);
}

enum pl_status pl_claim_read_labels(struct pl_claim_reader *reader, const struct pl_yaml *node,
                                    const struct pl_claim_key *key) {
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

enum pl_status pl_claim_read_metric(struct pl_claim_reader *reader, const struct pl_yaml *node,
                                    const struct pl_claim_key *key) {
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

static double *member(const struct pl_claim_reader *reader, const struct pl_claim_key *key) {
    return (double *)((char *)reader->claim + key->offset);
}

enum pl_status pl_claim_read_limit(struct pl_claim_reader *reader, const struct pl_yaml *node,
                                   const struct pl_claim_key *key) {
    PL_TRY(want_scalar(node, key->name));
    return number(member(reader, key), node, key->name, node->text, -1e300, 1e300);
}

enum pl_status pl_claim_read_rate(struct pl_claim_reader *reader, const struct pl_yaml *node,
                                  const struct pl_claim_key *key) {
    PL_TRY(want_scalar(node, key->name));
    return number(member(reader, key), node, key->name, node->text, 0, 1);
}

enum pl_status pl_claim_read_factor(struct pl_claim_reader *reader, const struct pl_yaml *node,
                                    const struct pl_claim_key *key) {
    char shown[PL_QUOTED], digits[32];
    PL_TRY(want_scalar(node, key->name));
    size_t length = strlen(node->text);
    bool percent = length && node->text[length - 1] == '%';
    if (length < 2 || length > sizeof digits || (node->text[length - 1] != 'x' && !percent))
        return pl_fail_at(node->place, "%s is %s; it takes a factor of at least 1, such as 1.2x",
                          key->name, pl_quoted(shown, node->text));
    memcpy(digits, node->text, length - 1);
    digits[length - 1] = '\0';
    if (percent) { /* beyond a half one cannot tell 125% from 25% more */
        double *factor = member(reader, key);
        if (number(factor, node, key->name, digits, 0, 50) != PL_OK)
            return pl_fail_at(
                node->place,
                "%s is %s; it takes a factor such as 1.2x, or from 0%% to 50%%, where "
                "1%% is 1.01x",
                key->name, pl_quoted(shown, node->text));
        *factor = (100 + *factor) / 100;
        return PL_OK;
    }
    return number(member(reader, key), node, key->name, digits, 1, 1e9);
}

static enum pl_status find_axis(size_t *out, const struct pl_claim_reader *reader,
                                const struct pl_yaml *node) {
    const struct pl_experiment *experiment = reader->experiment;
    return find(out, node, "axis",
                PL_NAMES(struct pl_axis, key, experiment->axes, experiment->axis_count));
}

enum pl_status pl_claim_read_axis(struct pl_claim_reader *reader, const struct pl_yaml *node,
                                  const struct pl_claim_key *key) {
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

enum pl_status pl_claim_read_range(struct pl_claim_reader *reader, const struct pl_yaml *node,
                                   const struct pl_claim_key *key) {
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

void pl_claim_set_fault(struct pl_claim_reader *reader, struct pl_place place, const char *fault) {
    if (reader->claim->fault) return;
    reader->claim->fault = fault;
    reader->claim->fault_place = place;
}

/* One value of an axis. An axis from the command line may lack what the file's claims speak of. */
static enum pl_status read_value(struct pl_claim_reader *reader, const struct pl_yaml *key,
                                 const struct pl_yaml *node, const struct pl_axis *axis,
                                 size_t *out) {
    struct pl_arena *arena = &reader->experiment->arena;
    const struct pl_given given = {key->text, key->place, node->text, node->place};
    const char *text = NULL;
    PL_TRY(want_scalar(node, axis->key));
    if (axis->choices)
        text = node->text;
    else
        PL_TRY(pl_scope_canonical(reader->scope, &given, arena, &text));
    size_t value = pl_names_find(PL_NAME_LIST(axis->values, axis->count), text);
    if (value < axis->count)
        *out = value;
    else if (pl_place_commanded(axis->place))
        pl_claim_set_fault(reader, node->place,
                           pl_arena_printf(arena,
                                           "this claim is about %s = %s, and the command line "
                                           "gives that axis other values; leave the override out, "
                                           "or include the value in it",
                                           axis->key, node->text));
    else
        return pl_fail_at(node->place, "the axis %s has no value %s; it has %zu, from %s to %s",
                          axis->key, text, axis->count, axis->values[0],
                          axis->values[axis->count - 1]);
    return PL_OK;
}

enum pl_status pl_claim_read_at(struct pl_claim_reader *reader, const struct pl_yaml *node,
                                const struct pl_claim_key *key) {
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
        PL_TRY(read_value(reader, node->keys[i], value, &reader->experiment->axes[axis],
                          &reader->claim->at[axis]));
    }
    return PL_OK;
}

/* The axis among those that the design samples. Whoever names one that it keeps, or a setting that choices
 * of an axis give, is told where that is said. */
static enum pl_status find_factor(size_t *out, const struct pl_claim_reader *reader,
                                  const struct pl_yaml *node) {
    const struct pl_experiment *experiment = reader->experiment;
    const struct pl_design *design = experiment->design;
    char shown[PL_QUOTED];
    struct pl_names names = PL_NAMES(struct pl_axis, key, design->factors, design->factor_count);
    *out = pl_names_find(names, node->text);
    if (*out < design->factor_count) return PL_OK;
    for (size_t k = 0; k < experiment->axis_count; k++)
        if (strcmp(experiment->axes[k].key, node->text) == 0)
            return pl_fail_at(node->place,
                              "%s is an axis within each reading, and where chooses readings; say "
                              "at: {%s: ...}",
                              node->text, node->text);
    for (size_t f = 0; f < design->factor_count; f++) {
        const struct pl_axis *axis = &design->factors[f];
        for (size_t i = 0; axis->choices && i < axis->choices[0].count; i++)
            if (strcmp(axis->choices[0].items[i].key, node->text) == 0)
                return pl_fail_at(node->place,
                                  "%s is set by the choices of %s; say where: {%s: %s}, or another "
                                  "of its values",
                                  node->text, axis->key, axis->key, axis->values[0]);
    }
    return pl_names_fail(names, node->place, node->text, "it samples {and}",
                         "where names %s, which is no axis that the design samples",
                         pl_quoted(shown, node->text));
}

enum pl_status pl_claim_read_where(struct pl_claim_reader *reader, const struct pl_yaml *node,
                                   const struct pl_claim_key *key) {
    const struct pl_design *design = reader->experiment->design;
    if (!design) return PL_OK; /* which the claim within complains of */
    if (node->kind != PL_YAML_MAP || node->count == 0)
        return pl_fail_at(node->place,
                          "%s takes a mapping from axes that the design samples to values, such as "
                          "{%s: %s}",
                          key->name, design->factors[0].key, design->factors[0].values[0]);
    for (size_t i = 0; i < node->count; i++) {
        size_t factor;
        PL_TRY(find_factor(&factor, reader, node->keys[i]));
        PL_TRY(read_value(reader, node->keys[i], node->values[i], &design->factors[factor],
                          &reader->claim->where[factor]));
    }
    return PL_OK;
}

enum pl_status pl_claim_read_share(struct pl_claim_reader *reader, const struct pl_yaml *node,
                                   const struct pl_claim_key *key) {
    char shown[PL_QUOTED];
    double *share = &reader->claim->share;
    PL_TRY(want_scalar(node, key->name));
    bool least = strncmp(node->text, ">=", 2) == 0, most = strncmp(node->text, "<=", 2) == 0;
    if (!least && !most)
        return pl_fail_at(node->place,
                          "%s is %s; it takes a share of readings in quotes, such as \">= 0.9\" or "
                          "\"<= 0.1\"",
                          key->name, pl_quoted(shown, node->text));
    const char *digits = node->text + 2 + strspn(node->text + 2, " ");
    PL_TRY(number(share, node, key->name, digits, 0, 1));
    reader->claim->at_most = most;
    if (*share > 0.0 && *share < 1.0) return PL_OK;
    return pl_fail_at(node->place,
                      "%s is %s, and a sample of readings can show neither none nor all of them; "
                      "take a share between, such as \"%s\"",
                      key->name, pl_quoted(shown, node->text), most ? "<= 0.05" : ">= 0.95");
}

enum pl_status pl_claim_read_word(struct pl_claim_reader *reader, const struct pl_yaml *node,
                                  const struct pl_claim_key *key) {
    char shown[PL_QUOTED];
    (void)reader;
    PL_TRY(want_scalar(node, key->name));
    if (strcmp(node->text, key->detail) == 0) return PL_OK;
    return pl_fail_at(node->place, "%s is %s; it takes %s", key->name, pl_quoted(shown, node->text),
                      (const char *)key->detail);
}
