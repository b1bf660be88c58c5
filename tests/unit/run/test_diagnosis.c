/* Diagnostics of whole cells, of every variant on every backend that is here. */
#include "experiments/run/diagnosis.h"

#include <math.h>

#include "experiments/run/cell_run.h"
#include "experiments/study/expand.h"
#include "tests/support/support.h"

static const char study_form[] = "study: inside\n"
                                 "model: {width: 8, depth: 4, head: linear, %s}\n"
                                 "task: {name: %s, samples: 40, valid_samples: 20, "
                                 "test_samples: 20}\n"
                                 "train: {lr: 1e-2, steps: 6, batch: 16, eval_points: 3}\n"
                                 "variants: [%s]\n"
                                 "seeds: 1\n"
                                 "backend: %s\n";

static const char wanted[] = "diagnostics.all = true\ndiagnostics.at = evaluations\n"
                             "diagnostics.samples = 30\n";

static void run_cell(const char *variant, const char *backend, const char *more,
                     struct pl_result *out) {
    struct pl_experiment experiment;
    struct pl_cells cells;
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    const struct pl_residual *residual;
    PL_REQUIRE_OK(pl_residual_find(&residual, variant));
    bool ports = strcmp(pl_residual_host(residual), "transformer") == 0;
    pl_strbuf_addf(&text, study_form, ports ? "kind: transformer, heads: 2" : "embed: linear",
                   ports ? "recall, length: 6" : "linear_mix, dim: 6", variant, backend);
    PL_REQUIRE_OK(pl_experiment_load_text(&experiment, "inside", text.text, text.length, NULL, 0));
    PL_REQUIRE_OK(pl_experiment_expand(&cells, &experiment));
    pl_strbuf_finish(&text);
    pl_strbuf_init(&text);
    pl_strbuf_addf(&text, "%s%s", pl_cell_text(&cells.items[0], &cells.arena), more);
    *out = (struct pl_result){0};
    pl_cell_run_text(NULL, text.text, text.length, out);
    pl_strbuf_finish(&text);
    pl_cells_finish(&cells);
    pl_experiment_finish(&experiment);
    PL_CHECK_TEXT(out->message, "");
}

static bool same_bits(double a, double b) {
    return (isnan(a) && isnan(b)) || memcmp(&a, &b, sizeof a) == 0;
}

static void check_same_metrics(const struct pl_result *a, const struct pl_result *b) {
    PL_CHECK_INT(a->outcome, b->outcome);
    PL_REQUIRE(a->metric_count == b->metric_count && a->metric_count > 10);
    for (size_t k = 0; k < a->metric_count; k++) {
        PL_CHECK_TEXT(a->metrics[k].name, b->metrics[k].name);
        PL_CHECK(a->metrics[k].step == b->metrics[k].step);
        PL_CHECK(same_bits(a->metrics[k].value, b->metrics[k].value));
    }
}

/* Looking changes nothing: every metric keeps its bits. */
static void test_diagnosis__training_is_not_touched_by_one_bit(void) {
    for (int b = 0; pl_backend_here(b); b++) {
        const char *backend = pl_backend_name(pl_backend_here(b));
        bool device = strcmp(backend, "opencl") == 0; /* slow to compile for: a few variants */
        for (int k = 0; pl_residuals[k]; k++) {
            struct pl_result plain, watched;
            if (device && k % 12) continue;
            run_cell(pl_residuals[k]->name, backend, "", &plain);
            run_cell(pl_residuals[k]->name, backend, wanted, &watched);
            check_same_metrics(&plain, &watched);
            PL_CHECK(plain.diagnostic_count == 0 && watched.diagnostic_count > 0);
            pl_result_finish(&plain);
            pl_result_finish(&watched);
        }
    }
}

/* The same numbers at the start, where all backends have the same parameters. */
static void check_near(const char *variant, const struct pl_result *truth,
                       const struct pl_result *found) {
    PL_REQUIRE(truth->diagnostic_count == found->diagnostic_count);
    for (size_t k = 0; k < truth->diagnostic_count; k++) {
        const struct pl_diagnostic *a = &truth->diagnostics[k], *b = &found->diagnostics[k];
        PL_CHECK_TEXT(a->name, b->name);
        PL_CHECK(a->step == b->step && a->layer == b->layer && a->source == b->source);
        if (a->step > 0) continue;
        bool near = fabs(a->value - b->value) <= 1e-5 + 1e-4 * fabs(a->value);
        if (!near)
            printf("    %s: %s[%d][%d] %g %g\n", variant, a->name, a->layer, a->source, a->value,
                   b->value);
        PL_CHECK(near);
    }
}

static void test_diagnosis__every_backend_says_the_same(void) {
    for (int k = 0; pl_residuals[k]; k++) {
        struct pl_result truth;
        run_cell(pl_residuals[k]->name, "ref", wanted, &truth);
        for (int b = 0; pl_backend_here(b); b++) {
            const char *backend = pl_backend_name(pl_backend_here(b));
            struct pl_result found;
            if (strcmp(backend, "opencl") == 0 && k % 12) continue;
            run_cell(pl_residuals[k]->name, backend, wanted, &found);
            check_near(pl_residuals[k]->name, &truth, &found);
            pl_result_finish(&found);
        }
        pl_result_finish(&truth);
    }
}

static int count_of(const struct pl_result *result, const char *name, long step) {
    int count = 0;
    for (size_t k = 0; k < result->diagnostic_count; k++)
        count +=
            result->diagnostics[k].step == step && strcmp(result->diagnostics[k].name, name) == 0;
    return count;
}

static void test_diagnosis__measures_when_it_is_asked_to(void) {
    static const struct {
        const char *at;
        long steps[5];
    } cases[] = {{"end", {6, -1}}, {"ends", {0, 6, -1}}, {"evaluations", {0, 2, 4, 6, -1}}};
    for (int k = 0; k < 3; k++) {
        struct pl_result result;
        struct pl_strbuf more;
        size_t known = 0;
        pl_strbuf_init(&more);
        pl_strbuf_addf(&more, "diagnostics.norms = true\ndiagnostics.at = %s\n", cases[k].at);
        run_cell("standard", "cpu", more.text, &result);
        for (int s = 0; cases[k].steps[s] >= 0; s++) {
            PL_CHECK_INT(count_of(&result, "h_rms", cases[k].steps[s]), 5);
            PL_CHECK_INT(count_of(&result, "v_rms", cases[k].steps[s]), 5);
            PL_CHECK_INT(count_of(&result, "probe_loss", cases[k].steps[s]), 1);
            known += 11;
        }
        PL_CHECK(result.diagnostic_count == known);
        PL_CHECK(strstr(result.diagnosed, "diagnostics.norms = true\n") != NULL);
        pl_strbuf_finish(&more);
        pl_result_finish(&result);
    }
}

/* What the probe says of the whole training split is what training says of it. */
static void test_diagnosis__the_loss_of_the_probe_is_the_loss(void) {
    struct pl_result result;
    run_cell("attnres_full", "ref",
             "diagnostics.norms = true\ndiagnostics.samples = 1000\ndiagnostics.split = valid\n",
             &result);
    PL_CHECK(fabs(result.diagnostics[0].value - pl_result_final(&result, "valid_loss")) < 1e-14);
    pl_result_finish(&result);
}

/* Four streams are heads of one site: where each reads the last state alone, every row of weights is one. */
static void test_diagnosis__streams_of_attention_are_heads(void) {
    struct pl_result found;
    size_t seen = 0;
    run_cell("muddformer", "ref", wanted, &found);
    for (size_t k = 0; k < found.diagnostic_count; k++) {
        const struct pl_diagnostic *a = &found.diagnostics[k];
        bool entropy = strcmp(a->name, "attn_entropy") == 0,
             most = strcmp(a->name, "attn_max") == 0;
        if (a->step > 0 || (!entropy && !most)) continue;
        PL_CHECK(a->layer == 3 || a->layer == 5);
        PL_CHECK_NEAR(a->value, most, 1e-12);
        seen++;
    }
    PL_CHECK_INT(seen, 4);
    pl_result_finish(&found);
}

const struct pl_test pl_suite_diagnosis[] = {
    {"training_is_not_touched_by_one_bit", test_diagnosis__training_is_not_touched_by_one_bit},
    {"every_backend_says_the_same", test_diagnosis__every_backend_says_the_same},
    {"streams_of_attention_are_heads", test_diagnosis__streams_of_attention_are_heads},
    {"measures_when_it_is_asked_to", test_diagnosis__measures_when_it_is_asked_to},
    {"the_loss_of_the_probe_is_the_loss", test_diagnosis__the_loss_of_the_probe_is_the_loss},
    {0},
};
