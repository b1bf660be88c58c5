/* Sobol: points that cover a cube evenly, one after the other.
 *
 * Of the first 2^k points each of the 2^k equal slices of every axis holds exactly one, and a longer
 * sequence begins with the shorter one, so a design can be extended without losing a point. The
 * direction numbers are those of Joe and Kuo, "Constructing Sobol sequences with better
 * two-dimensional projections" (2008), new-joe-kuo-6, in the order of the index, not of its Gray code.
 */
#ifndef PL_STATS_SOBOL_H
#define PL_STATS_SOBOL_H

#include <stdint.h>

#define PL_SOBOL_DIMENSIONS 16

/* Coordinate [dimension] (below PL_SOBOL_DIMENSIONS) of point [index], in units of 2^-32. */
uint32_t pl_sobol(uint32_t index, unsigned dimension);

#endif
