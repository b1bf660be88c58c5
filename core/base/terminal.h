/* Terminal: what whoever reads a descriptor can show. Asked here and nowhere else:
 *
 *                        colours   a line that is rewritten   folded to its width
 *     a terminal         yes       yes                        yes
 *     ... NO_COLOR       no        yes                        yes
 *     ... TERM=dumb      no        no                         yes
 *     anything else      no        no                         no
 *
 * A line is rewritten by a carriage return and blanks, so with NO_COLOR no escape sequence is written at
 * all. A TERM that is not set counts as dumb.
 */
#ifndef PL_BASE_TERMINAL_H
#define PL_BASE_TERMINAL_H

#include <stdbool.h>

#include "core/base/strbuf.h"

bool pl_terminal_colours(int fd);
bool pl_terminal_rewrites(int fd);

/* Columns of the terminal: what it says, or COLUMNS where that is less or it says nothing; 80 when neither
 * does. 0 when [fd] is no terminal. */
int pl_terminal_width(int fd);

/* Appends [text] with every line folded at blanks to [width] columns (0: as it is). What is folded goes on
 * below the second column of a table, or a little to the right of where its line began; a rule (----) is cut;
 * a word that is longer than a line stays whole. Escape sequences that a line holds take no room. */
void pl_terminal_fold(struct pl_strbuf *out, const char *text, int width);

#endif
