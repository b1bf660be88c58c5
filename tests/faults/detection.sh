#!/bin/sh
# Which planted faults does `plumbline check` notice, in which tier, and with which exit status? Builds the
# program with PL_PLANTED_FAULTS, makes a reference without a fault, sees that without a fault the status is 0
# (also with --exact, and at other levels of vector instructions), then checks configs/ci-rankings.yaml with
# each of ten faults in turn. Ends with status 1 when a fault passes with status 0, or none fails.
#
#     detection.sh SOURCE_TREE [FOLDER [key=value ...]]
#
# FOLDER (a temporary one) keeps the build and all results, so that an interrupted run goes on.
# Not one of the tests that run at every change: it trains for some minutes.
set -eu
tree=$(cd "$1" && pwd)
shift
folder=${1:-$(mktemp -d)}
[ $# -eq 0 ] || shift
study=$tree/configs/ci-rankings.yaml
program=$folder/build/experiments/cli/plumbline

faults='
query_random         a query that starts at random instead of zero
key_norm_dropped     keys without their norm
block_boundary       the boundary of blocks off by one
mix_gradient         the gradient of the mixing scaled by 0.9
adam_bias            Adam without its bias correction
structure_inverted   the structure dial of linear_mix inverted
prenorm_skipped      PreNorm skipped in one layer of eight
embedding_left_out   the embedding left out of the sources
schedule             a constant learning rate instead of the schedule
float16_activations  activations rounded to float16
'

mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
program=$folder/build/experiments/cli/plumbline
cmake -S "$tree" -B "$folder/build" -DPL_TESTS=OFF -DPL_PLANTED_FAULTS=ON >"$folder/build.log"
cmake --build "$folder/build" --target plumbline --parallel >>"$folder/build.log" 2>&1

cd "$folder"
[ -e reference.json ] || "$program" bless "$study" "$@" -q --results none -o reference.json

# No fault: status 0 at every level that this machine has, bit by bit.
for level in baseline x86-64-v3 x86-64-v4 neon; do
    status=0
    PLUMBLINE_ISA=$level "$program" check "$study" "$@" -q --exact --results "none-$level" \
        --reference reference.json >page 2>"none-$level.err" || status=$?
    [ "$status" -ne 2 ] || continue # not a level of this machine
    printf 'without a fault, %-10s status %s; %s\n' "$level" "$status" "$(sed -n 's/^drift  *//p' page)"
    [ "$status" -eq 0 ] || { cat page && exit 1; }
done

# What the page in $folder/page says.
tier() {
    contradicted=$(grep -c '^contradicted' page || true)
    moved=$(sed -n 's/^drift  *\([0-9]*\) of \([0-9]*\) values.*/\1 of \2/p' page)
    found=
    [ "$contradicted" -eq 0 ] || found="ranking ($contradicted claims)"
    [ -z "$moved" ] || found="${found:+$found, }drift ($moved values)"
    echo "${found:-neither}"
}

missed=0
while read -r name what; do
    [ -n "$name" ] || continue
    status=0
    PLUMBLINE_FAULT=$name "$program" check "$study" "$@" -q --results "$name" \
        --reference reference.json >page || status=$?
    exact=0
    PLUMBLINE_FAULT=$name "$program" check "$study" "$@" -q --results "$name" --exact \
        --reference reference.json >exact.txt || exact=$?
    case $status in 0 | 1 | 6) ;; *) cat page && exit "$status" ;; esac
    cp page "$name.txt"
    [ "$status" -ne 0 ] && [ "$exact" -ne 0 ] || missed=$((missed + 1))
    printf '%-20s %-52s status %s, --exact %s: %s\n' "$name" "$what" "$status" "$exact" "$(tier)"
done <<FAULTS
$faults
FAULTS
echo "$((10 - missed)) of 10 noticed"
[ "$missed" -eq 0 ]
