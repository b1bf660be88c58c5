#include "tasks/deal.h"

#include <math.h>
#include <string.h>

#include "tests/support/support.h"

static struct pl_deal deal_of(uint64_t count, uint64_t seed) {
    struct pl_deal deal;
    struct pl_rng rng;
    pl_rng_init(&rng, seed, "task-world");
    pl_deal_init(&deal, count, &rng);
    return deal;
}

static void test_deal__every_number_comes_once(void) {
    static unsigned char seen[70000];
    static const uint64_t large[] = {1023, 1024, 1025, 4096, 4097, 65536, 65537};
    for (uint64_t n = 1; n <= 307; n++) {
        uint64_t count = n <= 300 ? n : large[n - 301];
        struct pl_deal deal = deal_of(count, n);
        memset(seen, 0, sizeof seen);
        for (uint64_t i = 0; i < count; i++) {
            uint64_t at = pl_deal_at(&deal, i);
            PL_REQUIRE(at < count && !seen[at]);
            seen[at] = 1;
        }
    }
}

/* Over many keys each place is as likely to hold each number: 4000 each, sd < 63. */
static void test_deal__every_order_has_the_same_chance(void) {
    enum { COUNT = 5, KEYS = 20000 };
    int at[COUNT][COUNT] = {{0}};
    for (uint64_t seed = 0; seed < KEYS; seed++) {
        struct pl_deal deal = deal_of(COUNT, seed);
        for (uint64_t i = 0; i < COUNT; i++) at[i][pl_deal_at(&deal, i)]++;
    }
    for (int i = 0; i < COUNT; i++)
        for (int j = 0; j < COUNT; j++) PL_CHECK_NEAR(at[i][j], KEYS / COUNT, 5 * 56.6 / 4000);
}

/* Each bit of the first 20000 of 2^40 numbers is even, and no two of them go together. */
static void test_deal__bits_are_even_and_alone(void) {
    enum { BITS = 40, DRAWS = 20000 };
    struct pl_deal deal = deal_of(UINT64_C(1) << BITS, 3);
    int ones[BITS] = {0}, equal[BITS][BITS] = {{0}};
    for (uint64_t i = 0; i < DRAWS; i++) {
        uint64_t at = pl_deal_at(&deal, i);
        for (int a = 0; a < BITS; a++) {
            ones[a] += at >> a & 1;
            for (int b = 0; b < a; b++) equal[a][b] += (at >> a & 1) == (at >> b & 1);
        }
    }
    double sd = sqrt(DRAWS) / 2 / (DRAWS / 2);
    for (int a = 0; a < BITS; a++) {
        PL_CHECK_NEAR(ones[a], DRAWS / 2, 5 * sd);
        for (int b = 0; b < a; b++) PL_CHECK_NEAR(equal[a][b], DRAWS / 2, 5 * sd);
    }
}

static void test_deal__sizes_go_up_to_the_most(void) {
    struct pl_deal deal = deal_of(PL_DEAL_MOST, 1), less = deal_of(PL_DEAL_MOST / 3, 1);
    uint64_t last = pl_deal_at(&deal, PL_DEAL_MOST - 1);
    for (uint64_t i = 0; i < 1000; i++) {
        PL_CHECK(pl_deal_at(&deal, i) < PL_DEAL_MOST && pl_deal_at(&deal, i) != last);
        PL_CHECK(pl_deal_at(&less, i) < PL_DEAL_MOST / 3);
    }
}

const struct pl_test pl_suite_deal[] = {
    {"every_number_comes_once", test_deal__every_number_comes_once},
    {"every_order_has_the_same_chance", test_deal__every_order_has_the_same_chance},
    {"bits_are_even_and_alone", test_deal__bits_are_even_and_alone},
    {"sizes_go_up_to_the_most", test_deal__sizes_go_up_to_the_most},
    {0},
};
