"""Bad input: each gets its coded refusal or a counted drop, and the session and the process go on."""
import os

import pytest

from events import code, do, event, now_us, ok, open_case, phone, unique
from baton import event_pb2, frame_pb2


@pytest.fixture
def sales(connect):
    client = connect("sales")
    yield client
    client.faults.clear()
    ok(do(client, "case_opened", topic="order"))  # whatever happened, it goes on


def fault_to(client, raw):
    client.socket.send(raw)
    client.until(lambda: False, 10)
    assert client.faults, "no Fault came"
    return code(client.faults.popleft())


def frame(**kind):
    return frame_pb2.Frame(protocol=1, **kind).SerializeToString()


def raw_event(client, raw):
    """The code that an encoded event gets."""
    receipt = client.ask(unique("key"), raw)
    return code(receipt)


def test_garbage_bytes(sales):
    for _ in range(20):
        assert fault_to(sales, b"\xff" + os.urandom(200)) in ("BAD_FRAME", "UNKNOWN_FIELD")


def test_empty_frame(sales):
    assert fault_to(sales, b"") in ("BAD_FRAME", "BAD_PROTOCOL")


def test_truncated_frames(sales):
    whole = frame(submit=frame_pb2.Submit(items=[frame_pb2.SubmitItem(
        number=sales.number + 1, source_key="k", first_tried_at_us=now_us(), event=event("note_added", case=1, text="x").SerializeToString())]))
    for cut in range(3, len(whole)):
        assert fault_to(sales, whole[:cut]) in ("BAD_FRAME", "UNKNOWN_FIELD", "INVALID", "BAD_PROTOCOL")


def test_truncated_events(sales):
    whole = event("note_added", case=1, text="hello").SerializeToString()
    for cut in range(1, len(whole)):
        assert raw_event(sales, whole[:cut]) in ("INVALID", "UNKNOWN_FIELD", "BAD_FRAME", "UNKNOWN_CASE")


def test_oversized_frame_ends_the_connection_and_nothing_else(broker, connect, sales):
    moves = connect("moves")
    moves.socket.send(frame(goodbye=frame_pb2.Goodbye(reason="x" * 70000)))
    case = open_case(sales).case
    assert case
    moves.socket.close(linger=0)


def test_extra_parts_are_dropped_and_counted(broker, sales):
    def dropped():
        stats = broker.ctl_json("show", "counters")
        return find_number(stats, "frames_dropped")

    before = dropped()
    sales.socket.send_multipart([frame(credit=frame_pb2.Credit(window=1)), b"more"])
    ok(do(sales, "case_opened", topic="order"))
    assert dropped() == before + 1


def find_number(tree, name):
    """The number that a JSON answer gives a name, wherever it stands."""
    if isinstance(tree, dict):
        if isinstance(tree.get(name), (int, float)):
            return tree[name]
        if name in tree.values():
            return next(v for v in tree.values() if isinstance(v, (int, float)))
        tree = list(tree.values())
    if isinstance(tree, list):
        for row in tree:
            if (number := find_number(row, name)) is not None:
                return number
    return None


def test_wrong_protocol_version(sales):
    for protocol in (0, 2, 4294967295):
        made = frame_pb2.Frame(protocol=protocol, credit=frame_pb2.Credit(window=1)).SerializeToString()
        assert fault_to(sales, made) == "BAD_PROTOCOL"


def test_frames_that_only_the_broker_sends(sales):
    for kind in ({"welcome": frame_pb2.Welcome()}, {"receipt": frame_pb2.Receipt()}, {"delivery": frame_pb2.Delivery()},
                 {"answer": frame_pb2.Answer()}, {"fault": frame_pb2.Fault()}):
        assert fault_to(sales, frame(**kind)) == "BAD_FRAME"


def test_frame_without_a_kind(sales):
    assert fault_to(sales, frame_pb2.Frame(protocol=1).SerializeToString()) in ("BAD_FRAME", "INVALID")


def test_claimed_department_that_is_not_granted(sales):
    assert code(do(sales, "case_opened", topic="order", department="moves")) == "NOT_GRANTED"
    answer = sales.query(department="moves", who_handles=frame_pb2.WhoHandlesQuery(topic="order"))
    assert code(answer) == "NOT_GRANTED"


def test_unknown_fields(sales):
    case = open_case(sales).case
    assert raw_event(sales, event("note_added", case=case, text="x").SerializeToString() + b"\xb2\x3e\x01a") == "UNKNOWN_FIELD"
    note = event_pb2.NoteAdded(text="x").SerializeToString() + b"\xb2\x3e\x01a"
    head = event("note_added", case=case).SerializeToString()[: -len(b"\x9a\x01\x00")]
    assert raw_event(sales, head + b"\x9a\x01" + bytes([len(note)]) + note) == "UNKNOWN_FIELD"
    assert fault_to(sales, frame(credit=frame_pb2.Credit(window=1)) + b"\xb2\x3e\x01a") == "UNKNOWN_FIELD"


def test_field_number_zero(sales):
    assert raw_event(sales, event("note_added", case=1, text="x").SerializeToString() + b"\x00\x01") in ("INVALID", "UNKNOWN_FIELD", "BAD_FRAME")


def test_the_same_field_twice(sales):
    raw = event("note_added", case=1, text="x").SerializeToString()
    assert raw_event(sales, raw + b"\x12\x05sales" + b"\x12\x05sales") == "INVALID"


def test_invalid_utf8(sales):
    case = open_case(sales).case
    for bad in (b"\xff\xfe", b"\xc0\xaf", b"\xed\xa0\x80", b"a\x80"):
        raw = event("note_added", case=case, text="Z" * len(bad)).SerializeToString().replace(b"Z" * len(bad), bad)
        assert raw_event(sales, raw) == "INVALID"


def test_embedded_nul(sales):
    case = open_case(sales).case
    raw = event("note_added", case=case, text="aZb").SerializeToString().replace(b"aZb", b"a\0b")
    assert raw_event(sales, raw) == "INVALID"
    raw = event("note_added", text="x", about="order").SerializeToString().replace(b"order", b"ord\0r")
    assert raw_event(sales, raw) == "INVALID"


def test_out_of_range_enums(sales):
    case = open_case(sales).case
    for kind, field in (("contact_logged", "channel"), ("contact_logged", "outcome"), ("status_changed", "status"), ("case_opened", "priority")):
        for value in (99, 2**31 - 1, -1):
            made = event(kind, case=case)
            setattr(getattr(made, kind), field, value)
            assert code(sales.ask(unique("key"), made)) == "INVALID", (kind, field, value)
    sales.send(settle=frame_pb2.Settle(items=[frame_pb2.SettleItem(sequence=1, verdict=77)]))
    sales.until(lambda: False, 10)
    assert code(sales.faults.popleft()) in ("INVALID", "BAD_FRAME")


def test_unknown_case(sales):
    assert code(do(sales, "note_added", case=10**15, text="x")) == "UNKNOWN_CASE"
    assert code(do(sales, "note_added", ref="0001-0", text="x")) in ("UNKNOWN_CASE", "INVALID")
    assert code(do(sales, "note_added", ref="!", text="x")) in ("UNKNOWN_CASE", "INVALID")
    assert code(do(sales, "note_added", reference=unique("local"), text="x")) == "UNKNOWN_CASE"


def test_event_without_a_kind_and_no_event_at_all(sales):
    assert code(sales.ask(unique("key"), event_pb2.Event(department="sales"))) == "INVALID"
    nothing = frame_pb2.SubmitItem(number=sales.number + 1, source_key="k", first_tried_at_us=now_us())
    assert fault_to(sales, frame(submit=frame_pb2.Submit(items=[nothing]))) == "INVALID"


def test_bad_names(sales):
    for name in ("Sales", "sa les", "x" * 33, "sales.x", "ä"):
        assert code(do(sales, "case_opened", topic="order", department=name)) in ("INVALID", "LIMIT", "UNKNOWN_DEPARTMENT")
    for topic in ("Order", "order..x", ".order", "order.", "x" * 65):
        assert code(do(sales, "case_opened", topic=topic)) in ("INVALID", "LIMIT")


def test_times_out_of_all_reason(sales):
    case = open_case(sales).case
    assert code(do(sales, "note_added", case=case, text="x", occurred_at_us=now_us() + 3600 * 10**6)) == "INVALID"
    assert code(do(sales, "note_added", case=case, text="x", occurred_at_us=-(2**63))) in ("INVALID", "OK")
    assert code(sales.ask(unique("key"), event("note_added", case=case, text="x"), first_us=2**63 - 1)) == "INVALID"


def test_too_large_an_event(sales):
    case = open_case(sales).case
    made = event("case_opened", title="x" * 257)
    assert code(sales.ask(unique("key"), made)) == "LIMIT"
    assert code(sales.ask(unique("key"), event("note_added", case=case, text="ä" * 2049))) == "LIMIT"
    assert raw_event(sales, os.urandom(20000)) in ("LIMIT", "INVALID")


def test_bad_pages(sales):
    answer = sales.query(cases=frame_pb2.CasesQuery(), page=b"nonsense")
    assert code(answer) == "BAD_PAGE"
    case = open_case(sales).case
    for _ in range(3):
        do(sales, "note_added", case=case, text="x")
    page = ok(sales.query(history=frame_pb2.HistoryQuery(locator=event_pb2.CaseLocator(id=case)), limit=1)).next_page
    assert page and code(sales.query(cases=frame_pb2.CasesQuery(), page=page)) == "BAD_PAGE"


def test_a_flood_of_garbage_leaves_others_alone(broker, connect, sales):
    moves = connect("moves")
    for _ in range(500):
        moves.socket.send(os.urandom(300))
    case = open_case(sales).case
    assert ok(do(sales, "note_added", case=case, text="still here"))
