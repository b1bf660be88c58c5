#include "core/base/strbuf.h"
#include "experiments/run/sources/tokens.h"
#include "tests/support/support.h"

static char *tokens(const char *text) {
    struct pl_strbuf out;
    pl_strbuf_init(&out);
    pl_tokens_add(&out, text);
    return pl_strbuf_take(&out);
}

static void check(const char *text, const char *expected) {
    char *found = tokens(text);
    PL_CHECK_TEXT(found, expected);
    pl_free(found);
}

static void same(const char *a, const char *b) {
    char *left = tokens(a), *right = tokens(b);
    PL_CHECK_TEXT(left, right);
    pl_free(left);
    pl_free(right);
}

static void differ(const char *a, const char *b) {
    char *left = tokens(a), *right = tokens(b);
    PL_CHECK(strcmp(left, right) != 0);
    pl_free(left);
    pl_free(right);
}

static void test_tokens__are_those_of_c(void) {
    check("", "");
    check("a+++b", "a\n++\n+\nb\n");
    check("x>>=1u;", "x\n>>=\n1u\n;\n");
    check("p->q...", "p\n->\nq\n...\n");
    check("1e-3f+0x1p+2-.5", "1e-3f\n+\n0x1p+2\n-\n.5\n");
    check("0xe+1", "0xe+1\n"); /* one token, as the standard has it */
    check("'\"' \"a\\\" b\" L\"c\"", "'\"'\n\"a\\\" b\"\nL\n\"c\"\n");
    check("#include <a.h>\nb", "#\ninclude\n<\na\n.\nh\n>\n\nb\n");
}

static void test_tokens__comments_and_white_space_are_nothing(void) {
    same("int f(void) { return a / b; }",
         "/* a\n * b */ int\tf ( void )\n{\n  return a // c\n/ b;\r\n}\n");
    same("a /* b */ c", "a c");
    same("a = \"/* no */\" ;", "a=\"/* no */\";");
    differ("a = \"/* no */\";", "a = \"\";");
    same("ab", "a\\\nb");
    same("#define A 1\nx", "  # define A /* one\n line */ 1 // end\nx");
    same("#define A b \\\n  c\n", "#define A b c\n");
    same("a // b \\\n still b\nc", "a c");
    same("a /* never closed", "a");
}

static void test_tokens__what_counts(void) {
    differ("a + b", "a - b");
    differ("a + + b", "a ++ b");
    differ("ab", "a b");
    differ("1.0f", "1.0");
    differ("\"a\"", "\"b\"");
    differ("\"a b\"", "\"a  b\"");
    differ("#define A\nb", "#define A b\n"); /* a directive ends with its line */
    differ("#define F(x) y", "#define F (x) y");
    differ("#if A\n#endif", "#if B\n#endif");
}

static void test_tokens__rows_of_a_list_do_not_count(void) {
    same("#define L(X) X(a, 1, \"(\") X(b, 2, \")\")\nc",
         "#define L(X) \\\n    X(a, f(1)) /* a */ \\\n X(d)\nc");
    differ("#define L(X) X(a)\n", "#define M(X) X(a)\n");
    differ("#define L(X) X(a) + X(b)\n", "#define L(X) X(a) + X(c)\n"); /* no list */
    differ("#define L(Y) Y(a)\n", "#define L(Y) Y(b)\n");
    differ("#define L(X) (X)\n", "#define L(X) (X + 1)\n");
    differ("#define L X(a)\n", "#define L X(b)\n");
    differ("#define A(X)\n", "#define A(X) b\n");
}

/* Every beginning of a text is read to its end. */
static void test_tokens__takes_any_text(void) {
    static const char text[] =
        "#define L(X) X(a(b), \"c\\\"\") X('d')\n/* e */ f->g >>= 1.5e+3; // h\n#";
    char part[sizeof text];
    for (size_t length = 0; length < sizeof text; length++) {
        memcpy(part, text, length);
        part[length] = 0;
        pl_free(tokens(part));
    }
    pl_free(tokens("#define"));
    pl_free(tokens("#define L(X) X(((\n\"\\"));
}

const struct pl_test pl_suite_tokens[] = {
    {"are_those_of_c", test_tokens__are_those_of_c},
    {"comments_and_white_space_are_nothing", test_tokens__comments_and_white_space_are_nothing},
    {"what_counts", test_tokens__what_counts},
    {"rows_of_a_list_do_not_count", test_tokens__rows_of_a_list_do_not_count},
    {"takes_any_text", test_tokens__takes_any_text},
    {0}};
