"""Steps as they are drawn: an action and three numbers, made into an event that fits the world as it stands, or nearly."""
import itertools

from oracle_company import BY_NAME, DESK, HOURS, MINUTE, NAMES, SECOND
from oracle_steps_owed import NOBODY, TOPICS, Owed
from oracle_world import DECIDED

LABELS = [(), (), (), ("contract",), ("payment",), ("line",)]
REASONS = ["NO_CAPACITY", "WRONG_DEPARTMENT", "MISSING_INFORMATION", "CLOSED", "OTHER", "WRONG_DEPARTMENT"]
ROUTES = ["web-form", "hotline"]
ATTENDED = [d for d in NAMES if not BY_NAME[d].get("unattended")]
OWNERS = [d for d in ATTENDED if not BY_NAME[d].get("external")]
# What is done first, mostly, where a step finds nothing to do it on.
BEFORE = {"accept": "offer_open", "refuse": "offer_open", "counter": "offer_open", "withdraw": "offer", "keep": "promise",
          "renegotiate": "promise", "drop_promise": "promise", "answer": "ask", "unask": "ask", "renew": "work",
          "unpend": "pending", "reopen": "end", "end": "withdraw", "offer_open": "accept", "offer": "accept"}
CASES_AT_MOST = 5


class Steps(Owed):
    """Plays steps on a duel."""

    def __init__(self, duel):
        self.duel, self.world, self.phones, self.odd = duel, duel.world, itertools.count(1), 0

    def play(self, step):
        action, a, b, c = step
        self.odd = a + b * 7 + c * 13
        if not self.world.cases and action not in ("open", "jump"):
            action = "open"
        elif action == "open" and len(self.world.cases) >= CASES_AT_MOST:
            action = "contact"
        elif (a + b + c) % 5 and action in BEFORE and not self.fits(action, self.case(a)):
            action = BEFORE[action]
        getattr(self, action)(a, b, c)

    @staticmethod
    def fits(action, case):
        """Is there something to do it on?"""
        if action in ("offer", "offer_open", "end"):
            return not case.offer
        things = {"accept": case.offer, "refuse": case.offer, "counter": case.offer, "withdraw": case.offer,
                  "keep": case.promises, "renegotiate": case.promises, "drop_promise": case.promises,
                  "answer": case.questions, "unask": case.questions,
                  "renew": case.work, "unpend": case.status == "pending", "reopen": not case.live}
        return bool(things[action])

    def new_phone(self):
        return ("phone", f"+44208{next(self.phones):07d}")

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
        """Now and then a decision is made on an older version, or names none."""
        if case and kind in DECIDED and self.odd % 19 == 0:
            fields["version"] = [max(case.survivor.version - 1 - self.odd // 19 % 20, 1), None][self.odd // 380 % 3 == 0]
        return self.duel.request(kind, department, case, **fields)

    # -- the customer

    def open(self, a, b, c):
        topic, who = TOPICS[a % len(TOPICS)], self.new_phone()
        if c % 2 and self.world.cases:
            other = self.case(b)
            taken = {t.topic for t in self.world.cases if t.who == other.who}
            who, topic = other.who, next((t for t in TOPICS if t not in taken), topic)
            who = who if topic not in taken else self.new_phone()
        more = {"customer_deadline_us": self.duel.now() + (b % 400 + 60) * MINUTE} if b % 3 == 0 else {}
        self.do("case_opened", NAMES[b % len(NAMES)], None, topic=topic, who=who, **more)

    def found(self, a):
        """Which case the customer's own words lead to."""
        case = self.case(a)
        same = {c.survivor for c in self.world.cases if c.who == case.who and (c.topic + ".").startswith(case.topic + ".")}
        fits = [c for c in same if c.live] or same
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
        self.do("feedback_given", self.who(row and case.received[row], c), case, source=2, score=5,
                about=row.seq if row else NOBODY)

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
        self.do("handoff_offered", self.who(case.custodian, c), case, **target, **self.labelled(case.custodian, a))

    def offer_open(self, a, b, c):
        """To a department that is open, so that something comes of it."""
        case = self.case(a)
        able = [d for d in ATTENDED if self.world_open(d) and d != case.custodian] or ATTENDED
        self.do("handoff_offered", self.who(case.custodian, c), case, to=able[b % len(able)],
                **self.labelled(case.custodian, a // 4))

    def world_open(self, department):
        return HOURS[department].is_open(self.duel.now())

    def report(self, a, b, c):
        """What a system that some departments share has done already."""
        case = self.case(a)
        sharing = sorted(DESK)
        d = case.custodian if case.custodian in DESK else sharing[b % len(sharing)]
        self.do("handoff_reported", self.who(d, c), case, to=NAMES[b % len(NAMES)] if c % 4 == 0 else sharing[b % len(sharing)])

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
        """With another case of the customer; without one, mostly, it is opened first."""
        case = self.case(a)
        same = [o for o in self.world.cases if o.who == case.who and o is not case]
        if not same and c % 5:
            return self.open_another(case, b)
        self.do("cases_merged", self.who([case.custodian, case.owner][b % 2], c), case,
                into_case=(same or self.world.cases)[c % len(same or self.world.cases)])

    def open_another(self, case, b):
        """Another case of the same customer, mostly by who takes part in the first."""
        taken = {t.topic for t in self.world.cases if t.who == case.who}
        topic = next((t for t in TOPICS if t not in taken), "")
        if topic:
            self.do("case_opened", self.who(case.custodian, b), None, topic=topic, who=case.who)

    def unmerge(self, a, b, c):
        merged = [o for o in self.world.cases if o.merged_into] if c % 5 else self.world.cases
        if not merged:
            return self.merge(a, b, c)
        case = merged[a % len(merged)]
        into = case.merged_into or case
        self.do("cases_unmerged", self.who([case.custodian, into.custodian, case.owner, into.owner][b % 4], c), case)

    def link(self, a, b, c):
        other = self.world.cases[b % len(self.world.cases)]
        self.do("case_linked", self.part(self.case(a), c), self.case(a), other_case=other)

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

