/* Groups: which sources a cell's numbers pass through, worked out from a source tree when the program is
 * built (make_table.c) and compiled in (table.h). A group is a list of files with the digests of their
 * tokens; stamp.c chooses the groups of a cell.
 *
 *     core/base, core/graph, ...   the engine, a group a folder; every file of the folder but those named in
 *     experiments/cell, ...        groups.c, which cannot change a number
 *     probe                        what measures diagnostics
 *     backend NAME                 core/backend/NAME and what it includes of core/backend, but for ...
 *     kernels NAME FAMILY          ... the files called FAMILY: the kernels of a family of operators
 *     operators FAMILY             core/graph/op_FAMILY.c: their rules and gradients
 *     task NAME                    tasks/task_NAME.c and what it includes of tasks/; a task with a teacher
 *                                  has core/model/forward.c too, "teacher" and the variants whose names
 *                                  stand in its files
 *     teacher                      the backend ref with all operators, and the host mlp
 *     host NAME                    core/model/hosts/NAME.c and what it includes of that folder
 *     variant NAME                 core/model/variants/residual_NAME.c and what it includes of that folder
 *
 * To include a.h is to depend on a.c beside it. Whatever is new in a folder of the engine or of a backend is
 * in its group unless it is told otherwise: at worst a finished cell is computed again. */
#ifndef PL_EXPERIMENTS_RUN_SOURCES_GROUPS_H
#define PL_EXPERIMENTS_RUN_SOURCES_GROUPS_H

#include "core/base/arena.h"
#include "core/base/status.h"
#include "core/base/strbuf.h"
#include "core/base/vec.h"
#include "experiments/run/sources/table.h"

struct pl_groups {
    struct pl_arena arena; /* owns all texts */
    PL_VEC(struct pl_source_row) rows;
    PL_VEC(struct pl_source_op) ops;
};

/* Reads the tree under [root]. PL_ESTORE with the path when something in it cannot be read. The caller ends
 * [out] with pl_groups_finish; on failure it is empty. */
enum pl_status pl_groups_read(struct pl_groups *out, const char *root) PL_NODISCARD;
void pl_groups_finish(struct pl_groups *groups);

/* Appends the C source that defines pl_sources (table.h). */
void pl_groups_write(const struct pl_groups *groups, struct pl_strbuf *out);

#endif
