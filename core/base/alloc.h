/* Alloc: the single gateway to malloc.
 *
 * Small memory is assumed to exist: pl_alloc and its kin never return NULL. When the system
 * refuses, they print a sentence and exit with the status of PL_EMEMORY; a worker that ends so
 * costs its one cell, and the parent's store is safe because each cell is one transaction. Memory
 * whose size a user chooses (the regions of a plan, a data set) goes through pl_alloc_try, which
 * refuses with a status and a sentence.
 */
#ifndef PL_BASE_ALLOC_H
#define PL_BASE_ALLOC_H

#include <stddef.h>

#include "core/base/status.h"

void *pl_alloc(size_t bytes);                   /* uninitialised; bytes 0 gives a valid pointer */
void *pl_alloc_zero(size_t count, size_t size); /* zeroed; overflow of the product is caught */
void *pl_realloc(void *old, size_t bytes);
char *pl_strdup(const char *text);
void pl_free(void *memory); /* NULL is fine */

/* Zeroed, aligned to [alignment] (a power of two, at least sizeof(void *)); freed by pl_free.
 * [what] names the thing in the refusal: "the tile scratch needs 3.2 GiB, which ...". */
enum pl_status pl_alloc_try(void **out, size_t bytes, size_t alignment,
                            const char *what) PL_NODISCARD;

/* For tests: the n-th allocation from now (1 = the next) is refused; 0 switches it off. */
void pl_alloc_fail_after(long n);

#endif
