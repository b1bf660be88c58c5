/* Svg: a drawing of gnuplot's made a part of a page. */
#ifndef PL_EXPERIMENTS_REPORT_SVG_H
#define PL_EXPERIMENTS_REPORT_SVG_H

#include "core/base/strbuf.h"

/* Appends [svg], as gnuplot writes it, as an element of an HTML page:
 *   - every id begins with [id], so that several drawings share a page;
 *   - the colours of chart.h become variables of the page (--k0 .. --k8, --ink, --axis, --grid,
 *     --paper), so that it follows the page's theme, and the paper is left out;
 *   - fonts are the page's;
 *   - [title] is what a screen reader says. */
void pl_svg_inline(const char *svg, const char *id, const char *title, struct pl_strbuf *out);

#endif
