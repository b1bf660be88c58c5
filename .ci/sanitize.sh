#!/bin/sh
# The unit suites again under address and undefined-behaviour sanitizers, in a build of their own. The
# end-to-end and conformance suites repeat the Release run at length and are not among them.
set -eu
cd "$(dirname "$0")/.."

cmake --preset sanitize >/dev/null
cmake --build build/sanitize --parallel "$(getconf _NPROCESSORS_ONLN)" >build/sanitize/build.log 2>&1 || {
    tail -n 40 build/sanitize/build.log >&2
    exit 1
}
LSAN_OPTIONS=suppressions=$PWD/.ci/leaks.txt:print_suppressions=0
export LSAN_OPTIONS
ctest --test-dir build/sanitize --output-on-failure --no-tests=error \
    --parallel "$(getconf _NPROCESSORS_ONLN)" \
    --tests-regex '^(base|config|data|graph|stats|backend|model|train|tasks|cell|study|run|cli|evidence|check|tools|report)\.' \
    --exclude-regex 'report.large'
