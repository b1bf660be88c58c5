#include "experiments/cli/manual.h"

const struct pl_manual_row pl_manual_statuses[] = {
    {"0", NULL, "all is well"},
    {"1", NULL, "`check`: a claim is contradicted; `selftest`: a check failed"},
    {"2", NULL, "a study, an option or the command line is wrong, or a backend is missing"},
    {"3", NULL, "some cell failed"},
    {"4", NULL, "`check --strict`: some claim is inconclusive"},
    {"5", NULL, "two things that were to be compared are not comparable; `diff`: the plans differ"},
    {"6", NULL, "`check`: numbers moved that must not; `diff`: only numbers differ"},
    {"7", NULL,
     "the store or the file system failed, memory is short, or a worker could not be started"},
    {"125", NULL, "the launcher of a checkout: the program could not be built or started"},
    {"130", NULL, "interrupted; what was finished is stored, and the same command goes on"},
    {0},
};

const struct pl_manual_row pl_manual_files[] = {
    {"STUDY.yaml", "you", "a study ([keys](study.md))"},
    {"results/STUDY/cells.db", "`run`, `check`, `bless`, `merge`",
     "every finished cell: SQLite, the only truth; the files below can be made again from it. "
     "Beside "
     "it, while it is open, `-wal` and `-shm`"},
    {"results/STUDY/report.txt, .html, .csv", "`run`",
     "the report ([reports](../reports.md)); `report -o FILE` writes one elsewhere"},
    {"results/STUDY/figures/", "`run`, `report`",
     "each figure as a picture (.svg), its numbers (.dat) and its gnuplot script (.gp)"},
    {"results/STUDY/checkpoints/", "`run`", "half-done long cells; removed when they are finished"},
    {"results/STUDY/shards/I-of-N.db", "`run --shard`, `submit`",
     "one part of a study that is computed in parts ([scale](../scale.md))"},
    {"results/STUDY/submit/", "`submit`", "scripts and logs of Slurm jobs"},
    {"results/reference/STUDY.json", "`bless`",
     "the numbers that `check` compares with; committed with the sources ([ci](../ci.md))"},
    {"results/reference/STUDY/part-*.json", "`bless --packed`",
     "the same of a large study, some values of its first axis a file"},
    {"DIR of `show cell ID --export DIR`", "`show`",
     "data, weights, batches, curve and settings of one cell ([export](../export.md))"},
    {"FILE of `check --junit FILE`", "`check`", "JUnit XML, a test case a claim ([ci](../ci.md))"},
    {"FILE of `check --markdown FILE`", "`check`", "a table for a pull request"},
    {"FILE.so", "you", "tasks of your own, for `--plugin` ([add a task](../add-a-task.md))"},
    {"share/plumbline/configs/NAME.yaml", "installation",
     "the studies that came with the program: `run NAME` finds them from any folder"},
    {0},
};

const struct pl_manual_row pl_manual_environment[] = {
    {"NO_COLOR", NULL, "set and not empty: no colours"},
    {"PLUMBLINE_OPENCL", NULL, "which device the backend opencl uses; `--device` sets it"},
    {"PLUMBLINE_PROFILE", NULL, "1: workers of the backend opencl tell the time of every kernel"},
    {"PLUMBLINE_ISA", NULL,
     "holds the kernels of the backend cpu to a level: baseline, x86-64-v3, x86-64-v4 or neon; the "
     "bits are the same at each"},
    {"PLUMBLINE_PRODUCTS", NULL,
     "openblas: all products of the backend cpu by OpenBLAS; such cells are not portable"},
    {"PLUMBLINE_TILE", NULL,
     "the tile width of the backend cpu; for tests, the bits stay the same"},
    {"PLUMBLINE_GNUPLOT", NULL, "the program that draws figures (gnuplot)"},
    {"TMPDIR", NULL, "`submit`: the node's own disk, where a task computes"},
    {0},
};
