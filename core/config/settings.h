/* Settings: what a run was asked to do, as text.
 *
 * An ordered list of dotted names with canonical values, each remembering where its value came from:
 *
 *     model.depth = 10        configs/x.yaml:4:30
 *     train.lr    = 0.003     command line
 *
 * This is the one form in which settings travel: a study resolves to settings, a cell *is* its
 * settings, the identity of a cell is the hash of their canonical text, and a worker binds them to
 * the typed structs of model, task and training through the same option rows that checked them.
 */
#ifndef PL_CONFIG_SETTINGS_H
#define PL_CONFIG_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/arena.h"
#include "core/base/status.h"
#include "core/base/strbuf.h"
#include "core/config/option.h"
#include "core/config/yaml.h"

struct pl_setting {
    const char *key;       /* dotted name */
    const char *value;     /* canonical text */
    struct pl_place place; /* where it came from; file "default" for defaults */
};

struct pl_settings {
    struct pl_setting *items; /* sorted by key, keys unique; owned, the strings are the arena's */
    size_t count, capacity;
};

/* A zeroed struct is a valid empty list. */
void pl_settings_finish(struct pl_settings *settings);
void pl_settings_copy(struct pl_settings *out, const struct pl_settings *from); /* out is empty */

/* Sets or replaces; key and value are borrowed and must outlive the settings. */
void pl_settings_set(struct pl_settings *settings, const char *key, const char *value,
                     struct pl_place place);
const struct pl_setting *pl_settings_get(const struct pl_settings *settings, const char *key);
const char *pl_settings_value(const struct pl_settings *settings, const char *key,
                              const char *fallback);

/* Two settings side by side. Each call gives the next key whose values differ, in the order of keys, with
 * the value of either side, "-" where a side has no such key; false when there is none left. */
struct pl_settings_walk {
    const struct pl_settings *a, *b;
    size_t i, j; /* begins zeroed */
};
bool pl_settings_differ(struct pl_settings_walk *walk, const char **key, const char **a,
                        const char **b);

struct pl_json;

/* A member a setting, by its name with or without its section. Owned by the caller. */
struct pl_json *pl_settings_json(const struct pl_settings *settings, bool sections);

/* Sets every row of [options] that has no value yet to its default; but a row that came later than stored
 * cells (pl_option.later) is taken out where it has its default. */
enum pl_status pl_settings_add_defaults(struct pl_settings *settings,
                                        const struct pl_options *options,
                                        struct pl_arena *arena) PL_NODISCARD;

/* Fills [target] from the keys "section.name"; a key of that section without a row is refused with
 * its place and the nearest name, but for SECTION.name and SECTION.version, which say whose options
 * these are; a row without a key takes its default. */
enum pl_status pl_settings_bind(const struct pl_settings *settings,
                                const struct pl_options *options, void *target,
                                struct pl_arena *arena) PL_NODISCARD;

/* "key = value\n" for every setting, in order: the canonical text. A backslash is written \\, a newline
 * \n and a blank inside a key \s, so that any settings give one text and that text gives them back. */
void pl_settings_write(const struct pl_settings *settings, struct pl_strbuf *out);

/* Adds what canonical text says to [out]; strings go to [arena]. Complaints name settings:line:column;
 * a key that is set already and a text that was cut short are refused. */
enum pl_status pl_settings_read(struct pl_settings *out, struct pl_arena *arena,
                                const char *text) PL_NODISCARD;

#endif
