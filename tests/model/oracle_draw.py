"""Sequences as Hypothesis draws them from a seed: the same ones on every machine. Each leans to some actions, so that they meet
each other often."""
from hypothesis import HealthCheck, Phase, given, seed, settings, strategies as st

from oracle_company import DAY, HOUR, MINUTE

ACTIONS = ["open"] * 2 + ["contact"] * 3 + ["attempt"] * 2 + ["note", "fact", "redress", "feedback", "rate"] + ["offer"] * 2 + [
    "offer_open"] * 4 + ["accept"] * 4 + ["refuse"] * 3 + ["counter"] * 2 + ["withdraw", "appoint"] + ["promise"] * 3 + [
    "keep", "renegotiate", "drop_promise"] + ["ask"] * 2 + ["answer", "unask"] + ["work"] * 2 + ["renew"] * 2 + [
    "pending"] * 2 + ["unpend", "reopen", "unmerge", "link", "report"] + ["merge"] * 2 + ["end"] * 2 + ["jump"] * 6
# From the opening of a Monday in autumn on; the last ones are shortly before the clocks of Toronto and London go forward.
OFFSETS = [9 * HOUR, 11 * HOUR + 30 * MINUTE, 14 * HOUR, 20 * HOUR, 4 * DAY + 16 * HOUR, 5 * DAY + 12 * HOUR, 7 * DAY + 18 * HOUR,
           109 * DAY + 15 * HOUR, 124 * DAY + 10 * HOUR]
NUMBERS = st.integers(0, 9999)


@st.composite
def sequences(draw):
    """The steps (an action and three numbers each), and when they begin."""
    favoured = draw(st.lists(st.sampled_from(sorted(set(ACTIONS))), min_size=4, max_size=12, unique=True))
    actions = st.sampled_from(favoured) | st.sampled_from(ACTIONS)
    return draw(st.lists(st.tuples(actions, NUMBERS, NUMBERS, NUMBERS), min_size=25, max_size=45)), draw(st.sampled_from(OFFSETS))


def play_drawn(number, count, play):
    """Calls play(steps, offset) with so many sequences of this seed. It keeps what differs to itself: to shrink is its own task,
    since the sequences are drawn long and end short."""
    @seed(number)
    @settings(max_examples=count, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(sequences())
    def each(sequence):
        play(*sequence)

    each()
