#!/usr/bin/env bash
# Makes sure that the tests find a real Apache Kafka, a real Redis and OASIS's stix2-validator, and
# changes nothing when they do. `make test` calls it.
#
#   KAFKA_BROKERS, REDIS_ADDR   when set, the tests use these servers and nothing is needed for that part
#   XDG_CACHE_HOME              where the broker's jars and the validator are kept (default ~/.cache)
#   --dry-run                   print what would be done, do nothing
#
# On Debian and Ubuntu, as root, missing packages are installed. Elsewhere what is on the PATH is used, then Docker; otherwise the commands
# that help are printed and the exit status is 1.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
pom=$here/harness/pom.xml
version=$(sed -n 's:.*<kafka\.version>\(.*\)</kafka\.version>.*:\1:p' "$pom")
cache=${XDG_CACHE_HOME:-$HOME/.cache}/stillwatch
libs=$cache/kafka-$version
requirements=$here/tools/stix-requirements.txt
validator=$cache/stix2-validator-$(sed -n 's:^stix2-validator==::p' "$requirements")
dry_run=
[ "${1:-}" = --dry-run ] && dry_run=1

say() { printf 'setup: %s\n' "$*" >&2; }
has() { command -v "$1" >/dev/null 2>&1; }
run() {
  if [ -n "$dry_run" ]; then say "would run: $*"; else "$@"; fi
}
retry() {
  local attempt
  for attempt in 1 2 3; do
    run "$@" && return 0
    say "attempt $attempt failed: $*"
    sleep "${SETUP_RETRY_DELAY:-$((attempt * 3))}"
  done
  return 1
}

java_command() { if [ -n "${JAVA_HOME:-}" ]; then echo "$JAVA_HOME/bin/java"; else echo java; fi; }
# java_ok: Kafka 4 needs Java 17 or newer; "1.8.0" counts as 1.
java_ok() {
  local major
  major=$("$(java_command)" -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -n 1) || return 1
  [ "${major:-0}" -ge 17 ]
}
# validator_ok: the virtual environment is of these requirements, and its Python is still there.
validator_ok() {
  cmp -s "$requirements" "$validator/requirements.txt" && "$validator/bin/python" -c '' 2>/dev/null
}
# python_ok: the requirements need Python 3.11, and Debian has the modules for virtual environments
# in a package of their own.
python_ok() {
  has python3 &&
    python3 -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}
# missing prints what the tests lack, one word each.
missing() {
  if [ -z "${KAFKA_BROKERS:-}" ]; then
    java_ok || echo java
    [ -d "$libs" ] || has mvn || echo maven
  fi
  [ -n "${REDIS_ADDR:-}" ] || has redis-server || echo redis
  validator_ok || python_ok || echo python
}
# wanted adds what the tests can do without: the race detector needs a C compiler.
wanted() {
  missing
  has cc || echo compiler
}

install_packages() {
  local lacking=$1 packages=() jre
  export DEBIAN_FRONTEND=noninteractive
  say "updating the package lists"
  retry apt-get -qq update || return 1
  case $lacking in *redis*) packages+=(redis-server) ;; esac
  case $lacking in *maven*) packages+=(maven) ;; esac
  case $lacking in *compiler*) packages+=(gcc libc6-dev) ;; esac
  case $lacking in *python*) packages+=(python3 python3-venv) ;; esac
  case $lacking in *java*)
    # default-jre-headless is older than 17 on some releases, and not every release has the same newer ones. A package that is only known by
    # name has no candidate, or "(none)".
    for jre in openjdk-21-jre-headless openjdk-17-jre-headless default-jre-headless; do
      case $(apt-cache policy "$jre") in *"Candidate: "[!\(]*) break ;; esac
    done
    packages+=("$jre")
    ;;
  esac
  say "installing ${packages[*]}"
  retry apt-get -qq install -y --no-install-recommends "${packages[@]}" >/dev/null
}

if has apt-get && [ "$(id -u)" -eq 0 ]; then
  lacking=$(wanted)
  if [ -n "$lacking" ]; then
    install_packages "$lacking" || say "could not install everything"
    [ -n "$dry_run" ] && exit 0
  fi
fi
lacking=$(missing)
in_docker=
if [ -n "$lacking" ] && [ "$lacking" != python ] && has docker && docker info >/dev/null 2>&1; then
  in_docker=$(printf '%s\n' "$lacking" | grep -v '^python$' | tr '\n' ' ')
  say "the tests run in Docker what needs: $in_docker"
  case $lacking in *python*) lacking=python ;; *) lacking= ;; esac
fi
if [ -n "$lacking" ]; then
  say "missing:" $lacking
  say "the tests need Java 17 or newer, Maven and redis-server (or Docker, or KAFKA_BROKERS and REDIS_ADDR), and Python 3.11 or newer. On Debian or Ubuntu:"
  say "  sudo apt-get update"
  say "  sudo apt-get install -y redis-server maven default-jre-headless python3 python3-venv"
  say "On macOS:"
  say "  brew install redis maven openjdk python"
  exit 1
fi

# What is resolved grows under a name of its own; a rename makes it visible whole or not at all.
trap 'rm -rf "$libs.partial.$$" "$validator.partial.$$"' EXIT
resolve_broker() {
  local partial=$libs.partial.$$
  say "resolving Apache Kafka $version with Maven into $libs"
  run mkdir -p "$cache"
  retry mvn -q -B -U -f "$pom" dependency:copy-dependencies -DincludeScope=runtime "-DoutputDirectory=$partial"
  [ -z "$dry_run" ] || return 0
  # A set of jars that cannot even make an id never becomes the cache.
  "$(java_command)" -cp "$partial/*" kafka.tools.StorageTool random-uuid >/dev/null
  [ -d "$libs" ] || mv "$partial" "$libs"
}
resolve_validator() {
  local partial=$validator.partial.$$
  say "installing stix2-validator with pip into $validator"
  run mkdir -p "$cache"
  run python3 -m venv "$partial"
  retry "$partial/bin/python" -m pip install -q --disable-pip-version-check -r "$requirements"
  [ -z "$dry_run" ] || return 0
  # Python finds a virtual environment beside its own executable, so that it may be renamed.
  "$partial/bin/python" -m stix2validator.scripts.stix2_validator --help >/dev/null
  cp "$requirements" "$partial/requirements.txt"
  rm -rf "$validator"
  mv "$partial" "$validator"
}

case $in_docker in
*java* | *maven*) ;; # the broker, and its jars with it
*) [ -n "${KAFKA_BROKERS:-}" ] || [ -d "$libs" ] || resolve_broker ;;
esac
validator_ok || resolve_validator
say "ready"
