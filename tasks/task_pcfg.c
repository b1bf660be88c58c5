/* pcfg: strings of a random context-free grammar, every next token asked.
 *
 *     level L       S                a root symbol, uniform
 *     level L-1   A   B              a rule of S: one of m, each as likely
 *     ...
 *     level 0    a b c d ..          2^L tokens
 *
 * Each level has V symbols of its own, each symbol of a level above 0 has m rules, which write two symbols of the
 * level below. The right sides of a level's rules are all different, drawn by the stream task-world, so that a whole string has one
 * derivation; its beginning may have many. A text is one string after the other, T + 1 tokens.
 *
 * What follows a beginning. Every node that is not complete keeps, for each of its symbols and rules, w = P(rule and what
 * stands to the left of the node's open child). The open child is then x with probability in proportion to the sum of w
 * over rules that write x there; down to a token. A complete node has a likelihood for each of its symbols, which multiplies w of
 * its parent. That is exact, and costs V m a level.
 *
 * Points: q, the marginal of an answer, comes level by level from the root, exact. trivial = H(q); best is the mean of H(s p + (1-s) q)
 * over the p that are met in 25,600 tokens or more of the world's stream (Monte Carlo; the standard error is below .5 %
 * of ln V). Number of rows: at least m for each complete node above the tokens of a row.
 */
#include "core/base/alloc.h"
#include "core/base/math.h"
#include "tasks/deal.h"
#include "tasks/sequence.h"

#define MOST_LEVELS  8
#define MOST_SYMBOLS 64
#define TOKENS       25600 /* of the Monte Carlo estimate */

struct pcfg {
    struct pl_task_common common;
    long levels, vocabulary, synonyms, length;
};

static const struct pl_option rows[] = {
    PL_TASK_COMMON_ROWS(struct pcfg),
    PL_OPTION_INT(struct pcfg, levels, "4", 1, MOST_LEVELS, "levels of rules, L"),
    PL_OPTION_INT(struct pcfg, vocabulary, "8", 2, MOST_SYMBOLS,
                  "symbols of each level, and tokens, V"),
    PL_OPTION_INT(struct pcfg, synonyms, "3", 1, MOST_SYMBOLS,
                  "rules of a symbol, m, at most vocabulary"),
    PL_OPTION_INT(struct pcfg, length, "64", 2, 65536, "tokens of a row, T"),
};

static enum pl_status check(const void *options, const char **key) {
    const struct pcfg *own = options;
    double nodes = 0;
    *key = "synonyms";
    if (own->synonyms > own->vocabulary)
        return pl_fail(PL_ECONFIG,
                       "synonyms is %ld, but with a vocabulary of %ld there are only %ld different "
                       "pairs to write for each symbol",
                       own->synonyms, own->vocabulary, own->vocabulary);
    for (long level = 1; level <= own->levels; level++) nodes += (double)(own->length >> level);
    double bits = nodes * pl_log((double)own->synonyms) / pl_log(2);
    return pl_sequence_check(&own->common, bits, "length", key);
}

/* A rule of level l + 1 writes two symbols of level l. */
struct rule {
    int32_t child[2];
};

struct world {
    struct rule rules[MOST_LEVELS][MOST_SYMBOLS][MOST_SYMBOLS]; /* [level above][symbol][rule] */
    double marginal[MOST_SYMBOLS];
    struct pl_rng rng; /* where the world ended: of the estimate */
};

static void draw_rules(struct world *world, const struct pcfg *own, struct pl_rng *rng) {
    uint64_t symbols = (uint64_t)own->vocabulary;
    for (long level = 0; level < own->levels; level++) {
        struct pl_deal pairs;
        pl_deal_init(&pairs, symbols * symbols, rng);
        for (long k = 0; k < own->vocabulary * own->synonyms; k++) {
            uint64_t pair = pl_deal_at(&pairs, (uint64_t)k);
            world->rules[level][k / own->synonyms][k % own->synonyms] =
                (struct rule){{(int32_t)(pair / symbols), (int32_t)(pair % symbols)}};
        }
    }
}

/* Adds the marginals of the leaves below a node of [level] whose symbol has the distribution p, each as often as an answer
 * of a row stands there: text positions 1 .. length; the first leaf is number [leaf] of its string. */
static void add_leaves(struct world *world, const struct pcfg *own, long level, const double *p,
                       long leaf) {
    long strings = 1L << own->levels;
    if (level == 0) {
        long times = (own->length - leaf + strings) / strings - (leaf == 0);
        for (long k = 0; k < own->vocabulary && times > 0; k++)
            world->marginal[k] += (double)times * p[k] / (double)own->length;
        return;
    }
    for (int side = 0; side < 2; side++) {
        double below[MOST_SYMBOLS] = {0};
        for (long k = 0; k < own->vocabulary; k++)
            for (long r = 0; r < own->synonyms; r++)
                below[world->rules[level - 1][k][r].child[side]] += p[k] / (double)own->synonyms;
        add_leaves(world, own, level - 1, below, leaf + side * (1L << (level - 1)));
    }
}

static enum pl_status init(struct pl_sequence *sequence, struct pl_rng *rng) {
    const struct pcfg *own = sequence->options;
    struct world *world = sequence->world;
    double root[MOST_SYMBOLS];
    draw_rules(world, own, rng);
    for (long k = 0; k < own->vocabulary; k++) root[k] = 1 / (double)own->vocabulary;
    add_leaves(world, own, own->levels, root, 0);
    world->rng = *rng;
    sequence->prior = world->marginal;
    return PL_OK;
}

/* Writes the string of a symbol from *t on, and moves *t behind it; a text ends after tokens + 1. */
static void write_string(const struct pl_sequence *sequence, struct pl_rng *rng, long level,
                         int32_t symbol, long *t, int32_t *ids, int32_t *answer) {
    const struct pcfg *own = sequence->options;
    const struct world *world = sequence->world;
    if (*t > own->length) return;
    if (level == 0) {
        pl_sequence_put(sequence, (*t)++, symbol, ids, answer);
        return;
    }
    uint64_t r = pl_rng_below(rng, (uint64_t)own->synonyms);
    const struct rule *rule = &world->rules[level - 1][symbol][r];
    for (int side = 0; side < 2; side++)
        write_string(sequence, rng, level - 1, rule->child[side], t, ids, answer);
}

static void draw(const struct pl_sequence *sequence, enum pl_split split, uint64_t code,
                 struct pl_rng *rng, int32_t *ids, int32_t *answer) {
    const struct pcfg *own = sequence->options;
    (void)split, (void)code; /* all alike */
    for (long t = 0; t <= own->length;) {
        int32_t root = (int32_t)pl_rng_below(rng, (uint64_t)own->vocabulary);
        write_string(sequence, rng, own->levels, root, &t, ids, answer);
    }
}

/* ---- what follows ---- */

/* A node that is not complete, one a level: symbols and rules that are still possible. */
struct node {
    double before[MOST_SYMBOLS];             /* P(symbol), given all to the left of the node */
    double left[MOST_SYMBOLS][MOST_SYMBOLS]; /* P(its left child's tokens | symbol, rule) */
};

/* Distribution of the [side] child of a node of [level], given all to the left of that child. */
static void predict(const struct world *world, const struct pcfg *own, long level,
                    const struct node *node, int side, double *out) {
    double sum = 0;
    for (long k = 0; k < own->vocabulary; k++) out[k] = 0;
    for (long k = 0; k < own->vocabulary; k++)
        for (long r = 0; r < own->synonyms; r++) {
            double w = node->before[k] * (side ? node->left[k][r] : 1);
            out[world->rules[level - 1][k][r].child[side]] += w;
            sum += w;
        }
    for (long k = 0; k < own->vocabulary; k++) out[k] /= sum;
}

/* Reads a node of [level] whose symbol has the distribution [before]: adds the entropy of each token but the first of the
 * text, and writes the likelihood of its tokens by symbol. */
static void read_node(const struct pl_sequence *sequence, long level, const double *before,
                      const int32_t *text, long *t, double s, double *sum, double *likelihood) {
    const struct pcfg *own = sequence->options;
    const struct world *world = sequence->world;
    if (*t > own->length) return;
    if (level == 0) {
        if (*t > 0)
            *sum += pl_sequence_entropy(before, world->marginal, (size_t)own->vocabulary, s);
        for (long k = 0; k < own->vocabulary; k++) likelihood[k] = k == text[*t];
        (*t)++;
        return;
    }
    struct node node;
    double below[MOST_SYMBOLS], child[2][MOST_SYMBOLS] = {{0}};
    for (long k = 0; k < own->vocabulary; k++) node.before[k] = before[k];
    for (int side = 0; side < 2; side++) {
        predict(world, own, level, &node, side, below);
        read_node(sequence, level - 1, below, text, t, s, sum, child[side]);
        for (long k = 0; k < own->vocabulary && side == 0; k++)
            for (long r = 0; r < own->synonyms; r++)
                node.left[k][r] = child[0][world->rules[level - 1][k][r].child[0]];
        if (*t > own->length) return;
    }
    for (long k = 0; k < own->vocabulary; k++) {
        likelihood[k] = 0;
        for (long r = 0; r < own->synonyms; r++)
            likelihood[k] += node.left[k][r] * child[1][world->rules[level - 1][k][r].child[1]] /
                             (double)own->synonyms;
    }
}

static double best(const struct pl_sequence *sequence, double s) {
    const struct pcfg *own = sequence->options;
    const struct world *world = sequence->world;
    struct pl_rng rng = world->rng;
    long texts = TOKENS / own->length + 1, tokens = own->length;
    double sum = 0, root[MOST_SYMBOLS], likelihood[MOST_SYMBOLS];
    int32_t *text = pl_alloc((size_t)(tokens + 1) * sizeof *text),
            *answer = pl_alloc((size_t)tokens * sizeof *answer);
    for (long k = 0; k < own->vocabulary; k++) root[k] = 1 / (double)own->vocabulary;
    for (long n = 0; n < texts; n++) {
        draw(sequence, PL_TRAIN, 0, &rng, text, answer);
        text[tokens] = answer[tokens - 1];
        for (long t = 0; t <= tokens;)
            read_node(sequence, own->levels, root, text, &t, s, &sum, likelihood);
    }
    pl_free(text);
    pl_free(answer);
    return sum / ((double)texts * (double)tokens);
}

static struct pl_sequence describe(const void *options) {
    const struct pcfg *own = options;
    return (struct pl_sequence){.options = own,
                                .vocabulary = own->vocabulary,
                                .tokens = own->length,
                                .asked = own->length,
                                .answers = own->vocabulary,
                                .draw = draw,
                                .world_size = sizeof(struct world),
                                .init = init,
                                .best = best};
}

PL_SEQUENCE_FUNCTIONS(describe)

const struct pl_task pl_task_pcfg = {
    .name = "pcfg",
    .summary = "strings of a random context-free grammar, every next token asked",
    .formula = "a root, L levels of rules with two symbols each -> every next token of the strings",
    .citation =
        "Allen-Zhu, Li, Physics of language models 1 (arXiv 2305.13673); rules as in Cagnetta "
        "et al. (arXiv 2307.02129)",
    .version = 1,
    .options = PL_OPTIONS("task", rows),
    .options_size = sizeof(struct pcfg),
    .check = check,
    PL_SEQUENCE_TASK,
};
