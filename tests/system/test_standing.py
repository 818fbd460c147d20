"""What stands open: the lists of offers, promises, questions and timers, what the status says of them, and that a record without
the index is made again from the journal."""
import json
import subprocess
import time

import pytest

import harness
from events import card, do, now_us, ok, open_case

HOUR, MINUTE = 3600, 60
FAR_DAY = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[(time.gmtime().tm_wday + 3) % 7]


def due_in(seconds):
    return now_us() + seconds * 1_000_000


def rows(broker, what, *words):
    return broker.ctl_json("show", what, *words)[what]


def trouble(broker):
    return [row["what"] for row in broker.ctl_json("status")["trouble"]]


def advance(broker, seconds):
    broker.ctl("clock", "advance", str(seconds))


def test_offers_are_listed_with_who_is_to_act(own_broker):
    sales, billing = own_broker.client("sales"), own_broker.client("billing")
    first, second = open_case(sales), open_case(sales)
    offer = ok(do(sales, "handoff_offered", case=first.case, to="billing", next_step="Refund")).offer
    ok(do(sales, "handoff_offered", case=second.case, to="moves"))
    listed = rows(own_broker, "offers")
    assert [(r["case"], r["for"], r["by"], r["state"]) for r in listed] == [(first.ref, "billing", "sales", "open"),
                                                                            (second.ref, "moves", "sales", "open")]
    assert listed[0]["offer"] == offer and listed[0]["waits_s"] >= listed[1]["waits_s"] >= 0
    assert listed[0]["next"].startswith("to be answered by ")
    assert [r["case"] for r in rows(own_broker, "offers", "department=moves")] == [second.ref]
    assert rows(own_broker, "offers", "state=waiting") == []
    ok(do(billing, "handoff_countered", case=first.case, offer=offer, at_us=due_in(HOUR), text="full today"))
    assert [(r["case"], r["state"]) for r in rows(own_broker, "offers", "department=sales")] == [(first.ref, "countered")]
    ok(do(sales, "handoff_withdrawn", case=first.case, offer=offer))
    assert [r["case"] for r in rows(own_broker, "offers")] == [second.ref]


def test_an_offer_waits_until_somebody_opens():
    company = json.loads(json.dumps(harness.COMPANY))
    next(d for d in company["departments"] if d["name"] == "moves")["hours"] = [f"{FAR_DAY} 09:00-17:00"]
    broker = harness.fresh_broker(company=company).start()
    try:
        case = open_case(broker.client("shop"), topic="move.internet")
        row, = rows(broker, "offers")
        assert (row["case"], row["state"], row["for"], row["offered_to"]) == (case.ref, "waiting", "care", None)
        assert row["next"].startswith("goes out when somebody opens, ") and row["waits_until"]
        assert rows(broker, "offers", "state=waiting") and not rows(broker, "offers", "state=open")
        assert any("goes out: somebody opens" in r["what"] for r in rows(broker, "timers"))
    finally:
        harness.remove(broker)


def test_promises_come_worst_first(own_broker):
    sales = own_broker.client("sales")
    cases = [open_case(sales) for _ in range(3)]
    for case, due in zip(cases, (9 * HOUR, 3 * HOUR, 2 * HOUR)):
        ok(do(sales, "promise_made", case=case.case, type="PROMISE_TYPE_CALLBACK", due_us=due_in(due), text="call"))
    assert [r["case"] for r in rows(own_broker, "promises")] == [c.ref for c in reversed(cases)]
    assert not [t for t in trouble(own_broker) if "promise" in t]
    advance(own_broker, 2 * HOUR + 30 * MINUTE)
    harness.wait_for(lambda: rows(own_broker, "promises", "state=broken") and rows(own_broker, "promises", "state=at-risk"),
                     what="a broken promise and one at risk")
    listed = rows(own_broker, "promises")
    assert [(r["case"], r["state"], r["for"]) for r in listed] == [(cases[2].ref, "broken", "sales"), (cases[1].ref, "at-risk", "sales"),
                                                                   (cases[0].ref, "open", "sales")]
    assert listed[0]["next"].startswith("raised to ") and listed[1]["next"].startswith("broken from ")
    assert [r["state"] for r in rows(own_broker, "promises", "state=at-risk", "department=sales")] == ["at-risk"]
    assert rows(own_broker, "promises", "department=moves") == []
    said = trouble(own_broker)
    assert "promises to customers broken" in said[0] and any("promises at risk" in t for t in said)
    assert said.index(next(t for t in said if "at risk" in t)) > 0
    ok(do(sales, "promise_kept", case=cases[2].case, promise=listed[0]["promise"]))
    assert not rows(own_broker, "promises", "state=broken") and "broken" not in trouble(own_broker)[0]


def test_questions_come_overdue_first(own_broker):
    sales, billing = own_broker.client("sales"), own_broker.client("billing")
    cases = [open_case(sales) for _ in range(2)]
    late, soon = (ok(do(sales, "question_asked", case=c.case, to="billing", text="paid?", due_us=due_in(d))).sequence
                  for c, d in zip(cases, (9 * HOUR, HOUR)))
    advance(own_broker, 2 * HOUR)
    harness.wait_for(lambda: rows(own_broker, "questions", "state=overdue"), what="a question that is overdue")
    listed = rows(own_broker, "questions")
    assert [(r["question"], r["state"], r["for"], r["by"]) for r in listed] == [(soon, "overdue", "billing", "sales"),
                                                                                (late, "open", "billing", "sales")]
    assert any("questions not answered" in t for t in trouble(own_broker))
    ok(do(billing, "question_answered", case=cases[1].case, question=soon, text="yes"))
    assert [r["question"] for r in rows(own_broker, "questions")] == [late]
    assert not any("questions not answered" in t for t in trouble(own_broker))


def test_lists_go_on_where_they_stopped(own_broker):
    sales = own_broker.client("sales")
    made = [open_case(sales) for _ in range(7)]
    for i, case in enumerate(made):
        ok(do(sales, "promise_made", case=case.case, type="PROMISE_TYPE_VISIT", due_us=due_in((i < 3 and HOUR) + 60 * i + 600)))
    advance(own_broker, 900)
    harness.wait_for(lambda: len(rows(own_broker, "promises", "state=open")) <= 3, what="promises that are due soon")
    for what in ("promises", "timers"):
        whole = own_broker.ctl_json("show", what)
        assert "more_from" not in whole
        seen, words = [], ["limit=2"]
        for _ in range(20):
            page = own_broker.ctl_json("show", what, *words)
            seen += page[what]
            if "more_from" not in page:
                break
            assert len(page[what]) == 2
            words = ["limit=2", f"from={page['more_from']}"]
        assert seen == whole[what] and len(seen) >= 7


@pytest.mark.parametrize("words", [["offers", "state=broken"], ["promises", "state=late"], ["questions", "from=1-2"], ["offers", "from=5-1-1-1"],
                                   ["timers", "from=x-1-1-1"], ["offers", "department=nobody"], ["promises", "limit=0"]])
def test_wrong_words_are_refused(broker, words):
    done = broker.ctl("show", *words, check=False)
    assert done.returncode in (1, 2) and ("USAGE" in done.stderr or "UNKNOWN_DEPARTMENT" in done.stderr), done.stderr


def test_timers_are_said_in_words(broker, connect):
    sales = connect("sales")
    case = open_case(sales)
    promise = ok(do(sales, "promise_made", case=case.case, type="PROMISE_TYPE_VISIT", due_us=due_in(9 * HOUR))).sequence
    question = ok(do(sales, "question_asked", case=case.case, to="billing", text="paid?")).sequence
    work = ok(do(sales, "work_started", case=case.case, action="refund", subject="1")).sequence
    ok(do(sales, "handoff_offered", case=case.case, to="billing"))
    own = [r for r in rows(broker, "timers") if r["case"] == case.ref]
    assert [r["due"] for r in own] == sorted(r["due"] for r in own)
    said = "\n".join(r["what"] for r in own)
    for words in (f"promise #{promise} of sales is ", f"question #{question} to billing is overdue", f"work #{work} of sales lapses",
                  "to billing expires, not answered"):
        assert words in said, said
    assert all(r["held_by"] == "sales" and r["case_id"] == case.case for r in own)


def test_lists_fit_100_columns(broker, connect):
    sales = connect("sales")
    case = open_case(sales)
    ok(do(sales, "handoff_offered", case=case.case, to="billing"))
    ok(do(sales, "promise_made", case=case.case, type="PROMISE_TYPE_CALLBACK", due_us=due_in(HOUR)))
    ok(do(sales, "question_asked", case=case.case, to="billing", text="paid?"))
    for what in ("offers", "promises", "questions", "timers"):
        text = broker.ctl("width", "100", "show", what)
        assert case.ref in text and max(map(len, text.splitlines())) <= 100, text


def test_the_running_configuration_parses_back_and_has_no_secret(broker, tmp_path):
    shown = broker.ctl_json("show", "config")
    assert shown["file"] == str(broker.folder / "broker.conf") and len(shown["digest"]) == 32
    text = broker.ctl("show", "config")
    assert text.startswith(f"# file: {shown['file']}\n# digest: {shown['digest']}\n") and text.endswith(shown["config"])
    secret = broker.key("broker", "secret").decode()
    assert secret not in text and "keys/broker.secret" in text
    (tmp_path / "again.conf").write_text(text)
    dumped = subprocess.run([harness.program("batond"), "--dump", str(tmp_path / "again.conf")], capture_output=True, text=True, timeout=60)
    assert dumped.returncode == 0 and dumped.stdout == shown["config"], dumped.stderr


def test_the_index_survives_a_kill_and_a_record_made_again(own_broker):
    sales, billing = own_broker.client("sales"), own_broker.client("billing")
    cases = [open_case(sales) for _ in range(4)]
    for i, case in enumerate(cases):
        ok(do(sales, "promise_made", case=case.case, type="PROMISE_TYPE_VISIT", due_us=due_in(HOUR * (i + 2))))
        ok(do(sales, "question_asked", case=case.case, to="billing", text="paid?", due_us=due_in(HOUR * (i + 2))))
    offer = ok(do(sales, "handoff_offered", case=cases[0].case, to="billing")).offer
    ok(do(billing, "handoff_accepted", case=cases[0].case, offer=offer, digest=ok(card(billing, cases[0].case)).card.digest))
    ok(do(sales, "handoff_offered", case=cases[1].case, to="billing"))
    ok(do(sales, "case_closed", case=cases[2].case, reason="over"))

    def all_lists():
        return [[{k: v for k, v in row.items() if k != "waits_s"} for row in rows(own_broker, what)]
                for what in ("offers", "promises", "questions", "timers")]

    before = all_lists()
    assert [len(rows_of) for rows_of in before[:3]] == [1, 4, 4], "what is owed outlives the case"
    assert {r["for"] for r in before[1]} == {"billing", "sales"}, "promises pass on with custody"
    own_broker.kill()
    own_broker.start()
    assert all_lists() == before
    own_broker.stop()
    own_broker.verify()
    (own_broker.folder / "data/record").rename(own_broker.folder / "record.old")
    own_broker.start()
    assert all_lists() == before
    own_broker.stop()
    assert "standing" in own_broker.verify()
