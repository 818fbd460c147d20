#!/bin/sh
# Measures the broker, and beside it in the same run a plain append + fdatasync of the same bytes and a bare CURVE echo.
#
#   sh tests/bench/run.sh [SECONDS [FOLDER]]
#
# SECONDS is the time of each row (5); the whole takes about 35 times as long. FOLDER is where the data lies (build-bench/
# in the tree); the disk under it belongs to the figures. It wants what tests/run.sh installs, builds in build-bench/,
# listens on loopback alone, ends what it started and removes its data.
#
# A row is one load on one broker, which keeps its default configuration and its data from row to row: notes of 300 bytes
# on 10,000 cases at random, or on 100 hot ones; "stored" cases belong to a department without a receiving adapter,
# those "relayed" to one whose adapter (credit 1000) takes part in them and acknowledges. "x 1000" are events submitted and
# not yet receipted, by one adapter through libbaton unless said.
#
#   acked/s           receipts in the time, after N events; p50, p99 in microseconds from submit
#   delivered/s       over the time from the first submit to the last delivery, with what then waited; p50, p99 from submit to the
#                     receiving adapter's callback
#   /frame, /commit   events in a Submit frame, journal entries in a commit, as the broker counted; us each: time of a commit
#   cpu, send, recv   processor time of an event, microseconds: the broker, the sending, the receiving adapter
#   sync              events/s of a plain append + fdatasync of one commit's events at a time
#   echo, packed      events/s of a bare ROUTER/DEALER over CURVE: one event a message, and as many as /frame says
#
# Before that: what an event costs the core alone; bench_core.c says what its columns are.
set -eu
cd "$(dirname "$0")/../.."
build=build-bench
cmake -S . -B $build -G Ninja -DCMAKE_BUILD_TYPE=Release -DBATON_TESTS=ON >/dev/null
cmake --build $build --target batond batonctl bench_acked bench_delivered bench_bare bench_core >/dev/null
$build/tests/bench_core
echo
exec /usr/bin/python3 tests/bench/bench.py "$build" "${1:-5}" "${2:-$build}"
