/* One command line, read by the rows of its command's table. A row is found by its name or its letter,
 * first among the command's own, then among those that every command has. Defaults are put before the
 * first word is read, by the same function as values, so a wrong default cannot go unnoticed.
 */
#include "experiments/cli/args.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/log.h"
#include "core/config/names.h"
#include "tasks/plugin.h"

enum { NAMES_MOST = 32 };

const struct pl_flag pl_common_flags[] = {
    {"help", 'h', NULL, "this page"},
    {"quiet", 'q', NULL, "only errors on stderr; run prints where its report is, not the report"},
    {"verbose", 'v', NULL, "more conversation on stderr"},
    {"plugin", 0, "FILE.so",
     "load tasks from a shared object (docs/add-a-task.md); may be repeated"},
    {0},
};

static const struct pl_flag *find_name(const struct pl_flag *flags, const char *name,
                                       size_t length) {
    for (; flags && flags->name; flags++)
        if (strlen(flags->name) == length && strncmp(flags->name, name, length) == 0) return flags;
    return NULL;
}

static const struct pl_flag *find_letter(const struct pl_flag *flags, char letter) {
    for (; flags && flags->name; flags++)
        if (flags->letter == letter) return flags;
    return NULL;
}

static enum pl_status unknown(const struct pl_command *command, const char *text) {
    const struct pl_flag *const tables[] = {command->flags, pl_common_flags};
    char dashed[NAMES_MOST][32], offer[80];
    const char *names[NAMES_MOST];
    size_t count = 0;
    for (int t = 0; t < 2; t++)
        for (const struct pl_flag *flag = tables[t]; flag && flag->name; flag++) {
            PL_ASSERT(count < NAMES_MOST);
            snprintf(dashed[count], sizeof *dashed, "--%s", flag->name);
            names[count] = dashed[count];
            count++;
        }
    snprintf(offer, sizeof offer, "`plumbline %s --help` lists them", command->name);
    return pl_names_fail(PL_NAME_LIST(names, count), PL_NO_PLACE, text, offer, "%s has no flag %s",
                         command->name, text);
}

static void use_common(struct pl_args *args, const struct pl_flag *flag, const char *value) {
    switch (flag - pl_common_flags) {
    case 0:
        args->help = true;
        break;
    case 1:
        pl_log_set_level(PL_LOG_ERROR);
        break;
    case 2:
        pl_log_set_level(PL_LOG_DEBUG);
        break;
    case 3:
        args->plugins[args->plugin_count++] = value;
        break;
    }
}

/* Fills the member of [options] that [flag] names. */
static enum pl_status fill(void *options, const struct pl_flag *flag, const char *value) {
    void *member = (char *)options + flag->offset;
    char *end;
    if (flag->type == PL_FLAG_SWITCH) *(bool *)member = true;
    if (flag->type == PL_FLAG_TEXT) *(const char **)member = value;
    if (flag->type != PL_FLAG_COUNT) return PL_OK;
    errno = 0;
    long count = strtol(value, &end, 10);
    if (errno || *end || end == value || count < 1 || count > flag->most)
        return pl_fail(PL_ECONFIG, "--%s is \"%s\"; it takes a whole number from 1 to %ld",
                       flag->name, value, flag->most);
    *(long *)member = count;
    return PL_OK;
}

/* One flag at argv[*at]; moves *at past a value of its own. */
static enum pl_status take_flag(struct pl_args *args, int argc, char **argv, int *at) {
    const char *text = argv[*at], *value = NULL;
    bool is_long = text[1] == '-', own = true;
    size_t length = is_long ? strcspn(text + 2, "=") : 1;
    const struct pl_flag *flag = args->command->flags;
    flag = is_long ? find_name(flag, text + 2, length) : find_letter(flag, text[1]);
    if (!flag) {
        own = false;
        flag = is_long ? find_name(pl_common_flags, text + 2, length)
                       : find_letter(pl_common_flags, text[1]);
    }
    if (!flag) return unknown(args->command, text);
    if (is_long && text[2 + length] == '=') value = text + 3 + length;
    if (!is_long && text[2]) value = text + 2;
    if (!flag->value && value)
        return pl_fail(PL_ECONFIG, "%s takes no value; found \"%s\"", text, value);
    if (flag->value && !value && ++*at < argc) value = argv[*at];
    if (flag->value && !value)
        return pl_fail(PL_ECONFIG, "%s needs a value: %s", text, flag->value);
    if (flag->value && !*value && flag->type != PL_FLAG_COUNT)
        return pl_fail(PL_ECONFIG, "--%s is empty; it takes %s (is a variable not set?)",
                       flag->name, flag->value);
    if (own) return fill(args->options, flag, value);
    use_common(args, flag, value);
    return PL_OK;
}

enum pl_status pl_args_parse(struct pl_args *out, const struct pl_command *command, int argc,
                             char **argv) {
    bool flags_end = false;
    *out = (struct pl_args){.command = command,
                            .options = pl_alloc_zero(1, command->options_size + 1),
                            .words = pl_alloc_zero((size_t)argc + 1, sizeof *out->words),
                            .plugins = pl_alloc_zero((size_t)argc + 1, sizeof *out->plugins)};
    for (const struct pl_flag *flag = command->flags; flag && flag->name; flag++)
        if (flag->dflt) PL_TRY(fill(out->options, flag, flag->dflt));
    for (int k = 0; k < argc; k++) {
        if (!flags_end && strcmp(argv[k], "--") == 0)
            flags_end = true;
        else if (!flags_end && argv[k][0] == '-' && argv[k][1])
            PL_TRY(take_flag(out, argc, argv, &k));
        else
            out->words[out->word_count++] = argv[k];
    }
    return PL_OK;
}

void pl_args_finish(struct pl_args *args) {
    pl_free(args->options);
    pl_free(args->words);
    pl_free(args->plugins);
    *args = (struct pl_args){0};
}

enum pl_status pl_args_load_plugins(const struct pl_args *args) {
    for (size_t k = 0; k < args->plugin_count; k++) PL_TRY(pl_plugin_load(args->plugins[k]));
    return PL_OK;
}
