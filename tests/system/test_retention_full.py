"""No room while the journal is cut or old deliveries become Resyncs: nothing has happened, it is told once, and done when there is room."""
import os
import re
import time

import pytest

import checks
import harness
from events import code, do, event, history, ok, open_case, unique
from harness import wait_for
from retained import segments, snapshots, words, write_until

DAY = 24 * 3600
KEEP = {"retention": {"journal_mb": 1, "segment_mb": 1, "snapshot_every_events": 400}}  # the first one covers a whole segment


class Quota:
    """A broker whose disk is full while a file exists: what is shown as free cannot be had. after: a job of the process beside it,
    whose first end fills the disk."""

    def __init__(self, folder, settings, after=""):
        self.full = folder / "full"
        env = {"LD_PRELOAD": checks.library("san"), "BATON_FAULT_NO_SPACE": str(self.full), "BATON_FAULT_FULL_AFTER": after,
               "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}
        self.broker = harness.fresh_broker(settings={"alerts": {"raise_seconds": 0, "clear_seconds": 0}, **settings}, env=env)

    def __enter__(self):
        self.broker.start()
        return self

    def __exit__(self, *_):
        self.broker.drop()

    def told(self, name):
        """How often the log has it; of alerts, of this one."""
        more = "alert=disk-full " if name.startswith("alert") else ""
        return len(re.findall(f" event={name} {more}", self.broker.log.read_text()))

    def counter(self, name):
        return next(row["value"] for row in self.broker.ctl_json("show", "counters")["counters"] if row["counter"] == name)

    def position(self):
        return self.broker.ctl_json("status")["position"]

    def write_until_full(self, case, most=2000):
        """The sequences of what was taken."""
        sales, written = self.broker.client("sales"), []
        for _ in range(most):
            receipt = sales.ask(unique("key"), event("note_added", case=case, text=words()))
            assert receipt, self.broker.log.read_text()[-3000:]
            if code(receipt) == "BUSY":
                break
            written.append(ok(receipt).sequence)
        assert code(receipt) == "BUSY" and self.full.exists()
        sales.close()
        return written

    def lasts(self):
        """Long enough for it to have tried twice; it goes on, and nothing changes."""
        position, lines, end = self.position(), len(self.broker.log.read_text().splitlines()), time.monotonic() + 7
        wait_for(lambda: time.monotonic() > end)
        assert self.broker.process.poll() is None, self.broker.log.read_text()[-2000:]
        assert self.position() == position
        assert len(self.broker.log.read_text().splitlines()) - lines < 5, self.broker.log.read_text()[-2000:]
        assert "disk-full" in [row["alert"] for row in self.broker.ctl_json("show", "alerts")["alerts"]]

    def ends(self, case):
        """There is room: an event is taken; its sequence."""
        self.full.unlink()
        sales, key = self.broker.client("sales"), unique("key")
        note, number, receipts = event("note_added", case=case, text="there is room"), sales.number + 1, []
        wait_for(lambda: receipts.append(sales.ask(key, note, number=number)) or code(receipts[-1]) == "OK", what="room")
        sales.close()
        wait_for(lambda: self.told("alert-cleared"), what="the alert to be over")
        assert (self.told("disk-full"), self.told("disk-fine"), self.told("alert"), self.told("alert-cleared")) == (1, 1, 1, 1)
        assert not self.told("retention-failed") and not self.told("retention-work-failed")
        return receipts[-1].sequence


def whole(broker, case, written):
    assert [e.sequence for e in history(broker.client("sales"), case)] == written
    broker.stop()
    broker.verify()


def new_case(broker):
    sales = broker.client("sales")
    opened = open_case(sales)
    sales.close()
    return opened.case, [opened.sequence]


def test_no_room_to_note_a_snapshot(tmp_path):
    """The copy is there, and counts for nothing before its entry does."""
    with Quota(tmp_path, KEEP, after="snapshot") as quota:
        broker = quota.broker
        case, written = new_case(broker)
        written += quota.write_until_full(case)
        assert len(snapshots(broker)) == 1 and quota.counter("snapshots") == 0
        quota.lasts()
        assert quota.counter("snapshots") == 0 and not segments(broker)
        written.append(quota.ends(case))
        wait_for(lambda: quota.counter("snapshots") >= 1, what="it to be noted")
        assert quota.told("snapshot") == 1 and len(snapshots(broker)) == 1, "the same one"
        written += write_until(broker, case, lambda: segments(broker))
        whole(broker, case, written)


def test_killed_before_a_snapshot_is_noted(tmp_path):
    with Quota(tmp_path, KEEP, after="snapshot") as quota:
        broker = quota.broker
        case, written = new_case(broker)
        written += quota.write_until_full(case)
        (unknown,) = snapshots(broker)
        broker.kill()
        quota.full.unlink()
        broker.start()
        wait_for(lambda: not unknown.exists(), what="it to be forgotten")
        written += write_until(broker, case, lambda: segments(broker))
        whole(broker, case, written)


def test_no_room_to_note_a_segment(tmp_path):
    """The file is there, and nothing of what is in it is cut before that is noted."""
    with Quota(tmp_path, KEEP, after="seal") as quota:
        broker = quota.broker
        case, written = new_case(broker)
        written += quota.write_until_full(case)
        (made,) = segments(broker)
        when = made.stat().st_mtime_ns
        quota.lasts()
        assert broker.ctl_json("status")["journal_from"] == 1 and not broker.ctl_json("show", "archive")["segments"]
        written.append(quota.ends(case))
        wait_for(lambda: broker.ctl_json("show", "archive")["segments"], what="it to be noted")
        assert made.stat().st_mtime_ns == when, "taken as it was"
        wait_for(lambda: broker.ctl_json("status")["journal_from"] > 1, what="the cut")
        whole(broker, case, written)


def test_no_room_to_cut(tmp_path):
    """Noted, and in the middle of being deleted from the journal: both have it, and history is whole."""
    with Quota(tmp_path, KEEP) as quota:
        broker = quota.broker
        case, written = new_case(broker)
        written += write_until(broker, case, lambda: broker.ctl_json("show", "archive")["segments"])
        quota.full.touch()
        sales = broker.client("sales")
        assert code(sales.ask(unique("key"), event("note_added", case=case, text="no room"))) == "BUSY"
        sales.close()
        quota.lasts()
        written.append(quota.ends(case))
        last = broker.ctl_json("show", "archive")["segments"][-1]["until"]
        wait_for(lambda: broker.ctl_json("status")["journal_from"] > last, what="the cut")
        whole(broker, case, written)


def test_no_room_for_the_process_beside(tmp_path):
    """It fails, each time, and the log has it once."""
    with Quota(tmp_path, KEEP) as quota:
        broker = quota.broker
        case, written = new_case(broker)
        sales = broker.client("sales")
        written += [ok(do(sales, "note_added", case=case, text=words())).sequence for _ in range(140)]
        sales.close()
        quota.full.touch()
        sales = broker.client("sales")
        assert code(sales.ask(unique("key"), event("note_added", case=case, text="no room"))) == "BUSY"
        sales.close()
        quota.lasts()
        assert not snapshots(broker)
        written.append(quota.ends(case))
        written += write_until(broker, case, lambda: segments(broker))
        whole(broker, case, written)


def test_no_room_for_resyncs(tmp_path):
    """What is too old stays as it is, every row of it, until it can be replaced; then at once."""
    settings = {"retention": {"inbox_max_age_hours": 24, "snapshot_every_hours": 0}, "cases": {"max_gap_hours": 87600, "idle_hours": 0}}
    with Quota(tmp_path, settings) as quota:
        broker = quota.broker
        sales, cases = broker.client("sales"), []
        for _ in range(40):
            cases.append(open_case(sales).case)
            ok(do(sales, "handoff_offered", case=cases[-1], to="moves", deadline_us=int((time.time() + 300 * DAY) * 1e6)))
            ok(do(sales, "note_added", case=cases[-1], text="she called again"))
        sales.close()

        def inbox():
            row = next(row for row in broker.ctl_json("show", "inboxes")["inboxes"] if row["adapter"] == "moves")
            return row["waiting"], row["resyncs"]

        before = inbox()
        assert before[0] >= 80 and not before[1]
        quota.full.touch()
        broker.ctl("clock", "advance", str(25 * 3600))
        wait_for(lambda: quota.told("disk-full"), what="it to find no room")
        quota.lasts()
        assert inbox() == before and not quota.counter("resyncs")
        quota.ends(cases[0])
        wait_for(lambda: inbox()[1] == 40, 20, what="the Resyncs")
        assert quota.told("inbox-resync") == 1 and quota.counter("rows_resynced") >= before[0]
        moves, got = broker.client("moves", credit=16), set()
        while len(got) < 40:
            item = moves.take()
            if item.HasField("resync"):
                assert item.resync.replaced == 2
                got.add(item.recorded.case)
            moves.settle(item.sequence)
        assert got == set(cases)
        moves.close()
        broker.stop()
        broker.verify()


@pytest.mark.parametrize("job", ["snapshot", "seal"])
def test_an_operator_is_refused_and_nothing_is_done(tmp_path, job):
    """Other entries of the broker's own at that time: FULL, and all is as it was."""
    with Quota(tmp_path, KEEP, after=job) as quota:
        broker = quota.broker
        case, written = new_case(broker)
        written += quota.write_until_full(case)
        for words_ in (["hold", "moves"], ["loglevel", "debug"], ["drain", "full"], ["case", "note", str(case), "x"]):
            told = broker.ctl(*words_, check=False)
            assert told.returncode == 1 and "FULL" in told.stderr or "BUSY" in told.stderr, (words_, told.stderr)
        assert broker.ctl_json("loglevel")["log_level"] == "info" and broker.ctl_json("drain", "show")["state"] == "takes work"
        assert not [a for a in broker.ctl_json("show", "adapters")["adapters"] if a["link"] == "held"]
        written.append(quota.ends(case))
        assert not broker.ctl_json("show", "audit")["audit"]
        whole(broker, case, written)
