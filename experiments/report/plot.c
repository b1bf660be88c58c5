#include "experiments/report/plot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/file.h"

#define SECONDS_MOST 60 /* of one drawing; the alarm outlives exec */
#define NOT_FOUND    127
#define DRAWING_MOST ((size_t)256 << 20) /* bytes that are read of one */

static const char *program(void) {
    const char *named = getenv("PLUMBLINE_GNUPLOT");
    return named ? named : "gnuplot";
}

/* ----------------------------------------------------------------------------------- files */

static char *path_of(struct pl_figures *figures, const struct pl_figure *figure,
                     const char *ending) {
    return pl_arena_printf(&figures->arena, "%s/%s.%s", figures->folder, figure->chart.name,
                           ending);
}

static bool refuse(struct pl_figures *figures, const char *what, const char *why) {
    figures->refusal = pl_arena_printf(&figures->arena, "%s: %s.", what, why);
    return false;
}

static bool write_file(struct pl_figures *figures, const char *path, const char *text) {
    if (pl_file_write(path, text, strlen(text)) == PL_OK) return true;
    figures->refusal = pl_arena_printf(&figures->arena, "%s.", pl_message());
    return false;
}

/* NULL when it cannot be read. */
static char *read_file(const char *path) {
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    if (pl_file_read(&text, path, DRAWING_MOST) == PL_OK) return pl_strbuf_take(&text);
    pl_strbuf_finish(&text);
    return NULL;
}

/* --------------------------------------------------------------------------------- drawing */

/* In the child: nothing is read, and what it says goes to a file beside the figure. */
static void become_gnuplot(const char *folder, const char *script, const char *log) {
    int null = open("/dev/null", O_RDWR);
    if (chdir(folder) != 0) _exit(126);
    int said = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (null < 0 || said < 0) _exit(126);
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    dup2(said, STDERR_FILENO);
    alarm(SECONDS_MOST);
    execlp(program(), program(), "-d", script, (char *)NULL);
    _exit(NOT_FOUND);
}

/* The exit status of gnuplot, or -1 when it did not end by itself. */
static int run(const char *folder, const char *script, const char *log) {
    int status;
    pid_t pid = fork();
    if (pid < 0) return -1;
    if (pid == 0) become_gnuplot(folder, script, log);
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR) return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool refuse_missing(struct pl_figures *figures) {
    figures->refusal = "gnuplot was not found; it is Debian's package gnuplot-nox.";
    return false;
}

/* The complaint of gnuplot, on one line. */
static bool refuse_script(struct pl_figures *figures, const struct pl_figure *figure,
                          const char *log) {
    char *said = read_file(log);
    for (char *at = said; at && *at; at++)
        if ((unsigned char)*at < 0x20) *at = ' ';
    refuse(figures, pl_arena_printf(&figures->arena, "gnuplot failed at %s.gp", figure->chart.name),
           said && *said ? pl_arena_strdup(&figures->arena, said) : "it did not end well");
    pl_free(said);
    return false;
}

static bool draw(struct pl_figures *figures, struct pl_figure *figure) {
    char *script = pl_arena_printf(&figures->arena, "%s.gp", figure->chart.name);
    char *log = pl_arena_printf(&figures->arena, "%s.log", figure->chart.name);
    char *log_path = path_of(figures, figure, "log");
    if (!*program()) return refuse_missing(figures);
    int status = run(figures->folder, script, log);
    bool drawn = status == 0;
    if (drawn) figure->svg = read_file(path_of(figures, figure, "svg"));
    if (status == NOT_FOUND)
        refuse_missing(figures);
    else if (!figure->svg)
        refuse_script(figures, figure, log_path);
    remove(log_path);
    return figure->svg != NULL;
}

/* An older drawing would belong to other numbers. */
static bool write_files(struct pl_figures *figures, struct pl_figure *figure) {
    remove(path_of(figures, figure, "svg"));
    return write_file(figures, path_of(figures, figure, "dat"), figure->data) &&
           write_file(figures, path_of(figures, figure, "gp"), figure->script);
}

void pl_plot_figures(struct pl_figures *figures, const char *folder) {
    bool well = true;
    figures->folder = folder;
    if (!folder) {
        figures->refusal = "No folder was named to keep them in.";
        return;
    }
    if (pl_folder_make(folder) != PL_OK) {
        refuse(figures, pl_arena_printf(&figures->arena, "The folder %s cannot be made", folder),
               pl_message());
        return;
    }
    for (int kind = 0; well && kind < PL_FIGURES; kind++)
        if (figures->items[kind].exists) well = write_files(figures, &figures->items[kind]);
    for (int kind = 0; well && kind < PL_FIGURES; kind++)
        if (figures->items[kind].exists) well = draw(figures, &figures->items[kind]);
}
