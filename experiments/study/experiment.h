/* Experiment: a study, typed.
 *
 *     study.yaml ──► struct pl_experiment ──► struct pl_cell[] (cell.h)
 *
 * A study is (variant entries) x (sweep axes) x (seeds) over fixed settings. Loading resolves every
 * name and checks every value against the option rows of model, training, task and variant; each
 * complaint names file:line:column, what was found, what is accepted and the nearest known name.
 * Precedence: defaults < file < sweep < variant entry < command line; an axis that an entry also
 * overrides is an error.
 *
 * Keys of a study file: study, question, model, task, train, variants, sweep, seeds, baseline,
 * metric, match, select, design, budget, claims, backend, limits, diagnostics (configs/README.md
 * explains each).
 *
 * An override "key=value" has the same dotted names and the sweep grammar of sweep.h. One value is a
 * fixed setting, which also beats what a variant entry says; several make an axis. Where the study
 * has an axis of that name already, the override takes its place, so the axes keep their order and
 * an axis may end up with one value. Besides settings: study, question, baseline, metric, match,
 * budget, seeds=10 (that is 1..10), seeds=3,5,8. The last override of a key counts.
 */
#ifndef PL_EXPERIMENTS_STUDY_EXPERIMENT_H
#define PL_EXPERIMENTS_STUDY_EXPERIMENT_H

#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/status.h"
#include "core/config/settings.h"
#include "core/config/yaml.h"
#include "core/train/probe.h"
#include "experiments/study/claims.h"

#define PL_ALPHA 0.05 /* the level of a verdict, after Holm over its family */
#define PL_READING_ALPHA                                                                           \
    0.025 /* that of each answer about one reading, in a claim about their share */

/* Practical equivalence: two entries are equivalent when the whole interval of their ratio lies
 * within 1/1.02 .. 1.02, that is, when a difference of more than 2 % is excluded. With a 95 % interval
 * this is the same as p_equivalence <= 0.025, twice as strict as the usual 0.05. */
#define PL_EQUIVALENCE_RATIO 1.02

/* What one value of an axis of choices sets. */
struct pl_axis_choice {
    const struct pl_setting *items;
    size_t count;
};

/* An axis is a setting and its values, or choices: a name of its own, without a dot, whose values each
 * set several settings at once (options of variants only for the entries that have them). */
struct pl_axis {
    const char *key; /* dotted name: task.structure, train.lr, model.depth, variant.block_size */
    const char **values; /* canonical texts, in the order given; of choices their names */
    size_t count;
    struct pl_place place;
    const struct pl_axis_choice *choices; /* one a value; NULL: each value is one of [key] */
};

struct pl_entry {
    const char *variant; /* name in the registry */
    const char *label;   /* how it is printed; unique; defaults to the name */
    struct pl_settings
        overrides; /* variant.*, model.* and train.*, less what the command line set */
    struct pl_place place;
};

/* What is chosen before variants are compared: the value of one axis, for each variant and setting by
 * itself, by the mean over seeds of the log of a loss that is not the one of the test. */
struct pl_select {
    const char *over; /* key of an axis of numbers above 0; NULL: nothing is chosen */
    const char *by;   /* valid_loss or train_loss */
};

struct pl_design;

struct pl_experiment {
    struct pl_arena arena;   /* owns every string below */
    const char *path;        /* of the study file */
    const char *name;        /* `study:`, also the folder under results/ */
    const char *question;    /* "" when the file has none */
    const char *source;      /* the text of the file, to the letter; NULL when it is not known */
    const char *commanded;   /* the overrides, parted by spaces; "" without any, NULL: not known */
    struct pl_settings base; /* file and command line: what was set of model.*, task.*, train.*,
                                variant.* and backend; defaults are filled in with each cell */
    struct pl_entry *entries;
    size_t entry_count;
    struct pl_axis *axes;
    size_t axis_count;
    const struct pl_design *design; /* the axes that were sampled (design.h); NULL without any */
    uint64_t *seeds;
    size_t seed_count;
    const char *baseline; /* a label; the first entry's when not given */
    bool match_params;    /* match: params, see match.h */
    const char *metric;   /* the loss that reports compare; NULL for their default */
    struct pl_select select;
    const char *budget; /* key of the axis along which compute grows; NULL without one */
    struct pl_claims claims;
    struct pl_probe_options diagnostics; /* settled */
    double cell_seconds;       /* limits.cell_seconds: a longer cell fails; 0 = no limit */
    double hours;              /* limits.hours: the budget of a run; 0 = no limit */
    double checkpoint_minutes; /* limits.checkpoint_minutes: of a long cell; 0 = no checkpoints */
};

/* Loads [path], or the study of that name (locate.h), and applies [override_count] texts "key=value". On success the caller owns [out] and
 * ends it with pl_experiment_finish; on failure it is PL_ECONFIG and [out] is empty. Options that
 * must fit each other are checked when cells are made (pl_experiment_expand). */
enum pl_status pl_experiment_load(struct pl_experiment *out, const char *path,
                                  const char *const *overrides, size_t override_count) PL_NODISCARD;
/* The same for a text; [name] stands for the file in places. */
enum pl_status pl_experiment_load_text(struct pl_experiment *out, const char *name,
                                       const char *text, size_t length,
                                       const char *const *overrides,
                                       size_t override_count) PL_NODISCARD;
void pl_experiment_finish(struct pl_experiment *experiment);

/* How many points the axes have: 1 without any. */
size_t pl_experiment_points(const struct pl_experiment *experiment);

/* Sets what the value at [index] of [axis] sets for an entry of [variant]: of a choice all settings but
 * options that other variants have and this one has not. NULL: all. Texts are borrowed. */
void pl_axis_set(const struct pl_axis *axis, size_t index, const char *variant,
                 struct pl_settings *out);

/* Which value of [axis] a point has. Points count with the last axis fastest. */
size_t pl_experiment_axis_index(const struct pl_experiment *experiment, size_t point, size_t axis);

/* Appends a sentence when the design cannot reach PL_ALPHA: with m comparisons at a point of the axes
 * and n seeds, the smallest p of an exact sign-flip test is 2^(1-n), so Holm's correction needs
 * n >= 1 + ceil(log2(m / alpha)). Nothing when it can, or when there is nothing to compare. */
void pl_experiment_power_note(const struct pl_experiment *experiment, struct pl_strbuf *out);

#endif
