"""The file adapter: dropped files become events, once, whatever happens in between."""
import csv
import json
import os
import random
import resource
import signal
import subprocess

import pytest

import harness
from adapter import Adapter, Raw
from events import code, history, unique
from harness import wait_for

FIELDS = Raw("""(
  { path = "kind"; column = "type"; map = (
      { is = "contact"; to = "contact_logged"; }, { is = "note"; to = "note_added"; }, { is = "left"; to = ""; } ); },
  { path = "key"; column = "id"; },
  { path = "occurred_at_us"; column = "at"; as = "seconds"; },
  { path = "locator.identifier.domain"; value = "crm"; },
  { path = "locator.identifier.value"; column = "customer"; },
  { path = "contact_logged.summary"; column = "words"; },
  { path = "note_added.text"; column = "words"; }
)""")
HEAD = "id,type,at,customer,words\n"


@pytest.fixture(scope="module")
def broker():
    made = harness.fresh_broker().start()
    yield made
    harness.remove(made)


@pytest.fixture
def drop(broker, tmp_path):
    made = Adapter(broker, "baton-file", "sales", tmp_path, {"folder": "drop", "fields": FIELDS, "once": True})
    (tmp_path / "drop").mkdir()
    yield made
    made.close()


def put(drop, name, text):
    (drop.folder / "drop" / name).write_bytes(text if isinstance(text, bytes) else text.encode())


def names(drop, folder):
    return sorted(p.name for p in (drop.folder / "drop" / folder).iterdir() if p.is_file())


def reasons(drop, name):
    with open(drop.folder / "drop/rejects" / f"{name}.reasons", newline="") as f:
        return list(csv.DictReader(f))


def rejects(drop, name):
    return (drop.folder / "drop/rejects" / f"{name}.rejects").read_bytes()


def counts(drop):
    """The last file's line of the log, as a dictionary."""
    return dict(word.split("=", 1) for word in drop.logged("file-done")[-1].split() if "=" in word)


def texts(broker, customer):
    """What the broker has of a customer's cases, in order."""
    client = broker.client("sales")  # one session for each key: the adapter does not run now
    found = client.query(find={"identifier": {"domain": "crm", "value": customer}})
    assert code(found) == "OK"
    events = [e for row in found.customer.cases for e in history(client, row.id)]
    client.close()
    bodies = [(e.sequence, e.event.contact_logged.summary + e.event.note_added.text) for e in events]
    return [text for _, text in sorted(bodies) if text]


def test_rows_become_events_and_bad_rows_are_told(broker, drop):
    who, k = unique("customer"), unique("key")
    put(drop, "day.csv", HEAD + f'{k}-1,contact,1772443445.5,{who},"said ""hello""\nand left"\n'
        + f"{k}-2,note,1772443446,{who},second\n" + f"{k}-3,left,,,\n" + f"{k}-4,other,,{who},\n"
        + f"{k}-5,note,,nobody-{who},lost\n" + f"{k}-6,note,,{who}\n" + f'{k}-7,note,,{who},"a"b\n'
        + f"{k}-8,note,yesterday,{who},x\n" + f"{k}-9,note,,{who},last\n")
    assert drop.run() == 0
    assert texts(broker, who) == ['said "hello"\nand left', "second", "last"]
    told = {int(r["row"]): r for r in reasons(drop, "day.csv")}
    assert sorted(told) == [4, 5, 6, 7, 8]
    assert told[5]["code"] == "UNKNOWN_CASE" and told[5]["line"] == "7"
    assert all(told[n]["code"] == "BAD_ROW" for n in (4, 6, 7, 8))
    assert "no entry" in told[4]["reason"] and "4 columns" in told[6]["reason"] and "seconds" in told[8]["reason"]
    assert names(drop, "done") == ["day.csv"] and names(drop, "taken") == [] and names(drop, "") == []


def test_bad_bytes_are_rejected_and_the_rest_goes_on(broker, drop):
    who, k = unique("customer"), unique("key")
    put(drop, "bytes.csv", b"\xef\xbb\xbf" + HEAD.replace("\n", "\r\n").encode() + f"{k}-1,contact,,{who},one\r\n".encode()
        + f"{k}-2,note,,{who},".encode() + b"\xff\xfe\r\n" + f"{k}-3,note,,{who},a\0b\r\n".encode()
        + f"{k}-4,note,,{who},".encode() + b"x" * 70000 + b"\r\n" + f"{k}-5,note,,{who},two\r\n".encode())
    assert drop.run() == 0
    assert texts(broker, who) == ["one", "two"]
    told = " ".join(r["reason"] for r in reasons(drop, "bytes.csv"))
    for reason in ("not valid UTF-8", "NUL", "longer than a row"):
        assert reason in told
    assert rejects(drop, "bytes.csv") == HEAD.encode() + f"{k}-2,note,,{who},".encode() + b"\xff\xfe\n" \
        + f"{k}-3,note,,{who},a\0b\n".encode() + f"{k}-4,note,,{who},".encode() + b"x" * 70000 + b"\n"
    for end in ("rejects", "reasons"):
        assert oct((drop.folder / "drop/rejects" / f"bytes.csv.{end}").stat().st_mode & 0o777) == "0o600"


def test_json_lines(broker, drop):
    who, k = unique("customer"), unique("key")
    drop.write(broker, "sales", {"folder": "drop", "fields": FIELDS, "once": True, "whole_events": True})
    put(drop, "a.jsonl", f'{{"id":"{k}-1","type":"contact","at":1772443445,"customer":"{who}","words":"one"}}\n{{broken\n'
        + f'{{"key":"{k}-2","event":{{"locator":{{"identifier":{{"domain":"crm","value":"{who}"}}}},"noteAdded":{{"text":"two"}}}}}}\n'
        + f'{{"id":"{k}-3","type":"note","customer":"{who}","words":"three"}}')
    assert drop.run() == 0
    assert texts(broker, who) == ["one", "two", "three"]
    assert [(r["row"], r["line"], r["code"]) for r in reasons(drop, "a.jsonl")] == [("2", "2", "BAD_ROW")]
    assert rejects(drop, "a.jsonl") == b"{broken\n"


def test_a_row_is_no_event_of_its_own_unless_it_may_be(broker, drop):
    """Rows of another system may have a member of that name, and what stands in it is the customer's."""
    who, k = unique("customer"), unique("key")
    forged = {"locator": {"identifier": {"domain": "crm", "value": who}}, "noteAdded": {"text": "forged"}, "department": "care"}
    put(drop, "a.jsonl", json.dumps({"id": f"{k}-1", "type": "contact", "customer": who, "words": "one", "key": f"{k}-2", "event": forged}) + "\n")
    assert drop.run() == 0
    assert texts(broker, who) == ["one"]


def test_rejects_are_mended_and_dropped_again(broker, drop):
    """Rows too short, too long, misquoted, over several lines: what stands in the rejects is what stood in the file."""
    who, k = unique("customer"), unique("key")
    bad = [f"{k}-2,note,,{who}\n", f'{k}-3,note,,{who},"two\nlines",extra\n', f'{k}-4,note,,{who},"a"b\n', f'{k}-5,note,,{who},say "x"\n']
    put(drop, "day.csv", HEAD + f"{k}-1,contact,,{who},one\n" + "".join(bad) + f"{k}-6,note,,{who},six\n")
    assert drop.run() == 0
    assert rejects(drop, "day.csv").decode() == HEAD + "".join(bad)
    mended = rejects(drop, "day.csv").decode().replace(f"{k}-2,note,,{who}\n", f"{k}-2,note,,{who},two\n").replace(",extra", "") \
        .replace('"a"b', '"a""b"').replace('say "x"', '"say ""x"""')
    put(drop, "mended.csv", mended)
    assert drop.run() == 0
    assert texts(broker, who) == ["one", "six", "two", "two\nlines", 'a"b', 'say "x"']
    assert counts(drop)["accepted"] == "4" and names(drop, "rejects") == ["day.csv.reasons", "day.csv.rejects"]


def test_a_file_dropped_again_under_a_mended_mapping_is_played_again(broker, drop):
    who, k = unique("customer"), unique("key")
    rows = HEAD + f"{k}-1,contact,,{who},one\n{k}-2,remark,,{who},two\n{k}-3,note,,{who},three\n"
    put(drop, "day.csv", rows)
    assert drop.run() == 0
    assert texts(broker, who) == ["one", "three"] and counts(drop)["rejected"] == "1"
    mended = FIELDS.text.replace('{ is = "left"', '{ is = "remark"; to = "note_added"; }, { is = "left"')
    drop.write(broker, "sales", {"folder": "drop", "once": True, "fields": Raw(mended)})
    put(drop, "day.csv", rows)
    assert drop.run() == 0
    assert not drop.logged("file-resumed")
    told = counts(drop)
    assert (told["rows"], told["accepted"], told["duplicates"], told["rejected"]) == ("3", "1", "2", "0")
    assert texts(broker, who) == ["one", "three", "two"]


def test_files_that_cannot_be_used_are_put_aside_whole(drop):
    put(drop, "a.csv", "id,type\n1,note\n")
    put(drop, "b.txt", "x\n")
    put(drop, "c.csv.part", HEAD)
    put(drop, ".d.csv", HEAD)
    assert drop.run() == 0
    assert names(drop, "rejects") == ["a.csv", "b.txt"] and names(drop, "") == [".d.csv", "c.csv.part"]
    assert len(drop.logged("file-refused")) == 2


def test_the_same_file_again_has_no_second_effect_another_of_its_name_has(broker, drop):
    who, k = unique("customer"), unique("key")
    # Without a key of their own, rows are known by the file and their number.
    drop.write(broker, "sales", {"folder": "drop", "once": True, "fields": Raw(FIELDS.text.replace('{ path = "key"; column = "id"; },', ""))})
    for words in ("one", "one", "two"):
        put(drop, "x.csv", HEAD + f"{k},contact,,{who},{words}\n")
        assert drop.run() == 0
    assert texts(broker, who) == ["one", "two"]
    # The first under its name, the others beside it, each with its digest.
    assert len(names(drop, "done")) == 3


def test_a_file_is_taken_when_its_writer_is_done(broker, drop):
    who, k = unique("customer"), unique("key")
    drop.write(broker, "sales", {"folder": "drop", "fields": FIELDS})
    with open(drop.folder / "drop/early.csv", "w") as early, open(drop.folder / "aside.csv", "w") as aside:
        early.write(HEAD)  # under way when the adapter starts
        aside.write(HEAD)  # moved in while it is still open
        early.flush()
        aside.flush()
        drop.start().wait_for_log("connected")
        os.rename(drop.folder / "aside.csv", drop.folder / "drop/hasty.csv")
        put(drop, "quick.csv", HEAD + f"{k}-0,contact,,{who},zero\n")
        wait_for(lambda: (drop.folder / "drop/done/quick.csv").exists(), what="the other file")
        assert names(drop, "") == ["early.csv", "hasty.csv"], "taken while they were written"
        early.write(f"{k}-1,note,,{who},one\n")
        early.close()
        wait_for(lambda: (drop.folder / "drop/done/early.csv").exists(), what="the early file")
        aside.write(f"{k}-2,note,,{who},two\n")
    wait_for(lambda: (drop.folder / "drop/done/hasty.csv").exists(), what="the hasty file")
    os.rename(_aside(drop, HEAD + f"{k}-3,note,,{who},three\n"), drop.folder / "drop/moved.csv")
    wait_for(lambda: (drop.folder / "drop/done/moved.csv").exists(), what="the moved file")
    drop.stop()
    assert texts(broker, who) == ["zero", "one", "two", "three"]


def _aside(drop, text):
    path = drop.folder / "aside.csv"
    path.write_text(text)
    return path


def test_a_folder_that_vanishes_is_told_and_taken_up_again(broker, drop):
    who, k = unique("customer"), unique("key")
    drop.write(broker, "sales", {"folder": "drop", "fields": FIELDS})
    drop.start().wait_for_log("connected")
    (drop.folder / "drop").rename(drop.folder / "away")
    drop.wait_for_log("folder")
    (drop.folder / "away").rename(drop.folder / "drop")
    drop.wait_for_log("folder", 2)
    put(drop, "x.csv", HEAD + f"{k},contact,,{who},one\n")
    wait_for(lambda: (drop.folder / "drop/done/x.csv").exists(), what="the file")
    drop.stop()
    assert texts(broker, who) == ["one"]


def test_killed_at_any_moment_nothing_is_lost_or_repeated(broker, drop):
    """kill -9 of the adapter in the middle, many times, and of the broker too."""
    who, k, rows = unique("customer"), unique("key"), 3000
    good = [i for i in range(rows) if i % 7 and i % 11]
    bad = [i for i in range(rows) if not (i % 7 and i % 11)]
    body = f"{k}-open,contact,,{who},open\n"
    for i in range(rows):  # every 7th is refused by the broker, every 11th broken
        body += f"{k}-{i},note,,{who if i % 7 else 'nobody-' + who},n{i}{',extra' if i % 11 == 0 else ''}\n"
    put(drop, "big.csv", HEAD + body)
    rng = random.Random(7)
    for _ in range(2):  # the next one is let in when the broker has not heard of this one for 6 seconds
        goal = position(broker) + rng.randrange(50, 600)
        drop.start()
        wait_for(lambda: position(broker) >= goal, what="progress")
        assert drop.process.poll() is None, "ended before it could be killed"
        drop.kill()
    broker.kill()
    broker.start()
    assert drop.run(120) == 0
    assert drop.logged("file-resumed")
    assert texts(broker, who) == ["open"] + [f"n{i}" for i in good]
    told = sorted(int(r["row"]) for r in reasons(drop, "big.csv"))
    assert told == [i + 2 for i in bad], "each rejected row stands there once"
    rows = rejects(drop, "big.csv").decode().splitlines(keepends=True)
    assert sorted(rows[1:]) == sorted(body.splitlines(keepends=True)[i + 1] for i in bad) and rows[0] == HEAD


def test_a_file_waits_for_descriptors(broker, drop):
    """A good file that finds none is not to blame: it is read once there are some, and so is one that came before it."""
    who, k = unique("customer"), unique("key")
    drop.write(broker, "sales", {"folder": "drop", "fields": FIELDS})
    drop.start()
    wait_for(lambda: drop.logged("connected"), what="the connection")
    limit = resource.prlimit(drop.process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(drop.process.pid, resource.RLIMIT_NOFILE, (3, limit[1]))
    put(drop, "one.csv", HEAD + f"{k}-open,contact,,{who},open\n")
    put(drop, "two.csv", HEAD + f"{k}-1,note,,{who},n1\n")
    wait_for(lambda: "file-waits" in drop.text() and "state=down" in drop.text(), what="the trouble")
    resource.prlimit(drop.process.pid, resource.RLIMIT_NOFILE, limit)
    wait_for(lambda: names(drop, "done") == ["one.csv", "two.csv"], what="both files")
    wait_for(lambda: "state=well" in drop.text(), what="the end of the trouble")
    drop.stop()
    assert texts(broker, who) == ["open", "n1"]
    assert drop.text().count("event=file-waits") == 2, "said once, and once that it is over"
    assert names(drop, "rejects") == []


def position(broker):
    """How many entries the journal has."""
    return broker.ctl_json("status")["position"]


def test_what_is_dropped_while_it_is_stopped_is_taken_afterwards(broker, drop):
    """SIGSTOP in the middle of a file, until the broker calls it silent; a second file comes meanwhile."""
    who, k, rows = unique("customer"), unique("key"), 3000
    put(drop, "one.csv", HEAD + f"{k}-open,contact,,{who},open\n" + "".join(f"{k}-{i},note,,{who},n{i}\n" for i in range(rows)))
    goal = position(broker) + 100
    drop.start()
    wait_for(lambda: position(broker) >= goal, what="progress")
    drop.process.send_signal(signal.SIGSTOP)
    try:
        put(drop, "two.csv", HEAD + f"{k}-last,note,,{who},last\n")
        wait_for(lambda: {a["adapter"]: a for a in broker.ctl_json("show", "adapters")["adapters"]}["sales"]["link"] in ("silent", "lost"), 30,
                 what="the broker to notice")
    finally:
        drop.process.send_signal(signal.SIGCONT)
    wait_for(lambda: drop.process.poll() is not None, 120, "its end")
    assert drop.process.returncode == 0
    if not (drop.folder / "drop/done/two.csv").exists():  # what came after it had looked
        assert drop.run(60) == 0
    assert texts(broker, who) == ["open", *(f"n{i}" for i in range(rows)), "last"]


def test_mistakes_in_the_mapping_name_the_line(broker, drop):
    drop.write(broker, "sales", {"folder": "drop", "fields": Raw('(\n { path = "kind"; value = "note"; }\n)')})
    assert drop.run() != 0
    assert "adapter.conf:" in drop.text() and "no such kind of event: note" in drop.text()


def test_killed_between_the_last_receipt_and_the_move_nothing_is_repeated(broker, drop):
    """The cursor says that the file is done, and it still lies in taken/: as a kill -9 at that moment leaves it."""
    who, k = unique("customer"), unique("key")
    put(drop, "day.csv", HEAD + f"{k}-1,contact,,{who},one\n{k}-2,note,,{who},two\n")
    assert drop.run() == 0
    os.rename(drop.folder / "drop/done/day.csv", drop.folder / "drop/taken/day.csv")
    assert drop.run() == 0
    assert counts(drop)["accepted"] == "0" and counts(drop)["duplicates"] == "2"
    assert texts(broker, who) == ["one", "two"] and names(drop, "done") == ["day.csv"]


def test_impossible_mappings_are_told_before_any_row(broker, drop):
    """At start and with --check alike: nothing is played, and the sentence says what would be right."""
    wrong = [(FIELDS.text.replace("contact_logged.summary", "contact_logged.sumary"), "adapter.conf:13: contact_logged.sumary: no such field; near it: summary"),
             (FIELDS.text.replace("column = \"words\"; }\n", "colum = \"words\"; }\n"), "unknown key colum")]
    for fields, why in wrong:
        drop.write(broker, "sales", {"folder": "drop", "once": True, "fields": Raw(fields)})
        put(drop, "a.csv", HEAD)
        for options in (["--check"], []):
            assert _exit(drop, options) == 2 and why in drop.text(), drop.text()
        assert names(drop, "") == ["a.csv"]
    drop.write(broker, "sales", {"folder": "drop", "once": True})
    assert _exit(drop, ["--check"]) == 2 and "fields has no entry" in drop.text()


def _exit(drop, options):
    with open(drop.log, "wb") as log:
        return subprocess.run([harness.program("baton-file"), "--config", str(drop.config), *options], stdin=subprocess.DEVNULL,
                              stdout=log, stderr=log, timeout=30).returncode


def test_an_adapter_that_an_operator_holds_says_so(broker, drop):
    broker.ctl("hold", "sales")
    try:
        assert drop.run() == 0
        assert len(drop.logged("held")) == 1
    finally:
        broker.ctl("resume", "sales")


def test_a_source_key_that_is_too_long_is_rejected_not_cut(broker, drop):
    drop.write(broker, "sales", {"folder": "drop", "fields": FIELDS, "once": True, "whole_events": True})
    row = '{"key": "%s", "event": {"contactLogged": {"summary": "s"}, "locator": {"identifier": {"domain": "crm", "value": "long-key"}}}}'
    put(drop, "j.jsonl", row % ("k" * 128 + "1") + "\n" + row % ("k" * 128 + "2") + "\n")
    assert drop.run() == 0
    done = counts(drop)
    assert (done["rejected"], done["duplicates"]) == ("2", "0")
    assert all("1 to 128 bytes" in r["reason"] for r in reasons(drop, "j.jsonl"))


def test_a_refused_row_is_on_the_disk_before_the_cursor_passes_it(drop, monkeypatch):
    """Killed at its first sync, which is that of the rejects; without one it would play to the end."""
    put(drop, "a.csv", HEAD + f"{unique('key')},note,1772443445,nobody,lost\n")
    with monkeypatch.context() as m:
        m.setenv("LD_PRELOAD", str(harness.build_folder() / "tests/bt_fault.so"))
        m.setenv("ASAN_OPTIONS", "verify_asan_link_order=0")
        m.setenv("BATON_FAULT_SYNC", "1")
        drop.start()
    assert drop.process.wait(60) == -signal.SIGKILL, drop.text()
    drop.process = None
    assert {"a.csv", "a.csv.rejects", "a.csv.reasons"} <= set(names(drop, "taken"))
