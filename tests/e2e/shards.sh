#!/bin/sh
# A study in parts: shards share it out by identity, merge puts them together with the bits of one run, what
# was altered is refused, and a run that is asked to end keeps what it has. No scheduler is needed.
#
#     shards.sh PROGRAM
set -eu
program=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/e2e/expect.sh
. "$(dirname "$0")/expect.sh"
cd "$work"
export PLUMBLINE_GNUPLOT=

cat >parts.yaml <<'STUDY'
study: parts
model:    {width: 8, hidden: 16, depth: 2}
task:     {name: linear_mix, dim: 4, samples: 64, valid_samples: 32, test_samples: 32}
train:    {lr: 1e-2, steps: 20}
variants: [standard, rescaled]
sweep:    {task.structure: [0, 1]}
seeds: 6
STUDY
numbers() { "$program" report parts.yaml --format csv --results "$1" | LC_ALL=C sort; }
count() { "$program" report parts.yaml --format csv --results "$1" | grep -c ',done,'; }

echo "shards publish, and merge gives the numbers of one run"
expect 0 "$program" run parts.yaml -j 2 --results whole
expect 0 "$program" run parts.yaml --dry-run --shard 2/3 --results none
prints "shard     2 of 3"
for shard in 1 2 3; do
    expect 0 "$program" run parts.yaml -j 2 --shard $shard/3 --results local$shard --publish shared
    [ -s shared/parts/shards/$shard-of-3.db ] || fail "shard $shard published nothing"
    [ "$(find shared/parts/shards -type f | wc -l)" -eq $shard ] || fail "something lies beside"
done
expect 0 "$program" status parts.yaml --results shared
prints "done      24"
prints "pending   0"
expect 0 "$program" merge parts.yaml --results shared
prints "3 databases, 24 cells taken, 0 known already"
numbers whole >whole.csv
numbers shared >shared.csv
cmp whole.csv shared.csv || fail "merged numbers are not those of one run"
expect 0 "$program" merge parts.yaml --results shared
prints "0 cells taken, 24 known already"
expect 0 "$program" merge parts.yaml whole --results shared
prints "0 cells taken, 24 known already"

echo "one more seed: only what is missing runs, whatever the number of shards"
expect 0 "$program" run parts.yaml seeds=7 -j 2 --shard 1/1 --results again --publish shared
says "28 cells, 24 done already, 4 to do"
expect 0 "$program" merge parts.yaml seeds=7 --results shared
prints "4 cells taken"

echo "shards that share one database share the work as well"
for shard in 1 2 3; do
    "$program" run parts.yaml -j 1 --shard $shard/3 --results together >/dev/null 2>"err$shard" &
done
wait
[ "$(count together)" -eq 24 ] || fail "three shards in one folder computed $(count together) cells"

echo "what was altered is refused, with the values"
alter() { # FILE: the last loss of the first run becomes 123.5
    sqlite3 "$1" "UPDATE metrics SET value = 123.5 WHERE name = 'test_loss' AND
        run = (SELECT min(run) FROM metrics) AND step = (SELECT max(step) FROM metrics)"
}
if command -v sqlite3 >/dev/null; then
    cp -r shared altered
    alter altered/parts/shards/2-of-3.db
    expect 5 "$program" merge parts.yaml --results altered
    says "test_loss at step 20 is 123.5 in altered/parts/shards/2-of-3.db and test_loss at step 20 is"
    mkdir -p fresh/parts/shards
    cp altered/parts/shards/*-of-3.db fresh/parts/shards
    expect 5 "$program" merge parts.yaml --results fresh
    says "are not the ones that were stored"
    prints "3 databases"
    numbers fresh | grep -c ',done,' >"$work/out"
    lacks 24
else
    echo "no sqlite3 here, so that nothing was altered"
fi

echo "another study is refused"
sed 's/study: parts/study: other/' parts.yaml >other.yaml
expect 5 "$program" merge other.yaml shared/parts/shards --results shared
says "they do not mix"
sed 's/steps: 20/steps: 21/' parts.yaml >changed.yaml
expect 5 "$program" merge changed.yaml shared/parts/shards --results elsewhere
says "holds another study of that name"
for shard in 0/3 4/3 x 1/2/3 -1/3 1; do
    expect 2 "$program" run parts.yaml --shard "$shard"
    says "a shard is I/N"
done

echo "asked to end in the middle of a cell: it is kept, published, and gone on with elsewhere"
sed 's/steps: 20/steps: 240000/; s/seeds: 6/seeds: 1/; s/\[0, 1\]/[1]/; s/study: parts/study: long/' \
    parts.yaml >long.yaml
expect 0 "$program" run long.yaml -j 2 --results longwhole
"$program" run long.yaml -j 1 --shard 1/1 --results node1 --publish longshared >out 2>err &
pid=$!
sleep 1.5
kill -TERM $pid
status=0
wait $pid || status=$?
[ "$status" -eq 130 ] || fail "status $status after SIGTERM"
[ -s longshared/long/shards/1-of-1.db ] || fail "nothing was published"
[ "$(find longshared/long/checkpoints -name '*.ckpt' | wc -l)" -eq 1 ] || fail "no checkpoint was kept"
expect 0 "$program" run long.yaml -j 1 --shard 1/1 --results node2 --publish longshared
says "1 cells go on from a checkpoint"
expect 0 "$program" merge long.yaml --results longshared
"$program" report long.yaml --format csv --results longwhole | LC_ALL=C sort >a.csv
"$program" report long.yaml --format csv --results longshared | LC_ALL=C sort >b.csv
cmp a.csv b.csv || fail "a cell that was stopped and went on has other numbers"

echo "the scripts for Slurm"
expect 0 "$program" submit parts.yaml seeds=8 --print --shards 5 --time 1:00:00 --mem 2G --cpus 2 \
    --partition night --sbatch "--account=a --qos=low" --results shared
prints "#SBATCH --array=1-5"
prints "#SBATCH --partition=night"
prints "#SBATCH --account=a --qos=low"
prints "'seeds=8'"
"$program" submit parts.yaml --print --shards 5 --results shared | sh -n || fail "not a script"
echo "shards: all held"
