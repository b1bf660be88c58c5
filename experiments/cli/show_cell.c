/* show cell: one run as a database has it, found by the beginning of its identity. */
#include <glob.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/log.h"
#include "core/base/vec.h"
#include "experiments/cli/show.h"
#include "experiments/report/report.h"
#include "experiments/run/ledger.h"
#include "experiments/study/options.h"
#include "experiments/tools/export.h"

/* ---- show cell: finding it ---- */

/* A cell as a database has it. */
struct found {
    struct pl_store_plan plan;
    const struct pl_cell *cell; /* of plan */
    bool former;                /* of an earlier plan */
    struct pl_result result;
    char stamp[PL_HASH_TEXT];
    char *path;
};

static void found_finish(struct found *found) {
    if (!found->path) return;
    pl_result_finish(&found->result);
    pl_store_plan_finish(&found->plan);
    pl_free(found->path);
    found->path = NULL;
}

static const struct pl_cell *match(const struct pl_cells *cells, const char *prefix,
                                   size_t *count) {
    const struct pl_cell *cell = NULL;
    *count = 0;
    for (size_t k = 0; k < cells->count; k++) {
        if (strncmp(cells->items[k].id, prefix, strlen(prefix)) != 0) continue;
        cell = &cells->items[k];
        ++*count;
    }
    return cell;
}

/* The newest finished result, else what there is under the numerics of here and now. */
static enum pl_status read_result(struct found *found, struct pl_store *store) {
    PL_TRY(pl_store_newest(store, found->cell->id, found->stamp));
    if (!found->stamp[0]) PL_TRY(pl_ledger_stamp(found->cell, found->stamp));
    PL_TRY(pl_store_find(store, found->cell->id, found->stamp, &found->result));
    return pl_store_diagnostics(store, found->cell->id, found->stamp, &found->result);
}

/* In the present plan, else among the cells of earlier ones. */
static enum pl_status match_any(struct found *found, struct pl_store *store, const char *prefix,
                                size_t *count) {
    PL_TRY(pl_store_plan(store, &found->plan));
    found->cell = match(&found->plan.cells, prefix, count);
    if (*count > 0) return PL_OK;
    pl_store_plan_finish(&found->plan);
    PL_TRY(pl_store_former(store, &found->plan));
    found->cell = match(&found->plan.cells, prefix, count);
    found->former = true;
    return PL_OK;
}

/* Looks into one database; [found] stays empty when the cell is not in it. */
static enum pl_status look_into(struct found *found, struct pl_store *store, const char *path,
                                const char *prefix) {
    size_t count = 0;
    enum pl_status status = match_any(found, store, prefix, &count);
    if (status == PL_OK && count > 1)
        status = pl_fail(PL_ECONFIG,
                         "%s: %zu cells have an identity that begins with %s; give more of its "
                         "digits",
                         path, count, prefix);
    if (status == PL_OK && count == 1) status = read_result(found, store);
    if (status == PL_OK && count == 1)
        found->path = pl_strdup(path);
    else
        pl_store_plan_finish(&found->plan);
    return status;
}

static enum pl_status open_and_look(struct found *found, const char *path, const char *prefix) {
    struct pl_store *store;
    PL_TRY(pl_store_open_file(&store, path));
    enum pl_status status = look_into(found, store, path, prefix);
    pl_store_close(store);
    return status;
}

/* Of one cell in two databases the finished one is kept; two cells are one too many. */
static enum pl_status keep_better(struct found *best, struct found *other) {
    enum pl_status status = PL_OK;
    if (!other->path) return PL_OK;
    if (best->path && strcmp(best->cell->id, other->cell->id) != 0)
        status = pl_fail(PL_ECONFIG, "%s and %s have different cells of that beginning: %s and %s",
                         best->path, other->path, best->cell->id, other->cell->id);
    if (!best->path || (!pl_outcome_is_finished(best->result.outcome) &&
                        pl_outcome_is_finished(other->result.outcome))) {
        struct found kept = *best;
        *best = *other;
        *other = kept;
    }
    found_finish(other);
    return status;
}

static enum pl_status find_cell(struct found *out, const char *results, const char *prefix) {
    char pattern[1024];
    glob_t paths = {0};
    enum pl_status status = PL_OK;
    snprintf(pattern, sizeof pattern, "%s/*/cells.db", results);
    if (glob(pattern, 0, NULL, &paths) != 0) paths.gl_pathc = 0;
    for (size_t k = 0; status == PL_OK && k < paths.gl_pathc; k++) {
        struct found other = {0};
        status = open_and_look(&other, paths.gl_pathv[k], prefix);
        if (status == PL_OK) status = keep_better(out, &other);
    }
    if (status == PL_OK && !out->path)
        status = pl_fail(PL_ECONFIG,
                         "no cell in %s (%zu found) has an identity that begins with \"%s\"; "
                         "`plumbline report STUDY --format csv` lists the cells of a study",
                         pattern, (size_t)paths.gl_pathc, prefix);
    globfree(&paths);
    return status;
}

/* ---- show cell: telling it ---- */

static void add_final_metrics(struct pl_strbuf *out, const struct pl_result *result) {
    struct pl_columns table;
    pl_columns_init(&table, 2, 3);
    for (size_t k = 0; k < result->metric_count; k++) {
        const struct pl_metric *metric = &result->metrics[k];
        char value[40], step[40];
        bool last = true;
        for (size_t m = k + 1; last && m < result->metric_count; m++)
            last = strcmp(result->metrics[m].name, metric->name) != 0;
        if (!last) continue;
        snprintf(value, sizeof value, "%.9g", metric->value);
        snprintf(step, sizeof step, "step %ld", metric->step);
        pl_columns_row(&table, (const char *[]){metric->name, value, step});
    }
    if (result->metric_count > 0) pl_strbuf_add(out, "\nFinal metrics\n");
    pl_show_end(&table, out);
}

static void add_provenance(struct pl_strbuf *out, const char *text) {
    struct pl_json *json;
    struct pl_columns table;
    if (!*text || pl_json_parse(&json, text, strlen(text)) != PL_OK) return;
    pl_strbuf_add(out, "\nProvenance\n");
    pl_columns_init(&table, 2, 2);
    for (void *it = pl_json_first(json); it; it = pl_json_next(json, it)) {
        char *value = pl_json_write(pl_json_value(it), false);
        const char *plain = pl_json_as_text(pl_json_value(it), value);
        pl_columns_row(&table, (const char *[]){pl_json_key(it), *plain ? plain : "-"});
        pl_free(value);
    }
    pl_show_end(&table, out);
    pl_json_destroy(json);
}

static void add_settings(struct pl_strbuf *out, const char *text) {
    pl_strbuf_add(out, "\nSettings\n");
    for (; *text; text += strcspn(text, "\n") + (strchr(text, '\n') != NULL))
        pl_strbuf_addf(out, "  %.*s\n", (int)strcspn(text, "\n"), text);
}

static void cell_text(struct pl_strbuf *out, const struct found *found) {
    const struct pl_cell *cell = found->cell;
    const struct pl_result *result = &found->result;
    struct pl_columns facts;
    char text[96];
    pl_columns_init(&facts, 0, 2);
    pl_show_fact(&facts, "cell", cell->id);
    pl_show_fact(&facts, "label", cell->label);
    pl_show_fact(&facts, "variant", cell->variant);
    for (size_t k = 0; k < found->plan.axis_count; k++)
        pl_show_fact(&facts, found->plan.axes[k], cell->axis_values[k]);
    snprintf(text, sizeof text, "%llu", (unsigned long long)cell->seed);
    pl_show_fact(&facts, "seed", text);
    pl_show_fact(&facts, "outcome", pl_outcome_name(result->outcome));
    if (pl_outcome_is_finished(found->result.outcome)) {
        snprintf(text, sizeof text, "%.3g s, %.3g ms a step", result->seconds, result->step_ms);
        pl_show_fact(&facts, "took", text);
    }
    if (found->former) pl_show_fact(&facts, "plan", "of an earlier one");
    pl_show_fact(&facts, "numerics", found->stamp);
    pl_show_fact(&facts, "database", found->path);
    pl_show_end(&facts, out);
    if (result->message && *result->message)
        pl_strbuf_addf(out, "\nMessage\n%s\n", result->message);
    add_final_metrics(out, result);
    pl_report_inside(result, out);
    add_settings(out, cell->text);
    add_provenance(out, result->provenance ? result->provenance : "");
}

static struct pl_json *metrics_json(const struct pl_result *result) {
    struct pl_json *array = pl_json_array();
    for (size_t k = 0; k < result->metric_count; k++) {
        struct pl_json *object = pl_json_object();
        pl_json_set(object, "name", pl_json_text(result->metrics[k].name));
        pl_json_set(object, "step", pl_json_int(result->metrics[k].step));
        pl_json_set(object, "value", pl_json_real(result->metrics[k].value));
        pl_json_append(array, object);
    }
    return array;
}

static struct pl_json *settings_json(const char *text) {
    struct pl_arena arena = {0};
    struct pl_settings settings = {0};
    struct pl_json *object = pl_json_object();
    if (pl_settings_read(&settings, &arena, text) == PL_OK)
        for (size_t k = 0; k < settings.count; k++)
            pl_json_set(object, settings.items[k].key, pl_json_text(settings.items[k].value));
    pl_settings_finish(&settings);
    pl_arena_finish(&arena);
    return object;
}

static void cell_json(struct pl_strbuf *out, const struct found *found) {
    const struct pl_cell *cell = found->cell;
    const struct pl_result *result = &found->result;
    struct pl_json *object = pl_json_object(), *axes = pl_json_object(), *provenance = NULL;
    pl_json_set(object, "id", pl_json_text(cell->id));
    pl_json_set(object, "label", pl_json_text(cell->label));
    pl_json_set(object, "variant", pl_json_text(cell->variant));
    for (size_t k = 0; k < found->plan.axis_count; k++)
        pl_json_set(axes, found->plan.axes[k], pl_json_text(cell->axis_values[k]));
    pl_json_set(object, "axes", axes);
    pl_json_set(object, "seed", pl_json_int((int64_t)cell->seed));
    pl_json_set(object, "status", pl_json_text(pl_outcome_name(result->outcome)));
    pl_json_set(object, "message", pl_json_text(result->message));
    pl_json_set(object, "numerics", pl_json_text(found->stamp));
    pl_json_set(object, "database", pl_json_text(found->path));
    pl_json_set(object, "settings", settings_json(cell->text));
    pl_json_set(object, "metrics", metrics_json(result));
    struct pl_json *diagnostics = pl_report_diagnostics_json(result);
    if (diagnostics) pl_json_set(object, "diagnostics", diagnostics);
    pl_json_set(object, "seconds", pl_json_real(result->seconds));
    pl_json_set(object, "step_ms", pl_json_real(result->step_ms));
    if (result->provenance && *result->provenance &&
        pl_json_parse(&provenance, result->provenance, strlen(result->provenance)) == PL_OK)
        pl_json_set(object, "provenance", provenance);
    char *text = pl_json_write(object, true);
    pl_strbuf_addf(out, "%s\n", text);
    pl_free(text);
    pl_json_destroy(object);
}

/* ---- show cell --export ---- */

static void say_agreement(const struct pl_export *export, const char *folder) {
    if (export->agreement == PL_EXPORT_BITS)
        pl_info("%s: the new run agrees with the stored one to the bit", folder);
    else if (export->agreement == PL_EXPORT_ALONE)
        pl_info("%s: the store has no result of this cell to compare the new run with", folder);
    else if (isnan(export->apart))
        pl_warn("%s: the stored result comes from other numerics, %s, and one of the two runs has "
                "numbers that the other lacks",
                folder, export->stamp);
    else
        pl_warn("%s: the stored result comes from other numerics, %s; metrics differ by up to %.2g "
                "of their value",
                folder, export->stamp, export->apart);
}

static enum pl_status export_cell(const struct found *found, const char *folder) {
    struct pl_export export = {
        .cell = found->cell, .stored = &found->result, .stamp = found->stamp};
    enum pl_status status = pl_export_cell(&export, folder);
    if (status == PL_OK) say_agreement(&export, folder);
    return status;
}

enum pl_status pl_show_cell(const struct pl_args *args, struct pl_strbuf *out) {
    const struct pl_show_options *options = args->options;
    struct found found = {0};
    enum pl_status status = find_cell(&found, options->results, args->words[1]);
    if (status == PL_OK && options->export) status = export_cell(&found, options->export);
    if (status == PL_OK) (options->json ? cell_json : cell_text)(out, &found);
    found_finish(&found);
    return status;
}
