#include "experiments/cli/request.h"

#include <string.h>

#include "core/base/log.h"
#include "core/base/processors.h"
#include "experiments/run/nearby.h"

enum pl_status pl_request_read(struct pl_request *out, const struct pl_args *args,
                               const struct pl_request_flags *flags, struct pl_arena *arena) {
    pl_cli_choose_device(flags->device);
    if (args->word_count == 0)
        return pl_fail(PL_ECONFIG, "%s needs a study file, as in plumbline %s ci-rankings",
                       args->command->name, args->command->name);
    *out =
        (struct pl_request){.path = args->words[0],
                            .overrides = PL_ARENA_ARRAY(arena, const char *, args->word_count + 2),
                            .results = flags->results,
                            .jobs = flags->jobs ? (size_t)flags->jobs : pl_processors()};
    for (size_t k = 1; k < args->word_count; k++)
        out->overrides[out->override_count++] = args->words[k];
    if (flags->backend)
        out->overrides[out->override_count++] =
            pl_arena_printf(arena, "backend=%s", flags->backend);
    return PL_OK;
}

enum pl_status pl_request_source(struct pl_ledger_source *out, const char *path,
                                 const char *const *words, size_t count,
                                 const struct pl_source_flags *flags, struct pl_arena *arena) {
    const char **overrides = PL_ARENA_ARRAY(arena, const char *, count + 1);
    *out = (struct pl_ledger_source){path, overrides, 0, flags->results};
    for (size_t k = 0; k < count; k++) overrides[out->override_count++] = words[k];
    if (flags->backend)
        overrides[out->override_count++] = pl_arena_printf(arena, "backend=%s", flags->backend);
    if (out->override_count == 0 || !pl_path_is_database(path)) return PL_OK;
    return pl_fail(PL_ECONFIG,
                   "%s is a database, whose plan is what was run; %s needs the study file in its "
                   "place",
                   path, overrides[0]);
}

/* The overrides that were given, but for those whose keys [words] set. */
static const char *keep_others(const struct pl_ledger_source *source, const char *words,
                               struct pl_arena *arena) {
    const char *kept = "";
    for (size_t k = 0; k < source->override_count; k++) {
        const char *given = source->overrides[k], *at = words;
        size_t key = strcspn(given, "=") + 1;
        if (strncmp(given, "seed=", 5) == 0 || strncmp(given, "seeds=", 6) == 0)
            at = strstr(words, "seed"); /* either word sets both */
        else
            while (at && strncmp(at, given, key) != 0)
                at = strchr(at, ' ') ? strchr(at, ' ') + 1 : NULL;
        if (!at) kept = pl_arena_printf(arena, "%s%s ", kept, given);
    }
    return kept;
}

static enum pl_status say_lacking(const char **out, struct pl_ledger *ledger, const char *command,
                                  const struct pl_ledger_source *source) {
    struct pl_arena *arena = &ledger->experiment.arena;
    struct pl_nearby nearby = {0};
    if (ledger->store) PL_TRY(pl_nearby_find(&nearby, ledger, arena));
    if (nearby.count && nearby.words)
        *out = pl_arena_printf(
            arena,
            "none of the cells that are asked for is finished; %s has %zu others, by `plumbline %s "
            "%s %s%s`",
            ledger->store, nearby.count, command, source->path,
            keep_others(source, nearby.words, arena), nearby.words);
    else if (nearby.count)
        *out = pl_arena_printf(arena,
                               "none of the cells that are asked for is finished; %s has %zu "
                               "others, of which the nearest differ in %s",
                               ledger->store, nearby.count, nearby.keys);
    else
        *out = pl_arena_printf(arena, "nothing of %s has run yet; `plumbline run %s` starts it",
                               ledger->experiment.name, source->path);
    return PL_OK;
}

enum pl_status pl_request_load(struct pl_ledger *out, const struct pl_args *args,
                               const struct pl_source_flags *flags, bool diagnostics,
                               const char **lacking) {
    struct pl_arena arena = {0};
    struct pl_ledger_source source;
    bool found = false;
    *lacking = NULL;
    *out = (struct pl_ledger){0};
    if (args->word_count == 0)
        return pl_fail(PL_ECONFIG, "%s needs a study file or a database", args->command->name);
    enum pl_status status = pl_request_source(&source, args->words[0], args->words + 1,
                                              args->word_count - 1, flags, &arena);
    if (status == PL_OK) status = pl_ledger_load(out, &source, PL_LEDGER_NEWEST, diagnostics);
    for (size_t k = 0; status == PL_OK && k < out->cells.count && !found; k++)
        found = out->results[k].outcome != PL_PENDING;
    if (status == PL_OK && !found) {
        status = say_lacking(lacking, out, args->command->name, &source);
        if (status != PL_OK) pl_ledger_finish(out);
    }
    pl_arena_finish(&arena);
    return status;
}

enum pl_status pl_request_tell_others(const struct pl_ledger *ledger, const struct pl_work *work,
                                      struct pl_arena *arena) {
    struct pl_nearby nearby = {0};
    if (work->finished || work->elsewhere || !ledger->store) return PL_OK;
    PL_TRY(pl_nearby_find(&nearby, ledger, arena));
    if (nearby.count)
        pl_info("%s has %zu finished cells that these are not: the nearest differ in %s",
                ledger->store, nearby.count, nearby.keys);
    return PL_OK;
}
