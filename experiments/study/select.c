#include "experiments/study/select.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/config/option.h"
#include "core/config/quote.h"

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

static enum pl_status fail_axis(const struct pl_experiment *experiment,
                                const struct pl_yaml *node) {
    const char **keys = pl_alloc_zero(experiment->axis_count + 1, sizeof *keys);
    char shown[PL_QUOTED];
    struct pl_strbuf known;
    pl_strbuf_init(&known);
    for (size_t i = 0; i < experiment->axis_count; i++) {
        keys[i] = experiment->axes[i].key;
        pl_strbuf_addf(&known, "%s%s", i == 0 ? "" : ", ", keys[i]);
    }
    const char *near = pl_nearest(node->text, keys, experiment->axis_count);
    const char *hint = near                ? "; did you mean "
                       : known.length == 0 ? "; add it there"
                                           : "; the axes are ";
    enum pl_status status =
        pl_fail_at(node->place, "select chooses over %s, which is no axis of the sweep%s%s%s",
                   pl_quoted(shown, node->text), hint, near ? near : known.text, near ? "?" : "");
    pl_strbuf_finish(&known);
    pl_free(keys);
    return status;
}

static enum pl_status read_over(struct pl_experiment *out, const struct pl_yaml *node) {
    PL_TRY(want_scalar(node, "over"));
    for (size_t i = 0; i < out->axis_count; i++) {
        if (strcmp(out->axes[i].key, node->text) != 0) continue;
        out->select.over = out->axes[i].key;
        return check_values(&out->axes[i], node->place);
    }
    return fail_axis(out, node);
}

static enum pl_status read_by(struct pl_experiment *out, const struct pl_yaml *node) {
    static const char *const losses[] = {"valid_loss", "train_loss"};
    char shown[PL_QUOTED];
    PL_TRY(want_scalar(node, "by"));
    for (size_t i = 0; i < 2; i++) {
        if (strcmp(losses[i], node->text) != 0) continue;
        out->select.by = losses[i];
        return PL_OK;
    }
    bool test = strncmp(node->text, "test_", 5) == 0;
    const char *near = test ? NULL : pl_nearest(node->text, losses, 2);
    return pl_fail_at(node->place, "select goes by %s; it takes valid_loss or train_loss%s%s%s%s",
                      pl_quoted(shown, node->text),
                      test ? ", for what is chosen by the test can no longer be tested by it" : "",
                      near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

static const struct member {
    const char *name;
    enum pl_status (*read)(struct pl_experiment *out, const struct pl_yaml *node);
} members[] = {{"over", read_over}, {"by", read_by}};

static enum pl_status read_member(struct pl_experiment *out, const struct pl_yaml *key,
                                  const struct pl_yaml *node) {
    char shown[PL_QUOTED];
    const char *names[] = {members[0].name, members[1].name};
    for (size_t i = 0; i < 2; i++)
        if (strcmp(members[i].name, key->text) == 0) return members[i].read(out, node);
    const char *near = pl_nearest(key->text, names, 2);
    return pl_fail_at(key->place, "select has no key %s; %s%s%s over and by",
                      pl_quoted(shown, key->text), near ? "did you mean \"" : "", near ? near : "",
                      near ? "\"? It has" : "it has");
}

enum pl_status pl_select_read(struct pl_experiment *out, const struct pl_yaml *node) {
    if (!node) return PL_OK;
    out->select.by = "valid_loss";
    for (size_t i = 0; i < node->count; i++)
        PL_TRY(read_member(out, node->keys[i], node->values[i]));
    if (out->select.over) return PL_OK;
    return pl_fail_at(node->place,
                      "select does not say over what; add over: AXIS, such as {over: train.lr, by: "
                      "valid_loss}");
}
