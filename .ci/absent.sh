#!/bin/sh
# absent.sh: what stands in the place of a backend that a build lacks has the shape of the table, also where
# no build on this machine lacks it.
set -eu
cd "$(dirname "$0")/.."
${CC:-cc} -std=c11 -fsyntax-only -Wall -Wextra -Werror -Wno-missing-field-initializers -D_DEFAULT_SOURCE \
    -D_POSIX_C_SOURCE=200809L -DPL_OPENCL_ABSENT='"CLBlast"' -I . core/backend/opencl/absent.c
echo "absent: fits the table of backends"
