/* A run is a job (cell/job.h) of one common host and task. Two runs are stepped side by side; each step
 * sees all training samples in order. Differences of losses are shares of the first run's loss before
 * training, differences of a parameter shares of the largest entry that it has had on `ref`. */
#include "experiments/tools/conformance_training.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/rng.h"
#include "experiments/cell/job.h"

/* ---- a run ------------------------------------------------------------------------------------ */

/* The common host and task: 40 samples are more than one tile on ref, the last one not full. */
static const char vectors[] =
    "backend = ref\nmodel.activation = silu\nmodel.depth = 6\nmodel.embed = none\n"
    "model.head = none\nmodel.hidden = 12\nmodel.width = 8\nseed = 5\ntask.dim = 8\n"
    "task.name = linear_mix\ntask.samples = 40\ntask.test_samples = 4\ntask.valid_samples = 4\n"
    "train.steps = 50\n";
/* The same for variants with ports, which need attention. */
static const char sequences[] =
    "backend = ref\nmodel.activation = silu\nmodel.depth = 6\nmodel.heads = 2\n"
    "model.hidden = 12\nmodel.kind = transformer\nmodel.width = 8\nseed = 5\n"
    "task.length = 6\ntask.name = recall\ntask.samples = 40\ntask.test_samples = 4\n"
    "task.valid_samples = 4\ntrain.steps = 50\n";
#define SEQUENCES "model.kind=transformer"

struct run {
    struct pl_bound bound;
    struct pl_job job;
    uint32_t *samples; /* all of them, in order */
};

/* [settings] on top of a host, that of sequences where they say so, as canonical text. */
static void write_settings(struct pl_strbuf *out, const char *const *settings) {
    struct pl_arena arena = {0};
    struct pl_settings all = {0};
    const char *host = vectors;
    for (size_t k = 0; settings[k]; k++)
        if (strcmp(settings[k], SEQUENCES) == 0) host = sequences;
    PL_ASSERT(pl_settings_read(&all, &arena, host) == PL_OK);
    for (; *settings; settings++) {
        size_t length = strcspn(*settings, "=");
        PL_ASSERT((*settings)[length] == '=');
        pl_settings_set(&all, pl_arena_strndup(&arena, *settings, length), *settings + length + 1,
                        (struct pl_place){"conformance", 0, 0});
    }
    pl_settings_write(&all, out);
    pl_settings_finish(&all);
    pl_arena_finish(&arena);
}

static enum pl_status bind(struct run *run, const struct pl_training_run *from) {
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    write_settings(&text, from->settings);
    enum pl_status status = pl_bound_read(&run->bound, text.text);
    if (status == PL_OK) run->bound.backend = from->backend;
    pl_strbuf_finish(&text);
    return status;
}

static void run_finish(struct run *run) {
    pl_job_finish(&run->job);
    pl_bound_finish(&run->bound);
    pl_free(run->samples);
}

static enum pl_status run_init(struct run *run, const struct pl_training_run *from) {
    *run = (struct run){.job.bound = &run->bound};
    enum pl_status status = bind(run, from);
    if (status == PL_OK) status = pl_job_make(&run->job);
    if (status != PL_OK) {
        run_finish(run);
        return status;
    }
    size_t count = run->job.data->split[PL_TRAIN].count;
    run->samples = pl_alloc(count * sizeof *run->samples);
    for (size_t k = 0; k < count; k++) run->samples[k] = (uint32_t)k;
    return PL_OK;
}

static double run_step(struct run *run) {
    return pl_trainer_step(run->job.trainer, run->samples, run->job.data->split[PL_TRAIN].count);
}

static double run_loss(struct run *run) {
    return pl_trainer_evaluate(run->job.trainer, PL_TRAIN).measure[PL_MEASURE_LOSS];
}

static void read_node(const struct run *run, int node, double *out) {
    pl_program_read(run->job.program, node, out);
}

/* ---- two runs --------------------------------------------------------------------------------- */

static void gap_add(struct pl_training_gap *gap, double a, double b, double scale) {
    double apart = isfinite(a) && isfinite(b) ? fabs(a - b) / scale : INFINITY;
    gap->curve = fmax(gap->curve, apart);
    gap->same = gap->same && memcmp(&a, &b, sizeof a) == 0;
}

static void compare(struct pl_training_gap *out, struct run *a, struct run *b, long steps) {
    double start = run_loss(a);
    *out = (struct pl_training_gap){.same = true};
    gap_add(out, start, run_loss(b), start);
    out->start = out->curve;
    for (long step = 0; step < steps; step++) gap_add(out, run_step(a), run_step(b), start);
    gap_add(out, run_loss(a), run_loss(b), start);
}

enum pl_status pl_training_compare(struct pl_training_gap *out, const struct pl_training_run *a,
                                   const struct pl_training_run *b, long steps) {
    struct run first, second;
    *out = (struct pl_training_gap){0};
    PL_TRY(run_init(&first, a));
    enum pl_status status = run_init(&second, b);
    if (status == PL_OK) {
        compare(out, &first, &second, steps);
        run_finish(&second);
    }
    run_finish(&first);
    return status;
}

/* ---- a backend against ref -------------------------------------------------------------------- */

enum { STEPS = 20 };
#define TOLERANCE 1e-4

/* A gradient below this many times Adam's eps is near it. */
#define NEAR_EPS 10

/* Connection parameters leave their start by this much: there, streams are equal and a gradient that
 * tells them apart is rounding, which Adam makes as large as any other. */
#define APART 0.02

/* What to know of the way to the last step: which entries of each parameter have had a gradient near
 * eps (flags[node][entry]), and the largest entry each parameter has had. */
struct way {
    bool **flags;
    double *reach;
    double eps; /* of Adam; 0 with SGD, where no gradient is near it */
};

static size_t entries(const struct pl_node *node) {
    return (size_t)node->rows * (size_t)node->cols;
}

static bool is_trained(const struct pl_graph *graph, int n) {
    return n < (int)graph->grads.count && graph->nodes.items[n].kind == PL_KIND_PARAM &&
           graph->grads.items[n] != PL_NONE;
}

static void way_init(struct way *way, const struct pl_graph *graph, double eps) {
    way->eps = eps;
    way->reach = pl_alloc_zero(graph->nodes.count, sizeof *way->reach);
    way->flags = pl_alloc_zero(graph->nodes.count, sizeof *way->flags);
    for (int n = 0; n < (int)graph->nodes.count; n++)
        if (is_trained(graph, n))
            way->flags[n] = pl_alloc_zero(entries(pl_graph_node(graph, n)), sizeof(bool));
}

static void way_finish(struct way *way, const struct pl_graph *graph) {
    for (size_t n = 0; n < graph->nodes.count; n++) pl_free(way->flags[n]);
    pl_free(way->flags);
    pl_free(way->reach);
}

/* A gradient that is 0 in full is 0 on every backend: such a step is no excuse. */
static void way_look(struct way *way, const struct run *truth) {
    double near = NEAR_EPS * way->eps;
    for (int n = 0; n < (int)truth->job.graph.nodes.count; n++) {
        if (!way->flags[n]) continue;
        size_t count = entries(pl_graph_node(&truth->job.graph, n));
        double *values = pl_alloc(count * sizeof *values);
        read_node(truth, truth->job.graph.grads.items[n], values);
        for (size_t k = 0; k < count; k++)
            way->flags[n][k] |= values[k] != 0 && fabs(values[k]) < near;
        read_node(truth, n, values);
        for (size_t k = 0; k < count; k++) way->reach[n] = fmax(way->reach[n], fabs(values[k]));
        pl_free(values);
    }
}

/* Of a parameter: the largest difference that counts, as a share of the largest entry that the tensor
 * has had. A single number may end a step beside 0. */
static double distance(const struct run *truth, const struct run *found, int n,
                       const struct way *way) {
    size_t count = entries(pl_graph_node(&truth->job.graph, n));
    double *a = pl_alloc(count * sizeof *a), *b = pl_alloc(count * sizeof *b), apart = 0;
    read_node(truth, n, a);
    read_node(found, n, b);
    for (size_t k = 0; k < count; k++) {
        if (way->flags[n][k]) continue;
        apart = isfinite(b[k]) ? fmax(apart, fabs(a[k] - b[k])) : INFINITY;
    }
    pl_free(a);
    pl_free(b);
    return apart > 0 ? apart / way->reach[n] : 0;
}

static void compare_params(struct pl_conformance *out, const char *what, const struct run *truth,
                           const struct run *found, const struct way *way) {
    for (int n = 0; n < (int)truth->job.graph.nodes.count; n++) {
        if (!is_trained(&truth->job.graph, n)) continue;
        double apart = distance(truth, found, n, way);
        pl_conformance_check(out, apart <= TOLERANCE,
                             "%s: after %d steps %s differs by %.2g of its size from ref", what,
                             STEPS, truth->job.graph.nodes.items[n].name, apart);
    }
}

/* An excuse for a few entries of the layers' weights must not become one for all. Connection parameters
 * may have small gradients by design (phi behind alpha = 0.01, mixing of equal streams). */
static void check_aside(struct pl_conformance *out, const char *what, const struct way *way,
                        const struct pl_graph *graph) {
    size_t left = 0, all = 0;
    for (int n = 0; n < (int)graph->nodes.count; n++) {
        const struct pl_node *node = pl_graph_node(graph, n);
        bool counts = way->flags[n] && node->group != PL_GROUP_CONNECTION;
        size_t count = counts ? entries(node) : 0;
        for (size_t k = 0; k < count; k++) left += way->flags[n][k];
        all += count;
    }
    pl_conformance_check(out, 10 * left <= all,
                         "%s: %zu of %zu entries have gradients near eps, too many to compare",
                         what, left, all);
}

static void leave_start(struct run *run) {
    struct pl_rng rng;
    pl_rng_init(&rng, run->bound.seed, "probe");
    for (int n = 0; n < (int)run->job.graph.nodes.count; n++) {
        const struct pl_node *node = pl_graph_node(&run->job.graph, n);
        if (!is_trained(&run->job.graph, n) || node->group != PL_GROUP_CONNECTION) continue;
        size_t count = entries(node);
        double *values = pl_alloc(count * sizeof *values);
        read_node(run, n, values);
        for (size_t k = 0; k < count; k++)
            values[k] = (float)(values[k] + APART * pl_rng_normal(&rng));
        pl_program_write(run->job.program, n, values);
        pl_free(values);
    }
}

/* Losses of every step, then the parameters. */
static void follow(struct pl_conformance *out, const char *what, struct run *truth,
                   struct run *found) {
    struct way way;
    bool adam = truth->bound.train.optimizer != PL_OPTIM_SGD;
    way_init(&way, &truth->job.graph, adam ? truth->bound.train.eps : 0);
    leave_start(truth);
    leave_start(found);
    for (int step = 1; step <= STEPS; step++) {
        double a = run_step(truth), b = run_step(found);
        way_look(&way, truth);
        pl_conformance_check(out, fabs(a - b) <= TOLERANCE * fabs(a),
                             "%s: the loss of step %d is %.9g, on ref %.9g", what, step, b, a);
    }
    compare_params(out, what, truth, found, &way);
    check_aside(out, what, &way, &truth->job.graph);
    way_finish(&way, &truth->job.graph);
}

static void check_backend(struct pl_conformance *out, const char *what,
                          const struct pl_backend *backend, const char *const *settings) {
    struct run truth, found;
    enum pl_status status =
        run_init(&truth, &(const struct pl_training_run){pl_conformance_reference(), settings});
    pl_conformance_check(out, status == PL_OK, "%s: %s", what, pl_message());
    if (status != PL_OK) return;
    status = run_init(&found, &(const struct pl_training_run){backend, settings});
    pl_conformance_check(out, status == PL_OK, "%s: %s", what, pl_message());
    if (status == PL_OK) {
        follow(out, what, &truth, &found);
        run_finish(&found);
    }
    run_finish(&truth);
}

void pl_conformance_training_backend(struct pl_conformance *out, const struct pl_residual *residual,
                                     const struct pl_backend *backend) {
    static const char *const norms[] = {"model.prenorm=auto", "model.prenorm=false",
                                        "model.final_norm=false"};
    static const char *const optimizers[] = {"train.optimizer=sgd", "train.optimizer=adam"};
    char name[64], what[160];
    snprintf(name, sizeof name, "variant.name=%s", residual->name);
    for (size_t o = 0; o < sizeof optimizers / sizeof optimizers[0]; o++) {
        for (size_t k = 0; k < sizeof norms / sizeof norms[0]; k++) {
            bool ports = residual->flags & PL_RESIDUAL_PORTS4;
            const char *const settings[] = {
                name, norms[k], optimizers[o], "train.lr=0.003", ports ? SEQUENCES : NULL, NULL};
            snprintf(what, sizeof what, "%s, %s, %s on %s", residual->name, norms[k], optimizers[o],
                     pl_backend_name(backend));
            check_backend(out, what, backend, settings);
        }
    }
}

/* ---- every option of a transformer ---- */

/* Each is a run of its own: settings with spaces between. An option that needs another has both. */
static const char *const moves[] = {
    "model.width=12 model.heads=3",
    "model.hidden=20",
    "model.depth=2",
    "model.heads=1",
    "model.heads=8",
    "model.activation=relu",
    "model.activation=gelu",
    "model.activation=tanh",
    "model.norm=layernorm",
    "model.norm_eps=0.01",
    "model.prenorm=false",
    "model.final_norm=false",
    "model.positions=rope model.rope_base=100",
    "model.positions=none",
    "model.qk_norm=true",
    "model.attention_bias=false",
    "model.mlp_bias=false",
    "model.mlp=swiglu",
    "model.head=tied",
    "model.head=none model.width=21 model.heads=3",
    "model.value_residual=first",
    "model.value_residual=mean",
    "model.dropout=0.25",
    "model.dropout=0.25 model.residual_dropout=false model.attention_dropout=true",
    "model.init=gpt2",
    "model.init=xavier_normal",
    "model.positions=rope model.qk_norm=true model.mlp=swiglu model.head=tied model.dropout=0.1",
    "train.optimizer=adamw train.clip=0.1",
    "train.optimizer=adamw train.weight_decay=0.5 train.decay_embeddings=false",
    "train.optimizer=sgd train.lr=0.1 train.clip=0.5",
    "task.objective=next",
};
enum { MOVES = sizeof moves / sizeof moves[0], PARTS = 10 };

static bool is_moved(const char *name) {
    char key[64];
    snprintf(key, sizeof key, "model.%s=", name);
    for (size_t k = 0; k < MOVES; k++)
        if (strstr(moves[k], key)) return true;
    return strcmp(name, "kind") == 0;
}

void pl_conformance_training_transformer(struct pl_conformance *out,
                                         const struct pl_backend *backend) {
    const struct pl_host_kind *kind;
    pl_conformance_check(out, pl_host_find(&kind, "transformer") == PL_OK, "%s", pl_message());
    for (size_t r = 0; kind && r < kind->options.count; r++)
        pl_conformance_check(out, is_moved(kind->options.rows[r].name),
                             "no run moves the option model.%s", kind->options.rows[r].name);
    for (size_t k = 0; k < MOVES; k++) {
        char text[160], what[200], *rest = text, *part;
        const char *settings[PARTS] = {SEQUENCES, "variant.name=attnres_full", "train.lr=0.003"};
        size_t count = 3;
        snprintf(text, sizeof text, "%s", moves[k]);
        while ((part = strtok_r(rest, " ", &rest)) != NULL) settings[count++] = part;
        PL_ASSERT(count < PARTS);
        settings[count] = NULL;
        snprintf(what, sizeof what, "transformer, %s on %s", moves[k], pl_backend_name(backend));
        check_backend(out, what, backend, settings);
    }
}

/* ---- identities ------------------------------------------------------------------------------- */

enum { CURVE = 50 };

/* About a hundred times what was measured: curves 5e-16 apart in double, 8e-8 (the last bit of the
 * loss) in float32, with Adam and with SGD. test_training.c prints them for a larger network. */
struct pl_training_bounds pl_training_bounds(const struct pl_backend *backend) {
    bool exact = pl_backend_element_size(backend) == sizeof(double);
    return exact ? (struct pl_training_bounds){1e-12, 1e-12}
                 : (struct pl_training_bounds){1e-5, 1e-5};
}

#define BOTH_NORMS    "model.norm_eps=0", "model.prenorm=true", "model.final_norm=true"
#define SETTINGS(...) ((const char *const[]){__VA_ARGS__, NULL})

static struct pl_training_gap gap_between(struct pl_conformance *out,
                                          const struct pl_backend *backend, const char *const *a,
                                          const char *const *b) {
    struct pl_training_gap gap;
    enum pl_status status = pl_training_compare(&gap, &(const struct pl_training_run){backend, a},
                                                &(const struct pl_training_run){backend, b}, CURVE);
    pl_conformance_check(out, status == PL_OK, "%s and %s: %s", a[0], b[0], pl_message());
    return gap;
}

static void check_start(struct pl_conformance *out, const struct pl_backend *backend,
                        const char *const *a, const char *const *b) {
    double bound = pl_training_bounds(backend).start;
    double apart = gap_between(out, backend, a, b).start;
    pl_conformance_check(out, apart <= bound,
                         "%s and %s under both norms begin %.2g apart on %s; at most %.2g", a[0],
                         b[0], apart, pl_backend_name(backend), bound);
}

static void check_curves(struct pl_conformance *out, const struct pl_backend *backend) {
    static const char *const optimizers[] = {"train.optimizer=adam", "train.optimizer=sgd"};
    double bound = pl_training_bounds(backend).curve;
    for (int o = 0; o < 2; o++) {
        double apart =
            gap_between(out, backend, SETTINGS("variant.name=standard", BOTH_NORMS, optimizers[o]),
                        SETTINGS("variant.name=rescaled", BOTH_NORMS, optimizers[o]))
                .curve;
        pl_conformance_check(out, apart <= bound,
                             "standard and rescaled under both norms are %.2g apart in %d steps on "
                             "%s with %s; at most %.2g",
                             apart, CURVE, pl_backend_name(backend), optimizers[o], bound);
    }
}

static void check_parting(struct pl_conformance *out, const struct pl_backend *backend) {
    struct pl_training_gap gap = gap_between(
        out, backend,
        SETTINGS("variant.name=standard", "model.norm_eps=0", "model.final_norm=false"),
        SETTINGS("variant.name=rescaled", "model.norm_eps=0", "model.final_norm=false"));
    pl_conformance_check(out, gap.start > 0.01,
                         "standard and rescaled without the final norm begin only %.2g apart on %s",
                         gap.start, pl_backend_name(backend));
}

static void check_single_blocks(struct pl_conformance *out, const struct pl_backend *backend) {
    static const char *const norms[] = {"model.prenorm=true", "model.prenorm=false"};
    static const char *const queries[] = {"variant.query_std=0", "variant.query_std=1"};
    for (int k = 0; k < 4; k++) {
        const char *norm = norms[k % 2], *query = queries[k / 2];
        struct pl_training_gap gap = gap_between(
            out, backend, SETTINGS("variant.name=attnres_full", norm, query),
            SETTINGS("variant.name=attnres_block", "variant.block_size=1", norm, query));
        pl_conformance_check(out, gap.same,
                             "attnres_block with block_size 1 and attnres_full (%s, %s) give other "
                             "bits on %s, up to %.2g apart",
                             norm, query, pl_backend_name(backend), gap.curve);
    }
}

void pl_conformance_training_identities(struct pl_conformance *out,
                                        const struct pl_backend *backend) {
    const char *const *standard = SETTINGS("variant.name=standard", BOTH_NORMS);
    for (int k = 0; pl_residuals[k]; k++) {
        char name[64];
        snprintf(name, sizeof name, "variant.name=%s", pl_residuals[k]->name);
        if (!(pl_residuals[k]->flags & PL_RESIDUAL_STARTS_STANDARD)) continue;
        if (pl_residuals[k]->flags & PL_RESIDUAL_PORTS4)
            check_start(out, backend, SETTINGS(name, BOTH_NORMS, SEQUENCES),
                        SETTINGS("variant.name=standard", BOTH_NORMS, SEQUENCES));
        else
            check_start(out, backend, SETTINGS(name, BOTH_NORMS), standard);
    }
    check_curves(out, backend);
    check_parting(out, backend);
    check_single_blocks(out, backend);
}
