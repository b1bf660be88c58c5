#!/bin/sh
# Diagnostics: switched on for cells that are done, they are measured and no metric changes; they are the same
# whatever -j; what is there is not measured again.
#
#     diagnostics.sh PROGRAM SOURCE_TREE
set -eu
program=$1
tree=$2
study=$tree/configs/smoke.yaml
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/e2e/expect.sh
. "$(dirname "$0")/expect.sh"

run() { "$program" run "$study" seeds=1 --results "$work/results" "$@"; }
report() { "$program" report "$study" seeds=1 --results "$work/results" --format "$1" -o "$work/$2"; }

echo "off"
expect 0 run -j 2
report csv metrics.csv
report diagnostics none.csv
[ "$(wc -l <"$work/none.csv")" -eq 1 ] || fail "diagnostics that nobody asked for"

echo "on, for cells that are done"
expect 0 run diagnostics=norms,mixing --dry-run
prints "done      0"
prints "to do     20"
prints "20 of them are done, but without the diagnostics"
expect 0 run diagnostics=norms,mixing --why-not
prints "20 done, but without the diagnostics that are asked for"
expect 0 run diagnostics=norms,mixing -j 2
says "20 cells are done, but without the diagnostics"
report csv again.csv
cmp -s "$work/metrics.csv" "$work/again.csv" || fail "metrics changed"
report diagnostics two.csv
grep -q ",h_rms,12,1,," "$work/two.csv" || fail "no norms"
grep -q ",mixing,12,2,1," "$work/two.csv" || fail "no mixing"

echo "only what is lacking is measured"
expect 0 run diagnostics=mixing
says "20 done already, 0 to do"
expect 0 run
says "20 done already, 0 to do"
expect 0 run diagnostics=gradients
says "20 cells, 0 done already, 20 to do"
report diagnostics three.csv
grep -q ",h_rms,12,1,," "$work/three.csv" || fail "what was there is lost"
grep -q ",h_grad,12,1,," "$work/three.csv" || fail "no gradients"

echo "the same numbers in any order"
for jobs in 1 2; do
    expect 0 "$program" run "$study" seeds=1 diagnostics=all diagnostics.at=ends -j $jobs --results "$work/jobs$jobs"
    "$program" report "$work/jobs$jobs/smoke/cells.db" --format diagnostics -o "$work/jobs$jobs.csv"
done
cmp "$work/jobs1.csv" "$work/jobs2.csv" || fail "-j changes diagnostics"
[ "$(wc -l <"$work/jobs1.csv")" -gt 500 ] || fail "few diagnostics"

echo "a cell in 80 columns"
id=$(sed -n 's/^\([0-9a-f]*\),attnres_full,.*/\1/p' "$work/metrics.csv" | head -n 1)
expect 0 "$program" show cell "$id" --results "$work/results"
prints "Diagnostics after step 12"
prints "h_rms"
prints "mixing, of source"
awk '/^Diagnostics/ { on = 1 } /^Settings/ { on = 0 } on && length > 80 { exit 1 }' "$work/out" || fail "a line is too long"
expect 0 "$program" show cell "$id" --results "$work/results" --json
prints '"diagnostics"'

echo "what is not known is refused"
expect 2 run diagnostics=mixings
says 'did you mean "diagnostics.mixing"'
expect 2 run diagnostics.samples=1,2
says "diagnostics.samples is a setting of the whole study"
echo "diagnostics: ok"
