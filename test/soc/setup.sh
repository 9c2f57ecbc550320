#!/usr/bin/env bash
# Puts the software of others that test/soc holds the recipes in configs/soc against into a cache
# folder, and changes nothing when it is there: OpenSearch and Kafka Connect (Maven Central), pySigma
# and the models of Microsoft's SDK (PyPI), promtool and amtool (Go). `make test` calls it, after
# test/setup.sh. The versions stand in test/harness/*.xml, software/*.txt and software/tools.
#
#   XDG_CACHE_HOME   where the cache is (default ~/.cache)
#
# On Debian and Ubuntu, as root, missing packages are installed. Elsewhere Java 17 to 23, Maven,
# Python 3.11 or newer with venv, and Go must be there.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/stillwatch

say() { printf 'soc: %s\n' "$*" >&2; }
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

version_of() { sed -n "s:.*<$1\.version>\(.*\)</$1\.version>.*:\1:p" "$here/../harness/$2.xml"; }
opensearch=$cache/opensearch-$(version_of opensearch opensearch)
connect=$cache/connect-$(version_of kafka connect)
# sum names a folder by the file that says what is in it.
sum() { sha256sum "$1" | cut -c 1-12; }
sigma=$cache/sigma-$(sum "$here/software/sigma.txt")
azure=$cache/azure-$(sum "$here/software/azure.txt")
tools=$cache/soc-tools-$(sum "$here/software/tools")

java_command() { if [ -n "${JAVA_HOME:-}" ]; then echo "$JAVA_HOME/bin/java"; else echo java; fi; }
# java_ok: OpenSearch 2 runs on nothing newer than 23.
java_ok() {
  local major
  major=$("$(java_command)" -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -n 1) || return 1
  [ "${major:-0}" -ge 17 ] && [ "$major" -le 23 ]
}
python_ok() {
  has python3 &&
    python3 -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}
missing() {
  java_ok || echo java
  { [ -d "$opensearch" ] && [ -d "$connect" ]; } || has mvn || echo maven
  { [ -d "$sigma" ] && [ -d "$azure" ]; } || python_ok || echo python
}
lacking=$(missing)
if [ -n "$lacking" ] && has apt-get && [ "$(id -u)" -eq 0 ]; then
  packages=()
  case $lacking in *java*) packages+=(openjdk-17-jre-headless) ;; esac
  case $lacking in *maven*) packages+=(maven) ;; esac
  case $lacking in *python*) packages+=(python3 python3-venv) ;; esac
  export DEBIAN_FRONTEND=noninteractive
  say "installing ${packages[*]}"
  retry apt-get -qq update
  retry apt-get -qq install -y --no-install-recommends "${packages[@]}" >/dev/null ||
    say "could not install everything"
  lacking=$(missing)
fi
if [ -n "$lacking" ]; then
  say "missing:" $lacking
  say "the recipes are tested with Java 17 to 23, Maven, and Python 3.11 or newer with venv"
  exit 1
fi

# What is installed grows under a name of its own; a rename makes it visible whole or not at all.
partial=$cache/soc.partial.$$
trap 'rm -rf "$partial"' EXIT
mkdir -p "$cache"
resolve() {
  say "resolving $1 with Maven into $2"
  retry mvn -q -B -U -f "$here/../harness/$1.xml" dependency:copy-dependencies \
    -DincludeScope=runtime "-DoutputDirectory=$partial"
  mv "$partial" "$2"
}
[ -d "$opensearch" ] || resolve opensearch "$opensearch"
[ -d "$connect" ] || resolve connect "$connect"
for name in sigma azure; do
  dir=${!name}
  [ -d "$dir" ] && continue
  say "installing $name with pip into $dir"
  python3 -m venv "$partial"
  retry "$partial/bin/python" -m pip install -q --disable-pip-version-check --no-deps \
    -r "$here/software/$name.txt"
  # Python finds a virtual environment beside its own executable, so that it may be renamed.
  mv "$partial" "$dir"
done
if [ ! -d "$tools" ]; then
  say "building promtool and amtool with go install into $tools (some minutes)"
  mkdir -p "$partial"
  # remove_all_sd leaves out the clients of clouds by which Prometheus finds its targets.
  while read -r package; do
    case $package in '' | '#'*) continue ;; esac
    retry env GOBIN="$partial" GOFLAGS= CGO_ENABLED=0 nice -n 10 \
      "${GO:-go}" install -tags remove_all_sd "$package"
  done <"$here/software/tools"
  mv "$partial" "$tools"
fi
say "ready"
