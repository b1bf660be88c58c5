/* Packed references: what is written is what is read, bit for bit; a plan may be a part of it; what does not fit
 * is told. */
#include <unistd.h>

#include "core/base/file.h"
#include "experiments/check/drift.h"
#include "experiments/check/packed.h"
#include "tests/unit/check/claimed_study.h"

/* Losses that float32 holds, but for a's at structure 1, and a run of c that diverged. */
static double loss(char label, int structure, int seed, const void *context) {
    (void)context;
    if (label == 'c' && structure == 1 && seed == 2) return INFINITY;
    double value = (double)(float)(0.1 * seed + 0.01 * structure + (label - 'a'));
    return label == 'a' && structure == 2 ? value + 1e-12 : value;
}

struct parts {
    struct claimed whole;
    char folder[64];
};

static void write_part(const struct claimed *study, const char *folder, const char *name) {
    char path[128];
    struct pl_strbuf text;
    struct pl_json *provenance = pl_json_object();
    pl_json_set(provenance, "commit", pl_json_text(name));
    pl_strbuf_init(&text);
    PL_REQUIRE_OK(
        pl_packed_write(&study->experiment, &study->cells, study->results, "1", provenance, &text));
    snprintf(path, sizeof path, "%s/%s.json", folder, name);
    PL_REQUIRE_OK(pl_file_write(path, text.text, text.length));
    pl_json_destroy(provenance);
    pl_strbuf_finish(&text);
}

static void part_init(struct claimed *study, const char *structures) {
    char *text = claimed_text("[]", "4"), override[64];
    const char *overrides[] = {override};
    snprintf(override, sizeof override, "task.structure=%s", structures);
    *study = (struct claimed){0};
    PL_REQUIRE_OK(
        pl_experiment_load_text(&study->experiment, "made.yaml", text, strlen(text), overrides, 1));
    PL_REQUIRE_OK(pl_experiment_expand(&study->cells, &study->experiment));
    study->results = pl_alloc_zero(study->cells.count, sizeof *study->results);
    claimed_fill(study, "test_loss", loss, NULL);
    pl_free(text);
}

static void parts_init(struct parts *parts) {
    static const char *const structures[] = {"0,0.5", "1"};
    snprintf(parts->folder, sizeof parts->folder, "/tmp/pl_packed_XXXXXX");
    PL_REQUIRE(mkdtemp(parts->folder) != NULL);
    for (int k = 0; k < 2; k++) {
        struct claimed part;
        part_init(&part, structures[k]);
        write_part(&part, parts->folder, k ? "second" : "first");
        claimed_finish(&part);
    }
    claimed_init(&parts->whole, "[]", "4");
    claimed_fill(&parts->whole, "test_loss", loss, NULL);
}

static void parts_finish(struct parts *parts) {
    char path[128];
    static const char *const names[] = {"first", "second", "third"};
    for (size_t k = 0; k < 3; k++) {
        snprintf(path, sizeof path, "%s/%s.json", parts->folder, names[k]);
        remove(path);
    }
    rmdir(parts->folder);
    claimed_finish(&parts->whole);
}

static void test_packed__parts_give_back_every_bit(void) {
    struct parts parts;
    struct pl_packed packed;
    struct pl_packed_fit fit;
    struct pl_arena arena = {0};
    parts_init(&parts);
    PL_CHECK(pl_packed_is(parts.folder));
    PL_REQUIRE_OK(pl_packed_read(&packed, parts.folder, "claimed"));
    PL_CHECK_TEXT(packed.commit, "first, second");
    const struct pl_cells *cells = &parts.whole.cells;
    struct pl_result *results = pl_alloc_zero(cells->count, sizeof *results);
    pl_packed_results(&fit, &packed, &parts.whole.experiment, cells, results, &arena);
    PL_CHECK_INT(fit.groups, 9);
    PL_CHECK_INT(fit.filled, 9);
    PL_CHECK_INT(fit.other, 0);
    pl_packed_finish(&packed); /* what was filled stays */
    for (size_t k = 0; k < cells->count; k++) {
        const struct pl_result *then = &parts.whole.results[k];
        PL_CHECK_INT(results[k].outcome, then->outcome);
        PL_CHECK(pl_real_same(pl_result_final(&results[k], "trivial"), 1.0));
        PL_CHECK(pl_real_same(pl_result_final(&results[k], "test_loss"),
                              pl_result_final(then, "test_loss")));
    }
    pl_free(results);
    pl_arena_finish(&arena);
    parts_finish(&parts);
}

static size_t changed(struct parts *parts, const struct claimed *now, size_t *differences) {
    struct pl_packed packed;
    struct pl_packed_fit fit;
    struct pl_reference then, gathered;
    struct pl_drift drift;
    PL_REQUIRE_OK(pl_packed_read(&packed, parts->folder, "claimed"));
    pl_packed_reference(&then, &packed, &now->experiment, &now->cells, &fit);
    pl_reference_gather(&gathered, &now->experiment, &now->cells, now->results, NULL);
    pl_drift_find(&drift, &then, &gathered, "");
    *differences = drift.difference_count;
    size_t count = drift.difference_count ? fit.other : drift.changed;
    pl_drift_finish(&drift);
    pl_reference_finish(&gathered);
    pl_reference_finish(&then);
    pl_packed_finish(&packed);
    return count;
}

static void test_packed__a_part_of_the_plan_is_compared(void) {
    struct parts parts;
    struct claimed now;
    size_t differences;
    parts_init(&parts);
    part_init(&now, "0.5,1"); /* of both files */
    PL_CHECK_INT(changed(&parts, &now, &differences), 0);
    PL_CHECK_INT(differences, 0);
    struct pl_metric *metric = &now.results[0].metrics[1];
    PL_CHECK_TEXT(metric->name, "test_loss");
    metric->value *= 1 + 1e-15;
    PL_CHECK_INT(changed(&parts, &now, &differences), 1);
    PL_CHECK_INT(differences, 0);
    claimed_finish(&now);
    part_init(&now, "0,0.25"); /* the second is in none */
    PL_CHECK_INT(changed(&parts, &now, &differences), 0);
    PL_CHECK_INT(differences, 3);
    claimed_finish(&now);
    parts_finish(&parts);
}

static void test_packed__other_settings_are_told(void) {
    struct parts parts;
    struct claimed now = {0};
    static const char *const overrides[] = {"model.width=16"};
    char *text = claimed_text("[]", "4");
    size_t differences;
    parts_init(&parts);
    PL_REQUIRE_OK(
        pl_experiment_load_text(&now.experiment, "made.yaml", text, strlen(text), overrides, 1));
    PL_REQUIRE_OK(pl_experiment_expand(&now.cells, &now.experiment));
    now.results = pl_alloc_zero(now.cells.count, sizeof *now.results);
    claimed_fill(&now, "test_loss", loss, NULL);
    PL_CHECK_INT(changed(&parts, &now, &differences), 9);
    PL_CHECK(differences > 0);
    claimed_finish(&now);
    pl_free(text);
    parts_finish(&parts);
}

static void test_packed__files_that_do_not_fit_are_refused(void) {
    struct parts parts;
    struct pl_packed packed;
    struct claimed part;
    char path[128];
    parts_init(&parts);
    PL_CHECK_INT(pl_packed_read(&packed, parts.folder, "another"), PL_EMISMATCH);
    PL_CHECK(strstr(pl_message(), "is a reference of the study claimed, and this is another") !=
             NULL);
    part_init(&part, "1");
    write_part(&part, parts.folder, "third");
    claimed_finish(&part);
    PL_CHECK_INT(pl_packed_read(&packed, parts.folder, "claimed"), PL_EMISMATCH);
    PL_CHECK(strstr(pl_message(), "both have task.structure = 1; take one of them away") != NULL);
    snprintf(path, sizeof path, "%s/third.json", parts.folder);
    PL_REQUIRE_OK(pl_file_write(path, "{\"schema\": 1, \"packed\": true}", 29));
    PL_CHECK_INT(pl_packed_read(&packed, parts.folder, "claimed"), PL_EMISMATCH);
    PL_CHECK(strstr(pl_message(), "is not a whole packed reference of schema 1") != NULL);
    PL_CHECK(!pl_packed_is("/nowhere"));
    parts_finish(&parts);
}

const struct pl_test pl_suite_packed[] = {
    {"parts_give_back_every_bit", test_packed__parts_give_back_every_bit},
    {"a_part_of_the_plan_is_compared", test_packed__a_part_of_the_plan_is_compared},
    {"other_settings_are_told", test_packed__other_settings_are_told},
    {"files_that_do_not_fit_are_refused", test_packed__files_that_do_not_fit_are_refused},
    {0}};
