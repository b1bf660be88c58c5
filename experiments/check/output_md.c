/* Md: for a pull request or a step summary. */
#include "core/base/escape.h"
#include "experiments/check/output_impl.h"

static void row_md(const struct pl_check_row *row, struct pl_strbuf *out) {
    struct pl_strbuf numbers;
    pl_strbuf_init(&numbers);
    pl_check_numbers(row, &numbers);
    static const char *const marks[] = {"❔", "✅", "➖", "❌"};
    pl_strbuf_addf(out, "| %s %s | ", marks[row->verdict], pl_claim_verdict_name(row->verdict));
    pl_escape_markdown(out, row->claim->text);
    pl_strbuf_add(out, " | ");
    pl_escape_markdown(out, numbers.text);
    pl_strbuf_add(out, " |\n");
    pl_strbuf_finish(&numbers);
}

static void line_md(void *context, const char *heading, const char *text) {
    struct pl_strbuf *out = context;
    pl_strbuf_addf(out, "%s%s%s", *heading ? "- " : "  - ", heading, *heading ? ": " : "");
    pl_escape_markdown(out, text);
    pl_strbuf_add(out, "\n");
}

void pl_check_write_md(const struct pl_check *check, struct pl_strbuf *out) {
    pl_strbuf_addf(out, "### Plumbline: %s\n\n", check->experiment->name);
    pl_check_tally(check, out);
    pl_strbuf_add(out, ".\n\n");
    if (check->claims.count) pl_strbuf_add(out, "| verdict | claim | found |\n|---|---|---|\n");
    for (size_t k = 0; k < check->claims.count; k++) row_md(&check->rows[k], out);
    if (check->claims.count) pl_strbuf_add(out, "\n");
    if (check->failed) pl_strbuf_addf(out, "- %zu cells failed\n", check->failed);
    pl_check_drift_lines(check, line_md, out);
}
