"""The oracle's world: cases and time; how a request is decided, how entries are made, what is due next."""
from oracle_case import Case, Row
from oracle_company import BY_NAME, COMPANY, DAY, HOUR, HOURS, NAMES, CASES, minutes, prefix

# Kinds that decide something name the version they were decided on.
DECIDED = {"handoff_offered", "handoff_accepted", "handoff_refused", "handoff_countered", "handoff_withdrawn",
           "question_withdrawn", "promise_renegotiated", "promise_withdrawn", "status_changed", "case_resolved", "case_reopened",
           "case_closed", "cases_merged", "cases_unmerged", "case_revived", "owner_appointed"}
ANSWERS = {"handoff_accepted", "handoff_refused", "handoff_countered"}
COMES = {"case_opened", "contact_logged", "attempt_failed"}
DEFAULT_LABELS = {"redress_given": "payment"}


class Refused(Exception):
    """The rules that a request breaks, by their codes; the broker may name any of them."""

    def __init__(self, codes):
        super().__init__(sorted(codes))
        self.codes = codes


def bound_by(case, kind):
    """Who need not take part in a merged case for what stays on it: who holds the one that goes on."""
    into = case.merged_into
    return {into.custodian, into.owner} if kind == "cases_unmerged" else {case.survivor.custodian}


def malformed(kind, department, f):
    """What can be told of an event by itself, whatever the case: no secret, so it may be said to anybody."""
    if kind == "handoff_refused":
        silent = f["reason"] in ("MISSING_INFORMATION", "OTHER") and not f.get("text")
        return {"INVALID"} if silent or f.get("right_department") == department else set()
    return set()


class World:
    def __init__(self):
        self.cases, self.now, self.unit, self.adapter, self.stale, self.rules, self.timers = [], 0, [], "", False, {}, {}
        self.receipt = {}

    # -- entries

    def emit(self, case, kind, department="", labels=(), carded="", calls=(), **fields):
        """One more entry of the unit. Who takes part before it or after it hears of it."""
        self.heard()
        row = Row(case, kind, department, tuple(labels), fields, self.adapter, carded, tuple(calls), case.parties(), now=self.now)
        case.version += 1
        if department:  # what the broker does because a time has come is nobody's touch
            case.touched, case.idle_raised = self.now, False
        case.rows.append(row)
        self.unit.append(row)
        return row

    def heard(self):
        if self.unit:
            row = self.unit[-1]
            row.parties = row.case.parties()
            row.hears |= row.parties

    def new_case(self, topic, custodian, owner, who):
        case = Case(len(self.cases), topic, custodian, owner, who, trail=[custodian], touched=self.now)
        self.cases.append(case)
        return case

    # -- deciding

    def need(self, **broken):
        codes = {name for name, is_broken in broken.items() if is_broken}
        if self.stale:
            codes.add("STALE")
        if codes:
            raise Refused(codes)

    def request(self, now, kind, department, case, fields, version=None, named=None, adapter=None):
        """Decides one request; the rows that it makes. Nothing has changed when it raises Refused."""
        self.now, self.unit, self.adapter, self.receipt = now, [], adapter or department, {}
        labels = tuple(fields.get("labels", ()))
        if not labels and kind in DEFAULT_LABELS:
            labels = (DEFAULT_LABELS[kind],)
        part = case is not None and (case.takes_part(department) or case.merged_into and department in bound_by(case, kind))
        met = kind == "feedback_given" and fields["source"] == 1 and BY_NAME[department].get("front")
        if named is not case and named is not None and not part and not met and named.takes_part(department):
            raise Refused({"NO_SUCH_OFFER" if kind in ANSWERS else "MERGED"})
        if case is not None and kind not in COMES and not part and not met:
            raise Refused({"NO_SUCH_OFFER" if kind in ANSWERS else "UNKNOWN_CASE"} | malformed(kind, department, fields))
        self.stale = part and version is not None and version != case.version
        if part and kind in DECIDED and version is None:
            raise Refused({"INVALID"})
        self.rules[kind](self, case, department, {**fields, "labels": labels})
        self.heard()
        for row in self.unit:
            if department in row.case.answerable() | row.case.told():
                row.case.concerns = [k for k in row.case.concerns if k.cause != "IDLE"]
        return self.unit

    # -- time

    def due(self):
        """What is due, soonest first: (when, case, kind of timer, object)."""
        found = []
        for case in self.cases:
            found += [(at, case.order, kind, thing) for at, kind, thing in case_timers(case) if at]
        return sorted(found, key=lambda t: t[:2] + (list(self.timers).index(t[2]),))

    def fire(self, now, timer):
        self.now, self.unit, self.adapter, self.stale = now, [], "", False
        _, order, kind, thing = timer
        self.timers[kind](self, self.cases[order], thing)
        self.heard()
        return self.unit

    # -- routing

    def load(self, department):
        return sum(c.live and c.custodian == department for c in self.cases)

    def route(self, case, topic, without=()):
        """Who is asked for a topic, in order."""
        able = [d for d in NAMES if prefix(d, topic) and not BY_NAME[d].get("unattended") and d not in without]
        held = case.trail if case else []
        return sorted(able, key=lambda d: (not self.is_open(d), -len(prefix(d, topic)), d not in held, self.load(d), d))

    def is_open(self, department):
        return HOURS[department].is_open(self.now)

    def owner_for(self, topic):
        able = self.route(None, topic)
        return min(able, key=lambda d: (-len(prefix(d, topic)), d), default=COMPANY["last_owner"])


def case_timers(case):
    offer = case.offer
    if offer:
        yield offer.opens or offer.answer_by or offer.deadline, "offer", offer
    for p in case.promises:
        yield (p.risk if p.state == 1 else 0), "risk", p
        yield (p.due if p.state != 3 else 0), "promise", p
    for q in case.questions:
        yield (0 if q.overdue else q.due), "question", q
    for w in case.work:
        yield w.until, "work", w
    for k in case.concerns:
        yield k.next, "concern", k
    if case.status == "pending":
        yield case.pending_until, "pending", None
    if case.live:
        yield (0 if case.deadline_passed else case.deadline), "deadline", None
        yield (0 if case.idle_raised else idle_at(case)), "idle", None


def idle_at(case):
    """Looked for once a day, at midnight UTC."""
    return -(-(case.touched + CASES["idle_hours"] * HOUR) // DAY) * DAY


def callback_due(department, since):
    return HOURS[department].add(since, minutes("callback_minutes"))
