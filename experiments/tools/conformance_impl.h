/* Conformance, from the inside: what a case of the operator suite is made of.
 *
 * For a case xxx, conformance_cases.c has a function that draws leaves from [bench], builds on them
 * and ends in a loss, and a row in its table.
 */
#ifndef PL_EXPERIMENTS_TOOLS_CONFORMANCE_IMPL_H
#define PL_EXPERIMENTS_TOOLS_CONFORMANCE_IMPL_H

#include "core/base/rng.h"
#include "core/base/vec.h"
#include "experiments/tools/conformance.h"

enum { PL_CASE_TILE = 32 };

enum pl_leaf_kind {
    PL_LEAF_REAL,   /* N(0,1) in steps of 2^-8: exact in float32, as are its small displacements */
    PL_LEAF_ODD,    /* odd sixteenths: with a param in eighths no sum comes near 0, relu's kink */
    PL_LEAF_TARGET, /* as REAL, but no gradient flows to it */
    PL_LEAF_WEIGHT, /* 0, 1/2, 1 or 2 */
    PL_LEAF_LABEL,  /* 0 .. classes-1 */
    PL_LEAF_PARAM,  /* step-level */
    PL_LEAF_EIGHTH, /* step-level, in eighths */
    PL_LEAF_MASK,   /* step-level, 0 or 1; no gradient flows to it */
};

/* A parameter or feed with its values, float32 all: [rows * cols], or token by token. */
struct pl_leaf {
    enum pl_leaf_kind kind;
    int node;
    size_t count; /* values */
    int classes;
    float *values;
    int32_t *labels;
};

enum pl_case_keys { PL_KEYS_RAW, PL_KEYS_FULL, PL_KEYS_PERHEAD }; /* of depth attention */

/* What a builder that serves several cases is given by the row. */
union pl_case_with {
    enum pl_act act;
    struct {
        enum pl_norm kind;
        double eps;
        bool gain;
        int groups;
    } norm;
    struct {
        enum pl_score score;
        int heads;
        enum pl_case_keys keys;
        double temperature;
    } depth;
    struct {
        enum pl_mask kind;
        int heads, first; /* the first source that is kept */
    } mask;
    struct {
        int blocks, sources;
        bool transpose, is_static;
    } mix;
    struct {
        enum pl_doubly kind;
        int n, iterations, logits;
        double scale;
    } doubly;
};

struct pl_case_bench {
    struct pl_graph graph;
    struct pl_rng rng;
    int tokens; /* of all tiles: two or three, the last one not full */
    PL_VEC(struct pl_leaf) leaves;
    int weight, inverse_weight; /* nodes */
    double total_weight;
    int loss;
    int hits; /* a metric to compute besides, or PL_NONE */
    union pl_case_with with;
};

struct pl_op_case {
    const char *name;
    void (*build)(struct pl_case_bench *bench);
    union pl_case_with with;
};

extern const struct pl_op_case pl_op_cases[]; /* ended by a zeroed row */

/* Draws sizes and leaves for [seed], builds, appends the gradients of every parameter and real feed. */
void pl_case_init(struct pl_case_bench *bench, const struct pl_op_case *from, uint64_t seed);
void pl_case_finish(struct pl_case_bench *bench);

#endif
