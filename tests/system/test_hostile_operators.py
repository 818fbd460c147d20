"""Whoever reaches the sockets, the folders and the files of operators and means harm: what comes gets a clear refusal, nobody else
is disturbed, nothing waits for ever, and nothing reaches out of an answer to the operator's terminal."""
import hashlib
import os
import re
import shutil
import socket
import subprocess

import pytest

import harness
from baton import frame_pb2
from events import code, do, event, ok, now_us, open_case, phone, unique
from harness import wait_for
from test_backup import backup, ctl, manifest, written

NASTY = "\x1b]0;t\x07\x1b[2J\x9b31m red\r\n.\nok\n\u202e txet \u2066\ufeff\u0085"
OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def dial(broker, name="read.sock"):
    s = socket.socket(socket.AF_UNIX)
    s.connect(str(broker.folder / "run" / name))
    s.settimeout(30)
    return s


def rest(s):
    text = b""
    try:
        while more := s.recv(65536):
            text += more
    except ConnectionError:
        pass
    return text


def descriptors(broker):
    return len(os.listdir(f"/proc/{broker.process.pid}/fd"))


# ---- the control sockets


@pytest.mark.parametrize("raw", [b"x" * 1000000, b"\0\n", b"status\0\n", b"show\0case 1\n", b"show case \0\n", b"as \0 status\n", b"json\0 status\n",
                                 b"find phone:\0\0\n", b"width 99999999999999999999 dance\n", b"w " * 2047 + b"\n", b"follow kind=\xff\xfe\n"],
                         ids=range(11))
def test_what_is_no_command_is_refused_in_words(broker, raw):
    s = dial(broker)
    try:
        s.sendall(raw)
        s.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # it was told so before it had said all
    assert re.fullmatch(rb"error [A-Z_]+ .+\n\.\n", rest(s))
    s.close()
    assert broker.ctl("status")


def test_who_does_not_read_costs_one_answer(own_broker):
    """20 of them, who ask for a lot and for ever: cases go on, the memory stays, and what they held comes back."""
    sales = own_broker.client("sales")
    for _ in range(60):
        case = open_case(sales, title="t" * 200).case
    wait_for(lambda: own_broker.ctl_json("status")["not_checkpointed"] == 0, what="the checkpoint")
    before, held = descriptors(own_broker), [dial(own_broker) for _ in range(20)]
    for s in held:
        s.setblocking(False)
        for _ in range(60):
            try:
                s.send(b"json show cases limit=1000\njson history 1 limit=1000\nfollow from=1\n")
            except BlockingIOError:
                break
    for _ in range(20):
        ok(do(sales, "note_added", case=case, text="x"))
    assert own_broker.ctl("status")
    assert own_broker.cpu_share() < 0.5, "nothing is done for those who do not read"
    for s in held:
        s.close()
    wait_for(lambda: descriptors(own_broker) == before, what="their descriptors")


def test_who_leaves_in_the_middle_leaves_nothing(own_broker):
    sales = own_broker.client("sales")
    open_case(sales)
    before = descriptors(own_broker)
    for line in (b"follow from=1\n", b"verify\n", b"progress verify\njson show cases\n", b"show ca", b"drain within=20s x\n"):
        for name in ("read.sock", "admin.sock"):
            s = dial(own_broker, name)
            s.sendall(line)
            s.close()
    wait_for(lambda: own_broker.ctl_json("drain", "show")["since"], what="the drain, whose operator has left")
    own_broker.ctl("drain", "stop")
    wait_for(lambda: not any(c["running"] for c in own_broker.ctl_json("show", "archive")["chores"] if "running" in c), what="the chores' end")
    wait_for(lambda: descriptors(own_broker) <= before, what="the descriptors")
    ok(do(sales, "case_opened", topic="order"))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root is somebody else as well")
def test_another_user_is_turned_away(own_broker):
    """Even where somebody has opened the folder."""
    run = own_broker.folder / "run"
    for folder in (run, run.parent, run.parent.parent):
        folder.chmod(0o755)
    for name in ("read.sock", "admin.sock"):
        (run / name).chmod(0o666)
        asked = subprocess.run(["/usr/bin/python3", "-c", "import socket, sys; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); print(s.recv(999).decode())",
                                str(run / name)], user=65534, capture_output=True, text=True, timeout=60)
        assert asked.stdout.startswith("error NOT_GRANTED "), asked
    assert len(re.findall("event=control-refused", own_broker.log.read_text())) == 2


def test_nothing_that_was_written_reaches_a_terminal(own_broker):
    """What customers, departments and their systems say, in every place where it may be said, and what every command shows of it."""
    sales, moves, who = own_broker.client("sales"), own_broker.client("moves", credit=8), phone()
    case = ok(do(sales, "case_opened", topic="move.internet", about="move.internet", by=who, title=NASTY, need=NASTY)).case
    said = [("note_added", {"text": NASTY}), ("fact_recorded", {"key": "k", "value": NASTY}),
            ("attempt_failed", {"route": "r", "error_code": NASTY, "detail": NASTY}), ("question_asked", {"to": "billing", "text": NASTY}),
            ("promise_made", {"type": "PROMISE_TYPE_CALLBACK", "due_us": now_us() + 10**10, "text": NASTY}),
            ("work_started", {"action": "a", "subject": NASTY}), ("feedback_given", {"source": "FEEDBACK_SOURCE_CUSTOMER", "score": 1, "text": NASTY})]
    for kind, fields in said:
        ok(do(sales, kind, case=case, **fields))
    ok(do(moves, "advisory_issued", topic="move.internet", text=NASTY, alternatives=[NASTY], until_us=now_us() + 10**10))
    ok(do(sales, "case_opened", topic="order", reference=("sales", "x\x1b[2J\n")))
    ok(sales.ask("k" + NASTY, event("note_added", case=case, text="x"), cursor=frame_pb2.Cursor(source="s\x1b[2J", position=b"\x1b[2J")))
    moves.settle(moves.take().sequence, "REJECT", reason=NASTY)
    billing = own_broker.client("billing", hello=False)
    billing.send(hello=frame_pb2.Hello(instance=billing.instance, software="x" + NASTY))
    wait_for(lambda: own_broker.ctl_json("show", "dead")["dead_letters"], what="a dead letter")
    def answer(line):
        with dial(own_broker) as s:
            s.sendall(line.encode() + b"\n")
            s.shutdown(socket.SHUT_WR)
            return rest(s).decode()

    def looks_harmless(what, text):
        found = OBEYED.search(text)
        assert not found, (what, text[max(0, found.start() - 60):found.end() + 20])

    commands = [line.split("\t")[:3] for line in ctl("--commands").stdout.splitlines()]
    lines = ["follow from=1 lines=9", f"journey {case} anonymous"]
    for words, arguments, privilege in [c for c in commands if c[2:] == ["read"] and c[0] not in ("follow", "top")]:
        lines.append(words + " " + (f"moves {case}" if "CASE|EVENT" in arguments else str(case) if arguments.startswith("CASE") else
                                    ":".join(who) if arguments.startswith("DOMAIN") else "move" if arguments.startswith("TOPIC") else ""))
    assert len(lines) > 30
    for line in lines:
        for form in ("", "json ", "width 100 "):
            text = answer(form + line)
            assert text.startswith("ok\n") and text.endswith("\n.\n") and text.count("\n.\n") == 1, (line, text[:300])
            looks_harmless(form + line, text)
    for words in (["top", "--once"], ["export", str(own_broker.folder / "data")], ["dance" + NASTY], ["show", "cases", "topic=" + NASTY],
                  ["verify", NASTY], ["restore", NASTY, "/no/x"], ["import", NASTY, "/no/x"]):
        done = own_broker.ctl(*words, check=False)
        looks_harmless(words, done.stdout + done.stderr)
    assert not OBEYED.search(own_broker.log.read_text())


# ---- backups


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """A backup of two segments and two snapshots."""
    folder, made = tmp_path_factory.mktemp("good") / "backup", harness.fresh_broker().start()
    written(made)
    backup(made, folder)
    written(made)
    backup(made, folder, "snapshot")
    harness.remove(made)
    return folder


@pytest.fixture
def copied(good, tmp_path):
    there = tmp_path / "backup"
    shutil.copytree(good, there)
    there.chmod(0o700)
    return there


def seal(folder, lines):
    """A manifest whose own digest is right, whatever it says."""
    (folder / "manifest").write_text(lines + f"end {hashlib.blake2b(lines.encode(), digest_size=32).hexdigest()}\n")


def lines_of(folder):
    return manifest(folder).rpartition("end ")[0]


PLACES = {"manifest": "manifest", "segment": "archive/*.segment", "snapshot": "snapshots/*/record/data.mdb", "key": "identifiers.key"}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("what", ["pipe", "zeroes", "folder", "endless"])
def test_what_is_no_file_is_not_read_from(copied, tmp_path, place, what):
    """Whoever opened a pipe would wait for ever, and a device has no end."""
    for path in copied.glob(PLACES[place]):
        path.unlink()
        {"pipe": os.mkfifo, "zeroes": lambda p: os.symlink("/dev/zero", p), "folder": os.mkdir,
         "endless": lambda p: (p.touch(), os.truncate(p, 1 << 42))}[what](path)
    done = subprocess.run(["prlimit", "--fsize=300000000", harness.program("batonctl"), "restore", str(copied), str(tmp_path / "data")],
                          capture_output=True, text=True, timeout=60)
    if place == "snapshot":  # passed by: the entries are all there
        assert done.returncode == 0, done
    else:
        assert done.returncode == 1 and re.search("plain file|larger|bound|digest|cannot be read", done.stderr), done
        assert not (tmp_path / "data").exists()
    checked = ctl("verify", copied, check=False)
    assert checked.returncode == 1 and re.search("plain file|larger|bound|cannot be read", checked.stderr), checked


@pytest.mark.parametrize("lines", ["baton backup 1" + " " * 100, "baton backup 1\nfrom 18446744073709551615\n", "baton backup 1\nsegment ../../etc/passwd 1\n",
                                   "baton backup 1\nfrom 1\nposition 1\nchain " + "0" * 64 + "\naway 1 1 1 " + "0" * 64 + "\n"], ids=range(4))
def test_a_manifest_that_was_made_up(copied, tmp_path, lines):
    seal(copied, lines)
    done = ctl("restore", copied, tmp_path / "data", check=False)
    assert done.returncode == 1 and done.stderr.startswith("batonctl: ") and "Sanitizer" not in done.stderr, done
    assert not (tmp_path / "data").exists()


def test_the_log_of_one_and_the_record_of_another(copied, tmp_path):
    """A manifest that fits both: the record is not what the log makes of it, and no broker takes that up by itself."""
    other = harness.fresh_broker().start()
    written(other, 60)
    backup(other, tmp_path / "other")
    harness.remove(other)
    segment = re.search(r"segment (\d+) (\d+) .*", manifest(tmp_path / "other"))
    shutil.copy(tmp_path / f"other/archive/{int(segment[1]):020}-{int(segment[2]):020}.segment", copied / "archive")
    lines = re.sub(r"segment .*\n", "", lines_of(copied)).replace("\nfile identifiers", f"\n{segment[0]}\nfile identifiers")
    lines = re.sub(r"position .*", f"position {segment[2]}", lines)
    lines = re.sub(r"chain .*", f"chain {segment[0].split()[4]}", lines)
    snapshots = re.findall(r"snapshot (\d+) .*\n", lines)
    lines = re.sub(rf"snapshot {snapshots[0]} .*\n", "", lines)  # newer than the other's log
    seal(copied, lines)
    done = ctl("restore", copied, tmp_path / "data", check=False)
    assert done.returncode == 1 and "journal.refused" in done.stdout, done
    assert not (tmp_path / "data/journal").exists()


def test_two_logs_are_not_joined(copied, tmp_path):
    """The second half is another broker's, under a manifest that says so."""
    other = harness.fresh_broker().start()
    written(other)
    backup(other, tmp_path / "other")
    first = re.search(r"segment 1 (\d+) .*", manifest(copied))
    written(other)
    backup(other, tmp_path / "other")
    harness.remove(other)
    theirs = [m.split() for m in re.findall(r"segment .*", manifest(tmp_path / "other"))]
    follows = [s for s in theirs if int(s[1]) == int(first[1]) + 1]
    if not follows:
        pytest.skip("their segments end elsewhere")
    segment = follows[0]
    name = f"{int(segment[1]):020}-{int(segment[2]):020}.segment"
    shutil.copy(tmp_path / "other/archive" / name, copied / "archive" / name)
    lines = re.sub(r"(?<=\n)(segment (?!1 )|snapshot ).*\n", "", lines_of(copied)).replace("\nfile identifiers", f"\n{' '.join(segment)}\nfile identifiers")
    seal(copied, re.sub(r"chain .*", f"chain {segment[4]}", re.sub(r"position .*", f"position {segment[2]}", lines)))
    done = ctl("restore", copied, tmp_path / "data", check=False)
    assert done.returncode == 1 and "different logs" in done.stderr, done
    assert not (tmp_path / "data").exists()


def tree(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file() and p.name not in ("pid", "lock.mdb")}


def test_a_backup_takes_no_folder_that_is_something_else(own_broker, copied, tmp_path):
    """A data folder has an archive as well, and so has a folder to which one was moved: nothing in them is thrown away."""
    written(own_broker)
    data, moved = tmp_path / "data", tmp_path / "moved"
    ctl("restore", copied, data)
    moved.mkdir(mode=0o700)
    shutil.copytree(data / "archive", moved / "archive")
    assert list((data / "archive").glob("*.segment"))
    for folder in (data, moved):
        before = tree(folder)
        done = own_broker.ctl("backup", str(folder), check=False)
        assert done.returncode == 2 and "no backup: use a new folder" in done.stderr, done
        assert tree(folder) == before
    for inside in ("", "/new", "/archive", "/archive/new"):
        own = own_broker.folder / "data"
        (own / "archive").mkdir(mode=0o700, exist_ok=True)
        done = own_broker.ctl("backup", f"{own}{inside}", check=False)
        assert done.returncode == 2 and "lies in the data folder" in done.stderr, done
    assert not list((own / "archive").iterdir())


# ---- imports


@pytest.fixture(scope="module")
def exported():
    made = harness.fresh_broker().start()
    written(made)
    made.stop()
    lines = ctl("export", made.folder / "data").stdout.splitlines(keepends=True)
    harness.remove(made)
    return lines


@pytest.mark.parametrize("line", [b"[" * 2000000, b'{"a":' * 1000000, b"[" + b"{}," * 5000000 + b"{}]", b"[" + b"0," * 8000000 + b"0]", b"x" * 20000000],
                         ids=["deep", "deep objects", "objects", "numbers", "long"])
def test_a_line_that_would_cost_much_is_refused(exported, tmp_path, line):
    (tmp_path / "lines").write_bytes(exported[0].encode() + line + b"\n")
    done = subprocess.run([harness.program("batonctl"), "import", str(tmp_path / "lines"), str(tmp_path / "data")], capture_output=True,
                          text=True, timeout=60, env={**os.environ, "ASAN_OPTIONS": "hard_rss_limit_mb=400"})
    assert done.returncode == 1 and done.stderr.startswith("batonctl: line 2: "), done
    assert not (tmp_path / "data").exists()


def test_lines_of_another_log(exported, tmp_path):
    other = harness.fresh_broker().start()
    written(other)
    other.stop()
    lines = ctl("export", other.folder / "data").stdout.splitlines(keepends=True)
    harness.remove(other)
    for text in ("".join(exported[:9] + lines[9:]), "".join(exported + lines), "".join([lines[0]] + exported[1:3] + lines[3:])):
        (tmp_path / "lines").write_text(text)
        done = ctl("import", tmp_path / "lines", tmp_path / "data", check=False)
        assert done.returncode == 1 and re.match(r"batonctl: line \d+: ", done.stderr), done
        assert not (tmp_path / "data").exists()
    assert ctl("import", "/dev/zero", tmp_path / "data", check=False).stderr == "batonctl: line 1: it is longer than any entry\n"


# ---- the folders of a broker, and its children


def test_what_lies_in_the_archive_besides_segments(copied, tmp_path):
    """A pipe, a device, names that look like segments: the broker serves, says what is wrong, and waits for nothing."""
    made = harness.fresh_broker()
    try:
        shutil.rmtree(made.folder / "data", ignore_errors=True)
        ctl("restore", copied, made.folder / "data")
        archive = made.folder / "data/archive"
        segment, = archive.glob("*.segment")
        for name in ("00000000000000000002-00000000000000000009.segment", "\x1b[2J.segment", "-1--1.segment", "made.new"):
            os.mkfifo(archive / name)
        os.symlink("/dev/zero", archive / "00000000000000000001-18446744073709551615.segment")
        segment.unlink()
        os.mkfifo(segment)
        made.start()
        done = made.ctl("history", "0001-1", check=False, timeout=60)
        assert done.returncode == 1 and "CORRUPT" in done.stderr, done
        assert made.ctl("show", "archive", timeout=60)
        ok(do(made.client("sales"), "case_opened", topic="order"))
        verified = made.ctl("verify", check=False, timeout=60)
        assert verified.returncode == 1 and "is damaged" in verified.stderr, verified
    finally:
        harness.remove(made)


@pytest.mark.parametrize("words", [["--chore"], ["--chore", "dance"], ["--chore", "backup"], ["--chore", "backup", "/nowhere", "/nowhere/else"], ["--chore", "verify", ""],
                                   ["--chore", "verify", "/dev/zero"], ["--chore", "backup", "x" * 5000, "y" * 5000], ["--retain"], ["--retain", "seal", "/nowhere", "a", "b", "c"],
                                   ["--retain", "seal", "", "-1", "-1", "-1"], ["--retain", "snapshot", "/dev/zero"]])
def test_children_of_the_broker_started_by_hand(words):
    done = subprocess.run([harness.program("batond"), *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert done.returncode in (1, 2, 3) and (done.stdout or done.stderr) and "Sanitizer" not in done.stderr, done
