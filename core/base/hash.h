/* Hash: a stable 128-bit content hash (XXH3), printed as 32 hexadecimal digits. It identifies cells,
 * studies and builds; it is not meant against an adversary. */
#ifndef PL_BASE_HASH_H
#define PL_BASE_HASH_H

#include <stddef.h>

#define PL_HASH_TEXT 33 /* 32 digits and the terminator */

void pl_hash(char out[PL_HASH_TEXT], const void *bytes, size_t count);
void pl_hash_text(char out[PL_HASH_TEXT], const char *text);

#endif
