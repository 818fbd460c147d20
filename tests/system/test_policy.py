"""Need to know: who takes no part gets nothing, and cannot tell what it may not see from what is not there."""
import json

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
    ("status_changed", {"status": "STATUS_OPEN"}), ("case_resolved", {}), ("case_reopened", {}), ("case_closed", {}),
    ("handoff_countered", {"offer": 1, "at_us": 2 * 10**15}), ("question_asked", {"to": "moves", "text": "x"}),
    ("question_answered", {"question": 1, "text": "x"}), ("promise_made", {"type": "PROMISE_TYPE_CALLBACK", "due_us": 2 * 10**15}),
    ("promise_kept", {"promise": 1}), ("work_started", {"action": "a", "subject": "b"}), ("work_finished", {"work": 1}),
    ("owner_appointed", {"owner": "care"}), ("redress_given", {"form": "refund"}), ("restricted_read", {"reason": "x"})])
def test_refusals_tell_nothing(connect, secret, kind, fields):
    outsider = connect("outsider")
    hidden, missing = do(outsider, kind, case=secret.case, **fields), do(outsider, kind, case=NOWHERE, **fields)
    assert code(hidden) == code(missing) != "OK"
    assert same(hidden, missing), f"{hidden}\n{missing}"


def act(client, kind, case, **fields):
    """A decision, made on the case as it stands now."""
    return do(client, kind, case=case, expected_version=ok(view(client, case=case)).case.version, **fields)


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
    ok(act(sales, "handoff_offered", case, to="billing"))
    assert billing.take().recorded.case == case
    assert outsider.take(1.0) is None


def test_who_was_offered_and_refused_is_out_again(connect):
    sales, moves = connect("sales"), connect("moves")
    case = open_case(sales, title="zanzibar").case
    offer = ok(act(sales, "handoff_offered", case, to="moves")).offer
    assert ok(view(moves, case=case)).case.title == "zanzibar"
    ok(act(moves, "handoff_refused", case, offer=offer, reason="REFUSAL_REASON_NO_CAPACITY"))
    assert code(view(moves, case=case)) == code(card(moves, case)) == "UNKNOWN_CASE"


def test_what_was_not_taken_in_time_comes_as_a_stub(own_broker):
    sales, moves = own_broker.client("sales"), own_broker.client("moves")
    case = open_case(sales, title="zanzibar").case
    offer = ok(act(sales, "handoff_offered", case, to="moves", next_step="zanzibar")).offer
    ok(act(sales, "handoff_withdrawn", case, offer=offer))
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


# ---- labels

@pytest.fixture(scope="module")
def labelled():
    """care reads payments, sales does not; law may break the glass; the vendor is external and reads repairs. desk-b reads
    payments too, through an adapter that it shares with desk-a."""
    company = json.loads(json.dumps(harness.COMPANY))
    company["labels"] = ["contract", "payment", "repair"]
    company["departments"] += [{"name": "law", "site": "hq", "break_glass": True}, {"name": "vendor", "site": "hq", "external": True}]
    company["adapters"] += [{"name": "law", "department": "law"}, {"name": "vendor", "department": "vendor", "receives": True}]
    reads = {"care": ["payment"], "desk-b": ["payment"], "vendor": ["repair"]}
    for department in company["departments"]:
        if department["name"] in reads:
            department["reads"] = reads[department["name"]]
    made = harness.fresh_broker(company=company).start()
    yield made
    harness.remove(made)


@pytest.fixture
def enter(labelled):
    """enter("sales", credit=4): a client of that broker, closed after the test."""
    made = []

    def open_client(adapter, **options):
        made.append(labelled.client(adapter, keep=False, **options))
        return made[-1]

    yield open_client
    for client in made:
        client.close()


@pytest.fixture
def shared(enter):
    """A case of sales that care takes part in, with an account number of care's that sales may not read; and the clients."""
    sales, care = enter("sales"), enter("care")
    case = open_case(sales, title="a telephone")
    ok(do(care, "contact_logged", ref=case.ref))
    ok(do(sales, "fact_recorded", case=case.case, key="colour", value="red"))
    ok(do(care, "fact_recorded", case=case.case, key="iban", value="zanzibar", labels=["payment"]))
    return case, sales, care


def keys(answer):
    return {f.key for f in ok(answer).case.facts}


def test_a_label_hides_a_fact_from_who_does_not_read_it(shared):
    case, sales, care = shared
    mine, theirs = view(sales, case=case.case), view(care, case=case.case)
    assert keys(mine) == {"colour"} and mine.case.hidden == 1 and b"zanzibar" not in mine.SerializeToString()
    assert keys(theirs) == {"colour", "iban"} and theirs.case.hidden == 0


def test_a_history_says_that_there_was_something(shared):
    case, sales, care = shared
    mine = history(sales, case.case)
    assert mine[-1].event.WhichOneof("kind") == "fact_recorded" and mine[-1].event.department == "care"
    assert not any(b"zanzibar" in row.SerializeToString() or b"iban" in row.SerializeToString() for row in mine)
    assert history(care, case.case)[-1].event.fact_recorded.value == "zanzibar"


def test_a_card_has_no_fact_that_its_reader_may_not_read(shared, enter):
    case, sales, care = shared
    moves = enter("moves", credit=8)
    ok(act(sales, "handoff_offered", case.case, to="moves"))
    item = moves.take()
    assert item.digest and {f.key for f in item.card.facts} == {"colour"} and item.card.hidden == 1
    asked = ok(card(moves, case.case)).card
    assert asked.card == item.card and asked.digest == item.digest, "the digest is that of the whole card"
    assert {f.key for f in ok(card(care, case.case)).card.card.facts} == {"colour", "iban"}
    ok(act(moves, "handoff_accepted", case.case, offer=asked.offer, digest=asked.digest))


def test_a_delivery_of_what_is_forbidden_is_a_stub_that_settles_itself(shared, enter):
    case, sales, care = shared
    sales.send(credit=frame_pb2.Credit(window=1))
    ok(do(care, "note_added", case=case.case, text="plain"))
    seen = []
    while not seen or seen[-1].recorded.event.note_added.text != "plain":
        seen.append(sales.take())
        assert seen[-1], "the note did not come: the stub before it holds up the case"
        if not seen[-1].stub:
            sales.settle(seen[-1].sequence)
    stubs = [i for i in seen if i.stub and i.recorded.case == case.case]
    assert [(i.recorded.event.WhichOneof("kind"), i.recorded.event.department) for i in stubs] == [("fact_recorded", "care")]
    assert b"zanzibar" not in stubs[0].SerializeToString() and b"iban" not in stubs[0].SerializeToString()


def test_an_adapter_of_several_departments_sees_the_best(shared, enter):
    case, sales, care = shared
    desk = enter("desk", credit=8)
    for department in ("desk-a", "desk-b"):
        ok(do(sales, "question_asked", case=case.case, to=department, text="Do you know the customer?"))
    ok(do(care, "fact_recorded", case=case.case, key="iban", value="zanzibar", labels=["payment"]))
    while (item := desk.take()).recorded.event.WhichOneof("kind") == "question_asked":
        desk.settle(item.sequence)
    assert not item.stub and item.recorded.event.fact_recorded.value == "zanzibar"
    locator = event_pb2.CaseLocator(id=case.case)
    ask = {d: desk.query(department=d, case=frame_pb2.CaseQuery(locator=locator)) for d in ("desk-a", "desk-b")}
    assert (keys(ask["desk-a"]), keys(ask["desk-b"])) == ({"colour"}, {"colour", "iban"}), "but asks for one at a time"


def test_a_labelled_title_is_in_no_list(enter):
    sales, care, who = enter("sales"), enter("care"), phone()
    case = open_case(care, "order", by=who, title="zanzibar", labels=["payment"])
    ok(do(sales, "contact_logged", by=who))
    find = frame_pb2.FindQuery(identifier=event_pb2.Identifier(domain=who[0], value=who[1]))
    assert [r.title for r in ok(sales.query(find=find)).customer.cases] == [""]
    assert [r.title for r in ok(care.query(find=find)).customer.cases] == ["zanzibar"]
    mine = ok(view(sales, case=case.case)).case
    assert (mine.title, mine.need, mine.hidden) == ("", "", 1)


def test_a_stale_sender_is_told_no_more_than_it_may_read(shared):
    case, sales, care = shared
    version = ok(view(sales, case=case.case)).case.version
    ok(do(care, "fact_recorded", case=case.case, key="iban", value="zanzibar", labels=["payment"]))
    ok(do(care, "note_added", case=case.case, text="plain"))
    stale = do(sales, "case_resolved", case=case.case, expected_version=version)
    assert code(stale) == "STALE" and stale.version == version + 2 and not stale.missed_page
    assert [m.event.WhichOneof("kind") for m in stale.missed] == ["note_added", "fact_recorded"], "newest first"
    assert stale.missed[0].event.note_added.text == "plain" and b"zanzibar" not in stale.SerializeToString()
    again = do(care, "note_added", case=case.case, text="x", expected_version=version)
    assert again.missed[1].event.fact_recorded.value == "zanzibar"


# ---- external departments

def test_an_external_department_reads_what_bears_its_label_and_only_while_it_is_needed(shared, enter):
    case, sales, care = shared
    vendor = enter("vendor", credit=16)
    ok(do(sales, "fact_recorded", case=case.case, key="model", value="x1", labels=["repair"]))
    assert code(view(vendor, case=case.case)) == "UNKNOWN_CASE"
    offer = ok(act(sales, "handoff_offered", case.case, to="vendor", next_step="mend it")).offer
    item = vendor.take()
    assert item.card.title == "a telephone" and item.card.next_step == "mend it"
    assert {f.key for f in item.card.facts} == {"model"} and item.card.hidden == 2
    vendor.settle(item.sequence)
    assert keys(view(vendor, case=case.case)) == {"model"}
    ok(do(sales, "note_added", case=case.case, text="zanzibar"))
    assert (note := vendor.take()).stub and b"zanzibar" not in note.SerializeToString()
    ok(act(sales, "handoff_withdrawn", case.case, offer=offer))
    end = vendor.take()
    assert not end.stub and end.recorded.event.handoff_withdrawn.offer == offer, "it is told that the offer is over"
    vendor.settle(end.sequence)
    assert code(view(vendor, case=case.case)) == code(view(vendor, case=NOWHERE)) == "UNKNOWN_CASE"


# ---- breaking the glass

def test_a_broken_glass_shows_all_to_who_asks_for_it(shared, enter):
    case, sales, care = shared
    law, locator = enter("law"), event_pb2.CaseLocator(id=case.case)
    ways = {"case": frame_pb2.CaseQuery, "history": frame_pb2.HistoryQuery, "card": frame_pb2.CardQuery}

    def ask(client, way, where=locator):
        return client.query(break_glass=True, **{way: ways[way](locator=where)})

    assert {code(ask(law, way)) for way in ways} == {"UNKNOWN_CASE"}
    assert {code(ask(sales, way)) for way in ways} == {"NOT_GRANTED"}
    assert same(ask(sales, "case"), ask(sales, "case", event_pb2.CaseLocator(id=NOWHERE)))
    assert code(do(sales, "restricted_read", case=case.case, reason="curious")) == "NOT_GRANTED"
    ok(do(law, "restricted_read", case=case.case, reason="court order"))
    for way in ways:
        assert b"zanzibar" in ok(ask(law, way)).SerializeToString(), way
    assert code(view(law, case=case.case)) == "UNKNOWN_CASE", "nothing by the way"
    assert code(do(law, "note_added", case=case.case, text="x")) == "UNKNOWN_CASE", "it has joined nothing"
    assert history(sales, case.case)[-1].event.restricted_read.reason == "court order", "who takes part can see that it was read"
