#include <time.h>

#include "core/base/clock.h"
#include "tests/support/support.h"

static void test_clock__never_runs_backwards(void) {
    double before = pl_clock_seconds();
    int i, backwards = 0;
    for (i = 0; i < 10000; i++) {
        double now = pl_clock_seconds();
        backwards += now < before;
        before = now;
    }
    PL_CHECK_INT(backwards, 0);
}

static void test_clock__counts_seconds(void) {
    const struct timespec pause = {0, 20000000};
    double start = pl_clock_seconds(), passed;
    nanosleep(&pause, NULL);
    passed = pl_clock_seconds() - start;
    PL_CHECK(passed >= 0.02 && passed < 20);
}

static void test_clock__wall_is_utc_in_iso_form(void) {
    char text[24];
    struct tm utc;
    time_t before = time(NULL), read;
    pl_clock_wall(text);
    memset(&utc, 0, sizeof utc);
    PL_CHECK_INT(strlen(text), 20);
    PL_CHECK_INT(text[19], 'Z');
    PL_CHECK_INT(sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d", &utc.tm_year, &utc.tm_mon, &utc.tm_mday,
                        &utc.tm_hour, &utc.tm_min, &utc.tm_sec),
                 6);
    utc.tm_year -= 1900;
    utc.tm_mon -= 1;
    read = timegm(&utc);
    PL_CHECK(read >= before && read <= time(NULL));
}

const struct pl_test pl_suite_clock[] = {
    {"never_runs_backwards", test_clock__never_runs_backwards},
    {"counts_seconds", test_clock__counts_seconds},
    {"wall_is_utc_in_iso_form", test_clock__wall_is_utc_in_iso_form},
    {0},
};
