#include "experiments/study/select.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/config/quote.h"
#include "core/train/metric.h"

static enum pl_status want_scalar(const struct pl_yaml *node, const char *name) {
    if (node->kind == PL_YAML_SCALAR) return PL_OK;
    return pl_fail_at(node->place, "%s is %s; it takes a single value", name,
                      pl_yaml_kind_name(node->kind));
}

static enum pl_status check_values(const struct pl_axis *axis, struct pl_place place) {
    for (size_t i = 0; i < axis->count; i++) {
        char *end;
        double value = strtod(axis->values[i], &end);
        if (*end == '\0' && isfinite(value) && value > 0.0) continue;
        return pl_fail_at(place,
                          "the axis %s has the value \"%s\", and what is chosen over lies on a log "
                          "scale; name an axis of numbers above 0, such as train.lr",
                          axis->key, axis->values[i]);
    }
    return PL_OK;
}

static enum pl_status read_over(struct pl_experiment *out, const struct pl_yaml *node) {
    struct pl_names axes = PL_NAMES(struct pl_axis, key, out->axes, out->axis_count);
    char shown[PL_QUOTED];
    PL_TRY(want_scalar(node, "over"));
    size_t axis = pl_names_find(axes, node->text);
    if (axis == out->axis_count)
        return pl_names_fail(
            axes, node->place, node->text, out->axis_count ? "the axes are {and}" : "add it there",
            "select chooses over %s, which is no axis of the sweep", pl_quoted(shown, node->text));
    out->select.over = out->axes[axis].key;
    return check_values(&out->axes[axis], node->place);
}

static enum pl_status read_by(struct pl_experiment *out, const struct pl_yaml *node) {
    PL_TRY(want_scalar(node, "by"));
    const struct pl_metric_row *row = pl_metric_find(node->text);
    if (row && row->curve && (row->split == PL_TEST || row->split == PL_TEST_CLEAN))
        return pl_fail_at(node->place,
                          "select goes by \"%s\", and what is chosen by the test can no longer be "
                          "tested by it; it takes a loss of training or validation",
                          node->text);
    out->select.by = node->text;
    return pl_metric_check(node->text, PL_METRIC_SELECT, node->place, "select goes by");
}

static const struct member {
    const char *name;
    enum pl_status (*read)(struct pl_experiment *out, const struct pl_yaml *node);
} members[] = {{"over", read_over}, {"by", read_by}};

#define MEMBERS (sizeof members / sizeof members[0])

static enum pl_status read_member(struct pl_experiment *out, const struct pl_yaml *key,
                                  const struct pl_yaml *node) {
    struct pl_names names = PL_NAMES(struct member, name, members, MEMBERS);
    char shown[PL_QUOTED];
    size_t row = pl_names_find(names, key->text);
    if (row < MEMBERS) return members[row].read(out, node);
    return pl_names_fail(names, key->place, key->text, "it has {and}", "select has no key %s",
                         pl_quoted(shown, key->text));
}

enum pl_status pl_select_read(struct pl_experiment *out, const struct pl_yaml *node,
                              const struct pl_yaml *by) {
    if (!node) return PL_OK;
    out->select.by = PL_METRIC_CHOOSES;
    for (size_t i = 0; i < node->count; i++)
        PL_TRY(read_member(out, node->keys[i], node->values[i]));
    if (by) PL_TRY(read_by(out, by));
    if (out->select.over) return PL_OK;
    return pl_fail_at(node->place,
                      "select does not say over what; add over: AXIS, such as {over: train.lr, by: "
                      "valid_loss}");
}
