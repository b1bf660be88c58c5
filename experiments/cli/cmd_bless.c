/* bless: what a study gives now is what it shall give: its reference is written. */
#include <errno.h>
#include <string.h>

#include "core/base/file.h"
#include "core/base/log.h"
#include "experiments/check/packed.h"
#include "experiments/cli/progress.h"
#include "experiments/cli/request.h"

struct options {
    struct pl_request_flags request;
    const char *output;
    bool packed;
};

static const struct pl_flag flags[] = {
    PL_REQUEST_FLAGS(struct options, request),
    {"output", 'o', "FILE",
     "write there (default: where check looks, or results/reference/STUDY.json)",
     PL_TEXT(struct options, output, NULL)},
    {"packed", 0, NULL,
     "write a small file for a study of many cells, in a folder of the study (default: "
     "results/reference/STUDY/part-FIRST-LAST.json by the values of the first axis), which check "
     "and "
     "report can tell from; without noise floors",
     PL_SWITCH(struct options, packed)},
    {0},
};

/* Another order of additions: every product by the plainest kernels of OpenBLAS (whose name for them depends on
 * the architecture). Our own kernels give the same bits everywhere. */
static const char *const elsewhere[] = {"PLUMBLINE_PRODUCTS=openblas",
#if defined(__x86_64__)
                                        "OPENBLAS_CORETYPE=Prescott",
#else
                                        "OPENBLAS_CORETYPE=ARMV8",
#endif
                                        NULL};

static enum pl_status compute(struct pl_ledger *ledger, const struct pl_request *request,
                              struct pl_arena *arena) {
    struct pl_store *store;
    struct pl_work work;
    struct pl_progress progress;
    const struct pl_work_events events = pl_progress_events(&progress);
    size_t failed = 0;
    PL_TRY(pl_store_open(&store, request->results, ledger->experiment.name, PL_STORE_WRITE));
    enum pl_status status = pl_ledger_register(ledger, store);
    if (status == PL_OK) status = pl_ledger_read(ledger, store, PL_LEDGER_PRESENT);
    if (status == PL_OK) status = pl_work_find(ledger, store, NULL, arena, &work);
    if (status == PL_OK) status = pl_request_tell_others(ledger, &work, arena);
    if (status == PL_OK)
        status = pl_work_run(&work, ledger, store, request->jobs, &events, &failed);
    if (status == PL_OK) status = pl_ledger_read(ledger, store, PL_LEDGER_PRESENT);
    pl_store_close(store);
    if (status == PL_OK && failed)
        status = pl_fail(PL_ECELL, "%zu cells failed; a reference needs them all", failed);
    return status;
}

/* Only kernels that depend on the machine have a noise floor to measure. */
static enum pl_status compute_elsewhere(struct pl_result **out, const struct pl_ledger *ledger,
                                        const struct pl_json *provenance, size_t jobs) {
    *out = NULL;
    if (strcmp(pl_json_as_text(pl_json_get(provenance, "backend"), ""), "cpu") != 0) return PL_OK;
    pl_info("the same cells with other kernels, for the noise floors");
    struct pl_progress progress;
    const struct pl_work_events events = pl_progress_events(&progress);
    return pl_work_again(out, ledger, elsewhere, jobs, &events);
}

/* part-1-50.json by the first axis; what is no part of a name becomes _. */
static const char *packed_path(const struct pl_experiment *experiment, struct pl_arena *arena) {
    const struct pl_axis *axis = experiment->axes;
    char *name = experiment->axis_count == 0 ? pl_arena_strdup(arena, "part")
                                             : pl_arena_printf(arena, "part-%s-%s", axis->values[0],
                                                               axis->values[axis->count - 1]);
    for (char *at = name; *at; at++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-", *at))
            *at = '_';
    return pl_arena_printf(arena, PL_REFERENCE_FOLDER "/%s/%s.json", experiment->name, name);
}

static enum pl_status write_packed(const struct pl_ledger *ledger, const char *path,
                                   struct pl_arena *arena) {
    struct pl_json *provenance = NULL;
    struct pl_strbuf text;
    if (!path) path = packed_path(&ledger->experiment, arena);
    PL_TRY(pl_ledger_provenance(pl_ledger_machine(ledger), &provenance));
    pl_strbuf_init(&text);
    enum pl_status status = pl_packed_write(&ledger->experiment, &ledger->cells, ledger->results,
                                            PL_VERSION, provenance, &text);
    if (status == PL_OK) status = pl_folder_make_for(path);
    if (status == PL_OK) status = pl_cli_write(path, text.text);
    if (status == PL_OK)
        pl_info("%s: %zu cells in %zu bytes", path, ledger->cells.count, text.length);
    pl_strbuf_finish(&text);
    pl_json_destroy(provenance);
    return status;
}

static enum pl_status write_file(const struct pl_reference *reference,
                                 const struct pl_ledger *ledger, const struct pl_json *provenance,
                                 const char *path) {
    char plan[PL_HASH_TEXT];
    struct pl_strbuf text;
    pl_cells_digest(&ledger->cells, plan);
    pl_strbuf_init(&text);
    pl_reference_write(reference, plan, PL_VERSION, provenance, &text);
    enum pl_status status = pl_folder_make_for(path);
    if (status == PL_OK) status = pl_cli_write(path, text.text);
    pl_strbuf_finish(&text);
    return status;
}

static enum pl_status bless(struct pl_ledger *ledger, const struct pl_request *request,
                            const struct options *options, struct pl_arena *arena) {
    const char *path = options->output;
    struct pl_json *provenance = NULL;
    struct pl_result *again = NULL;
    struct pl_reference reference;
    PL_TRY(compute(ledger, request, arena));
    if (options->packed) return write_packed(ledger, path, arena);
    PL_TRY(pl_ledger_provenance(pl_ledger_machine(ledger), &provenance));
    enum pl_status status = compute_elsewhere(&again, ledger, provenance, request->jobs);
    if (status == PL_OK) {
        if (!path) path = pl_reference_find(ledger->experiment.name, request->path, arena);
        if (!path || pl_packed_is(path))
            path = pl_arena_printf(arena, PL_REFERENCE_FOLDER "/%s.json", ledger->experiment.name);
        pl_reference_gather(&reference, &ledger->experiment, &ledger->cells, ledger->results,
                            again);
        status = write_file(&reference, ledger, provenance, path);
        if (status == PL_OK)
            pl_info("%s: %zu groups of %zu seeds", path, reference.group_count,
                    reference.seed_count);
        pl_reference_finish(&reference);
    }
    pl_work_results_finish(again, ledger->cells.count);
    pl_json_destroy(provenance);
    return status;
}

static int run(const struct pl_args *args) {
    const struct options *options = args->options;
    struct pl_arena arena = {0};
    struct pl_ledger ledger = {0};
    struct pl_request request;
    enum pl_status status = pl_request_read(&request, args, &options->request, &arena);
    if (status == PL_OK)
        status = pl_ledger_plan(&ledger, request.path, request.overrides, request.override_count);
    if (status == PL_OK) status = bless(&ledger, &request, options, &arena);
    pl_ledger_finish(&ledger);
    pl_arena_finish(&arena);
    return status == PL_OK ? 0 : pl_cli_fail(status);
}

const struct pl_command pl_command_bless = {
    .name = "bless",
    .summary = "Writes what a study gives now as the reference that check compares with",
    .usage = "STUDY.yaml [key=value ...] [--packed] [-j N] [--results DIR] [-o FILE]",
    .details =
        "Computes the missing cells, and all cells once more with other kernels, to see how far\n"
        "rounding alone moves each number (backend cpu). The file holds every number a seed, the\n"
        "settings, and where it comes from; the same results give the same bytes. Commit it, and\n"
        "look at its diff whenever it is blessed anew: that is the change you approve of.\n",
    .examples = "  plumbline bless ci-rankings\n"
                "  git diff results/reference/ci-rankings.json\n"
                "  plumbline bless liu-multiverse \"reading=linspace(1,50,50)\" --packed\n",
    .flags = flags,
    .options_size = sizeof(struct options),
    .run = run,
};
