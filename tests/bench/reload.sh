#!/bin/sh
# Measures what reloads do to receipts; reload.py says what the figures are.
#
#   sh tests/bench/reload.sh [SECONDS [DEPARTMENTS [FOLDER]]]
#
# SECONDS is the time of each row (5), DEPARTMENTS how many the configuration has (50), each with an adapter; FOLDER is
# where the data lies (build-bench/ in the tree); the disk under it belongs to the figures. Listens on loopback alone,
# ends what it started, removes its data.
set -eu
cd "$(dirname "$0")/../.."
build=build-bench
cmake -S . -B $build -G Ninja -DCMAKE_BUILD_TYPE=Release -DBATON_TESTS=ON >/dev/null
cmake --build $build --target batond batonctl bench_acked >/dev/null
exec /usr/bin/python3 tests/bench/reload.py "$build" "${1:-5}" "${2:-50}" "${3:-$build}"
