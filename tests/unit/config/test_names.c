/* Names: nearest ones by a distance written as its definition; the sentence about an unknown one. */
#include <string.h>

#include "core/base/rng.h"
#include "core/config/names.h"
#include "tests/support/support.h"

static void test_names__finds_the_name_that_was_meant(void) {
    static const char *const names[] = {"width",      "depth",        "hidden",
                                        "activation", "lr",           "optimizer",
                                        "final_norm", "attnres_full", "attnres_block"};
    static const struct {
        const char *found, *meant;
    } cases[] = {
        {"widht", "width"},
        {"dpeth", "depth"},
        {"activate", "activation"},
        {"Width", "width"},
        {"LR", "lr"},
        {"lt", "lr"},
        {"optimiser", "optimizer"},
        {"final-norm", "final_norm"},
        {"attnres-full", "attnres_full"},
        {"attnres_blok", "attnres_block"},
        {"zebra", NULL},
        {"x", NULL},
        {"", NULL},
        {"learning_rate", NULL},
        {"width", "width"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *near =
            pl_names_nearest(PL_NAME_LIST(names, sizeof names / sizeof names[0]), cases[i].found);
        PL_CHECK((near == NULL) == (cases[i].meant == NULL));
        if (near && cases[i].meant) PL_CHECK_TEXT(near, cases[i].meant);
    }
    PL_CHECK(pl_names_nearest(PL_NAME_LIST(names, 0), "width") == NULL);
}

static int smaller(int a, int b) {
    return a < b ? a : b;
}

/* The definition: what it takes to change the beginnings of length [i] and [j] into each other. */
static int distance(const char *a, const char *b, int i, int j) {
    if (i == 0 || j == 0) return i + j;
    int best = smaller(distance(a, b, i - 1, j), distance(a, b, i, j - 1)) + 1;
    best = smaller(best, distance(a, b, i - 1, j - 1) + (a[i - 1] != b[j - 1]));
    if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        best = smaller(best, distance(a, b, i - 2, j - 2) + 1);
    }
    return best;
}

static void random_word(struct pl_rng *rng, char out[8]) {
    size_t length = (size_t)pl_rng_below(rng, 7);
    for (size_t i = 0; i < length; i++) out[i] = (char)('a' + pl_rng_below(rng, 3));
    out[length] = '\0';
}

static void test_names__picks_the_fewest_changes(void) {
    struct pl_rng rng;
    int found_some = 0;
    pl_rng_init(&rng, 1, "names-nearest");
    for (int trial = 0; trial < 1500; trial++) {
        char found[8], words[4][8];
        const char *names[4], *expected = NULL;
        int fewest = 100;
        random_word(&rng, found);
        for (int i = 0; i < 4; i++) {
            random_word(&rng, words[i]);
            names[i] = words[i];
            int na = (int)strlen(found), nb = (int)strlen(words[i]), longer = na > nb ? na : nb;
            int changes = distance(found, words[i], na, nb);
            if (changes > (longer < 2 ? 0 : longer < 6 ? 1 : longer / 3)) continue;
            if (changes >= fewest) continue;
            fewest = changes;
            expected = words[i];
        }
        PL_CHECK(pl_names_nearest(PL_NAME_LIST(names, 4), found) == expected);
        found_some += expected != NULL;
    }
    PL_CHECK(found_some > 100);
}

static void test_names__is_not_impressed_by_long_ones(void) {
    static char huge[1 << 20];
    static const char *const names[] = {"width"};
    memset(huge, 'w', sizeof huge - 1);
    PL_CHECK(pl_names_nearest(PL_NAME_LIST(names, 1), huge) == NULL);
}

/* A table of structs, some of which come before the name. */
struct form {
    int corners;
    const char *name;
};
static const struct form forms[] = {{0, "circle"}, {4, "square"}, {2, "line"}};

static void test_names__rows_are_found_by_name(void) {
    struct pl_names names = PL_NAMES(struct form, name, forms, 3);
    PL_CHECK_INT((long long)pl_names_find(names, "circle"), 0);
    PL_CHECK_INT((long long)pl_names_find(names, "line"), 2);
    PL_CHECK_INT((long long)pl_names_find(names, "Line"), 3);
    PL_CHECK_INT((long long)pl_names_find(PL_NAMES(struct form, name, NULL, 0), "line"), 0);
    PL_CHECK_TEXT(pl_names_at(names, 1), "square");
}

static void test_names__the_sentence_says_what_there_is(void) {
    static const struct {
        size_t count;
        struct pl_place place;
        const char *found, *offer, *sentence;
    } rows[] = {
        {3,
         {"x.yaml", 3, 7},
         "sqare",
         "it takes {or}",
         "x.yaml:3:7: no form \"sqare\"; did you mean \"square\"? It takes circle, square or line"},
        {3,
         {"x.yaml", 3, 7},
         "blob",
         "it takes {or}",
         "x.yaml:3:7: no form \"blob\"; it takes circle, square or line"},
        {2,
         {"command line", 0, 0},
         "blob",
         "there are {and}, and no more",
         "command line: no form \"blob\"; there are circle and square, and no more"},
        {1, {0}, "blob", "there is {and}", "no form \"blob\"; there is circle"},
        {0, {0}, "blob", "it has {and}", "no form \"blob\"; it has none"},
        {3,
         {0},
         "lime",
         "`list forms` shows all",
         "no form \"lime\"; did you mean \"line\"? `list forms` shows all"},
    };
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        enum pl_status status =
            pl_names_fail(PL_NAMES(struct form, name, forms, rows[k].count), rows[k].place,
                          rows[k].found, rows[k].offer, "no form \"%s\"", rows[k].found);
        PL_CHECK_INT(status, PL_ECONFIG);
        PL_CHECK_TEXT(pl_message(), rows[k].sentence);
    }
}

const struct pl_test pl_suite_names[] = {
    {"finds_the_name_that_was_meant", test_names__finds_the_name_that_was_meant},
    {"picks_the_fewest_changes", test_names__picks_the_fewest_changes},
    {"is_not_impressed_by_long_ones", test_names__is_not_impressed_by_long_ones},
    {"rows_are_found_by_name", test_names__rows_are_found_by_name},
    {"the_sentence_says_what_there_is", test_names__the_sentence_says_what_there_is},
    {0},
};
