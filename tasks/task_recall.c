/* recall: pairs of a key and its value, then a key: what was its value?
 *
 *     k_1 v_1 k_2 v_2 ... k_n v_n  ?  k  ->  v        n = length / 2, T = length + 2 tokens
 *
 * A row has a map of its own from keys to values, drawn uniformly; each k_i is uniform, so a key may come
 * more than once, always with its value; k is uniform among the keys that occur. Tokens: keys 0 .. K-1, values
 * K .. K+V-1, and ? after them. One position is asked, the last.
 *
 * Points: the value is uniform, so by labels.h trivial = ln V; best = 0 at structure 1, for
 * every k has its value in the row. Number of rows: at least K^n V (keys, and the value of the first).
 */
#include "core/base/math.h"
#include "tasks/sequence.h"

#define MOST 4096

struct recall {
    struct pl_task_common common;
    long keys, values, length;
    int objective;
};

static const struct pl_option rows[] = {
    PL_TASK_COMMON_ROWS(struct recall),
    PL_OPTION_INT(struct recall, keys, "10", 2, MOST, "tokens that are keys, K"),
    PL_OPTION_INT(struct recall, values, "10", 2, MOST, "tokens that are values, V"),
    PL_OPTION_INT(struct recall, length, "40", 2, 65536,
                  "tokens before the question: keys and values in turn, an even number"),
    PL_SEQUENCE_OBJECTIVE_ROW(struct recall),
};

static enum pl_status check(const void *options, const char **key) {
    const struct recall *own = options;
    double pairs = (double)(own->length / 2);
    *key = "length";
    if (own->length % 2)
        return pl_fail(PL_ECONFIG,
                       "length is %ld, but keys and values come in pairs; take an even number",
                       own->length);
    double bits = (pairs * pl_log((double)own->keys) + pl_log((double)own->values)) / pl_log(2);
    return pl_sequence_check(&own->common, bits, "length", key);
}

static void draw(const struct pl_sequence *sequence, enum pl_split split, uint64_t code,
                 struct pl_rng *rng, int32_t *ids, int32_t *answer) {
    const struct recall *own = sequence->options;
    (void)split, (void)code; /* all alike */
    int32_t value[MOST], present[MOST], count = 0;
    for (long k = 0; k < own->keys; k++) value[k] = -1;
    for (long t = 0; t < own->length; t += 2) {
        int32_t k = (int32_t)pl_rng_below(rng, (uint64_t)own->keys);
        if (value[k] < 0) {
            value[k] = (int32_t)(own->keys + (long)pl_rng_below(rng, (uint64_t)own->values));
            present[count++] = k;
        }
        ids[t] = k;
        ids[t + 1] = value[k];
        answer[t] = answer[t + 1] = -1;
    }
    int32_t asked = present[pl_rng_below(rng, (uint64_t)count)];
    ids[own->length] = (int32_t)(own->keys + own->values);
    ids[own->length + 1] = asked;
    answer[own->length] = -1;
    answer[own->length + 1] = value[asked];
}

static struct pl_sequence describe(const void *options) {
    const struct recall *own = options;
    return (struct pl_sequence){.options = own,
                                .vocabulary = own->keys + own->values + 1,
                                .tokens = own->length + 2,
                                .asked = 1,
                                .objective = own->objective,
                                .first = own->keys,
                                .answers = own->values,
                                .draw = draw};
}

PL_SEQUENCE_FUNCTIONS(describe)

const struct pl_task pl_task_recall = {
    .name = "recall",
    .summary = "key value key value ... key? -> its value",
    .formula = "k_1 v_1 ... k_n v_n ? k -> v, a map from keys to values for each row",
    .citation = "Ba et al., Using fast weights to attend to the recent past (arXiv 1610.06258); in "
                "this form Fu et al., Hungry hungry hippos (arXiv 2212.14052)",
    .version = 1,
    .options = PL_OPTIONS("task", rows),
    .options_size = sizeof(struct recall),
    .check = check,
    PL_SEQUENCE_TASK,
};
