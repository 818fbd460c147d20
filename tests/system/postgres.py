"""Runs PostgreSQL servers of Debian for the tests: a folder of their own, as the user postgres, on loopback and a socket."""
import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

import psycopg2

import harness

BINARIES = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))[-1] if pathlib.Path("/usr/lib/postgresql").exists() else None
SQL = harness.TREE / "conf/adapters/postgres"


class Server:
    """One cluster, with the databases that tests make in it."""

    def __init__(self, encoding="UTF8"):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="pg-"))
        self.data, self.port, self.process, self.number = self.folder / "data", harness.free_port(), None, 0
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
        self.command("initdb", "-D", self.data, "-E", encoding, "--locale=C", "-A", "trust", "-U", "postgres", "--no-sync")
        with open(self.data / "postgresql.conf", "a", encoding="ascii") as conf:
            conf.write(f"port = {self.port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = '{self.folder}'\n"
                       "fsync = on\nmax_connections = 60\nmax_prepared_transactions = 4\nlog_lock_waits = on\n"
                       "shared_buffers = 16MB\n")

    @staticmethod
    def as_postgres(words):
        user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
        return user + [str(w) for w in words]

    def command(self, name, *words):
        done = subprocess.run(self.as_postgres([BINARIES / name, *words]), capture_output=True, text=True, timeout=120,
                              cwd=self.folder)
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self):
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(self.as_postgres([BINARIES / "postgres", "-D", self.data]), stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL, cwd=self.folder)
        harness.wait_for(self.answers, 60, "PostgreSQL")
        return self

    def answers(self):
        assert self.process.poll() is None, (self.folder / "log").read_text()[-3000:]
        try:
            psycopg2.connect(self.where("postgres")).close()
            return True
        except psycopg2.OperationalError:
            return False

    def end(self, how=signal.SIGINT):
        """SIGINT: a fast stop; SIGQUIT: at once, as a crash."""
        self.process.send_signal(how)
        self.process.wait(60)
        self.process = None

    def all_processes(self, how):
        """A signal to the server and everything that it started; what has just ended needs none."""
        pids = [self.process.pid]
        for pid in pids:
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                pids += map(int, pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, how)

    def where(self, name, user="postgres"):
        return f"host=127.0.0.1 port={self.port} dbname={name} user={user}"

    def database(self, ddl=("outbox.sql", "inbox.sql")):
        """A new database with the shipped tables."""
        self.number += 1
        name = f"d{self.number}"
        Database(self, "postgres").run(f"create database {name}")
        made = Database(self, name)
        for file in ddl:
            made.run((SQL / file).read_text())
        return made

    def close(self):
        if self.process:
            self.end(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)


def connect(where):
    made = psycopg2.connect(where)
    made.autocommit = True
    return made


def run(connection, sql, values=None):
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall() if cursor.description else None


class Database:
    def __init__(self, server, name):
        self.server, self.name = server, name
        self.where = server.where(name)

    def run(self, sql, values=None):
        c = connect(self.where)
        try:
            return run(c, sql, values)
        finally:
            c.close()

    def one(self, sql, values=None):
        return self.run(sql, values)[0][0]

    def open(self):
        """A connection whose transactions the test ends itself."""
        return psycopg2.connect(self.where)
