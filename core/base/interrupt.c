#include "core/base/interrupt.h"

#include <stddef.h>
#include <unistd.h>

#include "core/base/status.h"

const int pl_interrupt_signals[PL_INTERRUPTS] = {SIGINT, SIGTERM, SIGHUP};

static volatile sig_atomic_t came, held;

/* Calls nothing but what a handler of signals may call. */
static void on_signal(int number) {
    static const char sentence[] = "error: " PL_INTERRUPTED "\n";
    (void)number;
    came = 1;
    if (held) return;
    (void)!write(STDERR_FILENO, sentence, sizeof sentence - 1);
    _exit(pl_status_exit(PL_EINTERRUPT));
}

bool pl_interrupt_ignored(int number) {
    struct sigaction now;
    return sigaction(number, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

void pl_interrupt_handle(void (*handler)(int)) {
    struct sigaction action = {.sa_handler = handler};
    sigemptyset(&action.sa_mask);
    for (int k = 0; k < PL_INTERRUPTS; k++)
        if (!pl_interrupt_ignored(pl_interrupt_signals[k]))
            sigaction(pl_interrupt_signals[k], &action, NULL);
}

void pl_interrupt_catch(void) {
    pl_interrupt_handle(on_signal);
    signal(SIGXFSZ, SIG_IGN);
}

const volatile sig_atomic_t *pl_interrupt_hold(void) {
    held = 1;
    return &came;
}

bool pl_interrupt_release(void) {
    held = 0;
    return came;
}
