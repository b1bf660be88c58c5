#include "core/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/support.h"

/* ---- a folder with one file ------------------------------------------------------------------- */

static const char before[] = "what was there before\n";

struct scene {
    struct pl_temp temp;
    char path[300]; /* holds [before] */
};

static char *in(const struct scene *scene, const char *name) {
    static char paths[4][320];
    static int turn;
    char *path = paths[turn++ % 4];
    snprintf(path, 320, "%s/%s", scene->temp.path, name);
    return path;
}

static void put(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    PL_REQUIRE(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

static void scene_init(struct scene *scene) {
    pl_temp_init(&scene->temp);
    snprintf(scene->path, sizeof scene->path, "%s/out.json", scene->temp.path);
    put(scene->path, before);
}

static void check_holds(const char *path, const char *expected) {
    char text[4096] = "";
    FILE *file = fopen(path, "r");
    PL_REQUIRE(file != NULL);
    text[fread(text, 1, sizeof text - 1, file)] = 0;
    fclose(file);
    PL_CHECK_TEXT(text, expected);
}

/* How many files there are, hidden ones too. */
static size_t file_count(const struct scene *scene) {
    glob_t found = {0};
    size_t count = 0;
    if (glob(in(scene, "*"), 0, NULL, &found) == 0) count += found.gl_pathc;
    globfree(&found);
    found = (glob_t){0};
    if (glob(in(scene, ".p*"), 0, NULL, &found) == 0) count += found.gl_pathc;
    globfree(&found);
    return count;
}

static enum pl_status write_text(const char *path, const char *text) {
    return pl_file_write(path, text, strlen(text));
}

static mode_t mode_of(const char *path) {
    struct stat info;
    PL_REQUIRE(stat(path, &info) == 0);
    return info.st_mode & 07777;
}

/* ---- reading ---------------------------------------------------------------------------------- */

static void test_file__reads_what_is_there(void) {
    struct scene scene;
    struct pl_strbuf text;
    char *bytes = pl_alloc(200000);
    scene_init(&scene);
    pl_strbuf_init(&text);
    pl_strbuf_add(&text, "> ");
    PL_REQUIRE_OK(pl_file_read(&text, scene.path, 100));
    PL_CHECK_TEXT(text.text, "> what was there before\n");
    for (int k = 0; k < 200000; k++) bytes[k] = (char)(k * 7);
    PL_REQUIRE_OK(pl_file_write(scene.path, bytes, 200000));
    pl_strbuf_clear(&text);
    PL_REQUIRE_OK(pl_file_read(&text, scene.path, 200000));
    PL_CHECK(text.length == 200000 && memcmp(text.text, bytes, 200000) == 0);
    pl_strbuf_finish(&text);
    pl_free(bytes);
    pl_temp_finish(&scene.temp);
}

static void test_file__says_why_it_cannot_be_read(void) {
    struct scene scene;
    struct pl_strbuf text;
    scene_init(&scene);
    pl_strbuf_init(&text);
    pl_strbuf_add(&text, "kept");
    PL_CHECK_FAILS(pl_file_read(&text, in(&scene, "none"), 100), PL_ESTORE,
                   "/none cannot be read: No such file");
    PL_CHECK_FAILS(pl_file_read(&text, scene.temp.path, 100), PL_ESTORE, "Is a directory");
    PL_CHECK_FAILS(pl_file_read(&text, scene.path, strlen(before) - 1), PL_ESTORE,
                   "out.json cannot be read: it is larger than 21 bytes");
    PL_CHECK_FAILS(pl_file_read(&text, "/dev/zero", 1000), PL_ESTORE, "larger than 1000 bytes");
    PL_CHECK_TEXT(text.text, "kept");
    PL_REQUIRE_OK(pl_file_read(&text, scene.path, strlen(before)));
    pl_strbuf_finish(&text);
    pl_temp_finish(&scene.temp);
}

/* ---- writing ---------------------------------------------------------------------------------- */

static void test_file__replaces_and_makes(void) {
    struct scene scene;
    mode_t mask = umask(027);
    scene_init(&scene);
    PL_REQUIRE(chmod(scene.path, 0604) == 0);
    PL_REQUIRE_OK(write_text(scene.path, "new"));
    check_holds(scene.path, "new");
    PL_CHECK_INT(mode_of(scene.path), 0604);
    PL_REQUIRE_OK(write_text(in(&scene, "other"), ""));
    check_holds(in(&scene, "other"), "");
    PL_CHECK_INT(mode_of(in(&scene, "other")), 0640);
    PL_CHECK_INT((long long)file_count(&scene), 2);
    umask(mask);
    pl_temp_finish(&scene.temp);
}

static void test_file__follows_links(void) {
    struct scene scene;
    struct stat info;
    scene_init(&scene);
    PL_REQUIRE(mkdir(in(&scene, "far"), 0777) == 0);
    PL_REQUIRE(symlink("../out.json", in(&scene, "far/link")) == 0);
    PL_REQUIRE(symlink("far/link", in(&scene, "link")) == 0);
    PL_REQUIRE(symlink("far/not-yet", in(&scene, "dangling")) == 0);
    PL_REQUIRE(symlink("circle", in(&scene, "circle")) == 0);
    PL_REQUIRE_OK(write_text(in(&scene, "link"), "through two links"));
    check_holds(scene.path, "through two links");
    PL_REQUIRE(lstat(in(&scene, "link"), &info) == 0);
    PL_CHECK(S_ISLNK(info.st_mode));
    PL_REQUIRE_OK(write_text(in(&scene, "dangling"), "made"));
    check_holds(in(&scene, "far/not-yet"), "made");
    PL_CHECK_FAILS(write_text(in(&scene, "circle"), "x"), PL_ESTORE,
                   "circle cannot be written: Too many levels");
    pl_temp_finish(&scene.temp);
}

static void write_standard(void *context) {
    const struct scene *scene = context;
    int log = open(scene->path, O_WRONLY | O_APPEND);
    if (log < 0 || dup2(log, STDOUT_FILENO) < 0) exit(9);
    printf("said; "); /* stands in the buffer of stdout */
    if (write_text("/dev/stdout", "written; ") != PL_OK) exit(8);
    printf("said again");
    if (fflush(stdout) != 0) exit(7);
    exit(0);
}

static void test_file__appends_where_stdout_does(void) {
    struct scene scene;
    struct pl_apart apart;
    scene_init(&scene);
    pl_run_apart(&apart, write_standard, &scene);
    PL_CHECK_INT(apart.exit_status, 0);
    check_holds(scene.path, "what was there before\nsaid; written; said again");
    PL_CHECK_INT((long long)file_count(&scene), 1);
    pl_temp_finish(&scene.temp);
}

static void test_file__writes_into_a_pipe_and_a_device(void) {
    struct scene scene;
    char text[32] = "";
    scene_init(&scene);
    const char *fifo = in(&scene, "fifo");
    PL_REQUIRE(mkfifo(fifo, 0666) == 0);
    int reader = open(fifo, O_RDONLY | O_NONBLOCK);
    PL_REQUIRE(reader >= 0);
    PL_REQUIRE_OK(write_text(fifo, "through"));
    PL_CHECK_INT(read(reader, text, sizeof text - 1), 7);
    PL_CHECK_TEXT(text, "through");
    close(reader);
    PL_REQUIRE_OK(write_text("/dev/null", "gone"));
    if (access("/dev/full", W_OK) == 0)
        PL_CHECK_FAILS(write_text("/dev/full", "much"), PL_ESTORE,
                       "/dev/full cannot be written: No space left");
    pl_temp_finish(&scene.temp);
}

static void test_file__says_why_it_cannot_be_written(void) {
    struct scene scene;
    scene_init(&scene);
    PL_CHECK_FAILS(write_text(in(&scene, "no/such"), "x"), PL_ESTORE,
                   "no/such cannot be written: No such file");
    PL_CHECK_FAILS(write_text(scene.temp.path, "x"), PL_ESTORE, "Is a directory");
    PL_CHECK_FAILS(write_text("", "x"), PL_ESTORE, "No such file");
    PL_CHECK_INT((long long)file_count(&scene), 1);
    pl_temp_finish(&scene.temp);
}

/* As somebody who is not root, to whom permissions mean nothing. */
static void write_forbidden(void *context) {
    const struct scene *scene = context;
    if (geteuid() == 0 && setuid(65534) != 0) exit(9);
    if (write_text(scene->path, "x") != PL_ESTORE) exit(1);
    if (!strstr(pl_message(), "Permission denied")) exit(2);
    exit(0);
}

static void test_file__respects_who_may_write(void) {
    struct scene scene;
    struct pl_apart apart;
    scene_init(&scene);
    PL_REQUIRE(chmod(scene.temp.path, 0777) == 0); /* a new file could be made there */
    PL_REQUIRE(chmod(scene.path, 0444) == 0);
    pl_run_apart(&apart, write_forbidden, &scene);
    PL_CHECK_INT(apart.exit_status, 0);
    check_holds(scene.path, before);
    pl_temp_finish(&scene.temp);
}

/* ---- failures injected: the old file is whole, and nothing is left beside it ------------------ */

static void fail_in_the_middle(void *context) {
    struct scene *scene = context;
    const struct rlimit limit = {50000, 50000};
    char *bytes = pl_alloc_zero(100000, 1);
    signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) exit(9);
    if (pl_file_write(scene->path, bytes, 100000) != PL_ESTORE) exit(1);
    if (!strstr(pl_message(), "File too large; what it held before is unchanged")) exit(2);
    if (pl_file_write(in(scene, "new"), bytes, 100000) != PL_ESTORE) exit(3);
    if (strstr(pl_message(), "unchanged") || access(in(scene, "new"), F_OK) == 0) exit(4);
    exit(0);
}

static void test_file__a_write_that_fails_leaves_the_old_file(void) {
    struct scene scene;
    struct pl_apart apart;
    scene_init(&scene);
    pl_run_apart(&apart, fail_in_the_middle, &scene);
    PL_CHECK_INT(apart.exit_status, 0);
    check_holds(scene.path, before);
    PL_CHECK_INT((long long)file_count(&scene), 1);
    pl_temp_finish(&scene.temp);
}

static void test_file__a_flush_that_fails_leaves_the_old_file(void) {
    struct scene scene;
    struct pl_file file;
    scene_init(&scene);
    PL_REQUIRE_OK(pl_file_create(&file, scene.path));
    pl_file_put(&file, "stands in the buffer", sizeof "stands in the buffer" - 1);
    close(fileno(file.stream)); /* behind its back */
    PL_CHECK_FAILS(pl_file_commit(&file), PL_ESTORE, "Bad file descriptor; what it held before");
    check_holds(scene.path, before);
    PL_CHECK_INT((long long)file_count(&scene), 1);
    pl_temp_finish(&scene.temp);
}

static void test_file__a_rename_that_fails_leaves_what_is_there(void) {
    struct scene scene;
    struct pl_file file;
    scene_init(&scene);
    PL_REQUIRE_OK(pl_file_create(&file, scene.path));
    pl_file_put(&file, "new", sizeof "new" - 1);
    PL_REQUIRE(unlink(scene.path) == 0 && mkdir(scene.path, 0777) == 0);
    PL_CHECK_FAILS(pl_file_commit(&file), PL_ESTORE, "out.json cannot be written");
    PL_CHECK_INT((long long)file_count(&scene), 1);
    pl_temp_finish(&scene.temp);
}

static void write_for_ever(const char *path) {
    char text[30000];
    for (unsigned k = 0;; k++) {
        memset(text, 'a' + (int)(k % 26), sizeof text);
        if (pl_file_write(path, text, sizeof text) != PL_OK) _exit(1);
    }
}

/* Killed at any instant, the file holds one of its versions, whole. */
static void test_file__survives_a_kill_at_any_instant(void) {
    struct scene scene;
    struct pl_strbuf text;
    scene_init(&scene);
    pl_strbuf_init(&text);
    for (int k = 0; k < 40; k++) {
        pid_t child = fork();
        if (child == 0) write_for_ever(scene.path);
        usleep(1000 + 317 * (useconds_t)k);
        kill(child, SIGKILL);
        PL_REQUIRE(waitpid(child, NULL, 0) == child);
        pl_strbuf_clear(&text);
        PL_REQUIRE_OK(pl_file_read(&text, scene.path, 100000));
        size_t same = strspn(text.text, (char[]){*text.text, 0});
        PL_CHECK(strcmp(text.text, before) == 0 || (text.length == 30000 && same == 30000));
    }
    pl_strbuf_finish(&text);
    pl_temp_finish(&scene.temp);
}

static void test_file__may_be_given_up(void) {
    struct scene scene;
    struct pl_file file;
    scene_init(&scene);
    PL_REQUIRE_OK(pl_file_create_beside(&file, scene.path, in(&scene, "out.new")));
    pl_file_put(&file, "half", sizeof "half" - 1);
    PL_CHECK(access(in(&scene, "out.new"), F_OK) == 0);
    pl_file_discard(&file);
    pl_file_discard(&file);
    check_holds(scene.path, before);
    PL_CHECK_INT((long long)file_count(&scene), 1);
    pl_temp_finish(&scene.temp);
}

/* ---- folders ---------------------------------------------------------------------------------- */

static void test_file__makes_folders(void) {
    struct scene scene;
    struct stat info;
    scene_init(&scene);
    PL_REQUIRE_OK(pl_folder_make(in(&scene, "a/b//c/")));
    PL_REQUIRE_OK(pl_folder_make(in(&scene, "a/b/c")));
    PL_REQUIRE(stat(in(&scene, "a/b/c"), &info) == 0);
    PL_CHECK(S_ISDIR(info.st_mode));
    PL_REQUIRE_OK(pl_folder_make_for(in(&scene, "d/file")));
    PL_CHECK(access(in(&scene, "d"), F_OK) == 0 && access(in(&scene, "d/file"), F_OK) != 0);
    PL_REQUIRE_OK(pl_folder_make_for("bare"));
    PL_CHECK_FAILS(pl_folder_make(in(&scene, "out.json/a")), PL_ESTORE,
                   "out.json: the folder could not be made");
    pl_temp_finish(&scene.temp);
}

const struct pl_test pl_suite_file[] = {
    {"reads_what_is_there", test_file__reads_what_is_there},
    {"says_why_it_cannot_be_read", test_file__says_why_it_cannot_be_read},
    {"replaces_and_makes", test_file__replaces_and_makes},
    {"follows_links", test_file__follows_links},
    {"appends_where_stdout_does", test_file__appends_where_stdout_does},
    {"writes_into_a_pipe_and_a_device", test_file__writes_into_a_pipe_and_a_device},
    {"says_why_it_cannot_be_written", test_file__says_why_it_cannot_be_written},
    {"respects_who_may_write", test_file__respects_who_may_write},
    {"a_write_that_fails_leaves_the_old_file", test_file__a_write_that_fails_leaves_the_old_file},
    {"a_flush_that_fails_leaves_the_old_file", test_file__a_flush_that_fails_leaves_the_old_file},
    {"a_rename_that_fails_leaves_what_is_there",
     test_file__a_rename_that_fails_leaves_what_is_there},
    {"survives_a_kill_at_any_instant", test_file__survives_a_kill_at_any_instant},
    {"may_be_given_up", test_file__may_be_given_up},
    {"makes_folders", test_file__makes_folders},
    {0},
};
