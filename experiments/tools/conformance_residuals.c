/* Each check walks one list of settings (each_setting): the variant at its defaults, five moves of the
 * host, each option of the variant moved alone. A network is a trial (trial.h) on random data, and the
 * truth is the same network on `ref`. A tolerance stands beside the check that uses it, with what was
 * measured. */
#include "experiments/tools/conformance_residuals.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/rng.h"
#include "experiments/tools/trial.h"

/* ---- every setting of a variant ---- */

enum { MOST_VALUES = 8, MOST_SETTINGS = 24 };

/* The texts to which an option is moved: its words, both truths, or numbers of its range. */
static int values_of(const struct pl_option *row, char texts[MOST_VALUES][32]) {
    static const double numbers[] = {2, 3, 0.5};
    int count = 0;
    if (row->type == PL_TYPE_BOOL) {
        snprintf(texts[count++], 32, "true");
        snprintf(texts[count++], 32, "false");
        return count;
    }
    if (row->type == PL_TYPE_CHOICE) {
        for (const char *word = row->choices; word;
             word = strchr(word, '|') ? strchr(word, '|') + 1 : NULL)
            snprintf(texts[count++], 32, "%.*s", (int)strcspn(word, "|"), word);
        return count;
    }
    if (row->type == PL_TYPE_TEXT) return 0;
    for (int k = 0; k < (row->type == PL_TYPE_REAL ? 3 : 2); k++)
        if (numbers[k] >= row->min && numbers[k] <= row->max)
            snprintf(texts[count++], 32, "%g", numbers[k]);
    return count;
}

typedef void check_one(struct pl_conformance *conformance, const char *what,
                       const char *const *settings, const void *context);

/* The common host: width 12 so that 2, 3 and 4 heads fit. Its 13 samples are one padded tile; sums over
 * several tiles are the matter of the operators' suite. Variants with ports need attention, and so another. */
#define SIZES "model.width=12", "model.hidden=8", "model.depth=6", "model.activation=silu"
static const char *const vectors[] = {SIZES, "model.embed=none", "task.out=3", NULL};
static const char *const sequences[] = {SIZES,
                                        "model.kind=transformer",
                                        "model.heads=2",
                                        "task.tokens=4",
                                        "task.vocabulary=6",
                                        "task.classes=6",
                                        NULL};

/* The host of [residual], then [more] texts, ended by NULL. */
static void write_settings(const char *out[MOST_SETTINGS], const struct pl_residual *residual,
                           const char *const *more) {
    bool ports = residual->flags & PL_RESIDUAL_PORTS4;
    size_t count = 0;
    for (const char *const *host = ports ? sequences : vectors; *host; host++) out[count++] = *host;
    for (; *more; more++) out[count++] = *more;
    out[count] = NULL;
}

static void each_setting(struct pl_conformance *conformance, const struct pl_residual *residual,
                         check_one *check, const void *context) {
    char name[64], moved[64] = "model.head=linear", what[160], texts[MOST_VALUES][32];
    snprintf(name, sizeof name, "variant.name=%s", residual->name);
    const char *settings[MOST_SETTINGS];
    write_settings(settings, residual, (const char *const[]){name, moved, NULL});
    check(conformance, residual->name, settings, context);
    static const char *const host_moves[] = {"model.prenorm=false", "model.final_norm=false",
                                             "model.norm=layernorm", "model.activation=tanh",
                                             "model.activation=gelu"};
    for (size_t k = 0; k < sizeof host_moves / sizeof host_moves[0]; k++) {
        snprintf(moved, sizeof moved, "%s", host_moves[k]);
        snprintf(what, sizeof what, "%s, %s", residual->name, moved);
        check(conformance, what, settings, context);
    }
    for (size_t r = 0; r < residual->options.count; r++) {
        const struct pl_option *row = &residual->options.rows[r];
        int count = values_of(row, texts);
        for (int k = 0; k < count; k++) {
            snprintf(moved, sizeof moved, "variant.%s=%s", row->name, texts[k]);
            snprintf(what, sizeof what, "%s, %s", residual->name, moved);
            check(conformance, what, settings, context);
        }
    }
}

static struct pl_trial *trial_on(struct pl_conformance *conformance, const char *what,
                                 const struct pl_backend *backend, const char *const *settings) {
    struct pl_trial *trial;
    enum pl_status status = pl_trial_create(&trial, backend, settings, 7, 13);
    pl_conformance_check(conformance, status == PL_OK, "%s: %s", what, pl_message());
    return trial;
}

static double norm_of(const double *values, size_t count) {
    double size = 0;
    for (size_t k = 0; k < count; k++) size += values[k] * values[k];
    return sqrt(size);
}

/* The norm of all gradients together. */
static double whole_gradient(struct pl_trial *trial) {
    double size = 0;
    for (int n = 0; n < (int)trial->graph.grads.count; n++) {
        const struct pl_node *node = pl_graph_node(&trial->graph, n);
        if (node->kind != PL_KIND_PARAM || trial->graph.grads.items[n] == PL_NONE) continue;
        double *g = pl_trial_read_grad(trial, n);
        size = hypot(size, norm_of(g, (size_t)node->rows * (size_t)node->cols));
        pl_free(g);
    }
    return size;
}

/* ---- gradients ---- */

/* A tensor with more entries than this is checked along random directions: the error of a gradient
 * along a random unit vector, times sqrt(count), is in the mean its whole error. */
enum { MOST_ENTRIES = 3, DIRECTIONS = 3 };

/* Differences that were taken, and those that were held against a gradient. */
struct tally {
    int taken, compared;
};

static double loss_at(struct pl_trial *trial, int param, const double *values, const double *along,
                      size_t count, double step) {
    double *moved = pl_alloc(count * sizeof *moved);
    for (size_t k = 0; k < count; k++) moved[k] = values[k] + step * along[k];
    pl_program_write(trial->program, param, moved);
    pl_free(moved);
    return pl_trial_loss(trial);
}

/* Of fourth order, so that a step large enough for rounding is small enough for curvature:
 * f' = (8 (f(+h) - f(-h)) - (f(+2h) - f(-2h))) / 12h
 * False where the points do not lie on one smooth piece of the loss: a sparse weight or a ReLU is 0 at some of
 * them and not at others, and a difference says nothing about the slope. */
#define STEP 1e-4
static bool central_difference(struct pl_trial *trial, int param, const double *values,
                               const double *along, size_t count, double *out) {
    static const double places[] = {-2, -1, 1, 2}, factors[] = {1, -8, 8, -1};
    double sum = 0;
    pl_program_write(trial->program, param, values);
    pl_trial_loss(trial);
    uint64_t support = trial->support;
    bool smooth = true;
    for (int k = 0; k < 4; k++) {
        sum += factors[k] * loss_at(trial, param, values, along, count, places[k] * STEP);
        smooth &= trial->support == support;
    }
    *out = sum / (12 * STEP);
    return smooth;
}

/* What the difference itself may be off by: a loss is right to a few units of its last place, and the
 * gradient's error along one line stands for that of all entries. Measured over the whole registry: at
 * most 2.1 units; ten times the step makes it a tenth, as rounding does. A saturated softmax has
 * gradients of this size (attnres_full at query_std 3: 2e-12). */
static double difference_rounding(double loss, size_t count) {
    return 4 * DBL_EPSILON * fabs(loss) * sqrt((double)count) / STEP;
}

/* A unit vector: of entry [k], or drawn. */
static void draw_direction(double *out, size_t count, size_t k, struct pl_rng *rng) {
    double size = 0;
    for (size_t i = 0; i < count; i++) {
        out[i] = rng ? pl_rng_normal(rng) : i == k;
        size += out[i] * out[i];
    }
    for (size_t i = 0; i < count; i++) out[i] /= sqrt(size);
}

/* ||found - truth||, the truth by differences; 0 where none could be taken. */
static double gradient_error(struct pl_trial *trial, int param, const double *found, size_t count,
                             struct tally *tally) {
    bool few = count <= MOST_ENTRIES;
    size_t lines = few ? count : DIRECTIONS, compared = 0;
    double *values = pl_trial_read(trial, param), *along = pl_alloc(count * sizeof *along);
    double error = 0;
    struct pl_rng rng;
    pl_rng_init(&rng, (uint64_t)param, "probe");
    for (size_t k = 0; k < lines; k++) {
        draw_direction(along, count, k, few ? NULL : &rng);
        double slope = 0, difference;
        for (size_t i = 0; i < count; i++) slope += found[i] * along[i];
        if (!central_difference(trial, param, values, along, count, &difference)) continue;
        error += (slope - difference) * (slope - difference);
        compared++;
    }
    tally->taken += (int)lines;
    tally->compared += (int)compared;
    if (compared > 0) error *= (double)count / (double)compared;
    pl_program_write(trial->program, param, values);
    pl_free(values);
    pl_free(along);
    return sqrt(error);
}

static void check_gradients(struct pl_conformance *conformance, const char *what,
                            const char *const *settings, const void *context) {
    (void)context;
    struct pl_trial *trial = trial_on(conformance, what, pl_conformance_reference(), settings);
    if (!trial) return;
    pl_trial_perturb(trial, 3, 0.3);
    double loss = pl_trial_gradient(trial);
    struct tally tally = {0};
    for (int n = 0; n < (int)trial->graph.grads.count; n++) {
        const struct pl_node *node = pl_graph_node(&trial->graph, n);
        if (node->kind != PL_KIND_PARAM || trial->graph.grads.items[n] == PL_NONE) continue;
        size_t count = (size_t)node->rows * (size_t)node->cols;
        double *found = pl_trial_read_grad(trial, n);
        double size = norm_of(found, count), error = gradient_error(trial, n, found, count, &tally);
        double allowed = 1e-6 * size + difference_rounding(loss, count);
        pl_conformance_check(conformance, error <= allowed,
                             "%s: the gradient of %s is off by %.2g, its size is %.2g", what,
                             trial->graph.nodes.items[n].name, error, size);
        pl_free(found);
    }
    /* Measured over the registry: 1 of 135 with sparsemax, 1 of 180 in dca; none elsewhere. */
    pl_conformance_check(conformance, tally.compared * 20 >= tally.taken * 19,
                         "%s: of %d differences only %d have no kink between their points", what,
                         tally.taken, tally.compared);
    pl_trial_destroy(trial);
}

void pl_conformance_residual_gradients(struct pl_conformance *conformance,
                                       const struct pl_residual *residual) {
    each_setting(conformance, residual, check_gradients, NULL);
}

void pl_conformance_residual_gradients_at(struct pl_conformance *conformance, const char *what,
                                          const char *const *settings) {
    check_gradients(conformance, what, settings, NULL);
}

/* ---- mixing rows ---- */

static void check_rows(struct pl_conformance *conformance, const char *what,
                       const char *const *settings, const void *context) {
    (void)context;
    const char *asked[MOST_SETTINGS + 1];
    size_t count = 0;
    for (; settings[count]; count++) asked[count] = settings[count];
    asked[count++] = "probe.rows=true";
    asked[count] = NULL;
    struct pl_trial *trial = trial_on(conformance, what, pl_conformance_reference(), asked);
    if (!trial) return;
    pl_trial_perturb(trial, 3, 0.3);
    pl_trial_loss(trial);
    for (long l = 1; l <= trial->model.host.depth + 1; l++) {
        double error, size;
        if (trial->row_error[l - 1] == PL_NONE) continue;
        pl_program_read(trial->program, trial->row_error[l - 1], &error);
        pl_program_read(trial->program, trial->row_size[l - 1], &size);
        pl_conformance_check(conformance, sqrt(error) <= 1e-12 * sqrt(size),
                             "%s: the mixing row of site %ld gives its result up to %.2g", what, l,
                             sqrt(error / size));
    }
    pl_trial_destroy(trial);
}

void pl_conformance_residual_rows(struct pl_conformance *conformance,
                                  const struct pl_residual *residual) {
    if (residual->mix_row) each_setting(conformance, residual, check_rows, NULL);
}

/* ---- a promise ---- */

/* The gradient of standard's parameter [node] in [other]: where attention has ports, a norm's gain is three. */
static double *gradient_in(struct pl_trial *other, const struct pl_node *node) {
    size_t count = (size_t)node->rows * (size_t)node->cols;
    int there = pl_graph_find(&other->graph, node->name);
    if (there != PL_NONE) return pl_trial_read_grad(other, there);
    double *total = pl_alloc_zero(count, sizeof *total);
    for (const char *port = "qkv"; *port; port++) {
        char name[80];
        snprintf(name, sizeof name, "%s.%c", node->name, *port);
        double *share = pl_trial_read_grad(other, pl_graph_find(&other->graph, name));
        for (size_t k = 0; k < count; k++) total[k] += share[k];
        pl_free(share);
    }
    return total;
}

static void compare_shared(struct pl_conformance *conformance, const char *name,
                           struct pl_trial *standard, struct pl_trial *other) {
    for (int n = 0; n < (int)standard->graph.grads.count; n++) {
        const struct pl_node *node = pl_graph_node(&standard->graph, n);
        if (node->kind != PL_KIND_PARAM) continue;
        size_t count = (size_t)node->rows * (size_t)node->cols;
        double *a = gradient_in(other, node), *b = pl_trial_read_grad(standard, n);
        for (size_t k = 0; k < count; k++) a[k] -= b[k];
        double error = norm_of(a, count), size = norm_of(b, count);
        pl_conformance_check(conformance, error <= 1e-12 * fmax(1, size),
                             "%s: at its start the gradient of %s is %.2g from that of standard",
                             name, node->name, error);
        pl_free(a);
        pl_free(b);
    }
}

void pl_conformance_residual_promise(struct pl_conformance *conformance,
                                     const struct pl_residual *residual) {
    char name[64];
    snprintf(name, sizeof name, "variant.name=%s", residual->name);
    if (!(residual->flags & PL_RESIDUAL_STARTS_STANDARD)) return;
    const char *settings[MOST_SETTINGS], *twin[MOST_SETTINGS];
    write_settings(settings, residual, (const char *const[]){"model.norm_eps=0", name, NULL});
    write_settings(twin, residual, (const char *const[]){"model.norm_eps=0", NULL});
    struct pl_trial *other =
        trial_on(conformance, residual->name, pl_conformance_reference(), settings);
    struct pl_trial *standard = trial_on(conformance, "standard", pl_conformance_reference(), twin);
    if (standard && other) {
        double a = pl_trial_gradient(other), b = pl_trial_gradient(standard);
        pl_conformance_check(conformance, fabs(a - b) <= 1e-12 * fmax(1, fabs(b)),
                             "%s: it starts at a loss of %.15g, standard at %.15g", residual->name,
                             a, b);
        compare_shared(conformance, residual->name, standard, other);
    }
    pl_trial_destroy(standard);
    pl_trial_destroy(other);
}

/* ---- parameters ---- */

static void check_params(struct pl_conformance *conformance, const char *what,
                         const char *const *settings, const void *context) {
    (void)context;
    struct pl_trial *trial = trial_on(conformance, what, pl_conformance_reference(), settings);
    if (!trial) return;
    const struct pl_residual *residual = trial->model.residual;
    size_t found = pl_graph_param_count(&trial->graph, PL_GROUP_CONNECTION), formula = 0;
    if (residual->param_count)
        formula = residual->param_count(&trial->model.host, trial->model.options);
    pl_conformance_check(conformance, found == formula,
                         "%s: %zu connection parameters, %zu by formula", what, found, formula);
    pl_trial_destroy(trial);
}

void pl_conformance_residual_params(struct pl_conformance *conformance,
                                    const struct pl_residual *residual) {
    each_setting(conformance, residual, check_params, NULL);
}

/* ---- another backend ---- */

/* 1e-4 of a tensor's own gradient, and the rounding of float32 (measured: at most 0.3 FLT_EPSILON of all
 * gradients together): a gradient that is 0 but for a norm's eps, as of what scales h before a norm, is
 * nothing but that. */

static void compare_gradients(struct pl_conformance *conformance, const char *what,
                              struct pl_trial *truth, struct pl_trial *found) {
    double whole = whole_gradient(truth);
    for (int n = 0; n < (int)truth->graph.grads.count; n++) {
        const struct pl_node *node = pl_graph_node(&truth->graph, n);
        if (node->kind != PL_KIND_PARAM || truth->graph.grads.items[n] == PL_NONE) continue;
        size_t count = (size_t)node->rows * (size_t)node->cols;
        double *a = pl_trial_read_grad(found, n), *b = pl_trial_read_grad(truth, n);
        double size = norm_of(b, count);
        for (size_t k = 0; k < count; k++) a[k] -= b[k];
        double error = norm_of(a, count);
        pl_conformance_check(conformance, error <= 1e-4 * size + FLT_EPSILON * whole,
                             "%s: the gradient of %s differs by %.2g from ref, its size is %.2g",
                             what, node->name, error, size);
        pl_free(a);
        pl_free(b);
    }
}

static void check_backend(struct pl_conformance *conformance, const char *what,
                          const char *const *settings, const void *context) {
    struct pl_trial *truth = trial_on(conformance, what, pl_conformance_reference(), settings);
    struct pl_trial *found = trial_on(conformance, what, context, settings);
    if (truth && found) {
        pl_trial_perturb(truth, 3, 0.3);
        pl_trial_perturb(found, 3, 0.3);
        double a = pl_trial_gradient(found), b = pl_trial_gradient(truth);
        pl_conformance_check(conformance, fabs(a - b) <= 1e-5 * fabs(b),
                             "%s: loss %.9g, on ref %.9g", what, a, b);
        compare_gradients(conformance, what, truth, found);
    }
    pl_trial_destroy(truth);
    pl_trial_destroy(found);
}

void pl_conformance_residual_backend(struct pl_conformance *conformance,
                                     const struct pl_residual *residual,
                                     const struct pl_backend *backend) {
    each_setting(conformance, residual, check_backend, backend);
}

/* ---- large numbers ---- */

static bool all_finite(const double *values, size_t count) {
    for (size_t k = 0; k < count; k++)
        if (!isfinite(values[k])) return false;
    return true;
}

static void check_all_finite(struct pl_conformance *conformance, const char *what,
                             const char *large, struct pl_trial *trial) {
    pl_conformance_check(conformance, isfinite(pl_trial_gradient(trial)),
                         "%s: the loss is not finite for large %s", what, large);
    for (int n = 0; n < (int)trial->graph.grads.count; n++) {
        const struct pl_node *node = pl_graph_node(&trial->graph, n);
        if (node->kind != PL_KIND_PARAM || trial->graph.grads.items[n] == PL_NONE) continue;
        double *g = pl_trial_read_grad(trial, n);
        pl_conformance_check(conformance, all_finite(g, (size_t)node->rows * (size_t)node->cols),
                             "%s: the gradient of %s is not finite for large %s", what, node->name,
                             large);
        pl_free(g);
    }
}

static void check_finite(struct pl_conformance *conformance, const char *what,
                         const char *const *settings, const void *context) {
    struct pl_trial *trial = trial_on(conformance, what, context, settings);
    if (!trial) return;
    size_t inputs = trial->io.ids ? 0 : trial->samples * (size_t)trial->io.in;
    for (size_t k = 0; k < inputs; k++) trial->x[k] *= 1000;
    pl_trial_perturb(trial, 3, 0.3);
    check_all_finite(conformance, what, "inputs", trial);
    for (int n = 0; n < (int)trial->graph.grads.count; n++) {
        const struct pl_node *node = pl_graph_node(&trial->graph, n);
        if (node->kind != PL_KIND_PARAM || node->group != PL_GROUP_CONNECTION) continue;
        double *kept = pl_trial_read(trial, n);
        pl_trial_perturb_one(trial, n, 3, 1000);
        check_all_finite(conformance, what, node->name, trial);
        pl_program_write(trial->program, n, kept);
        pl_free(kept);
    }
    pl_trial_destroy(trial);
}

void pl_conformance_residual_finite(struct pl_conformance *conformance,
                                    const struct pl_residual *residual,
                                    const struct pl_backend *backend) {
    each_setting(conformance, residual, check_finite, backend);
}
