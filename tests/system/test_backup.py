"""Backup and restore: whole and incremental, under load, killed at any moment, to any position; export and import."""
import json
import os
import re
import shutil
import signal
import subprocess
import threading
import time

import pytest

import harness
from events import card, code, do, event, history, now_us, ok, open_case, phone, submit_all, unique


@pytest.fixture
def broker():
    made = harness.fresh_broker().start()
    yield made
    harness.remove(made)


def ctl(*words, check=True, **options):
    done = subprocess.run([harness.program("batonctl"), *map(str, words)], capture_output=True, text=True, timeout=300, **options)
    assert not check or done.returncode == 0, f"batonctl {words}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done


def backup(broker, folder, *words):
    return broker.ctl_json("backup", str(folder), *words)


def restore(backup_dir, data, *words):
    return json.loads(ctl("--json", "restore", backup_dir, data, *words).stdout)


def manifest(folder):
    return (folder / "manifest").read_text()


def written(broker, n=30):
    """Some cases with some events; the sequence of the last receipt."""
    sales = broker.client("sales")
    for _ in range(n // 3):
        opened = open_case(sales, "move.internet", need="a line at the new address")
        ok(do(sales, "note_added", case=opened.case, text="she called"))
        last = ok(do(sales, "note_added", case=opened.case, text="and again")).sequence
    sales.close()
    harness.wait_for(lambda: broker.ctl_json("status")["not_checkpointed"] == 0, what="the checkpoint")
    return last


def epoch(broker):
    return int(re.search(r"event=data-open epoch=(\d+)", broker.log.read_text())[1])


def export(data, *words):
    return ctl("export", data, *words).stdout


def test_whole_then_only_what_came_since(broker, tmp_path):
    there = tmp_path / "backup"
    last = written(broker)
    first = backup(broker, there)
    assert first["position"] >= last and first["entries"] == first["position"] and first["snapshot"]
    assert oct(there.stat().st_mode & 0o777) == "0o700"
    assert all(not path.stat().st_mode & 0o077 for path in there.rglob("*"))
    assert (there / "identifiers.key").read_bytes() == (broker.folder / "data/identifiers.key").read_bytes()
    assert 'last_owner = "care"' in (there / "broker.conf").read_text()
    before = {path.name: path.stat().st_mtime_ns for path in (there / "archive").iterdir()}
    written(broker)
    second = backup(broker, there)
    assert second["position"] > first["position"] and second["entries"] == second["position"] - first["position"]
    assert second["snapshot"] == first["snapshot"] and second["segments"] == 1
    assert {name: (there / "archive" / name).stat().st_mtime_ns for name in before} == before
    assert json.loads(ctl("--json", "verify", there).stdout)["result"] == "ok"
    forced = backup(broker, there, "snapshot")
    assert forced["snapshot"] > first["snapshot"]
    assert [row["state"] for row in broker.ctl_json("show", "archive")["chores"]] == ["done"]
    assert any("backup" in row["what"] for row in broker.ctl_json("show", "audit")["audit"]), "it is written down who took it"


def test_restored_it_is_the_same_and_goes_on(broker, tmp_path):
    there, data = tmp_path / "backup", tmp_path / "data"
    sales, moves = broker.client("sales"), broker.client("moves", credit=1)
    opened = open_case(sales, "order", by=("phone", "+442079460777"))
    offer = ok(do(sales, "handoff_offered", case=opened.case, to="moves"))
    key = unique("stays")
    note = event("note_added", case=opened.case, text="taken before the backup")
    taken = ok(sales.ask(key, note))
    assert moves.take().sequence
    position = backup(broker, there)["position"]
    lost = ok(do(sales, "note_added", case=opened.case, text="after the backup")).sequence
    assert lost > position
    sales.close(), moves.close()
    old_epoch = epoch(broker)
    broker.stop()
    before = export(broker.folder / "data", f"upto={position}")
    said = restore(there, data)
    assert said["verified"] == "ok" and said["position"] == position
    assert export(data) == before, "byte by byte"
    shutil.move(broker.folder / "data", tmp_path / "old")
    shutil.move(data, broker.folder / "data")
    broker.start()
    sales = broker.client("sales")
    assert [e.sequence for e in history(sales, opened.case)][-1] == taken.sequence, "what came behind the backup is not there"
    assert ok(sales.ask(key, note)).sequence == taken.sequence, "its key is known still, and it has one effect"
    moves = broker.client("moves", credit=8)
    again = moves.take()
    assert again is not None and again.recorded.case == opened.case, "what was not settled comes again"
    digest = ok(card(moves, opened.case)).card.digest
    ok(do(moves, "handoff_accepted", case=opened.case, offer=offer.offer, digest=digest))
    assert epoch(broker) > old_epoch + 1, "a later epoch than any broker on the old journal would have had next"
    broker.stop()
    broker.verify()


def test_to_a_position_or_a_time(broker, tmp_path):
    there = tmp_path / "backup"
    written(broker)
    backup(broker, there)
    middle = broker.ctl_json("status")["durable"]
    written(broker)
    backup(broker, there, "snapshot")
    written(broker)
    last = backup(broker, there)["position"]
    broker.stop()
    for upto in (middle + 3, last - 1, middle - 5):
        data = tmp_path / f"data-{upto}"
        said = restore(there, data, f"upto={upto}")
        assert said["position"] == upto and said["entries_left_out"] == last - upto and said["verified"] == "ok"
        assert export(data) == export(broker.folder / "data", f"upto={upto}")
    lines = [json.loads(line) for line in export(broker.folder / "data").splitlines()[1:]]
    at_us = int(lines[middle + 3]["head"]["recordedAtUs"])
    when = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at_us // 10**6)) + f".{at_us % 10**6:06d}Z"
    said = restore(there, tmp_path / "by-time", "--upto", when)
    assert said["position"] == max(n for n, line in enumerate(lines, 1) if int(line["head"]["recordedAtUs"]) <= at_us)
    assert ctl("restore", there, tmp_path / "never", f"upto={last + 1}", check=False).returncode == 2


def test_refused(broker, tmp_path):
    written(broker)
    there = tmp_path / "backup"
    backup(broker, there)
    (tmp_path / "open").mkdir(mode=0o755)
    for folder, words in (("open", "chmod"), ("no/such", "parent")):
        done = broker.ctl("backup", str(tmp_path / folder), check=False)
        assert done.returncode != 0 and words in done.stderr, done.stderr
    assert not any((tmp_path / "open").iterdir())
    other = harness.fresh_broker().start()
    try:
        written(other)
        done = other.ctl("backup", str(there), check=False)
        assert done.returncode != 0 and "another" in done.stderr or "older state" in done.stderr, done.stderr
    finally:
        harness.remove(other)
    (tmp_path / "full").mkdir(mode=0o700)
    (tmp_path / "full/x").touch()
    done = ctl("restore", there, tmp_path / "full", check=False)
    assert done.returncode == 2 and "not empty" in done.stderr and [p.name for p in (tmp_path / "full").iterdir()] == ["x"]
    assert "no manifest" in ctl("restore", tmp_path / "full", tmp_path / "new", check=False).stderr
    page = manifest(there)
    (there / "manifest").write_text(page.replace("baton backup 1", "baton backup 9"))
    assert "newer version" in ctl("restore", there, tmp_path / "new", check=False).stderr
    (there / "manifest").write_text(page.replace("position ", "position 1", 1))
    assert "digest" in ctl("restore", there, tmp_path / "new", check=False).stderr
    (there / "manifest").write_text(page)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("what", ["segment", "snapshot", "key"])
def test_damage_in_a_backup(broker, tmp_path, what):
    """A bad snapshot costs time; anything else is refused and named."""
    there, data = tmp_path / "backup", tmp_path / "data"
    written(broker)
    backup(broker, there)
    path = {"segment": next((there / "archive").iterdir()), "key": there / "identifiers.key",
            "snapshot": next((there / "snapshots").iterdir()) / "record/data.mdb"}[what]
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 16
    path.write_bytes(raw)
    done = ctl("verify", there, check=False)
    assert done.returncode == 1 and path.name in done.stderr, "verify names it without a restore"
    done = ctl("restore", there, data, check=what == "snapshot")
    if what == "snapshot":
        assert re.search(r"^from snapshot +0$", done.stdout, re.M) and re.search(r"^verified +ok", done.stdout, re.M), done.stdout
    else:
        assert done.returncode == 1 and path.name in done.stderr, done.stderr
        assert not data.exists(), "nothing is left of it"


class Load:
    """Somebody who writes without a pause."""

    def __init__(self, broker):
        self.broker, self.acked, self.stopped = broker, [], False
        self.thread = threading.Thread(target=self.run)

    def run(self):
        sales = self.broker.client("sales", keep=False)
        case = open_case(sales).case
        while not self.stopped:
            self.acked += [ok(r).sequence for r in submit_all(sales, [event("note_added", case=case, text="x" * 200) for _ in range(20)], 20)]
        sales.close()

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopped = True
        self.thread.join()


def test_killed_at_any_moment_the_last_good_one_stays(broker, tmp_path):
    there, data = tmp_path / "backup", broker.folder / "data"
    written(broker)
    words = [harness.program("batonctl"), "backup", str(there), str(data)]
    subprocess.run(words, check=True, capture_output=True)
    good, cut = manifest(there), 0
    with Load(broker) as load:
        for i in range(14):
            env = {**os.environ, "LD_PRELOAD": harness.program("bt_fault.so"), "BATON_FAULT_SYNC": str(i + 1), "ASAN_OPTIONS": "verify_asan_link_order=0"}
            env |= {"BATON_FAULT_LET_MS": "0"}
            done = subprocess.run(words + ["snapshot"], env=env, capture_output=True, timeout=120)
            if done.returncode == 0:
                good = manifest(there)
            else:
                assert done.returncode == -signal.SIGKILL, done.stderr
                cut += 1
                good = manifest(there)  # the one before, or already the new one: never none, and whole
            if i % 5 == 4:
                said = restore(there, tmp_path / f"data-{i}")
                position = int(re.search(r"^position (\d+)$", good, re.M)[1])
                assert said["position"] == position and said["verified"] == "ok"
        last = backup(broker, there)["position"]
    assert cut >= 4, "it was killed, and not only late"
    acked = max(s for s in load.acked if s <= last)
    said = restore(there, tmp_path / "last")
    assert said["position"] == last >= acked
    broker.stop()
    assert export(tmp_path / "last") == export(data, f"upto={last}")
    names = re.findall(r"^segment (\d+) (\d+)", manifest(there), re.M)
    assert len(list((there / "archive").iterdir())) == len(names), "what was broken off is gone"
    assert len(list((there / "snapshots").iterdir())) <= 2


# ---- export and import ----

def digest(text):
    return re.search(r"^record digest +([0-9a-f]{64})$", text, re.M)[1]


@pytest.fixture
def exported(broker, tmp_path):
    """A data folder with something of everything, its export, and the verification's word on it."""
    written(broker)
    story = broker.client("sales")
    opened = open_case(story, "order", title="täglich \"frisch\" \\ \t", need="\u2028 emoji \U0001f600 and a tab\t", by=("email", "ann@example.org"))
    ok(do(story, "note_added", case=opened.case, text="x" * 4000))
    ok(do(story, "promise_made", case=opened.case, type="PROMISE_TYPE_CALLBACK", due_us=now_us() + 3600 * 10**6))
    offer = ok(do(story, "handoff_offered", case=opened.case, to="moves")).offer
    moves = broker.client("moves", credit=4)
    moves.settle(moves.take().sequence, "REJECT", reason="cannot")
    ok(do(moves, "handoff_refused", case=opened.case, offer=offer, reason="REFUSAL_REASON_MISSING_INFORMATION", text="the new address"))
    broker.ctl("hold", "moves", "maintenance")
    online = broker.ctl("export", "-")
    assert len(online.splitlines()) > 40
    broker.stop()
    data = broker.folder / "data"
    text = export(data)
    assert text.splitlines()[1:len(online.splitlines())] == online.splitlines()[1:]
    return data, text, broker.verify()


def test_export_import_export_is_the_same(exported, tmp_path):
    data, text, verified = exported
    lines = text.splitlines()
    assert "headBytes" not in text and "bodyBytes" not in text, "all of it is readable"
    heads = [json.loads(line) for line in lines[1:]]
    assert [int(h["sequence"]) for h in heads] == list(range(1, len(heads) + 1))
    assert "identifiersKey" not in text
    (tmp_path / "x.jsonl").write_text(text)
    done = ctl("import", tmp_path / "x.jsonl", tmp_path / "again")
    assert "identifiers.key" in done.stdout, "it says what is missing"
    assert export(tmp_path / "again") == text
    assert digest(done.stdout) == digest(verified), "the same record"
    with_key = export(data, "with-key")
    piped = ctl("import", "-", tmp_path / "whole", input=with_key)
    assert export(tmp_path / "whole", "--with-key") == with_key and "identifiers.key" not in piped.stdout
    assert (tmp_path / "whole/identifiers.key").read_bytes() == (data / "identifiers.key").read_bytes()
    assert (tmp_path / "whole/identifiers.key").stat().st_mode & 0o777 == 0o600


def test_a_range(exported):
    data, text, _ = exported
    part = export(data, "from=5", "upto=9").splitlines()
    assert part[1:] == text.splitlines()[5:10]
    head = json.loads(part[0])
    assert (head["from"], head["to"], head["before"]) == ("5", "9", json.loads(text.splitlines()[4])["chain"])


def test_what_is_not_imported(exported, tmp_path):
    data, text, _ = exported
    lines = text.splitlines()

    def refused(changed, line, *words):
        done = subprocess.run([harness.program("batonctl"), "import", "-", str(tmp_path / "no")], input="\n".join(changed) + "\n",
                              capture_output=True, text=True, timeout=60)
        assert done.returncode == 1 and f"line {line}:" in done.stderr and all(w in done.stderr for w in words), done.stderr
        assert not (tmp_path / "no").exists()

    refused(lines[:6] + lines[7:], 7, "missing")
    refused(lines[:6] + [lines[5]] + lines[6:], 7, "twice")
    refused(lines[:-1], len(lines), "cut off")
    refused([lines[0].replace('"version":1', '"version":2')] + lines[1:], 1, "newer version")
    refused([lines[0].replace("baton-export", "other")] + lines[1:], 1, "no export")
    refused(lines[:8] + [lines[8].replace('"recordedAtUs":"1', '"recordedAtUs":"2')] + lines[9:], 9, "chain hash")
    refused(lines[:8] + [lines[8].replace('"head":{', '"head":{"fromTheFuture":1,')] + lines[9:], 9, "head")
    refused(lines[:8] + [lines[8][:50]] + lines[9:], 9, "JSON")
    part = ctl("export", data, "from=5").stdout.splitlines()
    refused(part, 1, "entry 1")
    done = ctl("import", "-", data, check=False, input=text)
    assert done.returncode == 2 and "not empty" in done.stderr


def test_backup_export_and_history_over_the_archive(tmp_path):
    """Of a journal that was cut: segments go into the backup as they are, and what was moved away is known by name."""
    from test_retention import TINY, cut_done, filled, segments
    broker = harness.fresh_broker(settings=TINY).start()
    try:
        filled(broker, 3)
        cut_done(broker)
        whole = backup(broker, tmp_path / "whole")
        away = segments(broker)[0]
        shutil.move(away, tmp_path / away.name)
        part = backup(broker, tmp_path / "part")
        assert part["from_entry"] == int(away.name.split("-")[1].split(".")[0]) + 1 and f"away 1 {part['from_entry'] - 1} " in manifest(tmp_path / "part")
        shutil.move(tmp_path / away.name, away)
        broker.stop()
        assert (tmp_path / "whole/archive" / away.name).read_bytes() == away.read_bytes()
        said = restore(tmp_path / "whole", tmp_path / "a")
        text = export(broker.folder / "data", f"upto={whole['position']}")
        assert said["verified"] == "ok" and export(tmp_path / "a") == text
        assert (tmp_path / "a/archive" / away.name).exists()
        said = restore(tmp_path / "part", tmp_path / "b")
        assert said["position"] == part["position"] and said["verified"] in ("ok", "in part"), said
        (tmp_path / "b/archive").mkdir(exist_ok=True)
        shutil.copy(away, tmp_path / "b/archive")
        assert json.loads(ctl("--json", "verify", tmp_path / "b").stdout)["result"] == "ok"
        assert export(tmp_path / "b", f"upto={whole['position']}") == text
    finally:
        harness.remove(broker)


# ---- verification beside the broker ----

def test_verify_beside_the_broker(broker):
    written(broker)
    with Load(broker):
        said = broker.ctl_json("verify")
        assert said["result"] == "ok" and said["entries"] > 20
    assert "event=verified" in broker.log.read_text()
    row = broker.ctl_json("show", "archive")["chores"][0]
    assert (row["chore"], row["state"]) == ("verify", "done")
    import checks
    assert checks.flip_in_place(broker.folder, b"and again", b"nor again") > 0
    done = broker.ctl("verify", check=False)
    assert done.returncode == 1 and "chain hash" in done.stderr
    assert "event=verify-failed" in broker.log.read_text()
    assert any("verification" in row["what"] for row in broker.ctl_json("status")["trouble"])
