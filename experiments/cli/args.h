/* Args: a command's table of flags, and the words and values of one command line.
 *
 *     plumbline run STUDY.yaml train.lr=1e-3 -j 2 --results out
 *               '------- words -----------'  '----- flags -----'
 *
 * A flag is "--name VALUE", "--name=VALUE", or its letter, "-j 2" or "-j2"; a switch has no value.
 * "--" ends the flags. --help, --quiet, --verbose and --plugin are every command's; --plugin may be
 * given several times.
 */
#ifndef PL_CLI_ARGS_H
#define PL_CLI_ARGS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/status.h"

#define PL_VERSION "0.1.0"

struct pl_flag {
    const char *name;  /* without the dashes; NULL ends a table */
    char letter;       /* 0: none */
    const char *value; /* what the value is called in the help; NULL: a switch */
    const char *help;
};

enum { PL_MOST_FLAGS = 16 };

struct pl_args {
    const char
        *flags[PL_MOST_FLAGS]; /* by row of the table: the value, "" for a switch, NULL unset */
    const char **words;        /* borrowed from argv; NULL-terminated */
    size_t word_count;
    const char **plugins; /* files to load, in the order given; the texts are argv's */
    size_t plugin_count;
    bool help;
};

struct pl_command {
    const char *name;
    const char *summary;
    const char *usage;    /* after the name: "STUDY.yaml [key=value ...]" */
    const char *details;  /* paragraphs for --help */
    const char *examples; /* lines for --help */
    const struct pl_flag *flags;
    bool hidden;
    /* The exit status of the program. */
    int (*run)(const struct pl_args *args);
};

enum pl_status pl_args_parse(struct pl_args *out, const struct pl_command *command, int argc,
                             char **argv) PL_NODISCARD;
void pl_args_finish(struct pl_args *args);

/* The value of flag [name] of [command], or NULL. */
const char *pl_args_get(const struct pl_args *args, const struct pl_command *command,
                        const char *name);

/* Loads what --plugin named. */
enum pl_status pl_args_load_plugins(const struct pl_args *args) PL_NODISCARD;

/* Usage, flags and examples, on stdout. */
void pl_args_print_help(const struct pl_command *command);

/* Prints this thread's message as an error and gives the exit status of [status]. */
int pl_cli_fail(enum pl_status status);

/* What --device does: sets PLUMBLINE_OPENCL, for this process and its workers; NULL: nothing. */
void pl_cli_choose_device(const char *device);
#define PL_FLAG_DEVICE                                                                             \
    {                                                                                              \
        "device", 0, "NAME",                                                                       \
            "for the backend opencl: 0:1 or a part of a name; the same as PLUMBLINE_OPENCL"        \
    }

/* Makes [text] the contents of the file [path] (file.h), or writes it to stdout when that is NULL. */
enum pl_status pl_cli_write(const char *path, const char *text) PL_NODISCARD;

/* What a process does last: what was printed reaches stdout, or that is an error. The exit status. */
int pl_cli_end(int exit_status);

/* What the commands that compute cells are told. */
struct pl_request {
    const char *path;
    const char **overrides; /* words, then backend=NAME; with room for one more */
    size_t override_count;
    const char *results;
    long jobs;
};

/* From the words, --backend, --device, --results and --jobs of [command]. */
struct pl_arena;
enum pl_status pl_cli_request(struct pl_request *out, const struct pl_args *args,
                              const struct pl_command *command,
                              struct pl_arena *arena) PL_NODISCARD;

/* What --jobs says; NULL: as many as there are processors. */
enum pl_status pl_cli_jobs(const char *text, long *out) PL_NODISCARD;

/* The commands: one file each, listed in main.c. */
extern const struct pl_command pl_command_run;
extern const struct pl_command pl_command_report;
extern const struct pl_command pl_command_check;
extern const struct pl_command pl_command_bless;
extern const struct pl_command pl_command_list;
extern const struct pl_command pl_command_show;
extern const struct pl_command pl_command_selftest;
extern const struct pl_command pl_command_bench;
extern const struct pl_command pl_command_noise;
extern const struct pl_command pl_command_explain;
extern const struct pl_command pl_command_prune;
extern const struct pl_command pl_command_diff;
extern const struct pl_command pl_command_fraction;
extern const struct pl_command pl_command_worker;

#endif
