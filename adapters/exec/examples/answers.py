#!/usr/bin/env python3
"""Answers other departments' questions from a list, for baton-exec with mode = "each".

answers.py FILE: a line of FILE is the ref of a case, a blank, and the answer to what is asked about it.
"""
import json
import sys

item = json.load(sys.stdin)
recorded = item["recorded"]
if "questionAsked" not in recorded.get("event", {}):
    sys.exit(0)  # nothing to do: acknowledged
with open(sys.argv[1], encoding="utf-8") as known:
    answers = dict(line.rstrip("\n").split(" ", 1) for line in known if " " in line)
if recorded["ref"] not in answers:
    print("no answer yet for", recorded["ref"], file=sys.stderr)
    sys.exit(75)  # try again later
answer = {"question": recorded["sequence"], "text": answers[recorded["ref"]]}
print(json.dumps({"locator": {"ref": recorded["ref"]}, "questionAnswered": answer}))
