/* Yaml: text to a node tree that remembers line and column. The only door to libyaml (its events: its
 * document tree forgets where an anchor or a tag stood).
 *
 *     model: {width: 50}        MAP  1:1  keys   model (1:1)
 *                                         values MAP 1:8  keys width (1:9)  values "50" (1:16)
 *
 * Limits guard against hostile files, each with a sentence of its own: 1 MiB of text, 100,000 nodes,
 * nesting depth 64, duplicate keys, merge keys, aliases and anchors and tags (a study needs none),
 * more than one document, text that is not UTF-8 or holds control characters. A value that is left
 * out, or written ~, is refused too; the word null is a word like any other (a task bears it).
 * Every failure is PL_ECONFIG and names file:line:column, columns counted in characters.
 */
#ifndef PL_CONFIG_YAML_H
#define PL_CONFIG_YAML_H

#include <stddef.h>

#include "core/base/arena.h"
#include "core/base/status.h"

/* Where a value came from. file is "command line" for an override; line 0 means the whole of it. */
struct pl_place {
    const char *file;
    int line, column; /* from 1 */
};

enum pl_yaml_kind { PL_YAML_SCALAR, PL_YAML_LIST, PL_YAML_MAP };

struct pl_yaml {
    enum pl_yaml_kind kind;
    struct pl_place place;
    const char *text;            /* SCALAR: its text; a quoted scalar and a plain one look alike */
    size_t count;                /* LIST: items, MAP: pairs */
    const struct pl_yaml **keys; /* MAP: scalars */
    const struct pl_yaml **values; /* MAP and LIST */
};

/* Both put the tree and all its text in [arena]; [name] stands for the file in places. A plain scalar
 * keeps its text as it is written. *out is set on success only. A file that cannot be opened is
 * PL_ECONFIG as well, with the name and the system's reason. [source], unless NULL, is set to the text
 * of the file. */
enum pl_status pl_yaml_load_file(const struct pl_yaml **out, struct pl_arena *arena,
                                 const char *path, const char **source) PL_NODISCARD;
enum pl_status pl_yaml_load_text(const struct pl_yaml **out, struct pl_arena *arena,
                                 const char *name, const char *text, size_t length) PL_NODISCARD;

/* The value of [key] in a map, or NULL; also when [map] is NULL or no map. */
const struct pl_yaml *pl_yaml_get(const struct pl_yaml *map, const char *key);

/* "a single value", "a list", "a mapping": for complaints. */
const char *pl_yaml_kind_name(enum pl_yaml_kind kind);

/* pl_fail(PL_ECONFIG, "file:line:column: ..."), the one way to complain about a study's text; when
 * place.line is 0, only "file: ...". */
enum pl_status pl_fail_at(struct pl_place place, const char *format, ...) PL_PRINTF(2, 3);

#endif
