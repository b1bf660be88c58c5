#!/bin/sh
# asking.sh PROGRAM: what a run was told, its report can be told; and a command that finds nothing says by
# which words the database has something.
set -eu
program=$1
here=$(cd "$(dirname "$0")" && pwd)
work=$(cd "$(mktemp -d)" && pwd -P)
trap 'rm -rf "$work"' EXIT
cd "$work"
# shellcheck source=tests/e2e/expect.sh
. "$here/expect.sh"

cat >study.yaml <<'STUDY'
study:    study
model:    {width: 4, depth: 2}
task:     {name: linear_mix, dim: 4, samples: 64, valid_samples: 32, test_samples: 32}
train:    {lr: 1e-2, steps: 5}
variants: [standard, rescaled]
sweep:    {task.structure: [0, 1]}
seeds:    4
claims:   [{equivalent: [rescaled, standard], within: 50%}]
STUDY

# obey: the command that the last one offered between backquotes
obey() {
    offered=$(sed -n 's/.*`plumbline \([^`]*\)`.*/\1/p' err | tail -n 1)
    [ -n "$offered" ] || fail "no command is offered"
    # shellcheck disable=SC2086 # words
    expect 0 "$program" $offered
    ! grep -q 'none of the cells' err || fail "what was offered finds nothing: $offered"
}

echo "nothing has run"
expect 0 "$program" report study.yaml
says 'nothing of study has run yet; `plumbline run study.yaml` starts it'

echo "the same words in run, report, noise, status, fraction, diff"
expect 0 "$program" run study.yaml --backend ref train.lr=3e-2 -j 1
expect 0 "$program" report study.yaml --backend ref train.lr=3e-2
prints "16 done"
[ ! -s err ] || fail "the report of what was run warns"
expect 0 "$program" report study.yaml -b ref train.lr=0.03 --format csv
expect 0 "$program" noise study.yaml -b ref train.lr=3e-2
expect 0 "$program" status study.yaml -b ref train.lr=3e-2
prints "done      16"
expect 0 "$program" diff study.yaml results/study/cells.db -b ref train.lr=3e-2
expect 0 "$program" check study.yaml -b ref train.lr=3e-2 -j 1
says "16 cells done already, 0 to do"
expect 0 "$program" bless study.yaml -b ref train.lr=3e-2 -j 1 -o reference.json
expect 2 "$program" report results/study/cells.db seeds=2
says "results/study/cells.db is a database, whose plan is what was run; seeds=2 needs the study file"
expect 2 "$program" diff study.yaml
says "key=value may follow"

echo "another backend, other settings, other seeds: said by which words they are had"
expect 0 "$program" report study.yaml
says "results/study/cells.db has 16 others, by \`plumbline report study.yaml backend=ref train.lr=0.03\`"
obey
prints "16 done"
expect 2 "$program" noise study.yaml train.steps=6
obey
expect 0 "$program" report study.yaml backend=ref train.lr=3e-2 seed=77
says "by \`plumbline report study.yaml backend=ref train.lr=3e-2 seeds=4\`"
obey
expect 0 "$program" run study.yaml -j 1
says "results/study/cells.db has 16 finished cells that these are not: the nearest differ in backend and train.lr"
expect 0 "$program" report study.yaml model.width=5 backend=ref
obey

echo "keys of a study can be asked for, marks are explained"
expect 0 "$program" show option seeds
prints "example  seeds: 12"
expect 0 "$program" show option at
prints "claims.at"
expect 2 "$program" show option selekt
says 'did you mean "select"?'
expect 0 "$program" list keys
prints "select.over"
expect 0 "$program" list variants
prints "[P] the paper"
expect 0 "$program" list backends
prints "here: double"
expect 0 "$program" list variants --json
prints '"name": "standard"'

echo "1 passed, 0 failed"
