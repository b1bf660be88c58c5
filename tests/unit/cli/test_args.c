#include "experiments/cli/args.h"
#include "tests/support/support.h"

struct options {
    const char *format, *output;
    long rounds, seeds;
    bool json, all;
};

static const struct pl_flag flags[] = {
    {"format", 'f', "NAME", "how", PL_TEXT(struct options, format, "text")},
    {"output", 'o', "FILE", "where", PL_TEXT(struct options, output, NULL)},
    {"rounds", 'n', "N", "how often", PL_COUNT(struct options, rounds, "7", 100)},
    {"seeds", 0, "N", "how many", PL_COUNT(struct options, seeds, NULL, 5)},
    {"json", 'j', NULL, "as JSON", PL_SWITCH(struct options, json)},
    {"all", 'a', NULL, "all of it", PL_SWITCH(struct options, all)},
    {0},
};

static const struct pl_command command = {
    .name = "made-up", .flags = flags, .options_size = sizeof(struct options)};

/* Parses the words of [line], which are parted by single blanks. */
static enum pl_status parse(struct pl_args *args, const char *line) {
    static char text[256];
    static char *words[32];
    int count = 0;
    snprintf(text, sizeof text, "%s", line);
    for (char *word = strtok(text, " "); word; word = strtok(NULL, " ")) words[count++] = word;
    enum pl_status status = pl_args_parse(args, &command, count, words);
    if (status != PL_OK) pl_args_finish(args);
    return status;
}

static void test_args__defaults_stand_where_nothing_is_said(void) {
    struct pl_args args;
    PL_REQUIRE_OK(parse(&args, ""));
    const struct options *options = args.options;
    PL_CHECK_TEXT(options->format, "text");
    PL_CHECK(options->output == NULL && !options->json && !options->all);
    PL_CHECK_INT(options->rounds, 7);
    PL_CHECK_INT(options->seeds, 0);
    PL_CHECK(args.word_count == 0 && args.words[0] == NULL && !args.help);
    pl_args_finish(&args);
}

static void test_args__every_way_to_write_a_flag(void) {
    struct pl_args args;
    PL_REQUIRE_OK(parse(&args, "a --format md b=1 -n3 --seeds=5 -o out.md -j - -- --all -x"));
    const struct options *options = args.options;
    PL_CHECK_TEXT(options->format, "md");
    PL_CHECK_TEXT(options->output, "out.md");
    PL_CHECK_INT(options->rounds, 3);
    PL_CHECK_INT(options->seeds, 5);
    PL_CHECK(options->json && !options->all);
    PL_REQUIRE(args.word_count == 5);
    PL_CHECK_TEXT(args.words[0], "a");
    PL_CHECK_TEXT(args.words[1], "b=1");
    PL_CHECK_TEXT(args.words[2], "-");
    PL_CHECK_TEXT(args.words[3], "--all");
    PL_CHECK_TEXT(args.words[4], "-x");
    pl_args_finish(&args);
    PL_REQUIRE_OK(parse(&args, "--format md --format=csv --plugin x.so --plugin=y.so --help"));
    options = args.options;
    PL_CHECK_TEXT(options->format, "csv");
    PL_REQUIRE(args.plugin_count == 2 && args.help);
    PL_CHECK_TEXT(args.plugins[1], "y.so");
    pl_args_finish(&args);
}

static void test_args__what_is_wrong_is_a_sentence(void) {
    static const char *const lines[][2] = {
        {"--formt md", "made-up has no flag --formt; did you mean \"--format\"?"},
        {"-z", "made-up has no flag -z"},
        {"--format=", "--format is empty; it takes NAME"},
        {"--plugin=", "--plugin is empty"},
        {"--json=yes", "--json=yes takes no value; found \"yes\""},
        {"-jx", "-jx takes no value; found \"x\""},
        {"a --output", "--output needs a value: FILE"},
        {"-n 0", "--rounds is \"0\"; it takes a whole number from 1 to 100"},
        {"--rounds 101", "--rounds is \"101\"; it takes a whole number from 1 to 100"},
        {"--seeds=2x", "--seeds is \"2x\"; it takes a whole number from 1 to 5"},
        {"--seeds=", "--seeds is \"\"; it takes"},
        {"-n 99999999999999999999", "--rounds is \"99999999999999999999\"; it takes"},
    };
    for (size_t k = 0; k < sizeof lines / sizeof lines[0]; k++) {
        struct pl_args args;
        PL_CHECK_FAILS(parse(&args, lines[k][0]), PL_ECONFIG, lines[k][1]);
    }
}

const struct pl_test pl_suite_args[] = {
    {"defaults_stand_where_nothing_is_said", test_args__defaults_stand_where_nothing_is_said},
    {"every_way_to_write_a_flag", test_args__every_way_to_write_a_flag},
    {"what_is_wrong_is_a_sentence", test_args__what_is_wrong_is_a_sentence},
    {0},
};
