/* A struct pl_study, whose shape was checked, becomes a struct pl_experiment: names are resolved,
 * values canonical. Order counts (resolve): tasks and variants come first, since they say which rows a
 * key is held against; axes come before entries, which may not set an axis; entries before baseline
 * and claims, which name labels. Every string belongs to the arena of the experiment. */
#include "experiments/study/experiment.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/vec.h"
#include "core/config/quote.h"
#include "core/train/metric.h"
#include "experiments/study/claims.h"
#include "experiments/study/design.h"
#include "experiments/study/locate.h"
#include "experiments/study/options.h"
#include "experiments/study/select.h"
#include "experiments/study/study.h"

#define SEEDS_MOST 100000

struct loader {
    struct pl_experiment *out;
    struct pl_study study;
    struct pl_scope scope;
    PL_VEC(const struct pl_host_kind *) hosts;
    PL_VEC(const struct pl_task *) tasks;
    PL_VEC(const struct pl_residual *) variants;
};

static struct pl_arena *arena_of(struct loader *loader) {
    return &loader->out->arena;
}

static const struct pl_study_axis *find_axis(const struct pl_study *study, const char *key) {
    for (size_t i = 0; i < study->axes.count; i++) {
        if (strcmp(study->axes.items[i].key, key) == 0) return &study->axes.items[i];
    }
    return NULL;
}

static const struct pl_given *find_setting(const struct pl_study *study, const char *key) {
    for (size_t i = 0; i < study->settings.count; i++) {
        if (strcmp(study->settings.items[i].key, key) == 0) return &study->settings.items[i];
    }
    return NULL;
}

/* ---- what stands there twice --------------------------------------------------------------- */

static int by_seed(const void *a, const void *b) {
    uint64_t x = **(const uint64_t *const *)a, y = **(const uint64_t *const *)b;
    return (x > y) - (x < y);
}

static int by_text(const void *a, const void *b) {
    return strcmp(**(const char *const *const *)a, **(const char *const *const *)b);
}

/* The index of the first item that is equal to an earlier one, or [count]. [order] compares two pointers to
 * items, as qsort gives them. */
static size_t find_repeat(const void *items, size_t count, size_t size,
                          int (*order)(const void *, const void *)) {
    const char **sorted = pl_alloc_zero(count + 1, sizeof *sorted);
    size_t found = count;
    for (size_t i = 0; i < count; i++) sorted[i] = (const char *)items + i * size;
    qsort(sorted, count, sizeof *sorted, order);
    for (size_t i = 1; i < count; i++) {
        if (order(&sorted[i - 1], &sorted[i]) != 0) continue;
        const char *later = sorted[i - 1] > sorted[i] ? sorted[i - 1] : sorted[i];
        size_t index = (size_t)(later - (const char *)items) / size;
        if (index < found) found = index;
    }
    pl_free(sorted);
    return found;
}

/* ---- the scope: which tasks and variants there are ---------------------------------------- */

/* The [index]th text that the sweep gives [key]: as values of that axis, or in choices; NULL after the
 * last. */
static const char *swept(const struct pl_study *study, const char *key, size_t index,
                         struct pl_place *place) {
    for (size_t a = 0; a < study->axes.count; a++) {
        const struct pl_study_axis *axis = &study->axes.items[a];
        for (size_t v = 0; v < axis->values.count && strcmp(axis->key, key) == 0; v++) {
            *place = axis->values.items[v].place;
            if (index-- == 0) return axis->values.items[v].text;
        }
        for (size_t c = 0; c < axis->choices.count; c++) {
            const struct pl_study_choice *choice = &axis->choices.items[c];
            for (size_t i = 0; i < choice->settings.count; i++) {
                if (strcmp(choice->settings.items[i].key, key) != 0) continue;
                *place = choice->settings.items[i].place;
                if (index-- == 0) return choice->settings.items[i].text;
            }
        }
    }
    return NULL;
}

static enum pl_status add_task(struct loader *loader, const char *name, struct pl_place place) {
    const struct pl_task *task;
    if (pl_task_find(&task, name) != PL_OK) return pl_fail_at(place, "%s", pl_message());
    PL_VEC_PUSH(&loader->tasks, task);
    return PL_OK;
}

static enum pl_status find_tasks(struct loader *loader) {
    const struct pl_study *study = &loader->study;
    const struct pl_given *given = find_setting(study, "task.name");
    struct pl_place place;
    const char *name;
    for (size_t i = 0; (name = swept(study, "task.name", i, &place)); i++)
        PL_TRY(add_task(loader, name, place));
    if (given && (loader->tasks.count == 0 || !find_axis(study, "task.name")))
        PL_TRY(add_task(loader, given->text, given->place));
    if (loader->tasks.count == 0)
        return pl_fail_at(study->top, "the study names no task; add task: {name: TASK}, as "
                                      "`plumbline list tasks` shows them");
    loader->scope.tasks = loader->tasks.items;
    loader->scope.task_count = loader->tasks.count;
    return PL_OK;
}

/* The kind that [entry] has of its own; NULL: that of the study. */
static const struct pl_given *own_kind(const struct pl_study_entry *entry) {
    for (size_t i = 0; i < entry->overrides.count; i++)
        if (strcmp(entry->overrides.items[i].key, "model.kind") == 0)
            return &entry->overrides.items[i];
    return NULL;
}

/* [name] NULL: the default. Of an unknown word the row of model.kind complains. */
static void add_host(struct loader *loader, const char *name) {
    const struct pl_host_kind *host;
    if (pl_host_find(&host, name) != PL_OK) host = pl_host_kinds[0];
    for (size_t i = 0; i < loader->hosts.count; i++)
        if (loader->hosts.items[i] == host) return;
    PL_VEC_PUSH(&loader->hosts, host);
}

static void find_hosts(struct loader *loader) {
    const struct pl_study *study = &loader->study;
    const struct pl_given *given = find_setting(study, "model.kind");
    struct pl_place place;
    const char *name;
    for (size_t i = 0; (name = swept(study, "model.kind", i, &place)); i++) add_host(loader, name);
    if (!find_axis(study, "model.kind")) add_host(loader, given ? given->text : NULL);
    for (size_t i = 0; i < study->entries.count; i++)
        if (own_kind(&study->entries.items[i]))
            add_host(loader, own_kind(&study->entries.items[i])->text);
    loader->scope.hosts = loader->hosts.items;
    loader->scope.host_count = loader->hosts.count;
}

static enum pl_status find_variants(struct loader *loader) {
    for (size_t i = 0; i < loader->study.entries.count; i++) {
        const struct pl_study_entry *entry = &loader->study.entries.items[i];
        const struct pl_residual *variant;
        bool known = false;
        if (pl_residual_find(&variant, entry->name) != PL_OK)
            return pl_fail_at(entry->name_place, "%s", pl_message());
        for (size_t j = 0; j < loader->variants.count && !known; j++)
            known = loader->variants.items[j] == variant;
        if (!known) PL_VEC_PUSH(&loader->variants, variant);
    }
    loader->scope.variants = loader->variants.items;
    loader->scope.variant_count = loader->variants.count;
    return PL_OK;
}

/* ---- fixed settings ----------------------------------------------------------------------- */

/* Limits and diagnostics are no part of a cell. */
static enum pl_status bind_study(struct loader *loader, const struct pl_settings *settings) {
    struct pl_experiment *out = loader->out;
    struct pl_limits limits;
    PL_TRY(pl_settings_bind(settings, &pl_limits_options, &limits, arena_of(loader)));
    PL_TRY(pl_settings_bind(settings, &pl_probe_options, &out->diagnostics, arena_of(loader)));
    pl_probe_settle(&out->diagnostics);
    out->cell_seconds = limits.cell_seconds;
    out->hours = limits.hours;
    out->checkpoint_minutes = limits.checkpoint_minutes;
    return PL_OK;
}

static enum pl_status set_base(struct loader *loader) {
    struct pl_settings own = {0};
    enum pl_status status = PL_OK;
    for (size_t i = 0; i < loader->study.settings.count && status == PL_OK; i++) {
        const struct pl_given *given = &loader->study.settings.items[i];
        const char *value;
        status = pl_scope_canonical(&loader->scope, given, arena_of(loader), &value);
        if (status == PL_OK)
            pl_settings_set(pl_options_of_study(given->key) ? &own : &loader->out->base, given->key,
                            value, given->place);
    }
    if (status == PL_OK) status = bind_study(loader, &own);
    pl_settings_finish(&own);
    return status;
}

/* ---- axes --------------------------------------------------------------------------------- */

/* Whether [key] is an option that [variant] lacks. */
static bool is_foreign(const char *key, const char *variant) {
    const struct pl_residual *row;
    return variant && strncmp(key, "variant.", 8) == 0 &&
           pl_residual_find(&row, variant) == PL_OK && !pl_option_find(&row->options, key + 8);
}

/* An option of variants is held against those that have it; when none has, against all. One of a task is
 * held against the task that the same choice names; when it names none, against all. */
static enum pl_status canonical_choice(struct loader *loader, const struct pl_study_choice *from,
                                       const struct pl_given *given, const char **out) {
    struct pl_scope scope = loader->scope;
    const struct pl_task *task = NULL;
    for (size_t i = 0; i < from->settings.count; i++)
        if (strcmp(from->settings.items[i].key, "task.name") == 0)
            PL_TRY(pl_task_find(&task, from->settings.items[i].text));
    if (task) {
        scope.tasks = &task;
        scope.task_count = 1;
    }
    PL_VEC(const struct pl_residual *) having = {0};
    for (size_t i = 0; i < scope.variant_count; i++)
        if (!is_foreign(given->key, scope.variants[i]->name))
            PL_VEC_PUSH(&having, scope.variants[i]);
    if (having.count) {
        scope.variants = having.items;
        scope.variant_count = having.count;
    }
    enum pl_status status = pl_scope_canonical(&scope, given, arena_of(loader), out);
    PL_VEC_FINISH(&having);
    return status;
}

/* Two axes that set one thing would hide each other. */
static enum pl_status check_other_choices(const struct pl_study *study,
                                          const struct pl_study_axis *own,
                                          const struct pl_given *given) {
    for (size_t a = 0; a < study->axes.count; a++) {
        const struct pl_study_axis *axis = &study->axes.items[a];
        for (size_t c = 0; c < axis->choices.count && axis != own; c++)
            for (size_t i = 0; i < axis->choices.items[c].settings.count; i++)
                if (strcmp(axis->choices.items[c].settings.items[i].key, given->key) == 0)
                    return pl_fail_at(given->key_place,
                                      "the axes %s and %s both set %s; keep it in one of the two",
                                      axis->key, own->key, given->key);
    }
    return PL_OK;
}

/* The settings of one choice; what the command line sets for the whole study is left out. */
static enum pl_status set_choice(struct loader *loader, struct pl_axis_choice *choice,
                                 const struct pl_study_axis *axis,
                                 const struct pl_study_choice *from) {
    const struct pl_study *study = &loader->study;
    struct pl_setting *items =
        PL_ARENA_ARRAY(arena_of(loader), struct pl_setting, from->settings.count + 1);
    *choice = (struct pl_axis_choice){.items = items};
    for (size_t i = 0; i < from->settings.count; i++) {
        const struct pl_given *given = &from->settings.items[i];
        const struct pl_given *fixed = find_setting(study, given->key);
        const char *value;
        if (pl_options_of_study(given->key) || find_axis(study, given->key))
            return pl_fail_at(given->key_place,
                              "%s is %s, so the choice \"%s\" cannot set it; keep it in one place",
                              given->key,
                              find_axis(study, given->key) ? "an axis of the sweep"
                                                           : "a setting of the whole study",
                              from->name);
        PL_TRY(canonical_choice(loader, from, given, &value));
        PL_TRY(check_other_choices(study, axis, given));
        if (fixed && pl_place_commanded(fixed->place)) continue;
        items[choice->count++] = (struct pl_setting){given->key, value, given->place};
    }
    return PL_OK;
}

static enum pl_status find_choice(const struct pl_study_axis *from,
                                  const struct pl_sweep_value *value,
                                  const struct pl_study_choice **out) {
    char shown[PL_QUOTED];
    struct pl_names names =
        PL_NAMES(struct pl_study_choice, name, from->choices.items, from->choices.count);
    size_t row = pl_names_find(names, value->text);
    if (row == from->choices.count)
        return pl_names_fail(names, value->place, value->text, "it has {and}",
                             "the axis %s has no choice %s", from->key,
                             pl_quoted(shown, value->text));
    *out = &from->choices.items[row];
    return PL_OK;
}

static enum pl_status set_axis_values(struct loader *loader, struct pl_axis *axis,
                                      const struct pl_study_axis *from) {
    struct pl_arena *arena = arena_of(loader);
    struct pl_axis_choice *choices = NULL;
    axis->values = PL_ARENA_ARRAY(arena, const char *, from->values.count);
    if (from->choices.count)
        choices = PL_ARENA_ARRAY(arena, struct pl_axis_choice, from->values.count);
    axis->choices = choices;
    for (size_t i = 0; i < from->values.count; i++) {
        const struct pl_sweep_value *value = &from->values.items[i];
        if (choices) {
            const struct pl_study_choice *choice = NULL;
            PL_TRY(find_choice(from, value, &choice));
            PL_TRY(set_choice(loader, &choices[i], from, choice));
            axis->values[i] = choice->name;
        } else {
            const struct pl_given given = {from->key, from->key_place, value->text, value->place};
            PL_TRY(pl_scope_canonical(&loader->scope, &given, arena, &axis->values[i]));
        }
    }
    axis->count = from->values.count;
    size_t twice = find_repeat(axis->values, axis->count, sizeof *axis->values, by_text);
    if (twice == axis->count) return PL_OK;
    return pl_fail_at(from->values.items[twice].place,
                      "the axis %s has the value %s twice; each value of an axis stands once",
                      from->key, axis->values[twice]);
}

static enum pl_status set_axes(struct loader *loader) {
    const struct pl_study *study = &loader->study;
    struct pl_experiment *out = loader->out;
    if (study->axes.count > PL_STUDY_AXES)
        return pl_fail_at(study->axes.items[PL_STUDY_AXES].key_place,
                          "the study has %zu axes; it takes at most %d, so fix some settings",
                          study->axes.count, PL_STUDY_AXES);
    out->axes = PL_ARENA_ARRAY(&out->arena, struct pl_axis, study->axes.count);
    for (size_t i = 0; i < study->axes.count; i++) {
        const struct pl_study_axis *from = &study->axes.items[i];
        if (pl_options_of_study(from->key))
            return pl_fail_at(from->key_place,
                              "%s is a setting of the whole study and no axis; write "
                              "it under \"%.*s:\"",
                              from->key, (int)strcspn(from->key, "."), from->key);
        out->axes[i] = (struct pl_axis){.key = from->key, .place = from->place};
        PL_TRY(set_axis_values(loader, &out->axes[i], from));
        out->axis_count++;
    }
    return PL_OK;
}

/* ---- entries ------------------------------------------------------------------------------ */

/* What a choice sets, an entry may set otherwise: its own value then stands along that axis. */
static enum pl_status check_override(struct loader *loader, const struct pl_study_entry *from,
                                     const struct pl_entry *entry, const struct pl_given *given) {
    if (strncmp(given->key, "task.", 5) == 0 || pl_options_of_study(given->key) ||
        strcmp(given->key, "backend") == 0)
        return pl_fail_at(given->key_place,
                          "an entry sets model.*, train.* and options of its "
                          "variant; %s is the same for all entries, or they could "
                          "not be compared",
                          given->key);
    if (find_axis(&loader->study, given->key))
        return pl_fail_at(given->key_place,
                          "the entry \"%s\" sets %s, which is also an axis of the "
                          "sweep; keep it in one of the two",
                          from->label, given->key);
    if (pl_settings_get(&entry->overrides, given->key))
        return pl_fail_at(given->key_place, "the entry \"%s\" sets %s twice", from->label,
                          given->key);
    return PL_OK;
}

static enum pl_status set_entry(struct loader *loader, struct pl_entry *entry,
                                const struct pl_study_entry *from) {
    const struct pl_residual *variant;
    PL_TRY(pl_residual_find(&variant, from->name));
    struct pl_scope scope = loader->scope;
    scope.variants = &variant;
    scope.variant_count = 1;
    const struct pl_host_kind *host;
    if (own_kind(from) && pl_host_find(&host, own_kind(from)->text) == PL_OK) {
        scope.hosts = &host;
        scope.host_count = 1;
    }
    *entry = (struct pl_entry){variant->name, from->label, {0}, from->place};
    for (size_t i = 0; i < from->overrides.count; i++) {
        const struct pl_given *given = &from->overrides.items[i];
        const struct pl_given *fixed = find_setting(&loader->study, given->key);
        const char *value;
        PL_TRY(check_override(loader, from, entry, given));
        PL_TRY(pl_scope_canonical(&scope, given, arena_of(loader), &value));
        if (fixed && pl_place_commanded(fixed->place)) continue; /* the command line has the word */
        pl_settings_set(&entry->overrides, given->key, value, given->place);
    }
    return PL_OK;
}

static enum pl_status check_label(const struct loader *loader, size_t index) {
    const struct pl_study_entry *entries = loader->study.entries.items;
    for (size_t i = 0; i < index; i++) {
        if (strcmp(entries[i].label, entries[index].label) == 0)
            return pl_fail_at(
                entries[index].label_place,
                "the label \"%s\" is taken by an earlier entry; give this one a label "
                "of its own, {name: %s, label: ...}",
                entries[index].label, entries[index].name);
    }
    return PL_OK;
}

static enum pl_status set_entries(struct loader *loader) {
    struct pl_experiment *out = loader->out;
    size_t count = loader->study.entries.count;
    out->entries = PL_ARENA_ARRAY(&out->arena, struct pl_entry, count);
    for (size_t i = 0; i < count; i++) {
        PL_TRY(check_label(loader, i));
        out->entry_count++; /* before it is set: what is half made is ended as well */
        PL_TRY(set_entry(loader, &out->entries[i], &loader->study.entries.items[i]));
    }
    return PL_OK;
}

static enum pl_status set_baseline(struct loader *loader) {
    struct pl_experiment *out = loader->out;
    const char *wanted = loader->study.baseline;
    struct pl_names labels = PL_NAMES(struct pl_entry, label, out->entries, out->entry_count);
    char shown[PL_QUOTED];
    size_t entry = wanted ? pl_names_find(labels, wanted) : 0;
    if (entry == out->entry_count)
        return pl_names_fail(labels, loader->study.baseline_place, wanted,
                             "it takes the label of an entry: {or}",
                             "the baseline %s is no label of this study", pl_quoted(shown, wanted));
    out->baseline = out->entries[entry].label;
    return PL_OK;
}

static enum pl_status set_match(struct loader *loader) {
    const char *wanted = loader->study.match;
    char shown[PL_QUOTED];
    loader->out->match_params = wanted && strcmp(wanted, "params") == 0;
    if (!wanted || loader->out->match_params || strcmp(wanted, "none") == 0) return PL_OK;
    return pl_fail_at(loader->study.match_place, "match is %s; it takes none or params",
                      pl_quoted(shown, wanted));
}

/* ---- budget ------------------------------------------------------------------------------- */

/* Values that compute can grow with: numbers above 0, two at least. */
static bool is_budget(const struct pl_axis *axis) {
    bool grows = strcmp(axis->key, "train.steps") == 0 || strncmp(axis->key, "model.", 6) == 0;
    for (size_t i = 0; i < axis->count && grows; i++) {
        char *end;
        double value = strtod(axis->values[i], &end);
        grows = *end == '\0' && isfinite(value) && value > 0.0;
    }
    return grows && axis->count > 1;
}

static enum pl_status set_budget(struct loader *loader) {
    struct pl_experiment *out = loader->out;
    const char *wanted = loader->study.budget;
    struct pl_place place = loader->study.budget_place;
    char shown[PL_QUOTED];
    const char *keys[PL_STUDY_AXES];
    for (size_t i = 0; i < out->axis_count && wanted; i++) {
        keys[i] = out->axes[i].key;
        if (strcmp(keys[i], wanted) != 0) continue;
        if (!is_budget(&out->axes[i]))
            return pl_fail_at(
                place,
                "the budget is %s, and compute does not grow along that axis; name an "
                "axis of two or more numbers above 0: train.steps, model.width, "
                "model.hidden or model.depth",
                pl_quoted(shown, wanted));
        if (out->select.over && strcmp(out->select.over, wanted) == 0)
            return pl_fail_at(place,
                              "the budget %s is what select chooses over; budgets are compared, so "
                              "they cannot be chosen among",
                              pl_quoted(shown, wanted));
        out->budget = keys[i];
        return PL_OK;
    }
    if (!wanted) return PL_OK;
    return pl_names_fail(PL_NAME_LIST(keys, out->axis_count), place, wanted,
                         "it takes one along which compute grows, such as train.steps: [100, 200, "
                         "400]",
                         "the budget %s is no axis of the sweep", pl_quoted(shown, wanted));
}

/* ---- seeds -------------------------------------------------------------------------------- */

struct seed {
    long value;
};
static const struct pl_option seed_row = {
    "a seed", PL_TYPE_INT, 0, "1", 0, 9.2e18, NULL, "what keys the random streams of a cell"};
static const struct pl_option seed_count_row = {
    "seeds", PL_TYPE_INT, 0, "1", 1, SEEDS_MOST, NULL, "how many seeds, from 1 on"};

static enum pl_status list_seeds(struct loader *loader) {
    struct pl_experiment *out = loader->out;
    const struct pl_sweep *seeds = &loader->study.seeds;
    out->seeds = PL_ARENA_ARRAY(&out->arena, uint64_t, seeds->count);
    for (size_t i = 0; i < seeds->count; i++) {
        const struct pl_sweep_value *value = &seeds->items[i];
        struct seed seed;
        if (pl_option_store(&seed_row, value->text, &seed, &out->arena) != PL_OK)
            return pl_fail_at(value->place, "%s", pl_message());
        out->seeds[out->seed_count++] = (uint64_t)seed.value;
    }
    size_t twice = find_repeat(out->seeds, out->seed_count, sizeof *out->seeds, by_seed);
    if (twice == out->seed_count) return PL_OK;
    return pl_fail_at(seeds->items[twice].place,
                      "the seed %llu stands there twice; a seed repeats the same numbers, so list "
                      "each once",
                      (unsigned long long)out->seeds[twice]);
}

static enum pl_status count_seeds(struct loader *loader) {
    struct pl_experiment *out = loader->out;
    struct seed count;
    if (pl_option_store(&seed_count_row, loader->study.seeds.items[0].text, &count, &out->arena) !=
        PL_OK)
        return pl_fail_at(loader->study.seeds_place, "%s", pl_message());
    out->seeds = PL_ARENA_ARRAY(&out->arena, uint64_t, (size_t)count.value);
    while (out->seed_count < (size_t)count.value) {
        out->seeds[out->seed_count] = out->seed_count + 1;
        out->seed_count++;
    }
    return PL_OK;
}

/* ---- the whole ---------------------------------------------------------------------------- */

static enum pl_status resolve(struct loader *loader) {
    struct pl_experiment *out = loader->out;
    out->name = loader->study.name;
    out->question = loader->study.question;
    find_hosts(loader);
    PL_TRY(find_tasks(loader));
    PL_TRY(find_variants(loader));
    PL_TRY(set_base(loader));
    PL_TRY(set_axes(loader));
    PL_TRY(pl_design_draw(out, &loader->study));
    PL_TRY(set_entries(loader));
    PL_TRY(set_baseline(loader));
    /* What a report can compare: any loss. */
    loader->out->metric = loader->study.metric;
    if (loader->study.metric)
        PL_TRY(pl_metric_check(loader->study.metric, PL_METRIC_COMPARE, loader->study.metric_place,
                               "the metric is"));
    PL_TRY(set_match(loader));
    PL_TRY(loader->study.seeds_listed ? list_seeds(loader) : count_seeds(loader));
    PL_TRY(pl_select_read(out, loader->study.select, loader->study.select_by));
    PL_TRY(set_budget(loader));
    return pl_claims_read(out, &loader->scope, loader->study.claims);
}

static enum pl_status load(struct pl_experiment *out, const struct pl_yaml *root,
                           const char *const *overrides, size_t override_count) {
    struct loader loader = {.out = out, .study = {.arena = &out->arena}};
    enum pl_status status = pl_study_read(&loader.study, root);
    out->commanded = "";
    for (size_t i = 0; i < override_count && status == PL_OK; i++) {
        status = pl_study_override(&loader.study, overrides[i]);
        out->commanded =
            pl_arena_printf(&out->arena, "%s%s%s", out->commanded, i ? " " : "", overrides[i]);
    }
    if (status == PL_OK) status = resolve(&loader);
    PL_VEC_FINISH(&loader.variants);
    PL_VEC_FINISH(&loader.tasks);
    PL_VEC_FINISH(&loader.hosts);
    pl_study_finish(&loader.study);
    if (status != PL_OK) pl_experiment_finish(out);
    return status;
}

enum pl_status pl_experiment_load(struct pl_experiment *out, const char *path,
                                  const char *const *overrides, size_t override_count) {
    const struct pl_yaml *root;
    *out = (struct pl_experiment){0};
    enum pl_status status = pl_study_locate(&path, path, &out->arena);
    out->path = pl_arena_strdup(&out->arena, path);
    if (status == PL_OK) status = pl_yaml_load_file(&root, &out->arena, path, &out->source);
    if (status == PL_OK) return load(out, root, overrides, override_count);
    pl_experiment_finish(out);
    return status;
}

enum pl_status pl_experiment_load_text(struct pl_experiment *out, const char *name,
                                       const char *text, size_t length,
                                       const char *const *overrides, size_t override_count) {
    const struct pl_yaml *root;
    *out = (struct pl_experiment){0};
    out->path = pl_arena_strdup(&out->arena, name);
    out->source = pl_arena_strndup(&out->arena, text, length);
    enum pl_status status = pl_yaml_load_text(&root, &out->arena, name, text, length);
    if (status == PL_OK) return load(out, root, overrides, override_count);
    pl_experiment_finish(out);
    return status;
}

void pl_experiment_finish(struct pl_experiment *experiment) {
    if (!experiment) return;
    for (size_t i = 0; i < experiment->entry_count; i++)
        pl_settings_finish(&experiment->entries[i].overrides);
    pl_settings_finish(&experiment->base);
    pl_arena_finish(&experiment->arena);
    *experiment = (struct pl_experiment){0};
}

size_t pl_experiment_points(const struct pl_experiment *experiment) {
    size_t points = 1;
    for (size_t k = 0; k < experiment->axis_count; k++) points *= experiment->axes[k].count;
    return points;
}

void pl_axis_set(const struct pl_axis *axis, size_t index, const char *variant,
                 struct pl_settings *out) {
    if (!axis->choices) {
        pl_settings_set(out, axis->key, axis->values[index], axis->place);
        return;
    }
    for (size_t i = 0; i < axis->choices[index].count; i++) {
        const struct pl_setting *item = &axis->choices[index].items[i];
        if (is_foreign(item->key, variant)) continue;
        pl_settings_set(out, item->key, item->value, item->place);
    }
}

size_t pl_experiment_axis_index(const struct pl_experiment *experiment, size_t point, size_t axis) {
    for (size_t k = experiment->axis_count; k-- > axis + 1;) point /= experiment->axes[k].count;
    return point % experiment->axes[axis].count;
}

void pl_experiment_power_note(const struct pl_experiment *experiment, struct pl_strbuf *out) {
    size_t m = experiment->entry_count - 1, n = experiment->seed_count, needed = 1;
    for (double p = 1; p * (double)m > PL_ALPHA; p /= 2) needed++;
    if (m == 0 || n >= needed) return;
    pl_strbuf_addf(out,
                   "With %zu seed%s no difference can be established: %zu comparison%s at a point "
                   "of the axes need%s at least %zu seeds to reach p = %g after Holm's correction.",
                   n, n == 1 ? "" : "s", m, m == 1 ? "" : "s", m == 1 ? "s" : "", needed, PL_ALPHA);
}
