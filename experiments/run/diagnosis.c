#include "experiments/run/diagnosis.h"

static void note(void *ctx, const char *name, long step, int layer, int source, double value) {
    const struct pl_diagnostic diagnostic = {name, step, layer, source, value};
    pl_result_diagnose(ctx, &diagnostic);
}

static enum pl_status look(void *ctx, long step, bool last) {
    struct pl_diagnosis *diagnosis = ctx;
    struct pl_program *trained = pl_trainer_program(diagnosis->trainer);
    bool now = last || diagnosis->at == PL_PROBE_EVALUATIONS ||
               (diagnosis->at == PL_PROBE_ENDS && step == 0);
    for (int k = 0; now && k < PL_DIAGNOSIS_VIEWS; k++)
        if (diagnosis->view[k].probe)
            PL_TRY(
                pl_probe_measure(diagnosis->view[k].probe, trained, step, note, diagnosis->result));
    return PL_OK;
}

static enum pl_status open_view(struct pl_diagnosis_view *view, const struct pl_job *job,
                                int masking) {
    const struct pl_bound *bound = job->bound;
    struct pl_model model = bound->model;
    struct pl_network network;
    model.rows = bound->diagnostics.mixing;
    model.masking = masking;
    model.look = true;
    pl_model_build(&model, &bound->io, &view->graph, &network);
    return pl_probe_create(&view->probe, &network, &bound->diagnostics, bound->backend, job->data,
                           bound->seed);
}

enum pl_status pl_diagnosis_begin(struct pl_diagnosis *out, const struct pl_job *job,
                                  struct pl_result *result) {
    const struct pl_probe_options *o = &job->bound->diagnostics;
    *out = (struct pl_diagnosis){.trainer = job->trainer, .result = result, .at = o->at};
    for (int k = 0; k < PL_DIAGNOSIS_VIEWS; k++) pl_graph_init(&out->view[k].graph);
    if (!pl_probe_wanted(o)) return PL_OK;
    bool masks = o->ablation || o->site_ablation;
    PL_TRY(open_view(&out->view[0], job, masks ? PL_MASKING_DROP : PL_MASKING_OFF));
    if (o->renormalised) PL_TRY(open_view(&out->view[1], job, PL_MASKING_RENORMALISE));

    struct pl_strbuf text;
    pl_strbuf_init(&text);
    pl_probe_write(o, &text);
    result->diagnosed = pl_arena_strdup(&result->arena, text.text);
    pl_strbuf_finish(&text);

    pl_trainer_watch(job->trainer, (struct pl_watch){look, out});
    return PL_OK;
}

void pl_diagnosis_end(struct pl_diagnosis *diagnosis) {
    for (int k = 0; k < PL_DIAGNOSIS_VIEWS; k++) {
        pl_probe_destroy(diagnosis->view[k].probe);
        pl_graph_finish(&diagnosis->view[k].graph);
    }
    *diagnosis = (struct pl_diagnosis){0};
}
