"""batond --check names file, line, key and what is wrong; --dump parses back."""
import copy
import datetime
import os
import re
import subprocess

import pytest

import harness


@pytest.fixture
def ready():
    made = harness.fresh_broker()
    yield made
    harness.remove(made)


def batond(*words):
    return subprocess.run([harness.program("batond"), *words], capture_output=True, text=True, timeout=60)


def check(broker):
    return batond("--check", str(broker.folder / "broker.conf"))


def problem(broker, key, file="departments.conf"):
    """The check must fail and blame the key in that file, with a line number."""
    done = check(broker)
    text = done.stdout + done.stderr
    assert done.returncode != 0, "nothing was found wrong"
    assert re.search(rf"{file}:\d+: [^\n]*{key}", text), text
    return text


def change(broker, **changes):
    broker.company.update(changes)
    broker.write_conf()


def with_department(broker, **department):
    change(broker, departments=broker.company["departments"] + [department])


def with_adapter(broker, number, **changes):
    adapters = copy.deepcopy(broker.company["adapters"])
    adapters[number].update(changes)
    change(broker, adapters=adapters)


def test_a_good_file(ready):
    done = check(ready)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_shipped_files_are_good_but_for_their_keys():
    done = batond("--check", str(harness.TREE / "conf/broker.conf"))
    lines = [l for l in (done.stdout + done.stderr).splitlines() if re.search(r":\d+: ", l)]
    assert all("key" in l for l in lines), lines


def test_dump_parses_back(ready):
    first = batond("--dump", str(ready.folder / "broker.conf"))
    assert first.returncode == 0 and first.stdout
    (ready.folder / "again.conf").write_text(first.stdout)
    second = batond("--dump", str(ready.folder / "again.conf"))
    assert second.returncode == 0, second.stderr
    assert second.stdout == first.stdout


def test_unknown_key(ready):
    ready.settings = {"journal": {"map_mb": 64, "colour": "red"}}
    ready.write_conf()
    problem(ready, "colour", "broker.conf")


def test_bad_range(ready):
    ready.settings = {"delivery": {"max_attempts": 0}}
    ready.write_conf()
    problem(ready, "max_attempts", "broker.conf")


def test_wrong_type(ready):
    ready.settings = {"delivery": {"max_attempts": "many"}}
    ready.write_conf()
    problem(ready, "max_attempts", "broker.conf")


def test_duplicate_department(ready):
    with_department(ready, name="care", site="hq")
    problem(ready, "care")


def test_topic_nobody_handles(ready):
    change(ready, topics=ready.company["topics"] + ["garden"])
    assert "garden" in problem(ready, "topics")


def test_unknown_names(ready):
    with_department(ready, name="new", site="atlantis")
    problem(ready, "site")
    change(ready, departments=ready.company["departments"][:-1], last_owner="nobody")
    problem(ready, "last_owner")


def test_bad_name(ready):
    with_department(ready, name="Bad Name", site="hq")
    problem(ready, "name")


def test_unattended_needs_a_fallback(ready):
    with_department(ready, name="robot", site="hq", unattended=True)
    problem(ready, "")


def test_unknown_hours(ready):
    with_department(ready, name="night", site="hq", hours=["mon-fri 22:00-25:00"])
    assert "25:00" in problem(ready, "departments.night.hours")


def test_hours_that_overlap(ready):
    with_department(ready, name="night", site="hq", hours=["mon-sat 22:00-06:00", "sun 05:00-12:00"])
    assert "overlaps" in problem(ready, "departments.night.hours")


def test_never_open(ready):
    """Open on one day of the week, and each of these is a holiday: that depends on today."""
    today = datetime.date.today()
    mondays = [d for d in (today + datetime.timedelta(days=i) for i in range(-60, 420)) if d.weekday() == 0]
    sites = [{"name": "hq", "zone": "Europe/London", "holidays": [str(d) for d in mondays]}]
    change(ready, sites=sites)
    with_department(ready, name="rare", site="hq", hours=["mon 09:00-10:00"])
    assert "never open" in problem(ready, "departments.rare.hours")
    change(ready, sites=[{**sites[0], "holidays": [str(d) for d in mondays[:-10]]}])
    assert check(ready).returncode == 0


def test_bad_holiday(ready):
    change(ready, sites=[{"name": "hq", "zone": "Europe/London", "holidays": ["2026-02-30"]}])
    problem(ready, "sites.hq.holidays")


def test_escalation_in_a_circle(ready):
    with_department(ready, name="left", site="hq", escalates_to="right")
    with_department(ready, name="right", site="hq", escalates_to="left")
    assert "left -> right -> left" in problem(ready, "escalates_to")


def test_fallback_in_a_circle(ready):
    with_department(ready, name="left", site="hq", fallback="right")
    with_department(ready, name="right", site="hq", fallback="left")
    assert "left -> right -> left" in problem(ready, "fallback")
    change(ready, departments=ready.company["departments"][:-1] + [{"name": "right", "site": "hq", "fallback": "left", "must_take": True}])
    assert check(ready).returncode == 0


def test_what_is_agreed_between_departments(ready):
    agreed = {"olas": [{"from": "care", "to": "moves", "minutes": 30}, {"to": "moves", "minutes": 60}],
              "contradictions": [{"one": "final-invoice", "other": "transfer"}],
              "default_labels": [{"kind": "RedressGiven", "label": "payment"}]}
    change(ready, **agreed)
    assert check(ready).returncode == 0
    for key, wrong in (("olas", {"to": "moves", "minutes": 61}), ("contradictions", {"one": "transfer", "other": "final-invoice"}),
                       ("default_labels", {"kind": "RedressGiven", "label": "contract"})):
        change(ready, **{key: agreed[key] + [wrong]})
        assert "already" in problem(ready, key)
        change(ready, **agreed)


def test_acting_for_all_takes_backfill(ready):
    with_adapter(ready, 0, acts_for=["*"])
    problem(ready, "acts_for")


def test_one_key_for_two_adapters(ready):
    with_adapter(ready, 1, key_file="keys/care.pub")
    problem(ready, "key")


def test_lax_mode_of_the_secret_key(ready):
    os.chmod(ready.folder / "keys/broker.secret", 0o640)
    problem(ready, "secret_key_file", "broker.conf")


def test_missing_key_file(ready):
    with_adapter(ready, 0, key_file="keys/nobody.pub")
    problem(ready, "key_file")


def test_binding_elsewhere_needs_the_word(ready):
    ready.endpoint = ready.endpoint.replace("127.0.0.1", "0.0.0.0")
    ready.write_conf()
    problem(ready, "listen", "broker.conf")
    ready.settings = {"listen_beyond_loopback": True}
    ready.write_conf()
    assert check(ready).returncode == 0


def test_spool_longer_than_the_memory_of_keys(ready):
    ready.settings = {"sources": {"idempotency_hours": 10, "longest_spool_hours": 11}}
    ready.write_conf()
    problem(ready, "", "broker.conf")


def test_all_problems_are_told_at_once(ready):
    ready.settings = {"delivery": {"max_attempts": 0, "settle_timeout_ms": -5}}
    ready.write_conf()
    assert "max_attempts" in problem(ready, "settle_timeout_ms", "broker.conf")


def test_syntax_error_has_its_line(ready):
    path = ready.folder / "departments.conf"
    path.write_text(path.read_text() + "\nsites = ((\n")
    problem(ready, "")


def test_a_bad_file_does_not_start(ready):
    ready.settings = {"delivery": {"max_attempts": 0}}
    ready.write_conf()
    done = batond("--config", str(ready.folder / "broker.conf"))
    assert done.returncode not in (0, 99) and "max_attempts" in done.stdout + done.stderr


def test_keygen_writes_private_files(ready):
    for name in ("broker", "sales"):
        assert (ready.folder / f"keys/{name}.secret").stat().st_mode & 0o077 == 0
    before = ready.key("sales", "secret")
    done = subprocess.run([harness.program("batonctl"), "keygen", "sales"], cwd=ready.folder / "keys", capture_output=True, text=True)
    assert done.returncode != 0 and ready.key("sales", "secret") == before, "a key was written over"


def test_against_another(ready):
    was = ready.folder / "was.conf"
    was.write_text(batond("--dump", str(ready.folder / "broker.conf")).stdout)
    path = str(ready.folder / "broker.conf")
    assert batond("--check", path, "--against", str(was)).stdout.count("\n") == 1
    ready.settings = {"io_threads": 3}
    ready.write_conf()
    with_adapter(ready, 0, receives=False)
    done = batond("--check", path, "--against", str(was))
    assert done.returncode == 0 and "io_threads: 1 -> 3 (takes a restart)\n" in done.stdout and "adapters.care.receives: true -> false\n" in done.stdout
    assert batond("--against", str(was)).returncode == 2
    was.write_text("xyzzy = 1;\n")
    assert batond("--check", path, "--against", str(was)).returncode == 2
