/* Verdicts: ten small studies whose right answer is known by construction; what a report says of each, to the
 * last byte, is tests/golden/report/verdicts.txt. Noise is a fixed wave over seeds, so nothing here is drawn. */
#include "core/base/file.h"
#include "experiments/report/report.h"
#include "experiments/report/sentences.h"
#include "tests/unit/evidence/made_study.h"

static const char *const labels[] = {"standard", "a", "b"};
static const char *structure[] = {"0", "0.25", "0.5", "0.75", "1"};

/* About -1 .. 1, another order of the seeds for each entry and point. */
static double wave(size_t entry, size_t point, size_t seed) {
    return ((double)((seed * 5 + entry * 3 + point * 7 + seed * entry) % 11) - 5.0) / 5.0;
}

struct row {
    const char *name;
    size_t entries, seeds;
    bool axis;
    double noise;
    double shift[3], tilt[3]; /* of log loss by entry: shift + tilt x */
};

static void fill(struct made_study *study, const struct row *row) {
    size_t points = row->axis ? 5 : 1;
    made_study_init(study, labels, row->entries, row->seeds);
    if (row->axis) made_study_axis(study, "task.structure", structure, 5);
    made_study_expand(study);
    for (size_t p = 0; p < points; p++)
        for (size_t e = 0; e < row->entries; e++)
            for (size_t s = 0; s < row->seeds; s++)
                made_study_done(study, p, e, s,
                                0.5 * exp(row->shift[e] + row->tilt[e] * 0.25 * (double)p +
                                          row->noise * wave(e, p, s)));
}

static void say_metric(struct pl_strbuf *out, struct made_study *study, const char *name,
                       const char *metric) {
    const struct pl_analysis *a = made_study_analyse(study, metric);
    const struct pl_analysis *told = a->selection ? a->selection->best : a;
    pl_strbuf_addf(out, "%s: ", name);
    pl_say_verdict(out, a, told->experiment->axis_count > 0 ? 0 : (size_t)-1);
    pl_strbuf_add(out, "\n");
    made_study_finish(study);
}

static void say(struct pl_strbuf *out, struct made_study *study, const char *name) {
    say_metric(out, study, name, NULL);
}

/* Accuracies of [entries] by entry, on so many test samples; [noise] samples more or fewer. */
static void fill_rates(struct made_study *study, size_t entries, const char *samples,
                       const double *rates, double noise) {
    made_study_init(study, labels, entries, 8);
    made_study_expand(study);
    study->cells.items[0].settings = samples;
    for (size_t e = 0; e < entries; e++)
        for (size_t s = 0; s < 8; s++)
            made_study_metric(made_study_set(study, 0, e, s, PL_DONE, ""), "accuracy", 200,
                              rates[e] + noise * wave(e, 0, s));
}

static void test_verdicts__of_studies_with_a_known_answer(void) {
    static const struct row rows[] = {
        {"winner of two", 2, 8, false, 0.02, {0, -0.45, 0}, {0}},
        {"loser of two", 2, 8, false, 0.02, {0, 0.09, 0}, {0}},
        {"winner of three", 3, 8, false, 0.02, {0, -0.45, -0.2}, {0}},
        {"tie", 3, 8, false, 0.2, {0, 0.001, -0.002}, {0}},
        {"two lead a third", 3, 8, false, 0.02, {0.5, -0.001, 0}, {0}},
        {"equivalent", 2, 8, false, 0.002, {0, 0.001, 0}, {0}},
        {"bit-equal (dead option)", 3, 8, true, 0.0, {0}, {0}},
        {"too few seeds", 2, 4, false, 0.02, {0, -0.45, 0}, {0}},
        {"crossing inside", 2, 8, true, 0.02, {0, 0.1, 0}, {0, -0.4, 0}},
        {"crossing at the edge", 2, 8, true, 0.1, {0, 0.4, 0}, {0, -0.41, 0}},
        {"no difference along an axis", 3, 8, true, 0.1, {0}, {0}},
        {"one variant", 1, 8, false, 0.1, {0}, {0}},
    };
    struct pl_strbuf out;
    struct made_study study;
    pl_strbuf_init(&out);
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        fill(&study, &rows[r]);
        say(&out, &study, rows[r].name);
    }
    struct row plain = {"", 2, 8, true, 0.02, {0, -0.2, 0}, {0}};
    fill(&study, &plain);
    for (size_t i = 0; i < 80; i++) made_study_diverged(&study, i / 16, i / 8 % 2, i % 8);
    say(&out, &study, "all diverged");
    fill(&study, &plain);
    for (size_t p = 0; p < 5; p++) made_study_diverged(&study, p, 1, 3);
    say(&out, &study, "one seed diverged");
    fill(&study, &plain);
    for (size_t i = 0; i < 40; i++) made_study_failed(&study, i / 8, i % 2, i % 8, "");
    say(&out, &study, "no complete block");
    fill(&study, &plain);
    for (size_t s = 0; s < 8; s++) /* trivial is 1.25 */
        for (size_t p = 0; p < 2; p++) made_study_done(&study, p, 1, s, 2.0 + 0.01 * (double)s);
    say(&out, &study, "worse than trivial at two points");
    fill(&study, &plain);
    for (size_t s = 0; s < 8; s++) /* evaluated again after it had risen */
        for (size_t p = 0; p < 2; p++)
            made_study_metric(made_study_result(&study, p, 1, s), "test_loss", 300, 1.0);
    say(&out, &study, "stopped too late at two points");
    static const char *warmups[] = {"0", "10", "20"}, *rates[] = {"0.001", "0.003", "0.01"};
    made_study_init(&study, labels, 2, 8);
    made_study_axis(&study, "train.warmup", warmups, 3);
    made_study_expand(&study);
    for (size_t p = 0; p < 3; p++)
        for (size_t e = 0; e < 2; e++)
            for (size_t s = 0; s < 8; s++)
                made_study_done(&study, p, e, s, 0.5 * exp(0.2 * (double)e + 0.02 * wave(e, 0, s)));
    say(&out, &study, "dead axis");
    made_study_init(&study, labels, 2, 8);
    made_study_axis(&study, "train.lr", rates, 3);
    study.experiment.select = (struct pl_select){"train.lr", "valid_loss"};
    made_study_expand(&study);
    for (size_t p = 0; p < 3; p++) /* standard is best in the middle, a at the greatest */
        for (size_t e = 0; e < 2; e++)
            for (size_t s = 0; s < 8; s++) {
                double away = 0.3 * fabs((double)p - (e ? 2.0 : 1.0)) + 0.02 * wave(e, p, s);
                double loss = 0.5 * exp(away - 0.2 * (double)e);
                made_study_valid(&study, p, e, s, loss, loss);
            }
    say(&out, &study, "selection at the edge of the grid");
    fill_rates(&study, 2, "task.test_samples = 16\n", (const double[]){0.5, 0.5}, 0.0);
    made_study_metric(made_study_set(&study, 0, 1, 0, PL_DONE, ""), "accuracy", 200, 0.5625);
    say_metric(&out, &study, "coarse metric, one sample of eight runs apart", "accuracy");
    fill_rates(&study, 2, "task.test_samples = 1000\n", (const double[]){0.5, 0.62}, 0.02);
    say_metric(&out, &study, "accuracy of two", "accuracy");
    fill_rates(&study, 3, "task.test_samples = 1000\n", (const double[]){0.5, 0.62, 0.9}, 0.02);
    say_metric(&out, &study, "accuracy of three", "accuracy");
    fill_rates(&study, 2, "task.test_samples = 1000\n", (const double[]){0.5, 0.501}, 0.001);
    say_metric(&out, &study, "equivalent accuracies", "accuracy");
    char path[512];
    snprintf(path, sizeof path, "%s/tests/golden/report/verdicts.txt", PL_SOURCE_DIR);
    struct pl_strbuf golden;
    pl_strbuf_init(&golden);
    PL_REQUIRE_OK(pl_file_read(&golden, path, 1 << 20));
    PL_CHECK_TEXT(out.text, golden.text);
    if (strcmp(out.text, golden.text) != 0)
        PL_REQUIRE_OK(pl_file_write("verdicts.txt.found", out.text, out.length));
    pl_strbuf_finish(&golden);
    pl_strbuf_finish(&out);
}

const struct pl_test pl_suite_verdicts[] = {
    {"of_studies_with_a_known_answer", test_verdicts__of_studies_with_a_known_answer}, {0}};
