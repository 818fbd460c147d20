"""Receipts, idempotency, and finding the case in each of its ways."""
from events import code, do, event, found, history, now_us, ok, open_case, phone, unique, view
from baton import frame_pb2


def test_receipt_names_event_case_and_way(connect):
    sales = connect("sales")
    receipt = open_case(sales)
    assert receipt.sequence and receipt.case and receipt.ref and receipt.version >= 1 and receipt.customer
    assert found(receipt) == "NEW" and not receipt.duplicate


def test_a_sender_reads_what_it_was_receipted(connect):
    sales = connect("sales")
    for round in range(20):
        case = open_case(sales, title=f"t{round}").case
        note = ok(do(sales, "note_added", case=case, text="just now"))
        assert ok(view(sales, case=case)).case.version == note.version
        assert history(sales, case)[-1].sequence == note.sequence


def test_same_key_same_content_gets_the_stored_receipt(connect):
    sales = connect("sales")
    key, first = unique("key"), now_us()
    raw = event("case_opened", topic="order", by=phone()).SerializeToString()
    one = ok(sales.ask(key, raw, first_us=first))
    two = ok(sales.ask(key, raw, first_us=first))
    assert two.duplicate and not one.duplicate
    assert (two.sequence, two.case, two.ref, two.version) == (one.sequence, one.case, one.ref, one.version)
    assert [e.sequence for e in history(sales, one.case)].count(one.sequence) == 1


def test_the_stored_receipt_outlives_a_restart(own_broker):
    key, raw = unique("key"), event("case_opened", topic="order", by=phone()).SerializeToString()
    first = now_us()
    one = ok(own_broker.client("sales").ask(key, raw, first_us=first))
    own_broker.restart()
    two = ok(own_broker.client("sales").ask(key, raw, first_us=first))
    assert two.duplicate and two.sequence == one.sequence


def test_same_key_other_content_is_a_conflict(connect):
    sales = connect("sales")
    key = unique("key")
    ok(sales.ask(key, event("case_opened", topic="order", title="a")))
    assert code(sales.ask(key, event("case_opened", topic="order", title="b"))) == "CONFLICT"


def test_another_adapters_key_is_another_key(connect):
    key = unique("key")
    one = ok(connect("sales").ask(key, event("case_opened", topic="order", title="a")))
    two = ok(connect("moves").ask(key, event("case_opened", topic="move", title="a")))
    assert one.case != two.case and not two.duplicate


def test_a_refusal_does_not_take_the_key(connect):
    sales = connect("sales")
    key = unique("key")
    assert code(sales.ask(key, event("note_added", case=10**12, text="x"))) == "UNKNOWN_CASE"
    case = open_case(sales).case
    assert not ok(sales.ask(key, event("note_added", case=case, text="x"))).duplicate


def test_first_try_older_than_the_window_is_too_old(connect):
    sales = connect("sales")
    old = now_us() - 15 * 86400 * 10**6
    assert code(sales.ask(unique("key"), event("case_opened", topic="order"), first_us=old)) == "TOO_OLD"
    number = sales.number + 1
    sales.number = number
    sales.send(submit=frame_pb2.Submit(items=[frame_pb2.SubmitItem(
        number=number, source_key=unique("key"), event=event("case_opened", topic="order").SerializeToString())]))
    assert code(sales.until(lambda: sales.receipts.pop(number, None))) == "INVALID"


def test_many_items_in_one_frame(connect):
    sales = connect("sales")
    case = open_case(sales).case
    items = [frame_pb2.SubmitItem(number=sales.number + i, source_key=unique("key"), first_tried_at_us=now_us(),
                                  event=event("note_added", case=case, text=f"n{i}").SerializeToString()) for i in range(1, 51)]
    sales.send(submit=frame_pb2.Submit(items=items))
    sales.number += 50
    assert sales.until(lambda: len(sales.receipts) == 50)
    sequences = [ok(sales.receipts[i.number]).sequence for i in items]
    assert sequences == sorted(sequences)
    assert [e.event.note_added.text for e in history(sales, case)[-50:]] == [f"n{i}" for i in range(1, 51)]


def test_numbers_are_consecutive(connect):
    sales = connect("sales")
    ok(do(sales, "case_opened", topic="order"))
    number = sales.number
    assert code(sales.ask(unique("key"), event("case_opened", topic="order"), number=number + 5)) == "OUT_OF_ORDER"
    assert code(sales.ask(unique("key"), event("case_opened", topic="order"), number=number)) == "OUT_OF_ORDER"
    ok(sales.ask(unique("key"), event("case_opened", topic="order"), number=number + 1))


def test_found_by_id_ref_reference_topic_and_customer(connect):
    sales, who, own = connect("sales"), phone(), unique("local")
    case = open_case(sales, by=who, reference=own)
    ways = [({"case": case.case}, "BY_ID"), ({"ref": case.ref.lower().replace("-", " ")}, "BY_REF"),
            ({"reference": own}, "BY_REFERENCE"), ({"reference": ("sales", own)}, "BY_REFERENCE"),
            ({"by": who, "about": "order"}, "BY_TOPIC"), ({"by": who}, "BY_CUSTOMER")]
    for locator, way in ways:
        receipt = do(sales, "note_added", text="x", **locator)
        assert (found(receipt), receipt.case) == (way, case.case), locator


def test_identifiers_meet_in_one_spelling(connect):
    sales, (_, number) = connect("sales"), phone()
    case = open_case(sales, by=("phone", number)).case
    for spelling in ("0" + number[3:], "0044 " + number[3:], f"{number[:6]} {number[6:]}"):
        assert do(sales, "note_added", text="x", by=("phone", spelling)).case == case
    mail = unique("Ann") + "@Example.org"
    case = open_case(sales, by=("email", mail)).case
    assert do(sales, "note_added", text="x", by=("email", " " + mail.lower())).case == case


def test_several_matches_latest_active_wins_and_the_others_are_named(connect):
    sales, who = connect("sales"), phone()
    one, two = open_case(sales, "order", who).case, open_case(sales, "general", who).case
    ok(do(sales, "note_added", case=one, text="x"))
    receipt = ok(do(sales, "note_added", by=who, text="y"))
    assert receipt.case == one and list(receipt.others) == [two]


def test_a_new_reference_is_bound_to_the_case_that_was_found(connect):
    sales, own = connect("sales"), unique("local")
    case = open_case(sales).case
    ok(do(sales, "contact_logged", case=case, reference=own, channel="CHANNEL_PHONE"))
    assert do(sales, "note_added", reference=own, text="x").case == case


def test_only_some_kinds_make_a_case(connect):
    sales = connect("sales")
    assert code(do(sales, "note_added", by=phone(), text="x")) == "UNKNOWN_CASE"
    assert code(do(sales, "case_resolved", reference=unique("local"))) == "UNKNOWN_CASE"
    for kind, fields in (("contact_logged", {"channel": "CHANNEL_PHONE"}), ("attempt_failed", {"route": "web"}), ("case_opened", {})):
        assert found(do(sales, kind, by=phone(), **fields)) == "NEW"


def test_a_contact_reopens_an_ended_case(connect):
    sales, who = connect("sales"), phone()
    case = open_case(sales, by=who).case
    ok(do(sales, "case_resolved", case=case))
    receipt = do(sales, "contact_logged", by=who, channel="CHANNEL_PHONE")
    assert (found(receipt), receipt.case) == ("REOPENED", case)
    assert view(sales, case=case).case.status == 1


def test_unknown_domain_and_unusable_identifier(connect):
    sales = connect("sales")
    assert code(do(sales, "case_opened", by=("shoe-size", "44"))) == "UNKNOWN_DOMAIN"
    assert code(do(sales, "case_opened", by=("phone", "call me"))) == "INVALID"


def test_a_cursor_is_stored_with_the_event_and_alone(connect):
    sales, source = connect("sales"), unique("drop")

    def stored():
        answer = ok(sales.query(cursor=frame_pb2.CursorQuery(source=source)))
        return answer.cursor.position if answer.cursor.known else None

    assert stored() is None
    ok(sales.ask(unique("key"), event("case_opened", topic="order"), cursor=frame_pb2.Cursor(source=source, position=b"1")))
    assert stored() == b"1"
    refused = sales.ask(unique("key"), event("note_added", case=10**12, text="x"), cursor=frame_pb2.Cursor(source=source, position=b"2"))
    assert code(refused) == "UNKNOWN_CASE" and stored() == b"2"
    sales.number += 1
    sales.send(submit=frame_pb2.Submit(items=[frame_pb2.SubmitItem(number=sales.number, cursor=frame_pb2.Cursor(source=source, position=b"3"))]))
    ok(sales.until(lambda: sales.receipts.pop(sales.number, None)))
    assert stored() == b"3"
