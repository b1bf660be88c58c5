/* check: does what a study established still stand? Missing cells, then its claims. */
#include <string.h>

#include "core/base/log.h"
#include "core/config/quote.h"
#include "experiments/check/output.h"
#include "experiments/check/packed.h"
#include "experiments/cli/check_looks.h"
#include "experiments/cli/from_reference.h"
#include "experiments/cli/output.h"
#include "experiments/study/reach.h"

struct options {
    struct pl_request_flags request;
    const char *reference;        /* NULL: the study's own, if it is there */
    const char *drift;            /* warn, fail; NULL: what is portable fails */
    const char *junit, *markdown; /* files; NULL: not asked for */
    long more_seeds;
    bool exact, json, strict, from_reference;
};

static const struct pl_flag flags[] = {
    PL_REQUEST_FLAGS(struct options, request),
    {"reference", 0, "FILE",
     "what to compare with, or none (default: results/reference/STUDY.json or the folder STUDY "
     "there, here or above the study)",
     PL_TEXT(struct options, reference, NULL)},
    {"from-reference", 0, NULL,
     "compute nothing: judge the claims on what the packed reference says (bless --packed)",
     PL_SWITCH(struct options, from_reference)},
    {"drift", 0, "RULE",
     "numbers that moved: warn, or fail with status 6 (default: fail where cells are portable, "
     "whose bits every machine gives; warn elsewhere)",
     PL_TEXT(struct options, drift, NULL)},
    {"exact", 0, NULL, "end with status 6 when a number has other bits than the reference's",
     PL_SWITCH(struct options, exact)},
    {"junit", 0, "FILE", "write JUnit XML there, a test case a claim",
     PL_TEXT(struct options, junit, NULL)},
    {"markdown", 0, "FILE", "write Markdown there, for a pull request or a step summary",
     PL_TEXT(struct options, markdown, NULL)},
    {"json", 0, NULL, "print the stable form (docs/ci.md) instead of the table",
     PL_SWITCH(struct options, json)},
    {"more-seeds", 0, "MAX", "give inconclusive claims fresh seeds, up to MAX in all",
     PL_COUNT(struct options, more_seeds, NULL, 100000)},
    {"strict", 0, NULL, "end with status 4 when a claim is inconclusive",
     PL_SWITCH(struct options, strict)},
    {0},
};

static enum pl_status read_drift_rule(enum pl_drift_rule *out, const char *text) {
    char shown[PL_QUOTED];
    *out = PL_DRIFT_PORTABLE;
    if (!text) return PL_OK;
    *out = strcmp(text, "warn") == 0 ? PL_DRIFT_WARN : PL_DRIFT_FAIL;
    if (*out == PL_DRIFT_WARN || strcmp(text, "fail") == 0) return PL_OK;
    return pl_fail(PL_ECONFIG, "--drift is %s; it takes warn or fail", pl_quoted(shown, text));
}

static enum pl_status write_page(const struct pl_check *check, const char *format,
                                 const char *path) {
    struct pl_strbuf text;
    if (path) PL_TRY(pl_output_spares_study(path, check->experiment));
    pl_strbuf_init(&text);
    pl_check_write(check, format, &text);
    bool page = strcmp(format, "text") == 0;
    enum pl_status status = (page ? pl_cli_show : pl_cli_write)(path, text.text);
    pl_strbuf_finish(&text);
    return status;
}

static enum pl_status write_pages(const struct pl_check *check, const struct options *options) {
    if (options->junit) PL_TRY(write_page(check, "junit", options->junit));
    if (options->markdown) PL_TRY(write_page(check, "md", options->markdown));
    return write_page(check, options->json ? "json" : "text", NULL);
}

/* Against the reference [then], if there is one, and its claims. */
static enum pl_status judge(struct pl_check *check, const struct pl_ledger *ledger,
                            const struct options *options, const struct pl_reference *then,
                            int *exit_status) {
    struct pl_reference now = {0};
    struct pl_drift drift = {0};
    struct pl_json *provenance = NULL;
    if (check->reference) {
        PL_TRY(pl_ledger_provenance(pl_ledger_machine(ledger), &provenance));
        pl_reference_gather(&now, &ledger->experiment, &ledger->cells, ledger->results, NULL);
        pl_drift_find(&drift, then, &now, pl_json_as_text(pl_json_get(provenance, "numerics"), ""));
        check->commit = then->commit;
        check->drift = &drift;
    }
    *exit_status = pl_check_exit(check);
    enum pl_status status = write_pages(check, options);
    pl_json_destroy(provenance);
    pl_drift_finish(&drift);
    pl_reference_finish(&now);
    return status;
}

/* What the reference at [path] says of the study. */
static enum pl_status read_reference(struct pl_reference *out, const struct pl_ledger *ledger,
                                     const char *path) {
    struct pl_packed packed;
    struct pl_packed_fit fit;
    if (!pl_packed_is(path)) return pl_reference_read(out, path);
    PL_TRY(pl_packed_read(&packed, path, ledger->experiment.name));
    pl_packed_reference(out, &packed, &ledger->experiment, &ledger->cells, &fit);
    if (fit.other)
        pl_warn("%s has other settings for %zu of %zu groups, such as those of %s", path, fit.other,
                fit.groups, fit.first_other);
    pl_packed_finish(&packed);
    return PL_OK;
}

static enum pl_status check_study(struct pl_ledger *ledger, const struct options *options,
                                  struct pl_request *request, struct pl_arena *arena,
                                  int *exit_status) {
    struct pl_check check;
    struct pl_reference then = {0};
    const char *path = options->reference;
    if (!path) path = pl_reference_find(ledger->experiment.name, ledger->experiment.path, arena);
    if (path && strcmp(path, "none") == 0) path = NULL;
    if (options->from_reference && (options->exact || options->drift || options->more_seeds))
        return pl_fail(
            PL_ECONFIG,
            "--from-reference computes nothing, so there is nothing that --exact, --drift or "
            "--more-seeds could ask for; leave one side out");
    if (options->from_reference) path = NULL; /* it would be compared with itself */
    enum pl_drift_rule rule;
    PL_TRY(read_drift_rule(&rule, options->drift));
    if (rule == PL_DRIFT_WARN && options->exact)
        return pl_fail(PL_ECONFIG, "--exact fails where a bit differs, and --drift warn lets it "
                                   "pass; leave one of them out");
    PL_TRY(pl_check_init(&check, &ledger->experiment, (size_t)options->more_seeds));
    check.drift_rule = rule;
    check.strict = options->strict;
    check.exact = options->exact;
    check.reference = path;
    if (check.claims.count == 0 && !path && !options->from_reference)
        pl_warn("%s makes no claims and has no reference; add some under \"claims:\" "
                "(configs/README.md)",
                request->path);
    pl_experiment_warn_of_reach(&ledger->experiment);
    struct pl_strbuf note;
    pl_strbuf_init(&note);
    pl_check_power_note(&check, &note);
    if (note.length) pl_warn("%s", note.text);
    pl_strbuf_finish(&note);
    enum pl_status status = path ? read_reference(&then, ledger, path) : PL_OK;
    if (status == PL_OK && options->from_reference) {
        status = pl_cli_from_reference(ledger, request->path, options->reference);
        if (status == PL_OK)
            pl_check_look(&check, &ledger->experiment, &ledger->cells, ledger->results, NULL);
    } else if (status == PL_OK)
        status = pl_check_looks(&check, ledger, request, arena);
    if (check.lacking)
        pl_warn(
            "%zu of %zu cells are pending: another run computes them, or this one ended before; "
            "claims that need them are inconclusive",
            check.lacking, check.lacking_of);
    if (status == PL_OK) status = judge(&check, ledger, options, &then, exit_status);
    pl_reference_finish(&then);
    pl_check_finish(&check);
    return status;
}

static int run(const struct pl_args *args) {
    const struct options *options = args->options;
    struct pl_arena arena = {0};
    struct pl_ledger ledger = {0};
    struct pl_request request;
    int exit_status = 0;
    enum pl_status status = pl_request_read(&request, args, &options->request, &arena);
    if (status == PL_OK)
        status = pl_ledger_plan(&ledger, request.path, request.overrides, request.override_count);
    if (status == PL_OK) status = check_study(&ledger, options, &request, &arena, &exit_status);
    pl_ledger_finish(&ledger);
    pl_arena_finish(&arena);
    return status == PL_OK ? exit_status : pl_cli_fail(status);
}

const struct pl_command pl_command_check = {
    .name = "check",
    .summary = "Holds a study's results to its claims",
    .usage = "STUDY.yaml [key=value ...] [-j N] [--results DIR] [--reference FILE] [--exact]\n"
             "                [--from-reference] [--drift RULE] [--more-seeds MAX] [--strict] "
             "[--junit FILE] "
             "[--markdown FILE] [--json]",
    .details =
        "Computes the missing cells, as run does, and judges every claim of the study on results\n"
        "of the present numerics alone. A claim is contradicted only when the reverse effect is\n"
        "significant, corrected for all claims, and beyond the claim's practical margin: on fresh\n"
        "seeds that happens by chance in at most 1 % of checks. Otherwise it holds, or the effect\n"
        "is too small to matter, or the seeds do not tell (inconclusive). --more-seeds adds seeds\n"
        "in steps that are fixed beforehand and share the same error rate.\n"
        "\nExit status: 0 nothing is contradicted, 1 a claim is, 3 some cell failed, 4 some claim "
        "is\n"
        "inconclusive (--strict), 6 numbers moved that must not (--drift, --exact).\n",
    .examples = "  plumbline check ci-rankings\n"
                "  plumbline check liu-post1 --more-seeds 48 --strict\n"
                "  plumbline check ci-rankings --junit check.xml --markdown check.md\n",
    .flags = flags,
    .options_size = sizeof(struct options),
    .run = run,
};
