/* show: what is inside: a variant, a task, an option, a finished cell, a graph, a plan. */
#include "experiments/cli/show.h"

#include <string.h>

#include "core/config/names.h"
#include "core/config/option.h"

static const struct pl_flag flags[] = {
    {"results", 0, "DIR", "cell: where results are kept",
     PL_TEXT(struct pl_show_options, results, "results")},
    {"json", 0, NULL, "cell: as JSON", PL_SWITCH(struct pl_show_options, json)},
    {"export", 0, "DIR", "cell: run it again and write data, weights, curve and settings there",
     PL_TEXT(struct pl_show_options, export, NULL)},
    {"dot", 0, NULL, "graph: in Graphviz's language", PL_SWITCH(struct pl_show_options, dot)},
    {0},
};

static const struct {
    const char *name;
    bool settings; /* further words are settings */
    enum pl_status (*show)(const struct pl_args *args, struct pl_strbuf *out);
} things[] = {
    {"variant", true, pl_show_variant}, {"task", true, pl_show_task},
    {"option", false, pl_show_option},  {"cell", false, pl_show_cell},
    {"graph", true, pl_show_step},      {"plan", true, pl_show_step},
    {"stamp", true, pl_show_stamp},
};
enum { THINGS = sizeof things / sizeof things[0] };

static enum pl_status show(const struct pl_args *args, struct pl_strbuf *out) {
    const char *names[THINGS], *word = args->word_count ? args->words[0] : "";
    for (int k = 0; k < THINGS; k++) {
        names[k] = things[k].name;
        if (strcmp(word, things[k].name) != 0) continue;
        if (args->word_count < 2)
            return pl_fail(PL_ECONFIG, "show %s needs a name; `plumbline show --help` has examples",
                           word);
        if (args->word_count > 2 && !things[k].settings)
            return pl_fail(PL_ECONFIG, "show %s takes one name; found \"%s\" after it", word,
                           args->words[2]);
        return things[k].show(args, out);
    }
    return pl_names_fail(PL_NAME_LIST(names, THINGS), PL_NO_PLACE, word, "it takes one of {or}",
                         "show is given %s%s%s", *word ? "\"" : "nothing", word, *word ? "\"" : "");
}

static int run(const struct pl_args *args) {
    const struct pl_show_options *options = args->options;
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    enum pl_status status = show(args, &text);
    if (status == PL_OK)
        status = (options->json || options->dot ? pl_cli_write : pl_cli_show)(NULL, text.text);
    pl_strbuf_finish(&text);
    return status == PL_OK ? 0 : pl_cli_fail(status);
}

const struct pl_command pl_command_show = {
    .name = "show",
    .summary = "Shows one thing from inside: variant, task, option, cell, graph or plan",
    .usage = "variant|task|option NAME | cell ID [--export DIR] | graph|plan|stamp STUDY.yaml "
             "[key=value ...]",
    .details =
        "  variant   formula, source, options, its parameters and FLOPs; settings may follow\n"
        "  task      formula, source, options, shape, known losses; settings may follow\n"
        "  option    what it means, its default, what is accepted; dotted name or last word; keys\n"
        "            of a study too (seeds, select, claims.better, ...)\n"
        "  cell      settings, outcome, final metrics, provenance; ID may be cut short; with "
        "--export\n"
        "            also data, weights, batches, curve and settings as files (docs/export.md)\n"
        "  graph     the training step of a study's first cell, gradients and updates included\n"
        "  plan      its tile width, memory by region, and schedules\n"
        "  stamp     a hash of a study's cells and all that can change their numbers: a key for\n"
        "            caches\n",
    .examples = "  plumbline show variant attnres_block model.depth=16 variant.block_size=4\n"
                "  plumbline show task linear_mix\n"
                "  plumbline show option task.structure\n"
                "  plumbline show option seeds\n"
                "  plumbline show cell 3f2a --json\n"
                "  plumbline show cell 3f2a --export 3f2a\n"
                "  plumbline show plan quickstart\n"
                "  plumbline show graph quickstart model.depth=2 --dot | dot -Tsvg\n",
    .flags = flags,
    .options_size = sizeof(struct pl_show_options),
    .run = run,
};
