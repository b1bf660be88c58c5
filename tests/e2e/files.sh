#!/bin/sh
# What the program writes over another file: a full disk, a limit, a closed pipe leave the old file whole,
# and whatever goes to a full stdout ends with 7.
#
#     files.sh PROGRAM SOURCE_TREE
set -eu
program=$1
study=$2/configs/smoke.yaml
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

fail() {
    cat out err >&2
    echo "FAILED: $*" >&2
    exit 1
}

# ends STATUS COMMAND...
ends() {
    expected=$1
    shift
    status=0
    "$@" >out 2>err || status=$?
    [ "$status" -eq "$expected" ] || fail "status $status instead of $expected: $*"
}

# limited COMMAND...: no file may grow beyond 32 KiB, which is what SQLite needs beside a database, and
# the signal for that is ignored
limited() { (trap '' XFSZ && ulimit -f 64 && exec "$@"); }

ends 0 "$program" run "$study" --results results -q

echo "a file that cannot be written whole stays what it was"
for format in json html; do
    echo old >report.$format
    ends 7 limited "$program" report "$study" --results results --format $format -o report.$format
    [ "$(cat report.$format)" = old ] || fail "report.$format is not what it was"
    grep -q "report.$format cannot be written: File too large; what it held before is unchanged" err ||
        fail "no sentence about report.$format"
done
[ "$(find . -name '.plumbline-*' | wc -l)" -eq 0 ] || fail "something was left beside"

echo "a good write replaces it, through a link too, and keeps its permissions"
chmod 640 report.json
ln -s report.json link.json
ends 0 "$program" report "$study" --results results --format json -o link.json
[ -L link.json ] || fail "the link was replaced"
grep -q '"schema"' report.json || fail "the file behind the link was not replaced"
[ "$(stat -c %a report.json)" = 640 ] || fail "the permissions changed"
echo first >log
"$program" report "$study" --results results --format csv -o /dev/stdout >>log
[ "$(head -n 1 log)" = first ] && [ "$(wc -l <log)" -gt 2 ] || fail "/dev/stdout does not append"

echo "neither the database nor the study is written over"
cp "$study" own.yaml
cp results/smoke/cells.db before.db
ends 7 "$program" report "$study" --results results -o results/smoke/cells.db
grep -q "results/smoke/cells.db is a database" err || fail "no sentence about the database"
cmp before.db results/smoke/cells.db || fail "the database was written over"
ends 2 "$program" report own.yaml --results results -o ./own.yaml
grep -q "own.yaml is the study itself" err || fail "no sentence about the study"
ends 2 "$program" check own.yaml --results results --junit own.yaml
cmp "$study" own.yaml || fail "the study was written over"

echo "a reader that goes away takes nothing else with it"
rm results/smoke/report.*
"$program" run "$study" --results results -q | :
for name in txt csv html; do
    [ -s "results/smoke/report.$name" ] || fail "no report.$name"
done

echo "without stdout the files are kept all the same, and the status says it"
rm results/smoke/report.*
status=0
"$program" run "$study" --results results -q 2>err >&- || status=$?
[ "$status" -eq 7 ] && grep -q "writing to stdout failed" err || fail "status $status without stdout"
[ -s results/smoke/report.html ] || fail "no report.html without stdout"
ends 0 "$program" report "$study" --results results # the database is what it was

if [ -w /dev/full ]; then
    echo "a full stdout ends with 7, whatever was printed"
    full() {
        status=0
        "$program" "$@" >/dev/full 2>err || status=$?
        [ "$status" -eq 7 ] && grep -q "writing to stdout failed" err ||
            fail "status $status instead of 7, or no sentence: $*"
        [ "$(grep -c error err)" -eq 1 ] || fail "said more than once: $*"
    }
    full --version
    full --help
    full run --help
    full list tasks
    full show task linear_mix
    full run "$study" --results results --dry-run
    full run "$study" --results results -q
    full report "$study" --results results
    full check "$study" --results results --reference none
    full prune "$study" --results results
fi
echo "passed"
