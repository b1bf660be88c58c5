#!/bin/sh
# An installation, moved to another place: the program finds its studies by name and their references, runs
# one and reports it, in a folder that has nothing; a plug-in compiles with what pkg-config says; every page
# is there, and its links lead somewhere.
#
#     install.sh BUILD_TREE SOURCE_TREE C_COMPILER
set -eu
build=$(cd "$1" && pwd)
tree=$(cd "$2" && pwd)
compiler=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/e2e/expect.sh
. "$(dirname "$0")/expect.sh"

expect 0 cmake --install "$build" --prefix "$work/first"
mv "$work/first" "$work/place" # whatever was kept of the prefix is wrong now
program=$work/place/bin/plumbline
mkdir "$work/empty"
cd "$work/empty"

echo "a study by its name, from anywhere"
expect 0 "$program" run quickstart --dry-run
prints "cells     160"
says "the study is $work/place/share/plumbline/configs/quickstart.yaml"
for study in "$tree"/configs/*.yaml; do
    name=$(basename "$study" .yaml)
    expect 0 "$program" run "$name" --dry-run
done
expect 0 "$program" run quickstart.yaml seeds=1 train.steps=2 task.structure=1 -j 1
prints quickstart
expect 0 "$program" report quickstart seeds=1 train.steps=2 task.structure=1 --format csv
[ "$(grep -c ,done, "$work/out")" -eq 4 ] || fail "four cells were run"
expect 0 "$program" show stamp ci-rankings
expect 0 "$program" show plan quickstart
expect 0 "$program" submit quickstart --print
prints "$work/place/share/plumbline/configs/quickstart.yaml"

echo "every command takes the name"
for command in report noise status prune "check --more-seeds 8"; do
    # shellcheck disable=SC2086 # words
    expect 0 "$program" $command quickstart seeds=1 train.steps=2 task.structure=1 -q
done
expect 0 "$program" diff quickstart quickstart
expect 0 "$program" explain standard attnres_full,seed=1 --study quickstart
expect 0 "$program" show graph quickstart model.depth=2

echo "the name of a file here comes first"
sed 's/^study: .*/study: mine/' "$tree/configs/quickstart.yaml" >quickstart.yaml
expect 0 "$program" run quickstart --dry-run
prints "study     mine"
rm quickstart.yaml
mkdir quickstart # a folder is no study
expect 0 "$program" run quickstart --dry-run
prints "study     quickstart"

echo "a name that nobody has"
expect 2 "$program" run quikstart
says 'did you mean "quickstart"?'
expect 2 "$program" run quikstart.yaml
says "quikstart.yaml cannot be read: No such file"
expect 2 "$program" run configs/quickstart.yaml # a path is a path
says "No such file"

echo "a reference comes with its study"
expect 5 "$program" check ci-rankings seeds=1 train.steps=1
prints "train.steps is"

echo "a plug-in by pkg-config"
pc=$(find "$work/place" -name plumbline.pc)
say_of() { PKG_CONFIG_PATH=${pc%/*} pkg-config "$@" plumbline; }
studies=$(cd "$(say_of --variable=studies)" && pwd -P)
[ "$studies" = "$(cd "$work/place/share/plumbline/configs" && pwd -P)" ] || fail "pkg-config has other studies"
[ "plumbline $(say_of --modversion)" = "$("$program" --version | head -n 1)" ] || fail "two versions"
examples=$(say_of --variable=examples)
# shellcheck disable=SC2046 # words
expect 0 "$compiler" -std=c11 -O2 -ffp-contract=off -shared -fPIC $(say_of --cflags) "$examples/spiral.c" -o spiral.so
expect 0 "$program" run "$examples/spiral.yaml" --plugin spiral.so seeds=1 -j 1
prints spiral

echo "man pages and completions"
[ -s "$(find "$work/place" -name "plumbline-run.1*")" ] || fail "no man page of run"
[ "$(find "$work/place/share" -type f \( -path '*/bash-completion/*' -o -path '*/zsh/*' -o -path '*/fish/*' \) | wc -l)" -eq 3 ] || fail "not three completions"

echo "one version everywhere"
version=$("$program" --version | sed -n 's/^plumbline //p')
date=$(sed -n "s/^## $version, //p" "$tree/CHANGELOG.md")
for said in CITATION.cff:"version: $version" CHANGELOG.md:"## $version, " CITATION.cff:"date-released: $date"; do
    grep -q "^${said#*:}" "$tree/${said%%:*}" || fail "${said%%:*} does not say ${said#*:}"
done

echo "pages"
expect 0 "$tree/tests/docs/links.sh" "$work/place/share/doc/plumbline" pages
missing=$(cd "$tree" && find README.md docs configs results -name '*.md' | while read -r page; do
    [ -e "$work/place/share/doc/plumbline/$page" ] || echo "$page"
done)
[ -z "$missing" ] || fail "not installed: $missing"
echo "install: all is well"
