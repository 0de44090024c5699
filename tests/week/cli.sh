#!/usr/bin/env bash
# cli.sh GROUP WEEK: what the program WEEK does with input that it must refuse (groups files, values, times, options) and with input
# that it must play (group plays). Each case is printed; the exit code is 0 when all of a group pass.
# shellcheck disable=SC2016,SC2034,SC2154  # awk programs in quotes; variables shared with folder.sh
set -euo pipefail
group=$1 week=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
good=$work/good data=$work/data
# shellcheck source=tests/week/folder.sh
source "$(dirname "${BASH_SOURCE[0]}")/folder.sh"
write_folder "$good" 216
write_folder "$data" 216
demand=inference_demand.csv jobs=jobs.csv price=price_usd_per_mwh.csv carbon=carbon_g_per_kwh.csv temperature=temperature_c.csv

# refused NAME LINES PATTERN ARGUMENT…: code 2, nothing written or printed but at most LINES lines of error, the first with PATTERN.
refused() {
  play 60 --out "$work/out" "${@:4}"
  local faults
  faults=$(how_it_ended 2)
  [[ -n $faults ]] || head -n 1 "$work/stderr" | grep -qE -- "$3" || faults="wanted a line like $3"
  [[ -n $faults ]] || (($(wc -l <"$work/stderr") <= $2)) || faults="wanted at most $2 lines"
  [[ -n $faults || ! -s $work/stdout ]] || faults='wanted nothing on standard output'
  [[ -n $faults || ! -e $work/out ]] || faults='wanted no report folder'
  verdict "$1" "$faults"
}
# bad FILE NAME PROGRAM PATTERN: FILE broken by an awk program is refused with a line that begins with the path of FILE.
bad() {
  spoil "$1" "$3"
  refused "$1: $2" 1 "^week: $data/$1$4" --data "$data"
}
# option NAME=VALUE PATTERN: refused for the sake of one option.
option() { refused "$1" 2 "$2" --data "$good" "${@:3}" "$1"; }

files() {
  refused 'no such folder' 1 "^week: $work/nowhere: no such folder" --data "$work/nowhere"
  refused 'a file for a folder' 1 "^week: $good/$jobs: is not a folder" --data "$good/$jobs"
  local file
  for file in $demand $jobs $price $carbon $temperature; do
    spoil "$file" 1
    rm "$data/$file"
    refused "$file: missing" 1 "^week: $data/$file: no such file" --data "$data"
    bad "$file" 'empty' 0 ': is empty'
    bad "$file" 'without its header' 'NR > 1' ':1:'
  done
  bad $demand 'a header and no rows' 'NR == 1' ': .*no rows'
  bad $demand 'missing column' '{ print $1, $2 }' ":1: .*missing column 'gpu_seconds'"
  bad $jobs 'missing column' '{ print $1, $3, $4 }' ":1: .*missing column 'duration_s'"
  bad $carbon 'missing site' '{ print $1, $2 }' ":1: .*missing column 'west'"
  bad $price 'no site' '{ print $1 }' ':1: no column for a site'
  bad $demand 'wrong header' 'NR == 1 { $1 = "when" } 1' ":1:1: .*'time'"
  bad $jobs 'wrong header' 'NR == 1 { $3 = "devices" } 1' ":1: .*'gpus'"
  bad $temperature 'a site of another name' 'NR == 1 { $3 = "moon" } 1' ":1: .*'west'"
  bad $carbon 'one site too many' '{ print $0, NR == 1 ? "moon" : 5 }' ":1: column 'moon'"
  bad $price 'a column twice' 'NR == 1 { $3 = "east" } 1' ':1:11: east: names two columns'
  bad $demand 'a cell too many' 'NR == 10 { $0 = $0 ",5" } 1' ':10: expected 3 fields, found 4'
  bad $jobs 'a cell too few' 'NR == 10 { $0 = "1,2,3" } 1' ':10: expected 4 fields, found 3'
  bad $demand 'a quote that never ends' 'NR == 10 { $2 = "\"5" } 1' ':10:22: .*quote'
  bad $demand 'bytes that are no text' '{ printf "\001\002%c%c", 200, 0 }' ':1'
  bad $demand 'too short a calendar' 'NR <= 192' ': covers 191 hours.* at least'
}

values() {
  local text
  for text in many 1e999 0x10 '1 2' inf -inf Infinity; do
    bad $demand "'$text' for a number" "NR == 10 { \$3 = \"$text\" } 1" ':10:27: gpu_seconds: '
    bad $price "'$text' for a number" "NR == 10 { \$3 = \"$text\" } 1" ':10:[0-9]*: west: '
    bad $jobs "'$text' for a number" "NR == 10 { \$2 = \"$text\" } 1" ':10:[0-9]*: duration_s: '
  done
  bad $jobs 'nothing for a number' 'NR == 10 { $2 = "" } 1' ':10:[0-9]*: duration_s: '
  bad $carbon "'dirty' for a number" 'NR == 10 { $2 = "dirty" } 1' ':10:22: east: '
  bad $temperature 'infinity' 'NR == 10 { $2 = "inf" } 1' ':10:22: east: '
  bad $jobs 'NaN' 'NR == 10 { $2 = "nan" } 1' ':10:[0-9]*: duration_s: '
  bad $jobs 'NaN for a submission' 'NR == 10 { $1 = "nan" } 1' ':10:1: submit_s: '
  bad $demand 'negative' 'NR == 10 { $2 = -5 } 1' ":10:22: requests: '-5' is negative"
  bad $demand 'negative work' 'NR == 10 { $3 = "-0.001" } 1' ":10:[0-9]*: gpu_seconds: '-0.001' is negative"
  bad $carbon 'negative' 'NR == 10 { $3 = -5 } 1' ":10:[0-9]*: west: '-5' is negative"
  bad $price 'never a value' 'NR > 1 { $2 = "" } 1' ':1: east: every value is missing'
  bad $jobs 'a negative submission' 'NR == 2 { $1 = -1 } 1' ":2:1: submit_s: '-1' is negative"
  bad $jobs 'a job of no length' 'NR == 10 { $2 = 0 } 1' ":10:[0-9]*: duration_s: '0' is not positive"
  bad $jobs 'longer than ten years' 'NR == 10 { $2 = 1e300 } 1' ":10:[0-9]*: duration_s: '1e[+]*300' is longer than"
  bad $demand 'a demand nobody believes' 'NR == 10 { $3 = 1e300 } 1' ":10:[0-9]*: gpu_seconds: '1e[+]*300' is larger than"
  spoil $demand 'NR == 10 { $3 = 1e11 } 1'
  refused 'a demand that no fleet can serve' 1 'gpu_seconds, --scale = .*can be simulated' --data "$data"
  bad $jobs 'half a GPU' 'NR == 10 { $3 = 0.5 } 1' ":10:[0-9]*: gpus: '0.5'"
  bad $jobs 'no GPU' 'NR == 10 { $3 = 0 } 1' ":10:[0-9]*: gpus: '0'"
  bad $jobs 'more GPUs than any cluster has' 'NR == 10 { $3 = 99999999999999999999 } 1' ':10:[0-9]*: gpus: '
  bad $jobs 'submitted after the end' '{ print } END { print 777600, 5, 1, "team" }' ":110:1: submit_s: '777600'"
  spoil $jobs 'NR == 10 { $3 = 4096 } 1'
  refused 'a job larger than the cluster' 1 'jobs.csv:10: gpus: 4096 is larger than the largest pool' --data "$data"
}

times() {
  bad $demand 'unordered' 'NR == 10 { held = $0; next } { print } NR == 11 { print held }' ':11:1: time: .* earlier than .* line 10'
  bad $temperature 'unordered' 'NR == 10 { held = $0; next } { print } NR == 11 { print held }' ':11:1: time: .* earlier'
  bad $demand 'repeated' '{ print } NR == 10' ':11:1: time: .* repeats the time of line 10'
  bad $price 'repeated' '{ print } NR == 10' ':11:1: time: .* repeats the time of line 10'
  bad $jobs 'unordered' 'NR == 10 { $1 = 0 } 1' ":10:1: submit_s: '0' is earlier"
  bad $demand 'half an hour off' 'NR == 10 { sub(/:00:00Z/, ":30:00Z") } 1' ':10:1: time: .* not a whole number of steps'
  bad $demand 'no time' 'NR == 10 { $1 = "yesterday" } 1' ":10:1: time: 'yesterday' is not a time"
  bad $demand 'no day' 'NR == 10 { $1 = "2025-02-30T00:00:00Z" } 1' ":10:1: time: '2025-02-30"
  bad $demand 'a gap of 25 hours' 'NR < 10 || NR > 34' ':10:1: time: gap of 25 rows, 2025-03-03T07:00:00Z to 2025-03-04T09:00:00Z'
  bad $price 'another calendar' 'NR <= 200' ': time: covers 199 hours .* but inference_demand.csv covers 216 hours'
  bad $carbon 'begins later' 'NR != 2' ': time: covers 215 hours from 2025-03-03T01:00:00Z'
}

options() {
  local value
  for value in 0 -1 nan inf abc 1e7 ''; do option "--scale=$value" '--scale'; done
  for value in 0 2 -0.9 nan abc; do option "--quantile=$value" '--quantile'; done
  for value in 0 -1 1.5 many 99999999999; do option "--threads=$value" '--threads'; done
  for value in 0 2 -1 nan; do option "--power-cap=$value" '--power-cap'; done
  option --power-cap=0.05 '--power-cap = 0.05: .*below its idle power'
  option --scale=900000 'can be simulated'
  for value in 2 -1 nan; do option "--quality=$value" '--quality'; done
  for value in -1 nan inf abc; do option "--slack-hours=$value" '--slack-hours'; done
  for value in abc 1.5 -1; do option "--seed=$value" '--seed'; done
  option --surprise '--surprise'
  option more-data 'more-data'
  refused '--data without a folder' 2 '--data' --data
  for value in "$good/$jobs" "$good/$jobs/below" /dev/null/below; do
    play 60 --data "$good" --out "$value"
    local faults=''
    ((code == 1 || code == 2)) || faults='wanted code 1 or 2'
    grep -qF -- "$value" "$work/stderr" || faults+=' wanted the folder to be named'
    verdict "a report folder that cannot be: $value" "$faults"
  done
  play 60 --help
  verdict '--help' "$(how_it_ended 0; grep -q -- --data "$work/stdout" || printf ' wanted the options')"
}

# complete: a fault for each part of the report folder that is missing, and for a sum that is not there.
complete() {
  local file policy rows
  how_it_ended 0
  for file in report.html result.json hours.csv jobs.csv plans.csv events.csv; do
    [[ -s $work/out/$file ]] || printf ' %s is missing' "$file"
  done
  for policy in static reactive point interval oracle; do
    rows=$(grep -c "^$policy," "$work/out/hours.csv") || true
    [[ $rows == 168 ]] || printf ' %s has %s hours' "$policy" "$rows"
    grep -qF "\"name\": \"$policy\"" "$work/out/result.json" || printf ' no %s in result.json' "$policy"
    grep -qE "^$policy +[0-9]" "$work/stdout" || printf ' no %s in the table' "$policy"
  done
  ! grep -qiE '\b(nan|inf|null)\b' "$work/out/result.json" "$work/out/hours.csv" "$work/stdout" || printf ' a number is not finite'
  tail -c 20 "$work/out/report.html" | grep -q '</html>' || printf ' report.html does not end'
}

plays() {
  play 200 --data "$good" --out "$work/out"
  verdict 'a good folder' "$(complete; ! grep -q repaired "$work/stdout" || printf ' nothing was to be repaired')"
  mv "$work/out" "$work/first"

  # The same data in another dress: CR LF, sites in another order, a column that nobody asked for, quotes.
  mkdir -p "$work/dressed"
  data=$work/dressed/good
  spoil $demand '{ printf "%s,%s,%s,%s\r\n", $1, NR == 1 ? "memory" : 5, $2, NR == 1 ? $3 : "\"" $3 "\"" }'
  awk -F, -v OFS=, '{ print $1, $3, $2 }' "$good/$carbon" >"$data/$carbon"
  play 200 --data "$data" --out "$work/out"
  verdict 'the same folder in another dress' \
    "$(complete; cmp "$work/first/result.json" "$work/out/result.json" || printf ' wanted the same result.json')"

  spoil $demand 'NR < 10 || NR > 12'
  awk -F, -v OFS=, 'NR == 20 { $2 = "nan" } 1' "$good/$price" >"$data/$price"
  awk -F, -v OFS=, 'NR == 30 { $3 = "" } 1' "$good/$carbon" >"$data/$carbon"
  play 200 --data "$data" --out "$work/out"
  verdict 'a small gap, a NaN and an empty cell are repaired and counted' "$(
    complete
    grep -qE '^repaired: 8 ' "$work/stdout" || printf ' wanted 8 repairs on standard output'
    grep -q '"gaps_repaired": 3' "$work/out/result.json" || printf ' wanted 3 gaps'
    grep -q '"missing_values": 2' "$work/out/result.json" || printf ' wanted 2 missing values'
    grep -q '"values_filled": 8' "$work/out/result.json" || printf ' wanted 8 values filled'
  )"
}

case $group in
  files | values | times | options | plays) "$group" ;;
  *) printf 'no group %s\n' "$group"; exit 2 ;;
esac
finish
