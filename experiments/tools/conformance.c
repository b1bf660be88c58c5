#include "experiments/tools/conformance.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/graph/op.h"

void pl_conformance_init(struct pl_conformance *out) {
    memset(out, 0, sizeof *out);
    pl_strbuf_init(&out->text);
}

void pl_conformance_finish(struct pl_conformance *out) {
    pl_strbuf_finish(&out->text);
}

void pl_conformance_check(struct pl_conformance *out, bool passed, const char *format, ...) {
    out->checks++;
    if (passed) return;
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    out->failures++;
    pl_strbuf_addf(&out->text, "%s\n", text);
}

const struct pl_backend *pl_conformance_reference(void) {
    const struct pl_backend *ref = NULL;
    PL_ASSERT(pl_backend_find(&ref, "ref") == PL_OK);
    return ref;
}

void pl_conformance_table(const struct pl_conformance *found, struct pl_strbuf *out) {
    pl_strbuf_add(out, "operator            compared  worst error  tolerance\n");
    for (int op = 0; op < PL_OPS; op++) {
        const struct pl_op_info *info = pl_op_info((enum pl_op)op);
        pl_strbuf_addf(out, "%-18s %9d  %11.2g  %9.2g\n", info->name, found->seen[op],
                       found->worst[op], info->tolerance);
    }
}
