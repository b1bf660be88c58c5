/* Arena: memory for things that die together. A graph and its nodes, a study and its strings: one
 * owner, one free. Blocks grow by doubling; nothing is freed singly. In debug builds fresh memory
 * is poisoned with 0xA5. */
#ifndef PL_BASE_ARENA_H
#define PL_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include "core/base/status.h"

struct pl_arena_block;

struct pl_arena {
    struct pl_arena_block *head; /* newest block; NULL while nothing was asked for */
};

/* A zeroed struct pl_arena is a valid empty arena. */
void pl_arena_init(struct pl_arena *arena);
void pl_arena_finish(struct pl_arena *arena); /* frees all; the arena is empty again */

void *pl_arena_alloc(struct pl_arena *arena, size_t bytes); /* zeroed, aligned for any type */
void *pl_arena_copy(struct pl_arena *arena, const void *data, size_t bytes);
char *pl_arena_strdup(struct pl_arena *arena, const char *text);
char *pl_arena_strndup(struct pl_arena *arena, const char *text, size_t length);
char *pl_arena_printf(struct pl_arena *arena, const char *format, ...) PL_PRINTF(2, 3);

#define PL_ARENA_NEW(arena, type)          ((type *)pl_arena_alloc((arena), sizeof(type)))
#define PL_ARENA_ARRAY(arena, type, count) ((type *)pl_arena_alloc((arena), sizeof(type) * (count)))

#endif
