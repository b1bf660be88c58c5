/* Clock: time for people and for timing; never part of a result that is compared bit by bit. */
#ifndef PL_BASE_CLOCK_H
#define PL_BASE_CLOCK_H

double pl_clock_seconds(void); /* monotonic, from an arbitrary start */

/* Wall time, UTC, as "2026-03-16T08:00:00Z". */
void pl_clock_wall(char out[24]);

#endif
