#!/bin/sh
# Stores an analysis, waits for its comparison and prints it. Needs curl and a POSIX shell:
#   PEG_TOKEN=... sh examples/compare.sh
set -eu
export LC_ALL=C
url=${PEG_URL:-http://127.0.0.1:3000}
longest_wait=60
head=$(mktemp) body=$(mktemp) analysis=$(mktemp)
trap 'rm -f "$head" "$body" "$analysis"' EXIT

# A header of the answer.
header() { grep -i "^$1:" "$head" | tail -n 1 | cut -d : -f 2- | tr -d ' \r'; }
# A text of the answer, which is JSON in one line.
field() { sed -nE "s/.*\"$1\": *\"(([^\"\\\\]|\\\\.)*)\".*/\1/p" "$body"; }
# A number; not one of the judge's, which counts by the same names.
number() { sed -E 's/"judge":.*//' "$body" | sed -nE "s/.*\"$1\": *([0-9.e+-]+).*/\1/p"; }

# Tells what an answer says that is an error, and leaves.
fail() {
  details=$(sed -nE 's/.*"details":\[(.*)\].*/\1/p' "$body" | tr '}' '\n')
  sed -E 's/"details":.*//' "$body" >"$head" && cp "$head" "$body"
  code=$(field code)
  echo "${code:-HTTP $status}: $(field message)" >&2
  echo "$details" | sed -nE 's/.*"path":"(.*)","message":"(.*)"/  \1: \2/p' >&2
  exit 1
}

# call PATH [OPTIONS OF CURL]: sends a request, and again where the server asks to wait.
call() {
  path=$1
  shift
  for attempt in 1 2 3 4 5; do
    status=$(curl -sS -o "$body" -D "$head" -w '%{http_code}' \
      -H "Authorization: Bearer ${PEG_TOKEN:-}" "$@" "${url%/}$path") || exit 1
    case $status in
      2*) return ;;
      # What could not be answered may be stored all the same: under an id of ours it is then found.
      409) [ "$attempt" -gt 1 ] && [ "$#" -gt 0 ] && return || fail ;;
      429 | 503) wait=$(header retry-after) ;;
      *) fail ;;
    esac
    [ "$attempt" -lt 5 ] && [ "${wait:-999}" -le "$longest_wait" ] || fail
    sleep "$wait"
  done
}

id=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
sed "1s/{/{ \"id\": \"$id\",/" "$(dirname "$0")/analysis.json" >"$analysis"
call /api/analysis/results -H "Content-Type: application/json" --data-binary "@$analysis"
comparison=/api/analysis/results/$id/peg-comparison

call "$comparison?async=true"
if [ "$status" = 202 ]; then
  task=$(header location) pause=$(header retry-after)
  until [ "$(field status)" = COMPLETED ]; do
    [ "$(field status)" != FAILED ] || fail
    sleep "$pause"
    call "$task"
  done
fi

# As CSV, which a shell reads more easily than JSON: a line of column names, then one for each PEG.
call "$comparison?format=csv"
tr -d '\r' <"$body" | tail -n +2 | while IFS=, read -r name _ before _ _ after _ _ _ change trend significance _; do
  printf '%-20s %8.2f -> %8.2f  %+7.1f %%  %-6s  %s\n' \
    "$name" "$before" "$after" "$change" "$trend" "$significance"
done
call "$comparison/summary"
echo "Overall $(field overall_trend): $(number improved) improved, $(number declined) declined, $(number stable) stable"
