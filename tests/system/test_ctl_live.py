"""What of batonctl goes on for a while: follow, drain, top on a terminal of its own; and the log's level."""
import fcntl
import json
import os
import pty
import select
import signal
import socket
import struct
import subprocess
import sys
import termios

import pyte
import pytest

import harness
from adapter import Adapter
from events import code, do, event, ok, open_case, submit_all, unique
from harness import wait_for


class Ctl:
    """A batonctl that goes on; what it has written so far is read without waiting."""

    def __init__(self, broker, *words):
        self.process = subprocess.Popen([harness.program("batonctl"), "--control", str(broker.folder / "run"), *words],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
        self.out = b""
        os.set_blocking(self.process.stdout.fileno(), False)

    def lines(self):
        self.out += self.process.stdout.read() or b""
        return self.out.decode().splitlines()

    def until(self, n):
        """At least n lines."""
        wait_for(lambda: len(self.lines()) >= n, what=f"{n} lines, of {self.out[-300:]}")
        return self.lines()

    def end(self, how=None, timeout=30):
        """(exit code, all lines, stderr)"""
        if how:
            self.process.send_signal(how)
        code, error = self.process.wait(timeout), self.process.stderr.read().decode()
        assert "Sanitizer" not in error, error
        return code, self.lines(), error


@pytest.fixture
def ctl():
    made = []

    def start(*words):
        made.append(Ctl(*words))
        return made[-1]

    yield start
    for c in made:
        if c.process.poll() is None:
            c.process.kill()
            c.process.wait()


# -- follow

def begun(broker, ctl, *words):
    """A follower of what comes after what is there, whenever it is that it stands."""
    position = broker.ctl_json("show", "record")["position"]
    return ctl(broker, "follow", f"from={position + 1}", *words)


def test_follow_words_what_happens_as_it_happens(broker, connect, ctl):
    sales = connect("sales")
    case, other = open_case(sales), open_case(sales)
    whole, one = begun(broker, ctl), begun(broker, ctl, f"case={case.ref}", "kind=NoteAdded")
    ok(do(sales, "note_added", case=other.case, text="It whistles"))
    mine = ok(do(sales, "note_added", case=case.case, text="It does not")).sequence
    assert [line.split("  ")[2:5] for line in whole.until(2)] == [[other.ref, "sales", "NoteAdded"], [case.ref, "sales", "NoteAdded"]]
    line, = one.until(1)
    assert line.startswith(f"#{mine}  ") and "It does not" in line
    exit_code, lines, error = one.end(signal.SIGINT)
    assert exit_code == 0 and lines == [line] and f"from={mine + 1}" in error


def test_follow_from_an_event_in_json(broker, connect, ctl):
    sales = connect("sales")
    case = open_case(sales, topic="move.internet")
    note = ok(do(sales, "note_added", case=case.case, text="x")).sequence
    first = case.sequence
    seen = broker.ctl_json("history", case.ref)["events"]
    exit_code, lines, _ = ctl(broker, "--json", "follow", "--from", str(first), "--topic", "move", "--lines", str(len(seen))).end()
    events = [json.loads(line) for line in lines]
    assert exit_code == 0 and [e["event"] for e in events[:-1]] == [e["event"] for e in seen[::-1]] and events[-1] == {"came_to": note}
    assert events[0]["case"] == case.ref and events[0]["kind"] == "CaseOpened" and events[0]["what"]
    assert {e["event"]: e["what"] for e in seen} == {e["event"]: e["what"] for e in events[:-1]}, "words of its own"
    for filters, expected in ((["department=sales", "kind=NoteAdded"], [note]), (["adapter=sales", "kind=NoteAdded"], [note])):
        told = ctl(broker, "--json", "follow", f"from={first}", "lines=1", *filters).end()[1]
        assert [json.loads(line)["event"] for line in told[:-1]] == expected
    for wrong in ("kind=Dance", "department=nobody", "adapter=nobody", "topic=.", "lines=0", "case=9999-9"):
        assert ctl(broker, "follow", wrong).end()[0] in (1, 2), wrong


def test_settles_are_followed_where_they_are_asked_for(broker, connect, ctl):
    sales, moves = connect("sales"), connect("moves", credit=4)
    case = open_case(sales)
    follower = begun(broker, ctl, "adapter=moves")
    ok(do(sales, "question_asked", case=case.case, to="moves", text="when?"))
    item = moves.take()
    moves.settle(item.sequence)
    line = follower.until(1)[0]
    assert " moves  Settled  took #" in line
    follower.end(signal.SIGTERM)


def test_a_follower_who_does_not_read_costs_nothing_and_misses_nothing(own_broker, ctl):
    """The journal is its queue: everything is there when it reads again, and others are served meanwhile."""
    sales = own_broker.client("sales")
    case = open_case(sales)
    with socket.socket(socket.AF_UNIX) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        s.connect(str(own_broker.folder / "run/read.sock"))
        s.sendall(b"follow from=1 kind=NoteAdded lines=3000\n")
        receipts = submit_all(sales, [event("note_added", case=case.case, text="x" * 1000) for _ in range(3000)], per=30)
        assert own_broker.ctl_json("status")["durable"] >= receipts[-1].sequence
        s.settimeout(20)
        text = b""
        while not text.endswith(b"\n.\n"):
            text += s.recv(65536)
    told = [int(line.split()[0][1:]) for line in text.decode().splitlines() if line.startswith("#")]
    assert told == [r.sequence for r in receipts] and text.startswith(b"ok\n")


def test_there_is_room_for_so_many_followers(broker, ctl):
    followers = [ctl(broker, "follow") for _ in range(8)]
    full = wait_for(lambda: (d := ctl(broker, "follow", "from=1", "lines=1").end())[0] == 1 and d, what="no more room")
    assert "follow already" in full[2]
    for f in followers:
        f.end(signal.SIGTERM)
    wait_for(lambda: ctl(broker, "follow", "from=1", "lines=1").end()[0] == 0, what="room again")


def test_a_broker_that_waits_for_events_does_nothing(own_broker, ctl):
    """A follower must not keep the loop busy."""
    begun(own_broker, ctl)
    assert own_broker.cpu_share(1.0) < 0.3


def test_follow_ends_with_the_broker(own_broker, ctl):
    follower = ctl(own_broker, "follow", "from=1")
    follower.until(1)
    own_broker.stop()
    exit_code, lines, error = follower.end()
    assert exit_code == 3 and "from=" in error and lines


# -- drain and loglevel

def state(broker):
    return broker.ctl_json("drain", "show")["state"]


def test_drain_takes_no_new_work_and_lets_the_rest_end(own_broker, ctl):
    broker = own_broker
    sales, moves = broker.client("sales"), broker.client("moves", credit=1)
    case = open_case(sales)
    ok(do(sales, "question_asked", case=case.case, to="moves", text="when?"))
    ok(do(sales, "note_added", case=case.case, text="second"))
    first = moves.take()
    drain = ctl(broker, "--json", "drain", "--within", "60s", "new", "disks")
    wait_for(lambda: state(broker) == "draining", what="the drain")
    late = sales.submit(unique("key"), event("note_added", case=case.case, text="late"))
    receipt = sales.until(lambda: sales.receipts.pop(late, None))
    assert code(receipt) == "BUSY" and receipt.retry_after_ms > 0 and "maintenance" in receipt.text
    assert any("no new work" in t["what"] for t in broker.ctl_json("status")["trouble"])
    moves.settle(first.sequence)
    exit_code, lines, _ = drain.end()
    report = json.loads(lines[0])
    assert exit_code == 0 and report["state"] == "drained" and report["in_flight"] == 0 and report["turned_away"] == 1
    assert [r["adapter"] for r in report["undelivered"]].count("moves") == 1
    assert moves.take(0.3) is None, "something new went out"
    assert broker.ctl_json("drain", "stop", "disks", "are", "in")["state"] == "takes work"
    sales.submit(unique("key"), event("note_added", case=case.case, text="late"), number=late)
    assert code(sales.until(lambda: sales.receipts.pop(late, None))) == "OK"
    assert moves.take() is not None
    did = [r["what"] for r in broker.ctl_json("show", "audit")["audit"]]
    assert any(w.startswith("drain stop disks") for w in did) and any(w.startswith("drain new disks within=60s") for w in did)


def test_an_adapter_loses_nothing_over_a_drain(own_broker, tmp_path):
    broker = own_broker
    broker.ctl("drain")
    program = '''
import json, sys, time
for i in range(20):
    print(json.dumps({"event": {"case_opened": {"topic": "order", "title": f"number {i}"}}, "key": f"n{i}"}), flush=True)
for line in sys.stdin:
    pass
'''
    (tmp_path / "program.py").write_text(program)
    adapter = Adapter(broker, "baton-exec", "sales", tmp_path, {"command": f"{sys.executable} program.py", "directory": "."}).start()
    try:
        wait_for(lambda: broker.ctl_json("drain", "show")["turned_away"], what="events turned away")
        assert broker.ctl_json("status")["cases"] == 0
        broker.ctl("drain", "stop")
        wait_for(lambda: broker.ctl_json("status")["cases"] == 20, 30, "all of them")
    finally:
        adapter.close()


def test_drain_exit_leaves_when_all_is_settled(own_broker, ctl):
    broker = own_broker
    sales, moves = broker.client("sales"), broker.client("moves", credit=4)
    case = open_case(sales)
    ok(do(sales, "question_asked", case=case.case, to="moves", text="when?"))
    item = moves.take()
    leaving = ctl(broker, "--json", "drain", "exit", "within=60s", "new", "disks")
    wait_for(lambda: state(broker) == "draining", what="the drain")
    assert broker.process.poll() is None
    moves.settle(item.sequence)
    exit_code, lines, _ = leaving.end()
    assert exit_code == 0 and json.loads(lines[0])["state"] == "leaves"
    assert broker.process.wait(30) == 0
    broker.process = None
    broker.check_sanitizer()
    broker.start()
    assert state(broker) == "takes work" and broker.ctl_json("status")["cases"] == 1


def test_drain_exit_does_not_wait_for_ever(own_broker, ctl):
    sales, moves = own_broker.client("sales"), own_broker.client("moves", credit=4)
    case = open_case(sales)
    ok(do(sales, "question_asked", case=case.case, to="moves", text="when?"))
    item = moves.take()
    assert ctl(own_broker, "drain", "exit", "--within", "1s").end()[0] == 0
    assert own_broker.process.wait(30) == 0
    own_broker.process = None
    own_broker.start()
    again = own_broker.client("moves", credit=4).take()
    assert again.sequence == item.sequence, "what was out comes again"


def test_shutdown_leaves_at_once(own_broker):
    assert "leaves now" in own_broker.ctl("shutdown", "moving", "house")
    assert own_broker.process.wait(30) == 0
    own_broker.process = None
    own_broker.start()
    assert own_broker.ctl_json("show", "audit")["audit"][0]["what"].startswith("shutdown moving house")


def test_the_log_level_at_run_time(own_broker):
    broker = own_broker
    assert broker.ctl_json("loglevel") == {"log_level": "info", "configured": "info"}
    broker.client("sales").close()
    wait_for(lambda: "event=session-opened" in broker.log.read_text(), what="a line of info")
    assert broker.ctl_json("loglevel", "error", "too", "much")["log_level"] == "error"
    before = broker.log.read_text()
    assert "event=log-level" in before
    broker.client("sales").close()
    assert broker.log.read_text() == before
    broker.ctl("loglevel", "info")
    broker.client("sales").close()
    wait_for(lambda: broker.log.read_text().count("event=session-opened") == 2, what="lines again")
    assert broker.ctl("loglevel", "loud", check=False).returncode == 2
    did = [r["what"] for r in broker.ctl_json("show", "audit")["audit"]]
    assert did == ["loglevel info: done", "loglevel error too much: done"], "looking is no deed"


# -- top

class Terminal:
    """A program on a terminal of its own, which pyte plays."""

    def __init__(self, argv, columns=80, rows=24, **env):
        self.screen = pyte.Screen(columns, rows)
        self.stream, self.raw = pyte.ByteStream(self.screen), b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve(argv[0], argv, {**os.environ, "TERM": "linux", "LC_ALL": "C.UTF-8", **env})
        self.resize(columns, rows)

    def resize(self, columns, rows):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.screen.resize(rows, columns)

    def text(self):
        while select.select([self.fd], [], [], 0)[0]:
            try:
                more = os.read(self.fd, 65536)
            except OSError:
                break
            if not more:
                break
            self.raw += more
            self.stream.feed(more)
        return "\n".join(self.screen.display)

    def until(self, words):
        return wait_for(lambda: words in (text := self.text()) and text, what=f"{words} in:\n" + self.text())

    def key(self, key):
        os.write(self.fd, key.encode())

    def wait(self):
        """The exit code."""
        def gone():
            self.text()
            return os.waitpid(self.pid, os.WNOHANG)
        status = wait_for(lambda: (d := gone())[0] and d, what="its end")[1]
        self.pid = None
        return os.waitstatus_to_exitcode(status)

    def close(self):
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)


@pytest.fixture
def terminal():
    made = []

    def start(broker, *words, **options):
        made.append(Terminal([harness.program("batonctl"), "--control", str(broker.folder / "run"), *words], **options))
        return made[-1]

    yield start
    for t in made:
        t.close()


def test_top_lives(own_broker, terminal):
    """Departments and rates, keys, another size, a broker that goes and comes back."""
    sales = own_broker.client("sales")
    case = open_case(sales)
    ok(do(sales, "handoff_offered", case=case.case, to="billing"))
    top = terminal(own_broker, "top", "--interval", "0.2")
    text = top.until("DEPARTMENT")
    lines = text.splitlines()
    assert lines[0].startswith("Baton ") and "every 0.2 s" in lines[0] and lines[-1].startswith("q quit")
    assert any(line.startswith("billing ") and " 1 " in line for line in lines) and "ADAPTER" in text
    top.until("events 0.0/s")
    top.key("s")
    top.until("by name")
    top.key("p")
    top.until("PAUSED")
    top.key("p")
    top.key("+")
    top.until("every 0.5 s")
    top.resize(120, 40)
    wait_for(lambda: top.text().splitlines()[-1].startswith("q quit"), what="another size")
    own_broker.stop()
    top.until("no broker at ")
    own_broker.start()
    top.until("DEPARTMENT")
    top.key("q")
    assert top.wait() == 0


def test_top_ends_in_order_when_it_is_told_to(broker, terminal):
    top = terminal(broker, "top")
    top.until("DEPARTMENT")
    os.kill(top.pid, signal.SIGINT)
    assert top.wait() == 0


def test_top_in_a_small_terminal(broker, terminal):
    top = terminal(broker, "top", "sort=cases", columns=40, rows=8)
    text = top.until("q quit")
    assert len(text.splitlines()) == 8 and "Baton " in text
    top.key("q")
    assert top.wait() == 0


def test_top_has_colour_only_where_it_is_wanted(own_broker, terminal):
    own_broker.ctl("hold", "moves")
    plain = terminal(own_broker, "top", NO_COLOR="1")
    plain.until("held")
    coloured = terminal(own_broker, "top")
    coloured.until("held")
    assert b"\x1b[33m" in coloured.raw or b"\x1b[31m" in coloured.raw or b";31m" in coloured.raw
    assert b"\x1b[33m" not in plain.raw and b"31m" not in plain.raw


def test_top_says_where_it_cannot_live(broker, terminal):
    done = broker.ctl("top", check=False)
    assert done.returncode == 2 and "--once" in done.stderr
    for term in ("dumb", "", "no-such-terminal"):
        top = terminal(broker, "top", TERM=term)
        code_of = top.wait()
        assert code_of == 2 and "--once" in top.raw.decode(), (term, top.raw)


def test_one_frame_as_text(broker, connect):
    open_case(connect("sales"))
    lines = broker.ctl("top", "--once", "--interval", "0.2", "--sort", "name").splitlines()
    names = [d["name"] for d in harness.COMPANY["departments"]]
    at = next(i for i, line in enumerate(lines) if line.startswith("DEPARTMENT"))
    assert [line.split()[0] for line in lines[at + 1:at + 1 + len(names)]] == sorted(names)
    assert "/s" in lines[1]


def test_progress_is_for_terminals(own_broker, tmp_path):
    open_case(own_broker.client("sales"))
    own_broker.stop()
    data = str(own_broker.folder / "data")

    def told(*words, terminal):
        """What went to standard error."""
        ours, theirs = os.openpty() if terminal else os.pipe()
        done = subprocess.run([harness.program("batonctl"), *words], stdout=subprocess.PIPE, stderr=theirs, timeout=60)
        os.close(theirs)
        text = b""
        while select.select([ours], [], [], 5)[0]:
            try:
                more = os.read(ours, 65536)
            except OSError:  # a terminal whose other end is closed
                break
            if not more:
                break
            text += more
        os.close(ours)
        assert done.returncode == 0 and b"\033" not in done.stdout, (text, done.stdout)
        return text.decode()

    for terminal in (True, False):
        copy, made = str(tmp_path / f"copy-{terminal}"), str(tmp_path / f"made-{terminal}")
        for words, what in ((("backup", copy, data), "record: "), (("restore", copy, made), "snapshot: ")):
            text = told(*words, terminal=terminal)
            assert (what in text and text.endswith("\r\033[K")) if terminal else text == "", (words, text)
    assert told("verify", data, terminal=False) == ""
    assert "replaying" not in own_broker.log.read_text()
