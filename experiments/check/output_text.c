/* Text: two columns, the verdict and what it is about, in lines of at most 80 characters. */
#include <string.h>

#include "core/base/escape.h"
#include "core/base/utf8.h"
#include "experiments/check/output_impl.h"

enum { WIDTH = 80, INDENT = 14 };

/* Pieces from column [at] on; further lines are indented. A piece ends with [end], a text that a line
 * may be broken behind; one that is longer than a line stands alone. */
static void wrapped(struct pl_strbuf *out, const char *text, const char *end, size_t at) {
    bool fresh = true;
    struct pl_strbuf visible;
    pl_strbuf_init(&visible);
    pl_escape_visible(&visible, text);
    text = visible.text;
    while (*text) {
        const char *stop = strstr(text, end);
        size_t bytes = stop ? (size_t)(stop - text) + strlen(end) - 1 : strlen(text);
        size_t columns = pl_utf8_columns(text, bytes);
        if (!fresh && at + 1 + columns > WIDTH) {
            pl_strbuf_addf(out, "\n%*s", INDENT, "");
            at = INDENT;
            fresh = true;
        }
        if (!fresh) pl_strbuf_add(out, " ");
        pl_strbuf_add_bytes(out, text, bytes);
        at += columns + !fresh;
        fresh = false;
        text += bytes + (text[bytes] == ' ');
    }
    pl_strbuf_add(out, "\n");
    pl_strbuf_finish(&visible);
}

static void looks_text(const struct pl_check *check, struct pl_strbuf *out) {
    if (check->looks.count < 2 || check->look == 0) return;
    pl_strbuf_addf(out, "looks         %zu of %zu planned, at", check->look, check->looks.count);
    for (size_t k = 0; k < check->looks.count; k++)
        pl_strbuf_addf(out, "%s %zu", k ? "," : "", check->looks.seeds[k]);
    pl_strbuf_add(out, " seeds\n");
}

static void drift_text(void *context, const char *heading, const char *text) {
    struct pl_strbuf *out = context;
    pl_strbuf_addf(out, "%-*s", INDENT, heading);
    wrapped(out, text, " ", INDENT);
}

void pl_check_write_text(const struct pl_check *check, struct pl_strbuf *out) {
    for (size_t k = 0; k < check->claims.count; k++) {
        struct pl_strbuf numbers;
        pl_strbuf_init(&numbers);
        pl_check_numbers(&check->rows[k], &numbers);
        pl_strbuf_addf(out, "%-*s", INDENT, pl_claim_verdict_name(check->rows[k].verdict));
        wrapped(out, check->rows[k].claim->text, " ", INDENT);
        pl_strbuf_addf(out, "%*s", INDENT, "");
        wrapped(out, numbers.text, ", ", INDENT);
        pl_strbuf_finish(&numbers);
    }
    if (check->claims.count) pl_strbuf_add(out, "\n");
    looks_text(check, out);
    pl_check_drift_lines(check, drift_text, out);
    pl_strbuf_addf(out, "%-*s ", INDENT - 1, check->experiment->name);
    pl_check_tally(check, out);
    pl_strbuf_add(out, "\n");
}
