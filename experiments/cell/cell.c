#include "experiments/cell/cell.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/strbuf.h"
#include "core/config/settings.h"

void pl_cells_finish(struct pl_cells *cells) {
    if (!cells) return;
    pl_arena_finish(&cells->arena);
    *cells = (struct pl_cells){0};
}

void pl_cell_add_text(const struct pl_cell *cell, struct pl_strbuf *out) {
    const char *open = strstr(cell->settings, PL_CELL_SEED_OPEN);
    size_t head = open ? (size_t)(open - cell->settings) : strlen(cell->settings);
    pl_strbuf_add_bytes(out, cell->settings, head);
    if (!open) return;
    pl_strbuf_addf(out, PL_CELL_SEED "%llu\n", (unsigned long long)cell->seed);
    pl_strbuf_add(out, open + strlen(PL_CELL_SEED_OPEN));
}

const char *pl_cell_text(const struct pl_cell *cell, struct pl_arena *arena) {
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    pl_cell_add_text(cell, &text);
    const char *out = pl_arena_strndup(arena, text.text, text.length);
    pl_strbuf_finish(&text);
    return out;
}

static int compare_cells(const void *a, const void *b) {
    const struct pl_cell *const *first = a, *const *second = b;
    int order = strcmp((*first)->id, (*second)->id);
    return order ? order : (*first > *second) - (*first < *second);
}

const char *pl_cell_setting(const char *text, struct pl_arena *arena, const char *key,
                            const char *fallback) {
    struct pl_settings settings = {0};
    const char *value = fallback;
    if (pl_settings_read(&settings, arena, text) == PL_OK)
        value = pl_settings_value(&settings, key, fallback);
    pl_settings_finish(&settings);
    return value;
}

const struct pl_cell **pl_cells_sorted(const struct pl_cells *cells) {
    const struct pl_cell **sorted = pl_alloc_zero(cells->count + 1, sizeof *sorted);
    for (size_t i = 0; i < cells->count; i++) sorted[i] = &cells->items[i];
    qsort(sorted, cells->count, sizeof *sorted, compare_cells);
    return sorted;
}

void pl_cells_digest(const struct pl_cells *cells, char out[PL_HASH_TEXT]) {
    const struct pl_cell **sorted = pl_cells_sorted(cells);
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    for (size_t i = 0; i < cells->count; i++) pl_strbuf_addf(&text, "%s\n", sorted[i]->id);
    pl_hash_text(out, text.text);
    pl_strbuf_finish(&text);
    pl_free(sorted);
}
