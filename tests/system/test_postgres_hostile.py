"""The PostgreSQL adapter and data, servers and halts that nobody wishes for: one row costs one row, and nothing grows."""
import contextlib
import os
import signal
import socket
import struct
import threading
import time

import pytest

import harness
import postgres
from adapter import Adapter
from events import do, ok, unique
from harness import wait_for
from test_postgres import FIELDS, INSERT, QUERY, TABLE, contact, health, inbox, note, refused, shared_case, texts, texts_of
from test_postgres import broker, care, database, server, start  # noqa: F401

ADD = "insert into shop.notes (type, customer, words) values (%s, %s, %s)"
FRAGILE = QUERY.replace("words from", "case when words like 'bad%' then words::int::text else words end as words from")


def peak_kib(adapter):
    with open(f"/proc/{adapter.process.pid}/status", encoding="ascii") as f:
        return int(next(line for line in f if line.startswith("VmHWM")).split()[1])


# ---- Rows ----

@pytest.mark.parametrize("plan", ["by the index", "sorted"])
def test_a_row_on_which_the_query_fails_is_refused_and_the_rest_goes_on(broker, database, start, plan):
    who = unique("customer")
    database.run(TABLE + ("; alter table shop.notes drop constraint notes_pkey" if plan == "sorted" else ""))
    words = ["bad start", "one", "two", "bad", "bad", "three", "bad secret", "four", "five", "six", "seven", "bad end"]
    database.run(ADD, ["contact", who, "zero"])
    for w in words:
        database.run(ADD, ["note", who, w])
    adapter = start(reads="query", query=FRAGILE, fields=FIELDS, tables=["shop.notes"], batch=4, poll_ms=50)
    wait_for(lambda: len(texts(broker, who)) == 8)
    wait_for(lambda: len(refused(database)) == 5)
    database.run(ADD, ["note", who, "eight"])
    wait_for(lambda: len(texts(broker, who)) == 9)
    assert texts(broker, who) == ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight"]
    told = refused(database)
    assert [r["position"] for r in told] == [2, 5, 6, 8, 13] and {r["code"] for r in told} == {"BAD_ROW"}
    assert all("22P02" in r["reason"] for r in told) and "secret" not in adapter.text() + str(told)
    assert adapter.logged("row-refused") and "down" not in health(adapter)
    adapter.stop()
    adapter.start()
    database.run(ADD, ["note", who, "nine"])
    wait_for(lambda: len(texts(broker, who)) == 10)
    assert len(refused(database)) == 5


def test_a_query_that_fails_on_every_row_stops_visibly_and_goes_on_when_mended(broker, database, start):
    who = unique("customer")
    database.run(TABLE)
    database.run(ADD, ["contact", who, "zero"])
    database.run("insert into shop.notes (type, customer, words) select 'note', %s, 'bad ' || i from generate_series(1, 130) i", [who])
    adapter = start(reads="query", query=FRAGILE, fields=FIELDS, tables=["shop.notes"], poll_ms=50)
    wait_for(lambda: "row after row" in adapter.text(), 40)
    assert len(refused(database)) <= 100
    database.run("update shop.notes set words = 'good' where id >= 102")
    wait_for(lambda: len(texts(broker, who)) == 31, 40)
    assert len(texts(broker, who)) + len(refused(database)) == 131
    wait_for(lambda: health(adapter)[-1] == "well")


def test_a_row_that_cannot_be_said_in_utf_8(broker, start):
    server = postgres.Server(encoding="EUC_JP").start()
    try:
        database, who = server.database(), unique("customer")
        for text in ("one", None, "two"):
            if text:
                database.run(INSERT, [contact(who, text) if text == "one" else note(who, text)])
            else:
                database.run("insert into baton.outbox (event) select jsonb_build_object('noteAdded', jsonb_build_object('text', "
                             "convert_from('\\xa9a1'::bytea, 'EUC_JP')))")
        start(at=database)
        wait_for(lambda: texts(broker, who) == ["one", "two"])
        wait_for(lambda: [(r["position"], r["code"]) for r in refused(database)] == [(2, "BAD_ROW")])
        assert "22P05" in refused(database)[0]["reason"]
    finally:
        server.close()


def test_a_field_of_200_mb_and_one_of_bytes_are_not_fetched(broker, database, start):
    who = unique("customer")
    database.run(TABLE + "; alter table shop.notes add picture bytea, add deep jsonb")
    database.run(ADD, ["contact", who, "zero"])
    database.run("insert into shop.notes (type, customer, words) values ('note', %s, repeat('x', 200 * 1024 * 1024))", [who])
    database.run("insert into shop.notes (type, customer, words, picture, deep) values ('note', %s, 'one', "
                 "decode(repeat('00', 1000), 'hex'), (repeat('[', 3000) || repeat(']', 3000))::jsonb)", [who])
    database.run(ADD, [None, None, None])
    database.run(ADD, ["note", who, "two"])
    adapter = start(reads="query", query=QUERY.replace("words from", "words, picture, deep from"), fields=FIELDS, tables=["shop.notes"])
    wait_for(lambda: texts(broker, who) == ["zero", "one", "two"])
    wait_for(lambda: [(r["position"], r["reason"]) for r in refused(database)][:1] == [(2, "too long: column words")])
    assert peak_kib(adapter) < 150 * 1024


def test_the_largest_position_there_is_hides_no_row_behind_it(broker, database, start):
    who = unique("customer")
    database.run(TABLE + "; alter table shop.notes alter id type bigint")
    database.run(ADD, ["contact", who, "zero"])
    database.run("insert into shop.notes (id, type, customer, words) values (9223372036854775807, 'note', %s, 'last')", [who])
    adapter = start(reads="query", query=QUERY, fields=FIELDS, tables=["shop.notes"], poll_ms=50)
    wait_for(lambda: [line for line in adapter.logged("health") if "largest position" in line])
    database.run("delete from shop.notes where words = 'last'")
    database.run(ADD, ["note", who, "one"])
    wait_for(lambda: texts(broker, who) == ["zero", "one"])


def test_notifications_without_end_are_no_work_without_end(server, database, start):
    """Anybody in the database may notify. Looks that find nothing are 10 ms apart, at least."""
    database.run(f"alter database {database.name} set log_statement = 'all'")
    start(poll_ms=3600000)

    def looks():
        return (server.folder / "log").read_text(errors="replace").count("execute <unnamed>: select max(id) from baton.outbox")
    before = looks()
    wait_for(lambda: looks() > before)
    before, since, c = looks(), time.monotonic(), postgres.connect(database.where)
    for _ in range(4000):
        postgres.run(c, "notify baton_outbox")
    c.close()
    assert looks() - before <= 100 * (time.monotonic() - since) + 10


# ---- A server that is none ----

def message(kind, body):
    return kind + struct.pack(">I", len(body) + 4) + body


AUTH_OK = message(b"R", struct.pack(">I", 0))
READY = message(b"S", b"server_version\x0015.1\0") + message(b"S", b"client_encoding\0UTF8\0") + message(b"Z", b"I")
NOTICE = message(b"N", b"SNOTICE\0C00000\0M" + b"x" * 1000 + b"\0\0")
COLUMN = message(b"1", b"") + message(b"2", b"") + message(
    b"T", struct.pack(">H", 1) + b"a\0" + struct.pack(">IHIhih", 0, 0, 25, -1, -1, 0))
ROW = message(b"D", struct.pack(">HI", 1, 1 << 20) + b"x" * (1 << 20))


class Impostor:
    """Takes connections and says what it is told to; the last piece over and over."""

    def __init__(self, before, after=b"", endless=b""):
        self.door, self.port, self.count, self.over = socket.socket(), 0, 0, False
        self.door.bind(("127.0.0.1", 0))
        self.door.listen(8)
        self.port, self.words = self.door.getsockname()[1], (before, after, endless)
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.over:
            with contextlib.suppress(OSError):
                client, _ = self.door.accept()
                self.count += 1
                with client:
                    self.talk(client, *self.words)

    def talk(self, client, before, after, endless):
        client.settimeout(10)
        client.recv(10000)
        client.sendall(before)
        if after:
            client.recv(100000)
            client.sendall(after)
        while endless and not self.over:
            client.sendall(endless)

    def close(self):
        self.over = True
        with contextlib.suppress(OSError):
            self.door.shutdown(socket.SHUT_RDWR)
        self.door.close()


IMPOSTORS = {
    "garbage": ((os.urandom(4000),), "down"),
    "a length of 4 GB": ((b"R\xff\xff\xff\xff" + b"x" * 1000,), "down"),
    "a negative length": ((AUTH_OK + READY, b"T\x80\x00\x00\x00" + b"x" * 1000), "down"),
    "closes after each word": ((AUTH_OK + READY, b"1"), "down"),
    "another protocol": ((b"HTTP/1.1 400 Bad Request\r\n\r\n" * 20,), "down"),
    "notices without end while connecting": ((AUTH_OK, b"", NOTICE * 64), "no answer from the server while connecting"),
    "rows without end": ((AUTH_OK + READY, COLUMN, ROW), "more than was asked for"),
    "settings without end": ((AUTH_OK + READY, b"", b"".join(message(b"S", b"name%d\0" % i + b"x" * 60000 + b"\0") for i in range(100))),
                             "server"),
}


@pytest.mark.parametrize("name", IMPOSTORS)
def test_a_server_that_is_none_is_a_state_and_costs_little(start, name):
    words, said = IMPOSTORS[name]
    impostor = Impostor(*words)
    adapter = start(connection=f"host=127.0.0.1 port={impostor.port} dbname=a user=b sslmode=disable gssencmode=disable connect_timeout=2",
                    retry_most_ms=2000, statement_timeout_ms=500, lock_timeout_ms=300)
    try:
        wait_for(lambda: [line for line in adapter.logged("health") if said in line], 30, said)
        assert peak_kib(adapter) < 500 * 1024
        assert len(adapter.text().splitlines()) < 60 and impostor.count < 60
    finally:
        adapter.stop()  # it listens to signals all the while
        impostor.close()


# ---- Halts ----

def test_what_happens_while_the_adapter_is_stopped_is_taken_afterwards(broker, care, database, start):
    who = unique("customer")
    adapter = start("moves", writes="inbox", poll_ms=50)
    case = shared_case(care)
    database.run(INSERT, [contact(who, "one")])
    wait_for(lambda: texts_of(care, who) == ["one"])
    os.kill(adapter.process.pid, signal.SIGSTOP)
    try:
        database.run(INSERT, [note(who, "two")])
        ok(do(care, "note_added", case=case, text="while it stands still"))
    finally:
        os.kill(adapter.process.pid, signal.SIGCONT)
    wait_for(lambda: texts_of(care, who) == ["one", "two"])
    wait_for(lambda: [r for r in inbox(database, case) if r[2] == "NoteAdded"])
    assert len([r for r in inbox(database, case) if r[2] == "NoteAdded"]) == 1 and refused(database) == []


def test_what_happens_while_the_broker_is_stopped_is_taken_afterwards(database, start):
    made, who = harness.fresh_broker().start(), unique("customer")
    adapter = Adapter(made, "baton-postgres", "moves", made.folder.parent / "adapter", {
        "connection": database.where, "retry_most_ms": 300, "poll_ms": 50, "source": unique("source"), "writes": "inbox"}).start()
    try:
        database.run(INSERT, [contact(who, "one")])
        wait_for(lambda: texts(made, who) == ["one"])
        os.kill(made.process.pid, signal.SIGSTOP)
        try:
            for i in range(50):
                database.run(INSERT, [note(who, f"n{i}")])
            wait_for(lambda: database.run("select 1 from pg_stat_activity where application_name = 'baton-postgres' "
                                          "and query like '%max(id)%' or query like '%order by id limit%'"))
        finally:
            os.kill(made.process.pid, signal.SIGCONT)
        wait_for(lambda: len(texts(made, who)) == 51, 40)
        assert texts(made, who) == ["one"] + [f"n{i}" for i in range(50)] and refused(database) == []
    finally:
        adapter.close()
        harness.remove(made)
