#include "experiments/cli/submit_script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "core/base/file.h"
#include "core/base/log.h"

/* One word of a shell, whatever is in it. */
static void add_word(struct pl_strbuf *out, const char *text) {
    pl_strbuf_add(out, " '");
    for (; *text; text++) {
        if (*text == '\'')
            pl_strbuf_add(out, "'\\''");
        else
            pl_strbuf_add_bytes(out, text, 1);
    }
    pl_strbuf_add(out, "'");
}

static void add_option(struct pl_strbuf *out, const char *name, const char *value) {
    if (value) pl_strbuf_addf(out, "#SBATCH --%s=%s\n", name, value);
}

/* Quoted, since a folder may have blanks: Slurm reads these lines as a shell would. */
static void add_log(struct pl_strbuf *out, const struct pl_submit *submit, const char *pattern) {
    pl_strbuf_addf(out, "#SBATCH --output=\"%s/%s/submit/%s\"\n", submit->results, submit->name,
                   pattern);
}

static void add_common(const struct pl_submit *submit, struct pl_strbuf *out) {
    pl_strbuf_addf(out, "#SBATCH --job-name=\"plumbline-%s\"\n", submit->name);
    add_option(out, "partition", submit->partition);
    if (submit->sbatch) pl_strbuf_addf(out, "#SBATCH %s\n", submit->sbatch);
}

/* "'/path/plumbline' run 'study.yaml' 'seeds=3' --plugin 'x.so'" */
static void add_call(const struct pl_submit *submit, const char *command, struct pl_strbuf *out) {
    add_word(out, submit->program);
    pl_strbuf_addf(out, " %s", command);
    add_word(out, submit->study);
    for (size_t k = 0; k < submit->override_count; k++) add_word(out, submit->overrides[k]);
    for (size_t k = 0; k < submit->plugin_count; k++) {
        pl_strbuf_add(out, " --plugin");
        add_word(out, submit->plugins[k]);
    }
}

static void add_folder(const struct pl_submit *submit, struct pl_strbuf *out) {
    pl_strbuf_add(out, "set -eu\ncd");
    add_word(out, submit->folder);
    pl_strbuf_add(out, "\n");
}

void pl_submit_array(const struct pl_submit *submit, struct pl_strbuf *out) {
    pl_strbuf_add(out, "#!/bin/sh\n");
    add_common(submit, out);
    pl_strbuf_addf(out, "#SBATCH --array=1-%ld\n#SBATCH --nodes=1\n#SBATCH --ntasks=1\n",
                   submit->shards);
    pl_strbuf_addf(out, "#SBATCH --cpus-per-task=%ld\n", submit->cpus);
    add_option(out, "time", submit->time);
    add_option(out, "mem", submit->memory);
    add_log(out, submit, "%A_%a.log");
    pl_strbuf_add(out, "#SBATCH --open-mode=append\n#SBATCH --requeue\n"
                       "#SBATCH --signal=B:TERM@60\n");
    add_folder(submit, out);
    pl_strbuf_add(out,
                  "# SQLite's log is for a disk of the node's own; what is finished is published.\n"
                  "local=$(mktemp -d \"${TMPDIR:-/tmp}/plumbline-XXXXXX\")\n"
                  "trap 'rm -rf \"$local\"' EXIT\n");
    add_call(submit, "run", out);
    pl_strbuf_addf(out, " \\\n    --shard \"$SLURM_ARRAY_TASK_ID/%ld\" --jobs %ld", submit->shards,
                   submit->cpus);
    pl_strbuf_add(out, " --results \"$local\" --publish");
    add_word(out, submit->results);
    pl_strbuf_add(out, " &\n"
                       "run=$!\n"
                       "trap 'kill -TERM \"$run\" 2>/dev/null || true' TERM\n"
                       "status=0\n"
                       "wait \"$run\" || status=$?\n"
                       "while kill -0 \"$run\" 2>/dev/null; do # a signal ended the wait\n"
                       "    status=0\n"
                       "    wait \"$run\" || status=$?\n"
                       "done\n"
                       "exit \"$status\"\n");
}

void pl_submit_merge(const struct pl_submit *submit, struct pl_strbuf *out) {
    pl_strbuf_add(out, "#!/bin/sh\n");
    add_common(submit, out);
    pl_strbuf_add(out, "#SBATCH --ntasks=1\n");
    add_option(out, "time", submit->time);
    add_log(out, submit, "%j_merge.log");
    add_folder(submit, out);
    pl_strbuf_add(out, "exec");
    add_call(submit, "merge", out);
    pl_strbuf_add(out, " --results");
    add_word(out, submit->results);
    pl_strbuf_add(out, "\n");
}

/* Gives the script to sbatch; [job] gets what it calls the job. */
static enum pl_status submit_script(const char *path, const char *dependency, char *job,
                                    size_t size, struct pl_arena *arena) {
    FILE *pipe;
    size_t length = 0;
    const char *command =
        pl_arena_printf(arena, "exec sbatch --parsable %s%s \"$PLUMBLINE_SCRIPT\"",
                        dependency ? "--dependency=afterany:" : "", dependency ? dependency : "");
    setenv("PLUMBLINE_SCRIPT", path, 1);
    fflush(NULL);
    pipe = popen(command, "r");
    if (pipe) length = fread(job, 1, size - 1, pipe);
    job[length] = 0;
    job[strcspn(job, ";\n")] = 0; /* "ID;CLUSTER" */
    int status = pipe ? pclose(pipe) : -1;
    unsetenv("PLUMBLINE_SCRIPT");
    if (status == 0 && *job && strspn(job, "0123456789") == strlen(job)) return PL_OK;
    return pl_fail(PL_EPROCESS,
                   "sbatch did not take %s (status %d); is this machine part of a Slurm cluster? "
                   "--print shows the scripts",
                   path, WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}

enum pl_status pl_submit_hand_over(const struct pl_submit *submit, const struct pl_strbuf *array,
                                   const struct pl_strbuf *merge, struct pl_arena *arena) {
    const char *folder = pl_arena_printf(arena, "%s/%s/submit", submit->results, submit->name);
    const char *array_path = pl_arena_printf(arena, "%s/array.sh", folder);
    const char *merge_path = pl_arena_printf(arena, "%s/merge.sh", folder);
    char array_job[64], merge_job[64];
    PL_TRY(pl_file_write(array_path, array->text, array->length));
    PL_TRY(pl_file_write(merge_path, merge->text, merge->length));
    PL_TRY(submit_script(array_path, NULL, array_job, sizeof array_job, arena));
    PL_TRY(submit_script(merge_path, array_job, merge_job, sizeof merge_job, arena));
    printf("array %s\nmerge %s\n", array_job, merge_job);
    pl_info("logs and scripts: %s; `plumbline status` says how far it is", folder);
    return PL_OK;
}
