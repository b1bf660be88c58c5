#include "tasks/sequence.h"

#include <string.h>

#include "core/base/alloc.h"
#include "core/base/math.h"
#include "tasks/split.h"

#define ALIGNMENT   64
#define MARGIN_BITS 6 /* rows that there must be for each that is asked for */

/* ---- which rows a split may have ---- */

/* FNV-1a over the ids, then SplitMix64's last steps: the same on every machine. */
static uint64_t hash_row(const int32_t *ids, long tokens) {
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (long t = 0; t < tokens; t++)
        hash = (hash ^ (uint64_t)(uint32_t)ids[t]) * UINT64_C(0x100000001b3);
    hash = (hash ^ (hash >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    hash = (hash ^ (hash >> 27)) * UINT64_C(0x94d049bb133111eb);
    return hash ^ (hash >> 31);
}

static enum pl_split split_of(uint64_t hash) {
    static const enum pl_split quarter[] = {PL_TRAIN, PL_TRAIN, PL_VALID, PL_TEST};
    return quarter[hash >> 62];
}

/* A set of hashes, open addressing; 0 stands for an empty place. */
struct seen {
    uint64_t *items;
    size_t mask;
};

static enum pl_status seen_init(struct seen *seen, size_t count) {
    size_t size = 16;
    while (size < 2 * count) size *= 2;
    *seen = (struct seen){.mask = size - 1};
    return pl_alloc_try((void **)&seen->items, size * sizeof *seen->items, ALIGNMENT,
                        "the rows that a split has");
}

/* False when it was there. */
static bool seen_add(struct seen *seen, uint64_t hash) {
    hash |= hash == 0;
    size_t at = (size_t)hash & seen->mask;
    for (; seen->items[at]; at = (at + 1) & seen->mask)
        if (seen->items[at] == hash) return false;
    seen->items[at] = hash;
    return true;
}

/* ---- rows ---- */

/* Answers, counted from the first. */
static struct pl_labels labels_of(const struct pl_sequence *sequence) {
    return (struct pl_labels){sequence->common, (size_t)sequence->answers, NULL};
}

/* Targets of one row: the next token, or the answer and what chance makes of it. */
static void fill_targets(const struct pl_sequence *sequence, const int32_t *answer,
                         struct pl_rng *rng, size_t first, bool next, struct pl_samples *out,
                         struct pl_samples *clean) {
    const struct pl_labels labels = labels_of(sequence);
    for (long t = 0; t < sequence->tokens; t++) {
        size_t at = first + (size_t)t;
        bool last = t + 1 == sequence->tokens, asked = answer[t] >= 0;
        int32_t label = asked ? answer[t] : last ? out->ids[at] : out->ids[at + 1];
        out->labels[at] = label;
        if (asked) {
            int32_t first_answer = (int32_t)sequence->first;
            pl_labels_draw(&labels, rng, label - first_answer, &out->labels[at],
                           &out->corrupted[at]);
            out->labels[at] += first_answer;
        }
        out->weight[at] = asked || (next && !last);
        if (!clean) continue;
        clean->ids[at] = out->ids[at];
        clean->labels[at] = label;
        clean->weight[at] = asked;
    }
}

static void draw_rows(const struct pl_sequence *sequence, enum pl_split split, struct pl_rng *rng,
                      struct seen *seen, int32_t *answer, struct pl_samples *out,
                      struct pl_samples *clean) {
    bool next = split == PL_TRAIN && sequence->objective == PL_OBJECTIVE_NEXT;
    for (size_t n = 0; n < out->count; n++) {
        size_t first = n * (size_t)sequence->tokens;
        uint64_t hash;
        do {
            sequence->draw(sequence->world, rng, out->ids + first, answer);
            hash = hash_row(out->ids + first, sequence->tokens);
        } while (split_of(hash) != split || !seen_add(seen, hash));
        fill_targets(sequence, answer, rng, first, next, out, clean);
    }
}

static enum pl_status draw(const void *world, enum pl_split split, struct pl_rng *rng,
                           struct pl_samples *out, struct pl_samples *clean) {
    const struct pl_sequence *sequence = world;
    void *answer;
    struct seen seen;
    PL_TRY(pl_alloc_try(&answer, (size_t)sequence->tokens * sizeof(int32_t), ALIGNMENT,
                        "the answers of a row"));
    enum pl_status status = seen_init(&seen, out->count);
    if (status == PL_OK) draw_rows(sequence, split, rng, &seen, answer, out, clean);
    pl_free(seen.items);
    pl_free(answer);
    return status;
}

/* ---- for tasks ---- */

void pl_sequence_shape(const struct pl_sequence *sequence, struct pl_data_shape *out) {
    bool next = sequence->objective == PL_OBJECTIVE_NEXT;
    *out = (struct pl_data_shape){.input = PL_INPUT_ID,
                                  .target = PL_TARGET_CLASS,
                                  .in = sequence->vocabulary,
                                  .out = sequence->vocabulary,
                                  .tokens = sequence->tokens,
                                  .asked = next ? sequence->tokens : sequence->asked};
}

enum pl_status pl_sequence_generate(const struct pl_sequence *sequence, uint64_t seed,
                                    struct pl_dataset *out) {
    const struct pl_split_draw split = {
        .draw = draw, .world = sequence, .clean = true, .weights = true};
    pl_sequence_shape(sequence, &out->shape);
    return pl_split_generate(&split, sequence->common, seed, out);
}

void pl_sequence_points(const struct pl_sequence *sequence, struct pl_task_points *out) {
    const struct pl_labels labels = labels_of(sequence);
    pl_labels_points(&labels, out);
}

enum pl_status pl_sequence_check(const struct pl_task_common *common, double bits,
                                 const char *grows, const char **key) {
    double rows =
        (double)common->samples + (double)common->valid_samples + (double)common->test_samples;
    PL_TRY(pl_labels_check(common, key));
    *key = grows;
    if (bits < pl_log(rows) / pl_log(2) + MARGIN_BITS)
        return pl_fail(PL_ECONFIG,
                       "%s is too small for %.0f rows of which none occurs twice: there are 2^%.1f "
                       "rows in all, and 2^%d are wanted for each; raise %s, or ask for fewer "
                       "samples",
                       grows, rows, bits, MARGIN_BITS, grows);
    *key = NULL;
    return PL_OK;
}
