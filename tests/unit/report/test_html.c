/* The html report as a document: well formed, self-contained, nothing foreign obeyed, the same with and
 * without gnuplot but for the figures. How it looks is the matter of tests/e2e/pages.sh. */
#include <stdlib.h>

#include "core/base/vec.h"
#include "experiments/report/report.h"
#include "tests/unit/evidence/golden_study.h"

static char *write_page(struct made_study *study, const char *format, const char *figures) {
    struct pl_report_input input = {.analysis = made_study_analyse(study, NULL),
                                    .store = "results/made/cells.db",
                                    .version = "0.1.0",
                                    .figures = figures,
                                    .link = "figures"};
    struct pl_strbuf out;
    pl_strbuf_init(&out);
    PL_REQUIRE_OK(pl_report_write(&input, format, &out));
    return pl_strbuf_take(&out);
}

/* ------------------------------------------------------------------------------ well-formed */

#define DEPTH_MOST 64

/* A reader of XML without a DTD: tags nest, attributes are quoted and not repeated, entities are the five
 * of XML, no sign of markup stands in text, ids are unique, links within the page lead somewhere. */
struct reader {
    const char *at;
    const char *open[DEPTH_MOST]; /* names of the open elements */
    size_t lengths[DEPTH_MOST], depth;
    const char *trouble;
    PL_VEC(char *) ids;
    PL_VEC(char *) links;
};

static bool is_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == ':' || c == '_';
}

static void read_entity(struct reader *reader) {
    static const char *const known[] = {"&lt;", "&gt;", "&amp;", "&quot;", "&#"};
    for (size_t k = 0; k < sizeof known / sizeof known[0]; k++)
        if (strncmp(reader->at, known[k], strlen(known[k])) == 0) {
            reader->at += strlen(known[k]);
            return;
        }
    reader->trouble = "an unknown entity";
}

static void keep(struct reader *reader, const char *name, size_t length, const char *value,
                 size_t value_length) {
    char *copy = pl_alloc(value_length + 1);
    memcpy(copy, value, value_length);
    copy[value_length] = '\0';
    if (length == 2 && strncmp(name, "id", 2) == 0)
        PL_VEC_PUSH(&reader->ids, copy);
    else if (length == 4 && strncmp(name, "href", 4) == 0 && *copy == '#')
        PL_VEC_PUSH(&reader->links, copy);
    else
        pl_free(copy);
}

static void read_attribute(struct reader *reader) {
    const char *name = reader->at;
    while (is_name(*reader->at)) reader->at++;
    size_t length = (size_t)(reader->at - name);
    if (length == 0 || strncmp(reader->at, "=\"", 2) != 0) {
        reader->trouble = "an attribute without a quoted value";
        return;
    }
    const char *value = reader->at += 2;
    while (*reader->at && *reader->at != '"' && !reader->trouble) {
        if (*reader->at == '<') reader->trouble = "a tag within a value";
        if (*reader->at == '&')
            read_entity(reader);
        else
            reader->at++;
    }
    keep(reader, name, length, value, (size_t)(reader->at - value));
    if (*reader->at) reader->at++;
}

static void close_element(struct reader *reader) {
    const char *name = reader->at += 2;
    while (is_name(*reader->at)) reader->at++;
    size_t length = (size_t)(reader->at - name);
    if (reader->depth == 0 || reader->lengths[reader->depth - 1] != length ||
        strncmp(reader->open[reader->depth - 1], name, length) != 0 || *reader->at != '>')
        reader->trouble = "a tag closed that was not open";
    else
        reader->depth--;
    reader->at++;
}

static void open_element(struct reader *reader) {
    const char *name = ++reader->at;
    while (is_name(*reader->at)) reader->at++;
    size_t length = (size_t)(reader->at - name);
    if (length == 0) reader->trouble = "a sign of markup in text";
    while (!reader->trouble) {
        reader->at += strspn(reader->at, " \n");
        if (strncmp(reader->at, "/>", 2) == 0) {
            reader->at += 2;
            return;
        }
        if (*reader->at == '>') break;
        read_attribute(reader);
    }
    reader->at++;
    if (reader->depth == DEPTH_MOST) {
        reader->trouble = "too deep";
        return;
    }
    reader->open[reader->depth] = name;
    reader->lengths[reader->depth++] = length;
}

static void check_ids(const struct reader *reader) {
    for (size_t i = 0; i < reader->ids.count; i++)
        for (size_t k = i + 1; k < reader->ids.count; k++)
            if (strcmp(reader->ids.items[i], reader->ids.items[k]) == 0)
                PL_CHECK_TEXT(reader->ids.items[i], "an id that no other element has");
    for (size_t i = 0; i < reader->links.count; i++) {
        size_t k = 0;
        while (k < reader->ids.count &&
               strcmp(reader->ids.items[k], reader->links.items[i] + 1) != 0)
            k++;
        if (k == reader->ids.count) PL_CHECK_TEXT(reader->links.items[i], "a link to an id");
    }
}

static void check_well_formed(const char *page) {
    static const char doctype[] = "<!DOCTYPE html>\n";
    struct reader reader = {.at = page + strlen(doctype)};
    PL_CHECK(strncmp(page, doctype, strlen(doctype)) == 0);
    while (*reader.at && !reader.trouble) {
        if (strncmp(reader.at, "</", 2) == 0)
            close_element(&reader);
        else if (*reader.at == '<')
            open_element(&reader);
        else if (*reader.at == '&')
            read_entity(&reader);
        else if ((unsigned char)*reader.at < 0x20 && *reader.at != '\n' && *reader.at != '\t')
            reader.trouble = "a control character";
        else
            reader.at++;
    }
    if (reader.trouble) printf("%s before: %.60s\n", reader.trouble, reader.at);
    PL_CHECK(reader.trouble == NULL && reader.depth == 0);
    check_ids(&reader);
    while (reader.ids.count) pl_free(reader.ids.items[--reader.ids.count]);
    while (reader.links.count) pl_free(reader.links.items[--reader.links.count]);
    PL_VEC_FINISH(&reader.ids);
    PL_VEC_FINISH(&reader.links);
}

/* Nothing is loaded: every address is within the page or carries its own data. */
static void check_alone(const char *page) {
    static const char *const outside[] = {"http:", "https:", "src=", "url(", "@import", "file:"};
    for (size_t k = 0; k < sizeof outside / sizeof outside[0]; k++)
        PL_CHECK(strstr(page, outside[k]) == NULL);
    for (const char *at = page; (at = strstr(at, " href=\"")); at++)
        PL_CHECK(at[7] == '#' || strncmp(at + 7, "data:", 5) == 0);
}

/* --------------------------------------------------------------------------------- studies */

static bool has_gnuplot(void) {
    return system("gnuplot --version >/dev/null 2>&1") == 0;
}

static size_t count_of(const char *text, const char *part) {
    size_t count = 0;
    for (; (text = strstr(text, part)); text++) count++;
    return count;
}

/* Both ways; [figures] charts are expected where gnuplot is. */
static void check_page(struct made_study *study, size_t figures) {
    struct pl_temp temp;
    char folder[512];
    pl_temp_init(&temp);
    snprintf(folder, sizeof folder, "%s/a/figures", temp.path);
    char *bare = write_page(study, "html", NULL), *page = write_page(study, "html", folder);
    char *again = write_page(study, "html", folder);
    PL_CHECK_TEXT(page, again);
    check_well_formed(bare);
    check_alone(bare);
    check_well_formed(page);
    check_alone(page);
    PL_CHECK(strstr(bare, "<figure>") == NULL);
    if (figures) PL_CHECK(strstr(bare, "Figures are left out") != NULL);
    if (has_gnuplot()) {
        PL_CHECK_INT((long long)count_of(page, "<figure>"), (long long)figures);
        PL_CHECK(strstr(page, "Figures are left out") == NULL);
    }
    pl_free(bare);
    pl_free(page);
    pl_free(again);
    pl_temp_finish(&temp);
}

static const char *const four[] = {"standard", "b", "c", "d"};
static const char *structure[] = {"0", "0.5", "1"};
static const char *tasks[] = {"linear_mix", "fourier"};
static const char *rates[] = {"0.001", "0.01", "0.1"};

static double made_loss(size_t p, size_t e, size_t s) {
    return exp(0.3 * (double)((p * 7 + e * 5 + s * 3) % 11) - 2.0);
}

static void fill(struct made_study *study) {
    for (size_t s = 0; s < study->experiment.seed_count; s++)
        for (size_t p = 0; p < made_study_points(study); p++)
            for (size_t e = 0; e < study->experiment.entry_count; e++)
                made_study_valid(study, p, e, s, made_loss(p, e, s), made_loss(p, e, s + 1));
}

static void test_html__every_shape_of_study_is_a_whole_page(void) {
    struct made_study study;
    made_study_init(&study, four, 1, 3); /* one variant, no axis */
    made_study_expand(&study);
    fill(&study);
    check_page(&study, 2); /* the losses, and how they were learned */
    made_study_finish(&study);
    made_study_init(&study, four, 4, 5); /* no axis */
    made_study_expand(&study);
    fill(&study);
    check_page(&study, 3); /* and the ratios */
    made_study_finish(&study);
    made_study_init(&study, four, 3, 5); /* an axis of words */
    made_study_axis(&study, "task.name", tasks, 2);
    made_study_expand(&study);
    fill(&study);
    check_page(&study, 3);
    made_study_finish(&study);
    made_study_init(&study, four, 3, 5); /* two axes, one of them the learning rate */
    made_study_axis(&study, "task.structure", structure, 3);
    made_study_axis(&study, "train.lr", rates, 3);
    made_study_expand(&study);
    fill(&study);
    check_page(&study, 6); /* and the map of both */
    study.experiment.select.over = "train.lr";
    study.experiment.select.by = "valid_loss";
    check_page(&study, 5);
    made_study_finish(&study);
}

static void test_html__unfinished_studies_are_whole_pages(void) {
    struct made_study study;
    made_study_init(&study, four, 3, 4);
    made_study_axis(&study, "task.structure", structure, 3);
    made_study_expand(&study);
    check_page(&study, 0); /* nothing ran */
    for (size_t s = 0; s < 4; s++)
        for (size_t p = 0; p < 3; p++) {
            made_study_diverged(&study, p, 1, s);
            made_study_failed(&study, p, 2, s, "the worker was ended by signal 9");
        }
    check_page(&study, 0); /* nothing finite */
    for (size_t s = 0; s < 4; s++)
        for (size_t p = 0; p < 3; p++) made_study_done(&study, p, 0, s, 0.5 + 0.1 * (double)s);
    check_page(&study, 2); /* the baseline alone is finite */
    made_study_finish(&study);
}

/* With more variants than looks the named ones are few and the rest are grey. */
static void test_html__many_variants_share_eight_looks(void) {
    static char names[39][16];
    const char *labels[39];
    struct made_study study;
    for (int i = 0; i < 39; i++) {
        snprintf(names[i], sizeof names[i], "variant-%d", i);
        labels[i] = names[i];
    }
    made_study_init(&study, labels, 39, 4);
    made_study_axis(&study, "task.structure", structure, 3);
    made_study_expand(&study);
    fill(&study);
    check_page(&study, 4);
    char *page = write_page(&study, "html", NULL);
    PL_CHECK(strstr(page, "fill=\"var(--k8)\"") != NULL);
    pl_free(page);
    made_study_finish(&study);
}

/* ------------------------------------------------------------------------------ foreign text */

static const char *const hostile[] = {"standard", "<b onload=\"x\">&amp;'\"</b>",
                                      "'; system 'touch obeyed'; '",
                                      "`touch obeyed` %g \\ {/Bold x} #"};

static void test_html__foreign_text_is_shown_not_obeyed(void) {
    struct made_study study;
    struct pl_temp temp;
    char path[512];
    made_study_init(&study, hostile, 4, 4);
    study.experiment.question = "Is 1 < 2 && \"3\" > '2'? </p><script>alert(1)</script>";
    study.experiment.source = "study: </pre><script>x</script> ``` &\n";
    study.experiment.commanded = "seeds=3 <i>";
    made_study_axis(&study, "task.structure", structure, 3);
    made_study_expand(&study);
    fill(&study);
    made_study_failed(&study, 0, 1, 1, "</ul>\x1b[2J<script>");
    check_page(&study, 4);
    pl_temp_init(&temp);
    char *page = write_page(&study, "html", temp.path), *md = write_page(&study, "md", temp.path);
    PL_CHECK_INT((long long)count_of(page, "<script>"), 1);
    PL_CHECK(strstr(page, "&lt;b onload=&quot;x&quot;&gt;&amp;amp;'&quot;&lt;/b&gt;") != NULL);
    PL_CHECK(strstr(page, "</p><script>") == NULL && strstr(page, "<b onload") == NULL);
    PL_CHECK(strstr(md, "````yaml\nstudy: </pre>") != NULL);
    if (has_gnuplot()) /* within the drawing, as gnuplot writes it */
        PL_CHECK(strstr(page, "`touch obeyed` %g \\ {/Bold x} #</text>") != NULL);
    snprintf(path, sizeof path, "%s/obeyed", temp.path);
    PL_CHECK(fopen(path, "r") == NULL);
    pl_free(page);
    pl_free(md);
    pl_temp_finish(&temp);
    made_study_finish(&study);
}

/* ---------------------------------------------------------------------------------- without */

/* No gnuplot, a folder that cannot be made: the reason is said, the numbers stand in tables, and the data
 * and scripts are kept for another day. */
static void test_html__without_gnuplot_numbers_stand_in_tables(void) {
    struct made_study study;
    struct pl_temp temp;
    char path[512];
    made_study_init(&study, four, 3, 4);
    made_study_axis(&study, "task.structure", structure, 3);
    made_study_expand(&study);
    fill(&study);
    pl_temp_init(&temp);
    static const char *const programs[] = {"", "/nowhere/gnuplot"};
    for (int k = 0; k < 2; k++) {
        setenv("PLUMBLINE_GNUPLOT", programs[k], 1);
        char *page = write_page(&study, "html", temp.path),
             *md = write_page(&study, "md", temp.path);
        PL_CHECK(strstr(page, "gnuplot was not found; it is Debian's package gnuplot-nox.") !=
                 NULL);
        PL_CHECK(strstr(page, "<figure>") == NULL && strstr(md, "![") == NULL);
        PL_CHECK(strstr(page, "<th scope=\"col\" class=\"r\">training step</th>") != NULL);
        PL_CHECK(strstr(md, "| training step |") != NULL);
        check_well_formed(page);
        snprintf(path, sizeof path, "%s/test_loss-main.gp", temp.path);
        FILE *script = fopen(path, "r");
        PL_CHECK(script != NULL);
        if (script) fclose(script);
        pl_free(page);
        pl_free(md);
    }
    setenv("PLUMBLINE_GNUPLOT", "false", 1); /* a gnuplot that fails */
    char *page = write_page(&study, "html", temp.path);
    PL_CHECK(strstr(page, "gnuplot failed at test_loss-main.gp: it did not end well.") != NULL);
    pl_free(page);
    unsetenv("PLUMBLINE_GNUPLOT");
    page = write_page(&study, "html", "/proc/none/figures");
    PL_CHECK(strstr(page, "The folder /proc/none/figures cannot be made: ") != NULL);
    pl_free(page);
    pl_temp_finish(&temp);
    made_study_finish(&study);
}

static void test_html__md_links_figures_that_are_there(void) {
    struct made_study study;
    struct pl_temp temp;
    char path[1024];
    size_t links = 0;
    made_study_init(&study, four, 3, 4);
    made_study_axis(&study, "task.structure", structure, 3);
    made_study_expand(&study);
    fill(&study);
    pl_temp_init(&temp);
    char *md = write_page(&study, "md", temp.path);
    for (const char *at = md; (at = strstr(at, "](figures/")); links++) {
        at += strlen("](figures/");
        snprintf(path, sizeof path, "%s/%.*s", temp.path, (int)strcspn(at, ")"), at);
        FILE *file = fopen(path, "r");
        PL_CHECK(file != NULL);
        if (file) fclose(file);
    }
    if (has_gnuplot()) PL_CHECK_INT((long long)links, 4);
    pl_free(md);
    pl_temp_finish(&temp);
    made_study_finish(&study);
}

const struct pl_test pl_suite_html[] = {
    {"every_shape_of_study_is_a_whole_page", test_html__every_shape_of_study_is_a_whole_page},
    {"unfinished_studies_are_whole_pages", test_html__unfinished_studies_are_whole_pages},
    {"many_variants_share_eight_looks", test_html__many_variants_share_eight_looks},
    {"foreign_text_is_shown_not_obeyed", test_html__foreign_text_is_shown_not_obeyed},
    {"without_gnuplot_numbers_stand_in_tables", test_html__without_gnuplot_numbers_stand_in_tables},
    {"md_links_figures_that_are_there", test_html__md_links_figures_that_are_there},
    {0}};
