#include "experiments/tools/tensors.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

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

static void write_header(FILE *file, const char *text) {
    size_t length = strlen(text), padded = (length + 7) / 8 * 8;
    unsigned char count[8];
    little_endian(count, padded, sizeof count);
    fwrite(count, 1, sizeof count, file);
    fprintf(file, "%-*s", (int)padded, text);
}

static uint64_t element(const unsigned char *values, size_t size) {
    uint64_t wide = 0;
    uint32_t narrow = 0;
    if (size == sizeof wide) memcpy(&wide, values, size);
    if (size == sizeof narrow) memcpy(&narrow, values, size);
    return size == 1 ? *values : wide | narrow;
}

static void write_values(FILE *file, const struct pl_tensor *tensor) {
    unsigned char block[4096];
    size_t size = types[tensor->type].size, count = pl_tensor_count(tensor), used = 0;
    const unsigned char *values = tensor->values;
    for (size_t k = 0; k < count; k++) {
        little_endian(block + used, element(values + k * size, size), size);
        used += size;
        if (used < sizeof block && k + 1 < count) continue;
        fwrite(block, 1, used, file);
        used = 0;
    }
}

enum pl_status pl_tensors_write(const struct pl_tensors *tensors, const char *path) {
    FILE *file = fopen(path, "wb");
    if (!file) return pl_fail(PL_ESTORE, "%s cannot be written: %s", path, strerror(errno));
    char *header = header_text(tensors);
    errno = 0;
    write_header(file, header);
    for (size_t k = 0; k < tensors->list.count; k++) write_values(file, &tensors->list.items[k]);
    bool failed = fflush(file) != 0 || ferror(file);
    int cause = errno;
    pl_free(header);
    failed |= fclose(file) != 0;
    if (!failed) return PL_OK;
    remove(path);
    return pl_fail(PL_ESTORE, "writing %s failed: %s; it was removed again", path, strerror(cause));
}
