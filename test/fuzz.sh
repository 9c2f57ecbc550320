#!/usr/bin/env bash
# Runs every fuzz target of the repository, one after the other: `make fuzz` calls it.
#
#   test/fuzz.sh [REGEXP [TIME]]   targets whose "package name" matches, each for TIME (30s, or 1000x)
#   test/fuzz.sh --list            print the targets and run nothing
#
# Go keeps what it finds in testdata/fuzz of the package: an input that fails is a test from then on.
# Commit it with the fix. All targets run even when one fails; then the exit status is 1.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

list() {
  grep -rn --include='*_test.go' -o '^func Fuzz[A-Za-z0-9_]*' cmd configs detectors pkg test |
    sed -E 's|^(.*)/[^/]*:[0-9]+:func (.*)$|./\1 \2|' | sort
}
if [ "${1:-}" = --list ]; then
  list
  exit
fi

mapfile -t targets < <(list | grep -E -- "${1:-.}")
time=${2:-30s}
if [ ${#targets[@]} -eq 0 ]; then
  echo "fuzz: no target matches ${1:-.}; test/fuzz.sh --list shows all" >&2
  exit 2
fi
failed=()
for i in "${!targets[@]}"; do
  read -r folder name <<<"${targets[$i]}"
  echo "fuzz: $((i + 1)) of ${#targets[@]}: $folder $name, $time"
  "${GO:-go}" test "$folder" -run '^$' -fuzz "^$name\$" -fuzztime "$time" || failed+=("$folder $name")
done
if [ ${#failed[@]} -gt 0 ]; then
  printf 'fuzz: failed: %s\n' "${failed[@]}" >&2
  exit 1
fi
