#!/bin/sh
# Measures every adapter between its real department system and a broker, and beside it the same over libbaton alone.
#
#   sh tests/bench/adapters.sh [--seconds N] [--only WORDS] [--folder FOLDER] [--json]
#
# --seconds is the time of each measurement (4); the whole takes about 50 times as long. --only takes the rows whose names
# hold the words. FOLDER is where the data lies (build-bench/ in the tree); the disk under it belongs to the figures. --json prints
# all figures, those of the base beside each row too. It wants what tests/run.sh installs, builds in build-bench/, starts
# its own PostgreSQL, Dovecot and exim, listens on loopback alone, ends what it started and removes its data.
#
# Adapters and broker have their default configuration: 256 events in flight, 64 deliveries in hand. Events are notes of 300
# bytes on 200 cases; mails of that text on the way into the mailbox, questions of 200 bytes on the way out of it.
#
#   events/s          in: from when the system says a load (moves the file, writes the lines, sends the first request, commits the
#                     rows, hands over the first mail) until the broker has all of it on its disk; out: from the first
#                     submit of another department until the system has all (calls, rows it took out, mails in a
#                     mailbox); spool drained: from when the broker is back until it has what was put in meanwhile.
#                     The load, the first N, is as large as the time asks for
#   p50, p99          in: from just before the system is told of an event until libbaton hands it to another department; out:
#                     from the submit until the system has it. One at a time, 50 a second, mail 2; the second N.
#                     Dovecot itself keeps news of a mail back for half a second
#   of base           the same over libbaton, just before the row, for half the time: baton_submit with 256 in flight;
#                     p50 from a submit without an adapter to the delivery. The row of the base is the middle of these
#   RSS               of the adapter's processes, at the end of its row
#   lines             of the C of the adapter's folder, for all its rows; libbaton and the mapping are beside it
#
# Below that what it costs to put into a spool; bench_spool.c says what the figures are.
set -eu
cd "$(dirname "$0")/../.."
build=build-bench
cmake -S . -B $build -G Ninja -DCMAKE_BUILD_TYPE=Release -DBATON_TESTS=ON >/dev/null
cmake --build $build --target batond batonctl baton-file baton-exec baton-http baton-mail baton-postgres bench_acked \
  bench_delivered bench_spool >/dev/null
exec /usr/bin/python3 tests/bench/adapters.py "$@" "$build"
