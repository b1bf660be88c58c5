/* First the settings: groups are found by name, and a setting that is new here and at its default is no
 * difference, so that a new option does not void old references. Only when nothing differs are values
 * compared, seed by seed. Two missing values are not compared; a value against a missing or a diverged
 * one is infinitely far (as in pl_stats_relative).
 */
#include "experiments/check/drift.h"

#include <math.h>
#include <string.h>

#include "core/base/math.h"
#include "core/base/vec.h"
#include "experiments/study/options.h"

#define MISSING_MOST 8 /* groups that one side lacks, by name; of the others their number */

/* ---- the same thing? ---- */

/* A setting that differs, in how many groups. */
struct mismatch {
    const char *key, *then, *now; /* NULL: that side has no such setting */
    const char *first;            /* group */
    size_t groups;
};

struct comparison {
    struct pl_drift *out;
    const struct pl_reference *then, *now;
    PL_VEC(struct mismatch) mismatches;
    PL_VEC(const char *) sentences;
};

static bool same_text(const char *a, const char *b) {
    return a == b || (a && b && strcmp(a, b) == 0);
}

static void note(struct comparison *c, const char *key, const char *then, const char *now,
                 const char *group) {
    for (size_t k = 0; k < c->mismatches.count; k++) {
        struct mismatch *known = &c->mismatches.items[k];
        if (!same_text(known->key, key) || !same_text(known->then, then) ||
            !same_text(known->now, now))
            continue;
        known->groups++;
        return;
    }
    PL_VEC_PUSH(&c->mismatches, (struct mismatch){key, then, now, group, 1});
}

/* The table of options that a cell's setting belongs to, by the host, task and variant of the cell. */
static bool owns(const struct pl_option_section *section, const struct pl_settings *settings,
                 const char *key) {
    const struct pl_host_kind *host;
    size_t length = strcspn(key, ".");
    if (strlen(section->section) != length || strncmp(section->section, key, length) != 0)
        return false;
    if (strcmp(section->section, "model") == 0)
        return pl_host_find(&host, pl_settings_value(settings, "model.kind", NULL)) == PL_OK &&
               section->options == &host->options;
    if (strcmp(section->section, "task") == 0)
        return strcmp(section->owner, pl_settings_value(settings, "task.name", "")) == 0;
    if (strcmp(section->section, "variant") == 0)
        return strcmp(section->owner, pl_settings_value(settings, "variant.name", "")) == 0;
    return true;
}

static bool is_default(const struct pl_settings *settings, const struct pl_setting *item) {
    struct pl_option_section section;
    const char *dot = strchr(item->key, '.');
    struct pl_strbuf text;
    bool same = false;
    pl_strbuf_init(&text);
    for (size_t k = 0; dot && pl_option_section_at(k, &section); k++) {
        const struct pl_option *row = pl_option_find(section.options, dot + 1);
        if (!row || !owns(&section, settings, item->key)) continue;
        pl_strbuf_clear(&text);
        same |= pl_option_canonical(row, row->dflt, &text) == PL_OK &&
                strcmp(text.text, item->value) == 0;
    }
    pl_strbuf_finish(&text);
    return same;
}

static void compare_settings(struct comparison *c, const struct pl_reference_group *then,
                             const struct pl_reference_group *now) {
    for (size_t k = 0; k < now->settings.count; k++) {
        const struct pl_setting *item = &now->settings.items[k];
        const char *before = pl_settings_value(&then->settings, item->key, NULL);
        if (same_text(before, item->value)) continue;
        if (before || !is_default(&now->settings, item))
            note(c, item->key, before, item->value, now->name);
    }
    for (size_t k = 0; k < then->settings.count; k++) {
        const struct pl_setting *item = &then->settings.items[k];
        if (!pl_settings_get(&now->settings, item->key))
            note(c, item->key, item->value, NULL, now->name);
    }
}

static void say(struct comparison *c, const char *sentence) {
    PL_VEC_PUSH(&c->sentences, sentence);
}

static void say_mismatch(struct comparison *c, const struct mismatch *m) {
    struct pl_arena *arena = &c->out->arena;
    const char *where = m->groups == c->now->group_count ? ""
                        : m->groups == 1
                            ? pl_arena_printf(arena, "%s: ", m->first)
                            : pl_arena_printf(arena, "%s and %zu more: ", m->first, m->groups - 1);
    if (!m->then)
        say(c, pl_arena_printf(arena, "%s%s is %s here, and the reference knows no such setting",
                               where, m->key, m->now));
    else if (!m->now)
        say(c,
            pl_arena_printf(arena, "%s%s is %s in the reference, and there is no such setting here",
                            where, m->key, m->then));
    else
        say(c, pl_arena_printf(arena, "%s%s is %s in the reference and %s here", where, m->key,
                               m->then, m->now));
}

static const struct pl_reference_group *find_group(const struct pl_reference *reference,
                                                   const char *name) {
    size_t low = 0, high = reference->group_count; /* sorted by name */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(reference->groups[middle].name, name);
        if (order == 0) return &reference->groups[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static void say_missing(struct comparison *c, const struct pl_reference *from,
                        const struct pl_reference *in, const char *format) {
    size_t missing = 0;
    for (size_t g = 0; g < from->group_count; g++) {
        if (find_group(in, from->groups[g].name)) continue;
        if (++missing > MISSING_MOST) continue;
        struct pl_strbuf text;
        pl_strbuf_init(&text);
        pl_strbuf_addf(&text, "%s %s", from->groups[g].name, format);
        say(c, pl_arena_strdup(&c->out->arena, text.text));
        pl_strbuf_finish(&text);
    }
    if (missing > MISSING_MOST)
        say(c, pl_arena_printf(&c->out->arena, "and so %s %zu more",
                               missing == MISSING_MOST + 1 ? "is" : "are", missing - MISSING_MOST));
}

static size_t place_of(const struct pl_reference *reference, uint64_t seed) {
    size_t at = 0;
    while (at < reference->seed_count && reference->seeds[at] != seed) at++;
    return at;
}

static void hold_against(struct comparison *c) {
    struct pl_drift *out = c->out;
    if (strcmp(c->then->study, c->now->study) != 0)
        say(c, pl_arena_printf(&out->arena, "the reference is of the study %s, and this is %s",
                               c->then->study, c->now->study));
    say_missing(c, c->then, c->now, "is in the reference and not in the study");
    say_missing(c, c->now, c->then, "is in the study and not in the reference");
    for (size_t g = 0; g < c->now->group_count; g++) {
        const struct pl_reference_group *then = find_group(c->then, c->now->groups[g].name);
        if (then) compare_settings(c, then, &c->now->groups[g]);
    }
    for (size_t k = 0; k < c->mismatches.count; k++) say_mismatch(c, &c->mismatches.items[k]);
    for (size_t s = 0; s < c->now->seed_count; s++)
        c->out->seeds += place_of(c->then, c->now->seeds[s]) < c->then->seed_count;
    if (c->out->seeds == 0) say(c, "the two have no seed in common");
    out->differences = pl_arena_copy(&out->arena, c->sentences.items,
                                     c->sentences.count * sizeof *c->sentences.items);
    out->difference_count = c->sentences.count;
}

/* ---- the same numbers? ---- */

static double distance(const struct pl_metric_row *metric, double then, double now) {
    if (isinf(then) || isinf(now)) return isinf(then) && isinf(now) ? 0.0 : INFINITY;
    if (!metric->ratio) return fabs(now - then);
    if (fabs(now - then) <= PL_DRIFT_ABS) return 0.0;
    return then > 0.0 && now > 0.0 ? fabs(pl_log(now) - pl_log(then)) : INFINITY;
}

static double allowed(const struct pl_metric_row *metric, double floor) {
    double least = metric->ratio ? PL_DRIFT_REL : PL_DRIFT_ACCURACY;
    return PL_DRIFT_FLOORS * floor > least ? PL_DRIFT_FLOORS * floor : least;
}

/* How far beyond what is allowed; of a portable group by the width below which a loss is zero. */
static double excess(const struct pl_moved *moved) {
    return moved->by / (moved->allowed > 0.0 ? moved->allowed : PL_DRIFT_ABS);
}

/* Whether the value moved beyond what is allowed. */
static bool compare_value(struct pl_drift *out, struct pl_moved *moved) {
    if (isnan(moved->then) && isnan(moved->now)) return false;
    out->compared++;
    if (moved->then == moved->now) return false;
    out->changed++;
    moved->by = isnan(moved->then) || isnan(moved->now)
                    ? INFINITY
                    : distance(moved->metric, moved->then, moved->now);
    bool portable = moved->allowed == 0.0;
    if (!portable && moved->by <= moved->allowed) return false;
    out->drifted++;
    out->drifted_portable += portable;

    size_t at = out->worst_count;
    if (at < PL_DRIFT_WORST) out->worst_count++;
    for (; at > 0; at--) {
        const struct pl_moved *above = &out->worst[at - 1];
        if (excess(above) >= excess(moved)) break;
        if (at < PL_DRIFT_WORST) out->worst[at] = *above;
    }
    if (at < PL_DRIFT_WORST) out->worst[at] = *moved;

    return true;
}

static void compare_group(struct comparison *c, const struct pl_reference_group *then,
                          const struct pl_reference_group *now) {
    bool drifted = false;
    for (int m = 0; m < PL_METRIC_ROWS; m++)
        for (size_t s = 0; s < c->now->seed_count && then->values[m] && now->values[m]; s++) {
            size_t at = place_of(c->then, c->now->seeds[s]);
            const struct pl_metric_row *metric = &pl_metrics[m];
            if (at == c->then->seed_count) continue;
            struct pl_moved moved = {
                .name = now->name,
                .metric = metric,
                .seed = c->now->seeds[s],
                .then = then->values[m][at],
                .now = now->values[m][s],
                .allowed = then->portable && now->portable ? 0.0 : allowed(metric, then->floor[m])};
            drifted |= compare_value(c->out, &moved);
        }
    c->out->groups++;
    c->out->groups_drifted += drifted;
}

void pl_drift_find(struct pl_drift *out, const struct pl_reference *then,
                   const struct pl_reference *now, const char *numerics) {
    struct comparison c = {.out = out, .then = then, .now = now};
    *out = (struct pl_drift){.same_class = strcmp(then->numerics, numerics) == 0};
    hold_against(&c);
    for (size_t g = 0; g < now->group_count && out->difference_count == 0; g++) {
        const struct pl_reference_group *before = find_group(then, now->groups[g].name);
        compare_group(&c, before, &now->groups[g]);
        out->portable += before->portable && now->groups[g].portable;
    }
    out->same_class |= out->groups > 0 && out->portable == out->groups;
    PL_VEC_FINISH(&c.mismatches);
    PL_VEC_FINISH(&c.sentences);
}

void pl_drift_finish(struct pl_drift *drift) {
    pl_arena_finish(&drift->arena);
    *drift = (struct pl_drift){0};
}

/* ---- telling it ---- */

static void add_number(struct pl_strbuf *out, double value) {
    if (isnan(value))
        pl_strbuf_add(out, "nothing");
    else if (isinf(value))
        pl_strbuf_add(out, "diverged");
    else
        pl_strbuf_addf(out, "%.6g", value);
}

void pl_moved_text(const struct pl_moved *moved, struct pl_strbuf *out) {
    pl_strbuf_addf(out, "%s, seed %llu: %s ", moved->name, (unsigned long long)moved->seed,
                   moved->metric->name);
    add_number(out, moved->now);
    pl_strbuf_add(out, ", was ");
    add_number(out, moved->then);
    if (isinf(moved->by)) return;
    if (moved->metric->ratio)
        pl_strbuf_addf(out, " (%+.2g %%, ",
                       100.0 * (pl_exp(moved->now > moved->then ? moved->by : -moved->by) - 1.0));
    else
        pl_strbuf_addf(out, " (%+.2g, ", moved->now - moved->then);
    if (moved->allowed == 0.0)
        pl_strbuf_add(out, "portable: none allowed)");
    else if (moved->metric->ratio)
        pl_strbuf_addf(out, "%.2g %% allowed)", 100.0 * (pl_exp(moved->allowed) - 1.0));
    else
        pl_strbuf_addf(out, "%.2g allowed)", moved->allowed);
}
