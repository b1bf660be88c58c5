#!/bin/sh
# How often the evidence is right: every table of docs/statistics.md under "How often it is right", anew.
#
#     tests/calibration/calibrate.sh [BUILD [N]] > tests/calibration/calibration.txt
#     tests/calibration/calibrate.sh --docs < tests/calibration/calibration.txt
#
# BUILD is the folder of a build with tests (build/release). N studies a row (50; claims: 5 N checks) take
# about four minutes of one core, and two cores are used; the numbers are the same on every machine. Each share
# stands with its Monte Carlo standard error. The second form puts the tables in the places of those of
# docs/statistics.md that have the same heading.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)

if [ "${1:-}" = --docs ]; then
    page=$root/docs/statistics.md
    tables=$(mktemp)
    trap 'rm -f "$tables"' EXIT
    cat >"$tables"
    awk -v tables="$tables" '
        BEGIN {
            while ((getline line <tables) > 0) {
                if (line !~ /^\|/) { heading = ""; continue }
                if (heading == "") heading = line; else rows[heading] = rows[heading] line "\n"
            }
        }
        skipping && /^\|/ { next }
        { skipping = 0; print }
        ($0 in rows) { printf "%s", rows[$0]; skipping = 1 }' "$page" >"$page.new"
    mv "$page.new" "$page"
    exit 0
fi

build=${1:-$root/build/release} n=${2:-50}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
claims() { PLUMBLINE_CALIBRATION=$((5 * n)) "$build/tests/test_check" "$1"; }
evidence() { PLUMBLINE_CALIBRATION=$n "$build/tests/test_calibration" "$1"; }
{
    evidence crossings >"$work/4-crossings"
    evidence ranking >"$work/5-ranking"
    claims levels >"$work/6-levels"
} &
{
    evidence pairs >"$work/1-pairs"
    evidence families >"$work/2-families"
    evidence curves >"$work/3-curves"
    claims share >"$work/7-share"
}
wait $!
echo "N = $n studies a row; claims: $((5 * n)) checks. After each share its Monte Carlo standard error."
for part in "$work"/*; do
    grep -q ' 0 failed, asserts' "$part" || { cat "$part" >&2; exit 1; }
    awk '/^\|/ { if (!within) print ""; print; within = 1; next } { within = 0 }' "$part"
done
