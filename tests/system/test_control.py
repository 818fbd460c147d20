"""The control sockets, with socat's way of talking and batonctl's."""
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import pytest

import harness
from events import do, ok, open_case, phone, unique


def talk(path, line):
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(10)
        s.connect(str(path))
        s.sendall(line.encode() + b"\n")
        text = b""
        while not text.endswith(b"\n.\n") and text != b".\n":
            more = s.recv(65536)
            if not more:
                break
            text += more
    return text.decode()


def test_a_line_is_a_command(broker):
    answer = talk(broker.folder / "run/read.sock", "status")
    assert answer.startswith("ok") and answer.endswith("\n.\n")
    assert talk(broker.folder / "run/read.sock", "dance").startswith("error ")


def test_reading_socket_does_not_administrate(broker):
    assert talk(broker.folder / "run/read.sock", "hold sales").startswith("error ")
    assert talk(broker.folder / "run/admin.sock", "resume sales").startswith(("ok", "error"))


def test_sockets_are_private(broker):
    assert (broker.folder / "run").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("words", [["status"], ["show", "departments"], ["show", "adapters"], ["show", "cases"], ["show", "inboxes"],
                                   ["show", "stats"], ["journeys"]])
def test_every_view_as_text_and_json(broker, connect, words):
    open_case(connect("sales"))
    assert broker.ctl(*words).strip()
    assert broker.ctl_json(*words) is not None


def test_a_case_its_history_and_its_customer(broker, connect):
    sales, who = connect("sales"), phone()
    receipt = open_case(sales, by=who, title="Kettle")
    ok(do(sales, "note_added", case=receipt.case, text="It whistles"))
    assert "Kettle" in broker.ctl("show", "case", receipt.ref)
    assert "It whistles" in broker.ctl("history", receipt.ref)
    assert receipt.ref in broker.ctl("find", f"{who[0]}:{who[1]}")


def test_history_says_every_event_in_words(broker, connect):
    """What departments do and what the broker makes of it; nothing stays without words, and the broker signs as baton."""
    sales, billing = connect("sales"), connect("billing")
    case = open_case(sales, title="Kettle")
    soon = int(time.time() + 3600) * 1_000_000
    promise = ok(do(sales, "promise_made", case=case.case, type="PROMISE_TYPE_CALLBACK", due_us=soon, text="about the kettle"))
    ok(do(sales, "question_asked", case=case.case, to="billing", text="is it paid?"))
    ok(do(sales, "work_started", case=case.case, action="refund", subject="invoice 1"))
    ok(do(billing, "work_started", case=case.case, action="refund", subject="invoice 1"))
    ok(do(sales, "promise_renegotiated", case=case.case, promise=promise.sequence, due_us=soon + 60_000_000, agreed_with="Ann",
          reason="at work"))
    ok(do(sales, "status_changed", case=case.case, status="STATUS_PENDING", pending_on="PENDING_ON_CUSTOMER", until_us=soon))
    text = broker.ctl("history", case.ref)
    for words in ("promises a callback by ", "held by sales", "asks billing", "billing: refund against sales: refund",
                  f"promise #{promise.sequence} of sales now due ", "agreed with Ann: at work", "waits for customer until "):
        assert words in text, text
    events = broker.ctl_json("history", case.ref)["events"]
    assert all(e["what"] and e["department"] for e in events)
    assert {e["department"] for e in events if e["by_broker"]} <= {"baton"}


def test_what_a_case_has_open_is_on_it(broker, connect):
    sales, billing = connect("sales"), connect("billing")
    case, other = open_case(sales), open_case(sales)
    soon = int(time.time() + 3600) * 1_000_000
    promise = ok(do(sales, "promise_made", case=case.case, type="PROMISE_TYPE_VISIT", due_us=soon, text="to look at it"))
    question = ok(do(sales, "question_asked", case=case.case, to="billing", text="is it paid?"))
    work = ok(do(billing, "work_started", case=case.case, action="refund", subject="invoice 1"))
    ok(do(sales, "case_linked", case=case.case, other=other.case))
    seen = broker.ctl_json("show", "case", case.ref)
    assert [(p["id"], p["type"], p["holder"], p["state"]) for p in seen["promises"]] == [(promise.sequence, "visit", "sales", "open")]
    assert [(q["id"], q["from"], q["to"], q["overdue"]) for q in seen["questions"]] == [(question.sequence, "sales", "billing", False)]
    assert [(w["id"], w["holder"], w["action"]) for w in seen["work"]] == [(work.sequence, "billing", "refund")]
    assert seen["other_cases"] == [{"case": other.case, "how": "linked"}]
    assert seen["concerns"] == [] and seen["merged_into"] is None and seen["no_more_offers"] is False
    card = broker.ctl_json("card", case.ref)
    assert [p["text"] for p in card["promises"]] == ["to look at it"] and len(card["questions"]) == 1
    text = broker.ctl("show", "case", case.ref)
    assert "promises:" in text and "is it paid?" in text and "merged into" not in text


def test_concerns_counter_offers_and_known_trouble_are_on_the_case(broker, connect):
    sales, billing = connect("sales"), connect("billing")
    case = open_case(sales)
    soon = int(time.time() + 3600) * 1_000_000
    offer = ok(do(sales, "handoff_offered", case=case.case, to="billing", next_step="Refund")).offer
    ok(do(billing, "handoff_countered", case=case.case, offer=offer, at_us=soon, text="full today"))
    advisory = ok(do(sales, "advisory_issued", topic="order", text="the shop is down", alternatives=["call us"], until_us=soon))
    wrong = ok(do(sales, "feedback_given", case=case.case, source="FEEDBACK_SOURCE_CUSTOMER", score=1, text="nobody called"))
    harness.wait_for(lambda: broker.ctl_json("show", "case", case.ref)["advisories"], what="the advisory on the case")
    seen = broker.ctl_json("show", "case", case.ref)
    assert (seen["counter_offer"], seen["counter_offer_text"], seen["next_step"]) == ("visit", "full today", "Refund")
    assert seen["counter_offer_for"] and seen["answer_due"]
    assert [(a["id"], a["trouble"], a["instead"]) for a in seen["advisories"]] == [(advisory.sequence, "the shop is down", ["call us"])]
    assert {c["object"] for c in seen["concerns"]} == {wrong.sequence} and all(c["raised_to"] for c in seen["concerns"])
    text = talk(broker.folder / "run/read.sock", f"width 100 show case {case.ref}")
    assert "concerns:" in text and "advisories:" in text and max(map(len, text.splitlines())) <= 100, text
    ok(do(sales, "advisory_ended", advisory=advisory.sequence, text="up again"))


def test_who_is_open_and_how_much_it_holds(broker, connect):
    open_case(connect("sales"))
    rows = {d["department"]: d for d in broker.ctl_json("show", "departments")["departments"]}
    assert rows["sales"]["open"] and rows["sales"]["opens"] is None and rows["sales"]["load"] >= 1
    assert rows["sales"]["reads"] == [] and rows["sales"]["break_glass"] is False and rows["sales"]["hours"] == []
    handler, = broker.ctl_json("who", "order")["handlers"]
    assert handler["open"] and handler["opens"] is None and handler["load"] == rows["sales"]["load"]


def test_exit_codes(broker):
    assert broker.ctl("show", "case", "9999-9", check=False).returncode != 0
    assert broker.ctl("dance", check=False).returncode != 0
    assert broker.ctl("--help", check=False).returncode == 0
    assert "Sanitizer" not in broker.ctl("dance", check=False).stderr


def test_garbage_on_the_socket(broker):
    for line in ("\x00\x01", "x" * 100000, 'json json status', '"', "show case " + "\xff" * 50):
        try:
            talk(broker.folder / "run/read.sock", line)
        except (BrokenPipeError, ConnectionResetError):
            pass
    assert talk(broker.folder / "run/read.sock", "status").startswith("ok")


def test_a_ref_that_was_mistyped(broker, connect):
    ref = open_case(connect("sales")).ref
    wrong = ref[:-1] + ("1" if ref[-1] != "1" else "2")
    for words in (["show", "case", wrong], ["history", wrong], ["card", wrong]):
        done = broker.ctl(*words, check=False)
        assert done.returncode == 1 and "check symbol does not fit" in done.stderr


def test_a_corrected_fact_says_so(broker, connect):
    sales = connect("sales")
    case = open_case(sales)
    fact = ok(do(sales, "fact_recorded", case=case.case, key="address", value="Elm Road"))
    for words in (["show", "case", case.ref], ["card", case.ref]):
        assert [f["corrected_by"] for f in broker.ctl_json(*words)["facts"]] == [None]
    correction = ok(do(sales, "correction_made", case=case.case, supersedes=fact.sequence, text="Oak Road"))
    for words in (["show", "case", case.ref], ["card", case.ref]):
        assert [f["corrected_by"] for f in broker.ctl_json(*words)["facts"]] == [correction.sequence]


def test_a_hold_is_one_line_of_the_log(own_broker):
    own_broker.ctl("hold", "moves", "works")
    own_broker.ctl("resume", "moves")
    own_broker.stop()
    log = own_broker.log.read_text().splitlines()
    for event in ("adapter-held", "adapter-resumed"):
        lines = [line for line in log if f"event={event} " in line]
        assert len(lines) == 1 and "adapter=moves" in lines[0] and "operator=" in lines[0]


def ctl(*words, **options):
    return subprocess.run([harness.program("batonctl"), *map(str, words)], capture_output=True, text=True, timeout=60, **options)


def test_keygen_makes_its_folder_and_names_both_configurations(tmp_path):
    done = ctl("keygen", "broker", "keys", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700
    assert 'secret_key_file = "keys/broker.secret";' in done.stdout and 'key_file = "keys/broker.pub";' in done.stdout
    assert done.stdout.index("broker.conf") < done.stdout.index("departments.conf")
    assert ctl("keygen", "sales", tmp_path / "no" / "such").returncode == 1
    assert not (tmp_path / "no").exists()


def test_verify_of_no_data_folder(tmp_path):
    for folder in (tmp_path, tmp_path / "nothing"):
        done = ctl("verify", folder)
        assert done.returncode == 3 and done.stdout == "" and len(done.stderr.splitlines()) == 1
        assert "no broker's data folder" in done.stderr
    assert list(tmp_path.iterdir()) == []


def damage(path, word):
    """Flips a bit in every copy of the word."""
    stored = path.read_bytes()
    assert word in stored
    path.write_bytes(stored.replace(word, bytes([word[0] ^ 1]) + word[1:]))


def test_damage_says_the_way_forward(own_broker):
    ref = open_case(own_broker.client("sales"), title="zanzibar").ref
    own_broker.stop()
    data = own_broker.folder / "data"
    damage(data / "record" / "data.mdb", b"zanzibar")
    own_broker.start()
    done = own_broker.ctl("show", "case", ref, check=False)
    assert done.returncode == 1 and "CORRUPT" in done.stderr
    assert f"verify {data}" in done.stderr and f"move {data}/record away" in done.stderr
    assert "record is damaged" in own_broker.ctl("status")
    own_broker.stop()
    done = ctl("verify", data)
    assert done.returncode == 1 and "only the record is bad" in done.stdout.splitlines()[-1]
    (data / "record").rename(own_broker.folder / "record.bad")
    assert "only the record is bad" in ctl("verify", data).stdout, "without a record, the journal is checked alone"
    own_broker.start()
    assert "zanzibar" in own_broker.ctl("show", "case", ref)
    own_broker.stop()
    own_broker.verify()


def test_a_damaged_journal_is_not_called_good(own_broker):
    open_case(own_broker.client("sales"), title="zanzibar")
    own_broker.stop()
    data = own_broker.folder / "data"
    damage(data / "journal" / "data.mdb", b"zanzibar")
    for _ in range(2):
        done = ctl("verify", data)
        assert done.returncode == 1 and "The journal is damaged" in done.stdout and "only the record" not in done.stdout
        shutil.rmtree(data / "record", ignore_errors=True)


def test_quickstart_takes_no_unknown_words(tmp_path):
    script = harness.TREE / "conf" / "quickstart.sh"
    copy = tmp_path / "conf" / "quickstart.sh"  # works on the folder above it
    shutil.copytree(script.parent, copy.parent)
    for words, code in ((["--help"], 0), (["frob"], 2), (["stop", "now"], 2)):
        done = subprocess.run(["sh", copy, *words], capture_output=True, text=True, timeout=60)
        assert done.returncode == code and "quickstart.sh stop" in done.stdout + done.stderr
    assert subprocess.run(["sh", copy, "stop"], capture_output=True, text=True, timeout=60).stdout == "stopped\n"
    assert [p.name for p in tmp_path.iterdir()] == ["conf"]


def readme_commands(section, port):
    text = (harness.TREE / "README.md").read_text().split(f"\n## {section}\n")[1].split("\n## ")[0]
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.S | re.M)
    assert len(blocks) == 1
    return blocks[0].replace("127.0.0.1:5570", f"127.0.0.1:{port}")


@pytest.fixture
def pasted(tmp_path):
    """pasted(section): runs the section's commands in a fresh folder, as a newcomer would; the folder. What they leave
    running is ended afterwards."""
    processes, tree = [], tmp_path / "tree"
    for part in ("conf", "adapters/exec/examples"):
        shutil.copytree(harness.TREE / part, tree / part)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="baton-"))

    def run(section):
        port = harness.free_port()
        sample = tree / "conf" / "broker.conf"
        sample.write_text(sample.read_text().replace(":5570", f":{port}"))
        programs = {str(pathlib.Path(harness.program(p)).parent) for p in ("batond", "batonctl", "baton-exec")}
        env = {**os.environ, "BATON": str(tree), "PATH": ":".join([*sorted(programs), os.environ["PATH"]])}
        with open(folder / "output", "wb") as output:
            process = subprocess.Popen(["sh", "-e", "-c", readme_commands(section, port)], cwd=folder, env=env, stdout=output,
                                       stderr=output, stdin=subprocess.DEVNULL, start_new_session=True)
        processes.append(process)
        code = process.wait(120)
        logs = "".join(p.read_text() for p in folder.iterdir() if p.suffix in (".log", "") and p.is_file())
        assert code == 0 and "Sanitizer" not in logs, logs
        return folder

    yield run
    for process in processes:
        try:
            os.killpg(process.pid, signal.SIGTERM)
        except ProcessLookupError:
            pass
    harness.wait_for(lambda: not is_alive(folder), 30, "what was started to end")
    shutil.rmtree(folder)


def is_alive(folder):
    """A broker listens there still."""
    return (folder / "run" / "read.sock").exists()


def test_readme_running_it(pasted):
    folder = pasted("Running it")
    text = (folder / "output").read_text()
    assert "fine" in text and "no trouble" in text and re.search(r"^result +ok$", text, re.M)
    assert not is_alive(folder)


def test_readme_your_own_company(pasted):
    folder = pasted("Your own company")
    harness.wait_for(lambda: "HandoffAccepted" in ctl("--control", folder / "run", "history", "0001-1").stdout, 30,
                     "repairs to take the case")


def test_silent_operators_give_way_and_busy_ones_are_told(own_broker):
    """32 may be connected; the 33rd is told, and once somebody has been silent for ten seconds it takes that place."""
    import socket
    silent = []
    for _ in range(32):
        s = socket.socket(socket.AF_UNIX)
        s.connect(str(own_broker.folder / "run" / "read.sock"))
        silent.append(s)
    done = own_broker.ctl("status", check=False)
    assert done.returncode == 1 and "BUSY" in done.stderr, (done, own_broker.log.read_text()[-3000:])
    harness.wait_for(lambda: own_broker.ctl("status", check=False).returncode == 0, timeout=30, what="a place")
    for s in silent:
        s.close()
