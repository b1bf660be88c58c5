/* The numbers of tests/golden/stats.json (made by tests/golden/stats.py with SciPy). */
#ifndef PL_TESTS_STATS_GOLDEN_H
#define PL_TESTS_STATS_GOLDEN_H

#include "core/base/json.h"
#include "tests/support/support.h"

/* Loads the file; the caller destroys. Ends the test when it cannot be read. */
static inline struct pl_json *golden_load(void) {
    FILE *file = fopen(PL_SOURCE_DIR "/tests/golden/stats.json", "rb");
    PL_REQUIRE(file != NULL);
    static char text[1 << 19];
    size_t length = fread(text, 1, sizeof text, file);
    fclose(file);
    PL_REQUIRE(length > 0 && length < sizeof text);
    struct pl_json *golden;
    PL_REQUIRE_OK(pl_json_parse(&golden, text, length));
    return golden;
}

static inline double golden_real(const struct pl_json *object, const char *name) {
    return pl_json_as_real(pl_json_get(object, name), NAN);
}

/* Fills [values] (room for 64) from an array of numbers; gives how many. */
static inline size_t golden_values(double *values, const struct pl_json *array) {
    size_t count = pl_json_count(array);
    PL_REQUIRE(count > 0 && count <= 64);
    for (size_t i = 0; i < count; i++) values[i] = pl_json_as_real(pl_json_at(array, i), NAN);
    return count;
}

#endif
