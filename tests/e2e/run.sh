#!/bin/sh
# A study from end to end: the same numbers whatever the number of workers and however often it is
# interrupted, a crash costs one cell, and every way to fail has its status and its sentence.
#
#     run.sh PROGRAM SOURCE_TREE
set -eu
program=$1
tree=$2
study=$tree/configs/smoke.yaml
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/e2e/expect.sh
. "$(dirname "$0")/expect.sh"

# The study at a length at which it can be killed half-way.
run() { # results folder, more arguments
    folder=$1
    shift
    "$program" run "$study" train.steps=4000 metric=train_loss --results "$work/$folder" "$@"
}

# What is compared: every number of every cell, no times.
numbers() { "$program" report "$study" train.steps=4000 --results "$work/$1" --format csv; }

same_numbers() {
    numbers "$1" >"$work/$1.csv"
    numbers "$2" >"$work/$2.csv"
    cmp -s "$work/$1.csv" "$work/$2.csv" || {
        diff "$work/$1.csv" "$work/$2.csv" | head -n 10 >&2
        fail "$1 and $2 differ"
    }
}

cells() { numbers "$1" | tail -n +2 | wc -l; }
finished() { numbers "$1" 2>/dev/null | grep -cE ',(done|diverged),' || true; }

echo "one worker, then two"
expect 0 run one -j 1
[ "$(finished one)" -eq "$(cells one)" ] || fail "not every cell is finished"
expect 0 run two -j 2
same_numbers one two
for file in cells.db report.txt report.csv report.html; do
    [ -s "$work/one/smoke/$file" ] || fail "$file is missing"
done

echo "finished cells are never run twice"
expect 0 run one -j 2
says "0 to do"

echo "killed again and again, and taken up from there"
rounds=0
while [ "$rounds" -lt 40 ]; do
    rounds=$((rounds + 1))
    run killed -j 2 >/dev/null 2>&1 &
    leader=$!
    sleep "0.$((rounds % 5 + 1))"
    pkill -9 -P "$leader" 2>/dev/null || break # the program; its workers die with it
    wait "$leader" 2>/dev/null || true
done
[ "$rounds" -gt 1 ] || fail "the study ended before it could be killed"
expect 0 run killed -j 2
same_numbers one killed

echo "an interrupt is status 130 and keeps what is finished"
long="train.steps=40000 seeds=1"
count_long() {
    # shellcheck disable=SC2086 # one word a setting
    "$program" report "$study" $long --results "$work/stopped" --format csv 2>/dev/null |
        grep -cE ',(done|diverged),' || true
}
# shellcheck disable=SC2086
env --default-signal=INT "$program" run "$study" $long --results "$work/stopped" -j 1 >/dev/null 2>"$work/err" &
leader=$!
until [ "$(count_long)" -gt 0 ] || ! kill -0 "$leader" 2>/dev/null; do sleep 0.05; done
kill -INT "$leader" || fail "the study ended before it could be interrupted"
status=0
wait "$leader" || status=$?
[ "$status" -eq 130 ] || fail "status $status after an interrupt"
says "the same command goes on"
kept=$(count_long)
[ "$kept" -gt 0 ] || fail "nothing was kept"
# shellcheck disable=SC2086
expect 0 "$program" run "$study" $long --results "$work/stopped" -j 2
says "$kept done already"

echo "a worker that is killed costs its one cell"
"$program" run "$study" --results "$work/crashed" -j 1 train.steps=4000 >/dev/null 2>"$work/err" &
leader=$!
victim=
while [ -z "$victim" ]; do
    victim=$(pgrep -P "$leader" || true)
    kill -0 "$leader" 2>/dev/null || break
done
sleep 0.3
kill -9 "$victim" || fail "there is no worker to kill"
status=0
wait "$leader" || status=$?
[ "$status" -eq 3 ] || fail "status $status after a worker was killed"
says "signal 9"
[ "$("$program" report "$study" train.steps=4000 --results "$work/crashed" --format csv | grep -c ',failed,')" -eq 1 ] ||
    fail "not exactly one cell failed"
expect 0 "$program" run "$study" --results "$work/crashed" -j 2 train.steps=4000

echo "a report from the database alone is the same report"
expect 0 "$program" report "$study" train.steps=4000 metric=train_loss --results "$work/one" --format text
cp "$work/out" "$work/from-study"
expect 0 "$program" report "$work/one/smoke/cells.db" --format text
cmp -s "$work/out" "$work/from-study" || fail "the two reports differ"
for format in text md html csv jsonl json; do
    expect 0 "$program" report "$study" train.steps=4000 --results "$work/one" --format "$format"
    [ -s "$work/out" ] || fail "the $format report is empty"
done

echo "the page that run leaves behind is the one that report makes"
expect 0 "$program" run "$study" train.steps=4000 --results "$work/one"
expect 0 "$program" report "$study" train.steps=4000 --results "$work/one" --format html
cmp -s "$work/out" "$work/one/smoke/report.html" || fail "the two pages differ"

echo "a terminal gets colours and lines, unless it refuses; a file gets neither"
if command -v script >/dev/null; then
    on_terminal() { # NAME=VALUE...
        script -qec "env -u NO_COLOR TERM=xterm $* '$program' report '$study' train.steps=4000 --results '$work/one'" \
            /dev/null </dev/null >"$work/out"
    }
    escape=$(printf '\033[')
    on_terminal LC_ALL=C.UTF-8
    grep -qF "$escape" "$work/out" || fail "no colours on a terminal"
    grep -q '●' "$work/out" || fail "no lines on a terminal of UTF-8"
    on_terminal LC_ALL=C
    if grep -q '●' "$work/out"; then fail "lines on a terminal of ASCII"; fi
    on_terminal NO_COLOR=1
    if grep -qF "$escape" "$work/out"; then fail "NO_COLOR is not honoured"; fi
    on_terminal TERM=dumb
    if grep -qF "$escape" "$work/out"; then fail "colours on a dumb terminal"; fi
fi
expect 0 "$program" report "$study" train.steps=4000 --results "$work/one"
if LC_ALL=C grep -q '[^ -~]' "$work/out"; then fail "a file has more than plain ASCII"; fi

echo "links of figures lead to them from wherever the page is"
mkdir -p "$work/pages/deep"
expect 0 "$program" report "$study" train.steps=4000 --results "$work/one" --format md -o "$work/pages/deep/page.md"
if command -v gnuplot >/dev/null; then
    figure=$(sed -n 's/^!\[.*](\(.*\))$/\1/p' "$work/pages/deep/page.md" | head -n 1)
    [ -s "$work/pages/deep/$figure" ] || fail "the link $figure leads nowhere"
    expect 0 "$program" report "$study" train.steps=4000 --results "$work/one" --format md \
        --figures "$work/pages/img" -o "$work/pages/page.md"
    grep -q '](img/train_loss-main.svg)\|](img/test_loss-main.svg)' "$work/pages/page.md" || fail "the link is not img/..."
fi

echo "trouble has a status and a sentence"
expect 2 "$program" run "$work/nothing.yaml"
says "nothing.yaml"
expect 2 "$program" run "$study" train.lr=fast
says 'lr is "fast"'
expect 2 "$program" run "$study" model.widht=3
says "width"
expect 2 "$program" run "$study" --jbos 2
says "--jobs"
expect 2 "$program" rnu
says "run"
echo "this is no database" >"$work/one/smoke/cells.db"
expect 7 "$program" run "$study" --results "$work/one"
says "cells.db"
: >"$work/file"
expect 7 "$program" run "$study" --results "$work/file"
says "$work/file"

echo "help COMMAND is COMMAND --help, and -V is --version"
for command in run list check; do
    expect 0 "$program" "$command" --help
    cp "$work/out" "$work/page"
    expect 0 "$program" help "$command"
    cmp -s "$work/out" "$work/page" || fail "help $command is another page than $command --help"
done
expect 0 "$program" --help
prints "./plumbline test"
cp "$work/out" "$work/page"
expect 0 "$program" help
cmp -s "$work/out" "$work/page" || fail "help is another page than --help"
expect 2 "$program" help chekc
says 'there is no command "chekc"; did you mean "check"?'
expect 2 "$program" help run check
says 'help shows one command at a time; found "check" after run'
expect 0 "$program" --version
cp "$work/out" "$work/page"
expect 0 "$program" -V
cmp -s "$work/out" "$work/page" || fail "-V is something else than --version"

echo "a dry run tells the plan and changes nothing"
expect 0 "$program" run "$study" --results "$work/dry" --dry-run
grep -q "to do" "$work/out" || fail "the plan does not say what is to do"
[ ! -e "$work/dry" ] || fail "a dry run left something behind"

echo "a bench is stable JSON, and can be compared with itself"
expect 0 "$program" bench --model "10/40/10/1000 relu" --variant attnres_full,attnres_block --rounds 1 --json --quiet
for member in schema peak_gflops model variant step_ms forward_ms gflops share ratio forward_ratio; do
    grep -q "\"$member\":" "$work/out" || fail "the bench has no $member"
done
cp "$work/out" "$work/bench.json"
expect 0 "$program" bench --model "10/40/10/1000 relu" --variant attnres_full,attnres_block --rounds 1 --compare "$work/bench.json" --quiet
grep -q "x earlier" "$work/out" || fail "nothing was compared"

# What a variant starts at is told entry by entry, where entries differ.
expect 0 "$program" show variant mhc
grep -q 'residual[.]b_res[.]l, l = 1[.][.]10 .* -8, but 0 at entries 0, 5, ' "$work/out" ||
    fail "show variant mhc does not tell the diagonal of b_res"

echo "1 passed, 0 failed"
