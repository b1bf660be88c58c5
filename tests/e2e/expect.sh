# What the end-to-end tests share; sourced. A test sets $work, its temporary folder, and sees a command's
# exit status, what it printed ($work/out) and what it said on stderr ($work/err).
# shellcheck shell=sh disable=SC2154 # work is the test's

fail() {
    echo "FAILED: $*" >&2
    for told in "$work/out" "$work/err"; do
        [ ! -e "$told" ] || cat "$told" >&2
    done
    exit 1
}

# expect STATUS COMMAND...
expect() {
    expected=$1
    shift
    status=0
    "$@" >"$work/out" 2>"$work/err" || status=$?
    [ "$status" -eq "$expected" ] || fail "status $status instead of $expected: $*"
}

# Of the last command: prints TEXT, stdout holds it; lacks TEXT, stdout does not; says TEXT, stderr holds it.
prints() { grep -qF -- "$1" "$work/out" || fail "stdout does not say: $1"; }
lacks() { ! grep -qF -- "$1" "$work/out" || fail "stdout says: $1"; }
says() { grep -qF -- "$1" "$work/err" || fail "stderr does not say: $1"; }
