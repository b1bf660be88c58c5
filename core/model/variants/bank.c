#include "core/model/variants/bank.h"

#include "core/base/fault.h"

static struct pl_bank *bank_of(struct pl_build *build) {
    return build->state;
}

static bool sums(const struct pl_bank *bank) {
    return bank->options.query == PL_DEPTH_INPUT && bank->options.query_state == PL_DEPTH_SUM;
}

enum pl_status pl_bank_check(const struct pl_host *host, const void *options, const char **key) {
    return pl_depth_check(host, &((const struct pl_bank_options *)options)->depth, key);
}

void pl_bank_begin(struct pl_build *build, int e) {
    const struct pl_bank_options *options = build->options;
    struct pl_bank *bank = bank_of(build);
    size_t sites = (size_t)build->host->depth + 2;
    bank->options = options->depth;
    bank->block_size = pl_depth_block_size(build->host, options->block_size);
    bank->chosen = PL_ARENA_ARRAY(build->arena, struct pl_choice_of_sources, sites);
    for (size_t l = 0; l < sites; l++) bank->chosen[l].weights = PL_NONE;
    pl_sources_add(build, &bank->sources, e);
    bank->running = true;
    bank->sum = bank->sources.state = e;
}

static int attend(struct pl_build *build, long l) {
    struct pl_bank *bank = bank_of(build);
    if (bank->sources.count == 1) return bank->sources.items[0].v;
    return pl_depth_site(build, &bank->options, l, &bank->sources, &bank->chosen[l]);
}

int pl_bank_input(struct pl_build *build, long l, int port) {
    (void)port;
    struct pl_bank *bank = bank_of(build);
    int h = attend(build, l);
    if ((pl_fault("block_boundary") ? l : l - 1) % bank->block_size == 0) bank->running = false;
    if (bank->options.query_state == PL_DEPTH_LAYER_INPUT) bank->sources.state = h;
    return h;
}

void pl_bank_output(struct pl_build *build, long l, int y) {
    (void)l;
    struct pl_bank *bank = bank_of(build);
    if (bank->options.query_state == PL_DEPTH_OUTPUT) bank->sources.state = y;
    if (sums(bank)) bank->sources.state = bank->sum = pl_add(build->graph, bank->sum, y);
    if (bank->running) {
        y = pl_add(build->graph, bank->sources.items[bank->sources.count - 1].v, y);
        bank->sources.count--;
    }
    pl_sources_add(build, &bank->sources, y);
    bank->running = true;
}

int pl_bank_readout(struct pl_build *build) {
    struct pl_bank *bank = bank_of(build);
    int count = bank->sources.count;
    int *v = PL_ARENA_ARRAY(build->arena, int, (size_t)count);
    for (int k = 0; k < count; k++) v[k] = bank->sources.items[k].v;
    if (bank->options.readout == PL_DEPTH_READ_LAST) return v[count - 1];
    if (bank->options.readout == PL_DEPTH_READ_SUM) return pl_sum(build->graph, v, count);
    return attend(build, build->host->depth + 1);
}

/* The sources in their order: e is 0, and output i >= 1 is part of block ceil(i / S). */
static int source_of(const struct pl_bank *bank, long i) {
    long size = bank->block_size;
    return (int)((i + size - 1) / size);
}

int pl_bank_mix_row(struct pl_build *build, long l) {
    struct pl_bank *bank = bank_of(build);
    int *sources = PL_ARENA_ARRAY(build->arena, int, (size_t)l);
    for (long i = 0; i < l; i++) sources[i] = source_of(bank, i);
    if (bank->chosen[l].weights != PL_NONE)
        return pl_depth_row(build, &bank->chosen[l], sources, l);
    long first = 0; /* of the outputs that a readout without a site takes */
    while (bank->options.readout == PL_DEPTH_READ_LAST && sources[first] < sources[l - 1]) first++;
    return pl_depth_ones(build, first, l);
}

/* Sources of site l: finished blocks and b_0, and the running block unless l opens one. */
static int count_of(const struct pl_host *host, const struct pl_bank_options *options, long l) {
    long size = pl_depth_block_size(host, options->block_size);
    return 1 + (int)((l - 1 + size - 1) / size);
}

size_t pl_bank_param_count(const struct pl_host *host, const void *opaque) {
    const struct pl_bank_options *options = opaque;
    size_t total = 0;
    long last = host->depth + (options->depth.readout == PL_DEPTH_READ_ATTN);
    for (long l = 2; l <= last; l++)
        total += pl_depth_site_params(&options->depth, host->width, count_of(host, options, l));
    return total;
}

double pl_bank_flops(const struct pl_host *host, const void *opaque, long l) {
    const struct pl_bank_options *options = opaque;
    long size = pl_depth_block_size(host, options->block_size);
    double sum = size > 1 ? (double)host->width : 0;
    if (l < 2) return sum;
    return sum + pl_depth_flops(&options->depth, host->width, count_of(host, options, l));
}
