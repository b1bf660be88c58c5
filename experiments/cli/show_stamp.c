/* show stamp: one hash of a study's cells and the numerics stamps they would get here and now, whatever their
 * order: a key for a cache of its database (docs/ci.md). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/cli/show.h"
#include "experiments/run/ledger.h"

struct line {
    char cell[PL_HASH_TEXT], stamp[PL_HASH_TEXT];
};

static int by_cell(const void *a, const void *b) {
    return strcmp(((const struct line *)a)->cell, ((const struct line *)b)->cell);
}

static void add_hash(struct pl_strbuf *out, const struct pl_cells *cells) {
    char hash[PL_HASH_TEXT];
    struct pl_strbuf text;
    char(*stamps)[PL_HASH_TEXT] = pl_alloc_zero(cells->count, sizeof *stamps);
    struct line *lines = pl_alloc_zero(cells->count, sizeof *lines);
    pl_ledger_stamps(cells, stamps);
    for (size_t k = 0; k < cells->count; k++) {
        snprintf(lines[k].cell, sizeof lines[k].cell, "%s", cells->items[k].id);
        strcpy(lines[k].stamp, stamps[k]);
    }
    qsort(lines, cells->count, sizeof *lines, by_cell);
    pl_strbuf_init(&text);
    for (size_t k = 0; k < cells->count; k++)
        pl_strbuf_addf(&text, "%s %s\n", lines[k].cell, lines[k].stamp);
    pl_hash_text(hash, text.text);
    pl_strbuf_addf(out, "%s\n", hash);
    pl_strbuf_finish(&text);
    pl_free(lines);
    pl_free(stamps);
}

enum pl_status pl_show_stamp(const struct pl_args *args, struct pl_strbuf *out) {
    struct pl_ledger ledger;
    PL_TRY(pl_ledger_plan(&ledger, args->words[1], args->words + 2, args->word_count - 2));
    add_hash(out, &ledger.cells);
    pl_ledger_finish(&ledger);
    return PL_OK;
}
