/* Escape: text that a file holds (a label, a question, a message, a path) on its way to a reader, one
 * function a destination. Each appends to [out].
 *
 *     file ──► pl_escape_visible ──► terminal, markdown, html, xml, gnuplot
 *                                └─► json (core/base/json.h) and csv are for programs: only bytes that are
 *                                    not UTF-8 are repaired
 *
 * Repaired is everywhere the same: a byte that belongs to no character becomes '?'. Made visible is
 * everywhere the same: a control character is spelled \x1b, a character that no reader sees, or that changes
 * the direction of what follows, is named <U+202E>. A newline and a tab stay; each destination says what
 * becomes of them.
 */
#ifndef PL_BASE_ESCAPE_H
#define PL_BASE_ESCAPE_H

#include "core/base/strbuf.h"

/* Bytes that are not UTF-8 become '?', and nothing else changes. */
void pl_escape_repair(struct pl_strbuf *out, const char *text);

/* For a terminal: repaired and visible. */
void pl_escape_visible(struct pl_strbuf *out, const char *text);

/* GitHub's Markdown within a line: signs with a meaning get a backslash, a newline becomes a blank. An
 * underscore within a word has no meaning. */
void pl_escape_markdown(struct pl_strbuf *out, const char *text);

/* HTML and XML, also within quotes: & < > " become entities. */
void pl_escape_html(struct pl_strbuf *out, const char *text);

/* The same where an attribute must keep its lines: newlines and tabs become &#10; and &#9;. */
void pl_escape_xml(struct pl_strbuf *out, const char *text);

/* A field of RFC 4180, quoted where it must be. A text that a spreadsheet would take for a formula (it
 * begins with = + - @ and is not a number) gets an apostrophe in front, which a spreadsheet hides. */
void pl_escape_csv(struct pl_strbuf *out, const char *text);

/* A text of gnuplot with its double quotes. Within these gnuplot obeys backquotes, backslashes and quotes;
 * by their codes they are signs like any other. (In single quotes a text that begins with a quote is
 * misread.) Newlines become blanks. */
void pl_escape_gnuplot(struct pl_strbuf *out, const char *text);

/* A comment of gnuplot to the end of its line. A backslash at the end would join the next line, so all
 * become blanks. */
void pl_escape_gnuplot_comment(struct pl_strbuf *out, const char *text);

/* A part of an address: all bytes but letters, digits and the signs in [plain] become %41. */
void pl_escape_address(struct pl_strbuf *out, const char *text, const char *plain);

#endif
