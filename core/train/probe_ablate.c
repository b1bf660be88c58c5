#include "core/train/probe_impl.h"

static double loss_now(struct pl_probe *probe) {
    pl_feeder_run(&probe->feeder, PL_PASS_LOSS, &probe->batch, NULL, NULL);
    return pl_feeder_read(&probe->feeder, probe->network.measure[PL_MEASURE_LOSS]);
}

/* Writes a mask: 1 but for entry [without] (-1: none). */
static void write_mask(struct pl_probe *probe, int mask, int count, int without) {
    for (int k = 0; k < count; k++) probe->mask[k] = k != without;
    pl_program_write(probe->program, mask, probe->mask);
}

static int entry_of(const struct pl_depth_site *site, int source) {
    for (int k = 0; k < site->count; k++)
        if (site->from[k] == source) return k;
    return -1;
}

/* Removes [source] from every site that has it (or puts it back); whether any has. */
static bool remove_everywhere(struct pl_probe *probe, int source, bool removed) {
    const struct pl_network *network = &probe->network;
    bool found = false;
    for (size_t k = 0; k < network->site_count; k++) {
        const struct pl_depth_site *site = &network->sites[k];
        int entry = entry_of(site, source);
        if (entry < 0) continue;
        write_mask(probe, site->mask, site->count, removed ? entry : -1);
        found = true;
    }
    return found;
}

static bool remove_output(struct pl_probe *probe, int source, bool removed) {
    if (probe->network.renormalises) return false;
    write_mask(probe, probe->network.source_mask[source], 1, removed ? 0 : -1);
    return true;
}

/* Where there are no weights over sources, the output itself goes. */
static bool set_removed(struct pl_probe *probe, int source, bool removed) {
    return probe->network.site_count ? remove_everywhere(probe, source, removed)
                                     : remove_output(probe, source, removed);
}

static void ablate_sources(struct pl_probe *probe, const char *name, double whole) {
    for (int source = 0; source < (int)pl_probe_states(probe); source++) {
        if (!set_removed(probe, source, true)) continue;
        pl_probe_tell(probe, name, -1, source, loss_now(probe) - whole);
        set_removed(probe, source, false);
    }
}

static void ablate_sites(struct pl_probe *probe, double whole) {
    for (size_t k = 0; k < probe->network.site_count; k++) {
        const struct pl_depth_site *site = &probe->network.sites[k];
        for (int entry = 0; entry < site->count; entry++) {
            write_mask(probe, site->mask, site->count, entry);
            pl_probe_tell(probe, "site_ablation", (int)site->l, site->from[entry],
                          loss_now(probe) - whole);
        }
        write_mask(probe, site->mask, site->count, -1);
    }
}

void pl_probe_ablate(struct pl_probe *probe) {
    const struct pl_probe_options *o = &probe->options;
    bool renormalised = probe->network.renormalises;
    if (renormalised ? !o->renormalised : !o->ablation && !o->site_ablation) return;
    double whole = loss_now(probe);
    if (renormalised) {
        ablate_sources(probe, "ablation_renormalised", whole);
        return;
    }
    if (o->ablation) ablate_sources(probe, "ablation", whole);
    if (o->site_ablation) ablate_sites(probe, whole);
}
