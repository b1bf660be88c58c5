/* The rules of the sequence tasks, each worked out another way than the task does, and the entropies of markov and
 * pcfg against counts, which are the truth when there are enough of them. */
#include <math.h>
#include <string.h>

#include "core/base/math.h"
#include "tests/unit/tasks/make.h"

/* One row of a split: its tokens, labels and weights. */
struct row {
    const int32_t *ids, *labels;
    const float *weight;
    long tokens;
};

static struct row row_at(const struct made *made, enum pl_split split, size_t n) {
    const struct pl_samples *s = &made->data.split[split];
    size_t at = n * (size_t)made->data.shape.tokens;
    return (struct row){s->ids + at, s->labels + at, s->weight + at, made->data.shape.tokens};
}

static void test_sequence_rules__mqar_asks_for_keys_of_its_pairs(void) {
    struct made made;
    make(&made, "mqar", "vocabulary=20 pairs=3 length=17 samples=300", 2);
    for (size_t n = 0; n < 300; n++) {
        struct row row = row_at(&made, PL_TRAIN, n);
        bool met[3] = {false};
        for (long t = 0; t < 17; t++) {
            if (row.weight[t] == 0) continue;
            PL_REQUIRE(t >= 6 && t % 2 == 0);
            int pair = 0;
            while (pair < 3 && row.ids[2 * pair] != row.ids[t]) pair++;
            PL_REQUIRE(pair < 3 && !met[pair]);
            met[pair] = true;
            PL_CHECK_INT(row.labels[t], row.ids[2 * pair + 1]);
        }
        PL_CHECK(met[0] && met[1] && met[2]);
        for (int p = 0; p < 3; p++) PL_CHECK(row.ids[2 * p] < 10 && row.ids[2 * p + 1] >= 10);
        PL_CHECK(row.ids[0] != row.ids[2] && row.ids[1] != row.ids[3]);
    }
    make_finish(&made);
}

/* At power 1 every place is as likely as another; below, the first ones are more so. */
static void test_sequence_rules__mqar_brings_questions_forward(void) {
    struct made even, near;
    int first[2] = {0};
    make(&even, "mqar", "vocabulary=64 pairs=1 length=22 power=1", 2);
    make(&near, "mqar", "vocabulary=64 pairs=1 length=22 power=0", 2);
    for (size_t n = 0; n < 1000; n++) {
        first[0] += row_at(&even, PL_TRAIN, n).weight[2] > 0;
        first[1] += row_at(&near, PL_TRAIN, n).weight[2] > 0;
    }
    PL_CHECK(first[0] > 62 && first[0] < 138);  /* of 10 places, sd 9.5 */
    PL_CHECK(first[1] > 279 && first[1] < 404); /* 1000 / (1 + 1/2 + .. + 1/10) = 341, sd 15 */
    make_finish(&even);
    make_finish(&near);
}

/* The letter k hops back from i, by its definition; -1 for none. */
static int32_t hop(const int32_t *s, long i, int k) {
    if (k == 0) return s[i];
    for (long j = i - 1; j >= 0; j--)
        if (s[j] == s[i]) return hop(s, j + 1, k - 1);
    return -1;
}

static void test_sequence_rules__k_hop_follows_hops(void) {
    struct made made;
    make(&made, "k_hop", "letters=3 length=30 hops=3 mixed=true samples=200", 4);
    int seen[4] = {0}, none = 0, asked = 0;
    for (int split = 0; split < PL_SPLITS; split++)
        for (size_t n = 0; n < made.data.split[split].count; n++) {
            struct row row = row_at(&made, (enum pl_split)split, n);
            int k = row.ids[0] - 3;
            PL_REQUIRE(k >= 1 && k <= 3 && (split == PL_TRAIN || k == 3));
            seen[k]++;
            PL_CHECK(row.weight[0] == 0);
            for (long i = 0; i < 30; i++) {
                int32_t letter = hop(row.ids + 1, i, k);
                PL_CHECK_INT(row.labels[1 + i], letter < 0 ? 3 : letter);
                PL_CHECK(i == 0 || row.ids[1 + i] != row.ids[i]);
                if (split == PL_TEST) none += letter < 0, asked++;
            }
        }
    PL_CHECK(seen[1] > 30 && seen[2] > 30);
    double p = (double)none / asked, h = -p * pl_log(p) - (1 - p) * pl_log((1 - p) / 3);
    PL_CHECK_NEAR(made.points.trivial, h, 0.01 * h);
    make_finish(&made);
}

static void test_sequence_rules__selective_copy_keeps_the_order(void) {
    struct made made;
    make(&made, "selective_copy", "vocabulary=5 copied=8 length=20 samples=200", 4);
    for (size_t n = 0; n < 200; n++) {
        struct row row = row_at(&made, PL_TRAIN, n);
        long next = 20;
        for (long t = 0; t < 28; t++) PL_CHECK(row.weight[t] == (t >= 20));
        for (long t = 0; t < 20; t++)
            if (row.ids[t] < 5) PL_CHECK_INT(row.labels[next++], row.ids[t]);
        PL_CHECK_INT(next, 28);
        PL_CHECK_INT(row.ids[27], 6);
    }
    make_finish(&made);
}

/* A group: 0 changes nothing, every element has an inverse, products go together; and S5 does not commute. */
static void check_group(const char *options, int size, bool commutes) {
    struct made made;
    static int32_t product[120][120];
    int known = 0, differ = 0;
    memset(product, 0xff, sizeof product);
    make(&made, "state_tracking", options, 4);
    PL_CHECK_INT(made.data.shape.in, size);
    for (size_t n = 0; n < made.data.split[PL_TRAIN].count; n++) {
        struct row row = row_at(&made, PL_TRAIN, n);
        PL_CHECK_INT(row.labels[0], row.ids[0]);
        for (long t = 1; t < row.tokens; t++) {
            int32_t *p = &product[row.ids[t]][row.labels[t - 1]];
            if (*p < 0) known++;
            if (*p >= 0) PL_CHECK_INT(*p, row.labels[t]);
            *p = row.labels[t];
        }
    }
    PL_REQUIRE(known == size * size);
    for (int a = 0; a < size; a++) {
        PL_CHECK(product[a][0] == a && product[0][a] == a);
        bool inverse = false;
        for (int b = 0; b < size; b++) {
            inverse |= product[a][b] == 0;
            differ += product[a][b] != product[b][a];
            for (int c = 0; c < size; c += 7)
                PL_CHECK_INT(product[product[a][b]][c], product[a][product[b][c]]);
        }
        PL_CHECK(inverse);
    }
    PL_CHECK((differ == 0) == commutes);
    make_finish(&made);
}

static void test_sequence_rules__state_tracking_multiplies_in_a_group(void) {
    check_group("group=S3 length=20 samples=500", 6, false);
    check_group("group=S5 length=200 samples=1200", 120, false);
    check_group("group=Z60 length=200 samples=500", 60, true);
}

static void test_sequence_rules__dyck_closes_what_is_open(void) {
    struct made made;
    make(&made, "dyck", "kinds=3 depth=4 length=31 samples=300", 4);
    int asked = 0, deepest = 0;
    for (size_t n = 0; n < 300; n++) {
        struct row row = row_at(&made, PL_TRAIN, n);
        int32_t open[32];
        int depth = 0;
        for (long t = 0; t < 31; t++) {
            if (row.ids[t] < 3)
                open[depth++] = row.ids[t];
            else
                PL_CHECK_INT(row.ids[t], 3 + open[--depth]);
            PL_REQUIRE(depth >= 0 && depth <= 4);
            if (depth > deepest) deepest = depth;
            bool closes = row.weight[t] > 0;
            if (t < 30) PL_CHECK((row.ids[t + 1] >= 3) == closes);
            if (closes) PL_CHECK_INT(row.labels[t], 3 + open[depth - 1]);
            asked += closes;
        }
    }
    PL_CHECK_INT(deepest, 4);
    PL_CHECK(asked > 300 * 12 && asked < 300 * 16);
    make_finish(&made);
}

/* Read from the right: numbers onto a stack, an operation takes two. */
static void test_sequence_rules__arithmetic_is_its_value(void) {
    struct made made;
    make(&made, "arithmetic", "modulus=7 operations=6 samples=4000 test_samples=4000", 4);
    int zeros = 0;
    for (size_t n = 0; n < 4000; n++) {
        struct row row = row_at(&made, PL_TRAIN, n);
        long stack[14], top = 0;
        for (long t = 12; t >= 0; t--) {
            if (row.ids[t] < 7) {
                stack[top++] = row.ids[t];
                continue;
            }
            PL_REQUIRE(top >= 2);
            long a = stack[--top], b = stack[--top], op = row.ids[t] - 7;
            stack[top++] = ((op == 0 ? a + b : op == 1 ? a - b : a * b) % 7 + 7) % 7;
        }
        PL_CHECK_INT(top, 1);
        PL_CHECK_INT(row.labels[13], stack[0]);
        PL_CHECK_INT(row.ids[13], 10);
        zeros += stack[0] == 0;
    }
    double p = zeros / 4000.0, h = -p * pl_log(p) - (1 - p) * pl_log((1 - p) / 6);
    PL_CHECK_NEAR(made.points.trivial, h, 0.01 * h);
    make_finish(&made);
}

static void test_sequence_rules__modular_sequence_divides_half_the_table(void) {
    struct made made;
    static bool met[13][13];
    make(&made, "modular_sequence", "modulus=13 samples=78 valid_samples=39 test_samples=39", 4);
    memset(met, 0, sizeof met);
    for (int split = 0; split < 3; split++)
        for (size_t n = 0; n < made.data.split[split].count; n++) {
            struct row row = row_at(&made, (enum pl_split)split, n);
            PL_CHECK_INT(row.labels[3] * row.ids[2] % 13, row.ids[0]);
            PL_CHECK(row.ids[2] > 0 && !met[row.ids[0]][row.ids[2]]);
            met[row.ids[0]][row.ids[2]] = true;
        }
    make_finish(&made);
    make(&made, "modular_sequence", "modulus=5 op=multiply samples=30", 4);
    struct row first = row_at(&made, PL_TRAIN, 0), again = row_at(&made, PL_TRAIN, 12);
    PL_CHECK(memcmp(first.ids, again.ids, 4 * sizeof(int32_t)) ==
             0); /* half of 25 pairs, then again */
    double h = -9 / 25.0 * pl_log(9 / 25.0) - 16 / 25.0 * pl_log(4 / 25.0);
    PL_CHECK_NEAR(made.points.trivial, h, 1e-12);
    make_finish(&made);
}

/* ---- entropies ---- */

enum { CONTEXTS = 4096, MOST = 8 };

/* Loss on test of the label's frequencies in training, by context; [context] numbers that of a position. */
static double counted_loss(const struct made *made, long (*context)(const struct row *, long)) {
    static double counts[CONTEXTS][MOST];
    double loss = 0, asked = 0;
    memset(counts, 0, sizeof counts);
    for (int split = PL_TRAIN; split <= PL_TEST; split += PL_TEST)
        for (size_t n = 0; n < made->data.split[split].count; n++) {
            struct row row = row_at(made, (enum pl_split)split, n);
            for (long t = 0; t < row.tokens; t++) {
                if (row.weight[t] == 0) continue;
                double *c = counts[context(&row, t)], sum = 0;
                for (int k = 0; k < MOST; k++) sum += c[k];
                if (split == PL_TEST) loss -= pl_log((c[row.labels[t]] + 0.01) / (sum + 0.08));
                if (split == PL_TEST) asked++;
                if (split == PL_TRAIN) c[row.labels[t]]++;
            }
        }
    return loss / asked;
}

static long last_token(const struct row *row, long t) {
    return row->ids[t];
}

static long last_two(const struct row *row, long t) {
    return row->ids[t - 1] * 8 + row->ids[t];
}

/* The tokens of the present string of four, with their number; 0 at its end. */
static long string_so_far(const struct row *row, long t) {
    long context = 1;
    for (long i = t - t % 4; i <= t && t % 4 < 3; i++) context = context * 4 + row->ids[i] + 1;
    return context;
}

static void check_entropy(const char *task, const char *options, uint64_t seed,
                          long (*context)(const struct row *, long)) {
    struct made made;
    make(&made, task, options, seed);
    double counted = counted_loss(&made, context);
    if (!(fabs(counted - made.points.best_test) < 0.01 * made.points.best_test))
        printf("  %s %s: %g counted, %g said\n", task, options, counted, made.points.best_test);
    PL_CHECK_NEAR(counted, made.points.best_test, 0.01 * made.points.best_test);
    PL_CHECK(made.points.best_test < 0.97 * made.points.trivial);
    make_finish(&made);
}

static void test_sequence_rules__entropy_of_markov(void) {
    check_entropy("markov", "states=6 length=100 samples=4000 test_samples=4000", 1, last_token);
    check_entropy("markov", "states=6 length=100 samples=4000 test_samples=4000 structure=0.5", 2,
                  last_token);
    check_entropy("markov", "states=5 order=2 length=100 samples=4000 test_samples=4000", 3,
                  last_two);
}

static void test_sequence_rules__entropy_of_pcfg(void) {
#define SIZES "levels=2 vocabulary=3 synonyms=2 length=127 samples=4000 test_samples=4000"
    check_entropy("pcfg", SIZES, 1, string_so_far);
    check_entropy("pcfg", SIZES, 2, string_so_far);
    check_entropy("pcfg", SIZES " structure=0.7", 3, string_so_far);
}

#define TEXT                                                                                       \
    "file=" PL_SOURCE_DIR                                                                          \
    "/tests/data/text.txt samples=150 valid_samples=50 test_samples=50 length=40"

static size_t read_file(char *out, size_t most) {
    FILE *file = fopen(PL_SOURCE_DIR "/tests/data/text.txt", "rb");
    PL_REQUIRE(file != NULL);
    size_t size = fread(out, 1, most, file);
    fclose(file);
    return size;
}

/* Windows of the file as it is, each of its own part; permuted, the same bytes and no window of the file. */
static void test_sequence_rules__bytes_are_those_of_the_file(void) {
    static char text[1 << 14];
    size_t size = read_file(text, sizeof text - 1), found = 0;
    static const double begin[] = {0, 0.8, 0.9, 1};
    struct made made;
    make(&made, "bytes", TEXT, 5);
    for (int split = 0; split < 3; split++)
        for (size_t n = 0; n < made.data.split[split].count; n++) {
            struct row row = row_at(&made, (enum pl_split)split, n);
            size_t at = (size_t)(begin[split] * (double)size) - 20,
                   end = (size_t)(begin[split + 1] * (double)size);
            if (split == 0) at = 0;
            bool here = false;
            for (; at + 41 <= end && !here; at++) {
                here = true;
                for (size_t t = 0; t < 40 && here; t++)
                    here = (uint8_t)text[at + t] == row.ids[t] &&
                           (uint8_t)text[at + t + 1] == row.labels[t];
            }
            PL_CHECK(here);
        }
    PL_CHECK(isnan(made.points.best_test));
    make_finish(&made);
    make(&made, "bytes", TEXT " shuffle=1", 5);
    for (size_t n = 0; n < 150; n++) {
        struct row row = row_at(&made, PL_TRAIN, n);
        char window[41] = {0};
        for (int t = 0; t < 40; t++) window[t] = (char)row.ids[t];
        found += strstr(text, window) != NULL;
    }
    PL_CHECK_INT((int)found, 0);
    double count[256] = {0}, entropy = 0;
    for (size_t k = 0; k < size; k++) count[(uint8_t)text[k]]++;
    for (int c = 0; c < 256; c++)
        if (count[c] > 0) entropy -= count[c] / (double)size * pl_log(count[c] / (double)size);
    PL_CHECK_NEAR(made.points.trivial, entropy, 1e-12);
    PL_CHECK_NEAR(made.points.best_test, entropy, 1e-12);
    make_finish(&made);
}

static void test_sequence_rules__a_file_that_changed_is_refused(void) {
    struct made made = {0};
    PL_REQUIRE_OK(make_options(&made, "bytes", TEXT " hash=0123456789abcdef0123456789abcdef"));
    PL_CHECK_FAILS(made.task->generate(made.options, 1, &made.data), PL_ECONFIG,
                   "is not the file that it was");
    char hash[PL_HASH_TEXT], found[PL_HASH_TEXT];
    static char text[1 << 14];
    PL_REQUIRE_OK(made.task->contents(made.options, hash));
    pl_hash(found, text, read_file(text, sizeof text));
    PL_CHECK_TEXT(hash, found);
    make_finish(&made);
}

static void test_sequence_rules__refusals(void) {
    make_fails("bytes", "structure=0", "structure", "shuffle");
    make_fails("bytes", "file=/no/such/file", "file", "No such file");
    make_fails("bytes", "file=/", "file", "Is a directory");
    make_fails("bytes", "file=/dev/null", "length", "too few");
    make_fails("bytes", TEXT " samples=3000", "length", "too few");

    make_fails("mqar", "pairs=9 length=32", "pairs", "at least 36");
    make_fails("mqar", "pairs=3 vocabulary=4 length=64", "pairs", "only 2 keys");
    make_fails("k_hop", "letters=3 length=8", "length", "fewer");
    make_fails("selective_copy", "copied=9 length=8", "copied", "room for 8");
    make_fails("dyck", "depth=9 length=8", "depth", "no closing");
    make_fails("arithmetic", "modulus=21", "modulus", "3 x 7");
    make_fails("modular_sequence", "modulus=21", "modulus", "3 x 7");
    make_fails("markov", "order=4", "order", "65536");
    make_fails("markov", "states=2 length=20", "length", "fewer");
    make_fails("pcfg", "synonyms=9", "synonyms", "only 8");
    make_fails("random_sequence", "structure=1", "structure", "follow no rule");
}

const struct pl_test pl_suite_sequence_rules[] = {
    {"mqar_asks_for_keys_of_its_pairs", test_sequence_rules__mqar_asks_for_keys_of_its_pairs},
    {"mqar_brings_questions_forward", test_sequence_rules__mqar_brings_questions_forward},
    {"k_hop_follows_hops", test_sequence_rules__k_hop_follows_hops},
    {"selective_copy_keeps_the_order", test_sequence_rules__selective_copy_keeps_the_order},
    {"state_tracking_multiplies_in_a_group",
     test_sequence_rules__state_tracking_multiplies_in_a_group},
    {"dyck_closes_what_is_open", test_sequence_rules__dyck_closes_what_is_open},
    {"arithmetic_is_its_value", test_sequence_rules__arithmetic_is_its_value},
    {"modular_sequence_divides_half_the_table",
     test_sequence_rules__modular_sequence_divides_half_the_table},
    {"entropy_of_markov", test_sequence_rules__entropy_of_markov},
    {"entropy_of_pcfg", test_sequence_rules__entropy_of_pcfg},
    {"bytes_are_those_of_the_file", test_sequence_rules__bytes_are_those_of_the_file},
    {"a_file_that_changed_is_refused", test_sequence_rules__a_file_that_changed_is_refused},
    {"refusals", test_sequence_rules__refusals},
    {0},
};
