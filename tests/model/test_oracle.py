"""The rules a second time: random sequences with jumps in time, played to the broker and to an oracle made from the texts alone.

BATON_ORACLE_SECONDS: a longer run, of other sequences every time. BATON_ORACLE_SEED: begins it elsewhere. BATON_ORACLE_SHRINK=1:
looks for the shortest sequence that differs, however long that takes.
"""
import os
import random
import time

from hypothesis import HealthCheck, Phase, given, seed, settings, strategies as st

import harness
from oracle_company import DAY, HOUR, MINUTE, START_US
from oracle_duel import Difference, fresh_duel
from oracle_steps import ACTIONS, Steps

SECONDS = int(os.environ.get("BATON_ORACLE_SECONDS", harness.LONG or 0))
OFFSETS = [9 * HOUR, 11 * HOUR + 30 * MINUTE, 14 * HOUR, 20 * HOUR, 4 * DAY + 16 * HOUR, 5 * DAY + 12 * HOUR, 7 * DAY + 18 * HOUR,
           124 * DAY + 10 * HOUR]
numbers = st.integers(0, 9999)
steps = st.lists(st.tuples(st.sampled_from(ACTIONS), numbers, numbers, numbers), min_size=25, max_size=45)
tally = {"steps": 0, "sequences": 0, "differences": 0, "codes": {}}


def play(sequence, offset):
    """One sequence against a broker of its own. The steps that were sent are told with a difference."""
    duel = fresh_duel(offset)
    try:
        player = Steps(duel)
        for step in sequence:
            player.play(step)
            duel.drain()
        duel.check_deliveries()
        duel.broker.stop()
        duel.broker.verify()
    except Difference as difference:
        tally["differences"] += 1
        told = "\n".join(f"  {i}: {entry}" for i, entry in enumerate(duel.log))
        raise Difference(f"{difference}\nafter, from {offset // MINUTE} minutes past {START_US}:\n{told}") from None
    finally:
        tally["sequences"] += 1
        tally["steps"] += duel.steps
        for key, n in duel.codes.items():
            tally["codes"][key] = tally["codes"].get(key, 0) + n
        harness.remove(duel.broker)


def summary(capsys):
    with capsys.disabled():
        print(f"\noracle: {tally['steps']} steps in {tally['sequences']} sequences, {tally['differences']} differences")


def test_the_broker_decides_what_the_texts_say(capsys):
    end = time.monotonic() + (SECONDS or 75)
    numbered = int(os.environ.get("BATON_ORACLE_SEED", random.randrange(2**32)))
    try:
        while True:
            run_examples(numbered, end)
            numbered += 1
            if not SECONDS or time.monotonic() >= end:
                return
    finally:
        summary(capsys)


def run_examples(numbered, end):
    """Some sequences."""
    phases = [Phase.generate, Phase.shrink] if os.environ.get("BATON_ORACLE_SHRINK") else [Phase.generate]
    @settings(max_examples=20 if SECONDS else 200, deadline=None, database=None, derandomize=not SECONDS, print_blob=False,
              suppress_health_check=list(HealthCheck), phases=phases)
    @given(steps, st.sampled_from(OFFSETS))
    def played(sequence, offset):
        if time.monotonic() < end or tally["differences"]:
            play(sequence, offset)

    (seed(numbered)(played) if SECONDS else played)()
