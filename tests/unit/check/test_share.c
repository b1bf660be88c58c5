/* Claims about a share of readings, on results made up so that each reading's truth is known. With
 * PLUMBLINE_CALIBRATION=N also the table of docs/statistics.md, N checks a row. */
#include "core/base/json.h"
#include "core/base/rng.h"
#include "core/stats/distribution.h"
#include "experiments/check/output.h"
#include "experiments/study/design.h"
#include "tests/unit/check/claimed_study.h"

/* Readings of four factors; [claims] and the number drawn are put in. */
static const char pattern[] =
    "study: made\nmodel: {hidden: 16}\ntask: {name: linear_mix, dim: 8, samples: 64}\n"
    "variants: [{name: standard, label: b}, {name: attnres_full, label: a}]\n"
    "sweep:\n"
    "  model.activation: [relu, silu, gelu, tanh]\n"
    "  model.prenorm: [true, false]\n"
    "  model.norm: [rmsnorm, layernorm]\n"
    "  model.depth: \"linspace(1,32,32)\"\n"
    "  task.structure: [0, 1]\n"
    "%s"
    "design: {sample: %d, keep: [task.structure]}\n"
    "seeds: 8\nclaims: [%s]\n";

/* The log ratio of a to b at a reading and a structure, in one seed. */
typedef double effect_rule(const struct pl_experiment *experiment, size_t reading, int structure,
                           int seed, const void *context);

struct made {
    struct claimed study;
    struct pl_check check;
};

static void made_init(struct made *made, const char *rates, int readings, const char *claims) {
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    pl_strbuf_addf(&text, pattern, rates, readings, claims);
    *made = (struct made){0};
    PL_REQUIRE_OK(pl_experiment_load_text(&made->study.experiment, "made.yaml", text.text,
                                          text.length, NULL, 0));
    PL_REQUIRE_OK(pl_experiment_expand(&made->study.cells, &made->study.experiment));
    made->study.results = pl_alloc_zero(made->study.cells.count, sizeof *made->study.results);
    pl_strbuf_finish(&text);
}

static void made_fill(struct made *made, effect_rule *rule, const void *context) {
    const struct pl_experiment *experiment = &made->study.experiment;
    for (size_t k = 0; k < made->study.cells.count; k++) {
        const struct pl_cell *cell = &made->study.cells.items[k];
        struct pl_result *result = &made->study.results[k];
        size_t reading = pl_experiment_axis_index(experiment, cell->point, 0);
        size_t structure = pl_experiment_axis_index(experiment, cell->point, 1);
        double log =
            cell->entry ? rule(experiment, reading, (int)structure, (int)cell->seed, context) : 0.0;
        pl_result_finish(result);
        result->outcome = isnan(log) ? PL_FAILED : PL_DONE;
        claimed_metric(result, "trivial", 1.0);
        claimed_metric(result, "valid_loss", 0.1);
        claimed_metric(result, "test_loss", 0.1 * pl_exp(log));
    }
}

static void made_finish(struct made *made) {
    pl_check_finish(&made->check);
    claimed_finish(&made->study);
}

static void made_check(struct made *made) {
    claimed_check(&made->study, &made->check, NULL);
}

static bool has_prenorm(const struct pl_experiment *experiment, size_t reading) {
    const struct pl_design *design = experiment->design;
    return design->levels[reading * design->factor_count + 1] == 0;
}

/* With PreNorm a has .7 of b's loss, without it 1.4 times; at structure 1 no difference that matters. */
static double by_prenorm(const struct pl_experiment *experiment, size_t reading, int structure,
                         int seed, const void *context) {
    double up = seed % 2 ? 1e-3 : -1e-3;
    (void)context;
    if (structure == 1) return up;
    return pl_log(has_prenorm(experiment, reading) ? 0.7 : 1.4) + up;
}

/* P(X >= hits) of the binomial distribution, summed from its terms. */
static double tail(size_t hits, size_t count, double p) {
    double sum = 0;
    for (size_t k = hits; k <= count; k++) {
        double term = 1;
        for (size_t i = 0; i < k; i++) term *= (double)(count - i) / (double)(k - i) * p;
        for (size_t i = k; i < count; i++) term *= 1 - p;
        sum += term;
    }
    return sum;
}

static void test_share__four_verdicts(void) {
    static const struct {
        const char *claim;
        enum pl_claim_verdict verdict;
        double estimate, p_for, p_against; /* NaN: not looked at */
        size_t n;
    } rows[] = {
        /* 20 of 40 have PreNorm, since each value is drawn alike often */
        {"{holds: {better: a, than: b}, in: \">= 0.9\", of: readings, "
         "where: {model.prenorm: true}, at: {task.structure: 0}}",
         PL_CLAIM_OPEN, 1.0, 0.9025, 1.0, 20}, /* too few for .9: .9025^20 = .13 */
        {"{holds: {better: a, than: b}, in: \">= 0.8\", of: readings, "
         "where: {model.prenorm: true}, at: {task.structure: 0}}",
         PL_CLAIM_HOLDS, 1.0, 0.805, 1.0, 20},
        {"{holds: {better: a, than: b, at: {task.structure: 0}}, in: \">= 0.8\", of: readings, "
         "where: {model.prenorm: false}}",
         PL_CLAIM_CONTRADICTED, 0.0, NAN, 0.22, 20},
        {"{holds: {better: a, than: b, at: {task.structure: 1}}, in: \">= 0.5\", of: readings}",
         PL_CLAIM_TOO_SMALL, 0.0, NAN, NAN, 40},
        {"{holds: {better: a, than: b, at: {task.structure: 1}}, in: \"<= 0.1\", of: readings}",
         PL_CLAIM_HOLDS, 0.0, 0.905, NAN, 40},
        {"{holds: {better: a, than: b, at: {task.structure: 0}}, in: \"<= 0.1\", of: readings}",
         PL_CLAIM_CONTRADICTED, 0.5, NAN, NAN, 40},
        {"{holds: {better: b, than: a, at: {task.structure: 0}}, in: \">= 0.5\", of: readings}",
         PL_CLAIM_OPEN, 0.5, NAN, NAN, 40},
        {"{holds: {equivalent: [a, b], at: {task.structure: 1}}, in: \">= 0.8\", of: readings}",
         PL_CLAIM_HOLDS, 1.0, NAN, 1.0, 40},
    };
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        struct made made;
        made_init(&made, "", 40, rows[k].claim);
        made_fill(&made, by_prenorm, NULL);
        made_check(&made);
        const struct pl_check_row *row = &made.check.rows[0];
        PL_CHECK_TEXT(pl_claim_verdict_name(row->verdict), pl_claim_verdict_name(rows[k].verdict));
        PL_CHECK_NEAR(row->finding.estimate, rows[k].estimate, 1e-12);
        PL_CHECK_INT(row->finding.n, rows[k].n);
        if (!isnan(rows[k].p_for))
            PL_CHECK_NEAR(row->finding.p_for,
                          rows[k].p_for < 1 ? tail(rows[k].n, rows[k].n, rows[k].p_for) : 1, 1e-9);
        if (!isnan(rows[k].p_against))
            PL_CHECK_NEAR(row->finding.p_against,
                          rows[k].p_against < 1 ? tail(rows[k].n, rows[k].n, rows[k].p_against) : 1,
                          1e-9);
        made_finish(&made);
    }
}

/* Half of the readings fail: they say nothing, and the share is one of the rest. */
static double half_fails(const struct pl_experiment *experiment, size_t reading, int structure,
                         int seed, const void *context) {
    return reading % 2 ? NAN : by_prenorm(experiment, reading, structure, seed, context);
}

static void test_share__counts_and_text(void) {
    struct made made;
    struct pl_strbuf text;
    size_t holds = 0;
    made_init(
        &made, "", 40,
        "{holds: {better: a, than: b, at: {task.structure: 0}}, in: \">= 0.5\", of: readings, "
        "where: {model.activation: relu}}");
    made_fill(&made, half_fails, NULL);
    made_check(&made);
    const struct pl_check_row *row = &made.check.rows[0];
    size_t n = 0;
    const struct pl_design *design = made.study.experiment.design;
    for (size_t r = 0; r < 40; r += 2) {
        if (design->levels[r * design->factor_count] != 0) continue;
        n++;
        holds += has_prenorm(&made.study.experiment, r);
    }
    PL_REQUIRE(n > 0);
    PL_CHECK_INT(row->finding.n, n);
    PL_CHECK_INT(row->finding.readings[PL_CLAIM_HOLDS], holds);
    PL_CHECK_INT(row->finding.readings[PL_CLAIM_CONTRADICTED], n - holds);
    PL_CHECK_INT(row->claim->readings, 10);
    PL_CHECK_TEXT(row->claim->text,
                  "a better than b in at least 0.5 of readings where model.activation = relu, at "
                  "task.structure = 0 (test_loss)");
    PL_CHECK_TEXT(pl_claim_kind_name(row->claim->kind), "holds");
    pl_strbuf_init(&text);
    pl_check_numbers(row, &text);
    PL_CHECK(strstr(text.text, "share of readings in which it holds = ") == text.text);
    PL_CHECK(strstr(text.text, "too small in 0, open in 0)") != NULL);
    pl_strbuf_clear(&text);
    pl_check_write(&made.check, "json", &text);
    struct pl_json *page = NULL;
    PL_REQUIRE_OK(pl_json_parse(&page, text.text, text.length));
    const struct pl_json *claim = pl_json_at(pl_json_get(page, "claims"), 0);
    const struct pl_json *readings = pl_json_get(claim, "readings");
    PL_CHECK_INT(pl_json_as_int(pl_json_get(readings, "holds"), -1), holds);
    PL_CHECK_INT(pl_json_as_int(pl_json_get(readings, "contradicted"), -1), n - holds);
    PL_CHECK_INT(pl_json_as_int(pl_json_get(readings, "too_small"), -1), 0);
    pl_json_destroy(page);
    pl_strbuf_finish(&text);
    made_finish(&made);
}

/* In a study that selects it is the chosen run of each reading that is judged. */
static void test_share__of_chosen_runs(void) {
    struct made made;
    made_init(
        &made, "  train.lr: [1e-3, 1e-2, 1e-1]\nselect: {over: train.lr, by: valid_loss}\n", 40,
        "{holds: {crossover: [a, b], axis: task.structure}, in: \">= 0.3\", of: readings}, "
        "{holds: {better: a, than: b, at: {task.structure: 0}}, in: \">= 0.3\", of: readings}");
    made_fill(&made, by_prenorm, NULL);
    made_check(&made);
    PL_CHECK_INT(made.check.rows[1].finding.readings[PL_CLAIM_HOLDS], 20);
    PL_CHECK_INT(made.check.rows[0].finding.n, 40);
    PL_CHECK_INT(made.check.rows[0].finding.readings[PL_CLAIM_HOLDS], 0);
    PL_CHECK(strstr(made.check.rows[1].claim->text, "the chosen train.lr") != NULL);
    made_finish(&made);
}

/* ---- how often it is right ---- */

/* In a share of readings a is better by [effect], in the others by [other]. Every seed has noise of its own at
 * each reading, and one that all readings share. */
struct world {
    const char *name;
    double share, effect, other, own, common;
    uint64_t round;
};

static double draw(uint64_t key, const char *what, uint64_t round, size_t reading, bool normal) {
    char name[64];
    struct pl_rng rng;
    snprintf(name, sizeof name, "%s/%llu/%zu", what, (unsigned long long)round, reading);
    pl_rng_init(&rng, key, name);
    return normal ? pl_rng_normal(&rng) : pl_rng_uniform(&rng);
}

static double in_world(const struct pl_experiment *experiment, size_t reading, int structure,
                       int seed, const void *context) {
    const struct world *w = context;
    (void)experiment;
    (void)structure;
    double effect = draw(1, "side", w->round, reading, false) < w->share ? w->effect : w->other;
    return effect + w->own * draw((uint64_t)seed, "own", w->round, reading, true) +
           w->common * draw((uint64_t)seed, "common", w->round, 0, true);
}

static double chance(size_t hits, size_t count, double p) {
    return hits == 0 ? 1.0
                     : pl_stats_incomplete_beta((double)hits, (double)(count - hits) + 1.0, p);
}

static void test_share__levels_on_the_truth(void) {
    static const struct world worlds[] = {
        {"clear: 0.9 better, 0.1 worse", 0.9, -0.2, 0.2, 0.05, 0, 0},
        {"0.9 better, 0.1 no difference", 0.9, -0.2, 0, 0.05, 0, 0},
        {"0.5 better, 0.5 no difference", 0.5, -0.2, 0, 0.05, 0, 0},
        {"0.5 better, 0.5 worse, noise that readings share", 0.5, -0.2, 0.2, 0.03, 0.04, 0},
        {"0.5 better, 0.5 no difference, noise that readings share", 0.5, -0.2, 0, 0.03, 0.04, 0},
        {"weak: 0.5 better, 0.5 worse", 0.5, -0.04, 0.04, 0.05, 0, 0},
    };
    const char *wanted = getenv("PLUMBLINE_CALIBRATION");
    size_t rounds = wanted ? (size_t)strtoul(wanted, NULL, 10) : 60;
    if (wanted)
        printf(
            "\n| world | readings | checks | share told | its interval covers | >= share: holds | "
            "contradicted | <= share: holds | contradicted |\n"
            "| --- | --: | --: | --: | --: | --: | --: | --: | --: |\n");
    for (size_t k = 0; k < sizeof worlds / sizeof worlds[0]; k++)
        for (int readings = 40; readings <= 120; readings += 80) {
            struct world world = worlds[k];
            size_t held[2] = {0}, against[2] = {0}, covered = 0;
            double told = 0;
            char claims[300];
            snprintf(claims, sizeof claims,
                     "{holds: {better: a, than: b, at: {task.structure: 0}}, in: \">= %g\", of: "
                     "readings}, {holds: {better: a, than: b, at: {task.structure: 0}}, in: \"<= "
                     "%g\", of: readings}",
                     world.share, world.share);
            struct made made;
            made_init(&made, "", readings, claims);
            for (world.round = 1; world.round <= rounds; world.round++) {
                made_fill(&made, in_world, &world);
                made_check(&made);
                for (int side = 0; side < 2; side++) {
                    const struct pl_finding *f = &made.check.rows[side].finding;
                    held[side] += f->p_for <= PL_ALPHA;
                    against[side] += f->p_against <= PL_CHECK_ALARM;
                }
                const struct pl_finding *f = &made.check.rows[0].finding;
                told += f->estimate / (double)rounds;
                covered += f->interval.low <= world.share && world.share <= f->interval.high;
                pl_check_finish(&made.check);
            }
            made_finish(&made);
            for (int side = 0; side < 2 && world.common == 0; side++) {
                PL_CHECK(chance(held[side], rounds, PL_ALPHA) > 1e-6);
                PL_CHECK(chance(against[side], rounds, PL_CHECK_ALARM) > 1e-6);
            }
            if (k == 0) PL_CHECK(chance(rounds - covered, rounds, 0.07) > 1e-6);
            double percent = 100.0 / (double)rounds;
            if (wanted)
                printf(
                    "| %s | %d | %zu | %.3f | %.1f %% | %.1f %% | %.1f %% | %.1f %% | %.1f %% |\n",
                    world.name, readings, rounds, told, percent * (double)covered,
                    percent * (double)held[0], percent * (double)against[0],
                    percent * (double)held[1], percent * (double)against[1]);
        }
}

const struct pl_test pl_suite_share[] = {{"four_verdicts", test_share__four_verdicts},
                                         {"counts_and_text", test_share__counts_and_text},
                                         {"of_chosen_runs", test_share__of_chosen_runs},
                                         {"levels_on_the_truth", test_share__levels_on_the_truth},
                                         {0}};
