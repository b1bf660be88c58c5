#include <string.h>

#include "core/base/strbuf.h"
#include "core/config/quote.h"
#include "tasks/task.h"

extern const struct pl_task pl_task_linear_mix, pl_task_depth_teacher, pl_task_teacher,
    pl_task_clusters, pl_task_random_labels, pl_task_modular, pl_task_parity, pl_task_hierarchy,
    pl_task_composition, pl_task_fourier, pl_task_null;

const struct pl_task *const pl_tasks[] = {
    &pl_task_linear_mix,    &pl_task_depth_teacher, &pl_task_teacher, &pl_task_clusters,
    &pl_task_random_labels, &pl_task_modular,       &pl_task_parity,  &pl_task_hierarchy,
    &pl_task_composition,   &pl_task_fourier,       &pl_task_null,    NULL,
};

#define TASKS (sizeof pl_tasks / sizeof *pl_tasks - 1)

static enum pl_status complain(const char *name) {
    char shown[PL_QUOTED];
    const char *names[TASKS];
    struct pl_strbuf known;
    pl_strbuf_init(&known);
    for (size_t i = 0; i < TASKS; i++) {
        names[i] = pl_tasks[i]->name;
        pl_strbuf_addf(&known, "%s%s", i == 0 ? "" : i + 1 < TASKS ? ", " : " and ", names[i]);
    }
    const char *near = pl_nearest(name, names, TASKS);
    pl_quoted(shown, name);
    enum pl_status status =
        near ? pl_fail(PL_ECONFIG, "there is no task %s; did you mean \"%s\"? There are %s", shown,
                       near, known.text)
             : pl_fail(PL_ECONFIG, "there is no task %s; there are %s", shown, known.text);
    pl_strbuf_finish(&known);
    return status;
}

enum pl_status pl_task_find(const struct pl_task **out, const char *name) {
    for (size_t i = 0; i < TASKS; i++) {
        if (strcmp(pl_tasks[i]->name, name) != 0) continue;
        *out = pl_tasks[i];
        return PL_OK;
    }
    *out = NULL;
    return complain(name);
}
