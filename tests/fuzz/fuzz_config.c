/* Any bytes give settings or a sentence: YAML, option rows and canonical texts. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/config/settings.h"
#include "core/config/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct host {
    long width, block, batch;
    double lr;
    bool tied;
    int act;
    const char *note;
};

static const struct pl_option rows[] = {
    PL_OPTION_INT(struct host, width, "32", 1, 65536, "features of the residual stream"),
    PL_OPTION_AUTO_INT(struct host, block, "auto", 1, 64, "layers of a block"),
    PL_OPTION_WORD_INT(struct host, batch, "full", 1, 1e6, "samples of a batch"),
    PL_OPTION_REAL(struct host, lr, "1e-3", -10, 10, "learning rate"),
    PL_OPTION_BOOL(struct host, tied, "false", "whether weights are tied"),
    PL_OPTION_CHOICE(struct host, act, "silu", "relu|gelu|silu|tanh", "activation"),
    PL_OPTION_TEXT(struct host, note, "none", "a remark"),
};
static const struct pl_options options = PL_OPTIONS("model", rows);

static const char name[] = "fuzz.yaml";

/* A refusal is PL_ECONFIG and names the file and a line. */
static void check_refusal(enum pl_status status) {
    int line = 0, column = 0;
    if (status == PL_OK) return;
    PL_ASSERT(status == PL_ECONFIG);
    PL_ASSERT(strncmp(pl_message(), name, sizeof name - 1) == 0);
    PL_ASSERT(sscanf(pl_message() + sizeof name - 1, ":%d:%d: ", &line, &column) == 2);
    PL_ASSERT(line >= 1 && column >= 1);
}

/* What a row accepts has one canonical text, which it accepts again, unchanged. */
static void check_canonical(const char *text) {
    for (size_t i = 0; i < options.count; i++) {
        struct pl_strbuf once, twice;
        pl_strbuf_init(&once);
        pl_strbuf_init(&twice);
        if (pl_option_canonical(&rows[i], text, &once) == PL_OK) {
            PL_ASSERT(pl_option_canonical(&rows[i], once.text, &twice) == PL_OK);
            PL_ASSERT(strcmp(once.text, twice.text) == 0);
        }
        pl_strbuf_finish(&twice);
        pl_strbuf_finish(&once);
    }
}

static void collect(struct pl_settings *out, struct pl_arena *arena, const char *prefix,
                    const struct pl_yaml *node) {
    if (node->kind == PL_YAML_SCALAR) {
        check_canonical(node->text);
        pl_settings_set(out, *prefix ? prefix : "root", node->text, node->place);
    }
    for (size_t i = 0; i < node->count && strlen(prefix) < 200 && out->count < 1000; i++) {
        const char *part = node->keys ? node->keys[i]->text : pl_arena_printf(arena, "%zu", i);
        const char *dot = *prefix ? "." : "";
        collect(out, arena, pl_arena_printf(arena, "%s%s%s", prefix, dot, part), node->values[i]);
    }
}

static void check_text(const struct pl_settings *settings, struct pl_arena *arena) {
    struct pl_settings again = {0};
    struct pl_strbuf text, second;
    pl_strbuf_init(&text);
    pl_strbuf_init(&second);
    pl_settings_write(settings, &text);
    PL_ASSERT(pl_settings_read(&again, arena, text.text) == PL_OK);
    pl_settings_write(&again, &second);
    PL_ASSERT(again.count == settings->count && strcmp(text.text, second.text) == 0);
    pl_strbuf_finish(&second);
    pl_strbuf_finish(&text);
    pl_settings_finish(&again);
}

/* The bytes as a study. */
static void feed_yaml(const uint8_t *data, size_t size) {
    struct pl_arena arena = {0};
    struct pl_settings settings = {0};
    struct host host = {0};
    const struct pl_yaml *root = NULL;
    enum pl_status status = pl_yaml_load_text(&root, &arena, name, (const char *)data, size);
    check_refusal(status);
    PL_ASSERT((status == PL_OK) == (root != NULL));
    if (root) {
        collect(&settings, &arena, "", root);
        check_text(&settings, &arena);
        check_refusal(pl_settings_bind(&settings, &options, &host, &arena));
    }
    pl_settings_finish(&settings);
    pl_arena_finish(&arena);
}

/* The bytes as canonical text: what is accepted says the same when written and read again. */
static void feed_settings(const uint8_t *data, size_t size) {
    struct pl_arena arena = {0};
    struct pl_settings settings = {0};
    const char *text = pl_arena_strndup(&arena, (const char *)data, size);
    if (pl_settings_read(&settings, &arena, text) == PL_OK) check_text(&settings, &arena);
    pl_settings_finish(&settings);
    pl_arena_finish(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    feed_yaml(data, size);
    feed_settings(data, size);
    return 0;
}
