#!/bin/sh
# How often does `plumbline check` cry wolf? Computes a study on many seeds that are not its own, then checks
# it again and again with nothing changed, each time with other seeds drawn from these (without
# replacement within a check; the checks overlap), and counts those that contradict a claim.
#
#     alarms.sh PROGRAM STUDY.yaml RESULTS FIRST LAST SEEDS REPEATS
#
# Seeds FIRST to LAST are computed into RESULTS, where an interrupted run goes on; a check takes SEEDS of
# them. Not one of the tests that run at every change.
set -eu
program=$1
study=$2
results=$3
first=$4
last=$5
seeds=$6
repeats=$7
page=$(mktemp)
trap 'rm -f "$page"' EXIT

"$program" run "$study" "seeds=$(seq -s, "$first" "$last")" --results "$results" -q >/dev/null

# draw REPEAT: that many seeds, the same for the same repeat
draw() {
    awk -v first="$first" -v last="$last" -v seeds="$seeds" -v repeat="$1" 'BEGIN {
        srand(repeat)
        for (k = first; k <= last; k++) pool[n++] = k
        for (k = 0; k < seeds; k++) {
            other = k + int(rand() * (n - k))
            seed = pool[other]
            pool[other] = pool[k]
            printf "%s%d", k ? "," : "", seed
        }
    }'
}

alarms=0
repeat=0
: >"$page"
while [ "$repeat" -lt "$repeats" ]; do
    repeat=$((repeat + 1))
    status=0
    "$program" check "$study" "seeds=$(draw "$repeat")" --results "$results" --reference none -q \
        >>"$page" || status=$?
    [ "$status" -le 1 ] || exit "$status"
    alarms=$((alarms + status))
done
# Verdicts of all claims of all checks, and Wilson's interval of the share of checks with an alarm.
awk '/^(holds|contradicted|too small|inconclusive) / {print $1}' "$page" | sort | uniq -c
awk -v hits="$alarms" -v n="$repeats" 'BEGIN {
    z = 1.959964
    middle = (hits + z * z / 2) / (n + z * z)
    half = z / (n + z * z) * sqrt(hits * (n - hits) / n + z * z / 4)
    low = hits ? middle - half : 0
    printf "%d of %d checks contradict a claim: %.2f %% [%.2f, %.2f]\n", hits, n, 100 * hits / n,
           100 * low, 100 * (middle + half)
}'
