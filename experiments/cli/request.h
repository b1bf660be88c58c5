/* Request: what the commands that compute cells (run, check, bless) are told, and their common flags. */
#ifndef PL_CLI_REQUEST_H
#define PL_CLI_REQUEST_H

#include "core/base/arena.h"
#include "experiments/cli/args.h"
#include "experiments/run/ledger.h"
#include "experiments/run/shard.h"

struct pl_request_flags {
    long jobs; /* 0: one a processor that may be used */
    const char *backend, *device, *results;
};

/* The rows of a command whose options hold such a struct as [member]. */
#define PL_REQUEST_FLAGS(options, member)                                                          \
    {"jobs", 'j', "N", "cells at a time (default: one a processor that may be used)",              \
     PL_COUNT(options, member.jobs, NULL, 4096)},                                                  \
        {"backend", 'b', "NAME", "cpu, ref or opencl; the same as backend=NAME",                   \
         PL_TEXT(options, member.backend, NULL)},                                                  \
        PL_FLAG_DEVICE(options, member.device), PL_FLAG_RESULTS(options, member.results)

struct pl_request {
    const char *path;
    const char **overrides; /* words, then backend=NAME; with room for one more */
    size_t override_count;
    const char *results;
    size_t jobs;
    struct pl_shard shard; /* run's alone; count 0: the whole study */
};

/* From the words and the common flags of [command]; the arena owns the list. */
enum pl_status pl_request_read(struct pl_request *out, const struct pl_args *args,
                               const struct pl_request_flags *flags,
                               struct pl_arena *arena) PL_NODISCARD;

/* What the commands that compute nothing are told by their words: STUDY.yaml|DB [key=value ...]. */
struct pl_ledger_source pl_request_source(const struct pl_args *args, const char *results);

#endif
