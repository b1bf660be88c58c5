/* Loaded before the C library: the STORM_AT-th call of a kind fails, counted in each process by itself.
 *
 *     STORM_KIND   memory     malloc, calloc, realloc give NULL
 *                  disk       write, pwrite, fsync, fdatasync, ftruncate, rename, open for writing: ENOSPC
 *                  process    fork, posix_spawn, pipe: EAGAIN
 *     STORM_AT     which call fails, from 1 on
 *
 * With STORM_FILE, the number of calls of that kind is written there at the end, so that a script knows how
 * far to go. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum kind { NONE, MEMORY, DISK, PROCESS };

static enum kind kind;
static long at, seen;
static int ready;

static void begin(void) {
    const char *name = getenv("STORM_KIND"), *number = getenv("STORM_AT");
    ready = 1;
    if (!name) return;
    kind = strcmp(name, "memory") == 0 ? MEMORY : strcmp(name, "disk") == 0 ? DISK : PROCESS;
    at = number ? atol(number) : 0;
}

static int fails(enum kind asked) {
    if (!ready) begin();
    return kind == asked && __atomic_add_fetch(&seen, 1, __ATOMIC_RELAXED) == at;
}

__attribute__((destructor)) static void tell(void) {
    const char *path = getenv("STORM_FILE");
    char text[32];
    if (!path || kind == NONE) return;
    int count = snprintf(text, sizeof text, "%ld\n", seen), fd;
    kind = NONE;
    fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0644);
    if (fd >= 0 && write(fd, text, (size_t)count) < 0) return;
    if (fd >= 0) close(fd);
}

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);

void *malloc(size_t size) {
    if (fails(MEMORY)) return errno = ENOMEM, NULL;
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
    if (fails(MEMORY)) return errno = ENOMEM, NULL;
    return __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size) {
    if (fails(MEMORY)) return errno = ENOMEM, NULL;
    return __libc_realloc(memory, size);
}

#define NEXT(result, name, parameters)                                                             \
    static result(*next) parameters;                                                               \
    if (!next) *(void **)&next = dlsym(RTLD_NEXT, #name)

ssize_t write(int fd, const void *bytes, size_t count) {
    NEXT(ssize_t, write, (int, const void *, size_t));
    if (fd > 2 && fails(DISK)) return errno = ENOSPC, -1;
    return next(fd, bytes, count);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t offset) {
    NEXT(ssize_t, pwrite64, (int, const void *, size_t, off64_t));
    if (fails(DISK)) return errno = ENOSPC, -1;
    return next(fd, bytes, count, offset);
}

int fsync(int fd) {
    NEXT(int, fsync, (int));
    if (fails(DISK)) return errno = EIO, -1;
    return next(fd);
}

int fdatasync(int fd) {
    NEXT(int, fdatasync, (int));
    if (fails(DISK)) return errno = EIO, -1;
    return next(fd);
}

int ftruncate64(int fd, off64_t size) {
    NEXT(int, ftruncate64, (int, off64_t));
    if (fails(DISK)) return errno = ENOSPC, -1;
    return next(fd, size);
}

int rename(const char *from, const char *to) {
    NEXT(int, rename, (const char *, const char *));
    if (fails(DISK)) return errno = EACCES, -1;
    return next(from, to);
}

int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
                const posix_spawnattr_t *attributes, char *const arguments[],
                char *const environment[]) {
    NEXT(int, posix_spawn,
         (pid_t *, const char *, const posix_spawn_file_actions_t *, const posix_spawnattr_t *,
          char *const[], char *const[]));
    if (fails(PROCESS)) return EAGAIN;
    return next(pid, path, actions, attributes, arguments, environment);
}

int pipe(int ends[2]) {
    NEXT(int, pipe, (int[2]));
    if (fails(PROCESS)) return errno = EMFILE, -1;
    return next(ends);
}
