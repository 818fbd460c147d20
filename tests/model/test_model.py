"""Random events against a small model of the record, written from DESIGN and PROTOCOL alone.

The model says for each event which refusals are right (every rule that it breaks) or what the case is afterwards; the broker must
agree, and so must its answers, its histories and, at the end, its record rebuilt from its journal.
"""
import dataclasses
import time

import pytest
from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule, run_state_machine_as_test  # noqa: F401

import harness
from events import card, code, do, history, ok, phone, unique, view

DEPARTMENTS = ["care", "sales", "moves", "billing", "outsider"]
HANDLES = {"care": "general", "sales": "order", "moves": "move", "billing": "billing"}
TOPICS = ["order", "move.internet", "billing.invoice", "general", "garden"]
STATUS = {"open": 1, "pending": 2, "resolved": 3, "closed": 4}


def handler(topic):
    return next((d for d, t in HANDLES.items() if topic == t or topic.startswith(t + ".")), None)


@dataclasses.dataclass
class Case:
    id: int
    custodian: str
    owner: str
    who: tuple
    topic: str
    status: str = "open"
    pending_on: int = 0
    offer: int = 0
    offered_to: str = ""
    version: int = 1
    facts: dict = dataclasses.field(default_factory=dict)
    joined: set = dataclasses.field(default_factory=set)
    trail: list = dataclasses.field(default_factory=list)
    tried: dict = dataclasses.field(default_factory=dict)
    contacts: int = 0
    sequences: list = dataclasses.field(default_factory=list)

    def takes_part(self, department):
        return department in self.joined | {self.custodian, self.owner} or bool(self.offer and department == self.offered_to)

    @property
    def live(self):
        return self.status in ("open", "pending")


class Record(RuleBasedStateMachine):
    broker = None
    clients = {}
    cases = Bundle("cases")
    department = st.sampled_from(DEPARTMENTS)

    def __init__(self):
        super().__init__()
        self.known = []

    def send(self, department, kind, **fields):
        return do(self.clients[department], kind, **fields)

    def judge(self, case, receipt, wrong):
        """The broker refuses exactly what breaks a rule; True: it was accepted, and counts."""
        if not case_seen(case, receipt, wrong):
            return False
        case.version += 1
        case.sequences.append(receipt.sequence)
        assert receipt.version == case.version and receipt.case == case.id
        return True

    @rule(target=cases, department=department, topic=st.sampled_from(TOPICS))
    def open(self, department, topic):
        who, owner = phone(), handler(topic) or "care"
        receipt = ok(self.send(department, "case_opened", by=who, about=topic, topic=topic))
        case = Case(receipt.case, department, owner, who, topic, joined={department, owner}, trail=[department],
                    sequences=[receipt.sequence])
        if handler(topic) not in (None, department):
            case.offer, case.offered_to, case.version = receipt.offer, handler(topic), 2
            case.sequences.append(receipt.offer)
            assert receipt.to == handler(topic)
        else:
            assert not receipt.offer
        assert receipt.version == case.version
        self.known.append(case)
        return case

    @rule(case=cases, department=department, text=st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), min_size=1, max_size=40))
    def note(self, case, department, text):
        receipt = self.send(department, "note_added", case=case.id, text=text)
        self.judge(case, receipt, not_in(case, department))

    @rule(case=cases, department=department, key=st.sampled_from("abc"), value=st.sampled_from("123"))
    def fact(self, case, department, key, value):
        receipt = self.send(department, "fact_recorded", case=case.id, key=key, value=value)
        if self.judge(case, receipt, not_in(case, department)):
            case.facts.pop(key, None)
            case.facts[key] = value

    @rule(case=cases, department=department, to=st.sampled_from(DEPARTMENTS))
    def offer(self, case, department, to):
        receipt = self.send(department, "handoff_offered", case=case.id, to=to)
        wrong = not_in(case, department) or rules(
            NOT_CUSTODIAN=department != case.custodian, WRONG_STATUS=not case.live, OFFER_OPEN=case.offer, INVALID=to == case.custodian)
        if self.judge(case, receipt, wrong):
            case.offer, case.offered_to = receipt.sequence, to
            assert receipt.offer == receipt.sequence

    @rule(case=cases, department=department, right_card=st.booleans(), right_offer=st.booleans())
    def accept(self, case, department, right_card, right_offer):
        answer = card(self.clients[case.custodian], case.id)
        digest = ok(answer).card.digest if right_card and case.offer else b"x" * 16
        offer = case.offer if right_offer and case.offer else 10**9
        receipt = self.send(department, "handoff_accepted", case=case.id, offer=offer, digest=digest)
        wrong = rules(NO_SUCH_OFFER=not case.offer or offer != case.offer or not case.takes_part(department),
                      NOT_OFFERED=case.offer and department != case.offered_to, WRONG_CARD=case.offer and not right_card)
        if self.judge(case, receipt, wrong):
            case.custodian, case.offer, case.offered_to = department, 0, ""
            case.joined.add(department)
            case.trail.append(department)

    @rule(case=cases, department=department)
    def refuse(self, case, department):
        receipt = self.send(department, "handoff_refused", case=case.id, offer=case.offer or 10**9, reason="REFUSAL_REASON_NO_CAPACITY")
        wrong = rules(NO_SUCH_OFFER=not case.offer or not case.takes_part(department), NOT_OFFERED=case.offer and department != case.offered_to)
        if self.judge(case, receipt, wrong):
            case.offer, case.offered_to = 0, ""

    @rule(case=cases, department=department)
    def withdraw(self, case, department):
        receipt = self.send(department, "handoff_withdrawn", case=case.id, offer=case.offer or 10**9)
        wrong = not_in(case, department) or rules(NOT_CUSTODIAN=department != case.custodian, NO_SUCH_OFFER=not case.offer)
        if self.judge(case, receipt, wrong):
            case.offer, case.offered_to = 0, ""

    @rule(case=cases, department=department, on=st.integers(1, 3))
    def wait(self, case, department, on):
        receipt = self.send(department, "status_changed", case=case.id, status="STATUS_PENDING", pending_on=on)
        wrong = not_in(case, department) or rules(NOT_CUSTODIAN=department != case.custodian, WRONG_STATUS=not case.live)
        if self.judge(case, receipt, wrong):
            case.status, case.pending_on = "pending", on

    @rule(case=cases, department=department)
    def go_on(self, case, department):
        receipt = self.send(department, "status_changed", case=case.id, status="STATUS_OPEN")
        wrong = not_in(case, department) or rules(NOT_CUSTODIAN=department != case.custodian, WRONG_STATUS=case.status != "pending")
        if self.judge(case, receipt, wrong):
            case.status, case.pending_on = "open", 0

    @rule(case=cases, department=department, how=st.sampled_from(["resolved", "closed"]))
    def end(self, case, department, how):
        receipt = self.send(department, "case_" + how, case=case.id)
        fits = case.live or (how == "closed" and case.status == "resolved")
        wrong = not_in(case, department) or rules(NOT_CUSTODIAN=department not in (case.custodian, case.owner), WRONG_STATUS=not fits,
                                                  OFFER_OPEN=case.offer)
        if self.judge(case, receipt, wrong):
            case.status, case.pending_on = how, 0

    @rule(case=cases, department=department)
    def reopen(self, case, department):
        receipt = self.send(department, "case_reopened", case=case.id)
        wrong = not_in(case, department) or rules(NOT_CUSTODIAN=department not in (case.custodian, case.owner), WRONG_STATUS=case.live)
        if self.judge(case, receipt, wrong):
            case.status = "open"

    @rule(case=cases, department=st.sampled_from(["care", "sales"]))
    def contact(self, case, department):
        receipt = ok(self.send(department, "contact_logged", by=case.who, about=case.topic, channel="CHANNEL_PHONE"))
        assert receipt.case == case.id
        if not case.live:
            case.status, case.pending_on = "open", 0
            case.version += 1
            case.sequences.append(receipt.sequence - 1)
        case.contacts += 1
        case.joined.add(department)
        self.judge(case, receipt, set())

    @rule(case=cases, route=st.sampled_from(["web", "hotline"]), department=st.sampled_from(["care", "sales"]))
    def attempt(self, case, route, department):
        if not case.live:
            return
        receipt = self.send(department, "attempt_failed", by=case.who, about=case.topic, route=route)
        self.judge(case, receipt, set())
        case.joined.add(department)
        case.tried[route] = case.tried.get(route, 0) + 1

    @rule(case=cases, department=department, behind=st.integers(1, 3))
    def stale(self, case, department, behind):
        receipt = self.send(department, "note_added", case=case.id, text="x", expected_version=case.version + behind)
        assert code(receipt) == ("STALE" if case.takes_part(department) else "UNKNOWN_CASE")

    @rule(case=cases)
    def same_again(self, case):
        client, key = self.clients[case.custodian], unique("again")
        made = {"kind": "note_added", "case": case.id, "text": "again"}
        from events import event, now_us
        raw, first = event(**made).SerializeToString(), now_us()
        receipt = client.ask(key, raw, first_us=first)
        self.judge(case, receipt, set())
        again = ok(client.ask(key, raw, first_us=first))
        assert again.duplicate and again.sequence == receipt.sequence

    @rule(case=cases, department=department)
    def look(self, case, department):
        answer = view(self.clients[department], case=case.id)
        if not case.takes_part(department):
            assert code(answer) == "UNKNOWN_CASE"
            return
        seen = ok(answer).case
        assert (seen.custodian, seen.owner, seen.version, seen.status) == (case.custodian, case.owner, case.version, STATUS[case.status])
        assert (seen.offer.id, seen.offer.to, seen.pending_on) == (case.offer, case.offered_to, case.pending_on)
        assert [(f.key, f.value) for f in seen.facts] == list(case.facts.items()) or {f.key: f.value for f in seen.facts} == case.facts
        assert {t.route: t.times for t in seen.tried} == case.tried and seen.contacts == case.contacts
        assert set(seen.participants) == case.joined and [s.department for s in seen.trail] == case.trail[-32:]

    def teardown(self):
        for case in self.known:
            rows = history(self.clients[case.custodian], case.id)
            assert [r.sequence for r in rows] == case.sequences
            assert [r.version for r in rows] == list(range(1, case.version + 1))


def not_in(case, department):
    return set() if case.takes_part(department) else {"UNKNOWN_CASE"}


def rules(**broken):
    return {name for name, is_broken in broken.items() if is_broken}


def case_seen(case, receipt, wrong):
    if wrong:
        assert code(receipt) in wrong, f"{code(receipt)} instead of {wrong}: {receipt.text}"
        return False
    ok(receipt)
    return True


def test_the_record_is_what_the_model_says():
    broker = harness.fresh_broker().start()
    try:
        Record.broker, Record.clients = broker, {d: broker.client(d) for d in DEPARTMENTS}
        end, seconds = time.monotonic(), harness.LONG or 45
        end += seconds
        while time.monotonic() < end:
            run_state_machine_as_test(Record, settings=settings(
                max_examples=8, stateful_step_count=40, deadline=None, database=None, suppress_health_check=list(HealthCheck)))
        broker.stop()
        broker.verify()
    finally:
        harness.remove(broker)


def test_the_model_notices_a_broker_that_forgets_its_rules():
    """The judge itself can fail: an accepted event that breaks a rule, and a refused one that breaks none."""
    from baton import frame_pb2
    case = Case(1, "care", "care", ("phone", "+441"), "general")
    with pytest.raises(AssertionError):
        case_seen(case, frame_pb2.ReceiptItem(code=0), {"NOT_CUSTODIAN"})
    with pytest.raises(AssertionError):
        case_seen(case, frame_pb2.ReceiptItem(code=63), set())
