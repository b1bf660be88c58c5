/* Html: the page as one file that opens from disk: style, script, drawings and downloads stand in it,
 * and it may load nothing (its own policy says so). It is well-formed XML too, which a test checks.
 *
 *     <main>  title, lead, ... sections of page.c ...  </main>
 *              ▲
 *              └ the list of sections, once all are known
 */
#include <string.h>

#include "core/base/escape.h"
#include "experiments/report/plot.h"
#include "experiments/report/report_impl.h"
#include "experiments/report/svg.h"

extern const char pl_report_css[], pl_report_js[]; /* html/ */

#define FIGURE_DATA_MOST (256u << 10) /* bytes of a figure's numbers that travel in the page */

/* What a style function is given begins with the buffer, so that the rest can be reached. */
struct html {
    struct pl_strbuf out;
    const struct pl_report_input *input;
    const struct pl_figures *figures;
    PL_VEC(const char *) headings; /* each has the id "s" and its number */
    struct pl_arena arena;
};

static struct html *html_of(struct pl_strbuf *out) {
    return (struct html *)(void *)out;
}

static void element(struct pl_strbuf *out, const char *open, const char *text, const char *close) {
    pl_strbuf_add(out, open);
    pl_escape_html(out, text);
    pl_strbuf_add(out, close);
}

/* ------------------------------------------------------------------------------------ text */

static void title(struct pl_strbuf *out, const char *text) {
    element(out, "<h1>", text, "</h1>\n");
}

static void heading(struct pl_strbuf *out, const char *text) {
    struct html *html = html_of(out);
    pl_strbuf_addf(out, "<h2 id=\"s%zu\">", html->headings.count);
    PL_VEC_PUSH(&html->headings, pl_arena_strdup(&html->arena, text));
    element(out, "", text, "</h2>\n");
}

static void subheading(struct pl_strbuf *out, const char *text) {
    element(out, "<h3>", text, "</h3>\n");
}

static void paragraph(struct pl_strbuf *out, const char *text) {
    element(out, "<p>", text, "</p>\n");
}

static void lead(struct pl_strbuf *out, const char *label, const char *text) {
    if (strcmp(label, "Question") == 0) {
        element(out, "<p class=\"question\">", text, "</p>\n");
        return;
    }
    element(out, "<p class=\"verdict\"><b>", label, "</b> ");
    element(out, "", text, "</p>\n");
}

/* A list goes on as long as items follow each other. */
static void item(struct pl_strbuf *out, const char *text) {
    static const char end[] = "</ul>\n";
    size_t length = strlen(end);
    if (out->length >= length && strcmp(out->text + out->length - length, end) == 0)
        out->text[out->length -= strlen(end)] = '\0';
    else
        pl_strbuf_add(out, "<ul>\n");
    element(out, "<li>", text, "</li>\n");
    pl_strbuf_add(out, end);
}

static void figure(struct pl_strbuf *out, const char *text) {
    element(out, "<pre>", text, "</pre>\n");
}

/* ----------------------------------------------------------------------------------- tables */

/* The marks of the looks, as gnuplot draws them, in a square from -1.4 to 1.4. */
static const char *const marks[PL_LOOKS + 1] = {
    "M-1,0a1,1 0 1 0 2,0a1,1 0 1 0 -2,0z",
    "M-1,-1h2v2h-2z",
    "M0,-1.33L-1.33,.8L1.33,.8z",
    "M0,-1.4L1.4,0L0,1.4L-1.4,0z",
    "M0,1.33L-1.33,-.8L1.33,-.8z",
    "M0,-1.33L1.265,-.411L.782,1.067L-.782,1.067L-1.265,-.411z",
    "M-1,-1h2v2h-2z",
    "M0,-1.33L-1.33,.8L1.33,.8z",
    "M-1,0a1,1 0 1 0 2,0a1,1 0 1 0 -2,0z",
};

static int look_of(const struct html *html, const char *label) {
    const struct pl_experiment *experiment = html->input->analysis->experiment;
    for (size_t e = 0; e < experiment->entry_count; e++)
        if (strcmp(experiment->entries[e].label, label) == 0) return html->figures->looks[e];
    return PL_LOOK_GREY;
}

static void add_cell(struct pl_strbuf *out, char kind, const char *text) {
    pl_strbuf_addf(out, "<td%s>", kind == 'r' ? " class=\"r\"" : kind == 'w' ? " class=\"w\"" : "");
    if (kind == 'e' && *text) {
        int look = look_of(html_of(out), text);
        pl_strbuf_addf(out,
                       "<span class=\"entry\"><svg viewBox=\"-1.5 -1.5 3 3\" aria-hidden=\"true\">"
                       "<path d=\"%s\" fill=\"var(--k%d)\" /></svg>",
                       marks[look], look);
        pl_escape_html(out, text);
        pl_strbuf_add(out, "</span>");
    } else if (kind == 'v') {
        /* A single one of the four words has its own look; several have the neutral one. */
        static const char *const words[] = {"better", "worse", "equivalent", "inconclusive"};
        const char *class = NULL;
        for (size_t k = 0; k < 4; k++)
            if (strstr(text, words[k])) class = class ? "equivalent" : words[k];
        if (class) pl_strbuf_addf(out, "<span class=\"v %s\">", class);
        pl_escape_html(out, text);
        if (class) pl_strbuf_add(out, "</span>");
    } else
        pl_escape_html(out, text);
    pl_strbuf_add(out, "</td>");
}

static void table(struct pl_strbuf *out, const struct pl_page_table *content) {
    pl_strbuf_add(out, "<div class=\"scroll\"><table>\n<thead><tr>");
    for (size_t c = 0; c < content->columns; c++)
        element(out,
                content->alignment[c] == 'r' ? "<th scope=\"col\" class=\"r\">"
                                             : "<th scope=\"col\">",
                content->headers[c], "</th>");
    pl_strbuf_add(out, "</tr></thead>\n<tbody>\n");

    for (size_t r = 0; r < content->rows; r++) {
        const char *const *cells = content->cells + r * content->columns;
        size_t last = content->columns - 1;
        bool baseline = content->alignment[last] == 'v' && strcmp(cells[last], "baseline") == 0;
        pl_strbuf_add(out, baseline ? "<tr class=\"baseline\">" : "<tr>");
        for (size_t c = 0; c < content->columns; c++)
            add_cell(out, content->alignment[c], cells[c]);
        pl_strbuf_add(out, "</tr>\n");
    }
    pl_strbuf_add(out, "</tbody>\n</table></div>\n");
}

/* ---------------------------------------------------------------------------------- figures */

#define PLAIN "-_.," /* what stands in an address as it is, beside letters and digits */

static void begin_download(struct pl_strbuf *out, const char *type, const char *name,
                           const char *ending) {
    pl_strbuf_add(out, "<a download=\"");
    pl_escape_html(out, name);
    pl_strbuf_addf(out, ".%s\" href=\"data:%s;charset=utf-8,", ending, type);
}

static void add_download(struct pl_strbuf *out, const char *type, const char *name,
                         const char *ending, const char *text, const char *label) {
    begin_download(out, type, name, ending);
    pl_escape_address(out, text, PLAIN);
    pl_strbuf_addf(out, "\">%s</a>", label);
}

static void chart(struct pl_strbuf *out, const struct pl_figure *drawn) {
    const struct pl_chart *content = &drawn->chart;
    pl_strbuf_add(out, "<figure><div class=\"scroll drawing\">");
    pl_svg_inline(drawn->svg, content->name, content->title, out);
    element(out, "</div>\n<figcaption>", content->caption, " ");
    if (strlen(drawn->data) <= FIGURE_DATA_MOST) {
        add_download(out, "text/plain", content->name, "dat", drawn->data, "data");
        pl_strbuf_add(out, " · ");
        add_download(out, "text/plain", content->name, "gp", drawn->script, "gnuplot script");
    }
    pl_strbuf_add(out, "</figcaption></figure>\n");
}

/* -------------------------------------------------------------------------------- the rest */

static void source(struct pl_strbuf *out, const char *text) {
    element(out, "<pre>", text, "</pre>\n");
}

/* Puts csv into the address of a download. */
static void drain_csv(void *page, struct pl_strbuf *csv) {
    pl_escape_address(page, csv->text, PLAIN);
    pl_strbuf_clear(csv);
}

static void downloads(struct pl_strbuf *out, const struct pl_report_input *input) {
    const struct pl_experiment *experiment = input->analysis->experiment;
    struct pl_report_input drained = *input;
    struct pl_strbuf csv;
    drained.drain = drain_csv;
    drained.taker = out;
    pl_strbuf_init(&csv);
    pl_strbuf_add(out, "<ul class=\"downloads\">\n<li>");
    begin_download(out, "text/csv", experiment->name, "csv");
    pl_report_csv(&drained, &csv);
    drain_csv(out, &csv);
    pl_strbuf_add(out, "\">every cell as CSV</a></li>\n");
    if (experiment->source) {
        pl_strbuf_add(out, "<li>");
        add_download(out, "text/plain", experiment->name, "yaml", experiment->source, "the study");
        pl_strbuf_add(out, "</li>\n");
    }
    pl_strbuf_add(out, "</ul>\n");
    pl_strbuf_finish(&csv);
}

static void add_head(struct pl_strbuf *page, const struct pl_report_input *input) {
    pl_strbuf_add(
        page,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\" />\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\" />\n"
        "<meta name=\"color-scheme\" content=\"light dark\" />\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
        "'unsafe-inline'; script-src 'unsafe-inline'; img-src data:\" />\n"
        "<link rel=\"icon\" href=\"data:,\" />\n");
    element(page, "<title>", input->analysis->experiment->name, " · Plumbline</title>\n");
    pl_strbuf_addf(page, "<style>\n%s</style>\n</head>\n<body>\n<main>\n", pl_report_css);
    pl_strbuf_add(page, "<p class=\"maker\"><svg viewBox=\"0 0 8 14\" aria-hidden=\"true\">"
                        "<path d=\"M4,0V7\" stroke=\"currentColor\" />"
                        "<path d=\"M1.2,7h5.6L4,14z\" fill=\"currentColor\" /></svg>Plumbline");
    if (input->version) element(page, " ", input->version, "");
    pl_strbuf_add(page, "</p>\n");
}

/* Title, question, verdict and what ran; then the list of sections; then the sections. */
static void add_body(struct pl_strbuf *page, const struct html *html) {
    const char *sections = strstr(html->out.text, "<h2 id=\"s0\">");
    size_t top = sections ? (size_t)(sections - html->out.text) : html->out.length;
    pl_strbuf_add_bytes(page, html->out.text, top);
    pl_strbuf_add(page, "<nav aria-label=\"Sections\"><ul>\n");
    for (size_t k = 0; k < html->headings.count; k++) {
        pl_strbuf_addf(page, "<li><a href=\"#s%zu\">", k);
        element(page, "", html->headings.items[k], "</a></li>\n");
    }
    pl_strbuf_add(page, "</ul></nav>\n");
    pl_strbuf_add_bytes(page, html->out.text + top, html->out.length - top);
    pl_strbuf_addf(page, "</main>\n<script>\n%s</script>\n</body>\n</html>\n", pl_report_js);
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
    .downloads = downloads,
};

void pl_report_html(const struct pl_report_input *input, struct pl_strbuf *out) {
    struct pl_figures figures;
    struct html html = {.input = input, .figures = &figures};
    pl_figures_make(&figures, input->analysis);
    pl_plot_figures(&figures, input->figures);
    pl_strbuf_init(&html.out);
    pl_report_page(input, &style, &figures, &html.out);
    add_head(out, input);
    add_body(out, &html);
    pl_strbuf_finish(&html.out);
    PL_VEC_FINISH(&html.headings);
    pl_arena_finish(&html.arena);
    pl_figures_finish(&figures);
}
