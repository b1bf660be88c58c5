#include "core/train/metric.h"

#include <string.h>

#include "core/config/quote.h"

/* What rows of a kind have in common. Losses and counts are compared as ratios, rates as differences,
 * for a rate may be 0. */
#define LOSS  .kind = PL_METRIC_LOSS, .ratio = true, .unit = ""
#define RATE  .kind = PL_METRIC_RATE, .higher = true, .unit = ""
#define COUNT .kind = PL_METRIC_COUNT, .ratio = true, .unit = ""
#define TIME  .kind = PL_METRIC_TIME, .ratio = true

#define CURVE(id) .curve = true, .measure = PL_MEASURE_##id

const struct pl_metric_row pl_metrics[] = {
    {"train_loss", LOSS, CURVE(LOSS), .split = PL_TRAIN,
     .uses = PL_METRIC_COMPARE | PL_METRIC_SELECT | PL_METRIC_CLAIM | PL_METRIC_REFERENCE,
     .help = "mean loss over the training tokens"},
    {"valid_loss", LOSS, CURVE(LOSS), .split = PL_VALID,
     .uses = PL_METRIC_COMPARE | PL_METRIC_SELECT | PL_METRIC_CLAIM | PL_METRIC_REFERENCE,
     .help = "mean loss over the validation tokens"},
    {"test_loss", LOSS, CURVE(LOSS), .split = PL_TEST,
     .uses = PL_METRIC_COMPARE | PL_METRIC_CLAIM | PL_METRIC_REFERENCE,
     .help = "mean loss over the test tokens"},
    {"test_clean_loss", LOSS, CURVE(LOSS), .split = PL_TEST_CLEAN,
     .uses = PL_METRIC_COMPARE | PL_METRIC_CLAIM,
     .help = "mean loss over the test tokens before they were corrupted"},
    {"gap", LOSS, .uses = PL_METRIC_COMPARE | PL_METRIC_CLAIM,
     .help =
         "test_loss over train_loss: its logarithm, which is what is compared, is log test loss - "
         "log train loss"},
    {"accuracy", RATE, CURVE(ACCURACY), .classes = true, .split = PL_TEST,
     .uses = PL_METRIC_COMPARE | PL_METRIC_CLAIM | PL_METRIC_REFERENCE,
     .help = "share of the test tokens whose class is predicted"},
    {"train_accuracy", RATE, CURVE(ACCURACY), .classes = true, .split = PL_TRAIN,
     .uses = PL_METRIC_COMPARE | PL_METRIC_CLAIM,
     .help = "share of the training tokens whose class is predicted"},
    {"valid_accuracy", RATE, CURVE(ACCURACY), .classes = true, .split = PL_VALID,
     .uses = PL_METRIC_COMPARE | PL_METRIC_CLAIM,
     .help = "share of the validation tokens whose class is predicted"},
    {"clean_accuracy", RATE, CURVE(ACCURACY), .classes = true, .split = PL_TEST_CLEAN,
     .uses = PL_METRIC_COMPARE | PL_METRIC_CLAIM,
     .help = "share of the test tokens before they were corrupted whose class is predicted"},
    {"exact", RATE, CURVE(EXACT), .classes = true, .split = PL_TEST,
     .uses = PL_METRIC_COMPARE | PL_METRIC_CLAIM | PL_METRIC_REFERENCE,
     .help = "share of the test samples whose asked tokens are all predicted"},
    {"train_exact", RATE, CURVE(EXACT), .classes = true, .split = PL_TRAIN,
     .uses = PL_METRIC_COMPARE | PL_METRIC_CLAIM,
     .help = "share of the training samples whose asked tokens are all predicted"},
    {"valid_exact", RATE, CURVE(EXACT), .classes = true, .split = PL_VALID,
     .uses = PL_METRIC_COMPARE | PL_METRIC_CLAIM,
     .help = "share of the validation samples whose asked tokens are all predicted"},
    {"clean_exact", RATE, CURVE(EXACT), .classes = true, .split = PL_TEST_CLEAN,
     .uses = PL_METRIC_COMPARE | PL_METRIC_CLAIM,
     .help = "share of the test samples before they were corrupted whose asked tokens are all "
             "predicted"},
    {"trivial", LOSS, .help = "test loss that is expected of the best constant"},
    {"best_test", LOSS, .help = "test loss that is expected of the best predictor of all"},
    {"score", RATE, .uses = PL_METRIC_COMPARE | PL_METRIC_CLAIM,
     .help = "(trivial - test_loss) / (trivial - best_test): 0 trivial, 1 the best"},
    {"steps_to_solve", COUNT, .open = true, .uses = PL_METRIC_CLAIM,
     .help = "the first evaluated step with a test loss of at most solved_loss"},
    {"params", COUNT, .uses = PL_METRIC_COST, .help = "trained parameters"},
    {"connection_params", COUNT, .uses = PL_METRIC_COST,
     .help = "trained parameters of the residual connections"},
    {"train_flops", COUNT, .help = "operations of the matrix products of all training steps"},
    {"solved_loss", LOSS, .help = "test loss at or below which the task counts as solved"},
    {"load", RATE, .classes = true, .help = "bits of the training labels, by trained parameter"},
    {"bits_per_param", RATE, .classes = true, .uses = PL_METRIC_COMPARE | PL_METRIC_CLAIM,
     .help = "bits of the training labels that were learned, by trained parameter"},
    {"step_ms", TIME, .uses = PL_METRIC_COST, .unit = "ms",
     .help = "median time of a training step"},
    {"seconds", TIME, .uses = PL_METRIC_COST, .unit = "s", .help = "time of the whole run"},
};

const struct pl_metric_row *pl_metric_find(const char *name) {
    size_t row =
        pl_names_find(PL_NAMES(struct pl_metric_row, name, pl_metrics, PL_METRIC_ROWS), name);
    return row < PL_METRIC_ROWS ? &pl_metrics[row] : NULL;
}

const char *pl_metric_of_split(enum pl_measure measure, enum pl_split split) {
    for (size_t k = 0; k < PL_METRIC_ROWS; k++) {
        const struct pl_metric_row *row = &pl_metrics[k];
        if (row->curve && row->measure == measure && row->split == split) return row->name;
    }
    PL_ASSERT(!"every measure has a row for every split");
    return NULL;
}

struct pl_names pl_metric_names(const char *room[PL_METRIC_ROWS], enum pl_metric_use use) {
    size_t count = 0;
    for (size_t row = 0; row < PL_METRIC_ROWS; row++)
        if (pl_metrics[row].uses & use) room[count++] = pl_metrics[row].name;
    return PL_NAME_LIST(room, count);
}

enum pl_status pl_metric_check(const char *name, enum pl_metric_use use, struct pl_place place,
                               const char *what) {
    const char *room[PL_METRIC_ROWS];
    char shown[PL_QUOTED];
    struct pl_names names = pl_metric_names(room, use);
    if (pl_names_find(names, name) < names.count) return PL_OK;
    return pl_names_fail(names, place, name, "it takes {or}", "%s %s", what,
                         pl_quoted(shown, name));
}
