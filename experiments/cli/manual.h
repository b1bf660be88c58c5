/* Manual: files made of the program's own tables: linked pages in Markdown (docs/reference), a man page a
 * command, completions of shells. A new row of a table is in all of them.
 *
 *     cmake --build build/release --target manual     writes docs/reference anew
 *     tests/e2e/manual.sh                             fails while a page there says something else
 */
#ifndef PL_CLI_MANUAL_H
#define PL_CLI_MANUAL_H

#include "core/base/strbuf.h"
#include "experiments/cli/args.h"

/* A row of what no table of the program has: a term and what it means. Ended by a row without a term. */
struct pl_manual_row {
    const char *term;
    const char *also; /* a second column; NULL: the table has two columns alone */
    const char *text; /* Markdown */
};
extern const struct pl_manual_row pl_manual_statuses[];    /* exit status, -, meaning */
extern const struct pl_manual_row pl_manual_files[];       /* path, made by, what is in it */
extern const struct pl_manual_row pl_manual_environment[]; /* variable, -, meaning */

/* One page of docs/reference: its file name, the line that links to it, its text. */
struct pl_manual_page {
    const char *file, *title, *about;
    void (*write)(struct pl_strbuf *out); /* all below its first lines */
};
extern const struct pl_manual_page pl_manual_pages[]; /* ended by a row without a file */
void pl_manual_write(const struct pl_manual_page *page, struct pl_strbuf *out);
void pl_manual_index(struct pl_strbuf *out); /* README.md: links to all pages */

/* plumbline-NAME.1, or plumbline.1 for NULL. */
void pl_manual_man(const struct pl_command *command, const char *version, struct pl_strbuf *out);

/* Completions; each appends a whole script. */
void pl_manual_bash(struct pl_strbuf *out);
void pl_manual_zsh(struct pl_strbuf *out);
void pl_manual_fish(struct pl_strbuf *out);

/* The help of a flag, as --help prints it: with its words and its default. */
void pl_manual_flag_help(const struct pl_flag *flag, struct pl_strbuf *out);

#endif
