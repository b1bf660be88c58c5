/* Cells by name. The catalogue is a list of plans: one of a study file, two of a database (the present plan,
 * and the cells of earlier ones). A name is tried as a label first and then as the beginning of an identity,
 * so a label of hexadecimal digits means the label. Of several cells that a label fits, the one that is
 * least unlike [like] is taken; the first of equals.
 */
#include "experiments/run/catalogue.h"

#include <ctype.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/vec.h"

/* ---- where cells come from ---- */

static void add_plan(struct pl_catalogue *catalogue, struct pl_store_plan plan) {
    struct {
        struct pl_store_plan *items;
        size_t count, capacity;
    } list = {catalogue->plans, catalogue->count, catalogue->capacity};
    PL_VEC_PUSH(&list, plan);
    *catalogue = (struct pl_catalogue){list.items, list.count, list.capacity};
}

static enum pl_status add_study(struct pl_catalogue *catalogue, const char *path,
                                const char *const *overrides, size_t count) {
    struct pl_ledger ledger;
    PL_TRY(pl_ledger_plan(&ledger, path, overrides, count));
    struct pl_store_plan plan = {.cells = ledger.cells, .axis_count = ledger.experiment.axis_count};
    plan.axes = PL_ARENA_ARRAY(&plan.cells.arena, const char *, plan.axis_count + 1);
    for (size_t k = 0; k < plan.axis_count; k++)
        plan.axes[k] = pl_arena_strdup(&plan.cells.arena, ledger.experiment.axes[k].key);
    ledger.cells = (struct pl_cells){0};
    pl_ledger_finish(&ledger);
    add_plan(catalogue, plan);
    return PL_OK;
}

static enum pl_status add_database(struct pl_catalogue *catalogue, const char *path) {
    struct pl_store *store;
    struct pl_store_plan plan;
    PL_TRY(pl_store_open_file(&store, path));
    enum pl_status status = pl_store_plan(store, &plan);
    if (status == PL_OK) add_plan(catalogue, plan);
    if (status == PL_OK) status = pl_store_former(store, &plan);
    if (status == PL_OK) add_plan(catalogue, plan);
    pl_store_close(store);
    return status;
}

static enum pl_status add_folder(struct pl_catalogue *catalogue, const char *results) {
    char pattern[1024];
    glob_t paths = {0};
    enum pl_status status = PL_OK;
    snprintf(pattern, sizeof pattern, "%s/*/cells.db", results);
    if (glob(pattern, 0, NULL, &paths) != 0) paths.gl_pathc = 0;
    for (size_t k = 0; status == PL_OK && k < paths.gl_pathc; k++)
        status = add_database(catalogue, paths.gl_pathv[k]);
    if (status == PL_OK && paths.gl_pathc == 0)
        status = pl_fail(PL_ECONFIG,
                         "there is no %s; name a study with --study STUDY.yaml, or the folder "
                         "with --results",
                         pattern);
    globfree(&paths);
    return status;
}

enum pl_status pl_catalogue_init(struct pl_catalogue *out, const char *study, const char *results,
                                 const char *const *overrides, size_t override_count) {
    *out = (struct pl_catalogue){0};
    enum pl_status status = !study ? add_folder(out, results)
                            : pl_path_is_database(study)
                                ? add_database(out, study)
                                : add_study(out, study, overrides, override_count);
    if (status != PL_OK) pl_catalogue_finish(out);
    return status;
}

void pl_catalogue_finish(struct pl_catalogue *catalogue) {
    if (!catalogue) return;
    for (size_t k = 0; k < catalogue->count; k++) pl_store_plan_finish(&catalogue->plans[k]);
    pl_free(catalogue->plans);
    *catalogue = (struct pl_catalogue){0};
}

/* ---- by identity ---- */

static bool is_identity(const char *name) {
    size_t length = strlen(name);
    for (size_t k = 0; k < length; k++)
        if (!isxdigit((unsigned char)name[k])) return false;
    return length >= 4 && length < PL_HASH_TEXT;
}

static enum pl_status pick_identity(struct pl_pick *out, const struct pl_catalogue *catalogue,
                                    const char *prefix) {
    for (size_t p = 0; p < catalogue->count; p++)
        for (size_t k = 0; k < catalogue->plans[p].cells.count; k++) {
            const struct pl_cell *cell = &catalogue->plans[p].cells.items[k];
            if (strncmp(cell->id, prefix, strlen(prefix)) != 0) continue;
            if (out->cell && strcmp(out->cell->id, cell->id) != 0)
                return pl_fail(PL_ECONFIG,
                               "several cells have an identity that begins with %s, such as %s "
                               "and %s; give more of its digits",
                               prefix, out->cell->id, cell->id);
            if (!out->cell) *out = (struct pl_pick){&catalogue->plans[p], cell};
        }
    return PL_OK;
}

/* ---- by label and settings ---- */

static bool same_value(const char *a, const char *b) {
    char *end_a, *end_b;
    double x = strtod(a, &end_a), y = strtod(b, &end_b);
    if (strcmp(a, b) == 0) return true;
    return *a && *b && !*end_a && !*end_b && x == y;
}

static const char *axis_value(const struct pl_pick *pick, const char *key) {
    for (size_t k = 0; k < pick->plan->axis_count; k++)
        if (strcmp(pick->plan->axes[k], key) == 0) return pick->cell->axis_values[k];
    return NULL;
}

/* Whether the cell has "key=value", an axis or the seed. */
static bool has_setting(const struct pl_pick *pick, const char *text, size_t length) {
    char key[128], value[128], seed[32];
    size_t equals = strcspn(text, "=");
    if (equals >= length || equals >= sizeof key || length - equals > sizeof value) return false;
    snprintf(key, sizeof key, "%.*s", (int)equals, text);
    snprintf(value, sizeof value, "%.*s", (int)(length - equals - 1), text + equals + 1);
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)pick->cell->seed);
    const char *found = strcmp(key, "seed") == 0 ? seed : axis_value(pick, key);
    return found && same_value(found, value);
}

static bool is_meant(const struct pl_pick *pick, const char *name) {
    const char *label = pick->cell->label;
    size_t length = strlen(label);
    if (strncmp(name, label, length) != 0 || (name[length] && name[length] != ',')) return false;
    for (const char *at = name + length; *at == ',';) {
        size_t part = strcspn(++at, ",");
        if (!has_setting(pick, at, part)) return false;
        at += part;
    }
    return true;
}

/* In how many things a cell is unlike [like], label aside. */
static size_t unlikeness(const struct pl_pick *pick, const struct pl_pick *like) {
    size_t count = 0;
    if (!like) return 0;
    count += pick->cell->seed != like->cell->seed;
    count += pick->plan != like->plan;
    for (size_t k = 0; k < like->plan->axis_count; k++) {
        const char *value = axis_value(pick, like->plan->axes[k]);
        count += !value || strcmp(value, like->cell->axis_values[k]) != 0;
    }
    return count;
}

static void pick_label(struct pl_pick *out, const struct pl_catalogue *catalogue, const char *name,
                       const struct pl_pick *like) {
    size_t least = (size_t)-1;
    for (size_t p = 0; p < catalogue->count; p++)
        for (size_t k = 0; k < catalogue->plans[p].cells.count; k++) {
            struct pl_pick pick = {&catalogue->plans[p], &catalogue->plans[p].cells.items[k]};
            if (!is_meant(&pick, name)) continue;
            size_t unlike = unlikeness(&pick, like);
            if (unlike >= least) continue;
            least = unlike;
            *out = pick;
        }
}

enum pl_status pl_catalogue_pick(struct pl_pick *out, const struct pl_catalogue *catalogue,
                                 const char *name, const struct pl_pick *like) {
    *out = (struct pl_pick){0};
    pick_label(out, catalogue, name, like);
    if (!out->cell && is_identity(name)) PL_TRY(pick_identity(out, catalogue, name));
    if (out->cell) return PL_OK;
    return pl_fail(PL_ECONFIG,
                   "there is no cell \"%s\"; a cell is named by the beginning of its identity (at "
                   "least 4 digits), or by its label and what else it has, as in "
                   "standard,seed=3,task.structure=0.5",
                   name);
}

void pl_pick_describe(const struct pl_pick *pick, struct pl_strbuf *out) {
    pl_strbuf_addf(out, "%.8s %s", pick->cell->id, pick->cell->label);
    for (size_t k = 0; k < pick->plan->axis_count; k++)
        pl_strbuf_addf(out, " %s=%s", pick->plan->axes[k], pick->cell->axis_values[k]);
    pl_strbuf_addf(out, " seed %llu", (unsigned long long)pick->cell->seed);
}
