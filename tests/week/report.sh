#!/usr/bin/env bash
# report.sh WEEK SCRIPTS: the built-in week's page is opened in headless Chromium; a console error or an empty chart fails it. Ends with 77
# where there is no browser or no Python to drive it.
set -euo pipefail
week=$1
scripts=$2
command -v python3 >/dev/null || { echo 'skipped: python3 is not installed'; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
timeout 250 "$week" --quiet --out "$work" >/dev/null
"$scripts/check-report" "$work/report.html"
