/* gnuplot's drawing made part of a page, in one walk over its text: take_tag and take_text by
 * turns, each giving where the text goes on. Only what the page needs is copied: unwanted tags and
 * empty groups are left out, ids get the figure's name in front so that several drawings can share
 * a page, and known colours become variables of the page, so that it can be dark. */
#include "experiments/report/svg.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/base/escape.h"
#include "experiments/report/chart.h"

/* ---------------------------------------------------------------------------------- colours */

/* "#0072b2" of "rgb(  0, 114, 178)" or "#0072B2"; false for anything else. */
static bool read_colour(const char *value, size_t length, char out[8]) {
    char text[32];
    unsigned red, green, blue;
    if (length >= sizeof text) return false;
    memcpy(text, value, length);
    text[length] = '\0';
    if (sscanf(text, "rgb(%u ,%u ,%u)", &red, &green, &blue) != 3 &&
        (length != 7 || sscanf(text, "#%2x%2x%2x", &red, &green, &blue) != 3))
        return false;
    snprintf(out, 8, "#%02x%02x%02x", red & 255, green & 255, blue & 255);
    return true;
}

static const struct {
    const char *colour, *variable;
} papers[] = {{PL_INK, "ink"}, {PL_AXIS, "axis"}, {PL_GRID, "grid"}, {PL_PAPER, "paper"}};

static void add_colour(struct pl_strbuf *out, const char *value, size_t length) {
    char colour[8];
    if (length == 5 && strncmp(value, "black", 5) == 0) {
        pl_strbuf_add(out, "var(--ink)");
        return;
    }
    if (read_colour(value, length, colour)) {
        for (size_t k = 0; k < sizeof papers / sizeof papers[0]; k++)
            if (strcmp(colour, papers[k].colour) == 0) {
                pl_strbuf_addf(out, "var(--%s)", papers[k].variable);
                return;
            }
        for (int k = 0; k <= PL_LOOKS; k++)
            if (strcmp(colour, pl_looks[k].colour) == 0) {
                pl_strbuf_addf(out, "var(--k%d)", k);
                return;
            }
    }
    pl_strbuf_add_bytes(out, value, length);
}

/* ------------------------------------------------------------------------------------- tags */

struct text {
    const char *at;
    size_t length;
};

static bool is(struct text text, const char *word) {
    return text.length == strlen(word) && strncmp(text.at, word, text.length) == 0;
}

static void add_attribute(struct pl_strbuf *out, struct text name, struct text value,
                          const char *id) {
    if (is(name, "font-family")) return;
    bool link = is(name, "xlink:href"), own = is(name, "id");
    pl_strbuf_add(out, " ");
    pl_strbuf_add_bytes(out, link ? "href" : name.at, link ? 4 : name.length);
    pl_strbuf_add(out, "=\"");
    if (link && value.length)
        pl_strbuf_addf(out, "#%s-%.*s", id, (int)value.length - 1, value.at + 1);
    else if (own)
        pl_strbuf_addf(out, "%s-%.*s", id, (int)value.length, value.at);
    else if (is(name, "fill") || is(name, "stroke") || is(name, "color"))
        add_colour(out, value.at, value.length);
    else
        pl_strbuf_add_bytes(out, value.at, value.length);
    pl_strbuf_add(out, "\"");
}

/* The attributes from [at] to [end], each NAME = 'VALUE' or "VALUE". */
static void add_attributes(struct pl_strbuf *out, const char *at, const char *end, const char *id) {
    static const char blanks[] = " \t\r\n";
    while (at < end) {
        at += strspn(at, blanks);
        struct text name = {at, strcspn(at, " \t\r\n=/>")};
        if (name.length == 0) return;
        at += name.length;
        at += strspn(at, " \t\r\n=");
        if (at >= end || (*at != '"' && *at != '\'')) return;
        const char *close = strchr(at + 1, *at);
        if (!close || close > end) return;
        add_attribute(out, name, (struct text){at + 1, (size_t)(close - at - 1)}, id);
        at = close + 1;
    }
}

/* Where the tag that begins at [at] ends (at its '>'), quotes respected. */
static const char *tag_end(const char *at) {
    char quote = 0;
    for (; *at; at++) {
        if (quote)
            quote = *at == quote ? 0 : quote;
        else if (*at == '"' || *at == '\'')
            quote = *at;
        else if (*at == '>')
            return at;
    }
    return NULL;
}

/* What follows "</NAME>"; NULL when it is not closed. */
static const char *after_close(const char *at, struct text name) {
    char close[32];
    snprintf(close, sizeof close, "</%.*s>", (int)name.length, name.at);
    const char *found = strstr(at, close);
    return found ? found + strlen(close) : NULL;
}

/* A group that holds nothing: what follows it; otherwise NULL. */
static const char *after_empty_group(const char *end) {
    const char *next = end + 1 + strspn(end + 1, " \t\r\n");
    return strncmp(next, "</g>", 4) == 0 ? next + 4 : NULL;
}

/* One tag at [at]; gives where the text goes on, NULL at the end of the drawing. */
static const char *take_tag(const char *at, const char *id, bool *paper, struct pl_strbuf *out) {
    const char *end = tag_end(at), *next;
    struct text name = {at + 1, strcspn(at + 1, " \t\r\n/>")};
    if (!end) return NULL;
    if (at[1] == '/') {
        pl_strbuf_add_bytes(out, at, (size_t)(end - at + 1));
        return end + 1;
    }
    if (is(name, "title") || is(name, "desc") || is(name, "filter")) return after_close(end, name);
    if (is(name, "g") && (next = after_empty_group(end))) return next;
    if (is(name, "rect") && !*paper) {
        *paper = true;
        return end + 1;
    }
    pl_strbuf_addf(out, "<%.*s", (int)name.length, name.at);
    add_attributes(out, name.at + name.length, end, id);
    pl_strbuf_add(out, end[-1] == '/' ? "/>" : ">");
    return end + 1;
}

/* Runs of white space between tags become one line end. */
static const char *take_text(const char *at, struct pl_strbuf *out) {
    size_t length = strcspn(at, "<");
    if (strspn(at, " \t\r\n") >= length)
        pl_strbuf_add(out, "\n");
    else
        pl_strbuf_add_bytes(out, at, length);
    return at + length;
}

static void add_head(const char *svg, const char *id, const char *title, struct pl_strbuf *out) {
    unsigned width = PL_CHART_WIDTH, height = 400;
    const char *box = strstr(svg, "viewBox=\"");
    if (box) sscanf(box, "viewBox=\"0 0 %u %u\"", &width, &height);
    pl_strbuf_addf(out,
                   "<svg viewBox=\"0 0 %u %u\" width=\"%u\" height=\"%u\" role=\"img\" "
                   "aria-labelledby=\"%s-title\">\n<title id=\"%s-title\">",
                   width, height, width, height, id, id);
    pl_escape_html(out, title);
    pl_strbuf_add(out, "</title>\n");
}

void pl_svg_inline(const char *svg, const char *id, const char *title, struct pl_strbuf *out) {
    const char *at = strstr(svg, "<g id=\"gnuplot_canvas\">");
    const char *last = at ? strstr(at, "</svg>") : NULL;
    bool paper = false;
    add_head(svg, id, title, out);
    while (at && last && at < last)
        at = *at == '<' ? take_tag(at, id, &paper, out) : take_text(at, out);
    pl_strbuf_add(out, "</svg>\n");
}
