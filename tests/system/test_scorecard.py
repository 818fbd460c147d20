"""Scorecards: what departments did, as they may ask for it themselves and as operators see it."""
import datetime

import pytest

import harness
from baton import frame_pb2
from events import card, code, do, ok, open_case, view

DAY_US = 86400 * 10**6


def decide(client, kind, case, **fields):
    """An act that names the version it was decided on."""
    return ok(do(client, kind, case=case, expected_version=ok(view(client, case=case)).case.version, **fields))


def pass_on(giver, taker, case, to):
    """Offers and accepts."""
    offer = decide(giver, "handoff_offered", case, to=to).offer
    return decide(taker, "handoff_accepted", case, offer=offer, digest=ok(card(taker, case)).card.digest)


def scorecard(client, **fields):
    return client.query(scorecard=frame_pb2.ScorecardQuery(**fields))


@pytest.fixture(scope="module")
def story():
    """A broker on which care gave moves two cases, one of them after a refusal, and got one back."""
    broker = harness.fresh_broker().start()
    care, moves = broker.client("care"), broker.client("moves")
    case = open_case(care, topic="general").case
    offer = decide(care, "handoff_offered", case, to="moves").offer
    decide(moves, "handoff_refused", case, offer=offer, reason="REFUSAL_REASON_NO_CAPACITY")
    pass_on(care, moves, case, "moves")
    pass_on(moves, care, case, "care")
    pass_on(care, moves, open_case(care, topic="general").case, "moves")
    ok(do(care, "attempt_failed", case=case, route="web-form.order"))
    harness.wait_for(lambda: broker.ctl_json("scorecard", "care")["departments"][0]["attempts"] == 1, what="the checkpoint")
    for client in (care, moves):
        client.close()
    yield broker
    harness.remove(broker)


def pair(rows, department, peer):
    return next(r for r in rows if (r["department"], r["peer"]) == (department, peer))


def test_figures_of_departments_and_pairs(story):
    answer = story.ctl_json("scorecard", "moves")
    own, = answer["departments"]
    assert (own["offers_received"], own["accepted"], own["refused"], own["refused_no_capacity"]) == (3, 2, 1, 1)
    assert own["mean_time_to_accept_s"] is not None and own["accept_waits"] == 2
    there, back = pair(answer["pairs"], "care", "moves"), pair(answer["pairs"], "moves", "care")
    assert (there["offers_received"], there["accepted"], there["refused"], there["bounces"]) == (3, 2, 1, 0)
    assert (back["offers_received"], back["accepted"], back["bounces"]) == (1, 1, 1)
    assert {r["department"] for r in story.ctl_json("scorecard")["departments"]} >= {"care", "moves"}
    assert story.ctl_json("scorecard")["pairs"] == []


def test_old_figures_are_the_sum(story):
    rows = {r["department"]: r for r in story.ctl_json("show", "stats")["departments"]}
    assert rows["moves"]["accepted"] == 2 and rows["moves"]["refused"] == 1 and rows["care"]["offers_made"] == 3


def test_tables_fit_a_hundred_columns(story):
    for words in (["scorecard"], ["scorecard", "care"], ["scorecard", "moves", "--days", "30"]):
        text = story.ctl(*words)
        assert max(map(len, text.splitlines())) <= 100, text
    assert "refused 1 (1 no-capacity)" in story.ctl("scorecard", "moves")


def test_periods(story):
    today = datetime.datetime.now(datetime.timezone.utc).date()
    long_ago = ["--from", "2020-01-01", "--until", "2020-12-31"]
    assert story.ctl_json("scorecard", *long_ago)["departments"] == []
    assert story.ctl_json("scorecard", "moves", *long_ago)["departments"][0]["accepted"] == 0
    since = str(today - datetime.timedelta(days=1))
    assert story.ctl_json("scorecard", "moves", "--from", since)["departments"][0]["accepted"] == 2
    assert story.ctl_json("scorecard", "moves", "--days", "2")["departments"][0]["accepted"] == 2
    for words in (["--from", "yesterday"], ["--days", "0"], ["--days", "3", "--from", since], ["--from", since, "--until", "2020-01-01"]):
        assert story.ctl("scorecard", *words, check=False).returncode == 2, words
    assert story.ctl("scorecard", "nobody", check=False).returncode == 1


def test_a_department_sees_itself_and_its_pairs(story):
    moves = story.client("moves")
    rows = ok(scorecard(moves)).scorecard.rows
    assert [(r.department, r.peer, r.score.accepted) for r in rows] == [("moves", "", 2)]
    rows = ok(scorecard(moves, department="moves")).scorecard.rows
    assert {(r.department, r.peer) for r in rows} == {("moves", ""), ("moves", "care"), ("care", "moves")}
    answer = ok(scorecard(moves, department="moves", peer="care", from_us=1, until_us=3 * DAY_US))
    assert (answer.scorecard.from_us, answer.scorecard.until_us) == (0, 3 * DAY_US)
    assert [r.department for r in answer.scorecard.rows] == ["moves"]
    for other in ("care", "nobody"):
        answer = scorecard(moves, department=other)
        assert code(answer) == "NOT_GRANTED" and not answer.scorecard.rows
    assert code(scorecard(moves, from_us=5, until_us=5)) == "INVALID"


def test_replay_makes_the_same_figures(story):
    before = story.ctl_json("scorecard", "moves")
    story.stop()
    story.verify()
    story.start()
    after = story.ctl_json("scorecard", "moves")
    assert (before["departments"], before["pairs"]) == (after["departments"], after["pairs"])
