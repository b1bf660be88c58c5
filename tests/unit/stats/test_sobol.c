#include "core/stats/sobol.h"

#include <string.h>

#include "tests/support/support.h"

/* Of the first 2^k points every axis has one in each of 2^k slices. */
static void test_sobol__slices_hold_one_point_each(void) {
    for (unsigned d = 0; d < PL_SOBOL_DIMENSIONS; d++) {
        for (unsigned k = 0; k <= 12; k++) {
            static unsigned char seen[1 << 12];
            memset(seen, 0, sizeof seen);
            for (uint32_t i = 0; i < 1u << k; i++) seen[k ? pl_sobol(i, d) >> (32 - k) : 0]++;
            for (uint32_t i = 0; i < 1u << k; i++) PL_REQUIRE(seen[i] == 1);
        }
    }
}

/* In sixty-fourths, by scipy.stats.qmc.Sobol, whose point i is ours at the Gray code of i. */
static void test_sobol__agrees_with_scipy(void) {
    static const struct {
        uint32_t index;
        unsigned at[PL_SOBOL_DIMENSIONS];
    } cases[] = {
        {1, {32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32}},
        {2, {48, 16, 16, 16, 48, 48, 16, 48, 48, 48, 48, 48, 16, 16, 48, 16}},
        {10, {60, 4, 44, 12, 20, 36, 12, 12, 12, 36, 28, 52, 44, 44, 4, 44}},
        {21, {62, 38, 22, 50, 42, 22, 26, 46, 6, 2, 30, 34, 18, 34, 46, 26}},
        {37, {59, 41, 37, 59, 49, 19, 11, 51, 39, 11, 1, 5, 37, 55, 7, 31}},
        {63, {1, 51, 23, 29, 55, 9, 37, 9, 53, 37, 27, 43, 35, 49, 21, 49}},
    };
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        uint32_t index = cases[c].index ^ (cases[c].index >> 1);
        for (unsigned d = 0; d < PL_SOBOL_DIMENSIONS; d++)
            PL_CHECK_INT(pl_sobol(index, d) >> 26, cases[c].at[d]);
    }
}

const struct pl_test pl_suite_sobol[] = {
    {"slices_hold_one_point_each", test_sobol__slices_hold_one_point_each},
    {"agrees_with_scipy", test_sobol__agrees_with_scipy},
    {0}};
