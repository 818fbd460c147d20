"""Reloads while adapters work: who is revoked does nothing any more, everybody else notices nothing, and what is broken changes
nothing, whoever else reloads at that moment."""
import json
import signal
import subprocess
import threading

import harness
from events import code, do, event, history, ok, open_case, unique, view
from harness import wait_for
from test_reload import adapter, log_lines, refused, reload
from baton import event_pb2, frame_pb2


def settled(broker, name):
    return next((s["settled"] for s in broker.ctl_json("show", "sessions")["sessions"] if s["adapter"] == name), None)


def waiting(broker, name):
    return next(row["waiting"] for row in broker.ctl_json("show", "inboxes")["inboxes"] if row["adapter"] == name)


def position(broker):
    return broker.ctl_json("status")["position"]


# -- who is revoked


def test_what_a_revoked_session_still_sends_does_nothing(own_broker):
    """Events, settles and queries, sent behind the Fault and just before it came, with a delivery out."""
    broker = own_broker
    care, moves = broker.client("care"), broker.client("moves", credit=4)
    case = open_case(care, "general").case
    ok(do(care, "handoff_offered", case=case, to="moves", next_step="do it"))
    item = moves.take()
    broker.keygen("moves-2")
    adapter(broker, "moves")["key_file"] = "keys/moves-2.pub"
    reload(broker)
    before = position(broker)
    number = moves.submit(unique("key"), event("handoff_accepted", case=case, offer=item.sequence, digest=item.digest, expected_version=2))
    moves.settle(item.sequence)
    moves.send(query=frame_pb2.Query(id=77, case=frame_pb2.CaseQuery(locator=event_pb2.CaseLocator(id=case))))
    moves.until(lambda: False, 1.0)
    assert [code(f) for f in moves.faults] == ["REVOKED"], "not within a second"
    moves.faults.clear()
    moves.send(hello=frame_pb2.Hello(instance=moves.instance, software="again"))
    moves.submit(unique("key"), event("note_added", case=case, text="x"))
    moves.settle(item.sequence)
    moves.send(query=frame_pb2.Query(id=78, case=frame_pb2.CaseQuery(locator=event_pb2.CaseLocator(id=case))))
    moves.until(lambda: False, 1.0)
    assert not moves.receipts and number not in moves.receipts and not moves.answers and not moves.carried
    assert {code(f) for f in moves.faults} <= {"REVOKED", "HELLO_FIRST"}
    assert position(broker) == before and waiting(broker, "moves") == 1 and settled(broker, "moves") is None
    assert view(care, case=case).case.offer.id, "the offer stands"
    for end in ("secret", "pub"):
        (broker.folder / f"keys/moves.{end}").write_bytes((broker.folder / f"keys/moves-2.{end}").read_bytes())
    assert broker.client("moves", credit=4).take().sequence == item.sequence, "who has the new key gets it"


def test_revoked_in_the_middle_of_a_burst(own_broker):
    """What came before was receipted and is there, what came after is not: never the one without the other."""
    broker = own_broker
    care, sales = broker.client("care"), broker.client("sales")
    case = open_case(sales).case
    ok(do(sales, "handoff_offered", case=case, to="care", next_step="look on"))
    stop = threading.Event()
    numbers = []

    def burst():
        while not stop.is_set() and len(numbers) < 20000:
            numbers.append(sales.submit(unique("burst"), event("note_added", case=case, text="x")))

    thread = threading.Thread(target=burst)
    thread.start()
    wait_for(lambda: position(broker) > 100, what="events to be taken")
    reload(broker, adapters=[a for a in broker.company["adapters"] if a["name"] != "sales"])
    after = position(broker)
    stop.set()
    thread.join(60)
    while not sales.faults and sales.pump(5):
        pass
    assert [code(f) for f in sales.faults] == ["REVOKED"]
    assert position(broker) == after, "something was taken after the reload"
    notes = [e.sequence for e in history(care, case) if e.event.WhichOneof("kind") == "note_added"]
    told = [r.sequence for _, r in sorted(sales.receipts.items())]
    assert {code(r) for r in sales.receipts.values()} == {"OK"}
    assert told == notes[:len(told)] and len(notes) - len(told) <= 1024, "a receipt is for what is there, in order"


# -- what is broken


def state(broker):
    told = {words: broker.ctl(*words.split()) for words in ("show config", "show departments", "show adapters")}
    return told, (broker.folder / "data/adopted.conf").read_text(), position(broker), \
        [s["session"] for s in broker.ctl_json("show", "sessions")["sessions"]]


def test_a_broken_file_changes_nothing(own_broker):
    """Not what is configured, not the journal, not a session; and neither does one that is only wrong in its last line."""
    broker = own_broker
    care = broker.client("care")
    case = open_case(care).case
    departments, main = broker.folder / "departments.conf", broker.folder / "broker.conf"
    good = {p: p.read_text() for p in (departments, main)}
    changed = good[departments].replace('"general"', '"general", "garden"')
    assert changed != good[departments]
    before = state(broker)
    for number, (path, text) in enumerate([
            (departments, changed[:len(changed) // 2]),  # half written
            (departments, ""),
            (departments, "\0" * 4096),  # as after a power cut
            (departments, changed + 'olas = [{ to = "nobody"; minutes = 5; }];\n'),
            (departments, changed.replace('"care"', '"nobody"', 1)),
            (main, good[main] + "cases = { ola_minutes = 0; };\n"),
            (main, good[main].replace("departments.conf", "elsewhere.conf")),
            (main, good[main] + "log_level = \"loud\";\n")]):
        path.write_text(text)
        assert refused(broker)["problems"], number
        broker.process.send_signal(signal.SIGHUP)
        wait_for(lambda: len(log_lines(broker, "config-refused")) == 2 * (number + 1), what="SIGHUP to be refused as well")
        path.write_text(good[path])
        assert state(broker) == before, text[-80:]
        ok(do(care, "note_added", case=case, text="it goes on"))
        before = (*before[:2], position(broker), before[3])
    assert not log_lines(broker, "config-adopted") and broker.ctl_json("reload")["result"] == "nothing has changed"


# -- several at once


def test_sighup_and_reload_at_the_same_time(own_broker):
    """Signals, commands and dry runs from all sides over files that change underneath: each is answered, each configuration is
    adopted at most once, and in the end the last one runs."""
    broker = own_broker
    care = broker.client("care")
    case = open_case(care).case
    done, answers, wrong = threading.Event(), [], []

    def commands(*words):
        while not done.is_set():
            told = broker.ctl("--json", "reload", *words, check=False)
            if told.returncode not in (0, 1):
                wrong.append(told.stdout + told.stderr)
                return
            answers.append(json.loads(told.stdout)["result"] if told.returncode == 0 else "refused")

    def signals():
        while not done.wait(0.01):
            broker.process.send_signal(signal.SIGHUP)

    threads = [threading.Thread(target=commands), threading.Thread(target=commands, args=("dry-run",)), threading.Thread(target=signals)]
    for t in threads:
        t.start()
    departments = broker.folder / "departments.conf"
    for i in range(30):
        broker.company["olas"] = [{"to": "moves", "minutes": 10 + i}]
        text = "".join(f"{k} = {harness.conf(v)};\n" for k, v in broker.company.items())
        departments.write_text(text)  # not in one piece: some reloads see the half of it
        ok(do(care, "note_added", case=case, text="x"))
    done.set()
    for t in threads:
        t.join(60)
    assert not wrong and answers
    assert broker.ctl_json("reload")["result"] in ("adopted", "nothing has changed")
    assert "minutes = 39" in (broker.folder / "data/adopted.conf").read_text()
    adopted = len(log_lines(broker, "event=config-adopted"))
    exported = subprocess.run([harness.program("batonctl"), "export", str(broker.folder / "data")], capture_output=True, text=True, timeout=60)
    assert exported.stdout.count('"configAdopted"') == adopted + 1, "the one of the start, and each that the log has"
    assert care.query(case=frame_pb2.CaseQuery(locator=event_pb2.CaseLocator(id=case))) and not care.faults
    broker.stop()
    broker.verify()
    broker.start()


def test_whoever_looks_on_while_the_configuration_is_freed(own_broker):
    """Streams and long answers go on over reloads that take away the department and the adapter that they are about."""
    broker = own_broker
    before = json.loads(json.dumps(broker.company))
    sales = broker.client("sales")
    case = open_case(sales).case
    followers, lines = [], {"all": [], "outsider": [], "sales": []}
    for name, filters in (("all", []), ("outsider", ["--department", "outsider"]), ("sales", ["--department", "sales"])):
        p = subprocess.Popen([harness.program("batonctl"), "--control", str(broker.folder / "run"), "--json", "follow", *filters],
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        threading.Thread(target=lambda p=p, to=lines[name]: to.extend(p.stdout), daemon=True).start()
        followers.append(p)

    def note(text):
        return ok(do(sales, "note_added", case=case, text=text)).sequence

    wait_for(lambda: note("is anybody there?") and lines["all"] and lines["sales"], what="the followers")
    last = 0
    for i in range(6):
        without = [d for d in before["departments"] if d["name"] != "outsider"], [a for a in before["adapters"] if a["name"] != "outsider"]
        reload(broker, **(dict(departments=without[0], adapters=without[1]) if i % 2 == 0 else
                          dict(departments=before["departments"], adapters=before["adapters"])))
        last = note(f"round {i}")
        for words in ("status", "show inboxes", "show cases", "show stats", "scorecard", f"journey {case}"):
            broker.ctl(*words.split())
    wait_for(lambda: all(any(f": {last}," in line for line in lines[name]) for name in ("all", "sales")), what="the last event")
    assert not lines["outsider"]
    for p in followers:
        p.terminate()
        p.wait(20)


# -- nothing is lost


def test_deliveries_go_on_over_reloads(own_broker):
    """While one adapter submits and another settles, reloads come one behind the other, every third of them without a third
    adapter: each event comes to the one that works, once, in order, in one session."""
    broker = own_broker
    whole = json.loads(json.dumps(broker.company["adapters"]))
    moves = broker.client("moves", credit=32, keep=False)
    care = broker.client("care")
    case = open_case(care, "general").case
    ok(do(care, "handoff_offered", case=case, to="moves", next_step="do it"))
    first = moves.take()
    moves.settle(first.sequence)
    ok(do(moves, "handoff_accepted", case=case, offer=first.sequence, digest=first.digest))
    written, got, done = [], [], threading.Event()
    sessions = {s["adapter"]: s["session"] for s in broker.ctl_json("show", "sessions")["sessions"]}

    def receive():
        while not (done.is_set() and len(got) >= len(written)) and not moves.faults:
            item = moves.take(0.2)
            if item:
                got.append(item)
                moves.settle(item.sequence)

    thread = threading.Thread(target=receive)
    thread.start()
    for i in range(24):
        broker.company["olas"] = [{"to": "billing", "minutes": 10 + i}]
        reload(broker, adapters=[a for a in whole if a["name"] != "billing"] if i % 3 == 1 else whole)
        written += [ok(do(care, "note_added", case=case, text=f"{i} {k}")).sequence for k in range(8)]
    done.set()
    thread.join(60)
    assert not moves.faults and [d.sequence for d in got if d.recorded.event.WhichOneof("kind") == "note_added"] == written
    assert all(d.attempt == 1 and not d.gap for d in got), "something went out twice"
    assert {s["adapter"]: s["session"] for s in broker.ctl_json("show", "sessions")["sessions"]} == sessions, "a session was opened anew"
    wait_for(lambda: waiting(broker, "moves") == 0, what="the settles")
    moves.close()
    broker.stop()
    broker.verify()
    broker.start()


# -- who vanishes


def test_all_that_a_vanished_department_held_moves_on(own_broker):
    """A case in its custody, an offer with a deadline of its own, a question: each has somebody else, by the rules, and stays so."""
    broker = own_broker
    before = json.loads(json.dumps(broker.company))
    broker.keygen("garden")
    reload(broker, departments=before["departments"] + [{"name": "garden", "site": "hq"}],
           adapters=before["adapters"] + [{"name": "garden", "department": "garden", "receives": True, "key_file": "keys/garden.pub"}])
    care, garden = broker.client("care"), broker.client("garden", credit=8)
    held = open_case(care, "general").case
    ok(do(care, "handoff_offered", case=held, to="garden", next_step="dig"))
    item = garden.take()
    ok(do(garden, "handoff_accepted", case=held, offer=item.sequence, digest=item.digest))
    offered, asked = open_case(care, "general").case, open_case(care, "general").case
    ok(do(care, "handoff_offered", case=offered, to="garden", next_step="dig", deadline_us=4 * 10**15))
    ok(do(care, "question_asked", case=asked, to="garden", text="when?"))
    done = reload(broker, departments=before["departments"], adapters=before["adapters"])
    assert done["departments_gone"] == ["garden"]

    def free():
        shown = [view(care, case=c).case for c in (held, offered, asked)]
        return shown if shown[0].custodian != "garden" and not (shown[1].HasField("offer") and shown[1].offer.to == "garden") else None

    shown = wait_for(free, what="them to move on")
    assert shown[0].custodian in {d["name"] for d in before["departments"]}
    wait_for(lambda: {"question_overdue", "escalated"} <= {e.event.WhichOneof("kind") for e in history(care, asked)},
             what="the question to be raised: nobody is there to answer it")
    garden.until(lambda: False, 1.0)
    assert [code(f) for f in garden.faults] == ["REVOKED"]
    broker.stop()
    broker.verify()
    broker.start()
