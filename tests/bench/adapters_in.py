"""The ways in that adapters.py measures: each makes a load ready in its department's system, which then says it in one moment."""
import json
import os
import re
import time

import http_door
import mailrig
import mailservers
import postgres
from adapter import Adapter, Raw
from adapters_http import Posts
from adapters_place import Way


class In(Way):
    def burst(self, n):
        """Seconds from when the system says a load until the broker has it."""
        made, before = self.make(self.place.notes("stored", n)[1]), self.place.accepted()
        since = time.monotonic_ns()
        self.commit(made)
        return (self.place.wait_accepted(before + n, 60, self.name)[1] - since) / 1e9

    def latency(self, n):
        return self.place.relayed(self.kind, n, self.per_s, lambda note: self.commit(self.make([note])))


class FileIn(In):
    """Rows of a file that is moved into the folder."""
    name, code = "file in", "file"

    def start(self):
        fields = Raw("""( { path = "kind"; value = "note_added"; }, { path = "key"; column = "key"; },
          { path = "locator.id"; column = "case"; }, { path = "note_added.text"; column = "text"; } )""")
        self.adapter = Adapter(self.place.broker, "baton-file", "file", self.folder, {"folder": "drop", "fields": fields})
        (self.folder / "drop").mkdir()
        super().start()

    def make(self, notes):
        path = self.folder / "drop" / f"{notes[0].key}.csv.part"
        path.write_text("key,case,text\n" + "".join(f"{n.key},{n.case},{n.text}\n" for n in notes))
        return path

    def commit(self, path):
        path.rename(path.with_suffix(""))


class ExecIn(In):
    """Lines of a program: cat, of a pipe."""
    name, code = "exec in", "exec"

    def start(self):
        self.folder.mkdir()
        os.mkfifo(self.folder / "pipe")
        self.adapter = Adapter(self.place.broker, "baton-exec", "exec", self.folder,
                               {"command": "/bin/cat pipe", "directory": ".", "listens": False})
        super().start()
        self.pipe = self.own(open(self.folder / "pipe", "wb", buffering=0))

    def make(self, notes):
        return "".join(json.dumps({"key": n.key, "event": n.json}) + "\n" for n in notes).encode()

    def commit(self, text):
        view = memoryview(text)
        while view:
            view = view[self.pipe.write(view):]


class HttpIn(In):
    """Requests of one event each, on 32 connections."""
    name, code, per, connections, statuses, options = "http in, single events", "http", 1, 32, (201,), {}

    def start(self):
        clients = [{**c, "department": "sender"} for c in http_door.CLIENTS]
        self.adapter = self.own(http_door.Door(self.place.broker, self.folder, clients=clients, sources=Raw("()"), **self.options))
        self.adapter.start()
        self.posts, self.one = (self.own(Posts(self.adapter.port, n)) for n in (self.connections, 1))

    def make(self, notes):
        made = []
        for at in range(0, len(notes), self.per):
            part = [{"key": n.key, **n.json} for n in notes[at:at + self.per]]
            body = json.dumps(part[0] if self.per == 1 else {"events": part}).encode()
            made.append((f"POST /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {self.adapter.tokens['shop']}\r\n"
                         f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body)
        return made

    def commit(self, requests):
        (self.one if len(requests) == 1 else self.posts).send(requests, self.statuses)


class HttpBatches(HttpIn):
    """Requests of 100 events each, on 2 connections: more would not fit into what an adapter has in flight."""
    name, per, connections, statuses, per_s = "http in, 100 at a time", 100, 2, (200, 201), 0


class HttpSpool(HttpIn):
    """Single events that are answered once they are in the spool."""
    name, statuses, options = "http in, spool", (202,), {"spool": {"folder": "spool", "key_file": "spool.key", "max_mb": 1024}}


class HttpDrain(HttpSpool):
    """What waited in the spool while there was no broker."""
    name, per, connections, per_s, fixed = "http in, spool drained", 100, 4, 0, 10000

    def burst(self, n):
        """Seconds from when the broker, back again, has the first of them until it has all."""
        self.place.leave()
        requests = self.make(self.place.notes("stored", n)[1])
        self.place.broker.stop()
        self.commit(requests)
        self.place.broker.start()
        had, since = self.place.wait_accepted(1, 60, self.name)
        return (self.place.wait_accepted(n, 60, self.name)[1] - since) * n / (n - had) / 1e9


class MailIn(In):
    """Mails that the IMAP server takes (APPEND), of 50 people, without the mail server's own way there."""
    name, code, kind, per_s = "mail in", "mail", "ContactLogged", 2

    def start(self):
        self.servers = self.own(mailservers.Servers())
        self.servers.start()
        topics = Raw("""( { to = "stored@example.org"; topic = "stored"; }, { to = "relayed@example.org"; topic = "relayed"; } )""")
        self.adapter = mailrig.mail_adapter(self.place.broker, self.servers, self.folder, "mail", topic="", topics=topics)
        super().start()
        self.imap = self.servers.imap(self.adapter.box)

    def make(self, notes):
        stored = notes[0].case in self.place.cases["stored"]
        to = "stored" if stored else "relayed"
        return [mailservers.mail(f"{to}-{i % 50}@example.com", f"{to}@example.org", text=re.sub("(.{,70})", r"\1\n", n.text))
                for i, n in enumerate(notes)]

    def commit(self, mails):
        for raw in mails:
            assert self.imap.append("INBOX", "", None, raw)[0] == "OK"


class PostgresIn(In):
    """Rows of the outbox: of one commit, or one by one."""
    name, code = "postgres in", "postgres"

    def start(self):
        self.server = self.own(postgres.Server())
        self.server.start()
        self.base = self.server.database()
        self.adapter = Adapter(self.place.broker, "baton-postgres", "database", self.folder,
                               {"connection": self.base.where, "writes": "nothing"})
        super().start()
        self.connection = self.own(self.base.open())

    def make(self, notes):
        text = json.dumps([n.json for n in notes])
        with self.connection.cursor() as cursor:
            cursor.execute("insert into baton.outbox (event) select e::jsonb from jsonb_array_elements(%s::jsonb) e", [text])

    def commit(self, _):
        self.connection.commit()


WAYS_IN = (FileIn, ExecIn, HttpIn, HttpBatches, HttpSpool, MailIn, PostgresIn)
