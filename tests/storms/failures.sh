#!/bin/sh
# A storm of failures: one call of a kind fails, the first, the second, ... in run, report, check, bless and
# merge (shim.c, loaded before the C library), memory in the processes of workers as well.
#
#     failures.sh PROGRAM SHIM.so [STEP]     every STEP-th call (CI: 1500; by hand: 60, or 1)
#
# What must hold each time: the command ends by itself within a minute; no signal ends it but SIGABRT where
# memory is short; its status is none of "contradicted" (1), "not comparable" (5) and "changed" (6), which
# would be a verdict on results; and a calm run afterwards has the numbers of an undisturbed one.
set -eu
program=$1
shim=$2
step=${3:-60}
case $program in /*) ;; *) program=$PWD/$program ;; esac
case $shim in /*) ;; *) shim=$PWD/$shim ;; esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export PLUMBLINE_GNUPLOT=
where=
fail() {
    echo "FAILED: $* ($where)" >&2
    tail -n 3 err >&2 || true
    exit 1
}
cat >storm.yaml <<'STUDY'
study: storm
model:    {width: 8, hidden: 16, depth: 2}
task:     {name: linear_mix, dim: 4, samples: 64, valid_samples: 32, test_samples: 32}
train:    {lr: 1e-2, steps: 5}
variants: [standard, rescaled]
seeds: 2
baseline: standard
claims:
  - {better: standard, than: rescaled, metric: train_loss, by: 1000x}
STUDY
finished() { "$program" report storm.yaml --format csv --results "$1" 2>/dev/null | LC_ALL=C sort; }
"$program" run storm.yaml -j 1 --results calm >/dev/null 2>&1
finished calm >calm.csv
"$program" bless storm.yaml -j 1 --results calm >/dev/null 2>&1
"$program" run storm.yaml -j 1 --shard 1/1 --results local --publish parts >/dev/null 2>&1

tried=0
storm() { # KIND FRESH COMMAND...: FRESH 1: the results are begun anew each time
    kind=$1
    fresh=$2
    shift 2
    rm -rf wild calls && cp -r calm wild && mkdir -p wild/storm && cp -r parts/storm/shards wild/storm
    [ "$fresh" -eq 0 ] || rm -f wild/storm/cells.db*
    STORM_KIND=$kind STORM_FILE=$work/calls LD_PRELOAD=$shim "$@" >out 2>err || true
    [ -s calls ] || fail "the shim does not count in $*"
    calls=$(sort -n calls | tail -n 1)
    at=1
    while [ "$at" -le "$calls" ]; do
        where="$kind call $at of $calls in $*"
        rm -rf wild && cp -r calm wild && cp -r parts/storm/shards wild/storm
        [ "$fresh" -eq 0 ] || rm -f wild/storm/cells.db*
        status=0
        STORM_KIND=$kind STORM_AT=$at LD_PRELOAD=$shim timeout 60 "$@" >out 2>err || status=$?
        case $status in
        0 | 2 | 3 | 4 | 7) ;;
        134) [ "$kind" = memory ] || fail "status $status" ;;
        *) fail "status $status" ;;
        esac
        [ "$status" -eq 0 ] || [ -s err ] || fail "status $status without a word"
        "$program" run storm.yaml -j 1 --results wild >/dev/null 2>err || fail "the run after it"
        finished wild | cmp -s - calm.csv || fail "other numbers after it"
        tried=$((tried + 1))
        at=$((at + step))
    done
}
for kind in disk process memory; do
    storm "$kind" 1 "$program" run storm.yaml -j 1 --results wild
    storm "$kind" 1 "$program" merge storm.yaml --results wild
    storm "$kind" 0 "$program" bless storm.yaml -j 1 --results wild
    [ "$kind" = process ] || storm "$kind" 0 "$program" report storm.yaml --results wild -o wild/page
done
echo "failure storm: $tried failures held"
