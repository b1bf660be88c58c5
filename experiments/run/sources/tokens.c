/* A scanner by longest match. Its state is a position in the text and whether a directive is being read,
 * which ends at the first line break that no backslash hides. Tokens of a directive are known by where they
 * begin in the output, so that the body of a list can be cut off again once the directive has ended.
 */
#include "experiments/run/sources/tokens.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "core/base/vec.h"

struct scanner {
    const char *at;
    bool directive; /* within one */
    struct pl_strbuf *out;
    PL_VEC(size_t) starts; /* of the directive's tokens in [out] */
};

/* Line ends that a backslash hides are nothing, wherever they stand: removed before anything else. */
static void join_lines(struct pl_strbuf *out, const char *text) {
    for (const char *at = text; *at;) {
        const char *next = strchr(at, '\\');
        size_t plain = next ? (size_t)(next - at) : strlen(at);
        pl_strbuf_add_bytes(out, at, plain);
        at += plain;
        if (!*at) break;
        size_t end = at[1] == '\r' ? 2 : 1;
        if (at[end] == '\n')
            at += end + 1;
        else
            pl_strbuf_add_bytes(out, at++, 1);
    }
}

static void emit(struct scanner *scanner, const char *text, size_t length) {
    if (scanner->directive) PL_VEC_PUSH(&scanner->starts, scanner->out->length);
    pl_strbuf_add_bytes(scanner->out, text, length);
    pl_strbuf_add(scanner->out, "\n");
}

/* ---- lengths of what stands at [at] ---- */

static size_t comment_length(const char *at) {
    if (at[0] == '/' && at[1] == '/') return strcspn(at, "\n");
    if (at[0] != '/' || at[1] != '*') return 0;
    const char *end = strstr(at + 2, "*/");
    return end ? (size_t)(end + 2 - at) : strlen(at);
}

/* A text or a character in quotes; an unfinished one ends with its line. */
static size_t quoted_length(const char *at) {
    size_t k = 1;
    while (at[k] && at[k] != at[0] && at[k] != '\n') k += at[k] == '\\' && at[k + 1] ? 2 : 1;
    return at[k] == at[0] ? k + 1 : k;
}

static bool is_word(char c) {
    return isalnum((unsigned char)c) || c == '_';
}

/* A name, or a number with its dots, exponent and suffix. */
static size_t word_length(const char *at) {
    bool number = isdigit((unsigned char)at[0]) || (at[0] == '.' && isdigit((unsigned char)at[1]));
    size_t k = 0;
    while (is_word(at[k]) || (number && at[k] == '.') ||
           (number && k > 0 && (at[k] == '+' || at[k] == '-') && strchr("eEpP", at[k - 1])))
        k++;
    return k;
}

static size_t sign_length(const char *at) {
    static const char *const longs[] = {"<<=", ">>=", "...", "->", "++", "--", "<<", ">>",
                                        "<=",  ">=",  "==",  "!=", "&&", "||", "+=", "-=",
                                        "*=",  "/=",  "%=",  "&=", "|=", "^=", "##", "::"};
    for (size_t k = 0; k < sizeof longs / sizeof longs[0]; k++)
        if (strncmp(at, longs[k], strlen(longs[k])) == 0) return strlen(longs[k]);
    return 1;
}

/* ---- lists ---- */

static bool is(const struct scanner *scanner, size_t token, const char *text) {
    size_t length = strlen(text);
    if (token >= scanner->starts.count) return false;
    const char *at = scanner->out->text + scanner->starts.items[token];
    return strncmp(at, text, length) == 0 && at[length] == '\n';
}

/* Behind the closing parenthesis that belongs to the one at [token]. */
static size_t behind(const struct scanner *scanner, size_t token) {
    size_t depth = 0;
    for (; token < scanner->starts.count; token++) {
        depth += is(scanner, token, "(");
        if (is(scanner, token, ")") && --depth == 0) return token + 1;
    }
    return token;
}

/* Cuts off the rows of "# define NAME (( X ) X ( ... ) X ( ... ) ...". */
static void cut_list(struct scanner *scanner) {
    enum { BODY = 6 };
    size_t token = BODY;
    if (!is(scanner, 1, "define") || !is(scanner, 3, "((") || !is(scanner, 4, "X") ||
        !is(scanner, 5, ")") || scanner->starts.count == BODY)
        return;
    while (is(scanner, token, "X") && is(scanner, token + 1, "("))
        token = behind(scanner, token + 1);
    if (token < scanner->starts.count) return;
    scanner->out->length = scanner->starts.items[BODY];
    scanner->out->text[scanner->out->length] = 0;
}

/* ---- all of it ---- */

static void end_directive(struct scanner *scanner) {
    cut_list(scanner);
    scanner->directive = false;
    scanner->starts.count = 0;
    pl_strbuf_add(scanner->out, "\n");
}

static void scan(struct scanner *scanner) {
    bool fresh = true; /* nothing but white space on this line so far */
    while (*scanner->at) {
        const char *at = scanner->at;
        size_t length = comment_length(at);
        if (length) {
            scanner->at += length;
        } else if (isspace((unsigned char)*at)) {
            if (*at == '\n' && scanner->directive) end_directive(scanner);
            fresh |= *at == '\n';
            scanner->at++;
        } else {
            bool macro = scanner->directive && *at == '(' && is_word(at[-1]) &&
                         scanner->starts.count == 3 && is(scanner, 1, "define");
            if (*at == '#' && fresh) scanner->directive = true;
            fresh = false;
            length = *at == '"' || *at == '\'' ? quoted_length(at) : word_length(at);
            if (length == 0) length = sign_length(at);
            if (macro)
                emit(scanner, "((", 2);
            else
                emit(scanner, at, length);
            scanner->at += length;
        }
    }
    if (scanner->directive) end_directive(scanner);
}

void pl_tokens_add(struct pl_strbuf *out, const char *text) {
    struct pl_strbuf joined;
    pl_strbuf_init(&joined);
    join_lines(&joined, text);
    struct scanner scanner = {.at = joined.text, .out = out};
    scan(&scanner);
    PL_VEC_FINISH(&scanner.starts);
    pl_strbuf_finish(&joined);
}
