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

struct range {
    uint32_t first, last;
};

static bool is_in(const struct range *ranges, size_t count, uint32_t code) {
    for (size_t k = 0; k < count; k++)
        if (code >= ranges[k].first && code <= ranges[k].last) return true;
    return false;
}

#define IS_IN(ranges, code) is_in((ranges), sizeof(ranges) / sizeof((ranges)[0]), (code))

/* Unicode's East Asian Width, W and F, and marks without a width of their own, in coarse ranges. */
static const struct range wide[] = {
    {0x1100, 0x115f},   {0x2e80, 0x303e},   {0x3041, 0x33ff},   {0x3400, 0x4dbf},
    {0x4e00, 0xa4cf},   {0xa960, 0xa97f},   {0xac00, 0xd7a3},   {0xf900, 0xfaff},
    {0xfe30, 0xfe6f},   {0xff00, 0xff60},   {0xffe0, 0xffe6},   {0x1f300, 0x1f64f},
    {0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd},
};
static const struct range marks[] = {
    {0x0300, 0x036f}, {0x0483, 0x0489}, {0x1ab0, 0x1aff},
    {0x1dc0, 0x1dff}, {0x20d0, 0x20ff}, {0xfe20, 0xfe2f},
};

size_t pl_utf8_columns(const char *text, size_t bytes) {
    size_t columns = 0;
    for (size_t k = 0; k < bytes; k++) {
        uint32_t code = 0;
        if (continues(text[k])) continue;
        columns++;
        if ((unsigned char)text[k] < 0x80 || !pl_utf8_decode(text + k, SIZE_MAX, &code)) continue;
        columns += IS_IN(wide, code);
        columns -= IS_IN(marks, code);
    }
    return columns;
}

size_t pl_utf8_count(const char *text) {
    size_t count = 0;
    for (size_t size; *text; text += size, count++) {
        uint32_t code;
        size = pl_utf8_decode(text, SIZE_MAX, &code);
        if (size == 0) size = 1;
    }
    return count;
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
    static const struct range ranges[] = {
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
    return IS_IN(ranges, code);
}
