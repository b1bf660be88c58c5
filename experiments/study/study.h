/* Study: what a file and a command line say, before any name is resolved. Here the shape is checked
 * (which keys there are, where a list or a mapping stands); experiment.c then asks the registries.
 *
 *     x.yaml ──► pl_study_read ──┐
 *                                ├──► struct pl_study ──► experiment.c
 *     key=value ► pl_study_override
 */
#ifndef PL_EXPERIMENTS_STUDY_STUDY_H
#define PL_EXPERIMENTS_STUDY_STUDY_H

#include <stdbool.h>

#include "core/base/vec.h"
#include "core/config/yaml.h"
#include "experiments/study/options.h"
#include "experiments/study/sweep.h"

#define PL_DESIGN_AXIS   "reading" /* the axis that a design makes */
#define PL_STUDY_ENTRIES 1000      /* at most */
#define PL_STUDY_AXES    24

/* One named value of an axis of choices: several settings at once. */
struct pl_study_choice {
    const char *name;
    struct pl_place place;
    PL_VEC(struct pl_given) settings; /* keys are dotted */
};

struct pl_study_axis {
    const char *key;
    struct pl_place key_place, place;
    struct pl_sweep values;                 /* owned; of an axis of choices their names */
    PL_VEC(struct pl_study_choice) choices; /* empty: the values are those of the setting [key] */
};

/* `design: {sample: N, seed: K, keep: [axis, ...]}` (design.h); a text is NULL when it is not given. */
struct pl_study_design {
    bool given;
    struct pl_place place;
    const char *sample, *seed;
    struct pl_place sample_place, seed_place;
    const struct pl_yaml *keep;
    struct pl_sweep readings; /* from the command line, reading=1,2: these alone; owned */
};

struct pl_study_entry {
    const char *name, *label;
    struct pl_place place, name_place, label_place;
    PL_VEC(struct pl_given) overrides; /* keys are dotted: a bare word became variant.WORD */
};

struct pl_study {
    struct pl_arena *arena; /* borrowed; owns the texts */
    const char *name;       /* safe as the name of a folder */
    const char *question;   /* "" without one */
    PL_VEC(struct pl_given) settings;
    PL_VEC(struct pl_study_axis) axes;
    PL_VEC(struct pl_study_entry) entries;
    struct pl_sweep seeds; /* one value and not a list: the count */
    bool seeds_listed;
    struct pl_place seeds_place;
    const char *baseline; /* NULL without one */
    struct pl_place baseline_place;
    const char *metric; /* NULL without one */
    struct pl_place metric_place;
    const char *match; /* NULL without one */
    struct pl_place match_place;
    const struct pl_yaml *select;    /* NULL without it */
    const struct pl_yaml *select_by; /* what the command line gives for its `by`, or NULL */
    struct pl_study_design design;
    const char *budget; /* NULL without it */
    struct pl_place budget_place;
    const struct pl_yaml *claims; /* NULL without any */
    struct pl_place top;          /* the beginning of the file, for what is missing */
};

/* A zeroed struct with its arena set is an empty study; pl_study_finish also after a failure. */
enum pl_status pl_study_read(struct pl_study *out, const struct pl_yaml *root) PL_NODISCARD;
enum pl_status pl_study_override(struct pl_study *study, const char *text) PL_NODISCARD;
void pl_study_finish(struct pl_study *study);

/* Whether it was the command line that said so. */
bool pl_place_commanded(struct pl_place place);

#endif
