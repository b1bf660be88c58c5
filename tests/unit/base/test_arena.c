#include <stddef.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/rng.h"
#include "tests/support/support.h"

static void test_arena__zeroed_struct_is_an_empty_arena(void) {
    struct pl_arena arena = {0};
    PL_CHECK_TEXT(pl_arena_strdup(&arena, "text"), "text");
    pl_arena_finish(&arena);
    PL_CHECK(arena.head == NULL);
    pl_arena_finish(&arena);
    pl_arena_finish(NULL);
}

static void test_arena__is_usable_again_after_finish(void) {
    struct pl_arena arena;
    pl_arena_init(&arena);
    pl_arena_alloc(&arena, 10);
    pl_arena_finish(&arena);
    PL_CHECK_TEXT(pl_arena_strdup(&arena, "again"), "again");
    pl_arena_finish(&arena);
}

enum { PIECES = 2000 };

/* Random sizes from 0 to 20000: every piece is zeroed and aligned when given, and holds its own
 * pattern after all others were written. */
static void test_arena__pieces_are_zeroed_aligned_and_apart(void) {
    struct pl_arena arena = {0};
    struct pl_rng rng;
    static unsigned char *pieces[PIECES];
    static size_t sizes[PIECES];
    size_t dirty = 0, skewed = 0, damaged = 0, i, k;
    pl_rng_init(&rng, 1, "test/arena");
    for (i = 0; i < PIECES; i++) {
        sizes[i] = pl_rng_below(&rng, i % 50 ? 200 : 20001);
        pieces[i] = pl_arena_alloc(&arena, sizes[i]);
        skewed += (uintptr_t)pieces[i] % _Alignof(max_align_t) != 0;
        for (k = 0; k < sizes[i]; k++) dirty += pieces[i][k] != 0;
        memset(pieces[i], (int)(i % 251) + 1, sizes[i]);
    }
    for (i = 0; i < PIECES; i++)
        for (k = 0; k < sizes[i]; k++) damaged += pieces[i][k] != i % 251 + 1;
    PL_CHECK_INT(skewed, 0);
    PL_CHECK_INT(dirty, 0);
    PL_CHECK_INT(damaged, 0);
    pl_arena_finish(&arena);
}

static void test_arena__takes_more_than_a_block(void) {
    struct pl_arena arena = {0};
    char *large = pl_arena_alloc(&arena, 5 << 20);
    memset(large, 'x', 5 << 20);
    PL_CHECK_TEXT(pl_arena_strdup(&arena, "after"), "after");
    pl_arena_finish(&arena);
}

static void test_arena__copies_text_and_bytes(void) {
    struct pl_arena arena = {0};
    const int numbers[] = {3, 1, 4};
    int *copy = pl_arena_copy(&arena, numbers, sizeof numbers);
    PL_CHECK(memcmp(copy, numbers, sizeof numbers) == 0);
    PL_CHECK_TEXT(pl_arena_strndup(&arena, "plumbline", 5), "plumb");
    PL_CHECK_TEXT(pl_arena_strndup(&arena, "ab", 5), "ab");
    PL_CHECK_TEXT(pl_arena_strndup(&arena, "ab", 0), "");
    PL_CHECK_TEXT(pl_arena_printf(&arena, "%s.%d", "layers", 3), "layers.3");
    pl_arena_finish(&arena);
}

static void test_arena__prints_long_texts(void) {
    struct pl_arena arena = {0};
    char *text = pl_arena_printf(&arena, "%100000d", 7);
    PL_CHECK_INT(strlen(text), 100000);
    PL_CHECK_INT(text[99999], '7');
    pl_arena_finish(&arena);
}

static void test_arena__macros_give_typed_memory(void) {
    struct pl_arena arena = {0};
    double *one = PL_ARENA_NEW(&arena, double);
    double *many = PL_ARENA_ARRAY(&arena, double, 1000);
    PL_CHECK(*one == 0 && many[0] == 0 && many[999] == 0);
    pl_arena_finish(&arena);
}

const struct pl_test pl_suite_arena[] = {
    {"zeroed_struct_is_an_empty_arena", test_arena__zeroed_struct_is_an_empty_arena},
    {"is_usable_again_after_finish", test_arena__is_usable_again_after_finish},
    {"pieces_are_zeroed_aligned_and_apart", test_arena__pieces_are_zeroed_aligned_and_apart},
    {"takes_more_than_a_block", test_arena__takes_more_than_a_block},
    {"copies_text_and_bytes", test_arena__copies_text_and_bytes},
    {"prints_long_texts", test_arena__prints_long_texts},
    {"macros_give_typed_memory", test_arena__macros_give_typed_memory},
    {0},
};
