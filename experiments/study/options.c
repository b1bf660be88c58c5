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

/* What was probably meant when [name] was not found: a row, and the section that makes its dotted name. */
struct guess {
    const char *section;
    const struct pl_option *row; /* NULL: none */
};

static struct guess by_name(const struct pl_option_section *table, const char *name) {
    struct pl_names rows =
        PL_NAMES(struct pl_option, name, table->options->rows, table->options->count);
    const char *near = pl_names_nearest(rows, name);
    return (struct guess){table->section, near ? pl_option_find(table->options, near) : NULL};
}

/* A row whose name holds [name] or is held by it, else one whose help has a word that begins so; words of less
 * than four letters say too little. */
static struct guess by_part(const struct pl_option_section *table, const char *name) {
    size_t length = strlen(name);
    struct guess none = {0};
    for (size_t r = 0; length >= 4 && r < table->options->count; r++) {
        const struct pl_option *row = &table->options->rows[r];
        if (strstr(row->name, name) || (strlen(row->name) >= 4 && strstr(name, row->name)))
            return (struct guess){table->section, row};
    }
    for (size_t r = 0; length >= 4 && r < table->options->count; r++) {
        const struct pl_option *row = &table->options->rows[r];
        for (const char *at = strstr(row->help, name); at; at = strstr(at + 1, name))
            if (at == row->help || at[-1] == ' ') return (struct guess){table->section, row};
    }
    return none;
}

static const char *bare(const char *key) {
    const char *dot = strchr(key, '.');
    return dot ? dot + 1 : key;
}

/* Within the scope, apart from [own]: the same word in another section, or (own NULL) the name nearest to the
 * dotted key. Settings of the study are meant only where a key says so itself. */
static struct guess elsewhere(const struct pl_scope *scope, const char *own, const char *key) {
    struct pl_option_section section;
    struct guess nearest = {0};
    for (size_t s = 0; section_at(scope, s, &section); s++) {
        const struct pl_option *row = pl_option_find(section.options, bare(key));
        bool apart =
            own && (pl_options_of_study(key) != (strcmp(section.section, "limits") == 0 ||
                                                 strcmp(section.section, "diagnostics") == 0));
        if (row && !apart && !(own && strcmp(own, section.section) == 0))
            return (struct guess){section.section, row};
    }
    for (size_t s = 0; !own && !nearest.row && section_at(scope, s, &section); s++)
        if (strchr(key, '.') ? name_within(section.section, key) != NULL : true)
            nearest = by_name(&section, bare(key));
    return nearest;
}

/* The sections of a dotted key whose section is misspelled, as in trian.lr. */
static const char *nearest_dotted(const struct pl_scope *scope, const char *key,
                                  struct pl_arena *arena) {
    struct pl_option_section section;
    PL_VEC(const char *) names = {0};
    PL_VEC_PUSH(&names, "backend");
    PL_VEC_PUSH(&names, "task.name");
    for (size_t s = 0; section_at(scope, s, &section); s++)
        for (size_t i = 0; i < section.options->count; i++)
            PL_VEC_PUSH(&names, pl_arena_printf(arena, "%s.%s", section.section,
                                                section.options->rows[i].name));
    const char *near = pl_names_nearest(PL_NAME_LIST(names.items, names.count), key);
    PL_VEC_FINISH(&names);
    return near;
}

static void add_guess(struct pl_strbuf *out, const char *before, struct guess guess) {
    pl_strbuf_addf(out, "%s\"%s.%s\" (%s)", before, guess.section, guess.row->name,
                   guess.row->help);
}

/* Whose option [name] of the section is, among all of the program: at most four owners. */
static void add_owners(struct pl_strbuf *out, const char *word, const char *name) {
    struct pl_option_section section;
    size_t count = 0;
    for (size_t s = 0; pl_option_section_at(s, &section); s++) {
        if (strcmp(section.section, word) != 0 || !pl_option_find(section.options, name)) continue;
        if (count == 0) pl_strbuf_addf(out, "; \"%s\" is an option of ", name);
        if (++count <= 4) pl_strbuf_addf(out, "%s%s", count > 1 ? ", " : "", section.owner);
    }
    if (count > 4) pl_strbuf_add(out, ", ...");
}

/* [own] is the table that was looked into, of [owner]; NULL when the key names no section. */
static enum pl_status fail_unknown(const struct pl_scope *scope, const struct pl_given *given,
                                   const char *owner, const struct pl_option_section *own,
                                   const char *name) {
    struct pl_arena arena = {0};
    struct pl_strbuf text;
    char shown[PL_QUOTED];
    const char *now = own ? pl_option_renamed(own->options, name) : NULL;
    struct guess first = {0}, second = elsewhere(scope, own ? own->section : NULL, given->key);
    if (now)
        return pl_fail_at(given->key_place, "%s has no option \"%s\"; it is called %s (%s)", owner,
                          name, now, pl_option_find(own->options, now)->help);
    pl_strbuf_init(&text);
    pl_strbuf_addf(&text, own ? "%s has no option %s" : "%sthere is no setting %s",
                   own ? owner : "", pl_quoted(shown, name));

    /* What all tasks or all entries must have is not renamed but set where it belongs. */
    bool same = false;
    struct pl_option_section section;
    for (size_t s = 0; own && section_at(scope, s, &section); s++)
        same = same || (strcmp(section.section, own->section) == 0 &&
                        pl_option_find(section.options, name));
    if (same) {
        pl_strbuf_add(&text, strcmp(own->section, "task") == 0
                                 ? "; what is set for all tasks must be known to each, so make a "
                                   "study of its own for each task"
                                 : "; what is set for all entries must be known to each, so set it "
                                   "in the entries that have it");
    } else {
        struct pl_names rows = {0};
        const char *near = NULL;
        if (own) {
            rows = PL_NAMES(struct pl_option, name, own->options->rows, own->options->count);
            first = by_name(own, name);
            if (!first.row) first = by_part(own, name);
            if (first.row && second.row && by_name(own, name).row) second.row = NULL;
        }
        if (!own && !second.row) near = nearest_dotted(scope, given->key, &arena);
        if (!first.row) {
            first = second;
            second.row = NULL;
        }
        if (first.row) add_guess(&text, "; did you mean ", first);
        if (second.row) add_guess(&text, " or ", second);
        if (near) pl_strbuf_addf(&text, "; did you mean \"%s\"", near);
        bool meant = first.row || near;
        if (meant) pl_strbuf_add(&text, own ? "? " : "?");
        if (own) pl_names_offer(rows, meant, meant ? "it has {and}" : "; it has {and}", &text);
        if (own && !meant)
            add_owners(&text, own->section, name);
        else if (!meant)
            pl_strbuf_add(&text, "; settings are called backend, model.*, task.*, train.* and "
                                 "variant.*, as `plumbline list options` shows");
    }
    enum pl_status status = pl_fail_at(given->key_place, "%s", text.text);
    pl_strbuf_finish(&text);
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
    {"seed", NULL,
     "seeds are given by \"seeds: N\" or a list, and on the command line by seed=7 too"},
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
    return fail_unknown(scope, given, owner, section, name);
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
