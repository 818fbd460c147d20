"""What a backup costs: its time for so many entries, and what it does to the receipts of a client that writes meanwhile.

    backup.py [--entries N] [--build FOLDER]

One client sends one note after the other, 400 of them without a backup, then as long as a backup takes, both in one run. Prints the
time of the first backup, of the next, and the ratio of the 99th percentiles (of receipts, as the client sees them)."""
import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import time

parser = argparse.ArgumentParser()
parser.add_argument("--entries", type=int, default=20000)
parser.add_argument("--build", default=None)
options = parser.parse_args()
if options.build:
    os.environ["BATON_BUILD"] = options.build
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))

import harness  # noqa: E402
from events import do, event, ok, open_case, submit_all, unique  # noqa: E402


def one(sales, case):
    since = time.perf_counter()
    ok(sales.ask(unique("key"), event("note_added", case=case, text="x" * 300)))
    return time.perf_counter() - since


def p99(times):
    return sorted(times)[int(len(times) * 0.99)]


def backup(broker, folder, *words):
    since = time.perf_counter()
    done = subprocess.Popen([harness.program("batonctl"), "--control", str(broker.folder / "run"), "--json", "backup", folder, *words],
                            stdout=subprocess.PIPE, text=True)
    return done, since


def main():
    broker = harness.fresh_broker().start()
    try:
        sales = broker.client("sales")
        cases = [open_case(sales).case for _ in range(50)]
        for at in range(0, options.entries, 1000):
            submit_all(sales, [event("note_added", case=cases[i % 50], text="x" * 300) for i in range(at, at + 1000)], 100)
        with tempfile.TemporaryDirectory() as folder:
            folder += "/backup"
            for what in ("first", "incremental", "incremental with snapshot"):
                before = [one(sales, cases[0]) for _ in range(400)]
                done, since = backup(broker, folder, *(["snapshot"] if "snapshot" in what else []))
                during = []
                while done.poll() is None:
                    during.append(one(sales, cases[0]))
                took = time.perf_counter() - since
                assert done.returncode == 0
                ratio = f"{p99(during) / p99(before):.2f}" if len(during) >= 50 else f"- (only {len(during)} receipts meanwhile)"
                print(f"{what}: {took:.2f} s at {broker.ctl_json('status')['durable']} entries; p99 during / before: {ratio}")
        broker.stop()
    finally:
        harness.remove(broker)


if __name__ == "__main__":
    main()
