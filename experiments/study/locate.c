#include "experiments/study/locate.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/log.h"
#include "core/base/vec.h"
#include "core/config/names.h"

static const char suffix[] = ".yaml";

static bool is_file(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && !S_ISDIR(info.st_mode);
}

static bool is_study(const char *name) {
    size_t length = strlen(name), end = strlen(suffix);
    return length > end && strcmp(name + length - end, suffix) == 0;
}

/* The folder of the studies that came with this program, or NULL. Both places are told from the program's
 * own, so that an installation may be moved (experiments/study/CMakeLists.txt). */
static const char *studies_folder(struct pl_arena *arena) {
    static const char *const from_program[] = {PL_STUDIES_INSTALLED, PL_STUDIES_BUILT};
    char *program = realpath("/proc/self/exe", NULL),
         *slash = program ? strrchr(program, '/') : NULL;
    const char *found = NULL;
    for (size_t k = 0; slash && !found && k < 2; k++) {
        const char *at =
            pl_arena_printf(arena, "%.*s/%s", (int)(slash - program), program, from_program[k]);
        char *folder = realpath(at, NULL);
        if (folder) found = pl_arena_strdup(arena, folder);
        free(folder);
    }
    free(program);
    return found;
}

/* [folder] has no study of that name; "plumbline run quikstart" did not mean a file either. */
static enum pl_status fail(const char *folder, const char *given, struct pl_arena *arena) {
    struct {
        const char **items;
        size_t count, capacity;
    } names = {0};
    struct dirent **entries = NULL;
    int count = folder ? scandir(folder, &entries, NULL, alphasort) : 0;
    for (int k = 0; k < count; k++) {
        const char *name = entries[k]->d_name;
        if (is_study(name)) {
            const char *stem = pl_arena_strndup(arena, name, strlen(name) - strlen(suffix));
            PL_VEC_PUSH(&names, stem);
        }
        free(entries[k]);
    }
    free(entries);
    enum pl_status status =
        pl_names_fail(PL_NAME_LIST(names.items, names.count), PL_NO_PLACE, given,
                      "a study is a file (a path, or a name in this folder), or one that came with "
                      "the program: {or}",
                      "there is no file \"%s\"", given);
    PL_VEC_FINISH(&names);
    return status;
}

enum pl_status pl_study_locate(const char **out, const char *given, struct pl_arena *arena) {
    *out = given;
    if (is_file(given) || strchr(given, '/') || !*given) return PL_OK;
    const char *folder = studies_folder(arena), *const folders[] = {".", folder};
    for (size_t k = 0; k < 2 && folders[k]; k++)
        for (size_t end = 0; end < 2; end++) {
            const char *path =
                pl_arena_printf(arena, "%s/%s%s", folders[k], given, end ? suffix : "");
            if (!is_file(path)) continue;
            *out = k ? path : path + strlen("./");
            if (k) pl_info("the study is %s", path);
            return PL_OK;
        }
    return is_study(given) ? PL_OK : fail(folder, given, arena);
}
