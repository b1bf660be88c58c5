#include "core/base/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/strbuf.h"

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

static bool coloured(void) {
    const char *refusal = getenv("NO_COLOR");
    return !(refusal && *refusal) && isatty(STDERR_FILENO);
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
    colour = *looks[level].colour && coloured();
    pl_strbuf_init(&line);
    pl_strbuf_addf(&line, "%s%s%s%s\n", colour ? looks[level].colour : "", looks[level].word,
                   colour ? "\033[0m" : "", text);
    fwrite(line.text, 1, line.length, stderr);
    fflush(stderr);
    pl_strbuf_finish(&line);
}
