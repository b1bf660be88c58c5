/* A small tree made here, and the program's own. */
#include <string.h>

#include "core/base/file.h"
#include "core/graph/op.h"
#include "core/model/residual.h"
#include "experiments/run/sources/groups.h"
#include "tasks/task.h"
#include "tests/support/support.h"

static const struct {
    const char *path, *text;
} small[] = {
    {"core/base/math.c", "double exp;"},
    {"core/base/log.c", "log"},
    {"core/graph/graph.c", "graph"},
    {"core/graph/op_norm.c", "const struct pl_op_rules pl_rules_norm = {a};"},
    {"core/graph/op_loss.c", "extern x pl_rules_norm; y pl_rules_mse = {b};"},
    {"core/backend/backend.c", "backend"},
    {"core/backend/host_memory.h", "host"},
    {"core/backend/host_memory.c", "host"},
    {"core/backend/plain/plain.inc", "#include \"core/backend/plain/norm.inc\"\n"},
    {"core/backend/plain/norm.inc", "norm"},
    {"core/backend/ref/ref.c",
     "#include \"core/backend/plain/plain.inc\"\n"
     "#include \"core/backend/host_memory.h\"\n#include \"core/base/math.h\"\n"},
    {"core/backend/gpu/main.c", "#include \"core/backend/backend.h\"\n"},
    {"core/backend/gpu/kernels/norm.cl", "norm"},
    {"core/model/forward.h", "forward"},
    {"core/model/forward.c", "forward"},
    {"core/model/hosts/mlp.c", "k pl_host_mlp = {0};"},
    {"core/model/variants/residual_plain.c", "#include \"core/model/variants/one.h\"\n"
                                             "v pl_residual_plain = {0};"},
    {"core/model/variants/residual_other.c", "v pl_residual_other = {0};"},
    {"core/model/variants/one.h", "one"},
    {"core/model/variants/one.c", "one"},
    {"core/train/probe.c", "probe"},
    {"tasks/task_table.c", "#include \"tasks/task.h\"\nextern t pl_task_a, pl_task_b;"},
    {"tasks/task_a.c", "#include \"tasks/deal.h\"\nt pl_task_a = {0};"},
    {"tasks/task_b.c", "#include \"core/model/forward.h\"\nt pl_task_b = {\"plain\"};"},
    {"tasks/deal.h", "#include \"tasks/split.h\"\n"},
    {"tasks/deal.c", "deal"},
    {"tasks/split.h", "split"},
    {"experiments/cell/job.c", "job"},
    {"experiments/run/cell_run.c", "worker"},
    {"experiments/run/pool.c", "pool"},
};

struct scene {
    struct pl_temp temp;
    struct pl_groups groups;
};

static void write_file(const struct scene *scene, const char *path, const char *text) {
    char full[512];
    snprintf(full, sizeof full, "%s/%s", scene->temp.path, path);
    PL_REQUIRE_OK(pl_folder_make_for(full));
    PL_REQUIRE_OK(pl_file_write(full, text, strlen(text)));
}

static void scene_init(struct scene *scene) {
    pl_temp_init(&scene->temp);
    for (size_t k = 0; k < sizeof small / sizeof small[0]; k++)
        write_file(scene, small[k].path, small[k].text);
    PL_REQUIRE_OK(pl_groups_read(&scene->groups, scene->temp.path));
}

static void scene_finish(struct scene *scene) {
    pl_groups_finish(&scene->groups);
    pl_temp_finish(&scene->temp);
}

/* "a.c b.c >group": the members of a group. */
static void check(const struct pl_groups *groups, const char *group, const char *expected) {
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    for (size_t k = 0; k < groups->rows.count; k++) {
        const struct pl_source_row *row = &groups->rows.items[k];
        if (strcmp(row->group, group) != 0) continue;
        pl_strbuf_addf(&text, "%s%s%s", text.length ? " " : "", row->digest ? "" : ">", row->name);
    }
    PL_CHECK_TEXT(text.text, expected);
    pl_strbuf_finish(&text);
}

static void test_groups__follow_includes(void) {
    struct scene scene;
    scene_init(&scene);
    check(&scene.groups, "task a", "tasks/deal.c tasks/deal.h tasks/split.h tasks/task_a.c");
    check(&scene.groups, "task table", "");
    check(
        &scene.groups, "variant plain",
        "core/model/variants/one.c core/model/variants/one.h core/model/variants/residual_plain.c");
    check(&scene.groups, "variant other", "core/model/variants/residual_other.c");
    check(&scene.groups, "host mlp", "core/model/hosts/mlp.c");
    check(&scene.groups, "backend ref",
          "core/backend/host_memory.c core/backend/host_memory.h core/backend/plain/plain.inc "
          "core/backend/ref/ref.c");
    check(&scene.groups, "kernels ref norm", "core/backend/plain/norm.inc");
    check(&scene.groups, "backend gpu", "core/backend/gpu/main.c");
    check(&scene.groups, "kernels gpu norm", "core/backend/gpu/kernels/norm.cl");
    check(&scene.groups, "backend plain", "");
    scene_finish(&scene);
}

static void test_groups__of_the_engine_are_folders(void) {
    struct scene scene;
    scene_init(&scene);
    check(&scene.groups, "core/base", "core/base/math.c");
    check(&scene.groups, "core/graph", "core/graph/graph.c");
    check(&scene.groups, "core/backend", "core/backend/backend.c");
    check(&scene.groups, "core/train", "");
    check(&scene.groups, "probe", "core/train/probe.c");
    check(&scene.groups, "experiments/cell", "experiments/cell/job.c");
    check(&scene.groups, "experiments/run", "experiments/run/cell_run.c");
    check(&scene.groups, "operators norm", "core/graph/op_norm.c");
    PL_REQUIRE(scene.groups.ops.count == 2);
    for (int k = 0; k < 2; k++) {
        bool norm = strcmp(scene.groups.ops.items[k].op, "norm") == 0;
        PL_CHECK_TEXT(scene.groups.ops.items[k].family, norm ? "norm" : "loss");
    }
    scene_finish(&scene);
}

static void test_groups__a_teacher_is_a_network_on_ref(void) {
    struct scene scene;
    scene_init(&scene);
    check(&scene.groups, "task b",
          "core/model/forward.c core/model/forward.h tasks/task_b.c >teacher >variant plain");
    check(&scene.groups, "teacher",
          ">backend ref >host mlp >kernels ref loss >kernels ref norm >operators loss >operators "
          "norm");
    scene_finish(&scene);
}

static const char *digest(const struct pl_groups *groups, const char *group, const char *name) {
    for (size_t k = 0; k < groups->rows.count; k++)
        if (strcmp(groups->rows.items[k].group, group) == 0 &&
            strcmp(groups->rows.items[k].name, name) == 0)
            return groups->rows.items[k].digest;
    return "";
}

/* Only a change of tokens changes a digest, and only that of its file; files that are new elsewhere change
 * no group that was there. */
static void test_groups__change_with_tokens_alone(void) {
    struct scene scene, after;
    scene_init(&scene);
    write_file(&scene, "tasks/task_a.c", "/* a */ #include \"tasks/deal.h\"\nt pl_task_a={0};");
    write_file(&scene, "tasks/task_a.c",
               "#include \"tasks/deal.h\" // deal\nt pl_task_a\n= { 0 };");
    write_file(&scene, "tasks/deal.c", "deal 2");
    write_file(&scene, "tasks/task_c.c", "t pl_task_c = {0};");
    PL_REQUIRE_OK(pl_groups_read(&after.groups, scene.temp.path));
    const struct pl_groups *a = &scene.groups, *b = &after.groups;
    PL_CHECK_INT(b->rows.count, a->rows.count + 1);
    for (size_t k = 0; k < a->rows.count; k++) {
        const struct pl_source_row *row = &a->rows.items[k];
        bool changed = strcmp(row->name, "tasks/deal.c") == 0;
        if (row->digest)
            PL_CHECK((strcmp(row->digest, digest(b, row->group, row->name)) != 0) == changed);
    }
    pl_groups_finish(&after.groups);
    scene_finish(&scene);
}

static void test_groups__say_what_cannot_be_read(void) {
    struct pl_groups groups;
    PL_CHECK_FAILS(pl_groups_read(&groups, "/nowhere"), PL_ESTORE, "/nowhere/core");
    PL_CHECK_INT(groups.rows.count, 0);
}

/* The program's own tree: every task, variant and operator has its place, and what was compiled in is what is
 * there. */
static void test_groups__of_the_program_are_whole(void) {
    struct pl_groups groups;
    char name[128], path[256];
    PL_REQUIRE_OK(pl_groups_read(&groups, PL_SOURCE_DIR));
    for (size_t k = 0; pl_task_at(k); k++) {
        snprintf(name, sizeof name, "task %s", pl_task_at(k)->name);
        snprintf(path, sizeof path, "tasks/task_%s.c", pl_task_at(k)->name);
        PL_CHECK(*digest(&groups, name, path));
    }
    for (int k = 0; pl_residuals[k]; k++) {
        snprintf(name, sizeof name, "variant %s", pl_residuals[k]->name);
        snprintf(path, sizeof path, "core/model/variants/residual_%s.c", pl_residuals[k]->name);
        PL_CHECK(*digest(&groups, name, path));
    }
    for (int k = 0; pl_host_kinds[k]; k++) {
        snprintf(name, sizeof name, "host %s", pl_host_kinds[k]->name);
        snprintf(path, sizeof path, "core/model/hosts/%s.c", pl_host_kinds[k]->name);
        PL_CHECK(*digest(&groups, name, path));
    }
    PL_CHECK_INT(groups.ops.count, PL_OPS);
    for (int op = 0; op < PL_OPS; op++) {
        size_t k = 0;
        while (k < groups.ops.count &&
               strcmp(groups.ops.items[k].op, pl_op_info((enum pl_op)op)->name) != 0)
            k++;
        PL_CHECK(k < groups.ops.count);
    }
    PL_CHECK(*digest(&groups, "backend cpu", "core/backend/cpu/cpu.c"));
    PL_CHECK(*digest(&groups, "kernels cpu norm", "core/backend/cpu/norm.inc"));
    PL_CHECK(*digest(&groups, "kernels opencl norm", "core/backend/opencl/kernels/norm.cl"));
    PL_CHECK(!*digest(&groups, "core/backend", "core/backend/host_memory.c"));
    PL_REQUIRE(groups.rows.count == pl_sources.row_count);
    for (size_t k = 0; k < groups.rows.count; k++)
        PL_CHECK_TEXT(pl_sources.rows[k].name, groups.rows.items[k].name);
    pl_groups_finish(&groups);
}

const struct pl_test pl_suite_groups[] = {
    {"follow_includes", test_groups__follow_includes},
    {"of_the_engine_are_folders", test_groups__of_the_engine_are_folders},
    {"a_teacher_is_a_network_on_ref", test_groups__a_teacher_is_a_network_on_ref},
    {"change_with_tokens_alone", test_groups__change_with_tokens_alone},
    {"say_what_cannot_be_read", test_groups__say_what_cannot_be_read},
    {"of_the_program_are_whole", test_groups__of_the_program_are_whole},
    {0}};
