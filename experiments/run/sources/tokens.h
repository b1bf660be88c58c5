/* Tokens: a source of C, C++ or OpenCL as its compiler reads it, so that two texts that can only compile to
 * the same thing have the same digest.
 *
 * What changes nothing: comments, white space, line breaks, blank lines, and the rows of a list, that is of
 *
 *     #define NAME(X) X(a, ...) X(b, ...) ...
 *
 * (op_list.h, the table of variants in residual.c). A row only names what has files or a row digest of its
 * own, so one more of them changes no number.
 *
 * Everything else counts, texts in quotes and the order of includes too. Macros are not expanded and #if is
 * not followed: both branches count. */
#ifndef PL_EXPERIMENTS_RUN_SOURCES_TOKENS_H
#define PL_EXPERIMENTS_RUN_SOURCES_TOKENS_H

#include "core/base/strbuf.h"

/* Appends the tokens of [text] to [out], each followed by a line break; the end of a directive is an empty
 * line. In `#define F(x)` the parenthesis that makes F a macro with arguments is the token "((". */
void pl_tokens_add(struct pl_strbuf *out, const char *text);

#endif
