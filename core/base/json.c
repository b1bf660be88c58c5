#include "core/base/json.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/escape.h"

/* struct pl_json is never defined: a pointer to it is a pointer to jansson's json_t. */
static json_t *inner(const struct pl_json *value) {
    return (json_t *)(uintptr_t)value;
}

/* Every maker passes here before jansson allocates; it always sets the same two functions. */
static void use_our_memory(void) {
    json_set_alloc_funcs(pl_alloc, pl_free);
}

static struct pl_json *outer(json_t *value) {
    PL_ASSERT(value != NULL);
    return (struct pl_json *)value;
}

struct pl_json *pl_json_object(void) {
    use_our_memory();
    return outer(json_object());
}

struct pl_json *pl_json_array(void) {
    use_our_memory();
    return outer(json_array());
}

/* Of text that is not UTF-8 (the stderr of a dead worker, say). */
static json_t *repaired(const char *text) {
    struct pl_strbuf copy;
    pl_strbuf_init(&copy);
    pl_escape_repair(&copy, text);
    json_t *value = json_string(copy.text);
    pl_strbuf_finish(&copy);
    return value;
}

struct pl_json *pl_json_text(const char *text) {
    json_t *value;
    use_our_memory();
    if (!text) return outer(json_null());
    value = json_string(text);
    return outer(value ? value : repaired(text));
}

struct pl_json *pl_json_real(double value) {
    use_our_memory();
    return outer(isfinite(value) ? json_real(value) : json_null());
}

struct pl_json *pl_json_int(int64_t value) {
    use_our_memory();
    return outer(json_integer(value));
}

struct pl_json *pl_json_bool(bool value) {
    return outer(json_boolean(value));
}

void pl_json_destroy(struct pl_json *value) {
    json_decref(inner(value));
}

void pl_json_set(struct pl_json *object, const char *name, struct pl_json *value) {
    int failed = json_object_set_new(inner(object), name, inner(value));
    PL_ASSERT(!failed);
}

void pl_json_append(struct pl_json *array, struct pl_json *value) {
    int failed = json_array_append_new(inner(array), inner(value));
    PL_ASSERT(!failed);
}

const struct pl_json *pl_json_get(const struct pl_json *object, const char *name) {
    return (const struct pl_json *)json_object_get(inner(object), name);
}

size_t pl_json_count(const struct pl_json *array) {
    return json_array_size(inner(array));
}

const struct pl_json *pl_json_at(const struct pl_json *array, size_t index) {
    return (const struct pl_json *)json_array_get(inner(array), index);
}

const char *pl_json_as_text(const struct pl_json *value, const char *fallback) {
    return json_is_string(inner(value)) ? json_string_value(inner(value)) : fallback;
}

double pl_json_as_real(const struct pl_json *value, double fallback) {
    return json_is_number(inner(value)) ? json_number_value(inner(value)) : fallback;
}

int64_t pl_json_as_int(const struct pl_json *value, int64_t fallback) {
    return json_is_integer(inner(value)) ? json_integer_value(inner(value)) : fallback;
}

bool pl_json_as_bool(const struct pl_json *value, bool fallback) {
    return json_is_boolean(inner(value)) ? json_is_true(inner(value)) : fallback;
}

bool pl_json_is_null(const struct pl_json *value) {
    return !value || json_is_null(inner(value));
}

void *pl_json_first(const struct pl_json *object) {
    return json_object_iter(inner(object));
}

void *pl_json_next(const struct pl_json *object, void *iterator) {
    return json_object_iter_next(inner(object), iterator);
}

const char *pl_json_key(void *iterator) {
    return json_object_iter_key(iterator);
}

const struct pl_json *pl_json_value(void *iterator) {
    return (const struct pl_json *)json_object_iter_value(iterator);
}

char *pl_json_write(const struct pl_json *value, bool indented) {
    size_t layout = indented ? JSON_INDENT(2) : JSON_COMPACT;
    char *text;
    use_our_memory();
    text = json_dumps(inner(value),
                      layout | JSON_PRESERVE_ORDER | JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
    PL_ASSERT(text != NULL);
    return text;
}

enum pl_status pl_json_parse(struct pl_json **out, const char *bytes, size_t count) {
    json_error_t error;
    json_t *value;
    use_our_memory();
    *out = NULL;
    value = json_loadb(bytes, count, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &error);
    if (!value)
        return pl_fail(PL_ESTORE, "line %d, column %d: this is not valid JSON: %s", error.line,
                       error.column, error.text);
    *out = outer(value);
    return PL_OK;
}
