#!/bin/sh
# submit against a real Slurm, which this test starts for itself and ends: munged, slurmctld and two slurmd
# (nodes one and two) on the loopback device, with files in a folder of its own and no cgroups.
#
#     slurm.sh PROGRAM
#
# An array of four with its merge; one task killed and requeued, one pre-empted by SIGTERM in the middle of a
# cell; a node drained; one more seed; numbers as those of a local run; an altered shard refused. Skipped (77) where Slurm is
# not installed (.ci/slurm.sh does) or the test does not run as root, as its daemons want to.
set -eu
program=$1
for tool in munged slurmctld slurmd sbatch sqlite3; do
    PATH=$PATH:/usr/sbin command -v $tool >/dev/null || {
        echo "skipped: there is no $tool here (.ci/slurm.sh installs Slurm)"
        exit 77
    }
done
[ "$(id -u)" -eq 0 ] || {
    echo "skipped: the daemons of Slurm are started as root"
    exit 77
}
PATH=$PATH:/usr/sbin
work=$(mktemp -d)
chmod 755 "$work"
# shellcheck source=tests/e2e/expect.sh
. "$(dirname "$0")/expect.sh"
pids=
stop() {
    status=$?
    trap - EXIT
    if [ "$status" -ne 0 ]; then
        for log in "$work"/*.log "$work"/shared/*/submit/*.log; do
            [ ! -s "$log" ] || { echo "--- $log" && tail -n 15 "$log"; } >&2
        done
    fi
    scancel --full --user=root >/dev/null 2>&1 || true
    # shellcheck disable=SC2086 # a list
    [ -z "$pids" ] || kill $pids 2>/dev/null || true
    sleep 1
    # shellcheck disable=SC2086
    [ -z "$pids" ] || kill -9 $pids 2>/dev/null || true
    rm -rf "$work"
    exit "$status"
}
trap stop EXIT
trap 'exit 143' INT TERM HUP
cd "$work"
export PLUMBLINE_GNUPLOT=

# ---- a cluster of two nodes ----

host=$(hostname -s)
port=$((20000 + $$ % 20000))
dd if=/dev/urandom bs=1024 count=1 of=key 2>/dev/null
chmod 400 key
mkdir -m 755 run state spool
cat >slurm.conf <<CONF
ClusterName=plumbline
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmctldPort=$port
AuthType=auth/munge
AuthInfo=socket=$work/run/munge.socket
CredType=cred/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MpiDefault=none
ReturnToService=2
SlurmdParameters=config_overrides
SlurmctldPidFile=$work/run/slurmctld.pid
SlurmdPidFile=$work/run/slurmd-%n.pid
SlurmctldLogFile=$work/slurmctld.log
SlurmdLogFile=$work/slurmd-%n.log
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool/%n
KillWait=20
MinJobAge=600
SchedulerParameters=sched_interval=1,batch_sched_delay=0,requeue_delay=0
PreemptMode=REQUEUE
PreemptType=preempt/partition_prio
NodeName=one NodeHostname=$host NodeAddr=127.0.0.1 Port=$((port + 1)) CPUs=2 State=UNKNOWN
NodeName=two NodeHostname=$host NodeAddr=127.0.0.1 Port=$((port + 2)) CPUs=2 State=UNKNOWN
PartitionName=low Nodes=one,two Default=YES MaxTime=INFINITE State=UP PriorityTier=1
CONF
export SLURM_CONF="$work/slurm.conf"
munged --foreground --force --socket="$work/run/munge.socket" --key-file="$work/key" \
    --pid-file="$work/run/munged.pid" --seed-file="$work/seed" --log-file="$work/munged.log" \
    >munged.log 2>&1 &
pids=$!
for _ in 1 2 3 4 5 6 7 8 9 10; do [ -S run/munge.socket ] || sleep 0.5; done
slurmctld -D -f slurm.conf >ctld.out.log 2>&1 &
pids="$pids $!"
for node in one two; do
    mkdir "spool/$node"
    slurmd -D -N $node -f "$work/slurm.conf" >$node.out.log 2>&1 &
    pids="$pids $!"
done
ready=
for _ in $(seq 1 60); do
    [ "$(sinfo -h -N -o %T 2>/dev/null | grep -c '^idle')" -eq 2 ] && ready=1 && break
    sleep 0.5
done
if [ -z "$ready" ]; then
    fail "Slurm is installed and does not start"
fi

# ---- studies ----

study() { # NAME STEPS
    cat >"$1.yaml" <<STUDY
study: $1
model:    {width: 8, hidden: 16, depth: 2}
task:     {name: linear_mix, dim: 4, samples: 64, valid_samples: 32, test_samples: 32}
train:    {lr: 1e-2, steps: $2}
variants: [standard, rescaled]
sweep:    {task.structure: [0, 1]}
seeds: 4
STUDY
}
study steady 15000
numbers() { "$program" report steady.yaml --format csv --results "$@" | LC_ALL=C sort; }

await() { # JOB: until nothing of it waits or runs
    for _ in $(seq 1 600); do
        [ -n "$(squeue -h -j "$1" 2>/dev/null)" ] || return 0
        sleep 0.5
    done
    squeue >&2 || true
    fail "job $1 does not end"
}
submit() { # arguments; sets array and merge
    expect 0 "$program" submit steady.yaml "$@" --results shared
    array=$(sed -n 's/^array //p' "$work/out")
    merge=$(sed -n 's/^merge //p' "$work/out")
    [ -n "$array" ] && [ -n "$merge" ] || fail "no jobs were named"
}
task_log() { echo "shared/steady/submit/${array}_$1.log"; }
await_log() { # TASK TEXT
    for _ in $(seq 1 200); do
        ! grep -qs -- "$2" "$(task_log "$1")" || return 0
        sleep 0.1
    done
    fail "task $1 never says $2"
}

echo "an array of four; task 1 is killed and requeued, task 2 gets SIGTERM in the middle of a cell"
submit --shards 4
scontrol hold "$merge" # for it may start when each task has ended once, and one is to run twice
await_log 1 "^1/"
scancel --full --signal=KILL "${array}_1"
await_log 2 "^1/"
scancel --batch --signal=TERM "${array}_2"
for _ in $(seq 1 200); do
    [ -n "$(squeue -h -t running,completing -j "${array}_1" 2>/dev/null)" ] || break
    sleep 0.1
done
sleep 2 # slurmd launches no job in the second in which it was killed
for _ in $(seq 1 100); do
    scontrol requeue "${array}_1" 2>/dev/null && break
    sleep 0.1
done
for _ in $(seq 1 200); do # Slurm lets a job that was requeued wait for two minutes, once it has begun to
    [ "$(grep -c " to do with" "$(task_log 1)")" -lt 2 ] || break
    scontrol update JobId="${array}_1" StartTime=now 2>/dev/null || true
    sleep 0.2
done
await "$array"
scontrol release "$merge"
await "$merge"
[ "$(grep -c " to do with" "$(task_log 1)")" -eq 2 ] || fail "task 1 did not run twice"
grep -q "published under" "$(task_log 1)" || fail "the task that was requeued published nothing"
await_log 2 "interrupted"
grep -q "published under" "$(task_log 2)" || fail "the task that was pre-empted published nothing"
expect 0 "$program" status steady.yaml --results shared
cat "$work/out"
lacks "done      16"

echo "submitted again: only what is missing runs, from the checkpoint on"
kept=$(find shared -path '*checkpoints*' -type f | wc -l) # none where the signal fell between two cells
echo "checkpoints kept: $kept"
submit --shards 4
await "$merge"
grep -q " 0 to do" "$(task_log 3)" || fail "task 3 computed something again"
[ "$kept" -eq 0 ] || grep -q "from a checkpoint" "$(task_log 2)" || fail "task 2 began its cell anew"
expect 0 "$program" status steady.yaml --results shared
prints "done      16"
expect 0 "$program" run steady.yaml -j 2 --results here
numbers here >here.csv
numbers shared >there.csv
cmp here.csv there.csv || fail "numbers from the cluster are not those of a local run"

echo "one more seed on what is left after a node was drained: only new cells run"
scontrol update NodeName=two State=DRAIN Reason=test
submit seeds=5 --shards 4
await "$merge"
todo=$(sed -n 's/.* done already, \([0-9]*\) to do.*/\1/p' shared/steady/submit/"${array}"_*.log |
    awk '{sum += $1} END {print sum}')
nodes=$(scontrol show job "$array" | sed -n 's/^ *BatchHost=//p' | sort -u)
[ "$nodes" = one ] || fail "tasks ran on $nodes while node two was drained"
[ "$todo" -eq 4 ] || fail "$todo cells were computed for one more seed, instead of 4"
expect 0 "$program" run steady.yaml seeds=5 -j 2 --results here
"$program" report steady.yaml seeds=5 --format csv --results here | LC_ALL=C sort >here.csv
"$program" report steady.yaml seeds=5 --format csv --results shared | LC_ALL=C sort >there.csv
cmp here.csv there.csv || fail "numbers with one more seed are not those of a local run"
expect 0 "$program" submit steady.yaml seeds=5 --results shared
prints "nothing is submitted"

echo "a shard whose numbers were altered is refused"
sqlite3 shared/steady/shards/3-of-4.db "UPDATE metrics SET value = 123.5 WHERE name = 'test_loss'
    AND run = (SELECT min(run) FROM metrics) AND step = (SELECT max(step) FROM metrics)"
expect 5 "$program" merge steady.yaml seeds=5 --results shared
says "test_loss at step 15000 is 123.5 in shared/steady/shards/3-of-4.db and test_loss at step 15000 is"
"$program" report steady.yaml seeds=5 --format csv --results shared | LC_ALL=C sort >there.csv
cmp here.csv there.csv || fail "a refused shard changed the study"
echo "slurm: all held"
