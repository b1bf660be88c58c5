/* Tasks from shared objects. Loading runs code of others, so a child process does all of it first:
 *
 *     rehearse (fork: load, look at every task, leave) ─► load here ─► add the tasks to the table
 *
 * A child that crashes or ends the program costs a sentence. A plug-in that was loaded stays as
 * long as the process does; its path and the hash of its file are part of what is known of its
 * tasks. */
#include "tasks/plugin.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/file.h"
#include "core/base/vec.h"

static PL_VEC(struct pl_plugin *) loaded;

const struct pl_plugin *pl_plugin_at(size_t index) {
    return index < loaded.count ? loaded.items[index] : NULL;
}

const struct pl_plugin *pl_plugin_of(const struct pl_task *task) {
    for (size_t k = 0; k < loaded.count; k++)
        for (size_t t = 0; t < loaded.items[k]->task_count; t++)
            if (loaded.items[k]->tasks[t] == task) return loaded.items[k];
    return NULL;
}

static enum pl_status refuse(const char *path) {
    return pl_fail_within(PL_ECONFIG, "the plug-in %s", path);
}

/* ---- the file --------------------------------------------------------------------------------- */

enum { SIZE_MOST = 1 << 30 };

/* Resolves [path] and hashes the file, which need not be a shared object yet. */
static enum pl_status read_file(struct pl_plugin *out, const char *path) {
    struct stat facts;
    struct pl_strbuf bytes;
    out->path = realpath(path, NULL);
    if (!out->path || stat(out->path, &facts) != 0)
        return pl_fail(PL_ECONFIG, "it cannot be read: %s", strerror(errno));
    if (!S_ISREG(facts.st_mode))
        return pl_fail(PL_ECONFIG, "it is no file; --plugin takes a shared object, FILE.so");
    pl_strbuf_init(&bytes);
    enum pl_status status = pl_file_read(&bytes, out->path, SIZE_MOST);
    if (status == PL_OK) pl_hash(out->digest, bytes.text, bytes.length);
    pl_strbuf_finish(&bytes);
    return status == PL_OK ? PL_OK : pl_fail(PL_ECONFIG, "%s", pl_message());
}

/* ---- the shared object ------------------------------------------------------------------------ */

static enum pl_status open_object(void **out, const struct pl_plugin *plugin) {
    *out = dlopen(plugin->path, RTLD_NOW | RTLD_LOCAL);
    if (*out) return PL_OK;
    return pl_fail(PL_ECONFIG,
                   "it cannot be loaded: %s; it takes a shared object (cc -shared -fPIC) for this "
                   "machine that uses what <plumbline/task.h> declares and the C library",
                   dlerror());
}

static enum pl_status find_tasks(struct pl_plugin *plugin, void *object) {
    const struct pl_task_plugin *self = dlsym(object, "pl_task_plugin");
    if (!self)
        return pl_fail(PL_ECONFIG, "it is a shared object without tasks; end its source with "
                                   "PL_TASK_PLUGIN(&pl_task_NAME);");
    if (self->api != PL_TASK_API || self->task_size != sizeof(struct pl_task))
        return pl_fail(PL_ECONFIG,
                       "it was compiled against version %d of <plumbline/task.h> (a task of %zu "
                       "bytes), and this program has version %d (%zu bytes); compile it again "
                       "with the header that was installed with this program",
                       self->api, self->task_size, PL_TASK_API, sizeof(struct pl_task));
    plugin->tasks = self->tasks;
    while (self->tasks && self->tasks[plugin->task_count]) plugin->task_count++;
    return plugin->task_count
               ? PL_OK
               : pl_fail(PL_ECONFIG, "it names no task; write PL_TASK_PLUGIN(&pl_task_NAME);");
}

static enum pl_status refuse_twin(const struct pl_plugin *plugin, size_t index) {
    const char *name = plugin->tasks[index]->name;
    const struct pl_task *there;
    for (size_t k = 0; k < index; k++)
        if (strcmp(plugin->tasks[k]->name, name) == 0)
            return pl_fail(PL_ECONFIG, "it has two tasks called %s", name);
    if (pl_task_find(&there, name) != PL_OK) return PL_OK;
    const struct pl_plugin *other = pl_plugin_of(there);
    return pl_fail(PL_ECONFIG, "it has a task called %s, and so has %s; give it another name", name,
                   other ? other->path : "the program");
}

static enum pl_status inspect(const struct pl_plugin *plugin) {
    for (size_t k = 0; k < plugin->task_count; k++) {
        enum pl_status status = pl_task_inspect(plugin->tasks[k]);
        if (status != PL_OK) return pl_fail_within(status, "it describes no task");
        PL_TRY(refuse_twin(plugin, k));
    }
    return PL_OK;
}

/* A plug-in that is refused leaves its code in memory: taking it out again would run more of it. */
static enum pl_status load(struct pl_plugin *out, const char *path) {
    void *object;
    PL_TRY(read_file(out, path));
    PL_TRY(open_object(&object, out));
    PL_TRY(find_tasks(out, object));
    return inspect(out);
}

/* ---- a child that tries first ----------------------------------------------------------------- */

enum { TRIED = 86 }; /* exit status of a child that came through, whatever the verdict */

static void try(const char *path) {
    struct pl_plugin plugin = {0};
    (void)!load(&plugin, path);
    _exit(TRIED);
}

/* Loads the plug-in in a child process, so that its crash or its exit() costs a sentence only. */
static enum pl_status rehearse(const char *path) {
    int state = 0;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) try(path);
    while (child > 0 && waitpid(child, &state, 0) < 0 && errno == EINTR) {
    }
    if (child < 0) return pl_fail(PL_ECONFIG, "it cannot be tried: %s", strerror(errno));
    if (WIFSIGNALED(state))
        return pl_fail(
            PL_ECONFIG,
            "it crashed while it was loaded: signal %d (%s); mend it, its check() or its "
            "shape()",
            WTERMSIG(state), strsignal(WTERMSIG(state)));
    if (WEXITSTATUS(state) != TRIED)
        return pl_fail(PL_ECONFIG,
                       "it ended the program while it was loaded, with status %d; a plug-in has "
                       "nothing to do then",
                       WEXITSTATUS(state));
    return PL_OK;
}

enum pl_status pl_plugin_load(const char *path) {
    struct pl_plugin *plugin = pl_alloc_zero(1, sizeof *plugin);
    enum pl_status status = rehearse(path);
    if (status == PL_OK) status = load(plugin, path);
    if (status != PL_OK) {
        free(plugin->path);
        pl_free(plugin);
        return refuse(path);
    }
    PL_VEC_PUSH(&loaded, plugin);
    for (size_t k = 0; k < plugin->task_count; k++) pl_task_add(plugin->tasks[k]);
    return PL_OK;
}
