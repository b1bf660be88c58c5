/* show graph, show plan: the training step of a study's first cell. */
#include <string.h>

#include "experiments/cell/job.h"
#include "experiments/cli/show.h"
#include "experiments/study/expand.h"

/* The training step of a cell: its real sizes, but no data. */
struct step {
    struct pl_bound bound;
    struct pl_dataset data;
    struct pl_job job;
};

static enum pl_status step_make(struct step *step, const char *text) {
    PL_TRY(pl_bound_read(&step->bound, text));
    const struct pl_task_common *common = step->bound.task_options;
    step->data.shape = step->bound.shape;
    PL_TRY(pl_dataset_add(&step->data, PL_TRAIN, (size_t)common->samples));
    PL_TRY(pl_dataset_add(&step->data, PL_VALID, (size_t)common->valid_samples));
    PL_TRY(pl_dataset_add(&step->data, PL_TEST, (size_t)common->test_samples));
    step->job = (struct pl_job){.bound = &step->bound, .data = &step->data};
    return pl_job_make(&step->job);
}

static enum pl_status describe_step(const struct pl_args *args, const struct pl_cell *cell,
                                    struct pl_strbuf *out) {
    struct step step = {0};
    struct pl_arena arena = {0};
    enum pl_status status = step_make(&step, pl_cell_text(cell, &arena));
    bool dot = ((const struct pl_show_options *)args->options)->dot;
    if (status == PL_OK && !dot) {
        pl_strbuf_addf(out, "cell %s: %s, seed %llu, on %s\n\n", cell->id, cell->label,
                       (unsigned long long)cell->seed, pl_backend_name(step.bound.backend));
    }
    if (status == PL_OK && strcmp(args->words[0], "plan") == 0)
        pl_plan_dump(pl_trainer_plan(step.job.trainer), pl_backend_element_size(step.bound.backend),
                     out);
    else if (status == PL_OK)
        (dot ? pl_graph_dump_dot : pl_graph_dump_text)(&step.job.graph, out);
    pl_job_finish(&step.job);
    pl_dataset_finish(&step.data);
    pl_bound_finish(&step.bound);
    pl_arena_finish(&arena);
    return status;
}

enum pl_status pl_show_step(const struct pl_args *args, struct pl_strbuf *out) {
    struct pl_experiment experiment;
    struct pl_cells cells;
    PL_TRY(pl_experiment_load(&experiment, args->words[1], args->words + 2, args->word_count - 2));
    enum pl_status status = pl_experiment_expand(&cells, &experiment);
    if (status == PL_OK) {
        status = describe_step(args, &cells.items[0], out);
        pl_cells_finish(&cells);
    }
    pl_experiment_finish(&experiment);
    return status;
}
