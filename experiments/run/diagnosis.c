#include "experiments/run/diagnosis.h"

#include <stdio.h>

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

/* ---- what a model shows, in the probe's words ---- */

static const struct pl_inside_site *sites_of(struct pl_diagnosis_view *view) {
    size_t count = view->seen.sites.count;
    struct pl_inside_site *sites = PL_ARENA_ARRAY(&view->graph.arena, struct pl_inside_site, count);
    for (size_t k = 0; k < count; k++) {
        const struct pl_seen_site *s = &view->seen.sites.items[k];
        sites[k] = (struct pl_inside_site){s->l, s->weights, s->mask, s->count, s->heads, s->from};
    }
    return sites;
}

static const struct pl_inside_streams *streams_of(struct pl_diagnosis_view *view) {
    size_t count = (size_t)view->model.host.depth + 1;
    struct pl_inside_streams *streams =
        PL_ARENA_ARRAY(&view->graph.arena, struct pl_inside_streams, count);
    for (size_t k = 0; k < count; k++)
        streams[k] =
            (struct pl_inside_streams){view->seen.streams[k].node, view->seen.streams[k].n};
    return streams;
}

static const int *source_masks(struct pl_diagnosis_view *view) {
    size_t count = (size_t)view->model.host.depth + 1;
    int *masks = PL_ARENA_ARRAY(&view->graph.arena, int, count);
    if (view->model.masking == PL_MASKING_OFF) return NULL;
    for (size_t k = 0; k < count; k++) {
        char name[64];
        snprintf(name, sizeof name, "residual.source_mask.%zu", k);
        masks[k] = pl_graph_find(&view->graph, name);
    }
    return masks;
}

static struct pl_inside look_into(struct pl_diagnosis_view *view) {
    const struct pl_model *model = &view->model;
    return (struct pl_inside){.network = pl_job_network(&view->graph, model),
                              .depth = model->host.depth,
                              .v = model->v,
                              .h = model->h,
                              .row = model->row,
                              .sites = sites_of(view),
                              .site_count = view->seen.sites.count,
                              .streams = streams_of(view),
                              .source_mask = source_masks(view),
                              .renormalises = model->masking == PL_MASKING_RENORMALISE};
}

static enum pl_status open_view(struct pl_diagnosis_view *view, const struct pl_job *job,
                                int masking) {
    const struct pl_bound *bound = job->bound;
    view->model = bound->model;
    view->model.rows = bound->diagnostics.mixing;
    view->model.masking = masking;
    view->model.seen = &view->seen;
    pl_model_build(&view->model, &view->graph, &bound->io);
    const struct pl_inside inside = look_into(view);
    return pl_probe_create(&view->probe, &inside, &bound->diagnostics, bound->backend, job->data,
                           bound->model.host.width, bound->seed);
}

static void note_settings(struct pl_result *result, const struct pl_probe_options *options) {
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    pl_probe_write(options, &text);
    result->diagnosed = pl_arena_strdup(&result->arena, text.text);
    pl_strbuf_finish(&text);
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
    note_settings(result, o);
    pl_trainer_watch(job->trainer, (struct pl_watch){look, out});
    return PL_OK;
}

void pl_diagnosis_end(struct pl_diagnosis *diagnosis) {
    for (int k = 0; k < PL_DIAGNOSIS_VIEWS; k++) {
        pl_probe_destroy(diagnosis->view[k].probe);
        PL_VEC_FINISH(&diagnosis->view[k].seen.sites);
        pl_graph_finish(&diagnosis->view[k].graph);
    }
    *diagnosis = (struct pl_diagnosis){0};
}
