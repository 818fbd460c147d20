#!/usr/bin/env python3
"""A department's desk for baton-exec: takes over every case it is offered, after reading its card."""
import json
import sys


def say(**line):
    print(json.dumps(line), flush=True)


def deliver(department, item):
    """Settles one delivery; the acceptance travels with the settle: both count, or neither."""
    recorded, sequence = item["recorded"], item["sequence"]
    offer = recorded.get("event", {}).get("handoffOffered")
    if not offer or offer.get("to") != department or "card" not in item:
        say(settle=sequence, verdict="ack")
        return
    card = item["card"]
    tried = ", ".join(t["route"] for t in card.get("tried", []))
    say(log=f"taking {recorded['ref']} from {offer['from']}; already tried: {tried or 'nothing'}")
    # The digest proves that the card was read; an offer is named by the sequence of its event.
    accepted = {"offer": recorded["sequence"], "digest": item["digest"], "readBack": card.get("need", "")}
    say(settle=sequence, tag=sequence, events=[{"locator": {"ref": recorded["ref"]}, "handoffAccepted": accepted}])


def main():
    department = ""
    for line in sys.stdin:
        message = json.loads(line)
        if "hello" in message:
            department = message["hello"]["department"]
        elif "delivery" in message:
            deliver(department, message["delivery"])
        elif "receipt" in message and "code" in message["receipt"]:
            # Refused, and so not settled: somebody else was quicker, or the offer was withdrawn. Nothing is left to do.
            say(log=f"refused: {message['receipt']['code']}")
            if "delivery" in message["receipt"]:
                say(settle=message["receipt"]["delivery"], verdict="ack")
        elif "error" in message:
            say(log=f"line {message['error']['line']}: {message['error']['text']}")


if __name__ == "__main__":
    main()
