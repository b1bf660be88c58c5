#include "core/base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/base/alloc.h"

enum { FIRST_BLOCK = 4096, LARGEST_BLOCK = 1 << 20, POISON = 0xA5 };

/* head -> newest block -> ... -> first block; bytes[0 .. used) are handed out. */
struct pl_arena_block {
    struct pl_arena_block *older;
    size_t size, used;
    max_align_t bytes[];
};

#ifdef PL_DEBUG
static void poison(void *memory, size_t bytes) {
    memset(memory, POISON, bytes);
}
#else
static void poison(void *memory, size_t bytes) {
    (void)memory;
    (void)bytes;
}
#endif

void pl_arena_init(struct pl_arena *arena) {
    arena->head = NULL;
}

void pl_arena_finish(struct pl_arena *arena) {
    if (!arena) return;
    while (arena->head) {
        struct pl_arena_block *block = arena->head;
        arena->head = block->older;
        poison(block->bytes, block->size);
        pl_free(block);
    }
}

static size_t next_size(const struct pl_arena *arena, size_t bytes) {
    size_t size = FIRST_BLOCK;
    if (arena->head) size = 2 * arena->head->size;
    if (size > LARGEST_BLOCK) size = LARGEST_BLOCK;
    return bytes > size ? bytes : size;
}

void *pl_arena_alloc(struct pl_arena *arena, size_t bytes) {
    const size_t unit = _Alignof(max_align_t);
    void *memory;
    PL_ASSERT(bytes <= SIZE_MAX / 2);
    bytes = (bytes + unit - 1) / unit * unit;
    if (!arena->head || bytes > arena->head->size - arena->head->used) {
        size_t size = next_size(arena, bytes);
        struct pl_arena_block *block = pl_alloc(sizeof *block + size);
        block->older = arena->head;
        block->size = size;
        block->used = 0;
        poison(block->bytes, size);
        arena->head = block;
    }
    memory = (char *)arena->head->bytes + arena->head->used;
    arena->head->used += bytes;
    return memset(memory, 0, bytes);
}

void *pl_arena_copy(struct pl_arena *arena, const void *data, size_t bytes) {
    void *memory = pl_arena_alloc(arena, bytes);
    return bytes ? memcpy(memory, data, bytes) : memory;
}

char *pl_arena_strdup(struct pl_arena *arena, const char *text) {
    return pl_arena_copy(arena, text, strlen(text) + 1);
}

char *pl_arena_strndup(struct pl_arena *arena, const char *text, size_t length) {
    size_t present = strnlen(text, length);
    char *copy = pl_arena_alloc(arena, present + 1);
    return memcpy(copy, text, present);
}

char *pl_arena_printf(struct pl_arena *arena, const char *format, ...) {
    va_list arguments, again;
    char *text;
    int length;
    va_start(arguments, format);
    va_copy(again, arguments);
    length = vsnprintf(NULL, 0, format, arguments);
    PL_ASSERT(length >= 0);
    text = pl_arena_alloc(arena, (size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    va_end(arguments);
    return text;
}
