"""One case's journey: for adapters, drawn for operators, and without names for training."""
import os
import re
import time

import pytest

import harness
from baton import event_pb2, frame_pb2
from events import card, code, do, ok, open_case, phone, view

WORDS = "Zanzibar"


def decide(client, kind, case, **fields):
    """An act that names the version it was decided on."""
    return ok(do(client, kind, case=case, expected_version=ok(view(client, case=case)).case.version, **fields))


def pass_on(giver, taker, case, to):
    """Offers and accepts."""
    offer = decide(giver, "handoff_offered", case, to=to).offer
    return decide(taker, "handoff_accepted", case, offer=offer, digest=ok(card(taker, case)).card.digest)


def journey(client, case):
    return client.query(journey=frame_pb2.JourneyQuery(locator=event_pb2.CaseLocator(id=case)))


class Story:
    def __init__(self, broker):
        self.broker, self.who = broker, phone()
        care, moves = broker.client("care"), broker.client("moves")
        opened = open_case(care, topic="general", by=self.who, title=f"{WORDS} title", need=f"{WORDS} need")
        self.case, self.ref = opened.case, opened.ref
        ok(do(care, "contact_logged", case=self.case, summary=f"{WORDS} words", channel="CHANNEL_PHONE"))
        ok(do(care, "attempt_failed", case=self.case, route=f"{WORDS}-form", detail=f"{WORDS} detail"))
        offer = decide(care, "handoff_offered", self.case, to="moves", next_step=f"{WORDS} step").offer
        decide(moves, "handoff_refused", self.case, offer=offer, reason="REFUSAL_REASON_OTHER", text=f"{WORDS} excuse")
        pass_on(care, moves, self.case, "moves")
        pass_on(moves, care, self.case, "care")
        ok(do(care, "note_added", case=self.case, text=f"{WORDS} note"))
        for client in (care, moves):
            client.close()


@pytest.fixture(scope="module")
def story(broker):
    return Story(broker)


def test_an_adapter_asks(story):
    moves = story.broker.client("moves")
    view = ok(journey(moves, story.case)).journey
    assert [(s.department, frame_pb2.Came.Name(s.came), s.bounce) for s in view.stops] == [
        ("care", "CAME_OPENED", False), ("moves", "CAME_ACCEPTED", False), ("care", "CAME_ACCEPTED", True)]
    assert view.stops[1].offered_us and view.stops[0].until_us == view.stops[1].from_us and not view.stops[2].until_us
    kinds = [m.kind for m in view.marks]
    assert 17 in kinds and 18 in kinds and 24 in kinds
    assert WORDS.encode() not in view.SerializeToString()


def test_who_takes_no_part_sees_nothing(story):
    outsider = story.broker.client("outsider")
    there, absent = journey(outsider, story.case), journey(outsider, 10**9)
    assert code(there) == code(absent) == "UNKNOWN_CASE" and there.text == absent.text


def test_the_picture(story):
    for lang in ("C.UTF-8", "C"):
        text = drawn(story, lang)
        assert max(map(len, text.splitlines())) <= 100, text
        assert story.ref in text and "moves" in text and "came back" in text and "attempt failed" in text
        assert ("✗" in text) == (lang == "C.UTF-8") and text.isascii() == (lang == "C")
        assert "\033" not in text, "no colour where nobody looks"
        assert "moves refused: other" in text
    coloured = story.broker.ctl("colour", "journey", story.ref)
    assert "\033[31m" in coloured and coloured.count("\033[0m") == len(re.findall(r"\033\[3\dm", coloured))


def drawn(story, lang, *words):
    before = dict(os.environ)
    os.environ.update(LC_ALL=lang)
    try:
        return story.broker.ctl("journey", story.ref, *words)
    finally:
        os.environ.clear()
        os.environ.update(before)


def configured_names():
    company = harness.COMPANY
    names = {company["last_owner"], *company["topics"], *company["labels"]}
    for group in ("sites", "domains", "departments", "adapters"):
        names |= {row["name"] for row in company[group]}
    # words that are also English in the picture's own sentences, where they name nobody
    return names - {"order", "general"} - {"phone", "email"}


def test_anonymous_names_nobody(story):
    now = time.gmtime()
    for text in (drawn(story, "C.UTF-8", "--anonymous"), drawn(story, "C", "--anonymous"),
                 story.broker.ctl("--json", "journey", story.ref, "--anonymous")):
        assert "Department A" in text and "Department B" in text and "Department C" not in text
        assert "day 0 09:00" in text
        for name in configured_names():
            assert not re.search(rf"\b{re.escape(name)}\b", text), f"{name} in\n{text}"
        for secret in (WORDS, story.ref, story.who[1], str(now.tm_year), time.strftime("%m-%d", now)):
            assert secret not in text, f"{secret} in\n{text}"
    answer = story.broker.ctl_json("journey", story.ref, "--anonymous")
    assert answer["ref"] is answer["id"] is answer["topic"] is None
    assert [s["department"] for s in answer["stops"]] == ["Department A", "Department B", "Department A"]


def test_json_is_the_same_in_form(story):
    whole, masked = (story.broker.ctl_json("journey", story.ref, *more) for more in ([], ["--anonymous"]))
    assert whole.keys() == masked.keys() and whole["stops"][0].keys() == masked["stops"][0].keys()
    assert [s["bounce"] for s in whole["stops"]] == [False, False, True]
    assert whole["times_that_ran_backwards"] == 0 and whole["cut"] is False


def test_wrong_words(story):
    assert story.broker.ctl("journey", story.ref, "secretly", check=False).returncode == 2
    assert story.broker.ctl("journey", "9999-9", check=False).returncode == 1
