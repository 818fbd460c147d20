"""Debian's Prometheus on a private folder and loopback, with the sample configuration of conf/prometheus as far as it goes."""
import json
import pathlib
import shutil
import subprocess
import tempfile
import urllib.parse
import urllib.request

import harness

CONF = harness.TREE / "conf/prometheus"


def check(*words, **options):
    """promtool check ...: must be content."""
    done = subprocess.run(["promtool", *map(str, words)], capture_output=True, text=True, timeout=120, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


class Prometheus:
    """Scrapes `target` each second with the rules that the sample loads."""

    def __init__(self, target):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="baton-prometheus-"))
        text = (CONF / "prometheus.yml").read_text()
        assert "127.0.0.1:9570" in text and text.count(": 15s") == 2
        (self.folder / "prometheus.yml").write_text(text.replace("127.0.0.1:9570", target).replace(": 15s", ": 1s"))
        shutil.copy(CONF / "baton.rules.yml", self.folder)
        check("check", "config", self.folder / "prometheus.yml")
        self.port, self.process = harness.free_port(), None

    def start(self):
        with open(self.folder / "log", "wb") as log:
            self.process = subprocess.Popen(
                ["prometheus", f"--config.file={self.folder}/prometheus.yml", f"--storage.tsdb.path={self.folder}/data",
                 f"--web.listen-address=127.0.0.1:{self.port}", "--log.level=warn"], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        harness.wait_for(self.is_ready, 60, "Prometheus to be ready")
        return self

    def is_ready(self):
        assert self.process.poll() is None, (self.folder / "log").read_text()[-2000:]
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/-/ready", timeout=5):
                return True
        except OSError:
            return False

    def api(self, path, **words):
        query = "?" + urllib.parse.urlencode(words) if words else ""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/{path}{query}", timeout=20) as answer:
            return json.load(answer)["data"]

    def value(self, query):
        """Of the one series that the query finds; None: there is none yet."""
        found = self.api("query", query=query)["result"]
        assert len(found) < 2, found
        return float(found[0]["value"][1]) if found else None

    def alerts(self):
        """{name: state} of those that are pending or firing."""
        return {a["labels"]["alertname"]: a["state"] for a in self.api("alerts")["alerts"]}

    def close(self):
        if self.process:
            self.process.terminate()
            self.process.wait(30)
        shutil.rmtree(self.folder, ignore_errors=True)
