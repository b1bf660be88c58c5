/* Args: a command's table of flags, and the words and values of one command line.
 *
 *     plumbline run STUDY.yaml train.lr=1e-3 -j 2 --results out
 *               '------- words -----------'  '----- flags -----'
 *
 * A flag is "--name VALUE", "--name=VALUE", or its letter, "-j 2" or "-j2"; a switch has no value.
 * "--" ends the flags. --help, --quiet, --verbose and --plugin are every command's; --plugin may be
 * given several times.
 *
 * A flag is one row, and all that is known of it stands there: its names, what its value is called, its
 * help, and the member of the command's options that it fills.
 *
 *     struct options { long seeds; const char *format; bool json; };
 *     static const struct pl_flag flags[] = {
 *         {"seeds", 's', "N", "how many", PL_COUNT(struct options, seeds, NULL, 100)},
 *         {"format", 'f', "NAME", "text, md, ...", PL_TEXT(struct options, format, "text")},
 *         {"json", 0, NULL, "the same as JSON", PL_SWITCH(struct options, json)},
 *         {0},
 *     };
 */
#ifndef PL_CLI_ARGS_H
#define PL_CLI_ARGS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/status.h"

enum pl_flag_type {
    PL_FLAG_SWITCH, /* bool */
    PL_FLAG_TEXT,   /* const char *, borrowed from argv; NULL without a default */
    PL_FLAG_COUNT,  /* long, from 1 to [most]; 0 without a default */
};

struct pl_flag {
    const char *name;  /* without the dashes; NULL ends a table */
    char letter;       /* 0: none */
    const char *value; /* what the value is called in the help; NULL: a switch */
    const char *help;
    enum pl_flag_type type;
    size_t offset;
    const char *dflt; /* NULL: none; the help names it */
    long most;        /* of a count */
    /* The words that a text may be, when the help is to list them after [help]: name k, NULL at the end. */
    const char *(*choice)(size_t k);
};

#define PL_SWITCH(options, member)            PL_FLAG_SWITCH, offsetof(options, member), NULL, 0
#define PL_TEXT(options, member, dflt)        PL_FLAG_TEXT, offsetof(options, member), dflt, 0
#define PL_COUNT(options, member, dflt, most) PL_FLAG_COUNT, offsetof(options, member), dflt, most

/* Rows that several commands have. */
#define PL_FLAG_DEVICE(options, member)                                                            \
    {                                                                                              \
        "device", 0, "NAME",                                                                       \
            "for the backend opencl: a number (1, 0:1; `list backends` has them) or a part of a "  \
            "name; the same as PLUMBLINE_OPENCL",                                                  \
            PL_TEXT(options, member, NULL)                                                         \
    }
#define PL_FLAG_BACKEND(options, member)                                                           \
    {                                                                                              \
        "backend", 'b', "NAME", "cpu, ref or opencl; the same as backend=NAME",                    \
            PL_TEXT(options, member, NULL)                                                         \
    }
#define PL_FLAG_RESULTS(options, member)                                                           \
    { "results", 0, "DIR", "where results are kept", PL_TEXT(options, member, "results") }

struct pl_command;

struct pl_args {
    const struct pl_command *command;
    void *options;      /* the command's struct, filled from its table; owned */
    const char **words; /* borrowed from argv; NULL-terminated */
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
    size_t options_size; /* of the struct that [flags] fill */
    bool hidden;
    /* The exit status of the program. */
    int (*run)(const struct pl_args *args);
};

enum pl_status pl_args_parse(struct pl_args *out, const struct pl_command *command, int argc,
                             char **argv) PL_NODISCARD;
void pl_args_finish(struct pl_args *args);

/* Loads what --plugin named. */
enum pl_status pl_args_load_plugins(const struct pl_args *args) PL_NODISCARD;

/* Usage, flags and examples of one command; the page of all. On stdout. */
void pl_help_print(const struct pl_command *command);
void pl_help_print_all(void);

/* The flags of every command, ended by a row without a name. */
extern const struct pl_flag pl_common_flags[];

/* ---- what commands say last (console.c) ------------------------------------------------------- */

/* Prints this thread's message as an error and gives the exit status of [status]. */
int pl_cli_fail(enum pl_status status);

/* Makes [text] the contents of the file [path] (file.h), or writes it to stdout when that is NULL. */
enum pl_status pl_cli_write(const char *path, const char *text) PL_NODISCARD;

/* The same for a page that people read: on a terminal its lines are folded to fit. */
enum pl_status pl_cli_show(const char *path, const char *text) PL_NODISCARD;

/* What a process does last: what was printed reaches stdout, or that is an error. The exit status. */
int pl_cli_end(int exit_status);

/* What --device does: sets PLUMBLINE_OPENCL, for this process and its workers; NULL: nothing. */
void pl_cli_choose_device(const char *device);

/* ---- the commands: one file each ---------------------------------------------------------------- */

extern const struct pl_command *const pl_commands[]; /* main.c; ended by NULL */

extern const struct pl_command pl_command_run;
extern const struct pl_command pl_command_report;
extern const struct pl_command pl_command_check;
extern const struct pl_command pl_command_bless;
extern const struct pl_command pl_command_list;
extern const struct pl_command pl_command_manual;
extern const struct pl_command pl_command_show;
extern const struct pl_command pl_command_selftest;
extern const struct pl_command pl_command_bench;
extern const struct pl_command pl_command_noise;
extern const struct pl_command pl_command_explain;
extern const struct pl_command pl_command_prune;
extern const struct pl_command pl_command_diff;
extern const struct pl_command pl_command_fraction;
extern const struct pl_command pl_command_merge;
extern const struct pl_command pl_command_status;
extern const struct pl_command pl_command_submit;
extern const struct pl_command pl_command_worker;

#endif
