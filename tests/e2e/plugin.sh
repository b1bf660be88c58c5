#!/bin/sh
# Tasks from outside the tree: compiled against the installed header alone, they are tasks like any other
# in list, show, selftest, run and report; what is no plug-in is refused with a sentence; one that
# crashes costs only its cells. And docs/add-a-task.md keeps its word: its code is taken out of it,
# compiled and run.
#
#     plugin.sh BUILD_TREE SOURCE_TREE C_COMPILER
set -eu
build=$1
tree=$2
compiler=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/e2e/expect.sh
. "$(dirname "$0")/expect.sh"
# Crashes on purpose are to be crashes under a sanitizer, too.
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}handle_segv=0:handle_sigbus=0"

echo "installed"
expect 0 cmake --install "$build" --prefix "$work/installed"
program=$work/installed/bin/plumbline
[ "$(cd "$work/installed/include" && find . -type f)" = ./plumbline/task.h ] ||
    fail "something else than one header is installed"

# compile OUTPUT SOURCE FLAGS...: as strictly as an author may
compile() {
    output=$1
    source=$2
    shift 2
    expect 0 "$compiler" -std=c11 -pedantic -Wall -Wextra -Werror -O2 -ffp-contract=off -shared -fPIC \
        -I "$work/installed/include" "$@" "$source" -o "$output"
}

echo "every function of the header is lent"
grep -oE 'pl_[a-z0-9_]+\(' "$work/installed/include/plumbline/task.h" | sort -u >"$work/calls"
{
    echo "#include <plumbline/task.h>"
    echo "void (*const every[])(void);"
    echo "void (*const every[])(void) = {"
    # what stands in its comments alone has no declaration
    grep -vE '^pl_(option_xxx|task_xxx)\(' "$work/calls" | sed 's/\(.*\)(/    (void (*)(void))\1,/'
    echo "};"
    sed '/^#include/d' "$tree/tests/plugin/spiral.c"
} >"$work/every.c"
compile "$work/every.so" "$work/every.c" -Wno-pedantic -Wno-cast-function-type
expect 0 "$program" list tasks --plugin "$work/every.so"
[ "$(wc -l <"$work/calls")" -ge 50 ] || fail "the header has only $(wc -l <"$work/calls") functions"

echo "a plug-in is a task like any other"
compile "$work/spiral.so" "$tree/tests/plugin/spiral.c"
spiral="--plugin $work/spiral.so"
study=$tree/tests/plugin/spiral.yaml
# shellcheck disable=SC2086 # a flag and its value
run_spiral() { "$program" run "$study" --plugin "$work/spiral.so" --results "$work/$1" -j "$2"; }
report() { "$program" report "$study" --plugin "$work/spiral.so" --results "$work/$1" --format csv; }
# shellcheck disable=SC2086
{
    expect 0 "$program" list tasks $spiral
    prints "arms of a spiral"
    expect 0 "$program" show task spiral $spiral
    prints "task.turns"
    prints "plug-in  spiral.so"
    expect 0 "$program" show option task.turns $spiral
    expect 0 "$program" selftest task spiral $spiral
    prints ", 0 failed"
    expect 2 "$program" run "$study" $spiral task.turns=101
    says "from 0 to 100"
    expect 0 "$program" show plan "$study" $spiral
}
expect 0 run_spiral one 1
expect 0 run_spiral two 2
report one >"$work/one.csv"
report two >"$work/two.csv"
cmp "$work/one.csv" "$work/two.csv" || fail "one worker and two gave other numbers"
[ "$(grep -c ,done, "$work/one.csv")" -eq 12 ] || fail "not every cell of the plug-in is done"
expect 0 "$program" report "$work/one/spiral/cells.db" --format json
prints '"plugin"'

echo "sequences of tokens with masks keep the same promises; the mlp says that it takes vectors"
compile "$work/sequence.so" "$tree/tests/plugin/sequence.c"
expect 0 "$program" selftest task sequence --plugin "$work/sequence.so"
prints ", 0 failed"
expect 0 "$program" show task sequence --plugin "$work/sequence.so"
prints "32 ids -> 32 classes a token, 8 tokens a sample"
sed 's/name: spiral,/name: sequence,/' "$study" >"$work/sequence.yaml"
expect 2 "$program" run "$work/sequence.yaml" --plugin "$work/sequence.so" --results "$work/sequence"
says "takes one vector a sample"

echo "a task of sequences may give the marginal of its answers, and has to where they are not alike"
compile "$work/largest.so" "$tree/tests/plugin/largest.c"
expect 0 "$program" selftest task largest --plugin "$work/largest.so"
prints ", 0 failed"
sed 's/sequence->prior = q;//' "$tree/tests/plugin/largest.c" >"$work/alike.c"
compile "$work/alike.so" "$work/alike.c"
expect 1 "$program" selftest task largest --plugin "$work/alike.so"
prints "the trivial loss is"

echo "without it there is no such task, but what was stored can be read"
expect 2 "$program" run "$study" --results "$work/one"
says "needs --plugin"
expect 0 "$program" report "$work/one/spiral/cells.db"
prints "attnres_full"

echo "cells run again when its file has changed, and only then"
expect 0 run_spiral one 2
says " 0 to do"
cp "$work/spiral.so" "$work/same.so" && mv "$work/same.so" "$work/spiral.so"
expect 0 run_spiral one 2
says " 0 to do"
compile "$work/spiral.so" "$tree/tests/plugin/spiral.c" -DINNER=0.3
expect 0 "$program" run "$study" --plugin "$work/spiral.so" --results "$work/one" --why-not
prints "finished under other numerics"
prints "plug-in (spiral.so "
expect 0 run_spiral one 2
says "other numerics"
says " 12 to do"

echo "what is no plug-in is refused"
# refused TEXT FILE
refused() {
    expect 2 "$program" list tasks --plugin "$2"
    says "$2: it "
    says "$1"
    expect 2 "$program" run "$tree/tests/plugin/broken.yaml" --results "$work/none" --plugin "$2"
    says "$1"
    [ ! -e "$work/none" ] || fail "a refused plug-in left a database"
}
# broken TEXT FLAGS...
broken() {
    text=$1
    shift
    compile "$work/broken.so" "$tree/tests/plugin/broken.c" "$@"
    refused "$text" "$work/broken.so"
}
refused "cannot be read: No such file" "$work/missing.so"
refused "is no file" "$work"
echo "this is a plug-in, honestly" >"$work/text.so"
refused "cannot be loaded" "$work/text.so"
: >"$work/empty.so"
refused "cannot be loaded" "$work/empty.so"
head -c 2000 "$work/spiral.so" >"$work/short.so"
refused "while it was loaded" "$work/short.so"
if [ "$(id -u)" -ne 0 ]; then # root reads everything
    cp "$work/spiral.so" "$work/closed.so" && chmod 000 "$work/closed.so"
    refused "cannot be read: Permission denied" "$work/closed.so"
fi
broken "without tasks" -DNO_SYMBOL
broken "undefined symbol: pl_graph_init" -DREACHES_TOO_FAR
broken "version 4 of <plumbline/task.h>" -DBROKEN=API
broken "compile it again with the header" -DBROKEN=SIZE
broken "names no task" -DBROKEN=NO_TASK
broken "has a task called parity, and so has the program" -DBROKEN=TWIN
broken "has two tasks called broken" -DBROKEN=TWICE
broken 'a task is called "Broken Task"' -DBROKEN=NAME
broken "the task broken has no generate" -DBROKEN=FUNCTION
broken "versions begin at 1" -DBROKEN=VERSION
broken 'of the section "tusk"' -DBROKEN=SECTION
broken "has no option structure where" -DBROKEN=COMMON
broken "the option dim of the task broken lies outside" -DBROKEN=OFFSET
broken "from 1 to 64" -DBROKEN=DEFAULT
broken "is a choice and has no choices" -DBROKEN=CHOICES
broken "refuses its own defaults" -DBROKEN=REFUSES_ITSELF
broken "each is at least 1" -DBROKEN=SHAPE
broken "crashed while it was loaded: signal 11" -DBROKEN=CRASH_LOAD
broken "crashed while it was loaded: signal 11" -DBROKEN=CRASH_SHAPE
broken "ended the program while it was loaded, with status 5" -DBROKEN=EXIT_LOAD
compile "$work/broken.so" "$tree/tests/plugin/broken.c"
expect 2 "$program" list tasks --plugin "$work/broken.so" --plugin "$work/broken.so"
says "has a task called broken, and so has $work/broken.so"

echo "one that breaks costs its own cells"
# costs TEXT FLAGS...: at seed 2 both cells fail, and TEXT is kept with them; those of seeds 1 and 3 are done
costs() {
    text=$1
    shift
    compile "$work/broken.so" "$tree/tests/plugin/broken.c" "$@"
    rm -rf "$work/cells"
    expect 3 "$program" run "$tree/tests/plugin/broken.yaml" limits.cell_seconds=3 \
        --plugin "$work/broken.so" --results "$work/cells" -j 2
    says "$text"
    expect 0 "$program" report "$tree/tests/plugin/broken.yaml" limits.cell_seconds=3 \
        --plugin "$work/broken.so" --results "$work/cells" --format jsonl
    [ "$(grep -c '"done"' "$work/out")" -eq 4 ] || fail "not four cells are done: $*"
    [ "$(grep '"failed"' "$work/out" | grep -cF -- "$text")" -eq 2 ] || fail "not two have failed: $*"
}
costs "signal 11" -DBROKEN=CRASH_GENERATE
costs "broken: about to fall" -DBROKEN=CRASH_GENERATE
costs "signal 11" -DBROKEN=CRASH_POINTS
costs "exited with status 0" -DBROKEN=EXIT_GENERATE
costs "limit of 3 seconds" -DBROKEN=ENDLESS
costs "another shape than shape() promises" -DBROKEN=WRONG_SHAPE
costs "there is no seed 2 today" -DBROKEN=SENTENCE
costs "the split train is empty" -DBROKEN=NO_ARRAYS
compile "$work/broken.so" "$tree/tests/plugin/broken.c" -DBROKEN=WRONG_LABEL
expect 3 "$program" run "$tree/tests/plugin/broken.yaml" --plugin "$work/broken.so" --results "$work/label"
says "a label is out of range at sample 3 of the split train"
compile "$work/broken.so" "$tree/tests/plugin/broken.c" -DBROKEN=WRONG_ID
expect 3 "$program" run "$tree/tests/plugin/broken.yaml" model.kind=transformer model.heads=1 \
    --plugin "$work/broken.so" --results "$work/id"
says "an id is out of range at sample 3 of the split train: token 0 has 4, and there are 0 to 3"
compile "$work/broken.so" "$tree/tests/plugin/broken.c" -DBROKEN=NOT_FINITE
expect 3 "$program" run "$tree/tests/plugin/broken.yaml" --plugin "$work/broken.so" --results "$work/nan"
says "an input is not finite at sample 1 of the split train"

echo "one that crashes in the program itself is told of"
compile "$work/broken.so" "$tree/tests/plugin/broken.c" -DBROKEN=CRASH_CHECK
expect 3 "$program" run "$tree/tests/plugin/broken.yaml" task.structure=0 --plugin "$work/broken.so" \
    --results "$work/check"
says "run crashed: signal 11"
expect 3 "$program" selftest task broken --plugin "$work/broken.so"
says "most likely in a plug-in ($work/broken.so)"

echo "the self-test finds what the loader cannot see"
compile "$work/broken.so" "$tree/tests/plugin/broken.c" -DBROKEN=WRONG_LABEL
expect 1 "$program" selftest task broken --plugin "$work/broken.so"
prints "a label is outside 0..1"

echo "an interrupt reaches the command behind the guard"
env --default-signal=INT "$program" run "$study" train.steps=2000000 --plugin "$work/spiral.so" --results "$work/stopped" -j 1 \
    >/dev/null 2>"$work/err" &
leader=$!
sleep 1
kill -INT "$leader"
status=0
wait "$leader" || status=$?
[ "$status" -eq 130 ] || fail "status $status after an interrupt"
says "the same command goes on"

echo "the manual keeps its word"
# block N LANGUAGE: the N-th block of code of that language in docs/add-a-task.md
block() {
    awk -v want="$1" -v language="$2" '
        /^```/ { inside = !inside && $0 == "```" language; if (inside) seen++; next }
        inside && seen == want' "$tree/docs/add-a-task.md"
}
mkdir "$work/manual"
cd "$work/manual"
block 1 c >neighbours.c
block 1 yaml >neighbours.yaml
block 1 sh >plugin.sh
[ "$(wc -l <neighbours.c)" -gt 40 ] || fail "docs/add-a-task.md has no task"
[ "$(wc -l <neighbours.c)" -lt 80 ] || fail "the task of docs/add-a-task.md has $(wc -l <neighbours.c) lines"
grep -q PREFIX plugin.sh || fail "docs/add-a-task.md does not say how a plug-in is made"
{
    echo "set -e"
    echo "cc() { command '$compiler' \"\$@\"; }"
    echo "plumbline() { '$program' \"\$@\"; }"
    sed "s|PREFIX|$work/installed|" plugin.sh
} >steps.sh
expect 0 sh steps.sh
prints "neighbours"
prints ", 0 failed"
[ -s results/neighbours/report.txt ] || fail "the study of docs/add-a-task.md has no report"

echo "and so does its task of sequences"
block 2 c >sorting.c
block 2 yaml >sorting.yaml
[ "$(wc -l <sorting.c)" -gt 40 ] || fail "docs/add-a-task.md has no task of sequences"
sed 's/neighbours/sorting/g' steps.sh >sorting.sh
expect 0 sh sorting.sh
prints "sorting"
prints ", 0 failed"
[ -s results/sorting/report.txt ] || fail "the study of sequences of docs/add-a-task.md has no report"

echo "1 passed, 0 failed"
