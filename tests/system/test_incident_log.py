"""A real incident log through the real path: player, exec adapter, CURVE, broker; then the broker's own figures.

Published figures are beside the log; what is expected here is computed from the table itself, in Python, twice over: where the case
was sent (the team of each row) and who had custody (the player's own rule of taking over, written again).

Another log: BATON_INCIDENT_LOG=TABLE.csv[.gz] BATON_INCIDENT_MAPPING=MAPPING.json (see incident_player.py) plays that one, and
compares with its own table alone.
"""
import json
import os
import pathlib
import statistics
import subprocess
import time

import pytest

import harness
import incident_player

HERE = pathlib.Path(__file__).parent
OURS = harness.TREE.parent / "shared/data/bpic13_incidents.csv.gz"
LOG = pathlib.Path(os.environ.get("BATON_INCIDENT_LOG", OURS))
MAPPING_FILE = pathlib.Path(os.environ.get("BATON_INCIDENT_MAPPING", HERE / "incident_mapping.json"))
MAPPING = incident_player.Mapping(MAPPING_FILE)
PUBLISHED = {"cases": 7554, "sent mean": 1.25, "sent median": 1, "sent max": 31, "sent never": 3734, "sent bounced cases": 1177,
             "sent bounces": 2394, "worked cases": 5663, "worked reopened": 390,
             "waiting on the customer, days": 19308.9} if LOG.name == OURS.name else {}


def place(row):
    return incident_player.slug(row[MAPPING.place])


def at(row):
    return incident_player.micros(row[MAPPING.time])


def ends(row):
    return MAPPING.meaning(row).partition(" ")[0] in ("resolved", "closed")


def ends_worked(row):
    """Ended, and not on first contact."""
    return MAPPING.meaning(row) in ("resolved", "closed")


def collapse(places):
    return [p for i, p in enumerate(places) if i == 0 or p != places[i - 1]]


def bounces(places):
    return sum(a == c for a, _, c in zip(places, places[1:], places[2:]))


def custody_of(rows):
    """Who held the case: the team of a row that is not merely queued holds it from then on."""
    return collapse([place(rows[0])] + [place(r) for r in rows[1:] if MAPPING.meaning(r) != "offer"])


def spread(name, trails):
    moves = [len(t) - 1 for t in trails]
    return {f"{name} mean": statistics.fmean(moves), f"{name} median": statistics.median(moves), f"{name} max": max(moves),
            f"{name} never": moves.count(0), f"{name} bounced cases": sum(bounces(t) > 0 for t in trails),
            f"{name} bounces": sum(bounces(t) for t in trails)}


def reopenings(rows):
    """(after a worked end somebody went on, after one somebody ended it once more at another team)."""
    worked = reopened = elsewhere = False
    for i, row in enumerate(rows):
        if ends(row):
            elsewhere |= bool(i and worked and ends(rows[i - 1]) and place(row) != place(rows[i - 1]))
            worked |= ends_worked(row)
        elif worked:
            reopened = True
    return reopened, elsewhere


def waits(rows, on):
    """The finished waits of a case: for each the rows in it and the first row after it. One that never ends is none."""
    begun = []
    for row in rows:
        if MAPPING.meaning(row) == f"pending {on}":
            begun.append(row)
        elif begun:
            yield begun, row
            begun = []


def waited(cases, on):
    """Days from the first row that waits to the first that does not."""
    return sum(max(0, at(after) - at(begun[0])) for rows in cases.values() for begun, after in waits(rows, on)) / 86400e6


def waited_by_status(cases, on):
    """The same, split by what the log itself calls the wait."""
    days = {}
    for rows in cases.values():
        for begun, after in waits(rows, on):
            for row, following in zip(begun, begun[1:] + [after]):
                status = MAPPING.status(row)
                days[status] = days.get(status, 0) + max(0, at(following) - at(row)) / 86400e6
    return days


def waited_from_row_to_row(cases, status):
    """Days from each row of this status to the next row, whatever that says: unfinished waits count up to the last row."""
    return sum(max(0, at(b) - at(a)) for rows in cases.values() for a, b in zip(rows, rows[1:]) if MAPPING.status(a) == status) / 86400e6


def expected(cases):
    marks = [reopenings(rows) for rows in cases.values()]
    return {"cases": len(cases), **spread("sent", [collapse([place(r) for r in rows]) for rows in cases.values()]),
            **spread("custody", [custody_of(rows) for rows in cases.values()]),
            "worked cases": sum(any(map(ends_worked, rows)) for rows in cases.values()), "worked reopened": sum(r or e for r, e in marks),
            "waiting on the customer, days": waited(cases, "CUSTOMER"), "waiting on a vendor, days": waited(cases, "VENDOR"),
            "waiting on others, days": waited(cases, "OTHER")}


def cancelled_only(cases):
    """Cases that were only ever cancelled: we call that closed, the published figure does not."""
    def ended(rows, cancelled):
        return any(ends_worked(r) and (MAPPING.status(r) == "Completed/Cancelled") == cancelled for r in rows)
    return sum(ended(rows, True) and not ended(rows, False) for rows in cases.values())


def differences(cases, have):
    """A line for each figure that differs from the published one, with the reason, counted in the table; then what makes up the waits."""
    marks = [reopenings(rows) for rows in cases.values()]
    user = "Accepted/Wait - User"
    reasons = {
        "worked cases": f"Cancelled counts as an end here: cases without any other: {cancelled_only(cases)}",
        "worked reopened": f"an ending at another team reopens the case first: {sum(e and not r for r, e in marks)} more; "
                           f"worked on after an end: {sum(r for r, _ in marks)}",
        "waiting on the customer, days": f"published is {user} alone, from row to row, unfinished waits too "
                                         f"({waited_from_row_to_row(cases, user):,.1f} from the table); here unfinished waits are not counted",
    }
    for name, value in PUBLISHED.items():
        if have[name] != pytest.approx(value, abs=0.006):
            yield f"{name}: {have[name]:,.2f}, published {value:,}: {reasons.get(name, 'for no reason that this test knows')}"
    for on in ("CUSTOMER", "VENDOR", "OTHER"):
        parts = sorted(waited_by_status(cases, on).items())
        yield f"waiting on {on}: " + (", ".join(f"{days:,.1f} days of {status}" for status, days in parts) or "never")


def table(journeys, name):
    """The rows of one of the answer's tables, by the first column's word."""
    rows = journeys[name]
    return {next(iter(row.values())): row for row in rows}


def measured(broker):
    j = broker.ctl_json("journeys")
    figures = {"cases": j["cases"]}
    for name, row in table(j, "handoffs").items():
        figures.update({f"{name} mean": row["mean"], f"{name} median": row["median"], f"{name} max": row["max"], f"{name} never": row["never"],
                        f"{name} bounced cases": row["bounced"], f"{name} bounces": row["bounces"]})
    ends = table(j, "resolutions")["not on first contact"]
    figures.update({"worked cases": ends["cases"], "worked reopened": ends["reopened"]})
    for on, label in (("customer", "the customer"), ("vendor", "a vendor"), ("other", "others")):
        row = table(j, "waiting")[on]
        span = next(v for k, v in row.items() if k != "on")
        figures[f"waiting on {label}, days"] = span / 86400
    return figures


def company(teams):
    desk = "incident-desk"
    return {"last_owner": desk, "topics": ["incident"], "sites": [{"name": "everywhere", "zone": "Etc/UTC"}],
            "domains": [{"name": "crm", "normal": "exact"}],
            "departments": [{"name": desk, "site": "everywhere", "topics": ["incident"]}] +
                           [{"name": t, "site": "everywhere"} for t in sorted(teams)],
            "adapters": [{"name": "incident-log", "department": desk, "acts_for": ["*"], "backfill": True}]}


def play(broker, log_path):
    """Runs the adapter with the player as its program; its summary and the seconds it took."""
    summary = broker.folder / "summary.json"
    command = f"/usr/bin/python3 {HERE}/incident_player.py {MAPPING_FILE} {log_path} {summary}"
    conf = broker.folder / "incident-log.conf"
    conf.write_text(f'endpoint = "{broker.endpoint}";\nsecret_key_file = "keys/incident-log.secret";\nbroker_key_file = "keys/broker.pub";\n'
                    f'command = {json.dumps(command)};\nrestart = false;\nmax_in_flight = 512;\ncredit = 0;\n')
    begin = time.monotonic()
    done = subprocess.run([harness.program("baton-exec", broker.build), "--config", str(conf)], capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Sanitizer" not in done.stderr
    return json.loads(summary.read_text()), time.monotonic() - begin


@pytest.mark.skipif(not LOG.exists(), reason="skipped: no data")
def test_incident_log(capsys):
    cases = MAPPING.cases(LOG)
    broker = harness.fresh_broker(company=company({place(r) for rows in cases.values() for r in rows})).start()
    try:
        told, took = play(broker, LOG)
        assert told["refused"] == 0 and told["told"] == told["sent"] >= sum(map(len, cases.values())), told
        want = expected(cases)
        harness.wait_for(lambda: measured(broker)["cases"] == want["cases"], what="the checkpoint")
        have = measured(broker)
        with capsys.disabled():
            print(f"\n{told['sent']} events of {len(cases)} cases in {took:.1f} s")
            print(f"{'figure':34}{'broker':>14}{'from the table':>16}{'published':>12}")
            for name in want:
                print(f"{name:34}{have[name]:14.2f}{want[name]:16.2f}{PUBLISHED.get(name, ''):>12}")
            print(*differences(cases, have), sep="\n")
        for name, value in want.items():
            assert have[name] == pytest.approx(value, abs=0.006), name
        known = {"worked cases": cancelled_only(cases), "worked reopened": sum(e and not r for r, e in map(reopenings, cases.values()))}
        for name, value in PUBLISHED.items():
            if not name.startswith("waiting"):
                assert have[name] == pytest.approx(value + known.get(name, 0), abs=0.006), name
        broker.stop()
        broker.verify()
    finally:
        harness.remove(broker)
