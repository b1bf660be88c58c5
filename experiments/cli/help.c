/* The pages of --help, made from the rows that parse the command line. */
#include <stdio.h>

#include "core/base/strbuf.h"
#include "experiments/cli/args.h"

static void add_flags(struct pl_strbuf *out, const struct pl_flag *flag) {
    for (; flag && flag->name; flag++) {
        char left[64], letter[8] = "";
        snprintf(left, sizeof left, "--%s%s%s", flag->name, flag->value ? " " : "",
                 flag->value ? flag->value : "");
        if (flag->letter) snprintf(letter, sizeof letter, "-%c, ", flag->letter);
        pl_strbuf_addf(out, "  %4s%-26s %s", letter, left, flag->help);
        for (size_t k = 0; flag->choice && flag->choice(k); k++)
            pl_strbuf_addf(out, "%s%s",
                           k == 0                ? ""
                           : flag->choice(k + 1) ? ", "
                                                 : " or ",
                           flag->choice(k));
        if (flag->dflt) pl_strbuf_addf(out, " (default: %s)", flag->dflt);
        pl_strbuf_addf(out, "\n");
    }
}

/* What cannot be printed is noticed when the process ends (pl_cli_end). */
static void show(struct pl_strbuf *text) {
    (void)!pl_cli_show(NULL, text->text);
    pl_strbuf_finish(text);
}

void pl_help_print(const struct pl_command *command) {
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    pl_strbuf_addf(&text, "plumbline %s %s\n\n%s.\n", command->name, command->usage,
                   command->summary);
    if (command->details) pl_strbuf_addf(&text, "\n%s", command->details);
    pl_strbuf_add(&text, "\nFlags\n");
    add_flags(&text, command->flags);
    add_flags(&text, pl_common_flags);
    if (command->examples) pl_strbuf_addf(&text, "\nExamples\n%s", command->examples);
    show(&text);
}

void pl_help_print_all(void) {
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    pl_strbuf_add(
        &text,
        "plumbline: shows which residual connections hold up, on data whose structure is a dial\n\n"
        "plumbline COMMAND ...\n\nCommands\n");
    for (int k = 0; pl_commands[k]; k++)
        if (!pl_commands[k]->hidden)
            pl_strbuf_addf(&text, "  %-10s %s\n", pl_commands[k]->name, pl_commands[k]->summary);
    pl_strbuf_add(
        &text,
        "\n  plumbline COMMAND --help   flags and examples of one command, as does help COMMAND\n"
        "  plumbline --version        version and build facts, as does -V\n"
        "  ./plumbline test           in a checkout: builds program and tests, runs them\n"
        "                             (./plumbline test --help)\n"
        "  ./plumbline --with opencl  in a checkout: installs and builds what a device needs\n"
        "\nExamples, with a study that came with the program; one of yours is named by its path\n"
        "  plumbline run quickstart\n"
        "  plumbline run quickstart train.lr=1e-3,3e-3 seeds=10 -j 2\n"
        "  plumbline report quickstart --format md\n"
        "\nExit status: 0 ok, 1 a claim is contradicted, 2 usage or config error, 3 some cell\n"
        "failed, 4 inconclusive (check --strict), 5 not comparable, 6 numbers changed (check\n"
        "--exact), 7 the store or the file system failed, 130 interrupted (what was finished\n"
        "is stored). Where several hold: 130, 2, 7, 5, 3, 6, 1, 4 in that order.\n");
    show(&text);
}
