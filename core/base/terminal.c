#include "core/base/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/base/utf8.h"

enum { USUAL = 80, LEAST = 20, STEP = 4 };

bool pl_terminal_rewrites(int fd) {
    const char *term = getenv("TERM");
    return term && *term && strcmp(term, "dumb") != 0 && isatty(fd);
}

bool pl_terminal_colours(int fd) {
    const char *refusal = getenv("NO_COLOR");
    return !(refusal && *refusal) && pl_terminal_rewrites(fd);
}

int pl_terminal_width(int fd) {
    struct winsize size = {0};
    const char *text = getenv("COLUMNS");
    long told = text ? strtol(text, NULL, 10) : 0;
    if (!isatty(fd)) return 0;
    int width = ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
    if (told > 0 && told < 10000 && (width == 0 || told < width)) width = (int)told;
    return width == 0 ? USUAL : width < LEAST ? LEAST : width;
}

/* ---- folding ---- */

/* Bytes of the escape sequence at [text], ESC [ ... letter; 0 when there is none. */
static size_t escape_size(const char *text) {
    if (text[0] != '\033' || text[1] != '[') return 0;
    size_t size = 2;
    while (text[size] && (text[size] < '@' || text[size] > '~')) size++;
    return text[size] ? size + 1 : size;
}

static size_t columns_of(const char *text, size_t bytes) {
    size_t columns = 0;
    for (size_t k = 0; k < bytes;) {
        size_t skipped = escape_size(text + k);
        if (!skipped) columns += pl_utf8_columns(text + k, 1);
        k += skipped ? skipped : 1;
    }
    return columns;
}

/* Where what is folded goes on: below what follows the first gap of two blanks, when that is in the left
 * half; else a step to the right of the line's beginning, or at it when the line is plain text. */
static size_t hanging(const char *line, size_t bytes, size_t width) {
    size_t indent = strspn(line, " "), k = indent;
    while (k + 1 < bytes && !(line[k] == ' ' && line[k + 1] == ' ')) k++;
    if (k + 1 >= bytes) return line[indent] == '-' && line[indent + 1] == ' ' ? indent + 2 : indent;
    while (k < bytes && line[k] == ' ') k++;
    size_t column = columns_of(line, k);
    return 2 * column <= width ? column : indent + STEP;
}

static bool is_rule(const char *line, size_t bytes) {
    size_t k = 0;
    while (k < bytes && (line[k] == '-' || line[k] == '=')) k++;
    return k == bytes;
}

static void fold_line(struct pl_strbuf *out, const char *line, size_t bytes, size_t width) {
    size_t left = hanging(line, bytes, width), column = strspn(line, " "), k = column;
    bool fresh = true;
    if (left + LEAST / 2 > width) left = 0;
    if (is_rule(line, bytes)) {
        pl_strbuf_add_bytes(out, line, width);
        return;
    }
    pl_strbuf_add_bytes(out, line, k);
    while (k < bytes) { /* a word, and the blanks before it */
        size_t blanks = strspn(line + k, " "), end = k + blanks;
        if (end >= bytes) return;
        while (end < bytes && line[end] != ' ') end++;
        size_t word = columns_of(line + k + blanks, end - k - blanks);
        if (column + blanks + word > width && !fresh) {
            pl_strbuf_add(out, "\n");
            for (column = 0; column < left; column++) pl_strbuf_add(out, " ");
            blanks = 0;
        }
        for (size_t b = 0; b < blanks; b++) pl_strbuf_add(out, " ");
        k += strspn(line + k, " ");
        pl_strbuf_add_bytes(out, line + k, end - k);
        column += blanks + word;
        fresh = false;
        k = end;
    }
}

void pl_terminal_fold(struct pl_strbuf *out, const char *text, int width) {
    while (*text) {
        size_t bytes = strcspn(text, "\n");
        if (width <= 0 || columns_of(text, bytes) <= (size_t)width)
            pl_strbuf_add_bytes(out, text, bytes);
        else
            fold_line(out, text, bytes, (size_t)width);
        text += bytes;
        if (*text) pl_strbuf_add(out, "\n");
        text += *text != '\0';
    }
}
