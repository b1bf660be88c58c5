#include "core/config/quote.h"

#include <stdio.h>
#include <string.h>

#define ENDING "...\""
#define ESCAPE 4 /* bytes of the longest spelling, \xNN */

/* Bytes of the UTF-8 character at [text], from 1 to 4. */
static size_t character_size(const char *text) {
    unsigned char lead = (unsigned char)text[0];
    size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
    size_t have = 1;
    while (have < size && ((unsigned char)text[have] & 0xc0) == 0x80) have++;
    return have;
}

static int is_control(const char *text, size_t size) {
    unsigned char lead = (unsigned char)text[0];
    if (lead < 0x20 || lead == 0x7f) return 1;
    if (lead >= 0x80 && size == 1) return 1;
    return lead == 0xc2 && (unsigned char)text[1] < 0xa0;
}

/* Spells the character at [text] into [out], at most ESCAPE bytes; gives the count. */
static size_t spell(char *out, const char *text, size_t size) {
    if (*text == '"' || *text == '\\') {
        out[0] = '\\';
        out[1] = *text;
        return 2;
    }
    if (*text == '\n') return (size_t)sprintf(out, "\\n");
    if (*text == '\t') return (size_t)sprintf(out, "\\t");
    if (is_control(text, size)) {
        return (size_t)sprintf(out, "\\x%02x", (unsigned char)text[size - 1]);
    }
    memcpy(out, text, size);
    return size;
}

const char *pl_quoted(char out[PL_QUOTED], const char *text) {
    const size_t room = PL_QUOTED - sizeof ENDING;
    size_t length = 0;
    out[length++] = '"';
    while (*text) {
        char spelled[ESCAPE + 1];
        size_t size = character_size(text);
        size_t bytes = spell(spelled, text, size);
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
