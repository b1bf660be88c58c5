/* dyck: nested brackets of several kinds -> which one closes now, asked where one does.
 *
 *     ( [ ] { } )      asked at the token before each closing bracket -> the closing bracket
 *
 * A text of T + 1 tokens is a walk over depths 0 .. D: at depth 0 a bracket opens, at D one closes, between them
 * either with probability 1/2. Kinds of opening brackets are uniform; a closing one is of the kind of the last
 * that is open. Tokens: opening brackets 0 .. K-1, closing ones K .. 2K-1. A row is the first T tokens. The text
 * ends anywhere, so some brackets stay open.
 *
 * Points: kinds are uniform at every depth, so by labels.h trivial = ln K; best = 0 at structure 1. Number of
 * rows: at least K^(T/2), for at least half of any walk opens.
 */
#include "core/base/math.h"
#include "tasks/sequence.h"

#define MOST_DEPTH 256

struct dyck {
    struct pl_task_common common;
    long kinds, depth, length;
};

static const struct pl_option rows[] = {
    PL_TASK_COMMON_ROWS(struct dyck),
    PL_OPTION_INT(struct dyck, kinds, "8", 2, 1024, "kinds of brackets, K"),
    PL_OPTION_INT(struct dyck, depth, "10", 1, MOST_DEPTH, "brackets that are open at most, D"),
    PL_OPTION_INT(struct dyck, length, "128", 2, 65536, "tokens of a row, T, at least depth"),
};

static enum pl_status check(const void *options, const char **key) {
    const struct dyck *own = options;
    *key = "depth";
    if (own->depth > own->length)
        return pl_fail(PL_ECONFIG,
                       "depth is %ld, but a row of %ld tokens may then have no closing bracket to "
                       "ask for; raise length",
                       own->depth, own->length);
    double bits = (double)(own->length / 2) * pl_log((double)own->kinds) / pl_log(2);
    return pl_sequence_check(&own->common, bits, "length", key);
}

static void draw(const struct pl_sequence *sequence, enum pl_split split, uint64_t code,
                 struct pl_rng *rng, int32_t *ids, int32_t *answer) {
    const struct dyck *own = sequence->options;
    int32_t open[MOST_DEPTH], kinds = (int32_t)own->kinds;
    long depth = 0;
    (void)split, (void)code; /* all alike */
    for (long t = 0; t <= own->length; t++) {
        bool opens = depth == 0 || (depth < own->depth && pl_rng_below(rng, 2) == 0);
        if (opens) open[depth++] = (int32_t)pl_rng_below(rng, (uint64_t)kinds);
        int32_t token = opens ? open[depth - 1] : kinds + open[--depth];
        pl_sequence_put(sequence, t, token, ids, answer);
        if (opens && t > 0) answer[t - 1] = -1;
    }
}

static struct pl_sequence describe(const void *options) {
    const struct dyck *own = options;
    return (struct pl_sequence){.options = own,
                                .vocabulary = 2 * own->kinds,
                                .tokens = own->length,
                                .asked = (own->length + 1) / 2,
                                .first = own->kinds,
                                .answers = own->kinds,
                                .draw = draw};
}

PL_SEQUENCE_FUNCTIONS(describe)

const struct pl_task pl_task_dyck = {
    .name = "dyck",
    .summary = "nested brackets of several kinds -> which one closes now",
    .formula = "a walk over depths 0 .. D, kinds uniform -> the kind before each closing bracket",
    .citation =
        "Hewitt et al., RNNs can generate bounded hierarchical languages with optimal memory "
        "(arXiv 2010.07515)",
    .version = 1,
    .options = PL_OPTIONS("task", rows),
    .options_size = sizeof(struct dyck),
    .check = check,
    PL_SEQUENCE_TASK,
};
