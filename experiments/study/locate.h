/* Locate: the file of a study that is given by its name alone. */
#ifndef PL_EXPERIMENTS_STUDY_LOCATE_H
#define PL_EXPERIMENTS_STUDY_LOCATE_H

#include "core/base/arena.h"
#include "core/base/status.h"

/* Sets *out to the study file that [given] means. A file of that name wins. A name without a slash is then
 * looked for, with and without ".yaml", in the working folder and among the studies that came with the
 * program: share/plumbline/configs beside the bin/ of an installed program, configs/ of the checkout for one
 * that lies where it was built. One found there is told on stderr.
 *
 * PL_ECONFIG when a name without slash and ".yaml" leads nowhere, with the nearest of the studies that came.
 * Any other text is set as it is, for whoever opens the file to complain about. */
enum pl_status pl_study_locate(const char **out, const char *given,
                               struct pl_arena *arena) PL_NODISCARD;

#endif
