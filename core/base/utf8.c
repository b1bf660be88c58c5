#include "core/base/utf8.h"

static bool continues(char byte) {
    return ((unsigned char)byte & 0xc0) == 0x80;
}

size_t pl_utf8_decode(const char *text, size_t have, uint32_t *out) {
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char lead = (unsigned char)text[0];
    size_t size = lead < 0x80 ? 1 : lead < 0xc0 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (size == 0 || size > have || lead > 0xf4) return 0;
    uint32_t code = size == 1 ? lead : lead & (0x7fu >> size);
    for (size_t i = 1; i < size; i++) {
        if (!continues(text[i])) return 0;
        code = code << 6 | ((unsigned char)text[i] & 0x3fu);
    }
    bool surrogate = code >= 0xd800 && code < 0xe000;
    if (code < smallest[size] || surrogate || code > 0x10ffff) return 0;
    *out = code;
    return size;
}

size_t pl_utf8_columns(const char *text, size_t bytes) {
    size_t columns = 0;
    for (size_t k = 0; k < bytes; k++) columns += !continues(text[k]);
    return columns;
}

size_t pl_utf8_cut(const char *text, size_t most) {
    size_t length = 0;
    while (length < most && text[length]) length++;
    if (!text[length]) return length;
    while (length > 0 && continues(text[length])) length--;
    return length;
}

bool pl_utf8_is_control(uint32_t code) {
    return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

bool pl_utf8_is_hidden(uint32_t code) {
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        {0x00a0, 0x00a0},   /* no-break space */
        {0x00ad, 0x00ad},   /* soft hyphen */
        {0x034f, 0x034f},   /* combining grapheme joiner */
        {0x061c, 0x061c},   /* Arabic letter mark */
        {0x115f, 0x1160},   /* Hangul fillers */
        {0x1680, 0x1680},   /* Ogham space */
        {0x17b4, 0x17b5},   /* Khmer vowels without a shape */
        {0x180b, 0x180f},   /* Mongolian selectors and separator */
        {0x2000, 0x200f},   /* spaces of other widths, zero width, direction marks */
        {0x2028, 0x202f},   /* line and paragraph ends, embeddings and overrides */
        {0x205f, 0x206f},   /* mathematical space, word joiner, isolates */
        {0x3000, 0x3000},   /* ideographic space */
        {0x3164, 0x3164},   /* Hangul filler */
        {0xfe00, 0xfe0f},   /* variation selectors */
        {0xfeff, 0xfeff},   /* zero width no-break space, byte order mark */
        {0xffa0, 0xffa0},   /* halfwidth Hangul filler */
        {0xfff0, 0xfffb},   /* unassigned and annotation marks */
        {0xfffe, 0xffff},   /* no characters; XML has no place for them */
        {0x1d173, 0x1d17a}, /* musical format marks */
        {0xe0000, 0xe0fff}, /* tags and more selectors */
    };
    for (size_t k = 0; k < sizeof ranges / sizeof ranges[0]; k++)
        if (code >= ranges[k].first && code <= ranges[k].last) return true;
    return false;
}
