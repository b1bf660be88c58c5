/* Table: the groups of sources (groups.h) that this program was built from. */
#ifndef PL_EXPERIMENTS_RUN_SOURCES_TABLE_H
#define PL_EXPERIMENTS_RUN_SOURCES_TABLE_H

#include <stddef.h>

struct pl_source_row {
    const char *group;
    const char *name;   /* path of a file from the root of the tree, or another group */
    const char *digest; /* of the file's tokens, 16 hexadecimal digits; NULL: [name] is a group */
};

struct pl_source_op {
    const char *op, *family;
};

struct pl_sources {
    const struct pl_source_row *rows; /* sorted by group, then by name */
    size_t row_count;
    const struct pl_source_op *ops;
    size_t op_count;
};

extern const struct pl_sources pl_sources;

#endif
