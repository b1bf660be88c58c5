/* selftest: the conformance suites, on this machine. */
#include <stdio.h>
#include <string.h>

#include "experiments/cli/args.h"
#include "experiments/tools/selftest.h"

struct options {
    const char *device;
};

static const struct pl_flag flags[] = {
    PL_FLAG_DEVICE(struct options, device),
    {0},
};

/* One line: whose, what, how many checks, seconds, verdict; then the failures. */
static void print_group(const struct pl_selftest_group *group) {
    printf("%-18s %-38s %6d checks %6.1f s  %s\n", group->whose, group->what, group->checks,
           group->seconds, group->passed ? "ok" : "FAILED");
    if (group->trouble) printf("    %s\n", group->trouble);
    if (!group->trouble && group->checks == 0) printf("    nothing was checked\n");
    for (const char *line = group->failures; *line; line += strcspn(line, "\n") + 1)
        printf("    %.*s\n", (int)strcspn(line, "\n"), line);
    fflush(stdout);
}

static void print_left_out(const char *backend, const char *why) {
    printf("%-18s left out: %s\n", backend, why);
}

static int run(const struct pl_args *args) {
    const struct options *options = args->options;
    struct pl_selftest tests = {.group = print_group, .left_out = print_left_out};
    pl_cli_choose_device(options->device);
    if (args->word_count > 2)
        return pl_cli_fail(pl_fail(PL_ECONFIG,
                                   "selftest takes at most a kind and a name; found \"%s\" too",
                                   args->words[2]));
    enum pl_status status =
        pl_selftest_run(&tests, args->words[0], args->word_count == 2 ? args->words[1] : NULL);
    if (status != PL_OK) return pl_cli_fail(status);
    printf("\n%d groups, %d checks, %d failed\n", tests.groups, tests.checks, tests.failures);
    if (tests.status != PL_OK) return pl_status_exit(tests.status);
    return tests.failures ? 1 : 0;
}

const struct pl_command pl_command_selftest = {
    .name = "selftest",
    .summary = "Checks this program on this machine: operators, backends, variants, tasks",
    .usage = "[task|variant|backend [NAME]]",
    .details =
        "Without arguments everything is checked, which takes half a minute. A new task, variant\n"
        "or backend is checked by what its registry says of it; nothing else needs to be written.\n"
        "\n"
        "  task      shapes, bytes, prefix, disjoint splits, dial, reference points, refusals\n"
        "  variant   gradients, parameter count, agreement of backends, 20 training steps\n"
        "  backend   every operator against ref; training steps; identities between variants\n"
        "\n"
        "Exit status: 0 all is well, 1 a check failed, 2 usage.\n",
    .examples = "  plumbline selftest\n"
                "  plumbline selftest variant attnres_block\n"
                "  plumbline selftest backend cpu\n"
                "  plumbline selftest task\n",
    .flags = flags,
    .options_size = sizeof(struct options),
    .run = run,
};
