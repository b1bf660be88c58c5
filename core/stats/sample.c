#include "core/stats/sample.h"

#include <math.h>
#include <string.h>

#include "core/base/strbuf.h"

struct pl_sample pl_sample_seeds(const double *values, size_t seeds) {
    return (struct pl_sample){values, {PL_SAMPLE_SEED}, {seeds, 1, 1}};
}

struct pl_sample pl_sample_blocks(const double *values, size_t seeds, size_t blocks) {
    return (struct pl_sample){values, {PL_SAMPLE_SEED, PL_SAMPLE_BLOCK}, {seeds, blocks, 1}};
}

struct pl_sample pl_sample_entries(const double *values, size_t seeds, size_t blocks,
                                   size_t entries) {
    return (struct pl_sample){
        values, {PL_SAMPLE_SEED, PL_SAMPLE_BLOCK, PL_SAMPLE_ENTRY}, {seeds, blocks, entries}};
}

size_t pl_sample_row(const struct pl_sample *sample) {
    return sample->sizes[1] * sample->sizes[2];
}

size_t pl_sample_count(const struct pl_sample *sample) {
    return sample->sizes[0] * pl_sample_row(sample);
}

/* "[seed][block]" */
static void add_shape(struct pl_strbuf *out, const enum pl_sample_axis *axes) {
    static const char *const names[] = {"", "[seed]", "[block]", "[entry]"};
    for (int k = 0; k < PL_SAMPLE_AXES; k++) pl_strbuf_add(out, names[axes[k]]);
}

static enum pl_status fail_shape(const struct pl_sample *sample, const char *use,
                                 const enum pl_sample_axis *wanted) {
    struct pl_strbuf takes, found;
    pl_strbuf_init(&takes);
    pl_strbuf_init(&found);
    add_shape(&takes, wanted);
    add_shape(&found, sample->axes);
    enum pl_status status =
        pl_fail(PL_EMISMATCH,
                "%s takes numbers as %s, for the seed alone is an independent unit; these are %s, "
                "so turn the table or average what is not a seed first",
                use, takes.text, found.length > 0 ? found.text : "without axes");
    pl_strbuf_finish(&takes);
    pl_strbuf_finish(&found);
    return status;
}

static enum pl_status check_values(const struct pl_sample *sample, const char *use, bool infinite) {
    size_t row = pl_sample_row(sample);
    for (size_t i = 0; i < pl_sample_count(sample); i++) {
        double value = sample->values[i];
        if (isfinite(value) || (infinite && !isnan(value))) continue;
        return pl_fail(
            PL_EMISMATCH,
            "%s takes %s; number %zu of seed %zu (both from 0) is %s, so leave that seed "
            "or block out",
            use, infinite ? "numbers" : "finite numbers", i % row, i / row,
            isnan(value) ? "missing (nan)" : "infinite");
    }
    return PL_OK;
}

enum pl_status pl_sample_check(const struct pl_sample *sample, const char *use,
                               enum pl_sample_axis second, enum pl_sample_axis third,
                               bool infinite) {
    const enum pl_sample_axis wanted[PL_SAMPLE_AXES] = {PL_SAMPLE_SEED, second, third};
    const enum pl_sample_axis seeds[PL_SAMPLE_AXES] = {PL_SAMPLE_SEED};
    bool single = second == PL_SAMPLE_BLOCK && third == PL_SAMPLE_NONE &&
                  memcmp(sample->axes, seeds, sizeof seeds) == 0;
    if (!single && memcmp(sample->axes, wanted, sizeof wanted) != 0)
        return fail_shape(sample, use, wanted);
    return check_values(sample, use, infinite);
}
