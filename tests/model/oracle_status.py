"""Opening, contacts, notes, status and its clocks, ending, merging, owners, feedback (RULES.md, sections 6 to 8)."""
from oracle_case import Fact, reads
from oracle_company import BY_NAME, CASES, COMPANY, HOUR, prefix
from oracle_concerns import acted, progress, raise_concern
from oracle_handoff import appoint, offered, promise_back
from oracle_world import callback_due, idle_at

WAITS_FOR = {1: "pending_customer_stops", 2: "pending_vendor_stops", 3: "pending_other_stops"}
SERVED, DROPPED, OUTBOUND = 1, 2, 2


# -- opening, contacts, what is told

def case_opened(world, case, d, f):
    if case is not None and case.live:
        return contact_logged(world, case, d, f)
    world.need(INVALID=0 < f.get("customer_deadline_us", 1 << 62) <= world.now)
    return begin(world, d, f, None)


def begin(world, d, f, linked_to, waits=False):
    """A new case, and the offer where its topic is not handled here."""
    topic, custodian = f["topic"], BY_NAME[d]["fallback"] if BY_NAME[d].get("unattended") else d
    owner = world.owner_for(topic)
    case = world.new_case(topic, custodian, owner, f["who"])
    case.linked_to, case.deadline = linked_to, f.get("customer_deadline_us", 0)
    case.joined |= {d, custodian, owner}
    world.emit(case, "case_opened", d, f["labels"] if not waits else (), topic=topic, custodian=custodian, owner=owner,
               linked_to=linked_to or 0, idle_s=CASES["idle_hours"] * 3600)
    world.receipt["case"] = case
    return case


def on_to_who_handles(world, case, waits):
    if case.offer or prefix(case.custodian, case.topic) or not world.route(case, case.topic, [case.custodian]):
        return
    offered(world, case, {"cause": "NO_WRONG_DOOR", "waits": waits})


def opened(world, case, d, f):
    """CaseOpened as the protocol knows it: the case, then no wrong door."""
    made = case_opened(world, case, d, f)
    if made is not None:
        on_to_who_handles(world, made, True)
        mention(world, made, d, f)


def touch(world, case, d, f, linked):
    """The case that a contact or an attempt belongs to: found, come back, or new."""
    if case is None:
        return begin(world, d, f, None, True), True
    if not case.live:
        if world.now - case.ended_at > CASES["reopen_within_hours"] * HOUR:
            return begin(world, d, {**f, "topic": f.get("topic") or case.topic}, case, True), True
        reopen(world, case, d, "CONTACT")
    return case, False


def contact_logged(world, case, d, f):
    world.need()
    case, new = touch(world, case, d, f, True)
    dead_end = f.get("sent_to", "") in case.tried and reads(d, [])
    world.receipt.update(case=case, dead_end=dead_end)
    world.emit(case, "contact_logged", d, f["labels"], outcome=f.get("outcome", SERVED), dead_end=dead_end, mention=False)
    case.contacts += 1
    case.joined.add(d)
    if f.get("outcome") == DROPPED and case.offer:
        promise_back(world, case, callback_due(case.custodian, world.now), "DROPPED")
    if f.get("direction") != OUTBOUND:
        without_progress(world, case)
    if new:
        on_to_who_handles(world, case, True)
    mention(world, case, d, f)


def mention(world, case, d, f):
    """A department that talks to customers joins every open case of the one it has to do with."""
    if not BY_NAME[d].get("front"):
        return
    for other in world.cases:
        if other is not case and other.live and other.who == case.who and f.get("by") and not other.takes_part(d):
            world.emit(other, "contact_logged", d, mention=True)
            other.joined.add(d)


def attempt_failed(world, case, d, f):
    world.need(LIMIT=case is not None and f["route"] not in case.tried and len(case.tried) >= 16)
    case, new = touch(world, case, d, f, True)
    world.receipt["case"] = case
    world.emit(case, "attempt_failed", d, f["labels"], route=f["route"])
    case.tried[f["route"]] = case.tried.get(f["route"], 0) + 1
    case.joined.add(d)
    without_progress(world, case)
    if new:
        on_to_who_handles(world, case, True)
    mention(world, case, d, f)


def without_progress(world, case):
    case.without_progress += 1
    if case.without_progress >= CASES["repeats"]:
        raise_concern(world, case, "REPEATS", None, case.rows[0].now, case.custodian)


def note_added(world, case, d, f):
    world.need()
    world.emit(case, "note_added", d, f["labels"])


def redress_given(world, case, d, f):
    world.need()
    world.emit(case, "redress_given", d, f["labels"])
    acted(case, d)


def fact_recorded(world, case, d, f):
    world.need(LIMIT=len(f["labels"]) > 1 or f["key"] not in case.facts and len(case.facts) >= 64)
    world.emit(case, "fact_recorded", d, f["labels"], key=f["key"])
    case.facts.pop(f["key"], None)
    case.facts[f["key"]] = Fact(f["value"], d, f["labels"][0] if f["labels"] else "")


# -- status

def status_changed(world, case, d, f):
    pending = f["status"] == "STATUS_PENDING"
    until = f.get("until_us", 0)
    world.need(NOT_CUSTODIAN=d != case.custodian, WRONG_STATUS=not case.live or not pending and case.status == "open",
               INVALID=until and until <= world.now, HORIZON=until > world.now + 500 * 24 * HOUR)
    world.emit(case, "status_changed", d, f["labels"], status=f["status"], pending_on=f.get("pending_on", 0), until_us=until)
    acted(case, d)
    run_again(world, case)
    if pending:
        case.status, case.pending_on, case.pending_until = "pending", f["pending_on"], until
        stop(world, case)
    else:
        case.status = "open"


def stop(world, case):
    """The clocks that stand still meanwhile: what is left is kept."""
    stops = CASES[WAITS_FOR[case.pending_on]]
    for p in case.promises if "promises" in stops else []:
        if p.state != 3:
            p.left, p.risk_left = p.due - world.now, max(p.risk - world.now, 1) if p.risk else 0
            p.due = p.risk = 0
    for q in case.questions if "questions" in stops else []:
        if not q.overdue:
            q.left, q.due = q.due - world.now, 0
    if "customer-deadline" in stops and case.deadline and not case.deadline_passed:
        case.deadline_left, case.deadline = case.deadline - world.now, 0


def run_again(world, case):
    for p in case.promises:
        if p.left:
            p.due, p.risk = world.now + p.left, world.now + p.risk_left if p.risk_left else 0
            p.left = p.risk_left = 0
    for q in case.questions:
        if q.left:
            q.due, q.left = world.now + q.left, 0
    if case.deadline_left:
        case.deadline, case.deadline_left = world.now + case.deadline_left, 0
    case.pending_on = case.pending_until = 0


def pending_due(world, case, _):
    world.emit(case, "status_changed", "", status="STATUS_OPEN", cause="DUE")
    run_again(world, case)
    case.status = "open"


def others_open(case, d):
    return any(p.holder != d for p in case.promises) or any(w.holder != d for w in case.work) or any(
        {q.asker, q.to} != {d} for q in case.questions)


def case_ends(kind, status):
    def rule(world, case, d, f):
        fits = case.live or status == "closed" and case.status == "resolved"
        world.need(NOT_CUSTODIAN=d not in (case.custodian, case.owner), WRONG_STATUS=not fits, OFFER_OPEN=case.offer,
                   OTHERS_OPEN=others_open(case, d) and not (d == case.owner and f.get("reason")))
        world.emit(case, kind, d, f["labels"])
        run_again(world, case)
        case.status, case.ended_at = status, world.now
        acted(case)
        progress(case)
    return rule


def case_reopened(world, case, d, f):
    world.need(NOT_CUSTODIAN=d not in (case.custodian, case.owner), WRONG_STATUS=case.status not in ("resolved", "closed"))
    reopen(world, case, d, "ASKED")


def reopen(world, case, d, cause):
    world.emit(case, "case_reopened", d, cause=cause)
    case.status, case.ended_at = "open", 0


# -- the owner, the customer's view, time

def owner_appointed(world, case, d, f):
    owner = f["owner"]
    entitled = d == case.owner or d in case.told() or d == COMPANY["last_owner"] == case.custodian
    world.need(NOT_YOURS=not entitled, UNKNOWN_DEPARTMENT=owner not in BY_NAME,
               INVALID=BY_NAME.get(owner, {}).get("unattended"))
    row = world.emit(case, "owner_appointed", d, f["labels"], owner=owner, **{"from": case.owner})
    row.hears.add(owner)
    acted(case, d)
    appoint(case, owner)


def feedback_given(world, case, d, f):
    if f["source"] == 2:
        thing = next((r for r in case.received if r.seq == f["about"]), None)
        world.need(NOT_FOUND=not thing or case.received[thing] != d)
    else:
        world.need()
    row = world.emit(case, "feedback_given", d, f["labels"], score=f["score"])
    if f["source"] == 1 and f["score"] <= CASES["feedback_threshold"]:
        if not case.live:
            reopen(world, case, "", "FEEDBACK")
        first = raise_concern(world, case, "FEEDBACK", row, world.now, case.custodian)
        if case.owner not in (first.to, case.custodian):
            raise_concern(world, case, "FEEDBACK", row, world.now, case.custodian, case.owner)


def deadline_due(world, case, _):
    case.deadline_passed = True
    raise_concern(world, case, "CUSTOMER_DEADLINE", None, case.deadline, case.custodian)


def idle_due(world, case, _):
    case.idle_raised = True
    raise_concern(world, case, "IDLE", None, idle_at(case), case.custodian)


