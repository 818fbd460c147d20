#!/usr/bin/python3
"""Plays a table of case rows as backfill: a program for the exec adapter (JSON lines on stdin and stdout).

    incident_player.py MAPPING.json TABLE.csv[.gz] SUMMARY.json

The mapping says which columns hold what and which status means what; nothing here knows one particular log:

    {"home": "incident-desk",              the department under whose numbers the cases go
     "case": "case_id", "order": "seq", "time": "ts_utc", "place": "support_team", "actor": "owner",
     "status_columns": ["status", "sub_status"], columns whose values, joined by "/", are looked up in `means`
     "topic": ["incident", "product"],     a fixed first part and a column
     "priority": ["impact", {"Low": "LOW"}],
     "means": {"Queued/*": "offer", "Accepted/Wait": "pending OTHER", "Completed/In Call": "resolved first", "*": "work"}}

Meanings: offer, work, pending CUSTOMER|VENDOR|OTHER, resolved, resolved first, closed. Rows of a case come in `order`.
"""
import csv
import datetime
import gzip
import json
import re
import sys
import threading


def slug(text):
    return re.sub("[^a-z0-9]+", "-", text.lower()).strip("-")[:32] or "none"


def micros(text):
    at = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return int((at if at.tzinfo else at.replace(tzinfo=datetime.timezone.utc)).timestamp()) * 1_000_000


def read_rows(table):
    opener = gzip.open if str(table).endswith(".gz") else open
    with opener(table, "rt", encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f))


class Mapping:
    def __init__(self, path):
        self.__dict__.update(json.load(open(path, encoding="utf-8")))

    def cases(self, table):
        """The rows of each case, in their order."""
        grouped = {}
        for row in read_rows(table):
            grouped.setdefault(row[self.case], []).append(row)
        return {name: sorted(rows, key=lambda r: int(r[self.order])) for name, rows in grouped.items()}

    def status(self, row):
        return "/".join(row[c] for c in self.status_columns)

    def meaning(self, row):
        words = [row[c] for c in self.status_columns]
        for n in range(len(words), -1, -1):
            found = self.means.get("/".join(words[:n] + ["*"] * (n < len(words))))
            if found:
                return found
        return "work"


class Case:
    """Where a case stands while its rows go by; yields (department, kind, fields) for each row."""

    def __init__(self):
        self.custodian = self.offered = self.pending = None
        self.ended = False

    def row(self, place, meaning, note):
        events = []

        def say(department, kind, **fields):
            events.append((department, kind, fields))

        word, _, detail = meaning.partition(" ")
        completing = word in ("resolved", "closed")
        if self.custodian is None:
            self.custodian = place
            say(place, "caseOpened")
        before = len(events)
        moves = place != self.custodian
        if self.ended and (not completing or moves):
            say(self.custodian, "caseReopened", reason="worked on again" if not completing else "ended elsewhere")
            self.ended = False
        if self.pending and not (word == "pending" and detail == self.pending):
            say(self.custodian, "statusChanged", status="STATUS_OPEN")
            self.pending = None
        if word == "offer":
            self.queue(place, say)
        else:
            self.work(place, say)
        if word == "pending" and self.pending != detail:
            say(self.custodian, "statusChanged", status="STATUS_PENDING", pendingOn="PENDING_ON_" + detail)
            self.pending = detail
        elif word == "resolved" and not self.ended:
            say(self.custodian, "caseResolved", firstContact=detail == "first")
            self.ended = "resolved"
        elif word == "closed" and self.ended != "closed":
            say(self.custodian, "caseClosed", text=note)
            self.ended = "closed"
        if len(events) == before or events[-1][1] in ("handoffWithdrawn", "caseReopened"):
            say(self.custodian, "noteAdded", text=note)
        return events

    def queue(self, place, say):
        if self.offered and self.offered != place:
            say(self.custodian, "handoffWithdrawn")
            self.offered = None
        if place != self.custodian and not self.offered:
            say(self.custodian, "handoffOffered", to=place)
            self.offered = place

    def work(self, place, say):
        if self.offered == place:
            say(place, "handoffAccepted")
            self.custodian = place
        else:
            if self.offered:
                say(self.custodian, "handoffWithdrawn")
            if place != self.custodian:
                say(self.custodian, "handoffReported", to=place)
                self.custodian = place
        self.offered = None


def lines(mapping, table):
    """All events of the table, as lines for the adapter."""
    for case_id, own in mapping.cases(table).items():
        case = Case()
        for row in own:
            place = slug(row[mapping.place])
            for i, (department, kind, fields) in enumerate(case.row(place, mapping.meaning(row), mapping.status(row))):
                if kind == "caseOpened":
                    fields = {"topic": ".".join([mapping.topic[0], slug(row[mapping.topic[1]])]),
                              "priority": "PRIORITY_" + mapping.priority[1].get(row[mapping.priority[0]], "NORMAL")}
                yield {"key": f"{case_id}/{row[mapping.order]}/{i}",
                       "event": {"occurredAtUs": str(micros(row[mapping.time])), "department": department, "backfill": True,
                                 "actor": row[mapping.actor][:64],
                                 "locator": {"reference": {"department": mapping.home, "localId": case_id}}, kind: fields}}


def main(mapping_file, table, summary_file):
    mapping, sent, told, refused = Mapping(mapping_file), 0, 0, []
    everything_told = threading.Event()
    all_sent = threading.Event()

    def listen():
        nonlocal told
        for line in sys.stdin:
            answer = json.loads(line)
            if "receipt" in answer:
                told += 1
                if answer["receipt"].get("code", "CODE_OK") != "CODE_OK":
                    refused.append({"key": answer.get("key"), **answer["receipt"]})
            elif "error" in answer:
                told += 1
                refused.append(answer)
            if all_sent.is_set() and told >= sent:
                everything_told.set()
        everything_told.set()

    threading.Thread(target=listen, daemon=True).start()
    for made in lines(mapping, table):
        sys.stdout.write(json.dumps(made, separators=(",", ":")) + "\n")
        sent += 1
    sys.stdout.flush()
    all_sent.set()
    if told >= sent:
        everything_told.set()
    everything_told.wait(600)
    with open(summary_file, "w", encoding="utf-8") as f:
        json.dump({"sent": sent, "told": told, "refused": len(refused), "first_refused": refused[:20]}, f)


if __name__ == "__main__":
    main(*sys.argv[1:])
