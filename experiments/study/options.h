/* Options: the one registry of what a study can set, by dotted name.
 *
 *     model.*     the rows of the study's host, by model.kind
 *     train.*     pl_train_options
 *     limits.*    pl_limits_options          not part of a cell
 *     diagnostics.*  pl_probe_options        nor these: they change no number of training
 *     task.*      task.name, and the rows of the study's task
 *     variant.*   the rows of the variants that the study names
 *     backend     cpu, ref, ...
 *
 * A setting of a host, task or variant for the whole study must be known to every one in its scope.
 */
#ifndef PL_EXPERIMENTS_STUDY_OPTIONS_H
#define PL_EXPERIMENTS_STUDY_OPTIONS_H

#include <stdbool.h>

#include "core/config/option.h"
#include "core/config/settings.h"
#include "core/model/residual.h"
#include "core/train/probe.h"
#include "core/train/train.h"
#include "tasks/task.h"

struct pl_limits {
    double cell_seconds;       /* a cell that runs longer fails; 0 = no limit */
    double hours;              /* of one run of the study; 0 = no limit */
    double checkpoint_minutes; /* from one checkpoint of a cell to the next; 0 = none are kept */
};
extern const struct pl_options pl_limits_options; /* section "limits" */

/* One table of rows: the section whose dotted names it gives, and whose it is: a host's, task's or
 * variant's name (the default host is called "model"), else the section again. */
struct pl_option_section {
    const char *section, *owner;
    const struct pl_options *options;
};

/* Every table of the program: each host, train, limits, diagnostics, each task, each variant. False after the last. */
bool pl_option_section_at(size_t index, struct pl_option_section *out);

/* Whether [key] is a setting of the whole study, which is no part of a cell and no axis. */
bool pl_options_of_study(const char *key);

/* Which hosts, tasks and variants may be meant; borrowed. */
struct pl_scope {
    const struct pl_host_kind *const *hosts;
    size_t host_count;
    const struct pl_task *const *tasks;
    size_t task_count;
    const struct pl_residual *const *variants;
    size_t variant_count;
};

/* A setting as somebody wrote it. */
struct pl_given {
    const char *key; /* dotted name */
    struct pl_place key_place;
    const char *text;
    struct pl_place place;
};

/* Checks key and text against every row they concern; *out is the canonical text, the arena's. */
enum pl_status pl_scope_canonical(const struct pl_scope *scope, const struct pl_given *given,
                                  struct pl_arena *arena, const char **out) PL_NODISCARD;

#endif
