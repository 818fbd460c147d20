"""Handing a case on (RULES.md, section 2)."""
from oracle_case import Offer, Promise, allowed
from oracle_company import BY_NAME, CASES, COMPANY, DESK, HOURS, ola_us
from oracle_concerns import acted, progress, raise_concern, watch
from oracle_duties import FAR, risk_of
from oracle_world import callback_due, malformed

VISIT, CALLBACK = 2, 1


def must_take(department):
    return BY_NAME[department].get("must_take", False)


def offered(world, case, f):
    """The offer to a department or a topic that `f` describes: named, or waiting for the first to open."""
    giver, topic, asked = case.custodian, f.get("topic", "") or case.topic, f.get("asked", [])
    to, order = f.get("to", ""), []
    if not to:
        order = able(world.route(case, topic, [giver, *asked]), f.get("labels", ()))
        to = order[0] if order and world.is_open(order[0]) else ""
    opens = 0 if to else min(HOURS[d].opens(world.now) for d in order)
    deadline = f.get("deadline_us") or (HOURS[to].add(world.now, ola_us(giver, to)) if to else 0)
    labels = tuple(f.get("labels", ()))
    row = world.emit(case, "handoff_offered", giver, labels, to, [to], to=to, deadline_us=deadline, opens_at_us=opens,
                     cause=f["cause"], asked=list(asked), **{"from": giver})
    case.offer = Offer(row, giver, to, f.get("topic", "") if f.get("to") else topic, deadline, opens, asked=list(asked),
                       waits=f.get("customer_waiting", False), labels=labels)
    world.receipt.update(offer=row, to=to, opens_at_us=opens)
    if opens and (f.get("waits") or case.offer.waits):
        promise_back(world, case, callback_due(giver, opens), "WAITING")
    return row


def able(departments, labels):
    """Those who may read the words of the offer."""
    return [d for d in departments if allowed(d, labels)]


def promise_back(world, case, due, cause):
    """The broker promises to call back, unless a callback stands that is due no later."""
    if any(p.type == CALLBACK and p.state != 3 and p.due and p.due <= due for p in case.promises):
        return
    risk = risk_of(case.custodian, due, world.now)
    row = world.emit(case, "promise_made", case.custodian, type=CALLBACK, due_us=due, risk_us=risk, cause=cause,
                     object=case.offer.row)
    case.promises.append(Promise(row, CALLBACK, case.custodian, due, risk))


def handoff_offered(world, case, d, f):
    to, topic = f.get("to", ""), f.get("topic", "") or case.topic
    known = to in BY_NAME
    handle = world.route(case, topic, [case.custodian]) if not to else []
    order = able(handle, f["labels"])
    deadline = f.get("deadline_us", 0)
    nobody = known and (to == case.custodian or BY_NAME[to].get("unattended"))
    world.need(NOT_CUSTODIAN=d != case.custodian, WRONG_STATUS=not case.live, OFFER_OPEN=case.offer,
               PING_PONG=case.breaker and d != case.owner, UNKNOWN_DEPARTMENT=to and not known,
               INVALID=nobody or deadline and deadline <= world.now, CLOSED=known and not world.is_open(to),
               NO_HANDLER=not to and not handle, LIMIT=len(f["labels"]) > 1, HORIZON=deadline > world.now + FAR,
               NOT_GRANTED=known and not allowed(to, f["labels"]) or handle and not order)
    acted(case, d)
    offered(world, case, {**f, "cause": "NAMED" if to else "TOPIC"})


def open_offer(world, case, f, wrong=(), **broken):
    """The offer that is named, if it is open; else what is wrong."""
    offer = case.offer
    missing = not offer or offer.row.seq != f["offer"] or offer.opens  # one that waits is made only when somebody opens
    world.need(NO_SUCH_OFFER=missing, **({} if missing else broken), **dict.fromkeys(wrong, True))
    return offer


def handoff_accepted(world, case, d, f):
    offer = case.offer
    countered = bool(offer and offer.counter and d == offer.giver)
    offer = open_offer(world, case, f, NOT_OFFERED=offer and d != offer.to and not countered, WRONG_CARD=not f["right_card"],
                       INVALID=countered and offer.counter <= world.now)
    world.emit(case, "handoff_accepted", d, offer=offer.row, to=offer.to, **{"from": offer.giver})
    case.received[offer.row] = offer.to
    move(world, case, offer.to)
    if countered:
        kind, risk = offer.counter_type or VISIT, risk_of(offer.to, offer.counter, world.now)
        row = world.emit(case, "promise_made", offer.to, type=kind, due_us=offer.counter, risk_us=risk, cause="COUNTERED",
                         object=offer.row)
        case.promises.append(Promise(row, kind, offer.to, offer.counter, risk))
    to_and_fro(world, case)


def move(world, case, to):
    """Custody moves: the promises of the old custodian pass on, an offer is over, those who waited for it have what they want."""
    old, case.offer = case.custodian, None
    for p in case.promises:
        p.holder = to if p.holder == old else p.holder
    case.bounces += case.trail[-2:-1] == [to]  # A, B, A
    case.handoffs += 1
    progress(case)
    case.custodian = to
    case.trail.append(to)
    case.joined.add(to)
    acted(case)


def to_and_fro(world, case):
    if case.breaker or not (case.bounces >= CASES["bounces"] or case.handoffs >= CASES["handoffs"]):
        return
    old, before, new = case.owner, case.custodian, world.owner_for(case.topic)
    new = new if new != before else COMPANY["last_owner"]
    world.emit(case, "owner_appointed", owner=new, cause="PING_PONG", **{"from": old})
    appoint(case, new)
    case.breaker = True
    if must_take(new) and before != new:
        world.emit(case, "handoff_directed", to=new, moved=True, cause="PING_PONG", carded=new, calls=[new], **{"from": before})
        move(world, case, new)
    raise_concern(world, case, "PING_PONG", None, world.now, before)


def appoint(case, owner):
    case.owner, case.bounces, case.handoffs, case.breaker = owner, 0, 0, False
    case.joined.add(owner)


def handoff_refused(world, case, d, f):
    reason, right = f["reason"], f.get("right_department", "")
    wrong = {"INVALID"} if right == case.custodian or BY_NAME.get(right, {}).get("unattended") else set()
    offer = open_offer(world, case, f, wrong=wrong | malformed("handoff_refused", d, f), MUST_TAKE=must_take(d),
                       NOT_OFFERED=case.offer and d != case.offer.to, UNKNOWN_DEPARTMENT=right and right not in BY_NAME)
    row = world.emit(case, "handoff_refused", d, offer=offer.row, reason=reason, to=d, **{"from": offer.giver})
    case.offer = None
    if reason == "MISSING_INFORMATION":
        by = HOURS[offer.giver].add(world.now, ola_us(d, offer.giver))
        row.fields["answer_by_us"] = by
        watch(case, row, "INFORMATION_MISSING", offer.row, by, offer.giver)
    else:
        who_is_next(world, case, offer, d, right)


def who_is_next(world, case, offer, failed, right=""):
    """After a refusal or an expiry: named by the refusal; open by topic; the fallback; closed by topic; else it is raised."""
    topic, asked = offer.topic, offer.asked + ([failed] if failed else [])
    barred = {case.custodian, *asked}
    same = {"topic": topic, "asked": asked, "customer_waiting": offer.waits, "labels": offer.labels}
    fits = right and right not in barred and allowed(right, offer.labels) and not BY_NAME[right].get("unattended")
    if fits and world.is_open(right):
        return offered(world, case, {"to": right, "cause": "RIGHT_DEPARTMENT", **same})
    order = able(world.route(case, topic, barred), offer.labels) if offer.topic else []
    if order and world.is_open(order[0]):
        return offered(world, case, {"to": order[0], "cause": "NEXT", **same})
    fallback = BY_NAME[failed].get("fallback", "") if failed else ""
    fallback = fallback or BY_NAME[case.custodian].get("fallback", "")
    if fallback and fallback not in barred and must_take(fallback):  # by decision: it is shown no words of the offer
        return direct(world, case, offer, fallback, "FALLBACK")
    if fallback and fallback not in barred and allowed(fallback, offer.labels):
        return offered(world, case, {"to": fallback, "cause": "FALLBACK", **same})
    if order:
        return offered(world, case, {"cause": "NEXT", **same})
    return raise_concern(world, case, "OFFER_FAILED", offer.row, world.now, failed or case.custodian)


def direct(world, case, offer, to, cause):
    """Custody by decision."""
    row = world.emit(case, "handoff_directed", carded=to, calls=[to], offer=offer.row, to=to, moved=True, cause=cause,
                     **{"from": case.custodian})
    if offer.to == to:
        case.received[offer.row] = to
    move(world, case, to)
    to_and_fro(world, case)
    return row


def handoff_countered(world, case, d, f):
    at = f["at_us"]
    offer = open_offer(world, case, f, NOT_OFFERED=case.offer and d != case.offer.to, INVALID=at <= world.now)
    by = offer.answer_by or HOURS[offer.giver].add(world.now, ola_us(d, offer.giver))  # a second one gives no more time
    world.emit(case, "handoff_countered", d, calls=[offer.giver], offer=offer.row, at_us=at, to=d, deadline_us=by,
               **{"from": offer.giver})
    offer.counter, offer.counter_type, offer.answer_by = at, f.get("type", 0) or VISIT, by


def handoff_withdrawn(world, case, d, f):
    world.need(NOT_CUSTODIAN=d != case.custodian, NO_SUCH_OFFER=not case.offer or case.offer.row.seq != f["offer"])
    offer = case.offer
    world.emit(case, "handoff_withdrawn", d, offer=offer.row, to=offer.to, **{"from": offer.giver})
    case.offer = None


def handoff_reported(world, case, d, f):
    to, offer = f["to"], case.offer
    known = to in BY_NAME
    world.need(WRONG_STATUS=not case.live, UNKNOWN_DEPARTMENT=not known, NOT_GRANTED=not {d, case.custodian, to} <= DESK,
               INVALID=known and (to == case.custodian or BY_NAME[to].get("unattended")))
    if offer and offer.to != to:
        world.emit(case, "handoff_withdrawn", case.custodian, offer=offer.row, to=offer.to, **{"from": offer.giver})
        case.offer = None
    world.emit(case, "handoff_reported", d, f["labels"], to, [to], to=to, **{"from": case.custodian})
    move(world, case, to)
    to_and_fro(world, case)


def offer_due(world, case, offer):
    if offer.opens:
        return waiting_due(world, case, offer)
    if must_take(offer.to):
        return direct(world, case, offer, offer.to, "MUST_TAKE")
    world.emit(case, "handoff_expired", offer=offer.row, to=offer.to, calls=[offer.giver, offer.to], **{"from": offer.giver})
    case.offer = None
    return who_is_next(world, case, offer, offer.to)


def waiting_due(world, case, offer):
    order = able(world.route(case, offer.topic or case.topic, [offer.giver, *offer.asked]), offer.labels)
    if not world.is_open(order[0]):
        offer.opens = min(HOURS[d].opens(world.now) for d in order)
        world.emit(case, "handoff_extended", offer=offer.row, deadline_us=0, opens_at_us=offer.opens)
        return
    offer.to, offer.opens = order[0], 0
    offer.deadline = HOURS[offer.to].add(world.now, ola_us(offer.giver, offer.to))
    world.emit(case, "handoff_directed", carded=offer.to, calls=[offer.to], offer=offer.row, to=offer.to,
               deadline_us=offer.deadline, moved=False, cause="OPENED", **{"from": offer.giver})

