/* Strbuf: growing text. text is always terminated by a zero byte and never NULL after init, so it
 * can be printed at any time. */
#ifndef PL_BASE_STRBUF_H
#define PL_BASE_STRBUF_H

#include <stdarg.h>
#include <stddef.h>

#include "core/base/status.h"

struct pl_strbuf {
    char *text;      /* owned; terminated */
    size_t length;   /* without the terminator */
    size_t capacity; /* 0 while text is the shared empty string */
};

void pl_strbuf_init(struct pl_strbuf *buf);
void pl_strbuf_finish(struct pl_strbuf *buf);
void pl_strbuf_clear(struct pl_strbuf *buf); /* length 0, memory kept */

void pl_strbuf_add(struct pl_strbuf *buf, const char *text);
void pl_strbuf_add_bytes(struct pl_strbuf *buf, const char *bytes, size_t count);
void pl_strbuf_addf(struct pl_strbuf *buf, const char *format, ...) PL_PRINTF(2, 3);
void pl_strbuf_addv(struct pl_strbuf *buf, const char *format, va_list arguments) PL_PRINTF(2, 0);

/* The fewest digits that read back as exactly [value]: plain for exponents -4..15 ("0.001", "300"),
 * "1e-12", "2.5e20" beyond; "nan", "inf", "-inf". */
void pl_strbuf_add_real(struct pl_strbuf *buf, double value);

/* Hands the text to the caller, who frees it with pl_free; the buffer is empty again. */
char *pl_strbuf_take(struct pl_strbuf *buf);

#endif
