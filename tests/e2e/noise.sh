#!/bin/sh
# noise: text, json and exit statuses of the whole program.  noise.sh PROGRAM SOURCE_DIR
set -u
program=$1 source=$2
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$source" || exit 1
study="configs/quickstart.yaml train.steps=5 seeds=4 task.structure=0,1"
failures=0

fail() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}

# expect STATUS WORDS COMMAND...: the status, and the words somewhere in what is said
expect() {
    wanted=$1 words=$2
    shift 2
    "$@" >"$work/out" 2>&1
    found=$?
    [ "$found" -eq "$wanted" ] || fail "$* ended with $found, not $wanted: $(cat "$work/out")"
    grep -qF -- "$words" "$work/out" || fail "$* does not say \"$words\": $(cat "$work/out")"
}

# shellcheck disable=SC2086
{
    expect 2 "nothing of quickstart has run yet" "$program" noise $study --results "$work"
    "$program" run $study -j 2 -q --results "$work" >/dev/null || fail "the run failed"
    expect 0 "Seeds needed" "$program" noise $study --results "$work"
    expect 0 "attnres_block  4 " "$program" noise $study --results "$work"
    expect 0 '"power": 0.8' "$program" noise $study --results "$work" --json
    expect 0 "1.5x" "$program" noise $study --results "$work" --difference 1.5x
    expect 2 "ratios above 1" "$program" noise $study --results "$work" --difference 0.9x
    expect 2 "more than 6 ratios" "$program" noise $study --results "$work" \
        --difference 2,3,4,5,6,7,8
    expect 2 'did you mean "test_loss"?' "$program" noise $study --results "$work" --metric tset_loss
    expect 2 "noise needs a study file" "$program" noise
    "$program" noise $study --results "$work" --json >"$work/a"
    "$program" noise $study --results "$work" --json >"$work/b"
    cmp -s "$work/a" "$work/b" || fail "the same results gave other bytes"
}
[ "$failures" -eq 0 ] && echo "noise: all as expected"
exit "$failures"
