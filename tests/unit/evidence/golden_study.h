/* The small study of tests/golden/study.json, whose evidence SciPy computed (tests/golden/stats.py). */
#ifndef PL_TESTS_GOLDEN_STUDY_H
#define PL_TESTS_GOLDEN_STUDY_H

#include "core/base/json.h"
#include "tests/unit/evidence/made_study.h"

static inline struct pl_json *golden_study_load(void) {
    FILE *file = fopen(PL_SOURCE_DIR "/tests/golden/study.json", "rb");
    PL_REQUIRE(file != NULL);
    static char text[1 << 17];
    size_t length = fread(text, 1, sizeof text, file);
    fclose(file);
    PL_REQUIRE(length > 0 && length < sizeof text);
    struct pl_json *golden;
    PL_REQUIRE_OK(pl_json_parse(&golden, text, length));
    return golden;
}

static inline void golden_study_set(struct made_study *study, size_t point, size_t entry,
                                    size_t seed, const struct pl_json *value) {
    const char *word = pl_json_as_text(value, "done");
    if (strcmp(word, "diverged") == 0)
        made_study_diverged(study, point, entry, seed);
    else if (strcmp(word, "failed") == 0)
        made_study_failed(study, point, entry, seed,
                          "the worker was ended by signal 11 (Segmentation fault)\nlast words: "
                          "\x1b[31mno, \"really\"");
    else if (strcmp(word, "done") == 0)
        made_study_done(study, point, entry, seed, pl_json_as_real(value, NAN));
    else
        PL_CHECK_TEXT(word, "pending");
}

static inline void golden_study_init(struct made_study *study, const struct pl_json *golden) {
    static const char *const labels[] = {"standard", "static", "plain"};
    static const char *structure[] = {"0", "0.5", "1"};
    const struct pl_json *losses = pl_json_get(golden, "losses");
    made_study_init(study, labels, 3, 8);
    study->experiment.question = "Does a hand-made study give the evidence that an independent "
                                 "computation gives, down to the last digit shown?";
    made_study_axis(study, "task.structure", structure, 3);
    made_study_expand(study);
    for (size_t e = 0; e < 3; e++)
        for (size_t p = 0; p < 3; p++)
            for (size_t s = 0; s < 8; s++)
                golden_study_set(study, p, e, s,
                                 pl_json_at(pl_json_at(pl_json_get(losses, labels[e]), p), s));
}

#endif
