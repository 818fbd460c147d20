"""What an operator does, and what goes on by itself, on a broker with many events in its journal, and what that does to
receipts meanwhile. operations.sh says how to call it.

A case for each 50 events, all of them offered to a department that does not answer, and notes of 300 bytes on them at random;
100,000 events at most wait for an adapter that is not there. Retention is off until its row.

  took        of the operation, seconds; of commands: milliseconds from the request on the control socket to the last byte of the
              answer, the middle one and the longest of so many
  quiet       time to the receipt before it, in the same run, of 500 events a second at an even pace on cases at random, counted
              from when each was due: 99th percentile in milliseconds, and the longest
  meanwhile   the same while it runs: how many receipts, their 99th percentile, as a ratio to the quiet one, and the longest: no
              turn of the broker's loop took longer

Starts are after kill -9 in mid-load with the default checkpoints: seconds until the broker has answered the first command, and how many entries
the record had to catch up with; "cold" with the system's page cache emptied."""
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))
os.environ["BATON_BUILD"] = os.path.abspath(sys.argv[1])

import harness  # noqa: E402

QUIET_S, PER_SECOND, TRIED, WAITING = 6, 500, 9, 100000
OFF = {"journal_days": 0, "journal_mb": 0, "snapshot_every_hours": 0, "snapshot_every_events": 0}
SITE = {"site": "here"}
COMPANY = {
    "last_owner": "keeper", "topics": ["stored", "relayed"], "sites": [{"name": "here", "zone": "Etc/UTC"}],
    "domains": [{"name": "crm", "normal": "exact"}],
    "departments": [{"name": "keeper", "topics": ["stored"], **SITE}, {"name": "receiver", "topics": ["relayed"], **SITE},
                    {"name": "sender", **SITE}],
    "adapters": [{"name": "receiver", "department": "receiver", "receives": True}, {"name": "sender", "department": "sender"},
                 {"name": "pacer", "department": "sender"}]}
COMMANDS = ("status", "show cases", "show cases topic=relayed", "show offers", "show offers department=receiver", "show timers",
            "show inboxes", "show record", "show seen", "show standing", "show references department=receiver", "show case {case}",
            "history {case}", "card {case}", "journey {case}", "journeys", "scorecard", "follow from=1 lines=100",
            "redeliver receiver 1..1000000 dry-run bench")
TOP = ("status", "show standing", "show adapters", "show counters")
HEAD = ("", "took", "longest", "quiet p99", "longest", "N", "p99", "ratio", "longest")
WIDTHS = (44, 9, 9, 11, 9, 9, 9, 7, 9)


def put(*cells):
    print("".join(f"{c:<{w}}" if i == 0 else f"{c:>{w}}" for i, (c, w) in enumerate(zip(cells, WIDTHS))).rstrip(), flush=True)


def mib(n):
    return f"{n / 2**20:,.0f} MiB"


class Traffic:
    """Notes at an even pace, until it is told to end."""

    def __init__(self, bench, seconds=86400):
        self.process = subprocess.Popen([harness.program("bench_acked"), "load", *bench.words("pacer"), bench.cases("stored"),
                                         str(bench.n_cases), "1000", str(seconds), f"{bench.next_run():x}", str(PER_SECOND)],
                                        stdout=subprocess.PIPE, text=True)

    def end(self, stop=True):
        if stop:
            self.process.send_signal(signal.SIGTERM)
        told = json.loads(self.process.communicate(timeout=600)[0])
        assert told["refused"] == told["lost"] == 0, f"{told['refused']} events refused, {told['lost']} lost"
        return told


class Bench:
    def __init__(self, events, folder):
        self.events, self.n_cases = events, max(1000, min(events // 50, 1 << 20))
        self.where = pathlib.Path(tempfile.mkdtemp(prefix="bench-", dir=folder)).resolve()
        self.broker = harness.Broker(self.where / "b", company=COMPANY, settings={
            "record": {"checkpoint_ms": 1000}, "retention": dict(OFF), "metrics": {"listen": f"127.0.0.1:{harness.free_port()}"}})
        self.runs, self.data = int(time.time()), self.broker.folder / "data"

    # -- what is asked of it

    def words(self, adapter):
        keys = self.broker.folder / "keys"
        return [self.broker.endpoint, str(keys / "broker.pub"), str(keys / f"{adapter}.secret")]

    def cases(self, kind):
        return str(self.where / f"cases-{kind}")

    def next_run(self):
        self.runs += 1
        return self.runs

    def status(self):
        return self.broker.ctl_json("status")

    def asked(self, *lines, sock="read"):
        """Milliseconds until the answers to these are there."""
        since = time.perf_counter()
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(str(self.broker.folder / f"run/{sock}.sock"))
            s.sendall("".join(f"json {line}\n" for line in lines).encode())
            said, ends = b"", 0
            while ends < len(lines):
                piece = s.recv(1 << 20)
                assert piece, f"{lines}: the broker hung up"
                said += piece
                ends = said.count(b"\n.\n")
        assert said.startswith(b"ok"), f"{lines}: {said[:200]}"
        return (time.perf_counter() - since) * 1e3

    def scrape(self):
        since = time.perf_counter()
        with urllib.request.urlopen(f"http://{self.broker.settings['metrics']['listen']}/metrics", timeout=60) as answer:
            answer.read()
        return (time.perf_counter() - since) * 1e3

    # -- filling

    def open_cases(self):
        for kind, n in (("stored", self.n_cases), ("relayed", 1000)):
            subprocess.run([harness.program("bench_acked"), "open", *self.words("sender"), self.cases(kind), kind, str(n)], check=True)

    def load(self, kind, cases, seconds):
        done = subprocess.run([harness.program("bench_acked"), "load", *self.words("sender"), self.cases(kind), str(cases), "1000",
                               str(seconds), f"{self.next_run():x}"], stdout=subprocess.PIPE, text=True, check=True)
        return json.loads(done.stdout)

    def fill(self):
        self.broker.start()
        since = time.monotonic()
        self.open_cases()
        while self.status()["undelivered"] < min(WAITING, self.events // 20):
            self.load("relayed", 1000, 1)
        while (left := self.events - self.status()["durable"]) > 0:
            told = self.load("stored", self.n_cases, max(1, min(20, left // 50000)))
            if sys.stderr.isatty():
                print(f"\r{self.status()['durable']:,} {told['events'] / told['seconds']:,.0f}/s ", end="", file=sys.stderr, flush=True)
        n = self.status()["durable"]
        print(f"{n:,} entries in the journal after {time.monotonic() - since:,.0f} s, {self.n_cases:,} cases with an open offer")

    def sizes(self):
        return {p.name: sum(f.stat().st_blocks * 512 for f in p.rglob("*") if f.is_file()) for p in sorted(self.data.iterdir()) if p.is_dir()}

    def put_sizes(self, when):
        lines = dict(line.split(":", 1) for line in pathlib.Path(f"/proc/{self.broker.process.pid}/status").read_text().splitlines())
        own, mapped = (int(lines[k].split()[0]) << 10 for k in ("RssAnon", "RssFile"))
        s = self.status()
        print(f"{when}: on disk {', '.join(f'{k} {mib(v)}' for k, v in self.sizes().items())}; the journal's entries {mib(s['journal_entry_bytes'])}, "
              f"from {s['journal_from']:,}; memory {mib(own)} its own, {mib(mapped)} of files mapped", flush=True)

    # -- starting

    def ready(self, name, kill):
        if kill:
            load = subprocess.Popen([harness.program("bench_acked"), "load", *self.words("sender"), self.cases("stored"), str(self.n_cases), "1000",
                                     "3", f"{self.next_run():x}"], stdout=subprocess.DEVNULL)
            before = self.status()["durable"]
            harness.wait_for(lambda: self.status()["durable"] > before + 8192, 60, "load")
            self.broker.kill()
            load.kill()
            load.wait()
        if "cold" in name:
            subprocess.run(["sync"], check=True)
            pathlib.Path("/proc/sys/vm/drop_caches").write_text("3\n")
        since = time.monotonic()
        self.broker.start(wait=False)
        harness.wait_for(self.broker.is_ready, 600, "the broker to be ready")
        self.asked("status")
        took = time.monotonic() - since
        replayed = int(re.search(r"event=data-open .*replayed=(\d+)", self.broker.log.read_text())[1])
        print(f"{name + ':':<44}{took:>9.2f} s, {replayed:,} entries caught up with", flush=True)

    def starts(self, what):
        names = ["warm", "cold"] if os.access("/proc/sys/vm/drop_caches", os.W_OK) else ["warm"]
        for how in names * 2:
            self.ready(f"start after kill -9 in mid-load, {what}{how}", True)

    # -- with traffic beside it

    def beside(self, name, work):
        """work's time, and the receipts before it and meanwhile; what it returned."""
        quiet = Traffic(self, QUIET_S).end(stop=False)
        traffic = Traffic(self)
        time.sleep(0.3)  # until it is connected
        since = time.perf_counter()
        try:
            ret = work()
            took = time.perf_counter() - since
            time.sleep(max(0.0, 1.0 - took))  # enough of them for a percentile
        except BaseException:
            traffic.process.kill()
            raise
        busy = traffic.end()
        times = f"{took:,.2f} s", "-"
        if isinstance(ret, list):
            times = f"{statistics.median(ret):,.1f} ms", f"{max(ret):,.1f}"
            name += f" ({len(ret)})"
        put(name, *times, f"{quiet['p99'] / 1e3:,.1f}", f"{quiet['longest'] / 1e3:,.1f}", f"{busy['events']:,}", f"{busy['p99'] / 1e3:,.1f}",
            f"{busy['p99'] / quiet['p99']:,.2f}", f"{busy['longest'] / 1e3:,.1f}")
        return took, ret

    def often(self, ask):
        """A few times, spread over a second at least, so that there are receipts between."""
        took = []
        for _ in range(TRIED):
            took.append(ask())
            time.sleep(0.1)
        return took

    def commands(self):
        self.beside("nothing", lambda: time.sleep(QUIET_S))
        case = pathlib.Path(self.cases("stored")).read_text().split()[7]
        for command in COMMANDS:
            line = command.format(case=case)
            sock = "admin" if line.startswith("redeliver") else "read"
            self.beside(command.format(case="CASE"), lambda line=line, sock=sock: self.often(lambda: self.asked(line, sock=sock)))
        self.beside("what top asks for", lambda: self.often(lambda: self.asked(*TOP)))
        self.beside("scrape of /metrics", lambda: self.often(self.scrape))

    def ctl(self, *words, out=subprocess.DEVNULL):
        done = subprocess.run([harness.program("batonctl"), "--control", str(self.broker.folder / "run"), "--json", *map(str, words)], stdout=out,
                              stderr=subprocess.PIPE, text=True)
        assert done.returncode == 0, f"batonctl {words}: {done.returncode} {done.stderr[-500:]}"

    def rate(self, name, work, n):
        took, _ = self.beside(name, work)
        print(f"{'':<44}{n / took:>9,.0f} entries/s of {n:,}", flush=True)

    def long_ones(self):
        n = self.status()["durable"]
        backup, export = self.where / "backup", self.where / "export.jsonl"
        self.beside("backup, the first", lambda: self.ctl("backup", backup))
        self.beside("backup, the next", lambda: self.ctl("backup", backup))
        print(f"{'':<44}{mib(sum(f.stat().st_blocks * 512 for f in backup.rglob('*') if f.is_file()))} of {mib(sum(self.sizes().values()))}")
        shutil.rmtree(backup)
        self.rate("verify of the running broker", lambda: self.ctl("verify"), n)
        with open(export, "wb") as to:
            self.rate("export of the running broker's log", lambda: self.ctl("export", "-", f"upto={n}", "with-key", out=to), n)
        print(f"{'':<44}{mib(export.stat().st_size)} of JSON lines")
        self.rate("import and verify, elsewhere", lambda: self.ctl("import", export, self.where / "imported"), n)
        shutil.rmtree(self.where / "imported")
        export.unlink()
        most = min(n, 100000)
        self.rate(f"config try last={most}", lambda: self.ctl("config", "try", self.broker.folder / "broker.conf", f"last={most}"), most)

    # -- retention

    def cut(self):
        """From the first snapshot of all to a journal of a tenth."""
        keep = max(1, self.status()["journal_entry_bytes"] // 10 >> 20)
        self.broker.settings["retention"].update(journal_mb=keep, segment_mb=min(64, keep), snapshot_every_events=max(1000, self.events // 10))
        self.broker.write_conf()
        self.ctl("reload")
        done = lambda: self.status()["journal_entry_bytes"] <= keep << 20  # noqa: E731
        harness.wait_for(lambda: done() or time.sleep(0.2), 3600, "the journal to be cut")

    def offline(self):
        self.broker.stop()
        n, since = 0, time.monotonic()
        self.broker.verify()
        took = time.monotonic() - since
        self.broker.start()
        n = self.status()["durable"]
        print(f"{'verify, the broker stopped:':<44}{took:>9.2f} s, {n / took:,.0f} entries/s", flush=True)

    def run(self):
        disk = subprocess.run(["df", "--output=source,fstype", self.where], capture_output=True, text=True, check=True)
        print(f"data on {' '.join(disk.stdout.split()[-2:])}; {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} before")
        self.fill()
        self.put_sizes("filled")
        self.starts("")
        put(*HEAD)
        self.commands()
        self.long_ones()
        self.offline()
        self.beside("retention: the first cut, to a tenth", self.cut)
        self.put_sizes("cut")
        self.starts("retention on, ")
        print(f"load {os.getloadavg()[0]:.1f} after")

    def close(self):
        if self.broker.process:
            self.broker.process.kill()
            self.broker.process.wait()
        shutil.rmtree(self.where, ignore_errors=True)


def main(events, folder):
    pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
    bench = Bench(events, folder)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        bench.run()
    finally:
        bench.close()


if __name__ == "__main__":
    main(int(sys.argv[2]), sys.argv[3])
