/* Whole files in and out. The order of a write, each step checked:
 *
 *     follow the links of the path ─► open a new file beside the target ─► (the caller writes)
 *     ─► fflush ─► permissions of the old file ─► fsync ─► fclose ─► rename ─► fsync of the folder
 *
 * Whatever fails before the rename removes the new file, and the target has not been touched. The last
 * step makes the rename itself survive a power cut; where a file system cannot do it, nothing is lost
 * but that, so its failure is not told.
 */
#include "core/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/alloc.h"

/* ---- reading ---- */

enum pl_status pl_file_read(struct pl_strbuf *out, const char *path, size_t most) {
    char block[65536];
    size_t before = out->length, count;
    FILE *file = fopen(path, "rb");
    if (!file) return pl_fail(PL_ESTORE, "%s cannot be read: %s", path, strerror(errno));
    while (out->length - before <= most && (count = fread(block, 1, sizeof block, file)) > 0)
        pl_strbuf_add_bytes(out, block, count);
    enum pl_status status = PL_OK;
    if (ferror(file))
        status = pl_fail(PL_ESTORE, "%s cannot be read: %s", path, strerror(errno));
    else if (out->length - before > most)
        status = pl_fail(PL_ESTORE, "%s cannot be read: it is larger than %zu bytes", path, most);
    fclose(file);
    if (status != PL_OK && out->length > before) out->text[out->length = before] = 0;
    return status;
}

/* ---- folders ---- */

static enum pl_status make_one(const char *path) {
    struct stat info;
    if (mkdir(path, 0777) == 0) return PL_OK;
    int cause = errno;
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode)) return PL_OK;
    return pl_fail(PL_ESTORE, "%s: the folder could not be made: %s", path, strerror(cause));
}

enum pl_status pl_folder_make_for(const char *path) {
    char *part = pl_strdup(path);
    enum pl_status status = PL_OK;
    for (char *at = strchr(*part ? part + 1 : part, '/'); at && status == PL_OK;
         at = strchr(at + 1, '/')) {
        *at = 0;
        status = make_one(part);
        *at = '/';
    }
    pl_free(part);
    return status;
}

enum pl_status pl_folder_make(const char *path) {
    PL_TRY(pl_folder_make_for(path));
    return make_one(path);
}

/* ---- writing ---- */

static enum pl_status refuse(const char *path, int cause) {
    return pl_fail(PL_ESTORE, "%s cannot be written: %s", path, strerror(cause));
}

/* The length of [path] up to its last slash, that included. */
static size_t folder_length(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash + 1 - path) : 0;
}

/* What [path] is when its links are followed, though the last may point to nothing yet; NULL, and errno
 * is set, when they lead in a circle. */
static char *follow_links(const char *path) {
    char *at = pl_strdup(path), link[PATH_MAX];
    for (int step = 0; step < 40; step++) {
        ssize_t length = readlink(at, link, sizeof link - 1);
        if (length < 0) return at;
        link[length] = 0;
        struct pl_strbuf next;
        pl_strbuf_init(&next);
        if (*link != '/') pl_strbuf_add_bytes(&next, at, folder_length(at));
        pl_strbuf_add(&next, link);
        pl_free(at);
        at = pl_strbuf_take(&next);
    }
    pl_free(at);
    errno = ELOOP;
    return NULL;
}

/* A stream on the file that stdout or stderr is, when [info] is of that file; else NULL. */
static FILE *share_standard(const struct stat *info) {
    FILE *const streams[] = {stdout, stderr};
    struct stat own;
    for (int k = 0; k < 2; k++) {
        if (fstat(fileno(streams[k]), &own) != 0) continue;
        if (own.st_dev != info->st_dev || own.st_ino != info->st_ino) continue;
        fflush(streams[k]);
        int copy = dup(fileno(streams[k]));
        return copy < 0 ? NULL : fdopen(copy, "w");
    }
    return NULL;
}

/* A new file in the folder of [target], whose name is [name] or, when that is NULL, one that nobody has. */
static int open_beside(const char *target, const char *name, char **beside) {
    int descriptor = -1;
    for (int k = 0; k < 1000 && descriptor < 0; k++) {
        struct pl_strbuf path;
        pl_strbuf_init(&path);
        if (name)
            pl_strbuf_add(&path, name);
        else
            pl_strbuf_addf(&path, "%.*s.plumbline-%ld-%d", (int)folder_length(target), target,
                           (long)getpid(), k);
        *beside = pl_strbuf_take(&path);
        descriptor =
            open(*beside, O_WRONLY | O_CREAT | O_CLOEXEC | (name ? O_TRUNC : O_EXCL), 0666);
        if (descriptor >= 0 || name || errno != EEXIST) break;
        pl_free(*beside);
        *beside = NULL;
    }
    return descriptor;
}

static void file_finish(struct pl_file *file) {
    pl_free(file->path);
    pl_free(file->target);
    pl_free(file->beside);
    *file = (struct pl_file){0};
}

static enum pl_status create(struct pl_file *out, const char *path, const char *beside) {
    struct stat info;
    bool exists = stat(path, &info) == 0;
    if (exists && S_ISDIR(info.st_mode)) return refuse(path, EISDIR);
    if (exists && (out->stream = share_standard(&info))) return PL_OK;
    if (exists && access(path, W_OK) != 0) return refuse(path, errno);
    if (exists && !S_ISREG(info.st_mode)) {
        out->stream = fopen(path, "wb");
        return out->stream ? PL_OK : refuse(path, errno);
    }
    out->target = follow_links(path);
    if (!out->target) return refuse(path, errno);
    int descriptor = open_beside(out->target, beside, &out->beside);
    if (descriptor < 0) return refuse(path, errno);
    out->stream = fdopen(descriptor, "wb");
    if (out->stream) return PL_OK;
    enum pl_status status = refuse(path, errno);
    close(descriptor);
    unlink(out->beside);
    return status;
}

enum pl_status pl_file_create_beside(struct pl_file *out, const char *path, const char *beside) {
    *out = (struct pl_file){.path = pl_strdup(path)};
    enum pl_status status = create(out, path, beside);
    if (status != PL_OK) file_finish(out);
    return status;
}

/* Whether a file is there that begins as those of SQLite do. */
static bool is_database(const char *path) {
    static const char magic[] = "SQLite format 3";
    char found[sizeof magic] = "";
    struct stat old;
    FILE *file = stat(path, &old) == 0 && S_ISREG(old.st_mode) ? fopen(path, "rb") : NULL;
    if (!file) return false;
    size_t count = fread(found, 1, sizeof found, file);
    fclose(file);
    return count == sizeof found && memcmp(found, magic, sizeof found) == 0;
}

enum pl_status pl_file_create(struct pl_file *out, const char *path) {
    *out = (struct pl_file){0};
    if (is_database(path))
        return pl_fail(PL_ESTORE,
                       "%s is a database, and what it holds would be lost; write to another file",
                       path);
    return pl_file_create_beside(out, path, NULL);
}

/* The new file gets what the old one had: its permissions, and its owner where that is allowed. */
static bool keep_permissions(int descriptor, const char *target) {
    struct stat old;
    if (stat(target, &old) != 0) return errno == ENOENT;
    if (fchown(descriptor, old.st_uid, old.st_gid) != 0) errno = 0;
    return fchmod(descriptor, old.st_mode & 07777) == 0;
}

/* Forces a file or a folder to the disk; not every file system has a way to. */
static bool sync_whole(int descriptor) {
    return fsync(descriptor) == 0 || errno == EINVAL || errno == ENOSYS || errno == ENOTSUP;
}

void pl_file_put(struct pl_file *file, const void *bytes, size_t count) {
    if (!file->cause && fwrite(bytes, 1, count, file->stream) != count) file->cause = errno;
}

/* 0, or the errno of the first step that failed. */
static int commit(struct pl_file *file) {
    int cause = file->cause, descriptor = fileno(file->stream);
    if (!cause && fflush(file->stream) != 0) cause = errno;
    if (!cause && file->beside && !keep_permissions(descriptor, file->target)) cause = errno;
    if (!cause && file->beside && !sync_whole(descriptor)) cause = errno;
    if (fclose(file->stream) != 0 && !cause) cause = errno;
    if (!cause && file->beside && rename(file->beside, file->target) != 0) cause = errno;
    return cause;
}

enum pl_status pl_file_commit(struct pl_file *file) {
    enum pl_status status = PL_OK;
    int cause = commit(file);
    if (cause) {
        bool kept = file->beside && access(file->target, F_OK) == 0;
        if (file->beside) unlink(file->beside);
        status = pl_fail(PL_ESTORE, "%s cannot be written: %s%s", file->path, strerror(cause),
                         kept ? "; what it held before is unchanged" : "");
    } else if (file->beside) {
        char *folder = pl_strdup(file->target);
        folder[folder_length(file->target)] = 0;
        int descriptor = open(*folder ? folder : ".", O_RDONLY | O_CLOEXEC);
        if (descriptor >= 0) {
            (void)!sync_whole(descriptor);
            close(descriptor);
        }
        pl_free(folder);
    }
    file_finish(file);
    return status;
}

void pl_file_discard(struct pl_file *file) {
    if (!file->stream) return;
    fclose(file->stream);
    if (file->beside) unlink(file->beside);
    file_finish(file);
}

enum pl_status pl_file_write(const char *path, const char *bytes, size_t count) {
    struct pl_file file;
    PL_TRY(pl_file_create(&file, path));
    pl_file_put(&file, bytes, count);
    return pl_file_commit(&file);
}

bool pl_file_is_same(const char *a, const char *b) {
    struct stat first, second;
    return stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}
