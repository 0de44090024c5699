#!/usr/bin/env bash
# example.sh PROGRAM PATTERN…: the program must end with 0, and each pattern must match a line of what it prints. A line that says
# WRONG, or a number that is not one, is a failure.
set -uo pipefail
said=$(timeout 60 "$1" </dev/null)
code=$?
printf '%s\n' "$said"
((code == 0)) || { echo "ended with code $code"; exit 1; }
if grep -qE 'WRONG|\bnan\b|(^|[^+])\binf\b' <<<"$said"; then echo 'a number or a check is wrong'; exit 1; fi
for pattern in "${@:2}"; do
  grep -qE -- "$pattern" <<<"$said" || { echo "no line like $pattern"; exit 1; }
done
