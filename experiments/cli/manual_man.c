/* Man pages in roff. What roff would read as a request or an escape is disarmed in add_text: a line that
 * begins with "." or "'", a backslash, and the hyphen, which stays one that can be searched and pasted. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "experiments/cli/manual.h"

static void add_text(struct pl_strbuf *out, const char *text, size_t length) {
    for (size_t k = 0; k < length; k++) {
        bool begins = k == 0 || text[k - 1] == '\n';
        if (begins && (text[k] == '.' || text[k] == '\'')) pl_strbuf_add(out, "\\&");
        if (text[k] == '\\')
            pl_strbuf_add(out, "\\e");
        else if (text[k] == '-')
            pl_strbuf_add(out, "\\-");
        else if (text[k] == '^' || text[k] == '~')
            pl_strbuf_add(out, text[k] == '^' ? "\\(ha" : "\\(ti");
        else if (text[k] != '`')
            pl_strbuf_add_bytes(out, text + k, 1);
    }
}

static void add_line(struct pl_strbuf *out, const char *text) {
    add_text(out, text, strlen(text));
    pl_strbuf_add(out, "\n");
}

static void add_flags(struct pl_strbuf *out, const struct pl_flag *flag) {
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    for (; flag && flag->name; flag++) {
        pl_strbuf_add(out, ".TP\n.B ");
        pl_strbuf_clear(&text);
        if (flag->letter) pl_strbuf_addf(&text, "-%c, ", flag->letter);
        pl_strbuf_addf(&text, "--%s", flag->name);
        if (flag->value) pl_strbuf_addf(&text, " %s", flag->value);
        add_line(out, text.text);
        pl_strbuf_clear(&text);
        pl_manual_flag_help(flag, &text);
        add_line(out, text.text);
    }
    pl_strbuf_finish(&text);
}

/* Paragraphs flow; lines that begin with blanks keep their form. */
static void add_details(struct pl_strbuf *out, const char *text) {
    bool kept = false;
    while (*text) {
        size_t length = strcspn(text, "\n");
        bool indented = *text == ' ';
        if (length == 0)
            pl_strbuf_add(out, kept ? "\n" : ".PP\n");
        else if (indented != kept)
            pl_strbuf_add(out, kept ? ".EE\n" : ".EX\n");
        if (length > 0) {
            kept = indented;
            add_text(out, text, length);
            pl_strbuf_add(out, "\n");
        }
        text += length + (text[length] == '\n');
    }
    if (kept) pl_strbuf_add(out, ".EE\n");
}

static void add_rows(struct pl_strbuf *out, const struct pl_manual_row *row) {
    for (; row->term; row++) {
        pl_strbuf_add(out, ".TP\n.B ");
        add_line(out, row->term);
        for (const char *text = row->text; *text;) { /* of a link its text alone */
            size_t length = strcspn(text, "[");
            add_text(out, text, length);
            text += length;
            if (*text != '[') break;
            length = strcspn(text, "]");
            add_text(out, text + 1, length - 1);
            text += length;
            text += strcspn(text, ")");
            text += *text == ')';
        }
        pl_strbuf_add(out, "\n");
    }
}

void pl_manual_man(const struct pl_command *command, const char *version, struct pl_strbuf *out) {
    char name[64] = "plumbline";
    if (command) snprintf(name, sizeof name, "plumbline-%s", command->name);
    pl_strbuf_add(out, ".TH ");
    for (const char *sign = name; *sign; sign++)
        pl_strbuf_addf(out, "%c", toupper((unsigned char)*sign));
    pl_strbuf_addf(out, " 1 \"\" \"plumbline %s\" \"Plumbline\"\n.nh\n.ad l\n.SH NAME\n", version);
    add_text(out, name, strlen(name));
    pl_strbuf_add(out, " \\- ");
    add_line(out,
             command
                 ? command->summary
                 : "shows which residual connections hold up, on data whose structure is a dial");
    pl_strbuf_add(out, ".SH SYNOPSIS\n");
    if (command) {
        pl_strbuf_addf(out, ".B plumbline %s\n", command->name);
        for (const char *text = command->usage; *text;) { /* its lines flow */
            size_t length = strcspn(text, "\n");
            add_text(out, text, length);
            pl_strbuf_add(out, "\n");
            text += length + strspn(text + length, "\n ");
        }
        if (command->details) {
            pl_strbuf_add(out, ".SH DESCRIPTION\n");
            add_details(out, command->details);
        }
        pl_strbuf_add(out, ".SH OPTIONS\n");
        add_flags(out, command->flags);
        add_flags(out, pl_common_flags);
        if (command->examples) {
            pl_strbuf_add(out, ".SH EXAMPLES\n.EX\n");
            add_text(out, command->examples, strlen(command->examples));
            pl_strbuf_add(out, ".EE\n");
        }
    } else {
        pl_strbuf_add(out, ".B plumbline\nCOMMAND ...\n.SH COMMANDS\n");
        for (int k = 0; pl_commands[k]; k++) {
            if (pl_commands[k]->hidden) continue;
            pl_strbuf_addf(out, ".TP\n.BR plumbline\\-%s (1)\n", pl_commands[k]->name);
            add_line(out, pl_commands[k]->summary);
        }
        pl_strbuf_add(out, ".SH EXIT STATUS\n");
        add_rows(out, pl_manual_statuses);
        pl_strbuf_add(out, ".SH FILES\n");
        add_rows(out, pl_manual_files);
        pl_strbuf_add(out, ".SH ENVIRONMENT\n");
        add_rows(out, pl_manual_environment);
    }
    pl_strbuf_add(out, ".SH SEE ALSO\n");
    if (command) pl_strbuf_add(out, ".BR plumbline (1),\n");
    pl_strbuf_add(out, "the pages in share/doc/plumbline, docs/reference first\n");
}
