/* Columns: a table for people. Columns are as wide as what they hold; the last one is wrapped at
 * blanks so that a line ends within PL_LINE characters (a single longer word keeps its line), or fewer on a
 * narrow terminal (pl_columns_fit).
 *
 *     struct pl_columns table;
 *     pl_columns_init(&table, 2, 3);                     indented by 2, three columns
 *     pl_columns_row(&table, (const char *[]){"a", "b", "c"});
 *     pl_columns_write(&table, &text);
 *     pl_columns_finish(&table);
 */
#ifndef PL_EXPERIMENTS_REPORT_COLUMNS_H
#define PL_EXPERIMENTS_REPORT_COLUMNS_H

#include "core/base/arena.h"
#include "core/base/strbuf.h"
#include "core/base/vec.h"
#include "core/config/option.h"
#include "experiments/report/rows.h"

enum { PL_LINE = 100, PL_MOST_COLUMNS = 10 };

struct pl_columns {
    struct pl_arena arena; /* owns the cells */
    int indent, count;
    PL_VEC(const char *) cells; /* row by row */
};

/* From now on lines end within [width] characters, where that is above 0 and less than PL_LINE: for a process
 * that prints to a terminal of that width. A last column that has no room beside the others stands below
 * them. */
void pl_columns_fit(int width);

void pl_columns_init(struct pl_columns *columns, int indent, int count);
void pl_columns_finish(struct pl_columns *columns);

/* Copies one text a column; what a terminal would obey is spelled out (core/base/escape.h). */
void pl_columns_row(struct pl_columns *columns, const char *const *cells);
/* The headers of [rows], one a column. */
void pl_columns_headers(struct pl_columns *columns, const struct pl_column *rows);

void pl_columns_write(const struct pl_columns *columns, struct pl_strbuf *out);

/* [text] alone, wrapped and indented. */
void pl_columns_paragraph(int indent, const char *text, struct pl_strbuf *out);

/* A row of three columns for an option: dotted name, default, help with what is accepted. [section] is ""
 * for none. */
void pl_columns_option(struct pl_columns *columns, const char *section,
                       const struct pl_option *row);

/* A "name  text" line at the head of a page; nothing for an empty text. */
void pl_columns_fact(struct pl_columns *facts, const char *name, const char *text);

/* Writes a table and ends it. */
void pl_columns_end(struct pl_columns *table, struct pl_strbuf *out);

#endif
