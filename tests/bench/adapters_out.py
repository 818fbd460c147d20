"""The ways out that adapters.py measures: each counts what has come to its department's system."""
import json
import re
import select
import threading
import time

import harness
import mailrig
import mailservers
import postgres
from adapter import Adapter
from adapters_http import Calls
from adapters_place import Way, pace, percentiles, run_and_time
from events import event, submit_all


class Out(Way):
    """come: of each run, how long after its stamp each event came."""

    def start(self):
        self.come, self.last, self.open = {}, 0, True
        super().start()
        self.watcher = threading.Thread(target=self.watch, daemon=True)
        self.watcher.start()
        self.ends.callback(self.end)

    def heard(self, text):
        now, stamp = time.monotonic_ns(), run_and_time(text)
        if stamp:
            self.come.setdefault(stamp[0], []).append(now - stamp[1])
            self.last = now

    def event(self, note):
        return note.event

    def wait(self, run, n):
        harness.wait_for(lambda: len(self.come.get(run, [])) >= n or not self.watcher.is_alive(), 60, f"{self.name}: {n} events")
        came = len(self.come.get(run, []))
        assert came == n, f"{self.name}: {came} of {n} events came"

    def burst(self, n):
        """Seconds from the first submit until the system has all."""
        run, notes = self.place.notes(self.topic, n)
        events, client = [self.event(note) for note in notes], self.place.sender()
        since = time.monotonic_ns()
        wrong = [r for r in submit_all(client, events, 64) if r.code]
        assert not wrong, f"{self.name}: {len(wrong)} events refused: {wrong[0].text}"
        self.wait(run, n)
        return (self.last - since) / 1e9

    def latency(self, n):
        run, _ = next(self.place.runs), self.place.sender()

        def say(i):
            note = self.place.note(run, self.topic, i)
            self.place.submit(note.key, self.event(note))
        pace(n, self.per_s, say)
        self.wait(run, n)
        return percentiles(self.come[run])

    def end(self):
        self.open = False
        self.watcher.join()


class HooksOut(Out):
    """Calls to a server that answers each at once."""
    name, code, topic = "http hooks out", "http", "called"

    def start(self):
        self.server = self.own(Calls(self.body))
        self.adapter = Adapter(self.place.broker, "baton-http", "called", self.folder, {
            "hooks": {"targets": [{"name": "crm", "url": f"http://127.0.0.1:{self.server.port}/hooks"}]}})
        super().start()

    def watch(self):
        self.server.serve(lambda: self.open)

    def body(self, raw):
        self.heard(json.loads(raw)["recorded"]["event"].get("noteAdded", {}).get("text", ""))


class MailOut(Out):
    """Questions to the department, which the SMTP server takes and puts into a mailbox."""
    name, code, topic, per_s = "mail out", "mail", "mailed", 2

    def start(self):
        self.servers = self.own(mailservers.Servers())
        self.servers.start()
        self.adapter = mailrig.mail_adapter(self.place.broker, self.servers, self.folder, "mailed", topic="mailed")
        super().start()

    def event(self, note):
        return event("question_asked", case=note.case, to="mailed", text=note.text[:200])

    def watch(self):
        box, seen = self.servers.folder / "mail/staff/new", set()
        while self.open:
            for path in list(box.iterdir()) if box.is_dir() else []:
                if path.name not in seen:
                    seen.add(path.name)
                    found = re.search(r"\b[0-9a-f]{16}\s+[0-9]{20}\s+[0-9]{10}\b", path.read_text())
                    self.heard(found[0] if found else "")
            time.sleep(0.002)


class PostgresOut(Out):
    """Rows of the inbox, which the system takes out when it is notified."""
    name, code, topic = "postgres out", "postgres", "rows"

    def start(self):
        self.server = self.own(postgres.Server())
        self.server.start()
        self.base = self.server.database()
        self.adapter = Adapter(self.place.broker, "baton-postgres", "rows", self.folder,
                               {"connection": self.base.where, "reads": "nothing"})
        super().start()

    def watch(self):
        connection = postgres.connect(self.base.where)
        postgres.run(connection, "listen baton_inbox")
        while self.open:
            select.select([connection], [], [], 0.1)
            connection.poll()
            if connection.notifies:
                connection.notifies.clear()
                for row in postgres.run(connection, "delete from baton.inbox returning "
                                                    "delivery->'recorded'->'event'->'noteAdded'->>'text'"):
                    self.heard(row[0] or "")
        connection.close()


WAYS_OUT = (HooksOut, MailOut, PostgresOut)
