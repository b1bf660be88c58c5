#include "experiments/cli/why_not.h"

#include <string.h>

enum { EXAMPLES = 3 };

/* "1a2b3c4d standard task.structure=0.5 seed 3" */
static void add_cell(struct pl_strbuf *out, const struct pl_ledger *ledger, size_t index) {
    const struct pl_cell *cell = &ledger->cells.items[index];
    pl_strbuf_addf(out, "%.8s %s", cell->id, cell->label);
    for (size_t k = 0; k < ledger->experiment.axis_count; k++)
        pl_strbuf_addf(out, " %s=%s", ledger->experiment.axes[k].key, cell->axis_values[k]);
    pl_strbuf_addf(out, " seed %llu", (unsigned long long)cell->seed);
}

static bool belongs(const struct pl_pending *item, const struct pl_pending_group *group) {
    return item->why == group->why && strcmp(item->detail, group->detail) == 0;
}

static void add_group(struct pl_strbuf *out, const struct pl_ledger *ledger,
                      const struct pl_pending_list *list, const struct pl_pending_group *group,
                      size_t most) {
    size_t told = 0;
    pl_strbuf_addf(out, "\n%zu %s%s%s\n", group->count, pl_pending_name(group->why),
                   *group->detail ? ": " : "", group->detail);
    for (size_t k = group->first; k < list->count && told < most; k++) {
        if (!belongs(&list->items[k], group)) continue;
        pl_strbuf_add(out, "    ");
        add_cell(out, ledger, list->items[k].cell);
        pl_strbuf_add(out, "\n");
        told++;
    }
    if (told < group->count)
        pl_strbuf_addf(out, "    and %zu more (-v lists them)\n", group->count - told);
}

enum pl_status pl_why_not(struct pl_strbuf *out, const struct pl_ledger *ledger,
                          struct pl_store *store, bool each) {
    struct pl_pending_list list;
    PL_TRY(pl_pending_find(&list, ledger, store));
    pl_strbuf_addf(out, "%s: %zu cells, %zu done, %zu pending\n", ledger->experiment.name,
                   ledger->cells.count, ledger->cells.count - list.count, list.count);
    for (size_t k = 0; k < list.group_count; k++)
        add_group(out, ledger, &list, &list.groups[k], each ? list.count : EXAMPLES);
    pl_pending_finish(&list);
    return PL_OK;
}
