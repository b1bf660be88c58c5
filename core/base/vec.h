/* Vec: a typed growing array in two macros.
 *
 *     struct { int *items; size_t count, capacity; } v = {0};
 *     PL_VEC_PUSH(&v, 3);
 *     ... v.items[0] ...
 *     PL_VEC_FINISH(&v);
 */
#ifndef PL_BASE_VEC_H
#define PL_BASE_VEC_H

#include <stddef.h>

#include "core/base/alloc.h"

#define PL_VEC(type)                                                                               \
    struct {                                                                                       \
        type *items;                                                                               \
        size_t count, capacity;                                                                    \
    }

#define PL_VEC_PUSH(vec, ...)                                                                      \
    do {                                                                                           \
        if ((vec)->count == (vec)->capacity) {                                                     \
            (vec)->capacity = (vec)->capacity ? 2 * (vec)->capacity : 8;                           \
            (vec)->items = pl_realloc((vec)->items, (vec)->capacity * sizeof *(vec)->items);       \
        }                                                                                          \
        (vec)->items[(vec)->count++] = (__VA_ARGS__);                                              \
    } while (0)

#define PL_VEC_FINISH(vec)                                                                         \
    do {                                                                                           \
        pl_free((vec)->items);                                                                     \
        (vec)->items = NULL;                                                                       \
        (vec)->count = (vec)->capacity = 0;                                                        \
    } while (0)

#endif
