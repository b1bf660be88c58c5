/* Make: a task's options and data from one line of text, as a study would set them.
 *
 *     struct made made;
 *     make(&made, "linear_mix", "dim=4 structure=0.5", 1);    ... made.data.split[PL_TRAIN].x ...
 *     make_finish(&made);
 */
#ifndef PL_TESTS_TASKS_MAKE_H
#define PL_TESTS_TASKS_MAKE_H

#include "core/base/arena.h"
#include "core/base/hash.h"
#include "core/config/settings.h"
#include "tasks/task.h"
#include "tests/support/support.h"

struct made {
    struct pl_arena arena;
    const struct pl_task *task;
    void *options;
    struct pl_dataset data;
    struct pl_task_points points;
};

/* Binds "key=value key=value ..." to fresh options of [task]. */
static inline enum pl_status make_options(struct made *made, const char *name, const char *text) {
    struct pl_settings settings = {0};
    char *rest = pl_arena_strdup(&made->arena, text), *word;
    PL_TRY(pl_task_find(&made->task, name));
    made->options = pl_arena_alloc(&made->arena, made->task->options_size);
    while ((word = strtok_r(rest, " ", &rest)) != NULL) {
        char *equals = strchr(word, '=');
        PL_REQUIRE(equals != NULL);
        *equals = '\0';
        const char *key = pl_arena_printf(&made->arena, "task.%s", word);
        pl_settings_set(&settings, key, equals + 1, (struct pl_place){"test", 1, 1});
    }
    enum pl_status status =
        pl_settings_bind(&settings, &made->task->options, made->options, &made->arena);
    pl_settings_finish(&settings);
    return status;
}

static inline void make(struct made *made, const char *name, const char *text, uint64_t seed) {
    const char *key = NULL;
    *made = (struct made){0};
    PL_REQUIRE_OK(make_options(made, name, text));
    PL_REQUIRE_OK(made->task->check(made->options, &key));
    PL_REQUIRE_OK(made->task->generate(made->options, seed, &made->data));
    PL_REQUIRE_OK(made->task->points(made->options, seed, &made->data, &made->points));
}

static inline void make_finish(struct made *made) {
    pl_dataset_finish(&made->data);
    pl_arena_finish(&made->arena);
}

/* The options are refused, by the rows or by check(), with [key] and [part] in the sentence. */
static inline void make_fails(const char *name, const char *text, const char *key,
                              const char *part) {
    struct made made = {0};
    const char *at = NULL;
    enum pl_status status = make_options(&made, name, text);
    if (status == PL_OK) status = made.task->check(made.options, &at);
    PL_CHECK(status == PL_ECONFIG);
    PL_CHECK(strstr(pl_message(), part) != NULL);
    PL_CHECK(strstr(pl_message(), key) != NULL);
    if (at != NULL) PL_CHECK_TEXT(at, key);
    make_finish(&made);
}

#endif
