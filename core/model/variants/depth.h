/* Depth: one site of attention over depth, with every switch of docs/variants.md 5. Shared by the
 * attnres family; a variant only decides which sources a site has.
 *
 *     sources v_i ──► keys r_i v_i (once a source) ──► scores ──► weights ──► h = sum weights v
 */
#ifndef PL_MODEL_VARIANTS_DEPTH_H
#define PL_MODEL_VARIANTS_DEPTH_H

#include "core/model/residual.h"

enum pl_depth_mode { PL_DEPTH_ATTENTION, PL_DEPTH_STATIC };                  /* mix */
enum pl_depth_query { PL_DEPTH_LEARNED, PL_DEPTH_INPUT };                    /* query */
enum pl_depth_state { PL_DEPTH_OUTPUT, PL_DEPTH_LAYER_INPUT, PL_DEPTH_SUM }; /* query_state */
enum pl_depth_score { PL_DEPTH_SOFTMAX, PL_DEPTH_SIGMOID, PL_DEPTH_SPARSEMAX, PL_DEPTH_ENTMAX15 };
enum pl_depth_values { PL_DEPTH_RAW, PL_DEPTH_NORMED };                           /* values */
enum pl_depth_sources { PL_DEPTH_OUTPUTS, PL_DEPTH_STATES };                      /* sources */
enum pl_depth_summary { PL_DEPTH_SUMMARY_SUM, PL_DEPTH_SUMMARY_RMS };             /* summary */
enum pl_depth_static { PL_DEPTH_STATIC_SOFTMAX, PL_DEPTH_STATIC_NONE };           /* static_norm */
enum pl_depth_key { PL_DEPTH_KEY_FULL, PL_DEPTH_KEY_NONE, PL_DEPTH_KEY_PERHEAD }; /* key_norm */
enum pl_depth_readout { PL_DEPTH_READ_ATTN, PL_DEPTH_READ_LAST, PL_DEPTH_READ_SUM };

struct pl_depth_options {
    int mix;
    int query;         /* one vector w a site, or w + W rms(state) */
    int query_state;   /* which state: v_{l-1}, h_{l-1}, or the sum of all outputs before l */
    double query_std;  /* 0: queries start at zero, as the paper says */
    bool freeze_query; /* w and W stay at their start; the gain is trained */
    int score;
    bool sigmoid_norm; /* weights divided by their sum; softmax weights already are */
    int static_norm;   /* mix: static; with none the learned numbers are the weights, at 1 first */
    int key_norm;
    bool key_gain;
    double fixed_attn; /* T > 0: frozen softmax(g/T); 0: off */
    double temperature;
    long window; /* full (0), or source 0 and the last W */
    long heads;
    int readout; /* enum pl_depth_readout */
    int sources; /* enum pl_depth_sources: what the bank holds */
    int values;  /* enum pl_depth_values: what is mixed */
    int summary; /* enum pl_depth_summary: what a finished block is */
};

#define PL_DEPTH_ROW(S, field, name, type, dflt, min, max, choices, help)                          \
    { #name, type, offsetof(S, field.name), dflt, min, max, choices, help }

/* Rows that static mixing has as well. */
#define PL_DEPTH_STATIC_NORM_ROW(S, field)                                                         \
    PL_DEPTH_ROW(                                                                                  \
        S, field, static_norm, PL_TYPE_CHOICE, "softmax", 0, 0, "softmax|none",                    \
        "static mixing: weights are the softmax of learned logits, or learned themselves")
#define PL_DEPTH_TEMPERATURE_ROW(S, field)                                                         \
    PL_DEPTH_ROW(S, field, temperature, PL_TYPE_REAL, "1", 1e-6, 1e6, NULL, "divides the scores")
#define PL_DEPTH_WINDOW_ROW(S, field)                                                              \
    PL_DEPTH_ROW(S, field, window, PL_TYPE_WORD_INT, "full", 1, 1000000, NULL,                     \
                 "full, or W: only source 0 and the last W sources are seen")
#define PL_DEPTH_READOUT_ROW(S, field)                                                             \
    PL_DEPTH_ROW(S, field, readout, PL_TYPE_CHOICE, "attn", 0, 0, "attn|last|sum",                 \
                 "the last aggregate: a site of its own, the last source, or the plain sum")

#define PL_DEPTH_SOURCES_ROW(S, field)                                                             \
    PL_DEPTH_ROW(S, field, sources, PL_TYPE_CHOICE, "outputs", 0, 0, "outputs|states",             \
                 "what sites choose from: layer outputs, or the running states h_1 .. h_l of the " \
                 "residual stream; both are called AttnRes in print")
#define PL_DEPTH_VALUES_ROW(S, field)                                                              \
    PL_DEPTH_ROW(S, field, values, PL_TYPE_CHOICE, "raw", 0, 0, "raw|normed",                      \
                 "what is mixed: each source as it is, or its RMS norm without gain")
#define PL_DEPTH_SUMMARY_ROW(S, field)                                                             \
    PL_DEPTH_ROW(S, field, summary, PL_TYPE_CHOICE, "sum", 0, 0, "sum|rms",                        \
                 "what a finished block is: the sum of its outputs, or of their RMS norms")

#define PL_DEPTH_BLOCK_ROW(S)                                                                      \
    PL_OPTION_AUTO_INT(S, block_size, "auto", 1, 1000000,                                          \
                       "layers of a block; auto is max(2, (depth + 4) / 8), about eight blocks")

/* The switches of depth attention. */
#define PL_DEPTH_ATTENTION_ROWS(S, field, heads_default)                                           \
    PL_DEPTH_ROW(S, field, query, PL_TYPE_CHOICE, "learned", 0, 0, "learned|input",                \
                 "one learned query a site, or that plus a linear map of the model's state"),      \
        PL_DEPTH_ROW(S, field, query_state, PL_TYPE_CHOICE, "output", 0, 0, "output|input|sum",    \
                     "what query: input reads, normalised: the last layer's output, its input, "   \
                     "or the sum of all outputs"),                                                 \
        PL_DEPTH_ROW(S, field, query_std, PL_TYPE_REAL, "0", 0, 1000, NULL,                        \
                     "standard deviation of the initial queries; 0 gives the uniform average"),    \
        PL_DEPTH_ROW(S, field, freeze_query, PL_TYPE_BOOL, "false", 0, 1, NULL,                    \
                     "queries stay at their initial value"),                                       \
        PL_DEPTH_ROW(S, field, score, PL_TYPE_CHOICE, "softmax", 0, 0,                             \
                     "softmax|sigmoid|sparsemax|entmax15",                                         \
                     "how scores become weights; sigmoid is not normalised over sources, "         \
                     "sparsemax and entmax15 leave far sources out"),                              \
        PL_DEPTH_ROW(S, field, sigmoid_norm, PL_TYPE_BOOL, "false", 0, 1, NULL,                    \
                     "divides the weights of score: sigmoid by their sum"),                        \
        PL_DEPTH_ROW(S, field, key_norm, PL_TYPE_CHOICE, "full", 0, 0, "full|none|perhead",        \
                     "RMS norm of the keys: over all channels, not at all, or within each head"),  \
        PL_DEPTH_ROW(S, field, key_gain, PL_TYPE_BOOL, "true", 0, 1, NULL,                         \
                     "a learned gain in the key norm"),                                            \
        PL_DEPTH_TEMPERATURE_ROW(S, field), PL_DEPTH_WINDOW_ROW(S, field),                         \
        PL_DEPTH_VALUES_ROW(S, field),                                                             \
        PL_DEPTH_ROW(S, field, heads, PL_TYPE_INT, heads_default, 1, 65536, NULL,                  \
                     "channel groups with weights of their own; must divide the width")

/* Every switch but the readout. */
#define PL_DEPTH_ROWS(S, field)                                                                    \
    PL_DEPTH_ROW(S, field, mix, PL_TYPE_CHOICE, "attention", 0, 0, "attention|static",             \
                 "weights from queries and keys, or one learned logit a source"),                  \
        PL_DEPTH_STATIC_NORM_ROW(S, field),                                                        \
        PL_DEPTH_ROW(S, field, fixed_attn, PL_TYPE_REAL, "0", 0, 1e6, NULL,                        \
                     "T > 0: frozen random weights softmax(g/T), g ~ N(0,1); 0: off"),             \
        PL_DEPTH_ATTENTION_ROWS(S, field, "1")

/* A source: an earlier output, with its inverse RMS once someone has asked for it. */
struct pl_source {
    int v;
    int r;        /* PL_NONE until needed */
    int normed;   /* rms(v), likewise */
    int from, to; /* the outputs it is made of */
};

struct pl_sources {
    struct pl_source *items;
    int count, capacity;
    int state; /* for query: input, what the next site's query reads */
};

/* What a site chose: weights over source 0 and those from [first] on, heads rows each. */
struct pl_choice_of_sources {
    int weights; /* PL_NONE: no site, the one source is the result */
    int first, heads;
};

/* [v] is what became of all outputs since the last source. */
void pl_sources_add(struct pl_build *build, struct pl_sources *sources, int v);

/* The last source becomes [v], of the same outputs. */
void pl_sources_replace(struct pl_sources *sources, int v);

/* rms(y) by an eps of 1e-6 whatever norm_eps is: a finished block's share of summary: rms. */
int pl_depth_share(struct pl_build *build, int y);

/* The aggregate of site [l] over [sources] (a window drops some). *chosen, unless NULL, says how. */
int pl_depth_site(struct pl_build *build, const struct pl_depth_options *options, long l,
                  struct pl_sources *sources, struct pl_choice_of_sources *chosen);

/* The row M_{. -> l} of a site's choice: output i belongs to source source_of[i], in order; [l] of them.
 * Outputs that the site did not see get 0. [l * heads] rows. */
int pl_depth_row(struct pl_build *build, const struct pl_choice_of_sources *chosen,
                 const int *source_of, long l);

/* Weights between choosing and mixing, shown to a probe, and with the sources of site [l] masked if it asks
 * for that; entry k stands for source from[k] (pl_residual_saw_site). */
int pl_depth_masked(struct pl_build *build, long l, int weights, int count, const int *from);

/* The same where the weights of several streams stand one stream after another, in one site with one mask;
 * out[c] gets those of stream c, of [streams]. */
void pl_depth_masked_streams(struct pl_build *build, long l, int weights, int count, int streams,
                             const int *from, int *out);

/* A step-level vector of [count] entries, 1 from [first] on and 0 before, without a parameter. */
int pl_depth_ones(struct pl_build *build, long first, long count);

/* Trained parameters of a site over [count] sources. */
size_t pl_depth_site_params(const struct pl_depth_options *options, long width, int count);

/* Connection FLOPs of a site over [count] sources, a token: norms once a source, scores, mixture. */
double pl_depth_flops(const struct pl_depth_options *options, long width, int count);

/* S of a block_size as bound: auto (-1) by depth, and where a variant has no such option (0) it is 1. */
long pl_depth_block_size(const struct pl_host *host, long block_size);

enum pl_status pl_depth_check(const struct pl_host *host, const struct pl_depth_options *options,
                              const char **key);

#endif
