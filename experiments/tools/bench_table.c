#include "experiments/tools/bench_table.h"

#include <math.h>
#include <string.h>

#include "core/base/file.h"

enum pl_status pl_bench_read(struct pl_json **out, const char *path) {
    struct pl_strbuf text;
    *out = NULL;
    if (!path) return PL_OK;
    pl_strbuf_init(&text);
    enum pl_status status = pl_file_read(&text, path, (size_t)64 << 20);
    if (status == PL_OK) status = pl_json_parse(out, text.text, text.length);
    pl_strbuf_finish(&text);
    if (status == PL_OK && pl_json_as_int(pl_json_get(*out, "schema"), 0) != PL_BENCH_SCHEMA)
        status =
            pl_fail(PL_EMISMATCH, "%s is not a bench of schema %d; make it again with bench --json",
                    path, PL_BENCH_SCHEMA);
    return status;
}

/* The time of the same row in an earlier bench, 0 when it has none. */
static double earlier_ms(const struct pl_json *earlier, const struct pl_bench_row *row) {
    const struct pl_json *rows = pl_json_get(earlier, "rows");
    for (size_t k = 0; k < pl_json_count(rows); k++) {
        const struct pl_json *other = pl_json_at(rows, k);
        if (strcmp(pl_json_as_text(pl_json_get(other, "model"), ""), row->model->name) == 0 &&
            strcmp(pl_json_as_text(pl_json_get(other, "variant"), ""), row->variant) == 0)
            return pl_json_as_real(pl_json_get(other, "step_ms"), 0);
    }
    return 0;
}

static bool any_attention(const struct pl_bench *bench) {
    for (size_t k = 0; k < bench->row_count; k++)
        if (!isnan(bench->rows[k].attention_ms)) return true;
    return false;
}

void pl_bench_table(const struct pl_bench *bench, const struct pl_json *earlier, bool memory,
                    struct pl_strbuf *out) {
    bool attention = any_attention(bench);
    pl_strbuf_addf(out, "best product rate %.1f GFLOP/s on one core\n\n", bench->peak_gflops);
    pl_strbuf_addf(out, "%-26s %-18s %9s %9s %8s %6s %6s %8s %6s%s%s%s\n", "model", "variant",
                   "step ms", "forward", "gflop/s", "share", "ratio", "forward", "extra",
                   attention ? "  attention" : "", memory ? "  plan MB  rss MB" : "",
                   earlier ? "  x earlier" : "");

    for (size_t k = 0; k < bench->row_count; k++) {
        const struct pl_bench_row *row = &bench->rows[k];
        double before = earlier ? earlier_ms(earlier, row) : 0;
        pl_strbuf_addf(out, "%-26s %-18s %9.3f %9.3f %8.1f %6.2f %6.3f %8.3f %6.2f",
                       row->model->name, row->variant, row->step_ms, row->forward_ms, row->gflops,
                       row->share, row->ratio, row->forward_ratio, row->extra_share);
        if (attention) pl_strbuf_addf(out, "  %8.1f%%", 100 * row->attention_ms / row->step_ms);
        if (memory) pl_strbuf_addf(out, "  %7.2f  %6.1f", row->plan_mb, row->rss_mb);
        if (before > 0) pl_strbuf_addf(out, "  %9.3f", row->step_ms / before);
        pl_strbuf_add(out, "\n");
    }
}
