"""The exec adapter: a program in any language, between its pipes and the broker."""
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

import harness
from adapter import Adapter, lines
from events import code, do, event, history, ok, open_case, phone, unique, view
from harness import TREE, wait_for

EXAMPLES = TREE / "adapters/exec/examples"

# What every test program begins with: everything read goes to the file "got".
PROGRAM = """
import json, os, sys
got = open("got", "a")
def say(**line):
    print(json.dumps(line), flush=True)
def hear():
    line = sys.stdin.readline()
    if not line:
        sys.exit(0)
    got.write(line)
    got.flush()
    return json.loads(line)
def until(name):
    while name not in (heard := hear()):
        pass
    return heard
"""


@pytest.fixture(scope="module")
def broker():
    made = harness.fresh_broker(settings={"delivery": {"max_attempts": 5, "settle_timeout_ms": 20000}}).start()
    yield made
    harness.remove(made)


@pytest.fixture
def run(broker, tmp_path):
    """run(adapter, program text, options...): a started baton-exec."""
    made = []

    def make(name, text, **options):
        place = tmp_path / str(len(made))
        place.mkdir()
        (place / "program.py").write_text(PROGRAM + text)
        made.append(Adapter(broker, "baton-exec", name, place, {
            "command": f"{sys.executable} program.py", "directory": ".", "restart_first_ms": 10, **options}))
        return made[-1].start()

    yield make
    for a in made:
        a.close()


def heard(adapter, name):
    return [line for line in lines(adapter.folder / "got") if name in line]


def notes(broker, adapter, case):
    client = broker.client(adapter)
    texts = [e.event.note_added.text for e in history(client, case) if e.event.HasField("note_added")]
    client.close()
    return texts


def a_case(broker, adapter="sales"):
    client = broker.client(adapter)
    case = open_case(client).case
    client.close()
    return case


def test_events_and_receipts(broker, run):
    case, key = a_case(broker), unique("key")
    a = run("sales", f"""
until("hello")
say(event={{"locator": {{"id": {case}}}, "noteAdded": {{"text": "one"}}}}, key="{key}", tag={{"mine": [1, None]}})
say(event={{"locator": {{"id": {case}}}, "noteAdded": {{"text": "one"}}}}, key="{key}")
say(event={{"locator": {{"id": {case}}}, "noteAdded": {{"text": "two"}}}}, key="{key}", tag="other")
say(event={{"locator": {{"id": 999999}}, "noteAdded": {{"text": "x"}}}}, key="{key}-x")
say(event={{"locator": {{"id": {case}}}, "noteAdded": {{"text": "two"}}}}, key="{key}-\\u00e9\\"")
say(query={{"case": {{"locator": {{"id": {case}}}}}}}, tag=7)
while True: hear()
""")
    wait_for(lambda: len(heard(a, "receipt")) == 5 and heard(a, "answer"), what="receipts")
    assert heard(a, "hello")[0]["hello"] == {"adapter": "sales", "department": "sales"}
    r = heard(a, "receipt")
    assert r[0]["tag"] == {"mine": [1, None]} and r[0]["key"] == key and r[0]["receipt"]["sequence"]
    assert r[1]["receipt"]["duplicate"] and "tag" not in r[1]
    assert [x["receipt"].get("code") for x in r] == [None, None, "CODE_CONFLICT", "CODE_UNKNOWN_CASE", None]
    assert r[4]["key"] == f'{key}-\u00e9"'
    answer = heard(a, "answer")[0]
    assert answer["tag"] == 7 and answer["answer"]["case"]["id"] == str(case)
    a.stop()
    assert notes(broker, "sales", case) == ["one", "two"]


def test_a_bad_line_is_told_counted_and_never_fatal(broker, run):
    case, key = a_case(broker), unique("key")
    a = run("sales", f"""
until("hello")
bad = ['garbage', '[]', '{{"event":', '{{"event":{{}}}}', '{{"event":{{"noteAdded":{{"text":"x"}}}}}}',
       '{{"event":{{"noteAdded":{{"txt":"x"}}}},"key":"k"}}', '{{"event":{{"noSuchKind":{{}}}},"key":"k"}}',
       '{{"event":{{"noteAdded":{{"text":"' + chr(92) + 'ud800"}}}},"key":"k"}}', '{{"evnt":{{}},"key":"k"}}',
       '{{"settle":"12","verdict":"ack"}}', '{{"settle":"x","verdict":"ack"}}', '{{"query":{{"nothing":{{}}}}}}',
       '{{"log":1}}', '{{"cursor":{{"source":1}}}}', '{{"log":"x","tag":[}}', '{{"log":"a","log":"b"}}', 'x' * 70000,
       '{{"event":{{"noteAdded":{{"text":"x"}}}},"key":"' + 'k' * 129 + '"}}']
for line in bad:
    print(line)
sys.stdout.flush()
sys.stdout.buffer.write(b'{{"event":{{"noteAdded":{{"text":"' + bytes([255]) + b'"}}}},"key":"k"}}' + bytes([10]))
sys.stdout.buffer.write(b'{{"event":{{"noteAdded":{{"text":"' + bytes([0]) + b'"}}}},"key":"k"}}' + bytes([10]))
sys.stdout.flush()
say(event={{"locator": {{"id": {case}}}, "noteAdded": {{"text": "still here"}}}}, key="{key}")
while True: hear()
""")
    wait_for(lambda: heard(a, "receipt"), what="the receipt")
    errors = heard(a, "error")
    assert [e["error"]["line"] for e in errors] == list(range(1, 21)), errors
    assert all(e["error"]["text"] for e in errors)
    assert "txt" in errors[5]["error"]["text"] and "noSuchKind" in errors[6]["error"]["text"]
    assert len(a.logged("bad-line")) == 5, "the 1st, 2nd, 4th, 8th and 16th"
    assert len(a.logged("program-started")) == 1
    a.stop()
    assert notes(broker, "sales", case) == ["still here"]


def test_deliveries_and_verdicts(broker, run):
    sales, case = broker.client("sales"), None
    a = run("billing", """
until("hello")
tried = False
while True:
    item = until("delivery")["delivery"]
    text = item["recorded"]["event"].get("noteAdded", {}).get("text", "")
    if text == "later" and item["attempt"] == 1:
        say(settle=item["sequence"], verdict="retry", retryAfterMs=100, reason="not now")
    elif text == "no":
        say(settle=int(item["sequence"]), verdict="reject", reason="no use")
    elif text == "answer":
        say(settle=item["sequence"], events=[{"locator": {"id": item["recorded"]["case"]}, "noteAdded": {"text": "answered"}}])
    elif text == "wrong":
        say(settle=item["sequence"], events=[{"locator": {"id": "999999"}, "noteAdded": {"text": "lost"}}])
        if "code" in until("receipt")["receipt"]:
            say(settle=item["sequence"], verdict="ack")
    elif text == "die" and item["attempt"] == 1:
        sys.exit(3)
    else:
        say(settle=item["sequence"], verdict="ack")
""")
    case = open_case(sales, "billing.invoice").case
    for text in ("one", "later", "no", "answer", "wrong", "die", "last"):
        ok(do(sales, "note_added", case=case, text=text))

    def came():
        return [(d["delivery"]["recorded"]["event"].get("noteAdded", {}).get("text"), d["delivery"]["attempt"])
                for d in heard(a, "delivery")]
    wait_for(lambda: ("last", 1) in came(), 30, "the last delivery")
    order = [c for c in came() if c[0]]
    assert order == [("one", 1), ("later", 1), ("later", 2), ("no", 1), ("answer", 1), ("wrong", 1), ("die", 1), ("die", 2), ("last", 1)]
    assert any(d["delivery"].get("gap") for d in heard(a, "delivery")), "a rejected one leaves a gap"
    assert [r["receipt"].get("code") for r in heard(a, "receipt")] == [None, "CODE_UNKNOWN_CASE"]
    assert len(a.logged("program-ended")) == 1 and 'status="exit 3"' in a.text()
    a.stop()
    sales.close()
    assert "answered" in notes(broker, "sales", case)


def test_a_program_that_does_not_read_is_not_flooded(broker, run):
    """It writes far more than can be in flight and never reads; then it does, and everything is there."""
    case, key = a_case(broker), unique("key")
    a = run("sales", f"""
for i in range(6000):
    print(json.dumps({{"event": {{"locator": {{"id": {case}}}, "noteAdded": {{"text": f"n{{i}}"}}}}, "key": f"{key}-{{i}}", "tag": "x" * 100}}))
    if i == 2000:
        sys.stdout.flush()
sys.stdout.flush()
open("written", "w").close()
while True: hear()
""", listens=True)
    a.wait_for_log("program-started")
    before = broker.ctl_json("status")["position"]
    taken = _steady(lambda: broker.ctl_json("status")["position"]) - before
    assert 100 < taken < 4000 and not (a.folder / "written").exists(), taken
    os.kill(_child(a), signal.SIGKILL)
    a.wait_for_log("program-ended")
    a.stop()
    assert notes(broker, "sales", case)[:3] == ["n0", "n1", "n2"]


def _steady(value, for_s=1.0, timeout=30):
    """The value, once it has not changed for a while."""
    end = time.monotonic() + timeout
    last, since = value(), time.monotonic()
    while time.monotonic() < since + for_s:
        assert time.monotonic() < end, "it never came to rest"
        if (now := value()) != last:
            last, since = now, time.monotonic()
    return last


def _child(a):
    return int(pathlib.Path(f"/proc/{a.process.pid}/task/{a.process.pid}/children").read_text().split()[0])


def test_one_shot_ends_with_everything_receipted(broker, run):
    case, key, n = a_case(broker), unique("key"), 3000
    a = run("sales", f"""
for i in range({n}):
    print(json.dumps({{"event": {{"locator": {{"id": {case}}}, "noteAdded": {{"text": f"n{{i}}"}}}}, "key": f"{key}-{{i}}",
                       "cursor": {{"source": "log", "position": str(i)}}}}))
print(json.dumps({{"log": "unfinished last line"}}), end="")
""", restart=False, listens=False)
    assert a.wait() == 0
    assert notes(broker, "sales", case) == [f"n{i}" for i in range(n)]
    client = broker.client("sales")
    assert client.query(cursor={"source": "log"}).cursor.position == str(n - 1).encode()
    client.close()
    assert 'text="unfinished last line"' in a.text()


def test_exit_codes_and_starts_that_fail(broker, run):
    a = run("sales", "sys.exit(4)", restart=False)
    assert a.wait() == 1 and 'status="exit 4"' in a.text()
    assert f'event=adapter-ended code=IO why="{sys.executable} ended with exit 4"' in a.text()
    a = run("sales", "os.kill(os.getpid(), 9)", restart=False)
    assert a.wait() == 1 and f'why="{sys.executable} ended with signal 9"' in a.text()
    a = run("sales", "", command="'open quote")
    assert a.wait() != 0 and "a quote never ends" in a.text()


def test_a_program_whose_interpreter_is_missing(broker, run, tmp_path):
    script = tmp_path / "script"
    script.write_text("#!/no/such/interpreter\n")
    script.chmod(0o755)
    a = run("sales", "", command=str(script), restart=False)
    assert a.wait() == 1 and a.logged("program-not-started")
    assert f'event=adapter-ended code=IO why="{script} could not be started: No such file' in a.text()


def test_a_program_that_cannot_be_started_is_told_by_check(broker, run, tmp_path):
    (tmp_path / "plain").write_text("")
    (tmp_path / "here").mkdir()
    (tmp_path / "here/tool").write_text("#!/bin/sh\nexit 0\n")
    (tmp_path / "here/tool").chmod(0o755)
    for n, (options, code, why) in enumerate([
            ({"command": "/no/such/program"}, 2, "/no/such/program cannot be started: No such file"),
            ({"command": "no-such-tool-anywhere x"}, 2, "no-such-tool-anywhere cannot be started (looked for in PATH)"),
            ({"command": str(tmp_path / "plain")}, 2, "not a program that may be executed"),
            ({"command": str(tmp_path)}, 2, "not a program that may be executed"),
            ({"command": "sh -c true", "directory": str(tmp_path / "nowhere")}, 2, "no such folder"),
            ({"command": "./tool", "directory": str(tmp_path / "here")}, 0, "good"),
            ({"command": "tool", "directory": str(tmp_path / "here")}, 2, "looked for in PATH"),
            ({"command": "sh -c true"}, 0, "good")]):
        a = Adapter(broker, "baton-exec", "sales", tmp_path / f"check{n}", options)
        done = subprocess.run([harness.program("baton-exec"), "--config", str(a.config), "--check"], capture_output=True, text=True,
                              timeout=30)
        assert done.returncode == code and why in done.stdout + done.stderr, (options, done)


def test_a_settles_tag_comes_back_with_its_receipts(broker, run):
    sales = broker.client("sales")
    a = run("billing", """
until("hello")
while True:
    item = until("delivery")["delivery"]
    if item["recorded"]["event"].get("noteAdded", {}).get("text") != "two of them":
        say(settle=item["sequence"], verdict="ack", tag="plain")
        continue
    case = {"id": item["recorded"]["case"]}
    say(settle=item["sequence"], events=[{"locator": {"id": "999999"}, "noteAdded": {"text": "x"}}], tag="refused")
    until("receipt")
    say(settle=item["sequence"], events=[{"locator": case, "noteAdded": {"text": t}} for t in ("a", "b")], tag={"n": [1, 2]})
    until("receipt")
    until("receipt")
    open("done", "w").close()
""")
    case = open_case(sales, "billing.invoice").case
    ok(do(sales, "note_added", case=case, text="two of them"))
    wait_for((a.folder / "done").exists, what="the receipts")
    assert [(r.get("tag"), "code" in r["receipt"]) for r in heard(a, "receipt")] == [
        ("refused", True), ({"n": [1, 2]}, False), ({"n": [1, 2]}, False)]
    sales.close()


def test_a_refused_query_is_answered_and_the_session_goes_on(broker, run):
    case, key = a_case(broker), unique("key")
    a = run("sales", f"""
until("hello")
say(query={{"cases": {{}}, "limit": 900}}, tag=1)
say(query={{"case": {{}}}}, tag=2)
say(event={{"locator": {{"id": {case}}}, "noteAdded": {{"text": "still here"}}}}, key="{key}")
while True: hear()
""")
    wait_for(lambda: heard(a, "receipt"), what="the receipt")
    answers = heard(a, "answer")
    assert [x["tag"] for x in answers] == [1, 2] and not heard(a, "error")
    assert answers[0]["answer"]["code"] == "CODE_LIMIT" and all(x["answer"]["code"] and x["answer"]["text"] for x in answers)
    assert not a.logged("disconnected") and len(a.logged("connected")) == 1


def test_a_program_that_will_not_end_is_ended(broker, run):
    a = run("sales", """
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
until("hello")
open("up", "w").close()
while True: signal.pause()
""", stop_ms=200)
    wait_for((a.folder / "up").exists, what="the program")
    child = _child(a)
    a.stop()
    assert a.logged("program-killed") and not pathlib.Path(f"/proc/{child}").exists()


def test_what_a_program_leaves_behind_ends_with_it(run):
    a = run("sales", "", command="sh -c 'sleep 100000 & echo $! >left'", restart=False, listens=False)
    assert a.wait() == 0
    left = pathlib.Path("/proc") / (a.folder / "left").read_text().strip()
    wait_for(lambda: not left.exists(), what="the end of what was left")


def test_last_words_after_its_input_was_closed(broker, run):
    case, key = a_case(broker), unique("key")
    a = run("sales", f"""
until("hello")
open("up", "w").close()
while sys.stdin.readline(): pass
say(event={{"locator": {{"id": {case}}}, "noteAdded": {{"text": "goodbye"}}}}, key="{key}")
""")
    wait_for((a.folder / "up").exists, what="the program")
    a.stop()
    assert notes(broker, "sales", case) == ["goodbye"]


def test_stderr_is_logged(run):
    a = run("sales", """
sys.stderr.write("plain words\\n" + "x" * 5000 + "\\nlevel=forged \\x1b[2J\\n")
sys.stderr.flush()
while True: hear()
""")
    a.wait_for_log("program", 3)
    assert 'text="plain words"' in a.text() and "\x1b" not in a.text()


# ---- The examples

def test_example_attempts(broker, run, tmp_path):
    log = tmp_path / "form.log"
    mail = f"{unique('anna')}@example.org"
    log.write_text(f"{unique('r')} 1772443445 order E1042 {mail}\n{unique('r')} 1772443446 order - {mail}\n"
                   f"{unique('r')} 1772443447 order E1042 x\"y@example.org\n{unique('r')} 1772443448 order E7 {mail}\n")
    a = run("shop", "", command=f"sh {EXAMPLES}/attempts.sh {log} once", restart=False, listens=False)
    assert a.wait() == 0 and "strange characters" in a.text()
    care = broker.client("care")
    found = ok(care.query(find={"identifier": {"domain": "email", "value": mail}})).customer
    assert len(found.cases) == 1
    tried = ok(view(care, case=found.cases[0].id)).case.tried
    assert [(t.route, t.times, t.error_code) for t in tried] == [("web-form.order", 2, "E7")]
    care.close()


def test_example_desk(broker, run):
    a = run("moves", "", command=f"{sys.executable} {EXAMPLES}/desk.py")
    a.wait_for_log("program-started")
    sales = broker.client("sales")
    case = ok(sales.ask(unique("key"), event("attempt_failed", by=phone(), about="order", route="web-form.order"))).case
    ok(do(sales, "handoff_offered", case=case, to="moves"))
    wait_for(lambda: ok(view(sales, case=case)).case.custodian == "moves", what="the handoff")
    assert "web-form.order" in a.text()
    a.stop()
    sales.close()
