"""The other side of a service: a manager's socket, the system's journal, units."""
import contextlib
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import tempfile

import harness


class Datagrams:
    """A datagram socket under a short path of its own."""

    def __init__(self, name):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="bt-"))
        self.path = self.folder / name
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(self.path))
        os.chmod(self.path, 0o777)

    def take(self, timeout):
        """The next datagram; None where none came in time."""
        self.socket.settimeout(timeout)
        with contextlib.suppress(TimeoutError):
            return self.socket.recv(1 << 20)
        return None

    def close(self):
        self.socket.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class Manager(Datagrams):
    """What a service manager is told."""

    def __init__(self):
        super().__init__("notify")

    def env(self, watchdog_ms=0):
        return {"NOTIFY_SOCKET": str(self.path), **({"WATCHDOG_USEC": str(watchdog_ms * 1000)} if watchdog_ms else {})}

    def until(self, word, timeout=60):
        """The first notice that has this line."""
        while (got := self.take(timeout)) is not None:
            if word in got.decode().split("\n") or any(line.startswith(word) for line in got.decode().split("\n")):
                return got.decode()
        raise AssertionError(f"{word} was not told")

    def drain(self):
        told = []
        while (got := self.take(0.001)) is not None:
            told.append(got.decode())
        return told


class Journal(Datagrams):
    """The system's journal, for what runs in a mount namespace where this lies at its place."""

    def __init__(self):
        super().__init__("socket")
        self.records = []

    @staticmethod
    def possible():
        return subprocess.run(["unshare", "-m", "sh", "-c", "mount -t tmpfs none /run"], capture_output=True).returncode == 0

    def command(self, *words):
        """The command line that runs these words where the journal is this one."""
        script = 'mount -t tmpfs none /run && mkdir -p /run/systemd/journal && mount --bind "$0" /run/systemd/journal && exec "$@"'
        return ["unshare", "-m", "sh", "-c", script, str(self.folder), *words]

    def until(self, event, timeout=60):
        """The first record of this event, as a dictionary of its fields."""
        while True:
            got = self.take(timeout)
            assert got is not None, f"{event} is not in {self.records}"
            self.records.append(parse(got))
            if self.records[-1].get("BATON_EVENT") == event:
                return self.records[-1]


def parse(record):
    """KEY=value, a line each; or KEY, its length in 8 bytes, and the value."""
    fields = {}
    while record:
        line, _, rest = record.partition(b"\n")
        if b"=" in line:
            key, _, value = line.partition(b"=")
        else:
            key, n = line, struct.unpack("<Q", rest[:8])[0]
            value, rest = rest[8:8 + n], rest[8 + n + 1:]
        fields[key.decode()] = value.decode()
        record = rest
    return fields


def stream_of(path):
    """$JOURNAL_STREAM, were this file the stream to the journal."""
    st = os.stat(path)
    return f"{st.st_dev}:{st.st_ino}"


def install(place, prefix="/usr"):
    """Everything below a folder, as a package is made."""
    subprocess.run(["cmake", "--install", str(harness.build_folder()), "--prefix", prefix], check=True, capture_output=True,
                   env={**os.environ, "DESTDIR": str(place)})
    return place
