/* The numbers of a probe in a transformer with attention over depth, against the same network written a second
 * time: sequences, some of whose tokens are asked, one sample without any. */
#include <math.h>
#include <string.h>

#include "core/base/rng.h"
#include "core/config/settings.h"
#include "core/model/init.h"
#include "core/model/model.h"
#include "core/train/probe.h"
#include "tests/support/support.h"

enum {
    D = 4,
    HIDDEN = 6,
    HEADS = 2,
    DH = D / HEADS,
    DEPTH = 4,
    T = 5,
    V = 7,
    SAMPLES = 6,
    NOTES = 512
};
enum { WITHOUT = 2 }; /* the sample that has no weight */
static const double EPS = 1e-6;

struct note {
    const char *name;
    int layer, source;
    double value;
};

struct scene {
    struct pl_arena arena;
    struct pl_settings settings;
    struct pl_model model;
    struct pl_graph graph, probe_graph;
    struct pl_dataset data;
    struct pl_trainer *trainer;
    struct note notes[NOTES];
    int count;
};

static void make_data(struct pl_dataset *data) {
    struct pl_rng rng;
    pl_rng_init(&rng, 7, "test-data");
    *data = (struct pl_dataset){.shape = {PL_INPUT_ID, PL_TARGET_CLASS, V, V, T, 2}};
    PL_REQUIRE_OK(pl_dataset_add(data, PL_TRAIN, SAMPLES));
    PL_REQUIRE_OK(pl_dataset_add_weights(data, PL_TRAIN));
    struct pl_samples *s = &data->split[PL_TRAIN];
    for (int t = 0; t < SAMPLES * T; t++) {
        s->ids[t] = (int32_t)pl_rng_below(&rng, V);
        s->labels[t] = (int32_t)pl_rng_below(&rng, V);
        s->weight[t] = t / T != WITHOUT && (t % T == 4 || t % T == 1) ? 1 : 0;
    }
}

/* Every parameter off its start; the embedding large, so that source 0 is loud. */
static void draw(struct scene *scene) {
    struct pl_program *program = pl_trainer_program(scene->trainer);
    struct pl_rng rng;
    pl_rng_init(&rng, 11, "test-init");
    for (int n = 0; n < (int)scene->graph.nodes.count; n++) {
        const struct pl_node *node = pl_graph_node(&scene->graph, n);
        double values[256];
        if (node->kind != PL_KIND_PARAM) continue;
        PL_REQUIRE(node->rows * node->cols <= 256);
        pl_init_draw(&scene->graph, n, 3, values);
        for (int k = 0; k < node->rows * node->cols; k++) {
            values[k] += 0.3 * pl_rng_normal(&rng);
            if (strcmp(node->name, "embed.w") == 0) values[k] *= 8;
        }
        pl_program_write(program, n, values);
    }
}

static void take_note(void *ctx, const char *name, long step, int layer, int source, double value) {
    struct scene *scene = ctx;
    (void)step;
    PL_REQUIRE(scene->count < NOTES);
    scene->notes[scene->count++] = (struct note){name, layer, source, value};
}

static void set(struct scene *scene, const char *key, const char *value) {
    pl_settings_set(&scene->settings, key, value, (struct pl_place){"test", 0, 0});
}

static struct scene *looked(const char *backend_name) {
    static const char *const settings[][2] = {{"model.kind", "transformer"},
                                              {"model.width", "4"},
                                              {"model.hidden", "6"},
                                              {"model.depth", "4"},
                                              {"model.heads", "2"},
                                              {"model.activation", "tanh"},
                                              {"variant.name", "attnres_full"}};
    const struct pl_train_options train = {.lr = 0.01,
                                           .steps = 3,
                                           .beta1 = 0.9,
                                           .beta2 = 0.999,
                                           .eps = 1e-8,
                                           .lr_mult = 1,
                                           .eval_points = 1};
    const struct pl_model_io io = {
        .in = V, .out = V, .classes = true, .ids = true, .tokens = T, .asked = 2};
    const struct pl_backend *backend;
    struct scene *scene = pl_alloc_zero(1, sizeof *scene);
    struct pl_network network;
    struct pl_probe *probe;
    struct pl_probe_options options = {.all = true, .samples = 1000};
    PL_REQUIRE_OK(pl_backend_find(&backend, backend_name));
    for (size_t k = 0; k < sizeof settings / sizeof settings[0]; k++)
        set(scene, settings[k][0], settings[k][1]);
    PL_REQUIRE_OK(pl_model_bind(&scene->model, &scene->settings, &scene->arena));
    make_data(&scene->data);
    pl_graph_init(&scene->graph);
    pl_graph_init(&scene->probe_graph);
    pl_model_build(&scene->model, &io, &scene->graph, &network);
    PL_REQUIRE_OK(pl_trainer_create(&scene->trainer, &network, &train, backend, &scene->data));
    draw(scene);
    struct pl_model inside = scene->model;
    inside.rows = inside.look = true;
    inside.masking = PL_MASKING_DROP;
    pl_probe_settle(&options);
    pl_model_build(&inside, &io, &scene->probe_graph, &network);
    PL_REQUIRE_OK(pl_probe_create(&probe, &network, &options, backend, &scene->data, 5));
    PL_REQUIRE_OK(pl_probe_measure(probe, pl_trainer_program(scene->trainer), 9, take_note, scene));
    pl_probe_destroy(probe);
    return scene;
}

static void scene_destroy(struct scene *scene) {
    pl_trainer_destroy(scene->trainer);
    pl_graph_finish(&scene->probe_graph);
    pl_graph_finish(&scene->graph);
    pl_dataset_finish(&scene->data);
    pl_settings_finish(&scene->settings);
    pl_arena_finish(&scene->arena);
    pl_free(scene);
}

/* The number of that name and place, which there is once. */
static double note_at(const struct scene *scene, const char *name, int layer, int source) {
    double value = NAN;
    int found = 0;
    for (int k = 0; k < scene->count; k++) {
        const struct note *note = &scene->notes[k];
        if (strcmp(note->name, name) != 0 || note->layer != layer || note->source != source)
            continue;
        value = note->value;
        found++;
    }
    PL_CHECK_INT(found, 1);
    return value;
}

static bool has_note(const struct scene *scene, const char *name, int layer, int source) {
    for (int k = 0; k < scene->count; k++)
        if (strcmp(scene->notes[k].name, name) == 0 && scene->notes[k].layer == layer &&
            scene->notes[k].source == source)
            return true;
    return false;
}

/* ---- the second implementation ---------------------------------------------------------------- */

typedef double token[D];

/* What one sample shows, and sums over samples. */
struct sums {
    double tokens, h[DEPTH + 1], v[DEPTH + 1], entropy[DEPTH][HEADS], share[DEPTH][HEADS];
    double weight[DEPTH + 1][DEPTH + 1], norm[DEPTH + 1][DEPTH + 1], part[DEPTH + 1][DEPTH + 1];
    double loss, total;
};

static const double *get(struct scene *scene, const char *format, int l) {
    char name[64];
    snprintf(name, sizeof name, format, l);
    int node = pl_graph_find(&scene->graph, name);
    PL_REQUIRE(node != PL_NONE);
    double *values = PL_ARENA_ARRAY(&scene->arena, double, 256);
    pl_program_read(pl_trainer_program(scene->trainer), node, values);
    return values;
}

static double length_of(const double *x) {
    double square = 0;
    for (int c = 0; c < D; c++) square += x[c] * x[c];
    return sqrt(square);
}

static void rms(const double *x, const double *gain, double *out) {
    double square = length_of(x) * length_of(x) / D;
    for (int c = 0; c < D; c++) out[c] = (gain ? gain[c] : 1) * x[c] / sqrt(square + EPS);
}

static void linear(struct scene *scene, const char *w, const char *b, int l, const double *x,
                   int rows, int cols, double *out) {
    const double *weight = get(scene, w, l), *bias = get(scene, b, l);
    for (int r = 0; r < rows; r++) {
        out[r] = bias[r];
        for (int c = 0; c < cols; c++) out[r] += weight[r * cols + c] * x[c];
    }
}

static void attention(struct scene *scene, int l, token *u, token *y, struct sums *sums) {
    token q[T], k[T], v[T], o[T] = {{0}};
    for (int t = 0; t < T; t++) {
        linear(scene, "layers.%d.wq", "layers.%d.bq", l, u[t], D, D, q[t]);
        linear(scene, "layers.%d.wk", "layers.%d.bk", l, u[t], D, D, k[t]);
        linear(scene, "layers.%d.wv", "layers.%d.bv", l, u[t], D, D, v[t]);
    }
    for (int a = 0; a < HEADS; a++)
        for (int i = 0; i < T; i++) {
            double p[T], total = 0, entropy = 0;
            for (int j = 0; j <= i; j++) {
                double s = 0;
                for (int c = a * DH; c < (a + 1) * DH; c++) s += q[i][c] * k[j][c];
                total += p[j] = exp(s / sqrt(DH));
            }
            for (int j = 0; j <= i; j++) {
                entropy -= p[j] / total * log(p[j] / total);
                for (int c = a * DH; c < (a + 1) * DH; c++) o[i][c] += p[j] / total * v[j][c];
            }
            sums->entropy[l - 1][a] += entropy;
            if (i > 0) sums->share[l - 1][a] += entropy / log(i + 1);
        }
    for (int t = 0; t < T; t++) linear(scene, "layers.%d.wo", "layers.%d.bo", l, o[t], D, D, y[t]);
}

static void mlp(struct scene *scene, int l, token *u, token *y) {
    for (int t = 0; t < T; t++) {
        double z[HIDDEN];
        linear(scene, "layers.%d.w1", "layers.%d.b1", l, u[t], HIDDEN, D, z);
        for (int r = 0; r < HIDDEN; r++) z[r] = tanh(z[r]);
        linear(scene, "layers.%d.w2", "layers.%d.b2", l, z, D, HIDDEN, y[t]);
    }
}

/* h of site l from outputs 0 .. l-1; source [gone] has weight 0. */
static void mix(struct scene *scene, int l, token v[][T], int gone, token *h, struct sums *sums) {
    const double *query = get(scene, "residual.query.%d", l);
    const double *gain = get(scene, "residual.key_gain.%d", l);
    for (int t = 0; t < T; t++) {
        double p[DEPTH + 1], total = 0, sized = 0;
        token key;
        for (int i = 0; i < l; i++) {
            double s = 0;
            rms(v[i][t], gain, key);
            for (int c = 0; c < D; c++) s += query[c] * key[c];
            total += p[i] = exp(s);
        }
        for (int i = 0; i < l; i++) sized += p[i] / total * length_of(v[i][t]);
        memset(h[t], 0, sizeof h[t]);
        for (int i = 0; i < l; i++) {
            sums->weight[l - 1][i] += p[i] / total;
            sums->norm[l - 1][i] += length_of(v[i][t]);
            sums->part[l - 1][i] += p[i] / total * length_of(v[i][t]) / sized;
            for (int c = 0; c < D && i != gone; c++) h[t][c] += p[i] / total * v[i][t][c];
        }
    }
}

/* One sample through the network; source [gone] (-1: none) is removed at every site. */
static void add_sample(struct scene *scene, int sample, int gone, struct sums *sums) {
    const struct pl_samples *from = &scene->data.split[PL_TRAIN];
    const double *e = get(scene, "embed.w", 0), *p = get(scene, "positions.w", 0);
    const double *head = get(scene, "head.w", 0), *last = get(scene, "norms.final.gain", 0);
    token v[DEPTH + 1][T], h[T], u[T];
    for (int t = 0; t < T; t++)
        for (int c = 0; c < D; c++)
            v[0][t][c] = e[from->ids[sample * T + t] * D + c] + p[t * D + c];
    sums->tokens += T;
    for (int l = 1; l <= DEPTH + 1; l++) {
        if (l == 1)
            memcpy(h, v[0], sizeof h);
        else
            mix(scene, l, v, gone, h, sums);
        for (int t = 0; t < T; t++) {
            sums->h[l - 1] += length_of(h[t]) * length_of(h[t]);
            sums->v[l - 1] += length_of(v[l - 1][t]) * length_of(v[l - 1][t]);
            if (l <= DEPTH) rms(h[t], get(scene, "norms.%d.gain", l), u[t]);
        }
        if (l <= DEPTH && l % 2) attention(scene, l, u, v[l], sums);
        if (l <= DEPTH && l % 2 == 0) mlp(scene, l, u, v[l]);
    }
    for (int t = 0; t < T; t++) {
        double total = 0, chosen = 0, weight = (double)from->weight[sample * T + t];
        rms(h[t], last, u[t]);
        for (int r = 0; r < V; r++) {
            double logit = 0;
            for (int c = 0; c < D; c++) logit += head[r * D + c] * u[t][c];
            total += exp(logit);
            if (r == from->labels[sample * T + t]) chosen = logit;
        }
        sums->loss += weight * (log(total) - chosen);
        sums->total += weight;
    }
}

static struct sums whole(struct scene *scene, int gone) {
    struct sums sums = {0};
    for (int sample = 0; sample < SAMPLES; sample++)
        if (sample != WITHOUT) add_sample(scene, sample, gone, &sums);
    return sums;
}

/* ---- checks ----------------------------------------------------------------------------------- */

static double tolerance;
#define CHECK_NOTE(name, layer, source, expected)                                                  \
    PL_CHECK_NEAR(note_at(scene, name, layer, source), expected, tolerance *(1 + fabs(expected)))

static void check_states(struct scene *scene, const struct sums *sums) {
    double kind[2][2] = {{0}}; /* attention, mlp; h, v */
    for (int l = 0; l <= DEPTH; l++) {
        CHECK_NOTE("h_rms", l + 1, -1, sqrt(sums->h[l] / (sums->tokens * D)));
        CHECK_NOTE("v_rms", l, -1, sqrt(sums->v[l] / (sums->tokens * D)));
        if (l < DEPTH) kind[l % 2][0] += sums->h[l] / (sums->tokens * D * DEPTH / 2);
        if (l > 0) kind[(l + 1) % 2][1] += sums->v[l] / (sums->tokens * D * DEPTH / 2);
    }
    CHECK_NOTE("h_rms_attention", -1, -1, sqrt(kind[0][0]));
    CHECK_NOTE("h_rms_mlp", -1, -1, sqrt(kind[1][0]));
    CHECK_NOTE("v_rms_attention", -1, -1, sqrt(kind[0][1]));
    CHECK_NOTE("v_rms_mlp", -1, -1, sqrt(kind[1][1]));
}

static void check_sources(struct scene *scene, const struct sums *sums) {
    double first[2] = {0}; /* at sites of attention, of mlps */
    int loud = 0;
    for (int l = 2; l <= DEPTH + 1; l++) {
        const double *norm = sums->norm[l - 1];
        for (int i = 0; i < l; i++) {
            CHECK_NOTE("source_weight", l, i, sums->weight[l - 1][i] / sums->tokens);
            CHECK_NOTE("source_norm", l, i, norm[i] / sums->tokens);
            CHECK_NOTE("source_share", l, i, sums->part[l - 1][i] / sums->tokens);
            int below = 0, above = 0; /* of the others: more than a third of this one, or not */
            for (int k = 0; k < l; k++) {
                below += k != i && 3 * norm[k] < norm[i];
                above += k != i && 3 * norm[k] >= norm[i];
            }
            if (below == above) continue; /* their median decides, between the two in the middle */
            PL_CHECK(has_note(scene, "source_loud", l, i) == (below > above));
            loud += below > above;
        }
        CHECK_NOTE("attn_first", l, -1, sums->weight[l - 1][0] / sums->tokens);
        if (l <= DEPTH) first[l % 2 == 0] += sums->weight[l - 1][0] / sums->tokens;
    }
    PL_CHECK(loud > 0);
    CHECK_NOTE("attn_first_attention", -1, -1,
               first[0] / (DEPTH / 2 - 1)); /* layer 1 has no site */
    CHECK_NOTE("attn_first_mlp", -1, -1, first[1] / (DEPTH / 2));
}

static void check_all(const char *backend, double within) {
    struct scene *scene = looked(backend);
    struct sums sums = whole(scene, -1);
    double loss = sums.loss / sums.total;
    tolerance = within;
    CHECK_NOTE("probe_loss", -1, -1, loss);
    check_states(scene, &sums);
    check_sources(scene, &sums);
    for (int l = 1; l <= DEPTH; l += 2)
        for (int a = 0; a < HEADS; a++) {
            CHECK_NOTE("head_entropy", l, a, sums.entropy[l - 1][a] / sums.tokens);
            CHECK_NOTE("head_entropy_share", l, a,
                       sums.share[l - 1][a] / (sums.tokens / T * (T - 1)));
        }
    PL_CHECK(!has_note(scene, "head_entropy", 2, 0));
    for (int gone = 0; gone <= DEPTH; gone++) {
        struct sums without = whole(scene, gone);
        CHECK_NOTE("ablation", -1, gone, without.loss / without.total - loss);
    }
    scene_destroy(scene);
}

static void test_probe_tokens__a_transformer_is_that_of_a_second_implementation(void) {
    check_all("ref", 1e-12);
    check_all("cpu", 2e-5);
}

const struct pl_test pl_suite_probe_tokens[] = {
    {"a_transformer_is_that_of_a_second_implementation",
     test_probe_tokens__a_transformer_is_that_of_a_second_implementation},
    {0},
};
