/* Pseudo-terminals are an X/Open extension. */
#define _XOPEN_SOURCE 700

#include "core/base/terminal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/base/utf8.h"
#include "tests/support/support.h"

/* A terminal of so many columns (0: it does not say); the slave's descriptor. */
static int open_terminal(int columns) {
    struct winsize size = {.ws_row = 24, .ws_col = (unsigned short)columns};
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    PL_REQUIRE(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    PL_REQUIRE(slave >= 0 && ioctl(slave, TIOCSWINSZ, &size) == 0);
    return slave; /* the master ends with the process */
}

static void set(const char *name, const char *value) {
    if (value)
        setenv(name, value, 1);
    else
        unsetenv(name);
}

static void test_terminal__what_it_shows(void) {
    static const struct {
        const char *term, *refusal;
        bool colours, rewrites;
    } cases[] = {
        {"xterm", NULL, true, true},  {"xterm", "", true, true},  {"xterm", "1", false, true},
        {"dumb", NULL, false, false}, {NULL, NULL, false, false}, {"dumb", "1", false, false},
    };
    int terminal = open_terminal(80), file = open("/dev/null", O_WRONLY);
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        set("TERM", cases[k].term);
        set("NO_COLOR", cases[k].refusal);
        PL_CHECK(pl_terminal_colours(terminal) == cases[k].colours);
        PL_CHECK(pl_terminal_rewrites(terminal) == cases[k].rewrites);
        PL_CHECK(!pl_terminal_colours(file) && !pl_terminal_rewrites(file));
    }
    set("NO_COLOR", NULL);
    close(terminal);
    close(file);
}

static void test_terminal__width(void) {
    static const struct {
        int columns;
        const char *told;
        int width;
    } cases[] = {
        {50, NULL, 50}, {50, "100", 50}, {100, "50", 50}, {0, "64", 64}, {0, NULL, 80},
        {50, "x", 50},  {50, "-3", 50},  {0, "", 80},     {3, NULL, 20},
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        int terminal = open_terminal(cases[k].columns);
        set("COLUMNS", cases[k].told);
        PL_CHECK_INT(pl_terminal_width(terminal), cases[k].width);
        close(terminal);
    }
    set("COLUMNS", "40");
    int file = open("/dev/null", O_WRONLY);
    PL_CHECK_INT(pl_terminal_width(file), 0);
    close(file);
    set("COLUMNS", NULL);
}

static void check_fold(const char *text, int width, const char *expected) {
    struct pl_strbuf out;
    pl_strbuf_init(&out);
    pl_terminal_fold(&out, text, width);
    PL_CHECK_TEXT(out.text, expected);
    pl_strbuf_finish(&out);
}

static void test_terminal__lines_are_folded(void) {
    check_fold("a short line\nand another\n", 20, "a short line\nand another\n");
    check_fold("a line that is longer than twenty columns\nnext", 20,
               "a line that is\nlonger than twenty\ncolumns\nnext");
    check_fold("a line that is longer than twenty columns\n", 0,
               "a line that is longer than twenty columns\n");
    check_fold("name  what it means in many words\n", 20,
               "name  what it means\n      in many words\n");
    check_fold("- an item that is longer than the line\n", 20,
               "- an item that is\n  longer than the\n  line\n");
    check_fold("a-very-long-name-here  0.25  better  7\n", 30,
               "a-very-long-name-here  0.25\n    better  7\n");
    check_fold("------------------------------\n", 20, "--------------------\n");
    check_fold("results/a/very/long/path/to/a/report.txt\n", 20,
               "results/a/very/long/path/to/a/report.txt\n");
    check_fold("\033[1;36mbetter\033[0m in bold\n", 20, "\033[1;36mbetter\033[0m in bold\n");
    check_fold("\n\n", 20, "\n\n");
}

/* However long words, gaps and lines are: every word is there, in order, and a line is longer than the
 * terminal only when it is one word. */
static void test_terminal__nothing_is_lost(void) {
    unsigned state = 1;
    for (int round = 0; round < 500; round++) {
        char text[400], words[400] = "", folded[400] = "";
        size_t length = 0, there = 0, then = 0;
        while (length < sizeof text - 40) {
            state = state * 1103515245u + 12345u;
            size_t blanks = (state >> 16) % 4, word = 1 + (state >> 20) % 30;
            for (size_t k = 0; k < blanks; k++) text[length++] = ' ';
            for (size_t k = 0; k < word; k++) text[length++] = (char)('a' + (state >> 8) % 26);
            if ((state >> 13) % 5 == 0) text[length++] = '\n';
        }
        text[length] = '\0';
        struct pl_strbuf out;
        pl_strbuf_init(&out);
        pl_terminal_fold(&out, text, 20 + round % 60);
        char *rest = out.text;
        for (char *line; (line = strsep(&rest, "\n"));) {
            bool one = strcspn(line + strspn(line, " "), " ") == strlen(line + strspn(line, " "));
            PL_CHECK(pl_utf8_columns(line, strlen(line)) <= (size_t)(20 + round % 60) || one);
            for (const char *c = line; *c; c++)
                if (*c != ' ') folded[then++] = *c;
        }
        for (const char *c = text; *c; c++)
            if (*c != ' ' && *c != '\n') words[there++] = *c;
        PL_CHECK_TEXT(folded, words);
        pl_strbuf_finish(&out);
    }
}

const struct pl_test pl_suite_terminal[] = {
    {"what_it_shows", test_terminal__what_it_shows},
    {"width", test_terminal__width},
    {"lines_are_folded", test_terminal__lines_are_folded},
    {"nothing_is_lost", test_terminal__nothing_is_lost},
    {0},
};
