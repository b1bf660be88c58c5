/* Selftest: the conformance suites, group by group, on whatever this machine has. */
#ifndef PL_EXPERIMENTS_TOOLS_SELFTEST_H
#define PL_EXPERIMENTS_TOOLS_SELFTEST_H

#include <stdbool.h>

#include "core/base/status.h"

/* A group of checks that has been run; everything is borrowed for the call. */
struct pl_selftest_group {
    const char *whose, *what; /* "cpu", "operators against ref" */
    int checks;
    double seconds;
    bool passed;
    const char *trouble;  /* why it could not run; NULL: it ran */
    const char *failures; /* a line each */
};

struct pl_selftest {
    void (*group)(const struct pl_selftest_group *group);   /* called after each */
    void (*left_out)(const char *backend, const char *why); /* one that cannot run here */
    /* filled */
    int groups, checks, failures;
    enum pl_status status; /* of the first group that could not run */
};

/* Runs what concerns [name] of [kind] (task, variant, backend); without a name all of that kind, without a
 * kind everything. PL_ECONFIG for what is not known; what the checks found is no failure of the call. */
enum pl_status pl_selftest_run(struct pl_selftest *out, const char *kind,
                               const char *name) PL_NODISCARD;

#endif
