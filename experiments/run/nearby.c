/* The cells of a database are gathered by the text of their settings, which cells of all seeds share, and
 * each text is held against each text that is asked for, line by line: both are sorted by key. */
#include "experiments/run/nearby.h"

#include <stdio.h>
#include <string.h>

#include "core/config/names.h"

enum { DIFFER_MOST = 8, ASKED_MOST = 200, SEEDS_MOST = 12 };

/* A line "key = value". */
struct line {
    const char *key, *value;
    size_t key_length, length; /* of the key; of the value */
};

/* The next line at *text, which is moved behind it; false at the end. */
static bool next_line(const char **text, struct line *out) {
    const char *at = *text, *equals = strstr(at, " = ");
    size_t length = strcspn(at, "\n");
    if (!*at || !equals) return false;
    *out = (struct line){at, equals + 3, (size_t)(equals - at), 0};
    out->length = (size_t)(at + length - out->value);
    *text = at + length + (at[length] == '\n');
    return true;
}

static int by_key(const struct line *a, const struct line *b) {
    size_t shorter = a->key_length < b->key_length ? a->key_length : b->key_length;
    int order = memcmp(a->key, b->key, shorter);
    return order ? order : (a->key_length > b->key_length) - (a->key_length < b->key_length);
}

/* In what [theirs] differs from [asked]: lines of theirs; one that they lack has a NULL value. More than
 * DIFFER_MOST are not told apart. */
struct difference {
    struct line lines[DIFFER_MOST];
    size_t count;
};

static void compare(struct difference *out, const char *asked, const char *theirs) {
    struct line a, b;
    bool has_a = next_line(&asked, &a), has_b = next_line(&theirs, &b);
    out->count = 0;
    while ((has_a || has_b) && out->count < DIFFER_MOST) {
        int order = !has_a ? 1 : !has_b ? -1 : by_key(&a, &b);
        if (order < 0)
            out->lines[out->count++] = (struct line){a.key, NULL, a.key_length, 0};
        else if (order > 0 || a.length != b.length || memcmp(a.value, b.value, a.length) != 0)
            out->lines[out->count++] = b;
        if (order <= 0) has_a = next_line(&asked, &a);
        if (order >= 0) has_b = next_line(&theirs, &b);
    }
}

/* Whether "key=value" on a command line asks for it. */
static bool is_settable(const struct line *line) {
    static const char *const fixed[] = {"variant.name", "variant.version", "task.version", "seed"};
    for (size_t k = 0; k < sizeof fixed / sizeof fixed[0]; k++)
        if (strlen(fixed[k]) == line->key_length &&
            memcmp(fixed[k], line->key, line->key_length) == 0)
            return false;
    return line->value && !memchr(line->value, ' ', line->length) &&
           !memchr(line->value, ',', line->length);
}

static bool is_same(const struct difference *a, const struct difference *b) {
    if (a->count != b->count) return false;
    for (size_t k = 0; k < a->count; k++) {
        const struct line *x = &a->lines[k], *y = &b->lines[k];
        if (by_key(x, y) != 0 || !x->value != !y->value || x->length != y->length) return false;
        if (x->value && memcmp(x->value, y->value, x->length) != 0) return false;
    }
    return true;
}

/* ---- the search ---- */

struct search {
    const char **asked; /* distinct texts of settings */
    size_t asked_count;
    struct difference best;
    size_t count; /* finished cells that differ so */
    uint64_t seeds[SEEDS_MOST];
    size_t seed_count; /* distinct ones; more than SEEDS_MOST are not kept */
};

static void gather_asked(struct search *search, const struct pl_cells *cells,
                         struct pl_arena *arena) {
    search->asked = PL_ARENA_ARRAY(arena, const char *, ASKED_MOST);
    for (size_t k = 0; k < cells->count && search->asked_count < ASKED_MOST; k++) {
        bool known = false;
        for (size_t j = search->asked_count; j-- > 0 && !known;)
            known = search->asked[j] == cells->items[k].settings;
        if (!known) search->asked[search->asked_count++] = cells->items[k].settings;
    }
}

/* The least difference of [settings] from anything that is asked for. */
static void find_least(const struct search *search, const char *settings, struct difference *out) {
    out->count = DIFFER_MOST;
    for (size_t k = 0; k < search->asked_count; k++) {
        struct difference other;
        compare(&other, search->asked[k], settings);
        if (other.count < out->count) *out = other;
    }
}

static void note_seed(struct search *search, uint64_t seed) {
    for (size_t k = 0; k < search->seed_count && k < SEEDS_MOST; k++)
        if (search->seeds[k] == seed) return;
    if (search->seed_count < SEEDS_MOST) search->seeds[search->seed_count] = seed;
    search->seed_count++;
}

static enum pl_status look_at(struct search *search, struct pl_store *store,
                              const struct pl_cells *cells) {
    const char *last = NULL;
    struct difference difference = {.count = DIFFER_MOST};
    for (size_t k = 0; k < cells->count; k++) {
        char stamp[PL_HASH_TEXT];
        const struct pl_cell *cell = &cells->items[k];
        PL_TRY(pl_store_newest(store, cell->id, stamp));
        if (!*stamp) continue;
        if (cell->settings != last) find_least(search, cell->settings, &difference);
        last = cell->settings;
        if (difference.count == DIFFER_MOST || difference.count > search->best.count) continue;
        if (difference.count < search->best.count) {
            search->best = difference;
            search->count = search->seed_count = 0;
        }
        if (!is_same(&difference, &search->best)) continue;
        search->count++;
        note_seed(search, cell->seed);
    }
    return PL_OK;
}

/* "seed=7", "seeds=12" or "seeds=3,5": the seeds of what was found. */
static const char *seed_words(const struct search *search, struct pl_arena *arena) {
    bool counted = true;
    const char *list = "";
    for (size_t k = 0; k < search->seed_count && k < SEEDS_MOST; k++) {
        counted = counted && search->seeds[k] == k + 1;
        list = pl_arena_printf(arena, "%s%s%llu", list, k ? "," : "",
                               (unsigned long long)search->seeds[k]);
    }
    if (search->seed_count == 1 && !counted) return pl_arena_printf(arena, "seed=%s", list);
    if (counted) return pl_arena_printf(arena, "seeds=%zu", search->seed_count);
    return search->seed_count <= SEEDS_MOST ? pl_arena_printf(arena, "seeds=%s", list) : NULL;
}

static void tell(struct pl_nearby *out, const struct search *search, struct pl_arena *arena) {
    const char *keys[DIFFER_MOST];
    struct pl_strbuf text;
    out->count = search->count;
    out->words = "";
    for (size_t k = 0; k < search->best.count; k++) {
        const struct line *line = &search->best.lines[k];
        keys[k] = pl_arena_strndup(arena, line->key, line->key_length);
        if (!is_settable(line)) out->words = NULL;
        if (out->words)
            out->words = pl_arena_printf(arena, "%s%s%s=%.*s", out->words, *out->words ? " " : "",
                                         keys[k], (int)line->length, line->value);
    }
    if (search->best.count == 0) out->words = seed_words(search, arena);
    pl_strbuf_init(&text);
    if (search->best.count)
        pl_names_add(PL_NAME_LIST(keys, search->best.count), "and", &text);
    else
        pl_strbuf_add(&text, "their seeds");
    out->keys = pl_arena_strdup(arena, text.text);
    pl_strbuf_finish(&text);
}

enum pl_status pl_nearby_find(struct pl_nearby *out, const struct pl_ledger *ledger,
                              struct pl_arena *arena) {
    struct search *search = PL_ARENA_NEW(arena, struct search);
    struct pl_store_plan plans[2];
    struct pl_store *store;
    *out = (struct pl_nearby){0};
    memset(plans, 0, sizeof plans);
    search->best.count = DIFFER_MOST;
    PL_TRY(pl_store_open_file(&store, ledger->store));
    gather_asked(search, &ledger->cells, arena);
    enum pl_status status = pl_store_plan(store, &plans[0]);
    if (status == PL_OK) status = pl_store_former(store, &plans[1]);
    for (int k = 0; k < 2 && status == PL_OK; k++) status = look_at(search, store, &plans[k].cells);
    if (status == PL_OK && search->count) tell(out, search, arena);
    for (int k = 0; k < 2; k++) pl_store_plan_finish(&plans[k]);
    pl_store_close(store);
    return status;
}
