#include "core/base/alloc.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Allocations left before one is refused, that one included; 0 while no refusal is asked for. */
static long refuse_in;

static int refused_by_test(void) {
    return refuse_in > 0 && --refuse_in == 0;
}

static void die(size_t count, size_t size) PL_NORETURN;

static void die(size_t count, size_t size) {
    fprintf(stderr,
            "plumbline: the system refused memory for %zu x %zu bytes; "
            "free some memory, run fewer workers (-j), or make the study smaller\n",
            count, size);
    exit(pl_status_exit(PL_EMEMORY));
}

void *pl_alloc(size_t bytes) {
    void *memory = refused_by_test() ? NULL : malloc(bytes ? bytes : 1);
    if (!memory) die(1, bytes);
    return memory;
}

void *pl_alloc_zero(size_t count, size_t size) {
    void *memory;
    if (!count || !size) count = size = 1;
    memory = size > SIZE_MAX / count || refused_by_test() ? NULL : calloc(count, size);
    if (!memory) die(count, size);
    return memory;
}

void *pl_realloc(void *old, size_t bytes) {
    void *memory = refused_by_test() ? NULL : realloc(old, bytes ? bytes : 1);
    if (!memory) die(1, bytes);
    return memory;
}

char *pl_strdup(const char *text) {
    size_t bytes = strlen(text) + 1;
    return memcpy(pl_alloc(bytes), text, bytes);
}

void pl_free(void *memory) {
    free(memory);
}

/* Memory of this machine, or 0 where the system does not say. */
static double machine_bytes(void) {
#ifdef _SC_PHYS_PAGES
    long pages = sysconf(_SC_PHYS_PAGES);
    long page = sysconf(_SC_PAGESIZE);
    if (pages > 0 && page > 0) return (double)pages * (double)page;
#endif
    return 0;
}

static void print_bytes(char out[32], double bytes) {
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    size_t unit = 0;
    while (bytes >= 1024 && unit + 1 < sizeof units / sizeof units[0]) {
        bytes /= 1024;
        unit++;
    }
    snprintf(out, 32, "%.*f %s", unit ? 1 : 0, bytes, units[unit]);
}

static enum pl_status refuse(size_t bytes, const char *what) {
    char needed[32], present[32];
    double machine = machine_bytes();
    print_bytes(needed, (double)bytes);
    print_bytes(present, machine);
    if (machine > 0 && (double)bytes > machine)
        return pl_fail(PL_EMEMORY,
                       "the %s needs %s, which is more than the %s of this machine; "
                       "make the model, the batch or the data set smaller",
                       what, needed, present);
    return pl_fail(PL_EMEMORY,
                   "the %s needs %s, which the system refused; free some memory, run fewer "
                   "workers (-j), or make the model, the batch or the data set smaller",
                   what, needed);
}

/* A system that promises more memory than it has would kill us at the first touch, so what cannot
 * fit is refused here. */
/* Memory of that much and more is given huge pages, where the system has them: a step walks through all
 * of it, and with small pages waits for their addresses (3 to 6 % of a step of 64/256/20). */
enum { HUGE_PAGE = 2 << 20 };

enum pl_status pl_alloc_try(void **out, size_t bytes, size_t alignment, const char *what) {
    double machine = machine_bytes();
    size_t rounded = bytes ? bytes : 1;
    void *memory = NULL;
    PL_ASSERT(alignment >= sizeof(void *) && (alignment & (alignment - 1)) == 0);
    *out = NULL;
    if (refused_by_test() || (machine > 0 && (double)bytes > machine)) return refuse(bytes, what);
    int huge = rounded >= HUGE_PAGE;
    if (huge && alignment < HUGE_PAGE) alignment = HUGE_PAGE;
    if (posix_memalign(&memory, alignment, rounded) != 0) return refuse(bytes, what);
#ifdef MADV_HUGEPAGE
    if (huge) madvise(memory, rounded, MADV_HUGEPAGE);
#endif
    *out = memset(memory, 0, rounded);
    return PL_OK;
}

void pl_alloc_fail_after(long n) {
    refuse_in = n;
}
