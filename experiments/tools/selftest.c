/* The groups of a self-test. A group is a suite of conformance.h run over one subject: begun, filled by the
 * suite, ended, and told at once, since the whole takes half a minute. Members of the registries are walked,
 * so a new one is tested without a line here.
 */
#include "experiments/tools/selftest.h"

#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "experiments/tools/conformance.h"
#include "experiments/tools/conformance_residuals.h"
#include "experiments/tools/conformance_tasks.h"
#include "experiments/tools/conformance_training.h"

struct group {
    struct pl_conformance found;
    const char *whose, *what;
    double start;
};

static void group_begin(struct group *group, const char *whose, const char *what) {
    *group = (struct group){.whose = whose, .what = what, .start = pl_clock_seconds()};
    pl_conformance_init(&group->found);
}

static void group_end(struct group *group, struct pl_selftest *out, enum pl_status status) {
    const struct pl_conformance *found = &group->found;
    bool passed = status == PL_OK && found->failures == 0 && found->checks > 0;
    out->group(&(struct pl_selftest_group){.whose = group->whose,
                                           .what = group->what,
                                           .checks = found->checks,
                                           .seconds = pl_clock_seconds() - group->start,
                                           .passed = passed,
                                           .trouble = status == PL_OK ? NULL : pl_message(),
                                           .failures = found->text.text});
    out->groups++;
    out->checks += found->checks;
    out->failures += passed ? 0 : found->failures ? found->failures : 1;
    if (out->status == PL_OK) out->status = status;
    pl_conformance_finish(&group->found);
}

/* ---- operators ---- */

enum { GRADIENT_SEEDS = 3, BACKEND_SEEDS = 20 };

/* ---- backends ---- */

static void test_backend(struct pl_selftest *out, const struct pl_backend *backend) {
    const char *name = pl_backend_name(backend);
    struct group group;
    group_begin(&group, name, "operators against ref");
    group_end(&group, out,
              pl_conformance_operators(&group.found, backend, (struct pl_seeds){1, BACKEND_SEEDS}));
    group_begin(&group, name, "20 training steps against ref");
    for (int k = 0; pl_residuals[k]; k++)
        pl_conformance_training_backend(&group.found, pl_residuals[k], backend);
    pl_conformance_training_transformer(&group.found, backend);
    group_end(&group, out, PL_OK);
    group_begin(&group, name, "identities between variants");
    pl_conformance_training_identities(&group.found, backend);
    group_end(&group, out, PL_OK);
}

/* Every one that can run here; of the others, why not. */
static void test_backends(struct pl_selftest *out) {
    for (int k = 0; pl_backend_here(k); k++) test_backend(out, pl_backend_here(k));
    for (int k = 0; pl_backend_at(k); k++)
        if (pl_backend_available(pl_backend_at(k)) != PL_OK)
            out->left_out(pl_backend_name(pl_backend_at(k)), pl_message());
}

/* ---- variants ---- */

typedef void variant_check(struct pl_conformance *out, const struct pl_residual *residual,
                           const struct pl_backend *backend);

static void on_each_backend(struct pl_selftest *out, const struct pl_residual *residual,
                            const char *what, variant_check *check) {
    for (int k = 0; pl_backend_here(k); k++) {
        struct group group;
        char text[64];
        snprintf(text, sizeof text, "%s %s", what, pl_backend_name(pl_backend_here(k)));
        group_begin(&group, residual->name, text);
        check(&group.found, residual, pl_backend_here(k));
        group_end(&group, out, PL_OK);
    }
}

static void on_ref(struct pl_selftest *out, const struct pl_residual *residual, const char *what,
                   void (*check)(struct pl_conformance *out, const struct pl_residual *residual)) {
    struct group group;
    group_begin(&group, residual->name, what);
    check(&group.found, residual);
    group_end(&group, out, PL_OK);
}

static void test_variant(struct pl_selftest *out, const struct pl_residual *residual) {
    on_ref(out, residual, "gradients against differences", pl_conformance_residual_gradients);
    on_ref(out, residual, "parameters by formula", pl_conformance_residual_params);
    if (residual->mix_row)
        on_ref(out, residual, "mixing rows give each input", pl_conformance_residual_rows);
    if (residual->flags & PL_RESIDUAL_STARTS_STANDARD)
        on_ref(out, residual, "starts as standard does", pl_conformance_residual_promise);
    on_each_backend(out, residual, "loss and gradients against ref on",
                    pl_conformance_residual_backend);
    on_each_backend(out, residual, "large numbers stay finite on", pl_conformance_residual_finite);
    on_each_backend(out, residual, "20 training steps against ref on",
                    pl_conformance_training_backend);
}

/* ---- tasks ---- */

static void test_task(struct pl_selftest *out, const struct pl_task *task) {
    for (const struct pl_task_check *check = pl_task_checks; check->name; check++) {
        struct group group;
        group_begin(&group, task->name, check->name);
        check->run(&group.found, task);
        group_end(&group, out, PL_OK);
    }
}

/* ---- what was asked for ---- */

static void test_variants(struct pl_selftest *out) {
    for (int k = 0; pl_residuals[k]; k++) test_variant(out, pl_residuals[k]);
}

static void test_tasks(struct pl_selftest *out) {
    for (size_t k = 0; pl_task_at(k); k++) test_task(out, pl_task_at(k));
}

static enum pl_status test_task_named(struct pl_selftest *out, const char *name) {
    const struct pl_task *task;
    PL_TRY(pl_task_find(&task, name));
    test_task(out, task);
    return PL_OK;
}

static enum pl_status test_variant_named(struct pl_selftest *out, const char *name) {
    const struct pl_residual *residual;
    PL_TRY(pl_residual_find(&residual, name));
    test_variant(out, residual);
    return PL_OK;
}

static enum pl_status test_backend_named(struct pl_selftest *out, const char *name) {
    const struct pl_backend *backend;
    PL_TRY(pl_backend_find(&backend, name));
    test_backend(out, backend);
    return PL_OK;
}

static const struct {
    const char *kind;
    void (*all)(struct pl_selftest *out);
    enum pl_status (*named)(struct pl_selftest *out, const char *name);
} kinds[] = {
    {"backend", test_backends, test_backend_named},
    {"variant", test_variants, test_variant_named},
    {"task", test_tasks, test_task_named},
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

enum pl_status pl_selftest_run(struct pl_selftest *out, const char *kind, const char *name) {
    if (!kind) {
        struct group group;
        group_begin(&group, "operators", "every operator occurs in a case");
        group_end(&group, out, pl_conformance_coverage(&group.found));
        group_begin(&group, "operators", "gradients against differences");
        group_end(&group, out,
                  pl_conformance_gradients(&group.found, (struct pl_seeds){1, GRADIENT_SEEDS}));
    }
    for (int k = 0; k < KINDS; k++) {
        if (kind && strcmp(kind, kinds[k].kind) != 0) continue;
        if (name) return kinds[k].named(out, name);
        kinds[k].all(out);
        if (kind) return PL_OK;
    }
    if (!kind) return PL_OK;
    return pl_fail(PL_ECONFIG, "selftest knows task, variant and backend; found \"%s\"", kind);
}
