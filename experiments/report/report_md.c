/* Md: the page in GitHub's Markdown. Figures are linked, so they travel beside it. */
#include <string.h>

#include "core/base/escape.h"
#include "experiments/report/plot.h"
#include "experiments/report/report_impl.h"

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
    pl_escape_markdown(out, text);
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
    pl_escape_markdown(out, text);
    pl_strbuf_add(out, "\n");
}

static void add_row(struct pl_strbuf *out, const char *const *cells, size_t columns) {
    pl_strbuf_add(out, "|");
    for (size_t c = 0; c < columns; c++) {
        pl_strbuf_add(out, " ");
        pl_escape_markdown(out, cells[c]);
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
    struct pl_strbuf visible;
    size_t longest = 2;
    pl_strbuf_init(&visible);
    pl_escape_visible(&visible, text);
    for (const char *at = visible.text; (at = strchr(at, '`'));) {
        size_t run = strspn(at, "`");
        if (run > longest) longest = run;
        at += run;
    }
    open_block(out);
    for (size_t k = 0; k <= longest; k++) pl_strbuf_add(out, "`");
    pl_strbuf_addf(out, "%s\n%s%s", kind, visible.text,
                   visible.text[visible.length - 1] == '\n' ? "" : "\n");
    for (size_t k = 0; k <= longest; k++) pl_strbuf_add(out, "`");
    pl_strbuf_add(out, "\n");
    pl_strbuf_finish(&visible);
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
    pl_escape_markdown(out, text);
    pl_strbuf_add(out, "\n");
}

/* What a style function is given begins with the buffer, so that the rest can be reached. */
struct md {
    struct pl_strbuf out;
    const char *link; /* to the folder of the figures */
};

static void chart(struct pl_strbuf *out, const struct pl_figure *drawn) {
    const struct md *md = (const struct md *)(const void *)out;
    open_block(out);
    pl_strbuf_add(out, "![");
    pl_escape_markdown(out, drawn->chart.title);
    pl_strbuf_add(out, "](");
    pl_escape_address(out, md->link, "/-_.~+,=@:");
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
