/* The stamp is the hash of a text: digest of the sources, compiler, flags, backend, what the backend says of
 * itself, digest of a plug-in. Provenance holds the same parts by name, so that two stamps that differ can be
 * told apart part by part.
 */
#include "experiments/run/stamp.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "experiments/run/build_info.h"
#include "tasks/plugin.h"

void pl_stamp(char out[PL_HASH_TEXT], const struct pl_backend *backend,
              const struct pl_task *task) {
    const struct pl_plugin *plugin = pl_plugin_of(task);
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    pl_strbuf_addf(&text, "%s\n%s\n%s\n%s\n", PL_SOURCES_DIGEST, PL_BUILD_COMPILER, PL_BUILD_FLAGS,
                   pl_backend_name(backend));
    pl_backend_numerics(backend, &text);
    if (plugin) pl_strbuf_addf(&text, "\nplug-in %s", plugin->digest);
    pl_hash_text(out, text.text);
    pl_strbuf_finish(&text);
}

static void add_stamp(const char **list, size_t *count, struct pl_arena *arena,
                      const struct pl_backend *backend, const struct pl_task *task) {
    char stamp[PL_HASH_TEXT];
    pl_stamp(stamp, backend, task);
    for (size_t k = 0; k < *count; k++)
        if (strcmp(list[k], stamp) == 0) return;
    list[(*count)++] = pl_arena_strdup(arena, stamp);
}

const char *const *pl_stamps_here(struct pl_arena *arena, size_t *count) {
    size_t backends = 0, plugins = 0;
    while (pl_backend_here((int)backends)) backends++;
    while (pl_plugin_at(plugins)) plugins++;
    const char **list = PL_ARENA_ARRAY(arena, const char *, backends *(plugins + 1) + 1);
    *count = 0;
    for (int k = 0; pl_backend_here(k); k++) {
        add_stamp(list, count, arena, pl_backend_here(k), NULL);
        for (size_t p = 0; p < plugins; p++)
            add_stamp(list, count, arena, pl_backend_here(k), pl_plugin_at(p)->tasks[0]);
    }
    return list;
}

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

/* The file's name without its folder, which is nobody's business. */
static void add_plugin(struct pl_json *out, const struct pl_plugin *plugin) {
    char text[300];
    snprintf(text, sizeof text, "%.255s %s", strrchr(plugin->path, '/') + 1, plugin->digest);
    pl_json_set(out, "plugin", pl_json_text(text));
}

struct pl_json *pl_provenance(const struct pl_backend *backend, const struct pl_task *task) {
    char cpu[256], stamp[PL_HASH_TEXT], when[24];
    struct pl_strbuf numerics;
    struct pl_json *out = pl_json_object();
    processor(cpu, sizeof cpu);
    pl_stamp(stamp, backend, task);
    pl_clock_wall(when);
    pl_strbuf_init(&numerics);
    pl_backend_numerics(backend, &numerics);
    pl_json_set(out, "commit", pl_json_text(PL_BUILD_COMMIT));
    pl_json_set(out, "dirty", pl_json_bool(PL_BUILD_DIRTY));
    pl_json_set(out, "sources", pl_json_text(PL_SOURCES_DIGEST));
    pl_json_set(out, "compiler", pl_json_text(PL_BUILD_COMPILER));
    pl_json_set(out, "flags", pl_json_text(PL_BUILD_FLAGS));
    pl_json_set(out, "backend", pl_json_text(pl_backend_name(backend)));
    pl_json_set(out, "numerics", pl_json_text(numerics.text));
    pl_json_set(out, "stamp", pl_json_text(stamp));
    if (pl_plugin_of(task)) add_plugin(out, pl_plugin_of(task));
    pl_json_set(out, "processor", pl_json_text(cpu));
    pl_json_set(out, "cores", pl_json_int(sysconf(_SC_NPROCESSORS_ONLN)));
    pl_json_set(out, "finished", pl_json_text(when));
    pl_strbuf_finish(&numerics);
    return out;
}

/* ---- what differs ---- */

static void add_difference(struct pl_strbuf *out, size_t start, const char *name, const char *then,
                           const char *now) {
    if (strcmp(then, now) == 0) return;
    pl_strbuf_addf(out, "%s%s (%s then, %s now)", out->length > start ? ", " : "", name, then, now);
}

/* What a backend says of itself is a list of phrases, "float32, OpenBLAS 0.3.21 Haswell, x86-64-v4
 * kernels": what a phrase is about, by a word in it. */
static const char *phrase_name(const char *phrase) {
    static const struct {
        const char *word, *name;
    } rows[] = {{"OpenBLAS", "OpenBLAS"},
                {" kernels", "instruction-set level"},
                {"driver ", "driver"},
                {"CLBlast", "CLBlast"},
                {" / ", "device"}};
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++)
        if (strstr(phrase, rows[k].word)) return rows[k].name;
    return "precision";
}

/* "OpenBLAS VERSION CORE": library and core type by themselves. False when it is not of that form. */
static bool add_blas_difference(struct pl_strbuf *out, size_t start, const char *then,
                                const char *now) {
    char versions[2][40], cores[2][40];
    if (sscanf(then, "OpenBLAS %39s %39s", versions[0], cores[0]) != 2 ||
        sscanf(now, "OpenBLAS %39s %39s", versions[1], cores[1]) != 2)
        return false;
    add_difference(out, start, "OpenBLAS", versions[0], versions[1]);
    add_difference(out, start, "core type", cores[0], cores[1]);
    return true;
}

/* The phrase at *at, cut off in [phrase]; *at moves behind it. */
static bool next_phrase(const char **at, char *phrase, size_t size) {
    size_t length = strcspn(*at, ",");
    if (!**at) return false;
    snprintf(phrase, size, "%.*s", (int)length, *at);
    *at += length;
    *at += strspn(*at, ", ");
    return true;
}

static void add_numerics_difference(struct pl_strbuf *out, size_t start, const char *then,
                                    const char *now) {
    char a[256], b[256];
    const char *left = then, *right = now;
    size_t counts[2] = {0};
    while (next_phrase(&left, a, sizeof a)) counts[0]++;
    while (next_phrase(&right, b, sizeof b)) counts[1]++;
    if (counts[0] != counts[1]) {
        add_difference(out, start, "libraries", then, now);
        return;
    }
    for (left = then, right = now;
         next_phrase(&left, a, sizeof a) && next_phrase(&right, b, sizeof b);)
        if (!add_blas_difference(out, start, a, b))
            add_difference(out, start, phrase_name(b), a, b);
}

static struct pl_json *parse(const char *text) {
    struct pl_json *json = NULL;
    return pl_json_parse(&json, text, strlen(text)) == PL_OK ? json : pl_json_object();
}

static const char *member(const struct pl_json *json, const char *name) {
    return pl_json_as_text(pl_json_get(json, name), "not recorded");
}

void pl_stamp_difference(struct pl_strbuf *out, const char *then, const char *now) {
    static const char *const whole[] = {"backend", "compiler", "flags"};
    struct pl_json *a = parse(then), *b = parse(now);
    size_t start = out->length;
    char sources[2][13];
    snprintf(sources[0], sizeof sources[0], "%.12s", member(a, "sources"));
    snprintf(sources[1], sizeof sources[1], "%.12s", member(b, "sources"));
    add_difference(out, start, "sources", sources[0], sources[1]);
    for (size_t k = 0; k < sizeof whole / sizeof whole[0]; k++)
        add_difference(out, start, whole[k], member(a, whole[k]), member(b, whole[k]));
    add_numerics_difference(out, start, member(a, "numerics"), member(b, "numerics"));
    add_difference(out, start, "plug-in", pl_json_as_text(pl_json_get(a, "plugin"), "none"),
                   pl_json_as_text(pl_json_get(b, "plugin"), "none"));
    if (out->length == start)
        pl_strbuf_add(out, "nothing that is recorded (the stamp was made in another way)");
    pl_json_destroy(a);
    pl_json_destroy(b);
}

void pl_build_facts(struct pl_strbuf *out) {
    pl_strbuf_addf(out, "commit    %s%s\n", PL_BUILD_COMMIT,
                   PL_BUILD_DIRTY ? " (changed since)" : "");
    pl_strbuf_addf(out, "compiler  %s\nflags     %s\nsources   %s\n", PL_BUILD_COMPILER,
                   PL_BUILD_FLAGS, PL_SOURCES_DIGEST);
    for (int k = 0; pl_backend_at(k); k++) {
        pl_strbuf_addf(out, "backend   %s: ", pl_backend_name(pl_backend_at(k)));
        pl_backend_build(pl_backend_at(k), out);
        pl_strbuf_add(out, "\n");
    }
}
