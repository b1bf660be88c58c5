/* What can be seen of a task without making data: its description, row by row, and what it says of its
 * own defaults. */
#include <string.h>

#include "core/base/strbuf.h"
#include "core/config/quote.h"
#include "core/config/settings.h"
#include "tasks/plugin.h"

#define NAME_CHARS   "abcdefghijklmnopqrstuvwxyz0123456789_"
#define NAME_MOST    40
#define OPTIONS_MOST ((size_t)1 << 20) /* bytes of an options struct */

static bool is_name(const char *text) {
    size_t length = text ? strlen(text) : 0;
    return length > 0 && length <= NAME_MOST && strspn(text, NAME_CHARS) == length &&
           text[0] >= 'a' && text[0] <= 'z';
}

/* ---- the struct ------------------------------------------------------------------------------- */

static enum pl_status inspect_name(const struct pl_task *task) {
    char shown[PL_QUOTED];
    if (is_name(task->name)) return PL_OK;
    return pl_fail(PL_ECONFIG,
                   "a task is called %s; a name has up to %d small letters, digits and "
                   "underscores, a letter first",
                   task->name ? pl_quoted(shown, task->name) : "nothing", NAME_MOST);
}

static enum pl_status inspect_parts(const struct pl_task *task) {
    const struct {
        const char *name;
        bool there;
    } parts[] = {
        {"summary", task->summary != NULL},
        {"formula", task->formula != NULL},
        {"citation", task->citation != NULL},
        {"check", task->check != NULL},
        {"shape", task->shape != NULL},
        {"generate", task->generate != NULL},
        {"points", task->points != NULL},
        {"options.section", task->options.section != NULL},
        {"options.rows", task->options.rows != NULL},
    };
    for (size_t k = 0; k < sizeof parts / sizeof parts[0]; k++)
        if (!parts[k].there)
            return pl_fail(PL_ECONFIG,
                           "the task %s has no %s; only samples and contents may be NULL",
                           task->name, parts[k].name);
    if (task->version < 1)
        return pl_fail(PL_ECONFIG, "the task %s has the version %d; versions begin at 1",
                       task->name, task->version);
    if (strcmp(task->options.section, "task") != 0)
        return pl_fail(PL_ECONFIG,
                       "the options of the task %s are of the section \"%s\"; write "
                       "PL_OPTIONS(\"task\", rows)",
                       task->name, task->options.section);
    if (task->options_size < sizeof(struct pl_task_common) || task->options_size > OPTIONS_MOST)
        return pl_fail(PL_ECONFIG,
                       "the task %s has options of %zu bytes; they take from %zu, those of struct "
                       "pl_task_common, to %zu",
                       task->name, task->options_size, sizeof(struct pl_task_common), OPTIONS_MOST);
    return PL_OK;
}

/* ---- rows of options -------------------------------------------------------------------------- */

/* Bytes of the field of each type. */
static const size_t sizes[] = {
    [PL_TYPE_INT] = sizeof(long),          [PL_TYPE_REAL] = sizeof(double),
    [PL_TYPE_BOOL] = sizeof(bool),         [PL_TYPE_CHOICE] = sizeof(int),
    [PL_TYPE_TEXT] = sizeof(const char *), [PL_TYPE_AUTO_INT] = sizeof(long),
    [PL_TYPE_WORD_INT] = sizeof(long),
};

static enum pl_status fail_row(const struct pl_task *task, const struct pl_option *row,
                               const char *what) {
    return pl_fail(PL_ECONFIG, "the option %s of the task %s %s", row->name, task->name, what);
}

static enum pl_status inspect_default(const struct pl_task *task, const struct pl_option *row) {
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    enum pl_status status = pl_option_canonical(row, row->dflt, &text);
    pl_strbuf_finish(&text);
    if (status == PL_OK) return PL_OK;
    return pl_fail_within(PL_ECONFIG, "the default of the task %s", task->name);
}

static enum pl_status inspect_row(const struct pl_task *task, size_t index) {
    const struct pl_options *options = &task->options;
    const struct pl_option *row = &options->rows[index];
    if (!is_name(row->name))
        return pl_fail(PL_ECONFIG,
                       "option %zu of the task %s has no name of up to %d small letters, digits "
                       "and underscores",
                       index + 1, task->name, NAME_MOST);
    if (pl_option_find(options, row->name) != row) return fail_row(task, row, "is there twice");
    if ((unsigned)row->type >= sizeof sizes / sizeof sizes[0])
        return fail_row(task, row, "has a type that this program does not know");
    size_t size = sizes[row->type];
    if (row->offset % size != 0 || row->offset > task->options_size - size)
        return fail_row(task, row, "lies outside its struct of options_size bytes");
    if (!row->dflt || !row->help) return fail_row(task, row, "has no default, or no help");
    if (row->type == PL_TYPE_CHOICE && !row->choices)
        return fail_row(task, row, "is a choice and has no choices");
    return inspect_default(task, row);
}

struct bare {
    struct pl_task_common common;
};
static const struct pl_option common_rows[] = {PL_TASK_COMMON_ROWS(struct bare)};

static enum pl_status inspect_rows(const struct pl_task *task) {
    for (size_t r = 0; r < task->options.count; r++) PL_TRY(inspect_row(task, r));
    for (size_t r = 0; r < sizeof common_rows / sizeof common_rows[0]; r++) {
        const struct pl_option *wanted = &common_rows[r];
        const struct pl_option *row = pl_option_find(&task->options, wanted->name);
        if (row && row->offset == wanted->offset && row->type == wanted->type) continue;
        return pl_fail(PL_ECONFIG,
                       "the task %s has no option %s where struct pl_task_common has it; begin the "
                       "struct with that one, and the rows with PL_TASK_COMMON_ROWS",
                       task->name, wanted->name);
    }
    return PL_OK;
}

/* ---- what it says of its defaults ------------------------------------------------------------- */

static enum pl_status inspect_shape(const struct pl_task *task, const void *options) {
    struct pl_data_shape shape = {0};
    task->shape(options, &shape);
    bool known = (unsigned)shape.input <= PL_INPUT_ID && (unsigned)shape.target <= PL_TARGET_CLASS;
    if (known && shape.in >= 1 && shape.out >= 1 && shape.tokens >= 1) return PL_OK;
    return pl_fail(PL_ECONFIG,
                   "the task %s has data of %ld inputs, %ld outputs and %ld tokens by its "
                   "defaults; each is at least 1",
                   task->name, shape.in, shape.out, shape.tokens);
}

static enum pl_status inspect_defaults(const struct pl_task *task) {
    struct pl_arena arena = {0};
    struct pl_settings none = {0};
    const char *key = NULL;
    void *options = pl_arena_alloc(&arena, task->options_size);
    enum pl_status status = pl_settings_bind(&none, &task->options, options, &arena);
    if (status == PL_OK && task->check(options, &key) != PL_OK)
        status = pl_fail_within(PL_ECONFIG, "the task %s refuses its own defaults", task->name);
    if (status == PL_OK) status = inspect_shape(task, options);
    pl_arena_finish(&arena);
    return status;
}

enum pl_status pl_task_inspect(const struct pl_task *task) {
    PL_TRY(inspect_name(task));
    PL_TRY(inspect_parts(task));
    PL_TRY(inspect_rows(task));
    return inspect_defaults(task);
}
