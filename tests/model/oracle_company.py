"""The company that the oracle and the broker under test share, and its open hours, computed here with zoneinfo alone.

Nothing in these files reads the broker: what they expect comes from DESIGN.md, RULES.md, PROTOCOL.md and the manual pages.
"""
import bisect
import datetime
import zoneinfo

SECOND, MINUTE, HOUR, DAY = 1_000_000, 60_000_000, 3_600_000_000, 86_400_000_000
DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
UTC = datetime.timezone.utc

CASES = {"ola_minutes": 60, "reopen_within_hours": 48, "question_minutes": 120, "work_lease_minutes": 90, "callback_minutes": 60,
         "at_risk_minutes": 20, "raise_minutes": 120, "remind_hours": 24, "repeats": 3, "bounces": 2, "handoffs": 4,
         "feedback_threshold": 3, "idle_hours": 100, "pending_customer_stops": ["promises", "questions", "customer-deadline"],
         "pending_vendor_stops": ["promises"], "pending_other_stops": []}


# Where every sequence begins, years ahead of any clock that it is played by: the same days, holidays and changes to summer time
# for everybody. 124 days later is the day before the clocks of London go forward.
MONDAY = datetime.date(2034, 11, 20)
START_US = int(datetime.datetime.combine(MONDAY, datetime.time(), UTC).timestamp()) * SECOND


def day(offset):
    return (MONDAY + datetime.timedelta(days=offset)).isoformat()


DEPARTMENTS = [
    {"name": "care", "site": "london", "topics": ["general", "complaint"], "hours": ["mon-fri 08:00-20:00", "sat 09:00-17:00"],
     "must_take": True, "front": True, "link": True, "reads": ["contract", "line"], "escalates_to": "lead"},
    {"name": "sales", "site": "london", "topics": ["order"], "hours": ["mon-fri 09:00-12:30 13:30-17:30"],
     "front": True, "link": True, "reads": ["contract", "payment", "line"], "fallback": "care", "escalates_to": "lead"},
    {"name": "moves", "site": "toronto", "topics": ["move"], "hours": ["mon-fri 08:00-16:30"], "reads": ["contract", "line"],
     "fallback": "care", "escalates_to": "manager"},
    {"name": "field", "site": "toronto", "topics": ["move.internet"], "hours": ["mon-fri 18:00-02:00"], "reads": ["line"],
     "fallback": "moves", "escalates_to": "moves"},
    {"name": "billing", "site": "london", "topics": ["billing", "order"], "reads": ["contract", "payment", "line"]},
    {"name": "vendor", "site": "sydney", "external": True, "hours": ["mon-sat 07:00-19:00"], "reads": ["line"],
     "fallback": "moves", "escalates_to": "manager"},
    {"name": "manager", "site": "toronto", "hours": ["mon-fri 08:00-18:00"], "reads": ["contract", "payment", "line"],
     "escalates_to": "lead"},
    {"name": "lead", "site": "london", "reads": ["contract", "payment", "line"]},
    {"name": "shop", "site": "london", "unattended": True, "fallback": "care"},
    {"name": "outsider", "site": "london"},
]
BY_NAME = {d["name"]: d for d in DEPARTMENTS}
NAMES = list(BY_NAME)

COMPANY = {
    "last_owner": "care",
    "topics": ["billing.invoice", "general", "move.internet", "move.phone", "order"],
    "labels": ["contract", "payment", "line"],
    "default_labels": [{"kind": "RedressGiven", "label": "payment"}],
    "sites": [{"name": "london", "zone": "Europe/London", "holidays": [day(9)]},
              {"name": "toronto", "zone": "America/Toronto", "holidays": [day(3), day(10)]},
              {"name": "sydney", "zone": "Australia/Sydney"}],
    "domains": [{"name": "phone", "normal": "phone", "country": "44"}],
    "departments": DEPARTMENTS,
    "olas": [{"from": "care", "to": "moves", "minutes": 120}, {"to": "vendor", "minutes": 480}, {"from": "sales", "minutes": 30}],
    "contradictions": [{"one": "final-invoice", "other": "transfer"}],
    "adapters": [{"name": n, "department": n, "receives": n != "shop"} for n in NAMES],
}
# One helpdesk system that three departments share; it tells what has happened, and is told nothing.
DESK = {"moves", "billing", "sales"}
COMPANY["adapters"].append({"name": "desk", "department": "moves", "acts_for": ["billing", "sales"]})
# One system that wants to hear little: calls to act reach it all the same.
FILTERED = {"billing": {"topics": ["billing", "order"], "kinds": ["NoteAdded", "HandoffAccepted", "CaseResolved"]}}
for _adapter in COMPANY["adapters"]:
    _adapter.update(FILTERED.get(_adapter["name"], {}))
SITES = {s["name"]: s for s in COMPANY["sites"]}


def days_of(word):
    first, _, last = word.partition("-")
    at, until = DAYS.index(first), DAYS.index(last or first)
    return [(at + i) % 7 for i in range((until - at) % 7 + 1)]


class Hours:
    """Open time of one department as a sorted list of UTC spans; none: always open."""

    def __init__(self, texts, zone, holidays, begin, days):
        self.spans = sorted(self.compile(texts, zoneinfo.ZoneInfo(zone), holidays, begin, days)) if texts else [(0, 2**62)]
        self.starts = [a for a, _ in self.spans]

    @staticmethod
    def compile(texts, zone, holidays, begin, days):
        for offset in range(days):
            date = begin + datetime.timedelta(days=offset)
            for text in texts:
                word, *spans = text.split()
                if date.weekday() in days_of(word) and date.isoformat() not in holidays:
                    for span in spans:
                        a, b = (datetime.time.fromisoformat(x) for x in span.split("-"))
                        last = date + datetime.timedelta(days=b <= a)
                        yield (Hours.instant(date, a, zone, 0), Hours.instant(last, b, zone, 1))

    @staticmethod
    def instant(date, time, zone, fold):
        return int(datetime.datetime.combine(date, time, zone).replace(fold=fold).timestamp()) * SECOND

    def behind(self, t):
        """Index of the last span that begins at or before t; -1: none."""
        return bisect.bisect_right(self.starts, t) - 1

    def is_open(self, t):
        at = self.behind(t)
        return at >= 0 and t < self.spans[at][1]

    def opens(self, t):
        return t if self.is_open(t) else self.starts[self.behind(t) + 1]

    def add(self, t, us):
        """The instant when so much open time has gone by since t."""
        at = max(self.behind(t), 0)
        while True:
            a, b = self.spans[at]
            begin = max(a, t)
            if b - begin >= us and b > begin:
                return begin + us
            us, at = us - max(b - begin, 0), at + 1

    def before(self, t, us):
        """The instant from which so much open time is left until t."""
        at = self.behind(t)
        while True:
            a, b = self.spans[at][0], min(self.spans[at][1], t)
            if b - a >= us:
                return b - us
            us, at = us - (b - a), at - 1


def hours_of(department):
    site = SITES[department["site"]]
    return Hours(department.get("hours"), site["zone"], site.get("holidays", []), MONDAY - datetime.timedelta(days=30), 420)


HOURS = {d["name"]: hours_of(d) for d in DEPARTMENTS}


def prefix(department, topic):
    """The longest configured topic of the department that covers this one; empty: none."""
    fits = [t for t in BY_NAME[department].get("topics", []) if topic == t or topic.startswith(t + ".")]
    return max(fits, key=len, default="")


def ola_us(giver, taker):
    for pair in ({"from": giver, "to": taker}, {"to": taker}, {"from": giver}):
        for row in COMPANY["olas"]:
            if {k: v for k, v in row.items() if k != "minutes"} == pair:
                return row["minutes"] * MINUTE
    return CASES["ola_minutes"] * MINUTE


def minutes(key):
    return CASES[key] * MINUTE
