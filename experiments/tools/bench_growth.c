#include "experiments/tools/bench_growth.h"

#include <string.h>

static void write_head(struct pl_strbuf *out, const char *axis) {
    pl_strbuf_addf(out,
                   "\n### %s\n\n"
                   "| width/hidden/depth/tokens | variant | step ms | ns a token and layer | share "
                   "| ratio | extra ns a token and L²/2 | plan MB | measured MB |\n"
                   "|---|---|---|---|---|---|---|---|---|\n",
                   axis);
}

static void write_row(struct pl_strbuf *out, const struct pl_bench_row *row, double standard_ms,
                      double empty_mb) {
    const struct pl_bench_size *size = &row->model->size;
    double tokens = (double)size->tokens, depth = (double)size->depth;
    pl_strbuf_addf(out, "| %ld/%ld/%ld/%ld | %s | %.3f | %.1f | %.2f | %.3f |", size->width,
                   size->hidden, size->depth, size->tokens, row->variant, row->step_ms,
                   1e6 * row->step_ms / (tokens * depth), row->share, row->ratio);
    if (row->step_ms == standard_ms)
        pl_strbuf_add(out, " |");
    else
        pl_strbuf_addf(out, " %.2f |",
                       1e6 * (row->step_ms - standard_ms) / (tokens * depth * depth / 2));
    pl_strbuf_addf(out, " %.2f | %.2f |\n", row->plan_mb, row->rss_mb - empty_mb);
}

void pl_growth_write(const struct pl_bench *bench, struct pl_strbuf *out) {
    const char *axis = "";
    double standard_ms = 0;
    pl_strbuf_addf(out,
                   "best product rate %.1f GFLOP/s on one core; an empty process takes %.1f MB\n",
                   bench->peak_gflops, bench->empty_mb);
    for (size_t k = 0; k < bench->row_count; k++) {
        const struct pl_bench_row *row = &bench->rows[k];
        if (strcmp(row->model->axis, axis) != 0) write_head(out, axis = row->model->axis);
        if (k == 0 || row->model != row[-1].model) standard_ms = row->step_ms;
        write_row(out, row, standard_ms, bench->empty_mb);
    }
}
