"""The record is lost or too old, and what it could be made of is not all there: made of the rest, or refused with the way forward."""
import re
import shutil
import subprocess

import pytest

import harness
from events import do, history, ok
from retained import TINY, cut_done, filled, segments, snapshots, write_until


@pytest.fixture
def tiny():
    made = harness.fresh_broker(settings=TINY).start()
    yield made
    harness.remove(made)


def old_record(folder, form=2):
    assert subprocess.run([str(harness.build_folder() / "tests/bt_old_record"), str(folder), str(form)]).returncode == 0


def make_older(snapshot):
    """As an older version wrote it."""
    old_record(snapshot / "record")
    for name in ("lock.mdb", "pid"):
        (snapshot / "record" / name).unlink(missing_ok=True)
    page = snapshot / "snapshot"
    page.write_text(re.sub(r"^format \d+$", "format 2", page.read_text(), flags=re.M))


def refused(broker):
    """It does not start; what it said. The record, and what lies beside it, is as it was."""
    before = sorted(p.name for p in (broker.folder / "data").iterdir())
    broker.start(wait=False)
    assert broker.process.wait(60) == 3, broker.log.read_text()
    broker.process = None
    assert sorted(p.name for p in (broker.folder / "data").iterdir()) == before
    return broker.log.read_text()


def cut_and_stopped(broker):
    """Its case and the sequences of it; the journal was cut behind two segments."""
    made = filled(broker)
    cut_done(broker)
    broker.stop()
    return made


def whole(broker, case, written):
    """It runs, and has all of it."""
    there = [e.sequence for e in history(broker.client("sales"), case)]
    assert there == written
    broker.stop()
    broker.verify()


def test_snapshots_of_an_older_version_and_all_segments(tiny):
    """The log is all there: the record is made of it from entry 1 on."""
    case, written = cut_and_stopped(tiny)
    for path in snapshots(tiny):
        make_older(path)
    tiny.verify()
    shutil.rmtree(tiny.folder / "data/record")
    tiny.start()
    log = tiny.log.read_text()
    assert log.count("event=snapshot-passed-by") == len(snapshots(tiny)) and "code=OLDER" in log
    assert "event=record-lost snapshot=0" in log
    whole(tiny, case, written)


@pytest.mark.parametrize("which", [0, 1])
def test_snapshots_of_an_older_version_and_a_segment_is_away(tiny, tmp_path, which):
    """Nothing can be made of that: refused, and nothing is made; with the segment back it goes on."""
    case, written = cut_and_stopped(tiny)
    for path in snapshots(tiny):
        make_older(path)
    away = segments(tiny)[which]
    shutil.move(away, tmp_path / away.name)
    shutil.rmtree(tiny.folder / "data/record")
    for _ in range(2):
        said = refused(tiny)
        assert away.name in said and "ut it back into" in said and "batonctl restore" in said and "code=AWAY" in said
    shutil.move(tmp_path / away.name, away)
    tiny.start()
    whole(tiny, case, written)


def test_one_snapshot_is_older_the_other_serves(tiny, tmp_path):
    case, written = cut_and_stopped(tiny)
    make_older(snapshots(tiny)[-1])
    for path in segments(tiny):
        shutil.move(path, tmp_path / path.name)
    shutil.rmtree(tiny.folder / "data/record")
    tiny.start()
    assert f"event=record-lost snapshot={int(snapshots(tiny)[-2].name)}" in tiny.log.read_text()
    for path in tmp_path.glob("*.segment"):
        shutil.move(path, tiny.folder / "data/archive" / path.name)
    whole(tiny, case, written)


def test_an_older_record_and_a_segment_is_away(tiny, tmp_path):
    """An upgrade that cannot make the record again leaves the older one in its place."""
    case, written = cut_and_stopped(tiny)
    old_record(tiny.folder / "data/record")
    for path in snapshots(tiny):
        make_older(path)
    away = segments(tiny)[0]
    shutil.move(away, tmp_path / away.name)
    said = refused(tiny)
    assert away.name in said and "older version" in said and "ut it back into" in said
    assert not list((tiny.folder / "data").glob("record.*"))
    shutil.move(tmp_path / away.name, away)
    tiny.start()
    assert (tiny.folder / "data/record.old-1").is_dir()
    whole(tiny, case, written)


def test_an_older_record_and_a_snapshot_of_this_version(tiny, tmp_path):
    """As after going back a version for a while."""
    case, written = cut_and_stopped(tiny)
    old_record(tiny.folder / "data/record")
    for path in segments(tiny):
        shutil.move(path, tmp_path / path.name)
    tiny.start()
    assert re.search(rf"event=record-older .*snapshot={int(snapshots(tiny)[-1].name)} ", tiny.log.read_text())
    assert (tiny.folder / "data/record.old-1").is_dir() and not (tiny.folder / "data/record.made").exists()
    for path in tmp_path.glob("*.segment"):
        shutil.move(path, tiny.folder / "data/archive" / path.name)
    whole(tiny, case, written)


def test_nothing_is_cut_on_the_strength_of_an_older_snapshot(tiny):
    """After an upgrade the journal is kept until there is a snapshot that this version can read."""
    tiny.settings = {"retention": {**TINY["retention"], "snapshot_every_events": 100000}}
    case, written = filled(tiny)
    cut_done(tiny)
    tiny.stop()
    tiny.write_conf()
    for path in snapshots(tiny):
        make_older(path)
    before = len(segments(tiny))
    tiny.start()
    written += write_until(tiny, case, lambda: tiny.ctl_json("status")["position"] > written[-1] + 700)
    assert len(segments(tiny)) == before and not tiny.ctl_json("show", "archive")["snapshots"]
    tiny.stop()
    tiny.settings = TINY
    tiny.write_conf()
    tiny.start()
    written += write_until(tiny, case, lambda: len(segments(tiny)) > before)
    whole(tiny, case, written)


def test_a_backup_with_a_snapshot_of_an_older_version(tiny, tmp_path):
    """It is restored from its entries, where it has them all."""
    case, written = cut_and_stopped(tiny)
    done = tiny.ctl("backup", str(tmp_path / "copy"), str(tiny.folder / "data"))
    assert done
    manifest = tmp_path / "copy/manifest"
    (snapshot,) = (tmp_path / "copy/snapshots").iterdir()
    data = snapshot / "record/data.mdb"
    old = digest(data)
    make_older(snapshot)
    lines = manifest.read_text().replace(old, digest(data)).splitlines(keepends=True)
    manifest.write_text("".join(lines[:-1]) + "end " + digest_of("".join(lines[:-1]).encode()) + "\n")
    tiny.ctl("restore", str(tmp_path / "copy"), str(tmp_path / "new"))
    shutil.rmtree(tiny.folder / "data")
    shutil.copytree(tmp_path / "new", tiny.folder / "data")
    (tiny.folder / "data").chmod(0o700)
    tiny.start()
    sales = tiny.client("sales")
    ok(do(sales, "note_added", case=case, text="it goes on"))
    assert [e.sequence for e in history(sales, case)][:len(written)] == written


def digest_of(raw):
    return subprocess.run(["b2sum", "-l", "256"], input=raw, capture_output=True, check=True).stdout.split()[0].decode()


def digest(path):
    return digest_of(path.read_bytes())
