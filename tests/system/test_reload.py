"""A new configuration without a restart: what changes acts at once, what is wrong changes nothing, and nobody's event is lost."""
import json
import os
import signal
import socket
import threading
import time

import pytest
import zmq

import harness
from events import code, do, event, history, ok, open_case, unique
from baton import event_pb2, frame_pb2
from harness import wait_for


def department(broker, name):
    return next(d for d in broker.company["departments"] if d["name"] == name)


def adapter(broker, name):
    return next(a for a in broker.company["adapters"] if a["name"] == name)


def reload(broker, **company):
    broker.company.update(company)
    broker.write_conf()
    return broker.ctl_json("reload")


def refused(broker, *words):
    """What `reload` answers when it refuses; the broker goes on."""
    done = broker.ctl("--json", "reload", *words, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    return json.loads(done.stdout)


def log_lines(broker, word):
    return [line for line in broker.log.read_text(errors="replace").splitlines() if word in line]


def hup(broker, word="config-adopted"):
    """SIGHUP, and what the log says of it."""
    before = len(log_lines(broker, word))
    broker.process.send_signal(signal.SIGHUP)
    return wait_for(lambda: log_lines(broker, word)[before:], what=f"{word} in the log")


def linked(**fields):
    return event_pb2.Event(identifier_linked=event_pb2.IdentifierLinked(**fields))


def trouble(broker):
    return [row for row in broker.ctl_json("status")["trouble"] if "configuration" in row["what"]]


# -- what changes


def test_changes_are_listed_and_act(own_broker):
    broker = own_broker
    outsider = broker.client("outsider")
    link = {"identifier": event_pb2.Identifier(domain="crm", value="1"), "same_as": event_pb2.Identifier(domain="crm", value="2")}
    assert code(outsider.ask(unique("key"), linked(**link))) == "NOT_GRANTED"
    department(broker, "outsider")["link"] = True
    broker.company["olas"] = [{"to": "moves", "minutes": 30}]
    broker.company["departments"].append({"name": "garden", "site": "hq", "topics": ["garden"]})
    broker.settings["log_level"] = "debug"
    broker.write_conf()
    tried = broker.ctl_json("reload", "--dry-run")
    assert tried["result"] == "would be adopted"
    assert len(broker.ctl_json("show", "departments")["departments"]) == 8, "a dry run changed something"
    done = broker.ctl_json("reload")
    assert done["result"] == "adopted" and done["changes"] == tried["changes"]
    by_name = {c["what"]: c for c in done["changes"]}
    assert by_name["departments.garden"]["change"] == "added"
    assert by_name["olas.*/moves"]["change"] == "added"
    assert by_name["departments.outsider.link"] == {"change": "changed", "what": "departments.outsider.link", "before": "false",
                                                     "after": "true", "restart": False}
    assert by_name["log_level"]["after"] == '"debug"'
    assert len(broker.ctl_json("show", "departments")["departments"]) == 9
    assert code(outsider.ask(unique("key"), linked(**link))) == "NOT_FOUND"  # a session that was there has the new grant
    assert broker.ctl_json("reload")["result"] == "nothing has changed"
    assert len(log_lines(broker, "config-adopted")) == 1


def test_sighup(own_broker):
    broker = own_broker
    broker.company["olas"] = [{"to": "moves", "minutes": 7}]
    broker.write_conf()
    assert "SIGHUP" in hup(broker)[0]
    care, moves = broker.client("care"), broker.client("moves", credit=4)
    case = open_case(care, topic="general").case
    ok(do(care, "handoff_offered", case=case, to="moves"))
    offered = moves.take().recorded.event.handoff_offered
    assert 6 * 60 < offered.deadline_us / 1e6 - time.time() <= 7 * 60
    adopted = (broker.folder / "data/adopted.conf").read_text()
    assert "minutes = 7" in adopted and (broker.folder / "data/adopted.conf").stat().st_mode & 0o077 == 0


def test_under_load(own_broker):
    """Clients submit all the time, reloads come by signal and by command: every receipt comes, in order, and nothing is lost or
    done twice."""
    broker = own_broker
    done, results = threading.Event(), {}

    def work(name):
        client = broker.client(name, keep=False)
        case = open_case(client).case
        receipts = []
        while not done.is_set() and len(receipts) < 20000:
            numbers = [client.submit(unique(f"key-{name}"), event("note_added", case=case, text="x")) for _ in range(8)]
            assert client.until(lambda: all(n in client.receipts for n in numbers), 60), client.faults
            receipts += [client.receipts.pop(n) for n in numbers]
        results[name] = case, receipts
        client.close()

    threads = [threading.Thread(target=work, args=(name,)) for name in ("care", "sales")]
    for t in threads:
        t.start()
    for i in range(12):
        broker.company["olas"] = [{"to": "moves", "minutes": 10 + i}]
        broker.write_conf()
        if i % 2:
            assert broker.ctl_json("reload")["result"] == "adopted"
        else:
            hup(broker)
    done.set()
    for t in threads:
        t.join(120)
    assert set(results) == {"care", "sales"}
    for name, (case, receipts) in results.items():
        assert len(receipts) > 8 and {code(r) for r in receipts} == {"OK"}, {code(r) for r in receipts}
        versions = [r.version for r in receipts]
        assert versions == list(range(versions[0], versions[0] + len(versions))), "lost, done twice, or out of order"
        assert not any(r.duplicate for r in receipts)
    broker.stop()
    broker.verify()
    broker.start()


# -- who comes and goes


def test_a_revoked_key_loses_its_session(own_broker):
    broker = own_broker
    sales, care = broker.client("sales"), broker.client("care")
    silent = broker.client("sales", hello=False)
    case = open_case(sales).case
    broker.keygen("sales-2")
    adapter(broker, "sales")["key_file"] = "keys/sales-2.pub"
    assert reload(broker)["result"] == "adopted"
    sales.until(lambda: False, 1.0)
    assert [code(f) for f in sales.faults] == ["REVOKED"], "the session was not ended within a second"
    silent.submit(unique("key"), event("note_added", case=case, text="x"))
    assert not silent.pump(1.0) or [code(f) for f in silent.faults] == ["REVOKED"]
    stranger = broker.client("sales", hello=False)  # a new connection with the old key
    stranger.socket.sndtimeo = 1000
    with pytest.raises(zmq.Again):  # no handshake, no connection
        stranger.send(hello=frame_pb2.Hello(instance=os.urandom(16), software="x"))
    assert "sales" not in [s["adapter"] for s in broker.ctl_json("show", "sessions")["sessions"]]
    ok(do(care, "case_opened", topic="order"))  # the others never noticed
    (broker.folder / "keys/sales.secret").write_bytes((broker.folder / "keys/sales-2.secret").read_bytes())
    (broker.folder / "keys/sales.pub").write_bytes((broker.folder / "keys/sales-2.pub").read_bytes())
    ok(do(broker.client("sales"), "note_added", case=case, text="again"))


def test_a_key_file_with_another_key_in_it(own_broker):
    broker = own_broker
    sales = broker.client("sales")
    broker.keygen("other")
    (broker.folder / "keys/sales.pub").write_bytes((broker.folder / "keys/other.pub").read_bytes())
    assert "differs" in trouble(broker)[0]["what"]
    done = broker.ctl_json("reload")
    assert [c["what"] for c in done["changes"]] == ["adapters.sales.key"]
    sales.until(lambda: False, 1.0)
    assert [code(f) for f in sales.faults] == ["REVOKED"] and not trouble(broker)


def test_removed_adapters_keep_their_inbox(own_broker):
    broker = own_broker
    care, moves = broker.client("care"), broker.client("moves", credit=0)
    case = open_case(care, topic="general").case
    ok(do(care, "handoff_offered", case=case, to="moves"))
    before = broker.company["adapters"]
    reload(broker, adapters=[a for a in before if a["name"] != "moves"])
    moves.until(lambda: False, 1.0)
    assert [code(f) for f in moves.faults] == ["REVOKED"]
    reload(broker, adapters=before)
    back = broker.client("moves", credit=4)
    assert back.take().recorded.event.WhichOneof("kind") == "handoff_offered"


def test_grants_that_end_act_at_once(own_broker):
    broker = own_broker
    desk = broker.client("desk")
    ok(do(desk, "case_opened", topic="general", department="desk-b"))
    del adapter(broker, "desk")["acts_for"]
    reload(broker)
    assert code(do(desk, "case_opened", topic="general", department="desk-b")) == "NOT_GRANTED"
    ok(do(desk, "case_opened", topic="general"))


def test_an_adapter_that_receives_from_now_on(own_broker):
    broker = own_broker
    del adapter(broker, "moves")["receives"]
    reload(broker)
    care, moves = broker.client("care"), broker.client("moves", credit=4)
    adapter(broker, "moves")["receives"] = True
    reload(broker)
    case = open_case(care, topic="general").case
    ok(do(care, "handoff_offered", case=case, to="moves"))
    assert moves.take().recorded.event.WhichOneof("kind") == "handoff_offered"


def test_offers_to_a_department_that_vanished_move_on(own_broker):
    broker = own_broker
    gardens = [{"name": name, "site": "hq", "topics": ["garden"]} for name in ("garden-a", "garden-b")]
    before = broker.company["departments"]
    reload(broker, departments=before + gardens)
    care = broker.client("care")

    def offered_to(case):
        return [r.event.handoff_offered.to for r in history(care, case) if r.event.WhichOneof("kind") == "handoff_offered"]

    cases = [open_case(care, topic="garden").case for _ in range(5)]
    first = offered_to(cases[0])[0]
    gone, stays = sorted(("garden-a", "garden-b"), key=lambda name: name != first)
    done = reload(broker, departments=before + [g for g in gardens if g["name"] != gone])
    assert done["departments_gone"] == [gone]
    for case in cases:
        wait_for(lambda: offered_to(case)[-1] == stays, what="the offer to move on")
    assert "department-gone" in broker.log.read_text()
    broker.stop()
    broker.verify()
    broker.start()


# -- what is refused


def test_restart_only_keys_are_all_named(own_broker):
    broker = own_broker
    care = broker.client("care")
    endpoint, broker.endpoint = broker.endpoint, f"tcp://127.0.0.1:{harness.free_port()}"
    broker.settings.update(io_threads=2, journal={"map_mb": 77}, delivery={"max_attempts": 3})
    broker.write_conf()
    for words in (("dry-run",), ()):
        answer = refused(broker, *words)
        problems = " ".join(p["problem"] for p in answer["problems"])
        assert all(key in problems for key in ("listen", "io_threads", "journal.map_mb")) and "1024 -> 77" in problems
        assert endpoint in problems and broker.endpoint in problems and "max_attempts" not in problems
        assert {c["what"] for c in answer["changes"] if c["restart"]} == {"listen", "io_threads", "journal.map_mb"}
    assert len(log_lines(broker, "config-refused")) == 1, "a dry run is told to the log"
    assert "refused" in trouble(broker)[0]["what"]
    broker.endpoint = endpoint
    ok(do(care, "case_opened", topic="order"))
    for key in ("io_threads", "journal"):
        del broker.settings[key]
    assert reload(broker)["result"] == "adopted" and not trouble(broker)


def test_half_written_configurations(own_broker):
    """Cut anywhere, without its include, without a key: never taken, and the old one goes on."""
    broker = own_broker
    care = broker.client("care")
    departments = broker.folder / "departments.conf"
    whole = departments.read_text()
    taken = []
    for at in sorted({0, 1, *range(40, len(whole) - 3, len(whole) // 40), *(i + 2 for i, c in enumerate(whole[:-3]) if c == "\n")}):
        departments.write_text(whole[:at])
        if broker.ctl("reload", check=False).returncode == 0:
            taken.append(whole[max(0, at - 60):at])
    assert not taken, f"a file that ends here was taken: {taken}"
    departments.write_text(whole)
    assert not trouble(broker)
    departments.rename(broker.folder / "elsewhere.conf")
    problems = refused(broker)["problems"]
    assert "broker.conf:" in problems[0]["problem"] and "departments.conf" in problems[0]["problem"]
    assert "refused" in trouble(broker)[0]["what"] and trouble(broker)[0]["how_many"] == 1
    (broker.folder / "elsewhere.conf").write_text(whole + "#")
    (broker.folder / "elsewhere.conf").rename(departments)
    assert "differs" in trouble(broker)[0]["what"], "it was changed since"
    departments.write_text(whole)
    departments.rename(broker.folder / "elsewhere.conf")
    (broker.folder / "elsewhere.conf").rename(departments)
    (broker.folder / "keys/care.pub").rename(broker.folder / "keys/away")
    assert "key_file" in refused(broker)["problems"][0]["problem"]
    (broker.folder / "keys/away").rename(broker.folder / "keys/care.pub")
    departments.write_text(whole.replace('"care"', '"Care!"') + "\nxyzzy = 1;\n")
    lines = [p["problem"] for p in refused(broker)["problems"]]
    assert len(lines) > 1 and all("departments.conf:" in line for line in lines), lines
    before = len(log_lines(broker, "config-refused"))
    assert hup(broker, "config-refused") and len(log_lines(broker, "config-refused")) == before + 1
    ok(do(care, "case_opened", topic="order"))
    departments.write_text(whole)
    assert broker.ctl_json("reload")["result"] == "nothing has changed" and not trouble(broker)


def test_status_tells_that_the_disk_has_something_else(own_broker):
    broker = own_broker
    assert not trouble(broker)
    broker.company["olas"] = [{"to": "moves", "minutes": 30}]
    broker.write_conf()
    row = trouble(broker)[0]
    assert "differs" in row["what"] and "departments.conf" in row["what"] and row["longest_s"] >= 0 and row["see"] == "reload dry-run"
    os.utime(broker.folder / "broker.conf")
    reload(broker)
    assert not trouble(broker)
    os.utime(broker.folder / "departments.conf")  # touched, and still the same
    assert not trouble(broker)


def test_a_reload_is_adopted_once_and_who_did_it_is_written(own_broker):
    broker = own_broker
    position = lambda: broker.ctl_json("status")["position"]  # noqa: E731
    before = position()
    assert broker.ctl_json("reload")["result"] == "nothing has changed" and position() == before
    broker.company["olas"] = [{"to": "moves", "minutes": 30}]
    reload(broker)
    assert position() == before + 2, "the configuration, and who had it adopted"
    broker.restart()
    assert position() == before + 2, "the restart adopted it again"


def test_the_read_socket_reloads_nothing(own_broker):
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(str(own_broker.folder / "run/read.sock"))
        s.sendall(b"reload\n")
        assert s.recv(4096).startswith(b"error NOT_GRANTED")
