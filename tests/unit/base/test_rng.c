#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>

#include "core/base/math.h"
#include "core/base/rng.h"
#include "tests/support/support.h"

/* ---- golden numbers ---- */

static int check_number(struct pl_rng *rng, const char *kind, const char *text) {
    if (strcmp(kind, "u64") == 0) return pl_rng_u64(rng) == strtoull(text, NULL, 16);
    if (strcmp(kind, "uniform") == 0) return pl_rng_uniform(rng) == strtod(text, NULL);
    return pl_rng_normal(rng) == strtod(text, NULL);
}

static int check_line(char *line) {
    const char *kind = strtok(line, " \n"), *seed = strtok(NULL, " \n"),
               *name = strtok(NULL, " \n");
    const char *number;
    struct pl_rng rng;
    int checked = 0;
    PL_REQUIRE(kind && seed && name);
    pl_rng_init(&rng, strtoull(seed, NULL, 10), strcmp(name, "-") ? name : "");
    while ((number = strtok(NULL, " \n")) != NULL) {
        if (!check_number(&rng, kind, number))
            printf("  %s of (%s, %s) is not %s\n", kind, seed, name, number);
        else
            checked++;
    }
    return checked;
}

static void test_rng__gives_the_golden_numbers(void) {
    FILE *file = fopen(PL_SOURCE_DIR "/tests/golden/rng.txt", "r");
    char line[1024];
    int checked = 0;
    PL_REQUIRE(file != NULL);
    while (fgets(line, sizeof line, file))
        if (line[0] != '#') checked += check_line(line);
    fclose(file);
    PL_CHECK_INT(checked, 8 * (8 + 4 + 4));
}

/* ---- a second implementation: PCG XSL-RR 128/64 on two 64-bit halves ---- */

struct wide {
    uint64_t high, low;
};

static struct wide wide_add(struct wide a, struct wide b) {
    struct wide sum = {a.high + b.high, a.low + b.low};
    if (sum.low < a.low) sum.high++;
    return sum;
}

/* The full product of two 64-bit numbers by 32-bit halves. */
static struct wide multiply_64(uint64_t a, uint64_t b) {
    const uint64_t mask = 0xffffffff;
    uint64_t low = (a & mask) * (b & mask), cross = (a >> 32) * (b & mask), other;
    struct wide product;
    cross += low >> 32;
    other = (a & mask) * (b >> 32) + (cross & mask);
    product.low = (other << 32) | (low & mask);
    product.high = (a >> 32) * (b >> 32) + (cross >> 32) + (other >> 32);
    return product;
}

static struct wide wide_multiply(struct wide a, struct wide b) {
    struct wide product = multiply_64(a.low, b.low);
    product.high += a.high * b.low + a.low * b.high;
    return product;
}

struct peer {
    struct wide state, increment;
};

static void peer_step(struct peer *peer) {
    const struct wide multiplier = {UINT64_C(2549297995355413924), UINT64_C(4865540595714422341)};
    peer->state = wide_add(wide_multiply(peer->state, multiplier), peer->increment);
}

static void peer_init(struct peer *peer, struct wide state, struct wide stream) {
    peer->increment.high = stream.high << 1 | stream.low >> 63;
    peer->increment.low = stream.low << 1 | 1;
    peer->state = (struct wide){0, 0};
    peer_step(peer);
    peer->state = wide_add(peer->state, state);
    peer_step(peer);
}

static uint64_t peer_u64(struct peer *peer) {
    uint64_t folded;
    unsigned turn;
    peer_step(peer);
    folded = peer->state.high ^ peer->state.low;
    turn = (unsigned)(peer->state.high >> 58);
    return folded >> turn | folded << ((64 - turn) & 63);
}

/* What the authors' demonstration prints for pcg64 with seed 42 and stream 54. */
static void test_rng__the_peer_is_the_published_generator(void) {
    static const uint64_t published[] = {
        UINT64_C(0x86b1da1d72062b68), UINT64_C(0x1304aa46c9853d39), UINT64_C(0xa3670e9e0dd50358),
        UINT64_C(0xf9090e529a7dae00), UINT64_C(0xc85b9fd837996f2c), UINT64_C(0x606121f8e3919196)};
    struct peer peer;
    size_t i;
    peer_init(&peer, (struct wide){0, 42}, (struct wide){0, 54});
    for (i = 0; i < sizeof published / sizeof published[0]; i++)
        PL_CHECK(peer_u64(&peer) == published[i]);
}

static uint64_t fnv_1a(uint64_t hash, const void *bytes, size_t count) {
    const unsigned char *byte = bytes;
    for (; count > 0; count--) hash = (hash ^ *byte++) * UINT64_C(1099511628211);
    return hash;
}

static struct wide mixed(uint64_t state) {
    uint64_t words[2];
    int i;
    for (i = 0; i < 2; i++) {
        uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);
        z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
        words[i] = z ^ z >> 31;
    }
    return (struct wide){words[0], words[1]};
}

static void peer_start(struct peer *peer, uint64_t seed, const char *name) {
    const uint64_t basis = UINT64_C(14695981039346656037);
    unsigned char bytes[8];
    size_t length = strlen(name);
    int i;
    for (i = 0; i < 8; i++) bytes[i] = (unsigned char)(seed >> 8 * i);
    peer_init(peer, mixed(fnv_1a(fnv_1a(basis, bytes, 8), name, length)),
              mixed(fnv_1a(fnv_1a(basis, name, length), bytes, 8)));
}

static void test_rng__agrees_with_a_second_implementation(void) {
    int stream, i, wrong = 0;
    for (stream = 0; stream < 200; stream++) {
        struct pl_rng rng;
        struct peer peer;
        char name[32];
        uint64_t seed = (uint64_t)stream * UINT64_C(0x123456789abcdef);
        snprintf(name, sizeof name, "init/layers.%d.w1", stream);
        pl_rng_init(&rng, seed, name);
        peer_start(&peer, seed, name);
        for (i = 0; i < 500; i++) wrong += pl_rng_u64(&rng) != peer_u64(&peer);
    }
    PL_CHECK_INT(wrong, 0);
}

/* ---- streams ---- */

static void test_rng__same_key_same_stream(void) {
    struct pl_rng one, other;
    int i;
    memset(&one, 0xff, sizeof one);
    memset(&other, 0, sizeof other);
    pl_rng_init(&one, 9, "order");
    pl_rng_init(&other, 9, "order");
    for (i = 0; i < 10; i++) PL_CHECK(pl_rng_normal(&one) == pl_rng_normal(&other));
}

static void test_rng__a_copy_goes_its_own_way(void) {
    struct pl_rng rng, copy;
    double expected[5];
    int i;
    pl_rng_init(&rng, 9, "order");
    pl_rng_normal(&rng);
    copy = rng;
    for (i = 0; i < 5; i++) expected[i] = pl_rng_normal(&rng);
    for (i = 0; i < 5; i++) PL_CHECK(pl_rng_normal(&copy) == expected[i]);
}

/* Correlation of the first numbers of streams whose keys differ by little. */
static void test_rng__neighbouring_keys_are_unrelated(void) {
    enum { KEYS = 4000 };
    double by_seed = 0, by_name = 0, before_seed = 0, before_name = 0;
    int i;
    for (i = 0; i < KEYS; i++) {
        struct pl_rng rng;
        char name[32];
        double now;
        pl_rng_init(&rng, (uint64_t)i, "data-train");
        now = pl_rng_uniform(&rng) - 0.5;
        by_seed += now * before_seed;
        before_seed = now;
        snprintf(name, sizeof name, "init/layers.%d.w2", i);
        pl_rng_init(&rng, 1, name);
        now = pl_rng_uniform(&rng) - 0.5;
        by_name += now * before_name;
        before_name = now;
    }
    /* 12/KEYS x sum is the correlation; its standard deviation is 1/sqrt(KEYS) = 0.016. */
    PL_CHECK_NEAR(12 * by_seed / KEYS, 0, 0.064);
    PL_CHECK_NEAR(12 * by_name / KEYS, 0, 0.064);
}

/* ---- distributions ---- */

/* Chi-square of [count] equally likely cells, standardised: (x - df) / sqrt(2 df). */
static double chi_square(const long *hits, size_t count) {
    double total = 0, sum = 0, expected;
    size_t i;
    for (i = 0; i < count; i++) total += (double)hits[i];
    expected = total / (double)count;
    for (i = 0; i < count; i++) {
        double off = (double)hits[i] - expected;
        sum += off * off / expected;
    }
    return (sum - (double)(count - 1)) / sqrt(2.0 * (double)(count - 1));
}

static void test_rng__below_is_even_and_in_range(void) {
    static const uint64_t bounds[] = {2, 3, 7, 10, 64, 1000};
    struct pl_rng rng;
    size_t b;
    pl_rng_init(&rng, 1, "test/below");
    for (b = 0; b < sizeof bounds / sizeof bounds[0]; b++) {
        long hits[1000] = {0}, outside = 0;
        int i;
        for (i = 0; i < 200000; i++) {
            uint64_t number = pl_rng_below(&rng, bounds[b]);
            if (number < bounds[b])
                hits[number]++;
            else
                outside++;
        }
        PL_CHECK_INT(outside, 0);
        PL_CHECK(fabs(chi_square(hits, bounds[b])) < 5);
    }
}

static void test_rng__below_one_is_zero(void) {
    struct pl_rng rng;
    int i;
    pl_rng_init(&rng, 1, "test/below");
    for (i = 0; i < 100; i++) PL_CHECK_INT(pl_rng_below(&rng, 1), 0);
}

/* With bound 3 x 2^62 a plain remainder would put 1/2, not 1/3, of all numbers below 2^62. */
static void test_rng__below_is_unbiased_for_large_bounds(void) {
    struct pl_rng rng;
    long thirds[3] = {0};
    int i;
    pl_rng_init(&rng, 1, "test/below-large");
    for (i = 0; i < 60000; i++) thirds[pl_rng_below(&rng, UINT64_C(3) << 62) >> 62]++;
    PL_CHECK(fabs(chi_square(thirds, 3)) < 5);
}

static void test_rng__uniform_is_even_on_its_grid(void) {
    static long hits[1024];
    struct pl_rng rng;
    int i, off_grid = 0, outside = 0;
    memset(hits, 0, sizeof hits);
    pl_rng_init(&rng, 1, "test/uniform");
    for (i = 0; i < 1000000; i++) {
        double u = pl_rng_uniform(&rng);
        off_grid += u * 0x1p53 != floor(u * 0x1p53);
        outside += !(u >= 0 && u < 1);
        hits[(int)(1024 * u)]++;
    }
    PL_CHECK_INT(off_grid, 0);
    PL_CHECK_INT(outside, 0);
    PL_CHECK(fabs(chi_square(hits, 1024)) < 5);
}

/* A normal number put through its distribution function is uniform. */
static void test_rng__normal_has_the_normal_distribution(void) {
    enum { DRAWS = 500000 };
    static long hits[200];
    struct pl_rng rng;
    double moments[5] = {0}, power;
    int i, k;
    memset(hits, 0, sizeof hits);
    pl_rng_init(&rng, 1, "test/normal");
    for (i = 0; i < DRAWS; i++) {
        double x = pl_rng_normal(&rng);
        double share = erfc(-x / sqrt(2)) / 2;
        hits[share < 1 ? (int)(200 * share) : 199]++;
        for (k = 1, power = x; k <= 4; k++, power *= x) moments[k] += power / DRAWS;
    }
    /* Five standard deviations of each moment's mean: sqrt(1, 2, 15, 96) / sqrt(DRAWS). */
    PL_CHECK_NEAR(moments[1], 0, 5 * sqrt(1.0 / DRAWS));
    PL_CHECK_NEAR(moments[2], 1, 5 * sqrt(2.0 / DRAWS));
    PL_CHECK_NEAR(moments[3], 0, 5 * sqrt(15.0 / DRAWS));
    PL_CHECK_NEAR(moments[4] - 3, 0, 5 * sqrt(96.0 / DRAWS));
    PL_CHECK(fabs(chi_square(hits, 200)) < 5);
}

static void test_rng__normals_of_a_pair_are_unrelated(void) {
    enum { PAIRS = 200000 };
    struct pl_rng rng;
    double products = 0, squares = 0;
    int i;
    pl_rng_init(&rng, 2, "test/normal");
    for (i = 0; i < PAIRS; i++) {
        double x = pl_rng_normal(&rng), y = pl_rng_normal(&rng);
        products += x * y;
        squares += (x * x - 1) * (y * y - 1) / 2;
    }
    PL_CHECK_NEAR(products / PAIRS, 0, 5 / sqrt(PAIRS));
    PL_CHECK_NEAR(squares / PAIRS, 0, 5 / sqrt(PAIRS));
}

/* ---- permutations ---- */

static void test_rng__permutation_holds_every_number_once(void) {
    static const size_t counts[] = {0, 1, 2, 3, 100, 5000};
    static uint32_t order[5001];
    static bool seen[5000];
    struct pl_rng rng;
    size_t c, i;
    pl_rng_init(&rng, 1, "test/order");
    for (c = 0; c < sizeof counts / sizeof counts[0]; c++) {
        size_t found = 0;
        memset(seen, 0, sizeof seen);
        order[counts[c]] = 0xabcdef;
        pl_rng_permutation(&rng, order, counts[c]);
        for (i = 0; i < counts[c]; i++) {
            PL_REQUIRE(order[i] < counts[c]);
            found += !seen[order[i]];
            seen[order[i]] = true;
        }
        PL_CHECK_INT(found, counts[c]);
        PL_CHECK_INT(order[counts[c]], 0xabcdef);
    }
}

static void test_rng__all_permutations_are_equally_likely(void) {
    long hits[24] = {0};
    struct pl_rng rng;
    int i;
    pl_rng_init(&rng, 2, "test/order");
    for (i = 0; i < 240000; i++) {
        uint32_t order[4];
        int a, b, rank = 0;
        static const int factorial[] = {6, 2, 1, 1};
        pl_rng_permutation(&rng, order, 4);
        for (a = 0; a < 4; a++)
            for (b = a + 1; b < 4; b++) rank += factorial[a] * (order[b] < order[a]);
        hits[rank]++;
    }
    PL_CHECK(fabs(chi_square(hits, 24)) < 5);
}

const struct pl_test pl_suite_rng[] = {
    {"gives_the_golden_numbers", test_rng__gives_the_golden_numbers},
    {"the_peer_is_the_published_generator", test_rng__the_peer_is_the_published_generator},
    {"agrees_with_a_second_implementation", test_rng__agrees_with_a_second_implementation},
    {"same_key_same_stream", test_rng__same_key_same_stream},
    {"a_copy_goes_its_own_way", test_rng__a_copy_goes_its_own_way},
    {"neighbouring_keys_are_unrelated", test_rng__neighbouring_keys_are_unrelated},
    {"below_is_even_and_in_range", test_rng__below_is_even_and_in_range},
    {"below_one_is_zero", test_rng__below_one_is_zero},
    {"below_is_unbiased_for_large_bounds", test_rng__below_is_unbiased_for_large_bounds},
    {"uniform_is_even_on_its_grid", test_rng__uniform_is_even_on_its_grid},
    {"normal_has_the_normal_distribution", test_rng__normal_has_the_normal_distribution},
    {"normals_of_a_pair_are_unrelated", test_rng__normals_of_a_pair_are_unrelated},
    {"permutation_holds_every_number_once", test_rng__permutation_holds_every_number_once},
    {"all_permutations_are_equally_likely", test_rng__all_permutations_are_equally_likely},
    {0},
};
