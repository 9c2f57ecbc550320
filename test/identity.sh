#!/usr/bin/env bash
# Shows that a change of the code does not change what is found: replays labelled worlds and compares
# all findings, all account records and a calibration with those of an earlier run, byte by byte.
#
#   test/identity.sh record DIR    replay the worlds with the code as it is and keep the output in DIR
#   test/identity.sh compare DIR   replay them again and compare; exit status 1 when anything differs
#
#   WORLDS    folders with an events.jsonl.zst each, replayed besides the simulated worlds
#   WORDING   a sed script that is applied to both sides first, for a step that changes words on
#             purpose: it turns the old wording into the new one
#
# DIR holds recordings of some hundred megabytes and belongs outside the repository. The events are
# simulated once, when they are recorded, so that a change of the simulator does not matter.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# Six scenarios that together make every kind of finding: campaigns, one whose accounts are replaced,
# a single account, relays, handed-over conversations. With each: how long it is simulated for, and
# thresholds other than the default where these leave a kind out.
scenarios=(
  mix-common:10h
  ladder-0-plain:8h
  fact-hydra:30h
  fact-relay-marks:8h
  fact-single:16h:account_harvest_bits=2,account_requests=100
  fact-relay:120h:total_bits=99,operator_bits=99,purpose_bits=99
)
# One world is calibrated on as well, which shows the measurements below the thresholds too.
calibrated=mix-common

usage() { sed -n '2,15s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 2; }

[ $# = 2 ] || usage
mode=$1
mkdir -p "$2"
dir=$(cd "$2" && pwd)
case $mode in
record) out=$dir/recorded ;;
compare) out=$dir/now ;;
*) usage ;;
esac
rm -rf "$out"
mkdir -p "$dir/events" "$out"
program=$dir/stillwatch
(cd "$root" && go build -o "$program" ./cmd/stillwatch)

# simulate NAME [DURATION] makes the events of a scenario unless they are there.
simulate() {
  local events=$dir/events/$1.jsonl.zst
  if [ ! -e "$events" ]; then
    "$program" simulate "$1" ${2:+--duration "$2"} -o "$events.part.zst" \
      --truth "$dir/events/$1.json" 2>>"$dir/log"
    mv "$events.part.zst" "$events"
  fi
  printf '%s\n' "$events"
}

# replay NAME EVENTS [KEY=VALUE,...] writes what is found in a world.
replay() {
  { printf 'correlate:\n  interval: 10m\n'; tr ',=' '\n ' <<<"${3:-}" | sed -n 's/^\(.*\) /  \1: /p'; } >"$dir/config.yaml"
  "$program" backtest --config "$dir/config.yaml" --alerts "$out/$1.alerts.jsonl" --accounts "$out/$1.accounts.jsonl" "$2" 2>>"$dir/log"
  [ -s "$out/$1.alerts.jsonl" ] || printf 'identity: nothing is found in %s\n' "$1" >&2
}

for s in "${scenarios[@]}"; do
  IFS=: read -r name duration thresholds <<<"$s"
  events=$(simulate "$name" "$duration")
  replay "$name" "$events" "$thresholds"
done
for world in ${WORLDS:-}; do
  replay "$(basename "$world")" "$world/events.jsonl.zst"
done
events=$dir/events/$calibrated.jsonl.zst
"$program" calibrate --nearest 50 "$events" >"$out/$calibrated.calibration.txt" 2>>"$dir/log"

[ "$mode" = compare ] || { wc -l "$out"/*; exit 0; }

status=0
same=0
for was in "$dir"/recorded/*; do
  name=$(basename "$was")
  is=$out/$name
  if [ ! -e "$is" ]; then
    printf 'identity: %s was recorded and is not replayed now (WORLDS?)\n' "$name" >&2
    status=1
  elif cmp -s <(sed -e "${WORDING:-}" "$was") <(sed -e "${WORDING:-}" "$is"); then
    same=$((same + $(wc -l <"$is")))
  else
    status=1
    printf 'identity: %s differs:\n' "$name" >&2
    { diff <(sed -e "${WORDING:-}" "$was") <(sed -e "${WORDING:-}" "$is") || true; } | head -n 6 | cut -c 1-400 >&2
  fi
done
printf '%d lines are the same\n' "$same"
exit $status
