/* Where quotas are found. /proc/self/cgroup has a line for each hierarchy:
 *
 *     0::/user.slice/job7                  version 2: /sys/fs/cgroup/user.slice/job7/cpu.max, "QUOTA PERIOD"
 *     4:cpu,cpuacct:/docker/ab12           version 1: /sys/fs/cgroup/cpu,cpuacct/docker/ab12/cpu.cfs_*_us
 *
 * A group may use no more than any group above it, so the path is shortened step by step. Inside a
 * container the path may be one of the host's that is not there: the steps above it are.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* sched_getaffinity */
#endif
#include "core/base/processors.h"

#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PATH_MOST = 4096 };

/* Reads one number, or none for "max" and -1. */
static size_t read_quota(const char *folder, const char *quota_name, const char *period_name) {
    char path[PATH_MOST + 64];
    double quota = 0, period = 0;
    snprintf(path, sizeof path, "%s/%s", folder, quota_name);
    FILE *file = fopen(path, "r");
    int got = file ? fscanf(file, "%lf %lf", &quota, &period) : 0;
    if (file) fclose(file);
    if (got < 1 || quota <= 0) return 0;
    if (period_name) {
        snprintf(path, sizeof path, "%s/%s", folder, period_name);
        file = fopen(path, "r");
        got = file ? 1 + fscanf(file, "%lf", &period) : 0;
        if (file) fclose(file);
    }
    if (got < 2 || period <= 0) return 0;
    size_t whole = (size_t)(quota / period);
    return (double)whole * period < quota ? whole + 1 : whole;
}

static size_t least(size_t a, size_t b) {
    return a && (a < b || !b) ? a : b;
}

/* Of the group [path] below [mount] and those above it. */
static size_t quota_upwards(const char *mount, char *path, bool second) {
    size_t found = 0;
    for (;;) {
        char folder[PATH_MOST];
        snprintf(folder, sizeof folder, "%s%s", mount, path);
        found = least(found, second ? read_quota(folder, "cpu.max", NULL)
                                    : read_quota(folder, "cpu.cfs_quota_us", "cpu.cfs_period_us"));
        char *slash = strrchr(path, '/');
        if (!slash) return found;
        *slash = 0;
    }
}

/* Whether the list "cpu,cpuacct" names cpu. */
static bool has_cpu(const char *list) {
    for (const char *at = list; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
        if (strncmp(at, "cpu", 3) == 0 && (at[3] == 0 || at[3] == ',')) return true;
    return false;
}

size_t pl_processors_quota(const char *root) {
    char name[PATH_MOST], line[PATH_MOST], mount[PATH_MOST];
    size_t found = 0;
    snprintf(name, sizeof name, "%s/proc/self/cgroup", root);
    FILE *file = fopen(name, "r");
    while (file && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = 0;
        char *list = strchr(line, ':'), *path = list ? strchr(list + 1, ':') : NULL;
        if (!path) continue;
        *path++ = 0;
        list++;
        bool second = !*list;
        if (!second && !has_cpu(list)) continue;
        snprintf(mount, sizeof mount, "%.512s/sys/fs/cgroup%s%.512s", root, second ? "" : "/",
                 list);
        found = least(found, quota_upwards(mount, path, second));
    }
    if (file) fclose(file);
    return found;
}

size_t pl_processors(void) {
    size_t count = 0;
#ifdef __linux__
    /* the set must be as large as the kernel's, which is not told beforehand */
    for (int most = 1024; count == 0 && most <= 1 << 20; most *= 2) {
        cpu_set_t *set = CPU_ALLOC((size_t)most);
        if (set && sched_getaffinity(0, CPU_ALLOC_SIZE(most), set) == 0)
            count = (size_t)CPU_COUNT_S(CPU_ALLOC_SIZE(most), set);
        CPU_FREE(set);
    }
#endif
    long online = count ? 0 : sysconf(_SC_NPROCESSORS_ONLN);
    if (online > 0) count = (size_t)online;
    count = least(pl_processors_quota(""), count);
    return count ? count : 1;
}
