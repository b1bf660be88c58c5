#include "experiments/run/diagnosis.h"

static void note(void *ctx, const char *name, long step, int layer, int source, double value) {
    const struct pl_diagnostic diagnostic = {name, step, layer, source, value};
    pl_result_diagnose(ctx, &diagnostic);
}

static enum pl_status look(void *ctx, long step, bool last) {
    struct pl_diagnosis *diagnosis = ctx;
    bool now = last || diagnosis->at == PL_PROBE_EVALUATIONS ||
               (diagnosis->at == PL_PROBE_ENDS && step == 0);
    if (!now) return PL_OK;
    return pl_probe_measure(diagnosis->probe, pl_trainer_program(diagnosis->trainer), step, note,
                            diagnosis->result);
}

static struct pl_inside look_into(struct pl_diagnosis *diagnosis) {
    const struct pl_model *model = &diagnosis->model;
    return (struct pl_inside){.network = pl_worker_network(&diagnosis->graph, model),
                              .depth = model->host.depth,
                              .v = model->v,
                              .h = model->h,
                              .row = model->row};
}

static void note_settings(struct pl_result *result, const struct pl_probe_options *options) {
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    pl_probe_write(options, &text);
    result->diagnosed = pl_arena_strdup(&result->arena, text.text);
    pl_strbuf_finish(&text);
}

enum pl_status pl_diagnosis_begin(struct pl_diagnosis *out, const struct pl_worker_cell *cell,
                                  struct pl_trainer *trainer, const struct pl_dataset *data,
                                  struct pl_result *result) {
    *out = (struct pl_diagnosis){.model = cell->model, .trainer = trainer, .result = result};
    pl_graph_init(&out->graph);
    if (!pl_probe_wanted(&cell->diagnostics)) return PL_OK;
    out->at = cell->diagnostics.at;
    out->model.rows = cell->diagnostics.mixing;
    pl_model_build(&out->model, &out->graph, &cell->io);
    const struct pl_inside inside = look_into(out);
    PL_TRY(pl_probe_create(&out->probe, &inside, &cell->diagnostics, cell->backend, data,
                           cell->model.host.width, cell->seed));
    note_settings(result, &cell->diagnostics);
    pl_trainer_watch(trainer, (struct pl_watch){look, out});
    return PL_OK;
}

void pl_diagnosis_end(struct pl_diagnosis *diagnosis) {
    pl_probe_destroy(diagnosis->probe);
    pl_graph_finish(&diagnosis->graph);
    *diagnosis = (struct pl_diagnosis){0};
}
