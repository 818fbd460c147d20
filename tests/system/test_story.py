"""The story of a customer who moves house, as conf/quickstart.sh plays it: real adapters, the sample company, a clock that is moved."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys

import pytest

import harness

CONF = harness.TREE / "conf"
QUICKSTART = CONF / "quickstart"
ALL = ("http", "mail", "postgres")
# Each sentence of the story, oldest first: kind, and words that batonctl history says of it.
SENTENCES = [
    ("CaseOpened", "held by customer-care"), ("AttemptFailed", "web-form.order (E1042)"), ("HandoffOffered", "for moves to open"),
    ("PromiseMade", "callback"), ("AttemptFailed", "web-form.order (E1042)"), ("ContactLogged", "which has failed here before"),
    ("PromiseMade", "the line went dead"), ("HandoffDirected", "it was closed and has opened"), ("HandoffRefused", "missing-information"),
    ("FactRecorded", "moving-day"), ("HandoffOffered", "offered to moves"), ("HandoffAccepted", "accepted from customer-care"),
    ("QuestionAsked", "asks customer-care"), ("ContactLogged", "The neighbour, at number 7."), ("QuestionAnswered", "The neighbour, at number 7."),
    ("QuestionAsked", "asks billing"), ("WorkStarted", "final-invoice on contract 4711"), ("WorkStarted", "transfer-contract on contract 4711"),
    ("ConflictFound", "moves: transfer-contract against billing: final-invoice"), ("WorkFailed", ""), ("QuestionAnswered", ""),
    ("PromiseAtRisk", "held by moves"), ("PromiseBroken", "held by moves"), ("Escalated", "raised to moves-manager"),
    ("PromiseRenegotiated", "agreed with the customer"), ("PromiseWithdrawn", "one call is enough"), ("PromiseKept", ""),
    ("WorkFinished", ""), ("CaseResolved", "line moved"), ("FeedbackGiven", "2 of 10"), ("CaseReopened", "not content"),
    ("Escalated", "raised to moves-manager"), ("RedressGiven", "voucher"), ("CaseResolved", "made good")]


class Stage:
    """What stage.py sets in a folder, with the programs of this build."""

    def __init__(self, folder):
        self.folder = folder / "stage"

    def python(self, *words):
        done = subprocess.run([sys.executable, "-B", *map(str, words)], capture_output=True, text=True, timeout=240, cwd=QUICKSTART)
        assert done.returncode == 0, done.stdout + done.stderr + "".join(p.read_text()[-1000:] for p in self.folder.glob("*.log"))
        return done.stdout

    def set(self, *systems):
        return self.python("stage.py", self.folder, harness.build_folder(), *systems)

    def story(self):
        self.python("story.py", self.folder, harness.program("batonctl"))
        return (self.folder / "ref").read_text()

    def ctl(self, *words):
        done = subprocess.run([harness.program("batonctl"), "--control", str(self.folder / "run"), *words], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def json(self, *words):
        return json.loads(self.ctl("--json", *words))

    def running(self, word):
        return subprocess.run(["sh", QUICKSTART / "running.sh", word, self.folder], capture_output=True, text=True, timeout=120, check=True).stdout.split()

    def places(self):
        """The folders that its processes work in."""
        servers = self.folder / "servers"
        return [str(self.folder), *([servers.read_text().strip()] if servers.exists() else [])]


def processes(places):
    """The command lines that name one of these folders."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        found += [words] if any(f"{p}/" in words for p in places) else []
    return found


@pytest.fixture
def stage(tmp_path):
    made = Stage(tmp_path)
    yield made
    made.running("stop")


def check_sentences(stage, ref):
    told = stage.ctl("history", ref).splitlines()[::-1]
    for kind, words in SENTENCES:
        while told and not (f" {kind} " in told[0] and words in told[0]):
            told.pop(0)
        assert told, f"{kind} {words!r} is not there, or not in its place"
        told.pop(0)
    assert "customer-care" in (journey := stage.ctl("journey", ref)) and "renegotiated 1 time, kept" in journey
    assert "ran backwards" not in journey
    hidden = stage.ctl("journey", ref, "--anonymous")
    assert not any(name in hidden for name in ("customer-care", "moves", "billing", ref))


def check_health(stage, names):
    rows = {row["adapter"]: row for row in stage.json("show", "adapters")["adapters"]}
    assert {name: (rows[name]["link"], rows[name]["health"]) for name in names} == {name: ("up", "well") for name in names}


def by_adapter(stage, ref):
    return {(e["kind"], e["adapter"]) for e in stage.json("history", ref)["events"]}


def test_every_sentence_of_the_story_is_in_the_history(stage):
    """With a webhook, a mailbox and a database. What these departments say has come through them."""
    said = stage.set(*ALL)
    assert all(f"baton-{name}" in said for name in ALL), said
    ref = stage.story()
    check_sentences(stage, ref)
    check_health(stage, ["billing", "care-mail", "customer-care", "moves", "moves-manager", "sales", "web-shop"])
    assert {("AttemptFailed", "web-shop"), ("ContactLogged", "care-mail"), ("QuestionAnswered", "care-mail"), ("WorkStarted", "billing"),
            ("WorkFailed", "billing"), ("QuestionAnswered", "billing")} <= by_adapter(stage, ref)
    for name, program in (("web-shop", "baton-http"), ("care-mail", "baton-mail"), ("billing", "baton-postgres")):
        command = pathlib.Path("/proc", (stage.folder / f"{name}.pid").read_text().strip(), "cmdline").read_text()
        assert command.split("\0")[0].endswith(program)
    spool, = (s for s in stage.json("show", "adapters")["spools"] if s["adapter"] == "web-shop")
    assert spool["rejects"] == 0
    again = subprocess.run([sys.executable, "-B", QUICKSTART / "shop.py", stage.folder, "b1", "E7", "robin@example.org"], capture_output=True, text=True,
                           timeout=60)
    assert again.returncode == 0 and "order-b1" in again.stdout, again.stderr


def test_the_story_without_servers(stage):
    assert "for all departments" in stage.set()
    check_sentences(stage, stage.story())
    check_health(stage, ["billing", "customer-care", "moves", "moves-manager", "sales"])
    assert "care-mail" not in stage.ctl("show", "adapters"), "a mailbox that nobody has"


def test_a_server_that_does_not_start_is_said_and_played_by_a_program(stage):
    """One that is not installed, and one that fails when it runs already."""
    broken = ("import sys, servers, stage; servers.SQL = servers.pathlib.Path('/nowhere')\n"
              "def away(*_): raise servers.Unavailable('dovecot is not installed')\n"
              "servers.mail = away; stage.Stage(*sys.argv[1:3]).set(sys.argv[3:])")
    said = stage.python("-c", broken, stage.folder, harness.build_folder(), *ALL)
    assert "No mail adapter this time: dovecot is not installed" in said and "No postgres adapter this time: " in said
    assert "baton-http" in said and "billing has a database" not in said and "postgres" not in stage.running("list")
    check_sentences(stage, stage.story())


def test_stop_ends_all_of_it_also_when_parts_have_crashed(stage):
    stage.set(*ALL)
    names = set(stage.running("list"))
    assert names >= {"broker", "dovecot", "exim", "postgres", "web-shop", "care-mail", "billing", "customer-care"}
    places = stage.places()
    for name in ("dovecot", "postgres", "billing", "customer-care"):
        os.kill(int((stage.folder / f"{name}.pid").read_text()), signal.SIGKILL)
    harness.wait_for(lambda: "dovecot" not in stage.running("list"), what="its end")
    stage.running("stop")
    harness.wait_for(lambda: not processes(places), what="the end of all: " + "; ".join(processes(places)))
    assert not pathlib.Path(places[1]).exists() and stage.running("list") == []


def test_a_second_start_says_that_it_runs(tmp_path):
    """quickstart.sh works on the folder above it; here that has a process in it."""
    shutil.copytree(CONF, tmp_path / "conf")
    demo = tmp_path / "build" / "quickstart"
    demo.mkdir(parents=True)
    (demo / "wait").touch()
    process = subprocess.Popen(["tail", "-f", f"{demo}/wait"], stdout=subprocess.DEVNULL)
    other = subprocess.Popen(["sleep", "600"])
    (demo / "broker.pid").write_text(f"{process.pid}\n")
    (demo / "sales.pid").write_text(f"{other.pid}\n")
    quickstart = ["sh", str(tmp_path / "conf" / "quickstart.sh")]
    try:
        done = subprocess.run(quickstart, capture_output=True, text=True, timeout=60)
        assert done.returncode == 1 and "It runs already: broker.\n" in done.stderr and "quickstart.sh stop" in done.stderr
        assert subprocess.run([*quickstart, "stop"], capture_output=True, text=True, timeout=60).stdout == "stopped\n"
        assert process.wait(10) == -signal.SIGTERM and other.poll() is None, "a number that is another process's by now"
    finally:
        process.kill()
        other.kill()
