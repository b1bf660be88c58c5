/* mqar: several pairs of a key and its value, then several of the keys again: their values.
 *
 *     k_1 v_1 .. k_n v_n | r k_2 r r k_1 r ..      asked at each key that comes again -> its value
 *
 * Keys are n different tokens of 0 .. V/2-1, values n different ones of the rest, all drawn for each row. Behind
 * the pairs come (T - 2n)/2 places of two tokens. Each key comes again once, at the beginning of a place of its
 * own; places are drawn without replacement with weights j^(a-1), j = 1, 2, ..: a power law of gaps. All other
 * tokens are uniform in 0 .. V-1, so that a key may stand where it is not asked.
 *
 * Points: a value is uniform in V/2 .. V-1, so by labels.h trivial = ln(V - V/2); best = 0 at structure 1. Number
 * of rows: at least that of keys, values and other tokens with the places held.
 */
#include "core/base/math.h"
#include "tasks/sequence.h"

#define MOST 4096

struct mqar {
    struct pl_task_common common;
    long vocabulary, pairs, length;
    double power;
};

static const struct pl_option rows[] = {
    PL_TASK_COMMON_ROWS(struct mqar),
    PL_OPTION_INT(struct mqar, vocabulary, "8192", 4, 65536, "tokens, V; half of them are keys"),
    PL_OPTION_INT(struct mqar, pairs, "4", 1, MOST / 4, "pairs of a row, n"),
    PL_OPTION_INT(struct mqar, length, "64", 4, MOST, "tokens of a row, T, at least 4 a pair"),
    PL_OPTION_REAL(struct mqar, power, "0.01", 0, 10,
                   "a, of the gaps; 1 spreads the questions evenly, less brings them forward"),
};

static enum pl_status check(const void *options, const char **key) {
    const struct mqar *own = options;
    *key = "pairs";
    if (4 * own->pairs > own->length)
        return pl_fail(PL_ECONFIG,
                       "pairs is %ld, which takes a length of at least %ld; length is %ld",
                       own->pairs, 4 * own->pairs, own->length);
    if (2 * own->pairs > own->vocabulary)
        return pl_fail(PL_ECONFIG,
                       "pairs is %ld, but a vocabulary of %ld has only %ld keys; take fewer pairs",
                       own->pairs, own->vocabulary, own->vocabulary / 2);
    double bits = (double)(own->length - 3 * own->pairs) * pl_log((double)own->vocabulary);
    for (long n = 0; n < own->pairs; n++) bits += 2 * pl_log((double)(own->vocabulary / 2 - n));
    return pl_sequence_check(&own->common, bits / pl_log(2), "length", key);
}

/* A number from 0 .. count-1 by its weight; a weight of 0 is never drawn. */
static long draw_weighted(struct pl_rng *rng, const double *weight, long count) {
    double sum = 0, left;
    long chosen = 0;
    for (long j = 0; j < count; j++) sum += weight[j];
    left = sum * pl_rng_uniform(rng);
    for (long j = 0; j < count; j++) {
        if (weight[j] <= 0) continue;
        chosen = j;
        if (left < weight[j]) break;
        left -= weight[j];
    }
    return chosen;
}

/* A token of first .. first + count - 1 that is not among the [given] ones two apart. */
static int32_t draw_other(struct pl_rng *rng, long first, long count, const int32_t *ids,
                          long given) {
    for (;;) {
        int32_t token = (int32_t)(first + (long)pl_rng_below(rng, (uint64_t)count));
        long n = 0;
        while (n < given && ids[2 * n] != token) n++;
        if (n == given) return token;
    }
}

static void draw(const struct pl_sequence *sequence, enum pl_split split, uint64_t code,
                 struct pl_rng *rng, int32_t *ids, int32_t *answer) {
    const struct mqar *own = sequence->options;
    long pairs = own->pairs, keys = own->vocabulary / 2, places = (own->length - 2 * pairs) / 2;
    double weight[MOST / 2];
    (void)split, (void)code; /* all alike */
    for (long n = 0; n < pairs; n++) {
        ids[2 * n] = draw_other(rng, 0, keys, ids, n);
        ids[2 * n + 1] = draw_other(rng, keys, own->vocabulary - keys, ids + 1, n);
    }
    for (long t = 0; t < own->length; t++) answer[t] = -1;
    for (long t = 2 * pairs; t < own->length; t++)
        ids[t] = (int32_t)pl_rng_below(rng, (uint64_t)own->vocabulary);
    for (long j = 0; j < places; j++)
        weight[j] = pl_exp((own->power - 1) * pl_log((double)(j + 1)));
    for (long n = 0; n < pairs; n++) {
        long j = draw_weighted(rng, weight, places), t = 2 * pairs + 2 * j;
        weight[j] = 0;
        ids[t] = ids[2 * n];
        answer[t] = ids[2 * n + 1];
    }
}

static struct pl_sequence describe(const void *options) {
    const struct mqar *own = options;
    return (struct pl_sequence){.options = own,
                                .vocabulary = own->vocabulary,
                                .tokens = own->length,
                                .asked = own->pairs,
                                .first = own->vocabulary / 2,
                                .answers = own->vocabulary - own->vocabulary / 2,
                                .draw = draw};
}

PL_SEQUENCE_FUNCTIONS(describe)

const struct pl_task pl_task_mqar = {
    .name = "mqar",
    .summary = "several pairs of key and value, several keys again -> their values",
    .formula = "k_1 v_1 .. k_n v_n .. k_i .. -> v_i at each key that comes again",
    .citation = "Arora, Eyuboglu et al., Zoology (arXiv 2312.04927)",
    .version = 1,
    .options = PL_OPTIONS("task", rows),
    .options_size = sizeof(struct mqar),
    .check = check,
    PL_SEQUENCE_TASK,
};
