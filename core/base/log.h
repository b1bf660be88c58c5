/* Log: the program's conversation, on stderr. Results go to stdout and never pass through here.
 * One line a call; the level decides whether it is printed. Colours and the status line as terminal.h
 * says. */
#ifndef PL_BASE_LOG_H
#define PL_BASE_LOG_H

#include <stdbool.h>

#include "core/base/status.h"

enum pl_log_level { PL_LOG_ERROR, PL_LOG_WARN, PL_LOG_INFO, PL_LOG_DEBUG };

/* Lines above [level] are dropped. The default is PL_LOG_INFO; --quiet sets PL_LOG_ERROR,
 * --verbose PL_LOG_DEBUG. */
void pl_log_set_level(enum pl_log_level level);
enum pl_log_level pl_log_level(void);

void pl_log_line(enum pl_log_level level, const char *format, ...) PL_PRINTF(2, 3);

/* The status line: one line at the end of what is said, rewritten in place, cut to the terminal's width so
 * that it never becomes two. Lines that are said meanwhile stand above it. "" takes it away, as must be
 * done before something else writes to the terminal. Nothing happens where lines cannot be rewritten
 * (pl_log_has_status), or below PL_LOG_INFO. One thread only. */
void pl_log_status(const char *text);
bool pl_log_has_status(void);

#define pl_error(...) pl_log_line(PL_LOG_ERROR, __VA_ARGS__)
#define pl_warn(...)  pl_log_line(PL_LOG_WARN, __VA_ARGS__)
#define pl_info(...)  pl_log_line(PL_LOG_INFO, __VA_ARGS__)
#define pl_debug(...) pl_log_line(PL_LOG_DEBUG, __VA_ARGS__)

#endif
