"""The file adapter's way out: deliveries become rows of files, each once, whatever happens in between."""
import contextlib
import csv
import json
import os
import random
import resource
import signal
import subprocess
import time

import pytest

import harness
from adapter import Adapter, Raw
from events import do, event, ok, open_case, submit_all
from harness import wait_for

COLUMNS = Raw("""{ folder = "out"; %s columns = (
  { name = "ref"; path = "recorded.ref"; }, { path = "kind"; },
  { name = "at"; path = "recorded.recorded_at_us"; as = "time"; },
  { name = "text"; path = "recorded.event.note_added.text"; } ); }""")


def columns(more=""):
    return Raw(COLUMNS.text % more)


@pytest.fixture(scope="module")
def broker():
    made = harness.fresh_broker(settings={"delivery": {"max_attempts": 3, "settle_timeout_ms": 6000}}).start()
    yield made
    harness.remove(made)


@pytest.fixture
def out(broker, tmp_path):
    made = Adapter(broker, "baton-file", "billing", tmp_path, {"export": columns("seconds = 1;")})
    yield made
    made.close()


@pytest.fixture
def sales(broker):
    made = broker.client("sales")
    yield made
    if broker.process:
        made.close()


def say(sales, *texts, case=0):
    case = case or open_case(sales, "billing.invoice").case
    for receipt in submit_all(sales, [event("note_added", case=case, text=text) for text in texts]):
        ok(receipt)
    return case


def files(out, end=""):
    """What a reader of the folder sees."""
    folder = out.folder / "out"
    return sorted(p for p in folder.iterdir() if p.name[0] != "." and p.name.endswith(end)) if folder.is_dir() else []


def rows(out):
    made = []
    for path in files(out, ".csv"):
        with open(path, newline="", encoding="utf-8") as f:
            made += list(csv.DictReader(f, strict=True))
    return made


def texts(out):
    return [row["text"] for row in rows(out) if row["text"]]


def test_deliveries_become_rows(broker, out, sales):
    out.start()
    words = ["plain", 'said "hello"', "two\nlines", "a,b;c", "caf\u00e9 \u20ac \U0001f600", " blanks ", "cr\rlf\r\n", "'quoted'"]
    case = say(sales, *words)
    wait_for(lambda: len(texts(out)) == len(words), what="the rows")
    assert texts(out) == words
    ref = ok(sales.query(case={"locator": {"id": case}})).case.ref
    mine = [row for row in rows(out) if row["text"]]
    assert {row["ref"] for row in mine} == {ref} and {row["kind"] for row in mine} == {"NoteAdded"}
    assert all(len(row["at"]) == 27 and row["at"].endswith("Z") for row in mine)
    numbers = [int(row["sequence"]) for row in rows(out)]
    assert numbers == sorted(set(numbers)), "one row each, in order"
    assert all(p.name.startswith("deliveries-") and oct(p.stat().st_mode & 0o777) == "0o640" for p in files(out))
    assert files(out)[0].read_bytes().startswith(b"sequence,ref,kind,at,text\r\n")
    out.stop()
    assert not files(out, ".part")


def test_cells_that_a_spreadsheet_would_run_are_disarmed(broker, out, sales):
    bad = ["=1+1", "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "=HYPERLINK(\"http://example.org\",\"x\")", "-", "+44 20=1"]
    good = ["+44 20 7946 0000", "-17.5", "a=b", "1-2", "-1,000.00"]
    out.start()
    say(sales, *bad, *good)
    wait_for(lambda: len(texts(out)) == len(bad + good), what="the rows")
    assert texts(out) == ["'" + cell for cell in bad] + good
    out.stop()
    out.write(broker, "billing", {"export": columns('formulas = "keep"; seconds = 1;')})
    out.start()
    say(sales, *bad)
    wait_for(lambda: len(texts(out)) == len(bad + good + bad), what="the rows")
    out.stop()
    assert texts(out)[-len(bad):] == bad


def test_json_lines_hold_the_whole_delivery_and_kinds_are_chosen(broker, out, sales):
    out.write(broker, "billing", {"export": Raw('{ folder = "out"; format = "jsonl"; kinds = [ "question_asked", "CaseOpened" ]; seconds = 1; }')})
    case = open_case(sales, "billing.invoice", need="one").case
    say(sales, "not wanted", case=case)
    ok(do(sales, "question_asked", case=case, to="billing", text="is it paid?"))
    out.start()
    wait_for(lambda: files(out, ".jsonl"), what="the file")
    wait_for(lambda: "questionAsked" in "".join(p.read_text() for p in files(out, ".jsonl")), what="the question")
    out.stop()
    items = [json.loads(line) for path in files(out, ".jsonl") for line in path.read_text().splitlines()]
    kinds = [next(k for k, v in item["recorded"]["event"].items() if k[0].islower() and isinstance(v, dict)) for item in items]
    assert "noteAdded" not in kinds and kinds[-2:] == ["caseOpened", "questionAsked"]
    assert items[-1]["recorded"]["event"]["questionAsked"]["text"] == "is it paid?"


def test_json_lines_with_columns(broker, out, sales):
    out.write(broker, "billing", {"export": Raw('{ folder = "out"; format = "jsonl"; kinds = [ "note_added" ]; seconds = 1; columns = '
                                                '( { name = "wo\\"rds"; path = "recorded.event.note_added.text"; }, { name = "all"; path = "."; } ); }')})
    out.start()
    say(sales, '=1 "x"')
    wait_for(lambda: files(out, ".jsonl"), what="the file")
    line = json.loads(files(out, ".jsonl")[0].read_text())
    assert line['wo"rds'] == '=1 "x"' and line["all"]["sequence"] == line["sequence"]
    out.stop()


def test_a_file_is_finished_by_rows_and_by_age(broker, out, sales):
    out.write(broker, "billing", {"export": columns('rows = 10; seconds = 3600; kinds = [ "note_added" ];')})
    out.start()
    case = say(sales, *[f"n{i}" for i in range(25)])
    wait_for(lambda: len(files(out, ".csv")) == 2 and files(out, ".part"), what="two files and a third")
    assert [len(list(csv.DictReader(open(p)))) for p in files(out, ".csv")] == [10, 10]
    wait_for(lambda: len(files(out, ".part")) == 1 and files(out, ".part")[0].read_text().count("\n") == 6, what="the rest")
    out.stop()
    assert texts(out) == [f"n{i}" for i in range(25)], "a stop finishes the third"
    out.write(broker, "billing", {"export": columns('rows = 10; seconds = 1; kinds = [ "note_added" ];')})
    out.start()
    say(sales, "old enough", case=case)
    wait_for(lambda: texts(out)[-1:] == ["old enough"], what="the file of its age")
    out.stop()


def test_many_of_one_case_and_a_reader_who_takes_files_away(broker, out, sales):
    """The department's side moves each file as soon as it appears: what it has in the end is everything, once."""
    out.write(broker, "billing", {"export": columns('rows = 7; seconds = 1; kinds = [ "note_added" ];')})
    out.start()
    say(sales, *[f"n{i}" for i in range(100)])
    taken = []

    def take():
        for path in files(out, ".csv"):
            with open(path, newline="") as f:
                taken.extend(row["text"] for row in csv.DictReader(f))
            path.unlink()
        return len(taken) >= 100
    wait_for(take, what="every row")
    assert taken == [f"n{i}" for i in range(100)]
    out.stop()


def test_killed_at_any_moment_nothing_is_lost_or_doubled(broker, out, sales):
    """kill -9 of the adapter again and again while rows are written and files finished, and of the broker too."""
    out.write(broker, "billing", {"export": columns('rows = 40; seconds = 1; kinds = [ "note_added" ];'), "credit": 16})
    rng, said = random.Random(11), [f"n{i}" for i in range(600)]
    cases = [open_case(sales, "billing.invoice").case for _ in range(8)]
    for at in range(0, 600, 50):
        for receipt in submit_all(sales, [event("note_added", case=cases[i % 8], text=said[i]) for i in range(at, at + 50)]):
            ok(receipt)

    def written():
        found = 0
        for path in files(out):
            with contextlib.suppress(FileNotFoundError):  # finished under another name while we look
                found += path.read_bytes().count(b"NoteAdded")
        return found
    for n in range(2):
        goal = written() + rng.randrange(20, 200)
        out.start()
        wait_for(lambda: written() >= goal, what="progress")
        out.kill()
        if n == 1:
            broker.kill()
            broker.start()
        else:
            said.append("one more")
            say(sales, said[-1])  # by which the broker sees that nobody is there
    # A row that was on its way to the disk: not counted, and torn.
    part = files(out, ".part")
    with open(part[0] if part else out.folder / "out/deliveries-00000000000000000001.csv.part", "a") as f:
        f.write('17,"torn')
    out.start()
    wait_for(lambda: len(texts(out)) >= len(said), 30, "every row")
    out.stop()
    assert sorted(texts(out)) == sorted(said)
    numbers = [row["sequence"] for row in rows(out)]
    assert len(set(numbers)) == len(numbers)


def test_an_acknowledgement_that_got_lost_makes_no_second_row(broker, out, sales):
    """Killed when the row was on the disk and the broker had not heard of it: the delivery comes again, the row does not."""
    out.write(broker, "billing", {"export": columns('seconds = 1; kinds = [ "note_added" ];')})
    case = open_case(sales, "billing.invoice").case
    one, two = (ok(do(sales, "note_added", case=case, text=text)).sequence for text in ("one", "two"))
    folder, name, counts = out.folder / "out", f"deliveries-{one:020}.csv", f"sequence,ref,kind,at,text\r\n{one},,NoteAdded,,one\r\n"
    folder.mkdir()
    (folder / f"{name}.part").write_bytes(counts.encode() + f'{two},,NoteAdded,,"tw'.encode())
    (folder / ".exported").write_text(f"baton-exported 1\n{name} {len(counts)} 1 {one}\n{name} {len(counts) + 30} 1 {two}"[:-1])
    out.start()
    wait_for(lambda: len(texts(out)) == 2, what="the second row")
    out.stop()
    assert texts(out) == ["one", "two"] and [int(row["sequence"]) for row in rows(out)] == [one, two]
    assert [row["waiting"] for row in broker.ctl_json("show", "inboxes")["inboxes"] if row["adapter"] == "billing"] in ([0], [])


def test_a_full_disk_is_told_and_nothing_is_given_up(broker, out, sales):
    """No try is spent meanwhile (max_attempts is 3): the rows are there once there is room, each once."""
    read, write = os.pipe()
    limit = 2500  # no file may be longer, as on a disk without room for a row
    out.write(broker, "billing", {"export": columns('seconds = 1; kinds = [ "note_added" ];')})

    def full():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    out.process = subprocess.Popen([harness.program("baton-file"), "--config", str(out.config)], stdin=subprocess.DEVNULL,
                                   stdout=write, stderr=write, preexec_fn=full, restore_signals=False)
    os.close(write)
    words = [f"{i}-" + "x" * 3000 for i in range(30)]
    for word in words:
        say(sales, word)
    with open(read, "rb", buffering=0) as log:
        told = b""
        while b"state=down" not in told:
            told += os.read(log.fileno(), 65536)
        assert b"cannot be written" in told
        os.set_blocking(log.fileno(), False)
        wait_for(lambda: [log.read(65536), waiting(broker) == len(words)][1], what="all of it in hand")
        before, since = sent(broker), time.monotonic()
        wait_for(lambda: [log.read(65536), time.monotonic() - since > 7][1], what="the settle timeout to pass")
        assert sent(broker) == before, "delivered again although it was in progress"
        resource.prlimit(out.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        wait_for(lambda: [log.read(65536), len(texts(out)) >= len(words)][1], 60, "the rows")
    assert sorted(texts(out)) == sorted(words)
    assert broker.ctl_json("show", "dead", "billing")["dead_letters"] == []
    out.stop()


def test_a_file_that_has_its_name_but_is_not_yet_durable_is_finished_later(broker, out, sales):
    """No descriptor is left for the folder's sync. A reader takes the file meanwhile."""
    out.write(broker, "billing", {"export": columns('seconds = 1; kinds = [ "note_added" ];')})
    out.start()
    case = say(sales, "one")
    wait_for(lambda: files(out, ".part"), what="the file")
    limit = resource.prlimit(out.process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(out.process.pid, resource.RLIMIT_NOFILE, (3, limit[1]))
    taken = wait_for(lambda: files(out, ".csv"), what="its name")
    wait_for(lambda: "state=down" in out.text(), what="the trouble")
    taken[0].rename(out.folder / "taken.csv")
    resource.prlimit(out.process.pid, resource.RLIMIT_NOFILE, limit)
    say(sales, "two", case=case)
    wait_for(lambda: texts(out) == ["two"], what="the next file")
    wait_for(lambda: "state=well" in out.text(), what="the end of it")
    out.stop()


def test_a_folder_that_vanishes_is_told_and_taken_up_again(broker, out, sales):
    out.start()
    say(sales, "one")
    wait_for(lambda: texts(out) == ["one"], what="the first row")
    (out.folder / "out").rename(out.folder / "away")
    say(sales, "two")
    wait_for(lambda: "state=down" in out.text(), what="the trouble")
    (out.folder / "away").rename(out.folder / "out")
    wait_for(lambda: texts(out) == ["one", "two"], what="the second row")
    # Killed while it could not write: nothing had been acknowledged.
    (out.folder / "out").rename(out.folder / "away")
    say(sales, "three")
    wait_for(lambda: waiting(broker), what="the delivery")
    out.kill()
    say(sales, "four")  # by which the broker sees that nobody is there
    (out.folder / "away").rename(out.folder / "out")
    out.start()
    wait_for(lambda: sorted(texts(out)) == ["four", "one", "three", "two"], 30, what="the other rows")
    out.stop()


def sent(broker):
    """How often the broker has delivered anything to anybody."""
    return next(row["value"] for row in broker.ctl_json("show", "counters")["counters"] if row["counter"] == "deliveries_sent")


def waiting(broker):
    """Deliveries to billing that are in flight and not settled."""
    return sum(row["in_flight"] for row in broker.ctl_json("show", "inboxes")["inboxes"] if row["adapter"] == "billing")


def test_one_writer_to_a_folder(broker, out, tmp_path):
    out.start()
    out.wait_for_log("connected")
    other = Adapter(broker, "baton-file", "moves", tmp_path / "other", {"export": Raw('{ folder = "%s"; }' % (out.folder / "out"))})
    assert other.run() == 1 and "another adapter writes there" in other.text()
    out.stop()


def test_a_ledger_that_is_missing_or_damaged_is_told_before_anything_is_delivered(broker, out):
    folder = out.folder / "out"
    folder.mkdir()
    part = folder / "deliveries-00000000000000000017.csv.part"
    part.write_text("sequence\r\n17\r\n")
    assert out.run() == 1 and "bring that back" in out.text() and part.exists()
    (folder / ".exported").write_text("baton-exported 1\nnonsense\nmore nonsense\n")
    assert out.run() == 1 and ".exported is damaged" in out.text() and part.exists()
    (folder / ".exported").write_text("baton-exported 1\n%s 5000 1 17\n" % part.name[:-5])
    assert out.run() == 1 and "fewer bytes" in out.text() and part.exists()


@pytest.mark.parametrize("wrong, why", [
    ('columns = ( { path = "recorded.event.note_added.txt"; } );', "no such field"),
    ('columns = ( { path = "nothing"; } );', "no such field"),
    ('columns = ( { path = "card.ned"; } );', "no such field"),
    ('columns = ( { path = "kind"; }, { path = "kind"; } );', "a second column"),
    ('columns = ( { path = "kind"; as = "date"; } );', "as is time"),
    ('columns = ( { pth = "kind"; } );', "unknown key pth"),
    ('kinds = [ "nothing" ];', "no such kind of event: nothing"),
    ('format = "xls";', "csv or jsonl"),
    ('delimiter = "\\"";', "one character"),
    ('formulas = "run";', "disarm or keep"),
    ('rows = 0;', "rows"),
])
def test_mistakes_are_told_before_anything_is_delivered(broker, out, wrong, why):
    out.write(broker, "billing", {"export": Raw('{ folder = "out"; %s }' % wrong)})
    assert out.run() == 2 and why in out.text(), out.text()
    assert not (out.folder / "out").exists()
