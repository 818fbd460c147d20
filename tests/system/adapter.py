"""Runs baton-exec and baton-file against a broker of the tests."""
import json
import os
import pathlib
import signal
import subprocess

import harness


class Adapter:
    """One adapter process. place: its folder; options: its configuration, where a Raw value is written as it stands."""

    def __init__(self, broker, program, name, place, options):
        self.folder, self.program = pathlib.Path(place), program
        self.folder.mkdir(parents=True, exist_ok=True)
        self.config = self.folder / "adapter.conf"
        self.write(broker, name, options)
        self.process, self.log = None, self.folder / "log"

    def write(self, broker, name, options):
        keys = broker.folder / "keys"
        values = {"endpoint": broker.endpoint, "secret_key_file": str(keys / f"{name}.secret"),
                  "broker_key_file": str(keys / "broker.pub"), **options}
        lines = [f"{k} = {v.text if isinstance(v, Raw) else harness.conf(v)};" for k, v in values.items()]
        self.config.write_text("\n".join(lines) + "\n")

    def start(self, stdin=subprocess.DEVNULL, stdout=None, before=()):
        """before: a command that becomes the adapter, such as prlimit."""
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([*before, harness.program(self.program), "--config", str(self.config)],
                                            stdin=stdin, stdout=stdout or log, stderr=log, env=os.environ)
        return self

    def wait(self, timeout=60):
        """Its exit code, once it ended by itself."""
        code, self.process = self.process.wait(timeout), None
        text = self.text()
        assert "Sanitizer" not in text and "runtime error" not in text, text[-6000:]
        return code

    def run(self, timeout=60):
        return self.start().wait(timeout)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.wait()
        assert code == 0, self.text()[-4000:]

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process = None

    def close(self):
        if self.process:
            self.stop()

    def text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def logged(self, event):
        """The lines of the log of this event."""
        return [line for line in self.text().splitlines() if f" event={event} " in line + " "]

    def wait_for_log(self, event, count=1, timeout=20):
        harness.wait_for(lambda: len(self.logged(event)) >= count, timeout, f"{event} in {self.text()[-3000:]}")


class Raw:
    def __init__(self, text):
        self.text = text


def lines(path):
    """The JSON lines of a file so far."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().splitlines(keepends=True) if line.endswith("\n")]
