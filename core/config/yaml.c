/* The loader: libyaml's events to a tree of nodes that remember line and column.
 *
 *     check_bytes ─► libyaml ─► read_document ─► read_node ─┬─► read_scalar
 *                                                           ├─► read_list ─► read_node
 *                                                           └─► read_map ──► read_node
 *
 * Every byte is checked before libyaml sees it, so that a complaint about one has a place in
 * characters. Children are collected on one stack while their collection is open and move to the
 * arena when it ends. An event that next() gave is deleted by whoever asked for it. Text, nodes
 * and depth have limits (below), because a study comes from anywhere; anchors, tags and repeated
 * keys are refused. */
#include "core/config/yaml.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "core/base/file.h"
#include "core/base/utf8.h"
#include "core/base/vec.h"
#include "core/config/quote.h"

#define TEXT_MAX  ((size_t)1 << 20)
#define NODES_MAX 100000
#define DEPTH_MAX 64

struct loader {
    yaml_parser_t parser;
    struct pl_arena *arena;
    const char *name;           /* in the arena */
    const char *text;           /* the whole source, in the arena */
    const struct pl_yaml *open; /* the last value with a bracket that it does not close; or NULL */
    size_t nodes;
    int depth;
    PL_VEC(const struct pl_yaml *) stack; /* children of the open collections, innermost last */
};

const char *pl_yaml_kind_name(enum pl_yaml_kind kind) {
    static const char *const names[] = {[PL_YAML_SCALAR] = "a single value",
                                        [PL_YAML_LIST] = "a list",
                                        [PL_YAML_MAP] = "a mapping"};
    return names[kind];
}

const struct pl_yaml *pl_yaml_get(const struct pl_yaml *map, const char *key) {
    if (!map || map->kind != PL_YAML_MAP) return NULL;
    for (size_t i = 0; i < map->count; i++) {
        if (strcmp(map->keys[i]->text, key) == 0) return map->values[i];
    }
    return NULL;
}

enum pl_status pl_fail_at(struct pl_place place, const char *format, ...) {
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    PL_ASSERT(length >= 0);
    char *text = pl_alloc((size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    va_end(arguments);
    enum pl_status status = place.line == 0 ? pl_fail(PL_ECONFIG, "%s: %s", place.file, text)
                                            : pl_fail(PL_ECONFIG, "%s:%d:%d: %s", place.file,
                                                      place.line, place.column, text);
    pl_free(text);
    return status;
}

/* ---- the bytes, before libyaml sees them -------------------------------------------------- */

/* YAML's printable characters; all others are refused here, with a place. */
static bool is_printable(uint32_t c) {
    if (c < 0x20) return c == '\t' || c == '\n' || c == '\r';
    if (c < 0xa0) return c < 0x7f || c == 0x85;
    return c != 0xfeff && c != 0xfffe && c != 0xffff;
}

static enum pl_status check_bytes(const char *name, const char *text, size_t length) {
    const unsigned char *bytes = (const unsigned char *)text;
    struct pl_place place = {name, 1, 1};
    if (length > TEXT_MAX) {
        return pl_fail_at(place, "the text has more than %zu bytes, the most that is read",
                          TEXT_MAX);
    }
    for (size_t at = 0, size; at < length; at += size) {
        uint32_t c = 0;
        size = pl_utf8_decode(text + at, length - at, &c);
        if (size == 0) {
            return pl_fail_at(place,
                              "the byte 0x%02x does not belong to UTF-8 text; save the file "
                              "as UTF-8",
                              bytes[at]);
        }
        if (!is_printable(c)) {
            return pl_fail_at(place, "the control character U+%04X has no place in text; remove it",
                              (unsigned)c);
        }

        /* Moves [place] over one character, counting line ends as libyaml does. */
        bool ends = c == '\n' || c == 0x85 || c == 0x2028 || c == 0x2029;
        if (ends || (c == '\r' && !(at + 1 < length && bytes[at + 1] == '\n'))) {
            place.line++;
            place.column = 1;
        } else {
            place.column++;
        }
    }
    return PL_OK;
}

/* ---- events ------------------------------------------------------------------------------- */

static struct pl_place place_of(const struct loader *loader, yaml_mark_t mark) {
    struct pl_place place = {loader->name, (int)mark.line + 1, (int)mark.column + 1};
    return place;
}

/* What libyaml says, and a way out that it does not know of; the last row is for all the rest. */
static const struct {
    const char *problem, *hint;
} hints[] = {
    {"cannot start any token",
     "indent with blanks, not tabs, and put text that begins with @, ` or "
     "% in quotes"},
    {"tab character", "indent with blanks, not tabs"},
    {"mapping values are not allowed",
     "text that holds \": \" needs quotes, and the keys of one mapping begin in one column"},
    {"block sequence entries", "a list begins on a line of its own, its dashes in one column"},
    {"expected key", "check the indentation, the quotes and the brackets above"},
    {"expected '-'", "check the indentation, the quotes and the brackets above"},
    {"expected ','", "close the bracket, or separate the items by commas"},
    {"expected ':'", "a key is followed by a colon and a blank"},
    {"end of stream", "close the quotes"},
    {"document indicator", "close the quotes"},
    {"escape character", "write \\\\ for a backslash, or use single quotes"},
    {"document start", "one file holds one document"},
    {"YAML document", "remove the line that begins with %YAML"},
    {"%YAML", "remove the line that begins with %YAML"},
    {"", "check the quotes, the brackets and the indentation"},
};

static enum pl_status fail_syntax(const struct loader *loader) {
    const yaml_parser_t *parser = &loader->parser;
    const char *problem = parser->problem ? parser->problem : "it cannot be read";
    if (parser->error == YAML_MEMORY_ERROR) return pl_fail(PL_EMEMORY, "no memory to read YAML");
    size_t i = 0;
    while (!strstr(problem, hints[i].problem)) i++;
    const char *hint = hints[i].hint;
    struct pl_place place = place_of(loader, parser->problem_mark);
    if (!parser->context) return pl_fail_at(place, "this is not YAML: %s; %s", problem, hint);
    return pl_fail_at(place, "this is not YAML: %s %s that begins at %zu:%zu; %s", problem,
                      parser->context, parser->context_mark.line + 1,
                      parser->context_mark.column + 1, hint);
}

/* The next event; on success the caller deletes it. */
static enum pl_status next(struct loader *loader, yaml_event_t *event) {
    if (!yaml_parser_parse(&loader->parser, event)) return fail_syntax(loader);
    return PL_OK;
}

/* The decorations of YAML that a study needs not. */
static const yaml_char_t *anchor_of(const yaml_event_t *event) {
    return event->type == YAML_SCALAR_EVENT           ? event->data.scalar.anchor
           : event->type == YAML_SEQUENCE_START_EVENT ? event->data.sequence_start.anchor
                                                      : event->data.mapping_start.anchor;
}

static const yaml_char_t *tag_of(const yaml_event_t *event) {
    return event->type == YAML_SCALAR_EVENT           ? event->data.scalar.tag
           : event->type == YAML_SEQUENCE_START_EVENT ? event->data.sequence_start.tag
                                                      : event->data.mapping_start.tag;
}

/* libyaml spells !!int out; it is shown as it stands in the text. */
static enum pl_status fail_tag(struct pl_place place, const char *tag) {
    static const char spelled[] = "tag:yaml.org,2002:";
    size_t length = strncmp(tag, spelled, sizeof spelled - 1) == 0 ? sizeof spelled - 1 : 0;
    char shown[PL_QUOTED], text[PL_QUOTED];
    snprintf(text, sizeof text, "%s%s", length ? "!!" : "", tag + length);
    return pl_fail_at(place, "the tag %s is not accepted; write the value without it",
                      pl_quoted(shown, text));
}

static enum pl_status check_plainness(const struct loader *loader, const yaml_event_t *event) {
    struct pl_place place = place_of(loader, event->start_mark);
    char shown[PL_QUOTED];
    if (event->type == YAML_ALIAS_EVENT) {
        pl_quoted(shown, (const char *)event->data.alias.anchor);
        return pl_fail_at(place, "the alias %s is not accepted; write the value out", shown);
    }
    const char *anchor = (const char *)anchor_of(event), *tag = (const char *)tag_of(event);
    if (anchor) {
        pl_quoted(shown, anchor);
        return pl_fail_at(place, "the anchor %s is not accepted; write the value without it",
                          shown);
    }
    return tag ? fail_tag(place, tag) : PL_OK;
}

/* ---- the tree ----------------------------------------------------------------------------- */

static enum pl_status read_node(const struct pl_yaml **out, struct loader *loader,
                                const yaml_event_t *event, const struct pl_yaml *key);

static enum pl_status read_next(const struct pl_yaml **out, struct loader *loader,
                                const struct pl_yaml *key) {
    yaml_event_t event;
    PL_TRY(next(loader, &event));
    enum pl_status status = read_node(out, loader, &event, key);
    yaml_event_delete(&event);
    return status;
}

/* The source from [place] on to the next closing bracket of its line, or NULL when there is none. */
static const char *call_at(const struct loader *loader, struct pl_place place) {
    const char *text = loader->text;
    for (int line = 1; line < place.line && *text; line++)
        text += strcspn(text, "\n") + (text[strcspn(text, "\n")] != '\0');
    for (int column = 1; column < place.column && *text && *text != '\n'; column++) do
            text++;
        while (((unsigned char)*text & 0xc0) == 0x80);
    size_t length = strcspn(text, ")\n");
    return text[length] == ')' ? pl_arena_strndup(loader->arena, text, length + 1) : NULL;
}

/* A plain scalar that is empty or ~ says that there is nothing. After a value with an open bracket, as in
 * {train.lr: logspace(-3,-1,5)}, it is what is left when the braces end that value at its comma. */
static enum pl_status fail_nothing(const struct loader *loader, struct pl_place place,
                                   const struct pl_yaml *key) {
    char shown[PL_QUOTED];
    const char *call = key && loader->open ? call_at(loader, loader->open->place) : NULL;
    if (call && loader->open->place.line == key->place.line)
        return pl_fail_at(loader->open->place,
                          "within braces a value ends at a comma; put it in quotes: %s",
                          pl_quoted(shown, call));
    if (!key)
        return pl_fail_at(place, "there is nothing here; write a value, or \"\" for empty text");
    return pl_fail_at(place, "%s has no value; write one, or leave the key out",
                      pl_quoted(shown, key->text));
}

static enum pl_status read_scalar(struct pl_yaml *node, struct loader *loader,
                                  const yaml_event_t *event, const struct pl_yaml *key) {
    const char *text = (const char *)event->data.scalar.value;
    size_t length = event->data.scalar.length;
    bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (plain && (length == 0 || strcmp(text, "~") == 0))
        return fail_nothing(loader, node->place, key);
    if (strlen(text) != length) {
        return pl_fail_at(node->place, "the text holds a zero byte (\\0), which is not accepted");
    }
    node->kind = PL_YAML_SCALAR;
    node->text = pl_arena_strndup(loader->arena, text, length);
    if (plain && strchr(text, '(')) loader->open = strchr(text, ')') ? NULL : node;
    return PL_OK;
}

/* Takes every [stride]-th of the children above [base] off the stack, into the arena. */
static const struct pl_yaml **take(struct loader *loader, size_t base, size_t first,
                                   size_t stride) {
    size_t count = (loader->stack.count - base) / stride;
    const struct pl_yaml **items = PL_ARENA_ARRAY(loader->arena, const struct pl_yaml *, count);
    for (size_t i = 0; i < count; i++) items[i] = loader->stack.items[base + first + i * stride];
    return items;
}

static enum pl_status read_list(struct pl_yaml *node, struct loader *loader) {
    size_t base = loader->stack.count;
    for (;;) {
        const struct pl_yaml *item = NULL;
        PL_TRY(read_next(&item, loader, NULL));
        if (!item) break; /* the end of this list */
        PL_VEC_PUSH(&loader->stack, item);
    }
    node->kind = PL_YAML_LIST;
    node->count = loader->stack.count - base;
    node->values = take(loader, base, 0, 1);
    loader->stack.count = base;
    return PL_OK;
}

static int by_text_then_place(const void *a, const void *b) {
    const struct pl_yaml *one = *(const struct pl_yaml *const *)a;
    const struct pl_yaml *two = *(const struct pl_yaml *const *)b;
    int order = strcmp(one->text, two->text);
    if (order != 0) return order;
    order = (one->place.line > two->place.line) - (one->place.line < two->place.line);
    if (order != 0) return order;
    return (one->place.column > two->place.column) - (one->place.column < two->place.column);
}

static bool is_earlier(struct pl_place a, struct pl_place b) {
    return a.line < b.line || (a.line == b.line && a.column < b.column);
}

/* Sorted, equal keys are neighbours; of several repetitions the first in the text is named. */
static enum pl_status check_unique(const struct pl_yaml *map) {
    const struct pl_yaml **sorted = pl_alloc(map->count * sizeof *sorted);
    const struct pl_yaml *first = NULL, *again = NULL;
    for (size_t i = 0; i < map->count; i++) sorted[i] = map->keys[i];
    qsort(sorted, map->count, sizeof *sorted, by_text_then_place);
    for (size_t i = 1; i < map->count; i++) {
        if (strcmp(sorted[i - 1]->text, sorted[i]->text) != 0) continue;
        if (again && !is_earlier(sorted[i]->place, again->place)) continue;
        first = sorted[i - 1];
        again = sorted[i];
    }
    pl_free(sorted);
    char shown[PL_QUOTED];
    if (!again) return PL_OK;
    return pl_fail_at(again->place, "the key %s stands at %d:%d already; keep one of the two",
                      pl_quoted(shown, again->text), first->place.line, first->place.column);
}

static enum pl_status check_key(const struct loader *loader, const yaml_event_t *event) {
    struct pl_place place = place_of(loader, event->start_mark);
    bool list = event->type == YAML_SEQUENCE_START_EVENT;
    if (list || event->type == YAML_MAPPING_START_EVENT) {
        return pl_fail_at(place, "%s cannot be a key; a key is a word",
                          pl_yaml_kind_name(list ? PL_YAML_LIST : PL_YAML_MAP));
    }
    if (event->type != YAML_SCALAR_EVENT) return PL_OK;
    const char *text = (const char *)event->data.scalar.value;
    bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (plain && strcmp(text, "<<") == 0) {
        return pl_fail_at(place, "the merge key << is not accepted; write the keys out");
    }
    if (event->data.scalar.length > 0 && !(plain && strcmp(text, "~") == 0)) return PL_OK;
    return pl_fail_at(place, "there is no key before the colon; write one");
}

/* The next key of a mapping, or NULL at its end. */
static enum pl_status read_key(const struct pl_yaml **out, struct loader *loader) {
    yaml_event_t event;
    PL_TRY(next(loader, &event));
    enum pl_status status = check_key(loader, &event);
    if (status == PL_OK) status = read_node(out, loader, &event, NULL);
    yaml_event_delete(&event);
    return status;
}

static enum pl_status read_map(struct pl_yaml *node, struct loader *loader) {
    size_t base = loader->stack.count;
    for (;;) {
        const struct pl_yaml *key = NULL, *value = NULL;
        PL_TRY(read_key(&key, loader));
        if (!key) break;
        PL_TRY(read_next(&value, loader, key));
        PL_VEC_PUSH(&loader->stack, key);
        PL_VEC_PUSH(&loader->stack, value);
    }
    node->kind = PL_YAML_MAP;
    node->count = (loader->stack.count - base) / 2;
    node->keys = take(loader, base, 0, 2);
    node->values = take(loader, base, 1, 2);
    loader->stack.count = base;
    return check_unique(node);
}

static enum pl_status check_limits(const struct loader *loader, struct pl_place place) {
    if (loader->nodes > NODES_MAX) {
        return pl_fail_at(place, "the text has more than %d values, the most that is read",
                          NODES_MAX);
    }
    if (loader->depth > DEPTH_MAX) {
        return pl_fail_at(place, "values are nested more than %d deep; nest less deeply",
                          DEPTH_MAX);
    }
    return PL_OK;
}

/* The node that [event] begins, or NULL when it ends a collection. [key] is the key it belongs to,
 * for complaints. */
static enum pl_status read_node(const struct pl_yaml **out, struct loader *loader,
                                const yaml_event_t *event, const struct pl_yaml *key) {
    enum pl_status status;
    if (event->type == YAML_SEQUENCE_END_EVENT || event->type == YAML_MAPPING_END_EVENT) {
        return PL_OK;
    }
    PL_TRY(check_plainness(loader, event));
    struct pl_yaml *node = PL_ARENA_NEW(loader->arena, struct pl_yaml);
    node->place = place_of(loader, event->start_mark);
    loader->nodes++;
    loader->depth++;
    status = check_limits(loader, node->place);
    if (status == PL_OK) {
        status = event->type == YAML_SCALAR_EVENT           ? read_scalar(node, loader, event, key)
                 : event->type == YAML_SEQUENCE_START_EVENT ? read_list(node, loader)
                                                            : read_map(node, loader);
    }
    loader->depth--;
    *out = node;
    return status;
}

/* ---- the document ------------------------------------------------------------------------- */

/* Passes over one event and tells its type and place. */
static enum pl_status skip(struct loader *loader, yaml_event_type_t *type, struct pl_place *place) {
    yaml_event_t event;
    PL_TRY(next(loader, &event));
    *type = event.type;
    *place = place_of(loader, event.start_mark);
    if (event.type == YAML_DOCUMENT_START_EVENT &&
        event.data.document_start.tag_directives.start !=
            event.data.document_start.tag_directives.end) {
        *type = YAML_NO_EVENT;
    }
    yaml_event_delete(&event);
    return PL_OK;
}

static enum pl_status read_document(const struct pl_yaml **out, struct loader *loader) {
    const struct pl_yaml *root = NULL;
    yaml_event_type_t type;
    struct pl_place place;
    PL_TRY(skip(loader, &type, &place)); /* the start of the stream */
    PL_TRY(skip(loader, &type, &place));
    if (type == YAML_NO_EVENT) {
        return pl_fail_at(place, "a %%TAG directive is not accepted; remove it");
    }
    if (type == YAML_STREAM_END_EVENT) {
        place.line = place.column = 1;
        return pl_fail_at(place, "there is nothing to read here but blanks and comments; write "
                                 "\"key: value\" lines");
    }
    PL_TRY(read_next(&root, loader, NULL));
    PL_TRY(skip(loader, &type, &place)); /* the end of the document */
    PL_TRY(skip(loader, &type, &place));
    if (type != YAML_STREAM_END_EVENT) {
        return pl_fail_at(place, "a second document begins here; one file holds one document");
    }
    *out = root;
    return PL_OK;
}

enum pl_status pl_yaml_load_text(const struct pl_yaml **out, struct pl_arena *arena,
                                 const char *name, const char *text, size_t length) {
    static const char mark[] = "\xef\xbb\xbf"; /* some editors begin a file with it */
    struct loader loader = {.arena = arena, .name = pl_arena_strdup(arena, name)};
    if (length >= 3 && memcmp(text, mark, 3) == 0) {
        text += 3;
        length -= 3;
    }
    PL_TRY(check_bytes(loader.name, text, length));
    loader.text = pl_arena_strndup(arena, length ? text : "", length);
    if (!yaml_parser_initialize(&loader.parser)) {
        return pl_fail(PL_EMEMORY, "no memory to read YAML");
    }
    yaml_parser_set_encoding(&loader.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&loader.parser, (const unsigned char *)(length ? text : ""),
                                 length);
    enum pl_status status = read_document(out, &loader);
    PL_VEC_FINISH(&loader.stack);
    yaml_parser_delete(&loader.parser);
    return status;
}

enum pl_status pl_yaml_load_file(const struct pl_yaml **out, struct pl_arena *arena,
                                 const char *path, const char **source) {
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    enum pl_status status = pl_file_read(&text, path, TEXT_MAX);
    status = status == PL_OK ? pl_yaml_load_text(out, arena, path, text.text, text.length)
                             : pl_fail(PL_ECONFIG, "%s", pl_message());
    if (status == PL_OK && source) *source = pl_arena_strndup(arena, text.text, text.length);
    pl_strbuf_finish(&text);
    return status;
}
