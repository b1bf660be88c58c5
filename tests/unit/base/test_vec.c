#include "core/base/vec.h"
#include "tests/support/support.h"

static void test_vec__grows_and_keeps_its_items(void) {
    PL_VEC(int) numbers = {0};
    int i, wrong = 0;
    for (i = 0; i < 1000; i++) PL_VEC_PUSH(&numbers, i * i);
    PL_CHECK_INT(numbers.count, 1000);
    PL_CHECK(numbers.capacity >= numbers.count);
    for (i = 0; i < 1000; i++) wrong += numbers.items[i] != i * i;
    PL_CHECK_INT(wrong, 0);
    PL_VEC_FINISH(&numbers);
    PL_CHECK(numbers.items == NULL && numbers.count == 0 && numbers.capacity == 0);
}

struct point {
    int x, y;
};

static void test_vec__takes_structs_with_commas(void) {
    PL_VEC(struct point) points = {0};
    PL_VEC_PUSH(&points, (struct point){1, 2});
    PL_VEC_PUSH(&points, (struct point){.x = 3, .y = 4});
    PL_CHECK_INT(points.items[0].y, 2);
    PL_CHECK_INT(points.items[1].x, 3);
    PL_VEC_FINISH(&points);
}

static void test_vec__empty_can_be_finished(void) {
    PL_VEC(char *) texts = {0};
    PL_VEC_FINISH(&texts);
    PL_VEC_FINISH(&texts);
    PL_CHECK(texts.items == NULL);
}

const struct pl_test pl_suite_vec[] = {
    {"grows_and_keeps_its_items", test_vec__grows_and_keeps_its_items},
    {"takes_structs_with_commas", test_vec__takes_structs_with_commas},
    {"empty_can_be_finished", test_vec__empty_can_be_finished},
    {0},
};
