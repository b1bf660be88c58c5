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
# shellcheck source=tests/e2e/expect.sh
. "$(dirname "$0")/expect.sh"

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
expect 0 env PLUMBLINE_PRODUCTS=openblas "$program" run "$study" --results "$work/results" --why-not
prints "20 finished under other numerics: OpenBLAS (none then, "
expect 0 env PLUMBLINE_PRODUCTS=openblas "$program" run "$study" --results "$work/results" --why-not --reuse-old
prints "60 cells, 20 done, 40 pending"

echo "what was planned is recorded before the first cell runs, and changes are told"
expect 0 "$program" run "$study" seeds=1 --results "$work/plan" --dry-run
prints "recorded when it runs"
expect 0 "$program" run "$study" seeds=1 --results "$work/plan"
grep -q "recorded$" "$work/out" && grep -q "^before the first cell ran.$" "$work/out" || fail "the plan is not told"
lacks "changed after results"
expect 0 "$program" run "$study" seeds=1 --results "$work/plan" -j 1
lacks "Changed after"
expect 0 "$program" run "$study" seeds=1,2 metric=train_loss --results "$work/plan"
prints "The plan was changed after results existed"
prints "Changed after 20 cells had finished: 20 cells added; no longer metric"
expect 0 "$program" report "$work/plan/smoke/cells.db" --metric valid_loss
prints "This report compares by valid_loss; the plan is to compare by train_loss."
expect 0 "$program" report "$work/plan/smoke/cells.db" --format json
prints '"before_results": false'
expect 0 "$program" report "$study" --results "$work/plan"
prints "something that was"

echo "old results that are kept are marked"
expect 0 env PLUMBLINE_PRODUCTS=openblas "$program" run "$study" seeds=1 --results "$work/results" --reuse-old
prints "20 results come from other numerics"

echo "where two cells part"
explain() { "$program" explain "$@" --study "$study"; }
expect 0 explain standard rescaled
prints "variant.name             standard | rescaled"
prints "initial weights  the same: 20 tensors"
prints "They part in the first forward pass: what layer 2 is handed [0, 0]: "
expect 0 explain standard,seed=2 attnres_block
prints "attnres_block task.structure=0 train.optimizer=adamw seed 2"
expect 0 explain standard standard,train.optimizer=sgd
prints "They part in step 1, the weights after the update, "
expect 0 explain standard
prints "It is one and the same cell, and no number differs."
expect 0 explain attnres_full --backend ref,cpu
prints "backend                  ref | cpu"
expect 0 explain attnres_full --backend ref,cpu --tolerance 0
prints "They part in the first forward pass"
expect 2 explain standard,seed=9
expect 2 explain standard rescaled --steps 0
expect 2 "$program" explain standard rescaled --results "$work/nowhere"
expect 0 "$program" report "$study" --results "$work/plan" --format csv
ids=$(sed -n '2,3s/,.*//p' "$work/out" | cut -c 1-8)
# shellcheck disable=SC2086 # two words
expect 0 "$program" explain $ids --results "$work/plan"
prints "They part in"

echo "a cell that is no longer planned can still be looked at"
old=$(echo "$ids" | head -n 1)
expect 0 "$program" run "$study" seeds=3 train.steps=5 --results "$work/plan"
expect 0 "$program" show cell "$old" --results "$work/plan"
prints "of an earlier one"
expect 0 "$program" explain "$old" standard,seed=3 --results "$work/plan"
prints "train.steps              12 | 5"

echo "what is not used any more can be removed, and nothing else"
prune() { "$program" prune "$study" --results "$work/prune" "$@"; }
expect 0 env PLUMBLINE_PRODUCTS=openblas "$program" run "$study" --results "$work/prune"
expect 0 "$program" run "$study" seeds=1,2 --results "$work/prune"
expect 0 "$program" report "$study" seeds=1,2 --results "$work/prune" --format csv
cp "$work/out" "$work/before.csv"
expect 0 prune
prints "40 runs of other numerics, replaced or unfinished: to be removed"
prints "nothing was removed: --yes does it"
expect 0 prune --yes --dry-run
prints "nothing was removed"
expect 0 prune --yes
prints "40 runs of other numerics, replaced or unfinished: removed"
prints "20 cells that are no longer planned: kept (--former removes them)"
expect 0 prune --yes --former
prints "20 cells that are no longer planned: removed"
expect 0 prune
prints "nothing is to be removed"
expect 0 "$program" report "$study" seeds=1,2 --results "$work/prune" --format csv
cmp -s "$work/out" "$work/before.csv" || fail "pruning changed the report"
expect 0 "$program" run "$study" seeds=1,2 --results "$work/prune"
grep -q " 0 to do" "$work/err" || fail "pruning took results that are used"
expect 7 "$program" prune "$work/nothing.db"
expect 7 "$program" prune "$study" --results "$work/nowhere"

echo "what differs between two studies"
one=$work/one/smoke/cells.db
two=$work/two/smoke/cells.db
expect 0 "$program" run "$study" --results "$work/one" -j 2
expect 0 "$program" run "$study" --results "$work/two" -j 1
expect 0 "$program" diff "$one" "$two"
prints "Cells in both: 60, 60 with the same numbers, 0 with others"
prints "The ranking and every verdict are the same"
expect 0 "$program" diff "$study" "$two" --results "$work/one"
expect 5 "$program" diff "$study" "$two" --results "$work/nowhere"
prints "60 finished in one alone"
if [ "$(uname -m)" = x86_64 ]; then # without fused multiply-add the numbers are others
    expect 0 env PLUMBLINE_PRODUCTS=openblas OPENBLAS_CORETYPE=Prescott "$program" run "$study" --results "$work/other"
    expect 6 "$program" diff "$one" "$work/other/smoke/cells.db"
    prints "0 finished in one alone"
fi
expect 0 "$program" run "$study" seeds=1,2,4 train.steps=10 metric=train_loss --results "$work/two"
expect 5 "$program" diff "$one" "$two"
prints 'What is judged: no longer metric "test_loss"; now metric "train_loss"'
prints "train.steps              12 | 10"
prints "Only in A: 20 cells"
expect 5 "$program" diff "$one" "$two" --json
prints '"status": 5'
expect 2 "$program" diff "$one"

echo "a budget ends a run with what is complete, and the next run goes on"
for round in 1 2 3; do
    expect 0 "$program" run "$study" train.steps=5000 limits.hours=0.0003 --results "$work/budget" -j 1
    # a fast machine may be done after the first round
    grep -q "limits.hours" "$work/err" || [ "$round" -gt 1 ] || fail "the study was done within its budget"
    grep -q "limits.hours" "$work/err" || break
    grep -q "^Within the budget of" "$work/out" || fail "the report does not say what is missing"
    # whatever the moment: a seed is told of all entries or of none
    expect 0 "$program" report "$work/budget/smoke/cells.db" --format csv
    awk -F, 'NR > 1 { told[$4] += $7 == "done" || $7 == "diverged"; seen[$4]++ }
        END { for (seed in seen) if (told[seed] != 0 && told[seed] != 20) exit 1; exit length(seen) != 3 }' "$work/out" ||
        fail "round $round: a seed is told in part"
done
expect 0 "$program" run "$study" train.steps=5000 limits.hours=0 --results "$work/budget" -j 2
lacks "missing still"

echo "a long cell that is killed goes on from its checkpoint, with the same bits"
long="train.steps=60000 seeds=1 train.optimizer=adamw task.structure=1 train.batch=16 study=long"
# shellcheck disable=SC2086 # one word a setting
long() { "$program" run "$study" $long "$@" -j 1; }
expect 0 long --results "$work/straight" limits.checkpoint_minutes=0
[ ! -e "$work/straight/long/checkpoints" ] || fail "checkpoints were kept though they were not wanted"
resumed=0
for round in 1 2 3 4 5 6 7 8; do
    : >"$work/round"
    # shellcheck disable=SC2086 # one word a setting
    "$program" run "$study" $long --results "$work/broken" limits.checkpoint_minutes=0.0005 -j 1 \
        >"$work/out" 2>"$work/err" &
    leader=$!
    # whatever the machine's pace: not before this round has kept a checkpoint of its own, whole
    while kill -0 "$leader" 2>/dev/null &&
        ! find "$work/broken/long/checkpoints" -type f ! -name '*.new' -newer "$work/round" 2>/dev/null |
        grep -q .; do
        sleep 0.01
    done
    sleep "0.0$round" # each time a little later
    kill -9 "$leader" 2>/dev/null || break # the program; its worker dies with it
    wait "$leader" 2>/dev/null || true
    ! grep -q "go on from a checkpoint" "$work/err" || resumed=$((resumed + 1))
done
expect 0 long --results "$work/broken" limits.checkpoint_minutes=0.001
! grep -q "go on from a checkpoint" "$work/err" || resumed=$((resumed + 1))
[ "$resumed" -gt 0 ] || fail "no cell went on from a checkpoint"
expect 0 "$program" diff "$work/straight/long/cells.db" "$work/broken/long/cells.db"
prints "Cells in both: 5, 5 with the same numbers"
[ ! -e "$work/broken/long/checkpoints" ] || fail "checkpoints were left behind"

echo "1 passed, 0 failed"
