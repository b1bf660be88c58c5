/* Status: how a function says that something outside the program went wrong.
 *
 * Three kinds of trouble, three ways of speaking:
 *   - from outside (a bad config, a full disk, no device): a function returns an enum pl_status and
 *     leaves one sentence, set and returned in one expression:
 *         return pl_fail(PL_ECONFIG, "width %ld is below 1", width);
 *   - from us (a broken promise between two of our functions): PL_ASSERT, which names the promise,
 *     its place, and aborts;
 *   - in the mathematics (a loss went to infinity): not an error at all but an outcome, stored like
 *     any other result.
 */
#ifndef PL_BASE_STATUS_H
#define PL_BASE_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif

/* name, exit status of the program when this is what ended it, what it means */
#define PL_STATUS_LIST(X)                                                                          \
    X(OK, 0, "all is well")                                                                        \
    X(ECONFIG, 2, "a study, an option or a command line is wrong")                                 \
    X(ECELL, 3, "some cell of a study failed")                                                     \
    X(EMISMATCH, 5, "two things that were to be compared are not comparable")                      \
    X(ESTORE, 7, "a file or the result store could not be read or written")                        \
    X(EBACKEND, 2, "a backend is missing or cannot do what was asked")                             \
    X(EMEMORY, 7, "there is not enough memory")                                                    \
    X(EPROCESS, 7, "a worker process could not be started or spoken to")                           \
    X(EINTERRUPT, 130, "the user interrupted; what was finished is stored")

enum pl_status {
#define PL_STATUS_ENUM(name, exit_status, meaning) PL_##name,
    PL_STATUS_LIST(PL_STATUS_ENUM)
#undef PL_STATUS_ENUM
};

#if defined(__GNUC__)
#define PL_PRINTF(format_index, first_argument)                                                    \
    __attribute__((format(printf, format_index, first_argument)))
#define PL_NODISCARD __attribute__((warn_unused_result))
#define PL_NORETURN  __attribute__((noreturn))
#else
#define PL_PRINTF(format_index, first_argument)
#define PL_NODISCARD
#define PL_NORETURN
#endif

/* Sets this thread's message and returns [status]; the message replaces any earlier one. */
enum pl_status pl_fail(enum pl_status status, const char *format, ...) PL_PRINTF(2, 3);

/* Puts "text: " in front of this thread's message and returns [status]: how a caller adds the place
 * that only it knows. */
enum pl_status pl_fail_within(enum pl_status status, const char *format, ...) PL_PRINTF(2, 3);

/* This thread's last message; borrowed, valid until the next pl_fail; "" when there was none. */
const char *pl_message(void);

/* The exit status that belongs to [status] (docs/conventions.md, Errors). */
int pl_status_exit(enum pl_status status);

/* "ECONFIG", for logs and tests. */
const char *pl_status_name(enum pl_status status);

/* A promise between our own functions. On in every build: the checks sit outside hot loops. */
#define PL_ASSERT(promise)                                                                         \
    ((promise) ? (void)0 : pl_broken_promise(#promise, __FILE__, __LINE__, __func__))

void pl_broken_promise(const char *promise, const char *file, int line,
                       const char *function) PL_NORETURN;

/* Returns from the enclosing function when [expression] is not PL_OK. */
#define PL_TRY(expression)                                                                         \
    do {                                                                                           \
        enum pl_status pl_try_status = (expression);                                               \
        if (pl_try_status != PL_OK) return pl_try_status;                                          \
    } while (0)

#ifdef __cplusplus
}
#endif
#endif
