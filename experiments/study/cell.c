#include "experiments/study/cell.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"
#include "core/base/vec.h"
#include "core/model/model.h"
#include "core/train/schedule.h"
#include "experiments/study/match.h"
#include "experiments/study/options.h"

#define DEFAULT_BACKEND "cpu"
#define GRAPHS_MOST     512 /* looked at for the warning about equal ones */
#define DEPTH_MOST      256 /* of those graphs */

/* ---- one point of the axes ---------------------------------------------------------------- */

/* "task.structure = 0.5, model.depth = 4", or "" without axes. */
static void add_point(struct pl_strbuf *out, const struct pl_experiment *experiment, size_t point) {
    for (size_t i = 0; i < experiment->axis_count; i++) {
        const struct pl_axis *axis = &experiment->axes[i];
        pl_strbuf_addf(out, "%s%s = %s", i == 0 ? "" : ", ", axis->key,
                       axis->values[pl_experiment_axis_index(experiment, point, i)]);
    }
}

/* ---- the settings of one entry at one point ----------------------------------------------- */

/* What a cell without its seed is; the arena owns what the settings came to. */
struct draft {
    struct pl_arena arena;
    struct pl_settings settings;
    const struct pl_experiment *experiment;
    const struct pl_entry *entry;
    const struct pl_task *task;
    const void *task_options;
    struct pl_model model;
    struct pl_model_io io;
    struct pl_train_options train;
    size_t params; /* to be matched; 0: none */
};

static void draft_finish(struct draft *draft) {
    pl_settings_finish(&draft->settings);
    pl_arena_finish(&draft->arena);
}

/* In the order of precedence: file, sweep, entry. (The command line has replaced what it beats.) */
static void set_asked(struct draft *draft, size_t point) {
    const struct pl_experiment *experiment = draft->experiment;
    const struct pl_entry *entry = draft->entry;
    pl_settings_copy(&draft->settings, &experiment->base);
    for (size_t i = 0; i < experiment->axis_count; i++) {
        const struct pl_axis *axis = &experiment->axes[i];
        pl_settings_set(&draft->settings, axis->key,
                        axis->values[pl_experiment_axis_index(experiment, point, i)], axis->place);
    }
    for (size_t i = 0; i < entry->overrides.count; i++) {
        const struct pl_setting *item = &entry->overrides.items[i];
        pl_settings_set(&draft->settings, item->key, item->value, item->place);
    }
    pl_settings_set(&draft->settings, "variant.name", entry->variant, entry->place);
}

/* A default that does not fit is complained of where somebody can change it: at the task, or at the
 * entry. */
static void place_defaults(struct draft *draft) {
    struct pl_place task = pl_settings_get(&draft->settings, "task.name")->place;
    for (size_t i = 0; i < draft->settings.count; i++) {
        struct pl_setting *item = &draft->settings.items[i];
        if (item->place.line != 0 || strcmp(item->place.file, "default") != 0) continue;
        item->place = strncmp(item->key, "task.", 5) == 0 ? task : draft->entry->place;
    }
}

static enum pl_status set_defaults(struct draft *draft) {
    struct pl_settings *settings = &draft->settings;
    const struct pl_residual *variant;
    PL_TRY(pl_task_find(&draft->task, pl_settings_value(settings, "task.name", "")));
    PL_TRY(pl_residual_find(&variant, draft->entry->variant));
    PL_TRY(pl_settings_add_defaults(settings, &pl_host_options, &draft->arena));
    PL_TRY(pl_settings_add_defaults(settings, &pl_train_options, &draft->arena));
    PL_TRY(pl_settings_add_defaults(settings, &draft->task->options, &draft->arena));
    PL_TRY(pl_settings_add_defaults(settings, &variant->options, &draft->arena));
    if (!pl_settings_get(settings, "backend"))
        pl_settings_set(settings, "backend", DEFAULT_BACKEND, draft->entry->place);
    place_defaults(draft);
    return PL_OK;
}

/* ---- checks of the whole ------------------------------------------------------------------ */

/* [key] is a bare name or a dotted one. */
static enum pl_status fail_check(const struct draft *draft, const char *section, const char *key) {
    struct pl_arena arena = {0};
    struct pl_place place = draft->entry->place;
    if (key) {
        if (!strchr(key, '.')) key = pl_arena_printf(&arena, "%s.%s", section, key);
        const struct pl_setting *setting = pl_settings_get(&draft->settings, key);
        if (setting) place = setting->place;
    }
    enum pl_status status = pl_fail_at(place, "in %s: %s", section, pl_message());
    pl_arena_finish(&arena);
    return status;
}

static enum pl_status check_task(struct draft *draft) {
    const char *key = NULL;
    struct pl_data_shape shape;
    PL_TRY(
        pl_options_bind_task(&draft->task, &draft->task_options, &draft->settings, &draft->arena));
    if (draft->task->check(draft->task_options, &key) != PL_OK)
        return fail_check(draft, "task", key);
    draft->task->shape(draft->task_options, &shape);
    if (shape.input != PL_INPUT_REAL || shape.tokens != 1)
        return pl_fail_at(
            pl_settings_get(&draft->settings, "task.name")->place,
            "the task %s has sequences or ids for inputs, and a model of the kind mlp "
            "takes one vector a sample",
            draft->task->name);
    pl_options_model_io(draft->task, draft->task_options, &draft->io);
    return PL_OK;
}

static enum pl_status check_model(struct draft *draft) {
    PL_TRY(pl_model_bind(&draft->model, &draft->settings, &draft->arena));
    PL_TRY(pl_model_fit(&draft->model, &draft->settings, &draft->io));
    if (draft->params == 0 || pl_match_hidden(&draft->model, &draft->io, draft->params) == PL_OK)
        return PL_OK;
    return pl_fail_at(draft->entry->place, "%s", pl_message());
}

/* A task may measure its data by the model, which is known only now. */
static enum pl_status settle_samples(struct draft *draft) {
    const struct pl_task *task = draft->task;
    struct pl_place place = pl_settings_get(&draft->settings, "task.name")->place;
    if (!task->samples) return PL_OK;
    size_t params = pl_match_params(&draft->model, &draft->io);
    double samples = task->samples(draft->task_options, (double)params);
    const struct pl_option *row = pl_option_find(&task->options, "samples");
    if (samples == 0) return PL_OK;
    if (!(samples >= row->min && samples <= row->max))
        return pl_fail_at(place,
                          "the task %s asks for %.6g training samples for a model of %zu trained "
                          "parameters; it takes from %.0f to %.0f",
                          task->name, samples, params, row->min, row->max);
    pl_settings_set(&draft->settings, "task.samples",
                    pl_arena_printf(&draft->arena, "%.0f", samples), place);
    return pl_options_bind_task(&draft->task, &draft->task_options, &draft->settings,
                                &draft->arena);
}

static enum pl_status check_train(struct draft *draft) {
    const struct pl_task_common *common = draft->task_options;
    const char *key = NULL;
    PL_TRY(pl_settings_bind(&draft->settings, &pl_train_options, &draft->train, &draft->arena));
    if (pl_train_check(&draft->train, &key) != PL_OK) return fail_check(draft, "train", key);
    if (draft->train.batch <= common->samples) return PL_OK;
    pl_fail(PL_ECONFIG,
            "batch is %ld, but there are only %ld training samples; make it smaller, or full",
            draft->train.batch, common->samples);
    return fail_check(draft, "train", "batch");
}

/* ---- what auto came to -------------------------------------------------------------------- */

static void settle(struct draft *draft, const char *key, const char *value) {
    struct pl_place place = pl_settings_get(&draft->settings, key)->place;
    pl_settings_set(&draft->settings, key, value, place);
}

static void settle_whole(struct draft *draft, const char *key, long value) {
    settle(draft, key, pl_arena_printf(&draft->arena, "%ld", value));
}

static void settle_all(struct draft *draft) {
    const struct pl_host *host = &draft->model.host;
    const struct pl_schedule_rule *schedule = pl_schedule_at(draft->train.schedule);
    settle(draft, "model.prenorm", host->prenorm == PL_TRUE ? "true" : "false");
    settle(draft, "model.final_norm", host->final_norm == PL_TRUE ? "true" : "false");
    settle_whole(draft, "model.hidden", host->hidden);
    if (schedule->warms_up) settle_whole(draft, "train.warmup", pl_schedule_warmup(&draft->train));
    if (schedule->decays) settle_whole(draft, "train.decay", pl_schedule_decay(&draft->train));
}

static void set_versions(struct draft *draft) {
    struct pl_place place = draft->entry->place;
    pl_settings_set(&draft->settings, "task.version",
                    pl_arena_printf(&draft->arena, "%d", draft->task->version), place);
    pl_settings_set(&draft->settings, "variant.version",
                    pl_arena_printf(&draft->arena, "%d", draft->model.residual->version), place);
}

/* With [params] trained parameters, or as asked when that is 0. On success, as on failure, the caller
 * ends [out] with draft_finish. */
static enum pl_status draft_make(struct draft *out, const struct pl_experiment *experiment,
                                 size_t entry, size_t point, size_t params) {
    *out = (struct draft){
        .experiment = experiment, .entry = &experiment->entries[entry], .params = params};
    set_asked(out, point);
    PL_TRY(set_defaults(out));
    PL_TRY(check_task(out));
    PL_TRY(check_model(out));
    PL_TRY(settle_samples(out));
    PL_TRY(check_train(out));
    settle_all(out);
    set_versions(out);
    return PL_OK;
}

/* ---- the plan ----------------------------------------------------------------------------- */

struct maker {
    struct pl_cells *out;
    const struct pl_experiment *experiment;
    size_t points;
    const char ***values; /* [axis][index], copied to the cells' arena */
};

/* Seed by seed, point by point, entry by entry: a study that is stopped early is still balanced. */
static size_t cell_index(const struct maker *maker, size_t seed, size_t point, size_t entry) {
    return (seed * maker->points + point) * maker->experiment->entry_count + entry;
}

static enum pl_status count_cells(struct maker *maker) {
    const struct pl_experiment *experiment = maker->experiment;
    struct pl_place place = experiment->entries[0].place;
    size_t rest = PL_CELLS_MOST / experiment->entry_count / experiment->seed_count;
    bool fits = rest > 0;
    maker->points = 1;
    for (size_t i = 0; i < experiment->axis_count && fits; i++) {
        place = experiment->axes[i].place;
        maker->points *= experiment->axes[i].count;
        fits = maker->points <= rest;
    }
    if (!fits)
        return pl_fail_at(place,
                          "the study has more than %d cells (entries x values of every axis "
                          "x seeds); sweep over fewer values, or make several studies",
                          PL_CELLS_MOST);
    maker->out->count = maker->points * experiment->entry_count * experiment->seed_count;
    return PL_OK;
}

static void copy_axes(struct maker *maker) {
    struct pl_arena *arena = &maker->out->arena;
    const struct pl_experiment *experiment = maker->experiment;
    maker->values = PL_ARENA_ARRAY(arena, const char **, experiment->axis_count + 1);
    for (size_t i = 0; i < experiment->axis_count; i++) {
        const struct pl_axis *axis = &experiment->axes[i];
        maker->values[i] = PL_ARENA_ARRAY(arena, const char *, axis->count);
        for (size_t v = 0; v < axis->count; v++)
            maker->values[i][v] = pl_arena_strdup(arena, axis->values[v]);
    }
}

static const char **point_values(struct maker *maker, size_t point) {
    const struct pl_experiment *experiment = maker->experiment;
    const char **values =
        PL_ARENA_ARRAY(&maker->out->arena, const char *, experiment->axis_count + 1);
    for (size_t i = 0; i < experiment->axis_count; i++)
        values[i] = maker->values[i][pl_experiment_axis_index(experiment, point, i)];
    return values;
}

/* One cell a seed from a finished draft. */
static void add_seeds(struct maker *maker, struct draft *draft, struct pl_cell cell) {
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    for (size_t s = 0; s < maker->experiment->seed_count; s++) {
        cell.seed = maker->experiment->seeds[s];
        cell.seed_index = s;
        const char *seed = pl_arena_printf(&draft->arena, "%llu", (unsigned long long)cell.seed);
        pl_settings_set(&draft->settings, "seed", seed, draft->entry->place);
        pl_strbuf_clear(&text);
        pl_settings_write(&draft->settings, &text);
        cell.text = pl_arena_strdup(&maker->out->arena, text.text);
        pl_hash_text(cell.id, cell.text);
        maker->out->items[cell_index(maker, s, cell.point, cell.entry)] = cell;
    }
    pl_strbuf_finish(&text);
}

/* The parameters that every entry is to have at [point]; 0 when each keeps its own. */
static enum pl_status find_params(const struct maker *maker, size_t point, size_t *out) {
    const struct pl_experiment *experiment = maker->experiment;
    struct draft draft;
    size_t baseline = 0;
    *out = 0;
    if (!experiment->match_params) return PL_OK;
    while (strcmp(experiment->entries[baseline].label, experiment->baseline) != 0) baseline++;
    enum pl_status status = draft_make(&draft, experiment, baseline, point, 0);
    if (status == PL_OK) *out = pl_match_params(&draft.model, &draft.io);
    draft_finish(&draft);
    return status;
}

static enum pl_status add_point_cells(struct maker *maker, size_t point, const char *const *labels,
                                      const char *const *variants) {
    const char **values = point_values(maker, point);
    size_t params;
    PL_TRY(find_params(maker, point, &params));
    for (size_t e = 0; e < maker->experiment->entry_count; e++) {
        struct draft draft;
        enum pl_status status = draft_make(&draft, maker->experiment, e, point, params);
        struct pl_cell cell = {.variant = variants[e],
                               .label = labels[e],
                               .axis_values = values,
                               .entry = e,
                               .point = point};
        if (status == PL_OK) add_seeds(maker, &draft, cell);
        draft_finish(&draft);
        PL_TRY(status);
    }
    return PL_OK;
}

static enum pl_status add_cells(struct maker *maker) {
    struct pl_cells *out = maker->out;
    const struct pl_experiment *experiment = maker->experiment;
    size_t entries = experiment->entry_count;
    const char **labels = PL_ARENA_ARRAY(&out->arena, const char *, entries);
    const char **variants = PL_ARENA_ARRAY(&out->arena, const char *, entries);
    for (size_t e = 0; e < entries; e++) {
        labels[e] = pl_arena_strdup(&out->arena, experiment->entries[e].label);
        variants[e] = pl_arena_strdup(&out->arena, experiment->entries[e].variant);
    }
    out->items = PL_ARENA_ARRAY(&out->arena, struct pl_cell, out->count);
    for (size_t point = 0; point < maker->points; point++)
        PL_TRY(add_point_cells(maker, point, labels, variants));
    return PL_OK;
}

/* ---- cells that are one cell -------------------------------------------------------------- */

/* Equal identities stand side by side, the earlier cell first. */
static int compare_cells(const void *a, const void *b) {
    const struct pl_cell *const *first = a, *const *second = b;
    int order = strcmp((*first)->id, (*second)->id);
    return order ? order : (*first > *second) - (*first < *second);
}

static const struct pl_cell **sorted_cells(const struct pl_cells *cells) {
    const struct pl_cell **sorted = pl_alloc_zero(cells->count + 1, sizeof *sorted);
    for (size_t i = 0; i < cells->count; i++) sorted[i] = &cells->items[i];
    qsort(sorted, cells->count, sizeof *sorted, compare_cells);
    return sorted;
}

static enum pl_status fail_twins(const struct maker *maker, const struct pl_cell *first,
                                 const struct pl_cell *second) {
    const struct pl_experiment *experiment = maker->experiment;
    bool elsewhere = first->point != second->point;
    struct pl_place place = experiment->entries[second->entry].place;
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    for (size_t i = experiment->axis_count; i-- > 0;) {
        if (first->axis_values[i] != second->axis_values[i]) place = experiment->axes[i].place;
    }
    pl_strbuf_addf(&text, "\"%s\"", first->label);
    if (elsewhere) pl_strbuf_add(&text, " at ");
    if (elsewhere) add_point(&text, experiment, first->point);
    pl_strbuf_addf(&text, " and \"%s\"", second->label);
    if (elsewhere) pl_strbuf_add(&text, " at ");
    if (elsewhere) add_point(&text, experiment, second->point);
    enum pl_status status =
        pl_fail_at(place,
                   "%s are the same run, setting by setting, and would count twice; "
                   "remove one of them",
                   text.text);
    pl_strbuf_finish(&text);
    return status;
}

/* Of several such pairs the one whose later cell comes first in the plan is named. */
static enum pl_status refuse_twins(const struct maker *maker) {
    const struct pl_cell **sorted = sorted_cells(maker->out), *first = NULL, *second = NULL;
    for (size_t i = 1; i < maker->out->count; i++) {
        if (strcmp(sorted[i - 1]->id, sorted[i]->id) != 0) continue;
        if (second && sorted[i] > second) continue;
        first = sorted[i - 1];
        second = sorted[i];
    }
    pl_free(sorted);
    return second ? fail_twins(maker, first, second) : PL_OK;
}

/* ---- entries that are one model ----------------------------------------------------------- */

/* What two entries share when they would train the same thing: the graph and the training. */
static void training_digest(struct draft *draft, char out[PL_HASH_TEXT]) {
    struct pl_graph graph;
    struct pl_strbuf text;
    char digest[PL_HASH_TEXT];
    pl_graph_init(&graph);
    pl_strbuf_init(&text);
    pl_model_build(&draft->model, &graph, &draft->io);
    pl_model_digest(&graph, digest);
    pl_strbuf_addf(&text, "%s %s\n", digest, pl_settings_value(&draft->settings, "backend", ""));
    for (size_t i = 0; i < draft->settings.count; i++) {
        const struct pl_setting *item = &draft->settings.items[i];
        if (strncmp(item->key, "train.", 6) == 0)
            pl_strbuf_addf(&text, "%s = %s\n", item->key, item->value);
    }
    pl_hash_text(out, text.text);
    pl_strbuf_finish(&text);
    pl_graph_finish(&graph);
}

/* The digests of all entries at [point]; "" where a graph would be too deep to be worth it. */
static void point_digests(const struct maker *maker, size_t point, char (*out)[PL_HASH_TEXT]) {
    for (size_t e = 0; e < maker->experiment->entry_count; e++) {
        struct draft draft;
        out[e][0] = '\0';
        if (draft_make(&draft, maker->experiment, e, point, 0) == PL_OK &&
            draft.model.host.depth <= DEPTH_MOST)
            training_digest(&draft, out[e]);
        draft_finish(&draft);
    }
}

static void warn_twins(const struct pl_experiment *experiment, size_t point, size_t first,
                       size_t second) {
    const struct pl_entry *one = &experiment->entries[first], *two = &experiment->entries[second];
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    if (experiment->axis_count) pl_strbuf_add(&text, " at ");
    add_point(&text, experiment, point);
    pl_warn(
        "%s:%d:%d: \"%s\" builds the same network as \"%s\"%s and will give the same numbers; as "
        "two rows of a ranking they count twice",
        two->place.file, two->place.line, two->place.column, two->label, one->label, text.text);
    pl_strbuf_finish(&text);
}

/* Only axes of model, variant and task can change which graphs are equal. */
static bool may_change_graphs(const struct pl_experiment *experiment, size_t point) {
    for (size_t i = 0; i < experiment->axis_count; i++) {
        const char *key = experiment->axes[i].key;
        bool shapes = strncmp(key, "model.", 6) == 0 || strncmp(key, "variant.", 8) == 0;
        if (!shapes && pl_experiment_axis_index(experiment, point, i) != 0) return false;
    }
    return true;
}

/* Each pair is named once, at the first point where it is a pair. */
static void warn_of_twins(const struct maker *maker) {
    size_t entries = maker->experiment->entry_count, looked = 0;
    char(*digests)[PL_HASH_TEXT] = pl_alloc_zero(entries, sizeof *digests);
    bool *told = pl_alloc_zero(entries, sizeof *told);
    for (size_t point = 0; point < maker->points && looked + entries <= GRAPHS_MOST; point++) {
        if (entries < 2 || !may_change_graphs(maker->experiment, point)) continue;
        point_digests(maker, point, digests);
        looked += entries;
        for (size_t second = 1; second < entries; second++) {
            for (size_t first = 0; first < second && !told[second]; first++) {
                if (!*digests[first] || strcmp(digests[first], digests[second]) != 0) continue;
                warn_twins(maker->experiment, point, first, second);
                told[second] = true;
            }
        }
    }
    pl_free(told);
    pl_free(digests);
}

/* ---- the doors ---------------------------------------------------------------------------- */

enum pl_status pl_experiment_expand(struct pl_cells *out, const struct pl_experiment *experiment) {
    struct maker maker = {.out = out, .experiment = experiment};
    *out = (struct pl_cells){0};
    enum pl_status status = count_cells(&maker);
    if (status == PL_OK) {
        copy_axes(&maker);
        status = add_cells(&maker);
    }
    if (status == PL_OK) status = refuse_twins(&maker);
    if (status == PL_OK) warn_of_twins(&maker);
    if (status != PL_OK) pl_cells_finish(out);
    return status;
}

void pl_cells_finish(struct pl_cells *cells) {
    if (!cells) return;
    pl_arena_finish(&cells->arena);
    *cells = (struct pl_cells){0};
}

void pl_cells_locate(struct pl_cells *cells, const struct pl_experiment *experiment) {
    for (size_t i = 0; i < cells->count; i++) {
        struct pl_cell *cell = &cells->items[i];
        cell->entry = cell->point = cell->seed_index = 0;
        while (strcmp(experiment->entries[cell->entry].label, cell->label) != 0) cell->entry++;
        while (experiment->seeds[cell->seed_index] != cell->seed) cell->seed_index++;
        for (size_t k = 0; k < experiment->axis_count; k++) {
            const struct pl_axis *axis = &experiment->axes[k];
            size_t value = 0;
            while (strcmp(axis->values[value], cell->axis_values[k]) != 0) value++;
            cell->point = cell->point * axis->count + value;
        }
    }
}

void pl_cells_digest(const struct pl_cells *cells, char out[PL_HASH_TEXT]) {
    const struct pl_cell **sorted = sorted_cells(cells);
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    for (size_t i = 0; i < cells->count; i++) pl_strbuf_addf(&text, "%s\n", sorted[i]->id);
    pl_hash_text(out, text.text);
    pl_strbuf_finish(&text);
    pl_free(sorted);
}
