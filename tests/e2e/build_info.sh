#!/bin/sh
# build_info.sh CMAKE ROOT: in a copy of the tree, what moves the digest of the sources and what does
# not, and when the header is written.
set -eu
cmake=$1 root=$2
temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT
tree="$temp/a tree"
header="$temp/out/build_info.h"
mkdir "$tree"
cp -R "$root/core" "$root/tasks" "$root/experiments" "$root/cmake" "$tree"
printf '%s' '-O2 -Wall -Wl,-x -DNAME="a b" -D' >"$temp/flags"

look() { # writes the header, prints the digest
    "$cmake" -D ROOT="$tree" -D OUTPUT="$header" -D FLAGS_FILE="$temp/flags" -D COMPILER="GNU 12.2.0" \
        -D BUILD_TYPE=Release -P "$tree/cmake/build_info.cmake" >&2
    sed -n 's/^#define PL_SOURCES_DIGEST *"\([0-9a-f]*\)".*/\1/p' "$header"
}
fail() {
    echo "build_info: $*" >&2
    exit 1
}
# expect same|other WHAT: compares with the digest before, and remembers the new one
expect() {
    now=$(look)
    if [ "$now" = "$before" ]; then found=same; else found=other; fi
    [ "$found" = "$1" ] || fail "after $2 the digest must be $1, but it is $found"
    before=$now
}
holds() { grep -qF -- "$1" "$header" || fail "the header lacks: $1"; }

before=$(look)
[ ${#before} -eq 64 ] || fail "the digest is '$before', not 64 digits"
holds '#define PL_BUILD_COMMIT   "unknown"'
holds '#define PL_BUILD_DIRTY    0'
holds '#define PL_BUILD_COMPILER "GNU 12.2.0"'
holds '#define PL_BUILD_FLAGS    "-O2 -Wl,-x -DNAME=a b"'
holds '#define PL_BUILD_TYPE     "Release"'

# The digest, by another program.
expected=$(cd "$tree" &&
    find core tasks -name '*.c' -o -name '*.cc' -o -name '*.h' -o -name '*.inc' \
        -o -name '*.cl' -o -name CMakeLists.txt |
    { cat && echo cmake/PlumblineTarget.cmake; } | LC_ALL=C sort |
    while read -r file; do
        hash=$(sha256sum <"$file")
        printf '%s %s\n' "$file" "${hash%% *}"
    done | sha256sum)
[ "$before" = "${expected%% *}" ] || fail "the digest is $before, but sha256sum finds $expected"

touch -t 200001010000 "$header"
expect same "nothing"
[ -z "$(find "$header" -newermt 2000-01-02)" ] || fail "the header was written though nothing changed"

printf '/* a remark */\n' >>"$tree/experiments/cell.h"
expect same "a comment in experiments/"
printf '# a remark\n' >>"$tree/cmake/PlumblineDependencies.cmake"
expect same "a comment in another CMake file"
printf 'a remark\n' >"$tree/core/notes.md"
expect same "a new page in core/"

printf '/* a remark */\n' >>"$tree/core/base/hash.h"
expect other "a comment in core/"
printf '/* a remark */\n' >>"$tree/tasks/task.h"
expect other "a comment in tasks/"
printf '# a remark\n' >>"$tree/core/CMakeLists.txt"
expect other "a comment in core/CMakeLists.txt"
printf '# a remark\n' >>"$tree/cmake/PlumblineTarget.cmake"
expect other "a comment in PlumblineTarget.cmake"
printf '\n' >"$tree/tasks/new.c"
expect other "a new file in tasks/"
mkdir "$tree/core/moved" && mv "$tree/tasks/new.c" "$tree/core/moved/new.c"
expect other "a file moved from tasks/ to core/"
rm "$tree/core/moved/new.c"
expect other "a file removed from core/"

# A checkout knows its commit, and whether it differs from it.
if command -v git >/dev/null 2>&1; then
    commands() { git -C "$tree" -c user.name=a -c user.email=a@b "$@"; }
    commands init -q && commands add -A && commands commit -q -m first
    expect same "a commit"
    holds "#define PL_BUILD_COMMIT   \"$(commands rev-parse HEAD)\""
    holds '#define PL_BUILD_DIRTY    0'
    printf 'a remark\n' >"$tree/README.md"
    expect same "a new README"
    holds '#define PL_BUILD_DIRTY    0'
    printf '/* a remark */\n' >>"$tree/experiments/cell.h"
    expect same "a second comment in experiments/"
    holds '#define PL_BUILD_DIRTY    1'
fi
echo "build_info: the digest follows core/ and tasks/, and nothing else"
