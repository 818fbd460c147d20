"""Bad days: the disk fills up, the clock jumps by ten years, somebody else's socket, folder or key is in the way. Each is said in a
sentence, nothing acknowledged is lost, and what can go on goes on."""
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import time

import pytest

import checks
import harness
from events import code, do, event, history, now_us, ok, open_case, phone, unique
from harness import wait_for

TEN_YEARS = 10 * 366 * 86400
ROOT = os.geteuid() == 0


# ---- the disk ----

@pytest.fixture
def small_disk():
    """A folder on a file system of 48 MiB."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="baton-"))
    made = ROOT and subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", folder], capture_output=True).returncode == 0
    if not made:
        folder.rmdir()
        pytest.skip("a small file system wants root and mount")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)
    folder.rmdir()


@pytest.fixture
def cramped(small_disk):
    """A broker on it that keeps 4 MiB for itself in each file and wants 8 MiB free."""
    broker = harness.Broker(small_disk / "b", settings={"disk": {"low_space_mb": 8, "reserve_mb": 4}, "record": {"checkpoint_ms": 50},
                                                        "alerts": {"raise_seconds": 0, "clear_seconds": 0},
                                                        "delivery": {"settle_timeout_ms": 300}}).start()
    yield broker
    try:
        if broker.process:
            broker.process.kill()
            broker.process.wait()
        broker.check_sanitizer()
    finally:
        for client in broker.clients:
            client.socket.close(linger=0)


def fill(disk, leave=0):
    """Takes all room but `leave` bytes, as a program that has gone mad does."""
    with open(disk / "fill", "ab", buffering=0) as file:
        free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
        try:
            while free > leave:
                file.write(b"0" * min(1 << 20, max(4096, free - leave)))
                free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
        except OSError:
            assert leave == 0


def make_room(disk):
    (disk / "fill").unlink()


def reserved(broker):
    return all((broker.folder / f"data/{part}/data.mdb").stat().st_blocks * 512 >= 4 << 20 for part in ("journal", "record"))


def settled_by(broker, adapter):
    return next(s["settled"] for s in broker.ctl_json("show", "sessions")["sessions"] if s["adapter"] == adapter)


def alerts(broker):
    return {a["alert"] for a in broker.ctl_json("show", "alerts")["alerts"]}


def test_the_reserve_is_there_and_no_part_of_the_files(cramped):
    wait_for(lambda: reserved(cramped), what="the reserve")
    assert all((cramped.folder / f"data/{part}/data.mdb").stat().st_size < 2 << 20 for part in ("journal", "record"))


def test_on_a_full_disk_new_events_wait_and_the_rest_goes_on(cramped, small_disk):
    care, moves, shop = cramped.client("care"), cramped.client("moves", credit=5), cramped.client("shop")
    case = open_case(care, "general").case
    ok(do(shop, "case_opened", topic="move.internet", about="move.internet", by=phone()))
    item = moves.take()
    due = ok(do(care, "promise_made", case=case, type="PROMISE_TYPE_CALLBACK", due_us=now_us() + 3 * 3600 * 10**6)).sequence
    wait_for(lambda: reserved(cramped), what="the reserve")
    fill(small_disk)
    wait_for(lambda: "disk-low" in alerts(cramped), what="the broker to notice")
    assert any("nearly full" in row["what"] for row in cramped.ctl_json("status")["trouble"])
    # new events: BUSY, not lost and not refused for good
    note, key = event("note_added", case=case, text="y" * 300), unique("key")
    receipt = care.ask(key, note)
    assert code(receipt) == "BUSY" and receipt.retry_after_ms >= 1000 and "disk" in receipt.text
    # reads, settles, timers and operators go on
    assert history(care, case)
    moves.settle(item.sequence)
    wait_for(lambda: settled_by(cramped, "moves") == 1, what="the settle")
    cramped.ctl("clock", "advance", str(4 * 3600))
    wait_for(lambda: [p for p in cramped.ctl_json("show", "promises", "state=broken")["promises"] if p["promise"] == due], what="the promise to break on a full disk")
    cramped.ctl("hold", "moves", "the disk is full")
    # and it ends by itself
    make_room(small_disk)
    number = care.number
    wait_for(lambda: code(care.ask(key, note, number=number)) == "OK", what="room to be noticed")
    wait_for(lambda: "disk-low" not in alerts(cramped), what="the alert to be over")
    log = cramped.log.read_text()
    assert len(re.findall("event=disk-low", log)) == 1 and len(re.findall("event=disk-fine", log)) == 1
    cramped.stop()
    cramped.verify()


def test_with_nothing_left_it_waits_and_loses_nothing(cramped, small_disk):
    """The reserve is used up, too: nothing is made durable, nobody is told that it was, the broker stays and goes on later."""
    cramped.settings["disk"]["reserve_mb"] = 0
    cramped.settings["disk"]["low_space_mb"] = 0
    cramped.write_conf()
    cramped.restart()
    care = cramped.client("care")
    case = open_case(care, "general").case
    acked = [ok(do(care, "note_added", case=case, text="y" * 300)).sequence for _ in range(20)]
    fill(small_disk)
    busy = None
    for _ in range(200):  # free pages inside the files are used first
        busy = care.ask(unique("key"), event("note_added", case=case, text="y" * 3500))
        if code(busy) == "BUSY":
            break
        acked.append(ok(busy).sequence)
    assert code(busy) == "BUSY"
    assert cramped.process.poll() is None and {e.sequence for e in history(care, case)} >= set(acked)
    for i in range(6):
        told = cramped.ctl("hold" if i % 2 == 0 else "resume", "moves", check=False)
        assert told.returncode in (0, 1) and cramped.process.poll() is None
    wait_for(lambda: "disk-full" in alerts(cramped), what="the alert")
    number, key, note = care.number, unique("key"), event("note_added", case=case, text="z" * 3500)
    assert [code(care.ask(key, note, number=number)) for _ in range(20)] == ["BUSY"] * 20
    assert cramped.cpu_share() < 0.5, "it does not run in circles"
    make_room(small_disk)
    receipts = []
    wait_for(lambda: receipts.append(care.ask(key, note, number=number)) or code(receipts[-1]) == "OK", what="room to be noticed")
    acked.append(receipts[-1].sequence)
    assert code(care.ask(unique("key"), event("note_added", case=case, text="and on"))) == "OK"
    cramped.kill()
    cramped.start()
    assert {e.sequence for e in history(cramped.client("care"), case)} >= set(acked)
    cramped.stop()
    cramped.verify()


def test_a_full_disk_at_the_start(cramped, small_disk):
    """It comes up on what it has, answers, takes nothing, and goes on when there is room."""
    care = cramped.client("care")
    case = open_case(care, "general").case
    wait_for(lambda: reserved(cramped), what="the reserve")
    cramped.stop()
    fill(small_disk)
    cramped.start()
    assert history(cramped.client("care"), case)
    wait_for(lambda: "disk-low" in alerts(cramped), what="the alert")
    make_room(small_disk)
    wait_for(lambda: "disk-low" not in alerts(cramped), what="its end")


def test_where_only_the_write_says_that_there_is_no_room(tmp_path):
    """A quota: free space is shown and cannot be had. What was not made durable is not told; the record is what the journal says."""
    full = tmp_path / "full"
    broker = harness.fresh_broker(settings={"record": {"checkpoint_ms": 20}, "alerts": {"raise_seconds": 0, "clear_seconds": 0},
                                            "delivery": {"settle_timeout_ms": 300}},
                                  env={"LD_PRELOAD": checks.library("san"), "BATON_FAULT_NO_SPACE": str(full),
                                 "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"})
    try:
        broker.start()
        care, moves, shop = broker.client("care"), broker.client("moves", credit=5), broker.client("shop")
        case = open_case(care, "general").case
        ok(do(care, "promise_made", case=case, type="PROMISE_TYPE_CALLBACK", due_us=now_us() + 3 * 3600 * 10**6))
        ok(do(shop, "case_opened", topic="move.internet", about="move.internet", by=phone()))
        item, before = moves.take(), history(care, case)
        full.touch()
        key, note = unique("key"), event("note_added", case=case, text="not lost")
        assert code(care.ask(key, note)) == "BUSY"
        number = care.number
        moves.settle(item.sequence)
        broker.ctl("clock", "advance", str(4 * 3600))
        told = broker.ctl("hold", "moves", check=False)
        assert told.returncode == 1 and "FULL" in told.stderr + told.stdout
        assert [e.sequence for e in history(care, case)] == [e.sequence for e in before]
        assert broker.ctl_json("show", "promises")["promises"][0]["state"] != "broken"
        wait_for(lambda: "disk-full" in alerts(broker), what="the alert")
        assert moves.take().sequence == item.sequence, "it was not settled, and comes again"
        full.unlink()
        wait_for(lambda: code(care.ask(key, note, number=number)) == "OK", what="room")
        wait_for(lambda: broker.ctl_json("show", "promises", "state=broken")["promises"], what="what fell due meanwhile")
        moves.settle(item.sequence)
        wait_for(lambda: settled_by(broker, "moves") == 1, what="the settle")
        broker.stop()
        broker.verify()
    finally:
        broker.drop()


def test_a_disk_that_breaks_ends_the_broker_which_says_so(tmp_path):
    """Not for want of room: nobody knows what was written. Nothing is told that may not be true, and somebody is called."""
    broken, told = tmp_path / "broken", tmp_path / "told"
    broker = harness.fresh_broker(env={"LD_PRELOAD": checks.library("san"), "BATON_FAULT_NO_SPACE": str(broken), "BATON_FAULT_ERRNO": "5",
                                       "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"})
    script = broker.folder / "call.sh"
    script.write_text(f'#!/bin/sh\necho "$BATON_ALERT $BATON_ALERT_STATE $BATON_ALERT_SEVERITY" > {told}\n')
    script.chmod(0o700)
    broker.settings["alerts"] = {"command": str(script)}
    broker.write_conf()
    try:
        broker.start()
        care = broker.client("care")
        case = open_case(care, "general").case
        broken.touch()
        number = care.submit(unique("key"), event("note_added", case=case, text="never told"))
        assert broker.process.wait(30) == 1
        broker.process = None
        assert number not in care.receipts
        wait_for(lambda: told.exists() and told.read_text(), what="the command")
        assert told.read_text().split() == ["broker-failed", "raised", "error"]
        assert "event=loop-failed" in broker.log.read_text() and "alert=broker-failed" in broker.log.read_text()
        broken.unlink()
        broker.start()
        assert history(broker.client("care"), case)
        broker.stop()
        broker.verify()
    finally:
        broker.drop()


# ---- the clock ----

def jump_by(broker, seconds):
    broker.ctl("--", "clock", "jump", str(seconds))


@pytest.mark.parametrize("jump", [TEN_YEARS, -TEN_YEARS], ids=["ahead", "back"])
def test_a_jump_of_ten_years_fires_nothing_and_loses_nothing(own_broker, jump):
    care = own_broker.client("care")
    case = open_case(care, "general").case
    ok(do(care, "promise_made", case=case, type="PROMISE_TYPE_CALLBACK", due_us=now_us() + 3 * 3600 * 10**6))
    jump_by(own_broker, jump)
    wait_for(lambda: own_broker.ctl_json("clock", "show")["state"] == "trouble", what="the jump to be noticed")
    first = ok(do(care, "note_added", case=case, text="during"))
    promise, = own_broker.ctl_json("show", "promises")["promises"]
    assert promise["state"] == "open"
    recorded = own_broker.ctl_json("clock", "show")["recorded"]
    assert abs(int(recorded[:4]) - time.gmtime().tm_year) <= 1, "time goes on evenly"
    jump_by(own_broker, -jump)
    own_broker.ctl("--yes", "clock", "accept", "set right")
    assert own_broker.ctl_json("clock", "show")["state"] == "fine"
    assert [e.sequence for e in history(care, case)][-1] >= first.sequence
    assert own_broker.ctl_json("show", "promises")["promises"][0]["state"] == "open"
    own_broker.stop()
    own_broker.verify()


@pytest.mark.parametrize("jump", [TEN_YEARS, -TEN_YEARS], ids=["ahead", "back"])
def test_a_start_in_another_decade(own_broker, jump):
    care = own_broker.client("care")
    case = open_case(care, "general").case
    ok(do(care, "promise_made", case=case, type="PROMISE_TYPE_CALLBACK", due_us=now_us() + 3 * 3600 * 10**6))
    own_broker.stop()
    own_broker.start(env={"BATON_TEST_CLOCK_S": str(jump)})
    assert own_broker.ctl_json("clock", "show")["state"] == "trouble"
    care = own_broker.client("care")
    ok(do(care, "note_added", case=case, text="in the wrong decade"))
    assert own_broker.ctl_json("show", "promises")["promises"][0]["state"] == "open"
    own_broker.stop()
    own_broker.start()
    assert own_broker.ctl_json("clock", "show")["state"] == "fine", "it was only that process's clock"
    assert len(history(own_broker.client("care"), case)) >= 3
    own_broker.stop()
    own_broker.verify()


# ---- what stands in the way ----

def refused(broker, *words, code=None):
    """Starts it: it must end by itself, with a code of its own and one line that says why. The text of that line."""
    broker.start(wait=False)
    try:
        ended = broker.process.wait(30)
    except subprocess.TimeoutExpired:
        raise AssertionError("it runs: " + broker.log.read_text()[-500:]) from None
    broker.process = None
    log = broker.log.read_text(errors="replace")
    broker.check_sanitizer()
    assert ended in ((code,) if code is not None else (1, 2, 3)), (ended, log)
    for word in words:
        assert word in log, (word, log)
    return log


@pytest.fixture
def stopped():
    """A broker that has run, and stands still."""
    broker = harness.fresh_broker().start()
    open_case(broker.client("care"), "general")
    broker.stop()
    yield broker
    broker.drop()


def test_a_second_broker_on_the_same_data(stopped):
    stopped.start()
    second = harness.fresh_broker()
    try:
        shutil.rmtree(second.folder / "keys")
        shutil.copytree(stopped.folder / "keys", second.folder / "keys")
        (second.folder / "data").symlink_to(stopped.folder / "data")
        refused(second, "not-started", "LOCKED", f"process {stopped.process.pid}", code=3)
        ok(do(stopped.client("care"), "case_opened", topic="general", about="general", by=phone()))
    finally:
        second.drop()


def test_a_second_broker_on_the_same_control_folder(stopped):
    stopped.start()
    second = harness.fresh_broker()
    try:
        (second.folder / "run").symlink_to(stopped.folder / "run")
        text = (second.folder / "broker.conf").read_text().replace('control_dir = "run"', f'control_dir = "{stopped.folder}/run"')
        (second.folder / "broker.conf").write_text(text)
        refused(second, "another broker listens in this control folder", f"{stopped.folder}/run", str(stopped.process.pid), code=1)
        assert stopped.ctl_json("status"), "the first one keeps its sockets"
    finally:
        second.drop()


def test_a_file_where_a_control_socket_should_be(stopped):
    path = stopped.folder / "run/read.sock"
    path.write_text("somebody's")
    refused(stopped, "no socket", str(stopped.folder / "run"), code=1)
    assert path.read_text() == "somebody's", "it is not ours to remove"
    path.unlink()
    stopped.start()


def test_sockets_that_kill_minus_nine_left_are_taken_over(stopped):
    stopped.start()
    stopped.kill()
    assert (stopped.folder / "run/read.sock").is_socket()
    stopped.start()
    assert stopped.ctl_json("status")


def test_a_control_folder_that_is_open_to_others(stopped):
    (stopped.folder / "run").chmod(0o755)
    refused(stopped, "mode must be 0700", str(stopped.folder / "run"), code=1)


def test_the_address_is_taken(stopped):
    address = stopped.endpoint.removeprefix("tcp://").split(":")
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind((address[0], int(address[1])))
        other.listen()
        refused(stopped, "not-started", "part=wire", stopped.endpoint, code=1)


def test_keys_that_others_can_read(stopped):
    key = stopped.folder / "keys/broker.secret"
    key.chmod(0o644)
    refused(stopped, "secret_key_file", str(key), code=2)
    key.chmod(0o600)
    key = stopped.folder / "data/identifiers.key"
    key.chmod(0o644)
    refused(stopped, "identifiers.key", "others may read it", code=3)


def test_no_folder_for_the_data(stopped):
    shutil.rmtree(stopped.folder / "data")
    (stopped.folder / "data").write_text("a file")
    refused(stopped, "part=journal", str(stopped.folder / "data"), "Not a directory", code=3)


@pytest.mark.skipif(ROOT is False, reason="another user is tried as root")
def test_data_of_another_user(stopped):
    """The broker runs as nobody, and its data, control folder or key are root's."""
    folder = stopped.folder
    for path in [folder.parent, folder, *folder.rglob("*")]:
        os.chown(path, 65534, 65534)
    (folder / "data/journal").chmod(0o700)
    os.chown(folder / "data/journal", 0, 0)

    def run():
        with open(folder / "nobody.log", "wb") as log:
            done = subprocess.run([harness.program("batond"), "--config", str(folder / "broker.conf")], stdin=subprocess.DEVNULL, stdout=log,
                                  stderr=log, user=65534, group=65534, extra_groups=[], timeout=60)
        return done.returncode, (folder / "nobody.log").read_text()

    got, log = run()
    assert got == 3 and "part=journal" in log and "Permission denied" in log and str(folder / "data/journal") in log, log
    os.chown(folder / "data/journal", 65534, 65534)
    os.chown(folder / "data/journal/data.mdb", 0, 0)
    got, log = run()
    assert got == 3 and "part=journal" in log and "Permission denied" in log, log
    os.chown(folder / "data/journal/data.mdb", 65534, 65534)
    os.chown(folder / "run", 0, 0)
    got, log = run()
    assert got == 1 and "another user" in log and str(folder / "run") in log, log
    os.chown(folder / "run", 65534, 65534)
    os.chown(folder / "keys/broker.secret", 0, 0)
    got, log = run()
    assert got == 2 and "secret_key_file" in log, log


def test_a_data_folder_that_can_only_be_read(stopped, tmp_path):
    """A file system that went read-only, as they do when a disk goes bad."""
    data = stopped.folder / "data"
    bound = ROOT and subprocess.run(["mount", "--bind", data, data], capture_output=True).returncode == 0
    if not bound:
        pytest.skip("a mount wants root")
    try:
        if subprocess.run(["mount", "-o", "remount,ro,bind", data, data], capture_output=True).returncode != 0:
            pytest.skip("no read-only bind mount here")
        refused(stopped, "part=journal", "Read-only file system", str(data), code=3)
    finally:
        subprocess.run(["umount", "-l", data], check=True)
    stopped.start()
