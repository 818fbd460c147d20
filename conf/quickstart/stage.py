#!/usr/bin/env python3
"""Sets the stage for the story: keys, a configuration, the systems of departments, a broker and its adapters.

  stage.py FOLDER BUILD [http] [mail] [postgres]

FOLDER is made. The web shop has a webhook (http), customer care a mailbox (mail), billing a database (postgres), where these are
named and their servers start; otherwise baton-exec plays them too. Everything that is started has its pid in FOLDER/NAME.pid;
running.sh ends it.
"""
import json
import os
import pathlib
import secrets
import socket
import subprocess
import sys
import tempfile
import time

import servers

HERE = pathlib.Path(__file__).parent
CONF = HERE.parent
NAMES = ("web-shop", "customer-care", "customer-care-lead", "care-mail", "sales", "moves", "moves-manager", "billing")
DESKS = ("customer-care", "sales", "moves", "moves-manager", "billing")


class Stage:
    def __init__(self, folder, build):
        self.folder, self.build = pathlib.Path(folder), pathlib.Path(build)
        self.given, self.started = set(), []
        self.systems = {}

    def port(self, first):
        """The first free one of a hundred."""
        for port in range(first, first + 100):
            with socket.socket() as s:
                try:
                    s.bind(("127.0.0.1", port))
                except OSError:
                    continue
                if port not in self.given:
                    self.given.add(port)
                    return port
        sys.exit(f"no port is free from {first} to {first + 99}")

    def run(self, name, words):
        """Starts a program that outlives us."""
        with open(self.folder / f"{name}.log", "ab") as log:
            process = subprocess.Popen([str(w) for w in words], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        (self.folder / f"{name}.pid").write_text(f"{process.pid}\n")
        self.started.append((name, process))
        return process

    def adapter(self, program, name):
        self.run(name, [self.build / "adapters" / program, "--config", self.folder / f"{name}.conf"])

    def ctl(self, *words):
        return subprocess.run([self.build / "broker" / "batonctl", *words], capture_output=True, text=True, timeout=60)

    def keys(self):
        for name in ("broker", *NAMES):
            done = self.ctl("keygen", name, str(self.folder / "keys"))
            if done.returncode:
                sys.exit(done.stderr)

    def company(self):
        """The sample company; where there is mail, with one adapter more: customer care's mailbox beside its desk."""
        departments = (CONF / "departments.conf").read_text()
        desk = '  { name = "customer-care"; department = "customer-care";'
        assert departments.count(desk) == 1
        more = '  { name = "care-mail"; department = "customer-care"; key_file = "keys/care-mail.pub"; receives = true; },\n'
        more = more if "mail" in self.systems else ""
        (self.folder / "departments.conf").write_text(departments.replace(desk, more + desk))
        settings = (CONF / "broker.conf").read_text().replace("127.0.0.1:5570", f"127.0.0.1:{self.broker_port}")
        # The broker's clock is moved to the next working day but one, over holidays by two weeks and more, while adapters go by
        # the real one. An event that is sent now must not look older than the broker remembers keys.
        kept = "idempotency_hours = 336;"
        assert settings.count(kept) == 1
        (self.folder / "broker.conf").write_text(settings.replace(kept, "idempotency_hours = 1344;"))

    def broker(self):
        story = self.build / "story" / "broker" / "batond"
        batond = story if story.exists() else self.build / "broker" / "batond"
        broker = self.run("broker", [batond, "--config", self.folder / "broker.conf"])
        end = time.monotonic() + 20
        while self.ctl("--control", str(self.folder / "run"), "status").returncode:
            if broker.poll() is not None or time.monotonic() > end:
                sys.exit(f"the broker did not start:\n{(self.folder / 'broker.log').read_text()}")
            time.sleep(0.1)

    def desk(self, name, command, more=""):
        """An adapter's configuration: a program under baton-exec."""
        (self.folder / f"{name}.conf").write_text(
            f'endpoint = "tcp://127.0.0.1:{self.broker_port}";\nsecret_key_file = "keys/{name}.secret";\n'
            f'broker_key_file = "keys/broker.pub";\ncommand = "{command}";\n{more}\n')

    def real(self, name, program, **values):
        (self.folder / f"{name}.conf").write_text(servers.fill(f"{name}.conf", endpoint=f"tcp://127.0.0.1:{self.broker_port}", **values))
        self.adapter(program, name)

    def serve(self, wanted):
        """Starts the servers that are wanted. What does not start is left out, and said."""
        if {"mail", "postgres"} & set(wanted):
            folder = pathlib.Path(tempfile.mkdtemp(prefix="baton-quickstart."))
            folder.chmod(0o711)
            (self.folder / "servers").write_text(f"{folder}\n")
        for name, server in (("mail", servers.mail), ("postgres", servers.postgres)):
            if name not in wanted:
                continue
            try:
                self.systems[name] = server(self, folder)
            except (servers.Unavailable, OSError, subprocess.SubprocessError) as why:
                print(f"No {name} adapter this time: {why}")
                for started, process in self.started:
                    process.terminate()
                    process.wait(20)
                    (self.folder / f"{started}.pid").unlink()
            self.started.clear()

    def set(self, wanted):
        self.folder.mkdir(mode=0o700, parents=True)
        self.broker_port = self.port(5570)
        self.keys()
        wanted = [w for w in wanted if (self.build / "adapters" / f"baton-{w}").exists()]
        self.serve(wanted)
        if "http" in wanted:
            servers.private(self.folder / "keys" / "web-shop.hook", secrets.token_hex(32) + "\n")
            self.systems["http"] = {"port": self.port(8080)}
        self.company()
        self.broker()
        if "http" in self.systems:
            self.real("web-shop", "baton-http", http=self.systems["http"]["port"])
        else:
            self.desk("web-shop", f"/usr/bin/env TOPIC=move.internet /bin/sh {CONF.parent}/adapters/exec/examples/attempts.sh shop.log once",
                      f'directory = "{self.folder}"; listens = false; restart = false;')
        if "mail" in self.systems:
            self.real("care-mail", "baton-mail", **self.systems["mail"])
        if "postgres" in self.systems:
            self.real("billing", "baton-postgres", database=self.systems["postgres"]["database"])
        for name in DESKS:
            if name == "billing" and "postgres" in self.systems:
                continue
            # A desk: its clerk is told by the story what to do.
            (self.folder / name).mkdir()
            os.mkfifo(self.folder / name / "orders")
            self.desk(name, f"{sys.executable} {HERE}/clerk.py {self.folder}/{name}")
            self.adapter("baton-exec", name)
        (self.folder / "systems.json").write_text(json.dumps({"build": str(self.build), **self.systems}))
        about = {"http": "the web shop posts to baton-http", "mail": "customer care has a mailbox (baton-mail, Dovecot, exim)",
                 "postgres": "billing has a database (baton-postgres, PostgreSQL)"}
        print("\n".join(f"  {about[s]}" for s in about if s in self.systems) or "  programs under baton-exec, for all departments")


if __name__ == "__main__":
    Stage(*sys.argv[1:3]).set(sys.argv[3:])
