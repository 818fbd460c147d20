"""A department that means harm, with a key of its own: what the rules give it to read, to block and to grow."""
import collections
import json
import random
import time

import pytest

import harness
from events import card, code, do, event, history, now_us, ok, open_case, phone, submit_all, view
from test_timers import counters

HOUR_US, LAST_US = 3600 * 10**6, 253402300799999999  # the end of the year 9999


@pytest.fixture(scope="module")
def company():
    """care, moves and billing read payments; sales reads contracts alone; law may break the glass."""
    company = json.loads(json.dumps(harness.COMPANY))
    company["departments"] += [{"name": "law", "site": "hq", "break_glass": True}]
    company["adapters"] += [{"name": "law", "department": "law"}]
    reads = {"care": ["contract", "payment"], "moves": ["contract", "payment"], "billing": ["payment"], "sales": ["contract"]}
    for department in company["departments"]:
        if department["name"] in reads:
            department["reads"] = reads[department["name"]]
    return company


@pytest.fixture
def enter(company):
    broker = harness.fresh_broker(company=company).start()
    yield broker.client
    harness.remove(broker)


@pytest.fixture
def stopping():
    """A broker where promises and the customer's deadline stand still while the customer is waited for."""
    broker = harness.fresh_broker(settings={"cases": {"pending_customer_stops": ["promises", "customer-deadline"]}}).start()
    yield broker
    harness.remove(broker)


# ---- times that no sum can hold

@pytest.mark.parametrize("kind, fields", [
    ("case_opened", {"topic": "order", "customer_deadline_us": LAST_US + 1}),
    ("promise_made", {"type": "PROMISE_TYPE_VISIT", "due_us": 2**63 - 1}),
    ("question_asked", {"to": "moves", "text": "x", "due_us": 2**63 - 1}),
    ("handoff_offered", {"to": "moves", "deadline_us": 2**63 - 1}),
    ("status_changed", {"status": "STATUS_PENDING", "pending_on": "PENDING_ON_OTHER", "until_us": 2**63 - 1}),
    ("advisory_issued", {"topic": "order", "text": "x", "until_us": 2**63 - 1})])
def test_no_time_lies_after_the_year_9999(connect, kind, fields):
    sales = connect("sales")
    case = 0 if kind in ("case_opened", "advisory_issued") else open_case(sales).case
    refused = do(sales, kind, case=case, **fields)
    assert code(refused) == "INVALID" and refused.field.startswith(kind)


def test_the_last_time_stops_runs_and_is_extended(stopping):
    sales, last_us = stopping.client("sales"), now_us() + 99 * 365 * 86400 * 10**6
    case = open_case(sales, customer_deadline_us=last_us).case
    ok(do(sales, "promise_made", case=case, type="PROMISE_TYPE_VISIT", due_us=last_us))
    ok(do(sales, "handoff_offered", case=case, to="moves", deadline_us=last_us))
    for _ in range(3):
        ok(do(sales, "status_changed", case=case, status="STATUS_PENDING", pending_on="PENDING_ON_CUSTOMER", until_us=last_us))
        stopping.ctl("clock", "advance", "3600")
        ok(do(sales, "status_changed", case=case, status="STATUS_OPEN"))
    stopping.stop()
    stopping.start(env={"BATON_TEST_CLOCK_S": str(12 * 3600)})
    extended = history(stopping.client("sales"), case)[-1].event.handoff_extended
    assert extended.deadline_us > last_us
    stopping.stop()
    stopping.verify()


# ---- words with a label

def test_a_contact_of_two_labels_opens_a_case_without_words(enter):
    care, sales = enter("care"), enter("sales")
    opened = ok(do(care, "contact_logged", about="general", by=phone(), summary="zanzibar", labels=["contract", "payment"]))
    ok(do(sales, "contact_logged", ref=opened.ref))
    assert b"zanzibar" not in ok(view(sales, case=opened.case)).SerializeToString(), "a reader of one label read what bears two"
    assert history(care, opened.case)[1].event.contact_logged.summary == "zanzibar"
    plain = ok(do(care, "contact_logged", about="general", by=phone(), summary="zanzibar", labels=["contract"]))
    assert ok(view(care, case=plain.case)).case.need == "zanzibar"


def test_a_counter_offer_that_is_accepted_promises_no_labelled_words(enter):
    care, sales, moves = enter("care"), enter("sales"), enter("moves")
    opened = ok(do(care, "case_opened", topic="general", by=phone()))
    ok(do(sales, "contact_logged", ref=opened.ref))
    offer = ok(do(care, "handoff_offered", case=opened.case, to="moves")).offer
    ok(do(moves, "handoff_countered", case=opened.case, offer=offer, at_us=now_us() + HOUR_US, text="zanzibar", labels=["payment"]))
    assert history(care, opened.case)[-1].event.handoff_countered.text == "zanzibar", "the offerer is told all the same"
    ok(do(care, "handoff_accepted", case=opened.case, offer=offer, digest=ok(card(care, opened.case)).card.digest))
    seen = ok(view(sales, case=opened.case))
    assert len(seen.case.promises) == 1 and b"zanzibar" not in seen.SerializeToString()
    assert not any(b"zanzibar" in row.SerializeToString() for row in history(sales, opened.case))


@pytest.mark.parametrize("adapter, kind, fields", [
    ("sales", "feedback_given", {"source": "FEEDBACK_SOURCE_CUSTOMER", "score": 9}), ("law", "restricted_read", {"reason": "x"})])
def test_who_takes_no_part_is_not_told_the_version(enter, adapter, kind, fields):
    case = ok(do(enter("moves"), "case_opened", topic="move.internet", by=phone())).case
    ok(do(enter(adapter), kind, case=case, expected_version=99, **fields))


# ---- blocking and growing

def test_counter_offers_keep_no_offer_open(connect):
    sales, moves = connect("sales"), connect("moves")
    case = open_case(sales).case
    offer = ok(do(sales, "handoff_offered", case=case, to="moves")).offer
    deadlines = set()
    for hours in range(1, 5):
        ok(do(moves, "handoff_countered", case=case, offer=offer, at_us=now_us() + hours * HOUR_US))
        deadlines.add(ok(view(sales, case=case)).case.offer.deadline_us)
    assert len(deadlines) == 1, "each proposal gives the offerer, and so the proposer, more time"


def test_the_custodian_ends_work_that_blocks_the_case(connect):
    care, moves, outsider = connect("care"), connect("moves"), connect("outsider")
    case = open_case(care, "general").case
    question = ok(do(care, "question_asked", case=case, to="moves", text="?")).sequence
    work = [ok(do(moves, "work_started", case=case, action="a", subject=f"contract {i}", lease_s=31 * 86400, exclusive=True)).sequence
            for i in range(16)]
    ok(do(moves, "question_answered", case=case, question=question, text="!"))
    assert code(do(care, "work_started", case=case, action="a", subject="mine")) == "LIMIT"
    assert code(do(care, "work_finished", case=case, work=work[0])) == "NOT_YOURS"
    assert code(do(outsider, "work_failed", case=case, work=work[0], text="x")) == "UNKNOWN_CASE"
    ok(do(care, "work_failed", case=case, work=work[0], text="nobody does it"))
    ok(do(care, "work_started", case=case, action="a", subject="contract 0"))


def test_scores_without_end_do_not_grow_a_case(own_broker):
    sales = own_broker.client("sales")
    case = open_case(sales).case
    for _ in range(20):
        ok(do(sales, "feedback_given", case=case, source="FEEDBACK_SOURCE_CUSTOMER", score=1))
    own_broker.stop()
    record = (own_broker.folder / "data/record/data.mdb").read_bytes()
    assert b"R\x04care" in record, "who was told, in a concern"
    assert b"R\x04care" * 2 not in record, "and told again with each score"


def test_advisories_without_pause_do_not_keep_others_from_the_cases(own_broker):
    moves, billing = own_broker.client("moves"), own_broker.client("billing")
    submit_all(moves, [event("case_opened", topic="move.internet") for _ in range(3000)])
    codes = collections.Counter()
    for _ in range(10):
        issued = submit_all(moves, [event("advisory_issued", topic="move", text="x") for _ in range(60)], 60)
        codes.update(map(code, issued))
        submit_all(moves, [event("advisory_ended", advisory=r.sequence) for r in issued if r.sequence], 60)
    assert codes.keys() == {"OK", "LIMIT"}
    case = open_case(billing, "billing.invoice").case
    harness.wait_for(lambda: code(do(billing, "advisory_issued", topic="billing", text="true")) == "OK", 20, "room for another")
    harness.wait_for(lambda: history(billing, case)[-1].event.HasField("advisory_issued"), 20, "the advisory")


def test_kills_amid_sweeps_and_timers_leave_each_effect_once(own_broker):
    chance = random.Random(5)
    moves = own_broker.client("moves")
    cases = [r.case for r in submit_all(moves, [event("case_opened", topic="move.internet") for _ in range(1000)])]
    due_us = now_us() + HOUR_US
    submit_all(moves, [event("promise_made", case=c, type="PROMISE_TYPE_CALLBACK", due_us=due_us) for c in cases])
    ok(do(moves, "advisory_issued", topic="move", text="x"))
    for _ in range(4):
        time.sleep(chance.uniform(0.02, 0.15))  # the random moment, not a synchronisation
        own_broker.kill()
        own_broker.start(env={"BATON_TEST_CLOCK_S": "7200"})
    moves = own_broker.client("moves")

    def effects(case):
        kinds = collections.Counter(row.event.WhichOneof("kind") for row in history(moves, case))
        return kinds["advisory_issued"], kinds["promise_broken"], kinds["escalated"]

    harness.wait_for(lambda: effects(cases[-1]) >= (1, 1, 1) and effects(cases[0]) >= (1, 1, 1), 60, "the last effects")
    assert {effects(case) for case in cases} == {(1, 1, 1)} and counters(own_broker)["timers_stuck"] == 0
    own_broker.stop()
    own_broker.verify()
