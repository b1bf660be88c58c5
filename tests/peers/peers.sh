#!/bin/sh
# Trains exported cells in another framework: the same losses, and the time of a step side by side.
#
#     peers.sh PROGRAM torch|jax parity
#     peers.sh PROGRAM torch|jax time [WIDTH/HIDDEN/DEPTH/TOKENS ...]
#
# PLUMBLINE_PYTHON names the interpreter (default: python3), ROUNDS the measurements (default: 5). Ends
# with status 77, and says so, where that interpreter has no such framework.
set -eu
program=$1
peer=$2
what=$3
shift 3
here=$(cd "$(dirname "$0")" && pwd)
python=${PLUMBLINE_PYTHON:-python3}
study=$here/peers.yaml

"$python" -c "import numpy, $peer" 2>/dev/null || {
    echo "SKIPPED: $python cannot import numpy and $peer; tests/peers/README.md says how to have them"
    exit 77
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# cells NAME [key=value ...]: runs the study so and exports its cells to $work/cells/NAME-LABEL
cells() {
    name=$1
    shift
    "$program" run "$study" "$@" --results "$work/$name" -j 1 --quiet >/dev/null
    "$program" report "$study" "$@" --results "$work/$name" --format csv | tail -n +2 |
        cut -d, -f1,2 | tr , ' ' >"$work/list"
    mkdir -p "$work/cells"
    while read -r id label; do
        "$program" show cell "$id" --results "$work/$name" --quiet \
            --export "$work/cells/$name-$label" >/dev/null
    done <"$work/list"
}

# dim has to follow the width: there are no projections
sized() {
    IFS=/ read -r width hidden depth tokens <<SIZE
$1
SIZE
    cells "$width" model.width="$width" model.hidden="$hidden" model.depth="$depth" \
        task.dim="$width" task.samples="$tokens" train.steps=1 train.eval_points=1
}

if [ "$what" = parity ]; then
    cells plain
    cells dressed model.embed=linear model.head=linear model.final_norm=true \
        model.activation=gelu task.dim=7 train.optimizer=adamw train.weight_decay=0.1 \
        train.batch=96 train.lr=3e-3
    "$python" "$here/${peer}_peer.py" parity "$work"/cells/*
else
    [ $# -gt 0 ] || set -- 10/40/10/1000 20/80/10/1000 50/200/10/1000 64/256/20/512 128/512/32/512
    for size in "$@"; do sized "$size"; done
    "$python" "$here/${peer}_peer.py" time "$program" "${ROUNDS:-5}" "$work"/cells/*
fi
