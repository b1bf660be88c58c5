#include "core/base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGE_SIZE = 2048 };

static _Thread_local char message[MESSAGE_SIZE];

static const struct {
    const char *name;
    int exit_status;
} rows[] = {
#define ROW(name, exit_status, meaning) {#name, exit_status},
    PL_STATUS_LIST(ROW)
#undef ROW
};

static const size_t row_count = sizeof rows / sizeof rows[0];

/* The arguments may point into the old message, hence the second buffer. */
enum pl_status pl_fail(enum pl_status status, const char *format, ...) {
    char fresh[MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(fresh, sizeof fresh, format, arguments);
    va_end(arguments);
    memcpy(message, fresh, sizeof message);
    return status;
}

enum pl_status pl_fail_within(enum pl_status status, const char *format, ...) {
    char place[MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(place, sizeof place, format, arguments);
    va_end(arguments);
    return pl_fail(status, "%s: %s", place, message);
}

const char *pl_message(void) {
    return message;
}

int pl_status_exit(enum pl_status status) {
    PL_ASSERT((size_t)status < row_count);
    return rows[status].exit_status;
}

const char *pl_status_name(enum pl_status status) {
    PL_ASSERT((size_t)status < row_count);
    return rows[status].name;
}

void pl_broken_promise(const char *promise, const char *file, int line, const char *function) {
    fprintf(stderr,
            "plumbline: a promise was broken in %s (%s:%d): %s\n"
            "This is a fault of the program, not of your study; please report it.\n",
            function, file, line, promise);
    fflush(stderr);
    abort();
}
