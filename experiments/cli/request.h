/* Request: what the commands that compute cells (run, check, bless) are told, and their common flags. */
#ifndef PL_CLI_REQUEST_H
#define PL_CLI_REQUEST_H

#include "core/base/arena.h"
#include "experiments/cli/args.h"
#include "experiments/run/ledger.h"
#include "experiments/run/shard.h"
#include "experiments/run/work.h"

struct pl_request_flags {
    long jobs; /* 0: one a processor that may be used */
    const char *backend, *device, *results;
};

/* The rows of a command whose options hold such a struct as [member]. */
#define PL_REQUEST_FLAGS(options, member)                                                          \
    {"jobs", 'j', "N", "cells at a time (default: one a processor that may be used)",              \
     PL_COUNT(options, member.jobs, NULL, 4096)},                                                  \
        PL_FLAG_BACKEND(options, member.backend), PL_FLAG_DEVICE(options, member.device),          \
        PL_FLAG_RESULTS(options, member.results)

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

/* ---- the commands that compute nothing: report, noise, fraction, status, diff ---- */

struct pl_source_flags {
    const char *backend, *results;
};

/* The rows of a command whose options hold such a struct as [member]: they mean what they mean to run, so
 * that a report can be told what its run was told. */
#define PL_SOURCE_FLAGS(options, member)                                                           \
    PL_FLAG_BACKEND(options, member.backend), PL_FLAG_RESULTS(options, member.results)

/* Where the study file or database [path] has its plan and results, with the overrides [words] (key=value),
 * then backend=NAME; the arena owns the list. PL_ECONFIG for overrides of a database. */
enum pl_status pl_request_source(struct pl_ledger_source *out, const char *path,
                                 const char *const *words, size_t count,
                                 const struct pl_source_flags *flags,
                                 struct pl_arena *arena) PL_NODISCARD;

/* Plan and results of the one study that [args] name. *lacking is NULL, or where nothing of it is finished a
 * sentence that says so, and by which words its database has other cells (experiments/run/nearby.h); the
 * ledger's. */
enum pl_status pl_request_load(struct pl_ledger *out, const struct pl_args *args,
                               const struct pl_source_flags *flags, bool diagnostics,
                               const char **lacking) PL_NODISCARD;

/* What a command that computes says when none of its cells is done, though the database has others. */
enum pl_status pl_request_tell_others(const struct pl_ledger *ledger, const struct pl_work *work,
                                      struct pl_arena *arena) PL_NODISCARD;

#endif
