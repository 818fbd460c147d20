"""Backfill: history recorded with the time it happened, by an adapter with the grant, into dormant cases."""
from events import code, do, history, now_us, ok, open_case, unique, view

HOUR = 3600 * 10**6


def tell(archive, kind, local, at, department, **fields):
    return do(archive, kind, reference=("care", local), occurred_at_us=at, department=department, backfill=True, **fields)


def test_a_told_journey(connect):
    archive, local, begin = connect("archive"), unique("old"), now_us() - 1000 * HOUR
    case = ok(tell(archive, "case_opened", local, begin, "sales", topic="order", title="Old")).case
    ok(tell(archive, "handoff_offered", local, begin + HOUR, "sales", to="billing"))
    ok(tell(archive, "handoff_accepted", local, begin + 2 * HOUR, "billing"))
    ok(tell(archive, "status_changed", local, begin + 3 * HOUR, "billing", status="STATUS_PENDING", pending_on="PENDING_ON_CUSTOMER"))
    ok(tell(archive, "case_resolved", local, begin + 5 * HOUR, "billing"))
    billing = connect("billing")
    seen = ok(view(billing, case=case)).case
    assert seen.dormant and seen.custodian == "billing" and seen.status == 3
    rows = history(billing, case)
    assert [e.event.occurred_at_us for e in rows] == [begin + h * HOUR for h in (0, 1, 2, 3, 5)]
    assert all(e.event.backfill for e in rows)


def test_a_dormant_case_is_delivered_to_nobody(own_broker):
    archive, billing = own_broker.client("archive"), own_broker.client("billing", credit=4)
    local, begin = unique("old"), now_us() - 1000 * HOUR
    ok(tell(archive, "case_opened", local, begin, "sales", topic="billing.invoice"))
    ok(tell(archive, "handoff_offered", local, begin + 1, "sales", to="billing"))
    assert billing.take(1.0) is None


def test_backfill_needs_the_grant(connect):
    receipt = do(connect("sales"), "case_opened", topic="order", backfill=True, occurred_at_us=now_us() - HOUR)
    assert (code(receipt), receipt.field) == ("NOT_GRANTED", "backfill")


def test_history_is_too_late_for_a_live_case(connect):
    local = unique("live")
    ok(do(connect("care"), "case_opened", topic="general", reference=local))
    assert code(tell(connect("archive"), "note_added", local, now_us() - HOUR, "care", text="x")) == "BACKFILL_LATE"


def test_no_live_event_into_history(connect):
    archive, local = connect("archive"), unique("old")
    ok(tell(archive, "case_opened", local, now_us() - HOUR, "care", topic="general"))
    refused = do(connect("care"), "note_added", reference=local, text="now")
    assert code(refused) not in ("OK", "INTERNAL")


def test_any_kind_begins_a_history(connect):
    archive = connect("archive")
    for kind, fields in (("note_added", {"text": "x"}), ("fact_recorded", {"key": "a", "value": "b"}), ("attempt_failed", {"route": "web"})):
        assert ok(tell(archive, kind, unique("old"), now_us() - HOUR, "moves", **fields)).case


def test_offer_and_digest_may_be_left_out_only_in_history(connect):
    sales, moves = connect("sales"), connect("moves")
    case = open_case(sales).case
    ok(do(sales, "handoff_offered", case=case, to="moves"))
    assert code(do(moves, "handoff_accepted", case=case)) in ("INVALID", "NO_SUCH_OFFER")
