/* Junit: the XML that CI services read, within the schema of Jenkins's xUnit plugin (junit-10.xsd) and what
 * GitLab and the GitHub actions take. A test case a claim; a second suite for the reference.
 *
 *     passed    holds
 *     skipped   too small, inconclusive; numbers that drifted and may
 *     failure   contradicted; inconclusive with --strict; numbers that drifted and may not (--drift, --exact)
 *     error     failed cells; a reference that is not comparable
 */
#include <string.h>

#include "core/base/escape.h"
#include "experiments/check/output_impl.h"

enum outcome { PASSED, SKIPPED, FAILURE, ERROR, OUTCOMES };

struct test_case {
    const char *name, *type;
    enum outcome outcome;
};

struct suite {
    const char *study, *part; /* "claims", "reference" */
    struct pl_strbuf cases;
    size_t count[OUTCOMES];
};

static void add_attribute(struct pl_strbuf *out, const char *name, const char *value) {
    pl_strbuf_addf(out, " %s=\"", name);
    pl_escape_xml(out, value);
    pl_strbuf_add(out, "\"");
}

static void add_case(struct suite *suite, const struct test_case *test, const char *message) {
    static const char *const elements[] = {"system-out", "skipped", "failure", "error"};
    struct pl_strbuf *out = &suite->cases;
    const char *element = elements[test->outcome];
    suite->count[test->outcome]++;
    pl_strbuf_addf(out, "    <testcase classname=\"plumbline.%s.%s\"", suite->study, suite->part);
    add_attribute(out, "name", test->name);
    pl_strbuf_addf(out, ">\n      <%s", element);
    if (test->outcome != PASSED) add_attribute(out, "message", message);
    if (test->outcome == FAILURE || test->outcome == ERROR) add_attribute(out, "type", test->type);
    pl_strbuf_add(out, ">");
    pl_escape_xml(out, message);
    pl_strbuf_addf(out, "</%s>\n    </testcase>\n", element);
}

static enum outcome outcome_of(const struct pl_check *check, enum pl_claim_verdict verdict) {
    if (verdict == PL_CLAIM_HOLDS) return PASSED;
    if (verdict == PL_CLAIM_CONTRADICTED) return FAILURE;
    return verdict == PL_CLAIM_OPEN && check->strict ? FAILURE : SKIPPED;
}

/* Unique, as a reader takes the name for the identity of a test: claims of one text (they may differ in
 * their margin) are numbered from the second on. */
static const char *name_of(struct pl_arena *arena, const struct pl_check *check, size_t index) {
    const struct pl_claim *claim = check->rows[index].claim;
    size_t before = 0;
    for (size_t k = 0; k < index; k++)
        before += strcmp(check->rows[k].claim->text, claim->text) == 0;
    return before ? pl_arena_printf(arena, "%s (%zu)", claim->text, before + 1) : claim->text;
}

static void add_claims(struct suite *suite, const struct pl_check *check) {
    struct pl_strbuf message;
    struct pl_arena arena = {0};
    pl_strbuf_init(&message);
    for (size_t k = 0; k < check->claims.count; k++) {
        const struct pl_check_row *row = &check->rows[k];
        const char *verdict = pl_claim_verdict_name(row->verdict);
        const struct test_case test = {name_of(&arena, check, k), verdict,
                                       outcome_of(check, row->verdict)};
        pl_strbuf_clear(&message);
        pl_strbuf_addf(&message, "%s: ", verdict);
        pl_check_numbers(row, &message);
        add_case(suite, &test, message.text);
    }
    if (check->failed) {
        const struct test_case test = {"every cell finished", "failed", ERROR};
        pl_strbuf_clear(&message);
        pl_strbuf_addf(&message, "%zu cells failed", check->failed);
        add_case(suite, &test, message.text);
    }
    pl_strbuf_finish(&message);
    pl_arena_finish(&arena);
}

static void add_line(void *context, const char *heading, const char *text) {
    struct pl_strbuf *out = context;
    pl_strbuf_addf(out, "%s%s%s%s", out->length ? "\n" : "", heading, *heading ? ": " : "", text);
}

static enum outcome reference_outcome(const struct pl_check *check) {
    if (check->drift && check->drift->difference_count) return ERROR;
    if (pl_check_inexact(check)) return ERROR;
    if (pl_check_moved(check)) return FAILURE;
    return check->drift->drifted ? SKIPPED : PASSED;
}

static void add_counts(struct pl_strbuf *out, const size_t *count) {
    pl_strbuf_addf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\"",
                   count[PASSED] + count[SKIPPED] + count[FAILURE] + count[ERROR], count[FAILURE],
                   count[ERROR]);
}

static void close_suite(struct suite *suite, struct pl_strbuf *out) {
    pl_strbuf_addf(out, "  <testsuite name=\"%s %s\"", suite->study, suite->part);
    add_counts(out, suite->count);
    pl_strbuf_addf(out, " skipped=\"%zu\">\n%s  </testsuite>\n", suite->count[SKIPPED],
                   suite->cases.text);
    pl_strbuf_finish(&suite->cases);
}

void pl_check_write_junit(const struct pl_check *check, struct pl_strbuf *out) {
    struct suite claims = {.study = check->experiment->name, .part = "claims"}, reference = claims;
    size_t count[OUTCOMES];
    reference.part = "reference";
    pl_strbuf_init(&claims.cases);
    pl_strbuf_init(&reference.cases);
    add_claims(&claims, check);
    if (check->drift || check->exact) {
        static const char *const types[] = {"same", "drifted", "changed", "incomparable"};
        enum outcome outcome = reference_outcome(check);
        const struct test_case test = {"the numbers are the reference's", types[outcome], outcome};
        struct pl_strbuf message;
        pl_strbuf_init(&message);
        pl_check_drift_lines(check, add_line, &message);
        add_case(&reference, &test, message.text);
        pl_strbuf_finish(&message);
    }
    for (int k = 0; k < OUTCOMES; k++) count[k] = claims.count[k] + reference.count[k];
    pl_strbuf_add(out,
                  "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"plumbline\"");
    add_counts(out, count);
    pl_strbuf_add(out, ">\n");
    close_suite(&claims, out);
    close_suite(&reference, out);
    pl_strbuf_add(out, "</testsuites>\n");
}
