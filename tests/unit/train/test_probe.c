/* The numbers of a probe against the same network written a second time, in plain loops and with the
 * elementary functions of libm. */
#include "core/train/probe.h"

#include <math.h>

#include "core/base/rng.h"
#include "core/config/settings.h"
#include "core/model/init.h"
#include "core/model/model.h"
#include "core/train/feeder.h"
#include "tests/support/support.h"

enum { D = 4, HIDDEN = 6, DEPTH = 3, SITES = DEPTH + 1, SAMPLES = 21, NOTES = 4096 };
static const double EPS = 1e-6;

/* ---- a network, trained or not ---------------------------------------------------------------- */

struct scene {
    struct pl_arena arena;
    struct pl_settings settings;
    struct pl_model model, inside;
    struct pl_graph graph, probe_graph;
    struct pl_network network;
    struct pl_dataset data;
    struct pl_trainer *trainer;
    struct pl_probe *probe;
    struct pl_probe_options options;
    bool renormalises;
    struct {
        const char *name;
        int layer, source;
        double value;
    } notes[NOTES];
    int count;
};

static void set(struct scene *scene, const char *text) {
    const char *equals = strchr(text, '=');
    const char *key = pl_arena_strndup(&scene->arena, text, (size_t)(equals - text));
    pl_settings_set(&scene->settings, key, equals + 1, (struct pl_place){"test", 0, 0});
}

static void make_data(struct pl_dataset *data) {
    struct pl_rng rng;
    pl_rng_init(&rng, 7, "test-data");
    *data = (struct pl_dataset){.shape = {PL_INPUT_REAL, PL_TARGET_REAL, D, D, 1}};
    for (int split = 0; split < 2; split++) {
        PL_REQUIRE_OK(pl_dataset_add(data, (enum pl_split)split, SAMPLES));
        for (int i = 0; i < SAMPLES * D; i++) {
            data->split[split].x[i] = (float)pl_rng_normal(&rng);
            data->split[split].y[i] = (float)pl_rng_normal(&rng);
        }
    }
}

/* Every parameter off its start, so that no gain is 1 and no query 0. */
static void draw(struct scene *scene) {
    struct pl_program *program = pl_trainer_program(scene->trainer);
    struct pl_rng rng;
    pl_rng_init(&rng, 11, "test-init");
    for (int n = 0; n < (int)scene->graph.nodes.count; n++) {
        const struct pl_node *node = pl_graph_node(&scene->graph, n);
        double values[4096];
        if (node->kind != PL_KIND_PARAM) continue;
        PL_REQUIRE(node->rows * node->cols <= 4096);
        pl_init_draw(&scene->graph, n, 3, values);
        for (int k = 0; k < node->rows * node->cols && node->group != PL_GROUP_CONSTANT; k++)
            values[k] = values[k] + 0.3 * pl_rng_normal(&rng);
        pl_program_write(program, n, values);
    }
}

/* [settings] are texts key=value, ended by NULL, on top of a small host. */
static struct scene *scene_create(const char *backend_name, const char *const *settings) {
    static const char *const host[] = {
        "model.width=4",   "model.hidden=6",      "model.depth=3",      "model.embed=none",
        "model.head=none", "model.norm_eps=1e-6", "model.prenorm=true", "model.final_norm=false"};
    struct scene *scene = pl_alloc_zero(1, sizeof *scene);
    const struct pl_train_options train = {.lr = 0.01,
                                           .steps = 3,
                                           .beta1 = 0.9,
                                           .beta2 = 0.999,
                                           .eps = 1e-8,
                                           .lr_mult = 1,
                                           .eval_points = 1};
    const struct pl_model_io io = {.in = D, .out = D, .tokens = 1};
    const struct pl_backend *backend;
    for (size_t k = 0; k < sizeof host / sizeof host[0]; k++) set(scene, host[k]);
    for (; *settings; settings++) set(scene, *settings);
    PL_REQUIRE_OK(pl_model_bind(&scene->model, &scene->settings, &scene->arena));
    make_data(&scene->data);
    pl_graph_init(&scene->graph);
    pl_graph_init(&scene->probe_graph);
    scene->inside = scene->model;
    struct pl_network network;
    pl_model_build(&scene->model, &io, &scene->graph, &network);
    PL_REQUIRE_OK(pl_backend_find(&backend, backend_name));
    PL_REQUIRE_OK(pl_trainer_create(&scene->trainer, &network, &train, backend, &scene->data));
    draw(scene);
    scene->options = (struct pl_probe_options){.all = true, .samples = 1000};
    pl_probe_settle(&scene->options);
    return scene;
}

static enum pl_status start_probe(struct scene *scene, const char *backend_name) {
    const struct pl_backend *backend;
    const struct pl_model_io io = {.in = D, .out = D, .tokens = 1};
    scene->inside.rows = scene->options.mixing;
    scene->inside.masking = scene->renormalises ? PL_MASKING_RENORMALISE : PL_MASKING_DROP;
    scene->inside.look = true;
    pl_model_build(&scene->inside, &io, &scene->probe_graph, &scene->network);
    PL_REQUIRE_OK(pl_backend_find(&backend, backend_name));
    return pl_probe_create(&scene->probe, &scene->network, &scene->options, backend, &scene->data,
                           5);
}

static void scene_destroy(struct scene *scene) {
    pl_probe_destroy(scene->probe);
    pl_trainer_destroy(scene->trainer);
    pl_graph_finish(&scene->probe_graph);
    pl_graph_finish(&scene->graph);
    pl_dataset_finish(&scene->data);
    pl_settings_finish(&scene->settings);
    pl_arena_finish(&scene->arena);
    pl_free(scene);
}

static void take_note(void *ctx, const char *name, long step, int layer, int source, double value) {
    struct scene *scene = ctx;
    PL_REQUIRE(scene->count < NOTES);
    PL_CHECK_INT(step, 9);
    scene->notes[scene->count].name = name;
    scene->notes[scene->count].layer = layer;
    scene->notes[scene->count].source = source;
    scene->notes[scene->count++].value = value;
}

static void look(struct scene *scene) {
    scene->count = 0;
    PL_REQUIRE_OK(
        pl_probe_measure(scene->probe, pl_trainer_program(scene->trainer), 9, take_note, scene));
}

static struct scene *looked(const char *backend_name, const char *const *settings) {
    struct scene *scene = scene_create(backend_name, settings);
    PL_REQUIRE_OK(start_probe(scene, backend_name));
    look(scene);
    return scene;
}

/* The number of that name and place, which there is once. */
static double note_at(const struct scene *scene, const char *name, int layer, int source) {
    double value = NAN;
    int found = 0;
    for (int k = 0; k < scene->count; k++) {
        if (strcmp(scene->notes[k].name, name) != 0 || scene->notes[k].layer != layer ||
            scene->notes[k].source != source)
            continue;
        value = scene->notes[k].value;
        found++;
    }
    PL_CHECK_INT(found, 1);
    return value;
}

static int notes_of(const struct scene *scene, const char *name) {
    int count = 0;
    for (int k = 0; k < scene->count; k++) count += strcmp(scene->notes[k].name, name) == 0;
    return count;
}

#define WITH(...) ((const char *const[]){__VA_ARGS__, NULL})
#define CHECK_NEAR(found, expected, within)                                                        \
    PL_CHECK(fabs((found) - (expected)) <= (within) * (1 + fabs(expected)))

/* ---- the second implementation: the standard residual ----------------------------------------- */

struct weights {
    double gain[DEPTH][D], w1[DEPTH][HIDDEN][D], b1[DEPTH][HIDDEN], w2[DEPTH][D][HIDDEN],
        b2[DEPTH][D];
};

static void read_param(const struct scene *scene, const char *form, int l, double *out) {
    char name[64];
    snprintf(name, sizeof name, form, l);
    pl_program_read(pl_trainer_program(scene->trainer), pl_graph_find(&scene->graph, name), out);
}

static void read_weights(const struct scene *scene, struct weights *w) {
    for (int l = 0; l < DEPTH; l++) {
        read_param(scene, "norms.%d.gain", l + 1, w->gain[l]);
        read_param(scene, "layers.%d.w1", l + 1, w->w1[l][0]);
        read_param(scene, "layers.%d.b1", l + 1, w->b1[l]);
        read_param(scene, "layers.%d.w2", l + 1, w->w2[l][0]);
        read_param(scene, "layers.%d.b2", l + 1, w->b2[l]);
    }
}

/* y = W2 silu(W1 (gain * rms(h)) + b1) + b2 */
static void layer(const struct weights *w, int l, const double *h, double *y) {
    double mean = 0, u[D];
    for (int c = 0; c < D; c++) mean += h[c] * h[c] / D;
    for (int c = 0; c < D; c++) u[c] = w->gain[l][c] * h[c] / sqrt(mean + EPS);
    for (int c = 0; c < D; c++) y[c] = w->b2[l][c];
    for (int k = 0; k < HIDDEN; k++) {
        double z = w->b1[l][k];
        for (int c = 0; c < D; c++) z += w->w1[l][k][c] * u[c];
        for (int c = 0; c < D; c++) y[c] += w->w2[l][c][k] * z / (1 + exp(-z));
    }
}

/* One sample through the stack; [push] is added to h_{at+1} on its way. v[0..L], h[0..L]. */
static double forward(const struct weights *w, const float *x, const float *target, int at,
                      const double *push, double v[SITES][D], double h[SITES][D]) {
    double loss = 0;
    for (int c = 0; c < D; c++) v[0][c] = h[0][c] = x[c] + (at == 0 ? push[c] : 0);
    for (int l = 0; l < DEPTH; l++) {
        layer(w, l, h[l], v[l + 1]);
        for (int c = 0; c < D; c++)
            h[l + 1][c] = h[l][c] + v[l + 1][c] + (at == l + 1 ? push[c] : 0);
    }
    for (int c = 0; c < D; c++) loss += (h[DEPTH][c] - target[c]) * (h[DEPTH][c] - target[c]) / D;
    return loss;
}

static double loss_of(struct scene *scene, enum pl_split split, const uint32_t *which, int count) {
    struct weights w;
    double loss = 0, v[SITES][D], h[SITES][D];
    const struct pl_samples *from = &scene->data.split[split];
    read_weights(scene, &w);
    for (int k = 0; k < count; k++) {
        size_t s = which ? which[k] : (size_t)k;
        loss += forward(&w, from->x + s * D, from->y + s * D, -1, NULL, v, h) / count;
    }
    return loss;
}

static void test_probe__norms_are_those_of_a_second_implementation(void) {
    struct scene *scene = looked("ref", WITH("variant.name=standard"));
    struct weights w;
    double h2[SITES] = {0}, v2[SITES] = {0}, loss = 0, v[SITES][D], h[SITES][D];
    const struct pl_samples *from = &scene->data.split[PL_TRAIN];
    read_weights(scene, &w);
    for (int s = 0; s < SAMPLES; s++) {
        loss += forward(&w, from->x + s * D, from->y + s * D, -1, NULL, v, h) / SAMPLES;
        for (int l = 0; l < SITES; l++)
            for (int c = 0; c < D; c++) {
                h2[l] += h[l][c] * h[l][c] / (SAMPLES * D);
                v2[l] += v[l][c] * v[l][c] / (SAMPLES * D);
            }
    }
    CHECK_NEAR(note_at(scene, "probe_loss", -1, -1), loss, 1e-12);
    for (int l = 0; l < SITES; l++) {
        CHECK_NEAR(note_at(scene, "h_rms", l + 1, -1), sqrt(h2[l]), 1e-12);
        CHECK_NEAR(note_at(scene, "v_rms", l, -1), sqrt(v2[l]), 1e-12);
    }
    PL_CHECK_INT(notes_of(scene, "h_rms"), SITES);
    PL_CHECK_INT(notes_of(scene, "v_rms"), SITES);
    scene_destroy(scene);
}

static void test_probe__gradients_are_finite_differences(void) {
    struct scene *scene = looked("ref", WITH("variant.name=standard"));
    const struct pl_samples *from = &scene->data.split[PL_TRAIN];
    struct weights w;
    double v[SITES][D], h[SITES][D], step = 1e-5;
    read_weights(scene, &w);
    for (int l = 0; l < SITES; l++) {
        double squares = 0;
        for (int s = 0; s < SAMPLES; s++)
            for (int c = 0; c < D; c++) {
                double up[D] = {0}, down[D] = {0};
                up[c] = step;
                down[c] = -step;
                double slope = (forward(&w, from->x + s * D, from->y + s * D, l, up, v, h) -
                                forward(&w, from->x + s * D, from->y + s * D, l, down, v, h)) /
                               (2 * step) / SAMPLES;
                squares += slope * slope;
            }
        CHECK_NEAR(note_at(scene, "h_grad", l + 1, -1), sqrt(squares), 1e-8);
    }
    scene_destroy(scene);
}

/* ---- mixing rows ------------------------------------------------------------------------------ */

static void test_probe__rows_of_the_standard_residual_are_ones(void) {
    struct scene *scene = looked("ref", WITH("variant.name=standard"));
    for (int l = 1; l <= SITES; l++)
        for (int i = 0; i < l; i++) PL_CHECK(note_at(scene, "mixing", l, i) == 1);
    PL_CHECK_INT(notes_of(scene, "mixing"), SITES * (SITES + 1) / 2);
    scene_destroy(scene);
}

static void test_probe__rows_of_queries_at_zero_are_uniform(void) {
    static const char *const backends[] = {"ref", "cpu"};
    for (int b = 0; b < 2; b++) {
        struct scene *scene = scene_create(backends[b], WITH("variant.name=attnres_full"));
        struct pl_program *program = pl_trainer_program(scene->trainer);
        static const double zero[D];
        for (int l = 2; l <= SITES; l++) {
            char name[64];
            snprintf(name, sizeof name, "residual.query.%d", l);
            pl_program_write(program, pl_graph_find(&scene->graph, name), zero);
        }
        PL_REQUIRE_OK(start_probe(scene, backends[b]));
        look(scene);
        for (int l = 1; l <= SITES; l++)
            for (int i = 0; i < l; i++) CHECK_NEAR(note_at(scene, "mixing", l, i), 1.0 / l, 1e-6);
        scene_destroy(scene);
    }
}

static void test_probe__rows_of_fixed_attention_are_the_given_numbers(void) {
    struct scene *scene =
        looked("ref", WITH("variant.name=attnres_full", "variant.fixed_attn=0.7"));
    for (int l = 2; l <= SITES; l++) {
        double row[SITES];
        read_param(scene, "residual.fixed.%d", l, row);
        for (int i = 0; i < l; i++) CHECK_NEAR(note_at(scene, "mixing", l, i), row[i], 1e-15);
    }
    scene_destroy(scene);
}

/* Rows that differ from token to token and from head to head are means over both: the mean row of softmax
 * weights sums to 1, whatever the heads. */
static void test_probe__rows_of_attention_are_means(void) {
    static const char *const heads[] = {"variant.heads=1", "variant.heads=2", "variant.heads=4"};
    for (int k = 0; k < 3; k++) {
        struct scene *scene =
            looked("ref", WITH("variant.name=attnres_full", "variant.query_std=1", heads[k]));
        for (int l = 1; l <= SITES; l++) {
            double total = 0, most = 0;
            for (int i = 0; i < l; i++) {
                double value = note_at(scene, "mixing", l, i);
                total += value;
                most = value > most ? value : most;
                PL_CHECK(value > 0);
            }
            CHECK_NEAR(total, 1.0, 1e-12);
            PL_CHECK(l == 1 || most > 1.02 / l); /* far from uniform */
        }
        scene_destroy(scene);
    }
}

/* ---- attention over depth, a second time ------------------------------------------------------ */

/* How sources are weighed: by queries and keys, and perhaps one source is taken away at one site (or all). */
struct attention {
    int block;            /* layers that share a source */
    int without, at_site; /* the source that begins at that output, -1: none; the site, 0: all */
    bool renormalise;
    double query[SITES + 1][D], gain[SITES + 1][D];
};

struct bank {
    double v[SITES][D];
    int from[SITES], count;
};

static void read_attention(const struct scene *scene, struct attention *a) {
    for (int l = 2; l <= SITES; l++) {
        read_param(scene, "residual.query.%d", l, a->query[l]);
        read_param(scene, "residual.key_gain.%d", l, a->gain[l]);
    }
}

/* alpha_i = softmax_i <q gain, v_i / rms(v_i)>, [weights] of them; then h. */
static void attend(const struct attention *a, const struct bank *bank, int l, double *alpha,
                   double *h) {
    double total = 0, kept = 0;
    for (int i = 0; i < bank->count; i++) {
        double mean = 0, score = 0;
        for (int c = 0; c < D; c++) mean += bank->v[i][c] * bank->v[i][c] / D;
        for (int c = 0; c < D; c++)
            score += a->query[l][c] * a->gain[l][c] * bank->v[i][c] / sqrt(mean + EPS);
        total += alpha[i] = exp(score);
    }
    for (int i = 0; i < bank->count; i++) alpha[i] /= total;
    double taken[SITES];
    for (int i = 0; i < bank->count; i++) {
        bool gone = a->without == bank->from[i] && (a->at_site == 0 || a->at_site == l);
        kept += taken[i] = gone ? 0 : alpha[i];
    }
    for (int c = 0; c < D; c++) h[c] = 0;
    for (int i = 0; i < bank->count; i++)
        for (int c = 0; c < D; c++) h[c] += taken[i] / (a->renormalise ? kept : 1) * bank->v[i][c];
}

/* One sample; alpha[l] as it is before anything is taken away. */
static double attnres(const struct weights *w, const struct attention *a, const float *x,
                      const float *target, double alpha[SITES + 1][SITES]) {
    struct bank bank = {.count = 1};
    double h[D], y[D], loss = 0;
    for (int c = 0; c < D; c++) h[c] = bank.v[0][c] = x[c];
    alpha[1][0] = 1;
    for (int l = 1; l <= DEPTH; l++) {
        bool opens = (l - 1) % a->block == 0;
        if (l > 1) attend(a, &bank, l, alpha[l], h);
        layer(w, l - 1, h, y);
        if (opens) bank.from[bank.count++] = l;
        for (int c = 0; c < D; c++)
            bank.v[bank.count - 1][c] = y[c] + (opens ? 0 : bank.v[bank.count - 1][c]);
    }
    attend(a, &bank, SITES, alpha[SITES], h);
    for (int c = 0; c < D; c++) loss += (h[c] - target[c]) * (h[c] - target[c]) / D;
    return loss;
}

static double attnres_loss(const struct scene *scene, const struct weights *w,
                           const struct attention *a) {
    const struct pl_samples *from = &scene->data.split[PL_TRAIN];
    double alpha[SITES + 1][SITES], loss = 0;
    for (int s = 0; s < SAMPLES; s++)
        loss += attnres(w, a, from->x + s * D, from->y + s * D, alpha) / SAMPLES;
    return loss;
}

static const char *const moved[] = {"variant.name=attnres_full", "variant.query_std=1", NULL};

static void test_probe__attention_is_that_of_a_second_implementation(void) {
    struct scene *scene = looked("ref", moved);
    const struct pl_samples *from = &scene->data.split[PL_TRAIN];
    struct weights w;
    struct attention a = {.block = 1, .without = -1};
    double row[SITES + 1][SITES] = {{0}}, entropy[SITES + 1] = {0}, largest[SITES + 1] = {0};
    read_weights(scene, &w);
    read_attention(scene, &a);
    for (int s = 0; s < SAMPLES; s++) {
        double alpha[SITES + 1][SITES];
        attnres(&w, &a, from->x + s * D, from->y + s * D, alpha);
        for (int l = 1; l <= SITES; l++) {
            double most = 0;
            for (int i = 0; i < l; i++) {
                row[l][i] += alpha[l][i] / SAMPLES;
                entropy[l] -= alpha[l][i] * log(alpha[l][i]) / SAMPLES;
                most = fmax(most, alpha[l][i]);
            }
            largest[l] += most / SAMPLES;
        }
    }
    for (int l = 1; l <= SITES; l++)
        for (int i = 0; i < l; i++) CHECK_NEAR(note_at(scene, "mixing", l, i), row[l][i], 1e-12);
    for (int l = 2; l <= SITES; l++) {
        CHECK_NEAR(note_at(scene, "attn_entropy", l, -1), entropy[l], 1e-12);
        CHECK_NEAR(note_at(scene, "attn_max", l, -1), largest[l], 1e-12);
        CHECK_NEAR(note_at(scene, "attn_first", l, -1), row[l][0], 1e-12);
    }
    PL_CHECK_INT(notes_of(scene, "attn_entropy"), SITES - 1); /* site 1 has one source, no choice */
    scene_destroy(scene);
}

static void test_probe__uniform_rows_have_the_entropy_of_their_length(void) {
    static const char *const uniform[] = {"variant.name=attnres_full",
                                          "variant.name=attnres_static"};
    for (int k = 0; k < 2; k++) {
        struct scene *scene = scene_create("ref", WITH(uniform[k]));
        static const double zero[D];
        for (int l = 2; l <= SITES; l++) {
            char name[64];
            snprintf(name, sizeof name, k ? "residual.logit.%d" : "residual.query.%d", l);
            pl_program_write(pl_trainer_program(scene->trainer), pl_graph_find(&scene->graph, name),
                             zero);
        }
        PL_REQUIRE_OK(start_probe(scene, "ref"));
        look(scene);
        for (int l = 2; l <= SITES; l++) {
            CHECK_NEAR(note_at(scene, "attn_entropy", l, -1), log(l), 1e-14);
            CHECK_NEAR(note_at(scene, "attn_max", l, -1), 1.0 / l, 1e-15);
            CHECK_NEAR(note_at(scene, "attn_first", l, -1), 1.0 / l, 1e-15);
        }
        scene_destroy(scene);
    }
}

/* DenseFormer's learned weights may be below 0: then they are no distribution, and the site is left out. */
static void test_probe__weights_below_0_are_no_distribution(void) {
    struct scene *scene = scene_create("ref", WITH("variant.name=denseformer"));
    static const double weights[] = {0.25, -0.5, 1};
    int node = pl_graph_find(&scene->graph, "residual.a.2");
    PL_REQUIRE(node != PL_NONE && pl_graph_node(&scene->graph, node)->rows == 3);
    pl_program_write(pl_trainer_program(scene->trainer), node, weights);
    PL_REQUIRE_OK(start_probe(scene, "ref"));
    look(scene);
    for (int k = 0; k < scene->count; k++)
        PL_CHECK(strncmp(scene->notes[k].name, "attn_", 5) != 0 || scene->notes[k].layer != 3);
    scene_destroy(scene);
}

/* ---- ablation --------------------------------------------------------------------------------- */

static void test_probe__ablation_is_the_loss_without_a_weight(void) {
    struct scene *scene = looked("ref", moved);
    struct weights w;
    struct attention a = {.block = 1, .without = -1};
    read_weights(scene, &w);
    read_attention(scene, &a);
    double whole = attnres_loss(scene, &w, &a);
    CHECK_NEAR(note_at(scene, "probe_loss", -1, -1), whole, 1e-12);
    for (a.without = 0; a.without <= DEPTH; a.without++) {
        a.at_site = 0;
        double effect = attnres_loss(scene, &w, &a) - whole;
        PL_CHECK(fabs(effect) > 1e-4);
        CHECK_NEAR(note_at(scene, "ablation", -1, a.without), effect, 1e-12);
        for (a.at_site = a.without < 2 ? 2 : a.without + 1; a.at_site <= SITES; a.at_site++)
            CHECK_NEAR(note_at(scene, "site_ablation", a.at_site, a.without),
                       attnres_loss(scene, &w, &a) - whole, 1e-12);
    }
    PL_CHECK_INT(notes_of(scene, "ablation"), SITES);
    PL_CHECK_INT(notes_of(scene, "site_ablation"), 2 + 3 + 4);
    look(scene); /* masks are put back: the same again */
    a.at_site = 0;
    a.without = 2;
    CHECK_NEAR(note_at(scene, "ablation", -1, 2), attnres_loss(scene, &w, &a) - whole, 1e-12);
    scene_destroy(scene);
}

static void test_probe__ablation_may_keep_the_sum_of_weights(void) {
    struct scene *scene = scene_create("ref", moved);
    struct weights w;
    struct attention a = {.block = 1, .without = -1, .renormalise = true};
    scene->renormalises = true;
    PL_REQUIRE_OK(start_probe(scene, "ref"));
    look(scene);
    read_weights(scene, &w);
    read_attention(scene, &a);
    double whole = attnres_loss(scene, &w, &a);
    for (a.without = 0; a.without <= DEPTH; a.without++)
        CHECK_NEAR(note_at(scene, "ablation_renormalised", -1, a.without),
                   attnres_loss(scene, &w, &a) - whole, 1e-12);
    PL_CHECK_INT(scene->count, SITES);
    scene_destroy(scene);
}

/* A block is one source, told by its first output. */
static void test_probe__ablation_of_blocks(void) {
    struct scene *scene = looked(
        "ref", WITH("variant.name=attnres_block", "variant.block_size=2", "variant.query_std=1"));
    struct weights w;
    struct attention a = {.block = 2, .without = -1};
    read_weights(scene, &w);
    read_attention(scene, &a);
    double whole = attnres_loss(scene, &w, &a);
    CHECK_NEAR(note_at(scene, "probe_loss", -1, -1), whole, 1e-12);
    static const int blocks[] = {0, 1, 3};
    for (int k = 0; k < 3; k++) {
        a.without = blocks[k];
        CHECK_NEAR(note_at(scene, "ablation", -1, blocks[k]), attnres_loss(scene, &w, &a) - whole,
                   1e-12);
    }
    PL_CHECK_INT(notes_of(scene, "ablation"), 3);
    scene_destroy(scene);
}

/* The standard residual has no weights: an output is taken away as it is handed over. */
static void test_probe__ablation_without_weights(void) {
    struct scene *scene = looked("ref", WITH("variant.name=standard"));
    const struct pl_samples *from = &scene->data.split[PL_TRAIN];
    struct weights w;
    read_weights(scene, &w);
    double whole = loss_of(scene, PL_TRAIN, NULL, SAMPLES);
    for (int gone = 0; gone < SITES; gone++) {
        double loss = 0;
        for (int s = 0; s < SAMPLES; s++) {
            double h[D], y[D];
            for (int c = 0; c < D; c++) h[c] = gone == 0 ? 0 : from->x[s * D + c];
            for (int l = 0; l < DEPTH; l++) {
                layer(&w, l, h, y);
                for (int c = 0; c < D && gone != l + 1; c++) h[c] += y[c];
            }
            for (int c = 0; c < D; c++) {
                double error = h[c] - from->y[s * D + c];
                loss += error * error / D / SAMPLES;
            }
        }
        CHECK_NEAR(note_at(scene, "ablation", -1, gone), loss - whole, 1e-12);
    }
    PL_CHECK_INT(notes_of(scene, "site_ablation") + notes_of(scene, "attn_max"), 0);
    scene_destroy(scene);
}

static void test_probe__a_source_of_weight_0_has_no_effect(void) {
    static const char *const backends[] = {"ref", "cpu"};
    for (int b = 0; b < 2; b++) {
        struct scene *scene =
            scene_create(backends[b], WITH("variant.name=attnres_full", "variant.fixed_attn=1"));
        for (int l = 2; l <= SITES; l++) {
            char name[64];
            double row[SITES] = {0.5, 0, 0.25, 0.25};
            snprintf(name, sizeof name, "residual.fixed.%d", l);
            pl_program_write(pl_trainer_program(scene->trainer), pl_graph_find(&scene->graph, name),
                             row);
        }
        PL_REQUIRE_OK(start_probe(scene, backends[b]));
        look(scene);
        PL_CHECK(note_at(scene, "ablation", -1, 1) == 0);
        PL_CHECK(note_at(scene, "site_ablation", 3, 1) == 0);
        PL_CHECK(fabs(note_at(scene, "ablation", -1, 0)) > 1e-3);
        scene_destroy(scene);
    }
}

/* ---- rank ------------------------------------------------------------------------------------- */

/* h_1 is the data: in a split of 16 with these variances of its channels, mean 3, turned by a rotation. */
static double rank_of(const double variance[D]) {
    static const double turn[D][D] = {{0.5, 0.5, 0.5, 0.5},
                                      {0.5, -0.5, 0.5, -0.5},
                                      {0.5, 0.5, -0.5, -0.5},
                                      {0.5, -0.5, -0.5, 0.5}};
    struct scene *scene = scene_create("ref", WITH("variant.name=standard"));
    struct pl_samples *from = &scene->data.split[PL_TRAIN];
    from->count = 16;
    for (int s = 0; s < 16; s++)
        for (int c = 0; c < D; c++) {
            double x = 3;
            for (int k = 0; k < D; k++) x += turn[c][k] * sqrt(variance[k]) * (s >> k & 1 ? 1 : -1);
            from->x[s * D + c] = (float)x;
        }
    PL_REQUIRE_OK(start_probe(scene, "ref"));
    look(scene);
    double rank = note_at(scene, "effective_rank", 1, -1);
    PL_CHECK_INT(notes_of(scene, "effective_rank"), SITES);
    scene_destroy(scene);
    return rank;
}

static void test_probe__rank_counts_directions(void) {
    double quarter = exp(-0.75 * log(0.75) - 0.25 * log(0.25));
    CHECK_NEAR(rank_of((double[]){4, 4, 4, 4}), 4.0, 1e-12);
    CHECK_NEAR(rank_of((double[]){4, 4, 0, 0}), 2.0, 1e-12);
    CHECK_NEAR(rank_of((double[]){0, 0, 1, 0}), 1.0, 1e-12);
    CHECK_NEAR(rank_of((double[]){0, 9, 0, 3}), quarter, 1e-6); /* float32 data: 3 and sqrt(3) */
    PL_CHECK(rank_of((double[]){0, 0, 0, 0}) == 0);
}

/* ---- streams ---------------------------------------------------------------------------------- */

/* Two streams that start as e and are kept (mix is I); layer 1 reads one of them and writes a and b times its
 * output: before layer 2 they are e + a y and e + b y. */
static void test_probe__streams_by_hand(void) {
    struct scene *scene = scene_create("ref", WITH("variant.name=hyper_connections",
                                                   "variant.streams=2", "variant.dynamic=false"));
    static const double write[] = {1.5, -0.75}, keep[] = {1, 0, 0, 1}, one[] = {0, 1};
    static const struct {
        const char *name;
        const double *values;
    } set_to[] = {{"residual.read.1", one}, {"residual.mix.1", keep}, {"residual.write.1", write}};
    for (int k = 0; k < 3; k++)
        pl_program_write(pl_trainer_program(scene->trainer),
                         pl_graph_find(&scene->graph, set_to[k].name), set_to[k].values);
    PL_REQUIRE_OK(start_probe(scene, "ref"));
    look(scene);
    const struct pl_samples *from = &scene->data.split[PL_TRAIN];
    struct weights w;
    double expected = 0;
    read_weights(scene, &w);
    for (int s = 0; s < SAMPLES; s++) {
        double e[D], y[D], ab = 0, aa = 0, bb = 0;
        for (int c = 0; c < D; c++) e[c] = from->x[s * D + c];
        layer(&w, 0, e, y);
        for (int c = 0; c < D; c++) {
            double a = e[c] + write[0] * y[c], b = e[c] + write[1] * y[c];
            ab += a * b;
            aa += a * a;
            bb += b * b;
        }
        expected += ab / sqrt(aa * bb) / SAMPLES;
    }
    CHECK_NEAR(note_at(scene, "stream_cosine", 1, -1), 1.0, 1e-14);
    CHECK_NEAR(note_at(scene, "stream_cosine", 2, -1), expected, 1e-12);
    PL_CHECK_INT(notes_of(scene, "stream_cosine"), SITES);
    scene_destroy(scene);
}

static void test_probe__every_family_of_streams_is_seen(void) {
    static const char *const names[] = {"variant.name=hyper_connections",
                                        "variant.name=mhc",
                                        "variant.name=mhc_lite",
                                        "variant.name=kromhc",
                                        "variant.name=ihc",
                                        "variant.name=frac_connections",
                                        "variant.name=ddl_expanded",
                                        "variant.name=siamesenorm",
                                        "variant.name=standard"};
    for (int k = 0; k < 9; k++) {
        struct scene *scene = looked("ref", WITH(names[k]));
        PL_CHECK_INT(notes_of(scene, "stream_cosine"), k == 8 ? 0 : SITES);
        if (k != 5 && k != 8) CHECK_NEAR(note_at(scene, "stream_cosine", 1, -1), 1.0, 1e-12);
        scene_destroy(scene);
    }
}

/* ---- the batch -------------------------------------------------------------------------------- */

static void test_probe__takes_the_samples_it_is_told(void) {
    struct scene *scene = scene_create("ref", WITH("variant.name=standard"));
    struct pl_rng rng;
    uint32_t order[SAMPLES];
    pl_rng_init(&rng, 5, "probe");
    pl_rng_permutation(&rng, order, SAMPLES);
    scene->options.split = PL_VALID;
    scene->options.samples = 8;
    PL_REQUIRE_OK(start_probe(scene, "ref"));
    look(scene);
    CHECK_NEAR(note_at(scene, "probe_loss", -1, -1), loss_of(scene, PL_VALID, order, 8), 1e-12);
    scene_destroy(scene);
}

static void test_probe__a_split_without_samples_is_refused(void) {
    struct scene *scene = scene_create("ref", WITH("variant.name=standard"));
    scene->options.split = PL_TEST;
    PL_CHECK_FAILS(start_probe(scene, "ref"), PL_ECONFIG, "diagnostics.split is test");
    scene_destroy(scene);
}

/* A token of weight 0 is not there: whatever its input, the numbers are those of the others. */
static void test_probe__masked_tokens_do_not_count(void) {
    struct scene *scene = scene_create("ref", WITH("variant.name=standard"));
    struct pl_samples *from = &scene->data.split[PL_TRAIN];
    uint32_t rest[SAMPLES];
    int count = 0;
    PL_REQUIRE_OK(pl_dataset_add_weights(&scene->data, PL_TRAIN));
    for (int s = 0; s < SAMPLES; s++) {
        from->weight[s] = s % 3 != 0;
        if (s % 3) rest[count++] = (uint32_t)s;
    }
    PL_REQUIRE_OK(start_probe(scene, "ref"));
    look(scene);
    double squares = 0;
    for (int k = 0; k < count; k++)
        for (int c = 0; c < D; c++) {
            double x = from->x[rest[k] * D + (uint32_t)c];
            squares += x * x / (count * D);
        }
    CHECK_NEAR(note_at(scene, "h_rms", 1, -1), sqrt(squares), 1e-12);
    CHECK_NEAR(note_at(scene, "probe_loss", -1, -1), loss_of(scene, PL_TRAIN, rest, count), 1e-12);
    scene_destroy(scene);
}

/* ---- options ---------------------------------------------------------------------------------- */

static struct pl_probe_options options_of(const char *text) {
    struct pl_probe_options options;
    PL_REQUIRE_OK(pl_probe_read(&options, text));
    return options;
}

static void test_probe__options_go_to_text_and_back(void) {
    struct pl_probe_options options =
        options_of("diagnostics.norms = true\ndiagnostics.at = ends\n"
                   "diagnostics.samples = 77\ndiagnostics.split = valid\n");
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    pl_probe_write(&options, &text);
    struct pl_probe_options back = options_of(text.text);
    PL_CHECK(back.norms && !back.mixing && !back.all && back.at == PL_PROBE_ENDS);
    PL_CHECK(back.samples == 77 && back.split == PL_VALID);
    pl_strbuf_finish(&text);
    options = options_of("diagnostics.all = true\n");
    PL_CHECK(options.norms && options.mixing && options.gradients && pl_probe_wanted(&options));
    options = options_of("");
    PL_CHECK(!pl_probe_wanted(&options) && options.samples == 256 && options.at == PL_PROBE_END);
}

/* One row: what is there, what is asked for, whether the first holds the second. */
static void test_probe__knows_what_covers_what(void) {
    static const struct {
        const char *have, *want;
        bool covers;
    } cases[] = {
        {"", "", true},
        {"", "diagnostics.norms = true\n", false},
        {"diagnostics.norms = true\n", "", true},
        {"diagnostics.norms = true\n", "diagnostics.norms = true\n", true},
        {"diagnostics.norms = true\n", "diagnostics.mixing = true\n", false},
        {"diagnostics.all = true\n", "diagnostics.mixing = true\n", true},
        {"diagnostics.mixing = true\n", "diagnostics.all = true\n", false},
        {"diagnostics.all = true\n", "diagnostics.all = true\ndiagnostics.at = ends\n", false},
        {"diagnostics.all = true\ndiagnostics.at = evaluations\n",
         "diagnostics.all = true\ndiagnostics.at = ends\n", true},
        {"diagnostics.all = true\n", "diagnostics.norms = true\ndiagnostics.samples = 7\n", false},
        {"diagnostics.all = true\n", "diagnostics.norms = true\ndiagnostics.split = test\n", false},
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        struct pl_probe_options have = options_of(cases[k].have), want = options_of(cases[k].want);
        PL_CHECK(pl_probe_covers(&have, &want) == cases[k].covers);
        struct pl_probe_options both = want;
        pl_probe_unite(&both, &have);
        PL_CHECK(pl_probe_covers(&both, &want));
        if (pl_probe_covers(&have, &want) && pl_probe_wanted(&want))
            PL_CHECK(pl_probe_covers(&both, &have));
    }
}

const struct pl_test pl_suite_probe[] = {
    {"norms_are_those_of_a_second_implementation",
     test_probe__norms_are_those_of_a_second_implementation},
    {"gradients_are_finite_differences", test_probe__gradients_are_finite_differences},
    {"rows_of_the_standard_residual_are_ones", test_probe__rows_of_the_standard_residual_are_ones},
    {"rows_of_queries_at_zero_are_uniform", test_probe__rows_of_queries_at_zero_are_uniform},
    {"rows_of_fixed_attention_are_the_given_numbers",
     test_probe__rows_of_fixed_attention_are_the_given_numbers},
    {"rows_of_attention_are_means", test_probe__rows_of_attention_are_means},
    {"attention_is_that_of_a_second_implementation",
     test_probe__attention_is_that_of_a_second_implementation},
    {"uniform_rows_have_the_entropy_of_their_length",
     test_probe__uniform_rows_have_the_entropy_of_their_length},
    {"weights_below_0_are_no_distribution", test_probe__weights_below_0_are_no_distribution},
    {"ablation_is_the_loss_without_a_weight", test_probe__ablation_is_the_loss_without_a_weight},
    {"ablation_may_keep_the_sum_of_weights", test_probe__ablation_may_keep_the_sum_of_weights},
    {"ablation_of_blocks", test_probe__ablation_of_blocks},
    {"ablation_without_weights", test_probe__ablation_without_weights},
    {"a_source_of_weight_0_has_no_effect", test_probe__a_source_of_weight_0_has_no_effect},
    {"rank_counts_directions", test_probe__rank_counts_directions},
    {"streams_by_hand", test_probe__streams_by_hand},
    {"every_family_of_streams_is_seen", test_probe__every_family_of_streams_is_seen},
    {"takes_the_samples_it_is_told", test_probe__takes_the_samples_it_is_told},
    {"a_split_without_samples_is_refused", test_probe__a_split_without_samples_is_refused},
    {"masked_tokens_do_not_count", test_probe__masked_tokens_do_not_count},
    {"options_go_to_text_and_back", test_probe__options_go_to_text_and_back},
    {"knows_what_covers_what", test_probe__knows_what_covers_what},
    {0},
};
