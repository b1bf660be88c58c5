#include "experiments/tools/tensors.h"

#include <string.h>

#include "core/base/file.h"
#include "core/base/json.h"

static const struct {
    const char *name;
    size_t size;
} types[] = {
    [PL_TENSOR_F64] = {"F64", 8},
    [PL_TENSOR_F32] = {"F32", 4},
    [PL_TENSOR_I32] = {"I32", 4},
    [PL_TENSOR_U8] = {"U8", 1},
};

void pl_tensors_finish(struct pl_tensors *tensors) {
    PL_VEC_FINISH(&tensors->list);
}

void pl_tensors_add(struct pl_tensors *tensors, struct pl_tensor tensor) {
    PL_ASSERT(tensor.rank >= 1 && tensor.rank <= PL_TENSOR_RANK);
    PL_VEC_PUSH(&tensors->list, tensor);
}

size_t pl_tensor_count(const struct pl_tensor *tensor) {
    size_t count = 1;
    for (int k = 0; k < tensor->rank; k++) count *= tensor->shape[k];
    return count;
}

size_t pl_tensor_size(enum pl_tensor_type type) {
    return types[type].size;
}

/* ---- the header ---- */

static struct pl_json *entry(const struct pl_tensor *tensor, size_t from, size_t to) {
    struct pl_json *out = pl_json_object(), *shape = pl_json_array(), *offsets = pl_json_array();
    for (int k = 0; k < tensor->rank; k++)
        pl_json_append(shape, pl_json_int((int64_t)tensor->shape[k]));
    pl_json_append(offsets, pl_json_int((int64_t)from));
    pl_json_append(offsets, pl_json_int((int64_t)to));
    pl_json_set(out, "dtype", pl_json_text(types[tensor->type].name));
    pl_json_set(out, "shape", shape);
    pl_json_set(out, "data_offsets", offsets);
    return out;
}

static char *header_text(const struct pl_tensors *tensors) {
    struct pl_json *header = pl_json_object();
    size_t from = 0;
    for (size_t k = 0; k < tensors->list.count; k++) {
        const struct pl_tensor *tensor = &tensors->list.items[k];
        size_t to = from + pl_tensor_count(tensor) * types[tensor->type].size;
        pl_json_set(header, tensor->name, entry(tensor, from, to));
        from = to;
    }
    char *text = pl_json_write(header, false);
    pl_json_destroy(header);
    return text;
}

/* ---- bytes ---- */

static void little_endian(unsigned char *out, uint64_t value, size_t size) {
    for (size_t k = 0; k < size; k++) out[k] = (unsigned char)(value >> (8 * k));
}

static uint64_t element(const unsigned char *values, size_t size) {
    uint64_t wide = 0;
    uint32_t narrow = 0;
    if (size == sizeof wide) memcpy(&wide, values, size);
    if (size == sizeof narrow) memcpy(&narrow, values, size);
    return size == 1 ? *values : wide | narrow;
}

static void write_values(struct pl_file *file, const struct pl_tensor *tensor) {
    unsigned char block[4096];
    size_t size = types[tensor->type].size, count = pl_tensor_count(tensor), used = 0;
    const unsigned char *values = tensor->values;
    for (size_t k = 0; k < count; k++) {
        little_endian(block + used, element(values + k * size, size), size);
        used += size;
        if (used < sizeof block && k + 1 < count) continue;
        pl_file_put(file, block, used);
        used = 0;
    }
}

enum pl_status pl_tensors_write(const struct pl_tensors *tensors, const char *path) {
    struct pl_file file;
    PL_TRY(pl_file_create(&file, path));
    char *header = header_text(tensors);

    size_t length = strlen(header), padded = (length + 7) / 8 * 8;
    unsigned char count[8];
    little_endian(count, padded, sizeof count);
    pl_file_put(&file, count, sizeof count);
    pl_file_put(&file, header, length);
    pl_file_put(&file, "       ", padded - length);

    pl_free(header);
    for (size_t k = 0; k < tensors->list.count; k++) write_values(&file, &tensors->list.items[k]);
    return pl_file_commit(&file);
}
