/* make_table ROOT OUTPUT: writes the table of sources (table.h) as C, and leaves the file alone when it says
 * the same already. Part of the build, at every build. */
#include <stdio.h>
#include <string.h>

#include "core/base/file.h"
#include "experiments/run/sources/groups.h"

static enum pl_status make(const char *root, const char *path) {
    struct pl_groups groups;
    struct pl_strbuf text, before;
    PL_TRY(pl_groups_read(&groups, root));
    pl_strbuf_init(&text);
    pl_strbuf_init(&before);
    pl_groups_write(&groups, &text);
    enum pl_status status = pl_file_read(&before, path, (size_t)1 << 24);
    if (status != PL_OK || strcmp(before.text, text.text) != 0)
        status = pl_file_write(path, text.text, text.length);
    pl_strbuf_finish(&before);
    pl_strbuf_finish(&text);
    pl_groups_finish(&groups);
    return status;
}

int main(int count, char **words) {
    if (count == 3 && make(words[1], words[2]) == PL_OK) return 0;
    fprintf(stderr, "make_table: %s\n", count == 3 ? pl_message() : "it takes ROOT and OUTPUT");
    return 1;
}
