"""Runs the bench programs and prints the table; see run.sh."""
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))
os.environ["BATON_BUILD"] = sys.argv[1]

import harness  # noqa: E402

COMPANY = {"last_owner": "receiver", "topics": ["bench"], "sites": [{"name": "here", "zone": "Etc/UTC"}],
           "domains": [{"name": "crm", "normal": "exact"}],
           "departments": [{"name": "receiver", "site": "here", "topics": ["bench"]}, {"name": "sender", "site": "here", "topics": ["other"]}],
           "adapters": [{"name": "receiver", "department": "receiver", "receives": True}, {"name": "sender", "department": "sender"}]}


def run(*words):
    return [float(x) for x in subprocess.run(words, check=True, capture_output=True, text=True).stdout.split()]


def memory_mib(pid):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(text.split("VmRSS:")[1].split()[0]) / 1024


def main(seconds, folder):
    where = pathlib.Path(tempfile.mkdtemp(prefix="baton-bench-", dir=folder or None))
    bare, acked = harness.program("bench_bare"), harness.program("bench_acked")
    disk = subprocess.run(["df", "--output=source,fstype", where], capture_output=True, text=True).stdout.split()[-2:]
    print(f"events of 300 bytes, {seconds} s each; data on {' '.join(disk)} ({where}); {os.cpu_count()} processors")
    print(f"{'in flight':>9}{'acked/s':>10}{'receipt p50':>13}{'p99 us':>9}{'delivery p50':>14}{'p99 us':>10}{'N':>9}"
          f"{'sync/s':>10}{'echo/s':>10}{'of sync':>9}{'of echo':>9}")
    for n in (1, 64, 1000):
        broker = harness.Broker(where / f"b{n}", company=COMPANY, settings={"limits": {"max_in_flight": 4096}}).start()
        rest = memory_mib(broker.process.pid)
        keys = broker.folder / "keys"
        a = run(acked, broker.endpoint, keys / "broker.pub", keys / "sender.secret", keys / "receiver.secret", str(n), str(seconds))
        after = memory_mib(broker.process.pid)
        broker.stop()
        size = sum(f.stat().st_blocks * 512 for f in (broker.folder / "data").rglob("*.mdb"))
        sync, echo = run(bare, "sync", where / "plain", str(n), str(seconds)), run(bare, "echo", str(n), str(seconds))
        print(f"{n:9}{a[2]:10.0f}{a[3]:13.0f}{a[4]:9.0f}{a[6]:14.0f}{a[7]:10.0f}{a[0]:9.0f}{sync[2]:10.0f}{echo[2]:10.0f}"
              f"{a[2] / sync[2]:9.2f}{a[2] / echo[2]:9.2f}   memory {rest:.0f} to {after:.0f} MiB, {size / max(1, a[0]):.0f} bytes on disk an event")


if __name__ == "__main__":
    main(int(sys.argv[2]), sys.argv[3])
