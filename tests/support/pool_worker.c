/* A worker for the tests of the pool: each job is a command. Anything else is answered with a done
 * result whose message is the job and whose metric `length` is the job's length. */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "experiments/run/pool.h"

static void do_abort(const char *rest) {
    fprintf(stderr, "about to abort: %s\n", rest);
    abort();
}

static void do_kill(const char *rest) {
    (void)rest;
    raise(SIGKILL);
}

static void do_exit(const char *rest) {
    exit(atoi(rest));
}

static void do_hang(const char *rest) {
    fprintf(stderr, "hanging%s\n", rest);
    for (;;) pause();
}

static void do_sleep(const char *rest) {
    usleep((useconds_t)atoi(rest) * 1000);
}

/* many lines, then an abort: only the end can be kept */
static void do_chatter(const char *rest) {
    for (int i = 0; i < atoi(rest); i++) fprintf(stderr, "line %d\n", i);
    abort();
}

static void do_print(const char *rest) {
    printf("%s on stdout\n", rest);
    fprintf(stderr, "%s on stderr\n", rest);
    fflush(stdout);
}

/* bytes on the result pipe that are no message */
static void do_garbage(const char *rest) {
    for (int i = 0; i < atoi(rest); i++)
        if (write(4, "garbage!", 8) != 8) exit(1);
    pause();
}

/* a message of the right form for the wrong job, with a text that is no result */
static void do_lie(const char *rest) {
    const char message[] = "PLW1\1\0\0\0\2\0\0\0{}";
    (void)rest;
    if (write(4, message, sizeof message - 1) != sizeof message - 1) exit(1);
    pause();
}

/* closes its answer and lives on */
static void do_close(const char *rest) {
    (void)rest;
    close(4);
    for (;;) pause();
}

/* stopped, as by a scheduler, and continued after so many milliseconds */
static void do_stop(const char *rest) {
    pid_t self = getpid(), waker = fork();
    if (waker == 0) {
        usleep((useconds_t)atoi(rest) * 1000);
        kill(self, SIGCONT);
        _exit(0);
    }
    raise(SIGSTOP);
    waitpid(waker, NULL, 0);
}

/* starts a process that sleeps, and tells its number to the file that is named; the same in a session of
 * its own; and ends or goes on */
static void spawn(const char *rest, bool leave) {
    pid_t child = fork();
    if (child == 0) {
        if (leave) setsid();
        for (;;) pause();
    }
    FILE *file = fopen(rest, "w");
    if (file) fprintf(file, "%ld\n", (long)child);
    if (file) fclose(file);
}
static void do_beget(const char *rest) {
    spawn(rest, false);
}
static void do_beget_and_die(const char *rest) {
    spawn(rest, false);
    abort();
}
static void do_leave(const char *rest) {
    spawn(rest, true);
}

/* the worker kills its own parent, which a test started for that */
static void do_orphan(const char *rest) {
    (void)rest;
    kill(getppid(), SIGKILL);
    sleep(30);
}

static const struct {
    const char *name;
    void (*run)(const char *rest);
} commands[] = {
    {"abort", do_abort},
    {"kill", do_kill},
    {"exit", do_exit},
    {"hang", do_hang},
    {"sleep", do_sleep},
    {"chatter", do_chatter},
    {"print", do_print},
    {"garbage", do_garbage},
    {"lie", do_lie},
    {"orphan", do_orphan},
    {"close", do_close},
    {"stop", do_stop},
    {"begetdie", do_beget_and_die},
    {"begets", do_beget},
    {"leave", do_leave},
};

static void run(void *ctx, const char *text, size_t length, struct pl_result *out) {
    const char *variable = getenv("PL_TEST_VARIABLE");
    (void)ctx;
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        size_t name = strlen(commands[i].name);
        if (strncmp(text, commands[i].name, name) != 0) continue;
        commands[i].run(text[name] == ' ' ? text + name + 1 : "");
    }
    if (strcmp(text, "fail") == 0) {
        pl_result_fail(out, "the job asked for it");
        return;
    }
    out->outcome = PL_DONE;
    out->message = pl_arena_strndup(&out->arena, text, length);
    out->provenance = pl_arena_strdup(&out->arena, variable ? variable : "");
    pl_result_add(out, "length", 0, (double)length);
    pl_result_add(out, "pid", 0, (double)getpid());
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "stillborn") == 0) {
        fprintf(stderr, "a library is missing\n");
        return 127;
    }
    return pl_status_exit(pl_pool_serve(run, NULL));
}
