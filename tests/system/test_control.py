"""The control sockets, with socat's way of talking and batonctl's."""
import socket

import pytest

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
