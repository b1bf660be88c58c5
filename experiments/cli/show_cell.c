/* show cell: one run as a database has it, found by the beginning of its identity. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/log.h"
#include "experiments/cli/show.h"
#include "experiments/report/report.h"
#include "experiments/tools/export.h"

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
    pl_columns_end(&table, out);
}

static void add_members(struct pl_strbuf *out, const char *heading, const struct pl_json *json) {
    struct pl_columns table;
    pl_strbuf_addf(out, "\n%s\n", heading);
    pl_columns_init(&table, 2, 2);
    for (void *it = pl_json_first(json); it; it = pl_json_next(json, it)) {
        char *value = pl_json_write(pl_json_value(it), false);
        const char *plain = pl_json_as_text(pl_json_value(it), value);
        if (strcmp(pl_json_key(it), "parts") != 0)
            pl_columns_row(&table, (const char *[]){pl_json_key(it), *plain ? plain : "-"});
        pl_free(value);
    }
    pl_columns_end(&table, out);
}

static void add_provenance(struct pl_strbuf *out, const char *text) {
    struct pl_json *json;
    if (!*text || pl_json_parse(&json, text, strlen(text)) != PL_OK) return;
    add_members(out, "Provenance", json);
    if (pl_json_get(json, "parts"))
        add_members(out, "Parts of the stamp", pl_json_get(json, "parts"));
    pl_json_destroy(json);
}

static void add_settings(struct pl_strbuf *out, const char *text) {
    pl_strbuf_add(out, "\nSettings\n");
    for (; *text; text += strcspn(text, "\n") + (strchr(text, '\n') != NULL))
        pl_strbuf_addf(out, "  %.*s\n", (int)strcspn(text, "\n"), text);
}

static void cell_text(struct pl_strbuf *out, const struct pl_found *found) {
    const struct pl_cell *cell = found->cell;
    const struct pl_result *result = &found->result;
    struct pl_columns facts;
    char text[96];
    pl_columns_init(&facts, 0, 2);
    pl_columns_fact(&facts, "cell", cell->id);
    pl_columns_fact(&facts, "label", cell->label);
    pl_columns_fact(&facts, "variant", cell->variant);
    for (size_t k = 0; k < found->plan.axis_count; k++)
        pl_columns_fact(&facts, found->plan.axes[k], cell->axis_values[k]);
    snprintf(text, sizeof text, "%llu", (unsigned long long)cell->seed);
    pl_columns_fact(&facts, "seed", text);
    pl_columns_fact(&facts, "outcome", pl_outcome_name(result->outcome));
    if (pl_outcome_is_finished(found->result.outcome)) {
        snprintf(text, sizeof text, "%.3g s, %.3g ms a step", result->seconds, result->step_ms);
        pl_columns_fact(&facts, "took", text);
    }
    if (found->former) pl_columns_fact(&facts, "plan", "of an earlier one");
    pl_columns_fact(&facts, "numerics", found->stamp);
    pl_columns_fact(&facts, "database", found->path);
    pl_columns_end(&facts, out);
    if (result->message && *result->message)
        pl_strbuf_addf(out, "\nMessage\n%s\n", result->message);
    add_final_metrics(out, result);
    pl_report_inside(result, out);
    struct pl_arena arena = {0};
    add_settings(out, pl_cell_text(cell, &arena));
    pl_arena_finish(&arena);
    add_provenance(out, result->provenance ? result->provenance : "");
}

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

static enum pl_status export_cell(const struct pl_found *found, const char *folder) {
    struct pl_export export = {
        .cell = found->cell, .stored = &found->result, .stamp = found->stamp};
    enum pl_status status = pl_export_cell(&export, folder);
    if (status == PL_OK) say_agreement(&export, folder);
    return status;
}

enum pl_status pl_show_cell(const struct pl_args *args, struct pl_strbuf *out) {
    const struct pl_show_options *options = args->options;
    struct pl_found found;
    enum pl_status status = pl_found_find(&found, options->results, args->words[1]);
    if (status == PL_OK && options->export) status = export_cell(&found, options->export);
    if (status == PL_OK) (options->json ? pl_show_cell_json : cell_text)(out, &found);
    pl_found_finish(&found);
    return status;
}
