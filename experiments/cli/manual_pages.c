/* The pages of docs/reference. Every page is Markdown in lines as long as they come: the rows of tables may
 * not be broken. Text of a table goes through add_cell, since "|" ends a cell there, and "<" and "*" mean
 * something. Where a heading is a link's target its anchor is the one that GitHub makes (add_anchor).
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "core/model/model.h"
#include "core/train/metric.h"
#include "experiments/check/judge.h"
#include "experiments/check/output.h"
#include "experiments/check/packed.h"
#include "experiments/check/reference.h"
#include "experiments/cli/manual.h"
#include "experiments/evidence/analysis.h"
#include "experiments/report/pages.h"
#include "experiments/report/report.h"
#include "experiments/run/store/store.h"
#include "experiments/study/keys.h"
#include "experiments/study/options.h"
#include "experiments/tools/bench.h"
#include "experiments/tools/export.h"

static void add_cell(struct pl_strbuf *out, const char *text) {
    bool code = false;
    for (; *text; text++) {
        if (*text == '`') code = !code;
        if (*text == '|' || (!code && (*text == '*' || *text == '<'))) pl_strbuf_add(out, "\\");
        pl_strbuf_add_bytes(out, text, 1);
    }
}

/* What GitHub makes of a heading: lower case, a hyphen for each space, no other signs. */
static void add_anchor(struct pl_strbuf *out, const char *heading) {
    for (; *heading; heading++) {
        char sign = *heading == ' ' ? '-' : (char)tolower((unsigned char)*heading);
        if (isalnum((unsigned char)sign) || sign == '-' || sign == '_')
            pl_strbuf_add_bytes(out, &sign, 1);
    }
}

static void add_link(struct pl_strbuf *out, const char *heading) {
    pl_strbuf_addf(out, "[`%s`](#", heading);
    add_anchor(out, heading);
    pl_strbuf_add(out, ")");
}

static void add_rows(struct pl_strbuf *out, const struct pl_manual_row *row) {
    for (; row->term; row++) {
        const char *code = strchr(row->term, '`') ? "" : "`"; /* some have their own */
        pl_strbuf_addf(out, "| %s%s%s | ", code, row->term, code);
        if (row->also) pl_strbuf_addf(out, "%s | ", row->also);
        add_cell(out, row->text);
        pl_strbuf_add(out, " |\n");
    }
}

/* ---- commands ---- */

void pl_manual_flag_help(const struct pl_flag *flag, struct pl_strbuf *out) {
    pl_strbuf_add(out, flag->help);
    for (size_t k = 0; flag->choice && flag->choice(k); k++)
        pl_strbuf_addf(out, "%s%s",
                       k == 0                ? ""
                       : flag->choice(k + 1) ? ", "
                                             : " or ",
                       flag->choice(k));
    if (flag->dflt) pl_strbuf_addf(out, " (default: %s)", flag->dflt);
}

static void add_flags(struct pl_strbuf *out, const struct pl_flag *flag) {
    struct pl_strbuf help;
    pl_strbuf_init(&help);
    for (; flag && flag->name; flag++) {
        pl_strbuf_add(out, "| `");
        if (flag->letter) pl_strbuf_addf(out, "-%c, ", flag->letter);
        pl_strbuf_addf(out, "--%s%s%s` | ", flag->name, flag->value ? " " : "",
                       flag->value ? flag->value : "");
        pl_strbuf_clear(&help);
        pl_manual_flag_help(flag, &help);
        add_cell(out, help.text);
        pl_strbuf_add(out, " |\n");
    }
    pl_strbuf_finish(&help);
}

/* Paragraphs as they are; lines that begin with blanks are a table or an example and keep their form. */
static void add_details(struct pl_strbuf *out, const char *text) {
    bool code = false;
    while (*text) {
        size_t length = strcspn(text, "\n");
        bool indented = *text == ' ';
        if (length > 0 && indented != code) pl_strbuf_add(out, code ? "```\n\n" : "\n```\n");
        if (length > 0) code = indented;
        if (code) {
            pl_strbuf_add_bytes(out, text, length);
        } else {
            char line[512];
            snprintf(line, sizeof line, "%.*s", (int)length, text);
            add_cell(out, line);
        }
        pl_strbuf_add(out, "\n");
        text += length + (text[length] == '\n');
    }
    if (code) pl_strbuf_add(out, "```\n");
}

static void write_commands(struct pl_strbuf *out) {
    pl_strbuf_add(out, "\n| command | what it does |\n|---|---|\n");
    for (int k = 0; pl_commands[k]; k++) {
        if (pl_commands[k]->hidden) continue;
        pl_strbuf_add(out, "| ");
        add_link(out, pl_commands[k]->name);
        pl_strbuf_addf(out, " | %s |\n", pl_commands[k]->summary);
    }
    pl_strbuf_add(out, "\n## Flags of every command\n\n| flag | what it does |\n|---|---|\n");
    add_flags(out, pl_common_flags);
    for (int k = 0; pl_commands[k]; k++) {
        const struct pl_command *command = pl_commands[k];
        if (command->hidden) continue;
        pl_strbuf_addf(out, "\n## %s\n\n```\nplumbline %s %s\n```\n\n%s.\n", command->name,
                       command->name, command->usage, command->summary);
        if (command->details) {
            pl_strbuf_add(out, "\n");
            add_details(out, command->details);
        }
        if (command->flags && command->flags->name) {
            pl_strbuf_add(out, "\n| flag | what it does |\n|---|---|\n");
            add_flags(out, command->flags);
        }
        if (command->examples) pl_strbuf_addf(out, "\n```\n%s```\n", command->examples);
    }
}

/* ---- keys of a study ---- */

static void write_study(struct pl_strbuf *out) {
    pl_strbuf_add(out, "\n| key | what it says |\n|---|---|\n");
    for (const struct pl_study_key *key = pl_study_keys; key->name; key++) {
        pl_strbuf_add(out, "| ");
        add_link(out, key->name);
        pl_strbuf_add(out, " | ");
        add_cell(out, key->help);
        pl_strbuf_add(out, " |\n");
    }
    for (const struct pl_study_key *key = pl_study_keys; key->name; key++) {
        pl_strbuf_addf(out, "\n## %s\n\n", key->name);
        add_cell(out, key->help);
        pl_strbuf_addf(out, ".\n\n- takes: `%s`\n- default: ", key->form);
        add_cell(out, key->dflt ? key->dflt : "none, it is required");
        pl_strbuf_addf(out, "\n\n```yaml\n%s\n```\n", key->example);
    }
}

/* ---- options ---- */

/* A row that every table of its section has; it is told once. */
static bool is_common(const struct pl_option_section *section, const struct pl_option *row) {
    struct pl_option_section other;
    size_t tables = 0;
    for (size_t s = 0; pl_option_section_at(s, &other); s++) {
        if (strcmp(other.section, section->section) != 0) continue;
        const struct pl_option *twin = pl_option_find(other.options, row->name);
        if (!twin || strcmp(twin->dflt, row->dflt) != 0 || strcmp(twin->help, row->help) != 0)
            return false;
        tables++;
    }
    return tables > 1;
}

static void add_option(struct pl_strbuf *out, const char *section, const struct pl_option *row) {
    struct pl_strbuf accepted;
    pl_strbuf_init(&accepted);
    pl_option_accepted(row, &accepted);
    pl_strbuf_addf(out, "| `%s.%s` | `%s` | ", section, row->name, *row->dflt ? row->dflt : "\"\"");
    add_cell(out, accepted.text);
    pl_strbuf_add(out, " | ");
    add_cell(out, row->help);
    pl_strbuf_add(out, " |\n");
    pl_strbuf_finish(&accepted);
}

static void add_options(struct pl_strbuf *out, const struct pl_option_section *section,
                        bool common) {
    bool head = false;
    for (size_t r = 0; r < section->options->count; r++) {
        const struct pl_option *row = &section->options->rows[r];
        if (is_common(section, row) != common) continue;
        if (!head)
            pl_strbuf_add(out, "\n| setting | default | takes | what it is |\n|---|---|---|---|\n");
        head = true;
        add_option(out, section->section, row);
    }
    if (!head && !common) pl_strbuf_add(out, "\nNo options of its own.\n");
}

static void add_about(struct pl_strbuf *out, const struct pl_option_section *section) {
    const struct pl_task *task;
    const struct pl_residual *variant;
    if (strcmp(section->section, "task") == 0 && pl_task_find(&task, section->owner) == PL_OK) {
        pl_strbuf_add(out, "\n");
        add_cell(out, task->summary);
        pl_strbuf_add(out, ".\n");
    }
    if (strcmp(section->section, "variant") == 0 &&
        pl_residual_find(&variant, section->owner) == PL_OK) {
        pl_strbuf_addf(out, "\n`%s` (", variant->formula);
        add_cell(out, variant->citation);
        pl_strbuf_add(out, ")\n");
    }
}

static void write_options(struct pl_strbuf *out) {
    static const struct {
        const char *section, *text;
    } groups[] = {
        {"model",
         "Of the network that carries the residual connections. `model.kind` names the host"},
        {"train", "Of the training"},
        {"limits", "Of a run; no part of a cell"},
        {"diagnostics", "What is measured inside the networks; no part of a cell "
                        "([diagnostics](../diagnostics.md))"},
        {"task", "Of what is learned ([tasks](../tasks.md))"},
        {"variant",
         "Of the residual connections ([variants](../variants.md)). In an entry of `variants:` "
         "they are written by their bare names"},
    };
    struct pl_option_section section;
    for (size_t g = 0; g < sizeof groups / sizeof groups[0]; g++) {
        bool first = true;
        pl_strbuf_addf(out, "\n## %s.*\n\n%s.\n", groups[g].section, groups[g].text);
        for (size_t s = 0; pl_option_section_at(s, &section); s++) {
            if (strcmp(section.section, groups[g].section) != 0) continue;
            if (first) add_options(out, &section, true);
            first = false;
            if (strcmp(section.section, section.owner) != 0 ||
                strcmp(section.section, "model") == 0) {
                pl_strbuf_addf(out, "\n### %s\n",
                               strcmp(section.owner, "model") == 0 ? "mlp" : section.owner);
                add_about(out, &section);
            }
            add_options(out, &section, false);
        }
    }
}

/* ---- metrics, verdicts, files ---- */

static void write_metrics(struct pl_strbuf *out) {
    static const struct {
        unsigned use;
        const char *word;
    } uses[] = {{PL_METRIC_COMPARE, "compare"},
                {PL_METRIC_SELECT, "select"},
                {PL_METRIC_CLAIM, "claim"},
                {PL_METRIC_COST, "cost"},
                {PL_METRIC_REFERENCE, "reference"}};
    pl_strbuf_add(
        out, "\n| use | where the metric may be named |\n|---|---|\n"
             "| compare | `metric:` of a study, `--metric` of a command |\n"
             "| select | `select: {by: ...}` |\n"
             "| claim | `metric:` of a claim about results |\n"
             "| cost | `metric:` of a claim about costs |\n"
             "| reference | it is kept by `bless`, and `check` holds it |\n"
             "\n| metric | better | compared as | use | what it is |\n|---|---|---|---|---|\n");
    for (size_t k = 0; k < PL_METRIC_ROWS; k++) {
        const struct pl_metric_row *row = &pl_metrics[k];
        const char *comma = "";
        pl_strbuf_addf(out, "| `%s` | %s | %s | ", row->name,
                       !row->uses    ? ""
                       : row->higher ? "higher"
                                     : "lower",
                       !row->uses   ? ""
                       : row->ratio ? "a ratio"
                                    : "a difference");
        for (size_t u = 0; u < sizeof uses / sizeof uses[0]; u++)
            if (row->uses & uses[u].use) {
                pl_strbuf_addf(out, "%s%s", comma, uses[u].word);
                comma = ", ";
            }
        pl_strbuf_add(out, *comma ? " | " : "report alone | ");
        add_cell(out, row->help);
        if (*row->unit) pl_strbuf_addf(out, " (%s)", row->unit);
        if (row->classes) pl_strbuf_add(out, "; tasks of classes");
        if (row->open) pl_strbuf_add(out, "; a run that never gets there counts as infinitely bad");
        pl_strbuf_add(out, " |\n");
    }
}

static void write_verdicts(struct pl_strbuf *out) {
    static const struct {
        enum pl_verdict verdict;
        const char *text;
    } comparisons[] = {
        {PL_BETTER, "told apart from the baseline, with the lower loss: p, after Holm's "
                    "correction, is at most 0.05"},
        {PL_WORSE, "told apart from it, with the higher loss"},
        {PL_EQUIVALENT, "shown to differ by less than 2 % (two one-sided tests)"},
        {PL_INCONCLUSIVE, "neither: the seeds do not tell. More of them may (`plumbline noise`)"},
    };
    static const struct {
        enum pl_claim_verdict verdict;
        const char *text;
    } claims[] = {
        {PL_CLAIM_HOLDS, "the advantage is above what is claimed, at 5 % after Holm's correction"},
        {PL_CLAIM_CONTRADICTED, "the reverse is significant at 1 % after Holm's correction, and "
                                "beyond the claim's margin"},
        {PL_CLAIM_TOO_SMALL, "shown: there is no difference that matters, or less than is claimed"},
        {PL_CLAIM_OPEN, "none of these"},
    };
    static const struct {
        enum pl_outcome outcome;
        const char *text;
    } outcomes[] = {
        {PL_PENDING, "not run yet"},
        {PL_RUNNING, "a worker is at it"},
        {PL_DONE, "it ended, with finite losses"},
        {PL_DIVERGED, "a loss is not finite, or ends above 1000 times the trivial one. A result: "
                      "the worst of its point"},
        {PL_FAILED, "it gave no result (a crash, a limit, no memory); tried again by the next run"},
    };
    pl_strbuf_add(out, "\n## Of a comparison\n\nAn entry beside the baseline, over seeds "
                       "([statistics](../statistics.md)).\n\n| word | when |\n|---|---|\n");
    for (size_t k = 0; k < sizeof comparisons / sizeof comparisons[0]; k++)
        pl_strbuf_addf(out, "| %s | %s |\n", pl_verdict_name(comparisons[k].verdict),
                       comparisons[k].text);
    pl_strbuf_add(out, "\n## Of a claim\n\nBy `check`, in this order of precedence: contradicted, "
                       "too small, holds, "
                       "inconclusive ([ci](../ci.md#verdicts)).\n\n| word | when |\n|---|---|\n");
    for (size_t k = 0; k < sizeof claims / sizeof claims[0]; k++)
        pl_strbuf_addf(out, "| %s | %s |\n", pl_claim_verdict_name(claims[k].verdict),
                       claims[k].text);
    pl_strbuf_add(out, "\n## Of a cell\n\n| word | when |\n|---|---|\n");
    for (size_t k = 0; k < sizeof outcomes / sizeof outcomes[0]; k++)
        pl_strbuf_addf(out, "| %s | %s |\n", pl_outcome_name(outcomes[k].outcome),
                       outcomes[k].text);
}

static void write_files(struct pl_strbuf *out) {
    pl_strbuf_add(out,
                  "\n`results` is what `--results DIR` says; `STUDY` is the name in the study.\n"
                  "\n| file | made by | what is in it |\n|---|---|---|\n");
    add_rows(out, pl_manual_files);
    pl_strbuf_add(out, "\n## Environment\n\n| variable | what it does |\n|---|---|\n");
    add_rows(out, pl_manual_environment);
}

static void write_statuses(struct pl_strbuf *out) {
    pl_strbuf_add(out, "\n| status | meaning |\n|---|---|\n");
    add_rows(out, pl_manual_statuses);
    pl_strbuf_add(out, "\nWhere several hold: 130, 2, 7, 5, 3, 6, 1, 4 in that order.\n");
}

static void write_versions(struct pl_strbuf *out) {
    static const struct {
        const char *what;
        int number;
        const char *raised, *old;
    } formats[] = {
        {"the store, `results/STUDY/cells.db`", PL_STORE_SCHEMA, "a table or a column changes",
         "brought up to date when it is opened, by `results/upgrade-N.sql`; a newer one is refused "
         "with a sentence"},
        {"`report --format json` ([members](../report-json.md))", PL_REPORT_SCHEMA,
         "a member changes its meaning or goes away; a new member raises nothing",
         "readers compare `schema`"},
        {"`check --json` ([members](../ci.md#pages))", PL_CHECK_SCHEMA, "likewise",
         "readers compare `schema`"},
        {"a reference, `results/reference/STUDY.json`", PL_REFERENCE_SCHEMA, "likewise",
         "refused; `bless` writes it anew, and `git diff` shows what is approved"},
        {"a packed reference, `results/reference/STUDY/part-*.json`", PL_PACKED_SCHEMA, "likewise",
         "refused; `bless --packed` writes it anew"},
        {"`noise --json` ([members](../statistics.md))", PL_NOISE_SCHEMA, "likewise",
         "readers compare `schema`"},
        {"`diff --json` ([members](../tracing.md))", PL_DIFFERENCE_SCHEMA, "likewise",
         "readers compare `schema`"},
        {"`fraction --json`", PL_FRACTIONS_SCHEMA, "likewise", "readers compare `schema`"},
        {"`bench --json` ([members](../performance.md#how-to-measure))", PL_BENCH_SCHEMA,
         "likewise", "`bench --compare` refuses it"},
        {"an export, `export.json` ([files](../export.md))", PL_EXPORT_SCHEMA, "likewise",
         "readers compare `schema`"},
        {"the interface of plug-ins, `PL_TASK_API`", PL_TASK_API,
         "something in `<plumbline/task.h>` changes its meaning or its layout",
         "refused with a sentence; compile the task again"},
    };
    pl_strbuf_add(out, "\n`plumbline --version` says which version a program is; [what "
                       "changed](../../CHANGELOG.md).\n"
                       "\n| format | its number | raised when | what becomes of older ones "
                       "|\n|---|---|---|---|\n");
    for (size_t k = 0; k < sizeof formats / sizeof formats[0]; k++)
        pl_strbuf_addf(out, "| %s | %d | %s | %s |\n", formats[k].what, formats[k].number,
                       formats[k].raised, formats[k].old);
    pl_strbuf_add(
        out, "\nNumbers have no version of their own but a **numerics stamp**: a hash of the "
             "sources that a "
             "cell's numbers pass through. A cell whose stamp has changed is recognised and "
             "computed again "
             "([reproducibility](../reproducibility.md)). A task or a variant has a `version`, "
             "raised when "
             "the same options give other numbers: it is part of a cell's identity.\n\nA new "
             "version of a "
             "format comes with its upgrade or its refusal, and a test that opens the old one.\n");
}

/* ---- all of them ---- */

const struct pl_manual_page pl_manual_pages[] = {
    {"commands.md", "Commands", "every command with its flags and examples", write_commands},
    {"study.md", "Keys of a study", "what may stand in a study, with an example each", write_study},
    {"options.md", "Options", "every setting of models, training, tasks and variants",
     write_options},
    {"metrics.md", "Metrics", "what is measured of a run, and where it may be named",
     write_metrics},
    {"verdicts.md", "Verdicts", "the words for comparisons, claims and cells", write_verdicts},
    {"files.md", "Files and environment", "what is read and written, and which variables count",
     write_files},
    {"exit-status.md", "Exit status", "what the program ends with", write_statuses},
    {"versions.md", "Versions", "numbers of formats, and what becomes of older files",
     write_versions},
    {0},
};

static const char made[] =
    "<!-- Made of the program's tables: cmake --build build/release --target manual -->\n";

void pl_manual_index(struct pl_strbuf *out) {
    pl_strbuf_addf(
        out,
        "%s\n# Reference\n\nMade of the tables that the program itself uses. `plumbline COMMAND "
        "--help`, "
        "`plumbline list` and `plumbline show` print the same.\n\n| page | what |\n|---|---|\n",
        made);
    for (const struct pl_manual_page *page = pl_manual_pages; page->file; page++)
        pl_strbuf_addf(out, "| [%s](%s) | %s |\n", page->title, page->file, page->about);
}

void pl_manual_write(const struct pl_manual_page *page, struct pl_strbuf *out) {
    pl_strbuf_addf(out, "%s\n# %s\n\n%c%s. [All pages](README.md).\n", made, page->title,
                   toupper((unsigned char)page->about[0]), page->about + 1);
    page->write(out);
}
