#!/bin/sh
# Runs the fuzzers under libFuzzer with address and undefined-behaviour sanitizers; it needs clang with its
# runtime (Debian: clang, libclang-rt-dev).
#
#     fuzz.sh BUILD [SECONDS [KIND...]]     BUILD is a folder, made when missing; 60 seconds a kind
#
# Kinds: config, and those of fuzz_files.c. What is new in a corpus stays in BUILD/corpus; an input that broke a promise is
# BUILD/KIND-crash-*, and belongs into corpus/KIND once it is mended.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=$1
seconds=${2:-60}
[ $# -lt 2 ] && shift || shift 2
[ $# -gt 0 ] || set -- config study overrides reference database shard
flags="-O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined"
CC=clang CXX=clang++ cmake -S "$here/../.." -B "$build" -DCMAKE_BUILD_TYPE=Debug -DPL_TESTS=ON \
    -DPL_LIBFUZZER=ON -DPL_OPENCL=OFF -DCMAKE_C_FLAGS="$flags" -DCMAKE_CXX_FLAGS="$flags" >/dev/null
status=0
for kind in "$@"; do
    program=fuzz_files
    seeds=$here/corpus/$kind
    [ "$kind" != config ] || { program=fuzz_config && seeds=$here/../../configs; }
    cmake --build "$build" --target "$program" --parallel
    mkdir -p "$build/corpus/$kind"
    FUZZ_KIND=$kind "$build/tests/$program" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 \
        -print_final_stats=1 -artifact_prefix="$build/$kind-" "$build/corpus/$kind" "$seeds" \
        >"$build/$kind.log" 2>&1 || status=1
    echo "$kind: $(sed -n 's/^stat::number_of_executed_units: *//p' "$build/$kind.log") inputs," \
        "$(grep -c -e '^SUMMARY' -e 'ERROR' "$build/$kind.log") findings"
done
exit $status
