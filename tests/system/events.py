"""Short ways to say events, and what a test expects of answers."""
import itertools
import time

import harness  # noqa: F401  (makes the generated messages)
from baton import event_pb2, frame_pb2

_numbers = itertools.count(1)

# Kinds that decide something about a case: they name the version they were decided on.
DECIDED = {"handoff_offered", "handoff_accepted", "handoff_refused", "handoff_countered", "handoff_withdrawn", "question_withdrawn",
           "promise_renegotiated", "promise_withdrawn", "status_changed", "case_resolved", "case_reopened", "case_closed",
           "cases_merged", "cases_unmerged", "case_revived", "owner_appointed"}


def unique(prefix):
    """A name that no other test uses."""
    return f"{prefix}-{next(_numbers)}"


def phone():
    return ("phone", f"+44207946{next(_numbers):05d}")


def event(kind, case=0, ref="", reference=None, by=None, about="", **fields):
    """event("note_added", case=3, text="x"): fields of the kind, or of Event where it has one of that name."""
    made = event_pb2.Event()
    if case:
        made.locator.id = case
    if ref:
        made.locator.ref = ref
    if reference is not None:
        department, local_id = reference if isinstance(reference, tuple) else ("", reference)
        made.locator.reference.department, made.locator.reference.local_id = department, local_id
    if by:
        made.locator.identifier.domain, made.locator.identifier.value = by
    if about:
        made.locator.topic = about
    body = getattr(made, kind)
    body.SetInParent()
    for name, value in fields.items():
        target = made if name in event_pb2.Event.DESCRIPTOR.fields_by_name else body
        if isinstance(value, (list, tuple)):
            getattr(target, name).extend(value)
        elif (field := target.DESCRIPTOR.fields_by_name[name]).enum_type and isinstance(value, str):
            setattr(target, name, field.enum_type.values_by_name[value].number)
        else:
            setattr(target, name, value)
    return made


def code(item):
    """The name of a receipt's, answer's or fault's code."""
    assert item is not None, "no answer came"
    return frame_pb2.Code.Name(item.code).removeprefix("CODE_")


def ok(item):
    assert code(item) == "OK", f"{code(item)} {getattr(item, 'field', '')}: {item.text}"
    return item


def found(receipt):
    return frame_pb2.Found.Name(ok(receipt).found).removeprefix("FOUND_")


def do(client, kind, **fields):
    """Submits under a source key of its own and returns the receipt. What decides something is decided on the case as it
    stands now, unless `expected_version` says otherwise."""
    made = event(kind, **fields)
    if kind in DECIDED and "expected_version" not in fields and not made.backfill:
        seen = client.query(department=made.department, case=frame_pb2.CaseQuery(locator=made.locator))
        made.expected_version = seen.case.version if seen and code(seen) == "OK" else 1
    return client.ask(unique("key"), made)


def open_case(client, topic="order", by=None, **fields):
    return ok(do(client, "case_opened", topic=topic, about=topic, by=by or phone(), **fields))


def view(client, **locator):
    """The case as this client's department may see it: the Answer."""
    return client.query(case=frame_pb2.CaseQuery(locator=event("note_added", **locator).locator))


def history(client, case, department=""):
    """All events of a case, oldest first, over as many pages as it takes."""
    rows, page = [], b""
    while True:
        answer = ok(client.query(history=frame_pb2.HistoryQuery(locator=event_pb2.CaseLocator(id=case)), page=page,
                                 limit=200, department=department))
        rows += answer.history.events
        page = answer.next_page
        if not page:
            return rows[::-1]


def card(client, case):
    return client.query(card=frame_pb2.CardQuery(locator=event_pb2.CaseLocator(id=case)))


def hand_over(giver, taker, case, to):
    """Offers and accepts."""
    offer = ok(do(giver, "handoff_offered", case=case, to=to)).offer
    digest = ok(card(taker, case)).card.digest
    return ok(do(taker, "handoff_accepted", case=case, offer=offer, digest=digest))


def submit_all(client, events, per=12):
    """Submits many events, `per` in a frame and one frame at a time; their receipts in order."""
    receipts = []
    for at in range(0, len(events), per):
        first = client.number + 1
        items = [frame_pb2.SubmitItem(number=first + i, source_key=unique("key"), first_tried_at_us=now_us(), event=e.SerializeToString())
                 for i, e in enumerate(events[at:at + per])]
        client.send(submit=frame_pb2.Submit(items=items))
        client.number += len(items)
        assert client.until(lambda: client.number in client.receipts, 60), "no receipts came"
        receipts += [client.receipts.pop(first + i) for i in range(len(items))]
    return receipts


def settle_all(client, sequences, verdict, per=200, **more):
    """Settles many deliveries, `per` in a frame, without waiting."""
    for at in range(0, len(sequences), per):
        client.send(settle=frame_pb2.Settle(items=[frame_pb2.SettleItem(sequence=s, verdict="VERDICT_" + verdict, **more)
                                                   for s in sequences[at:at + per]]))


def now_us():
    return int(time.time() * 1e6)
