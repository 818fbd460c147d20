"""What reaches the adapters against what the oracle says they hear; and how entries are read."""
import time

from baton import event_pb2

from oracle_company import NAMES
from oracle_views import hearers, may_read, number


class Difference(AssertionError):
    """The broker and the oracle do not agree."""


class Deliveries:
    """The part of a duel that takes and settles what comes."""

    def drain(self, wait=0.0):
        """Takes and settles what has come."""
        busy = True
        while busy:
            busy = False
            for who, client in self.clients.items():
                while client.pump(wait if who == "care" and not busy else 0):
                    busy = True
                while client.deliveries:
                    item = client.deliveries.popleft()
                    self.came[who].append(item)
                    client.settle(item.sequence)
                    busy = True

    def expected_deliveries(self):
        want = {d: {} for d in NAMES}
        for case in self.world.cases:
            for row in case.rows:
                for who in hearers(row):
                    want[who][row.seq] = row
        return want

    def check_deliveries(self, timeout=20.0):
        want, end = self.expected_deliveries(), time.monotonic() + timeout
        while time.monotonic() < end:
            self.drain(0.01)
            if all({i.sequence for i in self.came[d]} >= set(want[d]) for d in NAMES):
                break
        self.drain(0.02)
        for who in NAMES:
            self.check_adapter(who, want[who])

    def check_adapter(self, who, want):
        came = {i.sequence: i for i in self.came[who]}
        if set(came) != set(want):
            rows = {r.seq: r for c in self.world.cases for r in c.rows}
            extra = [(s, rows[s].kind, rows[s].adapter, plain(rows[s])) if s in rows else s
                     for s in sorted(set(came) - set(want))]
            missing = [(s, want[s].kind, want[s].adapter) for s in sorted(set(want) - set(came))]
            raise Difference(f"deliveries to {who}: too many {extra}, missing {missing}")
        last = {}
        for item in self.came[who]:
            case = item.recorded.case
            if item.sequence <= last.get(case, 0) and item.attempt < 2:
                raise Difference(f"deliveries to {who} of case {case} are not in order")
            last[case] = item.sequence
            row = want[item.sequence]
            later = row.case.rows[row.case.rows.index(row):]
            left = any(who not in r.parties for r in later) or not row.case.takes_part(who)
            if item.stub == may_read(who, row) and not (item.stub and left):
                raise Difference(f"{row.kind} {row.labels} to {who}: stub {item.stub}")
            if item.HasField("card") != (row.carded == who) and not item.stub:
                raise Difference(f"{row.kind} to {who}: card {item.HasField('card')}, expected {row.carded == who}")


def kind_of(seen):
    return seen.event.WhichOneof("kind")


def cause_name(value):
    return event_pb2.Cause.Name(value).removeprefix("CAUSE_")


def plain(row):
    return {k: v if isinstance(v, (str, list, bool)) else number(v) for k, v in row.fields.items()}


def value_of(body, name, value):
    field, got = body.DESCRIPTOR.fields_by_name[name], getattr(body, name)
    if field.enum_type and isinstance(value, str):
        full = field.enum_type.values_by_number[got].name
        return value if full.endswith("_" + value) or full == value else full
    return list(got) if isinstance(value, list) else got
