/* How the rows of every task of sequences are drawn. A row is `tokens` ids with an answer a token
 * (below 0: not asked).
 *
 *     a task that counts its rows   each split has a share of the codes 0 .. rows-1 (tasks/finite.h);
 *                                   when more samples are asked for than it has codes, they repeat
 *     any other task                a row belongs to the split that its hash says (but for a task that
 *                                   places its rows itself), and is drawn until it is new
 *
 * So no test row is a training row. The world of a seed (task-world) is made before the first row and
 * ended after the last.
 */
#include "tasks/sequence.h"

#include <string.h>

#include "core/base/alloc.h"
#include "core/base/math.h"
#include "tasks/finite.h"
#include "tasks/split.h"

#define ALIGNMENT   64
#define MOST_TRIES  1000000
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

static const struct pl_task_common *common_of(const struct pl_sequence *sequence) {
    return sequence->options;
}

/* Answers, counted from the first. */
static struct pl_labels labels_of(const struct pl_sequence *sequence) {
    return (struct pl_labels){common_of(sequence), (size_t)sequence->answers, sequence->prior};
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
        out->corrupted[at] = asked && sequence->random;
        if (asked && !sequence->random) {
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

/* What a split is drawn from: the task's rows, and for a counted task the share of each split. */
struct source {
    const struct pl_sequence *sequence;
    struct pl_pools pools;
    bool fresh; /* any row of the share, as often as it comes */
};

static void repeat(struct pl_samples *out, size_t sample, size_t from, size_t tokens) {
    size_t to = sample * tokens;
    from *= tokens;
    memcpy(out->ids + to, out->ids + from, tokens * sizeof *out->ids);
    memcpy(out->labels + to, out->labels + from, tokens * sizeof *out->labels);
    memcpy(out->weight + to, out->weight + from, tokens * sizeof *out->weight);
    memcpy(out->corrupted + to, out->corrupted + from, tokens * sizeof *out->corrupted);
}

static void draw_counted(const struct source *source, enum pl_split split, struct pl_rng *rng,
                         int32_t *answer, struct pl_samples *out, struct pl_samples *clean) {
    const struct pl_sequence *sequence = source->sequence;
    size_t tokens = (size_t)sequence->tokens, pool = (size_t)pl_pool_size(&source->pools, split);
    bool next = split == PL_TRAIN && sequence->objective == PL_OBJECTIVE_NEXT;
    for (size_t n = 0; n < out->count; n++) {
        if (n >= pool && !source->fresh) {
            repeat(out, n, n - pool, tokens);
            if (clean) repeat(clean, n, n - pool, tokens);
            continue;
        }
        uint64_t code =
            pl_pool_at(&source->pools, split, source->fresh ? pl_rng_below(rng, pool) : n);
        sequence->draw(sequence, split, code, rng, out->ids + n * tokens, answer);
        fill_targets(sequence, answer, rng, n * tokens, next, out, clean);
    }
}

static enum pl_status draw_rows(const struct pl_sequence *sequence, enum pl_split split,
                                struct pl_rng *rng, struct seen *seen, int32_t *answer,
                                struct pl_samples *out, struct pl_samples *clean) {
    bool next = split == PL_TRAIN && sequence->objective == PL_OBJECTIVE_NEXT;
    for (size_t n = 0; n < out->count; n++) {
        size_t first = n * (size_t)sequence->tokens;
        uint64_t hash;
        long tries = 0;
        do {
            if (++tries > MOST_TRIES)
                return pl_fail(PL_ECONFIG,
                               "%zu different rows of the split %s were found, but not one more in "
                               "%d draws; ask for fewer samples or longer rows",
                               n, pl_split_name(split), MOST_TRIES);
            sequence->draw(sequence, split, 0, rng, out->ids + first, answer);
            hash = hash_row(out->ids + first, sequence->tokens);
        } while (out->ids[first] < 0 || (!sequence->placed && split_of(hash) != split) ||
                 !seen_add(seen, hash));
        fill_targets(sequence, answer, rng, first, next, out, clean);
    }
    return PL_OK;
}

static enum pl_status draw(const void *world, enum pl_split split, struct pl_rng *rng,
                           struct pl_samples *out, struct pl_samples *clean) {
    const struct source *source = world;
    const struct pl_sequence *sequence = source->sequence;
    void *answer;
    struct seen seen = {0};
    PL_TRY(pl_alloc_try(&answer, (size_t)sequence->tokens * sizeof(int32_t), ALIGNMENT,
                        "the answers of a row"));
    enum pl_status status = PL_OK;
    if (sequence->rows)
        draw_counted(source, split, rng, answer, out, clean);
    else
        status = seen_init(&seen, out->count);
    if (status == PL_OK && !sequence->rows)
        status = draw_rows(sequence, split, rng, &seen, answer, out, clean);
    pl_free(seen.items);
    pl_free(answer);
    return status;
}

/* ---- the world of a seed ---- */

static void world_finish(struct pl_sequence *sequence) {
    if (sequence->world && sequence->finish) sequence->finish(sequence->world);
    pl_free(sequence->world);
    sequence->world = NULL;
    sequence->prior = NULL;
}

/* [rng] is then where task-world ended. */
static enum pl_status world_init(struct pl_sequence *sequence, struct pl_rng *rng, uint64_t seed) {
    pl_rng_init(rng, seed, "task-world");
    if (!sequence->init) return PL_OK;
    PL_TRY(pl_alloc_try(&sequence->world, sequence->world_size, ALIGNMENT, "the world of a task"));
    enum pl_status status = sequence->init(sequence, rng);
    if (status != PL_OK) world_finish(sequence);
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

enum pl_status pl_sequence_generate(struct pl_sequence *sequence, uint64_t seed,
                                    struct pl_dataset *out) {
    struct source source = {.sequence = sequence, .fresh = out->fresh > 0};
    const struct pl_split_draw split = {
        .draw = draw, .world = &source, .clean = !sequence->random, .weights = true};
    struct pl_rng rng;
    PL_TRY(world_init(sequence, &rng, seed));
    if (sequence->rows) pl_pools_init(&source.pools, sequence->rows, sequence->train_share, &rng);
    pl_sequence_shape(sequence, &out->shape);
    enum pl_status status = pl_split_generate(&split, common_of(sequence), seed, out);
    world_finish(sequence);
    return status;
}

double pl_sequence_entropy(const double *p, const double *q, size_t count, double s) {
    double entropy = 0;
    for (size_t k = 0; k < count; k++) {
        double even = 1 / (double)count,
               mixed = s * (p ? p[k] : even) + (1 - s) * (q ? q[k] : even);
        if (mixed > 0) entropy -= mixed * pl_log(mixed);
    }
    return entropy;
}

enum pl_status pl_sequence_points(struct pl_sequence *sequence, uint64_t seed,
                                  struct pl_task_points *out) {
    const struct pl_labels labels = labels_of(sequence);
    struct pl_rng rng;
    if (!sequence->init && !sequence->best && !sequence->random) {
        pl_labels_points(&labels, out);
        return PL_OK;
    }
    PL_TRY(world_init(sequence, &rng, seed));
    size_t answers = (size_t)sequence->answers;
    double s = common_of(sequence)->structure,
           trivial = pl_sequence_entropy(NULL, sequence->prior, answers, 0);
    const struct pl_labels marginal = labels_of(sequence);
    if (sequence->random)
        pl_points_set(out, trivial, trivial);
    else if (sequence->best) {
        double best = sequence->best(sequence, s);
        pl_points_set(out, trivial, best < trivial ? best : trivial);
        if (best != best) out->best_test = out->solved = best;
    } else
        pl_labels_points(&marginal, out);
    world_finish(sequence);
    return PL_OK;
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
