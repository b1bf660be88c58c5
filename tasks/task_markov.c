/* markov: a chain of order n, every next token asked.
 *
 *     P(i_{t+1} | i_{t-n+1} .. i_t) = one row of a table, drawn for each seed from a symmetric Dirichlet
 *                                     distribution of the given concentration
 *
 * A row of the data begins with n tokens of the stationary distribution pi of contexts, so every position is alike;
 * asked wherever n tokens are known, T - n + 1 times in a row of T tokens.
 *
 * Points: q, the marginal of a token, is that of pi. With r = 1 - s,
 *
 *     trivial = H(q)        best = sum over contexts c of pi_c H(s P_c + r q)        (the entropy rate at s = 1)
 *
 * exact but for rounding: pi is iterated until it moves by less than 1e-13, at most 10,000 times. Solved is 1 % of the
 * way from best to trivial. Number of rows: estimated from below by half of what the mean entropy of a Dirichlet
 * row allows.
 */
#include <math.h>
#include <string.h>

#include "core/base/math.h"
#include "tasks/sequence.h"

#define MOST_ENTRIES 65536 /* of the table: contexts x states */

struct markov {
    struct pl_task_common common;
    long states, order, length;
    double concentration;
};

static const struct pl_option rows[] = {
    PL_TASK_COMMON_ROWS(struct markov),
    PL_OPTION_INT(struct markov, states, "32", 2, 256, "tokens of the chain"),
    PL_OPTION_INT(struct markov, order, "1", 1, 8,
                  "n, tokens that the next one depends on; states^(n+1) is at most 65536"),
    PL_OPTION_INT(struct markov, length, "64", 8, 65536, "tokens of a row, T, at least n"),
    PL_OPTION_REAL(
        struct markov, concentration, "0.3", 0.05, 1000,
        "of the next token's distribution: small is nearly certain, large nearly uniform"),
};

static double contexts(const struct markov *own) {
    double count = 1;
    for (long k = 0; k < own->order; k++) count *= (double)own->states;
    return count;
}

/* The logarithmic derivative of the gamma function, to 1e-8: Stirling's series from 6 on. */
static double digamma(double x) {
    double sum = 0;
    for (; x < 6; x++) sum -= 1 / x;
    double f = 1 / (x * x);
    return sum + pl_log(x) - 0.5 / x - f * (1.0 / 12 - f * (1.0 / 120 - f / 252));
}

static enum pl_status check(const void *options, const char **key) {
    const struct markov *own = options;
    double states = (double)own->states, a = own->concentration;
    *key = "order";
    if (contexts(own) * states > MOST_ENTRIES)
        return pl_fail(
            PL_ECONFIG,
            "order is %ld with %ld states, a table of more than %d probabilities; take a "
            "lower order or fewer states",
            own->order, own->states, MOST_ENTRIES);
    *key = "length";
    if (own->length < own->order)
        return pl_fail(PL_ECONFIG, "length is %ld, but nothing is known before %ld tokens",
                       own->length, own->order);
    double mean = digamma(states * a + 1) - digamma(a + 1); /* entropy of a Dirichlet row */
    double bits = 0.5 * (double)own->length * mean / pl_log(2);
    return pl_sequence_check(&own->common, bits, "length", key);
}

struct world {
    double next[MOST_ENTRIES]; /* [contexts][states] */
    double pi[MOST_ENTRIES];   /* [contexts] */
    double moved[MOST_ENTRIES];
    double marginal[256];
};

/* A gamma variate of shape a and scale 1 (Marsaglia and Tsang 2000); below 1 from a + 1. */
static double draw_gamma(struct pl_rng *rng, double a) {
    double d = (a < 1 ? a + 1 : a) - 1.0 / 3, c = 1 / sqrt(9 * d);
    for (;;) {
        double x = pl_rng_normal(rng), v = 1 + c * x, u = 1 - pl_rng_uniform(rng);
        if (v <= 0) continue;
        v = v * v * v;
        if (pl_log(u) >= 0.5 * x * x + d - d * v + d * pl_log(v)) continue;
        return a < 1 ? d * v * pl_exp(pl_log(1 - pl_rng_uniform(rng)) / a) : d * v;
    }
}

static void draw_table(struct world *world, const struct markov *own, struct pl_rng *rng) {
    long states = own->states, count = (long)contexts(own);
    for (long c = 0; c < count; c++) {
        double *row = world->next + c * states, sum = 0;
        for (long k = 0; k < states; k++) sum += row[k] = draw_gamma(rng, own->concentration);
        if (sum <= 0) sum = row[pl_rng_below(rng, (uint64_t)states)] = 1;
        for (long k = 0; k < states; k++) row[k] /= sum;
    }
}

/* pi of contexts: where mass c goes when token k follows. */
static void settle(struct world *world, const struct markov *own) {
    long states = own->states, count = (long)contexts(own);
    double apart = 1;
    for (long c = 0; c < count; c++) world->pi[c] = 1 / (double)count;
    for (int n = 0; n < 10000 && apart > 1e-13; n++) {
        memset(world->moved, 0, sizeof world->moved);
        for (long c = 0; c < count; c++)
            for (long k = 0; k < states; k++)
                world->moved[(c * states + k) % count] +=
                    world->pi[c] * world->next[c * states + k];
        apart = 0;
        for (long c = 0; c < count; c++) apart += fabs(world->moved[c] - world->pi[c]);
        memcpy(world->pi, world->moved, sizeof world->pi);
    }
    for (long c = 0; c < count; c++) world->marginal[c % states] += world->pi[c];
}

static enum pl_status init(struct pl_sequence *sequence, struct pl_rng *rng) {
    struct world *world = sequence->world;
    draw_table(world, sequence->options, rng);
    settle(world, sequence->options);
    sequence->prior = world->marginal;
    return PL_OK;
}

static double best(const struct pl_sequence *sequence, double s) {
    const struct markov *own = sequence->options;
    const struct world *world = sequence->world;
    double sum = 0;
    for (long c = 0; c < (long)contexts(own); c++)
        sum += world->pi[c] * pl_sequence_entropy(world->next + c * own->states, world->marginal,
                                                  (size_t)own->states, s);
    return sum;
}

static long draw_from(struct pl_rng *rng, const double *p, long count) {
    double left = pl_rng_uniform(rng);
    long chosen = 0;
    for (long k = 0; k < count; k++) {
        if (p[k] <= 0) continue;
        chosen = k;
        if (left < p[k]) break;
        left -= p[k];
    }
    return chosen;
}

static void draw(const struct pl_sequence *sequence, enum pl_split split, uint64_t code,
                 struct pl_rng *rng, int32_t *ids, int32_t *answer) {
    const struct markov *own = sequence->options;
    const struct world *world = sequence->world;
    long count = (long)contexts(own), c = draw_from(rng, world->pi, count);
    (void)split, (void)code; /* all alike */
    for (long t = own->order - 1, rest = c; t >= 0; t--, rest /= own->states)
        pl_sequence_put(sequence, t, (int32_t)(rest % own->states), ids, answer);
    for (long t = 0; t < own->order - 1; t++) answer[t] = -1;
    for (long t = own->order; t <= own->length; t++) {
        long next = draw_from(rng, world->next + c * own->states, own->states);
        pl_sequence_put(sequence, t, (int32_t)next, ids, answer);
        c = (c * own->states + next) % count;
    }
}

static struct pl_sequence describe(const void *options) {
    const struct markov *own = options;
    return (struct pl_sequence){.options = own,
                                .vocabulary = own->states,
                                .tokens = own->length,
                                .asked = own->length - own->order + 1,
                                .answers = own->states,
                                .draw = draw,
                                .world_size = sizeof(struct world),
                                .init = init,
                                .best = best};
}

PL_SEQUENCE_FUNCTIONS(describe)

const struct pl_task pl_task_markov = {
    .name = "markov",
    .summary = "a chain of order n, every next token asked; its entropy rate is known",
    .formula = "i_{t+1} ~ P(. | i_{t-n+1} .. i_t), rows of P from a Dirichlet distribution",
    .citation = "Edelman et al., The evolution of statistical induction heads (arXiv 2402.11004)",
    .version = 1,
    .options = PL_OPTIONS("task", rows),
    .options_size = sizeof(struct markov),
    .check = check,
    PL_SEQUENCE_TASK,
};
