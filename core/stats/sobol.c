#include "core/stats/sobol.h"

#define MOST_DEGREE 6

/* A primitive polynomial over GF(2) a dimension: its degree, its inner coefficients as bits, and the
 * first direction numbers. Dimension 0 is van der Corput's sequence and has none. */
static const struct row {
    unsigned degree, polynomial;
    uint32_t first[MOST_DEGREE];
} rows[PL_SOBOL_DIMENSIONS] = {
    {0, 0, {0}},
    {1, 0, {1}},
    {2, 1, {1, 3}},
    {3, 1, {1, 3, 1}},
    {3, 2, {1, 1, 1}},
    {4, 1, {1, 1, 3, 3}},
    {4, 4, {1, 3, 5, 13}},
    {5, 2, {1, 1, 5, 5, 17}},
    {5, 4, {1, 1, 5, 5, 5}},
    {5, 7, {1, 1, 7, 11, 19}},
    {5, 11, {1, 1, 5, 1, 1}},
    {5, 13, {1, 1, 1, 3, 11}},
    {5, 14, {1, 3, 5, 5, 31}},
    {6, 1, {1, 3, 3, 9, 7, 49}},
    {6, 13, {1, 1, 1, 15, 21, 21}},
    {6, 16, {1, 3, 1, 13, 27, 49}},
};

/* v[k] is what bit k of an index adds, modulo 2: the recurrence of the polynomial, from its first
 * numbers on. */
static void directions(const struct row *row, uint32_t v[32]) {
    unsigned degree = row->degree;
    for (unsigned k = 0; k < 32; k++) {
        if (degree == 0 || k < degree) {
            v[k] = (degree ? row->first[k] : 1) << (31 - k);
            continue;
        }
        v[k] = v[k - degree] ^ (v[k - degree] >> degree);
        for (unsigned j = 1; j < degree; j++)
            if (row->polynomial >> (degree - 1 - j) & 1) v[k] ^= v[k - j];
    }
}

uint32_t pl_sobol(uint32_t index, unsigned dimension) {
    uint32_t v[32], sum = 0;
    directions(&rows[dimension], v);
    for (unsigned k = 0; k < 32; k++)
        if (index >> k & 1) sum ^= v[k];
    return sum;
}
