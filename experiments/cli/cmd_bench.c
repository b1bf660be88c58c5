/* bench: step time and share of the machine's product rate, per variant and size. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"
#include "experiments/bench/profile.h"
#include "experiments/cli/args.h"

static const struct pl_flag flags[] = {
    {"json", 0, NULL, "the stable form: schema, peak_gflops, rows[]"},
    {"backend", 'b', "NAME", "what to measure (default: cpu)"},
    PL_FLAG_DEVICE,
    {"model", 'm', "TEXT", "only models whose name contains it, as in 64/256 or relu"},
    {"variant", 0, "TEXT", "only standard, and variants whose name contains it"},
    {"rounds", 'n', "N", "measurements a row, of which the median counts (default: 7)"},
    {"profile", 0, NULL, "instead: where the time of a step goes, operator by operator"},
    {"compare", 0, "FILE", "an earlier --json: print the times now as a multiple of those"},
    {0},
};

static const char *flag(const struct pl_args *args, const char *name) {
    return pl_args_get(args, &pl_command_bench, name);
}

static void say_row(const struct pl_bench_row *row) {
    pl_info("%-22s %-18s step %8.3f ms  x%.3f  share %.2f", row->model, row->variant, row->step_ms,
            row->ratio, row->share);
}

/* The time of the same row in an earlier run, 0 when it has none. */
static double earlier_ms(const struct pl_json *earlier, const struct pl_bench_row *row) {
    const struct pl_json *rows = pl_json_get(earlier, "rows");
    for (size_t k = 0; k < pl_json_count(rows); k++) {
        const struct pl_json *other = pl_json_at(rows, k);
        if (strcmp(pl_json_as_text(pl_json_get(other, "model"), ""), row->model) == 0 &&
            strcmp(pl_json_as_text(pl_json_get(other, "variant"), ""), row->variant) == 0)
            return pl_json_as_real(pl_json_get(other, "step_ms"), 0);
    }
    return 0;
}

static void print_table(const struct pl_bench *bench, const struct pl_json *earlier) {
    printf("best product rate %.1f GFLOP/s on one core\n\n", bench->peak_gflops);
    printf("%-22s %-18s %9s %9s %8s %6s %6s %8s %6s%s\n", "model", "variant", "step ms", "forward",
           "gflop/s", "share", "ratio", "forward", "extra", earlier ? "  x earlier" : "");
    for (size_t k = 0; k < bench->row_count; k++) {
        const struct pl_bench_row *row = &bench->rows[k];
        double before = earlier ? earlier_ms(earlier, row) : 0;
        printf("%-22s %-18s %9.3f %9.3f %8.1f %6.2f %6.3f %8.3f %6.2f", row->model, row->variant,
               row->step_ms, row->forward_ms, row->gflops, row->share, row->ratio,
               row->forward_ratio, row->extra_share);
        if (before > 0) printf("  %9.3f", row->step_ms / before);
        printf("\n");
    }
}

static enum pl_status read_file(const char *path, struct pl_strbuf *out) {
    char block[4096];
    size_t count;
    FILE *file = fopen(path, "rb");
    if (!file) return pl_fail(PL_ESTORE, "%s cannot be read: %s", path, strerror(errno));
    while ((count = fread(block, 1, sizeof block, file)) > 0)
        pl_strbuf_add_bytes(out, block, count);
    fclose(file);
    return PL_OK;
}

static enum pl_status read_earlier(struct pl_json **out, const char *path) {
    struct pl_strbuf text;
    *out = NULL;
    if (!path) return PL_OK;
    pl_strbuf_init(&text);
    enum pl_status status = read_file(path, &text);
    if (status == PL_OK) status = pl_json_parse(out, text.text, text.length);
    pl_strbuf_finish(&text);
    if (status == PL_OK && pl_json_as_int(pl_json_get(*out, "schema"), 0) != PL_BENCH_SCHEMA)
        status =
            pl_fail(PL_EMISMATCH, "%s is not a bench of schema %d; make it again with bench --json",
                    path, PL_BENCH_SCHEMA);
    return status;
}

static enum pl_status tell(const struct pl_bench *bench, const struct pl_args *args,
                           const struct pl_bench_config *config, const struct pl_json *earlier) {
    if (!flag(args, "json")) {
        print_table(bench, earlier);
        return PL_OK;
    }
    struct pl_json *json = pl_bench_json(bench, config->backend);
    char *text = pl_json_write(json, true);
    enum pl_status status = pl_cli_write(NULL, text);
    printf("\n");
    pl_free(text);
    pl_json_destroy(json);
    return status;
}

static enum pl_status read_config(const struct pl_args *args, struct pl_bench_config *out) {
    const char *rounds = flag(args, "rounds"), *backend = flag(args, "backend");
    char *end = NULL;
    pl_cli_choose_device(flag(args, "device"));
    *out = (struct pl_bench_config){.rounds = 7,
                                    .model = flag(args, "model"),
                                    .variant = flag(args, "variant"),
                                    .progress = say_row};
    if (rounds) out->rounds = (int)strtol(rounds, &end, 10);
    if (out->rounds < 1 || out->rounds > 10000 || (end && *end))
        return pl_fail(PL_ECONFIG, "--rounds is \"%s\"; it takes a whole number from 1 to 10000",
                       rounds);
    return pl_backend_find(&out->backend, backend ? backend : "cpu");
}

static int run_profile(const struct pl_bench_config *config) {
    enum pl_status status = pl_profile_run(config);
    return status == PL_OK ? 0 : pl_cli_fail(status);
}

static int run(const struct pl_args *args) {
    struct pl_bench_config config;
    struct pl_bench bench;
    struct pl_json *earlier = NULL;
    enum pl_status status = read_config(args, &config);
    if (status == PL_OK && flag(args, "profile")) return run_profile(&config);
    if (status == PL_OK) status = read_earlier(&earlier, flag(args, "compare"));
    if (status == PL_OK && (status = pl_bench_run(&bench, &config)) == PL_OK) {
        status = tell(&bench, args, &config, earlier);
        pl_bench_finish(&bench);
    }
    pl_json_destroy(earlier);
    return status == PL_OK ? 0 : pl_cli_fail(status);
}

const struct pl_command pl_command_bench = {
    .name = "bench",
    .summary = "Measures training steps and forward passes of every variant on one core",
    .usage = "[--json] [--backend NAME] [--model TEXT] [--variant TEXT] [--rounds N] [--profile] "
             "[--compare FILE]",
    .details =
        "All in one run: the best rate of products on this machine, then for each model every\n"
        "variant in turn, round after round; medians. Models are width/hidden/depth/tokens with\n"
        "PreNorm and without projections or final norm. share: useful FLOPs of a training step\n"
        "(forward, backward, Adam) over the best product rate. ratio: to standard. extra: time\n"
        "beyond standard, in units of standard's FLOPs at the best rate.\n"
        "--profile: instead of that, the operators of each model and variant, the dearest first;\n"
        "with it --variant is a part of the name, and standard is not added.\n",
    .examples = "  plumbline bench\n"
                "  plumbline bench --model 64/256 --profile --variant attnres_full\n"
                "  plumbline bench --model 64/256 --json > before.json\n"
                "  plumbline bench --model 64/256 --compare before.json\n",
    .flags = flags,
    .run = run,
};
