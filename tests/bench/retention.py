"""Size on disk over a steady week, simulated: a broker of the test build, whose clock is moved on between rounds.

    retention.py [--rounds N] [--events N] [--journal-mb N] [--build FOLDER]

Each round lets 168/N hours pass and writes as many events. Prints a row for each: entries written, bytes of the journal, of the
record and snapshots, of the archive. The journal and the snapshots must stop growing; the archive is what may be moved away.
Short by default: 14 rounds of 400 events, about half a minute.
"""
import argparse
import os
import pathlib
import random
import sys
import time

parser = argparse.ArgumentParser()
parser.add_argument("--rounds", type=int, default=14)
parser.add_argument("--events", type=int, default=400)
parser.add_argument("--journal-mb", type=int, default=1)
parser.add_argument("--build", default=None)
options = parser.parse_args()
if options.build:
    os.environ["BATON_BUILD"] = options.build
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))

import harness  # noqa: E402
from events import event, ok, unique  # noqa: E402

HOURS = 168
WORDS = random.Random(7)


def size(folder):
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())


def words():
    return " ".join("".join(WORDS.choice("etaoinshrdlu") for _ in range(WORDS.randint(2, 9))) for _ in range(300))


def write(sales, hours, kind, **fields):
    """As if it were so many hours later, as the broker has it."""
    return ok(sales.ask(unique("key"), event(kind, **fields), first_us=int((time.time() + hours * 3600) * 1e6)))


def settled(broker):
    """The journal's entries have come down to what is kept, or nothing more is to be expected of it."""
    status = broker.ctl_json("status")
    return status["journal_entry_bytes"] <= 6 * options.journal_mb << 20


def main():
    broker = harness.fresh_broker(settings={"retention": {"journal_mb": options.journal_mb, "segment_mb": 1, "journal_days": 2,
                                                          "snapshot_every_hours": 12, "snapshot_every_events": options.events // 2},
                                            "sources": {"idempotency_hours": 24, "longest_spool_hours": 12},
                                            "cases": {"idle_hours": 0}}).start()
    data, peaks = broker.folder / "data", []
    print(f"{'hour':>5} {'entries':>8} {'journal':>10} {'record':>9} {'snapshots':>10} {'archive':>10}")
    try:
        for round_number in range(1, options.rounds + 1):
            sales = broker.client("sales")
            hours = HOURS * (round_number - 1) // options.rounds
            case = write(sales, hours, "case_opened", by=("phone", f"+4420794{round_number:05d}"), topic="order", need="a line").case
            for _ in range(options.events - 1):
                write(sales, hours, "note_added", case=case, text=words())
            sales.close()
            broker.ctl("clock", "advance", str((HOURS * round_number // options.rounds - hours) * 3600))
            harness.wait_for(lambda: settled(broker), 60, "the journal to be cut")
            row = [size(data / name) for name in ("journal", "record", "snapshots", "archive")]
            peaks.append(row[0] + row[2])
            print(f"{HOURS * round_number // options.rounds:>5} {broker.ctl_json('status')['durable']:>8} {row[0]:>10} {row[1]:>9} {row[2]:>10} {row[3]:>10}",
                  flush=True)
        half = len(peaks) // 2
        grows = max(peaks[half:]) / max(peaks[:half])
        print(f"journal and snapshots, second half of the week against the first: {grows:.2f}")
        broker.stop()
        print(next(line for line in broker.verify().splitlines() if line.startswith("result")))
    finally:
        harness.remove(broker)
    return 0 if grows < 1.5 else 1


if __name__ == "__main__":
    sys.exit(main())
