/* bytes: a text, every next byte asked; from as it is to all its bytes permuted.
 *
 *     text ── shuffle ──►  | train: 8/10 | valid: 1/10 | test: the rest |      rows: windows of T + 1 bytes
 *
 * The text is a file, or where none is named, the numbers from one to ten thousand in words, a line each.
 * shuffle is the dial: each byte of the text is loose with that probability, and loose bytes change places among themselves, by the stream
 * task-world. At 0 the text is as it is, at 1 it is its own random twin, with the same bytes in no order. The option
 * structure stays 1.
 *
 * A row is a window at a uniform place of its split's part of the text; rows of a split are distinct, and a window of valid or
 * test whose tokens stand somewhere in an earlier part is drawn again. The hash of a file is part of what a cell is.
 *
 * Points: q, the frequencies of bytes in the whole text, are those of every shuffle. trivial = H(q). At shuffle 1, best is
 * that, too, and nothing can be solved; below, best is not known.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/hash.h"
#include "tasks/sequence.h"
#include "tasks/split.h"

#define BYTES     256
#define FILE_MOST (1 << 26)
#define ALIGNMENT 64
#define NUMBERS   10000

struct bytes {
    struct pl_task_common common;
    const char *file, *hash;
    double shuffle;
    long length;
};

static const struct pl_option rows[] = {
    PL_TASK_COMMON_ROWS(struct bytes),
    PL_OPTION_TEXT(
        struct bytes, file, "",
        "the text, a file of up to 64 MiB; without one, the numbers up to ten thousand in "
        "words"),
    PL_OPTION_TEXT(struct bytes, hash, "",
                   "of the file's bytes; filled in when a study is read, and checked by each cell"),
    PL_OPTION_REAL(struct bytes, shuffle, "0", 0, 1,
                   "the dial: share of the bytes that change places; 1 leaves no order"),
    PL_OPTION_INT(struct bytes, length, "128", 32, 65536, "tokens of a row, T"),
};

/* ---- the text ---- */

struct text {
    char *bytes; /* owned */
    size_t length;
};

#define MOST_LINE 64 /* "seven thousand seven hundred seventy-seven" has 42 letters */

/* Appends [number] in words to [line]. */
static void add_number(char line[MOST_LINE], int number) {
    static const char *const small[] = {"",        "one",     "two",       "three",    "four",
                                        "five",    "six",     "seven",     "eight",    "nine",
                                        "ten",     "eleven",  "twelve",    "thirteen", "fourteen",
                                        "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"};
    static const char *const tens[] = {"",      "",      "twenty",  "thirty", "forty",
                                       "fifty", "sixty", "seventy", "eighty", "ninety"};
    static const struct {
        int size;
        const char *name;
    } steps[] = {{1000, " thousand"}, {100, " hundred"}};
    for (int k = 0; k < 2; k++) {
        if (number < steps[k].size) continue;
        add_number(line, number / steps[k].size);
        strcat(line, steps[k].name);
        number %= steps[k].size;
        if (number) strcat(line, " ");
    }
    if (number >= 20) {
        strcat(line, tens[number / 10]);
        number %= 10;
        if (number) strcat(line, "-");
    }
    strcat(line, small[number]);
}

/* Once to know the length, with [out] NULL, and once to write. */
static size_t write_numbers(char *out) {
    size_t length = 0;
    for (int number = 1; number <= NUMBERS; number++) {
        char line[MOST_LINE] = "";
        add_number(line, number);
        strcat(line, "\n");
        if (out) memcpy(out + length, line, strlen(line));
        length += strlen(line);
    }
    return length;
}

static enum pl_status text_new(struct text *out, size_t length) {
    PL_TRY(pl_alloc_try((void **)&out->bytes, length, ALIGNMENT, "the text"));
    out->length = length;
    return PL_OK;
}

static enum pl_status read_stream(struct text *out, FILE *stream, const char *file) {
    bool readable = fgetc(stream) != EOF || !ferror(stream); /* a folder is not */
    long size = readable && fseek(stream, 0, SEEK_END) == 0 ? ftell(stream) : -1;
    if (size > FILE_MOST)
        return pl_fail(PL_ECONFIG, "file: %s cannot be read: it is larger than %d bytes", file,
                       FILE_MOST);
    if (size >= 0) PL_TRY(text_new(out, (size_t)size));
    if (size < 0 || fseek(stream, 0, SEEK_SET) != 0 ||
        fread(out->bytes, 1, out->length, stream) < out->length)
        return pl_fail(PL_ECONFIG, "file: %s cannot be read: %s", file, strerror(errno));
    return PL_OK;
}

/* [out] is empty after a failure, too; pl_free(out->bytes) ends it. */
static enum pl_status read_text(const struct bytes *own, struct text *out) {
    *out = (struct text){0};
    if (!*own->file) {
        PL_TRY(text_new(out, write_numbers(NULL)));
        write_numbers(out->bytes);
        return PL_OK;
    }
    FILE *stream = fopen(own->file, "rb");
    if (!stream)
        return pl_fail(PL_ECONFIG, "file: %s cannot be read: %s", own->file, strerror(errno));
    enum pl_status status = read_stream(out, stream, own->file);
    fclose(stream);
    if (status != PL_OK) pl_free(out->bytes);
    if (status != PL_OK) *out = (struct text){0};
    return status;
}

static size_t part_begin(size_t size, int split) {
    return split == PL_TRAIN   ? 0
           : split == PL_VALID ? size / 10 * 8
           : split == PL_TEST  ? size / 10 * 9
                               : size;
}

static enum pl_status check_size(const struct bytes *own, size_t size) {
    const long wanted[] = {own->common.samples, own->common.valid_samples,
                           own->common.test_samples};
    for (int split = PL_TRAIN; split <= PL_TEST; split++) {
        size_t part = part_begin(size, split + 1) - part_begin(size, split);
        if (part < (size_t)own->length + (size_t)wanted[split])
            return pl_fail(
                PL_ECONFIG,
                "length: the text has %zu bytes, of which %zu are for %s: too few for %ld "
                "windows of %ld bytes; take a longer file, or fewer or shorter samples",
                size, part, pl_split_name((enum pl_split)split), wanted[split], own->length + 1);
    }
    return PL_OK;
}

static enum pl_status check(const void *options, const char **key) {
    const struct bytes *own = options;
    struct text text;
    PL_TRY(pl_task_refuse_dial(&own->common, 1, "the dial of bytes is shuffle", key));
    *key = "file";
    PL_TRY(read_text(own, &text));
    *key = "length";
    enum pl_status status = check_size(own, text.length);
    pl_free(text.bytes);
    if (status == PL_OK) *key = NULL;
    return status;
}

/* The hash of what is read from outside; "" for the text of the program itself. */
static enum pl_status contents(const void *options, char out[PL_HASH_TEXT]) {
    const struct bytes *own = options;
    struct text text;
    *out = '\0';
    if (!*own->file) return PL_OK;
    PL_TRY(read_text(own, &text));
    pl_hash(out, text.bytes, text.length);
    pl_free(text.bytes);
    return PL_OK;
}

/* ---- the world ---- */

struct world {
    struct text text;
    double prior[BYTES];
    uint64_t *seen[PL_TEST];    /* hashes of all windows of train, and of valid, in order */
    size_t seen_count[PL_TEST]; /* 0 until they are needed */
};

static uint8_t byte_at(const struct world *world, size_t place) {
    return (uint8_t)world->text.bytes[place];
}

static enum pl_status shuffle(struct world *world, double share, struct pl_rng *rng) {
    char *text = world->text.bytes;
    size_t count = 0, *loose;
    PL_TRY(pl_alloc_try((void **)&loose, (world->text.length + 1) * sizeof *loose, ALIGNMENT,
                        "the places of a text"));
    for (size_t k = 0; k < world->text.length; k++)
        if (pl_rng_uniform(rng) < share) loose[count++] = k;
    for (size_t k = count; k > 1; k--) {
        size_t a = loose[k - 1], b = loose[pl_rng_below(rng, k)];
        char kept = text[a];
        text[a] = text[b];
        text[b] = kept;
    }
    pl_free(loose);
    return PL_OK;
}

/* Windows of [length] bytes that begin in a part. */
static size_t windows_of(const struct world *world, int part, long length) {
    return part_begin(world->text.length, part + 1) - part_begin(world->text.length, part) -
           (size_t)length + 1;
}

static enum pl_status init(struct pl_sequence *sequence, struct pl_rng *rng) {
    const struct bytes *own = sequence->options;
    struct world *world = sequence->world;
    char found[PL_HASH_TEXT];
    PL_TRY(read_text(own, &world->text));
    pl_hash(found, world->text.bytes, world->text.length);
    if (*own->hash && strcmp(found, own->hash) != 0)
        return pl_fail(PL_ECONFIG,
                       "%s is not the file that it was when this cell was planned: its hash is %s, "
                       "not %s; put the old one back, or plan the study anew",
                       own->file, found, own->hash);
    PL_TRY(check_size(own, world->text.length));
    for (size_t k = 0; k < world->text.length; k++)
        world->prior[byte_at(world, k)] += 1 / (double)world->text.length;
    PL_TRY(shuffle(world, own->shuffle, rng));
    for (int part = 0; part < PL_TEST; part++)
        PL_TRY(pl_alloc_try((void **)&world->seen[part],
                            windows_of(world, part, own->length) * sizeof *world->seen[part],
                            ALIGNMENT, "the hashes of a text's windows"));
    sequence->prior = world->prior;
    return PL_OK;
}

static void finish(void *memory) {
    struct world *world = memory;
    for (int part = 0; part < PL_TEST; part++) pl_free(world->seen[part]);
    pl_free(world->text.bytes);
}

static double best(const struct pl_sequence *sequence, double s) {
    const struct bytes *own = sequence->options;
    const struct world *world = sequence->world;
    (void)s; /* 1 */
    return own->shuffle < 1 ? NAN : pl_sequence_entropy(NULL, world->prior, BYTES, 0);
}

/* ---- rows ---- */

#define FACTOR UINT64_C(0x9e3779b97f4a7c15)

static uint64_t hash_window(const struct world *world, size_t place, long length) {
    uint64_t hash = 0;
    for (long t = 0; t < length; t++) hash = hash * FACTOR + byte_at(world, place + (size_t)t) + 1;
    return hash;
}

static int by_value(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Hashes of every window of a part, the next from the one before. */
static void see_part(struct world *world, int part, long length) {
    size_t first = part_begin(world->text.length, part), count = windows_of(world, part, length);
    uint64_t *seen = world->seen[part], high = 1;
    for (long t = 1; t < length; t++) high *= FACTOR;
    seen[0] = hash_window(world, first, length);
    for (size_t k = 1; k < count; k++) {
        uint64_t gone = (uint64_t)byte_at(world, first + k - 1) + 1,
                 come = (uint64_t)byte_at(world, first + k + (size_t)length - 1) + 1;
        seen[k] = (seen[k - 1] - gone * high) * FACTOR + come;
    }
    qsort(seen, count, sizeof *seen, by_value);
    world->seen_count[part] = count;
}

static bool is_elsewhere(struct world *world, int split, size_t place, long length) {
    uint64_t hash = hash_window(world, place, length);
    bool found = false;
    for (int part = 0; part < split && !found; part++) {
        if (!world->seen_count[part]) see_part(world, part, length);
        found = bsearch(&hash, world->seen[part], world->seen_count[part], sizeof hash, by_value);
    }
    return found;
}

static void draw(const struct pl_sequence *sequence, enum pl_split split, uint64_t code,
                 struct pl_rng *rng, int32_t *ids, int32_t *answer) {
    struct world *world = sequence->world;
    long length = sequence->tokens;
    size_t first = part_begin(world->text.length, (int)split),
           end = part_begin(world->text.length, (int)split + 1),
           place = first + pl_rng_below(rng, end - first - (size_t)length);
    (void)code;
    for (long t = 0; t <= length; t++)
        pl_sequence_put(sequence, t, byte_at(world, place + (size_t)t), ids, answer);
    if (is_elsewhere(world, (int)split, place, length)) ids[0] = -1; /* try again */
}

static struct pl_sequence describe(const void *options) {
    const struct bytes *own = options;
    return (struct pl_sequence){.options = own,
                                .vocabulary = BYTES,
                                .tokens = own->length,
                                .asked = own->length,
                                .answers = BYTES,
                                .placed = true,
                                .draw = draw,
                                .world_size = sizeof(struct world),
                                .init = init,
                                .finish = finish,
                                .best = best};
}

PL_SEQUENCE_FUNCTIONS(describe)

const struct pl_task pl_task_bytes = {
    .name = "bytes",
    .summary = "a text, every next byte asked; from as it is to all its bytes permuted",
    .formula = "windows of a text -> the next byte at every place",
    .citation = "",
    .version = 1,
    .options = PL_OPTIONS("task", rows),
    .options_size = sizeof(struct bytes),
    .check = check,
    PL_SEQUENCE_TASK,
    .contents = contents,
};
