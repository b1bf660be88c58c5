#include "experiments/run/checkpoint.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/alloc.h"
#include "core/base/file.h"
#include "core/base/log.h"

static const char magic[] = "plumbline checkpoint 1\n";
enum { DIGITS = PL_HASH_TEXT - 1 };

struct pl_checkpoint_place pl_checkpoint_place(void) {
    const char *seconds = getenv("PLUMBLINE_CHECKPOINT_SECONDS");
    return (struct pl_checkpoint_place){getenv("PLUMBLINE_CHECKPOINTS"),
                                        seconds ? strtod(seconds, NULL) : 0};
}

void pl_checkpoint_init(struct pl_checkpoint *out, const char *folder, const char *text,
                        const char *stamp) {
    char name[PL_HASH_TEXT];
    struct pl_strbuf path;
    *out = (struct pl_checkpoint){0};
    snprintf(out->stamp, sizeof out->stamp, "%s", stamp);
    if (!folder || !*folder) return;
    pl_hash_text(name, text);
    pl_strbuf_init(&path);
    pl_strbuf_addf(&path, "%s/%s.ckpt", folder, name);
    out->path = pl_strbuf_take(&path);
}

void pl_checkpoint_finish(struct pl_checkpoint *checkpoint) {
    if (!checkpoint) return;
    pl_free(checkpoint->path);
    *checkpoint = (struct pl_checkpoint){0};
}

/* ---- reading ---- */

struct parts {
    char stamp[PL_HASH_TEXT];
    double seconds;
    size_t result_size, state_size;
    const char *result, *state;
};

static bool is_sound(const struct pl_strbuf *file) {
    char hash[PL_HASH_TEXT];
    if (file->length < DIGITS) return false;
    pl_hash(hash, file->text, file->length - DIGITS);
    return memcmp(hash, file->text + file->length - DIGITS, DIGITS) == 0;
}

/* What is in a file whose hash is right; its lengths must add up all the same. */
static bool parse(const struct pl_strbuf *file, struct parts *out) {
    int head = 0;
    if (strncmp(file->text, magic, sizeof magic - 1) != 0) return false;
    if (sscanf(file->text + sizeof magic - 1, "stamp %32s\nseconds %lf\nresult %zu\nstate %zu%n",
               out->stamp, &out->seconds, &out->result_size, &out->state_size, &head) != 4)
        return false;
    size_t start = sizeof magic - 1 + (size_t)head + 2; /* two line ends */
    size_t room = file->length - DIGITS;
    if (start > room || out->result_size > room - start ||
        out->state_size != room - start - out->result_size)
        return false;
    out->result = file->text + start;
    out->state = out->result + out->result_size;
    return true;
}

/* What was measured so far goes in front of what will be. */
static bool read_result(struct pl_result *out, const char *text, size_t length) {
    struct pl_result before;
    if (pl_result_read(&before, text, length) != PL_OK) return false;
    for (size_t k = 0; k < before.diagnostic_count; k++)
        pl_result_diagnose(out, &before.diagnostics[k]);
    pl_result_finish(&before);
    return true;
}

enum pl_checkpoint_state pl_checkpoint_load(struct pl_checkpoint *checkpoint,
                                            struct pl_strbuf *state, struct pl_result *result) {
    struct parts parts;
    struct pl_strbuf file;
    enum pl_checkpoint_state found = PL_CHECKPOINT_NONE;
    if (!checkpoint->path || access(checkpoint->path, F_OK) != 0) return found;
    pl_strbuf_init(&file);
    found = PL_CHECKPOINT_OTHER;
    if (pl_file_read(&file, checkpoint->path, SIZE_MAX) == PL_OK && is_sound(&file) &&
        parse(&file, &parts) && strcmp(parts.stamp, checkpoint->stamp) == 0 &&
        (!result || read_result(result, parts.result, parts.result_size))) {
        found = PL_CHECKPOINT_FOUND;
        checkpoint->before = parts.seconds;
        if (state) pl_strbuf_add_bytes(state, parts.state, parts.state_size);
    }
    pl_strbuf_finish(&file);
    return found;
}

/* ---- writing ---- */

void pl_checkpoint_save(const struct pl_checkpoint *checkpoint, double seconds,
                        const struct pl_result *result, const char *state, size_t size) {
    struct pl_strbuf bytes, beside;
    struct pl_file file;
    if (!checkpoint->path) return;
    char *text = pl_result_write(result);
    pl_strbuf_init(&bytes);
    pl_strbuf_init(&beside);

    char hash[PL_HASH_TEXT];
    pl_strbuf_addf(&bytes, "%sstamp %s\nseconds %.17g\nresult %zu\nstate %zu\n\n", magic,
                   checkpoint->stamp, checkpoint->before + seconds, strlen(text), size);
    pl_strbuf_add(&bytes, text);
    pl_strbuf_add_bytes(&bytes, state, size);
    pl_hash(hash, bytes.text, bytes.length);
    pl_strbuf_add(&bytes, hash);

    pl_strbuf_addf(&beside, "%s.new", checkpoint->path);
    enum pl_status status = pl_folder_make_for(checkpoint->path);
    if (status == PL_OK) status = pl_file_create_beside(&file, checkpoint->path, beside.text);
    if (status == PL_OK) {
        pl_file_put(&file, bytes.text, bytes.length);
        status = pl_file_commit(&file);
    }
    if (status != PL_OK)
        pl_warn("the checkpoint cannot be kept: %s; the cell goes on without it", pl_message());
    pl_strbuf_finish(&bytes);
    pl_strbuf_finish(&beside);
    pl_free(text);
}

/* One that was being written when its process was killed goes as well. */
void pl_checkpoint_drop(const struct pl_checkpoint *checkpoint) {
    struct pl_strbuf beside;
    if (!checkpoint->path) return;
    pl_strbuf_init(&beside);
    pl_strbuf_addf(&beside, "%s.new", checkpoint->path);
    unlink(checkpoint->path);
    unlink(beside.text);
    pl_strbuf_finish(&beside);
}
