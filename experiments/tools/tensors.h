/* Tensors: named arrays in one file, in the format *safetensors*, which most frameworks read.
 *
 *     | n: 8 bytes | header: n bytes of JSON, blanks at its end | data ...
 *
 *     {"layers.1.w1": {"dtype": "F32", "shape": [40, 10], "data_offsets": [0, 1600]}, ...}
 *
 * n and all numbers are little-endian, whatever the machine. Arrays lie row by row, without gaps, in the
 * order in which they were added; offsets count from the end of the header, which ends at a multiple of
 * 8 bytes. Add the types with wide elements first and every array is aligned as well.
 */
#ifndef PL_EXPERIMENTS_TOOLS_TENSORS_H
#define PL_EXPERIMENTS_TOOLS_TENSORS_H

#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/vec.h"

enum pl_tensor_type { PL_TENSOR_F64, PL_TENSOR_F32, PL_TENSOR_I32, PL_TENSOR_U8 };
enum { PL_TENSOR_RANK = 3 };

struct pl_tensor {
    const char *name; /* borrowed */
    enum pl_tensor_type type;
    size_t shape[PL_TENSOR_RANK];
    int rank;
    const void *values; /* borrowed */
};

/* A zeroed struct is a valid empty list. */
struct pl_tensors {
    PL_VEC(struct pl_tensor) list;
};
void pl_tensors_finish(struct pl_tensors *tensors);

void pl_tensors_add(struct pl_tensors *tensors, struct pl_tensor tensor);

/* Entries of a tensor, and bytes of one. */
size_t pl_tensor_count(const struct pl_tensor *tensor);
size_t pl_tensor_size(enum pl_tensor_type type);

/* Writes the file, replacing what was there. PL_ESTORE names it when that fails. */
enum pl_status pl_tensors_write(const struct pl_tensors *tensors, const char *path) PL_NODISCARD;

#endif
