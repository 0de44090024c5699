#!/usr/bin/env bash
# determinism.sh WEEK: the built-in week played by one thread and by two gives the same files byte for byte.
set -euo pipefail
week=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for threads in 1 2; do
  timeout 250 "$week" --quiet --seed 3 --threads "$threads" --out "$work/$threads" >"$work/table-$threads"
done
grep -q '"seed": 3' "$work/1/result.json"
for file in result.json hours.csv jobs.csv plans.csv events.csv; do
  cmp "$work/1/$file" "$work/2/$file"
done
diff <(grep -v '^report: ' "$work/table-1") <(grep -v '^report: ' "$work/table-2")
echo 'the same with one thread and with two'
