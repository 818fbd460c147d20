"""How the departments' systems do, as operators see it: Reports on the wire, and the adapters that send them."""
import os
import signal
import sys
import time

import pytest
from baton import frame_pb2

import harness
from adapter import Adapter
from events import code
from harness import wait_for
from test_exec import PROGRAM, heard
from test_file import FIELDS, HEAD

DOWN, TROUBLED, WELL = "HEALTH_DOWN", "HEALTH_TROUBLED", "HEALTH_WELL"


@pytest.fixture(scope="module")
def broker():
    made = harness.fresh_broker().start()
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


@pytest.fixture
def client(broker):
    """A client of billing's, that says Goodbye whatever happens."""
    made = broker.client("billing")
    yield made
    if not made.socket.closed:
        made.close()


def report(client, health=WELL, text="", spool=None, ago_s=0, **more):
    at_us = int((time.time() - ago_s) * 1e6)
    values = {"health": health, "text": text, "text_at_us": at_us if text else 0, "since_us": at_us, "spool": spool, **more}
    client.send(report=frame_pb2.Report(**values))


def shown(broker, adapter):
    rows = broker.ctl_json("show", "adapters")["adapters"]
    return next(row for row in rows if row["adapter"] == adapter)


def health(broker, adapter):
    row = shown(broker, adapter)
    return row["health"], row["last_error"]


def wait_health(broker, adapter, state, words=""):
    wait_for(lambda: (h := health(broker, adapter))[0] == state and words in (h[1] or ""), 30, f"{adapter} {state} {words}")


def trouble(broker, words):
    return next((row for row in broker.ctl_json("status")["trouble"] if words in row["what"]), None)


def test_a_report_is_shown_and_outlives_the_session(broker, client):
    report(client, DOWN, "the ledger at db1 refuses: «too many clients»", ago_s=7200,
           spool=frame_pb2.Spool(events=12, bytes=500, limit_bytes=1000, oldest_us=int((time.time() - 600) * 1e6), rejects=3))
    wait_health(broker, "billing", "down")
    answer = broker.ctl_json("show", "adapters")
    row = answer["adapters"][0]  # whoever is in trouble comes first
    assert row["adapter"] == "billing" and row["link"] == "up" and row["as_of_s"] is None
    assert row["last_error"] == "the ledger at db1 refuses: «too many clients»" and 7200 <= row["for_s"] < 7300
    spool = answer["spools"][0]
    assert (spool["adapter"], spool["events"], spool["rejects"]) == ("billing", 12, 3) and 600 <= spool["oldest_s"] < 700
    text = broker.ctl("show", "adapters")
    assert "too many" in text and "2.0 h" in text and "50.0 %" in text
    assert trouble(broker, "system is down")["how_many"] == 1 and trouble(broker, "refused for good")["how_many"] == 3
    client.close()
    wait_for(lambda: not shown(broker, "billing")["connected"], what="the end of the session")
    row = shown(broker, "billing")
    assert row["health"] == "down" and row["link"] == "left" and row["as_of_s"] >= 0
    again = broker.client("billing")
    report(again, WELL, "the ledger at db1 refuses: «too many clients»")
    wait_health(broker, "billing", "well", "too many clients")
    assert not trouble(broker, "system is down") and not trouble(broker, "refused for good")
    assert not broker.ctl_json("show", "adapters")["spools"], "it replaces the one before, its spool too"
    again.close()


def test_a_report_of_nonsense_is_refused_and_changes_nothing(broker, client):
    report(client, TROUBLED, "one mailbox of three")
    wait_health(broker, "billing", "troubled", "one mailbox")
    late = 253402300800 * 10**6
    spool = frame_pb2.Spool
    for expected, values in [
            ("INVALID", {"health": "HEALTH_UNSPECIFIED"}), ("LIMIT", {"text": "x" * 257}), ("INVALID", {"text": "two\nlines"}),
            ("INVALID", {"text": "\x1b[2J"}), ("INVALID", {"text": "\x7f"}), ("INVALID", {"text": "\u009b2J"}),
            ("INVALID", {"text": "a\0b"}), ("INVALID", {"text_at_us": -1}), ("INVALID", {"since_us": -1}), ("INVALID", {"since_us": late}),
            ("INVALID", {"text_at_us": late}), ("INVALID", {"spool": spool(oldest_us=-5)}), ("INVALID", {"spool": spool(oldest_us=late)})]:
        report(client, **values)
        client.until(lambda: False, 5)
        assert client.faults and code(client.faults.popleft()) == expected, values
    for raw in (b"\x08\x07", b"\x08\x01\x08\x02", b"\x08\x01\x12\x01\xff", b"\x08\x01\x32\x00", b"\x12"):
        client.socket.send(b"\x08\x01\x6a" + bytes([len(raw)]) + raw)
        client.until(lambda: False, 5)
        assert client.faults and code(client.faults.popleft()) in ("INVALID", "BAD_FRAME", "UNKNOWN_FIELD"), raw
    assert health(broker, "billing") == ("troubled", "one mailbox of three")
    report(client, WELL, "x" * 256)  # the longest
    wait_health(broker, "billing", "well", "x" * 256)
    stranger = broker.client("moves", hello=False)
    report(stranger, DOWN, "nobody knows me")
    stranger.until(lambda: False, 5)
    assert code(stranger.faults.popleft()) == "HELLO_FIRST" and health(broker, "moves")[0] is None
    stranger.close(goodbye=False)


def test_a_flood_of_reports_costs_next_to_nothing(broker, client):
    def written():
        counters = {c["counter"]: c["value"] for c in broker.ctl_json("show", "counters")["counters"]}
        return [counters[name] for name in ("commits", "entries", "checkpoints", "frames_refused")]

    before, used = written(), broker.cpu_seconds()
    for i in range(20000):
        report(client, DOWN if i % 2 else TROUBLED, f"flood {i}")
    wait_health(broker, "billing", "down", "flood 19999")
    print(f"20,000 reports: {broker.cpu_seconds() - used:.2f} s of processor time")
    assert written() == before, "nothing is written"
    assert broker.log.read_text().count("flood") == 0
    report(client, WELL)
    wait_health(broker, "billing", "well")


def test_a_new_broker_knows_nothing_until_it_is_told():
    own = harness.fresh_broker().start()
    try:
        client = own.client("billing")
        report(client, DOWN, "away")
        wait_health(own, "billing", "down")
        client.close()
        own.restart()
        assert health(own, "billing") == (None, None)
    finally:
        harness.remove(own)


def test_an_adapter_says_that_it_is_well_and_again_after_a_restart_of_the_broker(tmp_path):
    own = harness.fresh_broker().start()
    a = Adapter(own, "baton-exec", "sales", tmp_path, {"command": "sleep 1000", "listens": False})
    try:
        a.start()
        wait_health(own, "sales", "well")
        assert shown(own, "sales")["link"] == "up" and not trouble(own, "hang")
        own.restart()
        wait_health(own, "sales", "well")
    finally:
        a.kill()
        harness.remove(own)


def test_a_program_that_crashes_is_down_until_it_runs_for_a_while(broker, run):
    a = run("sales", """
import time
while not os.path.exists("mended"):
    sys.exit(3)
open("up", "w").close()
while True: hear()
""", restart_most_ms=100)
    wait_health(broker, "sales", "down", f"{sys.executable} ended with exit 3")
    assert trouble(broker, "system is down")["see"] == "show adapters"
    wait_for(lambda: len(a.logged("program-ended")) >= 4, what="more crashes")
    assert len(a.logged("health")) == 1, "the same reason is one line"
    (a.folder / "mended").touch()
    wait_for((a.folder / "up").exists, what="the program")
    assert health(broker, "sales")[0] == "down", "it has only just begun"
    wait_health(broker, "sales", "well", "exit 3")
    assert len(a.logged("health")) == 2 and not trouble(broker, "system is down")


def test_a_program_that_ends_well_again_is_well(broker, run):
    a = run("sales", 'sys.exit(0 if os.path.exists("mended") else 1)', restart_most_ms=50)
    wait_health(broker, "sales", "down", "ended with exit 1")
    (a.folder / "mended").touch()
    wait_health(broker, "sales", "well", "ended with exit 1")


def test_a_signal_and_a_program_that_cannot_be_started_are_told(broker, run, tmp_path):
    run("sales", "os.kill(os.getpid(), 11)")
    wait_health(broker, "sales", "down", "ended with signal 11")
    script = tmp_path / "script"
    script.write_text("#!/no/such/interpreter\n")
    script.chmod(0o755)
    run("moves", "", command=str(script))
    wait_health(broker, "moves", "down", "could not be started: No such file")


def test_a_program_says_how_it_does(broker, run):
    a = run("sales", """
until("hello")
say(health={"state": "troubled", "text": "line 2 of the PBX is dead"})
while not os.path.exists("one"): pass
say(health={"state": "well"})
while not os.path.exists("two"): pass
for bad in ({"state": "ill"}, {"state": "down"}, {"state": "down", "text": ""}, {"text": "x"}, "down", {"state": "well", "more": 1}, 7):
    say(health=bad)
say(health={"state": "down", "text": "two\\nlines " + "x" * 1000}, tag=9)
while True: hear()
""")
    wait_health(broker, "sales", "troubled", "line 2 of the PBX is dead")
    (a.folder / "one").touch()
    wait_health(broker, "sales", "well", "line 2")
    (a.folder / "two").touch()
    wait_health(broker, "sales", "down", "two lines xxx")
    assert len(health(broker, "sales")[1]) == 256
    assert (a.folder / "got").read_text().count('"error"') == 7


def test_many_queries_are_under_way_at_once(broker, run):
    """More than the library takes: the others wait for their turn, and each is answered under its tag."""
    a = run("sales", """
until("hello")
for i in range(300):
    say(query={"whoHandles": {"topic": "order"}} if i % 3 else {"cases": {}, "limit": 900}, tag=i)
while True: hear()
""")
    wait_for(lambda: len(heard(a, "answer")) == 300, what="the answers")
    assert not heard(a, "error")
    for line in heard(a, "answer"):
        assert line["answer"].get("code") == (None if line["tag"] % 3 else "CODE_LIMIT"), line
    assert sorted(line["tag"] for line in heard(a, "answer")) == list(range(300))


def test_an_adapter_that_hangs_or_is_killed_stays_visible_with_its_age(broker, run):
    hung = run("sales", 'say(health={"state": "troubled", "text": "before it hung"})\nwhile True: hear()\n')
    killed = run("care", 'say(health={"state": "down", "text": "before it died"})\nwhile True: hear()\n')
    wait_health(broker, "sales", "troubled", "before it hung")
    wait_health(broker, "care", "down", "before it died")
    os.kill(hung.process.pid, signal.SIGSTOP)
    killed.kill()
    try:
        wait_for(lambda: (row := trouble(broker, "hang, or left without a word")) and row["how_many"] == 2, 30, "both to be noticed")
        for name, state, words in (("sales", "troubled", "before it hung"), ("care", "down", "before it died")):
            row = shown(broker, name)
            assert row["link"] in ("silent", "lost") and row["as_of_s"] > 5 and (row["health"], row["last_error"]) == (state, words)
        text = broker.ctl("show", "adapters")
        assert "AS OF" in text and "before it" in text
        assert shown(broker, "billing")["link"] != "silent", "nobody else is"
        rows = broker.ctl_json("show", "adapters")["adapters"]
        fine = [row for row in rows if row["health"] not in ("down", "troubled") and row["link"] not in ("silent", "lost")]
        missing = [row["receives"] and not row["connected"] for row in fine]
        assert rows[len(rows) - len(fine):] == fine and any(missing) and missing == sorted(missing, reverse=True), "who should be there and is not comes before the others"
    finally:
        os.kill(hung.process.pid, signal.SIGCONT)
    wait_for(lambda: shown(broker, "sales")["link"] == "up", what="it to go on")
    wait_health(broker, "sales", "troubled", "before it hung")


def test_the_file_adapter_names_the_file_and_the_folder(broker, tmp_path):
    a = Adapter(broker, "baton-file", "moves", tmp_path, {"folder": "drop", "fields": FIELDS})
    (tmp_path / "drop").mkdir()
    a.start()
    try:
        wait_health(broker, "moves", "well")
        (tmp_path / "drop/wrong.csv").write_text("no,such,columns\n1,2,3\n")
        wait_health(broker, "moves", "troubled", "file wrong.csv: ")
        (tmp_path / "drop/good.csv").write_text(HEAD)
        wait_health(broker, "moves", "well", "file wrong.csv: ")
        (tmp_path / "drop").rename(tmp_path / "away")
        wait_health(broker, "moves", "down", f"folder {tmp_path}/drop: ")
        (tmp_path / "away").rename(tmp_path / "drop")
        wait_health(broker, "moves", "well", "folder ")
    finally:
        a.close()
