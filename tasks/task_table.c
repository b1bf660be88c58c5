#include <string.h>

#include "core/base/strbuf.h"
#include "core/base/vec.h"
#include "core/config/names.h"
#include "core/config/quote.h"
#include "tasks/plugin.h"
#include "tasks/task.h"

extern const struct pl_task pl_task_linear_mix, pl_task_depth_teacher, pl_task_teacher,
    pl_task_clusters, pl_task_random_labels, pl_task_modular, pl_task_parity, pl_task_hierarchy,
    pl_task_composition, pl_task_fourier, pl_task_null, pl_task_recall, pl_task_induction,
    pl_task_random_sequence, pl_task_markov, pl_task_mqar, pl_task_k_hop, pl_task_selective_copy,
    pl_task_state_tracking, pl_task_dyck, pl_task_arithmetic, pl_task_modular_sequence,
    pl_task_pcfg, pl_task_bytes;

static const struct pl_task *const own[] = {
    &pl_task_linear_mix,    &pl_task_depth_teacher,    &pl_task_teacher,        &pl_task_clusters,
    &pl_task_random_labels, &pl_task_modular,          &pl_task_parity,         &pl_task_hierarchy,
    &pl_task_composition,   &pl_task_fourier,          &pl_task_null,           &pl_task_recall,
    &pl_task_induction,     &pl_task_random_sequence,  &pl_task_markov,         &pl_task_mqar,
    &pl_task_k_hop,         &pl_task_selective_copy,   &pl_task_state_tracking, &pl_task_dyck,
    &pl_task_arithmetic,    &pl_task_modular_sequence, &pl_task_pcfg,           &pl_task_bytes,
};

#define OWN (sizeof own / sizeof *own)

/* Those of plug-ins. Like the code they point to, they stay until the program ends. */
static PL_VEC(const struct pl_task *) added;

void pl_task_add(const struct pl_task *task) {
    PL_VEC_PUSH(&added, task);
}

const struct pl_task *pl_task_at(size_t index) {
    if (index < OWN) return own[index];
    return index - OWN < added.count ? added.items[index - OWN] : NULL;
}

static enum pl_status complain(const char *name) {
    char shown[PL_QUOTED];
    size_t count = OWN + added.count;
    const char **names = pl_alloc(count * sizeof *names);
    for (size_t i = 0; i < count; i++) names[i] = pl_task_at(i)->name;
    enum pl_status status =
        pl_names_fail(PL_NAME_LIST(names, count), PL_NO_PLACE, name,
                      "there are {and}; one of a plug-in needs --plugin FILE.so",
                      "there is no task %s", pl_quoted(shown, name));
    pl_free(names);
    return status;
}

enum pl_status pl_task_find(const struct pl_task **out, const char *name) {
    *out = NULL;
    for (size_t i = 0; pl_task_at(i) && !*out; i++)
        if (strcmp(pl_task_at(i)->name, name) == 0) *out = pl_task_at(i);
    return *out ? PL_OK : complain(name);
}
