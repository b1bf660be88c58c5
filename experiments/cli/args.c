#include "experiments/cli/args.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/alloc.h"
#include "core/base/arena.h"
#include "core/base/file.h"
#include "core/base/log.h"
#include "core/config/names.h"
#include "core/config/option.h"
#include "tasks/plugin.h"

static const struct pl_flag common[] = {
    {"help", 'h', NULL, "this page"},
    {"quiet", 'q', NULL, "only errors on stderr"},
    {"verbose", 'v', NULL, "more conversation on stderr"},
    {"plugin", 0, "FILE.so",
     "load tasks from a shared object (docs/add-a-task.md); may be repeated"},
    {0},
};

static int row_of(const struct pl_flag *flags, const char *name, size_t length) {
    for (int k = 0; flags && flags[k].name; k++)
        if (strlen(flags[k].name) == length && strncmp(flags[k].name, name, length) == 0) return k;
    return -1;
}

static int row_of_letter(const struct pl_flag *flags, char letter) {
    for (int k = 0; flags && flags[k].name; k++)
        if (flags[k].letter == letter) return k;
    return -1;
}

static enum pl_status unknown(const struct pl_command *command, const char *text) {
    char dashed[2 * PL_MOST_FLAGS][32], offer[80];
    const char *names[2 * PL_MOST_FLAGS];
    size_t count = 0;
    for (int k = 0; command->flags && command->flags[k].name; k++)
        snprintf(dashed[count++], sizeof *dashed, "--%s", command->flags[k].name);
    for (int k = 0; common[k].name; k++)
        snprintf(dashed[count++], sizeof *dashed, "--%s", common[k].name);
    for (size_t k = 0; k < count; k++) names[k] = dashed[k];
    snprintf(offer, sizeof offer, "`plumbline %s --help` lists them", command->name);
    return pl_names_fail(PL_NAME_LIST(names, count), PL_NO_PLACE, text, offer, "%s has no flag %s",
                         command->name, text);
}

static void use_common(struct pl_args *args, int row, const char *value) {
    if (row == 0) args->help = true;
    if (row == 1) pl_log_set_level(PL_LOG_ERROR);
    if (row == 2) pl_log_set_level(PL_LOG_DEBUG);
    if (row == 3) args->plugins[args->plugin_count++] = value;
}

/* One flag at argv[*at]; moves *at past a value of its own. */
static enum pl_status take_flag(struct pl_args *args, const struct pl_command *command, int argc,
                                char **argv, int *at) {
    const char *text = argv[*at], *value = NULL;
    bool is_long = text[1] == '-';
    size_t length = is_long ? strcspn(text + 2, "=") : 1;
    int row =
        is_long ? row_of(command->flags, text + 2, length) : row_of_letter(command->flags, text[1]);
    int shared = is_long ? row_of(common, text + 2, length) : row_of_letter(common, text[1]);
    if (row < 0 && shared < 0) return unknown(command, text);
    if (is_long && text[2 + length] == '=') value = text + 3 + length;
    if (!is_long && text[2]) value = text + 2;
    const struct pl_flag *flag = row < 0 ? &common[shared] : &command->flags[row];
    bool is_switch = !flag->value;
    if (is_switch && value)
        return pl_fail(PL_ECONFIG, "%s takes no value; found \"%s\"", text, value);
    if (!is_switch && !value && ++*at < argc) value = argv[*at];
    if (!is_switch && !value) return pl_fail(PL_ECONFIG, "%s needs a value: %s", text, flag->value);
    if (row < 0) use_common(args, shared, value);
    if (row >= 0) args->flags[row] = is_switch ? "" : value;
    return PL_OK;
}

enum pl_status pl_args_parse(struct pl_args *out, const struct pl_command *command, int argc,
                             char **argv) {
    bool flags_end = false;
    *out = (struct pl_args){.words = pl_alloc_zero((size_t)argc + 1, sizeof *out->words),
                            .plugins = pl_alloc_zero((size_t)argc + 1, sizeof *out->plugins)};
    for (int k = 0; k < argc; k++) {
        if (!flags_end && strcmp(argv[k], "--") == 0)
            flags_end = true;
        else if (!flags_end && argv[k][0] == '-' && argv[k][1])
            PL_TRY(take_flag(out, command, argc, argv, &k));
        else
            out->words[out->word_count++] = argv[k];
    }
    return PL_OK;
}

void pl_args_finish(struct pl_args *args) {
    pl_free(args->words);
    pl_free(args->plugins);
    args->words = args->plugins = NULL;
}

/* ---- plug-ins ---- */

enum pl_status pl_args_load_plugins(const struct pl_args *args) {
    for (size_t k = 0; k < args->plugin_count; k++) PL_TRY(pl_plugin_load(args->plugins[k]));
    return PL_OK;
}

const char *pl_args_get(const struct pl_args *args, const struct pl_command *command,
                        const char *name) {
    int row = row_of(command->flags, name, strlen(name));
    PL_ASSERT(row >= 0);
    return args->flags[row];
}

static void print_flags(const struct pl_flag *flags) {
    for (int k = 0; flags && flags[k].name; k++) {
        char left[64];
        snprintf(left, sizeof left, "--%s%s%s", flags[k].name, flags[k].value ? " " : "",
                 flags[k].value ? flags[k].value : "");
        if (flags[k].letter)
            printf("  -%c, %-26s %s\n", flags[k].letter, left, flags[k].help);
        else
            printf("      %-26s %s\n", left, flags[k].help);
    }
}

void pl_args_print_help(const struct pl_command *command) {
    printf("plumbline %s %s\n\n%s.\n", command->name, command->usage, command->summary);
    if (command->details) printf("\n%s", command->details);
    printf("\nFlags\n");
    print_flags(command->flags);
    print_flags(common);
    if (command->examples) printf("\nExamples\n%s", command->examples);
}

int pl_cli_fail(enum pl_status status) {
    pl_error("%s", pl_message());
    return pl_status_exit(status);
}

enum pl_status pl_cli_write(const char *path, const char *text) {
    if (path) return pl_file_write(path, text, strlen(text));
    if (fputs(text, stdout) != EOF && fflush(stdout) == 0) return PL_OK;
    return pl_fail(PL_ESTORE, "writing to stdout failed: %s", strerror(errno));
}

int pl_cli_end(int exit_status) {
    const int worse[] = {pl_status_exit(PL_EINTERRUPT), pl_status_exit(PL_ECONFIG),
                         pl_status_exit(PL_ESTORE)};
    errno = 0;
    bool failed = fflush(stdout) != 0 || ferror(stdout);
    if (!failed) return exit_status;
    for (int k = 0; k < 3; k++)
        if (exit_status == worse[k]) return exit_status;
    return pl_cli_fail(pl_fail(PL_ESTORE, "writing to stdout failed%s%s", errno ? ": " : "",
                               errno ? strerror(errno) : ""));
}

void pl_cli_choose_device(const char *device) {
    if (device) setenv("PLUMBLINE_OPENCL", device, 1);
}

/* ---- what commands that compute cells are told ---- */

enum pl_status pl_cli_jobs(const char *text, long *out) {
    char *end;
    *out = sysconf(_SC_NPROCESSORS_ONLN);
    if (!text) return PL_OK;
    errno = 0;
    *out = strtol(text, &end, 10);
    if (errno || *end || end == text || *out < 1 || *out > 4096)
        return pl_fail(PL_ECONFIG, "--jobs is \"%s\"; it takes a whole number from 1 to 4096",
                       text);
    return PL_OK;
}

enum pl_status pl_cli_request(struct pl_request *out, const struct pl_args *args,
                              const struct pl_command *command, struct pl_arena *arena) {
    const char *backend = pl_args_get(args, command, "backend");
    const char *results = pl_args_get(args, command, "results");
    pl_cli_choose_device(pl_args_get(args, command, "device"));
    if (args->word_count == 0)
        return pl_fail(PL_ECONFIG,
                       "%s needs a study file, as in plumbline %s configs/ci-rankings.yaml",
                       command->name, command->name);
    *out =
        (struct pl_request){.path = args->words[0],
                            .overrides = PL_ARENA_ARRAY(arena, const char *, args->word_count + 2),
                            .results = results ? results : "results"};
    for (size_t k = 1; k < args->word_count; k++)
        out->overrides[out->override_count++] = args->words[k];
    if (backend)
        out->overrides[out->override_count++] = pl_arena_printf(arena, "backend=%s", backend);
    return pl_cli_jobs(pl_args_get(args, command, "jobs"), &out->jobs);
}
