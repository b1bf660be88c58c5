/* Plugin: tasks from outside the program.
 *
 *     neighbours.c ── cc -shared ──► neighbours.so ── pl_plugin_load ──► the list of tasks
 *         │                               │
 *         │ #include <plumbline/task.h>   │ symbol pl_task_plugin: version, size, tasks
 *         ▼                               ▼
 *     one installed header            the functions it declares, which the program lends
 *
 * <plumbline/task.h> is made of task.h and of the headers that a task needs, by
 * cmake/plugin_header.cmake. A plug-in is refused with a sentence when it cannot be read, is no shared
 * object, wants a function that the header does not have, was compiled against another version of it,
 * or describes a task that breaks the contract of task.h as far as that can be seen without data.
 * Loading is tried out in a child process first, so that a plug-in that crashes while it is loaded, or
 * in check() or shape() of its defaults, is refused like the others.
 *
 * Its tasks are then tasks like any other. What its file holds is part of the numerics of their cells:
 * a plug-in that was compiled anew has its cells computed again (experiments/run/stamp.h).
 */
#ifndef PL_TASKS_PLUGIN_H
#define PL_TASKS_PLUGIN_H

#include "core/base/hash.h"
#include "core/base/status.h"
#include "tasks/task.h"

struct pl_plugin {
    char *path;                /* absolute */
    char digest[PL_HASH_TEXT]; /* of the bytes of the file */
    const struct pl_task *const *tasks;
    size_t task_count;
};

/* Loads the shared object [path] and adds its tasks to the list, where they stay. PL_ECONFIG with a
 * sentence that names the file, and then nothing was added. */
enum pl_status pl_plugin_load(const char *path) PL_NODISCARD;

/* Those that are loaded, in order; NULL after the last. */
const struct pl_plugin *pl_plugin_at(size_t index);

/* The one that [task] came with; NULL for a task of the program. */
const struct pl_plugin *pl_plugin_of(const struct pl_task *task);

/* ---- between this folder's files ---- */

/* Adds a task to the list. */
void pl_task_add(const struct pl_task *task);

/* Whether [task] is one, by its description alone; the sentence begins with its name. */
enum pl_status pl_task_inspect(const struct pl_task *task) PL_NODISCARD;

#endif
