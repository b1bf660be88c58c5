#!/bin/sh
# show cell --export, read with od and the shell alone: the files are what docs/export.md says, two
# variants of a seed share data and weights to the byte, an export repeats, and failures are sentences.
#
#     export.sh PROGRAM SOURCE_TREE
set -eu
program=$1
study=$2/configs/smoke.yaml
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

# expect STATUS TEXT COMMAND...: the status, and stderr holds the text
expect() {
    expected=$1
    text=$2
    shift 2
    status=0
    "$@" >"$work/out" 2>"$work/err" || status=$?
    [ "$status" -eq "$expected" ] && grep -qF -- "$text" "$work/err" && return
    cat "$work/out" "$work/err" >&2
    fail "status $status instead of $expected, or no \"$text\": $*"
}

# cell LABEL: the identity of its cell of seed 1, structure 1, sgd
cell() {
    "$program" report "$study" --results "$work/results" --format csv |
        awk -F, -v label="$1" '$2 == label && $4 == 1 && $5 == 1 && $6 == "sgd" {print $1}'
}

export_to() { # LABEL FOLDER
    expect 0 "agrees with the stored one to the bit" \
        "$program" show cell "$(cell "$1")" --results "$work/results" --export "$work/$2"
}

header_length() { od -An -tu8 -N8 "$1" | tr -d ' '; }
header() { tail -c +9 "$1" | head -c "$(header_length "$1")"; }
names() { header "$1" | grep -o '"[^"]*":{' | tr -d '":{'; }

# The last offset is where the file ends.
check_size() {
    last=$(header "$1" | grep -o ',[0-9]*\]}' | tail -n 1 | tr -dc 0-9)
    size=$(wc -c <"$1")
    [ "$size" -eq $((8 + $(header_length "$1") + last)) ] || fail "$1 has $size bytes"
    [ $(($(header_length "$1") % 8)) -eq 0 ] || fail "$1: data are not aligned"
}

"$program" run "$study" --results "$work/results" -j 1 --quiet >/dev/null
export_to standard a
export_to attnres_full b
export_to standard c
for name in data initial final batches; do
    check_size "$work/a/$name.safetensors"
    cmp "$work/a/$name.safetensors" "$work/c/$name.safetensors" || fail "$name does not repeat"
done
cmp "$work/a/curve.json" "$work/c/curve.json" || fail "the curve does not repeat"
for name in data batches; do
    cmp "$work/a/$name.safetensors" "$work/b/$name.safetensors" || fail "variants differ in $name"
done
cmp -s "$work/a/initial.safetensors" "$work/a/final.safetensors" && fail "nothing was learned"

echo "names are those of the catalogue, and shared ones come first in either file"
names "$work/a/initial.safetensors" >"$work/standard"
names "$work/b/initial.safetensors" | grep -v '^residual\.' >"$work/shared"
sort "$work/standard" >"$work/1"
sort "$work/shared" >"$work/2"
cmp "$work/1" "$work/2" || fail "hosts differ in their tensors"
grep -qx 'layers.3.w1' "$work/standard" || fail "no layers.3.w1"
names "$work/b/initial.safetensors" | grep -qx 'residual.query.4' || fail "no query of the readout"

echo "50 samples in batches of 16: steps 1 to 4 hold 16, 16, 16 and 2"
skip=$((9 + $(header_length "$work/a/batches.safetensors")))
tail -c +$skip "$work/a/batches.safetensors" | od -An -v -w64 -td4 | head -n 4 >"$work/rows"
[ "$(awk '{for (k = 1; k <= NF; k++) n += $k >= 0; printf "%d ", n; n = 0}' "$work/rows")" = \
    "16 16 16 2 " ] || fail "batches have other sizes"
[ "$(tr -s ' ' '\n' <"$work/rows" | grep -v -e '^$' -e '^-1$' | sort -nu | wc -l)" -eq 50 ] ||
    fail "an epoch misses samples"

echo "failures"
id=$(cell standard)
show() { "$program" show cell "$id" --results "$work/results" --export "$1"; }
expect 2 "no cell in" "$program" show cell ffffffffffff --results "$work/results" --export "$work/d"
[ -e "$work/d" ] && fail "a folder for nothing"
expect 7 "the folder could not be made" show "$work/standard"
expect 7 "the folder could not be made" show "$work/not/there"
mkdir "$work/full"
ln -s /dev/full "$work/full/final.safetensors"
expect 7 "final.safetensors cannot be written: No space left" show "$work/full"
echo "passed"
