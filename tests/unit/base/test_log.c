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

const struct pl_test pl_suite_log[] = {
    {"default_is_info", test_log__default_is_info},
    {"level_decides_what_is_said", test_log__level_decides_what_is_said},
    {"level_is_kept", test_log__level_is_kept},
    {0},
};
