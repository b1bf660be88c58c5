/* Metric: what is measured of a run, one row each. Whoever writes, compares, claims, keeps or lists
 * a metric asks these rows. A new measure (core/graph/network.h) is a row a split; another metric is a
 * row and the line in experiments/run/cell_run.c that computes its value.
 *
 *     const struct pl_metric_row *row = pl_metric_find("accuracy");
 *     row->higher    is a greater value better?
 *     row->ratio     are two values compared as a log ratio, or as a difference?
 *     row->uses      where it may be named
 *
 * The order of the rows is the order in which reports list metrics.
 */
#ifndef PL_TRAIN_METRIC_H
#define PL_TRAIN_METRIC_H

#include <stdbool.h>

#include "core/config/names.h"
#include "core/data/dataset.h"
#include "core/graph/network.h"

enum pl_metric_kind {
    PL_METRIC_LOSS,
    PL_METRIC_RATE,  /* a share of tokens or samples, bits a parameter */
    PL_METRIC_COUNT, /* steps, parameters, operations: a whole number */
    PL_METRIC_TIME   /* of a clock: measured when it is asked for, never compared bit by bit */
};

/* Where a metric may be named, and who keeps it. */
enum pl_metric_use {
    PL_METRIC_COMPARE = 1,   /* `metric:` of a study, --metric of a command: what reports compare */
    PL_METRIC_SELECT = 2,    /* `select: {by}`: a loss that is not the one of the test */
    PL_METRIC_CLAIM = 4,     /* `metric:` of a claim about results */
    PL_METRIC_COST = 8,      /* `metric:` of a claim about costs */
    PL_METRIC_REFERENCE = 16 /* kept in a reference file (experiments/check/reference.h) */
};

struct pl_metric_row {
    const char *name;
    enum pl_metric_kind kind;
    bool higher;  /* a greater value is better */
    bool ratio;   /* compared as a log ratio; otherwise as a difference */
    bool classes; /* only a task of classes has it */
    bool open;    /* a finished run without it never got there: infinitely bad, not missing */
    bool curve;   /* [measure] of [split], at chosen steps; otherwise once, at the end */
    enum pl_measure measure;
    enum pl_split split;
    unsigned uses;    /* of enum pl_metric_use */
    const char *unit; /* "" without one */
    const char *help; /* one sentence without a full stop */
};

enum { PL_METRIC_ROWS = 25 }; /* as many as metric.c lists */

extern const struct pl_metric_row pl_metrics[PL_METRIC_ROWS];

#define PL_LOSS_FLOOR     1e-12 /* losses are compared from this share of the trivial one on */
#define PL_METRIC_DEFAULT "test_loss"  /* what reports compare when nothing is said */
#define PL_METRIC_CHOOSES "valid_loss" /* what `select` goes by when nothing is said */

/* NULL when there is no such metric. */
const struct pl_metric_row *pl_metric_find(const char *name);

/* What a measure of a split is called. */
const char *pl_metric_of_split(enum pl_measure measure, enum pl_split split);

/* The names of the rows with a use, in the order of the table; [room] holds them. */
struct pl_names pl_metric_names(const char *room[PL_METRIC_ROWS], enum pl_metric_use use);

/* PL_ECONFIG when no metric of that use is called [name], with the sentence of pl_names_fail:
 * [what] "tset_loss"; did you mean "test_loss"? It takes train_loss, valid_loss or ... */
enum pl_status pl_metric_check(const char *name, enum pl_metric_use use, struct pl_place place,
                               const char *what) PL_NODISCARD;

#endif
