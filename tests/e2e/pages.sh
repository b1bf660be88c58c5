#!/bin/sh
# pages.sh PROGRAM ROOT: pages of reports in a browser (Chromium without a window): no error on its
# console, every figure there, no text out of its box or on another, colours that can be read, tables
# that sort; light and dark, on a wide and on a narrow screen. Ends with 77, skipped, where Chromium or
# gnuplot is missing.
set -eu
program=$1
root=$2

skip() {
    echo "pages: skipped: $*"
    exit 77
}
for name in chromium chromium-browser google-chrome; do
    browser=$(command -v "$name") && break
done || true
[ -n "${browser-}" ] || skip "no Chromium here to look at pages with (Debian: apt-get install chromium)"
command -v gnuplot >/dev/null || skip "no gnuplot here to draw figures (Debian: apt-get install gnuplot-nox)"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
    echo "pages: $*" >&2
    exit 1
}

# A study that is hard to set: long and hostile labels, more variants than looks, small multiples.
cat >"$work/many.yaml" <<'TEXT'
study: many
question: Do pages hold <em>what</em> is "put" into them & stay whole, though a word-may-be-very-very-long-indeed-and-have-no-place-to-break-it?
model: {width: 6, hidden: 8, depth: 4}
task: {name: linear_mix, dim: 4, samples: 32}
train: {steps: 6, eval_points: 3}
variants: [standard, rescaled, rezero, highway, attnres_full, attnres_static, denseformer, hyper_connections, mhc,
  layerscale, {name: attnres_full, label: "a label <of> some thirty & more characters", mix: static},
  {name: standard, label: diverges, train.lr_mult: 1000}]
sweep: {train.lr: [1e-3, 1e-2, 1e-1], task.structure: [0, 0.5, 1]}
seeds: 3
select: {over: train.lr, by: valid_loss}
diagnostics: all
baseline: standard
TEXT

"$program" run "$root/configs/smoke.yaml" diagnostics=all --results "$work/results" --quiet >/dev/null
"$program" run "$work/many.yaml" --results "$work/results" --quiet >/dev/null
"$program" report "$root/configs/quickstart.yaml" --results "$work/results" --format html \
    -o "$work/nothing.html" --quiet

# look PAGE DRAWINGS THEME WIDTH: THEME is Chromium's number, 0 dark and 1 light
look() {
    awk -v probe="$root/tests/e2e/pages.js" '/^<style>$/ {
        print "<script>"
        while ((getline line <probe) > 0) print line
        print "</script>"
    } { print }' "$1" >"$work/page.html"
    "$browser" --headless --no-sandbox --disable-gpu --hide-scrollbars --user-data-dir="$work/profile" \
        --enable-logging=stderr --blink-settings=preferredColorScheme="$3" --window-size="$4",900 \
        --virtual-time-budget=10000 --dump-dom "file://$work/page.html" >"$work/dom" 2>"$work/log" ||
        fail "the browser failed at $1: $(tail -n 3 "$work/log")"
    if grep ':CONSOLE' "$work/log"; then fail "the console of $1 has errors"; fi
    sed -n '/<pre id="found">LOOKED/,/^DONE/p' "$work/dom" >"$work/found"
    grep -q '^DONE' "$work/found" || fail "nothing looked at $1"
    grep -qx "drawings $2" "$work/found" || fail "$1 has not $2 drawings: $(sed -n 2p "$work/found")"
    grep -qx "width $4" "$work/found" || fail "the window is not $4 wide: $(sed -n 3p "$work/found")"
    case $3 in 0) dark=true ;; *) dark=false ;; esac
    grep -qx "dark $dark" "$work/found" || fail "the browser did not take the theme"
    [ "$(wc -l <"$work/found")" -eq 5 ] || fail "$1, theme $3, width $4: $(sed -e 1,4d -e '/^DONE/d' "$work/found")"
}

count() { find "$work/results/$1/figures" -name '*.svg' | wc -l; }

for study in smoke many; do
    page=$work/results/$study/report.html
    drawings=$(count "$study")
    [ "$drawings" -ge 8 ] || fail "$study has $drawings figures"
    look "$page" "$drawings" 1 1000
    look "$page" "$drawings" 0 1000
    look "$page" "$drawings" 1 500
    echo "pages: $study: $drawings drawings, light and dark, wide and narrow"
done
look "$work/nothing.html" 0 1 500
echo "pages: all as promised"
