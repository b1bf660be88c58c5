/* One table (parts) has a row for each key of a study: who reads it from the file, who sets it from the
 * command line, and whether it is required. The command line is read after the file, and each override
 * replaces what the file said. A bare option in an entry becomes variant.OPTION here; apart from that
 * no key is resolved. Texts belong to the arena of the experiment. */
#include "experiments/study/study.h"

#include <string.h>

#include "core/base/utf8.h"
#include "core/config/names.h"
#include "core/config/quote.h"
#include "experiments/study/keys.h"

#define NAME_MOST  64 /* characters of a study's name or of a label */
#define KEY_MOST   128
#define TEXT_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

static const char command_line[] = "command line";

bool pl_place_commanded(struct pl_place place) {
    return place.line == 0 && strcmp(place.file, command_line) == 0;
}

static void finish_axis(struct pl_study_axis *axis) {
    pl_sweep_finish(&axis->values);
    for (size_t i = 0; i < axis->choices.count; i++)
        PL_VEC_FINISH(&axis->choices.items[i].settings);
    PL_VEC_FINISH(&axis->choices);
}

void pl_study_finish(struct pl_study *study) {
    if (!study) return;
    for (size_t i = 0; i < study->axes.count; i++) finish_axis(&study->axes.items[i]);
    for (size_t i = 0; i < study->entries.count; i++)
        PL_VEC_FINISH(&study->entries.items[i].overrides);
    pl_sweep_finish(&study->seeds);
    pl_sweep_finish(&study->design.readings);
    PL_VEC_FINISH(&study->settings);
    PL_VEC_FINISH(&study->axes);
    PL_VEC_FINISH(&study->entries);
}

/* ---- single texts ------------------------------------------------------------------------- */

static enum pl_status want(const struct pl_yaml *node, enum pl_yaml_kind kind, const char *what) {
    if (node->kind == kind) return PL_OK;
    return pl_fail_at(node->place, "%s is %s; it takes %s", what, pl_yaml_kind_name(node->kind),
                      pl_yaml_kind_name(kind));
}

/* The same for a key of a study, with the right form: made of the word that was found where a mapping with
 * one name or a list of one item says what is meant, otherwise the example of the key. */
static enum pl_status want_key(const struct pl_yaml *node, enum pl_yaml_kind kind,
                               const struct pl_yaml *key) {
    const char *open = kind == PL_YAML_LIST               ? "["
                       : strcmp(key->text, "task") == 0   ? "{name: "
                       : strcmp(key->text, "select") == 0 ? "{over: "
                                                          : NULL;
    if (node->kind == kind) return PL_OK;
    if (open && node->kind == PL_YAML_SCALAR && *node->text && strlen(node->text) <= NAME_MOST &&
        strspn(node->text, TEXT_CHARS "._-") == strlen(node->text))
        return pl_fail_at(node->place, "%s is %s; it takes %s: %s: %s%s%s", key->text,
                          pl_yaml_kind_name(node->kind), pl_yaml_kind_name(kind), key->text, open,
                          node->text, kind == PL_YAML_LIST ? "]" : "}");
    return pl_fail_at(node->place, "%s is %s; it takes %s, such as %s", key->text,
                      pl_yaml_kind_name(node->kind), pl_yaml_kind_name(kind),
                      pl_study_key_find(key->text)->example);
}

static enum pl_status check_key(const char *key, struct pl_place place) {
    char shown[PL_QUOTED];
    if (strlen(key) <= KEY_MOST) return PL_OK;
    return pl_fail_at(place, "the key %s is longer than any setting's name", pl_quoted(shown, key));
}

/* The name becomes a folder, so it must be one on any file system. */
static enum pl_status set_name(struct pl_study *study, const char *text, struct pl_place place) {
    char shown[PL_QUOTED];
    size_t length = strlen(text);
    if (length == 0 || length > NAME_MOST || !strchr(TEXT_CHARS, text[0]) ||
        strspn(text, TEXT_CHARS "._-") != length)
        return pl_fail_at(place,
                          "the name of the study is %s; since it names a folder, it takes up "
                          "to %d letters, digits, dots, dashes and underscores, a letter or "
                          "digit first",
                          pl_quoted(shown, text), NAME_MOST);
    if (strcmp(text, "reference") == 0)
        return pl_fail_at(place, "the name of the study is \"reference\", which is the folder of "
                                 "references under results; give it another");
    study->name = text;
    return PL_OK;
}

static enum pl_status set_question(struct pl_study *study, const char *text,
                                   struct pl_place place) {
    (void)place; /* any text is a question */
    study->question = text;
    return PL_OK;
}

static enum pl_status set_baseline(struct pl_study *study, const char *text,
                                   struct pl_place place) {
    study->baseline = text;
    study->baseline_place = place;
    return PL_OK;
}

static enum pl_status set_metric(struct pl_study *study, const char *text, struct pl_place place) {
    study->metric = text;
    study->metric_place = place;
    return PL_OK;
}

static enum pl_status set_match(struct pl_study *study, const char *text, struct pl_place place) {
    study->match = text;
    study->match_place = place;
    return PL_OK;
}

static enum pl_status set_budget(struct pl_study *study, const char *text, struct pl_place place) {
    study->budget = text;
    study->budget_place = place;
    return PL_OK;
}

/* Labels stand in tables, on one line, and are told apart by eye. */
static enum pl_status set_label(struct pl_study_entry *entry, const char *text,
                                struct pl_place place) {
    char shown[PL_QUOTED];
    size_t length = strlen(text);
    bool odd = strpbrk(text, ",|\"") != NULL;
    for (size_t i = 0, size = 1; i < length && size > 0; i += size) {
        uint32_t code;
        size = pl_utf8_decode(text + i, length - i, &code);
        odd = odd || size == 0 || pl_utf8_is_control(code) || pl_utf8_is_hidden(code);
    }
    if (length == 0 || pl_utf8_count(text) > NAME_MOST || odd || text[0] == ' ' ||
        text[length - 1] == ' ')
        return pl_fail_at(place,
                          "the label is %s; it takes 1 to %d characters on one line, without "
                          "commas, bars, quotes and characters that nobody sees, and no blank at "
                          "either end",
                          pl_quoted(shown, text), NAME_MOST);
    entry->label = text;
    entry->label_place = place;
    return PL_OK;
}

static void set_design(struct pl_study_design *design, bool is_seed, const char *text,
                       struct pl_place place) {
    *(is_seed ? &design->seed : &design->sample) = text;
    *(is_seed ? &design->seed_place : &design->sample_place) = place;
}

/* ---- parts of a study --------------------------------------------------------------------- */

static enum pl_status read_backend(struct pl_study *study, const struct pl_yaml *node,
                                   const struct pl_yaml *key) {
    PL_TRY(want_key(node, PL_YAML_SCALAR, key));
    PL_VEC_PUSH(&study->settings,
                (struct pl_given){key->text, key->place, node->text, node->place});
    return PL_OK;
}

/* model, task, train, limits: a mapping of single values. */
static enum pl_status read_section(struct pl_study *study, const struct pl_yaml *node,
                                   const struct pl_yaml *key) {
    PL_TRY(want_key(node, PL_YAML_MAP, key));
    for (size_t i = 0; i < node->count; i++) {
        const struct pl_yaml *name = node->keys[i], *value = node->values[i];
        PL_TRY(check_key(name->text, name->place));
        const char *dotted = pl_arena_printf(study->arena, "%s.%s", key->text, name->text);
        if (value->kind == PL_YAML_LIST)
            return pl_fail_at(value->place,
                              "%s is a list; here it takes one value, and several "
                              "under \"sweep: {%s: [...]}\"",
                              dotted, dotted);
        PL_TRY(want(value, PL_YAML_SCALAR, dotted));
        PL_VEC_PUSH(&study->settings,
                    (struct pl_given){dotted, name->place, value->text, value->place});
    }
    return PL_OK;
}

/* One measure, by its bare name; option rows know it or not. */
static void add_measure(struct pl_study *study, const char *name, struct pl_place place,
                        const char *value) {
    const char *dotted = pl_arena_printf(study->arena, "diagnostics.%s", name);
    PL_VEC_PUSH(&study->settings, (struct pl_given){dotted, place, value, place});
}

/* all, none, a list of measures, or a mapping as any other section. */
static enum pl_status read_diagnostics(struct pl_study *study, const struct pl_yaml *node,
                                       const struct pl_yaml *key) {
    if (node->kind == PL_YAML_MAP) return read_section(study, node, key);
    if (node->kind == PL_YAML_SCALAR && strcmp(node->text, "none") == 0) return PL_OK;
    if (node->kind == PL_YAML_SCALAR) add_measure(study, node->text, node->place, "true");
    for (size_t i = 0; node->kind == PL_YAML_LIST && i < node->count; i++) {
        const struct pl_yaml *name = node->values[i];
        PL_TRY(want(name, PL_YAML_SCALAR, "a measure"));
        PL_TRY(check_key(name->text, name->place));
        add_measure(study, name->text, name->place, "true");
    }
    return PL_OK;
}

/* {none: {model.embed: none, model.head: none}, linear: {...}}: the values of an axis of choices. */
static enum pl_status read_choices(struct pl_study_axis *axis, const struct pl_yaml *node) {
    if (strchr(axis->key, '.') || strcmp(axis->key, PL_DESIGN_AXIS) == 0)
        return pl_fail_at(axis->key_place,
                          "%s is a mapping; the values of a setting are a list, "
                          "\"linspace(a,b,n)\" or \"logspace(p,q,n)\", and an axis of choices has "
                          "a name of its own, without a dot and other than \"%s\"",
                          axis->key, PL_DESIGN_AXIS);
    if (node->count == 0)
        return pl_fail_at(node->place, "%s has no choices; write {NAME: {model.width: 16, ...}}",
                          axis->key);
    for (size_t i = 0; i < node->count; i++) {
        const struct pl_yaml *name = node->keys[i], *settings = node->values[i];
        PL_TRY(check_key(name->text, name->place));
        PL_TRY(want(settings, PL_YAML_MAP, name->text));
        PL_VEC_PUSH(&axis->values, (struct pl_sweep_value){name->text, name->place});
        PL_VEC_PUSH(&axis->choices, (struct pl_study_choice){name->text, name->place, {0}});
        for (size_t j = 0; j < settings->count; j++) {
            const struct pl_yaml *key = settings->keys[j], *value = settings->values[j];
            PL_TRY(check_key(key->text, key->place));
            PL_TRY(want(value, PL_YAML_SCALAR, key->text));
            PL_VEC_PUSH(&axis->choices.items[i].settings,
                        (struct pl_given){key->text, key->place, value->text, value->place});
        }
    }
    return PL_OK;
}

static enum pl_status read_sweep(struct pl_study *study, const struct pl_yaml *node,
                                 const struct pl_yaml *key) {
    PL_TRY(want_key(node, PL_YAML_MAP, key));
    for (size_t i = 0; i < node->count; i++) {
        const struct pl_yaml *name = node->keys[i], *value = node->values[i];
        struct pl_study_axis axis = {name->text, name->place, value->place, {0}, {0}};
        PL_TRY(check_key(name->text, name->place));
        PL_VEC_PUSH(&study->axes, axis);
        struct pl_study_axis *added = &study->axes.items[study->axes.count - 1];
        if (value->kind == PL_YAML_MAP)
            PL_TRY(read_choices(added, value));
        else
            PL_TRY(pl_sweep_node(&added->values, study->arena, value));
    }
    return PL_OK;
}

static enum pl_status read_design(struct pl_study *study, const struct pl_yaml *node,
                                  const struct pl_yaml *key) {
    static const char *const names[] = {"sample", "seed", "keep"};
    struct pl_study_design *design = &study->design;
    char shown[PL_QUOTED];
    PL_TRY(want_key(node, PL_YAML_MAP, key));
    design->given = true;
    design->place = node->place;
    for (size_t i = 0; i < node->count; i++) {
        const struct pl_yaml *name = node->keys[i], *value = node->values[i];
        size_t row = pl_names_find(PL_NAME_LIST(names, 3), name->text);
        if (row == 3)
            return pl_names_fail(PL_NAME_LIST(names, 3), name->place, name->text, "it has {and}",
                                 "design has no key %s", pl_quoted(shown, name->text));
        PL_TRY(want(value, row == 2 ? PL_YAML_LIST : PL_YAML_SCALAR, name->text));
        if (row == 2)
            design->keep = value;
        else
            set_design(design, row == 1, value->text, value->place);
    }
    return PL_OK;
}

static enum pl_status read_seeds(struct pl_study *study, const struct pl_yaml *node,
                                 const struct pl_yaml *key) {
    (void)key;
    study->seeds.count = 0;
    study->seeds_place = node->place;
    PL_TRY(pl_sweep_node(&study->seeds, study->arena, node));
    study->seeds_listed = node->kind == PL_YAML_LIST || study->seeds.count > 1;
    return PL_OK;
}

static enum pl_status read_select(struct pl_study *study, const struct pl_yaml *node,
                                  const struct pl_yaml *key) {
    PL_TRY(want_key(node, PL_YAML_MAP, key));
    study->select = node;
    return PL_OK;
}

/* The loss that `select` goes by, from the command line. */
static void set_select_by(struct pl_study *study, const char *text, struct pl_place place) {
    struct pl_yaml *node = PL_ARENA_ARRAY(study->arena, struct pl_yaml, 1);
    *node = (struct pl_yaml){.kind = PL_YAML_SCALAR, .place = place, .text = text};
    study->select_by = node;
}

static enum pl_status read_claims(struct pl_study *study, const struct pl_yaml *node,
                                  const struct pl_yaml *key) {
    PL_TRY(want_key(node, PL_YAML_LIST, key));
    study->claims = node;
    return PL_OK;
}

/* ---- entries ------------------------------------------------------------------------------ */

static enum pl_status read_member(struct pl_study *study, struct pl_study_entry *entry,
                                  const struct pl_yaml *name, const struct pl_yaml *value) {
    if (value->kind == PL_YAML_LIST)
        return pl_fail_at(value->place,
                          "%s is a list; an entry takes one value, so write an entry "
                          "with a label of its own for each",
                          name->text);
    if (value->kind == PL_YAML_MAP && value->count)
        return pl_fail_at(value->place,
                          "%s is a mapping; an entry takes single settings by their dotted names, "
                          "such as %s.%s: VALUE",
                          name->text, name->text, value->keys[0]->text);
    PL_TRY(want(value, PL_YAML_SCALAR, name->text));
    if (strcmp(name->text, "name") == 0) {
        entry->name = value->text;
        entry->name_place = value->place;
        return PL_OK;
    }
    if (strcmp(name->text, "label") == 0) return set_label(entry, value->text, value->place);
    bool dotted = strchr(name->text, '.') != NULL;
    const char *key = dotted ? name->text : pl_arena_printf(study->arena, "variant.%s", name->text);
    PL_VEC_PUSH(&entry->overrides, (struct pl_given){key, name->place, value->text, value->place});
    return PL_OK;
}

static enum pl_status read_entry(struct pl_study *study, struct pl_study_entry *entry,
                                 const struct pl_yaml *node) {
    entry->place = entry->name_place = entry->label_place = node->place;
    if (node->kind == PL_YAML_SCALAR) {
        entry->name = entry->label = node->text;
        return PL_OK;
    }
    PL_TRY(want(node, PL_YAML_MAP, "a variant entry"));
    for (size_t i = 0; i < node->count; i++) {
        PL_TRY(check_key(node->keys[i]->text, node->keys[i]->place));
        PL_TRY(read_member(study, entry, node->keys[i], node->values[i]));
    }
    if (!entry->name)
        return pl_fail_at(node->place, "the entry has no name; write {name: VARIANT, ...}");
    if (!entry->label) {
        entry->label = entry->name;
        entry->label_place = entry->name_place;
    }
    return PL_OK;
}

static enum pl_status read_variants(struct pl_study *study, const struct pl_yaml *node,
                                    const struct pl_yaml *key) {
    PL_TRY(want_key(node, PL_YAML_LIST, key));
    if (node->count == 0 || node->count > PL_STUDY_ENTRIES)
        return pl_fail_at(node->place, "variants has %zu entries; it takes from 1 to %d",
                          node->count, PL_STUDY_ENTRIES);
    for (size_t i = 0; i < node->count; i++) {
        struct pl_study_entry entry = {0};
        PL_VEC_PUSH(&study->entries, entry);
        PL_TRY(read_entry(study, &study->entries.items[i], node->values[i]));
    }
    return PL_OK;
}

/* From the command line: what the file switches on is off, but for what is named. */
static enum pl_status set_diagnostics(struct pl_study *study, const char *text,
                                      struct pl_place place) {
    const struct pl_option *row;
    for (size_t i = 0; (row = pl_probe_measure_at(i)); i++)
        add_measure(study, row->name, place, "false");
    if (strcmp(text, "none") == 0) return PL_OK;
    for (; *text; text += strcspn(text, ",") + (strchr(text, ',') != NULL)) {
        const char *name = pl_arena_strndup(study->arena, text, strcspn(text, ","));
        PL_TRY(check_key(name, place));
        add_measure(study, name, place, "true");
    }
    return PL_OK;
}

/* ---- the file ----------------------------------------------------------------------------- */

/* The keys of a study (keys.c describes them): who reads each from the file, NULL where its single value
 * is set as from the command line; and who sets it from there, NULL where nobody does. */
static const struct part {
    const char *name;
    enum pl_status (*read)(struct pl_study *, const struct pl_yaml *node,
                           const struct pl_yaml *key);
    enum pl_status (*command)(struct pl_study *, const char *text, struct pl_place place);
} parts[] = {
    {"study", NULL, set_name},      {"question", NULL, set_question},
    {"model", read_section, NULL},  {"task", read_section, NULL},
    {"train", read_section, NULL},  {"variants", read_variants, NULL},
    {"sweep", read_sweep, NULL},    {"design", read_design, NULL},
    {"seeds", read_seeds, NULL},    {"baseline", NULL, set_baseline},
    {"metric", NULL, set_metric},   {"match", NULL, set_match},
    {"select", read_select, NULL},  {"budget", NULL, set_budget},
    {"claims", read_claims, NULL},  {"backend", read_backend, NULL},
    {"limits", read_section, NULL}, {"diagnostics", read_diagnostics, set_diagnostics},
};

#define PARTS (sizeof parts / sizeof parts[0])

static const struct part *find_part(const char *name) {
    size_t row = pl_names_find(PL_NAMES(struct part, name, parts, PARTS), name);
    return row < PARTS ? &parts[row] : NULL;
}

enum pl_status pl_study_read(struct pl_study *out, const struct pl_yaml *root) {
    out->question = "";
    out->top = root->place;
    PL_TRY(want(root, PL_YAML_MAP, "a study"));
    for (size_t i = 0; i < root->count; i++) {
        const struct part *part = find_part(root->keys[i]->text);
        if (!part) {
            const struct pl_yaml *key = root->keys[i];
            char shown[PL_QUOTED];
            return pl_names_fail(PL_NAMES(struct part, name, parts, PARTS), key->place, key->text,
                                 "it has {and}", "a study has no key %s",
                                 pl_quoted(shown, key->text));
        }
        if (part->read) {
            PL_TRY(part->read(out, root->values[i], root->keys[i]));
        } else {
            PL_TRY(want_key(root->values[i], PL_YAML_SCALAR, root->keys[i]));
            PL_TRY(part->command(out, root->values[i]->text, root->values[i]->place));
        }
    }
    for (const struct pl_study_key *key = pl_study_keys; key->name; key++)
        if (!key->dflt && pl_study_key_is_top(key) && !pl_yaml_get(root, key->name))
            return pl_fail_at(root->place, "the study has no \"%s\"; add %s", key->name,
                              key->example);
    return PL_OK;
}

/* ---- the command line --------------------------------------------------------------------- */

static void override_setting(struct pl_study *study, const char *key, const char *text,
                             struct pl_place place) {
    const struct pl_given given = {key, place, text, place};
    for (size_t i = 0; i < study->settings.count; i++) {
        if (strcmp(study->settings.items[i].key, key) != 0) continue;
        study->settings.items[i] = given;
        return;
    }
    PL_VEC_PUSH(&study->settings, given);
}

/* Text between brackets, without them; NULL where there are none. A single number of "seeds" is how many, so
 * "[7]" is the way to say the seed 7 alone. */
static const char *in_brackets(struct pl_arena *arena, const char *text) {
    size_t length = strlen(text);
    if (length < 2 || text[0] != '[' || text[length - 1] != ']') return NULL;
    return pl_arena_strndup(arena, text + 1, length - 2);
}

/* An axis of the file keeps its rank; several values make a new one; one value is a setting. */
static enum pl_status override_values(struct pl_study *study, const char *key,
                                      struct pl_sweep *values, struct pl_place place) {
    struct pl_study_axis axis = {key, place, place, *values, {0}};
    for (size_t i = 0; i < study->axes.count; i++) {
        struct pl_study_axis *old = &study->axes.items[i];
        if (strcmp(old->key, key) != 0) continue;
        pl_sweep_finish(&old->values);
        old->values = *values; /* of an axis of choices some of their names */
        old->place = old->key_place = place;
        *values = (struct pl_sweep){0};
        return PL_OK;
    }
    if (values->count == 1) {
        override_setting(study, key, values->items[0].text, place);
    } else {
        PL_VEC_PUSH(&study->axes, axis);
        *values = (struct pl_sweep){0};
    }
    return PL_OK;
}

static enum pl_status split(struct pl_study *study, const char *text, const char **key,
                            const char **value, struct pl_place place) {
    char shown[PL_QUOTED];
    const char *equals = strchr(text, '=');
    if (!equals || equals == text)
        return pl_fail_at(place, "%s is not of the form key=value, such as train.lr=1e-3",
                          pl_quoted(shown, text));
    *key = pl_arena_strndup(study->arena, text, (size_t)(equals - text));
    *value = pl_arena_strdup(study->arena, equals + 1);
    return check_key(*key, place);
}

enum pl_status pl_study_override(struct pl_study *study, const char *text) {
    const struct pl_place place = {command_line, 0, 0};
    const char *key = "", *value = "";
    struct pl_sweep values = {0};
    PL_TRY(split(study, text, &key, &value, place));
    bool chosen =
        strcmp(key, "seed") == 0; /* seed=7 is seeds=[7], which some shells take for a pattern */
    const struct part *part = find_part(chosen ? "seeds" : key);
    if (part && part->command) return part->command(study, value, place);
    if (part && part->read != read_seeds && part->read != read_backend)
        return pl_fail_at(place,
                          "%s is not set as a whole on the command line; give single "
                          "settings, such as model.width=32, task.structure=0,0.5,1 or "
                          "select.by=train_loss, or change the file",
                          key);
    const char *list = part && part->read == read_seeds ? in_brackets(study->arena, value) : NULL;
    enum pl_status status = pl_sweep_text(&values, study->arena, list ? list : value, place);
    if (status != PL_OK) {
        char shown[PL_QUOTED];
        char said[512];
        strncpy(said, pl_message() + strlen(command_line) + 2, sizeof said - 1);
        said[sizeof said - 1] = '\0';
        status = pl_fail_at(place, "in %s: %s", pl_quoted(shown, key), said);
    } else if (part && part->read == read_seeds) {
        pl_sweep_finish(&study->seeds);
        study->seeds = values;
        values = (struct pl_sweep){0};
        study->seeds_listed = study->seeds.count > 1 || list || chosen;
        study->seeds_place = place;
    } else if (study->design.given && strcmp(key, PL_DESIGN_AXIS) == 0) {
        pl_sweep_finish(&study->design.readings);
        study->design.readings = values;
        return PL_OK;
    } else if (study->design.given && values.count == 1 &&
               (strcmp(key, "design.sample") == 0 || strcmp(key, "design.seed") == 0)) {
        set_design(&study->design, strcmp(key, "design.seed") == 0, values.items[0].text, place);
    } else if (study->select && values.count == 1 && strcmp(key, "select.by") == 0) {
        set_select_by(study, values.items[0].text, place);
    } else {
        status = override_values(study, key, &values, place);
    }
    pl_sweep_finish(&values);
    return status;
}
