/* Processors: how many this process may use, which may be fewer than the machine has. */
#ifndef PL_BASE_PROCESSORS_H
#define PL_BASE_PROCESSORS_H

#include <stddef.h>

/* The least of what the affinity allows (taskset, cpusets of containers and batch systems) and the quota of
 * the control group and those above it, rounded up; at least 1. */
size_t pl_processors(void);

/* The quota alone, as the files below [root] tell it ("" for this machine's): cpu.max of version 2,
 * cpu.cfs_quota_us of version 1. 0: there is none. (docs.kernel.org, cgroup-v2, cpu.max) */
size_t pl_processors_quota(const char *root);

#endif
