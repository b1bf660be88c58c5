#include "experiments/cli/request.h"

#include "core/base/processors.h"

enum pl_status pl_request_read(struct pl_request *out, const struct pl_args *args,
                               const struct pl_request_flags *flags, struct pl_arena *arena) {
    pl_cli_choose_device(flags->device);
    if (args->word_count == 0)
        return pl_fail(PL_ECONFIG,
                       "%s needs a study file, as in plumbline %s configs/ci-rankings.yaml",
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

struct pl_ledger_source pl_request_source(const struct pl_args *args, const char *results) {
    return (struct pl_ledger_source){.path = args->words[0],
                                     .overrides = args->words + 1,
                                     .override_count = args->word_count - 1,
                                     .results = results};
}
