#!/bin/sh
# Studies that are malformed or hostile: always status 2 and a sentence with a place, never a crash.
#
#     hostile.sh PROGRAM SOURCE_TREE
set -eu
program=$1
tree=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$tree/tests/data/configs"
checked=0

# refused FILE: status 2, and a sentence that names file, line and column (a file that cannot be read has
# no line)
refused() {
    status=0
    "$program" run "$1" --dry-run --results "$work" >"$work/out" 2>"$work/err" || status=$?
    if [ "$status" -ne 2 ] || ! grep -qE "error: .*($(basename "$1")|command line)" "$work/err"; then
        cat "$work/err" >&2
        echo "FAILED: $1 ended with status $status" >&2
        exit 1
    fi
    checked=$((checked + 1))
}

for study in fail_*.yaml; do
    refused "$study"
done

# A good study cut after every few bytes: a shorter study or a refusal, never anything else.
size=$(wc -c <pass_study.yaml)
cut=1
while [ "$cut" -lt "$size" ]; do
    head -c "$cut" pass_study.yaml >"$work/cut.yaml"
    status=0
    "$program" run "$work/cut.yaml" --dry-run --results "$work" >/dev/null 2>"$work/err" || status=$?
    case $status in
        0) ;;
        2) grep -qF "cut.yaml:" "$work/err" || { cat "$work/err" >&2 && exit 1; } ;;
        *) echo "FAILED: cut after $cut bytes, status $status" >&2 && exit 1 ;;
    esac
    checked=$((checked + 1))
    cut=$((cut + 7))
done

# Things that are no study at all.
: >"$work/empty.yaml"
mkdir "$work/folder.yaml"
head -c 2000000 /dev/zero | tr '\0' 'a' >"$work/large.yaml"
head -c 5000 "$program" >"$work/binary.yaml"
printf '%s' "$(head -c 3000 /dev/zero | tr '\0' '[')" >"$work/deep.yaml"
for study in empty folder large binary deep missing; do
    refused "$work/$study.yaml"
done

[ "$checked" -ge 200 ] || { echo "FAILED: only $checked files were tried" >&2 && exit 1; }
echo "$checked studies tried"
echo "1 passed, 0 failed"
