/* Cells stand in the order (seed, point, entry), the entry fastest: a study that is stopped early is
 * still balanced. An entry is bound once at each point and gives one cell a seed, for nothing else
 * depends on the seed. Strings of a cell belong to the arena of the cells: those of the experiment are
 * copied. */
#include "experiments/study/expand.h"

#include <string.h>

#include "core/base/alloc.h"
#include "core/base/log.h"
#include "core/base/vec.h"
#include "experiments/cell/bound.h"
#include "experiments/cell/match.h"
#include "experiments/study/effect.h"

/* ---- one point of the axes ---------------------------------------------------------------- */

/* "task.structure = 0.5, model.depth = 4", or "" without axes. */
static void add_point(struct pl_strbuf *out, const struct pl_experiment *experiment, size_t point) {
    for (size_t i = 0; i < experiment->axis_count; i++) {
        const struct pl_axis *axis = &experiment->axes[i];
        pl_strbuf_addf(out, "%s%s = %s", i == 0 ? "" : ", ", axis->key,
                       axis->values[pl_experiment_axis_index(experiment, point, i)]);
    }
}

/* ---- one entry at one point --------------------------------------------------------------- */

/* In the order of precedence: file, sweep, entry. (The command line has replaced what it beats.) */
static void set_asked(struct pl_settings *out, const struct pl_experiment *experiment,
                      const struct pl_entry *entry, size_t point) {
    pl_settings_copy(out, &experiment->base);
    for (size_t i = 0; i < experiment->axis_count; i++)
        pl_axis_set(&experiment->axes[i], pl_experiment_axis_index(experiment, point, i),
                    entry->variant, out);
    for (size_t i = 0; i < entry->overrides.count; i++) {
        const struct pl_setting *item = &entry->overrides.items[i];
        pl_settings_set(out, item->key, item->value, item->place);
    }
    pl_settings_set(out, "variant.name", entry->variant, entry->place);
}

static void set_version(struct pl_bound *bound, const char *key, int version) {
    pl_settings_set(&bound->settings, key, pl_arena_printf(&bound->arena, "%d", version),
                    pl_settings_get(&bound->settings, "variant.name")->place);
}

enum pl_status pl_entry_bind(struct pl_bound *out, const struct pl_experiment *experiment,
                             size_t entry, size_t point, size_t params,
                             const struct pl_setting *instead) {
    struct pl_settings asked = {0};
    set_asked(&asked, experiment, &experiment->entries[entry], point);
    if (instead) pl_settings_set(&asked, instead->key, instead->value, instead->place);
    enum pl_status status = pl_bound_make(out, &asked, params);
    pl_settings_finish(&asked);
    PL_TRY(status);
    set_version(out, "task.version", out->task->version);
    set_version(out, "variant.version", out->model.residual->version);
    return PL_OK;
}

/* ---- the plan ----------------------------------------------------------------------------- */

struct maker {
    struct pl_cells *out;
    const struct pl_experiment *experiment;
    size_t points;
    const char ***values; /* [axis][index], copied to the cells' arena */
};

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

/* One cell a seed. */
static void add_seeds(struct maker *maker, struct pl_bound *bound, struct pl_cell cell) {
    struct pl_place place = maker->experiment->entries[cell.entry].place;
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    pl_settings_set(&bound->settings, "seed", "*", place);
    pl_settings_write(&bound->settings, &text);
    cell.settings = pl_arena_strdup(&maker->out->arena, text.text);
    for (size_t s = 0; s < maker->experiment->seed_count; s++) {
        cell.seed = maker->experiment->seeds[s];
        cell.seed_index = s;
        pl_strbuf_clear(&text);
        pl_cell_add_text(&cell, &text);
        pl_hash(cell.id, text.text, text.length);
        size_t row = s * maker->points + cell.point;
        maker->out->items[row * maker->experiment->entry_count + cell.entry] = cell;
    }
    pl_strbuf_finish(&text);
}

/* The parameters that every entry is to have at [point]; 0 when each keeps its own. */
static enum pl_status find_params(const struct maker *maker, size_t point, size_t *out) {
    const struct pl_experiment *experiment = maker->experiment;
    struct pl_bound bound;
    size_t baseline = 0;
    *out = 0;
    if (!experiment->match_params) return PL_OK;
    while (strcmp(experiment->entries[baseline].label, experiment->baseline) != 0) baseline++;
    PL_TRY(pl_entry_bind(&bound, experiment, baseline, point, 0, NULL));
    *out = pl_match_params(&bound.model, &bound.io);
    pl_bound_finish(&bound);
    return PL_OK;
}

static enum pl_status add_point_cells(struct maker *maker, size_t point, const char *const *labels,
                                      const char *const *variants) {
    const char **values = point_values(maker, point);
    size_t params;
    PL_TRY(find_params(maker, point, &params));
    for (size_t e = 0; e < maker->experiment->entry_count; e++) {
        struct pl_bound bound;
        PL_TRY(pl_entry_bind(&bound, maker->experiment, e, point, params, NULL));
        struct pl_cell cell = {.variant = variants[e],
                               .label = labels[e],
                               .axis_values = values,
                               .entry = e,
                               .point = point};
        add_seeds(maker, &bound, cell);
        pl_bound_finish(&bound);
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

static enum pl_status fail_equal_cells(const struct maker *maker, const struct pl_cell *first,
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
static enum pl_status refuse_equal_cells(const struct maker *maker) {
    const struct pl_cell **sorted = pl_cells_sorted(maker->out), *first = NULL, *second = NULL;
    for (size_t i = 1; i < maker->out->count; i++) {
        if (strcmp(sorted[i - 1]->id, sorted[i]->id) != 0) continue;
        if (second && sorted[i] > second) continue;
        first = sorted[i - 1];
        second = sorted[i];
    }
    pl_free(sorted);
    return second ? fail_equal_cells(maker, first, second) : PL_OK;
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
    if (status == PL_OK) status = refuse_equal_cells(&maker);
    if (status == PL_OK) pl_experiment_warn_of_no_effect(experiment);
    if (status != PL_OK) pl_cells_finish(out);
    return status;
}

void pl_cells_locate(struct pl_cells *cells, const struct pl_experiment *experiment) {
    size_t entry = 0, seed = 0;
    size_t *values = pl_alloc_zero(experiment->axis_count + 1, sizeof *values);
    for (size_t i = 0; i < cells->count; i++) {
        struct pl_cell *cell = &cells->items[i];
        /* in the order of a plan each of these is mostly where it was or one on */
        while (strcmp(experiment->entries[entry].label, cell->label) != 0)
            entry = (entry + 1) % experiment->entry_count;
        while (experiment->seeds[seed] != cell->seed) seed = (seed + 1) % experiment->seed_count;
        cell->entry = entry;
        cell->seed_index = seed;
        cell->point = 0;
        for (size_t k = 0; k < experiment->axis_count; k++) {
            const struct pl_axis *axis = &experiment->axes[k];
            while (strcmp(axis->values[values[k]], cell->axis_values[k]) != 0)
                values[k] = (values[k] + 1) % axis->count;
            cell->point = cell->point * axis->count + values[k];
        }
    }
    pl_free(values);
}
