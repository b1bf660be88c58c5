#!/bin/sh
# What comes from outside while the program works: signals, limits, files that go away. The program says a
# sentence and its status, and what was stored is safe.
#
#     trouble.sh PROGRAM
set -eu
program=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/e2e/expect.sh
. "$(dirname "$0")/expect.sh"
cd "$work"
export PLUMBLINE_GNUPLOT=

# study NAME STEPS: cells of linear_mix, two variants and two seeds
study() {
    cat >"$1.yaml" <<STUDY
study: $1
model:    {width: 8, hidden: 16, depth: 2}
task:     {name: linear_mix, dim: 4, samples: 64, valid_samples: 32, test_samples: 32}
train:    {lr: 1e-2, steps: $2}
variants: [standard, rescaled]
seeds: 4
claims:
  - {equivalent: [rescaled, standard], within: 100x}
STUDY
}
study short 5
study long 40000

echo "a signal that was ignored at the start stays ignored"
for signal in HUP INT TERM; do
    sh -c "trap '' $signal; exec '$program' run long.yaml -j 1 --results ignored$signal" \
        >/dev/null 2>"err$signal" &
    eval "pid$signal=$!"
done
until grep -q '^1/8' errHUP && grep -q '^1/8' errINT && grep -q '^1/8' errTERM; do sleep 0.05; done
# shellcheck disable=SC2154 # set by eval
kill -HUP "$pidHUP" && kill -INT "$pidINT" && kill -TERM "$pidTERM" || fail "a run has ended already"
for signal in HUP INT TERM; do
    eval "pid=\$pid$signal"
    status=0
    wait "$pid" || status=$?
    [ "$status" -eq 0 ] || fail "ignored SIG$signal ended the run with status $status"
done

echo "an interrupt ends the program while it reports, too"
printf '#!/bin/sh\nexec sleep 30\n' >slow
chmod +x slow
for signal in INT TERM HUP; do
    # what a script starts with & ignores SIGINT, so env has to undo that
    PLUMBLINE_GNUPLOT=$work/slow env --default-signal=INT "$program" run short.yaml -j 1 --results "slow$signal" >out 2>err &
    pid=$!
    until grep -q '^8/8' err; do sleep 0.05; done
    sleep 0.3
    kill "-$signal" "$pid"
    status=0
    wait "$pid" || status=$?
    [ "$status" -eq 130 ] || fail "status $status after SIG$signal while figures are drawn"
    grep -q interrupted err || fail "no word of SIG$signal"
done

echo "a limit of file size is a sentence"
status=0
(ulimit -f 100 && exec "$program" run short.yaml -j 1 --results limited) >out 2>err || status=$?
[ "$status" -eq 7 ] || fail "status $status at a limit of file size"
grep -q '^error: .*cells.db' err || fail "no sentence at a limit of file size"
expect 0 "$program" run short.yaml -j 1 --results limited

echo "a database that goes away is noticed"
"$program" run long.yaml -j 1 -q --results gone >out 2>err &
pid=$!
until [ -s gone/long/cells.db ]; do sleep 0.05; done
sleep 0.3
rm gone/long/cells.db*
status=0
wait "$pid" || status=$?
[ "$status" -eq 7 ] || fail "status $status when the database is removed"
grep -q 'removed, renamed or replaced' err || fail "no word of the removed database"

echo "numbers that were changed in the database are noticed"
if command -v sqlite3 >/dev/null; then
    expect 0 "$program" run short.yaml -j 1
    expect 0 "$program" report short.yaml --format csv
    cp out before.csv
    sqlite3 results/short/cells.db "delete from metrics where run = 3;
        update metrics set value = value / 2 where run = 5 and name = 'test_loss'"
    expect 0 "$program" report results/short/cells.db
    says "numbers of 2 cells"
    expect 0 "$program" run short.yaml -j 1
    says "6 done already, 2 to do"
    expect 0 "$program" report short.yaml --format csv
    cut -d, -f1-6 before.csv >a && cut -d, -f1-6 out >b
    cmp a b || fail "the cells that were computed again have other numbers"
fi

echo "jobs are those that the process may use"
if command -v taskset >/dev/null; then
    taskset -c 0 "$program" run short.yaml --results jobs >out 2>err || fail "taskset"
    says "with 1 jobs"
fi

echo "check beside another run says what it lacks, and is inconclusive about it"
"$program" run long.yaml -j 2 -q --results beside train.steps=4000000 seeds=1 >/dev/null 2>&1 &
pid=$!
until [ -s beside/long/cells.db ]; do sleep 0.05; done
sleep 1
kill -STOP "$pid"
expect 4 timeout 60 "$program" check long.yaml -j 1 --results beside --strict train.steps=4000000 seeds=1
prints "lacking"
prints "have no result yet"
expect 0 timeout 60 "$program" check long.yaml -j 1 --results beside --json train.steps=4000000 seeds=1
prints '"lacking_cells": 2'
kill -KILL "$pid"
wait "$pid" 2>/dev/null || true

echo "a reference is the study's from wherever one looks, and one that cannot be read is an error"
mkdir -p project/configs
cp short.yaml project/configs/
cd project
expect 0 "$program" check configs/short.yaml -j 1
prints "reference     none"
expect 0 "$program" bless configs/short.yaml -j 1
expect 0 "$program" check configs/short.yaml -j 1
prints "reference     results/reference/short.json"
cd configs
expect 0 "$program" check short.yaml -j 1 --results ../results
prints "project/results/reference/short.json"
expect 0 "$program" bless short.yaml -j 1 --results ../results
[ ! -e results ] || fail "bless made a second reference"
cd ..
mv results/reference/short.json kept.json
ln -s nowhere results/reference/short.json
expect 7 "$program" check configs/short.yaml -j 1
says "results/reference/short.json"
cd ..

echo "a setting that is empty, and a study that would lie among the references, are refused"
expect 2 "$program" run short.yaml --results ""
says "--results is empty"
expect 2 "$program" report short.yaml --results=
sed 's/^study: short/study: reference/' short.yaml >named.yaml
expect 2 "$program" run named.yaml
says "folder of references"

echo "names of test cases are unique"
sed 's/within: 100x}/within: 100x}\n  - {equivalent: [rescaled, standard], within: 90x}/' short.yaml >twice.yaml
expect 0 "$program" check twice.yaml -j 1 --junit check.xml
grep -o ' name="rescaled[^"]*"' check.xml | sort >names
[ "$(wc -l <names)" -eq 2 ] && [ -z "$(uniq -d names)" ] || fail "test cases share a name: $(cat names)"

echo "commands that compute nothing need little memory and no threads"
expect 0 "$program" run short.yaml -j 1
(ulimit -v 200000 && exec timeout 10 "$program" --version) >out 2>err || fail "--version in little memory"
(ulimit -v 200000 && exec timeout 10 "$program" report short.yaml) >out 2>err || fail "report in little memory"
(ulimit -v 200000 && exec timeout 20 "$program" check short.yaml -j 1) >out 2>err || fail "check in little memory"
says "0 to do"
sed 's/^study: short/study: wide/; s/width: 8, hidden: 16/width: 600, hidden: 2000/' short.yaml >wide.yaml
status=0
(ulimit -v 200000 && exec timeout 60 "$program" run wide.yaml -j 1 seeds=1) >out 2>err || status=$?
[ "$status" -eq 3 ] || [ "$status" -eq 7 ] || fail "status $status where there is too little memory to compute"
grep -q '^error' err || fail "no sentence where there is too little memory to compute"

echo "1 passed, 0 failed"
