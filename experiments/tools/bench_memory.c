#include "experiments/tools/bench_memory.h"

#include <math.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "experiments/tools/bench_subject.h"

static double own_peak(void) {
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? 1024e-6 * (double)usage.ru_maxrss : NAN;
}

static double peak_of(const struct pl_bench_model *model, const char *variant,
                      const struct pl_backend *backend) {
    struct pl_dataset data = {0};
    struct pl_subject subject;
    if (!model) return own_peak();
    enum pl_status status = pl_subject_data(&data, &model->size);
    if (status == PL_OK) status = pl_subject_init(&subject, model, variant, backend, &data);
    if (status != PL_OK) return NAN; /* the process ends, and with it whatever there is */
    for (int k = 0; k < 2; k++) pl_subject_step(&subject);
    pl_trainer_evaluate(subject.job.trainer, PL_TRAIN);
    return own_peak();
}

double pl_bench_memory(const struct pl_bench_model *model, const char *variant,
                       const struct pl_backend *backend) {
    int ends[2];
    double found = NAN;
    if (pipe(ends) != 0) return NAN;
    pid_t child = fork();
    if (child == 0) {
        found = peak_of(model, variant, backend);
        _exit(write(ends[1], &found, sizeof found) == (ssize_t)sizeof found ? 0 : 1);
    }
    close(ends[1]);
    if (child < 0 || read(ends[0], &found, sizeof found) != (ssize_t)sizeof found) found = NAN;
    close(ends[0]);
    if (child > 0) waitpid(child, NULL, 0);
    return found;
}
