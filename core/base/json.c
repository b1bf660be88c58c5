#include "core/base/json.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
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

/* ---- to text ---- */

static void add_text(struct pl_strbuf *out, const char *text) {
    static const struct {
        char sign;
        const char *spelled;
    } spellings[] = {{'"', "\\\""}, {'\\', "\\\\"}, {'\b', "\\b"}, {'\f', "\\f"},
                     {'\n', "\\n"}, {'\r', "\\r"},  {'\t', "\\t"}};
    pl_strbuf_add(out, "\"");
    while (*text) {
        size_t plain = 0, k = 0;
        while ((unsigned char)text[plain] >= 0x20 && text[plain] != '"' && text[plain] != '\\')
            plain++;
        pl_strbuf_add_bytes(out, text, plain);
        text += plain;
        if (!*text) break;
        while (k < sizeof spellings / sizeof spellings[0] && spellings[k].sign != *text) k++;
        if (k < sizeof spellings / sizeof spellings[0])
            pl_strbuf_add(out, spellings[k].spelled);
        else
            pl_strbuf_addf(out, "\\u%04X", (unsigned)*text);
        text++;
    }
    pl_strbuf_add(out, "\"");
}

/* With the fewest of 15, 16 and 17 significant digits that read back exactly; trailing zeros are not
 * written, so 0.95 is 0.95. A point or an exponent says that it is a real: 1.0, 1e-6. */
static void add_real(struct pl_strbuf *out, double value) {
    char text[40];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value) break;
    }
    char *exponent = strchr(text, 'e');
    if (exponent) {
        char *digits = exponent + 2;
        digits += strspn(digits, "0");
        pl_strbuf_add_bytes(out, text, (size_t)(exponent + 1 - text));
        pl_strbuf_addf(out, "%s%s", exponent[1] == '-' ? "-" : "", digits);
    } else {
        pl_strbuf_addf(out, "%s%s", text, strchr(text, '.') ? "" : ".0");
    }
}

static void add_break(struct pl_strbuf *out, int depth) {
    if (depth < 0) return; /* compact */
    pl_strbuf_add(out, "\n");
    for (int k = 0; k < depth; k++) pl_strbuf_add(out, "  ");
}

/* [depth] is how far the lines of a container are indented; below 0: all stands on one line. */
static void add_value(struct pl_strbuf *out, json_t *value, int depth) {
    int inside = depth < 0 ? depth : depth + 1;
    bool object = json_is_object(value);
    size_t count = object ? json_object_size(value) : json_array_size(value);
    switch (json_typeof(value)) {
    case JSON_NULL:
        pl_strbuf_add(out, "null");
        return;
    case JSON_TRUE:
    case JSON_FALSE:
        pl_strbuf_add(out, json_is_true(value) ? "true" : "false");
        return;
    case JSON_INTEGER:
        pl_strbuf_addf(out, "%lld", (long long)json_integer_value(value));
        return;
    case JSON_REAL:
        add_real(out, json_real_value(value));
        return;
    case JSON_STRING:
        add_text(out, json_string_value(value));
        return;
    case JSON_OBJECT:
    case JSON_ARRAY:
        break;
    }
    pl_strbuf_add(out, object ? "{" : "[");
    void *iterator = object ? json_object_iter(value) : NULL;
    for (size_t k = 0; k < count; k++) {
        if (k) pl_strbuf_add(out, ",");
        add_break(out, inside);
        if (object) {
            add_text(out, json_object_iter_key(iterator));
            pl_strbuf_add(out, depth < 0 ? ":" : ": ");
            add_value(out, json_object_iter_value(iterator), inside);
            iterator = json_object_iter_next(value, iterator);
        } else {
            add_value(out, json_array_get(value, k), inside);
        }
    }
    if (count) add_break(out, depth);
    pl_strbuf_add(out, object ? "}" : "]");
}

char *pl_json_write(const struct pl_json *value, bool indented) {
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    add_value(&text, inner(value), indented ? 0 : -1);
    return pl_strbuf_take(&text);
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
