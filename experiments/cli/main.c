/* The table of commands. */
#include <stdio.h>
#include <string.h>

#include "core/base/strbuf.h"
#include "core/config/names.h"
#include "core/config/option.h"
#include "experiments/cli/args.h"
#include "experiments/cli/guard.h"
#include "experiments/run/stamp.h"

static const struct pl_command *const commands[] = {
    &pl_command_run,   &pl_command_report, &pl_command_check,    &pl_command_bless,
    &pl_command_list,  &pl_command_show,   &pl_command_selftest, &pl_command_bench,
    &pl_command_diff,  &pl_command_noise,  &pl_command_explain,  &pl_command_fraction,
    &pl_command_prune, &pl_command_worker,
};
enum { COMMANDS = sizeof commands / sizeof commands[0] };

static void print_help(void) {
    printf(
        "plumbline: shows which residual connections hold up, on data whose structure is a dial\n\n"
        "plumbline COMMAND ...\n\nCommands\n");
    for (int k = 0; k < COMMANDS; k++)
        if (!commands[k]->hidden) printf("  %-10s %s\n", commands[k]->name, commands[k]->summary);
    printf("\n  plumbline COMMAND --help   flags and examples of one command\n"
           "  plumbline --version        version and build facts\n"
           "\nExamples\n"
           "  plumbline run configs/quickstart.yaml\n"
           "  plumbline run configs/quickstart.yaml train.lr=1e-3,3e-3 seeds=10 -j 2\n"
           "  plumbline report configs/quickstart.yaml --format md\n"
           "\nExit status: 0 ok, 1 a claim is contradicted, 2 usage or config error, 3 some cell\n"
           "failed, 4 inconclusive (check --strict), 5 not comparable, 6 numbers changed (check\n"
           "--exact), 7 the store or the file system failed, 130 interrupted (what was finished\n"
           "is stored). Where several hold: 130, 2, 7, 5, 3, 6, 1, 4 in that order.\n");
}

static void print_version(void) {
    struct pl_strbuf facts;
    pl_strbuf_init(&facts);
    pl_build_facts(&facts);
    printf("plumbline " PL_VERSION "\n%s", facts.text);
    pl_strbuf_finish(&facts);
}

/* A worker may crash: its pool notices. Any other command that carries plug-ins is guarded. */
static int run_with(const struct pl_command *command, const struct pl_args *args) {
    enum pl_status status = pl_args_load_plugins(args);
    if (status != PL_OK) return pl_cli_fail(status);
    if (args->plugin_count == 0 || command->hidden) return command->run(args);
    return pl_guard_run(command, args);
}

static int run_command(const struct pl_command *command, int argc, char **argv) {
    struct pl_args args;
    int exit_status = 0;
    enum pl_status status = pl_args_parse(&args, command, argc, argv);
    if (status != PL_OK)
        exit_status = pl_cli_fail(status);
    else if (args.help)
        pl_args_print_help(command);
    else
        exit_status = run_with(command, &args);
    pl_args_finish(&args);
    return exit_status;
}

static int unknown_command(const char *name) {
    const char *names[COMMANDS];
    size_t count = 0;
    for (int k = 0; k < COMMANDS; k++)
        if (!commands[k]->hidden) names[count++] = commands[k]->name;
    return pl_cli_fail(pl_names_fail(PL_NAME_LIST(names, count), PL_NO_PLACE, name,
                                     "`plumbline --help` lists them", "there is no command \"%s\"",
                                     name));
}

static int run_line(int argc, char **argv) {
    if (argc < 2) {
        print_help();
        return pl_status_exit(PL_ECONFIG);
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        print_help();
        return 0;
    }
    if (strcmp(argv[1], "--version") == 0) {
        print_version();
        return 0;
    }
    for (int k = 0; k < COMMANDS; k++)
        if (strcmp(argv[1], commands[k]->name) == 0)
            return run_command(commands[k], argc - 2, argv + 2);
    return unknown_command(argv[1]);
}

int main(int argc, char **argv) {
    return pl_cli_end(run_line(argc, argv));
}
