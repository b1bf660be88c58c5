/* arithmetic: an expression in prefix form, modulo a prime -> its value.
 *
 *     - 3 * + 7 2 5 =  ->  3 - (7 + 2) 5 mod p         T = 2n + 2 tokens, n operations
 *
 * An expression of n operations is a number when n = 0; else an operation, uniform among + - *, of two expressions
 * with k and n-1-k operations, k uniform in 0 .. n-1. Numbers are uniform in 0 .. p-1. Tokens: numbers, then
 * + - * and =. One position is asked, the last.
 *
 * The value is 0 with probability Z_n, else uniform: for numbers that is so with Z_0 = 1/p, and sums, differences and
 * products of two such values are such values again. With a = Z_k and b = Z_{n-1-k},
 *
 *     Z_n = mean over k of  2/3 (a b + (1-a)(1-b)/(p-1)) + 1/3 (a + b - a b)
 *
 * Points: those of labels.h with this marginal; best = 0 at structure 1. Number of rows: at least 3^n p^(n+1).
 */
#include "core/base/math.h"
#include "tasks/sequence.h"

#define MOST_OPERATIONS 1000
#define MOST_MODULUS    1024

enum op { OP_ADD, OP_SUBTRACT, OP_MULTIPLY, OPS };

struct arithmetic {
    struct pl_task_common common;
    long modulus, operations;
};

static const struct pl_option rows[] = {
    PL_TASK_COMMON_ROWS(struct arithmetic),
    PL_OPTION_INT(struct arithmetic, modulus, "23", 2, MOST_MODULUS, "p, a prime"),
    PL_OPTION_INT(struct arithmetic, operations, "10", 1, MOST_OPERATIONS,
                  "operations of an expression, n"),
};

static enum pl_status check(const void *options, const char **key) {
    const struct arithmetic *own = options;
    double n = (double)own->operations;
    *key = "modulus";
    for (long d = 2; d * d <= own->modulus; d++)
        if (own->modulus % d == 0)
            return pl_fail(PL_ECONFIG, "modulus is %ld = %ld x %ld, but must be a prime",
                           own->modulus, d, own->modulus / d);
    double bits = (n * pl_log(OPS) + (n + 1) * pl_log((double)own->modulus)) / pl_log(2);
    return pl_sequence_check(&own->common, bits, "operations", key);
}

/* Z_n of the comment above, and with it the marginal. */
static enum pl_status init(struct pl_sequence *sequence, struct pl_rng *rng) {
    const struct arithmetic *own = sequence->options;
    double *prior = sequence->world, zero[MOST_OPERATIONS + 1], p = (double)own->modulus;
    (void)rng; /* numbers add up alike for every seed */
    zero[0] = 1 / p;
    for (long n = 1; n <= own->operations; n++) {
        zero[n] = 0;
        for (long k = 0; k < n; k++) {
            double a = zero[k], b = zero[n - 1 - k];
            zero[n] += 2.0 / 3 * (a * b + (1 - a) * (1 - b) / (p - 1)) + (a + b - a * b) / 3;
        }
        zero[n] /= (double)n;
    }
    for (long c = 0; c < own->modulus; c++) prior[c] = (1 - zero[own->operations]) / (p - 1);
    prior[0] = zero[own->operations];
    sequence->prior = prior;
    return PL_OK;
}

/* Writes an expression of n operations from *at on, moves *at behind it, and returns its value. */
static long write_expression(const struct arithmetic *own, struct pl_rng *rng, long n, int32_t *ids,
                             long *at) {
    long p = own->modulus;
    if (n == 0) return ids[(*at)++] = (int32_t)pl_rng_below(rng, (uint64_t)p);
    long op = (long)pl_rng_below(rng, OPS), k = (long)pl_rng_below(rng, (uint64_t)n);
    ids[(*at)++] = (int32_t)(p + op);
    long left = write_expression(own, rng, k, ids, at);
    long right = write_expression(own, rng, n - 1 - k, ids, at);
    if (op == OP_MULTIPLY) return left * right % p;
    return (op == OP_ADD ? left + right : left - right + p) % p;
}

static void draw(const struct pl_sequence *sequence, enum pl_split split, uint64_t code,
                 struct pl_rng *rng, int32_t *ids, int32_t *answer) {
    const struct arithmetic *own = sequence->options;
    long at = 0;
    (void)split, (void)code; /* all alike */
    long value = write_expression(own, rng, own->operations, ids, &at);
    ids[at] = (int32_t)(own->modulus + OPS);
    for (long t = 0; t < at; t++) answer[t] = -1;
    answer[at] = (int32_t)value;
}

static struct pl_sequence describe(const void *options) {
    const struct arithmetic *own = options;
    return (struct pl_sequence){.options = own,
                                .vocabulary = own->modulus + OPS + 1,
                                .tokens = 2 * own->operations + 2,
                                .asked = 1,
                                .answers = own->modulus,
                                .draw = draw,
                                .world_size = MOST_MODULUS * sizeof(double),
                                .init = init};
}

PL_SEQUENCE_FUNCTIONS(describe)

const struct pl_task pl_task_arithmetic = {
    .name = "arithmetic",
    .summary = "an expression in prefix form modulo a prime -> its value",
    .formula = "op e_1 e_2 = -> e_1 op e_2 mod p, op of + - *, random trees",
    .citation = "",
    .version = 1,
    .options = PL_OPTIONS("task", rows),
    .options_size = sizeof(struct arithmetic),
    .check = check,
    PL_SEQUENCE_TASK,
};
