#!/bin/sh
# digests.sh [clang | O1 | aarch64]...: the golden digests (test_digests.c) and the order of sums and
# products in other builds than the release build: by clang, with kernels that are hardly optimised, and
# for 64-bit Arm, emulated (docs/building.md has its packages). Without arguments all three. Each builds into
# build/digests-NAME; status 77 when nothing failed but a compiler or the emulator is not here.
set -eu
cd "$(dirname "$0")/../.."

configure() { # name, cmake arguments
    name=$1
    shift
    cmake -S . -B "build/digests-$name" -DCMAKE_BUILD_TYPE=Release -DPL_OPENCL=OFF "$@" >/dev/null
}

run() { # name, what runs its programs
    folder=build/digests-$1
    shift
    cmake --build "$folder" --target test_golden test_backend --parallel "$(nproc)" >"$folder/log" 2>&1 || {
        tail -n 20 "$folder/log"
        exit 1
    }
    "$@" "$folder/tests/test_golden" digests
    "$@" "$folder/tests/test_backend" order
    "$@" "$folder/tests/test_backend" products
}

skipped=0
here() { # programs
    for program in "$@"; do
        command -v "$program" >/dev/null && continue
        echo "digests: $program is not here" >&2
        skipped=77
        return 1
    done
}

[ $# -gt 0 ] || set -- clang O1 aarch64
for name in "$@"; do
    echo "== $name"
    case $name in
    clang)
        here clang clang++ || continue
        configure clang -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++
        run clang env
        ;;
    O1)
        configure O1 -DPL_KERNEL_OPTIMISATION=-O1 -DCMAKE_C_FLAGS_RELEASE='-O2 -DNDEBUG'
        run O1 env
        ;;
    aarch64)
        here aarch64-linux-gnu-gcc aarch64-linux-gnu-g++ qemu-aarch64 || continue
        configure aarch64 --toolchain cmake/aarch64.cmake
        run aarch64 qemu-aarch64
        ;;
    *)
        echo "digests: no build is called $name; there are clang, O1 and aarch64" >&2
        exit 2
        ;;
    esac
done
exit "$skipped"
