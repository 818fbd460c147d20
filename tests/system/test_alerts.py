"""Alerts: raised once when something is wrong for a while, cleared once when it is over, told to the log and to a command that can
hurt nobody."""
import json
import pathlib
import re

import pytest

import harness
from events import code, do, event, now_us, ok, open_case, phone, unique
from harness import wait_for
from retained import TINY, write_until

NOW = {"raise_seconds": 0, "clear_seconds": 0}
RECORDS = """#!/bin/sh
line=$(cat)
printf '%s|%s|%s|%s|%s|%s|%s\\n' "$BATON_ALERT" "$BATON_ALERT_STATE" "$BATON_ALERT_OBJECT" "$BATON_ALERT_SEVERITY" "$BATON_ALERT_COUNT" "$BATON_ALERT_TEST" "$line" >> {out}
"""


class Watched:
    """A broker with an alert command of its own."""

    def __init__(self, script=RECORDS, start=True, **keys):
        self.broker = harness.fresh_broker()
        self.out, self.script = self.broker.folder / "told", self.broker.folder / "tell.sh"
        self.script.write_text(script.replace("{out}", str(self.out)))
        self.script.chmod(0o700)
        self.broker.settings["alerts"] = {"command": str(self.script), **NOW, **keys}
        self.broker.write_conf()
        if start:
            self.broker.start()

    def told(self, alert=None, state=None):
        if not self.out.exists():
            return []
        rows = []
        for line in self.out.read_text().splitlines():
            name, how, thing, severity, count, test, document = line.split("|", 6)
            rows.append({"alert": name, "state": how, "object": thing, "severity": severity, "count": count, "test": test,
                         "json": json.loads(document)})
        return [r for r in rows if alert in (None, r["alert"]) and state in (None, r["state"])]

    def logged(self, kind):
        return re.findall(rf"^.* event={kind} .*$", self.broker.log.read_text(errors="replace"), re.M)

    def alerts(self):
        return {(a["alert"], a["object"]): a for a in self.broker.ctl_json("show", "alerts")["alerts"]}


@pytest.fixture
def watched():
    made = []

    def make(**options):
        made.append(Watched(**options))
        return made[-1]

    yield make
    for w in made:
        harness.remove(w.broker)


def hold_something_back(w):
    """A delivery to moves that is rejected: a dead letter."""
    moves, shop = w.broker.client("moves", credit=5), w.broker.client("shop")
    made = ok(do(shop, "case_opened", topic="move.internet", about="move.internet", by=phone(), need="SECRET-NEED"))
    item = moves.take()
    moves.settle(item.sequence, "REJECT", reason="SECRET-REASON")
    wait_for(lambda: w.broker.ctl_json("show", "dead")["dead_letters"], what="a dead letter")
    return made, item


def test_an_alert_is_raised_once_and_cleared_once(watched):
    w = watched()
    _, item = hold_something_back(w)
    wait_for(lambda: w.told("dead-letters", "raised"), what="the command to be told")
    shown = w.alerts()[("dead-letters", "moves")]
    assert shown["severity"] == "warn" and shown["see"] == "show dead" and shown["since"] and "moves" in shown["text"]
    raised, = w.told("dead-letters")
    assert (raised["object"], raised["severity"], raised["test"]) == ("moves", "warn", "")
    assert raised["json"]["alert"] == "dead-letters" and raised["json"]["state"] == "raised" and raised["json"]["since"].endswith("Z")
    assert raised["json"]["text"] == shown["text"]
    assert len(w.logged("alert")) == 1 and "level=warn" in w.logged("alert")[0]
    assert any("dead letters" in row["what"] for row in w.broker.ctl_json("status")["trouble"]), "one list feeds both"
    w.broker.ctl("dead", "drop", "moves", str(item.sequence), "not needed")
    wait_for(lambda: w.told("dead-letters", "cleared"), what="the recovery to be told")
    assert len(w.told("dead-letters")) == 2 and not w.alerts()
    assert len(w.logged("alert")) == 1 and len(w.logged("alert-cleared")) == 1
    everything = w.out.read_text() + w.broker.log.read_text()
    assert "SECRET" not in everything, "never what a customer or a department said"


def test_a_drain_that_turns_work_away_is_told_until_it_is_over(watched):
    """One that nobody meets is only seen in the status."""
    w = watched()
    sales = w.broker.client("sales")
    case = open_case(sales)
    w.broker.ctl("drain")
    assert any("no new work" in row["what"] for row in w.broker.ctl_json("status")["trouble"]) and not w.alerts()
    assert code(do(sales, "note_added", case=case.case, text="late")) == "BUSY"
    wait_for(lambda: w.told("work-refused", "raised"), what="the alert")
    assert [a["see"] for (name, _), a in w.alerts().items() if name == "work-refused"] == ["drain show"]
    w.broker.ctl("drain", "stop", "forgotten")
    wait_for(lambda: w.told("work-refused", "cleared"), what="the recovery")


def test_a_backup_that_fails_is_told_until_one_is_made(watched, tmp_path):
    w = watched()
    open_case(w.broker.client("sales"))
    w.broker.ctl("backup", str(tmp_path / "good"))
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "segments").write_text("no folder")
    assert w.broker.ctl("backup", str(tmp_path / "bad"), check=False).returncode != 0
    wait_for(lambda: w.told("backup-failed", "raised"), what="the alert")
    w.broker.ctl("backup", str(tmp_path / "good"))
    wait_for(lambda: w.told("backup-failed", "cleared"), what="the recovery")


def test_a_journal_that_is_not_cut_is_told(watched):
    """Somebody's file is where the archive should be: the journal would grow and grow."""
    w = watched(start=False)
    w.broker.settings.update(TINY)
    w.broker.write_conf()
    w.broker.start()
    archive = w.broker.folder / "data/archive"
    assert not archive.exists()
    archive.write_text("somebody's")
    case = open_case(w.broker.client("care")).case
    write_until(w.broker, case, lambda: w.told("retention-failed", "raised"))
    assert any("segments cannot be written" in row["what"] for row in w.broker.ctl_json("status")["trouble"])
    archive.unlink()
    w.broker.settings["log_level"] = "debug"
    w.broker.write_conf()
    w.broker.ctl("reload")  # which looks again at what is due
    wait_for(lambda: w.told("retention-failed", "cleared"), what="the recovery")
    write_until(w.broker, case, lambda: w.broker.ctl_json("show", "archive")["segments"])


def test_promises_and_offers_by_department_and_age(watched):
    w = watched(offer_age_minutes=90)
    sales = w.broker.client("sales")
    case = open_case(sales)
    ok(do(sales, "promise_made", case=case.case, type="PROMISE_TYPE_CALLBACK", due_us=now_us() + 2 * 3600 * 10**6))
    other = open_case(sales)
    ok(do(sales, "handoff_offered", case=other.case, to="billing", deadline_us=now_us() + 24 * 3600 * 10**6))
    w.broker.ctl("clock", "advance", "3000")
    assert not w.told("promises-at-risk")
    w.broker.ctl("clock", "advance", "800")
    wait_for(lambda: w.told("promises-at-risk", "raised"), what="a promise at risk")
    assert not w.told("offers-old")
    w.broker.ctl("clock", "advance", "5000")
    wait_for(lambda: w.told("promises-broken", "raised") and w.told("offers-old", "raised"), what="a broken promise and an old offer")
    wait_for(lambda: w.told("promises-at-risk", "cleared"), what="it is at risk no more")
    broken, = w.told("promises-broken")
    assert (broken["object"], broken["severity"], broken["count"]) == ("sales", "error", "1")
    offer, = w.told("offers-old")
    assert offer["object"] == "billing" and offer["json"]["see"] == f"show case {other.ref}"
    since = w.alerts()[("promises-broken", "sales")]["since"]
    assert since < w.broker.ctl_json("clock", "show")["wall"], "since when it was due"


def test_adapters_that_go_and_inboxes_that_age(watched):
    w = watched(inbox_age_minutes=10)
    billing = w.broker.client("billing")
    wait_for(lambda: [s for s in w.broker.ctl_json("show", "sessions")["sessions"] if s["adapter"] == "billing"], what="the session")
    billing.socket.close(linger=0)  # without a word
    wait_for(lambda: ("adapter-silent", "billing") in w.alerts(), what="the adapter to be missed")
    sales = w.broker.client("sales")
    ok(do(sales, "handoff_offered", case=open_case(sales).case, to="billing"))
    w.broker.ctl("clock", "advance", "1200")
    wait_for(lambda: ("inbox-old", "billing") in w.alerts(), what="the inbox to be old")
    w.broker.client("billing", credit=10)
    wait_for(lambda: w.told("adapter-silent", "cleared"), what="it is back")


def test_the_clock_is_an_alert(watched):
    w = watched()
    w.broker.client("sales").ask(unique("key"), event("case_opened", topic="order", about="order", by=phone()))
    w.broker.ctl("clock", "jump", "86400")
    wait_for(lambda: w.told("clock-trouble", "raised"), what="the clock's trouble")
    assert w.alerts()[("clock-trouble", None)]["see"] == "clock show"
    w.broker.ctl("--yes", "clock", "accept", "it was wrong before")
    wait_for(lambda: w.told("clock-trouble", "cleared"), what="it is believed again")


def test_what_is_short_is_not_told_and_what_flaps_is_told_once(watched):
    w = watched(raise_seconds=2, clear_seconds=3)
    w.broker.ctl("clock", "jump", "86400")
    w.broker.ctl("--yes", "clock", "accept", "a blip")
    w.broker.ctl("clock", "jump", "86400")
    wait_for(lambda: w.told("clock-trouble", "raised"), what="what holds to be raised")
    w.broker.ctl("--yes", "clock", "accept", "again")
    wait_for(lambda: w.broker.ctl_json("show", "alerts")["alerts"][0]["passing"], what="the broker to see that it passes")
    w.broker.ctl("clock", "jump", "86400")
    wait_for(lambda: not w.broker.ctl_json("show", "alerts")["alerts"][0]["passing"], what="it is back")
    w.broker.ctl("--yes", "clock", "accept", "for good")
    wait_for(lambda: w.told("clock-trouble", "cleared"), what="it is over")
    assert [r["state"] for r in w.told("clock-trouble")] == ["raised", "cleared"]


def test_after_a_restart_what_holds_is_raised_once_more(watched):
    w = watched()
    hold_something_back(w)
    wait_for(lambda: w.told("dead-letters"), what="the first time")
    w.broker.restart()
    wait_for(lambda: len(w.told("dead-letters")) == 2, what="the second time")
    assert [r["state"] for r in w.told("dead-letters")] == ["raised", "raised"]


def test_a_test_alert_runs_the_command(watched):
    w = watched()
    answer = w.broker.ctl_json("alerts", "test")
    assert answer["command"] == str(w.script) and answer["result"].startswith("well")
    row, = w.told("test")
    assert row["test"] == "1" and row["json"]["test"] is True and row["state"] == "raised"
    assert not w.alerts() and not w.logged("alert")
    assert [r for r in w.broker.ctl_json("show", "audit")["audit"] if "alerts test" in r["what"]]


@pytest.mark.parametrize("script,why", [("#!/bin/sh\nexit 3\n", "exit status 3"), ("#!/bin/sh\nkill -SEGV $$\n", "signal 11"),
                                        ("#!/nowhere/at/all\n", "cannot be started"), ("#!/bin/sh\nsleep 600\n", "killed")],
                         ids=["exit", "signal", "no-interpreter", "hangs"])
def test_a_bad_command_is_said_once_and_hurts_nothing(watched, script, why):
    w = watched(script=script, command_seconds=1)
    for _ in range(2):
        answer = w.broker.ctl("alerts", "test", check=False)
        assert answer.returncode == 1 and why in answer.stderr + answer.stdout, answer
    ok(do(w.broker.client("sales"), "case_opened", topic="order", about="order", by=phone()))
    assert len(w.logged("alert-command-failed")) == 1 and why in w.logged("alert-command-failed")[0]
    assert any("alert command" in row["what"] for row in w.broker.ctl_json("status")["trouble"])
    w.script.write_text("#!/bin/sh\nexit 0\n")
    w.broker.ctl("alerts", "test")
    assert len(w.logged("alert-command-works")) == 1
    left = pathlib.Path(f"/proc/{w.broker.process.pid}/task/{w.broker.process.pid}/children").read_text().split()
    assert not left, "nobody is left behind"


def test_many_alerts_run_few_processes_at_once(watched):
    """Each run says that it is there, and how many it saw."""
    w = watched(script="""#!/bin/sh
mkdir -p {out}.d; touch {out}.d/$$
ls {out}.d | wc -l >> {out}
sleep 0.2; rm {out}.d/$$
""")
    sales = w.broker.client("sales")
    for name in ("billing", "moves", "care", "outsider", "desk"):
        w.broker.client(name).socket.close(linger=0)
    wait_for(lambda: len(w.alerts()) >= 5, what="five alerts")
    wait_for(lambda: w.out.exists() and len(w.out.read_text().split()) >= 5, what="five runs")
    assert max(map(int, w.out.read_text().split())) <= 4
    assert sales.ask(unique("key"), event("case_opened", topic="order", about="order", by=phone()))


def test_the_command_gets_nothing_of_the_brokers(watched):
    """No descriptor but the first three, no blocked signal, and no way back to the data."""
    w = watched(script="""#!/usr/bin/python3
import os, signal
def is_open(fd):
    try:
        os.fstat(fd)
        return True
    except OSError:
        return False
with open("{out}.part", "x") as out:
    print([fd for fd in range(1024) if is_open(fd) and fd != out.fileno()], list(signal.pthread_sigmask(signal.SIG_BLOCK, [])), file=out)
os.rename("{out}.part", "{out}.done")
""")
    w.broker.ctl("alerts", "test")
    done = pathlib.Path(f"{w.out}.done")
    wait_for(done.exists, what="the script")
    assert done.read_text() == "[0, 1, 2] []\n"


def test_without_a_command_alerts_are_in_the_log(watched):
    w = watched(start=False)
    del w.broker.settings["alerts"]["command"]
    w.broker.write_conf()
    w.broker.start()
    answer = w.broker.ctl("alerts", "test", check=False)
    assert answer.returncode == 1 and "no command is configured" in answer.stderr + answer.stdout
    hold_something_back(w)
    wait_for(lambda: w.logged("alert"), what="the log to have it")
