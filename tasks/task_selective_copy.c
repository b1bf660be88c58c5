/* selective_copy: tokens among blanks, then as many asks: the tokens in order.
 *
 *     _ a _ _ b c _ | ? ? ?  ->  a b c         T = length + copied tokens
 *
 * The copied tokens are uniform in 0 .. V-1 and stand at uniform places among the first `length`; the rest are
 * blanks, V. Then `copied` times the token ?, V+1, each asked for the next of them.
 *
 * Points: an answer is uniform, so by labels.h trivial = ln V; best = 0 at structure 1. Number of rows: at least
 * V^copied.
 */
#include "core/base/math.h"
#include "tasks/sequence.h"

struct selective_copy {
    struct pl_task_common common;
    long vocabulary, copied, length;
};

static const struct pl_option rows[] = {
    PL_TASK_COMMON_ROWS(struct selective_copy),
    PL_OPTION_INT(struct selective_copy, vocabulary, "16", 2, 65536, "tokens that are copied, V"),
    PL_OPTION_INT(struct selective_copy, copied, "16", 1, 65536,
                  "how many are copied, at most length"),
    PL_OPTION_INT(struct selective_copy, length, "64", 1, 65536,
                  "tokens before the questions, blanks included"),
};

static enum pl_status check(const void *options, const char **key) {
    const struct selective_copy *own = options;
    *key = "copied";
    if (own->copied > own->length)
        return pl_fail(
            PL_ECONFIG,
            "copied is %ld, but there is room for %ld tokens before the questions; raise "
            "length",
            own->copied, own->length);
    double bits = (double)own->copied * pl_log((double)own->vocabulary) / pl_log(2);
    return pl_sequence_check(&own->common, bits, "copied", key);
}

static void draw(const struct pl_sequence *sequence, enum pl_split split, uint64_t code,
                 struct pl_rng *rng, int32_t *ids, int32_t *answer) {
    const struct selective_copy *own = sequence->options;
    long placed = 0;
    (void)split, (void)code; /* all alike */
    for (long t = 0; t < sequence->tokens; t++) answer[t] = -1;
    for (long t = 0; t < own->length; t++) {
        uint64_t left = (uint64_t)(own->length - t), needed = (uint64_t)(own->copied - placed);
        bool blank = pl_rng_below(rng, left) >= needed;
        ids[t] = (int32_t)own->vocabulary;
        if (blank) continue;
        ids[t] = (int32_t)pl_rng_below(rng, (uint64_t)own->vocabulary);
        answer[own->length + placed++] = ids[t];
    }
    for (long t = own->length; t < sequence->tokens; t++) ids[t] = (int32_t)own->vocabulary + 1;
}

static struct pl_sequence describe(const void *options) {
    const struct selective_copy *own = options;
    return (struct pl_sequence){.options = own,
                                .vocabulary = own->vocabulary + 2,
                                .tokens = own->length + own->copied,
                                .asked = own->copied,
                                .answers = own->vocabulary,
                                .draw = draw};
}

PL_SEQUENCE_FUNCTIONS(describe)

const struct pl_task pl_task_selective_copy = {
    .name = "selective_copy",
    .summary = "tokens among blanks, then as many questions -> the tokens in order",
    .formula = "_ a _ b .. ? ? -> a b, places and tokens uniform",
    .citation =
        "Jing et al., Gated orthogonal recurrent units (arXiv 1706.02761); in this form Gu, "
        "Dao, Mamba (arXiv 2312.00752)",
    .version = 1,
    .options = PL_OPTIONS("task", rows),
    .options_size = sizeof(struct selective_copy),
    .check = check,
    PL_SEQUENCE_TASK,
};
