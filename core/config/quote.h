/* Quote: foreign text made safe for a sentence. What a study holds may be a megabyte long or contain
 * a terminal's escape codes; a complaint shows at most its beginning, in double quotes, with
 * everything unprintable spelled out (\x1b) and everything that nobody sees named (<U+200B>):
 *
 *     char shown[PL_QUOTED];
 *     return pl_fail_at(place, "there is no key %s here", pl_quoted(shown, key));
 */
#ifndef PL_CONFIG_QUOTE_H
#define PL_CONFIG_QUOTE_H

#define PL_QUOTED 96 /* bytes, with quotes, dots and terminator */

/* Writes [text] to [out] as "text", or "beginning..." when it is long; gives [out]. */
const char *pl_quoted(char out[PL_QUOTED], const char *text);

#endif
