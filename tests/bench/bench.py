"""Runs the rows and prints the table; run.sh says what the columns are."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))
os.environ["BATON_BUILD"] = os.path.abspath(sys.argv[1])

import harness  # noqa: E402

CASES, SENDERS, CREDIT, EVENT = 10000, 4, 1000, 300
SITE = {"site": "here"}
COMPANY = {
    "last_owner": "keeper", "topics": ["stored", "relayed"], "sites": [{"name": "here", "zone": "Etc/UTC"}],
    "domains": [{"name": "crm", "normal": "exact"}],
    "departments": [{"name": "keeper", "topics": ["stored"], **SITE}, {"name": "receiver", "topics": ["relayed"], **SITE},
                    {"name": "sender", **SITE}],
    "adapters": [{"name": "receiver", "department": "receiver", "receives": True}] +
                [{"name": f"sender-{i}", "department": "sender"} for i in range(SENDERS)]}

# name, file of cases, how many of them, in flight, producers
ROWS = [(f"{kind} {cases:,} x {n}", kind, cases, n, 1)
        for kind, cases in (("stored", CASES), ("stored", 100), ("relayed", CASES)) for n in (1, 64, 1000)]
ROWS.insert(6, ("stored 10,000, 4 of x 16", "stored", CASES, 16, 4))
ROWS.append(("relayed 100 x 1000", "relayed", 100, 1000, 1))

HEAD = ("row", "N", "acked/s", "p50", "p99", "delivered/s", "p50", "p99", "/frame", "/commit", "us each", "cpu", "send", "recv",
        "sync/s", "echo/s", "packed/s", "of sync", "of echo", "of packed")
WIDTHS = (25, 9, 9, 8, 9, 12, 11, 11, 7, 8, 8, 7, 6, 6, 10, 9, 10, 8, 8, 10)


def say(*cells):
    print("".join(f"{c:<{w}}" if i == 0 else f"{c:>{w}}" for i, (c, w) in enumerate(zip(cells, WIDTHS))), flush=True)


def ratio(a, b, digits=2):
    return f"{a / b:,.{digits}f}" if b else "-"


def proc_kib(pid, *names):
    lines = dict(line.split(":", 1) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines())
    return [int(lines[n].split()[0]) for n in names]


def cpu_us(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * 1e6 / os.sysconf("SC_CLK_TCK")


class Bench:
    def __init__(self, seconds, folder):
        self.seconds, self.where = seconds, pathlib.Path(tempfile.mkdtemp(prefix="bench-", dir=folder)).resolve()
        self.broker = harness.Broker(self.where / "b", company=COMPANY, settings={"record": {"checkpoint_ms": 1000}})
        self.runs, self.echoes, self.frames, self.trouble = int(time.time()), {}, {}, []

    # -- the programs

    def words(self, adapter):
        keys = self.broker.folder / "keys"
        return [self.broker.endpoint, str(keys / "broker.pub"), str(keys / f"{adapter}.secret")]

    def cases(self, kind):
        return str(self.where / f"cases-{kind}")

    def bare(self, *words):
        done = subprocess.run([harness.program("bench_bare"), *map(str, words)], check=True, capture_output=True, text=True,
                              timeout=60 + 4 * self.seconds)
        figures = json.loads(done.stdout)
        return figures["n"] / figures["seconds"], figures

    def echo(self, in_flight, per_frame):
        key = (in_flight, per_frame)
        if key not in self.echoes:
            self.echoes[key] = self.bare("echo", in_flight, per_frame, max(1, self.seconds // 2))[0]
        return self.echoes[key]

    def sync(self, size):
        return self.bare("sync", self.where / "plain", size, max(1, self.seconds // 2))[0]

    def receiver(self, kind, run):
        process = subprocess.Popen([harness.program("bench_delivered"), *self.words("receiver"), str(CREDIT), kind, f"{run:x}"],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert process.stdout.readline() == "ready\n", "the receiving adapter did not connect"
        return process

    def received(self, process, wanted):
        figures = json.loads(process.communicate(f"{wanted}\n", timeout=300)[0])
        for what in ("missing", "again", "disorder"):
            if figures[what]:
                self.trouble.append(f"deliveries {what}: {figures[what]}")
        return figures

    def counters(self):
        found = self.broker.ctl_json("show", "counters")
        rows = next(v for v in found.values() if isinstance(v, list)) if isinstance(found, dict) else found
        return {r["counter"]: r["value"] for r in rows}

    # -- the parts

    def open_cases(self):
        receiver = self.receiver("CaseOpened", 0)
        for kind in ("stored", "relayed"):
            subprocess.run([harness.program("bench_acked"), "open", *self.words("sender-0"), self.cases(kind), kind, str(CASES)],
                           check=True, timeout=300)
        harness.wait_for(lambda: self.broker.ctl_json("status")["undelivered"] == 0, 60, "what came with the cases to be delivered")
        self.received(receiver, CASES)

    def load(self, kind, cases, in_flight, producers, run):
        started = [subprocess.Popen([harness.program("bench_acked"), "load", *self.words(f"sender-{i}"), self.cases(kind), str(cases),
                                     str(in_flight), str(self.seconds), f"{run + i:x}"], stdout=subprocess.PIPE, text=True)
                   for i in range(producers)]
        told = [json.loads(p.communicate(timeout=120 + 4 * self.seconds)[0]) for p in started]
        for what in ("refused", "lost"):
            if sum(t[what] for t in told):
                self.trouble.append(f"events {what}: {sum(t[what] for t in told)}")
        total = {k: sum(t[k] for t in told) for k in ("events", "submitted", "cpu_us")}
        total["rate"] = sum(t["events"] / t["seconds"] for t in told)
        return {**total, "p50": max(t["p50"] for t in told), "p99": max(t["p99"] for t in told)}

    def row(self, name, kind, cases, in_flight, producers):
        self.runs += 16
        pid, run = self.broker.process.pid, self.runs
        receiver = self.receiver("NoteAdded", run) if kind == "relayed" else None
        before, cpu = self.counters(), cpu_us(pid)
        sent = self.load(kind, cases, in_flight, producers, run)
        got = self.received(receiver, sent["submitted"]) if receiver else None
        cpu, now = cpu_us(pid) - cpu, self.counters()
        made = {k: now[k] - before[k] for k in now}
        if made["events_busy"]:
            self.trouble.append(f"{name}: events answered BUSY: {made['events_busy']}")
        if not receiver:  # else there are settles among the frames
            self.frames[in_flight] = made["events_accepted"] / max(1, made["frames_in"])
        per_frame, per_commit = self.frames[in_flight], made["entries"] / max(1, made["commits"])
        size = max(1, round(per_commit)) * EVENT
        sync = self.sync(size)
        echo, packed = self.echo(in_flight * producers, 1), self.echo(in_flight * producers, max(1, round(per_frame)))
        sync = (sync + self.sync(size)) / 2 * per_commit
        n = sent["submitted"]
        say(name, f"{n:,}", f"{sent['rate']:,.0f}", f"{sent['p50']:,.0f}", f"{sent['p99']:,.0f}",
            *(f"{got[k]:,.0f}" if got else "-" for k in ("rate", "p50", "p99")), f"{per_frame:.1f}", f"{per_commit:.1f}",
            f"{made['commit_us'] / max(1, made['commits']):,.0f}", f"{cpu / n:.1f}", f"{sent['cpu_us'] / n:.1f}", f"{got['cpu_us'] / n:.1f}" if got else "-",
            f"{sync:,.0f}", f"{echo:,.0f}", f"{packed:,.0f}", ratio(sent["rate"], sync), ratio(sent["rate"], echo),
            ratio(sent["rate"], packed))

    # -- memory, disk, replay

    def sizes(self):
        data = self.broker.folder / "data"
        return {p.name: sum(f.stat().st_blocks * 512 for f in p.rglob("*") if f.is_file()) for p in sorted(data.iterdir())
                if p.is_dir()}

    def memory(self, when):
        total, own, mapped = proc_kib(self.broker.process.pid, "VmRSS", "RssAnon", "RssFile")
        print(f"memory {when}: {total / 1024:.1f} MiB, of it {own / 1024:.1f} its own and {mapped / 1024:.1f} of files mapped")

    def start_time(self):
        begin = time.monotonic()
        self.broker.start(wait=False)
        harness.wait_for(self.broker.is_ready, 600, "the broker to be ready")
        return time.monotonic() - begin

    def kill_under_load(self):
        """The sender goes on by itself once the broker is back, and must get every receipt."""
        sender = subprocess.Popen([harness.program("bench_acked"), "load", *self.words("sender-0"), self.cases("stored"), str(CASES),
                                   "1000", "4", f"{self.runs + 16:x}"], stdout=subprocess.PIPE, text=True)
        before = self.counters()["entries"]
        harness.wait_for(lambda: self.counters()["entries"] > before + 20000, 30, "load")
        self.broker.kill()
        print(f"start after kill -9 under load, record at its last checkpoint: {self.start_time():.2f} s")
        told = json.loads(sender.communicate(timeout=120)[0])
        if told["lost"] or told["refused"]:
            self.trouble.append(f"after kill -9: {told['lost']} lost, {told['refused']} refused")

    def replay(self):
        self.kill_under_load()
        entries = self.broker.ctl_json("status")["position"]
        self.broker.kill()
        shutil.rmtree(self.broker.folder / "data" / "record")
        took = self.start_time()
        print(f"start after kill -9, record deleted: {took:.2f} s, {entries / took:,.0f} entries/s of {entries:,}")
        self.broker.stop()
        begin = time.monotonic()
        self.broker.verify()
        took = time.monotonic() - begin
        print(f"batonctl verify: {took:.2f} s, {entries / took:,.0f} entries/s")

    def run(self):
        disk = subprocess.run(["df", "--output=source,fstype", self.where], capture_output=True, text=True, check=True)
        load = os.getloadavg()[0]
        print(f"events of {EVENT} bytes over CURVE, {self.seconds} s a row; data on {' '.join(disk.stdout.split()[-2:])}; "
              f"{os.cpu_count()} processors, load {load:.1f} before\n")
        self.broker.start()
        self.memory("at rest, empty")
        self.open_cases()
        self.memory(f"with {2 * CASES:,} cases")
        before, sizes = self.counters()["entries"], self.sizes()
        rate, figures = self.bare("sync", self.where / "plain", 4096, max(1, self.seconds // 2))
        print(f"append of 4 KiB + fdatasync: {rate:,.0f}/s, p50 {figures['p50']:.0f} us, p99 {figures['p99']:.0f} us\n")
        say(*HEAD)
        for row in ROWS:
            self.row(*row)
        print()
        self.memory("after all rows")
        entries = self.counters()["entries"]
        for name, size in self.sizes().items():
            print(f"{name} on disk: {size / 2**20:,.1f} MiB, {(size - sizes.get(name, 0)) / (entries - before):,.0f} bytes an entry")
        self.replay()
        print(f"load {os.getloadavg()[0]:.1f} after")
        print("\n".join(["trouble:"] + self.trouble) if self.trouble else "nothing refused, lost, repeated or out of order")


def main(seconds, folder):
    pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
    bench = Bench(seconds, folder)
    try:
        bench.run()
    finally:
        if bench.broker.process:
            bench.broker.process.kill()
            bench.broker.process.wait()
        shutil.rmtree(bench.where, ignore_errors=True)
    return 1 if bench.trouble else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[2]), sys.argv[3]))
