"""The place that adapters.py measures in: one broker, its cases, what it counted, who sends and receives without an adapter."""
import contextlib
import itertools
import json
import os
import pathlib
import socket
import subprocess
import time

import harness
from baton import event_pb2

CASES, EVENT, IN_FLIGHT = 200, 300, 256  # IN_FLIGHT: what an adapter has by default
SITE = {"site": "here"}
# What is said about cases on "stored" is received by nobody, on any other topic by the department of that name.
TOPICS = ("stored", "relayed", "called", "mailed", "rows")
COMPANY = {
    "last_owner": "stored", "topics": list(TOPICS), "sites": [{"name": "here", "zone": "Etc/UTC"}],
    "domains": [{"name": "crm", "normal": "exact"}, {"name": "email", "normal": "lower"}],
    "departments": [{"name": "sender", **SITE}] + [{"name": t, "topics": [t], **SITE} for t in TOPICS],
    "adapters": [{"name": t, "department": t, "receives": True} for t in TOPICS[1:]] +
                [{"name": n, "department": "sender"} for n in ("plain", "file", "exec", "door", "mail", "database")]}


class Note:
    """One event of EVENT bytes, with the stamp of load.h: which run, when, as which of the run."""

    def __init__(self, run, number, case):
        self.key, self.case = f"{run:x}-{number}", case
        made = event_pb2.Event()
        made.locator.id = case
        stamp = f"{run:016x} {time.monotonic_ns():020d} {number:010d} "
        made.note_added.text = stamp + "x" * EVENT
        made.note_added.text = made.note_added.text[:EVENT - made.ByteSize()]
        self.event, self.text = made, made.note_added.text

    @property
    def json(self):
        return {"locator": {"id": str(self.case)}, "noteAdded": {"text": self.text}}


def run_and_time(text):
    """The run and the stamp of a text that has them in it, or None."""
    words = text.split()
    return (int(words[0], 16), int(words[1])) if len(words) > 2 else None


def percentiles(took_ns):
    took = sorted(took_ns)
    return [took[min(len(took) - 1, int(len(took) * share))] / 1e6 for share in (0.5, 0.99)]


class Place:
    def __init__(self, folder):
        self.folder, self.cases = pathlib.Path(folder), {}
        self.broker = harness.Broker(self.folder / "b", company=COMPANY, settings={"record": {"checkpoint_ms": 1000}}).start()
        self.runs, self.client = itertools.count(int(time.time()) << 8), None

    def words(self, adapter):
        keys = self.broker.folder / "keys"
        return [self.broker.endpoint, str(keys / "broker.pub"), str(keys / f"{adapter}.secret")]

    def run(self, *words):
        done = subprocess.run([harness.program(words[0]), *map(str, words[1:])], stdout=subprocess.PIPE, text=True, timeout=300, check=True)
        return json.loads(done.stdout) if done.stdout else None

    def case(self, topic, i):
        if topic not in self.cases:
            file = self.folder / f"cases-{topic}"
            self.leave()
            self.run("bench_acked", "open", *self.words("plain"), file, topic, CASES)
            self.cases[topic] = [int(line) for line in file.read_text().split()]
        return self.cases[topic][i % CASES]

    def note(self, run, topic, i):
        return Note(run, i, self.case(topic, i))

    def notes(self, topic, n):
        """A run, and so many notes of it."""
        run = next(self.runs)
        return run, [self.note(run, topic, i) for i in range(n)]

    # -- the senders, with one key and so one at a time: bench_acked over libbaton, and client.py

    def sender(self):
        if not self.client:
            self.client = self.broker.client("plain", keep=False)
        return self.client

    def leave(self):
        if self.client:
            self.client.close()
            self.client = None

    def plain_rate(self, seconds):
        """Events/s of baton_submit."""
        self.case("stored", 0)
        self.leave()
        told = self.run("bench_acked", "load", *self.words("plain"), self.folder / "cases-stored", CASES, IN_FLIGHT, seconds,
                        f"{next(self.runs):x}")
        assert told["refused"] == told["lost"] == 0, f"baton_submit: {told['refused']} refused, {told['lost']} lost"
        return told["events"] / told["seconds"]

    # -- what the broker has

    def accepted(self):
        """Events that the broker has stored since it was started; None: it is not there."""
        try:
            with socket.socket(socket.AF_UNIX) as s:
                s.connect(str(self.broker.folder / "run/read.sock"))
                s.sendall(b"json show counters\n")
                said = b""
                while not said.endswith(b"\n.\n") and (piece := s.recv(65536)):
                    said += piece
        except OSError:
            return None
        found = json.loads(said.split(b"\n", 1)[1].rsplit(b"\n.\n", 1)[0])
        rows = next(v for v in found.values() if isinstance(v, list)) if isinstance(found, dict) else found
        return next(r["value"] for r in rows if r["counter"] == "events_accepted")

    def wait_accepted(self, wanted, timeout, what):
        """How many the broker has once it has so many at least, and when that was (monotonic ns); looks every 2 ms."""
        end = time.monotonic() + timeout
        while (has := self.accepted() or 0) < wanted:
            assert time.monotonic() < end, f"{what}: {has} of {wanted} events are stored"
            time.sleep(0.002)
        return has, time.monotonic_ns()

    # -- latency: events one at a time at a steady pace, stamped just before whoever says them is told to

    def relayed(self, kind, n, rate, say):
        """Into a department that receives over libbaton: p50 and p99 in ms."""
        run, _ = next(self.runs), self.case("relayed", 0)
        receiver = subprocess.Popen([harness.program("bench_delivered"), *self.words("relayed"), "64", kind, f"{run:x}"],
                                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert receiver.stdout.readline() == "ready\n", "the receiving adapter did not connect"
        pace(n, rate, lambda i: say(self.note(run, "relayed", i)))
        figures = json.loads(receiver.communicate(f"{n}\n", timeout=60)[0])
        wrong = {what: figures[what] for what in ("missing", "again", "disorder") if figures[what]}
        assert not wrong, f"deliveries of {n}: {wrong}"
        return figures["p50"] / 1e3, figures["p99"] / 1e3

    def submit(self, key, said):
        client = self.sender()
        client.submit(key, said)
        while client.pump(0):
            pass

    def plain_latency(self, n, rate):
        return self.relayed("NoteAdded", n, rate, lambda note: self.submit(note.key, note.event))

    def close(self):
        self.leave()
        self.broker.drop()


def pace(n, rate, one):
    """one(i) for each of n, at so many a second."""
    begin = time.monotonic()
    for i in range(n):
        time.sleep(max(0.0, begin + i / rate - time.monotonic()))
        one(i)


def rss_mib(process):
    """Of the process and of those it started of its own program."""
    program, pids, kib = os.readlink(f"/proc/{process.pid}/exe"), [process.pid], 0
    for pid in pids:
        try:
            pids += map(int, pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
            if os.readlink(f"/proc/{pid}/exe") == program:
                kib += next(int(line.split()[1]) for line in open(f"/proc/{pid}/status", encoding="ascii") if line.startswith("VmRSS"))
        except (FileNotFoundError, ProcessLookupError):
            pass  # it has just ended
    return kib / 1024


class Way:
    """kind: what the events are; per_s: those of a steady pace; fixed: how many make a load, for each second of a measurement,
    where not the time says it."""
    kind, per_s, fixed, adapter = "NoteAdded", 50, 0, None

    def __init__(self, place, folder):
        self.place, self.folder, self.ends = place, pathlib.Path(folder), contextlib.ExitStack()

    def own(self, made):
        """What is closed with it, the last first."""
        self.ends.callback(made.close)
        return made

    def start(self):
        self.own(self.adapter).start().wait_for_log("connected")

    def close(self):
        self.ends.close()
