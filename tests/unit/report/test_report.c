#include "experiments/report/report.h"

#include <time.h>

#include "core/base/rng.h"
#include "experiments/evidence/profile.h"
#include "tests/unit/evidence/golden_study.h"

static const char *const three[] = {"standard", "b", "c"};

static char *write_report(struct made_study *study, const char *format) {
    struct pl_report_input input = {.analysis = made_study_analyse(study, NULL),
                                    .store = "results/made/cells.db",
                                    .version = "0.1.0"};
    struct pl_strbuf out;
    pl_strbuf_init(&out);
    PL_REQUIRE_OK(pl_report_write(&input, format, &out));
    return pl_strbuf_take(&out);
}

/* ------------------------------------------------------------------------ to the last byte */

static char *read_golden(const char *extension) {
    char path[512];
    snprintf(path, sizeof path, "%s/tests/golden/report/made.%s", PL_SOURCE_DIR, extension);
    FILE *file = fopen(path, "rb");
    if (!file) return pl_strdup("");
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    char block[4096];
    for (size_t count; (count = fread(block, 1, sizeof block, file)) > 0;)
        pl_strbuf_add_bytes(&text, block, count);
    fclose(file);
    return pl_strbuf_take(&text);
}

/* A report that differs is left beside the test program, to be looked at and, if right, copied. */
static void leave_behind(const char *extension, const char *text) {
    char path[64];
    snprintf(path, sizeof path, "made.%s.found", extension);
    FILE *file = fopen(path, "wb");
    if (!file) return;
    fputs(text, file);
    fclose(file);
}

/* The digest of the plan is a matter of expand.c: x in its place. */
static void mask_digest(const struct made_study *study, char *text) {
    char digest[PL_HASH_TEXT];
    pl_cells_digest(&study->cells, digest);
    for (char *at = text; (at = strstr(at, digest));) memset(at, 'x', 32);
    digest[16] = '\0';
    for (char *at = text; (at = strstr(at, digest));) memset(at, 'x', 16);
}

static void golden_init(struct made_study *study) {
    struct pl_json *golden = golden_study_load();
    golden_study_init(study, golden);
    pl_json_destroy(golden);
    for (size_t i = 0; i < study->cells.count; i++)
        if (study->results[i].outcome == PL_DONE)
            study->results[i].provenance =
                i % 2 ? "{\"commit\": \"abc\", \"cpu\": \"one\", \"options\": {\"a\": 1}}"
                      : "{\"commit\": \"abc\", \"cpu\": \"two\"}";
}

static void test_report__every_format_is_as_committed(void) {
    struct made_study study;
    golden_init(&study);
    for (const struct pl_report_format *row = pl_report_formats; row->name; row++) {
        char *found = write_report(&study, row->name), *expected = read_golden(row->extension);
        mask_digest(&study, found);
        bool same = strcmp(found, expected) == 0;
        if (!same) leave_behind(row->extension, found);
        PL_CHECK(same);
        pl_free(found);
        pl_free(expected);
    }
    made_study_finish(&study);
}

/* What a report of a finished study says of its plan, given what was recorded of it. */
static char *report_of_plan(const struct pl_store_record *records, size_t count, const char *digest,
                            const char *format) {
    struct made_study study;
    struct pl_history history = {.records = records, .count = count};
    struct pl_strbuf out;
    golden_init(&study);
    snprintf(history.digest, sizeof history.digest, "%s", digest);
    struct pl_report_input input = {
        .analysis = made_study_analyse(&study, NULL), .history = &history, .older = 2};
    pl_strbuf_init(&out);
    PL_REQUIRE_OK(pl_report_write(&input, format, &out));
    made_study_finish(&study);
    return pl_strbuf_take(&out);
}

static void check_plan(const struct pl_store_record *records, size_t count, const char *digest,
                       const char *format, const char *expected, bool there) {
    char *text = report_of_plan(records, count, digest, format);
    PL_CHECK((strstr(text, expected) != NULL) == there);
    pl_free(text);
}

static void test_report__tells_when_the_plan_was_recorded(void) {
    static const char first[] = "0123456789abcdef0123456789abcdef",
                      second[] = "fedcba9876543210fedcba9876543210";
    static const struct pl_store_record records[] = {
        {first, "metric \"test_loss\"\n", "2026-01-02T03:04:05Z", 9, 9, 0, 0},
        {second, "metric \"train_loss\"\n", "2026-02-03T04:05:06Z", 8, 1, 2, 7},
    };
    check_plan(records, 1, first, "md",
               "Plan 0123456789abcdef (cells, metric, baseline, selection, claims): recorded "
               "before the first cell ran.",
               true);
    check_plan(records, 1, first, "md", "The plan was changed", false);
    check_plan(records, 1, second, "md", "not the one that was run last (0123456789abcdef)", true);
    check_plan(records, 0, first, "md", "not recorded, since nothing has run.", true);
    check_plan(records + 1, 1, second, "md", "first recorded when 7 cells had finished", true);
    check_plan(records, 2, second, "md", "The plan was changed after results existed", true);
    check_plan(records, 2, second, "md",
               "- Changed after 7 cells had finished: 1 cell added, 2 cells removed; no longer "
               "metric \"test_loss\"; now metric \"train_loss\".",
               true);
    check_plan(records, 1, first, "md", "2 results come from other numerics", true);
    check_plan(records, 1, first, "json", "\"before_results\": true", true);
    check_plan(records, 2, second, "json", "\"before_results\": false", true);
    check_plan(records, 2, second, "json", "\"older\": 2", true);
    /* the time of a record stands in the provenance of json, and nowhere else */
    check_plan(records, 2, second, "json", "2026-02-03T04:05:06Z", true);
    check_plan(records, 2, second, "md", "2026-02-03", false);
    check_plan(records, 2, second, "csv", "2026-02-03", false);
}

static void test_report__text_fits_80_columns(void) {
    static const char *const labels[] = {"standard", "a-label-that-is-much-longer-than-a-column-is",
                                         "größer-als-die-spalte-breit-ist-ü"};
    static const char *lr[] = {"0.0001", "0.001", "0.1"};
    struct made_study study;
    made_study_init(&study, labels, 3, 4);
    made_study_axis(&study, "train.lr", lr, 3);
    made_study_expand(&study);
    for (size_t i = 0; i < 36; i++)
        made_study_done(&study, i / 12, i / 4 % 3, i % 4, 1e-9 * exp((double)(i * i % 23)));
    char *text = write_report(&study, "text");
    for (const char *line = text; *line;) {
        size_t columns = 0;
        for (; *line != '\n'; line++) columns += ((unsigned char)*line & 0xC0) != 0x80;
        PL_CHECK(columns <= 80);
        line++;
    }
    pl_free(text);
    made_study_finish(&study);
}

/* ---------------------------------------------------------------------------- diagnostics */

static void add_diagnostics(struct made_study *study, size_t seed, double first) {
    const struct pl_diagnostic rows[] = {
        {"mixing", 0, 1, 0, 1},
        {"mixing", 200, 1, 0, first},
        {"mixing", 200, 2, 0, 0.25},
        {"mixing", 200, 2, 1, INFINITY},
        {"probe_loss", 200, PL_NO_INDEX, PL_NO_INDEX, 0.5},
    };
    struct pl_result *result = made_study_done(study, 0, 1, seed, 0.5);
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) pl_result_diagnose(result, &rows[k]);
    result->diagnosed = "diagnostics.at = ends\n";
}

static void test_report__diagnostics_as_csv(void) {
    struct made_study study;
    struct pl_strbuf expected;
    made_study_init(&study, three, 3, 1);
    made_study_expand(&study);
    add_diagnostics(&study, 0, 0.75);
    char *found = write_report(&study, "diagnostics");
    pl_strbuf_init(&expected);
    pl_strbuf_add(&expected, "id,label,variant,seed,name,step,layer,source,value\r\n");
    static const char *const rows[] = {"mixing,0,1,0,1", "mixing,200,1,0,0.75",
                                       "mixing,200,2,0,0.25", "mixing,200,2,1,",
                                       "probe_loss,200,,,0.5"};
    for (int k = 0; k < 5; k++)
        pl_strbuf_addf(&expected, "%s,b,b,1,%s\r\n", study.cells.items[1].id, rows[k]);
    PL_CHECK_TEXT(found, expected.text);
    pl_strbuf_finish(&expected);
    pl_free(found);
    made_study_finish(&study);
}

static void test_report__diagnostics_as_json(void) {
    static const char text[] =
        "{\"settings\":{\"at\":\"ends\"},\"tables\":["
        "{\"name\":\"mixing\",\"step\":0,\"values\":[[1,0,1.0]]},"
        "{\"name\":\"mixing\",\"step\":200,\"values\":[[1,0,0.75],[2,0,0.25],"
        "[2,1,null]]},"
        "{\"name\":\"probe_loss\",\"step\":200,\"values\":[[null,null,0.5]]}]}";
    struct made_study study;
    struct pl_json *report;
    made_study_init(&study, three, 3, 1);
    made_study_expand(&study);
    add_diagnostics(&study, 0, 0.75);
    char *whole = write_report(&study, "json");
    PL_REQUIRE_OK(pl_json_parse(&report, whole, strlen(whole)));
    const struct pl_json *cells = pl_json_get(report, "cells");
    PL_CHECK(pl_json_is_null(pl_json_get(pl_json_at(cells, 0), "diagnostics")));
    char *found = pl_json_write(pl_json_get(pl_json_at(cells, 1), "diagnostics"), false);
    PL_CHECK_TEXT(found, text);
    pl_free(found);
    pl_free(whole);
    pl_json_destroy(report);
    made_study_finish(&study);
}

static void add_one(struct pl_result *result, const char *name, long step, int layer, int source,
                    double value) {
    const struct pl_diagnostic one = {name, step, layer, source, value};
    pl_result_diagnose(result, &one);
}

static void test_report__the_inside_of_a_run_as_text(void) {
    static const char expected[] =
        "\n"
        "Diagnostics after step 9\n"
        "  probe_loss  0.25\n"
        "\n"
        "   layer      h_rms      v_rms\n"
        "       0          -        0.5\n"
        "       1        1.5     -1e-09\n"
        "\n"
        "  source   ablation\n"
        "       0      0.125\n"
        "\n"
        "  mixing, of source (across) in layer (down)\n"
        "   layer     0     1\n"
        "       1  1.00\n"
        "       2  0.25 -0.75\n"
        "\n"
        "  site_ablation, of source (across) in layer (down), in units of "
        "1e-3\n"
        "   layer     0     1\n"
        "       2  0.50     -\n";
    struct pl_result result = {.outcome = PL_DONE};
    struct pl_strbuf out;
    pl_strbuf_init(&out);
    pl_report_inside(&result, &out);
    PL_CHECK_TEXT(out.text, "");
    add_one(&result, "h_rms", 0, 1, PL_NO_INDEX, 99); /* an earlier step is not shown */
    add_one(&result, "probe_loss", 9, PL_NO_INDEX, PL_NO_INDEX, 0.25);
    add_one(&result, "h_rms", 9, 1, PL_NO_INDEX, 1.5);
    add_one(&result, "v_rms", 9, 0, PL_NO_INDEX, 0.5);
    add_one(&result, "v_rms", 9, 1, PL_NO_INDEX, -1e-9);
    add_one(&result, "ablation", 9, PL_NO_INDEX, 0, 0.125);
    add_one(&result, "mixing", 9, 1, 0, 1);
    add_one(&result, "mixing", 9, 2, 0, 0.25);
    add_one(&result, "mixing", 9, 2, 1, -0.75);
    add_one(&result, "site_ablation", 9, 2, 0, 0.0005);
    add_one(&result, "site_ablation", 9, 2, 1, NAN);
    pl_report_inside(&result, &out);
    PL_CHECK_TEXT(out.text, expected);
    pl_strbuf_finish(&out);
    pl_result_finish(&result);
}

/* Whatever the depth, 80 columns; a character stands for as many sources as it takes. */
static void test_report__deep_maps_are_shades(void) {
    for (int depth = 12; depth < 300; depth += 41) {
        struct pl_result result = {.outcome = PL_DONE};
        struct pl_strbuf out;
        pl_strbuf_init(&out);
        for (int l = 1; l <= depth; l++)
            for (int i = 0; i < l; i++) add_one(&result, "mixing", 1, l, i, i == l - 1 ? 1 : -0.5);
        pl_report_inside(&result, &out);
        int lines = 0;
        for (const char *line = out.text; *line; line = strchr(line, '\n') + 1, lines++)
            PL_CHECK(strchr(line, '\n') - line <= 80);
        PL_CHECK_INT(lines, depth + 5);
        PL_CHECK(strstr(out.text, "       1  |@") != NULL);
        if (depth == 12) PL_CHECK(strstr(out.text, "       4  |---@        | 1\n") != NULL);
        pl_strbuf_finish(&out);
        pl_result_finish(&result);
    }
}

static void test_report__a_profile_is_the_mean_of_runs(void) {
    struct made_study study;
    struct pl_profile profile;
    struct pl_arena arena = {0};
    made_study_init(&study, three, 3, 3);
    made_study_expand(&study);
    add_diagnostics(&study, 0, 0.75);
    add_diagnostics(&study, 2, 0.5);
    pl_profile_make(&profile, &arena, made_study_analyse(&study, NULL), 0, 1);
    PL_REQUIRE(profile.count == 5);
    PL_CHECK(profile.values[1].mean == 0.625 && profile.values[1].runs == 2);
    PL_CHECK(profile.values[1].step == 200 && profile.values[1].layer == 1);
    PL_CHECK(isnan(profile.values[3].mean) && profile.values[3].runs == 0);
    PL_CHECK(pl_profile_last(&profile, "mixing") == 200);
    PL_CHECK(pl_profile_last(&profile, "h_rms") == -1);
    pl_profile_make(&profile, &arena, &study.analysis, 0, 0);
    PL_CHECK(profile.count == 0);
    pl_arena_finish(&arena);
    made_study_finish(&study);
}

/* What a terminal can show is shown, in the same columns; the rest is plain. */
static void test_report__text_takes_what_a_terminal_has(void) {
    struct made_study study;
    golden_init(&study);
    struct pl_report_input input = {.analysis = made_study_analyse(&study, NULL)};
    struct pl_strbuf plain, drawn;
    pl_strbuf_init(&plain);
    pl_strbuf_init(&drawn);
    PL_REQUIRE_OK(pl_report_write(&input, "text", &plain));
    input.unicode = input.colour = true;
    PL_REQUIRE_OK(pl_report_write(&input, "text", &drawn));
    for (const char *at = plain.text; *at; at++) PL_CHECK((unsigned char)*at < 0x7F && *at != 0x1B);
    PL_CHECK(strstr(plain.text,
                    "  static    1.60    1-2  0.603  [0.560, 0.649]  -o--      |  2 better\n") !=
             NULL);
    PL_CHECK(strstr(drawn.text, "  static    1.60    1-2  0.603  [0.560, 0.649]  ─●──      │  "
                                "\033[1;36m2 better\033[0m\n") != NULL);
    PL_CHECK(strstr(drawn.text, "\033[1;33mworse\033[0m") != NULL);
    PL_CHECK(strstr(drawn.text, "\033[1mRanking\033[0m\n-------\n") != NULL);
    pl_strbuf_finish(&plain);
    pl_strbuf_finish(&drawn);
    made_study_finish(&study);
}

/* ---------------------------------------------------------------------------- awkward states */

/* Every format in one state: something is written, and json parses. */
static void check_all_formats(struct made_study *study, const char *in_text) {
    for (const struct pl_report_format *row = pl_report_formats; row->name; row++) {
        char *report = write_report(study, row->name);
        PL_CHECK(strlen(report) > 0);
        if (strcmp(row->name, "json") == 0) {
            struct pl_json *parsed;
            PL_REQUIRE_OK(pl_json_parse(&parsed, report, strlen(report)));
            PL_CHECK_INT(pl_json_as_int(pl_json_get(parsed, "schema"), 0), PL_REPORT_SCHEMA);
            PL_CHECK(strstr(report, "NaN") == NULL && strstr(report, "Infinity") == NULL);
            pl_json_destroy(parsed);
        }
        if (strcmp(row->name, "text") == 0) PL_CHECK(strstr(report, in_text) != NULL);
        pl_free(report);
    }
}

static void test_report__awkward_states_are_said_in_words(void) {
    struct made_study study;
    made_study_init(&study, three, 3, 2);
    made_study_expand(&study);
    check_all_formats(&study, "No cell is finished yet");
    for (size_t e = 0; e < 3; e++) made_study_set(&study, 0, e, 0, PL_DONE, "");
    check_all_formats(&study, "No finished cell reports test_loss");
    for (size_t e = 0; e < 3; e++) made_study_diverged(&study, 0, e, 0);
    check_all_formats(&study, "Diverged: b, 1 of 1 finished (seed 1);");
    made_study_finish(&study);
    made_study_init(&study, three, 3, 1);
    made_study_expand(&study);
    for (size_t e = 0; e < 3; e++) made_study_done(&study, 0, e, 0, 0.5);
    check_all_formats(&study, "One seed gives no interval.");
    made_study_finish(&study);
    made_study_init(&study, three, 1, 3);
    made_study_expand(&study);
    for (size_t s = 0; s < 3; s++) made_study_done(&study, 0, 0, s, 0.5);
    check_all_formats(&study, "Ranking");
    made_study_finish(&study);
}

/* What attention over depth chooses from is said of each entry; where it is a choice of the study, so. */
static void test_report__both_families_of_one_entry_are_said(void) {
    static const char *const entries[] = {"standard", "attnres_full", "attnres_static"};
    static const char *values[] = {"outputs", "states"};
    struct made_study study;
    made_study_init(&study, entries, 3, 2);
    made_study_axis(&study, "sources", values, 2);
    made_study_expand(&study);
    for (size_t i = 0; i < study.cells.count; i++) {
        struct pl_cell *cell = &study.cells.items[i];
        const char *sources = cell->entry == 1 ? values[cell->point] : "outputs";
        cell->settings =
            cell->entry == 0
                ? "variant.name = standard\n"
                : pl_arena_printf(&study.cells.arena, "variant.name = %s\nvariant.sources = %s\n",
                                  cell->variant, sources);
        made_study_done(&study, cell->point, cell->entry, cell->seed_index, 0.5);
    }
    char *report = write_report(&study, "md");
    PL_CHECK(strstr(report,
                    "attnres_full: outputs or states, by point, attnres_static: outputs.") != NULL);
    pl_free(report);
    made_study_finish(&study);
}

static void test_report__unknown_format_is_refused(void) {
    struct made_study study;
    made_study_init(&study, three, 3, 1);
    made_study_expand(&study);
    struct pl_report_input input = {.analysis = made_study_analyse(&study, NULL)};
    struct pl_strbuf out;
    pl_strbuf_init(&out);
    PL_CHECK_FAILS(pl_report_write(&input, "jsn", &out), PL_ECONFIG,
                   "did you mean \"json\"? A report is written as one of text, md, html");
    PL_CHECK_INT((long long)out.length, 0);
    pl_strbuf_finish(&out);
    made_study_finish(&study);
}

/* -------------------------------------------------------------------------------- content */

static void test_report__csv_quotes_what_needs_it(void) {
    static const char *const labels[] = {"standard", "a \"quoted\", label"};
    struct made_study study;
    made_study_init(&study, labels, 2, 1);
    made_study_expand(&study);
    made_study_done(&study, 0, 1, 0, 0.25);
    char *csv = write_report(&study, "csv");
    static const char header[] = "id,label,variant,seed,status,test_loss,trivial,sources\r\n";
    PL_CHECK(strncmp(csv, header, strlen(header)) == 0);
    PL_CHECK(strstr(csv, ",\"a \"\"quoted\"\", label\",") != NULL);
    PL_CHECK(strstr(csv, ",1,done,0.25,1.25,\r\n") != NULL);
    PL_CHECK(strstr(csv, ",1,pending,,,\r\n") != NULL);
    pl_free(csv);
    made_study_finish(&study);
}

static const struct pl_json *at(const struct pl_json *object, const char *list, size_t index) {
    return pl_json_at(pl_json_get(object, list), index);
}

static void test_report__json_is_the_documented_interface(void) {
    struct made_study study;
    golden_init(&study);
    char *text = write_report(&study, "json");
    struct pl_json *report;
    PL_REQUIRE_OK(pl_json_parse(&report, text, strlen(text)));
    const struct pl_json *cell = at(report, "cells", 0);
    PL_CHECK_INT((long long)pl_json_count(pl_json_get(report, "cells")), 72);
    PL_CHECK_TEXT(pl_json_as_text(pl_json_get(cell, "status"), ""), "done");
    PL_CHECK_INT(pl_json_as_int(pl_json_get(pl_json_get(cell, "axes"), "task.structure"), -1), 0);
    PL_CHECK_NEAR(pl_json_as_real(pl_json_get(pl_json_get(cell, "metrics"), "test_loss"), NAN),
                  0.200685, 1e-15);
    const struct pl_json *curve = pl_json_get(pl_json_get(cell, "curve"), "test_loss");
    PL_CHECK_INT(pl_json_as_int(at(curve, "steps", 1), 0), 200);
    PL_CHECK_NEAR(pl_json_as_real(at(curve, "values", 0), NAN), 2 * 0.200685, 1e-15);
    PL_CHECK(pl_json_is_null(pl_json_get(pl_json_get(cell, "curve"), "trivial")));
    const struct pl_json *made = pl_json_get(pl_json_get(report, "provenance"), "cells");
    PL_CHECK_INT((long long)pl_json_count(pl_json_get(made, "commit")), 1);
    PL_CHECK_TEXT(pl_json_as_text(at(made, "cpu", 1), ""), "two");
    PL_CHECK_INT((long long)pl_json_count(pl_json_get(report, "comparisons")), 6);
    PL_CHECK_TEXT(pl_json_as_text(pl_json_get(at(report, "ranking", 0), "label"), ""), "static");
    PL_CHECK(!pl_json_is_null(pl_json_get(at(report, "crossovers", 0), "interval")));
    PL_CHECK_INT((long long)pl_json_count(pl_json_get(report, "interactions")), 2);
    PL_CHECK_INT((long long)pl_json_count(pl_json_get(at(report, "interactions", 0), "curve")), 3);
    PL_CHECK(pl_json_is_null(pl_json_get(report, "selection")));
    pl_json_destroy(report);
    pl_free(text);
    made_study_finish(&study);
}

/* The jsonl lines are the json cells. */
static void test_report__jsonl_has_one_object_a_cell(void) {
    struct made_study study;
    golden_init(&study);
    char *lines = write_report(&study, "jsonl"), *text = write_report(&study, "json");
    struct pl_json *report;
    PL_REQUIRE_OK(pl_json_parse(&report, text, strlen(text)));
    size_t count = 0;
    for (char *line = lines, *end; (end = strchr(line, '\n')); line = end + 1, count++) {
        char *cell = pl_json_write(at(report, "cells", count), false);
        *end = '\0';
        PL_CHECK_TEXT(line, cell);
        pl_free(cell);
    }
    PL_CHECK_INT((long long)count, 72);
    pl_json_destroy(report);
    pl_free(text);
    pl_free(lines);
    made_study_finish(&study);
}

/* What a study or a dead worker says can neither steer a terminal nor break a table. */
static void test_report__foreign_text_is_harmless(void) {
    static const char *const labels[] = {"standard", "a|b<i>*", "\x1b[2Jc\xe2\x80\xae"};
    struct made_study study;
    made_study_init(&study, labels, 3, 2);
    study.experiment.question = "red \x1b[31m and a title \x1b]0;owned\a?";
    made_study_expand(&study);
    for (size_t e = 0; e < 3; e++) made_study_done(&study, 0, e, 0, 0.5);
    made_study_failed(&study, 0, 1, 1, "\x1b[2J\nend");
    char *text = write_report(&study, "text"), *md = write_report(&study, "md");
    PL_CHECK(strpbrk(text, "\x1b\a") == NULL && strpbrk(md, "\x1b\a") == NULL);
    PL_CHECK(strstr(text, "\xe2\x80\xae") == NULL && strstr(md, "\xe2\x80\xae") == NULL);
    PL_CHECK(strstr(text, "  \\x1b[2Jc<U+202E>") != NULL);
    PL_CHECK(strstr(text, "red \\x1b[31m and a title \\x1b]0;owned\\x07?") != NULL);
    PL_CHECK(strstr(md, "| a\\|b\\<i>\\* |") != NULL);
    pl_free(text);
    pl_free(md);
    made_study_finish(&study);
}

/* ---------------------------------------------------------------------------------- speed */

/* The promise is a release build's; sanitizers and poisoned memory take their time. */
#ifdef PL_DEBUG
#define SECONDS_AT_MOST 30.0
#else
#define SECONDS_AT_MOST 5.0
#endif

/* What was taken on the way, and how long the longest piece was. */
struct taken {
    struct pl_strbuf text;
    size_t longest;
};

static void take(void *context, struct pl_strbuf *text) {
    struct taken *taken = context;
    if (text->length > taken->longest) taken->longest = text->length;
    pl_strbuf_add_bytes(&taken->text, text->text, text->length);
    pl_strbuf_clear(text);
}

/* A list of cells that is taken away while it is made has the same bytes as [whole], and is never in memory as
 * a whole. */
static void check_drained(struct made_study *study, const char *format, const char *whole) {
    struct taken taken = {.longest = 0};
    struct pl_report_input input = {.analysis = made_study_analyse(study, NULL),
                                    .store = "results/made/cells.db",
                                    .version = "0.1.0",
                                    .drain = take,
                                    .taker = &taken};
    struct pl_strbuf out;
    pl_strbuf_init(&out);
    pl_strbuf_init(&taken.text);
    PL_REQUIRE_OK(pl_report_write(&input, format, &out));
    pl_strbuf_add(&taken.text, out.text);
    PL_CHECK(strcmp(taken.text.text, whole) == 0);
    PL_CHECK(taken.longest > 0 && 4 * taken.longest < strlen(whole));
    PL_CHECK(4 * out.length < strlen(whole));
    pl_strbuf_finish(&taken.text);
    pl_strbuf_finish(&out);
}

/* 5,000 cells (10 variants x 25 points x 20 seeds) with curves of 30 points: each report in 5 s of
 * one processor, whatever else runs beside the test. */
static void test_report__large_study_is_quick(void) {
    static const char *const ten[] = {"standard", "b", "c", "d", "e", "f", "g", "h", "i", "j"};
    static const char *five[] = {"1", "2", "3", "4", "5"};
    static const char *const names[] = {"train_loss", "valid_loss", "test_loss", "accuracy"};
    struct made_study study;
    struct pl_rng rng;
    pl_rng_init(&rng, 1, "large");
    made_study_init(&study, ten, 10, 20);
    made_study_axis(&study, "model.depth", five, 5);
    made_study_axis(&study, "task.structure", five, 5);
    made_study_expand(&study);
    for (size_t i = 0; i < study.cells.count; i++) {
        struct pl_result *result = &study.results[i];
        result->outcome = PL_DONE;
        result->provenance = "{}";
        result->metrics = PL_ARENA_ARRAY(&result->arena, struct pl_metric, 121);
        made_study_metric(result, "trivial", 0, MADE_TRIVIAL);
        for (int m = 0; m < 4; m++)
            for (long step = 10; step <= 300; step += 10)
                made_study_metric(result, names[m], step, exp(0.1 * pl_rng_normal(&rng)));
    }
    for (const struct pl_report_format *row = pl_report_formats; row->name; row++) {
        clock_t start = clock();
        char *report = write_report(&study, row->name);
        double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
        printf("    %s: %.2f s, %zu bytes\n", row->name, seconds, strlen(report));
        PL_CHECK(seconds < SECONDS_AT_MOST);
        if (strcmp(row->name, "csv") == 0 || strncmp(row->name, "json", 4) == 0)
            check_drained(&study, row->name, report);
        pl_free(report);
    }
    made_study_finish(&study);
}

const struct pl_test pl_suite_report[] = {
    {"every_format_is_as_committed", test_report__every_format_is_as_committed},
    {"tells_when_the_plan_was_recorded", test_report__tells_when_the_plan_was_recorded},
    {"text_fits_80_columns", test_report__text_fits_80_columns},
    {"text_takes_what_a_terminal_has", test_report__text_takes_what_a_terminal_has},
    {"diagnostics_as_csv", test_report__diagnostics_as_csv},
    {"diagnostics_as_json", test_report__diagnostics_as_json},
    {"the_inside_of_a_run_as_text", test_report__the_inside_of_a_run_as_text},
    {"deep_maps_are_shades", test_report__deep_maps_are_shades},
    {"a_profile_is_the_mean_of_runs", test_report__a_profile_is_the_mean_of_runs},
    {"awkward_states_are_said_in_words", test_report__awkward_states_are_said_in_words},
    {"both_families_of_one_entry_are_said", test_report__both_families_of_one_entry_are_said},
    {"unknown_format_is_refused", test_report__unknown_format_is_refused},
    {"csv_quotes_what_needs_it", test_report__csv_quotes_what_needs_it},
    {"json_is_the_documented_interface", test_report__json_is_the_documented_interface},
    {"jsonl_has_one_object_a_cell", test_report__jsonl_has_one_object_a_cell},
    {"foreign_text_is_harmless", test_report__foreign_text_is_harmless},
    {"large_study_is_quick", test_report__large_study_is_quick},
    {0}};
