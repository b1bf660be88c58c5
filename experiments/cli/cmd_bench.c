/* bench: step time and share of the machine's product rate, per variant and size. */
#include <stdio.h>
#include <stdlib.h>

#include "core/base/log.h"
#include "experiments/cli/args.h"
#include "experiments/report/rows.h"
#include "experiments/tools/bench_growth.h"
#include "experiments/tools/bench_profile.h"
#include "experiments/tools/bench_table.h"
#include "experiments/tools/bench_tiles.h"

struct options {
    const char *backend, *device, *model, *variant, *products, *compare;
    long rounds;
    bool json, memory, transformer, growth, profile, tiles, peak;
};

static const struct pl_flag flags[] = {
    {"json", 0, NULL, "the stable form: schema, peak_gflops, rows[]",
     PL_SWITCH(struct options, json)},
    {"backend", 'b', "NAME", "what to measure", PL_TEXT(struct options, backend, "cpu")},
    PL_FLAG_DEVICE(struct options, device),
    {"model", 'm', "TEXT", "a size, as in 64/256/20/512, or a part of the name of some",
     PL_TEXT(struct options, model, NULL)},
    {"variant", 0, "NAMES", "names with commas, or all (default: the four in the summary below)",
     PL_TEXT(struct options, variant, NULL)},
    {"products", 0, "NAME",
     "own or openblas: who computes products on cpu; the same as PLUMBLINE_PRODUCTS",
     PL_TEXT(struct options, products, NULL)},
    {"rounds", 'n', "N", "measurements a row, of which the median counts",
     PL_COUNT(struct options, rounds, "7", 10000)},
    {"memory", 0, NULL, "also the peak memory of each, in a process of its own",
     PL_SWITCH(struct options, memory)},
    {"transformer", 't', NULL, "transformers over width and length instead of the ten models",
     PL_SWITCH(struct options, transformer)},
    {"growth", 0, NULL, "instead: how cost grows with depth, width and tokens; in Markdown",
     PL_SWITCH(struct options, growth)},
    {"profile", 0, NULL, "instead: where the time of a step goes, operator by operator",
     PL_SWITCH(struct options, profile)},
    {"tiles", 0, NULL, "instead: the fastest width of a tile for shapes of models, as a table",
     PL_SWITCH(struct options, tiles)},
    {"peak", 0, NULL, "instead: the best product rate alone, in GFLOP/s",
     PL_SWITCH(struct options, peak)},
    {"compare", 0, "FILE", "an earlier --json: print the times now as a multiple of those",
     PL_TEXT(struct options, compare, NULL)},
    {0},
};

static void say_row(const struct pl_bench_row *row) {
    pl_info("%-22s %-18s step %8.3f ms  x%.3f  forward x%.3f", row->model->name, row->variant,
            row->step_ms, row->ratio, row->forward_ratio);
}

/* Measures, and prints in the form asked for. */
static enum pl_status run_bench(const struct options *options,
                                const struct pl_bench_config *config) {
    struct pl_bench bench;
    struct pl_json *earlier;
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    enum pl_status status = pl_bench_read(&earlier, options->compare);
    if (status == PL_OK && (status = pl_bench_run(&bench, config)) == PL_OK) {
        if (options->json)
            pl_json_print(pl_bench_json(&bench, config->backend), true, &text);
        else if (options->growth)
            pl_growth_write(&bench, &text);
        else
            pl_bench_table(&bench, earlier, config->memory, &text);
        status = (options->json ? pl_cli_write : pl_cli_show)(NULL, text.text);
        pl_bench_finish(&bench);
    }
    pl_strbuf_finish(&text);
    pl_json_destroy(earlier);
    return status;
}

static int run(const struct pl_args *args) {
    const struct options *options = args->options;
    const char *model = options->model, *variant = options->variant;
    struct pl_bench_choice choice = {0};
    struct pl_bench_config config = {.rounds = (int)options->rounds,
                                     .memory = options->memory || options->growth,
                                     .progress = say_row,
                                     .choice = &choice};

    pl_cli_choose_device(options->device);
    if (options->products) setenv("PLUMBLINE_PRODUCTS", options->products, 1);
    enum pl_status status = pl_backend_find(&config.backend, options->backend);
    if (status == PL_OK && options->growth)
        status = pl_bench_choose_growth(&choice, model,
                                        variant ? variant : "standard,attnres_full,attnres_block");
    else if (status == PL_OK && options->transformer)
        status = pl_bench_choose_transformers(&choice, model, variant);
    else if (status == PL_OK)
        status = pl_bench_choose(&choice, model, variant);

    if (status == PL_OK && options->peak)
        printf("%.2f\n", pl_backend_peak(config.backend));
    else if (status == PL_OK)
        status = options->profile ? pl_profile_run(&config)
                 : options->tiles ? pl_tiles_run(&config)
                                  : run_bench(options, &config);
    pl_bench_choice_finish(&choice);
    return status == PL_OK ? 0 : pl_cli_fail(status);
}

const struct pl_command pl_command_bench = {
    .name = "bench",
    .summary = "Measures training steps and forward passes of variants on one core",
    .usage = "[--json] [--backend NAME] [--transformer] [--model TEXT] [--variant NAMES]\n"
             "                [--rounds N] [--memory] [--growth | --profile | --tiles | --peak] "
             "[--compare FILE]",
    .details =
        "All in one run: the best rate of products on this machine (by OpenBLAS or our own\n"
        "kernels, whichever is faster), then for each model every variant in turn, round after\n"
        "round; medians. Models are width/hidden/depth/tokens with PreNorm and without "
        "projections\n"
        "or final norm: 10/40/10/1000, 20/80/10/1000, 50/200/10/1000, 64/256/20/512 and\n"
        "128/512/32/512 with silu and with relu, or the size you give. Variants are standard,\n"
        "rescaled, attnres_full and attnres_block unless named; standard is always there, since\n"
        "ratios are to it.\n\n"
        "--transformer: width/hidden/depth/tokens x sequences, of width 32, 64 and 128 with 1024 "
        "tokens\n"
        "in sequences of 32, 64, 128 and 256; four heads, learned positions, RMSNorm, SiLU, a "
        "head\n"
        "of 64 classes and a loss at every token. attention: the share of a step's time that goes "
        "to\n"
        "scores, softmax and sums over tokens. --model 'transformer 64/256/4/64x16' names any.\n\n"
        "share: useful FLOPs of a training step (forward, backward, Adam) over the best product\n"
        "rate. ratio: to standard, of a step and of a forward pass alone. extra: time beyond\n"
        "standard, in units of standard's FLOPs at the best rate.\n\n"
        "--growth: tables along depth, width and tokens, with memory\n"
        "(docs/performance-notebook.md); --model is then a part of an axis or of a name. "
        "--profile: the operators of each model\n"
        "and variant, the dearest first; standard is not added. --tiles: the table of tile widths\n"
        "that core/backend/cpu/cpu.c holds, measured here and now.\n",
    .examples = "  plumbline bench\n"
                "  plumbline bench --model '128/512/32/512 silu' --variant attnres_block\n"
                "  plumbline bench --transformer --model 64/256 --variant standard\n"
                "  plumbline bench --model 64/256/20/512 --profile --variant attnres_full\n"
                "  plumbline bench --model 64/256/20/512 --json > before.json\n"
                "  plumbline bench --model 64/256/20/512 --compare before.json\n",
    .flags = flags,
    .options_size = sizeof(struct options),
    .run = run,
};
