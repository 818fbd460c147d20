"""The story of a customer who moves house, as conf/quickstart.sh plays it: real adapters, the sample company, a clock that is moved."""
import os
import shutil
import subprocess
import sys

import harness
import pytest

CONF = harness.TREE / "conf"
DESKS = ("customer-care", "sales", "moves", "moves-manager", "billing")
# Each sentence of the story, oldest first: kind, and words that batonctl history says of it.
SENTENCES = [
    ("CaseOpened", "held by customer-care"), ("AttemptFailed", "web-form.order (E1042)"), ("HandoffOffered", "for moves to open"),
    ("PromiseMade", "callback"), ("AttemptFailed", "web-form.order (E1042)"), ("ContactLogged", "which has failed here before"),
    ("PromiseMade", "the line went dead"), ("HandoffDirected", "it was closed and has opened"), ("HandoffRefused", "missing-information"),
    ("FactRecorded", "moving-day"), ("HandoffOffered", "offered to moves"), ("HandoffAccepted", "accepted from customer-care"),
    ("QuestionAsked", "asks billing"), ("WorkStarted", "final-invoice on contract 4711"), ("WorkStarted", "transfer-contract on contract 4711"),
    ("ConflictFound", "moves: transfer-contract against billing: final-invoice"), ("WorkFailed", ""), ("QuestionAnswered", ""),
    ("PromiseAtRisk", "held by moves"), ("PromiseBroken", "held by moves"), ("Escalated", "raised to moves-manager"),
    ("PromiseRenegotiated", "agreed with the customer"), ("PromiseWithdrawn", "one call is enough"), ("PromiseKept", ""),
    ("WorkFinished", ""), ("CaseResolved", "line moved"), ("FeedbackGiven", "2 of 10"), ("CaseReopened", "not content"),
    ("Escalated", "raised to moves-manager"), ("RedressGiven", "voucher"), ("CaseResolved", "made good")]


class Stage:
    def __init__(self, folder):
        self.folder, self.running = folder, []

    def start(self, program, config):
        with open(self.folder / f"{config}.log", "wb") as log:
            self.running.append(subprocess.Popen([harness.program(program), "--config", str(self.folder / f"{config}.conf")], stdin=subprocess.DEVNULL,
                                                 stdout=log, stderr=log, cwd=self.folder))

    def desk(self, name, command, more=""):
        (self.folder / f"{name}.conf").write_text(
            f'endpoint = "tcp://127.0.0.1:{self.port}";\nsecret_key_file = "keys/{name}.secret";\nbroker_key_file = "keys/broker.pub";\n'
            f'command = "{command}";\n{more}\n')

    def ctl(self, *words):
        done = subprocess.run([harness.program("batonctl"), "--control", str(self.folder / "run"), *words], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def story(self, part):
        done = subprocess.run([sys.executable, str(CONF / "quickstart" / "story.py"), part, str(self.folder), harness.program("batonctl")],
                              capture_output=True, text=True, timeout=180)
        assert done.returncode == 0, done.stdout + done.stderr

    def close(self):
        for process in reversed(self.running):
            process.terminate()
        for process in self.running:
            process.wait(30)


@pytest.fixture
def stage(tmp_path):
    made = Stage(tmp_path)
    made.port = harness.free_port()
    names = ("broker", "web-shop", "customer-care-lead", *DESKS)
    for name in names:
        subprocess.run([harness.program("batonctl"), "keygen", name, str(tmp_path / "keys")], check=True, capture_output=True)
    shutil.copy(CONF / "departments.conf", tmp_path)
    (tmp_path / "broker.conf").write_text((CONF / "broker.conf").read_text().replace("127.0.0.1:5570", f"127.0.0.1:{made.port}"))
    made.start("batond", "broker")
    harness.wait_for(lambda: (tmp_path / "run" / "admin.sock").exists(), what="the broker")
    for name in DESKS:
        (tmp_path / name).mkdir()
        os.mkfifo(tmp_path / name / "orders")
        made.desk(name, f"{sys.executable} {CONF}/quickstart/clerk.py {tmp_path}/{name}")
        made.start("baton-exec", name)
    yield made
    made.close()


def test_every_sentence_of_the_story_is_in_the_history(stage):
    stage.story("begin")
    now = int((stage.folder / "now").read_text())
    (stage.folder / "shop.log").write_text(f"a1 {now - 900} order E1042 pat@example.org\na2 {now - 840} order E1042 pat@example.org\n")
    stage.desk("web-shop", f"/usr/bin/env TOPIC=move.internet /bin/sh {harness.TREE}/adapters/exec/examples/attempts.sh shop.log once",
               f'directory = "{stage.folder}"; listens = false; restart = false;')
    subprocess.run([harness.program("baton-exec"), "--config", str(stage.folder / "web-shop.conf")], check=True, capture_output=True, timeout=60)
    stage.story("play")
    ref = (stage.folder / "ref").read_text()
    told = stage.ctl("history", ref).splitlines()[::-1]
    for kind, words in SENTENCES:
        while told and not (f" {kind} " in told[0] and words in told[0]):
            told.pop(0)
        assert told, f"{kind} {words!r} is not there, or not in its place"
        told.pop(0)
    assert "customer-care" in (journey := stage.ctl("journey", ref)) and "renegotiated 1 time, kept" in journey
    hidden = stage.ctl("journey", ref, "--anonymous")
    assert not any(name in hidden for name in ("customer-care", "moves", "billing", ref))
