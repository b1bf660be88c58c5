/* largest: numbers, then a question: the largest of them. A task of sequences whose answers are not alike, so it
 * gives their marginal (docs/add-a-task.md; tests/e2e/plugin.sh).
 *
 *     3 1 2 ?  ->  3        n numbers, uniform in 0 .. V-1; ? is V; T = n + 1 tokens
 *
 * Points: P(largest <= v) = ((v + 1) / V)^n, and differences of these are the marginal q: trivial = H(q); best = 0 at
 * structure 1. Number of rows: V^n.
 */
#include <plumbline/task.h>

#define MOST 1024 /* numbers to choose from */

struct largest {
    struct pl_task_common common; /* first */
    long vocabulary, length;
};

static const struct pl_option rows[] = {
    PL_TASK_COMMON_ROWS(struct largest),
    PL_OPTION_INT(struct largest, vocabulary, "16", 2, MOST, "numbers to choose from, V"),
    PL_OPTION_INT(struct largest, length, "8", 1, 1024, "numbers of a row, n"),
};

static enum pl_status check(const void *options, const char **key) {
    const struct largest *own = options;
    double bits = (double)own->length * pl_log((double)own->vocabulary) / pl_log(2);
    return pl_sequence_check(&own->common, bits, "length", key);
}

static void draw(const struct pl_sequence *sequence, enum pl_split split, uint64_t code,
                 struct pl_rng *rng, int32_t *ids, int32_t *answer) {
    const struct largest *own = sequence->options;
    long n = own->length;
    (void)split, (void)code; /* all alike */
    answer[n] = 0;
    for (long t = 0; t < n; t++) {
        ids[t] = (int32_t)pl_rng_below(rng, (uint64_t)own->vocabulary);
        answer[t] = -1;
        if (ids[t] > answer[n]) answer[n] = ids[t];
    }
    ids[n] = (int32_t)own->vocabulary;
}

static enum pl_status init(struct pl_sequence *sequence, struct pl_rng *rng) {
    const struct largest *own = sequence->options;
    double *q = sequence->world, before = 0;
    (void)rng; /* the same for every seed */
    for (long v = 0; v < own->vocabulary; v++) {
        double up_to = 1;
        for (long t = 0; t < own->length; t++) up_to *= (double)(v + 1) / (double)own->vocabulary;
        q[v] = up_to - before;
        before = up_to;
    }
    sequence->prior = q;
    return PL_OK;
}

static struct pl_sequence describe(const void *options) {
    const struct largest *own = options;
    return (struct pl_sequence){.options = own,
                                .vocabulary = own->vocabulary + 1,
                                .tokens = own->length + 1,
                                .asked = 1,
                                .answers = own->vocabulary,
                                .draw = draw,
                                .world_size = MOST * sizeof(double),
                                .init = init};
}

PL_SEQUENCE_FUNCTIONS(describe)

const struct pl_task pl_task_largest = {
    .name = "largest",
    .summary = "numbers -> the largest",
    .formula = "i_1 .. i_n ? -> max i",
    .citation = "",
    .version = 1,
    .options = PL_OPTIONS("task", rows),
    .options_size = sizeof(struct largest),
    .check = check,
    PL_SEQUENCE_TASK,
};

PL_TASK_PLUGIN(&pl_task_largest);
