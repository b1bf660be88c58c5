/* The table of the keys of a study. Examples are valid together with the study that the test of this
 * table writes around them: three entries (standard, blocks, full), axes task.structure and train.lr. */
#include "experiments/study/keys.h"

#include <stddef.h>
#include <string.h>

const struct pl_study_key pl_study_keys[] = {
    {"study", "NAME", NULL,
     "the name of the study, and of its folder under results: letters, digits, dots, dashes and "
     "underscores",
     "study: depth-and-structure"},
    {"question", "TEXT", "none", "a sentence for people, printed with the results",
     "question: Does attention over depth gain with structure?"},
    {"task", "{name: TASK, OPTION: VALUE, ...}", NULL,
     "what is learned: the name of a task and settings of it (`list tasks`, `show task NAME`)",
     "task: {name: linear_mix, dim: 8}"},
    {"task.name", "TASK", NULL, "which task (`list tasks`)", "task: {name: linear_mix}"},
    {"model", "{OPTION: VALUE, ...}", "the defaults of `list options model`",
     "settings of the network that carries the residual connections",
     "model: {width: 8, depth: 4}"},
    {"train", "{OPTION: VALUE, ...}", "the defaults of `list options train`",
     "settings of the training", "train: {steps: 300, batch: 100}"},
    {"variants", "[VARIANT or {name: VARIANT, label: TEXT, OPTION: VALUE, ...}, ...]", NULL,
     "the entries that are compared: a variant by its name, or a mapping with options of the "
     "variant by their bare names and settings model.* and train.* for this entry alone "
     "(`list variants`)",
     "variants: [standard, {name: attnres_block, block_size: 2}]"},
    {"variants.name", "VARIANT", NULL, "which variant the entry is (`list variants`)",
     "variants: [standard, {name: attnres_full}]"},
    {"variants.label", "TEXT", "the name",
     "what the entry is called in reports and claims; each label stands once",
     "variants: [standard, {name: attnres_block, label: blocks of 4, block_size: 4}]"},
    {"sweep", "{SETTING: [VALUE, ...] or \"linspace(a,b,n)\" or \"logspace(p,q,n)\", ...}", "none",
     "the axes: dotted settings with several values each; or an axis of choices under a name of "
     "its "
     "own, {NAME: {CHOICE: {SETTING: VALUE, ...}, ...}}; all combinations are run",
     "sweep: {task.structure: \"linspace(0,1,3)\", train.lr: [1e-3, 3e-3]}"},
    {"design", "{sample: N, seed: K, keep: [AXIS, ...]}", "none",
     "draws N readings from the product of the axes instead of running all combinations",
     "design: {sample: 2, seed: 1, keep: [task.structure]}"},
    {"design.sample", "N", "100", "how many readings are drawn, two at least",
     "design: {sample: 2}"},
    {"design.seed", "K", "1", "what keys the draw", "design: {sample: 2, seed: 3}"},
    {"design.keep", "[AXIS, ...]", "none, but for the axis of select",
     "axes that stay whole within each reading", "design: {sample: 2, keep: [task.structure]}"},
    {"seeds", "N, or [SEED, ...]", NULL,
     "how often each run is repeated, paired over entries: N is the seeds 1 to N, a list is taken "
     "as "
     "it is; on the command line seeds=10, seeds=3,5,8, and seed=7 for the seed 7 alone",
     "seeds: 12"},
    {"baseline", "LABEL", "the first entry", "the entry that the others are compared with",
     "baseline: standard"},
    {"metric", "LOSS", "test_loss",
     "the loss that reports compare: test_loss, train_loss, valid_loss, test_clean_loss, or gap",
     "metric: train_loss"},
    {"match", "none or params", "none",
     "params moves the hidden width of each entry so that its parameters equal the baseline's "
     "within "
     "1 %",
     "match: params"},
    {"select", "{over: AXIS, by: LOSS}", "none",
     "chooses the value of an axis for each entry and setting before entries are compared, by a "
     "loss "
     "that is not the test's",
     "select: {over: train.lr, by: valid_loss}"},
    {"select.over", "AXIS", NULL, "the axis that is chosen over: numbers above 0, such as train.lr",
     "select: {over: train.lr}"},
    {"select.by", "valid_loss or train_loss", "valid_loss",
     "the loss whose mean log over seeds is least at the chosen value",
     "select: {over: train.lr, by: train_loss}"},
    {"budget", "AXIS", "none",
     "an axis of numbers along which compute grows (train.steps, model.width, ...): reports say "
     "what "
     "compute the baseline needs for the loss of each entry",
     "budget: model.depth"},
    {"claims", "[{KIND: ..., ...}, ...]", "none",
     "what the results are held to by `check`, one mapping each: better, equivalent, order, "
     "crossover, bound, divergence, cost or holds",
     "claims: [{better: full, than: standard, at: {task.structure: 1}}]"},
    {"claims.better", "LABEL, with than: LABEL", "none",
     "holds when the first has an advantage of more than `by` over the second",
     "claims: [{better: full, than: standard, by: 1.1x}]"},
    {"claims.equivalent", "[LABEL, LABEL]", "none",
     "holds when the two differ by less than `within`",
     "claims: [{equivalent: [blocks, full], within: 1.05x}]"},
    {"claims.order", "[LABEL, LABEL, ...]", "none",
     "holds when each is better than the next, best first",
     "claims: [{order: [full, blocks, standard]}]"},
    {"claims.crossover", "[LABEL, LABEL], with axis: AXIS", "none",
     "holds when the first is better at the lower end of `in` and the second at its upper end",
     "claims: [{crossover: [standard, full], axis: task.structure, in: [0, 1]}]"},
    {"claims.bound", "LABEL, with below: X, above: X or both", "none",
     "holds when the entry's metric lies there",
     "claims: [{bound: full, below: 0.5, metric: test_loss}]"},
    {"claims.divergence", "LABEL, with below: RATE", "none",
     "holds when the share of its runs that diverge is below the rate, at every point",
     "claims: [{divergence: full, below: 0.1}]"},
    {"claims.cost", "LABEL, with below: FACTOR", "none",
     "holds when its cost is below that many times the cost of `than`",
     "claims: [{cost: full, below: 1.25x, metric: step_ms}]"},
    {"claims.holds", "CLAIM, with in: \">= 0.9\" and of: readings", "none",
     "of a study with a design: holds when the claim within, of another kind but cost, holds in "
     "that "
     "share of its readings",
     "claims: [{holds: {better: full, than: standard}, in: \">= 0.9\", of: readings, where: "
     "{model.depth: 2}}]"},
    {"claims.than", "LABEL", "cost: the baseline; better: required",
     "what the entry is held against", "claims: [{better: full, than: standard}]"},
    {"claims.metric", "METRIC", "the study's metric; cost: step_ms",
     "what the claim is about: a loss, gap, accuracy, exact, score, steps_to_solve, ...; of a cost "
     "step_ms, seconds, params or connection_params",
     "claims: [{better: full, than: standard, metric: train_loss}]"},
    {"claims.at", "{AXIS: VALUE, ...}, selected, or all",
     "selected in a study that selects, else all",
     "the values of axes at which the claim is made; axes that it does not name are averaged",
     "claims: [{better: full, than: standard, at: {task.structure: 1}}]"},
    {"claims.by", "a factor such as 1.2x, or 20%", "1x", "better: the advantage that is claimed",
     "claims: [{better: full, than: standard, by: 1.2x}]"},
    {"claims.within", "a factor such as 1.05x, or 5%", "1.02x",
     "equivalent: how far the two may differ",
     "claims: [{equivalent: [blocks, full], within: 1.05x}]"},
    {"claims.margin", "a factor such as 1.02x, or 2%",
     "1.02x; cost: 1.05x of a time, 1x of a count",
     "how far a claim may be missed and not count as contradicted",
     "claims: [{better: full, than: standard, margin: 1.05x}]"},
    {"claims.axis", "AXIS", NULL, "crossover: the axis of numbers along which the two cross",
     "claims: [{crossover: [standard, full], axis: task.structure}]"},
    {"claims.in", "[LOW, HIGH] or none", "the whole axis",
     "crossover: the range in which the two cross; none: they do not; holds: the share, \">= 0.9\" "
     "or "
     "\"<= 0.1\"",
     "claims: [{crossover: [standard, full], axis: task.structure, in: none}]"},
    {"claims.of", "readings", "holds: required", "of what the share is one",
     "claims: [{holds: {better: full, than: standard}, in: \">= 0.9\", of: readings, where: "
     "{model.depth: 2}}]"},
    {"claims.where", "{AXIS: VALUE, ...}", "holds: all readings",
     "the values, of axes that the design samples, of the readings that are meant",
     "claims: [{holds: {better: full, than: standard}, in: \">= 0.9\", of: readings, where: "
     "{model.depth: 2}}]"},
    {"claims.below", "a number; of a cost a factor such as 1.25x",
     "bound: none, if above is given; divergence and cost: required",
     "what the metric, the rate or the ratio stays below", "claims: [{bound: full, below: 0.5}]"},
    {"claims.above", "a number", "none, if below is given", "bound: what the metric stays above",
     "claims: [{bound: full, above: 0.01}]"},
    {"backend", "cpu, ref or opencl", "cpu",
     "what computes: cpu in float32; ref in double with plain loops, the same bits everywhere; "
     "opencl on a device (`list backends`)",
     "backend: ref"},
    {"limits", "{OPTION: VALUE, ...}", "no limits",
     "seconds of a cell, hours of a run, minutes between checkpoints (`list options limits`); no "
     "part of a cell",
     "limits: {cell_seconds: 600, hours: 8}"},
    {"diagnostics", "all, none, [MEASURE, ...] or {OPTION: VALUE, ...}", "none",
     "what is measured inside the networks (`list options diagnostics`, docs/diagnostics.md); no "
     "part "
     "of a cell",
     "diagnostics: [norms, mixing]"},
    {0},
};

const struct pl_study_key *pl_study_key_find(const char *name) {
    for (const struct pl_study_key *key = pl_study_keys; key->name; key++)
        if (strcmp(key->name, name) == 0) return key;
    return NULL;
}

bool pl_study_key_is_top(const struct pl_study_key *key) {
    return strchr(key->name, '.') == NULL;
}
