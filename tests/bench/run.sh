#!/bin/sh
# Measures the broker beside a plain write + fdatasync and a bare CURVE echo, in one run: sh tests/bench/run.sh [SECONDS] [FOLDER]
# FOLDER is where the data lies (default: a temporary folder); the disk under it belongs to the figures.
set -eu
cd "$(dirname "$0")/../.."
build=build-test/bench
cmake -S . -B $build -G Ninja -DCMAKE_BUILD_TYPE=Release -DBATON_TESTS=ON >/dev/null
cmake --build $build --target batond batonctl bench_acked bench_bare >/dev/null
exec /usr/bin/python3 tests/bench/bench.py $build "${1:-10}" "${2:-}"
