"""Makes the stored images: data folders as brokers of older formats left them. They are checked in, so that every later broker is
tested with them; this says where they came from.

    make.py [NAME...]     from the repository; needs its history, and what a build needs

An image is NAME.tar.xz: data/, and cases.json with what was receipted."""
import os
import pathlib
import subprocess
import sys
import tarfile
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
TREE = HERE.parents[2]
# The last version before the record's format changed.
IMAGES = {"record-1": "f6e562d~1", "record-2": "4d95779~1"}

STORY = r'''
import json, pathlib, sys
sys.path.insert(0, sys.argv[1] + "/tests/system")
import harness
from events import event, ok, unique
broker = harness.fresh_broker().start()
sales = broker.client("sales")
cases = []
for i in range(3):
    opened = ok(sales.ask(unique("key"), event("case_opened", by=("phone", f"+44207946000{i}"), topic="order", need="a line at the new address")))
    written = [opened.sequence] + [ok(sales.ask(unique("key"), event("note_added", case=opened.case, text=f"note {n} of {i}"))).sequence for n in range(4)]
    cases.append({"case": opened.case, "ref": opened.ref, "events": written})
key = "an-old-source-key"
last = event("note_added", case=cases[0]["case"], text="the last one")
receipt = ok(sales.ask(key, last))
cases[0]["events"].append(receipt.sequence)
sales.close()
broker.stop()
out = pathlib.Path(sys.argv[2])
(out / "cases.json").write_text(json.dumps({"cases": cases, "key": key, "event": last.SerializeToString().hex(), "receipt": receipt.sequence}))
(broker.folder / "data").rename(out / "data")
'''


def make(name, commit):
    with tempfile.TemporaryDirectory() as folder:
        tree, build, out = (pathlib.Path(folder) / sub for sub in ("tree", "build", "out"))
        tree.mkdir(), out.mkdir()
        archive = subprocess.Popen(["git", "-C", TREE, "archive", commit], stdout=subprocess.PIPE)
        subprocess.run(["tar", "x", "-C", tree], stdin=archive.stdout, check=True)
        assert archive.wait() == 0
        subprocess.run(["cmake", "-S", tree, "-B", build, "-G", "Ninja"], check=True, stdout=subprocess.DEVNULL)
        subprocess.run(["ninja", "-C", build, "-j2", "batond", "batonctl"], check=True, stdout=subprocess.DEVNULL)
        subprocess.run(["/usr/bin/python3", "-c", STORY, tree, out], check=True, env={**os.environ, "BATON_BUILD": str(build)})
        for path in list(out.rglob("lock.mdb")) + list(out.rglob("pid")):
            path.unlink()
        with tarfile.open(HERE / f"{name}.tar.xz", "w:xz") as tar:
            for path in sorted(out.iterdir()):
                tar.add(path, path.name)
    print(name, commit, (HERE / f"{name}.tar.xz").stat().st_size, "bytes")


for wanted in sys.argv[1:] or IMAGES:
    make(wanted, IMAGES[wanted])
