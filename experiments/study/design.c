/* The axes of the experiment are parted into factors (sampled) and kept ones; levels of the factors are
 * drawn; then the list of axes is replaced by the readings and the kept axes. Everything belongs to the
 * arena of the experiment. A draw depends on keys and counts of the factors, on sample and on seed
 * alone.
 */
#include "experiments/study/design.h"

#include <string.h>

#include "core/base/rng.h"
#include "core/config/quote.h"

#define SAMPLE_MOST  10000
#define FACTORS_MOST 16

struct number {
    long value;
};
static const struct pl_option sample_row = {
    "sample", PL_TYPE_INT, 0, "100", 2, SAMPLE_MOST, NULL, "how many readings are drawn"};
static const struct pl_option seed_row = {"seed", PL_TYPE_INT, 0,    "1",
                                          0,      9.2e18,      NULL, "what keys the draw"};

struct drawing {
    struct pl_experiment *out;
    const struct pl_study *study;
    const struct pl_axis *factors;
    size_t factor_count;
    long sample, seed;
};

static enum pl_status read_number(const struct drawing *drawing, const struct pl_option *row,
                                  const char *text, struct pl_place place, long *out) {
    struct number number;
    if (pl_option_store(row, text ? text : row->dflt, &number, &drawing->out->arena) != PL_OK)
        return pl_fail_at(place, "%s", pl_message());
    *out = number.value;
    return PL_OK;
}

/* ---- which axes are sampled ---- */

static enum pl_status mark_kept(const struct drawing *drawing, bool *kept) {
    const struct pl_experiment *out = drawing->out;
    const struct pl_yaml *keep = drawing->study->design.keep;
    const struct pl_yaml *select = drawing->study->select;
    const struct pl_yaml *over = select ? pl_yaml_get(select, "over") : NULL;
    struct pl_names names = PL_NAMES(struct pl_axis, key, out->axes, out->axis_count);
    char shown[PL_QUOTED];
    for (size_t i = 0; keep && i < keep->count; i++) {
        const struct pl_yaml *node = keep->values[i];
        const char *key = node->kind == PL_YAML_SCALAR ? node->text : "";
        size_t axis = pl_names_find(names, key);
        if (axis == out->axis_count)
            return pl_names_fail(names, node->place, key, "the axes are {and}",
                                 "design keeps %s, which is no axis of the sweep",
                                 pl_quoted(shown, key));
        kept[axis] = true;
    }
    if (!over || over->kind != PL_YAML_SCALAR) return PL_OK; /* select says what is wrong with it */
    size_t axis = pl_names_find(names, over->text);
    if (axis < out->axis_count) kept[axis] = true;
    return PL_OK;
}

/* Factors first, in their order; then the axes that are kept. Gives a list of its own. */
static struct pl_axis *part_axes(struct drawing *drawing, const bool *kept) {
    const struct pl_experiment *out = drawing->out;
    struct pl_axis *parted = PL_ARENA_ARRAY(&drawing->out->arena, struct pl_axis, out->axis_count);
    size_t count = 0;
    for (size_t i = 0; i < out->axis_count; i++)
        if (!kept[i]) parted[count++] = out->axes[i];
    drawing->factors = parted;
    drawing->factor_count = count;
    for (size_t i = 0; i < out->axis_count; i++)
        if (kept[i]) parted[count++] = out->axes[i];
    return parted;
}

/* Whether a choice's setting shows in the cells of every entry: not an option of variants, which some may
 * lack, and nothing that an entry keeps a value of its own for. */
static bool shows_everywhere(const struct drawing *drawing, const char *key) {
    if (strncmp(key, "variant.", 8) == 0) return false;
    for (size_t e = 0; e < drawing->study->entries.count; e++) {
        const struct pl_study_entry *entry = &drawing->study->entries.items[e];
        for (size_t i = 0; i < entry->overrides.count; i++)
            if (strcmp(entry->overrides.items[i].key, key) == 0) return false;
    }
    return true;
}

static bool every_entry_has(const struct drawing *drawing, const struct pl_axis *factor) {
    bool everywhere = !factor->choices;
    for (size_t v = 0; factor->choices && v < factor->count; v++)
        for (size_t i = 0; i < factor->choices[v].count; i++)
            everywhere = everywhere || shows_everywhere(drawing, factor->choices[v].items[i].key);
    return everywhere;
}

static enum pl_status check_size(const struct drawing *drawing) {
    const struct pl_study_design *design = &drawing->study->design;
    double product = 1;
    if (drawing->factor_count == 0 || drawing->factor_count > FACTORS_MOST)
        return pl_fail_at(design->place,
                          "the design samples %zu axes; it takes from 1 to %d, so %s",
                          drawing->factor_count, FACTORS_MOST,
                          drawing->factor_count ? "keep or fix some" : "leave some out of keep");
    for (size_t i = 0; i < drawing->factor_count; i++)
        if (every_entry_has(drawing, &drawing->factors[i]))
            product *= (double)drawing->factors[i].count;
    if ((double)drawing->sample * 2 <= product) return PL_OK;
    return pl_fail_at(design->sample ? design->sample_place : design->place,
                      "the design draws %ld readings from %.0f (the product of the sampled axes, "
                      "options of variants apart); draw at most "
                      "half of them, or leave the design "
                      "out and run them all",
                      drawing->sample, product);
}

/* ---- the draw ---- */

/* Where one factor's values come from: one random permutation of them after the other. */
struct deck {
    struct pl_rng rng;
    uint32_t *order;
    size_t count, left;
};

static struct deck *open_decks(const struct drawing *drawing) {
    struct pl_arena *arena = &drawing->out->arena;
    struct deck *decks = PL_ARENA_ARRAY(arena, struct deck, drawing->factor_count);
    for (size_t f = 0; f < drawing->factor_count; f++) {
        const struct pl_axis *factor = &drawing->factors[f];
        decks[f].count = factor->count;
        decks[f].order = PL_ARENA_ARRAY(arena, uint32_t, factor->count);
        pl_rng_init(&decks[f].rng, (uint64_t)drawing->seed,
                    pl_arena_printf(arena, "design/%s", factor->key));
    }
    return decks;
}

static size_t next_value(struct deck *deck) {
    if (deck->left == 0) {
        pl_rng_permutation(&deck->rng, deck->order, deck->count);
        deck->left = deck->count;
    }
    return deck->order[--deck->left];
}

static bool is_new(const struct drawing *drawing, const size_t *levels, size_t drawn) {
    const size_t *last = levels + drawn * drawing->factor_count;
    for (size_t r = 0; r < drawn; r++) {
        const size_t *other = levels + r * drawing->factor_count;
        bool same = true;
        for (size_t f = 0; f < drawing->factor_count && same; f++)
            same = !every_entry_has(drawing, &drawing->factors[f]) || other[f] == last[f];
        if (same) return false;
    }
    return true;
}

/* At most half of all points are wanted, so a new one is never far. */
static size_t *draw_levels(const struct drawing *drawing) {
    size_t sample = (size_t)drawing->sample, factors = drawing->factor_count, drawn = 0;
    size_t *levels = PL_ARENA_ARRAY(&drawing->out->arena, size_t, sample * factors);
    struct deck *decks = open_decks(drawing);
    while (drawn < sample) {
        for (size_t f = 0; f < factors; f++) levels[drawn * factors + f] = next_value(&decks[f]);
        drawn += is_new(drawing, levels, drawn);
    }
    return levels;
}

/* ---- the axis of readings ---- */

static struct pl_axis_choice choice_of(struct drawing *drawing, const size_t *levels) {
    struct pl_settings all = {0};
    for (size_t f = 0; f < drawing->factor_count; f++)
        pl_axis_set(&drawing->factors[f], levels[f], NULL, &all);
    struct pl_setting *items =
        PL_ARENA_ARRAY(&drawing->out->arena, struct pl_setting, all.count + 1);
    for (size_t i = 0; i < all.count; i++) items[i] = all.items[i];
    struct pl_axis_choice choice = {items, all.count};
    pl_settings_finish(&all);
    return choice;
}

/* The readings that are wanted, by number from 1: all, or those that the command line names. */
static enum pl_status wanted_reading(const struct drawing *drawing, size_t index, size_t *number) {
    const struct pl_sweep *readings = &drawing->study->design.readings;
    const struct pl_option row = {"reading", PL_TYPE_INT,        0, "1", 1, (double)drawing->sample,
                                  NULL,      "one of the design"};
    *number = index + 1;
    if (!readings->count) return PL_OK;
    long value = 0;
    PL_TRY(read_number(drawing, &row, readings->items[index].text, readings->items[index].place,
                       &value));
    *number = (size_t)value;
    return PL_OK;
}

static enum pl_status make_axis(struct drawing *drawing, const size_t *levels,
                                struct pl_design *design, struct pl_axis *axis) {
    struct pl_arena *arena = &drawing->out->arena;
    size_t factors = drawing->factor_count, listed = drawing->study->design.readings.count;
    size_t count = listed ? listed : (size_t)drawing->sample;
    struct pl_axis_choice *choices = PL_ARENA_ARRAY(arena, struct pl_axis_choice, count);
    const char **values = PL_ARENA_ARRAY(arena, const char *, count);
    design->levels = PL_ARENA_ARRAY(arena, size_t, count * factors);
    for (size_t r = 0; r < count; r++) {
        size_t number;
        PL_TRY(wanted_reading(drawing, r, &number));
        const size_t *drawn = levels + (number - 1) * factors;
        memcpy(design->levels + r * factors, drawn, factors * sizeof *drawn);
        choices[r] = choice_of(drawing, drawn);
        values[r] = pl_arena_printf(arena, "%zu", number);
        for (size_t k = 0; k < r; k++)
            if (strcmp(values[k], values[r]) == 0)
                return pl_fail_at(drawing->study->design.readings.items[r].place,
                                  "the reading %s stands there twice; list each once", values[r]);
    }
    *axis = (struct pl_axis){PL_DESIGN_AXIS, values, count, drawing->study->design.place, choices};
    return PL_OK;
}

enum pl_status pl_design_draw(struct pl_experiment *experiment, const struct pl_study *study) {
    const struct pl_study_design *given = &study->design;
    struct drawing drawing = {.out = experiment, .study = study};
    bool kept[PL_STUDY_AXES] = {false};
    if (!given->given) return PL_OK;
    PL_TRY(read_number(&drawing, &sample_row, given->sample,
                       given->sample ? given->sample_place : given->place, &drawing.sample));
    PL_TRY(read_number(&drawing, &seed_row, given->seed,
                       given->seed ? given->seed_place : given->place, &drawing.seed));
    PL_TRY(mark_kept(&drawing, kept));
    struct pl_axis *parted = part_axes(&drawing, kept);
    PL_TRY(check_size(&drawing));
    const size_t *levels = draw_levels(&drawing);
    struct pl_design *design = PL_ARENA_ARRAY(&experiment->arena, struct pl_design, 1);
    *design = (struct pl_design){.factors = drawing.factors, .factor_count = drawing.factor_count};
    size_t kept_count = experiment->axis_count - drawing.factor_count;
    struct pl_axis *axes = PL_ARENA_ARRAY(&experiment->arena, struct pl_axis, kept_count + 1);
    PL_TRY(make_axis(&drawing, levels, design, &axes[0]));
    for (size_t i = 0; i < kept_count; i++) axes[1 + i] = parted[drawing.factor_count + i];
    experiment->axes = axes;
    experiment->axis_count = kept_count + 1;
    experiment->design = design;
    return PL_OK;
}
