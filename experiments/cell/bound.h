/* Bound: a cell whose settings have become structs. Everything that a cell is, is here; who checks a
 * study and who runs a cell bind it with the same function.
 *
 *     settings ──► pl_bound_make ──┐
 *                                  ├──► struct pl_bound ──► job.h: a network ready to train
 *     text ──────► pl_bound_read ──┘
 *
 * Binding is done in this order: defaults; backend and seed; the task, its options, what it reads and its data's
 * shape; host and variant; the task's samples; training; the probe; what `auto` came to.
 *
 * Every refusal is PL_ECONFIG (PL_EBACKEND for a backend that is not there) and names the place of
 * the setting at fault. A default has no place of its own: one of the task's has that of task.name,
 * any other that of variant.name, which is the place of the entry in a study.
 */
#ifndef PL_EXPERIMENTS_CELL_BOUND_H
#define PL_EXPERIMENTS_CELL_BOUND_H

#include "core/backend/backend.h"
#include "core/config/settings.h"
#include "core/model/model.h"
#include "core/train/probe.h"
#include "core/train/train.h"
#include "tasks/task.h"

struct pl_bound {
    struct pl_arena arena;       /* what binding added to the settings, and the options of task and
                                    variant */
    struct pl_settings settings; /* complete: defaults are in, and auto is what it came to */
    uint64_t seed;
    const struct pl_backend *backend;
    const struct pl_task *task;
    const void *task_options; /* begins with struct pl_task_common */
    struct pl_data_shape shape;
    struct pl_model_io io; /* that shape, as the model needs it */
    struct pl_model model; /* not built */
    struct pl_train_options train;
    struct pl_probe_options diagnostics; /* settled; all off unless the settings have some */
};

/* Binds [settings], which are borrowed for the call; their strings must outlive [out]. With [params]
 * above 0 model.hidden is moved to give so many trained parameters (match.h). On success the caller
 * ends [out] with pl_bound_finish; on failure it is empty. */
enum pl_status pl_bound_make(struct pl_bound *out, const struct pl_settings *settings,
                             size_t params) PL_NODISCARD;

/* The same from canonical text, which may leave out what has a default. */
enum pl_status pl_bound_read(struct pl_bound *out, const char *text) PL_NODISCARD;

void pl_bound_finish(struct pl_bound *bound);

/* The task alone, for who needs no more of a cell than the shape of its data; from settings or from
 * canonical text. [options] are the arena's. */
enum pl_status pl_bound_task(const struct pl_task **task, const void **options,
                             const struct pl_settings *settings,
                             struct pl_arena *arena) PL_NODISCARD;
enum pl_status pl_bound_task_read(const struct pl_task **task, const void **options,
                                  const char *text, struct pl_arena *arena) PL_NODISCARD;

#endif
