/* A result grows in its own arena: arrays double, and what they leave behind stays in the arena until the
 * result ends. In text every number that is not finite is a word (pl_real_name), for JSON has none, and
 * "count" says how many metrics there must be, so that a text that was cut short is refused.
 */
#include "experiments/run/result.h"

#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/utf8.h"

/* ---- names ------------------------------------------------------------------------------------ */

static const struct {
    const char *name;
    bool finished;
} outcomes[] = {
    [PL_PENDING] = {"pending", false}, [PL_RUNNING] = {"running", false},
    [PL_DONE] = {"done", true},        [PL_DIVERGED] = {"diverged", true},
    [PL_FAILED] = {"failed", false},
};
enum { OUTCOMES = sizeof outcomes / sizeof outcomes[0] };

const char *pl_outcome_name(enum pl_outcome outcome) {
    PL_ASSERT((size_t)outcome < OUTCOMES);
    return outcomes[outcome].name;
}

bool pl_outcome_is_finished(enum pl_outcome outcome) {
    PL_ASSERT((size_t)outcome < OUTCOMES);
    return outcomes[outcome].finished;
}

bool pl_outcome_find(enum pl_outcome *out, const char *name) {
    for (int i = 0; i < OUTCOMES; i++) {
        if (strcmp(outcomes[i].name, name) != 0) continue;
        *out = (enum pl_outcome)i;
        return true;
    }
    return false;
}

bool pl_real_same(double a, double b) {
    return (isnan(a) && isnan(b)) || memcmp(&a, &b, sizeof a) == 0;
}

const char *pl_real_name(double value) {
    if (isnan(value)) return "nan";
    if (isinf(value)) return value > 0 ? "inf" : "-inf";
    return NULL;
}

bool pl_real_find(double *out, const char *name) {
    static const struct {
        const char *name;
        double value;
    } rows[] = {{"nan", NAN}, {"inf", INFINITY}, {"-inf", -INFINITY}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(rows[i].name, name) != 0) continue;
        *out = rows[i].value;
        return true;
    }
    return false;
}

/* ---- making ----------------------------------------------------------------------------------- */

void pl_result_finish(struct pl_result *result) {
    if (!result) return;
    pl_arena_finish(&result->arena);
    *result = (struct pl_result){0};
}

void pl_result_add(struct pl_result *result, const char *name, long step, double value) {
    if (result->metric_count == result->metric_capacity) {
        size_t capacity = result->metric_capacity ? 2 * result->metric_capacity : 16;
        struct pl_metric *grown = PL_ARENA_ARRAY(&result->arena, struct pl_metric, capacity);
        if (result->metric_count > 0)
            memcpy(grown, result->metrics, result->metric_count * sizeof *grown);
        result->metrics = grown;
        result->metric_capacity = capacity;
    }
    result->metrics[result->metric_count++] =
        (struct pl_metric){pl_arena_strdup(&result->arena, name), step, value};
}

void pl_result_diagnose(struct pl_result *result, const struct pl_diagnostic *diagnostic) {
    size_t count = result->diagnostic_count;
    if (count == result->diagnostic_capacity) {
        size_t capacity = count ? 2 * count : 64;
        struct pl_diagnostic *grown =
            PL_ARENA_ARRAY(&result->arena, struct pl_diagnostic, capacity);
        if (count > 0) memcpy(grown, result->diagnostics, count * sizeof *grown);
        result->diagnostics = grown;
        result->diagnostic_capacity = capacity;
    }
    struct pl_diagnostic *added = &result->diagnostics[count];
    *added = *diagnostic;
    bool again = count > 0 && strcmp(added[-1].name, diagnostic->name) == 0;
    added->name = again ? added[-1].name : pl_arena_strdup(&result->arena, diagnostic->name);
    result->diagnostic_count++;
}

void pl_result_fail(struct pl_result *result, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *message = pl_arena_alloc(&result->arena, (size_t)length + 1);
    vsnprintf(message, (size_t)length + 1, format, again);
    va_end(again);

    char *text = message;
    while (*text) {
        uint32_t code;
        size_t size = pl_utf8_decode(text, SIZE_MAX, &code);
        bool kept = size > 1 || (size == 1 && !pl_utf8_is_control(code));
        if (!kept && *text != '\n' && *text != '\t') *text = '?';
        text += size ? size : 1;
    }

    result->outcome = PL_FAILED;
    result->message = message;
}

double pl_result_final(const struct pl_result *result, const char *name) {
    const struct pl_metric *last = NULL;
    for (size_t i = 0; i < result->metric_count; i++) {
        const struct pl_metric *metric = &result->metrics[i];
        if (strcmp(metric->name, name) != 0) continue;
        if (!last || metric->step >= last->step) last = metric;
    }
    return last ? last->value : NAN;
}

/* ---- to text ---------------------------------------------------------------------------------- */

static struct pl_json *real_to_json(double value) {
    const char *name = pl_real_name(value);
    return name ? pl_json_text(name) : pl_json_real(value);
}

static struct pl_json *text_to_json(const char *text) {
    return pl_json_text(text ? text : "");
}

static struct pl_json *metrics_to_json(const struct pl_result *result) {
    struct pl_json *list = pl_json_array();
    for (size_t i = 0; i < result->metric_count; i++) {
        const struct pl_metric *metric = &result->metrics[i];
        struct pl_json *row = pl_json_array();
        pl_json_append(row, text_to_json(metric->name));
        pl_json_append(row, pl_json_int(metric->step));
        pl_json_append(row, real_to_json(metric->value));
        pl_json_append(list, row);
    }
    return list;
}

static struct pl_json *diagnostics_to_json(const struct pl_result *result) {
    struct pl_json *list = pl_json_array();
    for (size_t i = 0; i < result->diagnostic_count; i++) {
        const struct pl_diagnostic *diagnostic = &result->diagnostics[i];
        struct pl_json *row = pl_json_array();
        pl_json_append(row, text_to_json(diagnostic->name));
        pl_json_append(row, pl_json_int(diagnostic->step));
        pl_json_append(row, pl_json_int(diagnostic->layer));
        pl_json_append(row, pl_json_int(diagnostic->source));
        pl_json_append(row, real_to_json(diagnostic->value));
        pl_json_append(list, row);
    }
    return list;
}

char *pl_result_write(const struct pl_result *result) {
    struct pl_json *json = pl_json_object();
    pl_json_set(json, "outcome", pl_json_text(pl_outcome_name(result->outcome)));
    pl_json_set(json, "count", pl_json_int((int64_t)result->metric_count));
    pl_json_set(json, "metrics", metrics_to_json(result));
    pl_json_set(json, "seconds", real_to_json(result->seconds));
    pl_json_set(json, "step_ms", real_to_json(result->step_ms));
    pl_json_set(json, "message", text_to_json(result->message));
    pl_json_set(json, "provenance", text_to_json(result->provenance));
    pl_json_set(json, "diagnosed", text_to_json(result->diagnosed));
    pl_json_set(json, "diagnostics", diagnostics_to_json(result));
    char *text = pl_json_write(json, false);
    pl_json_destroy(json);
    return text;
}

/* ---- from text -------------------------------------------------------------------------------- */

/* A number has no kind of its own in pl_json: one that is neither near nor far is told apart by two
 * fallbacks that cannot both be its value. */
static bool json_to_int(long *out, const struct pl_json *json) {
    *out = (long)pl_json_as_int(json, 0);
    return *out != 0 || pl_json_as_int(json, 1) == 0;
}

static bool json_to_real(double *out, const struct pl_json *json) {
    const char *name = pl_json_as_text(json, NULL);
    if (name) return pl_real_find(out, name);
    *out = pl_json_as_real(json, NAN);
    return !isnan(*out);
}

static enum pl_status read_metrics(struct pl_result *out, const struct pl_json *json) {
    const struct pl_json *list = pl_json_get(json, "metrics");
    size_t count = pl_json_count(list);
    if (pl_json_as_int(pl_json_get(json, "count"), -1) != (int64_t)count)
        return pl_fail(PL_EPROCESS, "a result has not as many metrics as it says");
    for (size_t i = 0; i < count; i++) {
        const struct pl_json *row = pl_json_at(list, i);
        const char *name =
            pl_json_count(row) == 3 ? pl_json_as_text(pl_json_at(row, 0), NULL) : NULL;
        long step;
        double value;
        if (!name || !json_to_int(&step, pl_json_at(row, 1)) ||
            !json_to_real(&value, pl_json_at(row, 2)))
            return pl_fail(PL_EPROCESS, "metric %zu of a result is not [name, step, value]", i + 1);
        pl_result_add(out, name, step, value);
    }
    return PL_OK;
}

static bool json_to_index(int *out, const struct pl_json *json) {
    long value;
    bool whole = json_to_int(&value, json) && value >= PL_NO_INDEX && value <= INT_MAX;
    *out = whole ? (int)value : PL_NO_INDEX;
    return whole;
}

static enum pl_status read_diagnostics(struct pl_result *out, const struct pl_json *list) {
    for (size_t i = 0; i < pl_json_count(list); i++) {
        const struct pl_json *row = pl_json_at(list, i);
        struct pl_diagnostic diagnostic = {0};
        if (pl_json_count(row) == 5) diagnostic.name = pl_json_as_text(pl_json_at(row, 0), NULL);
        if (!diagnostic.name || !json_to_int(&diagnostic.step, pl_json_at(row, 1)) ||
            !json_to_index(&diagnostic.layer, pl_json_at(row, 2)) ||
            !json_to_index(&diagnostic.source, pl_json_at(row, 3)) ||
            !json_to_real(&diagnostic.value, pl_json_at(row, 4)))
            return pl_fail(PL_EPROCESS,
                           "diagnostic %zu of a result is not [name, step, layer, source, value]",
                           i + 1);
        pl_result_diagnose(out, &diagnostic);
    }
    return PL_OK;
}

static enum pl_status read_members(struct pl_result *out, const struct pl_json *json) {
    const char *outcome = pl_json_as_text(pl_json_get(json, "outcome"), "missing");
    if (!pl_outcome_find(&out->outcome, outcome))
        return pl_fail(PL_EPROCESS, "a result's outcome is '%s'; accepted: done, diverged, failed",
                       outcome);
    if (!json_to_real(&out->seconds, pl_json_get(json, "seconds")) ||
        !json_to_real(&out->step_ms, pl_json_get(json, "step_ms")))
        return pl_fail(PL_EPROCESS, "a result lacks its times (the numbers seconds and step_ms)");
    out->message = pl_arena_strdup(&out->arena, pl_json_as_text(pl_json_get(json, "message"), ""));
    out->provenance =
        pl_arena_strdup(&out->arena, pl_json_as_text(pl_json_get(json, "provenance"), ""));
    out->diagnosed =
        pl_arena_strdup(&out->arena, pl_json_as_text(pl_json_get(json, "diagnosed"), ""));
    PL_TRY(read_metrics(out, json));
    return read_diagnostics(out, pl_json_get(json, "diagnostics"));
}

enum pl_status pl_result_read(struct pl_result *out, const char *text, size_t length) {
    *out = (struct pl_result){0};
    struct pl_json *json = NULL;
    if (pl_json_parse(&json, text, length) != PL_OK)
        return pl_fail_within(PL_EPROCESS, "a result is not JSON");
    enum pl_status status = read_members(out, json);
    pl_json_destroy(json);
    if (status != PL_OK) pl_result_finish(out);
    return status;
}
