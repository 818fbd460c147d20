"""Runs real brokers for the system tests: keys, configuration, process, and clients that connect to them.

BATON_BUILDS names the folder with the builds (default: build-test/ in the tree); `san` in it is the one under test, `plain` the
one without sanitizers, `flaw-*` those with a flaw put in. BATON_BUILD names one build folder directly.
"""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

TREE = pathlib.Path(__file__).resolve().parents[2]
BUILDS = pathlib.Path(os.environ.get("BATON_BUILDS", TREE / "build-test"))
LONG = int(os.environ.get("BATON_TEST_LONG", "0"))


def build_folder(name="san"):
    if name == "san" and "BATON_BUILD" in os.environ:
        return pathlib.Path(os.environ["BATON_BUILD"])
    return BUILDS / name


def program(name, build="san"):
    """The path of a built program."""
    folder = build_folder(build)
    for sub in ("broker", "adapters/exec", "adapters/file", "adapters/sdk", "adapters", "tests", "."):
        if (folder / sub / name).is_file():
            return str(folder / sub / name)
    raise FileNotFoundError(f"{name} is not built in {folder}: run tests/run.sh")


def generate_messages():
    """protoc's Python for the protocol, in a temporary folder on sys.path."""
    folder = tempfile.mkdtemp(prefix="baton-proto-")
    subprocess.run(["protoc", f"--proto_path={TREE}/proto", f"--python_out={folder}", "baton/event.proto", "baton/frame.proto"],
                   check=True)
    sys.path.insert(0, folder)
    return folder


MESSAGES = generate_messages()
import client as client_module  # noqa: E402  (needs the generated messages)


def wait_for(condition, timeout=20.0, what="condition"):
    """Polls until condition() is true and returns what it returned."""
    end = time.monotonic() + timeout
    while not (result := condition()):
        assert time.monotonic() < end, f"timed out waiting for {what}"
        time.sleep(0.01)
    return result


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def conf(value):
    """A Python value as libconfig text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, dict):
        return "{ " + " ".join(f"{k} = {conf(v)};" for k, v in value.items()) + " }"
    if isinstance(value, list):
        opening, closing = "()" if value and isinstance(value[0], dict) else "[]"
        return opening + ", ".join(conf(v) for v in value) + closing
    return str(value)


# The company that most tests use. care handles what nobody else does, moves and billing their topics; desk is one
# helpdesk system that serves two teams; archive tells history.
COMPANY = {
    "last_owner": "care",
    "topics": ["billing.invoice", "general", "move.internet", "order"],
    "labels": ["contract", "payment"],
    "sites": [{"name": "hq", "zone": "Europe/London"}],
    "domains": [{"name": "phone", "normal": "phone", "country": "44"}, {"name": "email", "normal": "lower"},
                {"name": "crm", "normal": "exact"}],
    "departments": [
        {"name": "care", "site": "hq", "topics": ["general", "complaint"], "must_take": True, "front": True, "link": True},
        {"name": "sales", "site": "hq", "topics": ["order"], "front": True, "link": True},
        {"name": "moves", "site": "hq", "topics": ["move"]},
        {"name": "billing", "site": "hq", "topics": ["billing"]},
        {"name": "shop", "site": "hq", "unattended": True, "fallback": "care"},
        {"name": "desk-a", "site": "hq"},
        {"name": "desk-b", "site": "hq"},
        {"name": "outsider", "site": "hq"},
    ],
    "adapters": [
        {"name": "care", "department": "care", "receives": True},
        {"name": "sales", "department": "sales", "receives": True},
        {"name": "moves", "department": "moves", "receives": True},
        {"name": "billing", "department": "billing", "receives": True},
        {"name": "shop", "department": "shop"},
        {"name": "desk", "department": "desk-a", "acts_for": ["desk-b"], "receives": True},
        {"name": "outsider", "department": "outsider", "receives": True},
        {"name": "archive", "department": "care", "acts_for": ["*"], "backfill": True},
    ],
}


class Broker:
    """One broker in a folder of its own. company: as COMPANY; settings: groups and keys for broker.conf."""

    def __init__(self, folder, company=None, settings=None, build="san", env=None):
        self.folder, self.build, self.env = pathlib.Path(folder), build, env or {}
        self.company, self.settings = json.loads(json.dumps(company or COMPANY)), settings or {}
        self.endpoint = f"tcp://127.0.0.1:{free_port()}"
        self.process, self.clients, self.log_number = None, [], 0
        (self.folder / "keys").mkdir(parents=True)
        for name in ["broker"] + [a["name"] for a in self.company["adapters"]]:
            self.keygen(name)
        self.write_conf()

    # -- keys and configuration

    def keygen(self, name):
        done = subprocess.run([program("batonctl", self.build), "keygen", name], cwd=self.folder / "keys",
                              capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr

    def key(self, name, which):
        return (self.folder / "keys" / f"{name}.{which}").read_text().strip().encode()

    def write_conf(self):
        groups = {"record": {"checkpoint_ms": 200}, "log_level": "info", "metrics": {"listen": ""}, **self.settings}
        lines = [f'listen = "{self.endpoint}";', 'secret_key_file = "keys/broker.secret";', 'data_dir = "data";',
                 'control_dir = "run";']
        lines += [f"{k} = {conf(v)};" for k, v in groups.items()]
        (self.folder / "broker.conf").write_text("\n".join(lines + ['@include "departments.conf"', ""]))
        for adapter in self.company["adapters"]:
            if "key" not in adapter:
                adapter.setdefault("key_file", f"keys/{adapter['name']}.pub")
        (self.folder / "departments.conf").write_text("".join(f"{k} = {conf(v)};\n" for k, v in self.company.items()))

    # -- the process

    @property
    def log(self):
        return self.folder / f"broker-{self.log_number}.log"

    def start(self, env=None, wait=True):
        assert self.process is None
        self.log_number += 1
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([program("batond", self.build), "--config", str(self.folder / "broker.conf")], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, env={**os.environ, **self.env, **(env or {})})
        if wait:
            wait_for(self.is_ready, 60, "the broker to be ready")
        return self

    def is_ready(self):
        assert self.process.poll() is None, f"batond ended with {self.process.returncode}:\n{self.log.read_text()[-4000:]}"
        try:
            with socket.socket(socket.AF_UNIX) as s:
                s.connect(str(self.folder / "run/read.sock"))
            return True
        except OSError:
            return False

    def end(self, how, timeout=60):
        """Sends the signal and waits; the exit code. Also looks for a sanitizer's report."""
        process, self.process = self.process, None
        process.send_signal(how)
        code = process.wait(timeout)
        self.check_sanitizer()
        return code

    def check_sanitizer(self):
        text = self.log.read_text(errors="replace")
        assert "Sanitizer" not in text and "runtime error" not in text, text[-6000:]

    def stop(self):
        """A clean stop must succeed."""
        code = self.end(signal.SIGTERM)
        assert code == 0, f"exit code {code}:\n{self.log.read_text()[-4000:]}"

    def kill(self):
        self.end(signal.SIGKILL)

    def drop(self):
        """The end of a broker that may have ended by itself: its log is looked at, nothing more is asked of it."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None
        self.check_sanitizer()
        remove(self)

    def cpu_seconds(self):
        """Processor time that it has used so far."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def cpu_share(self, seconds=1.0):
        """The share of one processor that it takes over so many seconds in which nobody asks it for anything."""
        before, since = self.cpu_seconds(), time.monotonic()
        time.sleep(seconds)  # what is measured
        return (self.cpu_seconds() - before) / (time.monotonic() - since)

    def restart(self):
        self.stop()
        return self.start()

    def close(self):
        for client in self.clients:
            if not client.socket.closed:
                client.socket.close(linger=0)
        if self.process:
            self.stop()

    # -- talking to it

    def client(self, adapter, keep=True, **options):
        """keep: closed together with the broker; a client of another thread is closed there."""
        made = client_module.Client(self.endpoint, self.key(adapter, "pub"), self.key(adapter, "secret"),
                                    self.key("broker", "pub"), **options)
        if keep:
            self.clients.append(made)
        return made

    def ctl(self, *words, check=True, timeout=120):
        """batonctl's output."""
        done = subprocess.run([program("batonctl", self.build), "--control", str(self.folder / "run"), *words],
                              capture_output=True, text=True, timeout=timeout)
        assert not check or done.returncode == 0, f"batonctl {' '.join(words)}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout if check else done

    def ctl_json(self, *words):
        return json.loads(self.ctl("--json", *words))

    def decided_again(self):
        """All that is recorded, decided again under the configuration that runs: what `config try` tells of it."""
        return self.ctl_json("config", "try", str(self.folder / "broker.conf"), "last=1000000")

    def verify(self):
        """Checks checksums and chain, and that the record is what the journal makes of it. With the broker stopped."""
        done = subprocess.run([program("batonctl", "san" if build_folder().exists() else self.build), "verify", str(self.folder / "data")],
                              capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def fresh_broker(**options):
    """A broker in a new temporary folder (a short path: unix sockets have a limit)."""
    return Broker(pathlib.Path(tempfile.mkdtemp(prefix="baton-")) / "b", **options)


def remove(broker):
    broker.close()
    shutil.rmtree(broker.folder.parent, ignore_errors=True)
