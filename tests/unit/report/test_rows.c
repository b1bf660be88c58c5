/* Rows: one table of rows gives JSON, CSV and the cells of a table; the manual has every row. */
#include <math.h>
#include <stdlib.h>

#include "core/base/file.h"
#include "experiments/report/rows_evidence.h"
#include "tests/support/support.h"

struct thing {
    size_t count;
    long step;
    uint64_t seed;
    double ratio;
    bool reached;
    const char *label;
    char id[8];
    struct pl_interval interval;
    int level;
};

static struct pl_json *make_level(const void *context, const void *item, const void *level) {
    (void)item;
    return pl_json_int(*(const int *)level + *(const int *)context);
}

#define ROW(member, kind, unit) PL_ROW(struct thing, member, kind, unit, "help")
static const struct pl_row rows[] = {
    ROW(count, PL_ROW_SIZE, PL_UNIT_NONE),
    ROW(step, PL_ROW_LONG, PL_UNIT_NONE),
    ROW(seed, PL_ROW_SEED, PL_UNIT_NONE),
    ROW(ratio, PL_ROW_REAL, PL_UNIT_RATIO),
    ROW(reached, PL_ROW_BOOL, PL_UNIT_NONE),
    ROW(label, PL_ROW_TEXT, PL_UNIT_NONE),
    ROW(id, PL_ROW_NAME, PL_UNIT_NONE),
    PL_ROW_AS("interval", struct thing, interval, PL_ROW_INTERVAL, PL_UNIT_RATIO, "help"),
    PL_ROW_MADE_BY(struct thing, level, "level", make_level, "help"),
    {0},
};

static const struct thing one = {3, -1, 7, 1.25, true, "a,b", "cafe", {0.5, 20}, 4};
static const int ten = 10;

static void test_rows__are_members_of_an_object(void) {
    struct thing two = one;
    struct pl_strbuf out;
    two.ratio = NAN;
    two.label = NULL;
    two.interval = pl_interval_none();
    struct thing both[] = {one, two};
    pl_strbuf_init(&out);
    pl_json_print(pl_rows_array(rows, &ten, both, 2, sizeof *both), false, &out);
    PL_CHECK_TEXT(
        out.text,
        "[{\"count\":3,\"step\":-1,\"seed\":7,\"ratio\":1.25,\"reached\":true,\"label\":\"a,b\","
        "\"id\":\"cafe\",\"interval\":[0.5,20.0],\"level\":14},"
        "{\"count\":3,\"step\":-1,\"seed\":7,\"ratio\":null,\"reached\":true,\"label\":null,"
        "\"id\":\"cafe\",\"interval\":null,\"level\":14}]\n");
    pl_strbuf_finish(&out);
}

static void test_rows__are_fields_of_a_line(void) {
    static const struct pl_row few[] = {ROW(count, PL_ROW_SIZE, PL_UNIT_NONE),
                                        ROW(ratio, PL_ROW_REAL, PL_UNIT_RATIO),
                                        ROW(label, PL_ROW_TEXT, PL_UNIT_NONE),
                                        {0}};
    struct thing two = one;
    struct pl_strbuf out;
    two.ratio = INFINITY;
    two.label = "=1+1";
    pl_strbuf_init(&out);
    pl_rows_csv_heading(few, &out);
    pl_strbuf_add(&out, "|");
    pl_rows_csv(few, NULL, &one, &out);
    pl_strbuf_add(&out, "|");
    pl_rows_csv(few, NULL, &two, &out);
    PL_CHECK_TEXT(out.text, "count,ratio,label|3,1.25,\"a,b\"|3,,'=1+1");
    pl_strbuf_finish(&out);
}

static const char *say_twice(void *context, struct pl_arena *arena, const void *const *items) {
    const struct thing *thing = items[0];
    (void)context;
    return pl_arena_printf(arena, "%zu", 2 * thing->count);
}

static void test_rows__are_cells_of_a_table(void) {
    static const struct pl_column columns[] = {
        {"n", 'r', rows, "count", 0, NULL},       {"ratio", 'r', rows, "ratio", 0, NULL},
        {"95 %", 'l', rows, "interval", 0, NULL}, {"level", 'r', rows, "level", 0, NULL},
        {"other", 'l', rows, "label", 1, NULL},   {"twice", 'r', NULL, NULL, 0, say_twice},
    };
    struct pl_arena arena = {0};
    const char *cells[6];
    pl_columns_cells(columns, 6, NULL, &ten, &arena, (const void *[]){&one, NULL}, cells);
    PL_CHECK_TEXT(cells[0], "3");
    PL_CHECK_TEXT(cells[1], "1.250");
    PL_CHECK_TEXT(cells[2], "[0.500, 20]");
    PL_CHECK_TEXT(cells[3], "14");
    PL_CHECK_TEXT(cells[4], "");
    PL_CHECK_TEXT(cells[5], "6");
    pl_arena_finish(&arena);
}

static void test_rows__units_as_people_read_them(void) {
    struct pl_arena arena = {0};
    PL_CHECK_TEXT(pl_number_text(&arena, PL_UNIT_LOSS, INFINITY), "diverged");
    PL_CHECK_TEXT(pl_number_text(&arena, PL_UNIT_RATIO, INFINITY), "inf");
    PL_CHECK_TEXT(pl_number_text(&arena, PL_UNIT_RATIO, 0.01234), "0.0123");
    PL_CHECK_TEXT(pl_number_text(&arena, PL_UNIT_TIMES, 1.05), "1.050x");
    PL_CHECK_TEXT(pl_number_text(&arena, PL_UNIT_RANK, 1.5), "1.50");
    PL_CHECK_TEXT(pl_number_text(&arena, PL_UNIT_P, 0.00001), "<0.0001");
    PL_CHECK_TEXT(pl_number_text(&arena, PL_UNIT_P, 0.0234), "0.0234");
    PL_CHECK_TEXT(pl_number_text(&arena, PL_UNIT_PERCENT, 0.25), "25.0 %");
    PL_CHECK_TEXT(pl_number_text(&arena, PL_UNIT_P, NAN), "-");
    PL_CHECK_TEXT(pl_interval_text(&arena, PL_UNIT_RANK, pl_interval_none()), "-");
    pl_arena_finish(&arena);
}

/* docs/report-json.md has `name` in the section of each table. */
static void test_rows__the_manual_has_every_row(void) {
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    PL_REQUIRE_OK(pl_file_read(&text, PL_SOURCE_DIR "/docs/report-json.md", 1 << 20));
    const char *manual = text.text;
    for (const struct pl_named_rows *table = pl_evidence_rows; table->name; table++) {
        char heading[64], name[64];
        snprintf(heading, sizeof heading, "\n## %s", table->name);
        const char *section = strstr(manual, heading);
        PL_REQUIRE(section != NULL);
        const char *end = strstr(section + 4, "\n## ");
        for (const struct pl_row *row = table->rows; row->name; row++) {
            snprintf(name, sizeof name, "`%s", row->name);
            const char *found = strstr(section, name);
            bool there = found && (!end || found < end);
            if (!there) printf("    %s: %s\n", table->name, row->name);
            PL_CHECK(there && row->help && *row->help);
        }
    }
    pl_strbuf_finish(&text);
}

const struct pl_test pl_suite_rows[] = {
    {"are_members_of_an_object", test_rows__are_members_of_an_object},
    {"are_fields_of_a_line", test_rows__are_fields_of_a_line},
    {"are_cells_of_a_table", test_rows__are_cells_of_a_table},
    {"units_as_people_read_them", test_rows__units_as_people_read_them},
    {"the_manual_has_every_row", test_rows__the_manual_has_every_row},
    {0},
};
