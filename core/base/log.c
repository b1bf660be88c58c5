#include "core/base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "core/base/strbuf.h"
#include "core/base/terminal.h"
#include "core/base/utf8.h"

static const struct {
    const char *colour, *word;
} looks[] = {
    [PL_LOG_ERROR] = {"\033[1;31m", "error: "},
    [PL_LOG_WARN] = {"\033[1;33m", "warning: "},
    [PL_LOG_INFO] = {"", ""},
    [PL_LOG_DEBUG] = {"\033[2m", "debug: "},
};

static enum pl_log_level highest = PL_LOG_INFO;

void pl_log_set_level(enum pl_log_level level) {
    highest = level;
}

enum pl_log_level pl_log_level(void) {
    return highest;
}

static size_t shown; /* columns of the status line that stands on the terminal */

bool pl_log_has_status(void) {
    return highest >= PL_LOG_INFO && pl_terminal_rewrites(STDERR_FILENO);
}

static void add_blanks(struct pl_strbuf *out, size_t count) {
    while (count-- > 0) pl_strbuf_add(out, " ");
}

/* Blanks where the status line was; the cursor is at their beginning afterwards. */
static void add_erasure(struct pl_strbuf *out) {
    size_t width = (size_t)pl_terminal_width(STDERR_FILENO); /* which may have become less */
    if (shown == 0) return;
    pl_strbuf_add(out, "\r");
    add_blanks(out, shown < width ? shown : width - 1);
    pl_strbuf_add(out, "\r");
    shown = 0;
}

static void write_out(struct pl_strbuf *text) {
    fwrite(text->text, 1, text->length, stderr);
    fflush(stderr);
    pl_strbuf_finish(text);
}

void pl_log_status(const char *text) {
    struct pl_strbuf line;
    if (!pl_log_has_status() || (!*text && shown == 0)) return;
    pl_strbuf_init(&line);
    if (*text) {
        /* The last column stays free: in it some terminals begin the next line. A line that has become
         * shorter ends with blanks over the rest of the one before. */
        size_t room = (size_t)pl_terminal_width(STDERR_FILENO) - 1, bytes = 0, columns = 0;
        for (size_t next; text[bytes]; bytes = next) {
            next = bytes + 1;
            while (((unsigned char)text[next] & 0xc0) == 0x80) next++;
            if (pl_utf8_columns(text, next) > room) break;
            columns = pl_utf8_columns(text, next);
        }
        pl_strbuf_add(&line, "\r");
        pl_strbuf_add_bytes(&line, text, bytes);
        size_t before = shown < room ? shown : room;
        if (before > columns) add_blanks(&line, before - columns);
        shown = columns;
    } else {
        add_erasure(&line);
    }
    write_out(&line);
}

/* The line is written in one piece, so that lines of several processes do not interleave. */
void pl_log_line(enum pl_log_level level, const char *format, ...) {
    char text[4096];
    struct pl_strbuf line;
    va_list arguments;
    bool colour;
    if (level > highest) return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    colour = *looks[level].colour && pl_terminal_colours(STDERR_FILENO);
    pl_strbuf_init(&line);
    add_erasure(&line);
    pl_strbuf_addf(&line, "%s%s%s%s\n", colour ? looks[level].colour : "", looks[level].word,
                   colour ? "\033[0m" : "", text);
    write_out(&line);
}
