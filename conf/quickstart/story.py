#!/usr/bin/env python3
"""Plays the story of a customer who moves house, over the adapters that the quickstart has started.

  story.py FOLDER BATONCTL

People work at what stage.py has given them: a web shop with a webhook, a mailbox, a database, and desks with a clerk (clerk.py, under
baton-exec) who is told what to do. Everything else is the broker's. The broker's clock is moved with `batonctl clock advance`, so
that a day and a half take seconds; the systems and their adapters keep the real time, hence days behind.
"""
import datetime
import json
import pathlib
import subprocess
import sys
import time
import zoneinfo

import systems

LONDON, TORONTO = zoneinfo.ZoneInfo("Europe/London"), zoneinfo.ZoneInfo("America/Toronto")
PHONE, EMAIL = {"domain": "phone", "value": "020 7946 0018"}, {"domain": "email", "value": "pat@example.org"}
TOPIC = "move.internet"
WORDS = "The neighbour, at number 7."
BOLD, PLAIN = ("\033[1m", "\033[0m") if sys.stdout.isatty() else ("", "")


class Story:
    def __init__(self, folder, batonctl):
        self.folder, self.batonctl, self.orders = pathlib.Path(folder), batonctl, 0
        given = json.loads((self.folder / "systems.json").read_text())
        self.shop = systems.Webhook(self.folder, **given["http"]) if "http" in given else systems.Log(self.folder, given["build"])
        self.mail = systems.Mailbox(self.folder, **given["mail"]) if "mail" in given else None
        self.database = systems.Database(self.folder, **given["postgres"]) if "postgres" in given else None

    def ctl(self, *words):
        done = subprocess.run([self.batonctl, "--control", str(self.folder / "run"), *words], text=True, capture_output=True, timeout=60)
        if done.returncode:
            sys.exit(f"batonctl {' '.join(words)}: {done.stderr or done.stdout}")
        return done.stdout

    def now(self):
        """The broker's time."""
        shown = json.loads(self.ctl("--json", "clock", "show"))
        return datetime.datetime.fromisoformat(shown["wall"].replace("Z", "+00:00"))

    def until(self, minutes, day=0):
        """Moves the broker's clock forward: to so many minutes after the moving service opens, so many days on."""
        opening = datetime.datetime.fromisoformat((self.folder / "opening").read_text())
        then = opening.astimezone(TORONTO) + datetime.timedelta(days=day, minutes=minutes)
        seconds = int((then - self.now()).total_seconds()) + 1
        if seconds > 0:
            self.ctl("clock", "advance", str(seconds))
        print(f"\n{BOLD}{then.astimezone(LONDON):%A %H:%M} in London, {then:%H:%M} in Toronto{PLAIN}")

    def order(self, desk, **order):
        """Tells a clerk what to do; what came of it."""
        self.orders += 1
        with open(self.folder / desk / "orders", "w", encoding="utf-8") as pipe:
            pipe.write(json.dumps({"order": self.orders, **order}) + "\n")
        return self.file(f"{desk}/done-{self.orders}.json", f"{desk} did not answer")

    def file(self, name, otherwise):
        path, end = self.folder / name, time.monotonic() + 20
        while not path.exists():
            if time.monotonic() > end:
                sys.exit(f"{otherwise}: see {self.folder}/{name.split('/')[0]}.log")
            time.sleep(0.02)
        return json.loads(path.read_text())

    def do(self, desk, said, decides=False, refused=None, **event):
        receipt = self.order(desk, event=event, decides=decides, case="locator" not in event)
        code = receipt.get("code", "CODE_OK").removeprefix("CODE_")
        if code != (refused or "OK"):
            sys.exit(f"{desk}: {said}: {code}: {receipt.get('text', '')}")
        self.tell(desk, said)
        return receipt

    @staticmethod
    def tell(who, what):
        print(f"  {who:<15} {what}", flush=True)

    def ask(self, desk, **query):
        return self.order(desk, query=query)

    def wait_for(self, desk, words):
        """Until this stands on the department's screen."""
        path, end = self.folder / desk / "screen", time.monotonic() + 20
        while words not in (text := path.read_text() if path.exists() else ""):
            if time.monotonic() > end:
                sys.exit(f"{words!r} never came to {desk}:\n{text}")
            time.sleep(0.02)
        self.tell("baton", f"tells {desk}: {words}")
        return text

    def history(self, kind, **fields):
        """The newest event of this kind in the case, as care sees it; None: there is none."""
        seen = self.ask("customer-care", history={"locator": {"ref": self.ref}}, limit=200)["history"]["events"]
        return next((r for r in seen if kind in r["event"] and fields.items() <= r["event"][kind].items()), None)

    def attempts(self):
        """How often the customer has failed in the web shop, as care sees it."""
        found = self.ask("customer-care", find={"identifier": EMAIL}).get("customer", {}).get("cases", [])
        seen = self.ask("customer-care", history={"locator": {"ref": found[0]["ref"]}}, limit=200)["history"]["events"] if found else []
        return sum("attemptFailed" in r["event"] for r in seen)

    def arrives(self, kind, otherwise, **fields):
        """The newest event of this kind, once it is there: what comes by mail or from a table has no receipt to wait for."""
        return systems.poll(lambda: self.history(kind, **fields), otherwise)

    def bills(self, said, **event):
        """Billing does something: in its database, which tells Baton in the same transaction, or at its desk."""
        if not self.database:
            return self.do("billing", said, **event)["sequence"]
        self.database.tell(locator={"ref": self.ref}, **event)
        (kind, body), = event.items()
        came = self.arrives(kind, f"{kind} never came out of billing's outbox: see {self.folder}/billing.log", **body)
        self.tell("billing", f"{said} (a row of baton.outbox)")
        return came["sequence"]

    def billing_hears(self, kind):
        if self.database:
            self.database.wait_for(kind)
            self.tell("baton", f"tells billing: {kind} (a row of baton.inbox)")
        else:
            self.wait_for("billing", kind)


def begin(s):
    """A working day, while the moving service across the ocean still sleeps. A Tuesday or a Wednesday, out of the way of holidays."""
    day = s.now().astimezone(TORONTO) + datetime.timedelta(days=1)
    while day.weekday() not in (1, 2) or (day.month, day.day) in ((7, 1), (6, 30), (1, 1)) or (day.month == 12 and day.day > 22):
        day += datetime.timedelta(days=1)
    (s.folder / "opening").write_text(day.replace(hour=8, minute=0, second=0, microsecond=0).isoformat())
    s.until(-40)


def form(s):
    now = int(s.now().timestamp())
    s.shop.fails([{"request": request, "created": now - ago, "form": "order", "error": error, "mail": mail} for request, ago, error, mail in (
        ("7f3a90", 960, "", "robin@example.org"), ("7f3a91", 900, "E1042", EMAIL["value"]), ("7f3a95", 840, "E1042", EMAIL["value"]))])
    systems.poll(lambda: s.attempts() == 2, f"the attempts never came to Baton: see {s.folder}/web-shop.log")
    s.tell("web-shop", "reports both, " + ("by a signed webhook" if isinstance(s.shop, systems.Webhook) else "as its adapter finds them in its log"))


def lunch(s):
    found = s.ask("sales", find={"identifier": PHONE})
    s.tell("sales", f"the customer telephones; who is it? {found.get('code', 'CODE_OK').removeprefix('CODE_')}")
    s.do("sales", "links telephone and e-mail", identifierLinked={"identifier": PHONE, "sameAs": EMAIL, "note": "asked on the telephone"})
    contact = s.do("sales", "logs the contact: was about to send the customer back to the form when the line dropped",
                   locator={"identifier": PHONE, "topic": TOPIC},
                   contactLogged={"channel": "CHANNEL_PHONE", "summary": "asks what became of the order", "sentTo": "web-form.order",
                                  "outcome": "OUTCOME_DROPPED"})
    s.ref = contact["ref"]
    assert contact.get("deadEnd"), "the form has failed twice"
    s.tell("baton", f"warns: a dead end, the form has failed in this case ({s.ref}) before")
    promises = s.ask("sales", case={"locator": {"ref": s.ref}})["case"]["promises"]
    s.missed = next(p["id"] for p in promises if p["cause"] == "CAUSE_DROPPED")
    s.second = next(p["id"] for p in promises if p["cause"] == "CAUSE_WAITING")
    s.tell("baton", f"has promised to call back: {len(promises)} promises stand, held by {promises[0]['holder']}")


def opening(s):
    s.until(1)
    s.wait_for("moves", "HandoffDirected with the card")
    s.do("moves", "refuses: when is the move?", decides=True, handoffRefused={
        "reason": "REFUSAL_REASON_MISSING_INFORMATION", "text": "On which day does the customer move?"})
    s.wait_for("customer-care", "HandoffRefused")
    s.do("customer-care", "answers with a fact", factRecorded={"key": "moving-day", "value": "the first of next month"})
    s.do("customer-care", "offers again", decides=True, handoffOffered={"topic": TOPIC, "nextStep": "Move the line; the day is on the card"})
    s.wait_for("moves", "HandoffOffered with the card")
    s.do("moves", "accepts, and reads back", decides=True, handoffAccepted={"readBack": "move the line on the first of next month"})
    door(s)


def door(s):
    question = s.do("moves", "asks customer care", questionAsked={"to": "customer-care", "text": "Who opens the door to the technician?"})["sequence"]
    if not s.mail:
        s.wait_for("customer-care", "QuestionAsked")
        s.do("customer-care", "gets a mail of the customer, who was asked", contactLogged={
            "channel": "CHANNEL_EMAIL", "direction": "DIRECTION_INBOUND", "summary": WORDS})
        s.do("customer-care", "answers", questionAnswered={"question": question, "text": WORDS})
        return
    asked = s.mail.wait_for("Question of moves")
    s.tell("baton", f"writes to customer care: {asked['Subject']}")
    s.mail.comes_in(EMAIL["value"], "Re: Who opens the door?", WORDS)
    s.arrives("contactLogged", f"the mail never came to Baton: see {s.folder}/care-mail.log", channel="CHANNEL_EMAIL")
    s.tell("customer", f"was asked, and writes a mail: {WORDS}")
    s.mail.reply(asked, f"answer {WORDS}")
    s.arrives("questionAnswered", f"the reply never came to Baton: see {s.folder}/care-mail.log", question=question)
    s.tell("customer-care", f"replies to Baton's mail: answer {WORDS}")


def conflict(s):
    s.until(30)
    s.do("moves", "asks billing", questionAsked={"to": "billing", "text": "Is anything open on contract 4711 at the old address?"})
    question = s.history("questionAsked")["sequence"]
    s.billing_hears("QuestionAsked")
    s.billing = s.bills("starts a final invoice", workStarted={"action": "final-invoice", "subject": "contract 4711"})
    started = s.do("moves", "starts to transfer the same contract", workStarted={"action": "transfer-contract", "subject": "contract 4711", "leaseS": 172800})
    s.moves = started["sequence"]
    assert started["conflicts"] == [s.billing], "billing works on it too"
    s.wait_for("moves", "ConflictFound")
    s.billing_hears("ConflictFound")
    s.bills("stops", workFailed={"work": s.billing, "text": "the contract moves: no final invoice"})
    s.bills("answers", questionAnswered={"question": question, "text": "Nothing is open."})


def missed(s):
    s.until(145)
    s.wait_for("moves", "PromiseAtRisk")
    s.until(205)
    s.wait_for("moves-manager", "Escalated with the card")
    broken = s.history("promiseBroken")["event"]["promiseBroken"]
    assert broken["promise"] == s.missed and broken["holder"] == "moves"
    s.do("moves", "telephones: agrees another time with the customer", decides=True, promiseRenegotiated={
        "promise": s.missed, "dueUs": str(int((s.now() + datetime.timedelta(hours=24)).timestamp() * 1e6)),
        "agreedWith": "the customer", "reason": "the technician comes tomorrow"})
    s.do("moves", "the customer says that one call is enough", decides=True, promiseWithdrawn={"promise": s.second, "reason": "one call is enough"})


def kept(s):
    s.until(90, day=1)
    s.do("moves", "calls, as promised", promiseKept={"promise": s.missed, "text": "the line works"})
    s.do("moves", "has moved the contract", workFinished={"work": s.moves, "text": "done"})
    s.do("moves", "resolves the case", decides=True, caseResolved={"resolution": "line moved"})
    s.until(110, day=1)
    s.do("customer-care", "the survey comes back: 2 of 10", feedbackGiven={"source": "FEEDBACK_SOURCE_CUSTOMER", "score": 2, "text": "nobody called"})
    end = time.monotonic() + 20
    while (s.folder / "moves-manager" / "screen").read_text().count("Escalated with the card") < 2 and time.monotonic() < end:
        time.sleep(0.02)
    s.tell("baton", f"reopens the case; the manager of moves has the journey")
    s.do("moves-manager", "makes good", redressGiven={"form": "voucher", "value": "a month for free"})
    s.do("moves", "resolves the case", decides=True, caseResolved={"resolution": "called, explained, made good"})


def play(s):
    for chapter, title in (
            (begin, "A working day"), (form, "The web shop's order form fails, twice"),
            (lunch, "The customer telephones sales at lunch"), (opening, "The moving service opens"),
            (conflict, "Billing and the moving service act on one contract"), (missed, "The callback is missed"),
            (kept, "The promise is renegotiated, and kept")):
        print(f"\n{BOLD}{title}{PLAIN}")
        chapter(s)
    (s.folder / "ref").write_text(s.ref)


if __name__ == "__main__":
    play(Story(*sys.argv[1:]))
