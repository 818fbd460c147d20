"""Steps as Hypothesis draws them: an action and three numbers, made into an event that fits the world as it stands, or nearly."""
import itertools

from oracle_company import BY_NAME, HOURS, MINUTE, NAMES, SECOND

PHONES = itertools.count(1)
TOPICS = ["order", "move.internet", "move.phone", "billing.invoice", "general", "garden"]
LABELS = [(), (), (), ("contract",), ("payment",), ("line",)]
REASONS = ["NO_CAPACITY", "WRONG_DEPARTMENT", "MISSING_INFORMATION", "CLOSED", "OTHER", "WRONG_DEPARTMENT"]
ROUTES = ["web-form", "hotline"]
NOBODY = 10**9
ATTENDED = [d for d in NAMES if not BY_NAME[d].get("unattended")]

OWNERS = [d for d in ATTENDED if not BY_NAME[d].get("external")]


def new_phone():
    return ("phone", f"+44208{next(PHONES):07d}")


class Steps:
    """Plays steps on a duel."""

    def __init__(self, duel):
        self.duel, self.world = duel, duel.world

    def play(self, step):
        action, a, b, c = step
        if not self.world.cases and action not in ("open", "jump"):
            action = "open"
        getattr(self, action)(a, b, c)

    # -- choosing

    def case(self, n):
        """Mostly the newest cases, so that one story goes on; sometimes an older one."""
        cases = self.world.cases
        return cases[-1] if n % 4 else cases[n // 4 % len(cases)]

    def who(self, right, n):
        """Mostly a department that may; sometimes anybody."""
        right = right or "care"
        return NAMES[n // 9 % len(NAMES)] if n % 9 == 0 else right

    def part(self, case, n):
        parties = sorted(case.parties())
        return self.who(parties[n // 3 % len(parties)], n)

    def thing(self, items, n):
        return items[n // 7 % len(items)].row.seq if items and n % 7 else NOBODY

    def labels(self, department, n):
        label = LABELS[n % len(LABELS)]
        return label if set(label) <= set(BY_NAME[department].get("reads", ())) else ()

    def labelled(self, department, n):
        labels = self.labels(department, n)
        return {"labels": labels} if labels else {}

    def do(self, kind, department, case, **fields):
        return self.duel.request(kind, department, case, **fields)

    # -- the customer

    def open(self, a, b, c):
        topic, who = TOPICS[a % len(TOPICS)], new_phone()
        if c % 4 == 0 and self.world.cases:
            other = self.case(b)
            taken = {t.topic for t in self.world.cases if t.who == other.who}
            who, topic = other.who, next((t for t in TOPICS if t not in taken), topic)
            who = who if topic not in taken else new_phone()
        more = {"customer_deadline_us": self.duel.now() + (b % 400 + 60) * MINUTE} if b % 3 == 0 else {}
        self.do("case_opened", NAMES[b % len(NAMES)], None, topic=topic, who=who, **more)

    def found(self, a):
        """Which case the customer's own words lead to."""
        case = self.case(a)
        same = [c for c in self.world.cases if c.who == case.who and (c.topic == case.topic or c.topic.startswith(case.topic + "."))]
        fits = [c for c in same if c.live] or [c for c in same if c.status != "merged"]
        return max(fits, key=lambda c: (c.rows[-1].now, -c.order), default=None)

    def contact(self, a, b, c):
        case = self.found(a)
        if case:
            more = [{}, {"outcome": "OUTCOME_DROPPED"}, {"sent_to": ROUTES[c % 2]}, {"direction": 2}][b % 4]
            more = {**more, **({"outcome": 2} if "outcome" in more else {})}
            self.do("contact_logged", NAMES[c % len(NAMES)], case, locate="by", **more)

    def attempt(self, a, b, c):
        case = self.found(a)
        if case:
            self.do("attempt_failed", NAMES[c % len(NAMES)], case, locate="by", route=ROUTES[b % 2])

    def feedback(self, a, b, c):
        self.do("feedback_given", self.part(self.case(a), b), self.case(a), source=1, score=c % 10 + 1)

    def rate(self, a, b, c):
        case = self.case(a)
        rows = list(case.received)
        row = rows[b % len(rows)] if rows else None
        self.do("feedback_given", self.who(row and case.received[row], c), case, source=2, score=5, about=row.seq if row else NOBODY)

    # -- what is told

    def note(self, a, b, c):
        case, d = self.case(a), self.part(self.case(a), b)
        version = [None, case.version, max(case.version - 1, 1), None, case.version + 1][c % 5]
        self.do("note_added", d, case, text="a note", **({"version": version} if version else {}), **self.labelled(d, b))

    def fact(self, a, b, c):
        d = self.part(self.case(a), b)
        self.do("fact_recorded", d, self.case(a), key=f"k{c % 3}", value=f"v{b % 5}", **self.labelled(d, c))

    def redress(self, a, b, c):
        self.do("redress_given", self.part(self.case(a), b), self.case(a), form="voucher")

    # -- handing on

    def offer(self, a, b, c):
        case = self.case(a)
        target = {"to": NAMES[b % len(NAMES)]} if c % 3 else {"topic": TOPICS[b % len(TOPICS)]} if c % 2 else {}
        if c % 11 == 0:
            target["customer_waiting"] = True
        if c % 13 == 0 and "to" in target:
            target["deadline_us"] = self.duel.now() + (b % 90 - 10) * MINUTE
        version = {"version": [None, max(case.version - 1, 1)][b % 2]} if c % 17 == 0 else {}
        self.do("handoff_offered", self.who(case.custodian, c), case, **target, **version)

    def offer_open(self, a, b, c):
        """To a department that is open, so that something comes of it."""
        case = self.case(a)
        able = [d for d in ATTENDED if self.world_open(d) and d != case.custodian] or ATTENDED
        self.do("handoff_offered", self.who(case.custodian, c), case, to=able[b % len(able)])

    def world_open(self, department):
        return HOURS[department].is_open(self.duel.now())

    def answered(self, a, b):
        """The offer to answer, and who may."""
        case = self.case(a)
        offer = case.offer
        who = offer.giver if offer and offer.counter and b % 2 else offer.to if offer else ""
        return case, self.who(who, b), offer.row.seq if offer and b % 8 else NOBODY

    def accept(self, a, b, c):
        case, d, offer = self.answered(a, b)
        self.do("handoff_accepted", d, case, offer=offer, right_card=c % 8 != 0)

    def refuse(self, a, b, c):
        case, d, offer = self.answered(a, b)
        reason = REASONS[c % len(REASONS)]
        more = {"text": "why"} if c % 5 or reason == "NO_CAPACITY" else {}
        if reason == "WRONG_DEPARTMENT":
            more["right_department"] = (NAMES + ["", "nowhere"])[c // 6 % (len(NAMES) + 2)]
        self.do("handoff_refused", d, case, offer=offer, reason=reason, **more)

    def counter(self, a, b, c):
        case, d, offer = self.answered(a, b)
        self.do("handoff_countered", d, case, offer=offer, at_us=self.duel.now() + (c % 1500 - 20) * MINUTE, type=c % 6)

    def withdraw(self, a, b, c):
        case, _, offer = self.answered(a, c)
        self.do("handoff_withdrawn", self.who(case.custodian, b), case, offer=offer)

    def appoint(self, a, b, c):
        case = self.case(a)
        right = sorted(case.told() | {case.owner})
        self.do("owner_appointed", self.who(right[b % len(right)], c), case, owner=OWNERS[b % len(OWNERS)])

    # -- what is owed

    def promise(self, a, b, c):
        d = self.part(self.case(a), b)
        due = self.duel.now() + (c % 600 - 10) * MINUTE if c % 20 else self.duel.now() + 900 * 86_400 * SECOND
        self.do("promise_made", d, self.case(a), type=b % 5 + 1, due_us=due, **self.labelled(d, a))

    def own(self, items, a, b):
        """An open thing, and somebody who may end it."""
        item = items[a // 7 % len(items)] if items and a % 7 else None
        return item.row.seq if item else NOBODY, item

    def keep(self, a, b, c):
        case = self.case(a)
        number, p = self.own(case.promises, b, c)
        self.do("promise_kept", self.who(p and p.holder, c), case, promise=number)

    def renegotiate(self, a, b, c):
        case = self.case(a)
        number, p = self.own(case.promises, b, c)
        self.do("promise_renegotiated", self.who(p and [p.holder, case.owner][b % 2], c), case, promise=number, agreed_with="her",
                reason="later", due_us=self.duel.now() + (b % 600 - 10) * MINUTE)

    def drop_promise(self, a, b, c):
        case = self.case(a)
        number, p = self.own(case.promises, b, c)
        self.do("promise_withdrawn", self.who(p and [p.holder, case.custodian][b % 2], c), case, promise=number, reason="no longer")

    def ask(self, a, b, c):
        d = self.part(self.case(a), b)
        target = {"to": NAMES[c % len(NAMES)]} if c % 4 else {"topic": TOPICS[b % len(TOPICS)]}
        due = {"due_us": self.duel.now() + (c % 200 - 5) * MINUTE} if c % 3 == 0 else {}
        self.do("question_asked", d, self.case(a), text="what?", **target, **due, **self.labelled(d, a // 2))

    def answer(self, a, b, c):
        case = self.case(a)
        number, q = self.own(case.questions, b, c)
        self.do("question_answered", self.who(q and q.to, c), case, question=number, text="that")

    def unask(self, a, b, c):
        case = self.case(a)
        number, q = self.own(case.questions, b, c)
        self.do("question_withdrawn", self.who(q and [q.asker, case.custodian][b % 2], c), case, question=number)

    def work(self, a, b, c):
        d = self.part(self.case(a), b)
        lease = {"lease_s": c % 7000 + 60} if c % 2 else {}
        self.do("work_started", d, self.case(a), action=["final-invoice", "transfer", "visit"][c % 3], subject=f"s{c // 3 % 2}",
                **lease, **({"exclusive": True} if c % 5 == 0 else {}), **self.labelled(d, a // 3))

    def renew(self, a, b, c):
        case = self.case(a)
        number, w = self.own(case.work, b, c)
        kind = ["work_renewed", "work_finished", "work_failed"][b % 3]
        more = {"text": "no key"} if kind == "work_failed" else {"lease_s": 600} if kind == "work_renewed" and b % 2 else {}
        self.do(kind, self.who(w and w.holder, c), case, work=number, **more)

    # -- status

    def pending(self, a, b, c):
        case = self.case(a)
        until = {"until_us": self.duel.now() + (b % 900 - 20) * MINUTE} if b % 2 else {}
        self.do("status_changed", self.who(case.custodian, c), case, status="STATUS_PENDING", pending_on=c % 3 + 1, **until)

    def unpend(self, a, b, c):
        self.do("status_changed", self.who(self.case(a).custodian, c), self.case(a), status="STATUS_OPEN")

    def end(self, a, b, c):
        case = self.case(a)
        more = {"reason": "it is enough"} if b % 2 else {}
        self.do(["case_resolved", "case_closed"][b // 2 % 2], self.who([case.custodian, case.owner][b % 2], c), case, **more)

    def reopen(self, a, b, c):
        case = self.case(a)
        self.do("case_reopened", self.who([case.custodian, case.owner][b % 2], c), case)

    def merge(self, a, b, c):
        case = self.case(a)
        same = [o for o in self.world.cases if o.who == case.who and o is not case] or self.world.cases
        if case.status != "merged":
            self.do("cases_merged", self.who([case.custodian, case.owner][b % 2], c), case, into_case=same[c % len(same)])

    # -- time

    def jump(self, a, b, c):
        """Some minutes, to the next timer, to an opening, some hours, some days."""
        how = a % 8
        if how < 2:
            return self.duel.jump((b % 180 + 1) * 60)
        if how < 5 and self.world.due():
            return self.duel.jump(max(0, (self.world.due()[0][0] - self.duel.now()) // SECOND) + 30)
        if how < 7:
            opens = HOURS[NAMES[b % len(NAMES)]].opens(self.duel.now())
            return self.duel.jump(max(0, (opens - self.duel.now()) // SECOND) + 60 + c % 3600)
        return self.duel.jump((b % 40 + 1) * 3600)


ACTIONS = ["open"] * 3 + ["contact"] * 3 + ["attempt"] * 2 + ["note", "fact", "redress", "feedback", "rate"] + ["offer"] * 2 + [
    "offer_open"] * 4 + ["accept"] * 4 + ["refuse"] * 3 + ["counter"] * 2 + ["withdraw", "appoint"] + ["promise"] * 3 + [
    "keep", "renegotiate", "drop_promise"] + ["ask"] * 2 + ["answer", "unask"] + ["work"] * 2 + ["renew"] * 2 + ["pending"] * 2 + [
    "unpend", "reopen", "merge"] + ["end"] * 2 + ["jump"] * 6
