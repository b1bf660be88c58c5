/* bench: step time and share of the machine's product rate, per variant and size. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/file.h"
#include "core/base/log.h"
#include "experiments/cli/args.h"
#include "experiments/tools/bench_growth.h"
#include "experiments/tools/bench_profile.h"
#include "experiments/tools/bench_tiles.h"

struct options {
    const char *backend, *device, *model, *variant, *products, *compare;
    long rounds;
    bool json, memory, growth, profile, tiles, peak;
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

/* The time of the same row in an earlier run, 0 when it has none. */
static double earlier_ms(const struct pl_json *earlier, const struct pl_bench_row *row) {
    const struct pl_json *rows = pl_json_get(earlier, "rows");
    for (size_t k = 0; k < pl_json_count(rows); k++) {
        const struct pl_json *other = pl_json_at(rows, k);
        if (strcmp(pl_json_as_text(pl_json_get(other, "model"), ""), row->model->name) == 0 &&
            strcmp(pl_json_as_text(pl_json_get(other, "variant"), ""), row->variant) == 0)
            return pl_json_as_real(pl_json_get(other, "step_ms"), 0);
    }
    return 0;
}

static void print_table(const struct pl_bench *bench, const struct pl_json *earlier, bool memory) {
    printf("best product rate %.1f GFLOP/s on one core\n\n", bench->peak_gflops);
    printf("%-22s %-18s %9s %9s %8s %6s %6s %8s %6s%s%s\n", "model", "variant", "step ms",
           "forward", "gflop/s", "share", "ratio", "forward", "extra",
           memory ? "  plan MB  rss MB" : "", earlier ? "  x earlier" : "");
    for (size_t k = 0; k < bench->row_count; k++) {
        const struct pl_bench_row *row = &bench->rows[k];
        double before = earlier ? earlier_ms(earlier, row) : 0;
        printf("%-22s %-18s %9.3f %9.3f %8.1f %6.2f %6.3f %8.3f %6.2f", row->model->name,
               row->variant, row->step_ms, row->forward_ms, row->gflops, row->share, row->ratio,
               row->forward_ratio, row->extra_share);
        if (memory) printf("  %7.2f  %6.1f", row->plan_mb, row->rss_mb);
        if (before > 0) printf("  %9.3f", row->step_ms / before);
        printf("\n");
    }
}

static enum pl_status read_earlier(struct pl_json **out, const char *path) {
    struct pl_strbuf text;
    *out = NULL;
    if (!path) return PL_OK;
    pl_strbuf_init(&text);
    enum pl_status status = pl_file_read(&text, path, (size_t)64 << 20);
    if (status == PL_OK) status = pl_json_parse(out, text.text, text.length);
    pl_strbuf_finish(&text);
    if (status == PL_OK && pl_json_as_int(pl_json_get(*out, "schema"), 0) != PL_BENCH_SCHEMA)
        status =
            pl_fail(PL_EMISMATCH, "%s is not a bench of schema %d; make it again with bench --json",
                    path, PL_BENCH_SCHEMA);
    return status;
}

static enum pl_status print_json(const struct pl_bench *bench, const struct pl_backend *backend) {
    struct pl_json *json = pl_bench_json(bench, backend);
    char *text = pl_json_write(json, true);
    enum pl_status status = pl_cli_write(NULL, text);
    printf("\n");
    pl_free(text);
    pl_json_destroy(json);
    return status;
}

static enum pl_status print_growth(const struct pl_bench *bench) {
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    pl_strbuf_addf(&text,
                   "best product rate %.1f GFLOP/s on one core; an empty process takes %.1f MB\n",
                   bench->peak_gflops, bench->empty_mb);
    pl_growth_write(bench, &text);
    enum pl_status status = pl_cli_write(NULL, text.text);
    pl_strbuf_finish(&text);
    return status;
}

static enum pl_status print_bench(const struct pl_bench *bench, const struct options *options,
                                  const struct pl_bench_config *config,
                                  const struct pl_json *earlier) {
    if (options->json) return print_json(bench, config->backend);
    if (options->growth) return print_growth(bench);
    print_table(bench, earlier, config->memory);
    return PL_OK;
}

static enum pl_status read_config(const struct options *options, struct pl_bench_config *out) {
    pl_cli_choose_device(options->device);
    if (options->products) setenv("PLUMBLINE_PRODUCTS", options->products, 1);
    *out = (struct pl_bench_config){.rounds = (int)options->rounds,
                                    .memory = options->memory || options->growth,
                                    .progress = say_row};
    return pl_backend_find(&out->backend, options->backend);
}

static enum pl_status read_choice(const struct options *options, struct pl_bench_choice *out) {
    const char *model = options->model, *variant = options->variant;
    if (!options->growth) return pl_bench_choose(out, model, variant);
    return pl_bench_choose_growth(out, model,
                                  variant ? variant : "standard,attnres_full,attnres_block");
}

static enum pl_status run_bench(const struct options *options,
                                const struct pl_bench_config *config) {
    struct pl_bench bench;
    struct pl_json *earlier = NULL;
    enum pl_status status = read_earlier(&earlier, options->compare);
    if (status == PL_OK && (status = pl_bench_run(&bench, config)) == PL_OK) {
        status = print_bench(&bench, options, config, earlier);
        pl_bench_finish(&bench);
    }
    pl_json_destroy(earlier);
    return status;
}

static int run(const struct pl_args *args) {
    const struct options *options = args->options;
    struct pl_bench_config config;
    struct pl_bench_choice choice = {0};
    enum pl_status status = read_config(options, &config);
    if (status == PL_OK) status = read_choice(options, &choice);
    config.choice = &choice;
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
    .usage =
        "[--json] [--backend NAME] [--model TEXT] [--variant NAMES] [--rounds N]\n"
        "                [--memory] [--growth | --profile | --tiles | --peak] [--compare FILE]",
    .details =
        "All in one run: the best rate of products on this machine (by OpenBLAS or our own\n"
        "kernels, whichever is faster), then for each model every variant in turn, round after\n"
        "round; medians. Models are width/hidden/depth/tokens with PreNorm and without "
        "projections\n"
        "or final norm: 10/40/10/1000, 20/80/10/1000, 50/200/10/1000, 64/256/20/512 and\n"
        "128/512/32/512 with silu and with relu, or the size you give. Variants are standard,\n"
        "rescaled, attnres_full and attnres_block unless named; standard is always there, since\n"
        "ratios are to it.\n\n"
        "share: useful FLOPs of a training step (forward, backward, Adam) over the best product\n"
        "rate. ratio: to standard, of a step and of a forward pass alone. extra: time beyond\n"
        "standard, in units of standard's FLOPs at the best rate.\n\n"
        "--growth: tables along depth, width and tokens, with memory (docs/performance.md);\n"
        "--model is then a part of an axis or of a name. --profile: the operators of each model\n"
        "and variant, the dearest first; standard is not added. --tiles: the table of tile widths\n"
        "that core/backend/cpu/cpu.c holds, measured here and now.\n",
    .examples = "  plumbline bench\n"
                "  plumbline bench --model '128/512/32/512 silu' --variant attnres_block\n"
                "  plumbline bench --model 64/256/20/512 --profile --variant attnres_full\n"
                "  plumbline bench --model 64/256/20/512 --json > before.json\n"
                "  plumbline bench --model 64/256/20/512 --compare before.json\n",
    .flags = flags,
    .options_size = sizeof(struct options),
    .run = run,
};
