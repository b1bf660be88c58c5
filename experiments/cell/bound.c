/* The steps below each fill a part of struct pl_bound from its settings, in the order of the calls in
 * bind(). A later step may read what an earlier one filled. Steps add settings only with strings of
 * bound->arena. Binding is idempotent: the settings of a bound cell bind to the same cell again. */
#include "experiments/cell/bound.h"

#include <stdlib.h>
#include <string.h>

#include "core/train/schedule.h"
#include "experiments/cell/match.h"

#define DEFAULT_BACKEND "cpu"
#define DEFAULT_VARIANT "standard"

static const struct pl_place no_place = {"default", 0, 0};

static struct pl_place place_of(const struct pl_bound *bound, const char *key) {
    const struct pl_setting *setting = pl_settings_get(&bound->settings, key);
    if (!setting) setting = pl_settings_get(&bound->settings, "variant.name");
    return setting->place;
}

/* Adds where the message of the last failure comes from: [key] of [section], bare or dotted; NULL for
 * the section as a whole, whose place is the entry's. */
static enum pl_status fail_check(const struct pl_bound *bound, const char *section,
                                 const char *key) {
    struct pl_arena arena = {0};
    if (!key)
        key = "variant.name";
    else if (!strchr(key, '.'))
        key = pl_arena_printf(&arena, "%s.%s", section, key);
    enum pl_status status = pl_fail_at(place_of(bound, key), "in %s: %s", section, pl_message());
    pl_arena_finish(&arena);
    return status;
}

/* Adds the place of the setting [key] to the refusal of its name; PL_OK stays. */
static enum pl_status place_name(const struct pl_bound *bound, const char *key,
                                 enum pl_status status) {
    struct pl_place place = place_of(bound, key);
    if (status == PL_OK) return PL_OK;
    return pl_fail_within(status, "%s:%d:%d", place.file, place.line, place.column);
}

static void set(struct pl_bound *bound, const char *key, const char *value) {
    pl_settings_set(&bound->settings, key, value, place_of(bound, key));
}

static void set_whole(struct pl_bound *bound, const char *key, long value) {
    set(bound, key, pl_arena_printf(&bound->arena, "%ld", value));
}

/* ---- defaults ----------------------------------------------------------------------------- */

static enum pl_status add_defaults(struct pl_bound *bound) {
    struct pl_settings *settings = &bound->settings;
    const struct pl_host_kind *host;
    const struct pl_residual *variant;
    if (!pl_settings_get(settings, "variant.name"))
        pl_settings_set(settings, "variant.name", DEFAULT_VARIANT, no_place);
    if (!pl_settings_get(settings, "backend")) set(bound, "backend", DEFAULT_BACKEND);
    PL_TRY(place_name(bound, "model.kind",
                      pl_host_find(&host, pl_settings_value(settings, "model.kind", NULL))));
    PL_TRY(place_name(bound, "task.name",
                      pl_task_find(&bound->task, pl_settings_value(settings, "task.name", ""))));
    PL_TRY(place_name(bound, "variant.name",
                      pl_residual_find(&variant, pl_settings_value(settings, "variant.name", ""))));
    PL_TRY(pl_settings_add_defaults(settings, &host->options, &bound->arena));
    PL_TRY(pl_settings_add_defaults(settings, &pl_train_options, &bound->arena));
    PL_TRY(pl_settings_add_defaults(settings, &bound->task->options, &bound->arena));
    PL_TRY(pl_settings_add_defaults(settings, &variant->options, &bound->arena));

    /* A default that does not fit is complained of where somebody can change it. */
    struct pl_place task = place_of(bound, "task.name"), entry = place_of(bound, "variant.name");
    for (size_t i = 0; i < bound->settings.count; i++) {
        struct pl_setting *item = &bound->settings.items[i];
        if (item->place.line != 0 || strcmp(item->place.file, no_place.file) != 0) continue;
        item->place = strncmp(item->key, "task.", 5) == 0 ? task : entry;
    }

    return PL_OK;
}

/* ---- the parts ---------------------------------------------------------------------------- */

enum pl_status pl_bound_task(const struct pl_task **task, const void **options,
                             const struct pl_settings *settings, struct pl_arena *arena) {
    PL_TRY(pl_task_find(task, pl_settings_value(settings, "task.name", "")));
    void *target = pl_arena_alloc(arena, (*task)->options_size);
    *options = target;
    return pl_settings_bind(settings, &(*task)->options, target, arena);
}

enum pl_status pl_bound_task_read(const struct pl_task **task, const void **options,
                                  const char *text, struct pl_arena *arena) {
    struct pl_settings settings = {0};
    enum pl_status status = pl_settings_read(&settings, arena, text);
    if (status == PL_OK) status = pl_bound_task(task, options, &settings, arena);
    pl_settings_finish(&settings);
    return status;
}

static enum pl_status bind_task(struct pl_bound *bound) {
    const char *key = NULL;
    PL_TRY(pl_bound_task(&bound->task, &bound->task_options, &bound->settings, &bound->arena));
    if (bound->task->check(bound->task_options, &key) != PL_OK)
        return fail_check(bound, "task", key);
    bound->task->shape(bound->task_options, &bound->shape);
    bound->io = (struct pl_model_io){.in = bound->shape.in,
                                     .out = bound->shape.out,
                                     .classes = bound->shape.target == PL_TARGET_CLASS,
                                     .ids = bound->shape.input == PL_INPUT_ID,
                                     .tokens = bound->shape.tokens,
                                     .asked = bound->shape.asked};
    return PL_OK;
}

/* What the task reads from outside is part of what the cell is. A hash that is there already is that of the plan, which
 * the task holds against what it reads. */
static enum pl_status bind_contents(struct pl_bound *bound) {
    const struct pl_task *task = bound->task;
    char hash[PL_HASH_TEXT];
    if (!task->contents || *pl_settings_value(&bound->settings, "task.hash", "")) return PL_OK;
    if (task->contents(bound->task_options, hash) != PL_OK) return fail_check(bound, "task", NULL);
    if (!*hash) return PL_OK;
    set(bound, "task.hash", pl_arena_strdup(&bound->arena, hash));
    return pl_bound_task(&bound->task, &bound->task_options, &bound->settings, &bound->arena);
}

/* A task may measure its data by the model, which is known only now. */
static enum pl_status bind_samples(struct pl_bound *bound) {
    const struct pl_task *task = bound->task;
    if (!task->samples) return PL_OK;
    size_t params = pl_match_params(&bound->model, &bound->io);
    double samples = task->samples(bound->task_options, (double)params);
    const struct pl_option *row = pl_option_find(&task->options, "samples");
    if (samples == 0) return PL_OK;
    if (!(samples >= row->min && samples <= row->max))
        return pl_fail_at(place_of(bound, "task.name"),
                          "the task %s asks for %.6g training samples for a model of %zu trained "
                          "parameters; it takes from %.0f to %.0f",
                          task->name, samples, params, row->min, row->max);
    pl_settings_set(&bound->settings, "task.samples",
                    pl_arena_printf(&bound->arena, "%.0f", samples), place_of(bound, "task.name"));
    return pl_bound_task(&bound->task, &bound->task_options, &bound->settings, &bound->arena);
}

static enum pl_status bind_train(struct pl_bound *bound) {
    const char *key = NULL;
    PL_TRY(pl_settings_bind(&bound->settings, &pl_train_options, &bound->train, &bound->arena));
    if (pl_train_check(&bound->train, &key) != PL_OK) return fail_check(bound, "train", key);
    return PL_OK;
}

/* ---- the whole ---------------------------------------------------------------------------- */

static enum pl_status bind(struct pl_bound *bound, size_t params) {
    const struct pl_settings *settings = &bound->settings;
    PL_TRY(add_defaults(bound));
    PL_TRY(
        place_name(bound, "backend",
                   pl_backend_find(&bound->backend, pl_settings_value(settings, "backend", ""))));
    bound->seed = strtoull(pl_settings_value(settings, "seed", "1"), NULL, 10);
    PL_TRY(bind_task(bound));
    PL_TRY(bind_contents(bound));
    PL_TRY(pl_model_bind(&bound->model, &bound->settings, &bound->arena));
    PL_TRY(pl_model_fit(&bound->model, &bound->settings, &bound->io));
    if (params != 0 && pl_match_hidden(&bound->model, &bound->io, params) != PL_OK)
        return pl_fail_at(place_of(bound, "variant.name"), "%s", pl_message());
    PL_TRY(bind_samples(bound));
    PL_TRY(bind_train(bound));
    PL_TRY(pl_settings_bind(settings, &pl_probe_options, &bound->diagnostics, &bound->arena));
    pl_probe_settle(&bound->diagnostics);

    /* The settings say what `auto` came to, so that asking for it by name is the same cell. */
    const struct pl_host *host = &bound->model.host;
    const struct pl_schedule_rule *schedule = pl_schedule_at(bound->train.schedule);
    set(bound, "model.prenorm", host->prenorm == PL_TRUE ? "true" : "false");
    set(bound, "model.final_norm", host->final_norm == PL_TRUE ? "true" : "false");
    set_whole(bound, "model.hidden", host->hidden);
    if (schedule->warms_up) set_whole(bound, "train.warmup", pl_schedule_warmup(&bound->train));
    if (schedule->decays) set_whole(bound, "train.decay", pl_schedule_decay(&bound->train));
    return PL_OK;
}

enum pl_status pl_bound_make(struct pl_bound *out, const struct pl_settings *settings,
                             size_t params) {
    *out = (struct pl_bound){0};
    pl_settings_copy(&out->settings, settings);
    enum pl_status status = bind(out, params);
    if (status != PL_OK) pl_bound_finish(out);
    return status;
}

enum pl_status pl_bound_read(struct pl_bound *out, const char *text) {
    *out = (struct pl_bound){0};
    enum pl_status status = pl_settings_read(&out->settings, &out->arena, text);
    if (status == PL_OK) status = bind(out, 0);
    if (status != PL_OK) pl_bound_finish(out);
    return status;
}

void pl_bound_finish(struct pl_bound *bound) {
    if (!bound) return;
    pl_settings_finish(&bound->settings);
    pl_arena_finish(&bound->arena);
    *bound = (struct pl_bound){0};
}
