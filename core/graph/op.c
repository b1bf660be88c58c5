#include "core/graph/op.h"

#include <stdio.h>
#include <stdlib.h>

#define PL_OP_RULES(id, name, least, most, overwrites, tolerance, tokens, formula)                 \
    extern const struct pl_op_rules pl_rules_##name;
PL_OP_LIST(PL_OP_RULES)
#undef PL_OP_RULES

static const struct pl_op_info infos[PL_OPS] = {
#define PL_OP_INFO(id, name, least, most, overwrites, tolerance, tokens, formula)                  \
    [PL_OP_##id] = {#name,   least,           most, overwrites, tolerance, PL_TOKENS_##tokens,     \
                    formula, &pl_rules_##name},
    PL_OP_LIST(PL_OP_INFO)
#undef PL_OP_INFO
};

const struct pl_op_info *pl_op_info(enum pl_op op) {
    PL_ASSERT(op >= 0 && op < PL_OPS);
    return &infos[op];
}

void pl_shape_broken(const struct pl_graph *graph, const struct pl_node *node, const char *promise,
                     const char *file, int line) {
    fprintf(stderr, "%s: inputs", pl_op_info(node->op)->name);
    for (int k = 0; k < node->in_count; k++) {
        const struct pl_node *in = pl_in(graph, node, k);
        fprintf(stderr, in->domain == PL_TILE ? " [%d][tokens]" : " [%d,%d]", in->rows, in->cols);
    }
    fprintf(stderr, "\n");
    pl_broken_promise(promise, file, line, pl_op_info(node->op)->name);
}
