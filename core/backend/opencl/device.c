/* Which device: every device of every platform is listed in the order of the drivers, up to MOST,
 * and the one that `--device` or PLUMBLINE_OPENCL names is taken (a number P:D, or a part of a
 * name), or without a choice the first GPU, else the first device. Nothing is opened here. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/backend/opencl/opencl.h"

/* ---- errors ---- */

static const struct {
    cl_int error;
    enum pl_status status;
    const char *text;
} errors[] = {
    {CL_DEVICE_NOT_FOUND, PL_EBACKEND, "no device"},
    {CL_DEVICE_NOT_AVAILABLE, PL_EBACKEND, "the device is not available"},
    {CL_COMPILER_NOT_AVAILABLE, PL_EBACKEND, "the driver has no compiler"},
    {CL_MEM_OBJECT_ALLOCATION_FAILURE, PL_EMEMORY, "out of device memory"},
    {CL_INVALID_BUFFER_SIZE, PL_EMEMORY, "more than the device gives in one piece"},
    {CL_OUT_OF_RESOURCES, PL_EMEMORY, "out of device resources"},
    {CL_OUT_OF_HOST_MEMORY, PL_EMEMORY, "out of host memory"},
    {CL_BUILD_PROGRAM_FAILURE, PL_EBACKEND, "the program does not build"},
    {CL_INVALID_WORK_GROUP_SIZE, PL_EBACKEND, "the device refuses the size of a work group"},
    {CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST, PL_EBACKEND, "an earlier command failed"},
};
enum { ERRORS = sizeof errors / sizeof errors[0] };

const char *pl_cl_error(cl_int error) {
    static char number[32]; /* one thread */
    for (int k = 0; k < ERRORS; k++)
        if (errors[k].error == error) return errors[k].text;
    snprintf(number, sizeof number, "error %d", (int)error);
    return number;
}

enum pl_status pl_cl_fail(cl_int error, const char *format, ...) {
    char what[256];
    va_list arguments;
    enum pl_status status = PL_EBACKEND;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    for (int k = 0; k < ERRORS; k++)
        if (errors[k].error == error) status = errors[k].status;
    return pl_fail(status, "%s: %s", what, pl_cl_error(error));
}

/* ---- what is there ---- */

enum { PLATFORMS = 16, DEVICES = 16, MOST = 64 };

struct list {
    struct pl_cl_device items[MOST];
    int count;
};

/* Without the blanks that some drivers put around their names. */
static void trim(char *text) {
    size_t first = strspn(text, " \t\n"), length = strlen(text);
    while (length > first && isspace((unsigned char)text[length - 1])) length--;
    memmove(text, text + first, length - first);
    text[length - first] = '\0';
}

/* A text longer than its place is an error of OpenCL, and reads "unknown". */
static void settle(cl_int error, char *text, size_t size) {
    if (error != CL_SUCCESS) snprintf(text, size, "unknown");
    trim(text);
}

static void read_names(struct pl_cl_device *device) {
    const struct {
        cl_platform_info what;
        char *text;
        size_t size;
    } platform[] = {{CL_PLATFORM_NAME, device->platform_name, sizeof device->platform_name},
                    {CL_PLATFORM_VENDOR, device->vendor, sizeof device->vendor}},
      own[] = {{CL_DEVICE_NAME, device->name, sizeof device->name},
               {CL_DRIVER_VERSION, device->driver, sizeof device->driver}};
    cl_device_type type = 0;
    for (int k = 0; k < 2; k++) {
        settle(clGetPlatformInfo(device->platform, platform[k].what, platform[k].size,
                                 platform[k].text, NULL),
               platform[k].text, platform[k].size);
        settle(clGetDeviceInfo(device->id, own[k].what, own[k].size, own[k].text, NULL),
               own[k].text, own[k].size);
    }
    clGetDeviceInfo(device->id, CL_DEVICE_TYPE, sizeof type, &type, NULL);
    device->is_gpu = (type & CL_DEVICE_TYPE_GPU) != 0;
}

static void list_devices(struct list *list) {
    cl_platform_id platforms[PLATFORMS];
    cl_uint platform_count = 0;
    list->count = 0;
    if (clGetPlatformIDs(PLATFORMS, platforms, &platform_count) != CL_SUCCESS) return;
    for (cl_uint p = 0; p < platform_count && p < PLATFORMS; p++) {
        cl_device_id devices[DEVICES];
        cl_uint count = 0;
        if (clGetDeviceIDs(platforms[p], CL_DEVICE_TYPE_ALL, DEVICES, devices, &count) !=
            CL_SUCCESS)
            continue;
        for (cl_uint d = 0; d < count && d < DEVICES && list->count < MOST; d++) {
            struct pl_cl_device *found = &list->items[list->count++];
            *found = (struct pl_cl_device){.platform = platforms[p],
                                           .id = devices[d],
                                           .platform_number = (int)p,
                                           .number = (int)d};
            read_names(found);
        }
    }
}

/* ---- which one ---- */

static bool contains(const char *text, const char *part) {
    size_t length = strlen(part);
    for (; *text; text++) {
        size_t k = 0;
        while (k < length && tolower((unsigned char)text[k]) == tolower((unsigned char)part[k]))
            k++;
        if (k == length) return true;
    }
    return false;
}

/* The number of a device among all, in the order of the list. */
static const struct pl_cl_device *by_number(const struct list *list, const char *choice) {
    char *end;
    unsigned long number = strtoul(choice, &end, 10);
    bool is_number = *choice && strspn(choice, "0123456789") == strlen(choice);
    return is_number && number < (unsigned long)list->count ? &list->items[number] : NULL;
}

static bool is_named(const struct pl_cl_device *device, const char *choice) {
    char number[32];
    snprintf(number, sizeof number, "%d:%d", device->platform_number, device->number);
    return strcmp(number, choice) == 0 || contains(device->platform_name, choice) ||
           contains(device->vendor, choice) || contains(device->name, choice);
}

static const struct pl_cl_device *choose(const struct list *list, const char *choice) {
    const struct pl_cl_device *numbered = by_number(list, choice);
    if (numbered) return numbered;
    for (int k = 0; k < list->count; k++)
        if (*choice ? is_named(&list->items[k], choice) : list->items[k].is_gpu)
            return &list->items[k];
    return *choice ? NULL : &list->items[0];
}

static enum pl_status fail_choice(const struct list *list, const char *choice) {
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    for (int k = 0; k < list->count; k++)
        pl_strbuf_addf(&text, "%s %d (%d:%d) %s / %s", k ? "," : "", k,
                       list->items[k].platform_number, list->items[k].number,
                       list->items[k].platform_name, list->items[k].name);
    enum pl_status status = pl_fail(PL_EBACKEND,
                                    "PLUMBLINE_OPENCL=%s names no device; there are%s (a number, "
                                    "such as 0 or 0:0, or a part of a name chooses one)",
                                    choice, text.text);
    pl_strbuf_finish(&text);
    return status;
}

void pl_cl_list_devices(struct pl_strbuf *out) {
    struct list list;
    const char *choice = getenv("PLUMBLINE_OPENCL");
    list_devices(&list);
    const struct pl_cl_device *taken = list.count ? choose(&list, choice ? choice : "") : NULL;
    for (int k = 0; k < list.count; k++) {
        const struct pl_cl_device *device = &list.items[k];
        pl_strbuf_addf(out, "%d = %d:%d: %s / %s, driver %s%s%s\n", k, device->platform_number,
                       device->number, device->platform_name, device->name, device->driver,
                       device->is_gpu ? ", a GPU" : "", device == taken ? " (taken)" : "");
    }
}

enum pl_status pl_cl_find_device(struct pl_cl_device *out) {
    struct list list;
    const char *choice = getenv("PLUMBLINE_OPENCL");
    list_devices(&list);
    if (list.count == 0)
        return pl_fail(PL_EBACKEND, "no OpenCL device was found; install the driver of yours, or "
                                    "pocl-opencl-icd, which makes one of the processor");
    const struct pl_cl_device *found = choose(&list, choice ? choice : "");
    if (!found) return fail_choice(&list, choice);
    *out = *found;
    return PL_OK;
}
