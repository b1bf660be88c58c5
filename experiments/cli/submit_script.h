/* The two scripts that submit gives to Slurm, as text. */
#ifndef PL_CLI_SUBMIT_SCRIPT_H
#define PL_CLI_SUBMIT_SCRIPT_H

#include "core/base/arena.h"
#include "core/base/strbuf.h"
#include "experiments/cli/args.h"

struct pl_submit {
    const char *program; /* absolute paths, as nodes see them */
    const char *folder;  /* where the command was given: paths in the study are relative to it */
    const char *study;   /* the file */
    const char *name;    /* of the study */
    const char *results;
    const char *const *overrides; /* key=value, as for run */
    size_t override_count;
    const char *const *plugins;
    size_t plugin_count;
    long shards, cpus;
    const char *time, *memory, *partition; /* NULL: the cluster's default */
    const char *sbatch;                    /* more options, one text; NULL: none */
};

/* One task a shard: computes on the node's own disk and publishes under [results]. */
void pl_submit_array(const struct pl_submit *submit, struct pl_strbuf *out);
/* Puts the shards together; to be run when the array has ended, however that was. */
void pl_submit_merge(const struct pl_submit *submit, struct pl_strbuf *out);

/* Keeps both under [results]/STUDY/submit and gives them to sbatch; prints their numbers. PL_EPROCESS when
 * sbatch does not take one. */
enum pl_status pl_submit_hand_over(const struct pl_submit *submit, const struct pl_strbuf *array,
                                   const struct pl_strbuf *merge,
                                   struct pl_arena *arena) PL_NODISCARD;

#endif
