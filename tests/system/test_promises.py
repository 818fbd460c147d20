"""Each promise as a check that a good build passes, and its negative control: a build with the matching flaw does not."""
import pytest

import checks
import harness


def acked_is_durable(build):
    """One of the syncs may be a checkpoint's, before which nothing is acknowledged that is not durable."""
    for sync in (1, 2, 3):
        checks.acked_is_durable(build, sync)


# flaw (see BATON_FLAW in the top CMakeLists.txt): the check, the good build it passes on, what it says about the flawed one
PROMISES = {
    "ack-before-commit": (acked_is_durable, "plain", "are gone"),
    "no-dedupe": (checks.once, "san", "duplicate"),
    "admit-anyone": (checks.strangers_stay_out, "san", "let in"),
    "any-order": (checks.each_case_in_order, "san", "out at once|order"),
    "tell-anyone": (checks.need_to_know, "san", "stranger to the case"),
    "any-card": (checks.context_arrives_first, "san", "wrong card"),
    "take-anything": (checks.custody_moves_by_acceptance, "san", "somebody else said yes"),
    "no-chain": (checks.bytes_that_rotted_are_not_relayed, "san", "rotted"),
}


@pytest.mark.parametrize("flaw", PROMISES)
def test_the_promise_holds(flaw):
    check, build, _ = PROMISES[flaw]
    check(build)


@pytest.mark.parametrize("flaw", PROMISES)
def test_the_check_notices_the_flaw(flaw):
    check, _, words = PROMISES[flaw]
    harness.program("batond", f"flaw-{flaw}")
    with pytest.raises(AssertionError, match=words):
        check(f"flaw-{flaw}")
