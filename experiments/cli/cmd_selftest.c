/* selftest: the conformance suites, on this machine. */
#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "experiments/cli/args.h"
#include "experiments/tools/conformance.h"
#include "experiments/tools/conformance_residuals.h"
#include "experiments/tools/conformance_tasks.h"
#include "experiments/tools/conformance_training.h"

struct options {
    const char *device;
};

static const struct pl_flag flags[] = {
    PL_FLAG_DEVICE(struct options, device),
    {0},
};

/* What was found so far. */
struct tally {
    int groups, checks, failures;
    enum pl_status status; /* of the first group that could not run */
};

/* A group is one line: whose, what, how many checks, seconds, verdict; then its failures. */
struct group {
    struct pl_conformance found;
    char whose[48], what[64];
    double start;
};

static void group_begin(struct group *group, const char *whose, const char *what) {
    pl_conformance_init(&group->found);
    snprintf(group->whose, sizeof group->whose, "%s", whose);
    snprintf(group->what, sizeof group->what, "%s", what);
    group->start = pl_clock_seconds();
}

static void group_end(struct group *group, struct tally *tally, enum pl_status status) {
    const struct pl_conformance *found = &group->found;
    bool passed = status == PL_OK && found->failures == 0 && found->checks > 0;
    printf("%-18s %-38s %6d checks %6.1f s  %s\n", group->whose, group->what, found->checks,
           pl_clock_seconds() - group->start, passed ? "ok" : "FAILED");
    if (status != PL_OK) printf("    %s\n", pl_message());
    if (status == PL_OK && found->checks == 0) printf("    nothing was checked\n");
    for (const char *line = found->text.text; *line; line += strcspn(line, "\n") + 1)
        printf("    %.*s\n", (int)strcspn(line, "\n"), line);
    fflush(stdout);
    tally->groups++;
    tally->checks += found->checks;
    tally->failures += passed ? 0 : found->failures ? found->failures : 1;
    if (tally->status == PL_OK) tally->status = status;
    pl_conformance_finish(&group->found);
}

/* ---- operators ---- */

enum { GRADIENT_SEEDS = 3, BACKEND_SEEDS = 20 };

static void test_operators(struct tally *tally) {
    struct group group;
    group_begin(&group, "operators", "every operator occurs in a case");
    group_end(&group, tally, pl_conformance_coverage(&group.found));
    group_begin(&group, "operators", "gradients against differences");
    group_end(&group, tally,
              pl_conformance_gradients(&group.found, (struct pl_seeds){1, GRADIENT_SEEDS}));
}

/* ---- backends ---- */

static void test_backend(struct tally *tally, const struct pl_backend *backend) {
    const char *name = pl_backend_name(backend);
    struct group group;
    group_begin(&group, name, "operators against ref");
    group_end(&group, tally,
              pl_conformance_operators(&group.found, backend, (struct pl_seeds){1, BACKEND_SEEDS}));
    group_begin(&group, name, "20 training steps against ref");
    for (int k = 0; pl_residuals[k]; k++)
        pl_conformance_training_backend(&group.found, pl_residuals[k], backend);
    group_end(&group, tally, PL_OK);
    group_begin(&group, name, "identities between variants");
    pl_conformance_training_identities(&group.found, backend);
    group_end(&group, tally, PL_OK);
}

/* Every one that can run here; of the others, why not. */
static void test_backends(struct tally *tally) {
    for (int k = 0; pl_backend_here(k); k++) test_backend(tally, pl_backend_here(k));
    for (int k = 0; pl_backend_at(k); k++)
        if (pl_backend_available(pl_backend_at(k)) != PL_OK)
            printf("%-18s left out: %s\n", pl_backend_name(pl_backend_at(k)), pl_message());
}

/* ---- variants ---- */

typedef void variant_check(struct pl_conformance *out, const struct pl_residual *residual,
                           const struct pl_backend *backend);

static void on_each_backend(struct tally *tally, const struct pl_residual *residual,
                            const char *what, variant_check *check) {
    for (int k = 0; pl_backend_here(k); k++) {
        struct group group;
        char text[64];
        snprintf(text, sizeof text, "%s %s", what, pl_backend_name(pl_backend_here(k)));
        group_begin(&group, residual->name, text);
        check(&group.found, residual, pl_backend_here(k));
        group_end(&group, tally, PL_OK);
    }
}

static void on_ref(struct tally *tally, const struct pl_residual *residual, const char *what,
                   void (*check)(struct pl_conformance *out, const struct pl_residual *residual)) {
    struct group group;
    group_begin(&group, residual->name, what);
    check(&group.found, residual);
    group_end(&group, tally, PL_OK);
}

static void test_variant(struct tally *tally, const struct pl_residual *residual) {
    on_ref(tally, residual, "gradients against differences", pl_conformance_residual_gradients);
    on_ref(tally, residual, "parameters by formula", pl_conformance_residual_params);
    if (residual->mix_row)
        on_ref(tally, residual, "mixing rows give each input", pl_conformance_residual_rows);
    if (residual->flags & PL_RESIDUAL_STARTS_STANDARD)
        on_ref(tally, residual, "starts as standard does", pl_conformance_residual_promise);
    on_each_backend(tally, residual, "loss and gradients against ref on",
                    pl_conformance_residual_backend);
    on_each_backend(tally, residual, "large numbers stay finite on",
                    pl_conformance_residual_finite);
    on_each_backend(tally, residual, "20 training steps against ref on",
                    pl_conformance_training_backend);
}

/* ---- tasks ---- */

static void test_task(struct tally *tally, const struct pl_task *task) {
    for (const struct pl_task_check *check = pl_task_checks; check->name; check++) {
        struct group group;
        group_begin(&group, task->name, check->name);
        check->run(&group.found, task);
        group_end(&group, tally, PL_OK);
    }
}

/* ---- what was asked for ---- */

static void test_everything(struct tally *tally) {
    test_operators(tally);
    test_backends(tally);
    for (int k = 0; pl_residuals[k]; k++) test_variant(tally, pl_residuals[k]);
    for (size_t k = 0; pl_task_at(k); k++) test_task(tally, pl_task_at(k));
}

static enum pl_status test_one(struct tally *tally, const char *kind, const char *name) {
    const struct pl_task *task;
    const struct pl_residual *residual;
    const struct pl_backend *backend;
    if (strcmp(kind, "task") == 0) {
        PL_TRY(pl_task_find(&task, name));
        test_task(tally, task);
    } else if (strcmp(kind, "variant") == 0) {
        PL_TRY(pl_residual_find(&residual, name));
        test_variant(tally, residual);
    } else if (strcmp(kind, "backend") == 0) {
        PL_TRY(pl_backend_find(&backend, name));
        test_backend(tally, backend);
    } else {
        return pl_fail(PL_ECONFIG, "selftest knows task, variant and backend; found \"%s\"", kind);
    }
    return PL_OK;
}

/* A kind without a name is all of that kind. */
static enum pl_status test_kind(struct tally *tally, const char *kind) {
    if (strcmp(kind, "task") == 0)
        for (size_t k = 0; pl_task_at(k); k++) test_task(tally, pl_task_at(k));
    else if (strcmp(kind, "variant") == 0)
        for (int k = 0; pl_residuals[k]; k++) test_variant(tally, pl_residuals[k]);
    else if (strcmp(kind, "backend") == 0)
        test_backends(tally);
    else
        return pl_fail(PL_ECONFIG, "selftest knows task, variant and backend; found \"%s\"", kind);
    return PL_OK;
}

static int run(const struct pl_args *args) {
    const struct options *options = args->options;
    struct tally tally = {0};
    enum pl_status status = PL_OK;
    pl_cli_choose_device(options->device);
    if (args->word_count > 2)
        status = pl_fail(PL_ECONFIG, "selftest takes at most a kind and a name; found \"%s\" too",
                         args->words[2]);
    else if (args->word_count == 2)
        status = test_one(&tally, args->words[0], args->words[1]);
    else if (args->word_count == 1)
        status = test_kind(&tally, args->words[0]);
    else
        test_everything(&tally);
    if (status != PL_OK) return pl_cli_fail(status);
    printf("\n%d groups, %d checks, %d failed\n", tally.groups, tally.checks, tally.failures);
    if (tally.status != PL_OK) return pl_status_exit(tally.status);
    return tally.failures ? 1 : 0;
}

const struct pl_command pl_command_selftest = {
    .name = "selftest",
    .summary = "Checks this program on this machine: operators, backends, variants, tasks",
    .usage = "[task|variant|backend [NAME]]",
    .details =
        "Without arguments everything is checked, which takes half a minute. A new task, variant\n"
        "or backend is checked by what its registry says of it; nothing else needs to be written.\n"
        "\n"
        "  task      shapes, bytes, prefix, disjoint splits, dial, reference points, refusals\n"
        "  variant   gradients, parameter count, agreement of backends, 20 training steps\n"
        "  backend   every operator against ref; training steps; identities between variants\n"
        "\n"
        "Exit status: 0 all is well, 1 a check failed, 2 usage.\n",
    .examples = "  plumbline selftest\n"
                "  plumbline selftest variant attnres_block\n"
                "  plumbline selftest backend cpu\n"
                "  plumbline selftest task\n",
    .flags = flags,
    .options_size = sizeof(struct options),
    .run = run,
};
