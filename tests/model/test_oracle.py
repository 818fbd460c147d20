"""The rules a second time: drawn sequences with jumps in time, played to the broker and to an oracle made from the texts alone.

The sequences follow from a seed, on every machine. As it comes, a fixed number of them is played. BATON_ORACLE_SECONDS: so long,
from a seed of its own each time. BATON_ORACLE_SEED: begins with this seed. BATON_ORACLE_GO_ON=1: goes on after a difference.
BATON_ORACLE_SHRINK=1: looks for fewer steps that differ in the same way.
"""
import os
import random
import re
import time
import traceback

import pytest

import harness
from oracle_company import MINUTE
from oracle_draw import play_drawn
from oracle_duel import Difference, fresh_duel
from oracle_steps import Steps

SECONDS = int(os.environ.get("BATON_ORACLE_SECONDS", harness.LONG or 0))
FIRST = int(os.environ.get("BATON_ORACLE_SEED", random.randrange(2**32) if SECONDS else 0))
GO_ON, SHRINK = (bool(os.environ.get("BATON_ORACLE_" + word)) for word in ("GO_ON", "SHRINK"))
SEQUENCES, PATIENCE_S = 90, 300  # about 75 s where nothing else runs; a machine on which it takes longer than this skips the rest
OF_A_SEED = 20  # in a long run
SHOWN, WIDE = 45, 170  # of the steps before a difference, and of a line


class Tally:
    def __init__(self):
        self.steps, self.sequences, self.skipped, self.codes, self.told = 0, 0, 0, {}, []

    def add(self, duel):
        self.sequences, self.steps = self.sequences + 1, self.steps + duel.steps
        for key, n in duel.codes.items():
            self.codes[key] = self.codes.get(key, 0) + n

    def line(self):
        skipped = f", {self.skipped} SKIPPED after {PATIENCE_S} s" if self.skipped else ""
        return f"oracle: {self.steps} steps in {self.sequences} sequences from seed {FIRST} on, {len(self.told)} differences{skipped}"


def play(steps, offset, tally):
    """One sequence against a broker of its own; the difference, or None, and what was sent."""
    duel = fresh_duel(offset)
    try:
        player = Steps(duel)
        for step in steps:
            player.play(step)
            duel.drain()
        duel.check_deliveries()
        duel.broker.stop()
        duel.broker.verify()
    except Difference as difference:
        return str(difference), duel.log
    except Exception:  # one of the oracle's own, or the broker's end
        return "".join(traceback.format_exc(limit=-4)), duel.log
    finally:
        tally.add(duel)
        harness.remove(duel.broker)
    return None, duel.log


def sort_of(difference):
    """What two differences of one sort have in common."""
    return re.sub(r"\d+", "0", difference)[:60]


def shrunk(steps, offset, difference):
    """Fewer steps that differ in the same way: parts are left out, half of them first, until no single one can be."""
    size = len(steps) // 2
    while size:
        for at in range(len(steps) - size, -1, -size):
            fewer = steps[:at] + steps[at + size:]
            other, _ = play(fewer, offset, Tally())
            if other and sort_of(other) == sort_of(difference):
                steps = fewer
        size //= 2
    return steps


def report(number, difference, offset, log):
    """The steps, then the difference: the end of a log is what is kept of it."""
    cut = [f"({len(log) - SHOWN} steps before these)"] if len(log) > SHOWN else []
    lines = [f"  {i}: {step}"[:WIDE] for i, step in enumerate(log)][-SHOWN:]
    return "\n".join([f"seed {number}, {offset // MINUTE} minutes after the start:", *cut, *lines, difference[:1500]])


class Run:
    """Plays what is drawn, until a difference or until time is up."""

    def __init__(self):
        self.tally, self.end, self.number = Tally(), time.monotonic() + (SECONDS or PATIENCE_S), FIRST

    def over(self):
        return time.monotonic() > self.end or bool(self.tally.told) and not GO_ON

    def play(self, steps, offset):
        if self.over():
            self.tally.skipped += not SECONDS and not self.tally.told
            return
        difference, log = play(steps, offset, self.tally)
        if difference and SHRINK:
            difference, log = play(shrunk(steps, offset, difference), offset, Tally())
        if difference:
            self.tally.told.append(report(self.number, difference, offset, log))

    def play_all(self):
        play_drawn(self.number, OF_A_SEED if SECONDS else SEQUENCES, self.play)
        while SECONDS and not self.over():
            self.number += 1
            play_drawn(self.number, OF_A_SEED, self.play)


def test_the_broker_decides_what_the_texts_say(capsys):
    run = Run()
    run.play_all()
    with capsys.disabled():
        print("\n" + run.tally.line())
    if run.tally.told:
        pytest.fail("\n\n".join([run.tally.line(), *run.tally.told]), pytrace=False)
