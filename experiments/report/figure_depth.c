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

/* ----------------------------------------------------------------------------------- maps */

/* False when [name] was not measured. The number of a square travels as `low`. */
static bool add_rows(struct pl_drawing *drawing, struct pl_chart_panel *panel,
                     const struct pl_profile *profile, size_t entry, const char *name) {
    long last = pl_profile_last(profile, name);
    if (last < 0) return false;
    struct pl_chart_series *series = pl_figure_series(drawing, panel, entry, profile->count);
    series->count = 0;
    for (size_t i = 0; i < profile->count; i++) {
        const struct pl_profile_value *value = &profile->values[i];
        if (value->step != last || strcmp(value->name, name) != 0 || isnan(value->mean)) continue;
        series->x[series->count] = value->source;
        series->y[series->count] = value->layer;
        series->low[series->count++] = value->mean;
    }
    return series->count > 0;
}

/* What is marked of an entry: "A: source 1 in layers 3, 4". Empty: nothing. */
static const char *loud_sources(struct pl_drawing *drawing, const struct pl_profile *profile,
                                const char *label) {
    const char *said = "";
    long last = pl_profile_last(profile, "source_loud");
    for (size_t i = 0; i < profile->count && last >= 0; i++) {
        const struct pl_profile_value *value = &profile->values[i];
        if (value->step != last || strcmp(value->name, "source_loud") != 0) continue;
        said = pl_arena_printf(drawing->arena, "%s%s source %d in layer %d (%.1f times)", said,
                               *said ? "," : "", value->source, value->layer, value->mean);
    }
    return *said ? pl_arena_printf(drawing->arena, " %s:%s.", label, said) : "";
}

/* A map of [name] for each entry with a look of its own, at the last point; what is marked of all. */
static const char *maps(struct pl_drawing *drawing, struct pl_chart *chart, const char *name) {
    const struct pl_analysis *a = drawing->told;
    const char *marked = "";
    chart->name = pl_figure_name(drawing, name);
    chart->kind = PL_CHART_HEAT;
    for (size_t i = 0; i < a->experiment->entry_count && chart->panels.count < PL_CHART_PANELS;
         i++) {
        size_t entry = a->ranking[i].entry;
        const char *label = a->experiment->entries[entry].label;
        struct pl_chart_panel panel = {.title = label};
        struct pl_profile profile;
        if (drawing->figures->looks[entry] == PL_LOOK_GREY) continue;
        pl_profile_make(&profile, drawing->arena, a, a->point_count - 1, entry);
        marked =
            pl_arena_printf(drawing->arena, "%s%s", marked, loud_sources(drawing, &profile, label));
        if (add_rows(drawing, &panel, &profile, entry, name))
            PL_VEC_PUSH(&chart->panels, panel);
        else
            PL_VEC_FINISH(&panel.series);
    }
    return marked;
}

/* "" or " of task.structure = 1", as captions say it. */
static const char *at_last_point(struct pl_drawing *drawing) {
    const struct pl_analysis *a = drawing->told;
    const char *where = pl_report_point(a, drawing->arena, a->point_count - 1, PL_WHOLE);
    return *where ? pl_arena_printf(drawing->arena, " of %s", where) : "";
}

static void by_source(struct pl_chart *chart, const char *title) {
    chart->title = title;
    chart->x_label = "source: the output of which layer (0 is the embedding)";
    chart->y_label = "layer that reads";
}

void pl_figure_mixing(struct pl_drawing *drawing, struct pl_chart *chart) {
    by_source(chart, "What each layer reads");
    maps(drawing, chart, "mixing");
    chart->caption =
        pl_arena_printf(drawing->arena,
                        "Weight of each earlier output in what a layer reads, a mean over tokens "
                        "and over the seeds "
                        "that are done, at the last step%s; the lowest row is the readout.",
                        at_last_point(drawing));
}

void pl_figure_sources(struct pl_drawing *drawing, struct pl_chart *chart) {
    by_source(chart, "What each layer reads, by size");
    const char *marked = maps(drawing, chart, "source_share");
    chart->caption = pl_arena_printf(
        drawing->arena,
        "Weight times norm of each source, as a share of the sum over sources, a mean over tokens "
        "and over the seeds that are done, at the last step%s; the lowest row is the readout. %s%s",
        at_last_point(drawing),
        *marked ? "With more than three times the median norm of the other sources:"
                : "No source has more than three times the median norm of the others.",
        marked);
}

void pl_figure_heads(struct pl_drawing *drawing, struct pl_chart *chart) {
    chart->title = "How widely heads look";
    chart->x_label = "head";
    chart->y_label = "layer";
    maps(drawing, chart, "head_entropy_share");
    chart->caption = pl_arena_printf(
        drawing->arena,
        "Entropy of attention over tokens, over the logarithm of how many tokens are in reach: 1 "
        "looks at all alike, 0 at one. A mean over tokens and over the seeds that are done, at the "
        "last step%s.",
        at_last_point(drawing));
}
