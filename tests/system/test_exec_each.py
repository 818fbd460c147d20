"""The exec adapter with mode = "each": a program is started once for each delivery, and its exit status is the verdict."""
import json
import os
import pathlib
import signal
import sys
import time

import pytest

import harness
from adapter import Adapter, lines
from events import do, history, ok, open_case, phone, view
from harness import TREE, wait_for

EXAMPLES = TREE / "adapters/exec/examples"

# What every test program begins with: what it was given goes to the file "got".
PROGRAM = """
import json, os, signal, sys, time
item = json.loads(sys.stdin.read())
text = item["recorded"].get("event", {}).get("noteAdded", {}).get("text", "")
with open("got", "a") as got:
    got.write(json.dumps({"text": text, "attempt": item["attempt"], "pid": os.getpid(), "env": dict(os.environ), "item": item}) + "\\n")
def event(text):
    return json.dumps({"locator": {"id": item["recorded"]["case"]}, "noteAdded": {"text": text}})
"""


@pytest.fixture(scope="module")
def broker():
    made = harness.fresh_broker(settings={"delivery": {"max_attempts": 9, "settle_timeout_ms": 6500}}).start()
    yield made
    harness.remove(made)


@pytest.fixture
def run(broker, tmp_path):
    """run(adapter, program text, options...): a started baton-exec."""
    made = []

    def make(name, text="", command=None, each=None, **options):
        place = tmp_path / str(len(made))
        place.mkdir()
        (place / "program.py").write_text(PROGRAM + text)
        made.append(Adapter(broker, "baton-exec", name, place, {
            "command": command or f"{sys.executable} program.py", "directory": ".", "mode": "each", "restart_first_ms": 10,
            "restart_most_ms": 100, "each": {"parallel": 2, "later_first_ms": 10, "later_most_ms": 100, **(each or {})}, **options}))
        return made[-1].start()

    yield make
    for a in made:
        a.close()


@pytest.fixture
def sales(broker):
    made = broker.client("sales")
    yield made
    made.close()


def got(a, text=None):
    return [line for line in lines(a.folder / "got") if text is None and line["text"] or line["text"] == text]


def offers(a):
    return [line for line in lines(a.folder / "got") if "handoffOffered" in line["item"]["recorded"].get("event", {})]


def order(a):
    return [(line["text"], line["attempt"]) for line in got(a)]


def say(sales, *texts, case=0):
    """Notes on a case of billing's."""
    case = case or open_case(sales, "billing.invoice").case
    for text in texts:
        ok(do(sales, "note_added", case=case, text=text))
    return case


def texts(sales, case):
    return [e.event.note_added.text for e in history(sales, case) if e.event.HasField("note_added")]


def dead(broker):
    return [row["reason"] for row in broker.ctl_json("show", "dead", "billing")["dead_letters"]]


def test_exit_status_is_the_verdict(broker, run, sales):
    a = run("billing", """
if text == "later" and item["attempt"] < 5: sys.exit(75)
if text == "broken": sys.exit(3)
if text == "clumsy" and item["attempt"] == 1: os.kill(os.getpid(), signal.SIGKILL)
if text == "answer": print(event("answered"), flush=True)
""")
    case = say(sales, "one", "later", "broken", "clumsy", "answer", "last")
    wait_for(lambda: ("last", 1) in order(a), what="the last delivery")
    assert order(a) == [("one", 1)] + [("later", n) for n in range(1, 6)] + [("broken", n) for n in range(1, 4)] \
        + [("clumsy", 1), ("clumsy", 2), ("answer", 1), ("last", 1)]
    a.stop()
    assert "answered" in texts(sales, case)
    assert any("it ended with exit 3" in reason for reason in dead(broker))


def test_what_is_put_off_waits_on_its_own_terms(run, sales):
    """A failure is tried again at once; what waits for a system or a person does not use up its attempts in a minute."""
    a = run("billing", 'if text and item["attempt"] < 8: sys.exit(3 if text == "broken" else 75)\n',
            each={"tries": 0, "later_first_ms": 86400000, "later_most_ms": 86400000})
    say(sales, "later")
    wait_for(lambda: ("later", 1) in order(a), what="the first try")
    say(sales, "broken")
    wait_for(lambda: ("broken", 8) in order(a), what="the last try")
    a.stop()
    assert order(a) == [("later", 1)] + [("broken", n) for n in range(1, 9)]


def test_its_environment_is_clean_and_says_what_it_is_about(run, sales):
    os.environ["SECRET_OF_THE_ADAPTER"] = "x"
    a = run("billing")
    case = say(sales, "one")
    wait_for(lambda: got(a), what="the delivery")
    del os.environ["SECRET_OF_THE_ADAPTER"]
    seen = got(a)[0]
    item = seen["item"]
    mine = {k: v for k, v in seen["env"].items() if k.startswith("BATON_")}
    assert mine == {"BATON_KIND": "NoteAdded", "BATON_REF": item["recorded"]["ref"], "BATON_SEQUENCE": item["sequence"], "BATON_ATTEMPT": "1"}
    assert set(seen["env"]) - set(mine) <= {"PATH", "LC_CTYPE"}, "python sets LC_CTYPE itself"
    assert item["recorded"]["case"] == str(case)


def test_events_count_with_the_verdict_or_not_at_all(broker, run, sales):
    """A bad line, too many, too long, refused, or a failure after good lines: none of them counts."""
    a = run("billing", """
good = event("never " + text)
if text == "garbage": print(good); print("garbage")
if text == "many": print("\\n".join([good] * 9))
if text == "long": print("x" * 100000)
if text == "endless":
    while True: print("y" * 1000)
if text == "refused": print(good); print(json.dumps({"locator": {"id": "999999"}, "noteAdded": {"text": "lost"}}))
if text == "fails": print(good, flush=True); sys.exit(1)
if text == "eight": print("\\n".join([event("one of eight")] * 8))
""", each={"tries": 1})
    cases = [say(sales, text, "eight") for text in ("garbage", "many", "long", "endless", "refused", "fails")]
    wait_for(lambda: len(got(a, "eight")) == 6, what="the last deliveries")
    wait_for(lambda: all(texts(sales, c).count("one of eight") == 8 for c in cases), what="their events")
    a.stop()
    for case in cases:
        assert not [t for t in texts(sales, case) if t.startswith("never")]
    told = " ".join(dead(broker))
    for why in ("is no event", "more than 8 events", "longer than 65536", "UNKNOWN_CASE", "exit 1"):
        assert why in told, told


def test_a_stale_decision_is_told_once_and_may_be_mended(broker, run, sales):
    """The case moves on while the program decides: the next run for the delivery is told, and decides on what is now. The others
    are told nothing."""
    a = run("billing", """
if "handoffOffered" in item["recorded"].get("event", {}):
    version = os.environ.get("BATON_VERSION", item["recorded"]["version"])
    while not os.path.exists("go"): time.sleep(0.01)
    print(json.dumps({"locator": {"id": item["recorded"]["case"]}, "expectedVersion": version, "handoffAccepted":
        {"offer": item["sequence"], "digest": item["digest"]}}))
    print(event("taken"))
""")
    case = open_case(sales, "billing.invoice").case
    wait_for(lambda: offers(a), what="the offer")
    say(sales, "meanwhile", case=case)
    (a.folder / "go").touch()
    wait_for(lambda: ok(view(sales, case=case)).case.custodian == "billing", what="custody")
    first, second = offers(a)
    told = {k: v for k, v in second["env"].items() if k in ("BATON_REFUSED", "BATON_REFUSED_TEXT", "BATON_VERSION")}
    assert told.pop("BATON_REFUSED_TEXT").endswith("the case is at version 3 now") and told == {"BATON_REFUSED": "STALE", "BATON_VERSION": "3"}
    assert first["item"]["sequence"] == second["item"]["sequence"] and [first["attempt"], second["attempt"]] == [1, 2]
    say(sales, "after", case=case)
    wait_for(lambda: got(a, "after"), what="the note")
    others = [line for line in lines(a.folder / "got") if line != second]
    assert len(others) >= 2 and not [line for line in others if "BATON_REFUSED" in line["env"]]
    assert texts(sales, case).count("taken") == 1


def test_a_decision_that_stays_stale_is_a_dead_letter(broker, run, sales):
    a = run("billing", """
if text == "once" and item["attempt"] == 2: sys.exit(75)
if text == "decide" or text == "once" and item["attempt"] == 1: print(json.dumps({"locator": {"id": item["recorded"]["case"]}, "expectedVersion": "1", "statusChanged": {"status": "PENDING", "pendingOn": "CUSTOMER"}}))
""")
    say(sales, "decide", "once", "after")
    wait_for(lambda: got(a, "after"), what="the next one")
    assert ["BATON_REFUSED" in line["env"] for line in got(a, "decide")] == [False, True, True]
    assert ["BATON_REFUSED" in line["env"] for line in got(a, "once")] == [False, True, False]
    assert any("STALE" in reason for reason in dead(broker)), dead(broker)


def sent(broker):
    """How often the broker has delivered anything to anybody."""
    return next(row["value"] for row in broker.ctl_json("show", "counters")["counters"] if row["counter"] == "deliveries_sent")


def test_no_more_run_at_once_than_may_and_a_slow_one_is_waited_for(broker, run, sales):
    """Longer than the settle timeout: the broker is told that it is in progress, and does not deliver it to another run."""
    a = run("billing", """
if text:
    open("start-" + str(os.getpid()), "w").close()
    while not os.path.exists("go" if text != "slow" else "go-slow"): time.sleep(0.02)
""")
    case = say(sales, "slow")
    for _ in range(4):
        say(sales, "quick")
    wait_for(lambda: len(got(a)) == 2, what="two runs")
    (a.folder / "go").touch()
    wait_for(lambda: len(got(a, "quick")) == 4, what="the quick ones")
    before, since = sent(broker), time.monotonic()
    wait_for(lambda: time.monotonic() - since > 7, 20, "the settle timeout, which is 6.5 s, to pass")
    assert sent(broker) == before, "delivered again although it was in progress"
    (a.folder / "go-slow").touch()
    say(sales, "after", case=case)
    wait_for(lambda: got(a, "after"), what="what comes after it")
    assert [line["attempt"] for line in got(a, "slow")] == [1]


def test_one_that_hangs_is_ended_with_all_it_started(run, sales):
    a = run("billing", """
if text == "hang":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if os.fork() == 0: open("child", "w").write(str(os.getpid()) + "\\n")
    while True: signal.pause()
""", each={"timeout_ms": 300, "tries": 1})
    case = say(sales, "hang")
    wait_for(lambda: got(a, "hang"), what="the run")
    say(sales, "next", case=case)
    wait_for(lambda: got(a, "next"), what="the next one")
    wait_for(lambda: not pathlib.Path(f"/proc/{got(a, 'hang')[0]['pid']}").exists(), what="its end")
    child = (a.folder / "child").read_text().strip()
    wait_for(lambda: not _alive(child), what="the end of its child")
    assert "longer than it may" in a.text()


def _alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_stop_waits_for_the_run_and_what_it_says(run, sales):
    a = run("billing", """
if text:
    while not os.path.exists("go"): time.sleep(0.02)
    print(event("said at the end"))
""")
    case = say(sales, "one")
    wait_for(lambda: got(a), what="the run")
    a.process.send_signal(signal.SIGTERM)
    (a.folder / "go").touch()
    assert a.wait() == 0
    wait_for(lambda: "said at the end" in texts(sales, case), what="its event")


def test_nothing_is_started_once_it_is_told_to_stop(run, sales):
    """What it has written counts only when its receipt is there, and behind the receipt comes the next delivery."""
    a = run("billing", """
if text:
    while not os.path.exists("go"): time.sleep(0.02)
    print(event("said at the end"))
""", command=f"sh -c 'echo started >>started; exec {sys.executable} program.py'", each={"parallel": 4})
    cases = [say(sales, f"n{i}") for i in range(12)]
    wait_for(lambda: len(got(a)) == 4, what="the first runs")
    started = (a.folder / "started").read_text()
    a.process.send_signal(signal.SIGTERM)
    (a.folder / "go").touch()
    assert a.wait() == 0
    assert sum("said at the end" in texts(sales, case) for case in cases) == 4
    assert (a.folder / "started").read_text() == started
    a.start()
    wait_for(lambda: all("said at the end" in texts(sales, case) for case in cases), what="the others")


def test_killed_while_one_runs_it_is_delivered_again(run, sales):
    a = run("billing", """
if text and not os.path.exists("go"):
    while True: signal.pause()
""")
    say(sales, "one")
    wait_for(lambda: got(a), what="the run")
    a.kill()
    os.kill(got(a)[0]["pid"], signal.SIGKILL)
    (a.folder / "go").touch()
    say(sales, "two")  # by which the broker sees that nobody is there
    a.start()
    wait_for(lambda: len(got(a, "one")) == 2, 30, "it again")
    assert len({line["item"]["sequence"] for line in got(a, "one")}) == 1


def test_one_that_reads_nothing_and_one_that_talks_much_on_stderr(run, sales):
    a = run("billing", command="sh -c 'exec 0<&-; i=0; while [ $i -lt 300 ]; do echo $i >&2; i=$((i+1)); done; echo $BATON_KIND >>got-kind'")
    say(sales, "x" * 4000)
    wait_for(lambda: (a.folder / "got-kind").exists() and "NoteAdded" in (a.folder / "got-kind").read_text(), what="the run")
    a.stop()
    runs = (a.folder / "got-kind").read_text().count("\n")
    assert len(a.logged("program")) <= 17 * runs and not a.logged("program-failed")


def test_a_program_that_vanishes_is_told_and_nothing_is_lost(run, sales):
    a = run("billing", command="./tool")
    a.wait()  # refused at the start: it is not there
    (a.folder / "tool").write_text(f"#!{sys.executable}\n" + PROGRAM)
    (a.folder / "tool").chmod(0o755)
    a.start()
    a.wait_for_log("connected")
    (a.folder / "tool").rename(a.folder / "away")
    say(sales, "one")
    a.wait_for_log("health")
    (a.folder / "away").rename(a.folder / "tool")
    wait_for(lambda: got(a, "one"), what="the delivery")
    a.stop()


# ---- The examples

def test_example_answers(broker, run, sales, tmp_path):
    case = open_case(sales, "order")
    known = tmp_path / "known"
    known.write_text("0000-0000-0 nothing\n")
    a = run("billing", command=f"{sys.executable} {EXAMPLES}/answers.py {known}", each={"tries": 0, "later_most_ms": 500})
    ok(do(sales, "question_asked", case=case.case, to="billing", text="is it paid?"))
    wait_for(lambda: any(row["last_error"] and f"it ended with exit 75: no answer yet for {case.ref}" in row["last_error"]
                         for row in broker.ctl_json("show", "adapters")["adapters"]), what="a first try, and its reason")
    known.write_text(f"{case.ref} paid in full\n")

    def answers():
        return [e.event.question_answered.text for e in history(sales, case.case) if e.event.HasField("question_answered")]
    wait_for(answers, what="the answer")
    a.stop()
    assert answers() == ["paid in full"]


def test_example_ticket(run, sales, tmp_path):
    case = ok(do(sales, "case_opened", topic="order", about="order", by=phone(), need="a line"))
    tickets = tmp_path / "tickets"
    a = run("moves", command=f"sh {EXAMPLES}/ticket.sh {tickets}", each={"tries": 0})
    offer = ok(do(sales, "handoff_offered", case=case.case, to="moves")).offer
    wait_for(lambda: a.logged("program-failed"), what="a first try without the folder")
    tickets.mkdir()
    wait_for(lambda: list(tickets.glob("*.json")), what="the ticket")
    assert json.loads((tickets / f"{offer}.json").read_text())["card"]["need"] == "a line"
    a.stop()
