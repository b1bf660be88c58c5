/* Metric: the rows agree with each other, and with what is said of each metric elsewhere. */
#include <string.h>

#include "core/train/metric.h"
#include "tests/support/support.h"

static void test_metric__rows_are_whole(void) {
    for (size_t k = 0; k < PL_METRIC_ROWS; k++) {
        const struct pl_metric_row *row = &pl_metrics[k];
        PL_REQUIRE(row->name && row->unit && row->help);
        PL_CHECK(pl_metric_find(row->name) == row); /* no name stands twice */
        PL_CHECK(*row->help && row->help[strlen(row->help) - 1] != '.');
        /* a rate may be 0, so it has no logarithm */
        PL_CHECK(row->ratio == (row->kind != PL_METRIC_RATE));
        PL_CHECK(row->higher == (row->kind == PL_METRIC_RATE));
        /* what reports compare are losses and rates; what select goes by is a loss with a curve */
        if (row->uses & PL_METRIC_COMPARE)
            PL_CHECK(row->kind == PL_METRIC_LOSS || row->kind == PL_METRIC_RATE);
        if (row->uses & PL_METRIC_SELECT) PL_CHECK(row->kind == PL_METRIC_LOSS && row->curve);
        /* what is chosen by the test can no longer be tested by it */
        if (row->uses & PL_METRIC_SELECT)
            PL_CHECK(row->split != PL_TEST && row->split != PL_TEST_CLEAN);
        if (row->kind == PL_METRIC_TIME) PL_CHECK(row->uses == PL_METRIC_COST);
    }
    PL_CHECK(pl_metric_find("loss") == NULL);
    PL_CHECK(pl_metric_find(PL_METRIC_DEFAULT)->uses & PL_METRIC_COMPARE);
    PL_CHECK(pl_metric_find(PL_METRIC_CHOOSES)->uses & PL_METRIC_SELECT);
}

static void test_metric__every_split_has_every_measure(void) {
    static const char *const names[PL_MEASURES][PL_SPLITS] = {
        [PL_MEASURE_LOSS] = {"train_loss", "valid_loss", "test_loss", "test_clean_loss"},
        [PL_MEASURE_ACCURACY] = {"train_accuracy", "valid_accuracy", "accuracy", "clean_accuracy"},
        [PL_MEASURE_EXACT] = {"train_exact", "valid_exact", "exact", "clean_exact"},
    };
    for (int measure = 0; measure < PL_MEASURES; measure++)
        for (int split = 0; split < PL_SPLITS; split++)
            PL_CHECK_TEXT(pl_metric_of_split(measure, split), names[measure][split]);
}

static void test_metric__names_are_checked_by_their_use(void) {
    PL_CHECK(pl_metric_check("valid_loss", PL_METRIC_SELECT, PL_NO_PLACE, "by") == PL_OK);
    PL_CHECK(pl_metric_check("accuracy", PL_METRIC_CLAIM, PL_NO_PLACE, "by") == PL_OK);
    PL_CHECK(pl_metric_check("clean_accuracy", PL_METRIC_CLAIM, PL_NO_PLACE, "by") == PL_OK);
    PL_CHECK_FAILS(pl_metric_check("test_loss", PL_METRIC_SELECT, PL_NO_PLACE, "by"), PL_ECONFIG,
                   "by \"test_loss\"; it takes train_loss or valid_loss");
    PL_CHECK(pl_metric_check("accuracy", PL_METRIC_COMPARE, PL_NO_PLACE, "the metric is") == PL_OK);
    PL_CHECK_FAILS(pl_metric_check("params", PL_METRIC_COMPARE, PL_NO_PLACE, "the metric is"),
                   PL_ECONFIG,
                   "the metric is \"params\"; it takes train_loss, valid_loss, test_loss, "
                   "test_clean_loss, gap, accuracy, train_accuracy, valid_accuracy, "
                   "clean_accuracy, exact, train_exact, valid_exact, clean_exact, score or "
                   "bits_per_param");
}

const struct pl_test pl_suite_metric[] = {
    {"rows_are_whole", test_metric__rows_are_whole},
    {"every_split_has_every_measure", test_metric__every_split_has_every_measure},
    {"names_are_checked_by_their_use", test_metric__names_are_checked_by_their_use},
    {0},
};
