#!/bin/sh
# format.sh: every C, C++ and OpenCL file reads as .clang-format says, and no line of a file of kernels
# (.inc, .cl) has more than 100 columns, comments included. Prints the first line of each file that does
# not, and ends with status 1. To mend: clang-format -i FILE; a comment is broken by hand.
set -eu
cd "$(dirname "$0")/.."
said=$(mktemp)
trap 'rm -f "$said"' EXIT

install_clang_format() {
    as_root=
    [ "$(id -u)" -eq 0 ] || as_root=sudo
    $as_root apt-get update && $as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y --no-install-recommends clang-format
}

if ! command -v clang-format >/dev/null 2>&1; then
    echo "format: installing clang-format" >&2
    install_clang_format >"$said" 2>&1 || {
        tail -n 20 "$said" >&2
        echo "format: clang-format could not be installed" >&2
        exit 1
    }
fi
kernels() {
    find core tasks experiments tests -type f \( -name '*.inc' -o -name '*.cl' \) "$@"
}

status=0
{
    find core tasks experiments tests -type f \( -name '*.c' -o -name '*.cc' -o -name '*.h' \)
    kernels
} | xargs clang-format --dry-run -Werror 2>"$said" || status=1
kernels -exec \
    awk 'length > 100 {print FILENAME ":" FNR ":1: error: more than 100 columns"}' {} + >>"$said"
[ ! -s "$said" ] || status=1
if [ "$status" -eq 0 ]; then
    echo "format: every file is in order"
else
    awk -F: '/: error: / && !seen[$1]++' "$said"
    echo "format: these files are not as .clang-format says; clang-format -i FILE mends one" >&2
fi
exit "$status"
