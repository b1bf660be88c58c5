/* Multiverse, for the writers of a report: its rows and its sentences. make() of the rows takes the analysis
 * that is told. */
#ifndef PL_EXPERIMENTS_REPORT_MULTIVERSE_H
#define PL_EXPERIMENTS_REPORT_MULTIVERSE_H

#include "core/base/strbuf.h"
#include "experiments/evidence/multiverse.h"
#include "experiments/report/rows_evidence.h"

/* One factor of one specification; a share is NaN where there is none. */
struct pl_factor_share {
    const char *factor;
    double alone;
    struct pl_interval alone_interval;
    const char *partner; /* with which it explains most beyond each alone; NULL: a single factor */
    double pair;
    struct pl_interval pair_interval;
};

void pl_multiverse_factor(const struct pl_multiverse *multiverse,
                          const struct pl_specification *specification, size_t factor,
                          struct pl_factor_share *out);

extern const struct pl_row pl_specification_rows[]; /* struct pl_specification */
extern const struct pl_row pl_factor_share_rows[];  /* struct pl_factor_share */

/* {settings[]: {..., factors[], pairs[], curve[]}}, or null without a design. */
struct pl_json *pl_report_multiverse_json(const struct pl_analysis *analysis);

/* The first sentence of the report: in how many readings each entry is better and worse, a setting each. */
void pl_say_multiverse_verdict(struct pl_strbuf *out, const struct pl_analysis *analysis);
/* What a reading is, and how many there are of how many axes. */
void pl_say_multiverse(struct pl_strbuf *out, const struct pl_multiverse *multiverse);
/* How shares are to be read. */
void pl_say_shares(struct pl_strbuf *out);
/* Which choices the readings of one entry and setting made, as lines of characters: a column a few readings, from
 * the least ratio up, and a row a value of the [most] factors that explain most. */
void pl_say_strips(struct pl_strbuf *out, const struct pl_multiverse *multiverse,
                   const struct pl_specification *specification, size_t most);
/* How much there is to explain, for one entry and setting; or why nothing can be said. */
void pl_say_choices(struct pl_strbuf *out, const struct pl_specification *specification);

#endif
