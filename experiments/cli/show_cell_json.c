/* show cell --json. */
#include <string.h>

#include "core/base/json.h"
#include "experiments/cli/show.h"
#include "experiments/report/report.h"
#include "experiments/study/options.h"

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

void pl_show_cell_json(struct pl_strbuf *out, const struct pl_found *found) {
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
    struct pl_arena arena = {0};
    pl_json_set(object, "settings", pl_report_settings_json(pl_cell_text(cell, &arena), true));
    pl_arena_finish(&arena);
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
