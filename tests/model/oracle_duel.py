"""The broker against the oracle: sends a step to both, and compares entries, views, refusals and deliveries."""
import collections
import json
import time

import harness
from baton import event_pb2, frame_pb2
from events import DECIDED, code, event, unique

import oracle_tables
from oracle_deliveries import Deliveries, Difference, cause_name, kind_of, plain, value_of
from oracle_company import CASES, COMPANY, DESK, HOURS, NAMES, SECOND, START_US
from oracle_merge import place
from oracle_views import actual_view, expected_view, may_read, number
from oracle_world import Refused, World

QUIET_US = 20 * SECOND  # nothing falls due in a time so short after a jump: real time goes on while a sequence is played


class Duel(Deliveries):
    """One broker and one world, from the opening of the first case on."""

    def __init__(self, broker, offset_us=0):
        self.broker, self.world, self.offset = broker, World(), 0
        oracle_tables.fill(self.world)
        self.clients = {a: broker.client(a, credit=4096) for a in [*NAMES, "desk"]}
        self.came = collections.defaultdict(list)
        self.log, self.steps, self.codes = [], 0, collections.Counter()
        self.advance((START_US + offset_us - self.now()) // SECOND)

    # -- time

    def now(self):
        return int(time.time() * 1e6) + self.offset

    def advance(self, seconds):
        seconds = int(seconds)
        self.broker.ctl("clock", "advance", str(seconds))
        self.offset += seconds * SECOND

    def next_moments(self):
        """What could fall into a short while from now: timers, and departments that open or close."""
        at = self.now()
        due = [t[0] for t in self.world.due()]
        for hours in HOURS.values():
            for a, b in hours.spans[max(hours.behind(at) - 1, 0):hours.behind(at) + 3]:
                due += [a, b]
        return sorted(t for t in due if t > at - QUIET_US)

    def settle_down(self):
        """Time goes on to where nothing is about to happen."""
        for _ in range(100):
            if not any(t < self.now() + QUIET_US for t in self.next_moments() if t > self.now() - SECOND):
                return
            self.advance(QUIET_US * 2 // SECOND)
        raise Difference("time never comes to rest: " + repr(self.next_moments()[:5]))

    def jump(self, seconds):
        self.log.append(("jump", int(seconds)))
        self.steps += 1
        self.advance(seconds)
        self.settle_down()
        self.play_timers()
        self.look_all()

    def play_timers(self):
        for _ in range(400):
            due = self.world.due()
            if not due or due[0][0] > self.now():
                return
            case = self.world.cases[due[0][1]]
            rows = self.fresh(case, len(case.rows) + 1)
            if not rows:
                raise Difference(f"nothing happened although {due[0][2]} of case {case.order} was due")
            self.match(self.world.fire(rows[0].recorded_at_us, due[0]))
        raise Difference("timers without end")

    # -- requests

    def request(self, kind, department, case=None, version="now", locate="id", **fields):
        """One request to both. version: "now", None or a number."""
        self.settle_down()
        self.play_timers()
        self.log.append((kind, department, case and case.order, version, locate, self.relative(fields)))
        self.steps += 1
        target = place(case, kind, fields) if case else None
        now = (target.version if target else 0) if kind in DECIDED else None
        expected = now if version == "now" else version
        receipt = self.send(kind, department, case, expected, locate, fields)
        told = {**fields, "by": locate == "by" or not case}
        told.setdefault("who", case.who if case else ())
        self.codes[kind, code(receipt)] += 1
        if code(receipt) != "OK":
            return self.check_refusal(kind, department, target, told, expected, receipt, case)
        at = self.recorded_at(department, receipt)
        try:
            rows = self.world.request(at, kind, department, target, told, expected, case, speaker(kind, department))
        except Refused as refused:
            raise Difference(f"{kind} was taken, the rules say {sorted(refused.codes)}") from None
        first = next((c for c in self.world.cases if not c.id and any(r.case is c for r in rows)), None)
        if first:
            first.id, first.ref = receipt.case, receipt.ref
        self.match(rows)
        self.check_receipt(kind, receipt, target)
        self.play_timers()
        self.look({r.case for r in rows})
        return receipt

    def relative(self, fields):
        """As it is told with a difference: times as seconds from now."""
        return {k: f"+{(v - self.now()) // SECOND} s" if k.endswith("_us") else v for k, v in fields.items() if k != "who"}

    def send(self, kind, department, case, version, locate, fields):
        where = {"case": case.id} if case and locate == "id" else {"by": case.who, "about": case.topic} if case else {}
        if not case:
            where = {"by": fields["who"], "about": fields["topic"]}
        body = {k: v for k, v in fields.items() if k not in ("who", "right_card", "into_case", "other_case", "by", "about")}
        if kind in ("attempt_failed", "contact_logged"):
            body.pop("topic", None)
        for name, prefix in (("reason", "REFUSAL_REASON_"),) if kind == "handoff_refused" else ():
            body[name] = prefix + body[name]
        if "into_case" in fields:
            body["into"] = fields["into_case"].id
        if "other_case" in fields:
            body["other"] = fields["other_case"].id
        if "right_card" in fields:
            body["digest"] = self.digest(department, case) if fields["right_card"] else b"x" * 16
        made = event(kind, **where, **body)
        if "about" in fields:
            made.feedback_given.about = fields["about"]
        if version is not None:
            made.expected_version = version
        adapter = speaker(kind, department)
        if adapter != department:
            made.department = department
        receipt = self.clients[adapter].ask(unique("o"), made, first_us=self.now())
        if receipt is None:
            raise Difference(f"no receipt for {kind}: {self.clients[adapter].faults}")
        return receipt

    def digest(self, department, case):
        answer = self.query(department, card=frame_pb2.CardQuery(locator=event_pb2.CaseLocator(id=case.id)))
        return answer.card.digest or b"x" * 16

    def query(self, department, **kind):
        answer = self.clients[department].query(**kind)
        while answer is not None and code(answer) == "BUSY":
            answer = self.clients[department].query(**kind)
        if answer is None:
            raise Difference(f"no answer to {department}")
        return answer

    def check_refusal(self, kind, department, target, told, expected, receipt, named):
        try:
            self.world.request(self.now(), kind, department, target, told, expected, named)
        except Refused as refused:
            if code(receipt) not in refused.codes:
                said = f"{kind} refused as {code(receipt)} ({receipt.text})"
                raise Difference(f"{said}, the rules say {sorted(refused.codes)}") from None
            if code(receipt) == "STALE":
                self.check_missed(target, expected, department, receipt)
            return receipt
        raise Difference(f"{kind} refused as {code(receipt)} {receipt.field} ({receipt.text}), the rules take it")

    @staticmethod
    def check_missed(case, expected, department, receipt):
        """What STALE brings: the newest events since the version that was named, cut to what the department may read."""
        rows = case.rows[expected:][::-1] if case.takes_part(department) else []
        want = [(r.seq, r.kind, not may_read(department, r)) for r in rows[:16]]
        seen = [(m.sequence, kind_of(m), m.stub) for m in receipt.missed]
        fits = seen == want and bool(receipt.missed_page) == (len(rows) > 16)
        no_time = not seen and receipt.missed_page  # what it says where it had no time to look
        if receipt.version != case.version or not (fits or no_time):
            raise Difference(f"missed at {receipt.version}, page {receipt.missed_page!r}: {seen}, expected {want} of {len(rows)}")

    def recorded_at(self, department, receipt):
        """When the broker recorded the unit: the oracle's only clock."""
        for who in [department, *NAMES]:
            for row in self.history(who, receipt.case, 50):
                if row.sequence == receipt.sequence:
                    return row.recorded_at_us
        raise Difference("a receipted event is not in the history of its case")

    def check_receipt(self, kind, receipt, target):
        told = self.world.receipt
        case = told.get("case") or target
        if (receipt.case, receipt.version) != (case.id, case.version):
            raise Difference(f"{kind} found case {receipt.case} v{receipt.version}, expected {case.id} v{case.version}")
        offer = told.get("offer") if kind != "handoff_refused" else None  # who refused has nothing to do with the next
        seen = {"offer": receipt.offer, "to": receipt.to, "opens": receipt.opens_at_us, "dead_end": receipt.dead_end,
                "conflicts": sorted(receipt.conflicts)}
        want = {"offer": number(offer), "to": told.get("to", "") if offer else seen["to"],
                "opens": told.get("opens_at_us", 0) if offer else 0, "dead_end": told.get("dead_end", False),
                "conflicts": sorted(number(r) for r in told.get("conflicts", []))}
        if seen != want:
            raise Difference(f"receipt of {kind}: {seen}, expected {want}")

    # -- entries

    def history(self, department, case_id, limit):
        answer = self.query(department, limit=limit, history=frame_pb2.HistoryQuery(locator=event_pb2.CaseLocator(id=case_id)))
        return list(answer.history.events) if code(answer) == "OK" else []

    def observer(self, case):
        return case.custodian if case.custodian != "vendor" else case.owner

    def fresh(self, case, at_least, wait=20.0):
        """The entries of the case that the oracle has not made yet, oldest first."""
        known, end = len(case.rows) and max(r.seq for r in case.rows), time.monotonic() + wait
        while True:
            rows = [r for r in self.history_of(case) if r.sequence > known]
            if len(rows) + len(case.rows) >= at_least or time.monotonic() > end:
                return rows[::-1]
            time.sleep(0.01)

    def match(self, rows):
        """The unit that the oracle decided against what stands in the history."""
        for case in dict.fromkeys(r.case for r in rows):
            mine = [r for r in rows if r.case is case]
            there = [r for r in self.fresh_of(case, mine)]
            for want, seen in zip(mine, there):
                want.seq = seen.sequence
                self.check_row(case, want, seen)
            if len(there) < len(mine):
                raise Difference(f"missing: {[r.kind for r in mine[len(there):]]} after {[kind_of(s) for s in there]}")

    def fresh_of(self, case, mine):
        known = max([r.seq for r in case.rows if r.seq], default=0)
        rows = [r for r in self.history_of(case) if r.sequence > known][::-1]
        return rows[:len(mine)]

    def history_of(self, case):
        for who in dict.fromkeys([self.observer(case), *[d for d in NAMES if case.takes_part(d) and d != "vendor"]]):
            rows = self.history(who, case.id, 200)
            if rows:
                self.reader = who
                return rows
        raise Difference(f"nobody sees case {case.order}")

    def check_row(self, case, want, seen):
        if kind_of(seen) != want.kind:
            raise Difference(f"{kind_of(seen)} instead of {want.kind} {plain(want)}: {seen.event}")
        if not may_read(self.reader, want):
            return
        body = getattr(seen.event, want.kind)
        wrong = {}
        if seen.event.department != want.department:
            wrong["department"] = (seen.event.department, want.department)
        for name, value in plain(want).items():
            got = value_of(body, name, value)
            if got != value:
                wrong[name] = (got, value)
        if tuple(seen.event.labels) != want.labels:
            wrong["labels"] = (list(seen.event.labels), want.labels)
        if wrong:
            raise Difference(f"{want.kind} of {self.reader}, (broker, oracle): {wrong}")

    # -- views

    def look_all(self):
        self.look(self.world.cases[-3:])

    def look(self, cases):
        for case in cases:
            turn = (self.steps + case.order) % len(NAMES)
            for who in dict.fromkeys([case.custodian, NAMES[turn], NAMES[(turn + 4) % len(NAMES)], "outsider"]):
                self.look_as(case, who)

    def look_as(self, case, who):
        answer = self.query(who, case=frame_pb2.CaseQuery(locator=event_pb2.CaseLocator(id=case.id)))
        if not case.takes_part(who):
            if code(answer) != "UNKNOWN_CASE":
                raise Difference(f"{who} sees case {case.order}, in which it takes no part: {code(answer)}")
            return
        if code(answer) != "OK":
            raise Difference(f"{who} does not see case {case.order} of {case.custodian}: {code(answer)}")
        seen, want = actual_view(answer.case, cause_name), expected_view(case, who)
        wrong = {k: (seen[k], want[k]) for k in want if seen[k] != want[k]}
        if wrong:
            raise Difference(f"case {case.order} as {who} sees it, (broker, oracle): {json.dumps(wrong, default=str)}")


def speaker(kind, department):
    """Through which adapter a department says it: a handoff that has happened is told by the system in which it has."""
    return "desk" if kind == "handoff_reported" and department in DESK else department


def fresh_duel(offset_us=0):
    broker = harness.fresh_broker(company=COMPANY, settings={"cases": {**CASES, "max_gap_hours": 87600}})
    broker.start()
    return Duel(broker, offset_us)
