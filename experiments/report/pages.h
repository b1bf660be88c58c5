/* Pages: what the commands beside `report` print, for people (text) and for programs (JSON). Each appends to
 * [out]; none depends on the time or the machine. */
#ifndef PL_EXPERIMENTS_REPORT_PAGES_H
#define PL_EXPERIMENTS_REPORT_PAGES_H

#include "core/base/strbuf.h"
#include "core/graph/graph.h"
#include "core/model/model.h"
#include "experiments/evidence/difference.h"
#include "experiments/evidence/fraction.h"
#include "experiments/evidence/noise.h"
#include "experiments/study/options.h"

/* The `schema` of each in JSON; raised when a member changes its meaning or goes. */
enum { PL_NOISE_SCHEMA = 1, PL_DIFFERENCE_SCHEMA = 1, PL_FRACTIONS_SCHEMA = 1 };

/* `noise`: docs/statistics.md has the members. */
void pl_noise_text(const struct pl_noise *noise, struct pl_strbuf *out);
void pl_noise_json(const struct pl_noise *noise, struct pl_strbuf *out);

/* `diff`: two studies and what differs between them. */
struct pl_difference_page {
    const struct pl_ledger *a, *b;
    const struct pl_difference *difference;
    const char *names[2]; /* of the studies, as they were given */
    size_t most;          /* text: cells to list */
    int exit_status;      /* json: what the command ends with */
};
void pl_difference_text(const struct pl_difference_page *page, struct pl_strbuf *out);
void pl_difference_json(const struct pl_difference_page *page, struct pl_strbuf *out);

/* `fraction`: of [experiment], by the loss [metric]. */
void pl_fractions_text(const struct pl_experiment *experiment, const struct pl_fractions *fractions,
                       const char *metric, struct pl_strbuf *out);
void pl_fractions_json(const struct pl_experiment *experiment, const struct pl_fractions *fractions,
                       const char *metric, struct pl_strbuf *out);

/* `list`: one table of the program, from the rows that it uses itself. PL_ECONFIG with the known ones for
 * another name; "" is none. [part] is "" for the whole table; of the options alone, a part of the dotted
 * name or the help, capitals aside, or an owner: PL_ECONFIG with the nearest name when none has it. */
struct pl_list;
enum pl_status pl_list_find(const struct pl_list **out, const char *name,
                            const char *part) PL_NODISCARD;
void pl_list_text(const struct pl_list *list, const char *part, struct pl_strbuf *out);
void pl_list_json(const struct pl_list *list, const char *part, struct pl_strbuf *out);

/* `show`: a variant with the model that [settings] bind, a task with its data of seed 1 under [settings]
 * (which it moves along the dial), an option. */
void pl_variant_text(const struct pl_residual *variant, const struct pl_settings *settings,
                     struct pl_model *model, struct pl_strbuf *out);
enum pl_status pl_task_text(const struct pl_task *task, struct pl_settings *settings,
                            struct pl_arena *arena, struct pl_strbuf *out) PL_NODISCARD;
void pl_option_text(const struct pl_option_section *section, const struct pl_option *row,
                    struct pl_strbuf *out);

/* How a parameter starts: "0", "normal, std 0.1", ... */
const char *pl_fill_text(const struct pl_node *node, char *out, size_t size);

#endif
