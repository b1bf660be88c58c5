#!/bin/sh
# Finished cells stay finished after a comment, a new task and a new variant; after a change of a source that
# their numbers pass through they are recognised as computed by other numerics, and the part is named.
# In the same copy of the tree a task and a variant are added as their pages in docs/ say.
#
#     numerics.sh PROGRAM SOURCE_TREE GENERATOR
set -eu
program=$1
tree=$2
generator=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    echo "FAILED: $*" >&2
    cat "$work/log" >&2
    exit 1
}

run() { # program, more arguments
    binary=$1
    shift
    "$binary" run "$tree/configs/smoke.yaml" seeds=1 --results "$work/results" "$@" \
        >"$work/out" 2>"$work/log" || fail "$binary ended with status $?"
}

build() {
    cmake --build "$work/build" --target plumbline --parallel 2 >"$work/log" 2>&1 || fail "the build failed"
}

mkdir "$work/tree"
(cd "$tree" && tar cf - CMakeLists.txt cmake core tasks experiments results/*.sql README.md \
    LICENSE configs docs packaging) | tar xf - -C "$work/tree"
# Compiling takes most of the time here and the cells are few, so it is done with little optimization.
cmake -S "$work/tree" -B "$work/build" -G "$generator" -DCMAKE_BUILD_TYPE=Release -DPL_TESTS=OFF \
    -DCMAKE_C_FLAGS_RELEASE=-O1 -DCMAKE_CXX_FLAGS_RELEASE=-O1 >"$work/log" 2>&1 ||
    fail "the copy could not be configured"
build
copy=$work/build/experiments/cli/plumbline

# Two backends: what is said here holds for both.
run "$copy"
run "$copy" --backend ref
run "$copy"
grep -q " 0 to do" "$work/log" || fail "finished cells were run again"

finished() { # WHAT: after it every cell is still finished
    build
    for backend in cpu ref; do
        run "$copy" --backend "$backend" --dry-run
        grep -q "^to do *0$" "$work/out" || fail "$1 made cells of $backend run again"
    done
}
stale() { # PART WHAT: after it no cell is, and the part is named
    build
    for backend in cpu ref; do
        run "$copy" --backend "$backend" --why-not
        grep -q "finished under other numerics: $1\$" "$work/out" || fail "$2: $1 is not named for $backend"
        grep -q ", 0 done, " "$work/out" || fail "$2 left cells of $backend finished"
    done
}
edit() { # FILE SED...
    edited=$work/tree/$1
    cp "$edited" "$work/saved"
    shift
    sed -i "$@" "$edited"
    cmp -s "$edited" "$work/saved" && fail "nothing was changed in $edited"
    return 0
}
restore() { cp "$work/saved" "$edited"; }

echo '/* a remark */' >>"$work/tree/experiments/run/cell_run.c"
echo '/* a remark */' >>"$work/tree/core/backend/cpu/products.c"
sed -i 's/^#include "core\/graph\/op.h"$/&\n\n/' "$work/tree/core/graph/op_norm.c"
printf 'int pl_other(void);\nint pl_other(void) {\n    return 1;\n}\n' >>"$work/tree/experiments/cli/help.c"
finished "a comment, an empty line, a change in experiments/cli"

edit core/backend/plain/norm.inc '$a static const int pl_changed = 1;'
stale "operator family norm" "a change of an operator"
restore
edit tasks/deal.c '$a extern int pl_changed;'
case $(grep -c tasks/deal.h "$work/tree/tasks/task_linear_mix.c") in 0) finished "a change of another task's helper" ;; esac
restore
edit tasks/task_linear_mix.c '$a extern int pl_changed;'
stale "task linear_mix (tasks/task_linear_mix.c)" "a change of the task"

run "$copy"
grep -q "other numerics" "$work/log" || fail "a change of the task was not noticed"
grep -q " 0 done already" "$work/log" || fail "cells of other numerics were reused"
restore
build

run "$program" --reuse-old
grep -q " 0 to do" "$work/log" || fail "--reuse-old did not keep the finished cells"

# docs/add-a-task.md, "In the tree": its commands, literally, in the copy.
block() { # PAGE N LANGUAGE: the N-th block of code of that language
    awk -v want="$2" -v language="$3" '
        /^ *```/ { inside = !inside && $1 == "```" language; if (inside) seen++; next }
        inside && seen == want' "$tree/docs/$1.md"
}
block add-a-task 1 c >"$work/neighbours.c"
block add-a-task 1 yaml >"$work/neighbours.yaml"
block add-a-task 2 sh | sed "s|build/release|$work/build|g" >"$work/steps.sh"
grep -q task_table.c "$work/steps.sh" || fail "docs/add-a-task.md has no steps for the tree"
(cd "$work/tree" && sh -e "$work/steps.sh") >"$work/log" 2>&1 || fail "a step of docs/add-a-task.md failed"
grep -q ", 0 failed" "$work/log" || fail "the task of docs/add-a-task.md failed its self-test"
[ -s "$work/tree/results/neighbours/report.txt" ] || fail "the study of docs/add-a-task.md has no report"

# docs/add-a-residual-variant.md: the same.
page=add-a-residual-variant
block $page 1 c >"$work/tree/mixed.c"
block $page 1 yaml >"$work/tree/mixed.yaml"
block $page 1 sh | sed "s|build/release|$work/build|g" >"$work/steps.sh"
grep -q residual_mixed.c "$work/steps.sh" || fail "docs/$page.md has no steps"
[ "$(wc -l <"$work/tree/mixed.c")" -lt 60 ] || fail "the variant of docs/$page.md takes 60 lines or more"
(cd "$work/tree" && sh -e "$work/steps.sh") >"$work/log" 2>&1 || fail "a step of docs/$page.md failed"
grep -q ", 0 failed" "$work/log" || fail "the variant of docs/$page.md failed its self-test"
grep -q "mixing rows give each input" "$work/log" || fail "the self-test of mixed looked at no mixing rows"
[ -s "$work/tree/results/mixed/report.txt" ] || fail "the study of docs/$page.md has no report"

finished "a new task and a new variant"

echo "1 passed, 0 failed"
