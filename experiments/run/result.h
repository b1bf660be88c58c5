/* Result: what became of a cell. The plain struct that passes worker -> pool -> store -> analysis. */
#ifndef PL_EXPERIMENTS_RUN_RESULT_H
#define PL_EXPERIMENTS_RUN_RESULT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/arena.h"

enum pl_outcome {
    PL_PENDING,
    PL_RUNNING,
    PL_DONE,
    PL_DIVERGED, /* non-finite, or a final loss above 1000 x trivial: a result like any other */
    PL_FAILED,   /* a crash, an abort, a time limit, no memory: message says which */
};

/* One number at one step; the final values stand at the last step of the run. core/train/metric.h has
 * the names and what they mean. */
struct pl_metric {
    const char *name;
    long step;
    double value;
};

/* One number about the inside of a network at one step (docs/diagnostics.md has the names). An index that
 * a quantity does not have is PL_NO_INDEX. */
struct pl_diagnostic {
    const char *name; /* mixing, h_rms, ... */
    long step;
    int layer;  /* 1 .. L+1, the last being the readout; v_rms counts from 0, the embedding */
    int source; /* 0 .. layer - 1: of which output, v_0 being the embedding */
    double value;
};
enum { PL_NO_INDEX = -1 };

struct pl_result {
    struct pl_arena arena; /* owns the strings and the arrays */
    enum pl_outcome outcome;
    bool damaged;        /* PENDING: it was finished, but its stored numbers were changed or lost */
    bool damaged_inside; /* so were its diagnostics, which are left out */
    struct pl_metric *metrics;
    size_t metric_count, metric_capacity;
    struct pl_diagnostic *diagnostics; /* in the order in which they were measured */
    size_t diagnostic_count, diagnostic_capacity;
    const char
        *diagnosed;      /* the settings under which they were: canonical text; "" or NULL: none */
    double seconds;      /* wall time of the cell; timing is never compared bit by bit */
    double step_ms;      /* median time of a training step */
    const char *message; /* FAILED: the sentence, signal and tail of stderr; otherwise "" */
    const char *provenance; /* a JSON object: source commit, compiler, CPU, library versions, ... */
};

/* A zeroed struct is a valid empty result (PENDING). */
void pl_result_finish(struct pl_result *result);

/* Adds a metric; [name] is copied. */
void pl_result_add(struct pl_result *result, const char *name, long step, double value);

/* Adds a diagnostic; [name] is copied, unless it is the last one's. */
void pl_result_diagnose(struct pl_result *result, const struct pl_diagnostic *diagnostic);

/* Makes [result] a FAILED one with this message. Since part of it may stem from a worker's stderr,
 * bytes that are not UTF-8 and control characters other than newline and tab become '?'. */
void pl_result_fail(struct pl_result *result, const char *format, ...) PL_PRINTF(2, 3);

/* "pending", "running", "done", "diverged", "failed", and back (false: no such name) */
const char *pl_outcome_name(enum pl_outcome outcome);
bool pl_outcome_find(enum pl_outcome *out, const char *name);
/* Done or diverged: training came to its end, and its metrics are final. */
bool pl_outcome_is_finished(enum pl_outcome outcome);

/* The value of [name] at the greatest step, NaN when the result has none. */
double pl_result_final(const struct pl_result *result, const char *name);

/* Result to text and back: the form in which a worker sends it. JSON on one line; finite numbers keep
 * every bit, the others travel as the texts "nan", "inf", "-inf" (a NaN's payload is not kept):
 *
 *     {"outcome":"done","count":1,"metrics":[["train_loss",300,0.123]],"seconds":1.5,
 *      "step_ms":4.2,"message":"","provenance":"{...}",
 *      "diagnosed":"...","diagnostics":[["mixing",300,4,2,0.25]]}
 */
char *pl_result_write(const struct pl_result *result); /* caller frees with pl_free */

/* Reads such a text into [out], whatever it held before is not freed. Anything else is PL_EPROCESS
 * with a sentence, and [out] is an empty result. */
enum pl_status pl_result_read(struct pl_result *out, const char *text, size_t length) PL_NODISCARD;

/* Whether two numbers have the same bits; any two NaN do. */
bool pl_real_same(double a, double b);

/* The texts of non-finite numbers: NULL for a finite one; and back (false: no such text). */
const char *pl_real_name(double value);
bool pl_real_find(double *out, const char *name);

#endif
