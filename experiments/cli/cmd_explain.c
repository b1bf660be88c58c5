/* explain: the first option, tensor and step at which two cells part. */
#include <stdlib.h>
#include <string.h>

#include "core/backend/backend.h"
#include "experiments/cli/args.h"
#include "experiments/run/catalogue.h"
#include "experiments/tools/explain.h"

#define BACKENDS_TOLERANCE 1e-4 /* between two backends, unless --tolerance says otherwise */

struct options {
    const char *study, *results, *backend, *tolerance, *device;
    long steps; /* 0: all */
};

static const struct pl_flag flags[] = {
    {"study", 's', "FILE", "where the cells are planned: a study file or a cells.db",
     PL_TEXT(struct options, study, NULL)},
    {"results", 0, "DIR", "without --study: look into DIR/*/cells.db",
     PL_TEXT(struct options, results, "results")},
    {"backend", 'b', "A,B", "run the first cell on A and the second on B (default: their own)",
     PL_TEXT(struct options, backend, NULL)},
    {"tolerance", 't', "X",
     "numbers may differ by X of a tensor's largest entry (default: 0; 1e-4 with two backends)",
     PL_TEXT(struct options, tolerance, NULL)},
    {"steps", 0, "N", "compare at most N training steps (default: all)",
     PL_COUNT(struct options, steps, NULL, 1000000000)},
    PL_FLAG_DEVICE(struct options, device),
    {0},
};

static enum pl_status read_tolerance(const char *tolerance, struct pl_explain *explain,
                                     bool two_backends) {
    char *end;
    explain->tolerance = two_backends ? BACKENDS_TOLERANCE : 0;
    if (tolerance) {
        explain->tolerance = strtod(tolerance, &end);
        if (*end || end == tolerance || !(explain->tolerance >= 0 && explain->tolerance < 1))
            return pl_fail(PL_ECONFIG,
                           "--tolerance is \"%s\"; it takes a number from 0 up to 1, as in 1e-4",
                           tolerance);
    }
    return PL_OK;
}

/* The cell's text with another backend. */
static enum pl_status on_backend(const char **text, const char *backend, struct pl_arena *arena) {
    struct pl_settings settings = {0};
    struct pl_strbuf out;
    const struct pl_backend *found;
    PL_TRY(pl_backend_find(&found, backend));
    pl_strbuf_init(&out);
    enum pl_status status = pl_settings_read(&settings, arena, *text);
    if (status == PL_OK) {
        pl_settings_set(&settings, "backend", backend, (struct pl_place){"--backend", 0, 0});
        pl_settings_write(&settings, &out);
        *text = pl_arena_strdup(arena, out.text);
    }
    pl_strbuf_finish(&out);
    pl_settings_finish(&settings);
    return status;
}

static enum pl_status change_backends(struct pl_explain *explain, const char *names,
                                      struct pl_arena *arena) {
    size_t comma = strcspn(names, ",");
    const char *first = pl_arena_strndup(arena, names, comma);
    const char *second = names[comma] ? names + comma + 1 : first;
    PL_TRY(on_backend(&explain->text[0], first, arena));
    return on_backend(&explain->text[1], second, arena);
}

static enum pl_status explain_picked(const struct options *options, const struct pl_pick *picks,
                                     struct pl_arena *arena) {
    const char *backends = options->backend;
    struct pl_explain explain = {
        .text = {pl_cell_text(picks[0].cell, arena), pl_cell_text(picks[1].cell, arena)},
        .steps = options->steps};
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    for (int side = 0; side < 2; side++) {
        pl_strbuf_addf(&text, "%c  ", "AB"[side]);
        pl_pick_describe(&picks[side], &text);
        pl_strbuf_add(&text, side ? "\n\n" : "\n");
    }
    enum pl_status status =
        read_tolerance(options->tolerance, &explain, backends && strchr(backends, ','));
    if (status == PL_OK && backends) status = change_backends(&explain, backends, arena);
    if (status == PL_OK) status = pl_explain_cells(&explain, &text);
    if (status == PL_OK) status = pl_cli_show(NULL, text.text);
    pl_strbuf_finish(&text);
    return status;
}

/* The words: one or two cells, then what looks like key=value for the study. */
static enum pl_status explain_words(const struct pl_args *args, struct pl_arena *arena) {
    const struct options *options = args->options;
    const char *study = options->study;
    size_t cells = args->word_count > 2 ? 2 : args->word_count;
    struct pl_catalogue catalogue;
    struct pl_pick picks[2];
    if (args->word_count > 2 && (!study || pl_path_is_database(study)))
        return pl_fail(PL_ECONFIG, "explain compares two cells; \"%s\" is one word too many",
                       args->words[2]);
    PL_TRY(pl_catalogue_init(&catalogue, study, options->results, args->words + cells,
                             args->word_count - cells));
    enum pl_status status = pl_catalogue_pick(&picks[0], &catalogue, args->words[0], NULL);
    picks[1] = picks[0];
    if (status == PL_OK && cells > 1)
        status = pl_catalogue_pick(&picks[1], &catalogue, args->words[1], &picks[0]);
    if (status == PL_OK) status = explain_picked(options, picks, arena);
    pl_catalogue_finish(&catalogue);
    return status;
}

static int run(const struct pl_args *args) {
    struct pl_arena arena = {0};
    pl_cli_choose_device(((const struct options *)args->options)->device);
    if (args->word_count == 0)
        return pl_cli_fail(pl_fail(PL_ECONFIG,
                                   "explain needs two cells, as in plumbline explain standard "
                                   "attnres_full --study quickstart"));
    enum pl_status status = explain_words(args, &arena);
    pl_arena_finish(&arena);
    return status == PL_OK ? 0 : pl_cli_fail(status);
}

const struct pl_command pl_command_explain = {
    .name = "explain",
    .summary = "Says at which option, tensor and step two cells part",
    .usage = "CELL [CELL] [--study FILE [key=value ...]] [--backend A,B] [--steps N]",
    .details =
        "A cell is the beginning of its identity, or a label and what else it has:\n"
        "standard,seed=3,task.structure=0.5. What is left open is the first of the plan, and for\n"
        "the second cell what the first one has. Both cells are built and trained again, side by\n"
        "side: settings, data, initial weights, first forward pass, then step by step batch,\n"
        "loss, gradients and weights, up to the first difference. One cell alone is compared with\n"
        "itself, or on two backends.\n",
    .examples = "  plumbline explain standard attnres_full --study quickstart\n"
                "  plumbline explain standard standard,seed=2 --study quickstart "
                "train.lr=1e-2\n"
                "  plumbline explain 87f1f6a2 e4a33490\n"
                "  plumbline explain attnres_full --study quickstart --backend ref,cpu "
                "--steps 20\n",
    .flags = flags,
    .options_size = sizeof(struct options),
    .run = run,
};
