#!/bin/sh
# terminal.sh PROGRAM: what a run says where, with a terminal made by script(1) and tmux where they are here:
# one line of progress at 80 and at 50 columns, no control sequence where none is wanted.
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
train:    {lr: 1e-2, steps: 30}
variants: [standard, {name: rescaled, label: a label that is as long as labels of variants are at times}]
sweep:    {task.structure: [0, 0.5, 1], train.batch: [32, 64]}
seeds:    4
STUDY
control=$(printf '[\033\r]')

echo "quiet: nothing but the path of the report"
expect 0 "$program" run study.yaml -q -j 1 --results quiet
[ "$(cat out)" = quiet/study/report.txt ] || fail "a quiet run prints the path of its report"
[ ! -s err ] && [ -s quiet/study/report.txt ] || fail "a quiet run said more, or left no report"

echo "no terminal: a line a tenth, with --verbose a line a cell, no control sequence"
expect 0 env TERM=xterm "$program" run study.yaml -j 1 --results tenth
[ "$(grep -c '^[0-9]*/48 ' err)" -eq 10 ] || fail "not a line a tenth"
! grep -q "$control" out err || fail "control characters without a terminal"
expect 0 env TERM=xterm "$program" run study.yaml -j 1 --results tenth -v backend=ref
[ "$(grep -c '^[0-9]*/48 ' err)" -eq 48 ] || fail "not a line a cell with --verbose"

# run_on LOOK SETTING...: the run on a terminal of script(1), which is left in out with a line a line begun
run_on() {
    look=$1
    shift
    script -qec "env TERM=xterm $look '$program' run study.yaml -j 1 --results '$look' $*" /dev/null \
        </dev/null >raw || fail "a run on a terminal with $look"
    tr '\r' '\n' <raw >out
}
if command -v script >/dev/null; then
    echo "a terminal: one line is rewritten, except a dumb one; NO_COLOR and TERM=dumb have no escape sequence"
    run_on LOOK=any
    grep -q '^[0-9]*/48 done, 1 running' out || fail "no line of progress on a terminal"
    grep -q "$(printf '\033')" raw || fail "no colours on a terminal"
    run_on NO_COLOR=1
    grep -q '^[0-9]*/48 done, 1 running' out || fail "no line of progress with NO_COLOR"
    ! grep -q "$(printf '\033')" raw || fail "escape sequences with NO_COLOR"
    run_on TERM=dumb
    ! grep -q '/48 done' out || fail "a line is rewritten on a dumb terminal"
    [ "$(grep -c '^[0-9]*/48 ' out)" -eq 10 ] || fail "a dumb terminal gets a line a tenth"
    ! grep -q "$(printf '\033')" raw || fail "escape sequences with TERM=dumb"
else
    echo "left out: runs on a terminal, for there is no script(1) here"
fi

# on_screen COLUMNS: 192 cells in tmux; the lines of progress that are on the screen in the end
on_screen() {
    tmux -S "$work/socket$1" new-session -d -x "$1" -y 40 "sh -c 'TERM=screen $program run study.yaml -j 1 \
        --results screen$1 seeds=16 train.steps=1500 >/dev/null; echo the end; sleep 30'"
    : >during
    for _ in $(seq 600); do
        tmux -S "$work/socket$1" capture-pane -p >screen
        if grep -q '/192 done' screen; then cp screen during; fi
        if grep -q 'the end' screen; then break; fi
        sleep 0.05
    done
    tmux -S "$work/socket$1" kill-server
    grep -q 'the end' screen || fail "the run on a screen of $1 columns did not end"
    [ "$(grep -c '/192 done' during)" -eq 1 ] || fail "more than one line of progress at $1 columns"
    ! grep -q '/192 done' screen || fail "progress stays on a screen of $1 columns"
    ! grep -q 'times$' during || fail "the line of progress went on in the next at $1 columns"
}
if command -v tmux >/dev/null; then
    echo "a screen: 192 lines of progress are one line at 80 and at 50 columns"
    on_screen 80
    on_screen 50
else
    echo "left out: runs on a screen, for there is no tmux here"
fi

echo "1 passed, 0 failed"
