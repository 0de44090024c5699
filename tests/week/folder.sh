# shellcheck shell=bash disable=SC2154  # the caller sets work, good, data and week
# Sourced by the tests of the program `week`: small folders of telemetry, whole and broken.

# write_folder FOLDER HOURS: two sites, a service with a daily cycle and a gang every second hour.
write_folder() {
  mkdir -p "$1"
  awk -v folder="$1" -v hours="$2" '
    function at(hour) { return sprintf("2025-03-%02dT%02d:00:00Z", 3 + int(hour / 24), hour % 24) }
    BEGIN {
      demand = folder "/inference_demand.csv"; jobs = folder "/jobs.csv"; price = folder "/price_usd_per_mwh.csv"
      carbon = folder "/carbon_g_per_kwh.csv"; temperature = folder "/temperature_c.csv"
      print "time,requests,gpu_seconds" > demand
      print "submit_s,duration_s,gpus,virtual_cluster" > jobs
      print "time,east,west" > price; print "time,east,west" > carbon; print "time,east,west" > temperature
      for (hour = 0; hour < hours; hour++) {
        cycle = cos((hour - 18) * 3.14159265 / 12)
        busy = 40 + 25 * cycle + (hour * 7) % 5
        printf "%s,%d,%.1f\n", at(hour), 60 * busy, 3600 * busy > demand
        printf "%s,%.2f,%.2f\n", at(hour), 60 + 30 * cycle + (hour * 11) % 7, 45 - 15 * cycle + (hour * 5) % 9 > price
        printf "%s,%.1f,%.1f\n", at(hour), 300 - 80 * cycle, 420 + 40 * cycle > carbon
        printf "%s,%.1f,%.1f\n", at(hour), 12 + 5 * cycle, 7 + 4 * cycle > temperature
        if (hour % 2 == 0) printf "%d,%d,%d,team\n", 3600 * hour + 40, 900 + 700 * (hour % 13), 2 ^ (hour % 5) > jobs
      }
    }'
}

# spoil FILE PROGRAM: the folder $data is the good one but for FILE, which goes through an awk program over its cells.
spoil() {
  rm -rf "$data"
  cp -R "$good" "$data"
  awk -F, -v OFS=, "$2" "$good/$1" >"$data/$1"
}

failed=0 passed=0
# verdict NAME FAULTS: counts a case; it passed when there are no faults.
verdict() {
  if [[ -z $2 ]]; then
    passed=$((passed + 1))
    printf 'ok      %s\n' "$1"
  else
    failed=$((failed + 1))
    printf 'FAILED  %s: %s\n        code %s, said: %s\n' "$1" "$2" "$code" "$(head -c 400 "$work/stderr")"
  fi
}
finish() {
  printf '%d passed, %d failed\n' "$passed" "$failed"
  ((failed == 0 && passed > 0))
}

# play SECONDS ARGUMENT…: runs the program; sets `code` and leaves what it said in $work/stdout and $work/stderr.
play() {
  rm -rf "$work/out"
  code=0
  timeout "$1" "$week" --quiet "${@:2}" >"$work/stdout" 2>"$work/stderr" </dev/null || code=$?
}

# how_it_ended WANTED: a fault unless the program ended by itself with the wanted code.
how_it_ended() {
  if ((code == 124)); then
    printf 'did not end in time'
  elif ((code >= 128)); then
    printf 'died of signal %d' $((code - 128))
  elif ((code != $1)); then
    printf 'wanted code %d' "$1"
  fi
}
