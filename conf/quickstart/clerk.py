#!/usr/bin/env python3
"""The person at a department's desk, for baton-exec: reads what Baton delivers, and does what the story says.

  clerk.py DESK

Two folders beside each other: DESK/screen is what was delivered, in words; DESK/orders is a pipe on which the story tells the clerk
what to do next, one JSON object a line, and DESK/done-N.json is what came of order N:

  {"order": N, "event": Event, "decides": true}   decides: on the case as it stands now, which the clerk looks up first
  {"order": N, "query": Query}

`offer`, `digest` and `ref` that an order leaves open are those of the last offer that was delivered, or of the last case.
"""
import json
import os
import pathlib
import selectors
import sys


class Lines:
    """Whole lines of a descriptor, without a buffer that a selector would not see."""

    def __init__(self, fd):
        self.fd, self.rest, self.ended = fd, b"", False

    def ready(self):
        return b"\n" in self.rest or self.ended

    def fill(self):
        got = os.read(self.fd, 65536)
        self.rest, self.ended = self.rest + got, not got

    def take(self):
        """The next line as JSON, waiting for it; None at the end."""
        while not self.ready():
            self.fill()
        if b"\n" not in self.rest:
            return None
        line, self.rest = self.rest.split(b"\n", 1)
        return json.loads(line)


class Clerk:
    def __init__(self, desk):
        self.desk, self.seen = pathlib.Path(desk), {}
        self.broker = Lines(0)
        # With a writer of its own the pipe never ends.
        self.orders = Lines(os.open(self.desk / "orders", os.O_RDWR))
        self.screen = open(self.desk / "screen", "a", encoding="utf-8", buffering=1)

    def say(self, **line):
        print(json.dumps(line), flush=True)

    def delivered(self, item):
        recorded = item["recorded"]
        event = recorded.get("event", {})
        self.seen["ref"] = recorded.get("ref", self.seen.get("ref"))
        offer = event.get("handoffDirected", {}).get("offer") or ("handoffOffered" in event and recorded["sequence"])
        if offer and "digest" in item:
            self.seen.update(offer=offer, digest=item["digest"])
        kind = next((k for k in event if isinstance(event[k], dict)), "?")
        self.screen.write(f"{recorded['sequence']} {event.get('department', 'baton')} {kind[0].upper() + kind[1:]}"
                          f"{' with the card' if 'card' in item else ''}{' (not for us)' if item.get('stub') else ''}\n")
        if "card" in item:
            (self.desk / "card.json").write_text(json.dumps(item["card"]))
        self.say(settle=item["sequence"], verdict="ack")

    def hear(self, member):
        """The next line with this member. Deliveries go on meanwhile."""
        while (message := self.broker.take()) is not None:
            if "delivery" in message:
                self.delivered(message["delivery"])
            elif "error" in message:
                return {"code": "LINE", "text": message["error"]["text"]}
            elif member in message:
                return message[member]
        sys.exit(0)

    def do(self, order):
        if "query" in order:
            self.say(query=order["query"])
            return self.hear("answer")
        event = order["event"]
        locator = event.setdefault("locator", {})
        if not locator and self.seen.get("ref") and order.get("case", True):
            locator["ref"] = self.seen["ref"]
        for kind in ("handoffAccepted", "handoffRefused", "handoffCountered", "handoffWithdrawn"):
            if kind in event:
                event[kind].setdefault("offer", self.seen.get("offer"))
                if kind == "handoffAccepted":
                    event[kind].setdefault("digest", self.seen.get("digest"))
        if order.get("decides"):
            self.say(query={"case": {"locator": locator}})
            event["expectedVersion"] = self.hear("answer").get("case", {}).get("version", "1")
        self.say(key=f"{self.desk.name}-{order['order']}", event=event)
        receipt = self.hear("receipt")
        if receipt.get("ref"):
            self.seen["ref"] = receipt["ref"]
        return receipt

    def obey(self, order):
        done = self.desk / f"done-{order['order']}.json"
        done.with_suffix(".new").write_text(json.dumps(self.do(order)))
        done.with_suffix(".new").rename(done)

    def run(self):
        wait = selectors.DefaultSelector()
        wait.register(self.broker.fd, selectors.EVENT_READ, self.broker)
        wait.register(self.orders.fd, selectors.EVENT_READ, self.orders)
        while not self.broker.ended:
            for key, _ in wait.select():
                key.data.fill()
            while b"\n" in self.broker.rest or b"\n" in self.orders.rest:
                if b"\n" in self.orders.rest:
                    self.obey(self.orders.take())
                elif "delivery" in (message := self.broker.take()):
                    self.delivered(message["delivery"])


if __name__ == "__main__":
    Clerk(sys.argv[1]).run()
