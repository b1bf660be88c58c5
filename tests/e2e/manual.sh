#!/bin/sh
# What the program makes of its tables: docs/reference says the same, man pages are read without a warning,
# and completions complete.
#
#     manual.sh PROGRAM SOURCE_TREE
set -eu
program=$1
tree=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/e2e/expect.sh
. "$(dirname "$0")/expect.sh"
expect 0 "$program" manual "$work"

echo "docs/reference"
diff -r "$work/reference" "$tree/docs/reference" ||
    fail "docs/reference is not what the tables say; cmake --build build/release --target manual writes it anew"

echo "man pages"
commands=$("$program" help | sed -n '/^Commands$/,/^$/s/^  \([a-z]*\) .*/\1/p')
[ "$(echo "$commands" | wc -l)" -ge 16 ] || fail "help lists no commands"
for command in $commands; do
    [ -s "$work/man1/plumbline-$command.1" ] || fail "$command has no man page"
done
if command -v groff >/dev/null; then
    for page in "$work"/man1/*.1; do
        groff -man -Tutf8 -ww -z "$page" 2>"$work/err" || fail "$page"
        [ ! -s "$work/err" ] || fail "$page earns a warning"
    done
fi

echo "completions"
# complete WORD...: what bash offers for the last word
complete_words() {
    bash -c '. "$0/completion/plumbline" && COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) &&
        { compopt() { :; }; _plumbline; printf "%s\n" "${COMPREPLY[@]}"; }' "$work" "$@" >"$work/out" 2>"$work/err" ||
        fail "bash: $*"
    [ ! -s "$work/err" ] || fail "bash said something"
}
offers() { grep -qxF -- "$1" "$work/out" || fail "$1 is not offered"; }
if command -v bash >/dev/null; then
    complete_words plumbline che && offers check
    complete_words plumbline check --j && offers --junit && offers --json
    complete_words plumbline list var && offers variants
    complete_words plumbline show variant attnres_b && offers attnres_block
    complete_words plumbline show task linear && offers linear_mix
    complete_words plumbline run study.yaml model.wi && offers model.width=
    complete_words plumbline run x.yaml --backend o && offers opencl
    touch "$work/mine.yaml" "$work/mine.txt"
    cd "$work"
    complete_words plumbline run mi && offers mine.yaml && lacks mine.txt
fi
for shell in zsh:_plumbline fish:plumbline.fish; do
    ! command -v "${shell%:*}" >/dev/null || expect 0 "${shell%:*}" -n "$work/completion/${shell#*:}"
done
if command -v fish >/dev/null; then
    fish -c 'source completion/plumbline.fish; complete -C "plumbline che"; complete -C "plumbline show variant attnres_b"
        complete -C "plumbline run study.yaml model.wi"; complete -C "plumbline check --ju"' >"$work/out"
    for word in check attnres_block model.width= --junit; do prints "$word"; done
fi
echo "manual: all is well"
