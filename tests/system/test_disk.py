"""A disk that fills up, bytes that rot, files that go: told, never passed over in silence and never passed on."""
import os
import pathlib
import random
import shutil
import subprocess
import tempfile
import time

import pytest

import checks
import harness
from events import code, do, event, history, now_us, ok, open_case, phone, submit_all, unique, view
from baton import event_pb2, frame_pb2


@pytest.fixture
def frail():
    """A broker that may end by itself; a sanitizer's report in its log fails the test all the same."""
    made = harness.fresh_broker().start()
    yield made
    made.drop()


def come_up(broker, timeout=10.0):
    """Starts it: True when it serves, False when it gave up with an exit code of its own."""
    broker.start(wait=False)
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        if broker.process.poll() is not None:
            assert broker.process.returncode in (1, 2, 3), broker.log.read_text(errors="replace")[-3000:]
            broker.process = None
            return False
        try:
            if broker.is_ready():
                return True
        except AssertionError:
            continue
        time.sleep(0.005)
    raise AssertionError("neither up nor down: " + broker.log.read_text(errors="replace")[-1000:])


def verify(broker):
    return subprocess.run([harness.program("batonctl"), "verify", str(broker.folder / "data")], capture_output=True, text=True, timeout=60)


def test_every_event_whose_bytes_rotted_is_kept_back(frail):
    shop = frail.client("shop")
    receipts = submit_all(shop, [event("case_opened", topic="move.internet", about="move.internet", need="SENTINEL" * 40)
                                 for _ in range(100)], 50)
    assert {code(r) for r in receipts} == {"OK"}
    frail.stop()
    assert checks.flip(frail.folder, b"SENTINELSENTINEL", b"SENTINELRENTINEL") > 0
    assert verify(frail).returncode != 0
    if not come_up(frail):
        return
    moves = frail.client("moves", credit=200)
    moves.until(lambda: len(moves.deliveries) >= len(receipts), 2)
    assert not [d for d in moves.deliveries if b"RENTINEL" in d.SerializeToString()]


def test_a_byte_that_rots_while_the_broker_runs_is_kept_back(frail):
    sales = frail.client("sales")
    case = open_case(sales).case
    ok(do(sales, "note_added", case=case, text="needle-in-the-journal"))
    assert checks.flip_in_place(frail.folder, b"needle-in-the-journal", b"noodle-in-the-journal") > 0
    told = sales.query(history=frame_pb2.HistoryQuery(locator=event_pb2.CaseLocator(id=case)))
    assert code(told) != "OK" and b"noodle" not in told.SerializeToString()


def test_one_rotten_event_is_given_up_and_the_others_arrive(frail):
    """It becomes a dead letter that says why; the broker serves on, and later deliveries of that case say that one is missing."""
    shop = frail.client("shop")
    words = ["sound-apple", "rotten-apple", "ripe-apple"]
    cases = [ok(do(shop, "case_opened", topic="move.internet", about="move.internet", need=w)).case for w in words]
    assert checks.flip_in_place(frail.folder, b"rotten-apple", b"rotted-apple") > 0
    moves = frail.client("moves", credit=50)
    taken = []
    while (item := moves.take(1.5)) is not None:
        taken.append(item)
        moves.settle(item.sequence)
    assert {cases[0], cases[2]} <= {d.recorded.case for d in taken}
    assert not [d for d in taken if b"rotted" in d.SerializeToString()]
    dead = frail.ctl_json("show", "dead")["dead_letters"]
    assert dead and {d["case_id"] for d in dead} == {cases[1]} and "verify" in dead[0]["reason"]
    ok(do(shop, "contact_logged", case=cases[0], channel="CHANNEL_WEB"))
    assert moves.take().recorded.case == cases[0], "the broker serves on"


@pytest.mark.parametrize("part", ["journal", "record"])
def test_whatever_bits_flip_it_serves_or_gives_up_but_never_crashes(frail, part):
    sales = frail.client("sales")
    submit_all(sales, [event("case_opened", topic="order", about="order", need="SENTINEL" * 40) for _ in range(100)], 50)
    frail.stop()
    path, chance = frail.folder / f"data/{part}/data.mdb", random.Random(7)
    whole = path.read_bytes()
    for i in range(12):
        raw = bytearray(whole)
        for _ in range(4):
            raw[chance.randrange(len(raw) if i % 2 else 8192)] ^= 1 << chance.randrange(8)
        path.write_bytes(raw)
        if come_up(frail):
            assert frail.end(harness.signal.SIGTERM) in (0, 1)
        frail.check_sanitizer()


def test_no_new_identifier_key_beside_an_old_journal(frail):
    """It would orphan every identifier of the journal in silence."""
    sales, who = frail.client("sales"), phone()
    open_case(sales, by=who)
    frail.stop()
    shutil.rmtree(frail.folder / "data/record")
    key = frail.folder / "data/identifiers.key"
    key.rename(key.with_suffix(".kept"))
    assert not come_up(frail) and "identifiers.key" in frail.log.read_text()
    key.with_suffix(".kept").rename(key)
    assert come_up(frail)
    find = frame_pb2.FindQuery(identifier=event_pb2.Identifier(domain=who[0], value=who[1]))
    assert code(frail.client("sales").query(find=find)) == "OK"


@pytest.fixture
def small_disk():
    """A folder on a file system of 24 MiB."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="baton-"))
    made = os.geteuid() == 0 and subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", folder], capture_output=True).returncode == 0
    if not made:
        folder.rmdir()
        pytest.skip("a small file system wants root and mount")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)
    folder.rmdir()


def test_a_full_disk_takes_nothing_back(small_disk):
    """Events, and an operator's words, are told to wait; what was acknowledged is there when there is room again."""
    broker = harness.Broker(small_disk / "b", settings={"record": {"checkpoint_ms": 50}, "disk": {"low_space_mb": 0, "reserve_mb": 0}}).start()
    acked = []
    try:
        care = broker.client("care")
        case = open_case(care, "general").case
        acked += [ok(do(care, "note_added", case=case, text="y" * 300)).sequence for _ in range(40)]
        with open(small_disk / "fill", "wb", buffering=0) as fill, pytest.raises(OSError):
            while True:
                fill.write(b"0" * 4096)
        for i in range(12):
            if broker.process.poll() is None:
                broker.ctl("hold" if i % 2 else "resume", "moves", check=False)
        numbers = []
        if broker.process.poll() is None:
            numbers = [care.submit(unique("key"), event("note_added", case=case, text="y" * 3000)) for _ in range(40)]
        care.until(lambda: len(care.receipts) == len(numbers) or broker.process.poll() is not None, 5)
        acked += [r.sequence for r in care.receipts.values() if code(r) == "OK"]
        (small_disk / "fill").unlink()
        if broker.process.poll() is not None:
            assert broker.process.returncode in (1, 2, 3)
            broker.process = None
            broker.start()
        else:
            broker.kill()
            broker.start()
        found = {e.sequence for e in history(broker.client("care"), case)}
        assert not [s for s in acked if s not in found], "acknowledged, and gone"
        broker.stop()
        broker.verify()
    finally:
        if broker.process:
            broker.process.kill()
            broker.process.wait()
        broker.check_sanitizer()
        for client in broker.clients:
            client.socket.close(linger=0)


def test_what_falls_due_on_a_full_disk_is_decided_once(small_disk):
    """The disk is full when 200 promises break; then kill -9 again and again. Each is broken once and raised once."""
    broker = harness.Broker(small_disk / "b", settings={"record": {"checkpoint_ms": 50}, "disk": {"low_space_mb": 0, "reserve_mb": 0}}).start()
    try:
        care = broker.client("care")
        opened = submit_all(care, [event("case_opened", topic="general", about="general", by=phone()) for _ in range(200)], 50)
        cases, due_us = [ok(r).case for r in opened], now_us() + 3600 * 10**6
        made = submit_all(care, [event("promise_made", case=c, type="PROMISE_TYPE_CALLBACK", due_us=due_us) for c in cases], 50)
        assert {code(r) for r in made} == {"OK"}
        with open(small_disk / "fill", "wb", buffering=0) as fill, pytest.raises(OSError):
            while True:
                fill.write(b"0" * 4096)
        broker.ctl("clock", "advance", "3700", check=False)
        harness.wait_for(lambda: "event=disk-full" in broker.log.read_text(), what="the broker to have no room left")
        assert broker.process.poll() is None and not broker.ctl_json("show", "promises", "state=broken")["promises"]
        broker.kill()
        (small_disk / "fill").unlink()
        for i in range(5):
            broker.start(env={"BATON_TEST_CLOCK_S": str(3700 + i)})
            broker.kill()
        broker.start(env={"BATON_TEST_CLOCK_S": "3720"})
        care = broker.client("care")
        for case in cases:
            harness.wait_for(lambda: not (rows := view(care, case=case).case.promises) or rows[0].state == event_pb2.PROMISE_STATE_BROKEN, what="its end")
            kinds = [e.event.WhichOneof("kind") for e in history(care, case)]
            assert (kinds.count("promise_broken"), kinds.count("escalated")) == (1, 1), kinds
        broker.stop()
        broker.verify()
    finally:
        if broker.process:
            broker.process.kill()
            broker.process.wait()
        broker.check_sanitizer()
        for client in broker.clients:
            client.socket.close(linger=0)
