/* Json: the stable form, docs/ci.md. */
#include <math.h>

#include "core/base/json.h"
#include "experiments/check/output_impl.h"

static struct pl_json *interval_json(struct pl_interval interval) {
    if (!pl_interval_exists(interval)) return pl_json_text(NULL);
    struct pl_json *out = pl_json_array();
    pl_json_append(out, pl_json_real(interval.low));
    pl_json_append(out, pl_json_real(interval.high));
    return out;
}

/* JSON has no infinity: "inf" for a ratio that most pairs diverged in. */
static struct pl_json *number_json(double value) {
    return isinf(value) ? pl_json_text(value > 0 ? "inf" : "-inf") : pl_json_real(value);
}

static struct pl_json *claim_json(const struct pl_check_row *row) {
    const struct pl_claim *claim = row->claim;
    const struct pl_finding *finding = &row->finding;
    struct pl_json *out = pl_json_object();
    pl_json_set(out, "claim", pl_json_text(claim->text));
    pl_json_set(out, "kind", pl_json_text(pl_claim_kind_name(claim->kind)));
    pl_json_set(out, "metric", pl_json_text(claim->metric ? claim->metric->name : NULL));
    pl_json_set(out, "line", pl_json_int(claim->place.line));
    pl_json_set(out, "verdict", pl_json_text(pl_claim_verdict_name(row->verdict)));
    pl_json_set(out, "look", pl_json_int((int64_t)row->look));
    pl_json_set(out, "subject", pl_json_text(finding->subject));
    pl_json_set(out, "estimate", number_json(finding->estimate));
    pl_json_set(out, "interval", interval_json(finding->interval));
    pl_json_set(out, "n", pl_json_int((int64_t)finding->n));
    pl_json_set(out, "diverged", pl_json_int((int64_t)finding->diverged));
    pl_json_set(out, "p_for", pl_json_real(row->for_holm));
    pl_json_set(out, "p_against", pl_json_real(row->against_holm));
    pl_json_set(out, "p_small", pl_json_real(row->small_holm));
    pl_json_set(out, "level", pl_json_real(row->level));
    pl_json_set(out, "alarm_level", pl_json_real(row->alarm_level));
    return out;
}

static struct pl_json *moved_json(const struct pl_moved *moved) {
    struct pl_json *out = pl_json_object();
    pl_json_set(out, "group", pl_json_text(moved->name));
    pl_json_set(out, "seed", pl_json_int((int64_t)moved->seed));
    pl_json_set(out, "metric", pl_json_text(moved->metric->name));
    pl_json_set(out, "then", number_json(moved->then));
    pl_json_set(out, "now", number_json(moved->now));
    pl_json_set(out, "by", number_json(moved->by));
    pl_json_set(out, "allowed", pl_json_real(moved->allowed));
    return out;
}

static struct pl_json *reference_json(const struct pl_check *check) {
    const struct pl_drift *drift = check->drift;
    if (!drift) return pl_json_text(NULL);
    struct pl_json *out = pl_json_object(), *differences = pl_json_array(),
                   *worst = pl_json_array();
    for (size_t k = 0; k < drift->difference_count; k++)
        pl_json_append(differences, pl_json_text(drift->differences[k]));
    for (size_t k = 0; k < drift->worst_count; k++)
        pl_json_append(worst, moved_json(&drift->worst[k]));
    pl_json_set(out, "commit", pl_json_text(check->commit));
    pl_json_set(out, "same_class", pl_json_bool(drift->same_class));
    pl_json_set(out, "differences", differences);
    pl_json_set(out, "seeds", pl_json_int((int64_t)drift->seeds));
    pl_json_set(out, "compared", pl_json_int((int64_t)drift->compared));
    pl_json_set(out, "changed", pl_json_int((int64_t)drift->changed));
    pl_json_set(out, "drifted", pl_json_int((int64_t)drift->drifted));
    pl_json_set(out, "worst", worst);
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
    struct pl_json *page = pl_json_object(), *claims = pl_json_array();
    for (size_t k = 0; k < check->claims.count; k++)
        pl_json_append(claims, claim_json(&check->rows[k]));
    pl_json_set(page, "schema", pl_json_int(PL_CHECK_SCHEMA));
    pl_json_set(page, "study", pl_json_text(check->experiment->name));
    pl_json_set(page, "exit_status", pl_json_int(pl_check_exit(check)));
    pl_json_set(page, "strict", pl_json_bool(check->strict));
    pl_json_set(page, "exact", pl_json_bool(check->exact));
    pl_json_set(page, "failed_cells", pl_json_int((int64_t)check->failed));
    pl_json_set(page, "looks", looks_json(check));
    pl_json_set(page, "claims", claims);
    pl_json_set(page, "reference", reference_json(check));
    char *text = pl_json_write(page, true);
    pl_strbuf_addf(out, "%s\n", text);
    pl_free(text);
    pl_json_destroy(page);
}
