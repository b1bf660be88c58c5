/* Stamp: what can change a cell's numbers without changing what was asked, and nothing else. A finished cell
 * is reused only under the same stamp. It is the hash of its *parts*, lines "NAME=VALUE":
 *
 *     core/graph=0123456789abcdef                      digests of sources, read as tokens (sources/groups.h):
 *     backend cpu=...                                  the engine, a part a folder; the backend;
 *     operator family norm=...                         rules and kernels of the families that the cell's
 *                                                      training step uses, with the rows of its operators;
 *     host mlp (core/model/hosts/mlp.c)=...            host, variant and task, a part a file
 *     variant standard (core/model/...)=...
 *     task modular (tasks/task_modular.c)=...
 *     plug-in=spiral.so 0123...                        in place of the task's files
 *     OpenBLAS=0.3.21, OpenBLAS core type=Haswell      only where the cell is not portable: what its bits
 *     device=...                                       depend on besides
 *
 * A cell is *portable* when its backend computes it with the same bits on every machine, whatever the
 * compiler: then sources are all. Parts are stored with every result (provenance), so that two stamps that
 * differ can be told apart part by part. */
#ifndef PL_EXPERIMENTS_RUN_STAMP_H
#define PL_EXPERIMENTS_RUN_STAMP_H

#include "core/backend/backend.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/base/strbuf.h"
#include "experiments/cell/bound.h"

struct pl_stamp {
    char hash[PL_HASH_TEXT];
    bool portable;
    struct pl_strbuf parts; /* lines "NAME=VALUE", no NAME twice */
};

/* The stamp that the cell would get here and now. It does not depend on the seed, nor on anything else that
 * leaves the training step as it is. The caller ends [out] with pl_stamp_finish. */
void pl_stamp_make(struct pl_stamp *out, const struct pl_bound *bound);
void pl_stamp_finish(struct pl_stamp *stamp);

/* What can change the numbers of any cell of the program's own tasks on [backend]: all its sources, and what
 * they depend on here besides. Of use as the key of a cache of many studies. */
void pl_stamp_any(char out[PL_HASH_TEXT], const struct pl_backend *backend);

#define PL_PORTABLE                                                                                \
    "portable" /* the numerics of a portable cell, in place of what its backend says */

/* Where a result comes from, for people: source commit, compiler, flags, processor, backend, numerics, time; the
 * plug-in of a task that came with one; the stamp and its parts (a member each). Owned by the caller. */
struct pl_json *pl_provenance(const struct pl_bound *bound, const struct pl_stamp *stamp);

/* Whether the provenance (its text) is that of a portable cell. */
bool pl_provenance_portable(const char *text);

/* Appends which parts of the stamp differ between two provenances (texts of pl_provenance's JSON):
 * "task modular (tasks/task_modular.c), OpenBLAS core type (Haswell then, SkylakeX now)"; with both values
 * where these are no digests of sources. A provenance without parts, and two with the same, say so. */
void pl_stamp_difference(struct pl_strbuf *out, const char *then, const char *now);

/* The build in a few lines, for --version. */
void pl_build_facts(struct pl_strbuf *out);

#endif
