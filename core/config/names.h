/* Names: the names of a table's rows, and the sentence about a name that is not one of them.
 *
 *     static const struct form { const char *name; ... } forms[] = {...};
 *     struct pl_names names = PL_NAMES(struct form, name, forms, FORMS);
 *     size_t row = pl_names_find(names, text);
 *     if (row == FORMS)
 *         return pl_names_fail(names, place, text, "it takes {or}", "the form is %s",
 *                              pl_quoted(shown, text));
 *
 *     study.yaml:3:7: the form is "sqare"; did you mean "square"? It takes circle, square or line
 *     study.yaml:3:7: the form is "blob"; it takes circle, square or line
 *
 * Every complaint about an unknown name is made here, so they all sound alike.
 */
#ifndef PL_CONFIG_NAMES_H
#define PL_CONFIG_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/strbuf.h"
#include "core/config/yaml.h"

/* A view of rows that each hold a pointer to their name; it owns nothing. */
struct pl_names {
    const void *rows;
    size_t offset, stride, count;
};

/* The member of type `const char *` of an array of structs; an array of texts. */
#define PL_NAMES(type, member, rows, count)                                                        \
    ((struct pl_names){(rows), offsetof(type, member), sizeof(type), (count)})
#define PL_NAME_LIST(list, count) ((struct pl_names){(list), 0, sizeof(const char *), (count)})

const char *pl_names_at(struct pl_names names, size_t row);

/* The row of that name, names.count when there is none. */
size_t pl_names_find(struct pl_names names, const char *name);

/* The name nearest to [found] by edit distance (Damerau-Levenshtein, capitals aside), or NULL when
 * none is near enough to be meant: a third of the letters may differ, one at least, never all. */
const char *pl_names_nearest(struct pl_names names, const char *found);

/* Appends "a, b and c", [last] being the word before the last one; "none" when there are none. */
void pl_names_add(struct pl_names names, const char *last, struct pl_strbuf *out);

/* PL_ECONFIG with the sentence above. [lead] is the complaint, [offer] says what there is instead;
 * {and} and {or} in it stand for the names. A [place] without a file (PL_NO_PLACE) is left out:
 * the name comes from a command line. */
enum pl_status pl_names_fail(struct pl_names names, struct pl_place place, const char *found,
                             const char *offer, const char *lead, ...) PL_PRINTF(5, 6);

/* The end of that sentence alone, with a name that was meant (or NULL) found in another way. */
void pl_names_hint(struct pl_names names, const char *near, const char *offer,
                   struct pl_strbuf *out);

/* [offer] alone, with {and} and {or} replaced; with a capital when it [begins] a sentence. */
void pl_names_offer(struct pl_names names, bool begins, const char *offer, struct pl_strbuf *out);

#define PL_NO_PLACE ((struct pl_place){0})

#endif
