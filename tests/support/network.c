#include "tests/support/network.h"

#include "core/base/math.h"
#include "tests/support/support.h"

enum { MOST = 32 };

struct pl_trial *pl_test_trial(const char *where, const char *const *more) {
    static const char *const host[] = {
        "model.width=8",    "model.hidden=12",  "model.depth=6",     "model.activation=tanh",
        "model.norm_eps=0", "model.embed=none", "model.head=linear", "task.out=3"};
    const struct pl_backend *backend;
    const char *settings[MOST];
    struct pl_trial *out;
    size_t count = 0;
    for (size_t k = 0; k < sizeof host / sizeof host[0]; k++) settings[count++] = host[k];
    while (more && *more && count < MOST - 1) settings[count++] = *more++;
    settings[count] = NULL;
    PL_REQUIRE(!more || !*more);
    PL_REQUIRE_OK(pl_backend_find(&backend, where));
    PL_REQUIRE_OK(pl_trial_create(&out, backend, settings, 11, PL_SAMPLES));
    return out;
}

double pl_trial_distance(struct pl_trial *a, struct pl_trial *b, double factor) {
    size_t count = PL_SAMPLES * (size_t)a->io.out;
    double *x = pl_trial_predict(a), *y = pl_trial_predict(b), gap = 0, top = 0;
    for (size_t k = 0; k < count; k++) {
        gap = fmax(gap, fabs(x[k] - factor * y[k]));
        top = fmax(top, fabs(x[k]));
    }
    pl_free(x);
    pl_free(y);
    return gap / top;
}

double pl_distance_of(const char *const *a, const char *const *b, double factor) {
    struct pl_trial *x = pl_test_trial("ref", a), *y = pl_test_trial("ref", b);
    double gap = pl_trial_distance(x, y, factor);
    pl_trial_destroy(x);
    pl_trial_destroy(y);
    return gap;
}

void pl_trial_copy_params(struct pl_trial *from, struct pl_trial *to) {
    for (int n = 0; n < (int)to->graph.nodes.count; n++) {
        const struct pl_node *node = pl_graph_node(&to->graph, n);
        int twin = node->kind == PL_KIND_PARAM ? pl_graph_find(&from->graph, node->name) : PL_NONE;
        if (twin == PL_NONE) continue;
        double *values = pl_trial_read(from, twin);
        pl_program_write(to->program, n, values);
        pl_free(values);
    }
}

static void check_same_bits_on(const char *where, const char *const *one, const char *const *other,
                               double moved) {
    struct pl_trial *a = pl_test_trial(where, one), *b = pl_test_trial(where, other);
    if (moved > 0) {
        pl_trial_perturb(a, 5, moved);
        pl_trial_copy_params(a, b);
    }
    double *x = pl_trial_predict(a), *y = pl_trial_predict(b);
    PL_CHECK_INT(a->io.out, b->io.out);
    PL_CHECK(memcmp(x, y, PL_SAMPLES * (size_t)a->io.out * sizeof *x) == 0);
    pl_free(x);
    pl_free(y);
    pl_trial_destroy(a);
    pl_trial_destroy(b);
}

void pl_check_same_bits(const char *const *a, const char *const *b, double moved) {
    for (int p = 0; pl_backend_here(p); p++)
        check_same_bits_on(pl_backend_name(pl_backend_here(p)), a, b, moved);
}

/* ---- by hand ---- */

void pl_by_hand_init(struct pl_by_hand *hand, struct pl_trial *trial) {
    size_t count = trial->graph.nodes.count;
    hand->trial = trial;
    hand->values = pl_alloc_zero(count, sizeof *hand->values);
    for (int n = 0; n < (int)count; n++)
        if (pl_graph_node(&trial->graph, n)->kind == PL_KIND_PARAM)
            hand->values[n] = pl_trial_read(trial, n);
}

void pl_by_hand_finish(struct pl_by_hand *hand) {
    for (size_t n = 0; n < hand->trial->graph.nodes.count; n++) pl_free(hand->values[n]);
    pl_free(hand->values);
}

const double *pl_by_hand_named(const struct pl_by_hand *hand, const char *name) {
    int node = pl_graph_find(&hand->trial->graph, name);
    return node == PL_NONE ? NULL : hand->values[node];
}

const double *pl_by_hand_get(const struct pl_by_hand *hand, const char *before, int l,
                             const char *after) {
    char name[64];
    snprintf(name, sizeof name, "%s.%d%s", before, l, after);
    return pl_by_hand_named(hand, name);
}

void pl_hand_linear(double *out, const double *w, const double *b, const double *x, int rows,
                    int cols) {
    for (int r = 0; r < rows; r++) {
        out[r] = b ? b[r] : 0;
        for (int c = 0; c < cols; c++) out[r] += w[r * cols + c] * x[c];
    }
}

double pl_hand_sigmoid(double x) {
    return 1 / (1 + pl_exp(-x));
}

double pl_hand_inverse_rms(const double *x, int count) {
    double square = 0;
    for (int c = 0; c < count; c++) square += x[c] * x[c] / count;
    return 1 / sqrt(square);
}

void pl_hand_branch(const struct pl_by_hand *hand, int l, const double *u, double *y) {
    double hidden[PL_HIDDEN];
    pl_hand_linear(hidden, pl_by_hand_get(hand, "layers", l, ".w1"),
                   pl_by_hand_get(hand, "layers", l, ".b1"), u, PL_HIDDEN, PL_WIDTH);
    for (int k = 0; k < PL_HIDDEN; k++) hidden[k] = pl_tanh(hidden[k]);
    pl_hand_linear(y, pl_by_hand_get(hand, "layers", l, ".w2"),
                   pl_by_hand_get(hand, "layers", l, ".b2"), hidden, PL_WIDTH, PL_HIDDEN);
}
