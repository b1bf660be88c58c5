/* The numbers of trained cells, bit for bit: tests/golden/digests.txt holds a digest of the losses and
 * the final weights of each, of the loss without each source where the line asks for ablations, and of the
 * entropies of attention heads where it asks for those. On `cpu` they are computed at every instruction-set
 * level that this processor has and with tiles of the backend's own width, 16, 48, 144 and 160: the whole of
 * most batches, with and without a padded last tile. One table serves gcc and clang, x86 and Arm.
 *
 * A digest that differs is printed as the line should read. If that was meant, the lines printed with
 * nothing changed on the way are the new table: DIGESTS=print test_golden digests. */
#include "core/base/hash.h"
#include "core/base/strbuf.h"
#include "core/graph/op.h"
#include "core/train/trainer.h"
#include "experiments/cell/job.h"
#include "tests/support/levels.h"
#include "tests/support/support.h"

enum { LINE = 1024 };

/* What every cell has unless its line says otherwise; and those on the common task. */
static const char common[] =
    "model.width = 8\nmodel.hidden = 12\nmodel.depth = 4\nseed = 3\ntask.samples = 150\n"
    "task.valid_samples = 30\ntask.test_samples = 30\ntrain.lr = 0.01\ntrain.steps = 12\n"
    "train.eval_points = 3\n";
static const char linear[] =
    "model.embed = none\nmodel.head = none\ntask.name = linear_mix\ntask.dim = 8\n";

/* The settings of a line ("key=value key=value ..."), as the text of a cell. */
static void write_cell(struct pl_strbuf *out, const char *backend, const char *line) {
    struct pl_arena arena = {0};
    struct pl_settings all = {0};
    PL_REQUIRE_OK(pl_settings_read(
        &all, &arena,
        pl_arena_printf(&arena, "%s%s", common, strstr(line, "task.name=") ? "" : linear)));
    pl_settings_set(&all, "backend", backend, (struct pl_place){"digests", 0, 0});
    for (char *part = strtok(pl_arena_strdup(&arena, line), " \n"); part;
         part = strtok(NULL, " \n")) {
        char *equals = strchr(part, '=');
        PL_REQUIRE(equals != NULL);
        *equals = 0;
        pl_settings_set(&all, part, equals + 1, (struct pl_place){"digests", 0, 0});
    }
    pl_settings_write(&all, out);
    pl_settings_finish(&all);
    pl_arena_finish(&arena);
}

struct bytes {
    PL_VEC(char) list;
};

static void add_bytes(struct bytes *bytes, const void *from, size_t count) {
    for (size_t k = 0; k < count; k++) PL_VEC_PUSH(&bytes->list, ((const char *)from)[k]);
}

/* Trained parameters in the order of the graph: names, and values as float32, or double on ref. */
static void add_weights(struct bytes *bytes, const struct pl_job *job) {
    for (int n = 0; n < (int)job->graph.nodes.count; n++) {
        const struct pl_node *node = pl_graph_node(&job->graph, n);
        size_t count = (size_t)node->rows * (size_t)node->cols;
        if (node->kind != PL_KIND_PARAM || node->group == PL_GROUP_CONSTANT) continue;
        double *values = pl_alloc(count * sizeof *values);
        pl_program_read(job->program, n, values);
        add_bytes(bytes, node->name, strlen(node->name));
        for (size_t k = 0; k < count; k++) {
            float single = (float)values[k];
            if (pl_backend_element_size(job->bound->backend) == sizeof(float))
                add_bytes(bytes, &single, sizeof single);
            else
                add_bytes(bytes, &values[k], sizeof values[k]);
        }
        pl_free(values);
    }
}

static void mark_operators(const struct pl_graph *graph, bool *reached) {
    for (int n = 0; reached && n < (int)graph->nodes.count; n++)
        if (pl_graph_node(graph, n)->kind == PL_KIND_OP)
            reached[pl_graph_node(graph, n)->op] = true;
}

static void add_note(void *ctx, const char *name, long step, int layer, int source, double value) {
    const long places[] = {step, layer, source};
    static const char *const kept[] = {"ablation", "h_grad", "head_entropy"};
    bool keep = false;
    for (size_t k = 0; k < sizeof kept / sizeof kept[0]; k++) keep |= strstr(name, kept[k]) != NULL;
    if (!keep) return;
    add_bytes(ctx, name, strlen(name));
    add_bytes(ctx, places, sizeof places);
    add_bytes(ctx, &value, sizeof value);
}

/* What a cell's probe finds of the trained weights, sources masked as [masking] says. */
static void add_looks(struct bytes *bytes, const struct pl_job *job, int masking, bool *reached) {
    const struct pl_bound *bound = job->bound;
    struct pl_model model = bound->model;
    struct pl_network network;
    struct pl_graph graph;
    struct pl_probe *probe;
    model.masking = masking;
    model.look = true;
    pl_graph_init(&graph);
    pl_model_build(&model, &bound->io, &graph, &network);
    PL_REQUIRE_OK(pl_probe_create(&probe, &network, &bound->diagnostics, bound->backend, job->data,
                                  bound->seed));
    PL_REQUIRE_OK(pl_probe_measure(probe, job->program, 0, add_note, bytes));
    mark_operators(&graph, reached);
    pl_probe_destroy(probe);
    pl_graph_finish(&graph);
}

/* Trains the cell; [tile] 0 is the backend's own. */
static void digest_of(char out[PL_HASH_TEXT], const char *backend, const char *line, int tile,
                      bool *reached) {
    struct pl_strbuf text;
    struct pl_bound bound;
    struct bytes bytes = {{0}};
    struct pl_run run;
    pl_strbuf_init(&text);
    write_cell(&text, backend, line);
    PL_REQUIRE_OK(pl_bound_read(&bound, text.text));
    struct pl_job job = {.bound = &bound, .tile = tile};
    PL_REQUIRE_OK(pl_job_make(&job));
    PL_REQUIRE_OK(pl_train(&run, job.trainer, bound.seed, 1e6, NULL));
    PL_CHECK(!run.diverged);
    for (size_t k = 0; k < run.count; k++)
        for (int m = 0; m < PL_MEASURES; m++)
            if (!isnan(run.points[k].measure[m]))
                add_bytes(&bytes, &run.points[k].measure[m], sizeof(double));
    add_weights(&bytes, &job);
    const struct pl_probe_options *probe = &bound.diagnostics;
    if (probe->ablation || probe->site_ablation) add_looks(&bytes, &job, PL_MASKING_DROP, reached);
    if (probe->renormalised) add_looks(&bytes, &job, PL_MASKING_RENORMALISE, reached);
    if (probe->head_entropy) add_looks(&bytes, &job, PL_MASKING_OFF, reached);
    pl_hash(out, bytes.list.items, bytes.list.count);
    mark_operators(&job.graph, reached);
    PL_VEC_FINISH(&bytes.list);
    pl_run_finish(&run);
    pl_job_finish(&job);
    pl_bound_finish(&bound);
    pl_strbuf_finish(&text);
}

/* Calls each(digest, backend, settings) for every line of the table. */
static void each_line(void (*each)(const char *digest, const char *backend, const char *settings)) {
    FILE *file = fopen(PL_SOURCE_DIR "/tests/golden/digests.txt", "r");
    char line[LINE], digest[PL_HASH_TEXT], backend[16];
    int length;
    PL_REQUIRE(file != NULL);
    while (fgets(line, sizeof line, file))
        if (line[0] != '#' && sscanf(line, "%32s %15s %n", digest, backend, &length) == 2)
            each(digest, backend, line + length);
    fclose(file);
}

static void print_line(const char *digest, const char *backend, const char *settings) {
    char found[PL_HASH_TEXT];
    (void)digest;
    digest_of(found, backend, settings, 0, NULL);
    printf("%s %s %s", found, backend, settings);
}

static void check_line(const char *digest, const char *backend, const char *settings) {
    static const int tiles[] = {0, 16, 48, 144, 160};
    char found[PL_HASH_TEXT], text[16];
    for (size_t k = 0; k < sizeof tiles / sizeof tiles[0]; k++) {
        snprintf(text, sizeof text, "%d", tiles[k]); /* for the probe; 0 is the backend's own */
        setenv("PLUMBLINE_TILE", text, 1);
        digest_of(found, backend, settings, tiles[k], NULL);
        bool same = strcmp(found, digest) == 0;
        PL_CHECK(same);
        if (!same)
            printf("%s, tiles of %d:\n%s %s %s", getenv("PLUMBLINE_ISA"), tiles[k], found, backend,
                   settings);
        if (strcmp(backend, "ref") == 0) break;
    }
    unsetenv("PLUMBLINE_TILE");
}

static void check_cpu(const char *digest, const char *backend, const char *settings) {
    if (strcmp(backend, "cpu") == 0) check_line(digest, backend, settings);
}

static void check_ref(const char *digest, const char *backend, const char *settings) {
    if (strcmp(backend, "ref") == 0) check_line(digest, backend, settings);
}

static void test_digests__cpu_at_every_level_and_tile(void) {
    if (getenv("DIGESTS")) return each_line(print_line);
    for (int k = 0; (k = pl_test_level(k));) each_line(check_cpu);
}

static void test_digests__ref(void) {
    if (!getenv("DIGESTS")) each_line(check_ref);
}

static bool reached[PL_OPS];

static void look_line(const char *digest, const char *backend, const char *settings) {
    char found[PL_HASH_TEXT];
    (void)digest;
    if (strcmp(backend, "cpu") == 0) digest_of(found, backend, settings, 0, reached);
}

static void test_digests__reach_every_operator(void) {
    if (getenv("DIGESTS")) return;
    each_line(look_line);
    for (int op = 0; op < PL_OPS; op++) {
        if (!reached[op])
            printf("  no cell has the operator %s\n", pl_op_info((enum pl_op)op)->name);
        PL_CHECK(reached[op]);
    }
}

const struct pl_test pl_suite_digests[] = {
    {"cpu_at_every_level_and_tile", test_digests__cpu_at_every_level_and_tile},
    {"ref", test_digests__ref},
    {"reach_every_operator", test_digests__reach_every_operator},
    {0},
};
