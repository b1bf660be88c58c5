#!/bin/sh
# Tracing: why a cell is pending, what was planned before, where two cells part, what differs between two
# studies, what may go.
#
#     trace.sh PROGRAM SOURCE_TREE
set -eu
program=$1
tree=$2
study=$tree/configs/smoke.yaml
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    echo "FAILED: $*" >&2
    cat "$work/out" "$work/err" >&2
    exit 1
}

# expect STATUS COMMAND...: output goes to $work/out and $work/err
expect() {
    expected=$1
    shift
    status=0
    "$@" >"$work/out" 2>"$work/err" || status=$?
    [ "$status" -eq "$expected" ] || fail "status $status instead of $expected: $*"
}

# prints TEXT: the last command's stdout holds it; lacks TEXT: it does not
prints() { grep -qF -- "$1" "$work/out" || fail "stdout does not say: $1"; }
lacks() { ! grep -qF -- "$1" "$work/out" || fail "stdout says: $1"; }

run() { "$program" run "$study" --results "$work/results" "$@"; }

echo "why cells are pending"
expect 0 run --why-not
prints "60 never started"
[ ! -e "$work/results" ] || fail "--why-not left something behind"
expect 0 run seeds=1 -j 2
expect 0 run --why-not
prints "60 cells, 20 done, 40 pending"
prints "and 37 more (-v lists them)"
expect 0 run --why-not -v
lacks "more (-v"
[ "$(grep -c ' seed 2$' "$work/out")" -eq 20 ] || fail "-v does not list every cell"
expect 0 env PLUMBLINE_ISA=baseline "$program" run "$study" --results "$work/results" --why-not
if ! "$program" list backends | grep -q "baseline kernels"; then
    prints "20 finished under other numerics: instruction-set level ("
    expect 0 env PLUMBLINE_ISA=baseline "$program" run "$study" --results "$work/results" --why-not --reuse-old
    prints "60 cells, 20 done, 40 pending"
fi

echo "1 passed, 0 failed"
