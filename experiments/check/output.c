#include <string.h>

#include "experiments/check/output_impl.h"

static const struct {
    const char *name;
    void (*write)(const struct pl_check_output *, struct pl_strbuf *);
} formats[] = {
    {"text", pl_check_write_text},
};

void pl_check_write(const struct pl_check_output *output, const char *format,
                    struct pl_strbuf *out) {
    size_t k = 0, count = sizeof formats / sizeof formats[0];
    while (k < count && strcmp(formats[k].name, format) != 0) k++;
    PL_ASSERT(k < count);
    formats[k].write(output, out);
}

void pl_check_tally(const struct pl_check *check, struct pl_strbuf *out) {
    static const struct {
        enum pl_claim_verdict verdict;
        const char *one, *many;
    } words[] = {{PL_CLAIM_HOLDS, "holds", "hold"},
                 {PL_CLAIM_CONTRADICTED, "contradicted", "contradicted"},
                 {PL_CLAIM_TOO_SMALL, "too small", "too small"},
                 {PL_CLAIM_OPEN, "inconclusive", "inconclusive"}};
    const char *between = ": ";
    pl_strbuf_addf(out, "%zu claim%s", check->claims.count, check->claims.count == 1 ? "" : "s");
    for (size_t k = 0; k < sizeof words / sizeof words[0]; k++) {
        size_t count = pl_check_count(check, words[k].verdict);
        if (count == 0) continue;
        pl_strbuf_addf(out, "%s%zu %s", between, count, count == 1 ? words[k].one : words[k].many);
        between = ", ";
    }
}
