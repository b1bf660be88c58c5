/* What runs a fuzzer without libFuzzer: each file, and seeded mutations of the files or of a small study.
 *
 *     fuzz_NAME FILE...                    feeds each file
 *     fuzz_NAME -n 100000 -s 7 [FILE...]   feeds mutations of them
 *
 * A broken promise aborts; seed and number of the mutation are then printed. libFuzzer has a main of its own
 * (fuzz.sh). */
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/alloc.h"
#include "core/base/rng.h"
#include "core/base/vec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct sample {
    uint8_t *bytes;
    size_t size;
};

static const char study[] = "# a small study\n"
                            "model: {width: 50, block: auto, act: silu}\n"
                            "train:\n"
                            "  lr: 1e-3\n"
                            "  note: |\n"
                            "    two\n"
                            "    lines\n"
                            "sweep: {task.structure: \"linspace(0,1,11)\", list: [1, -2.5, 'x']}\n"
                            "model.tied: true\n";

/* What tends to matter to a reader of YAML. */
static const char *const tokens[] = {": ",
                                     "- ",
                                     "\n",
                                     "\n  ",
                                     "{",
                                     "}",
                                     "[",
                                     "]",
                                     ", ",
                                     "\"",
                                     "'",
                                     "#",
                                     "|",
                                     ">",
                                     "&a ",
                                     "*a",
                                     "!!str",
                                     "%TAG",
                                     "---\n",
                                     "...\n",
                                     "? ",
                                     "~",
                                     "<<: ",
                                     "\t",
                                     "\\",
                                     "\\x41",
                                     "\\0",
                                     "\xc3\xa4",
                                     "\xff",
                                     "\xef\xbb\xbf",
                                     "\xe2\x80\xa8",
                                     "\r\n",
                                     " = ",
                                     "1e999",
                                     "nan",
                                     "model.width:",
                                     "model: {",
                                     "0x10",
                                     "-0",
                                     "1_000"};

#define TOKENS (sizeof tokens / sizeof tokens[0])

/* Cuts [size] bytes at [at] out of [out] and puts [text] there. */
static void replace(struct sample *out, size_t at, size_t size, const void *text, size_t length) {
    uint8_t *bytes = pl_alloc(out->size - size + length);
    memcpy(bytes, out->bytes, at);
    if (length) memcpy(bytes + at, text, length);
    memcpy(bytes + at + length, out->bytes + at + size, out->size - at - size);
    pl_free(out->bytes);
    out->bytes = bytes;
    out->size = out->size - size + length;
}

static size_t below(struct pl_rng *rng, size_t bound) {
    return (size_t)pl_rng_below(rng, bound);
}

/* One of: a token put in, a byte changed, a stretch cut out, a stretch repeated elsewhere. */
static void mutate(struct sample *out, struct pl_rng *rng) {
    size_t at = below(rng, out->size + 1), left = out->size - at;
    size_t stretch = below(rng, (left < 40 ? left : 40) + 1), from = below(rng, out->size + 1);
    const char *token = tokens[below(rng, TOKENS)];
    uint8_t byte = (uint8_t)below(rng, 256), copy[40];
    switch (pl_rng_below(rng, 4)) {
    case 0:
        replace(out, at, 0, token, strlen(token));
        break;
    case 1:
        replace(out, at, left > 0, &byte, 1);
        break;
    case 2:
        replace(out, at, stretch, NULL, 0);
        break;
    default:
        memcpy(copy, out->bytes + at, stretch);
        replace(out, from, 0, copy, stretch);
    }
}

static void feed_mutation(const struct sample *seed, struct pl_rng *rng) {
    struct sample sample = {pl_alloc(seed->size), seed->size};
    size_t changes = 1 + below(rng, 12);
    memcpy(sample.bytes, seed->bytes, seed->size);
    for (size_t i = 0; i < changes; i++) mutate(&sample, rng);
    LLVMFuzzerTestOneInput(sample.bytes, sample.size);
    pl_free(sample.bytes);
}

static bool read_sample(struct sample *out, const char *path) {
    const size_t most = (size_t)4 << 20;
    FILE *file = fopen(path, "rb");
    if (!file) return false;
    out->bytes = pl_alloc(most);
    out->size = fread(out->bytes, 1, most, file);
    fclose(file);
    return true;
}

static unsigned long long progress[2]; /* the seed, and the number of the mutation at work */

/* Runs when a promise is broken, and lets the abort go on. */
static void tell_progress(int signal_number) {
    char text[96];
    int length = snprintf(text, sizeof text, "fuzz: at mutation %llu of seed %llu\n", progress[1],
                          progress[0]);
    (void)!write(STDERR_FILENO, text, (size_t)length);
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

/* Each mutation has a generator of its own, so that one can be repeated without those before it. */
static void feed_mutations(const struct sample *seeds, size_t count, unsigned long long seed,
                           unsigned long long times) {
    progress[0] = seed;
    for (progress[1] = 0; progress[1] < times; progress[1]++) {
        char stream[40];
        struct pl_rng rng;
        snprintf(stream, sizeof stream, "fuzz/%llu", progress[1]);
        pl_rng_init(&rng, seed, stream);
        feed_mutation(&seeds[below(&rng, count)], &rng);
    }
}

int main(int count, char **arguments) {
    PL_VEC(struct sample) samples = {0};
    unsigned long long times = 0, seed = 1;
    signal(SIGABRT, tell_progress);
    for (int i = 1; i < count; i++) {
        struct sample sample = {0};
        if (strcmp(arguments[i], "-n") == 0 && i + 1 < count) {
            times = strtoull(arguments[++i], NULL, 10);
        } else if (strcmp(arguments[i], "-s") == 0 && i + 1 < count) {
            seed = strtoull(arguments[++i], NULL, 10);
        } else if (read_sample(&sample, arguments[i])) {
            PL_VEC_PUSH(&samples, sample);
        } else {
            fprintf(stderr, "fuzz: %s cannot be read\n", arguments[i]);
            return 2;
        }
    }
    if (samples.count == 0) {
        struct sample sample = {pl_alloc(sizeof study - 1), sizeof study - 1};
        memcpy(sample.bytes, study, sample.size);
        PL_VEC_PUSH(&samples, sample);
    }
    for (size_t i = 0; i < samples.count; i++) {
        LLVMFuzzerTestOneInput(samples.items[i].bytes, samples.items[i].size);
    }
    feed_mutations(samples.items, samples.count, seed, times);
    for (size_t i = 0; i < samples.count; i++) pl_free(samples.items[i].bytes);
    printf("%zu files and %llu mutations: each gave a value or a sentence\n", samples.count, times);
    PL_VEC_FINISH(&samples);
    return 0;
}
