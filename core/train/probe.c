#include "core/train/probe.h"

#include <math.h>
#include <string.h>

#include "core/base/rng.h"
#include "core/config/settings.h"
#include "core/graph/grad.h"
#include "core/train/feeder.h"

/* ---- options ---- */

#define S struct pl_probe_options
static const struct pl_option option_rows[] = {
    PL_OPTION_BOOL(S, all, "false", "every measure below"),
    PL_OPTION_BOOL(S, norms, "false", "RMS of what each layer reads and gives (h_rms, v_rms)"),
    PL_OPTION_BOOL(S, gradients, "false", "norm of the loss's gradient at each state (h_grad)"),
    PL_OPTION_BOOL(S, mixing, "false", "how much of each output each layer reads (mixing)"),
    PL_OPTION_CHOICE(S, at, "end", "end|ends|evaluations",
                     "when: after the last step, before the first as well, or at every evaluation"),
    PL_OPTION_CHOICE(S, split, "train", "train|valid|test", "where the probe's samples are from"),
    PL_OPTION_INT(S, samples, "256", 1, 1000000, "samples of the probe; at most the split's"),
};
#undef S
enum { MEASURES = 4 }; /* the first rows */

const struct pl_options pl_probe_options = PL_OPTIONS("diagnostics", option_rows);

const struct pl_option *pl_probe_measure_at(size_t index) {
    return index < MEASURES ? &option_rows[index] : NULL;
}

static bool *measure(const struct pl_probe_options *options, size_t index) {
    return (bool *)((char *)options + option_rows[index].offset);
}

bool pl_probe_wanted(const struct pl_probe_options *options) {
    for (size_t k = 0; k < MEASURES; k++)
        if (*measure(options, k)) return true;
    return false;
}

void pl_probe_settle(struct pl_probe_options *options) {
    bool each = true;
    for (size_t k = 1; k < MEASURES; k++) {
        *measure(options, k) |= options->all;
        each &= *measure(options, k);
    }
    options->all = each;
}

static bool same_conditions(const struct pl_probe_options *a, const struct pl_probe_options *b) {
    return a->split == b->split && a->samples == b->samples;
}

bool pl_probe_covers(const struct pl_probe_options *have, const struct pl_probe_options *want) {
    bool covers = same_conditions(have, want) && have->at >= want->at;
    for (size_t k = 0; k < MEASURES; k++) covers &= *measure(have, k) || !*measure(want, k);
    return covers || !pl_probe_wanted(want);
}

void pl_probe_unite(struct pl_probe_options *want, const struct pl_probe_options *have) {
    if (!same_conditions(have, want) || !pl_probe_wanted(have)) return;
    if (have->at > want->at) want->at = have->at;
    for (size_t k = 0; k < MEASURES; k++) *measure(want, k) |= *measure(have, k);
    pl_probe_settle(want);
}

void pl_probe_write(const struct pl_probe_options *options, struct pl_strbuf *out) {
    for (size_t k = 0; k < sizeof option_rows / sizeof option_rows[0]; k++) {
        const char *field = (const char *)options + option_rows[k].offset;
        pl_strbuf_addf(out, "diagnostics.%s = ", option_rows[k].name);
        if (option_rows[k].type == PL_TYPE_BOOL)
            pl_strbuf_add(out, *(const bool *)field ? "true" : "false");
        else if (option_rows[k].type == PL_TYPE_CHOICE)
            pl_strbuf_add(out, pl_option_word(&option_rows[k], *(const int *)field));
        else
            pl_strbuf_addf(out, "%ld", *(const long *)field);
        pl_strbuf_add(out, "\n");
    }
}

enum pl_status pl_probe_read(struct pl_probe_options *out, const char *text) {
    struct pl_arena arena = {0};
    struct pl_settings settings = {0};
    enum pl_status status = pl_settings_read(&settings, &arena, text);
    if (status == PL_OK) status = pl_settings_bind(&settings, &pl_probe_options, out, &arena);
    if (status == PL_OK) pl_probe_settle(out);
    pl_settings_finish(&settings);
    pl_arena_finish(&arena);
    return status;
}

/* ---- making ---- */

enum { PASS_PROBE, PASSES };

/* What is summed over the tokens of the batch for one node. */
struct sum {
    int node; /* PL_NONE: nothing to see */
    double *values;
};

struct pl_probe {
    struct pl_arena arena;
    struct pl_inside inside;
    struct pl_probe_options options;
    struct pl_feeder feeder;
    struct pl_plan plan;
    struct pl_program *program;
    struct pl_selection batch;
    double tokens;        /* of the batch that weigh something, after a pass */
    double *tile;         /* [rows of the largest target][tokens] */
    double *h, *v, *grad; /* sums of squares, as the nodes are numbered */
    double **row;         /* [l - 1][i]: sums of weights */
};

static size_t sites(const struct pl_probe *probe) {
    return (size_t)probe->inside.depth + 1;
}

/* The first of a permutation of the split; all of a small split, in stored order. */
static enum pl_status draw_batch(struct pl_probe *probe, uint64_t seed) {
    const struct pl_dataset *data = probe->feeder.data;
    const struct pl_samples *from = &data->split[probe->options.split];
    size_t wanted = (size_t)probe->options.samples;
    if (from->count == 0)
        return pl_fail(PL_ECONFIG,
                       "diagnostics.split is %s, but the task has no such samples; choose another "
                       "split, or have the task make some",
                       pl_split_name((enum pl_split)probe->options.split));
    probe->batch = (struct pl_selection){from, NULL, from->count};
    if (wanted >= from->count) return PL_OK;
    struct pl_rng rng;
    pl_rng_init(&rng, seed, "probe");
    uint32_t *order = PL_ARENA_ARRAY(&probe->arena, uint32_t, from->count);
    pl_rng_permutation(&rng, order, from->count);
    probe->batch.which = order;
    probe->batch.count = wanted;
    return PL_OK;
}

static int grad_of(const struct pl_probe *probe, size_t site) {
    return probe->inside.network.graph->grads.items[probe->inside.h[site]];
}

/* Everything that is looked at; [out] has room for all. */
static int list_targets(const struct pl_probe *probe, int *out) {
    const struct pl_inside *inside = &probe->inside;
    const struct pl_probe_options *o = &probe->options;
    int count = 0;
    out[count++] = inside->network.loss;
    for (size_t k = 0; k < sites(probe); k++) {
        if (o->norms) out[count++] = inside->h[k];
        if (o->norms) out[count++] = inside->v[k];
        if (o->gradients && grad_of(probe, k) != PL_NONE) out[count++] = grad_of(probe, k);
        if (o->mixing && inside->row[k] != PL_NONE) out[count++] = inside->row[k];
    }
    return count;
}

static void make_plan(struct pl_probe *probe, int tile) {
    const struct pl_inside *inside = &probe->inside;
    struct pl_graph *graph = inside->network.graph;
    int rows_most = 1;
    if (probe->options.gradients)
        pl_graph_grad(graph, inside->network.loss, inside->h, (int)sites(probe));
    int *targets = PL_ARENA_ARRAY(&probe->arena, int, 1 + 4 * sites(probe));
    const struct pl_pass_spec passes[PASSES] = {
        [PASS_PROBE] = {"probe", targets, list_targets(probe, targets)}};
    for (int k = 0; k < passes[PASS_PROBE].target_count; k++) {
        const struct pl_node *node = pl_graph_node(graph, targets[k]);
        int size =
            node->domain == PL_STEP ? (node->rows * node->cols + tile - 1) / tile : node->rows;
        if (size > rows_most) rows_most = size;
    }
    pl_plan_make(&probe->plan, graph, tile, passes, PASSES);
#ifdef PL_DEBUG
    pl_graph_check(graph);
    pl_plan_check(&probe->plan);
#endif
    probe->tile = pl_alloc((size_t)rows_most * (size_t)tile * sizeof *probe->tile);
}

static void take_room(struct pl_probe *probe) {
    size_t count = sites(probe);
    probe->h = PL_ARENA_ARRAY(&probe->arena, double, count);
    probe->v = PL_ARENA_ARRAY(&probe->arena, double, count);
    probe->grad = PL_ARENA_ARRAY(&probe->arena, double, count);
    probe->row = PL_ARENA_ARRAY(&probe->arena, double *, count);
    for (size_t k = 0; k < count; k++) probe->row[k] = PL_ARENA_ARRAY(&probe->arena, double, k + 1);
}

enum pl_status pl_probe_create(struct pl_probe **out, const struct pl_inside *inside,
                               const struct pl_probe_options *options,
                               const struct pl_backend *backend, const struct pl_dataset *data,
                               long width, uint64_t seed) {
    struct pl_probe *probe = pl_alloc_zero(1, sizeof *probe);
    *out = NULL;
    probe->inside = *inside;
    probe->options = *options;
    probe->feeder = (struct pl_feeder){.network = inside->network, .data = data};
    enum pl_status status = draw_batch(probe, seed);
    if (status == PL_OK) {
        make_plan(probe, pl_feeder_tile(&probe->feeder, backend, width, probe->batch.count));
        take_room(probe);
        status = pl_program_create(&probe->program, backend, &probe->plan);
    }
    if (status != PL_OK) {
        pl_probe_destroy(probe);
        return status;
    }
    pl_feeder_init(&probe->feeder, probe->program);
    *out = probe;
    return PL_OK;
}

void pl_probe_destroy(struct pl_probe *probe) {
    if (!probe) return;
    pl_program_destroy(probe->program);
    pl_plan_finish(&probe->plan);
    pl_feeder_finish(&probe->feeder);
    pl_free(probe->tile);
    pl_arena_finish(&probe->arena);
    pl_free(probe);
}

/* ---- parameters ---- */

/* Masks are not in the trained graph: they take what they start with. */
static void copy_params(struct pl_probe *probe, struct pl_program *trained) {
    const struct pl_graph *from = pl_program_plan(trained)->graph;
    const struct pl_graph *to = probe->inside.network.graph;
    for (int n = 0; n < (int)to->nodes.count; n++) {
        const struct pl_node *node = pl_graph_node(to, n);
        if (node->kind != PL_KIND_PARAM) continue;
        int source = pl_graph_find(from, node->name);
        double *values = pl_alloc((size_t)node->rows * (size_t)node->cols * sizeof *values);
        for (int k = 0; k < node->rows * node->cols; k++) values[k] = node->fill_a;
        if (source != PL_NONE) pl_program_read(trained, source, values);
        pl_program_write(probe->program, n, values);
        pl_free(values);
    }
}

/* ---- sums over tokens ---- */

/* Of rows [first, first + rows) of the tile at hand: the sum over tokens that weigh something. */
struct window {
    const struct pl_probe *probe;
    const float *weight;
    int count;
};

static double sum_of(const struct window *w, int first, int rows, bool squares) {
    double total = 0;
    size_t stride = (size_t)w->probe->plan.tokens;
    for (int r = first; r < first + rows; r++) {
        const double *at = w->probe->tile + (size_t)r * stride;
        for (int t = 0; t < w->count; t++)
            if (w->weight[t] != 0) total += squares ? at[t] * at[t] : at[t];
    }
    return total;
}

static void read_tile(const struct window *w, int node) {
    pl_program_read_tile(w->probe->program, PASS_PROBE, node, w->probe->tile);
}

static double squares_of(const struct window *w, int node) {
    read_tile(w, node);
    return sum_of(w, 0, pl_graph_node(w->probe->inside.network.graph, node)->rows, true);
}

/* Mean over groups of channels, summed over tokens. */
static void add_row(const struct window *w, size_t site) {
    const struct pl_probe *probe = w->probe;
    int node = probe->inside.row[site], outputs = (int)site + 1;
    const struct pl_node *row = pl_graph_node(probe->inside.network.graph, node);
    if (row->domain == PL_STEP) return;
    int groups = row->rows / outputs;
    read_tile(w, node);
    for (int i = 0; i < outputs; i++)
        probe->row[site][i] += sum_of(w, i * groups, groups, false) / groups;
}

static void after_tile(void *ctx, int count, const float *weight) {
    struct pl_probe *probe = ctx;
    const struct window w = {probe, weight, count};
    for (int t = 0; t < count; t++) probe->tokens += weight[t] != 0;
    for (size_t k = 0; k < sites(probe); k++) {
        if (probe->options.norms) probe->h[k] += squares_of(&w, probe->inside.h[k]);
        if (probe->options.norms) probe->v[k] += squares_of(&w, probe->inside.v[k]);
        if (probe->options.gradients && grad_of(probe, k) != PL_NONE)
            probe->grad[k] += squares_of(&w, grad_of(probe, k));
        if (probe->options.mixing && probe->inside.row[k] != PL_NONE) add_row(&w, k);
    }
}

static void clear(struct pl_probe *probe) {
    probe->tokens = 0;
    for (size_t k = 0; k < sites(probe); k++) {
        probe->h[k] = probe->v[k] = probe->grad[k] = 0;
        memset(probe->row[k], 0, (k + 1) * sizeof *probe->row[k]);
    }
}

/* ---- telling ---- */

struct teller {
    struct pl_probe *probe;
    long step;
    pl_probe_note *note;
    void *ctx;
};

static void tell(const struct teller *to, const char *name, int layer, int source, double value) {
    to->note(to->ctx, name, to->step, layer, source, value);
}

static double rms(const struct pl_probe *probe, int node, double squares) {
    int rows_of = pl_graph_node(probe->inside.network.graph, node)->rows;
    return sqrt(squares / (probe->tokens * rows_of));
}

static void tell_norms(const struct teller *to) {
    const struct pl_probe *probe = to->probe;
    for (size_t k = 0; k < sites(probe); k++)
        tell(to, "h_rms", (int)k + 1, -1, rms(probe, probe->inside.h[k], probe->h[k]));
    for (size_t k = 0; k < sites(probe); k++)
        tell(to, "v_rms", (int)k, -1, rms(probe, probe->inside.v[k], probe->v[k]));
}

static void tell_gradients(const struct teller *to) {
    for (size_t k = 0; k < sites(to->probe); k++) /* 0 where the loss does not depend on it */
        tell(to, "h_grad", (int)k + 1, -1, sqrt(to->probe->grad[k]));
}

/* A row of step-level weights is the same for every token. */
static void read_row(struct pl_probe *probe, size_t site) {
    int node = probe->inside.row[site], outputs = (int)site + 1;
    const struct pl_node *row = pl_graph_node(probe->inside.network.graph, node);
    if (row->domain == PL_TILE) {
        for (int i = 0; i < outputs; i++) probe->row[site][i] /= probe->tokens;
        return;
    }
    int groups = row->rows * row->cols / outputs;
    pl_program_read(probe->program, node, probe->tile);
    for (int i = 0; i < outputs * groups; i++)
        probe->row[site][i / groups] += probe->tile[i] / groups;
}

static void tell_mixing(const struct teller *to) {
    for (size_t k = 0; k < sites(to->probe); k++) {
        if (to->probe->inside.row[k] == PL_NONE) continue;
        read_row(to->probe, k);
        for (size_t i = 0; i <= k; i++)
            tell(to, "mixing", (int)k + 1, (int)i, to->probe->row[k][i]);
    }
}

enum pl_status pl_probe_measure(struct pl_probe *probe, struct pl_program *trained, long step,
                                pl_probe_note *note, void *ctx) {
    const struct teller to = {probe, step, note, ctx};
    copy_params(probe, trained);
    clear(probe);
    pl_feeder_run(&probe->feeder, PASS_PROBE, &probe->batch, after_tile, probe);
    tell(&to, "probe_loss", -1, -1, pl_feeder_read(&probe->feeder, probe->inside.network.loss));
    if (probe->options.norms) tell_norms(&to);
    if (probe->options.gradients) tell_gradients(&to);
    if (probe->options.mixing) tell_mixing(&to);
    return pl_program_check(probe->program);
}
