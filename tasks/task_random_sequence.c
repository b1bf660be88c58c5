/* random_sequence: uniform tokens, every next token asked. Memorisation and nothing else.
 *
 *     i_1 .. i_{T+1} uniform in 0 .. V-1    ids = i_1 .. i_T    label_t = i_{t+1}
 *
 * The random end of sequences by nature: structure is 0 and cannot be otherwise, every label is marked
 * corrupted, and there is no test_clean. Trivial and best test loss are both ln V; nothing counts as solved.
 * What a model can show is how many bits it stores (bits_per_param among the metrics). Number of rows: V^T.
 */
#include "core/base/math.h"
#include "tasks/sequence.h"
#include "tasks/split.h"

struct random_sequence {
    struct pl_task_common common;
    long vocabulary, length;
};

static const struct pl_option rows[] = {
    PL_TASK_COMMON_ROWS_AT(struct random_sequence, "0"),
    PL_OPTION_INT(struct random_sequence, vocabulary, "256", 2, 65536, "tokens to choose from, V"),
    PL_OPTION_INT(struct random_sequence, length, "128", 2, 65536, "tokens of a row, T"),
};

static enum pl_status check(const void *options, const char **key) {
    const struct random_sequence *own = options;
    PL_TRY(
        pl_task_refuse_dial(&own->common, 0, "the tokens of random_sequence follow no rule", key));
    double bits = (double)own->length * pl_log((double)own->vocabulary) / pl_log(2);
    return pl_sequence_check(&own->common, bits, "length", key);
}

static void draw(const struct pl_sequence *sequence, enum pl_split split, uint64_t code,
                 struct pl_rng *rng, int32_t *ids, int32_t *answer) {
    (void)split, (void)code; /* all alike */
    for (long t = 0; t <= sequence->tokens; t++) {
        int32_t token = (int32_t)pl_rng_below(rng, (uint64_t)sequence->vocabulary);
        pl_sequence_put(sequence, t, token, ids, answer);
    }
}

static struct pl_sequence describe(const void *options) {
    const struct random_sequence *own = options;
    return (struct pl_sequence){.options = own,
                                .vocabulary = own->vocabulary,
                                .tokens = own->length,
                                .asked = own->length,
                                .answers = own->vocabulary,
                                .random = true,
                                .draw = draw};
}

PL_SEQUENCE_FUNCTIONS(describe)

const struct pl_task pl_task_random_sequence = {
    .name = "random_sequence",
    .summary = "uniform tokens, every next token asked: how much can be memorised",
    .formula = "i_1 .. i_T uniform -> i_2 .. i_{T+1}",
    .citation = "",
    .version = 1,
    .options = PL_OPTIONS("task", rows),
    .options_size = sizeof(struct random_sequence),
    .check = check,
    PL_SEQUENCE_TASK,
};
