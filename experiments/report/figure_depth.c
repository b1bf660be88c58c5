/* Figures of the inside of networks, from their diagnostics: norms and gradients by depth, and what each
 * layer reads of the outputs before it. */
#include <math.h>
#include <string.h>

#include "experiments/evidence/profile.h"
#include "experiments/report/figure_impl.h"
#include "experiments/report/report_impl.h"

#define POINTS_MOST 3 /* panels: the first point of the axes, the last, one between */

static const char *shown_text(struct pl_drawing *drawing) {
    const struct pl_analysis *a = drawing->told;
    if (a->point_count <= POINTS_MOST) return "";
    return pl_arena_printf(drawing->arena, " Shown are %d of %zu points.", POINTS_MOST,
                           a->point_count);
}

/* ------------------------------------------------------------------------------- by depth */

/* The means of [name] at the last step it was measured, by layer. */
static void add_depths(struct pl_drawing *drawing, struct pl_chart_panel *panel, size_t point,
                       size_t entry, const char *name) {
    struct pl_profile profile;
    pl_profile_make(&profile, drawing->arena, drawing->told, point, entry);
    long last = pl_profile_last(&profile, name);
    struct pl_chart_series *series = pl_figure_series(drawing, panel, entry, profile.count);
    series->count = 0;
    for (size_t i = 0; i < profile.count; i++) {
        const struct pl_profile_value *value = &profile.values[i];
        if (value->step != last || strcmp(value->name, name) != 0) continue;
        series->x[series->count] = value->layer;
        if (value->mean > 0) series->y[series->count] = value->mean;
        series->count++;
    }
}

static void by_depth(struct pl_drawing *drawing, struct pl_chart *chart, const char *name,
                     const char *title, const char *label, const char *caption) {
    const struct pl_analysis *a = drawing->told;
    chart->name = pl_figure_name(drawing, name);
    chart->kind = PL_CHART_LINES;
    chart->title = title;
    chart->x_label = "layer";
    chart->y_label = label;
    chart->log_y = true;
    for (size_t k = 0; k < a->point_count && k < POINTS_MOST; k++) {
        size_t point = pl_figure_pick(k, a->point_count, POINTS_MOST);
        struct pl_chart_panel panel = {.title =
                                           pl_report_point(a, drawing->arena, point, PL_WHOLE)};
        for (size_t e = 0; e < a->experiment->entry_count; e++)
            add_depths(drawing, &panel, point, e, name);
        PL_VEC_PUSH(&chart->panels, panel);
    }
    chart->caption = pl_arena_printf(drawing->arena, "%s%s", caption, shown_text(drawing));
}

void pl_figure_states(struct pl_drawing *drawing, struct pl_chart *chart) {
    by_depth(
        drawing, chart, "h_rms", "Size of what each layer reads",
        "root mean square of a state's features (h_rms, log scale)",
        "Means over the seeds that are done, at the last step; the layer behind the last is the "
        "readout.");
}

void pl_figure_outputs(struct pl_drawing *drawing, struct pl_chart *chart) {
    by_depth(drawing, chart, "v_rms", "Size of what each layer gives",
             "root mean square of an output's features (v_rms, log scale)",
             "Means over the seeds that are done, at the last step; layer 0 is the embedding.");
}

void pl_figure_gradients(struct pl_drawing *drawing, struct pl_chart *chart) {
    by_depth(drawing, chart, "h_grad", "Gradients by depth",
             "norm of the loss's gradient at a state (h_grad, log scale)",
             "Means over the seeds that are done, at the last step.");
}

/* --------------------------------------------------------------------------------- mixing */

/* False when nothing was measured. The number of a square travels as `low`. */
static bool add_rows(struct pl_drawing *drawing, struct pl_chart_panel *panel, size_t point,
                     size_t entry) {
    struct pl_profile profile;
    pl_profile_make(&profile, drawing->arena, drawing->told, point, entry);
    long last = pl_profile_last(&profile, "mixing");
    if (last < 0) return false;
    struct pl_chart_series *series = pl_figure_series(drawing, panel, entry, profile.count);
    series->count = 0;
    for (size_t i = 0; i < profile.count; i++) {
        const struct pl_profile_value *value = &profile.values[i];
        if (value->step != last || strcmp(value->name, "mixing") != 0 || isnan(value->mean))
            continue;
        series->x[series->count] = value->source;
        series->y[series->count] = value->layer;
        series->low[series->count++] = value->mean;
    }
    return series->count > 0;
}

void pl_figure_mixing(struct pl_drawing *drawing, struct pl_chart *chart) {
    const struct pl_analysis *a = drawing->told;
    size_t point = a->point_count - 1;
    const char *where = pl_report_point(a, drawing->arena, point, PL_WHOLE);
    chart->name = pl_figure_name(drawing, "mixing");
    chart->kind = PL_CHART_HEAT;
    chart->title = "What each layer reads";
    chart->x_label = "source: the output of which layer (0 is the embedding)";
    chart->y_label = "layer that reads";
    for (size_t i = 0; i < a->experiment->entry_count && chart->panels.count < PL_CHART_PANELS;
         i++) {
        size_t entry = a->ranking[i].entry;
        struct pl_chart_panel panel = {.title = a->experiment->entries[entry].label};
        if (drawing->figures->looks[entry] == PL_LOOK_GREY) continue;
        if (add_rows(drawing, &panel, point, entry))
            PL_VEC_PUSH(&chart->panels, panel);
        else
            PL_VEC_FINISH(&panel.series);
    }
    chart->caption =
        pl_arena_printf(drawing->arena,
                        "Weight of each earlier output in what a layer reads, a mean over tokens "
                        "and over the seeds "
                        "that are done, at the last step%s%s; the lowest row is the readout.",
                        *where ? " of " : "", where);
}
