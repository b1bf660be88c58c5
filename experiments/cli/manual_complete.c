/* Completions of shells. After the command come its flags, the words that its usage lists ("variant|task|..."),
 * studies, and settings as key=. Names of tasks and variants follow the words task and variant.
 *
 * The three scripts hold the same lists; each is written in the plainest way of its shell.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "core/model/model.h"
#include "experiments/cli/manual.h"
#include "experiments/study/keys.h"
#include "experiments/study/options.h"

/* The words that [usage] offers: those between "|" that are lower case throughout. Appends " a b c". */
static void add_words(struct pl_strbuf *out, const char *usage) {
    while (*usage) {
        size_t length = strcspn(usage, " []\n"), at = 0;
        bool offers = memchr(usage, '|', length) != NULL, lower = length > 0;
        for (size_t k = 0; k < length; k++)
            lower = lower && (islower((unsigned char)usage[k]) || usage[k] == '|');
        while (offers && lower && at < length) {
            size_t word = 0;
            while (at + word < length && usage[at + word] != '|') word++;
            pl_strbuf_addf(out, " %.*s", (int)word, usage + at);
            at += word + 1;
        }
        usage += length + (usage[length] != '\0');
    }
}

static bool takes_study(const struct pl_command *command) {
    return strstr(command->usage, "STUDY.yaml") != NULL;
}

/* The first word of several that name the same thing in [out] is enough. */
static bool is_there(const struct pl_strbuf *out, const char *word) {
    for (const char *at = out->text; (at = strstr(at, word)); at++)
        if (at > out->text && at[-1] == ' ') return true;
    return false;
}

/* " model.width= model.depth= ... seeds=" */
static void add_settings(struct pl_strbuf *out) {
    struct pl_option_section section;
    char key[96];
    for (size_t s = 0; pl_option_section_at(s, &section); s++)
        for (size_t r = 0; r < section.options->count; r++) {
            snprintf(key, sizeof key, "%s.%s=", section.section, section.options->rows[r].name);
            if (!is_there(out, key)) pl_strbuf_addf(out, " %s", key);
        }
    pl_strbuf_add(out, " task.name= seeds= backend= metric= reading=");
}

static void add_tasks(struct pl_strbuf *out) {
    for (size_t k = 0; pl_task_at(k); k++) pl_strbuf_addf(out, " %s", pl_task_at(k)->name);
}

static void add_variants(struct pl_strbuf *out) {
    for (size_t k = 0; pl_residuals[k]; k++) pl_strbuf_addf(out, " %s", pl_residuals[k]->name);
}

/* " --jobs -j ..." */
static void add_flag_names(struct pl_strbuf *out, const struct pl_flag *flag) {
    for (; flag && flag->name; flag++) {
        pl_strbuf_addf(out, " --%s", flag->name);
        if (flag->letter) pl_strbuf_addf(out, " -%c", flag->letter);
    }
}

static void add_command_names(struct pl_strbuf *out) {
    for (int k = 0; pl_commands[k]; k++)
        if (!pl_commands[k]->hidden) pl_strbuf_addf(out, " %s", pl_commands[k]->name);
    pl_strbuf_add(out, " help");
}

/* name=" a b c" as a line of a shell script. */
static void add_list(struct pl_strbuf *out, const char *name, void (*list)(struct pl_strbuf *)) {
    struct pl_strbuf words;
    pl_strbuf_init(&words);
    list(&words);
    pl_strbuf_addf(out, "    local %s=\"%s\"\n", name, words.length ? words.text + 1 : "");
    pl_strbuf_finish(&words);
}

void pl_manual_bash(struct pl_strbuf *out) {
    pl_strbuf_add(out, "# Completion of plumbline for bash; made of its tables.\n_plumbline() {\n"
                       "    local word=${COMP_WORDS[COMP_CWORD]} last=${COMP_WORDS[COMP_CWORD-1]}\n"
                       "    local flags= words= study=\n");
    add_list(out, "commands", add_command_names);
    add_list(out, "tasks", add_tasks);
    add_list(out, "variants", add_variants);
    add_list(out, "settings", add_settings);
    pl_strbuf_add(out,
                  "    COMPREPLY=()\n"
                  "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
                  "        COMPREPLY=($(compgen -W \"$commands --help --version\" -- \"$word\"))\n"
                  "        return\n    fi\n    case ${COMP_WORDS[1]} in\n");
    for (int k = 0; pl_commands[k]; k++) {
        const struct pl_command *command = pl_commands[k];
        if (command->hidden) continue;
        pl_strbuf_addf(out, "    %s) flags=\"", command->name);
        add_flag_names(out, command->flags);
        pl_strbuf_add(out, "\" words=\"");
        add_words(out, command->usage);
        pl_strbuf_addf(out, "\" study=%s ;;\n", takes_study(command) ? "yes" : "");
    }
    pl_strbuf_add(out, "    help) words=$commands ;;\n    esac\n    flags=\"$flags");
    add_flag_names(out, pl_common_flags);
    pl_strbuf_add(
        out, "\"\n"
             "    case $last in\n"
             "    task) words=$tasks ;;\n"
             "    variant) words=$variants ;;\n"
             "    --backend | -b | backend) words=\"cpu ref opencl\" ;;\n"
             "    esac\n"
             "    case $word in\n"
             "    -*) COMPREPLY=($(compgen -W \"$flags\" -- \"$word\")) && return ;;\n"
             "    esac\n"
             "    [ -z \"$study\" ] || [ \"$COMP_CWORD\" -eq 2 ] || words=\"$words $settings\"\n"
             "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
             "    case ${COMPREPLY[0]-} in *=) compopt -o nospace ;; esac\n"
             "    if [ ${#COMPREPLY[@]} -eq 0 ]; then\n"
             "        compopt -o filenames\n"
             "        COMPREPLY=($(compgen -f -X '!*.@(yaml|db|so)' -- \"$word\") $(compgen -d -- "
             "\"$word\"))\n"
             "    fi\n"
             "}\n"
             "shopt -s extglob\n"
             "complete -F _plumbline plumbline ./plumbline\n");
}

/* [text] within single quotes of a shell, without what would end them or, with [zsh], a description. */
static void add_quoted(struct pl_strbuf *out, const char *text, bool zsh) {
    for (; *text; text++) {
        if (*text == '\'')
            pl_strbuf_add(out, "\xe2\x80\x99");
        else if (zsh && strchr("[]:\\", *text))
            pl_strbuf_addf(out, "\\%c", *text);
        else
            pl_strbuf_add_bytes(out, text, 1);
    }
}

static void add_zsh_flags(struct pl_strbuf *out, const struct pl_flag *flag) {
    for (; flag && flag->name; flag++)
        for (int letter = 0; letter <= (flag->letter != 0); letter++) {
            pl_strbuf_add(out, "        '");
            if (letter)
                pl_strbuf_addf(out, "-%c", flag->letter);
            else
                pl_strbuf_addf(out, "--%s", flag->name);
            pl_strbuf_add(out, "[");
            add_quoted(out, flag->help, true);
            pl_strbuf_add(out, "]");
            if (flag->value) pl_strbuf_addf(out, ":%s:_files", flag->value);
            pl_strbuf_add(out, "' \\\n");
        }
}

void pl_manual_zsh(struct pl_strbuf *out) {
    pl_strbuf_add(out,
                  "#compdef plumbline\n# Completion of plumbline for zsh; made of its tables.\n"
                  "_plumbline_words() {\n");
    add_list(out, "tasks", add_tasks);
    add_list(out, "variants", add_variants);
    add_list(out, "settings", add_settings);
    pl_strbuf_add(
        out,
        "    case $words[CURRENT-1] in\n"
        "    task) compadd -- ${=tasks} && return ;;\n"
        "    variant) compadd -- ${=variants} && return ;;\n"
        "    esac\n"
        "    [ -z \"$1\" ] || compadd -- ${=1}\n"
        "    [ -z \"$2\" ] || { _files -g '*.(yaml|db)'; (( CURRENT == 2 )) || compadd -S '' -- "
        "${=settings} }\n"
        "}\n_plumbline() {\n    local -a commands=(\n");
    for (int k = 0; pl_commands[k]; k++) {
        if (pl_commands[k]->hidden) continue;
        pl_strbuf_addf(out, "        '%s:", pl_commands[k]->name);
        add_quoted(out, pl_commands[k]->summary, true);
        pl_strbuf_add(out, "'\n");
    }
    pl_strbuf_add(out, "        'help:flags and examples of one command'\n    )\n"
                       "    if (( CURRENT == 2 )); then\n        _describe command commands\n      "
                       "  return\n    fi\n"
                       "    local command=$words[2]\n    shift words\n    (( CURRENT-- ))\n    "
                       "case $command in\n");
    for (int k = 0; pl_commands[k]; k++) {
        const struct pl_command *command = pl_commands[k];
        struct pl_strbuf words;
        if (command->hidden) continue;
        pl_strbuf_init(&words);
        add_words(&words, command->usage);
        pl_strbuf_addf(out, "    %s) _arguments -S \\\n", command->name);
        add_zsh_flags(out, command->flags);
        add_zsh_flags(out, pl_common_flags);
        pl_strbuf_addf(out, "        '*: :_plumbline_words \"%s\" %s' ;;\n", words.text,
                       takes_study(command) ? "study" : "\"\"");
        pl_strbuf_finish(&words);
    }
    pl_strbuf_add(out, "    help) _describe command commands ;;\n    esac\n}\n_plumbline \"$@\"\n");
}

static void add_fish_flags(struct pl_strbuf *out, const char *condition,
                           const struct pl_flag *flag) {
    for (; flag && flag->name; flag++) {
        pl_strbuf_addf(out, "complete -c plumbline -n '%s' -l %s", condition, flag->name);
        if (flag->letter) pl_strbuf_addf(out, " -s %c", flag->letter);
        if (flag->value) pl_strbuf_add(out, " -r");
        pl_strbuf_add(out, " -d '");
        add_quoted(out, flag->help, false);
        pl_strbuf_add(out, "'\n");
    }
}

/* complete ... -a 'LIST' under a condition. */
static void add_fish_words(struct pl_strbuf *out, const char *condition, const char *words) {
    if (*words)
        pl_strbuf_addf(out, "complete -c plumbline -n '%s' -a '%s'\n", condition, words + 1);
}

void pl_manual_fish(struct pl_strbuf *out) {
    struct pl_strbuf words;
    char condition[96];
    pl_strbuf_init(&words);
    pl_strbuf_add(out, "# Completion of plumbline for fish; made of its tables.\n"
                       "complete -c plumbline -n __fish_use_subcommand -f\n");
    for (int k = 0; pl_commands[k]; k++) {
        const struct pl_command *command = pl_commands[k];
        if (command->hidden) continue;
        pl_strbuf_addf(out, "complete -c plumbline -n __fish_use_subcommand -a %s -d '",
                       command->name);
        add_quoted(out, command->summary, false);
        pl_strbuf_add(out, "'\n");
        snprintf(condition, sizeof condition, "__fish_seen_subcommand_from %s", command->name);
        add_fish_flags(out, condition, command->flags);
        add_fish_flags(out, condition, pl_common_flags);
        pl_strbuf_clear(&words);
        add_words(&words, command->usage);
        add_fish_words(out, condition, words.text);
        if (!takes_study(command)) continue;
        pl_strbuf_clear(&words);
        add_settings(&words);
        add_fish_words(out, condition, words.text);
    }
    static const struct {
        const char *word;
        void (*list)(struct pl_strbuf *);
    } lists[] = {{"task", add_tasks}, {"variant", add_variants}, {"help", add_command_names}};
    for (size_t k = 0; k < sizeof lists / sizeof lists[0]; k++) {
        pl_strbuf_clear(&words);
        lists[k].list(&words);
        snprintf(condition, sizeof condition, "__fish_seen_subcommand_from %s", lists[k].word);
        add_fish_words(out, condition, words.text);
    }
    pl_strbuf_finish(&words);
}
