/* Interrupt: SIGINT, SIGTERM and SIGHUP, which ask the program to end. One answer for the whole program:
 *
 *     at any time            a sentence, and the end with status 130: the store and every file that is
 *                            written lose nothing by it
 *     between hold and       a flag that the holder looks at, so that it can end its workers and return
 *     release                PL_EINTERRUPT
 *
 * A signal that was ignored when the program started (nohup; a job in the background of a script) stays
 * ignored. The limit of file size is ignored as a signal, so that a write beyond it fails with a sentence.
 */
#ifndef PL_BASE_INTERRUPT_H
#define PL_BASE_INTERRUPT_H

#include <signal.h>
#include <stdbool.h>

/* For main(): from here on the program answers as above. */
void pl_interrupt_catch(void);

/* Gives each of the three signals [handler], unless it is ignored. */
void pl_interrupt_handle(void (*handler)(int));

/* The three signals, and whether one is ignored: what a child is to inherit. */
enum { PL_INTERRUPTS = 3 };
extern const int pl_interrupt_signals[PL_INTERRUPTS];
bool pl_interrupt_ignored(int number);

/* The flag is 0 until a signal comes. Not to be nested. */
const volatile sig_atomic_t *pl_interrupt_hold(void);
/* Whether one came meanwhile. */
bool pl_interrupt_release(void);

/* What is said of it. */
#define PL_INTERRUPTED                                                                             \
    "interrupted; what was finished is stored, and the same command goes on from there"

#endif
