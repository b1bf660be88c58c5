/* A text is one value, a list with commas, or one call of a function. A call is told from a list by a
 * bracket before the first comma. Places are those of the whole text, since a value inside has none. */
#include "experiments/study/sweep.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/math.h"
#include "core/base/strbuf.h"
#include "core/base/vec.h"
#include "core/config/names.h"
#include "core/config/option.h"
#include "core/config/quote.h"

#define DIGITS   12 /* significant digits of a computed value */
#define LN_10    2.302585092994045684
#define BLANKS   " \t\r\n"
#define LONGEST  700 /* bytes of any double written out with %.*f */
#define MOST_END 1e150

void pl_sweep_finish(struct pl_sweep *sweep) {
    if (sweep) PL_VEC_FINISH(sweep);
}

static enum pl_status add(struct pl_sweep *out, const char *text, struct pl_place place) {
    if (out->count == PL_SWEEP_MOST)
        return pl_fail_at(place,
                          "a sweep takes at most %d values, and here are more; sweep over "
                          "fewer, or split the study",
                          PL_SWEEP_MOST);
    PL_VEC_PUSH(out, (struct pl_sweep_value){text, place});
    return PL_OK;
}

/* A copy of [length] bytes without the blanks around them. */
static char *trimmed(struct pl_arena *arena, const char *text, size_t length) {
    while (length > 0 && strchr(BLANKS, text[0])) text++, length--;
    while (length > 0 && strchr(BLANKS, text[length - 1])) length--;
    return pl_arena_strndup(arena, text, length);
}

/* ---- numbers that are clean in decimal ---------------------------------------------------- */

static double rounded(double value, double scale) {
    char text[LONGEST];
    int exponent, decimals;
    if (scale == 0) return 0;
    snprintf(text, sizeof text, "%.*e", DIGITS - 1, scale);
    exponent = atoi(strchr(text, 'e') + 1);
    decimals = DIGITS - 1 - exponent;
    snprintf(text, sizeof text, "%.*f", decimals > 0 ? decimals : 0, value);
    value = strtod(text, NULL);
    return value == 0 ? 0 : value; /* no negative zero */
}

static double linear(double a, double b, long index, long last) {
    double share = (double)index / (double)last, larger = fabs(a) > fabs(b) ? fabs(a) : fabs(b);
    if (index == last) return b;
    return rounded(a + (b - a) * share, larger);
}

static double logarithmic(double p, double q, long index, long last) {
    double exponent = linear(p, q, index, last);
    char text[16];
    double whole = floor(exponent);
    snprintf(text, sizeof text, "1e%.0f", whole);
    double value = strtod(text, NULL);
    if (whole == exponent) return value;
    value *= pl_exp((exponent - whole) * LN_10);
    return rounded(value, value);
}

/* ---- the two functions -------------------------------------------------------------------- */

struct call {
    double a, b;
    long n;
};

static const struct pl_option linear_rows[] = {
    {"the first number of linspace", PL_TYPE_REAL, offsetof(struct call, a), "0", -MOST_END,
     MOST_END, NULL, ""},
    {"the second number of linspace", PL_TYPE_REAL, offsetof(struct call, b), "0", -MOST_END,
     MOST_END, NULL, ""},
    {"the count of linspace", PL_TYPE_INT, offsetof(struct call, n), "2", 2, PL_SWEEP_MOST, NULL,
     ""},
};
static const struct pl_option log_rows[] = {
    {"the first exponent of logspace", PL_TYPE_REAL, offsetof(struct call, a), "0", -300, 300, NULL,
     ""},
    {"the second exponent of logspace", PL_TYPE_REAL, offsetof(struct call, b), "0", -300, 300,
     NULL, ""},
    {"the count of logspace", PL_TYPE_INT, offsetof(struct call, n), "2", 2, PL_SWEEP_MOST, NULL,
     ""},
};

static const struct function {
    const char *name, *form;
    const struct pl_option *rows; /* of its three arguments */
    double (*value)(double a, double b, long index, long last);
} functions[] = {
    {"linspace", "linspace(first, last, count)", linear_rows, linear},
    {"logspace", "logspace(first exponent, last exponent, count)", log_rows, logarithmic},
};

#define FUNCTIONS (sizeof functions / sizeof functions[0])
#define ARGUMENTS 3

static enum pl_status find_function(const struct function **out, const char *name,
                                    struct pl_place place) {
    struct pl_names names = PL_NAMES(struct function, name, functions, FUNCTIONS);
    size_t row = pl_names_find(names, name);
    char shown[PL_QUOTED];
    *out = &functions[row < FUNCTIONS ? row : 0];
    if (row < FUNCTIONS) return PL_OK;
    char offer[160];
    snprintf(offer, sizeof offer, "there are %s and %s", functions[0].form, functions[1].form);
    return pl_names_fail(names, place, name, offer, "there is no function %s",
                         pl_quoted(shown, name));
}

/* Reads the three arguments between the brackets; [rest] is consumed. */
static enum pl_status read_arguments(struct call *out, const struct function *function,
                                     struct pl_arena *arena, const char *rest,
                                     struct pl_place place) {
    for (size_t i = 0; i < ARGUMENTS; i++) {
        size_t length = strcspn(rest, ",");
        bool last = i + 1 == ARGUMENTS;
        if ((rest[length] == '\0') != last)
            return pl_fail_at(place, "%s takes three numbers: %s", function->name, function->form);
        const char *text = trimmed(arena, rest, length);
        enum pl_status status = pl_option_store(&function->rows[i], text, out, arena);
        if (status != PL_OK) return pl_fail_at(place, "%s", pl_message());
        rest += length + 1;
    }
    if (out->a == out->b)
        return pl_fail_at(place, "both ends of %s are the same number; write that number alone",
                          function->name);
    return PL_OK;
}

static enum pl_status add_call(struct pl_sweep *out, struct pl_arena *arena, const char *text,
                               struct pl_place place) {
    const struct function *function;
    struct call call = {0};
    struct pl_strbuf number;
    size_t length = strlen(text), open = strcspn(text, "(");
    PL_TRY(find_function(&function, trimmed(arena, text, open), place));
    if (text[open] != '(' || text[length - 1] != ')')
        return pl_fail_at(place, "%s is not closed by a bracket; it is written %s", function->name,
                          function->form);
    const char *inside = pl_arena_strndup(arena, text + open + 1, length - open - 2);
    PL_TRY(read_arguments(&call, function, arena, inside, place));
    pl_strbuf_init(&number);
    enum pl_status status = PL_OK;
    for (long i = 0; i < call.n && status == PL_OK; i++) {
        pl_strbuf_clear(&number);
        pl_strbuf_add_real(&number, function->value(call.a, call.b, i, call.n - 1));
        status = add(out, pl_arena_strdup(arena, number.text), place);
    }
    pl_strbuf_finish(&number);
    return status;
}

/* ---- texts and nodes ---------------------------------------------------------------------- */

static enum pl_status add_one(struct pl_sweep *out, struct pl_arena *arena, const char *text,
                              size_t length, struct pl_place place) {
    const char *item = trimmed(arena, text, length);
    char shown[PL_QUOTED];
    if (!*item)
        return pl_fail_at(place, "a value is missing; write one value, or several with a comma "
                                 "between each two");
    if (strpbrk(item, "()"))
        return pl_fail_at(place,
                          "%s holds a bracket; linspace(...) and logspace(...) stand alone, "
                          "and values of a list are plain",
                          pl_quoted(shown, item));
    return add(out, item, place);
}

enum pl_status pl_sweep_text(struct pl_sweep *out, struct pl_arena *arena, const char *text,
                             struct pl_place place) {
    const char *whole = trimmed(arena, text, strlen(text));
    size_t bracket = strcspn(whole, "(");
    char shown[PL_QUOTED];
    if (whole[0] == '[')
        return pl_fail_at(place,
                          "%s stands in brackets; here a list is values with commas between them "
                          "and no brackets around, as in 1e-3,3e-3",
                          pl_quoted(shown, whole));
    if (whole[bracket] && !memchr(whole, ',', bracket)) return add_call(out, arena, whole, place);
    for (const char *rest = whole;; rest++) {
        size_t length = strcspn(rest, ",");
        PL_TRY(add_one(out, arena, rest, length, place));
        rest += length;
        if (!*rest) return PL_OK;
    }
}

enum pl_status pl_sweep_node(struct pl_sweep *out, struct pl_arena *arena,
                             const struct pl_yaml *node) {
    if (node->kind == PL_YAML_SCALAR) return pl_sweep_text(out, arena, node->text, node->place);
    if (node->kind == PL_YAML_MAP)
        return pl_fail_at(node->place,
                          "there is a mapping where values are expected; write a list, "
                          "\"linspace(a,b,n)\" or \"logspace(p,q,n)\"");
    if (node->count == 0)
        return pl_fail_at(node->place, "the list is empty; it takes at least one value");
    for (size_t i = 0; i < node->count; i++) {
        const struct pl_yaml *item = node->values[i];
        if (item->kind != PL_YAML_SCALAR)
            return pl_fail_at(item->place, "there is %s where a single value is expected",
                              pl_yaml_kind_name(item->kind));
        PL_TRY(add_one(out, arena, item->text, strlen(item->text), item->place));
    }
    return PL_OK;
}
