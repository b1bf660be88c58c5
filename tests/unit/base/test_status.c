#include <signal.h>

#include "tests/support/support.h"

static enum pl_status tries(enum pl_status status, int *reached) {
    PL_TRY(status);
    *reached = 1;
    return PL_OK;
}

static void test_status__fail_returns_and_formats(void) {
    PL_CHECK_INT(pl_fail(PL_ECONFIG, "width %d is below %s", 0, "1"), PL_ECONFIG);
    PL_CHECK_TEXT(pl_message(), "width 0 is below 1");
    PL_CHECK_INT(pl_fail(PL_ESTORE, "second"), PL_ESTORE);
    PL_CHECK_TEXT(pl_message(), "second");
}

static void test_status__within_puts_the_place_first(void) {
    enum pl_status status = pl_fail(PL_ECONFIG, "unknown key 'widht'");
    status = pl_fail_within(status, "%s:%d", "a.yaml", 3);
    PL_CHECK_FAILS(pl_fail_within(status, "study"), PL_ECONFIG,
                   "study: a.yaml:3: unknown key 'widht'");
}

static void test_status__message_may_quote_the_old_one(void) {
    PL_CHECK_INT(pl_fail(PL_ECELL, "inner"), PL_ECELL);
    PL_CHECK_INT(pl_fail(PL_ECELL, "[%s]", pl_message()), PL_ECELL);
    PL_CHECK_TEXT(pl_message(), "[inner]");
}

static void test_status__long_messages_are_cut_not_overrun(void) {
    static char text[10000];
    size_t i;
    memset(text, 'x', sizeof text - 1);
    PL_CHECK_INT(pl_fail(PL_ECELL, "%s", text), PL_ECELL);
    PL_CHECK(strlen(pl_message()) > 1000 && strlen(pl_message()) < sizeof text);
    PL_CHECK_INT(pl_fail_within(PL_ECELL, "%s", text), PL_ECELL);
    for (i = 0; pl_message()[i] == 'x'; i++) {
    }
    PL_CHECK_INT(pl_message()[i], '\0');
}

/* The table of docs/conventions.md, written out again. */
static void test_status__exit_statuses(void) {
    PL_CHECK_INT(pl_status_exit(PL_OK), 0);
    PL_CHECK_INT(pl_status_exit(PL_ECONFIG), 2);
    PL_CHECK_INT(pl_status_exit(PL_ECELL), 3);
    PL_CHECK_INT(pl_status_exit(PL_EMISMATCH), 5);
    PL_CHECK_INT(pl_status_exit(PL_ESTORE), 7);
    PL_CHECK_INT(pl_status_exit(PL_EBACKEND), 2);
    PL_CHECK_INT(pl_status_exit(PL_EMEMORY), 7);
    PL_CHECK_INT(pl_status_exit(PL_EPROCESS), 7);
    PL_CHECK_INT(pl_status_exit(PL_EINTERRUPT), 130);
}

static void test_status__names(void) {
    PL_CHECK_TEXT(pl_status_name(PL_OK), "OK");
    PL_CHECK_TEXT(pl_status_name(PL_ECONFIG), "ECONFIG");
    PL_CHECK_TEXT(pl_status_name(PL_EINTERRUPT), "EINTERRUPT");
}

static void test_status__try_returns_on_failure_only(void) {
    int reached = 0;
    PL_CHECK_INT(tries(PL_ESTORE, &reached), PL_ESTORE);
    PL_CHECK_INT(reached, 0);
    PL_CHECK_INT(tries(PL_OK, &reached), PL_OK);
    PL_CHECK_INT(reached, 1);
}

static void break_promise(void *context) {
    int *three = context;
    PL_ASSERT(*three == 4);
}

static void test_status__broken_promise_names_it_and_aborts(void) {
    struct pl_apart apart;
    int three = 3;
    pl_run_apart(&apart, break_promise, &three);
    PL_CHECK_INT(apart.signal, SIGABRT);
    PL_CHECK(strstr(apart.err, "*three == 4") != NULL);
    PL_CHECK(strstr(apart.err, "break_promise") != NULL);
    PL_CHECK(strstr(apart.err, "test_status.c") != NULL);
}

const struct pl_test pl_suite_status[] = {
    {"fail_returns_and_formats", test_status__fail_returns_and_formats},
    {"within_puts_the_place_first", test_status__within_puts_the_place_first},
    {"message_may_quote_the_old_one", test_status__message_may_quote_the_old_one},
    {"long_messages_are_cut_not_overrun", test_status__long_messages_are_cut_not_overrun},
    {"exit_statuses", test_status__exit_statuses},
    {"names", test_status__names},
    {"try_returns_on_failure_only", test_status__try_returns_on_failure_only},
    {"broken_promise_names_it_and_aborts", test_status__broken_promise_names_it_and_aborts},
    {0},
};
