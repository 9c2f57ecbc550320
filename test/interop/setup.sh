#!/usr/bin/env bash
# Puts the software that `make interop` runs into a cache folder, and changes nothing when it is
# there. The versions are those of the files in software/; a changed file makes a new folder.
#
#   XDG_CACHE_HOME   where the cache is (default ~/.cache)
#
# On Debian and Ubuntu, as root, missing packages are installed. Elsewhere Go, Python 3 with venv,
# and Node 20 or newer must be on the PATH.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/stillwatch/interop

say() { printf 'interop: %s\n' "$*" >&2; }
has() { command -v "$1" >/dev/null 2>&1; }
retry() {
  local attempt
  for attempt in 1 2 3; do
    "$@" && return 0
    say "attempt $attempt failed: $*"
    sleep "${SETUP_RETRY_DELAY:-$((attempt * 3))}"
  done
  return 1
}
# nicely runs something long at a low priority.
nicely() { nice -n 10 "$@"; }

# node_ok: the newest of the packages needs Node 20.
node_ok() {
  local major
  major=$(node --version 2>/dev/null | sed -n 's/^v\([0-9]*\).*/\1/p') || return 1
  [ "${major:-0}" -ge 20 ]
}
venv_ok() { has python3 && python3 -c 'import ensurepip, venv' 2>/dev/null; }
missing() {
  has go || echo go
  venv_ok || echo python
  { node_ok && has npm; } || echo node
}

lacking=$(missing)
if [ -n "$lacking" ] && has apt-get && [ "$(id -u)" -eq 0 ]; then
  packages=()
  case $lacking in *python*) packages+=(python3 python3-venv) ;; esac
  case $lacking in *node*) packages+=(nodejs npm) ;; esac
  if [ ${#packages[@]} -gt 0 ]; then
    export DEBIAN_FRONTEND=noninteractive
    say "installing ${packages[*]}"
    retry apt-get -qq update
    retry apt-get -qq install -y --no-install-recommends "${packages[@]}" >/dev/null ||
      say "could not install everything"
  fi
  lacking=$(missing)
fi
if [ -n "$lacking" ]; then
  say "missing:" $lacking
  say "make interop needs Go, Python 3 with venv, and Node 20 or newer with npm"
  exit 1
fi

# folder NAME FILES... prints the folder of a piece of software, whose name ends with a sum of the
# files that say what is in it.
folder() {
  local name=$1
  shift
  printf '%s/%s-%s\n' "$cache" "$name" "$(cat "$@" | sha256sum | cut -c 1-12)"
}
# begin DIR tells whether there is work to do, and makes room for it: what a broken run left behind
# is removed.
begin() {
  [ -e "$1/.ready" ] && return 1
  rm -rf "$1"
  mkdir -p "$1"
}

for name in litellm opentelemetry openai-v2 webhooks; do
  dir=$(folder "$name" "$here/software/$name.txt")
  if begin "$dir"; then
    say "installing $name into $dir"
    python3 -m venv "$dir"
    retry nicely "$dir/bin/pip" install --quiet --disable-pip-version-check --no-deps \
      --requirement "$here/software/$name.txt"
    touch "$dir/.ready"
  fi
  ln -sfn "$dir" "$cache/$name"
done

dir=$(folder node "$here/software/package.json" "$here/software/package-lock.json")
if begin "$dir"; then
  say "installing the packages of Node into $dir"
  cp "$here/software/package.json" "$here/software/package-lock.json" "$dir"
  # The packages' own scripts are not run: none is needed.
  (cd "$dir" && retry nicely npm ci --no-audit --no-fund --ignore-scripts --loglevel error)
  touch "$dir/.ready"
fi
ln -sfn "$dir" "$cache/node"

dir=$(folder collector "$here/software/collector.yaml")
if begin "$dir"; then
  version=$(sed -n 's/^ *version: //p' "$here/software/collector.yaml")
  say "building the OpenTelemetry Collector $version into $dir (some minutes)"
  retry env GOBIN="$dir/bin" GOFLAGS= \
    nice -n 10 go install "go.opentelemetry.io/collector/cmd/builder@v$version"
  sed "s|^dist:|dist:\n  output_path: $dir/source|" "$here/software/collector.yaml" \
    >"$dir/collector.yaml"
  (cd "$dir" && retry env CGO_ENABLED=0 GOFLAGS= nice -n 10 bin/builder --config collector.yaml)
  mv "$dir/source/otelcol" "$dir/otelcol"
  rm -rf "$dir/source" "$dir/bin"
  touch "$dir/.ready"
fi
ln -sfn "$dir" "$cache/collector"
say "ready"
