/* show variant, task, option: a row of a registry, in full; report/page_registry.c writes most pages. */
#include <string.h>

#include "core/config/names.h"
#include "experiments/cli/show.h"
#include "experiments/report/pages.h"
#include "experiments/study/keys.h"

static bool names_section(const char *name, const char *section) {
    size_t length = strlen(section);
    return strncmp(name, section, length) == 0 && name[length] == '.';
}

/* Adds the words from the second on, which are settings of [section] or [other] (NULL: of no other). */
static enum pl_status add_words(struct pl_settings *out, struct pl_arena *arena,
                                const struct pl_args *args, const char *section,
                                const char *other) {
    for (size_t k = 2; k < args->word_count; k++) {
        const char *word = args->words[k], *equals = strchr(word, '=');
        if (!equals) return pl_fail(PL_ECONFIG, "\"%s\" is no setting; write key=value", word);
        if (!names_section(word, section) && !(other && names_section(word, other)))
            return pl_fail(PL_ECONFIG, "show %s takes settings of %s.*%s%s%s; found \"%s\"",
                           args->words[0], section, other ? " and " : "", other ? other : "",
                           other ? ".*" : "", word);
        char *key = pl_arena_strndup(arena, word, (size_t)(equals - word));
        pl_settings_set(out, key, equals + 1, (struct pl_place){"command line", 0, 0});
    }
    return PL_OK;
}

enum pl_status pl_show_variant(const struct pl_args *args, struct pl_strbuf *out) {
    const struct pl_residual *variant;
    struct pl_arena arena = {0};
    struct pl_settings settings = {0};
    struct pl_model model;
    PL_TRY(pl_residual_find(&variant, args->words[1]));
    enum pl_status status = add_words(&settings, &arena, args, "model", "variant");
    if (!pl_settings_get(&settings, "model.kind"))
        pl_settings_set(&settings, "model.kind", pl_residual_host(variant),
                        (struct pl_place){"show", 0, 0});
    pl_settings_set(&settings, "variant.name", variant->name, (struct pl_place){"show", 0, 0});
    if (status == PL_OK) status = pl_model_bind(&model, &settings, &arena);
    if (status == PL_OK) pl_variant_text(variant, &settings, &model, out);
    pl_settings_finish(&settings);
    pl_arena_finish(&arena);
    return status;
}

enum pl_status pl_show_task(const struct pl_args *args, struct pl_strbuf *out) {
    const struct pl_task *task;
    struct pl_arena arena = {0};
    struct pl_settings settings = {0};
    PL_TRY(pl_task_find(&task, args->words[1]));
    enum pl_status status = add_words(&settings, &arena, args, "task", NULL);
    if (status == PL_OK) status = pl_task_text(task, &settings, &arena, out);
    pl_settings_finish(&settings);
    pl_arena_finish(&arena);
    return status;
}

/* What a key of a study says; [name] may be the last word alone. */
static void add_keys(const char *name, struct pl_strbuf *out) {
    for (const struct pl_study_key *key = pl_study_keys; key->name; key++) {
        const char *dot = strchr(key->name, '.');
        struct pl_columns facts;
        if (strcmp(key->name, name) != 0 && !(dot && strcmp(dot + 1, name) == 0)) continue;
        pl_columns_init(&facts, 0, 2);
        if (out->length) pl_strbuf_add(out, "\n");
        pl_columns_fact(&facts, "key", key->name);
        pl_columns_fact(&facts, "means", key->help);
        pl_columns_fact(&facts, "default", key->dflt ? key->dflt : "required");
        pl_columns_fact(&facts, "takes", key->form);
        pl_columns_fact(&facts, "example", key->example);
        pl_columns_end(&facts, out);
    }
}

/* The names of all options and keys, for a complaint. */
struct names {
    const char **items;
    size_t count, capacity;
};

/* NAME may be dotted (task.dim) or bare (dim); every owner's row is shown, and keys of a study. */
enum pl_status pl_show_option(const struct pl_args *args, struct pl_strbuf *out) {
    struct pl_option_section section;
    struct names names = {0};
    const char *name = args->words[1], *dot = strchr(name, '.'), *bare = dot ? dot + 1 : name;
    add_keys(name, out);
    for (size_t s = 0; pl_option_section_at(s, &section); s++) {
        const struct pl_option *row = pl_option_find(section.options, bare);
        if (row && (!dot || names_section(name, section.section)))
            pl_option_text(&section, row, out);
        for (size_t r = 0; r < section.options->count; r++)
            PL_VEC_PUSH(&names, section.options->rows[r].name);
    }
    for (const struct pl_study_key *key = pl_study_keys; key->name; key++)
        PL_VEC_PUSH(&names, strchr(key->name, '.') ? strchr(key->name, '.') + 1 : key->name);
    struct pl_names known = PL_NAME_LIST(names.items, names.count);
    const char *near = pl_names_nearest(known, bare);
    enum pl_status status = PL_OK;
    if (out->length == 0) {
        pl_strbuf_addf(out, "there is no option \"%s\"", name);
        pl_names_hint(known, near && strcmp(near, bare) != 0 ? near : NULL,
                      "`plumbline list options` and `plumbline list keys` show all", out);
        status = pl_fail(PL_ECONFIG, "%s", out->text);
        pl_strbuf_clear(out);
    }
    PL_VEC_FINISH(&names);
    return status;
}
