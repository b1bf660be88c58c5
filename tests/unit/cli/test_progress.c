/* Pseudo-terminals are an X/Open extension. */
#define _XOPEN_SOURCE 700

#include "experiments/cli/progress.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/base/log.h"
#include "core/base/utf8.h"
#include "tests/support/support.h"

enum { CELLS = 200 };

/* 200 cells, the 150th of which fails; [level] of the log. */
static void run_cells(enum pl_log_level level) {
    static const char *values[] = {"0.5"};
    struct pl_axis axis = {.key = "task.structure", .values = values, .count = 1};
    struct pl_experiment experiment = {.axes = &axis, .axis_count = 1};
    struct pl_progress progress;
    struct pl_work_events events = pl_progress_events(&progress);
    pl_log_set_level(level);
    events.begin(events.ctx, CELLS);
    events.tick(events.ctx);
    for (int k = 0; k < CELLS; k++) {
        struct pl_cell cell = {.label = "attention over all layers, \xe6\xb7\xb1\xe3\x81\x95",
                               .axis_values = values,
                               .seed = (uint64_t)k + 1};
        struct pl_result result = {.outcome = k == 149 ? PL_FAILED : PL_DONE,
                                   .message = k == 149 ? "the matrix is singular" : ""};
        strcpy(cell.id, "0123456789abcdef");
        events.started(events.ctx);
        events.tick(events.ctx);
        events.finished(events.ctx, &experiment, &cell, &result);
        events.tick(events.ctx);
    }
    events.end(events.ctx);
}

struct screen {
    int columns;
    enum pl_log_level level;
    const char *term, *refusal;
};

/* Passes on through the real stderr what appeared on a terminal of its own. */
static void run_on_terminal(void *context) {
    const struct screen *screen = context;
    struct winsize size = {.ws_row = 24, .ws_col = (unsigned short)screen->columns};
    int real = dup(STDERR_FILENO), master = posix_openpt(O_RDWR | O_NOCTTY);
    PL_ASSERT(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    PL_ASSERT(slave >= 0 && ioctl(slave, TIOCSWINSZ, &size) == 0);
    setenv("TERM", screen->term, 1);
    unsetenv("COLUMNS");
    unsetenv("NO_COLOR");
    if (screen->refusal) setenv("NO_COLOR", screen->refusal, 1);
    pid_t child = fork(); /* somebody must read, or the terminal fills */
    if (child == 0) {
        dup2(slave, STDERR_FILENO);
        close(slave);
        close(master);
        run_cells(screen->level);
        _exit(0);
    }
    close(slave);
    /* A line that is begun anew replaces the one before: what is sent on is the text between. */
    char seen[4096];
    ssize_t count;
    size_t columns = 0, most = 0, escapes = 0, ends = 0, begins = 0;
    while ((count = read(master, seen, sizeof seen)) > 0)
        for (ssize_t k = 0; k < count; k++) {
            bool anew = seen[k] == '\r' || seen[k] == '\n';
            if (!anew) columns += pl_utf8_columns((char[]){seen[k], 0}, 1);
            if (columns > most) most = columns;
            if (anew) columns = 0;
            escapes += seen[k] == '\033';
            ends += seen[k] == '\n';
            begins += seen[k] == '\r';
        }
    dprintf(real, "columns %s %zu, escapes %zu, lines %zu, rewritten %d\n",
            most < (size_t)screen->columns ? "<" : ">=", (size_t)screen->columns, escapes, ends,
            begins > ends + CELLS);
}

static void check_terminal(struct screen screen, const char *expected) {
    struct pl_apart apart;
    pl_run_apart(&apart, run_on_terminal, &screen);
    PL_CHECK_TEXT(apart.err, expected);
}

/* One line, however narrow; the error of the cell that fails is the other, with two escape sequences. The
 * terminal of 20 columns shows the error on more than one: it is a sentence and not cut. */
static void test_progress__one_line_on_a_terminal(void) {
    check_terminal((struct screen){120, PL_LOG_INFO, "xterm", NULL},
                   "columns < 120, escapes 2, lines 1, rewritten 1\n");
    check_terminal((struct screen){120, PL_LOG_INFO, "xterm", "1"},
                   "columns < 120, escapes 0, lines 1, rewritten 1\n");
    check_terminal((struct screen){120, PL_LOG_ERROR, "xterm", "1"},
                   "columns < 120, escapes 0, lines 1, rewritten 0\n");
    /* ten tenths and the error, not rewritten */
    check_terminal((struct screen){200, PL_LOG_INFO, "dumb", NULL},
                   "columns < 200, escapes 0, lines 11, rewritten 0\n");
}

static void run_in_file(void *level) {
    run_cells(*(enum pl_log_level *)level);
}

static size_t count_lines(const char *text) {
    size_t count = 0;
    for (; *text; text++) count += *text == '\n';
    return count;
}

static void test_progress__a_line_a_tenth_elsewhere(void) {
    enum pl_log_level info = PL_LOG_INFO, error = PL_LOG_ERROR;
    struct pl_apart apart;
    pl_run_apart(&apart, run_in_file, &info);
    PL_CHECK_INT(count_lines(apart.err), 11);
    PL_CHECK(strncmp(apart.err, "20/200 attention over all layers", 32) == 0);
    PL_CHECK(strstr(apart.err, "\n200/200 ") != NULL);
    PL_CHECK(strstr(apart.err, "seed 150) failed: the matrix is singular\n") != NULL);
    PL_CHECK(strchr(apart.err, '\r') == NULL && strchr(apart.err, '\033') == NULL);
    pl_run_apart(&apart, run_in_file, &error);
    PL_CHECK_TEXT(apart.err, "error: cell 01234567 (attention over all layers, "
                             "\xe6\xb7\xb1\xe3\x81\x95, seed 150) failed: the matrix is "
                             "singular\n");
}

static void test_progress__a_line_a_cell_when_asked(void) {
    enum pl_log_level debug = PL_LOG_DEBUG;
    struct pl_apart apart;
    pl_run_apart(&apart, run_in_file, &debug);
    PL_CHECK(strstr(apart.err, "\n2/200 ") != NULL && strstr(apart.err, "\n3/200 ") != NULL);
}

/* Two workers, cells of one to three seconds, on a clock of the test's own. */
static void test_progress__the_time_left_does_not_climb(void) {
    struct pl_progress progress = {.total = 100, .running = 2, .left = -1};
    double now = 0, ends[2] = {1, 2.5}, before = 1e9;
    unsigned state = 7;
    PL_CHECK(progress.left < 0);
    while (progress.done < 100) {
        int first = ends[0] < ends[1] ? 0 : 1;
        for (; now + 0.1 < ends[first]; now += 0.1) {
            pl_progress_advance(&progress, now);
            if (progress.done == 0) continue;
            PL_CHECK(progress.left <= before);
            before = progress.left;
        }
        pl_progress_advance(&progress, now = ends[first]);
        progress.done++;
        progress.running--;
        pl_progress_expect(&progress);
        state = state * 1103515245u + 12345u;
        ends[first] = progress.done < 99 ? now + 1 + 2 * ((state >> 16) % 1000) / 1000.0 : 1e9;
        progress.running += progress.done < 99;
        /* 99 cells of two seconds with two workers, and it is near the truth all the way */
        if (progress.done > 20) PL_CHECK(fabs(progress.left - (100 - now)) < 20);
    }
    PL_CHECK(progress.left < 2);
}

static void test_progress__a_word_before_the_first_cell_ends(void) {
    struct pl_progress progress = {.total = 4, .running = 2, .left = -1, .now = 12};
    char text[200];
    pl_progress_text(&progress, 0, text, sizeof text);
    PL_CHECK_TEXT(text, "0/4 done, 2 running, 12s so far");
    pl_progress_text(&progress, 20, text, sizeof text);
    PL_CHECK_TEXT(text, "0/4 done, 12s so far");
    progress.failed = 1;
    progress.left = 200;
    pl_progress_text(&progress, 0, text, sizeof text);
    PL_CHECK_TEXT(text, "0/4 done, 2 running, 1 failed, 3m20s left");
}

const struct pl_test pl_suite_progress[] = {
    {"one_line_on_a_terminal", test_progress__one_line_on_a_terminal},
    {"a_line_a_tenth_elsewhere", test_progress__a_line_a_tenth_elsewhere},
    {"a_line_a_cell_when_asked", test_progress__a_line_a_cell_when_asked},
    {"the_time_left_does_not_climb", test_progress__the_time_left_does_not_climb},
    {"a_word_before_the_first_cell_ends", test_progress__a_word_before_the_first_cell_ends},
    {0},
};
