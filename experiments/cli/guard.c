#include "experiments/cli/guard.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "core/base/interrupt.h"

static volatile sig_atomic_t child;

/* What the terminal sends reaches the child anyway; a second one does no harm. */
static void pass_on(int number) {
    if (child > 0) kill((pid_t)child, number);
}

static void be_child(const struct pl_command *command, const struct pl_args *args) {
    pl_interrupt_catch();
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
    int status = pl_cli_end(command->run(args));
    fflush(NULL);
    _exit(status);
}

static int wait_for_child(void) {
    int state = 0;
    while (waitpid((pid_t)child, &state, 0) < 0 && errno == EINTR) {
    }
    return state;
}

int pl_guard_run(const struct pl_command *command, const struct pl_args *args) {
    fflush(NULL);
    pl_interrupt_handle(pass_on);
    child = (sig_atomic_t)fork();
    if (child == 0) be_child(command, args);
    if (child < 0)
        return pl_cli_fail(pl_fail(PL_EPROCESS, "%s cannot be started beside a plug-in: %s",
                                   command->name, strerror(errno)));
    int state = wait_for_child();
    if (WIFEXITED(state)) return WEXITSTATUS(state);
    return pl_cli_fail(pl_fail(PL_ECELL,
                               "%s crashed: signal %d (%s), most likely in a plug-in (%s%s); what "
                               "was finished is stored",
                               command->name, WTERMSIG(state), strsignal(WTERMSIG(state)),
                               args->plugins[0], args->plugin_count > 1 ? ", ..." : ""));
}
