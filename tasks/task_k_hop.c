/* k_hop: induction, k times over, at every position of a string.
 *
 *     #k s_1 s_2 .. s_n      n = length, letters, no two alike in a row; #k says how many hops
 *
 *     hop(i) = j + 1 for the last j < i with s_j = s_i      (what followed this letter when it last came)
 *     asked at every s_i -> the letter s_{hop(hop(.. i))}, k hops, or `none` where there are fewer
 *
 * s_1 is uniform and each letter after it uniform over the others. k is `hops`; with mixed, that of a training row is
 * uniform in 1 .. hops, and valid and test ask for all the hops. Tokens: letters 0 .. L-1, none L, #1 .. #K from L+1.
 *
 * Points: by labels.h, with the marginal of a test row: P(none) is the share among 2000 strings of the world's
 * stream (standard error at most .011 / sqrt(n / 10)), and letters, which are alike, share the rest. best = 0 at structure 1.
 * Number of rows: L (L-1)^(n-1).
 */
#include "core/base/math.h"
#include "tasks/sequence.h"

#define MOST_LETTERS 64
#define MOST_LENGTH  4096
#define STRINGS      2000

struct k_hop {
    struct pl_task_common common;
    long letters, length, hops;
    bool mixed;
};

static const struct pl_option rows[] = {
    PL_TASK_COMMON_ROWS(struct k_hop),
    PL_OPTION_INT(struct k_hop, letters, "4", 3, MOST_LETTERS, "letters of a string, L"),
    PL_OPTION_INT(struct k_hop, length, "100", 2, MOST_LENGTH, "letters in a string, n"),
    PL_OPTION_INT(struct k_hop, hops, "4", 1, 16, "k, hops that are asked for"),
    PL_OPTION_BOOL(struct k_hop, mixed, "false",
                   "training rows ask for 1 to k hops, each as often, instead of k"),
};

static enum pl_status check(const void *options, const char **key) {
    const struct k_hop *own = options;
    double bits = (double)(own->length - 1) * pl_log((double)(own->letters - 1)) / pl_log(2);
    return pl_sequence_check(&own->common, bits, "length", key);
}

/* Fills s_1 .. s_n, and hop [n]: where a hop leads, or -1. */
static void draw_string(const struct k_hop *own, struct pl_rng *rng, int32_t *s, int32_t *hop) {
    int32_t last[MOST_LETTERS];
    for (long l = 0; l < own->letters; l++) last[l] = -1;
    for (long i = 0; i < own->length; i++) {
        long others = own->letters - (i > 0);
        int32_t letter = (int32_t)pl_rng_below(rng, (uint64_t)others);
        if (i > 0 && letter >= s[i - 1]) letter++;
        s[i] = letter;
        hop[i] = last[letter] < 0 ? -1 : last[letter] + 1;
        last[letter] = (int32_t)i;
    }
}

static int32_t follow(const struct k_hop *own, const int32_t *s, const int32_t *hop, long i,
                      long hops) {
    int32_t at = (int32_t)i;
    for (long k = 0; k < hops && at >= 0; k++) at = hop[at];
    return at < 0 ? (int32_t)own->letters : s[at];
}

static void draw(const struct pl_sequence *sequence, enum pl_split split, uint64_t code,
                 struct pl_rng *rng, int32_t *ids, int32_t *answer) {
    const struct k_hop *own = sequence->options;
    int32_t hop[MOST_LENGTH];
    long hops = own->hops;
    (void)code;
    if (own->mixed && split == PL_TRAIN) hops = 1 + (long)pl_rng_below(rng, (uint64_t)own->hops);
    ids[0] = (int32_t)(own->letters + hops);
    answer[0] = -1;
    draw_string(own, rng, ids + 1, hop);
    for (long i = 0; i < own->length; i++) answer[1 + i] = follow(own, ids + 1, hop, i, hops);
}

static enum pl_status init(struct pl_sequence *sequence, struct pl_rng *rng) {
    const struct k_hop *own = sequence->options;
    int32_t s[MOST_LENGTH], hop[MOST_LENGTH];
    double *prior = sequence->world, none = 0;
    for (int n = 0; n < STRINGS; n++) {
        draw_string(own, rng, s, hop);
        for (long i = 0; i < own->length; i++)
            none += follow(own, s, hop, i, own->hops) == own->letters;
    }
    none /= (double)STRINGS * (double)own->length;
    for (long l = 0; l < own->letters; l++) prior[l] = (1 - none) / (double)own->letters;
    prior[own->letters] = none;
    sequence->prior = prior;
    return PL_OK;
}

static struct pl_sequence describe(const void *options) {
    const struct k_hop *own = options;
    return (struct pl_sequence){.options = own,
                                .vocabulary = own->letters + 1 + own->hops,
                                .tokens = own->length + 1,
                                .asked = own->length,
                                .answers = own->letters + 1,
                                .draw = draw,
                                .world_size = (MOST_LETTERS + 1) * sizeof(double),
                                .init = init};
}

PL_SEQUENCE_FUNCTIONS(describe)

const struct pl_task pl_task_k_hop = {
    .name = "k_hop",
    .summary = "a string over few letters -> at each letter, the k-th hop of induction",
    .formula = "#k s_1 .. s_n -> s at hop^k(i), hop(i) = 1 + last j < i with s_j = s_i",
    .citation =
        "Sanford, Hsu, Telgarsky, Transformers, parallel computation, and logarithmic depth "
        "(arXiv 2402.09268)",
    .version = 1,
    .options = PL_OPTIONS("task", rows),
    .options_size = sizeof(struct k_hop),
    .check = check,
    PL_SEQUENCE_TASK,
};
