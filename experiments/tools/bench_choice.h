/* Choice: which models and which variants a bench is about. */
#ifndef PL_EXPERIMENTS_TOOLS_BENCH_CHOICE_H
#define PL_EXPERIMENTS_TOOLS_BENCH_CHOICE_H

#include "core/base/arena.h"
#include "core/model/residual.h"

/* Of kind mlp: a model with PreNorm, without projections or a final norm, on one batch of [tokens] tokens.
 * With [sequences]: a transformer of four heads, the host's defaults otherwise, on one batch of so many
 * sequences of [tokens], with a loss over 64 classes at every token. */
struct pl_bench_size {
    long width, hidden, depth, tokens, sequences;
};

struct pl_bench_model {
    const char
        *name; /* "10/40/10/1000 silu": width/hidden/depth/tokens and activation; or "transformer
                         64/256/4/64x16": width/hidden/depth/tokens x sequences */
    struct pl_bench_size size;
    const char *activation;
    const char *axis; /* what grows, in the growth tables; NULL else */
    int tile;         /* tokens of a tile; 0: the backend's own choice */
};

struct pl_bench_choice {
    struct pl_arena arena;
    struct pl_bench_model *models;
    size_t model_count;
    const struct pl_residual **variants; /* each once, in the order of the catalogue */
    size_t variant_count;
};

/* Models: NULL for the five sizes of the targets with SiLU and with ReLU; "W/H/D/T" for that size, of the
 * targets or not, or "W/H/D/T relu", or "transformer W/H/D/TxS"; any other text for those of the ten that
 * contain it. Variants:
 * NULL for standard, rescaled, attnres_full and attnres_block; "all"; or names, with commas between
 * them. PL_ECONFIG with what is accepted when nothing is called so. */
enum pl_status pl_bench_choose(struct pl_bench_choice *out, const char *models,
                               const char *variants) PL_NODISCARD;

/* The models of the growth tables: depth, width and tokens, one at a time. [models] is a part of a
 * name or of an axis, or NULL. */
enum pl_status pl_bench_choose_growth(struct pl_bench_choice *out, const char *models,
                                      const char *variants) PL_NODISCARD;

/* Transformers of width 32, 64 and 128 on 1024 tokens in sequences of 32, 64, 128 and 256; [models] is the name
 * of any transformer, a part of the name of some of these, or NULL. */
enum pl_status pl_bench_choose_transformers(struct pl_bench_choice *out, const char *models,
                                            const char *variants) PL_NODISCARD;

void pl_bench_choice_finish(struct pl_bench_choice *choice);

#endif
