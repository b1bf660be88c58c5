/* A file is written block by block from the table of results, and read into the same arrays: values of a metric
 * are [point][entry][seed] of the block. To fill the results of a plan, each of its cells is looked up by names
 * (values of axes, label, seed), so that the plan may be a part of what the file has, or in another order; and
 * the hash of its settings must be that of the file.
 */
#include "experiments/check/packed.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/file.h"
#include "core/base/vec.h"
#include "core/config/names.h"
#include "experiments/evidence/table.h"
#include "experiments/run/stamp.h"
#include "experiments/study/study.h"

#define METRICS_MOST 24
#define ROWS_MOST    64 /* that repeat */
#define DIGITS       8  /* of the hash of a group's settings */
#define FILE_MOST    ((size_t)256 << 20)

/* Kept of every study; the losses that it compares, chooses by and claims come besides. */
static const char *const always[] = {"train_loss", "test_loss", "trivial", "best_test"};

/* ---- base64 ---- */

static const char digits64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void add_base64(struct pl_strbuf *out, const unsigned char *bytes, size_t count) {
    for (size_t i = 0; i < count; i += 3) {
        unsigned long word = (unsigned long)bytes[i] << 16;
        if (i + 1 < count) word |= (unsigned long)bytes[i + 1] << 8;
        if (i + 2 < count) word |= bytes[i + 2];
        char text[4] = {digits64[word >> 18], digits64[word >> 12 & 63],
                        i + 1 < count ? digits64[word >> 6 & 63] : '=',
                        i + 2 < count ? digits64[word & 63] : '='};
        pl_strbuf_add_bytes(out, text, 4);
    }
}

/* The number of bytes, into [out] with room for [most]; most + 1 when the text is none, or too long. */
static size_t read_base64(unsigned char *out, size_t most, const char *text) {
    size_t count = 0;
    unsigned long word = 0;
    int bits = 0;
    for (; *text && *text != '='; text++) {
        const char *digit = strchr(digits64, *text);
        if (!digit) return most + 1;
        word = (word << 6 | (unsigned long)(digit - digits64)) & 0xFFFFFF;
        bits += 6;
        if (bits < 8) continue;
        if (count == most) return most + 1;
        bits -= 8;
        out[count++] = (unsigned char)(word >> bits & 255);
    }
    return count;
}

/* ---- what is kept ---- */

static void keep(const char **names, size_t *count, const char *name) {
    for (size_t k = 0; k < *count; k++)
        if (strcmp(names[k], name) == 0) return;
    if (*count < METRICS_MOST) names[(*count)++] = name;
}

static size_t kept_metrics(const struct pl_experiment *experiment,
                           const char *names[METRICS_MOST]) {
    size_t count = 0;
    for (size_t k = 0; k < sizeof always / sizeof always[0]; k++) keep(names, &count, always[k]);
    if (experiment->metric) keep(names, &count, experiment->metric);
    if (experiment->select.by) keep(names, &count, experiment->select.by);
    for (size_t k = 0; k < experiment->claims.count; k++) {
        const struct pl_metric_row *metric = experiment->claims.items[k].metric;
        if (metric) keep(names, &count, metric->name);
    }
    return count;
}

/* Of the settings but for the seed. A setting that came later than stored cells stands in them only where it is
 * not at its default, so a new option changes no hash. */
static void hash_settings(const char *text, char out[DIGITS + 1]) {
    static const char seed[] = "seed = ";
    char hash[PL_HASH_TEXT];
    struct pl_strbuf rest;
    pl_strbuf_init(&rest);
    for (const char *line = text; *line;) {
        size_t length = strcspn(line, "\n");
        length += line[length] == '\n';
        if (strncmp(line, seed, strlen(seed)) != 0) pl_strbuf_add_bytes(&rest, line, length);
        line += length;
    }
    pl_hash_text(hash, rest.text);
    pl_strbuf_finish(&rest);
    snprintf(out, DIGITS + 1, "%.*s", DIGITS, hash);
}

/* ---- writing ---- */

static void add_text(struct pl_strbuf *out, const char *text) {
    struct pl_json *json = pl_json_text(text);
    char *written = pl_json_write(json, false);
    pl_strbuf_add(out, written);
    pl_free(written);
    pl_json_destroy(json);
}

static void add_texts(struct pl_strbuf *out, const char *const *texts, size_t count) {
    for (size_t k = 0; k < count; k++) {
        if (k) pl_strbuf_add(out, ", ");
        add_text(out, texts[k]);
    }
}

struct writing {
    const struct pl_experiment *experiment;
    const struct pl_table *table;
    struct pl_strbuf *out;
    double *values; /* of one metric in one block */
    unsigned char *bytes;
    size_t points, groups; /* of a block */
};

static double value_of(const struct pl_result *result, const char *metric) {
    if (result->outcome == PL_DIVERGED && pl_metric_find(metric)->curve) return INFINITY;
    return pl_result_final(result, metric);
}

static void add_numbers(const struct writing *w, const double *values, size_t count) {
    bool narrow = true;
    for (size_t k = 0; k < count; k++) narrow &= pl_real_same((double)(float)values[k], values[k]);
    size_t width = narrow ? 4 : 8;
    for (size_t k = 0; k < count; k++) {
        float single = (float)values[k];
        uint32_t bits;
        uint64_t wide;
        memcpy(&bits, &single, sizeof bits);
        memcpy(&wide, &values[k], sizeof wide);
        if (narrow) wide = bits;
        for (size_t b = 0; b < width; b++) w->bytes[k * width + b] = (unsigned char)(wide >> 8 * b);
    }
    pl_strbuf_add(w->out, "\"");
    add_base64(w->out, w->bytes, count * width);
    pl_strbuf_add(w->out, "\"");
}

/* Which of the groups' rows of seeds are different, by a group that has it; and the row of each group. More than
 * ROWS_MOST are not sought. */
static size_t distinct_rows(const struct writing *w, size_t *rows, size_t *at) {
    size_t seeds = w->experiment->seed_count, count = 0;
    for (size_t g = 0; g < w->groups; g++) {
        size_t r = 0;
        for (; r < count; r++) {
            size_t s = 0;
            while (s < seeds &&
                   pl_real_same(w->values[g * seeds + s], w->values[rows[r] * seeds + s]))
                s++;
            if (s == seeds) break;
        }
        if (r == ROWS_MOST) return r + 1;
        if (r == count) rows[count++] = g;
        at[g] = r;
    }
    return count;
}

/* What repeats from group to group, such as a trivial loss, is written once. */
static void add_values(const struct writing *w, const char *name) {
    size_t seeds = w->experiment->seed_count, rows[ROWS_MOST];
    struct pl_arena arena = {0};
    size_t *at = PL_ARENA_ARRAY(&arena, size_t, w->groups + 1);
    size_t count = distinct_rows(w, rows, at);
    pl_strbuf_addf(w->out, ",\n     \"%s\": ", name);
    if (count <= ROWS_MOST && 2 * count <= w->groups) {
        double *values = PL_ARENA_ARRAY(&arena, double, count *seeds + 1);
        for (size_t r = 0; r < count; r++)
            memcpy(values + r * seeds, w->values + rows[r] * seeds, seeds * sizeof *values);
        pl_strbuf_add(w->out, "{\"rows\": ");
        add_numbers(w, values, count * seeds);
        for (size_t g = 0; g < w->groups; g++)
            pl_strbuf_addf(w->out, "%s%zu", g ? ", " : ", \"at\": [", at[g]);
        pl_strbuf_add(w->out, "]}");
    } else
        add_numbers(w, w->values, w->groups * seeds);
    pl_arena_finish(&arena);
}

static enum pl_status add_block(const struct writing *w, size_t block, const char *const *metrics,
                                size_t metric_count) {
    const struct pl_experiment *experiment = w->experiment;
    size_t entries = experiment->entry_count, seeds = experiment->seed_count;
    bool portable = true;
    struct pl_strbuf settings;
    pl_strbuf_init(&settings);
    for (size_t g = 0; g < w->groups; g++)
        for (size_t s = 0; s < seeds; s++) {
            size_t point = block * w->points + g / entries;
            size_t cell = pl_table_cell(w->table, point, g % entries, s);
            const struct pl_result *result = &w->table->results[cell];
            char hash[DIGITS + 1];
            hash_settings(w->table->cells->items[cell].settings, hash);
            if (s == 0) pl_strbuf_add(&settings, hash);
            portable &= result->provenance && pl_provenance_portable(result->provenance);
            if (pl_outcome_is_finished(result->outcome)) continue;
            pl_strbuf_finish(&settings);
            return pl_fail(PL_ECELL, "a cell of %s has no result; a reference needs them all",
                           experiment->entries[g % entries].label);
        }
    pl_strbuf_add(w->out, "    {\"value\": ");
    add_text(w->out, experiment->axis_count ? experiment->axes[0].values[block] : "");
    pl_strbuf_addf(w->out, "%s,\n     \"settings\": \"%s\"", portable ? ", \"portable\": true" : "",
                   settings.text);
    pl_strbuf_finish(&settings);
    for (size_t m = 0; m < metric_count; m++) {
        for (size_t g = 0; g < w->groups; g++)
            for (size_t s = 0; s < seeds; s++)
                w->values[g * seeds + s] = value_of(
                    pl_table_result(w->table, block * w->points + g / entries, g % entries, s),
                    metrics[m]);
        add_values(w, metrics[m]);
    }
    pl_strbuf_add(w->out, "}");
    return PL_OK;
}

enum pl_status pl_packed_write(const struct pl_experiment *experiment, const struct pl_cells *cells,
                               const struct pl_result *results, const char *program,
                               const struct pl_json *provenance, struct pl_strbuf *out) {
    struct pl_arena arena = {0};
    struct pl_table table;
    const char *metrics[METRICS_MOST];
    size_t metric_count = kept_metrics(experiment, metrics);
    size_t blocks = experiment->axis_count ? experiment->axes[0].count : 1;
    enum pl_status status = PL_OK;
    pl_table_make(&table, &arena, experiment, cells, results);
    struct writing w = {.experiment = experiment,
                        .table = &table,
                        .out = out,
                        .points = table.point_count / blocks,
                        .groups = table.point_count / blocks * experiment->entry_count};
    w.values = PL_ARENA_ARRAY(&arena, double, w.groups * experiment->seed_count + 1);
    w.bytes = pl_arena_alloc(&arena, w.groups * experiment->seed_count * sizeof *w.values + 1);
    pl_strbuf_addf(out, "{\n  \"schema\": %d, \"packed\": true,\n  \"study\": ", PL_PACKED_SCHEMA);
    add_text(out, experiment->name);
    pl_strbuf_add(out, ",\n  \"program\": ");
    add_text(out, program);
    pl_strbuf_add(out, ",\n");
    pl_reference_provenance(provenance, out);
    pl_strbuf_add(out, "  \"seeds\": [");
    for (size_t s = 0; s < experiment->seed_count; s++)
        pl_strbuf_addf(out, "%s%llu", s ? ", " : "", (unsigned long long)experiment->seeds[s]);
    pl_strbuf_add(out, "],\n  \"entries\": [");
    for (size_t e = 0; e < experiment->entry_count; e++) {
        if (e) pl_strbuf_add(out, ", ");
        add_text(out, experiment->entries[e].label);
    }
    pl_strbuf_add(out, "],\n  \"axes\": [");
    for (size_t k = 0; k < experiment->axis_count; k++) {
        pl_strbuf_add(out, k ? ",\n    [" : "\n    [");
        add_text(out, experiment->axes[k].key);
        pl_strbuf_add(out, ", ");
        add_texts(out, experiment->axes[k].values, experiment->axes[k].count);
        pl_strbuf_add(out, "]");
    }
    pl_strbuf_add(out, "],\n  \"metrics\": [");
    add_texts(out, metrics, metric_count);
    pl_strbuf_add(out, "],\n  \"blocks\": [\n");
    for (size_t b = 0; b < blocks && status == PL_OK; b++) {
        status = add_block(&w, b, metrics, metric_count);
        pl_strbuf_add(out, b + 1 < blocks ? ",\n" : "\n");
    }
    pl_strbuf_add(out, "  ]\n}\n");
    pl_arena_finish(&arena);
    return status;
}

/* ---- reading ---- */

struct block {
    const char *value, *settings;
    bool portable;
    double *values[METRICS_MOST]; /* NULL: not there */
};

struct pl_packed_part {
    const char *path;
    uint64_t *seeds;
    struct pl_axis *axes; /* keys and values alone; the first one's are the blocks' */
    const char **entries, **metrics;
    size_t seed_count, axis_count, entry_count, metric_count, block_count, points;
    struct block *blocks;
    const char
        *names[METRICS_MOST]; /* of metrics, in the table of metrics; NULL: it has no such row */
    const char *machine, *portable; /* provenance of results */
};

static const char **read_texts(struct pl_arena *arena, const struct pl_json *list, size_t from,
                               size_t *count) {
    size_t all = pl_json_count(list);
    *count = all > from ? all - from : 0;
    const char **texts = PL_ARENA_ARRAY(arena, const char *, *count + 1);
    for (size_t k = 0; k < *count; k++)
        texts[k] = pl_arena_strdup(arena, pl_json_as_text(pl_json_at(list, from + k), ""));
    return texts;
}

/* Of base64; NULL when it is not of [count] numbers. */
static double *read_numbers(struct pl_arena *arena, const char *text, size_t count) {
    double *out = PL_ARENA_ARRAY(arena, double, count + 1);
    unsigned char *raw = pl_alloc(count * 8 + 1);
    size_t bytes = read_base64(raw, count * 8, text), width = bytes == count * 4 ? 4 : 8;
    for (size_t k = 0; k < count && bytes == count * width; k++) {
        uint64_t wide = 0;
        uint32_t bits;
        float single;
        for (size_t b = 0; b < width; b++) wide |= (uint64_t)raw[k * width + b] << 8 * b;
        bits = (uint32_t)wide;
        memcpy(&single, &bits, sizeof single);
        memcpy(&out[k], &wide, sizeof wide);
        if (width == 4) out[k] = (double)single;
    }
    pl_free(raw);
    return bytes == count * width ? out : NULL;
}

/* [group][seed] of a block; NULL when it is not whole. */
static double *read_values(struct pl_arena *arena, const struct pl_packed_part *part,
                           const struct pl_json *json) {
    size_t groups = part->points * part->entry_count, seeds = part->seed_count, count = 0;
    const struct pl_json *at = pl_json_get(json, "at");
    if (!at) return read_numbers(arena, pl_json_as_text(json, ""), groups * seeds);
    for (size_t g = 0; g < pl_json_count(at); g++) {
        size_t row = (size_t)pl_json_as_int(pl_json_at(at, g), 0) + 1;
        if (row > count) count = row;
    }
    if (pl_json_count(at) != groups || count > ROWS_MOST) return NULL;
    double *rows =
        read_numbers(arena, pl_json_as_text(pl_json_get(json, "rows"), ""), count * seeds);
    double *out = PL_ARENA_ARRAY(arena, double, groups *seeds + 1);
    for (size_t g = 0; g < groups && rows; g++)
        memcpy(out + g * seeds, rows + (size_t)pl_json_as_int(pl_json_at(at, g), 0) * seeds,
               seeds * sizeof *out);
    return rows ? out : NULL;
}

static bool read_block(struct block *out, struct pl_arena *arena, const struct pl_packed_part *part,
                       const struct pl_json *json) {
    out->value = pl_arena_strdup(arena, pl_json_as_text(pl_json_get(json, "value"), ""));
    out->settings = pl_arena_strdup(arena, pl_json_as_text(pl_json_get(json, "settings"), ""));
    out->portable = pl_json_as_bool(pl_json_get(json, "portable"), false);
    if (strlen(out->settings) != part->points * part->entry_count * DIGITS) return false;
    for (size_t m = 0; m < part->metric_count; m++) {
        const struct pl_json *values = pl_json_get(json, part->metrics[m]);
        if (!values) continue;
        out->values[m] = read_values(arena, part, values);
        if (!out->values[m]) return false;
    }
    return true;
}

static bool read_part(struct pl_packed_part *out, struct pl_arena *arena,
                      const struct pl_json *json) {
    const struct pl_json *axes = pl_json_get(json, "axes"), *blocks = pl_json_get(json, "blocks");
    const struct pl_json *seeds = pl_json_get(json, "seeds");
    struct pl_json *provenance = NULL;
    if (pl_json_as_int(pl_json_get(json, "schema"), 0) != PL_PACKED_SCHEMA ||
        !pl_json_as_bool(pl_json_get(json, "packed"), false) ||
        pl_json_is_null(pl_json_get(json, "provenance")))
        return false;
    out->seed_count = pl_json_count(seeds);
    out->seeds = PL_ARENA_ARRAY(arena, uint64_t, out->seed_count + 1);
    for (size_t s = 0; s < out->seed_count; s++)
        out->seeds[s] = (uint64_t)pl_json_as_int(pl_json_at(seeds, s), 0);
    out->entries = read_texts(arena, pl_json_get(json, "entries"), 0, &out->entry_count);
    out->metrics = read_texts(arena, pl_json_get(json, "metrics"), 0, &out->metric_count);
    out->axis_count = pl_json_count(axes);
    out->axes = PL_ARENA_ARRAY(arena, struct pl_axis, out->axis_count + 1);
    out->points = 1;
    for (size_t k = 0; k < out->axis_count; k++) {
        const struct pl_json *axis = pl_json_at(axes, k);
        out->axes[k].key = pl_arena_strdup(arena, pl_json_as_text(pl_json_at(axis, 0), ""));
        out->axes[k].values = read_texts(arena, axis, 1, &out->axes[k].count);
        if (k) out->points *= out->axes[k].count;
    }
    char *machine = pl_json_write(pl_json_get(json, "provenance"), false);
    out->machine = pl_arena_strdup(arena, machine);
    if (pl_json_parse(&provenance, machine, strlen(machine)) == PL_OK)
        pl_json_set(provenance, "numerics", pl_json_text(PL_PORTABLE));
    pl_free(machine);
    char *portable = pl_json_write(provenance, false);
    out->portable = pl_arena_strdup(arena, portable);
    pl_free(portable);
    pl_json_destroy(provenance);
    out->blocks = PL_ARENA_ARRAY(arena, struct block, pl_json_count(blocks) + 1);
    bool whole = out->metric_count <= METRICS_MOST && out->points && out->entry_count;
    for (size_t m = 0; whole && m < out->metric_count; m++) {
        const struct pl_metric_row *row = pl_metric_find(out->metrics[m]);
        out->names[m] = row ? row->name : NULL;
    }
    for (size_t b = 0; b < pl_json_count(blocks) && whole; b++)
        whole = read_block(&out->blocks[out->block_count++], arena, out, pl_json_at(blocks, b));
    return whole && out->block_count;
}

static enum pl_status read_file(struct pl_packed *packed, const char *path, const char *study) {
    struct pl_packed_part *part = &packed->parts[packed->part_count++];
    struct pl_strbuf text;
    struct pl_json *json = NULL;
    part->path = path;
    pl_strbuf_init(&text);
    enum pl_status status = pl_file_read(&text, path, FILE_MOST);
    if (status == PL_OK && pl_json_parse(&json, text.text, text.length) != PL_OK)
        status = pl_fail(PL_EMISMATCH, "%s is no reference: %s", path, pl_message());
    if (status == PL_OK && !read_part(part, &packed->arena, json))
        status = pl_fail(PL_EMISMATCH,
                         "%s is not a whole packed reference of schema %d; `plumbline bless "
                         "--packed` writes one",
                         path, PL_PACKED_SCHEMA);
    const char *name = pl_json_as_text(pl_json_get(json, "study"), "");
    if (status == PL_OK && strcmp(name, study) != 0)
        status = pl_fail(PL_EMISMATCH, "%s is a reference of the study %s, and this is %s", path,
                         name, study);
    const char *commit =
        pl_json_as_text(pl_json_get(pl_json_get(json, "provenance"), "commit"), "");
    if (status == PL_OK && *commit && !strstr(packed->commit, commit))
        packed->commit = pl_arena_printf(&packed->arena, "%s%s%s", packed->commit,
                                         *packed->commit ? ", " : "", commit);
    pl_json_destroy(json);
    pl_strbuf_finish(&text);
    return status;
}

static const struct block *find_block(const struct pl_packed_part *part, const char *value) {
    for (size_t b = 0; b < part->block_count; b++)
        if (strcmp(part->blocks[b].value, value) == 0) return &part->blocks[b];
    return NULL;
}

static enum pl_status check_twice(const struct pl_packed *packed) {
    for (size_t p = 0; p < packed->part_count; p++)
        for (size_t b = 0; b < packed->parts[p].block_count; b++)
            for (size_t q = 0; q < p; q++) {
                const char *value = packed->parts[p].blocks[b].value;
                if (!find_block(&packed->parts[q], value)) continue;
                return pl_fail(PL_EMISMATCH, "%s and %s both have %s = %s; take one of them away",
                               packed->parts[q].path, packed->parts[p].path,
                               packed->parts[p].axis_count ? packed->parts[p].axes[0].key : "block",
                               value);
            }
    return PL_OK;
}

static bool is_folder(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

bool pl_packed_is(const char *path) {
    char head[64] = "";
    if (is_folder(path)) return true;
    FILE *file = fopen(path, "rb");
    if (!file) return false;
    head[fread(head, 1, sizeof head - 1, file)] = '\0';
    fclose(file);
    return strstr(head, "\"packed\"") != NULL;
}

static int by_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

enum pl_status pl_packed_read(struct pl_packed *out, const char *path, const char *study) {
    PL_VEC(const char *) files = {0};
    const struct dirent *item;
    enum pl_status status = PL_OK;
    *out = (struct pl_packed){.commit = ""};
    out->path = pl_arena_strdup(&out->arena, path);
    DIR *folder = is_folder(path) ? opendir(path) : NULL;
    if (!folder) PL_VEC_PUSH(&files, out->path);
    while (folder && (item = readdir(folder))) {
        size_t length = strlen(item->d_name);
        if (length < 6 || strcmp(item->d_name + length - 5, ".json") != 0) continue;
        PL_VEC_PUSH(&files, pl_arena_printf(&out->arena, "%s/%s", path, item->d_name));
    }
    if (folder) closedir(folder);
    qsort(files.items, files.count, sizeof *files.items, by_text);
    out->parts = PL_ARENA_ARRAY(&out->arena, struct pl_packed_part, files.count + 1);
    if (files.count == 0)
        status = pl_fail(PL_EMISMATCH,
                         "%s holds no reference; `plumbline bless --packed` writes one", path);
    for (size_t k = 0; k < files.count && status == PL_OK; k++)
        status = read_file(out, files.items[k], study);
    if (status == PL_OK) status = check_twice(out);
    PL_VEC_FINISH(&files);
    if (status != PL_OK) pl_packed_finish(out);
    return status;
}

void pl_packed_finish(struct pl_packed *packed) {
    pl_arena_finish(&packed->arena);
    *packed = (struct pl_packed){0};
}

/* ---- results ---- */

/* The group of [cell] in [part]: its index within a block; false when its axes or entries are others. */
static bool find_group(const struct pl_packed_part *part, const struct pl_experiment *experiment,
                       const struct pl_cell *cell, size_t *group) {
    size_t point = 0, entry;
    if (part->axis_count != experiment->axis_count) return false;
    for (size_t k = 1; k < part->axis_count; k++) {
        const struct pl_axis *axis = &part->axes[k];
        const char *value = NULL;
        for (size_t a = 0; a < experiment->axis_count; a++)
            if (strcmp(experiment->axes[a].key, axis->key) == 0) value = cell->axis_values[a];
        if (!value) return false;
        size_t index = pl_names_find(PL_NAME_LIST(axis->values, axis->count), value);
        if (index == axis->count) return false;
        point = point * axis->count + index;
    }
    entry = pl_names_find(PL_NAME_LIST(part->entries, part->entry_count), cell->label);
    *group = point * part->entry_count + entry;
    return entry < part->entry_count;
}

static size_t place_of_seed(const struct pl_packed_part *part, uint64_t seed) {
    size_t s = 0;
    while (s < part->seed_count && part->seeds[s] != seed) s++;
    return s;
}

static const struct block *find(const struct pl_packed *packed,
                                const struct pl_experiment *experiment, const struct pl_cell *cell,
                                const struct pl_packed_part **part, size_t *group) {
    const char *value = experiment->axis_count ? cell->axis_values[0] : "";
    for (size_t p = 0; p < packed->part_count; p++) {
        const struct block *block = find_block(&packed->parts[p], value);
        *part = &packed->parts[p];
        if (block && find_group(*part, experiment, cell, group)) return block;
    }
    return NULL;
}

/* A metric that is made of two others, as a run makes it (run/cell_run.c). */
static void add_gap(struct pl_result *out) {
    double train = pl_result_final(out, "train_loss"), test = pl_result_final(out, "test_loss");
    double floor = PL_LOSS_FLOOR * pl_result_final(out, "trivial");
    if (!isfinite(train) || !isfinite(test) || !(floor > 0.0)) return;
    out->metrics[out->metric_count++] =
        (struct pl_metric){"gap", 0, fmax(test, floor) / fmax(train, floor)};
}

static void fill(struct pl_result *out, const struct pl_packed_part *part,
                 const struct block *block, size_t place, struct pl_arena *arena) {
    bool diverged = false, gap = false;
    *out = (struct pl_result){.message = "", .diagnosed = ""};
    out->metrics = PL_ARENA_ARRAY(arena, struct pl_metric, part->metric_count + 1);
    for (size_t m = 0; m < part->metric_count; m++) {
        double value = block->values[m] ? block->values[m][place] : NAN;
        diverged |= isinf(value);
        gap |= strcmp(part->metrics[m], "gap") == 0;
        if (isfinite(value) && part->names[m])
            out->metrics[out->metric_count++] = (struct pl_metric){part->names[m], 0, value};
    }
    out->outcome = diverged ? PL_DIVERGED : PL_DONE;
    if (!gap) add_gap(out);
}

void pl_packed_results(struct pl_packed_fit *out, const struct pl_packed *packed,
                       const struct pl_experiment *experiment, const struct pl_cells *cells,
                       struct pl_result *results, struct pl_arena *arena) {
    const char *(*provenance)[2] = /* of each part: not portable, portable */
        pl_arena_alloc(arena, (packed->part_count + 1) * sizeof *provenance);
    for (size_t p = 0; p < packed->part_count; p++) {
        provenance[p][0] = pl_arena_strdup(arena, packed->parts[p].machine);
        provenance[p][1] = pl_arena_strdup(arena, packed->parts[p].portable);
    }
    *out = (struct pl_packed_fit){0};
    for (size_t k = 0; k < cells->count; k++) {
        const struct pl_cell *cell = &cells->items[k];
        const struct pl_packed_part *part;
        size_t group = 0;
        char hash[DIGITS + 1];
        bool first = cell->seed_index == 0;
        const struct block *block = find(packed, experiment, cell, &part, &group);
        out->groups += first;
        if (!block) continue;
        hash_settings(cell->settings, hash);
        if (strncmp(block->settings + group * DIGITS, hash, DIGITS) != 0) {
            if (!out->first_other) out->first_other = cell->label;
            out->other += first;
            continue;
        }
        size_t seed = place_of_seed(part, cell->seed);
        if (seed == part->seed_count) continue;
        out->filled += first;
        fill(&results[k], part, block, group * part->seed_count + seed, arena);
        results[k].provenance = provenance[part - packed->parts][block->portable];
    }
}

/* ---- a reference ---- */

static bool keeps(const struct pl_packed *packed, const char *metric) {
    const struct pl_packed_part *part = &packed->parts[0];
    return pl_names_find(PL_NAME_LIST(part->metrics, part->metric_count), metric) <
           part->metric_count;
}

/* Leaves of [out] the seeds and groups that have a result. */
static void keep_known(struct pl_reference *out, const struct pl_packed *packed) {
    int told = PL_METRIC_ROWS;
    size_t groups = 0, seeds = 0;
    for (int m = 0; m < PL_METRIC_ROWS; m++)
        if ((pl_metrics[m].uses & PL_METRIC_REFERENCE) && keeps(packed, pl_metrics[m].name))
            told = m;
    for (size_t s = 0; s < out->seed_count; s++) {
        if (place_of_seed(&packed->parts[0], out->seeds[s]) == packed->parts[0].seed_count)
            continue;
        for (size_t g = 0; g < out->group_count; g++)
            for (int m = 0; m < PL_METRIC_ROWS; m++)
                if (out->groups[g].values[m])
                    out->groups[g].values[m][seeds] = out->groups[g].values[m][s];
        out->seeds[seeds++] = out->seeds[s];
    }
    out->seed_count = seeds;
    for (size_t g = 0; g < out->group_count; g++) {
        struct pl_reference_group *group = &out->groups[g];
        bool known = told < PL_METRIC_ROWS && group->values[told] && seeds > 0 &&
                     !isnan(group->values[told][0]);
        for (int m = 0; m < PL_METRIC_ROWS; m++)
            if (!keeps(packed, pl_metrics[m].name)) group->values[m] = NULL;
        if (known)
            out->groups[groups++] = *group;
        else
            pl_settings_finish(&group->settings);
    }
    out->group_count = groups;
}

void pl_packed_reference(struct pl_reference *out, const struct pl_packed *packed,
                         const struct pl_experiment *experiment, const struct pl_cells *cells,
                         struct pl_packed_fit *fit) {
    struct pl_arena arena = {0};
    struct pl_result *results = pl_alloc_zero(cells->count + 1, sizeof *results);
    struct pl_json *provenance = NULL;
    pl_packed_results(fit, packed, experiment, cells, results, &arena);
    pl_reference_gather(out, experiment, cells, results, NULL);
    keep_known(out, packed);
    out->commit = pl_arena_strdup(&out->arena, packed->commit);
    if (pl_json_parse(&provenance, packed->parts[0].machine, strlen(packed->parts[0].machine)) ==
        PL_OK)
        out->numerics =
            pl_arena_strdup(&out->arena, pl_json_as_text(pl_json_get(provenance, "numerics"), ""));
    pl_json_destroy(provenance);
    pl_free(results);
    pl_arena_finish(&arena);
}
