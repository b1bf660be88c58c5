#!/bin/sh
# gate.sh STEP: what a job of another repository's CI does, one step after the other (docs/ci.md). action.yml
# calls the steps for GitHub, packaging/gitlab.yml for GitLab, and any other service can call them likewise.
#
#     gate.sh key        a key for a cache of the program: what it is built from, and for which system
#     gate.sh install    builds and installs the program, unless the cache brought it
#     gate.sh stamp      a key for a cache of finished cells
#     gate.sh check      holds the study to its claims; writes check.xml and check.md; the status of check
#     gate.sh tell       puts check.md on the page of the job
#
# PLUMBLINE_STUDY       the study, as a path from the working folder
# PLUMBLINE_ARGUMENTS   more words of check: settings, flags (--strict, --plugin FILE.so, ...)
# PLUMBLINE_HOME        where the program is installed ($HOME/.cache/plumbline)
# PLUMBLINE_RESULTS     where finished cells are kept (.plumbline/results)
# PLUMBLINE_PAGES       where check.xml and check.md are written (.plumbline)
#
# A key goes to stdout and, as an output of the step, to $GITHUB_OUTPUT where that is set. Both caches may be of
# another key: an installation of other sources is replaced, and a cell carries the stamp of what computed it.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd -P)
home=${PLUMBLINE_HOME:-$HOME/.cache/plumbline}
results=${PLUMBLINE_RESULTS:-.plumbline/results}
pages=${PLUMBLINE_PAGES:-.plumbline}
program=$home/bin/plumbline

say() { printf 'gate: %s\n' "$*" >&2; }

# Every source of the program, as bytes: a checkout by a service may have neither history nor times.
key() {
    # shellcheck source=/dev/null
    system=$(. /etc/os-release && echo "$ID-${VERSION_ID:-rolling}")
    sources=$(cd "$root" && find CMakeLists.txt cmake plumbline core tasks experiments results/*.sql configs \
        -type f ! -name '*.md' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c 1-16)
    echo "plumbline-$system-$(uname -m)-$sources"
}

# output NAME VALUE: to stdout, and as an output of the step
output() {
    echo "$2"
    [ -z "${GITHUB_OUTPUT-}" ] || echo "$1=$2" >>"$GITHUB_OUTPUT"
}

# The packages of libraries that the program is linked to and this system lacks.
install_libraries() {
    lacking=$(ldd "$program" | sed -n 's/^[ \t]*\([^ ]*\) => not found.*/\1/p')
    [ -n "$lacking" ] || return 0
    set --
    for library in $lacking; do
        case $library in
            libyaml-0.so.*) set -- "$@" libyaml-0-2 ;;
            libsqlite3.so.*) set -- "$@" libsqlite3-0 ;;
            libjansson.so.*) set -- "$@" libjansson4 ;;
            libOpenCL.so.*) set -- "$@" ocl-icd-libopencl1 ;;
            libclblast.so.*) set -- "$@" libclblast1 ;;
            *) say "the program needs $library, which is not here" && exit 125 ;;
        esac
    done
    say "installing $*"
    as_root=
    [ "$(id -u)" -eq 0 ] || as_root=sudo
    $as_root apt-get -qq update && $as_root apt-get -qq install -y --no-install-recommends "$@" libopenblas0 >&2
}

install_program() {
    wanted=$(key)
    if [ -x "$program" ] && [ "$(cat "$home/key" 2>/dev/null)" = "$wanted" ]; then
        say "the cache has the program: $wanted"
        install_libraries
    else
        say "building the program: $wanted"
        "$root/plumbline" --version >&2 # the launcher installs what a build needs, and builds
        rm -rf "$home"
        cmake --install "$root/build/release" --prefix "$home" >/dev/null
        echo "$wanted" >"$home/key"
    fi
    "$program" --version >&2
}

# settings, plugins: the words of PLUMBLINE_ARGUMENTS that other commands take too.
# shellcheck disable=SC2086
settings() { printf '%s\n' ${PLUMBLINE_ARGUMENTS-} | grep -E '^[a-z_.]+=' || true; }
plugins() {
    # shellcheck disable=SC2086
    set -- ${PLUMBLINE_ARGUMENTS-}
    while [ $# -gt 0 ]; do
        case $1 in
            --plugin) echo "$1" "$2" && shift ;;
            --plugin=*) echo "$1" ;;
        esac
        shift
    done
}

stamp() {
    # shellcheck disable=SC2046 # words
    output cells "plumbline-cells-$("$program" show stamp "$PLUMBLINE_STUDY" $(settings) $(plugins))"
}

check() {
    mkdir -p "$pages"
    status=0
    # shellcheck disable=SC2086 # words
    "$program" check "$PLUMBLINE_STUDY" --results "$results" --junit "$pages/check.xml" \
        --markdown "$pages/check.md" ${PLUMBLINE_ARGUMENTS-} || status=$?
    # What other numerics computed, and cells that are no longer planned, need not be kept in the cache.
    # shellcheck disable=SC2046
    [ "$status" -eq 2 ] || "$program" prune "$PLUMBLINE_STUDY" --results "$results" --yes -q $(plugins) >/dev/null || true
    output status "$status" >/dev/null
    exit "$status"
}

case ${1-} in
    key) output program "$(key)" ;;
    install) install_program ;;
    stamp) stamp ;;
    check) check ;;
    tell)
        [ -e "$pages/check.md" ] || { say "check wrote no page" && exit 0; }
        cat "$pages/check.md" >>"${GITHUB_STEP_SUMMARY:-/dev/stdout}"
        ;;
    *) say "which step? key, install, stamp, check or tell" && exit 2 ;;
esac
