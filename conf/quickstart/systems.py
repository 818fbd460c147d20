"""What people do at the systems of the departments: at a desk, in the web shop, in a mailbox, in a database.

The story asks stage.py's systems.json which of them there are; a department without one works at a desk (clerk.py).
"""
import email.message
import email.policy
import email.utils
import imaplib
import json
import os
import smtplib
import subprocess
import sys
import time

import shop

CARE, TEAM = "care@example.org", "care-team@example.org"


def poll(look, otherwise):
    """What look() gives, once it gives something."""
    end = time.monotonic() + 20
    while not (found := look()):
        if time.monotonic() > end:
            sys.exit(otherwise)
        time.sleep(0.05)
    return found


class Mailbox:
    """Customer care's mail: the mailbox that baton-mail reads, and the team's own, where people read and reply."""

    def __init__(self, folder, imap, smtp):
        self.folder, self.ports = folder, (imap, smtp)
        self.password = (folder / "keys" / "care-mail.password").read_text().strip()

    def box(self, name):
        box = imaplib.IMAP4("127.0.0.1", self.ports[0])
        box.login(name, self.password)
        box.select("INBOX")
        return box

    @staticmethod
    def make(sender, to, subject, text, **headers):
        mail = email.message.EmailMessage(policy=email.policy.SMTP)
        mail["From"], mail["To"], mail["Subject"] = sender, to, subject
        mail["Date"], mail["Message-ID"] = email.utils.localtime(), email.utils.make_msgid(domain="example.org")
        for name, value in headers.items():
            mail[name.replace("_", "-")] = value
        mail.set_content(text)
        return mail

    def comes_in(self, sender, subject, text):
        """A customer's mail. It is laid into the mailbox without a time, and so counts as now in the story's time: had it been sent,
        the time at which the server got it, today, would count, and the journey would show it days before the story."""
        with self.box("care") as box:
            mail = self.make(sender, CARE, subject, text)
            assert box.append("INBOX", "", '"01-Jan-1970 00:00:00 +0000"', mail.as_bytes())[0] == "OK"

    def notice(self, words):
        """The mail in the team's mailbox with these words in its subject."""
        with self.box("care-team") as box:
            for part in reversed(box.uid("FETCH", "1:*", "(BODY.PEEK[])")[1]):
                if isinstance(part, tuple) and words in (mail := email.message_from_bytes(part[1], policy=email.policy.default))["Subject"]:
                    return mail
        return None

    def wait_for(self, words):
        return poll(lambda: self.notice(words), f"no mail about {words!r} came to {TEAM}: see {self.folder}/care-mail.log")

    def reply(self, to, text):
        with smtplib.SMTP("127.0.0.1", self.ports[1]) as server:
            server.send_message(self.make(TEAM, to["Reply-To"] or CARE, f"Re: {to['Subject']}", text, In_Reply_To=to["Message-ID"]))


class Database:
    """Billing's tables."""

    def __init__(self, folder, database, psql):
        self.folder = folder
        self.words = [psql, "-X", "-q", "-A", "-t", "-h", database, "-U", "billing", "-d", "billing", "-v", "ON_ERROR_STOP=1"]
        if os.geteuid() == 0:
            self.words[:0] = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]

    def run(self, sql, user="billing_app", **values):
        """psql puts the values in where the text has :'name'."""
        sets = [word for name, value in values.items() for word in ("-v", f"{name}={value}")]
        done = subprocess.run([*self.words, "-U", user, *sets], input=sql, text=True, capture_output=True, timeout=60, cwd="/")
        if done.returncode:
            sys.exit(f"billing's database: {done.stderr}")
        return done.stdout.strip()

    def tell(self, **event):
        self.run("insert into baton.outbox (event) values (:'event');", event=json.dumps(event))

    def wait_for(self, kind):
        """The newest delivery of a kind."""
        found = poll(lambda: self.run("select delivery from baton.inbox where kind = :'kind' order by received_at desc limit 1;", kind=kind),
                     f"{kind} never came to billing's baton.inbox: see {self.folder}/billing.log")
        return json.loads(found)


class Webhook:
    """The web shop calls Baton when its form fails."""

    def __init__(self, folder, port):
        self.folder, self.port = folder, port

    def fails(self, calls):
        for call in calls:
            shop.call(self.folder, self.port, **call)


class Log:
    """The web shop only writes a log, and baton-exec with attempts.sh reports what stands there."""

    def __init__(self, folder, build):
        self.folder, self.build = folder, build

    def fails(self, calls):
        (self.folder / "shop.log").write_text("".join(f"{c['request']} {c['created']} {c['form']} {c['error'] or '-'} {c['mail']}\n" for c in calls))
        done = subprocess.run([f"{self.build}/adapters/baton-exec", "--config", str(self.folder / "web-shop.conf")],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        (self.folder / "web-shop.log").write_text(done.stderr)
        if done.returncode:
            sys.exit(done.stderr)
