/* The tree is read once into [files], sorted by path, each with its tokens; groups are then lists of
 * indices into it. Rows are sorted at the end, so the order in which groups are made is of no account.
 */
#include "experiments/run/sources/groups.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/file.h"
#include "core/base/hash.h"
#include "experiments/run/sources/tokens.h"

struct file {
    const char *path;   /* from the root */
    const char *tokens; /* of tokens.h, with a line break before the first */
    char digest[17];
};

struct tree {
    struct pl_groups *out;
    const char *root;
    PL_VEC(struct file) files;
    PL_VEC(const char *) families;
};

typedef PL_VEC(size_t) file_list;

/* ---- which folders are the engine, and what in them is not ---- */

static const char *const folders[] = {"core/base",  "core/config",     "core/data",
                                      "core/graph", "core/backend",    "core/model",
                                      "core/train", "experiments/cell"};

/* Paths without their endings: where memory, texts and files come from, what is told to people, and what
 * checks a promise. Those with a group are in that one instead. */
static const struct {
    const char *path, *group;
} others[] = {
    {"core/base/alloc", NULL},
    {"core/base/arena", NULL},
    {"core/base/clock", NULL},
    {"core/base/escape", NULL},
    {"core/base/fault", NULL},
    {"core/base/file", NULL},
    {"core/base/hash", NULL},
    {"core/base/json", NULL},
    {"core/base/log", NULL},
    {"core/base/status", NULL},
    {"core/base/strbuf", NULL},
    {"core/base/terminal", NULL},
    {"core/base/utf8", NULL},
    {"core/base/vec", NULL},
    {"core/config/names", NULL},
    {"core/config/quote", NULL},
    {"core/config/yaml", NULL},
    {"core/graph/graph_check", NULL},
    {"core/graph/graph_dump", NULL},
    {"core/train/metric", NULL},
    {"core/model/forward", NULL},       /* a task's */
    {"core/backend/host_memory", NULL}, /* a backend's */
    {"experiments/cell/cell", NULL},    /* a study's */
    {"core/base/eigen", "probe"},
    {"core/train/probe", "probe"},
    {"core/train/probe_ablate", "probe"},
    {"core/train/probe_impl", "probe"},
    {"core/train/probe_look", "probe"},
    {"core/train/probe_options", "probe"},
    {"experiments/run/diagnosis", "probe"},
    {"experiments/run/cell_run", "experiments/run"}, /* metrics from losses */
};

/* ---- paths ---- */

static bool starts(const char *path, const char *prefix) {
    return strncmp(path, prefix, strlen(prefix)) == 0;
}

static bool ends(const char *path, const char *suffix) {
    size_t length = strlen(path), tail = strlen(suffix);
    return length >= tail && strcmp(path + length - tail, suffix) == 0;
}

static bool is_source(const char *path) {
    static const char *const endings[] = {".c", ".cc", ".h", ".inc", ".cl"};
    for (size_t k = 0; k < sizeof endings / sizeof endings[0]; k++)
        if (ends(path, endings[k])) return true;
    return false;
}

/* "core/graph" of core/graph/op.c, in the arena. */
static const char *folder_of(struct tree *tree, const char *path) {
    return pl_arena_strndup(&tree->out->arena, path, (size_t)(strrchr(path, '/') - path));
}

static const char *without_ending(struct tree *tree, const char *path) {
    return pl_arena_strndup(&tree->out->arena, path, (size_t)(strrchr(path, '.') - path));
}

/* "norm" of core/backend/cpu/norm.inc, in the arena. */
static const char *stem_of(struct tree *tree, const char *path) {
    return strrchr(without_ending(tree, path), '/') + 1;
}

/* ---- reading the tree ---- */

static enum pl_status read_file(struct tree *tree, const char *path) {
    struct file file = {.path = path};
    struct pl_strbuf text, tokens;
    char digest[PL_HASH_TEXT];
    pl_strbuf_init(&text);
    pl_strbuf_init(&tokens);
    enum pl_status status = pl_file_read(
        &text, pl_arena_printf(&tree->out->arena, "%s/%s", tree->root, path), (size_t)1 << 24);
    if (status == PL_OK) {
        pl_strbuf_add(&tokens, "\n");
        pl_tokens_add(&tokens, text.text);
        pl_hash_text(digest, tokens.text);
        memcpy(file.digest, digest, sizeof file.digest - 1);
        file.tokens = pl_arena_strdup(&tree->out->arena, tokens.text);
        PL_VEC_PUSH(&tree->files, file);
    }
    pl_strbuf_finish(&tokens);
    pl_strbuf_finish(&text);
    return status;
}

static enum pl_status read_folder(struct tree *tree, const char *folder) {
    struct pl_arena *arena = &tree->out->arena;
    const char *full = pl_arena_printf(arena, "%s/%s", tree->root, folder);
    DIR *stream = opendir(full);
    enum pl_status status = PL_OK;
    if (!stream) return pl_fail(PL_ESTORE, "%s cannot be read: %s", full, strerror(errno));
    for (struct dirent *entry; status == PL_OK && (entry = readdir(stream));) {
        struct stat info;
        const char *path = pl_arena_printf(arena, "%s/%s", folder, entry->d_name);
        if (entry->d_name[0] == '.') continue;
        if (stat(pl_arena_printf(arena, "%s/%s", tree->root, path), &info) != 0) continue;
        if (S_ISDIR(info.st_mode))
            status = read_folder(tree, path);
        else if (is_source(path))
            status = read_file(tree, path);
    }
    closedir(stream);
    return status;
}

static int by_path(const void *a, const void *b) {
    return strcmp(((const struct file *)a)->path, ((const struct file *)b)->path);
}

static enum pl_status read_tree(struct tree *tree) {
    static const char *const roots[] = {"core", "tasks", "experiments/cell", "experiments/run"};
    for (size_t k = 0; k < sizeof roots / sizeof roots[0]; k++) PL_TRY(read_folder(tree, roots[k]));
    qsort(tree->files.items, tree->files.count, sizeof *tree->files.items, by_path);
    return PL_OK;
}

/* ---- rows ---- */

static void add_file(struct tree *tree, const char *group, const struct file *file) {
    const char *digest = pl_arena_strdup(&tree->out->arena, file->digest);
    PL_VEC_PUSH(&tree->out->rows, (struct pl_source_row){group, file->path, digest});
}

static void add_group(struct tree *tree, const char *group, const char *other) {
    PL_VEC_PUSH(&tree->out->rows, (struct pl_source_row){group, other, NULL});
}

static int by_group(const void *x, const void *y) {
    const struct pl_source_row *a = x, *b = y;
    int order = strcmp(a->group, b->group);
    return order ? order : strcmp(a->name, b->name);
}

/* ---- what a file includes ---- */

static void reach(const struct tree *tree, file_list *list, const char *path, const char *area) {
    /* The file with this path; NULL when there is none. */
    const struct file key = {.path = path};
    const struct file *file =
        tree->files.count == 0
            ? NULL
            : bsearch(&key, tree->files.items, tree->files.count, sizeof key, by_path);
    bool forward = starts(path, "core/model/forward."); /* the one door of a task to networks */
    if (!file || (!starts(path, area) && !(forward && strcmp(area, "tasks/") == 0))) return;
    size_t index = (size_t)(file - tree->files.items);
    for (size_t k = 0; k < list->count; k++)
        if (list->items[k] == index) return;
    PL_VEC_PUSH(list, index);
}

/* Everything under [area] that the files of [list] include, with the .c beside every .h. */
static void follow(struct tree *tree, file_list *list, const char *area) {
    static const char include[] = "\n#\ninclude\n\"";
    for (size_t k = 0; k < list->count; k++) {
        const struct file *file = &tree->files.items[list->items[k]];
        for (const char *at = file->tokens; (at = strstr(at, include));) {
            at += strlen(include);
            const char *path = pl_arena_strndup(&tree->out->arena, at, strcspn(at, "\"\n"));
            reach(tree, list, path, area);
        }
        if (!ends(file->path, ".h")) continue;
        const char *stem = without_ending(tree, file->path);
        reach(tree, list, pl_arena_printf(&tree->out->arena, "%s.c", stem), area);
        reach(tree, list, pl_arena_printf(&tree->out->arena, "%s.cc", stem), area);
    }
}

/* ---- groups ---- */

/* A family is a file op_FAMILY.c that defines rules of operators. */
static void find_families(struct tree *tree) {
    static const char rules[] = "\npl_rules_";
    for (size_t k = 0; k < tree->files.count; k++) {
        const struct file *file = &tree->files.items[k];
        if (!starts(file->path, "core/graph/op_") || !ends(file->path, ".c")) continue;
        const char *family = stem_of(tree, file->path) + strlen("op_");
        PL_VEC_PUSH(&tree->families, family);
        add_file(tree, pl_arena_printf(&tree->out->arena, "operators %s", family), file);
        for (const char *at = file->tokens; (at = strstr(at, rules));) {
            at += strlen(rules);
            size_t length = strcspn(at, "\n");
            if (strncmp(at + length, "\n=\n", 3) != 0) continue;
            const char *op = pl_arena_strndup(&tree->out->arena, at, length);
            PL_VEC_PUSH(&tree->out->ops, (struct pl_source_op){op, family});
        }
    }
}

static bool is_family(const struct tree *tree, const char *name) {
    for (size_t k = 0; k < tree->families.count; k++)
        if (strcmp(tree->families.items[k], name) == 0) return true;
    return false;
}

static void add_engine(struct tree *tree) {
    for (size_t k = 0; k < tree->files.count; k++) {
        const struct file *file = &tree->files.items[k];
        const char *folder = folder_of(tree, file->path), *group = NULL;
        const char *plain = without_ending(tree, file->path);
        for (size_t f = 0; f < sizeof folders / sizeof folders[0]; f++)
            if (strcmp(folders[f], folder) == 0) group = folder;
        for (size_t o = 0; o < sizeof others / sizeof others[0]; o++)
            if (strcmp(others[o].path, plain) == 0) group = others[o].group;
        if (starts(file->path, "core/graph/op_") && ends(file->path, ".c")) group = NULL;
        if (group) add_file(tree, group, file);
    }
}

/* A group for each file FOLDER PREFIX NAME.c that defines SYMBOL NAME. */
struct kind {
    const char *group, *prefix, *symbol, *area;
};
static const struct kind task = {"task", "tasks/task_", "pl_task_", "tasks/"};
static const struct kind host = {"host", "core/model/hosts/", "pl_host_", "core/model/hosts/"};
static const struct kind variant = {"variant", "core/model/variants/residual_", "pl_residual_",
                                    "core/model/variants/"};

/* The NAME; NULL when the file is no member of that kind. */
static const char *member(struct tree *tree, const struct kind *kind, const struct file *file) {
    if (!starts(file->path, kind->prefix) || !ends(file->path, ".c")) return NULL;
    const char *name = without_ending(tree, file->path) + strlen(kind->prefix);
    const char *definition = pl_arena_printf(&tree->out->arena, "\n%s%s\n=\n", kind->symbol, name);
    return strstr(file->tokens, definition) ? name : NULL;
}

/* What a task needs that has a network of its own: variants are those that its files name. */
static void add_teacher(struct tree *tree, const char *group, const file_list *list) {
    struct pl_arena *arena = &tree->out->arena;
    add_group(tree, group, "teacher");
    for (size_t k = 0; k < tree->files.count; k++) {
        const char *name = member(tree, &variant, &tree->files.items[k]);
        if (!name) continue;
        const char *quoted = pl_arena_printf(arena, "\n\"%s\"\n", name);
        bool named = false;
        for (size_t f = 0; f < list->count; f++) {
            const struct file *file = &tree->files.items[list->items[f]];
            named |= starts(file->path, "tasks/") && strstr(file->tokens, quoted);
        }
        if (named) add_group(tree, group, pl_arena_printf(arena, "variant %s", name));
    }
}

static void add_members(struct tree *tree, const struct kind *kind) {
    for (size_t k = 0; k < tree->files.count; k++) {
        const struct file *file = &tree->files.items[k];
        const char *name = member(tree, kind, file);
        file_list list = {0};
        if (!name) continue;
        const char *group = pl_arena_printf(&tree->out->arena, "%s %s", kind->group, name);
        PL_VEC_PUSH(&list, k);
        follow(tree, &list, kind->area);
        for (size_t f = 0; f < list.count; f++) {
            const struct file *part = &tree->files.items[list.items[f]];
            add_file(tree, group, part);
            if (strcmp(part->path, "core/model/forward.c") == 0) add_teacher(tree, group, &list);
        }
        PL_VEC_FINISH(&list);
    }
}

/* The files of core/backend/NAME and what they include, by whether they are a family's. */
static void add_backend(struct tree *tree, const char *name) {
    struct pl_arena *arena = &tree->out->arena;
    const char *folder = pl_arena_printf(arena, "core/backend/%s/", name);
    file_list list = {0};
    for (size_t k = 0; k < tree->files.count; k++)
        if (starts(tree->files.items[k].path, folder)) PL_VEC_PUSH(&list, k);
    follow(tree, &list, "core/backend/");
    for (size_t k = 0; k < list.count; k++) {
        const struct file *file = &tree->files.items[list.items[k]];
        const char *stem = stem_of(tree, file->path), *own = folder_of(tree, file->path);
        if (strcmp(own, "core/backend") == 0 && strcmp(stem, "host_memory") != 0)
            continue; /* engine */
        add_file(tree,
                 is_family(tree, stem) ? pl_arena_printf(arena, "kernels %s %s", name, stem)
                                       : pl_arena_printf(arena, "backend %s", name),
                 file);
    }
    PL_VEC_FINISH(&list);
}

static void add_backends(struct tree *tree) {
    const char *last = "plain"; /* no backend, but loops that backends include */
    for (size_t k = 0; k < tree->files.count; k++) {
        const char *path = tree->files.items[k].path, *inside = path + strlen("core/backend/");
        if (!starts(path, "core/backend/") || !strchr(inside, '/')) continue;
        const char *name = pl_arena_strndup(&tree->out->arena, inside, strcspn(inside, "/"));
        if (strcmp(name, last) == 0 || strcmp(name, "plain") == 0) continue;
        add_backend(tree, name);
        last = name;
    }
}

enum pl_status pl_groups_read(struct pl_groups *out, const char *root) {
    struct tree tree = {.out = out, .root = root};
    *out = (struct pl_groups){0};
    enum pl_status status = read_tree(&tree);
    if (status == PL_OK) {
        find_families(&tree);
        add_engine(&tree);
        add_members(&tree, &task);
        add_members(&tree, &host);
        add_members(&tree, &variant);
        add_backends(&tree);

        add_group(&tree, "teacher", "backend ref");
        add_group(&tree, "teacher", "host mlp");
        for (size_t k = 0; k < tree.families.count; k++) {
            const char *family = tree.families.items[k];
            add_group(&tree, "teacher", pl_arena_printf(&tree.out->arena, "operators %s", family));
            add_group(&tree, "teacher",
                      pl_arena_printf(&tree.out->arena, "kernels ref %s", family));
        }

        qsort(out->rows.items, out->rows.count, sizeof *out->rows.items, by_group);
    } else {
        pl_groups_finish(out);
    }
    PL_VEC_FINISH(&tree.files);
    PL_VEC_FINISH(&tree.families);
    return status;
}

void pl_groups_finish(struct pl_groups *groups) {
    PL_VEC_FINISH(&groups->rows);
    PL_VEC_FINISH(&groups->ops);
    pl_arena_finish(&groups->arena);
    *groups = (struct pl_groups){0};
}

void pl_groups_write(const struct pl_groups *groups, struct pl_strbuf *out) {
    pl_strbuf_add(out, "/* Made from the sources by experiments/run/sources/make_table.c. */\n"
                       "#include \"experiments/run/sources/table.h\"\n\n"
                       "static const struct pl_source_row rows[] = {\n");
    for (size_t k = 0; k < groups->rows.count; k++) {
        const struct pl_source_row *row = &groups->rows.items[k];
        const char *quote = row->digest ? "\"" : "";
        pl_strbuf_addf(out, "    {\"%s\", \"%s\", %s%s%s},\n", row->group, row->name, quote,
                       row->digest ? row->digest : "NULL", quote);
    }
    pl_strbuf_add(out, "};\n\nstatic const struct pl_source_op ops[] = {\n");
    for (size_t k = 0; k < groups->ops.count; k++)
        pl_strbuf_addf(out, "    {\"%s\", \"%s\"},\n", groups->ops.items[k].op,
                       groups->ops.items[k].family);
    pl_strbuf_add(out,
                  "};\n\nconst struct pl_sources pl_sources = {\n"
                  "    rows, sizeof rows / sizeof rows[0], ops, sizeof ops / sizeof ops[0]};\n");
}
