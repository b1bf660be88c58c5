/* Text: the page for a terminal, at most 80 columns wide. A column is a character, not a byte. Where the
 * terminal allows it, lines are drawn as such, and headings and verdicts have a look of their own: for
 * verdicts two colours that colour-blind readers tell apart, beside the words. */
#include <string.h>

#include "core/base/escape.h"
#include "core/base/utf8.h"
#include "experiments/report/report_impl.h"

enum { WIDTH = 80, LEAST = 30 }; /* the usual width; the least that is tried */

/* What a style function is given begins with the buffer, so that the rest can be reached. */
struct text {
    struct pl_strbuf out;
    struct pl_arena arena; /* of texts made visible */
    size_t width;
    bool unicode, colour;
};

static struct text *text_of(struct pl_strbuf *out) {
    return (struct text *)(void *)out;
}

/* What a file says, so that the terminal shows it and obeys none of it. */
static const char *visible(struct pl_strbuf *out, const char *text) {
    struct pl_strbuf copy;
    pl_strbuf_init(&copy);
    pl_escape_visible(&copy, text);
    if (strcmp(copy.text, text) != 0) text = pl_arena_strdup(&text_of(out)->arena, copy.text);
    pl_strbuf_finish(&copy);
    return text;
}

#define BOLD   "\033[1m"
#define DIM    "\033[2m"
#define CYAN   "\033[1;36m"
#define YELLOW "\033[1;33m"
#define PLAIN  "\033[0m"

static void begin_look(struct pl_strbuf *out, const char *look) {
    if (look && text_of(out)->colour) pl_strbuf_add(out, look);
}

static void end_look(struct pl_strbuf *out, const char *look) {
    if (look && text_of(out)->colour) pl_strbuf_add(out, PLAIN);
}

static size_t columns_of(const char *text) {
    return pl_utf8_columns(text, strlen(text));
}

/* The bytes of the first [columns] characters. */
static size_t bytes_of(const char *text, size_t columns) {
    size_t bytes = 0;
    while (text[bytes] && pl_utf8_columns(text, bytes + 1) <= columns) bytes++;
    return bytes;
}

static void add_repeated(struct pl_strbuf *out, char c, size_t count) {
    while (count-- > 0) pl_strbuf_add_bytes(out, &c, 1);
}

/* Whether the last line is the rule under a heading. */
static bool after_rule(const struct pl_strbuf *out) {
    size_t end = out->length - 1, start = end;
    while (start > 0 && (out->text[start - 1] == '-' || out->text[start - 1] == '=')) start--;
    return start < end && (start == 0 || out->text[start - 1] == '\n');
}

/* A blank line before what follows, unless there is one or a heading stands there. */
static void open_block(struct pl_strbuf *out) {
    if (out->length < 2 || after_rule(out)) return;
    if (out->text[out->length - 2] != '\n') pl_strbuf_add(out, "\n");
}

static void underlined(struct pl_strbuf *out, const char *text, char rule) {
    open_block(out);
    text = visible(out, text);
    begin_look(out, BOLD);
    pl_strbuf_add(out, text);
    end_look(out, BOLD);
    pl_strbuf_add(out, "\n");
    size_t columns = columns_of(text);
    add_repeated(out, rule, columns < text_of(out)->width ? columns : text_of(out)->width);
    pl_strbuf_add(out, "\n");
}

static void title(struct pl_strbuf *out, const char *text) {
    underlined(out, text, '=');
}

static void heading(struct pl_strbuf *out, const char *text) {
    underlined(out, text, '-');
}

/* Words in lines of the width; lines after the first begin with [indent] spaces. A word longer than a
 * line stands alone. */
static void wrap(struct pl_strbuf *out, const char *text, size_t indent) {
    size_t column = indent;
    bool first = true;
    text = visible(out, text);
    for (text += strspn(text, " \n\t"); *text; text += strspn(text, " \n\t")) {
        size_t bytes = strcspn(text, " \n\t"), columns = pl_utf8_columns(text, bytes);
        if (!first && column + 1 + columns > text_of(out)->width) {
            pl_strbuf_add(out, "\n");
            add_repeated(out, ' ', indent);
            column = indent;
        } else if (!first) {
            pl_strbuf_add(out, " ");
            column++;
        }
        pl_strbuf_add_bytes(out, text, bytes);
        column += columns;
        text += bytes;
        first = false;
    }
    pl_strbuf_add(out, "\n");
}

static void subheading(struct pl_strbuf *out, const char *text) {
    open_block(out);
    wrap(out, text, 2);
}

static void paragraph(struct pl_strbuf *out, const char *text) {
    open_block(out);
    wrap(out, text, 0);
    pl_strbuf_add(out, "\n");
}

static void item(struct pl_strbuf *out, const char *text) {
    pl_strbuf_add(out, "- ");
    wrap(out, text, 2);
}

/* Drawn for 80 columns; on a narrower terminal the right side is left out. */
static void figure(struct pl_strbuf *out, const char *text) {
    for (text = visible(out, text); *text;) {
        size_t line = strcspn(text, "\n"), bytes = bytes_of(text, text_of(out)->width);
        pl_strbuf_add_bytes(out, text, bytes < line ? bytes : line);
        text += line;
        if (*text) pl_strbuf_add(out, "\n");
        text += *text != '\0';
    }
}

#define MAX_COLUMNS 12

static void measure(const struct pl_page_table *table, size_t most, size_t *widths) {
    size_t total = 2;
    for (size_t c = 0; c < table->columns; c++) {
        widths[c] = columns_of(table->headers[c]);
        for (size_t r = 0; r < table->rows; r++) {
            size_t width = columns_of(table->cells[r * table->columns + c]);
            if (width > widths[c]) widths[c] = width;
        }
        total += widths[c] + (c > 0 ? 2 : 0);
    }
    if (total <= most) return;
    size_t excess = total - most; /* the first column, names, gives way */
    widths[0] = widths[0] > excess + 8 ? widths[0] - excess : 8;
}

static const char *look_of(char kind, const char *text) {
    if (kind != 'v') return NULL;
    bool better = strstr(text, "better") != NULL, worse = strstr(text, "worse") != NULL;
    if (better && worse) return BOLD;
    return better ? CYAN : worse ? YELLOW : strcmp(text, "inconclusive") == 0 ? DIM : NULL;
}

/* The signs of a bar, one column each. */
static void add_bar(struct pl_strbuf *out, const char *bar) {
    static const char ascii[] = "-o|+";
    static const char *const drawn[] = {"─", "●", "│", "┼"};
    for (; *bar; bar++) {
        const char *found = strchr(ascii, *bar);
        if (found && text_of(out)->unicode)
            pl_strbuf_add(out, drawn[found - ascii]);
        else
            pl_strbuf_add_bytes(out, bar, 1);
    }
}

static void add_cell(struct pl_strbuf *out, const char *text, size_t width, char kind, bool last) {
    size_t columns = columns_of(text), bytes = strlen(text);
    const char *look = look_of(kind, text);
    if (columns > width) {
        bytes = bytes_of(text, width - 1);
        columns = width;
    }
    if (kind == 'r') add_repeated(out, ' ', width - columns);
    begin_look(out, look);
    if (kind == 'b')
        add_bar(out, text);
    else
        pl_strbuf_add_bytes(out, text, bytes);
    if (text[bytes]) pl_strbuf_add(out, "~");
    end_look(out, look);
    if (kind != 'r' && !last) add_repeated(out, ' ', width - columns);
}

static void add_line(struct pl_strbuf *out, const struct pl_page_table *table,
                     const char *const *cells, const size_t *widths) {
    size_t count = table->columns;
    while (count > 0 && !*cells[count - 1]) count--; /* nothing trails */
    for (size_t c = 0; c < count; c++) {
        pl_strbuf_add(out, "  ");
        add_cell(out, cells[c], widths[c], table->alignment[c], c + 1 == count);
    }
    pl_strbuf_add(out, "\n");
}

static void table(struct pl_strbuf *out, const struct pl_page_table *content) {
    size_t widths[MAX_COLUMNS], count = content->rows * content->columns;
    const char **cells = PL_ARENA_ARRAY(&text_of(out)->arena, const char *, count);
    struct pl_page_table shown = *content;
    PL_ASSERT(content->columns <= MAX_COLUMNS);
    for (size_t k = 0; k < count; k++) cells[k] = visible(out, content->cells[k]);
    shown.cells = cells;
    measure(&shown, text_of(out)->width, widths);
    add_line(out, &shown, shown.headers, widths);
    for (size_t r = 0; r < shown.rows; r++)
        add_line(out, &shown, cells + r * shown.columns, widths);
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

void pl_report_text(const struct pl_report_input *input, struct pl_strbuf *out) {
    struct text text = {.width = WIDTH, .unicode = input->unicode, .colour = input->colour};
    if (input->width && input->width < WIDTH)
        text.width = (size_t)(input->width < LEAST ? LEAST : input->width);
    pl_strbuf_init(&text.out);
    pl_report_page(input, &style, NULL, &text.out);
    /* the page ends with a paragraph: no blank line after it */
    pl_strbuf_add_bytes(out, text.out.text, text.out.length - 1);
    pl_strbuf_finish(&text.out);
    pl_arena_finish(&text.arena);
}
