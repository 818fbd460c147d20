#!/bin/sh
# Measures what an operator does, and what goes on by itself, on a broker with many events in its journal; operations.py says
# what the figures are.
#
#   sh tests/bench/operations.sh [EVENTS [FOLDER]]
#
# EVENTS is how many the journal is filled with (300,000: about six minutes on two processors; 10,000,000: about an hour and
# 40 GiB of disk). FOLDER is where the data lies (build-bench/ in the tree); the disk under it belongs to the figures. As root
# it also measures a start without the system's page cache, which it empties for that. Listens on loopback alone, ends what it
# started, removes its data.
set -eu
cd "$(dirname "$0")/../.."
build=build-bench
cmake -S . -B $build -G Ninja -DCMAKE_BUILD_TYPE=Release -DBATON_TESTS=ON >/dev/null
cmake --build $build --target batond batonctl bench_acked >/dev/null
exec /usr/bin/python3 tests/bench/operations.py "$build" "${1:-300000}" "${2:-$build}"
