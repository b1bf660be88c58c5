/* Reference and drift: what is written reads back, only the same things are compared, and what has moved
 * is named. */
#include "experiments/study/expand.h"
#include "tests/unit/check/claimed_study.h"

static double plain(char label, int structure, int seed, const void *context) {
    double scale = context ? *(const double *)context : 1.0;
    return scale * (0.1 * (label - 'a' + 1) + 0.01 * structure + 0.001 * seed);
}

/* A loss that no short decimal equals, one that diverged, one that failed. */
static double awkward(char label, int structure, int seed, const void *context) {
    (void)context;
    if (label == 'a' && seed == 2) return INFINITY;
    if (label == 'b' && seed == 3) return NAN;
    return pl_exp(-0.1 * structure - seed) / 3.0;
}

static void gather(struct pl_reference *out, const struct claimed *study,
                   const struct claimed *twin) {
    pl_reference_gather(out, &study->experiment, &study->cells, study->results,
                        twin ? twin->results : NULL);
}

static void write_text(const struct pl_reference *reference, struct pl_strbuf *out) {
    struct pl_json *provenance = pl_json_object();
    pl_json_set(provenance, "numerics", pl_json_text("float32, here"));
    pl_json_set(provenance, "commit", pl_json_text("abc"));
    pl_reference_write(reference, "0123", "9.9", provenance, out);
    pl_json_destroy(provenance);
}

/* Through a file and back. */
static void pass_through(struct pl_reference *out, const struct pl_reference *in,
                         const struct pl_temp *temp, struct pl_strbuf *text) {
    char path[300];
    snprintf(path, sizeof path, "%s/reference.json", temp->path);
    write_text(in, text);
    FILE *file = fopen(path, "w");
    PL_REQUIRE(file != NULL);
    fputs(text->text, file);
    fclose(file);
    PL_REQUIRE_OK(pl_reference_read(out, path));
}

static void test_drift__a_reference_reads_back_bit_by_bit(void) {
    struct claimed study;
    struct pl_reference before, after;
    struct pl_drift drift;
    struct pl_strbuf text, again;
    struct pl_temp temp;
    pl_temp_init(&temp);
    pl_strbuf_init(&text);
    pl_strbuf_init(&again);
    claimed_init(&study, "[]", "4");
    claimed_fill(&study, "train_loss", awkward, NULL);
    gather(&before, &study, NULL);
    pass_through(&after, &before, &temp, &text);
    PL_CHECK_TEXT(after.study, "claimed");
    PL_CHECK_TEXT(after.commit, "abc");
    PL_CHECK_INT((long long)after.group_count, 9);
    pl_drift_find(&drift, &after, &before, "float32, here");
    PL_CHECK(drift.same_class);
    PL_CHECK_INT((long long)drift.difference_count, 0);
    PL_CHECK_INT((long long)drift.compared,
                 36 - 3 + 6); /* a failed run has none, a diverged one three */
    PL_CHECK_INT((long long)drift.changed, 0);
    write_text(&after, &again); /* the same bytes once more */
    PL_CHECK_TEXT(again.text, text.text);
    pl_drift_finish(&drift);
    pl_reference_finish(&before);
    pl_reference_finish(&after);
    claimed_finish(&study);
    pl_strbuf_finish(&text);
    pl_strbuf_finish(&again);
    pl_temp_finish(&temp);
}

/* On another class of machine bits are compared where all cells of a group are portable on both sides. */
static void test_drift__portable_groups_have_no_class_of_machine(void) {
    struct claimed study;
    struct pl_reference before, after;
    struct pl_drift drift;
    struct pl_strbuf text;
    struct pl_temp temp;
    pl_temp_init(&temp);
    pl_strbuf_init(&text);
    claimed_init(&study, "[]", "4");
    claimed_fill(&study, "train_loss", plain, NULL);
    for (size_t k = 0; k < study.cells.count; k++)
        study.results[k].provenance = "{\"numerics\":\"portable\"}";
    gather(&before, &study, NULL);
    pass_through(&after, &before, &temp, &text);
    pl_drift_find(&drift, &after, &before, "float32, there");
    PL_CHECK(drift.same_class);
    PL_CHECK_INT((long long)drift.portable, 9);
    PL_CHECK_INT((long long)drift.drifted, 0);
    pl_drift_finish(&drift);
    before.groups[0].values[pl_metric_find("train_loss") - pl_metrics][1] *= 1.0 + 1e-15;
    pl_drift_find(&drift, &after, &before, "float32, there"); /* one bit is too much */
    PL_CHECK_INT((long long)drift.changed, 1);
    PL_CHECK_INT((long long)drift.drifted, 1);
    PL_CHECK_INT((long long)drift.drifted_portable, 1);
    pl_drift_finish(&drift);
    pl_reference_finish(&before);
    study.results[0].provenance = "{\"numerics\":\"float32, there\"}";
    gather(&before, &study, NULL);
    pl_drift_find(&drift, &after, &before, "float32, there");
    PL_CHECK(!drift.same_class);
    PL_CHECK_INT((long long)drift.portable, 8);
    pl_drift_finish(&drift);
    pl_reference_finish(&before);
    pl_reference_finish(&after);
    claimed_finish(&study);
    pl_strbuf_finish(&text);
    pl_temp_finish(&temp);
}

static double eighths(char label, int structure, int seed, const void *context) {
    (void)label, (void)structure, (void)context;
    return 0.125 * seed;
}

/* One line a value group, sorted, and what is common said once. */
static void test_drift__a_reference_can_be_read_by_people(void) {
    struct claimed study;
    struct pl_reference reference;
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    claimed_init(&study, "[]", "2");
    claimed_fill(&study, "train_loss", eighths, NULL);
    gather(&reference, &study, NULL);
    write_text(&reference, &text);
    PL_CHECK(strstr(text.text, "\n    \"train.lr\": \"0.001\",\n") != NULL);
    PL_CHECK(strstr(text.text, "{\"entry\": \"a\", \"name\": \"a at task.structure = 0\",\n"
                               "     \"settings\": {\"task.structure\": \"0\"") != NULL);
    PL_CHECK(strstr(text.text,
                    "\n     \"train_loss\": {\"floor\": 0, \"values\": [0.125, 0.25]}") != NULL);
    PL_CHECK(strstr(text.text, "a at task.structure = 0\"") <
             strstr(text.text, "a at task.structure = 0.5\""));
    PL_CHECK(strstr(text.text, "a at task.structure = 1\"") <
             strstr(text.text, "b at task.structure = 0\""));
    pl_reference_finish(&reference);
    claimed_finish(&study);
    pl_strbuf_finish(&text);
}

/* ---- tolerances ---- */

/* All 27 losses times [factor]; a twin's are times [twin_factor], which makes the floors. */
static void check_drift(double factor, double twin_factor, size_t changed, size_t drifted) {
    struct claimed then, now, twin;
    struct pl_reference before, after;
    struct pl_drift drift;
    claimed_init(&then, "[]", "3");
    claimed_init(&now, "[]", "3");
    claimed_init(&twin, "[]", "3");
    claimed_fill(&then, "train_loss", plain, NULL);
    claimed_fill(&now, "train_loss", plain, &factor);
    claimed_fill(&twin, "train_loss", plain, &twin_factor);
    gather(&before, &then, &twin);
    gather(&after, &now, NULL);
    pl_drift_find(&drift, &before, &after, "");
    PL_CHECK_INT((long long)drift.compared, 27);
    PL_CHECK_INT((long long)drift.changed, (long long)changed);
    PL_CHECK_INT((long long)drift.drifted, (long long)drifted);
    PL_CHECK_INT((long long)drift.worst_count, drifted ? PL_DRIFT_WORST : 0);
    pl_drift_finish(&drift);
    pl_reference_finish(&before);
    pl_reference_finish(&after);
    claimed_finish(&then);
    claimed_finish(&now);
    claimed_finish(&twin);
}

static void test_drift__is_what_goes_beyond_rel_or_six_floors(void) {
    check_drift(1.0, 1.0, 0, 0);
    check_drift(1.00009, 1.0, 27, 0);
    check_drift(1.00011, 1.0, 27, 27); /* rel is 1e-4 */
    check_drift(1.0059, 1.001, 27, 0); /* 6 x log 1.001 = 0.005997 */
    check_drift(1.0061, 1.001, 27, 27);
    check_drift(1 / 1.0061, 1.001, 27, 27);
}

static double one_moved(char label, int structure, int seed, const void *context) {
    double value = plain(label, structure, seed, NULL);
    (void)context;
    if (label == 'c' && structure == 2 && seed == 2) return 1.05 * value;
    if (label == 'b' && structure == 1 && seed == 1) return 1.5 * value;
    if (label == 'a' && structure == 0 && seed == 3) return INFINITY;
    return value;
}

static void test_drift__names_the_furthest_first(void) {
    struct claimed then, now;
    struct pl_reference before, after;
    struct pl_drift drift;
    struct pl_strbuf text;
    claimed_init(&then, "[]", "3");
    claimed_init(&now, "[]", "3");
    claimed_fill(&then, "train_loss", plain, NULL);
    claimed_fill(&now, "train_loss", one_moved, NULL);
    gather(&before, &then, NULL);
    gather(&after, &now, NULL);
    pl_drift_find(&drift, &before, &after, "");
    PL_CHECK_INT((long long)drift.compared, 27 + 2); /* a diverged run has no loss of any kind */
    PL_CHECK_INT((long long)drift.drifted, 3 + 2);
    PL_CHECK_INT((long long)drift.groups_drifted, 3);
    pl_strbuf_init(&text);
    pl_moved_text(&drift.worst[0], &text);
    PL_CHECK_TEXT(text.text, "a at task.structure = 0, seed 3: train_loss diverged, was 0.103");
    pl_strbuf_clear(&text);
    pl_moved_text(&drift.worst[3], &text);
    PL_CHECK_TEXT(text.text,
                  "b at task.structure = 0.5, seed 1: train_loss 0.3165, was 0.211 (+50 %, 0.01 % "
                  "allowed)");
    pl_strbuf_clear(&text);
    pl_moved_text(&drift.worst[4], &text);
    PL_CHECK_TEXT(text.text,
                  "c at task.structure = 1, seed 2: train_loss 0.3381, was 0.322 (+5 %, 0.01 % "
                  "allowed)");
    pl_strbuf_finish(&text);
    pl_drift_finish(&drift);
    pl_reference_finish(&before);
    pl_reference_finish(&after);
    claimed_finish(&then);
    claimed_finish(&now);
}

/* ---- different things ---- */

/* What is said of a study after [override], against itself as it is. */
static void check_apart(const char *override, const char *expected) {
    struct claimed then, now = {0};
    struct pl_reference before, after;
    struct pl_drift drift;
    struct pl_strbuf said;
    char *text = claimed_text("[]", "3");
    claimed_init(&then, "[]", "3");
    PL_REQUIRE_OK(
        pl_experiment_load_text(&now.experiment, "made.yaml", text, strlen(text), &override, 1));
    PL_REQUIRE_OK(pl_experiment_expand(&now.cells, &now.experiment));
    now.results = pl_alloc_zero(now.cells.count, sizeof *now.results);
    gather(&before, &then, NULL);
    gather(&after, &now, NULL);
    pl_drift_find(&drift, &before, &after, "");
    pl_strbuf_init(&said);
    for (size_t k = 0; k < drift.difference_count; k++)
        pl_strbuf_addf(&said, "%s\n", drift.differences[k]);
    PL_CHECK_TEXT(said.text, expected);
    pl_strbuf_finish(&said);
    pl_drift_finish(&drift);
    pl_reference_finish(&before);
    pl_reference_finish(&after);
    claimed_finish(&then);
    claimed_finish(&now);
    pl_free(text);
}

static void test_drift__says_what_differs(void) {
    check_apart("seeds=2,3,4", ""); /* two seeds in common */
    check_apart("train.lr=0.01", "train.lr is 0.001 in the reference and 0.01 here\n");
    check_apart("seeds=7,8", "the two have no seed in common\n");
    check_apart("study=other", "the reference is of the study claimed, and this is other\n");
    check_apart("task.structure=0,1",
                "a at task.structure = 0.5 is in the reference and not in the study\n"
                "b at task.structure = 0.5 is in the reference and not in the study\n"
                "c at task.structure = 0.5 is in the reference and not in the study\n");
    check_apart("task.structure=0,0.5,1,0.25",
                "a at task.structure = 0.25 is in the study and not in the reference\n"
                "b at task.structure = 0.25 is in the study and not in the reference\n"
                "c at task.structure = 0.25 is in the study and not in the reference\n");
}

/* A reference from before there was an option: no difference while the option has its default. */
static void test_drift__a_new_option_at_its_default_is_no_difference(void) {
    struct claimed study;
    struct pl_reference before, after;
    struct pl_drift drift;
    claimed_init(&study, "[]", "3");
    gather(&before, &study, NULL);
    gather(&after, &study, NULL);
    for (size_t g = 0; g < before.group_count; g++) {
        struct pl_settings *settings = &before.groups[g].settings;
        size_t kept = 0;
        for (size_t k = 0; k < settings->count; k++)
            if (strcmp(settings->items[k].key, "train.eps") != 0)
                settings->items[kept++] = settings->items[k];
        settings->count = kept;
    }
    pl_drift_find(&drift, &before, &after, "");
    PL_CHECK_INT((long long)drift.difference_count, 0);
    pl_drift_finish(&drift);
    pl_settings_set(&after.groups[0].settings, "train.eps", "0.1", (struct pl_place){"test", 0, 0});
    pl_drift_find(&drift, &before, &after, "");
    PL_REQUIRE(drift.difference_count == 1);
    PL_CHECK_TEXT(drift.differences[0], "a at task.structure = 0: train.eps is 0.1 here, and the "
                                        "reference knows no such setting");
    pl_drift_finish(&drift);
    pl_reference_finish(&before);
    pl_reference_finish(&after);
    claimed_finish(&study);
}

static void check_file(const struct pl_temp *temp, const char *content, enum pl_status expected,
                       const char *part) {
    struct pl_reference reference;
    char path[300];
    snprintf(path, sizeof path, "%s/file.json", temp->path);
    FILE *file = fopen(path, "w");
    PL_REQUIRE(file != NULL);
    fputs(content, file);
    fclose(file);
    PL_CHECK_FAILS(pl_reference_read(&reference, path), expected, part);
}

static void test_drift__a_file_that_is_no_reference_is_refused(void) {
    struct pl_reference reference;
    struct pl_temp temp;
    pl_temp_init(&temp);
    PL_CHECK_FAILS(pl_reference_read(&reference, "/no/such/file.json"), PL_ESTORE,
                   "/no/such/file.json cannot be read");
    check_file(&temp, "{", PL_EMISMATCH, "file.json is no reference");
    check_file(&temp, "[1, 2]", PL_EMISMATCH, "is not a whole reference of schema 1");
    check_file(&temp, "{\"schema\": 2, \"study\": \"x\"}", PL_EMISMATCH, "`plumbline bless`");
    check_file(&temp,
               "{\"schema\": 1, \"study\": \"x\", \"seeds\": [1, 2], \"groups\": [{\"entry\": "
               "\"a\", \"name\": \"a\", \"train_loss\": {\"floor\": 0, \"values\": [1]}}]}",
               PL_EMISMATCH, "is not a whole reference");
    pl_temp_finish(&temp);
}

/* ---- the exit status ---- */

static int status_of(const struct pl_drift *drift, bool exact, bool strict, size_t failed,
                     enum pl_claim_verdict verdict) {
    struct pl_check_row row = {.verdict = verdict};
    struct pl_check check = {.rows = &row,
                             .claims = {.count = 1},
                             .failed = failed,
                             .strict = strict,
                             .exact = exact,
                             .drift = drift};
    return pl_check_exit(&check);
}

static void test_drift__exit_status_by_precedence(void) {
    const struct pl_drift same = {.same_class = true}, moved = {.same_class = true, .changed = 2};
    const struct pl_drift apart = {.same_class = true, .difference_count = 1};
    const struct pl_drift other = {.same_class = false, .changed = 2, .drifted = 2};
    PL_CHECK_INT(status_of(NULL, false, false, 0, PL_CLAIM_HOLDS), 0);
    PL_CHECK_INT(status_of(&same, true, true, 0, PL_CLAIM_TOO_SMALL), 0);
    PL_CHECK_INT(status_of(&moved, false, true, 0, PL_CLAIM_HOLDS), 0); /* drift only warns */
    PL_CHECK_INT(status_of(&other, false, true, 0, PL_CLAIM_HOLDS), 0);
    PL_CHECK_INT(status_of(NULL, false, true, 0, PL_CLAIM_OPEN), 4);
    PL_CHECK_INT(status_of(&same, false, true, 0, PL_CLAIM_CONTRADICTED), 1);
    PL_CHECK_INT(status_of(&moved, true, true, 0, PL_CLAIM_CONTRADICTED), 6);
    PL_CHECK_INT(status_of(&moved, true, true, 1, PL_CLAIM_CONTRADICTED), 3);
    PL_CHECK_INT(status_of(&apart, true, true, 1, PL_CLAIM_CONTRADICTED), 5);
    PL_CHECK_INT(status_of(&other, true, false, 0, PL_CLAIM_HOLDS), 5);
    PL_CHECK_INT(status_of(NULL, true, false, 0, PL_CLAIM_HOLDS), 5);
}

const struct pl_test pl_suite_drift[] = {
    {"a_reference_reads_back_bit_by_bit", test_drift__a_reference_reads_back_bit_by_bit},
    {"portable_groups_have_no_class_of_machine",
     test_drift__portable_groups_have_no_class_of_machine},
    {"a_reference_can_be_read_by_people", test_drift__a_reference_can_be_read_by_people},
    {"is_what_goes_beyond_rel_or_six_floors", test_drift__is_what_goes_beyond_rel_or_six_floors},
    {"names_the_furthest_first", test_drift__names_the_furthest_first},
    {"says_what_differs", test_drift__says_what_differs},
    {"a_new_option_at_its_default_is_no_difference",
     test_drift__a_new_option_at_its_default_is_no_difference},
    {"a_file_that_is_no_reference_is_refused", test_drift__a_file_that_is_no_reference_is_refused},
    {"exit_status_by_precedence", test_drift__exit_status_by_precedence},
    {0},
};
