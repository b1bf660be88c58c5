#!/bin/sh
# layers.sh [FOLDER]: prints every include in FOLDER (this checkout by default) that breaks the order
# of the house, and ends with status 1 if there is one. layers.sh --self-test plants violations in a
# small tree and sees that each is caught.
#
#     floor 5    experiments/cli
#     floor 4    experiments      cell < study < run < evidence < report < check; tools above run
#     floor 3    tasks            core/train
#     floor 2    core/model       core/backend
#     floor 1    core/config   core/data   core/graph   core/stats
#     floor 0    core/base
set -eu

# What a room may include besides its own files. A row for one file adds to the row of its room.
# Teachers are networks run on the reference backend: tasks reach them through one door, forward.h.
rooms() {
    cat <<'TABLE'
core/base
core/config          core/base
core/data            core/base
core/graph           core/base
core/stats           core/base
core/backend         core/base core/graph
core/model           core/base core/config core/graph
core/model/forward.c core/backend/backend.h
core/model/forward.h core/backend/backend.h
core/train           core/base core/config core/data core/graph core/backend
tasks                core/base core/config core/data core/model/forward.h
experiments/cell        core/base core/config core/data core/graph core/backend core/model core/train tasks
experiments/study       core/base core/config core/data core/graph core/stats core/backend core/model core/train tasks experiments/cell
experiments/run         core/base core/config core/data core/graph core/stats core/backend core/model core/train tasks experiments/cell experiments/study
experiments/evidence    core/base core/config core/data core/graph core/stats core/backend core/model core/train tasks experiments/cell experiments/study experiments/run
experiments/report      core/base core/config core/data core/graph core/stats core/backend core/model core/train tasks experiments/cell experiments/study experiments/run experiments/evidence
experiments/check       core/base core/config core/data core/graph core/stats core/backend core/model core/train tasks experiments/cell experiments/study experiments/run experiments/evidence experiments/report
experiments/tools       core/base core/config core/data core/graph core/stats core/backend core/model core/train tasks experiments/cell experiments/study experiments/run
experiments/cli         core/base core/config core/data core/graph core/stats core/backend core/model core/train tasks experiments/cell experiments/study experiments/run experiments/evidence experiments/report experiments/check experiments/tools
TABLE
}

# Foreign headers, and the one file or folder that knows each. Tests may include what they like.
doors() {
    cat <<'TABLE'
yaml.h           core/config/yaml.c
cblas.h          core/backend/cpu/
openblas_config.h core/backend/cpu/
CL/              core/backend/opencl/
clblast_c.h      core/backend/opencl/
sqlite3.h        experiments/run/store/
jansson.h        core/base/json.c
xxhash.h         core/base/hash.c
pcg_random.hpp   core/base/rng.cc
TABLE
}

# Every include of the three houses, one a line: FILE:LINE:#include ...
includes() {
    find core tasks experiments -type f \( -name '*.c' -o -name '*.cc' -o -name '*.h' -o -name '*.inc' -o -name '*.cl' \) |
        LC_ALL=C sort | while read -r file; do
        grep -n '^[[:space:]]*#[[:space:]]*include' "$file" | sed "s|^|$file:|"
    done
}

judge() {
    { rooms && echo -- && doors && echo -- && includes; } | awk '
    # the room of a path: its longest prefix that is a room
    function room_of(path) {
        while (sub(/\/[^\/]*$/, "", path))
            if (path in room) return path
        return ""
    }
    function starts(path, prefix) { return substr(path, 1, length(prefix)) == prefix }
    function allowed(file, path,    i, words, count, grant) {
        if (room_of(path) == room_of(file)) return 1
        count = split(room[room_of(file)] " " extra[file], words, " ")
        for (i = 1; i <= count; i++) {
            grant = words[i]
            if (grant == path || grant == room_of(path)) return 1
        }
        return 0
    }
    function complain(why) { printf "%s: %s\n", $0, why; found = 1 }
    $0 == "--" { part++; next }
    part == 0 {
        name = $1; $1 = ""
        if (name ~ /\.[ch]$/) extra[name] = $0; else room[name] = $0
        next
    }
    part == 1 { door[$1] = $2; next }
    {
        split($0, field, ":")
        file = field[1]
        quoted = match($0, /include[ \t]*"[^"]*"/)
        if (!quoted && !match($0, /include[ \t]*<[^>]*>/)) next
        path = substr($0, RSTART, RLENGTH)
        gsub(/include[ \t]*["<]|[">]$/, "", path)
        for (name in door)
            if (starts(path, name)) {
                if (!starts(file, door[name])) complain("only " door[name] " knows this header")
                next
            }
        if (!quoted || path ~ /^[a-z_]+\.inc$/) next # a list that the build makes has no room
        if (room_of(path) == "") complain("not a path from the root to a room of the house")
        else if (!allowed(file, path)) complain(room_of(file) " may not look into " room_of(path))
        else if (path ~ /_impl\.h$/ && room_of(path) != room_of(file))
            complain("only " room_of(path) " and the tests may know how it is made")
    }
    END { exit found }'
}

check() { (cd "$1" && judge); }

self_test() {
    temp=$(mktemp -d)
    trap 'rm -rf "$temp"' EXIT
    mkdir -p "$temp/core/backend/cpu" "$temp/core/base" "$temp/core/config" "$temp/core/data" \
        "$temp/core/graph" "$temp/core/model" "$temp/core/train" "$temp/tasks" "$temp/experiments/cli" \
        "$temp/experiments/cell" "$temp/experiments/study" "$temp/experiments/run/store" \
        "$temp/experiments/evidence"
    # the good examples, in one tree
    plant() { printf '%s\n' "$2" >>"$temp/$1"; }
    plant core/graph/plan.c          '#include "core/base/status.h"'
    plant core/graph/plan.c          '#include <stdio.h>'
    plant core/backend/cpu/cpu.c     '#include "core/backend/backend_impl.h"'
    plant core/backend/cpu/cpu.c     '#include <cblas.h>'
    plant core/backend/cpu/cpu.c     '#include "kernel_levels.inc"'
    plant core/model/forward.c       '#include "core/backend/backend.h"'
    plant core/config/yaml.c         '#include <yaml.h>'
    plant core/config/yaml.c         '#include "core/config/yaml.h"'
    plant tasks/task_depth_teacher.c '#include "core/model/forward.h"'
    plant experiments/cli/main.c     '#include "experiments/study/expand.h"'
    plant experiments/study/expand.c   '#include "experiments/cell/bound.h"'
    plant experiments/run/store/put.c    '  #  include <sqlite3.h>'
    check "$temp" || { echo "layers: the self-test's good tree was refused" >&2 && exit 1; }
    caught core/base/log.c       '#include "core/graph/graph.h"'         'may not look into core/graph'
    caught core/config/option.c  '#include "core/data/dataset.h"'        'may not look into core/data'
    caught core/graph/plan.h     '# include "core/backend/backend.h"'    'may not look into core/backend'
    caught core/model/layer.c    '#include "core/backend/backend.h"'     'may not look into core/backend'
    caught core/model/forward.c  '#include "core/backend/backend_impl.h"' 'may not look into core/backend'
    caught core/backend/cpu/a.inc '#include "core/train/train.h"'        'may not look into core/train'
    caught core/train/train.c    '#include "core/backend/backend_impl.h"' 'only core/backend and the tests'
    caught core/train/train.c    '#include "tasks/task.h"'               'may not look into tasks'
    caught tasks/task_null.c     '#include "core/model/model.h"'         'may not look into core/model'
    caught experiments/study/expand.c    '#include "experiments/cli/command.h"'  'may not look into experiments/cli'
    caught experiments/study/expand.c '#include "experiments/evidence/analysis.h"' 'may not look into experiments/evidence'
    caught experiments/cell/job.c      '#include "experiments/study/expand.h"'   'may not look into experiments/study'
    caught experiments/study/expand.c    '#include "cell.h"'                     'not a path from the root'
    caught experiments/study/expand.c    '#include "tests/support/support.h"'    'not a path from the root'
    caught experiments/study/expand.c    '#include <sqlite3.h>'                  'only experiments/run/store/ knows'
    caught core/base/rng.h       '#include "pcg_random.hpp"'             'only core/base/rng.cc knows'
    caught core/model/init.c     '#include <CL/cl.h>'                    'only core/backend/opencl/ knows'
    echo "layers: self-test passed"
}

# caught FILE LINE WHY: with LINE in FILE, exactly that line is printed, with that reason
caught() {
    cp "$temp/$1" "$temp/kept" 2>/dev/null || true
    printf '%s\n' "$2" >>"$temp/$1"
    if said=$(check "$temp") || [ "$(printf '%s\n' "$said" | grep -c .)" -ne 1 ] ||
        ! printf '%s\n' "$said" | grep -F -- "$2" | grep -qF -- "$3"; then
        echo "layers: $2 in $1 was not caught as '$3'; said: '$said'" >&2
        exit 1
    fi
    rm "$temp/$1"
    [ ! -e "$temp/kept" ] || mv "$temp/kept" "$temp/$1"
}

case ${1-} in
    --self-test) self_test ;;
    *) check "${1:-$(dirname "$0")/..}" && echo "layers: every include points down" ;;
esac
