/* Md: the page in GitHub's Markdown. */
#include <ctype.h>
#include <string.h>

#include "experiments/report/report_impl.h"

static bool is_word(char c) {
    return isalnum((unsigned char)c) || (unsigned char)c >= 0x80;
}

/* Text that comes from a study is shown, not obeyed. An underscore within a word is no mark. */
static void add_escaped(struct pl_strbuf *out, const char *text) {
    char before = ' ';
    for (; *text; before = *text++) {
        bool marks = strchr("\\`*|<[#", *text) != NULL;
        if (*text == '_') marks = !is_word(before) || !is_word(text[1]);
        if (marks) pl_strbuf_add(out, "\\");
        pl_strbuf_add_bytes(out, *text == '\n' ? " " : text, 1);
    }
}

static bool after_item(const struct pl_strbuf *out) {
    size_t start = out->length - 1;
    while (start > 0 && out->text[start - 1] != '\n') start--;
    return strncmp(out->text + start, "- ", 2) == 0;
}

/* Blocks are parted by a blank line. */
static void open_block(struct pl_strbuf *out) {
    if (out->length > 0) pl_strbuf_add(out, "\n");
}

static void add_block(struct pl_strbuf *out, const char *mark, const char *text) {
    open_block(out);
    pl_strbuf_add(out, mark);
    add_escaped(out, text);
    pl_strbuf_add(out, "\n");
}

static void title(struct pl_strbuf *out, const char *text) {
    add_block(out, "# ", text);
}
static void heading(struct pl_strbuf *out, const char *text) {
    add_block(out, "## ", text);
}
static void subheading(struct pl_strbuf *out, const char *text) {
    add_block(out, "### ", text);
}
static void paragraph(struct pl_strbuf *out, const char *text) {
    add_block(out, "", text);
}

static void item(struct pl_strbuf *out, const char *text) {
    if (out->length > 0 && !after_item(out)) open_block(out);
    pl_strbuf_add(out, "- ");
    add_escaped(out, text);
    pl_strbuf_add(out, "\n");
}

static void add_row(struct pl_strbuf *out, const char *const *cells, size_t columns) {
    pl_strbuf_add(out, "|");
    for (size_t c = 0; c < columns; c++) {
        pl_strbuf_add(out, " ");
        add_escaped(out, cells[c]);
        pl_strbuf_add(out, " |");
    }
    pl_strbuf_add(out, "\n");
}

static void table(struct pl_strbuf *out, const struct pl_page_table *content) {
    open_block(out);
    add_row(out, content->headers, content->columns);
    pl_strbuf_add(out, "|");
    for (size_t c = 0; c < content->columns; c++)
        pl_strbuf_add(out, content->alignment[c] == 'r' ? " ---: |" : " --- |");
    pl_strbuf_add(out, "\n");
    for (size_t r = 0; r < content->rows; r++)
        add_row(out, content->cells + r * content->columns, content->columns);
}

static void figure(struct pl_strbuf *out, const char *text) {
    open_block(out);
    pl_strbuf_addf(out, "```\n%s```\n", text);
}

static const struct pl_page_style style = {
    .title = title,
    .heading = heading,
    .subheading = subheading,
    .paragraph = paragraph,
    .item = item,
    .table = table,
    .figure = figure,
};

void pl_report_md(const struct pl_report_input *input, struct pl_strbuf *out) {
    pl_report_page(input, &style, out);
}
