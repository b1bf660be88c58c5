/* manual: writes what is made of the program's own tables; the build calls it (cmake/PlumblineManual.cmake). */
#include <stdio.h>

#include "core/base/arena.h"
#include "core/base/file.h"
#include "experiments/cli/manual.h"

static enum pl_status write_file(const char *folder, const char *name, struct pl_strbuf *text,
                                 enum pl_status status) {
    struct pl_strbuf path;
    pl_strbuf_init(&path);
    pl_strbuf_addf(&path, "%s/%s", folder, name);
    if (status == PL_OK) status = pl_folder_make_for(path.text);
    if (status == PL_OK) status = pl_file_write(path.text, text->text, text->length);
    pl_strbuf_finish(&path);
    pl_strbuf_clear(text);
    return status;
}

static enum pl_status write_all(const char *folder, struct pl_strbuf *text) {
    enum pl_status status = PL_OK;
    char name[64];
    for (const struct pl_manual_page *page = pl_manual_pages; page->file; page++) {
        pl_manual_write(page, text);
        snprintf(name, sizeof name, "reference/%s", page->file);
        status = write_file(folder, name, text, status);
    }
    pl_manual_index(text);
    status = write_file(folder, "reference/README.md", text, status);

    pl_manual_man(NULL, PL_VERSION, text);
    status = write_file(folder, "man1/plumbline.1", text, status);
    for (int k = 0; pl_commands[k]; k++) {
        if (pl_commands[k]->hidden) continue;
        pl_manual_man(pl_commands[k], PL_VERSION, text);
        snprintf(name, sizeof name, "man1/plumbline-%s.1", pl_commands[k]->name);
        status = write_file(folder, name, text, status);
    }

    pl_manual_bash(text);
    status = write_file(folder, "completion/plumbline", text, status);
    pl_manual_zsh(text);
    status = write_file(folder, "completion/_plumbline", text, status);
    pl_manual_fish(text);
    return write_file(folder, "completion/plumbline.fish", text, status);
}

static int run(const struct pl_args *args) {
    struct pl_strbuf text;
    if (args->word_count != 1)
        return pl_cli_fail(pl_fail(PL_ECONFIG, "manual needs the folder to write to"));
    pl_strbuf_init(&text);
    enum pl_status status = write_all(args->words[0], &text);
    pl_strbuf_finish(&text);
    return status == PL_OK ? 0 : pl_cli_fail(status);
}

const struct pl_command pl_command_manual = {.name = "manual",
                                             .summary = "Writes reference, man pages, completions",
                                             .usage = "DIR",
                                             .hidden = true,
                                             .run = run};
