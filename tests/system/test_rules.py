"""The events of this version over the wire: what each does, and what it is refused for."""
import pytest

import harness
from events import card, code, do, event, hand_over, history, ok, open_case, phone, unique, view
from baton import event_pb2, frame_pb2

KINDS = [f.name for f in event_pb2.Event.DESCRIPTOR.oneofs_by_name["kind"].fields]
BROKERS = {"handoff_directed", "handoff_extended", "handoff_expired", "question_overdue", "promise_at_risk", "promise_broken",
           "work_lapsed", "conflict_found", "escalated", "reminded"}


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_event_changes_nothing_it_should_not(connect, kind):
    """Every kind with nothing in it: refused with a code and a sentence, or one that needs no more than its name."""
    sales = connect("sales")
    case = open_case(sales).case
    receipt = do(sales, kind, case=case)
    expected = "BROKER_ONLY" if kind in BROKERS else "NOT_YET" if kind == "customer_erased" else None
    assert not expected or code(receipt) == expected
    assert code(receipt) == "OK" or receipt.text
    if code(receipt) != "OK":
        assert ok(view(sales, case=case)).case.version == 1


@pytest.mark.parametrize("kind, field, value", [
    ("case_opened", "custodian", "moves"), ("case_opened", "number", 7), ("handoff_offered", "from", "sales"),
    ("handoff_offered", "digest", b"0" * 16), ("case_reopened", "cause", "CAUSE_ASKED"), ("contact_logged", "mention", True)])
def test_fields_of_the_broker_are_refused(connect, kind, field, value):
    assert code(do(connect("sales"), kind, by=phone(), **{field: value})) in ("INVALID", "BROKER_ONLY")


@pytest.mark.parametrize("kind, fields, field", [
    ("note_added", {}, "note_added.text"), ("fact_recorded", {"key": "a"}, "fact_recorded.value"),
    ("fact_recorded", {"key": "A b", "value": "x"}, "fact_recorded.key"), ("attempt_failed", {}, "attempt_failed.route"),
    ("correction_made", {"text": "x"}, "correction_made.supersedes"), ("status_changed", {"status": "STATUS_PENDING"}, "status_changed.pending_on"),
    ("status_changed", {"status": "STATUS_CLOSED"}, "status_changed.status"), ("handoff_reported", {}, "handoff_reported.to")])
def test_what_is_required_is_missed_by_name(connect, kind, fields, field):
    sales = connect("sales")
    receipt = do(sales, kind, case=open_case(sales).case, **fields)
    assert (code(receipt), receipt.field) == ("INVALID", field)


def test_no_wrong_door(connect):
    sales, moves = connect("sales"), connect("moves", credit=4)
    receipt = open_case(sales, "move.internet")
    assert receipt.to == "moves" and receipt.offer
    seen = ok(view(sales, case=receipt.case)).case
    assert (seen.custodian, seen.offer.to, seen.owner) == ("sales", "moves", "moves")
    assert moves.take().recorded.case == receipt.case


def test_an_unattended_department_never_holds_custody(connect):
    receipt = open_case(connect("shop"), "move.internet")
    seen = ok(view(connect("care"), case=receipt.case)).case
    assert seen.custodian == "care" and seen.offer.to == "moves"


def test_offer_carries_the_card_and_custody_moves_with_the_accept(connect):
    sales, billing = connect("sales"), connect("billing", credit=8)
    case = open_case(sales, title="New phone").case
    ok(do(sales, "fact_recorded", case=case, key="model", value="X 12"))
    ok(do(sales, "attempt_failed", case=case, route="self-service", error_code="500"))
    offer = ok(do(sales, "handoff_offered", case=case, to="billing", next_step="Refund")).offer
    delivery = billing.take()
    while delivery.sequence != offer:
        billing.settle(delivery.sequence)
        delivery = billing.take()
    assert delivery.card.title == "New phone" and delivery.card.next_step == "Refund" and len(delivery.digest) == 16
    assert [(f.key, f.value) for f in delivery.card.facts] == [("model", "X 12")]
    assert [t.route for t in delivery.card.tried] == ["self-service"]
    assert ok(view(sales, case=case)).case.custodian == "sales"
    assert code(do(billing, "handoff_accepted", case=case, offer=offer, digest=b"x" * 16)) == "WRONG_CARD"
    assert code(do(sales, "handoff_accepted", case=case, offer=offer, digest=delivery.digest)) == "NOT_OFFERED"
    assert code(do(billing, "handoff_accepted", case=case, offer=offer + 1, digest=delivery.digest)) == "NO_SUCH_OFFER"
    ok(do(billing, "handoff_accepted", case=case, offer=offer, digest=delivery.digest))
    seen = ok(view(sales, case=case)).case
    assert seen.custodian == "billing" and not seen.HasField("offer")
    assert [s.department for s in seen.trail] == ["sales", "billing"]


def test_the_card_query_tells_the_digest(connect):
    sales, billing = connect("sales"), connect("billing")
    case = open_case(sales).case
    assert ok(card(sales, case)).card.digest == b"" and ok(card(sales, case)).card.offer == 0
    hand_over(sales, billing, case, "billing")


def test_the_cases_on_offer_to_a_department(connect):
    sales, moves = connect("sales"), connect("moves", credit=4)
    offered, kept = open_case(sales, "move.internet").case, open_case(sales).case

    def listed(**which):
        return {row.id: row.offered_to for row in ok(moves.query(cases=frame_pb2.CasesQuery(**which))).cases.rows}

    harness.wait_for(lambda: offered in listed(), what="the list, which is of the last checkpoint")
    assert listed(offered_to="moves")[offered] == "moves" and kept not in listed()
    assert offered not in listed(offered_to="billing") and set(listed(offered_to="moves").values()) == {"moves"}


def test_one_open_offer_only_the_custodian_only_while_open(connect):
    sales, billing, moves = connect("sales"), connect("billing"), connect("moves")
    case = open_case(sales).case
    hand_over(sales, billing, case, "billing")
    assert code(do(sales, "handoff_offered", case=case, to="moves")) == "NOT_CUSTODIAN"
    ok(do(billing, "handoff_offered", case=case, to="moves"))
    assert code(do(billing, "handoff_offered", case=case, to="care")) == "OFFER_OPEN"
    assert code(do(moves, "handoff_offered", case=case, to="care")) == "NOT_CUSTODIAN"
    assert code(do(billing, "case_resolved", case=case)) == "OFFER_OPEN"
    assert code(do(billing, "case_closed", case=case)) == "OFFER_OPEN"


def test_offers_to_nowhere(connect):
    sales = connect("sales")
    case = open_case(sales).case
    assert code(do(sales, "handoff_offered", case=case, to="nowhere")) == "UNKNOWN_DEPARTMENT"
    assert code(do(sales, "handoff_offered", case=case, to="shop")) == "INVALID"
    assert code(do(sales, "handoff_offered", case=case, to="sales")) == "INVALID"
    assert code(do(sales, "handoff_offered", case=case, topic="garden")) == "NO_HANDLER"
    assert ok(do(sales, "handoff_offered", case=case, topic="move.internet")).to == "moves"


def test_accept_of_a_withdrawn_offer(connect):
    sales, moves = connect("sales"), connect("moves")
    case = open_case(sales).case
    offer = ok(do(sales, "handoff_offered", case=case, to="moves")).offer
    digest = ok(card(moves, case)).card.digest
    assert code(do(moves, "handoff_withdrawn", case=case, offer=offer)) == "NOT_CUSTODIAN"
    ok(do(sales, "handoff_withdrawn", case=case, offer=offer))
    assert code(do(moves, "handoff_accepted", case=case, offer=offer, digest=digest)) == "NO_SUCH_OFFER"
    assert code(do(sales, "handoff_withdrawn", case=case, offer=offer)) == "NO_SUCH_OFFER"


def test_refusals_are_coded(connect):
    sales, moves = connect("sales"), connect("moves")
    case = open_case(sales).case
    offer = ok(do(sales, "handoff_offered", case=case, to="moves")).offer
    refuse = dict(case=case, offer=offer)
    assert code(do(moves, "handoff_refused", **refuse)) == "INVALID"
    assert code(do(moves, "handoff_refused", reason="REFUSAL_REASON_OTHER", **refuse)) == "INVALID"
    assert code(do(moves, "handoff_refused", reason="REFUSAL_REASON_MISSING_INFORMATION", **refuse)) == "INVALID"
    assert code(do(moves, "handoff_refused", reason="REFUSAL_REASON_WRONG_DEPARTMENT", right_department="nowhere", **refuse)) == "UNKNOWN_DEPARTMENT"
    ok(do(moves, "handoff_refused", reason="REFUSAL_REASON_MISSING_INFORMATION", text="Which house?", **refuse))
    assert ok(view(sales, case=case)).case.custodian == "sales"
    assert history(sales, case)[-1].event.handoff_refused.text == "Which house?"


def test_reported_handoff_takes_a_grant_for_both(connect):
    desk, sales = connect("desk", credit=8), connect("sales")
    case = open_case(desk).case
    assert code(do(desk, "handoff_reported", case=case, to="billing")) == "NOT_GRANTED"
    ok(do(desk, "handoff_reported", case=case, to="desk-b", next_step="Swap it"))
    assert ok(view(desk, case=case)).case.custodian == "desk-b"
    arrived = desk.take()
    while not arrived.recorded.event.HasField("handoff_reported"):
        desk.settle(arrived.sequence)
        arrived = desk.take()
    assert arrived.card.next_step == "Swap it"
    ours = open_case(sales).case
    ok(do(sales, "handoff_offered", case=ours, to="desk-a"))
    assert code(do(desk, "handoff_reported", case=ours, to="desk-b")) == "NOT_GRANTED"


def test_pending_and_open_again(connect):
    sales, moves = connect("sales"), connect("moves")
    case = open_case(sales).case
    assert code(do(sales, "status_changed", case=case, status="STATUS_OPEN")) == "WRONG_STATUS"
    ok(do(sales, "status_changed", case=case, status="STATUS_PENDING", pending_on="PENDING_ON_CUSTOMER"))
    seen = ok(view(sales, case=case)).case
    assert (seen.status, seen.pending_on) == (2, 1)
    ok(do(sales, "status_changed", case=case, status="STATUS_OPEN"))
    ok(do(sales, "handoff_offered", case=case, to="moves"))
    assert code(do(moves, "status_changed", case=case, status="STATUS_PENDING", pending_on="PENDING_ON_OTHER")) == "NOT_CUSTODIAN"


def test_resolve_reopen_close(connect):
    sales = connect("sales")
    case = open_case(sales).case
    assert code(do(sales, "case_reopened", case=case)) == "WRONG_STATUS"
    ok(do(sales, "case_resolved", case=case, resolution="done"))
    assert code(do(sales, "case_resolved", case=case)) == "WRONG_STATUS"
    assert code(do(sales, "handoff_offered", case=case, to="moves")) == "WRONG_STATUS"
    ok(do(sales, "note_added", case=case, text="a note is always welcome"))
    ok(do(sales, "case_reopened", case=case, reason="not done"))
    ok(do(sales, "case_closed", case=case))
    assert code(do(sales, "case_closed", case=case)) == "WRONG_STATUS"
    assert code(do(sales, "status_changed", case=case, status="STATUS_OPEN")) == "WRONG_STATUS"
    ok(do(sales, "case_reopened", case=case))


def test_correction_supersedes_and_both_stay(connect):
    sales, care = connect("sales"), connect("care")
    case = open_case(sales).case
    wrong = ok(do(sales, "note_added", case=case, text="in May")).sequence
    right = ok(do(sales, "correction_made", case=case, supersedes=wrong, text="in June")).sequence
    rows = {e.sequence: e for e in history(sales, case)}
    assert rows[wrong].event.note_added.text == "in May" and rows[wrong].superseded_by == right
    assert code(do(sales, "correction_made", case=case, supersedes=10**9, text="x")) == "NOT_FOUND"
    other = open_case(care, "general").case
    assert code(do(care, "correction_made", case=other, supersedes=wrong, text="x")) == "NOT_FOUND"


def test_a_fact_told_again_replaces_the_value(connect):
    sales = connect("sales")
    case = open_case(sales).case
    for value in ("1", "2"):
        ok(do(sales, "fact_recorded", case=case, key="floor", value=value))
    assert [(f.key, f.value) for f in ok(view(sales, case=case)).case.facts] == [("floor", "2")]


def test_linking_identifiers(connect):
    care, moves, who, mail = connect("care"), connect("moves"), phone(), ("email", unique("m") + "@example.org")
    case = open_case(care, "general", who).case

    def link(client, new, known):
        made = event_pb2.Event()
        made.identifier_linked.identifier.domain, made.identifier_linked.identifier.value = new
        made.identifier_linked.same_as.domain, made.identifier_linked.same_as.value = known
        return client.ask(unique("key"), made)

    assert code(link(moves, mail, who)) == "NOT_GRANTED"
    assert code(link(care, mail, phone())) == "NOT_FOUND"
    assert code(link(care, ("shoe-size", "44"), who)) == "UNKNOWN_DOMAIN"
    ok(link(care, mail, who))
    assert do(care, "note_added", by=mail, text="x").case == case
    someone = phone()
    open_case(care, "general", someone)
    assert code(link(care, mail, someone)) == "IDENTIFIER_TAKEN"
    answer = ok(care.query(find=frame_pb2.FindQuery(identifier=event_pb2.Identifier(domain=who[0], value=who[1]))))
    assert {(i.domain, i.value) for i in answer.customer.identifiers} == {who, mail}


def test_stale(connect):
    sales = connect("sales")
    case = open_case(sales).case
    version = ok(do(sales, "note_added", case=case, text="a")).version
    refused = do(sales, "note_added", case=case, text="b", expected_version=version - 1)
    assert code(refused) == "STALE" and refused.version == version
    ok(do(sales, "note_added", case=case, text="b", expected_version=version))


def test_granted_departments_only(connect):
    sales = connect("sales")
    assert code(do(sales, "case_opened", topic="order", department="billing")) == "NOT_GRANTED"
    assert code(do(sales, "case_opened", topic="order", department="nowhere")) == "UNKNOWN_DEPARTMENT"
    assert code(do(sales, "case_opened", topic="order", reference=("billing", "7"))) == "NOT_GRANTED"
    assert code(do(sales, "case_opened", topic="order", backfill=True)) == "NOT_GRANTED"
    assert code(do(sales, "case_opened", topic="order", labels=["gossip"])) == "INVALID"
    ok(do(sales, "case_opened", topic="order", labels=["payment"]))


def test_bounds_are_refused_never_cut(connect):
    sales = connect("sales")
    case = open_case(sales).case
    for i in range(64):
        ok(do(sales, "fact_recorded", case=case, key=f"f{i}", value="x"))
    assert code(do(sales, "fact_recorded", case=case, key="f64", value="x")) == "LIMIT"
    ok(do(sales, "fact_recorded", case=case, key="f0", value="again"))
    for i in range(16):
        ok(do(sales, "attempt_failed", case=case, route=f"r{i}"))
    assert code(do(sales, "attempt_failed", case=case, route="r16")) == "LIMIT"
    assert code(do(sales, "note_added", case=case, text="x" * 4097)) == "LIMIT"
    ok(do(sales, "note_added", case=case, text="x" * 4096))
    assert code(do(sales, "fact_recorded", case=case, key="f1", value="x" * 257)) == "LIMIT"
    sales.submit("k" * 129, event("note_added", case=case, text="x"))
    sales.until(lambda: False, 10)
    assert code(sales.faults.popleft()) == "LIMIT"


def test_a_customer_has_64_open_cases_at_most(connect):
    sales, who = connect("sales"), phone()
    for i in range(64):
        ok(do(sales, "case_opened", topic=f"order.t{i}", about=f"order.t{i}", by=who))
    assert code(do(sales, "case_opened", topic="order.t64", about="order.t64", by=who)) == "LIMIT"


def test_what_is_recorded_tells_what_was_asked(broker):
    """Last: every request of this module, read back from the journal and decided again, comes to all that it came to."""
    answer = broker.decided_again()
    assert answer["requests"] == answer["same"] > 200 and not answer["not_covered"] and not answer["recorded_otherwise"], answer
