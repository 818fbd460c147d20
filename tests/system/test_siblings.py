"""One adapter killed, one stopped, one flooding: the broker answers and the others' deliveries go on, and when they are back everything
arrives, each thing once. Counts are compared, never times."""
import csv
import os
import signal
import sys

import pytest

import harness
from adapter import Adapter, Raw, lines
from events import event, ok, open_case, submit_all
from harness import wait_for

# Takes what it is given, keeps the sequence of each delivery, acknowledges.
TAKER = """
import json, sys
with open("got", "a") as got:
    for line in sys.stdin:
        item = json.loads(line).get("delivery")
        if not item: continue
        text = item["recorded"]["event"].get("noteAdded", {}).get("text", "")
        got.write(json.dumps({"sequence": item["sequence"], "text": text}) + "\\n")
        got.flush()
        print(json.dumps({"settle": item["sequence"], "verdict": "ack"}), flush=True)
"""
# Reads nothing at all: its pipe fills up, and what was handed to it stays unsettled.
DEAF = """
import os, signal
open("up", "w").write(str(os.getpid()) + "\\n")
while not os.path.exists("hear"): signal.sigtimedwait([], 0.05)
""" + TAKER
# Writes as fast as it can, sense and nonsense, for ever.
FLOOD = """
import itertools, json, sys
for i in itertools.count():
    print(json.dumps({"key": f"flood-{i}", "event": {"locator": {"id": 999999}, "noteAdded": {"text": "x" * 2000}}}))
    print("nonsense " * 200)
"""
DELIVERIES = {"delivery": {"settle_timeout_ms": 5000, "max_attempts": 9}}


@pytest.fixture
def broker():
    made = harness.fresh_broker(settings=DELIVERIES).start()
    yield made
    harness.remove(made)


@pytest.fixture
def run(broker, tmp_path):
    """run("exec", "moves", text, ...) or run("file", "billing", ...): a started adapter."""
    made = []

    def make(program, name, text="", **options):
        place = tmp_path / name
        place.mkdir()
        if program == "exec":
            (place / "program.py").write_text(text)
            options = {"command": f"{sys.executable} program.py", "directory": ".", "restart_first_ms": 10, **options}
        made.append(Adapter(broker, f"baton-{program}", name, place, options))
        made[-1].start().wait_for_log("connected")
        return made[-1]

    yield make
    for a in made:
        if a.process:
            a.process.send_signal(signal.SIGCONT)
        a.close()


@pytest.fixture
def care(broker):
    made = broker.client("care")
    yield made
    made.close()


def cases_of(care, topic, n):
    return [open_case(care, topic).case for _ in range(n)]


def tell(care, cases, words, n):
    """n notes of so many words, over these cases in turn."""
    for receipt in submit_all(care, [event("note_added", case=cases[i % len(cases)], text=f"{words}-{i}") for i in range(n)]):
        ok(receipt)
    return [f"{words}-{i}" for i in range(n)]


def got(a, words):
    return [line["text"] for line in lines(a.folder / "got") if line["text"].startswith(f"{words}-")]


def exported(a, words):
    made = []
    for path in sorted((a.folder / "out").glob("*.csv")):
        with open(path, newline="") as f:
            made += [row["text"] for row in csv.DictReader(f) if row["text"].startswith(f"{words}-")]
    return made


EXPORT = Raw("""{ folder = "out"; rows = 25; seconds = 1;
  columns = ( { name = "text"; path = "recorded.event.note_added.text"; } ); }""")


def answers(care, broker):
    """The broker answers queries and operators."""
    assert ok(care.query(case={"locator": {"id": open_case(care).case}})).case.id
    assert broker.ctl_json("status")
    return True


def test_one_is_killed_one_is_stopped_and_one_floods(broker, run, care):
    """The sibling gets all of its own while the others are dead, hung with credit open and a full pipe, or flooding."""
    sibling = run("exec", "moves", TAKER)
    killed = run("file", "billing", export=EXPORT)
    stopped = run("exec", "sales", TAKER, credit=16)
    flooding = run("exec", "shop", FLOOD, listens=False)
    topics = {"moves": "move.internet", "billing": "billing.invoice", "sales": "order"}
    cases = {name: cases_of(care, topic, 4) for name, topic in topics.items()}
    # Something of each is under way; then one dies, and one hangs with its credit open.
    told = {name: tell(care, cases[name], "before", 20) for name in topics}
    wait_for(lambda: len(got(sibling, "before")) == 20 and got(stopped, "before"), what="a beginning")
    killed.kill()
    stopped.process.send_signal(signal.SIGSTOP)
    wait_for(lambda: flooding.logged("event-refused"), what="the flood")
    for name in topics:
        told[name] += tell(care, cases[name], "during", 60)
    assert answers(care, broker)
    wait_for(lambda: len(got(sibling, "during")) == 60, what="the sibling's deliveries")
    assert got(sibling, "before") + got(sibling, "during") == told["moves"], "each once and in order"
    assert len(got(stopped, "during")) < 60, "it was stopped"
    # Longer than the broker waits for a verdict and for a sign of life: its session is gone.
    wait_for(lambda: not connected(broker, "sales"), 30, "the broker to miss it")
    told["moves"] += tell(care, cases["moves"], "after", 20)
    wait_for(lambda: len(got(sibling, "after")) == 20, what="the sibling's deliveries")
    # Back again.
    stopped.process.send_signal(signal.SIGCONT)
    killed.start()
    for name in ("billing", "sales"):
        told[name] += tell(care, cases[name], "after", 20)
    wait_for(lambda: len(got(stopped, "after")) == 20 and len(exported(killed, "after")) == 20, 60, "all that was missed")
    seen = got(stopped, "before") + got(stopped, "during") + got(stopped, "after")
    assert seen == told["sales"], "once each: what was in hand while it hung is not handed over twice"
    assert sorted(exported(killed, "before") + exported(killed, "during") + exported(killed, "after")) == sorted(told["billing"])
    wait_for(lambda: all(row["waiting"] == 0 for row in broker.ctl_json("show", "inboxes")["inboxes"]
                         if row["adapter"] in ("moves", "billing", "sales")), 30, "empty inboxes")
    assert broker.ctl_json("show", "dead")["dead_letters"] == [] and broker.process.poll() is None


def connected(broker, name):
    return any(row["connected"] for row in broker.ctl_json("show", "inboxes")["inboxes"] if row["adapter"] == name)


def test_a_program_that_is_hung_under_its_adapter_stops_nobody_else(broker, run, care):
    """The pipe to it is full, the adapter's credit used up; the sibling goes on. Heard again, it gets everything it was owed."""
    sibling = run("exec", "moves", TAKER)
    deaf = run("exec", "sales", DEAF, credit=200)
    wait_for((deaf.folder / "up").exists, what="the program")
    cases = {"moves": cases_of(care, "move.internet", 4), "sales": cases_of(care, "order", 150)}
    long = [f"long-{i}-" + "y" * 3000 for i in range(150)]
    for receipt in submit_all(care, [event("note_added", case=case, text=text) for case, text in zip(cases["sales"], long)]):
        ok(receipt)
    told = tell(care, cases["moves"], "during", 100)
    wait_for(lambda: len(got(sibling, "during")) == 100, what="the sibling's deliveries")
    assert got(sibling, "during") == told and answers(care, broker)
    assert not (deaf.folder / "got").exists() and connected(broker, "sales")
    # The program is stopped altogether, and the pipe to it stays full.
    pid = int((deaf.folder / "up").read_text())
    os.kill(pid, signal.SIGSTOP)
    told += tell(care, cases["moves"], "later", 20)
    wait_for(lambda: len(got(sibling, "later")) == 20, what="the sibling's deliveries")
    os.kill(pid, signal.SIGCONT)
    (deaf.folder / "hear").touch()
    wait_for(lambda: set(got(deaf, "long")) == set(long), 60, "all that it was owed")
    assert broker.ctl_json("show", "dead")["dead_letters"] == []


def test_a_hook_that_hangs_and_one_that_crashes_hold_up_their_own_department_alone(broker, run, care):
    sibling = run("file", "billing", export=EXPORT)
    hangs = run("exec", "sales", "import signal\nwhile True: signal.pause()\n", mode="each", stop_ms=0,
                each=Raw("{ parallel = 2; timeout_ms = 600000; }"))
    crashes = run("exec", "moves", "import os\nos.abort()\n", mode="each", restart_most_ms=50, each=Raw("{ tries = 2; }"))
    cases = {topic: cases_of(care, topic, 3) for topic in ("billing.invoice", "order", "move.internet")}
    told = tell(care, cases["billing.invoice"], "during", 60)
    for topic in ("order", "move.internet"):
        tell(care, cases[topic], "never", 6)
    wait_for(lambda: len(exported(sibling, "during")) == 60, what="the sibling's rows")
    assert sorted(exported(sibling, "during")) == sorted(told) and answers(care, broker)
    # What crashes again and again is given up, visibly, and no sooner than it was tried as often as configured.
    wait_for(lambda: len(broker.ctl_json("show", "dead", "moves")["dead_letters"]) >= 6, 30, "dead letters")
    assert all(row["tries"] == 2 and "signal 6" in row["reason"] for row in broker.ctl_json("show", "dead", "moves")["dead_letters"])
    assert hangs.process.poll() is None and crashes.process.poll() is None
