#include "core/base/escape.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/utf8.h"

void pl_escape_repair(struct pl_strbuf *out, const char *text) {
    while (*text) {
        uint32_t code;
        size_t size = pl_utf8_decode(text, SIZE_MAX, &code);
        pl_strbuf_add_bytes(out, size ? text : "?", size ? size : 1);
        text += size ? size : 1;
    }
}

void pl_escape_visible(struct pl_strbuf *out, const char *text) {
    while (*text) {
        uint32_t code;
        size_t size = pl_utf8_decode(text, SIZE_MAX, &code);
        if (size == 0)
            pl_strbuf_add(out, "?");
        else if (pl_utf8_is_hidden(code))
            pl_strbuf_addf(out, "<U+%04X>", (unsigned)code);
        else if (pl_utf8_is_control(code) && code != '\n' && code != '\t')
            pl_strbuf_addf(out, "\\x%02x", (unsigned)code);
        else
            pl_strbuf_add_bytes(out, text, size);
        text += size ? size : 1;
    }
}

/* [text] made visible; each byte c that signs[] has a text for is written as that text. */
static void add_replaced(struct pl_strbuf *out, const char *text, const char *const signs[128]) {
    struct pl_strbuf visible;
    pl_strbuf_init(&visible);
    pl_escape_visible(&visible, text);
    for (const char *at = visible.text; *at; at++) {
        unsigned char byte = (unsigned char)*at;
        if (byte < 128 && signs[byte])
            pl_strbuf_add(out, signs[byte]);
        else
            pl_strbuf_add_bytes(out, at, 1);
    }
    pl_strbuf_finish(&visible);
}

void pl_escape_html(struct pl_strbuf *out, const char *text) {
    static const char *const signs[128] = {
        ['<'] = "&lt;", ['>'] = "&gt;", ['&'] = "&amp;", ['"'] = "&quot;"};
    add_replaced(out, text, signs);
}

void pl_escape_xml(struct pl_strbuf *out, const char *text) {
    static const char *const signs[128] = {['<'] = "&lt;",   ['>'] = "&gt;",   ['&'] = "&amp;",
                                           ['"'] = "&quot;", ['\n'] = "&#10;", ['\t'] = "&#9;"};
    add_replaced(out, text, signs);
}

void pl_escape_gnuplot_comment(struct pl_strbuf *out, const char *text) {
    static const char *const signs[128] = {['\n'] = " ", ['\t'] = " ", ['\\'] = " "};
    add_replaced(out, text, signs);
}

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_word(char c) {
    return is_letter(c) || (unsigned char)c >= 0x80;
}

void pl_escape_markdown(struct pl_strbuf *out, const char *text) {
    struct pl_strbuf visible;
    char before = ' ';
    pl_strbuf_init(&visible);
    pl_escape_visible(&visible, text);
    for (const char *at = visible.text; *at; before = *at++) {
        bool marks = strchr("\\`*|<[#", *at) != NULL;
        if (*at == '_') marks = !is_word(before) || !is_word(at[1]);
        if (marks) pl_strbuf_add(out, "\\");
        pl_strbuf_add_bytes(out, *at == '\n' ? " " : at, 1);
    }
    pl_strbuf_finish(&visible);
}

void pl_escape_gnuplot(struct pl_strbuf *out, const char *text) {
    static const char plain[] = " -_.,:;=+*/()[]<>|!?~";
    struct pl_strbuf visible;
    pl_strbuf_init(&visible);
    pl_escape_visible(&visible, text);
    pl_strbuf_add(out, "\"");
    for (const char *at = visible.text; *at; at++) {
        if (*at == '\n' || *at == '\t')
            pl_strbuf_add(out, " ");
        else if (is_word(*at) || strchr(plain, *at))
            pl_strbuf_add_bytes(out, at, 1);
        else
            pl_strbuf_addf(out, "\\%03o", (unsigned)(unsigned char)*at);
    }
    pl_strbuf_add(out, "\"");
    pl_strbuf_finish(&visible);
}

static bool is_formula(const char *text) {
    char *end;
    if (!*text || !strchr("=+-@", *text)) return false;
    strtod(text, &end);
    return end == text || *end;
}

void pl_escape_csv(struct pl_strbuf *out, const char *text) {
    struct pl_strbuf repaired;
    pl_strbuf_init(&repaired);
    if (is_formula(text)) pl_strbuf_add(&repaired, "'");
    pl_escape_repair(&repaired, text);
    bool quoted = strpbrk(repaired.text, ",\"\r\n") != NULL;
    if (quoted) pl_strbuf_add(out, "\"");
    for (const char *at = repaired.text; *at; at++)
        pl_strbuf_add_bytes(out, *at == '"' ? "\"\"" : at, *at == '"' ? 2 : 1);
    if (quoted) pl_strbuf_add(out, "\"");
    pl_strbuf_finish(&repaired);
}

void pl_escape_address(struct pl_strbuf *out, const char *text, const char *plain) {
    for (; *text; text++)
        if (is_letter(*text) || strchr(plain, *text))
            pl_strbuf_add_bytes(out, text, 1);
        else
            pl_strbuf_addf(out, "%%%02X", (unsigned)(unsigned char)*text);
}
