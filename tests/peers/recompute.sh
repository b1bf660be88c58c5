#!/bin/sh
# Recomputes every number of the evidence of small studies: one that selects, one that does not (its axis is drawn
# on a log scale), one in which runs diverge, one that draws readings; and sees that a changed number is noticed.
#
#     recompute.sh PROGRAM
#
# PLUMBLINE_PYTHON names the interpreter (default: python3). Ends with status 77, and says so, where that
# interpreter has no NumPy and SciPy.
set -eu
program=$1
here=$(cd "$(dirname "$0")" && pwd)
python=${PLUMBLINE_PYTHON:-python3}
"$python" -c 'import numpy, scipy' 2>/dev/null || {
    echo "SKIPPED: $python cannot import numpy and scipy"
    exit 77
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# study NAME SWEEP REST: its report in $work/NAME.json
study() {
    cat >"$work/$1.yaml" <<STUDY
study: $1
model:    {width: 8, hidden: 16, depth: 3}
task:     {name: linear_mix, dim: 4, samples: 32, valid_samples: 32, test_samples: 32}
train:    {steps: 20, eval_points: 4}
variants: [standard, rescaled, {name: attnres_full, model.prenorm: false}]
seeds:    9
sweep:    $2
$3
STUDY
    "$program" run "$work/$1.yaml" -j 1 --quiet --results "$work/results" >/dev/null
    "$program" report "$work/$1.yaml" --results "$work/results" --format json >"$work/$1.json"
}
study chosen '{task.structure: [0, 0.5, 1], train.lr: [1e-3, 1e-2, 1e-1]}' 'select: {over: train.lr, by: valid_loss}'
study plain '{train.lr: [1e-4, 1e-3, 1e-2, 1e-1], task.structure: [0, 1]}' ''
study diverging '{train.lr: [1e-2, 1, 30], train.optimizer: [sgd, adam]}' ''
grep -q '"status": "diverged"' "$work/diverging.json" || { echo "FAILED: no run diverged" && exit 1; }
"$python" "$here/recompute.py" "$work/chosen.json" "$work/plain.json" "$work/diverging.json"

study readings '{activation: {r: {model.activation: relu}, s: {model.activation: silu}, t: {model.activation: tanh}},
  model.norm: [rmsnorm, layernorm], rows: {few: {task.samples: 16}, many: {task.samples: 32}}, train.optimizer: [adam, sgd], task.structure: [0, 1],
  train.lr: [1e-3, 1e-2]}' 'select: {over: train.lr, by: valid_loss}
design: {sample: 12, seed: 1, keep: [task.structure]}'
"$program" report "$work/readings.yaml" --results "$work/results" --format csv >"$work/readings.csv"
"$python" "$here/recompute_readings.py" "$work/readings.json" "$work/readings.csv"
sed 's/"noise": 0/"noise": 1/' "$work/readings.json" >"$work/changed.json"
cmp -s "$work/readings.json" "$work/changed.json" && echo "FAILED: nothing was changed" && exit 1
if "$python" "$here/recompute_readings.py" "$work/changed.json" "$work/readings.csv" >/dev/null; then
    echo "FAILED: a changed number of readings was not noticed" && exit 1
fi

sed 's/\("slope": [^,]*\)[0-9]\(e[^,]*\)*,/\17\2,/; s/"hodges_lehmann": 0/"hodges_lehmann": 1/' "$work/plain.json" >"$work/changed.json"
if "$python" "$here/recompute.py" "$work/changed.json" >/dev/null; then
    echo "FAILED: a changed number was not noticed" && exit 1
fi
