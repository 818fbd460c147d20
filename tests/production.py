"""Fails where what is installed could move the clock: its objects are compiled as an installation compiles them, and must
hold neither the commands nor what they call. Those of the tests must, or this would look for the wrong thing.

usage: production.py PRODUCTION_OBJECTS TEST_LIBRARIES (each joined by semicolons). Prints TAP.
"""
import pathlib
import sys

MARKS = (b"clock advance", b"clock jump", b"bt_clock_advance", b"bt_clock_jump", b"BATON_TEST_CLOCK_S")


def found(files):
    raw = b"".join(pathlib.Path(f).read_bytes() for f in files.split(";"))
    return {mark for mark in MARKS if mark in raw}


production, tests = found(sys.argv[1]), found(sys.argv[2])
print("not ok" if production else "ok", "- production: no command moves the clock", *sorted(map(str, production)))
print("ok" if tests == set(MARKS) else "not ok", "- production: those of the tests do")
sys.exit(bool(production) or tests != set(MARKS))
