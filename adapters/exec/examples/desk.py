#!/usr/bin/env python3
"""A department's desk for baton-exec: takes over every case it is offered, after reading its card."""
import json
import sys


def say(**line):
    print(json.dumps(line), flush=True)


def accept(item, version):
    """The acceptance travels with the settle: both count, or neither."""
    recorded = item["recorded"]
    event = recorded["event"]
    # An offer is named by the sequence of its event. The digest proves that the card was read.
    offer = event["handoffDirected"]["offer"] if "handoffDirected" in event else recorded["sequence"]
    accepted = {"offer": offer, "digest": item["digest"], "readBack": item["card"].get("need", "")}
    say(settle=recorded["sequence"], tag=recorded["sequence"],
        events=[{"locator": {"ref": recorded["ref"]}, "expectedVersion": version, "handoffAccepted": accepted}])


def deliver(department, item, offers):
    """Takes what this department is asked to take; anything else is only acknowledged."""
    recorded = item["recorded"]
    event = recorded.get("event", {})
    offer = event.get("handoffOffered") or event.get("handoffDirected") or {}
    if offer.get("to") != department or offer.get("moved") or "card" not in item:
        say(settle=recorded["sequence"], verdict="ack")
        return
    tried = ", ".join(t["route"] for t in item["card"].get("tried", []))
    say(log=f"taking {recorded['ref']} from {offer['from']}; already tried: {tried or 'nothing'}")
    offers[recorded["sequence"]] = item
    accept(item, recorded["version"])


def answered(receipt, offers):
    """What became of an acceptance. One that was decided on an older version comes with what was missed meanwhile."""
    item = offers.get(receipt.get("delivery"))
    if receipt.get("code") == "CODE_STALE" and item:
        kinds = [k for r in receipt.get("missed", []) for k in r["event"] if k[0].islower() and isinstance(r["event"][k], dict)]
        say(log=f"meanwhile: {', '.join(kinds) or 'something'}; taking it all the same")
        accept(item, receipt["version"])
        return
    offers.pop(receipt.get("delivery"), None)
    if "code" in receipt:
        # Refused, and so not settled: somebody else was quicker, or the offer was withdrawn. Nothing is left to do.
        say(log=f"refused: {receipt['code']}")
        if "delivery" in receipt:
            say(settle=receipt["delivery"], verdict="ack")


def main():
    department, offers = "", {}
    for line in sys.stdin:
        message = json.loads(line)
        if "hello" in message:
            department = message["hello"]["department"]
        elif "delivery" in message:
            deliver(department, message["delivery"], offers)
        elif "receipt" in message:
            answered(message["receipt"], offers)
        elif "error" in message:
            say(log=f"line {message['error']['line']}: {message['error']['text']}")


if __name__ == "__main__":
    main()
