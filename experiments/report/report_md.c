/* Md: the page in GitHub's Markdown. Figures are linked, so they travel beside it. */
#include <ctype.h>
#include <string.h>

#include "experiments/report/plot.h"
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

/* A fence is longer than any run of its sign in [text]. */
static void add_fenced(struct pl_strbuf *out, const char *kind, const char *text) {
    size_t longest = 2;
    for (const char *at = text; (at = strchr(at, '`'));) {
        size_t run = strspn(at, "`");
        if (run > longest) longest = run;
        at += run;
    }
    open_block(out);
    for (size_t k = 0; k <= longest; k++) pl_strbuf_add(out, "`");
    pl_strbuf_addf(out, "%s\n%s%s", kind, text, text[strlen(text) - 1] == '\n' ? "" : "\n");
    for (size_t k = 0; k <= longest; k++) pl_strbuf_add(out, "`");
    pl_strbuf_add(out, "\n");
}

static void figure(struct pl_strbuf *out, const char *text) {
    add_fenced(out, "", text);
}

static void source(struct pl_strbuf *out, const char *text) {
    add_fenced(out, "yaml", text);
}

static void lead(struct pl_strbuf *out, const char *label, const char *text) {
    open_block(out);
    pl_strbuf_addf(out, "**%s:** ", label);
    add_escaped(out, text);
    pl_strbuf_add(out, "\n");
}

/* What a style function is given begins with the buffer, so that the rest can be reached. */
struct md {
    struct pl_strbuf out;
    const char *link; /* to the folder of the figures */
};

/* A link's signs of its own are written as their codes. */
static void add_link(struct pl_strbuf *out, const char *path) {
    for (; *path; path++)
        if (strchr(" ()<>\\\"%", *path))
            pl_strbuf_addf(out, "%%%02X", (unsigned)(unsigned char)*path);
        else
            pl_strbuf_add_bytes(out, path, 1);
}

static void chart(struct pl_strbuf *out, const struct pl_figure *drawn) {
    const struct md *md = (const struct md *)(const void *)out;
    open_block(out);
    pl_strbuf_add(out, "![");
    add_escaped(out, drawn->chart.title);
    pl_strbuf_add(out, "](");
    add_link(out, md->link);
    pl_strbuf_addf(out, "/%s.svg)\n", drawn->chart.name);
    paragraph(out, drawn->chart.caption);
}

static const struct pl_page_style style = {
    .full = true,
    .title = title,
    .heading = heading,
    .subheading = subheading,
    .paragraph = paragraph,
    .item = item,
    .table = table,
    .figure = figure,
    .lead = lead,
    .chart = chart,
    .source = source,
};

void pl_report_md(const struct pl_report_input *input, struct pl_strbuf *out) {
    struct pl_figures figures;
    struct md md = {.link = input->link ? input->link : input->figures};
    pl_figures_make(&figures, input->analysis);
    pl_plot_figures(&figures, input->figures);
    pl_strbuf_init(&md.out);
    pl_report_page(input, &style, &figures, &md.out);
    pl_strbuf_add_bytes(out, md.out.text, md.out.length);
    pl_strbuf_finish(&md.out);
    pl_figures_finish(&figures);
}
