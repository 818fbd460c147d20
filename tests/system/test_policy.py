"""Need to know: who takes no part gets nothing, and cannot tell what it may not see from what is not there."""
import pytest

import harness
from events import card, code, do, event, history, ok, open_case, phone, unique, view
from baton import event_pb2, frame_pb2

NOWHERE = 10**12


def same(one, two):
    """Two answers that must not differ but in what the asker said itself."""
    for answer in (one, two):
        for name in {"id", "number", "as_of_us", "as_of_sequence"} & set(answer.DESCRIPTOR.fields_by_name.keys()):
            answer.ClearField(name)
    return one.SerializeToString() == two.SerializeToString()


@pytest.fixture
def secret(connect):
    """A case of sales, with a word in it that nobody else may read."""
    return open_case(connect("sales"), title="zanzibar", need="zanzibar", reference=unique("local"))


@pytest.mark.parametrize("kind, fields", [
    ("note_added", {"text": "x"}), ("fact_recorded", {"key": "a", "value": "b"}), ("correction_made", {"supersedes": 1, "text": "x"}),
    ("handoff_offered", {"to": "moves"}), ("handoff_withdrawn", {"offer": 1}),
    ("handoff_accepted", {"offer": 1, "digest": b"x" * 16}),
    ("handoff_refused", {"offer": 1, "reason": "REFUSAL_REASON_NO_CAPACITY"}), ("handoff_reported", {"to": "moves"}),
    ("status_changed", {"status": "STATUS_OPEN"}), ("case_resolved", {}), ("case_reopened", {}), ("case_closed", {})])
def test_refusals_tell_nothing(connect, secret, kind, fields):
    outsider = connect("outsider")
    hidden, missing = do(outsider, kind, case=secret.case, **fields), do(outsider, kind, case=NOWHERE, **fields)
    assert code(hidden) == code(missing) != "OK"
    assert same(hidden, missing), f"{hidden}\n{missing}"


def test_an_expected_version_tells_nothing(connect, secret):
    outsider = connect("outsider")
    hidden = do(outsider, "note_added", case=secret.case, text="x", expected_version=99)
    assert same(hidden, do(outsider, "note_added", case=NOWHERE, text="x", expected_version=99))


@pytest.mark.parametrize("query", ["case", "history", "card"])
def test_queries_tell_nothing(connect, secret, query):
    outsider = connect("outsider")
    message = {"case": frame_pb2.CaseQuery, "history": frame_pb2.HistoryQuery, "card": frame_pb2.CardQuery}[query]
    locators = [event_pb2.CaseLocator(id=secret.case), event_pb2.CaseLocator(id=NOWHERE), event_pb2.CaseLocator(ref=secret.ref)]
    answers = [outsider.query(**{query: message(locator=l)}) for l in locators]
    assert [code(a) for a in answers] == ["UNKNOWN_CASE"] * 3
    assert same(answers[0], answers[1]) and same(answers[2], answers[1])
    assert b"zanzibar" not in answers[0].SerializeToString()


def test_lists_and_find_show_only_what_one_takes_part_in(connect, broker):
    sales, outsider, who = connect("sales"), connect("outsider"), phone()
    case = open_case(sales, by=who, title="zanzibar").case

    def listed(client):
        rows, page = [], b""
        while True:
            answer = ok(client.query(cases=frame_pb2.CasesQuery(), page=page, limit=200))
            rows += [r.id for r in answer.cases.rows]
            page = answer.next_page
            if not page:
                return rows

    harness.wait_for(lambda: case in listed(sales), what="the checkpoint")
    assert case not in listed(outsider)
    find = frame_pb2.FindQuery(identifier=event_pb2.Identifier(domain=who[0], value=who[1]))
    unknown = frame_pb2.FindQuery(identifier=event_pb2.Identifier(domain="phone", value=phone()[1]))
    assert [r.id for r in ok(sales.query(find=find)).customer.cases] == [case]
    hidden, missing = outsider.query(find=find), outsider.query(find=unknown)
    assert code(hidden) == "NOT_FOUND" and same(hidden, missing)


def test_asking_for_another_department_is_refused(connect, secret):
    outsider = connect("outsider")
    answer = outsider.query(department="sales", case=frame_pb2.CaseQuery(locator=event_pb2.CaseLocator(id=secret.case)))
    assert code(answer) in ("NOT_GRANTED", "NOT_FOUND")
    assert b"zanzibar" not in answer.SerializeToString()


def test_deliveries_reach_only_who_takes_part(own_broker):
    sales, outsider = own_broker.client("sales"), own_broker.client("outsider", credit=16)
    billing = own_broker.client("billing", credit=16)
    case = open_case(sales, title="zanzibar").case
    ok(do(sales, "handoff_offered", case=case, to="billing"))
    assert billing.take().recorded.case == case
    assert outsider.take(1.0) is None


def test_who_was_offered_and_refused_is_out_again(connect):
    sales, moves = connect("sales"), connect("moves")
    case = open_case(sales, title="zanzibar").case
    offer = ok(do(sales, "handoff_offered", case=case, to="moves")).offer
    assert ok(view(moves, case=case)).case.title == "zanzibar"
    ok(do(moves, "handoff_refused", case=case, offer=offer, reason="REFUSAL_REASON_NO_CAPACITY"))
    assert code(view(moves, case=case)) == code(card(moves, case)) == "UNKNOWN_CASE"


def test_what_was_not_taken_in_time_comes_as_a_stub(own_broker):
    sales, moves = own_broker.client("sales"), own_broker.client("moves")
    case = open_case(sales, title="zanzibar").case
    offer = ok(do(sales, "handoff_offered", case=case, to="moves", next_step="zanzibar")).offer
    ok(do(sales, "handoff_withdrawn", case=case, offer=offer))
    moves.send(credit=frame_pb2.Credit(window=8))
    seen = []
    while (item := moves.take(1.5)) is not None:
        seen.append(item)
        if not item.stub:
            moves.settle(item.sequence)
    assert offer in [d.sequence for d in seen], "the offer vanished without a word"
    for item in seen:
        if item.sequence == offer:
            assert item.stub and item.recorded.case == case and not item.HasField("card")
            assert b"zanzibar" not in item.SerializeToString()


def test_a_contact_by_front_joins_every_open_case_of_the_customer(connect):
    sales, moves, who = connect("sales"), connect("moves"), phone()
    order = open_case(moves, "move.internet", who).case
    assert code(view(sales, case=order)) == "UNKNOWN_CASE"
    ok(do(sales, "contact_logged", by=who, about="order", channel="CHANNEL_PHONE"))
    assert ok(view(sales, case=order)).case.custodian == "moves"


def test_no_customer_value_in_the_log(own_broker):
    sales = own_broker.client("sales")
    number, mail = phone(), ("email", "secret.person@example.org")
    case = open_case(sales, by=number, title="zanzibar", need="zanzibar").case
    open_case(sales, by=mail, title="zanzibar")
    do(sales, "note_added", case=case, text="zanzibar" * 1000)
    sales.socket.send(b"zanzibar")
    sales.pump(2)
    own_broker.stop()
    log = own_broker.log.read_text()
    assert log and not [w for w in ("zanzibar", number[1], mail[1]) if w in log]
