#include "core/base/file.h"
#include "core/base/processors.h"
#include "tests/support/support.h"

static struct pl_temp temp;

static void put(const char *name, const char *text) {
    char path[600];
    snprintf(path, sizeof path, "%s/%s", temp.path, name);
    PL_REQUIRE_OK(pl_folder_make_for(path));
    PL_REQUIRE_OK(pl_file_write(path, text, strlen(text)));
}

static void check_quota(size_t expected) {
    PL_CHECK_INT((long long)pl_processors_quota(temp.path), (long long)expected);
}

static void test_processors__quota_of_version_2(void) {
    pl_temp_init(&temp);
    check_quota(0); /* no /proc at all */
    put("proc/self/cgroup", "0::/user/job\n");
    check_quota(0);
    put("sys/fs/cgroup/user/job/cpu.max", "max 100000\n");
    check_quota(0);
    put("sys/fs/cgroup/user/job/cpu.max", "400000 100000\n");
    check_quota(4);
    put("sys/fs/cgroup/user/cpu.max", "150000 100000\n"); /* the group above has less */
    check_quota(2);
    put("sys/fs/cgroup/cpu.max", "10000 100000\n"); /* a container sees its own group as the root */
    check_quota(1);
    pl_temp_finish(&temp);
}

static void test_processors__quota_of_version_1(void) {
    pl_temp_init(&temp);
    put("proc/self/cgroup", "5:cpuset:/x\n4:cpu,cpuacct:/docker/ab\n1:name=systemd:/x\n0::/x\n");
    put("sys/fs/cgroup/cpu,cpuacct/docker/ab/cpu.cfs_period_us", "100000\n");
    put("sys/fs/cgroup/cpu,cpuacct/docker/ab/cpu.cfs_quota_us", "-1\n");
    check_quota(0);
    put("sys/fs/cgroup/cpu,cpuacct/docker/ab/cpu.cfs_quota_us", "300000\n");
    check_quota(3);
    put("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "50000\n");
    put("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "100000\n");
    check_quota(2);
    put("proc/self/cgroup", "5:cpuset:/x\n4:cpuacct:/docker/ab\n");
    check_quota(0);
    pl_temp_finish(&temp);
}

static void test_processors__odd_files_are_no_quota(void) {
    static const char *const texts[] = {"",          "max", "200000",  "200000 0",
                                        "-5 100000", "x y", "0 100000"};
    pl_temp_init(&temp);
    put("proc/self/cgroup", "no colons\n0:\n0::/a\n");
    for (size_t k = 0; k < sizeof texts / sizeof texts[0]; k++) {
        put("sys/fs/cgroup/a/cpu.max", texts[k]);
        check_quota(0);
    }
    pl_temp_finish(&temp);
}

static void test_processors__at_least_one(void) {
    PL_CHECK(pl_processors() >= 1);
}

const struct pl_test pl_suite_processors[] = {
    {"quota_of_version_2", test_processors__quota_of_version_2},
    {"quota_of_version_1", test_processors__quota_of_version_1},
    {"odd_files_are_no_quota", test_processors__odd_files_are_no_quota},
    {"at_least_one", test_processors__at_least_one},
    {0},
};
