"""What a department may see of a case, and which adapters hear of an entry (RULES.md, section 10; PROTOCOL.md, section 7)."""
from oracle_case import is_its_own, reads
from oracle_company import BY_NAME, COMPANY

STATUS = {"open": 1, "pending": 2, "resolved": 3, "closed": 4, "merged": 5}
ADAPTERS = {a["department"]: a for a in COMPANY["adapters"] if a["name"] == a["department"]}


def number(thing):
    """A Row as the number it got, a case as its id."""
    return getattr(thing, "seq", None) or getattr(thing, "id", None) or (thing if isinstance(thing, int) else 0)


def visible(department, things):
    """Those that are its own, or whose label it may read; and how many it may not."""
    seen = [t for t in things if is_its_own(t, department) or reads(department, [t.label] if t.label else [])]
    return seen, len(things) - len(seen)


def expected_view(case, department):
    """The CaseView as plain values, for a department that takes part."""
    promises, hidden_p = visible(department, case.promises)
    questions, hidden_q = visible(department, case.questions)
    work, hidden_w = visible(department, case.work)
    facts = {k: f for k, f in case.facts.items() if visible(department, [f])[0]}
    tried = case.tried if reads(department, []) else {}
    offer = case.offer
    return {
        "status": STATUS[case.status], "pending_on": case.pending_on, "pending_until": case.pending_until,
        "custodian": case.custodian, "owner": case.owner, "version": case.version, "contacts": case.contacts,
        "breaker": case.breaker, "deadline": case.deadline, "linked_to": number(case.linked_to),
        "merged_into": number(case.merged_into),
        "merged": sorted(number(m) for m in case.merged), "links": sorted(number(o) for o in case.links),
        "participants": sorted(participants(case)),
        "trail": case.trail[-32:], "facts": {k: f.value for k, f in facts.items()}, "tried": tried,
        "offer": offer and (offer.row.seq, offer.giver, offer.to, offer.deadline_seen, offer.opens, offer.counter,
                            sorted(offer.asked)),
        "promises": sorted((p.row.seq, p.type, p.holder, p.due, p.risk, p.state, p.left, p.risk_left)
                           for p in promises),
        "questions": sorted((q.row.seq, q.asker, q.to, q.due, q.overdue, q.left) for q in questions),
        "work": sorted((w.row.seq, w.holder, w.action, w.subject, w.exclusive, w.until) for w in work),
        "concerns": sorted((k.row.seq, k.cause, number(k.object or case), k.level, k.to, k.next, k.times) for k in case.concerns),
        "hidden": hidden_p + hidden_q + hidden_w + len(case.facts) - len(facts) + len(case.tried) - len(tried),
    }


def participants(case):
    return {d for d in case.joined | {case.custodian, case.owner, *case.trail}}


def actual_view(seen, causes):
    offer = seen.offer
    return {
        "status": seen.status, "pending_on": seen.pending_on, "pending_until": seen.pending_until_us, "custodian": seen.custodian,
        "owner": seen.owner, "version": seen.version, "contacts": seen.contacts, "breaker": seen.breaker,
        "deadline": seen.customer_deadline_us, "linked_to": seen.linked_to, "merged_into": seen.merged_into,
        "merged": sorted(seen.merged), "links": sorted(seen.links), "participants": sorted(seen.participants),
        "trail": [s.department for s in seen.trail],
        "facts": {f.key: f.value for f in seen.facts}, "tried": {t.route: t.times for t in seen.tried},
        "offer": (offer.id, getattr(offer, "from"), offer.to, offer.deadline_us, offer.opens_at_us, offer.counter_us,
                  sorted(offer.asked)) if seen.HasField("offer") else None,
        "promises": sorted((p.id, p.type, p.holder, p.due_us, p.risk_us, p.state, p.left_us, p.risk_left_us)
                           for p in seen.promises),
        "questions": sorted((q.id, getattr(q, "from"), q.to, q.due_us, q.overdue, q.left_us) for q in seen.questions),
        "work": sorted((w.id, w.holder, w.action, w.subject, w.exclusive, w.until_us) for w in seen.work),
        "concerns": sorted((k.id, causes(k.cause), k.object, k.level, k.to, k.next_us, k.times) for k in seen.concerns),
        "hidden": seen.hidden,
    }


def named(row):
    return {row.fields.get(k) for k in ("from", "to", "holder", "other_holder", "custodian", "owner", "over")}


def may_read(department, row):
    """An entry: what it made itself, what calls it to act, and what its labels allow."""
    mine = department == row.department
    return mine or reads(department, row.labels) or department in row.calls or not row.labels and department in named(row)


def wants(adapter, row):
    """Does it follow the case's topic and this kind?"""
    topics, kinds = adapter.get("topics"), adapter.get("kinds")
    kind = "".join(w.capitalize() for w in row.kind.split("_"))
    fits = not topics or any(row.case.topic == t or row.case.topic.startswith(t + ".") for t in topics)
    return fits and (not kinds or kind in kinds)


def hearers(row):
    """Which adapters get it, in their departments' names. Whom it calls to act gets it whatever its adapter follows."""
    called = {d for d in row.calls if d}
    follow = {d for d in row.hears if wants(ADAPTERS[d], row)}
    return {d for d in called | follow if not (d == row.adapter == row.department) and ADAPTERS[d]["receives"] and BY_NAME[d]}
