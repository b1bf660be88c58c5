/* Why cells are pending: one question to the store a cell, then groups of equal answers. What differs
 * between two stamps is worked out once, since it means reading and comparing two provenances.
 */
#include "experiments/run/pending.h"

#include <stdlib.h>
#include <string.h>

#include "experiments/run/stamp.h"

static const char *const names[] = {
    [PL_PENDING_HELD] = "being computed now",
    [PL_PENDING_FAILED] = "failed before",
    [PL_PENDING_OTHER] = "finished under other numerics",
    [PL_PENDING_LACKS] = "done, but without the diagnostics that are asked for",
    [PL_PENDING_STOPPED] = "begun and stopped",
    [PL_PENDING_NEVER] = "never started",
};

const char *pl_pending_name(enum pl_pending_why why) {
    return names[why];
}

/* What was found out about two stamps is true of every cell that has them. */
struct pair {
    char then[PL_HASH_TEXT], now[PL_HASH_TEXT];
    const char *difference;
};

struct search {
    struct pl_pending_list *out;
    const struct pl_ledger *ledger;
    struct pl_store *store;
    PL_VEC(struct pair) pairs;
};

/* ---- finished under other numerics ---- */

static enum pl_status find_difference(struct search *search, const struct pl_cell *cell,
                                      struct pair *pair) {
    struct pl_result result;
    struct pl_strbuf text;
    char *now;

    struct pl_json *json;
    PL_TRY(pl_ledger_provenance(cell, &json));
    now = pl_json_write(json, false);
    pl_json_destroy(json);

    enum pl_status status = pl_store_find(search->store, cell->id, pair->then, &result);
    if (status != PL_OK) {
        pl_free(now);
        return status;
    }
    pl_strbuf_init(&text);
    pl_stamp_difference(&text, result.provenance, now);
    pair->difference = pl_arena_strdup(&search->out->arena, text.text);
    pl_strbuf_finish(&text);
    pl_free(now);
    pl_result_finish(&result);
    return PL_OK;
}

static enum pl_status why_other(struct search *search, struct pl_pending *item) {
    const struct pl_cell *cell = &search->ledger->cells.items[item->cell];
    struct pair pair = {.difference = NULL};
    strcpy(pair.now, search->ledger->stamps[item->cell]);
    PL_TRY(pl_store_newest(search->store, cell->id, pair.then));
    for (size_t k = 0; k < search->pairs.count && !pair.difference; k++) {
        const struct pair *known = &search->pairs.items[k];
        if (strcmp(known->then, pair.then) == 0 && strcmp(known->now, pair.now) == 0)
            pair.difference = known->difference;
    }
    if (!pair.difference) {
        PL_TRY(find_difference(search, cell, &pair));
        PL_VEC_PUSH(&search->pairs, pair);
    }
    item->why = PL_PENDING_OTHER;
    item->detail = pair.difference;
    return PL_OK;
}

/* ---- one cell ---- */

static enum pl_status find_why(struct search *search, struct pl_pending *item) {
    const struct pl_ledger *ledger = search->ledger;
    struct pl_arena *arena = &search->out->arena;
    struct pl_store_state state = {0};
    item->why = PL_PENDING_NEVER;
    item->detail = "";
    if (!search->store) return PL_OK;
    PL_TRY(pl_store_state(search->store, ledger->cells.items[item->cell].id,
                          ledger->stamps[item->cell], &state));
    if (state.outcome == PL_RUNNING) {
        item->why = PL_PENDING_HELD;
        item->detail = pl_arena_printf(arena, "process %ld", state.holder);
    } else if (state.outcome == PL_FAILED) {
        item->why = PL_PENDING_FAILED;
        /* The first line of a message. */
        const char *message = ledger->results[item->cell].message;
        item->detail = pl_arena_strndup(arena, message, strcspn(message, "\n"));
    } else if (state.elsewhere) {
        return why_other(search, item);
    } else if (state.attempts > 0) {
        item->why = PL_PENDING_STOPPED;
        item->detail = pl_arena_printf(arena, "begun %ld time%s", state.attempts,
                                       state.attempts == 1 ? "" : "s");
    }
    return PL_OK;
}

/* Adds the cell to the list if it is still to be computed. */
static enum pl_status find_one(struct search *search, size_t index) {
    enum pl_outcome outcome = search->ledger->results[index].outcome;
    bool finished = pl_outcome_is_finished(outcome), lacks = false;
    struct pl_pending *item = &search->out->items[search->out->count];
    if (finished) PL_TRY(pl_ledger_lacks(search->ledger, index, &lacks));
    if (finished && !lacks) return PL_OK;
    *item = (struct pl_pending){index, PL_PENDING_LACKS, ""};
    search->out->count++;
    return finished ? PL_OK : find_why(search, item);
}

/* ---- groups ---- */

static void add_to_group(struct pl_pending_list *list, size_t index) {
    const struct pl_pending *item = &list->items[index];
    for (size_t k = 0; k < list->group_count; k++) {
        struct pl_pending_group *group = &list->groups[k];
        if (group->why != item->why || strcmp(group->detail, item->detail) != 0) continue;
        group->count++;
        return;
    }
    list->groups[list->group_count++] =
        (struct pl_pending_group){item->why, item->detail, 1, index};
}

static int by_reason(const void *x, const void *y) {
    const struct pl_pending_group *a = x, *b = y;
    if (a->why != b->why) return a->why < b->why ? -1 : 1;
    return a->first < b->first ? -1 : a->first > b->first;
}

enum pl_status pl_pending_find(struct pl_pending_list *out, const struct pl_ledger *ledger,
                               struct pl_store *store) {
    struct search search = {.out = out, .ledger = ledger, .store = store};
    *out = (struct pl_pending_list){0};
    out->items = PL_ARENA_ARRAY(&out->arena, struct pl_pending, ledger->cells.count + 1);
    enum pl_status status = PL_OK;
    for (size_t k = 0; status == PL_OK && k < ledger->cells.count; k++)
        status = find_one(&search, k);
    PL_VEC_FINISH(&search.pairs);
    if (status == PL_OK) {
        out->groups = PL_ARENA_ARRAY(&out->arena, struct pl_pending_group, out->count + 1);
        for (size_t k = 0; k < out->count; k++) add_to_group(out, k);
        qsort(out->groups, out->group_count, sizeof *out->groups, by_reason);
    } else
        pl_pending_finish(out);
    return status;
}

void pl_pending_finish(struct pl_pending_list *list) {
    if (!list) return;
    pl_arena_finish(&list->arena);
    *list = (struct pl_pending_list){0};
}
