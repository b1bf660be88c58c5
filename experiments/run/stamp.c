/* What is in a stamp and what is not.
 *
 * Sources count by the files that a cell passes through, as tokens. The table of files and groups is compiled
 * in (sources/table.h); here the groups of a cell are chosen: engine, backend, host, variant and task by
 * name; families of operators by the operators of its training step, which is built for that, without memory
 * for its tensors. So a change of a depth kernel leaves a cell of `standard` finished.
 *
 * Registries count for nothing: task_table.c is in no group, and the rows of lists (op_list.h, the variants of
 * residual.c) are no tokens. What a row of an operator can change, its name, inputs and what it may overwrite,
 * counts for the cells whose training step has that operator; its tolerance and formula do not.
 *
 * Not in it: which compiler, flags, level of instructions or CMake file made a portable cell. That they change
 * nothing is promised by the backend (pl_backend_portable) and checked by golden digests. Nor the sources of
 * libraries: PCG, whose streams golden checksums hold.
 *
 * Measuring diagnostics (group "probe") counts for every cell, since any finished cell may have some.
 */
#include "experiments/run/stamp.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/graph/grad.h"
#include "core/graph/op.h"
#include "core/train/optim.h"
#include "experiments/run/build_info.h"
#include "experiments/run/sources/table.h"
#include "tasks/plugin.h"

/* ---- sources ---- */

static void add_part(struct pl_strbuf *out, const char *name, const char *value) {
    pl_strbuf_addf(out, "%s=%s\n", name, value);
}

/* The first row of [group]; the number of rows when it has none. */
static size_t first_row(const char *group) {
    size_t low = 0, high = pl_sources.row_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(pl_sources.rows[middle].group, group) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static const struct pl_source_row *row_of(const char *group, size_t index) {
    const struct pl_source_row *row = &pl_sources.rows[index];
    return index < pl_sources.row_count && strcmp(row->group, group) == 0 ? row : NULL;
}

/* Appends the files of a group, those of the groups in it too, with their digests. */
static void add_files(struct pl_strbuf *out, const char *group) {
    const struct pl_source_row *row;
    for (size_t k = first_row(group); (row = row_of(group, k)); k++)
        if (row->digest)
            pl_strbuf_addf(out, "%s %s\n", row->name, row->digest);
        else
            add_files(out, row->name);
}

static void add_digest(struct pl_strbuf *out, const char *name, const char *text) {
    char hash[PL_HASH_TEXT];
    pl_hash_text(hash, text);
    pl_strbuf_addf(out, "%s=%.16s\n", name, hash);
}

/* One part for a whole group. */
static void add_group(struct pl_strbuf *out, const char *name, const char *group) {
    struct pl_strbuf files;
    pl_strbuf_init(&files);
    add_files(&files, group);
    add_digest(out, name, files.text);
    pl_strbuf_finish(&files);
}

/* A part for each row of the group KIND MEMBER. */
static void add_member(struct pl_strbuf *out, const char *kind, const char *member) {
    char group[128], name[320];
    const struct pl_source_row *row;
    snprintf(group, sizeof group, "%s %s", kind, member);
    for (size_t k = first_row(group); (row = row_of(group, k)); k++) {
        snprintf(name, sizeof name, "%s (%s)", group, row->name);
        if (row->digest)
            add_part(out, name, row->digest);
        else
            add_group(out, name, row->name);
    }
}

/* ---- families of operators ---- */

static const char *family_of(const char *op) {
    for (size_t k = 0; k < pl_sources.op_count; k++)
        if (strcmp(pl_sources.ops[k].op, op) == 0) return pl_sources.ops[k].family;
    return ""; /* never: tests/unit/run/test_stamp.c asks for all */
}

/* [used]: the operators, by their number. */
static void add_family(struct pl_strbuf *out, const char *backend, const char *family,
                       const bool used[PL_OPS]) {
    struct pl_strbuf text;
    char name[128];
    bool some = false;
    pl_strbuf_init(&text);
    for (int op = 0; op < PL_OPS; op++) {
        const struct pl_op_info *info = pl_op_info((enum pl_op)op);
        if (!used[op] || strcmp(family_of(info->name), family) != 0) continue;
        pl_strbuf_addf(&text, "%s %d %d %u\n", info->name, info->least, info->most,
                       info->overwrites);
        some = true;
    }
    snprintf(name, sizeof name, "operators %s", family);
    add_files(&text, name);
    snprintf(name, sizeof name, "kernels %s %s", backend, family);
    add_files(&text, name);
    snprintf(name, sizeof name, "operator family %s", family);
    if (some) add_digest(out, name, text.text);
    pl_strbuf_finish(&text);
}

static void add_families(struct pl_strbuf *out, const char *backend, const bool used[PL_OPS]) {
    static const char group[] = "operators ";
    const char *last = "";
    for (size_t k = 0; k < pl_sources.row_count; k++) {
        const char *name = pl_sources.rows[k].group;
        if (strncmp(name, group, strlen(group)) == 0 && strcmp(name, last) != 0)
            add_family(out, backend, name + strlen(group), used);
        last = name;
    }
}

/* ---- one cell ---- */

/* Builds the training step. A model that is too large to be trained has none: its cell fails. */
static void look_at_step(struct pl_stamp *out, const struct pl_bound *bound, bool used[PL_OPS]) {
    struct pl_graph graph;
    struct pl_network network;
    struct pl_optim optim;
    bool fits = true;
    pl_graph_init(&graph);
    pl_model_build(&bound->model, &bound->io, &graph, &network);
    for (int group = 0; group < PL_GROUPS; group++) fits &= graph.group_size[group] <= INT_MAX;
    if (fits) {
        int loss = network.measure[PL_MEASURE_LOSS];
        pl_graph_grad(&graph, loss, NULL, 0);
        pl_optim_build(&optim, &graph, &bound->train, loss);
    }
    for (int n = 0; n < (int)graph.nodes.count; n++) {
        const struct pl_node *node = pl_graph_node(&graph, n);
        if (node->kind == PL_KIND_OP) used[node->op] = true;
    }
    out->portable = pl_backend_portable(bound->backend, &graph);
    pl_graph_finish(&graph);
}

enum { PLUGIN_TEXT = 300 };

/* The file's name without its folder, which is nobody's business, and its digest. */
static void plugin_text(char out[PLUGIN_TEXT], const struct pl_plugin *plugin) {
    snprintf(out, PLUGIN_TEXT, "%.255s %s", strrchr(plugin->path, '/') + 1, plugin->digest);
}

/* A task's own files, those of the networks that it teaches with, or the plug-in that it came with. */
static void add_task(struct pl_strbuf *out, const struct pl_bound *bound) {
    const struct pl_plugin *plugin = pl_plugin_of(bound->task);
    if (plugin) {
        char text[PLUGIN_TEXT];
        plugin_text(text, plugin);
        add_part(out, "plug-in", text);
        return;
    }
    add_member(out, "task", bound->task->name);
    for (size_t k = 0; k < bound->settings.count; k++) { /* a teacher may be any variant */
        const struct pl_setting *item = &bound->settings.items[k];
        if (strcmp(item->key, "task.variant") != 0) continue;
        char group[128], name[320];
        snprintf(group, sizeof group, "variant %.100s", item->value);
        snprintf(name, sizeof name, "teacher's %s", group);
        add_group(out, name, group);
    }
}

/* What the bits depend on besides: the library of the products that are not ours (everything else has one order
 * of operations), or all that a device says of itself. */
static void add_machine(struct pl_strbuf *out, const struct pl_backend *backend) {
    struct pl_strbuf text;
    char version[40], core[40];
    pl_strbuf_init(&text);
    pl_backend_numerics(backend, &text);
    const char *blas = strstr(text.text, "OpenBLAS ");
    if (blas && sscanf(blas, "OpenBLAS %39s %39[^, ]", version, core) == 2) {
        add_part(out, "OpenBLAS", version);
        add_part(out, "OpenBLAS core type", core);
    } else {
        add_part(out, "device", text.text);
    }
    pl_strbuf_finish(&text);
}

void pl_stamp_make(struct pl_stamp *out, const struct pl_bound *bound) {
    const char *backend = pl_backend_name(bound->backend);
    struct pl_strbuf *parts = &out->parts;
    bool used[PL_OPS] = {false};
    char name[128];
    pl_strbuf_init(parts);
    look_at_step(out, bound, used);

    const char *last = "";
    for (size_t k = 0; k < pl_sources.row_count; k++) {
        const char *group = pl_sources.rows[k].group;
        if ((strchr(group, '/') || strcmp(group, "probe") == 0) && strcmp(group, last) != 0)
            add_group(parts, group, group);
        last = group;
    }

    snprintf(name, sizeof name, "backend %s", backend);
    add_group(parts, name, name);
    add_families(parts, backend, used);
    add_member(parts, "host", bound->model.kind->name);
    add_member(parts, "variant", bound->model.residual->name);
    add_task(parts, bound);
    if (!out->portable) add_machine(parts, bound->backend);

#ifdef PL_PLANTED_FAULTS
    const char *fault = getenv("PLUMBLINE_FAULT");
    add_part(parts, "planted fault", fault ? fault : "none");
#endif
    pl_hash_text(out->hash, parts->text);
}

void pl_stamp_finish(struct pl_stamp *stamp) {
    pl_strbuf_finish(&stamp->parts);
}

static void add_all_files(struct pl_strbuf *out) {
    for (size_t k = 0; k < pl_sources.row_count; k++)
        pl_strbuf_addf(out, "%s %s\n", pl_sources.rows[k].name,
                       pl_sources.rows[k].digest ? pl_sources.rows[k].digest : "");
}

void pl_stamp_any(char out[PL_HASH_TEXT], const struct pl_backend *backend) {
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    add_all_files(&text);
    add_part(&text, "backend", pl_backend_name(backend));
    add_machine(&text, backend);
    pl_hash_text(out, text.text);
    pl_strbuf_finish(&text);
}

/* ---- provenance ---- */

/* The processor's name as Linux tells it. */
static void processor(char *out, size_t size) {
    char line[256];
    FILE *file = fopen("/proc/cpuinfo", "r");
    snprintf(out, size, "unknown");
    while (file && fgets(line, sizeof line, file)) {
        const char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) != 0 || !colon) continue;
        snprintf(out, size, "%.*s", (int)strcspn(colon + 2, "\n"), colon + 2);
        break;
    }
    if (file) fclose(file);
}

/* Of every source that any cell may pass through. */
static void sources_digest(char out[PL_HASH_TEXT]) {
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    add_all_files(&text);
    pl_hash_text(out, text.text);
    pl_strbuf_finish(&text);
}

static struct pl_json *parts_json(const char *parts) {
    struct pl_json *out = pl_json_object();
    char *copy = pl_strdup(parts), *rest = copy, *line;
    while ((line = strsep(&rest, "\n"))) {
        char *value = strchr(line, '=');
        if (!value) continue;
        *value = 0;
        pl_json_set(out, line, pl_json_text(value + 1));
    }
    pl_free(copy);
    return out;
}

struct pl_json *pl_provenance(const struct pl_bound *bound, const struct pl_stamp *stamp) {
    char cpu[256], when[24], sources[PL_HASH_TEXT], text[PLUGIN_TEXT];
    const struct pl_plugin *plugin = pl_plugin_of(bound->task);
    struct pl_strbuf numerics;
    struct pl_json *out = pl_json_object();
    processor(cpu, sizeof cpu);
    pl_clock_wall(when);
    sources_digest(sources);
    pl_strbuf_init(&numerics);
    if (stamp->portable) /* and no library is loaded to say its version */
        pl_strbuf_add(&numerics, PL_PORTABLE);
    else
        pl_backend_numerics(bound->backend, &numerics);
    pl_json_set(out, "commit", pl_json_text(PL_BUILD_COMMIT));
    pl_json_set(out, "dirty", pl_json_bool(PL_BUILD_DIRTY));
    pl_json_set(out, "sources", pl_json_text(sources));
    pl_json_set(out, "compiler", pl_json_text(PL_BUILD_COMPILER));
    pl_json_set(out, "flags", pl_json_text(PL_BUILD_FLAGS));
    pl_json_set(out, "backend", pl_json_text(pl_backend_name(bound->backend)));
    pl_json_set(out, "numerics", pl_json_text(numerics.text));
    pl_json_set(out, "stamp", pl_json_text(stamp->hash));
    if (plugin) {
        plugin_text(text, plugin);
        pl_json_set(out, "plugin", pl_json_text(text));
    }
    pl_json_set(out, "processor", pl_json_text(cpu));
    pl_json_set(out, "cores", pl_json_int(sysconf(_SC_NPROCESSORS_ONLN)));
    pl_json_set(out, "finished", pl_json_text(when));
    pl_json_set(out, "parts", parts_json(stamp->parts.text));
    pl_strbuf_finish(&numerics);
    return out;
}

/* ---- what differs ---- */

enum { TOLD = 8 }; /* parts; the rest is counted */

static bool is_digest(const char *value) {
    return strlen(value) == 16 && strspn(value, "0123456789abcdef") == 16;
}

/* [then] and [now] are the values; NULL: the part is not there. */
static void add_difference(struct pl_strbuf *out, size_t *count, const char *name, const char *then,
                           const char *now) {
    const char *value = then ? then : now;
    if (++*count > TOLD) return;
    pl_strbuf_addf(out, "%s%s", *count > 1 ? ", " : "", name);
    if (is_digest(value) && then && now) return;
    if (is_digest(value))
        pl_strbuf_add(out, then ? " (no longer)" : " (new)");
    else
        pl_strbuf_addf(out, " (%s then, %s now)", then ? then : "none", now ? now : "none");
}

static struct pl_json *parse(const char *text) {
    struct pl_json *json = NULL;
    return pl_json_parse(&json, text, strlen(text)) == PL_OK ? json : pl_json_object();
}

bool pl_provenance_portable(const char *text) {
    struct pl_json *json = parse(text);
    bool portable = strcmp(pl_json_as_text(pl_json_get(json, "numerics"), ""), PL_PORTABLE) == 0;
    pl_json_destroy(json);
    return portable;
}

static void compare(struct pl_strbuf *out, const struct pl_json *then, const struct pl_json *now) {
    size_t count = 0;
    for (void *it = pl_json_first(now); it; it = pl_json_next(now, it)) {
        const char *before = pl_json_as_text(pl_json_get(then, pl_json_key(it)), NULL);
        const char *value = pl_json_as_text(pl_json_value(it), "");
        if (!before || strcmp(before, value) != 0)
            add_difference(out, &count, pl_json_key(it), before, value);
    }
    for (void *it = pl_json_first(then); it; it = pl_json_next(then, it))
        if (!pl_json_get(now, pl_json_key(it)))
            add_difference(out, &count, pl_json_key(it), pl_json_as_text(pl_json_value(it), ""),
                           NULL);
    if (count > TOLD) pl_strbuf_addf(out, " and %zu more", count - TOLD);
    if (count == 0)
        pl_strbuf_add(out, "nothing that is recorded (the stamp was made in another way)");
}

void pl_stamp_difference(struct pl_strbuf *out, const char *then, const char *now) {
    struct pl_json *a = parse(then), *b = parse(now);
    const struct pl_json *before = pl_json_get(a, "parts");
    if (before)
        compare(out, before, pl_json_get(b, "parts"));
    else
        pl_strbuf_addf(out,
                       "an earlier version of plumbline made it (commit %.12s), which did not "
                       "record the parts of its stamp",
                       pl_json_as_text(pl_json_get(a, "commit"), "not recorded"));
    pl_json_destroy(a);
    pl_json_destroy(b);
}

void pl_build_facts(struct pl_strbuf *out) {
    char sources[PL_HASH_TEXT];
    sources_digest(sources);
    pl_strbuf_addf(out, "commit    %s%s\n", PL_BUILD_COMMIT,
                   PL_BUILD_DIRTY ? " (changed since)" : "");
    pl_strbuf_addf(out, "compiler  %s\nflags     %s\nsources   %s\n", PL_BUILD_COMPILER,
                   PL_BUILD_FLAGS, sources);
    for (int k = 0; pl_backend_at(k); k++) {
        pl_strbuf_addf(out, "backend   %s: ", pl_backend_name(pl_backend_at(k)));
        pl_backend_build(pl_backend_at(k), out);
        pl_strbuf_add(out, "\n");
    }
}
