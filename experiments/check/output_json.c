/* Json: the stable form, docs/ci.md. */
#include <math.h>

#include "core/base/json.h"
#include "experiments/check/output_impl.h"
#include "experiments/report/rows.h"

/* JSON has no infinity: "inf" for a ratio that most pairs diverged in. */
static struct pl_json *number_json(double value) {
    return isinf(value) ? pl_json_text(value > 0 ? "inf" : "-inf") : pl_json_real(value);
}

static struct pl_json *make_number(const void *context, const void *item, const void *value) {
    (void)context;
    (void)item;
    return number_json(*(const double *)value);
}

static struct pl_json *make_text(const void *context, const void *item, const void *claim) {
    (void)context;
    (void)item;
    return pl_json_text((*(const struct pl_claim *const *)claim)->text);
}

static struct pl_json *make_kind(const void *context, const void *item, const void *claim) {
    (void)context;
    (void)item;
    return pl_json_text(pl_claim_kind_name((*(const struct pl_claim *const *)claim)->kind));
}

static struct pl_json *make_metric(const void *context, const void *item, const void *claim) {
    const struct pl_metric_row *metric = (*(const struct pl_claim *const *)claim)->metric;
    (void)context;
    (void)item;
    return pl_json_text(metric ? metric->name : NULL);
}

static struct pl_json *make_readings(const void *context, const void *item, const void *finding) {
    const struct pl_check_row *row = item;
    const struct pl_finding *f = finding;
    (void)context;
    if (!row->claim->each) return pl_json_text(NULL);
    struct pl_json *out = pl_json_object();
    pl_json_set(out, "holds", pl_json_int((int64_t)f->readings[PL_CLAIM_HOLDS]));
    pl_json_set(out, "contradicted", pl_json_int((int64_t)f->readings[PL_CLAIM_CONTRADICTED]));
    pl_json_set(out, "too_small", pl_json_int((int64_t)f->readings[PL_CLAIM_TOO_SMALL]));
    pl_json_set(out, "inconclusive", pl_json_int((int64_t)f->readings[PL_CLAIM_OPEN]));
    return out;
}

static struct pl_json *make_line(const void *context, const void *item, const void *claim) {
    (void)context;
    (void)item;
    return pl_json_int((*(const struct pl_claim *const *)claim)->place.line);
}

static struct pl_json *make_verdict(const void *context, const void *item, const void *verdict) {
    (void)context;
    (void)item;
    return pl_json_text(pl_claim_verdict_name(*(const enum pl_claim_verdict *)verdict));
}

#define ROW(name, member, kind, unit, help)                                                        \
    PL_ROW_AS(name, struct pl_check_row, member, kind, unit, help)
#define MADE(member, name, make, help) PL_ROW_MADE_BY(struct pl_check_row, member, name, make, help)
static const struct pl_row claim_rows[] = {
    MADE(claim, "claim", make_text, "in one line"),
    MADE(claim, "kind", make_kind, "better, order, equivalent, ..."),
    MADE(claim, "metric", make_metric, "null: divergence"),
    MADE(claim, "line", make_line, "of the study file"),
    MADE(verdict, "verdict", make_verdict, "holds, contradicted, too small, inconclusive"),
    ROW("look", look, PL_ROW_SIZE, PL_UNIT_NONE, "that settled it, from 1"),
    ROW("subject", finding.subject, PL_ROW_TEXT, PL_UNIT_NONE, "of the part that decides"),
    MADE(finding.estimate, "estimate", make_number, "in the words of the claim"),
    ROW("interval", finding.interval, PL_ROW_INTERVAL, PL_UNIT_RATIO, "of it"),
    ROW("n", finding.n, PL_ROW_SIZE, PL_UNIT_NONE, "seeds, runs, rounds or readings"),
    MADE(finding, "readings", make_readings, "with each verdict; null: not about a share of them"),
    ROW("diverged", finding.diverged, PL_ROW_SIZE, PL_UNIT_NONE, "of its runs"),
    ROW("p_for", for_holm, PL_ROW_REAL, PL_UNIT_P, "after Holm over all claims"),
    ROW("p_against", against_holm, PL_ROW_REAL, PL_UNIT_P, "the same"),
    ROW("p_small", small_holm, PL_ROW_REAL, PL_UNIT_P, "the same"),
    ROW("level", level, PL_ROW_REAL, PL_UNIT_P, "that it was held to"),
    ROW("alarm_level", alarm_level, PL_ROW_REAL, PL_UNIT_P, "the same, for contradicted"),
    {0},
};
#undef MADE
#undef ROW

static struct pl_json *make_metric_name(const void *context, const void *item, const void *metric) {
    (void)context;
    (void)item;
    return pl_json_text((*(const struct pl_metric_row *const *)metric)->name);
}

#define MADE(member, name, make, help) PL_ROW_MADE_BY(struct pl_moved, member, name, make, help)
static const struct pl_row moved_rows[] = {
    PL_ROW_AS("group", struct pl_moved, name, PL_ROW_TEXT, PL_UNIT_NONE, "entry and point"),
    PL_ROW(struct pl_moved, seed, PL_ROW_SEED, PL_UNIT_NONE, "of the run"),
    MADE(metric, "metric", make_metric_name, "that moved"),
    MADE(then, "then", make_number, "in the reference"),
    MADE(now, "now", make_number, "in the results"),
    MADE(by, "by", make_number, "how far, in logs for losses"),
    PL_ROW(struct pl_moved, allowed, PL_ROW_REAL, PL_UNIT_NONE, "of that"),
    {0},
};
#undef MADE

static const struct pl_row drift_rows[] = {
    PL_ROW(struct pl_drift, seeds, PL_ROW_SIZE, PL_UNIT_NONE, "in common"),
    PL_ROW(struct pl_drift, portable, PL_ROW_SIZE, PL_UNIT_NONE,
           "groups whose bits are those of every machine"),
    PL_ROW(struct pl_drift, compared, PL_ROW_SIZE, PL_UNIT_NONE, "values"),
    PL_ROW(struct pl_drift, changed, PL_ROW_SIZE, PL_UNIT_NONE, "with other bits"),
    PL_ROW(struct pl_drift, drifted, PL_ROW_SIZE, PL_UNIT_NONE, "beyond what is allowed"),
    PL_ROW(struct pl_drift, drifted_portable, PL_ROW_SIZE, PL_UNIT_NONE, "of portable groups"),
    {0},
};

static struct pl_json *reference_json(const struct pl_check *check) {
    const struct pl_drift *drift = check->drift;
    if (!drift) return pl_json_text(NULL);
    struct pl_json *out = pl_json_object(), *differences = pl_json_array();
    for (size_t k = 0; k < drift->difference_count; k++)
        pl_json_append(differences, pl_json_text(drift->differences[k]));
    pl_json_set(out, "commit", pl_json_text(check->commit));
    pl_json_set(out, "same_class", pl_json_bool(drift->same_class));
    pl_json_set(out, "differences", differences);
    pl_rows_set(out, drift_rows, NULL, drift);
    pl_json_set(
        out, "worst",
        pl_rows_array(moved_rows, NULL, drift->worst, drift->worst_count, sizeof *drift->worst));
    return out;
}

static struct pl_json *looks_json(const struct pl_check *check) {
    struct pl_json *out = pl_json_object(), *seeds = pl_json_array();
    for (size_t k = 0; k < check->looks.count; k++)
        pl_json_append(seeds, pl_json_int((int64_t)check->looks.seeds[k]));
    pl_json_set(out, "taken", pl_json_int((int64_t)check->look));
    pl_json_set(out, "seeds", seeds);
    return out;
}

void pl_check_write_json(const struct pl_check *check, struct pl_strbuf *out) {
    struct pl_json *page = pl_json_object();
    pl_json_set(page, "schema", pl_json_int(PL_CHECK_SCHEMA));
    pl_json_set(page, "study", pl_json_text(check->experiment->name));
    pl_json_set(page, "exit_status", pl_json_int(pl_check_exit(check)));
    pl_json_set(page, "strict", pl_json_bool(check->strict));
    pl_json_set(page, "exact", pl_json_bool(check->exact));
    pl_json_set(page, "failed_cells", pl_json_int((int64_t)check->failed));
    pl_json_set(page, "lacking_cells", pl_json_int((int64_t)check->lacking));
    pl_json_set(page, "looks", looks_json(check));
    pl_json_set(
        page, "claims",
        pl_rows_array(claim_rows, NULL, check->rows, check->claims.count, sizeof *check->rows));
    pl_json_set(page, "reference", reference_json(check));
    pl_json_print(page, true, out);
}
