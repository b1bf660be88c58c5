#!/bin/sh
# What a program built for every processor of its kind loses against one built for this processor
# (cmake -DPL_NATIVE=ON): the kernels choose their level at start, so it should be little.
#
#     tests/perf/native.sh PROGRAM NATIVE [ROUNDS]
#
# Both take turns, ROUNDS times (default 5). Prints for each row of the bench the median of
# (time of NATIVE) / (time of PROGRAM): the speed of PROGRAM as a share of NATIVE's. Ends with status 1
# when the median over all rows is below 0.95.
set -eu
program=$1 native=$2 rounds=${3:-5}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Lines "model variant step_ms" of one run.
rows() {
    for model in 10/40/10/1000 20/80/10/1000 64/256/20/512; do
        "$1" bench --quiet --json --rounds 3 --model "$model" --variant standard,attnres_full
    done | awk -F'"' '
        $2 == "model" {model = $4}
        $2 == "variant" {variant = $4}
        $2 == "step_ms" {sub(/^: */, "", $3); sub(/,.*/, "", $3); ms[++n] = $3}
        /\}/ && n {gsub(/ /, "_", model); print model, variant, ms[n]; n = 0}'
}

round=0
while [ "$round" -lt "$rounds" ]; do
    rows "$program" >"$work/program"
    rows "$native" >"$work/native"
    paste -d' ' "$work/program" "$work/native" | awk '{print $1, $2, $6 / $3}' >>"$work/ratios"
    round=$((round + 1))
done

median='{x[NR] = $NF} END {print NR % 2 ? x[(NR + 1) / 2] : (x[NR / 2] + x[NR / 2 + 1]) / 2}'
cut -d' ' -f1,2 "$work/program" | while read -r model variant; do
    grep -F "$model $variant " "$work/ratios" | sort -g -k3 | awk "$median" |
        sed "s|^|$model $variant |"
done | awk '{printf "%-24s %-14s %.3f\n", $1, $2, $3}'
sort -g -k3 "$work/ratios" | awk "$median" |
    awk '{printf "%-39s %.3f\n", "all", $1; exit $1 < 0.95}'
