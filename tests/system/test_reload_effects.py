"""A reload that changes a setting of the broker: it acts at once, seen by what it does, or the whole is refused with what takes a
restart."""
import datetime
import http.client
import os
import re
import subprocess

import pytest

import harness
from events import code, do, history, now_us, ok, open_case
from harness import wait_for
from test_alerts import RECORDS
from test_reload import department, log_lines, refused, reload
from test_retention import segments, snapshots, words

DAY = 86400
NEVER = 86400  # as seconds of alerts: longer than any test


@pytest.fixture
def own():
    """own(group={...}): a broker with these settings."""
    made = []

    def make(**settings):
        made.append(harness.fresh_broker(settings=settings).start())
        return made[-1]

    yield make
    for broker in made:
        harness.remove(broker)


def change(broker, group, **keys):
    """Changes keys of one group; what the reload said."""
    broker.settings[group] = {**broker.settings.get(group, {}), **keys}
    done = reload(broker)
    assert done["result"] == "adopted", done
    return done


def raised(broker):
    return {a["alert"] for a in broker.ctl_json("show", "alerts")["alerts"]}


def trouble_with_the_clock(broker):
    ok(do(broker.client("care"), "case_opened", topic="order"))
    broker.ctl("clock", "jump", str(DAY))
    wait_for(lambda: any("clock" in row["what"] for row in broker.ctl_json("status")["trouble"]), what="the trouble")


def recorder(broker, name, script=RECORDS):
    """An alert command, and the file that it writes to."""
    out, program = broker.folder / f"{name}.told", broker.folder / f"{name}.sh"
    program.write_text(script.replace("{out}", str(out)))
    program.chmod(0o700)
    return str(program), out


# -- alerts


def test_when_alerts_are_raised_and_cleared(own):
    broker = own(alerts={"raise_seconds": NEVER, "clear_seconds": NEVER})
    trouble_with_the_clock(broker)
    assert not log_lines(broker, "event=alert ")
    change(broker, "alerts", raise_seconds=0)
    wait_for(lambda: "clock-trouble" in raised(broker) and log_lines(broker, "event=alert alert=clock-trouble"), what="it to be raised")
    broker.ctl("--yes", "clock", "accept", "it was wrong before")
    wait_for(lambda: broker.ctl_json("show", "alerts")["alerts"][0]["passing"], what="it to pass")
    assert not log_lines(broker, "event=alert-cleared")
    change(broker, "alerts", clear_seconds=0)
    wait_for(lambda: log_lines(broker, "event=alert-cleared alert=clock-trouble"), what="it to be cleared")
    assert len(log_lines(broker, "event=alert alert=clock-trouble")) == 1, "told once over all reloads"


def test_an_age_that_counts(own):
    broker = own(alerts={"raise_seconds": 0, "offer_age_minutes": 100000})
    care = broker.client("care")
    ok(do(care, "handoff_offered", case=open_case(care, "general").case, to="billing", deadline_us=now_us() + 30 * DAY * 10**6))
    broker.ctl("clock", "advance", str(2 * 3600))
    wait_for(lambda: broker.ctl_json("status"), what="a look")
    assert "offers-old" not in raised(broker)
    change(broker, "alerts", offer_age_minutes=60)
    wait_for(lambda: "offers-old" in raised(broker), what="the offer to be old")
    change(broker, "alerts", offer_age_minutes=0, clear_seconds=0)
    wait_for(lambda: "offers-old" not in raised(broker), what="it to be no condition any more")


def test_another_command_is_told(own):
    broker = own(alerts={"raise_seconds": 0, "clear_seconds": 0})
    assert broker.ctl("alerts", "test", check=False).returncode == 1, "there is none yet"
    (first, told_first), (second, told_second) = recorder(broker, "first"), recorder(broker, "second")
    change(broker, "alerts", command=first)
    broker.ctl("alerts", "test")
    assert told_first.read_text().startswith("test|")
    change(broker, "alerts", command=second)
    trouble_with_the_clock(broker)
    wait_for(lambda: told_second.exists() and "clock-trouble|raised" in told_second.read_text(), what="the second to be told")
    change(broker, "alerts", command="")
    broker.ctl("--yes", "clock", "accept", "for good")
    wait_for(lambda: log_lines(broker, "event=alert-cleared"), what="it to be cleared")
    assert "cleared" not in told_second.read_text() + told_first.read_text()


def command_fails(broker):
    return [row for row in broker.ctl_json("status")["trouble"] if "alert command" in row["what"]]


def test_what_the_former_command_did_is_not_held_against_the_next(own):
    """One that failed, one that is still running and will fail, and one that somebody waits for."""
    broker = own(alerts={"raise_seconds": 0, "clear_seconds": 0})
    bad, _ = recorder(broker, "bad", "#!/bin/sh\nexit 3\n")
    slow, began = recorder(broker, "slow", "#!/bin/sh\ntouch {out}\nexec sleep 60\n")
    good, told = recorder(broker, "good")
    change(broker, "alerts", command=bad)
    trouble_with_the_clock(broker)
    wait_for(lambda: command_fails(broker), what="the command's failure to be seen")
    change(broker, "alerts", command=slow)
    assert not command_fails(broker), "another one is held responsible"
    broker.ctl("--yes", "clock", "accept", "now slow is told")
    wait_for(began.exists, what="the slow one to run")
    change(broker, "alerts", command=good, command_seconds=1)
    wait_for(lambda: broker.ctl("alerts", "test", check=False).returncode == 0, what="the new one to work")
    assert "test|" in told.read_text()
    change(broker, "alerts", command="")
    assert not command_fails(broker)
    assert len(log_lines(broker, "event=alert-command-failed")) == 1, log_lines(broker, "alert-command")


# -- the disk


def allocated(broker):
    return sum((broker.folder / f"data/{part}/data.mdb").stat().st_blocks * 512 for part in ("journal", "record"))


def test_how_much_room_is_too_little(own):
    broker = own()
    care = broker.client("care")
    free = os.statvfs(broker.folder)
    more_than_there_is = (free.f_bfree * free.f_frsize >> 20) * 2 + 1000
    change(broker, "disk", low_space_mb=more_than_there_is)
    wait_for(lambda: log_lines(broker, "event=disk-low"), what="the broker to look")
    assert code(do(care, "case_opened", topic="order")) == "BUSY"
    change(broker, "disk", low_space_mb=0)
    wait_for(lambda: log_lines(broker, "event=disk-fine"), what="the broker to look again")
    ok(do(broker.client("sales"), "case_opened", topic="order"))


def test_what_is_kept_for_a_full_disk(own):
    """More is allocated, and less is given back; a little more counts as well."""
    broker = own(disk={"reserve_mb": 2})
    wait_for(lambda: 2 * 2 << 20 <= allocated(broker) < 2 * 4 << 20, what="the reserve")
    for mb in (8, 11, 4, 0):
        change(broker, "disk", reserve_mb=mb)
        wait_for(lambda: 2 * mb << 20 <= allocated(broker) < 2 * (mb + 2) << 20, what=f"a reserve of {mb} MiB")
    ok(do(broker.client("care"), "case_opened", topic="order"))
    broker.stop()
    broker.verify()
    broker.start()


# -- retention


def write(broker, mib):
    sales = broker.client("sales")
    case = open_case(sales).case
    for _ in range(mib * 300):
        ok(do(sales, "note_added", case=case, text=words()))
    sales.close()
    return case


def test_the_log_is_cut_from_now_on(own):
    broker = own(retention={"journal_mb": 0, "segment_mb": 64, "snapshot_every_events": 0, "snapshot_every_hours": 0})
    case = write(broker, 3)
    assert not snapshots(broker) and not segments(broker)
    change(broker, "retention", snapshot_every_events=100)
    wait_for(lambda: snapshots(broker), what="a snapshot")
    change(broker, "retention", journal_mb=1)  # and there is not enough for one segment of 64 MiB, so far
    change(broker, "retention", segment_mb=1)
    wait_for(lambda: segments(broker), what="a segment")
    wait_for(lambda: broker.ctl_json("status")["journal_from"] > 1, what="the cut")
    assert len(history(broker.client("sales"), case)) == 901
    broker.stop()
    broker.verify()
    broker.start()


def test_how_old_an_inbox_may_get(own):
    broker = own(retention={"inbox_max_age_hours": 0}, cases={"idle_hours": 0, "max_gap_hours": 87600})
    care = broker.client("care")
    ok(do(care, "handoff_offered", case=open_case(care, "general").case, to="moves", deadline_us=now_us() + 300 * DAY * 10**6))

    def resyncs():
        return next(row["resyncs"] for row in broker.ctl_json("show", "inboxes")["inboxes"] if row["adapter"] == "moves")

    broker.ctl("clock", "advance", str(10 * DAY))
    ok(do(care, "case_opened", topic="order"))
    assert resyncs() == 0
    change(broker, "retention", inbox_max_age_hours=24)
    broker.ctl("clock", "advance", "61")  # it is looked for once a minute
    wait_for(lambda: resyncs() == 1, what="the Resync")


# -- figures


def figures(broker):
    connection = http.client.HTTPConnection("127.0.0.1", broker.metrics_port, timeout=20)
    connection.request("GET", "/metrics")
    text = connection.getresponse().read().decode()
    connection.close()
    return text


def test_figures_are_about_who_is_there_now(own):
    port = harness.free_port()
    broker = own(metrics={"listen": f"127.0.0.1:{port}"})
    broker.metrics_port = port
    assert 'department="garden"' not in figures(broker) and 'department="outsider"' in figures(broker)
    broker.company["departments"].append({"name": "garden", "site": "hq"})
    broker.company["departments"].remove(department(broker, "outsider"))
    broker.company["adapters"] = [a for a in broker.company["adapters"] if a["name"] != "outsider"]
    reload(broker)
    wait_for(lambda: 'department="garden"' in figures(broker), what="the new department's figures")
    text = figures(broker)
    assert 'department="outsider"' not in text and 'adapter="outsider"' not in text
    assert re.search(r"^baton_reloads_total 1$", text, re.M)


def test_where_figures_are_served_takes_a_restart_and_nothing_else_is_adopted(own):
    port = harness.free_port()
    broker = own(metrics={"listen": f"127.0.0.1:{port}"})
    broker.metrics_port = port
    broker.settings["metrics"] = {"listen": f"127.0.0.1:{harness.free_port()}"}
    broker.settings["log_level"] = "debug"
    broker.write_conf()
    problems = [p["problem"] for p in refused(broker)["problems"]]
    assert len(problems) == 1 and re.search(r"^metrics\.listen: cannot change while the broker runs, restart it: ", problems[0]), problems
    assert "baton_" in figures(broker) and broker.ctl_json("loglevel")["log_level"] == "info"


# -- the log


def test_the_log_level(own):
    broker = own()
    broker.ctl("alerts", "test", check=False)
    broker.settings["log_level"] = "error"
    reload(broker)
    assert broker.ctl_json("loglevel") == {"log_level": "error", "configured": "error"}
    before = broker.log.read_text()
    with_session = broker.client("care")
    assert with_session.welcome and "session-opened" not in broker.log.read_text()[len(before):]
    broker.settings["log_level"] = "info"
    reload(broker)
    before = broker.log.read_text()
    broker.client("sales")
    wait_for(lambda: "session-opened" in broker.log.read_text()[len(before):], what="the session in the log")


def test_a_level_set_by_hand_stays_until_another_is_configured(own):
    broker = own()
    broker.ctl("loglevel", "debug", "to look at something")
    broker.company["olas"] = [{"to": "moves", "minutes": 30}]
    reload(broker)
    assert broker.ctl_json("loglevel") == {"log_level": "debug", "configured": "info"}
    broker.settings["log_level"] = "warn"
    reload(broker)
    assert broker.ctl_json("loglevel") == {"log_level": "warn", "configured": "warn"}


# -- calendars


def opens_in(client):
    """Seconds until moves opens for an offer that is made now; 0: it is open."""
    case = open_case(client, "general").case
    receipt = ok(do(client, "handoff_offered", case=case, topic="move.internet", next_step="book it"))
    offered = next(r.event.handoff_offered for r in history(client, case) if r.sequence == receipt.sequence)
    return max(0, offered.opens_at_us / 1e6 - now_us() / 1e6)


def test_holidays_hours_and_zones(own):
    broker = own()
    care = broker.client("care")
    department(broker, "moves")["hours"] = ["mon-sun 00:00-24:00"]
    reload(broker)
    assert opens_in(care) == 0
    today = datetime.datetime.now(datetime.timezone.utc).date()
    broker.company["sites"][0]["holidays"] = [str(today + datetime.timedelta(days=d)) for d in (-1, 0, 1)]
    reload(broker)
    assert DAY / 2 < opens_in(care) < 3 * DAY
    del broker.company["sites"][0]["holidays"]
    day = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[(today + datetime.timedelta(days=3)).weekday()]
    department(broker, "moves")["hours"] = [f"{day} 09:00-17:00"]
    reload(broker)
    in_london = opens_in(care)
    assert 2 * DAY < in_london < 4 * DAY
    broker.company["sites"][0]["zone"] = "Asia/Kolkata"
    reload(broker)
    in_kolkata = opens_in(care)
    assert 4 * 3600 < in_london - in_kolkata < 6 * 3600, "it opens there hours before"
    del department(broker, "moves")["hours"]
    reload(broker)
    assert opens_in(care) == 0


# -- all keys


def keys():
    """Of broker.conf, by --describe: (key, type and range, whether it takes a restart)."""
    text = subprocess.run([harness.program("batond"), "--describe"], capture_output=True, text=True, check=True).stdout
    found = re.findall(r"^  ([a-z_.]+) +(.*)\n      (.*)$", text.split("departments.conf")[0], re.M)
    assert len(found) > 40
    return [(name, kind, "takes a restart" in help_text) for name, kind, help_text in found]


def other_value(broker, name, kind):
    """One that is allowed, and is not what runs."""
    number = re.match(r"number(?: of \S+)?, (\d+) to (\d+), default (\d+)", kind)
    if number:
        low, high, usual = map(int, number.groups())
        return usual - 1 if usual > low else usual + 1
    if name.endswith("listen"):
        return f"127.0.0.1:{harness.free_port()}" if "metrics" in name else f"tcp://127.0.0.1:{harness.free_port()}"
    if kind.startswith("true or false"):
        return True
    if name == "secret_key_file":
        return str(broker.folder / "keys/care.secret")
    if name == "alerts.command":
        return "/bin/true"
    return {"log_level": "warn", "data_dir": "data-2", "control_dir": "run-2"}.get(name)


def put(broker, name, value):
    """The key in the file, by hand: some are written by the harness itself."""
    text = (broker.folder / "broker.conf").read_text()
    group, _, key = name.rpartition(".")
    line = f"{key} = {harness.conf(value)};"
    if not group:
        text = re.sub(rf"^{key} = .*;$\n?", "", text, flags=re.M) + line + "\n"
    elif re.search(rf"^{group} = {{", text, re.M):
        body = re.search(rf"^{group} = {{ (.*)}};$", text, re.M)[1]
        body = re.sub(rf"\b{key} = [^;]*; ?", "", body) + line + " "
        text = re.sub(rf"^{group} = {{ .*}};$", lambda _: f"{group} = {{ {body}}};", text, flags=re.M)
    else:
        text += f"{group} = {{ {line} }};\n"
    (broker.folder / "broker.conf").write_text(text)


def test_every_key_is_taken_at_once_or_refused_as_a_whole(own):
    """Each by itself, and with a change that would be taken: whatever takes a restart holds that back, too, and is named alone."""
    broker = own()
    care = broker.client("care")
    tried = []
    for name, kind, restart in keys():
        value = other_value(broker, name, kind)
        if value is None:
            continue
        broker.company["olas"] = [{"to": "moves", "minutes": 10 + len(tried)}]
        broker.write_conf()
        put(broker, name, value)
        position = broker.ctl_json("status")["position"]
        if restart:
            problems = [p["problem"] for p in refused(broker)["problems"]]
            assert len(problems) == 1 and problems[0].startswith(f"{name}: cannot change while the broker runs, restart it: "), problems
            assert broker.ctl_json("status")["position"] == position, name
        else:
            done = broker.ctl_json("reload")
            assert done["result"] == "adopted" and name in [c["what"] for c in done["changes"]], (name, done)
        tried.append((name, restart))
        ok(do(care, "case_opened", topic="order"))
    assert {n for n, restart in tried if restart} == {n for n, _, restart in keys() if restart}
    assert len(tried) >= len(keys()) - 3, set(n for n, _, _ in keys()) - {n for n, _ in tried}
    broker.stop()
    broker.verify()
    broker.start()
