"""The servers of two departments: Dovecot and exim for customer care's mailbox, PostgreSQL for billing.

They refuse to run as root, and other users cannot enter a folder of root's: so theirs is in the temporary folder, with one part
for each user, mode 0700. Loopback and sockets only; nothing of the machine's own mail or databases is touched.
"""
import imaplib
import os
import pathlib
import secrets
import shutil
import smtplib
import string
import subprocess
import time

HERE = pathlib.Path(__file__).parent
SQL = HERE.parent / "adapters" / "postgres"


class Unavailable(Exception):
    """A server that is not there, or does not start; why, for people."""


def fill(name, **values):
    return string.Template((HERE / name).read_text()).substitute(values)


def private(path, text):
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as f:
        f.write(text)


def run_as(user, group):
    """Words before a command: as this user, where we are root."""
    return ["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups"] if os.geteuid() == 0 else []


def place(folder, name, user, group):
    made = folder / name
    made.mkdir(mode=0o700)
    if os.geteuid() == 0:
        shutil.chown(made, user, group)
    return made


def call(*words):
    done = subprocess.run([str(w) for w in words], capture_output=True, text=True, timeout=60, cwd="/")
    if done.returncode:
        raise Unavailable(f"{words[-1]}: {(done.stderr or done.stdout).strip()[-300:]}")
    return done.stdout


def wait_until(answers, process, log):
    """Until the server answers; answers() raises OSError or Unavailable as long as it does not."""
    end = time.monotonic() + 20
    while True:
        try:
            return answers()
        except (OSError, Unavailable) as why:
            if process.poll() is not None or time.monotonic() > end:
                raise Unavailable(f"{why}: {log.read_text()[-300:] if log.exists() else ''}") from why
            time.sleep(0.05)


def mail(stage, folder):
    """Dovecot and exim, with the mailboxes care and care-team."""
    for program in ("dovecot", "exim4"):
        if not pathlib.Path("/usr/sbin", program).exists():
            raise Unavailable(f"{program} is not installed")
    root = os.geteuid() == 0
    user, group = ("nobody", "nogroup") if root else (str(os.getuid()), str(os.getgid()))
    if not root:
        user, group = (subprocess.check_output(["id", flag], text=True).strip() for flag in ("-un", "-gn"))
    home = place(folder, "mail", user, group)
    values = {"folder": home, "user": user, "group": group, "password": secrets.token_hex(16),
              "imap": stage.port(1143), "smtp": stage.port(1025)}
    for name in ("dovecot.conf", "exim.conf"):
        private(home / name, fill(name, **values))
    for name in ("mail", "spool", "run", "state", "home"):
        (home / name).mkdir()
    if root:
        for entry in home.iterdir():
            shutil.chown(entry, user, group)
    dovecot = stage.run("dovecot", ["/usr/sbin/dovecot", "-F", "-c", home / "dovecot.conf"])
    exim = stage.run("exim", [*run_as(user, group), "/usr/sbin/exim4", "-C", home / "exim.conf", "-bdf", "-q1m"])
    wait_until(lambda: imaplib.IMAP4("127.0.0.1", values["imap"]).logout(), dovecot, home / "dovecot.log")
    wait_until(lambda: smtplib.SMTP("127.0.0.1", values["smtp"]).quit(), exim, home / "exim-main.log")
    keys = stage.folder / "keys"
    private(keys / "care-mail.password", values["password"] + "\n")
    private(keys / "care-mail.token", secrets.token_hex(32) + "\n")
    return {"imap": values["imap"], "smtp": values["smtp"]}


def postgres(stage, folder):
    """A PostgreSQL cluster with billing's database, the tables of Baton in it, and roles for both sides."""
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    if not found:
        raise Unavailable("PostgreSQL is not installed")
    binaries, home = found[-1].parent, place(folder, "postgres", "postgres", "postgres")
    words = run_as("postgres", "postgres")
    call(*words, binaries / "initdb", "-D", home / "data", "-U", "billing", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
    # No TCP: trust is for those who may enter the folder.
    server = stage.run("postgres", [*words, binaries / "postgres", "-D", home / "data", "-k", home, "-c", "listen_addresses=",
                                    "-c", "shared_buffers=16MB"])
    psql = [*words, binaries / "psql", "-X", "-q", "-h", home, "-U", "billing", "-v", "ON_ERROR_STOP=1"]
    wait_until(lambda: call(*psql, "-d", "postgres", "-c", "select 1"), server, stage.folder / "postgres.log")
    call(*psql, "-d", "postgres", "-c", "create database billing")
    for script in (SQL / "outbox.sql", SQL / "inbox.sql", HERE / "billing.sql"):
        done = subprocess.run([str(w) for w in psql] + ["-1", "-d", "billing"], input=script.read_text(), text=True, capture_output=True, cwd="/")
        if done.returncode:
            raise Unavailable(f"{script.name}: {done.stderr}")
    return {"database": str(home), "psql": str(binaries / "psql")}
