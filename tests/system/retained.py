"""A broker whose journal is cut as soon as there is a little of it."""
import random

import harness
from events import do, ok

MIB = 1 << 20
TINY = {"retention": {"journal_mb": 1, "segment_mb": 1, "snapshot_every_events": 150}}
WORDS = random.Random(5)


def words():
    """3,600 letters that do not compress much."""
    return "".join(WORDS.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(3600))


def segments(broker):
    return sorted((broker.folder / "data/archive").glob("*.segment"))


def snapshots(broker):
    return sorted((broker.folder / "data/snapshots").glob("[0-9]*"))


def journal_size(broker):
    return (broker.folder / "data/journal/data.mdb").stat().st_size


def write_until(broker, case, wanted, most=4000):
    """Notes on the case until wanted() holds; their sequences."""
    sales = broker.client("sales")
    written = []
    for _ in range(most):
        written.append(ok(do(sales, "note_added", case=case, text=words())).sequence)
        if wanted():
            break
    assert wanted(), broker.log.read_text()[-3000:]
    sales.close()
    return written


def filled(broker, n=2):
    """A case with so long a history that n segments hold the beginning of it; its sequences."""
    sales = broker.client("sales")
    opened = ok(do(sales, "case_opened", by=("phone", "+442079460001"), topic="order", need="a line"))
    sales.close()
    return opened.case, [opened.sequence] + write_until(broker, opened.case, lambda: len(segments(broker)) >= n and len(snapshots(broker)) >= 2)


def cut_done(broker):
    """Waits until what is in segments is no longer in the journal."""
    last = int(segments(broker)[-1].name.split("-")[1].split(".")[0])
    harness.wait_for(lambda: broker.ctl_json("status")["journal_from"] > last, what="the cut")
    return last
