/* Escape: hostile text, and what each destination makes of it. */
#include <stdint.h>
#include <stdlib.h>

#include "core/base/escape.h"
#include "core/base/rng.h"
#include "core/base/utf8.h"
#include "tests/support/support.h"

typedef void escape(struct pl_strbuf *out, const char *text);

static void check(escape *function, const char *text, const char *expected) {
    struct pl_strbuf out;
    pl_strbuf_init(&out);
    function(&out, text);
    PL_CHECK_TEXT(out.text, expected);
    pl_strbuf_finish(&out);
}

static escape *const visible[] = {
    pl_escape_visible, pl_escape_markdown, pl_escape_html,
    pl_escape_xml,     pl_escape_gnuplot,  pl_escape_gnuplot_comment,
};
static escape *const all[] = {
    pl_escape_repair, pl_escape_visible, pl_escape_markdown,        pl_escape_html,
    pl_escape_xml,    pl_escape_gnuplot, pl_escape_gnuplot_comment, pl_escape_csv,
};

static void test_escape__leaves_plain_text_alone(void) {
    static const char text[] = "attnres_block at task.structure = 0.5 gr\xc3\xb6\xc3\x9f"
                               "er";
    for (size_t k = 0; k < sizeof all / sizeof *all; k++)
        if (all[k] != pl_escape_gnuplot) check(all[k], text, text);
    check(pl_escape_gnuplot, "a b", "\"a b\"");
}

static void test_escape__repairs_bytes_everywhere_alike(void) {
    for (size_t k = 0; k < sizeof all / sizeof *all; k++)
        if (all[k] != pl_escape_gnuplot) check(all[k], "gr\xfc\xdf \xe2\x82", "gr?? ??");
    check(pl_escape_gnuplot, "gr\xfc\xdf \xe2\x82", "\"gr?? ??\"");
}

static void test_escape__spells_what_a_terminal_would_obey(void) {
    check(pl_escape_visible, "\x1b]0;owned\a\x7f\xc2\x9b", "\\x1b]0;owned\\x07\\x7f\\x9b");
    check(pl_escape_visible, "two\nlines\tand\r", "two\nlines\tand\\x0d");
}

static void test_escape__names_what_nobody_sees(void) {
    check(pl_escape_visible, "standard\xe2\x80\x8b", "standard<U+200B>");
    check(pl_escape_visible,
          "a\xe2\x80\xae"
          "b\xc2\xa0",
          "a<U+202E>b<U+00A0>");
    check(pl_escape_html, "a\xe2\x80\xae", "a&lt;U+202E&gt;");
    check(pl_escape_markdown, "a\xe2\x80\xae", "a\\<U+202E>");
}

static void test_escape__markdown_signs_are_shown(void) {
    check(pl_escape_markdown, "a|b<i>*`[x](y)#\\", "a\\|b\\<i>\\*\\`\\[x](y)\\#\\\\");
    check(pl_escape_markdown, "attnres_block _all_\nnext", "attnres_block \\_all\\_ next");
}

static void test_escape__html_and_xml_differ_in_line_ends(void) {
    check(pl_escape_html, "<a href=\"x\">&</a>\n", "&lt;a href=&quot;x&quot;&gt;&amp;&lt;/a&gt;\n");
    check(pl_escape_xml, "<&>\"\n\t", "&lt;&amp;&gt;&quot;&#10;&#9;");
}

static void test_escape__csv_by_rfc_4180_without_formulas(void) {
    check(pl_escape_csv, "a,b", "\"a,b\"");
    check(pl_escape_csv, "say \"x\"\r\n", "\"say \"\"x\"\"\r\n\"");
    check(pl_escape_csv, "=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0");
    check(pl_escape_csv, "@SUM(1,2)", "\"'@SUM(1,2)\"");
    check(pl_escape_csv, "-wd", "'-wd");
    check(pl_escape_csv, "-1.5e-3", "-1.5e-3"); /* a number is one */
    check(pl_escape_csv, "+4", "+4");
    check(pl_escape_csv, "", "");
}

static void test_escape__gnuplot_obeys_nothing(void) {
    check(pl_escape_gnuplot, "`rm` \"x\" \\n$a\nb", "\"\\140rm\\140 \\042x\\042 \\134n\\044a b\"");
    check(pl_escape_gnuplot_comment, "one\ntwo \\", "one two  ");
}

static void test_escape__addresses(void) {
    struct pl_strbuf out;
    pl_strbuf_init(&out);
    pl_escape_address(&out, "figures/a b(1)%\xc3\xa4", "/");
    PL_CHECK_TEXT(out.text, "figures/a%20b%281%29%25%C3%A4");
    pl_strbuf_finish(&out);
}

/* Any bytes: what comes out is UTF-8 without a control character or one that nobody sees, but newlines
 * and tabs. */
static void test_escape__any_bytes_come_out_visible(void) {
    struct pl_rng rng;
    struct pl_strbuf out;
    size_t wrong = 0;
    pl_rng_init(&rng, 1, "escape");
    pl_strbuf_init(&out);
    for (int round = 0; round < 20000; round++) {
        char text[16] = "";
        for (size_t k = 0; k + 1 < sizeof text; k++) text[k] = (char)pl_rng_below(&rng, 256);
        for (size_t k = 0; k < sizeof visible / sizeof *visible; k++) {
            pl_strbuf_clear(&out);
            visible[k](&out, text);
            for (const char *at = out.text; *at;) {
                uint32_t code = 0;
                size_t size = pl_utf8_decode(at, SIZE_MAX, &code);
                bool control = pl_utf8_is_control(code) && code != '\n' && code != '\t';
                wrong += size == 0 || control || pl_utf8_is_hidden(code);
                at += size ? size : 1;
            }
        }
    }
    PL_CHECK_INT((long long)wrong, 0);
    pl_strbuf_finish(&out);
}

const struct pl_test pl_suite_escape[] = {
    {"leaves_plain_text_alone", test_escape__leaves_plain_text_alone},
    {"repairs_bytes_everywhere_alike", test_escape__repairs_bytes_everywhere_alike},
    {"spells_what_a_terminal_would_obey", test_escape__spells_what_a_terminal_would_obey},
    {"names_what_nobody_sees", test_escape__names_what_nobody_sees},
    {"markdown_signs_are_shown", test_escape__markdown_signs_are_shown},
    {"html_and_xml_differ_in_line_ends", test_escape__html_and_xml_differ_in_line_ends},
    {"csv_by_rfc_4180_without_formulas", test_escape__csv_by_rfc_4180_without_formulas},
    {"gnuplot_obeys_nothing", test_escape__gnuplot_obeys_nothing},
    {"addresses", test_escape__addresses},
    {"any_bytes_come_out_visible", test_escape__any_bytes_come_out_visible},
    {0},
};
