/* Order of calls: begin, then for each layer input and output, then readout; mix_row and the counts
 * ask afterwards. While `running` is true the last source is the running block's sum, which output
 * replaces; input closes it at a block's first layer. chosen[l] is what site l took; its weights are
 * PL_NONE where the site had one source only.
 */
#include "core/model/variants/bank.h"

#include "core/base/fault.h"

static struct pl_bank *bank_of(struct pl_build *build) {
    return build->state;
}

static bool sums(const struct pl_bank *bank) {
    bool read = bank->options.query == PL_DEPTH_INPUT && bank->options.query_state == PL_DEPTH_SUM;
    return read || bank->options.sources == PL_DEPTH_STATES;
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
    bank->shares = PL_NONE;
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

/* A finished block becomes the sum of its outputs' norms. */
static void summarise(struct pl_build *build, long l, int y) {
    struct pl_bank *bank = bank_of(build);
    int share = pl_depth_share(build, y);
    bank->shares = bank->shares == PL_NONE ? share : pl_add(build->graph, bank->shares, share);
    if (l % bank->block_size != 0) return;
    pl_sources_replace(&bank->sources, bank->shares);
    bank->shares = PL_NONE;
}

void pl_bank_output(struct pl_build *build, long l, int y) {
    struct pl_bank *bank = bank_of(build);
    int source = y;
    if (sums(bank)) bank->sum = pl_add(build->graph, bank->sum, y);
    if (bank->options.query_state == PL_DEPTH_OUTPUT) bank->sources.state = y;
    if (bank->options.query_state == PL_DEPTH_SUM) bank->sources.state = bank->sum;
    if (bank->options.sources == PL_DEPTH_STATES) source = bank->sum;
    if (bank->running) {
        if (bank->options.sources == PL_DEPTH_OUTPUTS)
            source = pl_add(build->graph, bank->sources.items[bank->sources.count - 1].v, y);
        bank->sources.count--;
    }
    pl_sources_add(build, &bank->sources, source);
    bank->running = true;
    if (bank->options.summary == PL_DEPTH_SUMMARY_RMS) summarise(build, l, y);
}

int pl_bank_readout(struct pl_build *build) {
    struct pl_bank *bank = bank_of(build);
    int count = bank->sources.count;
    int *v = PL_ARENA_ARRAY(build->arena, int, (size_t)count);
    for (int k = 0; k < count; k++) v[k] = bank->sources.items[k].v;
    if (bank->options.readout == PL_DEPTH_READ_LAST) return v[count - 1];
    if (bank->options.readout == PL_DEPTH_READ_SUM && bank->options.sources == PL_DEPTH_STATES)
        return bank->sum;
    if (bank->options.readout == PL_DEPTH_READ_SUM) return pl_sum(build->graph, v, count);
    return attend(build, build->host->depth + 1);
}

/* The sources in their order: e is 0, and output i >= 1 is part of block ceil(i / S). */
static int source_of(const struct pl_bank *bank, long i) {
    long size = bank->block_size;
    return (int)((i + size - 1) / size);
}

/* Of states: output i is in every state from its own on, so its entry is a sum from the last state down. */
static int states_row(struct pl_build *build, long l) {
    struct pl_bank *bank = bank_of(build);
    const struct pl_choice_of_sources *chosen = &bank->chosen[l];
    int heads = chosen->heads, weight = PL_NONE;
    int *parts = PL_ARENA_ARRAY(build->arena, int, (size_t)l);
    for (long i = l - 1; i >= 0; i--) {
        int source = source_of(bank, i), at = source ? source - chosen->first + 1 : 0;
        bool last = i == l - 1 || source_of(bank, i + 1) != source;
        if (last && (source == 0 || source >= chosen->first)) {
            int own = pl_view(build->graph, chosen->weights, at * heads, heads);
            weight = weight == PL_NONE ? own : pl_add(build->graph, weight, own);
        }
        struct pl_attr attr = {.place = {(int)i * heads, (int)l * heads}};
        parts[i] = pl_op(build->graph, PL_OP_PLACE, attr, &weight, 1);
    }
    return pl_sum(build->graph, parts, (int)l);
}

/* With norms on the way to the mixture there is no row, but up to a factor a token. */
static bool has_rows(const struct pl_depth_options *options) {
    return options->values == PL_DEPTH_RAW && options->summary == PL_DEPTH_SUMMARY_SUM;
}

int pl_bank_mix_row(struct pl_build *build, long l) {
    struct pl_bank *bank = bank_of(build);
    int *sources = PL_ARENA_ARRAY(build->arena, int, (size_t)l);
    bool states = bank->options.sources == PL_DEPTH_STATES,
         site = bank->chosen[l].weights != PL_NONE;
    if (!has_rows(&bank->options)) return PL_NONE;
    for (long i = 0; i < l; i++) sources[i] = source_of(bank, i);
    if (states) return site ? states_row(build, l) : pl_depth_ones(build, 0, l);
    if (site) return pl_depth_row(build, &bank->chosen[l], sources, l);
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
    bool states = options->depth.sources == PL_DEPTH_STATES;
    double d = (double)host->width, sum = size > 1 || states ? d : 0;
    if (options->depth.summary == PL_DEPTH_SUMMARY_RMS) sum += 4 * d;
    if (l < 2) return sum;
    return sum + pl_depth_flops(&options->depth, host->width, count_of(host, options, l));
}
