/* The table of commands. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/interrupt.h"
#include "core/base/strbuf.h"
#include "core/base/terminal.h"
#include "core/config/names.h"
#include "experiments/cli/args.h"
#include "experiments/cli/guard.h"
#include "experiments/report/columns.h"
#include "experiments/run/stamp.h"

const struct pl_command *const pl_commands[] = {
    &pl_command_run,
    &pl_command_report,
    &pl_command_check,
    &pl_command_bless,
    &pl_command_list,
    &pl_command_show,
    &pl_command_selftest,
    &pl_command_bench,
    &pl_command_diff,
    &pl_command_noise,
    &pl_command_explain,
    &pl_command_fraction,
    &pl_command_prune,
    &pl_command_merge,
    &pl_command_status,
    &pl_command_submit,
    &pl_command_worker,
    &pl_command_manual,
    NULL,
};
enum { COMMANDS = sizeof pl_commands / sizeof pl_commands[0] - 1 };

/* A worker is ended by its pool, and signals have their usual meaning for it.
 * A worker may crash: its pool notices. Any other command that carries plug-ins is guarded. */
static int run_with(const struct pl_command *command, const struct pl_args *args) {
    if (!command->hidden) pl_interrupt_catch();
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
        pl_help_print(command);
    else
        exit_status = run_with(command, &args);
    pl_args_finish(&args);
    return exit_status;
}

/* The command of that name, or NULL with the sentence. */
static const struct pl_command *find_command(const char *name) {
    const char *names[COMMANDS];
    size_t count = 0;
    for (int k = 0; k < COMMANDS; k++) {
        if (strcmp(name, pl_commands[k]->name) == 0) return pl_commands[k];
        if (!pl_commands[k]->hidden) names[count++] = pl_commands[k]->name;
    }
    (void)pl_names_fail(PL_NAME_LIST(names, count), PL_NO_PLACE, name,
                        "`plumbline --help` lists them", "there is no command \"%s\"", name);
    return NULL;
}

/* "help", "help COMMAND": [words] are what follows. */
static int run_help(int count, char **words) {
    if (count == 0) {
        pl_help_print_all();
        return 0;
    }
    if (count > 1)
        return pl_cli_fail(pl_fail(PL_ECONFIG,
                                   "help shows one command at a time; found \"%s\" after %s",
                                   words[1], words[0]));
    const struct pl_command *command = find_command(words[0]);
    if (!command) return pl_cli_fail(PL_ECONFIG);
    pl_help_print(command);
    return 0;
}

static int run_line(int argc, char **argv) {
    if (argc < 2) {
        pl_help_print_all();
        return pl_status_exit(PL_ECONFIG);
    }
    if (strcmp(argv[1], "help") == 0) return run_help(argc - 2, argv + 2);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) return run_help(0, NULL);
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
        struct pl_strbuf facts;
        pl_strbuf_init(&facts);
        pl_build_facts(&facts);
        printf("plumbline " PL_VERSION "\n%s", facts.text);
        pl_strbuf_finish(&facts);

        return 0;
    }
    pl_columns_fit(pl_terminal_width(STDOUT_FILENO));
    const struct pl_command *command = find_command(argv[1]);
    return command ? run_command(command, argc - 2, argv + 2) : pl_cli_fail(PL_ECONFIG);
}

int main(int argc, char **argv) {
    /* A program that is started without stdout (">&-") would get its number for the next file it opens, a
     * database say, and print there. A file opened the wrong way round takes the place: using it fails. */
    for (int number = 0; number < 3; number++)
        if (fcntl(number, F_GETFD) < 0 && errno == EBADF)
            (void)!open("/dev/null", number == 0 ? O_WRONLY : O_RDONLY);

    return pl_cli_end(run_line(argc, argv));
}
