/* Output: where and how the commands show a report. */
#ifndef PL_EXPERIMENTS_CLI_OUTPUT_H
#define PL_EXPERIMENTS_CLI_OUTPUT_H

#include "experiments/report/report.h"

/* Sets what the terminal behind stdout can show (core/base/terminal.h): its width, colours, and lines and dots
 * when its locale is UTF-8. Anything else than a terminal gets 80 columns of plain ASCII. */
void pl_output_look(struct pl_report_input *input);

/* PL_ECONFIG when what is to be written to [path] would take the place of the study file. */
enum pl_status pl_output_spares_study(const char *path,
                                      const struct pl_experiment *experiment) PL_NODISCARD;

/* Writes the report to the file [path], or to stdout (NULL), where text is shown as the terminal can. What is told
 * cell by cell goes out while it is made. A failure leaves a file as it was. */
enum pl_status pl_output_report(const struct pl_report_input *input, const char *format,
                                const char *path) PL_NODISCARD;

/* The folder for the figures of the study in the database [store]: figures/ beside it; NULL for NULL. */
const char *pl_output_figures(struct pl_arena *arena, const char *store);

/* [folder] as a file at [path] names it: from that file's folder; [folder] itself when [path] is NULL or
 * either cannot be resolved. The folder need not be there yet. */
const char *pl_output_link(struct pl_arena *arena, const char *path, const char *folder);

#endif
