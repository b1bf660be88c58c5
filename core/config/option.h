/* Option: settings are rows.
 *
 * Each struct that a study can fill has a table of rows beside it: name, type, offset, default,
 * range, one sentence of help. The same rows parse, validate, print defaults, write
 * `plumbline list options`, and give the canonical text from which a cell's identity is hashed.
 *
 *     struct pl_mlp { long width; double dropout; bool tied; int act; const char *note; };
 *     static const struct pl_option rows[] = {
 *         PL_OPTION_INT(struct pl_mlp, width, "32", 1, 65536, "features of the residual stream"),
 *         PL_OPTION_CHOICE(struct pl_mlp, act, "silu", "relu|gelu|silu|tanh", "activation"),
 *     };
 *     static const struct pl_options mlp = PL_OPTIONS("model", rows);
 */
#ifndef PL_CONFIG_OPTION_H
#define PL_CONFIG_OPTION_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/arena.h"
#include "core/base/status.h"
#include "core/base/strbuf.h"

enum pl_option_type {
    PL_TYPE_INT,      /* long; "1000", "1e3" too when it is a whole number */
    PL_TYPE_REAL,     /* double */
    PL_TYPE_BOOL,     /* bool; true | false, and yes, on, no, off, capitals aside */
    PL_TYPE_CHOICE,   /* int, index into the words of [choices] */
    PL_TYPE_TEXT,     /* const char *, in the arena */
    PL_TYPE_AUTO_INT, /* long; "auto" is -1. The rest as PL_TYPE_INT */
    PL_TYPE_WORD_INT, /* long; "full" is 0. The rest as PL_TYPE_INT */
};

struct pl_option {
    const char *name; /* words, the same everywhere (docs/conventions.md) */
    enum pl_option_type type;
    size_t offset;
    const char *dflt;    /* text of the default */
    double min, max;     /* INT and REAL: inclusive */
    const char *choices; /* CHOICE: "a|b|c" */
    const char *help;    /* one sentence without a full stop */
    bool later; /* came after cells were stored: at its default it is no part of their text */
};

struct pl_options {
    const char *section; /* "model" gives the dotted names model.width ...; "" for none */
    const struct pl_option *rows;
    size_t count;
};

#define PL_OPTION_INT(S, field, dflt, min, max, help)                                              \
    { #field, PL_TYPE_INT, offsetof(S, field), dflt, min, max, NULL, help, false }
#define PL_OPTION_REAL(S, field, dflt, min, max, help)                                             \
    { #field, PL_TYPE_REAL, offsetof(S, field), dflt, min, max, NULL, help, false }
#define PL_OPTION_BOOL(S, field, dflt, help)                                                       \
    { #field, PL_TYPE_BOOL, offsetof(S, field), dflt, 0, 1, NULL, help, false }
#define PL_OPTION_CHOICE(S, field, dflt, choices, help)                                            \
    { #field, PL_TYPE_CHOICE, offsetof(S, field), dflt, 0, 0, choices, help, false }
#define PL_OPTION_TEXT(S, field, dflt, help)                                                       \
    { #field, PL_TYPE_TEXT, offsetof(S, field), dflt, 0, 0, NULL, help, false }
#define PL_OPTION_AUTO_INT(S, field, dflt, min, max, help)                                         \
    { #field, PL_TYPE_AUTO_INT, offsetof(S, field), dflt, min, max, NULL, help, false }
#define PL_OPTION_WORD_INT(S, field, dflt, min, max, help)                                         \
    { #field, PL_TYPE_WORD_INT, offsetof(S, field), dflt, min, max, NULL, help, false }
#define PL_OPTIONS(section, rows)                                                                  \
    { section, rows, sizeof(rows) / sizeof((rows)[0]) }

/* The row called [name], or NULL. */
const struct pl_option *pl_option_find(const struct pl_options *options, const char *name);

/* What the option that was once called [name] in this section is called now, where these [options] have it;
 * NULL for a name that never was one. */
const char *pl_option_renamed(const struct pl_options *options, const char *name);

/* Checks [text] against [row] and appends its canonical form: numbers in their shortest exact form,
 * words as they stand in [choices]. The complaint says what was found and what is accepted, without
 * a place (pl_fail_within adds it). */
enum pl_status pl_option_canonical(const struct pl_option *row, const char *text,
                                   struct pl_strbuf *out) PL_NODISCARD;

/* Checks [text] and stores it in the field of [target]; text values are copied to [arena]. */
enum pl_status pl_option_store(const struct pl_option *row, const char *text, void *target,
                               struct pl_arena *arena) PL_NODISCARD;

/* Appends what is accepted: "a whole number from 1 to 65536", "relu, gelu, silu or tanh", ... */
void pl_option_accepted(const struct pl_option *row, struct pl_strbuf *out);

/* The word of a CHOICE row at [index]; borrowed until the next call on this thread. */
const char *pl_option_word(const struct pl_option *row, int index);

#endif
