/* Task: the contract of a problem to learn.
 *
 * For a task xxx, file task_xxx.c defines `const struct pl_task pl_task_xxx` and promises:
 *   - the mathematics in a comment at its top; an option table of its own;
 *   - generate() fills train, valid, test and test_clean, each from its own named stream (data-train,
 *     data-valid, data-test; the world shared by them, such as W or a teacher, from task-world), so
 *     that no split depends on another's size: the first n samples are the same whatever the count;
 *   - where out->fresh is n and not 0, generate() fills train alone, with `samples` new samples from
 *     the stream data-fresh/n, of the same world and never those of valid or test. pl_split_generate and
 *     what is made of it does so; a task that cannot fails with a sentence;
 *   - same options and seed, same bytes, on every machine: no libm (core/base/math.h instead), no
 *     BLAS; real targets are computed in double and rounded once to float32;
 *   - `structure` in [0, 1] mixes in the task's random twin: regression y = s y* + (1-s) z with z
 *     drawn once a sample (mix: variance uses sqrt(s) and sqrt(1-s) style weights that keep the
 *     target's variance); classification replaces a label, with probability 1-s, by a random one of
 *     the same marginal, and marks it corrupted. Train, valid and test alike; test_clean has the
 *     inputs of test and the uncorrupted targets, those of test at structure 1; a task that is
 *     random by nature has none, and leaves test_clean empty. A task without a dial refuses any
 *     structure but its own;
 *   - known reference points, each a formula where one exists;
 *   - no test input equals a training input, unless the task is about memorising and says so.
 *
 * `plumbline selftest task xxx` checks these.
 */
#ifndef PL_TASKS_TASK_H
#define PL_TASKS_TASK_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/hash.h"
#include "core/base/status.h"
#include "core/config/option.h"
#include "core/data/dataset.h"

/* What every task has; the first member of each task's own options struct. */
struct pl_task_common {
    double structure; /* 1 fully structured, 0 the random twin */
    int mix;          /* PL_MIX_* */
    long samples;     /* of train */
    long valid_samples;
    long test_samples; /* of test and of test_clean */
};

enum pl_mix { PL_MIX_LINEAR, PL_MIX_VARIANCE };

/* Known points on the loss axis; NaN where none is known. Losses as the model's: mean squared error
 * over tokens and outputs, or cross-entropy in nats. */
struct pl_task_points {
    double trivial;   /* expected test loss of the best constant predictor */
    double best_test; /* best reachable expected test loss (Bayes or teacher) */
    double solved;    /* test loss at or below which the task counts as solved */
};

struct pl_task {
    const char *name;
    const char *summary;       /* one line */
    const char *formula;       /* inputs -> targets, one line */
    const char *citation;      /* who says so; "" when it is ours */
    int version;               /* raised when the same options and seed give other bytes */
    struct pl_options options; /* section "task"; the rows include PL_TASK_COMMON_ROWS */
    size_t options_size;       /* bytes of the options struct */

    /* Required: checks options against each other. On refusal *key is the option at fault. */
    enum pl_status (*check)(const void *options, const char **key);
    /* Required: the shape of the data, known from the options alone. */
    void (*shape)(const void *options, struct pl_data_shape *out);
    /* Required: data for a seed; [out] is empty, and empty again after a failure. */
    enum pl_status (*generate)(const void *options, uint64_t seed, struct pl_dataset *out);
    /* Required: reference points for a seed; [data] is what generate gave for it. */
    enum pl_status (*points)(const void *options, uint64_t seed, const struct pl_dataset *data,
                             struct pl_task_points *out);
    /* Optional: how many training samples a model of [params] trained parameters gets, for a task that
     * measures its data by the model; 0: as many as the option samples says. */
    double (*samples)(const void *options, double params);
    /* Optional: the hash of what the task reads from outside, such as a file; "" when that is nothing. It becomes
     * the option hash, which such a task has, and with that a part of what a cell is. */
    enum pl_status (*contents)(const void *options, char out[PL_HASH_TEXT]);
};

/* The rows of struct pl_task_common for the option table of a struct S that begins with it; the
 * second form for a task whose own end of the axis is not the structured one. */
#define PL_TASK_COMMON_ROWS(S) PL_TASK_COMMON_ROWS_AT(S, "1")
#define PL_TASK_COMMON_ROWS_AT(S, structure_default)                                               \
    PL_TASK_ROW(S, structure, PL_TYPE_REAL, structure_default, 0, 1, NULL,                         \
                "1 is fully structured, 0 the random twin with nothing to generalise"),            \
        PL_TASK_ROW(S, mix, PL_TYPE_CHOICE, "linear", 0, 0, "linear|variance",                     \
                    "how structured and random targets are mixed; variance keeps the target's "    \
                    "variance"),                                                                   \
        PL_TASK_ROW(S, samples, PL_TYPE_INT, "1000", 1, 10000000, NULL, "training samples"),       \
        PL_TASK_ROW(S, valid_samples, PL_TYPE_INT, "1000", 1, 10000000, NULL,                      \
                    "validation samples"),                                                         \
        PL_TASK_ROW(S, test_samples, PL_TYPE_INT, "1000", 1, 10000000, NULL, "test samples")
#define PL_TASK_ROW(S, name, type, dflt, min, max, choices, help)                                  \
    { #name, type, offsetof(S, common.name), dflt, min, max, choices, help, false }

/* The list of tasks, in the order of `plumbline list tasks`: those of the program, then those of
 * plug-ins; NULL after the last. */
const struct pl_task *pl_task_at(size_t index);

/* The task called [name]; PL_ECONFIG with the nearest name when there is none. */
enum pl_status pl_task_find(const struct pl_task **out, const char *name) PL_NODISCARD;

/* What a plug-in is: a shared object with this one symbol, written by the macro below it at the end of
 * a file of its own (docs/add-a-task.md). The numbers are looked at before anything else. */
#define PL_TASK_API 3 /* raised when something in this header changes its meaning or its layout */

struct pl_task_plugin {
    int api;                            /* PL_TASK_API */
    size_t task_size;                   /* sizeof(struct pl_task) */
    const struct pl_task *const *tasks; /* ended by NULL */
};
extern const struct pl_task_plugin pl_task_plugin;

/* PL_TASK_PLUGIN(&pl_task_xxx); or several of them. */
#define PL_TASK_PLUGIN(...)                                                                        \
    const struct pl_task_plugin pl_task_plugin = {                                                 \
        PL_TASK_API, sizeof(struct pl_task), (const struct pl_task *const[]){__VA_ARGS__, NULL}}

#endif
