/* The tables of options are walked by an index: the fixed ones, then tasks, then variants; either those
 * of the whole program (pl_option_section_at) or those of a scope (section_at). A key such as task.dim
 * is held against every table of the scope whose section it names, and must be known to each. */
#include "experiments/study/options.h"

#include <string.h>

#include "core/backend/backend.h"
#include "core/base/vec.h"
#include "core/config/names.h"
#include "core/config/quote.h"
#include "core/model/model.h"

static const struct pl_option limits_rows[] = {
    PL_OPTION_REAL(struct pl_limits, cell_seconds, "0", 0, 1e9,
                   "seconds after which a cell is stopped and counts as failed; 0 is no limit"),
    PL_OPTION_REAL(struct pl_limits, hours, "0", 0, 1e6,
                   "hours after which a run ends with what is complete; 0 is no limit"),
    PL_OPTION_REAL(struct pl_limits, checkpoint_minutes, "5", 0, 1e6,
                   "minutes from one checkpoint of a long cell to the next; 0 keeps none"),
};
const struct pl_options pl_limits_options = PL_OPTIONS("limits", limits_rows);

/* ---- the tables --------------------------------------------------------------------------- */

static const struct pl_option_section fixed[] = {
    {"train", "train", &pl_train_options},
    {"limits", "limits", &pl_limits_options},
    {"diagnostics", "diagnostics", &pl_probe_options},
};

#define FIXED (sizeof fixed / sizeof fixed[0])

static struct pl_option_section of_host(const struct pl_host_kind *host) {
    return (struct pl_option_section){"model", host == pl_host_kinds[0] ? "model" : host->name,
                                      &host->options};
}

static struct pl_option_section of_task(const struct pl_task *task) {
    return (struct pl_option_section){"task", task->name, &task->options};
}

static struct pl_option_section of_variant(const struct pl_residual *variant) {
    return (struct pl_option_section){"variant", variant->name, &variant->options};
}

bool pl_option_section_at(size_t index, struct pl_option_section *out) {
    size_t at = 0;
    for (size_t k = 0; pl_host_kinds[k]; k++)
        if (at++ == index) return *out = of_host(pl_host_kinds[k]), true;
    for (size_t k = 0; k < FIXED; k++)
        if (at++ == index) return *out = fixed[k], true;
    for (size_t k = 0; pl_task_at(k); k++)
        if (at++ == index) return *out = of_task(pl_task_at(k)), true;
    for (size_t k = 0; pl_residuals[k]; k++)
        if (at++ == index) return *out = of_variant(pl_residuals[k]), true;
    return false;
}

/* The tables of a scope, one after the other; false after the last. */
static bool section_at(const struct pl_scope *scope, size_t index, struct pl_option_section *out) {
    size_t at = 0;
    for (size_t k = 0; k < scope->host_count; k++)
        if (at++ == index) return *out = of_host(scope->hosts[k]), true;
    for (size_t k = 0; k < FIXED; k++)
        if (at++ == index) return *out = fixed[k], true;
    for (size_t k = 0; k < scope->task_count; k++)
        if (at++ == index) return *out = of_task(scope->tasks[k]), true;
    for (size_t k = 0; k < scope->variant_count; k++)
        if (at++ == index) return *out = of_variant(scope->variants[k]), true;
    return false;
}

/* The part of [key] behind "section.", or NULL when another section is meant. An empty table may
 * have no section of its own: those of a variant are all called "variant". */
static const char *name_within(const char *section, const char *key) {
    size_t length = strlen(section);
    return strncmp(key, section, length) == 0 && key[length] == '.' ? key + length + 1 : NULL;
}

bool pl_options_of_study(const char *key) {
    return name_within("limits", key) || name_within("diagnostics", key);
}

/* ---- complaints --------------------------------------------------------------------------- */

struct names {
    const char **items;
    size_t count, capacity;
};

static void collect_names(struct names *out, const struct pl_scope *scope, struct pl_arena *arena) {
    struct pl_option_section section;
    PL_VEC_PUSH(out, "backend");
    PL_VEC_PUSH(out, "task.name");
    for (size_t s = 0; section_at(scope, s, &section); s++) {
        for (size_t i = 0; i < section.options->count; i++) {
            const char *name = section.options->rows[i].name;
            PL_VEC_PUSH(out, pl_arena_printf(arena, "%s.%s", section.section, name));
        }
    }
}

static const char *bare(const char *key) {
    const char *dot = strchr(key, '.');
    return dot ? dot + 1 : key;
}

/* The setting that was probably meant: the same word in another section, or a similar name. */
static const char *meant(const struct names *names, const char *key) {
    for (size_t i = 0; i < names->count; i++) {
        if (strcmp(bare(names->items[i]), bare(key)) == 0) return names->items[i];
    }
    return pl_names_nearest(PL_NAME_LIST(names->items, names->count), key);
}

/* [options] is the table of [owner] that was looked into; NULL when the key names no section. */
static enum pl_status fail_unknown(const struct pl_scope *scope, const struct pl_given *given,
                                   const char *owner, const struct pl_options *options,
                                   const char *name) {
    struct pl_arena arena = {0};
    struct names names = {0};
    struct pl_strbuf text;
    char shown[PL_QUOTED];
    const char *now = options ? pl_option_renamed(options, name) : NULL;
    if (now)
        return pl_fail_at(given->key_place, "%s has no option \"%s\"; it is called %s", owner, name,
                          now);
    collect_names(&names, scope, &arena);
    const char *near = meant(&names, given->key);
    pl_strbuf_init(&text);
    pl_quoted(shown, name);
    if (options) {
        pl_strbuf_addf(&text, "%s has no option %s", owner, shown);
    } else {
        pl_strbuf_addf(&text, "there is no setting %s", shown);
    }
    struct pl_names rows = {0};
    if (options) rows = PL_NAMES(struct pl_option, name, options->rows, options->count);
    bool other = near && strcmp(near, given->key) != 0;
    const char *offer =
        other && !options ? ""
        : near && !other && strncmp(near, "task.", 5) == 0 /* of another task */
            ? "what is set for all tasks must be known to each, so make a study of "
              "its own for each task"
            : near && !other /* a variant in scope has it, another has not */
                  ? "what is set for all entries must be known to each, so set it in the "
                    "entries that have it"
                  : options ? "it has {and}"
                            : "settings are called backend, model.*, task.*, train.* and "
                              "variant.*, as `plumbline list options` shows";
    pl_names_hint(rows, other ? near : NULL, offer, &text);
    enum pl_status status = pl_fail_at(given->key_place, "%s", text.text);
    pl_strbuf_finish(&text);
    PL_VEC_FINISH(&names);
    pl_arena_finish(&arena);
    return status;
}

/* ---- one setting -------------------------------------------------------------------------- */

static enum pl_status canonical_task(const struct pl_given *given, const char **out) {
    const struct pl_task *task;
    if (pl_task_find(&task, given->text) != PL_OK)
        return pl_fail_at(given->place, "%s", pl_message());
    *out = task->name;
    return PL_OK;
}

static enum pl_status canonical_backend(const struct pl_given *given, const char **out) {
    const struct pl_backend *backend;
    if (pl_backend_find(&backend, given->text) != PL_OK)
        return pl_fail_at(given->place, "%s", pl_message());
    *out = pl_backend_name(backend);
    return PL_OK;
}

/* Settings without a row of their own. */
static const struct {
    const char *key;
    enum pl_status (*canonical)(const struct pl_given *given, const char **out); /* or refused: */
    const char *why;
} special[] = {
    {"task.name", canonical_task, NULL},
    {"backend", canonical_backend, NULL},
    {"task.version", NULL, "the version of a task belongs to the program"},
    {"variant.version", NULL, "the version of a variant belongs to the program"},
    {"variant.name", NULL, "variants are named by the entries under \"variants:\""},
    {"variant.label", NULL, "labels are given by the entries under \"variants:\""},
    {"seed", NULL, "seeds are given by \"seeds: N\" or a list"},
};

#define SPECIAL (sizeof special / sizeof special[0])

static enum pl_status by_row(const struct pl_option_section *section, const char *section_word,
                             const char *name, const struct pl_given *given, struct pl_arena *arena,
                             const char **out) {
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    const struct pl_option *row = pl_option_find(section->options, name);
    enum pl_status status = pl_option_canonical(row, given->text, &text);
    if (status == PL_OK) *out = pl_arena_strdup(arena, text.text);
    pl_strbuf_finish(&text);
    if (status == PL_OK) return PL_OK;
    pl_fail_within(status, "in %s", section_word);
    return pl_fail_at(given->place, "%s", pl_message());
}

static enum pl_status fail_missing(const struct pl_scope *scope, const struct pl_given *given,
                                   const char *word, const struct pl_option_section *section,
                                   const char *name) {
    bool fixed_section = strcmp(word, section->owner) == 0;
    char owner[160];
    size_t length = strlen(word);
    PL_ASSERT(length + strlen(section->owner) + 2 < sizeof owner);
    strcpy(owner, word);
    if (!fixed_section) {
        owner[length] = ' ';
        strcpy(owner + length + 1, section->owner);
    }
    return fail_unknown(scope, given, owner, section->options, name);
}

enum pl_status pl_scope_canonical(const struct pl_scope *scope, const struct pl_given *given,
                                  struct pl_arena *arena, const char **out) {
    struct pl_option_section section;
    bool found = false;
    for (size_t i = 0; i < SPECIAL; i++) {
        if (strcmp(special[i].key, given->key) != 0) continue;
        if (special[i].canonical) return special[i].canonical(given, out);
        return pl_fail_at(given->key_place, "%s is not set here: %s", given->key, special[i].why);
    }
    for (size_t s = 0; section_at(scope, s, &section); s++) {
        const char *word = section.section, *name = name_within(word, given->key);
        if (!name) continue;
        if (!pl_option_find(section.options, name))
            return fail_missing(scope, given, word, &section, name);
        PL_TRY(by_row(&section, word, name, given, arena, out));
        found = true;
    }
    return found ? PL_OK : fail_unknown(scope, given, NULL, NULL, given->key);
}
