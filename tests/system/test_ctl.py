"""batonctl as a whole: every command that looks, its JSON against the manual, its width, its exit codes; completion."""
import json
import os
import re
import subprocess

import pytest

import full_house
import harness
from test_control import talk

MANUAL = harness.TREE / "broker/ctl/batonctl-json.5"
SOMETIMES = {"note", "more_from"}


@pytest.fixture(scope="module")
def house():
    made = full_house.House()
    yield made
    made.close()


def commands(broker):
    """(words, arguments, socket) of every command."""
    return [tuple(line.split("\t")) for line in broker.ctl("--commands").splitlines()]


def looking(broker):
    return {words for words, _, socket in commands(broker) if socket == "read"}


def test_every_command_that_looks_is_looked_at_here(house):
    assert looking(house.broker) - set(house.calls()) == {"top"}


def test_every_table_of_the_record_can_be_looked_at(house):
    header = (harness.TREE / "broker/store/store.h").read_text()
    there = [name.lower() for name in re.findall(r"^  BT_T_(\w+),", header, re.M)]
    rows = house.broker.ctl_json("show", "record")["tables"]
    assert [r["table"] for r in rows] == there and all(r["see"] for r in rows)
    known = looking(house.broker)
    for words in (w for r in rows for w in re.sub(r" \(.*", "", r["see"]).split(", ")):
        name = " ".join(w for w in words.split() if w.islower())
        assert name in known or f"show {name}" in known, f"{words}: no such command"


def test_text_fits_a_hundred_columns(house):
    """With the longest names; but for the configuration, which is to parse back to itself."""
    for command, words in house.calls().items():
        text = talk(house.broker.folder / "run/read.sock", " ".join(["width", "100", command, *words]))
        assert text.startswith("ok\n"), f"{command}: {text[:200]}"
        wide = [line for line in text.splitlines() if len(line) > 100]
        assert command == "show config" or not wide, f"{command}:\n" + "\n".join(wide)
    wide = [line for line in house.broker.ctl("top", "once", "interval=0.2").splitlines() if len(line) > 100]
    assert not wide


def documented(section="COMMANDS THAT LOOK"):
    """{command: {member: type}} by a section of the manual; members of rows as "cases[].ref"."""
    made, command, before = {}, None, ""
    for line in re.search(rf"^\.Sh {section}\n(.*?)^\.Sh ", MANUAL.read_text(), re.M | re.S)[1].splitlines():
        if line.startswith(".Ss "):
            command = made.setdefault(line[4:], {})
        elif line.startswith(".Cm ") and before == "As":
            command.update(made[line[4:].removesuffix(" .")])
        elif line.startswith(".It ") and " Ta " in line:
            place, of, members = line.removeprefix(".It ").removeprefix("Li ").split(" Ta ")
            for member in members.split(", "):
                command[member if place == "answer" else f"{place}.{member}"] = of
        before = line
    return made


def members(document, before=""):
    """(member, value) of a document and of the rows in its lists."""
    for key, value in document.items():
        rows = isinstance(value, list) and (value and isinstance(value[0], dict))
        if not rows:
            yield before + key, value
        for row in value if rows else []:
            yield from members(row, f"{before}{key}[].")


def is_of(value, kind):
    if kind == "names":
        return isinstance(value, list) and all(isinstance(v, str) for v in value)
    if kind == "flag":
        return isinstance(value, bool)
    if value is None:
        return True
    if kind == "text":
        return isinstance(value, str)
    if kind == "time":
        return isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", value)
    if kind == "number":
        return isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return isinstance(value, float) and (kind != "share" or 0 <= value <= 1)


def test_json_is_what_the_manual_says(house):
    manual = documented()
    assert set(manual) == set(house.calls()), "a command without its table, or a table without its command"
    for command, words in house.calls().items():
        said = manual[command]
        lists = {name.split("[]")[0] for name in said if "[]" in name}
        documents = [json.loads(line) for line in house.broker.ctl("--json", *command.split(), *words).splitlines()]
        if command == "follow":
            assert documents.pop() == {"came_to": documents[-1]["event"]}
        for document in documents[-1:]:
            there = {}
            for name, value in members(document):
                if not (name in lists and value == []):
                    there.setdefault(name, []).append(value)
            assert set(there) - SOMETIMES <= set(said), f"{command}: not in the manual: {sorted(set(there) - set(said))}"
            empty = {name for name in lists if not document[name]}
            missing = {n for n in said if n not in there and n not in SOMETIMES and n.split("[]")[0] not in empty}
            assert not missing, f"{command}: the manual has, the answer not: {sorted(missing)}"
            for name, values in there.items():
                odd = [v for v in values if name in said and not is_of(v, said[name])]
                assert not odd, f"{command}: {name} is no {said[name]}: {odd[0]!r}"


def test_json_of_what_steers_is_what_the_manual_says(house, tmp_path):
    """By commands that leave things as they are, or put them back."""
    broker, ref, made = house.broker, house.case.ref, str(tmp_path / "backup")
    data = str(broker.folder / "data")
    steering = {"dead retry": ["all", "dry-run"], "dead drop": ["all", "dry-run"], "redeliver": [full_house.B, "1..9999", "dry-run"],
                "case note": [ref, "by", "an", "operator"], "hold": [full_house.A, "a", "while"], "reload": ["dry-run"], "loglevel": [],
                "alerts test": None, "drain": None, "backup": [made], "verify": []}
    alone = {"config try": [str(broker.folder / "broker.conf"), data], "verify DATA_DIR": [data], "restore": [made, str(tmp_path / "restored")],
             "import": [str(tmp_path / "export"), str(tmp_path / "imported")]}
    for section, calls in (("COMMANDS THAT STEER", steering), ("COMMANDS WITHOUT A BROKER", alone)):
        manual = documented(section)
        assert set(manual) == set(calls)
        for command, words in calls.items():
            if words is None:  # one has no program to run here, the other is shown by drain show
                continue
            if command == "import":
                (tmp_path / "export").write_text(broker.ctl("export", data, "with-key"))
            answer = broker.ctl_json(*command.removesuffix(" DATA_DIR").split(), *words)
            there = {}
            for name, value in members(answer):
                there.setdefault(name, value)
            lists = {name.split("[]")[0] for name in manual[command] if "[]" in name}
            there = {name: value for name, value in there.items() if not (name in lists and value == []) and name not in SOMETIMES}
            assert set(there) <= set(manual[command]), f"{command}: not in the manual: {sorted(set(there) - set(manual[command]))}"
            missing = {n for n in manual[command] if n not in there and answer.get(n.split("[]")[0]) != []}
            assert not missing, f"{command}: the manual has, the answer not: {sorted(missing)}"
            odd = {name: value for name, value in there.items() if not is_of(value, manual[command][name])}
            assert not odd, f"{command}: {odd}"
    broker.ctl("resume", full_house.A)


def test_a_list_empty_here_is_rare(house):
    """The comparison above says nothing about lists without rows."""
    empty = set()
    for command, words in house.calls().items():
        if command != "follow":
            document = house.broker.ctl_json(*command.split(), *words)
            lists = {name.split("[]")[0] for name in documented()[command] if "[]" in name}
            empty |= {(command, name) for name in lists if not document[name]}
    assert empty <= {("show sweeps", "sweeps"), ("show case", "broken_glass"), ("case", "broken_glass"), ("journey", "waits"), ("journey", "ends"),
                     ("card", "advisories"), ("scorecard", "pairs"), ("show archive", "segments"), ("show archive", "snapshots"), ("show archive", "chores"),
                     ("show alerts", "alerts")}, empty


def test_exit_codes(house, tmp_path):
    """As the manual has them."""
    def code(*words):
        return house.broker.ctl(*words, check=False).returncode
    assert code("status") == 0 and code("--help") == 0 and code("loglevel") == 0
    assert code("show", "case", "9999-9") == 1 and code("drain", "stop") == 1
    assert code("dance") == 2 and code("--dance") == 2 and code("show", "cases", "--limit", "x") == 2 and code("top", "dance") == 2
    away = [harness.program("batonctl"), "--control", str(tmp_path)]
    for words in (["status"], ["follow"], ["top", "--once"], ["verify", str(tmp_path)]):
        done = subprocess.run(away + words, capture_output=True, text=True, timeout=60)
        assert done.returncode == 3 and done.stderr.startswith("batonctl: ") and not done.stdout, words
    asked = house.broker.ctl("--json", "dead", "drop", "all", "on", "paper", check=False)
    assert asked.returncode == 4 and json.loads(asked.stdout)["confirm"]


def test_options_are_the_words_of_commands(house):
    broker = house.broker
    by_word, by_option = (broker.ctl_json("show", "cases", w) for w in ("limit=1", "--limit=1"))
    assert by_word["cases"] == by_option["cases"] and len(by_word["cases"]) == 1
    more = broker.ctl_json("show", "cases", "--limit", "1", "--from", str(by_word["more_from"]))["cases"]
    assert len(more) == 1 and more != by_word["cases"]
    assert broker.ctl_json("show", "references", "--department", full_house.B)["references"] == []
    assert broker.ctl("show", "references", "--department", "nobody", check=False).returncode == 1


def test_lists_of_tables_go_on(house):
    ours, = house.broker.ctl_json("show", "references")["references"]
    assert (ours["local_id"], ours["case"]) == ("our own number 17", house.case.ref)
    assert house.broker.ctl_json("show", "cursors")["cursors"] == [
        {"adapter": full_house.A, "source": "a source of events", "position": "line 17"}]
    first = house.broker.ctl_json("show", "customers", "limit=1")
    rest = house.broker.ctl_json("show", "customers", f"from={first['more_from']}")["customers"]
    assert len(rest) == 1 and first["customers"][0]["known_by"] == ["phone"]
    seen = house.broker.ctl_json("show", "seen")
    assert sum(row["keys"] for row in seen["adapters"]) == seen["keys"] > 0 and seen["oldest_kept_until"]


def test_nothing_but_text_where_there_is_no_terminal(house):
    for command, words in house.calls().items():
        assert "\x1b" not in house.broker.ctl(*command.split(), *words)
    assert "\x1b" not in house.broker.ctl("top", "--once", "--interval", "0.2")


# -- completion

@pytest.fixture
def complete(house, tmp_path):
    """complete("batonctl show ca"): what bash would offer for that line; or for each of several lines."""
    (tmp_path / "batonctl").symlink_to(harness.program("batonctl"))

    def ask(*lines, control=None):
        script = f'''source {harness.TREE}/conf/batonctl.bash; COMP_WORDBREAKS=' '
for line; do COMP_LINE=$line COMP_POINT=${{#line}}; COMPREPLY=(); _batonctl; echo "${{COMPREPLY[@]}}"; done'''
        env = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "BATON_CONTROL": str(control or house.broker.folder / "run")}
        done = subprocess.run(["bash", "-c", script, "bash", *lines], capture_output=True, text=True, env=env, timeout=60)
        assert not done.stderr, done.stderr
        answers = [line.split() for line in done.stdout.split("\n")[:-1]]
        return answers if len(lines) > 1 else answers[0]

    return ask


def test_completion_knows_every_command(house, complete):
    every = [words.split() for words, _, socket in commands(house.broker) if socket != "value"]
    answers = complete(*("batonctl " + " ".join([*words[:-1], words[-1][:2]]) for words in every))
    assert all(words[-1] in answer for words, answer in zip(every, answers)) and len(answers) == len(every)
    assert set(complete("batonctl clock ")) >= {"show", "accept"}


def test_completion_knows_options_and_names(complete, tmp_path):
    assert set(complete("batonctl show cases ")) == {"custodian=", "status=", "topic=", "limit=", "from="}
    assert f"department={full_house.B}" in complete("batonctl show offers department=a-")
    assert set(complete("batonctl hold ")) >= {full_house.A, full_house.B, full_house.C}
    assert complete("batonctl --json follow --kind CaseO") == ["CaseOpened"]
    assert set(complete("batonctl loglevel ")) == {"debug", "info", "warn", "error"}
    assert "--dry-run" in complete("batonctl redeliver --d") and "dry-run" in complete("batonctl redeliver x ")
    assert set(complete("batonctl show promises state=")) == {f"state={s}" for s in ("open", "at-risk", "broken")}
    assert set(complete("batonctl top --sort ")) == {"trouble", "name", "cases"}
    assert complete(f"batonctl backup --snapshot {tmp_path}/bato") == [f"{tmp_path}/batonctl"]
    assert complete(f"batonctl config try against={tmp_path}/bato") == [f"against={tmp_path}/batonctl"]
    assert complete("batonctl hold ", control=tmp_path) == [], "nobody is there to ask"
