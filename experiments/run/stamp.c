#include "experiments/run/stamp.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "experiments/run/build_info.h"

void pl_stamp(char out[PL_HASH_TEXT], const struct pl_backend *backend) {
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    pl_strbuf_addf(&text, "%s\n%s\n%s\n%s\n", PL_SOURCES_DIGEST, PL_BUILD_COMPILER, PL_BUILD_FLAGS,
                   pl_backend_name(backend));
    pl_backend_numerics(backend, &text);
    pl_hash_text(out, text.text);
    pl_strbuf_finish(&text);
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

struct pl_json *pl_provenance(const struct pl_backend *backend) {
    char cpu[256], stamp[PL_HASH_TEXT], when[24];
    struct pl_strbuf numerics;
    struct pl_json *out = pl_json_object();
    processor(cpu, sizeof cpu);
    pl_stamp(stamp, backend);
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
    pl_json_set(out, "processor", pl_json_text(cpu));
    pl_json_set(out, "cores", pl_json_int(sysconf(_SC_NPROCESSORS_ONLN)));
    pl_json_set(out, "finished", pl_json_text(when));
    pl_strbuf_finish(&numerics);
    return out;
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
