/* check: does what a study established still stand? Missing cells, then its claims. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/alloc.h"
#include "core/base/log.h"
#include "core/base/math.h"
#include "experiments/check/output.h"
#include "experiments/cli/args.h"
#include "experiments/cli/progress.h"
#include "experiments/tools/bench_pair.h"

enum { COST_ROUNDS = 40 };

static const struct pl_flag flags[] = {
    {"jobs", 'j', "N", "cells at a time (default: one a processor)"},
    {"backend", 'b', "NAME", "cpu, ref or opencl; the same as backend=NAME"},
    PL_FLAG_DEVICE,
    {"results", 0, "DIR", "where results are kept (default: results)"},
    {"reference", 0, "FILE",
     "what to compare with, or none (default: results/reference/STUDY.json, if it is there)"},
    {"exact", 0, NULL, "end with status 6 when a number has other bits than the reference's"},
    {"junit", 0, "FILE", "write JUnit XML there, a test case a claim"},
    {"markdown", 0, "FILE", "write Markdown there, for a pull request or a step summary"},
    {"json", 0, NULL, "print the stable form (docs/ci.md) instead of the table"},
    {"more-seeds", 0, "MAX", "give inconclusive claims fresh seeds, up to MAX in all"},
    {"strict", 0, NULL, "end with status 4 when a claim is inconclusive"},
    {0},
};

struct request {
    struct pl_request work;
    const char *junit, *markdown; /* files; NULL: not asked for */
    const char *format;           /* of what is printed */
    const char *reference;        /* NULL: the study's own, if it is there */
    long most_seeds;
    bool strict, exact;
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
    *out = (struct request){.reference = flag(args, "reference"),
                            .junit = flag(args, "junit"),
                            .markdown = flag(args, "markdown"),
                            .format = flag(args, "json") ? "json" : "text",
                            .strict = flag(args, "strict") != NULL,
                            .exact = flag(args, "exact") != NULL};
    PL_TRY(read_most_seeds(flag(args, "more-seeds"), &out->most_seeds));
    return pl_cli_request(&out->work, args, &pl_command_check, arena);
}

/* ---- one look ---- */

/* Leaves of [work] what the open claims need. */
static void keep_needed(struct pl_work *work, const struct pl_ledger *evidence,
                        const struct pl_check *check) {
    const struct pl_experiment *experiment = &evidence->experiment;
    struct pl_arena arena = {0};
    struct pl_table table;
    size_t kept = 0;
    bool *needed = pl_alloc_zero(evidence->cells.count, sizeof *needed);
    pl_table_make(&table, &arena, experiment, &evidence->cells, evidence->results);
    for (size_t p = 0; p < table.point_count; p++)
        for (size_t e = 0; e < experiment->entry_count; e++)
            for (size_t s = 0; s < experiment->seed_count; s++)
                if (pl_check_needs(check, &table, p, e))
                    needed[pl_table_cell(&table, p, e, s)] = true;
    for (size_t k = 0; k < work->count; k++)
        if (needed[work->cells[k]]) work->cells[kept++] = work->cells[k];
    work->count = kept;
    pl_arena_finish(&arena);
    pl_free(needed);
}

/* The study's own cells are all computed; of the seeds added later, what open claims need. */
static enum pl_status compute(struct pl_ledger *evidence, struct pl_store *store,
                              const struct request *request, const struct pl_check *check,
                              struct pl_arena *arena) {
    struct pl_progress progress;
    const struct pl_work_events events = pl_progress_events(&progress);
    struct pl_work work;
    size_t failed;
    PL_TRY(pl_ledger_register(evidence, store));
    PL_TRY(pl_ledger_read(evidence, store, PL_LEDGER_PRESENT));
    PL_TRY(pl_work_find(evidence, store, arena, &work));
    if (check->look > 0) keep_needed(&work, evidence, check);
    pl_info("%s: look %zu with %zu seeds, %zu cells done already, %zu to do with %ld jobs",
            evidence->experiment.name, check->look + 1, evidence->experiment.seed_count,
            work.finished, work.count, request->work.jobs);
    PL_TRY(pl_work_run(&work, evidence, store, (size_t)request->work.jobs, &events, &failed));
    return pl_ledger_read(evidence, store, PL_LEDGER_PRESENT);
}

/* ---- costs ---- */

/* A cell of [entry] at the first point that the claim is about. */
static const char *cell_text(const struct pl_claim *claim, const struct pl_table *table,
                             size_t entry) {
    size_t point = 0;
    while (!pl_claim_needs(claim, table, point, entry)) point++;
    return table->cells->items[pl_table_cell(table, point, entry, 0)].text;
}

static double steps_of(const char *text, struct pl_arena *arena) {
    struct pl_settings settings = {0};
    enum pl_status status = pl_settings_read(&settings, arena, text);
    double steps = strtod(pl_settings_value(&settings, "train.steps", "1"), NULL);
    PL_ASSERT(status == PL_OK);
    pl_settings_finish(&settings);
    return steps;
}

/* Seconds of a whole training: step times, times the steps of each. */
static enum pl_status measure_cost(const struct pl_claim *claim, const struct pl_table *table,
                                   struct pl_arena *arena, struct pl_cost_rounds *out) {
    double *logs = PL_ARENA_ARRAY(arena, double, COST_ROUNDS);
    const char *a = cell_text(claim, table, claim->entries[0]);
    const char *b = cell_text(claim, table, claim->entries[1]);
    pl_info("measuring %s", claim->text);
    PL_TRY(pl_bench_pair(logs, COST_ROUNDS, a, b));
    if (strcmp(claim->metric->name, "seconds") == 0)
        for (int k = 0; k < COST_ROUNDS; k++)
            logs[k] += pl_log(steps_of(a, arena) / steps_of(b, arena));
    *out = (struct pl_cost_rounds){logs, COST_ROUNDS};
    return PL_OK;
}

static enum pl_status measure_costs(const struct pl_ledger *evidence, const struct pl_check *check,
                                    struct pl_arena *arena, struct pl_cost_rounds **out) {
    struct pl_table table;
    enum pl_status status = PL_OK;
    *out = PL_ARENA_ARRAY(arena, struct pl_cost_rounds, check->claims.count + 1);
    pl_table_make(&table, arena, &evidence->experiment, &evidence->cells, evidence->results);
    for (size_t k = 0; k < check->claims.count && status == PL_OK; k++) {
        const struct pl_claim *claim = &check->claims.items[k];
        if (claim->metric && claim->metric->kind == PL_METRIC_TIME)
            status = measure_cost(claim, &table, arena, &(*out)[k]);
    }
    return status;
}

/* ---- all looks ---- */

static enum pl_status first_look(struct pl_check *check, struct pl_ledger *evidence,
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
    struct pl_ledger evidence;
    struct pl_strbuf seeds;
    pl_strbuf_init(&seeds);
    pl_looks_seeds(&seeds, own->seeds, own->seed_count, check->looks.seeds[check->look]);
    struct pl_request *work = &request->work;
    work->overrides[work->override_count] = pl_arena_strdup(arena, seeds.text);
    pl_strbuf_finish(&seeds);
    PL_TRY(pl_ledger_plan(&evidence, work->path, work->overrides, work->override_count + 1));
    enum pl_status status = compute(&evidence, store, request, check, arena);
    if (status == PL_OK)
        pl_check_look(check, &evidence.experiment, &evidence.cells, evidence.results, NULL);
    pl_ledger_finish(&evidence);
    return status;
}

/* The database's plan is the study's own again afterwards, whatever seeds were added. */
static enum pl_status all_looks(struct pl_check *check, struct pl_ledger *evidence,
                                struct request *request, struct pl_arena *arena) {
    struct pl_store *store;
    PL_TRY(pl_store_open(&store, request->work.results, evidence->experiment.name, PL_STORE_WRITE));
    enum pl_status status = first_look(check, evidence, store, request, arena);
    while (status == PL_OK && pl_check_more(check))
        status = next_look(check, &evidence->experiment, store, request, arena);
    if (status == PL_OK && check->look > 1) status = pl_ledger_register(evidence, store);
    pl_store_close(store);
    return status;
}

/* ---- the reference ---- */

static const char *reference_path(const struct request *request, const char *study,
                                  struct pl_arena *arena) {
    if (request->reference) return strcmp(request->reference, "none") ? request->reference : NULL;
    const char *path = pl_arena_printf(arena, PL_REFERENCE_FOLDER "/%s.json", study);
    return access(path, R_OK) == 0 ? path : NULL;
}

static enum pl_status find_drift(struct pl_drift *out, const struct pl_reference *then,
                                 struct pl_reference *now, const struct pl_ledger *evidence) {
    struct pl_json *provenance;
    PL_TRY(pl_ledger_provenance(&evidence->cells.items[0], &provenance));
    pl_reference_gather(now, &evidence->experiment, &evidence->cells, evidence->results, NULL);
    pl_drift_find(out, then, now, pl_json_as_text(pl_json_get(provenance, "numerics"), ""));
    pl_json_destroy(provenance);
    return PL_OK;
}

/* ---- telling it ---- */

static enum pl_status write_page(const struct pl_check *check, const char *format,
                                 const char *path) {
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    pl_check_write(check, format, &text);
    enum pl_status status = pl_cli_write(path, text.text);
    pl_strbuf_finish(&text);
    return status;
}

static enum pl_status write_pages(const struct pl_check *check, const struct request *request) {
    if (request->junit) PL_TRY(write_page(check, "junit", request->junit));
    if (request->markdown) PL_TRY(write_page(check, "md", request->markdown));
    return write_page(check, request->format, NULL);
}

static enum pl_status tell(struct pl_check *check, const struct pl_ledger *evidence,
                           const struct request *request, const struct pl_reference *then,
                           int *exit_status) {
    struct pl_reference now = {0};
    struct pl_drift drift = {0};
    enum pl_status status = check->reference ? find_drift(&drift, then, &now, evidence) : PL_OK;
    if (status == PL_OK) {
        check->commit = then->commit;
        check->drift = check->reference ? &drift : NULL;
        *exit_status = pl_check_exit(check);
        status = write_pages(check, request);
    }
    pl_drift_finish(&drift);
    pl_reference_finish(&now);
    return status;
}

static void warn_of_power(const struct pl_check *check) {
    struct pl_strbuf note;
    pl_strbuf_init(&note);
    pl_check_power_note(check, &note);
    if (note.length) pl_warn("%s", note.text);
    pl_strbuf_finish(&note);
}

static enum pl_status check_study(struct pl_ledger *evidence, struct request *request,
                                  struct pl_arena *arena, int *exit_status) {
    struct pl_check check;
    struct pl_reference then = {0};
    const char *path = reference_path(request, evidence->experiment.name, arena);
    PL_TRY(pl_check_init(&check, &evidence->experiment, (size_t)request->most_seeds));
    check.strict = request->strict;
    check.exact = request->exact;
    check.reference = path;
    if (check.claims.count == 0 && !path)
        pl_warn("%s makes no claims and has no reference; add some under \"claims:\" "
                "(configs/README.md)",
                request->work.path);
    warn_of_power(&check);
    enum pl_status status = path ? pl_reference_read(&then, path) : PL_OK;
    if (status == PL_OK) status = all_looks(&check, evidence, request, arena);
    if (status == PL_OK) status = tell(&check, evidence, request, &then, exit_status);
    pl_reference_finish(&then);
    pl_check_finish(&check);
    return status;
}

static int run(const struct pl_args *args) {
    struct pl_arena arena = {0};
    struct pl_ledger evidence;
    struct request request = {0};
    int exit_status = 0;
    enum pl_status status = read_request(args, &arena, &request);
    if (status == PL_OK)
        status = pl_ledger_plan(&evidence, request.work.path, request.work.overrides,
                                request.work.override_count);
    if (status == PL_OK) {
        status = check_study(&evidence, &request, &arena, &exit_status);
        pl_ledger_finish(&evidence);
    }
    pl_arena_finish(&arena);
    return status == PL_OK ? exit_status : pl_cli_fail(status);
}

const struct pl_command pl_command_check = {
    .name = "check",
    .summary = "Holds a study's results to its claims",
    .usage =
        "STUDY.yaml [key=value ...] [-j N] [--results DIR] [--reference FILE] [--exact]\n"
        "                [--more-seeds MAX] [--strict] [--junit FILE] [--markdown FILE] [--json]",
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
    .examples =
        "  plumbline check configs/ci-rankings.yaml\n"
        "  plumbline check configs/liu-post1.yaml --more-seeds 48 --strict\n"
        "  plumbline check configs/ci-rankings.yaml --junit check.xml --markdown check.md\n",
    .flags = flags,
    .run = run,
};
