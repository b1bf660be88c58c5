#include "core/base/strbuf.h"
#include "experiments/run/stamp.h"
#include "tests/support/support.h"

#define PROVENANCE(sources, compiler, flags, backend, numerics)                                    \
    "{\"sources\":\"" sources "\",\"compiler\":\"" compiler "\",\"flags\":\"" flags                \
    "\",\"backend\":\"" backend "\",\"numerics\":\"" numerics "\"}"

static void check(const char *then, const char *now, const char *expected) {
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    pl_stamp_difference(&text, then, now);
    PL_CHECK_TEXT(text.text, expected);
    pl_strbuf_finish(&text);
}

static const char base[] = PROVENANCE("0123456789abcdef", "GNU 12.2.0", "-O3", "cpu",
                                      "float32, OpenBLAS 0.3.21 Haswell, x86-64-v4 kernels");

static void test_stamp__names_the_part_that_differs(void) {
    check(base,
          PROVENANCE("fedcba9876543210", "GNU 12.2.0", "-O3", "cpu",
                     "float32, OpenBLAS 0.3.21 Haswell, x86-64-v4 kernels"),
          "sources (0123456789ab then, fedcba987654 now)");
    check(base,
          PROVENANCE("0123456789abcdef", "Clang 14.0.6", "-O2", "cpu",
                     "float32, OpenBLAS 0.3.21 Haswell, x86-64-v4 kernels"),
          "compiler (GNU 12.2.0 then, Clang 14.0.6 now), flags (-O3 then, -O2 now)");
    check(base,
          PROVENANCE("0123456789abcdef", "GNU 12.2.0", "-O3", "cpu",
                     "float32, OpenBLAS 0.3.28 Zen, x86-64-v3 kernels"),
          "OpenBLAS (0.3.21 then, 0.3.28 now), core type (Haswell then, Zen now), "
          "instruction-set level (x86-64-v4 kernels then, x86-64-v3 kernels now)");
}

static void test_stamp__names_a_device(void) {
    check(PROVENANCE("0", "c", "f", "opencl", "float32, A / B, driver 1, CLBlast 1.5.3"),
          PROVENANCE("0", "c", "f", "opencl", "float32, A / C, driver 2, CLBlast 1.5.3"),
          "device (A / B then, A / C now), driver (driver 1 then, driver 2 now)");
    check(PROVENANCE("0", "c", "f", "opencl", "float32, A, Inc. / B, driver 1, CLBlast 1.5.3"),
          PROVENANCE("0", "c", "f", "opencl", "float32, A / B, driver 1, CLBlast 1.5.3"),
          "libraries (float32, A, Inc. / B, driver 1, CLBlast 1.5.3 then, "
          "float32, A / B, driver 1, CLBlast 1.5.3 now)");
}

static void test_stamp__names_a_plugin(void) {
    static const char with[] = "{\"sources\":\"0\",\"compiler\":\"c\",\"flags\":\"f\","
                               "\"backend\":\"cpu\",\"numerics\":\"float32\","
                               "\"plugin\":\"spiral.so 77\"}";
    check(PROVENANCE("0", "c", "f", "cpu", "float32"), with,
          "plug-in (none then, spiral.so 77 now)");
    check(with, with, "nothing that is recorded (the stamp was made in another way)");
}

static void test_stamp__tells_when_nothing_is_recorded(void) {
    check(base, base, "nothing that is recorded (the stamp was made in another way)");
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    pl_stamp_difference(&text, "", base);
    PL_CHECK(strstr(text.text, "sources (not recorded then, 0123456789ab now)") != NULL);
    pl_strbuf_finish(&text);
}

/* Against the program's own: whatever the machine, two backends differ in the backend. */
static void test_stamp__reads_its_own_provenance(void) {
    const struct pl_backend *backends[2];
    char *texts[2], stamps[2][PL_HASH_TEXT];
    const char *const names[] = {"cpu", "ref"};
    struct pl_strbuf text;
    for (int k = 0; k < 2; k++) {
        PL_REQUIRE_OK(pl_backend_find(&backends[k], names[k]));
        struct pl_json *json = pl_provenance(backends[k], NULL);
        texts[k] = pl_json_write(json, false);
        pl_json_destroy(json);
        pl_stamp(stamps[k], backends[k], NULL);
    }
    PL_CHECK(strcmp(stamps[0], stamps[1]) != 0);
    pl_strbuf_init(&text);
    pl_stamp_difference(&text, texts[0], texts[1]);
    PL_CHECK(strncmp(text.text, "backend (cpu then, ref now), ", 29) == 0);
    pl_strbuf_finish(&text);
    for (int k = 0; k < 2; k++) pl_free(texts[k]);
}

const struct pl_test pl_suite_stamp[] = {
    {"names_the_part_that_differs", test_stamp__names_the_part_that_differs},
    {"names_a_device", test_stamp__names_a_device},
    {"names_a_plugin", test_stamp__names_a_plugin},
    {"tells_when_nothing_is_recorded", test_stamp__tells_when_nothing_is_recorded},
    {"reads_its_own_provenance", test_stamp__reads_its_own_provenance},
    {0}};
