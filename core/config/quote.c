#include "core/config/quote.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/base/utf8.h"

#define ENDING "...\""
#define ESCAPE 9 /* bytes of the longest spelling, <U+E0001> */

/* A minus sign that no number is written with; it comes with text that is copied from a page. */
#define MINUS_SIGN 0x2212

/* Spells the character at [text] into [out], at most ESCAPE bytes; gives the count. *size is what it
 * takes of [text]. */
static size_t spell(char *out, const char *text, size_t *size) {
    uint32_t code;
    *size = pl_utf8_decode(text, SIZE_MAX, &code);
    if (*size == 0) {
        *size = 1;
        return (size_t)sprintf(out, "\\x%02x", (unsigned char)*text);
    }
    if (*text == '"' || *text == '\\') return (size_t)sprintf(out, "\\%c", *text);
    if (*text == '\n') return (size_t)sprintf(out, "\\n");
    if (*text == '\t') return (size_t)sprintf(out, "\\t");
    if (pl_utf8_is_control(code)) return (size_t)sprintf(out, "\\x%02x", (unsigned)code);
    if (pl_utf8_is_hidden(code) || code == MINUS_SIGN)
        return (size_t)sprintf(out, "<U+%04X>", (unsigned)code);
    memcpy(out, text, *size);
    return *size;
}

const char *pl_quoted(char out[PL_QUOTED], const char *text) {
    const size_t room = PL_QUOTED - sizeof ENDING;
    size_t length = 0;
    out[length++] = '"';
    while (*text) {
        char spelled[ESCAPE + 1];
        size_t size, bytes = spell(spelled, text, &size);
        if (length + bytes > room) {
            memcpy(out + length, ENDING, sizeof ENDING);
            return out;
        }
        memcpy(out + length, spelled, bytes);
        length += bytes;
        text += size;
    }
    memcpy(out + length, "\"", 2);
    return out;
}
