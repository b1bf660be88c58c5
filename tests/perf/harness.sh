#!/bin/sh
# What the harness costs beside the training (docs/performance-notebook.md, "The harness").
#
#     harness.sh PROGRAM            wall times: the start of the program, a cell of the task null, and
#                                   how two workers share the work, beside two processes of sgemm
#     harness.sh PROGRAM --cheap    processor times of the first two, with a limit: the same on a busy
#                                   machine, and what ctest runs
#
# ROUNDS: measurements, of which the median counts (default 5). They alternate, so that a slow moment of
# the machine hits all alike.
set -eu
program=$1
here=$(cd "$(dirname "$0")" && pwd)
rounds=${ROUNDS:-5}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

study() { # FILE WORKERS [key=value ...]
    file=$1
    workers=$2
    shift 2
    rm -rf "$work/results"
    "$program" run "$here/$file" "$@" -j "$workers" --results "$work/results" --quiet >/dev/null
}
version() { "$program" --version >/dev/null; }
sgemm() { "$program" bench --peak >/dev/null; } # a fixed amount of work
two_sgemms() {
    sgemm &
    sgemm
    wait
}

# wall NAME COMMAND...: its seconds, as a line of $work/NAME
wall() {
    name=$1
    shift
    start=$(date +%s%N)
    "$@"
    end=$(date +%s%N)
    echo "$start $end" | awk '{printf "%.6f\n", ($2 - $1) / 1e9}' >>"$work/$name"
}
median() { sort -n "$work/$1" | awk '{a[NR] = $1} END {print (a[int((NR + 1) / 2)] + a[int(NR / 2) + 1]) / 2}'; }

# spent COMMAND...: processor seconds, user and system, of a command and all it started
spent() {
    (
        "$@"
        times >"$work/times" # not in a pipe: that would be a process of its own
        tail -n 1 "$work/times" | tr 'ms' '  ' | awk '{t = $1 * 60 + $2 + $3 * 60 + $4; print t; exit !(t > 0)}'
    )
}
at_most() { # WHAT VALUE LIMIT
    echo "$1: $2 ms (limit $3)"
    echo "$2 $3" | awk '{exit !($1 <= $2)}' || {
        echo "FAILED: $1 takes more than $3 ms" >&2
        exit 1
    }
}

if [ "${2:-}" = --cheap ]; then
    many_versions() { for _ in 1 2 3 4 5 6 7 8 9 10; do version; done; }
    at_most "plumbline --version" "$(spent many_versions | awk '{print $1 * 1000 / 10}')" 20
    at_most "a cell of null" "$(spent study null.yaml 2 seeds=300 | awk '{print $1 * 1000 / 300}')" 5
    exit
fi

round=0
while [ $round -lt "$rounds" ]; do
    round=$((round + 1))
    wall version version
    wall null_1 study null.yaml 1
    wall null_2 study null.yaml 2
    wall sgemm_1 sgemm
    wall sgemm_2 two_sgemms
    wall busy_1 study busy.yaml 1
    wall busy_2 study busy.yaml 2
done
echo "$(median version) $(median null_1) $(median null_2) $(median sgemm_1) $(median sgemm_2) \
$(median busy_1) $(median busy_2)" | awk '{
    printf "plumbline --version        %8.1f ms\n", $1 * 1000
    printf "a cell of null, 1 worker   %8.2f ms (1000 cells)\n", $2
    printf "a cell of null, 2 workers  %8.2f ms\n", $3
    printf "two sgemm processes        %8.2f times the work of one\n", 2 * $4 / $5
    printf "two workers                %8.2f times the work of one\n", $6 / $7
    printf "workers over sgemm         %8.2f\n", ($6 / $7) / (2 * $4 / $5)}'
