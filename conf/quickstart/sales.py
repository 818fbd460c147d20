#!/usr/bin/env python3
"""A sales desk takes a call, for baton-exec with restart = false.

  sales.py PHONE EMAIL TOPIC SCREEN

The customer telephones. The desk looks for the number, does not find it, asks for the e-mail address, links the two, logs the
contact, and writes to the file SCREEN what it then sees of the case: what this department may see, through its own adapter.
"""
import datetime
import json
import sys
import textwrap


def say(**line):
    print(json.dumps(line), flush=True)


def hear(member):
    """The next line with this member; deliveries in between are acknowledged."""
    for line in sys.stdin:
        message = json.loads(line)
        if member in message:
            return message[member]
        if "delivery" in message:
            say(settle=message["delivery"]["sequence"], verdict="ack")
        elif "error" in message:
            sys.exit(f"line {message['error']['line']}: {message['error']['text']}")
    sys.exit("the adapter went away")


def ask(**query):
    say(query=query)
    return hear("answer")


def send(key, **event):
    say(key=key, event=event)
    receipt = hear("receipt")
    if "code" in receipt:
        sys.exit(f"refused: {receipt['code']}: {receipt.get('text', '')}")
    return receipt


def in_words(event):
    """One line about an event, as a rep would want to read it."""
    for kind, said in (
        ("caseOpened", "case opened ({topic}), held by {custodian}"),
        ("attemptFailed", "the customer tried {route} and got {errorCode}: do not send them there again"),
        ("contactLogged", "contact by {channel}: {summary}"),
        ("handoffOffered", "offered by {from} to {to}, not answered yet"),
        ("handoffAccepted", "taken over by {to}"),
        ("noteAdded", "note: {text}"),
    ):
        if kind in event:
            fields = {k: str(v).removeprefix("CHANNEL_").lower() if k == "channel" else v for k, v in event[kind].items()}
            return said.format_map(type("Blank", (dict,), {"__missing__": lambda self, key: "-"})(fields))
    return next(k for k in event if k not in ("occurredAtUs", "department", "actor", "labels", "backfill"))


def main():
    phone, email, topic, screen = sys.argv[1:]
    by_phone, by_email = {"domain": "phone", "value": phone}, {"domain": "email", "value": email}
    hear("hello")
    out = [f"The sales desk, when {phone} calls:"]
    found = ask(find={"identifier": by_phone})
    out.append(f"  find {phone}: {found.get('code', 'CODE_OK').removeprefix('CODE_')}")
    send("call-1-link", identifierLinked={"identifier": by_phone, "sameAs": by_email, "note": "asked on the telephone"})
    out.append(f"  linked to {email}, which the web shop knew")
    receipt = send("call-1", locator={"identifier": by_phone, "topic": topic},
                   contactLogged={"channel": "PHONE", "outcome": "DROPPED", "summary": "asks what became of the order; the line dropped"})
    out.append(f"  contact logged on case {receipt['ref']} ({receipt['found'].removeprefix('FOUND_').lower().replace('_', ' ')})")
    out.append("")
    out.append(f"Case {receipt['ref']} as sales sees it, though it had no part in it until this call:")
    history = ask(history={"locator": {"ref": receipt["ref"]}})["history"]
    for item in reversed(history["events"]):
        at = datetime.datetime.fromtimestamp(int(item["event"]["occurredAtUs"]) / 1e6, datetime.timezone.utc)
        head = f"  {at:%H:%M:%S}  {item['event'].get('department', '-'):<14}"
        out.append(textwrap.fill(in_words(item["event"]), 100, initial_indent=head, subsequent_indent=" " * len(head)))
    with open(screen, "w", encoding="utf-8") as file:
        file.write("\n".join(out) + "\n")


if __name__ == "__main__":
    main()
