/* Host: what carries a residual variant. A *kind* of host says how inputs become v_0, what a layer
 * computes, and how the readout becomes outputs; between them stands the variant (residual.h).
 *
 *     feeds ─► embed ─► e ─► begin         h_l = layer_input(l)              readout ─► r ─► head ─► output,
 *                              │    ┌───────────────────────────────────┐           │        measures
 *                              └───►│ h_l ─► Norm_l ─► u ─► layer ─► y_l ─► layer_output │
 *                                   └───────── l = 1 .. depth ──────────┘
 *
 * A kind is a file hosts/NAME.c with a row of functions, and its name in PL_HOST_NAMES and in the table
 * of host.c. docs/add-a-host.md says how.
 */
#ifndef PL_MODEL_HOST_H
#define PL_MODEL_HOST_H

#include "core/config/option.h"
#include "core/graph/network.h"

enum pl_choice { PL_AUTO, PL_TRUE, PL_FALSE };           /* auto | true | false */
enum pl_map { PL_MAP_NONE, PL_MAP_LINEAR, PL_MAP_TIED }; /* none | linear | tied */

/* The kinds of hosts, in the order of their table: the words of model.kind. */
#define PL_HOST_NAMES "mlp|transformer"

/* The settings of section "model". Those of other kinds than [kind] stay zero. */
struct pl_host {
    int kind; /* row of pl_host_kinds */

    /* every kind: PL_HOST_ROWS */
    long width;     /* d, features of the residual stream */
    long hidden;    /* of each layer's MLP; auto (-1) is 4 d */
    long depth;     /* L, number of layers */
    int activation; /* enum pl_act */
    int norm;       /* enum pl_norm, of host and outer norms */
    double norm_eps;
    int prenorm; /* enum pl_choice; auto = what the variant says */
    int final_norm;
    int init; /* row of the table in init.h */

    /* mlp and transformer */
    int embed; /* enum pl_map */
    int head;

    /* transformer (hosts/transformer.c has the words) */
    long heads;
    int positions;
    bool attention_bias, mlp_bias;
    int mlp;
    int value_residual;
    double rope_base;
    bool qk_norm;
    double dropout;
    bool residual_dropout, attention_dropout;
};

/* The option rows that every kind has. */
#define PL_HOST_ROWS                                                                               \
    PL_OPTION_CHOICE(struct pl_host, kind, "mlp", PL_HOST_NAMES,                                   \
                     "the host that carries the residual variant"),                                \
        PL_OPTION_INT(struct pl_host, width, "32", 1, 65536, "features of the residual stream"),   \
        PL_OPTION_AUTO_INT(struct pl_host, hidden, "auto", 1, 1048576,                             \
                           "hidden features of each layer's MLP; auto is four times the width"),   \
        PL_OPTION_INT(struct pl_host, depth, "10", 1, 4096, "number of layers"),                   \
        PL_OPTION_CHOICE(struct pl_host, activation, "silu", "relu|gelu|silu|tanh",                \
                         "activation of each layer's MLP; gelu is the erf form"),                  \
        PL_OPTION_CHOICE(struct pl_host, norm, "rmsnorm", "rmsnorm|layernorm",                     \
                         "kind of the host's norms"),                                              \
        PL_OPTION_REAL(struct pl_host, norm_eps, "1e-6", 0, 1,                                     \
                       "added to the mean square in every norm"),                                  \
        PL_OPTION_CHOICE(struct pl_host, prenorm, "auto", "auto|true|false",                       \
                         "norm before each layer; auto is what the variant says"),                 \
        PL_OPTION_CHOICE(struct pl_host, final_norm, "auto", "auto|true|false",                    \
                         "norm before the head; auto is what the variant says")

/* What a model must know of its data (core/data/dataset.h), so that it can be built without any. */
struct pl_model_io {
    long in;      /* features of a token, or the vocabulary with [ids] */
    long out;     /* features of a target, or classes */
    bool classes; /* labels and cross-entropy, or reals and mean squared error */
    bool ids;     /* inputs are ids, not reals */
    long tokens;  /* of a sample; 1 for vectors */
    long asked;   /* of these, how many can have weight; 0: all */
};

/* What a variant with PL_RESIDUAL_PORTS4 may hand to a layer. A layer with one port reads the first. */
enum pl_port { PL_PORT_QUERY, PL_PORT_KEY, PL_PORT_VALUE, PL_PORT_RESIDUAL, PL_PORTS };

/* What the last product of a layer reads, for variants that take keys from it beside the output. */
struct pl_inner {
    int node;  /* [rows][tokens] */
    bool bias; /* a bias follows that product */
};

/* A layer being built. */
struct pl_layer {
    struct pl_network *network;
    const struct pl_host *host;
    long l;       /* 1 .. depth */
    const int *u; /* what it reads, [ports] nodes [width][tokens]; the residual port unnormalised */
    int ports;    /* 1, or PL_PORTS */
    double factor;          /* its matrices start at this many times what init says */
    int *memory;            /* a node that one layer leaves to later ones; PL_NONE at first */
    struct pl_inner *inner; /* the layer sets it */
};

struct pl_host_kind {
    const char *name; /* the word of model.kind */
    const char *summary;
    struct pl_options options; /* section "model": PL_HOST_ROWS and its own; fills struct pl_host */
    long period;               /* layers of a block, for variants whose papers count blocks */

    /* Optional: settles its own auto values and checks options against each other. On refusal *key is
     * the dotted name at fault. */
    enum pl_status (*check)(struct pl_host *host, const char **key);
    /* Required: whether data of that shape fit; *key as above. */
    enum pl_status (*fit)(const struct pl_host *host, const struct pl_model_io *io,
                          const char **key);
    /* Required: makes the feeds of the input; v_0 = e. */
    int (*embed)(struct pl_network *network, const struct pl_host *host,
                 const struct pl_model_io *io);
    /* Optional: ports of layer l with a variant that has them. Empty: one, and such variants are
     * refused. */
    int (*ports)(const struct pl_host *host, long l);
    /* Required: y_l = F_l(u), without any residual. */
    int (*layer)(const struct pl_layer *layer);
    /* Required: rows of what layer l leaves in [inner], and its bias. */
    long (*inner)(const struct pl_host *host, long l, bool *bias);
    /* Required: final norm and head on the readout r: sets output and measures of [network].
     * pl_host_measures makes the usual ones. */
    void (*head)(struct pl_network *network, const struct pl_host *host,
                 const struct pl_model_io *io, int r);
    /* Required: FLOPs of the products of layer l, a token, forward (multiply-add = 2). */
    double (*flops)(const struct pl_host *host, const struct pl_model_io *io, long l);
};

/* The table of kinds; ended by NULL. */
extern const struct pl_host_kind *const pl_host_kinds[];

/* The kind called [name] (NULL: the first, which is the default); PL_ECONFIG with a sentence. */
enum pl_status pl_host_find(const struct pl_host_kind **out, const char *name) PL_NODISCARD;

/* Layers of a block: 1 where every layer is alike. */
long pl_host_period(const struct pl_host *host);

/* Loss and, with classes, accuracy of [output] over all tokens: feeds weight, inverse_weight and y or
 * labels. With classes and more than one asked token a sample, exact too: feed inverse_samples. */
void pl_host_measures(struct pl_network *network, const struct pl_model_io *io, int output);

#endif
