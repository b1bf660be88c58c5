/* check: does what a study established still stand? Missing cells, then its claims. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/alloc.h"
#include "core/base/log.h"
#include "experiments/bench/pair.h"
#include "experiments/check/output.h"
#include "experiments/cli/args.h"
#include "experiments/cli/work.h"

enum { COST_ROUNDS = 40 };

static const struct pl_flag flags[] = {
    {"jobs", 'j', "N", "cells at a time (default: one a processor)"},
    {"backend", 'b', "NAME", "cpu, ref or opencl; the same as backend=NAME"},
    PL_FLAG_DEVICE,
    {"results", 0, "DIR", "where results are kept (default: results)"},
    {"more-seeds", 0, "MAX", "give inconclusive claims fresh seeds, up to MAX in all"},
    {"strict", 0, NULL, "end with status 4 when a claim is inconclusive"},
    {0},
};

struct request {
    const char *path;
    const char **overrides; /* words, backend=NAME; room for seeds=... */
    size_t override_count;
    const char *results;
    long jobs, most_seeds;
    bool strict;
};

static const char *flag(const struct pl_args *args, const char *name) {
    return pl_args_get(args, &pl_command_check, name);
}

static enum pl_status read_most_seeds(const char *text, long *out) {
    char *end;
    *out = 0;
    if (!text) return PL_OK;
    errno = 0;
    *out = strtol(text, &end, 10);
    if (errno || *end || end == text || *out < 1 || *out > 100000)
        return pl_fail(PL_ECONFIG,
                       "--more-seeds is \"%s\"; it takes a whole number from 1 to 100000", text);
    return PL_OK;
}

static enum pl_status read_request(const struct pl_args *args, struct pl_arena *arena,
                                   struct request *out) {
    const char *backend = flag(args, "backend");
    pl_cli_choose_device(flag(args, "device"));
    if (args->word_count == 0)
        return pl_fail(PL_ECONFIG,
                       "check needs a study file, as in plumbline check configs/ci-rankings.yaml");
    *out = (struct request){.path = args->words[0],
                            .overrides = PL_ARENA_ARRAY(arena, const char *, args->word_count + 2)};
    for (size_t k = 1; k < args->word_count; k++)
        out->overrides[out->override_count++] = args->words[k];
    if (backend)
        out->overrides[out->override_count++] = pl_arena_printf(arena, "backend=%s", backend);
    out->results = flag(args, "results") ? flag(args, "results") : "results";
    out->strict = flag(args, "strict") != NULL;
    PL_TRY(read_most_seeds(flag(args, "more-seeds"), &out->most_seeds));
    return pl_work_jobs(flag(args, "jobs"), &out->jobs);
}

/* ---- one look ---- */

/* Leaves of [work] what the open claims need. */
static void keep_needed(struct pl_work *work, const struct pl_evidence *evidence,
                        const struct pl_check *check) {
    const struct pl_experiment *experiment = &evidence->experiment;
    struct pl_runs runs;
    size_t kept = 0;
    bool *needed = pl_alloc_zero(evidence->cells.count, sizeof *needed);
    pl_runs_init(&runs, experiment, &evidence->cells, evidence->results);
    for (size_t p = 0; p < runs.point_count; p++)
        for (size_t e = 0; e < experiment->entry_count; e++)
            for (size_t s = 0; s < experiment->seed_count; s++)
                if (pl_check_needs(check, &runs, p, e)) needed[pl_runs_cell(&runs, p, e, s)] = true;
    for (size_t k = 0; k < work->count; k++)
        if (needed[work->cells[k]]) work->cells[kept++] = work->cells[k];
    work->count = kept;
    pl_runs_finish(&runs);
    pl_free(needed);
}

/* The study's own cells are all computed; of the seeds added later, what open claims need. */
static enum pl_status compute(struct pl_evidence *evidence, struct pl_store *store,
                              const struct request *request, const struct pl_check *check,
                              struct pl_arena *arena) {
    struct pl_work work;
    size_t failed;
    PL_TRY(pl_work_register(store, evidence));
    PL_TRY(pl_evidence_read(evidence, store, PL_EVIDENCE_PRESENT));
    PL_TRY(pl_work_find(evidence, store, arena, &work));
    if (check->look > 0) keep_needed(&work, evidence, check);
    pl_info("%s: look %zu with %zu seeds, %zu cells done already, %zu to do with %ld jobs",
            evidence->experiment.name, check->look + 1, evidence->experiment.seed_count,
            work.finished, work.count, request->jobs);
    PL_TRY(pl_work_run(&work, evidence, store, (size_t)request->jobs, &failed));
    return pl_evidence_read(evidence, store, PL_EVIDENCE_PRESENT);
}

/* ---- costs ---- */

/* A cell of [entry] at the first point that the claim is about. */
static const char *cell_text(const struct pl_claim *claim, const struct pl_runs *runs,
                             size_t entry) {
    size_t point = 0;
    while (!pl_claim_needs(claim, runs, point, entry)) point++;
    return runs->cells->items[pl_runs_cell(runs, point, entry, 0)].text;
}

static enum pl_status measure_costs(const struct pl_evidence *evidence,
                                    const struct pl_check *check, struct pl_arena *arena,
                                    struct pl_cost_rounds **out) {
    struct pl_runs runs;
    enum pl_status status = PL_OK;
    *out = PL_ARENA_ARRAY(arena, struct pl_cost_rounds, check->claims.count + 1);
    pl_runs_init(&runs, &evidence->experiment, &evidence->cells, evidence->results);
    for (size_t k = 0; k < check->claims.count && status == PL_OK; k++) {
        const struct pl_claim *claim = &check->claims.items[k];
        if (claim->kind != PL_CLAIM_COST || !pl_metric_is_time(claim->metric)) continue;
        double *logs = PL_ARENA_ARRAY(arena, double, COST_ROUNDS);
        pl_info("measuring %s", claim->text);
        status = pl_bench_pair(logs, COST_ROUNDS, cell_text(claim, &runs, claim->entries[0]),
                               cell_text(claim, &runs, claim->entries[1]));
        (*out)[k] = (struct pl_cost_rounds){logs, COST_ROUNDS};
    }
    pl_runs_finish(&runs);
    return status;
}

/* ---- all looks ---- */

static enum pl_status first_look(struct pl_check *check, struct pl_evidence *evidence,
                                 struct pl_store *store, const struct request *request,
                                 struct pl_arena *arena) {
    struct pl_cost_rounds *costs;
    PL_TRY(compute(evidence, store, request, check, arena));
    PL_TRY(measure_costs(evidence, check, arena, &costs));
    pl_check_look(check, &evidence->experiment, &evidence->cells, evidence->results, costs);
    return PL_OK;
}

/* The study again, with the seeds of the next look. */
static enum pl_status next_look(struct pl_check *check, const struct pl_experiment *own,
                                struct pl_store *store, struct request *request,
                                struct pl_arena *arena) {
    struct pl_evidence evidence;
    struct pl_strbuf seeds;
    pl_strbuf_init(&seeds);
    pl_looks_seeds(&seeds, own->seeds, own->seed_count, check->looks.seeds[check->look]);
    request->overrides[request->override_count] = pl_arena_strdup(arena, seeds.text);
    pl_strbuf_finish(&seeds);
    PL_TRY(pl_evidence_plan(&evidence, request->path, request->overrides,
                            request->override_count + 1));
    enum pl_status status = compute(&evidence, store, request, check, arena);
    if (status == PL_OK)
        pl_check_look(check, &evidence.experiment, &evidence.cells, evidence.results, NULL);
    pl_evidence_finish(&evidence);
    return status;
}

/* The database's plan is the study's own again afterwards, whatever seeds were added. */
static enum pl_status all_looks(struct pl_check *check, struct pl_evidence *evidence,
                                struct request *request, struct pl_arena *arena) {
    struct pl_store *store;
    PL_TRY(pl_store_open(&store, request->results, evidence->experiment.name, PL_STORE_WRITE));
    enum pl_status status = first_look(check, evidence, store, request, arena);
    while (status == PL_OK && pl_check_more(check))
        status = next_look(check, &evidence->experiment, store, request, arena);
    if (status == PL_OK && check->look > 1) status = pl_work_register(store, evidence);
    pl_store_close(store);
    return status;
}

/* ---- telling it ---- */

static enum pl_status tell(const struct pl_check *check, const struct request *request,
                           int *exit_status) {
    struct pl_strbuf text;
    *exit_status = pl_check_exit(check, request->strict);
    struct pl_check_output output = {check, request->strict, *exit_status};
    pl_strbuf_init(&text);
    pl_check_write(&output, "text", &text);
    enum pl_status status = pl_cli_write(NULL, text.text);
    pl_strbuf_finish(&text);
    return status;
}

static void warn_of_power(const struct pl_check *check) {
    struct pl_strbuf note;
    pl_strbuf_init(&note);
    pl_check_power_note(check, &note);
    if (note.length) pl_warn("%s", note.text);
    pl_strbuf_finish(&note);
}

static enum pl_status check_study(struct pl_evidence *evidence, struct request *request,
                                  struct pl_arena *arena, int *exit_status) {
    struct pl_check check;
    PL_TRY(pl_check_init(&check, &evidence->experiment, (size_t)request->most_seeds));
    if (check.claims.count == 0)
        pl_warn("%s makes no claims; add some under \"claims:\" (configs/README.md)",
                request->path);
    warn_of_power(&check);
    enum pl_status status = all_looks(&check, evidence, request, arena);
    if (status == PL_OK) status = tell(&check, request, exit_status);
    pl_check_finish(&check);
    return status;
}

static int run(const struct pl_args *args) {
    struct pl_arena arena = {0};
    struct pl_evidence evidence;
    struct request request = {0};
    int exit_status = 0;
    enum pl_status status = read_request(args, &arena, &request);
    if (status == PL_OK)
        status =
            pl_evidence_plan(&evidence, request.path, request.overrides, request.override_count);
    if (status == PL_OK) {
        status = check_study(&evidence, &request, &arena, &exit_status);
        pl_evidence_finish(&evidence);
    }
    pl_arena_finish(&arena);
    return status == PL_OK ? exit_status : pl_cli_fail(pl_work_explain(status));
}

const struct pl_command pl_command_check = {
    .name = "check",
    .summary = "Holds a study's results to its claims",
    .usage = "STUDY.yaml [key=value ...] [-j N] [--results DIR] [--more-seeds MAX] [--strict]",
    .details =
        "Computes the missing cells, as run does, and judges every claim of the study on results\n"
        "of the present numerics alone. A claim is contradicted only when the reverse effect is\n"
        "significant, corrected for all claims, and beyond the claim's practical margin: on fresh\n"
        "seeds that happens by chance in at most 1 % of checks. Otherwise it holds, or the effect\n"
        "is too small to matter, or the seeds do not tell (inconclusive). --more-seeds adds seeds\n"
        "in steps that are fixed beforehand and share the same error rate.\n"
        "\nExit status: 0 nothing is contradicted, 1 a claim is, 3 some cell failed, 4 some claim "
        "is\n"
        "inconclusive (--strict).\n",
    .examples = "  plumbline check configs/ci-rankings.yaml\n"
                "  plumbline check configs/liu-post1.yaml --more-seeds 48 --strict\n",
    .flags = flags,
    .run = run,
};
