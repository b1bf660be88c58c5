#include <stdint.h>
#include <stdlib.h>

#include "core/base/rng.h"
#include "experiments/run/result.h"
#include "tests/support/support.h"

static uint64_t bits_of(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* Any of the 2^64 patterns: all magnitudes, subnormals, infinities, NaNs. */
static double any_double(struct pl_rng *rng) {
    uint64_t bits = pl_rng_u64(rng);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static bool same_real(double a, double b) {
    return (isnan(a) && isnan(b)) || bits_of(a) == bits_of(b);
}

static void check_round_trip(const struct pl_result *result) {
    struct pl_result back;
    char *text = pl_result_write(result);
    PL_CHECK(strchr(text, '\n') == NULL);
    PL_REQUIRE_OK(pl_result_read(&back, text, strlen(text)));
    PL_CHECK_INT(back.outcome, result->outcome);
    PL_REQUIRE(back.metric_count == result->metric_count);
    for (size_t i = 0; i < back.metric_count; i++) {
        PL_CHECK(strcmp(back.metrics[i].name, result->metrics[i].name) == 0);
        PL_CHECK(back.metrics[i].step == result->metrics[i].step);
        PL_CHECK(same_real(back.metrics[i].value, result->metrics[i].value));
    }
    PL_REQUIRE(back.diagnostic_count == result->diagnostic_count);
    for (size_t i = 0; i < back.diagnostic_count; i++) {
        const struct pl_diagnostic *a = &back.diagnostics[i], *b = &result->diagnostics[i];
        PL_CHECK_TEXT(a->name, b->name);
        PL_CHECK(a->step == b->step && a->layer == b->layer && a->source == b->source);
        PL_CHECK(same_real(a->value, b->value));
    }
    PL_CHECK_TEXT(back.diagnosed, result->diagnosed ? result->diagnosed : "");
    PL_CHECK(same_real(back.seconds, result->seconds));
    PL_CHECK(same_real(back.step_ms, result->step_ms));
    PL_CHECK_TEXT(back.message, result->message);
    PL_CHECK_TEXT(back.provenance, result->provenance);
    pl_result_finish(&back);
    pl_free(text);
}

static void test_result__keeps_every_bit_of_random_doubles(void) {
    struct pl_rng rng;
    struct pl_result result = {.outcome = PL_DONE, .message = "", .provenance = "{\"a\":1}"};
    pl_rng_init(&rng, 1, "test");
    for (long i = 0; i < 20000; i++) pl_result_add(&result, "train_loss", i, any_double(&rng));
    result.seconds = 1.0 / 3;
    check_round_trip(&result);
    pl_result_finish(&result);
}

static void test_result__keeps_diagnostics(void) {
    static const char *const names[] = {"h_rms", "mixing", "mixing", "probe_loss"};
    struct pl_result result = {.outcome = PL_DONE, .message = "", .provenance = ""};
    struct pl_rng rng;
    pl_rng_init(&rng, 3, "test");
    for (int i = 0; i < 2000; i++) {
        const struct pl_diagnostic one = {names[i % 4], i, i % 7 - 1, i % 5 - 1, any_double(&rng)};
        pl_result_diagnose(&result, &one);
    }
    result.diagnosed = "diagnostics.at = end\ndiagnostics.mixing = true\n";
    check_round_trip(&result);
    pl_result_finish(&result);
}

static void test_result__keeps_special_values(void) {
    static const double values[] = {0.0,
                                    -0.0,
                                    1.0,
                                    -1.0,
                                    5e-324,
                                    -5e-324,
                                    2.2250738585072014e-308,
                                    1.7976931348623157e308,
                                    1e22,
                                    0.1,
                                    9007199254740993.0,
                                    INFINITY,
                                    -INFINITY,
                                    NAN};
    struct pl_result result = {.outcome = PL_DIVERGED, .message = "", .provenance = ""};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        pl_result_add(&result, "score", -(long)i, values[i]);
    result.seconds = INFINITY;
    result.step_ms = NAN;
    check_round_trip(&result);
    pl_result_finish(&result);
}

static void test_result__keeps_messages_of_any_text(void) {
    struct pl_result result = {0};
    pl_result_fail(&result, "signal %d \"quoted\" \\ back\nsecond line\twith \xC3\xA9t\xC3\xA9", 6);
    result.provenance = "";
    check_round_trip(&result);
    pl_result_finish(&result);
}

/* The independent truth is the table of RFC 3629: what may not appear becomes one '?' a byte. */
static void test_result__replaces_what_is_not_text(void) {
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"a\xC3\xA9z", "a\xC3\xA9z"},
        {"\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80"},
        {"\xFF", "?"},
        {"\xC3", "?"},
        {"\xC0\x80", "??"},
        {"\xE0\x80\x80", "???"},
        {"\xED\xA0\x80", "???"},
        {"\xF4\x90\x80\x80", "????"},
        {"\x80y", "?y"},
        {"\xE2\x82", "??"},
        {"red \x1B[31m\n\tx", "red ?[31m\n\tx"},
        {"\x7F\r", "??"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct pl_result result = {0};
        pl_result_fail(&result, "%s", rows[i].in);
        PL_CHECK_INT(result.outcome, PL_FAILED);
        PL_CHECK_TEXT(result.message, rows[i].out);
        pl_result_finish(&result);
    }
}

static void test_result__refuses_what_is_no_result(void) {
    static const char *const texts[] = {
        "",
        "{",
        "[]",
        "{}",
        "3",
        "{\"outcome\":\"well\",\"count\":0,\"metrics\":[],\"seconds\":1,\"step_ms\":1}",
        "{\"outcome\":\"done\",\"count\":0,\"metrics\":[],\"step_ms\":1}",
        "{\"outcome\":\"done\",\"count\":0,\"metrics\":[],\"seconds\":1,\"step_ms\":\"soon\"}",
        "{\"outcome\":\"done\",\"count\":1,\"metrics\":[3],\"seconds\":1,\"step_ms\":1}",
        "{\"outcome\":\"done\",\"count\":1,\"metrics\":[[\"a\",1]],\"seconds\":1,\"step_ms\":1}",
        "{\"outcome\":\"done\",\"count\":1,\"metrics\":[[\"a\",\"b\",1]],\"seconds\":1,\"step_ms\":"
        "1}",
        "{\"outcome\":\"done\",\"count\":1,\"metrics\":[[\"a\",1,null]],\"seconds\":1,\"step_ms\":"
        "1}",
        "{\"outcome\":\"done\",\"count\":1,\"metrics\":[[\"a\",1,\"NaN\"]],\"seconds\":1,\"step_"
        "ms\":1}",
        "{\"outcome\":\"done\",\"metrics\":{\"a\":1},\"seconds\":1,\"step_ms\":1}",
        "{\"outcome\":\"done\",\"count\":0,\"metrics\":[],\"seconds\":1,\"step_ms\":1,"
        "\"diagnostics\":[[\"a\",1,1,1]]}",
        "{\"outcome\":\"done\",\"count\":0,\"metrics\":[],\"seconds\":1,\"step_ms\":1,"
        "\"diagnostics\":[[\"a\",1,-2,1,0.5]]}",
        "{\"outcome\":\"done\",\"seconds\":1,\"step_ms\":1}",
        "{\"outcome\":\"done\",\"count\":1,\"seconds\":1,\"step_ms\":1}",
        "{\"outcome\":\"done\",\"count\":1,\"metrics\":[],\"seconds\":1,\"step_ms\":1}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct pl_result result = {.outcome = PL_DONE};
        PL_CHECK_FAILS(pl_result_read(&result, texts[i], strlen(texts[i])), PL_EPROCESS, "result");
        PL_CHECK(result.outcome == PL_PENDING && result.metric_count == 0);
    }
}

static void test_result__never_trips_over_changed_bytes(void) {
    struct pl_result result = {.outcome = PL_DONE, .message = "m", .provenance = "{}"};
    struct pl_rng rng;
    pl_rng_init(&rng, 2, "test");
    pl_result_add(&result, "train_loss", 1, 0.5);
    pl_result_add(&result, "test_loss", 2, NAN);
    char *text = pl_result_write(&result);
    size_t length = strlen(text), refused = 0;
    for (int i = 0; i < 5000; i++) {
        struct pl_result back;
        char *copy = pl_strdup(text);
        copy[pl_rng_below(&rng, length)] = (char)pl_rng_below(&rng, 256);
        size_t cut = length - (i % 2 ? pl_rng_below(&rng, length) : 0);
        if (pl_result_read(&back, copy, cut) != PL_OK) refused++;
        pl_result_finish(&back);
        pl_free(copy);
    }
    PL_CHECK(refused > 2500);
    pl_free(text);
    pl_result_finish(&result);
}

static void test_result__final_is_the_value_at_the_greatest_step(void) {
    struct pl_result result = {0};
    PL_CHECK(isnan(pl_result_final(&result, "train_loss")));
    pl_result_add(&result, "train_loss", 10, 3.0);
    pl_result_add(&result, "train_loss", 30, 1.0);
    pl_result_add(&result, "train_loss", 20, 2.0);
    pl_result_add(&result, "test_loss", 40, 7.0);
    PL_CHECK(pl_result_final(&result, "train_loss") == 1.0);
    PL_CHECK(pl_result_final(&result, "test_loss") == 7.0);
    PL_CHECK(isnan(pl_result_final(&result, "accuracy")));
    pl_result_finish(&result);
}

static void test_result__names_go_there_and_back(void) {
    for (int i = PL_PENDING; i <= PL_FAILED; i++) {
        enum pl_outcome back;
        PL_CHECK(pl_outcome_find(&back, pl_outcome_name((enum pl_outcome)i)));
        PL_CHECK_INT(back, i);
        PL_CHECK(pl_outcome_is_finished(back) == (i == PL_DONE || i == PL_DIVERGED));
    }
    enum pl_outcome none;
    PL_CHECK(!pl_outcome_find(&none, "Done"));
}

const struct pl_test pl_suite_result[] = {
    {"keeps_every_bit_of_random_doubles", test_result__keeps_every_bit_of_random_doubles},
    {"keeps_diagnostics", test_result__keeps_diagnostics},
    {"keeps_special_values", test_result__keeps_special_values},
    {"keeps_messages_of_any_text", test_result__keeps_messages_of_any_text},
    {"replaces_what_is_not_text", test_result__replaces_what_is_not_text},
    {"refuses_what_is_no_result", test_result__refuses_what_is_no_result},
    {"never_trips_over_changed_bytes", test_result__never_trips_over_changed_bytes},
    {"final_is_the_value_at_the_greatest_step",
     test_result__final_is_the_value_at_the_greatest_step},
    {"names_go_there_and_back", test_result__names_go_there_and_back},
    {0},
};
