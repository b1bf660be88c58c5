/* state_tracking: elements of a group -> their running product, asked at every position.
 *
 *     g_1 g_2 .. g_T  ->  g_1, g_2 g_1, .., g_T .. g_2 g_1        T = length
 *
 * Elements are uniform. The group is S3 or S5, the permutations of 3 or 5 things, or Z60, addition modulo 60. A
 * permutation's number is its place in lexicographic order; 0 is the one that changes nothing. Products of
 * permutations do the right one first. S5 is not solvable: what tracks it must grow with length
 * (Barrington 1989); Z60 and S3 are.
 *
 * Points: a product with a uniform element is uniform, so by labels.h trivial = ln |G|; best = 0 at structure 1.
 * Number of rows: |G|^T.
 */
#include "core/base/math.h"
#include "tasks/sequence.h"

#define MOST   120 /* elements of a group */
#define THINGS 5

enum group { GROUP_S3, GROUP_S5, GROUP_Z60 };

struct state_tracking {
    struct pl_task_common common;
    long length;
    int group; /* enum group */
};

static const struct pl_option rows[] = {
    PL_TASK_COMMON_ROWS(struct state_tracking),
    PL_OPTION_INT(struct state_tracking, length, "16", 1, 65536, "elements of a row, T"),
    PL_OPTION_CHOICE(struct state_tracking, group, "S3", "S3|S5|Z60",
                     "permutations of 3 or of 5 things, or numbers modulo 60"),
};

static const long size_of[] = {[GROUP_S3] = 6, [GROUP_S5] = 120, [GROUP_Z60] = 60};

static enum pl_status check(const void *options, const char **key) {
    const struct state_tracking *own = options;
    double bits = (double)own->length * pl_log((double)size_of[own->group]) / pl_log(2);
    return pl_sequence_check(&own->common, bits, "length", key);
}

/* The permutation in place [number] of lexicographic order. */
static void permutation_at(long number, int things, int *out) {
    bool used[THINGS] = {false};
    long rest = 1;
    for (int k = 2; k < things; k++) rest *= k;
    for (int place = 0; place < things; place++) {
        long skip = number / rest;
        int thing = 0;
        for (; used[thing] || skip > 0; thing++) skip -= !used[thing];
        used[thing] = true;
        out[place] = thing;
        number %= rest;
        if (place < things - 1) rest /= things - 1 - place;
    }
}

static long number_of(const int *permutation, int things) {
    long number = 0;
    for (int a = 0; a < things; a++) {
        long smaller = 0;
        for (int b = a + 1; b < things; b++) smaller += permutation[b] < permutation[a];
        number = number * (things - a) + smaller;
    }
    return number;
}

/* [left after right] of every two elements. */
static enum pl_status init(struct pl_sequence *sequence, struct pl_rng *rng) {
    const struct state_tracking *own = sequence->options;
    int32_t(*product)[MOST] = sequence->world;
    long size = size_of[own->group];
    int things = own->group == GROUP_S3 ? 3 : THINGS, a[THINGS], b[THINGS], ab[THINGS];
    (void)rng; /* a group is the same for every seed */
    for (long left = 0; left < size; left++)
        for (long right = 0; right < size; right++) {
            if (own->group == GROUP_Z60) {
                product[left][right] = (int32_t)((left + right) % size);
                continue;
            }
            permutation_at(left, things, a);
            permutation_at(right, things, b);
            for (int k = 0; k < things; k++) ab[k] = a[b[k]];
            product[left][right] = (int32_t)number_of(ab, things);
        }
    return PL_OK;
}

static void draw(const struct pl_sequence *sequence, enum pl_split split, uint64_t code,
                 struct pl_rng *rng, int32_t *ids, int32_t *answer) {
    const int32_t(*product)[MOST] = (const int32_t(*)[MOST])sequence->world;
    int32_t state = 0;
    (void)split, (void)code; /* all alike */
    for (long t = 0; t < sequence->tokens; t++) {
        ids[t] = (int32_t)pl_rng_below(rng, (uint64_t)sequence->vocabulary);
        answer[t] = state = product[ids[t]][state];
    }
}

static struct pl_sequence describe(const void *options) {
    const struct state_tracking *own = options;
    long size = size_of[own->group];
    return (struct pl_sequence){.options = own,
                                .vocabulary = size,
                                .tokens = own->length,
                                .asked = own->length,
                                .answers = size,
                                .draw = draw,
                                .world_size = sizeof(int32_t[MOST][MOST]),
                                .init = init};
}

PL_SEQUENCE_FUNCTIONS(describe)

const struct pl_task pl_task_state_tracking = {
    .name = "state_tracking",
    .summary = "elements of a group -> their running product",
    .formula = "g_1 .. g_T uniform -> g_t .. g_1 at every t, in S3, S5 or Z60",
    .citation = "Merrill, Petty, Sabharwal, The illusion of state in state-space models (arXiv "
                "2404.08819)",
    .version = 1,
    .options = PL_OPTIONS("task", rows),
    .options_size = sizeof(struct state_tracking),
    .check = check,
    PL_SEQUENCE_TASK,
};
