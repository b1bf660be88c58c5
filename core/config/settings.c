/* Settings are sorted by key and each key occurs once, so that the canonical text is the items in
 * order and position() finds a key by halving. Keys, values and places are borrowed: whoever sets
 * them keeps them alive. Canonical text is one "key = value" line a setting; `spellings` are the
 * characters that would make a line ambiguous, and pl_settings_read undoes exactly what
 * pl_settings_write did. */
#include "core/config/settings.h"

#include <stdio.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/vec.h"
#include "core/config/names.h"
#include "core/config/quote.h"

static const struct pl_place default_place = {"default", 0, 0};

void pl_settings_finish(struct pl_settings *settings) {
    if (settings) PL_VEC_FINISH(settings);
}

void pl_settings_copy(struct pl_settings *out, const struct pl_settings *from) {
    PL_ASSERT(out->count == 0);
    for (size_t i = 0; i < from->count; i++) PL_VEC_PUSH(out, from->items[i]);
}

/* Where [key] stands, or where it belongs when it is absent. */
static size_t position(const struct pl_settings *settings, const char *key, bool *present) {
    size_t low = 0, high = settings->count;
    *present = false;
    while (low < high && !*present) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(settings->items[middle].key, key);
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
            *present = order == 0;
        }
    }
    return *present ? high : low;
}

void pl_settings_set(struct pl_settings *settings, const char *key, const char *value,
                     struct pl_place place) {
    const struct pl_setting item = {key, value, place};
    bool present;
    size_t at = position(settings, key, &present);
    if (!present) {
        PL_VEC_PUSH(settings, item);
        memmove(settings->items + at + 1, settings->items + at,
                (settings->count - 1 - at) * sizeof item);
    }
    settings->items[at] = item;
}

const struct pl_setting *pl_settings_get(const struct pl_settings *settings, const char *key) {
    bool present;
    size_t at = position(settings, key, &present);
    return present ? &settings->items[at] : NULL;
}

const char *pl_settings_value(const struct pl_settings *settings, const char *key,
                              const char *fallback) {
    const struct pl_setting *setting = pl_settings_get(settings, key);
    return setting ? setting->value : fallback;
}

/* ---- settings and option rows ------------------------------------------------------------- */

static void add_key(struct pl_strbuf *out, const struct pl_options *options, const char *name) {
    pl_strbuf_clear(out);
    if (*options->section) pl_strbuf_addf(out, "%s.", options->section);
    pl_strbuf_add(out, name);
}

static const struct pl_setting *find(const struct pl_settings *settings,
                                     const struct pl_options *options, const char *name) {
    struct pl_strbuf key;
    pl_strbuf_init(&key);
    add_key(&key, options, name);
    const struct pl_setting *setting = pl_settings_get(settings, key.text);
    pl_strbuf_finish(&key);
    return setting;
}

static enum pl_status add_default(struct pl_settings *settings, const struct pl_options *options,
                                  const struct pl_option *row, struct pl_arena *arena) {
    struct pl_strbuf key, value;
    pl_strbuf_init(&key);
    pl_strbuf_init(&value);
    add_key(&key, options, row->name);
    enum pl_status status = pl_option_canonical(row, row->dflt, &value);
    if (status == PL_OK) {
        pl_settings_set(settings, pl_arena_strdup(arena, key.text),
                        pl_arena_strdup(arena, value.text), default_place);
    } else {
        status = pl_fail_within(status, "the default of %s", key.text);
    }
    pl_strbuf_finish(&value);
    pl_strbuf_finish(&key);
    return status;
}

/* A row that came later is not there at its default, whether somebody wrote it or not. */
static enum pl_status drop_default(struct pl_settings *settings, const struct pl_setting *found,
                                   const struct pl_option *row) {
    struct pl_strbuf value;
    pl_strbuf_init(&value);
    enum pl_status status = pl_option_canonical(row, row->dflt, &value);
    size_t at = (size_t)(found - settings->items);
    if (status == PL_OK && strcmp(found->value, value.text) == 0) {
        settings->count--;
        memmove(settings->items + at, settings->items + at + 1,
                (settings->count - at) * sizeof *settings->items);
    }
    pl_strbuf_finish(&value);
    return status;
}

bool pl_settings_differ(struct pl_settings_walk *walk, const char **key, const char **a,
                        const char **b) {
    while (walk->i < walk->a->count || walk->j < walk->b->count) {
        const struct pl_setting *left = walk->a->items + walk->i, *right = walk->b->items + walk->j;
        int order = walk->i == walk->a->count   ? 1
                    : walk->j == walk->b->count ? -1
                                                : strcmp(left->key, right->key);
        *key = order <= 0 ? left->key : right->key;
        *a = order <= 0 ? left->value : "-";
        *b = order >= 0 ? right->value : "-";
        walk->i += order <= 0;
        walk->j += order >= 0;
        if (order != 0 || strcmp(*a, *b) != 0) return true;
    }
    return false;
}

struct pl_json *pl_settings_json(const struct pl_settings *settings, bool sections) {
    struct pl_json *object = pl_json_object();
    for (size_t k = 0; k < settings->count; k++) {
        const char *key = settings->items[k].key, *dot = sections ? NULL : strchr(key, '.');
        pl_json_set(object, dot ? dot + 1 : key, pl_json_text(settings->items[k].value));
    }
    return object;
}

enum pl_status pl_settings_add_defaults(struct pl_settings *settings,
                                        const struct pl_options *options, struct pl_arena *arena) {
    for (size_t i = 0; i < options->count; i++) {
        const struct pl_option *row = &options->rows[i];
        const struct pl_setting *found = find(settings, options, row->name);
        if (row->later && found) PL_TRY(drop_default(settings, found, row));
        if (row->later || found) continue;
        PL_TRY(add_default(settings, options, row, arena));
    }
    return PL_OK;
}

/* The part of [key] after "section.", or NULL when it belongs to another section; a key of the
 * section "" has no dot. */
static const char *name_within(const struct pl_options *options, const char *key) {
    size_t length = strlen(options->section);
    if (length == 0) return strchr(key, '.') ? NULL : key;
    if (strncmp(key, options->section, length) != 0 || key[length] != '.') return NULL;
    return key + length + 1;
}

/* variant mhc has no option "n"; it is called streams */
static enum pl_status fail_renamed(const struct pl_settings *settings,
                                   const struct pl_setting *setting, const char *name,
                                   const struct pl_options *options) {
    char key[64];
    snprintf(key, sizeof key, "%s.name", options->section);
    const char *owner = pl_settings_value(settings, key, ""), *gap = *owner ? " " : "";
    enum pl_status status =
        pl_fail(PL_ECONFIG, "%s%s%s has no option \"%s\"; it is called %s", options->section, gap,
                owner, name, pl_option_renamed(options, name));
    const struct pl_place *place = &setting->place;
    if (place->line == 0) return status;
    return pl_fail_within(status, "%s:%d:%d", place->file, place->line, place->column);
}

static enum pl_status refuse_unknown(const struct pl_settings *settings,
                                     const struct pl_options *options) {
    for (size_t i = 0; i < settings->count; i++) {
        const char *name = name_within(options, settings->items[i].key);
        /* SECTION.name and SECTION.version say whose options the section has. */
        if (!name || (strcmp(name, "name") == 0 || strcmp(name, "version") == 0) ||
            pl_option_find(options, name))
            continue;

        /* model has no option "widht"; did you mean "width"? It has width, hidden and depth */
        char shown[PL_QUOTED];
        if (pl_option_renamed(options, name))
            return fail_renamed(settings, &settings->items[i], name, options);
        return pl_names_fail(PL_NAMES(struct pl_option, name, options->rows, options->count),
                             settings->items[i].place, name, "it has {and}", "%s has no option %s",
                             *options->section ? options->section : "a study",
                             pl_quoted(shown, name));
    }
    return PL_OK;
}

static enum pl_status bind_row(const struct pl_setting *setting, const struct pl_options *options,
                               const struct pl_option *row, void *target, struct pl_arena *arena) {
    enum pl_status status =
        pl_option_store(row, setting ? setting->value : row->dflt, target, arena);
    if (status == PL_OK) return PL_OK;
    if (!setting) return pl_fail_within(status, "the default of %s", row->name);
    if (*options->section) status = pl_fail_within(status, "in %s", options->section);
    const struct pl_place *place = &setting->place;
    if (place->line == 0) return pl_fail_within(status, "%s", place->file);
    return pl_fail_within(status, "%s:%d:%d", place->file, place->line, place->column);
}

enum pl_status pl_settings_bind(const struct pl_settings *settings,
                                const struct pl_options *options, void *target,
                                struct pl_arena *arena) {
    PL_TRY(refuse_unknown(settings, options));
    for (size_t i = 0; i < options->count; i++) {
        const struct pl_option *row = &options->rows[i];
        const struct pl_setting *setting = find(settings, options, row->name);
        PL_TRY(bind_row(setting, options, row, target, arena));
    }
    return PL_OK;
}

/* ---- canonical text ----------------------------------------------------------------------- */

/* The few characters that would make a line ambiguous, each with the letter that spells it after a
 * backslash; a blank is spelled in keys only. */
static const struct {
    char raw, letter;
    bool in_values;
} spellings[] = {{'\\', '\\', true}, {'\n', 'n', true}, {' ', 's', false}};

#define SPELLINGS (sizeof spellings / sizeof spellings[0])

static void add_spelled(struct pl_strbuf *out, const char *text, bool value) {
    for (; *text; text++) {
        char pair[2] = {'\\', 0};
        for (size_t i = 0; i < SPELLINGS; i++) {
            if (spellings[i].raw == *text && (spellings[i].in_values || !value)) {
                pair[1] = spellings[i].letter;
            }
        }
        pl_strbuf_add_bytes(out, pair[1] ? pair : text, pair[1] ? 2 : 1);
    }
}

void pl_settings_write(const struct pl_settings *settings, struct pl_strbuf *out) {
    for (size_t i = 0; i < settings->count; i++) {
        add_spelled(out, settings->items[i].key, false);
        pl_strbuf_add(out, " = ");
        add_spelled(out, settings->items[i].value, true);
        pl_strbuf_add(out, "\n");
    }
}

/* Undoes add_spelled in the arena; NULL when a backslash is followed by no letter of the table. */
static const char *unspelled(struct pl_arena *arena, const char *text, size_t length) {
    char *copy = pl_arena_strndup(arena, text, length), *out = copy;
    for (size_t at = 0; at < length; at++) {
        *out = text[at];
        if (text[at] == '\\') {
            size_t i = 0;
            at++;
            while (i < SPELLINGS && (at == length || spellings[i].letter != text[at])) i++;
            if (i == SPELLINGS) return NULL;
            *out = spellings[i].raw;
        }
        out++;
    }
    *out = '\0';
    return copy;
}

static enum pl_status read_line(struct pl_settings *out, struct pl_arena *arena, const char *line,
                                size_t length, int number) {
    const struct pl_place start = {"settings", number, 1};
    const char *blank = memchr(line, ' ', length);
    size_t name = blank ? (size_t)(blank - line) : length;
    if (name == 0 || length - name < 3 || memcmp(blank, " = ", 3) != 0) {
        return pl_fail_at(start, "the line is not of the form \"key = value\"");
    }
    const struct pl_place place = {"settings", number, (int)name + 4};
    const char *key = unspelled(arena, line, name);
    const char *value = unspelled(arena, line + name + 3, length - name - 3);
    if (!key || !value) {
        return pl_fail_at(start, "a backslash is followed by neither \\, n nor s");
    }
    char shown[PL_QUOTED];
    if (pl_settings_get(out, key)) {
        return pl_fail_at(start, "the key %s is set twice", pl_quoted(shown, key));
    }
    pl_settings_set(out, key, value, place);
    return PL_OK;
}

enum pl_status pl_settings_read(struct pl_settings *out, struct pl_arena *arena, const char *text) {
    for (int number = 1; *text; number++) {
        const char *end = strchr(text, '\n');
        if (!end) {
            const struct pl_place place = {"settings", number, 1};
            return pl_fail_at(place, "the last line does not end; the text was cut short");
        }
        PL_TRY(read_line(out, arena, text, (size_t)(end - text), number));
        text = end + 1;
    }
    return PL_OK;
}
