#include "core/base/hash.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

void pl_hash(char out[PL_HASH_TEXT], const void *bytes, size_t count) {
    static const char digits[] = "0123456789abcdef";
    XXH128_canonical_t canonical;
    size_t i;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes, count));
    for (i = 0; i < sizeof canonical.digest; i++) {
        out[2 * i] = digits[canonical.digest[i] >> 4];
        out[2 * i + 1] = digits[canonical.digest[i] & 15];
    }
    out[PL_HASH_TEXT - 1] = '\0';
}

void pl_hash_text(char out[PL_HASH_TEXT], const char *text) {
    pl_hash(out, text, strlen(text));
}
