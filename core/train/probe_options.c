#include <string.h>

#include "core/config/settings.h"
#include "core/train/probe.h"

#define S struct pl_probe_options
static const struct pl_option option_rows[] = {
    PL_OPTION_BOOL(S, all, "false", "every measure below"),
    PL_OPTION_BOOL(S, norms, "false", "RMS of what each layer reads and gives (h_rms, v_rms)"),
    PL_OPTION_BOOL(S, gradients, "false", "norm of the loss's gradient at each state (h_grad)"),
    PL_OPTION_BOOL(S, mixing, "false", "how much of each output each layer reads (mixing)"),
    PL_OPTION_BOOL(S, attention, "false",
                   "weights over sources: entropy, largest, that of source 0 (attn_*)"),
    PL_OPTION_BOOL(S, streams, "false", "how alike parallel streams are (stream_cosine)"),
    PL_OPTION_BOOL(S, rank, "false", "effective dimensions of each state (effective_rank)"),
    PL_OPTION_BOOL(
        S, source_norms, "false",
        "norm of each source beside its weight, and its share of what is read (source_*)"),
    PL_OPTION_BOOL(S, head_entropy, "false",
                   "how widely each head of attention over tokens looks (head_*)"),
    PL_OPTION_BOOL(S, ablation, "false",
                   "change of the loss when a source is removed everywhere (ablation)"),
    PL_OPTION_BOOL(S, renormalised, "false",
                   "the same with the other weights keeping the sum (ablation_renormalised)"),
    PL_OPTION_BOOL(S, site_ablation, "false",
                   "change of the loss when one layer loses one source (site_ablation)"),
    PL_OPTION_CHOICE(S, at, "end", "end|ends|evaluations",
                     "when: after the last step, before the first as well, or at every evaluation"),
    PL_OPTION_CHOICE(S, split, "train", "train|valid|test", "where the probe's samples are from"),
    PL_OPTION_INT(S, samples, "256", 1, 1000000, "samples of the probe; at most the split's"),
};
#undef S
enum { MEASURES = 12 }; /* the first rows */

const struct pl_options pl_probe_options = PL_OPTIONS("diagnostics", option_rows);

const struct pl_option *pl_probe_measure_at(size_t index) {
    return index < MEASURES ? &option_rows[index] : NULL;
}

static bool *measure(const struct pl_probe_options *options, size_t index) {
    return (bool *)((char *)options + option_rows[index].offset);
}

const char *pl_probe_second_index(const char *name) {
    return strncmp(name, "head_", 5) == 0 ? "head" : "source";
}

bool pl_probe_wanted(const struct pl_probe_options *options) {
    for (size_t k = 0; k < MEASURES; k++)
        if (*measure(options, k)) return true;
    return false;
}

void pl_probe_settle(struct pl_probe_options *options) {
    bool each = true;
    for (size_t k = 1; k < MEASURES; k++) {
        *measure(options, k) |= options->all;
        each &= *measure(options, k);
    }
    options->all = each;
}

static bool same_conditions(const struct pl_probe_options *a, const struct pl_probe_options *b) {
    return a->split == b->split && a->samples == b->samples;
}

bool pl_probe_covers(const struct pl_probe_options *have, const struct pl_probe_options *want) {
    bool covers = same_conditions(have, want) && have->at >= want->at;
    for (size_t k = 0; k < MEASURES; k++) covers &= *measure(have, k) || !*measure(want, k);
    return covers || !pl_probe_wanted(want);
}

void pl_probe_unite(struct pl_probe_options *want, const struct pl_probe_options *have) {
    if (!same_conditions(have, want) || !pl_probe_wanted(have)) return;
    if (have->at > want->at) want->at = have->at;
    for (size_t k = 0; k < MEASURES; k++) *measure(want, k) |= *measure(have, k);
    pl_probe_settle(want);
}

void pl_probe_write(const struct pl_probe_options *options, struct pl_strbuf *out) {
    for (size_t k = 0; k < sizeof option_rows / sizeof option_rows[0]; k++) {
        const char *field = (const char *)options + option_rows[k].offset;
        pl_strbuf_addf(out, "diagnostics.%s = ", option_rows[k].name);
        if (option_rows[k].type == PL_TYPE_BOOL)
            pl_strbuf_add(out, *(const bool *)field ? "true" : "false");
        else if (option_rows[k].type == PL_TYPE_CHOICE)
            pl_strbuf_add(out, pl_option_word(&option_rows[k], *(const int *)field));
        else
            pl_strbuf_addf(out, "%ld", *(const long *)field);
        pl_strbuf_add(out, "\n");
    }
}

enum pl_status pl_probe_read(struct pl_probe_options *out, const char *text) {
    struct pl_arena arena = {0};
    struct pl_settings settings = {0};
    enum pl_status status = pl_settings_read(&settings, &arena, text);
    if (status == PL_OK) status = pl_settings_bind(&settings, &pl_probe_options, out, &arena);
    if (status == PL_OK) pl_probe_settle(out);
    pl_settings_finish(&settings);
    pl_arena_finish(&arena);
    return status;
}
