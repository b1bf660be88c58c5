/* modular_sequence: the table of an operation modulo p, as sequences.
 *
 *     a op b =  ->  c         T = 4 tokens, asked at =
 *
 * a and b go through 0 .. p-1; a division has no b = 0, wants a prime, and c is what times b is a. Of all pairs the
 * share train_fraction, drawn by the seed, is seen in training; valid and test halve the rest. A split that
 * asks for more samples than its share repeats itself. Tokens: numbers, then the operation and =.
 *
 * Points: by labels.h; c is uniform, except for multiply, where each divisor's share of the table counts. At structure 1
 * best = 0.
 */
#include "core/base/math.h"
#include "tasks/sequence.h"

#define MOST_MODULUS 1024

enum op { OP_ADD, OP_SUBTRACT, OP_MULTIPLY, OP_DIVIDE };

struct modular_sequence {
    struct pl_task_common common;
    long modulus;
    int op; /* enum op */
    double train_fraction;
};

static const struct pl_option rows[] = {
    PL_TASK_COMMON_ROWS(struct modular_sequence),
    PL_OPTION_INT(struct modular_sequence, modulus, "97", 3, MOST_MODULUS, "p"),
    PL_OPTION_CHOICE(struct modular_sequence, op, "divide", "add|subtract|multiply|divide",
                     "the operation"),
    PL_OPTION_REAL(struct modular_sequence, train_fraction, "0.5", 0.01, 0.95,
                   "share of the pairs that training may see; valid and test halve the rest"),
};

static enum pl_status check(const void *options, const char **key) {
    const struct modular_sequence *own = options;
    *key = "modulus";
    for (long d = 2; own->op == OP_DIVIDE && d * d <= own->modulus; d++)
        if (own->modulus % d == 0)
            return pl_fail(PL_ECONFIG,
                           "modulus is %ld = %ld x %ld, but division needs a prime; take one, or "
                           "another op",
                           own->modulus, d, own->modulus / d);
    return pl_labels_check(&own->common, key);
}

/* The answer of a pair; a quotient is a times b^(p-2). */
static long apply(const struct modular_sequence *own, long a, long b) {
    long p = own->modulus;
    if (own->op == OP_ADD) return (a + b) % p;
    if (own->op == OP_SUBTRACT) return (a + p - b) % p;
    if (own->op == OP_MULTIPLY) return a * b % p;
    for (long power = p - 2; power > 0; power /= 2) {
        if (power % 2) a = a * b % p;
        b = b * b % p;
    }
    return a;
}

static long columns(const struct modular_sequence *own) {
    return own->op == OP_DIVIDE ? own->modulus - 1 : own->modulus;
}

/* The marginal, counted over the table. */
static enum pl_status init(struct pl_sequence *sequence, struct pl_rng *rng) {
    const struct modular_sequence *own = sequence->options;
    double *prior = sequence->world;
    (void)rng; /* the table is the same for every seed */
    if (own->op != OP_MULTIPLY) return PL_OK;
    for (long a = 0; a < own->modulus; a++)
        for (long b = 0; b < own->modulus; b++) prior[apply(own, a, b)]++;
    for (long c = 0; c < own->modulus; c++) prior[c] /= (double)(own->modulus * own->modulus);
    sequence->prior = prior;
    return PL_OK;
}

static void draw(const struct pl_sequence *sequence, enum pl_split split, uint64_t code,
                 struct pl_rng *rng, int32_t *ids, int32_t *answer) {
    const struct modular_sequence *own = sequence->options;
    long a = (long)code / columns(own), b = (long)code % columns(own) + (own->op == OP_DIVIDE);
    const long row[] = {a, own->modulus, b, own->modulus + 1};
    (void)split, (void)rng; /* the pair is all there is */
    for (int t = 0; t < 4; t++) ids[t] = (int32_t)row[t];
    for (int t = 0; t < 3; t++) answer[t] = -1;
    answer[3] = (int32_t)apply(own, a, b);
}

static struct pl_sequence describe(const void *options) {
    const struct modular_sequence *own = options;
    return (struct pl_sequence){.options = own,
                                .vocabulary = own->modulus + 2,
                                .tokens = 4,
                                .asked = 1,
                                .answers = own->modulus,
                                .rows = (uint64_t)(own->modulus * columns(own)),
                                .train_share = own->train_fraction,
                                .draw = draw,
                                .world_size = MOST_MODULUS * sizeof(double),
                                .init = init};
}

PL_SEQUENCE_FUNCTIONS(describe)

const struct pl_task pl_task_modular_sequence = {
    .name = "modular_sequence",
    .summary = "a op b = -> c modulo p, part of the table in training",
    .formula = "a op b = -> a op b mod p",
    .citation = "Power et al., Grokking (arXiv 2201.02177)",
    .version = 1,
    .options = PL_OPTIONS("task", rows),
    .options_size = sizeof(struct modular_sequence),
    .check = check,
    PL_SEQUENCE_TASK,
};
