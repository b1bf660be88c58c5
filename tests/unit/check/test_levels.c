/* Levels: how often a bound that lies exactly on the truth is called contradicted, or holds. The truth is the
 * median of a run's log loss, or its mean; the worlds are those in which a test that asks for symmetry fails.
 * With PLUMBLINE_CALIBRATION=N the table of docs/statistics.md, N checks a row. */
#include "core/base/rng.h"
#include "core/stats/distribution.h"
#include "tests/unit/check/claimed_study.h"

enum world { NORMAL, EXPONENTIAL, TWO_GROUPS };

struct truth {
    const char *name;
    enum world world;
    double at;  /* of the log loss, which the bound of 1 lies on */
    bool known; /* a test can hold its level here */
};

struct draw {
    const struct truth *truth;
    uint64_t round;
};

static double world_loss(char label, int structure, int seed, const void *context) {
    const struct draw *draw = context;
    char name[64];
    struct pl_rng rng;
    snprintf(name, sizeof name, "%llu/%c/%d", (unsigned long long)draw->round, label, structure);
    pl_rng_init(&rng, (uint64_t)seed, name);
    double log = pl_rng_normal(&rng);
    if (draw->truth->world == EXPONENTIAL) log = -pl_log(1.0 - pl_rng_uniform(&rng));
    if (draw->truth->world == TWO_GROUPS)
        log = 0.2 * log + (pl_rng_uniform(&rng) < 0.3 ? 5.0 : 0.0);
    return pl_exp(log - draw->truth->at);
}

/* P(X >= hits) of the binomial distribution. */
static double chance(size_t hits, size_t count, double p) {
    return hits == 0 ? 1.0
                     : pl_stats_incomplete_beta((double)hits, (double)(count - hits) + 1.0, p);
}

static void test_levels__bounds_on_the_truth(void) {
    static const char *const claims[] = {"[{bound: a, above: 1, at: {task.structure: 0}}]",
                                         "[{bound: a, below: 1, at: {task.structure: 0}}]"};
    /* The median of the two groups: .7 of the runs are normal around 0 with sd .2, and half of all lie
     * below it: .2 times the normal's quantile of .5 / .7. */
    const struct truth truths[] = {
        {"normal, mean and median", NORMAL, 0.0, true},
        {"exponential, median", EXPONENTIAL, pl_log(2.0), true},
        {"exponential, mean", EXPONENTIAL, 1.0, false},
        {"two groups (30 %), median", TWO_GROUPS, 0.2 * pl_stats_normal_quantile(0.5 / 0.7), true},
        {"two groups (30 %), mean", TWO_GROUPS, 1.5, false}};
    static const char *const seeds[] = {"8", "12", "20"};
    const char *wanted = getenv("PLUMBLINE_CALIBRATION");
    size_t rounds = wanted ? (size_t)strtoul(wanted, NULL, 10) : 250;
    if (wanted)
        printf(
            "\n| world, and where the bound lies | seeds | checks | above: contradicted | below: "
            "contradicted | above: holds | below: holds |\n"
            "| --- | --: | --: | --: | --: | --: | --: |\n");
    for (size_t t = 0; t < sizeof truths / sizeof truths[0]; t++)
        for (size_t n = 0; n < 3; n++) {
            size_t against[2] = {0}, held[2] = {0};
            for (int side = 0; side < 2; side++) {
                struct claimed study;
                claimed_init(&study, claims[side], seeds[n]);
                for (uint64_t round = 1; round <= rounds; round++) {
                    struct draw draw = {&truths[t], round};
                    struct pl_check check;
                    claimed_fill(&study, "test_loss", world_loss, &draw);
                    claimed_check(&study, &check, NULL);
                    against[side] += check.rows[0].verdict == PL_CLAIM_CONTRADICTED;
                    held[side] += check.rows[0].verdict == PL_CLAIM_HOLDS;
                    pl_check_finish(&check);
                }
                claimed_finish(&study);
                if (!truths[t].known) continue;
                PL_CHECK(chance(against[side], rounds, 0.01) > 1e-6);
                PL_CHECK(chance(held[side], rounds, 0.05) > 1e-6);
            }
            double share = 100.0 / (double)rounds;
            if (wanted)
                printf("| %s | %s | %zu | %.2f %% | %.2f %% | %.2f %% | %.2f %% |\n",
                       truths[t].name, seeds[n], rounds, share * (double)against[0],
                       share * (double)against[1], share * (double)held[0],
                       share * (double)held[1]);
        }
}

const struct pl_test pl_suite_levels[] = {{"bounds_on_the_truth", test_levels__bounds_on_the_truth},
                                          {0}};
