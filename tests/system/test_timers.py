"""Time: what happens when clocks jump, when the broker was down, and when something is due. The builds under test have
commands that move the clock; what is installed has not (tests/production.py)."""
import re

import pytest

import harness
from events import code, do, history, now_us, ok, open_case

HOUR, DAY = 3600, 86400
CONFIG_ADOPTED, RESUMED, SWEPT, CLOCK_ACCEPTED = 1003, 1004, 1005, 1006


def varint(raw, at):
    value = shift = 0
    while True:
        byte, at = raw[at], at + 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def fields(raw, at=0, until=None):
    """The fields of a message by number, as far as their numbers go up."""
    found, last = {}, 0
    while at < (len(raw) if until is None else until):
        tag, at = varint(raw, at)
        number, wire = tag >> 3, tag & 7
        if number < last or wire not in (0, 2):
            break
        last = number
        if wire == 0:
            found[number], at = varint(raw, at)
        else:
            n, at = varint(raw, at)
            found.setdefault(number, []).append(raw[at:at + n])
            at += n
    return found


def own_entries(broker, kind):
    """The journal's entries of the broker's own stream of this kind, by their sequence. With the broker stopped. An entry may lie
    in the file twice: a page that was written anew leaves its former copy behind."""
    raw = (broker.folder / "data/journal/data.mdb").read_bytes()
    start = bytes([8, kind & 127 | 128, kind >> 7, 16, 5])
    heads = [fields(raw, m.start(), m.start() + 4096) for m in re.finditer(re.escape(start), raw)]
    by_sequence = {head[6]: head for head in heads}
    return {sequence: by_sequence[sequence] for sequence in sorted(by_sequence)}


def resumed(broker):
    """(from, until) in seconds, for each downtime that the journal has."""
    return [tuple(v / 1e6 for v in (fields(head[25][0])[1], fields(head[25][0])[2])) for head in own_entries(broker, RESUMED).values()]


def seconds(text):
    """Of an RFC 3339 time in the answer of a command."""
    from datetime import datetime
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def clock(broker):
    return broker.ctl_json("clock", "show")


def jump(broker, by):
    broker.ctl("--", "clock", "jump", str(by))


def recorded(client, case):
    """When the last event of the case was recorded, in seconds."""
    return history(client, case)[-1].recorded_at_us / 1e6


def noted(client, case):
    """Has one more event taken: when it was recorded."""
    ok(do(client, "note_added", case=case, text="x"))
    return recorded(client, case)


def logged(broker, event):
    return [line for line in broker.log.read_text().splitlines() if f"event={event} " in line + " "]


def counters(broker):
    return {row["counter"]: row["value"] for row in next(iter(broker.ctl_json("show", "counters").values()))}


def test_a_clock_that_is_right(own_broker):
    shown = clock(own_broker)
    assert shown["state"] == "fine" and shown["since"] is None and abs(seconds(shown["wall"]) - now_us() / 1e6) < 5
    assert "timers are suspended" not in own_broker.ctl("status")
    refused = own_broker.ctl("clock", "accept", check=False)
    assert refused.returncode == 1 and "WRONG_STATUS" in refused.stderr


def test_time_that_passes_is_no_trouble(own_broker):
    sales = own_broker.client("sales")
    case = open_case(sales).case
    before = recorded(sales, case)
    own_broker.ctl("clock", "advance", str(HOUR))
    assert HOUR <= noted(sales, case) - before < HOUR + 60
    assert clock(own_broker)["state"] == "fine" and not logged(own_broker, "clock-trouble")


def test_small_steps_are_no_trouble(own_broker):
    jump(own_broker, 50)
    jump(own_broker, -50)
    jump(own_broker, -50)
    assert clock(own_broker)["state"] == "fine"


def test_a_jump_ahead_waits_for_an_operator(own_broker):
    sales = own_broker.client("sales")
    case = open_case(sales).case
    before = recorded(sales, case)
    jump(own_broker, 2 * HOUR)
    shown = clock(own_broker)
    assert shown["state"] == "trouble" and "ahead" in shown["why"] and abs(seconds(shown["since"]) - before) < 60
    assert abs(shown["ahead_s"] - 2 * HOUR) < 60
    assert "timers are suspended" in own_broker.ctl("status")
    assert 0 <= noted(sales, case) - before < 60, "stamped as if time had gone on evenly"
    assert len(logged(own_broker, "clock-trouble")) == 1
    accepted = own_broker.ctl_json("--yes", "clock", "accept", "the", "host", "slept")
    assert accepted["state"] == "fine"
    assert 2 * HOUR <= noted(sales, case) - before < 2 * HOUR + 60
    assert "timers are suspended" not in own_broker.ctl("status")
    own_broker.stop()
    (entry,) = own_entries(own_broker, CLOCK_ACCEPTED).values()
    accept = fields(entry[27][0])
    assert accept[1][0] and accept[2] == [b"the host slept"]
    ((since, until),) = resumed(own_broker)
    assert abs(until - since - 2 * HOUR) < 60
    assert entry[7] == 2, "the two are one unit"
    own_broker.verify()


def test_a_jump_back_never_takes_time_back(own_broker):
    sales = own_broker.client("sales")
    case = open_case(sales).case
    times = [recorded(sales, case)]
    jump(own_broker, -2 * HOUR)
    assert clock(own_broker)["state"] == "trouble"
    times.append(noted(sales, case))
    own_broker.ctl("--yes", "clock", "accept")
    assert clock(own_broker)["state"] == "fine" and abs(clock(own_broker)["behind_s"] - 2 * HOUR) < 60
    assert "recorded time stands still" in own_broker.ctl("status") and "stands still" in own_broker.ctl("clock", "show")
    times.append(noted(sales, case))
    times.append(noted(sales, case))
    assert times == sorted(times) and times[-1] - times[0] < 60
    own_broker.ctl("clock", "advance", str(3 * HOUR))
    assert noted(sales, case) - times[0] > HOUR - 60, "the wall clock has passed it"
    assert "stands still" not in own_broker.ctl("status")
    own_broker.stop()
    assert not resumed(own_broker)
    own_broker.verify()


def test_only_an_administrator_accepts_a_clock(own_broker):
    from test_control import talk
    jump(own_broker, 2 * HOUR)
    assert "NOT_GRANTED" in talk(own_broker.folder / "run/read.sock", "clock accept")
    assert talk(own_broker.folder / "run/admin.sock", "clock accept").startswith("confirm")


def test_a_clock_is_accepted_as_it_was_looked_at(own_broker):
    jump(own_broker, 2 * HOUR)
    asked = own_broker.ctl("clock", "accept", check=False)
    assert asked.returncode == 4 and "never back" in asked.stdout and clock(own_broker)["state"] == "trouble"
    code = re.search(r"confirm=(\w+)", asked.stdout).group(1)
    jump(own_broker, 10 * 366 * 24 * HOUR)
    other = own_broker.ctl("clock", "accept", f"confirm={code}", check=False)
    assert other.returncode == 1 and "was set since" in other.stderr and clock(own_broker)["state"] == "trouble"
    jump(own_broker, -10 * 366 * 24 * HOUR)
    code = re.search(r"confirm=(\w+)", own_broker.ctl("clock", "accept", check=False).stdout).group(1)
    own_broker.ctl("clock", "accept", f"confirm={code}")
    assert clock(own_broker)["state"] == "fine"


def test_a_downtime_is_noted_before_anything_else(own_broker):
    sales = own_broker.client("sales")
    case = open_case(sales).case
    before = recorded(sales, case)
    own_broker.stop()
    own_broker.start()
    own_broker.stop()
    assert not resumed(own_broker), "it was not away for long"
    own_broker.start(env={"BATON_TEST_CLOCK_S": str(3 * HOUR)})
    assert clock(own_broker)["state"] == "fine"
    assert noted(own_broker.client("sales"), case) - before >= 3 * HOUR
    own_broker.stop()
    ((since, until),) = resumed(own_broker)
    assert abs(since - before) < 30 and 3 * HOUR <= until - since < 3 * HOUR + 60
    (first,) = own_entries(own_broker, RESUMED)
    swept = own_entries(own_broker, SWEPT)
    assert first + 1 in swept and fields(swept[max(swept)][26][0]).get(4) == 1, "its sweep came next, and is done"
    own_broker.verify()


def test_a_gap_too_long_to_be_a_downtime(own_broker):
    sales = own_broker.client("sales")
    case = open_case(sales).case
    before = recorded(sales, case)
    own_broker.stop()
    own_broker.start(env={"BATON_TEST_CLOCK_S": str(40 * DAY)})
    assert clock(own_broker)["state"] == "trouble" and len(logged(own_broker, "clock-trouble")) == 1
    sales = own_broker.client("sales")
    assert 0 <= noted(sales, case) - before < 60
    own_broker.ctl("--yes", "clock", "accept", "a", "long", "holiday")
    assert clock(own_broker)["state"] == "fine"
    assert code(do(sales, "note_added", case=case, text="x")) == "TOO_OLD", "the sender lives in another time"
    own_broker.stop()
    ((since, until),) = resumed(own_broker)
    assert abs(until - since - 40 * DAY) < 60
    own_broker.verify()


def test_a_clock_behind_the_last_entry(own_broker):
    sales = own_broker.client("sales")
    case = open_case(sales).case
    before = recorded(sales, case)
    own_broker.stop()
    own_broker.start(env={"BATON_TEST_CLOCK_S": str(-2 * HOUR)})
    assert clock(own_broker)["state"] == "trouble" and "behind" in clock(own_broker)["why"]
    assert 0 <= noted(own_broker.client("sales"), case) - before < 60
    own_broker.stop()
    own_broker.start()
    assert clock(own_broker)["state"] == "fine", "it is right again"
    own_broker.stop()
    own_broker.verify()


def test_nothing_fires_while_the_clock_is_doubted(own_broker):
    sales = own_broker.client("sales")
    open_case(sales, "billing.invoice")  # an offer with a deadline
    jump(own_broker, 3 * DAY)
    assert clock(own_broker)["state"] == "trouble"
    own_broker.ctl("clock", "advance", str(4 * DAY))
    counted = counters(own_broker)
    assert counted["timers_fired"] == 0 and counted["timers_stuck"] == 0
    own_broker.ctl("--yes", "clock", "accept")
    harness.wait_for(lambda: counters(own_broker)["timers_fired"] + counters(own_broker)["timers_stuck"] > 0, what="the offer's deadline")
    own_broker.stop()
    own_broker.verify()


def test_what_is_due_fires_at_once_and_then_there_is_peace(own_broker):
    sales = own_broker.client("sales")
    for _ in range(3):
        open_case(sales, "billing.invoice")
    own_broker.ctl("clock", "advance", str(3 * DAY))
    harness.wait_for(lambda: counters(own_broker)["timers_fired"] + counters(own_broker)["timers_stuck"] >= 3, 5, "the deadlines")
    before = counters(own_broker)["timers_stuck"]
    assert own_broker.cpu_share(2.0) < 0.1, "an idle broker is idle"
    assert counters(own_broker)["timers_stuck"] == before, "what is stuck waits a minute"
    own_broker.stop()
    own_broker.verify()


def test_an_advisory_reaches_every_open_case_and_leaves_it_again(own_broker):
    moves, sales = own_broker.client("moves"), own_broker.client("sales")
    cases = [open_case(moves, "move.internet").case for _ in range(300)]  # more than one batch takes
    other = open_case(sales, "order").case
    ok(do(moves, "advisory_issued", topic="move", text="the exchange is down", until_us=now_us() + HOUR * 1000000))
    harness.wait_for(lambda: counters(own_broker)["cases_swept"] == 300, what="the sweep")
    cases.append(open_case(moves, "move.internet").case)
    for case in cases:
        assert [e.event.WhichOneof("kind") for e in history(moves, case)] == ["case_opened", "advisory_issued"]
    own_broker.ctl("clock", "advance", str(HOUR + 60))
    harness.wait_for(lambda: counters(own_broker)["cases_swept"] == 601, what="the sweep at its end")
    for case in cases:
        assert history(moves, case)[-1].event.WhichOneof("kind") == "advisory_ended"
    assert len(history(sales, other)) == 1
    own_broker.stop()
    own_broker.verify()


def test_departments_that_are_gone_are_written_down(own_broker):
    own_broker.stop()
    own_broker.company["departments"] = [d for d in own_broker.company["departments"] if d["name"] != "outsider"]
    own_broker.company["adapters"] = [a for a in own_broker.company["adapters"] if a["name"] != "outsider"]
    own_broker.write_conf()
    own_broker.start()
    assert ["department=outsider" in line for line in logged(own_broker, "department-gone")] == [True]
    own_broker.restart()
    assert not logged(own_broker, "department-gone"), "once"
    own_broker.stop()
    adopted = [fields(entry[22][0]) for entry in own_entries(own_broker, CONFIG_ADOPTED).values()]
    assert [a.get(3) for a in adopted] == [None, [b"outsider"]]
    assert b"outsider" in adopted[0][2] and b"outsider" not in adopted[1][2] and b"care" in adopted[1][2]
    own_broker.verify()


@pytest.mark.parametrize("words", [["clock", "advance", "-5"], ["clock", "advance", "soon"], ["clock", "jump", ""], ["clock"]])
def test_wrong_words(own_broker, words):
    assert own_broker.ctl(*words, check=False).returncode != 0
