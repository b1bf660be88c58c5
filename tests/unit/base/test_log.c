/* Pseudo-terminals are an X/Open extension. */
#define _XOPEN_SOURCE 700

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/log.h"
#include "tests/support/support.h"

static void speak_all(void *context) {
    pl_log_set_level(*(enum pl_log_level *)context);
    pl_error("disk %s", "full");
    pl_warn("odd");
    pl_info("%d cells", 3);
    pl_debug("detail");
}

static void check_spoken(enum pl_log_level level, const char *expected) {
    struct pl_apart apart;
    pl_run_apart(&apart, speak_all, &level);
    PL_CHECK_TEXT(apart.err, expected);
}

static void test_log__level_decides_what_is_said(void) {
    check_spoken(PL_LOG_ERROR, "error: disk full\n");
    check_spoken(PL_LOG_WARN, "error: disk full\nwarning: odd\n");
    check_spoken(PL_LOG_INFO, "error: disk full\nwarning: odd\n3 cells\n");
    check_spoken(PL_LOG_DEBUG, "error: disk full\nwarning: odd\n3 cells\ndebug: detail\n");
}

static void test_log__default_is_info(void) {
    PL_CHECK_INT(pl_log_level(), PL_LOG_INFO);
}

static void test_log__level_is_kept(void) {
    enum pl_log_level before = pl_log_level();
    pl_log_set_level(PL_LOG_DEBUG);
    PL_CHECK_INT(pl_log_level(), PL_LOG_DEBUG);
    pl_log_set_level(before);
}

/* Speaks on a terminal of its own and passes on, through the real stderr, what appeared there. */
static void speak_on_terminal(void *context) {
    enum pl_log_level level = PL_LOG_INFO;
    int real = dup(STDERR_FILENO), master = posix_openpt(O_RDWR | O_NOCTTY), slave;
    char seen[512];
    ssize_t count;
    PL_ASSERT(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    PL_ASSERT(slave >= 0);
    setenv("TERM", "xterm", 1);
    if (context)
        setenv("NO_COLOR", context, 1);
    else
        unsetenv("NO_COLOR");
    dup2(slave, STDERR_FILENO);
    speak_all(&level);
    dup2(real, STDERR_FILENO);
    close(slave); /* the last: once all is read, reading the master ends with an error */
    while ((count = read(master, seen, sizeof seen)) > 0)
        PL_ASSERT(write(real, seen, (size_t)count) == count);
}

/* A terminal turns each line end into two characters. */
static void check_terminal(char *no_color, const char *expected) {
    struct pl_apart apart;
    pl_run_apart(&apart, speak_on_terminal, no_color);
    PL_CHECK_INT(apart.exit_status, 0);
    PL_CHECK_TEXT(apart.err, expected);
}

static void test_log__colours_on_a_terminal_only(void) {
    const char *coloured = "\033[1;31merror: \033[0mdisk full\r\n"
                           "\033[1;33mwarning: \033[0modd\r\n3 cells\r\n";
    check_terminal(NULL, coloured);
    check_terminal("", coloured);
    check_terminal("1", "error: disk full\r\nwarning: odd\r\n3 cells\r\n");
}

static void speak_long(void *context) {
    pl_info("%*d", *(int *)context, 7);
}

static void test_log__long_lines_are_cut_and_ended(void) {
    struct pl_apart apart;
    int width = 7000;
    pl_run_apart(&apart, speak_long, &width);
    PL_CHECK(strlen(apart.err) > 4000 && strlen(apart.err) < 7000);
    PL_CHECK_INT(apart.err[strlen(apart.err) - 1], '\n');
}

const struct pl_test pl_suite_log[] = {
    {"default_is_info", test_log__default_is_info},
    {"level_decides_what_is_said", test_log__level_decides_what_is_said},
    {"colours_on_a_terminal_only", test_log__colours_on_a_terminal_only},
    {"long_lines_are_cut_and_ended", test_log__long_lines_are_cut_and_ended},
    {"level_is_kept", test_log__level_is_kept},
    {0},
};
