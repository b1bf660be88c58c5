/* The texts of --model and --variant become lists. A model's name is
 * "width/hidden/depth/tokens activation", and a text that is no whole size chooses the models whose
 * name has it as a part. The list of models is allocated for all and filled with those chosen;
 * variants keep the order of the registry. */
#include "experiments/tools/bench_choice.h"

#include <stdio.h>
#include <string.h>

#include "core/base/strbuf.h"

/* Those of docs/performance-notebook.md and two more, one of them the paper's own kind. */
static const struct pl_bench_size targets[] = {{10, 40, 10, 1000},
                                               {20, 80, 10, 1000},
                                               {50, 200, 10, 1000},
                                               {64, 256, 20, 512},
                                               {128, 512, 32, 512}};
static const char *const activations[] = {"silu", "relu"};
enum { TARGETS = sizeof targets / sizeof targets[0], ACTIVATIONS = 2 };

static const char usual_variants[] = "standard,rescaled,attnres_full,attnres_block";

/* ---- models ---- */

static void add_model(struct pl_bench_choice *choice, struct pl_bench_size size,
                      const char *activation, const char *axis) {
    choice->models[choice->model_count++] =
        (struct pl_bench_model){pl_arena_printf(&choice->arena, "%ld/%ld/%ld/%ld %s", size.width,
                                                size.hidden, size.depth, size.tokens, activation),
                                size, activation, axis};
}

static void add_transformer(struct pl_bench_choice *choice, struct pl_bench_size size) {
    choice->models[choice->model_count++] = (struct pl_bench_model){
        pl_arena_printf(&choice->arena, "transformer %ld/%ld/%ld/%ldx%ld", size.width, size.hidden,
                        size.depth, size.tokens, size.sequences),
        size, "silu"};
}

/* Whether [text] is the whole name of a transformer, which is then added. */
static bool add_named_transformer(struct pl_bench_choice *choice, const char *text) {
    struct pl_bench_size size;
    int read = 0;
    int count = sscanf(text, "transformer %ld/%ld/%ld/%ldx%ld%n", &size.width, &size.hidden,
                       &size.depth, &size.tokens, &size.sequences, &read);
    if (count < 5 || text[read]) return false;
    if (size.width < 1 || size.hidden < 1 || size.depth < 1) return false;
    if (size.tokens < 1 || size.sequences < 1) return false;
    add_transformer(choice, size);
    return true;
}

/* Whether [text] is a whole size; then each of the activations it leaves open is added. */
static bool add_size(struct pl_bench_choice *choice, const char *text) {
    struct pl_bench_size size = {0};
    char activation[8] = "";
    int read = 0;
    int count = sscanf(text, "%ld/%ld/%ld/%ld%n %7[a-z]%n", &size.width, &size.hidden, &size.depth,
                       &size.tokens, &read, activation, &read);
    if (count < 4 || text[read]) return false;
    if (size.width < 1 || size.hidden < 1 || size.depth < 1 || size.tokens < 1) return false;
    for (int a = 0; a < ACTIVATIONS; a++)
        if (!*activation || strcmp(activation, activations[a]) == 0)
            add_model(choice, size, activations[a], NULL);
    return choice->model_count > 0;
}

static enum pl_status choose_models(struct pl_bench_choice *choice, const char *text) {
    choice->models = PL_ARENA_ARRAY(&choice->arena, struct pl_bench_model, TARGETS * ACTIVATIONS);
    if (text && (add_size(choice, text) || add_named_transformer(choice, text))) return PL_OK;
    for (int s = 0; s < TARGETS; s++)
        for (int a = 0; a < ACTIVATIONS; a++) {
            add_model(choice, targets[s], activations[a], NULL);
            const char *name = choice->models[choice->model_count - 1].name;
            if (text && !strstr(name, text)) choice->model_count--;
        }
    if (choice->model_count > 0) return PL_OK;
    return pl_fail(
        PL_ECONFIG,
        "--model is \"%s\"; it takes width/hidden/depth/tokens of a model, as in "
        "64/256/20/512, with silu or relu after it if you like, or a part of the name of "
        "one of 10/40/10/1000, 20/80/10/1000, 50/200/10/1000, 64/256/20/512 and "
        "128/512/32/512, or \"transformer 64/256/4/64x16\" for that of a transformer on 16 "
        "sequences of 64 tokens",
        text);
}

/* ---- transformers ---- */

static enum pl_status choose_transformers(struct pl_bench_choice *choice, const char *text) {
    static const long widths[] = {32, 64, 128}, tokens[] = {32, 64, 128, 256};
    enum { WIDTHS = 3, LENGTHS = 4, DEPTH = 4, ALL_TOKENS = 1024 };
    choice->models = PL_ARENA_ARRAY(&choice->arena, struct pl_bench_model, WIDTHS * LENGTHS);
    if (text && add_named_transformer(choice, text)) return PL_OK;
    for (int w = 0; w < WIDTHS; w++)
        for (int t = 0; t < LENGTHS; t++) {
            add_transformer(choice, (struct pl_bench_size){widths[w], 4 * widths[w], DEPTH,
                                                           tokens[t], ALL_TOKENS / tokens[t]});
            const char *name = choice->models[choice->model_count - 1].name;
            if (text && !strstr(name, text)) choice->model_count--;
        }
    if (choice->model_count > 0) return PL_OK;
    return pl_fail(PL_ECONFIG,
                   "--model is \"%s\"; with --transformer it takes \"transformer "
                   "width/hidden/depth/tokens x sequences\", as in \"transformer 64/256/4/64x16\", "
                   "or a part of the name of a model, as in 64/256",
                   text);
}

/* ---- models that grow ---- */

static const struct {
    const char *axis;
    struct pl_bench_size from;
    long values[12]; /* of what grows; 0 ends them */
} growth[] = {
    {"depth at width 20", {20, 80, 0, 512}, {4, 8, 16, 32, 64}},
    {"depth at width 64", {64, 256, 0, 512}, {4, 8, 16, 32, 64}},
    {"width", {0, 0, 16, 512}, {10, 16, 20, 32, 50, 64, 100, 128, 192, 256}},
    {"tokens", {64, 256, 16, 0}, {64, 128, 256, 512, 1024, 2048, 4096, 8192}},
};
enum { GROWTH = sizeof growth / sizeof growth[0], MOST_VALUES = 12 };

static struct pl_bench_size grown(struct pl_bench_size size, long value) {
    if (size.depth == 0) size.depth = value;
    if (size.tokens == 0) size.tokens = value;
    if (size.width == 0) size.width = value, size.hidden = 4 * value;
    return size;
}

static enum pl_status choose_growth(struct pl_bench_choice *choice, const char *text) {
    choice->models = PL_ARENA_ARRAY(&choice->arena, struct pl_bench_model, GROWTH * MOST_VALUES);
    for (int g = 0; g < GROWTH; g++)
        for (int k = 0; k < MOST_VALUES && growth[g].values[k]; k++) {
            add_model(choice, grown(growth[g].from, growth[g].values[k]), "silu", growth[g].axis);
            const char *name = choice->models[choice->model_count - 1].name;
            if (text && !strstr(name, text) && !strstr(growth[g].axis, text)) choice->model_count--;
        }
    if (choice->model_count > 0) return PL_OK;
    return pl_fail(PL_ECONFIG,
                   "--model is \"%s\"; with --growth it takes depth, width, tokens, or a part of "
                   "the name of a model, as in 64/256",
                   text);
}

/* ---- variants ---- */

/* The k-th name of a list with commas; NULL after the last. */
static const char *name_at(struct pl_arena *arena, const char *list, size_t k) {
    for (; k > 0; k--) {
        list = strchr(list, ',');
        if (!list) return NULL;
        list++;
    }
    return pl_arena_strndup(arena, list, strcspn(list, ","));
}

static bool listed(struct pl_arena *arena, const char *list, const char *name) {
    const char *one;
    for (size_t k = 0; (one = name_at(arena, list, k)); k++)
        if (strcmp(one, name) == 0) return true;
    return false;
}

static enum pl_status check_names(struct pl_arena *arena, const char *list) {
    const struct pl_residual *found;
    const char *one;
    for (size_t k = 0; (one = name_at(arena, list, k)); k++)
        if (pl_residual_find(&found, one) != PL_OK)
            return pl_fail_within(PL_ECONFIG, "--variant takes names with commas, or all");
    return PL_OK;
}

static enum pl_status choose_variants(struct pl_bench_choice *choice, const char *text) {
    size_t count = 0;
    bool all = text && strcmp(text, "all") == 0;
    const char *list = text ? text : usual_variants;
    if (!all) PL_TRY(check_names(&choice->arena, list));
    while (pl_residuals[count]) count++;
    choice->variants = PL_ARENA_ARRAY(&choice->arena, const struct pl_residual *, count);
    for (size_t k = 0; k < count; k++) {
        bool fits = strcmp(pl_residual_host(pl_residuals[k]), pl_host_kinds[0]->name) == 0;
        if ((all && fits) || listed(&choice->arena, list, pl_residuals[k]->name))
            choice->variants[choice->variant_count++] = pl_residuals[k];
    }
    return PL_OK;
}

/* ---- both ---- */

static enum pl_status choose(struct pl_bench_choice *out, const char *models, const char *variants,
                             enum pl_status (*of)(struct pl_bench_choice *, const char *)) {
    *out = (struct pl_bench_choice){0};
    enum pl_status status = of(out, models);
    if (status == PL_OK) status = choose_variants(out, variants);
    if (status != PL_OK) pl_bench_choice_finish(out);
    return status;
}

enum pl_status pl_bench_choose(struct pl_bench_choice *out, const char *models,
                               const char *variants) {
    return choose(out, models, variants, choose_models);
}

enum pl_status pl_bench_choose_growth(struct pl_bench_choice *out, const char *models,
                                      const char *variants) {
    return choose(out, models, variants, choose_growth);
}

enum pl_status pl_bench_choose_transformers(struct pl_bench_choice *out, const char *models,
                                            const char *variants) {
    return choose(out, models, variants, choose_transformers);
}

void pl_bench_choice_finish(struct pl_bench_choice *choice) {
    pl_arena_finish(&choice->arena);
    *choice = (struct pl_bench_choice){0};
}
