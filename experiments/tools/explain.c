/* Two replicas, A (cells[0]) and B (cells[1]), are compared stage by stage: settings, data, initial
 * weights, first forward pass, training. Settings are only listed. The first stage that finds a
 * difference gives the verdict (settle), and no later stage is entered.
 *
 * Tensors are matched by name and shape; nodes of the forward pass by number when both graphs are the
 * same, by their place in the stack otherwise. The batch of step 1 is drawn before the first forward
 * pass, which sees its first tile. */
#include "experiments/tools/explain.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/hash.h"
#include "core/graph/op.h"
#include "experiments/tools/replica.h"

enum { LISTED = 4 }; /* at most, of what only one side has */

struct session {
    struct pl_explain *explain;
    struct pl_strbuf *out;
    struct pl_replica cells[2];
    struct pl_strbuf verdict; /* the first difference, in words */
    bool found;
};

/* ---- numbers ---- */

/* The first of [count] numbers that differ, or [count]. */
static size_t first_difference(const double *a, const double *b, size_t count, double tolerance) {
    double largest = 0;
    for (size_t k = 0; k < count && tolerance > 0; k++) {
        if (isfinite(a[k]) && fabs(a[k]) > largest) largest = fabs(a[k]);
        if (isfinite(b[k]) && fabs(b[k]) > largest) largest = fabs(b[k]);
    }
    for (size_t k = 0; k < count; k++) {
        bool same = a[k] == b[k] || (isnan(a[k]) && isnan(b[k]));
        if (!same && !(fabs(a[k] - b[k]) <= tolerance * largest)) return k;
    }
    return count;
}

/* Says it once: the first difference settles the matter. */
static void settle(struct session *session, enum pl_part part, const char *what) {
    if (session->found) return;
    session->found = true;
    session->explain->part = part;
    pl_strbuf_add(&session->verdict, what);
}

static void add_values(struct pl_strbuf *out, double a, double b) {
    pl_strbuf_addf(out, "%.9g | %.9g", a, b);
}

/* "[3, 5]: 0.25 | 0.5" for entry [at] of a tensor with [columns]. */
static void add_entry(struct pl_strbuf *out, size_t at, size_t columns, double a, double b) {
    if (columns > 1)
        pl_strbuf_addf(out, "[%zu, %zu]: ", at / columns, at % columns);
    else
        pl_strbuf_addf(out, "[%zu]: ", at);
    add_values(out, a, b);
}

/* ---- settings ---- */

static void compare_settings(struct session *session) {
    struct pl_settings_walk walk = {&session->cells[0].bound.settings,
                                    &session->cells[1].bound.settings, 0, 0};
    const char *key, *a, *b;
    pl_strbuf_add(session->out, "settings\n");
    for (; pl_settings_differ(&walk, &key, &a, &b); session->explain->settings++)
        pl_strbuf_addf(session->out, "    %-24s %s | %s\n", key, a, b);
    if (session->explain->settings == 0) pl_strbuf_add(session->out, "    all the same\n");
}

/* ---- data ---- */

static void data_differs(struct session *session, const char *format, ...) PL_PRINTF(2, 3);
static void data_differs(struct session *session, const char *format, ...) {
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    pl_strbuf_addf(session->out, "data             differs: %s\n", text);
    settle(session, PL_PART_DATA, "the data: ");
    pl_strbuf_add(&session->verdict, text);
}

/* One array of a split: [width] numbers a token. False when it differs. */
static bool same_floats(struct session *session, const char *what, const char *split,
                        const float *a, const float *b, size_t tokens, size_t width) {
    if (!a || !b) {
        if (a == b) return true;
        data_differs(session, "only one has %s in split %s", what, split);
        return false;
    }
    for (size_t k = 0; k < tokens * width; k++) {
        if (a[k] == b[k] || (isnan(a[k]) && isnan(b[k]))) continue;
        data_differs(session, "%s of token %zu in split %s, entry %zu: %.9g | %.9g", what,
                     k / width, split, k % width, (double)a[k], (double)b[k]);
        return false;
    }
    return true;
}

static bool same_ints(struct session *session, const char *what, const char *split,
                      const int32_t *a, const int32_t *b, size_t tokens) {
    if (!a || !b) {
        if (a == b) return true;
        data_differs(session, "only one has %s in split %s", what, split);
        return false;
    }
    for (size_t k = 0; k < tokens; k++) {
        if (a[k] == b[k]) continue;
        data_differs(session, "%s of token %zu in split %s: %ld | %ld", what, k, split, (long)a[k],
                     (long)b[k]);
        return false;
    }
    return true;
}

static bool same_split(struct session *session, int split) {
    const struct pl_dataset *one = session->cells[0].job.data, *other = session->cells[1].job.data;
    const struct pl_samples *a = &one->split[split], *b = &other->split[split];
    const char *name = pl_split_name((enum pl_split)split);
    size_t tokens = a->count * (size_t)one->shape.tokens;
    if (a->count != b->count) {
        data_differs(session, "split %s has %zu | %zu samples", name, a->count, b->count);
        return false;
    }
    return same_floats(session, "the input", name, a->x, b->x, tokens, (size_t)one->shape.in) &&
           same_ints(session, "the id", name, a->ids, b->ids, tokens) &&
           same_floats(session, "the target", name, a->y, b->y, tokens, (size_t)one->shape.out) &&
           same_ints(session, "the label", name, a->labels, b->labels, tokens) &&
           same_floats(session, "the weight", name, a->weight, b->weight, tokens, 1);
}

static void compare_data(struct session *session) {
    const struct pl_data_shape *a = &session->cells[0].job.data->shape,
                               *b = &session->cells[1].job.data->shape;
    if (a->input != b->input || a->target != b->target || a->in != b->in || a->out != b->out ||
        a->tokens != b->tokens) {
        data_differs(session, "%ld | %ld features, %ld | %ld outputs, %ld | %ld tokens a sample",
                     a->in, b->in, a->out, b->out, a->tokens, b->tokens);
        return;
    }
    for (int split = 0; split < PL_SPLITS; split++)
        if (!same_split(session, split)) return;
    pl_strbuf_add(session->out, "data             the same:");
    for (int split = 0; split < PL_SPLITS; split++)
        if (session->cells[0].job.data->split[split].count)
            pl_strbuf_addf(session->out, " %s %zu", pl_split_name((enum pl_split)split),
                           session->cells[0].job.data->split[split].count);
    pl_strbuf_add(session->out, " samples\n");
}

/* ---- tensors, matched by name ---- */

typedef bool read_function(struct pl_replica *replica, int node, double *out);

static bool read_weights(struct pl_replica *replica, int node, double *out) {
    pl_replica_weights(replica, node, out);
    return true;
}

/* A parameter of A and the one of that name and shape in B; PL_NONE when there is none. */
static int partner(const struct session *session, int node) {
    const struct pl_graph *b = &session->cells[1].job.graph;
    const struct pl_node *mine = pl_graph_node(&session->cells[0].job.graph, node);
    int other = pl_graph_find(b, mine->name);
    if (other == PL_NONE) return PL_NONE;
    const struct pl_node *theirs = pl_graph_node(b, other);
    bool alike =
        theirs->kind == PL_KIND_PARAM && theirs->rows == mine->rows && theirs->cols == mine->cols;
    return alike ? other : PL_NONE;
}

struct tensors {
    size_t compared, numbers, differ;
    struct pl_strbuf first; /* "layers.0.w1[3, 5]: 0.25 | 0.5" of the first that differs */
};

static void compare_tensor(struct session *session, int node, int other, read_function *read,
                           struct tensors *tensors) {
    const struct pl_node *info = pl_graph_node(&session->cells[0].job.graph, node);
    size_t count = (size_t)info->rows * (size_t)info->cols;
    double *a = pl_alloc_zero(count, sizeof *a), *b = pl_alloc_zero(count, sizeof *b);
    if (read(&session->cells[0], node, a) && read(&session->cells[1], other, b)) {
        size_t at = first_difference(a, b, count, session->explain->tolerance);
        tensors->compared++;
        tensors->numbers += count;
        if (at < count && tensors->differ++ == 0) {
            pl_strbuf_add(&tensors->first, info->name);
            add_entry(&tensors->first, at, (size_t)info->cols, a[at], b[at]);
        }
    }
    pl_free(a);
    pl_free(b);
}

static void compare_tensors(struct session *session, read_function *read, struct tensors *tensors) {
    const struct pl_graph *graph = &session->cells[0].job.graph;
    *tensors = (struct tensors){0};
    pl_strbuf_init(&tensors->first);
    for (int n = 0; n < (int)graph->nodes.count; n++) {
        if (pl_graph_node(graph, n)->kind != PL_KIND_PARAM) continue;
        int other = partner(session, n);
        if (other != PL_NONE) compare_tensor(session, n, other, read, tensors);
    }
}

/* ---- initial weights ---- */

/* Parameters of one side that the other lacks, or has in another shape. */
static size_t list_lacking(struct session *session, int side, struct pl_strbuf *out) {
    const struct pl_graph *mine = &session->cells[side].job.graph,
                          *theirs = &session->cells[!side].job.graph;
    size_t count = 0;
    for (int n = 0; n < (int)mine->nodes.count; n++) {
        const struct pl_node *node = pl_graph_node(mine, n);
        if (node->kind != PL_KIND_PARAM) continue;
        int other = pl_graph_find(theirs, node->name);
        const struct pl_node *like = other == PL_NONE ? NULL : pl_graph_node(theirs, other);
        if (like && like->rows == node->rows && like->cols == node->cols) continue;
        if (count++ < LISTED)
            pl_strbuf_addf(out, "%s%s [%d, %d]", count > 1 ? ", " : "", node->name, node->rows,
                           node->cols);
    }
    if (count > LISTED) pl_strbuf_addf(out, " and %zu more", count - LISTED);
    return count;
}

static void compare_weights(struct session *session) {
    struct tensors tensors;
    compare_tensors(session, read_weights, &tensors);
    if (tensors.differ == 0)
        pl_strbuf_addf(session->out, "initial weights  the same: %zu tensors, %zu numbers\n",
                       tensors.compared, tensors.numbers);
    else
        pl_strbuf_addf(session->out,
                       "initial weights  %zu of %zu tensors differ, the first is %s\n",
                       tensors.differ, tensors.compared, tensors.first.text);
    if (tensors.differ > 0) {
        settle(session, PL_PART_WEIGHTS, "the initial weights: ");
        pl_strbuf_add(&session->verdict, tensors.first.text);
    }
    for (int side = 0; side < 2; side++) {
        struct pl_strbuf names;
        pl_strbuf_init(&names);
        if (list_lacking(session, side, &names) > 0)
            pl_strbuf_addf(session->out, "                 only in %c: %s\n", "AB"[side],
                           names.text);
        pl_strbuf_finish(&names);
    }
    pl_strbuf_finish(&tensors.first);
}

/* ---- the first forward pass ---- */

/* A place of the pass that both networks have. */
struct place {
    int node[2];
    char name[96];
};

/* Where in the stack a node stands: the first layer whose output is not before it. */
static void name_node(const struct pl_glance *glance, int node, char *out, size_t size) {
    const struct pl_network *network = &glance->network;
    const struct pl_node *info = pl_graph_node(&glance->graph, node);
    long depth = network->depth, layer = 0;
    while (layer <= depth && network->v[layer] < node) layer++;
    const char *op = pl_op_info(info->op)->name;
    if (layer == 0)
        snprintf(out, size, "node %d (%s, the embedding)", node, op);
    else if (layer <= depth)
        snprintf(out, size, "node %d (%s, at layer %ld)", node, op, layer);
    else
        snprintf(out, size, "node %d (%s, behind the last layer)", node, op);
}

/* True when it differs, which has been told. A place that is somebody else's memory on one side (an
 * input handed on, say) is passed over. */
static bool place_differs(struct session *session, struct pl_glance *glances,
                          const struct place *place) {
    size_t count[2];
    double *values[2];
    for (int side = 0; side < 2; side++) {
        count[side] = pl_glance_read(&glances[side], place->node[side], NULL);
        values[side] = pl_alloc_zero(count[side] + 1, sizeof(double));
        pl_glance_read(&glances[side], place->node[side], values[side]);
    }
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    const struct pl_node *info = pl_graph_node(&glances[0].graph, place->node[0]);
    size_t columns = info->domain == PL_TILE ? (size_t)glances[0].tokens : (size_t)info->cols;
    size_t at = count[0] == count[1]
                    ? first_difference(values[0], values[1], count[0], session->explain->tolerance)
                    : 0;
    bool there = count[0] > 0 && count[1] > 0;
    bool differs = there && (count[0] != count[1] || at < count[0]);
    if (differs && count[0] != count[1])
        pl_strbuf_addf(&text, "%s has %zu | %zu numbers", place->name, count[0], count[1]);
    else if (differs) {
        pl_strbuf_add(&text, place->name);
        add_entry(&text, at, columns, values[0][at], values[1][at]);
    }
    if (differs) {
        pl_strbuf_addf(session->out, "first pass       differs first at %s\n", text.text);
        settle(session, PL_PART_FORWARD, "the first forward pass: ");
        pl_strbuf_add(&session->verdict, text.text);
    }
    pl_strbuf_finish(&text);
    pl_free(values[0]);
    pl_free(values[1]);
    return differs;
}

/* One network: node by node. */
static bool nodes_differ(struct session *session, struct pl_glance *glances, size_t *compared) {
    for (int n = 0; n < (int)glances[0].graph.nodes.count; n++) {
        struct place place = {{n, n}, ""};
        if (pl_glance_read(&glances[0], n, NULL) == 0) continue;
        name_node(&glances[0], n, place.name, sizeof place.name);
        if (place_differs(session, glances, &place)) return true;
        ++*compared;
    }
    return false;
}

static void stack_place(const struct pl_glance *glances, struct place *place, long index) {
    long layer = index / 2;
    for (int side = 0; side < 2; side++) {
        const struct pl_network *network = &glances[side].network;
        place->node[side] = index % 2 ? network->h[layer] : network->v[layer];
    }
    bool last = layer == glances[0].network.depth;
    if (index == 0)
        snprintf(place->name, sizeof place->name, "the embedding ");
    else if (index % 2 == 0)
        snprintf(place->name, sizeof place->name, "the output of layer %ld ", layer);
    else if (last)
        snprintf(place->name, sizeof place->name, "the readout ");
    else
        snprintf(place->name, sizeof place->name, "what layer %ld is handed ", layer + 1);
}

/* Two networks: what each layer is handed and gives, v_0 h_1 v_1 h_2 ... v_L h_{L+1}, then the end. */
static bool stacks_differ(struct session *session, struct pl_glance *glances, size_t *compared) {
    long depths[2] = {glances[0].network.depth, glances[1].network.depth};
    long depth = depths[0] < depths[1] ? depths[0] : depths[1];
    for (long index = 0; index < 2 * (depth + 1); index++) {
        struct place place;
        if (depths[0] != depths[1] && index == 2 * depth + 1)
            break; /* one goes on, one reads out */
        stack_place(glances, &place, index);
        if (place_differs(session, glances, &place)) return true;
        ++*compared;
    }
    struct place loss = {
        {glances[0].network.measure[PL_MEASURE_LOSS], glances[1].network.measure[PL_MEASURE_LOSS]},
        "the loss "};
    ++*compared;
    return place_differs(session, glances, &loss);
}

static enum pl_status compare_forward(struct session *session) {
    struct pl_glance glances[2];
    size_t compared = 0;
    int a = pl_trainer_plan(session->cells[0].job.trainer)->tokens;
    int b = pl_trainer_plan(session->cells[1].job.trainer)->tokens;
    int tile = a < b ? a : b;
    PL_TRY(pl_glance_init(&glances[0], &session->cells[0], tile));
    enum pl_status status = pl_glance_init(&glances[1], &session->cells[1], tile);
    if (status == PL_OK) {
        char digests[2][PL_HASH_TEXT];
        for (int side = 0; side < 2; side++) pl_model_digest(&glances[side].graph, digests[side]);
        bool same = strcmp(digests[0], digests[1]) == 0;
        bool differs = same ? nodes_differ(session, glances, &compared)
                            : stacks_differ(session, glances, &compared);
        if (!differs)
            pl_strbuf_addf(session->out, "first pass       the same: %zu %s of %d tokens\n",
                           compared, same ? "nodes" : "places", glances[0].tokens);
        pl_glance_finish(&glances[1]);
    }
    pl_glance_finish(&glances[0]);
    return status;
}

/* ---- training ---- */

static void step_differs(struct session *session, long step, const char *what, const char *where) {
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    pl_strbuf_addf(&text, "step %ld, %s %s", step, what, where);
    pl_strbuf_addf(session->out, "training         differs first at %s\n", text.text);
    settle(session, PL_PART_TRAINING, text.text);
    session->explain->step = step;
    pl_strbuf_finish(&text);
}

/* New samples of one that has train.fresh, and whatever the other has. */
static bool fresh_differ(const struct pl_replica *a, const struct pl_replica *b) {
    char digests[2][PL_HASH_TEXT];
    if (a->batch || b->batch) return a->batch != b->batch;
    pl_dataset_digest(&a->fresh, digests[0]);
    pl_dataset_digest(&b->fresh, digests[1]);
    return strcmp(digests[0], digests[1]) != 0;
}

/* Of the batches that were drawn; the first one belongs to the first forward pass. */
static bool batches_differ(struct session *session) {
    const struct pl_replica *a = &session->cells[0], *b = &session->cells[1];
    char where[96];
    if (a->batch_count != b->batch_count) {
        snprintf(where, sizeof where, "%zu | %zu samples", a->batch_count, b->batch_count);
        step_differs(session, a->step + 1, "the batch:", where);
        return true;
    }
    if (!a->batch || !b->batch) {
        bool differ = fresh_differ(a, b);
        if (differ) step_differs(session, a->step + 1, "the batch:", "other samples");
        return differ;
    }
    for (size_t k = 0; k < a->batch_count; k++) {
        if (a->batch[k] == b->batch[k]) continue;
        snprintf(where, sizeof where, "its sample %zu is %lu | %lu", k, (unsigned long)a->batch[k],
                 (unsigned long)b->batch[k]);
        step_differs(session, a->step + 1, "the batch:", where);
        return true;
    }
    return false;
}

static enum pl_status draw_both(struct session *session, bool *differ) {
    for (int side = 0; side < 2; side++) PL_TRY(pl_replica_draw(&session->cells[side]));
    *differ = batches_differ(session);
    return PL_OK;
}

static bool tensors_differ(struct session *session, read_function *read, const char *what) {
    struct tensors tensors;
    compare_tensors(session, read, &tensors);
    bool differ = tensors.differ > 0;
    if (differ) step_differs(session, session->cells[0].step, what, tensors.first.text);
    pl_strbuf_finish(&tensors.first);
    return differ;
}

static bool losses_differ(struct session *session, const double *losses) {
    struct pl_strbuf values;
    if (first_difference(&losses[0], &losses[1], 1, session->explain->tolerance) == 1) return false;
    pl_strbuf_init(&values);
    add_values(&values, losses[0], losses[1]);
    step_differs(session, session->cells[0].step, "the loss before the update:", values.text);
    pl_strbuf_finish(&values);
    return true;
}

static enum pl_status step_both(struct session *session, bool *differs) {
    double losses[2];
    for (int side = 0; side < 2; side++)
        PL_TRY(pl_replica_step(&session->cells[side], &losses[side]));
    *differs = losses_differ(session, losses) ||
               tensors_differ(session, pl_replica_gradient, "the gradient of") ||
               tensors_differ(session, read_weights, "the weights after the update,");
    return PL_OK;
}

static enum pl_status compare_training(struct session *session) {
    long most[2] = {session->cells[0].bound.train.steps, session->cells[1].bound.train.steps};
    long steps = most[0] < most[1] ? most[0] : most[1], limit = session->explain->steps;
    bool differs = false;
    if (limit > 0 && limit < steps) steps = limit;
    for (long step = 1; step <= steps && !differs; step++) {
        if (step > 1) PL_TRY(draw_both(session, &differs));
        if (!differs) PL_TRY(step_both(session, &differs));
    }
    if (differs) return PL_OK;
    pl_strbuf_addf(session->out, "training         the same: %ld steps, gradients and weights\n",
                   steps);
    if (most[0] != most[1])
        pl_strbuf_addf(session->out, "                 A goes on to step %ld, B to %ld\n", most[0],
                       most[1]);
    return PL_OK;
}

/* ---- the whole ---- */

static void conclude(struct session *session) {
    const struct pl_explain *explain = session->explain;
    pl_strbuf_add(session->out, "\n");
    if (session->found)
        pl_strbuf_addf(session->out, "They part in %s.\n", session->verdict.text);
    else if (explain->settings == 0)
        pl_strbuf_add(session->out, "It is one and the same cell, and no number differs.\n");
    else
        pl_strbuf_add(session->out,
                      "Their settings differ, but no number that was compared does.\n");
}

/* What was different once makes everything after it different: the first stage that finds something is
 * the last. */
static enum pl_status compare_all(struct session *session) {
    compare_settings(session);
    compare_data(session);
    if (!session->found) compare_weights(session);
    bool differ = session->found;
    if (!differ) PL_TRY(draw_both(session, &differ));
    if (!differ) PL_TRY(compare_forward(session));
    if (!session->found) PL_TRY(compare_training(session));
    conclude(session);
    return PL_OK;
}

enum pl_status pl_explain_cells(struct pl_explain *explain, struct pl_strbuf *out) {
    struct session session = {.explain = explain, .out = out};
    explain->part = PL_PART_NOWHERE;
    explain->settings = 0;
    explain->step = 0;
    pl_strbuf_init(&session.verdict);
    enum pl_status status = pl_replica_init(&session.cells[0], explain->text[0]);
    if (status == PL_OK) status = pl_replica_init(&session.cells[1], explain->text[1]);
    if (status == PL_OK) status = compare_all(&session);
    for (int side = 0; side < 2; side++) pl_replica_finish(&session.cells[side]);
    pl_strbuf_finish(&session.verdict);
    return status;
}
