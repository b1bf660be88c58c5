#include "experiments/cli/from_reference.h"

#include "core/base/log.h"
#include "experiments/check/packed.h"

enum pl_status pl_cli_from_reference(struct pl_ledger *ledger, const char *study,
                                     const char *path) {
    const char *name = ledger->experiment.name;
    struct pl_packed packed;
    struct pl_packed_fit fit;
    if (!path) path = pl_reference_find(name, study, &ledger->arena);
    if (!path)
        return pl_fail(PL_EMISMATCH,
                       "%s has no reference to read; `plumbline bless %s --packed` makes one", name,
                       study);
    if (!pl_packed_is(path))
        return pl_fail(PL_EMISMATCH,
                       "%s is a reference that only check compares with; one that can be told by "
                       "itself is made by `plumbline bless %s --packed`",
                       path, study);
    PL_TRY(pl_packed_read(&packed, path, name));
    pl_packed_results(&fit, &packed, &ledger->experiment, &ledger->cells, ledger->results,
                      &ledger->arena);
    pl_info("%s: %zu of %zu groups (an entry at a point), made at %s", path, fit.filled, fit.groups,
            *packed.commit ? packed.commit : "an unknown commit");
    if (fit.filled < fit.groups)
        pl_warn(
            "%zu of %zu groups are not in %s, %zu of these since their settings are others%s%s; "
            "their cells count as pending",
            fit.groups - fit.filled, fit.groups, path, fit.other,
            fit.other ? ", such as those of " : "", fit.other ? fit.first_other : "");
    pl_packed_finish(&packed);
    return fit.filled ? PL_OK
                      : pl_fail(PL_EMISMATCH, "%s has none of the cells of %s", path, study);
}
