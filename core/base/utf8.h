/* Utf8: characters of text that comes from outside. */
#ifndef PL_BASE_UTF8_H
#define PL_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decodes the character at [text], of which [have] bytes may be read; text that ends with a zero byte may
 * pass SIZE_MAX. Gives its size and the code in *out, or 0 when the bytes are not UTF-8: cut short, longer
 * than needed, a surrogate, or beyond U+10FFFF. */
size_t pl_utf8_decode(const char *text, size_t have, uint32_t *out);

/* The columns that a terminal gives to the characters that begin within the first [bytes] bytes of [text], a
 * text with a zero byte at its end: two to wide ones (Chinese, Japanese, Korean, pictures), none to marks
 * that are put above or below the character before, one to any other. */
size_t pl_utf8_columns(const char *text, size_t bytes);

/* How many characters [text] has; a byte that is not UTF-8 counts as one. */
size_t pl_utf8_count(const char *text);

/* The number of bytes, at most [most], that [text] can be cut to without parting a character. */
size_t pl_utf8_cut(const char *text, size_t most);

/* A terminal obeys it: below U+0020 (newline and tab too), U+007F, U+0080 to U+009F. */
bool pl_utf8_is_control(uint32_t code);

/* A reader cannot see that it is there, or sees the text around it in another order: blanks other than
 * U+0020, characters without width, those that change direction, line ends other than a newline. */
bool pl_utf8_is_hidden(uint32_t code);

#endif
