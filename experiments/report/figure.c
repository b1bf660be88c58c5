/* Every figure is made in the same way: a row of the table below names the function that fills the chart;
 * the chart then becomes data and script, and a figure whose chart shows nothing does not exist. Looks are
 * chosen once, before the first figure: the baseline has look 0, and where there are more entries than looks,
 * the best and the worst of the ranking have one and the rest is grey.
 */
#include "experiments/report/figure.h"

#include <math.h>
#include <string.h>

#include "experiments/cell/bound.h"
#include "experiments/evidence/multiverse.h"
#include "experiments/report/figure_impl.h"
#include "experiments/report/report_impl.h"
#include "experiments/study/options.h"

#define BEST_NAMED  5 /* of more entries than looks: so many of the best besides the baseline ... */
#define WORST_NAMED 2 /* ... and so many of the worst */

/* ----------------------------------------------------------------------------------- looks */

static void look_at_all(struct pl_figures *figures, const struct pl_analysis *a) {
    int next = 1;
    for (size_t e = 0; e < a->experiment->entry_count; e++)
        figures->looks[e] = e == a->baseline ? 0 : next++;
}

/* Takes the next look for the first or last [most] of the ranking that have none. */
static void look_at_some(struct pl_figures *figures, const struct pl_analysis *a, size_t ranked,
                         bool worst, size_t most, int *next) {
    for (size_t i = 0; i < ranked && most > 0; i++) {
        size_t entry = a->ranking[worst ? ranked - 1 - i : i].entry;
        if (figures->looks[entry] != PL_LOOK_GREY) continue;
        figures->looks[entry] = (*next)++;
        most--;
    }
}

static void choose_looks(struct pl_figures *figures, const struct pl_analysis *a) {
    size_t entries = a->experiment->entry_count, ranked = 0;
    int next = 1;
    figures->looks = PL_ARENA_ARRAY(&figures->arena, int, entries);
    if (entries <= PL_LOOKS) {
        look_at_all(figures, a);
        return;
    }
    for (size_t e = 0; e < entries; e++) figures->looks[e] = PL_LOOK_GREY;
    figures->looks[a->baseline] = 0;
    while (ranked < entries && a->ranking[ranked].ranked) ranked++;
    look_at_some(figures, a, ranked, false, BEST_NAMED, &next);
    look_at_some(figures, a, ranked, true, WORST_NAMED, &next);
}

/* ---------------------------------------------------------------------------- what all say */

const char *pl_figure_name(struct pl_drawing *drawing, const char *what) {
    return pl_arena_printf(drawing->arena, "%s-%s", drawing->told->metric, what);
}

/* The task of the first cell, NULL when its text names none or the study sweeps over tasks. */
static const struct pl_task *task_of(struct pl_drawing *drawing, const void **options) {
    const struct pl_analysis *a = drawing->whole;
    const struct pl_task *task;
    for (size_t k = 0; k < a->experiment->axis_count; k++)
        if (strcmp(a->experiment->axes[k].key, "task.name") == 0) return NULL;
    if (a->cells->count == 0 ||
        pl_bound_task_read(&task, options, a->cells->items[0].settings, drawing->arena) != PL_OK)
        return NULL;
    return task;
}

static const char *unit_of(struct pl_drawing *drawing) {
    const void *options;
    struct pl_data_shape shape;
    const struct pl_task *task = task_of(drawing, &options);
    if (!task) return "";
    task->shape(options, &shape);
    return shape.target == PL_TARGET_CLASS ? "cross-entropy in nats, " : "mean squared error, ";
}

const char *pl_figure_loss_label(struct pl_drawing *drawing) {
    if (!drawing->told->row->ratio) return drawing->told->metric;
    return pl_arena_printf(drawing->arena, "%s (%slog scale)", drawing->told->metric,
                           drawing->unit);
}

const char *pl_figure_mean(const struct pl_drawing *drawing) {
    return drawing->told->row->ratio ? "Geometric mean over seeds" : "Mean over seeds";
}

const char *pl_figure_direction(const struct pl_drawing *drawing) {
    return drawing->told->row->higher ? "higher is better" : "lower is better";
}

const char *pl_figure_effect_label(struct pl_drawing *drawing) {
    const struct pl_analysis *a = drawing->told;
    return pl_arena_printf(drawing->arena,
                           a->row->ratio ? "%s as a multiple of that of %s (log scale)"
                                         : "%s less that of %s",
                           a->metric, a->experiment->baseline);
}

const char *pl_figure_axis_label(struct pl_drawing *drawing, const struct pl_analysis *a,
                                 size_t axis) {
    return pl_arena_printf(drawing->arena, "%s%s", a->experiment->axes[axis].key,
                           a->scales[axis].log ? " (log scale)" : "");
}

const char *pl_figure_axis_help(struct pl_drawing *drawing, const char *key) {
    const void *options;
    const struct pl_task *task = task_of(drawing, &options);
    const char *dot = strchr(key, '.');
    struct pl_option_section section;
    for (size_t i = 0; dot && pl_option_section_at(i, &section); i++) {
        if (section.options->count == 0 ||
            strlen(section.options->section) != (size_t)(dot - key) ||
            strncmp(section.options->section, key, (size_t)(dot - key)) != 0)
            continue;
        if (strncmp(key, "task.", 5) == 0 && (!task || strcmp(section.owner, task->name) != 0))
            continue;
        const struct pl_option *row = pl_option_find(section.options, dot + 1);
        if (row) return pl_arena_printf(drawing->arena, " %s: %s.", key, row->help);
    }
    return "";
}

const char *pl_figure_band(struct pl_drawing *drawing) {
    return drawing->told->experiment->entry_count <= PL_LOOKS
               ? "its 95 % interval"
               : "its 95 % interval for the baseline and the best other";
}

static struct pl_chart_series *add_series(struct pl_drawing *drawing, struct pl_chart_panel *panel,
                                          const char *name, int look, size_t count) {
    double *numbers = PL_ARENA_ARRAY(drawing->arena, double, 4 * count + 1);
    for (size_t i = 0; i < 4 * count; i++) numbers[i] = NAN;
    struct pl_chart_series series = {.name = name,
                                     .look = look,
                                     .count = count,
                                     .x = numbers,
                                     .y = numbers + count,
                                     .low = numbers + 2 * count,
                                     .high = numbers + 3 * count};
    PL_VEC_PUSH(&panel->series, series);
    return &panel->series.items[panel->series.count - 1];
}

struct pl_chart_series *pl_figure_series(struct pl_drawing *drawing, struct pl_chart_panel *panel,
                                         size_t entry, size_t count) {
    return add_series(drawing, panel, drawing->told->experiment->entries[entry].label,
                      drawing->figures->looks[entry], count);
}

struct pl_chart_series *pl_figure_known(struct pl_drawing *drawing, struct pl_chart_panel *panel,
                                        int look, size_t count) {
    return add_series(drawing, panel, look == PL_LOOK_TRIVIAL ? "trivial" : "best known", look,
                      count);
}

double pl_figure_known_loss(const struct pl_analysis *analysis, size_t point, int look) {
    for (size_t e = 0; e < analysis->experiment->entry_count; e++) {
        const struct pl_summary *summary = pl_analysis_summary(analysis, point, e);
        double loss = look == PL_LOOK_TRIVIAL ? summary->trivial : summary->best_known;
        if (loss > 0.0 && isfinite(loss)) return loss;
    }
    return NAN;
}

bool pl_figure_is_known(const struct pl_analysis *analysis, int look) {
    for (size_t p = 0; p < analysis->point_count; p++)
        if (!isnan(pl_figure_known_loss(analysis, p, look))) return true;
    return false;
}

const char *pl_figure_known_text(const struct pl_analysis *analysis) {
    bool trivial = pl_figure_is_known(analysis, PL_LOOK_TRIVIAL);
    if (pl_figure_is_known(analysis, PL_LOOK_BEST))
        return " Trivial: the predictor that looks at no input; best known: the best one of all.";
    return trivial ? " Trivial: the predictor that looks at no input." : "";
}

size_t pl_figure_pick(size_t k, size_t count, size_t most) {
    return count <= most ? k : (k * (count - 1) + (most - 1) / 2) / (most - 1);
}

/* ------------------------------------------------------------------------------------- all */

static void (*const makers[PL_FIGURES])(struct pl_drawing *, struct pl_chart *) = {
    [PL_FIGURE_MAIN] = pl_figure_main,           [PL_FIGURE_RATIO] = pl_figure_ratio,
    [PL_FIGURE_FOREST] = pl_figure_forest,       [PL_FIGURE_READINGS] = pl_figure_readings,
    [PL_FIGURE_CHOICES] = pl_figure_choices,     [PL_FIGURE_CHOICES + 1] = pl_figure_choices,
    [PL_FIGURE_CHOICES + 2] = pl_figure_choices, [PL_FIGURE_CHOICES_LAST] = pl_figure_choices,
    [PL_FIGURE_SHARES] = pl_figure_shares,       [PL_FIGURE_RATES] = pl_figure_rates,
    [PL_FIGURE_LEARNING] = pl_figure_learning,   [PL_FIGURE_STATES] = pl_figure_states,
    [PL_FIGURE_OUTPUTS] = pl_figure_outputs,     [PL_FIGURE_GRADIENTS] = pl_figure_gradients,
    [PL_FIGURE_MIXING] = pl_figure_mixing,       [PL_FIGURE_SOURCES] = pl_figure_sources,
    [PL_FIGURE_HEADS] = pl_figure_heads,         [PL_FIGURE_ACCURACY] = pl_figure_accuracy,
    [PL_FIGURE_SOLVED] = pl_figure_solved,       [PL_FIGURE_MAP] = pl_figure_map,
};

/* Shows points one by one, too many of which a design has. */
static bool is_of_points(enum pl_figure_kind kind) {
    return kind == PL_FIGURE_MAIN || kind == PL_FIGURE_RATIO || kind == PL_FIGURE_FOREST ||
           kind == PL_FIGURE_RATES || (kind >= PL_FIGURE_LEARNING && kind <= PL_FIGURE_MAP);
}

static void make_figure(struct pl_drawing *drawing, enum pl_figure_kind kind) {
    struct pl_figure *figure = &drawing->figures->items[kind];
    struct pl_strbuf data, script;
    figure->chart = (struct pl_chart){.level = NAN, .x_label = "", .y_label = "", .caption = ""};
    if (drawing->whole->experiment->design && is_of_points(kind)) return;
    drawing->kind = kind;
    makers[kind](drawing, &figure->chart);
    figure->exists = pl_chart_shows(&figure->chart);
    if (!figure->exists) return;
    pl_strbuf_init(&data);
    pl_strbuf_init(&script);
    pl_chart_write(&figure->chart, &data, &script);
    figure->data = pl_strbuf_take(&data);
    figure->script = pl_strbuf_take(&script);
}

void pl_figures_make(struct pl_figures *out, const struct pl_analysis *analysis) {
    *out = (struct pl_figures){.told = analysis->selection ? analysis->selection->best : analysis};
    choose_looks(out, out->told);
    struct pl_drawing drawing = {
        .figures = out, .arena = &out->arena, .whole = analysis, .told = out->told, .unit = ""};
    drawing.unit = unit_of(&drawing);
    struct pl_multiverse multiverse;
    if (pl_multiverse_make(&multiverse, analysis, &out->arena)) drawing.multiverse = &multiverse;
    for (int kind = 0; kind < PL_FIGURES; kind++) make_figure(&drawing, (enum pl_figure_kind)kind);
}

void pl_figures_finish(struct pl_figures *figures) {
    for (int kind = 0; kind < PL_FIGURES; kind++) {
        struct pl_figure *figure = &figures->items[kind];
        pl_chart_finish(&figure->chart);
        pl_free(figure->data);
        pl_free(figure->script);
        pl_free(figure->svg);
    }
    pl_arena_finish(&figures->arena);
}
