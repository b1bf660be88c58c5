#include "core/base/strbuf.h"

#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/alloc.h"

/* Shared by all empty buffers; never written, since their capacity is 0. */
static char nothing[1];

void pl_strbuf_init(struct pl_strbuf *buf) {
    buf->text = nothing;
    buf->length = buf->capacity = 0;
}

void pl_strbuf_finish(struct pl_strbuf *buf) {
    if (!buf) return;
    if (buf->capacity) pl_free(buf->text);
    pl_strbuf_init(buf);
}

void pl_strbuf_clear(struct pl_strbuf *buf) {
    buf->length = 0;
    if (buf->capacity) buf->text[0] = '\0';
}

/* Room for [count] more bytes and the terminator. */
static void reserve(struct pl_strbuf *buf, size_t count) {
    size_t needed, capacity;
    PL_ASSERT(count < SIZE_MAX / 4 && buf->length < SIZE_MAX / 4);
    needed = buf->length + count + 1;
    if (needed <= buf->capacity) return;
    capacity = buf->capacity ? 2 * buf->capacity : 64;
    if (capacity < needed) capacity = needed;
    buf->text = pl_realloc(buf->capacity ? buf->text : NULL, capacity);
    buf->capacity = capacity;
}

void pl_strbuf_add(struct pl_strbuf *buf, const char *text) {
    pl_strbuf_add_bytes(buf, text, strlen(text));
}

void pl_strbuf_add_bytes(struct pl_strbuf *buf, const char *bytes, size_t count) {
    if (!count) return;
    reserve(buf, count);
    memcpy(buf->text + buf->length, bytes, count);
    buf->length += count;
    buf->text[buf->length] = '\0';
}

void pl_strbuf_addv(struct pl_strbuf *buf, const char *format, va_list arguments) {
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    PL_ASSERT(length >= 0);
    reserve(buf, (size_t)length);
    vsnprintf(buf->text + buf->length, (size_t)length + 1, format, arguments);
    buf->length += (size_t)length;
}

void pl_strbuf_addf(struct pl_strbuf *buf, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    pl_strbuf_addv(buf, format, arguments);
    va_end(arguments);
}

/* The fewest digits that read back as [value], printed as "%.*e" into [out]. A text of up to 15 digits that
 * reads back is what 15 digits print, but for zeros at its end, unless the number is subnormal; so most
 * numbers take one to three trials. */
static int shortest_digits(char out[40], double value) {
    int digits = DBL_DIG, fewest = fabs(value) < DBL_MIN ? 1 : DBL_DIG;
    snprintf(out, 40, "%.*e", digits - 1, value);
    if (fewest == DBL_DIG && strtod(out, NULL) == value) {
        const char *last = strchr(out, 'e') - 1;
        while (digits > 1 && *last == '0') digits--, last--;
        if (*last == '.') digits = 1;
        fewest = digits;
    }
    for (digits = fewest; digits < 17; digits++) {
        snprintf(out, 40, "%.*e", digits - 1, value);
        if (strtod(out, NULL) == value) return digits;
    }
    snprintf(out, 40, "%.*e", 16, value);
    return 17;
}

/* Plain notation for exponents -4..15, which people read at a glance; "d.ddde-5" beyond. */
void pl_strbuf_add_real(struct pl_strbuf *buf, double value) {
    char text[40], *mark;
    int digits, exponent;
    if (!isfinite(value)) {
        pl_strbuf_add(buf, isnan(value) ? "nan" : value > 0 ? "inf" : "-inf");
        return;
    }
    digits = shortest_digits(text, value);
    mark = strchr(text, 'e');
    exponent = atoi(mark + 1);
    if (exponent >= -4 && exponent < 16) {
        pl_strbuf_addf(buf, "%.*g", digits > exponent ? digits : exponent + 1, value);
    } else {
        pl_strbuf_add_bytes(buf, text, (size_t)(mark - text));
        pl_strbuf_addf(buf, "e%d", exponent);
    }
}

char *pl_strbuf_take(struct pl_strbuf *buf) {
    char *text = buf->capacity ? buf->text : pl_strdup("");
    pl_strbuf_init(buf);
    return text;
}
