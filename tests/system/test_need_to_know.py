"""What a department can find out by guessing and by asking for too much: nothing that it takes no part in."""
from events import code, do, event, found, ok, open_case, phone, unique, view
from baton import event_pb2, frame_pb2

NOWHERE = 10**12


def link(client, value, **locator):
    made = event("identifier_linked", **locator)
    made.identifier_linked.identifier.domain, made.identifier_linked.identifier.value = "email", value
    return client.ask(unique("key"), made)


def test_a_contact_by_a_guessed_id_does_not_open_the_case(connect):
    sales, moves = connect("sales"), connect("moves")
    case = open_case(sales, title="secret").case
    for kind in ("contact_logged", "case_opened"):
        assert code(do(moves, kind, case=case, channel="CHANNEL_PHONE")) == code(do(moves, kind, case=NOWHERE)) == "UNKNOWN_CASE"
    assert code(do(moves, "attempt_failed", case=case, route="web")) == "UNKNOWN_CASE"
    assert code(view(moves, case=case)) == "UNKNOWN_CASE"


def test_with_front_a_contact_by_id_joins(connect):
    case = open_case(connect("sales")).case
    care = connect("care")
    assert found(do(care, "contact_logged", case=case, channel="CHANNEL_PHONE")) == "BY_ID"
    assert ok(view(care, case=case))


def test_a_contact_by_identifier_joins_and_one_by_a_ref_takes_the_front(connect):
    """A ref is a counter with a check symbol: whoever tries a few finds one."""
    sales, care, moves, who = connect("sales"), connect("care"), connect("moves"), phone()
    spoken, met = open_case(sales), open_case(sales, by=who)
    assert code(do(moves, "contact_logged", ref=spoken.ref)) == "UNKNOWN_CASE"
    assert code(view(moves, case=spoken.case)) == "UNKNOWN_CASE"
    assert found(do(care, "contact_logged", ref=spoken.ref)) == "BY_REF"
    assert found(do(moves, "contact_logged", by=who)) == "BY_CUSTOMER"
    assert ok(view(care, case=spoken.case)) and ok(view(moves, case=met.case))


def test_an_expected_version_tells_a_stranger_nothing(connect):
    sales, moves, who = connect("sales"), connect("moves"), phone()
    case = open_case(sales, by=who).case
    hidden = do(moves, "contact_logged", case=case, expected_version=999)
    missing = do(moves, "contact_logged", case=NOWHERE, expected_version=999)
    assert code(hidden) == code(missing) == "UNKNOWN_CASE" and (hidden.text, hidden.version) == (missing.text, missing.version)
    ok(do(moves, "contact_logged", by=who, expected_version=999))
    assert code(do(moves, "contact_logged", by=who, expected_version=999)) == "STALE", "it takes part by now"


def test_dormant_history_tells_a_stranger_nothing(connect):
    case = ok(do(connect("archive"), "case_opened", topic="order", backfill=True, department="sales", occurred_at_us=1)).case
    moves = connect("moves")
    assert code(do(moves, "note_added", case=case, text="x")) == code(do(moves, "contact_logged", case=case)) == "UNKNOWN_CASE"
    assert code(do(connect("sales"), "note_added", case=case, text="x")) == "NOT_YET"


def test_a_receipt_names_no_case_that_its_sender_may_not_see(connect):
    sales, moves, who = connect("sales"), connect("moves"), phone()
    cases = {open_case(sales, topic, who).case for topic in ("order", "order.special", "general")}
    receipt = ok(do(moves, "contact_logged", by=who))
    assert receipt.case in cases and not receipt.others
    seen = ok(do(sales, "contact_logged", by=who))
    assert set(seen.others) == cases - {seen.case}


def test_a_link_by_the_case_as_well_as_by_its_own_reference(connect):
    sales, local = connect("sales"), unique("local")
    receipt = ok(do(sales, "case_opened", topic="order", about="order", by=phone(), reference=local))
    for locator in ({"case": receipt.case}, {"ref": receipt.ref}, {"reference": local}):
        linked = ok(link(sales, f"{unique('mail')}@example.org", **locator))
        assert linked.customer == receipt.customer


def test_a_link_by_a_case_one_takes_no_part_in_is_not_found(connect):
    care = connect("care")
    case = open_case(connect("moves"), "move.internet", phone()).case
    hidden, missing = link(care, "a@example.org", case=case), link(care, "a@example.org", case=NOWHERE)
    assert code(hidden) == code(missing) == "NOT_FOUND" and hidden.text == missing.text


def test_a_ref_with_a_wrong_check_symbol_says_so_whoever_asks(connect):
    """No case can have it, so this tells nothing about any."""
    sales, moves = connect("sales"), connect("moves")
    ref = open_case(sales).ref
    wrong = ref[:-1] + ("0" if ref[-1] != "0" else "1")
    for client in (sales, moves):
        assert code(do(client, "note_added", ref=wrong, text="x")) == "INVALID"
        assert code(view(client, ref=wrong)) == "INVALID"


def test_what_a_stale_sender_missed_goes_on_in_the_history(connect):
    sales = connect("sales")
    case = open_case(sales).case
    for i in range(40):
        ok(do(sales, "note_added", case=case, text=str(i)))
    stale = do(sales, "case_resolved", case=case, expected_version=1)
    assert code(stale) == "STALE" and stale.version == 41
    assert [m.version for m in stale.missed] == list(range(41, 25, -1))
    query = frame_pb2.HistoryQuery(locator=event_pb2.CaseLocator(id=case))
    older = ok(sales.query(history=query, page=stale.missed_page)).history.events
    assert [e.version for e in older][:2] == [25, 24]
    near = do(sales, "case_resolved", case=case, expected_version=40)
    assert [m.event.note_added.text for m in near.missed] == ["39"] and not near.missed_page


def test_a_carried_event_that_is_stale_is_told_what_it_missed(own_broker):
    sales, care = own_broker.client("sales"), own_broker.client("care", credit=1)
    case = open_case(sales)
    ok(do(care, "contact_logged", ref=case.ref))
    ok(do(sales, "note_added", case=case.case, text="one"))
    item = care.take()
    ok(do(sales, "note_added", case=case.case, text="two"))
    care.settle(item.sequence, events=[event("note_added", case=case.case, text="x", expected_version=item.recorded.version)])
    receipts = care.until(lambda: care.carried.pop(item.sequence, None))
    assert [code(r) for r in receipts] == ["STALE"]
    assert [m.event.note_added.text for m in receipts[0].missed] == ["two"]


def test_who_handles_explains_the_order(connect):
    sales = connect("sales")
    row = ok(sales.query(who_handles=frame_pb2.WhoHandlesQuery(topic="order.special"))).who_handles.handlers[0]
    assert row.department == "sales" and row.open and row.connected and not row.held_before
    assert row.why.startswith("open now; handles order, the topic above it; connected; holds ")
