#!/bin/sh
# Trains exported cells in another framework: the same losses, and the time of a step side by side.
#
#     peers.sh PROGRAM torch|jax parity SHAKEN
#     peers.sh PROGRAM torch|jax time [WIDTH/HIDDEN/DEPTH/TOKENS ...]
#     peers.sh PROGRAM torch|jax time "transformer WIDTH/HIDDEN/DEPTH/TOKENSxSEQUENCES" ...
#
# SHAKEN is the program export_shaken of the same build. PLUMBLINE_PYTHON names the interpreter (default:
# python3), ROUNDS the measurements (default: 5). Ends with status 77, and says so, where that interpreter
# has no such framework.
set -eu
program=$1
peer=$2
what=$3
shift 3
here=$(cd "$(dirname "$0")" && pwd)
python=${PLUMBLINE_PYTHON:-python3}

"$python" -c "import numpy, $peer" 2>/dev/null || {
    echo "SKIPPED: $python cannot import numpy and $peer; tests/peers/README.md says how to have them"
    exit 77
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/cells"

# cells STUDY NAME [key=value ...]: runs the study so and exports its cells to $work/cells/NAME-LABEL
cells() {
    study=$here/$1.yaml
    name=$2
    shift 2
    "$program" run "$study" "$@" --results "$work/$name" -j 1 --quiet >/dev/null
    "$program" report "$study" "$@" --results "$work/$name" --format csv | tail -n +2 |
        cut -d, -f1,2 | tr , ' ' >"$work/list"
    while read -r id label; do
        "$program" show cell "$id" --results "$work/$name" --quiet \
            --export "$work/cells/$name-$label" >/dev/null
    done <"$work/list"
}

# Both families of transformers, from shaken weights: shaken NAME [key=value ...]
shaken() {
    name=$1
    shift
    "$shaken" "$here/transformer.yaml" "$work/cells/$name-learned" "$@"
    "$shaken" "$here/transformer.yaml" "$work/cells/$name-rope" model.positions=rope \
        model.norm=rmsnorm model.mlp=swiglu model.qk_norm=true model.head=tied \
        task.objective=next "$@"
}

# The model of `plumbline bench` of that size. dim has to follow the width of an mlp: there are no
# projections; a transformer has a loss at every token.
sized() {
    IFS='/x ' read -r width hidden depth tokens samples <<SIZE
${1#transformer }
SIZE
    set -- model.width="$width" model.hidden="$hidden" model.depth="$depth" train.steps=1 \
        train.eval_points=1
    if [ "$samples" ]; then
        cells transformer "$width-$tokens" "$@" model.heads=4 model.norm=rmsnorm \
            model.activation=silu task.name=random_sequence task.vocabulary=64 \
            task.length="$tokens" task.samples="$samples" train.optimizer=adam train.batch=full
    else
        cells peers "$width" "$@" task.dim="$width" task.samples="$tokens"
    fi
}

if [ "$what" = parity ]; then
    shaken=$1
    cells peers plain
    cells peers dressed model.embed=linear model.head=linear model.final_norm=true \
        model.activation=gelu task.dim=7 train.optimizer=adamw train.weight_decay=0.1 \
        train.batch=96 train.lr=3e-3
    shaken ref backend=ref train.steps=20 train.eval_points=20
    shaken cpu
    "$python" "$here/${peer}_peer.py" parity "$work"/cells/*
    "$python" "$here/${peer}_peer.py" on "$work/cells/ref-rope-attnres_full" 20
else
    [ $# -gt 0 ] || set -- 10/40/10/1000 20/80/10/1000 50/200/10/1000 64/256/20/512 128/512/32/512
    for size in "$@"; do sized "$size"; done
    "$python" "$here/${peer}_peer.py" time "$program" "${ROUNDS:-5}" "$work"/cells/*
fi
