"""A Resync that nobody could take: a dead letter like others, made again by an operator, and the inbox goes on behind it in order."""
import time

import pytest

import harness
from events import do, history, ok, open_case, phone
from harness import wait_for

HOUR = 3600
DAY_US = 24 * HOUR * 10**6


@pytest.fixture
def aging():
    made = harness.fresh_broker(settings={"retention": {"inbox_max_age_hours": 24, "snapshot_every_hours": 0},
                                          "delivery": {"max_attempts": 2}, "cases": {"max_gap_hours": 87600, "idle_hours": 0}}).start()
    yield made
    harness.remove(made)


def inbox(broker):
    return next(row for row in broker.ctl_json("show", "inboxes")["inboxes"] if row["adapter"] == "moves")


def dead(broker):
    return broker.ctl_json("show", "dead")["dead_letters"]


def note(broker, case, text):
    sales = broker.client("sales")
    made = ok(do(sales, "note_added", case=case, text=text)).sequence
    sales.close()
    return made


def aged(broker):
    """A case of which all that waits for moves became a Resync: its id, and the Resync's number."""
    sales = broker.client("sales")
    case = open_case(sales, by=phone(), need="a line at the new address").case
    ok(do(sales, "handoff_offered", case=case, to="moves", topic="move.internet", deadline_us=int(time.time() * 1e6) + 300 * DAY_US))
    ok(do(sales, "note_added", case=case, text="she called again"))
    sales.close()
    broker.ctl("clock", "advance", str(25 * HOUR))
    wait_for(lambda: inbox(broker)["resyncs"] == 1 == inbox(broker)["waiting"], what="the Resync")
    return case


def given_up(broker, moves):
    """The Resync, which is a dead letter now."""
    item = moves.take()
    assert item.HasField("resync") and not item.redelivery
    moves.settle(item.sequence, "REJECT", reason="E7 no")
    wait_for(lambda: dead(broker), what="a dead letter")
    assert inbox(broker)["waiting"] == inbox(broker)["resyncs"] == 0
    return item


def test_it_comes_again_as_a_resync_and_what_is_behind_it_in_order(aging):
    case = aged(aging)
    moves = aging.client("moves", credit=16)
    first = given_up(aging, moves)
    (letter,) = dead(aging)
    assert letter["event"] == first.sequence and letter["case_id"] == case
    shown = aging.ctl_json("dead", "show", "moves", str(first.sequence))
    assert shown["dead_letters"][0]["gets"] == "a Resync" and shown["dead_letters"][0]["kind"] == "Resynced" and shown["case_id"] == case
    assert "a Resync stands for" in shown["dead_letters"][0]["what"]
    assert {"field": "card.need", "value": "a line at the new address"}.items() <= next(f for f in shown["fields"] if f["field"] == "card.need").items()
    assert aging.ctl_json("dead", "show", "moves", str(case))["dead_letters"] == shown["dead_letters"]
    later = note(aging, case, "later")
    item = moves.take()
    assert item.sequence == later and item.gap and not item.HasField("resync")
    moves.settle(later)
    moves.close()
    waiting = [note(aging, case, f"behind {i}") for i in range(3)]
    assert aging.ctl_json("dead", "retry", "moves", str(first.sequence), "the", "desk", "is", "back")["requeued"] == 1
    assert not dead(aging) and (inbox(aging)["waiting"], inbox(aging)["resyncs"]) == (4, 1)
    aging.restart()
    moves = aging.client("moves", credit=16)
    again = moves.take()
    assert again.HasField("resync") and again.redelivery and again.attempt == 1 and again.sequence == first.sequence
    assert again.resync.replaced == first.resync.replaced and not again.recorded.HasField("event")
    assert again.card.case == case and again.card.need == "a line at the new address" and again.digest
    assert again.recorded.version == history(moves, case)[-1].version, "the case as it is now"
    assert not moves.until(lambda: moves.deliveries, 0.3), "one of a case at a time"
    moves.settle(again.sequence)
    came = []
    for _ in waiting:
        item = moves.take()
        assert not item.HasField("resync") and not item.gap and not item.redelivery
        came.append(item.sequence)
        moves.settle(item.sequence)
    assert came == waiting
    wait_for(lambda: inbox(aging)["waiting"] == inbox(aging)["resyncs"] == 0, what="all to be settled")
    aging.stop()
    aging.verify()


def test_one_that_waits_already_stands_for_both(aging):
    """Never two Resyncs of one case: the older letter's rows are counted to the one that waits."""
    case = aged(aging)
    moves = aging.client("moves", credit=16)
    first = given_up(aging, moves)
    moves.close()
    note(aging, case, "later")
    aging.ctl("clock", "advance", str(25 * HOUR))
    wait_for(lambda: inbox(aging)["resyncs"] == 1, what="another Resync")
    assert aging.ctl_json("dead", "retry", "moves", str(first.sequence), "both")["requeued"] == 1
    assert not dead(aging) and (inbox(aging)["waiting"], inbox(aging)["resyncs"]) == (1, 1)
    moves = aging.client("moves", credit=16)
    item = moves.take()
    assert item.HasField("resync") and item.resync.replaced == first.resync.replaced + 1 and item.sequence != first.sequence
    moves.settle(item.sequence)
    after = note(aging, case, "after")
    item = moves.take()
    assert item.sequence == after and not item.gap
    moves.settle(after)
    wait_for(lambda: inbox(aging)["waiting"] == inbox(aging)["resyncs"] == 0)
    aging.stop()
    aging.verify()


def test_it_may_die_be_made_again_and_get_old_again(aging):
    """Given up twice, made again twice, then old once more: still one Resync, and the record is what the journal makes."""
    case = aged(aging)
    moves = aging.client("moves", credit=16)
    first = given_up(aging, moves)
    aging.ctl("dead", "retry", "moves", str(first.sequence), "once")
    item = moves.take()
    assert item.HasField("resync") and item.redelivery
    for _ in range(2):  # max_attempts
        moves.settle(item.sequence, "RETRY", retry_after_ms=1, reason="E8 busy")
        if not dead(aging):
            item = moves.take()
    wait_for(lambda: dead(aging), what="it to be given up again")
    moves.close()
    aging.ctl("dead", "retry", "moves", str(first.sequence), "twice")
    note(aging, case, "later")
    aging.ctl("clock", "advance", str(25 * HOUR))
    wait_for(lambda: (inbox(aging)["waiting"], inbox(aging)["resyncs"]) == (1, 1), what="one Resync for all")
    aging.kill()
    aging.start()
    moves = aging.client("moves", credit=16)
    item = moves.take()
    assert item.HasField("resync") and item.resync.replaced == first.resync.replaced + 1
    moves.settle(item.sequence)
    wait_for(lambda: inbox(aging)["waiting"] == inbox(aging)["resyncs"] == 0)
    aging.stop()
    aging.verify()


def test_a_dropped_one_and_a_redelivered_range(aging):
    """Dropped: nothing is missing any more. The range that it stood for can be delivered again, as what it was."""
    case = aged(aging)
    moves = aging.client("moves", credit=16)
    first = given_up(aging, moves)
    aging.ctl("dead", "drop", "moves", str(first.sequence), "not", "needed")
    assert not dead(aging)
    after = note(aging, case, "after")
    item = moves.take()
    assert item.sequence == after and not item.gap
    moves.settle(after)
    wait_for(lambda: not inbox(aging)["waiting"])
    done = aging.ctl_json("redeliver", "moves", f"1..{first.sequence}", "after", "all")
    came = []
    for _ in range(done["requeued"]):
        item = moves.take()
        assert item.redelivery and not item.HasField("resync") and item.recorded.HasField("event")
        came.append(item.sequence)
        moves.settle(item.sequence)
    assert came == sorted(came) and len(came) >= 2
    wait_for(lambda: inbox(aging)["waiting"] == inbox(aging)["resyncs"] == 0)
    aging.stop()
    aging.verify()
