"""What config compiles of zones, hours and holidays, against the same tz database read by Python's zoneinfo.

Two oracles. The one looks at every minute of some days: a span is open from the first minute at which the clock shows its beginning
or later, to the last minute at which the clock still shows a time before its end. The other takes ten years, span by span, by the
fold of PEP 495. Neither knows of offsets or transitions as the broker does.
"""
import datetime
import random
import subprocess
import time
import zoneinfo

import pytest

import harness

# Both hemispheres; half and three quarters of an hour; changes of half an hour (Lord Howe), of two (Troll), at midnight (Havana,
# Santiago, Beirut), with summer time for standard (Dublin), around Ramadan (Casablanca); and none at all.
ZONES = ["Europe/London", "Europe/Dublin", "America/New_York", "America/St_Johns", "America/Santiago", "America/Havana",
         "Asia/Beirut", "Africa/Casablanca", "Australia/Lord_Howe", "Pacific/Auckland", "Pacific/Chatham", "Antarctica/Troll",
         "Asia/Kolkata", "UTC"]
FIRST, YEARS = 2018, 10
UTC = datetime.timezone.utc
MINUTE, DAY = datetime.timedelta(minutes=1), datetime.timedelta(days=1)
NAMES = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
# Where clocks change, and just beside.
EDGES = [0, 1, 30, 59, 60, 61, 90, 119, 120, 121, 150, 165, 179, 180, 181, 225, 240, 1320, 1380, 1381, 1410, 1439]


class Tool:
    """The compiled code, line by line."""

    def __init__(self):
        self.process = subprocess.Popen([harness.program("bt_calendar")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(self, zone, hours, holidays, begin, end):
        days = ",".join(str(d) for d in sorted(holidays))
        self.process.stdin.write(f"{zone}|{';'.join(texts(hours))}|{days}|{int(begin.timestamp())}|{int(end.timestamp())}\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        assert not answer.startswith("refused"), (answer, zone, texts(hours), days)
        spans = [tuple(int(x) for x in s.split("-")) for s in answer.split()]
        for before, after in zip(spans, spans[1:]):
            assert before[1] < after[0], f"{zone}: {before} and {after} overlap, touch or are out of order"
        assert all(begin.timestamp() <= a < b <= end.timestamp() for a, b in spans), f"{zone}: beyond the range"
        return spans


@pytest.fixture(scope="module")
def tool():
    made = Tool()
    yield made
    made.process.stdin.close()
    assert made.process.wait(60) == 0


# ---- Hours: (first day, last day, [(from, to)]), `to` in minutes after the first midnight

def clock(minutes):
    return f"{minutes // 60:02}:{minutes % 60:02}"


def texts(hours):
    return [f"{NAMES[a]}{'' if a == b else '-' + NAMES[b]} " + " ".join(f"{clock(f)}-{clock(t if t <= 1440 else t - 1440)}" for f, t in spans)
            for a, b, spans in hours]


def weekly(hours):
    """(weekday, from, to), each day by itself."""
    return [((a + i) % 7, f, t) for a, b, spans in hours for i in range((b - a) % 7 + 1) for f, t in spans]


def overlaps(hours):
    """Some minute of the week is in two spans."""
    minutes = [(day * 1440 + m) % 10080 for day, f, t in weekly(hours) for m in range(f, t)]
    return len(minutes) != len(set(minutes))


def random_span(rng):
    f = rng.choice(EDGES) if rng.random() < 0.6 else rng.randrange(1440)
    t = rng.choice(EDGES + [1440]) if rng.random() < 0.6 else rng.randrange(1440)
    if t == f or rng.random() < 0.1:
        return 0, 1440
    return f, t if t > f else t + 1440


def random_hours(rng):
    hours = []
    while not hours or rng.random() < 0.75:
        first = rng.randrange(7)
        last = first if rng.random() < 0.4 else rng.randrange(7)
        more = hours + [(first, last, [random_span(rng) for _ in range(rng.choice([1, 1, 2]))])]
        if not overlaps(more):
            hours = more
        if len(hours) == 4:
            break
    return hours


def days_of(hours, holidays, begin, end):
    """(local beginning, local end) of each span of each day that may matter."""
    week = weekly(hours)
    day = begin.date() - 3 * DAY
    while day <= end.date() + 3 * DAY:
        if day not in holidays:
            midnight = datetime.datetime.combine(day, datetime.time())
            for weekday, f, t in week:
                if weekday == day.weekday():
                    yield midnight + f * MINUTE, midnight + t * MINUTE
        day += DAY


def joined(spans, begin, end):
    """Sorted, cut to the range, with what overlaps or touches made one."""
    begin, end = int(begin.timestamp()), int(end.timestamp())
    done = []
    for a, b in sorted((max(a, begin), min(b, end)) for a, b in spans):
        if a >= b:
            continue
        if done and a <= done[-1][1]:
            done[-1] = (done[-1][0], max(done[-1][1], b))
        else:
            done.append((a, b))
    return done


# ---- The first oracle: every minute

class Minutes:
    """What the clock of a zone shows at every minute of some days, as minutes too."""

    def __init__(self, zone, begin, end):
        self.epoch = int((begin - 6 * DAY).timestamp()) // 60
        tz = zoneinfo.ZoneInfo(zone)
        count = int((end + 6 * DAY).timestamp()) // 60 - self.epoch
        at = [datetime.datetime.fromtimestamp((self.epoch + i) * 60, tz) for i in range(count)]
        self.shows = [self.minutes(local) for local in at]

    @staticmethod
    def minutes(local):
        return local.toordinal() * 1440 + local.hour * 60 + local.minute

    def around(self, local):
        """Indices of the minutes at which the clock may show this: no zone is 15 hours away from UTC."""
        guess = int(local.replace(tzinfo=UTC).timestamp()) // 60 - self.epoch
        return range(max(guess - 900, 0), min(guess + 900, len(self.shows)))

    def begins(self, local):
        shown = self.minutes(local)
        return 60 * (self.epoch + next(i for i in self.around(local) if self.shows[i] >= shown))

    def ends(self, local):
        shown = self.minutes(local)
        return 60 * (self.epoch + next(i for i in reversed(self.around(local)) if self.shows[i] < shown) + 1)

    def spans(self, hours, holidays, begin, end):
        return joined(((self.begins(f), self.ends(t)) for f, t in days_of(hours, holidays, begin, end)), begin, end)


# ---- The second: span by span

class Folds:
    def __init__(self, zone):
        self.tz = zoneinfo.ZoneInfo(zone)

    def instant(self, local, fold):
        """The instant, or None where the clock never shows this."""
        at = local.replace(tzinfo=self.tz, fold=fold).astimezone(UTC)
        return at if at.astimezone(self.tz).replace(tzinfo=None, fold=0) == local else None

    def after_gap(self, local):
        while self.instant(local, 0) is None:
            local += MINUTE
        return self.instant(local, 0)

    def begins(self, local):
        return int((self.instant(local, 0) or self.after_gap(local)).timestamp())

    def ends(self, local):
        last = self.instant(local - MINUTE, 1)
        return int((last + MINUTE if last else self.after_gap(local - MINUTE)).timestamp())

    def spans(self, hours, holidays, begin, end):
        return joined(((self.begins(f), self.ends(t)) for f, t in days_of(hours, holidays, begin, end)), begin, end)


def changes(zone):
    """Days on which the clock of the zone changes, and whether it goes forward."""
    tz = zoneinfo.ZoneInfo(zone)
    at = datetime.datetime(FIRST, 1, 1, tzinfo=UTC)
    while at.year < FIRST + YEARS:
        before, after = at.astimezone(tz).utcoffset(), (at + DAY).astimezone(tz).utcoffset()
        if before != after:
            yield at, after > before
        at += DAY


def random_holidays(rng, begin, days, most):
    return {begin.date() + rng.randrange(days) * DAY for _ in range(rng.randrange(most + 1))}


def some_days(rng, zone):
    """Where to look: at the changes of the clock, and elsewhere."""
    found = [at for at, _ in changes(zone)]
    found += [datetime.datetime(FIRST, 1, 1, tzinfo=UTC) + rng.randrange(365 * YEARS) * DAY for _ in range(8)]
    return [at + rng.randrange(-3, 2) * DAY + rng.randrange(1440) * MINUTE for at in found]


def explain(zone, hours, holidays, expected, got):
    show = lambda spans: [tuple(str(datetime.datetime.fromtimestamp(x, UTC))[:16] for x in s) for s in sorted(spans)]
    return f"{zone} {texts(hours)} without {sorted(map(str, holidays))}: missing {show(set(expected) - set(got))}, too much {show(set(got) - set(expected))}"


def test_both_directions_are_there():
    """The changes that the other tests look at: clocks that go forward and back, in both hemispheres."""
    for zone in ZONES:
        ways = [forward for _, forward in changes(zone)]
        if zone in ("Asia/Kolkata", "UTC"):
            assert not ways
        else:
            assert ways.count(True) >= 4 and ways.count(False) >= 4, zone


@pytest.mark.parametrize("zone", ZONES)
def test_every_minute_around_the_changes(tool, zone):
    rng = random.Random(f"minutes {zone}")
    until = time.monotonic() + harness.LONG / len(ZONES) / 2
    compared = 0
    while compared == 0 or time.monotonic() < until:
        for begin in some_days(rng, zone):
            end = begin + 4 * DAY
            minutes = Minutes(zone, begin, end)
            for _ in range(12):
                hours, holidays = random_hours(rng), random_holidays(rng, begin - 2 * DAY, 8, 2)
                expected, got = minutes.spans(hours, holidays, begin, end), tool(zone, hours, holidays, begin, end)
                assert expected == got, explain(zone, hours, holidays, expected, got)
                compared += 1
    print(f"{zone}: {compared} calendars compared minute by minute")


@pytest.mark.parametrize("zone", ZONES)
def test_ten_years(tool, zone):
    rng = random.Random(f"years {zone}")
    folds = Folds(zone)
    begin = datetime.datetime(FIRST, 1, 1, 0, 0, 17, tzinfo=UTC)
    end = datetime.datetime(FIRST + YEARS, 1, 1, 0, 0, 1, tzinfo=UTC)
    compared = 0
    for _ in range(4):
        hours, holidays = random_hours(rng), random_holidays(rng, begin, 365 * YEARS, 150)
        expected, got = folds.spans(hours, holidays, begin, end), tool(zone, hours, holidays, begin, end)
        assert expected == got, explain(zone, hours, holidays, expected, got)
        compared += len(expected)
    print(f"{zone}: {compared} spans of ten years compared")


def test_the_oracles_notice(tool):
    """Another zone, other hours, a holiday that is none: each is seen."""
    begin, end = datetime.datetime(2026, 3, 27, tzinfo=UTC), datetime.datetime(2026, 3, 31, tzinfo=UTC)
    hours, sunday = [(0, 6, [(90, 600)])], {datetime.date(2026, 3, 29)}
    right = Minutes("Europe/London", begin, end).spans(hours, set(), begin, end)
    assert right == Folds("Europe/London").spans(hours, set(), begin, end) == tool("Europe/London", hours, set(), begin, end)
    assert right != tool("Europe/Lisbon", [(0, 6, [(91, 600)])], set(), begin, end)
    assert right != tool("Europe/Paris", hours, set(), begin, end)
    assert right != tool("Europe/London", hours, sunday, begin, end)


# ---- Known days, by hand

def utc(text):
    return int(datetime.datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


KNOWN = [
    # zone, hours, holidays, from, until, spans
    ("Europe/London", [(0, 4, [(540, 750), (810, 1020)])], [], "2026-03-27", "2026-03-31",  # Friday in winter, Monday in summer time
     [("2026-03-27 09:00", "2026-03-27 12:30"), ("2026-03-27 13:30", "2026-03-27 17:00"),
      ("2026-03-30 08:00", "2026-03-30 11:30"), ("2026-03-30 12:30", "2026-03-30 16:00")]),
    ("Europe/London", [(6, 6, [(90, 180)])], [], "2026-03-29", "2026-03-30",  # begins at 01:30, which is skipped
     [("2026-03-29 01:00", "2026-03-29 02:00")]),
    ("Europe/London", [(6, 6, [(60, 90)])], [], "2026-03-29", "2026-03-30", []),  # nothing but what is skipped
    ("Europe/London", [(6, 6, [(0, 90)])], [], "2026-10-24", "2026-10-26",  # ends at 01:30, which comes twice
     [("2026-10-24 23:00", "2026-10-25 01:30")]),
    ("Europe/London", [(6, 6, [(90, 180)])], [], "2026-10-25", "2026-10-26",  # begins at the first 01:30
     [("2026-10-25 00:30", "2026-10-25 03:00")]),
    ("Europe/London", [(6, 6, [(75, 105)])], [], "2026-10-25", "2026-10-26",  # lies in the hour that comes twice
     [("2026-10-25 00:15", "2026-10-25 01:45")]),
    ("Europe/London", [(6, 6, [(0, 60)])], [], "2026-10-24", "2026-10-26",  # ends where that hour begins: the first time
     [("2026-10-24 23:00", "2026-10-25 00:00")]),
    ("Europe/London", [(6, 6, [(0, 75), (90, 180)])], [], "2026-10-24", "2026-10-26",  # two that meet in it become one
     [("2026-10-24 23:00", "2026-10-25 03:00")]),
    ("America/Toronto", [(5, 5, [(1320, 1680)])], [], "2026-06-06", "2026-06-09",  # Saturday 22:00 to 04:00
     [("2026-06-07 02:00", "2026-06-07 08:00")]),
    ("America/Toronto", [(5, 5, [(1320, 1680)])], ["2026-06-07"], "2026-06-06", "2026-06-09",  # a holiday does not send them home
     [("2026-06-07 02:00", "2026-06-07 08:00")]),
    ("America/Toronto", [(5, 5, [(1320, 1680)])], ["2026-06-06"], "2026-06-06", "2026-06-09", []),  # nobody came
    ("UTC", [(0, 6, [(0, 1440)])], ["2026-06-07"], "2026-06-06", "2026-06-09",  # day and night but for a holiday
     [("2026-06-06 00:00", "2026-06-07 00:00"), ("2026-06-08 00:00", "2026-06-09 00:00")]),
    ("Australia/Lord_Howe", [(6, 6, [(60, 180)])], [], "2026-04-04", "2026-04-06",  # the clock goes back half an hour at 02:00
     [("2026-04-04 14:00", "2026-04-04 16:30")]),
]


@pytest.mark.parametrize("zone, hours, holidays, begin, end, spans", KNOWN)
def test_known_days(tool, zone, hours, holidays, begin, end, spans):
    begin, end = (datetime.datetime.fromisoformat(x).replace(tzinfo=UTC) for x in (begin, end))
    days = {datetime.date.fromisoformat(d) for d in holidays}
    assert tool(zone, hours, days, begin, end) == [(utc(a), utc(b)) for a, b in spans]
