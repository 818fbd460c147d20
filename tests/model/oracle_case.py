"""What a case is to the oracle: plain state, and the entries that it expects in the journal.

An object (offer, promise, question, work, concern) is named by the entry that made it, a Row; which number that got in the log
is known once the row has been seen.
"""
import dataclasses

from oracle_company import BY_NAME, NAMES


@dataclasses.dataclass(eq=False)
class Row:
    case: object
    kind: str
    department: str = ""
    labels: tuple = ()
    fields: dict = dataclasses.field(default_factory=dict)
    adapter: str = ""
    carded: str = ""     # who gets the card with it
    calls: tuple = ()    # whom it calls to act, or answers
    hears: set = dataclasses.field(default_factory=set)
    parties: set = dataclasses.field(default_factory=set)  # who takes part after it
    seq: int = 0
    now: int = 0


@dataclasses.dataclass(eq=False)
class Fact:
    value: str
    department: str
    label: str = ""


@dataclasses.dataclass(eq=False)
class Offer:
    row: Row
    giver: str
    to: str
    topic: str = ""
    deadline: int = 0
    opens: int = 0
    counter: int = 0
    counter_type: int = 0
    answer_by: int = 0
    labels: tuple = ()
    waits: bool = False  # the customer, as who offered it said
    asked: list = dataclasses.field(default_factory=list)

    @property
    def deadline_seen(self):
        return self.answer_by or self.deadline


@dataclasses.dataclass(eq=False)
class Promise:
    row: Row
    type: int
    holder: str
    due: int
    risk: int
    state: int = 1
    label: str = ""
    left: int = 0
    risk_left: int = 0


@dataclasses.dataclass(eq=False)
class Question:
    row: Row
    asker: str
    to: str
    due: int
    overdue: bool = False
    label: str = ""
    left: int = 0


@dataclasses.dataclass(eq=False)
class Work:
    row: Row
    holder: str
    action: str
    subject: str
    exclusive: bool
    until: int
    label: str = ""


@dataclasses.dataclass(eq=False)
class Concern:
    row: Row
    cause: str
    object: object
    due: int
    over: str
    to: str = ""
    level: int = 0
    next: int = 0
    times: int = 0
    top: bool = False
    told: set = dataclasses.field(default_factory=set)
    label: str = ""


@dataclasses.dataclass(eq=False)
class Case:
    order: int
    topic: str
    custodian: str
    owner: str
    who: tuple = ()
    id: int = 0
    ref: str = ""
    status: str = "open"
    before: str = ""  # what it was when it was merged
    pending_on: int = 0
    pending_until: int = 0
    ended_at: int = 0
    deadline: int = 0
    deadline_passed: bool = False
    deadline_left: int = 0
    touched: int = 0
    idle_raised: bool = False
    version: int = 0
    contacts: int = 0
    without_progress: int = 0
    bounces: int = 0
    handoffs: int = 0
    breaker: bool = False
    offer: Offer = None
    merged_into: object = None
    linked_to: object = None
    joined: set = dataclasses.field(default_factory=set)
    trail: list = dataclasses.field(default_factory=list)
    merged: list = dataclasses.field(default_factory=list)
    links: list = dataclasses.field(default_factory=list)
    facts: dict = dataclasses.field(default_factory=dict)
    tried: dict = dataclasses.field(default_factory=dict)
    promises: list = dataclasses.field(default_factory=list)
    questions: list = dataclasses.field(default_factory=list)
    work: list = dataclasses.field(default_factory=list)
    concerns: list = dataclasses.field(default_factory=list)
    received: dict = dataclasses.field(default_factory=dict)  # handoffs and answers: who received them
    rows: list = dataclasses.field(default_factory=list)

    def __repr__(self):
        return f"case {self.order}"

    @property
    def live(self):
        return self.status in ("open", "pending")

    def takes_part(self, department):
        offered = self.offer is not None and self.offer.to == department
        asked = any(q.to == department for q in self.questions)
        if BY_NAME[department].get("external"):
            return department == self.custodian or offered or asked
        return offered or asked or department in self.joined | {self.custodian, self.owner, *self.trail}

    @property
    def survivor(self):
        """The case that this one stands for, at the end of the line."""
        return self.merged_into.survivor if self.merged_into else self

    def bound(self, department):
        """Who answers for what this department does here: for the custodian of a merged case, that of the survivor."""
        return self.survivor.custodian if department == self.custodian else department

    def answerable(self):
        return {self.survivor.custodian, self.survivor.owner}

    def parties(self):
        return {d for d in NAMES if self.takes_part(d)}

    def told(self):
        return {k.to for k in self.concerns if k.level}


def find(items, number):
    """The open promise, question or work of this number."""
    return next((i for i in items if i.row.seq == number), None)


def not_yours(thing, department):
    """What to say to who may not end it: what its label keeps from somebody is not there for them."""
    return "NOT_YOURS" if reads(department, [thing.label] if thing and thing.label else []) else "NOT_OPEN"


def is_its_own(thing, department):
    """What a department owes, does, asked or was asked it sees whatever the label."""
    return department in [getattr(thing, name, "") for name in ("holder", "asker", "to", "department")]


def allowed(department, labels):
    return set(labels) <= set(BY_NAME[department].get("reads", []))


def reads(department, labels):
    """May it read what bears these labels? An external one reads only what bears a label of its own."""
    own = BY_NAME[department].get("reads", [])
    return all(label in own for label in labels) and (bool(labels) or not BY_NAME[department].get("external"))
