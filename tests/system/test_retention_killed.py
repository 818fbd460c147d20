"""Killed at each step on the way from the journal to the archive: the copy of the record, its entry, the segment, its row, the cut."""
import pytest

import harness
from events import event, history, ok, unique
from retained import TINY, filled, segments, snapshots, words, write_until

# Who dies, at which of its syncs or renames, counted from the end of which process beside the broker.
POINTS = (
    # the copy of the record: while it is written, before it has its name, before that is sure
    [("snapshot", "SYNC", n, "") for n in (1, 2, 3)] + [("snapshot", "RENAME", n, "") for n in (1, 2)] +
    # the broker, before the entry of it and behind it
    [("--config", "SYNC", n, "snapshot") for n in (1, 2)] +
    # the segment: written and not synced, synced and without its name, named and that not sure
    [("seal", "SYNC", 1, ""), ("seal", "RENAME", 1, ""), ("seal", "SYNC", 2, "")] +
    # the broker, before the segment's row, behind it, and while what is in it is deleted
    [("--config", "SYNC", n, "seal") for n in (1, 2, 3, 5)])


@pytest.mark.parametrize("half", [0, 1])
def test_killed_at_each_step(half):
    broker = harness.fresh_broker(settings=TINY).start()
    try:
        case, written = filled(broker, 1)
        for who, what, number, after in POINTS[half::2]:
            written = one(broker, case, written, who, what, number, after)
        broker.stop()
        broker.verify()
    finally:
        harness.remove(broker)


def one(broker, case, written, who, what, number, after):
    """The history after the kill, and a few steps of retention more."""
    armed = broker.folder / "armed"
    armed.unlink(missing_ok=True)
    broker.stop()
    broker.start(env={"LD_PRELOAD": harness.program("bt_fault.so"), f"BATON_FAULT_{what}": str(number), "BATON_FAULT_WHO": who,
                      "BATON_FAULT_LET_MS": "0", "ASAN_OPTIONS": "verify_asan_link_order=0",
                      **({"BATON_FAULT_ARM": str(armed), "BATON_FAULT_ARM_AFTER": after} if after else {})})
    sales, maybe = broker.client("sales"), 0
    for _ in range(4000):
        number_ = sales.submit(unique("key"), event("note_added", case=case, text=words()))
        got = sales.until(lambda: sales.receipts.pop(number_, None) or broker.process.poll() is not None, 30)
        if got is True or not got:
            maybe = 1
            break
        written.append(ok(got).sequence)
        if "its process was killed" in broker.log.read_text():
            break
    sales.socket.close(linger=0)
    died = broker.process.poll() is not None
    assert died == (who == "--config"), (who, what, number, after, broker.log.read_text()[-3000:])
    assert died or "its process was killed" in broker.log.read_text(), (who, what, number)
    broker.process.kill()  # the machine went away
    broker.process.wait(60)
    broker.process = None
    broker.start()
    there = [e.sequence for e in history(broker.client("sales"), case)]
    assert there[:len(written)] == written and len(there) <= len(written) + maybe, (who, what, number, after)
    broker.stop()
    broker.verify()
    broker.start()
    n, m = len(segments(broker)), {p.name for p in snapshots(broker)}
    there += write_until(broker, case, lambda: len(segments(broker)) > n and {p.name for p in snapshots(broker)} - m)
    return there
