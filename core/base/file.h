/* File: whole files in and out, and the folders they lie in.
 *
 * What is written over another file is never half there. The bytes go to a new file beside it, which is
 * forced to the disk and then takes the other one's name:
 *
 *     results/reference/.plumbline-4711-0   written, flushed, fsync, closed
 *                  │ rename
 *                  ▼
 *     results/reference/STUDY.json          the old one until here, the new one from here on
 *
 * A process that is killed, a full disk, a failing write or close leave what was there before as it was
 * (a killed one leaves the file beside it, too). What a user expects of the path holds:
 *
 *     a symbolic link       stays; what it points to is replaced, or made when it is not there
 *     permissions           are the old file's, and so is its owner where that is allowed; a new file's
 *                           are what the umask says. A file that may not be written is not replaced.
 *     a database            (a file of SQLite's) is refused: no result of a study goes for a wrong name
 *     a pipe, a device, a   are written into, as there is nothing to be kept
 *     terminal
 *     what stdout or        is written through it, from where it stands: `-o /dev/stdout >>log`
 *     stderr are            appends
 *
 * A hard link to the old file keeps the old bytes.
 */
#ifndef PL_BASE_FILE_H
#define PL_BASE_FILE_H

#include <stdbool.h>
#include <stdio.h>

#include "core/base/strbuf.h"

/* Appends the bytes of [path], to its end, to [out]. PL_ESTORE and a sentence with the path when it
 * cannot be read or holds more than [most] bytes; [out] is then as it was. Pipes are fine. */
enum pl_status pl_file_read(struct pl_strbuf *out, const char *path, size_t most) PL_NODISCARD;

/* Makes [count] bytes the contents of [path]. PL_ESTORE and a sentence with the path otherwise. */
enum pl_status pl_file_write(const char *path, const char *bytes, size_t count) PL_NODISCARD;

/* The same in steps, for what is not in memory as a whole:
 *
 *     struct pl_file file;
 *     PL_TRY(pl_file_create(&file, path));
 *     pl_file_put(&file, bytes, count);       as often as needed; what fails is told by pl_file_commit
 *     return pl_file_commit(&file);           or pl_file_discard(&file), after which nothing has happened
 */
struct pl_file {
    FILE *stream;
    char *path; /* as it was given */
    char
        *target; /* what is replaced: [path] with its links followed; NULL: written into directly */
    char *beside; /* the new file; NULL likewise */
    int cause;    /* errno of the first write that failed; 0: none did */
};
enum pl_status pl_file_create(struct pl_file *out, const char *path) PL_NODISCARD;
void pl_file_put(struct pl_file *file, const void *bytes, size_t count);
/* Either ends [file], whatever it returns. */
enum pl_status pl_file_commit(struct pl_file *file) PL_NODISCARD;
void pl_file_discard(struct pl_file *file); /* an ended one is fine */

/* As pl_file_create, with the name of the file beside chosen by the caller, who can so remove what a
 * killed process left (NULL: by this function). A file of that name is overwritten. A database is not refused. */
enum pl_status pl_file_create_beside(struct pl_file *out, const char *path,
                                     const char *beside) PL_NODISCARD;

/* Whether both paths lead to one file; false where one of them leads to none. */
bool pl_file_is_same(const char *a, const char *b);

/* Makes the folder [path] and those above it, where they are missing. PL_ESTORE when one cannot be. */
enum pl_status pl_folder_make(const char *path) PL_NODISCARD;
/* The same for the folders that the file [path] lies in. */
enum pl_status pl_folder_make_for(const char *path) PL_NODISCARD;

#endif
