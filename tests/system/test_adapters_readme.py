"""adapters/README.md takes a stranger from nothing to a working adapter: its texts are the files that are tested, its steps work."""
import os
import re
import subprocess

import pytest

import harness
from adapter import Adapter
from events import do, history, ok, open_case
from harness import TREE, wait_for

README = (TREE / "adapters/README.md").read_text()


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    place = tmp_path_factory.mktemp("prefix")
    subprocess.run(["cmake", "--install", str(harness.build_folder()), "--prefix", str(place)], check=True, capture_output=True)
    return place


def blocks(language):
    """The fenced texts of a language, without their indentation."""
    found, fence = [], None
    for line in README.splitlines(keepends=True):
        opening = re.match(r"( *)```(\w*)$", line)
        if not opening:
            if fence:
                fence[2].append(line.removeprefix(fence[0]))
        elif fence:
            found.append((fence[1], "".join(fence[2])))
            fence = None
        else:
            fence = (opening[1], opening[2], [])
    return [text for name, text in found if name == language]


def contacts(broker, number):
    client = broker.client("care")
    found = client.query(find={"identifier": {"domain": "phone", "value": number}})
    seen = [e for row in found.customer.cases for e in history(client, row.id) if e.event.HasField("contact_logged")]
    client.close()
    return seen


def test_its_texts_are_those_of_the_files():
    files = {"phone": (TREE / "adapters/sdk/example_phone.c").read_text(), "answers": (TREE / "adapters/exec/examples/answers.py").read_text()}
    assert blocks("c")[0] == files["phone"] and blocks("python")[0] == files["answers"]
    assert files["phone"].count("\n") < 60 and files["answers"].count("\n") < 30
    assert blocks("c")[1] in (TREE / "tests/unit/test_example_phone.c").read_text()
    assert blocks("python")[1] in (TREE / "tests/system/test_adapters_readme.py").read_text()
    assert len(blocks("c")) == len(blocks("python")) == 2


def test_the_manuals_it_names_are_there_or_to_come():
    for page in re.findall(r"\*\*baton-(\w+)\*\*\(1\)", README):
        folder = TREE / "adapters" / page
        assert not folder.is_dir() or (folder / f"baton-{page}.1").is_file(), page


def test_a_call_becomes_a_contact(broker, tmp_path):
    a = Adapter(broker, "baton-example-phone", "sales", tmp_path, {})
    (tmp_path / "calls").write_text("+442079460117\n")
    with open(tmp_path / "calls") as calls, open(tmp_path / "callbacks", "a") as callbacks:
        a.start(stdin=calls, stdout=callbacks)
    wait_for(lambda: contacts(broker, "+442079460117"), what="the contact")
    with open(tmp_path / "calls", "a") as calls:
        calls.write("+442079460118\n")
    wait_for(lambda: contacts(broker, "+442079460118"), what="the next one")
    a.stop()


def test_its_steps_lead_to_a_running_adapter(prefix, tmp_path):
    """In a fresh folder, with what is installed and nothing of the tree: key, entry, configuration, build, check, run, see."""
    broker = harness.fresh_broker().start()
    try:
        folder = broker.folder
        pc = next(prefix.rglob("baton.pc")).parent
        env = {**os.environ, "PATH": f"{prefix}/bin:{prefix}/sbin:{os.environ['PATH']}", "PKG_CONFIG_PATH": str(pc), "LD_LIBRARY_PATH": str(pc.parent)}
        keygen, check, build = blocks("sh")
        entry, conf = blocks("")[1:3]  # the first is the drawing
        if b"libasan" in (pc.parent / "libbaton.so").read_bytes():  # a library of the tests wants a program like it
            build = build.replace("cc -o", "cc -fsanitize=address,undefined -o")

        def run(text):
            done = subprocess.run(["sh", "-eu", "-c", text], cwd=folder, env=env, capture_output=True, text=True, timeout=60)
            assert done.returncode == 0, f"{text}\n{done.stdout}{done.stderr}"
            return done.stdout
        run(keygen)
        departments = (folder / "departments.conf").read_text()
        (folder / "departments.conf").write_text(departments.replace("adapters = (", f"adapters = ({entry},"))
        run(check)
        broker.restart()
        (folder / "phone.conf").write_text(conf.replace("tcp://127.0.0.1:5570", broker.endpoint) + "\n")
        (folder / "phone.c").write_bytes((prefix / "share/baton/examples/phone.c").read_bytes())
        (folder / "calls").write_text("+442079460119\n")
        shown = run(build + "echo $! >pid\n")
        assert "phone.conf: good" in shown and "phone" in shown
        wait_for(lambda: contacts(broker, "+442079460119"), what="the contact")
        sales = broker.client("sales")
        case = open_case(sales)
        ok(do(sales, "promise_made", case=case.case, type="PROMISE_TYPE_CALLBACK", due_us=4102444800000000))
        wait_for(lambda: case.ref in (folder / "callbacks").read_text(), what="the callback")
        assert (folder / "phone.log").read_text().count("event=connected") == 1
        os.kill(int((folder / "pid").read_text()), 15)
        wait_for(lambda: "event=stopped" in (folder / "phone.log").read_text(), what="its end")
        assert "Sanitizer" not in (folder / "phone.log").read_text()
    finally:
        harness.remove(broker)
