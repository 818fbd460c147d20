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


def need_thing(world, thing, department, entitled, **broken):
    """It is open, and the department is among those who may do this to it."""
    code = not_yours(thing, department) if thing else "NOT_OPEN"
    world.need(**{**broken, code: department not in entitled})


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
    need_thing(world, p, d, {p.holder, case.bound(p.holder)} | case.answerable() if p else (), **broken)
    settled(case, p)
    case.joined |= {d, case.bound(p.holder)}
    return p


def promise_kept(world, case, d, f):
    p = own_promise(world, case, d, f)
    acted(case, d)
    row = world.emit(case, "promise_kept", d, labelled(p) or f["labels"], promise=p.row,
                     holder=case.bound(p.holder), late=p.state == 3)
    row.hears.add(case.bound(p.holder))
    progress(case)
    case.promises.remove(p)


def promise_withdrawn(world, case, d, f):
    p = own_promise(world, case, d, f)
    row = world.emit(case, "promise_withdrawn", d, labelled(p) or f["labels"], promise=p.row, holder=case.bound(p.holder))
    row.hears.add(case.bound(p.holder))
    case.promises.remove(p)


def promise_renegotiated(world, case, d, f):
    due = f["due_us"]
    p = own_promise(world, case, d, f, INVALID=due <= world.now, HORIZON=beyond(d, due, world.now))
    acted(case, d)
    p.due, p.risk, p.state, p.left, p.risk_left = due, risk_of(case.bound(p.holder), due, world.now), 1, 0, 0
    row = world.emit(case, "promise_renegotiated", d, labelled(p) or f["labels"], promise=p.row, due_us=due,
                     risk_us=p.risk, holder=case.bound(p.holder))
    row.hears.add(case.bound(p.holder))


def risk_due(world, case, p):
    holder = case.bound(p.holder)
    world.emit(case, "promise_at_risk", labels=labelled(p), calls=[holder], promise=p.row, holder=holder, due_us=p.due)
    case.joined.add(holder)
    p.state = 2


def promise_due(world, case, p):
    holder = case.bound(p.holder)
    world.emit(case, "promise_broken", labels=labelled(p), calls=[holder], promise=p.row, holder=holder, due_us=p.due)
    case.joined.add(holder)
    p.state = 3
    raise_concern(world, case, "PROMISE_BROKEN", p.row, p.due, holder, label=p.label)


# -- questions

def question_asked(world, case, d, f):
    to, topic = f.get("to", ""), f.get("topic", "")
    order = world.route(case, topic, [d, case.custodian]) if topic and not to else []
    handle, order = order, [x for x in order if allowed(x, f["labels"])]
    order = order if order and world.is_open(order[0]) else sorted(order, key=lambda x: HOURS[x].opens(world.now))
    known, due = to in BY_NAME, f.get("due_us", 0)
    world.need(WRONG_STATUS=not case.live, UNKNOWN_DEPARTMENT=to and not known, NO_HANDLER=not to and not handle,
               INVALID=known and (to == d or BY_NAME[to].get("unattended")) or due and due <= world.now,
               NOT_GRANTED=known and not allowed(to, f["labels"]) or handle and not order,
               LIMIT=len(case.questions) >= 16, HORIZON=due > world.now + FAR)
    to = to or order[0]
    due = due or HOURS[to].add(world.now, minutes("question_minutes"))
    row = world.emit(case, "question_asked", d, f["labels"], calls=[to], to=to, due_us=due)
    acted(case, d)
    case.questions.append(Question(row, d, to, due, label=label_of(f)))
    case.joined |= {d, to}


def question_answered(world, case, d, f):
    q = find(case.questions, f["question"])
    need_thing(world, q, d, (q.to,) if q else ())
    end_question(world, case, q, "question_answered", d, f)
    case.received[q.row] = q.asker
    progress(case)


def question_withdrawn(world, case, d, f):
    q = find(case.questions, f["question"])
    need_thing(world, q, d, (q.asker, case.bound(q.asker), case.survivor.custodian) if q else ())
    end_question(world, case, q, "question_withdrawn", d, f)


def end_question(world, case, q, kind, d, f):
    settled(case, q)
    case.joined |= {d, case.bound(q.asker)}
    calls = [q.asker, case.survivor.custodian] if kind == "question_answered" else []
    row = world.emit(case, kind, d, labelled(q) or f["labels"], calls=calls, question=q.row, to=q.to, **{"from": q.asker})
    row.hears.add(q.asker)  # also where it takes no part any more
    case.questions.remove(q)


def question_due(world, case, q):
    asker = case.bound(q.asker)
    world.emit(case, "question_overdue", labels=labelled(q), calls=[asker, q.to], question=q.row, to=q.to, due_us=q.due,
               **{"from": asker})
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
        labels = list(dict.fromkeys([*f["labels"], *labelled(w)]))
        world.emit(case, "conflict_found", labels=labels, calls=[d, w.holder, case.custodian], work=row, other=w.row,
                   holder=d, other_holder=w.holder, custodian=case.custodian)


def own_work(world, case, d, f, also=()):
    w = find(case.work, f["work"])
    need_thing(world, w, d, (w.holder, case.bound(w.holder), *also) if w else ())
    case.joined |= {d, case.bound(w.holder)}
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
    w = own_work(world, case, d, f, case.answerable())
    world.emit(case, "work_failed", d, labelled(w) or f["labels"], work=w.row)
    case.work.remove(w)


def work_due(world, case, w):
    world.emit(case, "work_lapsed", labels=labelled(w), calls=[w.holder], work=w.row, holder=w.holder)
    case.joined.add(case.bound(w.holder))
    case.work.remove(w)
