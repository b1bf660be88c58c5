#!/bin/sh
# build_info.sh CMAKE ROOT: in a copy of the tree, what the header of the build says and when it is written.
set -eu
cmake=$1 root=$2
temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT
tree="$temp/a tree"
header="$temp/out/build_info.h"
mkdir "$tree"
cp -R "$root/core" "$root/tasks" "$root/experiments" "$root/cmake" "$tree"
printf '%s' '-O2 -Wall -Wl,-x -DNAME="a b" -D' >"$temp/flags"

look() { # writes the header
    "$cmake" -D ROOT="$tree" -D OUTPUT="$header" -D FLAGS_FILE="$temp/flags" -D COMPILER="GNU 12.2.0" \
        -D BUILD_TYPE=Release -P "$tree/cmake/build_info.cmake" >&2
}
fail() {
    echo "build_info: $*" >&2
    exit 1
}
holds() {
    look
    grep -qF -- "$1" "$header" || fail "the header lacks: $1"
}

holds '#define PL_BUILD_COMMIT   "unknown"'
holds '#define PL_BUILD_DIRTY    0'
holds '#define PL_BUILD_COMPILER "GNU 12.2.0"'
holds '#define PL_BUILD_FLAGS    "-O2 -Wl,-x -DNAME=a b"'
holds '#define PL_BUILD_TYPE     "Release"'

touch -t 200001010000 "$header"
printf '/* a remark */\n' >>"$tree/experiments/cell.h"
look
[ -z "$(find "$header" -newermt 2000-01-02)" ] || fail "the header was written though nothing in it changed"

# A checkout knows its commit, and whether it differs from it.
if command -v git >/dev/null 2>&1; then
    commands() { git -C "$tree" -c user.name=a -c user.email=a@b "$@"; }
    commands init -q && commands add -A && commands commit -q -m first
    holds "#define PL_BUILD_COMMIT   \"$(commands rev-parse HEAD)\""
    holds '#define PL_BUILD_DIRTY    0'
    printf 'a remark\n' >"$tree/README.md"
    holds '#define PL_BUILD_DIRTY    0'
    printf '/* a remark */\n' >>"$tree/experiments/cell.h"
    holds '#define PL_BUILD_DIRTY    1'
fi
echo "build_info: the header says what is built"
