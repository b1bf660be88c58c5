/* An export, read back by a reader of our own that shares no line with the writer. */
#include "experiments/tools/export.h"

#include <unistd.h>

#include "core/base/json.h"
#include "core/base/strbuf.h"
#include "core/model/forward.h"
#include "experiments/run/cell_run.h"
#include "experiments/run/ledger.h"
#include "experiments/tools/tensors.h"
#include "tests/support/support.h"

/* ---- a reader of safetensors ---- */

struct file {
    struct pl_strbuf bytes;
    struct pl_json *header;
    const unsigned char *data;
    size_t data_size;
};

static void slurp(struct pl_strbuf *out, const char *path) {
    char block[4096];
    size_t count;
    FILE *file = fopen(path, "rb");
    pl_strbuf_init(out);
    PL_REQUIRE(file != NULL);
    while ((count = fread(block, 1, sizeof block, file)) > 0)
        pl_strbuf_add_bytes(out, block, count);
    fclose(file);
}

static void file_open(struct file *file, const char *folder, const char *name) {
    char path[512];
    size_t length = 0;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    slurp(&file->bytes, path);
    PL_REQUIRE(file->bytes.length > 8);
    const unsigned char *bytes = (const unsigned char *)file->bytes.text;
    for (int k = 7; k >= 0; k--) length = length * 256 + bytes[k];
    PL_REQUIRE(length % 8 == 0 && 8 + length <= file->bytes.length);
    PL_REQUIRE_OK(pl_json_parse(&file->header, file->bytes.text + 8, length));
    file->data = bytes + 8 + length;
    file->data_size = file->bytes.length - 8 - length;
}

static void file_close(struct file *file) {
    pl_json_destroy(file->header);
    pl_strbuf_finish(&file->bytes);
}

/* Tensors lie one behind the other from the first byte to the last. */
static void check_gapless(const struct file *file) {
    int64_t at = 0;
    for (void *it = pl_json_first(file->header); it; it = pl_json_next(file->header, it)) {
        const struct pl_json *range = pl_json_get(pl_json_value(it), "data_offsets");
        PL_CHECK_INT(pl_json_as_int(pl_json_at(range, 0), -1), at);
        at = pl_json_as_int(pl_json_at(range, 1), -1);
    }
    PL_CHECK_INT((long long)file->data_size, at);
}

static const unsigned char *tensor(const struct file *file, const char *name, const char *type,
                                   size_t *count) {
    const struct pl_json *entry = pl_json_get(file->header, name);
    const struct pl_json *shape = pl_json_get(entry, "shape");
    PL_REQUIRE(entry != NULL);
    PL_CHECK_TEXT(pl_json_as_text(pl_json_get(entry, "dtype"), ""), type);
    *count = 1;
    for (size_t k = 0; k < pl_json_count(shape); k++)
        *count *= (size_t)pl_json_as_int(pl_json_at(shape, k), 0);
    return file->data + pl_json_as_int(pl_json_at(pl_json_get(entry, "data_offsets"), 0), 0);
}

static uint64_t integer(const unsigned char *bytes, int size) {
    uint64_t value = 0;
    for (int k = size - 1; k >= 0; k--) value = value << 8 | bytes[k];
    return value;
}

static double real32(const unsigned char *bytes) {
    uint32_t bits = (uint32_t)integer(bytes, 4);
    float value;
    memcpy(&value, &bits, sizeof value);
    return (double)value;
}

/* ---- the file format ---- */

static void test_export__tensors_read_back(void) {
    struct pl_temp temp;
    struct pl_tensors tensors = {0};
    struct file file;
    char path[512];
    double wide[1500];
    float narrow[] = {-0.0F, 1.5F, 3e-45F, -1e38F, INFINITY, 0.1F};
    int32_t whole[] = {-1, 0, 2147483647};
    uint8_t bytes[] = {0, 1, 255};
    for (int k = 0; k < 1500; k++) wide[k] = sqrt(k) - 7;
    pl_tensors_add(&tensors, (struct pl_tensor){"wide", PL_TENSOR_F64, {1500}, 1, wide});
    pl_tensors_add(&tensors, (struct pl_tensor){"a \"b\"", PL_TENSOR_F32, {2, 3}, 2, narrow});
    pl_tensors_add(&tensors, (struct pl_tensor){"whole", PL_TENSOR_I32, {1, 3, 1}, 3, whole});
    pl_tensors_add(&tensors, (struct pl_tensor){"bytes", PL_TENSOR_U8, {3}, 1, bytes});
    pl_temp_init(&temp);
    snprintf(path, sizeof path, "%s/t", temp.path);
    PL_REQUIRE_OK(pl_tensors_write(&tensors, path));
    file_open(&file, temp.path, "t");
    check_gapless(&file);
    size_t count;
    const unsigned char *at = tensor(&file, "wide", "F64", &count);
    PL_CHECK_INT((long long)count, 1500);
    for (int k = 0; k < 1500; k++) {
        uint64_t bits = integer(at + 8 * k, 8);
        PL_CHECK(memcmp(&bits, &wide[k], 8) == 0);
    }
    at = tensor(&file, "a \"b\"", "F32", &count);
    PL_CHECK_INT((long long)count, 6);
    for (int k = 0; k < 6; k++) PL_CHECK(real32(at + 4 * k) == (double)narrow[k]);
    PL_CHECK(signbit(real32(at)) != 0);
    at = tensor(&file, "whole", "I32", &count);
    PL_CHECK_INT((long long)count, 3);
    for (int k = 0; k < 3; k++) PL_CHECK_INT((int32_t)integer(at + 4 * k, 4), whole[k]);
    at = tensor(&file, "bytes", "U8", &count);
    for (int k = 0; k < 3; k++) PL_CHECK_INT(at[k], bytes[k]);
    file_close(&file);
    snprintf(path, sizeof path, "%s/not/there", temp.path);
    PL_CHECK_FAILS(pl_tensors_write(&tensors, path), PL_ESTORE, "not/there cannot be written");
    snprintf(path, sizeof path, "%s/full", temp.path);
    PL_REQUIRE(symlink("/dev/full", path) == 0);
    PL_CHECK_FAILS(pl_tensors_write(&tensors, path), PL_ESTORE, "No space left");
    pl_tensors_finish(&tensors);
    pl_temp_finish(&temp);
}

/* ---- a cell ---- */

#define COMMON                                                                                     \
    "model.activation = silu\nmodel.depth = 3\nmodel.embed = linear\nmodel.final_norm = true\n"    \
    "model.head = linear\nmodel.hidden = 12\nmodel.norm_eps = 1e-6\nmodel.prenorm = true\n"        \
    "model.width = 6\nseed = 5\ntask.dim = 4\ntask.name = linear_mix\ntask.samples = 21\n"         \
    "task.structure = 0.5\ntask.test_samples = 9\ntask.valid_samples = 8\n"                        \
    "train.eval_points = 2\ntrain.lr = 0.01\ntrain.steps = 7\nvariant.name = attnres_full\n"
static const char full_text[] = "backend = cpu\n" COMMON;
static const char batch_text[] = "backend = cpu\n" COMMON "train.batch = 4\n";
static const char ref_text[] = "backend = ref\n" COMMON;

/* A cell, and what the store would have of it. */
struct made {
    struct pl_temp temp;
    struct pl_cell cell;
    struct pl_result result;
    char stamp[PL_HASH_TEXT];
    struct pl_export export;
};

static void made_init(struct made *made, const char *text) {
    memset(made, 0, sizeof *made);
    pl_temp_init(&made->temp);
    made->cell = (struct pl_cell){
        .id = "c0ffee", .settings = text, .variant = "attnres_full", .label = "label", .seed = 5};
    pl_cell_run_text(NULL, text, strlen(text), &made->result);
    PL_REQUIRE(made->result.outcome == PL_DONE);
    pl_ledger_stamp(&made->cell, made->stamp);
    made->export = (struct pl_export){&made->cell, &made->result, made->stamp, 0, "", 0};
}

static void made_finish(struct made *made) {
    pl_result_finish(&made->result);
    pl_temp_finish(&made->temp);
}

static void fill_from(void *context, const char *name, long rows, long cols, double *values) {
    size_t count;
    const unsigned char *at = tensor(context, name, "F32", &count);
    PL_CHECK_INT((long long)count, rows * cols);
    for (long k = 0; k < rows * cols; k++) values[k] = real32(at + 4 * k);
}

/* The mean squared error of the exported weights on an exported split, by pl_forward, in double. */
static double loss_of(const char *folder, const char *weights, const char *split) {
    static const struct pl_forward_setting settings[] = {
        {"model.width", "6"},         {"model.hidden", "12"},          {"model.depth", "3"},
        {"model.embed", "linear"},    {"model.head", "linear"},        {"model.prenorm", "true"},
        {"model.final_norm", "true"}, {"variant.name", "attnres_full"}};
    struct file data, from;
    char name[64];
    size_t count, targets;
    file_open(&data, folder, "data.safetensors");
    file_open(&from, folder, weights);
    snprintf(name, sizeof name, "%s.x", split);
    const unsigned char *at = tensor(&data, name, "F32", &count);
    float *x = pl_alloc(count * sizeof *x);
    double *y = pl_alloc(count * sizeof *y), sum = 0;
    for (size_t k = 0; k < count; k++) x[k] = (float)real32(at + 4 * k);
    PL_REQUIRE_OK(pl_forward(settings, sizeof settings / sizeof *settings, 4, 4, fill_from, &from,
                             x, count / 4, y));
    snprintf(name, sizeof name, "%s.y", split);
    at = tensor(&data, name, "F32", &targets);
    PL_CHECK_INT((long long)targets, (long long)count);
    for (size_t k = 0; k < count; k++) sum += pow(y[k] - real32(at + 4 * k), 2);
    pl_free(x);
    pl_free(y);
    file_close(&data);
    file_close(&from);
    return sum / (double)count;
}

static double metric(const struct pl_result *result, const char *name, long step) {
    for (size_t k = 0; k < result->metric_count; k++)
        if (result->metrics[k].step == step && strcmp(result->metrics[k].name, name) == 0)
            return result->metrics[k].value;
    return NAN;
}

static void test_export__files_give_the_stored_losses(void) {
    struct made made;
    struct file file;
    made_init(&made, full_text);
    const char *folder = made.temp.path;
    PL_REQUIRE_OK(pl_export_cell(&made.export, folder));
    PL_CHECK_INT(made.export.agreement, PL_EXPORT_BITS);
    const struct {
        const char *weights;
        long step;
    } moments[] = {{"initial.safetensors", 0}, {"final.safetensors", 7}};
    for (int k = 0; k < 2; k++) {
        PL_CHECK_NEAR(loss_of(folder, moments[k].weights, "train"),
                      metric(&made.result, "train_loss", moments[k].step), 1e-6);
        PL_CHECK_NEAR(loss_of(folder, moments[k].weights, "test"),
                      metric(&made.result, "test_loss", moments[k].step), 1e-6);
        file_open(&file, folder, moments[k].weights);
        check_gapless(&file);
        file_close(&file);
    }
    PL_CHECK(fabs(metric(&made.result, "train_loss", 0) - metric(&made.result, "train_loss", 7)) >
             0.01);
    made_finish(&made);
}

/* A row a step; each epoch of 21 samples is five batches of 4 and one of 1, and sees each once. */
static void test_export__batches_walk_every_sample(void) {
    struct made made;
    struct file file;
    size_t count;
    int seen[21] = {0};
    made_init(&made, batch_text);
    PL_REQUIRE_OK(pl_export_cell(&made.export, made.temp.path));
    file_open(&file, made.temp.path, "batches.safetensors");
    const unsigned char *at = tensor(&file, "batches", "I32", &count);
    PL_CHECK_INT((long long)count, 7 * 4);
    for (int k = 0; k < 24; k++) {
        int sample = (int32_t)integer(at + 4 * k, 4);
        PL_CHECK((sample == -1) == (k > 20));
        if (sample >= 0) seen[sample]++;
    }
    for (int k = 0; k < 21; k++) PL_CHECK_INT(seen[k], 1);
    file_close(&file);
    char path[512];
    snprintf(path, sizeof path, "%s/batches.safetensors", made.temp.path);
    made.cell.settings = full_text; /* a full batch has none, and an older file goes */
    made.result.outcome = PL_PENDING;
    PL_REQUIRE_OK(pl_export_cell(&made.export, made.temp.path));
    PL_CHECK_INT(made.export.agreement, PL_EXPORT_ALONE);
    PL_CHECK(fopen(path, "rb") == NULL);
    made_finish(&made);
}

/* The new samples of a step are those that the task draws for it, behind one another; the file of the cell before goes. */
static void test_export__new_samples_are_listed(void) {
    static const char fresh_text[] =
        "backend = cpu\n" COMMON "train.batch = 4\ntrain.fresh = true\n";
    struct made made;
    struct file file;
    struct pl_bound bound;
    size_t count;
    made_init(&made, fresh_text);
    PL_REQUIRE_OK(pl_export_cell(&made.export, made.temp.path));
    PL_CHECK_INT(made.export.agreement, PL_EXPORT_BITS);
    file_open(&file, made.temp.path, "fresh.safetensors");
    check_gapless(&file);
    const unsigned char *x = tensor(&file, "fresh.x", "F32", &count);
    PL_CHECK_INT((long long)count, 7 * 4 * 4);
    PL_REQUIRE_OK(pl_bound_read(&bound, fresh_text));
    ((struct pl_task_common *)(uintptr_t)bound.task_options)->samples = 4;
    for (size_t step = 1; step <= 7; step++) {
        struct pl_dataset drawn = {.fresh = step};
        PL_REQUIRE_OK(bound.task->generate(bound.task_options, bound.seed, &drawn));
        for (size_t k = 0; k < 16; k++)
            PL_CHECK(real32(x + 4 * ((step - 1) * 16 + k)) == (double)drawn.split[PL_TRAIN].x[k]);
        pl_dataset_finish(&drawn);
    }
    pl_bound_finish(&bound);
    file_close(&file);
    char path[512];
    snprintf(path, sizeof path, "%s/batches.safetensors", made.temp.path);
    PL_CHECK(fopen(path, "rb") == NULL);
    snprintf(path, sizeof path, "%s/fresh.safetensors", made.temp.path);
    made.cell.settings = full_text;
    made.result.outcome = PL_PENDING;
    PL_REQUIRE_OK(pl_export_cell(&made.export, made.temp.path));
    PL_CHECK(fopen(path, "rb") == NULL);
    made_finish(&made);
}

static void test_export__a_file_of_the_task_goes_along(void) {
    static const char bytes_text[] =
        "backend = cpu\nmodel.kind = transformer\nmodel.width = 4\nmodel.depth = 2\n"
        "model.heads = 1\ntask.name = bytes\ntask.length = 32\n"
        "task.file = " PL_SOURCE_DIR "/tests/data/text.txt\ntask.samples = 9\n"
        "task.valid_samples = 3\ntask.test_samples = 3\ntrain.steps = 1\n"
        "variant.name = standard\n";
    struct made made;
    struct pl_strbuf here, there;
    char path[512];
    made_init(&made, bytes_text);
    PL_REQUIRE_OK(pl_export_cell(&made.export, made.temp.path));
    snprintf(path, sizeof path, "%s/task.file", made.temp.path);
    slurp(&here, path);
    slurp(&there, PL_SOURCE_DIR "/tests/data/text.txt");
    PL_CHECK(here.length > 1000 && here.length == there.length &&
             memcmp(here.text, there.text, here.length) == 0);
    pl_strbuf_finish(&here);
    pl_strbuf_finish(&there);
    made.cell.settings = full_text; /* has none, and an older one goes */
    made.result.outcome = PL_PENDING;
    PL_REQUIRE_OK(pl_export_cell(&made.export, made.temp.path));
    PL_CHECK(fopen(path, "rb") == NULL);
    made_finish(&made);
}

static void test_export__ref_keeps_double(void) {
    struct made made;
    struct file file;
    size_t count;
    made_init(&made, ref_text);
    PL_REQUIRE_OK(pl_export_cell(&made.export, made.temp.path));
    PL_CHECK_INT(made.export.agreement, PL_EXPORT_BITS);
    file_open(&file, made.temp.path, "final.safetensors");
    tensor(&file, "layers.2.w1", "F64", &count);
    PL_CHECK_INT((long long)count, 12 * 6);
    file_close(&file);
    made_finish(&made);
}

static void test_export__a_store_that_disagrees_is_not_trusted(void) {
    struct made made;
    made_init(&made, full_text);
    for (size_t k = 0; k < made.result.metric_count; k++) {
        struct pl_metric *stored = &made.result.metrics[k];
        if (strcmp(stored->name, "test_loss") == 0 && stored->step == 7)
            stored->value = nextafter(stored->value, 0); /* one bit */
    }
    PL_CHECK_FAILS(pl_export_cell(&made.export, made.temp.path), PL_EMISMATCH, "has test_loss");
    snprintf(made.stamp, sizeof made.stamp, "%032d", 7);
    PL_REQUIRE_OK(pl_export_cell(&made.export, made.temp.path));
    PL_CHECK_INT(made.export.agreement, PL_EXPORT_OTHER);
    PL_CHECK(made.export.apart > 0 && made.export.apart < 1e-15);
    made_finish(&made);
}

static void test_export__describes_itself(void) {
    struct made made;
    struct pl_strbuf text;
    struct pl_json *json;
    char path[512];
    made_init(&made, full_text);
    PL_REQUIRE_OK(pl_export_cell(&made.export, made.temp.path));
    snprintf(path, sizeof path, "%s/export.json", made.temp.path);
    slurp(&text, path);
    PL_REQUIRE_OK(pl_json_parse(&json, text.text, text.length));
    const struct pl_json *settings = pl_json_get(json, "settings");
    PL_CHECK_INT(pl_json_as_int(pl_json_get(json, "schema"), 0), PL_EXPORT_SCHEMA);
    PL_CHECK_TEXT(pl_json_as_text(pl_json_get(settings, "model.width"), ""), "6");
    PL_CHECK_TEXT(pl_json_as_text(pl_json_get(json, "status"), ""), "done");
    PL_CHECK_TEXT(pl_json_as_text(pl_json_get(pl_json_get(json, "numerics"), "agreement"), ""),
                  "bits");
    pl_json_destroy(json);
    pl_strbuf_finish(&text);
    snprintf(path, sizeof path, "%s/curve.json", made.temp.path);
    slurp(&text, path);
    PL_REQUIRE_OK(pl_json_parse(&json, text.text, text.length));
    const struct pl_json *curve = pl_json_get(json, "valid_loss");
    PL_CHECK_INT((long long)pl_json_count(pl_json_get(curve, "steps")), 3);
    PL_CHECK(pl_json_as_real(pl_json_at(pl_json_get(curve, "values"), 2), 0) ==
             metric(&made.result, "valid_loss", 7));
    pl_json_destroy(json);
    pl_strbuf_finish(&text);
    made_finish(&made);
}

const struct pl_test pl_suite_export[] = {
    {"tensors_read_back", test_export__tensors_read_back},
    {"files_give_the_stored_losses", test_export__files_give_the_stored_losses},
    {"batches_walk_every_sample", test_export__batches_walk_every_sample},
    {"new_samples_are_listed", test_export__new_samples_are_listed},
    {"a_file_of_the_task_goes_along", test_export__a_file_of_the_task_goes_along},
    {"ref_keeps_double", test_export__ref_keeps_double},
    {"a_store_that_disagrees_is_not_trusted", test_export__a_store_that_disagrees_is_not_trusted},
    {"describes_itself", test_export__describes_itself},
    {0},
};
