#include "experiments/report/columns.h"

#include <string.h>

#include "core/base/escape.h"
#include "core/base/utf8.h"

enum { GAP = 2, LEAST = 24 }; /* blanks between columns; least width of the last one */

static int line = PL_LINE;

void pl_columns_fit(int width) {
    line = width > 0 && width < PL_LINE ? width : PL_LINE;
}

void pl_columns_init(struct pl_columns *columns, int indent, int count) {
    PL_ASSERT(count >= 1 && count <= PL_MOST_COLUMNS);
    memset(columns, 0, sizeof *columns);
    columns->indent = indent;
    columns->count = count;
}

void pl_columns_finish(struct pl_columns *columns) {
    PL_VEC_FINISH(&columns->cells);
    pl_arena_finish(&columns->arena);
}

void pl_columns_row(struct pl_columns *columns, const char *const *cells) {
    struct pl_strbuf visible;
    pl_strbuf_init(&visible);
    for (int c = 0; c < columns->count; c++) {
        pl_strbuf_clear(&visible);
        pl_escape_visible(&visible, cells[c]);
        PL_VEC_PUSH(&columns->cells, pl_arena_strdup(&columns->arena, visible.text));
    }
    pl_strbuf_finish(&visible);
}

void pl_columns_headers(struct pl_columns *columns, const struct pl_column *rows) {
    const char *cells[PL_MOST_COLUMNS];
    for (int c = 0; c < columns->count; c++) cells[c] = rows[c].header;
    pl_columns_row(columns, cells);
}

static int width_of(const char *text, size_t bytes) {
    return (int)pl_utf8_columns(text, bytes);
}

static void add_blanks(struct pl_strbuf *out, int count) {
    for (int k = 0; k < count; k++) pl_strbuf_add(out, " ");
}

/* [text] from column [left] on, where the cursor stands; ends the line. */
static void add_wrapped(struct pl_strbuf *out, int left, const char *text) {
    int room = line - left < LEAST ? LEAST : line - left;
    for (;;) {
        /* Bytes of [text] that go on a line of [room] characters: up to a blank, at least one word. */
        size_t bytes = strcspn(text, " ");
        while (text[bytes]) {
            size_t next = bytes + strspn(text + bytes, " ");
            next += strcspn(text + next, " ");
            if (width_of(text, next) > room) break;
            bytes = next;
        }

        pl_strbuf_add_bytes(out, text, bytes);
        pl_strbuf_add(out, "\n");
        text += bytes + strspn(text + bytes, " ");
        if (!*text) return;
        add_blanks(out, left);
    }
}

void pl_columns_paragraph(int indent, const char *text, struct pl_strbuf *out) {
    add_blanks(out, indent);
    add_wrapped(out, indent, text);
}

void pl_columns_write(const struct pl_columns *columns, struct pl_strbuf *out) {
    int widths[PL_MOST_COLUMNS] = {0}, last = columns->count - 1;

    for (size_t k = 0; k < columns->cells.count; k++) {
        const char *cell = columns->cells.items[k];
        int width = width_of(cell, strlen(cell)), *most = &widths[k % (size_t)columns->count];
        if (width > *most) *most = width;
    }

    for (size_t k = 0; k < columns->cells.count; k += (size_t)columns->count) {
        int left = columns->indent;
        add_blanks(out, left);
        for (int c = 0; c < last; c++) {
            const char *cell = columns->cells.items[k + (size_t)c];
            pl_strbuf_add(out, cell);
            add_blanks(out, widths[c] + GAP - width_of(cell, strlen(cell)));
            left += widths[c] + GAP;
        }
        if (line < PL_LINE && left + LEAST > line && last > 0) { /* no room: below the others */
            left = columns->indent + 2 * GAP;
            while (out->length && out->text[out->length - 1] == ' ')
                out->text[--out->length] = '\0';
            pl_strbuf_add(out, "\n");
            add_blanks(out, left);
        }
        add_wrapped(out, left, columns->cells.items[k + (size_t)last]);
    }
}

void pl_columns_option(struct pl_columns *columns, const char *section,
                       const struct pl_option *row) {
    struct pl_strbuf name, accepted;
    pl_strbuf_init(&name);
    pl_strbuf_init(&accepted);
    pl_strbuf_addf(&name, "%s%s%s", section, *section ? "." : "", row->name);
    pl_strbuf_addf(&accepted, "%s (", row->help);
    pl_option_accepted(row, &accepted);
    pl_strbuf_add(&accepted, ")");
    pl_columns_row(columns,
                   (const char *[]){name.text, *row->dflt ? row->dflt : "\"\"", accepted.text});
    pl_strbuf_finish(&name);
    pl_strbuf_finish(&accepted);
}

void pl_columns_fact(struct pl_columns *facts, const char *name, const char *text) {
    if (*text) pl_columns_row(facts, (const char *[]){name, text});
}

void pl_columns_end(struct pl_columns *table, struct pl_strbuf *out) {
    pl_columns_write(table, out);
    pl_columns_finish(table);
}
