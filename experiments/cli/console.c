#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/file.h"
#include "core/base/log.h"
#include "core/base/terminal.h"
#include "experiments/cli/args.h"

int pl_cli_fail(enum pl_status status) {
    pl_error("%s", pl_message());
    return pl_status_exit(status);
}

enum pl_status pl_cli_write(const char *path, const char *text) {
    if (path) return pl_file_write(path, text, strlen(text));
    if (fputs(text, stdout) != EOF && fflush(stdout) == 0) return PL_OK;
    return pl_fail(PL_ESTORE, "writing to stdout failed: %s", strerror(errno));
}

enum pl_status pl_cli_show(const char *path, const char *text) {
    int width = path ? 0 : pl_terminal_width(STDOUT_FILENO);
    struct pl_strbuf folded;
    if (width == 0) return pl_cli_write(path, text);
    pl_strbuf_init(&folded);
    pl_terminal_fold(&folded, text, width);
    enum pl_status status = pl_cli_write(NULL, folded.text);
    pl_strbuf_finish(&folded);
    return status;
}

int pl_cli_end(int exit_status) {
    const int worse[] = {pl_status_exit(PL_EINTERRUPT), pl_status_exit(PL_ECONFIG),
                         pl_status_exit(PL_ESTORE)};
    errno = 0;
    bool failed = fflush(stdout) != 0 || ferror(stdout);
    if (!failed) return exit_status;
    for (int k = 0; k < 3; k++)
        if (exit_status == worse[k]) return exit_status;
    return pl_cli_fail(pl_fail(PL_ESTORE, "writing to stdout failed%s%s", errno ? ": " : "",
                               errno ? strerror(errno) : ""));
}

void pl_cli_choose_device(const char *device) {
    if (device) setenv("PLUMBLINE_OPENCL", device, 1);
}
