/* Both ends of a pool: the parent's loop, and at the end of the file the worker's (pl_pool_serve).
 *
 * The parent never waits for one worker: its ends of all pipes are non-blocking, poll() tells which have
 * something, and what does not fit into a pipe stays in worker->out. A round of the loop:
 *
 *     start_workers    missing ones, while there are jobs left; jobs to the idle ones
 *     poll             until a pipe speaks, a job's time is over or the next tick
 *     serve_polled     stderr first, so that an ending comes with its last words; then results
 *     tick             the caller's, and jobs that have run too long
 *
 * A worker that is lost (crash, end of file, nonsense, too long) goes through worker_lost alone: it is
 * killed and reaped by stop_worker, and its job has a failed result. stop_worker is the only place that
 * kills, await_end the only one that lets a worker end by itself.
 *
 * A worker leads a process group of its own, and the group is killed before its leader is reaped, so what
 * a worker has started ends with it. What left the group becomes a child of the pool, where the system
 * has subreapers, and ends with the pool (end_strangers). Where the parent is killed with SIGKILL, a worker
 * kills its own group; what left the group lives on then, as does what a worker has started that is killed in
 * the same instant.
 */
#include "experiments/run/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "core/base/alloc.h"
#include "core/base/clock.h"
#include "core/base/interrupt.h"
#include "core/base/log.h"
#include "core/base/strbuf.h"
#include "core/base/vec.h"

extern char **environ;

enum {
    JOB_FD = 3,
    RESULT_FD = 4,
    FIRST_OWN_FD = 10, /* the parent's ends stay clear of the numbers the worker gets */
    HEADER_SIZE = 12,
    TAIL_SIZE = 4096,
    TICK_MS = 100,
    START_ATTEMPTS = 3, /* workers in a row that die before they are ready */
};
static const uint32_t most_bytes = 256u << 20; /* of one message; more is nonsense */
static const double start_seconds = 30;        /* for a worker to be ready */
static const double exit_seconds = 10;         /* for a worker to end after its last job */
static const double death_seconds = 1;         /* for a worker that closed its answer to be dead */
static const double keep_seconds = 5;          /* for workers to keep what they are in */
static const double longest_turn = 1;          /* of the loop; what is beyond did not run */

/* ---- messages --------------------------------------------------------------------------------- */

static const char magic[4] = {'P', 'L', 'W', '1'};

static void put_u32(unsigned char *at, uint32_t value) {
    for (int i = 0; i < 4; i++) at[i] = (unsigned char)(value >> (8 * i));
}

static uint32_t get_u32(const unsigned char *at) {
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static void add_message(struct pl_strbuf *out, uint32_t number, const char *text, size_t length) {
    unsigned char header[HEADER_SIZE];
    memcpy(header, magic, sizeof magic);
    put_u32(header + 4, number);
    put_u32(header + 8, (uint32_t)length);
    pl_strbuf_add_bytes(out, (const char *)header, HEADER_SIZE);
    pl_strbuf_add_bytes(out, text, length);
}

/* ---- a worker, seen from the parent ----------------------------------------------------------- */

/*            ready             job handed out
 *   STARTING ──────► IDLE ◄──────────────────► BUSY          any ──► GONE (no process, no fds)
 */
enum phase { GONE, STARTING, IDLE, BUSY };

struct worker {
    enum phase phase;
    pid_t pid;
    int job_fd, result_fd, stderr_fd; /* -1 when closed */
    size_t job;                       /* BUSY: its index */
    uint32_t number;                  /* of the last message sent; an answer carries it back */
    double since;                     /* when the phase began, by pool_clock */
    double stopped_at;                /* when somebody stopped it (SIGSTOP); 0: it runs */
    struct pl_strbuf out;             /* what is to be written yet ... */
    size_t sent;                      /* ... from here */
    struct pl_strbuf in;              /* an answer as far as it has come */
    char tail[TAIL_SIZE];             /* the last of its stderr, as a ring */
    size_t tail_count;                /* bytes ever put into the ring for this job */
    struct pl_strbuf line;            /* the unfinished last line, for the log */
};

struct pool {
    const struct pl_pool_config *config;
    const struct pl_pool_events *events;
    size_t job_count, next_job;
    struct worker *workers;
    size_t worker_count;
    struct pollfd *polled;
    struct worker **polled_worker;
    size_t failed_starts; /* in a row */
    double last_tick, last_look;
    double seen, lost; /* pool_clock: when it was asked last; seconds that do not count */
    PL_VEC(pid_t) own; /* children that this process had before */
    int was_reaper;
    char **environment;
};

static void close_fd(int *fd) {
    if (*fd >= 0) close(*fd);
    *fd = -1;
}

static void worker_init(struct worker *worker) {
    *worker = (struct worker){.job_fd = -1, .result_fd = -1, .stderr_fd = -1};
    pl_strbuf_init(&worker->out);
    pl_strbuf_init(&worker->in);
    pl_strbuf_init(&worker->line);
}

static void worker_finish(struct worker *worker) {
    close_fd(&worker->job_fd);
    close_fd(&worker->result_fd);
    close_fd(&worker->stderr_fd);
    pl_strbuf_finish(&worker->out);
    pl_strbuf_finish(&worker->in);
    pl_strbuf_finish(&worker->line);
}

/* ---- what a worker prints --------------------------------------------------------------------- */

static void log_stderr(struct worker *worker, const char *bytes, size_t count) {
    if (pl_log_level() < PL_LOG_DEBUG) return;
    for (size_t i = 0; i < count; i++) {
        if (bytes[i] != '\n') {
            pl_strbuf_add_bytes(&worker->line, &bytes[i], 1);
            continue;
        }
        pl_debug("worker %ld: %s", (long)worker->pid, worker->line.text);
        pl_strbuf_clear(&worker->line);
    }
}

/* Reads what there is; the pipe never blocks. A worker that prints without end is read in turns. */
static void read_stderr(struct worker *worker) {
    char bytes[TAIL_SIZE];
    for (int turn = 0; turn < 16 && worker->stderr_fd >= 0; turn++) {
        ssize_t count = read(worker->stderr_fd, bytes, sizeof bytes);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return;
        if (count == 0) close_fd(&worker->stderr_fd);
        for (ssize_t i = 0; i < count; i++)
            worker->tail[worker->tail_count++ % TAIL_SIZE] = bytes[i];
        log_stderr(worker, bytes, (size_t)count);
    }
}

static void add_tail(struct pl_strbuf *out, const struct worker *worker) {
    size_t count = worker->tail_count < TAIL_SIZE ? worker->tail_count : TAIL_SIZE;
    size_t from = worker->tail_count - count;
    while (count > 0 && worker->tail[(from + count - 1) % TAIL_SIZE] == '\n') count--;
    if (count == 0) {
        pl_strbuf_add(out, "; it printed nothing");
        return;
    }
    pl_strbuf_add(out, worker->tail_count > TAIL_SIZE ? "; the end of what it printed:\n..."
                                                      : "; it printed:\n");
    for (size_t i = 0; i < count; i++) {
        char c = worker->tail[(from + i) % TAIL_SIZE];
        pl_strbuf_add_bytes(out, c ? &c : "?", 1);
    }
}

/* ---- how a worker ended ----------------------------------------------------------------------- */

static const struct {
    int number;
    const char *name, *meaning;
} signals[] = {
    {SIGABRT, "SIGABRT", "it aborted itself"},
    {SIGSEGV, "SIGSEGV", "it used memory that is not its own"},
    {SIGBUS, "SIGBUS", "it used memory that is not there"},
    {SIGFPE, "SIGFPE", "an impossible operation on numbers"},
    {SIGILL, "SIGILL", "an instruction this processor does not have"},
    {SIGKILL, "SIGKILL", "from somebody, or from the system as memory ran out"},
    {SIGTERM, "SIGTERM", "somebody asked it to end"},
    {SIGINT, "SIGINT", "somebody interrupted it"},
    {SIGHUP, "SIGHUP", "its terminal went away"},
    {SIGXCPU, "SIGXCPU", "its limit of processor time was reached"},
    {SIGXFSZ, "SIGXFSZ", "its limit of file size was reached"},
    {SIGPIPE, "SIGPIPE", "nobody reads what it writes"},
    {SIGTRAP, "SIGTRAP", "a trap was sprung"},
    {SIGSYS, "SIGSYS", "a forbidden system call"},
};

static void add_ending(struct pl_strbuf *out, int wait_status) {
    if (WIFEXITED(wait_status)) {
        pl_strbuf_addf(out, "the worker exited with status %d before it answered",
                       WEXITSTATUS(wait_status));
        return;
    }
    int number = WTERMSIG(wait_status);
    pl_strbuf_addf(out, "the worker was ended by signal %d", number);
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        if (signals[i].number == number)
            pl_strbuf_addf(out, " (%s: %s)", signals[i].name, signals[i].meaning);
}

static int reap(struct worker *worker) {
    int status = 0;
    while (waitpid(worker->pid, &status, 0) < 0 && errno == EINTR) continue;
    return status;
}

/* Whether the worker is dead by [deadline], of pl_clock_seconds; it is left to be reaped. */
static bool is_dead_by(struct worker *worker, double deadline) {
    const struct timespec moment = {.tv_nsec = 1000000};
    for (;;) {
        siginfo_t info = {0};
        int error = waitid(P_PID, (id_t)worker->pid, &info, WEXITED | WNOHANG | WNOWAIT);
        read_stderr(worker);
        if (error != 0 || info.si_pid != 0) return true;
        if (pl_clock_seconds() >= deadline) return false;
        nanosleep(&moment, NULL);
    }
}

/* Kills the worker (and what it may have started), reaps it and gathers its last words. The status
 * is that of its own ending if it was dead already. */
static int stop_worker(struct worker *worker) {
    kill(-worker->pid, SIGKILL);
    kill(worker->pid, SIGKILL);
    int status = reap(worker);
    read_stderr(worker);
    close_fd(&worker->job_fd);
    close_fd(&worker->result_fd);
    close_fd(&worker->stderr_fd);
    worker->phase = GONE;
    return status;
}

/* Whether the pool is to stop. A signal that ended a worker may have been sent to all processes of a job,
 * and reach this one a moment later. */
static bool is_interrupted(const struct pool *pool, int wait_status) {
    const struct timespec moment = {.tv_nsec = 50000000};
    if (!pool->config->interrupt) return false;
    if (WIFSIGNALED(wait_status))
        for (int k = 0; k < PL_INTERRUPTS && !*pool->config->interrupt; k++)
            if (WTERMSIG(wait_status) == pl_interrupt_signals[k]) nanosleep(&moment, NULL);
    return *pool->config->interrupt != 0;
}

/* Asks every worker that has a job to end, so that it can keep a checkpoint, and waits for a while. */
static void ask_to_end(struct pool *pool) {
    double deadline = pl_clock_seconds() + keep_seconds;
    for (size_t i = 0; i < pool->worker_count; i++)
        if (pool->workers[i].phase == BUSY) kill(pool->workers[i].pid, SIGTERM);
    for (size_t i = 0; i < pool->worker_count; i++)
        if (pool->workers[i].phase == BUSY) (void)is_dead_by(&pool->workers[i], deadline);
}

/* ---- starting a worker ------------------------------------------------------------------------ */

/* A pipe whose ends no child inherits by accident and that leaves the low numbers free. */
static bool make_pipe(int ends[2]) {
    int raw[2];
    ends[0] = ends[1] = -1;
    if (pipe(raw) != 0) return false;
    ends[0] = fcntl(raw[0], F_DUPFD_CLOEXEC, FIRST_OWN_FD);
    ends[1] = fcntl(raw[1], F_DUPFD_CLOEXEC, FIRST_OWN_FD);
    close(raw[0]);
    close(raw[1]);
    return ends[0] >= 0 && ends[1] >= 0;
}

static void set_nonblocking(int fd) {
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

/* Own process group, no blocked signals, the usual answer to those that the parent handles. What the
 * parent ignores, as under nohup, the worker ignores. */
static void describe_signals(posix_spawnattr_t *attributes) {
    sigset_t none, usual;
    sigemptyset(&none);
    sigemptyset(&usual);
    sigaddset(&usual, SIGPIPE);
    for (int k = 0; k < PL_INTERRUPTS; k++)
        if (!pl_interrupt_ignored(pl_interrupt_signals[k]))
            sigaddset(&usual, pl_interrupt_signals[k]);
    posix_spawnattr_setpgroup(attributes, 0);
    posix_spawnattr_setsigmask(attributes, &none);
    posix_spawnattr_setsigdefault(attributes, &usual);
    posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                             POSIX_SPAWN_SETSIGDEF);
}

static int spawn(const struct pool *pool, pid_t *pid, int job_end, int result_end, int stderr_end) {
    const struct pl_pool_config *config = pool->config;
    const char *program = config->program ? config->program : "/proc/self/exe";
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    size_t count = 0;

    while (config->arguments && config->arguments[count]) count++;
    char **arguments = pl_alloc_zero(count + 2, sizeof *arguments);
    arguments[0] = (char *)(uintptr_t)(config->program ? program : "plumbline");
    for (size_t i = 0; i < count; i++) arguments[i + 1] = (char *)(uintptr_t)config->arguments[i];

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, stderr_end, 1);
    posix_spawn_file_actions_adddup2(&actions, stderr_end, 2);
    posix_spawn_file_actions_adddup2(&actions, job_end, JOB_FD);
    posix_spawn_file_actions_adddup2(&actions, result_end, RESULT_FD);
    posix_spawnattr_init(&attributes);
    describe_signals(&attributes);
    int error = posix_spawn(pid, program, &actions, &attributes, arguments, pool->environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    pl_free(arguments);
    return error;
}

static const char *program_name(const struct pool *pool) {
    return pool->config->program ? pool->config->program : "this program";
}

/* Seconds that count against limits. A turn of the loop takes a tenth of a second; where it seems to
 * have taken long, the whole process did not run (stopped and continued, a container that was paused),
 * and neither did its workers. */
static double pool_clock(struct pool *pool) {
    double now = pl_clock_seconds(), gap = now - pool->seen;
    if (pool->seen > 0 && gap > longest_turn) pool->lost += gap - longest_turn;
    pool->seen = now;
    return now - pool->lost;
}

static void set_phase(struct pool *pool, struct worker *worker, enum phase phase) {
    worker->phase = phase;
    worker->since = pool_clock(pool);
    worker->stopped_at = 0;
}

static enum pl_status start_worker(struct pool *pool, struct worker *worker) {
    int job[2] = {-1, -1}, result[2] = {-1, -1}, words[2] = {-1, -1};
    bool piped = make_pipe(job) && make_pipe(result) && make_pipe(words);
    int error = piped ? spawn(pool, &worker->pid, job[0], result[1], words[1]) : errno;

    close_fd(&job[0]);
    close_fd(&result[1]);
    close_fd(&words[1]);
    worker->job_fd = job[1];
    worker->result_fd = result[0];
    worker->stderr_fd = words[0];
    if (error) {
        close_fd(&worker->job_fd);
        close_fd(&worker->result_fd);
        close_fd(&worker->stderr_fd);
        return pl_fail(PL_EPROCESS, "a worker process could not be started (%s): %s; %s",
                       program_name(pool), strerror(error),
                       "free some processes or files, or use fewer workers (-j)");
    }
    set_nonblocking(worker->job_fd);
    set_nonblocking(worker->result_fd);
    set_nonblocking(worker->stderr_fd);
    pl_strbuf_clear(&worker->out);
    pl_strbuf_clear(&worker->in);
    pl_strbuf_clear(&worker->line);
    worker->sent = worker->tail_count = 0;
    worker->number = 0;
    set_phase(pool, worker, STARTING);
    return PL_OK;
}

/* ---- handing out ------------------------------------------------------------------------------ */

/* The next job that the caller wants done; false when there is none left. */
static enum pl_status claim_next(struct pool *pool, size_t *job, bool *found) {
    *found = false;
    while (pool->next_job < pool->job_count && !*found) {
        *job = pool->next_job++;
        *found = true;
        if (pool->events->claim) PL_TRY(pool->events->claim(pool->events->ctx, *job, found));
    }
    return PL_OK;
}

/* Writes as much as the pipe takes. A worker that is gone is noticed by its silence. */
static void send_rest(struct worker *worker) {
    while (worker->sent < worker->out.length && worker->job_fd >= 0) {
        ssize_t count = write(worker->job_fd, worker->out.text + worker->sent,
                              worker->out.length - worker->sent);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && errno == EAGAIN) return;
        if (count < 0) {
            close_fd(&worker->job_fd);
            return;
        }
        worker->sent += (size_t)count;
    }
}

static enum pl_status send_job(struct pool *pool, struct worker *worker) {
    size_t job = 0;
    bool found;
    PL_TRY(claim_next(pool, &job, &found));
    if (!found) return PL_OK;
    pl_strbuf_clear(&worker->out);
    const char *text = pool->events->text(pool->events->ctx, job);
    add_message(&worker->out, ++worker->number, text, strlen(text));
    PL_ASSERT(worker->out.length <= most_bytes);
    worker->sent = worker->tail_count = 0;
    worker->job = job;
    set_phase(pool, worker, BUSY);
    send_rest(worker);
    if (!pool->events->started) return PL_OK;
    return pool->events->started(pool->events->ctx, job, (long)worker->pid);
}

/* ---- taking in -------------------------------------------------------------------------------- */

/* The job of a worker that failed it: [cause] is a sentence without its end. */
static enum pl_status fail_job(struct pool *pool, struct worker *worker, size_t job,
                               const char *cause) {
    struct pl_result result = {0};
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    pl_strbuf_add(&text, cause);
    add_tail(&text, worker);
    pl_result_fail(&result, "%s", text.text);
    result.provenance = "";
    result.seconds = pool_clock(pool) - worker->since;
    enum pl_status status = pool->events->finished(pool->events->ctx, job, &result);
    pl_strbuf_finish(&text);
    pl_result_finish(&result);
    return status;
}

/* A worker died, or was killed, before it was ready: no job's fault. */
static enum pl_status fail_start(struct pool *pool, const struct worker *worker,
                                 const char *cause) {
    struct pl_strbuf text;
    if (++pool->failed_starts < START_ATTEMPTS) return PL_OK;
    pl_strbuf_init(&text);
    add_tail(&text, worker);
    enum pl_status status =
        pl_fail(PL_EPROCESS, "no worker process (%s) gets as far as its first job: %s%s",
                program_name(pool), cause, text.text);
    pl_strbuf_finish(&text);
    return status;
}

/* The worker is of no more use: [cause], or the way it ended when NULL. */
static enum pl_status worker_lost(struct pool *pool, struct worker *worker, const char *cause) {
    struct pl_strbuf text;
    enum phase phase = worker->phase;
    pl_strbuf_init(&text);
    bool dead = !cause && is_dead_by(worker, pl_clock_seconds() + death_seconds);
    int wait_status = stop_worker(worker);
    if (cause)
        pl_strbuf_add(&text, cause);
    else if (!dead)
        pl_strbuf_add(&text, "the worker closed its answer before it answered, and lived on");
    else
        add_ending(&text, wait_status);
    enum pl_status status = PL_OK;
    if (!cause && is_interrupted(pool, wait_status))
        status = pl_fail(PL_EINTERRUPT, PL_INTERRUPTED);
    else if (phase == BUSY)
        status = fail_job(pool, worker, worker->job, text.text);
    else if (phase == STARTING)
        status = fail_start(pool, worker, text.text);
    pl_strbuf_finish(&text);
    return status;
}

/* The next job goes out before the caller stores this result, so that the worker need not wait. */
static enum pl_status accept_result(struct pool *pool, struct worker *worker, const char *text,
                                    size_t length) {
    struct pl_result result;
    if (pl_result_read(&result, text, length) != PL_OK) {
        struct pl_strbuf cause;
        pl_strbuf_init(&cause);
        pl_strbuf_addf(&cause, "the worker's answer makes no sense (%s)", pl_message());
        enum pl_status lost = worker_lost(pool, worker, cause.text);
        pl_strbuf_finish(&cause);
        return lost;
    }
    size_t job = worker->job;
    pl_strbuf_clear(&worker->in);
    read_stderr(worker); /* what this job printed is not the next one's */
    set_phase(pool, worker, IDLE);
    enum pl_status status = PL_OK;
    if (!pool->config->interrupt || !*pool->config->interrupt) status = send_job(pool, worker);
    if (status == PL_OK) status = pool->events->finished(pool->events->ctx, job, &result);
    pl_result_finish(&result);
    return status;
}

/* Whether what has come may be the beginning of the one message that is due. */
static bool is_sensible(const struct worker *worker) {
    const unsigned char *bytes = (const unsigned char *)worker->in.text;
    size_t count = worker->in.length;
    if (worker->phase == IDLE) return false;
    if (memcmp(bytes, magic, count < sizeof magic ? count : sizeof magic) != 0) return false;
    if (count < HEADER_SIZE) return true;
    uint32_t length = get_u32(bytes + 8), most = worker->phase == STARTING ? 0 : most_bytes;
    return get_u32(bytes + 4) == worker->number && length <= most &&
           count <= HEADER_SIZE + (size_t)length;
}

static enum pl_status accept_message(struct pool *pool, struct worker *worker) {
    const unsigned char *bytes = (const unsigned char *)worker->in.text;
    size_t count = worker->in.length;
    if (!is_sensible(worker))
        return worker_lost(pool, worker, "the worker's answer makes no sense");
    if (count < HEADER_SIZE || count < HEADER_SIZE + (size_t)get_u32(bytes + 8)) return PL_OK;
    if (worker->phase == BUSY)
        return accept_result(pool, worker, worker->in.text + HEADER_SIZE, count - HEADER_SIZE);
    pl_strbuf_clear(&worker->in);
    pool->failed_starts = 0;
    set_phase(pool, worker, IDLE);
    return send_job(pool, worker);
}

/* One read a turn: a flood is looked at as it comes. */
static enum pl_status read_result(struct pool *pool, struct worker *worker) {
    char bytes[65536];
    ssize_t count = read(worker->result_fd, bytes, sizeof bytes);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) return PL_OK;
    if (count <= 0) return worker_lost(pool, worker, NULL);
    pl_strbuf_add_bytes(&worker->in, bytes, (size_t)count);
    return accept_message(pool, worker);
}

/* ---- the loop --------------------------------------------------------------------------------- */

/* An answer may have come while an event took its time: it is looked for before the worker is
 * given up. */
static enum pl_status stop_job(struct pool *pool, struct worker *worker, const char *cause) {
    uint32_t number = worker->number;
    enum phase phase = worker->phase;
    PL_TRY(read_result(pool, worker));
    if (worker->phase != phase || worker->number != number) return PL_OK;
    return worker_lost(pool, worker, cause);
}

/* A worker that was stopped and continued alone: the time between does not count. */
static void note_stops(struct worker *worker, double now) {
    siginfo_t info = {0};
    if (waitid(P_PID, (id_t)worker->pid, &info, WSTOPPED | WCONTINUED | WNOHANG) != 0) return;
    if (info.si_pid == 0) return;
    if (info.si_code == CLD_STOPPED && worker->stopped_at == 0) worker->stopped_at = now;
    if (info.si_code != CLD_CONTINUED || worker->stopped_at == 0) return;
    worker->since += now - worker->stopped_at;
    worker->stopped_at = 0;
}

/* Whether it is dead though its pipe is open: what it has started may hold the other end. */
static enum pl_status check_life(struct pool *pool, struct worker *worker) {
    siginfo_t info = {0};
    if (worker->phase != STARTING && worker->phase != BUSY) return PL_OK;
    note_stops(worker, pool_clock(pool));
    if (waitid(P_PID, (id_t)worker->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0) return PL_OK;
    return info.si_pid ? stop_job(pool, worker, NULL) : PL_OK;
}

static enum pl_status check_times(struct pool *pool, struct worker *worker) {
    double now = pool_clock(pool), limit = pool->config->cell_seconds;
    char cause[128];
    if (worker->phase != STARTING && worker->phase != BUSY) return PL_OK;
    if (worker->stopped_at > 0) return PL_OK;
    double seconds = now - worker->since;
    if (worker->phase == STARTING && seconds > start_seconds) {
        snprintf(cause, sizeof cause, "it was not ready within %g seconds", start_seconds);
        return stop_job(pool, worker, cause);
    }
    if (worker->phase == BUSY && limit > 0 && seconds > limit) {
        snprintf(cause, sizeof cause,
                 "the cell ran longer than its limit of %g seconds (limits.cell_seconds)", limit);
        return stop_job(pool, worker, cause);
    }
    return PL_OK;
}

/* Milliseconds until something must be looked at even if nothing happens. */
static int poll_milliseconds(struct pool *pool) {
    double limit = pool->config->cell_seconds, soonest = TICK_MS / 1000.0;
    double now = pool_clock(pool);
    for (size_t i = 0; i < pool->worker_count && limit > 0; i++) {
        const struct worker *worker = &pool->workers[i];
        if (worker->phase != BUSY || worker->stopped_at > 0) continue;
        double left = worker->since + limit - now;
        if (left < soonest) soonest = left;
    }
    return soonest > 0 ? (int)(soonest * 1000) + 1 : 0;
}

static void add_polled(struct pool *pool, size_t *count, struct worker *worker, int fd,
                       short events) {
    if (fd < 0) return;
    pool->polled[*count] = (struct pollfd){.fd = fd, .events = events};
    pool->polled_worker[(*count)++] = worker;
}

static size_t gather_polled(struct pool *pool) {
    size_t count = 0;
    for (size_t i = 0; i < pool->worker_count; i++) {
        struct worker *worker = &pool->workers[i];
        if (worker->phase == GONE) continue;
        add_polled(pool, &count, worker, worker->stderr_fd, POLLIN);
        add_polled(pool, &count, worker, worker->result_fd, POLLIN);
        if (worker->sent < worker->out.length)
            add_polled(pool, &count, worker, worker->job_fd, POLLOUT);
    }
    return count;
}

/* A worker may be lost while its descriptors are still in the list: each is compared with those it
 * has now. */
static enum pl_status serve_polled(struct pool *pool, size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct worker *worker = pool->polled_worker[i];
        int fd = pool->polled[i].fd;
        if (!pool->polled[i].revents || worker->phase == GONE) continue;
        if (fd == worker->stderr_fd) read_stderr(worker);
        if (fd == worker->job_fd) send_rest(worker);
        if (fd == worker->result_fd) PL_TRY(read_result(pool, worker));
    }
    bool look = pl_clock_seconds() - pool->last_look >= TICK_MS / 1000.0;
    if (look) pool->last_look = pl_clock_seconds();
    for (size_t i = 0; i < pool->worker_count; i++) {
        if (look) PL_TRY(check_life(pool, &pool->workers[i]));
        PL_TRY(check_times(pool, &pool->workers[i]));
    }
    return PL_OK;
}

static bool is_over(const struct pool *pool) {
    if (pool->next_job < pool->job_count) return false;
    for (size_t i = 0; i < pool->worker_count; i++)
        if (pool->workers[i].phase == BUSY) return false;
    return true;
}

static enum pl_status tick(struct pool *pool) {
    double now = pl_clock_seconds();
    if (!pool->events->tick || now - pool->last_tick < TICK_MS / 1000.0) return PL_OK;
    pool->last_tick = now;
    return pool->events->tick(pool->events->ctx);
}

static enum pl_status loop(struct pool *pool) {
    while (!is_over(pool)) {
        if (pool->config->interrupt && *pool->config->interrupt)
            return pl_fail(PL_EINTERRUPT, PL_INTERRUPTED);

        /* Fills empty places while there are jobs. */
        for (size_t i = 0; i < pool->worker_count; i++)
            if (pool->workers[i].phase == GONE && pool->next_job < pool->job_count)
                PL_TRY(start_worker(pool, &pool->workers[i]));

        size_t count = gather_polled(pool);
        int ready = poll(pool->polled, (nfds_t)count, poll_milliseconds(pool));
        if (ready < 0 && errno != EINTR)
            return pl_fail(PL_EPROCESS, "waiting for workers failed: %s; try again",
                           strerror(errno));
        if (ready >= 0) PL_TRY(serve_polled(pool, count));
        PL_TRY(tick(pool));
    }
    return PL_OK;
}

/* ---- making and ending the pool --------------------------------------------------------------- */

static bool same_variable(const char *a, const char *b) {
    size_t length = strcspn(a, "=");
    return strncmp(a, b, length + 1) == 0;
}

/* Sets [variable] in the NULL-ended list. */
static void set_variable(char **list, const char *variable) {
    size_t i = 0;
    while (list[i] && !same_variable(list[i], variable)) i++;
    list[i] = (char *)(uintptr_t)variable;
}

static char **make_environment(const char *const *additions) {
    static const char *const always[] = {"OPENBLAS_NUM_THREADS=1", "OMP_NUM_THREADS=1",
                                         "POCL_MAX_PTHREAD_COUNT=1", NULL};
    static const char *const none[] = {NULL};
    const char *const *lists[] = {always, additions ? additions : none};
    size_t count = 0, added = 0;
    while (environ[count]) count++;
    for (int l = 0; l < 2; l++)
        for (size_t i = 0; lists[l][i]; i++) added++;
    char **list = pl_alloc_zero(count + added + 1, sizeof *list);
    memcpy(list, environ, count * sizeof *list);
    for (int l = 0; l < 2; l++)
        for (size_t i = 0; lists[l][i]; i++) set_variable(list, lists[l][i]);
    return list;
}

/* ---- what workers have started, and what left their groups ------------------------------------ */

/* Children of this process; none where the system does not list them. */
static size_t list_children(pid_t *out, size_t most) {
    size_t count = 0;
    long pid;
    FILE *file = fopen("/proc/thread-self/children", "r");
    while (file && count < most && fscanf(file, "%ld", &pid) == 1) out[count++] = (pid_t)pid;
    if (file) fclose(file);
    return count;
}

static bool is_own(const struct pool *pool, pid_t pid) {
    for (size_t k = 0; k < pool->own.count; k++)
        if (pool->own.items[k] == pid) return true;
    return false;
}

/* Those that a worker's death leaves without a parent become this process's, so that they can be ended.
 * Children that it had before are none of the pool's. */
static void adopt_strangers(struct pool *pool) {
#ifdef __linux__
    pid_t found[256];
    size_t count = list_children(found, 256);
    for (size_t k = 0; k < count; k++) PL_VEC_PUSH(&pool->own, found[k]);
    if (prctl(PR_GET_CHILD_SUBREAPER, &pool->was_reaper) == 0) prctl(PR_SET_CHILD_SUBREAPER, 1);
#else
    (void)pool;
#endif
}

/* Once no worker is left. The death of one may bring its own children here, hence the rounds. */
static void end_strangers(struct pool *pool) {
#ifdef __linux__
    for (int round = 0, ended = 1; round < 1000 && ended; round++) {
        pid_t found[256];
        size_t count = list_children(found, 256);
        ended = 0;
        for (size_t k = 0; k < count; k++) {
            if (is_own(pool, found[k])) continue;
            kill(found[k], SIGKILL);
            while (waitpid(found[k], NULL, 0) < 0 && errno == EINTR) continue;
            ended = 1;
        }
    }
    prctl(PR_SET_CHILD_SUBREAPER, pool->was_reaper);
#endif
    PL_VEC_FINISH(&pool->own);
}

static void pool_init(struct pool *pool, const struct pl_pool_config *config, size_t count,
                      const struct pl_pool_events *events) {
    size_t workers = config->workers ? config->workers : 1;
    *pool = (struct pool){.config = config, .events = events, .job_count = count};
    pool->worker_count = workers < count ? workers : count;
    pool->workers = pl_alloc_zero(pool->worker_count, sizeof *pool->workers);
    pool->polled = pl_alloc_zero(3 * pool->worker_count, sizeof *pool->polled);
    pool->polled_worker = pl_alloc_zero(3 * pool->worker_count, sizeof(struct worker *));
    pool->environment = make_environment(config->environment);
    for (size_t i = 0; i < pool->worker_count; i++) worker_init(&pool->workers[i]);
    adopt_strangers(pool);
}

/* Waits for a worker whose job pipe was closed; it has nothing left to do but end. */
static void await_end(struct worker *worker, double deadline) {
    bool dead = is_dead_by(worker, deadline);
    int status = stop_worker(worker);
    if (!dead || (WIFEXITED(status) && WEXITSTATUS(status) == 0)) return;
    struct pl_strbuf words;
    pl_strbuf_init(&words);
    add_tail(&words, worker);
    pl_warn("a worker ended badly after its last job%s", words.text);
    pl_strbuf_finish(&words);
}

static void pool_finish(struct pool *pool, bool gently) {
    double deadline = pl_clock_seconds() + exit_seconds;
    for (size_t i = 0; i < pool->worker_count; i++) {
        struct worker *worker = &pool->workers[i];
        close_fd(&worker->job_fd);
        if (!gently && worker->phase != GONE) stop_worker(worker);
    }
    for (size_t i = 0; i < pool->worker_count; i++) {
        struct worker *worker = &pool->workers[i];
        bool at_rest = worker->phase == IDLE;
        if (at_rest) await_end(worker, deadline);
        if (worker->phase != GONE) stop_worker(worker);
        worker_finish(worker);
    }
    end_strangers(pool);
    pl_free(pool->workers);
    pl_free(pool->polled);
    pl_free(pool->polled_worker);
    pl_free(pool->environment);
}

enum pl_status pl_pool_run(const struct pl_pool_config *config, size_t count,
                           const struct pl_pool_events *events) {
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
    struct pool pool;
    PL_ASSERT(events->text != NULL && events->finished != NULL);
    sigemptyset(&ignore.sa_mask);
    sigaction(SIGPIPE, &ignore, &before); /* a dead worker is an EPIPE, not our end */
    pool_init(&pool, config, count, events);
    enum pl_status status = loop(&pool);
    if (status == PL_EINTERRUPT) ask_to_end(&pool);
    pool_finish(&pool, status == PL_OK);
    sigaction(SIGPIPE, &before, NULL);
    return status;
}

/* ---- the worker's side ------------------------------------------------------------------------ */

/* Reads exactly [count] bytes; false at the end of the file. */
static bool read_all(int fd, void *out, size_t count) {
    char *at = out;
    while (count > 0) {
        ssize_t got = read(fd, at, count);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        at += got;
        count -= (size_t)got;
    }
    return true;
}

static bool write_all(int fd, const char *bytes, size_t count) {
    while (count > 0) {
        ssize_t put = write(fd, bytes, count);
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) return false;
        bytes += put;
        count -= (size_t)put;
    }
    return true;
}

static bool send_message(uint32_t number, const char *text) {
    struct pl_strbuf message;
    pl_strbuf_init(&message);
    add_message(&message, number, text, strlen(text));
    bool sent = write_all(RESULT_FD, message.text, message.length);
    pl_strbuf_finish(&message);
    return sent;
}

/* Whether the other end of the job pipe is held by nobody: the parent is gone. */
static bool is_orphan(void) {
    struct pollfd polled = {.fd = JOB_FD};
    return poll(&polled, 1, 0) > 0 && (polled.revents & POLLHUP);
}

#ifdef __linux__
static pid_t parent; /* of this worker, when it was bound */

/* The parent was killed, or somebody continued a stopped worker: the first ends the worker, and with it what it
 * has started, since nobody else would know of it. */
static void end_orphans(int number) {
    (void)number;
    if (getppid() != parent) kill(getpgrp() == getpid() ? 0 : getpid(), SIGKILL);
}
#endif

/* Dies with the parent even in the middle of a job, and is the first to go when memory runs out. */
static void bind_to_parent(void) {
    fcntl(JOB_FD, F_SETFD, FD_CLOEXEC);
    fcntl(RESULT_FD, F_SETFD, FD_CLOEXEC);
#ifdef __linux__
    const struct sigaction ending = {.sa_handler = end_orphans, .sa_flags = SA_RESTART};
    parent = getppid();
    sigaction(SIGCONT, &ending, NULL); /* the one that reaches a stopped process, too */
    prctl(PR_SET_PDEATHSIG, SIGCONT);
    FILE *file = fopen("/proc/self/oom_score_adj", "w");
    if (file) {
        fputs("500", file);
        fclose(file);
    }
#endif
}

/* One job; false when there is none, or nobody to answer to. */
static bool serve_one(void (*run)(void *ctx, const char *text, size_t length,
                                  struct pl_result *out),
                      void *ctx) {
    unsigned char header[HEADER_SIZE];
    if (!read_all(JOB_FD, header, HEADER_SIZE)) return false;
    if (memcmp(header, magic, sizeof magic) != 0) return false;
    uint32_t length = get_u32(header + 8);
    char *text = pl_alloc((size_t)length + 1);
    bool whole = read_all(JOB_FD, text, length) && !is_orphan();
    text[whole ? length : 0] = 0;
    if (whole) {
        struct pl_result result = {0};
        run(ctx, text, length, &result);
        char *answer = pl_result_write(&result);
        whole = send_message(get_u32(header + 4), answer);
        pl_free(answer);
        pl_result_finish(&result);
    }
    pl_free(text);
    return whole;
}

enum pl_status pl_pool_serve(void (*run)(void *ctx, const char *text, size_t length,
                                         struct pl_result *out),
                             void *ctx) {
    if (fcntl(JOB_FD, F_GETFD) < 0 || fcntl(RESULT_FD, F_GETFD) < 0)
        return pl_fail(PL_EPROCESS, "a worker is started by `plumbline run`, not by hand");
    bind_to_parent();
    if (!send_message(0, "")) return PL_OK;
    while (serve_one(run, ctx)) continue;
    return PL_OK;
}
