#!/bin/sh
# launcher.sh ROOT: the launcher on a tiny project with a space in its path. Package tools are
# stand-ins, so nothing is installed; compiling and testing are real.
set -eu
launcher=$1/plumbline
temp=$(cd "$(mktemp -d)" && pwd -P)
trap 'rm -rf "$temp"' EXIT
tree="$temp/a tree"
tools="$temp/tools"

fail() {
    echo "launcher: $*" >&2
    sed 's/^/    out: /' "$temp/out" >&2
    sed 's/^/    err: /' "$temp/err" >&2
    exit 1
}
# run STATUS COMMAND...: keeps what it prints in out and err
run() {
    expected=$1
    shift
    status=0
    (PATH=$tools:$PATH && "$@") </dev/null >"$temp/out" 2>"$temp/err" || status=$?
    [ "$status" -eq "$expected" ] || fail "$* ended with status $status, not $expected"
}
says() { grep -qF -- "$2" "$temp/$1" || fail "std$1 lacks: $2"; }
silent_of() { ! grep -qF -- "$1" "$temp/err" || fail "stderr says: $1"; }
silent() { [ ! -s "$temp/err" ] || fail "there was nothing to do, and still it spoke"; }
tool() { # name; the text of a script comes on stdin
    cat >"$tools/$1"
    chmod +x "$tools/$1"
}

make_tree() {
    mkdir -p "$tree/core" "$tree/tasks" "$tree/experiments/cli" "$tree/cmake" "$tree/tests" "$tools"
    cp "$launcher" "$tree/plumbline"
    cat >"$tree/CMakeLists.txt" <<'TEXT'
cmake_minimum_required(VERSION 3.25)
project(tiny LANGUAGES C)
option(PL_TESTS "" ON)
add_subdirectory(experiments/cli)
if(PL_TESTS)
    enable_testing()
    add_test(NAME answer COMMAND plumbline answer)
    add_test(NAME brief COMMAND plumbline brief)
    add_test(NAME long COMMAND plumbline long)
    set_tests_properties(brief PROPERTIES LABELS unit)
    set_tests_properties(long PROPERTIES LABELS "unit;slow")
endif()
TEXT
    echo 'add_executable(plumbline main.c)' >"$tree/experiments/cli/CMakeLists.txt"
    write_program first
}
write_program() { # word it prints
    cat >"$tree/experiments/cli/main.c" <<TEXT
#include <stdio.h>
#include <string.h>
int main(int count, char **words) {
    printf("$1");
    for (int i = 1; i < count; i++) printf(" [%s]", words[i]);
    puts("");
    return count > 1 && !strcmp(words[1], "fail") ? 3 : 0;
}
TEXT
}

builds_and_runs() {
    run 0 "$tree/plumbline" run "two words" '' '*'
    says out 'first [run] [two words] [] [*]'
    says err 'building'
    run 0 "$tree/plumbline"
    says out 'first'
    silent
    run 3 "$tree/plumbline" fail
    silent
    mkdir "$temp/elsewhere"
    ln -s "../a tree/plumbline" "$temp/elsewhere/link"
    ln -s elsewhere/link "$temp/link to link"
    run 0 sh -c "cd '$temp/elsewhere' && ./link here"
    says out 'first [here]'
    run 0 sh -c "cd / && '$temp/link to link'"
    run 0 sh -c "cd '$tree/core' && sh ../plumbline"
    silent
}

# The best of five runs with nothing to do, in milliseconds.
is_quick() {
    best=1000
    for _ in 1 2 3 4 5; do
        start=$(date +%s%N)
        "$tree/plumbline" >/dev/null
        took=$((($(date +%s%N) - start) / 1000000))
        [ "$took" -ge "$best" ] || best=$took
    done
    echo "launcher: $best ms with nothing to do"
    [ "$best" -lt 100 ] || fail "nothing to do took $best ms"
}

builds_again_when_needed() {
    write_program second
    run 0 "$tree/plumbline"
    says out 'second'
    says err 'building'
    : >"$tree/core/new.c"
    run 0 "$tree/plumbline"
    says err 'building'
    rm "$tree/core/new.c"
    run 0 "$tree/plumbline"
    says err 'building'
    run 0 "$tree/plumbline"
    silent
    mv "$tree" "$temp/moved"
    run 0 "$temp/moved/plumbline"
    says out 'second'
    says err 'building'
    mv "$temp/moved" "$tree"
    run 0 "$tree/plumbline"
}

tells_of_failure() {
    write_program '" @ "'
    run 125 "$tree/plumbline" run
    says err 'error: '
    says err "the whole log is $tree/build/release/build.log"
    says err 'plumbline: the build failed.'
    write_program second
    run 0 "$tree/plumbline"
    mv "$tree/build" "$temp/kept"
    : >"$tree/build" # as good as a folder without permission, for root as well
    run 125 "$tree/plumbline"
    says err "plumbline: no permission to write to $tree/build/release"
    rm "$tree/build"
    mv "$temp/kept" "$tree/build"
    run 0 "$tree/plumbline"
    silent
}

runs_tests() {
    rm -rf "$tree/build"
    for words in 'test --help' 'test -h' 'test --quick --help' 'help test'; do
        # shellcheck disable=SC2086 # words
        run 0 "$tree/plumbline" $words
        says out './plumbline test [--quick] [options of ctest]'
        silent
        [ ! -e "$tree/build" ] || fail "$words: asked for help with tests, it built"
    done
    run 0 "$tree/plumbline" test
    says out '100% tests passed, 0 tests failed out of 3'
    says out 'The slowest tests:'
    says out ' s  answer'
    run 0 "$tree/plumbline" test -R answer
    silent
    run 0 "$tree/plumbline" test -N
    grep -qF 'The slowest' "$temp/out" && fail "no test ran, and still it told the slowest"
    run 0 "$tree/plumbline" test --quick
    says out '100% tests passed, 0 tests failed out of 1'
    says out ' s  brief'
    run 0 "$tree/plumbline"
    silent
    printf 'add_test(NAME wrong COMMAND plumbline fail)\n' >>"$tree/CMakeLists.txt"
    run 8 "$tree/plumbline" test
    says out '75% tests passed, 1 tests failed out of 4'
    says out 'second [fail]'
}

# Without jansson, on a machine of an ordinary user who may use sudo.
# shellcheck disable=SC2016 # the stand-ins expand their own words
installs_what_is_missing() {
    rm -rf "$tree/build"
    printf '#!/bin/sh\n[ "$2" != jansson ] || [ -e "%s/installed" ]\n' "$temp" | tool pkg-config
    printf '#!/bin/sh\necho 1000\n' | tool id
    printf '#!/bin/sh\necho "sudo $*" >>"%s/calls"\nexec "$@"\n' "$temp" | tool sudo
    printf '#!/bin/sh\necho "E: no such package"\nexit 100\n' | tool apt-get
    run 125 "$tree/plumbline"
    says err 'plumbline: installing missing packages: libjansson-dev'
    says err 'E: no such package'
    says err 'plumbline: the packages could not be installed.'
    printf '#!/bin/sh\n: >"%s/installed"\n' "$temp" | tool apt-get
    run 0 "$tree/plumbline" go
    says err 'plumbline: installing missing packages: libjansson-dev'
    says out 'second [go]'
    cp "$temp/calls" "$temp/out"
    says out 'sudo apt-get update'
    says out 'apt-get install -y --no-install-recommends libjansson-dev'
    rm "$tools/sudo" "$tools/apt-get" "$tools/id"
}

# --with opencl is said once: packages, and a build that looks for them again.
# shellcheck disable=SC2016 # the stand-ins expand their own words
builds_for_a_device() {
    rm -rf "$tree/build" "$temp/calls" "$temp/installed"
    printf '#!/bin/sh\n[ "$2" != OpenCL ] || [ -e "%s/installed" ]\n' "$temp" | tool pkg-config
    printf '#!/bin/sh\necho 0\n' | tool id
    printf '#!/bin/sh\necho "$*" >>"%s/calls"\n: >"%s/installed"\n' "$temp" "$temp" | tool apt-get
    run 0 "$tree/plumbline" before
    silent_of install
    [ ! -e "$temp/calls" ] || fail "without --with it installed something"
    run 125 "$tree/plumbline" --with abacus
    says err '--with takes opencl; found "abacus"'
    run 0 "$tree/plumbline" --with opencl
    says out 'second [list] [backends]'
    says err 'installing missing packages: ocl-icd-opencl-dev'
    grep -q '^PL_OPENCL.*=ON' "$tree/build/release/CMakeCache.txt" || fail "configured without OpenCL"
    run 0 "$tree/plumbline" --with opencl go on
    says out 'second [go] [on]'
    silent
    run 0 "$tree/plumbline"
    silent
    rm "$tools/apt-get" "$tools/id"
}

# The same where there is no apt-get: every other tool is linked into one folder.
names_packages_elsewhere() {
    rm -rf "$tree/build" "$temp/installed"
    printf '#!/bin/sh\n[ "$2" != jansson ]\n' | tool pkg-config
    mkdir "$temp/bin"
    for file in /usr/local/bin/* /usr/bin/* /bin/*; do
        name=${file##*/}
        [ -e "$temp/bin/$name" ] || [ "$name" = apt-get ] || ln -s "$file" "$temp/bin/$name"
    done
    run 125 env PATH="$tools:$temp/bin" "$tree/plumbline"
    says err 'these are missing (by their Debian names): libjansson-dev. Install them'
}

make_tree
builds_and_runs
is_quick
builds_again_when_needed
tells_of_failure
runs_tests
installs_what_is_missing
builds_for_a_device
names_packages_elsewhere
echo "launcher: all as promised"
