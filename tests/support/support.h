/* Support: what every test file includes. A suite is a table of named tests:
 *
 *     static void test_plan__reuses_space_after_last_use(void) { PL_CHECK(...); }
 *     const struct pl_test pl_suite_plan[] = {
 *         {"reuses_space_after_last_use", test_plan__reuses_space_after_last_use}, {0}};
 */
#ifndef PL_TESTS_SUPPORT_H
#define PL_TESTS_SUPPORT_H

#include <CUnit/CUnit.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/status.h"

struct pl_test {
    const char *name;
    void (*run)(void);
};

#define PL_CHECK(condition)   CU_ASSERT(condition)
#define PL_REQUIRE(condition) CU_ASSERT_FATAL(condition)

/* Prints both sides when they differ. */
#define PL_CHECK_INT(found, expected) pl_check_int((found), (expected), #found, __FILE__, __LINE__)
#define PL_CHECK_TEXT(found, expected)                                                             \
    pl_check_text((found), (expected), #found, __FILE__, __LINE__)
/* |found - expected| <= tolerance * max(1, |expected|); NaN never passes. */
#define PL_CHECK_NEAR(found, expected, tolerance)                                                  \
    pl_check_near((found), (expected), (tolerance), #found, __FILE__, __LINE__)
/* The call returned PL_OK; prints the message otherwise. Ends the test when not. */
#define PL_REQUIRE_OK(call) pl_require_ok((call), #call, __FILE__, __LINE__)
/* The call failed with [status] and its message contains [part]. */
#define PL_CHECK_FAILS(call, status, part)                                                         \
    pl_check_fails((call), (status), (part), #call, __FILE__, __LINE__)

void pl_check_int(long long found, long long expected, const char *what, const char *file,
                  int line);
void pl_check_text(const char *found, const char *expected, const char *what, const char *file,
                   int line);
void pl_check_near(double found, double expected, double tolerance, const char *what,
                   const char *file, int line);
void pl_require_ok(enum pl_status status, const char *what, const char *file, int line);
void pl_check_fails(enum pl_status status, enum pl_status expected, const char *part,
                    const char *what, const char *file, int line);

/* A fresh empty folder, removed with all it holds by pl_temp_finish; path without a final slash. */
struct pl_temp {
    char path[256];
};
void pl_temp_init(struct pl_temp *temp);
void pl_temp_finish(struct pl_temp *temp);

/* Runs run(context) in a child process and tells how it ended: for code that exits, aborts, or
 * speaks on stderr. A child whose function returns ends with exit status 0. */
struct pl_apart {
    int exit_status; /* -1 when a signal ended it */
    int signal;      /* 0 when none did */
    char err[8192];  /* what it wrote to stderr; terminated, cut when longer */
};
void pl_run_apart(struct pl_apart *apart, void (*run)(void *context), void *context);

#endif
