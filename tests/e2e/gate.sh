#!/bin/sh
# The gate of another repository: the steps of action.yml, one by one and in their order, in an example
# repository as docs/ci.md lays it out. Outputs of steps and conditions are passed on as GitHub does it; of the
# actions that it calls, caches and artifacts are folders here. A claim that holds, a claim that is contradicted, the
# second run with the caches of the first. And the job of packaging/gitlab.yml calls steps that there are.
#
#     gate.sh BUILD_TREE SOURCE_TREE
set -eu
build=$(cd "$1" && pwd)
tree=$(cd "$2" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/e2e/expect.sh
. "$(dirname "$0")/expect.sh"

# Steps of action.yml, a line each: "id|uses|run", what is absent empty.
steps() {
    awk '/^  steps:/ {inside = 1; next}
        !inside {next}
        /^    - / {if (seen++) print id "|" uses "|" run; id = uses = run = ""}
        {line = $0; sub(/^ *-? */, "", line)}
        line ~ /^id: / {id = substr(line, 5)}
        line ~ /^uses: / {uses = substr(line, 7)}
        line ~ /^run: / {run = substr(line, 6)}
        END {print id "|" uses "|" run}' "$tree/action.yml"
}
expect 0 steps
[ "$(wc -l <"$work/out")" -eq "$(grep -c '^    - name: ' "$tree/action.yml")" ] || fail "not every step was read"

# An example repository, its study small.
mkdir -p "$work/example/studies"
cd "$work/example"
cat >studies/rankings.yaml <<'YAML'
study: rankings
model:    {width: 8, depth: 4}
task:     {name: linear_mix, dim: 8, samples: 64, valid_samples: 32, test_samples: 64}
train:    {lr: 1e-2, steps: 60}
variants: [standard, none]
seeds:    12
claims:
  - {better: standard, than: none, metric: train_loss}
YAML

# The program is there already, so the build is not repeated here; key says so.
export PLUMBLINE_HOME="$work/home" GITHUB_ACTION_PATH="$tree" GITHUB_STEP_SUMMARY="$work/summary"
expect 0 cmake --install "$build" --prefix "$PLUMBLINE_HOME"
sh "$tree/packaging/gate.sh" key >"$PLUMBLINE_HOME/key"
cache=$work/cache

# job ARGUMENTS: all steps with these inputs; the status of the step that failed, else 0. What each one did
# is in $work/log.
job() {
    export PLUMBLINE_STUDY=studies/rankings.yaml PLUMBLINE_ARGUMENTS="$1"
    rm -rf .plumbline "$work/summary" "$work/artifact"
    failed=0
    hit=
    true >"$work/log"
    true >"$work/outputs"
    steps >"$work/steps"
    while IFS='|' read -r id uses run; do
        case $uses in
            actions/cache/restore@*)
                [ "$id" = cells ] || continue # the program was put in place above
                key=$(sed -n 's/^cells=//p' "$work/outputs")
                newest=$(find "$cache" -maxdepth 1 -name 'plumbline-cells-*' 2>/dev/null | head -n 1)
                [ ! -d "$cache/$key" ] || { hit=true && newest=$cache/$key; }
                [ -z "$newest" ] || { mkdir -p .plumbline && cp -r "$newest" .plumbline/results; }
                echo "restore ${newest##*/} ${hit:-miss}" >>"$work/log"
                ;;
            actions/cache/save@*)
                key=$(sed -n 's/^cells=//p' "$work/outputs")
                if [ -z "$key" ] || [ -n "$hit" ] || [ ! -d .plumbline/results ]; then continue; fi
                mkdir -p "$cache" && cp -r .plumbline/results "$cache/$key"
                echo "save $key" >>"$work/log"
                ;;
            actions/upload-artifact@*) mkdir "$work/artifact" && cp .plumbline/check.* "$work/artifact" ;;
            "")
                case $run in *" tell") ;; *) [ "$failed" -eq 0 ] || continue ;; esac
                status=0
                GITHUB_OUTPUT="$work/outputs" sh -c "$run" >>"$work/log" 2>&1 </dev/null || status=$?
                [ "$status" -eq 0 ] || failed=$status
                ;;
            *) fail "action.yml calls $uses, which this test does not know" ;;
        esac
    done <"$work/steps"
    return "$failed"
}

echo "cold: nothing is cached"
expect 0 job ""
cat "$work/log" >>"$work/out"
prints "the cache has the program"
prints "restore  miss"
prints "save plumbline-cells-"
grep -q '^status=0$' "$work/outputs" || fail "no output status"
grep -q 'standard' "$work/summary" || fail "the page of the job is empty"
grep -q '<testsuite' "$work/artifact/check.xml" || fail "no JUnit"

echo "warm: every cell comes from the cache"
expect 0 job ""
cat "$work/log" >>"$work/out"
prints "24 cells done already, 0 to do"

echo "another setting, the older cache: only its cells are computed"
expect 0 job "seeds=14"
cat "$work/log" >>"$work/out"
prints "24 cells done already, 4 to do"

echo "a claim that is contradicted fails the job; its page, JUnit and cells are kept"
sed -i 's/better: standard, than: none/better: none, than: standard/' studies/rankings.yaml
expect 1 job ""
grep -q '^status=1$' "$work/outputs" || fail "no output status"
grep -q 'contradicted' "$work/summary" || fail "the page does not say it"
grep -q '<failure' "$work/artifact/check.xml" || fail "JUnit has no failure"

echo "a study that is wrong"
sed -i 's/^seeds:/sedes:/' studies/rankings.yaml
expect 2 job ""
grep -q 'did you mean "seeds"' "$work/log" || fail "the log does not say it"

echo "other sources: the program in the cache is replaced"
echo plumbline-of-yesterday >"$PLUMBLINE_HOME/key"
mkdir -p "$work/source/packaging"
cp "$tree/packaging/gate.sh" "$work/source/packaging"
printf '#!/bin/sh\necho built >>"%s/built"\nmkdir -p "%s/source/build"\nln -sfn "%s" "%s/source/build/release"\n' \
    "$work" "$work" "$build" "$work" >"$work/source/plumbline"
chmod +x "$work/source/plumbline"
for part in CMakeLists.txt cmake core tasks experiments results configs; do ln -s "$tree/$part" "$work/source/"; done
expect 0 sh "$work/source/packaging/gate.sh" install
says "building the program"
[ -e "$work/built" ] || fail "the launcher was not called"
expect 0 sh "$work/source/packaging/gate.sh" install
says "the cache has the program"

echo "the job of GitLab"
sed -n 's#.*/packaging/gate.sh \([a-z]*\)$#\1#p' "$tree/packaging/gitlab.yml" >"$work/calls"
[ "$(tr '\n' ' ' <"$work/calls")" = "install check tell " ] || fail "other steps: $(cat "$work/calls")"
while read -r step; do
    grep -q "^    $step)" "$tree/packaging/gate.sh" || fail "gate.sh has no step $step"
done <"$work/calls"
echo "gate: all is well"
