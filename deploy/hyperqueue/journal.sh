#!/usr/bin/env bash
# On the command `hq`: a worker is killed in the middle of a sharded run, then the server, which comes back from its journal with
# another worker; the merged files are compared with a plain run's: `HQ=hq deploy/hyperqueue/journal.sh CREDITSIM`.
set -euo pipefail
creditsim=$(realpath "$1") hq=${HQ:-hq}
place=$(mktemp -d)
export HQ_SERVER_DIR=$place/server
running=()
# Each with a process group of its own, so that a task goes with its worker.
begin() { setsid "$@" > /dev/null 2>&1 & running+=($!); }
lose() { kill -9 -- "-$1" 2> /dev/null || true; }
trap 'for one in "${running[@]}"; do lose "$one"; done; rm -rf "$place"' EXIT
cd "$place"

parts() { find output -name 'shard-*.part' 2> /dev/null | wc -l; }
until_there() { until [ "$(parts)" -ge "$1" ]; do sleep 0.02; done; }

try() {
  rm -rf server journal output plain merged
  "$creditsim" run "$@" --quiet --output plain > plain.txt
  printf '#!/bin/sh\nexec %q run %s --shard auto/64 --shards-per-task 4 --threads 1 --quiet\n' "$creditsim" "${*@Q}" > task.sh
  chmod +x task.sh
  begin "$hq" server start --journal journal; local server=$!
  until "$hq" server info > /dev/null 2>&1; do sleep 0.1; done
  begin "$hq" worker start --cpus 1; local first=$!
  begin "$hq" worker start --cpus 1; local second=$!
  "$hq" submit --array 1-16 --crash-limit 10 ./task.sh > /dev/null
  until_there 8; lose "$first"
  until_there 24; lose "$server"; lose "$second"
  local kept; kept=$(parts)
  begin "$hq" server start --journal journal
  until "$hq" server info > /dev/null 2>&1; do sleep 0.1; done
  begin "$hq" worker start --cpus 1
  "$hq" job wait all > /dev/null
  "$creditsim" merge output --quiet --output merged > merged.txt
  "$hq" server stop > /dev/null 2>&1
  cmp plain.txt merged.txt
  rm plain/*/*/manifest.json merged/*/*/manifest.json
  diff -r plain merged
  echo "$1: a worker lost, then the server at $kept of 64 shards; it came back from its journal, and every file is the plain run's"
}

try policy-shootout --replications 4 --set 'horizon=1 month'
try throughput --replications 2 --set cohorts.teams.organizations=70 --set 'horizon=1 day'
try usage-history
