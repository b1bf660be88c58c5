/* Depth: one site of attention over depth, with every switch of VARIANTS.md section 5. Shared by the
 * attnres family; a variant only decides which sources a site has.
 *
 *     sources v_i ──► keys r_i v_i (once a source) ──► scores ──► weights ──► h = sum weights v
 */
#ifndef PL_MODEL_DEPTH_H
#define PL_MODEL_DEPTH_H

#include "core/model/residual.h"

enum pl_depth_mode { PL_DEPTH_ATTENTION, PL_DEPTH_STATIC }; /* mix: attention | static */
enum pl_depth_key { PL_DEPTH_KEY_FULL, PL_DEPTH_KEY_NONE, PL_DEPTH_KEY_PERHEAD };
enum pl_depth_readout { PL_DEPTH_READ_ATTN, PL_DEPTH_READ_LAST, PL_DEPTH_READ_SUM };

struct pl_depth_options {
    int mix;      /* enum pl_depth_mode */
    int score;    /* enum pl_score */
    int key_norm; /* enum pl_depth_key */
    bool key_gain;
    double query_std;  /* 0: queries start at zero, as the paper says */
    bool freeze_query; /* queries stay at their start; the gain is trained */
    double fixed_attn; /* T > 0: frozen softmax(g/T); 0: off */
    double temperature;
    long window; /* full (0), or source 0 and the last W */
    long heads;
    int readout; /* enum pl_depth_readout */
};

#define PL_DEPTH_ROWS(S, field)                                                                    \
    {"mix",                                                                                        \
     PL_TYPE_CHOICE,                                                                               \
     offsetof(S, field.mix),                                                                       \
     "attention",                                                                                  \
     0,                                                                                            \
     0,                                                                                            \
     "attention|static",                                                                           \
     "weights from queries and keys, or one learned logit a source"},                              \
        {"score",                                                                                  \
         PL_TYPE_CHOICE,                                                                           \
         offsetof(S, field.score),                                                                 \
         "softmax",                                                                                \
         0,                                                                                        \
         0,                                                                                        \
         "softmax|sigmoid",                                                                        \
         "how scores become weights; sigmoid is not normalised over sources"},                     \
        {"key_norm",                                                                               \
         PL_TYPE_CHOICE,                                                                           \
         offsetof(S, field.key_norm),                                                              \
         "full",                                                                                   \
         0,                                                                                        \
         0,                                                                                        \
         "full|none|perhead",                                                                      \
         "RMS norm of the keys: over all channels, not at all, or within each head"},              \
        {"key_gain", PL_TYPE_BOOL, offsetof(S, field.key_gain),     "true", 0,                     \
         1,          NULL,         "a learned gain in the key norm"},                              \
        {"query_std",                                                                              \
         PL_TYPE_REAL,                                                                             \
         offsetof(S, field.query_std),                                                             \
         "0",                                                                                      \
         0,                                                                                        \
         1000,                                                                                     \
         NULL,                                                                                     \
         "standard deviation of the initial queries; 0 gives the uniform average"},                \
        {"freeze_query",                                                                           \
         PL_TYPE_BOOL,                                                                             \
         offsetof(S, field.freeze_query),                                                          \
         "false",                                                                                  \
         0,                                                                                        \
         1,                                                                                        \
         NULL,                                                                                     \
         "queries stay at their initial value"},                                                   \
        {"fixed_attn",                                                                             \
         PL_TYPE_REAL,                                                                             \
         offsetof(S, field.fixed_attn),                                                            \
         "0",                                                                                      \
         0,                                                                                        \
         1e6,                                                                                      \
         NULL,                                                                                     \
         "T > 0: frozen random weights softmax(g/T), g ~ N(0,1); 0: off"},                         \
        {"temperature", PL_TYPE_REAL,        offsetof(S, field.temperature), "1", 1e-6, 1e6,       \
         NULL,          "divides the scores"},                                                     \
        {"window",                                                                                 \
         PL_TYPE_WORD_INT,                                                                         \
         offsetof(S, field.window),                                                                \
         "full",                                                                                   \
         1,                                                                                        \
         1000000,                                                                                  \
         NULL,                                                                                     \
         "full, or W: only source 0 and the last W sources are seen"},                             \
        {"heads",                                                                                  \
         PL_TYPE_INT,                                                                              \
         offsetof(S, field.heads),                                                                 \
         "1",                                                                                      \
         1,                                                                                        \
         65536,                                                                                    \
         NULL,                                                                                     \
         "channel groups with weights of their own; must divide the width"},                       \
    {                                                                                              \
        "readout", PL_TYPE_CHOICE, offsetof(S, field.readout), "attn", 0, 0, "attn|last|sum",      \
            "the last aggregate: a site of its own, the last source, or the plain sum"             \
    }

/* A source: an earlier output, with its inverse RMS once someone has asked for it. */
struct pl_source {
    int v;
    int r; /* PL_NONE until needed */
};
struct pl_sources {
    struct pl_source *items;
    int count, capacity;
};

void pl_sources_add(struct pl_build *build, struct pl_sources *sources, int v);

/* The aggregate of site [l] over all of [sources] (a window drops some). A single source is returned
 * as it is and has no parameters. */
int pl_depth_attend(struct pl_build *build, const struct pl_depth_options *options, long l,
                    struct pl_sources *sources);

/* The readout by its option: a site of its own (l = depth + 1), the last source, or the sum. */
int pl_depth_readout(struct pl_build *build, const struct pl_depth_options *options,
                     struct pl_sources *sources);

/* Trained parameters of a site over [count] sources. */
size_t pl_depth_site_params(const struct pl_depth_options *options, long width, int count);

/* Connection FLOPs of a site over [count] sources, a token: norms once a source, scores, mixture. */
double pl_depth_flops(const struct pl_depth_options *options, long width, int count);

enum pl_status pl_depth_check(const struct pl_host *host, const struct pl_depth_options *options,
                              const char **key);

#endif
