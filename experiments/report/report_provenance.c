/* Where the cells of a study come from: the members of their provenance, each with its values. The parts of
 * their stamps (run/stamp.h) are left out: they are many, and `run --why-not` compares them. */
#include <stdlib.h>
#include <string.h>

#include "core/base/alloc.h"
#include "experiments/report/report_impl.h"

/* A member with more values than this (a time, say) is a cell's own matter. */
#define PROVENANCE_VALUES 8

/* One member over all cells: its distinct values as compact JSON. */
struct origin {
    const char *key;
    const char *values[PROVENANCE_VALUES + 1];
    size_t count; /* PROVENANCE_VALUES + 1 means too many */
};

struct origins {
    struct pl_arena arena;
    struct origin *items;
    size_t count, capacity;
};

static struct origin *origin_at(struct origins *origins, const char *key) {
    for (size_t i = 0; i < origins->count; i++)
        if (strcmp(origins->items[i].key, key) == 0) return &origins->items[i];
    if (origins->count == origins->capacity) {
        origins->capacity = origins->capacity ? 2 * origins->capacity : 16;
        origins->items = pl_realloc(origins->items, origins->capacity * sizeof *origins->items);
    }
    struct origin *origin = &origins->items[origins->count++];
    *origin = (struct origin){.key = pl_arena_strdup(&origins->arena, key)};
    return origin;
}

static void origin_add(struct origins *origins, const char *key, const struct pl_json *value) {
    struct origin *origin = origin_at(origins, key);
    if (origin->count > PROVENANCE_VALUES) return;
    char *text = pl_json_write(value, false);
    size_t i = 0;
    while (i < origin->count && strcmp(origin->values[i], text) != 0) i++;
    if (i == origin->count)
        origin->values[origin->count++] = pl_arena_strdup(&origins->arena, text);
    pl_free(text);
}

/* Cells of one run mostly share their text, so equal neighbours are parsed once. */
static void origins_collect(struct origins *origins, const struct pl_analysis *a) {
    const char *last = "";
    for (size_t i = 0; i < a->cells->count; i++) {
        const char *text = a->results[i].provenance;
        struct pl_json *object;
        if (!text || !*text || strcmp(text, last) == 0) continue;
        last = text;
        if (pl_json_parse(&object, text, strlen(text)) != PL_OK) continue;
        for (void *it = pl_json_first(object); it; it = pl_json_next(object, it))
            if (strcmp(pl_json_key(it), "parts") != 0)
                origin_add(origins, pl_json_key(it), pl_json_value(it));
        pl_json_destroy(object);
    }
}

static int compare_texts(const void *x, const void *y) {
    return strcmp(*(const char *const *)x, *(const char *const *)y);
}

static int compare_origins(const void *x, const void *y) {
    return strcmp(((const struct origin *)x)->key, ((const struct origin *)y)->key);
}

static struct pl_json *origin_json(struct origin *origin) {
    struct pl_json *values = pl_json_array();
    qsort(origin->values, origin->count, sizeof *origin->values, compare_texts);
    for (size_t i = 0; i < origin->count; i++) {
        struct pl_json *value;
        if (pl_json_parse(&value, origin->values[i], strlen(origin->values[i])) == PL_OK)
            pl_json_append(values, value);
    }
    return values;
}

struct pl_json *pl_report_provenance(const struct pl_analysis *analysis) {
    struct pl_json *members = pl_json_object();
    struct origins origins = {0};
    origins_collect(&origins, analysis);
    if (origins.count > 0)
        qsort(origins.items, origins.count, sizeof *origins.items, compare_origins);
    for (size_t i = 0; i < origins.count; i++)
        if (origins.items[i].count <= PROVENANCE_VALUES)
            pl_json_set(members, origins.items[i].key, origin_json(&origins.items[i]));
    pl_free(origins.items);
    pl_arena_finish(&origins.arena);
    return members;
}
