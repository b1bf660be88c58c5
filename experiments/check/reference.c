/* Arrays of a group are by row of the table of metrics, and NULL for rows that a reference does not keep.
 * Groups are sorted by name, settings by key, and numbers are written in the fewest digits that read back
 * as the same bits: the same results give the same file, and a diff of two files shows what moved.
 */
#include "experiments/check/reference.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/file.h"
#include "core/base/math.h"
#include "experiments/evidence/table.h"
#include "experiments/run/stamp.h"
#include "experiments/study/study.h"

/* ---- from results ---- */

static int by_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char *name_group(struct pl_arena *arena, const struct pl_table *table,
                              const struct pl_cell *cell) {
    char *parts[PL_STUDY_AXES];
    size_t count = table->experiment->axis_count;
    for (size_t k = 0; k < count; k++)
        parts[k] =
            pl_arena_printf(arena, "%s = %s", table->experiment->axes[k].key, cell->axis_values[k]);

    /* "LABEL at AXIS = VALUE, ..." with the axes in the order of their names. */
    struct pl_strbuf text;
    qsort(parts, count, sizeof *parts, by_text);
    pl_strbuf_init(&text);
    pl_strbuf_add(&text, cell->label);
    for (size_t k = 0; k < count; k++) pl_strbuf_addf(&text, "%s%s", k ? ", " : " at ", parts[k]);
    const char *out = pl_arena_strdup(arena, text.text);
    pl_strbuf_finish(&text);
    return out;
}

/* The cell's settings but for the seed. */
static void read_settings(struct pl_reference_group *out, struct pl_arena *arena,
                          const char *text) {
    struct pl_settings all = {0};
    enum pl_status status = pl_settings_read(&all, arena, text);
    PL_ASSERT(status == PL_OK);
    for (size_t k = 0; k < all.count; k++) {
        const struct pl_setting *item = &all.items[k];
        if (strcmp(item->key, "seed") != 0)
            pl_settings_set(&out->settings, item->key, item->value, item->place);
    }
    pl_settings_finish(&all);
}

static double moved(const struct pl_metric_row *metric, double a, double b) {
    if (!metric->ratio) return a - b;
    return a > 0.0 && b > 0.0 ? pl_log(a) - pl_log(b) : a - b;
}

/* Root mean square of the differences to the twin, over the cells that both finished. */
static double floor_of(const struct pl_table *table, const struct pl_result *twin,
                       const struct pl_metric_row *metric, size_t point, size_t entry) {
    double sum = 0.0, count = 0.0;
    for (size_t s = 0; twin && s < table->experiment->seed_count; s++) {
        size_t cell = pl_table_cell(table, point, entry, s);
        double a = pl_result_value(&table->results[cell], metric),
               b = pl_result_value(&twin[cell], metric);
        if (!isfinite(a) || !isfinite(b)) continue;
        sum += moved(metric, a, b) * moved(metric, a, b);
        count += 1.0;
    }
    return count > 0.0 ? sqrt(sum / count) : 0.0;
}

static void gather_values(struct pl_reference_group *out, struct pl_arena *arena,
                          const struct pl_table *table, const struct pl_result *twin, size_t point,
                          size_t entry) {
    size_t seeds = table->experiment->seed_count;
    for (int m = 0; m < PL_METRIC_ROWS; m++) {
        const struct pl_metric_row *metric = &pl_metrics[m];
        if (!(metric->uses & PL_METRIC_REFERENCE)) continue;
        bool some = false;
        double *values = PL_ARENA_ARRAY(arena, double, seeds + 1);
        for (size_t s = 0; s < seeds; s++) {
            values[s] = pl_result_value(pl_table_result(table, point, entry, s), metric);
            some |= isfinite(values[s]);
        }
        out->values[m] = some || !metric->classes ? values : NULL;
        out->floor[m] = floor_of(table, twin, metric, point, entry);
    }
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const struct pl_reference_group *)a)->name,
                  ((const struct pl_reference_group *)b)->name);
}

void pl_reference_gather(struct pl_reference *out, const struct pl_experiment *experiment,
                         const struct pl_cells *cells, const struct pl_result *results,
                         const struct pl_result *twin) {
    struct pl_table table;
    *out = (struct pl_reference){.study = experiment->name,
                                 .numerics = "",
                                 .stamp = "",
                                 .commit = "",
                                 .seed_count = experiment->seed_count};
    pl_table_make(&table, &out->arena, experiment, cells, results);
    out->seeds = pl_arena_copy(&out->arena, experiment->seeds,
                               experiment->seed_count * sizeof *experiment->seeds);
    out->groups = PL_ARENA_ARRAY(&out->arena, struct pl_reference_group,
                                 table.point_count * experiment->entry_count + 1);
    for (size_t p = 0; p < table.point_count; p++)
        for (size_t e = 0; e < experiment->entry_count; e++) {
            struct pl_reference_group *group = &out->groups[out->group_count++];
            const struct pl_cell *cell = &cells->items[pl_table_cell(&table, p, e, 0)];
            group->entry = pl_arena_strdup(&out->arena, cell->label);
            group->name = name_group(&out->arena, &table, cell);
            read_settings(group, &out->arena, cell->settings);
            gather_values(group, &out->arena, &table, twin, p, e);
            group->portable = experiment->seed_count > 0;
            for (size_t s = 0; s < experiment->seed_count; s++) {
                const char *provenance = pl_table_result(&table, p, e, s)->provenance;
                group->portable &= provenance && pl_provenance_portable(provenance);
            }
        }
    qsort(out->groups, out->group_count, sizeof *out->groups, by_name);
}

/* ---- writing ---- */

static void add_text(struct pl_strbuf *out, const char *text) {
    struct pl_json *json = pl_json_text(text);
    char *written = pl_json_write(json, false);
    pl_strbuf_add(out, written);
    pl_free(written);
    pl_json_destroy(json);
}

static void add_member(struct pl_strbuf *out, const char *before, const char *name,
                       const char *value) {
    pl_strbuf_add(out, before);
    add_text(out, name);
    pl_strbuf_add(out, ": ");
    add_text(out, value);
}

static bool has(const struct pl_reference_group *group, const struct pl_setting *item) {
    const char *value = pl_settings_value(&group->settings, item->key, NULL);
    return value && strcmp(value, item->value) == 0;
}

static bool is_common(const struct pl_reference *reference, const struct pl_setting *item) {
    for (size_t g = 0; g < reference->group_count; g++)
        if (!has(&reference->groups[g], item)) return false;
    return true;
}

static void write_common(const struct pl_reference *reference, struct pl_strbuf *out) {
    const struct pl_settings *first = &reference->groups[0].settings;
    const char *before = "\n    ";
    pl_strbuf_add(out, "  \"settings\": {");
    for (size_t k = 0; k < first->count; k++) {
        if (!is_common(reference, &first->items[k])) continue;
        add_member(out, before, first->items[k].key, first->items[k].value);
        before = ",\n    ";
    }
    pl_strbuf_add(out, "\n  },\n");
}

static void write_own(const struct pl_reference *reference, const struct pl_reference_group *group,
                      struct pl_strbuf *out) {
    const char *before = "";
    pl_strbuf_add(out, ",\n     \"settings\": {");
    for (size_t k = 0; k < group->settings.count; k++) {
        const struct pl_setting *item = &group->settings.items[k];
        if (is_common(reference, item)) continue;
        add_member(out, before, item->key, item->value);
        before = ", ";
    }
    pl_strbuf_add(out, "}");
}

static void write_values(const struct pl_reference_group *group, int metric, size_t seeds,
                         struct pl_strbuf *out) {
    char digits[32];
    if (!group->values[metric]) return;
    snprintf(digits, sizeof digits, "%.2g", group->floor[metric]);
    pl_strbuf_addf(out, ",\n     \"%s\": {\"floor\": ", pl_metrics[metric].name);
    pl_strbuf_add_real(out, strtod(digits, NULL));
    pl_strbuf_add(out, ", \"values\": [");
    for (size_t s = 0; s < seeds; s++) {
        double value = group->values[metric][s];
        pl_strbuf_add(out, s ? ", " : "");
        if (isnan(value))
            pl_strbuf_add(out, "null");
        else if (isinf(value))
            pl_strbuf_add(out, "\"diverged\"");
        else
            pl_strbuf_add_real(out, value);
    }
    pl_strbuf_add(out, "]}");
}

/* What says when and on how many cores would make each file differ. */
void pl_reference_provenance(const struct pl_json *provenance, struct pl_strbuf *out) {
    static const char *const kept[] = {"commit",  "compiler", "flags",     "sources",
                                       "backend", "numerics", "processor", "stamp"};
    const char *before = "\n    ";
    pl_strbuf_add(out, "  \"provenance\": {");
    for (size_t k = 0; k < sizeof kept / sizeof kept[0]; k++) {
        add_member(out, before, kept[k], pl_json_as_text(pl_json_get(provenance, kept[k]), ""));
        before = ",\n    ";
    }
    pl_strbuf_add(out, "\n  },\n");
}

void pl_reference_write(const struct pl_reference *reference, const char *plan, const char *program,
                        const struct pl_json *provenance, struct pl_strbuf *out) {
    pl_strbuf_addf(out, "{\n  \"schema\": %d,\n", PL_REFERENCE_SCHEMA);
    add_member(out, "  ", "study", reference->study);
    add_member(out, ",\n  ", "plan", plan);
    add_member(out, ",\n  ", "program", program);
    pl_strbuf_add(out, ",\n");
    pl_reference_provenance(provenance, out);
    pl_strbuf_add(out, "  \"seeds\": [");
    for (size_t s = 0; s < reference->seed_count; s++)
        pl_strbuf_addf(out, "%s%llu", s ? ", " : "", (unsigned long long)reference->seeds[s]);
    pl_strbuf_add(out, "],\n");
    write_common(reference, out);
    pl_strbuf_add(out, "  \"groups\": [\n");
    for (size_t g = 0; g < reference->group_count; g++) {
        const struct pl_reference_group *group = &reference->groups[g];
        add_member(out, "    {", "entry", group->entry);
        add_member(out, ", ", "name", group->name);
        if (group->portable) pl_strbuf_add(out, ", \"portable\": true");
        write_own(reference, group, out);
        for (int m = 0; m < PL_METRIC_ROWS; m++) write_values(group, m, reference->seed_count, out);
        pl_strbuf_add(out, g + 1 < reference->group_count ? "},\n" : "}\n");
    }
    pl_strbuf_add(out, "  ]\n}\n");
}

/* ---- reading ---- */

static const char *text_member(struct pl_arena *arena, const struct pl_json *json,
                               const char *name) {
    return pl_arena_strdup(arena, pl_json_as_text(pl_json_get(json, name), ""));
}

static void add_settings(struct pl_settings *out, struct pl_arena *arena,
                         const struct pl_json *json) {
    const struct pl_place place = {"reference", 0, 0};
    for (void *it = pl_json_first(json); it; it = pl_json_next(json, it))
        pl_settings_set(out, pl_arena_strdup(arena, pl_json_key(it)),
                        pl_arena_strdup(arena, pl_json_as_text(pl_json_value(it), "")), place);
}

static double read_value(const struct pl_json *json) {
    return strcmp(pl_json_as_text(json, ""), "diverged") == 0 ? INFINITY
                                                              : pl_json_as_real(json, NAN);
}

static bool read_values(struct pl_reference_group *out, struct pl_reference *reference, int metric,
                        const struct pl_json *json) {
    const struct pl_json *values = pl_json_get(json, "values");
    if (!json) return true;
    if (pl_json_count(values) != reference->seed_count) return false;
    out->values[metric] = PL_ARENA_ARRAY(&reference->arena, double, reference->seed_count + 1);
    out->floor[metric] = pl_json_as_real(pl_json_get(json, "floor"), 0.0);
    for (size_t s = 0; s < reference->seed_count; s++)
        out->values[metric][s] = read_value(pl_json_at(values, s));
    return true;
}

static bool read_group(struct pl_reference_group *out, struct pl_reference *reference,
                       const struct pl_json *common, const struct pl_json *json) {
    bool whole = true;
    out->entry = text_member(&reference->arena, json, "entry");
    out->name = text_member(&reference->arena, json, "name");
    out->portable = pl_json_as_bool(pl_json_get(json, "portable"), false);
    add_settings(&out->settings, &reference->arena, common);
    add_settings(&out->settings, &reference->arena, pl_json_get(json, "settings"));
    for (int m = 0; m < PL_METRIC_ROWS; m++)
        whole &= !(pl_metrics[m].uses & PL_METRIC_REFERENCE) ||
                 read_values(out, reference, m, pl_json_get(json, pl_metrics[m].name));
    return whole && *out->entry && *out->name;
}

static bool read_all(struct pl_reference *out, const struct pl_json *json) {
    const struct pl_json *provenance = pl_json_get(json, "provenance");
    const struct pl_json *seeds = pl_json_get(json, "seeds"), *groups = pl_json_get(json, "groups");
    bool whole = pl_json_as_int(pl_json_get(json, "schema"), 0) == PL_REFERENCE_SCHEMA;
    out->study = text_member(&out->arena, json, "study");
    out->numerics = text_member(&out->arena, provenance, "numerics");
    out->stamp = text_member(&out->arena, provenance, "stamp");
    out->commit = text_member(&out->arena, provenance, "commit");
    out->seed_count = pl_json_count(seeds);
    out->seeds = PL_ARENA_ARRAY(&out->arena, uint64_t, out->seed_count + 1);
    for (size_t s = 0; s < out->seed_count; s++)
        out->seeds[s] = (uint64_t)pl_json_as_int(pl_json_at(seeds, s), 0);
    out->groups = PL_ARENA_ARRAY(&out->arena, struct pl_reference_group, pl_json_count(groups) + 1);
    for (size_t g = 0; g < pl_json_count(groups) && whole; g++)
        whole = read_group(&out->groups[out->group_count++], out, pl_json_get(json, "settings"),
                           pl_json_at(groups, g));
    return whole && *out->study && out->seed_count && out->group_count;
}

enum pl_status pl_reference_read(struct pl_reference *out, const char *path) {
    struct pl_strbuf text;
    struct pl_json *json = NULL;
    *out = (struct pl_reference){0};
    pl_strbuf_init(&text);
    enum pl_status status = pl_file_read(&text, path, (size_t)256 << 20);
    if (status == PL_OK) {
        status = pl_json_parse(&json, text.text, text.length);
        if (status != PL_OK)
            status = pl_fail(PL_EMISMATCH, "%s is no reference: %s", path, pl_message());
    }
    if (status == PL_OK && !read_all(out, json))
        status = pl_fail(PL_EMISMATCH,
                         "%s is not a whole reference of schema %d; `plumbline bless` writes one",
                         path, PL_REFERENCE_SCHEMA);
    pl_json_destroy(json);
    pl_strbuf_finish(&text);
    if (status != PL_OK) pl_reference_finish(out);
    return status;
}

void pl_reference_finish(struct pl_reference *reference) {
    for (size_t g = 0; g < reference->group_count; g++)
        pl_settings_finish(&reference->groups[g].settings);
    pl_arena_finish(&reference->arena);
    *reference = (struct pl_reference){0};
}

/* ---- where it is ------------------------------------------------------------------------------ */

static bool is_there(const char *path) {
    struct stat info;
    return lstat(path, &info) == 0; /* a link to nowhere is there */
}

const char *pl_reference_find(const char *study, const char *path, struct pl_arena *arena) {
    const char *name = pl_arena_printf(arena, PL_REFERENCE_FOLDER "/%s.json", study);
    const char *packed = pl_arena_printf(arena, PL_REFERENCE_FOLDER "/%s", study);
    if (is_there(name)) return name;
    if (is_there(packed)) return packed;
    char *whole = realpath(path, NULL);
    const char *found = NULL;
    for (char *slash = whole ? strrchr(whole, '/') : NULL; slash && !found;
         slash = strrchr(whole, '/')) {
        *slash = 0;
        const char *at = pl_arena_printf(arena, "%s/%s", whole, name);
        if (is_there(at)) found = at;
        const char *parts = pl_arena_printf(arena, "%s/%s", whole, packed);
        if (!found && is_there(parts)) found = parts;
        if (is_there(pl_arena_printf(arena, "%s/.git", whole))) break;
    }
    free(whole);
    return found;
}
