/* A plot in characters: log loss (or a rate) upwards, the axis to the right.
 *
 *     .38 |A                    rows: log loss, evenly from the greatest to the smallest
 *         |  a  B               columns: the axis; logarithmic when it spans more than 50 x
 *         |     a  *
 *   .0012 |           A
 *          0          1
 *          task.structure
 *
 * '-' stands at the loss of the trivial predictor, where it lies in that range and nothing else stands.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/math.h"
#include "experiments/report/report_impl.h"

#define ROWS    13
#define COLUMNS 61
#define MARGIN  9            /* for the numbers at the left */
#define ENTRIES 26           /* as many as there are letters */
#define TRIVIAL ((size_t)-1) /* no entry */

struct plot {
    const struct pl_analysis *analysis;
    size_t axis, point;
    bool log_axis;
    double left, right, bottom, top; /* of what is drawn, after any logarithm */
    char cells[ROWS][COLUMNS + 1];
};

static double summary_log(const struct plot *plot, size_t entry, size_t value) {
    size_t point = pl_analysis_point_with(plot->analysis, plot->point, plot->axis, value);
    double loss = pl_analysis_summary(plot->analysis, point, entry)->loss;
    if (!plot->analysis->row->ratio) return isfinite(loss) ? loss : NAN;
    return isfinite(loss) && loss > 0.0 ? pl_log(loss) : NAN;
}

static double axis_place(const struct plot *plot, size_t value) {
    double x = plot->analysis->scales[plot->axis].values[value];
    return plot->log_axis ? pl_log(x) : x;
}

static size_t shown_entries(const struct plot *plot) {
    size_t count = plot->analysis->experiment->entry_count;
    return count < ENTRIES ? count : ENTRIES;
}

static size_t value_count(const struct plot *plot) {
    return plot->analysis->experiment->axes[plot->axis].count;
}

/* False when there are not two different places on the axis with something to show. */
static bool measure(struct plot *plot) {
    plot->left = plot->bottom = INFINITY;
    plot->right = plot->top = -INFINITY;
    for (size_t e = 0; e < shown_entries(plot); e++)
        for (size_t v = 0; v < value_count(plot); v++) {
            double x = axis_place(plot, v), y = summary_log(plot, e, v);
            if (isnan(y)) continue;
            if (x < plot->left) plot->left = x;
            if (x > plot->right) plot->right = x;
            if (y < plot->bottom) plot->bottom = y;
            if (y > plot->top) plot->top = y;
        }
    return plot->right > plot->left;
}

static int column_of(const struct plot *plot, double x) {
    return (int)nearbyint((x - plot->left) / (plot->right - plot->left) * (COLUMNS - 1));
}

static int row_of(const struct plot *plot, double y) {
    if (!(plot->top > plot->bottom)) return ROWS / 2;
    return (int)nearbyint((plot->top - y) / (plot->top - plot->bottom) * (ROWS - 1));
}

static double trivial_log(const struct plot *plot, size_t value) {
    size_t point = pl_analysis_point_with(plot->analysis, plot->point, plot->axis, value);
    const struct pl_summary *summary =
        pl_analysis_summary(plot->analysis, point, plot->analysis->baseline);
    double log = summary->trivial > 0.0 ? pl_log(summary->trivial) : NAN;
    return log >= plot->bottom && log <= plot->top ? log : NAN;
}

/* Lines between measured places, where nothing stands yet: of an entry in small letters, or (TRIVIAL) of what is
 * known of the task. */
static void draw_lines(struct plot *plot, size_t entry) {
    const size_t *ascending = plot->analysis->scales[plot->axis].ascending;
    double x0 = NAN, y0 = NAN;
    for (size_t i = 0; i < value_count(plot); i++) {
        double x = axis_place(plot, ascending[i]);
        double y = entry == TRIVIAL ? trivial_log(plot, ascending[i])
                                    : summary_log(plot, entry, ascending[i]);
        if (!isnan(y0) && !isnan(y)) {
            int first = column_of(plot, x0), last = column_of(plot, x);
            for (int column = first + 1; column < last; column++) {
                double share = (double)(column - first) / (last - first);
                char *cell = &plot->cells[row_of(plot, y0 + share * (y - y0))][column];
                if (*cell == ' ') *cell = entry == TRIVIAL ? '-' : (char)('a' + entry);
            }
        }
        x0 = x;
        y0 = y;
    }
}

static void draw(struct plot *plot) {
    for (size_t r = 0; r < ROWS; r++) {
        memset(plot->cells[r], ' ', COLUMNS);
        plot->cells[r][COLUMNS] = '\0';
    }
    for (size_t e = 0; e < shown_entries(plot); e++) {
        for (size_t v = 0; v < value_count(plot); v++) {
            double y = summary_log(plot, e, v);
            if (isnan(y)) continue;
            char *cell = &plot->cells[row_of(plot, y)][column_of(plot, axis_place(plot, v))];
            *cell = (*cell >= 'A' && *cell <= 'Z') || *cell == '*' ? '*' : (char)('A' + e);
        }
    }
    for (size_t e = 0; e < shown_entries(plot); e++) draw_lines(plot, e);
    draw_lines(plot, TRIVIAL);
}

static void add_frame(const struct plot *plot, struct pl_strbuf *out) {
    for (int r = 0; r < ROWS; r++) {
        double level = plot->top - (plot->top - plot->bottom) * r / (ROWS - 1);
        int end = COLUMNS;
        while (end > 0 && plot->cells[r][end - 1] == ' ') end--;
        bool named = r % ((ROWS - 1) / 4) == 0 && (plot->top > plot->bottom || r == ROWS / 2);
        if (named)
            pl_strbuf_addf(out, "%*.3g |%.*s\n", MARGIN,
                           plot->analysis->row->ratio ? pl_exp(level) : level, end, plot->cells[r]);
        else
            pl_strbuf_addf(out, "%*s |%.*s\n", MARGIN, "", end, plot->cells[r]);
    }
    pl_strbuf_addf(out, "%*s +", MARGIN, "");
    for (int c = 0; c < COLUMNS; c++) pl_strbuf_add(out, "-");
    pl_strbuf_add(out, "\n");
}

static void add_scale(const struct plot *plot, struct pl_strbuf *out) {
    const char *key = plot->analysis->experiment->axes[plot->axis].key;
    char left[32], right[32], name[COLUMNS];
    snprintf(left, sizeof left, "%.4g", plot->log_axis ? pl_exp(plot->left) : plot->left);
    snprintf(right, sizeof right, "%.4g", plot->log_axis ? pl_exp(plot->right) : plot->right);
    snprintf(name, sizeof name, "%.40s%s", key, plot->log_axis ? " (log)" : "");
    int room = COLUMNS - (int)(strlen(left) + strlen(right));
    int before = (room - (int)strlen(name)) / 2;
    if (before < 1) before = 1;
    pl_strbuf_addf(out, "%*s  %s%*s%s%*s%s\n", MARGIN, "", left, before, "", name,
                   room - before - (int)strlen(name), "", right);
}

void pl_report_plot(const struct pl_analysis *analysis, size_t axis, size_t point,
                    struct pl_strbuf *out) {
    struct plot plot = {.analysis = analysis, .axis = axis, .point = point};
    if (!analysis->scales[axis].numeric) return;
    plot.log_axis = analysis->scales[axis].log;
    if (!measure(&plot)) return;
    draw(&plot);
    add_frame(&plot, out);
    add_scale(&plot, out);

    size_t entries = plot.analysis->experiment->entry_count;
    for (size_t e = 0; e < shown_entries(&plot); e++)
        pl_strbuf_addf(out, "%*s  %c %s\n", MARGIN, "", (int)('A' + e),
                       plot.analysis->experiment->entries[e].label);
    for (size_t v = 0; v < value_count(&plot); v++)
        if (!isnan(trivial_log(&plot, v))) {
            pl_strbuf_addf(out, "%*s  - trivial\n", MARGIN, "");
            break;
        }
    if (entries > ENTRIES)
        pl_strbuf_addf(out, "%*s  and %zu more, not drawn\n", MARGIN, "", entries - ENTRIES);
}
