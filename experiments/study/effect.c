/* Only axes of model, variant and training can change what is trained; the others stay at their first value.
 * The points that are left are looked at in order, as long as no more than NETWORKS_MOST networks are built:
 * digests[look * entries + entry] is what is trained there. An entry that could not be looked at has the
 * digest "", which equals nothing.
 */
#include "experiments/study/effect.h"

#include <stdio.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/hash.h"
#include "core/base/log.h"
#include "core/train/optim.h"
#include "core/train/schedule.h"
#include "experiments/cell/bound.h"
#include "experiments/study/expand.h"
#include "experiments/study/study.h"

#define NETWORKS_MOST 512
#define DEPTH_MOST    256 /* of such a network */
#define RATES_MOST    64  /* steps at each end of the schedule, and between */

/* ---- what is trained ---- */

/* The digest of the graph and of the training; "" for a network that is too deep to be worth it. */
static void make_digest(const struct pl_bound *bound, char out[PL_HASH_TEXT]) {
    const struct pl_train_options *train = &bound->train;
    const struct pl_optim_rule *rule = pl_optim_at(train->optimizer);
    struct pl_attr attr = rule->attr(train);
    struct pl_network network;
    struct pl_graph graph;
    struct pl_strbuf text;
    out[0] = '\0';
    if (bound->model.host.depth > DEPTH_MOST) return;
    pl_graph_init(&graph);
    pl_model_build(&bound->model, &bound->io, &graph, &network);
    pl_model_digest(&graph, out);
    pl_strbuf_init(&text);
    pl_strbuf_addf(&text, "%s %s %d %ld %ld %d %ld %.17g\n", out,
                   pl_settings_value(&bound->settings, "backend", ""), (int)rule->op, train->steps,
                   train->batch, (int)train->fresh, train->eval_points, train->clip);
    pl_strbuf_addf(&text, "%.17g %.17g %.17g %.17g", attr.sgd.momentum, attr.adam.beta1,
                   attr.adam.beta2, attr.adam.eps);
    if (rule->decays)
        pl_strbuf_addf(&text, " decay %.17g %d", train->weight_decay,
                       graph.group_size[PL_GROUP_EMBED] > 0 && train->decay_embeddings);
    if (graph.group_size[PL_GROUP_CONNECTION] > 0)
        pl_strbuf_addf(&text, " mult %.17g", train->lr_mult);

    long steps = train->steps, stride = steps / RATES_MOST + 1;
    for (long step = 1; step <= steps; step++) {
        bool seen = step <= RATES_MOST || step > steps - RATES_MOST || step % stride == 0;
        if (seen) pl_strbuf_addf(&text, " %.17g", pl_schedule_rate(train, step));
        if (!seen && step + stride < steps - RATES_MOST) step += stride - 1 - step % stride;
    }

    pl_hash(out, text.text, text.length);
    pl_strbuf_finish(&text);
    pl_graph_finish(&graph);
}

/* The digest of an entry at a point, with [instead], unless NULL, in place of what the study sets. */
static void digest_at(const struct pl_experiment *experiment, size_t entry, size_t point,
                      const struct pl_setting *instead, char out[PL_HASH_TEXT]) {
    struct pl_bound bound;
    out[0] = '\0';
    if (pl_entry_bind(&bound, experiment, entry, point, 0, instead) != PL_OK) return;
    make_digest(&bound, out);
    pl_bound_finish(&bound);
}

static bool equal(const char *a, const char *b) {
    return *a && strcmp(a, b) == 0;
}

/* ---- the points that are looked at ---- */

struct looks {
    const struct pl_experiment *experiment;
    size_t *points; /* of the axes */
    size_t count;
    bool all;                      /* nothing was left out */
    char (*digests)[PL_HASH_TEXT]; /* [count][entries] */
};

static bool may_have_effect(const char *key) {
    return strncmp(key, "model.", 6) == 0 || strncmp(key, "variant.", 8) == 0 ||
           strncmp(key, "train.", 6) == 0;
}

static void look(struct looks *out, const struct pl_experiment *experiment) {
    size_t entries = experiment->entry_count, total = pl_experiment_points(experiment);
    size_t most = NETWORKS_MOST / entries;
    *out = (struct looks){.experiment = experiment, .all = true};
    out->points = pl_alloc_zero(most + 1, sizeof *out->points);
    out->digests = pl_alloc_zero(most * entries + 1, sizeof *out->digests);
    for (size_t point = 0; point < total && out->all; point++) {
        bool wanted = true;
        for (size_t i = 0; i < experiment->axis_count && wanted; i++)
            wanted = may_have_effect(experiment->axes[i].key) ||
                     pl_experiment_axis_index(experiment, point, i) == 0;
        if (!wanted) continue;
        out->all = out->count < most;
        if (!out->all) break;
        for (size_t e = 0; e < entries; e++)
            digest_at(experiment, e, point, NULL, out->digests[out->count * entries + e]);
        out->points[out->count++] = point;
    }
}

/* ---- entries ---- */

/* Each pair is named once, at the first point where it is a pair. */
static void warn_of_entries(const struct looks *looks) {
    const struct pl_experiment *experiment = looks->experiment;
    size_t entries = experiment->entry_count;
    bool *told = pl_alloc_zero(entries, sizeof *told);
    for (size_t k = 0; k < looks->count; k++)
        for (size_t second = 1; second < entries; second++)
            for (size_t first = 0; first < second && !told[second]; first++) {
                const struct pl_entry *one = &experiment->entries[first];
                const struct pl_entry *two = &experiment->entries[second];
                struct pl_strbuf at;
                if (!equal(looks->digests[k * entries + first],
                           looks->digests[k * entries + second]))
                    continue;
                told[second] = true;
                pl_strbuf_init(&at);

                /* "task.structure = 0.5, model.depth = 4", or "" without axes. */
                for (size_t i = 0; i < experiment->axis_count; i++) {
                    const struct pl_axis *axis = &experiment->axes[i];
                    pl_strbuf_addf(
                        &at, "%s%s = %s", i == 0 ? " at " : ", ", axis->key,
                        axis->values[pl_experiment_axis_index(experiment, looks->points[k], i)]);
                }

                pl_warn("%s:%d:%d: \"%s\" builds the same network as \"%s\"%s and will give the "
                        "same numbers; as two rows of a ranking they count twice",
                        two->place.file, two->place.line, two->place.column, two->label, one->label,
                        at.text);
                pl_strbuf_finish(&at);
            }
    pl_free(told);
}

/* ---- axes ---- */

static bool axis_has_effect(const struct looks *looks, size_t axis) {
    size_t entries = looks->experiment->entry_count;
    for (size_t k = 0; k < looks->count; k++) {
        /* The look whose point differs from that of look [k] in the first value of [axis] alone. */
        const struct pl_experiment *experiment = looks->experiment;
        size_t stride = 1, point = looks->points[k], first = 0;
        for (size_t i = axis + 1; i < experiment->axis_count; i++)
            stride *= experiment->axes[i].count;
        point -= stride * pl_experiment_axis_index(experiment, point, axis);
        while (looks->points[first] != point) first++;

        for (size_t e = 0; e < entries && first != k; e++)
            if (!equal(looks->digests[k * entries + e], looks->digests[first * entries + e]))
                return true;
    }
    return false;
}

static void warn_of_axes(const struct looks *looks) {
    const struct pl_experiment *experiment = looks->experiment;
    for (size_t i = 0; i < experiment->axis_count; i++) {
        const struct pl_axis *axis = &experiment->axes[i];
        char place[256] = "command line";
        if (axis->count < 2 || !may_have_effect(axis->key) || axis_has_effect(looks, i)) continue;
        if (!pl_place_commanded(axis->place))
            snprintf(place, sizeof place, "%s:%d:%d", axis->place.file, axis->place.line,
                     axis->place.column);
        pl_warn("%s: the axis %s changes nothing: no entry uses that setting here, so its %zu "
                "values give the same numbers; take the axis out, or choose what uses it "
                "(`plumbline show option %s`)",
                place, axis->key, axis->count, strchr(axis->key, '.') + 1);
    }
}

/* ---- settings ---- */

static bool setting_has_effect(const struct looks *looks, const struct pl_setting *other) {
    size_t entries = looks->experiment->entry_count;
    for (size_t k = 0; k < looks->count; k++)
        for (size_t e = 0; e < entries; e++) {
            char without[PL_HASH_TEXT];
            digest_at(looks->experiment, e, looks->points[k], other, without);
            if (!equal(looks->digests[k * entries + e], without)) return true;
        }
    return false;
}

/* Mostly the first look at the first entry answers. */
static void warn_of_settings(const struct looks *looks) {
    const struct pl_settings *base = &looks->experiment->base;
    for (size_t i = 0; i < base->count; i++) {
        const struct pl_setting *item = &base->items[i];
        const char *name = item->key + 6;
        if (strncmp(item->key, "train.", 6) != 0) continue;
        const struct pl_option *row = pl_option_find(&pl_train_options, name);
        if (!row || strcmp(row->dflt, item->value) == 0) continue;
        const struct pl_setting other = {item->key, row->dflt, item->place};
        if (setting_has_effect(looks, &other)) continue;
        char place[256] = "command line";
        if (!pl_place_commanded(item->place))
            snprintf(place, sizeof place, "%s:%d:%d", item->place.file, item->place.line,
                     item->place.column);
        pl_warn("%s: %s = %s changes nothing: no entry uses that setting here (`plumbline show "
                "option %s`)",
                place, item->key, item->value, name);
    }
}

void pl_experiment_warn_of_no_effect(const struct pl_experiment *experiment) {
    struct looks looks;
    look(&looks, experiment);
    warn_of_entries(&looks);
    if (looks.all) {
        warn_of_axes(&looks);
        warn_of_settings(&looks);
    }
    pl_free(looks.points);
    pl_free(looks.digests);
}
