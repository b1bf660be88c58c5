#!/bin/sh
# docs/tutorial.md keeps its word: its studies, its task and its commands are taken out of it and run, with fewer
# steps of training; its variant is compiled, and the lines that make it known do so.
#
#     tutorial.sh BUILD_TREE SOURCE_TREE C_COMPILER
set -eu
build=$(cd "$1" && pwd)
tree=$(cd "$2" && pwd)
compiler=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/e2e/expect.sh
. "$(dirname "$0")/expect.sh"

# block N LANGUAGE: the N-th block of code of that language
block() {
    awk -v want="$1" -v language="$2" '
        /^```/ { inside = !inside && $0 == "```" language; if (inside) seen++; next }
        inside && seen == want' "$tree/docs/tutorial.md"
}
expect 0 cmake --install "$build" --prefix "$work/installed"
mkdir "$work/sitting"
cd "$work/sitting"
block 1 yaml >depth.yaml
block 1 c >squares.c
block 2 yaml >squares.yaml
block 3 yaml >claims.yaml
grep -q '^claims:' claims.yaml || fail "the third block of YAML is not the claim"

# step N: the commands of the N-th block of sh, each told; they stop at the first that fails. Shorter training.
step() {
    {
        echo "set -ex"
        echo "cc() { command '$compiler' \"\$@\"; }"
        echo "export PKG_CONFIG_PATH='$work/installed/share/pkgconfig'"
        echo "plumbline() {"
        echo "    case \$1 in run | noise | check | bless) set -- \"\$@\" train.steps=20 ;; esac"
        echo "    '$work/installed/bin/plumbline' \"\$@\""
        echo "}"
        block "$1" sh
    } >step.sh
    [ "$(block "$1" sh | wc -l)" -gt 0 ] || fail "there is no block $1 of sh"
    expect 0 sh step.sh
}

echo "a study"
step 1
prints "cells     48"
step 2
step 3
prints "seeds"
echo "a task"
step 4
prints ", 0 failed"
prints squares
echo "a variant"
block 2 c >residual_fading.c
expect 0 "$compiler" -std=c11 -fsyntax-only -Wall -Wextra -Wno-missing-field-initializers -Werror -D_DEFAULT_SOURCE \
    -I "$tree" -I "$build/generated" residual_fading.c
mkdir -p core/model
cp "$tree/core/model/CMakeLists.txt" "$tree/core/model/residual.c" core/model
sed -n "s/^    \(sed -i .*\)/\1/p" "$tree/docs/tutorial.md" >known.sh
[ "$(wc -l <known.sh)" -eq 2 ] || fail "not two lines make the variant known"
expect 0 sh -e known.sh
[ "$(cat core/model/CMakeLists.txt core/model/residual.c | grep -c fading)" -eq 2 ] || fail "they do not"
echo "a gate"
cat claims.yaml >>depth.yaml
step 5
prints "1 claim"
step 6
[ -s results/reference/depth.json ] || fail "bless wrote nothing"
for page in check.xml check.md; do [ -s "$page" ] || fail "check wrote no $page"; done
[ -z "$(block 7 sh)" ] || fail "a block of sh was not run"
echo "tutorial: all is well"
