#include <stdlib.h>
#include <string.h>

#include "core/backend/opencl/opencl.h"
#include "core/base/log.h"
#include "core/graph/op.h"

enum { WORTH_TELLING = 1000 }; /* calls; a conformance suite makes thousands of small programs */

bool pl_cl_profile_wanted(void) {
    const char *asked = getenv("PLUMBLINE_PROFILE");
    return pl_log_level() >= PL_LOG_DEBUG || (asked && *asked && strcmp(asked, "0") != 0);
}

void pl_cl_profile_add(struct pl_cl_profile *profile, enum pl_op op, cl_event first,
                       cl_event last) {
    PL_VEC_PUSH(&profile->open, (struct pl_cl_timed){op, first, last});
}

static cl_ulong moment(cl_event event, cl_profiling_info which) {
    cl_ulong time = 0;
    clGetEventProfilingInfo(event, which, sizeof time, &time, NULL);
    return time;
}

void pl_cl_profile_collect(struct pl_cl_profile *profile) {
    for (size_t k = 0; k < profile->open.count; k++) {
        struct pl_cl_timed *timed = &profile->open.items[k];
        cl_ulong start = moment(timed->first, CL_PROFILING_COMMAND_START);
        cl_ulong end = moment(timed->last, CL_PROFILING_COMMAND_END);
        profile->seconds[timed->op] += end > start ? 1e-9 * (double)(end - start) : 0;
        profile->count[timed->op]++;
        if (timed->last != timed->first) clReleaseEvent(timed->last);
        clReleaseEvent(timed->first);
    }
    profile->open.count = 0;
}

/* The dearest operator that has not been told; PL_OPS when all have. */
static int dearest(const struct pl_cl_profile *profile, const bool *told) {
    int found = PL_OPS;
    for (int op = 0; op < PL_OPS; op++)
        if (!told[op] && profile->count[op] > 0 &&
            (found == PL_OPS || profile->seconds[op] > profile->seconds[found]))
            found = op;
    return found;
}

static void tell(const struct pl_cl_profile *profile, const char *device, double total) {
    bool told[PL_OPS] = {false};
    pl_info("times on %s: operator, calls, microseconds a call, share of %.3f ms", device,
            1e3 * total);
    for (int op; (op = dearest(profile, told)) < PL_OPS; told[op] = true)
        pl_info("  %-18s %9ld %9.1f %5.1f%%", pl_op_info((enum pl_op)op)->name, profile->count[op],
                1e6 * profile->seconds[op] / (double)profile->count[op],
                100 * profile->seconds[op] / total);
}

void pl_cl_profile_finish(struct pl_cl_profile *profile, const char *device) {
    double total = 0;
    long calls = 0;
    for (int op = 0; op < PL_OPS; op++) {
        total += profile->seconds[op];
        calls += profile->count[op];
    }
    if (calls >= WORTH_TELLING && total > 0) tell(profile, device, total);
    PL_VEC_FINISH(&profile->open);
}
