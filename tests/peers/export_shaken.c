/* Exports every cell of a study, each from weights that are not where weights start: to every vector that is
 * trained (gains, biases, queries) N(0, 0.3^2) is added first. At gains of 1 and queries of 0 a wrong order of norm,
 * gain and rotation would not show. For tests/peers/peers.sh.
 *
 *     export_shaken STUDY.yaml FOLDER [key=value ...]      writes FOLDER-LABEL for every entry
 */
#include <stdio.h>

#include "core/base/rng.h"
#include "core/base/strbuf.h"
#include "experiments/study/expand.h"
#include "experiments/tools/export.h"

enum { FIRST_OVERRIDE = 3 };

static void shake(const struct pl_graph *graph, struct pl_program *program) {
    for (int n = 0; n < (int)graph->nodes.count; n++) {
        const struct pl_node *node = pl_graph_node(graph, n);
        if (node->kind != PL_KIND_PARAM || node->cols > 1 || node->group == PL_GROUP_CONSTANT)
            continue;
        struct pl_rng rng;
        struct pl_strbuf stream;
        double *values = pl_alloc((size_t)node->rows * sizeof *values);
        pl_strbuf_init(&stream);
        pl_strbuf_addf(&stream, "shake/%s", node->name);
        pl_rng_init(&rng, 1, stream.text);
        pl_program_read(program, n, values);
        for (int k = 0; k < node->rows; k++)
            values[k] = (float)(values[k] + 0.3 * pl_rng_normal(&rng));
        pl_program_write(program, n, values);
        pl_free(values);
        pl_strbuf_finish(&stream);
    }
}

static enum pl_status export_cell(const struct pl_cell *cell, const char *folder) {
    const struct pl_result none = {.outcome = PL_PENDING};
    struct pl_export export = {.cell = cell, .stored = &none, .stamp = "", .start = shake};
    struct pl_strbuf path;
    pl_strbuf_init(&path);
    pl_strbuf_addf(&path, "%s-%s", folder, cell->label);
    enum pl_status status = pl_export_cell(&export, path.text);
    pl_strbuf_finish(&path);
    return status;
}

int main(int count, char **arguments) {
    struct pl_experiment experiment;
    struct pl_cells cells = {0};
    if (count < FIRST_OVERRIDE) return 2;
    enum pl_status status = pl_experiment_load(&experiment, arguments[1],
                                               (const char *const *)(arguments + FIRST_OVERRIDE),
                                               (size_t)(count - FIRST_OVERRIDE));
    if (status == PL_OK) status = pl_experiment_expand(&cells, &experiment);
    for (size_t k = 0; status == PL_OK && k < cells.count; k++)
        status = export_cell(&cells.items[k], arguments[2]);
    if (status != PL_OK) fprintf(stderr, "%s\n", pl_message());
    return status == PL_OK ? 0 : 1;
}
