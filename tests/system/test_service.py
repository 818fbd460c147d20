"""Run as a service: what the service manager and the journal are told, keys as credentials, units, and one version after another."""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys

import pytest

import harness
from adapter import Adapter, lines
from events import do, event, history, ok, open_case, unique
from harness import wait_for
from service import Journal, Manager, install, stream_of
from test_exec import PROGRAM
from test_file import FIELDS, HEAD

WATCHDOG_MS = 300


@pytest.fixture
def manager():
    made = Manager()
    yield made
    made.close()


@pytest.fixture
def stopped_broker():
    made = harness.fresh_broker()
    yield made
    harness.remove(made)


# ---- the service manager


def test_the_broker_is_ready_when_it_can_be_used_and_alive_while_its_loop_goes_round(manager, stopped_broker):
    broker = stopped_broker
    broker.start(env=manager.env(WATCHDOG_MS), wait=False)
    told = manager.until("READY=1")
    assert "STATUS=ready" in told
    assert broker.is_ready(), "the control socket is there"
    assert re.search(r"STATUS=\d+ adapters connected, \d+ entries", manager.until("STATUS="))
    ok(do(broker.client("sales"), "case_opened", topic="order", about="x", by=("crm", unique("c"))))
    for _ in range(3):
        manager.until("WATCHDOG=1")
    os.kill(broker.process.pid, signal.SIGSTOP)
    wait_for(lambda: " T " in pathlib.Path(f"/proc/{broker.process.pid}/stat").read_text(), what="the stop")
    manager.drain()
    assert manager.take(3 * WATCHDOG_MS / 1000) is None
    os.kill(broker.process.pid, signal.SIGCONT)
    manager.until("WATCHDOG=1")
    broker.process.send_signal(signal.SIGTERM)
    manager.until("STOPPING=1")
    broker.stop()


def test_a_loop_that_hangs_is_not_called_alive(manager, stopped_broker):
    """The disk stops answering in the middle of a commit: the process is there, its threads are, its loop is not."""
    broker, hang = stopped_broker, stopped_broker.folder / "hang"
    fault = str(harness.build_folder() / "tests/bt_fault.so")
    broker.start(env={**manager.env(WATCHDOG_MS), "LD_PRELOAD": fault, "BATON_FAULT_HANG": str(hang),
                      "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}, wait=False)
    manager.until("READY=1")
    sales = broker.client("sales")
    case = open_case(sales).case
    hang.touch()
    sales.submit(unique("key"), event("note_added", case=case, text="x"))
    while manager.take(5 * WATCHDOG_MS / 1000) is not None:  # until nothing has come for so long
        pass
    assert broker.process.poll() is None and sales.number not in sales.receipts
    hang.unlink()
    manager.until("WATCHDOG=1")
    assert sales.until(lambda: sales.number in sales.receipts)
    broker.stop()


def test_an_adapter_tells_the_same(manager, stopped_broker, tmp_path, monkeypatch):
    broker = stopped_broker
    for name, value in manager.env(WATCHDOG_MS).items():
        monkeypatch.setenv(name, value)
    drop = Adapter(broker, "baton-file", "sales", tmp_path / "drop", {"folder": "drop", "fields": FIELDS}).start()
    try:
        manager.until("READY=1")
        manager.until("STATUS=waiting for the broker at tcp://")
        monkeypatch.delenv("NOTIFY_SOCKET")  # the broker is another service
        broker.start()
        manager.until("STATUS=connected to tcp://")
        for _ in range(3):
            manager.until("WATCHDOG=1")
        os.kill(drop.process.pid, signal.SIGSTOP)
        wait_for(lambda: " T " in pathlib.Path(f"/proc/{drop.process.pid}/stat").read_text(), what="the stop")
        manager.drain()
        assert manager.take(3 * WATCHDOG_MS / 1000) is None
        os.kill(drop.process.pid, signal.SIGCONT)
        manager.until("WATCHDOG=1")
        drop.process.send_signal(signal.SIGTERM)
        manager.until("STOPPING=1")
        assert drop.wait() == 0  # a second signal would not be waited for
    finally:
        drop.close()


# ---- the journal


@pytest.fixture
def journal():
    if not Journal.possible():
        pytest.skip("needs a mount namespace of its own (unshare -m), to lay a journal of the test's at the journal's place")
    made = Journal()
    yield made
    made.close()


def test_log_records_go_to_the_journal_with_their_fields(journal, stopped_broker, tmp_path):
    """The broker's and an adapter's; where stderr leads elsewhere they are lines as before."""
    broker, log = stopped_broker, tmp_path / "stderr"
    log.touch()
    exits = [[harness.program("batond"), "--config", str(broker.folder / "broker.conf")],
             [harness.program("baton-exec"), "--config", str(tmp_path / "exec/adapter.conf")]]
    Adapter(broker, "baton-exec", "care", tmp_path / "exec", {"command": "/bin/cat", "directory": "."})
    running = []
    try:
        for command in exits:
            with open(log, "ab") as to:
                running.append(subprocess.Popen(journal.command(*command), stdin=subprocess.DEVNULL, stdout=to, stderr=to,
                                                env={**os.environ, "JOURNAL_STREAM": stream_of(log)}))
        ready = journal.until("ready")
        assert ready["PRIORITY"] == "6" and ready["BATON_LISTEN"] == broker.endpoint
        assert ready["MESSAGE"] == f"ready listen={broker.endpoint} version={ready['BATON_VERSION']}"
        assert ready["SYSLOG_IDENTIFIER"] == "batond"
        started = next((r for r in journal.records if r["BATON_EVENT"] == "started"), None) or journal.until("started")
        assert started["BATON_PROGRAM"] == "baton-exec" and started["BATON_ENDPOINT"] == broker.endpoint
        assert started["MESSAGE"].startswith("started program=baton-exec ") and started["PRIORITY"] == "6"
        assert started["SYSLOG_IDENTIFIER"] == "baton-exec"
    finally:
        for process in reversed(running):
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0, log.read_text()
    assert "event=" not in log.read_text()
    broker.start(env={"JOURNAL_STREAM": "1:1"})
    assert "event=ready" in broker.log.read_text()


# ---- keys as credentials


def test_a_key_may_be_a_credential(stopped_broker, tmp_path):
    broker, credentials = stopped_broker, tmp_path / "credentials"
    credentials.mkdir()
    key, conf = credentials / "broker.secret", broker.folder / "broker.conf"
    shutil.copy(broker.folder / "keys/broker.secret", key)
    conf.write_text(conf.read_text().replace('"keys/broker.secret"', '"$CREDENTIALS_DIRECTORY/broker.secret"'))

    def check(mode, **env):
        key.chmod(mode)
        return subprocess.run([harness.program("batond"), "--check", str(conf)], capture_output=True, text=True,
                              env={**os.environ, **env})
    assert check(0o400, CREDENTIALS_DIRECTORY=str(credentials)).returncode == 0
    assert check(0o440, CREDENTIALS_DIRECTORY=str(credentials)).returncode == 0, "an access list's mask"
    for mode in (0o444, 0o460, 0o404):
        assert "lets group or others" in check(mode, CREDENTIALS_DIRECTORY=str(credentials)).stderr, oct(mode)
    assert "did not make" in check(0o400).stderr
    conf.write_text(conf.read_text().replace("$CREDENTIALS_DIRECTORY", str(credentials)))
    assert "lets group or others" in check(0o440).stderr, "a file elsewhere is nobody's but its owner's"


def test_an_adapters_key_may_be_a_credential(stopped_broker, tmp_path):
    credentials, conf = tmp_path / "credentials", tmp_path / "adapter.conf"
    credentials.mkdir()
    for name, given in (("care.secret", "adapter.secret"), ("broker.pub", "broker.pub")):
        shutil.copy(stopped_broker.folder / "keys" / name, credentials / given)
    conf.write_text("""endpoint = "tcp://127.0.0.1:1"; command = "/bin/cat";
                       secret_key_file = "$CREDENTIALS_DIRECTORY/adapter.secret"; broker_key_file = "$CREDENTIALS_DIRECTORY/broker.pub";""")

    def check(mode, **env):
        (credentials / "adapter.secret").chmod(mode)
        return subprocess.run([harness.program("baton-exec"), "--check", "--config", str(conf)], capture_output=True, text=True,
                              env={**os.environ, **env})
    for mode in (0o400, 0o440):
        done = check(mode, CREDENTIALS_DIRECTORY=str(credentials))
        assert done.returncode == 0, done.stderr
    assert "others can read" in check(0o444, CREDENTIALS_DIRECTORY=str(credentials)).stderr
    assert "did not make" in check(0o400).stderr


# ---- the units


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    return install(tmp_path_factory.mktemp("dest"))


UNITS = ["batond.service"] + [f"baton-{kind}@.service" for kind in ("exec", "file", "http", "mail", "postgres")]


@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_exposes_little(installed, unit):
    done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--threshold=15", "--no-pager",
                           str(installed / "usr/lib/systemd/system" / unit)], capture_output=True, text=True)
    score = re.search(r"Overall exposure level for .*: ([0-9.]+)", done.stdout)
    assert score and float(score[1]) <= 1.5 and done.returncode == 0, done.stdout[-3000:] + done.stderr
    print(f"{unit}: {score[1]}")


@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_is_understood(installed, unit):
    """No key that systemd does not know, no value that it does not take; its programs and pages are where it says."""
    root, units = installed, installed / "usr/lib/systemd/system"
    text = (units / unit).read_text()
    assert "@" not in re.sub(r"@[a-z]+-?[a-z]+\b|baton-\w+@NAME", "", "".join(line for line in text.splitlines(True) if "=@" not in line
                                                                              and "=~@" not in line)), "nothing is left to fill in"
    for line in text.splitlines():
        if line.startswith("ExecStart="):
            assert (root / line.split("=", 1)[1].split()[0].lstrip("/")).is_file(), line
    for page, section in re.findall(r"man:([a-z-]+)\((\d)\)", text):
        assert (root / f"usr/share/man/man{section}/{page}.{section}").is_file(), page
    name = unit.replace("@.", "@x.")
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(units / name)] if "@" not in unit
                          else ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", name],
                          capture_output=True, text=True, env={**os.environ, "SYSTEMD_UNIT_PATH": f"{units}:"})
    odd = [line for line in done.stderr.splitlines() if unit.split("@")[0].split(".")[0] in line and "is not executable" not in line]
    assert not odd, done.stderr


def allowed_calls(unit):
    """What SystemCallFilter= lets through, sets taken apart by systemd itself."""
    def members(name):
        done = subprocess.run(["systemd-analyze", "syscall-filter", "--no-pager", name], capture_output=True, text=True, check=True)
        words = [line.strip() for line in done.stdout.splitlines()[1:] if line.strip() and not line.strip().startswith("#")]
        return {call for word in words for call in (members(word) if word.startswith("@") else [word])}
    calls = set()
    for line in re.findall(r"^SystemCallFilter=(.*)$", unit.read_text(), re.M):
        named = {call for word in line.lstrip("~").split() for call in (members(word) if word.startswith("@") else [word])}
        calls = calls - named if line.startswith("~") else calls | named
    return calls


def test_the_filter_lets_through_what_the_programs_call(installed, stopped_broker, tmp_path, monkeypatch):
    """A call that the unit forbids may end the process, as it does in libzmq; here every call of a run is looked at."""
    if subprocess.run(["strace", "-o", "/dev/null", "/bin/true"], capture_output=True).returncode != 0:
        pytest.skip("needs strace, and to be allowed to trace")
    names = {name: harness.program(name) for name in ("batond", "baton-exec", "batonctl")}

    def traced(name, build="san"):
        wrapper = tmp_path / f"{name}.sh"
        wrapper.write_text(f'#!/bin/sh\nexec strace -D -f -qq -o {tmp_path}/{name}.calls {names[name]} "$@"\n')
        wrapper.chmod(0o755)
        return names[name] if name == "batonctl" else str(wrapper)
    monkeypatch.setattr(harness, "program", traced)
    monkeypatch.setenv("ASAN_OPTIONS", "detect_leaks=0")  # the search for leaks traces the process itself
    broker = stopped_broker.start()
    (tmp_path / "exec").mkdir()
    (tmp_path / "exec/program.py").write_text(PROGRAM + RECORDER)
    care = Adapter(broker, "baton-exec", "care", tmp_path / "exec", {"command": f"{sys.executable} program.py", "directory": "."})
    case = open_case(broker.client("sales"), topic="general").case
    care.start()
    client = broker.client("billing")
    ok(do(client, "case_opened", topic="billing.invoice", about="x", by=("crm", unique("c"))))
    assert case and broker.ctl("status") and broker.ctl("verify") and broker.ctl("backup", str(tmp_path / "copy"), "snapshot")
    care.wait_for_log("started")
    care.stop()
    broker.stop()
    for name, unit in (("batond", "batond.service"), ("baton-exec", "baton-exec@.service")):
        text = (tmp_path / f"{name}.calls").read_text(errors="replace")
        made = set(re.findall(r"^\d+ +(\w+)\(", text, re.M))
        assert len(made) > 30 and "sched_setscheduler" in made
        assert not made - allowed_calls(installed / "usr/lib/systemd/system" / unit), name


def test_user_and_folders_are_made(installed, tmp_path):
    """In a root of the test's own, by the tools that make them on a machine."""
    (tmp_path / "etc").mkdir()
    for tool, folder, more in (("systemd-sysusers", "sysusers.d", []), ("systemd-tmpfiles", "tmpfiles.d", ["--create"])):
        if not shutil.which(tool):
            pytest.skip(f"needs {tool}")
        done = subprocess.run([tool, f"--root={tmp_path}", *more, str(installed / "usr/lib" / folder / "baton.conf")],
                              capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    assert re.search(r"^baton:.*:/var/lib/baton:", (tmp_path / "etc/passwd").read_text(), re.M)
    for path, mode in (("etc/baton", 0o755), ("etc/baton/adapters", 0o755), ("etc/baton/keys", 0o755), ("var/lib/baton", 0o700),
                       ("run/baton", 0o700)):
        assert (tmp_path / path).stat().st_mode & 0o777 == mode, path


def test_the_configuration_for_the_service_is_good(installed, tmp_path):
    """The sample for it, with the company's, where the unit looks for it."""
    etc, share = tmp_path / "etc", installed / "usr/share/baton/conf"
    (etc / "keys").mkdir(parents=True)
    for name in ("service/broker.conf", "departments.conf"):
        shutil.copy(share / name, etc)
    text = (etc / "departments.conf").read_text()
    for name in ["broker", *re.findall(r'"keys/([a-z-]+)\.pub"', text)]:
        subprocess.run([harness.program("batonctl"), "keygen", name], cwd=etc / "keys", check=True, capture_output=True)
    done = subprocess.run([harness.program("batond"), "--dump", str(etc / "broker.conf")], capture_output=True, text=True,
                          env={**os.environ, "CREDENTIALS_DIRECTORY": str(etc / "keys")})
    assert done.returncode == 0, done.stderr
    assert 'data_dir = "/var/lib/baton"' in done.stdout and 'control_dir = "/run/baton"' in done.stdout


# ---- one version after another


RECORDER = """
seen = open("seen", "a")
while True:
    line = hear()
    if "delivery" in line:
        item = line["delivery"]["recorded"]
        words = item.get("event", {}).get("contactLogged", {}).get("summary")
        if words:
            seen.write(json.dumps([item["case"], item["sequence"], words]) + "\\n")
            seen.flush()
        say(settle=item["sequence"], verdict="ack")
"""


def other_build():
    return "plain" if (harness.build_folder("plain") / "broker/batond").is_file() else "san"


class Feed:
    """Files of contacts for a baton-file that plays them as they come, round about the same customers."""

    def __init__(self, broker, place):
        self.customers, self.rows = [unique("c") for _ in range(12)], []
        care = broker.client("care", keep=False)
        self.cases = [open_case(care, topic="general", by=("crm", c)).case for c in self.customers]
        care.close()
        self.drop = place / "drop"
        self.drop.mkdir(parents=True)

    def put(self, n):
        text = HEAD
        for i in range(len(self.rows), len(self.rows) + n):
            self.rows.append((self.cases[i % 12], f"w{i}"))
            text += f"{unique('key')},contact,,{self.customers[i % 12]},w{i}\n"
        (self.drop / "part").write_text(text)
        (self.drop / "part").rename(self.drop / f"{len(self.rows):06d}.csv")


def test_versions_hand_over_while_adapters_are_busy(stopped_broker, tmp_path):
    """Stopped in the middle of it, another build started on the same data, and back: all is there, once, in order, and nobody
    touched an adapter."""
    broker = stopped_broker.start()
    feed = Feed(broker, tmp_path / "sales")
    (tmp_path / "care").mkdir()
    (tmp_path / "care/program.py").write_text(PROGRAM + RECORDER)
    care = Adapter(broker, "baton-exec", "care", tmp_path / "care", {"command": f"{sys.executable} program.py", "directory": "."})
    sales = Adapter(broker, "baton-file", "sales", tmp_path / "sales", {"folder": "drop", "fields": FIELDS})
    try:
        care.start(), sales.start()
        seen = tmp_path / "care/seen"
        for build in (other_build(), "san"):
            upto = len(feed.rows) + 60
            feed.put(600)
            wait_for(lambda: len(lines(seen)) > upto, 60, "deliveries")
            broker.stop()
            assert len(lines(seen)) < len(feed.rows), "it was busy"
            broker.build = build
            broker.start()
        wait_for(lambda: len({row[1] for row in lines(seen)}) == len(feed.rows), 60, "the rest")
    finally:
        care.close(), sales.close()
    for case in feed.cases:
        told = list(dict.fromkeys((n, words) for of, n, words in lines(seen) if int(of) == case))
        assert [w for _, w in told] == [w for of, w in feed.rows if of == case], "every one, once, in order"
        assert [int(n) for n, _ in told] == sorted(int(n) for n, _ in told)
    there = broker.client("care")
    for case in feed.cases:
        kept = [e.event.contact_logged.summary for e in history(there, case) if e.event.HasField("contact_logged")]
        assert kept == [w for of, w in feed.rows if of == case]
    broker.stop()
    broker.verify()


@pytest.mark.parametrize("form", [1, 2])
def test_a_record_of_an_older_format_is_made_again(stopped_broker, form):
    broker = stopped_broker.start()
    sales = broker.client("sales")
    case = open_case(sales, title="kept").case
    before = history(sales, case)
    broker.stop()
    tool = str(harness.build_folder() / "tests/bt_old_record")
    assert subprocess.run([tool, str(broker.folder / "data/record"), str(form)]).returncode == 0
    broker.start()
    assert "event=record-older" in broker.log.read_text() and "record.old-1" in broker.log.read_text()
    assert (broker.folder / "data/record.old-1").is_dir()
    assert history(broker.client("sales"), case) == before
    broker.stop()
    assert "result" in broker.verify()


def test_a_record_of_a_newer_format_is_refused_and_left_alone(stopped_broker):
    broker = stopped_broker.start()
    broker.stop()
    record = broker.folder / "data/record"
    assert subprocess.run([str(harness.build_folder() / "tests/bt_old_record"), str(record), "99"]).returncode == 0
    broker.start(wait=False)
    code, broker.process = broker.process.wait(60), None
    assert code == 3 and "newer version of the broker" in broker.log.read_text()
    assert record.is_dir() and not (broker.folder / "data/record.old-1").exists()
