#!/bin/sh
# A storm of kills: run, check, bless, merge and submit are killed with SIGKILL at random moments, parent and
# workers alike or the parent alone, and after every kill the study must be whole.
#
#     kill.sh PROGRAM [ROUNDS [SEED]]     30 rounds in CI; 300 by hand
#
# What must hold after each kill:
#     no finished cell is lost, and none has other numbers than an undisturbed run
#     the reference that bless writes is the old one or the new one, whole
#     the study's database after a merge has all of a shard or nothing of it
# and at the end one more run gives the numbers of the undisturbed one.
set -eu
program=$1
rounds=${2:-30}
seed=${3:-1}
state=$seed
case $program in /*) ;; *) program=$PWD/$program ;; esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export PLUMBLINE_GNUPLOT=
fail() {
    echo "FAILED: $* (round $round, seed $seed)" >&2
    exit 1
}
random() { # MOST: a number below it; Park and Miller's generator
    state=$((state * 16807 % 2147483647))
    drawn=$((state % $1))
}

cat >storm.yaml <<'STUDY'
study: storm
model:    {width: 8, hidden: 16, depth: 2}
task:     {name: linear_mix, dim: 4, samples: 64, valid_samples: 32, test_samples: 32}
train:    {lr: 1e-2, steps: 200}
variants: [standard, rescaled]
sweep:    {task.structure: [0, 1]}
seeds: 30
baseline: standard
claims:
  - {better: standard, than: rescaled, metric: train_loss}
STUDY
round=0
# Finished cells, a line each, with the names of their numbers: a column that no cell fills is not there.
finished() {
    "$program" report storm.yaml --format csv --results "$1" | tr -d '\r' | awk -F, '
        NR == 1 { for (k = 1; k <= NF; k++) name[k] = $k; next }
        /,done,/ { for (k = 1; k <= NF; k++) if ($k != "") printf "%s=%s,", name[k], $k; print "" }' |
        LC_ALL=C sort
}
"$program" run storm.yaml -j 2 --results calm >/dev/null 2>&1
finished calm >calm.csv
for shard in 1 2; do
    "$program" run storm.yaml -j 2 --shard $shard/2 --results shard$shard --publish parts >/dev/null 2>&1
done
[ "$(wc -l <calm.csv)" -eq 120 ] || fail "the undisturbed run has $(wc -l <calm.csv) cells"

# killed COMMAND...: its own process group, killed after a random while; alone or with its workers.
killed() {
    setsid "$@" >out 2>err &
    pid=$!
    random 600
    sleep "$(printf '0.%03d' "$drawn")"
    random 2
    if [ "$drawn" -eq 0 ]; then kill -9 "$pid" 2>/dev/null || true; else
        # shellcheck disable=SC2046 # a list; workers lead groups of their own
        kill -9 "$pid" $(pgrep -P "$pid" || true) 2>/dev/null || true
    fi
    if wait "$pid" 2>/dev/null; then ended=$((ended + 1)); fi
}

: >before.csv
ended=0
while [ "$round" -lt "$rounds" ]; do
    round=$((round + 1))
    case $((round % 5)) in
    0)
        rm -rf union && mkdir -p union/storm && cp -r parts/storm/shards union/storm
        killed "$program" merge storm.yaml --results union
        count=0
        [ ! -e union/storm/cells.db ] || count=$("$program" report storm.yaml --format csv \
            --results union 2>/dev/null | grep -c ',done,' || true)
        full=$("$program" report parts/storm/shards/1-of-2.db --format csv | grep -c ',done,')
        case $count in 0 | "$full" | 120) ;; *) fail "a killed merge left $count cells" ;; esac
        "$program" merge storm.yaml --results union >/dev/null 2>&1 || fail "merge after a kill"
        finished union | cmp -s - calm.csv || fail "merged numbers differ"
        ;;
    1)
        killed "$program" submit storm.yaml --results tents --print
        [ ! -e tents/storm/cells.db ] || fail "submit --print made a database"
        ;;
    2)
        killed "$program" bless storm.yaml --results calm -j 2
        if [ -e calm/reference/storm.json ]; then
            tail -c 2 calm/reference/storm.json | grep -q '}' || fail "half a reference"
        fi
        finished calm | cmp -s - calm.csv || fail "bless changed the study"
        ;;
    3)
        killed "$program" check storm.yaml --results wild -j 2
        ;;
    4)
        killed "$program" run storm.yaml --results wild -j 2
        ;;
    esac
    [ -e wild/storm/cells.db ] || continue
    finished wild >now.csv 2>err || fail "the database cannot be read: $(tail -n 1 err)"
    [ -z "$(LC_ALL=C comm -23 before.csv now.csv)" ] || fail "a finished cell is lost"
    [ -z "$(LC_ALL=C comm -23 now.csv calm.csv)" ] || fail "a cell has other numbers"
    mv now.csv before.csv
    if [ "$(wc -l <before.csv)" -eq 120 ]; then
        rm -rf wild && : >before.csv
    fi
done
"$program" run storm.yaml --results wild -j 2 >/dev/null 2>&1 || fail "the last run"
finished wild | cmp -s - calm.csv || fail "numbers after the storm are not those of a calm run"
"$program" run storm.yaml --results wild -n >out || fail "a dry run"
grep -q '^to do  *0$' out || fail "cells are pending after the last run"
echo "kill storm: $rounds kills held ($ended came after the end)"
