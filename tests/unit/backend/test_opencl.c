/* The opencl backend on its own terms: devices, sentences, kernels. That its numbers are right is asked by
 * the suites that every backend inherits (tests/conformance), where it is one of pl_backend_here. So
 * that they cannot pass it over in silence, a build that has it is required to find a device here. */
#include "core/backend/backend.h"

#include <stdlib.h>

#include "tests/support/support.h"

#ifdef PL_HAVE_OPENCL

#include "core/backend/opencl/opencl.h"
#include "core/graph/op.h"

static const struct pl_backend *opencl(void) {
    const struct pl_backend *found = NULL;
    PL_REQUIRE_OK(pl_backend_find(&found, "opencl"));
    return found;
}

/* The one engine of this process, open to be broken and mended. */
static struct pl_cl_engine *engine(void) {
    const struct pl_cl_engine *found;
    PL_REQUIRE_OK(pl_cl_engine(&found));
    return (struct pl_cl_engine *)(uintptr_t)found;
}

/* ---- devices ---- */

static void test_opencl__a_device_is_here(void) {
    struct pl_cl_device device;
    struct pl_strbuf text;
    PL_REQUIRE_OK(pl_cl_find_device(&device));
    pl_strbuf_init(&text);
    pl_backend_numerics(opencl(), &text);
    PL_CHECK(strstr(text.text, device.platform_name) && strstr(text.text, device.name));
    PL_CHECK(strstr(text.text, device.driver) && strstr(text.text, "CLBlast"));
    printf("  %s\n", text.text);
    pl_strbuf_clear(&text);
    pl_backend_build(opencl(), &text);
    PL_CHECK(strstr(text.text, device.name) == NULL); /* no device was asked */
    pl_strbuf_finish(&text);
}

static void test_opencl__a_device_is_chosen_by_number_or_name(void) {
    struct pl_cl_device first, found;
    char choice[160];
    PL_REQUIRE_OK(pl_cl_find_device(&first));
    snprintf(choice, sizeof choice, "%d:%d", first.platform_number, first.number);
    setenv("PLUMBLINE_OPENCL", choice, 1);
    PL_REQUIRE_OK(pl_cl_find_device(&found));
    PL_CHECK(found.id == first.id);
    snprintf(choice, sizeof choice, "%.8s", first.platform_name);
    for (char *letter = choice; *letter; letter++) /* the other case */
        *letter = (char)(*letter >= 'a' && *letter <= 'z' ? *letter - 32 : *letter);
    setenv("PLUMBLINE_OPENCL", choice, 1);
    PL_REQUIRE_OK(pl_cl_find_device(&found));
    PL_CHECK_TEXT(found.platform_name, first.platform_name);
    unsetenv("PLUMBLINE_OPENCL");
}

static void test_opencl__an_unknown_device_is_a_sentence(void) {
    const struct pl_backend *found;
    struct pl_cl_device device;
    PL_REQUIRE_OK(pl_cl_find_device(&device));
    setenv("PLUMBLINE_OPENCL", "abacus", 1);
    PL_CHECK_FAILS(pl_backend_find(&found, "opencl"), PL_EBACKEND,
                   "PLUMBLINE_OPENCL=abacus names no device; there are");
    PL_CHECK(strstr(pl_message(), device.name) != NULL); /* what there is */
    setenv("PLUMBLINE_OPENCL", "99:0", 1);
    PL_CHECK_FAILS(pl_backend_find(&found, "opencl"), PL_EBACKEND, "99:0");
    unsetenv("PLUMBLINE_OPENCL");
}

/* Without a vendor's file there is no platform; the program is asked, for this process has one. */
static void test_opencl__no_device_is_a_sentence(void) {
    char said[4096];
    FILE *pipe = popen("OCL_ICD_VENDORS=/nowhere '" PL_PROGRAM "' list backends --json", "r");
    PL_REQUIRE(pipe != NULL);
    said[fread(said, 1, sizeof said - 1, pipe)] = '\0';
    PL_CHECK_INT(pclose(pipe), 0);
    PL_CHECK(strstr(said, "no OpenCL device was found") != NULL);
}

static void test_opencl__the_batch_is_the_tile(void) {
    PL_CHECK_INT(pl_backend_tile(opencl(), 10, 40, 1000), 1008);
    PL_CHECK_INT(pl_backend_tile(opencl(), 512, 2048, 16), 16);
    PL_CHECK_INT(pl_backend_tile(opencl(), 10, 40, (size_t)1 << 40), 1 << 20);
}

/* ---- kernels ---- */

static void test_opencl__every_operator_has_a_kernel(void) {
    for (int op = 0; op < PL_OPS; op++) {
        bool product = op == PL_OP_MATMUL || op == PL_OP_OUTER;
        if (!product && !engine()->kernel[op])
            printf("  no kernel: %s\n", pl_op_info((enum pl_op)op)->name);
        PL_CHECK(product || engine()->kernel[op] != NULL);
        PL_CHECK((engine()->kernel[op] != NULL) == (engine()->grid[op] != PL_CL_NO_GRID));
    }
}

static void test_opencl__a_build_failure_carries_the_log(void) {
    const char *const broken = "kernel void f(global float *x) { x[0] = plumb_line; }";
    cl_program program;
    PL_CHECK_FAILS(pl_cl_build(&program, engine()->context, engine()->device.id, &broken, 1, ""),
                   PL_EBACKEND, "plumb_line");
    PL_CHECK(strstr(pl_message(), "do not build") != NULL);
    PL_CHECK(program == NULL);
}

/* ---- programs that cannot run ---- */

struct bench {
    struct pl_graph graph;
    struct pl_plan plan;
    int x, y;
};

static void bench_init(struct bench *bench) {
    pl_graph_init(&bench->graph);
    bench->x = pl_feed_tile(&bench->graph, "x", 3, PL_NUMBER);
    bench->y = pl_scale(&bench->graph, 2, bench->x);
    pl_plan_make(&bench->plan, &bench->graph, 32, &(struct pl_pass_spec){"value", &bench->y, 1}, 1);
}

static void bench_finish(struct bench *bench) {
    pl_plan_finish(&bench->plan);
    pl_graph_finish(&bench->graph);
}

static void bench_run(struct bench *bench, struct pl_program *program, double *values) {
    float data[3 * 32];
    for (int k = 0; k < 3 * 32; k++) data[k] = (float)k;
    pl_program_begin(program, 0);
    pl_program_gather(program, 0, bench->x, data, (struct pl_gather){.count = 32});
    pl_program_tile(program, 0);
    pl_program_end(program, 0);
    pl_program_read_tile(program, 0, bench->y, values);
}

static void test_opencl__a_missing_kernel_is_a_sentence(void) {
    struct bench bench;
    struct pl_program *program;
    cl_kernel kept = engine()->kernel[PL_OP_SCALE];
    bench_init(&bench);
    engine()->kernel[PL_OP_SCALE] = NULL;
    PL_CHECK_FAILS(pl_program_create(&program, opencl(), &bench.plan), PL_EBACKEND,
                   "no kernel for the operator scale");
    PL_CHECK(program == NULL);
    engine()->kernel[PL_OP_SCALE] = kept;
    bench_finish(&bench);
}

static void test_opencl__short_memory_is_a_sentence(void) {
    struct bench bench;
    struct pl_program *program;
    bench_init(&bench);
    bench.plan.size[PL_REGION_RUN] = (size_t)1 << 50;
    PL_CHECK_FAILS(pl_program_create(&program, opencl(), &bench.plan), PL_EMEMORY, "run state");
    PL_CHECK(strstr(pl_message(), engine()->device.name) != NULL);
    bench_finish(&bench);
}

/* A launch that the driver refuses: groups of another size than the kernel was built for. */
static void test_opencl__trouble_on_the_way_is_kept(void) {
    struct bench bench;
    struct pl_program *program;
    double values[3 * 32];
    size_t kept = engine()->group;
    bench_init(&bench);
    PL_REQUIRE_OK(pl_program_create(&program, opencl(), &bench.plan));
    bench_run(&bench, program, values);
    PL_REQUIRE_OK(pl_program_check(program));
    PL_CHECK(values[0] == 0 && values[32] == 2 && values[33] == 8); /* twice token t, feature c */
    engine()->group = kept / 2;
    bench_run(&bench, program, values);
    engine()->group = kept;
    PL_CHECK_FAILS(pl_program_check(program), PL_EBACKEND, "scale");
    PL_CHECK(isnan(values[0]) && isnan(values[95]));
    bench_run(&bench, program, values); /* it stays so */
    PL_CHECK_FAILS(pl_program_check(program), PL_EBACKEND, "scale");
    PL_CHECK(isnan(values[0]));
    pl_program_destroy(program);
    bench_finish(&bench);
}

const struct pl_test pl_suite_opencl[] = {
    {"a_device_is_here", test_opencl__a_device_is_here},
    {"no_device_is_a_sentence", test_opencl__no_device_is_a_sentence},
    {"a_device_is_chosen_by_number_or_name", test_opencl__a_device_is_chosen_by_number_or_name},
    {"an_unknown_device_is_a_sentence", test_opencl__an_unknown_device_is_a_sentence},
    {"the_batch_is_the_tile", test_opencl__the_batch_is_the_tile},
    {"every_operator_has_a_kernel", test_opencl__every_operator_has_a_kernel},
    {"a_build_failure_carries_the_log", test_opencl__a_build_failure_carries_the_log},
    {"a_missing_kernel_is_a_sentence", test_opencl__a_missing_kernel_is_a_sentence},
    {"short_memory_is_a_sentence", test_opencl__short_memory_is_a_sentence},
    {"trouble_on_the_way_is_kept", test_opencl__trouble_on_the_way_is_kept},
    {0},
};

#else

static void test_opencl__a_build_without_it_says_so(void) {
    const struct pl_backend *found;
    struct pl_strbuf text;
    PL_CHECK_FAILS(pl_backend_find(&found, "opencl"), PL_EBACKEND, "this build has no OpenCL: ");
    PL_CHECK(found == NULL);
    for (int k = 0; pl_backend_here(k); k++)
        PL_CHECK(strcmp(pl_backend_name(pl_backend_here(k)), "opencl") != 0);
    pl_strbuf_init(&text);
    for (int k = 0; pl_backend_at(k); k++)
        if (strcmp(pl_backend_name(pl_backend_at(k)), "opencl") == 0)
            pl_backend_numerics(pl_backend_at(k), &text);
    PL_CHECK(strncmp(text.text, "not in this build: ", 19) == 0);
    pl_strbuf_finish(&text);
}

const struct pl_test pl_suite_opencl[] = {
    {"a_build_without_it_says_so", test_opencl__a_build_without_it_says_so},
    {0},
};

#endif
