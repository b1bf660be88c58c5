/* list: the tables of the program. */
#include "experiments/cli/args.h"
#include "experiments/report/pages.h"

struct options {
    bool json;
};

static const struct pl_flag flags[] = {
    {"json", 0, NULL, "the same as JSON, for programs", PL_SWITCH(struct options, json)},
    {0},
};

static enum pl_status list(const struct pl_args *args) {
    const struct options *options = args->options;
    const struct pl_list *list;
    struct pl_strbuf text;
    const char *name = args->word_count > 0 ? args->words[0] : "",
               *part = args->word_count > 1 ? args->words[1] : "";
    PL_TRY(pl_list_find(&list, name, part));
    if (args->word_count > 2)
        return pl_fail(PL_ECONFIG, "list shows one list at a time; found \"%s\" after %s",
                       args->words[2], part);
    pl_strbuf_init(&text);
    (options->json ? pl_list_json : pl_list_text)(list, part, &text);
    enum pl_status status = (options->json ? pl_cli_write : pl_cli_show)(NULL, text.text);
    pl_strbuf_finish(&text);
    return status;
}

static int run(const struct pl_args *args) {
    enum pl_status status = list(args);
    return status == PL_OK ? 0 : pl_cli_fail(status);
}

const struct pl_command pl_command_list = {
    .name = "list",
    .summary = "Shows what there is: tasks, variants, backends, options, keys of a study",
    .usage =
        "tasks|variants|models|optimizers|schedules|backends|stamps|options [PATTERN]|keys|metrics "
        "[--json]",
    .details =
        "Options carry the same dotted names in a study file, on the command line and here:\n"
        "model.width, task.structure, train.lr, variant.block_size. The rows printed are the\n"
        "rows that check a study: name, whose it is, default, meaning. PATTERN is a part of the\n"
        "name or of the meaning, or the name of a host, task or variant. keys are what may stand\n"
        "in a study. A stamp here changes with whatever can change the numbers of any cell: a key\n"
        "for caches of many studies (`show stamp STUDY.yaml`: of one).\n",
    .examples = "  plumbline list variants\n"
                "  plumbline list options block\n"
                "  plumbline list variants --json\n",
    .flags = flags,
    .options_size = sizeof(struct options),
    .run = run,
};
