/* Guard: a command that runs code of plug-ins, in a child.
 *
 *     plumbline ── fork ──► the command
 *         │                    │ ends, and so does the parent, with the same status
 *         └──── waits ◄────────┘ crashes: the parent says so
 *
 * While a plan is made, a self-test runs or a task is shown, a plug-in's code runs in the program
 * itself, not in a worker. When it crashes there, somebody must be left to say it. Signals that ask the
 * program to stop are passed on to the child, which dies with its parent.
 */
#ifndef PL_CLI_GUARD_H
#define PL_CLI_GUARD_H

#include "experiments/cli/args.h"

/* Runs [command]; the exit status is its own, or that of PL_ECELL after a crash. */
int pl_guard_run(const struct pl_command *command, const struct pl_args *args);

#endif
