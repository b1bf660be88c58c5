/* Any bytes in the place of what a user or another machine hands in give a value or a sentence. FUZZ_KIND
 * says in which place:
 *
 *     study       the text of a study, and its cells
 *     overrides   words of a command line, a line each, over a small study
 *     reference   what check compares with, read and written again
 *     database    a study's own, from which reports are made
 *     shard       one that merge takes into the database of a small study
 *
 * Files are made in a folder of the process in /dev/shm or /tmp, which is removed at the end. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/alloc.h"
#include "core/base/log.h"
#include "experiments/check/reference.h"
#include "experiments/evidence/balance.h"
#include "experiments/report/report.h"
#include "experiments/run/shards.h"
#include "experiments/study/expand.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char small[] =
    "study: fuzz\n"
    "model:    {width: 4, hidden: 4, depth: 1}\n"
    "task:     {name: linear_mix, dim: 4, samples: 4, valid_samples: 4, test_samples: 4}\n"
    "train:    {steps: 1, eval_points: 1}\n"
    "variants: [standard, rescaled]\n"
    "seeds: 2\n";

static char folder[64], file[96], study[96], database[96];

/* A refusal has a sentence. (It may quote bytes of the file, which are made fit for where they are printed.) */
static void check_refusal(enum pl_status status) {
    PL_ASSERT(status == PL_OK || *pl_message());
}

static void put_file(const char *path, const void *bytes, size_t size) {
    FILE *out = fopen(path, "wb");
    PL_ASSERT(out && fwrite(bytes, 1, size, out) == size && fclose(out) == 0);
}

/* ---- studies ---- */

static void feed_study(const char *text, size_t size, const char *const *words, size_t count) {
    struct pl_experiment experiment;
    struct pl_cells cells;
    enum pl_status status =
        pl_experiment_load_text(&experiment, "fuzz.yaml", text, size, words, count);
    check_refusal(status);
    if (status != PL_OK) return;
    double points = (double)pl_experiment_points(&experiment) * (double)experiment.entry_count;
    if (points * (double)experiment.seed_count < 1000) {
        status = pl_experiment_expand(&cells, &experiment);
        check_refusal(status);
        if (status == PL_OK) pl_cells_finish(&cells);
    }
    pl_experiment_finish(&experiment);
}

static void feed_as_study(const uint8_t *data, size_t size) {
    feed_study((const char *)data, size, NULL, 0);
}

static void feed_as_overrides(const uint8_t *data, size_t size) {
    char *text = pl_alloc(size + 1), *rest = text;
    const char *words[16];
    size_t count = 0;
    memcpy(text, data, size);
    text[size] = '\0';
    for (char *line; count < 16 && (line = strsep(&rest, "\n"));)
        if (*line) words[count++] = line;
    feed_study(small, sizeof small - 1, words, count);
    pl_free(text);
}

/* ---- references ---- */

static void feed_as_reference(const uint8_t *data, size_t size) {
    struct pl_reference reference, again;
    struct pl_strbuf text, second;
    put_file(file, data, size);
    enum pl_status status = pl_reference_read(&reference, file);
    check_refusal(status);
    if (status != PL_OK) return;
    struct pl_json *provenance = pl_json_object();
    pl_strbuf_init(&text);
    pl_strbuf_init(&second);
    pl_reference_write(&reference, "plan", "program", provenance, &text);
    put_file(file, text.text, text.length);
    if (pl_reference_read(&again, file) ==
        PL_OK) { /* what is written once is written the same twice */
        pl_reference_write(&again, "plan", "program", provenance, &second);
        PL_ASSERT(strcmp(text.text, second.text) == 0);
        pl_reference_finish(&again);
    }
    pl_strbuf_finish(&second);
    pl_strbuf_finish(&text);
    pl_json_destroy(provenance);
    pl_reference_finish(&reference);
}

/* ---- databases ---- */

static void report(const struct pl_ledger *ledger) {
    struct pl_analysis analysis;
    enum pl_status status = pl_analysis_run(&analysis, &ledger->experiment, &ledger->cells,
                                            ledger->results, ledger->experiment.metric);
    check_refusal(status);
    if (status != PL_OK) return;
    struct pl_report_input input = {.analysis = &analysis, .history = &ledger->history};
    for (const struct pl_report_format *row = pl_report_formats; row->name; row++) {
        struct pl_strbuf text;
        if (strcmp(row->name, "html") == 0 || strcmp(row->name, "md") == 0)
            continue; /* as text, and they may start gnuplot */
        pl_strbuf_init(&text);
        row->write(&input, &text);
        pl_strbuf_finish(&text);
    }
    pl_analysis_finish(&analysis);
}

static void feed_as_database(const uint8_t *data, size_t size) {
    struct pl_ledger ledger;
    const struct pl_ledger_source source = {.path = file, .results = folder};
    put_file(file, data, size);
    enum pl_status status = pl_ledger_load(&ledger, &source, PL_LEDGER_NEWEST, true);
    check_refusal(status);
    if (status == PL_OK && ledger.cells.count < 1000) {
        pl_balance(&ledger);
        report(&ledger);
    }
    pl_ledger_finish(&ledger);
}

static void feed_as_shard(const uint8_t *data, size_t size) {
    const char *paths[] = {file};
    const struct pl_shards_files files = {paths, 1};
    struct pl_shards_merged merged = {0};
    struct pl_ledger ledger;
    struct pl_store *store;
    put_file(study, small, sizeof small - 1);
    put_file(file, data, size);
    unlink(database);
    PL_ASSERT(pl_ledger_plan(&ledger, study, NULL, 0) == PL_OK);
    PL_ASSERT(pl_store_open(&store, folder, "fuzz", PL_STORE_WRITE) == PL_OK);
    PL_ASSERT(pl_ledger_register(&ledger, store) == PL_OK);
    check_refusal(pl_shards_merge(store, &files, &merged));
    pl_store_close(store);
    pl_ledger_finish(&ledger);
}

/* ---- the rest ---- */

static const struct {
    const char *name;
    void (*feed)(const uint8_t *data, size_t size);
} kinds[] = {
    {"study", feed_as_study},         {"overrides", feed_as_overrides},
    {"reference", feed_as_reference}, {"database", feed_as_database},
    {"shard", feed_as_shard},
};

static void remove_folder(void) {
    const char *const endings[] = {"", "-wal", "-shm", "-journal"};
    char path[128];
    for (size_t k = 0; k < sizeof endings / sizeof endings[0]; k++) {
        snprintf(path, sizeof path, "%s%s", file, endings[k]);
        unlink(path);
        snprintf(path, sizeof path, "%s%s", database, endings[k]);
        unlink(path);
    }
    unlink(study);
    snprintf(path, sizeof path, "%s/fuzz", folder);
    rmdir(path);
    rmdir(folder);
}

static void make_folder(void) {
    snprintf(folder, sizeof folder, "%s/plumbline-fuzz-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    PL_ASSERT(mkdtemp(folder));
    snprintf(file, sizeof file, "%s/x.db", folder);
    snprintf(study, sizeof study, "%s/fuzz.yaml", folder);
    snprintf(database, sizeof database, "%s/fuzz/cells.db", folder);
    atexit(remove_folder);
    pl_log_set_level(getenv("FUZZ_SAY") ? PL_LOG_DEBUG : PL_LOG_ERROR);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static size_t chosen;
    if (!*folder) {
        const char *kind = getenv("FUZZ_KIND");
        PL_ASSERT(kind);
        while (strcmp(kinds[chosen].name, kind) != 0)
            PL_ASSERT(++chosen < sizeof kinds / sizeof kinds[0]);
        make_folder();
    }
    kinds[chosen].feed(data, size);
    return 0;
}
