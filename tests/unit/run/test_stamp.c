#include "core/base/strbuf.h"
#include "experiments/run/stamp.h"
#include "tests/support/support.h"

#define CELL                                                                                       \
    "backend = ref\nmodel.depth = 2\nmodel.width = 8\nmodel.hidden = 16\ntask.name = linear_mix\n" \
    "task.dim = 8\nseed = 1\nvariant.name = standard\n"

static void make(struct pl_stamp *out, const char *text) {
    struct pl_bound bound;
    PL_REQUIRE_OK(pl_bound_read(&bound, text));
    pl_stamp_make(out, &bound);
    pl_bound_finish(&bound);
}

static bool same(const char *a, const char *b) {
    struct pl_stamp left, right;
    make(&left, a);
    make(&right, b);
    bool equal = strcmp(left.hash, right.hash) == 0;
    PL_CHECK(equal == (strcmp(left.parts.text, right.parts.text) == 0));
    pl_stamp_finish(&left);
    pl_stamp_finish(&right);
    return equal;
}

static void test_stamp__is_of_what_a_cell_passes_through(void) {
    PL_CHECK(same(CELL, CELL));
    PL_CHECK(same(CELL, CELL "task.structure = 0.5\ntrain.steps = 7\ntrain.lr = 0.5\n"));
    PL_CHECK(!same(CELL, CELL "train.optimizer = sgd\n"));
}

static bool has(const struct pl_stamp *stamp, const char *part) {
    char line[128];
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    pl_strbuf_addf(&text, "\n%s", stamp->parts.text);
    snprintf(line, sizeof line, "\n%s", part);
    bool found = strstr(text.text, line) != NULL;
    pl_strbuf_finish(&text);
    return found;
}

/* Its own task, variant and families of operators, and no others. */
static void test_stamp__has_the_parts_of_the_cell(void) {
    struct pl_stamp stamp;
    make(&stamp, CELL);
    PL_CHECK(stamp.portable);
    PL_CHECK(has(&stamp, "core/base=") && has(&stamp, "core/train=") && has(&stamp, "probe="));
    PL_CHECK(has(&stamp, "backend ref=") && !has(&stamp, "backend cpu="));
    PL_CHECK(has(&stamp, "operator family linear=") && has(&stamp, "operator family optim="));
    PL_CHECK(!has(&stamp, "operator family depth=") && !has(&stamp, "operator family stream="));
    PL_CHECK(has(&stamp, "host mlp (core/model/hosts/mlp.c)="));
    PL_CHECK(has(&stamp, "variant standard (core/model/variants/residual_standard.c)="));
    PL_CHECK(has(&stamp, "task linear_mix (tasks/task_linear_mix.c)="));
    PL_CHECK(!has(&stamp, "variant rescaled") && !has(&stamp, "task modular"));
    PL_CHECK(!has(&stamp, "compiler=") && !has(&stamp, "OpenBLAS"));
    pl_stamp_finish(&stamp);
    make(&stamp, "backend = ref\nmodel.depth = 2\nmodel.width = 8\nmodel.hidden = 16\nseed = 1\n"
                 "task.name = teacher\ntask.dim = 8\ntask.variant = rezero\n"
                 "variant.name = attnres_full\n");
    PL_CHECK(has(&stamp, "operator family depth="));
    PL_CHECK(has(&stamp, "task teacher (teacher)="));
    PL_CHECK(has(&stamp, "teacher's variant rezero="));
    pl_stamp_finish(&stamp);
}

static void check(const char *then, const char *now, const char *expected) {
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    pl_stamp_difference(&text, then, now);
    PL_CHECK_TEXT(text.text, expected);
    pl_strbuf_finish(&text);
}

#define A "0123456789abcdef"
#define B "fedcba9876543210"

static void test_stamp__names_the_part_that_differs(void) {
    check("{\"parts\":{\"core/base\":\"" A "\",\"task modular (tasks/task_modular.c)\":\"" A "\"}}",
          "{\"parts\":{\"core/base\":\"" A "\",\"task modular (tasks/task_modular.c)\":\"" B "\"}}",
          "task modular (tasks/task_modular.c)");
    check("{\"parts\":{\"core/base\":\"" A "\",\"OpenBLAS core type\":\"Haswell\"}}",
          "{\"parts\":{\"core/base\":\"" B "\",\"OpenBLAS core type\":\"Zen\"}}",
          "core/base, OpenBLAS core type (Haswell then, Zen now)");
    check("{\"parts\":{\"a\":\"" A "\",\"compiler\":\"GNU\"}}", "{\"parts\":{\"b\":\"" A "\"}}",
          "b (new), a (no longer), compiler (GNU then, none now)");
    check("{\"parts\":{}}",
          "{\"parts\":{\"a\":\"1\",\"b\":\"" A "\",\"c\":\"" A "\",\"d\":\"" A "\",\"e\":\"" A
          "\",\"f\":\"" A "\",\"g\":\"" A "\",\"h\":\"" A "\",\"i\":\"" A "\",\"j\":\"" A "\"}}",
          "a (none then, 1 now), b (new), c (new), d (new), e (new), f (new), g (new), h (new) "
          "and 2 more");
}

static void test_stamp__tells_when_nothing_is_recorded(void) {
    static const char now[] = "{\"parts\":{\"a\":\"" A "\"}}";
    check(now, now, "nothing that is recorded (the stamp was made in another way)");
    check("{\"commit\":\"0123456789abcdef\",\"sources\":\"77\"}", now,
          "an earlier version of plumbline made it (commit 0123456789ab), which did not record the "
          "parts of its stamp");
    check("", now,
          "an earlier version of plumbline made it (commit not recorded), which did not record the "
          "parts of its stamp");
}

/* Against the program's own: two variants differ in the variant. */
static void test_stamp__reads_its_own_provenance(void) {
    static const char *const variants[] = {"standard", "none"};
    char *texts[2], cell[512];
    for (int k = 0; k < 2; k++) {
        struct pl_bound bound;
        struct pl_stamp stamp;
        snprintf(cell, sizeof cell,
                 "backend = ref\nmodel.depth = 2\nmodel.width = 8\ntask.name = linear_mix\n"
                 "task.dim = 8\nseed = 1\nvariant.name = %s\n",
                 variants[k]);
        PL_REQUIRE_OK(pl_bound_read(&bound, cell));
        pl_stamp_make(&stamp, &bound);
        struct pl_json *json = pl_provenance(&bound, &stamp);
        PL_CHECK_TEXT(pl_json_as_text(pl_json_get(json, "stamp"), ""), stamp.hash);
        texts[k] = pl_json_write(json, false);
        pl_json_destroy(json);
        pl_stamp_finish(&stamp);
        pl_bound_finish(&bound);
    }
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    pl_stamp_difference(&text, texts[0], texts[1]);
    PL_CHECK(strstr(text.text, "variant none (core/model/variants/residual_none.c) (new)") != NULL);
    PL_CHECK(strstr(text.text, "core/") == strstr(text.text, "core/model/variants"));
    pl_strbuf_finish(&text);
    for (int k = 0; k < 2; k++) pl_free(texts[k]);
}

const struct pl_test pl_suite_stamp[] = {
    {"is_of_what_a_cell_passes_through", test_stamp__is_of_what_a_cell_passes_through},
    {"has_the_parts_of_the_cell", test_stamp__has_the_parts_of_the_cell},
    {"names_the_part_that_differs", test_stamp__names_the_part_that_differs},
    {"tells_when_nothing_is_recorded", test_stamp__tells_when_nothing_is_recorded},
    {"reads_its_own_provenance", test_stamp__reads_its_own_provenance},
    {0}};
