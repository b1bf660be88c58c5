#include "tests/support/support.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void record(bool passed, bool fatal, const char *file, int line, const char *format, ...)
    PL_PRINTF(5, 6);

/* CUnit keeps a copy of the text. */
static void record(bool passed, bool fatal, const char *file, int line, const char *format, ...) {
    char text[2048] = "";
    if (!passed) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(text, sizeof text, format, arguments);
        va_end(arguments);
    }
    CU_assertImplementation(passed, (unsigned)line, text, file, "", fatal);
}

void pl_check_int(long long found, long long expected, const char *what, const char *file,
                  int line) {
    record(found == expected, false, file, line, "%s is %lld, expected %lld", what, found,
           expected);
}

void pl_check_text(const char *found, const char *expected, const char *what, const char *file,
                   int line) {
    bool same = found && expected ? strcmp(found, expected) == 0 : found == expected;
    record(same, false, file, line, "%s is \"%s\", expected \"%s\"", what, found ? found : "(NULL)",
           expected ? expected : "(NULL)");
}

void pl_check_near(double found, double expected, double tolerance, const char *what,
                   const char *file, int line) {
    double size = fabs(expected) > 1 ? fabs(expected) : 1;
    bool near = found == expected || fabs(found - expected) <= tolerance * size;
    record(near, false, file, line, "%s is %.17g, expected %.17g within %g (they differ by %g)",
           what, found, expected, tolerance * size, fabs(found - expected));
}

void pl_require_ok(enum pl_status status, const char *what, const char *file, int line) {
    record(status == PL_OK, true, file, line, "%s gave %s: %s", what, pl_status_name(status),
           pl_message());
}

void pl_check_fails(enum pl_status status, enum pl_status expected, const char *part,
                    const char *what, const char *file, int line) {
    record(status == expected, false, file, line, "%s gave %s, expected %s", what,
           pl_status_name(status), pl_status_name(expected));
    if (status == PL_OK) return;
    record(strstr(pl_message(), part) != NULL, false, file, line,
           "%s said \"%s\", which lacks \"%s\"", what, pl_message(), part);
}

void pl_temp_init(struct pl_temp *temp) {
    const char *parent = getenv("TMPDIR");
    int length;
    if (!parent || !*parent) parent = "/tmp";
    length = snprintf(temp->path, sizeof temp->path, "%s/plumbline-test-XXXXXX", parent);
    if (length < 0 || (size_t)length >= sizeof temp->path || !mkdtemp(temp->path)) {
        fprintf(stderr, "cannot make a temporary folder under %s\n", parent);
        exit(EXIT_FAILURE);
    }
}

/* Symbolic links are removed, not followed; a folder that was made read-only is opened up first. */
static void remove_all(const char *path) {
    struct stat status;
    struct dirent *entry;
    DIR *folder;
    if (lstat(path, &status) != 0) return;
    if (!S_ISDIR(status.st_mode)) {
        unlink(path);
        return;
    }
    chmod(path, 0700);
    folder = opendir(path);
    while (folder && (entry = readdir(folder)) != NULL) {
        char child[4096];
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        snprintf(child, sizeof child, "%s/%s", path, entry->d_name);
        remove_all(child);
    }
    if (folder) closedir(folder);
    rmdir(path);
}

void pl_temp_finish(struct pl_temp *temp) {
    if (temp->path[0]) remove_all(temp->path);
    temp->path[0] = '\0';
}

/* Reads to the end even when [size] is full, so that the child never blocks on its pipe. */
static void drain(int from, char *out, size_t size) {
    size_t length = 0;
    char chunk[1024];
    ssize_t count;
    while ((count = read(from, chunk, sizeof chunk)) > 0) {
        size_t kept = (size_t)count < size - 1 - length ? (size_t)count : size - 1 - length;
        memcpy(out + length, chunk, kept);
        length += kept;
    }
    out[length] = '\0';
}

static void be_child(int err, void (*run)(void *context), void *context) {
    dup2(err, STDERR_FILENO);
    run(context);
    fflush(stderr);
    _exit(0);
}

void pl_run_apart(struct pl_apart *apart, void (*run)(void *context), void *context) {
    int ends[2], status = 0;
    pid_t child;
    fflush(NULL);
    PL_REQUIRE(pipe(ends) == 0);
    child = fork();
    PL_REQUIRE(child >= 0);
    if (child == 0) be_child(ends[1], run, context);
    close(ends[1]);
    drain(ends[0], apart->err, sizeof apart->err);
    close(ends[0]);
    PL_REQUIRE(waitpid(child, &status, 0) == child);
    apart->exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    apart->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}
