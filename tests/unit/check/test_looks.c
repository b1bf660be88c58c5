/* Looks: the plan, and the error rate it promises. */
#include "core/base/rng.h"
#include "tests/unit/check/claimed_study.h"

static void check_plan(size_t first, size_t most, const char *expected) {
    struct pl_looks looks;
    struct pl_strbuf text;
    double total = 0.0;
    pl_looks_plan(&looks, first, most);
    pl_strbuf_init(&text);
    for (size_t k = 0; k < looks.count; k++) {
        pl_strbuf_addf(&text, "%zu:", looks.seeds[k]);
        pl_strbuf_add_real(&text, looks.share[k]);
        pl_strbuf_add(&text, " ");
        total += looks.share[k];
    }
    PL_CHECK_TEXT(text.text, expected);
    PL_CHECK(total == 1.0); /* powers of two: exact */
    pl_strbuf_finish(&text);
}

static void test_looks__plan(void) {
    check_plan(10, 0, "10:1 ");
    check_plan(10, 10, "10:1 ");
    check_plan(10, 11, "10:0.5 11:0.5 ");
    check_plan(10, 29, "10:0.5 29:0.5 ");
    check_plan(10, 30, "10:0.5 20:0.25 30:0.25 ");
    check_plan(10, 40, "10:0.5 20:0.25 40:0.25 ");
    check_plan(1, 8, "1:0.5 2:0.25 4:0.125 8:0.125 ");
}

static void test_looks__seeds_are_never_the_same_again(void) {
    const uint64_t own[] = {3, 17, 5};
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    pl_looks_seeds(&text, own, 3, 6);
    PL_CHECK_TEXT(text.text, "seeds=3,17,5,18,19,20");
    pl_strbuf_finish(&text);
}

/* Three null claims: a, b and c differ by noise alone, so that each claim sits on its boundary. */
static double null_loss(char label, int structure, int seed, const void *context) {
    struct pl_rng rng;
    char name[32];
    snprintf(name, sizeof name, "%c/%d/%d", label, structure, seed);
    pl_rng_init(&rng, *(const uint64_t *)context, name);
    return pl_exp(pl_rng_normal(&rng));
}

static const char null_claims[] =
    "[{better: a, than: b}, {better: b, than: c}, {better: c, than: a}]";

/* Every look is taken, as long as a claim is open. Counts checks in which any claim was called contradicted,
 * or holding. */
static void simulate(struct claimed *studies, uint64_t round, size_t *contradicted, size_t *held) {
    struct pl_check check;
    PL_REQUIRE_OK(pl_check_init(&check, &studies[0].experiment, 12));
    PL_REQUIRE(check.looks.count == 2);
    for (int look = 0; look < 2 && pl_check_more(&check); look++) {
        struct claimed *study = &studies[look];
        claimed_fill(study, "test_loss", null_loss, &round);
        pl_check_look(&check, &study->experiment, &study->cells, study->results, NULL);
    }
    *contradicted += pl_check_count(&check, PL_CLAIM_CONTRADICTED) > 0;
    *held += pl_check_count(&check, PL_CLAIM_HOLDS) > 0;
    pl_check_finish(&check);
}

/* 1 % and 5 % of 2000, and three standard deviations of a binomial count. With 12 seeds the rule must be
 * able to be wrong at all, or the test could not fail. */
static void test_looks__keep_the_stated_error_rate(void) {
    struct claimed studies[2];
    size_t contradicted = 0, held = 0;
    claimed_init(&studies[0], null_claims, "6");
    claimed_init(&studies[1], null_claims, "12");
    for (uint64_t round = 1; round <= 2000; round++) simulate(studies, round, &contradicted, &held);
    PL_CHECK(contradicted <= 20 + 13);
    PL_CHECK(held <= 100 + 29);
    PL_CHECK(contradicted > 0 && held > 20);
    claimed_finish(&studies[0]);
    claimed_finish(&studies[1]);
}

/* A difference that 7 seeds cannot show at that level: 2^-7 x 1 claim > 0.005. */
static double clear_loss(char label, int structure, int seed, const void *context) {
    (void)structure, (void)context;
    return (0.5 + 0.01 * seed) * (label == 'a' ? 1.5 : 1.0);
}

static void test_looks__more_seeds_settle_what_few_cannot(void) {
    static const char claims[] =
        "[{better: a, than: b}, {better: b, than: a, at: {task.structure: 1}}]";
    struct claimed own, more;
    struct pl_check check;
    claimed_init(&own, claims, "7");
    claimed_init(&more, claims, "14");
    claimed_fill(&own, "test_loss", clear_loss, NULL);
    claimed_fill(&more, "test_loss", clear_loss, NULL);
    PL_REQUIRE_OK(pl_check_init(&check, &own.experiment, 14));
    pl_check_look(&check, &own.experiment, &own.cells, own.results, NULL);
    PL_CHECK(check.rows[0].verdict == PL_CLAIM_OPEN);
    PL_CHECK(check.rows[1].verdict == PL_CLAIM_HOLDS); /* 2 x 2^-7 <= 0.025 */
    PL_CHECK(pl_check_more(&check));
    pl_check_look(&check, &more.experiment, &more.cells, more.results, NULL);
    PL_CHECK(check.rows[0].verdict == PL_CLAIM_CONTRADICTED);
    PL_CHECK_INT((long long)check.rows[0].finding.n, 14);
    PL_CHECK_INT((long long)check.rows[1].finding.n, 7); /* settled, and left alone */
    PL_CHECK_INT((long long)check.rows[1].look, 1);
    PL_CHECK(!pl_check_more(&check));
    pl_check_finish(&check);
    claimed_finish(&more);
    claimed_finish(&own);
}

static void check_note(const char *claims, const char *seeds, size_t most, const char *expected) {
    struct claimed study;
    struct pl_check check;
    struct pl_strbuf note;
    pl_strbuf_init(&note);
    claimed_init(&study, claims, seeds);
    PL_REQUIRE_OK(pl_check_init(&check, &study.experiment, most));
    pl_check_power_note(&check, &note);
    PL_CHECK_TEXT(note.text, expected);
    pl_strbuf_finish(&note);
    pl_check_finish(&check);
    claimed_finish(&study);
}

/* 2^-7 <= 1 %, but 2 x 2^-7 is not; half of it is for the first of several looks. */
static void test_looks__say_when_seeds_are_too_few(void) {
    static const char one[] = "[{better: a, than: b}]";
    static const char two[] = "[{better: a, than: b}, {better: b, than: c}]";
    check_note(one, "7", 0, "");
    check_note(two, "8", 0, "");
    check_note(two, "7", 0,
               "with 7 seeds and 2 claims nothing can be called contradicted at the first look; 8 "
               "seeds can");
    check_note(one, "7", 14,
               "with 7 seeds and 1 claim nothing can be called contradicted at the first look; 8 "
               "seeds can");
}

/* Only cells of open claims are computed again with more seeds. */
static void test_looks__need_the_cells_of_open_claims(void) {
    static const char claims[] =
        "[{better: a, than: b, at: {task.structure: 0}}, {better: b, than: c}]";
    struct claimed study;
    struct pl_check check;
    struct pl_arena arena = {0};
    struct pl_table table;
    claimed_init(&study, claims, "7");
    PL_REQUIRE_OK(pl_check_init(&check, &study.experiment, 14));
    check.rows[1].verdict = PL_CLAIM_HOLDS;
    pl_table_make(&table, &arena, &study.experiment, &study.cells, study.results);
    for (size_t p = 0; p < 3; p++)
        for (size_t e = 0; e < 3; e++)
            PL_CHECK(pl_check_needs(&check, &table, p, e) == (p == 0 && e < 2));
    pl_arena_finish(&arena);
    pl_check_finish(&check);
    claimed_finish(&study);
}

const struct pl_test pl_suite_looks[] = {
    {"plan", test_looks__plan},
    {"seeds_are_never_the_same_again", test_looks__seeds_are_never_the_same_again},
    {"keep_the_stated_error_rate", test_looks__keep_the_stated_error_rate},
    {"more_seeds_settle_what_few_cannot", test_looks__more_seeds_settle_what_few_cannot},
    {"say_when_seeds_are_too_few", test_looks__say_when_seeds_are_too_few},
    {"need_the_cells_of_open_claims", test_looks__need_the_cells_of_open_claims},
    {0},
};
