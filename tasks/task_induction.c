/* induction: random tokens with one special token twice: what followed the first?
 *
 *     r r r ! a r r r r !  ->  a          T = length + 1 tokens, ! at the end
 *
 * The tokens r and a are uniform in 0 .. V-2, the special one is V-1. It stands at a uniform place that has a
 * token after it within the first [length], and at the end, where one position is asked.
 *
 * Points: a is uniform over V-1 tokens, so by labels.h trivial = ln(V-1); best = 0 at structure 1. Number of
 * rows: (V-1)^(length-1) (length-1).
 */
#include "core/base/math.h"
#include "tasks/sequence.h"

#define MOST 65536

struct induction {
    struct pl_task_common common;
    long vocabulary, length;
    int objective;
};

static const struct pl_option rows[] = {
    PL_TASK_COMMON_ROWS(struct induction),
    PL_OPTION_INT(struct induction, vocabulary, "20", 3, MOST, "tokens, the special one included"),
    PL_OPTION_INT(struct induction, length, "30", 2, 65536,
                  "tokens before the second special one, the first included"),
    PL_SEQUENCE_OBJECTIVE_ROW(struct induction),
};

static enum pl_status check(const void *options, const char **key) {
    const struct induction *own = options;
    double free = (double)(own->length - 1);
    double bits = (free * pl_log((double)(own->vocabulary - 1)) + pl_log(free)) / pl_log(2);
    return pl_sequence_check(&own->common, bits, "length", key);
}

static void draw(const struct pl_sequence *sequence, enum pl_split split, uint64_t code,
                 struct pl_rng *rng, int32_t *ids, int32_t *answer) {
    const struct induction *own = sequence->options;
    (void)split, (void)code; /* all alike */
    int32_t special = (int32_t)(own->vocabulary - 1);
    long at = (long)pl_rng_below(rng, (uint64_t)(own->length - 1));
    for (long t = 0; t < own->length; t++) {
        ids[t] = t == at ? special : (int32_t)pl_rng_below(rng, (uint64_t)special);
        answer[t] = -1;
    }
    ids[own->length] = special;
    answer[own->length] = ids[at + 1];
}

static struct pl_sequence describe(const void *options) {
    const struct induction *own = options;
    return (struct pl_sequence){.options = own,
                                .vocabulary = own->vocabulary,
                                .tokens = own->length + 1,
                                .asked = 1,
                                .objective = own->objective,
                                .answers = own->vocabulary - 1,
                                .draw = draw};
}

PL_SEQUENCE_FUNCTIONS(describe)

const struct pl_task pl_task_induction = {
    .name = "induction",
    .summary = "random tokens with one special token twice -> what followed the first",
    .formula = "r .. ! a r .. r ! -> a, tokens uniform",
    .citation = "Elhage et al., A mathematical framework for transformer circuits (2021); in this "
                "form Fu et al., Hungry hungry hippos (arXiv 2212.14052)",
    .version = 1,
    .options = PL_OPTIONS("task", rows),
    .options_size = sizeof(struct induction),
    .check = check,
    PL_SEQUENCE_TASK,
};
