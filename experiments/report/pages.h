/* Pages: what the commands beside `report` print, for people (text) and for programs (JSON). Each appends to
 * [out]; none depends on the time or the machine. */
#ifndef PL_EXPERIMENTS_REPORT_PAGES_H
#define PL_EXPERIMENTS_REPORT_PAGES_H

#include "core/base/strbuf.h"
#include "experiments/evidence/difference.h"
#include "experiments/evidence/fraction.h"
#include "experiments/evidence/noise.h"

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

#endif
