"""A Resync at each of the adapters that come with the broker: as its manual says, acknowledged once, no dead letter."""
import json
import sys
import time

import pytest

import harness
import mailservers
import postgres
from adapter import Adapter, Raw, lines
from events import do, ok, open_case, phone
from harness import wait_for
from hook_system import System
from mailrig import mail_adapter

HOUR = 3600
COMPANY = {**harness.COMPANY, "adapters": harness.COMPANY["adapters"] + [{"name": "moves-mail", "department": "moves", "receives": True}]}
NEED = "a line at the new address"


@pytest.fixture
def aging():
    made = harness.fresh_broker(company=COMPANY, settings={
        "retention": {"inbox_max_age_hours": 24, "snapshot_every_hours": 0}, "delivery": {"max_attempts": 3},
        "cases": {"max_gap_hours": 87600, "idle_hours": 0}}).start()
    yield made
    harness.remove(made)


def inbox(broker, adapter):
    return next(row for row in broker.ctl_json("show", "inboxes")["inboxes"] if row["adapter"] == adapter)


def aged(broker, adapter="moves"):
    """A case that is on offer to moves, all of which waited too long: it, with the Resync in its place."""
    sales = broker.client("sales")
    case = open_case(sales, by=phone(), need=NEED)
    ok(do(sales, "handoff_offered", case=case.case, to="moves", topic="move.internet", deadline_us=int((time.time() + 300 * 24 * HOUR) * 1e6)))
    ok(do(sales, "note_added", case=case.case, text="she called again"))
    sales.close()
    broker.ctl("clock", "advance", str(25 * HOUR))
    wait_for(lambda: inbox(broker, adapter)["waiting"] == inbox(broker, adapter)["resyncs"] == 1, what="the Resync")
    return case


def after(broker, case, adapter="moves"):
    """It is settled, by an acknowledgement, and what comes behind it is, too."""
    wait_for(lambda: not inbox(broker, adapter)["waiting"], what="it to be settled")
    sales = broker.client("sales")
    ok(do(sales, "note_added", case=case.case, text="behind it"))
    sales.close()
    wait_for(lambda: not inbox(broker, adapter)["waiting"], what="the next one to be settled")
    assert not [d for d in broker.ctl_json("show", "dead")["dead_letters"] if d["adapter"] == adapter]
    counters = {row["counter"]: row["value"] for row in broker.ctl_json("show", "counters")["counters"]}
    assert not counters.get("settled_rejected", 0) and not counters.get("settled_retry", 0), counters


def manual(path):
    """It says what becomes of a Resync."""
    return "Resync" in (harness.TREE / "adapters" / path).read_text()


@pytest.fixture
def run():
    made = []

    def begin(adapter):
        made.append(adapter)
        return adapter.start()

    yield begin
    for adapter in made:
        adapter.close()


EACH = """
import json, sys
with open("got", "a") as got: got.write(sys.stdin.read().strip() + "\\n")
"""


def test_exec(aging, run, tmp_path):
    case = aged(aging)
    (tmp_path / "program.py").write_text(EACH)
    run(Adapter(aging, "baton-exec", "moves", tmp_path, {"command": f"{sys.executable} program.py", "directory": ".", "mode": "each"}))
    after(aging, case)
    resync, note = lines(tmp_path / "got")  # one each
    assert resync["resync"]["replaced"] >= 2 and resync["card"]["need"] == NEED and resync["recorded"]["ref"] == case.ref
    assert "event" not in resync["recorded"] and "resync" not in note
    assert manual("exec/baton-exec.1")


@pytest.mark.parametrize("kinds", ["", 'kinds = ["NoteAdded"];'])
def test_file(aging, run, tmp_path, kinds):
    case = aged(aging)
    out = run(Adapter(aging, "baton-file", "moves", tmp_path, {"export": Raw('{ folder = "out"; format = "jsonl"; seconds = 1; %s }' % kinds)}))
    after(aging, case)

    def rows():
        return [json.loads(line) for path in (tmp_path / "out").glob("deliveries-*") for line in path.read_text().splitlines()]

    wait_for(lambda: len(rows()) == (1 if kinds else 2), what="the rows")
    assert [row["resync"]["replaced"] >= 2 and row["card"]["need"] == NEED for row in rows() if "resync" in row] == ([] if kinds else [True])
    assert len(out.logged("resync-not-written")) == (1 if kinds else 0)
    assert manual("file/baton-file.1")


@pytest.mark.parametrize("kinds", [None, ["NoteAdded"]])
def test_http(aging, run, tmp_path, kinds):
    case = aged(aging)
    system = System(lambda call: 200)
    try:
        target = {"name": "crm", "url": system.url(), **({"kinds": kinds} if kinds else {})}
        hooks = run(Adapter(aging, "baton-http", "moves", tmp_path, {"hooks": {"targets": [target]}}))
        after(aging, case)
        called = [call.json for call in system.calls]
        resyncs = [body for body in called if "resync" in body]
        assert len(called) == (1 if kinds else 2) and len(resyncs) == (0 if kinds else 1)
        for body in resyncs:
            assert body["resync"]["replaced"] >= 2 and body["card"]["need"] == NEED and "event" not in body["recorded"]
        assert bool([line for line in hooks.logged("hook-unwanted") if "kind=Resync" in line and "level=warn" in line]) == bool(kinds)
    finally:
        system.end()
    assert manual("http/baton-http.1")


def test_mail(aging, run, tmp_path):
    case = aged(aging, "moves-mail")
    servers = mailservers.Servers().start()
    try:
        adapter = run(mail_adapter(aging, servers, tmp_path, name="moves-mail"))
        after(aging, case, "moves-mail")
        (said,) = adapter.logged("resync")
        assert f"ref={case.ref}" in said and "level=warn" in said
        adapter.close()
    finally:
        servers.close()
    assert manual("mail/baton-mail.1")


STATEMENTS = Raw("""( { kind = "Resync"; sql = "insert into resyncs (ref, need, replaced) values ($1, $2, $3::int)";
  parameters = [ "ref", "card.need", "resync.replaced" ]; } )""")


@pytest.mark.parametrize("writes", ["inbox", "statements"])
def test_postgres(aging, run, tmp_path, writes):
    case = aged(aging)
    server = postgres.Server().start()
    try:
        database = server.database()
        options = {"connection": database.where, "reads": "nothing", "writes": "inbox"}
        if writes == "statements":
            database.run("create table resyncs (ref text, need text, replaced int)")
            options = {**options, "writes": "statements", "statements": STATEMENTS}
        adapter = run(Adapter(aging, "baton-postgres", "moves", tmp_path, options))
        after(aging, case)
        if writes == "statements":
            (row,) = database.run("select ref, need, replaced from resyncs")
            assert row[:2] == (case.ref, NEED) and row[2] >= 2
        else:
            rows = database.run("select kind, ref, delivery from baton.inbox order by sequence")
            assert [row[0] for row in rows] == ["Resync", "NoteAdded"] and rows[0][1] == case.ref
            assert rows[0][2]["card"]["need"] == NEED and rows[0][2]["resync"]["replaced"] >= 2
        adapter.close()
    finally:
        server.close()
    assert manual("postgres/baton-postgres.1")
