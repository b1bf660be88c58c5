/* Report: evidence to text, in seven formats, each one row of a table.
 *
 *     text    at most 80 columns for a terminal: verdicts, small bars, a plot
 *     md      the same as GitHub tables with figures, fit for a pull request
 *     html    one page with figures, for a browser: it needs no other file and no network
 *     csv     one row a cell (RFC 4180)
 *     diagnostics  one row a number measured inside a network, as csv
 *     jsonl   one object a cell, one a line
 *     json    everything: the stable interface of docs/report-json.md
 *
 * A report is a pure function of its input: the same cells in the same states give the same bytes,
 * in whatever order they finished. Text, md, html and csv hold no time; json and jsonl keep time in
 * members of their own (`timing`). Figures are drawn by gnuplot (plot.h), whose files are kept; without
 * it a report is complete, with tables in their place.
 */
#ifndef PL_EXPERIMENTS_REPORT_REPORT_H
#define PL_EXPERIMENTS_REPORT_REPORT_H

#include "core/base/strbuf.h"
#include "experiments/evidence/analysis.h"
#include "experiments/run/history.h"

/* The `schema` of the json format; raised when a member changes its meaning or goes. */
#define PL_REPORT_SCHEMA 2

struct pl_report_input {
    const struct pl_analysis *analysis; /* brings experiment, cells and results */
    const char *store;                  /* path of the database, as it is to be printed; or NULL */
    const char *version;                /* of the program; or NULL */
    const struct pl_history *history;   /* of the plan; or NULL */
    size_t older;                       /* finished cells that come from other numerics */
    const char *missing;                /* what a budget left undone (balance.h); or NULL */
    const char *figures; /* md, html: folder of the figures, made when it is missing; NULL: none */
    const char *link;    /* md: how the page names that folder; NULL: as it is */
    int width;           /* text: columns, where they are fewer than 80; 0: 80 */
    bool unicode;        /* text: lines and dots where ASCII has - and o */
    bool colour;         /* text: escape sequences of a terminal */
    /* Takes what is written so far and clears it, so that a list of a million cells is never in memory as a
     * whole: csv, diagnostics, json and jsonl call it between cells. NULL: everything stays in the text. */
    void (*drain)(void *taker, struct pl_strbuf *text);
    void *taker;
};

struct pl_report_format {
    const char *name;      /* of --format */
    const char *extension; /* of a file, without the dot */
    const char *help;      /* one sentence without a full stop */
    bool diagnostics;      /* the results must have theirs (pl_ledger_diagnostics) */
    void (*write)(const struct pl_report_input *input, struct pl_strbuf *out);
};

/* All formats, ended by a zeroed row. */
extern const struct pl_report_format pl_report_formats[];

/* Whether [format] wants results with their diagnostics; false for one that is not known. */
bool pl_report_wants_diagnostics(const char *format);

/* What is known of the inside of one run (docs/report-json.md, cells[].diagnostics); NULL when nothing
 * was measured. Owned by the caller. */
struct pl_json;
struct pl_json *pl_report_diagnostics_json(const struct pl_result *result);

/* The settings of the canonical [text] of a cell or of diagnostics, a member each, by their names with or
 * without their [sections]. Owned by the caller. */
struct pl_json *pl_report_settings_json(const char *text, bool sections);

/* What is known of the inside for a terminal, 80 columns: its last step, appended; nothing when nothing was measured. */
void pl_report_inside(const struct pl_result *result, struct pl_strbuf *out);

/* Appends the report to [out], or what the last drain left of it; an unknown format (NULL means text) is refused with the known ones. */
enum pl_status pl_report_write(const struct pl_report_input *input, const char *format,
                               struct pl_strbuf *out) PL_NODISCARD;

#endif
