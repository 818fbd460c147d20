"""What operators did, who and why: each command that changes something leaves its row, and the rows outlive whatever happens to the record."""
import json
import os
import re
import shutil
import socket
import subprocess
import time

import pytest

import harness
from events import do, ok, open_case, phone
from harness import wait_for

ROOT = os.geteuid() == 0


def rows(broker, *words):
    return broker.ctl_json("show", "audit", "limit=1000", *words)["audit"]


def me():
    return subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def house():
    """A broker with an alert command, and a case that moves takes part in; moves is connected and everything settled."""
    made = harness.fresh_broker(settings={"alerts": {"command": "/bin/true"}, "delivery": {"max_attempts": 1}}).start()
    sales, moves = made.client("sales"), made.client("moves", credit=64)
    case = open_case(sales, by=phone())
    ok(do(sales, "question_asked", case=case.case, to="moves", text="when?"))
    moves.settle(moves.take().sequence)
    yield made, sales, moves, case
    harness.remove(made)


def dead_letters(house, n):
    broker, sales, moves, case = house
    made = []
    for i in range(n):
        made.append(ok(do(sales, "note_added", case=case.case, text=f"note {i}")).sequence)
        item = moves.take()
        assert item.sequence == made[-1]
        moves.settle(item.sequence, "REJECT", reason="E1 no")
    wait_for(lambda: len(broker.ctl_json("show", "dead")["dead_letters"]) == n, what="dead letters")
    return made


def each_command(house, folder):
    """(words, kind, what the row says, where the reason stands: in its own column or with the command)"""
    broker, sales, moves, case = house
    first, second, third = dead_letters(house, 3)
    soon = int(time.time() + 3600) * 1_000_000
    promise = [ok(do(moves, "promise_made", case=case.case, type="PROMISE_TYPE_CALLBACK", due_us=soon)).sequence for _ in range(3)]
    work = ok(do(moves, "work_started", case=case.case, action="refund", subject="invoice 1")).sequence
    for n in (1, 2):
        ok(do(sales, "question_asked", case=case.case, to="billing", text=f"{n}?"))
    question = sales.query(case=harness.client_module.frame_pb2.CaseQuery(locator={"id": case.case})).case.questions[-1].id
    ref = case.ref
    yield ["hold", "billing"], "AdapterHeld", "held billing"
    yield ["resume", "billing"], "AdapterHeld", "resumed billing"
    yield ["loglevel", "debug"], "OperatorDid", "loglevel debug"
    yield ["loglevel", "info"], "OperatorDid", "loglevel info"
    yield ["drain", "within=1s"], "OperatorDid", "drain"
    yield ["drain", "stop"], "OperatorDid", "drain stop"
    yield ["dead", "drop", "moves", str(first)], "DeadDropped", f"#{first}"
    yield ["dead", "retry", "moves", str(second)], "Requeued", f"#{second}"
    yield ["--yes", "dead", "drop", "reason=E1"], "DeadDropped", f"#{third}"
    yield ["redeliver", "moves", f"{second}..{third}"], "Requeued", f"#{third}"
    yield ["offer", "make", ref, "moves"], "HandoffOffered", "for sales"
    yield ["offer", "withdraw", ref], "HandoffWithdrawn", "for sales"
    yield ["offer", "make", ref, "moves"], "HandoffOffered", "for sales"
    yield ["offer", "expire", ref], "HandoffExpired", ""
    yield ["promise", "renegotiate", str(promise[0]), "+4h"], "PromiseRenegotiated", "for moves"
    yield ["promise", "keep", str(promise[0])], "PromiseKept", "for moves"
    yield ["promise", "withdraw", str(promise[1])], "PromiseWithdrawn", "for moves"
    yield ["promise", "withdraw", str(promise[2])], "PromiseWithdrawn", "for moves"
    yield ["question", "withdraw", str(question)], "QuestionWithdrawn", "for sales"
    yield ["work", "fail", str(work)], "WorkFailed", "for moves"
    yield ["owner", "appoint", ref, "care"], "OwnerAppointed", ""
    yield ["case", "note", ref], "NoteAdded", ""
    yield ["case", "resolve", ref, "for=care"], "CaseResolved", "for care"
    yield ["case", "reopen", ref, "for=care"], "CaseReopened", "for care"
    yield ["case", "close", ref, "for=care"], "CaseClosed", "for care"


def without_reason(folder):
    """Commands that take none. (words, kind, outcomes of its rows)"""
    yield ["backup", str(folder / "copy")], "OperatorDid", ["begun", "done"]
    yield ["backup", str(folder / "copy"), "snapshot"], "OperatorDid", ["begun", "done"]
    yield ["verify"], "OperatorDid", ["begun", "done"]
    yield ["alerts", "test"], "OperatorDid", ["done"]


def reload_with(broker, gone):
    """Another configuration on the disk."""
    broker.settings["alerts"] = {"command": "/bin/true", "raise_seconds": 7 if gone else 8}
    broker.write_conf()


def test_each_command_leaves_its_row(house, tmp_path):
    broker = house[0]
    number = 0
    for words, kind, what in each_command(house, tmp_path):
        before = rows(broker)
        number += 1
        as_ann = ["--as", "ann"] if ROOT and number % 2 else []
        reason = f"because of {number}"
        broker.ctl(*as_ann, *words, *reason.split())
        new = rows(broker)[:-len(before) or None]
        assert len(new) == 1, (words, new)
        (row,) = new
        assert row["kind"] == kind and what in row["what"], (words, row)
        assert row["operator"] == ("ann (root)" if as_ann else me()), (words, row)
        assert reason in (row["what"] if kind in ("OperatorDid", "NoteAdded") else row["reason"]), (words, row)
        if kind == "OperatorDid":
            assert row["uid"] == os.geteuid() and row["what"].endswith((": done", ": begun")), row
        assert row["case"] == (house[3].ref if words[0] in ("offer", "promise", "question", "work", "owner", "case") else None) or not row["case"], row
    for words, kind, outcomes in without_reason(tmp_path):
        before = rows(broker)
        broker.ctl(*words)
        new = rows(broker)[:-len(before)]
        assert [row["what"] for row in new[::-1]] == [f"{' '.join(words)}: {outcome}" for outcome in outcomes], words
        assert {(row["kind"], row["operator"]) for row in new} == {(kind, me())}
    reload_with(broker, True)
    broker.ctl("reload")
    assert rows(broker)[0]["what"] == "reload: done" and rows(broker)[0]["operator"] == me()
    before = rows(broker)
    broker.ctl("clock", "jump", "4000")
    wait_for(lambda: broker.ctl_json("clock", "show")["state"] == "trouble", what="the clock to be doubted")
    broker.ctl("--yes", "clock", "accept", "ntp", "is", "right")
    (row,) = rows(broker)[:-len(before)]
    assert row["kind"] == "ClockAccepted" and row["reason"] == "ntp is right" and row["operator"] == me()
    broker.stop()
    broker.verify()


def test_leaving_is_written_down(house):
    broker = house[0]
    broker.ctl("drain", "exit", "within=5s", "new", "disks")
    assert broker.process.wait(30) == 0
    broker.process = None
    broker.start()
    assert rows(broker)[0]["what"].startswith("drain exit") and "new disks" in rows(broker)[0]["what"]
    broker.ctl("shutdown", "once", "more")
    assert broker.process.wait(30) == 0
    broker.process = None
    broker.start()
    assert rows(broker)[0]["what"] == "shutdown once more: done" and len(rows(broker)) == 2
    broker.stop()
    broker.verify()


def test_who_does_not_wait_is_written_down_too(house, tmp_path):
    """The connection is closed while the backup goes on: who began it is known."""
    broker = house[0]
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(str(broker.folder / "run/admin.sock"))
        s.sendall(f"backup {tmp_path}/copy\n".encode())
        wait_for(lambda: rows(broker), what="the row")
    wait_for(lambda: (tmp_path / "copy/manifest").exists(), what="the backup")
    assert rows(broker)[-1]["what"] == f"backup {tmp_path}/copy: begun"


def test_what_failed_says_so(house, tmp_path):
    """It was done, and came to nothing; that is in the result."""
    broker = house[0]
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o755)
    assert broker.ctl("backup", str(tmp_path / "open"), check=False).returncode
    assert [re.sub("failed: .*", "failed", row["what"]) for row in rows(broker)] == [f"backup {tmp_path}/open: failed", f"backup {tmp_path}/open: begun"]
    broker.settings["alerts"] = {"command": "/bin/false"}
    broker.write_conf()
    broker.ctl("reload")
    before = rows(broker)
    assert broker.ctl("alerts", "test", check=False).returncode == 1
    (row,) = rows(broker)[:-len(before)]
    assert row["what"].startswith("alerts test: failed: ")


def test_what_is_refused_changes_nothing_and_what_reads_leaves_none(house, tmp_path):
    broker, sales, moves, case = house
    (sequence,) = dead_letters(house, 1)
    moves.close()
    sales.close()
    broker.ctl("hold", "billing")
    wait_for(lambda: not [s for s in broker.ctl_json("show", "sessions")["sessions"] if s["adapter"] in ("moves", "sales")])
    time_of = rows(broker)
    position = broker.ctl_json("status")["position"]
    refused = [["hold", "billing", "again"], ["hold", "nobody", "x"], ["resume", "moves", "x"], ["loglevel", "loud", "x"], ["drain", "stop", "x"],
               ["drain", "within=long", "x"], ["clock", "accept", "x"], ["dead", "drop", "moves", "999999", "x"], ["dead", "drop", "all", "x"],
               ["dead", "retry", "moves", "999999", "x"], ["dead", "retry", "moves", str(sequence)], ["redeliver", "nobody", "1..5", "x"],
               ["redeliver", "moves", "5", "x"], ["offer", "make", case.ref, "nobody", "x"], ["offer", "withdraw", case.ref, "x"],
               ["offer", "expire", case.ref, "x"], ["promise", "keep", "999999", "x"], ["promise", "renegotiate", str(sequence), "+4h", "x"],
               ["question", "withdraw", "999999", "x"], ["work", "fail", "999999", "x"], ["owner", "appoint", case.ref, "nobody", "x"],
               ["case", "close", case.ref, "version=1", "x"], ["case", "note", "0000-0000-0", "x"], ["backup", "/proc/no", "what"],
               ["reload", "what"], ["verify", "what"], ["alerts", "test", "what"]]
    for words in refused:
        told = broker.ctl(*words, check=False)
        assert told.returncode in (1, 2, 3, 4), (words, told)
        assert broker.ctl_json("status")["position"] == position, words
    conf = broker.folder / "departments.conf"
    kept = conf.read_text()
    conf.write_text(kept.replace('"hq"', '"nowhere"', 1))
    assert broker.ctl("reload", check=False).returncode == 1
    conf.write_text(kept)
    for line in subprocess.run([harness.program("batonctl"), "--commands"], capture_output=True, text=True, check=True).stdout.splitlines():
        words, arguments, privilege = (line.split("\t") + ["", ""])[:3]
        if privilege == "read" and words not in ("follow",):
            known = {"CASE": case.ref, "CASE [limit=N]": case.ref, "CASE [anonymous]": case.ref, "TOPIC": "order", "DOMAIN:VALUE": "phone:+442079460000",
                     "ADAPTER CASE|EVENT": f"moves {sequence}"}
            broker.ctl(*words.split(), *known.get(arguments, "").split(), check=False)
    for words in (["loglevel"], ["reload", "dry-run"], ["dead", "retry", "all", "dry-run"], ["dead", "drop", "all", "dry-run"],
                  ["redeliver", "moves", "1..5", "dry-run"], ["reload"]):
        broker.ctl(*words)
    assert rows(broker) == time_of and broker.ctl_json("status")["position"] == position
    if ROOT:
        return
    assert broker.ctl("--as", "ann", "hold", "moves", check=False).returncode == 1 and rows(broker) == time_of


def test_the_rows_outlive_restart_rebuild_restore_and_import(house, tmp_path):
    broker = house[0]
    for words, _, _ in each_command(house, tmp_path):
        broker.ctl(*words, "for", "good")
    for words, _, _ in without_reason(tmp_path):
        broker.ctl(*words)
    there = rows(broker)
    assert len(there) > 25
    broker.restart()
    assert rows(broker) == there
    broker.stop()
    shutil.rmtree(broker.folder / "data/record")
    broker.start()
    assert rows(broker) == there, "made again from the journal"
    copy = tmp_path / "copy"
    broker.ctl("backup", str(copy))
    there = [row for row in rows(broker) if "copy: done" not in row["what"] or row in there]
    broker.stop()
    exported = tmp_path / "all.jsonl"
    exported.write_text(broker.ctl("export", str(broker.folder / "data"), "with-key"))
    broker.ctl("restore", str(copy), str(tmp_path / "restored"))
    broker.ctl("import", str(exported), str(tmp_path / "imported"))
    for made in ("restored", "imported"):
        shutil.rmtree(broker.folder / "data")
        shutil.copytree(tmp_path / made, broker.folder / "data")
        (broker.folder / "data").chmod(0o700)
        broker.start()
        found = rows(broker)
        assert found[-len(there):] == there and len(found) - len(there) == (made == "imported"), made
        assert json.dumps(found).count("for good") >= 20
        broker.stop()
        broker.verify()
