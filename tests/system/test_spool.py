"""The spool: what a pushing source was told is spooled reaches the broker once, in order, whatever dies in between."""
import contextlib
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import pytest

import harness
from adapter import Adapter, lines
from events import history, open_case, unique
from harness import wait_for

# Sends notes 1 to LAST of a case, AHEAD at a time, and writes down which it was told are spooled. A batch that was not
# taken whole is sent again, also by the next run of this program.
SOURCE = """
import json, sys, time
case, prefix, last, ahead, size = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])
def keep(name):
    return open(name, "a", buffering=1)
told, errors, receipts = keep("told"), keep("errors"), keep("receipts")
def hear():
    line = sys.stdin.readline()
    if not line:
        sys.exit(0)
    said = json.loads(line)
    if "receipt" in said:
        receipts.write(line)
    return said
def batch(begin, end):
    for i in range(begin, end):
        print(json.dumps({"key": f"{prefix}-{i}", "tag": i, "event":
              {"locator": {"id": case}, "noteAdded": {"text": f"{i:06} " + "x" * size}}}), flush=i == end - 1)
    waits, taken = set(range(begin, end)), True
    while waits:
        said = hear()
        if "spooled" in said:
            told.write(f"{said['tag']}\\n")
        elif "error" in said:
            errors.write(json.dumps(said) + "\\n")
            taken = False
        else:
            continue
        waits.discard(said["tag"])
    return taken
done = [int(line) for line in open("told")]
begin = max(done, default=0) + 1
while begin <= last:
    end = min(begin + ahead, last + 1)
    if batch(begin, end):
        begin = end
    else:
        time.sleep(0.05)
open("finished", "w").close()
while True:
    hear()
"""


@pytest.fixture
def places(tmp_path):
    """places(): a folder of its own for an adapter and its spool."""
    def make(name):
        (tmp_path / name).mkdir()
        return tmp_path / name
    return make


class Source:
    """A baton-exec with a spool, and the program above under it."""

    def __init__(self, broker, place, case, last, ahead=50, size=200, spool=None, text=SOURCE, **options):
        (place / "source.py").write_text(text)
        self.place, self.key, self.last = place, unique("spool"), last
        self.spool = {"folder": str(place / "spool"), "key_file": str(place / "spool.key"), **(spool or {})}
        self.adapter = Adapter(broker, "baton-exec", "shop", place, {
            "command": f"{sys.executable} source.py {case} {self.key} {last} {ahead} {size}", "directory": ".",
            "restart_first_ms": 10, "restart_most_ms": 50, "stop_ms": 500, "spool": self.spool, **options})

    def told(self):
        path = self.place / "told"
        return [int(line) for line in path.read_text().splitlines()] if path.exists() else []

    def errors(self):
        return lines(self.place / "errors")

    def finished(self):
        return (self.place / "finished").exists()

    def command(self, *words, before=()):
        done = subprocess.run([*before, harness.program("baton-exec"), "--config", str(self.adapter.config), *words],
                              capture_output=True, text=True, timeout=60)
        assert "Sanitizer" not in done.stderr and "runtime error" not in done.stderr, done.stderr
        return done


def a_case(broker):
    client = broker.client("shop")
    case = open_case(client).case
    client.close()
    return case


def numbers(broker, case):
    """The notes of the case, by their numbers, in the order of the history."""
    client = broker.client("sales")
    found = [int(e.event.note_added.text.split()[0]) for e in history(client, case) if e.event.HasField("note_added")]
    client.close()
    return found


def test_nothing_told_is_lost_or_doubled(own_broker, places):
    broker, total = own_broker, 5000
    case = a_case(broker)
    source = Source(broker, places("a"), case, total)
    chance = random.Random(1)
    try:
        source.adapter.start()
        for step in range(1, 7):
            wait_for(lambda: len(source.told()) >= step * 600 or source.finished(), 60, f"step {step}")
            if step % 3 == 0:  # what waits is on the disk alone when the adapter dies
                broker.stop()
                here = len(source.told())
                wait_for(lambda: len(source.told()) >= min(here + 300, total), 60, "events without the broker")
                source.adapter.kill()
                source.adapter.start()
                broker.start()
            elif step % 3 == 1:
                source.adapter.kill()
                source.adapter.start()
            else:
                broker.kill()
                time.sleep(chance.random() / 10)
                broker.start()
        wait_for(source.finished, 90, "the source to be done")
        wait_for(lambda: len(numbers(broker, case)) >= total, 60, "the spool to drain")
        assert numbers(broker, case) == list(range(1, total + 1))
        assert set(source.told()) == set(range(1, total + 1))
        assert source.errors() == []
        assert source.adapter.logged("spool-holds")
        source.adapter.wait_for_log("spool-drained")
    finally:
        source.adapter.close()
    broker.stop()
    broker.verify()


def test_killed_at_each_sync(own_broker, places, monkeypatch):
    """Also while key and folder are made."""
    broker = own_broker
    case, place = a_case(broker), places("a")
    kills, ahead = 12, 10
    total = ahead * sum(range(kills)) + 40  # a run cannot take so many that the last one has nothing left to sync
    source = Source(broker, place, case, total, ahead=ahead)
    library = harness.build_folder() / "tests/bt_fault.so"
    try:
        for sync in range(1, kills + 1):
            with monkeypatch.context() as m:
                m.setenv("LD_PRELOAD", str(library))
                m.setenv("ASAN_OPTIONS", "verify_asan_link_order=0")
                m.setenv("BATON_FAULT_SYNC", str(sync))
                m.setenv("BATON_FAULT_LET_MS", "10")
                source.adapter.start()
            wait_for(lambda: source.adapter.process.poll() is not None, 30, f"the end at sync {sync}")
            assert source.adapter.process.returncode == -signal.SIGKILL, source.adapter.text()[-3000:]
            source.adapter.process = None
        told = source.told()
        source.adapter.start()
        wait_for(source.finished, 60, "the source to be done")
        wait_for(lambda: len(numbers(broker, case)) >= total, 60, "the spool to drain")
        assert numbers(broker, case) == list(range(1, total + 1))
        assert told and source.errors() == []
    finally:
        source.adapter.close()


def test_full_is_told_and_passes(own_broker, places):
    broker = own_broker
    case = a_case(broker)
    source = Source(broker, places("a"), case, 700, ahead=1, size=3000, spool={"max_mb": 1})
    try:
        broker.stop()
        source.adapter.start()
        wait_for(source.errors, 60, "the spool to be full")
        error = source.errors()[0]
        assert error["error"]["code"] == "FULL" and "full" in error["error"]["text"] and error["key"].startswith(source.key)
        source.adapter.wait_for_log("spool-filling")
        source.adapter.wait_for_log("spool-full")
        broker.start()
        wait_for(source.finished, 60, "the source to be done")
        wait_for(lambda: len(numbers(broker, case)) >= 700, 60, "the spool to drain")
        assert numbers(broker, case) == list(range(1, 701))
        source.adapter.wait_for_log("spool-has-room")
        assert len(source.adapter.logged("spool-full")) <= 5, "an edge, not a flood"
    finally:
        source.adapter.close()


@contextlib.contextmanager
def small_disk(size):
    """A folder on a file system of its own, or None where this may not be made."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="baton-disk-"))
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], capture_output=True)
    try:
        yield folder if made.returncode == 0 else None
    finally:
        if made.returncode == 0:
            subprocess.run(["umount", "-l", str(folder)], check=True)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("reserves", [True, False], ids=["fallocate", "no fallocate"])
def test_a_full_disk_is_told_and_passes(own_broker, places, monkeypatch, reserves):
    broker = own_broker
    if not reserves:
        monkeypatch.setenv("LD_PRELOAD", str(harness.build_folder() / "tests/bt_fault.so"))
        monkeypatch.setenv("ASAN_OPTIONS", "verify_asan_link_order=0")
        monkeypatch.setenv("BATON_FAULT_NO_FALLOCATE", "1")
    case = a_case(broker)
    with small_disk("3m") as disk:
        if not disk:
            pytest.skip("no file system may be mounted here")
        source = Source(broker, places("a"), case, 1500, ahead=1, size=2000, spool={"folder": str(disk / "spool"), "max_mb": 64})
        try:
            broker.stop()
            source.adapter.start()
            wait_for(source.errors, 60, "the disk to be full")
            assert source.errors()[0]["error"]["code"] == "FULL"
            (disk / "rest").write_bytes(b"x" * (shutil.disk_usage(disk).free))
            source.adapter.kill()
            source.adapter.start()  # also from a full disk
            broker.start()
            wait_for(source.finished, 90, "the source to be done")
            wait_for(lambda: len(numbers(broker, case)) >= 1500, 60, "the spool to drain")
            assert numbers(broker, case) == list(range(1, 1501))
            assert "spool-failed" not in source.adapter.text()
            assert len(source.adapter.logged("spool-full")) <= 5, "an edge, not a flood"
        finally:
            source.adapter.close()


# A note on a case that is not there, and one that is.
TWO = """
import json, sys
case, key = sys.argv[1:3]
sys.stdin.readline()
for n, c in enumerate([999999, case]):
    print(json.dumps({"key": f"{key}-{n}", "event": {"locator": {"id": c}, "noteAdded": {"text": f"00000{n} secret"}}}), flush=True)
with open("receipts", "a", buffering=1) as receipts:
    for line in sys.stdin:
        if "receipt" in json.loads(line):
            receipts.write(line)
"""


def test_rejects_are_listed_put_back_and_dropped(broker, places):
    case = a_case(broker)
    source = Source(broker, places("a"), case, 0, text=TWO)
    try:
        source.adapter.start()
        wait_for(lambda: len(lines(source.place / "receipts")) == 2, what="two receipts")
        receipts = lines(source.place / "receipts")
        assert [r["receipt"].get("code") for r in receipts] == ["CODE_UNKNOWN_CASE", None]
        assert [r["key"] for r in receipts] == [f"{source.key}-0", f"{source.key}-1"]
        assert numbers(broker, case) == [1], "the rest went on"
        source.adapter.wait_for_log("spool-rejects")
        assert "secret" not in source.adapter.text()
        # beside the running adapter: listing works, changing says what to do
        row, = [json.loads(line) for line in wait_for(lambda: source.command("--rejects").stdout, what="the reject").splitlines()]
        assert row["key"] == f"{source.key}-0" and row["code"] == "UNKNOWN_CASE" and row["text"] and row["refused"] >= row["put"]
        assert row["event"] == {"locator": {"id": "999999"}, "noteAdded": {"text": "000000 secret"}}
        busy = source.command("--rejects-retry")
        assert busy.returncode == 1 and f"process {source.adapter.process.pid} has this spool" in busy.stderr
        source.adapter.stop()
        unknown = source.command("--rejects-retry", "no-such-key")
        assert unknown.returncode == 1 and "no reject has that key" in unknown.stderr
        assert source.command("--rejects-retry", row["key"]).stdout.startswith("1 put back")
        assert source.command("--rejects").stdout == ""
        (source.place / "source.py").write_text("import sys\nfor line in sys.stdin: open('later', 'a').write(line)\n")
        source.adapter.start()
        wait_for(lambda: any("receipt" in line for line in lines(source.place / "later")), what="its receipt")
        source.adapter.stop()
        assert [json.loads(line)["code"] for line in source.command("--rejects").stdout.splitlines()] == ["UNKNOWN_CASE"]
        assert source.command("--rejects-drop").stdout.startswith("1 dropped")
        assert source.command("--rejects").stdout == ""
    finally:
        source.adapter.close()


def test_what_waits_is_listed_also_of_a_damaged_spool(own_broker, places):
    broker = own_broker
    source = Source(broker, places("a"), a_case(broker), 30, ahead=10)
    broker.stop()
    source.adapter.start()
    try:
        wait_for(source.finished, what="the source")
        rows = [json.loads(line) for line in source.command("--spooled").stdout.splitlines()]
    finally:
        source.adapter.kill()
    assert [r["key"] for r in rows] == [f"{source.key}-{i}" for i in range(1, 31)] and rows[0]["put"]
    assert rows[29]["event"]["noteAdded"]["text"].startswith("000030 ")
    data = source.place / "spool/data.mdb"
    good, hit = data.read_bytes(), False
    for at in range(8192 + 3000, len(good), 4096):  # a byte in each page: in a record, or of no use
        data.write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1:])
        listed = source.command("--spooled")
        if listed.returncode:
            hit = True
            assert "1 damaged" in listed.stderr and len(listed.stdout.splitlines()) == 29
            started = source.command()
            assert started.returncode == 2 and "is damaged" in started.stderr and "move that folder away" in started.stderr
            break
    data.write_bytes(good)
    assert hit, "no record was hit"
    assert len(source.command("--spooled").stdout.splitlines()) == 30


def waiting(broker, place, last=30, **options):
    """A source, all of which waits in its spool, with the adapter ended and the broker up again."""
    source = Source(broker, place, a_case(broker), last, ahead=10, **options)
    broker.stop()
    source.adapter.start()
    try:
        wait_for(source.finished, what="the source")
    finally:
        source.adapter.kill()
    broker.start()
    return source


def drains(broker, source):
    """It starts without further help, and all arrives once, in order."""
    case = int(source.adapter.config.read_text().split("source.py ")[1].split()[0])
    starts = len(source.adapter.logged("connected"))
    source.adapter.start()
    try:
        source.adapter.wait_for_log("connected", starts + 1)
        wait_for(lambda: len(numbers(broker, case)) >= source.last, what="the spool to drain")
        assert numbers(broker, case) == list(range(1, source.last + 1))
    finally:
        source.adapter.stop()
    assert source.command("--spooled").stdout == source.command("--rejects").stdout == ""


def test_a_short_file_is_told(own_broker, places):
    source = waiting(own_broker, places("a"))
    data = source.place / "spool/data.mdb"
    good = data.read_bytes()
    for size in 0, 1, 4096, 8192, 12288:
        data.write_bytes(good[:size])
        for words in [], ["--check"], ["--spooled"], ["--rejects"]:
            done = source.command(*words)
            assert done.returncode in (1, 2) and "is damaged" in done.stderr, (size, words, done)
            assert "move that folder away and keep it" in done.stderr
    data.write_bytes(good)
    drains(own_broker, source)


def test_a_read_only_folder_is_told(own_broker, places):
    source = waiting(own_broker, places("a"))
    folder = source.place / "spool"
    read_only = ["unshare", "-m", "sh", "-c",
                 f'mount --bind {folder} {folder} && mount -o remount,ro,bind {folder} && exec "$@"', "sh"]
    if subprocess.run([*read_only, "true"], capture_output=True).returncode:
        pytest.skip("no file system may be mounted here")
    done = source.command(before=read_only)
    assert done.returncode == 2 and "Read-only file system: mount it for writing" in done.stderr
    assert len(source.command("--spooled", before=read_only).stdout.splitlines()) == 30
    drains(own_broker, source)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_files_of_another_user_are_told(own_broker, places):
    nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    with tempfile.TemporaryDirectory(prefix="baton-spool-") as folder:
        place = pathlib.Path(folder)
        place.chmod(0o755)
        source = waiting(own_broker, place)
        spool, key = place / "spool", place / "spool.key"
        for words in [], ["--check"], ["--spooled"]:
            done = source.command(*words, before=nobody)
            assert done.returncode in (1, 2) and "it belongs to user 0, and this is user 65534" in done.stderr, done
        shutil.chown(key, 65534)
        shutil.chown(spool, 65534)
        for name in "pid", "lock.mdb", "data.mdb":  # as left behind by one start as root
            for words in [], ["--check"], ["--spooled"]:
                done = source.command(*words, before=nobody)
                if words and name == "pid":
                    continue  # the claim is for who changes it
                assert done.returncode in (1, 2), done
                assert "belongs to user 0, and this is user 65534: start as that one, or chown -R" in done.stderr
            shutil.chown(spool / name, 65534)
        assert len(source.command("--spooled", before=nobody).stdout.splitlines()) == 30
        drains(own_broker, source)


def test_few_descriptors_are_told(own_broker, places):
    """From too few to open the spool to enough for the connection: each time a sentence, never a crash."""
    source, refused = waiting(own_broker, places("a")), 0
    for most in range(8, 64):
        source.adapter.log.unlink(missing_ok=True)
        source.adapter.start(before=["prlimit", f"--nofile={most}"])
        wait_for(lambda: source.adapter.process.poll() is not None or source.adapter.logged("connected"), what="its start")
        if source.adapter.logged("connected"):
            source.adapter.stop()
            break
        assert source.adapter.wait() in (1, 2), source.adapter.text()
        assert "Too many open files: raise the limit (ulimit -n, LimitNOFILE)" in source.adapter.text()
        refused += 1
    assert refused > 2
    drains(own_broker, source)


def test_a_clock_set_back(own_broker, places, monkeypatch):
    """What was taken while the clock was an hour ahead is not of the future."""
    with monkeypatch.context() as m:
        m.setenv("LD_PRELOAD", str(harness.build_folder() / "tests/bt_fault.so"))
        m.setenv("ASAN_OPTIONS", "verify_asan_link_order=0")
        m.setenv("BATON_FAULT_CLOCK_S", "3600")
        source = Source(own_broker, places("a"), a_case(own_broker), 30, ahead=10)
        own_broker.stop()
        source.adapter.start()
        wait_for(source.finished, what="the source")
        source.adapter.kill()
    assert json.loads(source.command("--spooled").stdout.splitlines()[0])["put"] > time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() + 1800))
    own_broker.start()
    drains(own_broker, source)


def test_an_older_copy_is_put_back(own_broker, places):
    """What the broker has receipted since counts once; what is put in on top of the copy gets its own."""
    source = waiting(own_broker, places("a"))
    spool, copy = source.place / "spool", source.place / "copy"
    shutil.copytree(spool, copy)
    drains(own_broker, source)
    shutil.rmtree(spool)
    copy.rename(spool)
    (source.place / "finished").unlink()
    source.last = 60
    source.adapter.config.write_text(source.adapter.config.read_text().replace(f"{source.key} 30 ", f"{source.key} 60 "))
    drains(own_broker, source)
    assert source.errors() == [] and set(source.told()) == set(range(1, 61))


def test_wrong_configurations_are_told(broker, places):
    case = a_case(broker)
    for spool, words in [({"key_file": ""}, "spool.key_file: is required"), ({"folder": ""}, "spool.folder: is required"),
                         ({"max_mb": 0}, "spool.max_mb: wants 1 to 65536"), ({"mb": 1}, "no such key")]:
        done = Source(broker, places(unique("p")), case, 0, spool=spool).command("--check")
        assert done.returncode == 2 and words in done.stderr, done
    place = places("inside")
    done = Source(broker, place, case, 0, spool={"key_file": str(place / "spool/key")}).command()
    assert done.returncode == 2 and "outside" not in done.stdout and "lies inside" in done.stderr
    assert not (place / "spool").exists()
    source = Source(broker, places("good"), case, 0)
    assert source.command("--check").returncode == 0
    assert not (source.place / "spool").exists() and not (source.place / "spool.key").exists()
    source.adapter.start()
    try:
        wait_for(source.finished, what="the source")
        second = source.command()
        assert second.returncode == 2 and f"process {source.adapter.process.pid} has this spool" in second.stderr
        assert source.command("--check").returncode == 0, "beside the running adapter"
    finally:
        source.adapter.stop()
    assert (source.place / "spool.key").stat().st_mode & 0o777 == 0o600
    (source.place / "spool.key").write_bytes(b"k" * 32)
    for words in [], ["--check"]:
        other = source.command(*words)
        assert other.returncode == 2 and "another key" in other.stderr
