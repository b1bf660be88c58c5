/* show graph, show plan: the training step of a study's first cell. */
#include <string.h>

#include "experiments/cli/show.h"
#include "experiments/run/worker.h"
#include "experiments/study/cell.h"

/* The training step of a cell: its real sizes, but no data. */
struct step {
    struct pl_worker_cell cell;
    struct pl_dataset data;
    struct pl_graph graph;
    struct pl_trainer *trainer;
};

static void step_finish(struct step *step) {
    pl_trainer_destroy(step->trainer);
    pl_graph_finish(&step->graph);
    pl_dataset_finish(&step->data);
    pl_worker_cell_finish(&step->cell);
}

static enum pl_status make_empty_data(struct step *step) {
    const struct pl_task_common *common = step->cell.task_options;
    step->data.shape = step->cell.shape;
    PL_TRY(pl_dataset_add(&step->data, PL_TRAIN, (size_t)common->samples));
    PL_TRY(pl_dataset_add(&step->data, PL_VALID, (size_t)common->valid_samples));
    return pl_dataset_add(&step->data, PL_TEST, (size_t)common->test_samples);
}

static enum pl_status step_make(struct step *step, const char *text) {
    PL_TRY(pl_worker_cell_read(&step->cell, text));
    PL_TRY(make_empty_data(step));
    pl_model_build(&step->cell.model, &step->graph, &step->cell.io);
    struct pl_network network = pl_worker_network(&step->graph, &step->cell.model);
    return pl_trainer_create(&step->trainer, &network, &step->cell.train, step->cell.backend,
                             &step->data, step->cell.model.host.width);
}

static void add_cell_line(struct pl_strbuf *out, const struct pl_cell *cell,
                          const struct step *step) {
    pl_strbuf_addf(out, "cell %s: %s, seed %llu, on %s\n\n", cell->id, cell->label,
                   (unsigned long long)cell->seed, pl_backend_name(step->cell.backend));
}

static enum pl_status describe_step(const struct pl_args *args, const struct pl_cell *cell,
                                    struct pl_strbuf *out) {
    struct step step = {0};
    pl_graph_init(&step.graph);
    enum pl_status status = step_make(&step, cell->text);
    bool dot = pl_show_flag(args, "dot");
    if (status == PL_OK && !dot) add_cell_line(out, cell, &step);
    if (status == PL_OK && strcmp(args->words[0], "plan") == 0)
        pl_plan_dump(pl_trainer_plan(step.trainer), pl_backend_element_size(step.cell.backend),
                     out);
    else if (status == PL_OK)
        (dot ? pl_graph_dump_dot : pl_graph_dump_text)(&step.graph, out);
    step_finish(&step);
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
