/* Rows of the sequence tasks: the answer is in the row, where the rule says. */
#include <string.h>

#include "tests/unit/tasks/make.h"

static const enum pl_split splits[] = {PL_TRAIN, PL_VALID, PL_TEST, PL_TEST_CLEAN};

/* Read backwards from the question to the last pair with that key. */
static void test_sequence__recall_asks_for_a_pair_of_the_row(void) {
    struct made made;
    make(&made, "recall", "keys=5 values=3 length=12 samples=200 valid_samples=50 test_samples=50",
         3);
    PL_CHECK_INT(made.data.shape.tokens, 14);
    PL_CHECK_INT(made.data.shape.in, 9);
    for (int k = 0; k < 4; k++) {
        const struct pl_samples *s = &made.data.split[splits[k]];
        for (size_t n = 0; n < s->count; n++) {
            const int32_t *ids = s->ids + 14 * n;
            int at = -1;
            for (int t = 0; t < 12; t += 2) {
                if (ids[t] == ids[13]) at = at < 0 ? ids[t + 1] : at;
                if (ids[t] == ids[13]) PL_CHECK_INT(ids[t + 1], at);
                PL_CHECK(ids[t] < 5 && ids[t + 1] >= 5 && ids[t + 1] < 8);
            }
            PL_CHECK_INT(ids[12], 8);
            PL_CHECK_INT(s->labels[14 * n + 13], at);
            for (int t = 0; t < 14; t++) PL_CHECK(s->weight[14 * n + (size_t)t] == (t == 13));
        }
    }
    make_finish(&made);
}

static void test_sequence__induction_asks_what_followed(void) {
    struct made made;
    make(&made, "induction", "vocabulary=6 length=9", 3);
    int places[8] = {0};
    const struct pl_samples *s = &made.data.split[PL_TRAIN];
    for (size_t n = 0; n < s->count; n++) {
        const int32_t *ids = s->ids + 10 * n;
        int special = 0, at = -1;
        for (int t = 0; t < 9; t++)
            if (ids[t] == 5) special++, at = t;
        PL_REQUIRE(special == 1 && at >= 0 && at < 8);
        places[at]++;
        PL_CHECK_INT(ids[9], 5);
        PL_CHECK_INT(s->labels[10 * n + 9], ids[at + 1]);
    }
    for (int t = 0; t < 8; t++) PL_CHECK(places[t] > 60); /* of 1000, 125 expected, sd 10.5 */
    make_finish(&made);
}

/* Small enough that chance alone would repeat rows: 2^10 to 2^13 rows of each task. */
static void test_sequence__rows_are_distinct_in_and_across_splits(void) {
    struct made made;
    make(&made, "induction", "vocabulary=3 length=11 samples=60 valid_samples=25 test_samples=25",
         8);
    size_t bytes = 12 * sizeof(int32_t);
    const int32_t *rows[110];
    size_t count = 0;
    for (int k = 0; k < 3; k++)
        for (size_t n = 0; n < made.data.split[splits[k]].count; n++)
            rows[count++] = made.data.split[splits[k]].ids + 12 * n;
    for (size_t a = 0; a < count; a++)
        for (size_t b = 0; b < a; b++) PL_CHECK(memcmp(rows[a], rows[b], bytes) != 0);
    make_finish(&made);
}

static void test_sequence__objective_next_weighs_training_rows_alone(void) {
    struct made made;
    make(&made, "recall", "objective=next length=10", 1);
    const struct pl_samples *train = &made.data.split[PL_TRAIN],
                            *valid = &made.data.split[PL_VALID];
    for (size_t n = 0; n < train->count; n++)
        for (size_t t = 0; t < 11; t++) {
            PL_CHECK(train->weight[12 * n + t] == 1);
            PL_CHECK_INT(train->labels[12 * n + t], train->ids[12 * n + t + 1]);
        }
    for (size_t t = 0; t < 12; t++) PL_CHECK(valid->weight[t] == (t == 11));
    PL_CHECK_INT(made.data.shape.asked, 12);
    make_finish(&made);
}

/* At structure 0.5 about half of the answers are marked; a marked one is a value still. */
static void test_sequence__dial_replaces_answers_by_values(void) {
    struct made made;
    make(&made, "recall", "structure=0.5", 2);
    const struct pl_samples *s = &made.data.split[PL_TEST],
                            *clean = &made.data.split[PL_TEST_CLEAN];
    int marked = 0, others = 0;
    for (size_t n = 0; n < s->count; n++) {
        size_t last = 42 * n + 41;
        marked += s->corrupted[last];
        others += s->labels[last] != clean->labels[last];
        PL_CHECK(s->labels[last] >= 10 && s->labels[last] < 20);
        if (!s->corrupted[last]) PL_CHECK_INT(s->labels[last], clean->labels[last]);
        for (size_t t = 0; t < 41; t++) PL_CHECK(!s->corrupted[42 * n + t]);
    }
    PL_CHECK(marked > 420 && marked < 580); /* sd 16 */
    PL_CHECK(others > 370 && others < 530); /* nine of ten of those */
    make_finish(&made);
}

static void test_sequence__refusals(void) {
    make_fails("recall", "length=7", "length", "pairs");
    make_fails("recall", "keys=2 values=2 length=4", "length", "fewer");
    make_fails("induction", "vocabulary=3 length=4", "length", "fewer");
    make_fails("recall", "mix=variance", "mix", "variance");
}

const struct pl_test pl_suite_sequence[] = {
    {"recall_asks_for_a_pair_of_the_row", test_sequence__recall_asks_for_a_pair_of_the_row},
    {"induction_asks_what_followed", test_sequence__induction_asks_what_followed},
    {"rows_are_distinct_in_and_across_splits",
     test_sequence__rows_are_distinct_in_and_across_splits},
    {"objective_next_weighs_training_rows_alone",
     test_sequence__objective_next_weighs_training_rows_alone},
    {"dial_replaces_answers_by_values", test_sequence__dial_replaces_answers_by_values},
    {"refusals", test_sequence__refusals},
    {0},
};
