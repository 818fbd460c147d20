"""Retention: the journal is cut into archive segments behind snapshots of the record, and what waited too long becomes a Resync."""
import json
import re
import shutil
import time

import pytest

import harness
from events import do, event, history, ok, open_case, unique
from retained import MIB, TINY, cut_done, filled, journal_size, segments, snapshots, words, write_until


@pytest.fixture
def tiny():
    made = harness.fresh_broker(settings=TINY).start()
    yield made
    harness.remove(made)


def test_history_is_whole_over_the_archive(tiny):
    case, written = filled(tiny)
    last = cut_done(tiny)
    assert written[0] <= last
    assert [e.sequence for e in history(tiny.client("sales"), case)] == written
    shown = tiny.ctl_json("show", "archive")
    assert [row["here"] for row in shown["segments"]] == [True] * len(segments(tiny))
    assert shown["segments"][0]["from"] == 1 and shown["snapshots"]
    tiny.stop()
    assert re.search(r"^segments +[1-9]", tiny.verify(), re.M)


def test_size_on_disk_stops_growing(tiny):
    """The journal's file grows to a few MiB and stays there, whatever is written; kills in between take nothing back."""
    case, written = filled(tiny, 1)
    sizes = []
    for round_number in range(4):
        n = len(segments(tiny))
        written += write_until(tiny, case, lambda: len(segments(tiny)) >= n + 2)
        tiny.kill()
        tiny.start()
        sizes.append(journal_size(tiny))
    assert [e.sequence for e in history(tiny.client("sales"), case)] == written
    raw = 3600 * len(written)
    assert raw > 8 * MIB and max(sizes) < 6 * MIB, sizes
    assert sizes[-1] <= sizes[1] * 1.5, sizes
    assert len(snapshots(tiny)) <= 3
    tiny.stop()
    tiny.verify()


def test_killed_at_any_sync(tiny):
    """The broker at one of its syncs, the process beside it at one of its own: the log stays readable from its beginning."""
    case, written = filled(tiny, 1)
    arm = tiny.folder / "armed"
    for sync in (1, 2, 3, 60, 110, 111):
        tiny.stop()
        arm.unlink(missing_ok=True)
        tiny.start(env={"LD_PRELOAD": harness.program("bt_fault.so"), "BATON_FAULT_SYNC": str(sync), "BATON_FAULT_ARM": str(arm),
                        "BATON_FAULT_LET_MS": "0", "ASAN_OPTIONS": "verify_asan_link_order=0"})
        sales, maybe = tiny.client("sales"), 0
        arm.touch()
        while tiny.process.poll() is None:
            number = sales.submit(unique("key"), event("note_added", case=case, text=words()))
            got = sales.until(lambda: sales.receipts.pop(number, None) or tiny.process.poll() is not None, 30)
            if got is True or not got:
                maybe = 1
                break
            written.append(ok(got).sequence)
        tiny.process.wait(60)
        tiny.process = None
        tiny.start()
        there = [e.sequence for e in history(tiny.client("sales"), case)]
        assert there[:len(written)] == written and len(there) <= len(written) + maybe
        written = there
    tiny.stop()
    tiny.verify()


def test_a_segment_that_is_away_is_said_and_may_come_back(tiny, tmp_path):
    sales = tiny.client("sales")
    small = open_case(sales).case
    ok(do(sales, "note_added", case=small, text="early"))
    gone = open_case(sales).case
    sales.close()
    case, written = filled(tiny)
    cut_done(tiny)
    first = segments(tiny)[0]
    last = tiny.ctl_json("show", "archive")["segments"][0]["until"]
    shutil.move(first, tmp_path / first.name)
    sales = tiny.client("sales")
    ok(do(sales, "note_added", case=small, text="late"))
    there = [e.sequence for e in history(sales, case)]
    assert there == [s for s in written if s >= there[0]] and there[0] > 1
    text = " ".join(tiny.ctl("history", str(small)).split())
    assert f"2 older events are in archive segment {first.name}" in text and "late" in text and "early" not in text, text
    assert f"2 older events are in archive segment {first.name}" in " ".join(tiny.ctl("journey", str(small)).split())
    text = " ".join(tiny.ctl("journey", str(gone)).split())
    assert f"in archive segment {first.name}" in text and "In all" not in text, text
    assert tiny.ctl_json("journey", str(gone))["open_s"] == 0
    assert json.loads(tiny.ctl("--json", "follow", "from=1", "lines=1").splitlines()[0]) == {"gone_until": last}
    told = tiny.ctl("follow", "from=1", "lines=1").splitlines()
    assert told[0].startswith(f"#1 to #{last} ") and int(re.match(r"#(\d+)", told[1])[1]) > last, told
    shown = tiny.ctl_json("show", "archive")
    assert [row["here"] for row in shown["segments"]][0] is False and shown["segments_away"] == 1
    ok(do(sales, "note_added", case=case, text="it goes on"))
    tiny.stop()
    said = tiny.verify()
    assert re.search(r"^segments away +1", said, re.M) and "rebuilt from snapshot" in said
    shutil.move(tmp_path / first.name, first)
    said = tiny.verify()
    assert re.search(r"^from entry +1$", said, re.M) and "rebuilt from snapshot" not in said


def test_a_lost_record_is_made_from_a_snapshot_and_the_rest(tiny, tmp_path):
    case, written = filled(tiny)
    cut_done(tiny)
    tiny.stop()
    before = tiny.verify()
    for path in segments(tiny):  # not needed for it
        shutil.move(path, tmp_path / path.name)
    shutil.rmtree(tiny.folder / "data/record")
    tiny.start()
    log = tiny.log.read_text()
    newest = int(snapshots(tiny)[-1].name)
    assert f"event=record-lost snapshot={newest}" in log
    tiny.stop()
    for path in sorted(tmp_path.glob("*.segment")):
        shutil.move(path, tiny.folder / "data/archive" / path.name)
    after = tiny.verify()
    rows = [line for line in before.splitlines() if re.match(r"(cases|customers|seen|timers) ", line)]
    assert rows and all(line in after for line in rows)


def test_a_damaged_snapshot_is_passed_by_for_the_other(tiny):
    filled(tiny)
    tiny.stop()
    older, newest = snapshots(tiny)[-2:]
    data = newest / "record/data.mdb"
    raw = bytearray(data.read_bytes())
    at = raw.find(b"move a line") if b"move a line" in raw else raw.find(b"a line")
    raw[at] ^= 1
    data.write_bytes(raw)
    shutil.rmtree(tiny.folder / "data/record")
    tiny.start()
    log = tiny.log.read_text()
    assert f"event=snapshot-passed-by position={int(newest.name)}" in log and f"event=record-lost snapshot={int(older.name)}" in log
    tiny.stop()
    shutil.rmtree(newest)
    tiny.verify()


def test_without_snapshot_and_segment_it_says_what_is_missing(tiny, tmp_path):
    filled(tiny)
    cut_done(tiny)
    tiny.stop()
    first = segments(tiny)[0]
    shutil.move(first, tmp_path / first.name)
    shutil.rmtree(tiny.folder / "data/record")
    for path in snapshots(tiny):
        shutil.rmtree(path)
    tiny.start(wait=False)
    assert tiny.process.wait(60) == 3
    tiny.process = None
    assert first.name in tiny.log.read_text() and "Put it back" in tiny.log.read_text()
    shutil.rmtree(tiny.folder / "data/record", ignore_errors=True)
    shutil.move(tmp_path / first.name, first)
    tiny.start()
    tiny.stop()
    tiny.verify()


@pytest.mark.parametrize("where", ["frame", "end"])
def test_a_damaged_segment_is_named(tiny, where):
    filled(tiny)
    cut_done(tiny)
    tiny.stop()
    path = segments(tiny)[1]
    raw = bytearray(path.read_bytes())
    if where == "frame":
        raw[len(raw) // 2] ^= 4
    else:
        raw = raw[:-100]
    path.write_bytes(raw)
    with pytest.raises(AssertionError, match=re.escape(path.name)):
        tiny.verify()


# ---- Resync ----

HOUR = 3600


def take(client, timeout=10.0):
    item = client.take(timeout)
    assert item is not None, "no delivery came"
    return item


@pytest.fixture
def aging():
    made = harness.fresh_broker(settings={"retention": {"inbox_max_age_hours": 24, "snapshot_every_hours": 0},
                                          "cases": {"max_gap_hours": 87600, "idle_hours": 0}}).start()
    yield made
    harness.remove(made)


def inbox(broker, adapter):
    return next(row for row in broker.ctl_json("show", "inboxes")["inboxes"] if row["adapter"] == adapter)


def offered(broker, **fields):
    """A case of sales on offer to moves: its opening receipt."""
    sales = broker.client("sales")
    opened = ok(do(sales, "case_opened", topic="order", need="a line at the new address", by=("phone", "+4420794600" + str(next(NUMBERS)))))
    made = ok(do(sales, "handoff_offered", case=opened.case, expected_version=opened.version, to="moves", topic="move.internet",
                 next_step="book a technician", deadline_us=int(time.time() * 1e6) + 300 * 24 * HOUR * 10**6))
    ok(do(sales, "note_added", case=opened.case, text="she called again"))
    sales.close()
    return opened, made


NUMBERS = iter(range(1000, 9999))


def test_what_waited_too_long_becomes_one_resync_for_each_case(aging):
    cases = [offered(aging)[0].case for _ in range(3)]
    before = inbox(aging, "moves")["waiting"]
    assert before >= 6 and inbox(aging, "moves")["resyncs"] == 0
    aging.ctl("clock", "advance", str(25 * HOUR))
    row = harness.wait_for(lambda: (r := inbox(aging, "moves"))["resyncs"] >= 3 and r, what="the Resyncs")
    assert row["resyncs"] == 3
    moves = aging.client("moves", credit=16)
    got = {}
    while len(got) < 3:
        item = take(moves)
        if item.HasField("resync"):
            got[item.recorded.case] = item
        moves.settle(item.sequence)
    assert sorted(got) == sorted(cases)
    for case, item in got.items():
        assert item.resync.replaced >= 2 and item.card.need == "a line at the new address" and item.card.case == case
        assert item.recorded.version == history(moves, case)[-1].version and not item.recorded.HasField("event")
    harness.wait_for(lambda: inbox(aging, "moves")["resyncs"] == 0, what="them to be settled")
    counters = {row["counter"]: row["value"] for row in aging.ctl_json("show", "counters")["counters"]}
    assert counters["resyncs"] >= 3 and counters["rows_resynced"] >= before
    assert aging.log.read_text().count("event=inbox-resync adapter=moves") == 1
    aging.stop()
    aging.verify()


def test_a_resync_takes_up_what_gets_old_later(aging):
    opened, _ = offered(aging)
    aging.ctl("clock", "advance", str(25 * HOUR))
    harness.wait_for(lambda: inbox(aging, "moves")["resyncs"] == 1, what="the Resync")
    sales = aging.client("sales")
    ok(do(sales, "note_added", case=opened.case, text="and again"))
    aging.ctl("clock", "advance", str(25 * HOUR))
    harness.wait_for(lambda: (r := inbox(aging, "moves"))["resyncs"] == r["waiting"] == 1, what="one Resync for both")
    aging.restart()
    item = take(aging.client("moves", credit=4))
    assert item.resync.replaced >= 3
    aging.stop()
    aging.verify()


def test_younger_deliveries_stay_and_say_gap(aging):
    opened, _ = offered(aging)
    aging.ctl("clock", "advance", str(23 * HOUR))
    sales = aging.client("sales")
    young = ok(do(sales, "note_added", case=opened.case, text="young")).sequence
    aging.ctl("clock", "advance", str(2 * HOUR))
    harness.wait_for(lambda: inbox(aging, "moves")["resyncs"] == 1, what="the Resync")
    moves = aging.client("moves", credit=1)
    first = take(moves)
    assert first.sequence == young and first.gap and not first.HasField("resync")
    moves.settle(first.sequence)
    while not (item := take(moves)).HasField("resync"):
        moves.settle(item.sequence)
    assert not item.gap


def test_an_adapter_that_is_gone(aging):
    opened, _ = offered(aging)
    aging.stop()
    aging.company["adapters"] = [a for a in aging.company["adapters"] if a["name"] != "moves"]
    aging.write_conf()
    aging.start()
    harness.wait_for(lambda: "event=inbox-resync adapter=moves" in aging.log.read_text(), what="the log line")
    aging.stop()
    aging.company["adapters"].append({"name": "moves", "department": "moves", "receives": True})
    aging.write_conf()
    aging.start()
    assert inbox(aging, "moves")["resyncs"] == inbox(aging, "moves")["waiting"] == 1
    item = take(aging.client("moves", credit=1))
    assert item.resync.replaced >= 2 and item.recorded.case == opened.case and item.digest
    aging.stop()
    aging.verify()


def test_who_may_read_nothing_any_more_gets_a_stub(aging):
    opened, made = offered(aging)
    sales = aging.client("sales")
    ok(do(sales, "handoff_withdrawn", case=opened.case, expected_version=history(sales, opened.case)[-1].version, offer=made.offer))
    aging.ctl("clock", "advance", str(25 * HOUR))
    harness.wait_for(lambda: inbox(aging, "moves")["resyncs"] == 1, what="the Resync")
    item = take(aging.client("moves", credit=1))
    assert item.stub and not item.HasField("card") and not item.recorded.version and not item.recorded.ref
    harness.wait_for(lambda: inbox(aging, "moves")["waiting"] == 0, what="it to settle itself")
