#!/bin/sh
# A study held to its claims: each exit status, the same verdicts whatever the number of workers and the
# order in which cells were computed, and fresh seeds that are never the same again.
#
#     check.sh PROGRAM
set -eu
program=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

# expect STATUS ARGUMENTS...: plumbline check; output goes to $work/out and $work/err
expect() {
    expected=$1
    shift
    status=0
    "$program" check "$@" >"$work/out" 2>"$work/err" || status=$?
    [ "$status" -eq "$expected" ] || {
        cat "$work/out" "$work/err" >&2
        fail "status $status instead of $expected: check $*"
    }
}

# says FILE TEXT
says() {
    grep -qF -- "$2" "$work/$1" || {
        cat "$work/$1" >&2
        fail "$1 does not say: $2"
    }
}

# study NAME CLAIMS: a study of 8 seeds in which more training is better, and nothing else differs
study() {
    cat >"$work/$1.yaml" <<STUDY
study: $1
model:    {width: 8, hidden: 16, depth: 2}
task:     {name: linear_mix, dim: 4, samples: 32, valid_samples: 32, test_samples: 32}
train:    {lr: 1e-2, steps: 5, eval_points: 1}
variants:
  - {name: standard, label: short}
  - {name: standard, label: long, train.steps: 60}
seeds: 8
claims: $2
STUDY
}
results="--results $work/results"

study true '[{better: long, than: short}, {bound: long, below: 100, metric: train_loss}]'
study false '[{better: short, than: long}]'
study vague '[{better: short, than: long, by: 1.01x}, {divergence: long, below: 0.01}]'

# ---- every status ----
expect 0 "$work/true.yaml" $results
says out "holds"
says out "2 claims: 2 hold"
says err "0 cells done already, 16 to do"
expect 0 "$work/true.yaml" $results --strict
says err "16 cells done already, 0 to do"
expect 1 "$work/false.yaml" $results
says out "contradicted"
expect 0 "$work/vague.yaml" $results seeds=2
expect 4 "$work/vague.yaml" $results seeds=2 --strict
expect 1 "$work/vague.yaml" $results --strict   # contradicted before inconclusive
expect 2 "$work/true.yaml" $results no.such=1
expect 2 "$work/true.yaml" $results --more-seeds few
says err "--more-seeds is \"few\""
expect 2
study typo '[{better: longer, than: short}]'
expect 2 "$work/typo.yaml" $results
says err 'typo.yaml:9:19: there is no label "longer"; did you mean "long"?'
: >"$work/file"
expect 7 "$work/true.yaml" --results "$work/file"
expect 3 "$work/false.yaml" --results "$work/slow" task.samples=1000000 limits.cell_seconds=0.05
says out "no results to judge it by"

# ---- the same verdicts, whatever -j and whichever cells were there first ----
expect 1 "$work/vague.yaml" --results "$work/one" -j 1
cp "$work/out" "$work/first"
expect 1 "$work/vague.yaml" --results "$work/four" -j 4
cmp "$work/out" "$work/first" || fail "the verdict depends on -j"
"$program" run "$work/vague.yaml" --results "$work/odd" seeds=6,2,7 >"$work/log" 2>&1
"$program" run "$work/vague.yaml" --results "$work/odd" seeds=3 >"$work/log" 2>&1
expect 1 "$work/vague.yaml" --results "$work/odd"
cmp "$work/out" "$work/first" || fail "the verdict depends on the order of cells"

# ---- more seeds: fresh ones, for open claims alone; the plan stays the study's ----
expect 0 "$work/true.yaml" $results --more-seeds 20
says out "looks         1 of 2 planned, at 8, 20 seeds"
study two '[{better: long, than: short}, {bound: long, below: 1.05, above: 0.95, metric: train_loss}]'
expect 0 "$work/two.yaml" --results "$work/two" seeds=3 --more-seeds 8
says err "two: look 1 with 3 seeds, 0 cells done already, 6 to do"
says err "two: look 2 with 8 seeds, 6 cells done already, 10 to do"
"$program" report "$work/results/true/cells.db" --format csv >"$work/report"
[ "$(wc -l <"$work/report")" -eq 17 ] || fail "the plan is not the study's own afterwards"

# ---- a reference: the same numbers, others, and different things ----
bless() {
    "$program" bless "$@" >"$work/out" 2>"$work/err" || { cat "$work/err" >&2 && fail "bless $*"; }
}
reference="--reference $work/true.json"
bless "$work/true.yaml" $results -o "$work/true.json"
bless "$work/true.yaml" $results -o "$work/again.json" -j 1
cmp "$work/true.json" "$work/again.json" || fail "the same results gave another reference"
expect 0 "$work/true.yaml" $results $reference --exact
says out "drift         none: all 48 values have the same bits"
sed 's/\("test_loss".*"values": \[\)/\1 1/' "$work/true.json" >"$work/moved.json"
expect 6 "$work/true.yaml" $results --reference "$work/moved.json" --junit "$work/moved.xml"
says out "2 of 48 values, in 2 of 2 groups, moved further than rounding"
says out "long, seed 1: test_loss"
says out "portable: none allowed"
says moved.xml '<failure message="reference'
expect 0 "$work/true.yaml" $results --reference "$work/moved.json" --drift warn
expect 2 "$work/true.yaml" $results --reference "$work/moved.json" --drift often
expect 2 "$work/true.yaml" $results --reference "$work/moved.json" --drift warn --exact
expect 6 "$work/true.yaml" $results --reference "$work/moved.json" --exact
expect 5 "$work/true.yaml" $results $reference train.lr=0.02
says out "incomparable  train.lr is 0.01 in the reference and 0.02 here"
expect 5 "$work/true.yaml" $results --exact
says out "--exact needs a reference, and there is none"
sed 's/"numerics": "[^"]*"/"numerics": "another machine"/' "$work/true.json" >"$work/portable.json"
expect 0 "$work/true.yaml" $results --reference "$work/portable.json" --exact
says out "2 of 2 groups are portable: every machine gives their bits"
sed 's/ "portable": true,//' "$work/portable.json" >"$work/other.json"
expect 0 "$work/true.yaml" $results --reference "$work/other.json"
says out "another class of machine"
expect 5 "$work/true.yaml" $results --reference "$work/other.json" --exact
sed 's/ "portable": true,//' "$work/moved.json" >"$work/floors.json" # not portable: floors allow for rounding
expect 0 "$work/true.yaml" $results --reference "$work/floors.json" --junit "$work/moved.xml"
says moved.xml '<skipped message="reference'
expect 6 "$work/true.yaml" $results --reference "$work/floors.json" --drift fail
expect 7 "$work/true.yaml" $results --reference "$work/none.json"
echo '{}' >"$work/empty.json"
expect 5 "$work/true.yaml" $results --reference "$work/empty.json"
# its own place is results/reference/STUDY.json
(cd "$work" && bless true.yaml $results && [ -e results/reference/true.json ]) || fail "no reference there"
(cd "$work" && expect 0 true.yaml $results && says out "results/reference/true.json, made from commit")
(cd "$work" && expect 5 true.yaml $results seeds=20,21 && says out "no seed in common") || fail "other seeds"
(cd "$work" && expect 0 true.yaml $results seeds=20,21 --reference none) || fail "--reference none"

# ---- pages for CI ----
expect 1 "$work/false.yaml" $results --junit "$work/junit.xml" --markdown "$work/page.md" --json
says junit.xml '<failure message="contradicted: short / long'
says page.md "contradicted"
says out '"exit_status": 1'
expect 7 "$work/false.yaml" $results --junit "$work/no/such/folder.xml"

# ---- a study that selects: claims are about the chosen runs, and their numbers are the report's ----
cat >"$work/chosen.yaml" <<STUDY
study: chosen
model:    {width: 8, hidden: 16, depth: 2}
task:     {name: linear_mix, dim: 4, samples: 32, valid_samples: 32, test_samples: 32}
train:    {steps: 20, eval_points: 1}
variants: [standard, attnres_full]
sweep:    {task.structure: [0, 1], train.lr: [1e-3, 1e-2, 1e-1]}
select:   {over: train.lr, by: valid_loss}
seeds: 8
claims:
  - {better: attnres_full, than: standard, at: {task.structure: 1}}
  - {better: attnres_full, than: standard, at: {task.structure: 1, train.lr: all}}
  - {better: attnres_full, than: standard, at: selected}
STUDY
status=0
"$program" check "$work/chosen.yaml" $results --json >"$work/out" 2>"$work/err" || status=$?
"$program" report "$work/chosen.yaml" $results --format json >"$work/report"
says out '"claim": "attnres_full better than standard, at task.structure = 1, the chosen train.lr (test_loss)"'
says out '"claim": "attnres_full better than standard, at task.structure = 1 (test_loss)"'
sed -n 's/^ *"estimate": \(.*\),/\1/p' "$work/out" >"$work/estimates"
in_report() { # N: the N-th estimate stands in the report as a ratio, outside of the grid's own numbers
    estimate=$(sed -n "$1p" "$work/estimates")
    [ -n "$estimate" ] && sed '/"grid"/,$d' "$work/report" | grep -qF -- "\"ratio\": $estimate"
}
in_report 1 || fail "check's ratio at the chosen rate is not the report's"
in_report 3 || fail "check's ratio over all settings is not the report's"
if in_report 2; then fail "a claim about all rates has the number of the chosen ones"; fi
sed -e "s/^select:.*//" -e "/lr: all/d" "$work/chosen.yaml" >"$work/unselected.yaml"
expect 2 "$work/unselected.yaml" $results
says err "at is selected, and the study selects nothing"

# ---- a packed reference: a study in parts, told and compared without its store ----
(
    cd "$work"
    expect 0 chosen.yaml $results --reference none --json || exit 1
    cp out then.json
    bless chosen.yaml $results task.structure=0 --packed
    bless chosen.yaml $results task.structure=1 --packed
    [ -e results/reference/chosen/part-0-0.json ] && [ -e results/reference/chosen/part-1-1.json ] || exit 1
    expect 0 chosen.yaml --results nowhere --from-reference --json
    says err "results/reference/chosen: 12 of 12 groups"
    cmp out then.json || fail "the packed reference gave other verdicts"
    [ ! -e nowhere ] || fail "--from-reference made a store"
    "$program" report chosen.yaml --results nowhere --from-reference --format csv |
        cut -d, -f1-9 >packed.csv 2>err
    "$program" report chosen.yaml $results --format csv | cut -d, -f1-9 | cmp - packed.csv ||
        fail "the packed reference gave other losses"
    expect 0 chosen.yaml --results spot task.structure=1 train.lr=0.01,0.1 seeds=2 --exact
    says out "24 values have the same bits"
    expect 5 chosen.yaml --results spot task.structure=1 model.width=16 seeds=2
    says err "results/reference/chosen has other settings for 6 of 6 groups"
    expect 2 chosen.yaml --from-reference --exact
    says err "there is nothing that --exact"
    expect 5 true.yaml --from-reference
    says err "a reference that only check compares with"
) || exit 1

# ---- a step time, measured: two entries of the same network ----
study cost '[{cost: long, than: short, below: 4x}]'
expect 0 "$work/cost.yaml" $results
says out "holds         long / short: step_ms below 4x"
says out "40 rounds"

echo "1 passed, 0 failed"
