/* Stamp: what can change a cell's numbers without changing what was asked: the sources of core/ and
 * tasks/, compiler and flags, what the backend says of itself (library versions and core type,
 * instruction-set level, device), and for a task of a plug-in the bytes of its file. A finished cell is
 * reused only under the same stamp. */
#ifndef PL_EXPERIMENTS_RUN_STAMP_H
#define PL_EXPERIMENTS_RUN_STAMP_H

#include "core/backend/backend.h"
#include "core/base/arena.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "tasks/task.h"

/* [task] may be NULL: a task that is not known here has a stamp of no plug-in. */
void pl_stamp(char out[PL_HASH_TEXT], const struct pl_backend *backend, const struct pl_task *task);

/* The stamps that a cell could get here and now: of every backend that can run here, with every plug-in that
 * was named, whether a study asks for them or not. In [arena]. */
const char *const *pl_stamps_here(struct pl_arena *arena, size_t *count);

/* Where a result comes from, for people: source commit, compiler, flags, processor, libraries, backend,
 * stamp, time; the plug-in of a task that came with one. Owned by the caller. */
struct pl_json *pl_provenance(const struct pl_backend *backend, const struct pl_task *task);

/* Appends which parts of the stamp differ between two provenances (texts of pl_provenance's JSON), with
 * both values: "sources (17cbd642 then, 0a1b2c3d now), core type (Haswell then, SkylakeX now)". What
 * [then] does not record counts as different; two that record the same say so. */
void pl_stamp_difference(struct pl_strbuf *out, const char *then, const char *now);

/* The build in a few lines, for --version. */
void pl_build_facts(struct pl_strbuf *out);

#endif
