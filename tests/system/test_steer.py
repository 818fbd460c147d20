"""Every stuck thing can be moved by an operator, and it is written who did it and why."""
import json
import os
import re
import socket
import sys
import time

import pytest

import harness
from adapter import Adapter, Raw, lines
from events import code, do, event, ok, open_case, unique, view


@pytest.fixture
def two(own_broker):
    """A case of sales that moves takes part in, with both connected and everything settled."""
    sales, moves = own_broker.client("sales"), own_broker.client("moves", credit=64)
    case = open_case(sales, title="Kettle")
    ok(do(sales, "question_asked", case=case.case, to="moves", text="when?"))
    asked = moves.take()
    moves.settle(asked.sequence)
    return own_broker, sales, moves, case


def reject(moves, sequence, reason="E1042 the desk is full"):
    item = moves.take()
    assert item.sequence == sequence and not item.redelivery
    moves.settle(sequence, "REJECT", reason=reason)


def dead(broker, *words):
    return broker.ctl_json("show", "dead", *words)["dead_letters"]


def make_dead(broker, sales, moves, case, n=1, reason="E1042 the desk is full"):
    made = []
    before = len(dead(broker))
    for i in range(n):
        made.append(ok(do(sales, "note_added", case=case.case, text=f"note {i}")).sequence)
        reject(moves, made[-1], reason)
    harness.wait_for(lambda: len(dead(broker)) == before + n, what="dead letters")
    return made


def audit(broker, *words):
    return broker.ctl_json("show", "audit", *words)["audit"]


def test_a_dead_letter_is_shown_whole(two):
    broker, sales, moves, case = two
    (sequence,) = make_dead(broker, sales, moves, case)
    shown = broker.ctl_json("dead", "show", "moves", str(sequence))
    assert shown["dead_letters"][0]["reason"] == "E1042 the desk is full" and shown["dead_letters"][0]["gets"] == "the event"
    fields = {f["field"]: f for f in shown["fields"]}
    assert fields["note_added.text"]["value"] == "note 0" and fields["note_added.text"]["adapter_gets"]
    assert broker.ctl_json("dead", "show", "moves", case.ref)["dead_letters"] == shown["dead_letters"]
    assert broker.ctl("dead", "show", "moves", "999999", check=False).returncode == 1


def test_operators_see_what_the_adapter_would_not_get(own_broker):
    """Since the letter was given up, the configuration has taken the label from the department: it would get a stub."""
    broker = own_broker
    broker.stop()
    for department in broker.company["departments"]:
        if department["name"] == "moves":
            department["reads"] = ["payment"]
    broker.write_conf()
    broker.start()
    sales, moves = broker.client("sales"), broker.client("moves", credit=64)
    case = open_case(sales)
    ok(do(sales, "question_asked", case=case.case, to="moves", text="when?"))
    moves.settle(moves.take().sequence)
    sent = ok(do(sales, "note_added", case=case.case, text="card 4711", labels=["payment"])).sequence
    reject(moves, sent)
    harness.wait_for(lambda: dead(broker), what="a dead letter")
    assert broker.ctl_json("dead", "show", "moves", str(sent))["dead_letters"][0]["gets"] == "the event"
    broker.stop()
    for department in broker.company["departments"]:
        department.pop("reads", None)
    broker.write_conf()
    broker.start()
    shown = broker.ctl_json("dead", "show", "moves", str(sent))
    fields = {f["field"]: f for f in shown["fields"]}
    assert shown["dead_letters"][0]["gets"] == "a stub"
    assert fields["note_added.text"]["value"] == "card 4711" and not fields["note_added.text"]["adapter_gets"]
    assert fields["department"]["adapter_gets"]
    broker.ctl("dead", "retry", "moves", str(sent), "with", "todays", "rights")
    item = broker.client("moves", credit=8).take()
    assert item.sequence == sent and item.stub and b"4711" not in item.SerializeToString()


def test_a_retry_is_a_redelivery_with_its_own_number(two):
    broker, sales, moves, case = two
    one, another = make_dead(broker, sales, moves, case, 2)
    before = seen_by(moves, case).version
    dry = broker.ctl_json("dead", "retry", "dry-run", "moves", str(one))
    assert dry["found"] == 1 and dry["requeued"] == 0 and dry["dry_run"] and len(dead(broker)) == 2
    assert broker.ctl("dead", "retry", "moves", str(one), check=False).returncode == 2, "without a reason"
    done = broker.ctl_json("dead", "retry", "moves", str(one), "the", "desk", "has", "room", "again")
    assert done["requeued"] == 1
    item = moves.take()
    assert item.sequence == one and item.redelivery and item.attempt == 1 and item.gap and item.recorded.sequence == one
    moves.settle(one)
    assert item.recorded.version < before
    harness.wait_for(lambda: [d["event"] for d in dead(broker)] == [another])
    row = audit(broker)[0]
    assert row["reason"] == "the desk has room again" and "dead letter" in row["what"] and f"#{one}" in row["what"]
    assert row["operator"] and row["kind"] == "Requeued"
    assert broker.ctl("dead", "retry", "moves", str(one), "once", "more", check=False).returncode == 1
    broker.stop()
    broker.verify()
    broker.start()


def test_retry_by_filter_keeps_the_order_of_a_case(two):
    broker, sales, moves, case = two
    other = open_case(sales)
    ok(do(sales, "question_asked", case=other.case, to="moves", text="and this?"))
    moves.settle(moves.take().sequence)
    mine = make_dead(broker, sales, moves, case, 3)
    theirs = make_dead(broker, sales, moves, other, 2, reason="Timeout at the desk")
    dry = broker.ctl_json("dead", "retry", "adapter=moves", "reason=e1042", "lines=2", "--dry-run")
    assert dry["found"] == 3 and len(dry["dead_letters"]) == 2 and dry["requeued"] == 0
    assert broker.ctl_json("dead", "retry", "older=1h", "dry-run")["found"] == 0
    assert broker.ctl_json("dead", "retry", "all", "dry-run")["found"] == 5
    for words in (("all", "dry-run", "the", "desk", "is", "back"), ("all", "the", "desk", "dry-run", "is", "back")):
        dry = broker.ctl_json("dead", "retry", *words)
        assert dry["dry_run"] and dry["found"] == 5 and dry["requeued"] == 0, "wherever it stands"
    assert broker.ctl_json("dead", "retry", f"case={case.ref}", "room", "again")["requeued"] == 3
    came = []
    for _ in mine:
        item = moves.take()
        assert item.redelivery
        assert not moves.until(lambda: moves.deliveries, 0.2), "at most one of a case is out"
        came.append(item.sequence)
        moves.settle(item.sequence)
    assert came == mine
    assert sorted(d["event"] for d in dead(broker)) == theirs


def test_a_retry_goes_before_what_is_still_in_the_inbox(two):
    """An event that waits behind one that is out stays behind the older one that was given up."""
    broker, sales, moves, case = two
    (lost,) = make_dead(broker, sales, moves, case)
    first = ok(do(sales, "note_added", case=case.case, text="first")).sequence
    second = ok(do(sales, "note_added", case=case.case, text="second")).sequence
    assert moves.take().sequence == first
    broker.ctl("dead", "retry", "moves", str(lost), "in", "order")
    assert not moves.until(lambda: moves.deliveries, 0.3), "one of the case is out already"
    moves.settle(first)
    item = moves.take()
    assert item.sequence == lost and item.redelivery
    moves.settle(lost)
    item = moves.take()
    assert item.sequence == second and not item.redelivery
    moves.settle(second)


def test_a_retry_waits_for_an_adapter_that_is_away(two):
    broker, sales, moves, case = two
    (lost,) = make_dead(broker, sales, moves, case)
    moves.close()
    broker.ctl("dead", "retry", "moves", str(lost), "later")
    broker.restart()
    again = broker.client("moves", credit=8)
    item = again.take()
    assert item.sequence == lost and item.redelivery
    again.settle(lost)


def test_dropping_many_is_asked_for_twice(two):
    broker, sales, moves, case = two
    lost = make_dead(broker, sales, moves, case, 3)
    asked = broker.ctl("dead", "drop", "adapter=moves", "on", "paper", check=False)
    assert asked.returncode == 4 and "confirm=" in asked.stdout and len(dead(broker)) == 3
    given = re.search(r"confirm=(\w+)", asked.stdout)[1]
    wrong = broker.ctl("dead", "drop", "all", "on", "paper", f"confirm={given}", check=False)
    assert wrong.returncode == 1 and len(dead(broker)) == 3, "a code belongs to its command"
    later = make_dead(broker, sales, moves, case, 1)
    done = broker.ctl_json("dead", "drop", "adapter=moves", "on", "paper", f"confirm={given}")
    assert done["dropped"] == 3 and [d["event"] for d in dead(broker)] == later, "what came up since was not asked about"
    assert broker.ctl("dead", "drop", "adapter=moves", "on", "paper", f"confirm={given}", check=False).returncode == 1
    assert broker.ctl_json("--yes", "dead", "drop", "adapter=moves", "on", "paper")["dropped"] == 1
    assert not dead(broker)
    rows = [r for r in audit(broker) if r["kind"] == "DeadDropped"]
    assert len(rows) == 2 and f"#{lost[0]} to #{lost[-1]}" in rows[1]["what"] and rows[1]["reason"] == "on paper"
    broker.stop()
    broker.verify()
    broker.start()


def test_dropping_one_needs_no_second_word(two):
    broker, sales, moves, case = two
    (lost,) = make_dead(broker, sales, moves, case)
    assert broker.ctl_json("dead", "drop", "moves", str(lost), "told", "by", "telephone")["dropped"] == 1
    assert not dead(broker)
    after = ok(do(sales, "note_added", case=case.case, text="after")).sequence
    item = moves.take()
    assert item.sequence == after and not item.gap, "nothing is missing any more that anybody wants"
    moves.settle(after)


def test_a_range_is_delivered_again(two):
    broker, sales, moves, case = two
    settled = [ok(do(sales, "note_added", case=case.case, text=f"n{i}")).sequence for i in range(3)]
    for sequence in settled:
        assert moves.take().sequence == sequence
        moves.settle(sequence)
    (lost,) = make_dead(broker, sales, moves, case)
    waiting = ok(do(sales, "note_added", case=case.case, text="waiting")).sequence
    assert moves.take().sequence == waiting  # out, and not settled
    private = open_case(sales)  # not addressed to moves
    span = f"{settled[0]}..{private.sequence}"
    dry = broker.ctl_json("redeliver", "moves", span, "dry-run")
    assert (dry["addressed"], dry["still_in_the_inbox"], dry["dead_letters"], dry["requeued"]) == (5, 1, 1, 0)
    assert {e["event"]: e["state"] for e in dry["events"]} == {**dict.fromkeys(settled, "settled"), lost: "dead letter", waiting: "in the inbox"}
    done = broker.ctl_json("redeliver", "moves", span, "restored", "from", "a", "backup")
    assert done["requeued"] == 4 and not dead(broker)
    moves.settle(waiting)
    for sequence in settled + [lost]:
        item = moves.take()
        assert item.sequence == sequence and item.redelivery
        moves.settle(sequence)
    assert not moves.until(lambda: moves.deliveries, 0.3)
    assert broker.ctl("redeliver", "moves", "7", "why", check=False).returncode == 2
    assert broker.ctl("redeliver", "shop", "1..2", "why", check=False).returncode == 1
    broker.stop()
    broker.verify()
    broker.start()


# ---- interventions


def seen_by(client, case):
    return view(client, case=case.case).case


def test_an_offer_expires_and_is_made_and_withdrawn(two):
    broker, sales, moves, case = two
    made = broker.ctl_json("offer", "make", case.ref, "moves", "sales", "is", "swamped")
    assert made["for"] == "sales" and made["events"][0]["kind"] == "HandoffOffered"
    offer = moves.take()
    told = offer.recorded.event
    assert told.handoff_offered.to == "moves" and told.department == "sales" and told.operator and told.operator_reason == "sales is swamped"
    moves.settle(offer.sequence)
    again = broker.ctl("offer", "make", case.ref, "billing", "in", "a", "hurry", check=False)
    assert again.returncode == 1 and "offer withdraw" in again.stderr
    words = broker.ctl("history", case.ref)
    assert re.search(r"\[operator \S+ for sales: sales is swamped\]", re.sub(r"\s+", " ", words))
    broker.ctl("offer", "withdraw", case.ref, "moves", "asked", "us", "to")
    item = moves.take()
    assert item.recorded.event.WhichOneof("kind") == "handoff_withdrawn" and item.recorded.event.operator
    moves.settle(item.sequence)
    broker.ctl("offer", "make", case.ref, "moves", "again")
    moves.settle(moves.take().sequence)
    done = broker.ctl_json("offer", "expire", case.ref, "nobody", "is", "there")
    assert done["events"][0]["kind"] == "HandoffExpired" and done["events"][0]["department"] == "baton"
    way = re.sub(r"\s+", " ", broker.ctl("journey", case.ref))
    assert "for sales: HandoffOffered" in way and ": HandoffExpired" in way
    anonymous = broker.ctl("journey", case.ref, "anonymous")
    assert "swamped" not in anonymous and "operator" not in anonymous
    kinds = [audit_row["kind"] for audit_row in audit(broker)]
    assert kinds == ["HandoffExpired", "HandoffOffered", "HandoffWithdrawn", "HandoffOffered"]
    assert broker.ctl("offer", "expire", case.ref, "again", check=False).returncode == 1


def test_promises_questions_work(two):
    broker, sales, moves, case = two
    soon = int(time.time() + 3600) * 1_000_000
    promise = ok(do(moves, "promise_made", case=case.case, type="PROMISE_TYPE_CALLBACK", due_us=soon, text="call"))
    kept = ok(do(moves, "promise_made", case=case.case, type="PROMISE_TYPE_VISIT", due_us=soon, text="visit"))
    work = ok(do(moves, "work_started", case=case.case, action="refund", subject="invoice 1"))
    question = seen_by(sales, case).questions[0].id
    late = broker.ctl_json("promise", "renegotiate", str(promise.sequence), "+4h", "agreed=Ann", "she", "is", "out")
    assert late["for"] == "moves" and "agreed with Ann" in late["events"][0]["what"]
    assert broker.ctl_json("promise", "withdraw", str(promise.sequence), "not", "wanted")["for"] == "moves"
    assert broker.ctl_json("promise", "keep", f"#{kept.sequence}", "they", "were", "there")["for"] == "moves"
    assert broker.ctl_json("question", "withdraw", str(question), "answered", "by", "telephone")["for"] == "sales"
    assert broker.ctl_json("work", "fail", str(work.sequence), "their", "system", "is", "gone")["for"] == "moves"
    seen = seen_by(sales, case)
    assert not seen.promises and not seen.questions and not seen.work
    gone = broker.ctl("work", "fail", str(work.sequence), "again", check=False)
    assert gone.returncode == 1 and "show case" in gone.stderr
    assert broker.ctl("promise", "keep", "999999", "why", check=False).returncode == 1
    broker.stop()
    broker.verify()
    broker.start()


def test_a_case_is_ended_reopened_noted_and_gets_an_owner(two):
    broker, sales, moves, case = two
    over = broker.ctl("case", "resolve", case.ref, "all", "is", "well", "for=care", check=False)
    assert over.returncode == 1 and "for=" in over.stderr
    question = seen_by(sales, case).questions[0].id
    broker.ctl("question", "withdraw", str(question), "not", "needed")
    assert broker.ctl_json("owner", "appoint", case.ref, "care", "they", "know", "her")["events"][0]["kind"] == "OwnerAppointed"
    assert broker.ctl_json("case", "resolve", case.ref, "all", "is", "well")["for"] == "sales"
    assert broker.ctl_json("case", "reopen", case.ref, "it", "is", "not")["for"] == "sales"
    stale = broker.ctl("case", "close", case.ref, "version=1", "done", check=False)
    assert stale.returncode == 1 and "version=" in stale.stderr
    assert broker.ctl_json("case", "close", case.ref, "done", "for=care")["for"] == "care"
    broker.ctl("case", "note", case.ref, "looked", "at", "the", "logs")
    assert "looked at the logs" in broker.ctl("history", case.ref)
    assert broker.ctl("case", "close", case.ref, check=False).returncode == 2, "without a reason"


def test_an_adapter_cannot_say_it_is_an_operator(two):
    broker, sales, moves, case = two
    made = event("note_added", case=case.case, text="I am root")
    made.operator = "root"
    refused = sales.ask(unique("key"), made)
    assert code(refused) == "INVALID" and refused.field == "operator"
    made.operator, made.operator_reason = "", "because"
    assert sales.ask(unique("key"), made).field == "operator_reason"
    expired = event("handoff_expired", case=case.case, offer=1)
    assert code(sales.ask(unique("key"), expired)) == "BROKER_ONLY"


def test_the_audit_says_who_and_why(two):
    broker, sales, moves, case = two
    broker.ctl("hold", "billing", "new", "release")
    broker.ctl("resume", "billing", "done")
    broker.ctl("case", "note", case.ref, "hello")
    rows = audit(broker)
    assert [r["kind"] for r in rows] == ["NoteAdded", "AdapterHeld", "AdapterHeld"]
    assert rows[1]["what"] == "resumed billing" and rows[2]["what"] == "held billing" and rows[2]["reason"] == "new release"
    assert len({r["operator"] for r in rows}) == 1 and rows[0]["case"] == case.ref
    assert [r["event"] for r in audit(broker, "limit=1", f"from={rows[1]['event']}")] == [rows[1]["event"]]
    assert "held billing" in broker.ctl("show", "audit")


def test_root_says_for_whom(two):
    broker, sales, moves, case = two
    done = broker.ctl("--as", "ann", "case", "note", case.ref, "hello", check=False)
    if os.geteuid() == 0:
        assert done.returncode == 0 and audit(broker)[0]["operator"] == "ann (root)"
        assert broker.ctl("--as", "a b", "status", check=False).returncode == 2
    else:
        assert done.returncode == 1 and "root" in done.stderr


# ---- adapters pass it on


PROGRAM = """
import json, os, sys
item = json.loads(sys.stdin.read())
with open("got", "a") as got:
    got.write(json.dumps({"item": item, "env": os.environ.get("BATON_REDELIVERY")}) + "\\n")
"""


def test_a_program_hears_of_a_redelivery(two, tmp_path):
    broker, sales, moves, case = two
    moves.close()
    (tmp_path / "program.py").write_text(PROGRAM)
    run = Adapter(broker, "baton-exec", "moves", tmp_path, {"command": f"{sys.executable} program.py", "directory": ".", "mode": "each"})
    run.start()
    try:
        sent = ok(do(sales, "note_added", case=case.case, text="hello")).sequence
        got = tmp_path / "got"
        harness.wait_for(lambda: len(lines(got)) == 1)
        harness.wait_for(lambda: broker.ctl_json("redeliver", "moves", f"{sent}..{sent}", "dry-run")["still_in_the_inbox"] == 0)
        assert broker.ctl_json("redeliver", "moves", f"{sent}..{sent}", "once", "more")["requeued"] == 1
        harness.wait_for(lambda: len(lines(got)) == 2)
        first, again = lines(got)
        assert "redelivery" not in first["item"] and first["env"] is None
        assert again["item"]["redelivery"] is True and again["env"] == "1" and again["item"]["sequence"] == first["item"]["sequence"]
    finally:
        run.close()


def test_an_export_writes_a_redelivery_again(two, tmp_path):
    broker, sales, moves, case = two
    moves.close()
    out = Adapter(broker, "baton-file", "moves", tmp_path, {"export": Raw('{ folder = "out"; format = "jsonl"; seconds = 1; }')})
    out.start()
    try:
        sent = ok(do(sales, "note_added", case=case.case, text="hello")).sequence

        def rows():
            found = [line for path in (tmp_path / "out").glob("deliveries-*") for line in path.read_text().splitlines()]
            return [row for row in map(json.loads, found) if str(sent) in (str(row.get("sequence")), str(row.get("delivery")))]

        harness.wait_for(lambda: len(rows()) == 1)
        harness.wait_for(lambda: broker.ctl_json("redeliver", "moves", f"{sent}..{sent}", "dry-run")["still_in_the_inbox"] == 0)
        broker.ctl("redeliver", "moves", f"{sent}..{sent}", "the", "folder", "was", "lost")
        harness.wait_for(lambda: len(rows()) == 2)
    finally:
        out.close()


# ---- many


def test_many_go_in_several_units_and_say_how_far(two):
    """More than one unit holds: each is durable by itself, a line of progress comes before the answer, others are served."""
    broker, sales, moves, case = two
    many = 4500
    numbers = [sales.submit(unique("key"), event("note_added", case=case.case, text="x")) for _ in range(many)]
    assert sales.until(lambda: numbers[-1] in sales.receipts, 60)
    for n in numbers:
        moves.settle(sales.receipts[n].sequence)  # whatever is out: an inbox row is settled by its number
    first = sales.receipts[numbers[0]].sequence
    span = f"{first}..{sales.receipts[numbers[-1]].sequence}"
    harness.wait_for(lambda: broker.ctl_json("redeliver", "moves", span, "dry-run", "lines=1")["still_in_the_inbox"] == 0)
    moves.close()
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(60)
        s.connect(str(broker.folder / "run/admin.sock"))
        s.sendall(f"json redeliver moves {span} lines=1 after a restore\n".encode())
        text = b""
        while not text.endswith(b"\n.\n"):
            text += s.recv(65536)
    answer = json.loads(text.decode().partition("\n")[2].rpartition("\n.\n")[0])
    assert answer["requeued"] == many and len(answer["events"]) == 1
    rows = [r for r in audit(broker, "limit=100") if r["kind"] == "Requeued"]
    assert all(len(r["what"]) for r in rows) and sum(int(r["what"].split()[0]) for r in rows) == many
    broker.stop()
    broker.verify()
    broker.start()
