#!/bin/sh
# The tests again under address and undefined-behaviour sanitizers, in a build of their own. Left out:
# what only repeats the Release run at length (gradients by differences, long trainings, golden cells, calibration), and what
# starts programs that are not instrumented (the launcher, the build, other numerics, Slurm) or limits
# the address space, of which a sanitizer takes terabytes (trouble).
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
    --exclude-regex 'conformance.(residuals|operators|training)(_gradients|_large|_backends)?$|e2e.(launcher|build_info|numerics|slurm|trouble)|^golden|^calibration|report.large'
