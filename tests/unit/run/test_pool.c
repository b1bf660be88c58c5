#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/strbuf.h"
#include "experiments/run/pool.h"
#include "tests/support/support.h"

/* What the events said. */
enum { MOST_JOBS = 2000 };
struct diary {
    int claimed[MOST_JOBS], started[MOST_JOBS], finished[MOST_JOBS];
    struct pl_result results[MOST_JOBS]; /* copies */
    size_t order[MOST_JOBS], order_count;
    size_t at_once, most_at_once;
    long ticks;
    bool refuse_odd;
    size_t fail_at; /* the job whose finished event fails, plus 1; 0: none */
    volatile sig_atomic_t *interrupt_at_start;
};

static enum pl_status claim(void *ctx, size_t job, bool *run) {
    struct diary *diary = ctx;
    diary->claimed[job]++;
    *run = !(diary->refuse_odd && job % 2);
    return PL_OK;
}

static enum pl_status started(void *ctx, size_t job, long pid) {
    struct diary *diary = ctx;
    PL_CHECK(pid > 0);
    PL_CHECK(kill((pid_t)pid, 0) == 0);
    diary->started[job]++;
    diary->order[diary->order_count++] = job;
    if (++diary->at_once > diary->most_at_once) diary->most_at_once = diary->at_once;
    if (diary->interrupt_at_start) *diary->interrupt_at_start = 1;
    return PL_OK;
}

static enum pl_status finished(void *ctx, size_t job, const struct pl_result *result) {
    struct diary *diary = ctx;
    char *text = pl_result_write(result);
    diary->finished[job]++;
    diary->at_once--;
    enum pl_status status = pl_result_read(&diary->results[job], text, strlen(text));
    pl_free(text);
    if (diary->fail_at == job + 1) return pl_fail(PL_ESTORE, "no room for job %zu", job);
    return status;
}

static enum pl_status tick(void *ctx) {
    struct diary *diary = ctx;
    diary->ticks++;
    return PL_OK;
}

static struct diary diary;

static void diary_finish(void) {
    for (size_t i = 0; i < MOST_JOBS; i++) pl_result_finish(&diary.results[i]);
    diary = (struct diary){0};
}

static const char *const no_arguments[] = {NULL};
static struct pl_pool_config config_with(size_t workers) {
    return (struct pl_pool_config){
        .program = PL_POOL_WORKER, .arguments = no_arguments, .workers = workers};
}

static const char *const *sent; /* the jobs of this run */

static const char *text_of(void *ctx, size_t job) {
    (void)ctx;
    return sent[job];
}

static enum pl_status run_with(const struct pl_pool_config *config, const char *const *jobs,
                               size_t count) {
    struct pl_pool_events events = {&diary, text_of, claim, started, finished, tick};
    sent = jobs;
    return pl_pool_run(config, count, &events);
}

/* No child of this process is left, running or unreaped. */
static void check_no_children(void) {
    PL_CHECK(waitpid(-1, NULL, WNOHANG) == -1);
}

static void check_done(size_t job, const char *message) {
    PL_CHECK_INT(diary.finished[job], 1);
    PL_CHECK_INT(diary.results[job].outcome, PL_DONE);
    PL_CHECK_TEXT(diary.results[job].message, message);
}

static void check_failed(size_t job, const char *part) {
    PL_CHECK_INT(diary.finished[job], 1);
    PL_CHECK_INT(diary.results[job].outcome, PL_FAILED);
    if (!strstr(diary.results[job].message, part)) PL_CHECK_TEXT(diary.results[job].message, part);
}

static void test_pool__answers_every_job_once(void) {
    static char texts[1000][16];
    static const char *jobs[1000];
    for (int i = 0; i < 1000; i++) {
        snprintf(texts[i], sizeof texts[i], "job %d", i);
        jobs[i] = texts[i];
    }
    struct pl_pool_config config = config_with(3);
    PL_REQUIRE_OK(run_with(&config, jobs, 1000));
    for (size_t i = 0; i < 1000; i++) {
        check_done(i, texts[i]);
        PL_CHECK_INT(diary.claimed[i], 1);
        PL_CHECK_INT(diary.started[i], 1);
        PL_CHECK_INT((long long)diary.order[i], (long long)i);
    }
    check_no_children();
    diary_finish();
}

static void test_pool__keeps_workers_alive_between_jobs(void) {
    const char *jobs[40];
    double pids[40];
    size_t count = 0;
    for (int i = 0; i < 40; i++) jobs[i] = "x";
    struct pl_pool_config config = config_with(2);
    PL_REQUIRE_OK(run_with(&config, jobs, 40));
    for (size_t i = 0; i < 40; i++) {
        double pid = pl_result_final(&diary.results[i], "pid");
        size_t known = 0;
        while (known < count && pids[known] != pid) known++;
        if (known == count) pids[count++] = pid;
    }
    PL_CHECK(count >= 1 && count <= 2);
    diary_finish();
}

static void test_pool__runs_as_many_at_once_as_asked(void) {
    const char *jobs[12];
    for (int i = 0; i < 12; i++) jobs[i] = "sleep 150";
    struct pl_pool_config config = config_with(4);
    double before = pl_clock_seconds();
    PL_REQUIRE_OK(run_with(&config, jobs, 12));
    double seconds = pl_clock_seconds() - before;
    /* the next job is handed out before the last is reported: one more than workers, briefly */
    PL_CHECK(diary.most_at_once >= 4 && diary.most_at_once <= 5);
    PL_CHECK(seconds < 0.9 * 12 * 0.15);
    diary_finish();
}

static void test_pool__nothing_to_do(void) {
    struct pl_pool_config config = config_with(2);
    PL_REQUIRE_OK(run_with(&config, NULL, 0));
    check_no_children();
}

static void test_pool__passes_over_what_is_not_claimed(void) {
    const char *jobs[] = {"a", "b", "c", "d", "e"};
    struct pl_pool_config config = config_with(2);
    diary.refuse_odd = true;
    PL_REQUIRE_OK(run_with(&config, jobs, 5));
    for (size_t i = 0; i < 5; i++) {
        PL_CHECK_INT(diary.started[i], i % 2 == 0);
        PL_CHECK_INT(diary.finished[i], i % 2 == 0);
    }
    diary_finish();
}

static void test_pool__carries_long_and_odd_texts(void) {
    size_t length = 3 << 20; /* many times what a pipe holds */
    char *large = pl_alloc(length + 1);
    for (size_t i = 0; i < length; i++) large[i] = (char)('a' + i % 26);
    large[length] = 0;
    const char *jobs[] = {"", large, "two\nlines \"and\" \\ quotes \xC3\xA9"};
    struct pl_pool_config config = config_with(1);
    PL_REQUIRE_OK(run_with(&config, jobs, 3));
    check_done(0, "");
    PL_CHECK(pl_result_final(&diary.results[1], "length") == (double)length);
    PL_CHECK(strcmp(diary.results[1].message, large) == 0);
    check_done(2, jobs[2]);
    pl_free(large);
    diary_finish();
}

static void test_pool__a_death_costs_one_job(void) {
    static const struct {
        const char *job, *part;
    } rows[] = {
        {"abort quickly", "SIGABRT"}, {"abort quickly", "about to abort: quickly"},
        {"kill", "SIGKILL"},          {"kill", "it printed nothing"},
        {"exit 3", "status 3"},       {"exit 0", "status 0"},
        {"garbage 1", "no sense"},    {"garbage 100000", "no sense"},
        {"lie", "no sense"},          {"fail", "the job asked for it"},
        {"close", "lived on"},
    };
    enum { COUNT = sizeof rows / sizeof rows[0] };
    for (size_t workers = 1; workers <= 3; workers += 2) {
        const char *jobs[2 * COUNT];
        for (size_t i = 0; i < COUNT; i++) {
            jobs[2 * i] = rows[i].job;
            jobs[2 * i + 1] = "fine";
        }
        struct pl_pool_config config = config_with(workers);
        PL_REQUIRE_OK(run_with(&config, jobs, 2 * COUNT));
        for (size_t i = 0; i < COUNT; i++) {
            check_failed(2 * i, rows[i].part);
            check_done(2 * i + 1, "fine");
        }
        check_no_children();
        diary_finish();
    }
}

static void test_pool__a_hanging_job_is_stopped_at_its_limit(void) {
    const char *jobs[] = {"hang ing", "a", "b", "hang", "c"};
    struct pl_pool_config config = config_with(2);
    config.cell_seconds = 0.8;
    double before = pl_clock_seconds();
    PL_REQUIRE_OK(run_with(&config, jobs, 5));
    double seconds = pl_clock_seconds() - before;
    PL_CHECK(seconds >= 0.8 && seconds < 15);
    check_failed(0, "limit of 0.8 seconds");
    check_failed(0, "hanginging");
    check_failed(3, "limits.cell_seconds");
    PL_CHECK(diary.results[0].seconds >= 0.8);
    check_done(1, "a");
    check_done(2, "b");
    check_done(4, "c");
    check_no_children();
    diary_finish();
}

static void test_pool__keeps_the_end_of_what_a_worker_printed(void) {
    const char *jobs[] = {"chatter 20000", "print silence", "abort after"};
    struct pl_pool_config config = config_with(1);
    PL_REQUIRE_OK(run_with(&config, jobs, 3));
    check_failed(0, "line 19999");
    check_failed(0, "the end of what it printed");
    PL_CHECK(strlen(diary.results[0].message) <= 4096 + 200);
    PL_CHECK(strstr(diary.results[0].message, "line 100\n") == NULL);
    check_done(1, "print silence");
    check_failed(2, "about to abort: after");
    /* what an earlier job printed is not put on a later one */
    PL_CHECK(strstr(diary.results[2].message, "silence") == NULL);
    diary_finish();
}

static void test_pool__sets_the_environment(void) {
    static const char *const variables[] = {"PL_TEST_VARIABLE=seen", NULL};
    const char *jobs[] = {"x"};
    struct pl_pool_config config = config_with(1);
    setenv("PL_TEST_VARIABLE", "ours", 1);
    PL_REQUIRE_OK(run_with(&config, jobs, 1));
    PL_CHECK_TEXT(diary.results[0].provenance, "ours");
    diary_finish();
    config.environment = variables;
    PL_REQUIRE_OK(run_with(&config, jobs, 1));
    PL_CHECK_TEXT(diary.results[0].provenance, "seen");
    unsetenv("PL_TEST_VARIABLE");
    diary_finish();
}

static void test_pool__an_interrupt_stops_at_once(void) {
    static volatile sig_atomic_t flag;
    const char *jobs[] = {"hang", "hang", "hang"};
    struct pl_pool_config config = config_with(2);
    flag = 0;
    config.interrupt = &flag;
    diary.interrupt_at_start = &flag;
    double before = pl_clock_seconds();
    PL_CHECK_FAILS(run_with(&config, jobs, 3), PL_EINTERRUPT, "interrupted");
    PL_CHECK(pl_clock_seconds() - before < 10);
    for (size_t i = 0; i < 3; i++) PL_CHECK_INT(diary.finished[i], 0);
    check_no_children();
    diary_finish();
}

static void test_pool__a_failing_event_stops_the_pool(void) {
    const char *jobs[] = {"a", "b", "hang", "hang", "c"};
    struct pl_pool_config config = config_with(1);
    diary.fail_at = 2;
    PL_CHECK_FAILS(run_with(&config, jobs, 5), PL_ESTORE, "no room for job 1");
    PL_CHECK_INT(diary.finished[0], 1);
    PL_CHECK_INT(diary.finished[4], 0);
    check_no_children();
    diary_finish();
}

static void test_pool__ticks_while_it_waits(void) {
    const char *jobs[] = {"sleep 550"};
    struct pl_pool_config config = config_with(1);
    double before = pl_clock_seconds();
    PL_REQUIRE_OK(run_with(&config, jobs, 1));
    double seconds = pl_clock_seconds() - before;
    PL_CHECK(diary.ticks >= 3 && (double)diary.ticks <= 10 * seconds + 1);
    diary_finish();
}

static void test_pool__says_why_no_worker_starts(void) {
    static const char *const stillborn[] = {"stillborn", NULL};
    const char *jobs[] = {"a", "b"};
    struct pl_pool_config config = config_with(2);
    config.arguments = stillborn;
    PL_CHECK_FAILS(run_with(&config, jobs, 2), PL_EPROCESS, "a library is missing");
    PL_CHECK_INT(diary.finished[0] + diary.finished[1], 0);
    diary_finish();
    config.program = "/nonexistent/program";
    PL_CHECK_FAILS(run_with(&config, jobs, 2), PL_EPROCESS, "/nonexistent/program");
    check_no_children();
    diary_finish();
}

static void test_pool__serve_wants_a_parent(void) {
    /* descriptors 3 and 4 are open or not depending on who runs the tests: a child closes them */
    pid_t child = fork();
    if (child == 0) {
        close(3);
        close(4);
        _exit(pl_pool_serve(NULL, NULL) == PL_EPROCESS && strstr(pl_message(), "not by hand") ? 0
                                                                                              : 1);
    }
    int status;
    PL_REQUIRE(waitpid(child, &status, 0) == child);
    PL_CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static enum pl_status tell_pid(void *ctx, size_t job, long pid) {
    (void)job;
    return write(*(int *)ctx, &pid, sizeof pid) == sizeof pid ? PL_OK : PL_EPROCESS;
}

static enum pl_status ignore(void *ctx, size_t job, const struct pl_result *result) {
    (void)ctx, (void)job, (void)result;
    return PL_OK;
}

static bool dies_within(pid_t pid, double seconds) {
    const struct timespec moment = {.tv_nsec = 5000000};
    double deadline = pl_clock_seconds() + seconds;
    while (kill(pid, 0) == 0 && pl_clock_seconds() < deadline) {
        char path[64], state = 0;
        snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
        FILE *file = fopen(path, "r");
        if (!file || fscanf(file, "%*d (%*[^)]) %c", &state) != 1) state = 'Z';
        if (file) fclose(file);
        if (state == 'Z') return true; /* dead; whoever adopted it reaps it when it likes */
        nanosleep(&moment, NULL);
    }
    return kill(pid, 0) != 0;
}

/* A parent killed with SIGKILL, by its own worker or by us, leaves no worker behind. */
static void test_pool__workers_die_with_their_parent(void) {
    static const char *const jobs[][2] = {{"hang", "orphan"}, {"hang", "hang"}};
    for (int by_us = 0; by_us < 2; by_us++) {
        int ends[2];
        long workers[2];
        PL_REQUIRE(pipe(ends) == 0);
        pid_t parent = fork();
        if (parent == 0) {
            struct pl_pool_config config = config_with(2);
            struct pl_pool_events events = {
                .ctx = &ends[1], .text = text_of, .started = tell_pid, .finished = ignore};
            sent = jobs[by_us];
            _exit(pl_pool_run(&config, 2, &events));
        }
        close(ends[1]); /* so that the reading ends when the parent does */
        int told = 0;
        while (told < 2 && read(ends[0], &workers[told], sizeof *workers) == sizeof *workers)
            told++;
        PL_CHECK(by_us ? told == 2 : told >= 1); /* an orphan may act before its pid is told */
        if (by_us) kill(parent, SIGKILL);
        int status;
        PL_REQUIRE(waitpid(parent, &status, 0) == parent);
        PL_CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        for (int i = 0; i < told; i++) PL_CHECK(dies_within((pid_t)workers[i], 5));
        close(ends[0]);
    }
}

/* What a worker has started ends with it or with the pool, also in a session of its own. */
static void test_pool__grandchildren_end_with_the_pool(void) {
    static const char *const commands[] = {"begets", "begetdie", "leave"};
    struct pl_temp temp;
    pl_temp_init(&temp);
    for (int i = 0; i < 3; i++) {
        char job[512], path[300];
        long pid = 0;
        snprintf(path, sizeof path, "%s/%d", temp.path, i);
        snprintf(job, sizeof job, "%s %s", commands[i], path);
        const char *jobs[] = {job, "fine"};
        struct pl_pool_config config = config_with(1);
        PL_REQUIRE_OK(run_with(&config, jobs, 2));
        FILE *file = fopen(path, "r");
        PL_REQUIRE(file && fscanf(file, "%ld", &pid) == 1);
        fclose(file);
        PL_CHECK(pid > 0 && dies_within((pid_t)pid, 1));
        check_no_children();
        diary_finish();
    }
    pl_temp_finish(&temp);
}

/* So it does when the parent is killed with SIGKILL in the middle of a job, also while all are stopped. */
static void test_pool__grandchildren_end_when_the_parent_is_killed(void) {
    for (int stopped = 0; stopped < 2; stopped++) {
        char job[512], path[300];
        long worker = 0, pid = 0;
        int ends[2];
        struct pl_temp temp;
        pl_temp_init(&temp);
        snprintf(path, sizeof path, "%s/pid", temp.path);
        snprintf(job, sizeof job, "begets %s", path);
        PL_REQUIRE(pipe(ends) == 0);
        pid_t parent = fork();
        if (parent == 0) {
            const char *jobs[] = {job, "hang"};
            struct pl_pool_config config = config_with(1);
            struct pl_pool_events events = {
                .ctx = &ends[1], .text = text_of, .started = tell_pid, .finished = ignore};
            sent = jobs;
            _exit(pl_pool_run(&config, 2, &events));
        }
        close(ends[1]);
        for (int told = 0; told < 2; told++)
            PL_REQUIRE(read(ends[0], &worker, sizeof worker) == sizeof worker);
        FILE *file = fopen(path, "r");
        PL_REQUIRE(file && fscanf(file, "%ld", &pid) == 1 && pid > 0);
        fclose(file);
        if (stopped) PL_REQUIRE(kill(parent, SIGSTOP) == 0 && kill((pid_t)worker, SIGSTOP) == 0);
        kill(parent, SIGKILL);
        PL_REQUIRE(waitpid(parent, NULL, 0) == parent);
        PL_CHECK(dies_within((pid_t)worker, 5));
        PL_CHECK(dies_within((pid_t)pid, 5));
        close(ends[0]);
        pl_temp_finish(&temp);
    }
}

/* A child that the process had before the pool is none of the pool's. */
static void test_pool__leaves_other_children_alone(void) {
    const char *jobs[] = {"fine"};
    pid_t own = fork();
    if (own == 0) {
        sleep(60);
        _exit(0);
    }
    struct pl_pool_config config = config_with(1);
    PL_REQUIRE_OK(run_with(&config, jobs, 1));
    PL_CHECK(waitpid(own, NULL, WNOHANG) == 0);
    kill(own, SIGKILL);
    PL_CHECK(waitpid(own, NULL, 0) == own);
    diary_finish();
}

static void test_pool__a_stop_does_not_count(void) {
    const char *jobs[] = {"stop 1500", "sleep 5"};
    struct pl_pool_config config = config_with(1);
    config.cell_seconds = 0.7;
    PL_REQUIRE_OK(run_with(&config, jobs, 2));
    check_done(0, jobs[0]);
    check_done(1, jobs[1]);
    diary_finish();
}

/* Parent and worker are stopped together, as by a scheduler: neither sees the other stop. */
static enum pl_status stop_both(void *ctx, size_t job, long pid) {
    (void)ctx, (void)job;
    pid_t self = getpid(), waker = fork();
    if (waker == 0) {
        usleep(100000);
        kill(self, SIGSTOP);
        kill((pid_t)pid, SIGSTOP);
        usleep(3000000);
        kill((pid_t)pid, SIGCONT);
        kill(self, SIGCONT);
        _exit(0);
    }
    return PL_OK;
}

static void test_pool__a_stop_of_all_does_not_count(void) {
    const char *jobs[] = {"sleep 500"};
    pid_t parent = fork();
    if (parent == 0) {
        struct pl_pool_config config = config_with(1);
        struct pl_pool_events events = {&diary, text_of, claim, stop_both, finished, tick};
        sent = jobs;
        config.cell_seconds = 2;
        enum pl_status status = pl_pool_run(&config, 1, &events);
        _exit(status == PL_OK && diary.results[0].outcome == PL_DONE ? 0 : 1);
    }
    int status;
    PL_REQUIRE(waitpid(parent, &status, 0) == parent);
    PL_CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

const struct pl_test pl_suite_pool[] = {
    {"answers_every_job_once", test_pool__answers_every_job_once},
    {"keeps_workers_alive_between_jobs", test_pool__keeps_workers_alive_between_jobs},
    {"runs_as_many_at_once_as_asked", test_pool__runs_as_many_at_once_as_asked},
    {"nothing_to_do", test_pool__nothing_to_do},
    {"passes_over_what_is_not_claimed", test_pool__passes_over_what_is_not_claimed},
    {"carries_long_and_odd_texts", test_pool__carries_long_and_odd_texts},
    {"a_death_costs_one_job", test_pool__a_death_costs_one_job},
    {"a_hanging_job_is_stopped_at_its_limit", test_pool__a_hanging_job_is_stopped_at_its_limit},
    {"keeps_the_end_of_what_a_worker_printed", test_pool__keeps_the_end_of_what_a_worker_printed},
    {"sets_the_environment", test_pool__sets_the_environment},
    {"an_interrupt_stops_at_once", test_pool__an_interrupt_stops_at_once},
    {"a_failing_event_stops_the_pool", test_pool__a_failing_event_stops_the_pool},
    {"ticks_while_it_waits", test_pool__ticks_while_it_waits},
    {"says_why_no_worker_starts", test_pool__says_why_no_worker_starts},
    {"grandchildren_end_with_the_pool", test_pool__grandchildren_end_with_the_pool},
    {"grandchildren_end_when_the_parent_is_killed",
     test_pool__grandchildren_end_when_the_parent_is_killed},
    {"leaves_other_children_alone", test_pool__leaves_other_children_alone},
    {"a_stop_does_not_count", test_pool__a_stop_does_not_count},
    {"a_stop_of_all_does_not_count", test_pool__a_stop_of_all_does_not_count},
    {"serve_wants_a_parent", test_pool__serve_wants_a_parent},
    {"workers_die_with_their_parent", test_pool__workers_die_with_their_parent},
    {0},
};
