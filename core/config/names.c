#include "core/config/names.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define NEAR_MAX 64 /* bytes of a name that is compared by distance */

const char *pl_names_at(struct pl_names names, size_t row) {
    return *(const char *const *)((const char *)names.rows + row * names.stride + names.offset);
}

size_t pl_names_find(struct pl_names names, const char *name) {
    size_t row = 0;
    while (row < names.count && strcmp(pl_names_at(names, row), name) != 0) row++;
    return row;
}

/* ---- the nearest ------------------------------------------------------------------------- */

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

static int fold(char c) {
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

/* Insertions, deletions, replacements and exchanges of neighbours that turn [a] into [b], capitals
 * aside. Row i of the table holds the cost of the first i characters of [a]; three rows suffice. */
static size_t distance(const char *a, size_t na, const char *b, size_t nb) {
    size_t rows[3][NEAR_MAX + 1];
    for (size_t j = 0; j <= nb; j++) rows[0][j] = j;
    for (size_t i = 1; i <= na; i++) {
        size_t *now = rows[i % 3], *last = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            size_t differs = fold(a[i - 1]) != fold(b[j - 1]);
            now[j] = least(least(now[j - 1], last[j]) + 1, last[j - 1] + differs);
            if (i > 1 && j > 1 && fold(a[i - 1]) == fold(b[j - 2]) &&
                fold(a[i - 2]) == fold(b[j - 1])) {
                now[j] = least(now[j], before[j - 2] + 1);
            }
        }
    }
    return rows[na % 3][nb];
}

static size_t allowed(size_t na, size_t nb) {
    size_t longer = na > nb ? na : nb;
    return longer < 2 ? 0 : longer < 6 ? 1 : longer / 3;
}

const char *pl_names_nearest(struct pl_names names, const char *found) {
    const char *nearest = NULL;
    size_t length = strlen(found), fewest = SIZE_MAX;
    for (size_t row = 0; row < names.count && length <= NEAR_MAX; row++) {
        const char *name = pl_names_at(names, row);
        size_t other = strlen(name);
        if (other > NEAR_MAX) continue;
        size_t changes = distance(found, length, name, other);
        if (changes > allowed(length, other) || changes >= fewest) continue;
        nearest = name;
        fewest = changes;
    }
    return nearest;
}

/* ---- the sentence ------------------------------------------------------------------------ */

void pl_names_add(struct pl_names names, const char *last, struct pl_strbuf *out) {
    if (names.count == 0) pl_strbuf_add(out, "none");
    for (size_t row = 0; row < names.count; row++) {
        if (row > 0 && row + 1 < names.count) pl_strbuf_add(out, ", ");
        if (row > 0 && row + 1 == names.count) pl_strbuf_addf(out, " %s ", last);
        pl_strbuf_add(out, pl_names_at(names, row));
    }
}

void pl_names_hint(struct pl_names names, const char *near, const char *offer,
                   struct pl_strbuf *out) {
    pl_strbuf_add(out, "; ");
    if (near) pl_strbuf_addf(out, "did you mean \"%s\"?%s", near, *offer ? " " : "");
    pl_names_offer(names, near != NULL, offer, out);
}

void pl_names_offer(struct pl_names names, bool begins, const char *offer, struct pl_strbuf *out) {
    size_t start = out->length;
    while (*offer) {
        bool both = strncmp(offer, "{and}", 5) == 0, either = strncmp(offer, "{or}", 4) == 0;
        if (both || either)
            pl_names_add(names, both ? "and" : "or", out);
        else
            pl_strbuf_add_bytes(out, offer, 1);
        offer += both ? 5 : either ? 4 : 1;
    }
    char *first = &out->text[start];
    if (begins && *first >= 'a' && *first <= 'z') *first = (char)(*first - 'a' + 'A');
}

enum pl_status pl_names_fail(struct pl_names names, struct pl_place place, const char *found,
                             const char *offer, const char *lead, ...) {
    struct pl_strbuf text;
    va_list arguments;
    pl_strbuf_init(&text);
    va_start(arguments, lead);
    pl_strbuf_addv(&text, lead, arguments);
    va_end(arguments);
    pl_names_hint(names, pl_names_nearest(names, found), offer, &text);
    enum pl_status status =
        place.file ? pl_fail_at(place, "%s", text.text) : pl_fail(PL_ECONFIG, "%s", text.text);
    pl_strbuf_finish(&text);
    return status;
}
