#include "core/model/init.h"

#include <math.h>

#include "core/base/math.h"
#include "core/base/rng.h"

struct scheme {
    enum pl_fill fill;
    double scale;     /* weights: scale / sqrt(fan) */
    bool both_fans;   /* fan is fan_in + fan_out; else fan_in */
    bool random_bias; /* biases U(-1, 1)/sqrt(fan_in); else 0 */
    bool fixed;       /* scale is all: whatever the fan, and smaller into the stream */
};

/* In the order of PL_INIT_NAMES. */
static const struct scheme schemes[] = {
    {PL_FILL_UNIFORM, 1, false, true},
    {PL_FILL_NORMAL, 1, false, false},
    {PL_FILL_NORMAL, 1.41421356237309504880, false, false},
    {PL_FILL_UNIFORM, 2.44948974278317809820, true, false},
    {PL_FILL_NORMAL, 1.41421356237309504880, true, false},
    {PL_FILL_NORMAL, 0.02, false, false, true},
};

double pl_init_embed(int init, long width) {
    return schemes[init].fixed ? schemes[init].scale : 1 / sqrt((double)width);
}

double pl_init_into_stream(int init, long depth) {
    return schemes[init].fixed ? 1 / sqrt((double)depth) : 1;
}

/* By which a weight's draw is scaled. */
static double weight_scale(const struct scheme *scheme, long rows, long cols) {
    double fan = scheme->fixed ? 1 : scheme->both_fans ? (double)(rows + cols) : (double)cols;
    return scheme->scale / sqrt(fan);
}

static int bias(struct pl_graph *graph, const char *name, long rows, long fan_in, int init,
                enum pl_group group) {
    bool random = schemes[init].random_bias;
    return pl_param(graph, name, (int)rows, 1, group, random ? PL_FILL_UNIFORM : PL_FILL_VALUE,
                    random ? 1 / sqrt((double)fan_in) : 0);
}

int pl_init_weight(struct pl_graph *graph, const char *name, long rows, long cols, int init,
                   double factor) {
    return pl_param(graph, name, (int)rows, (int)cols, PL_GROUP_WEIGHT, schemes[init].fill,
                    factor * weight_scale(&schemes[init], rows, cols));
}

int pl_init_bias(struct pl_graph *graph, const char *name, long rows, long fan_in, int init) {
    return bias(graph, name, rows, fan_in, init, PL_GROUP_PLAIN);
}

int pl_init_connection(struct pl_graph *graph, const char *name, long rows, long cols, int init) {
    return pl_param(graph, name, (int)rows, (int)cols, PL_GROUP_CONNECTION, schemes[init].fill,
                    weight_scale(&schemes[init], rows, cols));
}

int pl_init_connection_bias(struct pl_graph *graph, const char *name, long rows, long fan_in,
                            int init) {
    return bias(graph, name, rows, fan_in, init, PL_GROUP_CONNECTION);
}

static void draw_softmax(struct pl_rng *rng, double temperature, double *values, size_t count) {
    double top = -INFINITY, total = 0;
    for (size_t k = 0; k < count; k++) {
        values[k] = pl_rng_normal(rng) / temperature;
        top = values[k] > top ? values[k] : top;
    }
    for (size_t k = 0; k < count; k++) total += values[k] = pl_exp(values[k] - top);
    for (size_t k = 0; k < count; k++) values[k] /= total;
}

static void fill_rope(const struct pl_node *node, double *values) {
    const double tau = 6.28318530717958647693;
    int half = node->cols / 2;
    for (int c = 0; c < half; c++) {
        double turns = pl_exp(-2.0 * c / node->cols * pl_log(node->fill_a)) / tau;
        for (int p = 0; p < node->rows; p++) {
            values[p * node->cols + c] = pl_cos_turn(p * turns);
            values[p * node->cols + c + half] = pl_sin_turn(p * turns);
        }
    }
}

/* Entry [k] of [rows, cols] lies in column k mod cols of row k / cols. */
static bool on_diagonal(const struct pl_node *node, size_t k) {
    size_t cols = (size_t)node->cols;
    return k / cols % cols == k % cols;
}

static bool is_where(const struct pl_node *node, int k) {
    return node->where_step && k >= node->where_first &&
           (k - node->where_first) % node->where_step == 0;
}

void pl_init_draw(const struct pl_graph *graph, int param, uint64_t seed, double *values) {
    const struct pl_node *node = pl_graph_node(graph, param);
    size_t count = (size_t)node->rows * (size_t)node->cols;
    struct pl_arena arena = {0};
    struct pl_rng rng;
    pl_rng_init(&rng, seed, pl_arena_printf(&arena, "init/%s", node->name));
    pl_arena_finish(&arena);
    if (node->fill == PL_FILL_SOFTMAX) draw_softmax(&rng, node->fill_a, values, count);
    if (node->fill == PL_FILL_ROPE) fill_rope(node, values);
    for (size_t k = 0; k < count; k++) {
        if (node->fill == PL_FILL_VALUE) values[k] = node->fill_a;
        if (node->fill == PL_FILL_DIAGONAL) values[k] = on_diagonal(node, k) ? node->fill_a : 0;
        if (node->fill == PL_FILL_ONE_HOT) values[k] = (double)k == node->fill_a;
        if (node->fill == PL_FILL_UNIFORM)
            values[k] = node->fill_a * (2 * pl_rng_uniform(&rng) - 1);
        if (node->fill == PL_FILL_NORMAL) values[k] = node->fill_a * pl_rng_normal(&rng);
        if (is_where(node, (int)k)) values[k] = node->where_value;
        values[k] = (float)values[k];
    }
}
