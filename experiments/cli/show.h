/* Show: the things that `plumbline show` can show, one function each; cmd_show.c has their table. Each
 * appends its page to [out]. */
#ifndef PL_CLI_SHOW_H
#define PL_CLI_SHOW_H

#include "core/base/strbuf.h"
#include "core/graph/graph.h"
#include "experiments/cli/args.h"
#include "experiments/report/columns.h"
#include "experiments/run/found.h"

enum pl_status pl_show_variant(const struct pl_args *args, struct pl_strbuf *out) PL_NODISCARD;
enum pl_status pl_show_task(const struct pl_args *args, struct pl_strbuf *out) PL_NODISCARD;
enum pl_status pl_show_option(const struct pl_args *args, struct pl_strbuf *out) PL_NODISCARD;
enum pl_status pl_show_cell(const struct pl_args *args, struct pl_strbuf *out) PL_NODISCARD;
enum pl_status pl_show_stamp(const struct pl_args *args, struct pl_strbuf *out) PL_NODISCARD;
/* A graph or a plan, as args->words[0] says. */
enum pl_status pl_show_step(const struct pl_args *args, struct pl_strbuf *out) PL_NODISCARD;

/* What pl_show_cell appends with --json. */
void pl_show_cell_json(struct pl_strbuf *out, const struct pl_found *found);

/* The flags of show: what args->options is. */
struct pl_show_options {
    const char *results, *export;
    bool json, dot;
};

#endif
