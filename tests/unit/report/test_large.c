/* The whole way of a large report: a store of some 5,000 cells with learning curves, read and reported by the
 * program itself within 5 s of its processor's time and 500 MiB. */
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/rng.h"
#include "experiments/run/store/store.h"
#include "experiments/study/expand.h"
#include "tests/support/support.h"

#define STUDY       PL_SOURCE_DIR "/configs/all-variants.yaml"
#define EVALUATIONS 20

static void add_curve(struct pl_result *result, const char *name, double last) {
    for (long k = 0; k <= EVALUATIONS; k++)
        pl_result_add(result, name, 15 * k, last * exp(0.2 * (double)(EVALUATIONS - k)));
}

static void make_result(struct pl_result *out, const struct pl_cell *cell, struct pl_rng *rng) {
    double loss = exp(-2.0 + 0.1 * (double)(cell->label[0] % 7) + 0.2 * pl_rng_normal(rng));
    *out = (struct pl_result){.outcome = PL_DONE, .seconds = 1.0, .step_ms = 0.3, .message = ""};
    out->provenance =
        "{\"commit\":\"0123456789abcdef\",\"cpu\":\"a processor\",\"backend\":\"cpu\"}";
    add_curve(out, "train_loss", 0.5 * loss);
    add_curve(out, "valid_loss", 1.01 * loss);
    add_curve(out, "test_loss", loss);
    pl_result_add(out, "trivial", 300, 1.0);
    pl_result_add(out, "params", 300, 20000.0);
    pl_result_add(out, "connection_params", 300, 200.0);
    pl_result_add(out, "train_flops", 300, 1e10);
    if (pl_rng_uniform(rng) < 0.01) out->outcome = PL_DIVERGED;
}

static size_t fill_store(const char *results) {
    struct pl_experiment experiment;
    struct pl_cells cells;
    struct pl_store *store;
    struct pl_rng rng;
    pl_rng_init(&rng, 1, "large");
    PL_REQUIRE_OK(pl_experiment_load(&experiment, STUDY, NULL, 0));
    PL_REQUIRE_OK(pl_experiment_expand(&cells, &experiment));
    PL_REQUIRE_OK(pl_store_open(&store, results, experiment.name, PL_STORE_WRITE));
    PL_REQUIRE_OK(pl_store_register(store, &cells, experiment.axes, experiment.axis_count));
    for (size_t k = 0; k < cells.count; k++) {
        struct pl_result result;
        bool taken;
        make_result(&result, &cells.items[k], &rng);
        PL_REQUIRE_OK(pl_store_lease(store, cells.items[k].id, "large", &taken));
        PL_REQUIRE_OK(pl_store_put(store, cells.items[k].id, "large", &result));
        pl_result_finish(&result);
    }
    size_t count = cells.count;
    pl_store_close(store);
    pl_cells_finish(&cells);
    pl_experiment_finish(&experiment);
    return count;
}

/* Seconds of processor time and MiB at the peak of one report. */
static void check_report(const char *results, const char *format) {
    char output[300];
    int status;
    struct rusage usage;
    snprintf(output, sizeof output, "%s/report.%s", results, format);
    pid_t child = fork();
    PL_REQUIRE(child >= 0);
    if (child == 0) {
        execl(PL_PROGRAM, PL_PROGRAM, "report", STUDY, "--results", results, "--format", format,
              "-q", "-o", output, (char *)NULL);
        _exit(127);
    }
    PL_REQUIRE(wait4(child, &status, 0, &usage) == child);
    double seconds = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                     1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
    double mebibytes = (double)usage.ru_maxrss / 1024.0;
    printf("    %s: %.2f s, %.0f MiB\n", format, seconds, mebibytes);
    PL_CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    PL_CHECK(seconds < 5.0);
    PL_CHECK(mebibytes < 500.0);
}

static void test_large__reports_take_5_seconds_and_500_mebibytes(void) {
    static const char *const formats[] = {"text", "md", "csv", "jsonl", "json", "html"};
    struct pl_temp temp;
    pl_temp_init(&temp);
    PL_CHECK(fill_store(temp.path) >= 5000);
    for (size_t k = 0; k < sizeof formats / sizeof formats[0]; k++)
        check_report(temp.path, formats[k]);
    pl_temp_finish(&temp);
}

const struct pl_test pl_suite_large[] = {{"reports_take_5_seconds_and_500_mebibytes",
                                          test_large__reports_take_5_seconds_and_500_mebibytes},
                                         {0}};
