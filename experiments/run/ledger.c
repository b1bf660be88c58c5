/* What is known of a study. A plan comes from a study file (pl_ledger_plan) or, by what was registered, from
 * the database (pl_ledger_plan_from); then results are read into it.
 *
 * Every fact of the study that is kept in the database is a row of [facts], by which it is written and read.
 * results[k], stamps[k] and present[k] belong to cells.items[k]. Stamps of here and now are made once, at the
 * first reading.
 */
#include "experiments/run/ledger.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"
#include "experiments/run/stamp.h"
#include "experiments/study/expand.h"
#include "experiments/study/registration.h"

static void make_results(struct pl_ledger *ledger) {
    ledger->results = pl_alloc_zero(ledger->cells.count, sizeof *ledger->results);
    ledger->stamps = pl_alloc_zero(ledger->cells.count, sizeof *ledger->stamps);
    ledger->present = pl_alloc_zero(ledger->cells.count, sizeof *ledger->present);
}

enum pl_status pl_ledger_plan(struct pl_ledger *out, const char *path, const char *const *overrides,
                              size_t override_count) {
    memset(out, 0, sizeof *out);
    PL_TRY(pl_experiment_load(&out->experiment, path, overrides, override_count));
    enum pl_status status = pl_experiment_expand(&out->cells, &out->experiment);
    if (status != PL_OK) {
        pl_experiment_finish(&out->experiment);
        memset(out, 0, sizeof *out);
        return status;
    }
    make_results(out);

    struct pl_registration registration;
    pl_registration_make(&registration, &out->experiment, &out->cells);
    strcpy(out->history.digest, registration.digest);
    pl_registration_finish(&registration);

    return PL_OK;
}

/* ---- a plan from a database: entries, axes and seeds in the order in which its cells name them ---- */

static void note_entry(struct pl_experiment *experiment, const struct pl_cell *cell) {
    for (size_t k = 0; k < experiment->entry_count; k++)
        if (strcmp(experiment->entries[k].label, cell->label) == 0) return;
    experiment->entries[experiment->entry_count++] =
        (struct pl_entry){.variant = cell->variant, .label = cell->label};
}

/* As long as seeds rise, a greater one is new. */
static void note_seed(struct pl_experiment *experiment, uint64_t seed, bool *rises) {
    size_t count = experiment->seed_count;
    bool rising = count > 0 && seed > experiment->seeds[count - 1] && *rises;
    if (count > 0 && seed == experiment->seeds[count - 1]) return;
    for (size_t k = 0; k < count && !rising; k++)
        if (experiment->seeds[k] == seed) return;
    *rises = count == 0 || rising;
    experiment->seeds[experiment->seed_count++] = seed;
}

static void note_value(struct pl_axis *axis, const char *value) {
    for (size_t k = 0; k < axis->count; k++)
        if (strcmp(axis->values[k], value) == 0) return;
    axis->values[axis->count++] = value;
}

static void rebuild_experiment(struct pl_experiment *experiment, const struct pl_store_plan *plan) {
    struct pl_arena *arena = &experiment->arena;
    size_t count = plan->cells.count;
    bool rises = true;
    experiment->entries = PL_ARENA_ARRAY(arena, struct pl_entry, count);
    experiment->seeds = PL_ARENA_ARRAY(arena, uint64_t, count);
    experiment->axes = PL_ARENA_ARRAY(arena, struct pl_axis, plan->axis_count + 1);
    experiment->axis_count = plan->axis_count;
    for (size_t a = 0; a < plan->axis_count; a++) {
        experiment->axes[a].key = pl_arena_strdup(arena, plan->axes[a]);
        experiment->axes[a].values = PL_ARENA_ARRAY(arena, const char *, count);
    }
    for (size_t k = 0; k < count; k++) {
        const struct pl_cell *cell = &plan->cells.items[k];
        note_entry(experiment, cell);
        note_seed(experiment, cell->seed, &rises);
        for (size_t a = 0; a < plan->axis_count; a++)
            note_value(&experiment->axes[a], cell->axis_values[a]);
    }
}

/* ---- facts of the study in the table meta, each named once ---- */

/* Texts of struct pl_experiment. An absent one is NULL, or "" where a report prints it. */
static const struct fact {
    const char *name;
    size_t offset;
    bool may_lack; /* stored as "" and read as NULL */
} facts[] = {
#define FACT(name, member, may_lack)                                                               \
    { name, offsetof(struct pl_experiment, member), may_lack }
    FACT("study", name, false),          FACT("question", question, false),
    FACT("baseline", baseline, false),   FACT("path", path, false),
    FACT("source", source, false),       FACT("commanded", commanded, false),
    FACT("metric", metric, true),        FACT("select_over", select.over, true),
    FACT("select_by", select.by, false), FACT("budget", budget, true),
#undef FACT
};
enum { FACTS = sizeof facts / sizeof facts[0] };

static const char **fact_of(const struct pl_experiment *experiment, const struct fact *fact) {
    return (const char **)((char *)(uintptr_t)experiment + fact->offset);
}

static enum pl_status read_facts(struct pl_experiment *experiment, struct pl_store *store) {
    struct pl_arena *arena = &experiment->arena;
    const char *match, *hours;
    for (int k = 0; k < FACTS; k++) {
        const char **text = fact_of(experiment, &facts[k]);
        PL_TRY(pl_store_meta_get(store, facts[k].name, arena, text));
        if (facts[k].may_lack && *text && !**text) *text = NULL;
    }
    if (!experiment->name || !experiment->baseline)
        return pl_fail(PL_ESTORE, "%s holds no study yet; run one first", pl_store_path(store));
    if (!experiment->question) experiment->question = "";
    PL_TRY(pl_store_meta_get(store, "hours", arena, &hours));
    PL_TRY(pl_store_meta_get(store, "match", arena, &match));
    experiment->hours = hours ? strtod(hours, NULL) : 0;
    experiment->match_params = match && strcmp(match, "params") == 0;
    return PL_OK;
}

static enum pl_status write_facts(struct pl_store *store, const struct pl_experiment *experiment) {
    char hours[40];
    snprintf(hours, sizeof hours, "%.17g", experiment->hours);
    for (int k = 0; k < FACTS; k++) {
        const char *text = *fact_of(experiment, &facts[k]);
        PL_TRY(pl_store_meta_set(store, facts[k].name, text ? text : ""));
    }
    PL_TRY(pl_store_meta_set(store, "hours", hours));
    return pl_store_meta_set(store, "match", experiment->match_params ? "params" : "none");
}

/* One transaction: a process that is killed leaves the facts of the former plan with that plan. */
enum pl_status pl_ledger_register(const struct pl_ledger *ledger, struct pl_store *store) {
    const struct pl_experiment *experiment = &ledger->experiment;
    const char *doing = "storing the plan";
    struct pl_registration registration;
    PL_TRY(pl_store_begin(store, doing));
    pl_registration_make(&registration, experiment, &ledger->cells);
    enum pl_status status = write_facts(store, experiment);
    if (status == PL_OK) status = pl_store_note_plan(store, &registration, &ledger->cells);
    if (status == PL_OK)
        status = pl_store_register(store, &ledger->cells, experiment->axes, experiment->axis_count);
    pl_registration_finish(&registration);
    return pl_store_end(store, status, doing);
}

enum pl_status pl_ledger_plan_from(struct pl_ledger *out, struct pl_store *store) {
    struct pl_store_plan plan;
    memset(out, 0, sizeof *out);
    enum pl_status status = read_facts(&out->experiment, store);
    if (status == PL_OK) status = pl_store_plan(store, &plan);
    if (status != PL_OK) {
        pl_experiment_finish(&out->experiment);
        memset(out, 0, sizeof *out);
        return status;
    }
    out->from_store = true;
    rebuild_experiment(&out->experiment, &plan);
    pl_cells_locate(&plan.cells, &out->experiment);
    out->cells = plan.cells; /* with its arena, which owns all strings of the plan */
    make_results(out);
    return PL_OK;
}

/* ---- results ---- */

static enum pl_status read_bound(struct pl_bound *out, const struct pl_cell *cell) {
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    pl_cell_add_text(cell, &text);
    enum pl_status status = pl_bound_read(out, text.text);
    pl_strbuf_finish(&text);
    return status;
}

void pl_ledger_stamp(const struct pl_cell *cell, char out[PL_HASH_TEXT]) {
    struct pl_bound bound;
    struct pl_stamp stamp;
    strcpy(out, "unknown");
    if (read_bound(&bound, cell) != PL_OK) return;
    pl_stamp_make(&stamp, &bound);
    strcpy(out, stamp.hash);
    pl_stamp_finish(&stamp);
    pl_bound_finish(&bound);
}

enum pl_status pl_ledger_provenance(const struct pl_cell *cell, struct pl_json **out) {
    struct pl_bound bound;
    struct pl_stamp stamp;
    *out = NULL;
    PL_TRY(read_bound(&bound, cell));
    pl_stamp_make(&stamp, &bound);
    *out = pl_provenance(&bound, &stamp);
    pl_stamp_finish(&stamp);
    pl_bound_finish(&bound);
    return PL_OK;
}

const struct pl_cell *pl_ledger_machine(const struct pl_ledger *ledger) {
    for (size_t k = 0; k < ledger->cells.count; k++) {
        const char *provenance = ledger->results[k].provenance;
        if (provenance && *provenance && !pl_provenance_portable(provenance))
            return &ledger->cells.items[k];
    }
    return &ledger->cells.items[0];
}

/* ---- stamps of many cells ---- */

/* To make a stamp is to build a network, so cells that have the same one share it: those of equal settings
 * but for what leaves the stamp as it is (sorted by the key that is left), and before that those that share
 * one text, the last few hundred of which are remembered. */
enum { LATELY = 512 };
struct stamps {
    struct known {
        char key[PL_HASH_TEXT], stamp[PL_HASH_TEXT];
    } * items;
    size_t count, capacity;
    struct {
        const char *settings;
        char stamp[PL_HASH_TEXT];
    } lately[LATELY];
};

/* The hash of a cell's settings without those that leave its stamp as it is (stamp.h). */
static void make_key(char out[PL_HASH_TEXT], const char *text) {
    static const char *const rest[] = {
        "seed ",        "task.structure ",     "task.mix ",          "task.samples ",
        "train.lr ",    "task.valid_samples ", "task.test_samples ", "train.steps ",
        "train.batch ",
    };
    struct pl_strbuf kept;
    pl_strbuf_init(&kept);
    while (*text) {
        size_t length = strcspn(text, "\n"), k = 0;
        length += text[length] == '\n';
        while (k < sizeof rest / sizeof rest[0] && strncmp(text, rest[k], strlen(rest[k])) != 0)
            k++;
        if (k == sizeof rest / sizeof rest[0]) pl_strbuf_add_bytes(&kept, text, length);
        text += length;
    }
    pl_hash_text(out, kept.text);
    pl_strbuf_finish(&kept);
}

static void find_stamp(struct stamps *stamps, const struct pl_cell *cell, char out[PL_HASH_TEXT]) {
    struct known new;
    size_t low = 0, high = stamps->count;
    make_key(new.key, cell->settings);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(stamps->items[middle].key, new.key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == stamps->count || strcmp(stamps->items[low].key, new.key) != 0) {
        pl_ledger_stamp(cell, new.stamp);
        PL_VEC_PUSH(stamps, new);
        memmove(&stamps->items[low + 1], &stamps->items[low],
                (stamps->count - 1 - low) * sizeof new);
        stamps->items[low] = new;
    }
    strcpy(out, stamps->items[low].stamp);
}

void pl_ledger_stamps(const struct pl_cells *cells, char (*out)[PL_HASH_TEXT]) {
    struct stamps *stamps = pl_alloc_zero(1, sizeof *stamps);
    for (size_t k = 0; k < cells->count; k++) {
        const struct pl_cell *cell = &cells->items[k];
        size_t slot = (cell->point * 31 + cell->entry) % LATELY;
        if (stamps->lately[slot].settings != cell->settings) {
            find_stamp(stamps, cell, stamps->lately[slot].stamp);
            stamps->lately[slot].settings = cell->settings;
        }
        strcpy(out[k], stamps->lately[slot].stamp);
    }
    PL_VEC_FINISH(stamps);
    pl_free(stamps);
}

/* ---- results of cells ---- */

/* "1234abcd, ...": the first of [count] cells. */
static const char *some(const struct pl_ledger *ledger, size_t first, size_t count, char out[24]) {
    snprintf(out, 24, "%.8s%s", ledger->cells.items[first].id, count == 1 ? "" : ", ...");
    return out;
}

enum pl_status pl_ledger_read(struct pl_ledger *ledger, struct pl_store *store,
                              enum pl_ledger_rule rule) {
    size_t damaged = 0, inside = 0, first = 0, first_inside = 0;
    char cells[24];
    ledger->older = 0;
    pl_free(ledger->store);
    ledger->store = pl_strdup(pl_store_path(store));
    PL_TRY(pl_history_read(&ledger->history, store));
    if (ledger->cells.count > 0 && !*ledger->present[0])
        pl_ledger_stamps(&ledger->cells, ledger->present);
    for (size_t k = 0; k < ledger->cells.count; k++) pl_result_finish(&ledger->results[k]);
    pl_arena_finish(&ledger->arena);
    const struct pl_store_scan scan = {.cells = &ledger->cells,
                                       .present = ledger->present,
                                       .newest = rule == PL_LEDGER_NEWEST,
                                       .stamps = ledger->stamps,
                                       .results = ledger->results,
                                       .arena = &ledger->arena};
    PL_TRY(pl_store_read(store, &scan));
    for (size_t k = 0; k < ledger->cells.count; k++) {
        const struct pl_result *result = &ledger->results[k];
        ledger->older += strcmp(ledger->stamps[k], ledger->present[k]) != 0;
        if (result->damaged && damaged++ == 0) first = k;
        if (result->damaged_inside && inside++ == 0) first_inside = k;
    }
    if (damaged > ledger->damaged)
        pl_warn(
            "%s: the numbers of %zu cell%s (%s) are not the ones that were stored (a bad disk, "
            "a copy without its log, a change by hand); what is concerned counts as pending and "
            "is computed again by run",
            ledger->store, damaged, damaged == 1 ? "" : "s", some(ledger, first, damaged, cells));
    if (inside > ledger->damaged_inside)
        pl_warn(
            "%s: the diagnostics of %zu cell%s (%s) are not the ones that were stored; they are "
            "left out, and measured again by a run that asks for them",
            ledger->store, inside, inside == 1 ? "" : "s",
            some(ledger, first_inside, inside, cells));
    ledger->damaged = damaged;
    ledger->damaged_inside = inside;
    return PL_OK;
}

enum pl_status pl_ledger_lacks(const struct pl_ledger *ledger, size_t index, bool *lacks) {
    const struct pl_probe_options *wanted = &ledger->experiment.diagnostics;
    const struct pl_result *result = &ledger->results[index];
    struct pl_probe_options have;
    *lacks = false;
    if (!pl_probe_wanted(wanted)) return PL_OK;
    PL_TRY(pl_probe_read(&have, result->diagnosed ? result->diagnosed : ""));
    if (pl_probe_covers(&have, wanted)) return PL_OK;
    *lacks = strcmp(ledger->present[index], ledger->stamps[index]) == 0;
    return PL_OK;
}

enum pl_status pl_ledger_diagnostics(struct pl_ledger *ledger, struct pl_store *store) {
    for (size_t k = 0; k < ledger->cells.count; k++) {
        struct pl_result *result = &ledger->results[k];
        if (!result->diagnosed || !*result->diagnosed) continue;
        PL_TRY(pl_store_diagnostics(store, ledger->cells.items[k].id, ledger->stamps[k], result));
    }
    return PL_OK;
}

/* ---- all of it ---- */

enum pl_status pl_ledger_load(struct pl_ledger *out, const struct pl_ledger_source *source,
                              enum pl_ledger_rule rule, bool diagnostics) {
    struct pl_store *store = NULL;
    enum pl_status status;
    *out = (struct pl_ledger){0};
    if (pl_path_is_database(source->path)) {
        PL_TRY(pl_store_open_file(&store, source->path));
        status = pl_ledger_plan_from(out, store);
    } else {
        PL_TRY(pl_ledger_plan(out, source->path, source->overrides, source->override_count));
        if (!pl_store_exists(source->results, out->experiment.name)) return PL_OK;
        status = pl_store_open(&store, source->results, out->experiment.name, PL_STORE_READ);
        if (status != PL_OK) pl_ledger_finish(out);
    }
    if (status == PL_OK) {
        status = pl_ledger_read(out, store, rule);
        if (status == PL_OK && diagnostics) status = pl_ledger_diagnostics(out, store);
        if (status != PL_OK) pl_ledger_finish(out);
    }
    pl_store_close(store);
    return status;
}

void pl_ledger_finish(struct pl_ledger *ledger) {
    for (size_t k = 0; ledger->results && k < ledger->cells.count; k++)
        pl_result_finish(&ledger->results[k]);
    pl_arena_finish(&ledger->arena);
    pl_free(ledger->results);
    pl_free(ledger->stamps);
    pl_free(ledger->present);
    pl_free(ledger->store);
    pl_free(ledger->missing);
    pl_history_finish(&ledger->history);
    pl_cells_finish(&ledger->cells);
    pl_experiment_finish(&ledger->experiment);
    memset(ledger, 0, sizeof *ledger);
}
