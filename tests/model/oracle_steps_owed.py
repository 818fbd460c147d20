"""Steps about what is owed: promises, questions, work. One half of Steps, which chooses the case and who speaks."""
from oracle_company import MINUTE, NAMES, SECOND

TOPICS = ["order", "move.internet", "move.phone", "billing.invoice", "general", "garden"]
NOBODY = 10**9  # a number that nothing has


class Owed:
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
        self.do("promise_withdrawn", self.who(p and [p.holder, case.custodian][b % 2], c), case, promise=number,
                reason="no longer")

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
