"""A configuration tried on what has happened: batonctl config try."""
import json
import subprocess

import pytest

import harness
from events import card, do, now_us, ok, open_case, phone, unique, view
from baton import event_pb2


@pytest.fixture(scope="module")
def lived():
    """A broker with some history of each sort, in which nothing is out of the ordinary."""
    company = json.loads(json.dumps(harness.COMPANY))
    company["departments"].append({"name": "movers", "site": "hq"})
    company["adapters"].append({"name": "movers", "department": "movers", "receives": True})
    company["default_labels"] = [{"kind": "NoteAdded", "label": "contract"}]
    for name in ("care", "sales", "moves", "billing"):
        next(d for d in company["departments"] if d["name"] == name)["reads"] = ["contract", "payment"]
    broker = harness.fresh_broker(company=company).start()
    care, sales, moves, billing, shop, desk = (broker.client(n) for n in ("care", "sales", "moves", "billing", "shop", "desk"))
    who = phone()
    first = open_case(shop, topic="move.internet", by=who)  # nobody attends the shop: care holds it, moves is asked
    ok(do(shop, "attempt_failed", by=who, about="move.internet", route="web-form", error_code="E1"))
    ok(do(sales, "contact_logged", by=who, summary="called", channel="CHANNEL_PHONE"))
    ok(do(sales, "case_opened", by=who, topic="order", title="another one"))
    ok(do(care, "note_added", case=first.case, text="x"))
    accept(moves, first.case)
    ok(do(moves, "promise_made", case=first.case, type="PROMISE_TYPE_CALLBACK", due_us=now_us() + 5 * 3600 * 10**6))
    ok(do(moves, "question_asked", case=first.case, to="billing", text="paid?"))
    ok(do(moves, "work_started", case=first.case, action="transfer", subject="line-1"))
    ok(do(moves, "fact_recorded", case=first.case, key="k", value="v", labels=["payment"]))
    second = open_case(desk, topic="general", by=phone(), reference="T-1")
    ok(do(desk, "note_added", reference="T-1", text="by its own number"))
    accept(care, second.case)
    ok(do(care, "handoff_offered", case=second.case, to="moves", next_step="do it"))
    ok(do(care, "note_added", case=second.case, text="y"))
    ok(care.ask(unique("key"), event_pb2.Event(identifier_linked=event_pb2.IdentifierLinked(
        identifier=event_pb2.Identifier(domain="email", value="A@b.example"), same_as=event_pb2.Identifier(domain=who[0], value=who[1])))))
    ok(do(care, "contact_logged", by=("email", "a@b.example"), about="move.internet", summary="wrote"))
    broker.first, broker.second = first.case, second.case
    yield broker
    harness.remove(broker)


def accept(client, case):
    return ok(do(client, "handoff_accepted", case=case, offer=view(client, case=case).case.offer.id, digest=card(client, case).card.digest))


def tried(broker, *words, check=True, **company):
    """config try of the broker's configuration with this in it; the file lies beside the real one, which stays as it is."""
    made = json.loads(json.dumps(broker.company))
    made.update(company)
    text = (broker.folder / "broker.conf").read_text().replace("departments.conf", "tried-departments.conf")
    (broker.folder / "tried.conf").write_text(text)
    (broker.folder / "tried-departments.conf").write_text("".join(f"{k} = {harness.conf(v)};\n" for k, v in made.items()))
    done = subprocess.run([harness.program("batonctl"), "--json", "config", "try", str(broker.folder / "tried.conf"), *words],
                          capture_output=True, text=True, timeout=120)
    assert "Sanitizer" not in done.stderr and "runtime error" not in done.stderr, done.stderr
    if not check:
        return done
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def department(broker, name, **change):
    """The departments with one of them changed."""
    return [{**d, **change} if d["name"] == name else d for d in broker.company["departments"]]


def rows(answer, what):
    return [r for r in answer["differences"] if r["what"] == what]


def counts(answer):
    return {r["what"]: r["requests"] for r in answer["counts"] if r["requests"]}


def test_the_same_configuration_differs_in_nothing(lived):
    answer = tried(lived)
    assert not answer["differences"] and not answer["not_covered"] and not answer["recorded_otherwise"], answer
    assert answer["same"] == answer["requests"] >= 16


def test_a_route(lived):
    departments = [{**d, "topics": []} if d["name"] == "moves" else {**d, "topics": ["move"]} if d["name"] == "movers" else d
                   for d in lived.company["departments"]]
    answer = tried(lived, departments=departments)
    row = rows(answer, "routed")[0]
    assert row["case"] == lived.first and "offered to moves" in row["was"] and "offered to movers" in row["would_be"]
    assert any("moves" in r["was"] and "movers" in r["would_be"] for r in rows(answer, "addressed"))
    assert counts(answer)["routed"] >= 1 and not answer["not_covered"]


def test_a_deadline(lived):
    answer = tried(lived, olas=[{"to": "moves", "minutes": 30}])
    assert rows(answer, "timed") and {r["what"] for r in answer["differences"]} == {"timed"}
    assert all("answer by" in r["was"] and r["was"] != r["would_be"] for r in rows(answer, "timed"))
    assert {r["case"] for r in rows(answer, "timed")} == {lived.first, lived.second}


def test_recipients(lived):
    adapters = [{**a, "kinds": ["CaseResolved"]} if a["name"] == "care" else a for a in lived.company["adapters"]]
    answer = tried(lived, adapters=adapters)
    assert rows(answer, "addressed") and {r["what"] for r in answer["differences"]} == {"addressed"}
    assert all("care" in r["was"] and "care" not in r["would_be"].split(": ")[1] for r in rows(answer, "addressed"))


def test_what_is_shown(lived):
    answer = tried(lived, departments=department(lived, "care", reads=["contract"]))
    assert any("FactRecorded: care sees all of it" in r["was"] and "a stub" in r["would_be"] for r in rows(answer, "shown"))
    answer = tried(lived, default_labels=[{"kind": "NoteAdded", "label": "payment"}])
    assert any("contract" in r["was"] and "payment" in r["would_be"] for r in rows(answer, "shown"))


def test_what_would_be_refused(lived):
    answer = tried(lived, departments=department(lived, "care", link=False))
    assert [r["kind"] for r in rows(answer, "refused")] == ["IdentifierLinked"]
    assert "NOT_GRANTED" in rows(answer, "refused")[0]["would_be"]
    answer = tried(lived, adapters=[a for a in lived.company["adapters"] if a["name"] != "desk"])
    assert counts(answer)["refused"] == 2 and all("REVOKED" in r["would_be"] for r in rows(answer, "refused"))


def test_only_the_last_ones(lived):
    whole = tried(lived)
    answer = tried(lived, "last=3")
    assert answer["requests"] == 3 and answer["to_entry"] == whole["to_entry"] and answer["from_entry"] > whole["from_entry"]
    assert answer["same"] == 3


def test_nothing_is_left_or_changed(lived):
    before = lived.ctl_json("status")["position"]
    tried(lived, olas=[{"to": "moves", "minutes": 30}])
    assert lived.ctl_json("status")["position"] == before
    assert sorted(p.name for p in (lived.folder / "data").iterdir()) == ["adopted.conf", "identifiers.key", "journal", "record"]


def test_what_it_says_in_text(lived):
    tried(lived)
    text = subprocess.run([harness.program("batonctl"), "config", "try", str(lived.folder / "tried.conf")], capture_output=True,
                          text=True, timeout=120)
    assert "refused are not stored and not covered" in " ".join(text.stdout.split()) and not text.stderr


def test_what_is_wrong_is_said(lived):
    done = tried(lived, check=False, last_owner="nobody")
    assert done.returncode == 1 and "tried-departments.conf:" in done.stderr and "last_owner" in done.stderr
    assert tried(lived, "last=0", check=False).returncode == 2
    assert tried(lived, "/nowhere", check=False).returncode == 3


def test_after_a_reload(lived):
    """What was decided under another configuration counts as such; what runs is what is compared with."""
    before = json.loads(json.dumps(lived.company))
    lived.company["adapters"] = [{**a, "kinds": ["CaseResolved"]} if a["name"] == "care" else a for a in before["adapters"]]
    lived.write_conf()
    lived.ctl("reload")
    answer = tried(lived)
    assert answer["recorded_otherwise"] and not answer["differences"]
    lived.company = before
    lived.write_conf()
    lived.ctl("reload")
    assert not tried(lived)["recorded_otherwise"]


def test_with_the_broker_stopped(lived):
    """Last: from here on it is stopped. Against a file by name, too."""
    lived.stop()
    answer = tried(lived, olas=[{"to": "moves", "minutes": 30}])
    assert rows(answer, "timed")
    (lived.folder / "data/adopted.conf").rename(lived.folder / "data/away")
    assert tried(lived, check=False).returncode == 3
    assert tried(lived, f"against={lived.folder}/broker.conf")["same"] == answer["requests"]
    (lived.folder / "data/away").rename(lived.folder / "data/adopted.conf")
    lived.verify()
