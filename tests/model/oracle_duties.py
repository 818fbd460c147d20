"""What is owed: promises to the customer, questions, work (RULES.md, sections 3 to 5)."""
from oracle_case import Promise, Question, Work, allowed, find, not_yours
from oracle_company import BY_NAME, CASES, COMPANY, HOURS, MINUTE, SECOND, minutes
from oracle_concerns import acted, progress, raise_concern, settled

FAR = 500 * 86_400 * SECOND  # beyond what any compiled calendar is asked for here


def label_of(f):
    return f["labels"][0] if f["labels"] else ""


def risk_of(holder, due, now):
    """From when on a promise is at risk; 0: that is past already, and there is no warning."""
    risk = HOURS[holder].before(due, CASES["at_risk_minutes"] * MINUTE)
    return risk if risk > now else 0


def beyond(department, due, now):
    """Past what is known of its hours; always open, it needs no calendar."""
    return due > now + FAR and bool(BY_NAME[department].get("hours"))


def labelled(thing):
    return [thing.label] if thing.label else []


# -- promises

def promise_made(world, case, d, f):
    due = f["due_us"]
    world.need(WRONG_STATUS=case.status == "closed", INVALID=due <= world.now,
               HORIZON=beyond(d, due, world.now), LIMIT=len(case.promises) >= 16 or len(f["labels"]) > 1)
    risk = risk_of(d, due, world.now)
    row = world.emit(case, "promise_made", d, f["labels"], type=f["type"], due_us=due, risk_us=risk)
    acted(case, d)
    case.joined.add(d)
    case.promises.append(Promise(row, f["type"], d, due, risk, label=label_of(f)))


def own_promise(world, case, d, f, **broken):
    p = find(case.promises, f["promise"])
    world.need(**broken, **{not_yours(p, d): p and d not in (p.holder, case.custodian, case.owner)}, **({} if p else {"NOT_OPEN": True}))
    settled(case, p)
    return p


def promise_kept(world, case, d, f):
    p = own_promise(world, case, d, f)
    acted(case, d)
    world.emit(case, "promise_kept", d, labelled(p) or f["labels"], promise=p.row, holder=p.holder, late=p.state == 3)
    progress(case)
    case.promises.remove(p)


def promise_withdrawn(world, case, d, f):
    p = own_promise(world, case, d, f)
    world.emit(case, "promise_withdrawn", d, labelled(p) or f["labels"], promise=p.row, holder=p.holder)
    case.promises.remove(p)


def promise_renegotiated(world, case, d, f):
    due = f["due_us"]
    p = own_promise(world, case, d, f, INVALID=due <= world.now, HORIZON=beyond(d, due, world.now))
    acted(case, d)
    p.due, p.risk, p.state, p.left, p.risk_left = due, risk_of(p.holder, due, world.now), 1, 0, 0
    world.emit(case, "promise_renegotiated", d, labelled(p) or f["labels"], promise=p.row, due_us=due, risk_us=p.risk, holder=p.holder)


def risk_due(world, case, p):
    world.emit(case, "promise_at_risk", labels=labelled(p), calls=[p.holder], promise=p.row, holder=p.holder, due_us=p.due)
    p.state = 2


def promise_due(world, case, p):
    world.emit(case, "promise_broken", labels=labelled(p), calls=[p.holder], promise=p.row, holder=p.holder, due_us=p.due)
    p.state = 3
    raise_concern(world, case, "PROMISE_BROKEN", p.row, p.due, p.holder, label=p.label)


# -- questions

def question_asked(world, case, d, f):
    to, topic = f.get("to", ""), f.get("topic", "")
    order = world.route(case, topic, [d, case.custodian]) if topic and not to else []
    order = order if order and world.is_open(order[0]) else sorted(order, key=lambda x: HOURS[x].opens(world.now))
    known, due = to in BY_NAME, f.get("due_us", 0)
    world.need(WRONG_STATUS=not case.live, UNKNOWN_DEPARTMENT=to and not known, NO_HANDLER=not to and not order,
               INVALID=known and (to == d or BY_NAME[to].get("unattended")) or due and due <= world.now,
               NOT_GRANTED=(known or order) and not allowed(to or order[0], f["labels"]),
               LIMIT=len(case.questions) >= 16, HORIZON=due > world.now + FAR)
    to = to or order[0]
    due = due or HOURS[to].add(world.now, minutes("question_minutes"))
    row = world.emit(case, "question_asked", d, f["labels"], calls=[to], to=to, due_us=due)
    acted(case, d)
    case.questions.append(Question(row, d, to, due, label=label_of(f)))
    case.joined |= {d, to}


def question_answered(world, case, d, f):
    q = find(case.questions, f["question"])
    world.need(**{not_yours(q, d): q and d != q.to}, **({} if q else {"NOT_OPEN": True}))
    end_question(world, case, q, "question_answered", d, f)
    case.received[q.row] = q.asker
    progress(case)


def question_withdrawn(world, case, d, f):
    q = find(case.questions, f["question"])
    world.need(**{not_yours(q, d): q and d not in (q.asker, case.custodian)}, **({} if q else {"NOT_OPEN": True}))
    end_question(world, case, q, "question_withdrawn", d, f)


def end_question(world, case, q, kind, d, f):
    settled(case, q)
    world.emit(case, kind, d, labelled(q) or f["labels"], calls=[q.asker, case.custodian] if kind == "question_answered" else [], question=q.row, to=q.to, **{"from": q.asker})
    case.questions.remove(q)


def question_due(world, case, q):
    world.emit(case, "question_overdue", labels=labelled(q), calls=[q.asker, q.to], question=q.row, to=q.to, due_us=q.due,
               **{"from": q.asker})
    q.overdue = True
    raise_concern(world, case, "QUESTION_OVERDUE", q.row, q.due, q.to, label=q.label)


# -- work

def contradict(one, other):
    return one == other or any({one, other} == {c["one"], c["other"]} for c in COMPANY["contradictions"])


def work_started(world, case, d, f):
    others = [w for w in case.work if w.subject == f["subject"] and w.holder != d]
    exclusive = f.get("exclusive", False)
    world.need(WRONG_STATUS=not case.live, EXCLUSIVE=any(w.exclusive or exclusive for w in others), LIMIT=len(case.work) >= 16)
    until = world.now + (f.get("lease_s", 0) * SECOND or minutes("work_lease_minutes"))
    row = world.emit(case, "work_started", d, f["labels"], action=f["action"], subject=f["subject"], until_us=until)
    acted(case, d)
    case.joined.add(d)
    clash = [w for w in others if contradict(w.action, f["action"])]
    case.work.append(Work(row, d, f["action"], f["subject"], exclusive, until, label_of(f)))
    world.receipt["conflicts"] = [w.row for w in clash]
    for w in clash:
        world.emit(case, "conflict_found", labels=list(dict.fromkeys([*f["labels"], *labelled(w)])), calls=[d, w.holder, case.custodian], work=row, other=w.row,
                   holder=d, other_holder=w.holder, custodian=case.custodian)


def own_work(world, case, d, f):
    w = find(case.work, f["work"])
    world.need(**{not_yours(w, d): w and d != w.holder}, **({} if w else {"NOT_OPEN": True}))
    return w


def work_renewed(world, case, d, f):
    w = own_work(world, case, d, f)
    w.until = world.now + (f.get("lease_s", 0) * SECOND or minutes("work_lease_minutes"))
    world.emit(case, "work_renewed", d, labelled(w) or f["labels"], work=w.row, until_us=w.until)


def work_finished(world, case, d, f):
    w = own_work(world, case, d, f)
    acted(case, d)
    world.emit(case, "work_finished", d, labelled(w) or f["labels"], work=w.row)
    progress(case)
    case.work.remove(w)


def work_failed(world, case, d, f):
    w = own_work(world, case, d, f)
    world.emit(case, "work_failed", d, labelled(w) or f["labels"], work=w.row)
    case.work.remove(w)


def work_due(world, case, w):
    world.emit(case, "work_lapsed", labels=labelled(w), calls=[w.holder], work=w.row, holder=w.holder)
    case.work.remove(w)
