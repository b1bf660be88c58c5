/* Runs the suites of one test program: all of them, or those named on the command line.
 *
 *     test_graph              every suite
 *     test_graph plan shape   two of them
 *
 * The exit status is 0 only if something ran and nothing failed. */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/registry.h"

/* The process that runs the tests, until it has printed its summary. */
static pid_t unfinished;

/* Code under test that calls exit(0) must not pass for a run in which all went well. */
static void refuse_early_exit(void) {
    if (unfinished != getpid()) return;
    fprintf(stderr, "the test program was ended by exit() before its summary\n");
    _exit(EXIT_FAILURE);
}

static const struct pl_suite *find_suite(const char *name) {
    const struct pl_suite *suite;
    for (suite = pl_suites; suite->name; suite++)
        if (strcmp(suite->name, name) == 0) return suite;
    return NULL;
}

static void complain_of_suite(const char *name) {
    const struct pl_suite *suite;
    fprintf(stderr, "there is no suite '%s' in this program; it has:", name);
    for (suite = pl_suites; suite->name; suite++) fprintf(stderr, " %s", suite->name);
    fprintf(stderr, "\n");
}

static void fail_registration(const char *suite, const char *test, const char *reason) {
    fprintf(stderr, "cannot register %s.%s: %s\n", suite, test, reason);
    exit(EXIT_FAILURE);
}

static void register_suite(const struct pl_suite *suite) {
    CU_pSuite made = CU_add_suite(suite->name, NULL, NULL);
    const struct pl_test *test;
    if (!made) fail_registration(suite->name, "*", CU_get_error_msg());
    if (!suite->tests->name) fail_registration(suite->name, "*", "the suite has no tests");
    for (test = suite->tests; test->name; test++)
        if (!CU_add_test(made, test->name, test->run))
            fail_registration(suite->name, test->name, CU_get_error_msg());
}

/* Tests end in a failed assertion, a crash or a loop; the name printed first says which it was. */
static void announce(const CU_pTest test, const CU_pSuite suite) {
    printf("%s.%s\n", suite->pName, test->pName);
    fflush(stdout);
}

static void tell_failures(const CU_pTest test, const CU_pSuite suite,
                          const CU_pFailureRecord first) {
    const struct CU_FailureRecord *record;
    for (record = first; record; record = record->pNext)
        printf("  FAILED %s.%s  %s:%u: %s\n", suite->pName, test->pName, record->strFileName,
               record->uiLineNumber, record->strCondition);
    fflush(stdout);
}

static int summarise(void) {
    unsigned failures = CU_get_number_of_failures();
    unsigned run = CU_get_number_of_tests_run();
    printf("suites %u, tests %u run, %u failed, asserts %u checked, %u failed\n",
           CU_get_number_of_suites_run(), run, CU_get_number_of_tests_failed(),
           CU_get_number_of_asserts(), failures);
    if (run == 0) printf("no test ran, which counts as a failure\n");
    return run == 0 || failures > 0 || CU_get_number_of_tests_failed() > 0;
}

static int register_suites(int count, char **names) {
    const struct pl_suite *suite;
    int i;
    if (count == 0)
        for (suite = pl_suites; suite->name; suite++) register_suite(suite);
    for (i = 0; i < count; i++) {
        suite = find_suite(names[i]);
        if (!suite) {
            complain_of_suite(names[i]);
            return -1;
        }
        register_suite(suite);
    }
    return 0;
}

int main(int count, char **arguments) {
    int failed;
    if (CU_initialize_registry() != CUE_SUCCESS) return EXIT_FAILURE;
    CU_set_test_start_handler(announce);
    CU_set_test_complete_handler(tell_failures);
    if (register_suites(count - 1, arguments + 1) != 0) {
        CU_cleanup_registry();
        return EXIT_FAILURE;
    }
    unfinished = getpid();
    atexit(refuse_early_exit);
    failed = CU_run_all_tests() != CUE_SUCCESS;
    failed = summarise() || failed;
    unfinished = 0;
    CU_cleanup_registry();
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
