#!/bin/sh
# The one test command: installs what is missing, builds with warnings as errors, runs every test, counts.
#
#   sh tests/run.sh                 everything, sized for continuous integration (about half an hour on two cores)
#   sh tests/run.sh --long SECONDS  the random tests (property, kill -9, fuzz) run this long each
#   sh tests/run.sh -k WORDS        only the system tests that match, after the build; passed on to pytest
#
# Builds lie in build-test/. Last line: "N passed, N failed, N skipped"; the exit code is 0 only when nothing failed.
set -u
cd "$(dirname "$0")/.." || exit 1
top=$(pwd)
long=0 words=
while [ $# -gt 0 ]; do
  case $1 in
    --long) long=${2:?--long wants seconds}; shift 2 ;;
    -k) words=${2:?-k wants words}; shift 2 ;;
    *) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 2 ;;
  esac
done
case $long in *[!0-9]*) echo "--long wants seconds" >&2; exit 2 ;; esac

packages="gcc clang cmake ninja-build pkg-config libc6-dev libzmq3-dev liblmdb-dev libprotobuf-c-dev protobuf-c-compiler
protobuf-compiler libconfig-dev libglib2.0-dev libjansson-dev libsodium-dev libxxhash-dev libzstd-dev libncurses-dev uthash-dev tzdata libcmocka-dev python3
python3-zmq python3-protobuf python3-hypothesis python3-pytest python3-pyte bash-completion socat libcurl4-openssl-dev libmicrohttpd-dev curl openssl
python3-lmdb python3-xxhash python3-zstandard libjson-validator-perl libpq-dev postgresql-15 python3-psycopg2
libgmime-3.0-dev libxml2-dev dovecot-imapd exim4-daemon-light prometheus python3-prometheus-client libsystemd-dev systemd mandoc strace"

. "$top/conf/packages.sh"

# build NAME TARGETS OPTIONS...: one build folder; its log is shown where it fails.
build() {
  name=$1 targets=$2
  shift 2
  echo "== build $name"
  # shellcheck disable=SC2086
  if cmake -S "$top" -B "$work/$name" -G Ninja -DBATON_WERROR=ON "$@" >"$work/$name.log" 2>&1 &&
    cmake --build "$work/$name" ${targets:+--target $targets} >>"$work/$name.log" 2>&1; then
    echo "ok build $name" >>"$work/tally/build.tap"
    return 0
  fi
  tail -n 60 "$work/$name.log"
  echo "not ok build $name" >>"$work/tally/build.tap"
  return 1
}

# fuzz SECONDS: each fuzz program for about so long. Its runs are always the same ones, so more time means more runs.
fuzz() {
  for program in "$work"/san/tests/fuzz_*; do
    [ -x "$program" ] && [ -f "$program" ] || continue
    name=${program##*/}
    begin=$(date +%s%N)
    BT_FUZZ_RUNS=100000 "$program" >"$work/$name.log" 2>&1
    took_ms=$((($(date +%s%N) - begin) / 1000000 + 1))
    runs=$((100000 * 1000 / took_ms * $1))
    echo "== $name, $runs runs"
    if BT_FUZZ_RUNS=$runs "$program" >"$work/$name.log" 2>&1; then
      echo "ok $name, $runs runs" >>"$work/tally/fuzz.tap"
    else
      tail -n 40 "$work/$name.log"
      echo "not ok $name, $runs runs" >>"$work/tally/fuzz.tap"
    fi
  done
}

# shellcheck disable=SC2046,SC2086  # a list of words
set -- $(missing $packages)
if [ $# -gt 0 ]; then
  echo "== installing $*"
  install_quietly "$@" || { echo "packages are missing and cannot be installed: $*" >&2; exit 1; }
fi
work=$top/build-test
rm -rf "$work/tally"
mkdir -p "$work/tally"
export ASAN_OPTIONS="detect_leaks=1:abort_on_error=0:exitcode=99:detect_stack_use_after_return=1"
export UBSAN_OPTIONS="print_stacktrace=1:halt_on_error=1:exitcode=99"
export LSAN_OPTIONS="exitcode=99"
export BATON_TEST_LONG="$long"

if build san "" -DCMAKE_C_COMPILER=gcc -DCMAKE_BUILD_TYPE=Debug -DBATON_SANITIZE=ON -DBATON_TESTS=ON; then
  build plain "" -DCMAKE_C_COMPILER=gcc -DCMAKE_BUILD_TYPE=Release -DBATON_TESTS=ON
  build clang "" -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=Debug -DBATON_TESTS=ON
  for flaw in ack-before-commit no-dedupe admit-anyone any-order tell-anyone any-card take-anything no-chain; do
    build "flaw-$flaw" "batond batonctl" -DCMAKE_C_COMPILER=gcc -DBATON_FLAW="$flaw"
  done
  if [ -z "$words" ]; then
    echo "== unit tests, traces, includes"
    CMOCKA_MESSAGE_OUTPUT=TAP ctest --test-dir "$work/san" -V -j2 --timeout 300 >"$work/tally/ctest.log" 2>&1 ||
      grep -E '^[0-9]+: (not ok|#|ERROR|==|    #)|\*\*\*' "$work/tally/ctest.log" | head -n 120
  fi
  if [ "$long" -gt 0 ] && [ -z "$words" ]; then
    fuzz "$long"
  fi
  echo "== system tests"
  BATON_BUILDS=$work /usr/bin/python3 -m pytest -q --tb=short -p no:cacheprovider --junitxml="$work/tally/system.xml" \
    tests/system tests/model ${words:+-k "$words"} ||
    [ -s "$work/tally/system.xml" ] || echo "not ok pytest" >>"$work/tally/build.tap"
fi
exec /usr/bin/python3 tests/tally.py "$work/tally"
