"""Data that older brokers left (tests/data/images): opened or made anew by this one, and nothing of it is lost."""
import json
import pathlib
import shutil
import subprocess
import tarfile

import pytest

import harness
from events import event, history, ok

IMAGES = sorted((harness.TREE / "tests/data/images").glob("*.tar.xz"))


@pytest.fixture(params=IMAGES, ids=lambda path: path.name.split(".")[0])
def image(request):
    """A broker on the image, not started, and what is known of it."""
    broker = harness.fresh_broker()
    with tarfile.open(request.param) as tar:
        tar.extractall(broker.folder, filter="data") if hasattr(tarfile, "data_filter") else tar.extractall(broker.folder)
    (broker.folder / "data").chmod(0o700)
    yield broker, json.loads((broker.folder / "cases.json").read_text())
    harness.remove(broker)


def come_up(broker):
    """It serves; where it says that the record is older and to be moved away, after that."""
    broker.start(wait=False)
    harness.wait_for(lambda: broker.process.poll() is not None or "event=ready" in broker.log.read_text(), 60, "it to start, or not to")
    if broker.process.poll() is None:
        return
    assert broker.process.returncode == 3, broker.log.read_text()
    broker.process = None
    log = broker.log.read_text()
    assert "older version" in log and "move its folder away" in log, log
    shutil.move(broker.folder / "data/record", broker.folder / "old-record")
    broker.start()


def test_an_image_of_each_old_format():
    assert {path.name.split(".")[0] for path in IMAGES} >= {"record-1", "record-2"}


def test_what_was_receipted_is_there(image):
    broker, known = image
    come_up(broker)
    sales = broker.client("sales")
    for row in known["cases"]:
        assert [e.sequence for e in history(sales, row["case"])][:len(row["events"])] == row["events"]
    again = ok(sales.ask(known["key"], bytes.fromhex(known["event"])))
    assert again.sequence == known["receipt"], "the old source key still has its one effect"
    ok(sales.ask("not-an-old-source-key", event("note_added", case=known["cases"][1]["case"], text="it goes on")))
    sales.close()
    broker.stop()
    broker.verify()


def test_an_old_journal_is_backed_up_exported_and_imported(image, tmp_path):
    """The journal's format is the same: no broker needs to have opened it."""
    broker, _ = image
    data = broker.folder / "data"

    def ctl(*words):
        done = subprocess.run([harness.program("batonctl"), *map(str, words)], capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    text = ctl("export", data, "with-key")
    (tmp_path / "x.jsonl").write_text(text)
    ctl("import", tmp_path / "x.jsonl", tmp_path / "new")
    assert ctl("export", tmp_path / "new", "with-key") == text
