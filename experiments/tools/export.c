/* pl_cell_run runs the cell again and calls before() with the data and initial weights and after()
 * with the trained ones; the tensor files are written in these calls. Then the metrics are compared
 * with the stored ones, and the two JSON files are written last. */
#include "experiments/tools/export.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/file.h"
#include "core/base/json.h"
#include "core/data/batch.h"
#include "core/stats/summary.h"
#include "experiments/run/cell_run.h"
#include "experiments/run/stamp.h"
#include "experiments/tools/tensors.h"

struct session {
    struct pl_export *export;
    const char *folder;
    struct pl_result result; /* of the new run */
    struct pl_stamp stamp;   /* likewise */
};

static char *path_of(const struct session *session, const char *name) {
    struct pl_strbuf path;
    pl_strbuf_init(&path);
    pl_strbuf_addf(&path, "%s/%s", session->folder, name);
    return pl_strbuf_take(&path);
}

static enum pl_status write_tensors(const struct session *session, const char *name,
                                    struct pl_tensors *tensors) {
    char *path = path_of(session, name);
    enum pl_status status = pl_tensors_write(tensors, path);
    pl_tensors_finish(tensors);
    pl_free(path);
    return status;
}

static enum pl_status write_json(const struct session *session, const char *name,
                                 struct pl_json *json) {
    char *path = path_of(session, name), *text = pl_json_write(json, true);
    struct pl_file file;
    enum pl_status status = pl_file_create(&file, path);
    if (status == PL_OK) {
        pl_file_put(&file, text, strlen(text));
        pl_file_put(&file, "\n", 1);
        status = pl_file_commit(&file);
    }
    pl_json_destroy(json);
    pl_free(text);
    pl_free(path);
    return status;
}

/* The last folder of [path] alone: a name that leads nowhere is more likely a slip. */
static enum pl_status make_folder(const char *path) {
    struct stat info;
    if (mkdir(path, 0777) == 0) return PL_OK;
    int cause = errno;
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode)) return PL_OK;
    return pl_fail(
        PL_ESTORE,
        "%s: the folder could not be made: %s; name a folder that is there, or a new one "
        "in a folder that is",
        path, strerror(cause));
}

/* ---- tensors: data, weights, batches ---- */

/* One array of a split, [samples][tokens] or, with [features], [samples][tokens][features]. Fresh samples have the
 * split train of a data set of their own. */
static void add_array(struct pl_tensors *tensors, struct pl_arena *arena,
                      const struct pl_dataset *data, enum pl_split split, const char *name,
                      enum pl_tensor_type type, const void *values, long features) {
    if (!values) return;
    struct pl_tensor tensor = {
        .name = pl_arena_printf(arena, "%s.%s", data->fresh ? "fresh" : pl_split_name(split), name),
        .type = type,
        .shape = {data->split[split].count, (size_t)data->shape.tokens, (size_t)features},
        .rank = features ? 3 : 2,
        .values = values};
    pl_tensors_add(tensors, tensor);
}

static enum pl_status write_data(const struct session *session, const char *file,
                                 const struct pl_dataset *data) {
    struct pl_tensors tensors = {0};
    struct pl_arena arena = {0};
    for (int s = 0; s < PL_SPLITS; s++) {
        const struct pl_samples *from = &data->split[s];
        enum pl_split split = (enum pl_split)s;
        add_array(&tensors, &arena, data, split, "x", PL_TENSOR_F32, from->x, data->shape.in);
        add_array(&tensors, &arena, data, split, "ids", PL_TENSOR_I32, from->ids, 0);
        add_array(&tensors, &arena, data, split, "y", PL_TENSOR_F32, from->y, data->shape.out);
        add_array(&tensors, &arena, data, split, "labels", PL_TENSOR_I32, from->labels, 0);
        add_array(&tensors, &arena, data, split, "weight", PL_TENSOR_F32, from->weight, 0);
    }
    for (int s = 0; s < PL_SPLITS; s++) /* bytes last, so that the others stay aligned */
        add_array(&tensors, &arena, data, (enum pl_split)s, "corrupted", PL_TENSOR_U8,
                  data->split[s].corrupted, 0);
    enum pl_status status = write_tensors(session, file, &tensors);
    pl_arena_finish(&arena);
    return status;
}

static float *narrowed(struct pl_arena *arena, const double *values, size_t count) {
    float *out = PL_ARENA_ARRAY(arena, float, count);
    for (size_t k = 0; k < count; k++) out[k] = (float)values[k];
    return out;
}

/* A matrix of the host keeps its two dimensions; anything else of one column is a vector. */
static void add_weight(struct pl_tensors *tensors, struct pl_arena *arena, const struct pl_job *job,
                       int n) {
    const struct pl_node *node = pl_graph_node(&job->graph, n);
    size_t rows = (size_t)node->rows, cols = (size_t)node->cols;
    double *values = PL_ARENA_ARRAY(arena, double, rows *cols);
    pl_program_read(job->program, n, values);
    bool wide = pl_backend_element_size(job->bound->backend) == sizeof(double);
    struct pl_tensor tensor = {
        .name = node->name,
        .type = wide ? PL_TENSOR_F64 : PL_TENSOR_F32,
        .shape = {rows, cols},
        .rank = cols > 1 || node->group == PL_GROUP_WEIGHT || node->group == PL_GROUP_EMBED ? 2 : 1,
        .values = values};
    if (!wide) tensor.values = narrowed(arena, values, rows * cols);
    pl_tensors_add(tensors, tensor);
}

static enum pl_status write_weights(const struct session *session, const struct pl_job *job,
                                    const char *name) {
    struct pl_tensors tensors = {0};
    struct pl_arena arena = {0};
    for (int n = 0; n < (int)job->graph.nodes.count; n++)
        if (pl_graph_node(&job->graph, n)->kind == PL_KIND_PARAM)
            add_weight(&tensors, &arena, job, n);
    enum pl_status status = write_tensors(session, name, &tensors);
    pl_arena_finish(&arena);
    return status;
}

enum { MOST_BATCH_ENTRIES = 1 << 29 };

static void remove_file(const struct session *session, const char *name) {
    char *path = path_of(session, name);
    remove(path);
    pl_free(path);
}

/* Row s - 1 holds the samples of step s; a short batch ends in -1. Full batches have no such file. */
static enum pl_status write_batches(const struct session *session, const struct pl_bound *bound,
                                    size_t samples) {
    size_t steps = (size_t)bound->train.steps, size = (size_t)bound->train.batch;
    if (size == 0 || size >= samples || bound->train.fresh) return PL_OK;
    if (steps > MOST_BATCH_ENTRIES / size)
        return pl_fail(PL_EMEMORY,
                       "%zu steps of %zu samples are too many to list (at most %d in all); "
                       "export a cell of fewer steps",
                       steps, size, MOST_BATCH_ENTRIES);
    struct pl_batches batches;
    struct pl_tensors tensors = {0};
    int32_t *rows = pl_alloc(steps * size * sizeof *rows);
    pl_batches_init(&batches, samples, size, bound->seed);
    for (size_t s = 0; s < steps; s++) {
        size_t count;
        const uint32_t *batch = pl_batches_next(&batches, &count);
        for (size_t k = 0; k < size; k++) rows[s * size + k] = k < count ? (int32_t)batch[k] : -1;
    }
    pl_tensors_add(&tensors, (struct pl_tensor){"batches", PL_TENSOR_I32, {steps, size}, 2, rows});
    enum pl_status status = write_tensors(session, "batches.safetensors", &tensors);
    pl_batches_finish(&batches);
    pl_free(rows);
    return status;
}

/* The samples of a step are copied behind those of the step before. */
static void append(struct pl_samples *to, size_t at, const struct pl_samples *from,
                   const struct pl_data_shape *shape) {
    size_t tokens = (size_t)shape->tokens, first = at * tokens, count = from->count * tokens;
    size_t in = (size_t)shape->in, out = (size_t)shape->out;
    if (to->x) memcpy(to->x + first * in, from->x, count * in * sizeof *to->x);
    if (to->ids) memcpy(to->ids + first, from->ids, count * sizeof *to->ids);
    if (to->y) memcpy(to->y + first * out, from->y, count * out * sizeof *to->y);
    if (to->labels) memcpy(to->labels + first, from->labels, count * sizeof *to->labels);
    if (to->weight) memcpy(to->weight + first, from->weight, count * sizeof *to->weight);
    memcpy(to->corrupted + first, from->corrupted, count * sizeof *to->corrupted);
}

/* The samples of all steps, drawn once more. */
static enum pl_status gather_fresh(const struct pl_job *job, struct pl_dataset *all) {
    const struct pl_train_options *train = &job->bound->train;
    const struct pl_samples *like = &job->data->split[PL_TRAIN];
    size_t count = train->batch ? (size_t)train->batch : like->count, steps = (size_t)train->steps;
    double numbers = (double)steps * (double)count * (double)all->shape.tokens *
                     (double)(like->ids ? 1 : all->shape.in);
    if (numbers > MOST_BATCH_ENTRIES)
        return pl_fail(PL_EMEMORY,
                       "the new samples of %zu steps have %.0f numbers, too many to list (at most "
                       "%d); export a cell of fewer steps",
                       steps, numbers, MOST_BATCH_ENTRIES);
    PL_TRY(pl_dataset_add(all, PL_TRAIN, steps * count));
    if (like->weight) PL_TRY(pl_dataset_add_weights(all, PL_TRAIN));
    for (size_t s = 0; s < steps; s++) {
        struct pl_dataset drawn;
        PL_TRY(pl_job_fresh(job, (long)s + 1, &drawn));
        append(&all->split[PL_TRAIN], s * count, &drawn.split[PL_TRAIN], &all->shape);
        pl_dataset_finish(&drawn);
    }
    return PL_OK;
}

/* With train.fresh: sample k of step s is number (s - 1) batch + k. */
static enum pl_status write_fresh(const struct session *session, const struct pl_job *job) {
    struct pl_dataset all = {.shape = job->bound->shape, .fresh = 1};
    if (!job->bound->train.fresh) return PL_OK;
    enum pl_status status = gather_fresh(job, &all);
    if (status == PL_OK) status = write_data(session, "fresh.safetensors", &all);
    pl_dataset_finish(&all);
    return status;
}

/* The file that a task reads (task.file, whose hash is task.hash), byte by byte. It may be that of an older export. */
static enum pl_status write_contents(const struct session *session, const struct pl_bound *bound) {
    const char *file = pl_settings_value(&bound->settings, "task.file", "");
    struct pl_strbuf bytes;
    if (!bound->task->contents || !*file) {
        remove_file(session, "task.file");
        return PL_OK;
    }
    pl_strbuf_init(&bytes);
    enum pl_status status = pl_file_read(&bytes, file, SIZE_MAX / 2);
    char *path = path_of(session, "task.file");
    if (status == PL_OK) status = pl_file_write(path, bytes.text, bytes.length);
    pl_free(path);
    pl_strbuf_finish(&bytes);
    return status;
}

/* ---- what the run shows ---- */

static enum pl_status before(void *context, const struct pl_job *job) {
    const struct session *session = context;
    if (session->export->start) session->export->start(&job->graph, job->program);
    remove_file(session, "batches.safetensors"); /* of an older export */
    remove_file(session, "fresh.safetensors");
    PL_TRY(write_data(session, "data.safetensors", job->data));
    PL_TRY(write_contents(session, job->bound));
    PL_TRY(write_fresh(session, job));
    PL_TRY(write_batches(session, job->bound, job->data->split[PL_TRAIN].count));
    return write_weights(session, job, "initial.safetensors");
}

static enum pl_status after(void *context, const struct pl_job *job) {
    return write_weights(context, job, "final.safetensors");
}

/* ---- against the store ---- */

static const struct pl_metric *metric_like(const struct pl_result *result,
                                           const struct pl_metric *like) {
    for (size_t k = 0; k < result->metric_count; k++)
        if (result->metrics[k].step == like->step &&
            strcmp(result->metrics[k].name, like->name) == 0)
            return &result->metrics[k];
    return NULL;
}

/* Holds every metric of the new run against the stored one of that name and step. */
static enum pl_status compare(struct session *session) {
    struct pl_export *export = session->export;
    for (size_t k = 0; k < session->result.metric_count; k++) {
        const struct pl_metric *here = &session->result.metrics[k];
        const struct pl_metric *there = metric_like(export->stored, here);
        double value = there ? there->value : NAN, apart = pl_stats_relative(here->value, value);
        if (export->agreement == PL_EXPORT_BITS && (!there || !pl_real_same(here->value, value)))
            return pl_fail(PL_EMISMATCH,
                           "cell %s: the new run has %s %.17g at step %ld, the store has %.17g "
                           "under the same numerics %s; the machine or the store is not to be "
                           "trusted",
                           export->cell->id, here->name, here->value, here->step, value,
                           export->stamp);
        if (!there || !(apart <= export->apart)) export->apart = there ? apart : NAN;
        if (isnan(export->apart)) break;
    }
    return PL_OK;
}

static enum pl_export_agreement expected(const struct pl_export *export) {
    enum pl_outcome outcome = export->stored->outcome;
    if (!pl_outcome_is_finished(outcome)) return PL_EXPORT_ALONE;
    return strcmp(export->stamp, export->now) == 0 ? PL_EXPORT_BITS : PL_EXPORT_OTHER;
}

/* ---- the two JSON files ---- */

static struct pl_json *shape_json(const struct pl_data_shape *shape) {
    struct pl_json *out = pl_json_object();
    pl_json_set(out, "input", pl_json_text(shape->input == PL_INPUT_ID ? "id" : "real"));
    pl_json_set(out, "target", pl_json_text(shape->target == PL_TARGET_CLASS ? "class" : "real"));
    pl_json_set(out, "in", pl_json_int(shape->in));
    pl_json_set(out, "out", pl_json_int(shape->out));
    pl_json_set(out, "tokens", pl_json_int(shape->tokens));
    return out;
}

static struct pl_json *numerics_json(const struct pl_export *export) {
    static const char *const names[] = {"bits", "other numerics", "nothing stored"};
    struct pl_json *out = pl_json_object();
    bool stored = export->agreement != PL_EXPORT_ALONE;
    pl_json_set(out, "stored", pl_json_text(stored ? export->stamp : NULL));
    pl_json_set(out, "now", pl_json_text(export->now));
    pl_json_set(out, "agreement", pl_json_text(names[export->agreement]));
    pl_json_set(out, "largest_difference", pl_json_real(stored ? export->apart : NAN));
    return out;
}

static struct pl_json *export_json(const struct session *session, const struct pl_bound *bound) {
    const struct pl_export *export = session->export;
    struct pl_json *out = pl_json_object();
    pl_json_set(out, "schema", pl_json_int(PL_EXPORT_SCHEMA));
    pl_json_set(out, "cell", pl_json_text(export->cell->id));
    pl_json_set(out, "label", pl_json_text(export->cell->label));
    pl_json_set(out, "variant", pl_json_text(export->cell->variant));
    pl_json_set(out, "seed", pl_json_text(pl_settings_value(&bound->settings, "seed", "")));
    pl_json_set(out, "status", pl_json_text(pl_outcome_name(session->result.outcome)));
    pl_json_set(out, "data", shape_json(&bound->shape));
    pl_json_set(out, "settings", pl_settings_json(&bound->settings, true));
    pl_json_set(out, "numerics", numerics_json(export));
    pl_json_set(out, "provenance", pl_provenance(bound, &session->stamp));
    return out;
}

static bool is_first(const struct pl_result *result, size_t k) {
    for (size_t m = 0; m < k; m++)
        if (strcmp(result->metrics[m].name, result->metrics[k].name) == 0) return false;
    return true;
}

/* {"train_loss": {"steps": [...], "values": [...]}, ...} */
static struct pl_json *curve_json(const struct pl_result *result) {
    struct pl_json *out = pl_json_object();
    for (size_t k = 0; k < result->metric_count; k++) {
        if (!is_first(result, k)) continue;
        struct pl_json *curve = pl_json_object(), *steps = pl_json_array();
        struct pl_json *values = pl_json_array();
        for (size_t m = k; m < result->metric_count; m++) {
            if (strcmp(result->metrics[m].name, result->metrics[k].name) != 0) continue;
            pl_json_append(steps, pl_json_int(result->metrics[m].step));
            pl_json_append(values, pl_json_real(result->metrics[m].value));
        }
        pl_json_set(curve, "steps", steps);
        pl_json_set(curve, "values", values);
        pl_json_set(out, result->metrics[k].name, curve);
    }
    return out;
}

/* ---- all of it ---- */

static enum pl_status rerun(struct session *session, const struct pl_bound *bound) {
    const struct pl_cell_watch watch = {session, before, after};
    struct pl_export *export = session->export;
    strcpy(export->now, session->stamp.hash);
    export->agreement = expected(export);
    export->apart = 0;
    PL_TRY(pl_cell_run(bound, &watch, &session->result));
    if (export->agreement != PL_EXPORT_ALONE) PL_TRY(compare(session));
    PL_TRY(write_json(session, "curve.json", curve_json(&session->result)));
    return write_json(session, "export.json", export_json(session, bound));
}

enum pl_status pl_export_cell(struct pl_export *export, const char *folder) {
    struct session session = {export, folder, {.outcome = PL_PENDING}, {.portable = false}};
    struct pl_bound bound;
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    pl_cell_add_text(export->cell, &text);
    enum pl_status read = pl_bound_read(&bound, text.text);
    pl_strbuf_finish(&text);
    PL_TRY(read);
    pl_stamp_make(&session.stamp, &bound);
    enum pl_status status = make_folder(folder);
    if (status == PL_OK) status = rerun(&session, &bound);
    pl_stamp_finish(&session.stamp);
    pl_result_finish(&session.result);
    pl_bound_finish(&bound);
    return status;
}
