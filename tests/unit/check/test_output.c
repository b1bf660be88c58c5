/* Output: the four pages of one check. The JUnit page is read by a small parser and held to the schema of
 * Jenkins's xUnit plugin, element by element. */
#include "core/base/json.h"
#include "experiments/check/output.h"
#include "tests/unit/check/claimed_study.h"

/* a is 0.8 times b and c is b, but for structure 1, where a's share is a coin's. */
static double mixed(char label, int structure, int seed, const void *context) {
    (void)context;
    double up = seed % 2 ? 1.0 : -1.0, base = 0.5 + 0.03 * seed;
    if (label == 'a' && structure == 2) return base * pl_exp(0.3 * up);
    return label == 'a' ? 0.8 * base * pl_exp(0.001 * up) : base;
}

static const char claims[] = "[{better: a, than: b, at: {task.structure: 0}, by: 1.1x}, "
                             "{better: b, than: a, at: {task.structure: 0}}, "
                             "{better: b, than: c, at: {task.structure: 0}}, "
                             "{better: a, than: b, at: {task.structure: 1}}]";

struct page {
    struct claimed study;
    struct pl_check check;
    struct pl_strbuf text;
};

static void page_init(struct page *page, const char *format) {
    claimed_init(&page->study, claims, "10");
    claimed_fill(&page->study, "test_loss", mixed, NULL);
    claimed_check(&page->study, &page->check, NULL);
    pl_strbuf_init(&page->text);
    pl_check_write(&page->check, format, &page->text);
}

static void page_finish(struct page *page) {
    pl_strbuf_finish(&page->text);
    pl_check_finish(&page->check);
    claimed_finish(&page->study);
}

static size_t widest(const char *text) {
    size_t most = 0;
    while (*text) {
        size_t line = strcspn(text, "\n");
        if (line > most) most = line;
        text += line + (text[line] == '\n');
    }
    return most;
}

static void test_output__text_is_80_columns_wide(void) {
    struct page page;
    page_init(&page, "text");
    PL_CHECK(widest(page.text.text) <= 80);
    PL_CHECK_TEXT(page.text.text,
                  "holds         a better than b by 1.1x, at task.structure = 0 (test_loss)\n"
                  "              a / b = 0.8 [0.7994, 0.8006], 10 seeds, p = 0.0039\n"
                  "contradicted  b better than a, at task.structure = 0 (test_loss)\n"
                  "              b / a = 1.25 [1.249, 1.251], 10 seeds, p = 0.0039\n"
                  "too small     b better than c, at task.structure = 0 (test_loss)\n"
                  "              b / c = 1 [1, 1], 10 seeds, p < 0.0001\n"
                  "inconclusive  a better than b, at task.structure = 1 (test_loss)\n"
                  "              a / b = 1 [0.7975, 1.254], 10 seeds, p for = 1, p against = 1\n"
                  "\n"
                  "reference     none\n"
                  "claimed       4 claims: 1 holds, 1 contradicted, 1 too small, 1 inconclusive\n");
    page_finish(&page);
}

static void test_output__markdown_is_a_table(void) {
    struct page page;
    page_init(&page, "md");
    const char *at = strstr(page.text.text, "| verdict | claim | found |\n|---|---|---|\n");
    PL_REQUIRE(at != NULL);
    size_t rows = 0;
    for (const char *line = strchr(at, '\n'); line && line[1] == '|';
         line = strchr(line + 1, '\n')) {
        size_t bars = 0;
        for (const char *c = line + 1; *c != '\n'; c++) bars += *c == '|';
        PL_CHECK_INT((long long)bars, 4);
        rows++;
    }
    PL_CHECK_INT((long long)rows, 1 + 4);
    PL_CHECK(strstr(page.text.text, "❌ contradicted | b better than a") != NULL);
    page_finish(&page);
}

static void test_output__json_has_every_number(void) {
    struct page page;
    struct pl_json *json;
    page_init(&page, "json");
    PL_REQUIRE_OK(pl_json_parse(&json, page.text.text, page.text.length));
    PL_CHECK_INT(pl_json_as_int(pl_json_get(json, "schema"), 0), 1);
    PL_CHECK_INT(pl_json_as_int(pl_json_get(json, "exit_status"), 0), 1);
    PL_CHECK(pl_json_is_null(pl_json_get(json, "reference")));
    const struct pl_json *claim = pl_json_at(pl_json_get(json, "claims"), 1);
    PL_CHECK_TEXT(pl_json_as_text(pl_json_get(claim, "verdict"), ""), "contradicted");
    PL_CHECK_TEXT(pl_json_as_text(pl_json_get(claim, "kind"), ""), "better");
    PL_CHECK_NEAR(pl_json_as_real(pl_json_get(claim, "estimate"), NAN), 1.25, 1e-9);
    PL_CHECK_NEAR(pl_json_as_real(pl_json_get(claim, "p_against"), NAN), 4.0 / 1024.0, 1e-12);
    PL_CHECK_INT((long long)pl_json_count(pl_json_get(claim, "interval")), 2);
    PL_CHECK_INT(pl_json_as_int(pl_json_get(claim, "n"), 0), 10);
    PL_CHECK_INT(pl_json_as_int(pl_json_get(claim, "line"), 0), 10);
    pl_json_destroy(json);
    page_finish(&page);
}

/* ---- JUnit ---- */

/* junit-10.xsd, as far as it concerns us: what may stand in an element and which attributes it has. */
static const struct rule {
    const char *element, *inside, *attributes, *required;
} schema[] = {
    {"testsuites", "", " name time tests failures disabled errors ", ""},
    {"testsuite", " testsuites testsuite ",
     " name tests failures errors time disabled skipped timestamp hostname id package ", "name"},
    {"testcase", " testsuite ", " name assertions time classname status class file line ", "name"},
    {"skipped", " testcase ", " message type ", NULL},
    {"error", " testcase ", " message type ", NULL},
    {"failure", " testcase ", " message type ", NULL},
    {"system-out", " testcase testsuite ", " ", NULL},
};

static const struct rule *rule_of(const char *element) {
    for (size_t k = 0; k < sizeof schema / sizeof schema[0]; k++)
        if (strcmp(schema[k].element, element) == 0) return &schema[k];
    printf("no element %s\n", element);
    PL_REQUIRE(false);
    return NULL;
}

static bool listed(const char *list, const char *word) {
    char padded[64];
    snprintf(padded, sizeof padded, " %s ", word);
    return strstr(list, padded) != NULL;
}

struct xml {
    const char *at;
    char open[8][32]; /* elements we are in */
    int depth;
    size_t count[4]; /* testcase, failure, error, skipped */
};

static void take_word(struct xml *xml, char *out) {
    size_t length = strcspn(xml->at, " =</>\n");
    PL_REQUIRE(length > 0 && length < 32);
    memcpy(out, xml->at, length);
    out[length] = '\0';
    xml->at += length;
}

/* An & begins an entity, and nothing else that markup means stands for itself. */
static void check_content(const char *from, const char *to) {
    for (; from < to; from++) {
        PL_CHECK(*from != '<' && (unsigned char)*from >= (*from == '\n' ? 1 : 0x20));
        if (*from == '&')
            PL_CHECK(strncmp(from, "&amp;", 5) == 0 || strncmp(from, "&lt;", 4) == 0 ||
                     strncmp(from, "&gt;", 4) == 0 || strncmp(from, "&quot;", 6) == 0 ||
                     strncmp(from, "&#10;", 5) == 0);
    }
}

static void take_attributes(struct xml *xml, const struct rule *rule) {
    char name[32], seen[256] = " ";
    while (*xml->at == ' ') {
        xml->at++;
        take_word(xml, name);
        PL_CHECK(listed(rule->attributes, name) && !listed(seen, name));
        strcat(strcat(seen, name), " ");
        PL_REQUIRE(strncmp(xml->at, "=\"", 2) == 0);
        const char *end = strchr(xml->at + 2, '"');
        PL_REQUIRE(end != NULL);
        check_content(xml->at + 2, end);
        xml->at = end + 1;
    }
    if (rule->required && *rule->required) PL_CHECK(listed(seen, rule->required));
}

static void take_start(struct xml *xml) {
    static const char *const counted[] = {"testcase", "failure", "error", "skipped"};
    char name[32];
    take_word(xml, name);
    const struct rule *rule = rule_of(name);
    const char *parent = xml->depth ? xml->open[xml->depth - 1] : "";
    PL_CHECK(xml->depth ? listed(rule->inside, parent) : strcmp(name, "testsuites") == 0);
    take_attributes(xml, rule);
    for (int k = 0; k < 4; k++) xml->count[k] += strcmp(counted[k], name) == 0;
    PL_REQUIRE(*xml->at == '>' && xml->depth < 8);
    strcpy(xml->open[xml->depth++], name);
    xml->at++;
}

static void take_end(struct xml *xml) {
    char name[32];
    take_word(xml, name);
    PL_REQUIRE(xml->depth > 0 && *xml->at++ == '>');
    PL_CHECK_TEXT(name, xml->open[--xml->depth]);
}

static struct xml parse(const char *text) {
    static const char prolog[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    struct xml xml = {.at = text + sizeof prolog - 1};
    PL_REQUIRE(strncmp(text, prolog, sizeof prolog - 1) == 0);
    while (*xml.at) {
        const char *markup = strchr(xml.at, '<');
        if (!markup) markup = xml.at + strlen(xml.at);
        check_content(xml.at, markup);
        xml.at = markup;
        if (*xml.at && xml.at[1] == '/')
            xml.at += 2, take_end(&xml);
        else if (*xml.at)
            xml.at++, take_start(&xml);
    }
    PL_CHECK_INT(xml.depth, 0);
    return xml;
}

static void test_output__junit_is_within_the_schema(void) {
    struct page page;
    page_init(&page, "junit");
    struct xml xml = parse(page.text.text);
    PL_CHECK_INT((long long)xml.count[0], 4);
    PL_CHECK_INT((long long)xml.count[1], 1); /* contradicted */
    PL_CHECK_INT((long long)xml.count[2], 0);
    PL_CHECK_INT((long long)xml.count[3], 2); /* too small, inconclusive */
    PL_CHECK(strstr(page.text.text,
                    "<testsuites name=\"plumbline\" tests=\"4\" failures=\"1\" errors=\"0\">") !=
             NULL);
    PL_CHECK(strstr(page.text.text, "<failure message=\"contradicted: b / a = 1.25 [1.249, 1.251], "
                                    "10 seeds, p = 0.0039\" type=\"contradicted\">") != NULL);
    page.check.strict = true;
    pl_strbuf_clear(&page.text);
    pl_check_write(&page.check, "junit", &page.text);
    xml = parse(page.text.text);
    PL_CHECK_INT((long long)xml.count[1], 2);
    PL_CHECK_INT((long long)xml.count[3], 1);
    page_finish(&page);
}

/* Whatever a label may hold, and so a claim. */
static void test_output__junit_escapes_labels(void) {
    struct page page;
    page_init(&page, "text");
    page.check.claims.items[0].text = "<a> & \"b\" \x01";
    pl_strbuf_clear(&page.text);
    pl_check_write(&page.check, "junit", &page.text);
    parse(page.text.text);
    PL_CHECK(strstr(page.text.text, "name=\"&lt;a&gt; &amp; &quot;b&quot; \\x01\"") != NULL);
    page_finish(&page);
}

static void test_output__junit_tells_of_the_reference(void) {
    struct page page;
    const char *const differences[] = {"train.lr is 1 in the reference and 2 here"};
    struct pl_drift drift = {.same_class = true, .compared = 9, .changed = 2, .drifted = 0};
    page_init(&page, "text");
    page.check.drift = &drift;
    page.check.reference = "r.json";
    page.check.commit = "0123456789abcdef";
    pl_strbuf_clear(&page.text);
    pl_check_write(&page.check, "junit", &page.text);
    struct xml xml = parse(page.text.text);
    PL_CHECK_INT((long long)xml.count[0], 5);
    PL_CHECK(strstr(page.text.text, "r.json, made from commit 0123456789ab&#10;drift: none: 2 of 9 "
                                    "values have other bits") != NULL);
    drift.differences = (const char **)differences;
    drift.difference_count = 1;
    pl_strbuf_clear(&page.text);
    pl_check_write(&page.check, "junit", &page.text);
    xml = parse(page.text.text);
    PL_CHECK_INT((long long)xml.count[2], 1);
    PL_CHECK_INT(pl_check_exit(&page.check), 5);
    page_finish(&page);
}

const struct pl_test pl_suite_output[] = {
    {"text_is_80_columns_wide", test_output__text_is_80_columns_wide},
    {"markdown_is_a_table", test_output__markdown_is_a_table},
    {"json_has_every_number", test_output__json_has_every_number},
    {"junit_is_within_the_schema", test_output__junit_is_within_the_schema},
    {"junit_escapes_labels", test_output__junit_escapes_labels},
    {"junit_tells_of_the_reference", test_output__junit_tells_of_the_reference},
    {0},
};
