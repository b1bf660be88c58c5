#include "experiments/cli/output.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/file.h"
#include "core/base/terminal.h"
#include "experiments/cli/args.h"

/* The first of the three that is set decides, as setlocale would. */
static bool is_utf8(void) {
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) {
        const char *locale = getenv(names[k]);
        if (!locale || !*locale) continue;
        return strstr(locale, "UTF-8") || strstr(locale, "utf-8") || strstr(locale, "utf8") ||
               strstr(locale, "UTF8");
    }
    return false;
}

void pl_output_look(struct pl_report_input *input) {
    input->width = pl_terminal_width(STDOUT_FILENO);
    input->unicode = input->width && is_utf8();
    input->colour = pl_terminal_colours(STDOUT_FILENO);
}

enum pl_status pl_output_spares_study(const char *path, const struct pl_experiment *experiment) {
    if (!experiment->path || !pl_file_is_same(path, experiment->path)) return PL_OK;
    return pl_fail(PL_ECONFIG, "%s is the study itself, which would be lost; write to another file",
                   path);
}

/* To a file, or without one to stdout, where the errno of the first failure is kept. */
struct taker {
    struct pl_file *file;
    int cause;
};

static void take(void *context, struct pl_strbuf *text) {
    struct taker *taker = context;
    if (taker->file)
        pl_file_put(taker->file, text->text, text->length);
    else if (!taker->cause && fwrite(text->text, 1, text->length, stdout) < text->length)
        taker->cause = errno;
    pl_strbuf_clear(text);
}

enum pl_status pl_output_report(const struct pl_report_input *input, const char *format,
                                const char *path) {
    struct pl_report_input drained = *input;
    struct pl_file file;
    struct taker taker = {path ? &file : NULL, 0};
    struct pl_strbuf text;
    bool page = strcmp(format, "text") == 0;
    if (path) PL_TRY(pl_output_spares_study(path, input->analysis->experiment));
    if (path) PL_TRY(pl_file_create(&file, path));
    drained.drain = take;
    drained.taker = &taker;
    pl_strbuf_init(&text);
    enum pl_status status = pl_report_write(&drained, format, &text);
    if (path) {
        take(&taker, &text);
        if (status == PL_OK)
            status = pl_file_commit(&file);
        else
            pl_file_discard(&file);
    } else if (status == PL_OK) {

        status = taker.cause
                     ? pl_fail(PL_ESTORE, "writing to stdout failed: %s", strerror(taker.cause))
                 : page ? pl_cli_show(NULL, text.text)
                        : pl_cli_write(NULL, text.text);
    }
    pl_strbuf_finish(&text);
    return status;
}

/* [path] up to its last slash, without it; "." for a bare name. */
static char *folder_of(struct pl_arena *arena, const char *path) {
    const char *slash = strrchr(path, '/');
    if (!slash) return pl_arena_strdup(arena, ".");
    return slash == path ? pl_arena_strdup(arena, "/")
                         : pl_arena_strndup(arena, path, (size_t)(slash - path));
}

const char *pl_output_figures(struct pl_arena *arena, const char *store) {
    return store ? pl_arena_printf(arena, "%s/figures", folder_of(arena, store)) : NULL;
}

/* The absolute path of a folder of which at least the parent is there; NULL otherwise. */
static const char *absolute(struct pl_arena *arena, const char *folder) {
    char *whole = realpath(folder, NULL);
    if (!whole) {
        char *parent = realpath(folder_of(arena, folder), NULL);
        if (!parent) return NULL;
        const char *slash = strrchr(folder, '/');
        const char *made = pl_arena_printf(arena, "%s/%s", parent, slash ? slash + 1 : folder);
        free(parent);
        return made;
    }
    const char *copy = pl_arena_strdup(arena, whole);
    free(whole);
    return copy;
}

/* How many bytes of [a] and [b] are the same whole folders. */
static size_t shared_length(const char *a, const char *b) {
    size_t shared = 0, i = 0;
    for (; a[i] && a[i] == b[i]; i++)
        if (a[i] == '/') shared = i;
    if ((a[i] == '/' || !a[i]) && (b[i] == '/' || !b[i])) shared = i;
    return shared;
}

const char *pl_output_link(struct pl_arena *arena, const char *path, const char *folder) {
    if (!path || !folder) return folder;
    const char *from = absolute(arena, folder_of(arena, path)), *to = absolute(arena, folder);
    if (!from || !to) return folder;
    size_t shared = shared_length(from, to);
    const char *rest = to + shared, *up = "";
    for (const char *at = from + shared; *at; at++)
        if (*at == '/') up = pl_arena_printf(arena, "%s../", up);
    rest += *rest == '/';
    return *up || *rest ? pl_arena_printf(arena, "%s%s", up, *rest ? rest : ".") : ".";
}
