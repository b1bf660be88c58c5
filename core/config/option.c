/* Option rows at work: text to a checked value, and from there to canonical text or to a field.
 *
 *     text ─► parse(row) ─► struct value ─┬─► pl_option_canonical     the text of identities
 *                                         └─► pl_option_store         the field of a struct
 *
 * Each type of option has one parser, in the table `parsers`. A parser returns NULL or the end of
 * the sentence "SECTION.NAME is TEXT, which ..."; complain() adds what the row accepts. Numbers
 * are read in the "C" locale whatever the thread's is, and never depend on it. "auto" and "full"
 * are stored as the numbers AUTO_VALUE and FULL_VALUE, which no such option takes otherwise. */
#include "core/config/option.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/config/names.h"
#include "core/config/quote.h"

#define WORD_MAX   64     /* bytes of a word or a name, with terminator */
#define EXACT_MAX  0x1p53 /* whole numbers up to here are exact in a double */
#define UNBOUNDED  9.2e18 /* a bound this far out is not worth a mention */
#define AUTO_VALUE (-1L)  /* what "auto" stores */
#define FULL_VALUE 0L     /* what "full" stores */

/* A checked value, before it goes to text or to a field. */
struct value {
    long whole;  /* INT, AUTO_INT, WORD_INT, BOOL (0 or 1), CHOICE (index) */
    double real; /* REAL */
};

const struct pl_option *pl_option_find(const struct pl_options *options, const char *name) {
    struct pl_names names = PL_NAMES(struct pl_option, name, options->rows, options->count);
    size_t row = pl_names_find(names, name);
    return row < options->count ? &options->rows[row] : NULL;
}

/* One word for one notion: what was called otherwise before November 2026, in variants and tasks. */
static const struct {
    const char *section, *old, *now;
} renamed[] = {
    {"variant", "n", "streams"},  {"variant", "m", "streams"},
    {"variant", "k", "streams"},  {"variant", "d_v", "value_width"},
    {"variant", "init", "start"}, {"variant", "head", "readout"},
    {"task", "p", "modulus"},     {"task", "n", "bits"},
    {"task", "k", "subset"},      {"task", "k", "hops"},
};

const char *pl_option_renamed(const struct pl_options *options, const char *name) {
    size_t count =
        options->count ? sizeof renamed / sizeof renamed[0] : 0; /* no rows, no section */
    for (size_t i = 0; i < count; i++)
        if (strcmp(renamed[i].section, options->section) == 0 &&
            strcmp(renamed[i].old, name) == 0 && pl_option_find(options, renamed[i].now))
            return renamed[i].now;
    return NULL;
}

/* ---- the words of a choice ---------------------------------------------------------------- */

/* Takes the next word off [rest], "a|b|c"; false when none is left. */
static bool next_word(const char **rest, const char **word, size_t *length) {
    if (!*rest) return false;
    const char *bar = strchr(*rest, '|');
    *word = *rest;
    *length = bar ? (size_t)(bar - *rest) : strlen(*rest);
    *rest = bar ? bar + 1 : NULL;
    return true;
}

static int choice_index(const char *choices, const char *text) {
    const char *word;
    size_t length, wanted = strlen(text);
    for (int i = 0; next_word(&choices, &word, &length); i++) {
        if (length == wanted && memcmp(word, text, length) == 0) return i;
    }
    return -1;
}

const char *pl_option_word(const struct pl_option *row, int index) {
    static _Thread_local char copy[WORD_MAX];
    const char *rest = row->choices, *word;
    size_t length;
    PL_ASSERT(row->type == PL_TYPE_CHOICE);
    for (int i = 0; next_word(&rest, &word, &length); i++) {
        if (i != index) continue;
        PL_ASSERT(length < WORD_MAX);
        memcpy(copy, word, length);
        copy[length] = '\0';
        return copy;
    }
    PL_ASSERT(!"the index is that of a word of the row");
    return NULL;
}

/* ---- what is accepted --------------------------------------------------------------------- */

static void add_bound(struct pl_strbuf *out, double bound) {
    if (bound == floor(bound) && fabs(bound) < 1e15) {
        pl_strbuf_addf(out, "%.0f", bound);
    } else {
        pl_strbuf_add_real(out, bound);
    }
}

static void add_range(struct pl_strbuf *out, double min, double max) {
    bool low = min > -UNBOUNDED, high = max < UNBOUNDED;
    if (!low && !high) return;
    pl_strbuf_add(out, low && high ? " from " : low ? " of at least " : " of at most ");
    if (low) add_bound(out, min);
    if (low && high) pl_strbuf_add(out, " to ");
    if (high) add_bound(out, max);
}

static void add_words(struct pl_strbuf *out, const char *choices) {
    const char *word;
    size_t length;
    bool first = true;
    while (next_word(&choices, &word, &length)) {
        if (!first) pl_strbuf_add(out, choices ? ", " : " or ");
        pl_strbuf_add_bytes(out, word, length);
        first = false;
    }
}

/* What each type takes, apart from ranges and words. */
static const struct {
    const char *before, *after;
    bool ranged;
} accepted[] = {
    [PL_TYPE_INT] = {"a whole number", "", true},
    [PL_TYPE_REAL] = {"a number", "", true},
    [PL_TYPE_BOOL] = {"true or false", "", false},
    [PL_TYPE_CHOICE] = {"", "", false},
    [PL_TYPE_TEXT] = {"text on one line", "", false},
    [PL_TYPE_AUTO_INT] = {"a whole number", ", or auto", true},
    [PL_TYPE_WORD_INT] = {"a whole number", ", or full", true},
};

void pl_option_accepted(const struct pl_option *row, struct pl_strbuf *out) {
    pl_strbuf_add(out, accepted[row->type].before);
    if (accepted[row->type].ranged) add_range(out, row->min, row->max);
    if (row->type == PL_TYPE_CHOICE) add_words(out, row->choices);
    pl_strbuf_add(out, accepted[row->type].after);
}

/* width is "abc", which is not a number; it takes a whole number from 1 to 65536 */
static enum pl_status complain(const struct pl_option *row, const char *text, const char *why) {
    char words[32][WORD_MAX], shown[PL_QUOTED];
    const char *names[32], *start;
    const char *rest = row->type == PL_TYPE_BOOL     ? "true|false"
                       : row->type == PL_TYPE_CHOICE ? row->choices
                                                     : "";
    size_t count = 0, length;
    while (count < 32 && next_word(&rest, &start, &length)) {
        if (length == 0 || length >= WORD_MAX) continue;
        memcpy(words[count], start, length);
        words[count][length] = '\0';
        names[count] = words[count];
        count++;
    }
    struct pl_strbuf takes;
    pl_strbuf_init(&takes);
    pl_strbuf_add(&takes, "it takes ");
    pl_option_accepted(row, &takes);
    enum pl_status status =
        pl_names_fail(PL_NAME_LIST(names, count), PL_NO_PLACE, text, takes.text,
                      "%s is %s, which %s", row->name, pl_quoted(shown, text), why);
    pl_strbuf_finish(&takes);
    return status;
}

/* ---- numbers ------------------------------------------------------------------------------ */

static const char *skip_digits(const char *text) {
    while (*text >= '0' && *text <= '9') text++;
    return text;
}

/* What the text of a number looks like; only ASCII digits, no hexadecimal, no nan, no blanks. */
enum form { FORM_NONE, FORM_DIGITS, FORM_DECIMAL };

static enum form number_form(const char *text) {
    const char *at = text + (*text == '-' || *text == '+');
    const char *whole = skip_digits(at);
    size_t digits = (size_t)(whole - at);
    if (digits && !*whole) return FORM_DIGITS;
    const char *end = whole;
    if (*end == '.') {
        end = skip_digits(whole + 1);
        digits += (size_t)(end - whole - 1);
    }
    if (digits == 0) return FORM_NONE;
    if (*end == 'e' || *end == 'E') {
        at = end + 1 + (end[1] == '-' || end[1] == '+');
        end = skip_digits(at);
        if (end == at) return FORM_NONE;
    }
    return *end ? FORM_NONE : FORM_DECIMAL;
}

/* Whether the digits before the exponent say zero. */
static bool says_zero(const char *text) {
    text += *text == '-' || *text == '+';
    return text[strspn(text, "0.")] == '\0' || strchr("eE", text[strspn(text, "0.")]) != NULL;
}

/* strtod in the "C" locale, whatever the thread's is. */
static double to_double(const char *text) {
    locale_t plain = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
    PL_ASSERT(plain != (locale_t)0);
    locale_t before = uselocale(plain);
    double value = strtod(text, NULL);
    uselocale(before);
    freelocale(plain);
    return value == 0 ? 0 : value; /* no negative zero: -0 and 0 are one setting */
}

/* Each gives NULL, or the end of "which ...". */
static const char *parse_real(const char *text, double *out) {
    if (number_form(text) == FORM_NONE) return "is not a number";
    *out = to_double(text);
    if (!isfinite(*out)) return "is too large for a number";
    if (*out == 0 && !says_zero(text)) return "is too small to be told from 0";
    return NULL;
}

static const char *parse_digits(const char *text, long *out) {
    errno = 0;
    *out = strtol(text, NULL, 10);
    return errno == ERANGE ? "is too large for a whole number" : NULL;
}

static const char *parse_whole(const char *text, long *out) {
    double real = 0;
    if (number_form(text) == FORM_DIGITS) return parse_digits(text, out);
    const char *why = parse_real(text, &real);
    if (why) return why;
    if (real != floor(real)) return "is not a whole number";
    if (fabs(real) > EXACT_MAX) return "is too large to be exact in this form";
    *out = (long)real;
    return NULL;
}

/* ---- one parser a type -------------------------------------------------------------------- */

static const char *check_range(const struct pl_option *row, double value) {
    return value < row->min   ? "is below the smallest accepted"
           : value > row->max ? "is above the largest accepted"
                              : NULL;
}

static const char *parse_int(const struct pl_option *row, const char *text, struct value *out) {
    const char *why = parse_whole(text, &out->whole);
    return why ? why : check_range(row, (double)out->whole);
}

static const char *parse_number(const struct pl_option *row, const char *text, struct value *out) {
    const char *why = parse_real(text, &out->real);
    return why ? why : check_range(row, out->real);
}

/* "true" or "false" for what YAML and people write instead of them; NULL for any other text. */
static const char *truth(const char *text) {
    static const char *const words[][2] = {{"false", "true"}, {"no", "yes"}, {"off", "on"}};
    for (size_t k = 0; k < 2 * (sizeof words / sizeof words[0]); k++)
        if (strcasecmp(text, words[k / 2][k % 2]) == 0) return words[0][k % 2];
    return NULL;
}

static const char *parse_bool(const struct pl_option *row, const char *text, struct value *out) {
    (void)row;
    out->whole = truth(text) && *truth(text) == 't';
    return truth(text) ? NULL : "is neither";
}

static const char *parse_choice(const struct pl_option *row, const char *text, struct value *out) {
    out->whole = choice_index(row->choices, text);
    if (out->whole < 0 && truth(text)) out->whole = choice_index(row->choices, truth(text));
    return out->whole >= 0 ? NULL : "is not one of its words";
}

static const char *parse_text(const struct pl_option *row, const char *text, struct value *out) {
    (void)row;
    (void)out;
    for (; *text; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f) return "holds a control character";
    }
    return NULL;
}

static const char *parse_auto(const struct pl_option *row, const char *text, struct value *out) {
    if (strcmp(text, "auto") != 0) return parse_int(row, text, out);
    out->whole = AUTO_VALUE;
    return NULL;
}

static const char *parse_word(const struct pl_option *row, const char *text, struct value *out) {
    if (strcmp(text, "full") != 0) return parse_int(row, text, out);
    out->whole = FULL_VALUE;
    return NULL;
}

static const char *(*const parsers[])(const struct pl_option *, const char *, struct value *) = {
    [PL_TYPE_INT] = parse_int,       [PL_TYPE_REAL] = parse_number, [PL_TYPE_BOOL] = parse_bool,
    [PL_TYPE_CHOICE] = parse_choice, [PL_TYPE_TEXT] = parse_text,   [PL_TYPE_AUTO_INT] = parse_auto,
    [PL_TYPE_WORD_INT] = parse_word,
};

static enum pl_status parse(const struct pl_option *row, const char *text, struct value *out) {
    const char *why = parsers[row->type](row, text, out);
    return why ? complain(row, text, why) : PL_OK;
}

/* ---- to text and to fields ---------------------------------------------------------------- */

enum pl_status pl_option_canonical(const struct pl_option *row, const char *text,
                                   struct pl_strbuf *out) {
    struct value value = {0};
    PL_TRY(parse(row, text, &value));
    if (row->type == PL_TYPE_REAL) {
        pl_strbuf_add_real(out, value.real);
    } else if (accepted[row->type].ranged) {
        if (row->type == PL_TYPE_AUTO_INT && value.whole == AUTO_VALUE) {
            pl_strbuf_add(out, "auto");
        } else if (row->type == PL_TYPE_WORD_INT && value.whole == FULL_VALUE) {
            pl_strbuf_add(out, "full");
        } else {
            pl_strbuf_addf(out, "%ld", value.whole);
        }
    } else if (row->type == PL_TYPE_BOOL) {
        pl_strbuf_add(out, value.whole ? "true" : "false");
    } else if (row->type == PL_TYPE_CHOICE) {
        pl_strbuf_add(out, pl_option_word(row, (int)value.whole));
    } else {
        pl_strbuf_add(out, text);
    }
    return PL_OK;
}

enum pl_status pl_option_store(const struct pl_option *row, const char *text, void *target,
                               struct pl_arena *arena) {
    void *field = (char *)target + row->offset;
    struct value value = {0};
    PL_TRY(parse(row, text, &value));
    switch (row->type) {
    case PL_TYPE_INT:
    case PL_TYPE_AUTO_INT:
    case PL_TYPE_WORD_INT:
        *(long *)field = value.whole;
        break;
    case PL_TYPE_REAL:
        *(double *)field = value.real;
        break;
    case PL_TYPE_BOOL:
        *(bool *)field = value.whole != 0;
        break;
    case PL_TYPE_CHOICE:
        *(int *)field = (int)value.whole;
        break;
    case PL_TYPE_TEXT:
        *(const char **)field = pl_arena_strdup(arena, text);
        break;
    }
    return PL_OK;
}
