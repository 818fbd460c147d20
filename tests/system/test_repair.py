"""Damage in a data folder: said first, exactly, and then cut off, or filled from a backup; the damaged folder is kept."""
import json
import shutil
import subprocess

import pytest

import checks
import harness
from events import code, do, event, history, ok, open_case, phone, submit_all
from test_backup import backup, ctl, export, written
from test_retention import TINY, cut_done, filled, segments


def repair(broker, *words, code=None):
    done = subprocess.run([harness.program("batonctl"), "--json", "verify", "--repair", str(broker.folder / "data"), *words],
                          capture_output=True, text=True, timeout=300)
    assert code is None or done.returncode == code, f"{done.returncode}\n{done.stdout}{done.stderr}"
    return json.loads(done.stdout) if done.stdout else done


def journal(broker):
    return broker.folder / "data/journal/data.mdb"


def damage(broker, old, new):
    raw = journal(broker).read_bytes()
    assert len(old) == len(new) and old in raw
    journal(broker).write_bytes(raw.replace(old, new))


@pytest.fixture
def stopped():
    """Three notes by sales, one of them to be damaged, and one by care behind it; the broker is stopped."""
    broker = harness.fresh_broker().start()
    sales, care = broker.client("sales"), broker.client("care")
    broker.case = open_case(sales).case
    broker.notes = [ok(do(sales, "note_added", case=broker.case, text=text)).sequence for text in ("needle-one", "needle-two", "needle-three")]
    broker.other = ok(do(care, "case_opened", topic="general", by=phone())).case
    broker.last = broker.ctl_json("status")["durable"]
    sales.close(), care.close()
    broker.stop()
    yield broker
    harness.remove(broker)


def files(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*"))
            if path.is_file() and path.name not in ("pid", "lock.mdb")}


def test_nothing_to_repair(stopped):
    assert repair(stopped, code=0)["result"] == "ok"
    stopped.start()
    done = repair(stopped, "--yes", code=1)
    assert "stop the broker first" in done.stderr and str(stopped.process.pid) in done.stderr
    assert repair(stopped, code=1).stderr


def test_it_says_exactly_what_would_be_lost_and_then_cuts_there(stopped):
    text = export(stopped.folder / "data")
    damage(stopped, b"needle-two", b"noodle-two")
    before = files(stopped.folder / "data")
    said = repair(stopped, code=4)
    bad = stopped.notes[1]
    assert (said["entry_to_blame"], said["last_entry_kept"]) == (bad, bad - 1)
    assert (said["lost_from"], said["lost_until"], said["entries_lost"], said["lost_unreadable"]) == (bad, stopped.last, stopped.last - bad + 1, 0)
    lost = [json.loads(line) for line in text.splitlines()[bad:]]
    by_case, by_adapter = {}, {}
    for line in lost:
        head = line["head"]
        if "case" in head:
            by_case[int(head["case"])] = by_case.get(int(head["case"]), 0) + 1
        if "adapter" in head:
            all_of, receipts = by_adapter.get(head["adapter"], (0, 0))
            by_adapter[head["adapter"]] = (all_of + 1, receipts + ("sourceKey" in head))
    assert {row["case"]: row["entries_lost"] for row in said["cases"]} == by_case and set(by_case) == {stopped.case, stopped.other}
    assert {row["adapter"]: (row["entries_lost"], row["receipts_void"]) for row in said["adapters"]} == by_adapter
    assert files(stopped.folder / "data") == before, "nothing was done"
    done = repair(stopped, "--yes", code=0)
    assert done["result"] == "repaired" and done["verified"] == "ok" and done["journal_entries"] == bad - 1
    kept = files(stopped.folder / "data.damaged")
    assert kept == before and done["damaged_kept_in"] == str(stopped.folder / "data.damaged"), "the damaged folder is as it was"
    assert export(stopped.folder / "data") == export_head(text, bad - 1)
    stopped.start()
    sales = stopped.client("sales")
    assert [e.sequence for e in history(sales, stopped.case)][-1] == stopped.notes[0]
    ok(do(sales, "note_added", case=stopped.case, text="it goes on"))
    stopped.stop()
    stopped.verify()


def export_head(text, last):
    """What an export up to this entry would be."""
    lines = text.splitlines(True)
    return lines[0].replace(f'"to":"{len(lines) - 1}"', f'"to":"{last}"') + "".join(lines[1:last + 1])


def test_a_backup_fills_what_is_damaged(stopped, tmp_path):
    text = export(stopped.folder / "data")
    ctl("backup", tmp_path / "backup", stopped.folder / "data")
    damage(stopped, b"needle-two", b"noodle-two")
    said = repair(stopped, f"from={tmp_path / 'backup'}", code=4)
    assert said["entries_lost"] == 0 and said["filled_from_backup"] == 1 and said["last_entry_kept"] == stopped.last
    done = repair(stopped, "from=" + str(tmp_path / "backup"), "into=" + str(tmp_path / "new"), "--yes", code=0)
    assert done["verified"] == "ok" and export(tmp_path / "new") == text
    assert b"noodle-two" in journal(stopped).read_bytes(), "the other folder is as it was"


def test_a_truncated_journal(stopped, tmp_path):
    text = export(stopped.folder / "data")
    whole = journal(stopped).read_bytes()
    seen = set()
    for pages in (1, 2, 3, 5, 8, len(whole) // 4096 - 1):
        journal(stopped).write_bytes(whole[:pages * 4096])
        done = subprocess.run([harness.program("batonctl"), "--json", "verify", "--repair", str(stopped.folder / "data"),
                               f"into={tmp_path / str(pages)}", "--yes"], capture_output=True, text=True, timeout=120)
        if done.returncode == 1:
            assert "not one entry is left" in done.stderr, done.stderr
            assert not (tmp_path / str(pages)).exists()
            seen.add("nothing")
            continue
        said = json.loads(done.stdout)
        if said["result"] == "ok":  # what was cut off was in use no longer
            continue
        assert done.returncode == 0 and said["verified"] == "ok", done.stdout + done.stderr
        assert said["lost_until"] == stopped.last if said["entries_lost"] else True
        assert export(tmp_path / str(pages)) == export_head(text, said["last_entry_kept"])
        seen.add("something")
    assert "nothing" in seen


def test_all_of_the_journal_is_gone_and_there_is_a_backup(stopped, tmp_path):
    text = export(stopped.folder / "data")
    ctl("backup", tmp_path / "backup", stopped.folder / "data")
    journal(stopped).write_bytes(b"")
    done = repair(stopped, f"from={tmp_path / 'backup'}", "--yes", code=0)
    assert done["filled_from_backup"] == stopped.last and done["entries_lost"] == 0
    assert export(stopped.folder / "data") == text
    stopped.start()
    stopped.restart()


@pytest.mark.parametrize("how", ["flipped", "truncated", "missing"])
def test_only_the_record(stopped, how):
    text, record = export(stopped.folder / "data"), stopped.folder / "data/record/data.mdb"
    raw = bytearray(record.read_bytes())
    if how == "flipped":
        at = raw.rfind(b"a line") if b"a line" in raw else raw.rfind(b"order")
        raw[at] ^= 1
    if how == "missing":
        shutil.rmtree(record.parent)
    else:
        record.write_bytes(raw if how == "flipped" else raw[:len(raw) // 3])
    said = repair(stopped, code=4)
    assert said["entries_lost"] == 0 and said["last_entry_kept"] == stopped.last, said
    assert repair(stopped, "--yes", code=0)["verified"] == "ok"
    assert export(stopped.folder / "data") == text
    stopped.start()


def test_random_bits_of_the_journal(stopped, tmp_path):
    """Whatever is kept is the true beginning of the log, and what is said is what happens."""
    import random
    text, whole, chance = export(stopped.folder / "data"), journal(stopped).read_bytes(), random.Random(11)
    cuts, used = set(), [i for i, byte in enumerate(whole) if byte]
    for i in range(10):
        raw = bytearray(whole)
        for _ in range(3):
            raw[chance.choice(used)] ^= 1 << chance.randrange(8)
        journal(stopped).write_bytes(raw)
        done = subprocess.run([harness.program("batonctl"), "--json", "verify", "--repair", str(stopped.folder / "data"), f"into={tmp_path / str(i)}", "--yes"],
                              capture_output=True, text=True, timeout=120)
        if done.returncode == 0 and json.loads(done.stdout)["result"] == "repaired":
            said = json.loads(done.stdout)
            assert said["verified"] == "ok" and export(tmp_path / str(i)) == export_head(text, said["last_entry_kept"])
            cuts.add(said["last_entry_kept"])
        else:
            # a flipped number of a format cannot be told from a newer one: refused, and nothing is lost
            assert done.returncode == 0 or "not one entry" in done.stderr or "newer version" in done.stderr, done.stdout + done.stderr
    assert cuts


@pytest.fixture
def cut():
    """A journal whose beginning lies in three segments; stopped."""
    broker = harness.fresh_broker(settings=TINY).start()
    filled(broker, 3)
    cut_done(broker)
    broker.stop()
    yield broker
    harness.remove(broker)


def flip(path):
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 4
    path.write_bytes(raw)


def test_a_damaged_segment_costs_history_and_no_state(cut):
    bad = segments(cut)[1]
    first, last = (int(n) for n in bad.name.removesuffix(".segment").split("-"))
    flip(bad)
    said = repair(cut, code=4)
    assert (said["entries_lost"], said["segments_damaged"], said["history_missing_from"], said["history_missing_until"]) == (0, 1, first, last)
    done = repair(cut, "--yes", code=0)
    assert done["verified"] in ("ok", "in part") and bad.name not in [p.name for p in segments(cut)]
    assert (cut.folder / "data.damaged/archive" / bad.name).exists()
    cut.start()
    assert cut.ctl_json("show", "archive")["segments_away"] == 1
    ok(do(cut.client("sales"), "case_opened", topic="order", by=phone()))


def test_a_truncated_snapshot_is_passed_by(cut):
    text = export(cut.folder / "data")
    for path in (cut.folder / "data/snapshots").glob("*/record/data.mdb"):
        path.write_bytes(path.read_bytes()[:12288])
    shutil.rmtree(cut.folder / "data/record")
    said = repair(cut, "--yes", code=0)
    assert (said["verified"], said["rebuilt_from_snapshot"], said["entries_lost"]) == ("ok", 0, 0)
    assert export(cut.folder / "data") == text
    assert sorted(p.name for p in (cut.folder / "data").iterdir()) == ["archive", "identifiers.key", "journal", "record"]


def test_a_damaged_segment_is_whole_in_a_backup(cut, tmp_path):
    text = export(cut.folder / "data")
    ctl("backup", tmp_path / "backup", cut.folder / "data")
    flip(segments(cut)[1])
    said = repair(cut, f"from={tmp_path / 'backup'}", "--yes", code=0)
    assert said["entries_lost"] == 0 and said["segments_damaged"] == 0 and said["filled_from_backup"] > 100
    assert said["verified"] == "ok" and export(cut.folder / "data") == text
    cut.start()
