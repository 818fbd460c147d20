"""Time to the receipt with and without reloads, in one run: one adapter adds notes to 1,000 cases, 64 of them always without a
receipt; meanwhile nothing, then a reload each second, then as many as come to an end. Each reload changes a time between two
departments, so that it is adopted and written down.

  p50, p99    microseconds from submit to receipt
  of quiet    p99 as a ratio to the row without reloads (the mean of one before and one after)
  reloads     how many there were; took: their time in the broker as it logged it, milliseconds, the longest
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))
os.environ["BATON_BUILD"] = os.path.abspath(sys.argv[1])

import harness  # noqa: E402

CASES, IN_FLIGHT = 1000, 64


def company(departments):
    hours = ["mon-fri 08:00-12:30 13:30-18:00", "sat 09:00-13:00"]
    return {
        "last_owner": "keeper", "topics": ["stored"], "sites": [{"name": "here", "zone": "Europe/London"}],
        "domains": [{"name": "crm", "normal": "exact"}],
        "departments": [{"name": "keeper", "topics": ["stored"], "site": "here"}, {"name": "sender", "site": "here"}] +
                       [{"name": f"d-{i}", "site": "here", "hours": hours} for i in range(departments)],
        "adapters": [{"name": "sender", "department": "sender"}] +
                    [{"name": f"d-{i}", "department": f"d-{i}", "receives": True} for i in range(departments)],
        "olas": [{"to": "keeper", "minutes": 1}]}


class Bench:
    def __init__(self, seconds, departments, folder):
        self.seconds, self.where = seconds, pathlib.Path(tempfile.mkdtemp(prefix="bench-", dir=folder)).resolve()
        self.broker = harness.Broker(self.where / "b", company=company(departments), settings={"record": {"checkpoint_ms": 1000}})
        self.broker.start()
        keys = self.broker.folder / "keys"
        self.words = [self.broker.endpoint, str(keys / "broker.pub"), str(keys / "sender.secret"), str(self.where / "cases")]
        self.run = int(time.time())
        subprocess.run([harness.program("bench_acked"), "open", *self.words, "stored", str(CASES)], check=True, timeout=300)

    def took(self):
        return [int(ms) for ms in re.findall(r"event=config-adopted .*took_ms=(\d+)", self.broker.log.read_text())]

    def reload_until(self, done, pause):
        while not done.wait(pause):
            self.broker.company["olas"][0]["minutes"] = self.broker.company["olas"][0]["minutes"] % 1000 + 1
            self.broker.write_conf()
            self.broker.ctl("reload")

    def row(self, name, pause=None):
        before, done = len(self.took()), threading.Event()
        reloads = threading.Thread(target=self.reload_until, args=(done, pause)) if pause is not None else None
        self.run += 1
        if reloads:
            reloads.start()
        out = subprocess.run([harness.program("bench_acked"), "load", *self.words, str(CASES), str(IN_FLIGHT), str(self.seconds),
                              f"{self.run:x}"], check=True, capture_output=True, text=True, timeout=120 + 4 * self.seconds).stdout
        done.set()
        if reloads:
            reloads.join()
        told = json.loads(out)
        if told["refused"] or told["lost"]:
            sys.exit(f"{name}: {told['refused']} refused, {told['lost']} lost")
        return {**told, "name": name, "took": self.took()[before:]}

    def close(self):
        self.broker.close()
        shutil.rmtree(self.where)


def main():
    bench = Bench(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
    try:
        bench.row("warm")
        rows = [bench.row("quiet"), bench.row("one a second", 1.0), bench.row("without a pause", 0.0), bench.row("quiet")]
    finally:
        bench.close()
    quiet = (rows[0]["p99"] + rows[-1]["p99"]) / 2
    print(f"{'reloads':<18}{'acked/s':>10}{'p50':>9}{'p99':>9}{'of quiet':>10}{'reloads':>9}{'took':>7}")
    for r in rows:
        print(f"{r['name']:<18}{r['events'] / r['seconds']:>10,.0f}{r['p50']:>9,.0f}{r['p99']:>9,.0f}{r['p99'] / quiet:>10.2f}"
              f"{len(r['took']):>9}{max(r['took'], default=0):>7}")


main()
