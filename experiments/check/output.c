#include <string.h>

#include "experiments/check/output_impl.h"

static const struct {
    const char *name;
    void (*write)(const struct pl_check *, struct pl_strbuf *);
} formats[] = {
    {"text", pl_check_write_text},
    {"md", pl_check_write_md},
    {"junit", pl_check_write_junit},
    {"json", pl_check_write_json},
};

void pl_check_write(const struct pl_check *check, const char *format, struct pl_strbuf *out) {
    size_t k = 0, count = sizeof formats / sizeof formats[0];
    while (k < count && strcmp(formats[k].name, format) != 0) k++;
    PL_ASSERT(k < count);
    formats[k].write(check, out);
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

/* ---- drift ---- */

struct lines {
    void (*visit)(void *context, const char *heading, const char *text);
    void *context;
    struct pl_strbuf text;
};

static void line(struct lines *lines, const char *heading) {
    lines->visit(lines->context, heading, lines->text.text);
    pl_strbuf_clear(&lines->text);
}

static void tally_lines(struct lines *lines, const struct pl_drift *drift) {
    if (drift->changed == 0)
        pl_strbuf_addf(&lines->text, "none: all %zu values have the same bits", drift->compared);
    else if (drift->drifted == 0)
        pl_strbuf_addf(&lines->text,
                       "none: %zu of %zu values have other bits, none moved further than rounding "
                       "explains",
                       drift->changed, drift->compared);
    else
        pl_strbuf_addf(&lines->text,
                       "%zu of %zu values, in %zu of %zu groups, moved further than rounding "
                       "explains%s; the furthest:",
                       drift->drifted, drift->compared, drift->groups_drifted, drift->groups,
                       drift->drifted_portable == drift->drifted
                           ? " (they are portable: no bit may differ)"
                       : drift->drifted_portable ? " (of portable groups no bit may differ)"
                                                 : "");
    line(lines, "drift");
    for (size_t k = 0; k < drift->worst_count; k++) {
        pl_moved_text(&drift->worst[k], &lines->text);
        line(lines, "");
    }
}

static void reference_lines(struct lines *lines, const struct pl_check *check) {
    const struct pl_drift *drift = check->drift;
    pl_strbuf_addf(&lines->text, "%s, made from commit %.12s", check->reference, check->commit);
    if (!drift->same_class)
        pl_strbuf_add(&lines->text,
                      ", on another class of machine (its noise floors allow for that)");
    if (drift->portable > 0)
        pl_strbuf_addf(&lines->text,
                       "; %zu of %zu groups are portable: every machine gives their bits",
                       drift->portable, drift->groups);
    line(lines, "reference");
    for (size_t k = 0; k < drift->difference_count; k++) {
        pl_strbuf_add(&lines->text, drift->differences[k]);
        line(lines, k ? "" : "incomparable");
    }
    if (drift->difference_count == 0) tally_lines(lines, drift);
}

void pl_check_drift_lines(const struct pl_check *check,
                          void (*visit)(void *context, const char *heading, const char *text),
                          void *context) {
    struct lines lines = {.visit = visit, .context = context};
    pl_strbuf_init(&lines.text);
    if (check->lacking) {
        pl_strbuf_addf(&lines.text,
                       "%zu of %zu cells have no result yet (another run computes them, or it was "
                       "ended); claims that need them are inconclusive",
                       check->lacking, check->lacking_of);
        line(&lines, "lacking");
    }
    if (!check->reference) {
        pl_strbuf_add(&lines.text, "none");
        line(&lines, "reference");
    }
    if (check->drift) reference_lines(&lines, check);
    if (pl_check_inexact(check)) {
        pl_strbuf_add(&lines.text, pl_check_inexact(check));
        line(&lines, "incomparable");
    }
    pl_strbuf_finish(&lines.text);
}
