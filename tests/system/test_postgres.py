"""The PostgreSQL adapter, against a real server: rows become events once and in order, deliveries become rows once."""
import json
import os
import random
import signal
import subprocess
import threading
import time

import psycopg2
import pytest

import harness
import postgres
from adapter import Adapter, Raw
from events import code, do, history, ok, open_case, unique
from harness import wait_for


@pytest.fixture(scope="module")
def server():
    made = postgres.Server().start()
    yield made
    made.close()


@pytest.fixture(scope="module")
def broker():
    made = harness.fresh_broker().start()
    yield made
    harness.remove(made)


@pytest.fixture
def database(server):
    return server.database()


@pytest.fixture
def start(broker, database, tmp_path):
    """Starts adapters that end with the test."""
    made = []

    def begin(name="sales", at=None, place=None, **options):
        options = {"connection": (at or database).where, "retry_most_ms": 300, "writes": "nothing", "source": unique("source"),
                   **options}
        adapter = Adapter(broker, "baton-postgres", name, place or tmp_path / str(len(made)), options)
        made.append(adapter)
        return adapter.start()
    yield begin
    for adapter in made:
        adapter.close()


def contact(who, text):
    return json.dumps({"locator": {"identifier": {"domain": "crm", "value": who}}, "contactLogged": {"channel": "PHONE", "summary": text}})


def note(who, text):
    return json.dumps({"locator": {"identifier": {"domain": "crm", "value": who}}, "noteAdded": {"text": text}})


INSERT = "insert into baton.outbox (event) values (%s)"


def texts(broker, who):
    """What the broker has of a customer's cases, in order."""
    client = broker.client("care")
    try:
        return texts_of(client, who)
    finally:
        client.close()


def test_rows_become_events(broker, database, start):
    who = unique("customer")
    database.run(INSERT, [contact(who, "before")])
    start()
    wait_for(lambda: texts(broker, who) == ["before"])
    database.run(INSERT, [note(who, "after")])
    wait_for(lambda: texts(broker, who) == ["before", "after"])


def refused(database):
    rows = database.run("select position, code, reason, source_key from baton.rejects order by position, source_key")
    return [dict(zip(("position", "code", "reason", "key"), r)) for r in rows]


def test_a_slow_transaction_is_waited_for_and_nobody_else_is(broker, database, start):
    """The smaller id becomes visible after the larger one: it is neither lost nor out of order."""
    who = unique("customer")
    database.run("create table elsewhere (n int); drop trigger notify on baton.outbox")  # a prepared one may not notify
    idle = database.open()
    idle.cursor().execute("insert into elsewhere values (1)")  # has a transaction id and stays open
    database.run(INSERT, [contact(who, "zero")])
    adapter = start(poll_ms=50)
    wait_for(lambda: texts(broker, who) == ["zero"])

    slow, undone, prepared = database.open(), database.open(), database.open()
    slow.cursor().execute(INSERT, [note(who, "one")])
    undone.cursor().execute(INSERT, [note(who, "never")])
    xid = prepared.xid(1, unique("x"), "b")
    prepared.tpc_begin(xid)
    prepared.cursor().execute(INSERT, [note(who, "two")])
    prepared.tpc_prepare()
    prepared.reset()
    database.run(INSERT, [note(who, "three")])
    wait_for(lambda: len(waiting(database)) > 0)
    assert texts(broker, who) == ["zero"]
    slow.commit()
    undone.rollback()
    assert texts(broker, who) == ["zero"], "went past a prepared transaction"
    prepared.tpc_commit(xid)
    wait_for(lambda: len(texts(broker, who)) == 4)
    assert texts(broker, who) == ["zero", "one", "two", "three"]
    idle.rollback()
    adapter_log = adapter.text()
    assert "row-refused" not in adapter_log


def waiting(database):
    """Has the adapter seen that others are at it: its look at the locks was its last statement."""
    return database.run("select 1 from pg_stat_activity where application_name = 'baton-postgres' and datname = current_database() "
                        "and query like '%%? virtualtransaction%%'")


def test_rows_that_are_no_events_are_told_and_the_rest_goes_on(broker, database, start):
    who, long = unique("customer"), "x" * 5000
    sql = "'); drop table baton.outbox; -- $1 \\ %s \" {\""
    bad = {
        "{}": "BAD_ROW", "[1, 2]": "BAD_ROW", "null": "BAD_ROW", '"text"': "BAD_ROW", '{"noteAdded": 7}': "BAD_ROW",
        '{"noteAdded": {"text": {"deep": 1}}}': "BAD_ROW", '{"noSuchKind": {}}': "BAD_ROW",
        '{"noteAdded": {"text": "a"}, "caseOpened": {}}': "BAD_ROW",
        note("nobody-" + who, "lost"): "UNKNOWN_CASE", note(who, long): None, note(who, "y" * 200000): "BAD_ROW",
        "[" * 3000 + "]" * 3000: "BAD_ROW", note(who, "a\u0001\u202e"): None,
    }
    database.run(INSERT, [contact(who, sql)])
    for event in bad:
        database.run(INSERT, [event])
    database.run("insert into baton.outbox (event, source_key) values (%s, ''), (%s, %s), (%s, %s), (%s, %s)",
                 [note(who, "k0"), note(who, "k1"), "k" * 129, note(who, "k2"), sql + who, note(who, "last"), None])
    start()
    wait_for(lambda: texts(broker, who)[-1:] == ["last"])
    told = wait_for(lambda: len(refused(database)) >= len(bad) and refused(database))
    by_position = {r["position"]: r for r in told}
    for position, (event, expected) in enumerate(bad.items(), 2):
        if expected:
            assert by_position[position]["code"] == expected, (event[:60], by_position[position])
            assert by_position[position]["reason"]
    assert texts(broker, who)[0] == sql and "k2" in texts(broker, who)
    assert len([r for r in told if "source key" in r["reason"]]) == 2
    assert database.one("select count(*) from baton.outbox") == len(bad) + 5


def test_the_same_key_is_one_event_and_other_content_is_a_conflict(broker, database, start):
    who, key = unique("customer"), unique("key")
    for event in (contact(who, "one"), contact(who, "one"), contact(who, "other")):
        database.run("insert into baton.outbox (event, source_key) values (%s, %s)", [event, key])
    database.run(INSERT, [note(who, "end")])
    start()
    wait_for(lambda: texts(broker, who)[-1:] == ["end"])
    assert texts(broker, who) == ["one", "end"]
    wait_for(lambda: [r["code"] for r in refused(database)] == ["CONFLICT"])


def test_bytes_that_are_no_text(broker, tmp_path, start):
    """A server without an encoding hands out what it was given."""
    server = postgres.Server(encoding="SQL_ASCII").start()
    try:
        database, who = server.database(), unique("customer")
        database.run("insert into baton.outbox (event) select jsonb_build_object('noteAdded', jsonb_build_object('text', "
                     "convert_from('\\xff41'::bytea, 'SQL_ASCII')))")
        database.run(INSERT, [contact(who, "good")])
        start(at=database)
        wait_for(lambda: texts(broker, who) == ["good"])
        wait_for(lambda: [r["code"] for r in refused(database)] == ["BAD_ROW"])
    finally:
        server.close()


FIELDS = Raw("""(
  { path = "kind"; column = "type"; map = ( { is = "contact"; to = "contact_logged"; }, { is = "note"; to = "note_added"; },
                                            { is = "left"; to = ""; } ); },
  { path = "occurred_at_us"; column = "at"; as = "seconds"; },
  { path = "locator.identifier.domain"; value = "crm"; },
  { path = "locator.identifier.value"; column = "Customer"; },
  { path = "contact_logged.summary"; column = "words"; },
  { path = "note_added.text"; column = "words"; }
)""")
QUERY = ('select id, type, extract(epoch from at) as at, customer as "Customer", words from shop.notes where id > $1 '
         'and id <= $3 order by id limit $2 -- to its end')
TABLE = ("create schema shop; create table shop.notes (id serial primary key, type text, at timestamptz default now(), "
         "customer text, words text)")


def test_a_query_reads_a_table_of_the_system(broker, database, start):
    who = unique("customer")
    database.run(TABLE)
    add = "insert into shop.notes (type, customer, words) values (%s, %s, %s)"
    for row in [("contact", who, "early"), ("contact", who, "'; drop table shop.notes; --"), ("left", None, None), ("other", who, "x"),
                ("note", "nobody-" + who, "x"), (None, None, None), ("note", who, "z" * 5000), ("note", who, "two")]:
        database.run(add, row)
    adapter = start(reads="query", query=QUERY, fields=FIELDS, tables=["shop.notes"], start_after=1, batch=3, poll_ms=50)
    wait_for(lambda: len(texts(broker, who)) == 2)
    slow = database.open()
    slow.cursor().execute(add, ("note", who, "three"))
    database.run(add, ("note", who, "four"))
    wait_for(lambda: waiting(database))
    slow.commit()
    wait_for(lambda: len(texts(broker, who)) == 4)
    assert texts(broker, who) == ["'; drop table shop.notes; --", "two", "three", "four"]
    adapter.stop()
    database.run(add, ("note", who, "five"))
    adapter.start()
    wait_for(lambda: len(texts(broker, who)) == 5)
    wait_for(lambda: len(refused(database)) == 4)
    assert [(r["position"], r["code"]) for r in refused(database)] == [(4, "BAD_ROW"), (5, "UNKNOWN_CASE"), (6, "BAD_ROW"),
                                                                     (7, "BAD_ROW")]


def test_rows_of_one_position_and_rows_that_settle(broker, database, start):
    who = unique("customer")
    database.run(TABLE + "; alter table shop.notes drop constraint notes_pkey, add n serial")
    database.run("insert into shop.notes (id, type, customer, words) select 1 + i / 3, case when i = 0 then 'contact' else 'note' end, "
                 "%s, 'w' || i from generate_series(0, 10) i", [who])
    keyed = Raw(FIELDS.text.replace("(", '( { path = "key"; template = "row-{n}-{Customer}"; },', 1))
    start(reads="query", query=QUERY.replace("words from", "words, n from"), fields=keyed, settle_seconds=1, batch=4, poll_ms=50)
    wait_for(lambda: len(texts(broker, who)) == 11)
    assert sorted(texts(broker, who)) == sorted(f"w{i}" for i in range(11)) and refused(database) == []


def test_what_was_sent_is_deleted_where_the_owner_wants_it(broker, database, start):
    who = unique("customer")
    database.run("alter table baton.outbox alter created_at set default now() - interval '2 days'")
    for text in ("a", "b", "c"):
        database.run(INSERT, [contact(who, text)])
    adapter = start(keep_days=1)
    wait_for(lambda: len(texts(broker, who)) == 3)
    adapter.stop()  # at its start it looks what may go
    adapter.start()
    wait_for(lambda: database.one("select count(*) from baton.outbox") == 1)
    assert texts(broker, who) == ["a", "b", "c"]
    assert database.one("select min(id) from baton.outbox") == 3, "the newest is how the adapter knows its database"


def test_an_older_backup_is_noticed(broker, database, start, server):
    who = unique("customer")
    for text in ("a", "b", "c"):
        database.run(INSERT, [contact(who, text)])
    adapter = start(poll_ms=50, source=unique("restored"))
    wait_for(lambda: len(texts(broker, who)) == 3)
    adapter.stop()
    database.run("delete from baton.outbox where id > 1")  # what a backup would not have
    database.run("select setval('baton.outbox_id_seq', 1)")
    for text in ("d", "e", "f", "g"):
        database.run(INSERT, [contact(who, text)])
    adapter.start()
    wait_for(lambda: "baton.restored()" in adapter.text())
    assert len(texts(broker, who)) == 3
    database.run("select baton.restored(1)")
    wait_for(lambda: len(texts(broker, who)) == 7)
    assert texts(broker, who) == list("abcdefg") and refused(database) == []
    wait_for(lambda: health(adapter)[-1] == "well")


def health(adapter):
    """The states that it told, in order."""
    return [line.split(" state=")[1].split()[0] for line in adapter.logged("health")]


# ---- Deliveries ----

@pytest.fixture
def care(broker):
    client = broker.client("care")
    yield client
    client.close()


def shared_case(care):
    """A case that is offered to moves: what care writes there is delivered to moves."""
    return open_case(care, topic="move.internet").case


def inbox(database, case):
    return database.run("select sequence, version, kind, delivery from baton.inbox where case_id = %s order by sequence", [case])


def dead(broker, adapter="moves"):
    return broker.ctl("show", "dead", adapter)


def test_deliveries_become_rows(care, database, start):
    start("moves", reads="nothing", writes="inbox")
    case = shared_case(care)
    hostile = "'); delete from baton.inbox; -- $1 {\"a\":\n\t\\u0000 %s"
    do(care, "note_added", case=case, text=hostile)
    wait_for(lambda: len(inbox(database, case)) >= 3)
    rows = inbox(database, case)
    assert "HandoffOffered" in [r[2] for r in rows] and rows[-1][2] == "NoteAdded"
    assert [r[1] for r in rows] == sorted(r[1] for r in rows)
    assert rows[-1][3]["recorded"]["event"]["noteAdded"]["text"] == hostile
    offer = [r[3] for r in rows if r[2] == "HandoffOffered"][0]
    assert offer["digest"] and "card" in offer
    assert database.one("select count(*) from baton.taken where adapter = 'moves' and case_id = %s", [case]) == len(rows)


STATEMENTS = Raw("""(
  { kind = "note_added"; sql = "insert into notes (sequence, ref, text, need) values ($1, $2, $3, $4)";
    parameters = ["sequence", "ref", "recorded.event.note_added.text", "card.need"]; },
  { kind = "note_added"; sql = "update total set n = n + length($1)"; parameters = ["recorded.event.note_added.text"]; },
  { kind = "fact_recorded"; sql = "insert into facts values ($1, $2)";
    parameters = ["recorded.event.fact_recorded.key", "recorded.event.fact_recorded.value"]; }
)""")
NOTES = ("create table notes (sequence bigint primary key, ref text not null, text text check (text <> 'refused'), need text); "
         "create table total (n int); insert into total values (0); create table facts (key text, value int)")


def test_statements_of_the_owner_and_what_the_data_does_not_fit(broker, care, database, start):
    database.run(NOTES)
    adapter = start("moves", reads="nothing", writes="statements", statements=STATEMENTS)
    case = shared_case(care)
    for text in ("one", "refused", "'); drop table notes; --"):
        ok(do(care, "note_added", case=case, text=text))
    ok(do(care, "fact_recorded", case=case, key="age", value="secret words"))
    ok(do(care, "fact_recorded", case=case, key="age", value="17"))
    wait_for(lambda: database.run("select * from facts") == [("age", 17)])
    rows = database.run("select text, need from notes order by sequence")
    assert rows == [("one", None), ("'); drop table notes; --", None)]
    assert database.one("select n from total") == len("one") + len(rows[1][0]), "half a delivery was written"
    told = dead(broker)
    assert "23514" in told and "22P02" in told and "secret words" not in told
    assert "secret words" not in adapter.text()


def test_a_lock_is_waited_for_and_then_asked_for_again(broker, care, database, start):
    database.run(NOTES)
    adapter = start("moves", reads="nothing", writes="statements", statements=STATEMENTS, lock_timeout_ms=100)
    case = shared_case(care)
    ok(do(care, "note_added", case=case, text="before"))
    wait_for(lambda: database.one("select n from total") == len("before"))
    holder = database.open()
    holder.cursor().execute("lock table notes in exclusive mode")
    ok(do(care, "note_added", case=case, text="patience"))
    adapter.wait_for_log("delivery-later")
    assert "55P03" in adapter.logged("delivery-later")[0]
    holder.rollback()
    wait_for(lambda: database.run("select text from notes order by sequence") == [("before",), ("patience",)])
    assert database.one("select n from total") == len("before" + "patience")


# ---- The server's troubles ----

def test_a_server_that_hangs_stops_or_only_reads_is_a_state_and_passes(broker, care, tmp_path, start):
    server = postgres.Server().start()
    try:
        database, who = server.database(), unique("customer")
        adapter = start("moves", at=database, writes="inbox", poll_ms=100, statement_timeout_ms=500, lock_timeout_ms=300)
        case = shared_case(care)
        database.run(INSERT, [contact(who, "one")])
        wait_for(lambda: texts_of(care, who) == ["one"])
        wait_for(lambda: len(inbox(database, case)) > 0)

        server.all_processes(signal.SIGSTOP)
        ok(do(care, "note_added", case=case, text="while it hangs"))
        wait_for(lambda: "no answer from the server" in adapter.text(), 30)
        server.all_processes(signal.SIGCONT)
        wait_for(lambda: inbox(database, case)[-1][2] == "NoteAdded", 30)
        wait_for(lambda: health(adapter)[-1] == "well")

        server.end(signal.SIGQUIT)
        ok(do(care, "note_added", case=case, text="while it is away"))
        wait_for(lambda: health(adapter)[-1] == "down")
        wait_for(lambda: "refused" in adapter.text())
        server.start()
        wait_for(lambda: len([r for r in inbox(database, case) if r[2] == "NoteAdded"]) == 2, 30)
        wait_for(lambda: health(adapter)[-1] == "well")

        postgres.Database(server, "postgres").run(f"alter database {database.name} set default_transaction_read_only = on")
        database.run("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'baton-postgres'")
        wait_for(lambda: "reading transactions only" in adapter.text(), 30)
        ok(do(care, "note_added", case=case, text="while it only reads"))
        postgres.Database(server, "postgres").run(f"alter database {database.name} set default_transaction_read_only = off")
        wait_for(lambda: len([r for r in inbox(database, case) if r[2] == "NoteAdded"]) == 3, 30)
        assert len(adapter.logged("health")) < 40, "a flood of lines"
        assert "NoteAdded" not in dead(broker)
    finally:
        server.close()


def texts_of(client, who):
    found = client.query(find={"identifier": {"domain": "crm", "value": who}})
    rows = found.customer.cases if code(found) == "OK" else []
    bodies = [(e.sequence, e.event.contact_logged.summary + e.event.note_added.text) for row in rows for e in history(client, row.id)]
    return [text for _, text in sorted(bodies) if text]


def test_a_database_without_the_tables_and_passwords(broker, server, start, tmp_path):
    database = server.database(ddl=())
    adapter = start(at=database, writes="inbox", poll_ms=100)
    wait_for(lambda: "run outbox.sql in this database" in adapter.text())
    database.run((postgres.SQL / "outbox.sql").read_text())
    wait_for(lambda: "run inbox.sql in this database" in adapter.text())
    database.run((postgres.SQL / "inbox.sql").read_text())
    wait_for(lambda: health(adapter)[-1] == "well")
    database.run("update baton.about set version = 2 where part = 'outbox'")
    adapter.stop()
    adapter.start()
    wait_for(lambda: "of another version" in adapter.text())


def test_a_role_of_its_own_with_a_password(broker, care, server, database, start, tmp_path):
    """As many rights as the shipped files name, and not one more."""
    role, secret = unique("adapter_").replace("-", ""), "p'w \\\" $1"
    database.run(f"create role {role} login password %s", [secret])
    for file in ("outbox.sql", "inbox.sql"):
        grants = [line.strip("- \n") for line in (postgres.SQL / file).read_text().splitlines() if line.startswith("--   grant")]
        for grant in grants:
            if "baton_adapter" in grant:
                database.run(grant.split("--")[0].replace("baton_adapter", role))
    rules = server.data / "pg_hba.conf"
    was = rules.read_text()
    rules.write_text(f"host all {role} all scram-sha-256\n" + was)
    database.run("select pg_reload_conf()")
    (tmp_path / "password").write_text(secret + "\n")
    (tmp_path / "password").chmod(0o600)
    (tmp_path / "wrong").write_text("wrong\n")
    (tmp_path / "wrong").chmod(0o600)
    where, who = database.where.replace("user=postgres", f"user={role}"), unique("customer")
    try:
        adapter = start("moves", writes="inbox", connection=where, password_file=str(tmp_path / "wrong"))
        wait_for(lambda: "password authentication failed" in adapter.text())
        adapter.stop()
        database.run("insert into baton.outbox (event) values ('{}'), (%s)", [contact(who, "hello")])
        shared_case(care)
        good = start("moves", writes="inbox", connection=where, password_file=str(tmp_path / "password"), keep_days=1)
        wait_for(lambda: texts_of(care, who) == ["hello"])
        wait_for(lambda: len(refused(database)) == 1)
        wait_for(lambda: database.one("select count(*) from baton.inbox") > 0)
        assert secret not in good.text() and health(good) in ([], ["well"])
    finally:
        rules.write_text(was)


@pytest.mark.parametrize("options, words", [
    ({"connection": "dbname=a password=b"}, "password_file"),
    ({"connection": "dbname=a nonsense=b"}, "nonsense"),
    ({"reads": "tables"}, "outbox, query or nothing"),
    ({"reads": "query"}, "$1"),
    ({"reads": "query", "query": QUERY.replace("id <= $3", "true"), "fields": FIELDS, "settle_seconds": 1}, "$3"),
    ({"reads": "query", "query": QUERY}, "fields"),
    ({"reads": "query", "query": QUERY, "fields": FIELDS}, "slow transactions"),
    ({"reads": "query", "query": QUERY + ";"}, "semicolon"),
    ({"reads": "nothing"}, "neither reads nor writes"),
    ({"writes": "statements"}, "wants at least one"),
    ({"writes": "statements", "statements": Raw('( { kind = "nothing"; sql = "x"; } )')}, "no such kind"),
    ({"writes": "statements", "statements": Raw('( { kind = "*"; sql = "x"; parameters = ["event"]; } )')}, "no such field"),
    ({"writes": "statements", "statements": Raw('( { kind = "*"; sql = "x"; paramters = []; } )')}, "paramters"),
    ({"password_file": "lax"}, "0600"),
    ({"lock_timeout_ms": 50000}, "lock_timeout_ms"),
])
def test_mistakes_in_the_configuration(broker, tmp_path, options, words):
    (tmp_path / "lax").write_text("x")
    (tmp_path / "lax").chmod(0o644)
    adapter = Adapter(broker, "baton-postgres", "sales", tmp_path, {"connection": "dbname=a", "writes": "nothing", **options})
    done = subprocess.run([harness.program("baton-postgres"), "--config", str(adapter.config), "--check"], capture_output=True,
                          text=True, timeout=20)
    assert done.returncode == 2 and words in done.stderr + done.stdout, done.stderr + done.stdout


# ---- Everything is killed, again and again ----

class Writer(threading.Thread):
    """A system that inserts its customer's events in one transaction each, some of which it takes back. What the table holds
    in the end is what has to arrive."""

    def __init__(self, database, who, seed, stop):
        super().__init__()
        self.database, self.who, self.random, self.stop, self.n = database, who, random.Random(seed), stop, 0

    def run(self):
        connection = None
        while not self.stop.is_set():
            try:
                connection = connection or self.database.open()
                with connection.cursor() as cursor:
                    for _ in range(self.random.randint(1, 3)):
                        self.n += 1
                        cursor.execute(INSERT, [note(self.who, f"{self.who} {self.n}")])
                    if self.random.random() < 0.1:
                        time.sleep(self.random.random() / 20)  # a slow one
                connection.rollback() if self.random.random() < 0.3 else connection.commit()
                time.sleep(self.random.random() / 50)
            except psycopg2.Error:
                connection = None
                time.sleep(0.05)


TOLD = Raw("""( { kind = "note_added"; sql = "insert into told values ($1, $2)";
                  parameters = ["sequence", "recorded.event.note_added.text"]; } )""")


def test_exactly_once_and_in_order_while_everything_is_killed(tmp_path):
    seed = int.from_bytes(os.urandom(4), "big")
    print("seed", seed)
    chance = random.Random(seed)
    server, broker = postgres.Server().start(), harness.fresh_broker(settings={"delivery": {"max_attempts": 100}}).start()
    database, stop = server.database(), threading.Event()
    database.run("create table told (number bigint, text text)")  # it would take one twice
    adapter = Adapter(broker, "baton-postgres", "moves", tmp_path, {
        "connection": database.where, "retry_most_ms": 200, "poll_ms": 50, "batch": 16, "statements": TOLD}).start()
    try:
        people = [unique("writer") for _ in range(4)]
        for who in people:
            database.run(INSERT, [contact(who, f"{who} 0")])
        care = broker.client("care")
        case = shared_case(care)
        wait_for(lambda: all(texts_of(care, who) for who in people))
        writers = [Writer(database, who, seed + i, stop) for i, who in enumerate(people)]
        for writer in writers:
            writer.start()
        end, told, kinds = time.monotonic() + max(7, harness.LONG), 0, ["adapter", "postgres", "broker"]
        while time.monotonic() < end or kinds:
            victim = kinds.pop(0) if kinds else chance.choice(["adapter", "postgres", "broker", "adapter"])
            time.sleep(chance.random())
            told += 1
            if victim == "adapter":
                ok(do(care, "note_added", case=case, text=f"told {told}"))
                adapter.kill()
                adapter.start()
            elif victim == "postgres":
                ok(do(care, "note_added", case=case, text=f"told {told}"))
                server.end(signal.SIGQUIT)
                server.start()
            else:
                broker.kill()
                broker.start()
                care = broker.client("care")
                ok(do(care, "note_added", case=case, text=f"told {told}"))
        stop.set()
        for writer in writers:
            writer.join()
        rows = database.run("select event from baton.outbox order by id")
        everything = [e["noteAdded"]["text"] if "noteAdded" in e else e["contactLogged"]["summary"] for (e,) in rows]
        for who in people:
            expected = [t for t in everything if t.startswith(who + " ")]
            assert len(expected) > 10
            wait_for(lambda: len(texts_of(care, who)) >= len(expected), 60, "all events")
            assert texts_of(care, who) == expected
        wait_for(lambda: told_to(database)[-1:] == [f"told {told}"], 60, "all deliveries")
        assert told_to(database) == [f"told {i + 1}" for i in range(told)]
        assert refused(database) == [] and "NoteAdded" not in dead(broker)
        assert "Sanitizer" not in adapter.text() and "runtime error" not in adapter.text()
    finally:
        stop.set()
        adapter.close()
        harness.remove(broker)
        server.close()


def told_to(database):
    return [text for (text,) in database.run("select text from told order by number")]
