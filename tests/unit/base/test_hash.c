#include "core/base/hash.h"
#include "tests/support/support.h"

/* Byte i is 7 i mod 256. */
static void fill(unsigned char *bytes, size_t count) {
    size_t i;
    for (i = 0; i < count; i++) bytes[i] = (unsigned char)(7 * i);
}

/* XXH3 of 128 bits with seed 0, from the Python binding; lengths that
 * take the algorithm through its branches: none, a few, up to 128, up to 240, more. */
static void test_hash__agrees_with_published_values(void) {
    char digest[PL_HASH_TEXT];
    unsigned char bytes[1000];
    fill(bytes, sizeof bytes);
    pl_hash_text(digest, "");
    PL_CHECK_TEXT(digest, "99aa06d3014798d86001c324468d497f");
    pl_hash_text(digest, "a");
    PL_CHECK_TEXT(digest, "a96faf705af16834e6c632b61e964e1f");
    pl_hash_text(digest, "abc");
    PL_CHECK_TEXT(digest, "06b05ab6733a618578af5f94892f3950");
    pl_hash_text(digest, "The quick brown fox jumps over the lazy dog");
    PL_CHECK_TEXT(digest, "ddd650205ca3e7fa24a1cc2e3a8a7651");
    pl_hash(digest, bytes, 200);
    PL_CHECK_TEXT(digest, "dbfff5e13c798ab90497bdb3d145ccd6");
    pl_hash(digest, bytes, 1000);
    PL_CHECK_TEXT(digest, "abee229cdadad76d10ad30264426c830");
}

static void test_hash__one_bit_changes_about_half_the_digits(void) {
    unsigned char bytes[64];
    char whole[PL_HASH_TEXT], changed[PL_HASH_TEXT];
    int bit, i, same = 0;
    fill(bytes, sizeof bytes);
    pl_hash(whole, bytes, sizeof bytes);
    for (bit = 0; bit < 512; bit++) {
        bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
        pl_hash(changed, bytes, sizeof bytes);
        bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
        for (i = 0; i < 32; i++) same += whole[i] == changed[i];
    }
    PL_CHECK_NEAR(same / (512.0 * 32), 1.0 / 16, 0.01);
}

static void test_hash__text_is_its_bytes(void) {
    char one[PL_HASH_TEXT], other[PL_HASH_TEXT];
    pl_hash_text(one, "plumb");
    pl_hash(other, "plumbline", 5);
    PL_CHECK_TEXT(one, other);
    PL_CHECK_INT(strlen(one), 32);
}

const struct pl_test pl_suite_hash[] = {
    {"agrees_with_published_values", test_hash__agrees_with_published_values},
    {"one_bit_changes_about_half_the_digits", test_hash__one_bit_changes_about_half_the_digits},
    {"text_is_its_bytes", test_hash__text_is_its_bytes},
    {0},
};
